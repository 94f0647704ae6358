//! The chart of accounts: one table of the kinds of account, and the keys that tell two accounts of a kind apart.
//!
//! Every account belongs to one scheme (险种) and one purse, which is a fund or the personal accounts (个人账户): 职工 and 居民, and
//! each purse within them, never mix. Its key is a
//! stable text, so that a book can be kept anywhere. To add a kind: a line in the table below.

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

/// What an account refuses. What is reserved counts as if it were done, so that posting a reserve can never break a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// Nothing.
    None,
    /// Debits beyond what was credited.
    DebitsWithinCredits,
    /// Credits beyond what was debited: a deposit (存款) is not overdrawn.
    CreditsWithinDebits,
}

macro_rules! chart {
    ($($(#[$doc:meta])* $kind:ident, $make:ident($party:ident: $party_type:ty):
        $key:literal, $subject:literal, $normal:ident, $role:ident, $limit:ident;)+) => {
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

            /// What its accounts refuse in the general ledger (总账).
            pub const fn limit(self) -> Limit {
                match self { $(Self::$kind => Limit::$limit,)+ }
            }

            /// The party that a text names, if it is one that this kind has.
            fn party(self, text: &str) -> Result<Party, NotAKey> {
                match self { $(Self::$kind => <$party_type>::named(text).map(Party::$party),)+ }
            }
        }

        impl Account {
            $($(#[$doc])*
            pub fn $make(party: $party_type, scheme: InsuranceScheme, purse: impl Into<Purse>) -> Self {
                Self { kind: AccountKind::$kind, party: Party::$party(party), scheme, purse: purse.into() }
            })+
        }
    };
}

// The subjects follow the entries seen in practice and 财会〔2017〕28号; their numbers in an agency's accounting are
// configuration (`subject.rs`), not a part of the program.
chart! {
    /// 应付定点医疗机构医疗费: what the treatment place owes a designated institution; one for each institution.
    InstitutionPayable, institution_payable(Institution: InstitutionCode):
        "payable-institution", "应付定点医疗机构医疗费", Credit, Treatment, None;
    /// 应收跨省异地就医资金: what an insured province owes the treatment place; one for each insured province.
    InsuredReceivable, insured_receivable(Province: Province):
        "receivable-insured", "应收跨省异地就医资金", Debit, Treatment, None;
    /// Memorandum of what an insured province owes; one for each insured province.
    HubReceivable, hub_receivable(Province: Province):
        "hub-receivable", "备查—应收参保省异地就医资金", Debit, Hub, None;
    /// Memorandum of what a treatment province is owed; one for each treatment province.
    HubPayable, hub_payable(Province: Province):
        "hub-payable", "备查—应付就医省异地就医资金", Credit, Hub, None;
    /// 待遇支出: what a pooling area's fund spends on benefits; one for each pooling area (统筹区).
    BenefitExpense, benefit_expense(Area: PoolingArea):
        "expense-benefit", "待遇支出—跨省异地就医", Debit, Insured, None;
    /// 应付跨省异地就医资金: what the insured place owes a treatment province; one for each treatment province.
    TreatmentPayable, treatment_payable(Province: Province):
        "payable-treatment", "应付跨省异地就医资金", Credit, Insured, None;

    /// The treatment place's part of its fiscal special account (财政专户); one, of its own province.
    TreatmentFiscalDeposit, treatment_fiscal_deposit(Province: Province):
        "treatment-deposit-fiscal", "财政专户存款", Debit, Treatment, CreditsWithinDebits;
    /// The account from which the treatment place pays its institutions (支出户); one, of its own province.
    TreatmentExpenditureDeposit, treatment_expenditure_deposit(Province: Province):
        "treatment-deposit-expenditure", "支出户存款", Debit, Treatment, CreditsWithinDebits;
    /// Prepayment (预付金) that the treatment place holds; one for each insured province.
    PrepaymentHeld, prepayment_held(Province: Province):
        "prepayment-held", "暂收款—异地就医预付金", Credit, Treatment, None;
    /// What is withheld from an institution until the year's total budget (总额控制) is settled; one for each institution.
    InstitutionWithheld, institution_withheld(Institution: InstitutionCode):
        "withheld-institution", "应付定点医疗机构医疗费—总额控制待清算", Credit, Treatment, None;
    /// The quality deposit (质量保证金) of an institution; one for each institution.
    InstitutionQualityDeposit, institution_quality_deposit(Institution: InstitutionCode):
        "quality-deposit-institution", "应付定点医疗机构医疗费—质量保证金", Credit, Treatment, None;
    /// What of an institution's withheld money the treatment place keeps once the year's budget is settled.
    BudgetRetained, budget_retained(Institution: InstitutionCode):
        "budget-retained", "总额控制留用", Credit, Treatment, None;
    /// Interest on prepayments, which belongs to the treatment place (人社部发〔2016〕120号); one for each insured province.
    InterestIncome, interest_income(Province: Province):
        "income-interest", "利息收入", Credit, Treatment, None;
    /// Penalties under the agreement (违约金), which the treatment place keeps; one for each institution.
    PenaltyIncome, penalty_income(Institution: InstitutionCode):
        "income-penalty", "其他收入—违约金", Credit, Treatment, None;
    /// Money that came to the treatment place and that nothing explains yet; one, of its own province.
    TreatmentUnidentified, treatment_unidentified(Province: Province):
        "treatment-unidentified", "暂收款—待查款项", Credit, Treatment, None;
    /// What stood before the treatment place's ledger began, and what its years came to; one, of its own province.
    TreatmentOpening, treatment_opening(Province: Province):
        "treatment-opening", "期初基金", Credit, Treatment, None;

    /// Memorandum of the prepayment that an insured province gave; one for each pair of provinces.
    HubPrepaymentPaid, hub_prepayment_paid(Pair: Pair):
        "hub-prepayment-paid", "备查—参保省已付预付金", Credit, Hub, None;
    /// Memorandum of the prepayment that a treatment province holds; one for each pair of provinces.
    HubPrepaymentHeld, hub_prepayment_held(Pair: Pair):
        "hub-prepayment-held", "备查—就医省持有预付金", Debit, Hub, None;

    /// The insured place's part of its fiscal special account (财政专户); one, of its own province.
    InsuredFiscalDeposit, insured_fiscal_deposit(Province: Province):
        "insured-deposit-fiscal", "财政专户存款", Debit, Insured, CreditsWithinDebits;
    /// Prepayment (预付金) that the insured place gave; one for each treatment province.
    PrepaymentPaid, prepayment_paid(Province: Province):
        "prepayment-paid", "暂付款—异地就医预付金", Debit, Insured, None;
    /// What a pooling area sent up for the province's prepayments; one for each pooling area.
    AreaPrepayment, area_prepayment(Area: PoolingArea):
        "area-prepayment", "暂收款—统筹区上解预付金", Credit, Insured, None;
    /// What a pooling area sent up for the province's clearing; one for each pooling area.
    AreaContribution, area_contribution(Area: PoolingArea):
        "area-contribution", "下级上解—统筹区清算资金", Credit, Insured, None;
    /// Money that came to the insured place and that nothing explains yet; one, of its own province.
    InsuredUnidentified, insured_unidentified(Province: Province):
        "insured-unidentified", "暂收款—待查款项", Credit, Insured, None;
    /// What stood before the insured place's ledger began; one, of its own province.
    InsuredOpening, insured_opening(Province: Province):
        "insured-opening", "期初基金", Credit, Insured, None;
    /// What the years of a pooling area came to (基金结余); one for each pooling area.
    FundBalance, fund_balance(Area: PoolingArea):
        "fund-balance", "基金结余", Credit, Insured, None;
}

/// Two provinces, the one that owes first (参保省—就医省).
///
/// ```
/// # use funds::Pair;
/// let pair: Pair = "420000-310000".parse().unwrap();
/// assert_eq!(pair.insured.to_string(), "420000");
/// assert_eq!(pair.to_string(), "420000-310000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pair {
    /// Where the people are insured (参保省).
    pub insured: Province,
    /// Where they are treated (就医省).
    pub treatment: Province,
}

impl fmt::Display for Pair {
    /// `insured-treatment`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.insured, self.treatment))
    }
}

impl FromStr for Pair {
    type Err = NotAKey;
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (insured, treatment) = text.split_once('-').ok_or(NotAKey)?;
        Ok(Self { insured: Province::named(insured)?, treatment: Province::named(treatment)? })
    }
}

/// Who stands on the other side of an account. Which one a kind has is fixed in the chart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Party {
    Institution(InstitutionCode),
    Province(Province),
    Area(PoolingArea),
    Pair(Pair),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Institution(institution) => institution.fmt(f),
            Self::Province(province) => province.fmt(f),
            Self::Area(area) => area.fmt(f),
            Self::Pair(pair) => pair.fmt(f),
        }
    }
}

/// A party as its key names it.
trait Named: Sized {
    fn named(text: &str) -> Result<Self, NotAKey>;
}

impl Named for InstitutionCode {
    fn named(text: &str) -> Result<Self, NotAKey> {
        text.parse().map_err(|_| NotAKey)
    }
}

impl Named for Province {
    fn named(text: &str) -> Result<Self, NotAKey> {
        text.parse().map_err(|_| NotAKey)
    }
}

impl Named for PoolingArea {
    fn named(text: &str) -> Result<Self, NotAKey> {
        text.parse().map(PoolingArea).map_err(|_| NotAKey)
    }
}

impl Named for Pair {
    fn named(text: &str) -> Result<Self, NotAKey> {
        text.parse()
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

    /// The code of the institution, province, pair of provinces or pooling area that it is about.
    pub fn party(&self) -> String {
        self.party.to_string()
    }

    /// The province that it is about, if it is about one alone.
    pub const fn province(&self) -> Option<Province> {
        match self.party {
            Party::Province(province) => Some(province),
            _ => None,
        }
    }

    /// The institution that it is about, if it is about one.
    pub const fn institution(&self) -> Option<&InstitutionCode> {
        match &self.party {
            Party::Institution(institution) => Some(institution),
            _ => None,
        }
    }

    /// The pooling area that it is about, if it is about one.
    pub const fn area(&self) -> Option<PoolingArea> {
        match self.party {
            Party::Area(area) => Some(area),
            _ => None,
        }
    }

    /// The pair of provinces that it is about, if it is about one.
    pub const fn pair(&self) -> Option<Pair> {
        match self.party {
            Party::Pair(pair) => Some(pair),
            _ => None,
        }
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
        let party = kind.party(party)?;
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
                let limit = match kind.limit() {
                    Limit::None => "",
                    Limit::DebitsWithinCredits => " debits within credits",
                    Limit::CreditsWithinDebits => " credits within debits",
                };
                let (role, key) = (kind.role().name(), kind.key());
                format!("{role} {key} {:?} {}{limit}", kind.normal_side(), kind.subject())
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
                "treatment treatment-deposit-fiscal Debit 财政专户存款 credits within debits",
                "treatment treatment-deposit-expenditure Debit 支出户存款 credits within debits",
                "treatment prepayment-held Credit 暂收款—异地就医预付金",
                "treatment withheld-institution Credit 应付定点医疗机构医疗费—总额控制待清算",
                "treatment quality-deposit-institution Credit 应付定点医疗机构医疗费—质量保证金",
                "treatment budget-retained Credit 总额控制留用",
                "treatment income-interest Credit 利息收入",
                "treatment income-penalty Credit 其他收入—违约金",
                "treatment treatment-unidentified Credit 暂收款—待查款项",
                "treatment treatment-opening Credit 期初基金",
                "hub hub-prepayment-paid Credit 备查—参保省已付预付金",
                "hub hub-prepayment-held Debit 备查—就医省持有预付金",
                "insured insured-deposit-fiscal Debit 财政专户存款 credits within debits",
                "insured prepayment-paid Debit 暂付款—异地就医预付金",
                "insured area-prepayment Credit 暂收款—统筹区上解预付金",
                "insured area-contribution Credit 下级上解—统筹区清算资金",
                "insured insured-unidentified Credit 暂收款—待查款项",
                "insured insured-opening Credit 期初基金",
                "insured fund-balance Credit 基金结余",
            ]
        );
    }

    #[test]
    fn the_keys_of_the_chart_are_different() {
        let keys: std::collections::BTreeSet<_> = AccountKind::ALL.iter().map(|kind| kind.key()).collect();
        assert_eq!(keys.len(), AccountKind::ALL.len());
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
            "hub-prepayment-held/420000-310000/390/390100",
            "area-prepayment/420100/310/310100",
            "withheld-institution/H42010600001/310/310100",
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
            "hub-prepayment-held/420000/390/390100",
            "hub-prepayment-held/420000-310100/390/390100",
            "area-prepayment/420000-310000/310/310100",
        ] {
            assert_eq!(wrong.parse::<Account>(), Err(NotAKey), "{wrong}");
        }
    }
}
