//! What all commands share that speak with a running node over its management interface.

use crate::{command::running::runtime, key::read_secret_file, stop::Stop};
use clap::Args;
use node::api::client::Client;
use serde_json::Value;
use std::{
    fs,
    future::Future,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Which node, and as whom.
#[derive(Clone, Debug, Args)]
pub struct NodeArguments {
    /// 节点地址，如 http://127.0.0.1:8801 (where the node is reached)
    #[arg(
        long,
        env = "YIDI_NODE",
        value_name = "URL",
        global = true,
        default_value = "http://127.0.0.1:8801"
    )]
    node: String,
    /// 管理令牌 (the node's management token)
    #[arg(long, env = "YIDI_TOKEN", value_name = "TOKEN", global = true, hide_env_values = true)]
    token: Option<String>,
    /// 存有管理令牌的文件 (a file that holds it)
    #[arg(long, env = "YIDI_TOKEN_FILE", value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,
    /// 经办人，记入查询记录 (who you are, for the record of looks)
    #[arg(long, env = "YIDI_OPERATOR", value_name = "NAME", global = true)]
    operator: Option<String>,
}

impl NodeArguments {
    /// Calls the node.
    pub fn call<F: Future<Output = Result<(), Stop>>>(
        &self,
        duty: Option<&str>,
        calls: impl FnOnce(Client) -> F,
    ) -> Result<(), Stop> {
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => token.trim().to_owned(),
            (None, Some(path)) => read_secret_file(path, "管理令牌")?,
            (None, None) => {
                let what = "缺少管理令牌，请加 --token、--token-file 或设环境变量YIDI_TOKEN (the management token is missing)";
                return Err(Stop::Unable(what.to_owned()));
            }
        };
        let (node, operator, duty) = (self.node.clone(), self.operator.clone(), duty.map(str::to_owned));
        runtime()?.block_on(calls(Client { node, token, operator, duty }))
    }
}

/// JSON out of a file, or out of standard input if the file is `-`.
pub fn read_json(path: &Path) -> Result<Value, Stop> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    let shown = path.display();
    let text = text
        .map_err(|error| Stop::Unable(format!("文件{shown}无法读取，请核对路径 (cannot read: {error})")))?;
    serde_json::from_str(&text).map_err(|error| {
        let at = format!(
            "第{}行第{}列 (line {}, column {})",
            error.line(),
            error.column(),
            error.line(),
            error.column()
        );
        Stop::Refused(format!("文件{shown}不是合法的JSON，请检查{at}"))
    })
}
