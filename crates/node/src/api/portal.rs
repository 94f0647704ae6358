//! What the insured do for themselves (参保人门户): file, change, cancel, and read what is about them. Whoever asks is told nothing of
//! anybody else; the use cases are those of the agency's desk.

use super::{
    Answer, Input,
    list::Asked,
    read,
    search::{insured_stage, own_settlements, person_view},
};
use crate::{
    access::Insured,
    context::{Failure, Outcome},
    documents::settlement::pooling_areas,
    filing::{self, Looker, NewFiling, NewTerms, Who},
    insured::{breakdown_of, record_look, refusal_of},
    national_register,
    province::ProvinceNode,
    public::Caller,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::{Filing, material};
use std::sync::Arc;
use store::{filing as register, insured, search};
use terms::{FilingCategory, FilingId, PoolingArea, Refusal, SettlementId};
use wire::api::{
    FilingChange, FilingView, Refused, SettlementView, Shown,
    calculation::BreakdownView,
    material::{CONTENT_BYTES_MAX, WantedMaterial},
    portal::{CategoryRule, CommitmentLetter, FilingRules, OwnFiling, OwnSettlements},
    search::FoundFilings,
    shown_funds,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/web/portal/filings/rules", get(filing_rules))
        .route("/web/portal/me", get(me))
        .route("/web/portal/filings", get(own_filings).post(file))
        .route("/web/portal/filings/{id}/change", post(change))
        .route("/web/portal/filings/{id}/cancel", post(cancel))
        .route("/web/portal/settlements", get(settlements))
        .route("/web/portal/settlements/{id}", get(settlement))
}

/// The version of the letter below; it changes with its words.
const LETTER_VERSION: &str = "2026-1";

/// The letter of commitment (个人承诺书): who files as living elsewhere for long without papers promises that it is true (医保发〔2022〕22号,
/// 规程 art. 8 and its annexed letter, in our words).
fn letter() -> CommitmentLetter {
    let paragraphs = [
        "本人因异地长期居住或工作，申请办理跨省异地就医备案，以本承诺代替居住或工作的证明材料。",
        "本人承诺：所填信息真实、准确、完整；情况变化的，及时办理变更或取消。",
        "本人知晓：备案有效期内可在备案地和参保地双向享受待遇的，以参保地政策为准；六个月内原则上不变更、不取消长期居住备案，参保地另有规定的除外。",
        "本人知晓：经核实承诺不实的，参保地将取消备案、追回多支付的医保基金，并依法依规处理。",
    ];
    CommitmentLetter {
        version: LETTER_VERSION.to_owned(),
        title: "基本医疗保险跨省异地就医备案个人承诺书".to_owned(),
        paragraphs: paragraphs.map(str::to_owned).to_vec(),
    }
}

async fn filing_rules(State(node): Node, _: Caller) -> Answer {
    let rules = &node.settings.filing_rules;
    let category = |category: &FilingCategory| CategoryRule {
        category: *category,
        name: category.chinese().to_owned(),
        long_term: category.is_long_term(),
        on_commitment: category.is_long_term(),
        materials: material::wanted(*category).iter().map(|kinds| WantedMaterial::of(kinds)).collect(),
    };
    Answer::json(&FilingRules {
        categories: FilingCategory::ALL.iter().map(category).collect(),
        temporary_months: rules.temporary_months,
        long_term_hold_months: rules.long_term_hold_months,
        ahead_months: rules.ahead_months,
        materials_max: rules.materials_max,
        material_bytes_max: u32::try_from(CONTENT_BYTES_MAX).expect("a few megabytes"),
        commitment: letter(),
    })
}

fn area_of(me: &Insured) -> PoolingArea {
    me.insured.pooling_area()
}

/// Who looks at one's own data, for the record.
const ONESELF: Looker<'static> = Looker { name: "本人", purpose: "参保人门户" };

async fn me(State(node): Node, me: Insured) -> Result<Answer, Answer> {
    let look = async {
        let mut work = node.context.store.begin().await?;
        record_look(&node, &mut work, area_of(&me), &me.person, ONESELF.name, ONESELF.purpose).await?;
        let mut view = person_view(&node, work.conn(), (area_of(&me), &me.person), Shown::Whole).await?;
        work.save().await?;
        // A screen is looked at over one's shoulder: the number of the identity card is known without it.
        view.certno = masked(&view.certno);
        for card in &mut view.cards {
            card.number = masked(&card.number);
        }
        Ok(view)
    };
    Ok(Answer::json(&look.await.map_err(|failure: Failure| failure.refusal())?))
}

/// A number with all but its first four and last two characters covered.
fn masked(number: &str) -> String {
    let length = number.chars().count();
    number.chars().enumerate().map(|(at, one)| if at < 4 || at + 2 >= length { one } else { '*' }).collect()
}

async fn own_filings(State(node): Node, me: Insured) -> Result<Answer, Answer> {
    let who = Who::Number(me.person.clone());
    let found = filing::list_of_person(&node, me.insured, &who, ONESELF).await?;
    let mut filings: Vec<_> = found.iter().map(|filing| FilingView::of(filing, Shown::Whole)).collect();
    let tell = async {
        let mut conn = node.context.store.conn().await?;
        crate::material::tell_awaited(&mut conn, &found, &mut filings).await
    };
    tell.await.map_err(Failure::refusal)?;
    Ok(Answer::json(&FoundFilings { filings, next: None }))
}

async fn file(State(node): Node, me: Insured, Input(body): Input<OwnFiling>) -> Result<Answer, Answer> {
    let commitment = body.commitment.as_deref().map(str::trim).filter(|version| !version.is_empty());
    if commitment.is_some_and(|version| version != LETTER_VERSION) {
        let reason = "承诺书已更新，请重新阅读并同意后提交".to_owned();
        return Err(Refusal::FilingRule { reason }.into());
    }
    let on_commitment = commitment.is_some();
    let new = NewFiling {
        insured: me.insured,
        who: Who::Number(me.person),
        scheme: body.scheme,
        category: body.category,
        destination: body.destination,
        begins: body.begins,
        ends: body.ends,
        commitment: on_commitment,
        // On commitment nothing is left to be looked at (承诺制即时生效): the rules refuse it where it may not be.
        approve_now: on_commitment,
    };
    let filed = filing::submit(&node, new).await?;
    Ok(Answer::json(&FilingView::of(&filed, Shown::Whole)))
}

/// One's own filing: that of anybody else is not there.
pub(super) async fn own_filing(node: &ProvinceNode, me: &Insured, id: &str) -> Result<FilingId, Refusal> {
    let id: FilingId = read(id, "id", "30位备案编号")?;
    let find = async {
        let mut conn = node.context.store.conn().await?;
        Ok(register::find(&mut conn, id).await?)
    };
    let found: Option<Filing> = find.await.map_err(|failure: Failure| failure.refusal())?;
    let is_own = |filing: &Filing| filing.person == me.person && filing.insured.pooling_area() == area_of(me);
    let unknown = || Refusal::UnknownFiling { filing_id: id.to_string() };
    found.filter(is_own).map(|filing| filing.id).ok_or_else(unknown)
}

async fn change(
    State(node): Node,
    me: Insured,
    Path(id): Path<String>,
    Input(body): Input<FilingChange>,
) -> Result<Answer, Answer> {
    let id = own_filing(&node, &me, &id).await?;
    let terms = NewTerms { destination: body.destination, begins: body.begins, ends: body.ends };
    let changed = filing::change(&node, id, terms).await?;
    Ok(Answer::json(&FilingView::of(&changed, Shown::Whole)))
}

async fn cancel(State(node): Node, me: Insured, Path(id): Path<String>) -> Result<Answer, Answer> {
    let id = own_filing(&node, &me, &id).await?;
    Ok(Answer::json(&FilingView::of(&filing::cancel(&node, id).await?, Shown::Whole)))
}

async fn settlements(State(node): Node, me: Insured, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let rows = asked.rows()?;
    let look = async {
        let mut conn = node.context.store.conn().await?;
        own_settlements(&mut conn, (area_of(&me), &me.person), asked.text("after"), rows).await
    };
    let found = look.await.map_err(Failure::refusal)?;
    Ok(Answer::json(&OwnSettlements { settlements: found.settlements, next: found.next }))
}

async fn settlement(State(node): Node, me: Insured, Path(id): Path<String>) -> Result<Answer, Answer> {
    let id: SettlementId = read(&id, "id", "30位结算ID")?;
    let look = async {
        let mut conn = node.context.store.conn().await?;
        let found = insured::find(&mut conn, area_of(&me), id).await?;
        let is_own = |one: &insured::InsuredSettlement| {
            one.content.as_ref().is_some_and(|content| content.person == me.person)
        };
        let mut view = found.filter(is_own).and_then(|found| insured_view(&found, Shown::Whole));
        if let Some(view) = &mut view {
            view.institution_name = national_register::name_of(&mut conn, &view.institution).await?;
        }
        Ok(view)
    };
    let view = look.await.map_err(|failure: Failure| failure.refusal())?;
    Ok(Answer::json(&view.ok_or_else(|| Refusal::UnknownSettlement { setl_id: id.to_string() })?))
}

/// What is shown of a settlement in the insured place's book; nothing of one that was undone or refused before anything was computed.
pub(super) fn insured_view(found: &insured::InsuredSettlement, shown: Shown) -> Option<SettlementView> {
    let content = found.content.as_ref()?;
    let (stage, stage_name) = insured_stage(found.stage);
    let care = search::care_of(&content.contribution).unwrap_or(terms::CareKind::Inpatient);
    Some(SettlementView {
        id: found.id.to_string(),
        // The visit is the treatment place's.
        visit: String::new(),
        stage: stage.to_owned(),
        stage_name: stage_name.to_owned(),
        institution: content.institution.clone(),
        institution_name: None,
        person: wire::api::shown_number(&content.person, shown),
        scheme: content.scheme,
        insured: terms::InsuredPlace(found.area.division()),
        total: content.amounts.total,
        fund_total: content.amounts.fund_total,
        person_total: content.amounts.person_total,
        account: content.amounts.account,
        no_third_party_declared_at: None,
        funds: shown_funds(&content.amounts.funds),
        refusal: found.refusal.as_ref().map(|stored| Refused::from(&refusal_of(Some(stored)))),
        asked_at: found.id.given_at().to_string(),
        settled_at: Some(found.committed_at.to_string()),
        undo: found.undo.as_ref().map(|(id, _)| id.to_string()),
        undone_at: found.undone_at.map(|at| at.to_string()),
        side: "insured".to_owned(),
        care: care.code().to_owned(),
        care_name: care.chinese().to_owned(),
        breakdown: Some(BreakdownView::of(&breakdown_of(&content.breakdown))),
    })
}

/// A settlement of the insured place's book by its id, which does not say of which pooling area it is.
pub(super) async fn find_insured(
    node: &ProvinceNode,
    id: SettlementId,
    looker: Looker<'_>,
) -> Outcome<Option<insured::InsuredSettlement>> {
    let areas = pooling_areas(node.province);
    let mut work = node.context.store.begin().await?;
    let found = search::insured_one(work.conn(), &areas, id).await?;
    if let Some((found, content)) = found.as_ref().and_then(|found| Some((found, found.content.as_ref()?))) {
        record_look(node, &mut work, found.area, &content.person, looker.name, looker.purpose).await?;
    }
    work.save().await?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_on_a_screen_is_covered() {
        assert_eq!(masked("110101194106189151"), "1101************51");
        assert_eq!(masked("12"), "12");
    }
}
