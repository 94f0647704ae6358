//! `yidi funds area`: what pooling areas (统筹区) owe of a month, and what they have sent up, at a running province.

use super::statement::amounts;
use crate::{command::clerk::NodeArguments, say, stop::Stop};
use clap::Subcommand;
use serde_json::json;
use wire::api::area_clearing::{AreaMonthView, AreaStatementView};

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
        #[arg(long)]
        area: String,
        /// 到账日期，如2026-11-28 (the day)
        #[arg(long)]
        day: String,
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
    /// 划转省内异地资金 (pass on what areas of the province owe each other)
    PassOn {
        /// 清算年月，如2026-10 (the month)
        month: String,
    },
}

/// Shows, divides, receives, passes on.
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
            Command::PassOn { month } => client.post(&format!("{PATH}/{month}/pass-on"), &json!({})).await?,
        };
        say(&format!("{}  上解期限{}  {}", shown.month, shown.due, shown.divided_by));
        shown.areas.iter().for_each(show);
        Ok(())
    })
}

fn show(one: &AreaStatementView) {
    say(&format!("{}  {}  {}  尚欠{}元", one.notice, one.area, one.name, one.still_owed));
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
