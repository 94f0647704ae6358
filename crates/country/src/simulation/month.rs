//! The month ends: it is closed at the hub while guests come back to have their settlements undone, and lines are cut; then it is
//! adopted, and a month later the next one. What the plans of both come to must be what stands.

use super::{
    Blow, Simulation,
    land::{Land, Odds},
    name_of,
};
use crate::{checks::Nodes, world::Trouble};
use bytes::Bytes;
use hyper::{Request, header};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{
    clearing::{self, KeptPlan, Pace},
    hub,
};
use terms::{Day, Fen, InsuranceScheme, Month, Participant, Province};
use wire::api::OPERATOR_HEADER;

/// The token of the hub's clerks.
pub const TOKEN: &str = "simulated";
/// How long bad luck lasts this time, in milliseconds.
const LASTS: i64 = 50_000;
/// How long the hub waits until it tries once more to close what is due, in milliseconds.
const AGAIN: i64 = 2_000;

/// What a clearing adds up by: who owes whom, in which scheme, of settlements of which month.
type Slot = (Province, Province, InsuranceScheme, Month);

impl Simulation {
    /// Closes the month of the first settlements, and the one after it; what does not hold. Mostly it is the month that ends at the
    /// midnight, but it may be that nobody settles before.
    ///
    /// # Errors
    /// What made it impossible to go on.
    pub(super) async fn end_months(&self) -> Result<Vec<String>, Trouble> {
        let hub = self.land.nodes()?.hub;
        let first = clearing::first_settled(&mut *hub.context.store.conn().await?).await?;
        match first {
            Some(first) => self.end_month(first).await,
            None => Ok(Vec::new()),
        }
    }

    async fn end_month(&self, first: Month) -> Result<Vec<String>, Trouble> {
        let (land, course) = (&self.land, &self.land.course);
        course.skip_to(statement_day(first).start().plus_millis(10 * 3_600_000));
        let begun = course.millis();
        course.tell(&format!("the day of statements: {}", course.now()));
        let back = self.call_back();
        land.cloud_over(Odds::mixed(course));
        self.trouble_closing();
        let closes = course.roll(3_000..LASTS - 10_000);
        let there = Arc::clone(land);
        course.after(closes, move || close(&there, first));
        self.drive(begun + LASTS).await?;
        land.clear_up();
        course.tell("all bad luck ends");
        let mut failed = self.come_to_rest(begun + LASTS).await?;
        failed.extend(land.objections());
        if !failed.is_empty() {
            return Ok(failed);
        }
        course.tell(&format!("{back} guests came back"));
        failed.extend(self.look().await?);
        if failed.is_empty() {
            self.keep_clearing().await?;
            self.adopt(first).await?;
            course.skip_to(statement_day(first.next()).start().plus_millis(10 * 3_600_000));
            course.tell(&format!("the next day of statements: {}", course.now()));
            self.keep_clearing().await?;
            failed.extend(broken_months(&land.nodes()?, first).await?);
            let wrong = land.nodes()?.hub.disproved().await?;
            failed.extend(wrong.into_iter().map(|what| format!("[hub]核验：{what}")));
        }
        Ok(failed)
    }

    /// Has some guests come back, whose hospital takes back what stands; how many.
    fn call_back(&self) -> usize {
        let back = self.register.take_back();
        let mut number = 0;
        for one in back {
            if self.land.course.roll(0..3) == 0 {
                continue;
            }
            number += 1;
            let there = Arc::clone(&self.land);
            self.land.course.after(self.land.course.roll(1..LASTS - 15_000), move || {
                there.course.spawn(None, one.come_back());
            });
        }
        number
    }

    /// Cuts the hub or a province off for a while, and lets the hub or a province die.
    fn trouble_closing(&self) {
        let (land, course) = (&self.land, &self.land.course);
        let at = |when: i64, what: Blow| {
            let there = Arc::clone(land);
            course.after(when, move || what(&there));
        };
        let some = || {
            let all = land.participants();
            let number = i64::try_from(all.len()).expect("few nodes");
            all[usize::try_from(course.roll(0..number)).expect("not below nought")]
        };
        let (cut, from, long) = (some(), course.roll(1..LASTS / 2), course.roll(5_000..30_000));
        at(from, Box::new(move |land| land.cut_off(cut, true)));
        at((from + long).min(LASTS - 1), Box::new(move |land| land.cut_off(cut, false)));
        let (dies, when, long) = (some(), course.roll(1..LASTS - 10_000), course.roll(500..8_000));
        at(
            when,
            Box::new(move |land| {
                land.course.tell(&format!("{} is killed", land.node_name(dies)));
                land.kill(dies);
            }),
        );
        at(when + long, Box::new(move |land| land.restart(dies)));
    }

    async fn keep_clearing(&self) -> Result<(), Trouble> {
        let hub = self.land.nodes()?.hub;
        hub.keep_clearing(Pace::BESIDE).await.map_err(|failure| Trouble(failure.refusal().message()))
    }

    /// The hub's clerk plans a month once more, and adopts the plan.
    async fn adopt(&self, month: Month) -> Result<(), Trouble> {
        self.ask_hub(&format!("{}/plan", month.number()), "{}").await?;
        let hub = self.land.nodes()?.hub;
        let known = clearing::month(&mut *hub.context.store.conn().await?, month).await?;
        let revision = known.map_or(0, |known| known.revision);
        self.ask_hub(&format!("{}/adopt", month.number()), &format!("{{\"revision\":{revision}}}")).await
    }

    async fn ask_hub(&self, path: &str, body: &str) -> Result<(), Trouble> {
        let door = self.land.door(Participant::Hub).ok_or_else(|| Trouble("the hub is down".to_owned()))?;
        let request = Request::post(format!("/api/v1/funds/clearings/{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(OPERATOR_HEADER, "赵某甲".as_bytes())
            .body(Bytes::from(body.to_owned()))
            .expect("a request of known parts");
        let answer = door.answer(request).await;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(Trouble(format!("{path}: {}", String::from_utf8_lossy(answer.body()))))
    }
}

/// When the statement of a month is made.
fn statement_day(month: Month) -> Day {
    month.next().first_day().plus_days(20)
}

/// The hub closes what is due, and tries again until it has.
fn close(land: &Arc<Land>, month: Month) {
    if let Some(hub) = land.hub() {
        let there = Arc::clone(land);
        land.course.spawn(Some(Participant::Hub), async move {
            let who = name_of(Participant::Hub);
            match hub.keep_clearing(Pace::BESIDE).await {
                Ok(()) => there.course.tell(&format!("{who} closes {month}")),
                Err(why) => {
                    there.course.tell(&format!("{who} does not close {month}: {}", why.refusal()));
                    let again = Arc::clone(&there);
                    there.course.after(AGAIN, move || close(&again, month));
                }
            }
        });
    } else {
        let again = Arc::clone(land);
        land.course.after(AGAIN, move || close(&again, month));
    }
}

/// What the plans of two months come to is what stands at the hub, settlement month by settlement month: what was undone after its
/// month was closed is given back in the next, and nothing is left out.
async fn broken_months(nodes: &Nodes, first: Month) -> Result<Vec<String>, Trouble> {
    let mut conn = nodes.hub.context.store.conn().await?;
    let mut expected = BTreeMap::<Slot, Fen>::new();
    for one in hub::all(&mut conn).await?.into_iter().filter(|one| one.stage == hub::Stage::Standing) {
        let Some(content) = &one.content else { continue };
        let slot = (one.insured.province(), one.treatment, content.scheme, one.id.month());
        *expected.entry(slot).or_default() += content.amounts.fund_total + content.amounts.account;
    }
    let mut cleared = BTreeMap::<Slot, Fen>::new();
    let mut broken = Vec::new();
    for month in [first, first.next()] {
        let Some(KeptPlan { plan, .. }) = last_plan(&mut conn, month).await? else {
            broken.push(format!("{month}没有清分结果"));
            continue;
        };
        for left in &plan.left_out {
            broken.push(format!("{month}清分遗漏结算[{}]", left.line.settlement));
        }
        for (slot, share) in &plan.sums {
            let key = (slot.pair.insured, slot.pair.treatment, slot.scheme, slot.settled_month);
            *cleared.entry(key).or_default() += share.agency_pays();
        }
    }
    cleared.retain(|_, amount| !amount.is_zero());
    expected.retain(|_, amount| !amount.is_zero());
    let slots: BTreeSet<&Slot> = expected.keys().chain(cleared.keys()).collect();
    for slot in slots {
        let of = |sums: &BTreeMap<Slot, Fen>| sums.get(slot).copied().unwrap_or_default();
        let (stands, sum) = (of(&expected), of(&cleared));
        if stands != sum {
            let (insured, treatment, scheme, month) = slot;
            broken.push(format!(
                "[{insured}]付[{treatment}]{scheme}{month}的结算：清分{sum}元，有效结算{stands}元"
            ));
        }
    }
    Ok(broken)
}

async fn last_plan(conn: &mut store::Conn, month: Month) -> Result<Option<KeptPlan>, Trouble> {
    let Some(known) = clearing::month(conn, month).await? else { return Ok(None) };
    Ok(clearing::plan(conn, month, known.revision).await?)
}
