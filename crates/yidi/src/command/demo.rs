//! `yidi demo`: a whole country in one process, some people who are treated away from home, and the months that led up to today.

mod kept;

use super::running::{runtime, told_to_stop};
use crate::{key, pages, policies, say, stop::Stop};
use clap::{Args, ValueEnum};
use country::{
    demo::{STORIES, month, play, summary},
    hospital::Patient,
    people::AREAS,
    staff,
    world::{Database, Options, Trouble, World},
    year::history::{self, History},
};
use kept::Keeper;
use node::SystemClock;
use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use terms::Clock;
use tokio::sync::mpsc;

/// 演示：在本机启动国家平台和32个省，看几个人异地住院结算，再补出到今天为止的历史。
///
/// 数据库由程序自带，人员和医院均为虚构。历史补到今天后平台继续运行，不断有人就医；按 Ctrl-C 停止。
/// 加 --without-history 只启动四个省，不补历史；加 --exit 看完即退出。
/// 加 --month 接着演示一个月的资金：对账、清分、确认、上解、通知书、划拨、文书、核验。
/// Starts the hub and the provinces here, plays some stays through the real hospital interface, checks all books, and lets the
/// months since the beginning of the year pass.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 演示结束后退出，不等待 (end when the stories are told; 1 if anything does not hold)
    #[arg(long)]
    exit: bool,
    /// 只启动四个省，不补历史 (four provinces, and nothing behind them)
    #[arg(long)]
    without_history: bool,
    /// 数据目录，下次用同一目录可接着运行；不填则用临时目录，退出即删 (a folder that stays and is gone on with, instead of a temporary one)
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
/// How often somebody settles, once the history has come to today.
const SETTLES_EVERY: Duration = Duration::from_secs(5);
/// Settlements of a month of the history.
const SETTLEMENTS_A_MONTH: usize = 240;

/// Plays the demonstration, or goes on with the one that is in the folder.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let rules = policies::rulebook(&policies::files(arguments.policy.as_deref())?)?;
    let found = arguments.data.as_deref().map(Keeper::find).transpose()?.flatten();
    let mut options = Options::new(rules);
    options.database = Database::Private(arguments.data.clone());
    options.pages = pages::built_in();
    let today = SystemClock.now().day();
    if let Some(keeper) = found {
        return go_on(options, keeper, arguments);
    }
    let has_history = !(arguments.exit || arguments.without_history || arguments.month.is_some());
    let begin = |folder: &PathBuf| Keeper::begin(folder, has_history);
    let mut keeper = arguments.data.as_ref().map(begin).transpose()?;
    options.fixed = keeper.as_ref().map(Keeper::fixed);
    let secret = |length: usize| key::new_key().to_hex()[..length].to_owned();
    let kept = keeper.as_ref().map(|keeper| (keeper.kept.token.clone(), keeper.kept.password.clone()));
    let (token, password) = kept.unwrap_or_else(|| (secret(32), secret(16)));
    options.management_token = Some(token.clone());
    match arguments.month {
        Some(Told::Told) => options.days_behind = month::days_behind_told(today),
        Some(Told::ByHand) => options.days_behind = month::days_behind_by_hand(today),
        None if has_history => history::begin(&mut options, today),
        None => {}
    }
    runtime()?.block_on(async {
        let world = tokio::select! {
            world = World::start(options, &say) => world.map_err(cannot_start)?,
            told = told_to_stop() => return told,
        };
        let told = tokio::select! {
            ended = tell(&world, &token, arguments) => Some(ended),
            told = told_to_stop() => { told?; None }
        };
        if let (Some(Ok(())), Some(keeper), false) = (&told, &mut keeper, has_history) {
            keeper.can_go_on(&world)?;
        }
        let goes_on = matches!(told, Some(Ok(()))) && !arguments.exit;
        if !goes_on {
            world.stop().await;
            return told.unwrap_or(Ok(()));
        }
        let mut host = Host { token: &token, password: &password, keeper: keeper.as_mut() };
        let (world, ended) = if has_history {
            let mut history = History::of(world, &token, today, SETTLEMENTS_A_MONTH, &|_| {});
            let ended = tokio::select! {
                ended = live(&mut history, &mut host) => ended,
                told = told_to_stop() => told,
            };
            (history.into_world(), ended)
        } else {
            let ended = tokio::select! {
                ended = wait(&world, &mut host) => ended,
                told = told_to_stop() => told,
            };
            (world, ended)
        };
        world.stop().await;
        ended
    })
}

/// Starts the world that is in a folder as it was left, and lets it go on.
fn go_on(mut options: Options, mut keeper: Keeper, arguments: &Arguments) -> Result<(), Stop> {
    if arguments.month.is_some() {
        return Err(Stop::Refused(
            "该目录里已有演示，不能再从头办理一个月的资金；请去掉 --month 接着运行，或另选目录 (leave out --month, or take another folder)".to_owned(),
        ));
    }
    if keeper.kept.has_all_provinces {
        history::begin(&mut options, SystemClock.now().day());
    }
    (options.clock, options.days_behind) = (keeper.clock(), 0);
    (options.fixed, options.management_token) = (Some(keeper.fixed()), Some(keeper.kept.token.clone()));
    let (token, password) = (keeper.kept.token.clone(), keeper.kept.password.clone());
    runtime()?.block_on(async {
        let world = tokio::select! {
            world = World::start(options, &say) => world.map_err(cannot_start)?,
            told = told_to_stop() => return told,
        };
        let now = world.clock.now();
        say(&format!(
            "\n接着上次的演示运行，平台时间{now}；不再重演，也不再自动有人就医 (it goes on as it was left)"
        ));
        let mut host = Host { token: &token, password: &password, keeper: Some(&mut keeper) };
        let goes_on = async {
            summary(&world, &say).await.map_err(cannot_start)?;
            if arguments.exit { Ok(()) } else { wait(&world, &mut host).await }
        };
        let ended = tokio::select! {
            ended = goes_on => ended,
            told = told_to_stop() => told,
        };
        world.stop().await;
        ended
    })
}

/// Who has others try it: by what they get in, and what is kept for the next time.
struct Host<'a> {
    token: &'a str,
    password: &'a str,
    keeper: Option<&'a mut Keeper>,
}

impl Host<'_> {
    /// Keeps that the world can go on from here.
    fn keeps(&mut self, world: &World) -> Result<(), Stop> {
        self.keeper.as_mut().map_or(Ok(()), |keeper| keeper.can_go_on(world))
    }
}

/// Plays, and says how it went.
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
    Ok(())
}

/// Waits for as long as somebody wants to try, and does what is typed meanwhile.
async fn wait(world: &World, host: &mut Host<'_>) -> Result<(), Stop> {
    invite(world, host, &Patient::of(&STORIES[0].person())).await?;
    say("\n也可以在这里输入，按回车 (or type here, and press Enter)：");
    say(&format!("  天数，如 10：平台时间快进，最多{DAYS_MAX}天，登录随之过期 (so many days pass)"));
    say(
        "  改账：改动国家平台账上最近一笔结算，看对账怎样发现 (alters the last settlement in the hub's book)",
    );
    let stage = month::Stage { world, token: host.token, say: &say };
    let mut typed = typed_lines();
    loop {
        tokio::select! {
            Some(line) = typed.recv() => {
                obey(&stage, &line).await.map_err(cannot_start)?;
                host.keeps(world)?;
            }
            () = tokio::time::sleep(TIMETABLES_EVERY) => world.keep_timetables().await,
        }
    }
}

/// The most days that pass at once.
const DAYS_MAX: u16 = 400;

/// What is typed, a line each, until nobody types any more. Reading waits for ever and cannot be broken off: it has a thread of its own,
/// which ends with the process.
fn typed_lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Does what was typed, and says what came of it.
async fn obey(stage: &month::Stage<'_>, line: &str) -> Result<(), Trouble> {
    let line = line.trim();
    match line.parse::<u16>() {
        _ if line.is_empty() => {}
        Ok(days) if (1..=DAYS_MAX).contains(&days) => {
            let today = stage.pass(days).await?;
            say(&format!("现在是{today} (it is now this day)"));
        }
        Err(_) if line == "改账" => match stage.alter_at_hub().await? {
            Some(id) => {
                let more = month::ALTERED;
                say(&format!("已改账：国家平台账上结算{id}的医疗费总额和个人负担各多了{more}元 (altered)"));
            }
            None => say("国家平台账上没有可以改动的结算 (nothing stands there)"),
        },
        _ => say(&format!("没有看懂，请输入1至{DAYS_MAX}的天数，或“改账” (not understood)")),
    }
    Ok(())
}

/// Lets the months pass, and then the day.
async fn live(history: &mut History<'_>, host: &mut Host<'_>) -> Result<(), Stop> {
    let (months, begun) = (history.months(), AtomicUsize::new(0));
    say(&format!(
        "\n以下补出{months}个月的历史，期间平台时间快进，到今天后列出登录账户 (the months up to today pass; then the accounts are told)："
    ));
    let begins = |month: terms::Month, figures: &country::year::Figures| {
        let number = begun.fetch_add(1, Ordering::Relaxed) + 1;
        say(&format!(
            "  {month}（{number}/{months}）：此前结算{}笔，划拨单{}份",
            figures.settlements(),
            figures.orders
        ));
    };
    history.grow(&begins).await.map_err(cannot_start)?;
    let figures = history.figures();
    say(&format!(
        "历史已到今天：结算{}笔，{}对参保省—就医省 (the history has come to today)",
        figures.settlements(),
        figures.pairs
    ));
    for failed in history.failed() {
        say(&format!("  未能补出 (could not be made)：{failed}"));
    }
    let somebody = history.somebody().cloned().unwrap_or_else(|| Patient::of(&STORIES[0].person()));
    host.keeps(history.world())?;
    invite(history.world(), host, &somebody).await?;
    let mut kept = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(SETTLES_EVERY).await;
        history.settle_one().await.map_err(cannot_start)?;
        if kept.elapsed() >= TIMETABLES_EVERY {
            history.world().keep_timetables().await;
            kept = tokio::time::Instant::now();
        }
    }
}

/// Says where everything is, who may log in, and as whom the portal can be opened.
async fn invite(world: &World, host: &mut Host<'_>, somebody: &Patient) -> Result<(), Stop> {
    let Host { token, password, keeper } = host;
    say("\n平台仍在运行，可以自己试；按 Ctrl-C 停止 (everything still runs; Ctrl-C stops it)：");
    say(&format!("  国家平台：{}", world.hub_url()));
    for area in AREAS {
        let (province, side) = (area.province(), world.province(area.province()).map_err(cannot_start)?);
        say(&format!("  {} {province}：{}", province.division().name().unwrap_or_default(), side.url()));
    }
    say(&format!("  管理令牌 (management token)：{token}"));
    let seats = staff::seat(world, token, password, &AREAS).await.map_err(cannot_start)?;
    say(&format!(
        "\n用浏览器打开以上地址即为各平台的工作台，加 /portal.html 为参保人门户 (consoles and portal)。首次登录须改密码，初始密码 (password)：{password}"
    ));
    let mut shown = None;
    for seat in &seats {
        if shown.replace(&seat.url) != Some(&seat.url) {
            say(&format!("  {}", seat.url));
        }
        let account = &seat.account;
        say(&format!("    {:12} {} {}", account.account, account.role_name, seat.place));
    }
    let insured = if let Some(insured) = keeper.as_ref().and_then(|keeper| keeper.kept.insured.clone()) {
        insured
    } else {
        let insured = staff::insure(world, token, somebody).await.map_err(cannot_start)?;
        if let Some(keeper) = keeper {
            keeper.insures(&insured)?;
        }
        insured
    };
    let portal = world.province(insured.province).map_err(cannot_start)?.url();
    say(&format!(
        "\n参保人门户的注册信息，人员为虚构 (somebody invented, to register at the portal with)：{portal}/portal.html"
    ));
    say(&format!(
        "    {}  参保地 {}  公民身份号码 {}  社会保障卡号 {}",
        insured.name, insured.area, insured.citizen, insured.card
    ));
    if let Some((province, side)) = world.provinces.iter().next() {
        let url = side.url();
        say(&format!(
            "  例 (try)：YIDI_TOKEN={token} yidi filing list --node {url} --insured {province} --person <人员编号>"
        ));
    }
    Ok(())
}

fn cannot_start(Trouble(why): Trouble) -> Stop {
    Stop::Unable(format!("演示无法进行 (the demonstration cannot go on): {why}"))
}
