//! `yidi country`: a simulated country with bad luck of every kind, played again exactly from its seed.

use super::running::told_to_stop;
use crate::{policies, say, stop::Stop};
use clap::Args;
use country::{
    Rulebook,
    simulation::{Ended, Options, begins, participants, play, rules},
    world::Trouble,
};
use std::{collections::BTreeMap, fmt::Display, path::PathBuf};
use store::{
    Store,
    embedded::{Embedded, Options as ServerOptions},
};

/// 模拟一个国家的坏运气：模拟的时间和网络上，国家平台、四省和医院在丢包、断网、宕机、磁盘满、时钟错乱中结算，随后必须全部恢复一致。
///
/// 同一种子每次运行逐字相同；不通过时给出种子，用 --seed 重放、--trace 看经过。
/// Real nodes on simulated time and a simulated network: a seed replays a run exactly.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 第一个种子 (the first seed)
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// 从第一个种子起试多少个 (how many seeds from there)
    #[arg(long, value_name = "K", default_value_t = 1)]
    seeds: u64,
    /// 多少个患者 (how many guests)
    #[arg(long, visible_alias = "steps", value_name = "M", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=2_000))]
    guests: u16,
    /// 逐条显示经过 (tell every event)
    #[arg(long)]
    trace: bool,
    /// 待遇政策目录；不填则用内置的政策 (policy folder instead of the built-in one)
    #[arg(long, value_name = "FOLDER")]
    policy: Option<PathBuf>,
}

/// Connections of each node: its readers, and those that prove its books.
const CONNECTIONS: u32 = 8;
/// The database that the others are copies of.
const TEMPLATE: &str = "template_node";

/// Plays the seeds, and stops at the first that does not hold.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let rules = rules(&policies::files(arguments.policy.as_deref())?).map_err(cannot)?;
    let folder = tempfile::tempdir().map_err(cannot)?;
    // The events of a seed come in the same order only where nothing runs side by side.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let settings = ServerOptions { durable: false, ..ServerOptions::default() }
        .setting("max_connections", "200")
        .setting("autovacuum", "off");
    let server = Embedded::start(folder.path(), &settings).map_err(cannot)?;
    runtime.block_on(async {
        tokio::select! {
            done = all(arguments, &rules, &server) => done,
            told = told_to_stop() => Err(told.err().unwrap_or_else(|| Stop::Refused("已中止 (stopped)".to_owned()))),
        }
    })
}

async fn all(arguments: &Arguments, rules: &Rulebook, server: &Embedded) -> Result<(), Stop> {
    server.create_database(TEMPLATE).await.map_err(cannot)?;
    let template = Store::open(server.connect_options(TEMPLATE), 1).await.map_err(cannot)?;
    template.migrate(begins()).await.map_err(cannot)?;
    template.close().await;
    for seed in (arguments.seed..).take(usize::try_from(arguments.seeds).unwrap_or(usize::MAX)) {
        let ended = one(seed, arguments, rules.clone(), server).await?;
        if arguments.trace {
            ended.story.iter().for_each(|line| say(line));
        }
        say(&format!("种子{seed}：{}", ended.figures));
        if !ended.failed.is_empty() {
            return Err(Stop::Refused(format!(
                "种子{seed}未通过 (what does not hold)：\n{}\n重放 (replay)：yidi country --seed {seed} --guests {} --trace",
                ended.failed.join("\n"),
                arguments.guests
            )));
        }
    }
    Ok(())
}

async fn one(seed: u64, arguments: &Arguments, rules: Rulebook, server: &Embedded) -> Result<Ended, Stop> {
    let mut stores = BTreeMap::new();
    for participant in participants() {
        let name = format!("node_{participant}");
        server.copy_database(&name, TEMPLATE).await.map_err(cannot)?;
        let store = Store::open(server.connect_options(&name), CONNECTIONS).await.map_err(cannot)?;
        stores.insert(participant, store);
    }
    let guests = arguments.guests.into();
    let ended = play(Options { seed, guests, ends_month: true, worse: None, rules, stores }).await;
    for participant in participants() {
        server.drop_database(&format!("node_{participant}")).await.map_err(cannot)?;
    }
    ended
        .map_err(|Trouble(why)| Stop::Refused(format!("模拟未能进行完 (the simulation cannot go on)：{why}")))
}

fn cannot(why: impl Display) -> Stop {
    Stop::Unable(format!("模拟无法进行 (the simulation cannot go on): {why}"))
}
