//! What the platform tells every hospital alike: 1901 字典表查询, and the catalog of the treatment place, as files (1301 to 1321)
//! and page by page (1304, 1312, 1316, 1318, 1319).

use super::{Call, files};
use crate::context::Outcome;
use benefit::CatalogItem;
use serde_json::Value;
use store::file::{self, File};
use terms::{CatalogClass, Day, InsuranceScheme, Rate, Refusal, SettlementLevel, pinyin::initials};
use wire::hospital::{
    catalog_file::{self, Kind},
    field::Price,
    page::{Narrowed, Record},
    t1304, t1312, t1316, t1318, t1319, t1901, t9102,
};

/// 1901: the items of a national code table.
pub fn dictionary(call: &Call<'_>) -> Result<Value, Refusal> {
    let input = t1901::Input::read(call.request)?;
    let all = t1901::Entry::all(&input.table)
        .ok_or_else(|| Refusal::invalid("type", "接口规范所列字典的代码，如med_type"))?;
    let wanted = |entry: &t1901::Entry| {
        let parent = input.parent_value.as_deref();
        input.vali_flag != Some(false) && parent.is_none_or(|parent| entry.parent_value == Some(parent))
    };
    Ok(t1901::Output { list: all.into_iter().filter(wanted).collect() }.value())
}

/// A catalog as a file, kept under an id that is the same for everybody who has the same version.
pub async fn download(call: &Call<'_>, kind: &Kind) -> Outcome<Value> {
    let input = catalog_file::Input::read(call.request)?;
    let made = kind.file(call.node.settings.catalog.items(), input.ver, call.received.day());
    let kept = File {
        id: made.id.clone(),
        owner: t9102::PLATFORM.to_owned(),
        kind: kind.infno.to_owned(),
        name: made.name.clone(),
        content: made.content.clone(),
        created_at: call.received,
        expires_at: call.received.plus_millis(files::KEPT),
    };
    let mut work = call.node.context.store.begin().await?;
    file::put(&mut work, files::of_platform(call), &kept).await?;
    work.save().await?;
    // The last whole day.
    Ok(catalog_file::output(kind, &made, kept.expires_at.day().plus_days(-1)))
}

/// 1304: no ethnic medicine is in the program.
pub fn ethnic_medicines(call: &Call<'_>) -> Result<Value, Refusal> {
    t1304::Input::read(call.request)?;
    Ok(t1304::output())
}

/// 1312: items of the catalog.
pub fn items(call: &Call<'_>) -> Result<Value, Refusal> {
    let input = t1312::Input::read(call.request)?;
    let wanted = |item: &&CatalogItem| {
        is(input.hilist_code.as_ref(), &item.code)
            && input.hilist_name.as_ref().is_none_or(|name| item.name.contains(name.as_str()))
            && is(input.med_chrgitm_type.as_ref(), item.category.code())
            && is(input.chrgitm_lv.as_ref(), item.class.code())
            && is(input.list_type.as_ref(), list_type_of(&item.code))
            && takes(call, &input.narrowed, item)
    };
    let row = |item: &CatalogItem| {
        let known = t1312::Item {
            hilist_code: item.code.clone(),
            hilist_name: item.name.clone(),
            insu_admdvs: call.node.province.division(),
            begndate: item.from,
            enddate: item.to,
            med_chrgitm_type: item.category,
            chrgitm_lv: item.class,
            lmt_used_flag: false,
            list_type: list_type_of(&item.code).to_owned(),
            med_use_flag: true,
            matn_used_flag: None,
            hilist_use_type: None,
            lmt_cpnd_type: None,
            wubi: None,
            // As long as the interface lets it be.
            pinyin: Some(initials(&item.name).chars().take(30).collect()),
            memo: None,
        };
        (known, record(call, item, None))
    };
    let found = call.node.settings.catalog.items().filter(wanted);
    Ok(t1312::Output { rows: input.narrowed.page.of(found).into_iter().map(row).collect() }.value())
}

/// 1316: every item under the one code that it has.
pub fn pairs(call: &Call<'_>) -> Result<Value, Refusal> {
    let input = t1316::Input::read(call.request)?;
    let wanted = |item: &&CatalogItem| {
        is(input.med_list_codg.as_ref(), &item.code)
            && is(input.hilist_code.as_ref(), &item.code)
            && is(input.list_type.as_ref(), list_type_of(&item.code))
            && takes(call, &input.narrowed, item)
    };
    let row = |item: &CatalogItem| {
        let known = t1316::Pair {
            med_list_codg: item.code.clone(),
            hilist_code: item.code.clone(),
            list_type: list_type_of(&item.code).to_owned(),
            insu_admdvs: call.node.province.division(),
            begndate: item.from,
            enddate: item.to,
            memo: None,
        };
        (known, record(call, item, None))
    };
    let found = call.node.settings.catalog.items().filter(wanted);
    Ok(t1316::Output { rows: input.narrowed.page.of(found).into_iter().map(row).collect() }.value())
}

/// 1318: limit prices, one row for each level of hospitals that has one.
pub fn limits(call: &Call<'_>) -> Result<Value, Refusal> {
    let input = t1318::Input::read(call.request)?;
    let of_item = |item| {
        let levels = [
            ("1", SettlementLevel::Primary),
            ("2", SettlementLevel::Secondary),
            ("3", SettlementLevel::Tertiary),
        ];
        levels
            .into_iter()
            .filter_map(move |(code, level)| Some((item, code, CatalogItem::limit(item, level)?)))
    };
    let found = call.node.settings.catalog.items().flat_map(of_item).filter(|(item, level, _)| {
        is(input.hilist_code.as_ref(), &item.code)
            && is(input.hilist_lmtpric_type.as_ref(), level)
            && takes(call, &input.narrowed, item)
    });
    let row = |(item, level, price): (&CatalogItem, &str, benefit::catalog::Price)| {
        let known = t1318::Limit {
            hilist_code: item.code.clone(),
            hilist_lmtpric_type: level.to_owned(),
            overlmt_dspo_way: None,
            insu_admdvs: call.node.province.division(),
            begndate: item.from,
            enddate: item.to,
            hilist_pric_uplmt_amt: Price(price.as_micro_yuan()),
            tabname: None,
        };
        (known, record(call, item, Some(level.to_owned())))
    };
    Ok(t1318::Output { rows: input.narrowed.page.of(found).into_iter().map(row).collect() }.value())
}

/// 目录先自付比例: one share whatever the price.
const WHATEVER_THE_PRICE: &str = "10";
/// 按费用单价范围配置自付比例: a share that goes by the price of the unit.
const BY_PRICE: &str = "30";

/// 1319: first shares at the hospital's level, alike for both schemes.
pub fn shares(call: &Call<'_>) -> Result<Value, Refusal> {
    let input = t1319::Input::read(call.request)?;
    let level = call.institution.level;
    let of_item = |item| {
        let of_scheme =
            move |(kind, rate)| InsuranceScheme::ALL.iter().map(move |scheme| (item, *scheme, kind, rate));
        shares_at(item, level).into_iter().flat_map(of_scheme)
    };
    let found = call.node.settings.catalog.items().flat_map(of_item).filter(|(item, scheme, kind, _)| {
        is(input.hilist_code.as_ref(), &item.code)
            && is(input.selfpay_prop_psn_type.as_ref(), scheme.code())
            && is(input.selfpay_prop_type.as_ref(), kind)
            && takes(call, &input.narrowed, item)
    });
    let row = |(item, scheme, kind, rate): (&CatalogItem, InsuranceScheme, &'static str, Rate)| {
        let known = t1319::Share {
            hilist_code: item.code.clone(),
            selfpay_prop_psn_type: scheme,
            selfpay_prop_type: kind.to_owned(),
            insu_admdvs: call.node.province.division(),
            begndate: item.from,
            enddate: item.to,
            selfpay_prop: rate,
            tabname: None,
        };
        (known, record(call, item, Some(format!("{}-{}", scheme.code(), rate.as_permyriad()))))
    };
    Ok(t1319::Output { rows: input.narrowed.page.of(found).into_iter().map(row).collect() }.value())
}

/// The first shares of an item at a level, each with its kind.
fn shares_at(item: &CatalogItem, level: SettlementLevel) -> Vec<(&'static str, Rate)> {
    let (Some(general), CatalogClass::A | CatalogClass::B) = (&item.general, item.class) else {
        return vec![(WHATEVER_THE_PRICE, item.first_self_pay)];
    };
    let at_level = |share: &&benefit::catalog::Share| {
        let levels = &share.levels;
        levels.is_empty() || levels.contains(level) || levels.contains(level.national())
    };
    let shares: Vec<_> = general.shares.iter().filter(at_level).collect();
    match shares.as_slice() {
        [] => vec![(WHATEVER_THE_PRICE, Rate::NONE)],
        // The first that fits is the one: behind one without a band no other is reached.
        [first, ..] if first.over.as_micro_yuan() == 0 && first.to.is_none() => {
            vec![(WHATEVER_THE_PRICE, first.rate)]
        }
        banded => banded.iter().map(|share| (BY_PRICE, share.rate)).collect(),
    }
}

/// 目录类别 by the shape of the national code: X western, Z patent, T herbal, C material, digits service.
pub fn list_type_of(code: &str) -> &'static str {
    match code.as_bytes().first() {
        Some(b'X' | b'Z') => "101",
        Some(b'T') => "102",
        Some(b'C') => "301",
        Some(digit) if digit.is_ascii_digit() => "201",
        _ => "105",
    }
}

fn is(asked: Option<&String>, value: &str) -> bool {
    asked.is_none_or(|asked| asked == value)
}

/// The day of an item's last change, as its version says it.
fn changed(item: &CatalogItem) -> Day {
    item.to.unwrap_or(item.from)
}

fn takes(call: &Call<'_>, narrowed: &Narrowed, item: &CatalogItem) -> bool {
    narrowed.takes((item.from, item.to), changed(item), call.received.day())
}

fn record(call: &Call<'_>, item: &CatalogItem, further: Option<String>) -> Record {
    let today = call.received.day();
    let valid = item.from <= today && item.to.is_none_or(|to| today <= to);
    let number = catalog_file::record(item);
    let number = further.map_or_else(|| number.clone(), |further| format!("{number}-{further}"));
    Record::new(valid, number, changed(item))
}
