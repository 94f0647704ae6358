//! Signatures and encrypted texts that another implementation made: `vectors.json`, written by `tools/make_sign_vectors.py`.

use serde_json::Value;

/// The cases of one kind, at least one.
pub(super) fn of(kind: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("vectors.json")).expect("the file is JSON");
    let cases = file[kind].as_array().cloned().unwrap_or_default();
    assert!(!cases.is_empty(), "vectors.json has no {kind}");
    cases
}
