//! Many settlements out of few: what real settlements left behind in the tables of a node, again and again, under other ids, of
//! other people, at other moments. So every row has the size that it has in life.
//!
//! Left out is what a settlement does not touch: lines of bills, diagnoses, and the messages before the one that settled.

use crate::{Conn, Result, Store, row::division_number};
use funds::Side;
use sqlx::{AssertSqlSafe, Executor};
use terms::{CitizenId, Day, Moment, Province};

/// What the book of a node is filled with.
#[derive(Clone, Debug)]
pub struct Multiplying {
    /// How many settlements.
    pub settlements: i64,
    /// They are spread evenly from this moment on …
    pub from: Moment,
    /// … to before this one, the last of whose month there must be a partition for.
    pub until: Moment,
    /// Where people are treated and where they are insured. At a province, the pair of which the real settlements are; at the hub as
    /// many as one likes.
    pub pairs: Vec<(Province, Province)>,
}

/// How many settlements go in by one statement.
const AT_ONCE: i64 = 200_000;

/// A table of which a settlement has rows.
struct Table {
    name: &'static str,
    /// The rows of the real settlements `s`, as `t`.
    templates: &'static str,
    /// What of a copy is not as in the template `t`, out of what is `given` and the real settlement `s`.
    differs: &'static [(&'static str, &'static str)],
}

const VISIT: Table = Table {
    name: "visit",
    templates: "visit t join real s on t.id = s.visit",
    differs: &[
        ("id", "given.id"),
        ("month", "given.month"),
        ("person", "given.person"),
        ("citizen", "given.citizen"),
        ("msgid", "given.msgid"),
        ("opened_at", "given.at"),
    ],
};
const MESSAGE: Table = Table {
    name: "hospital_message",
    templates: "hospital_message t join real s on t.subject = s.id",
    differs: &[("msgid", "given.msgid"), ("subject", "given.id"), ("received_at", "given.at")],
};
const TREATMENT: Table = Table {
    name: "treatment_settlement",
    templates: "treatment_settlement t join real s on t.id = s.id",
    differs: &[
        ("id", "given.id"),
        ("month", "given.month"),
        ("visit", "given.id"),
        ("person", "given.person"),
        ("msgid", "given.msgid"),
        ("asked_at", "given.at"),
        ("settled_at", "given.at + 50"),
    ],
};
const PERSON: Table = Table {
    name: "person",
    templates: "person t join real s on t.number = s.person",
    differs: &[("number", "given.person"), ("citizen", "given.citizen"), ("name", "given.name")],
};
const ENROLMENT: Table = Table {
    name: "enrolment",
    templates: "enrolment t join real s on t.person = s.person",
    differs: &[("person", "given.person")],
};
const FILING: Table = Table {
    name: "filing",
    templates: "filing t join real s on t.person = s.person",
    differs: &[
        ("id", "given.filing"),
        ("person", "given.person"),
        ("content", "t.content || jsonb_build_object('id', given.filing, 'person', given.person)"),
    ],
};
const YEAR: Table = Table {
    name: "year_to_date",
    templates: "year_to_date t join real s on t.person = s.person",
    differs: &[("person", "given.person")],
};
const INSURED: Table = Table {
    name: "insured_settlement",
    templates: "insured_settlement t join real s on t.id = s.id",
    differs: &[
        ("id", "given.id"),
        ("month", "given.month"),
        ("person", "given.person"),
        ("committed_at", "given.at + 30"),
    ],
};
const NATIONAL_FILING: Table = Table {
    name: "national_filing",
    templates: "(select *, row_number() over (order by id) - 1 as serial from national_filing) t join real s on t.serial = s.rank",
    differs: &[
        ("province", "given.insured"),
        ("id", "given.filing"),
        ("person", "given.person"),
        ("content", "t.content || jsonb_build_object('id', given.filing, 'person', given.person)"),
    ],
};
const HUB: Table = Table {
    name: "hub_settlement",
    templates: "hub_settlement t join real s on t.id = s.id",
    differs: &[
        ("id", "given.id"),
        ("month", "given.month"),
        ("clearing_month", "given.month"),
        ("province", "given.insured"),
        ("treatment", "given.treatment"),
        ("insured", "given.insured + t.insured % 10000"),
        ("place", "given.treatment + t.place % 10000"),
        (
            "institution",
            "left(t.institution, 1) || (given.treatment + substr(t.institution, 2, 6)::integer % 10000)::text || substr(t.institution, 8)",
        ),
        ("committed_at", "given.at + 30"),
        ("recorded_at", "given.at + 40"),
    ],
};
/// A province is the only party that is named by its bare number, and at the hub all parties are provinces.
const TRANSFER: Table = Table {
    name: "transfer",
    templates: "transfer t join real s on t.settlement = s.id",
    differs: &[
        ("id", "replace(t.id, t.settlement, given.id)"),
        ("settlement", "given.id"),
        ("month", "given.month"),
        ("day", "given.day"),
        ("debit", "replace(t.debit, '/' || t.insured_province || '/', '/' || given.insured || '/')"),
        ("credit", "replace(t.credit, '/' || t.treatment_province || '/', '/' || given.treatment || '/')"),
        ("recorded_at", "given.at + 40"),
    ],
};

/// Fills the treatment place's book, in which some real settlements of one pair of provinces must stand. `progress` is told how many
/// are in it. In the end the database has looked at what it holds and has written it to its files. Nobody else may be on the database:
/// its tables are without their indexes meanwhile, and all is written or nothing.
///
/// What looks through the book for details to send on passes these settlements by.
pub async fn multiply_treatment(store: &Store, of: &Multiplying, progress: &dyn Fn(i64)) -> Result<()> {
    multiply(store, Side::Treatment, of, progress).await
}

/// The same in the hub's book.
pub async fn multiply_hub(store: &Store, of: &Multiplying, progress: &dyn Fn(i64)) -> Result<()> {
    multiply(store, Side::Hub, of, progress).await
}

/// The same in the insured place's book.
pub async fn multiply_insured(store: &Store, of: &Multiplying, progress: &dyn Fn(i64)) -> Result<()> {
    multiply(store, Side::Insured, of, progress).await
}

async fn multiply(store: &Store, side: Side, of: &Multiplying, progress: &dyn Fn(i64)) -> Result<()> {
    let (tables, real): (&[Table], _) = match side {
        Side::Treatment => {
            let real = "id, visit, person, province as treatment, insured / 10000 * 10000 as insured
                        from treatment_settlement where stage = 1";
            (&[VISIT, MESSAGE, TREATMENT, TRANSFER], real)
        }
        Side::Hub => {
            let real = "id, '' as visit, '' as person, treatment, province as insured
                        from hub_settlement where stage = 0";
            (&[NATIONAL_FILING, HUB, TRANSFER], real)
        }
        Side::Insured => {
            let real = "id, '' as visit, person, treatment, area / 10000 * 10000 as insured
                        from insured_settlement where stage = 0";
            (&[PERSON, ENROLMENT, FILING, YEAR, INSURED, TRANSFER], real)
        }
    };
    // All in one transaction, in which the tables are emptied first: so they need no journal where the server keeps a minimal one.
    let mut work = store.begin().await?;
    let conn = work.conn();
    for setting in [
        // The whole of a small table is what is wanted here, for each of many rows.
        "enable_seqscan = on",
        "enable_hashjoin = on",
        "maintenance_work_mem = '1GB'",
        // All three books are filled at the same time.
        "max_parallel_maintenance_workers = 0",
    ] {
        run(conn, &format!("set local {setting}")).await?;
    }
    run(
        conn,
        &format!("create temp table real on commit drop as select row_number() over (order by id) - 1 as rank, {real}"),
    )
    .await?;
    let mut inserts = Vec::new();
    let mut after = Vec::new();
    for table in tables {
        inserts.push(template(conn, table).await?);
        after.extend(lay_bare(conn, table.name).await?);
    }
    if side == Side::Treatment {
        pass_by(conn, of).await?;
    }
    for first in (0..of.settlements).step_by(usize::try_from(AT_ONCE).expect("a small number")) {
        let last = of.settlements.min(first + AT_ONCE) - 1;
        run(conn, &given(of, first, last)).await?;
        run(conn, "analyze given").await?;
        for insert in &inserts {
            run(conn, insert).await?;
        }
        for table in tables.iter().filter(|table| table.name.ends_with("filing")) {
            count_filings(conn, table.name).await?;
        }
        run(conn, "drop table given").await?;
        progress(last + 1);
    }
    for statement in &after {
        run(conn, statement).await?;
    }
    // Their days may have been counted without them.
    run(conn, "delete from settlement_day").await?;
    work.save().await?;
    let mut conn = store.conn().await?;
    run(&mut conn, "vacuum analyze").await?;
    run(&mut conn, "checkpoint").await
}

/// Empties a table, takes its indexes and triggers away, and writes the rows back that were there. What gives it back what it had.
async fn lay_bare(conn: &mut Conn, name: &str) -> Result<Vec<String>> {
    let columns = columns_of(conn, name).await?.join(", ");
    let taken: Vec<(String, String)> = sqlx::query_as(
        "select format('alter table %s drop constraint %I', conrelid::regclass, conname),
                format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
         from pg_constraint where conrelid = $1::regclass and contype in ('p', 'u')
         union all
         select format('drop index %s', indexrelid::regclass), replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
         from pg_index where indrelid = $1::regclass
             and not exists (select 1 from pg_constraint where conindid = indexrelid and conrelid = indrelid)
         order by 2",
    )
    .bind(name)
    .fetch_all(&mut *conn)
    .await?;
    run(conn, &format!("create temp table kept_{name} on commit drop as select * from {name}")).await?;
    run(conn, &format!("alter table {name} disable trigger user")).await?;
    run(conn, &format!("truncate {name}")).await?;
    for (drop, _) in &taken {
        run(conn, drop).await?;
    }
    run(conn, &format!("insert into {name} ({columns}) select {columns} from kept_{name}")).await?;
    let mut after: Vec<String> = taken.into_iter().map(|(_, make)| make).collect();
    after.push(format!("alter table {name} enable trigger user"));
    Ok(after)
}

/// Counts the copies of filings, as their register's trigger does: those of one real filing and one day alike.
async fn count_filings(conn: &mut Conn, register: &str) -> Result<()> {
    let statement = format!(
        "insert into filing_change (province, register, category, measure, day, count)
         select tally.province, '{register}', tally.category, tally.measure, tally.day, sum(tally.count * alike.count)
         from (select rank, insured, day, min(filing) as filing, count(*) as count from given group by 1, 2, 3) alike
              join real_{register} t on t.real_rank = alike.rank,
              lateral filing_tally(alike.filing, t.content) tally
         group by 1, 3, 4, 5"
    );
    run(conn, &statement).await
}

/// The columns of a table that are written.
async fn columns_of(conn: &mut Conn, name: &str) -> Result<Vec<String>> {
    let columns = sqlx::query_scalar(
        "select attname::text from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum",
    );
    Ok(columns.bind(name).fetch_all(conn).await?)
}

/// Keeps the rows of the real settlements aside; the statement that writes copies of them.
async fn template(conn: &mut Conn, table: &Table) -> Result<String> {
    let Table { name, templates, differs } = table;
    run(
        conn,
        &format!(
            "create temp table real_{name} on commit drop as
             select s.rank as real_rank, s.insured as insured_province, s.treatment as treatment_province, t.* from {templates}"
        ),
    )
    .await?;
    let columns = columns_of(conn, name).await?;
    let value = |column: &String| {
        let differs = differs.iter().find(|(name, _)| name == column);
        differs.map_or_else(|| format!("t.{column}"), |(_, value)| (*value).to_owned())
    };
    Ok(format!(
        "insert into {name} ({}) select {} from given join real_{name} t on t.real_rank = given.rank",
        columns.join(", "),
        columns.iter().map(value).collect::<Vec<_>>().join(", ")
    ))
}

/// The person of a copy: invented, and as whoever reads the tables wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// 人员编号.
    pub person: String,
    /// 公民身份号码, of a place that there is not.
    pub citizen: String,
    /// 姓名; many bear the same one.
    pub name: String,
}

/// What the digits of a number are in names.
const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
/// The day on which the first are born; 999 a day.
const BORN_FROM: &str = "1940-01-01";

/// The person of the nth copy, from 0.
pub fn copied(n: i64) -> Copied {
    let born = BORN_FROM.parse::<Day>().expect("a day").plus_days(i32::try_from(n / 999).unwrap_or(i32::MAX));
    let digits = format!("999999{:08}{:03}", born.number(), n % 999 + 1);
    let check = CitizenId::check_digit(&digits).expect("seventeen digits");
    let stem = |digit: char| {
        let at = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
        STEMS.chars().nth(at.unwrap_or_default()).unwrap_or('甲')
    };
    let name: String = format!("{:04}", n % 10_000).chars().map(stem).collect();
    Copied { person: format!("S{n:011}"), citizen: format!("{digits}{check}"), name: format!("某{name}") }
}

/// The check digit, as SQL: behind six nines of `born`, the number of a day, and `serial`, of three digits. In whole numbers, since there are
/// millions.
fn check_digit() -> String {
    const WEIGHTS: [i32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (nines, rest) = WEIGHTS.split_at(6);
    let (of_born, of_serial) = rest.split_at(8);
    let digits = |number: &'static str, weights: &[i32]| -> Vec<String> {
        let places = (0..).map(|place| 10_i64.pow(place));
        let weights = weights.iter().rev().zip(places);
        weights.map(|(weight, place)| format!("{weight} * ({number} / {place} % 10)")).collect()
    };
    let terms = [digits("born", of_born), digits("serial", of_serial)].concat().join(" + ");
    let nines = 9 * nines.iter().sum::<i32>();
    format!("substr('10X98765432', 1 + (({nines} + {terms}) % 11)::integer, 1)")
}

/// The settlements from one number to another: who, when, where.
fn given(of: &Multiplying, first: i64, last: i64) -> String {
    let list = |of_pair: fn(&(Province, Province)) -> Province| {
        let numbers = of_pairs(of, of_pair);
        format!("(array[{numbers}])[1 + (n + n / reals) % {}]", of.pairs.len())
    };
    let (from, millis) = (of.from.millis(), of.until.millis() - of.from.millis());
    format!(
        "create temp table given as
         select rank, at, treatment, insured, treatment || lpad(at::text, 13, '0') || number as id,
                insured || lpad(at::text, 13, '0') || number as filing, 'M' || number as msgid, 'S' || number as person,
                '999999' || born || lpad(serial::text, 3, '0') || {} as citizen,
                '某' || translate(lpad((n % 10000)::text, 4, '0'), '0123456789', '{STEMS}') as name,
                day / 100 as month, day
         from (select n, n % reals as rank, {from} + {millis} * n / {} as at, {} as treatment, {} as insured,
                      lpad(n::text, 11, '0') as number, n % 999 + 1 as serial
               from generate_series({first}::bigint, {last}) as n, (select count(*) as reals from real) counted) numbered,
              lateral (select to_char(to_timestamp(at / 1000) at time zone 'Asia/Shanghai', 'YYYYMMDD')::integer as day,
                              to_char(date '{BORN_FROM}' + (n / 999)::integer, 'YYYYMMDD')::integer as born) derived",
        check_digit(),
        of.settlements,
        list(|pair| pair.0),
        list(|pair| pair.1),
    )
}

fn of_pairs(of: &Multiplying, of_pair: fn(&(Province, Province)) -> Province) -> String {
    let numbers = of.pairs.iter().map(|pair| of_pair(pair).to_string());
    numbers.collect::<Vec<_>>().join(", ")
}

/// The details of all that is filled in count as found.
async fn pass_by(conn: &mut Conn, of: &Multiplying) -> Result<()> {
    let Some((treatment, _)) = of.pairs.first() else { return Ok(()) };
    sqlx::query(
        "insert into detail_search (province, month, settlement) values ($1, $2, $3)
         on conflict (province) do update set month = excluded.month, settlement = excluded.settlement",
    )
    .bind(division_number(treatment.division()))
    .bind(of.until.day().month().number())
    .bind(format!("{treatment}{:013}{}", of.until.millis(), "0".repeat(11)))
    .execute(conn)
    .await?;
    Ok(())
}

/// Registers so many institutions in each of these provinces at the hub, like one that is registered there.
pub async fn fill_institutions(conn: &mut Conn, provinces: &[Province], each: i64) -> Result<()> {
    let numbers: Vec<i32> = provinces.iter().map(|province| division_number(province.division())).collect();
    sqlx::query(
        "insert into national_institution (province, code, name, place, level, open, changed_at)
         select province, 'H' || (province + 101)::text || lpad(n::text, 5, '0'), name || n, province + 101, level, true, changed_at
         from (select name, level, changed_at from national_institution order by code limit 1) model,
              unnest($1::integer[]) province, generate_series(1, $2) n
         on conflict do nothing",
    )
    .bind(numbers)
    .bind(each)
    .execute(conn)
    .await?;
    Ok(())
}

async fn run(conn: &mut Conn, statement: &str) -> Result<()> {
    conn.execute(AssertSqlSafe(statement.to_owned())).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        embedded::fixture::TestCluster,
        measure::{Filling, count_hub, fill_hub, fill_insured},
        search::{self, PeopleWanted},
    };

    fn moment(text: &str) -> Moment {
        text.parse().unwrap()
    }

    /// The indexes of all tables, and how many triggers are in force.
    async fn made(conn: &mut Conn) -> (Vec<String>, i64) {
        let indexes = sqlx::query_scalar(
            "select pg_get_indexdef(indexrelid) from pg_index join pg_class on pg_class.oid = indrelid
             where not relispartition and relnamespace = 'public'::regnamespace and indisvalid order by 1",
        );
        let indexes = indexes.fetch_all(&mut *conn).await.unwrap();
        let triggers = sqlx::query_scalar("select count(*) from pg_trigger where tgenabled = 'O'");
        (indexes, triggers.fetch_one(conn).await.unwrap())
    }

    /// How many filings are counted as applied for, and of how many counts the register says otherwise.
    async fn miscounted(conn: &mut Conn) -> (i64, i64) {
        let counted = "select category, measure, day, sum(count) from filing_change where register = 'filing' group by 1, 2, 3";
        let told = "select tally.category, tally.measure, tally.day, sum(tally.count)
                    from filing, lateral filing_tally(id, content) tally group by 1, 2, 3";
        sqlx::query_as(AssertSqlSafe(format!(
            "select (select sum(count) from filing_change where register = 'filing' and measure = 'filed')::bigint, count(*)
             from (({counted} except {told}) union all ({told} except {counted})) differing"
        )))
        .fetch_one(conn)
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn copies_are_of_other_people_and_spread_over_time_and_pairs() {
        let store = TestCluster::shared().fresh_store(moment("2026-11-05 12:00:00")).await;
        let [beijing, hubei, shanghai]: [Province; 3] =
            ["110000", "420000", "310000"].map(|code| code.parse().unwrap());
        let (day, insured) = (moment("2026-11-05 00:00:00").day(), beijing.division().pooling_area());
        let filling = Filling { day, settlements: 3, treatment: hubei, insured, document: 10 };
        let mut conn = store.conn().await.unwrap();
        fill_hub(&mut conn, filling).await.unwrap();
        fill_insured(&mut conn, filling).await.unwrap();
        // Settlements of this kind are of people of whom no register knows.
        for register in [
            "insert into person (area, number, citizen, name)
             select area, person, '110105199003078' || lpad(row_number() over (order by id)::text, 3, '0'), '王某甲'
             from insured_settlement",
            "insert into enrolment (area, person, scheme, insured, person_type, standing, civil_servant, balance)
             select area, person, scheme, 110105, '11', '1', false, 0 from insured_settlement",
            "insert into filing (area, id, person, generation, content)
             select area, '1100001793836800000' || lpad(row_number() over (order by id)::text, 11, '0'), person, 1,
                    '{\"category\": \"LongTermResident\", \"deemed\": false, \"begins\": \"2026-10-01\",
                      \"stage\": {\"name\": \"effective\", \"since\": 1793836800000}}'
             from insured_settlement",
        ] {
            sqlx::query(register).execute(&mut *conn).await.unwrap();
        }
        let of = Multiplying {
            settlements: 120,
            from: moment("2026-10-01 00:00:00"),
            until: moment("2026-11-04 00:00:00"),
            pairs: vec![(hubei, beijing), (beijing, shanghai), (shanghai, hubei)],
        };
        let before = made(&mut conn).await;
        multiply_hub(&store, &of, &|_| {}).await.unwrap();
        multiply_insured(&store, &of, &|_| {}).await.unwrap();
        assert_eq!(made(&mut conn).await, before, "indexes and triggers are what they were");
        assert_eq!(miscounted(&mut conn).await, (123, 0), "every filing is counted, on its day");

        assert_eq!(count_hub(&mut conn).await.unwrap(), 123);
        let pairs: Vec<(i32, i32, i32, String, i64)> = sqlx::query_as(
            "select treatment, province, insured, institution, count(*) from hub_settlement group by 1, 2, 3, 4 order by 1",
        )
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        let of_pair = |treatment, province, institution: &str, count| {
            (treatment, province, province + 105, institution.to_owned(), count)
        };
        assert_eq!(
            pairs,
            [
                of_pair(110_000, 310_000, "H11010600901", 40),
                of_pair(310_000, 420_000, "H31010600901", 40),
                of_pair(420_000, 110_000, "H42010600901", 43),
            ]
        );
        let months: Vec<(i32, i64)> =
            sqlx::query_as("select month, count(*) from hub_settlement group by 1 order by 1")
                .fetch_all(&mut *conn)
                .await
                .unwrap();
        assert_eq!(months, [(202_610, 110), (202_611, 13)], "31 of 34 days are October's");
        let people: (i64, i64) =
            sqlx::query_as("select count(*), count(distinct person) from insured_settlement")
                .fetch_one(&mut *conn)
                .await
                .unwrap();
        assert_eq!(people, (123, 123));

        // Whoever looks for a copy finds a person who could be read.
        for n in [0, 7, 119] {
            let Copied { person, citizen, name } = copied(n);
            let (person, citizen) = (person.parse().unwrap(), citizen.parse().unwrap());
            let wanted = PeopleWanted {
                insured: beijing.division(),
                name: Some(&name),
                person: Some(&person),
                citizen: Some(&citizen),
                after: None,
                most: 2,
            };
            let found = search::people(&mut conn, &wanted).await.unwrap();
            assert_eq!(found.len(), 1, "{name}");
        }
    }
}
