//! The chart of accounts: one table of the kinds of account, and the keys that tell two accounts of a kind apart.
//!
//! Every account belongs to one scheme (险种) and one purse, which is a fund or the personal accounts (个人账户): 职工 and 居民, and
//! each purse within them, never mix. Its key is a
//! stable text, so that a book can be kept anywhere. To add a kind: a line in the table below and a constructor.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use terms::{Fund, InstitutionCode, InsuranceScheme, PoolingArea, Province};

/// The side of an entry, and the side on which a kind of account normally stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntrySide {
    /// 借方.
    Debit,
    /// 贷方.
    Credit,
}

/// The part that a node plays when it holds an account. One province plays both of its parts in one book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 就医地省级平台.
    Treatment,
    /// 国家平台: its accounts are memoranda (备查), it holds no money.
    Hub,
    /// 参保地省级平台.
    Insured,
}

impl Role {
    /// The name in keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Hub => "hub",
            Self::Insured => "insured",
        }
    }
}

macro_rules! chart {
    ($($(#[$doc:meta])* $kind:ident: $key:literal, $subject:literal, $normal:ident, $role:ident;)+) => {
        /// A kind of account (会计科目).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AccountKind { $($(#[$doc])* $kind,)+ }

        impl AccountKind {
            /// The whole chart, in its order.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// The name in keys.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$kind => $key,)+ }
            }

            /// The Chinese subject (科目名称).
            pub const fn subject(self) -> &'static str {
                match self { $(Self::$kind => $subject,)+ }
            }

            /// The side on which its balance normally stands.
            pub const fn normal_side(self) -> EntrySide {
                match self { $(Self::$kind => EntrySide::$normal,)+ }
            }

            /// Which part a node plays to hold it.
            pub const fn role(self) -> Role {
                match self { $(Self::$kind => Role::$role,)+ }
            }
        }
    };
}

// The subjects follow the entries seen in practice and 财会〔2017〕28号; their exact names are a configuration of the agency's
// accounting, not a national list.
chart! {
    /// What the treatment place owes a designated institution; one for each institution.
    InstitutionPayable: "payable-institution", "应付定点医疗机构医疗费", Credit, Treatment;
    /// What an insured province owes the treatment place; one for each insured province.
    InsuredReceivable: "receivable-insured", "应收跨省异地就医资金", Debit, Treatment;
    /// Memorandum of what an insured province owes; one for each insured province.
    HubReceivable: "hub-receivable", "备查—应收参保省异地就医资金", Debit, Hub;
    /// Memorandum of what a treatment province is owed; one for each treatment province.
    HubPayable: "hub-payable", "备查—应付就医省异地就医资金", Credit, Hub;
    /// What a pooling area's fund spends on benefits; one for each pooling area (统筹区).
    BenefitExpense: "expense-benefit", "待遇支出—跨省异地就医", Debit, Insured;
    /// What the insured place owes a treatment province; one for each treatment province.
    TreatmentPayable: "payable-treatment", "应付跨省异地就医资金", Credit, Insured;
}

/// Who stands on the other side of an account. Which one a kind has is fixed by the constructors of [`Account`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Party {
    Institution(InstitutionCode),
    Province(Province),
    Area(PoolingArea),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Institution(institution) => institution.fmt(f),
            Self::Province(province) => province.fmt(f),
            Self::Area(area) => area.fmt(f),
        }
    }
}

/// Whose money moves: a fund's, or that of a personal account, which the agency holds for its owner and pays out like a fund's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purse {
    /// A fund's.
    Fund(Fund),
    /// 个人账户: the person's own money, which is no part of 基金支付总额.
    PersonalAccount,
}

impl Purse {
    /// All of them: the funds, then the personal account.
    pub fn all() -> impl Iterator<Item = Self> {
        Fund::ALL.iter().copied().map(Self::Fund).chain(std::iter::once(Self::PersonalAccount))
    }

    /// The code in keys, as 基金支付类型 (`fund_pay_type`) has it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fund(fund) => fund.code(),
            Self::PersonalAccount => "310200",
        }
    }

    /// The Chinese name.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Fund(fund) => fund.chinese(),
            Self::PersonalAccount => "职工基本医疗保险个人账户",
        }
    }

    /// The purse whose code is exactly this.
    pub(crate) fn of_code(code: &str) -> Result<Self, NotAKey> {
        Self::all().find(|purse| purse.code() == code).ok_or(NotAKey)
    }
}

impl From<Fund> for Purse {
    fn from(fund: Fund) -> Self {
        Self::Fund(fund)
    }
}

/// Accounts move money only within one ledger: a role, a scheme, a purse.
pub type Ledger = (Role, InsuranceScheme, Purse);

/// One account of a node's book.
///
/// ```
/// # use funds::Account;
/// # use terms::{Fund, InsuranceScheme};
/// let institution = "H42010600001".parse().unwrap();
/// let account = Account::institution_payable(institution, InsuranceScheme::Employee, Fund::EmployeePool);
/// assert_eq!(account.to_string(), "payable-institution/H42010600001/310/310100");
/// assert_eq!(account.to_string().parse(), Ok(account));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Account {
    kind: AccountKind,
    party: Party,
    scheme: InsuranceScheme,
    purse: Purse,
}

impl Account {
    /// 应付定点医疗机构医疗费 of one institution.
    pub fn institution_payable(
        institution: InstitutionCode,
        scheme: InsuranceScheme,
        purse: impl Into<Purse>,
    ) -> Self {
        Self::of(AccountKind::InstitutionPayable, Party::Institution(institution), scheme, purse)
    }

    fn of(kind: AccountKind, party: Party, scheme: InsuranceScheme, purse: impl Into<Purse>) -> Self {
        Self { kind, party, scheme, purse: purse.into() }
    }

    /// 应收跨省异地就医资金 from one insured province.
    pub fn insured_receivable(insured: Province, scheme: InsuranceScheme, purse: impl Into<Purse>) -> Self {
        Self::of(AccountKind::InsuredReceivable, Party::Province(insured), scheme, purse)
    }

    /// The hub's memorandum of what one insured province owes.
    pub fn hub_receivable(insured: Province, scheme: InsuranceScheme, purse: impl Into<Purse>) -> Self {
        Self::of(AccountKind::HubReceivable, Party::Province(insured), scheme, purse)
    }

    /// The hub's memorandum of what one treatment province is owed.
    pub fn hub_payable(treatment: Province, scheme: InsuranceScheme, purse: impl Into<Purse>) -> Self {
        Self::of(AccountKind::HubPayable, Party::Province(treatment), scheme, purse)
    }

    /// 待遇支出 of one pooling area.
    pub fn benefit_expense(area: PoolingArea, scheme: InsuranceScheme, purse: impl Into<Purse>) -> Self {
        Self::of(AccountKind::BenefitExpense, Party::Area(area), scheme, purse)
    }

    /// 应付跨省异地就医资金 to one treatment province.
    pub fn treatment_payable(treatment: Province, scheme: InsuranceScheme, purse: impl Into<Purse>) -> Self {
        Self::of(AccountKind::TreatmentPayable, Party::Province(treatment), scheme, purse)
    }

    /// Its kind.
    pub const fn kind(&self) -> AccountKind {
        self.kind
    }

    /// Its scheme.
    pub const fn scheme(&self) -> InsuranceScheme {
        self.scheme
    }

    /// Whose money it counts.
    pub const fn purse(&self) -> Purse {
        self.purse
    }

    /// The code of the institution, province or pooling area that it is about.
    pub fn party(&self) -> String {
        self.party.to_string()
    }

    /// The ledger it belongs to.
    pub const fn ledger(&self) -> Ledger {
        (self.kind.role(), self.scheme, self.purse)
    }
}

impl fmt::Display for Account {
    /// The stable key: kind, party, scheme, purse.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, party, scheme, purse } = self;
        f.pad(&format!("{}/{party}/{}/{}", kind.key(), scheme.code(), purse.code()))
    }
}

/// A text is not the key of an account or a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAKey;

impl fmt::Display for NotAKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a key of the book")
    }
}

impl FromStr for Account {
    type Err = NotAKey;
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (kind, rest) = text.split_once('/').ok_or(NotAKey)?;
        let (rest, purse) = rest.rsplit_once('/').ok_or(NotAKey)?;
        let (party, scheme) = rest.rsplit_once('/').ok_or(NotAKey)?;
        let kind = AccountKind::ALL.iter().copied().find(|one| one.key() == kind).ok_or(NotAKey)?;
        let scheme = InsuranceScheme::ALL.iter().copied().find(|one| one.code() == scheme).ok_or(NotAKey)?;
        let purse = Purse::of_code(purse)?;
        let party = match kind {
            AccountKind::InstitutionPayable => Party::Institution(party.parse().map_err(|_| NotAKey)?),
            AccountKind::BenefitExpense => Party::Area(PoolingArea(party.parse().map_err(|_| NotAKey)?)),
            AccountKind::InsuredReceivable
            | AccountKind::HubReceivable
            | AccountKind::HubPayable
            | AccountKind::TreatmentPayable => Party::Province(party.parse().map_err(|_| NotAKey)?),
        };
        Ok(Self { kind, party, scheme, purse })
    }
}

impl TryFrom<String> for Account {
    type Error = NotAKey;
    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_as_a_table() {
        let table: Vec<_> = AccountKind::ALL
            .iter()
            .map(|kind| {
                format!("{} {} {:?} {}", kind.role().name(), kind.key(), kind.normal_side(), kind.subject())
            })
            .collect();
        assert_eq!(
            table,
            [
                "treatment payable-institution Credit 应付定点医疗机构医疗费",
                "treatment receivable-insured Debit 应收跨省异地就医资金",
                "hub hub-receivable Debit 备查—应收参保省异地就医资金",
                "hub hub-payable Credit 备查—应付就医省异地就医资金",
                "insured expense-benefit Debit 待遇支出—跨省异地就医",
                "insured payable-treatment Credit 应付跨省异地就医资金",
            ]
        );
    }

    #[test]
    fn keys_read_back_or_are_refused() {
        for key in [
            "payable-institution/H42010600001/310/310100",
            "payable-institution/A/B/390/610100",
            "receivable-insured/420000/390/390200",
            "hub-receivable/420000/310/330100",
            "hub-payable/310000/310/310100",
            "expense-benefit/429004/390/390100",
            "payable-treatment/310000/310/999997",
            "payable-treatment/310000/310/310200",
        ] {
            assert_eq!(key.parse::<Account>().map(|account| account.to_string()).as_deref(), Ok(key));
        }
        for wrong in [
            "",
            "payable-institution",
            "payable-institution//310/310100",
            "hub-payable/310100/310/310100",
            "hub-payable/310000/999/310100",
            "hub-payable/310000/310/310199",
            "cash/310000/310/310100",
        ] {
            assert_eq!(wrong.parse::<Account>(), Err(NotAKey), "{wrong}");
        }
    }
}
