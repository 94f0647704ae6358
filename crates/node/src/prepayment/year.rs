//! The yearly setting of prepayments (年度预付金额度) at the hub: drafted from last year's payments as often as one likes, with
//! amounts that a person sets, adopted once by a person; the adoption issues the notices.

use super::{MACHINE, refused, rules_on};
use crate::{
    access::Author,
    context::{Failure, Outcome},
    hub::Hub,
};
use casework::{
    emergency_increase::check_reason,
    prepayment_year::{Done, Stage, Year},
};
use funds::{
    prepayment::{self, Line, Of, SetAmount, YearTimetable},
    rule::{RuleBook, Rules},
};
use std::collections::BTreeMap;
use store::{Work, notice, notice::Issued, prepayment as register};
use terms::{Day, Fen, Participant, Refusal, WorkingDays};
use wire::api::prepayment::{PrepaymentYearView, PrepaymentYears, RuleView};

/// The rules by which a year is set: those of its first day, or of today if it has begun.
fn rules_of(year: i16, today: Day) -> Outcome<Rules> {
    rules_on(day_of(year, today)?)
}

fn day_of(year: i16, today: Day) -> Outcome<Day> {
    let first = Day::new(year, 1, 1).filter(|_| (2000..=9000).contains(&year));
    let first = first.ok_or_else(|| Refusal::invalid("year", "四位数字的年度"))?;
    Ok(first.max(today))
}

/// Drafts the amounts of a year, again and again. Amounts that a person set stay set.
pub async fn draft(hub: &Hub, year: i16, (by, author): (&str, &Author)) -> Outcome<()> {
    let context = &hub.context;
    let (now, today) = (context.now(), context.now().day());
    let rules = rules_of(year, today)?;
    let done = Done { at: now, by: by.to_owned() };
    let mut work = context.store.begin().await?;
    register::hold(&mut work).await?;
    let known = register::year(work.conn(), year).await?;
    let drafted = Year::draft(known.as_ref(), year, today, done)?;
    let paid = register::paid_in_months(&mut work, year - 1).await?;
    let in_force = register::in_force(work.conn()).await?;
    let set = amounts_set(&register::lines(work.conn(), year).await?);
    let lines = prepayment::drafted(year, &paid, &in_force, &set, &rules);
    register::replace_lines(&mut work, year, &lines).await?;
    register::put_year(&mut work, &drafted).await?;
    author.enters(context, &mut work, &subject(year)).await?;
    work.save().await?;
    tracing::info!(year, round = drafted.round, lines = lines.len(), "prepayments were drafted");
    Ok(())
}

fn amounts_set(lines: &[Line]) -> BTreeMap<Of, SetAmount> {
    lines.iter().filter_map(|line| Some(((line.pair, line.scheme), line.set.clone()?))).collect()
}

/// Drafts in January, from the day on that the rules name, unless it is drafted already.
pub async fn draft_when_due(hub: &Hub) -> Outcome<()> {
    let today = hub.context.now().day();
    let rules = rules_on(today)?;
    let timetable = YearTimetable::of(today.year(), &rules, WorkingDays::published());
    if today < timetable.drafted_from || today > timetable.completed_by {
        return Ok(());
    }
    let known = register::year(&mut *hub.context.store.conn().await?, today.year()).await?;
    // A preview from before the year began has not seen all of last year's payments.
    if known
        .is_some_and(|known| known.stage == Stage::Adopted || known.drafted.at.day().year() == today.year())
    {
        return Ok(());
    }
    draft(hub, today.year(), (MACHINE, &Author::NOBODY)).await
}

/// A person sets an amount, of a pair without a history as well; none takes the setting back.
pub async fn set(
    hub: &Hub,
    year: i16,
    of: Of,
    (amount, reason): (Option<Fen>, &str),
    (by, author): (&str, &Author),
) -> Outcome<()> {
    let now = hub.context.now();
    let (pair, scheme) = of;
    if pair.insured == pair.treatment {
        return Err(refused("参保省与就医省相同，请核对"));
    }
    check_reason(reason)?;
    for province in [pair.insured, pair.treatment] {
        if hub.participant(Participant::Province(province)).await?.is_none() {
            return Err(Refusal::NotAParticipant { participant: province.to_string() }.into());
        }
    }
    let rules = rules_of(year, now.day())?;
    let mut work = hub.context.store.begin().await?;
    register::hold(&mut work).await?;
    let known = register::year(work.conn(), year).await?;
    let next = Year::set(known.as_ref(), year, Done { at: now, by: by.to_owned() })?;
    let mut lines = register::lines(work.conn(), year).await?;
    let set = amount.map(|amount| SetAmount {
        amount,
        reason: reason.trim().to_owned(),
        by: by.to_owned(),
        at: now,
    });
    if let Some(line) = lines.iter_mut().find(|line| (line.pair, line.scheme) == of) {
        line.set = set;
    } else {
        let (base, computed) = (prepayment::draft(year, &BTreeMap::new(), &rules).base, Fen::ZERO);
        lines.push(Line { pair, scheme, base, computed, set, before: Fen::ZERO });
    }
    register::replace_lines(&mut work, year, &lines).await?;
    register::put_year(&mut work, &next).await?;
    author.enters(&hub.context, &mut work, &subject(year)).await?;
    Ok(work.save().await?)
}

/// What four eyes know a year by.
pub fn subject(year: i16) -> String {
    format!("prepayment:{year}")
}

/// A person adopts the draft that they have seen: the amounts are in force, and the notices of the differences are issued.
pub async fn adopt(hub: &Hub, year: i16, round: u32, by: &str) -> Outcome<()> {
    let (now, today) = (hub.context.now(), hub.context.now().day());
    let done = Done { at: now, by: by.to_owned() };
    let mut work = hub.context.store.begin().await?;
    register::hold(&mut work).await?;
    let known = register::year(work.conn(), year).await?;
    let adopted = Year::adopt(known.as_ref(), (year, round), today, done)?;
    if known.as_ref() == Some(&adopted) {
        return Ok(());
    }
    let lines = register::lines(work.conn(), year).await?;
    check_before(&mut work, &lines).await?;
    let (changes, notices) = prepayment::adopt(year, &lines, by, now);
    register::add_changes(&mut work, &changes, &year.to_string(), (by, now)).await?;
    register::put_year(&mut work, &adopted).await?;
    for notice in &notices {
        issue(&mut work, notice).await?;
    }
    work.save().await?;
    tracing::info!(year, notices = notices.len(), "prepayments were adopted");
    Ok(())
}

/// Issues a notice that this hub has not issued otherwise.
pub(super) async fn issue(work: &mut Work, one: &funds::notice::Notice) -> Outcome<()> {
    match notice::issue(work, one).await? {
        Issued::Created | Issued::Exists => Ok(()),
        Issued::ExistsWithOtherContent => {
            Err(refused(format!("通知书[{}]已签发且内容不同，请联系平台运维", one.number)))
        }
    }
}

/// What is in force may have changed since the draft, by an emergency increase: then nobody has seen these figures.
async fn check_before(work: &mut Work, lines: &[Line]) -> Outcome<()> {
    let in_force = register::in_force(work.conn()).await?;
    let before = |line: &Line| in_force.get(&(line.pair, line.scheme)).copied().unwrap_or_default();
    let seen = |of: &Of| lines.iter().any(|line| (line.pair, line.scheme) == *of);
    let same = lines.iter().all(|line| before(line) == line.before)
        && in_force.iter().all(|(of, amount)| amount.is_zero() || seen(of));
    if same {
        return Ok(());
    }
    Err(refused("草案生成后预付金额度有过调增，请重新测算并查看后再核定"))
}

/// The setting of a year, with its lines.
pub async fn find(hub: &Hub, year: i16) -> Outcome<PrepaymentYearView> {
    let mut conn = hub.context.store.conn().await?;
    let found = register::year(&mut conn, year).await?;
    let found = found.ok_or_else(|| refused(format!("{year}年度尚未测算，请先生成草案")))?;
    let lines = register::lines(&mut conn, year).await?;
    view(hub, &found, &lines)
}

/// The settings of all years, without their lines.
pub async fn list(hub: &Hub) -> Outcome<PrepaymentYears> {
    let mut conn = hub.context.store.conn().await?;
    let years = register::years(&mut conn).await?;
    let years = years.iter().map(|year| view(hub, year, &[])).collect::<Outcome<_>>()?;
    Ok(PrepaymentYears { years })
}

fn view(hub: &Hub, year: &Year, lines: &[Line]) -> Outcome<PrepaymentYearView> {
    let adopted = year.adopted.as_ref().map(|done| done.at.day());
    let day = day_of(year.year, adopted.unwrap_or_else(|| hub.context.now().day()))?;
    let rules = rules_on(day)?;
    let shown = ["prepayment.months", "prepayment.base"].into_iter().filter_map(|key| {
        let version = RuleBook::national().version(key, day)?;
        Some(RuleView::of(key, version))
    });
    let timetable = YearTimetable::of(year.year, &rules, WorkingDays::published());
    Ok(PrepaymentYearView::of(year, timetable, shown.collect(), lines))
}

/// The changes of one prepayment.
pub async fn changes(hub: &Hub, of: Of) -> Outcome<Vec<register::KeptChange>> {
    let mut conn = hub.context.store.conn().await?;
    Ok::<_, Failure>(register::changes(&mut conn, of).await?)
}
