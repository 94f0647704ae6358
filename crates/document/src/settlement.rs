//! The statement of one settlement (医疗费用结算单): who was treated where, what it cost by category, who pays which part, and step by
//! step by which rule. It says who the person is in covered words only: whoever holds it knows whose it is, and nobody else learns it.

use crate::{
    notice::place,
    paper::{Cell, Kind, Office, Paper, Table, chinese_day},
};
use terms::{AdminDivision, CareKind, Day, Fen, InstitutionCode, InsuranceScheme, Moment, SettlementId};

/// The name of the document of a settlement: each node that keeps the settlement issues it once under this number.
pub fn number(settlement: SettlementId) -> String {
    format!("{MARK}{settlement}")
}

/// The settlement that a document of this number is about.
pub fn settlement_of(number: &str) -> Option<SettlementId> {
    number.strip_prefix(MARK)?.parse().ok()
}

const MARK: &str = "JS-";

/// An expense category (医疗收费项目类别) of the bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expense {
    /// Its name.
    pub name: String,
    /// All of it.
    pub total: Fen,
    /// 全自费 of it.
    pub out_of_scope: Fen,
    /// 超限价自费 of it.
    pub over_limit: Fen,
    /// 先行自付 of it.
    pub first_self_pay: Fen,
    /// 符合政策范围 of it.
    pub in_scope: Fen,
}

/// A step of the computation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name: `起付标准`.
    pub name: String,
    /// What it looked at.
    pub amount_in: Fen,
    /// The rule that it used, in words.
    pub rule: String,
    /// What came out of it.
    pub amount_out: Fen,
    /// The fund that pays that; nobody where only the person does.
    pub fund: Option<String>,
    /// Where the rule is written.
    pub source: String,
}

/// A settlement that stands, as its statement says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// 结算ID.
    pub id: SettlementId,
    /// The person's name, covered: `王**`.
    pub name: String,
    /// The number of the identity card, covered.
    pub citizen: String,
    /// 人员编号, covered.
    pub person: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 参保地.
    pub insured: AdminDivision,
    /// 就医地.
    pub treatment: AdminDivision,
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// Its name.
    pub institution_name: String,
    /// 医保结算等级, in Chinese.
    pub level: String,
    /// 就医类别.
    pub care: CareKind,
    /// The first day: of admission or of the visit.
    pub begins: Day,
    /// The last day: of discharge or of the visit.
    pub ends: Day,
    /// When it was settled.
    pub settled_at: Moment,
    /// The bill by category.
    pub expenses: Vec<Expense>,
    /// What each fund pays, by its name.
    pub funds: Vec<(String, Fen)>,
    /// 个人账户支出, the family's included.
    pub account: Fen,
    /// 个人现金支出.
    pub cash: Fen,
    /// What the person's part consists of, by name.
    pub burdens: Vec<(String, Fen)>,
    /// How it came about.
    pub steps: Vec<Step>,
    /// The first day of the version of the policy that was used.
    pub policy_day: Day,
    /// Values of the policy that were used though nobody has confirmed them.
    pub unconfirmed: Vec<String>,
}

impl Settled {
    fn fund_total(&self) -> Fen {
        self.funds.iter().map(|(_, paid)| *paid).sum()
    }

    fn total(&self) -> Fen {
        self.expenses.iter().map(|one| one.total).sum()
    }
}

/// 医疗费用结算单 of a settlement that stands.
///
/// # Panics
/// If what is paid is not what the bill comes to: such a paper must not leave the house.
pub fn statement(settled: &Settled, day: Day, office: &Office<'_>) -> Paper {
    let (total, fund_total) = (settled.total(), settled.fund_total());
    let person_total = settled.account + settled.cash;
    assert_eq!(fund_total + person_total, total, "{}: funds and person pay the bill", settled.id);
    let crosses = settled.insured.province() != settled.treatment.province();
    let title =
        if crosses { "跨省异地就医直接结算单" } else { "省内异地就医直接结算单" };
    let mut paper = Paper::new(number(settled.id), Kind::SettlementStatement, title.to_owned(), day, office);
    paper.line("结算ID", settled.id.to_string());
    paper.field("姓名", settled.name.clone());
    paper.field("公民身份号码", settled.citizen.clone());
    paper.field("人员编号", settled.person.clone());
    paper.field("险种", settled.scheme.chinese());
    paper.field("参保地", place(settled.insured));
    paper.field("就医地", place(settled.treatment));
    paper.line("定点医药机构", format!("{}（{}）", settled.institution_name, settled.institution));
    paper.field("医保结算等级", settled.level.clone());
    paper.field("就医类别", settled.care.chinese());
    if settled.begins == settled.ends {
        paper.field("就医日期", chinese_day(settled.begins));
    } else {
        let days = settled.begins.days_until(settled.ends);
        let (begins, ends) = (chinese_day(settled.begins), chinese_day(settled.ends));
        paper.line("起止日期", format!("{begins}至{ends}（{days}天）"));
    }
    paper.field("结算时间", settled.settled_at.to_string());
    paper.field("基金支付总额", Cell::Money(fund_total).shown());
    paper.field("个人负担总额", Cell::Money(person_total).shown());
    paper.tables = vec![expenses(settled), payments(settled), burdens(settled), steps(settled)];
    paper.tables.retain(|table| !table.rows.is_empty());
    paper.total = Some(("医疗费总额".to_owned(), total));
    paper.notes = vec![
        format!(
            "费用按就医地医保目录划分，待遇按参保地政策（{}起的版本）计算；医疗费总额＝基金支付＋个人账户＋个人现金。",
            chinese_day(settled.policy_day)
        ),
        "姓名、证件号码和人员编号已作遮盖，持有人凭结算ID可在参保地经办机构核对本人身份。".to_owned(),
        "结算被撤销或冲销后，本结算单即失效；是否有效以扫码核验的结果为准。".to_owned(),
    ];
    if !settled.unconfirmed.is_empty() {
        paper.notes.push(format!("计算用到了尚未核实的政策数值：{}。", settled.unconfirmed.join("、")));
    }
    paper.signatures = vec!["患者或家属".to_owned(), "经办".to_owned()];
    paper
}

fn expenses(settled: &Settled) -> Table {
    let mut table = Table::of(&[
        ("费用类别", 20),
        ("金额", 16),
        ("全自费", 16),
        ("超限价自费", 16),
        ("先行自付", 16),
        ("符合政策范围", 16),
    ]);
    "一、医疗费用".clone_into(&mut table.title);
    for one in &settled.expenses {
        table.rows.push(vec![
            one.name.clone().into(),
            one.total.into(),
            one.out_of_scope.into(),
            one.over_limit.into(),
            one.first_self_pay.into(),
            one.in_scope.into(),
        ]);
    }
    table.summed()
}

fn payments(settled: &Settled) -> Table {
    let mut table = Table::of(&[("支付方", 60), ("金额", 40)]);
    "二、由谁支付".clone_into(&mut table.title);
    let own = [("个人账户", settled.account), ("个人现金", settled.cash)];
    let funds = settled.funds.iter().map(|(name, paid)| (name.as_str(), *paid));
    for (name, paid) in funds.chain(own) {
        table.rows.push(vec![name.into(), paid.into()]);
    }
    table.summed()
}

fn burdens(settled: &Settled) -> Table {
    let mut table = Table::of(&[("个人负担的构成", 60), ("金额", 40)]);
    "三、个人为什么负担".clone_into(&mut table.title);
    for (name, amount) in &settled.burdens {
        table.rows.push(vec![name.clone().into(), (*amount).into()]);
    }
    table.summed()
}

fn steps(settled: &Settled) -> Table {
    let mut table = Table::of(&[
        ("序号", 6),
        ("步骤", 16),
        ("计入金额", 13),
        ("规则", 23),
        ("得出金额", 13),
        ("支付方", 14),
        ("依据", 34),
    ])
    .centered(&[0]);
    "四、逐步计算".clone_into(&mut table.title);
    for (index, step) in settled.steps.iter().enumerate() {
        table.rows.push(vec![
            (index + 1).to_string().into(),
            step.name.clone().into(),
            step.amount_in.into(),
            step.rule.clone().into(),
            step.amount_out.into(),
            step.fund.clone().unwrap_or_default().into(),
            step.source.clone().into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled() -> Settled {
        let at: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let expense = |name: &str, total, in_scope| Expense {
            name: name.to_owned(),
            total: Fen(total),
            out_of_scope: Fen(total - in_scope),
            over_limit: Fen::ZERO,
            first_self_pay: Fen::ZERO,
            in_scope: Fen(in_scope),
        };
        Settled {
            id: SettlementId::new("420000".parse().unwrap(), at, 7),
            name: "王**".to_owned(),
            citizen: "1101**********9151".to_owned(),
            person: "11**************15".to_owned(),
            scheme: InsuranceScheme::Employee,
            insured: "110101".parse().unwrap(),
            treatment: "420106".parse().unwrap(),
            institution: "H42010600001".parse().unwrap(),
            institution_name: "武汉市示范第一医院".to_owned(),
            level: "三级".to_owned(),
            care: CareKind::Inpatient,
            begins: "2026-11-11".parse().unwrap(),
            ends: "2026-11-21".parse().unwrap(),
            settled_at: at,
            expenses: vec![expense("床位费", 13_650, 13_650), expense("西药费", 986_350, 900_000)],
            funds: vec![("统筹基金".to_owned(), Fen(700_000))],
            account: Fen(50_000),
            cash: Fen(250_000),
            burdens: vec![("起付标准".to_owned(), Fen(130_000)), ("全自费".to_owned(), Fen(170_000))],
            steps: vec![Step {
                name: "统筹基金支付".to_owned(),
                amount_in: Fen(783_650),
                rule: "三级 退休 89.3%".to_owned(),
                amount_out: Fen(700_000),
                fund: Some("统筹基金".to_owned()),
                source: "某市某号文".to_owned(),
            }],
            policy_day: "2026-01-01".parse().unwrap(),
            unconfirmed: Vec::new(),
        }
    }

    #[test]
    fn all_that_is_paid_is_the_bill_and_nobody_is_named() {
        let office = Office { name: "北京市医疗保障经办机构", portal: "" };
        let day = "2026-11-22".parse().unwrap();
        let settled = settled();
        let paper = statement(&settled, day, &office);
        paper.assert_whole();
        assert_eq!(paper.title, "跨省异地就医直接结算单");
        assert_eq!(paper.total, Some(("医疗费总额".to_owned(), Fen(1_000_000))));
        let sums = |table: &Table| table.totals.as_ref().map(|totals| totals[1].clone());
        assert_eq!(sums(&paper.tables[0]), Some(Fen(1_000_000).into()), "the categories");
        assert_eq!(sums(&paper.tables[1]), Some(Fen(1_000_000).into()), "who pays");
        assert_eq!(sums(&paper.tables[2]), Some(Fen(300_000).into()), "what the person's part is");
        assert_eq!(paper.tables[3].rows.len(), 1);
        assert_eq!(
            settlement_of(paper.number.as_str()),
            Some(settled.id),
            "the number says of which settlement"
        );
        assert_eq!(settlement_of("FK-QS202610-420000-310000"), None);
        let days = paper.fields.iter().find(|field| field.name == "起止日期").unwrap();
        assert_eq!(days.value, "2026年11月11日至2026年11月21日（10天）");
        let at_home = Settled { insured: "420500".parse().unwrap(), ends: settled.begins, ..settled };
        let paper = statement(&at_home, day, &office);
        assert_eq!(paper.title, "省内异地就医直接结算单");
        assert!(paper.fields.iter().any(|field| field.name == "就医日期"));
    }

    #[test]
    #[should_panic(expected = "funds and person pay the bill")]
    fn what_does_not_balance_is_no_paper() {
        let wrong = Settled { cash: Fen(250_001), ..settled() };
        let _ = statement(&wrong, "2026-11-22".parse().unwrap(), &Office { name: "某", portal: "" });
    }
}
