//! The ground of a load: people from 北京 who are filed and treated in 武汉, and their stays, admitted, billed and discharged
//! through the hospital interface, or their outpatient visits, registered, described and billed, so that nothing but the
//! settlement is left to do.
//!
//! Who takes part is registered in the nodes' databases directly, before the load: thousands of people at once are no duty
//! of the management interface. Every stay has a person of its own, so that nobody is in hospital twice.

use crate::{
    bills::{self, Line as BillLine, Order},
    hospital::{Bill, CallError, Hospital, Outpatient, Patient, Settings, Stay},
    institutions::{MODELS, Model},
    people::{BEIJING, SERIALS, WUHAN, person},
    world::{Rulebook, Trouble},
};
use bytes::Bytes;
use casework::{
    Filing,
    filing::{Destination, Stage},
    institution::{Authentication, Secret},
    person::Person,
};
use node::{RandomIds, SystemClock};
use serde_json::Value;
use sign::sm2::PublicKey;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::{
    Store, filing,
    hub::{self, NationalInstitution, ParticipantEntry},
    institution, person as register,
};
use terms::{
    Clock, Fen, FilingCategory, FilingId, IdSource, InsuranceScheme, MemberStatus, Moment, Participant,
    PoolingArea, Province, VisitId,
};

/// Where a node and its database are, and the key by which others know it.
pub struct Addresses {
    /// `http://host:port`.
    pub node: String,
    /// `postgres://…`.
    pub database: String,
    /// Its public key.
    pub key: PublicKey,
}

/// Where the people of a load are insured.
pub fn insured_province() -> Province {
    BEIJING.province()
}

/// Where they are treated.
pub fn treatment_province() -> Province {
    WUHAN.province()
}

/// What is prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Stays in hospital.
    Stay,
    /// Ordinary visits to an outpatient department, of one bill each.
    Outpatient,
}

/// A stay or an outpatient visit that waits to be settled: the whole messages.
pub struct Prepared {
    /// 2303, or 2206.
    pub trial: Bytes,
    /// 2304, or 2207.
    pub settlement: Bytes,
}

/// Somebody who may come to a hospital, and what for: nobody knows of the visit yet.
pub struct Guest {
    /// The hospital's software.
    pub hospital: Arc<Hospital>,
    /// Who.
    pub patient: Patient,
    /// The stay, or the visit to the outpatient department.
    pub visit: Visit,
    /// What it costs.
    pub bill: Arc<Vec<BillLine>>,
}

impl Guest {
    /// The transaction that settles it, and the one that cancels that: 2304 and 2305, or 2207 and 2208.
    pub const fn transactions(&self) -> (&'static str, &'static str) {
        match self.visit {
            Visit::Stay(_) => ("2304", "2305"),
            Visit::Outpatient(_) => ("2207", "2208"),
        }
    }

    /// What settles it.
    pub fn settlement_input(&self, visit: VisitId) -> Value {
        let total = bills::total(&self.bill);
        match &self.visit {
            Visit::Stay(_) => self.hospital.settlement_input(&self.patient, visit, total),
            Visit::Outpatient(outpatient) => {
                let bill = Bill { name: BILL, total, outpatient };
                Hospital::bill_settlement_input(&self.patient, visit, &bill)
            }
        }
    }
}

/// The ground, laid.
pub struct Ground {
    hub: Store,
    insured: Store,
    hospitals: Vec<Arc<Hospital>>,
    bills: Vec<Arc<Vec<BillLine>>>,
    small_bills: Vec<Arc<Vec<BillLine>>>,
    admitted: Moment,
    discharged: Moment,
    /// How many people there are so far.
    people: u32,
}

/// How many stays are prepared at once.
const AT_ONCE: usize = 24;
/// How many people are registered in one unit of work.
const PEOPLE_AT_ONCE: u32 = 1_000;
/// How many bills there are; stays share them.
const BILLS: u64 = 64;
/// How many lines the bill of an outpatient visit has.
pub const OUTPATIENT_LINES: usize = 5;
/// How long an outpatient visit takes, in milliseconds.
const VISIT_MILLIS: i64 = 60 * 60 * 1_000;
/// Connections to each database.
const CONNECTIONS: u32 = 2;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// The statuses whose people come: one of each scheme.
const STATUSES: [(InsuranceScheme, MemberStatus); 2] =
    [(InsuranceScheme::Employee, MemberStatus::Retired), (InsuranceScheme::Resident, MemberStatus::Adult)];

impl Ground {
    /// Registers participants and hospitals, and writes bills of so many lines. The hospitals do not sign: what a gateway
    /// asks for is the gateway's.
    pub async fn lay(
        (hub_side, insured_side, treatment_side): (&Addresses, &Addresses, &Addresses),
        rules: &Rulebook,
        lines: usize,
    ) -> Result<Self, Trouble> {
        let now = SystemClock.now();
        let hub = Store::open_url(&hub_side.database, CONNECTIONS).await?;
        let insured = Store::open_url(&insured_side.database, CONNECTIONS).await?;
        let treatment = Store::open_url(&treatment_side.database, CONNECTIONS).await?;
        let mut at_hub = hub.begin().await?;
        for (side, province) in [(insured_side, insured_province()), (treatment_side, treatment_province())] {
            let entry = ParticipantEntry {
                participant: Participant::Province(province),
                name: province.division().name().unwrap_or_default().to_owned(),
                address: side.node.clone(),
                public_key: side.key.to_hex(),
                suspended: None,
                changed_at: now,
            };
            hub::put_participant(&mut at_hub, &entry).await?;
        }
        let mut at_treatment = treatment.begin().await?;
        let mut hospitals = Vec::new();
        for model in models() {
            let mut one = model.institution(Secret("0".repeat(32)), now);
            one.authentication = Authentication::None;
            institution::put(&mut at_treatment, &one).await?;
            let national = NationalInstitution {
                code: one.code.clone(),
                name: one.name.clone(),
                place: one.place,
                level: one.level,
                open: true,
                changed_at: now,
            };
            hub::put_institution(&mut at_hub, &national).await?;
            let settings = Settings::of(&one, &treatment_side.node);
            hospitals.push(Arc::new(Hospital::new(settings, Arc::new(SystemClock))));
        }
        at_hub.save().await?;
        at_treatment.save().await?;
        treatment.close().await;
        let (admitted, discharged) = (now.plus_millis(-10 * DAY_MILLIS), now.plus_millis(-DAY_MILLIS));
        let catalog = rules.catalog(treatment_province());
        let bill = |seed| {
            let total = Fen(1_800_000 + i64::try_from(seed).expect("a few bills") * 13_579);
            let level = models().next().expect("a hospital of the load").level;
            Arc::new(bills::bill(&catalog, &Order { level, admitted, discharged, total, lines, seed }))
        };
        let small_bill = |seed| {
            let total = Fen(250_000 + i64::try_from(seed).expect("a few bills") * 1_357);
            let level = models().next().expect("a hospital of the load").level;
            let until = discharged.plus_millis(VISIT_MILLIS);
            let order = Order {
                level,
                admitted: discharged,
                discharged: until,
                total,
                lines: OUTPATIENT_LINES,
                seed,
            };
            Arc::new(bills::small_bill(&catalog, &order))
        };
        let bills = (0..BILLS).map(bill).collect();
        let small_bills = (0..BILLS).map(small_bill).collect();
        Ok(Self { hub, insured, hospitals, bills, small_bills, admitted, discharged, people: 0 })
    }

    /// Registers so many people and prepares a stay or a visit of each; `progress` is told how many are ready.
    pub async fn prepare(
        &mut self,
        care: Care,
        count: usize,
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Prepared>, Trouble> {
        let (first, last) = self.register_more(count).await?;
        let ready = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..u32::try_from(AT_ONCE).expect("a few"))
            .map(|worker| {
                let serials = (first + worker..last).step_by(AT_ONCE);
                let stays: Vec<_> = serials.map(|serial| self.unprepared(care, serial)).collect();
                let ready = Arc::clone(&ready);
                tokio::spawn(async move {
                    let mut prepared = Vec::with_capacity(stays.len());
                    for stay in stays {
                        prepared.push(stay.prepare().await.map_err(|error| Trouble(error.to_string()))?);
                        ready.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok::<_, Trouble>(prepared)
                })
            })
            .collect();
        while workers.iter().any(|worker| !worker.is_finished()) {
            progress(ready.load(Ordering::Relaxed));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let mut prepared = Vec::with_capacity(count);
        for worker in workers {
            prepared.extend(worker.await.map_err(|error| Trouble(error.to_string()))??);
        }
        Ok(prepared)
    }

    /// Registers so many people, of whom every third may come to an outpatient department and the others for a stay.
    pub async fn guests(&mut self, count: usize) -> Result<Vec<Guest>, Trouble> {
        let (first, last) = self.register_more(count).await?;
        let guest = |serial: u32| {
            let care = if serial % 3 == 2 { Care::Outpatient } else { Care::Stay };
            let Unprepared { hospital, patient, visit, bill } = self.unprepared(care, serial);
            Guest { hospital, patient, visit, bill }
        };
        Ok((first..last).map(guest).collect())
    }

    /// The serials of so many more people, from the first to before the last.
    async fn register_more(&mut self, count: usize) -> Result<(u32, u32), Trouble> {
        let first = self.people;
        let last = first + u32::try_from(count).map_err(|_| Trouble("too many stays".to_owned()))?;
        for from in (first..last).step_by(PEOPLE_AT_ONCE as usize) {
            self.register(from, last.min(from + PEOPLE_AT_ONCE)).await?;
        }
        self.people = last;
        Ok((first, last))
    }

    /// Closes its connections to the databases.
    pub async fn leave(&self) {
        self.hub.close().await;
        self.insured.close().await;
    }

    /// How many settlements stand in the hub's book.
    pub async fn settled(&self) -> Result<usize, Trouble> {
        Ok(hub::all(&mut *self.hub.conn().await?).await?.len())
    }

    async fn register(&self, from: u32, to: u32) -> Result<(), Trouble> {
        let (mut at_insured, mut at_hub) = (self.insured.begin().await?, self.hub.begin().await?);
        for serial in from..to {
            let person = person_of(serial);
            let filing = self.filing_of(&person);
            register::put(&mut at_insured, BEIJING, &person).await?;
            filing::put(&mut at_insured, &filing).await?;
            filing::put_national(&mut at_hub, &filing).await?;
        }
        at_insured.save().await?;
        Ok(at_hub.save().await?)
    }

    /// 异地长期居住 in 武汉, since a month before the stay.
    fn filing_of(&self, person: &Person) -> Filing {
        let at = self.admitted.plus_millis(-30 * DAY_MILLIS);
        let enrolment = person.enrolments.first().expect("people of the load are insured");
        Filing {
            id: FilingId::new(insured_province(), at, RandomIds.serial()),
            person: person.number.clone(),
            scheme: enrolment.scheme,
            insured: enrolment.insured,
            category: FilingCategory::LongTermResident,
            destination: destination(WUHAN),
            begins: at.day(),
            ends: None,
            commitment: false,
            filed_at: at,
            stage: Stage::Effective { since: at },
            generation: 1,
            deemed: false,
        }
    }

    fn unprepared(&self, care: Care, serial: u32) -> Unprepared {
        let number = usize::try_from(serial).expect("a small number");
        let (visit, bills) = match care {
            Care::Stay => {
                let stay = Stay::ordinary(&format!("ZY{serial:08}"), self.admitted, self.discharged);
                (Visit::Stay(stay), &self.bills)
            }
            Care::Outpatient => {
                let outpatient = Outpatient::ordinary(&format!("MZ{serial:08}"), self.discharged);
                (Visit::Outpatient(outpatient), &self.small_bills)
            }
        };
        Unprepared {
            hospital: Arc::clone(&self.hospitals[number % self.hospitals.len()]),
            patient: Patient::of(&person_of(serial)),
            visit,
            bill: Arc::clone(&bills[number % bills.len()]),
        }
    }
}

fn destination(area: PoolingArea) -> Destination {
    Destination::new(area.division()).expect("a pooling area is a destination")
}

/// The hospitals of 武汉, all of one level so that one bill fits all.
fn models() -> impl Iterator<Item = &'static Model> {
    let in_wuhan =
        |model: &&Model| model.code().division().is_some_and(|division| division.pooling_area() == WUHAN);
    let level = MODELS.iter().find(in_wuhan).expect("武汉 has hospitals").level;
    MODELS.iter().filter(in_wuhan).filter(move |model| model.level == level)
}

fn person_of(serial: u32) -> Person {
    let statuses = u32::try_from(STATUSES.len()).expect("two");
    let (scheme, status) = STATUSES[usize::try_from(serial % statuses).expect("two")];
    assert!(serial / statuses < SERIALS, "a load has at most so many people");
    person(BEIJING, scheme, status, serial / statuses)
}

/// A stay or an outpatient visit.
pub enum Visit {
    /// A stay.
    Stay(Stay),
    /// An outpatient visit of one bill.
    Outpatient(Outpatient),
}

/// The one bill of an outpatient visit.
pub const BILL: &str = "1";

/// A visit that nobody knows of yet.
struct Unprepared {
    hospital: Arc<Hospital>,
    patient: Patient,
    visit: Visit,
    bill: Arc<Vec<BillLine>>,
}

impl Unprepared {
    /// 2401, 2301, 2402; or 2201, 2203, 2204.
    async fn prepare(self) -> Result<Prepared, CallError> {
        let Self { hospital, patient, visit, bill } = self;
        let total = bills::total(&bill);
        let (input, trial, settlement) = match &visit {
            Visit::Stay(stay) => {
                let visit = hospital.admit(&patient, stay).await?;
                hospital.upload(&patient, visit, stay, &bill).await?;
                hospital.discharge(&patient, visit, stay).await?;
                (hospital.settlement_input(&patient, visit, total), "2303", "2304")
            }
            Visit::Outpatient(outpatient) => {
                let visit = hospital.register(&patient, outpatient).await?;
                hospital.describe(&patient, visit, outpatient).await?;
                hospital.charge(&patient, visit, outpatient, (BILL, &bill)).await?;
                let of_bill = Bill { name: BILL, total, outpatient };
                (Hospital::bill_settlement_input(&patient, visit, &of_bill), "2206", "2207")
            }
        };
        let message = |infno| {
            let message =
                hospital.envelope(&hospital.next_msgid(), infno, Some(patient.insured), input.clone());
            Bytes::from(message.to_string())
        };
        Ok(Prepared { trial: message(trial), settlement: message(settlement) })
    }
}
