//! Figures for people: who treats whose people, today so far, and the report forms of a month or year, at the hub and at a province.
//!
//! The forms are those that the national administration publishes of direct settlement: visits, costs and fund payments by kind of care
//! (住院、普通门诊、门诊慢特病、药店购药), by scheme, and by province; how much people did not have to lay out (减少个人垫付) is what the funds paid.

use super::{
    Answer, Clerk, list,
    list::{Asked, Form},
    published::{self, Period},
    read,
};
use crate::{context::Failure, hub::Hub, job::Progress, province::ProvinceNode};
use axum::{Router, extract::State, http::Uri, routing::get};
use document::{Cell, Format, sheet};
use std::{collections::BTreeMap, sync::Arc};
use store::figures::{self, Figure, OfHour, counted::Book, filed::Register};
use terms::{CareKind, Day, Fen, InsuranceScheme, Month, Participant, Province, Refusal};
use wire::api::statistics::{
    Flow, FlowFigures, Flows, HourFigures, ParticipantFigures, Statistics, StatisticsColumn, StatisticsTable,
    Today,
};

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new()
        .route("/api/v1/flows", get(flows))
        .route("/api/v1/today", get(today))
        .route("/api/v1/statistics", get(statistics_of_hub))
}

/// The routes of a province.
pub fn of_province() -> Router<Arc<ProvinceNode>> {
    Router::new().route("/api/v1/statistics", get(statistics_of_province))
}

type HubNode = State<Arc<Hub>>;

// ------------------------------------------------------------------ flows and today

pub(super) fn month(text: &str) -> Result<Month, Refusal> {
    let read = || {
        let (year, month) = text.split_once('-')?;
        Month::new(year.parse().ok()?, month.parse().ok()?)
    };
    read().ok_or_else(|| Refusal::invalid("month", "yyyy-MM形式的月份"))
}

fn last_day(month: Month) -> Day {
    month.next().first_day().plus_days(-1)
}

fn add(figures: &mut FlowFigures, one: &Figure) {
    if !one.stand {
        figures.undone += one.count;
        return;
    }
    figures.settlements += one.count;
    figures.inpatient += if one.care == CareKind::Inpatient { one.count } else { 0 };
    figures.total += one.total;
    figures.fund_total += one.fund_total;
    figures.person_total += one.person_total;
}

async fn flows(State(hub): HubNode, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let form = list::form(asked.text("form"))?;
    let (from, until) = match (asked.text("day"), asked.text("month")) {
        (Some(day), None) => {
            let day = read(day, "day", "yyyy-MM-dd形式的日期")?;
            (day, day)
        }
        (None, Some(text)) => {
            let month = month(text)?;
            (month.first_day(), last_day(month))
        }
        (None, None) => {
            let today = hub.context.now().day();
            (today, today)
        }
        (Some(_), Some(_)) => return Err(Refusal::invalid("day", "day和month只填其一").into()),
    };
    let found = hub_figures(&hub, from, until).await?;
    let mut pairs: BTreeMap<(Province, Province), FlowFigures> = BTreeMap::new();
    let mut sum = FlowFigures::default();
    for one in &found {
        add(&mut sum, one);
        add(pairs.entry((one.insured, one.treatment)).or_default(), one);
    }
    let mut pairs: Vec<Flow> = pairs
        .into_iter()
        .map(|((insured, treatment), figures)| Flow {
            insured: Participant::Province(insured),
            insured_name: insured.division().full_name(),
            treatment: Participant::Province(treatment),
            treatment_name: treatment.division().full_name(),
            figures,
        })
        .collect();
    pairs.sort_by_key(|pair| std::cmp::Reverse((pair.figures.fund_total, pair.figures.settlements)));
    Ok(match form {
        Form::Page => Answer::json(&Flows { from, until, sum, pairs }),
        Form::File(format) => {
            let heads = [
                "参保省",
                "就医省",
                "人次",
                "住院人次",
                "医疗费总额（元）",
                "基金支付总额（元）",
                "个人负担（元）",
                "撤销",
            ];
            let rows = pairs.into_iter().map(|pair| {
                let figures = pair.figures;
                vec![
                    pair.insured_name.into(),
                    pair.treatment_name.into(),
                    Cell::Count(figures.settlements),
                    Cell::Count(figures.inpatient),
                    figures.total.into(),
                    figures.fund_total.into(),
                    figures.person_total.into(),
                    Cell::Count(figures.undone),
                ]
            });
            list::file(&format!("就医流向{from}至{until}"), format, &heads, rows.collect())
        }
    })
}

async fn hub_figures(hub: &Hub, from: Day, until: Day) -> Result<Vec<Figure>, Refusal> {
    let count =
        async { Ok(figures::of(&mut *hub.context.store.conn().await?, Book::HUB, from, until).await?) };
    count.await.map_err(|failure: Failure| failure.refusal())
}

fn of_hour(one: &OfHour) -> FlowFigures {
    FlowFigures {
        settlements: one.count,
        inpatient: one.inpatient,
        total: one.total,
        fund_total: one.fund_total,
        person_total: one.person_total,
        undone: one.undone,
    }
}

fn plus(sum: &mut FlowFigures, one: &FlowFigures) {
    sum.settlements += one.settlements;
    sum.inpatient += one.inpatient;
    sum.total += one.total;
    sum.fund_total += one.fund_total;
    sum.person_total += one.person_total;
    sum.undone += one.undone;
}

async fn today(State(hub): HubNode, _: Clerk) -> Result<Answer, Answer> {
    let now = hub.context.now();
    let day = now.day();
    let count = async { Ok(figures::hours(&mut *hub.context.store.conn().await?, day).await?) };
    let found: Vec<OfHour> = count.await.map_err(|failure: Failure| failure.refusal())?;
    let present = u8::try_from((now.millis() - day.start().millis()) / 3_600_000).unwrap_or(23).min(23);
    let hour = |hour: u8| {
        let mut sum = FlowFigures::default();
        found.iter().filter(|one| one.hour == hour).for_each(|one| plus(&mut sum, &of_hour(one)));
        HourFigures { hour, figures: sum }
    };
    let mut sum = FlowFigures::default();
    let mut by_province: BTreeMap<Province, (FlowFigures, terms::Moment)> = BTreeMap::new();
    for one in &found {
        plus(&mut sum, &of_hour(one));
        let entry = by_province.entry(one.treatment).or_insert_with(|| (FlowFigures::default(), one.last_at));
        plus(&mut entry.0, &of_hour(one));
        entry.1 = entry.1.max(one.last_at);
    }
    let mut treatment: Vec<ParticipantFigures> = by_province
        .into_iter()
        .map(|(province, (figures, last_at))| ParticipantFigures {
            participant: Participant::Province(province),
            name: province.division().full_name(),
            figures,
            last_at: last_at.to_string(),
        })
        .collect();
    treatment.sort_by_key(|one| std::cmp::Reverse(one.figures.settlements));
    Ok(Answer::json(&Today {
        day,
        as_of: now.to_string(),
        sum,
        hours: (0..=present).map(hour).collect(),
        treatment,
    }))
}

// ------------------------------------------------------------------ report forms

/// A period of a report: its words, its first and its last day.
fn period(asked: &Asked, today: Day) -> Result<(String, Day, Day), Refusal> {
    let of_month = |month: Month| {
        let first = month.first_day();
        (format!("{}年{}月", first.year(), month.number() % 100), first, last_day(month))
    };
    match (asked.text("month"), asked.text("year")) {
        (Some(text), None) => Ok(of_month(month(text)?)),
        (None, Some(text)) => {
            let year: i16 = read(text, "year", "四位数字的年度")?;
            let first = Day::new(year, 1, 1).filter(|_| (2000..2200).contains(&year));
            let first = first.ok_or_else(|| Refusal::invalid("year", "四位数字的年度"))?;
            Ok((format!("{year}年"), first, first.plus_months(12).plus_days(-1)))
        }
        (None, None) => Ok(of_month(today.month().first_day().plus_days(-1).month())),
        (Some(_), Some(_)) => Err(Refusal::invalid("month", "month和year只填其一")),
    }
}

async fn statistics_of_hub(
    State(hub): HubNode,
    _: Clerk,
    progress: Progress,
    uri: Uri,
) -> Result<Answer, Answer> {
    progress.begin((1, 2), "统计");
    let asked = Asked::of(&uri)?;
    let now = hub.context.now();
    let (words, from, until) = period(&asked, now.day())?;
    let found = hub_figures(&hub, from, until).await?;
    let went = async {
        let mut conn = hub.context.store.conn().await?;
        let period = Period { from, until, today: now.day() };
        let mut tables = published::tables(&mut conn, Book::HUB, period, ("", "")).await?;
        let open = figures::published::open_institutions(&mut conn).await?;
        tables.push(published::institutions(&open, ("institutions", "联网定点医药机构（目前）")));
        let filed = figures::filed::filings(&mut conn, Register::National, from, period.last()).await?;
        tables.extend(published::filings(&filed, true));
        Ok(tables)
    };
    let went = went.await.map_err(|failure: Failure| failure.refusal())?;
    progress.writes();
    let statistics = Statistics {
        title: format!("{words}跨省异地就医直接结算情况"),
        of: "国家平台".to_owned(),
        from,
        until,
        as_of: now.to_string(),
        tables: vec![
            by_care(&found, "by_care", "按就医类别"),
            by_scheme(&found, "by_scheme", "按险种"),
            by_province(&found, "by_insured", "按参保省", |one| one.insured),
            by_province(&found, "by_treatment", "按就医省", |one| one.treatment),
        ]
        .into_iter()
        .chain(went)
        .collect(),
        notes: notes("国家平台记录时间"),
    };
    answered(&statistics, &asked)
}

async fn statistics_of_province(
    State(node): State<Arc<ProvinceNode>>,
    _: Clerk,
    progress: Progress,
    uri: Uri,
) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let now = node.context.now();
    progress.begin((1, 2), "统计");
    let (words, from, until) = period(&asked, now.day())?;
    let count = async {
        let mut conn = node.context.store.conn().await?;
        let treated = figures::of(&mut conn, Book::of_treatment(node.province), from, until).await?;
        let insured = figures::of(&mut conn, Book::of_insured(node.province), from, until).await?;
        let period = Period { from, until, today: now.day() };
        let (of_insured, of_treatment) = (Book::of_insured(node.province), Book::of_treatment(node.province));
        let of = ("insured_", "本省参保人异地就医，");
        let mut went = published::tables(&mut conn, of_insured, period, of).await?;
        let of = ("treatment_", "异地参保人来本省就医，");
        went.extend(published::tables(&mut conn, of_treatment, period, of).await?);
        let open = figures::published::own_open_institutions(&mut conn).await?;
        went.push(published::institutions(&open, ("institutions", "本省联网定点医药机构（目前）")));
        let filed = figures::filed::filings(&mut conn, Register::Own, from, period.last()).await?;
        went.extend(published::filings(&filed, false));
        Ok((treated, insured, went))
    };
    let (treated, insured, went) = count.await.map_err(|failure: Failure| failure.refusal())?;
    progress.writes();
    let name = node.province.division().full_name();
    let statistics = Statistics {
        title: format!("{words}{name}异地就医直接结算情况"),
        of: name,
        from,
        until,
        as_of: now.to_string(),
        tables: vec![
            by_care(&insured, "insured_by_care", "本省参保人异地就医，按就医类别"),
            by_scheme(&insured, "insured_by_scheme", "本省参保人异地就医，按险种"),
            by_province(
                &insured,
                "insured_by_treatment",
                "本省参保人异地就医，按就医省",
                |one| one.treatment,
            ),
            by_care(&treated, "treatment_by_care", "异地参保人来本省就医，按就医类别"),
            by_scheme(&treated, "treatment_by_scheme", "异地参保人来本省就医，按险种"),
            by_province(
                &treated,
                "treatment_by_insured",
                "异地参保人来本省就医，按参保省",
                |one| one.insured,
            ),
        ]
        .into_iter()
        .chain(went)
        .collect(),
        notes: notes("结算时间，省内异地就医包含在内"),
    };
    answered(&statistics, &asked)
}

fn notes(by: &str) -> Vec<String> {
    vec![
        format!("按{by}统计，只计有效结算；已撤销的单列，不计入人次和金额。"),
        "人次按结算笔数计；减少个人垫付即基金支付总额。".to_owned(),
        "各月情况列到所选期间为止，累计从所列的第一个月起；未结束的月份不计环比。".to_owned(),
        "期末有效备案为期间最后一日（未结束的为统计当日）已生效且在有效期内的备案，不含视同备案。".to_owned(),
    ]
}

const CARES: [CareKind; 4] =
    [CareKind::Inpatient, CareKind::Outpatient, CareKind::Chronic, CareKind::Pharmacy];

fn columns(first: &str) -> Vec<StatisticsColumn> {
    let column = |name: &str, kind: &str| StatisticsColumn { name: name.to_owned(), kind: kind.to_owned() };
    vec![
        column(first, "text"),
        column("人次", "count"),
        column("医疗费总额（元）", "money"),
        column("基金支付（减少个人垫付，元）", "money"),
        column("个人负担（元）", "money"),
        column("基金支付占比", "share"),
        column("次均费用（元）", "money"),
        column("已撤销", "count"),
    ]
}

/// Parts of a whole in percent with one decimal, rounded half up; nothing of nothing.
pub(super) fn share(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return String::new();
    }
    let tenths = (i128::from(part) * 2_000 + i128::from(whole)) / (i128::from(whole) * 2);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn cells(first: String, figures: &FlowFigures) -> Vec<String> {
    let mean = if figures.settlements > 0 { Fen(figures.total.0 / figures.settlements) } else { Fen::ZERO };
    vec![
        first,
        figures.settlements.to_string(),
        figures.total.to_string(),
        figures.fund_total.to_string(),
        figures.person_total.to_string(),
        share(figures.fund_total.0, figures.total.0),
        mean.to_string(),
        figures.undone.to_string(),
    ]
}

fn table(
    name: &str,
    title: &str,
    first: &str,
    rows: impl IntoIterator<Item = (String, FlowFigures)>,
) -> StatisticsTable {
    let mut sum = FlowFigures::default();
    let rows = rows
        .into_iter()
        .map(|(words, figures)| {
            plus(&mut sum, &figures);
            cells(words, &figures)
        })
        .collect();
    StatisticsTable {
        name: name.to_owned(),
        title: title.to_owned(),
        columns: columns(first),
        rows,
        sum: Some(cells("合计".to_owned(), &sum)),
    }
}

fn figures_where(found: &[Figure], is_it: impl Fn(&Figure) -> bool) -> FlowFigures {
    let mut sum = FlowFigures::default();
    found.iter().filter(|one| is_it(one)).for_each(|one| add(&mut sum, one));
    sum
}

fn by_care(found: &[Figure], name: &str, title: &str) -> StatisticsTable {
    let row = |care: CareKind| (care.chinese().to_owned(), figures_where(found, |one| one.care == care));
    table(name, title, "就医类别", CARES.map(row))
}

fn by_scheme(found: &[Figure], name: &str, title: &str) -> StatisticsTable {
    let row = |scheme: InsuranceScheme| {
        (scheme.chinese().to_owned(), figures_where(found, |one| one.scheme == scheme))
    };
    table(name, title, "险种", InsuranceScheme::ALL.iter().copied().map(row))
}

fn by_province(
    found: &[Figure],
    name: &str,
    title: &str,
    of: impl Fn(&Figure) -> Province,
) -> StatisticsTable {
    let mut provinces: BTreeMap<Province, FlowFigures> = BTreeMap::new();
    for one in found {
        add(provinces.entry(of(one)).or_default(), one);
    }
    let rows = provinces.into_iter().map(|(province, figures)| (province.division().full_name(), figures));
    table(name, title, "省份", rows)
}

/// As JSON for pages, or as a file: a workbook with a sheet for each form, or one text after the other.
fn answered(statistics: &Statistics, asked: &Asked) -> Result<Answer, Answer> {
    let format = match list::form(asked.text("form"))? {
        Form::Page => return Ok(Answer::json(statistics)),
        Form::File(format) => format,
    };
    let typed = |table: &StatisticsTable, row: &[String]| -> Vec<Cell> {
        let cell = |(text, column): (&String, &StatisticsColumn)| match column.kind.as_str() {
            "money" => text.parse().map_or(Cell::Empty, Cell::Money),
            "count" => text.parse().map_or(Cell::Empty, Cell::Count),
            _ => Cell::Text(text.clone()),
        };
        row.iter().zip(&table.columns).map(cell).collect()
    };
    let sheets: Vec<sheet::Sheet> = statistics
        .tables
        .iter()
        .map(|table| sheet::Sheet {
            name: table.title.clone(),
            heads: table.columns.iter().map(|column| column.name.clone()).collect(),
            rows: table.rows.iter().chain(&table.sum).map(|row| typed(table, row)).collect(),
        })
        .collect();
    let written = match format {
        Format::Xlsx => sheet::write(&sheets),
        Format::Csv | Format::Pdf => {
            let text = sheets.iter().map(|one| {
                let heads: Vec<&str> =
                    std::iter::once("表").chain(one.heads.iter().map(String::as_str)).collect();
                let row = |row: &Vec<Cell>| {
                    std::iter::once(one.name.clone()).chain(row.iter().map(list::plain)).collect::<Vec<_>>()
                };
                wire::csv::table(&heads, one.rows.iter().map(row))
            });
            format!("\u{feff}{}", text.collect::<Vec<_>>().join("\r\n")).into_bytes()
        }
    };
    Ok(list::attached(&statistics.title, format, written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_nothing_is_divided_by_nothing() {
        for (part, whole, shown) in [
            (584, 1000, "58.4%"),
            (2, 3, "66.7%"),
            (1, 3, "33.3%"),
            (0, 5, "0.0%"),
            (5, 5, "100.0%"),
            (1, 0, ""),
        ] {
            assert_eq!(share(part, whole), shown);
        }
    }

    #[test]
    fn a_period_is_a_month_or_a_year() {
        let today: Day = "2026-11-23".parse().unwrap();
        let of = |address: &str| period(&Asked::of(&address.parse().unwrap()).unwrap(), today);
        for (address, told) in [
            ("/x", Ok("2026年10月 2026-10-01 2026-10-31")),
            ("/x?month=2026-02", Ok("2026年2月 2026-02-01 2026-02-28")),
            ("/x?year=2025", Ok("2025年 2025-01-01 2025-12-31")),
            ("/x?month=2026-13", Err("field-invalid")),
            ("/x?year=1", Err("field-invalid")),
            ("/x?year=2025&month=2025-01", Err("field-invalid")),
        ] {
            let found = of(address).map(|(words, from, until)| format!("{words} {from} {until}"));
            assert_eq!(
                found.map_err(|no| no.code().to_owned()),
                told.map(str::to_owned).map_err(str::to_owned)
            );
        }
    }
}
