//! The policy folder: the one that the program brings along, or one on disk.

use crate::stop::Stop;
use country::world::Rulebook;
use include_dir::{Dir, include_dir};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../policy");

/// Paths in the policy folder with their texts: policies (`.toml`) and catalogs (`.csv`), by path.
pub type Files = Vec<(String, String)>;

/// All files of a policy folder, or of the built-in one.
pub fn files(folder: Option<&Path>) -> Result<Files, Stop> {
    let (files, shown) = (found(folder, is_policy)?, folder.map(Path::display));
    if files.is_empty() {
        let shown = shown.map(|shown| shown.to_string()).unwrap_or_default();
        return Err(Stop::Unable(format!(
            "目录{shown}中没有政策文件（.toml）和目录文件（.csv），请核对路径 (no policy files)"
        )));
    }
    Ok(files)
}

/// All case tables (`.cases.md`) of a policy folder, or of the built-in one.
pub fn case_tables(folder: Option<&Path>) -> Result<Files, Stop> {
    found(folder, |path| path.ends_with(".cases.md"))
}

fn found(folder: Option<&Path>, concerns: fn(&str) -> bool) -> Result<Files, Stop> {
    let mut files = match folder {
        None => built_in(&BUILT_IN, concerns),
        Some(folder) => {
            let found = on_disk(folder, folder, concerns);
            found.map_err(|error| {
                let shown = folder.display();
                Stop::Unable(format!("政策目录{shown}无法读取，请核对路径和权限 (cannot read: {error})"))
            })?
        }
    };
    files.sort();
    Ok(files)
}

/// All policies and catalogs, checked.
pub fn rulebook(files: &Files) -> Result<Rulebook, Stop> {
    Rulebook::load(files).map_err(|error| {
        Stop::Unable(format!(
            "政策文件有误，可执行 yidi policy check 逐条查看 (wrong policy files):\n{error}"
        ))
    })
}

fn built_in(folder: &Dir<'_>, concerns: fn(&str) -> bool) -> Files {
    let own = folder.files().filter_map(|file| {
        let path = file.path().to_str().filter(|path| concerns(path))?;
        Some((path.to_owned(), file.contents_utf8()?.to_owned()))
    });
    own.chain(folder.dirs().flat_map(|inner| built_in(inner, concerns))).collect()
}

fn on_disk(top: &Path, folder: &Path, concerns: fn(&str) -> bool) -> io::Result<Files> {
    let mut found = Files::new();
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        if path.is_dir() {
            found.extend(on_disk(top, &path, concerns)?);
        } else if path.to_str().is_some_and(concerns) {
            let name = path.strip_prefix(top).unwrap_or(&path).display().to_string();
            found.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(found)
}

fn is_policy(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "toml" || extension == "csv")
}
