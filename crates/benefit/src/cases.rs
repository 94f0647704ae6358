//! 待遇案例: the case tables beside the policy files, read and computed.
//!
//! A case file (`420100/310.inpatient.cases.md`) holds Markdown tables whose rows are visits with the amounts that somebody
//! worked out by hand or found in a notice. Its columns are told in `docs/POLICY.md`. [`read`] makes questions of it, [`run`]
//! answers them and says where the answer differs. Nothing here opens a file.

mod read;

pub use read::{counter_named, read};

use crate::{
    Breakdown, Case, Library, Line, OfYear, YearToDate, compute, compute_over_year_end, rows_touched,
    splits_at_year_end,
};
use std::{collections::BTreeMap, fmt::Write as _};
use terms::{CareKind, Day, Fen, Fund, InsuranceScheme, PoolingArea, Refusal};

/// A case file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFile {
    /// Its path, as it was named.
    pub path: String,
    /// The pooling area whose policy it tries.
    pub area: PoolingArea,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The kind of care, unless a row names another.
    pub care: CareKind,
    /// Its cases, in the order of the file.
    pub cases: Vec<TableCase>,
}

/// A row of a case table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableCase {
    /// The line of the file, from 1.
    pub line: usize,
    /// The visit.
    pub question: Question,
    /// What the table says.
    pub expected: Expected,
    /// The arithmetic of whoever wrote the row.
    pub why: String,
}

/// A visit and what was used of the year before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The visit.
    pub case: Case,
    /// The insurance year of the discharge.
    pub year: YearToDate,
    /// The insurance year before, for a stay that the policy splits at its end.
    pub year_before: YearToDate,
}

/// What a table says of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is paid.
    Paid {
        /// By these funds; one that pays nothing is not named.
        funds: BTreeMap<Fund, Fen>,
        /// The person's whole burden.
        person: Fen,
        /// What of it is paid in cash, if the table says so.
        cash: Option<Fen>,
        /// Whether a settlement would be refused, because a value is not confirmed.
        unconfirmed: bool,
    },
    /// It is refused, with this code if the table names one.
    Refused(Option<String>),
}

/// The answer to one case.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Where the case stands: file and line.
    pub place: String,
    /// The breakdown, or why there is none.
    pub answer: Result<Breakdown, Refusal>,
    /// How the answer differs from the table, in Chinese; `None`: it does not.
    pub difference: Option<String>,
    /// The lines of the policy file that the case came to.
    pub rows_touched: Vec<u32>,
}

/// Answers all cases of a file.
pub fn run(library: &Library, file: &CaseFile) -> Vec<Finding> {
    file.cases.iter().map(|case| find(library, file, case)).collect()
}

fn find(library: &Library, file: &CaseFile, case: &TableCase) -> Finding {
    let answer = answer(library, &case.question);
    let found = written(file.scheme, &answer, &case.expected);
    let wanted = wanted(file.scheme, &case.expected);
    let same = found == wanted;
    Finding {
        place: format!("{}:{}", file.path, case.line),
        difference: (!same).then(|| format!("表中为 {wanted}，算得 {found}（{}）", case.why)),
        rows_touched: touched(library, &case.question, &answer),
        answer,
    }
}

/// Computes a visit under the policy of its day; a stay that the policy splits at the year's end, year by year.
///
/// # Errors
/// As [`compute`]; [`Refusal::NoPolicy`] where the area has none on the day.
pub fn answer(library: &Library, question: &Question) -> Result<Breakdown, Refusal> {
    let Question { case, year, year_before } = question;
    let policy = |day: Day| library.scheme_on(case.insured.pooling_area(), case.member.scheme, day);
    let scheme = policy(case.bill.discharge)?;
    match splits_at_year_end(scheme, case) {
        None => compute(scheme, case, year),
        Some(last) => {
            let earlier = OfYear { scheme: policy(last)?, year: year_before };
            compute_over_year_end(earlier, OfYear { scheme, year }, case)
        }
    }
}

/// The lines of the policy file that a visit comes to. Of a refused stay over the year's end, those of either policy.
fn touched(library: &Library, question: &Question, answer: &Result<Breakdown, Refusal>) -> Vec<u32> {
    let Question { case, year, year_before } = question;
    let policy = |day: Day| library.scheme_on(case.insured.pooling_area(), case.member.scheme, day).ok();
    let Some(scheme) = policy(case.bill.discharge) else { return Vec::new() };
    let mut rows = match answer {
        Ok(breakdown) => breakdown.rows_used.clone(),
        Err(_) => rows_touched(scheme, case, year),
    };
    if let (Err(_), Some(earlier)) = (answer, splits_at_year_end(scheme, case).and_then(policy)) {
        rows.extend(rows_touched(earlier, case, year_before));
    }
    let crosses = case.bill.care == CareKind::Inpatient
        && case.bill.admission < scheme.year_first_day(case.bill.discharge);
    rows.extend(scheme.year_crossing.iter().filter(|_| crosses).map(|cited| cited.value.origin.line));
    rows
}

/// The answer as a table would say it, with no more detail than this table has.
fn written(scheme: InsuranceScheme, answer: &Result<Breakdown, Refusal>, expected: &Expected) -> String {
    match answer {
        Ok(paid) => {
            let wants_cash = matches!(expected, Expected::Paid { cash: Some(_), .. });
            let cash = wants_cash.then(|| paid.cash());
            paid_words(scheme, &paid.fund_payments, paid.person_total, cash, !paid.unconfirmed.is_empty())
        }
        Err(_) if *expected == Expected::Refused(None) => "refused".to_owned(),
        Err(refusal) => format!("refused {}", refusal.code()),
    }
}

fn wanted(scheme: InsuranceScheme, expected: &Expected) -> String {
    match expected {
        Expected::Paid { funds, person, cash, unconfirmed } => {
            paid_words(scheme, funds, *person, *cash, *unconfirmed)
        }
        Expected::Refused(None) => "refused".to_owned(),
        Expected::Refused(Some(code)) => format!("refused {code}"),
    }
}

/// `8000.00 + large 500.00 ? | 2000.00`, with cash behind it where a table has the column.
fn paid_words(
    scheme: InsuranceScheme,
    funds: &BTreeMap<Fund, Fen>,
    person: Fen,
    cash: Option<Fen>,
    unconfirmed: bool,
) -> String {
    let pool = funds.get(&scheme.pool()).copied().unwrap_or_default();
    let mut words = pool.to_string();
    for (fund, amount) in funds.iter().filter(|(fund, _)| **fund != scheme.pool()) {
        let _ = write!(words, " + {} {amount}", fund_word(*fund));
    }
    if unconfirmed {
        words.push_str(" ?");
    }
    let _ = write!(words, " | {person}");
    if let Some(cash) = cash {
        let _ = write!(words, " | 现金 {cash}");
    }
    words
}

/// The funds that tables name by a word; the others are written by their code, the pool is the bare first number.
const FUND_WORDS: [(Fund, &str); 5] = [
    (Fund::LargeAmount, "large"),
    (Fund::ResidentCatastrophic, "catastrophic"),
    (Fund::CivilServant, "civil"),
    (Fund::MedicalAid, "aid"),
    (Fund::EnterpriseSupplement, "supplement"),
];

fn fund_word(fund: Fund) -> &'static str {
    FUND_WORDS.iter().find(|(known, _)| *known == fund).map_or(fund.code(), |(_, word)| word)
}

impl Finding {
    /// How the answer came about, a line a step; of a refusal its sentence.
    pub fn walk(&self) -> String {
        let step = |line: &Line| {
            let Line { step, amount_in, parameter, amount_out, .. } = line;
            format!("      {step} {amount_in} [{parameter}] {amount_out}\n")
        };
        match &self.answer {
            Ok(breakdown) => breakdown.lines.iter().map(step).collect(),
            Err(refusal) => format!("      {}\n", refusal.message()),
        }
    }
}

/// What a case file's name says: area, scheme and kind of care; `None` if it is not the name of one.
pub fn named(path: &str) -> Option<(PoolingArea, InsuranceScheme, CareKind)> {
    let mut parts = path.rsplit(['/', '\\']);
    let (name, folder) = (parts.next()?.strip_suffix(".cases.md")?, parts.next()?);
    let (scheme, care) = name.split_once('.')?;
    let area = PoolingArea(folder.parse().ok()?);
    let scheme = InsuranceScheme::ALL.iter().copied().find(|one| one.code() == scheme)?;
    Some((area, scheme, read::care(care).ok()?))
}
