//! `yidi openapi`: the description of a node's interfaces, printed.

use crate::{say, stop::Stop};
use clap::{Args, ValueEnum};
use wire::openapi::{self, page::pretty};

/// 打印接口的OpenAPI 3.1说明，与运行中节点的 /api/openapi.json 相同。
///
/// Prints the OpenAPI 3.1 document that a running node serves at /api/openapi.json.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 哪一种节点 (of which node)
    #[arg(long, value_enum, default_value_t = Role::Province)]
    role: Role,
}

/// A kind of node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// 国家平台
    Hub,
    /// 省级平台
    Province,
}

/// Prints it.
#[expect(clippy::unnecessary_wraps, reason = "commands are all alike")]
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let role = match arguments.role {
        Role::Hub => openapi::Role::Hub,
        Role::Province => openapi::Role::Province,
    };
    say(&pretty(&openapi::document(role)));
    Ok(())
}
