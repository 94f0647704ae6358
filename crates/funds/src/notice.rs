//! Notices of payment (付款通知书) and of receipt (收款通知书): what the hub tells two provinces that one pays the other.
//!
//! One [`Notice`] is both: a payment notice to the payer, a receipt notice to the payee, under one number. It is issued once
//! and never changed; what is wrong in it is put right by another notice. This module must not know how a notice comes about
//! nor what becomes of the money.

use crate::chart::{NotAKey, Purse};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};
use terms::{Day, Fen, InsuranceScheme, Moment, Month, Province};

/// The number of a notice (通知书编号): at most 31 letters, digits and hyphens, so that with the scheme behind it it is a bank's
/// reference of 35.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NoticeNumber(String);

/// The longest number of a notice.
const NUMBER_MAX: usize = 31;

impl NoticeNumber {
    /// The number of the notice that a cause makes one province pay another by: whoever issues it again comes to the same.
    ///
    /// ```
    /// # use funds::notice::{Cause, NoticeNumber};
    /// # use terms::Month;
    /// let cause = Cause::Clearing { month: Month::new(2026, 10).unwrap() };
    /// let number = NoticeNumber::of(&cause, "420000".parse().unwrap(), "310000".parse().unwrap());
    /// assert_eq!(number.as_str(), "QS202610-420000-310000");
    /// ```
    ///
    /// # Panics
    /// If a case's own number is not of at most 12 letters, digits and hyphens.
    pub fn of(cause: &Cause, payer: Province, payee: Province) -> Self {
        let text = match cause {
            Cause::Clearing { month } => format!("QS{}", month.number()),
            Cause::ClearingReturn { month } => format!("QT{}", month.number()),
            Cause::Prepayment { year } => format!("YF{year}"),
            Cause::PrepaymentReturn { year } => format!("YT{year}"),
            Cause::PrepaymentIncrease { case } => format!("JZ{case}"),
        };
        format!("{text}-{payer}-{payee}").parse().expect("a case has a short number")
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NoticeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for NoticeNumber {
    type Err = NotAKey;
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let fits = (1..=NUMBER_MAX).contains(&text.len())
            && text.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAKey) }
    }
}

impl TryFrom<String> for NoticeNumber {
    type Error = NotAKey;
    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<NoticeNumber> for String {
    fn from(number: NoticeNumber) -> Self {
        number.0
    }
}

/// What a notice is for. Who of payer and payee is the insured province follows from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// 月度清算: the insured province pays what a month's clearing came to.
    Clearing {
        /// 清算年月.
        month: Month,
    },
    /// 清算退款: a month came to less than nothing, so the treatment province pays.
    ClearingReturn {
        /// 清算年月.
        month: Month,
    },
    /// 年度预付金: the insured province pays the prepayment of a year, or what it has grown by.
    Prepayment {
        /// The year.
        year: i16,
    },
    /// 预付金退回: the treatment province returns what a prepayment has shrunk by.
    PrepaymentReturn {
        /// The year.
        year: i16,
    },
    /// 预付金紧急调增: the insured province pays an emergency increase.
    PrepaymentIncrease {
        /// The number of the case: at most 12 letters, digits and hyphens.
        case: String,
    },
}

impl Cause {
    /// The name under which it is kept.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Clearing { .. } => "clearing",
            Self::ClearingReturn { .. } => "clearing_return",
            Self::Prepayment { .. } => "prepayment",
            Self::PrepaymentReturn { .. } => "prepayment_return",
            Self::PrepaymentIncrease { .. } => "prepayment_increase",
        }
    }

    /// The treatment province pays, not the insured one.
    pub const fn is_return(&self) -> bool {
        matches!(self, Self::ClearingReturn { .. } | Self::PrepaymentReturn { .. })
    }

    /// Whether it is about a prepayment (预付金), not about clearing.
    pub const fn is_prepayment(&self) -> bool {
        matches!(
            self,
            Self::Prepayment { .. } | Self::PrepaymentReturn { .. } | Self::PrepaymentIncrease { .. }
        )
    }
}

impl fmt::Display for Cause {
    /// In Chinese: `2026年10月跨省异地就医清算`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |month: &Month| format!("{}年{}月", month.number() / 100, month.number() % 100);
        f.pad(&match self {
            Self::Clearing { month } => format!("{}跨省异地就医费用清算", of(month)),
            Self::ClearingReturn { month } => format!("{}跨省异地就医费用清算退款", of(month)),
            Self::Prepayment { year } => format!("{year}年度跨省异地就医预付金"),
            Self::PrepaymentReturn { year } => format!("{year}年度跨省异地就医预付金退回"),
            Self::PrepaymentIncrease { case } => format!("跨省异地就医预付金紧急调增[{case}]"),
        })
    }
}

/// An amount of a notice: what one purse of one scheme pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeLine {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// Whose money.
    #[serde(with = "purse_code")]
    pub purse: Purse,
    /// How much; above nothing.
    pub amount: Fen,
}

/// A purse as its code, in documents that are kept and sent.
pub(crate) mod purse_code {
    use crate::chart::Purse;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub fn serialize<S: Serializer>(purse: &Purse, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(purse.code())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Purse, D::Error> {
        let code = String::deserialize(deserializer)?;
        Purse::of_code(&code).map_err(|_| D::Error::custom("no such purse"))
    }
}

/// A notice: a payment notice to the payer, a receipt notice to the payee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its number, the same on both.
    pub number: NoticeNumber,
    /// What for.
    pub cause: Cause,
    /// Who pays.
    pub payer: Province,
    /// Whom.
    pub payee: Province,
    /// How much, by scheme and purse; each once.
    pub lines: Vec<NoticeLine>,
    /// The day on which it was issued (签发日期).
    pub issued_on: Day,
    /// When it was written down.
    pub issued_at: Moment,
    /// The clerk of the hub who issued it.
    pub by: String,
}

/// Why something is no notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANotice {
    /// A province pays itself.
    SameProvince,
    /// It has no lines, or more than there are schemes and purses.
    Lines,
    /// An amount is nothing, below, or beyond a billion yuan times a hundred.
    Amount,
    /// A scheme and purse come twice.
    Doubled,
}

/// The largest amount of a line: a hundred billion yuan.
const AMOUNT_MAX: Fen = Fen(10_000_000_000_000);

impl Notice {
    /// Whether it can be issued.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), NotANotice> {
        if self.payer == self.payee {
            return Err(NotANotice::SameProvince);
        }
        if self.lines.is_empty() || self.lines.len() > 100 {
            return Err(NotANotice::Lines);
        }
        if self.lines.iter().any(|line| line.amount <= Fen::ZERO || line.amount > AMOUNT_MAX) {
            return Err(NotANotice::Amount);
        }
        let parts: BTreeSet<_> = self.lines.iter().map(|line| (line.scheme, line.purse)).collect();
        if parts.len() == self.lines.len() { Ok(()) } else { Err(NotANotice::Doubled) }
    }

    /// All of it.
    pub fn total(&self) -> Fen {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// The insured province of the two.
    pub const fn insured(&self) -> Province {
        if self.cause.is_return() { self.payee } else { self.payer }
    }

    /// The treatment province of the two.
    pub const fn treatment(&self) -> Province {
        if self.cause.is_return() { self.payer } else { self.payee }
    }

    /// The same notice: when it was written down, and by whom, does not count, since a retry comes later.
    pub fn is_same(&self, other: &Self) -> bool {
        let said = |one: &Self| {
            let mut lines: Vec<_> =
                one.lines.iter().map(|line| (line.scheme, line.purse, line.amount)).collect();
            lines.sort_unstable();
            (one.number.clone(), one.cause.clone(), one.payer, one.payee, lines)
        };
        said(self) == said(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::Fund;

    fn line(scheme: InsuranceScheme, fund: Fund, amount: i64) -> NoticeLine {
        NoticeLine { scheme, purse: Purse::Fund(fund), amount: Fen(amount) }
    }

    fn notice(cause: Cause, lines: Vec<NoticeLine>) -> Notice {
        let (payer, payee) = ("420000".parse().unwrap(), "310000".parse().unwrap());
        Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines,
            issued_on: "2026-11-30".parse().unwrap(),
            issued_at: "2026-11-30 10:00:00".parse().unwrap(),
            by: "赵某甲".to_owned(),
        }
    }

    #[test]
    fn every_cause_has_a_number_and_says_who_is_insured() {
        let month = Month::new(2026, 10).unwrap();
        for (cause, number, insured, chinese) in [
            (Cause::Clearing { month }, "QS202610-420000-310000", "420000", "2026年10月跨省异地就医费用清算"),
            (
                Cause::ClearingReturn { month },
                "QT202610-420000-310000",
                "310000",
                "2026年10月跨省异地就医费用清算退款",
            ),
            (
                Cause::Prepayment { year: 2027 },
                "YF2027-420000-310000",
                "420000",
                "2027年度跨省异地就医预付金",
            ),
            (
                Cause::PrepaymentReturn { year: 2027 },
                "YT2027-420000-310000",
                "310000",
                "2027年度跨省异地就医预付金退回",
            ),
            (
                Cause::PrepaymentIncrease { case: "202612-1".to_owned() },
                "JZ202612-1-420000-310000",
                "420000",
                "跨省异地就医预付金紧急调增[202612-1]",
            ),
        ] {
            let one = notice(cause, vec![line(InsuranceScheme::Employee, Fund::EmployeePool, 1)]);
            assert_eq!((one.number.as_str(), one.insured().to_string().as_str()), (number, insured));
            assert_ne!(one.insured(), one.treatment());
            assert_eq!(one.cause.to_string(), chinese);
            let text = toml::to_string(&one).unwrap();
            assert_eq!(toml::from_str::<Notice>(&text).unwrap(), one, "{text}");
        }
        for wrong in ["", "-A", "A-", "A B", "编号", &"9".repeat(32)] {
            assert_eq!(wrong.parse::<NoticeNumber>(), Err(NotAKey), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_notice() {
        let employee = line(InsuranceScheme::Employee, Fund::EmployeePool, 100);
        let cause = || Cause::Prepayment { year: 2027 };
        for (lines, wrong) in [
            (vec![], Some(NotANotice::Lines)),
            (vec![employee], None),
            (vec![employee, line(InsuranceScheme::Resident, Fund::ResidentPool, 1)], None),
            (vec![employee, employee], Some(NotANotice::Doubled)),
            (vec![NoticeLine { amount: Fen(0), ..employee }], Some(NotANotice::Amount)),
            (vec![NoticeLine { amount: Fen(i64::MAX), ..employee }], Some(NotANotice::Amount)),
        ] {
            assert_eq!(notice(cause(), lines).check().err(), wrong);
        }
        let itself = Notice { payee: "420000".parse().unwrap(), ..notice(cause(), vec![employee]) };
        assert_eq!(itself.check(), Err(NotANotice::SameProvince));
    }

    #[test]
    fn a_retry_is_the_same_notice_and_another_amount_is_not() {
        let employee = line(InsuranceScheme::Employee, Fund::EmployeePool, 100);
        let one = notice(Cause::Prepayment { year: 2027 }, vec![employee]);
        let later = Notice {
            issued_at: "2026-12-01 10:00:00".parse().unwrap(),
            by: "钱某乙".to_owned(),
            ..one.clone()
        };
        assert!(one.is_same(&later));
        assert!(!one.is_same(&Notice { lines: vec![NoticeLine { amount: Fen(1), ..employee }], ..later }));
    }
}
