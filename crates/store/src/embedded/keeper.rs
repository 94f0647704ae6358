//! The server process: a thread that starts it, waits for it, and starts it again if it dies unasked.
//!
//! The kernel tells the server of its parent's death when the *thread* that started it ends, so that thread must live as long as
//! the server: it is this one, not a worker that some runtime may retire.

use super::{EmbeddedError, folder::Folder, programs::Programs};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::{
    io,
    os::unix::process::CommandExt,
    process::Command,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How long a start may take: repairing after a crash reads the journal since the last checkpoint.
const START_PATIENCE: Duration = Duration::from_mins(2);

/// How often the server may die unasked within [`DEATHS_WITHIN`] before it is started again more seldom.
const DEATHS_MOST: usize = 5;
const DEATHS_WITHIN: Duration = Duration::from_mins(1);

/// So that a server which dies at once does not die five times in a blink.
const RESTART_PAUSE: Duration = Duration::from_millis(100);
/// A full disk ends every start until somebody makes room: a server that ran before is tried for as long as its owner lives.
const LONG_PAUSE: Duration = Duration::from_secs(3);

/// A running server. It is stopped when this value is dropped.
#[derive(Debug)]
pub(super) struct Keeper {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
}

/// What the keeping thread and the others share.
#[derive(Debug)]
struct Server {
    folder: Folder,
    programs: Programs,
    settings: Vec<String>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Set while there is a process that has not been waited for, so that a signal cannot reach a stranger.
    pid: Option<Pid>,
    was_ready: bool,
    stopping: bool,
    ended: Option<String>,
}

impl Keeper {
    /// Starts the server and waits until it takes connections.
    pub fn start(folder: Folder, programs: Programs, settings: Vec<String>) -> Result<Self, EmbeddedError> {
        let server =
            Arc::new(Server { folder, programs, settings, state: Mutex::default(), changed: Condvar::new() });
        let kept = Arc::clone(&server);
        let thread = thread::Builder::new().name("postgres-keeper".to_owned()).spawn(move || keep(&kept));
        let thread = thread.map_err(EmbeddedError::io("启动线程于", server.folder.path()))?;
        let keeper = Self { server, thread: Some(thread) };
        keeper.wait_until_ready()?;
        Ok(keeper)
    }

    /// The data folder.
    pub fn folder(&self) -> &Folder {
        &self.server.folder
    }

    /// The programs that run.
    pub fn programs(&self) -> &Programs {
        &self.server.programs
    }

    /// The server's process, unless it has just died.
    pub fn pid(&self) -> Option<Pid> {
        self.server.lock().pid
    }

    /// Stops the server in order: connections are ended, everything is written down. Insists, if that takes too long.
    pub fn stop(&mut self) {
        for (signal, patience) in [(Signal::INT, 30), (Signal::QUIT, 10), (Signal::KILL, 10)] {
            if self.server.stop_by(signal, Duration::from_secs(patience)) {
                break;
            }
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic there has been reported already
        }
    }

    fn wait_until_ready(&self) -> Result<(), EmbeddedError> {
        let server = &self.server;
        let began = Instant::now();
        let mut state = server.lock();
        loop {
            if let Some(how) = &state.ended {
                return Err(server.folder.failed(how.clone()));
            }
            if state.pid.is_some_and(|pid| server.folder.is_ready(pid)) {
                state.was_ready = true;
                return Ok(());
            }
            if began.elapsed() > START_PATIENCE {
                drop(state);
                return Err(server.folder.failed(format!("{} 秒内未就绪", START_PATIENCE.as_secs())));
            }
            let waited = server.changed.wait_timeout(state, Duration::from_millis(2));
            state = waited.expect("no holder of the state panics").0;
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Server {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the state panics")
    }

    /// Asks the server to stop and says whether it has.
    fn stop_by(&self, signal: Signal, patience: Duration) -> bool {
        let mut state = self.lock();
        state.stopping = true;
        self.changed.notify_all();
        if let Some(pid) = state.pid {
            let _ = rustix::process::kill_process(pid, signal); // it may be dead and not yet waited for
        }
        let waited = self.changed.wait_timeout_while(state, patience, |state| state.ended.is_none());
        waited.expect("no holder of the state panics").0.ended.is_some()
    }

    /// Starts the server once and waits for its end.
    fn run_once(&self) -> Result<String, EmbeddedError> {
        self.folder.clear_leftovers()?;
        self.folder.turn_log_over();
        let mut command = self.folder.command(&self.programs, "postgres")?;
        command.arg("-D").arg(self.folder.data()).arg("-k").arg(self.folder.socket());
        for setting in &self.settings {
            command.arg("-c").arg(setting);
        }
        end_with_this_thread(&mut command);
        let mut state = self.lock();
        if state.stopping {
            return Ok("stopped before it started".to_owned());
        }
        let launched = command.spawn().map_err(EmbeddedError::io("执行", self.programs.bin.join("postgres")));
        let mut child = launched?;
        let pid = Pid::from_child(&child);
        state.pid = Some(pid);
        drop(state);

        // Waits without taking note of the death, so that the number stays the server's until no more signals are sent to it.
        let exit_only = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(rustix::process::waitid(WaitId::Pid(pid), exit_only), Err(rustix::io::Errno::INTR)) {}
        let mut state = self.lock();
        state.pid = None;
        let ended = child.wait().map_err(EmbeddedError::io("等待", self.programs.bin.join("postgres")))?;
        Ok(format!("postgres: {ended}"))
    }
}

/// The thread: one life of the server after the other.
fn keep(server: &Server) {
    let mut deaths: Vec<Instant> = Vec::new();
    loop {
        let how = server.run_once().unwrap_or_else(|why| why.to_string());
        let mut state = server.lock();
        deaths.retain(|death| death.elapsed() < DEATHS_WITHIN);
        deaths.push(Instant::now());
        if state.stopping || !state.was_ready {
            if !state.stopping {
                tracing::error!(how, log = %server.folder.log().display(), "the private PostgreSQL has ended");
            }
            state.ended = Some(how);
            server.changed.notify_all();
            return;
        }
        let pause = if deaths.len() < DEATHS_MOST {
            tracing::warn!(how, "the private PostgreSQL died unasked and is started again");
            RESTART_PAUSE
        } else {
            tracing::error!(how, log = %server.folder.log().display(), "the private PostgreSQL dies again and again");
            LONG_PAUSE
        };
        let waited = server.changed.wait_timeout_while(state, pause, |state| !state.stopping);
        drop(waited.expect("no holder of the state panics"));
    }
}

/// Has the kernel end the server when the calling thread ends, which is when this process does, however it does.
///
/// The signal is the immediate stop: the server drops everything and is gone in milliseconds, so that the next owner need not
/// wait, and the next start repairs from the journal, as after a power cut. An orderly stop would linger for a last
/// checkpoint that nobody waits for.
#[expect(
    unsafe_code,
    reason = "between fork and exec only two system calls are made, which is what `pre_exec` asks for"
)]
fn end_with_this_thread(command: &mut Command) {
    let parent = rustix::process::getpid();
    // Last before exec, because a change of user would clear it.
    let ask_kernel = move || -> io::Result<()> {
        rustix::process::set_parent_process_death_signal(Some(Signal::QUIT))?;
        if rustix::process::getppid() == Some(parent) {
            Ok(())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    };
    // SAFETY: the closure allocates nothing, takes no lock, and touches no memory but its own copy of a number.
    unsafe { command.pre_exec(ask_kernel) };
}
