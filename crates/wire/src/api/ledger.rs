//! The general ledger (总账) at a clerk's desk: vouchers, the ledger of an account, trial balances; each as JSON, and as CSV for
//! programs.

use super::yuan;
use crate::csv;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, Fen};

/// Amounts of the ledger as text in yuan. Unlike those of a bill they may be sums of years.
pub(super) mod sums {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use terms::Fen;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub fn serialize<S: Serializer>(amount: &Fen, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fen, D::Error> {
        let text = String::deserialize(deserializer)?;
        let fen = terms::money::parse_decimal(&text, 2).ok().and_then(|fen| i64::try_from(fen).ok());
        fen.map(Fen)
            .ok_or_else(|| D::Error::custom("money is text in yuan with at most two decimals: \"1234.50\""))
    }
}

/// A voucher that a person makes: `POST /api/v1/funds/ledger/vouchers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoucher {
    /// The clerk's own number for it; the same again is the same voucher.
    pub id: String,
    /// What it is: `opening`, `interest`, `penalty`, `quality_deposit`, `unidentified`, `identified`, `expenditure_funded`.
    pub code: String,
    /// What it belongs to, if it belongs to something.
    #[serde(default)]
    pub subject: String,
    /// 摘要.
    pub summary: String,
    /// The day on which it takes effect; today if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Day>,
    /// What it moves.
    pub legs: Vec<NewLeg>,
}

/// One leg of such a voucher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLeg {
    /// The account debited (借): kind, party, scheme, purse.
    pub debit: String,
    /// The account credited (贷).
    pub credit: String,
    /// How much.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub amount: Fen,
}

/// A voucher to be taken back: `POST /api/v1/funds/ledger/corrections`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCorrection {
    /// Which.
    pub voucher: String,
    /// Why.
    pub reason: String,
}

/// An account to be closed or opened again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountClosing {
    /// Which.
    pub account: String,
    /// Why.
    pub reason: String,
}

/// Which day's journal is to enter the ledger: `POST /api/v1/funds/ledger/summaries`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummaryOrder {
    /// The day; every day that is due if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Day>,
}

/// Which year is to be carried over: `POST /api/v1/funds/ledger/years`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct YearClosing {
    /// The year.
    pub year: i16,
}

/// The vouchers that were made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MadeVouchers {
    /// Their ids, in order; none where nothing was to be done.
    pub made: Vec<String>,
}

/// A voucher as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerVoucher {
    /// Its id.
    pub id: String,
    /// The month in which it is numbered, `yyyymm`.
    pub month: i32,
    /// 凭证号.
    pub number: i32,
    /// What it is.
    pub code: String,
    /// The same in Chinese.
    pub code_name: String,
    /// What it belongs to.
    pub subject: String,
    /// 摘要.
    pub summary: String,
    /// The day on which it takes effect.
    pub day: Day,
    /// When it was written down.
    pub recorded_at: String,
    /// Who made it.
    pub by: String,
    /// What it moves.
    pub legs: Vec<LedgerLeg>,
}

/// An account as it is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountName {
    /// Its key.
    pub account: String,
    /// The number of the general subject (科目编号), where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// 科目名称.
    pub name: String,
    /// The code of who it is about.
    pub party: String,
    /// The name of an institution that it is about, where it is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_name: Option<String>,
    /// 险种.
    pub scheme: String,
    /// 基金或个人账户.
    pub purse: String,
}

/// A leg as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerLeg {
    /// 借.
    pub debit: AccountName,
    /// 贷.
    pub credit: AccountName,
    /// How much.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub amount: Fen,
    /// `final`, `reserve`, `post` or `void`.
    pub phase: String,
    /// The reserve that it ends: `voucher#leg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<String>,
}

/// A page of vouchers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerVouchers {
    /// In the order of month and number.
    pub vouchers: Vec<LedgerVoucher>,
    /// What the next page is asked for with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl LedgerVouchers {
    /// A row for each side of each leg (序时账).
    pub fn csv(&self) -> String {
        let heads = [
            "月份",
            "凭证号",
            "日期",
            "凭证",
            "业务",
            "摘要",
            "科目编号",
            "科目",
            "对象",
            "险种",
            "资金",
            "借方",
            "贷方",
            "状态",
        ];
        let rows = self.vouchers.iter().flat_map(|voucher| {
            voucher.legs.iter().flat_map(move |leg| {
                [(&leg.debit, true), (&leg.credit, false)].map(|(account, is_debit)| {
                    let amount = leg.amount.to_string();
                    let sides = if is_debit { [amount, String::new()] } else { [String::new(), amount] };
                    let head = [
                        voucher.month.to_string(),
                        voucher.number.to_string(),
                        voucher.day.to_string(),
                        voucher.id.clone(),
                        voucher.code_name.clone(),
                        voucher.summary.clone(),
                    ];
                    head.into_iter().chain(account.cells()).chain(sides).chain([leg.phase.clone()]).collect()
                })
            })
        });
        csv::table(&heads, rows)
    }
}

impl AccountName {
    fn cells(&self) -> [String; 5] {
        let Self { number, name, party, scheme, purse, .. } = self;
        [number.clone().unwrap_or_default(), name.clone(), party.clone(), scheme.clone(), purse.clone()]
    }
}

/// The ledger of one account (明细账).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountLedger {
    /// Which.
    pub account: AccountName,
    /// The side on which its balances are: 借 or 贷.
    pub side: String,
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// 期初余额; below nothing where it stood on the other side.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub opening: Fen,
    /// What was posted, in order.
    pub lines: Vec<AccountLine>,
    /// What stood after the last line.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub closing: Fen,
    /// Whether there is more than was shown: ask for fewer days.
    pub cut: bool,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountLine {
    /// The day.
    pub day: Day,
    /// 凭证号.
    pub number: i32,
    /// The voucher.
    pub voucher: String,
    /// 摘要.
    pub summary: String,
    /// 对方科目.
    pub opposite: AccountName,
    /// 借方.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub debit: Fen,
    /// 贷方.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub credit: Fen,
    /// 余额, on the account's side.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub balance: Fen,
}

impl AccountLedger {
    /// A row for each line.
    pub fn csv(&self) -> String {
        let heads = ["日期", "凭证号", "凭证", "摘要", "对方科目", "借方", "贷方", "方向", "余额"];
        let rows = self.lines.iter().map(|line| {
            vec![
                line.day.to_string(),
                line.number.to_string(),
                line.voucher.clone(),
                line.summary.clone(),
                line.opposite.account.clone(),
                line.debit.to_string(),
                line.credit.to_string(),
                self.side.clone(),
                line.balance.to_string(),
            ]
        });
        csv::table(&heads, rows)
    }
}

/// The trial balance of a period (试算平衡表, 科目余额表).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrialBalanceView {
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// In the order of the chart.
    pub accounts: Vec<TrialLine>,
    /// By role, scheme and purse.
    pub ledgers: Vec<TrialSum>,
    /// Whether debits and credits are the same in every one.
    pub balanced: bool,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrialLine {
    /// Which account.
    pub account: AccountName,
    /// The side on which its balances are: 借 or 贷.
    pub side: String,
    /// 期初余额.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub opening: Fen,
    /// 本期借方.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub debits: Fen,
    /// 本期贷方.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub credits: Fen,
    /// 期末余额.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub closing: Fen,
    /// Set aside to be debited, as of now (在途借方).
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub debits_pending: Fen,
    /// Set aside to be credited, as of now (在途贷方).
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub credits_pending: Fen,
    /// Whether it is closed (已关闭).
    pub closed: bool,
}

/// The sums of one role, scheme and purse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrialSum {
    /// `treatment`, `hub` or `insured`.
    pub role: String,
    /// 险种.
    pub scheme: String,
    /// 基金或个人账户.
    pub purse: String,
    /// Debited up to the last day.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub debits: Fen,
    /// Credited up to the last day.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub credits: Fen,
}

impl TrialBalanceView {
    /// A row for each account.
    pub fn csv(&self) -> String {
        let heads = [
            "科目编号",
            "科目",
            "对象",
            "险种",
            "资金",
            "方向",
            "期初余额",
            "本期借方",
            "本期贷方",
            "期末余额",
            "在途借方",
            "在途贷方",
        ];
        let rows = self.accounts.iter().map(|line| {
            let amounts = [
                line.opening,
                line.debits,
                line.credits,
                line.closing,
                line.debits_pending,
                line.credits_pending,
            ];
            let amounts = amounts.map(|amount| amount.to_string());
            line.account.cells().into_iter().chain([line.side.clone()]).chain(amounts).collect()
        });
        csv::table(&heads, rows)
    }
}

/// What a proof of a node's books came to: `POST /api/v1/funds/prove`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// Whether everything agrees.
    pub agrees: bool,
    /// How many figures were recomputed.
    pub checked: u64,
    /// Each kind of check.
    pub checks: Vec<ProofCheck>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// One kind of check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProofCheck {
    /// What was recomputed, in Chinese.
    pub name: String,
    /// How many of them.
    pub checked: u64,
    /// The first that does not agree, in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// What else people should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
