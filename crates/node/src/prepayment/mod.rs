//! Prepayments (预付金): the hub sets them each year, every node shows how each of them stands, the treatment province applies for
//! an emergency increase (紧急调增) when one is red, and the insured province collects its own from its pooling areas.
//!
//! Money moves by the notices that are issued here; what moved is read from the general ledger (总账).

pub(crate) mod area;
pub(crate) mod increase;
pub(crate) mod position;
pub(crate) mod year;

use crate::{
    context::{Failure, Outcome},
    hub::Hub,
    province::ProvinceNode,
};
use funds::rule::{RuleBook, Rules};
use terms::{Day, Province, Refusal};

/// The machine, where a clerk's name would stand.
pub(crate) use funds::ledger::MACHINE;

/// The rules of a day.
pub(crate) fn rules_on(day: Day) -> Outcome<Rules> {
    RuleBook::national().on(day).ok_or_else(|| no_rules(day))
}

/// The rules of a day in a province.
pub(crate) fn rules_in(province: Province, day: Day) -> Outcome<Rules> {
    RuleBook::national().on_in(province, day).ok_or_else(|| no_rules(day))
}

fn no_rules(day: Day) -> Failure {
    refused(format!("{day}没有生效的预付金规则，请核对日期"))
}

/// A refusal with its reason.
pub(crate) fn refused(reason: impl Into<String>) -> Failure {
    Refusal::PrepaymentRule { reason: reason.into() }.into()
}

/// What the hub does by itself: it drafts the amounts of a year in January, computes how prepayments stand, and notes which
/// emergency increases were paid.
pub async fn tick_hub(hub: &Hub) -> Outcome<()> {
    year::draft_when_due(hub).await?;
    position::compute_at_hub_when_due(hub).await?;
    increase::note_paid(hub).await
}

/// What a province does by itself: it computes how its prepayments stand, tells the hub of applications that it has not heard
/// of, and pulls what became of them.
pub async fn tick_province(node: &ProvinceNode) -> Outcome<()> {
    position::compute_when_due(node).await?;
    increase::tell(node).await?;
    increase::pull(node).await
}
