//! What 3201 and 3202 are about: which settlements of an institution, and the files in which 3202 gets and gives their lines.
//!
//! Files have the columns of the standard's tables; what does not fit is refused by line and column.

use super::field::Row;
use terms::{AdminDivision, CareKind, Day, Fen, Refusal};

/// The longest period, in days: institutions reconcile by day or by month.
pub const DAYS_MAX: i32 = 31;

/// The most lines of a list.
pub const LINES_MAX: usize = 100_000;

/// The kind of clearing that means all of an institution's cross-region settlements (异地医疗费用清算).
const ALL_KINDS: &str = "99952";

/// Which settlements are reconciled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// 清算类别; all if not said.
    pub care: Option<CareKind>,
    /// 结算经办机构; that of the institution if not said.
    pub agency: Option<AdminDivision>,
    /// 对账开始日期.
    pub first: Day,
    /// 对账结束日期.
    pub last: Day,
    /// 退费结算标志: only what gives back, or only what does not; both if not said.
    pub refunds: Option<bool>,
}

impl Scope {
    /// Reads it.
    pub fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let care = match row.optional_text("clr_type", "清算类别", 6)? {
            None => None,
            Some(code) if code == ALL_KINDS => None,
            Some(code) => Some(CareKind::from_code(&code).ok_or_else(|| row.wrong("clr_type", KINDS))?),
        };
        let agency = row.optional_division("setl_optins", "结算经办机构")?;
        let first = row.day("stmt_begndate", "对账开始日期")?;
        let last = row.day("stmt_enddate", "对账结束日期")?;
        if last < first || first.days_until(last) >= DAYS_MAX {
            let expected = format!("不早于开始日期且期间不超过{DAYS_MAX}天的对账结束日期");
            return Err(row.wrong("stmt_enddate", expected));
        }
        let refunds = match row.optional_flag("refd_setl_flag", "退费结算标志")? {
            None => row.optional_flag("fixmedins_refd_setl_flag", "定点医药机构退费结算标志")?,
            said => said,
        };
        Ok(Self { care, agency, first, last, refunds })
    }
}

const KINDS: &str =
    "清算类别，11（门诊）、14（门诊慢特病）、21（住院）、41（药店购药）或99952（异地医疗费用）";

/// 定点医药机构结算笔数.
pub fn count(row: &Row<'_>) -> Result<u64, Refusal> {
    let text = row.text("fixmedins_setl_cnt", "定点医药机构结算笔数", 10)?;
    let is_count = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let count = text.parse().ok().filter(|_| is_count);
    count.ok_or_else(|| row.wrong("fixmedins_setl_cnt", "定点医药机构结算笔数，非负整数"))
}

/// A line of the list that an institution uploads (输入文件参数说明).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListLine {
    /// 结算ID, as it stands there.
    pub setl_id: String,
    /// 就诊ID.
    pub mdtrt_id: String,
    /// 人员编号.
    pub psn_no: String,
    /// 医疗费总额.
    pub medfee_sumamt: Fen,
    /// 基金支付总额.
    pub fund_pay_sumamt: Fen,
    /// 个人账户支出.
    pub acct_pay: Fen,
    /// 退费结算标志.
    pub refd_setl_flag: bool,
}

/// The columns of the list, in their order.
const COLUMNS: [(&str, &str); 7] = [
    ("setl_id", "结算ID，不超过30字的文本"),
    ("mdtrt_id", "就诊ID，不超过30字的文本"),
    ("psn_no", "人员编号，不超过30字的文本"),
    ("medfee_sumamt", "医疗费总额，不超过十亿元、最多两位小数的金额"),
    ("fund_pay_sumamt", "基金支付总额，不超过十亿元、最多两位小数的金额"),
    ("acct_pay", "个人账户支出，不超过十亿元、最多两位小数的金额"),
    ("refd_setl_flag", "退费结算标志，0（否）或1（是）"),
];

/// Reads a list. Line ends of Windows, a byte order mark, blank lines, a heading with the names of the columns, and a
/// separator behind the last column are passed over.
///
/// # Errors
/// The first line and column that does not fit.
pub fn read_list(text: &str) -> Result<Vec<ListLine>, Refusal> {
    let mut lines = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end_matches('\r');
        if line.trim().is_empty() || (number == 1 && line.starts_with(COLUMNS[0].0)) {
            continue;
        }
        if lines.len() == LINES_MAX {
            let expected = format!("不超过{LINES_MAX}行的清单，请缩短对账期间分次对账");
            return Err(Refusal::invalid(format!("清单第{number}行"), expected));
        }
        lines.push(read_line(number, line)?);
    }
    Ok(lines)
}

fn read_line(number: usize, line: &str) -> Result<ListLine, Refusal> {
    let mut cells: Vec<&str> = line.split('\t').map(str::trim).collect();
    if cells.len() == COLUMNS.len() + 1 && cells.last().is_some_and(|last| last.is_empty()) {
        cells.pop();
    }
    let Ok(cells) = <[&str; COLUMNS.len()]>::try_from(cells) else {
        let expected = format!("以制表符分隔的{}列", COLUMNS.len());
        return Err(Refusal::invalid(format!("清单第{number}行"), expected));
    };
    let wrong = |column: usize| {
        let (name, expected) = COLUMNS[column];
        Refusal::invalid(format!("清单第{number}行第{}列{name}", column + 1), expected)
    };
    let text = |column: usize| match cells[column] {
        cell if is_nothing(cell) || cell.chars().count() > 30 || cell.contains(char::is_control) => {
            Err(wrong(column))
        }
        cell => Ok(cell.to_owned()),
    };
    let amount = |column: usize| cells[column].parse::<Fen>().map_err(|_| wrong(column));
    Ok(ListLine {
        setl_id: text(0)?,
        mdtrt_id: text(1)?,
        psn_no: text(2)?,
        medfee_sumamt: amount(3)?,
        fund_pay_sumamt: amount(4)?,
        // A client that has nothing to say here says nothing.
        acct_pay: if is_nothing(cells[5]) { Fen::ZERO } else { amount(5)? },
        refd_setl_flag: match cells[6] {
            "1" | "01" => true,
            "0" | "00" => false,
            cell if is_nothing(cell) => false,
            _ => return Err(wrong(6)),
        },
    })
}

fn is_nothing(cell: &str) -> bool {
    cell.is_empty() || cell.eq_ignore_ascii_case("null")
}

/// A line of the result (输出文件参数说明).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultLine {
    /// 人员编号.
    pub psn_no: String,
    /// 就诊ID; none where only the platform has the settlement, as the standard says.
    pub mdtrt_id: Option<String>,
    /// 结算ID; the same.
    pub setl_id: Option<String>,
    /// 发送方报文ID, for a reversal (2601); none where the platform has no settlement.
    pub msgid: Option<String>,
    /// 对账结果: whether both agree.
    pub agreed: bool,
    /// 退费结算标志.
    pub refd_setl_flag: bool,
    /// 备注: what differs, in words.
    pub memo: Option<String>,
    /// 医疗费总额.
    pub medfee_sumamt: Fen,
    /// 基金支付总额.
    pub fund_pay_sumamt: Fen,
    /// 个人账户支出.
    pub acct_pay: Fen,
}

/// The longest 备注, in characters.
const MEMO_MAX: usize = 500;

impl ResultLine {
    /// Its columns, in their order.
    pub fn columns(self) -> Vec<Option<String>> {
        let flag = |flag: bool| Some(if flag { "1" } else { "0" }.to_owned());
        vec![
            Some(self.psn_no),
            self.mdtrt_id,
            self.setl_id,
            self.msgid,
            Some(stmt_rslt(self.agreed).to_owned()),
            flag(self.refd_setl_flag),
            self.memo.map(|memo| memo.chars().take(MEMO_MAX).collect()),
            Some(self.medfee_sumamt.to_string()),
            Some(self.fund_pay_sumamt.to_string()),
            Some(self.acct_pay.to_string()),
        ]
    }
}

/// 对账结果: 0 平, 1 不平.
pub const fn stmt_rslt(agreed: bool) -> &'static str {
    if agreed { "0" } else { "1" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "420000179526000000000000000001\t420000179526000000000000000002\t9001\t100.00\t70\tnull\t0";

    #[test]
    fn a_list_is_read_as_clients_write_it() {
        let read = |text: &str| read_list(text).unwrap();
        let [line] = &read(GOOD)[..] else { panic!("one line") };
        assert_eq!(
            (line.medfee_sumamt, line.fund_pay_sumamt, line.acct_pay),
            (Fen(10_000), Fen(7_000), Fen::ZERO)
        );
        let heading = COLUMNS.map(|(name, _)| name).join("\t");
        for (name, text, lines) in [
            ("nothing", String::new(), 0),
            (
                "a mark, a heading, ends of Windows",
                format!("\u{feff}{heading}\r\n{GOOD}\r\n\r\n{GOOD}\r\n"),
                2,
            ),
            ("a separator too many", format!("{GOOD}\t\n"), 1),
            ("no flag", GOOD.replace("\t0", "\tnull"), 1),
            ("a refund", GOOD.replace("100.00\t70\tnull\t0", "-100.00\t-70.00\t-1\t1"), 1),
        ] {
            assert_eq!(read(&text).len(), lines, "{name}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named_by_line_and_column() {
        for (name, line, place) in [
            ("too few columns", "1\t2", "清单第2行]"),
            ("too many columns", &format!("{GOOD}\t1\t2"), "清单第2行]"),
            ("no id", &GOOD.replace("420000179526000000000000000001", "null"), "清单第2行第1列setl_id]"),
            ("an id that is too long", &format!("9{GOOD}"), "清单第2行第1列setl_id]"),
            ("no amount", &GOOD.replace("100.00", "一百"), "清单第2行第4列medfee_sumamt]"),
            ("too fine", &GOOD.replace("100.00", "100.001"), "清单第2行第4列medfee_sumamt]"),
            ("too much", &GOOD.replace("70", "1e12"), "清单第2行第5列fund_pay_sumamt]"),
            ("another flag", &GOOD.replace("\t0", "\t2"), "清单第2行第7列refd_setl_flag]"),
        ] {
            let refusal = read_list(&format!("{GOOD}\n{line}\n")).unwrap_err().message();
            assert!(refusal.contains(place) && refusal.chars().count() <= 200, "{name}: {refusal}");
        }
        let many = format!("{GOOD}\n").repeat(LINES_MAX + 1);
        assert!(read_list(&many).unwrap_err().message().contains("清单第100001行"));
    }

    #[test]
    fn a_result_has_the_columns_of_the_standard() {
        let line = ResultLine {
            psn_no: "9001".to_owned(),
            mdtrt_id: None,
            setl_id: None,
            msgid: Some("M1".to_owned()),
            agreed: false,
            refd_setl_flag: true,
            memo: Some("长".repeat(600)),
            medfee_sumamt: Fen(-100),
            fund_pay_sumamt: Fen(-70),
            acct_pay: Fen::ZERO,
        };
        let columns = line.columns();
        let said: Vec<&str> = columns.iter().map(|cell| cell.as_deref().unwrap_or("null")).collect();
        assert_eq!(said[..6], ["9001", "null", "null", "M1", "1", "1"]);
        assert_eq!(said[7..], ["-1.00", "-0.70", "0.00"]);
        assert_eq!(said[6].chars().count(), MEMO_MAX);
    }
}
