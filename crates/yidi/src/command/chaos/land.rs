//! The country of processes: hub, insured and treatment place, the lines between them and to their databases, and how each is ended
//! and started again.

use super::{
    cannot,
    server::{Server, postmaster},
    trouble,
};
use crate::{
    command::bench::nodes::{child, end, free_address},
    database::NAME,
    key,
    stop::Stop,
};
use country::{
    Rulebook,
    chaos::{Cable, Night, Side, Target},
    load::{
        Addresses, Ground,
        ground::{insured_province, treatment_province},
    },
};
use rustix::process::{Pid, Signal};
use sign::sm2::PrivateKey;
use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use store::{
    Store,
    embedded::{Embedded, Options},
    outbox,
};
use tokio::time::sleep;

/// How long a node may take to start.
const START_PATIENCE: Duration = Duration::from_mins(2);
/// How often it is looked whether nodes run.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long after its last start a node that ended by itself is started again.
const RESTART_PAUSE: Duration = Duration::from_millis(500);
/// Lines of each bill.
const BILL_LINES: usize = 8;
/// Connections of each node to its database.
const CONNECTIONS: u32 = 12;

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Treatment,
    Hub,
    Insured,
}

impl Who {
    pub const ALL: [Self; 3] = [Self::Treatment, Self::Hub, Self::Insured];

    const fn name(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Hub => "hub",
            Self::Insured => "insured",
        }
    }

    /// For people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Treatment => "就医地",
            Self::Hub => "国家平台",
            Self::Insured => "参保地",
        }
    }
}

/// How the land is made.
pub struct Plan<'a> {
    /// Where everything is.
    pub folder: &'a Path,
    /// Whether every node has a PostgreSQL apart from it, over a line; else it has a private one.
    pub servers: bool,
    /// Whether private PostgreSQLs lay their journals in archives.
    pub archives: bool,
    /// A small disk of so many megabytes for each node's data folder.
    pub disks: Option<u32>,
    /// The seed of the lines.
    pub seed: u64,
}

/// All of it.
pub struct Land {
    folder: PathBuf,
    nodes: [Node; 3],
    /// Hospitals and hub to treatment place; treatment place to hub; hub to insured place; insured place to hub.
    pub lines: [Cable; 4],
    /// Nodes to their databases, where these are apart.
    pub database_lines: Vec<Cable>,
    servers: Vec<Server>,
    disks: Vec<Disk>,
    /// What guests need.
    pub ground: Ground,
    /// How often a node ended by itself and was started again.
    pub restarts: u64,
}

/// One node.
pub struct Node {
    who: Who,
    address: SocketAddr,
    /// Its data folder.
    pub data: PathBuf,
    key: PrivateKey,
    arguments: Vec<String>,
    child: Option<Child>,
    starts: u32,
    started: Instant,
}

impl Land {
    /// Starts everything and registers who takes part.
    pub async fn start(plan: &Plan<'_>, rules: &Rulebook) -> Result<Self, Stop> {
        let folder = plan.folder;
        let (mut servers, mut database_lines, mut disks) = (Vec::new(), Vec::new(), Vec::new());
        for (number, who) in (100..).zip(Who::ALL) {
            if let Some(megabytes) = plan.disks {
                disks.push(Disk::mount(&folder.join(who.name()), megabytes)?);
            }
            if plan.servers {
                let mut server = Server::new(folder.join(format!("{}-server", who.name())), &[]);
                server.start().await?;
                let seed = plan.seed.wrapping_add(number);
                database_lines.push(Cable::to(socket_of(&server), seed).await.map_err(cannot)?);
                servers.push(server);
            }
        }
        let [treatment, hub, insured] = Who::ALL.map(|who| Node::new(who, folder));
        let mut nodes = [treatment?, hub?, insured?];
        let line =
            |number: u64, to: &Node| Cable::to(Target::Tcp(to.address), plan.seed.wrapping_add(number));
        let [treatment, hub, insured] = &nodes;
        let lines = tokio::try_join!(line(0, treatment), line(1, hub), line(2, insured), line(3, hub));
        let (counter, to_hub, to_insured, insured_to_hub) = lines.map_err(cannot)?;
        let lines = [counter, to_hub, to_insured, insured_to_hub];
        let hub_key = nodes[1].key.public().to_hex();
        for (number, node) in nodes.iter_mut().enumerate() {
            node.arguments = match node.who {
                Who::Hub => vec!["hub".to_owned()],
                who => {
                    let province =
                        if who == Who::Insured { insured_province() } else { treatment_province() };
                    let to_hub = &lines[if who == Who::Insured { 3 } else { 1 }];
                    vec![
                        "province".to_owned(),
                        format!("--province={province}"),
                        format!("--hub-address={}", to_hub.url()),
                        format!("--hub-key={hub_key}"),
                        "--patience-seconds=3".to_owned(),
                        "--unconfirmed-values=compute".to_owned(),
                    ]
                }
            };
            if let Some(line) = database_lines.get(number) {
                let address = line.address();
                node.arguments.push(format!("--database=postgres://{NAME}@{address}/{NAME}?sslmode=disable"));
            }
            if plan.archives {
                node.arguments.push(format!("--archive={}", archive(folder, node.who).display()));
            }
            node.start(folder)?;
        }
        let mut starting = Starting { folder, nodes: &mut nodes, restarts: &mut 0 };
        starting.until_ready().await?;
        let at = |who: Who| {
            let socket = match servers.get(who as usize) {
                Some(server) => server.socket(),
                None => nodes[who as usize].data.join("postgres/socket"),
            };
            let line = if who == Who::Insured { &lines[2] } else { &lines[0] };
            Addresses { node: line.url(), database: url(&socket), key: nodes[who as usize].key.public() }
        };
        let sides = [Who::Hub, Who::Insured, Who::Treatment].map(at);
        let laid = Ground::lay((&sides[0], &sides[1], &sides[2]), rules, BILL_LINES).await;
        let ground = laid.map_err(trouble)?;
        let folder = folder.to_owned();
        Ok(Self { folder, nodes, lines, database_lines, servers, disks, ground, restarts: 0 })
    }

    /// One of the nodes.
    pub const fn node(&self, who: Who) -> &Node {
        &self.nodes[who as usize]
    }

    /// One of the PostgreSQLs that are apart.
    pub fn server(&mut self, who: Who) -> &mut Server {
        &mut self.servers[who as usize]
    }

    /// Puts another PostgreSQL in the place of a node's, and leads the node's line there; what was there is given back.
    pub fn replace_server(&mut self, who: Who, server: Server) -> Server {
        let line = &self.database_lines[who as usize];
        line.lead_to(socket_of(&server));
        line.sever();
        std::mem::replace(&mut self.servers[who as usize], server)
    }

    /// The small disk of a node.
    pub fn disk(&self, who: Who) -> &Disk {
        &self.disks[who as usize]
    }

    /// `kill -9` of a node: its private PostgreSQL goes with it.
    pub fn kill(&mut self, who: Who) -> Result<(), Stop> {
        self.nodes[who as usize].kill()
    }

    /// Starts a node that is dead.
    pub fn start_again(&mut self, who: Who) -> Result<(), Stop> {
        self.nodes[who as usize].start(&self.folder)
    }

    /// Starts again what ended by itself, as whatever runs services does.
    pub fn keep_alive(&mut self) -> Result<(), Stop> {
        for node in &mut self.nodes {
            if node.has_ended()? {
                self.restarts += 1;
                node.start(&self.folder)?;
            }
        }
        Ok(())
    }

    /// Lets time pass, in which all nodes are kept alive but those that were killed.
    pub async fn pass(&mut self, time: Duration) -> Result<(), Stop> {
        let began = Instant::now();
        while began.elapsed() < time {
            self.keep_alive()?;
            sleep(LOOK_EVERY.min(time)).await;
        }
        Ok(())
    }

    /// No more faults: all lines are whole, and all nodes run and take connections.
    pub async fn calm(&mut self) -> Result<(), Stop> {
        for line in self.lines.iter().chain(&self.database_lines) {
            line.breaks(None);
            line.sever();
        }
        let mut all = Starting { folder: &self.folder, nodes: &mut self.nodes, restarts: &mut self.restarts };
        all.until_ready().await
    }

    /// Waits until no question waits in an outbox; whether that came.
    pub async fn until_quiet(&mut self, patience: Duration) -> Result<bool, Stop> {
        let began = Instant::now();
        while began.elapsed() < patience {
            self.keep_alive()?;
            if self.waiting().await.is_ok_and(|waiting| waiting == 0) {
                return Ok(true);
            }
            sleep(Duration::from_millis(100)).await;
        }
        Ok(false)
    }

    /// How many questions wait in the outboxes.
    async fn waiting(&self) -> Result<i64, store::Error> {
        let mut waiting = 0;
        for who in [Who::Treatment, Who::Insured] {
            let store = Store::open_url(&url(&self.socket(who)), 1).await?;
            waiting += outbox::count(&mut *store.conn().await?).await?;
            store.close().await;
        }
        Ok(waiting)
    }

    fn socket(&self, who: Who) -> PathBuf {
        match self.servers.get(who as usize) {
            Some(server) => server.socket(),
            None => self.node(who).data.join("postgres/socket"),
        }
    }

    /// Stops the nodes in order.
    pub fn stop_nodes(&mut self) {
        self.nodes.iter_mut().for_each(Node::stop);
    }

    /// The nodes over their databases at night, while the processes are stopped. The servers must outlive the night.
    pub async fn night(&self, rules: &Rulebook) -> Result<(Night, Vec<Embedded>), Stop> {
        let (mut servers, mut sides) = (Vec::new(), Vec::new());
        for node in &self.nodes {
            let store = if self.servers.is_empty() {
                let folder = node.data.join("postgres");
                let started =
                    tokio::task::spawn_blocking(move || Embedded::start(&folder, &Options::default())).await;
                let server = started.map_err(cannot)?.map_err(cannot)?;
                let options = server.connect_options(NAME);
                servers.push(server);
                Store::open(options, CONNECTIONS).await
            } else {
                Store::open_url(&url(&self.socket(node.who)), CONNECTIONS).await
            };
            let line = match node.who {
                Who::Treatment => Some(&self.lines[0]),
                Who::Hub => None,
                Who::Insured => Some(&self.lines[2]),
            };
            sides.push(Side { store: store.map_err(cannot)?, key: node.key.clone(), line });
        }
        let [treatment, hub, insured] =
            <[Side<'_>; 3]>::try_from(sides).unwrap_or_else(|_| unreachable!("three nodes"));
        let provinces = [(treatment_province(), treatment), (insured_province(), insured)];
        let night = Night::begin(hub, provinces.into_iter().collect(), rules).await.map_err(trouble)?;
        Ok((night, servers))
    }

    /// Makes a node, which is dead, a new data folder of a backup. That of before stays.
    pub async fn restore(&mut self, who: Who, backup: &Path, of_files: bool) -> Result<(), Stop> {
        let node = &mut self.nodes[who as usize];
        let new = self.folder.join(format!("{}-{}", who.name(), node.starts));
        let shown = [backup, &new, &archive(&self.folder, who)].map(|path| path.display().to_string());
        let mut arguments = vec!["restore", "--from", &shown[0], "--data", &shown[1]];
        if of_files {
            arguments.extend(["--archive", &shown[2]]);
        }
        program(&arguments).await?;
        node.data = new;
        Ok(())
    }

    /// Backs a node up while it runs.
    pub async fn back_up(&self, who: Who, backup: &Path, of_files: bool) -> Result<(), Stop> {
        let shown = [&self.node(who).data, backup].map(|path| path.display().to_string());
        let mut arguments = vec!["backup", "--data", &shown[0], "--to", &shown[1]];
        arguments.extend(of_files.then_some("--files"));
        program(&arguments).await
    }

    /// Where data and logs are, for whoever looks for a cause.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Nodes of which some may not take connections yet.
struct Starting<'a> {
    folder: &'a Path,
    nodes: &'a mut [Node; 3],
    restarts: &'a mut u64,
}

impl Starting<'_> {
    async fn until_ready(&mut self) -> Result<(), Stop> {
        let began = Instant::now();
        for node in self.nodes.iter_mut() {
            while tokio::net::TcpStream::connect(node.address).await.is_err() {
                if node.has_ended()? {
                    *self.restarts += 1;
                    node.start(self.folder)?;
                }
                if began.elapsed() > START_PATIENCE {
                    let log = fs::read_to_string(node.log(self.folder)).unwrap_or_default();
                    return Err(cannot(format!("{}未能启动 (it did not start):\n{log}", node.who.chinese())));
                }
                sleep(LOOK_EVERY).await;
            }
        }
        Ok(())
    }
}

impl Node {
    fn new(who: Who, folder: &Path) -> Result<Self, Stop> {
        let key = key::load_or_make((&folder.join(format!("{}.key", who.name())), true))?;
        let address = free_address().map_err(cannot)?;
        let data = folder.join(who.name());
        Ok(Self {
            who,
            address,
            data,
            key,
            arguments: Vec::new(),
            child: None,
            starts: 0,
            started: Instant::now(),
        })
    }

    fn start(&mut self, folder: &Path) -> Result<(), Stop> {
        self.starts += 1;
        self.started = Instant::now();
        let options = [
            format!("--listen={}", self.address),
            format!("--data={}", self.data.display()),
            format!("--key-file={}", folder.join(format!("{}.key", self.who.name())).display()),
            format!("--connections={CONNECTIONS}"),
        ];
        self.child = Some(child(self.arguments.iter().cloned().chain(options), &self.log(folder))?);
        Ok(())
    }

    fn log(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.{}.log", self.who.name(), self.starts))
    }

    fn kill(&mut self) -> Result<(), Stop> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill().and_then(|()| child.wait()).map(drop).map_err(cannot)
    }

    /// Whether it ended by itself, and is to be started again: not all the time, if it cannot start.
    fn has_ended(&mut self) -> Result<bool, Stop> {
        let Some(child) = &mut self.child else { return Ok(false) };
        Ok(child.try_wait().map_err(cannot)?.is_some() && self.started.elapsed() > RESTART_PAUSE)
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            end(&mut child);
        }
    }

    /// `kill -9` of its private PostgreSQL alone; whether there was one.
    pub fn kill_database(&self) -> bool {
        let pid = postmaster(&self.data.join("postgres/data")).and_then(Pid::from_raw);
        pid.is_some_and(|pid| rustix::process::kill_process(pid, Signal::KILL).is_ok())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A small disk in memory.
pub struct Disk {
    at: PathBuf,
}

impl Disk {
    fn mount(at: &Path, megabytes: u32) -> Result<Self, Stop> {
        fs::create_dir_all(at).map_err(cannot)?;
        let size = format!("size={megabytes}m,mode=0755");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).stdin(Stdio::null());
        let ended = mount.output().map_err(cannot)?;
        if ended.status.success() {
            return Ok(Self { at: at.to_owned() });
        }
        Err(Stop::Refused(String::from_utf8_lossy(&ended.stderr).trim().to_owned()))
    }

    /// Whether this user may mount one at all; why not.
    pub fn may_be_mounted(folder: &Path) -> Result<(), String> {
        match Self::mount(&folder.join("disk"), 1) {
            Ok(_) => Ok(()),
            Err(stop) => Err(format!("不能挂载内存盘（须root）：{}", stop.message())),
        }
    }

    /// Fills it to the last byte.
    pub fn fill(&self) -> Result<(), Stop> {
        let mut file = fs::File::create(self.filler()).map_err(cannot)?;
        let piece = vec![1; 64 << 10];
        for length in [piece.len(), 4_096, 1] {
            while std::io::Write::write_all(&mut file, &piece[..length]).is_ok() {}
        }
        Ok(())
    }

    /// Makes room again.
    pub fn empty(&self) -> Result<(), Stop> {
        fs::remove_file(self.filler()).map_err(cannot)
    }

    fn filler(&self) -> PathBuf {
        self.at.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whoever still works there is about to end.
        let _ = Command::new("umount").arg("-l").arg(&self.at).stdin(Stdio::null()).output();
    }
}

fn socket_of(server: &Server) -> Target {
    Target::Unix(server.socket().join(".s.PGSQL.5432"))
}

fn archive(folder: &Path, who: Who) -> PathBuf {
    folder.join(format!("{}-archive", who.name()))
}

/// The address of a database by the folder of its socket.
fn url(socket: &Path) -> String {
    format!("postgres:///{NAME}?host={}&port=5432&user=yidi&sslmode=disable", socket.display())
}

/// Runs this program, which must end well.
async fn program(arguments: &[&str]) -> Result<(), Stop> {
    let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
    let program = env::current_exe().map_err(cannot)?;
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(program).args(arguments).stdin(Stdio::null()).output()
    });
    let ended = ran.await.map_err(cannot)?.map_err(cannot)?;
    if ended.status.success() {
        return Ok(());
    }
    Err(cannot(String::from_utf8_lossy(&ended.stderr)))
}
