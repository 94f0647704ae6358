//! `yidi funds bank`: fiscal special accounts, files of banks, unidentified entries, at a province.

use crate::{command::clerk::NodeArguments, say, stop::Stop};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};
use wire::api::bank::{BankAccountView, BankAccounts, BankEntries, BankEntryView, TakenStatements};

/// An account of the province's own.
#[derive(Debug, Args)]
pub struct Account {
    /// 险种，310或390 (the scheme)
    scheme: String,
    /// 户名 (its name)
    #[arg(long)]
    name: String,
    /// 开户行 (the bank)
    #[arg(long)]
    bank: String,
    /// 账号 (its number)
    #[arg(long)]
    number: String,
    /// 12位行号 (the bank's number)
    #[arg(long)]
    bank_code: String,
}

impl Account {
    fn body(&self) -> Value {
        let Self { name, bank, number, bank_code, .. } = self;
        json!({ "name": name, "bank": bank, "number": number, "bank_code": bank_code })
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 登记本省财政专户 (register an account of the province)
    Register(Account),
    /// 登记拨付机构的支出户 (register the account from which institutions are paid)
    RegisterExpenditure(Account),
    /// 列出财政专户 (list accounts)
    Accounts {
        /// 事由，显示完整账号时填写 (the duty, to see whole numbers)
        #[arg(long)]
        duty: Option<String>,
    },
    /// 导入银行对账单（camt.053） (take a file of statements)
    Take {
        /// 文件 (the file)
        file: PathBuf,
    },
    /// 列出银行流水 (list entries)
    Entries {
        /// order、institution、unidentified、fee或other (what they are about)
        #[arg(long, default_value = "unidentified")]
        matter: String,
    },
    /// 指定待查款项的归属 (say what an unidentified entry is)
    Assign {
        /// 险种，310或390 (the scheme of the account)
        #[arg(long)]
        scheme: String,
        /// 交易流水号 (the bank's number)
        #[arg(long)]
        reference: String,
        /// 划拨单号 (the order)
        #[arg(long, conflicts_with = "other", required_unless_present = "other")]
        order: Option<String>,
        /// 不属于本业务的款项，写明性质 (what else it is)
        #[arg(long)]
        other: Option<String>,
    },
}

/// Registers, lists, takes, assigns.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    let duty = match command {
        Command::Accounts { duty } => duty.as_deref(),
        _ => None,
    };
    node.call(duty, async |client| {
        match command {
            Command::Register(account) => {
                let path = format!("/api/v1/funds/bank-accounts/{}", account.scheme);
                show(&client.put(&path, &account.body()).await?);
            }
            Command::RegisterExpenditure(account) => {
                let path = format!("/api/v1/funds/expenditure-accounts/{}", account.scheme);
                show(&client.put(&path, &account.body()).await?);
            }
            Command::Accounts { duty } => {
                let reveal = if duty.is_some() { "?reveal=true" } else { "" };
                let found: BankAccounts = client.get(&format!("/api/v1/funds/bank-accounts{reveal}")).await?;
                found.accounts.iter().for_each(show);
            }
            Command::Take { file } => {
                let shown = file.display();
                let text = fs::read_to_string(file).map_err(|error| {
                    Stop::Unable(format!("文件{shown}无法读取，请核对路径 (cannot read: {error})"))
                })?;
                let taken: TakenStatements =
                    client.post("/api/v1/funds/bank-statements", &json!({ "file": text })).await?;
                let TakenStatements { statements, entries, entries_before, matched, unidentified, fees, .. } = taken;
                say(&format!(
                    "对账单{statements}份，新流水{entries}笔（匹配{matched}笔，待查{unidentified}笔，手续费{fees}笔），此前已导入{entries_before}笔"
                ));
            }
            Command::Entries { matter } => {
                let mut after = String::new();
                loop {
                    let asked = format!("/api/v1/funds/bank-entries?matter={matter}&limit=100&after={after}");
                    let page: BankEntries = client.get(&asked).await?;
                    page.entries.iter().for_each(entry);
                    let Some(next) = page.next else { break };
                    after = next;
                }
            }
            Command::Assign { scheme, reference, order, other } => {
                let scheme = if scheme == "390" { "resident" } else { "employee" };
                let mut body = json!({ "scheme": scheme, "reference": reference });
                if let Some(order) = order {
                    body["order"] = json!(order);
                }
                if let Some(other) = other {
                    body["other"] = json!(other);
                }
                entry(&client.post("/api/v1/funds/bank-entries/assign", &body).await?);
            }
        }
        Ok(())
    })
}

fn show(view: &BankAccountView) {
    let BankAccountView { owner_name, scheme, name, bank, number, bank_code, .. } = view;
    say(&format!("{owner_name}  {scheme}  {name}  {bank}  {number}  {bank_code}"));
}

fn entry(view: &BankEntryView) {
    let BankEntryView { reference, on, amount, order, words, .. } = view;
    let about = order.clone().or_else(|| words.clone()).unwrap_or_default();
    say(&format!("{on}  {reference}  {amount}元  {about}"));
}
