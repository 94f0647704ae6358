//! What a demonstration keeps in its folder beside the databases, so that the next start goes on with the world that is there: what its keys are
//! made of, which provinces it has, how its clock goes, and as whom people log in. Nobody in it exists, and no key of it is of any use elsewhere.

use crate::{key, stop::Stop};
use country::{
    clock::TravelClock,
    staff::Insured,
    world::{Fixed, World},
};
use node::SystemClock;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use terms::Clock;

/// The file's name.
const NAME: &str = "demo.json";

/// What is kept of a demonstration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What keys and secrets are made of.
    seed: String,
    /// The management token of its nodes.
    pub token: String,
    /// With which accounts begin.
    pub password: String,
    /// Whether it has all provinces; otherwise the four of the stories.
    pub has_all_provinces: bool,
    /// By how many milliseconds its clock is behind that of the machine; not known before everything was told once.
    behind_millis: Option<i64>,
    /// Who can open the portal.
    pub insured: Option<Insured>,
}

/// A folder with a demonstration.
#[derive(Clone, Debug)]
pub struct Keeper {
    folder: PathBuf,
    /// What is kept there.
    pub kept: Kept,
    /// By how much the clock that the world's goes with is behind the machine's, in milliseconds.
    behind_before: i64,
}

impl Keeper {
    /// What is kept in a folder; nothing where there is none, or nothing in it.
    ///
    /// # Errors
    /// [`Stop::Refused`] where the demonstration was broken off before it could go on by itself, or there is something else.
    pub fn find(folder: &Path) -> Result<Option<Self>, Stop> {
        let shown = folder.display();
        let again = "请另选一个目录，或删去该目录后重试 (take another folder, or remove this one)";
        match fs::read_to_string(folder.join(NAME)) {
            Ok(text) => {
                let kept: Kept = serde_json::from_str(&text).map_err(|error| {
                    Stop::Refused(format!("目录{shown}中的{NAME}无法识别（{error}），{again}"))
                })?;
                let Some(behind_before) = kept.behind_millis else {
                    let why = "上次演示在办完之前中断，不能接着运行";
                    return Err(Stop::Refused(format!("目录{shown}：{why}，{again}")));
                };
                Ok(Some(Self { folder: folder.to_owned(), kept, behind_before }))
            }
            Err(_) if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) => {
                Err(Stop::Refused(format!("目录{shown}里已有其他数据，没有可以接着运行的演示，{again}")))
            }
            Err(_) => Ok(None),
        }
    }

    /// Of a demonstration that begins in an empty folder.
    pub fn begin(folder: &Path, has_all_provinces: bool) -> Result<Self, Stop> {
        let secret = |length: usize| key::new_key().to_hex()[..length].to_owned();
        let kept = Kept {
            seed: secret(64),
            token: secret(32),
            password: secret(16),
            has_all_provinces,
            behind_millis: None,
            insured: None,
        };
        let keeper = Self { folder: folder.to_owned(), kept, behind_before: 0 };
        keeper.write()?;
        Ok(keeper)
    }

    /// The keys of everybody.
    pub fn fixed(&self) -> Fixed {
        // Once in the life of the process.
        Fixed { addresses: BTreeMap::new(), seed: self.kept.seed.clone().leak() }
    }

    /// The clock, as it went when the world stood still.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(TravelClock::behind(Arc::new(SystemClock), self.behind_before))
    }

    /// Keeps that the world can go on from here.
    pub fn can_go_on(&mut self, world: &World) -> Result<(), Stop> {
        self.kept.behind_millis = Some(self.behind_before + world.clock.behind_millis());
        self.write()
    }

    /// Keeps who can open the portal.
    pub fn insures(&mut self, insured: &Insured) -> Result<(), Stop> {
        self.kept.insured = Some(insured.clone());
        self.write()
    }

    /// Whole or not at all: a file that is half there is none that can be gone on with.
    fn write(&self) -> Result<(), Stop> {
        let (path, new) = (self.folder.join(NAME), self.folder.join(format!("{NAME}.new")));
        let text = serde_json::to_string_pretty(&self.kept).map_err(Stop::unable)?;
        let write = || {
            fs::create_dir_all(&self.folder)?;
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        write().map_err(|error: std::io::Error| {
            let shown = path.display();
            Stop::Unable(format!("文件{shown}无法写入，请检查目录权限和空间 (cannot write: {error})"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_to_its_end_goes_on_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo");
        assert!(Keeper::find(&path).unwrap().is_none(), "there is no folder");
        let mut begun = Keeper::begin(&path, true).unwrap();
        let broken_off = Keeper::find(&path).unwrap_err();
        assert!(broken_off.message().contains("中断"), "{broken_off:?}");

        begun.kept.behind_millis = Some(-90_000);
        begun.write().unwrap();
        let found = Keeper::find(&path).unwrap().unwrap();
        assert_eq!(found.kept, begun.kept);
        assert_eq!(
            found.fixed().key(terms::Participant::Hub).to_hex(),
            begun.fixed().key(terms::Participant::Hub).to_hex()
        );
        let ahead = found.clock().now().millis() - SystemClock.now().millis();
        assert!((89_000..=90_000).contains(&ahead), "{ahead}");

        for other in ["{}", "nothing"] {
            fs::write(path.join(NAME), other).unwrap();
            assert!(Keeper::find(&path).unwrap_err().message().contains("无法识别"));
        }
        fs::remove_file(path.join(NAME)).unwrap();
        assert!(Keeper::find(&path).unwrap().is_none(), "an empty folder");
        fs::write(path.join("data"), "").unwrap();
        assert!(Keeper::find(&path).unwrap_err().message().contains("已有其他数据"));
    }
}
