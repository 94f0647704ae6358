//! `yidi funds ledger`: the general ledger (总账) of a running node.

use crate::{
    command::clerk::{NodeArguments, read_json},
    say,
    stop::Stop,
    words,
};
use clap::{Args, Subcommand};
use node::api::client::Client;
use serde_json::{Value, json};
use std::path::PathBuf;
use terms::Day;
use wire::api::{
    Taken,
    ledger::{AccountLedger, AccountName, LedgerVoucher, LedgerVouchers, MadeVouchers, TrialBalanceView},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 科目余额表，试算平衡 (the trial balance)
    Trial(Period),
    /// 一个科目的明细账 (the ledger of one account)
    Account {
        /// 科目编码，如 payable-treatment/310000/310/310100 (the key of the account)
        account: String,
        #[command(flatten)]
        period: Period,
    },
    /// 记账凭证，按月份和凭证号 (vouchers)
    Vouchers {
        /// 年月，如202611 (of a month)
        #[arg(long)]
        month: Option<String>,
        /// 业务类型，如clearing_paid (of a kind)
        #[arg(long)]
        code: Option<String>,
        /// 业务对象 (about this)
        #[arg(long)]
        subject: Option<String>,
        /// 输出CSV (as CSV)
        #[arg(long)]
        csv: bool,
    },
    /// 查看一张凭证 (one voucher)
    Voucher {
        /// 凭证编号 (its id)
        id: String,
    },
    /// 手工录入凭证：期初余额、预付金利息等 (post a voucher that a person makes)
    Post {
        /// JSON文件，- 为标准输入 (a JSON file, - for standard input)
        file: PathBuf,
    },
    /// 更正一张手工凭证：登记相反分录 (take back a voucher by its opposite)
    Correct {
        /// 凭证编号 (its id)
        id: String,
        /// 理由 (why)
        #[arg(long)]
        reason: String,
    },
    /// 结算明细汇总入账，不填日期为全部到期日 (let the journal enter the ledger)
    Summarise {
        /// 日期 (one day, also of long ago)
        #[arg(long, value_parser = words::day)]
        day: Option<Day>,
    },
    /// 年终结转 (carry a year over)
    CloseYear {
        /// 年度 (the year)
        year: i16,
    },
    /// 关闭一个科目 (close an account)
    Close(Closing),
    /// 重新启用一个科目 (open an account again)
    Open(Closing),
}

/// Which days.
#[derive(Debug, Args)]
pub struct Period {
    /// 开始日期，不填为当年1月1日 (the first day)
    #[arg(long, value_parser = words::day)]
    first: Option<Day>,
    /// 终止日期，不填为今天 (the last day)
    #[arg(long, value_parser = words::day)]
    last: Option<Day>,
    /// 输出CSV (as CSV)
    #[arg(long)]
    csv: bool,
}

/// Which account, and why.
#[derive(Debug, Args)]
pub struct Closing {
    /// 科目编码 (the key of the account)
    account: String,
    /// 理由 (why)
    #[arg(long)]
    reason: String,
}

impl Period {
    fn query(&self) -> String {
        let part = |name: &str, day: Option<Day>| day.map(|day| format!("&{name}={day}")).unwrap_or_default();
        let format = if self.csv { "&format=csv" } else { "" };
        format!("{}{}{format}", part("first", self.first), part("last", self.last))
    }
}

/// Shows, posts, corrects, enters, closes.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    node.call(None, async |client| match command {
        Command::Trial(period) => trial(&client, period).await,
        Command::Account { account, period } => show_account(&client, account, period).await,
        Command::Vouchers { month, code, subject, csv } => {
            let part = |name: &str, value: &Option<String>| {
                value.as_ref().map(|value| format!("&{name}={value}")).unwrap_or_default()
            };
            let query = format!("{}{}{}", part("month", month), part("code", code), part("subject", subject));
            vouchers(&client, &query, *csv).await
        }
        Command::Voucher { id } => {
            let found: LedgerVoucher = client.get(&path("voucher", &format!("&id={id}"))).await?;
            show(&found);
            Ok(())
        }
        Command::Post { file } => make(&client, "vouchers", &read_json(file)?).await,
        Command::Correct { id, reason } => {
            make(&client, "corrections", &json!({ "voucher": id, "reason": reason })).await
        }
        Command::Summarise { day } => {
            let body = day.map_or_else(|| json!({}), |day| json!({ "day": day }));
            make(&client, "summaries", &body).await
        }
        Command::CloseYear { year } => make(&client, "years", &json!({ "year": year })).await,
        Command::Close(closing) => set_closed(&client, "accounts/close", closing).await,
        Command::Open(closing) => set_closed(&client, "accounts/open", closing).await,
    })
}

fn path(what: &str, query: &str) -> String {
    format!("/api/v1/funds/ledger/{what}?{}", query.trim_start_matches('&'))
}

async fn trial(client: &Client, period: &Period) -> Result<(), Stop> {
    let path = path("trial", &period.query());
    if period.csv {
        say(client.get_text(&path).await?.trim_end());
        return Ok(());
    }
    let found: TrialBalanceView = client.get(&path).await?;
    say(&format!("科目余额表  {}至{}", found.first, found.last));
    for line in &found.accounts {
        let closed = if line.closed { "  已关闭" } else { "" };
        say(&format!(
            "{}  {}  期初{}  借方{}  贷方{}  期末{}{closed}",
            named(&line.account),
            line.side,
            line.opening,
            line.debits,
            line.credits,
            line.closing
        ));
    }
    for sum in &found.ledgers {
        let role = match sum.role.as_str() {
            "treatment" => "就医地",
            "insured" => "参保地",
            _ => "国家平台",
        };
        say(&format!(
            "{}  {}  {}  借方合计{}  贷方合计{}",
            role, sum.scheme, sum.purse, sum.debits, sum.credits
        ));
    }
    if found.balanced {
        say("试算平衡 (balanced)");
        return Ok(());
    }
    Err(Stop::Refused("试算不平衡，请执行 yidi funds prove 查找差错 (not balanced)".to_owned()))
}

fn named(account: &AccountName) -> String {
    let number = account.number.as_ref().map(|number| format!("{number} ")).unwrap_or_default();
    format!("{number}{} {} {}", account.name, account.party, account.purse)
}

async fn show_account(client: &Client, account: &str, period: &Period) -> Result<(), Stop> {
    let path = path("account", &format!("&account={account}{}", period.query()));
    if period.csv {
        say(client.get_text(&path).await?.trim_end());
        return Ok(());
    }
    let found: AccountLedger = client.get(&path).await?;
    say(&format!(
        "{}  {}至{}  期初余额{}{}",
        named(&found.account),
        found.first,
        found.last,
        found.side,
        found.opening
    ));
    for line in &found.lines {
        let number = format!("{}-{}", line.day.month().number(), line.number);
        say(&format!(
            "{}  {number}  {}  借方{}  贷方{}  余额{}{}",
            line.day, line.summary, line.debit, line.credit, found.side, line.balance
        ));
    }
    let more = if found.cut { "（未显示完，请缩短日期范围）" } else { "" };
    say(&format!("期末余额{}{}{more}", found.side, found.closing));
    Ok(())
}

async fn vouchers(client: &Client, query: &str, csv: bool) -> Result<(), Stop> {
    let mut after = String::new();
    let mut page = 0;
    loop {
        let asked = format!("{query}{after}");
        let found: LedgerVouchers = client.get(&path("vouchers", &asked)).await?;
        if csv {
            let text = found.csv();
            // The heads once.
            let skipped = if page == 0 { 0 } else { text.find('\n').map_or(0, |at| at + 1) };
            say(text[skipped..].trim_end());
        } else {
            found.vouchers.iter().for_each(show);
        }
        let Some(next) = found.next else { return Ok(()) };
        after = format!("&after={next}");
        page += 1;
    }
}

fn show(voucher: &LedgerVoucher) {
    let LedgerVoucher { id, month, number, code_name, summary, day, by, legs, .. } = voucher;
    say(&format!("{month}-{number}  {day}  {code_name}  {summary}  {by}  {id}"));
    for leg in legs {
        let phase = match leg.phase.as_str() {
            "reserve" => "  在途",
            "post" => "  在途转入账",
            "void" => "  在途撤销",
            _ => "",
        };
        say(&format!("    借 {}  贷 {}  {}{phase}", named(&leg.debit), named(&leg.credit), leg.amount));
    }
}

async fn make(client: &Client, what: &str, body: &Value) -> Result<(), Stop> {
    let made: MadeVouchers = client.post_and_wait(&format!("/api/v1/funds/ledger/{what}"), body).await?;
    if made.made.is_empty() {
        say("没有需要登记的凭证 (nothing to do)");
    }
    for id in made.made {
        say(&format!("凭证 {id}"));
    }
    Ok(())
}

async fn set_closed(client: &Client, what: &str, closing: &Closing) -> Result<(), Stop> {
    let body = json!({ "account": closing.account, "reason": closing.reason });
    let _: Taken = client.post(&format!("/api/v1/funds/ledger/{what}"), &body).await?;
    say("已办理");
    Ok(())
}
