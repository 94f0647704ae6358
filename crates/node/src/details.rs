//! Fee details at the treatment place (2301, 2302; also 2204 and 2205, see [`crate::outpatient`]): every line is split by the place's own catalog when it comes, and stays
//! here until the settlement stands (`details_on`).

use crate::{context::Outcome, mapping, province::ProvinceNode};
use benefit::{Split, split_line};
use casework::{
    institution::Institution,
    visit::{Move, Visit},
};
use std::collections::{BTreeMap, HashMap};
use store::{
    Work,
    fee::{self, FeeLine},
    visit,
};
use terms::{Fen, Moment, Refusal};

/// A line as the hospital gives it, its amount already checked against price and quantity.
pub struct Given {
    /// 费用明细流水号.
    pub serial: String,
    /// 收费批次号; empty in a stay.
    pub bill: String,
    /// 原费用流水号, for a refund.
    pub refunds: Option<String>,
    /// 费用发生时间.
    pub occurred_at: Moment,
    /// 医疗目录编码; empty where the hospital's mapping is to give it.
    pub item: String,
    /// 医药机构目录编码.
    pub local_item: String,
    /// 明细项目费用总额.
    pub amount: Fen,
    /// 数量 in ten-thousandths.
    pub quantity: i64,
    /// 单价 in millionths of a yuan.
    pub price: i64,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
}

impl Given {
    /// Whether the hospital has not approved that the funds pay (医院审批标志 `hosp_appr_flag` 2 审批不通过): then the person pays
    /// all of it. The catalog names no item whose use is restricted (限制使用标志), so an approval is never needed.
    fn is_self_paid(&self) -> bool {
        self.registration.get("hosp_appr_flag").is_some_and(|flag| flag == "2")
    }
}

/// Splits and writes lines, all or none; in the order in which they came.
pub async fn upload(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    visit: &Visit,
    mut given: Vec<Given>,
) -> Outcome<Vec<FeeLine>> {
    visit.after(Move::ChangeDetails)?;
    mapping::resolve(work, institution, &mut given).await?;
    let names: Vec<String> =
        given.iter().flat_map(|line| [Some(line.serial.clone()), line.refunds.clone()]).flatten().collect();
    let mut known: HashMap<String, FeeLine> = HashMap::new();
    let mut refunded: HashMap<String, (i64, Fen)> = HashMap::new();
    for line in fee::list(work.conn(), visit.id, Some(&names)).await? {
        note(&line, &mut refunded);
        known.insert(line.serial.clone(), line);
    }
    let now = node.context.now();
    let mut lines = Vec::with_capacity(given.len());
    for one in given {
        if known.contains_key(&one.serial) {
            return Err(Refusal::LineExists { feedetl_sn: one.serial }.into());
        }
        check_day(visit, &one, now)?;
        let line = match &one.refunds {
            None => split(node, institution, one, now)?,
            Some(original) => {
                let unknown = || Refusal::UnknownLine { feedetl_sn: original.clone() };
                let original =
                    known.get(original).filter(|line| line.refunds.is_none()).ok_or_else(unknown)?;
                refund(original, &refunded, one, now)?
            }
        };
        note(&line, &mut refunded);
        known.insert(line.serial.clone(), line.clone());
        lines.push(line);
    }
    fee::insert(work, visit, &lines).await?;
    visit::sum_up(work, visit).await?;
    Ok(lines)
}

/// Adds a refund to what has been given back of its line.
fn note(line: &FeeLine, refunded: &mut HashMap<String, (i64, Fen)>) {
    if let Some(original) = &line.refunds {
        let sum = refunded.entry(original.clone()).or_default();
        sum.0 += line.quantity;
        sum.1 += line.split.total;
    }
}

/// A fee falls into the stay: a day of grace on either side, for clocks and for what was prepared before.
fn check_day(visit: &Visit, given: &Given, now: Moment) -> Result<(), Refusal> {
    let day = given.occurred_at.day();
    let from = visit.admitted_at.day().plus_days(-3);
    let to = visit.discharged_at.map_or(now.day(), Moment::day).plus_days(1);
    if (from..=to).contains(&day) {
        return Ok(());
    }
    Err(Refusal::invalid("fee_ocur_time", format!("本次就诊期间内的时间（{from}至{to}）")))
}

/// Splits a line by the catalog of the day on which the fee arose.
fn split(
    node: &ProvinceNode,
    institution: &Institution,
    given: Given,
    now: Moment,
) -> Result<FeeLine, Refusal> {
    let catalog = &node.settings.catalog;
    let item = catalog
        .find(&given.item, given.occurred_at.day())
        .ok_or_else(|| Refusal::UnknownItem { med_list_codg: given.item.clone() })?;
    let limit = item.limit(institution.level);
    let first_self_pay_rate = item.first_self_pay_of(institution.level, given.amount, given.quantity);
    let parts = if given.is_self_paid() {
        Split { total: given.amount, out_of_scope: given.amount, ..Split::default() }
    } else {
        split_line(item, institution.level, given.amount, given.quantity)
    };
    assert!(parts.is_consistent() && parts.total == given.amount, "a split is the whole line");
    Ok(FeeLine {
        serial: given.serial,
        bill: given.bill,
        refunds: None,
        occurred_at: given.occurred_at,
        item: given.item,
        local_item: given.local_item,
        quantity: given.quantity,
        price: given.price,
        category: item.category,
        class: item.class,
        first_self_pay_rate,
        price_limit: limit.map(benefit::catalog::Price::as_micro_yuan),
        split: parts,
        registration: given.registration,
        uploaded_at: now,
    })
}

/// A refund gives back what its line was split into: the same parts, in proportion, the last refund the rest.
fn refund(
    original: &FeeLine,
    refunded: &HashMap<String, (i64, Fen)>,
    given: Given,
    now: Moment,
) -> Result<FeeLine, Refusal> {
    let (quantity, amount) = refunded.get(&original.serial).copied().unwrap_or_default();
    let left = (original.quantity + quantity + given.quantity, original.split.total + amount + given.amount);
    // In a stay a line that was settled midway is given back by the next settlement.
    let is_same_bill = given.bill.is_empty() || given.bill == original.bill;
    let is_same = (given.item.is_empty() || given.item == original.item) && is_same_bill;
    if left.0 < 0 || left.1.is_negative() || !is_same {
        return Err(Refusal::RefundTooLarge { feedetl_sn: given.serial });
    }
    let parts = proportional(original.split, original.split.total + amount, left.1);
    Ok(FeeLine {
        serial: given.serial,
        bill: given.bill,
        refunds: Some(original.serial.clone()),
        occurred_at: given.occurred_at,
        local_item: given.local_item,
        quantity: given.quantity,
        price: given.price,
        split: parts,
        registration: given.registration,
        uploaded_at: now,
        ..original.clone()
    })
}

/// What is given back when of a line split like `whole` there was `before` left and is `after`: the difference of the two
/// proportional splits, so that refunding all of it in any steps gives back every part to the fen.
fn proportional(whole: Split, before: Fen, after: Fen) -> Split {
    share(whole, after) - share(whole, before)
}

/// `whole` scaled down to the total `left`; in scope takes the rest of the rounding.
fn share(whole: Split, left: Fen) -> Split {
    if whole.total.is_zero() {
        return Split::default();
    }
    let part = |amount: Fen| {
        let scaled = i128::from(amount.0) * i128::from(left.0) / i128::from(whole.total.0);
        Fen(i64::try_from(scaled).expect("a part of an amount"))
    };
    let (out_of_scope, over_limit, first_self_pay) =
        (part(whole.out_of_scope), part(whole.over_limit), part(whole.first_self_pay));
    let in_scope = left - out_of_scope - over_limit - first_self_pay;
    // A line is one item, which is paid in full after its first self-pay or not.
    let in_full = if whole.in_full.is_zero() { Fen::ZERO } else { in_scope };
    Split { total: left, out_of_scope, over_limit, first_self_pay, in_scope, in_full }
}

/// Deletes lines, all of them if none are named. Lines that a refund names cannot go before it.
pub async fn delete(work: &mut Work, visit: &Visit, serials: Option<&[String]>) -> Outcome<()> {
    visit.after(Move::ChangeDetails)?;
    let Some(serials) = serials else {
        // What was settled midway stays.
        fee::delete_bills(work, visit.id, &[String::new()]).await?;
        return Ok(visit::sum_up(work, visit).await?);
    };
    let found = fee::list(work.conn(), visit.id, Some(serials)).await?;
    if let Some(missing) = serials.iter().find(|serial| !found.iter().any(|line| line.serial == **serial)) {
        return Err(Refusal::UnknownLine { feedetl_sn: missing.clone() }.into());
    }
    if let Some(settled) = found.iter().find(|line| !line.bill.is_empty() && serials.contains(&line.serial)) {
        let expected =
            format!("未结算的费用明细；[{}]已中途结算，请先撤销该结算或上传退费明细", settled.serial);
        return Err(Refusal::invalid("feedetl_sn", expected).into());
    }
    let orphan = found.iter().find(|line| !serials.contains(&line.serial));
    if let Some(refund) = orphan {
        return Err(
            Refusal::invalid("feedetl_sn", format!("先撤销其退费明细[{}]的流水号", refund.serial)).into()
        );
    }
    fee::delete(work, visit.id, Some(serials)).await?;
    Ok(visit::sum_up(work, visit).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refunds_in_any_steps_give_back_every_part() {
        let plain = Split {
            total: Fen(1000),
            out_of_scope: Fen(0),
            over_limit: Fen(333),
            first_self_pay: Fen(67),
            in_scope: Fen(600),
            in_full: Fen(0),
        };
        let in_full = Split { in_full: Fen(600), ..plain };
        let steps = [vec![1000], vec![1, 999], vec![333, 333, 334], vec![500, 250, 249, 1]];
        for (whole, steps) in
            [plain, in_full].into_iter().flat_map(|one| steps.clone().map(|steps| (one, steps)))
        {
            let mut left = whole.total;
            let mut back = Split::default();
            for step in steps {
                let after = left - Fen(step);
                let part = proportional(whole, left, after);
                assert!(part.is_consistent());
                assert_eq!(part.total, Fen(-step));
                back += part;
                left = after;
            }
            assert_eq!(back, -whole);
        }
    }
}
