//! PostgreSQL as on a disk that takes its time: every flush takes some milliseconds longer.
//!
//! A small library that sleeps after `fsync` and `fdatasync` is compiled with the system's `cc`, and a folder is made that
//! looks like that of PostgreSQL's programs, with a server that loads the library. A node takes its programs from a folder that
//! is named in its environment; it knows nothing of this, and nothing else loads the library.

use super::nodes::Nodes;
use crate::stop::Stop;
use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

/// The library's source.
const SOURCE: &str = "tools/slow_flush.c";

/// Whether there is what it needs, before anything is measured.
pub fn check() -> Result<(), Stop> {
    Command::new("cc").arg("--version").output().map_err(|error| no_compiler(&error))?;
    if Path::new(SOURCE).exists() {
        return Ok(());
    }
    Err(Stop::Unable(format!(
        "找不到{SOURCE}，请在项目目录下执行 (not found: run it in the project's folder)"
    )))
}

fn no_compiler(error: &io::Error) -> Stop {
    Stop::Unable(format!("本机没有C编译器 cc，测不了 --flush-millis；请先安装 (no C compiler: {error})"))
}

/// Makes the folder of programs for nodes that run already; where it is.
pub fn programs(nodes: &Nodes, millis: u64) -> Result<PathBuf, Stop> {
    let missing = || Stop::Unable("找不到平台所用的 PostgreSQL (its PostgreSQL is not found)".to_owned());
    let server = nodes.hub.postgres_program("postgres").ok_or_else(missing)?;
    let folder = nodes.folder().join("slow-flush");
    let _ = fs::remove_dir_all(&folder); // of an earlier run in the same folder
    fs::create_dir(&folder).map_err(Stop::unable)?;
    let library = folder.join("slow_flush.so");
    compile(&library, millis)?;
    let bin = folder.join("bin");
    dress(&bin, &server, &library)
        .map_err(|error| Stop::Unable(format!("{}无法写入 (cannot write: {error})", bin.display())))?;
    Ok(bin)
}

fn compile(library: &Path, millis: u64) -> Result<(), Stop> {
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O2", &format!("-DMILLIS={millis}"), "-o"]).arg(library);
    let output = cc.arg(SOURCE).arg("-ldl").output().map_err(|error| no_compiler(&error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Stop::Unable(format!("{SOURCE}无法编译 (it does not compile):\n{said}")))
}

/// The programs as they are, but for the server.
fn dress(bin: &Path, server: &Path, library: &Path) -> io::Result<()> {
    fs::create_dir(bin)?;
    let programs = server.parent().unwrap_or(Path::new("/"));
    for program in fs::read_dir(programs)? {
        let program = program?;
        if program.path() != server {
            symlink(program.path(), bin.join(program.file_name()))?;
        }
    }
    let script = bin.join("postgres");
    let text = format!("#!/bin/sh\nLD_PRELOAD='{}' exec '{}' \"$@\"\n", library.display(), server.display());
    fs::write(&script, text)?;
    fs::set_permissions(&script, Permissions::from_mode(0o755))
}
