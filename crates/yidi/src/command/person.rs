//! `yidi person`: people at a running province.

use super::clerk::{NodeArguments, read_json};
use crate::{say, stop::Stop, words};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use terms::PersonNumber;
use wire::api::Taken;

const EXAMPLE: &str = r#"文件示例 (example)，金额以元为单位的文本:
  {"certno": "…18位…", "name": "王某甲", "enrolments": [
    {"scheme": "employee", "insured": "420106", "person_type": "1101", "standing": "in_force", "balance": "1234.50"}]}
参保信息还可以有 (also)，待遇政策区分时必填:
  "civil_servant": true                     公务员标志
  "classes": ["subsistence_allowance"]      人员身份类别：registered_poor、subsistence_allowance、extremely_poor、low_income 等
  "tier": "second"                          缴费档次：first、second、low、middle、high
  "contribution_years": 25                  缴费年限（整年）
  "retired_on": "2001-07-01"                退休日期"#;

/// 参保人员 (people, at a running province)
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    node: NodeArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 登记或更改一名参保人员 (register one, or change what is registered)
    #[command(after_help = EXAMPLE)]
    Add {
        /// 人员编号 (the person's number)
        #[arg(value_parser = words::person)]
        number: PersonNumber,
        /// JSON文件，- 为标准输入 (a JSON file, - for standard input)
        file: PathBuf,
    },
}

/// Registers a person.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let Command::Add { number, file } = &arguments.command;
    let body = read_json(file)?;
    arguments.node.call(None, async |client| {
        let _: Taken = client.put(&format!("/api/v1/people/{number}"), &body).await?;
        say("已登记 (registered)");
        Ok(())
    })
}
