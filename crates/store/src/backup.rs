//! A backup of a node's private database, taken while it runs, and a new database made of one.
//!
//! A backup is a folder: `database.dump`, which `pg_dump` wrote, and `manifest.json`, written last, so that a folder without one is no
//! backup. What the manifest says of the rows of every table was counted in the same snapshot as the dump, however much is
//! settled meanwhile; a restored database must have the same counts, or it is thrown away.

use crate::{
    census,
    embedded::{Embedded, EmbeddedError, Options, Tools},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection, Executor};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fmt::Write as _,
    fs::{self, File, Permissions},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use terms::Moment;

pub mod files;

const DUMP: &str = "database.dump";
const MANIFEST: &str = "manifest.json";

/// What a backup is of, and how to know it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The number of the participant whose database it is; 100000 is the hub.
    pub participant: i32,
    /// When it was taken: nothing later is in it.
    pub taken_at: Moment,
    /// The last migration of its schema.
    pub schema: i64,
    /// The major version of PostgreSQL that wrote it.
    pub postgres: u32,
    /// The length of the dump.
    pub bytes: u64,
    /// The SHA-256 of the dump, in hexadecimal.
    pub sha256: String,
    /// How many rows each table has.
    pub rows: BTreeMap<String, i64>,
}

impl Manifest {
    /// Reads what a backup says of itself.
    pub fn read(backup: &Path) -> Result<Self, Error> {
        let path = backup.join(MANIFEST);
        let text = fs::read(&path).map_err(|_| Error::NoBackup { path: backup.to_owned() })?;
        serde_json::from_slice(&text).map_err(|_| Error::NoBackup { path: backup.to_owned() })
    }

    /// The rows of all tables.
    pub fn rows_in_all(&self) -> i64 {
        self.rows.values().sum()
    }
}

/// Why there is no backup, or no database of one. Written for the operator, with what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody runs the database.
    #[error("{} 中没有正在运行的数据库：请在节点运行时备份，并核对 --data (no database runs there)", folder.display())]
    NotRunning {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// There is something already.
    #[error("{} 不是空目录，不会覆盖：请另选目录 (not an empty folder: nothing is written over)", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Not a backup, or one that did not come to its end.
    #[error("{} 不是完整的备份：没有可读的 manifest.json (not a whole backup)", path.display())]
    NoBackup {
        /// The folder.
        path: PathBuf,
    },
    /// The dump is not the one that was written.
    #[error(
        "备份文件与校验值不符，已损坏或被改动：请改用另一份备份 (the dump is not what was written: use another backup)"
    )]
    Altered,
    /// What was restored is not what was backed up.
    #[error(
        "恢复后{table}有{found}行，备份时有{expected}行，已放弃恢复 (rows differ: the restored database was thrown away)"
    )]
    OtherRows {
        /// The first table that differs.
        table: String,
        /// Rows at the time of the backup.
        expected: i64,
        /// Rows that came back.
        found: i64,
    },
    /// The server keeps no archive of its journal.
    #[error(
        "节点没有归档日志，不能按时刻恢复：请以 --archive 启动节点后再做 --files 备份 (the node keeps no archive)"
    )]
    NoArchive,
    /// The moment is before the backup.
    #[error("所要时刻早于备份完成的时间{taken_at}：请改用更早的备份 (the moment is before the backup)")]
    TooEarly {
        /// When the backup was complete.
        taken_at: Moment,
    },
    /// The journal does not go on to the moment.
    #[error(
        "归档日志不到所要的时刻或不完整，已放弃恢复：请核对 --archive，或不填 --until 恢复到日志末尾 (the journal does not reach it)"
    )]
    NotReached,
    /// One of PostgreSQL's tools ended badly.
    #[error("{tool} 失败：{said} (it failed)")]
    Failed {
        /// Which.
        tool: &'static str,
        /// What it said.
        said: String,
    },
    /// The file system refused.
    #[error("{} 无法读写：{source}，请检查磁盘空间和权限 (check space and rights)", path.display())]
    Io {
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database refused.
    #[error(transparent)]
    Store(#[from] crate::Error),
    /// The private server refused.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

fn on(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { path: path.to_owned(), source }
}

/// Backs up a database of the private server that runs in `server`, into a folder that is empty or not there yet. Settlements go
/// on meanwhile; what is saved after this has begun may or may not be in it, but each whole or not at all.
pub async fn take(server: &Path, database: &str, into: &Path, now: Moment) -> Result<Manifest, Error> {
    let tools = Tools::of_running(server)?;
    let tools = tools.ok_or_else(|| Error::NotRunning { folder: server.to_owned() })?;
    let into = empty_folder(into)?;
    fs::set_permissions(&into, Permissions::from_mode(0o700)).map_err(on(&into))?;
    let dump = into.join(DUMP);

    let mut conn = tools.connect_options(database).connect().await?;
    conn.execute("begin transaction isolation level repeatable read, read only").await?;
    let snapshot: String = sqlx::query_scalar("select pg_export_snapshot()").fetch_one(&mut conn).await?;
    let participant = sqlx::query_scalar("select participant from node").fetch_one(&mut conn).await?;
    let schema = sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&mut conn).await?;
    let rows = census::row_counts(&mut conn).await?;
    // The snapshot lives as long as this transaction, which waits meanwhile.
    let snapshot = format!("--snapshot={snapshot}");
    let arguments =
        [OsStr::new("--format=custom"), OsStr::new(&snapshot), OsStr::new("--file"), dump.as_os_str()];
    let ended = tools.run("pg_dump", database, &arguments).map_err(on(&dump))?;
    ended.map_err(|said| Error::Failed { tool: "pg_dump", said })?;
    conn.execute("rollback").await?;
    conn.close().await?;

    let (bytes, sha256) = checksum(&dump)?;
    let manifest =
        Manifest { participant, taken_at: now, schema, postgres: tools.major(), bytes, sha256, rows };
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest is plain data");
    let path = into.join(MANIFEST);
    let written = File::open(&dump).and_then(|dump| dump.sync_all()).and_then(|()| {
        let mut file = File::create(&path)?;
        file.write_all(&text)?;
        file.sync_all()?;
        File::open(&into)?.sync_all()
    });
    written.map_err(on(&path))?;
    Ok(manifest)
}

/// Makes a private database of a backup, in a folder that is not there yet, and stops it again. Whatever goes wrong, nothing of it
/// is left.
pub async fn restore(backup: &Path, server: &Path, database: &str) -> Result<Manifest, Error> {
    let backup = fs::canonicalize(backup).map_err(on(backup))?;
    let manifest = Manifest::read(&backup)?;
    let dump = backup.join(DUMP);
    if checksum(&dump)? != (manifest.bytes, manifest.sha256.clone()) {
        return Err(Error::Altered);
    }
    let server = empty_folder(server)?;
    let done = fill(&manifest, &dump, &server, database).await;
    if done.is_err() {
        fs::remove_dir_all(&server).map_err(on(&server))?;
    }
    done.map(|()| manifest)
}

async fn fill(manifest: &Manifest, dump: &Path, folder: &Path, database: &str) -> Result<(), Error> {
    let server = Embedded::start(folder, &Options::default())?;
    server.create_database(database).await?;
    let tools = Tools::of(&server);
    let arguments = [OsStr::new("--exit-on-error"), OsStr::new("--no-owner"), dump.as_os_str()];
    let ended = tools.run("pg_restore", database, &arguments).map_err(on(dump))?;
    ended.map_err(|said| Error::Failed { tool: "pg_restore", said })?;
    let mut conn = tools.connect_options(database).connect().await?;
    // A dump has no statistics.
    conn.execute("analyze").await?;
    let rows = census::row_counts(&mut conn).await?;
    conn.close().await?;
    for (table, &expected) in &manifest.rows {
        let found = rows.get(table).copied().unwrap_or(-1);
        if found != expected {
            return Err(Error::OtherRows { table: table.clone(), expected, found });
        }
    }
    server.stop();
    Ok(())
}

/// A folder with nothing in it, made if it is not there, without links in its path.
fn empty_folder(path: &Path) -> Result<PathBuf, Error> {
    fs::create_dir_all(path).map_err(on(path))?;
    let path = fs::canonicalize(path).map_err(on(path))?;
    if fs::read_dir(&path).map_err(on(&path))?.next().is_some() {
        return Err(Error::NotEmpty { path });
    }
    Ok(path)
}

/// The length of a file and its SHA-256.
fn checksum(path: &Path) -> Result<(u64, String), Error> {
    let mut file = File::open(path).map_err(on(path))?;
    let mut sum = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    let mut bytes = 0_u64;
    loop {
        let length = file.read(&mut piece).map_err(on(path))?;
        if length == 0 {
            break;
        }
        sum.update(&piece[..length]);
        bytes = bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    }
    let mut hex = String::new();
    for byte in sum.finalize() {
        write!(hex, "{byte:02x}").expect("a string takes any text");
    }
    Ok((bytes, hex))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, outbox};
    use terms::{AdminDivision, Participant, PoolingArea};

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    async fn put(store: &Store, subjects: std::ops::Range<u32>) {
        let area = PoolingArea(AdminDivision::new(420_100).unwrap());
        for subject in subjects {
            let mut work = store.begin().await.unwrap();
            let (asked, at) = (outbox::Asked::InsuredPlace(area.province()), (now(), now()));
            outbox::put(&mut work, area, (&subject.to_string(), "settle"), asked, at).await.unwrap();
            work.save().await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_copy_of_the_files_comes_back_as_it_was_at_any_moment_since() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let [node, archive, backup] = ["node", "archive", "backup"].map(|name| folder.path().join(name));
        let second = Moment::from_millis(now().millis() + 1_000).unwrap();
        let options = Options { archive: Some(archive.clone()), ..Options::default() };
        let server = Embedded::start(&node, &options).unwrap();
        server.create_database("yidi").await.unwrap();
        let store = Store::open(server.connect_options("yidi"), 4).await.unwrap();
        store.prepare(Participant::Hub, now()).await.unwrap();
        put(&store, 0..10).await;
        // The moments of the journal are the server's own.
        let clock = async || {
            let mut conn = store.conn().await.unwrap();
            let millis = "select (extract(epoch from clock_timestamp()) * 1000)::bigint";
            Moment::from_millis(sqlx::query_scalar(millis).fetch_one(&mut *conn).await.unwrap()).unwrap()
        };
        let taken = clock().await;
        let manifest = files::take(&node, "yidi", &backup, || taken).await.unwrap();
        put(&store, 10..30).await;
        // Moments are named by the second.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        let between = clock().await;
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        put(&store, 30..60).await;
        store.close().await;
        server.stop();

        for (until, expected) in [(Some(between), 30), (None, 60)] {
            let made = folder.path().join(format!("made-{expected}"));
            assert_eq!(files::restore(&backup, &archive, &made, until).await.unwrap(), manifest);
            let restored = Embedded::start(&made, &Options::default()).unwrap();
            let copy = Store::open(restored.connect_options("yidi"), 2).await.unwrap();
            copy.prepare(Participant::Hub, now()).await.unwrap();
            assert_eq!(outbox::count(&mut copy.conn().await.unwrap()).await.unwrap(), expected);
            copy.close().await;
        }
        let too_early = files::restore(&backup, &archive, &folder.path().join("no"), Some(second)).await;
        assert!(matches!(too_early, Err(Error::TooEarly { .. })), "{too_early:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_backup_is_of_one_moment_and_comes_back_row_by_row_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL runs as another user for root, who must get there.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let [node, backup, other] = ["node", "backup", "other"].map(|name| folder.path().join(name));
        let nobody = take(&node, "yidi", &backup, now()).await.unwrap_err();
        assert!(matches!(nobody, Error::NotRunning { .. }), "{nobody}");

        let server = Embedded::start(&node, &Options::default()).unwrap();
        server.create_database("yidi").await.unwrap();
        let store = Store::open(server.connect_options("yidi"), 4).await.unwrap();
        store.prepare(Participant::Hub, now()).await.unwrap();
        put(&store, 0..50).await;
        // Others write while it is taken.
        let others = store.clone();
        let writing = tokio::spawn(async move { put(&others, 50..400).await });
        let manifest = take(&node, "yidi", &backup, now()).await.unwrap();
        writing.await.unwrap();
        let held = manifest.rows["outbox"];
        assert!((50..=400).contains(&held), "{held}");
        assert_eq!((manifest.participant, manifest.taken_at), (100_000, now()));
        let again = take(&node, "yidi", &backup, now()).await.unwrap_err();
        assert!(matches!(again, Error::NotEmpty { .. }), "{again}");

        assert_eq!(restore(&backup, &other, "yidi").await.unwrap(), manifest);
        let restored = Embedded::start(&other, &Options::default()).unwrap();
        let copy = Store::open(restored.connect_options("yidi"), 2).await.unwrap();
        copy.prepare(Participant::Hub, now()).await.unwrap();
        assert_eq!(outbox::count(&mut copy.conn().await.unwrap()).await.unwrap(), held);
        assert_eq!(outbox::count(&mut store.conn().await.unwrap()).await.unwrap(), 400);
        copy.close().await;
        let over = restore(&backup, &other, "yidi").await.unwrap_err();
        assert!(matches!(over, Error::NotEmpty { .. }), "{over}");

        let third = folder.path().join("third");
        let mut wrong = manifest.clone();
        wrong.rows.insert("outbox".to_owned(), held + 1);
        fs::write(backup.join(MANIFEST), serde_json::to_vec(&wrong).unwrap()).unwrap();
        let differs = restore(&backup, &third, "yidi").await.unwrap_err();
        assert!(matches!(differs, Error::OtherRows { .. }), "{differs}");
        assert!(!third.exists(), "nothing is left of it");
        let dump = backup.join(DUMP);
        let mut bytes = fs::read(&dump).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&dump, bytes).unwrap();
        let altered = restore(&backup, &third, "yidi").await.unwrap_err();
        assert!(matches!(altered, Error::Altered), "{altered}");
        fs::remove_file(backup.join(MANIFEST)).unwrap();
        let unfinished = restore(&backup, &third, "yidi").await.unwrap_err();
        assert!(matches!(unfinished, Error::NoBackup { .. }), "{unfinished}");
        store.close().await;
    }
}
