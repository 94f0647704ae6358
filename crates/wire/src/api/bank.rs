//! Fiscal special accounts (财政专户), files for and of banks, and unidentified entries, at a clerk's desk.

use super::{Shown, notice::name};
use funds::bank::{BankAccount, Entry, Nature, masked};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, InsuranceScheme};

/// An account to register: `PUT /api/v1/funds/bank-accounts/{scheme}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BankAccountBody {
    /// 户名.
    pub name: String,
    /// 开户行.
    pub bank: String,
    /// 账号.
    pub number: String,
    /// 行号: 12 digits.
    pub bank_code: String,
}

/// An account as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BankAccountView {
    /// Whose.
    pub owner: String,
    /// Its name.
    pub owner_name: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 户名.
    pub name: String,
    /// 开户行.
    pub bank: String,
    /// 账号, masked unless a duty needs it.
    pub number: String,
    /// 行号.
    pub bank_code: String,
    /// When it was registered so.
    pub changed_at: String,
}

impl BankAccountView {
    /// What is shown of an account.
    pub fn of(account: &BankAccount, shown: Shown) -> Self {
        Self {
            owner: account.owner.to_string(),
            owner_name: name(account.owner),
            scheme: account.scheme,
            name: account.name.clone(),
            bank: account.bank.clone(),
            number: shown_number(&account.number, shown),
            bank_code: account.bank_code.clone(),
            changed_at: account.changed_at.to_string(),
        }
    }
}

fn shown_number(number: &str, shown: Shown) -> String {
    match shown {
        Shown::Whole => number.to_owned(),
        Shown::Masked => masked(number),
    }
}

/// Accounts: `GET /api/v1/funds/bank-accounts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BankAccounts {
    /// By owner and scheme.
    pub accounts: Vec<BankAccountView>,
}

/// A file for a bank (pain.001): `GET /api/v1/funds/orders/{number}/bank-file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BankFile {
    /// What the file is called.
    pub name: String,
    /// Its text.
    pub file: String,
}

/// A file of a bank (camt.053): `POST /api/v1/funds/bank-statements`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBankStatement {
    /// Its text.
    pub file: String,
}

/// What taking a file came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TakenStatements {
    /// Statements in it.
    pub statements: u64,
    /// Those that had been taken before.
    pub statements_before: u64,
    /// Entries that were new.
    pub entries: u64,
    /// Entries that had been taken before.
    pub entries_before: u64,
    /// New ones that are money of an order.
    pub matched: u64,
    /// New ones that nobody knows (待查款项).
    pub unidentified: u64,
    /// New ones that are fees of the bank, for the agency's own account.
    pub fees: u64,
}

/// A statement that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BankStatementView {
    /// The bank's number.
    pub id: String,
    /// 账号, masked unless a duty needs it.
    pub account: String,
    /// 期末余额, in yuan.
    pub closing: String,
    /// How many entries it has.
    pub entries: i32,
    /// Who took it.
    pub by: String,
    /// When.
    pub at: String,
}

impl BankStatementView {
    /// What is shown of a statement of an account.
    pub fn of(
        id: &str,
        account: &str,
        closing: terms::Fen,
        entries: i32,
        by: (&str, String),
        shown: Shown,
    ) -> Self {
        Self {
            id: id.to_owned(),
            account: shown_number(account, shown),
            closing: closing.to_string(),
            entries,
            by: by.0.to_owned(),
            at: by.1,
        }
    }
}

/// Statements that were taken: `GET /api/v1/funds/bank-statements`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BankStatements {
    /// Latest first.
    pub statements: Vec<BankStatementView>,
}

/// An entry of a statement as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BankEntryView {
    /// 险种 of the account.
    pub scheme: InsuranceScheme,
    /// 交易流水号.
    pub reference: String,
    /// 交易日期.
    pub on: Day,
    /// In yuan: above nothing came, below nothing left.
    pub amount: String,
    /// `transfer`, `fee` or `interest`.
    pub nature: String,
    /// Whether it takes an earlier one back.
    pub reversal: bool,
    /// 对方户名.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    /// 对方账号, masked unless a duty needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty_number: Option<String>,
    /// 摘要.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `order`, `unidentified`, `fee` or `other`.
    pub matter: String,
    /// The order that it is money of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// What may help, or what it is, in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

impl BankEntryView {
    /// What is shown of an entry.
    pub fn of(
        (entry, scheme): (&Entry, InsuranceScheme),
        (matter, order, words): (&str, Option<String>, Option<String>),
        shown: Shown,
    ) -> Self {
        let number = entry.counterparty.number.as_deref();
        Self {
            scheme,
            reference: entry.reference.clone(),
            on: entry.on,
            amount: entry.amount.to_string(),
            nature: match entry.nature {
                Nature::Transfer => "transfer",
                Nature::Fee => "fee",
                Nature::Interest => "interest",
            }
            .to_owned(),
            reversal: entry.reversal,
            counterparty: entry.counterparty.name.clone(),
            counterparty_number: number.map(|number| shown_number(number, shown)),
            text: entry.text.clone(),
            matter: matter.to_owned(),
            order,
            words,
        }
    }
}

/// Entries: `GET /api/v1/funds/bank-entries`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BankEntries {
    /// Latest first, unless asked for otherwise.
    pub entries: Vec<BankEntryView>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What an unidentified entry is: `POST /api/v1/funds/bank-entries/assign`. One of `order` and `other`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignEntry {
    /// 险种 of the account.
    pub scheme: InsuranceScheme,
    /// 交易流水号.
    pub reference: String,
    /// 划拨单号 of the order or expected receipt that it is money of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// What else it is, if it is no money of this business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}
