//! The hub's part of the daily reconciliation (对账): it answers out of its own book what a province asks, and keeps what provinces
//! report, so that it knows which days are reconciled and which settlements nobody may clear yet.

use super::{BUCKETS_MAX, Decision, LINES, REPORTED, decide};
use crate::{context::Outcome, hub::Hub};
use casework::difference::{Matter, Move, NOTE_MAX, NOTES_MAX, Note, SYSTEM, Stage};
use funds::reconciliation::{self as books, BucketDigest, PairLine};
use store::{
    daily_reconciliation::{self as days, Book, Reconciled},
    difference::{self, Difference},
};
use terms::{Participant, Province, Refusal, SettlementId};
use wire::peer::v1::{
    Answer, FindBookLines, FindDigests, FindOpenDifferences, FoundBookLines, FoundDigests,
    FoundOpenDifferences, ReportReconciliation, ReportedDifference,
};

/// Settlements of one page of what others reported.
const OPEN_DIFFERENCES: i64 = 500;
/// The longest name of a clerk that is kept.
const NAME_MAX: usize = 100;
/// The most ways in which the books differ on one settlement that are kept.
const KINDS_MAX: usize = 40;

/// Only provinces have books to compare.
fn province(from: Participant) -> Outcome<Province> {
    match from {
        Participant::Province(province) => Ok(province),
        Participant::Hub => Err(Refusal::PeerRejected { detail: "发送方不是省级平台".to_owned() }.into()),
    }
}

fn rejected(detail: &str) -> Refusal {
    Refusal::PeerRejected { detail: detail.to_owned() }
}

/// The digests of a day in the hub's book, of the settlements in which a province has a part.
pub async fn find_digests(hub: &Hub, from: Participant, find: &FindDigests) -> Outcome<Answer> {
    let province = province(from)?;
    let mut conn = hub.context.store.conn().await?;
    let found = days::digests(&mut conn, Book::at_hub(find.part), province, find.day).await?;
    let digests = found.into_iter().map(|(bucket, digest)| BucketDigest { bucket, digest }).collect();
    Ok(Answer::Digests(FoundDigests { digests }))
}

/// A page of the lines of some buckets.
pub async fn find_book_lines(hub: &Hub, from: Participant, find: &FindBookLines) -> Outcome<Answer> {
    let province = province(from)?;
    if find.buckets.len() > BUCKETS_MAX {
        return Err(rejected("一次查询的分组过多").into());
    }
    let mut conn = hub.context.store.conn().await?;
    let (book, of) = (Book::at_hub(find.part), (province, find.day));
    let found = days::lines(&mut conn, book, of, &find.buckets, find.after, LINES).await?;
    let more = i64::try_from(found.len()).is_ok_and(|count| count == LINES);
    let line = |held: books::Held| PairLine { counterpart: held.counterpart, line: held.line };
    Ok(Answer::BookLines(FoundBookLines { lines: found.into_iter().map(line).collect(), more }))
}

/// The settlements of a treatment province on which insured places differ, as they reported.
pub async fn find_open_differences(
    hub: &Hub,
    from: Participant,
    find: &FindOpenDifferences,
) -> Outcome<Answer> {
    let province = province(from)?;
    let mut conn = hub.context.store.conn().await?;
    let settlements =
        difference::reported_of_treatment(&mut conn, province, find.after, OPEN_DIFFERENCES).await?;
    let more = i64::try_from(settlements.len()).is_ok_and(|count| count == OPEN_DIFFERENCES);
    Ok(Answer::OpenDifferences(FoundOpenDifferences { settlements, more }))
}

/// Keeps what a province reports of a day.
pub async fn take_report(hub: &Hub, from: Participant, report: &ReportReconciliation) -> Outcome<Answer> {
    let province = province(from)?;
    check(report)?;
    let now = hub.context.now();
    let mut work = hub.context.store.begin().await?;
    let known = difference::hold_day(&mut work, province, report.day, report.part).await?;
    for one in &report.differences {
        let before = known.iter().find(|before| before.settlement == one.settlement).cloned();
        let after = kept(province, report, one, before, now);
        difference::put(&mut work, &after).await?;
    }
    if report.last {
        let reconciled = Reconciled {
            province,
            day: report.day,
            part: report.part,
            standing: report.standing,
            total: report.total,
            differing: report.differing,
            under_way: report.under_way,
            ran_at: report.ran_at,
            ran_by: report.ran_by.clone(),
            reported_at: Some(now),
        };
        days::put(&mut work, &reconciled).await?;
    }
    work.save().await?;
    Ok(Answer::Taken)
}

fn check(report: &ReportReconciliation) -> Result<(), Refusal> {
    let counts = [report.standing, report.differing, report.under_way];
    if counts.iter().any(|count| *count < 0) || report.ran_by.chars().count() > NAME_MAX {
        return Err(rejected("对账结果不合规"));
    }
    if report.differences.len() > REPORTED {
        return Err(rejected("一次上报的差异过多"));
    }
    let is_sound = |one: &ReportedDifference| {
        let short =
            |note: &Note| note.text.chars().count() <= NOTE_MAX && note.by.chars().count() <= NAME_MAX;
        one.settlement.given_at().day() == report.day
            && one.kinds.len() <= KINDS_MAX
            && one.notes.len() <= NOTES_MAX + 10
            && one.notes.iter().all(short)
    };
    if report.differences.iter().all(is_sound) { Ok(()) } else { Err(rejected("对账差异不合规")) }
}

/// A difference as the hub keeps it after a province's report: people's words at the hub stay until the books differ otherwise.
fn kept(
    province: Province,
    report: &ReportReconciliation,
    one: &ReportedDifference,
    before: Option<Difference>,
    now: terms::Moment,
) -> Difference {
    let what = books::words(&one.kinds);
    let owner = before
        .as_ref()
        .filter(|before| before.kinds == one.kinds)
        .map_or((one.owner, one.agency), |before| (before.owner, before.agency));
    let mut matter = match before {
        None => Matter { notes: Vec::new(), ..Matter::found(&what, now) },
        Some(before) if one.stage.is_open() => {
            let is_same = before.kinds == one.kinds;
            before.matter.found_again(is_same, &what, now)
        }
        Some(before) => before.matter,
    };
    let last = one.notes.last().cloned();
    match one.stage {
        Stage::Open => {
            // Somebody there wants it looked into anew.
            if let Some(note) = last.filter(|note| note.by != SYSTEM && !matter.notes.contains(note)) {
                matter = matter.clone().decided(one.settlement, Move::Reopen, note).unwrap_or(matter);
            }
        }
        Stage::Mending => matter = Matter { notes: matter.notes.clone(), ..matter.sent_again("", now) },
        Stage::Mended => matter = Matter { notes: matter.notes.clone(), ..matter.agreed(now) },
        Stage::Explained | Stage::Confirmed => {
            let step = if one.stage == Stage::Explained { Move::Explain } else { Move::Confirm };
            if let Some(note) = last.filter(|note| !matter.notes.contains(note)) {
                // What does not stand where that can be decided was decided here before.
                matter = matter.clone().decided(one.settlement, step, note).unwrap_or(matter);
            }
        }
    }
    for note in &one.notes {
        matter = matter.with_note(note.clone());
    }
    Difference {
        province,
        part: report.part,
        settlement: one.settlement,
        counterpart: one.counterpart,
        // Whose it is within a province, the province knows.
        area: None,
        owner: owner.0,
        agency: owner.1,
        kinds: one.kinds.clone(),
        cause: one.cause,
        matter,
    }
}

/// What somebody at the hub decides about a difference.
pub async fn decide_here(
    hub: &Hub,
    settlement: SettlementId,
    decision: &Decision<'_>,
) -> Outcome<Vec<Difference>> {
    let mut work = hub.context.store.begin().await?;
    let found = difference::hold(&mut work, settlement).await?;
    let decided = decide(found, settlement, decision, hub.context.now())?;
    for one in &decided {
        difference::put(&mut work, one).await?;
    }
    decision.enter(&hub.context, &mut work, settlement).await?;
    work.save().await?;
    Ok(decided)
}
