//! `yidi sandbox`: a hub and two provinces for other people's hospital software, and a transcript of what it says.

use super::running::{runtime, told_to_stop};
use crate::{pages, policies, say, stop::Stop};
use clap::Args;
use country::{
    sandbox::{self, MANAGEMENT_TOKEN, Sandbox, Settings},
    transcript::KEPT,
    world::{Database, Trouble},
};
use std::{net::IpAddr, path::PathBuf};

/// 沙箱：在固定端口启动国家平台、北京和湖北两省，供医院软件对接，逐条显示报文及其与规范的差别。
///
/// 人员、机构均为虚构，密钥公开，见网页和 docs/CONFORMANCE.md；不要使用真实数据。按 Ctrl-C 停止。
/// Starts a hub and two provinces with invented people and known keys, and shows every message with its deviations.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 监听的IP地址 (address to listen on)
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// 网页端口；其后三个依次为国家平台、北京、湖北 (the pages' port; hub, Beijing and Hubei follow)
    #[arg(long, value_name = "PORT", default_value_t = sandbox::PORT, value_parser = clap::value_parser!(u16).range(1..=65_000))]
    port: u16,
    /// 数据目录；不填则用临时目录，退出即删 (a folder that stays, instead of a temporary one)
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// 待遇政策目录；不填则用内置的政策 (policy folder instead of the built-in one)
    #[arg(long, value_name = "FOLDER")]
    policy: Option<PathBuf>,
    /// 网页上保留的报文条数 (messages kept for the pages)
    #[arg(long, value_name = "NUMBER", default_value_t = KEPT)]
    keep: usize,
    /// 把全部报文追加到文件，每条一行JSON (a file that keeps all messages, a line of JSON each)
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
}

/// Runs the sandbox until it is told to stop.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let mut settings = Settings::new(policies::rulebook(&policies::files(arguments.policy.as_deref())?)?);
    settings.database = Database::Private(arguments.data.clone());
    settings.address = arguments.listen;
    settings.pages = pages::built_in();
    settings.port = arguments.port;
    settings.kept = arguments.keep;
    settings.file.clone_from(&arguments.transcript);
    runtime()?.block_on(async {
        let sandbox = tokio::select! {
            sandbox = Sandbox::start(settings, &say) => sandbox.map_err(cannot_start)?,
            told = told_to_stop() => return told,
        };
        invite(&sandbox);
        let told = told_to_stop().await;
        sandbox.stop().await;
        told
    })
}

fn invite(sandbox: &Sandbox) {
    say("\n沙箱已就绪，人员、机构均为虚构；按 Ctrl-C 停止 (the sandbox is ready; Ctrl-C stops it)：");
    say(&format!("  报文记录 (transcript)：{}", sandbox.url()));
    say(&format!("  人员、机构和密钥 (people, institutions, keys)：{}about", sandbox.url()));
    for (province, side) in &sandbox.world.provinces {
        let name = province.division().name().unwrap_or_default();
        say(&format!("  {name} {province}：{}，接口说明 {}/api/", side.url(), side.url()));
    }
    say(&format!("  管理令牌 (management token)：{MANAGEMENT_TOKEN}"));
    if let Some((_, side)) = sandbox.world.provinces.iter().next_back() {
        say(&format!("  例 (try)：yidi conformance --target {} --institution H42010600001", side.url()));
    }
}

fn cannot_start(Trouble(why): Trouble) -> Stop {
    Stop::Unable(format!("沙箱无法启动 (the sandbox cannot start): {why}"))
}
