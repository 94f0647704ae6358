//! `yidi filing`: filings at a running province.

use super::clerk::NodeArguments;
use crate::{say, stop::Stop, words};
use clap::{Args, Subcommand};
use serde_json::{json, to_value};
use terms::{
    AdminDivision, CitizenId, Day, FilingCategory, FilingId, InsuranceScheme, InsuredPlace, PersonNumber,
};
use wire::api::{FilingChange, FilingView, Filings, NewFiling};

/// 异地就医备案 (filings, at a running province)
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    node: NodeArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 申请备案 (apply for a filing)
    Add {
        #[command(flatten)]
        who: Who,
        /// 险种：310 职工、390 居民 (the scheme)
        #[arg(long, value_parser = words::scheme)]
        scheme: InsuranceScheme,
        /// 备案类型：1 异地安置退休、2 长期居住、3 常驻工作、4 转诊、5 急诊抢救、6 其他临时 (the category)
        #[arg(long, value_parser = words::category)]
        category: FilingCategory,
        /// 就医地：地市或省（直辖市）代码 (where to: a city or a province)
        #[arg(long, value_parser = words::division)]
        destination: AdminDivision,
        /// 开始日期，默认当日 (first day)
        #[arg(long, value_parser = words::day)]
        begins: Option<Day>,
        /// 结束日期，长期备案不填 (last day)
        #[arg(long, value_parser = words::day)]
        ends: Option<Day>,
        /// 承诺制 (on commitment instead of papers)
        #[arg(long)]
        commitment: bool,
        /// 即时审核通过 (approve it at once)
        #[arg(long)]
        approve: bool,
    },
    /// 审核通过 (approve)
    Approve {
        /// 备案编号 (the filing's id)
        #[arg(value_parser = words::filing_id)]
        id: FilingId,
    },
    /// 审核不通过 (reject)
    Reject {
        /// 备案编号 (the filing's id)
        #[arg(value_parser = words::filing_id)]
        id: FilingId,
        /// 告知参保人的理由 (why, as the person is told)
        #[arg(long)]
        reason: String,
    },
    /// 变更就医地或日期 (change; what is left out stays)
    Change {
        /// 备案编号 (the filing's id)
        #[arg(value_parser = words::filing_id)]
        id: FilingId,
        /// 新的就医地 (another destination)
        #[arg(long, value_parser = words::division)]
        destination: Option<AdminDivision>,
        /// 新的开始日期，默认当日 (another first day)
        #[arg(long, value_parser = words::day)]
        begins: Option<Day>,
        /// 新的结束日期 (another last day)
        #[arg(long, value_parser = words::day)]
        ends: Option<Day>,
    },
    /// 取消 (cancel)
    Cancel {
        /// 备案编号 (the filing's id)
        #[arg(value_parser = words::filing_id)]
        id: FilingId,
    },
    /// 列出一个人的备案，每次查询都有记录 (list a person's; every look is recorded)
    List {
        #[command(flatten)]
        who: Who,
        /// 显示完整人员编号的事由 (the duty for which numbers are shown whole)
        #[arg(long, value_name = "DUTY")]
        reveal: Option<String>,
    },
}

/// Who, at which insured place.
#[derive(Debug, Args)]
struct Who {
    /// 参保地区划代码，如420100 (the insured place)
    #[arg(long, value_parser = words::division)]
    insured: AdminDivision,
    /// 人员编号 (the person's number)
    #[arg(long, value_parser = words::person, required_unless_present = "certno", conflicts_with = "certno")]
    person: Option<PersonNumber>,
    /// 公民身份号码 (citizen identity number)
    #[arg(long, value_parser = words::citizen)]
    certno: Option<CitizenId>,
}

/// Applies, decides, lists.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let duty = match &arguments.command {
        Command::List { reveal, .. } => reveal.as_deref(),
        _ => None,
    };
    arguments.node.call(duty, async |client| {
        let path = |id: &FilingId, step: &str| format!("/api/v1/filings/{id}/{step}");
        let filing: FilingView = match &arguments.command {
            Command::Add { .. } => client.post("/api/v1/filings", &application(&arguments.command)).await?,
            Command::Approve { id } => client.post(&path(id, "approve"), &json!({})).await?,
            Command::Reject { id, reason } => {
                client.post(&path(id, "reject"), &json!({ "reason": reason })).await?
            }
            Command::Change { id, destination, begins, ends } => {
                let change = FilingChange { destination: *destination, begins: *begins, ends: *ends };
                let change = to_value(change).expect("a change is plain data");
                client.post(&path(id, "change"), &change).await?
            }
            Command::Cancel { id } => client.post(&path(id, "cancel"), &json!({})).await?,
            Command::List { who, .. } => {
                let found: Filings = client.get(&list_path(who, duty.is_some())).await?;
                if found.filings.is_empty() {
                    say("没有备案记录 (no filings)");
                }
                found.filings.iter().for_each(show);
                return Ok(());
            }
        };
        show(&filing);
        Ok(())
    })
}

fn application(command: &Command) -> serde_json::Value {
    let Command::Add { who, scheme, category, destination, begins, ends, commitment, approve } = command
    else {
        unreachable!("only an application is made of an application")
    };
    let new = NewFiling {
        insured: InsuredPlace(who.insured),
        person: who.person.clone(),
        certno: who.certno.clone(),
        scheme: *scheme,
        category: *category,
        destination: *destination,
        begins: *begins,
        ends: *ends,
        commitment: *commitment,
        approve_now: *approve,
    };
    to_value(new).expect("an application is plain data")
}

fn list_path(who: &Who, whole: bool) -> String {
    let named = match (&who.person, &who.certno) {
        (Some(number), _) => format!("person={number}"),
        (None, Some(citizen)) => format!("certno={}", citizen.reveal()),
        (None, None) => String::new(),
    };
    let reveal = if whole { "&reveal=true" } else { "" };
    format!("/api/v1/filings?insured={}&{named}{reveal}", who.insured)
}

fn show(filing: &FilingView) {
    let FilingView { id, person, stage_name, category_name, insured, destination_name, begins, .. } = filing;
    let ends = filing.ends.map_or("长期".to_owned(), |ends| ends.to_string());
    let deemed = if filing.deemed { "（视同备案）" } else { "" };
    let reason = filing.reason.as_ref().map(|reason| format!("  理由：{reason}")).unwrap_or_default();
    let by = filing.replaced_by.map(|by| format!("  变更为：{by}")).unwrap_or_default();
    let places = format!("{insured} → {destination_name}");
    say(&format!(
        "{id}  {stage_name}  {category_name}{deemed}  {person}  {places}  {begins} 至 {ends}{reason}{by}"
    ));
}
