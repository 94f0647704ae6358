//! `yidi adapter`: the reference outside core system to write against, and the contract tests of any.

use super::running::{listen, runtime, told_to_stop};
use crate::{key, say, stop::Stop, words};
use casework::institution::Secret;
use clap::{Args, Subcommand};
use country::{
    adapter_check::Partner,
    outside_scheme::{OutsideCore, SimplePlan},
};
use node::{OutsideScheme, SystemClock};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use terms::{AdminDivision, Clock, InsuranceScheme, PersonNumber};

/// 外部核心系统：由参保地统筹区自己的系统计算某一险种的待遇，见 docs/ADAPTER.md。
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 运行参照系统，按简单办法计算待遇，只在内存中记账；供对接时参照 (run the reference system, for tests)
    Run(RunArguments),
    /// 逐条检查一个外部核心系统是否符合约定；只用于测试环境，检查后全部撤销 (ask a system whether it keeps the contract)
    Check(CheckArguments),
}

/// Whose benefit it computes, under which key.
#[derive(Debug, Args)]
pub struct Whose {
    /// 统筹区六位代码 (pooling area)
    #[arg(long, value_name = "DIVISION", value_parser = words::division)]
    area: AdminDivision,
    /// 险种：310、390 (scheme)
    #[arg(long, value_name = "SCHEME", value_parser = words::scheme)]
    scheme: InsuranceScheme,
    /// 共享密钥文件 (file of the key that both sides share)
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
}

/// 运行参照系统。
#[derive(Debug, Args)]
pub struct RunArguments {
    #[command(flatten)]
    whose: Whose,
    /// 监听地址 (address to listen on)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8899")]
    listen: SocketAddr,
}

/// 检查一个外部核心系统。
#[derive(Debug, Args)]
pub struct CheckArguments {
    #[command(flatten)]
    whose: Whose,
    /// 系统的地址，http://host:port/path (where it takes questions)
    #[arg(long, value_name = "URL")]
    url: String,
    /// 该系统认识的一个测试人员的人员编号 (number of a person for tests whom it knows)
    #[arg(long, value_name = "NUMBER", value_parser = words::person, default_value = "42010099001")]
    person: PersonNumber,
    /// 等待应答的秒数 (how long an answer is waited for)
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    patience_seconds: u64,
}

/// Runs the reference, or checks.
pub fn run(command: &Command) -> Result<(), Stop> {
    match command {
        Command::Run(arguments) => serve(arguments),
        Command::Check(arguments) => check(arguments),
    }
}

fn key_of(whose: &Whose) -> Result<String, Stop> {
    key::read_secret_file(&whose.key_file, "外部核心系统共享密钥")
}

fn serve(arguments: &RunArguments) -> Result<(), Stop> {
    let whose = &arguments.whose;
    let of = (whose.area.pooling_area(), whose.scheme);
    let plan = Box::new(SimplePlan::of(whose.scheme));
    let core = OutsideCore::new(of, key_of(whose)?, Arc::new(SystemClock), plan);
    runtime()?.block_on(async {
        let listener = listen(arguments.listen).await?;
        say(&format!(
            "参照外部核心系统已启动，只用于测试；按 Ctrl-C 停止 (the reference system runs; Ctrl-C stops it)：http://{}",
            arguments.listen
        ));
        tokio::select! {
            served = Arc::new(core).serve(listener) => served.map_err(Stop::unable),
            told = told_to_stop() => told,
        }
    })
}

fn check(arguments: &CheckArguments) -> Result<(), Stop> {
    let whose = &arguments.whose;
    let outside = OutsideScheme {
        area: whose.area.pooling_area(),
        scheme: whose.scheme,
        address: arguments.url.clone(),
        key: Secret(key_of(whose)?),
        patience: Duration::from_secs(arguments.patience_seconds),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let steps = runtime()?.block_on(async {
        let partner = Partner::new(outside, arguments.person.clone(), clock);
        partner.check().await
    });
    for step in &steps {
        say(&step.to_string());
    }
    let failed = steps.iter().filter(|step| step.problem.is_some()).count();
    if failed == 0 {
        say(&format!("全部{}项通过 (all passed)", steps.len()));
        return Ok(());
    }
    Err(Stop::Refused(format!("{failed}项不通过，见上 ({failed} of {} failed)", steps.len())))
}
