//! `yidi backup` and `yidi restore`: the private database of a node, saved while it runs and made anew.

use super::running::runtime;
use crate::{database::NAME, say, stop::Stop};
use clap::Args;
use node::SystemClock;
use std::{
    fs,
    path::{Path, PathBuf},
};
use store::backup::{self, Error, Manifest, files};
use terms::{Clock, Moment};

/// 备份正在运行的节点的数据库：同一时刻的一致副本，附各表行数和校验值。密钥不在其中，须另行保管。
#[derive(Debug, Args)]
pub struct Backup {
    /// 节点的数据目录 (the data folder of the running node)
    #[arg(long, env = "YIDI_DATA", value_name = "FOLDER")]
    data: PathBuf,
    /// 备份写入的新目录 (where to: a new folder, or an empty one)
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// 备份数据文件，连同归档日志（节点的 --archive）可恢复到此后任一时刻 (files, to be put back to any moment since)
    #[arg(long)]
    files: bool,
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
    /// 归档日志目录，用于 --files 备份 (the archive of the journal, for a backup of files)
    #[arg(long, value_name = "FOLDER")]
    archive: Option<PathBuf>,
    /// 恢复到的时刻，如 "2026-11-22 18:00:00"；不填则到归档日志末尾 (as it was at this moment)
    #[arg(long, value_name = "MOMENT", requires = "archive", value_parser = moment)]
    until: Option<Moment>,
}

fn moment(text: &str) -> Result<Moment, String> {
    text.parse().map_err(|_| "应形如 \"2026-11-22 18:00:00\" (not a moment)".to_owned())
}

/// Backs up.
pub fn back_up(arguments: &Backup) -> Result<(), Stop> {
    let server = arguments.data.join("postgres");
    if arguments.files {
        let taken = files::take(&server, NAME, &arguments.to, || SystemClock.now());
        let files::Manifest { participant, taken_at, .. } = runtime()?.block_on(taken).map_err(stop)?;
        let to = arguments.to.display();
        say(&format!(
            "已备份数据文件 (files backed up)：{to}，节点 {participant}，可恢复到 {taken_at} 以后的任一时刻"
        ));
        say("须与归档日志一起保管；节点密钥不在其中 (keep it with the archive; the key is not in it)");
        return Ok(());
    }
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
    if files::Manifest::read(&arguments.from).is_some() {
        return restore_files(arguments, &folder);
    }
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

fn restore_files(arguments: &Restore, folder: &Path) -> Result<(), Stop> {
    let Restore { from, data, archive, until } = arguments;
    let archive = archive.as_ref().ok_or_else(|| {
        Stop::Refused("这是数据文件备份，请以 --archive 指明归档日志目录 (name the archive)".to_owned())
    })?;
    fs::create_dir_all(data).map_err(Stop::unable)?;
    let made = files::restore(from, archive, folder, *until);
    let manifest = runtime()?.block_on(made).map_err(stop)?;
    let at = until.map_or_else(|| "归档日志末尾".to_owned(), |until| until.to_string());
    say(&format!("已恢复 (restored)：{}，节点 {}，到 {at}", data.display(), manifest.participant));
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
        Error::NotEmpty { .. }
        | Error::NoBackup { .. }
        | Error::Altered
        | Error::OtherRows { .. }
        | Error::NoArchive
        | Error::TooEarly { .. }
        | Error::NotReached => Stop::Refused(error.to_string()),
        other => Stop::unable(other),
    }
}
