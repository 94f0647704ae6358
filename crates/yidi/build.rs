//! Builds the program again when a policy or catalog changes, or when the pages were built anew: they are part of it.
//!
//! The pages are what `npm run build` has left in `web/dist`. Where nobody has built them the program has none, and says so to whoever
//! opens one; nobody needs Node to build the rest.

use flate2::{Compression, GzBuilder};
use std::{
    env,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

fn main() {
    println!("cargo::rerun-if-changed=../../policy");
    println!("cargo::rerun-if-changed=build.rs");
    // A folder that is not there counts as changed, so that one that has come since is seen.
    println!("cargo::rerun-if-changed=../../web/dist");
    let home = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo says where"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo says where"));
    let dist = home.join("../../web/dist");
    let mut files = Vec::new();
    find(&dist, &dist, &mut files);
    files.sort();
    let mut table = String::from("&[\n");
    for (name, path) in &files {
        // A copy: whoever builds the pages anew meanwhile takes nothing away from this build.
        let Ok(content) = fs::read(path) else { continue };
        let copy = out.join(name.replace('/', "~"));
        fs::write(&copy, &content).expect("the folder of the build is ours");
        let mut write = |name: &str, path: &Path| {
            let path = path.to_str().expect("cargo's folders have names of text");
            writeln!(table, "    ({name:?}, include_bytes!({path:?})),").expect("a string takes any text");
        };
        write(name, &copy);
        if let Some(packed) = pack(name, &content, &out) {
            write(&format!("{name}.gz"), &packed);
        }
    }
    table.push(']');
    fs::write(out.join("pages.rs"), table).expect("the folder of the build is ours");
}

/// All files under a folder, by their names from its root with slashes.
fn find(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            find(root, &path, files);
        } else if let Ok(name) = path.strip_prefix(root) {
            files.push((name.to_string_lossy().replace('\\', "/"), path.clone()));
        }
    }
}

/// Packs a text once, so that no node does it for every reader; the same bytes of the same text.
fn pack(name: &str, content: &[u8], out: &Path) -> Option<PathBuf> {
    let is_text = ["html", "js", "css", "svg", "json"].iter().any(|end| name.ends_with(&format!(".{end}")));
    if !is_text || content.len() <= 1_000 {
        return None;
    }
    let packed = out.join(format!("{}.gz", name.replace('/', "~")));
    let mut writer = GzBuilder::new().write(Vec::new(), Compression::best());
    writer.write_all(content).ok()?;
    fs::write(&packed, writer.finish().ok()?).ok()?;
    Some(packed)
}
