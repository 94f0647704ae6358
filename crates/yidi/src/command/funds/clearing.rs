//! `yidi funds clearing`: monthly clearing (清分, 清算) at a running hub.

use crate::{command::clerk::NodeArguments, say, stop::Stop};
use clap::{Args, Subcommand};
use node::api::client::{CallError, Client};
use serde_json::json;
use wire::api::clearing::{
    ClearingComparison, ClearingDone, ClearingDues, ClearingLines, ClearingMonth, ClearingMonths,
    ClearingPairs, ClearingPlan, ClearingPlanned, ClearingStatement, NettingReport, NoticesIssued,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 已截止的各月 (the months that are closed)
    List,
    /// 清分试算，并与上一次比较 (plan a month, and compare with the last plan)
    Plan(Month),
    /// 最近一次试算 (the last plan)
    Show(Month),
    /// 比较最近两次试算 (compare the last two plans)
    Compare(Month),
    /// 生成清算表，即采用一次试算 (adopt a plan)
    Adopt {
        #[command(flatten)]
        month: Month,
        /// 试算的次数 (which plan)
        #[arg(long)]
        revision: u32,
    },
    /// 《全国跨省异地就医费用清算表》 (the statement, as CSV)
    Statement(Part),
    /// 《应付医疗费用清算表》 (what a province owes, as CSV)
    Payable(Part),
    /// 《应收医疗费用清算表》 (what a province is owed, as CSV)
    Receivable(Part),
    /// 《审核扣款明细表》 (deductions after audit, as CSV)
    Deductions(Part),
    /// 未列入清算的结算 (settlements that are left out, as CSV)
    LeftOut(Part),
    /// 轧差测算，仅供参考 (what netting would save; nothing is paid by it)
    Netting(Month),
    /// 各对省份的确认情况 (what provinces say)
    Pairs(Part),
    /// 处理争议 (decide a dispute)
    Decide(Decide),
    /// 签发双方已确认的付款、收款通知书 (issue the notices of pairs on which both agree)
    Notices(Month),
    /// 同意延后申报的结算列入清算 (let a settlement be cleared that came too late)
    Accept {
        /// 结算ID (the settlement)
        settlement: String,
    },
    /// 年度清算 (close a year)
    CloseYear {
        /// 年度，如2026 (the year)
        year: i16,
    },
}

/// A month.
#[derive(Clone, Debug, Args)]
pub struct Month {
    /// 清算年月，如202610 (the month)
    month: String,
}

impl Month {
    fn path(&self, rest: &str) -> String {
        format!("/api/v1/funds/clearings/{}{rest}", self.month)
    }
}

/// A province's part of a month.
#[derive(Clone, Debug, Args)]
pub struct Part {
    #[command(flatten)]
    month: Month,
    /// 省级区划代码；不填为全国 (of one province)
    #[arg(long)]
    province: Option<String>,
}

impl Part {
    fn path(&self, rest: &str) -> String {
        let province = self.province.as_ref().map_or(String::new(), |province| {
            let sign = if rest.contains('?') { '&' } else { '?' };
            format!("{sign}province={province}")
        });
        self.month.path(&format!("{rest}{province}"))
    }
}

/// A dispute, and what is decided.
#[derive(Clone, Debug, Args)]
pub struct Decide {
    #[command(flatten)]
    month: Month,
    /// 提出争议的省 (who disputes)
    #[arg(long)]
    province: String,
    /// 参保省 (the insured province)
    #[arg(long)]
    insured: String,
    /// 就医省 (the treatment province)
    #[arg(long)]
    treatment: String,
    /// 争议成立 (the hub agrees)
    #[arg(long)]
    upheld: bool,
    /// 转入以后月份的结算，可列多个；不填为争议所列 (what leaves the month)
    #[arg(long, value_delimiter = ',')]
    settlements: Vec<String>,
    /// 处理意见 (in words)
    #[arg(long)]
    words: String,
}

/// Calls the hub.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    node.call(None, async |client| Ok(call(&client, command).await?))
}

async fn call(client: &Client, command: &Command) -> Result<(), CallError> {
    let nothing = json!({});
    match command {
        Command::List => {
            let all: ClearingMonths = client.get("/api/v1/funds/clearings").await?;
            all.months.iter().for_each(show_month);
        }
        Command::Plan(month) => {
            let planned: ClearingPlanned = client.post(&month.path("/plan"), &nothing).await?;
            match planned.plan {
                Some(plan) => show_plan(&plan),
                None => say("正在试算，请稍后用 show 查看 (still planning; ask with `show`)"),
            }
        }
        Command::Show(month) => show_plan(&client.get::<ClearingPlan>(&month.path("/plan")).await?),
        Command::Compare(month) => {
            let comparison: ClearingComparison = client.get(&month.path("/comparison")).await?;
            if comparison.differences.is_empty() {
                say("最近两次试算一致 (the last two plans agree)");
            }
            show_differences(&comparison.differences);
        }
        Command::Adopt { month, revision } => {
            show_month(&client.post(&month.path("/adopt"), &json!({ "revision": revision })).await?);
        }
        Command::Statement(part) => {
            print(&client.get::<ClearingStatement>(&part.path("/statement")).await?.csv());
        }
        Command::Payable(part) => {
            print(&client.get::<ClearingDues>(&part.path("/dues?side=payable")).await?.csv());
        }
        Command::Receivable(part) => {
            print(&client.get::<ClearingDues>(&part.path("/dues?side=receivable")).await?.csv());
        }
        Command::Deductions(part) => {
            print(&client.get::<ClearingLines>(&part.path("/deductions")).await?.csv());
        }
        Command::LeftOut(part) => print(&client.get::<ClearingLines>(&part.path("/left-out")).await?.csv()),
        Command::Netting(month) => print(&client.get::<NettingReport>(&month.path("/netting")).await?.csv()),
        Command::Pairs(part) => {
            let all: ClearingPairs = client.get(&part.path("/pairs")).await?;
            for pair in all.pairs {
                let said = [pair.insured_answer, pair.treatment_answer].join("/");
                say(&format!(
                    "{}-{}  {}  {}  {said}",
                    pair.insured, pair.treatment, pair.payable, pair.stage_name
                ));
                for dispute in &pair.disputes {
                    say(&format!("    {dispute}"));
                }
            }
        }
        Command::Decide(decide) => {
            let body = json!({
                "province": decide.province, "insured": decide.insured, "treatment": decide.treatment,
                "upheld": decide.upheld, "settlements": decide.settlements, "words": decide.words,
            });
            done(&client.post(&decide.month.path("/disputes"), &body).await?);
        }
        Command::Notices(month) => {
            let issued: NoticesIssued = client.post(&month.path("/notices"), &nothing).await?;
            say(&format!("已签发{}对省份的通知书 ({} pairs)", issued.pairs, issued.pairs));
        }
        Command::Accept { settlement } => {
            let path = format!("/api/v1/funds/late-settlements/{settlement}/accept");
            done(&client.post(&path, &nothing).await?);
        }
        Command::CloseYear { year } => {
            done(&client.post(&format!("/api/v1/funds/clearing-years/{year}/close"), &nothing).await?);
        }
    }
    Ok(())
}

fn done(done: &ClearingDone) {
    say(&done.done);
}

fn print(csv: &str) {
    say(csv.trim_end());
}

fn show_month(month: &ClearingMonth) {
    let ClearingMonth { month: name, stage_name, revision, adopted, confirmed_by, notices_on, .. } = month;
    say(&format!(
        "{name}  {stage_name}  试算{revision}次  采用第{adopted}次  确认截止{confirmed_by}  通知书{notices_on}"
    ));
    if !month.unanswered.is_empty() {
        say(&format!("    待确认：{}", month.unanswered.join("、")));
    }
    if !month.disputed.is_empty() {
        say(&format!("    争议：{}", month.disputed.join("、")));
    }
}

fn show_plan(plan: &ClearingPlan) {
    let ClearingPlan { month, revision, settlements, undoings, lines, pairs, area_pairs, .. } = plan;
    say(&format!(
        "{month} 第{revision}次试算：结算{settlements}笔，撤销{undoings}笔，明细{lines}行，{pairs}对省份，{area_pairs}对统筹区"
    ));
    say(&format!("  医疗费总额{}  应付{}  未列入{}笔", plan.total, plan.payable, plan.left_out));
    show_differences(&plan.differences);
}

fn show_differences(differences: &[String]) {
    if !differences.is_empty() {
        say("  与上一次试算比较：");
    }
    for difference in differences {
        say(&format!("    {difference}"));
    }
}
