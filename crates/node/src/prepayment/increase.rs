//! Emergency increases (紧急调增): the treatment province applies while the light is red; the hub decides; both provinces pull what
//! became of it.
//!
//! The application is written down here before the hub is told, and told again until it has answered. What the hub has is
//! what counts. Taken back before the hub has decided, an application is told again as taken back; what the hub decided before it
//! heard of that stands.

use super::{refused, rules_on, year::issue};
use crate::{
    context::{Failure, Outcome},
    hub::Hub,
    peer::ask::NoAnswer,
    prepayment::position,
    province::ProvinceNode,
};
use casework::emergency_increase::{self, Accepted, Application, Increase, Known, Stage, StageName, Within};
use funds::{
    Pair,
    prepayment::{self, Light, Of},
    rule::Rules,
};
use store::{
    emergency_increase::{self as register, Kept},
    prepayment as prepayments,
};
use terms::{Day, Fen, InsuranceScheme, Moment, Participant, Province, Refusal, WorkingDays};
use wire::peer::v1::{Answer, ChangedIncrease, FindIncreases, FoundIncreases, Question};

/// The most applications in one answer.
const PAGE: i64 = 100;
/// Changes of the last ten minutes are pulled again: one that was written down late is not missed.
const OVERLAP_MILLIS: i64 = 600_000;
/// The most applications in one list for people.
const LIST: i64 = 500;

const fn within(rules: &Rules) -> Within {
    Within { apply: rules.increase_working_days, decide: rules.increase_decided_working_days }
}

fn unknown(id: &str) -> Failure {
    let shown = id.chars().filter(|one| one.is_ascii_alphanumeric() || *one == '-').take(40).collect();
    Refusal::UnknownIncrease { case: shown }.into()
}

// ---------------------------------------------------------------- the treatment province

/// What a clerk of the treatment province applies for.
#[derive(Clone, Debug)]
pub struct NewIncrease {
    /// Who is to pay.
    pub insured: Province,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// How much more.
    pub asked: Fen,
    /// Why.
    pub reason: String,
    /// 当期清算签章确认日期.
    pub signed_on: Day,
}

/// Applies, once after a signing as long as it was not refused or taken back, and tells the hub.
pub async fn apply(node: &ProvinceNode, new: NewIncrease, by: &str) -> Outcome<Kept> {
    let now = node.context.now();
    let rules = rules_on(now.day())?;
    let positions = position::compute(node).await?;
    let of: Of = (Pair { insured: new.insured, treatment: node.province }, new.scheme);
    let mut work = node.context.store.begin().await?;
    register::hold(&mut work).await?;
    let earlier =
        register::after_signing(work.conn(), (new.insured, node.province, new.scheme), new.signed_on).await?;
    let is_over =
        |kept: &&Kept| matches!(kept.increase.stage, Stage::Refused { .. } | Stage::Withdrawn { .. });
    if let Some(open) = earlier.iter().find(|kept| !is_over(kept)) {
        return Ok(open.clone());
    }
    let position = positions.get(&of);
    let usage = position.map(|position| position.by(rules.prepayment_usage));
    let known = Known {
        used: usage.map_or(Fen::ZERO, |usage| usage.used),
        prepayment: usage.map_or(Fen::ZERO, |usage| usage.prepayment),
        is_red: position.is_some_and(|position| position.light(&rules) == Light::Red),
        refused_before: u8::try_from(earlier.len()).unwrap_or(u8::MAX),
    };
    let application = Application {
        insured: new.insured,
        treatment: node.province,
        scheme: new.scheme,
        asked: new.asked,
        reason: new.reason,
        signed_on: new.signed_on,
        by: by.to_owned(),
    };
    let increase =
        emergency_increase::apply(application, known, within(&rules), WorkingDays::published(), now)?;
    let id = increase.id();
    register::put(&mut work, &Kept { increase, told: false, changed_at: now }).await?;
    work.save().await?;
    tell(node).await?;
    let kept = register::find(&mut *node.context.store.conn().await?, &id).await?;
    kept.ok_or_else(|| unknown(&id))
}

/// Takes an application back that the hub has not decided, and tells the hub.
pub async fn withdraw(node: &ProvinceNode, id: &str, reason: &str, by: &str) -> Outcome<Kept> {
    let mut work = node.context.store.begin().await?;
    register::hold(&mut work).await?;
    let known = register::find(work.conn(), id).await?;
    let known = known.filter(|kept| kept.increase.treatment == node.province);
    let known = known.ok_or_else(|| unknown(id))?;
    let increase = known.increase.clone().withdraw(reason, by, node.context.now())?;
    if increase == known.increase {
        return Ok(known);
    }
    register::put(&mut work, &Kept { increase, told: false, changed_at: known.changed_at }).await?;
    work.save().await?;
    tell(node).await?;
    let kept = register::find(&mut *node.context.store.conn().await?, id).await?;
    let kept = kept.ok_or_else(|| unknown(id))?;
    // The hub had decided, and this province had not heard: then that stands, and the clerk is told so.
    Ok(Kept { increase: kept.increase.withdraw(reason, by, node.context.now())?, ..kept })
}

/// Tells the hub of what it has not answered for.
pub async fn tell(node: &ProvinceNode) -> Outcome<()> {
    let waiting = register::untold(&mut *node.context.store.conn().await?, node.province).await?;
    for kept in waiting {
        tell_one(node, kept).await?;
    }
    Ok(())
}

async fn tell_one(node: &ProvinceNode, kept: Kept) -> Outcome<()> {
    let question = Question::ApplyIncrease(Box::new(kept.increase.clone()));
    let now = node.context.now();
    let answered = match node.ask(&question).await {
        Ok(Answer::Increase(answered)) if answered.is_same(&kept.increase) => *answered,
        // What was taken back and the hub does not want is taken back.
        Err(NoAnswer::Refused(_)) if is_withdrawn(&kept.increase) => kept.increase.clone(),
        // The hub decided against it without a person: what it says is the reason.
        Err(NoAnswer::Refused(refusal)) => {
            let words: String = refusal.message().chars().take(emergency_increase::REASON_MAX).collect();
            kept.increase.clone().refuse(&words, super::MACHINE, now)?
        }
        Ok(_) => {
            tracing::warn!(id = kept.increase.id(), "an answer to another question");
            return Ok(());
        }
        Err(not_now) => {
            tracing::info!(id = kept.increase.id(), refusal = %not_now.refusal(), "the hub is told later");
            return Ok(());
        }
    };
    let mut work = node.context.store.begin().await?;
    register::hold(&mut work).await?;
    // A pull may have been quicker, and has the hub's own time; or it was taken back while the hub was asked.
    let known = register::find(work.conn(), &kept.increase.id()).await?;
    if known.is_some_and(|known| !known.told && known.increase.stage == kept.increase.stage) {
        register::put(&mut work, &Kept { increase: answered, told: true, changed_at: kept.changed_at })
            .await?;
    }
    Ok(work.save().await?)
}

fn is_withdrawn(increase: &Increase) -> bool {
    increase.stage.name() == StageName::Withdrawn
}

/// Pulls what has become of the applications that concern this province, as its own or as the one that is to pay.
pub async fn pull(node: &ProvinceNode) -> Outcome<()> {
    let last = register::last_change(&mut *node.context.store.conn().await?).await?;
    let first = Moment::from_millis(0).expect("a moment");
    let mut since = last.map_or(first, |last| last.plus_millis(-OVERLAP_MILLIS));
    loop {
        let question = Question::FindIncreases(FindIncreases { since });
        let found = match node.ask(&question).await {
            Ok(Answer::Increases(found)) => found.increases,
            Ok(_) => return Err(other_answer()),
            Err(no_answer) => return Err(Failure::Trouble(no_answer.refusal())),
        };
        let count = found.len();
        let last = found.last().map(|changed| changed.changed_at);
        take(node, found).await?;
        match last {
            Some(last) if i64::try_from(count).is_ok_and(|count| count >= PAGE) && last > since => {
                since = last;
            }
            _ => return Ok(()),
        }
    }
}

fn other_answer() -> Failure {
    Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })
}

async fn take(node: &ProvinceNode, found: Vec<ChangedIncrease>) -> Outcome<()> {
    let concerns =
        |one: &Increase| [one.insured, one.treatment].contains(&node.province) && one.is_in_order();
    let mut work = node.context.store.begin().await?;
    register::hold(&mut work).await?;
    for ChangedIncrease { increase, changed_at } in found {
        let known = register::find(work.conn(), &increase.id()).await?;
        // Taken back here, and the hub has not heard of it yet.
        let is_older = increase.stage == Stage::Applied
            && known.is_some_and(|known| !known.told && is_withdrawn(&known.increase));
        if concerns(&increase) && !is_older {
            register::put(&mut work, &Kept { increase, told: true, changed_at }).await?;
        }
    }
    Ok(work.save().await?)
}

/// The applications that a node knows, the last change first.
pub async fn list(store: &store::Store, at: Option<StageName>) -> Outcome<Vec<Kept>> {
    Ok(register::list(&mut *store.conn().await?, at, LIST).await?)
}

// ---------------------------------------------------------------- the hub

/// Takes an application, or that it was taken back; one that is there already is answered as it stands. One that was taken back
/// before it came is kept as taken back, whichever of the two messages comes first.
pub async fn receive(hub: &Hub, from: Participant, increase: &Increase) -> Outcome<Answer> {
    if from != Participant::Province(increase.treatment) {
        return Err(not_in_order("发送方不是申请省"));
    }
    let is_withdrawn = is_withdrawn(increase);
    if !increase.is_in_order() || !(is_withdrawn || increase.stage == Stage::Applied) {
        return Err(not_in_order("紧急调增申请不合规"));
    }
    if hub.participant(Participant::Province(increase.insured)).await?.is_none() {
        return Err(Refusal::NotAParticipant { participant: increase.insured.to_string() }.into());
    }
    let now = hub.context.now();
    let mut work = hub.context.store.begin().await?;
    register::hold(&mut work).await?;
    match register::find(work.conn(), &increase.id()).await? {
        Some(known) if known.increase.is_same(increase) => {
            if is_withdrawn && known.increase.stage == Stage::Applied {
                let stage = increase.stage.clone();
                let withdrawn = Increase { stage, ..known.increase };
                register::put(&mut work, &Kept { increase: withdrawn.clone(), told: true, changed_at: now })
                    .await?;
                work.save().await?;
                return Ok(Answer::Increase(Box::new(withdrawn)));
            }
            return Ok(Answer::Increase(Box::new(known.increase)));
        }
        Some(_) => return Err(refused("同一编号的紧急调增申请已登记且内容不同，请重新申请")),
        None => {}
    }
    let rules = rules_on(now.day())?;
    // The hub's time to decide begins when it hears of it.
    let decide_by = WorkingDays::published().due(now.day(), rules.increase_decided_working_days).day;
    let increase = Increase { decide_by, ..increase.clone() };
    register::put(&mut work, &Kept { increase: increase.clone(), told: true, changed_at: now }).await?;
    work.save().await?;
    Ok(Answer::Increase(Box::new(increase)))
}

fn not_in_order(detail: &str) -> Failure {
    Failure::Trouble(Refusal::PeerRejected { detail: detail.to_owned() })
}

/// The applications that concern a province and have changed.
pub async fn find(hub: &Hub, from: Participant, find: &FindIncreases) -> Outcome<Answer> {
    let Participant::Province(province) = from else { return Err(not_in_order("发送方不是省")) };
    let mut conn = hub.context.store.conn().await?;
    let found = register::changed_since(&mut conn, find.since, Some(province), PAGE).await?;
    let changed = |kept: Kept| ChangedIncrease { increase: kept.increase, changed_at: kept.changed_at };
    Ok(Answer::Increases(FoundIncreases { increases: found.into_iter().map(changed).collect() }))
}

/// A person at the hub accepts, with an amount or as it was asked for: the amount in force rises, and the notice is issued.
pub async fn accept(hub: &Hub, id: &str, (amount, reason): (Option<Fen>, &str), by: &str) -> Outcome<Kept> {
    let now = hub.context.now();
    let mut work = hub.context.store.begin().await?;
    prepayments::hold(&mut work).await?;
    register::hold(&mut work).await?;
    let known = register::find(work.conn(), id).await?.ok_or_else(|| unknown(id))?;
    let one = &known.increase;
    let of: Of = (Pair { insured: one.insured, treatment: one.treatment }, one.scheme);
    let more = amount.unwrap_or(one.asked);
    let before = prepayments::in_force(work.conn()).await?.get(&of).copied().unwrap_or_default();
    let (change, notice) = prepayment::increase(of, &one.case, (before, more), by, now);
    let accepted = Accepted {
        amount: more,
        at: now,
        by: by.to_owned(),
        reason: reason.trim().to_owned(),
        notice: notice.number.to_string(),
    };
    let increase = one.clone().accept(accepted)?;
    if increase == *one {
        return Ok(known);
    }
    let kept = Kept { increase, told: true, changed_at: now };
    register::put(&mut work, &kept).await?;
    prepayments::add_changes(&mut work, &[change], id, (by, now)).await?;
    issue(&mut work, &notice).await?;
    work.save().await?;
    Ok(kept)
}

/// A person at the hub refuses, with a reason.
pub async fn refuse(hub: &Hub, id: &str, reason: &str, by: &str) -> Outcome<Kept> {
    let now = hub.context.now();
    let mut work = hub.context.store.begin().await?;
    register::hold(&mut work).await?;
    let known = register::find(work.conn(), id).await?.ok_or_else(|| unknown(id))?;
    let increase = known.increase.clone().refuse(reason, by, now)?;
    if increase == known.increase {
        return Ok(known);
    }
    let kept = Kept { increase, told: true, changed_at: now };
    register::put(&mut work, &kept).await?;
    work.save().await?;
    Ok(kept)
}

/// Notes which accepted increases both sides agree were paid.
pub async fn note_paid(hub: &Hub) -> Outcome<()> {
    let now = hub.context.now();
    for kept in list(&hub.context.store, Some(StageName::Accepted)).await? {
        let Stage::Accepted(accepted) = &kept.increase.stage else { continue };
        let mut work = hub.context.store.begin().await?;
        register::hold(&mut work).await?;
        let paid = prepayments::agreed(work.conn(), &accepted.notice, kept.increase.scheme).await?;
        if paid >= accepted.amount {
            let increase = kept.increase.clone().pay(now)?;
            register::put(&mut work, &Kept { increase, told: true, changed_at: now }).await?;
            work.save().await?;
        }
    }
    Ok(())
}
