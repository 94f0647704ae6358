//! `yidi policy`: policies and catalogs checked, shown, tried on a case, and tested with their case tables.
//!
//! One command a file. To add one: its file, its `mod` and its variant here, its line in `run`.

mod case_file;
mod check;
mod cover;
mod diff;
mod draft;
mod explain;
mod impact;
mod new;
mod show;
mod test;

use crate::{
    policies::{self, Files},
    stop::Stop,
};
use benefit::{
    Library, PolicyError, Scheme,
    cases::{self, CaseFile},
};
use clap::{Args, Subcommand};
use node::SystemClock;
use std::path::{Path, PathBuf};
use terms::{AdminDivision, Clock, Day, InsuranceScheme, PoolingArea};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 检查政策、目录和案例文件，有误则逐条列出 (check files; 1 if anything is wrong)
    Check(check::Check),
    /// 列出有政策的统筹区，或显示一个统筹区某日的政策 (list areas, or show the policy of a day)
    Show(show::Show),
    /// 试算一次就医，逐步列出规则和依据 (compute a visit, step by step, with rule and source)
    Explain(Box<explain::Explain>),
    /// 计算全部案例表，列出不符的行 (compute all case tables; 1 if an answer differs)
    Test(test::Test),
    /// 列出没有案例用到的政策行 (rows of the policies that no case comes to)
    Cover(cover::Cover),
    /// 打印一份带说明的起始政策文件 (a commented file to begin with)
    New(new::New),
    /// 对比两个政策文件：哪些值不同，样本上谁少负担、谁多负担 (two versions on sample bills)
    Diff(diff::Diff),
    /// 用一年的结算测算新政策的影响 (a draft over a year of settlements)
    Impact(Box<impact::Impact>),
}

/// Does it.
pub fn run(command: &Command) -> Result<(), Stop> {
    match command {
        Command::Check(check) => check::run(check),
        Command::Show(show) => show::run(show),
        Command::Explain(explain) => explain::run(explain),
        Command::Test(test) => test::run(test),
        Command::Cover(cover) => cover::run(cover),
        Command::New(new) => new::run(new),
        Command::Diff(diff) => diff::run(diff),
        Command::Impact(impact) => impact::run(impact),
    }
}

/// Which policy folder.
#[derive(Clone, Debug, Default, Args)]
pub struct Folder {
    /// 政策目录；不填则为当前目录下的policy，没有则为内置的 (policy folder; ./policy, else the built-in one)
    #[arg(long, env = "YIDI_POLICY", value_name = "FOLDER")]
    policy: Option<PathBuf>,
}

impl Folder {
    /// One that was named without the option, or this.
    fn or_named(&self, named: Option<&PathBuf>) -> Self {
        Self { policy: named.or(self.policy.as_ref()).cloned() }
    }

    /// Where it lies; `None`: in the program.
    fn path(&self) -> Option<&Path> {
        let here = Path::new("policy");
        self.policy.as_deref().or_else(|| here.is_dir().then_some(here))
    }

    /// Its policies and catalogs.
    fn files(&self) -> Result<Files, Stop> {
        Ok(self.seen_from_here(policies::files(self.path())?))
    }

    /// Its policies, without fault.
    fn library(&self) -> Result<Library, Stop> {
        Library::load(texts(&self.files()?)).map_err(|errors| {
            let errors = lines(&errors);
            Stop::Unable(format!(
                "政策文件有误，可执行 yidi policy check 逐条查看 (wrong policy files):\n{errors}"
            ))
        })
    }

    /// Its case files as written.
    fn case_tables(&self) -> Result<Files, Stop> {
        Ok(self.seen_from_here(policies::case_tables(self.path())?))
    }

    /// Its case files, without fault.
    fn cases(&self) -> Result<Vec<CaseFile>, Stop> {
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for (path, text) in self.case_tables()? {
            match cases::read(&path, &text) {
                Ok(file) => read.push(file),
                Err(found) => errors.extend(found),
            }
        }
        if errors.is_empty() {
            return Ok(read);
        }
        let errors = lines(&errors);
        Err(Stop::Unable(format!("案例文件有误，请按所列位置更正 (wrong case files):\n{errors}")))
    }

    /// Paths as one can open them.
    fn seen_from_here(&self, files: Files) -> Files {
        let Some(folder) = self.path() else { return files };
        files.into_iter().map(|(path, text)| (folder.join(path).display().to_string(), text)).collect()
    }
}

/// Paths and texts as they are read.
fn texts(files: &Files) -> impl Iterator<Item = (&str, &str)> {
    files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
}

fn lines(errors: &[PolicyError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The policy of an area and scheme on a day, or how to find which there are.
fn scheme_on(
    library: &Library,
    area: AdminDivision,
    scheme: InsuranceScheme,
    day: Option<Day>,
) -> Result<&Scheme, Stop> {
    let found = library.scheme_on(PoolingArea(area), scheme, day.unwrap_or_else(today));
    found.map_err(|refusal| {
        Stop::Refused(format!("{}；有政策的统筹区可执行 yidi policy show 查看", refusal.message()))
    })
}

fn today() -> Day {
    SystemClock.today()
}
