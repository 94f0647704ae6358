//! What people read: the settlement statement (异地就医结算单) of one stay, and the three books of a settlement side by side.
//!
//! Pure functions to text. A Chinese character is two columns wide, so columns stand straight in a terminal.

use benefit::{Breakdown, CategoryAmount, scheme::Confidence};
use funds::{BookLine, Side, Transfer, reconciliation::LineStage};
use std::{collections::BTreeSet, fmt::Write as _};
use terms::{
    CitizenId, Fen, Fund, InsuranceScheme, InsuredPlace, MemberStatus, Moment, SettlementId, SettlementLevel,
    TreatmentPlace, person::masked_name,
};

/// Everything that a statement says.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    /// 结算ID.
    pub settlement: SettlementId,
    /// When it was settled.
    pub settled_at: Moment,
    /// The person's name; printed masked.
    pub name: &'a str,
    /// Identity number; printed masked.
    pub citizen: &'a CitizenId,
    /// 参保地.
    pub insured: InsuredPlace,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// 人员类别.
    pub status: MemberStatus,
    /// 备案 in words.
    pub filing: &'a str,
    /// The hospital's name.
    pub hospital: &'a str,
    /// 医保结算等级.
    pub level: SettlementLevel,
    /// 就医地.
    pub treatment: TreatmentPlace,
    /// 入院时间.
    pub admitted: Moment,
    /// 出院时间.
    pub discharged: Moment,
    /// The bill by category.
    pub categories: &'a [CategoryAmount],
    /// Who pays what and why.
    pub breakdown: &'a Breakdown,
}

/// Width of a statement in columns.
const WIDTH: usize = 100;

impl Statement<'_> {
    /// The whole statement.
    pub fn print(&self) -> String {
        let mut page = String::new();
        page += &rule('=');
        put(&mut page, &centre("跨省异地就医住院费用结算单", WIDTH));
        page += &rule('=');
        self.head(&mut page);
        self.categories(&mut page);
        self.steps(&mut page);
        self.payers(&mut page);
        page += &rule('=');
        page
    }

    fn head(&self, page: &mut String) {
        let days = self.admitted.day().days_until(self.discharged.day());
        let status = format!("{} {}", self.scheme, self.status);
        let rows = [
            ("姓名", masked_name(self.name), "证件号码", self.citizen.to_string()),
            ("参保地", self.insured.division().full_name(), "险种", status),
            ("就医地", self.treatment.division().full_name(), "备案", self.filing.to_owned()),
            ("医院", self.hospital.to_owned(), "结算等级", self.level.to_string()),
            (
                "住院",
                format!("{} 至 {}", self.admitted.day(), self.discharged.day()),
                "天数",
                format!("{days}天"),
            ),
            ("结算时间", self.settled_at.to_string(), "结算ID", self.settlement.to_string()),
        ];
        for (left, value, right, other) in rows {
            put(page, &format!("{}{}{}{other}", fit(left, 10), fit(&value, 40), fit(right, 10)));
        }
    }

    fn categories(&self, page: &mut String) {
        *page += &rule('-');
        let heads = ["大类费用", "总额", "符合范围", "先行自付", "超限价", "全自费"];
        *page += &row(heads[0], &heads[1..].iter().map(|head| (*head).to_owned()).collect::<Vec<_>>());
        let line = |name: &str, split: &benefit::Split| {
            let parts =
                [split.total, split.in_scope, split.first_self_pay, split.over_limit, split.out_of_scope];
            row(name, &parts.map(|part| part.to_string()))
        };
        for one in self.categories {
            *page += &line(one.category.chinese(), &one.split);
        }
        *page += &line("合计", &self.breakdown.split);
    }

    fn steps(&self, page: &mut String) {
        *page += &rule('-');
        let heads = (fit("计算步骤", 16), right("计算基数", 13), fit("参数", 44), right("结果", 13));
        put(page, &format!("{}{}  {}{}  依据", heads.0, heads.1, heads.2, heads.3));
        let mut sources: Vec<&str> = Vec::new();
        for line in &self.breakdown.lines {
            let mut note = match sources.iter().position(|source| **source == *line.source) {
                _ if line.source.is_empty() => String::new(),
                Some(index) => format!("[{}]", index + 1),
                None => {
                    sources.push(&line.source);
                    format!("[{}]", sources.len())
                }
            };
            if line.confidence == Some(Confidence::Unconfirmed) {
                note += "待核实";
            }
            let (amount_in, amount_out) = (line.amount_in.to_string(), line.amount_out.to_string());
            let parameters = wrap(&line.parameter, 42);
            let first = parameters.first().map_or("", String::as_str);
            let cells = (fit(&line.step, 16), right(&amount_in, 13), fit(first, 44), right(&amount_out, 13));
            put(page, &format!("{}{}  {}{}  {note}", cells.0, cells.1, cells.2, cells.3));
            for rest in parameters.iter().skip(1) {
                put(page, &format!("{}{rest}", " ".repeat(31)));
            }
        }
        for (index, source) in sources.iter().enumerate() {
            for (row, text) in wrap(source, WIDTH - 5).iter().enumerate() {
                let mark = if row == 0 { format!("[{}]", index + 1) } else { String::new() };
                put(page, &format!("{}{text}", fit(&mark, 5)));
            }
        }
    }

    fn payers(&self, page: &mut String) {
        *page += &rule('-');
        for (fund, amount) in &self.breakdown.fund_payments {
            *page += &payer(fund.chinese(), *amount);
        }
        *page += &payer("基金支付合计", self.breakdown.fund_total);
        *page += &payer("个人负担合计", self.breakdown.person_total);
        for (part, amount) in &self.breakdown.burdens {
            *page += &payer(&format!("  {}", part.chinese()), *amount);
        }
        for (name, amount) in [
            ("个人账户支付", self.breakdown.account_paid),
            ("家庭共济账户支付", self.breakdown.family_total()),
        ] {
            if !amount.is_zero() {
                *page += &payer(name, amount);
            }
        }
        *page += &payer("个人现金（本次应付）", self.breakdown.cash());
        *page += &payer("医疗费总额", self.breakdown.split.total);
        if !self.breakdown.unconfirmed.is_empty() {
            let values = self.breakdown.unconfirmed.join("、");
            for line in wrap(&format!("待核实的政策值：{values}。仅供测试，不能据此付款。"), WIDTH)
            {
                put(page, &line);
            }
        }
    }
}

/// Writes one more line.
fn put(page: &mut String, line: &str) {
    page.push_str(line);
    page.push('\n');
}

fn payer(name: &str, amount: Fen) -> String {
    format!("{}{}元\n", fit(name, 40), right(&amount.to_string(), 14))
}

/// What one book holds of a settlement.
#[derive(Clone, Debug)]
pub struct BookPage {
    /// Whose book.
    pub side: Side,
    /// Its line, if it has one.
    pub line: Option<BookLine>,
    /// Its entries.
    pub transfers: Vec<Transfer>,
}

/// Three books of one settlement side by side, and their entries below.
pub fn three_books(settlement: SettlementId, pages: &[BookPage; 3]) -> String {
    let mut text = format!("三方账 结算ID {settlement}\n");
    let cells = |name: &str, of: &dyn Fn(&BookPage) -> String| {
        let mut line = fit(name, 34);
        for page in pages {
            line += &right(&of(page), 18);
        }
        line + "\n"
    };
    let amount = |of: &dyn Fn(&BookLine) -> Fen, page: &BookPage| {
        page.line.as_ref().map_or_else(|| "无".to_owned(), |line| of(line).to_string())
    };
    text += &cells("", &|page| page.side.chinese().to_owned());
    text += &cells("状态", &|page| page.line.as_ref().map_or("无", |line| stage(line.stage)).to_owned());
    text += &cells("医疗费总额", &|page| amount(&|line| line.total, page));
    text += &cells("基金支付总额", &|page| amount(&|line| line.fund_total, page));
    text += &cells("个人负担总额", &|page| amount(&|line| line.person_total, page));
    let paying: BTreeSet<Fund> =
        pages.iter().flat_map(|page| &page.line).flat_map(|line| line.funds.keys().copied()).collect();
    for fund in paying {
        let paid = |line: &BookLine| line.funds.get(&fund).copied().unwrap_or_default();
        text += &cells(&format!("  {fund}"), &|page| amount(&paid, page));
    }
    for page in pages {
        for transfer in &page.transfers {
            let (side, code) = (page.side.chinese(), transfer.code.name());
            writeln!(
                text,
                "{}{} {} {} 元  借 {}  贷 {}",
                fit(side, 10),
                transfer.day,
                fit(chinese_of(code), 4),
                right(&transfer.amount.to_string(), 12),
                transfer.debit,
                transfer.credit
            )
            .expect("a string takes any text");
        }
    }
    text
}

const fn stage(stage: LineStage) -> &'static str {
    match stage {
        LineStage::Standing => "有效",
        LineStage::Undone => "已撤销",
    }
}

fn chinese_of(code: &str) -> &'static str {
    match code {
        "settlement" => "结算",
        "cancellation" => "撤销",
        _ => "冲正",
    }
}

fn row(name: &str, cells: &[String]) -> String {
    let mut line = fit(name, 24);
    for cell in cells {
        line += &right(cell, 15);
    }
    line + "\n"
}

fn rule(mark: char) -> String {
    let mut line: String = std::iter::repeat_n(mark, WIDTH).collect();
    line.push('\n');
    line
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

const fn columns(character: char) -> usize {
    match character as u32 {
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x2_0000..=0x3_fffd => 2,
        _ => 1,
    }
}

/// The text with blanks behind it up to so many columns; a longer one stays, with one blank.
pub(crate) fn fit(text: &str, wanted: usize) -> String {
    let blanks = wanted.saturating_sub(width(text)).max(usize::from(width(text) >= wanted && wanted > 0));
    format!("{text}{}", " ".repeat(blanks))
}

/// The text with blanks before it up to so many columns.
pub(crate) fn right(text: &str, wanted: usize) -> String {
    format!("{}{text}", " ".repeat(wanted.saturating_sub(width(text))))
}

fn centre(text: &str, wanted: usize) -> String {
    format!("{}{text}", " ".repeat(wanted.saturating_sub(width(text)) / 2))
}

/// The text in pieces of at most so many columns. Numbers and addresses stay whole where they fit, and no piece begins with
/// a closing mark.
fn wrap(text: &str, wanted: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for word in words(text) {
        let last = pieces.last_mut().expect("there is a piece from the start");
        if width(last) + width(&word) <= wanted {
            last.push_str(&word);
        } else if width(&word) <= wanted {
            pieces.push(word.trim_start().to_owned());
        } else {
            break_word(&mut pieces, &word, wanted);
        }
    }
    pieces
}

/// The text in what is not broken: runs of letters and digits, other characters one by one, each with the closing marks
/// behind it.
fn words(text: &str) -> Vec<String> {
    const CLOSING: &str = "）】〕》，。；：、%元";
    let mut words: Vec<String> = Vec::new();
    let mut in_run = false;
    for character in text.chars() {
        let runs_on = character.is_ascii_graphic();
        match words.last_mut() {
            Some(word) if (in_run && runs_on) || CLOSING.contains(character) => word.push(character),
            _ => words.push(character.to_string()),
        }
        in_run = runs_on;
    }
    words
}

fn break_word(pieces: &mut Vec<String>, word: &str, wanted: usize) {
    for character in word.chars() {
        let last = pieces.last_mut().expect("there is a piece from the start");
        if width(last) + columns(character) > wanted {
            pieces.push(character.to_string());
        } else {
            last.push(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use benefit::{Line, Split, YearToDate, scheme::Burden};
    use std::collections::BTreeMap;
    use terms::{ChargeCategory, Day, Rate};

    fn split(parts: [i64; 4]) -> Split {
        let [out_of_scope, over_limit, first_self_pay, in_scope] = parts.map(Fen);
        let total = out_of_scope + over_limit + first_self_pay + in_scope;
        Split { total, out_of_scope, over_limit, first_self_pay, in_scope, in_full: Fen::ZERO }
    }

    fn breakdown() -> Breakdown {
        let line = |step: &'static str, amount_in, parameter: &str, amount_out, confidence| Line {
            step: step.into(),
            amount_in: Fen(amount_in),
            parameter: parameter.to_owned(),
            since: Day::new(2026, 1, 1),
            amount_out: Fen(amount_out),
            rounding: None,
            fund: None,
            source: "示范通知〔2026〕1号".into(),
            confidence: Some(confidence),
        };
        Breakdown {
            lines: vec![
                line("起付标准", 900_000, "三级 首次住院 1300元", 130_000, Confidence::Confirmed),
                line(
                    "统筹基金支付",
                    770_000,
                    "三级 退休 1300-30000元 97%，其他费用按比例分段计算",
                    746_900,
                    Confidence::Unconfirmed,
                ),
            ],
            fund_payments: BTreeMap::from([(Fund::EmployeePool, Fen(746_900))]),
            fund_total: Fen(746_900),
            person_total: Fen(453_100),
            burdens: BTreeMap::from([
                (Burden::Deductible, Fen(130_000)),
                (Burden::OwnShare, Fen(23_100)),
                (Burden::FirstSelfPay, Fen(150_000)),
                (Burden::OverLimit, Fen(50_000)),
                (Burden::OutOfScope, Fen(100_000)),
            ]),
            account_paid: Fen::ZERO,
            account_left: None,
            family_paid: Vec::new(),
            deductible_paid: Fen(130_000),
            pool_ratio: Rate::percent(97).unwrap(),
            contribution: YearToDate::default(),
            earlier: None,
            policy_day: Day::new(2026, 1, 1).unwrap(),
            unconfirmed: vec!["住院支付比例".to_owned()],
            split: split([100_000, 50_000, 150_000, 900_000]),
            rows_used: Vec::new(),
        }
    }

    #[test]
    fn columns_count_a_chinese_character_twice() {
        assert_eq!((width("王**"), width("（元）"), width("12.00")), (4, 6, 5));
        assert_eq!(fit("床位费", 8), "床位费  ");
        assert_eq!(right("无", 4), "  无");
        assert_eq!(wrap("一二三四", 4), ["一二", "三四"]);
        assert_eq!(wrap("住院 500元（已付）", 8), ["住院 ", "500元（", "已付）"]);
        assert_eq!(wrap("http://long.example", 8), ["http://l", "ong.exam", "ple"]);
    }

    #[test]
    fn a_statement_says_who_pays_what_and_why() {
        let breakdown = breakdown();
        let categories = [CategoryAmount { category: ChargeCategory::Bed, split: breakdown.split }];
        let citizen: CitizenId = "110101194106189151".parse().unwrap();
        let statement = Statement {
            settlement: "420000179530260000000000000001".parse().unwrap(),
            settled_at: "2026-11-21 10:00:00".parse().unwrap(),
            name: "王某甲",
            citizen: &citizen,
            insured: InsuredPlace("110101".parse().unwrap()),
            scheme: InsuranceScheme::Employee,
            status: MemberStatus::Retired,
            filing: "异地安置退休人员",
            hospital: "武汉市示范第一医院",
            level: SettlementLevel::Tertiary,
            treatment: TreatmentPlace("420106".parse().unwrap()),
            admitted: "2026-11-10 10:00:00".parse().unwrap(),
            discharged: "2026-11-20 10:00:00".parse().unwrap(),
            categories: &categories,
            breakdown: &breakdown,
        };
        insta::assert_snapshot!(statement.print());
    }

    #[test]
    fn three_books_stand_side_by_side() {
        let settlement: SettlementId = "420000179530260000000000000001".parse().unwrap();
        let line = |stage| BookLine {
            settlement,
            stage,
            total: Fen(1_200_000),
            fund_total: Fen(746_900),
            person_total: Fen(453_100),
            account: Fen::ZERO,
            funds: BTreeMap::from([(Fund::EmployeePool, Fen(746_900))]),
        };
        let page = |side, line| BookPage { side, line, transfers: Vec::new() };
        let books = three_books(
            settlement,
            &[
                page(Side::Treatment, Some(line(LineStage::Standing))),
                page(Side::Hub, Some(line(LineStage::Undone))),
                page(Side::Insured, None),
            ],
        );
        insta::assert_snapshot!(books);
    }
}
