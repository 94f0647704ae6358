//! 明细审核 at the treatment place: what the rules find in orders of a message (事前), and in these with the fee details that were
//! uploaded (事中). Findings are kept and told; nothing is refused by them.

use crate::{context::Outcome, province::ProvinceNode};
use benefit::catalog::Price;
use casework::{
    audit::{self, Encounter, Line, Sex, Stage},
    institution::Institution,
};
use std::collections::HashSet;
use store::{
    Work,
    audit::{AuditAnswer, AuditFinding, AuditLine},
    fee::{self, FeeLine},
    visit,
};
use terms::{CareKind, Day, PoolingArea, Refusal, VisitId};
use wire::hospital::inf_refmsgid;

/// The most characters of what a finding says (`vola_cont`, `vola_evid`).
const SENTENCE_MAX: usize = 500;

/// A question for findings.
pub struct Asked<'a> {
    /// 事前 or 事中.
    pub stage: Stage,
    /// Transaction and message that ask.
    pub message: (&'a str, &'a str),
    /// 触发场景.
    pub scene: Option<String>,
    /// Rules that are asked for; none: all.
    pub rules: &'a [String],
    /// 就诊标识, as the institution names it.
    pub visit: String,
    /// What the message says of the visit.
    pub encounter: Encounter,
    /// By which the message knows its orders besides their own ids (处方号), each with its item.
    pub order_numbers: HashSet<(String, String)>,
}

/// Examines and keeps what is found.
pub async fn examine(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    mut asked: Asked<'_>,
) -> Outcome<Vec<AuditFinding>> {
    if let Some(unknown) = asked.rules.iter().find(|id| node.settings.audit.find(id).is_none()) {
        let expected = format!("本平台的规则标识（没有[{unknown}]），不指定则按全部规则分析");
        return Err(Refusal::invalid("rule_ids", expected).into());
    }
    for line in &mut asked.encounter.lines {
        complete(node, institution, line);
    }
    if asked.stage == Stage::During {
        add_uploaded(node, work, institution, &mut asked).await?;
    }
    let found = node.settings.audit.examine(&asked.encounter, asked.stage, asked.rules);
    let now = node.context.now();
    let (infno, msgid) = asked.message;
    let keep = |finding: &audit::Finding<'_>| AuditFinding {
        id: inf_refmsgid(node.province, now, node.context.ids.serial()),
        infno: infno.to_owned(),
        msgid: msgid.to_owned(),
        visit: asked.visit.clone(),
        scene: asked.scene.clone(),
        rule: finding.rule.id.clone(),
        severity: finding.rule.severity.code().to_owned(),
        amount: finding.amount,
        content: cut(&finding.sentence),
        evidence: cut(&finding.row.citation.text()),
        lines: finding.parts.iter().map(|part| kept_part(&asked.encounter, part)).collect(),
        found_at: now,
        answer: None,
    };
    let findings: Vec<AuditFinding> = found.iter().map(keep).collect();
    if !findings.is_empty() {
        let of = (institution.place.0.pooling_area(), &institution.code);
        store::audit::insert(work, of, &findings).await?;
    }
    Ok(findings)
}

/// Keeps what the doctor did about findings of one stage, all or none.
pub async fn answer(
    work: &mut Work,
    (area, institution): (PoolingArea, &Institution),
    (infno, stage): (&str, Stage),
    mut answers: Vec<(String, AuditAnswer)>,
) -> Outcome<()> {
    // In the same order for all who answer the same findings at once.
    answers.sort_by(|one, other| one.0.cmp(&other.0));
    for (id, said) in answers {
        if !store::audit::answer(work, (area, &institution.code), (infno, &id), &said).await? {
            return Err(
                Refusal::UnknownFinding { stage: stage.chinese().to_owned(), warn_rslt_id: id }.into()
            );
        }
    }
    Ok(())
}

/// Adds the fee details that were uploaded for the visit, if it is one of ours. What the message has as an order is not
/// counted twice, and the person is who was registered.
async fn add_uploaded(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    asked: &mut Asked<'_>,
) -> Outcome<()> {
    let Ok(id) = asked.visit.parse::<VisitId>() else { return Ok(()) };
    let Some(visit) = visit::find(work.conn(), &institution.code, id).await? else { return Ok(()) };
    let encounter = &mut asked.encounter;
    let citizen = &visit.patient.citizen;
    encounter.sex = Some(if citizen.is_male() { Sex::Male } else { Sex::Female });
    encounter.birth = Some(citizen.birth());
    if let Some(care) = CareKind::from_medical_type(&visit.med_type) {
        encounter.care = care;
        encounter.medical_type.clone_from(&visit.med_type);
    }
    let mut orders: HashSet<(String, String)> = std::mem::take(&mut asked.order_numbers);
    orders.extend(encounter.lines.iter().map(|line| (line.id.clone(), line.item.clone())));
    for line in fee::list(work.conn(), id, None).await? {
        let order = line.registration.get("drord_no");
        let names = [Some(&line.serial), order].into_iter().flatten();
        let is_told = names.map(|name| (name.clone(), line.item.clone())).any(|name| orders.contains(&name));
        let uploaded = uploaded(node, line);
        if !is_told {
            encounter.lines.push(uploaded);
        } else if uploaded.approved {
            let same = encounter.lines.iter_mut().filter(|line| line.item == uploaded.item);
            same.for_each(|line| line.approved = true);
        }
    }
    Ok(())
}

fn uploaded(node: &ProvinceNode, line: FeeLine) -> Line {
    let day = line.occurred_at.day();
    Line {
        approved: line.registration.get("hosp_appr_flag").is_some_and(|flag| flag == "1"),
        name: name_of(node, &line.item, day).unwrap_or_else(|| line.item.clone()),
        id: line.serial,
        refunds: line.refunds,
        item: line.item,
        category: Some(line.category),
        price_limit: line.price_limit,
        from: day,
        to: day,
        quantity: line.quantity,
        price: line.price,
        amount: line.split.total,
        prescribed_days: None,
    }
}

/// Gives a line of a message what the catalog knows of its item; items that it does not know stay as they were told.
fn complete(node: &ProvinceNode, institution: &Institution, line: &mut Line) {
    if let Some(item) = node.settings.catalog.find(&line.item, line.from) {
        line.name.clone_from(&item.name);
        line.category = Some(item.category);
        line.price_limit = item.limit(institution.level).map(Price::as_micro_yuan);
    }
}

fn name_of(node: &ProvinceNode, item: &str, day: Day) -> Option<String> {
    Some(node.settings.catalog.find(item, day)?.name.clone())
}

fn kept_part(encounter: &Encounter, part: &audit::Part) -> AuditLine {
    AuditLine {
        line: encounter.lines[part.line].id.clone(),
        kind: part.role.code().to_owned(),
        amount: part.amount,
    }
}

fn cut(text: &str) -> String {
    text.chars().take(SENTENCE_MAX).collect()
}
