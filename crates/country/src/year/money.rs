//! The money of a year: prepayments are set and increased, orders handed over and paid by the bank, late payers urged, one of them
//! suspended until it has paid.

use super::{Deed, How, Year, land, name};
use crate::world::Trouble;
use funds::Pair;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use terms::{Day, Fen, InsuranceScheme, Participant, Province, WorkingDays};
use wire::api::{
    bank::{BankFile, TakenStatements},
    payment_order::{PaymentOrderView, PaymentOrders},
    prepayment::{IncreaseView, PrepaymentPositions, PrepaymentYearView},
    urging::{LetterView, SuspensionView, Urgings},
};

/// What is set for a pair and scheme at the beginning of the year.
const PREPAYMENT: Fen = Fen::yuan(60_000);
/// What is set for the first of them: not enough.
const TOO_LITTLE: Fen = Fen::yuan(3_000);
/// In a history it is the first of every so many, so that its lights have all colours.
const LITTLE_EVERY: usize = 5;
/// How many emergency increases there are at most.
const INCREASES: usize = 2;
/// A fee of the bank.
const FEE: Fen = Fen(550);

/// Who pays how, and what is under way.
#[derive(Debug, Default)]
pub(super) struct Affairs {
    debtor: Option<Province>,
    late: Option<Province>,
    withheld: Vec<(Province, String)>,
    paid_up: bool,
    in_parts: bool,
    in_vain: bool,
    closed: BTreeSet<usize>,
    instructions: usize,
    increased: BTreeSet<(Pair, InsuranceScheme)>,
    told_holiday: Option<Day>,
}

impl Affairs {
    /// Who of the insured provinces does not pay in spring, and who is late in summer.
    pub(super) fn cast(&mut self, insured: &BTreeSet<Province>) {
        self.debtor = insured.iter().nth(1).or(insured.iter().next()).copied();
        self.late = insured.iter().next_back().copied();
    }

    /// Whether a prepayment was increased before.
    pub(super) fn has_increased(&self, pair: Pair, scheme: InsuranceScheme) -> bool {
        self.increased.contains(&(pair, scheme))
    }
}

/// The day so many working days later.
fn working_days_later(day: Day, days: u16) -> Day {
    WorkingDays::published().due(day, days).day
}

/// The same if there were no holidays.
fn weekdays_later(day: Day, days: u16) -> Day {
    let (mut day, mut left) = (day, days);
    while left > 0 {
        day = day.plus_days(1);
        left -= u16::from(!day.is_weekend());
    }
    day
}

fn owner(account: &str) -> Result<Province, Trouble> {
    let code = account.get(..6).unwrap_or_default();
    code.parse().map_err(|_| Trouble(format!("账户[{account}]没有所属的省")))
}

impl Year<'_> {
    /// In January the hub has drafted the year by itself; there is no last year, so people set the amounts, and adopt.
    pub(super) async fn set_prepayments(&mut self) -> Result<(), Trouble> {
        let (hub, year) = (self.desk(Participant::Hub), self.begun_in);
        let of_routes = self.routes.iter().map(|route| (route.pair, route.patient.scheme));
        let all: BTreeSet<(Pair, InsuranceScheme)> = of_routes.collect();
        for (at, (pair, scheme)) in all.into_iter().enumerate() {
            let is_little = if self.until.is_some() { at.is_multiple_of(LITTLE_EVERY) } else { at == 0 };
            let amount = if is_little { TOO_LITTLE } else { PREPAYMENT };
            let body = json!({
                "insured": pair.insured, "treatment": pair.treatment, "scheme": scheme,
                "amount": amount.to_string(), "reason": "首年协商核定",
            });
            hub.post::<Value>(&format!("prepayments/years/{year}/set"), body).await?;
            self.prepaid.insert((pair, scheme), amount);
        }
        let drafted: PrepaymentYearView = hub.get(&format!("prepayments/years/{year}")).await?;
        let path = format!("prepayments/years/{year}/adopt");
        let adopted: PrepaymentYearView = hub.post(&path, json!({ "round": drafted.round })).await?;
        self.figures.prepayments = self.prepaid.len();
        (self.say)(&format!(
            "{year}年度预付金{}笔已核定，{}前完成",
            self.prepaid.len(),
            adopted.timetable.completed_by
        ));
        self.take_notices().await
    }

    /// Where a prepayment is red, the treatment province asks for more, and the hub accepts.
    pub(super) async fn increase(&mut self) -> Result<(), Trouble> {
        // Of a history something is left to decide.
        let most = if self.until.is_some() { 1 } else { INCREASES };
        for treatment in self.provinces() {
            if self.figures.increases >= most {
                return Ok(());
            }
            let desk = self.desk(Participant::Province(treatment));
            let found: PrepaymentPositions = desk.post("prepayments/compute", json!({})).await?;
            let red = found.positions.into_iter().find(|one| {
                let pair = Pair { insured: one.insured.code.province(), treatment };
                let of = (pair, one.scheme);
                one.light == "red"
                    && one.treatment.code == treatment.division()
                    && self.prepaid.contains_key(&of)
                    && !self.money.increased.contains(&of)
            });
            let Some(red) = red else { continue };
            let of = (Pair { insured: red.insured.code.province(), treatment }, red.scheme);
            let body = json!({
                "insured": of.0.insured, "scheme": red.scheme, "amount": red.lacks, "reason": "住院人次增长",
                "signed_on": self.today().plus_days(-2),
            });
            let applied: IncreaseView = desk.post("prepayments/increases", body).await?;
            let path = format!("prepayments/increases/{}/accept", applied.id);
            let hub = self.desk(Participant::Hub);
            let accepted: IncreaseView = hub.post(&path, json!({ "reason": "核定" })).await?;
            let more: Option<Fen> = accepted.accepted.as_ref().and_then(|amount| amount.parse().ok());
            let more = more.ok_or_else(|| Trouble("紧急调增没有核定金额".to_owned()))?;
            *self.prepaid.entry(of).or_default() += more;
            self.money.increased.insert(of);
            self.figures.increases += 1;
            (self.say)(&format!(
                "{}在{}的预付金{}（使用率{}），紧急调增{more}元",
                red.insured.name, red.treatment.name, red.light_name, red.owed_rate
            ));
        }
        self.take_notices().await
    }

    /// Provinces pull what the hub has issued, and each payer plans when to hand over.
    pub(super) async fn take_notices(&mut self) -> Result<(), Trouble> {
        self.keep_timetables().await;
        let today = self.today();
        let mut new = 0;
        for province in self.provinces() {
            let desk = self.desk(Participant::Province(province));
            let found: PaymentOrders = desk.get("orders?stage=received").await?;
            for order in found.orders {
                if !self.orders.insert(order.number.clone()) {
                    continue;
                }
                new += 1;
                if self.is_left_lying(province, &order) {
                    continue;
                }
                let in_spring = (3..=5).any(|month| self.is_of(&order.number, month));
                if in_spring && self.money.debtor == Some(province) && !self.money.paid_up {
                    self.money.withheld.push((province, order.number));
                } else {
                    self.at(working_days_later(today, 2), Deed::HandOver(province, order.number));
                }
            }
        }
        if new > 0 {
            (self.say)(&format!("{today}收到通知书，生成划拨单{new}份"));
        }
        Ok(())
    }

    /// Whether an order is of the clearing of this month of the first year.
    fn is_of(&self, order: &str, month: i16) -> bool {
        order.starts_with(&format!("QS{}{month:02}", self.begun_in))
    }

    /// A payer hands an order over to finance, which gives the bank its file.
    pub(super) async fn hand_over(&mut self, payer: Province, number: &str) -> Result<(), Trouble> {
        let today = self.today();
        let desk = self.desk(Participant::Province(payer));
        let handed = desk.post::<PaymentOrderView>(&format!("orders/{number}/hand-over"), json!({})).await;
        let handed = match handed {
            Err(why) if why.0.contains("存款余额") => {
                (self.say)(&format!("{}：{number}待资金到位", name(payer)));
                self.at(working_days_later(today, 5), Deed::HandOver(payer, number.to_owned()));
                return Ok(());
            }
            handed => handed?,
        };
        let due = handed.due.map(|due| due.on);
        if due.is_some_and(|due| due != weekdays_later(today, 10)) {
            self.figures.moved_deadlines += 1;
            if self.money.told_holiday != due {
                (self.say)(&format!(
                    "{today}提交财政，因节假日和调休划拨期限为{}（仅按周末计为{}）",
                    due.expect("it was compared"),
                    weekdays_later(today, 10)
                ));
                self.money.told_holiday = due;
            }
        }
        let file: BankFile = desk.get(&format!("orders/{number}/bank-file?reveal=true")).await?;
        let instruction = self.bank.instruct(&file.file)?;
        self.money.instructions = self.money.instructions.max(instruction + 1);
        self.figures.orders += 1;
        if self.desks.unpaid.contains(number) {
            return Ok(());
        }
        let soon = working_days_later(today, 4);
        if self.money.late == Some(payer) && self.is_of(number, 7) {
            let late = working_days_later(due.unwrap_or(soon), 3);
            self.at(late, Deed::Pay(instruction, How::Whole));
        } else if !self.money.in_parts && self.is_of(number, 8) {
            self.money.in_parts = true;
            self.at(soon, Deed::Pay(instruction, How::Half));
            self.at(working_days_later(soon, 2), Deed::Pay(instruction, How::Whole));
        } else if !self.money.in_vain && self.is_of(number, 9) {
            self.money.in_vain = true;
            self.at(soon, Deed::Pay(instruction, How::InVain));
            self.at(working_days_later(soon, 2), Deed::Pay(instruction, How::Whole));
        } else {
            self.at(soon, Deed::Pay(instruction, How::Whole));
        }
        Ok(())
    }

    /// The bank pays.
    pub(super) fn pay(&mut self, number: usize, how: How) -> Result<(), Trouble> {
        let today = self.today();
        let instruction = self.bank.instruction(number).clone();
        let rest = instruction.rest();
        match how {
            How::Whole => self.bank.pay(number, rest, today)?,
            How::Half => {
                self.bank.pay(number, Fen(rest.0 / 2), today)?;
                self.bank.charge(&instruction.payer, FEE, today)?;
                (self.figures.in_parts, self.figures.fees) =
                    (self.figures.in_parts + 1, self.figures.fees + 1);
                (self.say)(&format!("{today}银行先付{}的一半，另收手续费{FEE}元", instruction.end_to_end));
            }
            How::InVain => {
                self.bank.pay_in_vain(number, today)?;
                self.figures.returned += 1;
                (self.say)(&format!("{today}{}退汇", instruction.end_to_end));
            }
        }
        Ok(())
    }

    /// Whoever's account has moved gets a statement of the bank; what is paid in full is written back and closed.
    pub(super) async fn tell_statements(&mut self) -> Result<(), Trouble> {
        let today = self.today();
        let untold = self.bank.untold();
        for account in &untold {
            let Some(file) = self.bank.statement(account, today) else { continue };
            let desk = self.desk(Participant::Province(owner(account)?));
            let taken: TakenStatements = desk.post("bank-statements", json!({ "file": file })).await?;
            self.figures.statements += 1;
            if taken.unidentified > 0 && !self.desks.strangers.remove(account) {
                self.failed.push(format!("{today}账户[{account}]有{}笔流水未匹配", taken.unidentified));
            }
        }
        for number in 0..self.money.instructions {
            let instruction = self.bank.instruction(number).clone();
            if !instruction.rest().is_zero() || !self.money.closed.insert(number) {
                continue;
            }
            self.figures.moved += instruction.amount;
            let order = &instruction.end_to_end;
            for (account, noun) in [(&instruction.payer, "orders"), (&instruction.payee, "receipts")] {
                let desk = self.desk(Participant::Province(owner(account)?));
                let body = json!({ "bank": "示范银行营业部", "serial": order, "traded_on": today });
                desk.post::<Value>(&format!("{noun}/{order}/write-back"), body).await?;
                desk.post::<Value>(&format!("{noun}/{order}/close"), json!({})).await?;
            }
        }
        if !untold.is_empty() {
            self.keep_timetables().await;
        }
        Ok(())
    }

    /// A clerk of the hub writes the letters that are due, and suspends whom three of them have not moved.
    pub(super) async fn urge(&mut self) -> Result<(), Trouble> {
        let (hub, today) = (self.desk(Participant::Hub), self.today());
        let standing: Urgings = hub.get("urgings").await?;
        let mut letters = BTreeMap::<(String, u8), usize>::new();
        let mut last = 0;
        for one in standing.overdue.iter().filter(|one| one.letter_due.is_some()) {
            let letter: LetterView = hub.post(&format!("urgings/{}", one.order), json!({})).await?;
            *letters.entry((one.payer_name.clone(), letter.letter)).or_default() += 1;
            if one.payer.parse().ok() == self.money.debtor {
                last = last.max(letter.letter);
            }
            self.figures.letters += 1;
        }
        for ((payer, letter), count) in letters {
            (self.say)(&format!("{today}向{payer}发出第{letter}次催缴函{count}封"));
        }
        match self.money.debtor {
            Some(debtor) if last >= 3 && self.suspended.is_none() && !self.money.paid_up => {
                self.suspend(debtor).await
            }
            _ => Ok(()),
        }
    }

    async fn suspend(&mut self, debtor: Province) -> Result<(), Trouble> {
        let hub = self.desk(Participant::Hub);
        let body = json!({ "reason": "逾期未划拨清算资金，经三次催缴", "decision": format!("示范函〔{}〕1号", self.begun_in) });
        let done: SuspensionView = hub.post(&format!("suspensions/{debtor}"), body).await?;
        self.suspended = Some(debtor);
        self.figures.suspensions += 1;
        (self.say)(&format!("{}暂停{}跨省直接结算（{}）", done.on, name(debtor), done.decision));
        let of_debtor = self.routes.iter().position(|route| route.pair.insured == debtor);
        if let Some(route) = of_debtor {
            self.turn_away(route).await?;
        }
        self.at(done.on.plus_days(12), Deed::CatchUp);
        Ok(())
    }

    /// The debtor hands over all that it has withheld.
    pub(super) fn catch_up(&mut self) {
        let today = self.today();
        self.money.paid_up = true;
        let withheld = std::mem::take(&mut self.money.withheld);
        (self.say)(&format!("{today}欠款省开始补付，划拨单{}份", withheld.len()));
        for (payer, number) in withheld {
            self.at(working_days_later(today, 1), Deed::HandOver(payer, number));
        }
        self.at(working_days_later(today, 7), Deed::Lift);
    }

    /// Once nothing of the debtor is overdue, the hub lifts.
    pub(super) async fn lift(&mut self) -> Result<(), Trouble> {
        let Some(debtor) = self.suspended else { return Ok(()) };
        let hub = self.desk(Participant::Hub);
        let standing: Urgings = hub.get("urgings").await?;
        if standing.overdue.iter().any(|one| one.payer.parse().ok() == Some(debtor)) {
            self.at(working_days_later(self.today(), 2), Deed::Lift);
            return Ok(());
        }
        let body =
            json!({ "reason": "欠款已全部划拨", "decision": format!("示范函〔{}〕2号", self.begun_in) });
        hub.post::<SuspensionView>(&format!("suspensions/{debtor}/lift"), body).await?;
        self.suspended = None;
        (self.say)(&format!("{}恢复{}跨省直接结算", self.today(), name(debtor)));
        Ok(())
    }

    /// The account of a province and scheme at the bank, and whose it is.
    pub(super) fn accounts(&self) -> Vec<(Province, InsuranceScheme, String)> {
        let of = |province| land::SCHEMES.map(|scheme| (province, scheme, land::account(province, scheme)));
        self.provinces().into_iter().flat_map(of).collect()
    }
}
