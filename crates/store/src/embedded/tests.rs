//! Stories of the private server, each with a real one.

use super::{fixture::TestCluster, *};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Names the folder to a process that this test program starts of itself, to be killed.
const OWNED_FOLDER: &str = "YIDI_TEST_OWNED_FOLDER";

fn new_folder() -> tempfile::TempDir {
    let folder =
        tempfile::Builder::new().prefix("yidi-embedded-").tempdir_in(fixture::quickest_folder()).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn start(folder: &Path) -> Embedded {
    try_start(folder, Options::default()).unwrap()
}

/// With the programs unpacked once for all tests.
fn try_start(folder: &Path, options: Options) -> Result<Embedded, EmbeddedError> {
    let unpack_into = Some(fixture::folder_of_this_user(&env::temp_dir()));
    Embedded::start(folder, &Options { unpack_into, ..options })
}

async fn execute(server: &Embedded, statement: &'static str) {
    let mut connection = server.connect_options("postgres").connect().await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn number(options: &PgConnectOptions, query: &'static str) -> i64 {
    let mut connection = options.connect().await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

/// Waits for what comes about by itself.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(20), "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the process runs; one that has ended and was not waited for has no program any more.
fn is_alive(pid: u32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok()
}

fn kill(pid: u32) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
}

#[tokio::test]
async fn data_are_kept_from_start_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data folder"); // on the disk, with everything as the program does it
    let start = || Embedded::start(&data, &Options::default()).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let began = Instant::now();
    let server = start();
    let first_start = began.elapsed();
    execute(&server, "CREATE TABLE kept (n bigint); INSERT INTO kept VALUES (42)").await;
    server.create_database("hub").await.unwrap();
    server.create_database("hub").await.expect("already so is no error");
    assert_eq!(number(&server.connect_options("hub"), "SELECT 1::bigint").await, 1);
    let began = Instant::now();
    server.stop();
    let stop = began.elapsed();

    let began = Instant::now();
    let server = start();
    let later_start = began.elapsed();
    assert_eq!(number(&server.connect_options("postgres"), "SELECT n FROM kept").await, 42);
    println!("first start {first_start:?}, stop {stop:?}, later start {later_start:?}");
}

#[tokio::test]
async fn what_the_server_promises() {
    let folder = new_folder();
    let server = try_start(folder.path(), Options::default().setting("max_connections", "17")).unwrap();
    let mut connection = server.connect_options("postgres").connect().await.unwrap();
    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("max_connections", "17"),
    ] {
        let found: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(found, value, "{setting}");
    }
    assert_eq!(fs::metadata(server.socket()).unwrap().permissions().mode() & 0o777, 0o700);
    // Texts are ordered by code point and Chinese text has letters, whatever the machine's own libraries say.
    let ordered: bool = sqlx::query_scalar("SELECT 'B' < 'a' AND '医' < '龄' AND '医保' ~ '^[[:alpha:]]+$'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(ordered);
    for program in ["postgres", "pg_dump", "pg_restore", "psql"] {
        assert!(server.programs().join(program).exists(), "{program}");
    }
    for name in ["", "1a", "A", "a-b", "a\"; DROP", "数据库"] {
        let refused = server.create_database(name).await;
        assert!(matches!(refused, Err(EmbeddedError::NotADatabaseName { .. })), "{name}");
    }
}

#[test]
fn a_second_owner_is_refused() {
    let folder = new_folder();
    let server = start(folder.path());
    let refused = try_start(folder.path(), Options::default()).unwrap_err().to_string();
    let expected = format!("正由进程 {} 使用", std::process::id());
    assert!(refused.contains(&expected), "{refused}");
    server.stop();
    start(folder.path());
}

#[test]
fn data_of_another_version_are_refused() {
    let folder = new_folder();
    start(folder.path()).stop();
    let version = folder.path().join("data/PG_VERSION");
    fs::write(&version, "9\n").unwrap();
    let refused = try_start(folder.path(), Options::default()).unwrap_err().to_string();
    assert!(refused.contains("由 PostgreSQL 9 写成") && refused.contains("pg_dump"), "{refused}");
}

#[test]
fn root_is_told_which_folder_is_closed_to_the_database() {
    if !rustix::process::geteuid().is_root() {
        return; // everybody else runs the database as themselves
    }
    let home = new_folder();
    let closed = home.path().join("root");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let refused = try_start(&closed.join("yidi"), Options::default()).unwrap_err().to_string();
    assert!(refused.contains(&format!("无法进入 {}", closed.display())), "{refused}");
}

#[test]
fn a_server_that_cannot_start_says_why_and_is_not_tried_for_ever() {
    let folder = new_folder();
    let options = Options::default().setting("shared_buffers", "a lot");
    let refused = try_start(folder.path(), options).unwrap_err().to_string();
    assert!(refused.contains("invalid value for parameter \"shared_buffers\""), "{refused}");
    start(folder.path());
}

#[test]
fn a_folder_with_a_very_long_name_will_do() {
    let folder = new_folder();
    let long = folder.path().join("名".repeat(30)).join("x".repeat(60));
    let server = start(&long);
    assert!(!server.socket().starts_with(&long));
}

#[tokio::test]
async fn a_killed_server_comes_back_with_all_that_was_committed() {
    let folder = new_folder();
    let server = start(folder.path());
    execute(&server, "CREATE TABLE kept (n bigint); INSERT INTO kept SELECT generate_series(1, 1000)").await;
    let killed = server.pid().unwrap();
    kill(killed);
    eventually("another server", async || server.pid().is_some_and(|pid| pid != killed)).await;
    let options = server.connect_options("postgres");
    eventually("connections", async || options.connect().await.is_ok()).await;
    assert_eq!(number(&options, "SELECT count(*) FROM kept").await, 1000);
    server.stop();
    let server = start(folder.path());
    assert_eq!(number(&server.connect_options("postgres"), "SELECT sum(n)::bigint FROM kept").await, 500_500);
}

#[tokio::test]
async fn the_server_of_a_killed_owner_ends_and_all_that_was_committed_is_there() {
    let folder = new_folder();
    let (mut owner, server_pid) = start_in_another_process(folder.path());
    let refused = try_start(folder.path(), Options::default()).unwrap_err().to_string();
    assert!(refused.contains(&format!("正由进程 {} 使用", owner.id())), "{refused}");
    kill(owner.id());
    owner.wait().unwrap();

    let began = Instant::now();
    let server = start(folder.path());
    println!("start after the owner was killed {:?}", began.elapsed());
    assert!(!is_alive(server_pid), "the server outlived its owner");
    assert_eq!(number(&server.connect_options("postgres"), "SELECT count(*) FROM kept").await, 1000);
}

#[tokio::test]
async fn killed_with_its_owner_or_left_alone_the_server_is_cleared_away() {
    let folder = new_folder();
    let (mut owner, server_pid) = start_in_another_process(folder.path());
    // A stopped process hears of nothing but a kill: so stands a server whose disk hangs.
    kill_process(Pid::from_raw(server_pid.try_into().unwrap()).unwrap(), Signal::STOP).unwrap();
    kill(owner.id());
    owner.wait().unwrap();
    let server = start(folder.path());
    assert!(!is_alive(server_pid), "the server outlived its owner");
    assert_eq!(number(&server.connect_options("postgres"), "SELECT count(*) FROM kept").await, 1000);
    server.stop();

    // The number of a server that is gone may have been given to somebody else since.
    let stale = format!("{}\n{}\n1\n5432\n\n\n", std::process::id(), folder.path().join("data").display());
    fs::write(folder.path().join("data/postmaster.pid"), stale).unwrap();
    start(folder.path());
}

/// Starts this very program again as the owner of a folder, to be killed; answers when a thousand rows are committed.
fn start_in_another_process(folder: &Path) -> (Child, u32) {
    let mut owner = Command::new(env::current_exe().unwrap())
        .args(["--exact", "embedded::tests::owner_to_be_killed", "--ignored", "--nocapture"])
        .env(OWNED_FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let server = lines.map(Result::unwrap).find_map(|line| line.split("server ").nth(1)?.parse().ok());
    (owner, server.expect("the owner names its server"))
}

#[tokio::test]
#[ignore = "the other tests start it in a process of its own and kill it"]
async fn owner_to_be_killed() {
    let Some(folder) = env::var_os(OWNED_FOLDER) else { return };
    let server = start(folder.as_ref());
    execute(&server, "CREATE TABLE kept (n bigint); INSERT INTO kept SELECT generate_series(1, 1000)").await;
    println!("\nserver {}", server.pid().unwrap());
    thread::sleep(Duration::from_mins(1));
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let cluster = TestCluster::shared();
    let now = "2026-11-21 08:00:00".parse().unwrap();
    let one = cluster.fresh_database(now).await;
    let began = Instant::now();
    let other = cluster.fresh_database(now).await;
    println!("a database of its own {:?}", began.elapsed());
    let mut connection = one.options.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE own (n bigint)").execute(&mut connection).await.unwrap();
    let tables = "SELECT count(*) FROM pg_class WHERE relname = 'own'";
    assert_eq!((number(&one.options, tables).await, number(&other.options, tables).await), (1, 0));
}
