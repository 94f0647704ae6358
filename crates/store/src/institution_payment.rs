//! Payment of institutions: what agreements say, budgets, penalties, payments with their lines, and what the bank did.

use crate::{
    Conn, Result, Work,
    apportioning::Key,
    area_clearing::day,
    deduction::month as month_column,
    money::{money, money_columns, purse_of, scheme_of},
    row::{
        area_of, coded, day_if, division, division_number, fen, moment, moment_if, parsed, rate, stage,
        stage_number,
    },
};
use casework::confirmation::Stage as ConfirmationStage;
use funds::Purse;
use funds::institution_payment::{Line, Money, Terms};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{Day, Fen, InstitutionCode, InsuranceScheme, Moment, Month, PoolingArea, Province, Rate};

/// Whose.
pub type Whose<'a> = (Province, &'a InstitutionCode);

/// Who entered something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The clerk.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// Holds the payments of an institution until the unit of work ends.
pub async fn hold(work: &mut Work, (province, institution): Whose<'_>) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 2020))")
        .bind(format!("{province} {institution}"))
        .execute(work.conn())
        .await?;
    Ok(())
}

// ---------------------------------------------------------------- what was entered

/// Keeps what an agreement says from its day on, in the place of what was said from the same day.
pub async fn put_terms(
    work: &mut Work,
    (province, institution): Whose<'_>,
    terms: &Terms,
    entry: &Entry,
) -> Result<()> {
    sqlx::query(
        "insert into institution_terms (province, institution, from_day, deposit, year_end, source, entered_by, entered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (province, institution, from_day) do update set
             deposit = excluded.deposit, year_end = excluded.year_end, source = excluded.source,
             entered_by = excluded.entered_by, entered_at = excluded.entered_at",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(terms.from.number())
    .bind(i32::from(terms.deposit.as_permyriad()))
    .bind(terms.year_end.map(|rule| rule.to_string()))
    .bind(&terms.source)
    .bind(&entry.by)
    .bind(entry.at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What the agreement with an institution says on a day, if one was entered.
pub async fn terms_on(conn: &mut Conn, (province, institution): Whose<'_>, on: Day) -> Result<Option<Terms>> {
    let row = sqlx::query(
        "select * from institution_terms where province = $1 and institution = $2 and from_day <= $3
         order by from_day desc limit 1",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(on.number())
    .fetch_optional(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(Terms {
            from: day(row, "from_day")?,
            deposit: rate(row, "deposit")?,
            year_end: crate::row::parsed_if(row, "year_end")?,
            source: row.try_get("source")?,
        })
    };
    row.as_ref().map(read).transpose()
}

/// The bank account of an institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankAccount {
    /// 户名.
    pub holder: String,
    /// 账号.
    pub number: String,
    /// 开户行.
    pub bank: String,
    /// 联行号, or empty.
    pub bank_code: String,
}

/// Keeps the bank account of an institution in the place of the one that was there.
pub async fn put_account(
    work: &mut Work,
    (province, institution): Whose<'_>,
    account: &BankAccount,
    entry: &Entry,
) -> Result<()> {
    sqlx::query(
        "insert into institution_account (province, institution, holder, number, bank, bank_code, entered_by, entered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (province, institution) do update set
             holder = excluded.holder, number = excluded.number, bank = excluded.bank, bank_code = excluded.bank_code,
             entered_by = excluded.entered_by, entered_at = excluded.entered_at",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(&account.holder)
    .bind(&account.number)
    .bind(&account.bank)
    .bind(&account.bank_code)
    .bind(&entry.by)
    .bind(entry.at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The bank account of an institution.
pub async fn account(conn: &mut Conn, (province, institution): Whose<'_>) -> Result<Option<BankAccount>> {
    let row = sqlx::query("select * from institution_account where province = $1 and institution = $2")
        .bind(division_number(province.division()))
        .bind(institution.as_str())
        .fetch_optional(conn)
        .await?;
    let read = |row: &PgRow| {
        Ok(BankAccount {
            holder: row.try_get("holder")?,
            number: row.try_get("number")?,
            bank: row.try_get("bank")?,
            bank_code: row.try_get("bank_code")?,
        })
    };
    row.as_ref().map(read).transpose()
}

/// Of which part of a year a budget is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetOf {
    /// The whole year.
    Year,
    /// Each month that has none of its own.
    EachMonth,
    /// One month, from 1.
    Month(i8),
}

impl BudgetOf {
    const fn number(self) -> i16 {
        match self {
            Self::Year => 0,
            Self::EachMonth => 13,
            Self::Month(month) => month as i16,
        }
    }
}

/// A budget (总额) as it was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// Of which year.
    pub year: i16,
    /// Of which part of it.
    pub of: BudgetOf,
    /// How much.
    pub amount: Fen,
    /// Where it is written.
    pub source: String,
}

/// Keeps a budget; from now on it counts in the place of an earlier one of the same part.
pub async fn add_budget(
    work: &mut Work,
    (province, institution): Whose<'_>,
    budget: &Budget,
    entry: &Entry,
) -> Result<()> {
    sqlx::query(
        "insert into institution_budget (province, institution, scheme, year, month, entered_at, amount, source, entered_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(budget.scheme.code())
    .bind(budget.year)
    .bind(budget.of.number())
    .bind(entry.at.millis())
    .bind(budget.amount.0)
    .bind(&budget.source)
    .bind(&entry.by)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The budgets that count for a month, by scheme: the month's, and the year's.
pub async fn budgets(
    conn: &mut Conn,
    (province, institution): Whose<'_>,
    month: Month,
) -> Result<BTreeMap<InsuranceScheme, (Option<Fen>, Option<Fen>)>> {
    let first = month.first_day();
    let number = i16::try_from(month.number() % 100).expect("a month of the year");
    let rows = sqlx::query(
        "select distinct on (scheme, month) scheme, month, amount from institution_budget
         where province = $1 and institution = $2 and year = $3 and month in (0, 13, $4)
         order by scheme, month, entered_at desc",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(first.year())
    .bind(number)
    .fetch_all(conn)
    .await?;
    let mut budgets = BTreeMap::<InsuranceScheme, (Option<Fen>, Option<Fen>)>::new();
    // The month's own comes before that of each month.
    for row in &rows {
        let budget = budgets.entry(coded(row, "scheme", scheme_of)?).or_default();
        let amount = fen(row, "amount")?;
        match row.try_get::<i16, _>("month")? {
            0 => budget.1 = Some(amount),
            13 => budget.0 = budget.0.or(Some(amount)),
            _ => budget.0 = Some(amount),
        }
    }
    Ok(budgets)
}

/// A penalty (违约金).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Penalty {
    /// Number of the decision.
    pub reference: String,
    /// 险种 from whose payment it is taken.
    pub scheme: InsuranceScheme,
    /// How much.
    pub amount: Fen,
    /// What payments have taken of it.
    pub taken: Fen,
    /// Why.
    pub reason: String,
}

/// Keeps a penalty; false if there is one under the same reference.
pub async fn add_penalty(
    work: &mut Work,
    (province, institution): Whose<'_>,
    penalty: &Penalty,
    entry: &Entry,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into institution_penalty (province, institution, reference, scheme, amount, taken, reason, entered_by,
                                          entered_at)
         values ($1, $2, $3, $4, $5, 0, $6, $7, $8) on conflict do nothing",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(&penalty.reference)
    .bind(penalty.scheme.code())
    .bind(penalty.amount.0)
    .bind(&penalty.reason)
    .bind(&entry.by)
    .bind(entry.at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The penalties of an institution, in the order in which they were entered.
pub async fn penalties(conn: &mut Conn, (province, institution): Whose<'_>) -> Result<Vec<Penalty>> {
    let rows = sqlx::query(
        "select * from institution_penalty where province = $1 and institution = $2 order by entered_at, reference",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(Penalty {
            reference: row.try_get("reference")?,
            scheme: coded(row, "scheme", scheme_of)?,
            amount: fen(row, "amount")?,
            taken: fen(row, "taken")?,
            reason: row.try_get("reason")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Writes how much of a penalty was taken by now.
pub async fn set_taken(
    work: &mut Work,
    (province, institution): Whose<'_>,
    reference: &str,
    taken: Fen,
) -> Result<()> {
    sqlx::query(
        "update institution_penalty set taken = $4 where province = $1 and institution = $2 and reference = $3",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(reference)
    .bind(taken.0)
    .execute(work.conn())
    .await?;
    Ok(())
}

// ---------------------------------------------------------------- payments

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A month.
    Month,
    /// What was withheld in a year (总额控制清算).
    Withheld,
    /// The quality deposit of a year (质量保证金返还).
    Deposit,
}

impl Kind {
    /// All of them, in the order of their numbers in the database.
    pub const ALL: [Self; 3] = [Self::Month, Self::Withheld, Self::Deposit];

    /// Its name in the management interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Withheld => "withheld",
            Self::Deposit => "deposit",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Month => "月度拨付",
            Self::Withheld => "总额控制年终清算",
            Self::Deposit => "质量保证金返还",
        }
    }
}

/// A payment that was adopted. Of what the end of the year decides, `confirmed` is what was held, `deducted` what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// 拨付单号.
    pub number: String,
    /// Who is paid.
    pub institution: InstitutionCode,
    /// What for.
    pub kind: Kind,
    /// 清分年月; of a year, its December.
    pub month: Month,
    /// The share that is held as a deposit.
    pub deposit: Rate,
    /// Where that is written; of a decision at the end of the year, its reason.
    pub source: String,
    /// The score of the yearly assessment, where one decided.
    pub score: Option<i16>,
    /// By scheme and purse.
    pub lines: BTreeMap<(InsuranceScheme, Purse), Line>,
    /// Who adopted it, and when.
    pub adopted: Entry,
    /// By when it is to be paid.
    pub due: Day,
}

impl Payment {
    /// One figure of every line.
    pub fn money(&self, figure: impl Fn(&Line) -> Fen) -> Money {
        let amounts = self.lines.iter().map(|(key, line)| (*key, figure(line)));
        amounts.filter(|(_, amount)| !amount.is_zero()).collect()
    }
}

/// Keeps a payment.
pub async fn insert(work: &mut Work, province: Province, payment: &Payment) -> Result<()> {
    let number = division_number(province.division());
    sqlx::query(
        "insert into institution_payment (province, number, institution, kind, month, deposit_rate, source, score, adopted_by,
                                          adopted_at, due_day)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(number)
    .bind(&payment.number)
    .bind(payment.institution.as_str())
    .bind(stage_number(&Kind::ALL, &payment.kind))
    .bind(payment.month.number())
    .bind(i32::from(payment.deposit.as_permyriad()))
    .bind(&payment.source)
    .bind(payment.score)
    .bind(&payment.adopted.by)
    .bind(payment.adopted.at.millis())
    .bind(payment.due.number())
    .execute(work.conn())
    .await?;
    for ((scheme, purse), line) in &payment.lines {
        sqlx::query(
            "insert into institution_payment_line (province, payment, scheme, purse, confirmed, brought, deducted, withheld,
                                                   deposit, penalty, payable, carried)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(number)
        .bind(&payment.number)
        .bind(scheme.code())
        .bind(purse.code())
        .bind(line.confirmed.0)
        .bind(line.brought.0)
        .bind(line.deducted.0)
        .bind(line.withheld.0)
        .bind(line.deposit.0)
        .bind(line.penalty.0)
        .bind(line.payable.0)
        .bind(line.carried.0)
        .execute(work.conn())
        .await?;
    }
    Ok(())
}

/// The payment with this number.
pub async fn find(conn: &mut Conn, province: Province, number: &str) -> Result<Option<Payment>> {
    let row =
        sqlx::query("select *, kind as stage from institution_payment where province = $1 and number = $2")
            .bind(division_number(province.division()))
            .bind(number)
            .fetch_optional(&mut *conn)
            .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(with_lines(conn, province, vec![read_payment(&row)?]).await?.pop())
}

/// The payments of an institution, of months from the first to the last, in the order in which they were adopted.
pub async fn of_institution(
    conn: &mut Conn,
    (province, institution): Whose<'_>,
    (first, last): (Month, Month),
) -> Result<Vec<Payment>> {
    let rows = sqlx::query(
        "select *, kind as stage from institution_payment
         where province = $1 and institution = $2 and month between $3 and $4 order by adopted_at, number",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(first.number())
    .bind(last.number())
    .fetch_all(&mut *conn)
    .await?;
    let payments = rows.iter().map(read_payment).collect::<Result<_>>()?;
    with_lines(conn, province, payments).await
}

/// Everybody who was ever paid.
pub async fn paid_institutions(conn: &mut Conn, province: Province) -> Result<Vec<InstitutionCode>> {
    let rows =
        sqlx::query("select distinct institution from institution_payment where province = $1 order by 1")
            .bind(division_number(province.division()))
            .fetch_all(conn)
            .await?;
    rows.iter().map(|row| parsed(row, "institution")).collect()
}

/// Of which area and month of an institution the confirmations are that its payments have taken in.
pub async fn confirmations_taken(
    conn: &mut Conn,
    (province, institution): Whose<'_>,
) -> Result<Vec<(PoolingArea, Month)>> {
    let rows = sqlx::query(
        "select distinct area, month from apportioning_confirmation
         where area / 10000 = $1 / 10000 and institution = $2 and payment is not null order by area, month",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((PoolingArea(division(row, "area")?), month_column(row, "month")?))).collect()
}

/// The payments of a month, by institution.
pub async fn of_month(conn: &mut Conn, province: Province, month: Month) -> Result<Vec<Payment>> {
    let rows = sqlx::query(
        "select *, kind as stage from institution_payment where province = $1 and month = $2
         order by institution, number limit 10000",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .fetch_all(&mut *conn)
    .await?;
    let payments = rows.iter().map(read_payment).collect::<Result<_>>()?;
    with_lines(conn, province, payments).await
}

/// The payments with these numbers, in the order in which they are due.
pub async fn of_numbers(conn: &mut Conn, province: Province, numbers: &[String]) -> Result<Vec<Payment>> {
    let rows = sqlx::query(
        "select *, kind as stage from institution_payment where province = $1 and number = any($2)
         order by due_day, number",
    )
    .bind(division_number(province.division()))
    .bind(numbers)
    .fetch_all(&mut *conn)
    .await?;
    let payments = rows.iter().map(read_payment).collect::<Result<_>>()?;
    with_lines(conn, province, payments).await
}

fn read_payment(row: &PgRow) -> Result<Payment> {
    Ok(Payment {
        number: row.try_get("number")?,
        institution: parsed(row, "institution")?,
        kind: stage(row, &Kind::ALL)?,
        month: month_column(row, "month")?,
        deposit: rate(row, "deposit_rate")?,
        source: row.try_get("source")?,
        score: row.try_get("score")?,
        lines: BTreeMap::new(),
        adopted: Entry { by: row.try_get("adopted_by")?, at: moment(row, "adopted_at")? },
        due: day(row, "due_day")?,
    })
}

async fn with_lines(conn: &mut Conn, province: Province, mut payments: Vec<Payment>) -> Result<Vec<Payment>> {
    let rows =
        sqlx::query("select * from institution_payment_line where province = $1 and payment = any($2)")
            .bind(division_number(province.division()))
            .bind(payments.iter().map(|payment| payment.number.clone()).collect::<Vec<_>>())
            .fetch_all(conn)
            .await?;
    let mut lines = BTreeMap::<String, BTreeMap<_, _>>::new();
    for row in &rows {
        let key = (coded(row, "scheme", scheme_of)?, coded(row, "purse", purse_of)?);
        lines.entry(row.try_get("payment")?).or_default().insert(key, read_line(row)?);
    }
    for payment in &mut payments {
        payment.lines = lines.remove(&payment.number).unwrap_or_default();
    }
    Ok(payments)
}

fn read_line(row: &PgRow) -> Result<Line> {
    Ok(Line {
        confirmed: fen(row, "confirmed")?,
        brought: fen(row, "brought")?,
        deducted: fen(row, "deducted")?,
        withheld: fen(row, "withheld")?,
        deposit: fen(row, "deposit")?,
        penalty: fen(row, "penalty")?,
        payable: fen(row, "payable")?,
        carried: fen(row, "carried")?,
    })
}

/// What payments of an institution left to be given back, and no later one has brought.
pub async fn left_to_give_back(conn: &mut Conn, (province, institution): Whose<'_>) -> Result<Money> {
    let rows = sqlx::query(
        "select line.scheme, line.purse, sum(line.carried - line.brought)::bigint as amount
         from institution_payment payment
         join institution_payment_line line on line.province = payment.province and line.payment = payment.number
         where payment.province = $1 and payment.institution = $2 and payment.kind = 0
         group by line.scheme, line.purse having sum(line.carried - line.brought) <> 0",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(((coded(row, "scheme", scheme_of)?, coded(row, "purse", purse_of)?), fen(row, "amount")?))
    };
    rows.iter().map(read).collect()
}

/// A payment takes a confirmation (3261) in: it is cleared, and cannot be taken back.
pub async fn take_confirmation(work: &mut Work, key: Key<'_>, id: &str, payment: &str) -> Result<()> {
    sqlx::query(
        "update apportioning_confirmation set stage = $5, payment = $6
         where area = $1 and institution = $2 and month = $3 and id = $4",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.month.number())
    .bind(id)
    .bind(stage_number(&ConfirmationStage::ALL, &ConfirmationStage::Cleared))
    .bind(payment)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The payment that has taken each confirmation of a month in.
pub async fn payments_of_confirmations(conn: &mut Conn, key: Key<'_>) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select id, payment from apportioning_confirmation
         where area = $1 and institution = $2 and month = $3 and payment is not null",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.month.number())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

// ---------------------------------------------------------------- instalments

/// Where an instalment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstalmentStage {
    /// 已下达: the bank has it.
    Ordered,
    /// 已拨付.
    Paid,
    /// 已退回: the bank would not pay it, and the money is owed again.
    Returned,
    /// 已退汇: the bank had paid it and it came back; the money is owed again.
    CameBack,
}

impl InstalmentStage {
    /// All of them, in the order of their numbers in the database.
    pub const ALL: [Self; 4] = [Self::Ordered, Self::Paid, Self::Returned, Self::CameBack];

    /// Its name in the management interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Paid => "paid",
            Self::Returned => "returned",
            Self::CameBack => "came_back",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Ordered => "已下达",
            Self::Paid => "已拨付",
            Self::Returned => "已退回",
            Self::CameBack => "已退汇",
        }
    }
}

/// An instalment of a payment (分期拨付).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instalment {
    /// Of which payment.
    pub payment: String,
    /// Which, from 1.
    pub number: u16,
    /// Where it stands.
    pub stage: InstalmentStage,
    /// What was ordered.
    pub money: Money,
    /// Who ordered it, and when.
    pub ordered: Entry,
    /// What the bank said: its transaction, and the day.
    pub bank: Option<(String, Day)>,
    /// Who entered what the bank said, and when.
    pub ended: Option<Entry>,
}

/// Keeps an instalment, or what became of it.
pub async fn put_instalment(work: &mut Work, province: Province, instalment: &Instalment) -> Result<()> {
    let (schemes, purses, amounts) = money_columns(&instalment.money);
    sqlx::query(
        "insert into institution_instalment (province, payment, number, stage, schemes, purses, amounts, ordered_by, ordered_at,
                                             bank_reference, bank_day, ended_by, ended_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (province, payment, number) do update set
             stage = excluded.stage, bank_reference = excluded.bank_reference, bank_day = excluded.bank_day,
             ended_by = excluded.ended_by, ended_at = excluded.ended_at",
    )
    .bind(division_number(province.division()))
    .bind(&instalment.payment)
    .bind(i16::try_from(instalment.number).unwrap_or(i16::MAX))
    .bind(stage_number(&InstalmentStage::ALL, &instalment.stage))
    .bind(schemes)
    .bind(purses)
    .bind(amounts)
    .bind(&instalment.ordered.by)
    .bind(instalment.ordered.at.millis())
    .bind(instalment.bank.as_ref().map(|(reference, _)| reference.as_str()))
    .bind(instalment.bank.as_ref().map(|(_, day)| day.number()))
    .bind(instalment.ended.as_ref().map(|ended| ended.by.as_str()))
    .bind(instalment.ended.as_ref().map(|ended| ended.at.millis()))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The instalments of some payments, in their order.
pub async fn instalments(
    conn: &mut Conn,
    province: Province,
    payments: &[String],
) -> Result<Vec<Instalment>> {
    let rows = sqlx::query(
        "select * from institution_instalment where province = $1 and payment = any($2) order by payment, number",
    )
    .bind(division_number(province.division()))
    .bind(payments)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_instalment).collect()
}

/// The instalments that the bank has yet to pay, in the order of their payments.
pub async fn ordered(conn: &mut Conn, province: Province) -> Result<Vec<Instalment>> {
    let rows = sqlx::query(
        "select * from institution_instalment where province = $1 and stage = 0 order by payment, number limit 10000",
    )
    .bind(division_number(province.division()))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_instalment).collect()
}

/// The instalments that the bank has paid on a day or later.
pub async fn paid_since(conn: &mut Conn, province: Province, day: Day) -> Result<Vec<Instalment>> {
    let rows = sqlx::query(
        "select * from institution_instalment where province = $1 and stage = 1 and bank_day >= $2
         order by payment, number limit 10000",
    )
    .bind(division_number(province.division()))
    .bind(day.number())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_instalment).collect()
}

fn read_instalment(row: &PgRow) -> Result<Instalment> {
    let ended_by: Option<String> = row.try_get("ended_by")?;
    let reference: Option<String> = row.try_get("bank_reference")?;
    Ok(Instalment {
        payment: row.try_get("payment")?,
        number: row.try_get::<i16, _>("number")?.unsigned_abs(),
        stage: stage(row, &InstalmentStage::ALL)?,
        money: money(row)?,
        ordered: Entry { by: row.try_get("ordered_by")?, at: moment(row, "ordered_at")? },
        bank: reference.zip(day_if(row, "bank_day")?),
        ended: ended_by.zip(moment_if(row, "ended_at")?).map(|(by, at)| Entry { by, at }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use InsuranceScheme::Employee;
    use funds::institution_payment::YearEnd;
    use terms::Fund;

    const POOL: (InsuranceScheme, Purse) = (Employee, Purse::Fund(Fund::EmployeePool));

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn entry(millis: i64) -> Entry {
        Entry { by: "王某甲".to_owned(), at: now().plus_millis(millis) }
    }

    fn month(number: i8) -> Month {
        Month::new(2026, number).unwrap()
    }

    #[tokio::test]
    async fn of_what_was_entered_the_latest_of_the_narrowest_counts() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let code: InstitutionCode = "H42010600001".parse().unwrap();
        let whose = ("420000".parse().unwrap(), &code);
        let mut work = store.begin().await.unwrap();
        for (at, of, amount) in [
            (0, BudgetOf::EachMonth, 800),
            (1, BudgetOf::Month(10), 500),
            (2, BudgetOf::Month(10), 600),
            (3, BudgetOf::Year, 9_000),
        ] {
            let budget =
                Budget {
                    scheme: Employee, year: 2026, of, amount: Fen(amount), source: "鄂协1".to_owned()
                };
            add_budget(&mut work, whose, &budget, &entry(at)).await.unwrap();
        }
        for (number, expected) in [(9, 800), (10, 600)] {
            let found = budgets(work.conn(), whose, month(number)).await.unwrap();
            assert_eq!(found[&Employee], (Some(Fen(expected)), Some(Fen(9_000))), "{number}");
        }
        let of = |from: &str, deposit| Terms {
            from: from.parse().unwrap(),
            deposit: Rate::permyriad(deposit).unwrap(),
            year_end: Some(YearEnd::Deny),
            source: "鄂协1".to_owned(),
        };
        for terms in [of("2026-01-01", 500), of("2026-07-01", 300)] {
            put_terms(&mut work, whose, &terms, &entry(0)).await.unwrap();
        }
        for (day, expected) in [("2025-12-31", None), ("2026-06-30", Some(500)), ("2026-07-01", Some(300))] {
            let found = terms_on(work.conn(), whose, day.parse().unwrap()).await.unwrap();
            assert_eq!(found.map(|terms| terms.deposit.as_permyriad()), expected, "{day}");
        }
        let penalty = Penalty {
            reference: "鄂罚1".to_owned(),
            scheme: Employee,
            amount: Fen(50),
            taken: Fen::ZERO,
            reason: "违约".to_owned(),
        };
        assert!(add_penalty(&mut work, whose, &penalty, &entry(0)).await.unwrap());
        assert!(!add_penalty(&mut work, whose, &penalty, &entry(1)).await.unwrap(), "there already");
        set_taken(&mut work, whose, "鄂罚1", Fen(20)).await.unwrap();
        assert_eq!(penalties(work.conn(), whose).await.unwrap(), [Penalty { taken: Fen(20), ..penalty }]);
    }

    #[tokio::test]
    async fn payments_and_instalments_read_back_and_what_is_left_is_brought_once() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let (hubei, code): (Province, InstitutionCode) =
            ("420000".parse().unwrap(), "H42010600001".parse().unwrap());
        let payment = |number: &str, line: Line| Payment {
            number: number.to_owned(),
            institution: code.clone(),
            kind: Kind::Month,
            month: month(10),
            deposit: Rate::permyriad(500).unwrap(),
            source: "鄂协1".to_owned(),
            score: None,
            lines: [(POOL, line)].into(),
            adopted: entry(0),
            due: now().day(),
        };
        let first = payment("BF1", Line { confirmed: Fen(-70), carried: Fen(70), ..Line::default() });
        let line = Line { confirmed: Fen(100), brought: Fen(70), payable: Fen(30), ..Line::default() };
        let second = payment("BF2", line);
        let ordered = Instalment {
            payment: "BF2".to_owned(),
            number: 1,
            stage: InstalmentStage::Ordered,
            money: Money::from([(POOL, Fen(30))]),
            ordered: entry(1),
            bank: None,
            ended: None,
        };
        let paid = Instalment {
            stage: InstalmentStage::Paid,
            bank: Some(("T1".to_owned(), now().day())),
            ended: Some(entry(2)),
            ..ordered.clone()
        };
        let mut work = store.begin().await.unwrap();
        insert(&mut work, hubei, &first).await.unwrap();
        let left = left_to_give_back(work.conn(), (hubei, &code)).await.unwrap();
        assert_eq!(left, Money::from([(POOL, Fen(70))]));
        insert(&mut work, hubei, &second).await.unwrap();
        assert!(left_to_give_back(work.conn(), (hubei, &code)).await.unwrap().is_empty());
        put_instalment(&mut work, hubei, &ordered).await.unwrap();
        assert_eq!(self::ordered(work.conn(), hubei).await.unwrap(), [ordered]);
        put_instalment(&mut work, hubei, &paid).await.unwrap();
        assert!(self::ordered(work.conn(), hubei).await.unwrap().is_empty());
        assert_eq!(instalments(work.conn(), hubei, &["BF2".to_owned()]).await.unwrap(), [paid]);
        assert_eq!(find(work.conn(), hubei, "BF2").await.unwrap(), Some(second.clone()));
        assert_eq!(of_month(work.conn(), hubei, month(10)).await.unwrap(), [first, second]);
        assert!(find(work.conn(), hubei, "BF3").await.unwrap().is_none());
    }
}
