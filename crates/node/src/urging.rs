//! Urging (催缴) at the hub, and suspension (暂停跨省直接结算) of provinces that do not pay, with its lifting.
//!
//! The machine says what is overdue and which letter is due. Clerks issue letters and decide on suspensions, which take effect on
//! the next message: the register of participants and the record of the decision change in one unit of work.

use crate::{
    context::{Failure, Outcome},
    hub::{Hub, set_suspended},
    payment_order::rules_on,
};
use funds::{
    payment_order::OrderNumber,
    urging::{Letter, Lifted, Overdue, Suspension, may_suspend, overdue},
};
use store::{
    Work,
    figures::waiting::{self, Differing},
    notice, urging,
};
use terms::{Day, Moment, Participant, Province, Refusal, WorkingDays};

/// An overdue payment with the letters that went out.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The payment.
    pub overdue: Overdue,
    /// First to last.
    pub letters: Vec<Letter>,
    /// The letter that is due.
    pub letter_due: Option<u8>,
}

/// Shows what is overdue, in the log: what people do about it they decide.
pub async fn tick(hub: &Hub) -> Outcome<()> {
    let all = standing(hub).await?;
    if !all.is_empty() {
        let letters = all.iter().filter(|one| one.letter_due.is_some()).count();
        tracing::warn!(overdue = all.len(), letters, "payments are overdue");
    }
    Ok(())
}

/// What is overdue, the longest first.
pub async fn standing(hub: &Hub) -> Outcome<Vec<Standing>> {
    let today = hub.context.now().day();
    let rules = rules_on(today);
    let mut conn = hub.context.store.conn().await?;
    let mut all = Vec::new();
    for (found, reports) in notice::open(&mut conn).await? {
        for one in overdue(&found, &reports, today, &rules, WorkingDays::published()) {
            let letters = urging::letters_of(&mut conn, Participant::Hub, &one.number).await?;
            let letter_due = one.letter_due(issued(&letters), &rules);
            all.push(Standing { overdue: one, letters, letter_due });
        }
    }
    all.sort_by(|one, other| {
        (-one.overdue.days, &one.overdue.number).cmp(&(-other.overdue.days, &other.overdue.number))
    });
    Ok(all)
}

/// Transfers of which payer and payee say different things, with the day by which the side that is behind should have written back; what
/// was said longest ago first.
pub async fn differing(hub: &Hub) -> Outcome<Vec<(Differing, Day)>> {
    let found = waiting::differing(&mut *hub.context.store.conn().await?).await?;
    let within = rules_on(hub.context.now().day()).write_back_working_days;
    let due = |one: &Differing| {
        let moved = one.moved_on.unwrap_or(one.changed_at.day());
        WorkingDays::published().due(moved, within).day
    };
    Ok(found.into_iter().map(|one| (one.clone(), due(&one))).collect())
}

fn issued(letters: &[Letter]) -> u8 {
    letters.iter().map(|letter| letter.letter).max().unwrap_or_default()
}

fn wrong(reason: impl Into<String>) -> Failure {
    Refusal::UrgingRule { reason: reason.into() }.into()
}

/// Issues the letter that is due about an order.
pub async fn issue_letter(hub: &Hub, number: &OrderNumber, by: &str) -> Outcome<Letter> {
    let now = hub.context.now();
    let all = standing(hub).await?;
    let found = all.into_iter().find(|one| one.overdue.number == *number);
    let found = found.ok_or_else(|| wrong(format!("划拨单[{number}]没有逾期未划拨的资金")))?;
    let Some(due) = found.letter_due else {
        let (sent, days) = (issued(&found.letters), found.overdue.days);
        return Err(wrong(format!(
            "已发出{sent}次催缴函，逾期{days}个工作日，尚未到下一次催缴的时间或已发满"
        )));
    };
    let Overdue { number, payer, payee, rest, due: due_day, days } = found.overdue;
    let letter = Letter {
        number,
        letter: due,
        payer,
        payee,
        rest,
        due: due_day.day,
        days,
        issued_on: now.day(),
        issued_at: now,
        by: by.to_owned(),
    };
    let mut work = hub.context.store.begin().await?;
    if urging::put_letter(&mut work, Participant::Hub, &letter).await? {
        work.save().await?;
        return Ok(letter);
    }
    // Another clerk was first: it is that one's letter.
    let letters = urging::letters_of(work.conn(), Participant::Hub, &letter.number).await?;
    Ok(letters.into_iter().find(|one| one.letter == due).expect("it was in the way"))
}

/// A decision of people: why, and by which document (文号).
#[derive(Clone, Debug)]
pub struct Decision {
    /// Why, as hospitals are told.
    pub reason: String,
    /// 文号.
    pub document: String,
    /// The clerk.
    pub by: String,
}

/// Suspends a province for what it has not paid. The same decision again is the same suspension.
pub async fn suspend(hub: &Hub, province: Province, decided: Decision) -> Outcome<Suspension> {
    let suspended = enter_suspension(hub, province, decided).await;
    // Also after trouble: it may have come after the commit.
    hub.forget_participant(Participant::Province(province));
    suspended
}

async fn enter_suspension(hub: &Hub, province: Province, decided: Decision) -> Outcome<Suspension> {
    let now = hub.context.now();
    let unpaid: Vec<(Overdue, u8)> = standing(hub)
        .await?
        .into_iter()
        .filter(|one| one.overdue.payer == province)
        .map(|one| (one.overdue, issued(&one.letters)))
        .collect();
    let mut work = hub.context.store.begin().await?;
    if let Some(open) = urging::hold_open(&mut work, province).await? {
        let is_same = open.decision == decided.document;
        return if is_same { Ok(open) } else { Err(wrong(format!("该省已由[{}]暂停", open.decision))) };
    }
    may_suspend(&unpaid, &rules_on(now.day())).map_err(|why| wrong(why.0))?;
    let suspension = Suspension {
        province,
        orders: unpaid.into_iter().map(|(one, _)| one.number).collect(),
        reason: decided.reason,
        decision: decided.document,
        on: now.day(),
        at: now,
        by: decided.by,
        lifted: None,
    };
    let told = format!("{}，{}", suspension.reason, suspension.decision);
    set(&mut work, province, Some(told), now).await?;
    urging::add_suspension(&mut work, &suspension, now).await?;
    work.save().await?;
    Ok(suspension)
}

/// Lifts the suspension of a province. The same decision again is the same lifting.
pub async fn lift(hub: &Hub, province: Province, decided: Decision) -> Outcome<Suspension> {
    let lifted = enter_lifting(hub, province, decided).await;
    hub.forget_participant(Participant::Province(province));
    lifted
}

async fn enter_lifting(hub: &Hub, province: Province, decided: Decision) -> Outcome<Suspension> {
    let now = hub.context.now();
    let mut work = hub.context.store.begin().await?;
    let Some(open) = urging::hold_open(&mut work, province).await? else {
        let last = urging::suspensions(work.conn(), Some(province), 1).await?.into_iter().next();
        let is_same =
            |one: &Suspension| one.lifted.as_ref().is_some_and(|lifted| lifted.decision == decided.document);
        return last.filter(is_same).ok_or_else(|| wrong("该省没有因未划拨而暂停"));
    };
    let Decision { reason, document: decision, by } = decided;
    let lifted = Suspension { lifted: Some(Lifted { reason, decision, on: now.day(), at: now, by }), ..open };
    set(&mut work, province, None, now).await?;
    urging::set_lifted(&mut work, &lifted, now).await?;
    work.save().await?;
    Ok(lifted)
}

/// The register of participants says so from this unit of work on.
async fn set(work: &mut Work, province: Province, reason: Option<String>, now: Moment) -> Outcome<()> {
    let participant = Participant::Province(province);
    if set_suspended(work, participant, reason, now).await? {
        return Ok(());
    }
    Err(Refusal::NotAParticipant { participant: participant.to_string() }.into())
}

/// Whether a province is suspended for what it has not paid: then only a decision lifts it.
pub async fn is_suspended(hub: &Hub, province: Province) -> Outcome<bool> {
    let mut work = hub.context.store.begin().await?;
    Ok(urging::hold_open(&mut work, province).await?.is_some())
}

/// All suspensions of a province, or of all, latest first.
pub async fn suspensions(hub: &Hub, province: Option<Province>, most: i64) -> Outcome<Vec<Suspension>> {
    Ok(urging::suspensions(&mut *hub.context.store.conn().await?, province, most).await?)
}
