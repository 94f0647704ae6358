//! `yidi funds area`: what pooling areas (统筹区) owe of a month, what they say to it, and what they have sent up, at a running province.

use super::statement::amounts;
use crate::{command::clerk::NodeArguments, say, stop::Stop, words};
use clap::Subcommand;
use serde_json::json;
use terms::{AdminDivision, Day, SettlementId};
use wire::api::area_clearing::{AreaAnswerView, AreaMonthView, AreaStatementView};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 各统筹区的清算表 (the statements of all areas)
    Show {
        /// 清算年月，如2026-10 (the month)
        month: String,
    },
    /// 向统筹区分割已确认的月份 (divide a confirmed month)
    Divide {
        /// 清算年月，如2026-10 (the month)
        month: String,
    },
    /// 登记统筹区上解的资金 (enter money that an area sent up)
    Receive {
        /// 清算年月，如2026-10 (the month)
        month: String,
        /// 统筹区六位区划 (the area)
        #[arg(long, value_parser = words::division)]
        area: AdminDivision,
        /// 到账日期，如2026-11-28 (the day)
        #[arg(long, value_parser = words::day)]
        day: Day,
        /// 交易流水号 (the bank's reference)
        #[arg(long)]
        bank_reference: String,
        /// 险种：employee或resident (the scheme)
        #[arg(long)]
        scheme: String,
        /// 基金=金额，如310100=123.45，可多次填写 (purse=amount)
        #[arg(long, required = true)]
        amount: Vec<String>,
    },
    /// 统筹区确认上解通知书 (an area confirms its part, and takes back what it disputed)
    Confirm {
        /// 清算年月，如2026-10 (the month)
        month: String,
        /// 统筹区六位区划 (the area)
        #[arg(long, value_parser = words::division)]
        area: AdminDivision,
    },
    /// 统筹区对结算提出异议 (an area disputes settlements of its part)
    Dispute {
        /// 清算年月，如2026-10 (the month)
        month: String,
        /// 统筹区六位区划 (the area)
        #[arg(long, value_parser = words::division)]
        area: AdminDivision,
        /// 结算ID，可多次填写 (a settlement)
        #[arg(long, required = true, value_parser = words::settlement)]
        settlement: Vec<SettlementId>,
        /// 异议理由 (why)
        #[arg(long)]
        reason: String,
    },
    /// 裁定统筹区的异议 (decide on an area's dispute)
    Decide {
        /// 清算年月，如2026-10 (the month)
        month: String,
        /// 统筹区六位区划 (the area)
        #[arg(long, value_parser = words::division)]
        area: AdminDivision,
        /// 异议成立，移出本月；不填为不成立 (upheld: the settlements leave the month)
        #[arg(long)]
        upheld: bool,
        /// 裁定意见 (what is decided, in words)
        #[arg(long)]
        words: String,
    },
    /// 划转省内异地资金 (pass on what areas of the province owe each other)
    PassOn {
        /// 清算年月，如2026-10 (the month)
        month: String,
    },
}

/// Shows, divides, receives, answers, decides, passes on.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    const PATH: &str = "/api/v1/funds/areas";
    node.call(None, async |client| {
        let shown: AreaMonthView = match command {
            Command::Show { month } => client.get(&format!("{PATH}/{month}")).await?,
            Command::Divide { month } => client.post(&format!("{PATH}/{month}/divide"), &json!({})).await?,
            Command::Receive { month, area, day, bank_reference, scheme, amount } => {
                let body = json!({
                    "area": area, "day": day, "bank_reference": bank_reference, "amounts": amounts(scheme, amount)?,
                });
                client.post(&format!("{PATH}/{month}/receipts"), &body).await?
            }
            Command::Confirm { month, area } => {
                client.post(&format!("{PATH}/{month}/confirm"), &json!({ "area": area })).await?
            }
            Command::Dispute { month, area, settlement, reason } => {
                let body = json!({ "area": area, "settlements": settlement, "reason": reason });
                client.post(&format!("{PATH}/{month}/dispute"), &body).await?
            }
            Command::Decide { month, area, upheld, words } => {
                let body = json!({ "area": area, "upheld": upheld, "words": words });
                client.post(&format!("{PATH}/{month}/disputes"), &body).await?
            }
            Command::PassOn { month } => client.post(&format!("{PATH}/{month}/pass-on"), &json!({})).await?,
        };
        say(&format!("{}  上解期限{}  {}", shown.month, shown.due, shown.divided_by));
        shown.areas.iter().for_each(show);
        Ok(())
    })
}

fn show(one: &AreaStatementView) {
    let AreaAnswerView { verdict_name, reason, settlements, by, at, words, decided_by, decided_at, .. } =
        &one.answer;
    say(&format!("{}  {}  {}  尚欠{}元  {verdict_name}", one.notice, one.area, one.name, one.still_owed));
    // Who said it and when; silence has neither.
    let signed = |by: &Option<String>, at: &Option<String>| {
        [by, at].into_iter().flatten().map(|one| format!("  {one}")).collect::<Vec<_>>().concat()
    };
    if let Some(reason) = reason {
        say(&format!("  异议理由：{reason}{}", signed(by, at)));
        for settlement in settlements {
            say(&format!("    {settlement}"));
        }
    } else if by.is_some() {
        say(&format!("  确认：{}", signed(by, at).trim_start()));
    }
    if let Some(words) = words {
        say(&format!("  裁定意见：{words}{}", signed(decided_by, decided_at)));
    }
    for line in &one.lines {
        let passed = line.passed_on.as_deref().unwrap_or_default();
        let shown = format!(
            "  就医地{}  {}  {}  {}笔  {}元  {passed}",
            line.treatment,
            line.scheme.code(),
            line.purse_name,
            line.count,
            line.amount
        );
        say(shown.trim_end());
    }
}
