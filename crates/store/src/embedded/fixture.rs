//! For tests: a database of its own for every test, on one server per test process.
//!
//! ```no_run
//! # async fn example(now: terms::Moment) {
//! use store::embedded::fixture::TestCluster;
//! let store = TestCluster::shared().fresh_store(now).await;
//! let mut work = store.begin().await.unwrap();
//! # }
//! ```
//!
//! The server is private to the process, in the machine's memory or its folder for temporary files, and goes with the process; with
//! `YIDI_TEST_DATABASE_URL` the databases are created on that server instead, whose user must be allowed to create some. What a
//! killed test leaves behind is removed by the next one. Trouble here panics: a test that cannot have its database has failed.

use super::{Embedded, Options, create_database, folder};
use crate::Store;
use rustix::fs::Access;
use sqlx::{AssertSqlSafe, ConnectOptions, postgres::PgConnectOptions};
use std::{
    collections::BTreeMap,
    env, fs,
    io::ErrorKind,
    os::unix::{fs::DirBuilderExt, fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};
use terms::{Moment, Month};
use tokio::sync::OnceCell;

/// Of a store's pool: a use case, a worker, and one to look from outside.
const CONNECTIONS: u32 = 4;

/// The server on which this process's tests have their databases.
#[derive(Debug)]
pub struct TestCluster {
    server: Server,
    /// The migrated database without any month, of which the others are copies, once it is there.
    tables: OnceCell<String>,
    /// By the month that its partitions are around: the database that those of tests are copies of, once it is there.
    templates: Mutex<BTreeMap<Month, Arc<OnceCell<String>>>>,
    given: AtomicU32,
}

#[derive(Debug)]
enum Server {
    Private(Embedded),
    Named(Box<PgConnectOptions>),
}

/// A database that no other test knows of.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    /// How to connect to it.
    pub options: PgConnectOptions,
    /// Its name on the server.
    pub name: String,
}

impl TestDatabase {
    /// Its address, for a program that is told where its database is.
    pub fn url(&self) -> String {
        self.options.to_url_lossy().to_string()
    }
}

impl TestCluster {
    /// The cluster of this process, started by the first call, which blocks for some tenths of a second.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<TestCluster> = LazyLock::new(|| TestCluster {
            server: Server::start(),
            tables: OnceCell::new(),
            templates: Mutex::default(),
            given: AtomicU32::new(0),
        });
        &SHARED
    }

    /// A database of its own with all tables, and the months around `now`, opened.
    ///
    /// # Panics
    ///
    /// When the database cannot be had: the test has failed.
    pub async fn fresh_store(&self, now: Moment) -> Store {
        let options = self.fresh_database(now).await.options;
        Store::open(options, CONNECTIONS)
            .await
            .unwrap_or_else(|why| panic!("a test database does not open: {why}"))
    }

    /// A database of its own with all tables, and the months around `now`: a copy of one that is migrated once a process. May be
    /// called from any runtime.
    ///
    /// # Panics
    ///
    /// When the database cannot be had: the test has failed.
    pub async fn fresh_database(&self, now: Moment) -> TestDatabase {
        let template = self.template(now.day().month());
        let template = template.get_or_init(async || {
            let template = self.create(Some(self.tables().await)).await;
            let store = Store::open(template.options, 1).await.expect("the template takes connections");
            store.make_months(now).await.unwrap_or_else(|why| panic!("the template gets no months: {why}"));
            store.close().await; // a database that is in use cannot be copied
            template.name
        });
        self.create(Some(template.await)).await
    }

    /// The migrated database without any month. Migrations take longer than most tests; months are made in no time.
    async fn tables(&self) -> &str {
        let made = self.tables.get_or_init(async || {
            self.sweep_named_server().await;
            let made = self.create(None).await;
            let store = Store::open(made.options, 1).await.expect("the template takes connections");
            let migrated = crate::migration::bring_up_to_date(&store.pool).await;
            migrated.unwrap_or_else(|why| panic!("the template cannot be migrated: {why}"));
            store.close().await;
            made.name
        });
        made.await
    }

    /// A new database without tables.
    pub async fn empty_database(&self) -> TestDatabase {
        self.create(None).await
    }

    fn template(&self, month: Month) -> Arc<OnceCell<String>> {
        let mut templates = self.templates.lock().expect("no holder of the templates panics");
        Arc::clone(templates.entry(month).or_default())
    }

    async fn create(&self, template: Option<&str>) -> TestDatabase {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}_{}_{number}", databases_of_this_machine(), process::id());
        let created = create_database(&self.server.options("postgres"), &name, template).await;
        created.unwrap_or_else(|why| panic!("a test database cannot be created: {why}"));
        TestDatabase { options: self.server.options(&name), name }
    }

    /// On a server that outlives the tests, removes the databases of tests of this machine that have ended.
    async fn sweep_named_server(&self) {
        let Server::Named(options) = &self.server else { return };
        let Ok(mut connection) = options.connect().await else { return };
        let ours = databases_of_this_machine();
        let names =
            sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1)");
        let names: Vec<String> = names.bind(&ours).fetch_all(&mut connection).await.unwrap_or_default();
        for name in names {
            let pid = name[ours.len()..].split('_').nth(1).and_then(|pid| pid.parse().ok());
            if pid.is_some_and(|pid| !is_alive(pid)) {
                let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
                let _ = sqlx::raw_sql(drop).execute(&mut connection).await; // another test may be sweeping, too
            }
        }
    }
}

impl Server {
    fn start() -> Self {
        if let Ok(url) = env::var("YIDI_TEST_DATABASE_URL") {
            return Self::Named(Box::new(
                url.parse().expect("YIDI_TEST_DATABASE_URL is the URL of a PostgreSQL"),
            ));
        }
        let clusters = folder_of_this_user(&quickest_folder());
        sweep(&clusters);
        let folder = clusters.join(process::id().to_string());
        let programs = folder_of_this_user(&env::temp_dir());
        let options = Options { durable: false, unpack_into: Some(programs), ..Options::default() }
            .setting("max_connections", "300")
            .setting("autovacuum", "off");
        let server = Embedded::start(&folder, &options).unwrap_or_else(|why| panic!("{why}"));
        remove_when_this_process_ends(&folder);
        Self::Private(server)
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        match self {
            Self::Private(server) => server.connect_options(database),
            Self::Named(options) => options.as_ref().clone().database(database),
        }
    }
}

/// Memory where there is plenty of it, because a database is some three hundred files; else the folder for temporary files.
pub(super) fn quickest_folder() -> PathBuf {
    const PLENTY_BYTES: u64 = 4 << 30;
    let memory = Path::new("/dev/shm");
    let is_plenty =
        rustix::fs::statvfs(memory).is_ok_and(|found| found.f_bavail * found.f_frsize > PLENTY_BYTES);
    if is_plenty && rustix::fs::access(memory, Access::WRITE_OK).is_ok() {
        memory.to_owned()
    } else {
        env::temp_dir()
    }
}

/// The folder of all tests of this user, below another one that all users share.
pub(super) fn folder_of_this_user(shared: &Path) -> PathBuf {
    let user = rustix::process::geteuid().as_raw();
    let base = shared.join(format!("yidi-test-{user}"));
    match fs::DirBuilder::new().mode(0o755).create(&base) {
        Err(why) if why.kind() != ErrorKind::AlreadyExists => {
            panic!("{} cannot be created: {why}", base.display())
        }
        _ => {}
    }
    let found = fs::symlink_metadata(&base).expect("the folder has just been created");
    assert!(found.is_dir() && found.uid() == user, "{} belongs to somebody else: remove it", base.display());
    base
}

/// Removes the clusters of processes that have ended.
fn sweep(base: &Path) {
    for cluster in fs::read_dir(base).into_iter().flatten().flatten() {
        let pid = cluster.file_name().to_str().and_then(|name| name.parse().ok());
        if pid.is_some_and(|pid| !is_alive(pid)) && !folder::is_held(&cluster.path()) {
            let _ = fs::remove_dir_all(cluster.path()); // the process's own cleaner may be at it
        }
    }
}

/// A value of a static is never dropped, so somebody else has to clean up: a shell that notices the end of this process, however it
/// ends, by the end of the pipe between them.
fn remove_when_this_process_ends(folder: &Path) {
    const WAIT_THEN_REMOVE: &str =
        "read -r _; for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- \"$0\" 2>/dev/null && exit; sleep 0.2; done";
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(WAIT_THEN_REMOVE).arg(folder).process_group(0).current_dir("/");
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Ok(cleaner) = shell.spawn() {
        std::mem::forget(cleaner.stdin); // the end of the pipe stays open until the process ends
    }
}

/// What the names of this machine's test databases begin with, until its next start.
fn databases_of_this_machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    format!("yidi_test_{}", boot.chars().filter(char::is_ascii_hexdigit).take(8).collect::<String>())
}

fn is_alive(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}
