//! What hospitals and pharmacies do in a year: stays, outpatient bills and purchases are settled, some are cancelled, of some a part is
//! deducted after audit.

use super::{Deducted, Made, Year, hours, name};
use crate::{
    bills::{self, Line, Order},
    hospital::{Bill, CallError, Hospital, Outpatient, Patient, Purchase, Settled, Stay, purchase_input},
    people::{BEIJING, WUHAN},
    world::Trouble,
};
use casework::institution::Institution;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use terms::{CareKind, Clock, Fen, InstitutionCode, InsuranceScheme, Month, Participant, Province, VisitId};
use wire::api::clearing_statement::DeductionView;

const HOUR: i64 = 3_600_000;
/// How often people get which care, of ten thousand settlements: those of 2024 as published (住院1433.56万、普通门诊1.56亿、门诊慢特病
/// 909.65万、药店购药5945.08万人次).
const COUNTED: [(CareKind, usize); 4] = [
    (CareKind::Inpatient, 600),
    (CareKind::Outpatient, 6_530),
    (CareKind::Chronic, 381),
    (CareKind::Pharmacy, 2_489),
];

/// The chronic disease that people of a year have, if one (门诊慢特病): one of the first five that are settled across provinces.
const DISEASE: (&str, &str) = ("M03900", "高血压");

/// Which care people get in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mix {
    /// Stays before all, and outpatient bills of employees of two areas: so that every fund pays, and much.
    ManyStays,
    /// As often as the country's statistics say, as far as policies have that care.
    AsCounted,
}

/// So many settlements a day that is not over has, however early it is.
const TODAY_AT_LEAST: usize = 3;
/// Before somebody pays at a counter, he was treated for so long …
const TREATED: i64 = 40 * 60_000;
/// … and waited for so long.
const WAITED: i64 = 10 * 60_000;

/// What a deduction takes at most.
const DEDUCTED: Fen = Fen::yuan(100);

fn told(what: &str, error: &CallError) -> Trouble {
    Trouble(format!("{what}：{error}"))
}

impl Year<'_> {
    /// The settlements of one of the four days of a month, over the hours of the day.
    pub(super) async fn settle_some(&mut self) -> Result<(), Trouble> {
        let (today, count) = (self.today(), self.a_month.div_ceil(4).max(1));
        let mut times = hours::of(today, count, self.seed);
        if self.until == Some(today) {
            // The day is not over: the others come later, one by one.
            let so_far = times.partition_point(|at| *at <= self.now_outside());
            times.truncate(so_far.max(TODAY_AT_LEAST));
        }
        for at in times {
            self.wait_until(at);
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
        let wanted = match self.mix {
            Mix::ManyStays => None,
            Mix::AsCounted => Some(self.any_care()),
        };
        for route in (first..first + count).map(|route| route % count) {
            let pair = self.routes[route].pair;
            let suspended =
                self.suspended.is_some_and(|province| [pair.insured, pair.treatment].contains(&province));
            if suspended || wanted.is_some_and(|care| !self.has(route, care)) {
                continue;
            }
            let care = wanted.unwrap_or_else(|| self.care_of(route));
            if self.without_policy.contains(&(route, care)) {
                continue;
            }
            match self.settle_one(route, care).await {
                Err(why) if why.0.contains("待遇政策缺少") => {
                    self.without_policy.insert((route, care));
                    (self.say)(&format!("{}：{}", name(pair.treatment), why.0));
                }
                settled => return settled,
            }
        }
        Ok(())
    }

    /// One of [`COUNTED`], as often as it says.
    fn any_care(&mut self) -> CareKind {
        let mut rest = self.dice.roll(COUNTED.iter().map(|(_, share)| share).sum());
        for (care, share) in COUNTED {
            match rest.checked_sub(share) {
                None => return care,
                Some(left) => rest = left,
            }
        }
        unreachable!("the rest is below the sum of all shares")
    }

    /// Whether the policy of somebody's area has a benefit for this care.
    fn has(&self, route: usize, care: CareKind) -> bool {
        let of = &self.routes[route];
        let policy = self.world.rules.library.scheme_on(of.area, of.patient.scheme, self.today());
        policy.is_ok_and(|policy| policy.plan(care).is_some())
    }

    /// What somebody gets where stays are many.
    fn care_of(&mut self, route: usize) -> CareKind {
        let of = &self.routes[route];
        let may = [BEIJING, WUHAN].contains(&of.area) && of.patient.scheme == InsuranceScheme::Employee;
        if may && self.dice.roll(3) == 0 { CareKind::Outpatient } else { CareKind::Inpatient }
    }

    /// What care of this kind costs: from so many yuan on, and below so many more.
    const fn costs(&self, care: CareKind) -> (i64, usize) {
        match (care, self.mix) {
            (CareKind::Inpatient, _) => (9_000, 30_000),
            (CareKind::Outpatient, Mix::ManyStays) => (600, 1_500),
            // On average what a fund paid for one in 2024 at the share that funds pay: 127, 1,022 and 116 yuan.
            (CareKind::Chronic, _) => (500, 2_000),
            (CareKind::Pharmacy, _) => (60, 200),
            _ => (80, 360),
        }
    }

    async fn settle_one(&mut self, route: usize, care: CareKind) -> Result<(), Trouble> {
        let (least, more) = self.costs(care);
        let total = Fen::yuan(least + i64::try_from(self.dice.roll(more)).expect("a small number"));
        let seed = u64::try_from(self.made.len()).expect("a count") + self.seed;
        let (visit, settled) = match care {
            CareKind::Inpatient => self.stay(route, total, seed).await?,
            CareKind::Pharmacy => self.purchase(route, total, seed).await?,
            CareKind::Chronic => {
                self.register_disease(route).await?;
                self.visit(route, total, seed, Some(DISEASE)).await?
            }
            CareKind::Outpatient => self.visit(route, total, seed, None).await?,
        };
        let broken = settled.broken_identities();
        let id = settled.id().map_err(|error| told("结算", &error))?;
        self.failed.extend(broken.into_iter().map(|what| format!("结算[{id}]：{what}")));
        let is_paid = |(code, amount): &(&String, &Fen)| code.as_str() != "999996" && !amount.is_zero();
        let purses: BTreeMap<String, Fen> =
            settled.funds.iter().filter(is_paid).map(|(code, amount)| (code.clone(), *amount)).collect();
        let on = self.today();
        self.made.push(Made { id, visit, route, on, care, purses, standing: true, touched: false });
        match care {
            CareKind::Inpatient => self.figures.stays += 1,
            CareKind::Pharmacy => self.figures.purchases += 1,
            _ => self.figures.bills += 1,
        }
        Ok(())
    }

    /// The hospital that looks after somebody registers a chronic disease of his (2503), once.
    async fn register_disease(&mut self, route: usize) -> Result<(), Trouble> {
        if !self.with_disease.insert(route) {
            return Ok(());
        }
        let of = &self.routes[route];
        let institution = self.world.institution(&of.institution)?;
        let since = self.today().plus_days(-9).to_string();
        let input = json!({ "data": {
            "psn_no": of.patient.number.as_str(), "insutype": of.patient.scheme.code(),
            "opsp_dise_code": DISEASE.0, "opsp_dise_name": DISEASE.1,
            "insu_optins": of.patient.insured.to_string(), "ide_fixmedins_no": institution.code.as_str(),
            "ide_fixmedins_name": institution.name, "hosp_ide_date": since,
            "diag_dr_codg": "D900000000001", "diag_dr_name": "医师某", "begndate": since, "enddate": "",
        }});
        let registered = self.world.hospitals[&of.institution].call("2503", Some(of.patient.insured), input);
        registered.await.map(drop).map_err(|error| told("慢特病备案", &error))
    }

    /// Somebody buys at the pharmacy of the province where he lives (2102).
    async fn purchase(&self, route: usize, total: Fen, seed: u64) -> Result<(VisitId, Settled), Trouble> {
        let of = &self.routes[route];
        let pharmacy = self.pharmacies.get(&of.pair.treatment);
        let pharmacy = pharmacy.ok_or_else(|| Trouble(format!("{}没有药店", name(of.pair.treatment))))?;
        let institution = self.world.institution(pharmacy)?;
        let lines = self.lines(route, institution, total, seed);
        let at = self.world.clock.now().plus_millis(-WAITED / 2);
        let bought = purchase_input(&of.patient, &Purchase { at, disease: None, lines: &lines });
        let answer = self.world.hospitals[pharmacy].call("2102", Some(of.patient.insured), bought).await;
        let answer = answer.map_err(|error| told("药店购药", &error))?;
        let visit = answer.pointer("/output/setlinfo/mdtrt_id").and_then(Value::as_str);
        let visit = visit.and_then(|visit| visit.parse().ok());
        let visit = visit.ok_or_else(|| Trouble("2102应答没有就诊ID".to_owned()))?;
        Ok((visit, Settled::read(&answer).map_err(|error| told("药店购药", &error))?))
    }

    /// A few lines of the last hour.
    fn lines(&self, route: usize, institution: &Institution, total: Fen, seed: u64) -> Vec<Line> {
        let catalog = self.world.rules.catalog(self.routes[route].pair.treatment);
        let now = self.world.clock.now();
        let (admitted, discharged) = (now.plus_millis(-TREATED), now.plus_millis(-WAITED));
        let order = Order { level: institution.level, admitted, discharged, total, lines: 4, seed };
        bills::small_bill(&catalog, &order)
    }

    async fn stay(&self, route: usize, total: Fen, seed: u64) -> Result<(VisitId, Settled), Trouble> {
        let of = &self.routes[route];
        let now = self.world.clock.now();
        let (admitted, discharged) = (now.plus_millis(-72 * HOUR), now.plus_millis(-HOUR));
        let stay = Stay::ordinary(&format!("ZY{seed:08}"), admitted, discharged);
        self.stay_of(&of.patient, &of.institution, &stay, (total, seed)).await
    }

    /// A stay of somebody, from its admission to its settlement.
    pub(super) async fn stay_of(
        &self,
        patient: &Patient,
        institution: &InstitutionCode,
        stay: &Stay,
        (total, seed): (Fen, u64),
    ) -> Result<(VisitId, Settled), Trouble> {
        let (visit, lines) = self.admit(patient, institution, stay, (total, seed)).await?;
        let hospital = &self.world.hospitals[institution];
        hospital.discharge(patient, visit, stay).await.map_err(|error| told("出院办理", &error))?;
        let settled = hospital.settle(patient, visit, bills::total(&lines)).await;
        Ok((visit, settled.map_err(|error| told("住院结算", &error))?))
    }

    /// A stay begins, and has a bill so far.
    pub(super) async fn admit(
        &self,
        patient: &Patient,
        institution: &InstitutionCode,
        stay: &Stay,
        (total, seed): (Fen, u64),
    ) -> Result<(VisitId, Vec<Line>), Trouble> {
        let institution = self.world.institution(institution)?;
        let hospital = &self.world.hospitals[&institution.code];
        let catalog = self.world.rules.catalog(institution.place.province());
        let (admitted, discharged) = (stay.admitted, stay.discharged);
        let order = Order { level: institution.level, admitted, discharged, total, lines: 8, seed };
        let lines = bills::bill(&catalog, &order);
        let visit = hospital.admit(patient, stay).await.map_err(|error| told("入院办理", &error))?;
        hospital.upload(patient, visit, stay, &lines).await.map_err(|error| told("明细上传", &error))?;
        Ok((visit, lines))
    }

    async fn visit(
        &self,
        route: usize,
        total: Fen,
        seed: u64,
        disease: Option<(&str, &str)>,
    ) -> Result<(VisitId, Settled), Trouble> {
        let of = &self.routes[route];
        let at = self.world.clock.now().plus_millis(-TREATED);
        let hospital: &Hospital = &self.world.hospitals[&of.institution];
        let lines = self.lines(route, self.world.institution(&of.institution)?, total, seed);
        let (mut outpatient, patient) = (Outpatient::ordinary(&format!("MZ{seed:08}"), at), &of.patient);
        if let Some((code, disease)) = disease {
            outpatient = outpatient.chronic(code, disease);
        }
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
                let is_care = made.care != CareKind::Pharmacy;
                made.standing
                    && !made.touched
                    && is_care
                    && !made.purses.is_empty()
                    && !of_suspended(made)
                    && fits(made)
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
        let undone = if made.care == CareKind::Inpatient {
            hospital.cancel(&of.patient, made.visit, made.id).await
        } else {
            hospital.cancel_bill(&of.patient, made.visit, made.id).await
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
        match found {
            Some(at) => self.deduct(at).await,
            None => Ok(()),
        }
    }

    /// The same of one that this province paid for, if there is one.
    pub(super) async fn audit_of(&mut self, treatment: Province, month: Month) -> Result<(), Trouble> {
        let there: BTreeSet<usize> =
            (0..self.routes.len()).filter(|route| self.routes[*route].pair.treatment == treatment).collect();
        let enough = |made: &Made| made.purses.values().any(|amount| *amount > DEDUCTED);
        let found =
            self.candidate(|made| made.month() == month && there.contains(&made.route) && enough(made));
        match found {
            Some(at) => self.deduct(at).await,
            None => Ok(()),
        }
    }

    async fn deduct(&mut self, at: usize) -> Result<(), Trouble> {
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
