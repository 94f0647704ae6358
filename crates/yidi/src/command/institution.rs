//! `yidi institution`: institutions at a running province.

use super::clerk::{NodeArguments, read_json};
use crate::{say, stop::Stop, words};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use terms::InstitutionCode;
use wire::api::Taken;

const EXAMPLE: &str = r#"文件示例 (example):
  {"name": "武汉市示范第一医院", "level": "tertiary", "place": "420106", "open": true,
   "authentication": "tif-sha256", "access_key": "示例", "secret": "示例", "sign_in_needed": false}
签名方式 (authentication)：none、csb-hmac-sha1、tif-sha256、ca-hmac-sm3；sm2-sm4的secret为SM4密钥（32位十六进制数），
另填public_key，即机构的SM2公钥（04加128位十六进制数）"#;

/// 定点医药机构 (institutions, at a running province)
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    node: NodeArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 登记或更改一家定点医药机构 (register one, or change what is registered)
    #[command(after_help = EXAMPLE)]
    Add {
        /// 定点医药机构编号，如H42010600001 (its code)
        #[arg(value_parser = words::institution)]
        code: InstitutionCode,
        /// JSON文件，- 为标准输入 (a JSON file, - for standard input)
        file: PathBuf,
    },
}

/// Registers an institution.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let Command::Add { code, file } = &arguments.command;
    let body = read_json(file)?;
    arguments.node.call(None, async |client| {
        let _: Taken = client.put(&format!("/api/v1/institutions/{code}"), &body).await?;
        say(&format!("已登记 (registered)：{code}"));
        Ok(())
    })
}
