//! Deductions after audit (审核扣款) that treatment provinces report: lines of the next month that closes.

use super::refused;
use crate::{context::Outcome, hub::Hub};
use funds::{
    clearing::Deduction,
    ledger::{Voucher, VoucherCode, VoucherId},
    movement::{Part, deduction::at_hub},
};
use store::{
    clearing::{self as book, Reported},
    ledger,
};
use terms::{Participant, Province, Refusal};
use wire::peer::v1::DeductionTaken;

/// Takes a deduction; the same number again gets the first answer.
pub async fn report(hub: &Hub, from: Province, deduction: &Deduction) -> Outcome<DeductionTaken> {
    if !deduction.is_sound() {
        return Err(refused("审核扣款的编号、金额、理由或经办人有误，请核对"));
    }
    let mut work = hub.context.store.begin().await?;
    // Held first, so that two that together are too much do not both pass.
    let before = book::deductions_of_settlement(&mut work, deduction.settlement).await?;
    if let Some(known) = book::deduction(work.conn(), from, &deduction.number).await? {
        return if known.deduction == *deduction {
            Ok(DeductionTaken { number: known.deduction.number, month: known.month })
        } else {
            Err(refused(&format!("审核扣款[{}]已上报，内容不同，请另编号", deduction.number)))
        };
    }
    let unknown = || Refusal::UnknownSettlement { setl_id: deduction.settlement.to_string() };
    let settled = book::settled_in(work.conn(), deduction.insured, deduction.settlement).await?;
    let settled = settled.filter(|settled| settled.line.pair().treatment == from).ok_or_else(unknown)?;
    if !settled.stands {
        return Err(refused(&format!("结算[{}]已撤销，不能再扣款", deduction.settlement)));
    }
    let earlier: Vec<Deduction> = before.into_iter().map(|reported| reported.deduction).collect();
    if !deduction.fits(&earlier, &settled.line.funds, settled.line.account) {
        return Err(refused(&format!("结算[{}]的扣款累计超过已支付金额，请核对", deduction.settlement)));
    }
    let open = book::first_open(&mut work).await?;
    let month = open.map_or(settled.month, |open| open.max(settled.month));
    let reported = Reported {
        line: deduction.line(&settled.line, settled.month),
        deduction: deduction.clone(),
        month,
        reported_at: hub.context.now(),
    };
    book::put_deduction(&mut work, &reported).await?;
    if let Err(why) = ledger::post(&mut work, Participant::Hub, &memorandum(&reported)).await? {
        return Err(refused(&format!("审核扣款[{}]记账未通过（{}）", deduction.number, why.chinese())));
    }
    work.save().await?;
    Ok(DeductionTaken { number: deduction.number.clone(), month })
}

/// The hub's memorandum (备查): the insured province owes so much less, and the treatment province is owed it.
pub(crate) fn memorandum(reported: &Reported) -> Voucher {
    let (pair, number) = (reported.line.pair(), &reported.deduction.number);
    let id = format!("deduction/{}/{number}", pair.treatment);
    let parts = reported.line.dues().map(|((scheme, purse), amount)| Part::new(scheme, purse, -amount));
    Voucher {
        id: VoucherId::new(id).expect("a sound number is short"),
        code: VoucherCode::Deduction,
        subject: format!("deduction/{number}"),
        summary: format!("{}审核扣款{number}，{}清算", pair.treatment, reported.month),
        day: reported.reported_at.day(),
        recorded_at: reported.reported_at,
        by: reported.deduction.by.clone(),
        legs: parts.map(|part| at_hub(pair.insured, pair.treatment, part)).collect(),
    }
}
