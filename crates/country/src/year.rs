//! A year of the country: twelve months of settlements in many directions, and of the money that goes back and forth for them,
//! from the prepayments of January to the closing of the year, with all that goes wrong in a year.
//!
//! Everything is done through the doors that people use: hospitals settle over the national interface, clerks call the
//! management interface, and a [`Bank`] pays what payment files say and tells it in statements. The clock is set from one day
//! on which something is due to the next. At the end every account of every node is held against what the hospitals were
//! told, what was decided and what the bank says it moved ([`explain`]).
//!
//! | file | what it holds |
//! |---|---|
//! | here | the days of the year, one after another |
//! | [`land`] | provinces, hospitals, people, routes, accounts and what stands on them |
//! | `affairs` | what else is under way at the desks: filings, complaints, notices, payments of institutions, differences |
//! | `care` | settlements, cancellations, deductions after audit |
//! | `hours` | at what time of a day people come |
//! | `month` | a month's clearing: adopted, answered, disputed, noticed |
//! | `money` | prepayments, payment orders, the bank, urging and suspension |
//! | [`explain`] | what every balance must be |
//! | [`history`] | the same months grown in a world that runs, up to today |

mod affairs;
mod care;
pub mod explain;
pub mod history;
mod hours;
pub mod land;
mod money;
mod month;

use crate::{
    bank::Bank,
    checks,
    desk::Desk,
    world::{Database, Rulebook, Trouble, World},
};
use land::Route;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use terms::{
    CareKind, Clock, Day, Fen, InstitutionCode, InsuranceScheme, Moment, Month, Participant, Province,
    SettlementId, VisitId,
};
use tokio::task::JoinSet;
use wire::api::ledger::{LedgerVouchers, MadeVouchers, Proof};

/// The year that is played: its holidays are published.
pub const YEAR: i16 = 2026;

/// How a year is played.
pub struct Options {
    /// How many provinces take part, those with policies first; at most [`land::PROVINCES`] has.
    pub provinces: usize,
    /// Whatever makes it another year.
    pub seed: u64,
    /// How many settlements a month has.
    pub settlements_a_month: usize,
    /// Policies and catalogs.
    pub rules: Rulebook,
    /// Where the nodes keep what they know.
    pub database: Database,
}

/// Where the story is told.
pub type Say<'a> = &'a (dyn Fn(&str) + Sync);

/// What was counted in a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Days that passed.
    pub days: i32,
    /// Days on which something was due.
    pub busy_days: usize,
    /// Provinces.
    pub provinces: usize,
    /// Pairs of provinces between which people go.
    pub pairs: usize,
    /// Settlements of stays in hospital.
    pub stays: usize,
    /// Settlements of outpatient bills.
    pub bills: usize,
    /// Settlements of purchases at pharmacies.
    pub purchases: usize,
    /// Settlements cancelled in their own month.
    pub cancelled: usize,
    /// Settlements cancelled after their month was closed.
    pub cancelled_late: usize,
    /// Deductions after audit.
    pub deductions: usize,
    /// Answers of provinces to statements.
    pub answers: usize,
    /// Disputes upheld.
    pub upheld: usize,
    /// Disputes rejected.
    pub rejected: usize,
    /// Prepayments that were set.
    pub prepayments: usize,
    /// Emergency increases.
    pub increases: usize,
    /// Notices.
    pub notices: usize,
    /// Payment orders handed over to finance.
    pub orders: usize,
    /// Deadlines that holidays put off, or brought nearer by make-up days.
    pub moved_deadlines: usize,
    /// Orders paid in parts.
    pub in_parts: usize,
    /// Payments that came back.
    pub returned: usize,
    /// Fees of the bank.
    pub fees: usize,
    /// Statements of the bank.
    pub statements: usize,
    /// Letters of urging.
    pub letters: usize,
    /// Suspensions.
    pub suspensions: usize,
    /// Hospitals that were told why they cannot settle.
    pub turned_away: usize,
    /// Vouchers in all ledgers.
    pub vouchers: usize,
    /// Accounts that were explained.
    pub accounts: usize,
    /// What the proofs of all nodes compared.
    pub proved: u64,
    /// What the bank moved for orders, in fen.
    pub moved: Fen,
}

impl Figures {
    /// Settlements of any care.
    pub const fn settlements(&self) -> usize {
        self.stays + self.bills + self.purchases
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "共{}天，其中{}天有事；{}个省，{}对参保省—就医省",
            self.days, self.busy_days, self.provinces, self.pairs
        )?;
        writeln!(
            f,
            "结算：住院{}笔、门诊{}笔、购药{}笔；当月撤销{}笔，清算后撤销{}笔；审核扣款{}笔",
            self.stays, self.bills, self.purchases, self.cancelled, self.cancelled_late, self.deductions
        )?;
        writeln!(
            f,
            "清算：确认{}次，争议成立{}件、不成立{}件；预付金{}笔，紧急调增{}件",
            self.answers, self.upheld, self.rejected, self.prepayments, self.increases
        )?;
        writeln!(
            f,
            "划拨：通知书{}份，划拨单{}份，银行划拨{}元；期限因节假日变动{}份；分次划拨{}份，退汇{}笔，手续费{}笔，对账单{}份",
            self.notices,
            self.orders,
            self.moved,
            self.moved_deadlines,
            self.in_parts,
            self.returned,
            self.fees,
            self.statements
        )?;
        writeln!(
            f,
            "催缴：催缴函{}封，暂停{}次，医院被告知暂停原因{}次",
            self.letters, self.suspensions, self.turned_away
        )?;
        write!(
            f,
            "账：记账凭证{}张，逐一说明科目{}个，资金核验{}项",
            self.vouchers, self.accounts, self.proved
        )
    }
}

/// How a year ended.
pub struct Ended {
    /// What was counted.
    pub figures: Figures,
    /// What does not hold, in Chinese sentences; empty if every account is explained.
    pub failed: Vec<String>,
}

/// A settlement as the hospital was told of it.
#[derive(Clone, Debug)]
struct Made {
    id: SettlementId,
    visit: VisitId,
    route: usize,
    on: Day,
    care: CareKind,
    /// What each purse pays, by its code.
    purses: BTreeMap<String, Fen>,
    standing: bool,
    /// Something has been decided about it: it is left alone.
    touched: bool,
}

impl Made {
    fn month(&self) -> Month {
        self.on.month()
    }
}

/// A deduction after audit.
#[derive(Clone, Debug)]
struct Deducted {
    made: usize,
    purse: String,
    amount: Fen,
}

/// What is to be done on a day, in the order of a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Prepayments,
    AdoptClearing(Month),
    AnswerClearing(Month),
    DecideDispute(Month),
    Increase,
    Notices,
    HandOver(Province, String),
    Pay(usize, How),
    CatchUp,
    Urge,
    Lift,
    Affair(affairs::Affair),
    Settle,
    CancelEarly,
    CancelLate,
    Audit(Month),
    CloseYear,
    /// At the end of the day.
    Late(affairs::Affair),
}

/// How the bank pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Whole,
    Half,
    InVain,
}

/// A year that is being played.
struct Year<'s> {
    world: World,
    say: Say<'s>,
    token: String,
    /// The year of the first day.
    begun_in: i16,
    /// The last day that is played; without one, until everything of the year is settled.
    until: Option<Day>,
    seed: u64,
    a_month: usize,
    bank: Bank,
    dice: Dice,
    routes: Vec<Route>,
    /// The pharmacy of each province that has one.
    pharmacies: BTreeMap<Province, InstitutionCode>,
    /// Which care people get.
    mix: care::Mix,
    /// Routes whose policy lacks values for a care.
    without_policy: BTreeSet<(usize, CareKind)>,
    /// Those who have a chronic disease, registered.
    with_disease: BTreeSet<usize>,
    made: Vec<Made>,
    deducted: Vec<Deducted>,
    /// Prepayments in force: what was set, and by how much it was increased.
    prepaid: BTreeMap<(funds::Pair, InsuranceScheme), Fen>,
    agenda: BTreeMap<Day, BTreeSet<Deed>>,
    /// Orders that somebody knows of.
    orders: BTreeSet<String>,
    money: money::Affairs,
    desks: affairs::Desks,
    suspended: Option<Province>,
    disputed: Option<(Province, usize)>,
    figures: Figures,
    failed: Vec<String>,
}

/// Plays a year and says how it ended.
///
/// # Errors
/// What made it impossible to go on.
pub async fn play(options: Options, say: Say<'_>) -> Result<Ended, Trouble> {
    let mut year = Year::begin(options, say).await?;
    let twelve: Vec<Month> = (1..=12).filter_map(|month| Month::new(YEAR, month)).collect();
    year.plan(&twelve);
    let played = year.days(&|_, _| {}).await;
    let closed = match played {
        Ok(()) => year.end().await,
        Err(trouble) => Err(trouble),
    };
    let (figures, failed) = (year.figures, std::mem::take(&mut year.failed));
    year.world.stop().await;
    closed.map(|()| Ended { figures, failed })
}

impl Year<'_> {
    /// What is due in these months, of which the first is a January, and of them after their end.
    fn plan(&mut self, months: &[Month]) {
        for &month in months {
            let day = |days: i32| month.first_day().plus_days(days);
            for settles in [4, 11, 17, 25] {
                self.at(day(settles), Deed::Settle);
            }
            self.at(day(17), Deed::Urge);
            self.at(day(28), Deed::Urge);
            self.plan_clearing(month);
            let number = month.number() % 100;
            if number % 3 == 2 {
                self.at(day(17), Deed::CancelEarly);
            }
            if [3, 6, 9].contains(&number) {
                self.at(day(25), Deed::CancelLate);
                self.at(day(26), Deed::Audit(day(-1).month()));
            }
        }
        let january = Day::new(self.begun_in, 1, 1).expect("a day");
        self.at(january.plus_days(11), Deed::Prepayments);
        self.at(Day::new(self.begun_in + 1, 3, 1).expect("a day"), Deed::CloseYear);
    }

    fn at(&mut self, day: Day, deed: Deed) {
        self.agenda.entry(day).or_default().insert(deed);
    }

    /// Day by day, as far as something is due. Whoever waits is told when another month begins, and what was counted so far.
    async fn days(&mut self, begins: &(dyn Fn(Month, &Figures) + Sync)) -> Result<(), Trouble> {
        let begun = self.today();
        let mut month = None;
        while let Some((day, deeds)) = self.agenda.pop_first() {
            if self.until.is_some_and(|until| day > until) {
                // Left to whoever is there then.
                self.agenda.insert(day, deeds);
                break;
            }
            if self.until.is_none() && day.year() > self.begun_in + 1 {
                let left: usize = self.agenda.values().map(BTreeSet::len).sum();
                return Err(Trouble(format!(
                    "{}年的{}件事到{day}仍未办结：{deeds:?}",
                    self.begun_in,
                    left + deeds.len()
                )));
            }
            self.go_to(day)?;
            if month.replace(day.month()) != Some(day.month()) {
                begins(day.month(), &self.figures);
                self.new_month(day.month()).await?;
            }
            self.figures.busy_days += 1;
            // What clerks and the bank do about orders needs nothing that machines do; they catch up on the next day.
            if deeds.iter().any(|deed| !matches!(deed, Deed::HandOver(..) | Deed::Pay(..))) {
                self.keep_timetables().await;
            }
            for deed in deeds {
                self.do_it(deed).await?;
            }
            self.tell_statements().await?;
        }
        self.figures.days = begun.days_until(self.today()) + 1;
        Ok(())
    }

    async fn do_it(&mut self, deed: Deed) -> Result<(), Trouble> {
        match deed {
            Deed::Prepayments => self.set_prepayments().await,
            Deed::AdoptClearing(month) => self.adopt_clearing(month).await,
            Deed::AnswerClearing(month) => self.answer_clearing(month).await,
            Deed::DecideDispute(month) => self.decide_dispute(month).await,
            Deed::Increase => self.increase().await,
            Deed::Notices => self.take_notices().await,
            Deed::HandOver(payer, number) => self.hand_over(payer, &number).await,
            Deed::Pay(number, how) => self.pay(number, how),
            Deed::CatchUp => {
                self.catch_up();
                Ok(())
            }
            Deed::Urge => self.urge().await,
            Deed::Lift => self.lift().await,
            Deed::Settle => self.settle_some().await,
            Deed::CancelEarly => self.cancel(true).await,
            Deed::CancelLate => self.cancel(false).await,
            Deed::Audit(month) => self.audit(month).await,
            Deed::CloseYear => self.close_year().await,
            Deed::Affair(affair) | Deed::Late(affair) => {
                // A history is not worse for one of them: whoever grows it is told.
                if let Err(Trouble(why)) = Box::pin(self.see_to(affair)).await {
                    self.failed.push(format!("{}：{why}", self.today()));
                }
                Ok(())
            }
        }
    }

    fn today(&self) -> Day {
        self.world.clock.now().day()
    }

    /// A day begins: offices open.
    fn go_to(&self, day: Day) -> Result<(), Trouble> {
        // A clock that goes on by itself may have passed midnight meanwhile.
        if day < self.today() && self.until.is_none() {
            return Err(Trouble(format!("{day}已经过去")));
        }
        self.wait_until(day.start().plus_millis(hours::OPENING));
        Ok(())
    }

    /// Lets time pass up to a moment, but in a history no further than it is now.
    fn wait_until(&self, moment: Moment) {
        let moment = if self.until.is_some() { moment.min(self.now_outside()) } else { moment };
        self.world.clock.pass_until(moment);
    }

    /// What time it is where nobody travels.
    fn now_outside(&self) -> Moment {
        let clock = &self.world.clock;
        clock.now().plus_millis(clock.behind_millis())
    }

    async fn new_month(&mut self, month: Month) -> Result<(), Trouble> {
        (self.say)(&format!("\n【{month}】"));
        let now = self.world.clock.now();
        self.world.hub.context.store.make_months(now).await?;
        for side in self.world.provinces.values() {
            side.node.context.store.make_months(now).await?;
        }
        Ok(())
    }

    /// What every node does by itself: each in its own time, the hub last.
    async fn keep_timetables(&self) {
        let mut all = JoinSet::new();
        for side in self.world.provinces.values() {
            let node = std::sync::Arc::clone(&side.node);
            all.spawn(async move { node.keep_timetable().await });
        }
        while all.join_next().await.is_some() {}
        self.world.hub.keep_timetable().await;
    }

    /// The year at the hub and at every node (年度清算、年终结转).
    async fn close_year(&mut self) -> Result<(), Trouble> {
        let year = self.begun_in;
        self.desk(Participant::Hub).post::<Value>(&format!("clearing-years/{year}/close"), json!({})).await?;
        for province in self.provinces() {
            let desk = self.desk(Participant::Province(province));
            desk.post::<MadeVouchers>("ledger/years", json!({ "year": year })).await?;
        }
        (self.say)(&format!("{year}年度清算完毕，各省年终结转"));
        Ok(())
    }

    /// The last of all: nothing waits, everything holds, every account is explained.
    async fn end(&mut self) -> Result<(), Trouble> {
        self.keep_timetables().await;
        self.world.until_quiet().await?;
        (self.say)("\n【核对】");
        let mut failed = checks::failures(&self.world).await?;
        failed.extend(self.explain().await?);
        failed.extend(self.prove().await?);
        self.figures.vouchers = self.count_vouchers().await?;
        self.failed.extend(failed);
        Ok(())
    }

    async fn prove(&mut self) -> Result<Vec<String>, Trouble> {
        let mut failed = Vec::new();
        for participant in self.participants() {
            let desk = self.desk(participant);
            let proof: Proof = desk.wait("prove", json!({})).await?;
            self.figures.proved += proof.checked;
            let wrong = proof.checks.iter().filter_map(|check| check.difference.as_ref());
            failed.extend(wrong.map(|difference| format!("[{participant}]资金核验：{difference}")));
        }
        Ok(failed)
    }

    async fn count_vouchers(&self) -> Result<usize, Trouble> {
        let mut count = 0;
        for participant in self.participants() {
            let desk = self.desk(participant);
            let mut after = String::new();
            loop {
                let page: LedgerVouchers = desk.get(&format!("ledger/vouchers?{after}")).await?;
                count += page.vouchers.len();
                match page.next {
                    Some(next) => after = format!("after={next}"),
                    None => break,
                }
            }
        }
        Ok(count)
    }

    fn provinces(&self) -> Vec<Province> {
        self.world.provinces.keys().copied().collect()
    }

    fn participants(&self) -> Vec<Participant> {
        let provinces = self.provinces().into_iter().map(Participant::Province);
        std::iter::once(Participant::Hub).chain(provinces).collect()
    }

    /// The clerks of a node.
    fn desk(&self, participant: Participant) -> Desk {
        Desk::of(&self.world, participant, &self.token, "核对账户")
    }
}

/// The name of a province.
fn name(province: Province) -> String {
    province.division().full_name()
}

/// A linear congruential generator (Knuth's MMIX), of which the upper bits are used.
struct Dice(u64);

impl Dice {
    /// A number below `sides`, which is above nothing.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}
