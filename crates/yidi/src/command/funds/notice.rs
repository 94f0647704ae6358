//! `yidi funds notice`: notices of payment and receipt, at the hub and at a province.

use crate::{command::clerk::NodeArguments, say, stop::Stop};
use clap::Subcommand;
use wire::api::notice::{NoticeView, Notices};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 列出付款、收款通知书 (list them)
    List {
        /// 上一页最后的序号 (the last serial of the page before)
        #[arg(long)]
        after: Option<String>,
    },
    /// 查看一份通知书；在国家平台同时列出双方报告 (one of them; at the hub with what both sides report)
    Show {
        /// 通知书编号 (its number)
        number: String,
    },
}

/// Lists, shows.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    node.call(None, async |client| {
        match command {
            Command::List { after } => {
                let after = after.as_deref().unwrap_or("0");
                let found: Notices = client.get(&format!("/api/v1/funds/notices?after={after}")).await?;
                found.notices.iter().for_each(line);
                if let Some(next) = found.next {
                    say(&format!("还有更多：--after {next}"));
                }
            }
            Command::Show { number } => {
                let found: NoticeView = client.get(&format!("/api/v1/funds/notices/{number}")).await?;
                line(&found);
                for one in &found.lines {
                    say(&format!("  {}  {}  {}元", one.scheme, one.purse_name, one.amount));
                }
                for one in &found.transfers {
                    say(&format!("  划拨单{}  应付{}元  {}", one.order, one.amount, one.standing));
                }
            }
        }
        Ok(())
    })
}

fn line(view: &NoticeView) {
    let NoticeView { number, cause_name, payer_name, payee_name, total, issued_on, received_on, .. } = view;
    let received = received_on.map_or_else(String::new, |day| format!("  {day}收到"));
    say(&format!("{number}  {cause_name}  {payer_name}付{payee_name}  {total}元  {issued_on}签发{received}"));
}
