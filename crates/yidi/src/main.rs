//! `yidi`: one program for every node of the network, for those who run it, and for whoever wants to see it work.
//!
//! Reads the command line, hands over to one file of `command/`, and ends with 0 where all is well, 1 where the answer is no,
//! 2 where the command line is wrong, 3 where something cannot be started or reached. It holds no rule of the field.

mod command;
mod config;
mod database;
mod key;
mod pages;
mod policies;
mod stop;
mod words;

use clap::{Parser, Subcommand};
use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 异地通：基本医疗保险跨省异地就医直接结算系统
/// (cross-region direct settlement of medical insurance).
///
/// 一个程序可作国家平台（hub）或省级平台（province）运行；第一次使用请先执行 yidi demo。
/// One program runs as the national hub or as a province's node; to see it work, start with: yidi demo.
#[derive(Debug, Parser)]
#[command(name = "yidi", version, after_help = AFTER_HELP, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
返回码 (exit codes)：0 成功；1 被拒绝或检查不通过 (refused)；2 命令写法有误 (usage)；3 无法启动或连接 (cannot start or reach)
日志写到标准错误，详略由环境变量 RUST_LOG 决定，如 RUST_LOG=debug (logs go to stderr)";

#[derive(Debug, Subcommand)]
enum Command {
    /// 演示：在本机启动国家平台和四个省，看几个人异地住院结算 (a whole country in one process)
    Demo(command::demo::Arguments),
    /// 沙箱：固定的人员、机构和密钥，供医院软件对接，逐条显示报文 (a sandbox for hospital software)
    Sandbox(command::sandbox::Arguments),
    /// 检查平台的应答或医院软件的报文是否符合接口规范 (check a platform, or a client, against the standard)
    Conformance(Box<command::conformance::Arguments>),
    /// 外部核心系统（新农合等险种）的参照实现和对接检查 (a scheme's core system outside: a reference, and its checks)
    #[command(subcommand)]
    Adapter(command::adapter::Command),
    /// 打印接口的OpenAPI说明 (print the OpenAPI document)
    Openapi(command::openapi::Arguments),
    /// 运行国家平台 (run the national hub)
    Hub(Box<command::hub::Arguments>),
    /// 运行省级平台 (run a province's node)
    Province(Box<command::province::Arguments>),
    /// 只建立或升级数据库，不启动平台 (bring a node's database up to date and stop)
    #[command(subcommand)]
    Migrate(command::migrate::Command),
    /// 备份节点的自带数据库，节点照常运行 (back up a running node's private database)
    Backup(command::backup::Backup),
    /// 从备份恢复到新的数据目录 (make a new data folder of a backup)
    Restore(command::backup::Restore),
    /// 异地就医备案 (filings, at a running province)
    Filing(command::filing::Arguments),
    /// 就医凭证：医保电子凭证、社会保障卡 (identity media, at a running province)
    Medium(command::medium::Arguments),
    /// 接入的省 (participants, at a running hub)
    Participant(command::participant::Arguments),
    /// 定点医药机构 (institutions, at a running province)
    Institution(command::institution::Arguments),
    /// 参保人员 (people, at a running province)
    Person(command::person::Arguments),
    /// 登录账户 (accounts of people, at a running node)
    Account(command::account::Arguments),
    /// 审计日志 (the audit trail, at a running node)
    Audit(command::account::AuditArguments),
    /// 节点的SM2签名密钥 (a node's signing key)
    #[command(subcommand)]
    Key(command::key::Command),
    /// 待遇政策和目录：检查、查看、试算 (policies: check, show, explain)
    #[command(subcommand)]
    Policy(command::policy::Command),
    /// 资金：账簿、对账、预付金、清算、划拨 (the money between provinces, at a running node)
    Funds(command::funds::Arguments),
    /// 模拟全国一年的结算和资金，年终逐一说明每个科目 (a year of the country, every account explained)
    Year(command::year::Arguments),
    /// 模拟一个国家的坏运气：断网、丢包、宕机、时钟错乱，同一种子可原样重放 (bad luck, replayed from a seed)
    Country(command::country::Arguments),
    /// 压力测试：测每秒结算数、时延和开销 (measure settlements per second)
    Bench(command::bench::Arguments),
    /// 混沌测试：真实进程在宕机、断线、磁盘满、主备切换、恢复备份中结算，随后逐笔核对 (chaos on real processes)
    Chaos(command::chaos::Arguments),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A measurement is long and its statements are slow on purpose: it says what it finds, and only trouble beside it.
    log_to_stderr(match cli.command {
        Command::Bench(_) | Command::Chaos(_) => "error",
        // Who is refused there is refused on purpose, and who pays late pays late; the story tells of it.
        Command::Demo(_) => "warn,sqlx=error,node::urging=error,node::payment_order=error",
        // Its trouble is made on purpose, and told by the story.
        Command::Country(_) => "off",
        _ => "info,sqlx=warn",
    });
    let done = match cli.command {
        Command::Demo(arguments) => command::demo::run(&arguments),
        Command::Sandbox(arguments) => command::sandbox::run(&arguments),
        Command::Conformance(arguments) => command::conformance::run(&arguments),
        Command::Adapter(command) => command::adapter::run(&command),
        Command::Openapi(arguments) => command::openapi::run(&arguments),
        Command::Hub(arguments) => command::hub::run(&arguments),
        Command::Province(arguments) => command::province::run(&arguments),
        Command::Migrate(command) => command::migrate::run(&command),
        Command::Backup(arguments) => command::backup::back_up(&arguments),
        Command::Restore(arguments) => command::backup::restore(&arguments),
        Command::Filing(arguments) => command::filing::run(&arguments),
        Command::Medium(arguments) => command::medium::run(&arguments),
        Command::Participant(arguments) => command::participant::run(&arguments),
        Command::Institution(arguments) => command::institution::run(&arguments),
        Command::Person(arguments) => command::person::run(&arguments),
        Command::Account(arguments) => command::account::run(&arguments),
        Command::Audit(arguments) => command::account::run_audit(&arguments),
        Command::Key(command) => command::key::run(&command),
        Command::Policy(command) => command::policy::run(&command),
        Command::Funds(arguments) => command::funds::run(&arguments),
        Command::Year(arguments) => command::year::run(&arguments),
        Command::Country(arguments) => command::country::run(&arguments),
        Command::Bench(arguments) => command::bench::run(&arguments),
        Command::Chaos(arguments) => command::chaos::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            // A stderr that nobody reads is no reason to end differently.
            let _ = writeln!(io::stderr(), "{}", stop.message());
            ExitCode::from(stop.code())
        }
    }
}

fn log_to_stderr(unless_told: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(unless_told));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

/// Prints a line; a reader that went away, as `head` does, is no trouble.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
