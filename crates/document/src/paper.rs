//! What a document says, whichever form it is written in.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use terms::{Day, Fen};

/// The number of a document (文书编号): letters, digits and hyphens, at most 60 of them, so that it stands in an address as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Number(String);

/// The longest number of a document.
const NUMBER_MAX: usize = 60;

/// A text is not the number of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADocumentNumber;

impl fmt::Display for NotADocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a document's number: at most 60 letters, digits and hyphens")
    }
}

impl FromStr for Number {
    type Err = NotADocumentNumber;
    fn from_str(text: &str) -> Result<Self, NotADocumentNumber> {
        let fits = (1..=NUMBER_MAX).contains(&text.len())
            && text.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits { Ok(Self(text.to_owned())) } else { Err(NotADocumentNumber) }
    }
}

impl Number {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number made of values that have no other characters.
    pub(crate) fn made(text: String) -> Self {
        assert!(text.parse::<Self>().is_ok(), "{text} is made of plain parts");
        Self(text)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Number {
    type Error = NotADocumentNumber;
    fn try_from(text: String) -> Result<Self, NotADocumentNumber> {
        text.parse()
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $name:literal, $chinese:literal;)+) => {
        /// What a document is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $($(#[$doc])* $kind,)+ }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// The name under which it is kept and asked for.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// Its Chinese name, whoever it is of.
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$kind => $chinese,)+ }
            }

            /// The kind of this name.
            pub fn of_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }
    };
}

kinds! {
    /// The hub's statement of a month.
    NationalClearing: "national_clearing", "全国跨省异地就医费用清算表";
    /// What a province pays for its people of a month.
    PayableClearing: "payable_clearing", "跨省异地就医应付医疗费用清算表";
    /// What a province gets for guests of a month.
    ReceivableClearing: "receivable_clearing", "跨省异地就医应收医疗费用清算表";
    /// By fund, of the employees' scheme.
    EmployeeFundPayable: "employee_fund_payable", "跨省异地就医职工医保基金应付明细表";
    /// By fund, of the residents' scheme.
    ResidentFundPayable: "resident_fund_payable", "跨省异地就医居民医保基金应付明细表";
    /// What audit took back, of the employees' scheme.
    EmployeeDeduction: "employee_deduction", "跨省异地就医职工医保审核扣款明细表";
    /// What audit took back, of the residents' scheme.
    ResidentDeduction: "resident_deduction", "跨省异地就医居民医保审核扣款明细表";
    /// To the province that pays a month's clearing.
    PaymentNotice: "payment_notice", "跨省异地就医费用付款通知书";
    /// To the province that gets it.
    ReceiptNotice: "receipt_notice", "跨省异地就医费用收款通知书";
    /// To the province that pays when a prepayment changes.
    PrepaymentPaymentNotice: "prepayment_payment_notice", "预付金额度调整付款通知书";
    /// To the province that gets it.
    PrepaymentReceiptNotice: "prepayment_receipt_notice", "预付金额度调整收款通知书";
    /// To the province that pays an emergency increase.
    IncreasePaymentNotice: "increase_payment_notice", "预付金额度紧急调增付款通知书";
    /// To the province that gets it.
    IncreaseReceiptNotice: "increase_receipt_notice", "预付金额度紧急调增收款通知书";
    /// To a province that is late.
    UrgingNotice: "urging_notice", "跨省异地就医费用催缴通知书";
    /// 记账凭证.
    Voucher: "voucher", "记账凭证";
    /// The balance of each account at the end of a period.
    TrialBalance: "trial_balance", "科目余额表";
    /// What a comparison of the books came to.
    Reconciliation: "reconciliation", "跨省异地就医对账结果";
    /// What a province clears with one of its pooling areas.
    AreaClearing: "area_clearing", "统筹区异地就医费用清算表";
    /// What is paid to an institution of a month.
    InstitutionPayment: "institution_payment", "定点医药机构异地就医费用拨付单";
    /// What one settlement came to, for the person.
    SettlementStatement: "settlement_statement", "异地就医直接结算单";
}

impl Kind {
    /// Whether it is about a person, so that only those see it who may see the person's matter.
    pub const fn is_of_a_person(self) -> bool {
        matches!(self, Self::SettlementStatement)
    }
}

/// How a page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orientation {
    /// 纵向.
    Portrait,
    /// 横向.
    Landscape,
}

/// Where texts of a column stand; figures stand to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// 居左.
    Left,
    /// 居中.
    Center,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its head (列名).
    pub name: String,
    /// Its share of the page's width, beside those of the others.
    pub width: u16,
    /// Where its texts stand.
    pub align: Align,
}

/// What stands in one place of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// An amount in yuan (元).
    Money(Fen),
    /// A number of things (人次, 笔数).
    Count(i64),
}

impl Cell {
    /// As people read it: amounts with commas between thousands.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Money(amount) => with_commas(&amount.to_string()),
            Self::Count(count) => with_commas(&count.to_string()),
        }
    }

    pub(crate) const fn is_figure(&self) -> bool {
        matches!(self, Self::Money(_) | Self::Count(_))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Fen> for Cell {
    fn from(amount: Fen) -> Self {
        Self::Money(amount)
    }
}

/// `-1234567.80` as `-1,234,567.80`.
pub(crate) fn with_commas(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let whole = rest.find('.').unwrap_or(rest.len());
    let mut text = sign.to_owned();
    for (index, one) in rest.char_indices() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(one);
    }
    text
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What stands above it; nothing where the paper has one table.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each as wide as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// The row at its end (合计行), as wide as the others.
    pub totals: Option<Vec<Cell>>,
}

impl Table {
    /// A table of columns, each with its name and width; texts stand to the left.
    pub(crate) fn of(columns: &[(&str, u16)]) -> Self {
        let column =
            |&(name, width): &(&str, u16)| Column { name: name.to_owned(), width, align: Align::Left };
        Self {
            title: String::new(),
            columns: columns.iter().map(column).collect(),
            rows: Vec::new(),
            totals: None,
        }
    }

    /// With texts in the middle of these columns.
    pub(crate) fn centered(mut self, columns: &[usize]) -> Self {
        for &index in columns {
            self.columns[index].align = Align::Center;
        }
        self
    }

    /// With a row at the end that has 合计 in its first column and the sum of every other column that has figures only; a place
    /// with nothing in it adds nothing.
    pub(crate) fn summed(mut self) -> Self {
        let sum = |index: usize| {
            let mut cells = self.rows.iter().map(|row| &row[index]);
            cells.try_fold(Cell::Empty, plus).unwrap_or(Cell::Empty)
        };
        let mut totals: Vec<Cell> = (0..self.columns.len()).map(sum).collect();
        totals[0] = "合计".into();
        self.totals = Some(totals);
        self
    }
}

/// The sum of two figures of the same sort; `None` where one is words.
fn plus(sum: Cell, cell: &Cell) -> Option<Cell> {
    match (sum, cell) {
        (sum @ (Cell::Empty | Cell::Money(_) | Cell::Count(_)), Cell::Empty) => Some(sum),
        (Cell::Empty, figure @ (Cell::Money(_) | Cell::Count(_))) => Some(figure.clone()),
        (Cell::Money(sum), Cell::Money(amount)) => Some(Cell::Money(sum + *amount)),
        (Cell::Count(sum), Cell::Count(count)) => Some(Cell::Count(sum + count)),
        _ => None,
    }
}

/// A named value above the tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether it has a line of its own.
    pub whole_line: bool,
}

/// A document. Its JSON text is what is kept of it: new fields come at the end, with a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// 编号.
    pub number: Number,
    /// What it is.
    pub kind: Kind,
    /// 标题.
    pub title: String,
    /// Who issues it (制表单位).
    pub issuer: String,
    /// Whom it is for (主送); nobody for a form.
    pub addressee: Option<String>,
    /// Its day.
    pub day: Day,
    /// How its pages lie.
    pub orientation: Orientation,
    /// Paragraphs in front (正文).
    pub text: Vec<String>,
    /// Named values.
    pub fields: Vec<Field>,
    /// Tables.
    pub tables: Vec<Table>,
    /// The sum that it is about, with its name: printed in figures and in capital numerals (大写).
    pub total: Option<(String, Fen)>,
    /// Notes (说明).
    pub notes: Vec<String>,
    /// Who signs (签字栏): 制表, 复核, 经办 …
    pub signatures: Vec<String>,
    /// Where it can be verified: `http://host:port` of the portal; empty where there is none.
    pub portal: String,
}

impl Paper {
    /// A paper of which only the head is known.
    pub(crate) fn new(number: String, kind: Kind, title: String, day: Day, office: &Office<'_>) -> Self {
        Self {
            number: Number::made(number),
            kind,
            title,
            issuer: office.name.to_owned(),
            addressee: None,
            day,
            orientation: Orientation::Portrait,
            text: Vec::new(),
            fields: Vec::new(),
            tables: Vec::new(),
            total: None,
            notes: Vec::new(),
            signatures: ["制表", "复核", "经办"].map(str::to_owned).into(),
            portal: office.portal.to_owned(),
        }
    }

    pub(crate) fn field(&mut self, name: &str, value: impl Into<String>) {
        self.fields.push(Field { name: name.to_owned(), value: value.into(), whole_line: false });
    }

    pub(crate) fn line(&mut self, name: &str, value: impl Into<String>) {
        self.fields.push(Field { name: name.to_owned(), value: value.into(), whole_line: true });
    }

    /// Where the paper is verified, with the code that belongs to it: what its QR code says. It is the portal's page, with number and
    /// code behind `#`, where no server writes them into its log; programs ask `/api/v1/verify/`.
    pub fn verification_address(&self, seal: &Seal) -> String {
        format!("{}/portal.html#number={}&code={}", self.portal, self.number, seal.code)
    }

    /// All its words.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let head = [Some(&self.title), Some(&self.issuer), self.addressee.as_ref()].into_iter().flatten();
        let fields = self.fields.iter().flat_map(|field| [&field.name, &field.value]);
        let tables = self.tables.iter().flat_map(|table| {
            let names = table.columns.iter().map(|column| &column.name);
            let cells = table.rows.iter().chain(&table.totals).flatten();
            let texts = cells.filter_map(|cell| if let Cell::Text(text) = cell { Some(text) } else { None });
            std::iter::once(&table.title).chain(names).chain(texts)
        });
        let total = self.total.iter().map(|(name, _)| name);
        let rest = self.text.iter().chain(&self.notes).chain(&self.signatures);
        head.chain(fields).chain(tables).chain(total).chain(rest).map(String::as_str)
    }

    pub(crate) fn assert_whole(&self) {
        for table in &self.tables {
            let wide = table.columns.len();
            assert!(wide > 0, "{}: a table has columns", self.number);
            let fits = table.rows.iter().chain(&table.totals).all(|row| row.len() == wide);
            assert!(fits, "{}: every row has a cell for each of {wide} columns", self.number);
        }
    }
}

/// Who issues papers, and where they are verified.
#[derive(Clone, Copy, Debug)]
pub struct Office<'a> {
    /// The name of the agency, as it stands on papers.
    pub name: &'a str,
    /// `http://host:port` of its portal; empty where there is none.
    pub portal: &'a str,
}

/// The code (校验码) that shows that a paper was issued: whoever issues papers computes it with a key of his own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Letters and digits.
    pub code: String,
}

/// A day as papers write it: `2026年11月30日`.
pub(crate) fn chinese_day(day: Day) -> String {
    format!("{}年{}月{}日", day.year(), day.month().number() % 100, day.day_of_month())
}

/// A month as papers write it: `2026年10月`.
pub(crate) fn chinese_month(month: terms::Month) -> String {
    format!("{}年{}月", month.number() / 100, month.number() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_between_thousands() {
        for (number, shown) in [
            ("0.00", "0.00"),
            ("123.45", "123.45"),
            ("1234.50", "1,234.50"),
            ("-1234567.80", "-1,234,567.80"),
            ("100", "100"),
            ("1000", "1,000"),
            ("-100000", "-100,000"),
        ] {
            assert_eq!(with_commas(number), shown);
        }
    }

    #[test]
    fn numbers_stand_in_addresses() {
        for good in ["QS202610-420000-310000", "1", &"9".repeat(60)] {
            assert_eq!(good.parse::<Number>().unwrap().as_str(), good);
        }
        for wrong in ["", "-1", "1-", "a/b", "a.pdf", "编号", "a b", "a?b", &"9".repeat(61)] {
            assert_eq!(wrong.parse::<Number>(), Err(NotADocumentNumber), "{wrong}");
        }
    }

    #[test]
    fn a_sum_is_of_figures_only() {
        let mut table = Table::of(&[("省份", 1), ("人次", 1), ("金额", 1), ("备注", 1)]);
        table.rows.push(vec!["上海市".into(), Cell::Count(2), Fen(100).into(), "迟报".into()]);
        table.rows.push(vec!["江苏省".into(), Cell::Count(1), Cell::Empty, Cell::Empty]);
        table.rows.push(vec!["浙江省".into(), Cell::Empty, Fen(-30).into(), Cell::Empty]);
        let totals = table.summed().totals.unwrap();
        assert_eq!(totals, ["合计".into(), Cell::Count(3), Fen(70).into(), Cell::Empty]);
    }
}
