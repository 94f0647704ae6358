//! Embeds the packed PostgreSQL, when `make fetch` has put it in place; without it the program looks for the system's. And the
//! migrations: sqlx's macro for them would have most of sqlx compiled once more, for this build alone.

use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

const ARCHIVE: &str = "postgres-18-linux-x86_64.tar.gz";
const MAJOR: &str = "18";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=YIDI_POSTGRES_ARCHIVE");
    let packed = if fits_the_target() { fs::read(archive()).unwrap_or_default() } else { Vec::new() };
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder"));
    fs::write(out.join("postgres.tar.gz"), &packed).expect("the build folder is writable");
    println!("cargo::rustc-env=YIDI_BUNDLED_MAJOR={MAJOR}");
    println!("cargo::rustc-env=YIDI_BUNDLED_ID={:016x}", fnv1a(&packed));
    fs::write(out.join("migrations.rs"), migrations()).expect("the build folder is writable");
}

/// The migrations as a list of number, name and statements, in order. `0031_do_this.sql` has the number 31 and the name `do this`.
fn migrations() -> String {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the folder"));
    let folder = here.join("migrations");
    // The folder too: one that is new is noticed.
    println!("cargo::rerun-if-changed={}", folder.display());
    let found = fs::read_dir(&folder).expect("there are migrations");
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    let mut list = "[\n".to_owned();
    for path in paths {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name in ASCII");
        let (number, words) = name.split_once('_').expect("a number, and what it does");
        let number: i64 = number.parse().expect("a number");
        let words = words.replace('_', " ");
        let path = path.display().to_string();
        writeln!(list, "    ({number}, {words:?}, include_str!({path:?})),")
            .expect("a string takes any text");
    }
    list.push_str("]\n");
    list
}

/// Where the archive is looked for. The folder is watched, not the file, so that the archive is noticed when it comes later.
fn archive() -> PathBuf {
    if let Some(named) = env::var_os("YIDI_POSTGRES_ARCHIVE") {
        println!("cargo::rerun-if-changed={}", Path::new(&named).display());
        return named.into();
    }
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the folder"));
    let folder = here.join("../../target/postgres");
    let _ = fs::create_dir_all(&folder);
    println!("cargo::rerun-if-changed={}", folder.display());
    folder.join(ARCHIVE)
}

fn fits_the_target() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
}

/// Names the folder that this archive is unpacked into; another archive gets another folder.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
