//! `yidi funds institution`: payment of designated institutions (拨付定点医药机构), at a running province.

use crate::{command::clerk::NodeArguments, say, stop::Stop};
use clap::{Args, Subcommand};
use serde_json::json;
use std::{fs, path::PathBuf};
use wire::api::{
    Taken,
    bank::BankFile,
    institution_payment::{
        InstitutionOrders, PaymentDraftView, PaymentLineView, PaymentView, Payments, YearHeldView,
    },
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 一个月的拨付单 (the payments of a month)
    List {
        /// 清分年月，如2026-10 (the month)
        month: String,
    },
    /// 试算一个机构一个月的拨付 (what a payment would come to)
    Draft(Whose),
    /// 审定一个机构一个月的拨付 (adopt it)
    Adopt(Whose),
    /// 查看拨付单 (a payment)
    Show {
        /// 拨付单号 (its number)
        number: String,
    },
    /// 下达一期拨付 (order an instalment at the bank)
    Order {
        /// 拨付单号 (its number)
        number: String,
        /// 期次，从1起 (which instalment)
        #[arg(long)]
        instalment: u16,
        /// 金额（元），不填为全部余额 (how much; the rest if not said)
        #[arg(long)]
        amount: Option<String>,
    },
    /// 已下达、银行尚未付出的拨付 (what the bank has yet to pay)
    Orders,
    /// 生成一期拨付的付款文件（pain.001，含完整账号） (the file for the bank)
    File {
        /// 拨付单号 (its number)
        number: String,
        /// 期次 (which instalment)
        #[arg(long)]
        instalment: u16,
        /// 险种，310或390 (the scheme)
        #[arg(long)]
        scheme: String,
        /// 事由 (the duty)
        #[arg(long)]
        duty: String,
        /// 存到 (where to)
        #[arg(long)]
        to: PathBuf,
    },
    /// 登记银行回单 (enter what the bank says)
    Bank {
        /// 拨付单号 (its number)
        number: String,
        /// 期次 (which instalment)
        #[arg(long)]
        instalment: u16,
        /// 交易流水号 (the bank's reference)
        #[arg(long)]
        bank_reference: String,
        /// 交易日期，如2026-11-28 (the day)
        #[arg(long)]
        day: String,
        /// 银行退回 (the bank sent it back)
        #[arg(long)]
        returned: bool,
    },
    /// 登记协议的拨付条款 (enter what the agreement says)
    Terms {
        /// 机构编号 (the institution)
        code: String,
        /// 生效日期 (from when)
        #[arg(long)]
        from: String,
        /// 质量保证金比例，万分比，500为百分之五 (the deposit in permyriad)
        #[arg(long)]
        deposit_rate: u16,
        /// 年终清算办法：release、deny或share:万分比 (the end of the year)
        #[arg(long)]
        year_end: Option<String>,
        /// 协议编号 (the agreement)
        #[arg(long)]
        source: String,
    },
    /// 登记机构收款账户 (enter the bank account)
    Account {
        /// 机构编号 (the institution)
        code: String,
        /// 户名 (the holder)
        #[arg(long)]
        holder: String,
        /// 账号 (the number)
        #[arg(long)]
        number: String,
        /// 开户行 (the bank)
        #[arg(long)]
        bank: String,
        /// 12位行号 (its code)
        #[arg(long, default_value = "")]
        bank_code: String,
    },
    /// 登记机构总额 (enter a budget)
    Budget {
        /// 机构编号 (the institution)
        code: String,
        /// 险种：employee或resident (the scheme)
        #[arg(long)]
        scheme: String,
        /// 年度 (the year)
        #[arg(long)]
        year: i16,
        /// year、each_month或1至12 (of what)
        #[arg(long)]
        of: String,
        /// 金额（元） (how much)
        #[arg(long)]
        amount: String,
        /// 依据 (where it is written)
        #[arg(long)]
        source: String,
    },
    /// 登记协议违约金 (enter a penalty)
    Penalty {
        /// 机构编号 (the institution)
        code: String,
        /// 决定书号 (the decision)
        #[arg(long)]
        reference: String,
        /// 险种：employee或resident (the scheme)
        #[arg(long)]
        scheme: String,
        /// 金额（元） (how much)
        #[arg(long)]
        amount: String,
        /// 理由 (why)
        #[arg(long)]
        reason: String,
    },
    /// 一个年度的预留资金 (what is held of a year)
    Held(Held),
    /// 年终清算预留资金 (decide about it)
    SettleYear {
        #[command(flatten)]
        held: Held,
        /// 返还金额（元），不填按协议或考核得分 (how much is given back)
        #[arg(long)]
        released: Option<String>,
        /// 理由 (why)
        #[arg(long)]
        reason: String,
    },
}

/// An institution's month.
#[derive(Clone, Debug, Args)]
pub struct Whose {
    /// 机构编号 (the institution)
    institution: String,
    /// 清分年月，如2026-10 (the month)
    month: String,
}

/// What is held of a year.
#[derive(Clone, Debug, Args)]
pub struct Held {
    /// 机构编号 (the institution)
    code: String,
    /// 年度 (the year)
    #[arg(long)]
    year: i16,
    /// withheld（总额控制待清算）或deposit（质量保证金） (as what)
    #[arg(long = "as", id = "as")]
    kind: String,
    /// 年度考核得分 (the score)
    #[arg(long)]
    score: Option<u16>,
}

const PAYMENTS: &str = "/api/v1/funds/institution-payments";

/// Drafts, adopts, orders, enters, decides.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    let of = |code: &str, what: &str| format!("/api/v1/funds/institutions/{code}/{what}");
    let duty = match command {
        Command::File { duty, .. } => Some(duty.as_str()),
        _ => None,
    };
    node.call(duty, async |client| {
        match command {
            Command::List { month } => {
                let all: Payments = client.get(&format!("{PAYMENTS}?month={month}")).await?;
                all.payments.iter().for_each(show);
            }
            Command::Draft(Whose { institution, month }) => {
                let path = format!("{PAYMENTS}/draft?institution={institution}&month={month}");
                show_draft(&client.get(&path).await?);
            }
            Command::Adopt(Whose { institution, month }) => {
                let body = json!({ "institution": institution, "month": month });
                show(&client.post(&format!("{PAYMENTS}/adopt"), &body).await?);
            }
            Command::Show { number } => show(&client.get(&format!("{PAYMENTS}/{number}")).await?),
            Command::Order { number, instalment, amount } => {
                let mut body = json!({ "instalment": instalment });
                if let Some(amount) = amount {
                    body["amount"] = json!(amount);
                }
                show(&client.post(&format!("{PAYMENTS}/{number}/instalments"), &body).await?);
            }
            Command::File { number, instalment, scheme, to, .. } => {
                let path = format!("{PAYMENTS}/{number}/instalments/{instalment}/bank-file");
                let file: BankFile = client.get(&format!("{path}?reveal=true&scheme={scheme}")).await?;
                let shown = to.display();
                fs::write(to, &file.file).map_err(|error| {
                    Stop::Unable(format!("文件{shown}无法写入，请核对路径 (cannot write: {error})"))
                })?;
                say(&format!("已写入{shown}"));
            }
            Command::Orders => {
                let all: InstitutionOrders = client.get(&format!("{PAYMENTS}/orders")).await?;
                for one in &all.orders {
                    say(&format!(
                        "{}  第{}期  {}  {}  {}  {}  {}元  {}前拨付",
                        one.payment,
                        one.instalment,
                        one.institution,
                        one.holder,
                        one.account,
                        one.bank,
                        one.amount,
                        one.due
                    ));
                }
            }
            Command::Bank { number, instalment, bank_reference, day, returned } => {
                let body = json!({
                    "instalment": instalment, "paid": !returned, "bank_reference": bank_reference, "day": day,
                });
                show(&client.post(&format!("{PAYMENTS}/{number}/bank"), &body).await?);
            }
            Command::Terms { code, from, deposit_rate, year_end, source } => {
                let mut body = json!({ "from": from, "deposit_rate": deposit_rate, "source": source });
                if let Some(year_end) = year_end {
                    body["year_end"] = json!(year_end);
                }
                taken(client.put(&of(code, "terms"), &body).await?);
            }
            Command::Account { code, holder, number, bank, bank_code } => {
                let body =
                    json!({ "holder": holder, "number": number, "bank": bank, "bank_code": bank_code });
                taken(client.put(&of(code, "account"), &body).await?);
            }
            Command::Budget { code, scheme, year, of: part, amount, source } => {
                let body =
                    json!({ "scheme": scheme, "year": year, "of": part, "amount": amount, "source": source });
                taken(client.post(&of(code, "budgets"), &body).await?);
            }
            Command::Penalty { code, reference, scheme, amount, reason } => {
                let body =
                    json!({ "reference": reference, "scheme": scheme, "amount": amount, "reason": reason });
                taken(client.post(&of(code, "penalties"), &body).await?);
            }
            Command::Held(held) => {
                let score = held.score.map_or(String::new(), |score| format!("&score={score}"));
                let path = format!("held?year={}&held_as={}{score}", held.year, held.kind);
                show_held(&client.get(&of(&held.code, &path)).await?);
            }
            Command::SettleYear { held, released, reason } => {
                let mut body = json!({ "year": held.year, "held_as": held.kind, "reason": reason });
                if let Some(score) = held.score {
                    body["score"] = json!(score);
                }
                if let Some(released) = released {
                    body["released"] = json!(released);
                }
                show(&client.post(&of(&held.code, "settle-year"), &body).await?);
            }
        }
        Ok(())
    })
}

fn taken(_: Taken) {
    say("已登记");
}

fn show(one: &PaymentView) {
    say(&format!(
        "{}  {}  {}  {}  应拨付{}元  已拨付{}元  尚未下达{}元  {}前拨付  {}",
        one.number,
        one.institution,
        one.kind_name,
        one.month,
        one.payable,
        one.paid,
        one.left,
        one.due,
        one.adopted_by
    ));
    one.lines.iter().for_each(show_line);
    for part in &one.instalments {
        let bank = part.bank_reference.as_deref().unwrap_or_default();
        say(&format!("  第{}期  {}  {}元  {bank}", part.number, part.stage_name, part.amount));
    }
}

fn show_line(line: &PaymentLineView) {
    say(&format!(
        "  {}  {}  确认{}  扣回{}  审核扣款{}  总额控制{}  保证金{}  违约金{}  应拨付{}  结转{}",
        line.scheme.code(),
        line.purse_name,
        line.confirmed,
        line.brought,
        line.deducted,
        line.withheld,
        line.deposit,
        line.penalty,
        line.payable,
        line.carried
    ));
}

fn show_draft(one: &PaymentDraftView) {
    say(&format!(
        "{}  {}  {}  应拨付{}元  确认单{}份  未确认{}笔  保证金依据：{}",
        one.institution,
        one.institution_name,
        one.month,
        one.payable,
        one.confirmations,
        one.unconfirmed,
        one.terms_source
    ));
    one.lines.iter().for_each(show_line);
}

fn show_held(one: &YearHeldView) {
    let proposed = one.proposed.as_deref().unwrap_or("由经办机构决定");
    let held_as = if one.held_as == "deposit" { "质量保证金" } else { "总额控制待清算" };
    say(&format!("{}年度  {held_as}  预留{}元  按约定返还{proposed}", one.year, one.amount));
    one.decided.iter().for_each(show);
}
