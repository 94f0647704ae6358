//! What people look for on pages: settlements, people, filings, institutions. Each list comes in pages by the key of its last row, so that
//! a page costs the same wherever it stands and however long the book is.

use crate::{
    Amounts, Conn, Error, Result,
    hub::NationalInstitution,
    insured,
    person::read_one,
    row::{coded, division, division_number, moment, parsed, stage, stage_number},
    treatment::read_amounts,
};
use benefit::{YearToDate, year::Measure};
use casework::{Filing, institution::Institution, person::Person, settlement};
use sqlx::{AssertSqlSafe, Postgres, QueryBuilder, Row, postgres::PgRow, types::Json};
use std::collections::BTreeMap;
use terms::{
    AdminDivision, CareKind, CitizenId, Day, Fen, FilingCategory, InstitutionCode, InsuranceScheme, Moment,
    PersonNumber, Province, SettlementId, SettlementLevel, pinyin::Typed,
};

/// The numbers of the divisions that lie in one: of a province, of a pooling area, or the one itself.
pub(crate) fn numbers_in(place: AdminDivision) -> (i32, i32) {
    let number = division_number(place);
    if place == place.province().division() {
        (number, number + 9_999)
    } else if number % 100 == 0 {
        (number, number + 99)
    } else {
        (number, number)
    }
}

/// In which order settlements are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Day,
    /// Newest first.
    DayBackwards,
    /// The smallest total first.
    Total,
    /// The largest total first.
    TotalBackwards,
}

impl Order {
    const fn backwards(self) -> bool {
        matches!(self, Self::DayBackwards | Self::TotalBackwards)
    }

    const fn by_total(self) -> bool {
        matches!(self, Self::Total | Self::TotalBackwards)
    }
}

/// Which settlements.
#[derive(Clone, Debug)]
pub struct SettlementsWanted<'a> {
    /// 就医地: a province or pooling area; in the treatment place's book the institution's.
    pub treatment: Option<AdminDivision>,
    /// 参保地: a province, pooling area or county.
    pub insured: Option<AdminDivision>,
    /// The institution.
    pub institution: Option<&'a InstitutionCode>,
    /// The person.
    pub person: Option<&'a PersonNumber>,
    /// The kind of care.
    pub care: Option<CareKind>,
    /// First and last day.
    pub days: (Option<Day>, Option<Day>),
    /// Least and largest total.
    pub totals: (Option<Fen>, Option<Fen>),
    /// In which order.
    pub order: Order,
    /// The last row of the page before: what it was ordered by, and its id.
    pub after: Option<(i64, SettlementId)>,
    /// So many at most.
    pub most: i64,
}

/// A settlement in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct SettlementFound<S> {
    /// Its id.
    pub id: SettlementId,
    /// Where it stands.
    pub stage: S,
    /// The person.
    pub person: PersonNumber,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The kind of care.
    pub care: CareKind,
    /// 参保地; in the insured place's book its pooling area.
    pub insured: AdminDivision,
    /// 就医地: the institution's pooling area; in the insured place's book the province.
    pub treatment: AdminDivision,
    /// The institution.
    pub institution: InstitutionCode,
    /// Its amounts.
    pub amounts: Amounts,
    /// When it was asked for, or committed.
    pub at: Moment,
}

impl<S> SettlementFound<S> {
    /// What the row is ordered by.
    pub fn mark(&self, order: Order) -> (i64, SettlementId) {
        let by = if order.by_total() { self.amounts.total.0 } else { self.at.millis() };
        (by, self.id)
    }
}

/// How many rows a page has, as a part of the text: statements are planned once for whatever is bound, and a limit that is bound would be planned
/// as a tenth of the table, which is sorted rather than read along an index.
pub(crate) fn push_limit(query: &mut QueryBuilder<Postgres>, most: i64) {
    query.push(format!(" limit {most}"));
}

/// The same of a statement that is always the same but for that. The text is the program's own: nothing that comes from outside is in it.
pub(crate) fn limited(statement: &'static str, most: i64) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("{statement} limit {most}"))
}

/// Adds what both books are asked alike.
fn push_common(query: &mut QueryBuilder<Postgres>, wanted: &SettlementsWanted<'_>) {
    if let Some(institution) = wanted.institution {
        query.push(" and institution = ").push_bind(institution.as_str().to_owned());
    }
    if let Some(person) = wanted.person {
        query.push(" and person = ").push_bind(person.as_str().to_owned());
    }
    if let Some(least) = wanted.totals.0 {
        query.push(" and total >= ").push_bind(least.0);
    }
    if let Some(largest) = wanted.totals.1 {
        query.push(" and total <= ").push_bind(largest.0);
    }
}

fn push_days(query: &mut QueryBuilder<Postgres>, column: &str, days: (Option<Day>, Option<Day>)) {
    if let Some(first) = days.0 {
        query.push(format!(" and {column} >= ")).push_bind(first.start().millis());
    }
    if let Some(last) = days.1 {
        query.push(format!(" and {column} < ")).push_bind(last.plus_days(1).start().millis());
    }
}

/// Settlements of the treatment place's book. The id says when it was asked for, so that the book's own key is the order of time.
pub async fn treatment(
    conn: &mut Conn,
    province: Province,
    wanted: &SettlementsWanted<'_>,
    at: Option<settlement::Stage>,
) -> Result<Vec<SettlementFound<settlement::Stage>>> {
    let mut query = QueryBuilder::new(
        "select id, stage, person, scheme, care, insured, area, institution, total, fund_total, person_total, account,
                funds, fund_paid, asked_at
         from treatment_settlement where province = ",
    );
    query.push_bind(division_number(province.division()));
    push_common(&mut query, wanted);
    if let Some(stage) = at {
        query.push(" and stage = ").push_bind(stage_number(&settlement::Stage::ALL, &stage));
    }
    if let Some(care) = wanted.care {
        query.push(" and care = ").push_bind(care.code());
    }
    if let Some(area) = wanted.treatment {
        let (first, last) = numbers_in(area);
        query.push(" and area >= ").push_bind(first).push(" and area <= ").push_bind(last);
    }
    if let Some(insured) = wanted.insured {
        let (first, last) = numbers_in(insured);
        if first == last {
            query.push(" and insured = ").push_bind(first);
        } else {
            query.push(" and insured >= ").push_bind(first).push(" and insured <= ").push_bind(last);
        }
    }
    // The month narrows the partitions; the time of asking is that of the id, by which the row lies.
    if let Some(first) = wanted.days.0 {
        query.push(" and month >= ").push_bind(first.month().number());
    }
    if let Some(last) = wanted.days.1 {
        query.push(" and month <= ").push_bind(last.month().number());
    }
    push_days(&mut query, "asked_at", wanted.days);
    let (than, direction) = if wanted.order.backwards() { ("<", "desc") } else { (">", "asc") };
    if let Some((by, id)) = wanted.after {
        let (month, id) = (id.month().number(), id.to_string());
        if wanted.order.by_total() {
            query.push(format!(" and (total, id) {than} (")).push_bind(by).push(", ").push_bind(id).push(")");
        } else {
            query
                .push(format!(" and (month, id) {than} ("))
                .push_bind(month)
                .push(", ")
                .push_bind(id)
                .push(")");
        }
    }
    let order = if wanted.order.by_total() { "total" } else { "month" };
    query.push(format!(" order by {order} {direction}, id {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    let read = |row: &PgRow| {
        Ok(SettlementFound {
            id: parsed(row, "id")?,
            stage: stage(row, &settlement::Stage::ALL)?,
            person: parsed(row, "person")?,
            scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
            care: coded(row, "care", CareKind::from_code)?,
            insured: division(row, "insured")?,
            treatment: division(row, "area")?,
            institution: parsed(row, "institution")?,
            amounts: read_amounts(row)?,
            at: moment(row, "asked_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The kind of care that added these sums to a year.
pub fn care_of(contribution: &YearToDate) -> Option<CareKind> {
    let of = |measure| contribution.counters().find(|(counter, _)| counter.measure == measure);
    of(Measure::Total).or_else(|| contribution.counters().next()).map(|(counter, _)| counter.care)
}

/// The beginning of the name of a counter of this kind of care.
const fn counted(care: CareKind) -> &'static str {
    match care {
        CareKind::Inpatient => "inpatient.total",
        CareKind::Outpatient => "outpatient.total",
        CareKind::Chronic => "chronic.total",
        CareKind::Pharmacy => "pharmacy.total",
    }
}

/// Settlements of the insured place's book that were computed, in the order in which they were committed.
pub async fn insured(
    conn: &mut Conn,
    wanted: &SettlementsWanted<'_>,
    at: Option<insured::Stage>,
) -> Result<Vec<SettlementFound<insured::Stage>>> {
    let rows = insured_query(wanted, at).build().fetch_all(conn).await?;
    let read = |row: &PgRow| {
        let contribution: YearToDate = crate::document::document(row, "contribution")?.read()?;
        Ok(SettlementFound {
            id: parsed(row, "id")?,
            stage: stage(row, &insured::Stage::ALL)?,
            person: parsed(row, "person")?,
            scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
            care: care_of(&contribution).unwrap_or(CareKind::Inpatient),
            insured: division(row, "area")?,
            treatment: division(row, "treatment")?,
            institution: parsed(row, "institution")?,
            amounts: read_amounts(row)?,
            at: moment(row, "committed_at")?,
        })
    };
    rows.iter().map(read).collect()
}

fn insured_query(wanted: &SettlementsWanted<'_>, at: Option<insured::Stage>) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, stage, person, scheme, area, treatment, institution, total, fund_total, person_total, account, funds,
                fund_paid, committed_at, contribution
         from insured_settlement where person is not null",
    );
    push_common(&mut query, wanted);
    if let Some(stage) = at {
        query.push(" and stage = ").push_bind(stage_number(&insured::Stage::ALL, &stage));
    }
    if let Some(care) = wanted.care {
        // What a settlement added to the year says of which care it was.
        query.push(" and strpos(contribution, ").push_bind(format!("\"{}\"", counted(care))).push(") > 0");
    }
    if let Some(insured) = wanted.insured {
        let (first, last) = numbers_in(insured.pooling_area().division());
        let whole = insured == insured.province().division();
        let (first, last) = if whole { numbers_in(insured) } else { (first, last.min(first)) };
        if first == last {
            query.push(" and area = ").push_bind(first);
        } else {
            query.push(" and area >= ").push_bind(first).push(" and area <= ").push_bind(last);
        }
    }
    if let Some(treatment) = wanted.treatment {
        query.push(" and treatment = ").push_bind(division_number(treatment.province().division()));
    }
    push_days(&mut query, "committed_at", wanted.days);
    let (than, direction) = if wanted.order.backwards() { ("<", "desc") } else { (">", "asc") };
    let order = if wanted.order.by_total() { "total" } else { "committed_at" };
    if let Some((by, id)) = wanted.after {
        query.push(format!(" and ({order}, id) {than} (")).push_bind(by).push(", ");
        query.push_bind(id.to_string()).push(")");
    }
    query.push(format!(" order by {order} {direction}, id {direction}"));
    push_limit(&mut query, wanted.most);
    query
}

/// The names of institutions by code: as they are registered here, and elsewhere as the national register says.
pub async fn institution_names(
    conn: &mut Conn,
    codes: &[&InstitutionCode],
) -> Result<BTreeMap<InstitutionCode, String>> {
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let rows = sqlx::query(
        "select code, name from national_institution where code = any($1)
         union all select code, name from institution where code = any($1)",
    )
    .bind(codes)
    .fetch_all(conn)
    .await?;
    // The own register comes last, and counts.
    rows.iter().map(|row| Ok((parsed(row, "code")?, row.try_get("name")?))).collect()
}

/// Which people.
#[derive(Clone, Debug)]
pub struct PeopleWanted<'a> {
    /// A province, pooling area or county of it.
    pub insured: AdminDivision,
    /// The beginning of the name.
    pub name: Option<&'a str>,
    /// The number.
    pub person: Option<&'a PersonNumber>,
    /// The identity number.
    pub citizen: Option<&'a CitizenId>,
    /// The last row of the page before: pooling area and number.
    pub after: Option<(AdminDivision, PersonNumber)>,
    /// So many at most.
    pub most: i64,
}

/// The first text behind all that begin with this one, in the order of code points; none if there is no text behind them.
fn after(prefix: &str) -> Option<String> {
    let mut kept: Vec<char> = prefix.chars().collect();
    while let Some(last) = kept.pop() {
        // `nth(1)` steps over what is no character.
        if let Some(next) = (last..=char::MAX).nth(1) {
            kept.push(next);
            return Some(kept.into_iter().collect());
        }
    }
    None
}

/// People with their pooling areas, by area and number.
pub async fn people(conn: &mut Conn, wanted: &PeopleWanted<'_>) -> Result<Vec<(AdminDivision, Person)>> {
    let mut query = QueryBuilder::new(
        "select chosen.number, chosen.citizen, chosen.name, chosen.nation, chosen.area as of_area, enrolment.*
         from (select * from ",
    );
    // Whoever bears a name of two characters is one of few, and found by the name. A surname alone is borne by so many that a page of them is soon
    // read in the order of numbers. Which of the two it is, a plan that is made once for all names cannot know.
    let by_name =
        wanted.name.filter(|name| name.chars().count() > 1).and_then(|name| Some((name, after(name)?)));
    if let Some((first, end)) = &by_name {
        query.push("(select * from person where name ~>=~ ").push_bind((*first).to_owned());
        query.push(" and name ~<~ ").push_bind(end.clone()).push(" offset 0) named");
    } else {
        query.push("person");
    }
    query.push(" where area >= ");
    let whole = wanted.insured == wanted.insured.province().division();
    let area = division_number(wanted.insured.pooling_area().division());
    let (first, last) = if whole { numbers_in(wanted.insured) } else { (area, area) };
    query.push_bind(first).push(" and area <= ").push_bind(last);
    if let Some(name) = wanted.name.filter(|_| by_name.is_none()) {
        let pattern = name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query.push(" and name like ").push_bind(format!("{pattern}%"));
    }
    if let Some(person) = wanted.person {
        query.push(" and number = ").push_bind(person.as_str().to_owned());
    }
    if let Some(citizen) = wanted.citizen {
        query.push(" and citizen = ").push_bind(citizen.reveal().to_owned());
    }
    if let Some((area, number)) = &wanted.after {
        query.push(" and (area, number) > (").push_bind(division_number(*area)).push(", ");
        query.push_bind(number.as_str().to_owned()).push(")");
    }
    query.push(" order by area, number");
    push_limit(&mut query, wanted.most);
    query.push(
        ") chosen join enrolment on enrolment.area = chosen.area and enrolment.person = chosen.number
         order by chosen.area, chosen.number, enrolment.scheme",
    );
    let rows = query.build().fetch_all(conn).await?;
    let mut found: Vec<(AdminDivision, Person)> = Vec::new();
    for row in &rows {
        let (area, mut one) = (division(row, "of_area")?, read_one(row)?);
        match found.last_mut() {
            Some((known, person)) if *known == area && person.number == one.number => {
                person.enrolments.append(&mut one.enrolments);
            }
            _ => found.push((area, one)),
        }
    }
    Ok(found)
}

/// Which filings.
#[derive(Clone, Debug, Default)]
pub struct FilingsWanted<'a> {
    /// The name of the stage.
    pub stage: Option<&'a str>,
    /// Only those for which a reviewer waits for papers (待补正). The national register knows of none.
    pub awaited: bool,
    /// The category.
    pub category: Option<FilingCategory>,
    /// 参保地: a province, pooling area or county.
    pub insured: Option<AdminDivision>,
    /// 就医地: a province with its cities, or a city.
    pub destination: Option<AdminDivision>,
    /// First and last day on which it was applied for.
    pub days: (Option<Day>, Option<Day>),
    /// The person.
    pub person: Option<&'a PersonNumber>,
    /// Newest first.
    pub backwards: bool,
    /// The id of the last row of the page before.
    pub after: Option<String>,
    /// So many at most.
    pub most: i64,
}

/// Filings of the insured place's own register, in the order in which they were applied for.
pub async fn filings(conn: &mut Conn, wanted: &FilingsWanted<'_>) -> Result<Vec<Filing>> {
    filings_of(conn, "filing", wanted).await
}

/// Filings of the national register.
pub async fn national_filings(conn: &mut Conn, wanted: &FilingsWanted<'_>) -> Result<Vec<Filing>> {
    filings_of(conn, "national_filing", wanted).await
}

/// Thirteen digits, as an id holds a time.
fn digits(at: Moment) -> String {
    format!("{:013}", at.millis())
}

async fn filings_of(conn: &mut Conn, table: &str, wanted: &FilingsWanted<'_>) -> Result<Vec<Filing>> {
    let mut query = QueryBuilder::new(format!("select content from {table} where true"));
    if let Some(stage) = wanted.stage {
        query.push(" and content #>> '{stage,name}' = ").push_bind(stage.to_owned());
    }
    if wanted.awaited {
        query.push(if table == "filing" {
            " and exists (select 1 from filing_supplement wanted
                          where wanted.area = filing.area and wanted.filing = filing.id and wanted.answered_at is null)"
        } else {
            " and false"
        });
    }
    if let Some(category) = wanted.category {
        query.push(" and content -> 'category' = ").push_bind(Json(category));
    }
    // What the rows are kept by, beside what each says: so that those of a small place are not looked for through all others.
    match wanted.insured {
        Some(insured) if table == "national_filing" => {
            query.push(" and province = ").push_bind(division_number(insured.province().division()));
        }
        Some(insured) if insured != insured.province().division() => {
            query.push(" and area = ").push_bind(division_number(insured.pooling_area().division()));
        }
        _ => {}
    }
    for (key, place) in [("insured", wanted.insured), ("destination", wanted.destination)] {
        if let Some(place) = place {
            let (first, last) = numbers_in(place);
            let column = format!("(content ->> '{key}')::integer");
            query.push(format!(" and {column} >= ")).push_bind(first);
            query.push(format!(" and {column} <= ")).push_bind(last);
        }
    }
    if let Some(person) = wanted.person {
        query.push(" and person = ").push_bind(person.as_str().to_owned());
    }
    if let Some(first) = wanted.days.0 {
        query.push(" and substr(id, 7, 13) >= ").push_bind(digits(first.start()));
    }
    if let Some(last) = wanted.days.1 {
        query.push(" and substr(id, 7, 13) < ").push_bind(digits(last.plus_days(1).start()));
    }
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    if let Some(after) = &wanted.after {
        query.push(format!(" and (substr(id, 7, 13), id) {than} (substr(")).push_bind(after.clone());
        query.push("::text, 7, 13), ").push_bind(after.clone()).push(")");
    }
    query.push(format!(" order by substr(id, 7, 13) {direction}, id {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    let read = |row: &PgRow| {
        let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
        serde_json::from_value(content)
            .map_err(|error| Error::Corrupt { column: "filing.content", value: error.to_string() })
    };
    rows.iter().map(read).collect()
}

/// By what institutions are sorted; what is alike is sorted by pooling area (in the national register by province) and code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstitutionOrder {
    /// By pooling area (in the national register by province) and code.
    #[default]
    Code,
    /// By the name.
    Name,
    /// By 医保结算等级.
    Level,
    /// By the division where it is.
    Place,
    /// By whether it settles across regions.
    Open,
}

impl InstitutionOrder {
    /// All of them, with the words that programs use.
    pub const ALL: [(&str, Self); 5] = [
        ("code", Self::Code),
        ("name", Self::Name),
        ("level", Self::Level),
        ("place", Self::Place),
        ("open", Self::Open),
    ];

    pub(crate) const fn column(self) -> Option<&'static str> {
        match self {
            Self::Code => None,
            Self::Name => Some("name"),
            Self::Level => Some("level"),
            Self::Place => Some("place"),
            Self::Open => Some("open"),
        }
    }
}

/// Which institutions.
#[derive(Clone, Debug, Default)]
pub struct InstitutionsWanted<'a> {
    /// Words of the name, or how they are read ([`terms::pinyin`]).
    pub name: Option<&'a str>,
    /// The beginning of the code.
    pub code: Option<&'a str>,
    /// A province, pooling area or county.
    pub area: Option<AdminDivision>,
    /// 医保结算等级.
    pub level: Option<SettlementLevel>,
    /// 定点医疗服务机构类型; the national register does not have it.
    pub kind: Option<&'a str>,
    /// Whether it settles across regions.
    pub open: Option<bool>,
    /// Changed at this moment or since.
    pub changed_since: Option<Moment>,
    /// By what they are sorted.
    pub order: InstitutionOrder,
    /// The last first.
    pub backwards: bool,
    /// The last row of the page before: its area (in the national register its province) and its code.
    pub after: Option<(AdminDivision, InstitutionCode)>,
    /// So many at most.
    pub most: i64,
}

fn institutions_query(
    (table, first_key): (&str, &str),
    wanted: &InstitutionsWanted<'_>,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(format!("select * from {table} where true"));
    push_institutions(&mut query, first_key, wanted);
    push_institution_order(
        &mut query,
        (table, first_key),
        (wanted.order, wanted.backwards),
        wanted.after.as_ref(),
    );
    push_limit(&mut query, wanted.most);
    query
}

/// In which order the rows of a register of institutions come, and behind which one.
pub(crate) fn push_institution_order(
    query: &mut QueryBuilder<Postgres>,
    (table, first_key): (&str, &str),
    (order, backwards): (InstitutionOrder, bool),
    after: Option<&(AdminDivision, InstitutionCode)>,
) {
    let (than, direction) = if backwards { ("<", "desc") } else { (">", "asc") };
    let key = format!("{table}.{first_key}, {table}.code");
    let sorted = order.column().map(|column| format!("{table}.{column}, ")).unwrap_or_default();
    if let Some((area, code)) = after {
        query.push(format!(" and ({sorted}{key}) {than} ("));
        if order.column().is_some() {
            // By what the page before ended is read off that row itself.
            query.push(format!("select {sorted}{key} from {table} where {table}.{first_key} = "));
            query.push_bind(division_number(*area)).push(format!(" and {table}.code = "));
            query.push_bind(code.as_str().to_owned()).push(")");
        } else {
            query.push_bind(division_number(*area)).push(", ").push_bind(code.as_str().to_owned()).push(")");
        }
    }
    query.push(" order by ");
    if let Some(column) = order.column() {
        query.push(format!("{table}.{column} {direction}, "));
    }
    query.push(format!("{table}.{first_key} {direction}, {table}.code {direction}"));
}

/// What institutions have to be, whichever page of them.
fn push_institutions(query: &mut QueryBuilder<Postgres>, first_key: &str, wanted: &InstitutionsWanted<'_>) {
    if let Some(area) = wanted.area {
        let (first, last) = numbers_in(area);
        let (first_area, last_area) = numbers_in(area.province().division());
        query.push(format!(" and {first_key} >= ")).push_bind(first_area);
        query.push(format!(" and {first_key} <= ")).push_bind(last_area);
        query.push(" and place >= ").push_bind(first).push(" and place <= ").push_bind(last);
    }
    if let Some(name) = wanted.name {
        query.push(" and (strpos(name, ").push_bind(name.to_owned()).push(") > 0");
        if let Some(typed) = Typed::read(name) {
            query.push(" or letters ~ ").push_bind(typed.pattern());
        }
        query.push(")");
    }
    if let Some(code) = wanted.code {
        query.push(" and starts_with(code, ").push_bind(code.to_owned()).push(")");
    }
    if let Some(level) = wanted.level {
        query.push(" and level = ").push_bind(level.code());
    }
    if let Some(kind) = wanted.kind {
        query.push(" and kind = ").push_bind(kind.to_owned());
    }
    if let Some(open) = wanted.open {
        query.push(" and open = ").push_bind(open);
    }
    if let Some(since) = wanted.changed_since {
        query.push(" and changed_at >= ").push_bind(since.millis());
    }
}

async fn counted_by_place(
    conn: &mut Conn,
    (table, first_key): (&str, &str),
    wanted: &InstitutionsWanted<'_>,
) -> Result<Vec<(AdminDivision, i64)>> {
    let mut query = QueryBuilder::new(format!("select place, count(*) as number from {table} where true"));
    push_institutions(&mut query, first_key, wanted);
    query.push(" group by place order by place");
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(|row| Ok((division(row, "place")?, row.try_get("number")?))).collect()
}

/// How many institutions of a province are such, by where they are; what page is wanted does not matter.
pub async fn institution_counts(
    conn: &mut Conn,
    wanted: &InstitutionsWanted<'_>,
) -> Result<Vec<(AdminDivision, i64)>> {
    counted_by_place(conn, ("institution", "area"), wanted).await
}

/// The same of the national register.
pub async fn national_institution_counts(
    conn: &mut Conn,
    wanted: &InstitutionsWanted<'_>,
) -> Result<Vec<(AdminDivision, i64)>> {
    let wanted = InstitutionsWanted { kind: None, ..wanted.clone() };
    counted_by_place(conn, ("national_institution", "province"), &wanted).await
}

/// Institutions of a province, by pooling area and code.
pub async fn institutions(conn: &mut Conn, wanted: &InstitutionsWanted<'_>) -> Result<Vec<Institution>> {
    let rows = institutions_query(("institution", "area"), wanted).build().fetch_all(conn).await?;
    rows.iter().map(crate::institution::read).collect()
}

/// Institutions of the national register, by province and code. It has no kinds: whoever asks for one says so by the code's first letter.
pub async fn national_institutions(
    conn: &mut Conn,
    wanted: &InstitutionsWanted<'_>,
) -> Result<Vec<NationalInstitution>> {
    let wanted = InstitutionsWanted { kind: None, ..wanted.clone() };
    let rows =
        institutions_query(("national_institution", "province"), &wanted).build().fetch_all(conn).await?;
    rows.iter().map(crate::hub::read_institution).collect()
}

/// The institution of the national register with this code, whichever the province.
pub async fn national_institution(
    conn: &mut Conn,
    code: &InstitutionCode,
) -> Result<Option<NationalInstitution>> {
    let row = sqlx::query("select * from national_institution where code = $1 order by province limit 1")
        .bind(code.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(crate::hub::read_institution).transpose()
}

/// A settlement of the insured place's book, whichever of these pooling areas it is of: its id does not say.
pub async fn insured_one(
    conn: &mut Conn,
    areas: &[AdminDivision],
    id: SettlementId,
) -> Result<Option<insured::InsuredSettlement>> {
    let areas: Vec<i32> = areas.iter().copied().map(division_number).collect();
    let row = sqlx::query(
        "select * from insured_settlement where area = any($1) and month = $2 and id = $3 limit 1",
    )
    .bind(areas)
    .bind(id.month().number())
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(insured::read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, embedded::fixture::TestCluster};
    use sqlx::Row;

    /// So many settlements, an hour apart, over three months.
    const MANY: i64 = 2_000;

    async fn book() -> Store {
        let store = TestCluster::shared().fresh_store("2026-11-21 10:00:00".parse().unwrap()).await;
        let mut conn = store.conn().await.unwrap();
        sqlx::query(
            "insert into treatment_settlement (province, area, month, id, visit, institution, msgid, stage, person, scheme, insured,
                                               total, fund_total, person_total, funds, fund_paid, claim, asked_at, registration, care, bill)
             select 420000, 420100 + n % 2 * 400, to_char(to_timestamp(at / 1000) at time zone 'Asia/Shanghai', 'YYYYMM')::integer,
                    '420000' || at || lpad(n::text, 11, '0'), 'visit', 'H4201060000' || n % 4, 'message', n % 5, '1101' || n % 50,
                    '310', case when n % 7 = 0 then 310101 else 110105 end, n * 37 % 1000 * 100, 0, n * 37 % 1000 * 100, '{}', '{}',
                    '{}', at, '{}', case when n % 3 = 0 then '11' else '21' end, ''
             from (select n, 1788200000000 + n * 3600000 as at from generate_series(1, $1::bigint) n) hours",
        )
        .bind(MANY)
        .execute(&mut *conn)
        .await
        .unwrap();
        drop(conn);
        store
    }

    fn all<'a>(order: Order, most: i64) -> SettlementsWanted<'a> {
        SettlementsWanted {
            treatment: None,
            insured: None,
            institution: None,
            person: None,
            care: None,
            days: (None, None),
            totals: (None, None),
            order,
            after: None,
            most,
        }
    }

    async fn pages(store: &Store, wanted: SettlementsWanted<'_>) -> Vec<SettlementFound<settlement::Stage>> {
        let mut conn = store.conn().await.unwrap();
        let province = "420000".parse().unwrap();
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let wanted = SettlementsWanted { after, ..wanted.clone() };
            let page = treatment(&mut conn, province, &wanted, None).await.unwrap();
            let Some(last) = page.last() else { return found };
            after = Some(last.mark(wanted.order));
            found.extend(page);
        }
    }

    type Fits = fn(&SettlementFound<settlement::Stage>) -> bool;

    #[tokio::test]
    async fn page_by_page_comes_everything_once_and_in_order() {
        let store = book().await;
        for order in [Order::Day, Order::DayBackwards, Order::Total, Order::TotalBackwards] {
            let found = pages(&store, all(order, 300)).await;
            assert_eq!(found.len(), usize::try_from(MANY).unwrap(), "{order:?}");
            let marks: Vec<_> = found.iter().map(|one| one.mark(order)).collect();
            let mut sorted = marks.clone();
            sorted.sort_unstable();
            sorted.dedup();
            if order.backwards() {
                sorted.reverse();
            }
            assert!(marks == sorted, "{order:?}");
        }
        let number: PersonNumber = "11017".parse().unwrap();
        let code: InstitutionCode = "H42010600003".parse().unwrap();
        let day: Day = "2026-09-10".parse().unwrap();
        let newest = || all(Order::DayBackwards, 70);
        let division = |text: &str| Some(text.parse().unwrap());
        let cases: [(SettlementsWanted<'_>, Fits); 7] = [
            (SettlementsWanted { insured: division("310000"), ..newest() }, |one| {
                one.insured.to_string() == "310101"
            }),
            (SettlementsWanted { insured: division("110105"), ..newest() }, |one| {
                one.insured.to_string() == "110105"
            }),
            (SettlementsWanted { treatment: division("420100"), ..newest() }, |one| {
                one.treatment.to_string() == "420100"
            }),
            (SettlementsWanted { person: Some(&number), ..newest() }, |one| one.person.as_str() == "11017"),
            (SettlementsWanted { institution: Some(&code), ..newest() }, |one| {
                one.institution.as_str() == "H42010600003"
            }),
            (SettlementsWanted { care: Some(CareKind::Outpatient), ..newest() }, |one| {
                one.care == CareKind::Outpatient
            }),
            (SettlementsWanted { totals: (Some(Fen(50_000)), Some(Fen(60_000))), ..newest() }, |one| {
                (50_000..=60_000).contains(&one.amounts.total.0)
            }),
        ];
        let everything = pages(&store, newest()).await;
        for (at, (wanted, fits)) in cases.into_iter().enumerate() {
            let found = pages(&store, wanted).await;
            let expected: Vec<_> = everything.iter().filter(|one| fits(one)).cloned().collect();
            assert!(
                !expected.is_empty() && found == expected,
                "case {at}: {} of {}",
                found.len(),
                expected.len()
            );
        }
        let of_a_day = pages(&store, SettlementsWanted { days: (Some(day), Some(day)), ..newest() }).await;
        assert_eq!(of_a_day.len(), 24);
        assert!(of_a_day.iter().all(|one| one.at.day() == day));
    }

    #[test]
    fn what_begins_alike_lies_before_what_follows() {
        for prefix in ["王某", "某", "王\u{d7ff}", "王\u{10ffff}"] {
            let end = after(prefix).unwrap();
            assert!(*prefix < *end && format!("{prefix}\u{10ffff}龥") < end, "{prefix} {end}");
        }
        assert_eq!((after("王某"), after("\u{10ffff}")), (Some("王柑".to_owned()), None));
    }

    #[test]
    fn a_page_says_in_its_text_how_long_it_is() {
        let sql = insured_query(&all(Order::DayBackwards, 51), None).into_sql();
        let sql = sql.as_str();
        assert!(sql.ends_with("order by committed_at desc, id desc limit 51"), "{sql}");
    }

    #[tokio::test]
    async fn a_page_is_read_along_an_index() {
        let store = book().await;
        let mut conn = store.conn().await.unwrap();
        // So few rows are read as a whole unless that is forbidden; what matters is that there is a way without sorting.
        for statement in ["analyze treatment_settlement", "set enable_seqscan = off", "set enable_sort = off"]
        {
            sqlx::query(statement).execute(&mut *conn).await.unwrap();
        }
        for (select, index) in [
            (
                "select id from treatment_settlement where province = 420000 and (month, id) < (202611, '4') \
                 order by month desc, id desc limit 51",
                "_pkey",
            ),
            (
                "select id from treatment_settlement where province = 420000 and insured = 110105 and month >= 202609 \
                 order by month desc, id desc limit 51",
                "insured",
            ),
            (
                "select id from insured_settlement where person is not null and (committed_at, id) < (1, '4') \
                 order by committed_at desc, id desc limit 51",
                "committed_at",
            ),
            (
                "select id from filing where content #>> '{stage,name}' = 'submitted' order by substr(id, 7, 13), id limit 51",
                "filing_by_stage",
            ),
            (
                "select id from national_filing order by substr(id, 7, 13) desc, id desc limit 51",
                "national_filing_by_time",
            ),
            (
                "select content from filing where area = 420100 and (substr(id, 7, 13), id) < ('4', '4') \
                 order by substr(id, 7, 13) desc, id desc limit 51",
                "filing_by_area",
            ),
            (
                "select content from national_filing where province = 420000 \
                 order by substr(id, 7, 13) desc, id desc limit 51",
                "national_filing_by_province",
            ),
            ("select count(*) from hub_settlement where recorded_at >= 1 and recorded_at < 2", "recorded_at"),
            (
                "select content from filing where content -> 'category' = '\"referral\"' \
                 order by substr(id, 7, 13) desc, id desc limit 51",
                "filing_by_category",
            ),
            (
                "select * from issued_document where province = 420000 and kind = 'voucher' \
                 and (issued_at, number) < (1, '4') order by issued_at desc, number desc limit 51",
                "issued_document_by_kind",
            ),
            (
                "select * from complaint where province = 420000 and stage = 1 and number < 'T2' order by number desc limit 51",
                "complaint_by_stage",
            ),
            (
                "select * from detail_transmission where province = 420000 and stage = 1 and (month, settlement) > (1, '4') \
                 order by month, settlement limit 51",
                "detail_transmission_by_stage",
            ),
            (
                "select content from bank_entry where province = 420000 and (account, reference) > ('1', '4') \
                 order by account, reference limit 51",
                "bank_entry_pkey",
            ),
        ] {
            let rows = sqlx::query(sqlx::AssertSqlSafe(format!("explain {select}")))
                .fetch_all(&mut *conn)
                .await
                .unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.try_get(0).unwrap()).collect();
            let plan = plan.join("\n");
            assert!(plan.contains(index) && !plan.contains("Sort  ("), "{select}\n{plan}");
        }
    }
}
