//! `yidi policy test`: every row of every case table, computed.

use super::Folder;
use crate::{say, stop::Stop};
use benefit::cases;
use clap::Args;
use std::path::PathBuf;

/// 计算哪些案例.
#[derive(Clone, Debug, Args)]
pub struct Test {
    /// 政策目录 (policy folder; ./policy, else the built-in one)
    #[arg(value_name = "FOLDER")]
    named: Option<PathBuf>,
    #[command(flatten)]
    folder: Folder,
}

/// Computes all, and prints those that differ with every step.
pub fn run(test: &Test) -> Result<(), Stop> {
    let folder = test.folder.or_named(test.named.as_ref());
    let library = folder.library()?;
    let files = folder.cases()?;
    let (mut count, mut wrong) = (0, 0);
    for finding in files.iter().flat_map(|file| cases::run(&library, file)) {
        count += 1;
        if let Some(difference) = &finding.difference {
            wrong += 1;
            say(&format!("{}: {difference}", finding.place));
            say(finding.walk().trim_end());
        }
    }
    if count == 0 {
        return Err(Stop::Refused("没有案例文件（.cases.md），请核对政策目录 (no case tables)".to_owned()));
    }
    if wrong > 0 {
        return Err(Stop::Refused(format!("{count}个案例，{wrong}个不符，请核对案例或政策 (cases differ)")));
    }
    say(&format!("{}个案例文件，{count}个案例，全部相符 (all cases agree)", files.len()));
    Ok(())
}
