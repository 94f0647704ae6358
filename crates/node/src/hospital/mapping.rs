//! 3301 目录对照上传, 3302 目录对照撤销, 1317 医药机构目录匹配信息查询.

use super::Call;
use crate::{context::Outcome, mapping as pairs};
use serde_json::Value;
use store::mapping::{self, Mapping};
use terms::Refusal;
use wire::hospital::{page::Record, registration, t1317, t3301, t3302};

/// 3301: all pairs, or none.
pub async fn upload(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t3301::Input::read(call.request)?;
    let node = if registration::rows(call.request, "data").is_empty() { "catalogcompin" } else { "data" };
    let rests = registration::rows(call.request, node);
    let now = call.node.context.now();
    let given = |(pair, mut rest): (t3301::Pair, registration::Registration)| {
        // What has a column of its own is not kept twice.
        for field in [
            "fixmedins_hilist_id",
            "fixmedins_hilist_name",
            "list_type",
            "med_list_codg",
            "begndate",
            "enddate",
        ] {
            rest.remove(field);
        }
        Mapping {
            local_item: pair.fixmedins_hilist_id,
            list_type: pair.list_type,
            item: pair.med_list_codg,
            name: pair.fixmedins_hilist_name,
            from: pair.begndate,
            to: pair.enddate,
            registration: rest,
            changed_at: now,
        }
    };
    let given: Vec<Mapping> = input.data.into_iter().zip(rests).map(given).collect();
    call.once(async |work| {
        pairs::put(call.node, work, call.institution, given).await?;
        Ok(None)
    })
    .await
}

/// 3302: one pair.
pub async fn withdraw(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t3302::Input::read(call.request)?;
    if input.fixmedins_code.as_ref().is_some_and(|code| *code != call.institution.code) {
        return call.refuse(&Refusal::invalid("fixmedins_code", "本机构的定点医药机构编号")).await;
    }
    call.once(async |work| {
        let of = (call.area(), &call.institution.code);
        let pair =
            (input.fixmedins_hilist_id.as_str(), input.list_type.as_str(), input.med_list_codg.as_str());
        if mapping::remove(work, of, pair).await? {
            return Ok(None);
        }
        Err(Refusal::ItemNotMapped { medins_list_codg: input.fixmedins_hilist_id.clone() }.into())
    })
    .await
}

/// 1317: the hospital's own pairs; another's are nobody's business.
pub async fn list(call: &Call<'_>) -> Outcome<Value> {
    let input = t1317::Input::read(call.request)?;
    let own = &call.institution.code;
    let mut rows = Vec::new();
    if input.fixmedins_code.as_ref().is_none_or(|code| code == own) {
        let mut conn = call.node.context.store.conn().await?;
        let named = input.medins_list_codg.as_ref().map(std::slice::from_ref);
        rows = mapping::list(&mut conn, (call.area(), own), named).await?;
    }
    let today = call.received.day();
    let is = |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|asked| asked == value);
    let wanted = |pair: &Mapping| {
        is(&input.list_type, &pair.list_type)
            && is(&input.med_list_codg, &pair.item)
            && input.medins_list_name.as_ref().is_none_or(|name| pair.name.contains(name.as_str()))
            && input.narrowed.takes((pair.from, Some(pair.to)), pair.changed_at.day(), today)
    };
    let row = |pair: Mapping| {
        let kept = |field: &str| pair.registration.get(field).cloned();
        let known = t1317::Pair {
            fixmedins_code: own.clone(),
            medins_list_codg: pair.local_item.clone(),
            medins_list_name: Some(pair.name.clone()),
            insu_admdvs: call.node.province.division(),
            list_type: pair.list_type.clone(),
            med_list_codg: pair.item.clone(),
            begndate: pair.from,
            enddate: Some(pair.to),
            aprvno: kept("aprvno"),
            dosform: kept("dosform"),
            exct_cont: kept("exct_cont"),
            item_cont: kept("item_cont"),
            prcunt: kept("prcunt"),
            spec: kept("spec"),
            pacspec: kept("pacspec"),
            memo: kept("memo"),
        };
        let number = format!("{}-{}", pair.local_item, pair.item);
        (known, Record::new(pair.is_valid_on(today), number, pair.changed_at.day()))
    };
    let found = input.narrowed.page.of(rows.into_iter().filter(wanted));
    Ok(t1317::Output { rows: found.into_iter().map(row).collect() }.value())
}
