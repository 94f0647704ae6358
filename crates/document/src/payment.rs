//! The second level: what a province clears with a pooling area (统筹区清算表), and what it pays an institution (拨付单).

use crate::{
    notice::place,
    paper::{Cell, Kind, Office, Orientation, Paper, Table, chinese_month},
};
use funds::{
    Purse,
    area_clearing::Due,
    institution_payment::{Line, Money},
};
use std::collections::BTreeMap;
use terms::{Day, Fen, InstitutionCode, InsuranceScheme, Month, PoolingArea, Province};

/// 统筹区清算表: what an area owes of a month, by treatment province, scheme and purse, and what has come in.
pub fn area(
    area: PoolingArea,
    month: Month,
    owed: &BTreeMap<(Province, InsuranceScheme, Purse), Due>,
    received: &Money,
    day: Day,
    office: &Office<'_>,
) -> Paper {
    let kind = Kind::AreaClearing;
    let title = format!("{}异地就医费用清算表", place(area.division()));
    let mut paper = Paper::new(format!("TC-{}-{area}", month.number()), kind, title, day, office);
    paper.field("清算年月", chinese_month(month));
    paper.field("统筹区", place(area.division()));
    let mut table =
        Table::of(&[("就医地", 18), ("险种", 20), ("资金类别", 28), ("结算笔数", 12), ("应上解金额", 20)]);
    "应上解明细".clone_into(&mut table.title);
    for ((province, scheme, purse), due) in owed {
        table.rows.push(vec![
            place(province.division()).into(),
            scheme.chinese().into(),
            purse.chinese().into(),
            Cell::Count(i64::try_from(due.count).expect("settlements can be counted")),
            due.amount.into(),
        ]);
    }
    paper.tables.push(table.summed());
    let mut sums = BTreeMap::<(InsuranceScheme, Purse), [Fen; 2]>::new();
    for ((_, scheme, purse), due) in owed {
        sums.entry((*scheme, *purse)).or_default()[0] += due.amount;
    }
    for (key, amount) in received {
        sums.entry(*key).or_default()[1] += *amount;
    }
    let mut table =
        Table::of(&[("险种", 20), ("资金类别", 28), ("应上解", 18), ("已上解", 18), ("尚欠", 18)]);
    "上解情况".clone_into(&mut table.title);
    for ((scheme, purse), [owed, received]) in sums {
        let words = [scheme.chinese(), purse.chinese()].map(Cell::from);
        let figures = [owed, received, owed - received].map(Cell::Money);
        table.rows.push(words.into_iter().chain(figures).collect());
    }
    paper.tables.push(table.summed());
    paper.total = Some(("应上解总额".to_owned(), owed.values().map(|due| due.amount).sum()));
    paper
}

/// A payment of an institution.
#[derive(Clone, Copy, Debug)]
pub struct Paid<'a> {
    /// 拨付单号: letters, digits and hyphens.
    pub number: &'a str,
    /// Who is paid.
    pub institution: &'a InstitutionCode,
    /// Its name; empty where nobody knows it.
    pub name: &'a str,
    /// What for, in Chinese: a month, or what the end of a year decides.
    pub what: &'a str,
    /// 清分年月.
    pub month: Month,
    /// By scheme and purse.
    pub lines: &'a BTreeMap<(InsuranceScheme, Purse), Line>,
    /// By when it is to be paid.
    pub due: Day,
}

/// The number of the paper of a payment.
pub fn institution_number(payment: &str) -> String {
    format!("BF-{payment}")
}

/// 定点医药机构拨付单, adopted on a day.
pub fn institution(paid: &Paid<'_>, day: Day, office: &Office<'_>) -> Paper {
    let kind = Kind::InstitutionPayment;
    let mut paper = Paper::new(institution_number(paid.number), kind, kind.chinese().to_owned(), day, office);
    paper.orientation = Orientation::Landscape;
    paper.field("机构编号", paid.institution.to_string());
    paper.field("机构名称", paid.name);
    paper.field("拨付事项", paid.what);
    paper.field("费款所属期", chinese_month(paid.month));
    paper.field("拨付单号", paid.number);
    paper.field("应拨付日期", paid.due.to_string());
    let mut table = Table::of(&[
        ("险种", 16),
        ("资金类别", 22),
        ("确认金额", 14),
        ("上期结转扣减", 13),
        ("审核扣款", 13),
        ("总额控制预留", 13),
        ("质量保证金", 13),
        ("违约金", 11),
        ("本次应拨付", 14),
        ("结转下期", 13),
    ]);
    for ((scheme, purse), line) in paid.lines {
        let Line { confirmed, brought, deducted, withheld, deposit, penalty, payable, carried } = *line;
        let figures = [confirmed, brought, deducted, withheld, deposit, penalty, payable, carried];
        let words = [scheme.chinese(), purse.chinese()].map(Cell::from);
        table.rows.push(words.into_iter().chain(figures.map(Cell::Money)).collect());
    }
    paper.tables.push(table.summed());
    paper.total = Some(("应拨付总额".to_owned(), paid.lines.values().map(|line| line.payable).sum()));
    paper.notes = vec![
        "确认金额加结转下期，等于上期结转扣减、审核扣款、总额控制预留、质量保证金、违约金与本次应拨付之和。"
            .to_owned(),
    ];
    paper.signatures = ["制单", "复核", "财务", "负责人"].map(str::to_owned).into();
    paper
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::Fund;

    const POOL: (InsuranceScheme, Purse) = (InsuranceScheme::Employee, Purse::Fund(Fund::EmployeePool));

    #[test]
    fn what_an_area_owes_less_what_came() {
        let due = |amount| Due { count: 2, amount: Fen(amount) };
        let shanghai = "310000".parse().unwrap();
        let beijing = "110000".parse().unwrap();
        let owed =
            BTreeMap::from([((beijing, POOL.0, POOL.1), due(70)), ((shanghai, POOL.0, POOL.1), due(30))]);
        let month = Month::new(2026, 10).unwrap();
        let wuhan = PoolingArea("420100".parse().unwrap());
        let office = Office { name: "湖北省医疗保障局", portal: "" };
        let day = "2026-11-30".parse().unwrap();
        let paper = area(wuhan, month, &owed, &Money::from([(POOL, Fen(40))]), day, &office);
        paper.assert_whole();
        assert_eq!(paper.title, "武汉市异地就医费用清算表");
        let figures = paper.tables[1].totals.as_ref().unwrap()[2..].to_vec();
        assert_eq!(figures, [100, 40, 60].map(|fen| Cell::Money(Fen(fen))));
    }

    #[test]
    fn an_institution_is_paid_what_is_payable() {
        let line = Line { confirmed: Fen(1_000), deposit: Fen(50), payable: Fen(950), ..Line::default() };
        let lines = BTreeMap::from([(POOL, line)]);
        let code = "H42010600001".parse().unwrap();
        let office = Office { name: "湖北省医疗保障局", portal: "" };
        let (month, day) = (Month::new(2026, 10).unwrap(), "2026-11-30".parse().unwrap());
        let paid = Paid {
            number: "202610-H42010600001-1",
            institution: &code,
            name: "武汉某医院",
            what: "月度拨付",
            month,
            lines: &lines,
            due: day,
        };
        let paper = institution(&paid, day, &office);
        paper.assert_whole();
        assert_eq!(paper.total.unwrap().1, Fen(950));
    }
}
