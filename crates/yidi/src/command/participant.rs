//! `yidi participant`: who takes part in the network, at a running hub.

use super::clerk::NodeArguments;
use crate::{say, stop::Stop, words};
use clap::{Args, Subcommand};
use serde_json::json;
use terms::Participant;
use wire::api::{ParticipantView, Participants};

/// 接入的省 (participants, at a running hub: --node is the hub's address)
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    node: NodeArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 登记或更改一个省 (register a province, or change what is registered)
    Add {
        /// 省级区划代码，如420000 (its code)
        #[arg(value_parser = words::participant)]
        code: Participant,
        /// 名称，不填则用省名 (its name)
        #[arg(long)]
        name: Option<String>,
        /// 该省节点的地址，如 http://10.0.0.2:8801 (where its node is reached)
        #[arg(long)]
        address: String,
        /// 该省节点的公钥 (its public key)
        #[arg(long)]
        public_key: String,
    },
    /// 列出接入的省 (list them)
    List,
    /// 暂停一个省的直接结算 (suspend one)
    Suspend {
        /// 省级区划代码 (its code)
        #[arg(value_parser = words::participant)]
        code: Participant,
        /// 理由 (why)
        #[arg(long)]
        reason: String,
    },
    /// 恢复一个省的直接结算 (let one settle again)
    Resume {
        /// 省级区划代码 (its code)
        #[arg(value_parser = words::participant)]
        code: Participant,
    },
}

/// Registers, lists, suspends, resumes.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    arguments.node.call(None, async |client| {
        match &arguments.command {
            Command::Add { code, name, address, public_key } => {
                let name = name.clone().unwrap_or_else(|| name_of(*code));
                let body = json!({ "name": name, "address": address, "public_key": public_key });
                show(&client.put(&format!("/api/v1/participants/{code}"), &body).await?);
            }
            Command::List => {
                let all: Participants = client.get("/api/v1/participants").await?;
                all.participants.iter().for_each(show);
            }
            Command::Suspend { code, reason } => {
                let path = format!("/api/v1/participants/{code}/suspend");
                show(&client.post(&path, &json!({ "reason": reason })).await?);
            }
            Command::Resume { code } => {
                show(&client.post(&format!("/api/v1/participants/{code}/resume"), &json!({})).await?);
            }
        }
        Ok(())
    })
}

fn name_of(participant: Participant) -> String {
    let name = match participant {
        Participant::Province(province) => province.division().name(),
        Participant::Hub => None,
    };
    name.map_or_else(|| participant.to_string(), str::to_owned)
}

fn show(view: &ParticipantView) {
    let standing = view.suspended.as_ref().map_or("正常".to_owned(), |reason| format!("已暂停：{reason}"));
    let ParticipantView { participant, name, address, changed_at, .. } = view;
    say(&format!("{participant}  {name}  {address}  {standing}  {changed_at}"));
}
