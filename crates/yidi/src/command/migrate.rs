//! `yidi migrate`: the database of a node brought up to date, and nothing started.

use super::{hub::prepared, running::runtime};
use crate::{
    config::{self, NodeFlags, NodeSettings, ProvinceFlags},
    database::Database,
    say,
    stop::Stop,
};
use clap::{Args, Subcommand};
use terms::Participant;

/// Whose database.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 国家平台的数据库 (the hub's)
    Hub(Box<Hub>),
    /// 省级平台的数据库 (a province's)
    Province(Box<Province>),
}

/// The hub's settings.
#[derive(Debug, Args)]
pub struct Hub {
    #[command(flatten)]
    node: NodeFlags,
}

/// A province's settings.
#[derive(Debug, Args)]
pub struct Province {
    #[command(flatten)]
    node: NodeFlags,
    #[command(flatten)]
    own: ProvinceFlags,
}

/// Brings a database up to date.
pub fn run(command: &Command) -> Result<(), Stop> {
    match command {
        Command::Hub(hub) => migrate(&config::of_hub(&hub.node)?, Participant::Hub),
        Command::Province(province) => {
            let (settings, own) = config::of_province(&province.node, &province.own)?;
            migrate(&settings, Participant::Province(own.province()?))
        }
    }
}

fn migrate(settings: &NodeSettings, owner: Participant) -> Result<(), Stop> {
    let database = Database::start(settings)?;
    runtime()?.block_on(async {
        prepared(settings, &database, owner).await?.close().await;
        say("数据库已是最新 (the database is up to date)");
        Ok(())
    })
}
