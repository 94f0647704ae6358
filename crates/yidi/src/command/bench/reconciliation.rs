//! `yidi bench reconciliation`: how long a night's reconciliation of the three books takes.
//!
//! A hub and two provinces run in this process, each with a database of its own on one private PostgreSQL; a day of settlements
//! is filled into all three books, and both provinces compare their books with the hub's over HTTP, as they do every night.

use super::{
    closing::seconds,
    report::{self, machine},
};
use crate::{command::running::runtime, policies, say, stop::Stop};
use clap::Args;
use country::{Options, Trouble, World};
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};
use store::measure::{Filling, alter_hub, fill_hub, fill_insured, fill_treatment};
use terms::{Clock, Day, PoolingArea, Province};

/// 每晚对账：把一日的结算填入三方账，测两省与国家平台核对的秒数 (a night's reconciliation).
#[derive(Debug, Args)]
pub struct Arguments {
    /// 一日的结算数 (settlements of the day)
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(i64).range(1..=10_000_000))]
    settlements: i64,
    /// 省级账中每笔结算所存报文的字符数 (characters of each document kept with a settlement)
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(i32).range(0..=4_000))]
    document: i32,
    /// 再测每多少笔有一笔不一致的一次；0为不测 (then one of so many differs; 0 to leave that out)
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    differs: i64,
    /// 结果另写入 bench/RESULTS.md (write the results down)
    #[arg(long)]
    write: bool,
}

/// What the section of the results is called.
const SECTION: &str = "A night's reconciliation (`yidi bench reconciliation`)";

/// Measures.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    runtime()?.block_on(measure(arguments))
}

fn cannot(trouble: Trouble) -> Stop {
    let Trouble(what) = trouble;
    Stop::Unable(format!("测量无法进行 (cannot be measured): {what}"))
}

fn stopped(error: impl Into<Trouble>) -> Stop {
    cannot(error.into())
}

async fn measure(arguments: &Arguments) -> Result<(), Stop> {
    let (treatment, insured): (Province, PoolingArea) = sides();
    let mut options = Options::new(policies::rulebook(&policies::files(None)?)?);
    options.provinces = vec![treatment, insured.province()];
    let world = World::start(options, &|_| {}).await.map_err(cannot)?;
    let day = world.clock.now().day().plus_days(-1);
    let Arguments { settlements, document, .. } = *arguments;
    let filling = Filling { day, settlements, treatment, insured, document };
    say(&format!("{settlements} settlements of {day}, documents of {document} characters"));
    let begun = Instant::now();
    fill(&world, filling).await?;
    say(&format!("filled into the three books in {}", seconds(begun.elapsed())));
    let mut took = vec![("all agree".to_owned(), compare(&world, day, "all agree").await?)];
    if arguments.differs > 0 {
        let mut conn = world.hub.context.store.conn().await.map_err(stopped)?;
        let altered = alter_hub(&mut conn, day, arguments.differs).await.map_err(stopped)?;
        drop(conn);
        let what = format!("{altered} differ at the hub");
        took.push((what.clone(), compare(&world, day, &what).await?));
    }
    world.stop().await;
    if arguments.write { report::write_section(SECTION, &markdown(arguments, &took)) } else { Ok(()) }
}

async fn fill(world: &World, filling: Filling) -> Result<(), Stop> {
    let of = |province: Province| {
        let side = world.province(province).map_err(cannot)?;
        Ok::<_, Stop>(&side.node.context.store)
    };
    let insured = filling.insured.province();
    fill_treatment(&mut *of(filling.treatment)?.conn().await.map_err(stopped)?, filling)
        .await
        .map_err(stopped)?;
    fill_insured(&mut *of(insured)?.conn().await.map_err(stopped)?, filling).await.map_err(stopped)?;
    let hub = &world.hub.context.store;
    fill_hub(&mut *hub.conn().await.map_err(stopped)?, filling).await.map_err(stopped)
}

fn sides() -> (Province, PoolingArea) {
    let treatment = "420000".parse().expect("a province");
    let insured: Province = "110000".parse().expect("a province");
    (treatment, insured.division().pooling_area())
}

/// Both provinces compare the day with the hub, one after the other.
async fn compare(world: &World, day: Day, what: &str) -> Result<Duration, Stop> {
    let begun = Instant::now();
    for (province, side) in &world.provinces {
        let begun = Instant::now();
        let done = side.node.reconcile(day, day, "测量").await.map_err(stopped)?;
        let standing: i64 = done.iter().map(|one| one.standing).sum();
        let differing: i64 = done.iter().map(|one| one.differing).sum();
        let took = seconds(begun.elapsed());
        say(&format!("  {province}: {standing} settlements compared in {took}, {differing} differ"));
    }
    let took = begun.elapsed();
    say(&format!("{what}: {} for both provinces", seconds(took)));
    Ok(took)
}

fn markdown(arguments: &Arguments, took: &[(String, Duration)]) -> String {
    let mut text = format!(
        "Synthetic: {} settlements of one day in the three books, documents of {} characters.\n\n",
        arguments.settlements, arguments.document
    );
    for (name, value) in machine() {
        let _ = writeln!(text, "- {name}: {value}");
    }
    text.push_str("\n| | both provinces, one after the other |\n|---|---|\n");
    for (what, took) in took {
        let _ = writeln!(text, "| {what} | **{}** |", seconds(*took));
    }
    text
}
