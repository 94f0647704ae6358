//! What hospitals do in a year: stays and outpatient bills are settled, some are cancelled, of some a part is deducted after audit.

use super::{Deducted, Made, Year, name};
use crate::{
    bills::{self, Order},
    hospital::{Bill, CallError, Outpatient, Settled, Stay},
    people::{BEIJING, WUHAN},
    world::Trouble,
};
use serde_json::json;
use std::collections::BTreeMap;
use terms::{Clock, Fen, InsuranceScheme, Month, Participant};
use wire::api::clearing_statement::DeductionView;

const HOUR: i64 = 3_600_000;
/// What a deduction takes at most.
const DEDUCTED: Fen = Fen::yuan(100);

fn told(what: &str, error: &CallError) -> Trouble {
    Trouble(format!("{what}：{error}"))
}

impl Year<'_> {
    /// The settlements of one of the four days of a month.
    pub(super) async fn settle_some(&mut self) -> Result<(), Trouble> {
        let count = self.a_month.div_ceil(4).max(1);
        for _ in 0..count {
            self.settle_somebody().await?;
        }
        Ok(())
    }

    /// Somebody's settlement, or being turned away where a suspended province is concerned.
    pub(super) async fn settle_somebody(&mut self) -> Result<(), Trouble> {
        let route = self.dice.roll(self.routes.len());
        let pair = self.routes[route].pair;
        match self.suspended {
            Some(province) if [pair.insured, pair.treatment].contains(&province) => {
                self.turn_away(route).await
            }
            _ => self.settle_one_of(route).await,
        }
    }

    /// A settlement of this route, or of the next whose policy can be computed with: where values are missing, people pay
    /// themselves and are not asked for again.
    async fn settle_one_of(&mut self, first: usize) -> Result<(), Trouble> {
        let count = self.routes.len();
        for route in (first..first + count).map(|route| route % count) {
            let pair = self.routes[route].pair;
            let suspended =
                self.suspended.is_some_and(|province| [pair.insured, pair.treatment].contains(&province));
            if suspended || self.without_policy.contains(&route) {
                continue;
            }
            match self.settle_one(route).await {
                Err(why) if why.0.contains("待遇政策缺少") => {
                    self.without_policy.insert(route);
                    (self.say)(&format!("{}：{}", name(pair.treatment), why.0));
                }
                settled => return settled,
            }
        }
        Ok(())
    }

    async fn settle_one(&mut self, route: usize) -> Result<(), Trouble> {
        let of = self.routes[route].clone();
        let has_outpatient = [BEIJING, WUHAN].contains(&of.area);
        let outpatient =
            has_outpatient && of.patient.scheme == InsuranceScheme::Employee && self.dice.roll(3) == 0;
        let seed = u64::try_from(self.made.len()).expect("a count") + self.seed;
        let (visit, settled) = if outpatient {
            let yuan = 600 + i64::try_from(self.dice.roll(1_500)).expect("a small number");
            self.visit(route, Fen::yuan(yuan), seed).await?
        } else {
            let yuan = 9_000 + i64::try_from(self.dice.roll(30_000)).expect("a small number");
            self.stay(route, Fen::yuan(yuan), seed).await?
        };
        let broken = settled.broken_identities();
        let id = settled.id().map_err(|error| told("结算", &error))?;
        self.failed.extend(broken.into_iter().map(|what| format!("结算[{id}]：{what}")));
        let is_paid = |(code, amount): &(&String, &Fen)| code.as_str() != "999996" && !amount.is_zero();
        let purses: BTreeMap<String, Fen> =
            settled.funds.iter().filter(is_paid).map(|(code, amount)| (code.clone(), *amount)).collect();
        let on = self.today();
        self.made.push(Made { id, visit, route, on, outpatient, purses, standing: true, touched: false });
        if outpatient {
            self.figures.bills += 1;
        } else {
            self.figures.stays += 1;
        }
        Ok(())
    }

    async fn stay(&self, route: usize, total: Fen, seed: u64) -> Result<(terms::VisitId, Settled), Trouble> {
        let of = &self.routes[route];
        let now = self.world.clock.now();
        let (admitted, discharged) = (now.plus_millis(-72 * HOUR), now.plus_millis(-HOUR));
        let institution = self.world.institution(&of.institution)?;
        let hospital = &self.world.hospitals[&of.institution];
        let catalog = self.world.rules.catalog(of.pair.treatment);
        let order = Order { level: institution.level, admitted, discharged, total, lines: 8, seed };
        let lines = bills::bill(&catalog, &order);
        let stay = Stay::ordinary(&format!("ZY{seed:08}"), admitted, discharged);
        let patient = &of.patient;
        let visit = hospital.admit(patient, &stay).await.map_err(|error| told("入院办理", &error))?;
        hospital.upload(patient, visit, &stay, &lines).await.map_err(|error| told("明细上传", &error))?;
        hospital.discharge(patient, visit, &stay).await.map_err(|error| told("出院办理", &error))?;
        let settled = hospital.settle(patient, visit, bills::total(&lines)).await;
        Ok((visit, settled.map_err(|error| told("住院结算", &error))?))
    }

    async fn visit(&self, route: usize, total: Fen, seed: u64) -> Result<(terms::VisitId, Settled), Trouble> {
        let of = &self.routes[route];
        let at = self.world.clock.now().plus_millis(-2 * HOUR);
        let institution = self.world.institution(&of.institution)?;
        let hospital = &self.world.hospitals[&of.institution];
        let catalog = self.world.rules.catalog(of.pair.treatment);
        let (admitted, discharged) = (at, at.plus_millis(HOUR));
        let order = Order { level: institution.level, admitted, discharged, total, lines: 4, seed };
        let lines = bills::small_bill(&catalog, &order);
        let (outpatient, patient) = (Outpatient::ordinary(&format!("MZ{seed:08}"), at), &of.patient);
        let refused = |error: CallError| told("门诊结算", &error);
        let visit = hospital.register(patient, &outpatient).await.map_err(refused)?;
        hospital.describe(patient, visit, &outpatient).await.map_err(refused)?;
        hospital.charge(patient, visit, &outpatient, ("P1", &lines)).await.map_err(refused)?;
        let bill = Bill { name: "P1", total: bills::total(&lines), outpatient: &outpatient };
        let settled = hospital.settle_bill(&hospital.next_msgid(), patient, visit, &bill).await;
        Ok((visit, settled.map_err(refused)?))
    }

    /// A hospital begins a stay of somebody whose province, or which itself, is suspended, and is told why not.
    pub(super) async fn turn_away(&mut self, route: usize) -> Result<(), Trouble> {
        let of = &self.routes[route];
        let now = self.world.clock.now();
        let stay = Stay::ordinary("ZY99999999", now.plus_millis(-HOUR), now);
        let hospital = &self.world.hospitals[&of.institution];
        let words = match hospital.admit(&of.patient, &stay).await {
            Err(error) => error.refusal().unwrap_or_default().to_owned(),
            Ok(_) => String::new(),
        };
        if !words.contains("暂停") {
            self.failed.push(format!("已暂停的省仍能办理入院，或未说明原因：{words}"));
        } else if self.figures.turned_away == 0 {
            (self.say)(&format!("医院办理入院被告知：{words}"));
        }
        self.figures.turned_away += 1;
        Ok(())
    }

    /// One that stands, that nothing was decided about, whose provinces are not suspended, and that meets a condition.
    pub(super) fn candidate(&mut self, fits: impl Fn(&Made) -> bool) -> Option<usize> {
        let suspended = self.suspended;
        let of_suspended = |made: &Made| {
            let pair = self.routes[made.route].pair;
            suspended.is_some_and(|province| [pair.insured, pair.treatment].contains(&province))
        };
        let found: Vec<usize> = (0..self.made.len())
            .filter(|at| {
                let made = &self.made[*at];
                made.standing && !made.touched && !made.purses.is_empty() && !of_suspended(made) && fits(made)
            })
            .collect();
        if found.is_empty() { None } else { Some(found[self.dice.roll(found.len())]) }
    }

    /// A hospital cancels a settlement: of this month, or of one whose month is closed.
    pub(super) async fn cancel(&mut self, early: bool) -> Result<(), Trouble> {
        let this = self.today().month();
        let before = this.first_day().plus_days(-1).month();
        let found = self.candidate(|made| made.month() == if early { this } else { before });
        let Some(at) = found else { return Ok(()) };
        let made = self.made[at].clone();
        let of = &self.routes[made.route];
        let hospital = &self.world.hospitals[&of.institution];
        let undone = if made.outpatient {
            hospital.cancel_bill(&of.patient, made.visit, made.id).await
        } else {
            hospital.cancel(&of.patient, made.visit, made.id).await
        };
        undone.map_err(|error| told("结算撤销", &error))?;
        self.world.until_quiet().await?;
        (self.made[at].standing, self.made[at].touched) = (false, true);
        if early {
            self.figures.cancelled += 1;
        } else {
            self.figures.cancelled_late += 1;
            (self.say)(&format!(
                "{}撤销已清算的结算（{}），转入{this}清算",
                name(of.pair.treatment),
                made.on
            ));
        }
        Ok(())
    }

    /// The treatment province audits a settlement of a month and deducts a part of it (审核扣款).
    pub(super) async fn audit(&mut self, month: Month) -> Result<(), Trouble> {
        let enough = |made: &Made| made.purses.values().any(|amount| *amount > DEDUCTED);
        let found = self.candidate(|made| made.month() == month && enough(made));
        let Some(at) = found else { return Ok(()) };
        let made = self.made[at].clone();
        let of = self.routes[made.route].clone();
        let (purse, _) = made.purses.iter().find(|(_, amount)| **amount > DEDUCTED).expect("it has enough");
        self.figures.deductions += 1;
        let body = json!({
            "settlement": made.id, "reason": "重复收费",
            "reference": format!("审{}", self.figures.deductions),
            "amounts": [{ "scheme": of.patient.scheme, "purse": purse, "amount": DEDUCTED.to_string() }],
        });
        let desk = self.desk(Participant::Province(of.pair.treatment));
        desk.post::<DeductionView>("deductions", body).await?;
        self.world.until_quiet().await?;
        self.made[at].touched = true;
        self.deducted.push(Deducted { made: at, purse: purse.clone(), amount: DEDUCTED });
        (self.say)(&format!("{}审核扣款{DEDUCTED}元（{}的结算）", name(of.pair.treatment), made.on));
        Ok(())
    }
}
