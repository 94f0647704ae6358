//! The data folder: who may use it, who runs the database in it, and what a dead owner left there.

use super::{EmbeddedError, programs::Programs};
use rustix::{
    fs::{FlockOperation, Gid, Uid},
    process::{Pid, Signal},
};
use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::{
        fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Whom the database runs as when the program runs as root, which PostgreSQL refuses: `nobody`.
const UNPRIVILEGED: User = User { id: 65534, group: 65534 };

/// The longest path of a unix socket that Linux takes is 107 bytes.
const SOCKET_PATH_LONGEST: usize = 107;

/// How large the log may be at a start before it is laid aside.
const LOG_LARGEST: u64 = 16 << 20;

/// How long the server of a dead owner may take to end before it is killed.
const LEFTOVERS_PATIENCE: Duration = Duration::from_secs(3);

/// A user of the machine, by number.
#[derive(Clone, Copy, Debug)]
struct User {
    id: u32,
    group: u32,
}

/// A data folder that this process holds: nobody else starts a database in it while this value lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The user to run PostgreSQL as, when it is not the user of this process.
    other_user: Option<User>,
    socket: PathBuf,
    /// Where the sockets are when the folder's own path is too long for them.
    _socket_elsewhere: Option<tempfile::TempDir>,
    _lock: File,
}

impl Folder {
    /// Takes the folder, creating it if it is not there, and makes it usable for the user that the database will run as.
    pub fn take(path: &Path) -> Result<Self, EmbeddedError> {
        let path = create(path)?;
        let lock = lock(&path)?;
        let other_user = other_user(&path)?;
        let socket = path.join("socket");
        let elsewhere = if socket.join(".s.PGSQL.5432.lock").as_os_str().len() > SOCKET_PATH_LONGEST {
            let made = tempfile::Builder::new().prefix("yidi-").tempdir();
            Some(made.map_err(EmbeddedError::io("创建", std::env::temp_dir()))?)
        } else {
            None
        };
        let socket = elsewhere.as_ref().map_or(socket, |made| made.path().to_owned());
        private_folder(&socket, other_user)?;
        Ok(Self { path, other_user, socket, _socket_elsewhere: elsewhere, _lock: lock })
    }

    /// The folder itself, without links in its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder that the database's user alone can look into, if it is not there; its path without links.
    pub fn make_private(&self, path: &Path) -> Result<PathBuf, EmbeddedError> {
        private_folder(path, self.other_user)?;
        fs::canonicalize(path).map_err(EmbeddedError::io("打开", path))
    }

    /// PostgreSQL's data folder.
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// The folder of the unix socket, closed to all other users.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Everything that PostgreSQL's programs say.
    pub fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// A program to be run as the database's user, with its words going to the log.
    pub fn command(&self, programs: &Programs, program: &str) -> Result<Command, EmbeddedError> {
        let log = OpenOptions::new().create(true).append(true).mode(0o600).open(self.log());
        let log = log.map_err(EmbeddedError::io("写入", self.log()))?;
        let words = log.try_clone().map_err(EmbeddedError::io("写入", self.log()))?;
        let mut command = programs.command(program);
        // A group of its own: Ctrl-C at the terminal is for the program, which then stops the database in order.
        command.stdout(Stdio::from(words)).stderr(Stdio::from(log)).process_group(0);
        if let Some(user) = self.other_user {
            command.uid(user.id).gid(user.group);
        }
        Ok(command)
    }

    /// Why one of the programs failed, with the end of the log.
    pub fn failed(&self, what: String) -> EmbeddedError {
        EmbeddedError::Failed { what, log: self.log(), said: last_words(&self.log()).unwrap_or_default() }
    }

    /// Creates the cluster if there is none. It appears whole or not at all.
    pub fn initialise(&self, programs: &Programs, durable: bool) -> Result<(), EmbeddedError> {
        let data = self.data();
        if data.join("PG_VERSION").exists() {
            return Ok(());
        }
        let unfinished = self.path.join("data.new");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(EmbeddedError::io("清理", &unfinished))?;
        }
        private_folder(&unfinished, self.other_user)?;
        let mut initdb = self.command(programs, "initdb")?;
        initdb.arg("-D").arg(&unfinished);
        initdb.args([
            "--username=yidi",
            "--auth=trust",
            "--encoding=UTF8",
            "--data-checksums",
            "--no-instructions",
        ]);
        // The order of texts must not depend on the machine's libraries: an index would silently change its meaning.
        if programs.major >= 17 {
            initdb.args(["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]);
            initdb.arg("--sync-method=syncfs");
        } else {
            initdb.arg("--locale=C.UTF-8");
        }
        if !durable {
            initdb.arg("--no-sync");
        }
        let ended = initdb.status().map_err(EmbeddedError::io("执行", programs.bin.join("initdb")))?;
        if !ended.success() {
            return Err(self.failed(format!("initdb: {ended}")));
        }
        fs::rename(&unfinished, &data).map_err(EmbeddedError::io("创建", &data))?;
        File::open(&self.path)
            .and_then(|folder| folder.sync_all())
            .map_err(EmbeddedError::io("写入", &self.path))
    }

    /// Ends what the server of a dead owner left behind, so that a new one can start at once.
    ///
    /// The lock is ours, so no living owner has a server here. What still runs here was told to stop when its owner died and
    /// is given a little time; then it is killed, which is safe, because the next server repairs the data from its journal. A
    /// `postmaster.pid` that names a living process is then of a number given to somebody else since, say after a restart of
    /// the machine.
    pub fn clear_leftovers(&self) -> Result<(), EmbeddedError> {
        let data = self.data();
        let began = Instant::now();
        let mut asked = false;
        loop {
            let left = servers_in(&data);
            if left.is_empty() {
                break;
            }
            let patience_is_over = began.elapsed() > LEFTOVERS_PATIENCE;
            if !asked || patience_is_over {
                let signal = if patience_is_over { Signal::KILL } else { Signal::QUIT };
                for pid in left {
                    let _ = rustix::process::kill_process(pid, signal); // it may have ended by itself
                }
                asked = true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        // A server that was killed counts as living until its parent has heard of it; it left the lock of its socket as well.
        for pid_file in [data.join("postmaster.pid"), self.socket.join(".s.PGSQL.5432.lock")] {
            if living_pid_in(&pid_file).is_some() {
                fs::remove_file(&pid_file).map_err(EmbeddedError::io("清理", &pid_file))?;
            }
        }
        Ok(())
    }

    /// Whether the server of this process says in its `postmaster.pid` that it takes connections.
    pub fn is_ready(&self, server: Pid) -> bool {
        let Ok(text) = fs::read_to_string(self.data().join("postmaster.pid")) else { return false };
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        lines.first().is_some_and(|pid| *pid == server.to_string()) && lines.get(7) == Some(&"ready")
    }

    /// Lays a log that has become large aside, keeping one.
    pub fn turn_log_over(&self) {
        let log = self.log();
        if fs::metadata(&log).is_ok_and(|found| found.len() > LOG_LARGEST) {
            let _ = fs::rename(&log, self.path.join("postgres.log.1")); // a log is no reason not to start
        }
    }
}

/// Whether some process holds the folder.
pub(super) fn is_held(folder: &Path) -> bool {
    File::open(folder.join("lock"))
        .is_ok_and(|file| rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).is_err())
}

/// Makes a folder that all users may enter, if it is not there; its path without links.
pub(super) fn create(path: &Path) -> Result<PathBuf, EmbeddedError> {
    if !path.exists() {
        fs::create_dir_all(path).map_err(EmbeddedError::io("创建", path))?;
        fs::set_permissions(path, Permissions::from_mode(0o755)).map_err(EmbeddedError::io("创建", path))?;
    }
    fs::canonicalize(path).map_err(EmbeddedError::io("打开", path))
}

/// The lock lives as long as the file is open and so ends with the process, however that ends.
fn lock(folder: &Path) -> Result<File, EmbeddedError> {
    let path = folder.join("lock");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(EmbeddedError::io("打开", &path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(EmbeddedError::io("打开", &path))?;
            return Err(EmbeddedError::InUse { folder: folder.to_owned(), pid: pid.trim().to_owned() });
        }
        Err(errno) => return Err(EmbeddedError::io("锁定", path)(errno.into())),
    }
    let written = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0)));
    written.and_then(|_| writeln!(file, "{}", process::id())).map_err(EmbeddedError::io("写入", &path))?;
    Ok(file)
}

/// The user to run the database as, if it is not this one: root hands it to the owner of the data, or to `nobody`.
fn other_user(folder: &Path) -> Result<Option<User>, EmbeddedError> {
    let data = folder.join("data");
    let owner = fs::metadata(&data).ok().map(|found| User { id: found.uid(), group: found.gid() });
    let user = rustix::process::geteuid().as_raw();
    if user != 0 {
        return match owner {
            Some(owner) if owner.id != user => {
                Err(EmbeddedError::OtherOwner { folder: data, owner: owner.id, user })
            }
            _ => Ok(None),
        };
    }
    let other = owner.filter(|owner| owner.id != 0).unwrap_or(UNPRIVILEGED);
    if let Some(ancestor) = folder.ancestors().find(|ancestor| !may_enter(ancestor, other)) {
        return Err(EmbeddedError::NotTraversable { ancestor: ancestor.to_owned(), user: other.id });
    }
    if owner.is_some_and(|owner| owner.id == 0) {
        give_all(&data, other).map_err(EmbeddedError::io("更改属主", &data))?; // say, brought back from a copy by root
    }
    Ok(Some(other))
}

fn may_enter(folder: &Path, user: User) -> bool {
    fs::metadata(folder).is_ok_and(|found| {
        let mode = found.mode();
        mode & 0o001 != 0
            || (found.uid() == user.id && mode & 0o100 != 0)
            || (found.gid() == user.group && mode & 0o010 != 0)
    })
}

/// A folder that only the database's user (and root) can look into.
fn private_folder(path: &Path, other_user: Option<User>) -> Result<(), EmbeddedError> {
    let made = match fs::create_dir(path) {
        Err(why) if why.kind() != io::ErrorKind::AlreadyExists => Err(why),
        _ => Ok(()),
    };
    made.and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700)))
        .and_then(|()| other_user.map_or(Ok(()), |user| give(path, user)))
        .map_err(EmbeddedError::io("创建", path))
}

fn give(path: &Path, user: User) -> io::Result<()> {
    let (owner, group) = (Uid::from_raw(user.id), Gid::from_raw(user.group));
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    Ok(rustix::fs::chownat(rustix::fs::CWD, path, Some(owner), Some(group), flags)?)
}

/// Gives a folder and all in it to the owner of another.
pub(super) fn give_as(path: &Path, other: &Path) -> io::Result<()> {
    let owner = fs::metadata(other)?;
    give_all(path, User { id: owner.uid(), group: owner.gid() })
}

fn give_all(path: &Path, user: User) -> io::Result<()> {
    give(path, user)?;
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give_all(&entry?.path(), user)?;
        }
    }
    Ok(())
}

/// The processes of PostgreSQL that work in this data folder: each of them stands in it.
fn servers_in(data: &Path) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_server = |process: &Path| {
        fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == data)
            && fs::read_link(process.join("exe")).is_ok_and(|exe| {
                exe.file_name().is_some_and(|name| name.to_string_lossy().starts_with("postgres"))
            })
    };
    processes
        .filter_map(|process| {
            let pid = process.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
            is_server(&process.path()).then_some(pid)
        })
        .collect()
}

fn living_pid_in(pid_file: &Path) -> Option<Pid> {
    let pid =
        fs::read_to_string(pid_file).ok()?.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)?;
    Path::new("/proc").join(pid.to_string()).exists().then_some(pid)
}

/// The last lines of the log, on one line.
fn last_words(log: &Path) -> io::Result<String> {
    const LONGEST: u64 = 600;
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_folder_on_the_way_is_noticed() {
        let outer = tempfile::tempdir().unwrap();
        let found = fs::metadata(outer.path()).unwrap();
        let owner = User { id: found.uid(), group: found.gid() };
        let stranger = User { id: owner.id + 1, group: owner.group + 1 };
        for (mode, owner_may, stranger_may) in
            [(0o700, true, false), (0o755, true, true), (0o644, false, false)]
        {
            fs::set_permissions(outer.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(may_enter(outer.path(), owner), owner_may, "{mode:o}");
            assert_eq!(may_enter(outer.path(), stranger), stranger_may, "{mode:o}");
        }
    }

    #[test]
    fn a_folder_has_one_owner() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let held = Folder::take(folder.path()).unwrap();
        let refused = Folder::take(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("正由进程 {} 使用", process::id())), "{refused}");
        drop(held);
        Folder::take(folder.path()).unwrap();
    }
}
