//! A node's database: the private PostgreSQL in its data folder, or a server that is there already.

use crate::{config::NodeSettings, stop::Stop};
use std::{fs, path::Path};
use store::{
    Store,
    embedded::{Embedded, Options},
};

/// The name of the node's database on its private server.
pub const NAME: &str = "yidi";

/// Where a node's database is. It must live longer than what is opened on it.
pub enum Database {
    /// On the private server, which ends with this value.
    Private(Box<Embedded>),
    /// On a server of its own, at this address.
    Server(String),
}

impl Database {
    /// Starts the private server, if no other is named. Blocks: call it before the runtime.
    pub fn start(settings: &NodeSettings) -> Result<Self, Stop> {
        if let Some(url) = &settings.database {
            return Ok(Self::Server(url.clone()));
        }
        make_folder(&settings.data)?;
        let options = Options { archive: settings.archive.clone(), ..Options::default() };
        let server = Embedded::start(&settings.data.join("postgres"), &options).map_err(Stop::unable)?;
        Ok(Self::Private(Box::new(server)))
    }

    /// Opens the database.
    pub async fn open(&self, connections: u32) -> Result<Store, Stop> {
        match self {
            Self::Private(server) => {
                server.create_database(NAME).await.map_err(Stop::unable)?;
                Store::open(server.connect_options(NAME), connections).await.map_err(Stop::from)
            }
            Self::Server(url) => Store::open_url(url, connections).await.map_err(Stop::from),
        }
    }
}

fn make_folder(path: &Path) -> Result<(), Stop> {
    fs::create_dir_all(path).map_err(|error| {
        Stop::Unable(format!(
            "数据目录{}无法建立，请检查权限或用 --data 另选 (cannot create: {error})",
            path.display()
        ))
    })
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        let hint = match error {
            store::Error::OtherOwner { .. } => {
                "该数据库属于另一个节点，请用 --data 或 --database 给每个节点各自的数据库"
            }
            store::Error::Contracted { .. } => "数据库结构已由更新的程序升级，本程序不再适用，请换用新版程序",
            store::Error::Migration(_) => "数据库结构无法升级，请先备份数据，再联系维护人员",
            _ => "数据库无法使用，请核对 --database 的地址、账号和权限",
        };
        Self::Unable(format!("{hint} ({error})"))
    }
}
