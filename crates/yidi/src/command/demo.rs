//! `yidi demo`: a whole country in one process, and some people who are treated away from home.

use super::running::{runtime, told_to_stop};
use crate::{key, policies, say, stop::Stop};
use clap::{Args, ValueEnum};
use country::{
    demo::{month, play},
    world::{Database, Options, Trouble, World},
};
use node::SystemClock;
use std::{path::PathBuf, time::Duration};
use terms::Clock;

/// 演示：在本机启动国家平台和四个省，看几个人异地住院结算。
///
/// 数据库由程序自带，人员和医院均为虚构。结束后平台继续运行，可按提示自己试；按 Ctrl-C 停止。
/// 加 --month 接着演示一个月的资金：对账、清分、确认、上解、通知书、划拨、文书、核验。
/// Starts the hub and four provinces here, plays some stays through the real hospital interface, and checks all books.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 演示结束后退出，不等待 (end when the stories are told; 1 if anything does not hold)
    #[arg(long)]
    exit: bool,
    /// 数据目录；不填则用临时目录，退出即删 (a folder that stays, instead of a temporary one)
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// 待遇政策目录；不填则用内置的政策 (policy folder instead of the built-in one)
    #[arg(long, value_name = "FOLDER")]
    policy: Option<PathBuf>,
    /// 接着办理当月的资金：told 演示到划拨办结，by-hand 只到月份可以清算，留给自己办 (a month of the money)
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "told")]
    month: Option<Told>,
    /// 文书和银行文件存到 (where a told month saves its files)
    #[arg(long, value_name = "FOLDER", default_value = "yidi-documents")]
    documents: PathBuf,
}

/// How a month of the money is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Told {
    /// 演示到划拨办结 (to its end)
    Told,
    /// 月份可以清算时停下，留给自己办理 (by whoever sits before it)
    ByHand,
}

/// How often the nodes do by themselves what is due about the money, while somebody tries.
const TIMETABLES_EVERY: Duration = Duration::from_secs(10);

/// Plays the demonstration.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let rules = policies::rulebook(&policies::files(arguments.policy.as_deref())?)?;
    let token = key::new_key().to_hex()[..32].to_owned();
    let mut options = Options::new(rules);
    options.database = Database::Private(arguments.data.clone());
    options.management_token = Some(token.clone());
    let today = SystemClock.now().day();
    match arguments.month {
        Some(Told::Told) => options.days_behind = month::days_behind_told(today),
        Some(Told::ByHand) => options.days_behind = month::days_behind_by_hand(today),
        None => {}
    }
    runtime()?.block_on(async {
        let world = tokio::select! {
            world = World::start(options, &say) => world.map_err(cannot_start)?,
            told = told_to_stop() => return told,
        };
        let ended = tokio::select! {
            ended = tell(&world, &token, arguments) => ended,
            told = told_to_stop() => told,
        };
        world.stop().await;
        ended
    })
}

/// Plays, says how it went, and waits for as long as somebody wants to try.
async fn tell(world: &World, token: &str, arguments: &Arguments) -> Result<(), Stop> {
    let mut failed = play(world, &say).await.map_err(cannot_start)?;
    let (stage, today) = (month::Stage { world, token, say: &say }, SystemClock.now().day());
    match arguments.month {
        Some(Told::Told) => {
            failed.extend(stage.tell(&arguments.documents, today).await.map_err(cannot_start)?);
        }
        Some(Told::ByHand) => stage.wait_for_hands(today).await.map_err(cannot_start)?,
        None => {}
    }
    if !failed.is_empty() {
        return Err(Stop::Refused(format!("演示未通过 (what does not hold)：\n{}", failed.join("\n"))));
    }
    say("\n演示完成，各项核对全部通过 (the demonstration is over, and everything holds)");
    if arguments.exit {
        return Ok(());
    }
    invite(world, token);
    loop {
        world.keep_timetables().await;
        tokio::time::sleep(TIMETABLES_EVERY).await;
    }
}

fn invite(world: &World, token: &str) {
    say("\n平台仍在运行，可以自己试；按 Ctrl-C 停止 (everything still runs; Ctrl-C stops it)：");
    say(&format!("  国家平台：{}", world.hub_url()));
    for (province, side) in &world.provinces {
        let name = province.division().name().unwrap_or_default();
        say(&format!("  {name} {province}：{}", side.url()));
    }
    say(&format!("  管理令牌 (management token)：{token}"));
    if let Some((province, side)) = world.provinces.iter().next() {
        let url = side.url();
        say(&format!(
            "  例 (try)：YIDI_TOKEN={token} yidi filing list --node {url} --insured {province} --person <人员编号>"
        ));
    }
}

fn cannot_start(Trouble(why): Trouble) -> Stop {
    Stop::Unable(format!("演示无法进行 (the demonstration cannot go on): {why}"))
}
