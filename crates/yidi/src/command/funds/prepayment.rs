//! `yidi funds prepayment`: prepayments (预付金) at a running node.

use crate::{command::clerk::NodeArguments, say, stop::Stop, words};
use clap::Subcommand;
use serde_json::{json, to_value};
use terms::{AdminDivision, Day, InsuranceScheme, PoolingArea, Province};
use wire::api::prepayment::{
    AcceptIncrease, AdoptPrepayments, ApplyIncrease, AreaMoney, AreaPrepayments, IncreaseView, Increases,
    PositionView, PrepaymentPositions, PrepaymentYearView, PrepaymentYears, SetAreaPrepayment, SetPrepayment,
};

/// Where the interface has them.
const PATH: &str = "/api/v1/funds/prepayments";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 预付金使用情况和预警 (how prepayments stand)
    Usage {
        /// 立即重新计算 (compute it now)
        #[arg(long)]
        now: bool,
    },
    /// 各年度额度核定情况，国家平台 (the settings of all years, at the hub)
    Years,
    /// 一个年度的额度，国家平台 (the setting of a year, at the hub)
    Show {
        /// 年度 (the year)
        year: i16,
    },
    /// 测算一个年度的额度草案，国家平台 (draft a year, at the hub)
    Draft {
        /// 年度 (the year)
        year: i16,
    },
    /// 人工调整一项额度，国家平台 (set an amount, at the hub)
    Set {
        /// 年度 (the year)
        year: i16,
        /// 参保省 (who pays)
        #[arg(long, value_parser = province)]
        insured: Province,
        /// 就医省 (whom)
        #[arg(long, value_parser = province)]
        treatment: Province,
        /// 险种 (the scheme)
        #[arg(long, value_parser = words::scheme)]
        scheme: InsuranceScheme,
        /// 金额（元），不填则恢复测算数 (how much; as computed if left out)
        #[arg(long)]
        amount: Option<String>,
        /// 理由 (why)
        #[arg(long)]
        reason: String,
    },
    /// 核定一个年度的额度并签发通知书，国家平台 (adopt a year, at the hub)
    Adopt {
        /// 年度 (the year)
        year: i16,
        /// 所核定的稿次 (the draft that was seen)
        #[arg(long)]
        round: u32,
    },
    /// 紧急调增申请 (applications for an emergency increase)
    Increases,
    /// 就医省申请紧急调增 (apply, at the treatment province)
    Apply {
        /// 参保省 (who is to pay)
        #[arg(long, value_parser = province)]
        insured: Province,
        /// 险种 (the scheme)
        #[arg(long, value_parser = words::scheme)]
        scheme: InsuranceScheme,
        /// 申请金额（元） (how much more)
        #[arg(long)]
        amount: String,
        /// 理由 (why)
        #[arg(long)]
        reason: String,
        /// 当期清算签章确认日期 (when the current clearing was signed)
        #[arg(long, value_parser = words::day)]
        signed_on: Day,
    },
    /// 就医省撤回尚未审核的紧急调增申请 (take an application back, at the treatment province)
    Withdraw {
        /// 申请编号 (the application)
        id: String,
        /// 理由 (why)
        #[arg(long)]
        reason: String,
    },
    /// 同意紧急调增并签发通知书，国家平台 (accept, at the hub)
    Accept {
        /// 申请编号 (the application)
        id: String,
        /// 同意金额（元），不填则同申请金额 (how much; as asked for if left out)
        #[arg(long)]
        amount: Option<String>,
        /// 意见 (what is said to it)
        #[arg(long)]
        reason: String,
    },
    /// 不同意紧急调增，国家平台 (refuse, at the hub)
    Refuse {
        /// 申请编号 (the application)
        id: String,
        /// 理由 (why)
        #[arg(long)]
        reason: String,
    },
    /// 统筹区上解预付金，参保省 (what pooling areas put up, at the insured province)
    #[command(subcommand)]
    Area(Area),
}

#[derive(Debug, Subcommand)]
pub enum Area {
    /// 查看上解金额、到账和欠缴 (show what is due, came and is owed)
    Show {
        /// 年度 (the year)
        year: i16,
    },
    /// 测算各统筹区上解金额 (draft)
    Draft {
        /// 年度 (the year)
        year: i16,
    },
    /// 人工填写一个统筹区的上解金额 (set what an area puts up)
    Set {
        /// 年度 (the year)
        year: i16,
        /// 统筹区 (the area)
        #[arg(long, value_parser = words::division)]
        area: AdminDivision,
        /// 险种 (the scheme)
        #[arg(long, value_parser = words::scheme)]
        scheme: InsuranceScheme,
        /// 金额（元），不填则恢复测算数 (how much; as computed if left out)
        #[arg(long)]
        amount: Option<String>,
        /// 理由 (why)
        #[arg(long)]
        reason: String,
    },
    /// 下达上解通知 (issue the notices)
    Issue {
        /// 年度 (the year)
        year: i16,
    },
    /// 登记统筹区到账或退回的资金 (money came in or went back)
    Money {
        /// 年度 (the year)
        year: i16,
        /// 统筹区 (the area)
        #[arg(long, value_parser = words::division)]
        area: AdminDivision,
        /// 险种 (the scheme)
        #[arg(long, value_parser = words::scheme)]
        scheme: InsuranceScheme,
        /// 金额（元） (how much)
        #[arg(long)]
        amount: String,
        /// 交易日期 (when)
        #[arg(long, value_parser = words::day)]
        on: Day,
        /// 交易流水号 (the bank's number)
        #[arg(long)]
        reference: String,
        /// 退回统筹区 (it went back)
        #[arg(long)]
        returned: bool,
    },
}

fn province(text: &str) -> Result<Province, String> {
    text.parse().map_err(|_| "应为省级区划代码，如420000 (a province's code)".to_owned())
}

fn json_of(body: &impl serde::Serialize) -> serde_json::Value {
    to_value(body).expect("a body is plain data")
}

/// Asks and shows.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    node.call(None, async |client| {
        let year_path = |year: &i16, step: &str| format!("{PATH}/years/{year}{step}");
        match command {
            Command::Usage { now } => {
                let found: PrepaymentPositions = if *now {
                    client.post(&format!("{PATH}/compute"), &json!({})).await?
                } else {
                    client.get(PATH).await?
                };
                show_positions(&found);
            }
            Command::Years => {
                let found: PrepaymentYears = client.get(&format!("{PATH}/years")).await?;
                found.years.iter().for_each(show_head);
            }
            Command::Show { year } => show_year(&client.get(&year_path(year, "")).await?),
            Command::Draft { year } => show_year(&client.post(&year_path(year, "/draft"), &json!({})).await?),
            Command::Set { year, insured, treatment, scheme, amount, reason } => {
                let (amount, reason) = (amount.clone(), reason.clone());
                let body = SetPrepayment {
                    insured: *insured,
                    treatment: *treatment,
                    scheme: *scheme,
                    amount,
                    reason,
                };
                show_year(&client.post(&year_path(year, "/set"), &json_of(&body)).await?);
            }
            Command::Adopt { year, round } => {
                let body = AdoptPrepayments { round: *round };
                show_year(&client.post(&year_path(year, "/adopt"), &json_of(&body)).await?);
            }
            Command::Increases => {
                let found: Increases = client.get(&format!("{PATH}/increases")).await?;
                found.increases.iter().for_each(show_increase);
            }
            Command::Apply { insured, scheme, amount, reason, signed_on } => {
                let body = ApplyIncrease {
                    insured: *insured,
                    scheme: *scheme,
                    amount: amount.clone(),
                    reason: reason.clone(),
                    signed_on: *signed_on,
                };
                show_increase(&client.post(&format!("{PATH}/increases"), &json_of(&body)).await?);
            }
            Command::Withdraw { id, reason } => {
                let path = format!("{PATH}/increases/{id}/withdraw");
                show_increase(&client.post(&path, &json!({ "reason": reason })).await?);
            }
            Command::Accept { id, amount, reason } => {
                let body = AcceptIncrease { amount: amount.clone(), reason: reason.clone() };
                let path = format!("{PATH}/increases/{id}/accept");
                show_increase(&client.post(&path, &json_of(&body)).await?);
            }
            Command::Refuse { id, reason } => {
                let path = format!("{PATH}/increases/{id}/refuse");
                show_increase(&client.post(&path, &json!({ "reason": reason })).await?);
            }
            Command::Area(area) => {
                let (path, body) = area_call(area);
                let found: AreaPrepayments = match body {
                    Some(body) => client.post(&path, &body).await?,
                    None => client.get(&path).await?,
                };
                show_areas(&found);
            }
        }
        Ok(())
    })
}

/// The path of a call about areas, and its body if it is one that writes.
fn area_call(area: &Area) -> (String, Option<serde_json::Value>) {
    let path = |year: &i16, step: &str| format!("{PATH}/areas/{year}{step}");
    match area {
        Area::Show { year } => (path(year, ""), None),
        Area::Draft { year } => (path(year, "/draft"), Some(json!({}))),
        Area::Issue { year } => (path(year, "/issue"), Some(json!({}))),
        Area::Set { year, area, scheme, amount, reason } => {
            let (amount, reason) = (amount.clone(), reason.clone());
            let body = SetAreaPrepayment { area: PoolingArea(*area), scheme: *scheme, amount, reason };
            (path(year, "/set"), Some(json_of(&body)))
        }
        Area::Money { year, area, scheme, amount, on, reference, returned } => {
            let body = AreaMoney {
                area: PoolingArea(*area),
                scheme: *scheme,
                amount: amount.clone(),
                on: *on,
                reference: reference.clone(),
                returned: *returned,
            };
            (path(year, "/money"), Some(json_of(&body)))
        }
    }
}

fn show_positions(found: &PrepaymentPositions) {
    let at = found.computed_at.as_deref().unwrap_or("尚未计算");
    let by = if found.measure == "monthly" { "月清算资金" } else { "应付未付资金" };
    say(&format!("计算时间 {at}；预警按{by}"));
    for position in &found.positions {
        let PositionView { insured, treatment, scheme, prepayment, owed, owed_rate, light_name, .. } =
            position;
        let end = position.used_up_on.map_or("—".to_owned(), |day| day.to_string());
        let places = format!("{} → {}", insured.name, treatment.name);
        let month = format!("{} {}（{}）", position.month, position.monthly, position.monthly_rate);
        say(&format!(
            "{places}  {scheme}  预付金 {prepayment}  应付未付 {owed}（{owed_rate}）  {month}  {light_name}  预计用完 {end}"
        ));
    }
}

fn show_head(year: &PrepaymentYearView) {
    let PrepaymentYearView { year: number, stage_name, round, drafted_at, drafted_by, timetable, .. } = year;
    let adopted = match (&year.adopted_at, &year.adopted_by) {
        (Some(at), Some(by)) => format!("  核定 {at} {by}"),
        _ => String::new(),
    };
    let days = format!("通知书 {} 前，{} 前完成", timetable.notices_by, timetable.completed_by);
    say(&format!("{number}年度  {stage_name}  第{round}稿  测算 {drafted_at} {drafted_by}{adopted}  {days}"));
}

fn show_year(year: &PrepaymentYearView) {
    show_head(year);
    for line in &year.lines {
        let places = format!("{} → {}", line.insured.name, line.treatment.name);
        let base: Vec<String> =
            line.base.iter().map(|month| format!("{} {}", month.month, month.amount)).collect();
        let set =
            line.set.as_ref().map(|set| format!("  {}调整：{}", set.by, set.reason)).unwrap_or_default();
        say(&format!(
            "{places}  {}  {}  测算 {}  额度 {}  原额度 {}  差额 {}{set}",
            line.scheme,
            base.join("、"),
            line.computed,
            line.amount,
            line.before,
            line.difference
        ));
    }
    say(&format!("参保省应付合计 {}，就医省应退合计 {}", year.insured_pay, year.treatment_return));
}

fn show_increase(one: &IncreaseView) {
    let IncreaseView { id, insured, treatment, scheme, asked, stage_name, decide_by, .. } = one;
    let late = if one.late { "（已逾期）" } else { "" };
    let accepted = one.accepted.as_ref().map(|amount| format!("  同意 {amount}")).unwrap_or_default();
    let notice = one.notice.as_ref().map(|number| format!("  通知书 {number}")).unwrap_or_default();
    let why = one.decided_reason.as_ref().map(|why| format!("  {why}")).unwrap_or_default();
    let told = if one.told { "" } else { "  待报送国家平台" };
    let places = format!("{} → {}", insured.name, treatment.name);
    say(&format!(
        "{id}  {places}  {scheme}  申请 {asked}  {stage_name}  审核期限 {decide_by}{late}{accepted}{notice}{why}{told}"
    ));
}

fn show_areas(found: &AreaPrepayments) {
    let issued = if found.issued { "已下达" } else { "草案" };
    say(&format!("{}年度  {issued}  规则 {}={}", found.year, found.rule.key, found.rule.value));
    for line in &found.lines {
        let due = line.due.map(|day| format!("  {day} 前缴款")).unwrap_or_default();
        let set =
            line.set.as_ref().map(|set| format!("  {}调整：{}", set.by, set.reason)).unwrap_or_default();
        say(&format!(
            "{}  {}  上年支付 {}  应上解 {}  已到账 {}  欠缴 {}{due}{set}",
            line.area.name, line.scheme, line.paid, line.amount, line.received, line.owes
        ));
    }
}
