//! `yidi backup` and `yidi restore`: the private database of a node, saved while it runs and made anew.

use super::running::runtime;
use crate::{database::NAME, say, stop::Stop};
use clap::Args;
use node::SystemClock;
use std::{
    fs,
    path::{Path, PathBuf},
};
use store::backup::{self, Error, Manifest};
use terms::Clock;

/// 备份正在运行的节点的数据库：同一时刻的一致副本，附各表行数和校验值。密钥不在其中，须另行保管。
#[derive(Debug, Args)]
pub struct Backup {
    /// 节点的数据目录 (the data folder of the running node)
    #[arg(long, env = "YIDI_DATA", value_name = "FOLDER")]
    data: PathBuf,
    /// 备份写入的新目录 (where to: a new folder, or an empty one)
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

/// 从备份恢复出一个新的数据目录：先核对校验值，再逐表核对行数；不覆盖已有的数据。
#[derive(Debug, Args)]
pub struct Restore {
    /// 备份目录 (the folder of the backup)
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// 新的数据目录，除密钥文件key外须为空 (a new data folder; nothing but the file key may be in it)
    #[arg(long, env = "YIDI_DATA", value_name = "FOLDER")]
    data: PathBuf,
}

/// Backs up.
pub fn back_up(arguments: &Backup) -> Result<(), Stop> {
    let server = arguments.data.join("postgres");
    let taken = backup::take(&server, NAME, &arguments.to, SystemClock.now());
    let manifest = runtime()?.block_on(taken).map_err(stop)?;
    say(&format!("已备份 (backed up)：{}，{}", arguments.to.display(), shown(&manifest)));
    say("节点密钥不在备份中，请另行保管 (the key of the node is not in it: keep it apart)");
    Ok(())
}

/// Restores.
pub fn restore(arguments: &Restore) -> Result<(), Stop> {
    let data = &arguments.data;
    refuse_over_data(data)?;
    let folder = data.join("postgres");
    let made = backup::restore(&arguments.from, &folder, NAME);
    let manifest = runtime()?.block_on(made).map_err(stop)?;
    say(&format!("已恢复 (restored)：{}，{}", data.display(), shown(&manifest)));
    if !data.join("key").exists() {
        say(
            "启动节点前，请把节点原来的密钥放入该目录的key文件 (put the key of the node there before it starts)",
        );
    }
    Ok(())
}

fn shown(manifest: &Manifest) -> String {
    format!(
        "节点 {}，时间 {}，{} 张表 {} 行，{} 字节 (node, moment, tables, rows, bytes)",
        manifest.participant,
        manifest.taken_at,
        manifest.rows.len(),
        manifest.rows_in_all(),
        manifest.bytes
    )
}

/// Nothing but the key may be where a database is to be restored.
fn refuse_over_data(data: &Path) -> Result<(), Stop> {
    let entries = fs::read_dir(data).into_iter().flatten().flatten();
    if let Some(there) = entries.map(|entry| entry.file_name()).find(|name| name != "key") {
        return Err(Stop::Refused(format!(
            "数据目录{}中已有{}，不会覆盖，请另选空目录 (not empty: nothing is written over)",
            data.display(),
            there.display()
        )));
    }
    Ok(())
}

fn stop(error: Error) -> Stop {
    match error {
        Error::NotEmpty { .. } | Error::NoBackup { .. } | Error::Altered | Error::OtherRows { .. } => {
            Stop::Refused(error.to_string())
        }
        other => Stop::unable(other),
    }
}
