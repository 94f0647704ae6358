//! A backup that can be put back to any moment since: the files of the private server, and the journal (WAL) that it lays in an archive
//! as it writes it ([`Options::archive`]).
//!
//! A backup is a folder: `data/`, copied while the server writes, and `files.json`, written last. Alone it is worth nothing: with the
//! archive, the server goes through the journal from the backup on and stops at the moment that is named.

use super::{Error, empty_folder, on};
use crate::embedded::{Embedded, Options, Tools, standby};
use serde::{Deserialize, Serialize};
use sqlx::{ConnectOptions, Connection};
use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};
use terms::Moment;

const MANIFEST: &str = "files.json";

/// How long the server may be away while it goes through the journal: one that cannot get to the moment ends again and again.
const AWAY_MOST: Duration = Duration::from_secs(15);

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The number of the participant whose database it is; 100000 is the hub.
    pub participant: i32,
    /// When it was complete: it can be put back to any moment from here on.
    pub taken_at: Moment,
    /// The major version of PostgreSQL that wrote it.
    pub postgres: u32,
}

impl Manifest {
    /// Reads what a backup says of itself; `None` if it is not one of this kind.
    pub fn read(backup: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(backup.join(MANIFEST)).ok()?).ok()
    }
}

/// Backs up the files of the private server that runs in `server`, which lays its journal in an archive, into a folder that is
/// empty or not there yet. Settlements go on meanwhile. `now` tells the time when all is written.
pub async fn take(
    server: &Path,
    database: &str,
    into: &Path,
    now: impl Fn() -> Moment + Send,
) -> Result<Manifest, Error> {
    let tools = Tools::of_running(server)?;
    let tools = tools.ok_or_else(|| Error::NotRunning { folder: server.to_owned() })?;
    let mut conn = tools.connect_options(database).connect().await?;
    let mode: String =
        sqlx::query_scalar("select current_setting('archive_mode')").fetch_one(&mut conn).await?;
    if mode != "on" {
        return Err(Error::NoArchive);
    }
    let participant = sqlx::query_scalar("select participant from node").fetch_one(&mut conn).await?;
    conn.close().await?;
    let into = empty_folder(into)?;
    fs::set_permissions(&into, Permissions::from_mode(0o700)).map_err(on(&into))?;
    standby::copy_running(server, &into.join("data")).await?;
    let manifest = Manifest { participant, taken_at: now(), postgres: tools.major() };
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest is plain data");
    let path = into.join(MANIFEST);
    let written = File::open(&into).and_then(|folder| {
        rustix::fs::syncfs(&folder)?;
        let mut file = File::create(&path)?;
        file.write_all(&text)?;
        file.sync_all()?;
        folder.sync_all()
    });
    written.map_err(on(&path))?;
    Ok(manifest)
}

/// Makes a private database of a backup and an archive, in a folder that is not there yet, as it was at a moment, or at the end
/// of the archive if none is named; and stops it again. Whatever goes wrong, nothing of it is left.
pub async fn restore(
    backup: &Path,
    archive: &Path,
    server: &Path,
    until: Option<Moment>,
) -> Result<Manifest, Error> {
    let manifest = Manifest::read(backup).ok_or_else(|| Error::NoBackup { path: backup.to_owned() })?;
    if until.is_some_and(|until| until < manifest.taken_at) {
        return Err(Error::TooEarly { taken_at: manifest.taken_at });
    }
    let archive = fs::canonicalize(archive).map_err(on(archive))?;
    let server = empty_folder(server)?;
    let done = recover(backup, &archive, &server, until).await;
    if done.is_err() {
        fs::remove_dir_all(&server).map_err(on(&server))?;
    }
    done.map(|()| manifest)
}

async fn recover(backup: &Path, archive: &Path, folder: &Path, until: Option<Moment>) -> Result<(), Error> {
    let data = folder.join("data");
    fs::set_permissions(folder, Permissions::from_mode(0o755)).map_err(on(folder))?;
    standby::copy_files(&backup.join("data"), &data)?;
    let settings = data.join("postgresql.auto.conf");
    let before = fs::read(&settings).map_err(on(&settings))?;
    let mut recovery = format!(
        "restore_command = 'gzip -dc \"{}/%f.gz\" > \"%p\"'\nrecovery_target_action = 'promote'\n",
        archive.display()
    );
    if let Some(until) = until {
        writeln!(recovery, "recovery_target_time = '{until}+08'").expect("a string takes any text");
    }
    let written = OpenOptions::new()
        .append(true)
        .open(&settings)
        .and_then(|mut file| file.write_all(recovery.as_bytes()))
        .and_then(|()| fs::write(data.join("recovery.signal"), ""))
        .and_then(|()| standby::give_as(&data, archive));
    written.map_err(on(&data))?;
    let server = Embedded::start(folder, &Options::default())?;
    let tools = Tools::of(&server);
    let mut seen = Instant::now();
    loop {
        let asked = async {
            let mut conn = tools.connect_options("postgres").connect().await?;
            let goes_on = sqlx::query_scalar("select pg_is_in_recovery()").fetch_one(&mut conn).await?;
            conn.close().await?;
            Ok::<bool, sqlx::Error>(goes_on)
        };
        match asked.await {
            Ok(false) => break,
            Ok(true) => seen = Instant::now(),
            Err(_) if seen.elapsed() > AWAY_MOST => return Err(Error::NotReached),
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.stop();
    fs::write(&settings, before).map_err(on(&settings))
}
