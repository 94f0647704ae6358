//! 目录对照: which national item an item of the hospital's own is, and what that means for the lines of a bill.
//!
//! A hospital that has uploaded no pair sends national codes, and nothing is checked. Once it has, every line must be of a pair
//! that holds on the day of the fee.

use crate::{context::Outcome, details::Given, province::ProvinceNode};
use casework::institution::Institution;
use std::collections::HashMap;
use store::{
    Work,
    mapping::{self, Mapping},
};
use terms::Refusal;

/// Keeps pairs, all or none.
pub async fn put(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    pairs: Vec<Mapping>,
) -> Outcome<()> {
    let of = (institution.place.0.pooling_area(), &institution.code);
    let names: Vec<String> = pairs.iter().map(|pair| pair.local_item.clone()).collect();
    let mut known = mapping::list(work.conn(), of, Some(&names)).await?;
    for pair in pairs {
        check(node, &pair, &known)?;
        mapping::put(work, of, &pair).await?;
        // A version may be closed and the next begun in one call.
        known.retain(|other| !is_same(other, &pair));
        known.push(pair);
    }
    Ok(())
}

/// Whether one is the other with other days.
fn is_same(one: &Mapping, other: &Mapping) -> bool {
    (&one.local_item, &one.list_type, &one.item) == (&other.local_item, &other.list_type, &other.item)
}

/// The national item must be in the catalog, and no other one be meant by the same code on any day.
fn check(node: &ProvinceNode, pair: &Mapping, known: &[Mapping]) -> Result<(), Refusal> {
    if !node.settings.catalog.items().any(|item| item.code == pair.item) {
        return Err(Refusal::UnknownItem { med_list_codg: pair.item.clone() });
    }
    let overlaps = |other: &&Mapping| {
        other.local_item == pair.local_item
            && other.item != pair.item
            && other.from <= pair.to
            && pair.from <= other.to
    };
    match known.iter().find(overlaps) {
        Some(other) => Err(Refusal::MappedOtherwise {
            fixmedins_hilist_id: pair.local_item.clone(),
            med_list_codg: other.item.clone(),
        }),
        None => Ok(()),
    }
}

/// Gives every line its national code, and refuses the first that is of no pair. A refund is of its line's item.
pub async fn resolve(work: &mut Work, institution: &Institution, given: &mut [Given]) -> Outcome<()> {
    let of = (institution.place.0.pooling_area(), &institution.code);
    let own: Vec<&mut Given> = given.iter_mut().filter(|line| line.refunds.is_none()).collect();
    if own.iter().all(|line| !line.item.is_empty()) && !mapping::is_used(work.conn(), of).await? {
        return Ok(());
    }
    let names: Vec<String> = own.iter().map(|line| line.local_item.clone()).collect();
    let mut pairs: HashMap<String, Vec<Mapping>> = HashMap::new();
    for pair in mapping::list(work.conn(), of, Some(&names)).await? {
        pairs.entry(pair.local_item.clone()).or_default().push(pair);
    }
    for line in own {
        let day = line.occurred_at.day();
        let is_it =
            |pair: &&Mapping| pair.is_valid_on(day) && (line.item.is_empty() || line.item == pair.item);
        let found = pairs.get(&line.local_item).and_then(|pairs| pairs.iter().find(is_it));
        let pair =
            found.ok_or_else(|| Refusal::ItemNotMapped { medins_list_codg: line.local_item.clone() })?;
        line.item.clone_from(&pair.item);
    }
    Ok(())
}
