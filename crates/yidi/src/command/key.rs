//! `yidi key`: a node's signing key.

use crate::{key, say, stop::Stop};
use clap::Subcommand;
use std::path::PathBuf;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 生成密钥并写入新文件，打印公钥 (make a key and print its public half)
    New {
        /// 新文件，仅本用户可读 (a file that is not there yet)
        file: PathBuf,
    },
    /// 打印文件中密钥的公钥 (print the public half)
    Show {
        /// 密钥文件 (the key file)
        file: PathBuf,
    },
}

/// Makes or shows a key.
pub fn run(command: &Command) -> Result<(), Stop> {
    let public = match command {
        Command::New { file } => {
            let made = key::new_key();
            key::write(file, &made)?;
            made.public()
        }
        Command::Show { file } => key::load(file)?.public(),
    };
    say(&public.to_hex());
    Ok(())
}
