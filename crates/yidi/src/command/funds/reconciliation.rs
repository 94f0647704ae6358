//! `yidi funds reconciliation`: the daily comparison of the three books, and settlements on which they differ, at a running node.

use crate::{command::clerk::NodeArguments, say, stop::Stop, words};
use clap::{Args, Subcommand};
use serde_json::json;
use terms::{Day, SettlementId};
use wire::api::{
    correction::{BookAmounts, CorrectionView, Corrections},
    reconciliation::{DifferenceView, Differences, ReconciliationView, Reconciliations},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 查询每日对账结果 (days that were compared)
    List {
        #[command(flatten)]
        days: Days,
        /// 只看一个省，在国家平台用 (of one province, at the hub)
        #[arg(long)]
        province: Option<String>,
    },
    /// 在省级平台对若干日重新对账 (compare days anew, at a province)
    Run {
        #[command(flatten)]
        days: Days,
    },
    /// 查询对账差异 (settlements on which the books differ)
    Differences {
        #[command(flatten)]
        days: Days,
        /// 阶段：open、mending、mended、explained、confirmed；不填为尚未说明的 (the stage)
        #[arg(long)]
        stage: Option<String>,
    },
    /// 说明一笔差异的原因 (say what explains one)
    Explain(Said),
    /// 确认一笔差异 (confirm one)
    Confirm(Said),
    /// 重新核查一笔差异 (have one looked into anew)
    Reopen(Said),
    /// 转交另一方核查 (have another side look)
    Assign {
        /// treatment、hub或insured (the side)
        #[arg(long)]
        owner: String,
        #[command(flatten)]
        said: Said,
    },
    /// 在国家平台查询记录的更正 (corrections of the hub's book, at the hub)
    Corrections {
        #[command(flatten)]
        days: Days,
    },
    /// 在国家平台申请按两省签名的记录更正一笔结算 (ask for the correction of a row, at the hub)
    Correct(Said),
    /// 在国家平台同意更正，不能由申请人办理 (correct it, by somebody else)
    Approve(Said),
    /// 在国家平台不予更正 (refuse to)
    Refuse(Said),
}

/// From which day to which.
#[derive(Clone, Copy, Debug, Args)]
pub struct Days {
    /// 起始日期，如2026-11-21 (the first day)
    #[arg(long, value_parser = words::day)]
    from: Day,
    /// 截止日期；不填为起始日期 (the last day)
    #[arg(long, value_parser = words::day)]
    to: Option<Day>,
}

impl Days {
    fn last(self) -> Day {
        self.to.unwrap_or(self.from)
    }
}

/// What is said of which settlement.
#[derive(Clone, Debug, Args)]
pub struct Said {
    /// 30位结算ID (the settlement)
    #[arg(value_parser = words::settlement)]
    settlement: SettlementId,
    /// 说明，不含个人信息 (why)
    #[arg(long)]
    note: String,
}

/// Lists, compares, decides.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    const PATH: &str = "/api/v1/funds/reconciliations";
    node.call(None, async |client| {
        match command {
            Command::List { days, province } => {
                let of = province.as_ref().map_or(String::new(), |code| format!("&province={code}"));
                let path = format!("{PATH}?from={}&to={}{of}", days.from, days.last());
                let found: Reconciliations = client.get(&path).await?;
                found.reconciliations.iter().for_each(show_day);
            }
            Command::Run { days } => {
                // A day a call: each may take its time.
                let all = std::iter::successors(Some(days.from), |day| Some(day.plus_days(1)));
                for day in all.take_while(|day| *day <= days.last()) {
                    let done: Reconciliations = client.post(PATH, &json!({ "from": day, "to": day })).await?;
                    done.reconciliations.iter().for_each(show_day);
                }
            }
            Command::Differences { days, stage } => {
                let mut after = String::new();
                loop {
                    let stage = stage.as_ref().map_or(String::new(), |stage| format!("&stage={stage}"));
                    let range = format!("from={}&to={}", days.from, days.last());
                    let path = format!("/api/v1/funds/differences?{range}{stage}{after}");
                    let page: Differences = client.get(&path).await?;
                    page.differences.iter().for_each(show);
                    let Some(next) = page.next else { break };
                    after = format!("&after={next}");
                }
            }
            Command::Explain(said) => decide(&client, said, "explain", None).await?,
            Command::Confirm(said) => decide(&client, said, "confirm", None).await?,
            Command::Reopen(said) => decide(&client, said, "reopen", None).await?,
            Command::Assign { owner, said } => decide(&client, said, "assign", Some(owner)).await?,
            Command::Corrections { days } => {
                let path = format!("/api/v1/funds/corrections?from={}&to={}", days.from, days.last());
                let found: Corrections = client.get(&path).await?;
                found.corrections.iter().for_each(show_correction);
                if found.more {
                    say("还有更多，请缩短日期范围 (there are more: ask for fewer days)");
                }
            }
            Command::Correct(said) => correct(&client, said, "", "reason").await?,
            Command::Approve(said) => correct(&client, said, "/approve", "words").await?,
            Command::Refuse(said) => correct(&client, said, "/refuse", "words").await?,
        }
        Ok(())
    })
}

async fn decide(
    client: &node::api::client::Client,
    said: &Said,
    step: &str,
    owner: Option<&String>,
) -> Result<(), Stop> {
    let mut body = json!({ "note": said.note });
    if let Some(owner) = owner {
        body["owner"] = json!(owner);
    }
    let path = format!("/api/v1/funds/differences/{}/{step}", said.settlement);
    let decided: Differences = client.post(&path, &body).await?;
    decided.differences.iter().for_each(show);
    Ok(())
}

async fn correct(
    client: &node::api::client::Client,
    said: &Said,
    step: &str,
    field: &str,
) -> Result<(), Stop> {
    let path = format!("/api/v1/funds/corrections/{}{step}", said.settlement);
    let one: CorrectionView = client.post(&path, &json!({ field: said.note })).await?;
    show_correction(&one);
    Ok(())
}

fn show_correction(one: &CorrectionView) {
    let amounts =
        |of: &BookAmounts| format!("总额{}、基金{}、个人{}", of.total, of.fund_total, of.person_total);
    let line = one.cleared_month.as_ref().zip(one.cleared_amount.as_ref());
    let purses = || {
        let purses = one.cleared_purses.iter().map(|purse| format!("{}{}", purse.purse_name, purse.amount));
        purses.collect::<Vec<_>>().join("、")
    };
    let line =
        line.map_or(String::new(), |(month, amount)| format!("  {month}清算更正{amount}元（{}）", purses()));
    say(&format!(
        "{}  {}  {} → {}{line}",
        one.number,
        one.stage_name,
        amounts(&one.before),
        amounts(&one.after)
    ));
    say(&format!("    {}  {}  {}", one.proposed_at, one.proposed_by, one.reason));
    let decided = one.decided_at.as_ref().zip(one.decided_by.as_ref()).zip(one.words.as_ref());
    if let Some(((at, by), words)) = decided {
        say(&format!("    {at}  {by}  {words}"));
    }
    say(&format!("    就医地记录 {}", one.treatment_hash));
    say(&format!("    参保地记录 {}", one.insured_hash));
}

fn show_day(one: &ReconciliationView) {
    let ReconciliationView { province, day, part_name, standing, total, differing, under_way, .. } = one;
    let outcome = if one.agreed { "一致".to_owned() } else { format!("不一致{differing}笔") };
    let told = one.reported_at.as_deref().unwrap_or("未上报");
    say(&format!(
        "{day}  {province}  {part_name}  有效{standing}笔 {total}元  {outcome}  在途{under_way}笔  {}  {}  {told}",
        one.ran_at, one.ran_by
    ));
}

fn show(one: &DifferenceView) {
    let agency = one.agency.as_deref().unwrap_or_default();
    say(&format!(
        "{}  {}  {}  {}  {}  由{}{agency}核查  发现{}次",
        one.settlement, one.province, one.stage_name, one.words, one.cause_name, one.owner_name, one.looks
    ));
    for note in &one.notes {
        say(&format!("    {}  {}  {}", note.at, note.by, note.text));
    }
}
