//! The forms of statistics that tell how a period went, as the national administration publishes them beside its sums: its months with what they grew
//! by, means and highest days, stays of which the funds paid much, institutions that settle directly, and filings, new and valid.

use super::figures::share;
use std::collections::BTreeMap;
use store::{
    Conn, Result,
    figures::{
        counted::Book,
        filed::{Filed, Filings},
        published::{BANDS, Days, Open, Sum, by_day, over},
    },
};
use terms::{AdminDivision, CareKind, Day, FilingCategory, Month, Province};
use wire::api::statistics::{StatisticsColumn, StatisticsTable};

/// How far back the months of a year are told: days before this are counted anew at each look.
const DAYS_BACK: i32 = 395;

const CARES: [CareKind; 4] =
    [CareKind::Inpatient, CareKind::Outpatient, CareKind::Chronic, CareKind::Pharmacy];

/// A period of a report, and the present.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    /// The first day.
    pub from: Day,
    /// The last day; it may be yet to come.
    pub until: Day,
    /// Today.
    pub today: Day,
}

impl Period {
    /// The last day that has come.
    pub fn last(self) -> Day {
        self.until.min(self.today)
    }

    /// The first month of the same year that is told.
    fn first_month(self) -> Month {
        let year = Day::new(self.from.year(), 1, 1).unwrap_or(self.from);
        let near = self.today.plus_days(-DAYS_BACK);
        let kept = if near <= year { year.month() } else { near.month().next() };
        kept.min(self.from.month())
    }
}

/// How a period of a book went. `prefix` is before the names of the tables, `of` before their titles.
pub(super) async fn tables(
    conn: &mut Conn,
    book: Book,
    period: Period,
    (prefix, of): (&str, &str),
) -> Result<Vec<StatisticsTable>> {
    if period.from > period.today {
        return Ok(Vec::new());
    }
    let first = period.first_month();
    let before = first.first_day().plus_days(-1).month().first_day();
    let begin = if before < period.today.plus_days(-DAYS_BACK) { first.first_day() } else { before };
    let days = by_day(conn, book, begin, period.last()).await?;
    let large = over(conn, book, period.from, period.last()).await?;
    Ok(vec![
        months(&days, period, first, &format!("{prefix}months"), &format!("{of}各月情况")),
        peaks(&days, period, &format!("{prefix}peaks"), &format!("{of}日均和单日最高")),
        bands(&days, period, large, &format!("{prefix}bands"), &format!("{of}住院基金支付分布")),
    ])
}

fn sum_of(days: &Days, is_it: impl Fn(Day, CareKind) -> bool) -> Sum {
    let of = days.iter().filter(|((day, care), _)| is_it(*day, *care));
    of.fold(Sum::default(), |sum, (_, one)| sum.plus(*one))
}

fn column(name: &str, kind: &str) -> StatisticsColumn {
    StatisticsColumn { name: name.to_owned(), kind: kind.to_owned() }
}

/// By how much a number has changed, in percent with one decimal, rounded half away from nothing; nothing where there was nothing before.
fn change(now: i64, before: i64) -> String {
    if before <= 0 {
        return String::new();
    }
    let by = now - before;
    let sign = if by < 0 { "-" } else { "+" };
    format!("{sign}{}", share(by.abs(), before))
}

/// A quotient with one decimal, rounded half up; nothing of nothing.
fn quotient(whole: i64, parts: i64) -> String {
    if parts <= 0 {
        return String::new();
    }
    let tenths = (i128::from(whole) * 20 + i128::from(parts)) / (i128::from(parts) * 2);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn months(days: &Days, period: Period, first: Month, name: &str, title: &str) -> StatisticsTable {
    let mut columns = vec![column("月份", "text")];
    for care in CARES {
        let care = care.chinese();
        columns.push(column(&format!("{care}人次"), "count"));
        columns.push(column(&format!("{care}基金（元）"), "money"));
    }
    columns.extend([
        column("合计人次", "count"),
        column("医疗费总额（元）", "money"),
        column("基金合计（元）", "money"),
        column("人次环比", "share"),
    ]);
    let cells = |first: String, of: &dyn Fn(Day) -> bool, change: String| {
        let mut row = vec![first];
        for care in CARES {
            let sum = sum_of(days, |day, one| one == care && of(day));
            row.extend([sum.count.to_string(), sum.fund_total.to_string()]);
        }
        let sum = sum_of(days, |day, _| of(day));
        row.extend([sum.count.to_string(), sum.total.to_string(), sum.fund_total.to_string(), change]);
        row
    };
    let last = period.last().month();
    let mut rows = Vec::new();
    let mut month = first;
    while month <= last {
        let of = |month: Month| sum_of(days, |day, _| day.month() == month).count;
        let before = month.first_day().plus_days(-1).month();
        // A month that is not over cannot be compared with one that is.
        let is_over = month.next().first_day() <= period.today;
        let change = if is_over { change(of(month), of(before)) } else { String::new() };
        let words = format!("{:04}-{:02}", month.number() / 100, month.number() % 100);
        rows.push(cells(words, &|day| day.month() == month, change));
        month = month.next();
    }
    let sum = cells("累计".to_owned(), &|day| day.month() >= first, String::new());
    StatisticsTable { name: name.to_owned(), title: title.to_owned(), columns, rows, sum: Some(sum) }
}

fn peaks(days: &Days, period: Period, name: &str, title: &str) -> StatisticsTable {
    let columns = vec![
        column("就医类别", "text"),
        column("日均人次", "decimal"),
        column("单日最高人次", "count"),
        column("最高日", "text"),
        column("当日医疗费总额（元）", "money"),
        column("当日基金支付（元）", "money"),
        column("最高与日均之比", "decimal"),
    ];
    let number = i64::from(period.from.days_until(period.last()) + 1);
    let row = |words: &str, is_it: &dyn Fn(CareKind) -> bool| {
        let mut by_day: BTreeMap<Day, Sum> = BTreeMap::new();
        for ((day, care), one) in days {
            if (period.from..=period.until).contains(day) && is_it(*care) {
                let sum = by_day.entry(*day).or_default();
                *sum = sum.plus(*one);
            }
        }
        let all = by_day.values().fold(Sum::default(), |sum, one| sum.plus(*one));
        // Of days alike the first.
        let top = by_day.iter().rev().max_by_key(|(_, one)| one.count);
        let mut row = vec![words.to_owned(), quotient(all.count, number)];
        row.extend(top.map_or_else(
            || ["0", "", "0.00", "0.00", ""].map(str::to_owned),
            |(day, one)| {
                [
                    one.count.to_string(),
                    day.to_string(),
                    one.total.to_string(),
                    one.fund_total.to_string(),
                    quotient(one.count * number, all.count),
                ]
            },
        ));
        row
    };
    let rows = CARES.map(|care| row(care.chinese(), &|one| one == care)).to_vec();
    let sum = row("合计", &|_| true);
    StatisticsTable { name: name.to_owned(), title: title.to_owned(), columns, rows, sum: Some(sum) }
}

fn bands(days: &Days, period: Period, large: [i64; 3], name: &str, title: &str) -> StatisticsTable {
    let is_in = |day: Day| (period.from..=period.until).contains(&day);
    let stays = sum_of(days, |day, care| care == CareKind::Inpatient && is_in(day)).count;
    let row = |(band, count): (&terms::Fen, i64)| {
        vec![format!("超过{}万元", band.0 / 1_000_000), count.to_string(), share(count, stays)]
    };
    StatisticsTable {
        name: name.to_owned(),
        title: title.to_owned(),
        columns: vec![
            column("一次住院的基金支付", "text"),
            column("人次", "count"),
            column("占住院人次", "share"),
        ],
        rows: BANDS.iter().zip(large).map(row).collect(),
        sum: Some(vec!["全部住院".to_owned(), stays.to_string(), share(stays, stays)]),
    }
}

/// Institutions that settle directly now, by place.
pub(super) fn institutions(
    found: &BTreeMap<AdminDivision, Open>,
    (name, title): (&str, &str),
) -> StatisticsTable {
    let cells = |words: String, open: Open| {
        let Open { medical, pharmacies } = open;
        vec![words, medical.to_string(), pharmacies.to_string(), (medical + pharmacies).to_string()]
    };
    let sum = found.values().fold(Open::default(), |sum, one| Open {
        medical: sum.medical + one.medical,
        pharmacies: sum.pharmacies + one.pharmacies,
    });
    StatisticsTable {
        name: name.to_owned(),
        title: title.to_owned(),
        columns: vec![
            column("所在地", "text"),
            column("定点医疗机构", "count"),
            column("定点零售药店", "count"),
            column("合计", "count"),
        ],
        rows: found.iter().map(|(place, open)| cells(place.full_name(), *open)).collect(),
        sum: Some(cells("合计".to_owned(), sum)),
    }
}

/// Filings by kind (备案类型), which are all kinds there are; and, of the whole nation, by insured province.
pub(super) fn filings(found: &Filings, of_nation: bool) -> Vec<StatisticsTable> {
    let plus = |one: Filed, other: &Filed| Filed { new: one.new + other.new, valid: one.valid + other.valid };
    let cells =
        |words: &str, filed: Filed| vec![words.to_owned(), filed.new.to_string(), filed.valid.to_string()];
    let sum = found.values().fold(Filed::default(), plus);
    let table = |name: &str, title: &str, first: &str, rows: Vec<Vec<String>>| StatisticsTable {
        name: name.to_owned(),
        title: title.to_owned(),
        columns: vec![
            column(first, "text"),
            column("新增备案（人次）", "count"),
            column("期末有效备案（人次）", "count"),
        ],
        rows,
        sum: Some(cells("合计", sum)),
    };
    let of_category = |category: &FilingCategory| {
        let of = found.iter().filter(|((_, of), _)| of == category);
        cells(category.chinese(), of.fold(Filed::default(), |sum, (_, one)| plus(sum, one)))
    };
    let by_category = FilingCategory::ALL.iter().map(of_category).collect();
    let mut tables = Vec::new();
    if of_nation {
        let mut provinces: BTreeMap<Province, Filed> = BTreeMap::new();
        for ((province, _), one) in found {
            let filed = provinces.entry(*province).or_default();
            *filed = plus(*filed, one);
        }
        let rows = provinces.iter().map(|(province, filed)| cells(&province.division().full_name(), *filed));
        tables.push(table("filings", "备案情况，按参保省", "参保省", rows.collect()));
    }
    tables.push(table("filings_by_category", "备案情况，按备案类型", "备案类型", by_category));
    tables
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::Fen;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn days() -> Days {
        let of = |text: &str, care, count, yuan| {
            let sum = Sum { count, total: Fen::yuan(yuan * 2), fund_total: Fen::yuan(yuan) };
            ((day(text), care), sum)
        };
        Days::from([
            of("2026-09-10", CareKind::Inpatient, 2, 300),
            of("2026-10-01", CareKind::Inpatient, 1, 100),
            of("2026-10-01", CareKind::Pharmacy, 4, 8),
            of("2026-10-20", CareKind::Inpatient, 5, 500),
            of("2026-11-02", CareKind::Outpatient, 3, 30),
        ])
    }

    fn october() -> Period {
        Period { from: day("2026-10-01"), until: day("2026-10-31"), today: day("2026-11-05") }
    }

    #[test]
    fn a_month_tells_how_it_went_beside_those_before() {
        let first = october().first_month();
        assert_eq!(first.number(), 202_601);
        let days: Days = days().into_iter().filter(|((of, _), _)| *of <= day("2026-10-31")).collect();
        let table = months(&days, october(), first, "months", "各月情况");
        assert_eq!(table.rows.len(), 10, "January to October");
        assert_eq!(table.rows[8][..3], ["2026-09", "2", "300.00"]);
        let of_october = &table.rows[9];
        assert_eq!(of_october[..3], ["2026-10", "6", "600.00"]);
        assert_eq!(of_october[9..], ["10", "1216.00", "608.00", "+400.0%"]);
        assert_eq!(table.sum.unwrap()[9..12], ["12", "1816.00", "908.00"]);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
    }

    #[test]
    fn a_month_that_is_not_over_is_not_compared() {
        let november = Period { from: day("2026-11-01"), until: day("2026-11-30"), today: day("2026-11-05") };
        let table = months(&days(), november, november.first_month(), "months", "各月情况");
        assert_eq!(table.rows.last().unwrap()[9..], ["3", "60.00", "30.00", ""]);
    }

    #[test]
    fn months_of_years_ago_are_not_told() {
        let old = Period { from: day("2024-05-01"), until: day("2024-05-31"), today: day("2026-11-05") };
        assert_eq!(old.first_month().number(), 202_405);
        let last_year =
            Period { from: day("2025-12-01"), until: day("2025-12-31"), today: day("2026-11-05") };
        assert_eq!(last_year.first_month().number(), 202_511);
    }

    #[test]
    fn the_highest_day_is_told_with_the_mean() {
        let table = peaks(&days(), october(), "peaks", "日均和单日最高");
        assert_eq!(table.rows[0], ["住院", "0.2", "5", "2026-10-20", "1000.00", "500.00", "25.8"]);
        assert_eq!(table.rows[1], ["普通门诊", "0.0", "0", "", "0.00", "0.00", ""]);
        let sum = table.sum.unwrap();
        assert_eq!(sum[..4], ["合计", "0.3", "5", "2026-10-01"], "of days alike the first");
    }

    #[test]
    fn filings_are_told_by_kind_and_of_the_nation_by_province() {
        use FilingCategory::{LongTermResident, Referral};
        let province = |code: &str| -> Province { code.parse().unwrap() };
        let found = Filings::from([
            ((province("110000"), LongTermResident), Filed { new: 1, valid: 7 }),
            ((province("110000"), Referral), Filed { new: 2, valid: 1 }),
            ((province("420000"), Referral), Filed { new: 0, valid: 4 }),
        ]);
        let [by_province, by_category] = &filings(&found, true)[..] else { panic!() };
        assert_eq!(by_province.rows, [["北京市", "3", "8"], ["湖北省", "0", "4"]]);
        assert_eq!(by_category.rows.len(), FilingCategory::ALL.len(), "also those of which there are none");
        let of = |category: FilingCategory| {
            by_category.rows.iter().find(|row| row[0] == category.chinese()).unwrap()[1..].to_vec()
        };
        assert_eq!(
            (of(LongTermResident), of(Referral)),
            (vec!["1".into(), "7".into()], vec!["2".into(), "5".into()])
        );
        for table in [by_province, by_category] {
            assert_eq!(table.sum.as_ref().unwrap()[1..], ["3", "12"]);
        }
        assert_eq!(filings(&found, false).len(), 1);
    }

    #[test]
    fn large_stays_are_a_share_of_all() {
        let table = bands(&days(), october(), [3, 1, 0], "bands", "住院基金支付分布");
        assert_eq!(table.rows[0], ["超过1万元", "3", "50.0%"]);
        assert_eq!(table.rows[2], ["超过10万元", "0", "0.0%"]);
    }
}
