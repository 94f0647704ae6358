//! `yidi funds order`: payment orders and expected receipts of a province.

use crate::{command::clerk::NodeArguments, say, stop::Stop, words};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};
use terms::Day;
use wire::api::{
    bank::BankFile,
    payment_order::{PaymentOrderView, PaymentOrders},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 列出划拨单 (list payment orders)
    List(Listed),
    /// 列出应收款 (list expected receipts)
    Receipts(Listed),
    /// 查看一张划拨单或一笔应收款 (one of them)
    Show(Which),
    /// 提交财政部门 (hand over to finance)
    HandOver {
        #[command(flatten)]
        which: Which,
        /// 日期，不填为今天 (the day)
        #[arg(long, value_parser = words::day)]
        on: Option<Day>,
    },
    /// 从财政部门撤回 (take back from finance)
    TakeBack(Which),
    /// 登记划拨、到账或退汇 (money that has moved)
    Money {
        #[command(flatten)]
        which: Which,
        /// 交易流水号 (the bank's number)
        #[arg(long)]
        reference: String,
        /// 金额，元；退汇为负 (in yuan)
        #[arg(long, allow_hyphen_values = true)]
        amount: String,
        /// 交易日期 (the day)
        #[arg(long, value_parser = words::day)]
        on: Day,
    },
    /// 登记财政部门书面反馈 (what finance wrote back)
    WriteBack {
        #[command(flatten)]
        which: Which,
        /// 开户银行 (the bank)
        #[arg(long)]
        bank: String,
        /// 交易流水号 (the bank's number)
        #[arg(long)]
        serial: String,
        /// 交易日期 (the day of the payment)
        #[arg(long, value_parser = words::day)]
        traded_on: Day,
    },
    /// 办结 (close)
    Close(Which),
    /// 生成付款文件（pain.001，含完整账号） (the file for the bank)
    File {
        /// 划拨单号 (the order)
        number: String,
        /// 事由 (the duty)
        #[arg(long)]
        duty: String,
        /// 存到 (where to)
        #[arg(long)]
        to: PathBuf,
    },
}

/// Which orders are listed.
#[derive(Clone, Debug, Args)]
pub struct Listed {
    /// 阶段；不填为未办结的，all为全部 (the stage)
    #[arg(long)]
    stage: Option<String>,
    /// soon：快到期和逾期的；overdue：逾期的 (how near the deadline)
    #[arg(long)]
    urgency: Option<String>,
}

/// Which order.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// 划拨单号 (its number)
    number: String,
    /// 应收款，不是划拨单 (an expected receipt)
    #[arg(long)]
    receipt: bool,
}

impl Which {
    fn path(&self) -> String {
        let noun = if self.receipt { "receipts" } else { "orders" };
        format!("/api/v1/funds/{noun}/{}", self.number)
    }
}

/// Lists, shows, moves.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    let duty = match command {
        Command::File { duty, .. } => Some(duty.as_str()),
        _ => None,
    };
    node.call(duty, async |client| {
        let (path, body) = match command {
            Command::List(listed) => return list(&client, "orders", listed).await,
            Command::Receipts(listed) => return list(&client, "receipts", listed).await,
            Command::Show(which) => {
                show(&client.get(&which.path()).await?);
                return Ok(());
            }
            Command::File { number, to, .. } => {
                let path = format!("/api/v1/funds/orders/{number}/bank-file?reveal=true");
                let file: BankFile = client.get(&path).await?;
                let shown = to.display();
                fs::write(to, &file.file).map_err(|error| {
                    Stop::Unable(format!("文件{shown}无法写入，请核对路径 (cannot write: {error})"))
                })?;
                say(&format!("已写入{shown}"));
                return Ok(());
            }
            Command::HandOver { which, on } => (format!("{}/hand-over", which.path()), day(*on)),
            Command::TakeBack(which) => (format!("{}/take-back", which.path()), json!({})),
            Command::Close(which) => (format!("{}/close", which.path()), json!({})),
            Command::Money { which, reference, amount, on } => (
                format!("{}/money", which.path()),
                json!({ "reference": reference, "amount": amount, "on": on }),
            ),
            Command::WriteBack { which, bank, serial, traded_on } => (
                format!("{}/write-back", which.path()),
                json!({ "bank": bank, "serial": serial, "traded_on": traded_on }),
            ),
        };
        show(&client.post(&path, &body).await?);
        Ok(())
    })
}

fn day(on: Option<Day>) -> Value {
    on.map_or_else(|| json!({}), |on| json!({ "on": on }))
}

async fn list(client: &node::api::client::Client, noun: &str, listed: &Listed) -> Result<(), Stop> {
    let mut after = String::new();
    loop {
        let stage = listed.stage.as_deref().unwrap_or_default();
        let urgency = listed.urgency.as_deref().unwrap_or_default();
        let path = format!("/api/v1/funds/{noun}?stage={stage}&urgency={urgency}&after={after}");
        let found: PaymentOrders = client.get(&path).await?;
        found.orders.iter().for_each(line);
        let Some(next) = found.next else { return Ok(()) };
        after = next;
    }
}

fn line(view: &PaymentOrderView) {
    let PaymentOrderView { number, other_name, amount, rest, stage_name, due, .. } = view;
    let due = due.as_ref().map(|due| due.words.clone()).unwrap_or_default();
    say(format!("{number}  {other_name}  {amount}元  余{rest}元  {stage_name}  {due}").trim_end());
}

fn show(view: &PaymentOrderView) {
    line(view);
    for money in &view.money {
        say(&format!("  {}  {}  {}元  {}", money.on, money.reference, money.amount, money.by));
    }
}
