//! How many stays of guests are settled directly (住院直接结算率). Only the treatment place knows of those that are not: it counts what its
//! hospitals have registered of people from other provinces, by the month of the registration, and reports it to the hub.
//!
//! Settled directly is a stay whose settlement stands. Another way went a stay whose registration was taken back (2404: the person pays and
//! asks the insured place for money back, or was no guest after all) and one that is not settled [`GRACE_DAYS`] days after the discharge.
//! Stays that nobody registered as a guest's are known to no node and are in none of these figures; patients who paid for themselves
//! (4201 to 4205) are not either, since nothing says where they are insured. The national target is set for the share of costs
//! (医保发〔2022〕22号: above 70 % of cross-province inpatient costs); what costs another way paid is not known here.

use crate::{
    context::Outcome,
    hub::Hub,
    payment_order::{ask, not_its_answer},
    province::ProvinceNode,
};
use std::collections::BTreeSet;
use store::reported_stays::{self, Stays};
use terms::{Moment, Month, Province, Refusal};
use wire::peer::v1::{Answer, Question, ReportStays, StaysOf};

/// So many days after the discharge a stay that is not settled counts as gone another way. A setting of ours: most are settled the same day.
pub const GRACE_DAYS: i64 = 7;
const DAY_MILLIS: i64 = 86_400_000;
/// How many months of registrations are counted anew: a stay may be long, and an undoing late.
const MONTHS: usize = 3;
/// How often: counting reads the visits of three months.
const EVERY_MILLIS: i64 = 60 * 60_000;
/// The most stays of a province in a month that are believed.
const STAYS_MAX: u32 = 10_000_000;

/// Reports what is due.
pub async fn tick(node: &ProvinceNode) -> Outcome<()> {
    let now = node.context.now();
    if !node.stays_reported.is_due(now, EVERY_MILLIS) {
        return Ok(());
    }
    let mut month = now.day().month();
    for _ in 0..MONTHS {
        report(node, month, now).await?;
        month = month.first_day().plus_days(-1).month();
    }
    node.stays_reported.done(now);
    Ok(())
}

async fn report(node: &ProvinceNode, month: Month, now: Moment) -> Outcome<()> {
    let grace = now.plus_millis(-GRACE_DAYS * DAY_MILLIS);
    let mut conn = node.context.store.conn().await?;
    let found = reported_stays::count(&mut conn, node.province, month, grace).await?;
    drop(conn);
    let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX).min(STAYS_MAX);
    let stays_of = |one: &Stays| StaysOf {
        insured: one.insured,
        settled: number(one.settled),
        elsewhere: number(one.elsewhere),
        under_way: number(one.under_way),
    };
    let report = ReportStays { month, at: now, stays: found.iter().map(stays_of).collect() };
    match ask(node, &Question::ReportStays(Box::new(report))).await? {
        Answer::Taken => Ok(()),
        _ => Err(not_its_answer()),
    }
}

/// Keeps what a treatment province reports.
pub async fn take_report(hub: &Hub, from: Province, report: &ReportStays) -> Outcome<Answer> {
    let provinces: BTreeSet<Province> = report.stays.iter().map(|one| one.insured).collect();
    let now = hub.context.now();
    let sound = |one: &StaysOf| {
        let counts = [one.settled, one.elsewhere, one.under_way];
        one.insured != from && counts.iter().all(|count| *count <= STAYS_MAX)
    };
    // A province's clock may go before the hub's, but what is reported is of a month that has begun.
    let is_sound = provinces.len() == report.stays.len()
        && report.stays.iter().all(sound)
        && report.month <= now.day().month()
        && report.at <= now.plus_millis(DAY_MILLIS);
    if !is_sound {
        return Err(Refusal::PeerRejected { detail: "住院结算情况不合规".to_owned() }.into());
    }
    let stays = report.stays.iter().map(|one| Stays {
        insured: one.insured,
        settled: one.settled.into(),
        elsewhere: one.elsewhere.into(),
        under_way: one.under_way.into(),
    });
    let stays: Vec<Stays> = stays.collect();
    let mut work = hub.context.store.begin().await?;
    reported_stays::put(&mut work, (from, report.month), &stays, report.at).await?;
    work.save().await?;
    Ok(Answer::Taken)
}

/// When something that may be done again at any time was done last by this instance.
#[derive(Debug)]
pub(crate) struct Last(std::sync::atomic::AtomicI64);

impl Last {
    /// Never yet.
    pub const fn never() -> Self {
        Self(std::sync::atomic::AtomicI64::new(i64::MIN))
    }

    fn is_due(&self, now: Moment, every: i64) -> bool {
        let last = self.0.load(std::sync::atomic::Ordering::Relaxed);
        now.millis() >= last.saturating_add(every)
    }

    fn done(&self, now: Moment) {
        self.0.store(now.millis(), std::sync::atomic::Ordering::Relaxed);
    }
}
