//! Apportioning (清分) with institutions: the lines of a month, which of them the institution has confirmed, and taking that back.

use crate::{
    context::Outcome,
    province::ProvinceNode,
    reconciliation::{self, Entry},
};
use casework::{
    confirmation::{self, Move, Stage},
    institution::Institution,
};
use std::collections::{HashMap, HashSet};
use store::{
    Conn, Work,
    apportioning::{self, Confirmation, Detail, Key},
};
use terms::{Fen, Month, Refusal, SettlementId, VisitId};

/// The lines of a month.
pub async fn month(
    conn: &mut Conn,
    node: &ProvinceNode,
    institution: &Institution,
    month: Month,
) -> Outcome<Vec<Entry>> {
    let period = month.first_day().start()..month.next().first_day().start();
    reconciliation::entries(conn, node, institution, &period).await
}

/// The confirmation that holds each confirmed line of a month.
pub async fn confirmed(
    conn: &mut Conn,
    institution: &Institution,
    month: Month,
) -> Outcome<HashMap<SettlementId, String>> {
    let standing = apportioning::of_month(conn, key(institution, month)).await?;
    let standing = standing.iter().filter(|confirmation| confirmation.stage.holds());
    Ok(standing.flat_map(|one| one.confirmed().map(|line| (line, one.id.clone()))).collect())
}

fn key(institution: &Institution, month: Month) -> Key<'_> {
    Key { area: institution.place.0.pooling_area(), institution: &institution.code, month }
}

/// A line as the institution says it.
#[derive(Clone, Debug)]
pub struct Said {
    /// What is kept of it.
    pub detail: Detail,
    /// The visit that the line is of, if it says so.
    pub visit: Option<VisitId>,
}

/// 3261: keeps what the institution says of lines of a month that is over, under the number of the answer.
pub async fn confirm(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    (id, month): (&str, Month),
    said: Vec<Said>,
) -> Outcome<()> {
    let now = node.context.now();
    if now < month.next().first_day().start() {
        return Err(Refusal::MonthNotOver { month: month.to_string() }.into());
    }
    let key = key(institution, month);
    apportioning::hold(work, key).await?;
    let entries = self::month(work.conn(), node, institution, month).await?;
    let held = confirmed(work.conn(), institution, month).await?;
    check(&entries, &held, month, &said)?;
    let details: Vec<Detail> = said.into_iter().map(|said| said.detail).collect();
    let sum = |of: fn(&Detail) -> Fen| details.iter().filter(|detail| detail.confirmed).map(of).sum();
    let confirmation = Confirmation {
        id: id.to_owned(),
        month,
        stage: Stage::Confirmed,
        total: sum(|detail| detail.total),
        agency_pays: sum(|detail| detail.agency_pays),
        details,
        confirmed_at: now,
        withdrawn_at: None,
    };
    Ok(apportioning::insert(work, key, &confirmation).await?)
}

/// Every line is one of the month's and comes once; what is confirmed is as we have it, and is not confirmed already.
fn check(
    entries: &[Entry],
    held: &HashMap<SettlementId, String>,
    month: Month,
    said: &[Said],
) -> Result<(), Refusal> {
    let entries: HashMap<SettlementId, &Entry> = entries.iter().map(|entry| (entry.line.id, entry)).collect();
    let mut seen = HashSet::new();
    for Said { detail, visit } in said {
        let setl_sn = detail.line.to_string();
        let entry = entries
            .get(&detail.line)
            .filter(|entry| visit.is_none_or(|visit| visit == entry.visit))
            .ok_or_else(|| Refusal::NotApportioned { setl_sn: setl_sn.clone(), month: month.to_string() })?;
        let is_held = detail.confirmed && held.contains_key(&detail.line);
        if is_held || !seen.insert(detail.line) {
            return Err(Refusal::AlreadyConfirmed { setl_sn });
        }
        let both = [(detail.total, entry.line.total), (detail.agency_pays, entry.line.agency_pays())];
        let differing = both.iter().find(|(given, expected)| given != expected);
        if let Some((given, expected)) = differing.filter(|_| detail.confirmed) {
            let (given, expected) = (given.to_string(), expected.to_string());
            return Err(Refusal::ApportioningDiffers { setl_sn, given, expected });
        }
    }
    Ok(())
}

/// 3262: takes a confirmation of a month back, or all of them.
pub async fn withdraw(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    (id, month): (Option<&str>, Month),
) -> Outcome<()> {
    let key = key(institution, month);
    apportioning::hold(work, key).await?;
    let of_month = apportioning::of_month(work.conn(), key).await?;
    let named = of_month.iter().filter(|one| id.is_none_or(|id| id == one.id));
    let standing: Vec<&Confirmation> = named.filter(|one| one.stage.holds()).collect();
    if standing.is_empty() {
        let otransid = id.unwrap_or("0").to_owned();
        return Err(Refusal::UnknownConfirmation { otransid, month: month.to_string() }.into());
    }
    for one in standing {
        let stage = confirmation::after(one.stage, Move::Withdraw)
            .ok_or_else(|| Refusal::MonthCleared { month: month.to_string() })?;
        apportioning::set_stage(work, key, (&one.id, stage), Some(node.context.now())).await?;
    }
    Ok(())
}
