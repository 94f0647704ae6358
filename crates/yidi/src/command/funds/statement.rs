//! `yidi funds statement`: a month's clearing statement (清算表) and deductions after audit (审核扣款), at a running province.

use crate::{command::clerk::NodeArguments, say, stop::Stop};
use clap::{Args, Subcommand};
use serde_json::json;
use wire::api::clearing_statement::{
    ClearingStatementView, ClearingStatements, DeductionView, Deductions, StatementPairView,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 本省各月清算表 (all months)
    List,
    /// 一个月的清算表及核对结果 (a month, with what the check has found)
    Show(Month),
    /// 向国家平台取得清算表并逐笔核对 (fetch a month from the hub and check it)
    Fetch(Month),
    /// 确认清算表 (confirm a month)
    Confirm {
        #[command(flatten)]
        month: Month,
        /// 已知核对不一致仍予确认 (although the check has found something)
        #[arg(long)]
        despite_findings: bool,
    },
    /// 对一对省份的清算表提出争议，其余视为确认 (dispute one pair; the rest is confirmed)
    Dispute {
        #[command(flatten)]
        month: Month,
        /// 参保省-就医省，如420000-310000 (the pair)
        #[arg(long)]
        pair: String,
        /// 有争议的结算ID，可多次填写；不填为该对省份全部 (the settlements; all if none)
        #[arg(long)]
        settlement: Vec<String>,
        /// 理由，不含个人信息 (why)
        #[arg(long)]
        reason: String,
    },
    /// 登记审核扣款 (record a deduction)
    Deduct {
        /// 结算ID (the settlement)
        settlement: String,
        /// 险种：employee或resident (the scheme)
        #[arg(long)]
        scheme: String,
        /// 基金=金额，如310100=123.45，可多次填写；个人账户为310200 (purse=amount)
        #[arg(long, required = true)]
        amount: Vec<String>,
        /// 理由，不含个人信息 (why)
        #[arg(long)]
        reason: String,
        /// 审核文书号 (number of the audit's document)
        #[arg(long)]
        reference: String,
    },
    /// 审核扣款清单 (all deductions)
    Deductions,
}

/// A month.
#[derive(Clone, Debug, Args)]
pub struct Month {
    /// 清算年月，如2026-10 (the month)
    month: String,
}

/// Amounts such as `310100=123.45`, as the interface takes them.
pub(super) fn amounts(scheme: &str, said: &[String]) -> Result<Vec<serde_json::Value>, Stop> {
    let read = |one: &String| {
        let wrong = || Stop::Refused(format!("金额[{one}]不合规，应为基金代码=金额，如310100=123.45"));
        let (purse, amount) = one.split_once('=').ok_or_else(wrong)?;
        Ok(json!({ "scheme": scheme, "purse": purse, "amount": amount }))
    };
    said.iter().map(read).collect()
}

/// Fetches, looks, confirms, disputes, deducts.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    const PATH: &str = "/api/v1/funds/statements";
    const DEDUCTIONS: &str = "/api/v1/funds/deductions";
    node.call(None, async |client| {
        match command {
            Command::List => {
                let all: ClearingStatements = client.get(PATH).await?;
                all.statements.iter().for_each(show);
            }
            Command::Show(Month { month }) => show(&client.get(&format!("{PATH}/{month}")).await?),
            Command::Fetch(Month { month }) => {
                show(&client.post(&format!("{PATH}/{month}/fetch"), &json!({})).await?);
            }
            Command::Confirm { month, despite_findings } => {
                let body = json!({ "despite_findings": despite_findings });
                show(&client.post(&format!("{PATH}/{}/confirm", month.month), &body).await?);
            }
            Command::Dispute { month, pair, settlement, reason } => {
                let dispute = json!({ "pair": pair, "settlements": settlement, "reason": reason });
                let body = json!({ "disputes": [dispute] });
                show(&client.post(&format!("{PATH}/{}/dispute", month.month), &body).await?);
            }
            Command::Deduct { settlement, scheme, amount, reason, reference } => {
                let body = json!({
                    "settlement": settlement, "amounts": amounts(scheme, amount)?, "reason": reason,
                    "reference": reference,
                });
                show_deduction(&client.post(DEDUCTIONS, &body).await?);
            }
            Command::Deductions => {
                let mut after = String::new();
                loop {
                    let page: Deductions = client.get(&format!("{DEDUCTIONS}{after}")).await?;
                    page.deductions.iter().for_each(show_deduction);
                    let Some(next) = page.next else { break };
                    after = format!("?after={next}");
                }
            }
        }
        Ok(())
    })
}

fn show(one: &ClearingStatementView) {
    let ClearingStatementView { month, stage_name, settlements, finding_count, confirmed_by, .. } = one;
    let checked = match (one.complete, finding_count) {
        (false, _) => "未完整取得".to_owned(),
        (true, 0) => "核对一致".to_owned(),
        (true, count) => format!("核对不一致{count}处"),
    };
    say(&format!("{month}  {stage_name}  {settlements}笔  {checked}  确认期限{confirmed_by}"));
    if let Some(answer) = &one.answer {
        let said = if answer.verdict == "confirmed" { "已确认" } else { "有争议" };
        let taken = match (&answer.taken_at, &answer.refusal) {
            (Some(at), _) => format!("国家平台已收到 {at}"),
            (None, Some(refusal)) => format!("国家平台未接受：{refusal}"),
            (None, None) => "正在上报".to_owned(),
        };
        say(&format!("  {said}  {}  {}  {taken}", answer.by, answer.at));
    }
    for pair in &one.pairs {
        let StatementPairView { insured, treatment, insured_answer, treatment_answer, .. } = pair;
        say(&format!("  {insured}-{treatment}  参保省{insured_answer}  就医省{treatment_answer}"));
        for due in &pair.dues {
            say(&format!("    {}  {}  {}元", due.scheme.code(), due.purse_name, due.amount));
        }
    }
    for found in &one.findings {
        say(&format!("  {}  {}", found.settlement, found.words));
    }
}

fn show_deduction(one: &DeductionView) {
    let amounts: Vec<_> =
        one.amounts.iter().map(|part| format!("{}{}元", part.purse_name, part.amount)).collect();
    let refused = one.refusal.as_ref().map(|words| format!("未受理：{words}"));
    let cleared = one.cleared_month.as_deref().or(refused.as_deref()).unwrap_or("未列入清算");
    let payment = one.payment.as_deref().unwrap_or("未抵扣");
    say(&format!(
        "{}  {}  {}  {}  {}  {cleared}  {payment}  {}",
        one.number,
        one.institution,
        amounts.join("、"),
        one.reason,
        one.reference,
        one.by
    ));
}
