//! A synthetic month of the nation's settlements, for measuring: who is treated where is made up, only the shares of the kinds of
//! care are those of 2024. Nothing of it is about anybody.

use crate::{Conn, Error, Result, Store};
use sqlx::{AssertSqlSafe, Executor};
use std::time::{Duration, Instant};
use terms::Month;
use tokio::task::JoinSet;

/// What to make up.
#[derive(Clone, Copy, Debug)]
pub struct Synthetic {
    /// The month; its partition must be there.
    pub month: Month,
    /// How many settlements.
    pub settlements: i64,
    /// How many provinces, 2 to 32.
    pub provinces: i64,
    /// Pooling areas of each province, 1 to 90.
    pub areas: i64,
    /// Hospitals in each pooling area, and as many pharmacies; the first of them have most of the patients.
    pub institutions: i64,
}

/// The provinces of the mainland and 新疆生产建设兵团.
const PROVINCES: &str = "110000,120000,130000,140000,150000,210000,220000,230000,310000,320000,330000,340000,350000,360000,\
                         370000,410000,420000,430000,440000,450000,460000,500000,510000,520000,530000,540000,610000,620000,\
                         630000,640000,650000,660000";

/// Fills the hub's book of a month, which must be empty. Nobody will miss these rows: they need no journal.
pub async fn fill_month(store: &Store, synthetic: Synthetic) -> Result<()> {
    let mut conn = store.conn().await?;
    let table = format!("hub_settlement_{}", synthetic.month.number());
    let run = |text: String| AssertSqlSafe(text);
    // A key that is made at once costs a fraction of one that grows row by row.
    conn.execute(run(format!("alter table hub_settlement detach partition {table}"))).await?;
    conn.execute(run(format!("alter table {table} drop constraint {table}_pkey"))).await?;
    conn.execute(run(format!("alter table {table} set unlogged"))).await?;
    let (first, second) =
        (1..=synthetic.settlements / 2, synthetic.settlements / 2 + 1..=synthetic.settlements);
    let mut halves = JoinSet::new();
    for numbers in [first, second] {
        let (store, table) = (store.clone(), table.clone());
        halves.spawn(async move {
            let text = insert(&table, synthetic, (*numbers.start(), *numbers.end()));
            store.conn().await?.execute(AssertSqlSafe(text)).await.map_err(Error::from)
        });
    }
    while let Some(half) = halves.join_next().await {
        half.map_err(|error| Error::Database(sqlx::Error::AnyDriverError(error.into())))??;
    }
    let (from, to) = (synthetic.month.number(), synthetic.month.next().number());
    conn.execute(run("set maintenance_work_mem = '256MB'".to_owned())).await?;
    conn.execute(run(format!(
        "alter table hub_settlement attach partition {table} for values from ({from}) to ({to})"
    )))
    .await?;
    conn.execute(run(format!("vacuum analyze {table}"))).await?;
    conn.execute(run("checkpoint".to_owned())).await?;
    Ok(())
}

/// How long the database takes to count a month's settlements and add two columns up, which reads as much as clearing it does and
/// keeps nothing.
pub async fn count_month(conn: &mut Conn, month: Month) -> Result<Duration> {
    let begun = Instant::now();
    let text = format!(
        "set enable_seqscan = on; select count(*), sum(total), sum(fund_total) from hub_settlement_{}; \
         set enable_seqscan = off",
        month.number()
    );
    conn.execute(AssertSqlSafe(text)).await?;
    Ok(begun.elapsed())
}

fn insert(table: &str, synthetic: Synthetic, (first, last): (i64, i64)) -> String {
    let Synthetic { month, provinces, areas, institutions, .. } = synthetic;
    let (number, begins) = (month.number(), month.first_day().start().millis());
    // Draws between 0 and 1 out of the number of the row, so that every run makes the same month.
    let draw = |seed: i32| format!("((hashint8extended(n, {seed}) & 1048575) / 1048576.0::float8)");
    format!(
        "insert into {table} (province, month, id, stage, treatment, insured, institution, scheme, total, fund_total,
                              person_total, funds, fund_paid, committed_at, recorded_at, account, care, place, clearing_month)
         select insured, {number}, treatment::text || given || lpad(n::text, 11, '0'), 0, treatment,
                insured + 100 * (1 + floor({areas} * insured_draw * insured_draw)::integer),
                (case when care = '41' then 'P' else 'H' end) || place::text || lpad(institution::text, 5, '0'),
                scheme, total, fund_total, total - fund_total,
                case when second = 0 then array[pool] else array[pool, other] end,
                case when second = 0 then array[fund_total] else array[fund_total - second, second] end,
                given, given, case when scheme = '310' then (total - fund_total) / 4 else 0 end, care, place, {number}
         from (select n, insured, place, scheme, care, total, insured_draw,
                      case when place_province = insured then next_province else place_province end as treatment,
                      floor({institutions} * who ^ 5)::integer as institution,
                      total * 6 / 10 as fund_total,
                      case when care = '21' and {large} < 0.2 then total / 10 else 0 end as second,
                      case scheme when '310' then '310100' else '390100' end as pool,
                      case scheme when '310' then '330100' else '390200' end as other,
                      {begins} + (n % 2419200) * 1000 as given
               from (select *,
                            case when place_province = insured then next_province else place_province end
                                + 100 * (1 + floor({areas} * where_draw * where_draw)::integer) as place
                     from (select n, {insured_area} as insured_draw, {place_area} as where_draw, {who} as who,
                                  all_provinces[1 + floor({provinces} * {from_province})::integer] as insured,
                                  all_provinces[1 + floor({provinces} * {to} * {to})::integer] as place_province,
                                  all_provinces[1 + (1 + floor({provinces} * {to} * {to})::integer) % {provinces}] as next_province,
                                  case when {scheme} < 0.55 then '310' else '390' end as scheme,
                                  case when {care} < 0.06 then '21' when {care} < 0.715 then '11'
                                       when {care} < 0.753 then '14' else '41' end as care,
                                  (case when {care} < 0.06 then 3000000 else 30000 end * (0.1 + {amount}))::bigint as total
                           from generate_series({first}::bigint, {last}) as n,
                                (select array[{PROVINCES}] as all_provinces) as known) as drawn) as placed) as line",
        large = draw(1),
        insured_area = draw(2),
        place_area = draw(3),
        who = draw(4),
        from_province = draw(5),
        to = draw(6),
        scheme = draw(7),
        care = draw(8),
        amount = draw(9),
    )
}
