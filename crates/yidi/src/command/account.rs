//! `yidi account` and `yidi audit`: who may log in at a running node, and what they did. It is how the first administrator comes to be.

use super::clerk::NodeArguments;
use crate::{say, stop::Stop};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::{self, Read};
use wire::api::{
    account::{AccountView, Accounts, NewAccountMade},
    audit_trail::{AuditTrail, AuditTrailVerified},
};

const ROLES: &str = "\
角色 (roles)：
  hub-operator 国家经办    hub-reviewer 国家复核      （管辖范围 area: 100000）
  agency-operator 经办     agency-reviewer 复核       （省、统筹区或区县 a province, pooling area or county）
  finance 财政             supervisor 行政监管        auditor 审计
  cashier 收费员           institution-office 机构医保办（机构编号 an institution's code）
  account-administrator 账户管理员";

/// 账户 (accounts of people who work at a node, at a running node)
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    node: NodeArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 开立账户；初始密码只显示一次 (make an account; the initial password is shown once)
    #[command(after_help = ROLES)]
    Create {
        /// 账户名 (by what the person logs in)
        account: String,
        /// 姓名 (the person's name)
        #[arg(long)]
        name: String,
        /// 角色代码 (the role)
        #[arg(long)]
        role: String,
        /// 管辖范围：区划代码或机构编号 (where the person works)
        #[arg(long)]
        area: String,
        /// 从标准输入读取初始密码 (read the initial password from standard input)
        #[arg(long)]
        password_stdin: bool,
    },
    /// 列出账户 (list them)
    List {
        /// 只列此角色 (of this role only)
        #[arg(long)]
        role: Option<String>,
    },
    /// 停用 (disable one)
    Disable {
        /// 账户名 (its name)
        account: String,
    },
    /// 恢复 (enable one again)
    Enable {
        /// 账户名 (its name)
        account: String,
    },
    /// 更改角色和管辖范围 (give one another role and area)
    #[command(after_help = ROLES)]
    Grant {
        /// 账户名 (its name)
        account: String,
        /// 角色代码 (the role)
        #[arg(long)]
        role: String,
        /// 管辖范围：区划代码或机构编号 (where the person works)
        #[arg(long)]
        area: String,
    },
    /// 重置密码并解除锁定；初始密码只显示一次 (reset the password and end a lock)
    ResetPassword {
        /// 账户名 (its name)
        account: String,
        /// 从标准输入读取初始密码 (read the initial password from standard input)
        #[arg(long)]
        password_stdin: bool,
    },
    /// 解除绑定统一身份 (untie the identity at an identity provider that logs in as one)
    UntieIdentity {
        /// 账户名 (its name)
        account: String,
    },
    /// 停用动态验证码，手机遗失时用 (take one-time codes from one whose phone is lost)
    ResetCode {
        /// 账户名 (its name)
        account: String,
    },
}

/// Makes, lists, changes accounts.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let password = match &arguments.command {
        Command::Create { password_stdin: true, .. }
        | Command::ResetPassword { password_stdin: true, .. } => Some(read_password()?),
        _ => None,
    };
    arguments.node.call(None, async |client| {
        let of = |account: &str, step: &str| format!("/api/v1/accounts/{account}/{step}");
        match &arguments.command {
            Command::Create { account, name, role, area, .. } => {
                let mut body = json!({ "account": account, "name": name, "role": role, "area": area });
                if let Some(password) = &password {
                    body["password"] = Value::from(password.as_str());
                }
                tell(&client.post("/api/v1/accounts", &body).await?);
            }
            Command::List { role } => {
                let mut after = String::new();
                loop {
                    let role = role.as_ref().map(|role| format!("&role={role}")).unwrap_or_default();
                    let page: Accounts = client.get(&format!("/api/v1/accounts?after={after}{role}")).await?;
                    page.accounts.iter().for_each(show);
                    let Some(next) = page.next else { break };
                    after = next;
                }
            }
            Command::Disable { account } => show(&client.post(&of(account, "disable"), &json!({})).await?),
            Command::Enable { account } => show(&client.post(&of(account, "enable"), &json!({})).await?),
            Command::Grant { account, role, area } => {
                let body = json!({ "role": role, "area": area });
                show(&client.post(&of(account, "grant"), &body).await?);
            }
            Command::ResetPassword { account, .. } => {
                let body = password.as_ref().map_or_else(|| json!({}), |given| json!({ "password": given }));
                tell(&client.post(&of(account, "reset-password"), &body).await?);
            }
            Command::UntieIdentity { account } => {
                show(&client.post(&of(account, "untie-identity"), &json!({})).await?);
            }
            Command::ResetCode { account } => {
                show(&client.post(&of(account, "reset-code"), &json!({})).await?);
            }
        }
        Ok(())
    })
}

fn read_password() -> Result<String, Stop> {
    let mut text = String::new();
    let read = io::stdin().take(1024).read_to_string(&mut text);
    read.map_err(|error| Stop::Unable(format!("标准输入无法读取 (cannot read: {error})")))?;
    let password = text.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err(Stop::Refused(
            "标准输入没有密码，请写在一行内 (no password on standard input)".to_owned(),
        ));
    }
    Ok(password)
}

fn tell(made: &NewAccountMade) {
    show(&made.account);
    if let Some(password) = &made.password {
        say(&format!("初始密码 (initial password)：{password}"));
        say("只显示这一次；首次登录须修改 (shown this once; to be changed at the first login)");
    }
}

fn show(view: &AccountView) {
    let AccountView { account, name, role_name, area, state_name, .. } = view;
    let last = view.last_login.as_ref().map_or_else(|| "从未登录".to_owned(), |at| format!("最近登录 {at}"));
    let code = if view.one_time_code { "动态验证码" } else { "" };
    let tied = view.identity.as_ref().map(|tied| format!("{}{}", tied.provider_name, tied.shown));
    let tied = tied.unwrap_or_default();
    say(&format!(
        "{account}  {name}  {role_name}  {} {}  {state_name}  {last}  {code}  {tied}",
        area.code, area.name
    ));
}

/// 审计日志 (the audit trail, at a running node)
#[derive(Debug, Args)]
pub struct AuditArguments {
    #[command(flatten)]
    node: NodeArguments,
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// 核验整条日志链；不成立时返回码为1 (walk the whole chain; ends with 1 if it does not hold)
    Verify {
        /// 另行留存的一条的序号 (the number of an entry that was noted outside)
        #[arg(long, requires = "hash")]
        sequence: Option<i64>,
        /// 该条的摘要 (its hash)
        #[arg(long, requires = "sequence")]
        hash: Option<String>,
    },
    /// 查询 (search, newest first)
    Search {
        /// 账户 (by this account)
        #[arg(long)]
        account: Option<String>,
        /// 权限代码，如 decide-filings (this action)
        #[arg(long)]
        action: Option<String>,
        /// 事项；填人员编号则按其摘要查 (about this)
        #[arg(long)]
        subject: Option<String>,
        /// 结果：done或拒绝的代码 (with this outcome)
        #[arg(long)]
        outcome: Option<String>,
        /// 起始日期 (from this day on)
        #[arg(long)]
        from: Option<String>,
        /// 截止日期，含当日 (until this day)
        #[arg(long)]
        until: Option<String>,
        /// 最多多少条 (at most so many)
        #[arg(long, default_value_t = 100)]
        most: usize,
    },
}

/// Verifies and searches the audit trail.
pub fn run_audit(arguments: &AuditArguments) -> Result<(), Stop> {
    arguments.node.call(None, async |client| match &arguments.command {
        AuditCommand::Verify { sequence, hash } => {
            let noted = match (sequence, hash) {
                (Some(sequence), Some(hash)) => format!("?sequence={sequence}&hash={hash}"),
                _ => String::new(),
            };
            let path = format!("/api/v1/audit-trail/verification{noted}");
            let verified: AuditTrailVerified = client.get(&path).await?;
            if let (Some(at), Some(reason)) = (verified.broken_at, &verified.reason) {
                let held = verified.entries;
                return Err(Stop::Refused(format!("审计日志第{at}条起不成立：{reason}（此前{held}条成立）")));
            }
            let head = verified.head_sequence.zip(verified.head_hash);
            let head =
                head.map(|(sequence, hash)| format!("，末条 (head) {sequence} {hash}")).unwrap_or_default();
            say(&format!("审计日志{}条全部成立 (all hold){head}", verified.entries));
            Ok(())
        }
        AuditCommand::Search { account, action, subject, outcome, from, until, most } => {
            let wanted = [
                ("account", account),
                ("action", action),
                ("subject", subject),
                ("outcome", outcome),
                ("from", from),
                ("until", until),
            ];
            let filter: String = wanted
                .iter()
                .filter_map(|(name, value)| value.as_ref().map(|value| format!("&{name}={value}")))
                .fold(String::new(), |all, one| all + &one);
            let (mut after, mut left) = (None, *most);
            while left > 0 {
                let after_this: String =
                    after.take().map(|after: String| format!("&after={after}")).unwrap_or_default();
                let page: AuditTrail = client
                    .get(&format!(
                        "/api/v1/audit-trail?{}",
                        format!("{filter}{after_this}").trim_start_matches('&')
                    ))
                    .await?;
                for entry in page.entries.iter().take(left) {
                    say(&format!(
                        "{}  {}  {}  {}  {}  {}  {}  {}  {}",
                        entry.sequence,
                        entry.at,
                        entry.account,
                        entry.role,
                        entry.area,
                        entry.action,
                        entry.subject,
                        entry.outcome,
                        entry.duty
                    ));
                }
                left = left.saturating_sub(page.entries.len());
                let Some(next) = page.next else { break };
                after = Some(next);
            }
            Ok(())
        }
    })
}
