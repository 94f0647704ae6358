//! A standby of a private server: a copy of its files that follows it, byte by byte, and can take its place.
//!
//! Whatever the primary has acknowledged while it waited for the standby (`synchronous_standby_names`) is there when the standby is
//! promoted. Nothing here needs programs that are not packed: the copy is made between PostgreSQL's own two calls for backups.

use super::{EmbeddedError, Tools, folder};
use rustix::process::{Pid, Signal};
use sqlx::{ConnectOptions, Connection, Row};
use std::{
    fs,
    io::{self, ErrorKind, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

/// What of a running server's files is its own and not of its data.
const LEFT_OUT: [&str; 2] = ["postmaster.pid", "postmaster.opts"];
/// Folders of which only the folder itself is needed.
const EMPTIED: [&str; 6] =
    ["pg_wal", "pg_replslot", "pg_stat_tmp", "pg_subtrans", "pg_notify", "pg_dynshmem"];

/// Makes a standby of the private server that runs in `primary`: a folder on which [`super::Embedded::start`] starts one. Blocks
/// for as long as the files take to be copied.
///
/// # Errors
/// If no server runs there, `into` cannot be written, or the server refuses.
pub async fn make(primary: &Path, into: &Path) -> Result<(), EmbeddedError> {
    folder::create(into)?;
    let data = into.join("data");
    let tools = copy_running(primary, &data).await?;
    let follows = format!(
        "primary_conninfo = 'host={} port=5432 user=yidi sslmode=disable application_name=standby'\n\
         wal_retrieve_retry_interval = '200ms'\n",
        tools.socket().display()
    );
    let written = fs::write(data.join("standby.signal"), "")
        .and_then(|()| fs::OpenOptions::new().append(true).open(data.join("postgresql.auto.conf")))
        .and_then(|mut file| file.write_all(follows.as_bytes()));
    written.and_then(|()| give_as(&data, &primary.join("data"))).map_err(on(&data))
}

/// Copies the data of the private server that runs in `primary` while it writes. Nothing but the journal since makes it a
/// database. Where the journal goes to an archive, all that the copy needs is there when this returns.
pub(crate) async fn copy_running(primary: &Path, data: &Path) -> Result<Tools, EmbeddedError> {
    let tools = Tools::of_running(primary)?;
    let tools = tools.ok_or_else(|| on(primary)(io::Error::from(ErrorKind::NotFound)))?;
    // The backup lasts as long as the connection that began it.
    let mut conn = tools.connect_options("postgres").connect().await?;
    sqlx::query("select pg_backup_start('copy', true)").execute(&mut conn).await?;
    copy_files(&primary.join("data"), data)?;
    let stopped = sqlx::query("select labelfile from pg_backup_stop()").fetch_one(&mut conn).await?;
    let label: String = stopped.try_get("labelfile")?;
    conn.close().await?;
    fs::write(data.join("backup_label"), label).map_err(on(data))?;
    Ok(tools)
}

/// Copies a data folder into one that is not there yet.
pub(crate) fn copy_files(from: &Path, into: &Path) -> Result<(), EmbeddedError> {
    let made = fs::DirBuilder::new().mode(0o700).create(into);
    made.and_then(|()| copy(from, into)).map_err(on(into))
}

/// Gives a folder and all in it to the owner of another.
pub(crate) fn give_as(folder: &Path, other: &Path) -> io::Result<()> {
    folder::give_as(folder, other)
}

/// Whether a standby follows the private server in `primary`, and commits there wait for it.
///
/// # Errors
/// If the server cannot be asked.
pub async fn is_in_step(primary: &Path) -> Result<bool, EmbeddedError> {
    let Some(tools) = Tools::of_running(primary)? else { return Ok(false) };
    let mut conn = tools.connect_options("postgres").connect().await?;
    let in_step = sqlx::query_scalar(
        "select count(*) > 0 from pg_stat_replication where state = 'streaming' and sync_state in ('sync', 'quorum')",
    );
    let in_step = in_step.fetch_one(&mut conn).await?;
    conn.close().await?;
    Ok(in_step)
}

/// Has the standby in `folder` take the place of its primary, which must be dead. It does so within moments: see [`is_primary`].
///
/// # Errors
/// If nobody runs there.
pub fn promote(folder: &Path) -> Result<(), EmbeddedError> {
    let data = folder.join("data");
    let pid_file = data.join("postmaster.pid");
    let told = fs::read_to_string(&pid_file).map_err(on(&pid_file))?;
    let pid = told.lines().next().and_then(|pid| pid.trim().parse().ok()).and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| on(&pid_file)(io::Error::from(ErrorKind::InvalidData)))?;
    let asks = data.join("promote");
    fs::write(&asks, "").map_err(on(&asks))?;
    rustix::process::kill_process(pid, Signal::USR1).map_err(|errno| on(&pid_file)(errno.into()))
}

/// Whether the server in `folder` follows nobody (any more).
pub fn is_primary(folder: &Path) -> bool {
    !folder.join("data/standby.signal").exists()
}

fn on(path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    EmbeddedError::io("复制", path)
}

/// Copies a data folder while its server writes: what changes meanwhile is repaired from the journal.
fn copy(from: &Path, into: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let (source, target) = (entry.path(), into.join(&name));
        let is = |names: &[&str]| names.iter().any(|one| *one == name);
        if is(&LEFT_OUT) {
            continue;
        }
        let kind = match entry.file_type() {
            Err(why) if why.kind() == ErrorKind::NotFound => continue,
            kind => kind?,
        };
        let copied = if kind.is_dir() {
            fs::DirBuilder::new().mode(0o700).create(&target)?;
            if is(&EMPTIED) { Ok(()) } else { copy(&source, &target) }
        } else {
            fs::copy(&source, &target).map(drop)
        };
        match copied {
            // Gone since it was listed.
            Err(why) if why.kind() == ErrorKind::NotFound => {}
            copied => copied?,
        }
    }
    Ok(())
}
