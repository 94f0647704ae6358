//! What a hospital registered beyond what decides anything: kept by field name as it came, and given back by the queries.

use super::Request;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Fields by lower-case name, as text.
pub type Registration = BTreeMap<String, String>;

/// Longest value kept; the interface's longest field has 4,000 characters.
const LONGEST: usize = 4_000;

/// The scalar fields of every row of a node of the input; absent ones (`""`, `null`, `"null"`) are left out.
pub fn rows(request: &Request, node: &str) -> Vec<Registration> {
    let found = request.input.iter().find(|(name, _)| name.eq_ignore_ascii_case(node));
    match found {
        Some((_, Value::Array(rows))) => rows.iter().filter_map(Value::as_object).map(of).collect(),
        Some((_, Value::Object(row))) => vec![of(row)],
        _ => Vec::new(),
    }
}

/// The same of the first row; empty if there is none.
pub fn first(request: &Request, node: &str) -> Registration {
    rows(request, node).into_iter().next().unwrap_or_default()
}

fn of(row: &Map<String, Value>) -> Registration {
    row.iter().filter_map(|(name, value)| Some((name.to_ascii_lowercase(), text_of(value)?))).collect()
}

fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().chars().take(LONGEST).collect(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) => "0".to_owned(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty() && !text.eq_ignore_ascii_case("null")).then_some(text)
}
