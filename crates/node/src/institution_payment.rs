//! Payment of institutions (拨付定点医药机构): what an institution has confirmed of a month (3261) is drafted, adopted by a clerk, ordered at
//! the bank in one or more instalments, and what was withheld or held as a deposit is decided at the end of the year.
//!
//! Adopting takes the confirmations in: from then on they are cleared, and cannot be taken back (3262). What is confirmed later is
//! another payment of the same month. A draft writes nothing and may be made as often as one likes. All of an institution's payments
//! are made one after the other.

use crate::{
    apportioning,
    clearing_statement::rules,
    context::{Failure, Outcome},
    posting,
    province::ProvinceNode,
    reconciliation::Entry as AccountEntry,
};
use casework::{confirmation::Stage, institution::Institution};
use funds::{
    Purse,
    bank::Entry as BankEntry,
    institution_payment::{
        Basis, Budget, Draft, Line, Money, Terms,
        bank_order::{BankOrder, REFERENCE_MAX},
        draft as compute, instalment as next_part, paid_of_lines, part_of, plus, pool_of, returned_deposit,
        voucher::{
            Event, Held, adopted, ordered, paid, paid_and_returned, payment_number, returned, settled,
        },
        whole,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use store::{
    Conn, Work,
    apportioning::{self as confirmations, Confirmation, Key},
    bank, deduction,
    figures::waiting::{self, Payments, Unadopted},
    institution_payment::{self as kept, Entry, Instalment, InstalmentStage, Kind, Payment, Penalty, Whose},
};
use terms::{Day, Fen, InstitutionCode, InsuranceScheme, Month, Refusal, SettlementId, WorkingDays};
use wire::bank::pain001;

/// A month's payment before it is adopted, with what it comes from.
#[derive(Clone, Debug)]
pub struct Drafted {
    /// The institution's name.
    pub institution: Arc<Institution>,
    /// What it comes to.
    pub draft: Draft,
    /// The agreement's terms, or the rules where none was entered.
    pub terms: Terms,
    /// The confirmations (3261) that it takes in, with their lines.
    pub confirmations: Vec<String>,
    /// The deductions that it sets off.
    pub deductions: Vec<String>,
    /// Those of them that the hub has yet to take: nothing is adopted before.
    pub waiting: Vec<String>,
    /// Lines of the month that the institution has not confirmed: they are not in it.
    pub unconfirmed: usize,
}

impl Drafted {
    /// Whether there is anything to adopt.
    pub fn is_empty(&self) -> bool {
        self.confirmations.is_empty() && self.deductions.is_empty()
    }
}

fn rule(reason: impl Into<String>) -> Failure {
    Refusal::PaymentRule { reason: reason.into() }.into()
}

async fn institution(node: &ProvinceNode, code: &InstitutionCode) -> Outcome<Arc<Institution>> {
    let unknown = || Refusal::UnknownInstitution { fixmedins_code: code.to_string() }.into();
    node.institution(code).await?.ok_or_else(unknown)
}

/// The payment of a month as it would be adopted now.
pub async fn draft(node: &ProvinceNode, code: &InstitutionCode, month: Month) -> Outcome<Drafted> {
    let institution = institution(node, code).await?;
    let mut conn = node.context.store.conn().await?;
    gather(&mut conn, node, institution, month).await
}

async fn gather(
    conn: &mut Conn,
    node: &ProvinceNode,
    institution: Arc<Institution>,
    month: Month,
) -> Outcome<Drafted> {
    let today = node.context.now().day();
    let whose = (node.province, &institution.code);
    let terms = match kept::terms_on(conn, whose, month.first_day()).await? {
        Some(terms) => terms,
        None => Terms::of_rules(&rules(node)?, today),
    };
    let of_month = confirmations::of_month(conn, key(&institution, month)).await?;
    let entries = apportioning::month(conn, node, &institution, month).await?;
    let open: Vec<&Confirmation> = of_month.iter().filter(|one| one.stage == Stage::Confirmed).collect();
    let confirmed = money_of(&entries, &open);
    let held: HashSet<SettlementId> =
        of_month.iter().filter(|one| one.stage.holds()).flat_map(Confirmation::confirmed).collect();
    let deductions = deduction::open(conn, node.province, &institution.code).await?;
    let deducted = deductions.iter().fold(Money::new(), |sum, one| {
        let funds = one.deduction.funds.iter().map(|(fund, amount)| (Purse::Fund(*fund), *amount));
        let purses = funds.chain([(Purse::PersonalAccount, one.deduction.account)]);
        let money = purses.filter(|(_, amount)| !amount.is_zero());
        plus(&sum, &money.map(|(purse, amount)| ((one.scheme, purse), amount)).collect())
    });
    let mut penalties = BTreeMap::<InsuranceScheme, Fen>::new();
    for penalty in kept::penalties(conn, whose).await? {
        *penalties.entry(penalty.scheme).or_default() += penalty.amount - penalty.taken;
    }
    penalties.retain(|_, left| *left > Fen::ZERO);
    let basis = Basis {
        confirmed,
        brought: kept::left_to_give_back(conn, whose).await?,
        deducted,
        penalties,
        budgets: budgets(conn, whose, month).await?,
    };
    Ok(Drafted {
        draft: compute(&basis, terms.deposit),
        terms,
        confirmations: open.iter().map(|one| one.id.clone()).collect(),
        waiting: deductions.iter().filter(|one| one.is_waiting()).map(number_of).collect(),
        deductions: deductions.into_iter().map(|one| one.deduction.number).collect(),
        unconfirmed: entries.iter().filter(|entry| !held.contains(&entry.line.id)).count(),
        institution,
    })
}

fn number_of(recorded: &deduction::Recorded) -> String {
    recorded.deduction.number.clone()
}

fn key(institution: &Institution, month: Month) -> Key<'_> {
    Key { area: institution.place.0.pooling_area(), institution: &institution.code, month }
}

/// What confirmed lines come to, by scheme and purse.
pub(crate) fn money_of(entries: &[AccountEntry], confirmations: &[&Confirmation]) -> Money {
    let lines: HashMap<SettlementId, &AccountEntry> =
        entries.iter().map(|entry| (entry.line.id, entry)).collect();
    let mut money = Money::new();
    for id in confirmations.iter().flat_map(|one| one.confirmed()) {
        let entry = lines.get(&id).expect("a confirmed line is one of a month that is over");
        for (key, amount) in purses_of(entry) {
            *money.entry(key).or_default() += amount;
        }
    }
    money.retain(|_, amount| !amount.is_zero());
    money
}

fn purses_of(entry: &AccountEntry) -> Vec<((InsuranceScheme, Purse), Fen)> {
    let line = &entry.line;
    let funds = line.funds.iter().map(|(fund, amount)| (Purse::Fund(*fund), *amount));
    let purses = funds.chain([(Purse::PersonalAccount, line.account)]);
    purses
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(purse, amount)| ((line.scheme, purse), amount))
        .collect()
}

/// The budgets of a month, with what earlier payments of the month and the year have used of them.
async fn budgets(
    conn: &mut Conn,
    whose: Whose<'_>,
    month: Month,
) -> Outcome<BTreeMap<InsuranceScheme, Budget>> {
    let entered = kept::budgets(conn, whose, month).await?;
    let payments = kept::of_institution(conn, whose, year_of(month.first_day().year())).await?;
    let used = |scheme: InsuranceScheme, of: &dyn Fn(&Payment) -> bool| -> Fen {
        let of_kind = payments.iter().filter(|payment| payment.kind == Kind::Month && of(payment));
        let lines = of_kind.filter_map(|payment| payment.lines.get(&(scheme, pool_of(scheme))));
        lines.map(|line| line.payable + line.deposit + line.penalty).sum()
    };
    let budget = |(scheme, (of_month, year)): (InsuranceScheme, (Option<Fen>, Option<Fen>))| {
        let used_of_month = used(scheme, &|payment| payment.month == month);
        let month = of_month.map(|amount: Fen| (amount - used_of_month).or_zero());
        (scheme, Budget { month, year, used: used(scheme, &|_| true) })
    };
    Ok(entered.into_iter().map(budget).collect())
}

/// The first and last month of a year.
fn year_of(year: i16) -> (Month, Month) {
    let month = |number| Month::new(year, number).expect("a month of a year");
    (month(1), month(12))
}

/// Adopts the payment of a month: confirmations are cleared, deductions set off, what is not payable leaves what is owed. If there is
/// nothing new to adopt, the last payment of the month is the answer.
pub async fn adopt(node: &ProvinceNode, code: &InstitutionCode, month: Month, by: &str) -> Outcome<Payment> {
    let institution = institution(node, code).await?;
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    kept::hold(&mut work, (node.province, code)).await?;
    confirmations::hold(&mut work, key(&institution, month)).await?;
    let before = kept::of_institution(work.conn(), (node.province, code), (month, month)).await?;
    let before: Vec<Payment> = before.into_iter().filter(|one| one.kind == Kind::Month).collect();
    let drafted = gather(work.conn(), node, Arc::clone(&institution), month).await?;
    if drafted.is_empty() {
        let nothing =
            || rule(format!("机构[{code}]{month}没有已确认而未拨付的清分明细，请先由机构以3261确认"));
        return before.into_iter().next_back().ok_or_else(nothing);
    }
    if let Some(waiting) = drafted.waiting.first() {
        // The hub may refuse it, and then nothing may have been set off.
        return Err(rule(format!("审核扣款[{waiting}]尚待国家清算受理，请在受理后再审定")));
    }
    let number = payment_number(&format!("BF{}", month.number()), code, before.len() + 1)
        .ok_or_else(|| rule("机构编号含有不能用于凭证编号的字符，请先更正机构编号"))?;
    let within = rules(node)?.institution_pay_working_days;
    let payment = Payment {
        number,
        institution: code.clone(),
        kind: Kind::Month,
        month,
        deposit: drafted.terms.deposit,
        source: drafted.terms.source.clone(),
        score: None,
        lines: drafted.draft.lines.clone(),
        adopted: Entry { by: by.to_owned(), at: now },
        due: WorkingDays::published().due(now.day(), within).day,
    };
    kept::insert(&mut work, node.province, &payment).await?;
    for id in &drafted.confirmations {
        kept::take_confirmation(&mut work, key(&institution, month), id, &payment.number).await?;
    }
    deduction::set_off(&mut work, node.province, &drafted.deductions, &payment.number).await?;
    take_penalties(&mut work, (node.province, code), &drafted.draft).await?;
    posting::post(node, &mut work, adopted(&event(node, &payment, now.day(), by), &drafted.draft)).await?;
    work.save().await?;
    Ok(payment)
}

/// The oldest penalties are taken first.
async fn take_penalties(work: &mut Work, whose: Whose<'_>, draft: &Draft) -> Outcome<()> {
    let mut left: BTreeMap<InsuranceScheme, Fen> = draft
        .lines
        .iter()
        .map(|((scheme, _), line)| (*scheme, line.penalty))
        .fold(BTreeMap::new(), |mut sums, (scheme, taken)| {
            *sums.entry(scheme).or_default() += taken;
            sums
        });
    for penalty in kept::penalties(work.conn(), whose).await? {
        let left = left.entry(penalty.scheme).or_default();
        let taken = (penalty.amount - penalty.taken).min(*left);
        if taken > Fen::ZERO {
            *left -= taken;
            kept::set_taken(work, whose, &penalty.reference, penalty.taken + taken).await?;
        }
    }
    Ok(())
}

fn event<'a>(node: &ProvinceNode, payment: &'a Payment, day: Day, by: &'a str) -> Event<'a> {
    Event {
        province: node.province,
        number: &payment.number,
        institution: &payment.institution,
        day,
        recorded_at: node.context.now(),
        by,
    }
}

/// A payment with its instalments.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The payment.
    pub payment: Payment,
    /// What was ordered of it.
    pub instalments: Vec<Instalment>,
}

impl Standing {
    /// What was ordered and did not come back.
    pub fn ordered(&self) -> Money {
        self.sum(|stage| matches!(stage, InstalmentStage::Ordered | InstalmentStage::Paid))
    }

    /// What was really paid.
    pub fn paid(&self) -> Money {
        self.sum(|stage| stage == InstalmentStage::Paid)
    }

    fn sum(&self, is_in: impl Fn(InstalmentStage) -> bool) -> Money {
        let instalments = self.instalments.iter().filter(|one| is_in(one.stage));
        instalments.fold(Money::new(), |sum, one| plus(&sum, &one.money))
    }

    /// What is payable and was not ordered yet.
    pub fn left(&self) -> Fen {
        whole(&self.payment.money(|line| line.payable)) - whole(&self.ordered())
    }
}

/// The payment with this number.
pub async fn find(node: &ProvinceNode, number: &str) -> Outcome<Standing> {
    let mut conn = node.context.store.conn().await?;
    standing(&mut conn, node, number).await
}

async fn standing(conn: &mut Conn, node: &ProvinceNode, number: &str) -> Outcome<Standing> {
    let unknown = || Refusal::UnknownPayment { number: number.chars().take(60).collect() };
    let payment = kept::find(conn, node.province, number).await?.ok_or_else(unknown)?;
    let instalments = kept::instalments(conn, node.province, std::slice::from_ref(&payment.number)).await?;
    Ok(Standing { payment, instalments })
}

/// The payments of a month.
pub async fn of_month(node: &ProvinceNode, month: Month) -> Outcome<Vec<Standing>> {
    let mut conn = node.context.store.conn().await?;
    let payments = kept::of_month(&mut conn, node.province, month).await?;
    with_instalments(&mut conn, node, payments).await
}

/// The payments that wait to be ordered, or for what the bank has done, of institutions that stand in these divisions, in the order in
/// which they are due.
pub async fn unpaid(node: &ProvinceNode, which: Payments, divisions: (u32, u32)) -> Outcome<Vec<Standing>> {
    let mut conn = node.context.store.conn().await?;
    let (_, _, numbers) = waiting::unpaid(&mut conn, node.province, which, divisions).await?;
    let payments = kept::of_numbers(&mut conn, node.province, &numbers).await?;
    with_instalments(&mut conn, node, payments).await
}

/// The months that institutions in these divisions have confirmed, and for which nobody has adopted a payment.
pub async fn unadopted(node: &ProvinceNode, divisions: (u32, u32)) -> Outcome<Vec<Unadopted>> {
    Ok(waiting::unadopted(&mut *node.context.store.conn().await?, divisions).await?)
}

async fn with_instalments(
    conn: &mut Conn,
    node: &ProvinceNode,
    payments: Vec<Payment>,
) -> Outcome<Vec<Standing>> {
    let numbers: Vec<String> = payments.iter().map(|payment| payment.number.clone()).collect();
    let mut by_payment = HashMap::<String, Vec<Instalment>>::new();
    for instalment in kept::instalments(conn, node.province, &numbers).await? {
        by_payment.entry(instalment.payment.clone()).or_default().push(instalment);
    }
    let with = |payment: Payment| Standing {
        instalments: by_payment.remove(&payment.number).unwrap_or_default(),
        payment,
    };
    Ok(payments.into_iter().map(with).collect())
}

/// Orders an instalment at the bank: the whole rest if no amount is said. The same number with the same amount again is the same
/// order.
pub async fn order(
    node: &ProvinceNode,
    number: &str,
    (instalment, amount): (u16, Option<Fen>),
    by: &str,
) -> Outcome<Standing> {
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    let before = hold(&mut work, node, number).await?;
    if let Some(known) = before.instalments.iter().find(|one| one.number == instalment) {
        let is_same = amount.is_none_or(|amount| amount == whole(&known.money));
        return if is_same {
            Ok(before)
        } else {
            Err(rule("该期次已按另一金额下达，请用下一期次"))
        };
    }
    if usize::from(instalment) != before.instalments.len() + 1 {
        return Err(rule(format!("下一期次应为{}", before.instalments.len() + 1)));
    }
    let whose = (node.province, &before.payment.institution);
    if kept::account(work.conn(), whose).await?.is_none() {
        return Err(rule("该机构没有登记收款账户，请先登记"));
    }
    let payable = before.payment.money(|line| line.payable);
    let asked = amount.unwrap_or_else(|| before.left());
    let money = next_part(&payable, &before.ordered(), asked)
        .ok_or_else(|| rule(format!("尚未下达的金额为{}，请核对拨付金额", before.left())))?;
    let made = Instalment {
        payment: before.payment.number.clone(),
        number: instalment,
        stage: InstalmentStage::Ordered,
        money,
        ordered: Entry { by: by.to_owned(), at: now },
        bank: None,
        ended: None,
    };
    kept::put_instalment(&mut work, node.province, &made).await?;
    let vouchers = ordered(&event(node, &before.payment, now.day(), by), instalment, &made.money);
    let after = standing(work.conn(), node, number).await?;
    posting::post(node, &mut work, vouchers).await?;
    work.save().await?;
    Ok(after)
}

/// Holds the payments of the institution of a payment.
async fn hold(work: &mut Work, node: &ProvinceNode, number: &str) -> Outcome<Standing> {
    let payment = standing(work.conn(), node, number).await?.payment;
    kept::hold(work, (node.province, &payment.institution)).await?;
    standing(work.conn(), node, number).await
}

/// What the bank says of an instalment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankSays {
    /// Paid, or sent back.
    pub paid: bool,
    /// 交易流水号.
    pub reference: String,
    /// The day of the transaction.
    pub day: Day,
    /// Who enters it.
    pub by: String,
}

/// Enters what the bank says of an instalment. The same again changes nothing.
pub async fn enter_bank(
    node: &ProvinceNode,
    number: &str,
    instalment: u16,
    says: BankSays,
) -> Outcome<Standing> {
    let mut work = node.context.store.begin().await?;
    let after = enter_bank_in(node, &mut work, number, instalment, says).await?;
    work.save().await?;
    Ok(after)
}

async fn enter_bank_in(
    node: &ProvinceNode,
    work: &mut Work,
    number: &str,
    instalment: u16,
    says: BankSays,
) -> Outcome<Standing> {
    let now = node.context.now();
    let before = hold(work, node, number).await?;
    let known = before.instalments.iter().find(|one| one.number == instalment);
    let unknown =
        || Refusal::UnknownPayment { number: format!("{}第{instalment}期", before.payment.number) };
    let known = known.ok_or_else(unknown)?.clone();
    let stage = if says.paid { InstalmentStage::Paid } else { InstalmentStage::Returned };
    if known.stage == stage && known.bank.as_ref().is_some_and(|(reference, _)| *reference == says.reference)
    {
        return Ok(before);
    }
    if known.stage != InstalmentStage::Ordered {
        return Err(rule(format!("第{instalment}期当前为[{}]，不能再登记银行回单", known.stage.chinese())));
    }
    if says.day > now.day() || says.day < known.ordered.at.day() {
        return Err(rule("交易日期应在下达之日与今日之间，请核对"));
    }
    let after = Instalment {
        stage,
        bank: Some((says.reference, says.day)),
        ended: Some(Entry { by: says.by.clone(), at: now }),
        ..known
    };
    kept::put_instalment(work, node.province, &after).await?;
    let event = event(node, &before.payment, says.day, &says.by);
    let say = if says.paid { paid } else { returned };
    let vouchers = say(&event, instalment, &after.money);
    let after = standing(work.conn(), node, number).await?;
    posting::post(node, work, vouchers).await?;
    Ok(after)
}

/// Hears from a statement what the bank has done about a scheme's part of an instalment. The instalment follows once the bank has
/// said the same of all its schemes; `true` if it has now.
pub async fn hear_entry(
    node: &ProvinceNode,
    work: &mut Work,
    (order, is_paid): (&BankOrder, bool),
    entry: &BankEntry,
    by: &str,
) -> Outcome<bool> {
    let BankOrder { payment, instalment, scheme, .. } = order;
    let standing = hold(work, node, payment).await?;
    let found = standing.instalments.iter().find(|one| one.number == *instalment);
    let found = found.expect("an order is of an instalment");
    let money = &found.money;
    let schemes: BTreeSet<InsuranceScheme> =
        BankOrder::of_instalment((payment, *instalment), money, "").iter().map(|one| one.scheme).collect();
    if found.stage == InstalmentStage::Paid {
        if is_paid || schemes.len() > 1 {
            return Err(rule("该期次已登记付出，请人工核对后更正"));
        }
        came_back(node, work, &standing, found, entry, by).await?;
        return Ok(true);
    }
    let mut said = BTreeMap::from([(*scheme, entry.reference.clone())]);
    for other in bank::of_instalment(work.conn(), node.province, (payment, *instalment)).await? {
        let is_same = matches!(other.matter, bank::Matter::Institution { paid, .. } if paid == is_paid);
        if !is_same || said.insert(other.scheme, other.entry.reference).is_some() {
            return Err(rule("该期次已有另一笔银行流水，且结果不一致，请人工登记银行回单"));
        }
    }
    if !schemes.iter().all(|scheme| said.contains_key(scheme)) {
        return Ok(false);
    }
    let references: Vec<String> = said.into_values().collect();
    let says =
        BankSays { paid: is_paid, reference: references.join("、"), day: entry.on, by: by.to_owned() };
    enter_bank_in(node, work, payment, *instalment, says).await?;
    Ok(true)
}

// ---------------------------------------------------------------- the end of the year

/// What is held of an institution's money of a year, and what the rules would give back.
#[derive(Clone, Debug)]
pub struct YearHeld {
    /// What is held.
    pub held: Money,
    /// What the agreement or the score would give back; none if nothing says so: a person decides freely.
    pub proposed: Option<Fen>,
    /// What was decided, if it was.
    pub decided: Option<Standing>,
}

const fn kind_of(held: Held) -> Kind {
    match held {
        Held::Withheld => Kind::Withheld,
        Held::Deposit => Kind::Deposit,
    }
}

/// What is held of a year; `score` is that of the yearly assessment, for the quality deposit.
pub async fn year_held(
    node: &ProvinceNode,
    code: &InstitutionCode,
    (year, held): (i16, Held),
    score: Option<u16>,
) -> Outcome<YearHeld> {
    let mut conn = node.context.store.conn().await?;
    held_of(&mut conn, node, code, (year, held), score).await
}

async fn held_of(
    conn: &mut Conn,
    node: &ProvinceNode,
    code: &InstitutionCode,
    (year, held): (i16, Held),
    score: Option<u16>,
) -> Outcome<YearHeld> {
    let whose = (node.province, code);
    let payments = kept::of_institution(conn, whose, year_of(year)).await?;
    let of_months = payments.iter().filter(|payment| payment.kind == Kind::Month);
    let money = of_months.fold(Money::new(), |sum, payment| {
        let figure = |line: &Line| match held {
            Held::Withheld => line.withheld,
            Held::Deposit => line.deposit,
        };
        plus(&sum, &payment.money(figure))
    });
    let terms = kept::terms_on(conn, whose, year_of(year).1.first_day()).await?;
    let proposed = match held {
        Held::Withheld => terms.and_then(|terms| terms.year_end).map(|rule| rule.released(whole(&money))),
        Held::Deposit => match score {
            Some(score) => Some(returned_deposit(whole(&money), score, &rules(node)?)),
            None => None,
        },
    };
    let decided: Vec<Payment> = payments.into_iter().filter(|one| one.kind == kind_of(held)).collect();
    let decided = with_instalments(conn, node, decided).await?.pop();
    Ok(YearHeld { held: money, proposed, decided })
}

/// What a person decides about what is held of a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// How much is given back; what is proposed if nothing is said.
    pub released: Option<Fen>,
    /// The score of the yearly assessment, for the quality deposit.
    pub score: Option<u16>,
    /// Why, in words.
    pub reason: String,
    /// Who decides.
    pub by: String,
}

/// Decides what of a year's held money is given back: a payment of its own, to be ordered as any other. It is decided once.
pub async fn settle_year(
    node: &ProvinceNode,
    code: &InstitutionCode,
    (year, held): (i16, Held),
    decision: Decision,
) -> Outcome<Standing> {
    let now = node.context.now();
    let december = year_of(year).1;
    let mut work = node.context.store.begin().await?;
    kept::hold(&mut work, (node.province, code)).await?;
    let found = held_of(work.conn(), node, code, (year, held), decision.score).await?;
    if let Some(decided) = found.decided {
        let released = whole(&decided.payment.money(|line| line.payable));
        let is_same = decision.released.is_none_or(|asked| asked == released);
        return if is_same {
            Ok(decided)
        } else {
            Err(rule(format!("{year}年度已决定返还{released}，不能再改")))
        };
    }
    if now < december.next().first_day().start() {
        return Err(rule(format!("{year}年度尚未结束，请在年度结束后办理")));
    }
    let all = whole(&found.held);
    let released = decision.released.or(found.proposed);
    let released = released.ok_or_else(|| rule("协议没有约定年终处理办法，请写明返还金额"))?;
    if all.is_zero() || released < Fen::ZERO || released > all {
        return Err(rule(format!("该年度预留金额为{all}，返还金额应在零与该金额之间")));
    }
    let part = part_of(&found.held, released);
    let line = |(key, held): (&(InsuranceScheme, Purse), &Fen)| {
        let payable = part.get(key).copied().unwrap_or_default();
        (*key, Line { confirmed: *held, deducted: *held - payable, payable, ..Line::default() })
    };
    let what = match held {
        Held::Withheld => format!("ZE{year}"),
        Held::Deposit => format!("BZ{year}"),
    };
    let within = rules(node)?.institution_pay_working_days;
    let payment = Payment {
        number: payment_number(&what, code, 1).expect("a month of it was paid under its code"),
        institution: code.clone(),
        kind: kind_of(held),
        month: december,
        deposit: terms::Rate::NONE,
        source: decision.reason,
        score: decision.score.and_then(|score| i16::try_from(score).ok()),
        lines: found.held.iter().map(line).collect(),
        adopted: Entry { by: decision.by.clone(), at: now },
        due: WorkingDays::published().due(now.day(), within).day,
    };
    kept::insert(&mut work, node.province, &payment).await?;
    let (released, kept_back) = (payment.money(|line| line.payable), payment.money(|line| line.deducted));
    let vouchers = settled(&event(node, &payment, now.day(), &decision.by), held, &released, &kept_back);
    posting::post(node, &mut work, vouchers).await?;
    work.save().await?;
    Ok(Standing { payment, instalments: Vec::new() })
}

// ---------------------------------------------------------------- what the agency enters

/// Keeps what an agreement says from its day on.
pub async fn enter_terms(
    node: &ProvinceNode,
    code: &InstitutionCode,
    terms: &Terms,
    by: &str,
) -> Outcome<()> {
    institution(node, code).await?;
    let mut work = node.context.store.begin().await?;
    kept::put_terms(&mut work, (node.province, code), terms, &entry(node, by)).await?;
    Ok(work.save().await?)
}

fn entry(node: &ProvinceNode, by: &str) -> Entry {
    Entry { by: by.to_owned(), at: node.context.now() }
}

/// Keeps the bank account of an institution.
pub async fn enter_account(
    node: &ProvinceNode,
    code: &InstitutionCode,
    account: &kept::BankAccount,
    by: &str,
) -> Outcome<()> {
    institution(node, code).await?;
    let mut work = node.context.store.begin().await?;
    kept::put_account(&mut work, (node.province, code), account, &entry(node, by)).await?;
    Ok(work.save().await?)
}

/// Keeps a budget.
pub async fn enter_budget(
    node: &ProvinceNode,
    code: &InstitutionCode,
    budget: &kept::Budget,
    by: &str,
) -> Outcome<()> {
    institution(node, code).await?;
    let mut work = node.context.store.begin().await?;
    kept::add_budget(&mut work, (node.province, code), budget, &entry(node, by)).await?;
    Ok(work.save().await?)
}

/// Keeps a penalty; the same again is the same.
pub async fn enter_penalty(
    node: &ProvinceNode,
    code: &InstitutionCode,
    penalty: &Penalty,
    by: &str,
) -> Outcome<()> {
    institution(node, code).await?;
    let mut work = node.context.store.begin().await?;
    let whose = (node.province, code);
    kept::hold(&mut work, whose).await?;
    if !kept::add_penalty(&mut work, whose, penalty, &entry(node, by)).await? {
        let known = kept::penalties(work.conn(), whose).await?;
        let is_same = |one: &Penalty| {
            (&one.reference, one.scheme, one.amount) == (&penalty.reference, penalty.scheme, penalty.amount)
        };
        if !known.iter().any(is_same) {
            return Err(rule("同一决定书号已登记另一笔违约金，请更换文书号"));
        }
    }
    Ok(work.save().await?)
}

/// What the bank has yet to pay, with the accounts to be paid: what a bank's file is made of.
pub async fn orders(node: &ProvinceNode) -> Outcome<Vec<(Instalment, Payment, kept::BankAccount)>> {
    orders_in(&mut *node.context.store.conn().await?, node).await
}

async fn orders_in(
    conn: &mut Conn,
    node: &ProvinceNode,
) -> Outcome<Vec<(Instalment, Payment, kept::BankAccount)>> {
    let mut orders = Vec::new();
    for instalment in kept::ordered(conn, node.province).await? {
        let payment = kept::find(conn, node.province, &instalment.payment).await?;
        let payment = payment.expect("an instalment is of a payment");
        let account = kept::account(conn, (node.province, &payment.institution)).await?;
        let account = account.expect("nothing is ordered without an account");
        orders.push((instalment, payment, account));
    }
    Ok(orders)
}

/// What the bank has paid came back later (退汇): it is owed again.
async fn came_back(
    node: &ProvinceNode,
    work: &mut Work,
    standing: &Standing,
    known: &Instalment,
    entry: &BankEntry,
    by: &str,
) -> Outcome<()> {
    let after = Instalment {
        stage: InstalmentStage::CameBack,
        bank: Some((entry.reference.clone(), entry.on)),
        ended: Some(Entry { by: by.to_owned(), at: node.context.now() }),
        ..known.clone()
    };
    kept::put_instalment(work, node.province, &after).await?;
    let event = event(node, &standing.payment, entry.on, by);
    posting::post(node, work, paid_and_returned(&event, known.number, &known.money)).await
}

/// The same, one for each scheme: what an entry of a statement is held against. What the bank has paid may come back for a while.
pub async fn bank_orders(conn: &mut Conn, node: &ProvinceNode, entry: &BankEntry) -> Outcome<Vec<BankOrder>> {
    const BACK_WITHIN: i32 = 60;
    let mut orders = Vec::new();
    if entry.amount > Fen::ZERO {
        for instalment in kept::paid_since(conn, node.province, entry.on.plus_days(-BACK_WITHIN)).await? {
            let of = (instalment.payment.as_str(), instalment.number);
            orders.extend(BankOrder::of_instalment(of, &instalment.money, ""));
        }
    }
    for (instalment, _, account) in orders_in(conn, node).await? {
        let of = (instalment.payment.as_str(), instalment.number);
        orders.extend(BankOrder::of_instalment(of, &instalment.money, &account.number));
    }
    Ok(orders)
}

/// The file by which a bank is to pay a scheme's part of an instalment (pain.001). Made again, it is the same payment: the bank knows
/// it by its number.
pub async fn payment_file(
    node: &ProvinceNode,
    (number, instalment): (&str, u16),
    scheme: InsuranceScheme,
) -> Outcome<(String, String)> {
    let now = node.context.now();
    let mut conn = node.context.store.conn().await?;
    let orders = orders_in(&mut conn, node).await?;
    let of_instalment =
        orders.into_iter().find(|(one, _, _)| one.payment == number && one.number == instalment);
    let gone = || rule("该期次没有待银行付款的金额，请核对拨付单号和期次");
    let (kept, payment, payee) = of_instalment.ok_or_else(gone)?;
    let parts = BankOrder::of_instalment((number, instalment), &kept.money, &payee.number);
    let order = parts.into_iter().find(|order| order.scheme == scheme).ok_or_else(gone)?;
    if order.reference().len() > REFERENCE_MAX {
        return Err(rule("机构编号过长，银行不能传递该付款编号，请以其他方式付款并人工登记银行回单"));
    }
    if payee.bank_code.is_empty() {
        return Err(rule("该机构的收款账户没有行号，请补登后再生成付款文件"));
    }
    let accounts = bank::expenditure_accounts(&mut conn, node.province).await?;
    let payer = accounts.iter().find(|account| account.scheme == scheme);
    let payer = payer.ok_or_else(|| rule("没有登记该险种的支出户，请先登记"))?;
    let file = pain001::write(&pain001::Payment {
        number: &order.reference(),
        round: 1,
        amount: order.amount,
        payer: payer.into(),
        payee: pain001::Party {
            name: &payee.holder,
            bank: &payee.bank,
            number: &payee.number,
            bank_code: &payee.bank_code,
        },
        text: &format!("{}跨省异地就医医疗费用，拨付单{number}第{instalment}期", payment.month),
        on: now.day(),
        made_at: now,
    });
    Ok((order.reference(), file))
}

// ---------------------------------------------------------------- what was paid of lines

/// What was really paid of lines of a month, by line and purse: of payments that took their confirmations in, in the order of the
/// lines. What the end of the year gives back is of no line.
pub async fn paid_of_month(
    conn: &mut Conn,
    node: &ProvinceNode,
    institution: &Institution,
    month: Month,
) -> Outcome<HashMap<(SettlementId, Purse), Fen>> {
    let payments = kept::payments_of_confirmations(conn, key(institution, month)).await?;
    if payments.is_empty() {
        return Ok(HashMap::new());
    }
    let entries = apportioning::month(conn, node, institution, month).await?;
    let of_month = confirmations::of_month(conn, key(institution, month)).await?;
    let numbers: HashSet<&String> = payments.values().collect();
    let mut all = HashMap::new();
    for number in numbers {
        let paid = standing(conn, node, number).await?.paid();
        let of_payment = of_month.iter().filter(|one| payments.get(&one.id) == Some(number));
        let ids: HashSet<SettlementId> = of_payment.flat_map(Confirmation::confirmed).collect();
        let lines: Vec<&AccountEntry> = entries.iter().filter(|entry| ids.contains(&entry.line.id)).collect();
        for (key, paid) in paid {
            let of_purse: Vec<(SettlementId, Fen)> = lines
                .iter()
                .filter_map(|entry| {
                    let due = purses_of(entry).into_iter().find(|(one, _)| *one == key);
                    due.map(|(_, due)| (entry.line.id, due))
                })
                .collect();
            let dues: Vec<Fen> = of_purse.iter().map(|(_, due)| *due).collect();
            let parts = of_purse.iter().zip(paid_of_lines(&dues, paid));
            all.extend(parts.map(|((id, _), part)| ((*id, key.1), part)));
        }
    }
    Ok(all)
}
