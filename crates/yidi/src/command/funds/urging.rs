//! `yidi funds urging`: what is overdue, letters of urging, suspension and its lifting, at the hub.

use crate::{command::clerk::NodeArguments, say, stop::Stop, words};
use clap::{Args, Subcommand};
use serde_json::json;
use terms::Participant;
use wire::api::urging::{LetterView, SuspensionView, Suspensions, Urgings};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 列出逾期未划拨的资金 (list what is overdue)
    List,
    /// 发出催缴函 (issue the letter that is due)
    Issue {
        /// 划拨单号 (the order)
        order: String,
    },
    /// 列出因未划拨的暂停和恢复 (list suspensions)
    Suspensions,
    /// 决定暂停一个省的跨省直接结算 (suspend a province)
    Suspend(Decided),
    /// 决定恢复一个省的跨省直接结算 (lift a suspension)
    Lift(Decided),
}

/// A decision.
#[derive(Clone, Debug, Args)]
pub struct Decided {
    /// 省级区划代码，如420000 (the province)
    #[arg(value_parser = words::participant)]
    province: Participant,
    /// 理由，将告知医疗机构 (why, as hospitals are told)
    #[arg(long)]
    reason: String,
    /// 决定文号 (the document)
    #[arg(long)]
    decision: String,
}

/// Lists, issues, decides.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    node.call(None, async |client| {
        match command {
            Command::List => {
                let found: Urgings = client.get("/api/v1/funds/urgings").await?;
                for one in &found.overdue {
                    let due =
                        one.letter_due.map_or_else(String::new, |letter| format!("  应发第{letter}次催缴函"));
                    let letters = one.letters.len();
                    say(&format!(
                        "{}  {}付{}  余{}元  应于{}前  逾期{}个工作日  已催{letters}次{due}",
                        one.order, one.payer_name, one.payee_name, one.rest, one.due, one.days
                    ));
                }
            }
            Command::Issue { order } => {
                let letter: LetterView =
                    client.post(&format!("/api/v1/funds/urgings/{order}"), &json!({})).await?;
                say(&letter.text);
            }
            Command::Suspensions => {
                let found: Suspensions = client.get("/api/v1/funds/suspensions").await?;
                found.suspensions.iter().for_each(show);
            }
            Command::Suspend(decided) => {
                let path = format!("/api/v1/funds/suspensions/{}", decided.province);
                show(&client.post(&path, &body(decided)).await?);
            }
            Command::Lift(decided) => {
                let path = format!("/api/v1/funds/suspensions/{}/lift", decided.province);
                show(&client.post(&path, &body(decided)).await?);
            }
        }
        Ok(())
    })
}

fn body(decided: &Decided) -> serde_json::Value {
    json!({ "reason": decided.reason, "decision": decided.decision })
}

fn show(view: &SuspensionView) {
    let SuspensionView { province_name, reason, decision, on, by, lifted, .. } = view;
    let lifted = lifted.as_ref().map_or_else(
        || "暂停中".to_owned(),
        |lifted| format!("{}恢复：{}，{}，{}", lifted.on, lifted.reason, lifted.decision, lifted.by),
    );
    say(&format!("{province_name}  {on}暂停：{reason}，{decision}，{by}  {lifted}"));
}
