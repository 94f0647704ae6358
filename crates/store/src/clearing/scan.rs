//! One pass over a closed month: the settlements of the nation, added up by pooling area and institution.
//!
//! The rows come as one stream (`copy … to stdout`, in binary form) for each worker, and each worker has provinces of its own, so
//! that nothing is added up twice and nothing is kept but the lines that come out. All workers read the same snapshot. What
//! is in a closed month does not change, so that nothing has to be locked for it. [`Pace`] says how hard they work.

use super::{
    Pace, PlannedPair,
    line::provinces,
    pace::Slices,
    put_pair,
    sheet::{LINES, pack, put_sheet},
};
use crate::{
    Conn, Error, Result, Store, Unbalanced, Work,
    about::about_rows,
    row::{division, parsed},
};
use funds::clearing::{
    ClearedLine, Dues, Part, Plan, add_dues,
    apportioner::{Apportioner, Item},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgRow};
use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use terms::{
    AdminDivision, CareKind, Fen, Fund, InsuranceScheme, Month, PoolingArea, Province, SettlementId,
};
use tokio::{sync::mpsc, task::JoinSet};

/// What to add up.
#[derive(Clone, Debug)]
pub struct Request {
    /// The month, which must be closed.
    pub month: Month,
    /// The revision of the plan.
    pub revision: u32,
    /// Lines beside those of the month's settlements: carried in, deductions.
    pub with: Vec<ClearedLine>,
    /// Lines of the month's settlements that are left out.
    pub without: Vec<ClearedLine>,
    /// Settlements of which nothing is read, and that no line of `without` is of: they do not balance, and are left out for that.
    pub apart: BTreeSet<SettlementId>,
    /// How many connections read at once; each also counts.
    pub workers: usize,
    /// How hard each works.
    pub pace: Pace,
    /// How many settlements were read so far, for whoever wants to see it meanwhile.
    pub read: Arc<AtomicU64>,
}

/// How much there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Lines.
    pub lines: u64,
    /// Pairs of pooling areas that have some.
    pub area_pairs: u64,
}

/// Adds a closed month up, writes its lines as those of a plan, and gives the plan's sums.
pub async fn apportion(store: &Store, work: &mut Work, request: Request) -> Result<(Plan, Counted)> {
    let (month, revision, pace) = (request.month, request.revision, request.pace);
    let request = Arc::new(request);
    let snapshot: String = sqlx::query_scalar("select pg_export_snapshot()").fetch_one(work.conn()).await?;
    let table = table_of(work.conn(), month).await?;
    let (sender, mut receiver) = mpsc::channel(16);
    let mut workers = JoinSet::new();
    for own in shares(request.workers) {
        let (store, request, sender) = (store.clone(), Arc::clone(&request), sender.clone());
        let (snapshot, table) = (snapshot.clone(), table.clone());
        workers.spawn(async move {
            let apportioner = read(&store, &request, (&snapshot, &table), &own).await?;
            // Adding up is over: sorting and packing need no connection, and must not keep the runtime waiting.
            let packed =
                tokio::task::spawn_blocking(move || hand_over(apportioner, (month, revision), pace, &sender));
            packed.await.map_err(|error| Error::Database(sqlx::Error::AnyDriverError(error.into())))
        });
    }
    drop(sender);
    let (mut plan, mut counted) = (Plan::empty(month, revision), Counted::default());
    while let Some(Packed { pair, sheets }) = receiver.recv().await {
        put_pair(work, (month, revision), &pair).await?;
        for (part, sheet) in sheets.iter().enumerate() {
            put_sheet(work, (month, revision), (pair.pair, part), sheet).await?;
        }
    }
    while let Some(done) = workers.join_next().await {
        let (sums, count) =
            done.map_err(|error| Error::Database(sqlx::Error::AnyDriverError(error.into())))??;
        plan.sums.extend(sums.sums);
        counted.lines += count.lines;
        counted.area_pairs += count.area_pairs;
    }
    Ok((plan, counted))
}

/// The partition that has a month's settlements.
async fn table_of(conn: &mut Conn, month: Month) -> Result<String> {
    let own = format!("hub_settlement_{}", month.number());
    let is_there: bool =
        sqlx::query_scalar("select to_regclass($1) is not null").bind(&own).fetch_one(conn).await?;
    Ok(if is_there { own } else { "hub_settlement_other".to_owned() })
}

/// The provinces of each worker: every other one, since neighbours are much alike.
fn shares(workers: usize) -> Vec<Vec<i32>> {
    let workers = workers.clamp(1, 8);
    let mut shares = vec![Vec::new(); workers];
    for (at, province) in provinces().into_iter().enumerate() {
        shares[at % workers].push(province);
    }
    shares
}

/// Reads the settlements of some provinces' people.
async fn read(
    store: &Store,
    request: &Request,
    (snapshot, table): (&str, &str),
    own: &[i32],
) -> Result<Apportioner> {
    let mut conn = store.conn().await?;
    let mut work = conn.begin().await?;
    let run = |text: String| sqlx::raw_sql(AssertSqlSafe(text));
    run("set transaction isolation level repeatable read, read only".to_owned()).execute(&mut *work).await?;
    run(format!("set transaction snapshot '{snapshot}'")).execute(&mut *work).await?;
    // The pool's plans are for reading along keys; this reads everything. One worker is one process of the server.
    run("set local enable_seqscan = on; set local max_parallel_workers_per_gather = 0".to_owned())
        .execute(&mut *work)
        .await?;
    add_up(&mut work, request, table, own).await
}

/// Adds the settlements of a closed month up again, on a view of the database. Writes nothing.
pub async fn recount(conn: &mut Conn, request: &Request) -> Result<Apportioner> {
    let table = table_of(conn, request.month).await?;
    add_up(conn, request, &table, &provinces()).await
}

/// The same of the people of one province alone.
pub async fn recount_of(work: &mut Work, request: &Request, insured: Province) -> Result<Apportioner> {
    work.read_whole().await?;
    let table = table_of(work.conn(), request.month).await?;
    add_up(work.conn(), request, &table, &[super::province_number(insured)]).await
}

async fn add_up(conn: &mut Conn, request: &Request, table: &str, own: &[i32]) -> Result<Apportioner> {
    let month = request.month.number();
    let own_list = own.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
    let columns =
        "insured, place, institution, scheme, care, month, total, person_total, account, funds, fund_paid";
    let mut these = format!("province = any('{{{own_list}}}'::integer[]) and institution is not null");
    if !request.apart.is_empty() {
        let apart = request.apart.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        write!(these, " and id <> all('{{{apart}}}'::text[])").expect("texts can be written to");
    }
    let counts = "(stage = 0 or undo_month is not null)";
    let mut apportioner = Apportioner::default();
    let mut unbalanced = Vec::new();
    for (from, condition, part) in [
        (table, format!("month = {month} and clearing_month = {month} and {counts}"), Part::Made),
        (
            "hub_settlement",
            format!("clearing_month = {month} and clearing_month <> month and {counts}"),
            Part::Made,
        ),
        ("hub_settlement", format!("undo_month = {month}"), Part::Undone),
    ] {
        let text = format!(
            "copy (select {columns} from {from} where {condition} and {these}) to stdout (format binary)"
        );
        let (mut balances, mut read) = (true, 0);
        copy(conn, &text, request.pace, |row| {
            balances &= add(&mut apportioner, &part, row)?;
            read += 1;
            if read == TOLD_EVERY {
                request.read.fetch_add(read, Ordering::Relaxed);
                read = 0;
            }
            Ok(())
        })
        .await?;
        request.read.fetch_add(read, Ordering::Relaxed);
        if !balances {
            unbalanced.extend(find_unbalanced(conn, from, &format!("{condition} and {these}")).await?);
        }
    }
    let of_lines = request.with.iter().chain(&request.without).filter(|line| !line.balances());
    unbalanced.extend(of_lines.map(|line| Unbalanced {
        settlement: line.settlement,
        insured: line.insured.province(),
        treatment: line.treatment.province(),
    }));
    if !unbalanced.is_empty() {
        return Err(Error::Unbalanced { settlements: unbalanced });
    }
    let is_own = |line: &&ClearedLine| own.contains(&super::province_number(line.insured.province()));
    for line in request.with.iter().filter(is_own) {
        apportioner.add(&line.part, &Item::from(line), funds_of(line));
    }
    for line in request.without.iter().filter(is_own) {
        apportioner.remove(&line.part, &Item::from(line), funds_of(line));
    }
    Ok(apportioner)
}

/// How many settlements are read before it is told.
const TOLD_EVERY: u64 = 1_000;

/// About how many settlements a month has, as the database remembers them; 0 if it does not.
pub async fn about(conn: &mut Conn, month: Month) -> Result<u64> {
    let table = table_of(conn, month).await?;
    about_rows(conn, &[&table]).await
}

/// The most settlements that are named where some do not balance.
const NAMED_MAX: u32 = 20;

/// Which of these rows do not balance: looked for only where one was met.
async fn find_unbalanced(conn: &mut Conn, from: &str, condition: &str) -> Result<Vec<Unbalanced>> {
    let text = format!(
        "select id, province, treatment from {from}
         where {condition} and total <> person_total + coalesce((select sum(paid) from unnest(fund_paid) as paid), 0)
         order by id limit {NAMED_MAX}"
    );
    let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(conn).await?;
    let one = |row: &PgRow| {
        Ok(Unbalanced {
            settlement: parsed(row, "id")?,
            insured: Province(division(row, "province")?),
            treatment: Province(division(row, "treatment")?),
        })
    };
    rows.iter().map(one).collect()
}

fn funds_of(line: &ClearedLine) -> impl Iterator<Item = (Fund, Fen)> + '_ {
    line.funds.iter().map(|(fund, amount)| (*fund, *amount))
}

/// What a worker has of a pair.
struct Packed {
    pair: PlannedPair,
    sheets: Vec<Vec<u8>>,
}

/// Sorts, sums and packs pair after pair.
fn hand_over(
    apportioner: Apportioner,
    (month, revision): (Month, u32),
    pace: Pace,
    to: &mpsc::Sender<Packed>,
) -> (Plan, Counted) {
    let mut slices = Slices::begin(pace);
    let mut plan = Plan::empty(month, revision);
    let area_pairs = u64::try_from(apportioner.area_pairs()).expect("a count");
    let mut counted = Counted { lines: 0, area_pairs };
    for (pair, lines) in apportioner.into_pairs() {
        if lines.is_empty() {
            continue;
        }
        counted.lines += u64::try_from(lines.len()).expect("a count");
        let mut dues = Dues::new();
        for line in &lines {
            plan.add(line);
            add_dues(&mut dues, line.dues());
        }
        let sheets: Vec<Vec<u8>> = lines.chunks(LINES).map(pack).collect();
        let parts = u32::try_from(sheets.len()).expect("few sheets");
        let pair = PlannedPair { pair, parts, dues, noticed_at: None };
        // Nobody listens any more once the unit of work has failed.
        if to.blocking_send(Packed { pair, sheets }).is_err() {
            break;
        }
        if let Some(rest) = slices.rest() {
            std::thread::sleep(rest);
            slices.rested();
        }
    }
    (plan, counted)
}

// ---------------------------------------------------------------- rows in binary form

/// How many columns a row has.
const COLUMNS: usize = 11;

/// The columns of a row, as they came; one that is null is empty.
type Fields<'a> = [&'a [u8]; COLUMNS];

fn corrupt(what: &str) -> Error {
    Error::Corrupt { column: "hub_settlement", value: what.to_owned() }
}

/// Chunks between looks at the clock.
const LOOK: u32 = 64;

/// Runs a `copy … to stdout (format binary)` and gives each of its rows.
async fn copy(
    conn: &mut PgConnection,
    text: &str,
    pace: Pace,
    mut row: impl FnMut(&Fields<'_>) -> Result<()> + Send,
) -> Result<()> {
    let mut stream = conn.copy_out_raw(text).await?;
    let mut rest: Vec<u8> = Vec::new();
    let mut begun = false;
    let mut wrong = None;
    let (mut slices, mut chunks) = (Slices::begin(pace), 0_u32);
    while let Some(chunk) = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await {
        let chunk = chunk?;
        // Whoever stopped here would leave a connection on which the next one reads what is left of this.
        if wrong.is_some() {
            continue;
        }
        // Nearly always a chunk is one whole row.
        let taken = if rest.is_empty() {
            let taken = rows(&chunk, &mut begun, &mut row);
            taken.map(|taken| rest.extend_from_slice(&chunk[taken..]))
        } else {
            rest.extend_from_slice(&chunk);
            rows(&rest, &mut begun, &mut row).map(|taken| drop(rest.drain(..taken)))
        };
        wrong = taken.err();
        chunks = chunks.wrapping_add(1);
        if let Some(rest) = chunks.is_multiple_of(LOOK).then(|| slices.rest()).flatten() {
            tokio::time::sleep(rest).await;
            slices.rested();
        }
    }
    match wrong {
        Some(wrong) => Err(wrong),
        None if rest.is_empty() => Ok(()),
        None => Err(corrupt("a row that does not end")),
    }
}

/// Gives the whole rows at the beginning of some bytes; how many bytes they were.
fn rows(bytes: &[u8], begun: &mut bool, row: &mut impl FnMut(&Fields<'_>) -> Result<()>) -> Result<usize> {
    let mut at = 0;
    if !*begun {
        // Eleven bytes by which the form is known, flags, and the length of what a later form may have.
        let Some(head) = bytes.get(..19) else { return Ok(0) };
        if !head.starts_with(b"PGCOPY\n\xff\r\n\0") || head[15..] != [0; 4] {
            return Err(corrupt("not the binary form of rows"));
        }
        *begun = true;
        at = 19;
    }
    loop {
        let mut cursor = Cursor { bytes, at };
        match cursor.short() {
            None => return Ok(at),
            // The end of all rows.
            Some(-1) => return Ok(cursor.at),
            Some(count) if usize::try_from(count) == Ok(COLUMNS) => {}
            Some(count) => return Err(corrupt(&format!("a row of {count} columns"))),
        }
        let mut fields: Fields<'_> = [&[]; COLUMNS];
        for field in &mut fields {
            match cursor.field() {
                Some(bytes) => *field = bytes,
                None => return Ok(at),
            }
        }
        row(&fields)?;
        at = cursor.at;
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(bytes)
    }

    fn short(&mut self) -> Option<i16> {
        self.take(2).and_then(|bytes| bytes.try_into().ok()).map(i16::from_be_bytes)
    }

    fn integer(&mut self) -> Option<i32> {
        self.take(4).and_then(|bytes| bytes.try_into().ok()).map(i32::from_be_bytes)
    }

    /// A length and so many bytes; −1 is null.
    fn field(&mut self) -> Option<&'a [u8]> {
        match usize::try_from(self.integer()?) {
            Ok(length) => self.take(length),
            Err(_) => Some(&[]),
        }
    }
}

fn number(field: &[u8]) -> Result<i32> {
    field.try_into().map(i32::from_be_bytes).map_err(|_| corrupt("a number"))
}

fn fen(field: &[u8]) -> Result<Fen> {
    field.try_into().map(|bytes| Fen(i64::from_be_bytes(bytes))).map_err(|_| corrupt("an amount"))
}

fn text(field: &[u8]) -> Result<&str> {
    std::str::from_utf8(field).map_err(|_| corrupt("a text"))
}

fn area(field: &[u8]) -> Result<PoolingArea> {
    let number = u32::try_from(number(field)?).ok().and_then(AdminDivision::new);
    number.map(AdminDivision::pooling_area).ok_or_else(|| corrupt("a division"))
}

/// The elements of an array of one dimension.
fn elements(field: &[u8]) -> Result<Elements<'_>> {
    let mut cursor = Cursor { bytes: field, at: 0 };
    let wrong = || corrupt("an array");
    let dimensions = cursor.integer().ok_or_else(wrong)?;
    // Whether it has nulls, and the type of its elements.
    cursor.take(8).ok_or_else(wrong)?;
    let left = match dimensions {
        0 => 0,
        1 => {
            let count = cursor.integer().ok_or_else(wrong)?;
            cursor.take(4).ok_or_else(wrong)?;
            count
        }
        _ => return Err(wrong()),
    };
    Ok(Elements { cursor, left })
}

struct Elements<'a> {
    cursor: Cursor<'a>,
    left: i32,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.left <= 0 {
            return None;
        }
        self.left -= 1;
        self.cursor.field()
    }
}

/// Adds a row; of an undoing, with everything below nothing. False if it does not balance: then it is not added.
fn add(apportioner: &mut Apportioner, part: &Part, fields: &Fields<'_>) -> Result<bool> {
    let [insured, place, institution, scheme, care, month, total, person_total, account, codes, paid] =
        *fields;
    let sign = if *part == Part::Undone { -1 } else { 1 };
    let amount = |field| -> Result<Fen> { Ok(Fen(fen(field)?.0 * sign)) };
    let item = Item {
        insured: area(insured)?,
        treatment: area(place)?,
        institution: text(institution)?,
        scheme: InsuranceScheme::from_code(text(scheme)?).ok_or_else(|| corrupt("a scheme"))?,
        care: CareKind::from_code(text(care)?).ok_or_else(|| corrupt("a kind of care"))?,
        settled_month: number(month)?,
        total: amount(total)?,
        person_total: amount(person_total)?,
        account: amount(account)?,
    };
    let mut funds = [(Fund::Other, Fen::ZERO); Fund::ALL.len()];
    let mut count = 0;
    for (code, paid) in elements(codes)?.zip(elements(paid)?) {
        let fund = Fund::ALL.iter().copied().find(|fund| fund.code().as_bytes() == code);
        let place = funds.get_mut(count).ok_or_else(|| corrupt("more funds than there are"))?;
        *place = (fund.ok_or_else(|| corrupt("a fund"))?, amount(paid)?);
        count += 1;
    }
    let paid: Fen = funds[..count].iter().map(|(_, paid)| *paid).sum();
    if item.total != paid + item.person_total {
        return Ok(false);
    }
    apportioner.add(part, &item, funds[..count].iter().copied());
    Ok(true)
}
