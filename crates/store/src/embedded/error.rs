//! Why the private PostgreSQL does not start, in sentences that say what to do.

use std::{io, path::PathBuf};
use thiserror::Error;

/// Why the private PostgreSQL does not start or does not do what it was asked. Each is written for the operator, in Chinese and
/// then in English, with what to do next.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// Neither in the program nor on the machine.
    #[error(
        "找不到 PostgreSQL：本程序未内置，系统中也没有 15 或更高版本。请执行 apt-get install postgresql，\
         或用环境变量 YIDI_POSTGRES_BIN 指明其 bin 目录，或用 --database（YIDI_DATABASE） 连接已有的数据库。\
         (No PostgreSQL: this build brings none along and the system has none of version 15 or later. \
         Run `apt-get install postgresql`, or name its bin folder in YIDI_POSTGRES_BIN, or use a server by --database (YIDI_DATABASE).)"
    )]
    NoPrograms,

    /// The folder named in `YIDI_POSTGRES_BIN` has no PostgreSQL of a version that fits.
    #[error(
        "YIDI_POSTGRES_BIN 指明的目录 {} 中没有可用的 PostgreSQL（需要 15 或更高版本的 postgres 和 initdb），请改正后重试。\
         (YIDI_POSTGRES_BIN names {}, where there is no usable PostgreSQL, 15 or later with postgres and initdb: correct it.)",
        bin.display(), bin.display()
    )]
    NamedProgramsUnusable {
        /// The folder that was named.
        bin: PathBuf,
    },

    /// Another process holds the folder.
    #[error(
        "数据目录 {} 正由进程 {pid} 使用。请先停止该进程，或另选数据目录。\
         (The data folder {} is in use by process {pid}: stop that process first, or choose another folder.)",
        folder.display(), folder.display()
    )]
    InUse {
        /// The folder that was asked for.
        folder: PathBuf,
        /// The process that holds it, as it wrote itself down.
        pid: String,
    },

    /// The data were written by another major version of PostgreSQL.
    #[error(
        "数据目录 {} 由 PostgreSQL {found} 写成，可用的只有 {available}。请用原来的程序（其 pg_dump）导出数据，\
         再用本程序导入一个新的数据目录。\
         (The data folder {} was written by PostgreSQL {found}, and only {available} is here: dump it with the old program's \
         pg_dump and load that into a new folder with this program.)",
        folder.display(), folder.display()
    )]
    OtherVersion {
        /// The folder that was asked for.
        folder: PathBuf,
        /// The major version that wrote the data.
        found: String,
        /// The major versions that can be started here.
        available: String,
    },

    /// The unprivileged user cannot get to the folder.
    #[error(
        "以 root 启动时，数据库由用户 {user} 运行，而该用户无法进入 {}。请选 /var/lib 下的数据目录，\
         或执行 chmod o+x {}，或改用普通用户启动。\
         (Started as root, the database runs as user {user}, who cannot enter {}: choose a folder below /var/lib, or allow it \
         with `chmod o+x`, or start the program as an ordinary user.)",
        ancestor.display(), ancestor.display(), ancestor.display()
    )]
    NotTraversable {
        /// The folder on the way that is closed.
        ancestor: PathBuf,
        /// The user id that the database would run as.
        user: u32,
    },

    /// The data belong to another user.
    #[error(
        "数据目录 {} 属于用户 {owner}，当前用户为 {user}。请用该用户（或 root）启动，或更改目录的属主。\
         (The data folder {} belongs to user {owner}, and this is user {user}: start the program as that user or as root, or \
         change the owner.)",
        folder.display(), folder.display()
    )]
    OtherOwner {
        /// The folder that was asked for.
        folder: PathBuf,
        /// The user id that the data belong to.
        owner: u32,
        /// The user id of this process.
        user: u32,
    },

    /// One of PostgreSQL's programs ended badly, or the server did not become ready.
    #[error(
        "PostgreSQL 未能启动（{what}）。请查看日志 {}，排除原因后重试；日志末尾：{said} \
         (PostgreSQL did not start, {what}: look into the log {} and try again.)",
        log.display(), log.display()
    )]
    Failed {
        /// Which program, and how it ended.
        what: String,
        /// Where all that it said is.
        log: PathBuf,
        /// The last of what it said.
        said: String,
    },

    /// A database cannot have this name.
    #[error(
        "“{name}”不能作为数据库名：须以小写字母开头，只含小写字母、数字和下划线，不超过 63 个字符。\
         (\"{name}\" cannot name a database: a small letter first, then small letters, digits and underscores, at most 63.)"
    )]
    NotADatabaseName {
        /// What was asked for.
        name: String,
    },

    /// The database answered with an error.
    #[error(
        "数据库未能执行：{0}。请查看日志后重试。(The database did not do it: look into the log and try again.)"
    )]
    Database(#[from] sqlx::Error),

    /// The file system refused.
    #[error(
        "{doing} {} 失败：{source}。请检查磁盘空间和权限后重试。(Could not work on {}: check space and rights, then try again.)",
        path.display(), path.display()
    )]
    Io {
        /// What was being done, in Chinese.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`: what was being done to which path when the file system refused.
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
