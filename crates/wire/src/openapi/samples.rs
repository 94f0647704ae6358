//! Real messages as examples: the samples that the format's tests are made of, with personal data masked.

use include_dir::{Dir, include_dir};
use serde_json::Value;

static SAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/samples");

/// A request of a transaction.
pub(super) fn request(infno: &str) -> Option<Value> {
    sample(infno, "req")
}

/// An answer to a transaction.
pub(super) fn answer(infno: &str) -> Option<Value> {
    sample(infno, "resp")
}

fn sample(infno: &str, kind: &str) -> Option<Value> {
    let file = SAMPLES.get_file(format!("{infno}-{kind}-1.json"))?;
    serde_json::from_slice(file.contents()).ok()
}
