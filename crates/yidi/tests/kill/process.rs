//! A node as an operator runs it: a process of the built program over a data folder of its own.

use std::{
    fs::{self, File},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};
use store::Store;

/// How long a node may take to start, to end, and to be gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every management interface of these nodes asks for.
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A node, running or dead.
pub struct Node {
    folder: PathBuf,
    data: PathBuf,
    name: &'static str,
    arguments: Vec<String>,
    starts: u32,
    child: Option<Child>,
    /// Where it is reached since its last start.
    pub url: String,
    /// Its public key, as it prints it.
    pub key: String,
}

impl Node {
    /// Starts a node for the first time; `folder` holds all nodes of the test.
    pub fn start(folder: &Path, name: &'static str, arguments: Vec<String>) -> Self {
        let mut node = Self::new(folder, name, arguments);
        node.start_again();
        node
    }

    /// Starts two nodes for the first time, at the same moment.
    pub fn start_both(folder: &Path, of: [(&'static str, Vec<String>); 2]) -> [Self; 2] {
        let mut both = of.map(|(name, arguments)| Self::new(folder, name, arguments));
        both.iter_mut().for_each(Self::begin);
        both.iter_mut().for_each(Self::until_started);
        both
    }

    fn new(folder: &Path, name: &'static str, arguments: Vec<String>) -> Self {
        let (url, key) = (String::new(), String::new());
        let (data, folder) = (folder.join(name), folder.to_owned());
        Self { folder, data, name, arguments, starts: 0, child: None, url, key }
    }

    /// Starts a dead node over what it left behind. It listens on another port: its neighbours know it by a line.
    pub fn start_again(&mut self) {
        self.begin();
        self.until_started();
    }

    fn begin(&mut self) {
        assert!(self.child.is_none(), "{} runs", self.name);
        self.starts += 1;
        let log = self.log();
        let output = File::create(&log).expect("a folder for logs");
        // `bench --child` ends with the thread that started it, so that a test that is killed leaves nothing behind.
        let child = Command::new(env!("CARGO_BIN_EXE_yidi"))
            .args(["bench", "--child"])
            .args(&self.arguments)
            .args(["--listen=127.0.0.1:0", "--connections=6"])
            .arg(format!("--data={}", self.data.display()))
            .arg(format!("--management-token-file={}", token_file(&self.folder).display()))
            .env("RUST_LOG", "info,sqlx=error")
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a file handle"))
            .stderr(output)
            .spawn();
        self.child = Some(child.expect("the program is built"));
    }

    fn until_started(&mut self) {
        let began = Instant::now();
        while self.read_address().is_none() {
            let ended =
                self.child.as_mut().expect("just started").try_wait().expect("a child of this process");
            assert!(
                ended.is_none() && began.elapsed() < PATIENCE,
                "{}: {ended:?}\n{}",
                self.name,
                self.logged()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The address and the key, once it has printed both.
    fn read_address(&mut self) -> Option<()> {
        let logged = self.logged();
        let after =
            |words: &str| logged.lines().find_map(|line| Some(line.split_once(words)?.1.trim().to_owned()));
        self.key = after("(public key)：").filter(|key| key.len() == 130)?;
        self.url = after(" runs)：")?;
        Some(())
    }

    /// `kill -9`: its PostgreSQL dies with it.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("a process of this test");
        child.wait().expect("a child of this process");
    }

    /// `kill -9` of its PostgreSQL alone, and waits until its workers are gone too: they end when they notice.
    pub fn kill_database(&self) {
        let cluster = self.data().join("postgres/data");
        let workers = working_in(&cluster);
        let pid = self.database_pid().expect("its PostgreSQL runs");
        let pid = rustix::process::Pid::from_raw(pid).expect("the number of a process");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("a process of this test");
        let began = Instant::now();
        while working_in(&cluster).iter().any(|worker| workers.contains(worker)) {
            assert!(began.elapsed() < PATIENCE, "{}: a worker outlives its PostgreSQL", self.name);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until its PostgreSQL runs under another number than `before`.
    pub fn until_database_restarted(&self, before: Option<i32>) {
        let began = Instant::now();
        while self.database_pid().is_none_or(|now| Some(now) == before) {
            assert!(began.elapsed() < PATIENCE, "{}: not started again\n{}", self.name, self.logged());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The number of its PostgreSQL's process.
    pub fn database_pid(&self) -> Option<i32> {
        let file = self.data().join("postgres/data/postmaster.pid");
        fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()
    }

    /// Tells it to end in order.
    pub fn terminate(&self) {
        let child = self.child.as_ref().expect("it runs");
        let pid = rustix::process::Pid::from_child(child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a process of this test");
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        let child = self.child.as_mut().expect("it was started");
        child.try_wait().expect("a child of this process").is_some()
    }

    /// Where it tells those who run it how it does.
    pub fn operations(&self) -> String {
        let logged = self.logged();
        let (_, after) = logged.split_once("(operations)：").expect("it has such a listener");
        after.split("/ready").next().unwrap_or_default().to_owned()
    }

    /// Asks it to end in order, and says whether it did.
    pub fn stop(&mut self) -> bool {
        if self.child.is_none() {
            return true;
        }
        if !self.has_ended() {
            self.terminate();
        }
        let Some(mut child) = self.child.take() else { return true };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = child.try_wait().expect("a child of this process") {
                return status.success();
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = child.kill();
        let _ = child.wait();
        false
    }

    /// Its database, as anybody may open it who may reach its socket.
    pub async fn store(&self) -> Store {
        let socket = self.data().join("postgres/socket");
        let url = format!("postgres:///yidi?host={}&port=5432&user=yidi&sslmode=disable", socket.display());
        Store::open_url(&url, 1).await.expect("the database of a running node")
    }

    /// One command of the program at this node, with a file that it reads if there is one.
    pub fn command(&self, arguments: &[&str], file: Option<String>) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yidi"));
        command.args(arguments).args(["--node", &self.url, "--token", TOKEN]);
        if let Some(text) = file {
            let path = self.folder.join("input.json");
            fs::write(&path, text).expect("a folder for input");
            command.arg(path);
        }
        let ran = command.output().expect("the program is built");
        assert!(ran.status.success(), "{arguments:?}\n{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }

    /// What it has said since its last start.
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.{}.log", self.name, self.starts))
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Makes it, dead, a new data folder of a backup and of its key. That of before stays, and it will not be written over.
    pub fn restore(&mut self, backup: &Path) {
        assert!(self.child.is_none(), "{} runs", self.name);
        let new = self.folder.join(format!("{}-{}", self.name, self.starts));
        let arguments = |data: &Path| {
            ["restore", "--from", &backup.display().to_string(), "--data", &data.display().to_string()]
                .map(str::to_owned)
        };
        let (done, said) = program(&arguments(&self.data).each_ref().map(String::as_str));
        assert!(!done && said.contains("不会覆盖"), "{said}");
        fs::create_dir(&new).expect("a folder of this test");
        fs::copy(self.data.join("key"), new.join("key")).expect("a key to be copied");
        let (done, said) = program(&arguments(&new).each_ref().map(String::as_str));
        assert!(done && said.contains("已恢复"), "{said}");
        self.data = new;
    }

    /// What is said to an attempt to back it up into a folder that has something in it.
    pub fn backs_up_into(&self, there: &Path) -> String {
        let (data, to) = (self.data.display().to_string(), there.display().to_string());
        let (done, said) = program(&["backup", "--data", &data, "--to", &to]);
        assert!(!done, "{said}");
        said
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs a command of the program that needs no node: whether it ended well, and all that it said.
pub fn program(arguments: &[&str]) -> (bool, String) {
    let ran =
        Command::new(env!("CARGO_BIN_EXE_yidi")).args(arguments).output().expect("the program is built");
    let said = [ran.stdout, ran.stderr].concat();
    (ran.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// A folder for the nodes of a test. PostgreSQL runs as another user for root, so it can be passed by all.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new one.
    pub fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("yidi-kill-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder for temporary things");
        let mut file = fs::OpenOptions::new();
        let file = file.write(true).create_new(true).mode(0o600).open(token_file(&path));
        std::io::Write::write_all(&mut file.expect("a new file"), TOKEN.as_bytes())
            .expect("room for a token");
        Self(path)
    }

    /// Every process that works in this folder or was told of it: a PostgreSQL's worker shows no folder in its command.
    pub fn processes(&self) -> Vec<String> {
        let folder = self.0.to_string_lossy();
        let named = |process: &PathBuf| {
            let command = fs::read(process.join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains(&*folder)
        };
        let all = fs::read_dir("/proc").expect("Linux").flatten().map(|entry| entry.path());
        let told = all.filter(named);
        let shown = |process: PathBuf| {
            let command = fs::read_to_string(process.join("cmdline")).unwrap_or_default();
            format!("{}: {}", process.display(), command.replace('\0', " "))
        };
        told.chain(working_in(&self.0)).map(shown).collect()
    }

    /// Waits until nothing works here any more; what still does if that never comes.
    pub fn left_running(&self) -> Vec<String> {
        let began = Instant::now();
        loop {
            let left = self.processes();
            if left.is_empty() || began.elapsed() > Duration::from_secs(5) {
                return left;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A failed test leaves its logs for whoever looks for the cause.
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// Processes by their folders in `/proc` whose working directory is in this folder.
fn working_in(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir("/proc").expect("Linux").flatten().map(|entry| entry.path());
    all.filter(|process| fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder)))
        .collect()
}

fn token_file(folder: &Path) -> PathBuf {
    folder.join("token")
}
