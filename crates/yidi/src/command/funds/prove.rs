//! `yidi funds prove`: everything recomputed at a running node.

use crate::{command::clerk::NodeArguments, say, stop::Stop};
use serde_json::json;
use wire::api::ledger::Proof;

/// Has everything recomputed, and ends with 1 where something does not agree.
pub fn run(node: &NodeArguments) -> Result<(), Stop> {
    node.call(None, async |client| {
        let proof: Proof = client.post_and_wait("/api/v1/funds/prove", &json!({})).await?;
        for check in &proof.checks {
            let found =
                check.difference.as_deref().map_or("一致".to_owned(), |what| format!("不一致：{what}"));
            say(&format!("{:>12}  {}  {found}", check.checked, check.name));
            if let Some(note) = &check.note {
                say(&format!("{:>12}  {note}", ""));
            }
        }
        if proof.agrees {
            say(&format!("全部{n}项一致 (all {n} agree)，用时{}毫秒", proof.millis, n = proof.checked));
            return Ok(());
        }
        let first = proof.checks.into_iter().find_map(|check| check.difference);
        Err(Stop::Refused(format!("账目不一致 (the first difference)：{}", first.unwrap_or_default())))
    })
}
