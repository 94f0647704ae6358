//! 4101 to 4105: settlement lists (医疗保障基金结算清单); 100001 政策项查询: the policy items of a settlement.

use super::{Call, person::face_of};
use crate::{context::Outcome, insured::breakdown_of, queries, settlement_list};
use benefit::Breakdown;
use casework::{settlement_list::Move, visit::Visit};
use serde_json::Value;
use store::{
    settlement_list::{self as lists, SettlementList},
    treatment::TreatmentSettlement,
};
use terms::{Fen, Refusal};
use wire::hospital::{registration::Registration, t4101, t4102, t4103, t4104, t4105, t100001};

/// 4101: the whole list, in place of the one before.
pub async fn upload(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let list = t4101::Input::read(call.request)?.list;
    let now = call.node.context.now();
    call.once(async |work| {
        let number = settlement_list::put(work, call.institution, &list, now).await?;
        Ok(Some(t4101::Output { setl_list_id: written(number) }.value()))
    })
    .await
}

/// 清单流水号 has nine digits.
fn written(number: i32) -> String {
    format!("{number:09}")
}

/// 4102: all of the lists, or none.
pub async fn change(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let changes = t4102::Input::read(call.request)?.changes;
    let now = call.node.context.now();
    call.once(async |work| {
        for change in &changes {
            let step = Move::to_code(&change.stas_type);
            let step = step.ok_or_else(|| Refusal::invalid("stas_type", "0（未提交）或1（已提交）"))?;
            let of = (change.setl_id, change.psn_no.as_ref());
            settlement_list::step(work, call.institution, of, step, now).await?;
        }
        Ok(None)
    })
    .await
}

/// 4103: the list as it was uploaded.
pub async fn find(call: &Call<'_>) -> Outcome<Value> {
    let input = t4103::Input::read(call.request)?;
    let found = queries::settlement(call.node, call.institution, Some(input.setl_id), None).await?;
    if input.psn_no.is_some_and(|person| person != found.settlement.person) {
        return Err(Refusal::invalid("psn_no", "本次结算的人员编号").into());
    }
    let mut conn = call.node.context.store.conn().await?;
    let of = (call.area(), &call.institution.code);
    let list = lists::find(&mut conn, of, input.setl_id).await?;
    let list = list.ok_or_else(|| Refusal::UnknownList { setl_id: input.setl_id.to_string() })?;
    let known = known(call, &list, &found.visit, &found.settlement);
    let nodes = serde_json::from_value(list.content).expect("this program stored it");
    Ok(t4103::Output { nodes, known, number: written(list.number) }.value())
}

/// What the platform knows of a settlement, by the names of 4103.
fn known(
    call: &Call<'_>,
    list: &SettlementList,
    visit: &Visit,
    settlement: &TreatmentSettlement,
) -> Registration {
    let breakdown = breakdown_of(settlement.breakdown.as_ref().expect("only settled ones are found"));
    let end = visit.discharged_at.or(settlement.settled_at).unwrap_or(settlement.asked_at);
    let patient = &visit.patient;
    let face = face_of(
        patient.number.clone(),
        &patient.citizen,
        &patient.name,
        patient.nation.as_deref(),
        end.day(),
    );
    let days = visit.admitted_at.day().days_until(end.day()).max(1);
    let age = patient.citizen.birth().years_until(end.day());
    let own_share = settlement.amounts.person_total - breakdown.split.out_of_scope;
    let accounts = breakdown.account_paid + breakdown.family_total();
    let facts = [
        ("setl_id", settlement.id.to_string()),
        ("mdtrt_id", visit.id.to_string()),
        ("psn_no", face.psn_no.to_string()),
        ("fixmedins_name", call.institution.name.clone()),
        ("fixmedins_code", call.institution.code.to_string()),
        ("hi_setl_lv", call.institution.level.national().code().to_owned()),
        ("psn_name", face.psn_name),
        ("gend", face.gend),
        ("brdy", patient.citizen.birth().to_string()),
        ("age", age.to_string()),
        ("naty", face.naty.unwrap_or_default()),
        ("patn_cert_type", face.psn_cert_type),
        ("certno", face.certno),
        ("insutype", patient.scheme.code().to_owned()),
        ("insu_admdvs", visit.insured.to_string()),
        ("act_ipt_days", days.to_string()),
        ("psn_ownpay", breakdown.split.out_of_scope.to_string()),
        ("psn_selfpay", own_share.or_zero().to_string()),
        ("acct_pay", accounts.to_string()),
        ("psn_cashpay", breakdown.cash().to_string()),
        ("setl_time", settlement.settled_at.map(|at| at.to_string()).unwrap_or_default()),
        ("dcla_time", list.changed_at.to_string()),
        ("stas_type", list.stage.code().to_owned()),
    ];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
    facts.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// 4104: nothing controls lists after they were taken.
pub fn quality(call: &Call<'_>) -> Outcome<Value> {
    t4104::Input::read(call.request)?;
    Ok(t4104::Output.value())
}

/// 4105: how many lists were due, and how many came.
pub async fn count(call: &Call<'_>) -> Outcome<Value> {
    let input = t4105::Input::read(call.request)?;
    if input.institution.is_some_and(|code| code != call.institution.code) {
        return Err(Refusal::invalid("fixmedins_code", "本机构的定点医药机构编号").into());
    }
    let mut conn = call.node.context.store.conn().await?;
    let of = (call.area(), &call.institution.code);
    let (due, uploaded) = lists::count(&mut conn, of, &input.medical_types, (input.from, input.to)).await?;
    Ok(t4105::Output { due, uploaded }.value())
}

/// 100001: what each policy item of a settlement paid or left to the person. All rows together are the bill.
pub async fn policy_items(call: &Call<'_>) -> Outcome<Value> {
    let input = t100001::Input::read(call.request)?;
    let found = queries::settlement(call.node, call.institution, Some(input.setl_id), input.mdtrt_id).await?;
    if input.psn_no.is_some_and(|person| person != found.settlement.person) {
        return Err(Refusal::invalid("psn_no", "本次结算的人员编号").into());
    }
    let breakdown = breakdown_of(found.settlement.breakdown.as_ref().expect("only settled ones are found"));
    let item = |code: String, name: String, own: Option<Fen>, fund: Option<Fen>| t100001::PolicyItem {
        settlement: found.settlement.id,
        visit: found.visit.id,
        person: found.settlement.person.clone(),
        code,
        name,
        own_amount: own,
        fund_amount: fund,
        fund_share: None,
    };
    let paid = paid_by_step(&breakdown).into_iter();
    let mut items: Vec<_> = paid.map(|(code, name, paid)| item(code, name, None, Some(paid))).collect();
    for (index, (burden, borne)) in breakdown.burdens.iter().enumerate() {
        let code = format!("PSN{:02}", index + 1);
        items.push(item(code, burden.chinese().to_owned(), Some(*borne), None));
    }
    Ok(t100001::Output { items }.value())
}

/// What each step paid of each fund: code, name and amount.
fn paid_by_step(breakdown: &Breakdown) -> Vec<(String, String, Fen)> {
    let lines = breakdown.lines.iter().filter_map(|line| Some((line.fund?, line)));
    let lines = lines.filter(|(_, line)| !line.amount_out.is_zero());
    let item = |(index, (fund, line)): (usize, (terms::Fund, &benefit::breakdown::Line))| {
        let name = format!("{} {}", line.step, line.parameter);
        (format!("{}-{:02}", fund.code(), index + 1), name, line.amount_out)
    };
    lines.enumerate().map(item).collect()
}
