//! Deductions after audit (审核扣款): the treatment place takes back a part of what a settlement of its own institution pays. The institution
//! is owed so much less, the hub hears of it and takes it off the next month that closes. Within one province nobody else needs to
//! hear of it. What the hub refuses for good is no deduction: its entries are taken back, and it shows as refused, with the hub's
//! sentence. A settlement that has one is not undone any more: what was deducted would be given back twice. Penalties under the agreement (违约金) are none: they stay with the treatment place.

use crate::{
    context::{Failure, Outcome},
    peer::ask::NoAnswer,
    posting,
    province::ProvinceNode,
};
use casework::settlement::Stage;
use funds::{
    Purse,
    clearing::Deduction,
    clearing_statement::Purses,
    ledger::{Leg, MACHINE, Voucher, VoucherCode, VoucherId},
    movement::{Part, deduction as moves},
};
use std::collections::BTreeMap;
use store::{
    Document, Work,
    deduction::{self, DeductionsWanted, Recorded},
    outbox::{self, Asked, Waiting},
    treatment::{self, TreatmentSettlement},
};
use terms::{Fen, Fund, PoolingArea, Province, Refusal, SettlementId};
use wire::peer::v1::{Answer, Question};

/// The kind of the outbox rows that report a deduction.
const KIND: &str = "report_deduction";
/// The most deductions of one settlement: their numbers have one figure and a letter's room.
const OF_SETTLEMENT_MAX: usize = 99;

/// A deduction as an auditor enters it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeduction {
    /// Of which settlement.
    pub settlement: SettlementId,
    /// How much of each purse; above nothing.
    pub purses: Purses,
    /// Why, in words without personal data.
    pub reason: String,
    /// Number of the audit's document: the same again is the same deduction.
    pub reference: String,
    /// Who decides.
    pub by: String,
}

/// Records a deduction: in the ledger, and for the hub.
pub async fn record(node: &ProvinceNode, new: NewDeduction) -> Outcome<Recorded> {
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    let settlement = treatment::hold(&mut work, new.settlement).await?;
    let unknown = || Refusal::UnknownSettlement { setl_id: new.settlement.to_string() };
    let settlement = settlement.ok_or_else(unknown)?;
    let before = deduction::of_settlements(work.conn(), node.province, &[new.settlement]).await?;
    let (funds, account) = split(&new.purses);
    if let Some(known) = before.iter().find(|known| known.reference == new.reference) {
        let is_same = (&known.deduction.funds, known.deduction.account) == (&funds, account);
        let other = || rule("同一审核文书号已对该结算扣款且金额不同，请更换文书号");
        return if is_same { Ok(known.clone()) } else { Err(other()) };
    }
    let recorded = Recorded {
        deduction: Deduction {
            number: format!("KK{}-{}", new.settlement, before.len() + 1),
            settlement: new.settlement,
            insured: settlement.insured,
            funds,
            account,
            reason: new.reason,
            decided_on: now.day(),
            by: new.by,
            decided_at: now,
        },
        area: settlement.area,
        institution: settlement.institution.clone(),
        scheme: settlement.scheme,
        reference: new.reference,
        cleared_month: None,
        payment: None,
        refusal: None,
    };
    check(&recorded.deduction, &settlement, &before)?;
    deduction::insert(&mut work, node.province, &recorded).await?;
    if settlement.insured.province() != node.province {
        let question = Document::of(&Question::ReportDeduction(Box::new(recorded.deduction.clone())));
        let area = PoolingArea(node.province.division());
        let subject = recorded.deduction.number.as_str();
        outbox::put(&mut work, area, (subject, KIND), Asked::Hub(&question), (now, now)).await?;
    }
    posting::post(node, &mut work, [voucher(node.province, &recorded)]).await?;
    work.save().await?;
    Ok(recorded)
}

fn rule(reason: &str) -> Failure {
    Refusal::DeductionRule { reason: reason.to_owned() }.into()
}

fn split(purses: &Purses) -> (BTreeMap<Fund, Fen>, Fen) {
    let (mut funds, mut account) = (BTreeMap::new(), Fen::ZERO);
    for (purse, amount) in purses.iter().filter(|(_, amount)| !amount.is_zero()) {
        match purse {
            Purse::Fund(fund) => drop(funds.insert(*fund, *amount)),
            Purse::PersonalAccount => account = *amount,
        }
    }
    (funds, account)
}

fn check(deduction: &Deduction, settlement: &TreatmentSettlement, before: &[Recorded]) -> Outcome<()> {
    if settlement.stage != Stage::Settled {
        return Err(rule(&format!("该结算当前为[{}]，只有已结算的可以扣款", settlement.stage.chinese())));
    }
    if before.len() >= OF_SETTLEMENT_MAX {
        return Err(rule("该结算的扣款次数已达上限，请合并后办理"));
    }
    if !deduction.is_sound() {
        return Err(rule("扣款金额须大于零，理由为1至200字，经办人为1至50字，请更正后重新提交"));
    }
    let stands = before.iter().filter(|known| known.refusal.is_none());
    let before: Vec<Deduction> = stands.map(|known| known.deduction.clone()).collect();
    if !deduction.fits(&before, &settlement.amounts.funds, settlement.amounts.account) {
        return Err(rule("连同以前的扣款，已超过该结算由该基金或个人账户支付的金额，请核对"));
    }
    Ok(())
}

/// In the ledger: the institution is owed less, and so is this province by the insured place. Where that is this province as well,
/// its area spends so much less.
pub(crate) fn voucher(own: Province, recorded: &Recorded) -> Voucher {
    let Recorded { deduction, institution, scheme, .. } = recorded;
    let insured = deduction.insured;
    let funds = deduction.funds.iter().map(|(fund, amount)| (Purse::Fund(*fund), *amount));
    let purses = funds.chain([(Purse::PersonalAccount, deduction.account)]);
    let parts: Vec<Part> = purses
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(purse, amount)| Part::new(*scheme, purse, amount))
        .collect();
    let mut legs: Vec<Leg> =
        parts.iter().map(|part| moves::at_treatment(institution, insured.province(), *part)).collect();
    if insured.province() == own {
        let at_home = |part: &Part| moves::at_insured(insured.pooling_area(), own, *part);
        legs.extend(parts.iter().map(at_home));
    }
    let number = &deduction.number;
    Voucher {
        id: VoucherId::new(format!("deduction/{number}")).expect("an id and a figure are plain"),
        code: VoucherCode::Deduction,
        subject: format!("deduction/{number}"),
        summary: format!("{}：机构{institution}，扣款单{number}", VoucherCode::Deduction.chinese()),
        day: deduction.decided_on,
        recorded_at: deduction.decided_at,
        by: deduction.by.clone(),
        legs,
    }
}

/// Asks the hub to take a deduction that waits in the outbox.
pub async fn deliver(node: &ProvinceNode, waiting: &Waiting, asked: &Deduction) -> Outcome<()> {
    let question = Question::ReportDeduction(Box::new(asked.clone()));
    match node.ask(&question).await {
        Ok(Answer::DeductionTaken(taken)) if taken.number == asked.number => {
            let mut work = node.context.store.begin().await?;
            deduction::set_cleared(&mut work, node.province, &taken.number, taken.month).await?;
            outbox::take_if_same(&mut work, waiting).await?;
            Ok(work.save().await?)
        }
        Ok(_) => Err(Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })),
        // What the hub itself decided is for good; what it would not take this time may be taken later.
        Err(NoAnswer::Refused(refusal)) => refused(node, waiting, &asked.number, &refusal.message()).await,
        Err(NoAnswer::HubRefused(refusal) | NoAnswer::Unknown(refusal)) => Err(Failure::Trouble(refusal)),
    }
}

/// The hub will never take it: out of the outbox, refused, and out of the ledger.
async fn refused(node: &ProvinceNode, waiting: &Waiting, number: &str, words: &str) -> Outcome<()> {
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    outbox::take_if_same(&mut work, waiting).await?;
    if deduction::set_refused(&mut work, node.province, number, (words, now)).await? {
        let found = deduction::find(work.conn(), node.province, number).await?;
        posting::post(node, &mut work, found.and_then(|found| taken_back(node.province, &found))).await?;
    }
    work.save().await?;
    tracing::warn!(number, words, "the hub has refused a deduction");
    Ok(())
}

/// The entries of a deduction that the hub has refused, the other way round.
pub(crate) fn taken_back(own: Province, recorded: &Recorded) -> Option<Voucher> {
    let (_, at) = recorded.refusal.as_ref()?;
    let booked = voucher(own, recorded);
    let back = |leg: Leg| Leg { debit: leg.credit, credit: leg.debit, ..leg };
    Some(Voucher {
        id: VoucherId::new(format!("{}/refused", booked.id)).expect("a word is plain"),
        summary: format!("国家清算未受理，冲回{}", booked.summary),
        day: at.day(),
        recorded_at: *at,
        by: MACHINE.to_owned(),
        legs: booked.legs.into_iter().map(back).collect(),
        code: booked.code,
        subject: booked.subject,
    })
}

/// Refuses to undo a settlement of which something stands deducted.
pub async fn check_none(work: &mut Work, province: Province, settlement: SettlementId) -> Outcome<()> {
    let of_settlement = deduction::of_settlements(work.conn(), province, &[settlement]).await?;
    match of_settlement.into_iter().find(|one| one.refusal.is_none()) {
        None => Ok(()),
        Some(one) => {
            let (setl_id, number) = (settlement.to_string(), one.deduction.number);
            Err(Refusal::SettlementDeducted { setl_id, number }.into())
        }
    }
}

/// Deductions as people look for them, a page at a time.
pub async fn search(node: &ProvinceNode, wanted: &DeductionsWanted<'_>) -> Outcome<Vec<Recorded>> {
    let mut conn = node.context.store.conn().await?;
    Ok(deduction::search(&mut conn, node.province, wanted).await?)
}
