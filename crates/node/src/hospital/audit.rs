//! 3101 明细审核事前分析, 3102 明细审核事中分析, 3103 事前事中服务反馈.

use super::Call;
use crate::{
    audit::{self, Asked},
    context::Outcome,
};
use casework::audit::{Encounter, Line, Rules, Sex, Stage};
use std::collections::HashSet;
use store::audit::{AuditAnswer, AuditFinding};
use terms::{CareKind, ChargeCategory};
use wire::hospital::{t3101, t3103};

/// 3101, 3102: what is found is kept, so that 3103 can answer it.
pub async fn examine(call: &Call<'_>, stage: Stage) -> Outcome<Vec<u8>> {
    let input = t3101::Input::read(call.request)?;
    call.once(async |work| {
        let asked = Asked {
            stage,
            message: (&call.request.infno, call.request.msgid.as_str()),
            scene: input.trig_scen.clone(),
            rules: &input.rule_ids,
            visit: input.encounter.mdtrt_id.clone(),
            encounter: encounter(call, &input),
            order_numbers: order_numbers(&input),
        };
        let found = audit::examine(call.node, work, call.institution, asked).await?;
        let rules = &call.node.settings.audit;
        let result = found.into_iter().map(|finding| violation(rules, &input, finding)).collect();
        Ok(Some(t3101::Output { result }.value()))
    })
    .await
}

/// 3103: what was done about findings, all or none.
pub async fn answer(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t3103::Input::read(call.request)?;
    let (stage, infno) = if input.data.warn_type == Stage::Before.code() {
        (Stage::Before, "3101")
    } else {
        (Stage::During, "3102")
    };
    let at = call.node.context.now();
    let said = |warn: t3103::Warn| {
        (warn.warn_rslt_id, AuditAnswer { disposition: warn.dspo_way, reason: warn.dspo_way_rea, at })
    };
    let answers = input.warns.into_iter().map(said).collect();
    call.once(async |work| {
        audit::answer(work, (call.area(), call.institution), (infno, stage), answers).await?;
        Ok(None)
    })
    .await
}

fn encounter(call: &Call<'_>, input: &t3101::Input) -> Encounter {
    let told = &input.encounter;
    let care = care_of(told);
    let main = told.dscg_main_dise_codg.iter();
    Encounter {
        sex: input.patient.gend.as_deref().and_then(Sex::from_code),
        birth: input.patient.brdy,
        level: call.institution.level,
        care,
        medical_type: told.med_type.clone().unwrap_or_else(|| care.code().to_owned()),
        diagnoses: input.diagnoses.iter().map(|one| &one.dise_codg).chain(main).cloned().collect(),
        lines: input.orders.iter().map(line).collect(),
    }
}

/// By 医疗类别, else by 就诊类型 (1 门诊, 2 住院, 3 购药); a visit that says neither is an outpatient's.
fn care_of(told: &t3101::Encounter) -> CareKind {
    let by_visit = || match told.med_mdtrt_type.as_deref() {
        Some("2") => CareKind::Inpatient,
        Some("3") => CareKind::Pharmacy,
        _ => CareKind::Outpatient,
    };
    told.med_type.as_deref().and_then(CareKind::from_medical_type).unwrap_or_else(by_visit)
}

fn line(order: &t3101::Order) -> Line {
    let (from, to) = order.days();
    let row = &order.row;
    Line {
        id: row.rx_id.clone(),
        refunds: None,
        item: row.hilist_code.clone(),
        name: row.hilist_name.clone().unwrap_or_else(|| row.hilist_code.clone()),
        category: row.chrg_type.as_deref().and_then(ChargeCategory::from_code),
        price_limit: None,
        from,
        to,
        quantity: row.cnt.0,
        price: row.pric.0,
        amount: row.sumamt,
        prescribed_days: order.days,
        approved: false,
    }
}

fn order_numbers(input: &t3101::Input) -> HashSet<(String, String)> {
    let number = |order: &t3101::Order| Some((order.row.rxno.clone()?, order.row.hilist_code.clone()));
    input.orders.iter().filter_map(number).collect()
}

fn violation(rules: &Rules, input: &t3101::Input, finding: AuditFinding) -> t3101::Violation {
    let (patient, visit) = (&input.patient.patn_id, &input.encounter.mdtrt_id);
    let details = finding.lines.into_iter().zip(1..).map(|(line, number)| t3101::Detail {
        jrd_id: format!("{}{number:05}", finding.id),
        patn_id: patient.clone(),
        mdtrt_id: visit.clone(),
        rx_id: line.line,
        vola_item_type: line.kind,
        vola_amt: line.amount,
    });
    let details = details.collect();
    let name = rules.find(&finding.rule).map_or_else(|| finding.rule.clone(), |rule| rule.name.clone());
    let row = t3101::ViolationRow {
        jr_id: finding.id,
        rule_id: finding.rule,
        rule_name: name,
        vola_cont: finding.content,
        patn_id: patient.clone(),
        mdtrt_id: visit.clone(),
        vola_amt: finding.amount,
        // 1 正常: every finding has its amount. 2 项目类: every rule is about items.
        vola_amt_stas: "1".to_owned(),
        sev_deg: finding.severity,
        vola_evid: finding.evidence,
        vola_bhvr_type: "2".to_owned(),
        task_id: None,
    };
    t3101::Violation { row, details }
}
