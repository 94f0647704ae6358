//! What a hospital registered beyond what decides anything: kept by field name as it came, and given back by the queries.

use super::{
    Request,
    credential::Credential,
    field::{find, is_flat, letters},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Fields by lower-case name, as text.
pub type Registration = BTreeMap<String, String>;

/// Longest value kept; the interface's longest field has 4,000 characters.
const LONGEST: usize = 4_000;
/// Longest name kept; no name of the interface comes near it.
const LONGEST_NAME: usize = 50;

/// The scalar fields of every row of a node of the input, found as [`super::field::Row`] finds it, so that a row that was
/// read is kept; absent ones (`""`, `null`, `"null"`) are left out.
pub fn rows(request: &Request, node: &str) -> Vec<Registration> {
    match find(&request.input, node) {
        Some(Value::Array(rows)) => rows.iter().filter_map(Value::as_object).map(of).collect(),
        Some(Value::Object(row)) => vec![of(row)],
        _ if is_flat(&request.input) => vec![of(&request.input)],
        _ => Vec::new(),
    }
}

/// The same of the first row; empty if there is none.
pub fn first(request: &Request, node: &str) -> Registration {
    rows(request, node).into_iter().next().unwrap_or_default()
}

/// The scalar fields of a row that stands directly in the input (see [`super::field::Row::direct`]).
pub fn direct(request: &Request, node: &str) -> Registration {
    match find(&request.input, node) {
        Some(Value::Object(_) | Value::Array(_)) => first(request, node),
        _ => of(&request.input),
    }
}

/// These fields of a node's first row, found in any spelling; absent ones are left out.
pub fn named(request: &Request, node: &str, names: &[&str]) -> Registration {
    let row = match find(&request.input, node) {
        Some(Value::Array(rows)) => rows.first().and_then(Value::as_object),
        Some(Value::Object(row)) => Some(row),
        _ => is_flat(&request.input).then_some(&request.input),
    };
    let Some(row) = row else { return Registration::new() };
    let given = |name: &&str| Some(((*name).to_owned(), kept(name, text_of(find(row, name)?)?)?));
    names.iter().filter_map(given).collect()
}

fn of(row: &Map<String, Value>) -> Registration {
    row.iter().filter_map(|(name, value)| Some((name_of(name), kept(name, text_of(value)?)?))).collect()
}

/// What is kept of a field: of what was shown at the counter nothing that is secret.
fn kept(name: &str, text: String) -> Option<String> {
    if letters(name).eq(letters("mdtrt_cert_no")) {
        return Credential::kept(&text).map(str::to_owned);
    }
    Some(text)
}

fn name_of(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect::<String>().to_ascii_lowercase()
}

fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        // A control character has no meaning here, and the database keeps no NUL.
        Value::String(text) => text.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) => "0".to_owned(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty() && !text.eq_ignore_ascii_case("null")).then_some(text)
}
