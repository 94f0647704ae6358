//! What is kept of a visit beside its bill: 2306 费用明细修改备注, 2406 and 2407 就医特殊属性, 5202 诊断信息查询; 5401 and 5402, of
//! which nothing is kept.

use super::Call;
use crate::context::Outcome;
use casework::visit::{Stage, Visit};
use serde_json::Value;
use std::collections::HashSet;
use store::{
    Conn,
    special_attribute::{self, Diagnosis, SpecialAttribute},
    visit,
};
use terms::{PersonNumber, Refusal, SettlementId, VisitId};
use wire::hospital::{t2306, t2406, t2407, t5202, t5401, t5402};

/// The institution's visit, of this person if one is named.
async fn own_visit(
    call: &Call<'_>,
    conn: &mut Conn,
    id: VisitId,
    person: Option<&PersonNumber>,
) -> Outcome<Visit> {
    let found = visit::find(conn, &call.institution.code, id).await?;
    let visit = found.filter(|visit| visit.stage != Stage::Withdrawn);
    let visit = visit.ok_or_else(|| Refusal::UnknownVisit { mdtrt_id: id.to_string() })?;
    if person.is_some_and(|person| *person != visit.patient.number) {
        return Err(Refusal::invalid("psn_no", "本次就诊登记的人员编号").into());
    }
    Ok(visit)
}

/// 2306: all lines, or none. A memo decides nothing, so it changes wherever the visit stands.
pub async fn change_memos(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let lines = t2306::Input::read(call.request)?.data;
    call.once(async |work| {
        let mut seen = HashSet::new();
        for line in &lines {
            let of = (line.mdtrt_id, line.psn_no.clone());
            // A visit that was looked at for an earlier line is this hospital's and the person's.
            if !seen.contains(&of) {
                own_visit(call, work.conn(), line.mdtrt_id, line.psn_no.as_ref()).await?;
                seen.insert(of);
            }
            let which = (line.bkkp_sn.as_str(), line.med_list_codg.as_deref());
            if !special_attribute::set_memo(work, line.mdtrt_id, which, line.memo.as_deref()).await? {
                return Err(Refusal::UnknownLine { feedetl_sn: line.bkkp_sn.clone() }.into());
            }
        }
        Ok(None)
    })
    .await
}

/// 2406: an attribute of a visit.
pub async fn put_attribute(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2406::Input::read(call.request)?;
    let context = &call.node.context;
    let now = context.now();
    call.once(async |work| {
        let visit = own_visit(call, work.conn(), input.mdtrt_id, input.psn_no.as_ref()).await?;
        // An id of the shape that this system gives to everything.
        let id = SettlementId::new(call.node.province, now, context.ids.serial()).to_string();
        let attribute = SpecialAttribute {
            id,
            visit: visit.id,
            kind: input.ipt_psn_sp_flag_type.clone(),
            flag: input.ipt_psn_sp_flag.clone(),
            memo: input.memo.clone(),
            uploaded_at: now,
        };
        let of = (call.area(), &call.institution.code);
        let detail = special_attribute::put(work, of, &attribute).await?;
        Ok(Some(t2406::Output { detail }.value()))
    })
    .await
}

/// 2407: the hospital's attributes, page by page.
pub async fn attributes(call: &Call<'_>) -> Outcome<Value> {
    let input = t2407::Input::read(call.request)?;
    let mut conn = call.node.context.store.conn().await?;
    let of = (call.area(), &call.institution.code);
    let is = |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|asked| asked == value);
    let mut rows = Vec::new();
    for one in special_attribute::list(&mut conn, of, input.visit).await? {
        if !is(&input.detail, &one.id) || !is(&input.kind, &one.kind) || !is(&input.flag, &one.flag) {
            continue;
        }
        let Some(visit) = visit::find(&mut conn, &call.institution.code, one.visit).await? else { continue };
        if input.person.as_ref().is_none_or(|person| *person == visit.patient.number) {
            rows.push(shown_attribute(call, one, &visit));
        }
    }
    Ok(t2407::Output { rows: input.page.of(rows) }.value())
}

fn shown_attribute(call: &Call<'_>, one: SpecialAttribute, visit: &Visit) -> t2407::Attribute {
    let kept = |field: &str| visit.registration.get(field).cloned();
    t2407::Attribute {
        ipt_psn_sp_flag_detl_id: one.id,
        mdtrt_id: visit.id,
        psn_no: visit.patient.number.clone(),
        psn_cert_type: "01".to_owned(),
        certno: visit.patient.citizen.reveal().to_owned(),
        psn_name: visit.patient.name.clone(),
        fixmedins_code: call.institution.code.clone(),
        fixmedins_name: call.institution.name.clone(),
        ipt_otp_no: kept("ipt_no").or_else(|| kept("ipt_otp_no")).unwrap_or_default(),
        ipt_psn_sp_flag_type: one.kind,
        ipt_psn_sp_flag: one.flag,
        admdvs: Some(call.treatment.0),
    }
}

/// 5202: the diagnoses of a visit, without those that are declared void (作废).
pub async fn diagnoses(call: &Call<'_>) -> Outcome<Value> {
    let input = t5202::Input::read(call.request)?;
    let mut conn = call.node.context.store.conn().await?;
    let visit = own_visit(call, &mut conn, input.mdtrt_id, input.psn_no.as_ref()).await?;
    let area = visit.treatment.0.pooling_area();
    let found = special_attribute::diagnoses(&mut conn, area, visit.id).await?;
    let valid = found.iter().filter(|one| one.is_valid());
    let diseinfo = valid.map(|one| shown_diagnosis(&visit, one)).collect();
    Ok(t5202::Output { diseinfo }.value())
}

fn shown_diagnosis(visit: &Visit, one: &Diagnosis) -> t5202::Diagnosis {
    let kept = |field: &str| one.registration.get(field).cloned();
    let or_empty = |field: &str| kept(field).unwrap_or_default();
    let made = kept("diag_time").and_then(|time| time.parse().ok());
    t5202::Diagnosis {
        // Visit, phase and rank name a diagnosis; together they are longer than the field, and the visit's own first six
        // digits are the province.
        diag_info_id: format!("{}{}{:05}", &visit.id.to_string()[6..], one.phase, one.rank),
        mdtrt_id: visit.id,
        psn_no: visit.patient.number.clone(),
        inout_diag_type: one.phase.to_string(),
        diag_type: or_empty("diag_type"),
        maindiag_flag: kept("maindiag_flag").is_some_and(|flag| flag == "1"),
        diag_srt_no: u16::try_from(one.rank).unwrap_or_default(),
        diag_code: or_empty("diag_code"),
        diag_name: or_empty("diag_name"),
        adm_cond: kept("adm_cond"),
        diag_dept: or_empty("diag_dept"),
        dise_dor_no: or_empty("dise_dor_no"),
        dise_dor_name: or_empty("dise_dor_name"),
        diag_time: made.unwrap_or(visit.admitted_at),
        opter_id: None,
        opter_name: None,
        opt_time: None,
    }
}

/// 5401: no results are kept, so none is recognised.
pub fn recognised(call: &Call<'_>) -> Outcome<Value> {
    t5401::Input::read(call.request)?;
    Ok(t5401::Output.value())
}

/// 5402: no reports are kept.
pub fn report(call: &Call<'_>) -> Outcome<Value> {
    t5402::Input::read(call.request)?;
    Ok(t5402::Output.value())
}
