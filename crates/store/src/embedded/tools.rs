//! PostgreSQL's own tools at a private server: `pg_dump`, `pg_restore`.

use super::{Embedded, EmbeddedError, USER, programs::Programs};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
};

/// The tools of a server that runs, and its socket.
#[derive(Debug)]
pub(crate) struct Tools {
    programs: Programs,
    socket: PathBuf,
}

impl Tools {
    /// Those of the server that somebody runs in this folder; `None` if nobody does.
    pub fn of_running(folder: &Path) -> Result<Option<Self>, EmbeddedError> {
        let Ok(folder) = fs::canonicalize(folder) else { return Ok(None) };
        let data = folder.join("data");
        // The fifth line is where its socket is, which may be elsewhere than in the folder.
        let Ok(said) = fs::read_to_string(data.join("postmaster.pid")) else { return Ok(None) };
        let Some(socket) = said.lines().nth(4).map(str::trim).filter(|socket| !socket.is_empty()) else {
            return Ok(None);
        };
        Ok(Some(Self { programs: Programs::find(&folder, &data)?, socket: PathBuf::from(socket) }))
    }

    /// Those of this server.
    pub fn of(server: &Embedded) -> Self {
        Self { programs: server.keeper.programs().clone(), socket: server.socket().to_owned() }
    }

    /// The folder of its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The major version.
    pub fn major(&self) -> u32 {
        self.programs.major
    }

    /// How to connect to a database of the server.
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket)
            .port(5432)
            .ssl_mode(PgSslMode::Disable)
            .username(USER)
            .database(database)
            .application_name("yidi backup")
    }

    /// Runs a tool at a database; what it said if it failed. Blocks. Paths must be absolute.
    pub fn run(&self, tool: &str, database: &str, arguments: &[&OsStr]) -> io::Result<Result<(), String>> {
        let mut command = self.programs.command(tool);
        command.arg("-h").arg(&self.socket).args(["-p", "5432", "-U", USER, "-d", database, "-w"]);
        let ended = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
        if ended.status.success() {
            return Ok(Ok(()));
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(600).collect();
        Ok(Err(format!("{}: {said}", ended.status)))
    }
}
