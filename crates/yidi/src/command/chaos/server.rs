//! A PostgreSQL apart from its node, as an operator has one: a process that owns it, and can be killed with it.

use super::cannot;
use crate::{
    command::{
        bench::nodes::{child, end},
        running::{runtime, told_to_stop},
    },
    database::NAME,
    say,
    stop::Stop,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Child,
    time::{Duration, Instant},
};
use store::embedded::{Embedded, Options};
use tokio::time::sleep;

/// How long a server may take to start, or to be gone.
const PATIENCE: Duration = Duration::from_mins(1);

/// Is the server, until it is told to stop.
pub fn run(folder: &Path, settings: &[String]) -> Result<(), Stop> {
    let named = settings.iter().filter_map(|setting| setting.split_once('='));
    let options = named.fold(Options::default(), |options, (name, value)| options.setting(name, value));
    let server = Embedded::start(folder, &options).map_err(cannot)?;
    runtime()?.block_on(async {
        server.create_database(NAME).await.map_err(cannot)?;
        say(READY);
        told_to_stop().await
    })?;
    server.stop();
    Ok(())
}

const READY: &str = "ready";

/// A server, running or dead.
pub struct Server {
    folder: PathBuf,
    settings: Vec<String>,
    starts: u32,
    child: Option<Child>,
}

impl Server {
    /// One in a folder, not started yet.
    pub fn new(folder: PathBuf, settings: &[&str]) -> Self {
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        Self { folder, settings, starts: 0, child: None }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// With one more setting from its next start on.
    pub fn set(&mut self, setting: &str) {
        self.settings.push(setting.to_owned());
    }

    /// Starts it, and waits until it takes connections.
    pub async fn start(&mut self) -> Result<(), Stop> {
        self.starts += 1;
        let log = self.folder.with_extension(format!("{}.log", self.starts));
        let settings = self.settings.iter().map(|setting| format!("--setting={setting}"));
        let arguments = ["chaos".to_owned(), format!("--server={}", self.folder.display())];
        let mut started = child(arguments.into_iter().chain(settings), &log)?;
        let began = Instant::now();
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.lines().any(|line| line == READY) {
                break;
            }
            let ended = started.try_wait().map_err(cannot)?;
            if ended.is_some() || began.elapsed() > PATIENCE {
                return Err(cannot(format!("数据库未能启动 (the server did not start):\n{said}")));
            }
            sleep(Duration::from_millis(20)).await;
        }
        self.child = Some(started);
        Ok(())
    }

    /// Stops it in order: the fast way, which ends all connections.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            end(&mut child);
        }
    }

    /// `kill -9` of its owner, which the server notices and drops everything: the immediate way. Waits until it is gone.
    pub async fn kill(&mut self) -> Result<(), Stop> {
        let server = postmaster(&self.folder.join("data"));
        if let Some(mut child) = self.child.take() {
            child.kill().and_then(|()| child.wait()).map_err(cannot)?;
        }
        let began = Instant::now();
        while server.is_some_and(|pid| Path::new("/proc").join(pid.to_string()).exists()) {
            if began.elapsed() > PATIENCE {
                return Err(cannot("数据库没有随其主进程结束 (a server outlives its owner)"));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            end(child);
        }
    }
}

/// The number of the PostgreSQL that works in a folder.
pub fn postmaster(data: &Path) -> Option<i32> {
    let told = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    told.lines().next()?.trim().parse().ok()
}
