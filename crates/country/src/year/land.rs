//! The land of a year: which provinces take part, a hospital in each, people who go from one to another, fiscal special accounts
//! and what stands on them.

use super::{Dice, Options, Say, Year, affairs::Desks, care::Mix, money::Affairs, name};
use crate::{
    bank::Bank,
    clock::TravelClock,
    hospital::{Hospital, Patient, Settings},
    institutions::TIANJIN_FIRST,
    people,
    world::{Options as WorldOptions, ProvinceSide, Trouble, World},
};
use casework::{institution::Secret, person::Person};
use funds::{Pair, Purse};
use rand::Rng;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::Arc,
};
use terms::{
    AdminDivision, Clock, Fen, FilingCategory, InstitutionCode, InsuranceScheme, MemberStatus, Participant,
    PoolingArea, Province, SettlementLevel, TreatmentPlace, day::FixedClock,
};

/// All provinces, those whose areas have policies first: 31, and the corps.
pub const PROVINCES: [u32; 32] = [
    110_000, 420_000, 120_000, 330_000, 310_000, 500_000, 320_000, 440_000, 510_000, 610_000, 130_000,
    140_000, 150_000, 210_000, 220_000, 230_000, 340_000, 350_000, 360_000, 370_000, 410_000, 430_000,
    450_000, 460_000, 520_000, 530_000, 540_000, 620_000, 630_000, 640_000, 650_000, 660_000,
];

/// 定点医疗服务机构类型: a pharmacy (定点零售药店).
const KIND_PHARMACY: &str = "2";

/// What stands on each purse of each part of each account when the year begins.
pub const OPENING: Fen = Fen::yuan(60_000_000);

/// The schemes.
pub const SCHEMES: [InsuranceScheme; 2] = [InsuranceScheme::Employee, InsuranceScheme::Resident];

/// A person who is insured in one place and lives in another.
#[derive(Clone, Debug)]
pub struct Route {
    /// Who.
    pub patient: Patient,
    /// Whose fund pays.
    pub area: PoolingArea,
    /// From where to where.
    pub pair: Pair,
    /// The hospital there.
    pub institution: InstitutionCode,
}

/// The number of the fiscal special account of a province and scheme.
pub fn account(province: Province, scheme: InsuranceScheme) -> String {
    format!("{province}{}00000001", scheme.code())
}

impl<'s> Year<'s> {
    /// Everything is there on New Year's Day.
    pub(super) async fn begin(options: Options, say: Say<'s>) -> Result<Self, Trouble> {
        let all = PROVINCES.iter().take(options.provinces.max(2));
        let provinces: Vec<Province> =
            all.filter_map(|number| AdminDivision::new(*number)).map(AdminDivision::province).collect();
        let mut token = String::new();
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        for byte in bytes {
            write!(token, "{byte:02x}").expect("a string takes any text");
        }
        let mut world = WorldOptions::new(options.rules);
        world.provinces.clone_from(&provinces);
        world.database = options.database;
        world.clock = Arc::new(FixedClock("2026-01-01 09:00:00".parse().expect("a moment")));
        world.days_behind = 0;
        world.connections = 4;
        world.management_token = Some(token.clone());
        let world = World::start(world, &|_| {}).await?;
        let mut year = Self::over(world, token, say, (options.seed, options.settlements_a_month));
        let each = if provinces.len() > 8 { 3 } else { 1 };
        year.build(each).await?;
        Ok(year)
    }

    /// A year in a world that runs, of which nothing is built yet.
    pub(super) fn over(
        world: World,
        token: String,
        say: Say<'s>,
        (seed, settlements_a_month): (u64, usize),
    ) -> Self {
        Self {
            begun_in: world.clock.now().day().year(),
            until: None,
            world,
            say,
            token,
            seed,
            a_month: settlements_a_month,
            bank: Bank::default(),
            dice: Dice(seed.wrapping_mul(2_654_435_761).wrapping_add(17)),
            routes: Vec::new(),
            pharmacies: BTreeMap::new(),
            mix: Mix::ManyStays,
            without_policy: BTreeSet::new(),
            with_disease: BTreeSet::new(),
            made: Vec::new(),
            deducted: Vec::new(),
            prepaid: BTreeMap::new(),
            agenda: BTreeMap::new(),
            orders: BTreeSet::new(),
            money: Affairs::default(),
            desks: Desks::default(),
            suspended: None,
            disputed: None,
            figures: super::Figures::default(),
            failed: Vec::new(),
        }
    }

    /// Hospitals, of each area and scheme so many people who live elsewhere, accounts, and what stands on them.
    pub(super) async fn build(&mut self, people_each: u32) -> Result<(), Trouble> {
        let provinces = self.provinces();
        self.build_hospitals().await?;
        self.settle_people(&provinces, people_each).await?;
        self.open_accounts(&provinces).await?;
        let pairs: BTreeSet<Pair> = self.routes.iter().map(|route| route.pair).collect();
        (self.figures.provinces, self.figures.pairs) = (provinces.len(), pairs.len());
        let insured: BTreeSet<Province> = pairs.iter().map(|pair| pair.insured).collect();
        self.money.cast(&insured);
        (self.say)(&format!(
            "国家平台和{}个省级平台已启动，{}个省有待遇政策，异地居住{}人，定点医院{}家（均为虚构）",
            provinces.len(),
            insured.len(),
            self.routes.len(),
            self.world.institutions.len()
        ));
        Ok(())
    }

    /// A hospital in every province that has none.
    async fn build_hospitals(&mut self) -> Result<(), Trouble> {
        let now = self.world.clock.now();
        let have: BTreeSet<Province> =
            self.world.institutions.iter().map(|one| one.place.province()).collect();
        for (&province, side) in &self.world.provinces {
            if have.contains(&province) {
                continue;
            }
            let place = county(province);
            let secret = Secret(format!("{:032x}", u128::from(place.division().number())));
            let mut institution = TIANJIN_FIRST.institution(secret, now);
            institution.code = format!("H{}00001", place.division()).parse().expect("twelve characters");
            institution.name = format!("{}示范医院", name(province));
            institution.uscc = format!("12{}MB9000001X", place.division());
            institution.access_key = format!("AK{}", institution.code);
            institution.place = place;
            side.node.put_institution(&institution).await?;
            let hospital = new_hospital(&institution, side, &self.world.clock);
            self.world.hospitals.insert(institution.code.clone(), hospital);
            self.world.institutions.push(institution);
        }
        self.world.until_quiet().await
    }

    /// A pharmacy in every province (定点零售药店), beside the first hospital.
    pub(super) async fn build_pharmacies(&mut self) -> Result<(), Trouble> {
        for (&province, side) in &self.world.provinces {
            let beside = self.world.institutions.iter().find(|one| one.place.province() == province);
            let beside = beside.ok_or_else(|| Trouble(format!("{}没有医院", name(province))))?;
            let now = self.world.clock.now();
            let secret = Secret(format!("{:032x}", u128::from(province.division().number()) + 1));
            let mut institution = TIANJIN_FIRST.institution(secret, now);
            institution.place = beside.place;
            let place = institution.place.division();
            institution.code = format!("P{place}90001").parse().expect("twelve characters");
            institution.name = format!("{}示范大药房", name(province));
            KIND_PHARMACY.clone_into(&mut institution.kind);
            institution.level = SettlementLevel::Primary;
            institution.uscc = format!("91{place}MB9000002X");
            institution.access_key = format!("AK{}", institution.code);
            side.node.put_institution(&institution).await?;
            let pharmacy = new_hospital(&institution, side, &self.world.clock);
            self.world.hospitals.insert(institution.code.clone(), pharmacy);
            self.pharmacies.insert(province, institution.code.clone());
            self.world.institutions.push(institution);
        }
        self.world.until_quiet().await
    }

    /// Of every area and scheme with a policy some people who live elsewhere, filed for there.
    async fn settle_people(&mut self, provinces: &[Province], each: u32) -> Result<(), Trouble> {
        let library = Arc::clone(&self.world.rules.library);
        let areas: BTreeSet<(PoolingArea, InsuranceScheme)> = library
            .areas()
            .map(|(area, scheme, _)| (area, scheme))
            .filter(|(area, _)| provinces.contains(&area.province()))
            .collect();
        let mut turn = usize::try_from(self.seed % 97).expect("a small number");
        for (area, scheme) in areas {
            for serial in 0..each {
                let weights: Vec<(Province, usize)> = provinces
                    .iter()
                    .filter(|one| **one != area.province())
                    .map(|one| (*one, attraction(area.province(), *one)))
                    .collect();
                turn += 7;
                let treatment = weighted(&weights, turn);
                let status = match scheme {
                    InsuranceScheme::Employee => MemberStatus::Retired,
                    InsuranceScheme::Resident => MemberStatus::Adult,
                };
                let person = people::person(area, scheme, status, 50 + serial);
                self.settle_person(area, &person, treatment).await?;
            }
        }
        Ok(())
    }

    async fn settle_person(
        &mut self,
        area: PoolingArea,
        person: &Person,
        treatment: Province,
    ) -> Result<(), Trouble> {
        let there: Vec<_> =
            self.world.institutions.iter().filter(|one| one.place.province() == treatment).collect();
        let institution = there[self.dice.roll(there.len())].clone();
        self.world.add_people(&[(area, person.clone())]).await?;
        let begins = self.today().plus_days(-60);
        self.world.file(person, FilingCategory::ResettledRetiree, institution.place, begins).await?;
        let pair = Pair { insured: area.province(), treatment };
        self.routes.push(Route {
            patient: Patient::of(person),
            area,
            pair,
            institution: institution.code.clone(),
        });
        Ok(())
    }

    /// Accounts at the bank, registered at the nodes, with what stands on them in both.
    async fn open_accounts(&mut self, provinces: &[Province]) -> Result<(), Trouble> {
        for &province in provinces {
            let desk = self.desk(Participant::Province(province));
            for scheme in SCHEMES {
                let (number, holder) = (account(province, scheme), format!("{}财政专户", name(province)));
                let body = json!({
                    "name": holder, "bank": "示范银行营业部", "number": number, "bank_code": "102100000017",
                });
                desk.put::<Value>(&format!("bank-accounts/{}", scheme.code()), body).await?;
                let mut opened = Fen::ZERO;
                for (role, deposit) in
                    [("treatment", "treatment-deposit-fiscal"), ("insured", "insured-deposit-fiscal")]
                {
                    let of = |kind: &str, purse: Purse| {
                        format!("{kind}/{province}/{}/{}", scheme.code(), purse.code())
                    };
                    let opening = format!("{role}-opening");
                    let legs: Vec<Value> = Purse::all()
                        .map(|purse| {
                            opened += OPENING;
                            json!({ "debit": of(deposit, purse), "credit": of(&opening, purse), "amount": OPENING.to_string() })
                        })
                        .collect();
                    let id = format!("QC{}-{role}-{}", self.begun_in, scheme.code());
                    let body = json!({ "id": id, "code": "opening", "summary": "期初余额", "legs": legs });
                    desk.post::<Value>("ledger/vouchers", body).await?;
                }
                self.bank.open(&number, &holder, opened);
            }
        }
        // Accounts are published by one tick, and known to the others by the next.
        self.keep_timetables().await;
        Ok(())
    }
}

/// How much a province attracts the people of another: an assumption, since nobody publishes who goes where. The great hospitals are
/// where people go (上海, 北京, 江苏, 浙江, 广东 before all), and three times as many go to a province of their own region (the first
/// digit of 区划代码).
fn attraction(insured: Province, treatment: Province) -> usize {
    let number = |province: Province| province.division().number();
    let great = match number(treatment) / 10_000 {
        11 | 31 => 10,
        32 | 33 | 44 => 6,
        12 | 42 | 51 => 4,
        37 | 50 | 61 => 3,
        _ => 1,
    };
    let is_near = number(insured) / 100_000 == number(treatment) / 100_000;
    if is_near { 3 * great } else { great }
}

/// One of them, as often as its weight says when `turn` goes round.
fn weighted(weights: &[(Province, usize)], turn: usize) -> Province {
    let total: usize = weights.iter().map(|(_, weight)| weight).sum();
    let mut rest = turn % total.max(1);
    for (province, weight) in weights {
        match rest.checked_sub(*weight) {
            None => return *province,
            Some(left) => rest = left,
        }
    }
    unreachable!("the rest is below the sum of all weights, and there is another province")
}

/// The first county of a province; an invented one where the divisions have none.
fn county(province: Province) -> TreatmentPlace {
    let is_county = |(division, name): &(AdminDivision, &str)| {
        division.province() == province
            && !division.number().is_multiple_of(100)
            && *name != "市辖区"
            && !division.number().is_multiple_of(10_000)
    };
    let found = AdminDivision::named().find(is_county).map(|(division, _)| division);
    let invented =
        || AdminDivision::new(province.division().number() + 101).expect("it lies in the province");
    TreatmentPlace(found.unwrap_or_else(invented))
}

fn new_hospital(
    institution: &casework::institution::Institution,
    side: &ProvinceSide,
    clock: &Arc<TravelClock>,
) -> Hospital {
    let settings = Settings::of(institution, &side.url()).platform_key(side.node.context.key.public());
    Hospital::new(settings, Arc::clone(clock) as Arc<dyn Clock>)
}
