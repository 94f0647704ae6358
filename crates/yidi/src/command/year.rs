//! `yidi year`: a year of the country, told month by month, with every account explained at its end.

use super::running::{runtime, told_to_stop};
use crate::{policies, say, stop::Stop};
use clap::Args;
use country::{
    world::{Database, Trouble},
    year::{Options, land, play},
};
use std::path::PathBuf;

/// 模拟全国一年：结算、预付金、清算、划拨、催缴、暂停、年终，最后逐一说明每个科目的余额。
///
/// 数据库由程序自带，人员、医院和银行均为虚构，时钟从元旦走到次年三月。
/// Plays a year of the whole country through the real interfaces, and explains every account of every node at its end.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 多少个省（2至32），有待遇政策的在前 (how many provinces)
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u8).range(2..=32))]
    provinces: u8,
    /// 随机种子，相同的种子是相同的一年 (the same seed is the same year)
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// 每月结算笔数 (settlements a month)
    #[arg(long, value_name = "M", default_value_t = 100, value_parser = clap::value_parser!(u16).range(4..=10_000))]
    settlements_a_month: u16,
    /// 数据目录；不填则用临时目录，退出即删 (a folder that stays, instead of a temporary one)
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// 待遇政策目录；不填则用内置的政策 (policy folder instead of the built-in one)
    #[arg(long, value_name = "FOLDER")]
    policy: Option<PathBuf>,
}

/// Plays the year.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    debug_assert!(land::PROVINCES.len() == 32, "the range of --provinces");
    let options = Options {
        provinces: arguments.provinces.into(),
        seed: arguments.seed,
        settlements_a_month: arguments.settlements_a_month.into(),
        rules: policies::rulebook(&policies::files(arguments.policy.as_deref())?)?,
        database: Database::Private(arguments.data.clone()),
    };
    let ended = runtime()?.block_on(async {
        tokio::select! {
            ended = play(options, &say) => ended.map_err(cannot_go_on),
            told = told_to_stop() => Err(told.err().unwrap_or_else(|| Stop::Refused("已中止 (stopped)".to_owned()))),
        }
    })?;
    say(&ended.figures.to_string());
    if !ended.failed.is_empty() {
        return Err(Stop::Refused(format!(
            "年终核对未通过 (what does not hold)：\n{}",
            ended.failed.join("\n")
        )));
    }
    say("年终核对全部通过：每个节点的每个科目都已说明 (every account of every node is explained)");
    Ok(())
}

fn cannot_go_on(Trouble(why): Trouble) -> Stop {
    Stop::Unable(format!("这一年无法继续 (the year cannot go on): {why}"))
}
