//! The private PostgreSQL: a real, durable database that the program brings along, so that nobody has to install one.
//!
//! [`Embedded::start`] unpacks PostgreSQL's programs, creates a cluster if there is none, starts the server on a unix socket that
//! only its own user can reach, and hands out the options to connect. Whoever connects need not know that the server is private:
//! the statements, and the promises about what is on disk, are the same as on a server of its own.
//!
//! The folder holds `data/` (the cluster), `socket/`, `lock`, `postgres.log` and the unpacked programs. It has one owner at a
//! time. The server ends with its owner, even a killed one; whatever was committed is there at the next start.
//!
//! This module must not know the tables.

mod error;
pub mod fixture;
mod folder;
mod keeper;
mod programs;
pub mod standby;
#[cfg(test)]
mod tests;
mod tools;

pub use error::EmbeddedError;
pub(crate) use tools::Tools;

use folder::Folder;
use keeper::Keeper;
use programs::Programs;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgSslMode},
};
use std::path::{Path, PathBuf};

/// The user that owns every database of the private server.
const USER: &str = "yidi";

/// How to start the private server.
#[derive(Clone, Debug)]
pub struct Options {
    /// PostgreSQL's own settings, by name, such as `("shared_buffers", "1GB")`. They come last and win.
    pub settings: Vec<(String, String)>,
    /// Whether a commit is on disk before it is answered. Always, except for data that nobody will miss.
    pub durable: bool,
    /// Where to unpack PostgreSQL's programs; the data folder when not said. Must exist.
    pub unpack_into: Option<PathBuf>,
    /// Where the journal (WAL) is laid as it is written, compressed, at least once a minute; nowhere when not said. See
    /// [`crate::backup::files`]. The folder above must exist.
    pub archive: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { settings: Vec::new(), durable: true, unpack_into: None, archive: None }
    }
}

impl Options {
    /// With one more of PostgreSQL's own settings.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `name=value`, in the order in which the last one wins.
    fn command_line(&self) -> Vec<String> {
        const ALWAYS: [(&str, &str); 13] = [
            ("listen_addresses", ""),
            ("unix_socket_permissions", "0700"),
            ("port", "5432"),
            ("timezone", "Asia/Shanghai"),
            ("log_timezone", "Asia/Shanghai"),
            // A refused row is told to the caller; the log must not repeat a person's data.
            ("log_error_verbosity", "terse"),
            ("log_min_error_statement", "panic"),
            ("log_checkpoints", "off"),
            ("jit", "off"),
            ("shared_buffers", "256MB"),
            // Checkpoints seldom: after each, the first change of every page is written whole to the journal.
            ("max_wal_size", "4GB"),
            ("checkpoint_timeout", "15min"),
            // Statements go along keys: they need no fine statistics, and gathering these read 30,000 rows of each table that grows.
            ("default_statistics_target", "10"),
        ];
        const NOT_DURABLE: [(&str, &str); 3] =
            [("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")];
        let unless_durable = NOT_DURABLE.iter().filter(|_| !self.durable);
        let ours = ALWAYS.iter().chain(unless_durable).map(|(name, value)| format!("{name}={value}"));
        ours.chain(self.settings.iter().map(|(name, value)| format!("{name}={value}"))).collect()
    }
}

/// A running private PostgreSQL. Dropping it stops the server in order.
#[derive(Debug)]
pub struct Embedded {
    keeper: Keeper,
}

impl Embedded {
    /// Starts the private server on a data folder, creating what is not there. Blocks the calling thread until the server takes
    /// connections: some tenths of a second the first time, less than a tenth later.
    ///
    /// PostgreSQL refuses to run as root, so for root it runs as the owner of the data, at first `nobody`.
    ///
    /// ```no_run
    /// use store::embedded::{Embedded, Options};
    /// let server = Embedded::start("/var/lib/yidi/hub".as_ref(), &Options::default())?;
    /// let connect = server.connect_options("hub");
    /// # Ok::<(), store::embedded::EmbeddedError>(())
    /// ```
    pub fn start(folder: &Path, options: &Options) -> Result<Self, EmbeddedError> {
        let folder = Folder::take(folder)?;
        let unpack_into = options.unpack_into.as_deref().unwrap_or(folder.path());
        let programs = Programs::find(unpack_into, &folder.data())?;
        folder.initialise(&programs, options.durable)?;
        let mut settings = options.command_line();
        if let Some(archive) = &options.archive {
            settings.extend(archiving(&folder.make_private(archive)?)?);
        }
        Ok(Self { keeper: Keeper::start(folder, programs, settings)? })
    }

    /// How to connect to a database of this server, over its unix socket.
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.keeper.folder().socket())
            .port(5432)
            .ssl_mode(PgSslMode::Disable)
            .username(USER)
            .database(database)
            .application_name("yidi")
    }

    /// Creates a database if there is none of this name.
    pub async fn create_database(&self, name: &str) -> Result<(), EmbeddedError> {
        create_database(&self.connect_options("postgres"), name, None).await
    }

    /// Creates a database as a copy of another one of this server, which nobody may be connected to.
    pub async fn copy_database(&self, name: &str, of: &str) -> Result<(), EmbeddedError> {
        create_database(&self.connect_options("postgres"), name, Some(of)).await
    }

    /// Removes a database, whoever is connected to it.
    pub async fn drop_database(&self, name: &str) -> Result<(), EmbeddedError> {
        if !is_database_name(name) {
            return Err(EmbeddedError::NotADatabaseName { name: name.to_owned() });
        }
        let mut connection = self.connect_options("postgres").connect().await?;
        // A name cannot be a parameter; this one holds nothing but letters, digits and underscores.
        let statement = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// The folder of PostgreSQL's programs of the running version, among them `psql`, `pg_dump` and `pg_restore`.
    pub fn programs(&self) -> &Path {
        &self.keeper.programs().bin
    }

    /// The major version that runs.
    pub fn major_version(&self) -> u32 {
        self.keeper.programs().major
    }

    /// The folder of the unix socket, for `psql -h`.
    pub fn socket(&self) -> &Path {
        self.keeper.folder().socket()
    }

    /// The number of the server's process; none in the moment between a death and the next start.
    pub fn pid(&self) -> Option<u32> {
        self.keeper.pid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs())
    }

    /// Stops the server in order: running transactions are rolled back, everything committed is in the data files. Blocks.
    pub fn stop(mut self) {
        self.keeper.stop();
    }
}

/// What has the server lay its journal in an archive: each piece whole, and never another one over it.
fn archiving(archive: &Path) -> Result<[String; 3], EmbeddedError> {
    let path = archive.display().to_string();
    // It stands in a shell's quotes, where PostgreSQL puts names in place of signs.
    if path.contains(['\'', '"', '%', '$', '`', '\\']) {
        return Err(EmbeddedError::io("归档到", archive)(std::io::ErrorKind::InvalidFilename.into()));
    }
    let command = format!(
        "to=\"{path}/%f.gz\"; if test -e \"$to\"; then gzip -dc \"$to\" | cmp -s - \"%p\"; \
         else gzip -c \"%p\" > \"$to.part\" && sync \"$to.part\" && mv \"$to.part\" \"$to\" && sync \"{path}\"; fi"
    );
    Ok(["archive_mode=on".to_owned(), "archive_timeout=60".to_owned(), format!("archive_command={command}")])
}

/// Creates a database, if there is none of this name, as a copy of another one if that is named.
async fn create_database(
    maintenance: &PgConnectOptions,
    name: &str,
    template: Option<&str>,
) -> Result<(), EmbeddedError> {
    if !is_database_name(name) {
        return Err(EmbeddedError::NotADatabaseName { name: name.to_owned() });
    }
    let mut connection = maintenance.connect().await?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(&mut connection)
        .await?;
    if !exists {
        // A name cannot be a parameter; both names hold nothing but letters, digits and underscores.
        // A copy of the files is the quicker way where nothing waits for the disk, and only tests name a template.
        let template =
            template.map_or(String::new(), |template| format!(" TEMPLATE \"{template}\" STRATEGY file_copy"));
        let statement = format!("CREATE DATABASE \"{name}\"{template}");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}

fn is_database_name(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= 63 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(legal)
}
