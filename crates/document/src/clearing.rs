//! Statements of a month's clearing (清算表): of the nation, and of a province what it owes, what it is owed, and both by fund.

use crate::{
    notice::place,
    paper::{Cell, Kind, Office, Orientation, Paper, Table, chinese_month},
};
use funds::{
    Purse,
    clearing::{ClearedLine, Part, Statement, StatementLine},
};
use std::collections::{BTreeMap, BTreeSet};
use terms::{CareKind, Day, Fen, InsuranceScheme, Month, Province};

/// Which side of its pairs a province stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// 应付: its own people were treated elsewhere.
    Payable,
    /// 应收: guests were treated there.
    Receivable,
}

impl Side {
    const fn mark(self) -> &'static str {
        match self {
            Self::Payable => "YF",
            Self::Receivable => "YS",
        }
    }

    /// The province of a pair on the other side.
    const fn other(self, statement: &Statement) -> Province {
        match self {
            Self::Payable => statement.pair.treatment,
            Self::Receivable => statement.pair.insured,
        }
    }

    const fn own(self, statement: &Statement) -> Province {
        match self {
            Self::Payable => statement.pair.insured,
            Self::Receivable => statement.pair.treatment,
        }
    }
}

/// The figures of a line, as an application for payment has them (3203).
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    visits: i64,
    total: Fen,
    funds: Fen,
    account: Fen,
    cash: Fen,
}

impl Figures {
    fn of_line(line: &StatementLine) -> Self {
        let share = &line.share;
        Self {
            visits: share.visits(),
            total: share.total,
            funds: share.fund_total(),
            account: share.account,
            cash: share.cash(),
        }
    }

    /// What a line that was taken out of the month (调出) takes with it.
    fn withdrawn(line: &ClearedLine) -> Self {
        let visits = match line.part {
            Part::Made => -1,
            Part::Undone => 1,
            Part::Deducted(_) | Part::Corrected(_) => 0,
        };
        Self {
            visits,
            total: -line.total,
            funds: -line.funds.values().copied().sum::<Fen>(),
            account: -line.account,
            cash: line.account - line.person_total,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            visits: self.visits + other.visits,
            total: self.total + other.total,
            funds: self.funds + other.funds,
            account: self.account + other.account,
            cash: self.cash + other.cash,
        }
    }

    /// What the insured place owes.
    fn due(self) -> Fen {
        self.funds + self.account
    }

    fn cells(self) -> [Cell; 6] {
        let money = [self.total, self.funds, self.account, self.cash, self.due()].map(Cell::Money);
        let [total, funds, account, cash, due] = money;
        [Cell::Count(self.visits), total, funds, account, cash, due]
    }
}

/// The heads of [`Figures::cells`].
const FIGURES: [(&str, u16); 6] = [
    ("人次", 8),
    ("医疗费总额", 15),
    ("基金申报总额", 15),
    ("个人账户支出", 13),
    ("个人现金支出", 13),
    ("应清算金额", 15),
];

/// All figures of a statement, by scheme, kind of care, month of the settlements and whether they are deductions; then the lines
/// that were taken out.
fn figures(statement: &Statement) -> Figures {
    let lines = statement.lines.iter().map(Figures::of_line);
    lines.chain(statement.withdrawn.iter().map(Figures::withdrawn)).fold(Figures::default(), Figures::plus)
}

type Key = (InsuranceScheme, CareKind, Month, Row);

/// What a line of the table by kind of care is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Settled,
    Deducted,
    Withdrawn,
}

/// By kind of clearing (清算类别), in the columns of an application for payment.
fn by_care<'a>(statements: impl IntoIterator<Item = &'a Statement>, month: Month) -> Table {
    let mut sums = BTreeMap::<Key, Figures>::new();
    for statement in statements {
        for line in &statement.lines {
            let part = if line.deduction { Row::Deducted } else { Row::Settled };
            let sum = sums.entry((line.scheme, line.care, line.settled_month, part)).or_default();
            *sum = sum.plus(Figures::of_line(line));
        }
        for line in &statement.withdrawn {
            let of = line.first_month.unwrap_or(month);
            let sum = sums.entry((line.scheme, line.care, of, Row::Withdrawn)).or_default();
            *sum = sum.plus(Figures::withdrawn(line));
        }
    }
    let heads = [("险种", 12), ("清算类别", 12), ("费款所属期", 10), ("起始日期", 11), ("截止日期", 11)];
    let mut table = Table::of(&[&heads[..], &FIGURES[..]].concat()).centered(&[1, 2, 3, 4]);
    "按清算类别".clone_into(&mut table.title);
    for ((scheme, care, settled, part), sum) in sums {
        let what = match part {
            Row::Settled => care.chinese().to_owned(),
            Row::Deducted => format!("{}（审核扣款）", care.chinese()),
            Row::Withdrawn => format!("{}（调出）", care.chinese()),
        };
        let days = [settled.first_day(), settled.next().first_day().plus_days(-1)].map(|day| day.to_string());
        let mut row: Vec<Cell> =
            vec![scheme_name(scheme).into(), what.into(), settled.number().to_string().into()];
        row.extend(days.map(Cell::Text));
        row.extend(sum.cells());
        table.rows.push(row);
    }
    table.summed()
}

const fn scheme_name(scheme: InsuranceScheme) -> &'static str {
    match scheme {
        InsuranceScheme::Employee => "职工医保",
        InsuranceScheme::Resident => "居民医保",
    }
}

/// 《全国跨省异地就医费用清算表》 of a month: its statements of all pairs, on a day.
pub fn national(month: Month, statements: &[Statement], day: Day, office: &Office<'_>) -> Paper {
    let kind = Kind::NationalClearing;
    let mut paper = Paper::new(
        format!("QG-{}{}", month.number(), taken_out(statements)),
        kind,
        kind.chinese().to_owned(),
        day,
        office,
    );
    paper.orientation = Orientation::Landscape;
    head(&mut paper, month, statements.len());
    let mut sides = BTreeMap::<Province, [Figures; 2]>::new();
    for statement in statements {
        let sum = figures(statement);
        for (index, side) in [Side::Payable, Side::Receivable].into_iter().enumerate() {
            let both = sides.entry(side.own(statement)).or_default();
            both[index] = both[index].plus(sum);
        }
    }
    let mut table = Table::of(&[
        ("省份", 14),
        ("应付人次", 9),
        ("应付医疗费总额", 16),
        ("应付金额", 16),
        ("应收人次", 9),
        ("应收医疗费总额", 16),
        ("应收金额", 16),
    ]);
    "按省份".clone_into(&mut table.title);
    for (province, [payable, receivable]) in sides {
        let side = |sum: Figures| [Cell::Count(sum.visits), sum.total.into(), sum.due().into()];
        let mut row = vec![Cell::Text(place(province.division()))];
        row.extend(side(payable).into_iter().chain(side(receivable)));
        table.rows.push(row);
    }
    paper.tables.push(table.summed());
    paper.tables.push(by_care(statements, month));
    let mut table = Table::of(&[&[("参保地", 13), ("就医地", 13)][..], &FIGURES[..]].concat());
    "省际明细".clone_into(&mut table.title);
    for statement in statements {
        let places =
            [statement.pair.insured, statement.pair.treatment].map(|one| place(one.division()).into());
        table.rows.push(places.into_iter().chain(figures(statement).cells()).collect());
    }
    paper.tables.push(table.summed());
    paper.total = Some(("清算总额".to_owned(), whole(statements)));
    paper.notes = vec![
        "各省之间按月全额清算，应付与应收不相抵。".to_owned(),
        "应清算金额为基金申报总额与个人账户支出之和；个人现金支出由参保人在就医地付清，不参与清算。"
            .to_owned(),
    ];
    paper
}

/// 《__省跨省异地就医应付医疗费用清算表》 or its 应收 counterpart: of statements, those on that side of the province.
pub fn of_province(
    side: Side,
    province: Province,
    month: Month,
    statements: &[Statement],
    day: Day,
    office: &Office<'_>,
) -> Paper {
    let kind = match side {
        Side::Payable => Kind::PayableClearing,
        Side::Receivable => Kind::ReceivableClearing,
    };
    let own: Vec<Statement> = of_side(side, province, statements);
    let title = format!("{}{}", place(province.division()), kind.chinese());
    let number = format!("{}-{}-{province}{}", side.mark(), month.number(), taken_out(&own));
    let mut paper = Paper::new(number, kind, title, day, office);
    paper.orientation = Orientation::Landscape;
    head(&mut paper, month, own.len());
    let other = match side {
        Side::Payable => "就医地",
        Side::Receivable => "参保地",
    };
    let mut table = Table::of(&[&[(other, 18)][..], &FIGURES[..]].concat());
    format!("按{other}").clone_into(&mut table.title);
    for statement in &own {
        let place = Cell::Text(place(side.other(statement).division()));
        table.rows.push([place].into_iter().chain(figures(statement).cells()).collect());
    }
    paper.tables = vec![table.summed(), by_care(&own, month)];
    let name = match side {
        Side::Payable => "应付总额",
        Side::Receivable => "应收总额",
    };
    paper.total = Some((name.to_owned(), whole(&own)));
    paper.notes = vec![
        "费款所属期早于清算年月的，是以前月份迟报或更正的费用。".to_owned(),
        "应清算金额为基金申报总额与个人账户支出之和；个人现金支出不参与清算。".to_owned(),
    ];
    paper
}

/// 职工（居民）基金应付明细表: what each fund of a scheme owes each treatment province.
pub fn fund_payable(
    scheme: InsuranceScheme,
    province: Province,
    month: Month,
    statements: &[Statement],
    day: Day,
    office: &Office<'_>,
) -> Paper {
    let (kind, mark) = match scheme {
        InsuranceScheme::Employee => (Kind::EmployeeFundPayable, "ZG"),
        InsuranceScheme::Resident => (Kind::ResidentFundPayable, "JM"),
    };
    let own = of_side(Side::Payable, province, statements);
    let title = format!("{}{}", place(province.division()), kind.chinese());
    let number = format!("{mark}-{}-{province}{}", month.number(), taken_out(&own));
    let mut paper = Paper::new(number, kind, title, day, office);
    paper.orientation = Orientation::Landscape;
    let used = own.iter().flat_map(|statement| statement.dues.keys());
    let purses: BTreeSet<Purse> = used.filter(|(of, _)| *of == scheme).map(|(_, purse)| *purse).collect();
    let mut heads = vec![("就医地", 16)];
    heads.extend(purses.iter().map(|purse| (purse.chinese(), 16)));
    heads.push(("合计", 16));
    let mut table = Table::of(&heads);
    let mut all = Fen::ZERO;
    let mut treatment_places = 0;
    for statement in &own {
        let of = |purse: &Purse| statement.dues.get(&(scheme, *purse)).copied().unwrap_or_default();
        let amounts: Vec<Fen> = purses.iter().map(of).collect();
        let sum: Fen = amounts.iter().copied().sum();
        if amounts.iter().any(|amount| !amount.is_zero()) {
            let place = Cell::Text(place(statement.pair.treatment.division()));
            table
                .rows
                .push([place].into_iter().chain(amounts.into_iter().chain([sum]).map(Cell::Money)).collect());
            treatment_places += 1;
        }
        all += sum;
    }
    head(&mut paper, month, treatment_places);
    paper.field("险种", scheme.chinese());
    paper.field("参保地", place(province.division()));
    paper.tables.push(table.summed());
    paper.total = Some(("应付总额".to_owned(), all));
    paper
}

fn of_side(side: Side, province: Province, statements: &[Statement]) -> Vec<Statement> {
    statements.iter().filter(|statement| side.own(statement) == province).cloned().collect()
}

/// What tells a paper from the one before an upheld dispute took lines out of the month: how many it took out.
fn taken_out(statements: &[Statement]) -> String {
    match statements.iter().map(|statement| statement.withdrawn.len()).sum::<usize>() {
        0 => String::new(),
        lines => format!("-T{lines}"),
    }
}

fn whole(statements: &[Statement]) -> Fen {
    let all: Fen = statements.iter().map(Statement::total).sum();
    let lines: Fen = statements.iter().map(|statement| figures(statement).due()).sum();
    assert_eq!(all, lines, "what is due is what the lines come to");
    all
}

fn head(paper: &mut Paper, month: Month, pairs: usize) {
    paper.field("清算年月", chinese_month(month));
    paper.field("往来省对数", pairs.to_string());
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use funds::{Pair, apportioning::Share, clearing::ClearingLine, clearing::Plan};
    use terms::{Fund, InsuredPlace, TreatmentPlace};

    pub fn month() -> Month {
        Month::new(2026, 10).unwrap()
    }

    /// Statements between provinces, each pair with some lines.
    pub fn statements(codes: &[&str]) -> Vec<Statement> {
        let mut lines = Vec::new();
        let mut amount = 1_000_000;
        for insured in codes {
            for treatment in codes.iter().filter(|treatment| *treatment != insured) {
                for (scheme, fund, care) in [
                    (InsuranceScheme::Employee, Fund::EmployeePool, CareKind::Inpatient),
                    (InsuranceScheme::Employee, Fund::LargeAmount, CareKind::Chronic),
                    (InsuranceScheme::Resident, Fund::ResidentPool, CareKind::Inpatient),
                ] {
                    amount += 123_457;
                    let account = if scheme == InsuranceScheme::Employee { Fen(1_000) } else { Fen::ZERO };
                    let late = care == CareKind::Chronic;
                    lines.push(ClearingLine {
                        insured: InsuredPlace(insured.parse().unwrap()),
                        treatment: TreatmentPlace(treatment.parse().unwrap()),
                        institution: "H31010600001".parse().unwrap(),
                        scheme,
                        care,
                        settled_month: if late { Month::new(2026, 9).unwrap() } else { month() },
                        deduction: false,
                        share: Share {
                            settlements: 12,
                            undoings: 1,
                            total: Fen(amount * 3 / 2),
                            person_total: Fen(amount * 3 / 2 - amount),
                            account,
                            funds: [(fund, Fen(amount))].into(),
                        },
                    });
                }
            }
        }
        let plan = Plan::of(month(), 1, &lines, Vec::new());
        plan.pairs().into_iter().map(|pair: Pair| plan.statement(pair, &[])).collect()
    }

    #[test]
    fn what_all_owe_is_what_all_are_owed() {
        let statements = statements(&["110000", "310000", "420000"]);
        let office = Office { name: "国家平台", portal: "" };
        let day = "2026-11-21".parse().unwrap();
        let national = national(month(), &statements, day, &office);
        national.assert_whole();
        let Some(totals) = &national.tables[0].totals else { panic!("a row of sums") };
        assert_eq!(totals[3], totals[6], "应付 and 应收");
        let total = national.total.as_ref().unwrap().1;
        assert_eq!(totals[3], Cell::Money(total));
        let sum = |side: Side| -> Fen {
            let provinces = ["110000", "310000", "420000"].map(|code| code.parse().unwrap());
            let paper = |province| of_province(side, province, month(), &statements, day, &office);
            provinces.map(|province| paper(province).total.unwrap().1).into_iter().sum()
        };
        assert_eq!((sum(Side::Payable), sum(Side::Receivable)), (total, total));
    }

    #[test]
    fn funds_of_both_schemes_are_what_a_province_owes() {
        let statements = statements(&["110000", "310000", "420000"]);
        let office = Office { name: "湖北省医疗保障局", portal: "" };
        let (day, hubei) = ("2026-11-21".parse().unwrap(), "420000".parse().unwrap());
        let payable = of_province(Side::Payable, hubei, month(), &statements, day, &office);
        assert_eq!(payable.title, "湖北省跨省异地就医应付医疗费用清算表");
        let of = |scheme| fund_payable(scheme, hubei, month(), &statements, day, &office);
        let papers = [InsuranceScheme::Employee, InsuranceScheme::Resident].map(of);
        assert_eq!(papers[0].number.as_str(), "ZG-202610-420000");
        assert_eq!(papers[0].tables[0].columns.len(), 5, "two funds and accounts");
        let both: Fen = papers.iter().map(|paper| paper.total.as_ref().unwrap().1).sum();
        assert_eq!(both, payable.total.unwrap().1);
    }
}
