//! Running a node until it is told to stop.

use crate::{say, stop::Stop};
use node::{Context, Metrics, Running, operations};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

/// How long requests under way may take to finish at the end.
const LAST_PATIENCE: Duration = Duration::from_secs(20);

/// How often the months of the database are looked after.
const MONTHS_EVERY: Duration = Duration::from_hours(6);

/// The runtime of a command.
pub fn runtime() -> Result<Runtime, Stop> {
    open_as_many_as_may_be();
    Runtime::new()
        .map_err(|error| Stop::Unable(format!("无法启动运行环境 (cannot start the runtime): {error}")))
}

/// Lets this process open as many connections as its user may: the few that are allowed at first are used up by hospitals that wait for
/// their answers, and whoever comes then hears nothing at all.
fn open_as_many_as_may_be() {
    let allowed = getrlimit(Resource::Nofile);
    // If it may not, it goes on with what it has.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: allowed.maximum, ..allowed });
}

/// A listener on an address.
pub async fn listen(address: std::net::SocketAddr) -> Result<TcpListener, Stop> {
    TcpListener::bind(address).await.map_err(|error| {
        Stop::Unable(format!(
            "无法监听{address}，请用 --listen 另选地址或先停止占用它的程序 (cannot listen: {error})"
        ))
    })
}

/// Opens the listener for those who run the node, if there is to be one. It answers until what this gives is dropped.
pub async fn open_operations(
    address: Option<SocketAddr>,
    running: &Running,
    context: &Context,
    metrics: &Arc<Metrics>,
) -> Result<Option<Running>, Stop> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Stop::Unable(format!("无法监听{address}，请用 --operations-listen 另选地址 (cannot listen: {error})"))
    })?;
    let opened = operations::run(listener, context.clone(), Arc::clone(metrics), running.stopping());
    let opened = opened.map_err(Stop::unable)?;
    say(&format!("运维地址 (operations)：{}/ready，{}/metrics", opened.url(), opened.url()));
    Ok(Some(opened))
}

/// Waits for Ctrl-C or SIGTERM, then ends the node in order, after it has served for `drain` as one that is not ready. New months get
/// their partitions meanwhile.
pub async fn until_told_to_stop(running: Running, context: &Context, drain: Duration) -> Result<(), Stop> {
    let mut stop = std::pin::pin!(told_to_stop());
    let mut months = tokio::time::interval(MONTHS_EVERY);
    loop {
        tokio::select! {
            told = &mut stop => {
                told?;
                break;
            }
            _ = months.tick() => {
                if let Err(error) = context.store.make_months(context.now()).await {
                    tracing::error!(%error, "新月份的分区未能建立，稍后重试 (the months' partitions were not made)");
                }
            }
        }
    }
    tracing::info!("正在停止 (stopping)");
    if tokio::time::timeout(drain + LAST_PATIENCE, running.stop_after(drain)).await.is_err() {
        tracing::warn!("仍有请求未完成，不再等待 (requests under way are given up)");
    }
    context.store.close().await;
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn told_to_stop() -> Result<(), Stop> {
    let listen = |kind| {
        signal(kind)
            .map_err(|error| Stop::Unable(format!("无法接收停止信号 (cannot wait for signals): {error}")))
    };
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
