//! What is done to the land while cashiers work, and what is looked at afterwards.

use super::{
    Arguments, Row, cannot,
    land::{Disk, Land, Plan, Who},
    report,
    server::{Server, postmaster},
    trouble,
};
use crate::{say, stop::Stop};
use clap::ValueEnum;
use country::{
    Rulebook,
    chaos::{Breaks, Cashiers, Journal, judge},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use store::embedded::standby;
use tokio::time::sleep;

/// A kind of bad luck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// kill -9 每个平台和每个数据库 (nodes and databases are killed)
    Kill,
    /// 在报文中途断开每条线路，含平台与数据库之间 (every line is cut in the middle of messages)
    Cut,
    /// 写满平台的磁盘，随后腾出空间 (disks fill up)
    Disk,
    /// 数据库快速和立即重启 (databases are restarted, fast and at once)
    Database,
    /// 主库被杀，同步备库接替 (a standby takes the place of a killed primary)
    Failover,
    /// 国家平台停机，期间照常结算，随后由待发队列补齐 (the hub is down for long)
    HubDown,
    /// 参保地丢失数据，从备份恢复 (the insured place is restored from a backup)
    RestoreInsured,
    /// 国家平台丢失数据，从备份恢复 (the hub is restored from a backup)
    RestoreHub,
    /// 就医地丢失数据，从备份恢复 (the treatment place is restored from a backup)
    RestoreTreatment,
}

/// How long cashiers wait for their last answers, and outboxes for theirs.
const PATIENCE: Duration = Duration::from_mins(3);
/// Settlements of an hour in a province on average: about 250 million a year, over 31 provinces.
const MEAN_OF_AN_HOUR: u64 = 920;
/// How long a hub may be away until everybody has asked, at most.
const OUTAGE_PATIENCE: Duration = Duration::from_mins(30);
/// How many whole stays a second are settled at most: so many guests wait.
const GUESTS_PER_SECOND: u64 = 60;
/// Megabytes of a small disk: a node's programs, its empty database and some thousands of settlements.
const DISK_MEGABYTES: u32 = 768;

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Kill,
        Self::Cut,
        Self::Disk,
        Self::Database,
        Self::Failover,
        Self::HubDown,
        Self::RestoreInsured,
        Self::RestoreHub,
        Self::RestoreTreatment,
    ];

    /// As it is named on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Cut => "cut",
            Self::Disk => "disk",
            Self::Database => "database",
            Self::Failover => "failover",
            Self::HubDown => "hub-down",
            Self::RestoreInsured => "restore-insured",
            Self::RestoreHub => "restore-hub",
            Self::RestoreTreatment => "restore-treatment",
        }
    }

    /// For people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Kill => "逐个 kill -9 三个平台和它们的数据库",
            Self::Cut => "各条线路（含平台与数据库之间）在报文中途断开",
            Self::Disk => "写满平台的磁盘，随后腾出空间",
            Self::Database => "数据库在负载下快速重启和立即重启",
            Self::Failover => "杀掉主库，由同步备库接替",
            Self::HubDown => "国家平台停机，期间医院照常申请结算",
            Self::RestoreInsured => "参保地丢失数据，从备份恢复",
            Self::RestoreHub => "国家平台丢失数据，从备份恢复",
            Self::RestoreTreatment => "就医地丢失数据，从备份恢复",
        }
    }

    const fn has_servers(self) -> bool {
        matches!(self, Self::Cut | Self::Database | Self::Failover)
    }
}

/// How many faults there were, by kind.
#[derive(Default)]
struct Faults(BTreeMap<String, u64>);

impl Faults {
    fn count(&mut self, kind: impl Into<String>) {
        self.add(kind, 1);
    }

    fn add(&mut self, kind: impl Into<String>, times: u64) {
        *self.0.entry(kind.into()).or_default() += times;
    }
}

/// Plays a scenario in a land of its own; why not, where this machine has not what it needs.
pub async fn play(
    scenario: Scenario,
    arguments: &Arguments,
    rules: &Rulebook,
) -> Result<Result<Row, String>, Stop> {
    let folder = Folder::new(arguments.folder.as_deref(), scenario)?;
    if scenario == Scenario::Disk
        && let Err(why) = Disk::may_be_mounted(&folder.path)
    {
        return Ok(Err(why));
    }
    let plan = Plan {
        folder: &folder.path,
        servers: scenario.has_servers(),
        archives: matches!(scenario, Scenario::RestoreInsured | Scenario::RestoreTreatment),
        disks: (scenario == Scenario::Disk).then_some(DISK_MEGABYTES),
        seed: arguments.seed,
    };
    let mut land = Land::start(&plan, rules).await?;
    let guests = if scenario == Scenario::HubDown {
        arguments.outage_settlements
    } else {
        arguments.seconds * GUESTS_PER_SECOND + 200
    };
    let guests = usize::try_from(guests).unwrap_or(usize::MAX);
    let guests = land.ground.guests(guests).await.map_err(trouble)?;
    let cashiers = usize::from(arguments.cashiers);
    let begun = if scenario == Scenario::HubDown {
        let (discharged, wrong) = Cashiers::discharge(guests, cashiers, OUTAGE_PATIENCE).await;
        if let Some(why) = wrong.not_begun.first() {
            return Err(cannot(format!("住院未能办理 (a stay could not be prepared)：{why}")));
        }
        land.ground.leave().await;
        land.kill(Who::Hub)?;
        Cashiers::begin_asking(discharged, cashiers, arguments.seed)
    } else {
        land.ground.leave().await;
        Cashiers::begin(guests, cashiers, arguments.seed)
    };
    let began = Instant::now();
    let mut trial = Trial {
        land: &mut land,
        folder: &folder.path,
        dice: StdRng::seed_from_u64(arguments.seed),
        faults: Faults::default(),
        lasts: Duration::from_secs(arguments.seconds),
        heard: &|| begun.heard(),
        outage_settlements: arguments.outage_settlements,
    };
    trial.inject(scenario).await?;
    let faults = std::mem::take(&mut trial.faults);
    let (lasted, calm) = (began.elapsed(), Instant::now());
    land.calm().await?;
    let asked_meanwhile = begun.heard();
    let patience = patience(scenario, arguments);
    let journal = ended(&mut land, begun, patience).await?;
    let is_quiet = land.until_quiet(patience).await?;
    let caught_up = calm.elapsed();
    let mut row = conclude(scenario, &mut land, (&journal, is_quiet), rules).await?;
    row.lasted = lasted;
    row.caught_up = caught_up;
    row.faults = faults.0.values().sum();
    let mut what: Vec<String> = faults.0.iter().map(|(kind, times)| format!("{kind} {times}")).collect();
    if scenario == Scenario::HubDown {
        what.push(format!(
            "停机期间申请结算{asked_meanwhile}，为一省平均{}小时的量",
            report::tenths(asked_meanwhile * 10 / MEAN_OF_AN_HOUR)
        ));
        what.extend(journal.meanwhile.iter().map(|(kind, times)| format!("医院得到“{kind}”{times}")));
        what.push(format!("最久等{}毫秒", journal.longest.as_millis()));
    }
    if land.restarts > 0 {
        what.push(format!("自行退出后重启{}", land.restarts));
    }
    row.what = what.join("，") + &row.what;
    drop(land);
    folder.leave(row.verdict.failures.is_empty());
    Ok(Ok(row))
}

/// How long it may take until everybody is answered: longer the more there is to catch up.
fn patience(scenario: Scenario, arguments: &Arguments) -> Duration {
    match scenario {
        Scenario::HubDown => PATIENCE + Duration::from_millis(100 * arguments.outage_settlements),
        _ => PATIENCE,
    }
}

/// The cashiers end, while all nodes are kept alive.
async fn ended(land: &mut Land, cashiers: Cashiers, patience: Duration) -> Result<Journal, Stop> {
    let mut ending = std::pin::pin!(cashiers.end(patience));
    loop {
        tokio::select! {
            journal = &mut ending => return Ok(journal),
            kept = land.pass(Duration::from_millis(200)) => kept?,
        }
    }
}

/// The night comes; then the journal is compared with the books.
async fn conclude(
    scenario: Scenario,
    land: &mut Land,
    (journal, is_quiet): (&Journal, bool),
    rules: &Rulebook,
) -> Result<Row, Stop> {
    land.stop_nodes();
    let (night, _servers) = land.night(rules).await?;
    let reconciled = night.reconcile().await.map_err(trouble)?;
    // What a treatment place loses nobody else has: people must hear of all of it. Nothing else may be left to people.
    let is_left_to_people = scenario == Scenario::RestoreTreatment;
    let cases = if is_left_to_people { reconciled.cases } else { BTreeSet::new() };
    let mut verdict = judge(journal, &night.nodes, &cases).await.map_err(trouble)?;
    night.end().await;
    if !is_quiet {
        verdict.failures.insert(0, "故障停止后待发队列一直不空".to_owned());
    }
    if !is_left_to_people {
        verdict.failures.extend(reconciled.left.into_iter().take(20));
    }
    if let Some(why) = journal.not_begun.first() {
        say(&format!("  有{}次住院未能办到出院，第一次：{why}", journal.not_begun.len()));
    }
    if !verdict.failures.is_empty() {
        say(&format!("  数据和日志留在 (left in)：{}", land.folder().display()));
    }
    let asked = u64::try_from(journal.entries.len()).unwrap_or(u64::MAX);
    let sent_again = journal.sent_again;
    let (lasted, caught_up) = (Duration::ZERO, Duration::ZERO);
    let mut what = String::new();
    if reconciled.mended > 0 {
        let _ = write!(what, "，夜间对账补齐{}", reconciled.mended);
    }
    if !cases.is_empty() {
        let _ = write!(what, "，列为差异由人处理{}（其中收费员得到应答的{}）", cases.len(), verdict.cases);
    }
    Ok(Row { scenario, lasted, faults: 0, what, asked, sent_again, caught_up, verdict })
}

/// A scenario under way.
struct Trial<'a> {
    land: &'a mut Land,
    folder: &'a Path,
    dice: StdRng,
    faults: Faults,
    lasts: Duration,
    /// How many of those who ask once have heard something.
    heard: &'a dyn Fn() -> u64,
    outage_settlements: u64,
}

impl Trial<'_> {
    async fn inject(&mut self, scenario: Scenario) -> Result<(), Stop> {
        match scenario {
            Scenario::Kill => self.kill().await,
            Scenario::Cut => self.cut().await,
            Scenario::Disk => self.disk().await,
            Scenario::Database => self.database().await,
            Scenario::Failover => self.failover().await,
            Scenario::HubDown => self.hub_down().await,
            Scenario::RestoreInsured => self.restore(Who::Insured, true).await,
            Scenario::RestoreHub => self.restore(Who::Hub, false).await,
            Scenario::RestoreTreatment => self.restore(Who::Treatment, true).await,
        }
    }

    fn anybody(&mut self) -> Who {
        Who::ALL[self.dice.random_range(0..Who::ALL.len())]
    }

    /// Some time, of so many milliseconds.
    fn some(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.dice.random_range(least..most))
    }

    async fn kill(&mut self) -> Result<(), Stop> {
        let began = Instant::now();
        while began.elapsed() < self.lasts {
            let pause = self.some(500, 4_000);
            self.land.pass(pause).await?;
            let who = self.anybody();
            if self.dice.random_range(0..2) == 0 {
                self.land.kill(who)?;
                self.land.start_again(who)?;
                self.faults.count(format!("杀{}", who.chinese()));
            } else if self.land.node(who).kill_database() {
                self.faults.count(format!("杀{}数据库", who.chinese()));
            }
        }
        Ok(())
    }

    async fn cut(&mut self) -> Result<(), Stop> {
        let (messages, statements) =
            (Breaks { least: 40, most: 60_000 }, Breaks { least: 100, most: 400_000 });
        self.land.lines.iter().for_each(|line| line.breaks(Some(messages)));
        self.land.database_lines.iter().for_each(|line| line.breaks(Some(statements)));
        let began = Instant::now();
        while began.elapsed() < self.lasts {
            // Those that were whole before the faults began, and any that carry little, end so.
            let pause = self.some(200, 1_500);
            self.land.pass(pause).await?;
            let lines = &self.land.lines;
            let all: Vec<_> = lines.iter().chain(&self.land.database_lines).collect();
            all[self.dice.random_range(0..all.len())].sever();
        }
        let cuts = |lines: &[country::chaos::Cable]| lines.iter().map(country::chaos::Cable::cuts).sum();
        self.faults.add("断平台间线路", cuts(&self.land.lines));
        self.faults.add("断数据库线路", cuts(&self.land.database_lines));
        Ok(())
    }

    /// Each disk in turn is filled for a fourth of the time, with a twelfth between. While it is full, first the node's PostgreSQL
    /// is killed, which may not come back before there is room, and then the node.
    async fn disk(&mut self) -> Result<(), Stop> {
        for who in Who::ALL {
            self.land.pass(self.lasts / 12).await?;
            self.land.disk(who).fill()?;
            self.faults.count(format!("{}磁盘满", who.chinese()));
            self.land.pass(self.lasts / 12).await?;
            self.faults.add("其间杀数据库", u64::from(self.land.node(who).kill_database()));
            self.land.pass(self.lasts / 12).await?;
            self.land.kill(who)?;
            self.land.start_again(who)?;
            self.faults.count("其间杀平台");
            self.land.pass(self.lasts / 12).await?;
            self.land.disk(who).empty()?;
        }
        Ok(())
    }

    async fn database(&mut self) -> Result<(), Stop> {
        let began = Instant::now();
        while began.elapsed() < self.lasts {
            let pause = self.some(500, 3_000);
            self.land.pass(pause).await?;
            let who = self.anybody();
            if self.dice.random_range(0..2) == 0 {
                self.land.server(who).stop();
                self.faults.count("快速重启");
            } else {
                self.land.server(who).kill().await?;
                self.faults.count("立即重启");
            }
            let down = self.some(10, 1_000);
            self.land.pass(down).await?;
            self.land.server(who).start().await?;
        }
        Ok(())
    }

    /// Each node in turn: a standby is made and commits wait for it; the primary is killed, and the standby takes its place.
    async fn failover(&mut self) -> Result<(), Stop> {
        let began = Instant::now();
        for turn in 0_usize.. {
            if began.elapsed() >= self.lasts && turn > 0 {
                break;
            }
            let who = Who::ALL[turn % Who::ALL.len()];
            let primary = self.land.server(who).folder().to_owned();
            let folder = self.folder.join(format!("standby-{turn}"));
            standby::make(&primary, &folder).await.map_err(cannot)?;
            let mut follower = Server::new(folder.clone(), &[]);
            follower.start().await?;
            // The primary comes back waiting for it.
            self.land.server(who).stop();
            self.land.server(who).set("synchronous_standby_names=standby");
            self.land.server(who).start().await?;
            let since = Instant::now();
            while !standby::is_in_step(&primary).await.map_err(cannot)? {
                if since.elapsed() > PATIENCE {
                    return Err(cannot("备库没有跟上主库 (the standby does not follow)"));
                }
                self.land.pass(Duration::from_millis(50)).await?;
            }
            let pause = self.some(1_500, 3_000);
            self.land.pass(pause).await?;
            self.land.server(who).kill().await?;
            standby::promote(&folder).map_err(cannot)?;
            while !standby::is_primary(&folder) {
                if postmaster(&folder.join("data")).is_none() {
                    return Err(cannot("备库未能接替 (the standby is gone)"));
                }
                sleep(Duration::from_millis(10)).await;
            }
            drop(self.land.replace_server(who, follower));
            self.faults.count(format!("{}主备切换", who.chinese()));
            let pause = self.some(500, 1_500);
            self.land.pass(pause).await?;
        }
        Ok(())
    }

    /// The hub is dead already. It stays so for the time, and until everybody has asked and heard what can be said.
    async fn hub_down(&mut self) -> Result<(), Stop> {
        let began = Instant::now();
        let is_over = |heard: u64| heard >= self.outage_settlements || began.elapsed() >= OUTAGE_PATIENCE;
        while began.elapsed() < self.lasts || !is_over((self.heard)()) {
            self.land.pass(Duration::from_millis(100)).await?;
        }
        self.faults.count("国家平台停机");
        say(&format!("  停机期间申请结算{} (asked while the hub was down)", (self.heard)()));
        self.land.start_again(Who::Hub)
    }

    /// A backup is taken in the middle of things; what is settled after it is lost with the node's machine. Of files, it comes back
    /// with what the journal's archive holds.
    async fn restore(&mut self, who: Who, of_files: bool) -> Result<(), Stop> {
        let third = self.lasts / 3;
        self.land.pass(third).await?;
        let backup: PathBuf = self.folder.join("backup");
        self.land.back_up(who, &backup, of_files).await?;
        self.land.pass(third).await?;
        self.land.kill(who)?;
        self.land.restore(who, &backup, of_files).await?;
        self.land.start_again(who)?;
        let to = if of_files { "归档日志末尾" } else { "备份时" };
        self.faults.count(format!("{}恢复到{to}", who.chinese()));
        self.land.pass(third).await
    }
}

/// Where a scenario has its files.
struct Folder {
    path: PathBuf,
    is_temporary: bool,
}

impl Folder {
    /// PostgreSQL runs as another user for root, so it can be passed by all.
    fn new(wanted: Option<&Path>, scenario: Scenario) -> Result<Self, Stop> {
        let temporary = std::env::temp_dir().join(format!("yidi-chaos-{}", std::process::id()));
        let path = wanted.unwrap_or(&temporary).join(scenario.name());
        if path.exists() {
            return Err(cannot(format!("{}已存在，请另选 --folder (it exists)", path.display())));
        }
        fs::create_dir_all(&path).map_err(cannot)?;
        let path = fs::canonicalize(path).map_err(cannot)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(cannot)?;
        Ok(Self { path, is_temporary: wanted.is_none() })
    }

    /// What failed is left for whoever looks for the cause.
    fn leave(self, is_well: bool) {
        if self.is_temporary && is_well {
            // What cannot be removed is in the folder of temporary things.
            let _ = fs::remove_dir_all(&self.path);
            if let Some(parent) = self.path.parent() {
                let _ = fs::remove_dir(parent);
            }
        }
    }
}
