//! 1304 民族药品目录查询. The program has no ethnic medicines, so every page is empty.

use super::{envelope::Request, field::Row, page::Page};
use serde_json::{Value, json};
use terms::Refusal;

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// The page.
    pub page: Page,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Ok(Self { page: Page::read(&Row::one(request, "data")?)? })
    }
}

/// The output: no row.
pub fn output() -> Value {
    json!([])
}
