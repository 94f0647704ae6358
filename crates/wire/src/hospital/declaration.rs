//! What 2172 to 2176 have in common: the month or days of an institution's own figures, the kinds of clearing of cross-region
//! purchases, and answers page by page under `parameters` and `n_output`.

use super::field::{Row, Write, write_rows};
use serde_json::{Number, Value, json};
use terms::{
    AdminDivision, CareKind, Day, InstitutionCode, InsuranceScheme, Month, Province, Refusal, VisitId,
};

/// The most months that are asked about at once.
pub const MONTHS_MAX: i32 = 12;

/// How far from home somebody is treated (异地标志, `out_type`), as the treatment place sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Away {
    /// 省内异地: insured in another pooling area of the same province.
    WithinProvince,
    /// 跨省异地转入: insured in another province.
    FromAnotherProvince,
}

impl Away {
    /// Of a person insured in one province and treated in another, or in the same.
    pub fn of(insured: Province, treatment: Province) -> Self {
        if insured == treatment { Self::WithinProvince } else { Self::FromAnotherProvince }
    }

    /// The code of `out_type`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WithinProvince => "1",
            Self::FromAnotherProvince => "2",
        }
    }

    /// How a code of six digits of 清算类别 ends.
    const fn ending(self) -> &'static str {
        match self {
            Self::WithinProvince => "11",
            Self::FromAnotherProvince => "12",
        }
    }
}

/// A kind of clearing (清算类别) of the table for cross-region purchases: six digits of a scheme and of how far from home,
/// `310412`, or the two of the general table for both schemes and both distances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClearingKind {
    six: Option<(InsuranceScheme, Away)>,
    class: char,
}

impl ClearingKind {
    /// From its code; `None` for one that is in neither table.
    pub fn from_code(code: &str) -> Option<Self> {
        if code.len() <= 4 {
            let care = CareKind::from_code(code)?;
            return Some(Self { six: None, class: class_of(care) });
        }
        let scheme = InsuranceScheme::ALL.iter().find(|scheme| code.starts_with(scheme.code()))?;
        let mut rest = code[scheme.code().len()..].chars();
        let class = rest.next().filter(|class| "124".contains(*class))?;
        let ways = [Away::WithinProvince, Away::FromAnotherProvince];
        let away = ways.into_iter().find(|away| away.ending() == rest.as_str())?;
        Some(Self { six: Some((*scheme, away)), class })
    }

    /// Whether settlements of this scheme, care and distance are of it.
    pub fn takes(self, scheme: InsuranceScheme, care: CareKind, away: Away) -> bool {
        self.six.is_none_or(|six| six == (scheme, away)) && self.class == class_of(care)
    }
}

/// The digit of a code that says which kind of care: the tables have one for both kinds of outpatient care.
const fn class_of(care: CareKind) -> char {
    match care {
        CareKind::Outpatient | CareKind::Chronic => '1',
        CareKind::Inpatient => '2',
        CareKind::Pharmacy => '4',
    }
}

/// The six digits of a kind of clearing, and its Chinese name. The standard prints 310412 twice: the second is that of
/// residents, 390412.
pub fn clearing_code(scheme: InsuranceScheme, care: CareKind, away: Away) -> (String, String) {
    let class = class_of(care);
    let whose = match scheme {
        InsuranceScheme::Employee => "职工",
        InsuranceScheme::Resident => "居民",
    };
    let how_far = match away {
        Away::WithinProvince => "省内",
        Away::FromAnotherProvince => "跨省",
    };
    let what = match class {
        '1' => "门诊",
        '2' => "住院",
        _ => "药店购药",
    };
    (format!("{}{class}{}", scheme.code(), away.ending()), format!("{whose}{how_far}{what}"))
}

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// 页码, from 1.
    pub number: usize,
    /// 每页条目数.
    pub size: usize,
}

impl Page {
    /// The most rows of a page.
    const SIZE_MAX: usize = 1_000;

    /// Reads `page_num` and `page_size`; the first page, and as many rows as the standard says, if not said.
    pub fn read(row: &Row<'_>, usual: usize) -> Result<Self, Refusal> {
        let number = |field: &'static str, chinese: &str, usual: usize, most: usize| {
            let Some(text) = row.optional_text(field, chinese, 6)? else { return Ok(usual) };
            let number = text.parse().ok().filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| row.wrong(field, format!("{chinese}，1至{most}的整数")))
        };
        Ok(Self {
            number: number("page_num", "页码", 1, 999_999)?,
            size: number("page_size", "每页条目数", usual, Self::SIZE_MAX)?,
        })
    }

    /// The answer: this page of the rows, and where it stands among them.
    pub fn output<T>(self, rows: &[T], write: impl Fn(&T) -> Value) -> Value {
        let start = (self.number - 1) * self.size;
        let here = rows.get(start..).unwrap_or_default();
        let here = &here[..here.len().min(self.size)];
        let pages = rows.len().div_ceil(self.size);
        let shown = |position: usize| if here.is_empty() { 0 } else { position };
        json!({
            "parameters": {
                "pageNum": self.number, "pageSize": self.size,
                "startRow": shown(start + 1), "endRow": shown(start + here.len()),
                "recordCounts": rows.len(), "size": here.len(), "pages": pages,
                "isFirstPage": self.number == 1, "isLastPage": self.number >= pages,
            },
            "n_output": write_rows(here, write),
        })
    }
}

/// The input of 2172, 2173 and 2174, which lies in `input` itself or in `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthsInput {
    /// 医疗机构编码; the sender's if not said.
    pub institution: Option<InstitutionCode>,
    /// 清算类别.
    pub kind: ClearingKind,
    /// 起始年月.
    pub first: Month,
    /// 结束年月.
    pub last: Month,
    /// 清算机构.
    pub agency: Option<AdminDivision>,
    /// 清算状态: declared or not; both if not said.
    pub declared: Option<bool>,
    /// 就诊登记号 (2174).
    pub visit: Option<VisitId>,
    /// The page.
    pub page: Page,
}

impl MonthsInput {
    /// Reads it.
    pub fn read(row: &Row<'_>, page_size: usize) -> Result<Self, Refusal> {
        let institution = row.optional_institution("fixmedins_code", "医疗机构编码")?;
        let code = row.text("clr_type", "清算类别", 6)?;
        let kind = ClearingKind::from_code(&code).ok_or_else(|| row.wrong("clr_type", KINDS))?;
        let first = month(row, "start_clrym", "起始年月")?;
        let last = month(row, "end_clrym", "结束年月")?;
        if last < first || last.first_day() >= first.first_day().plus_months(MONTHS_MAX) {
            let expected = format!("不早于起始年月且不超过{MONTHS_MAX}个月的结束年月");
            return Err(row.wrong("end_clrym", expected));
        }
        let agency = row.optional_division("clr_optins", "清算机构")?;
        let declared = match row.optional_text("clr_stas", "清算状态", 6)?.as_deref() {
            None => None,
            Some("0") => Some(false),
            Some("10") => Some(true),
            Some(_) => return Err(row.wrong("clr_stas", "清算状态，0（未申报）或10（已申报）")),
        };
        let visit = row.optional_visit("mdtrt_regno", "就诊登记号")?;
        Ok(Self {
            institution,
            kind,
            first,
            last,
            agency,
            declared,
            visit,
            page: Page::read(row, page_size)?,
        })
    }
}

const KINDS: &str = "清算类别，跨省门诊（310112、390112）、住院（310212、390212）或药店购药（310412、390412），省内以11结尾（如310111）";

fn month(row: &Row<'_>, field: &str, chinese: &str) -> Result<Month, Refusal> {
    let text = row.text(field, chinese, 6)?;
    let parts = text.split_at_checked(4).filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let month = parts.and_then(|(year, month)| Month::new(year.parse().ok()?, month.parse().ok()?));
    let known = month.filter(|month| (190_001..=219_912).contains(&month.number()) && text.len() == 6);
    known.ok_or_else(|| row.wrong(field, format!("{chinese}，yyyyMM")))
}

/// 清算状态 and its name.
pub const fn clearing_stage(declared: bool) -> (&'static str, &'static str) {
    if declared { ("10", "已申报") } else { ("0", "未申报") }
}

/// A day without separators (`yyyyMMdd`).
pub fn plain_day(day: Day) -> String {
    day.number().to_string()
}

/// A month without separators (`yyyyMM`).
pub fn plain_month(month: Month) -> String {
    month.number().to_string()
}

/// 人次.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visits(pub i64);

impl Write for Visits {
    fn write(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use InsuranceScheme::{Employee, Resident};

    #[test]
    fn kinds_of_clearing_name_scheme_care_and_distance() {
        use Away::{FromAnotherProvince as Far, WithinProvince as Near};
        for (code, scheme, care, away, expected) in [
            ("310412", Employee, CareKind::Pharmacy, Far, Some(true)),
            ("310412", Employee, CareKind::Pharmacy, Near, Some(false)),
            ("310412", Resident, CareKind::Pharmacy, Far, Some(false)),
            ("390412", Resident, CareKind::Pharmacy, Far, Some(true)),
            ("390411", Resident, CareKind::Pharmacy, Near, Some(true)),
            ("310411", Employee, CareKind::Pharmacy, Far, Some(false)),
            ("310112", Employee, CareKind::Chronic, Far, Some(true)),
            ("310112", Employee, CareKind::Inpatient, Far, Some(false)),
            ("21", Resident, CareKind::Inpatient, Far, Some(true)),
            ("21", Resident, CareKind::Inpatient, Near, Some(true)),
            ("14", Employee, CareKind::Outpatient, Far, Some(true)),
            ("310413", Employee, CareKind::Pharmacy, Far, None),
            ("310312", Employee, CareKind::Pharmacy, Far, None),
            ("跨省购药", Employee, CareKind::Pharmacy, Far, None),
            ("", Employee, CareKind::Pharmacy, Far, None),
        ] {
            let found = ClearingKind::from_code(code).map(|kind| kind.takes(scheme, care, away));
            assert_eq!(found, expected, "{code} {scheme} {care} {away:?}");
        }
        for (care, away) in CareKind::ALL.iter().flat_map(|care| [(*care, Near), (*care, Far)]) {
            let (code, _) = clearing_code(Resident, care, away);
            assert!(ClearingKind::from_code(&code).unwrap().takes(Resident, care, away), "{code}");
        }
        assert_eq!(clearing_code(Resident, CareKind::Pharmacy, Far).1, "居民跨省药店购药");
        assert_eq!(
            clearing_code(Employee, CareKind::Inpatient, Near),
            ("310211".to_owned(), "职工省内住院".to_owned())
        );
    }

    #[test]
    fn a_page_says_where_it_stands() {
        let rows = [1, 2, 3, 4, 5];
        let said = |number, size| {
            let output = Page { number, size }.output(&rows, |row| json!(row));
            let of = &output["parameters"];
            let numbers = ["startRow", "endRow", "size", "pages"].map(|name| of[name].as_u64().unwrap());
            (numbers, of["isFirstPage"] == json!(true), of["isLastPage"] == json!(true))
        };
        assert_eq!(said(1, 2), ([1, 2, 2, 3], true, false));
        assert_eq!(said(3, 2), ([5, 5, 1, 3], false, true));
        assert_eq!(said(4, 2), ([0, 0, 0, 3], false, true));
        assert_eq!(said(1, 9), ([1, 5, 5, 1], true, true));
        let empty = Page { number: 1, size: 20 }.output(&[] as &[u8], |row| json!(row));
        assert_eq!((&empty["parameters"]["isLastPage"], &empty["n_output"]), (&json!(true), &json!([])));
    }
}
