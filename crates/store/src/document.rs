//! Values of other rooms that are kept whole: JSON text that nobody looks inside here.

use crate::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, postgres::PgRow};

/// A value as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(String);

impl Document {
    /// Of a value.
    pub fn of(value: &impl Serialize) -> Self {
        Self(serde_json::to_string(value).expect("what is kept is plain data"))
    }

    /// The one that has this text.
    pub(crate) const fn from_text(text: String) -> Self {
        Self(text)
    }

    /// The value that it was made of.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.0)
            .map_err(|error| Error::Corrupt { column: "document", value: error.to_string() })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// A text column as a document.
pub(crate) fn document(row: &PgRow, column: &'static str) -> Result<Document> {
    Ok(Document(row.try_get(column)?))
}

/// The same where there may be none.
pub(crate) fn document_if(row: &PgRow, column: &'static str) -> Result<Option<Document>> {
    Ok(row.try_get::<Option<String>, _>(column)?.map(Document))
}
