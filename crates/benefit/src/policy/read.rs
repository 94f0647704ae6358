//! From the text of a file to [`raw`]: table by table, so that as much as possible of what is wrong is said at once, each with
//! its line.

use super::{
    PolicyError,
    raw::{self, AmountRow, Group, Rows, Version, Versions},
};
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue, Error, ValueDeserializer},
};

/// Puts into a table what was read of it apart.
pub type Put<T> = Box<dyn FnOnce(&mut T)>;

/// A table that is read by itself.
pub trait Piece: DeserializeOwned {
    /// Reads those of its keys that are lists of tables.
    fn parts(_read: &mut Reader<'_>, _table: &DeTable<'_>) -> Put<Self> {
        Box::new(|_| {})
    }
}

/// Reads a file as it is written.
///
/// # Errors
/// Everything that is wrong with its keys and their values.
pub fn file(path: &str, text: &str) -> Result<raw::File, Vec<PolicyError>> {
    let mut reader = Reader::new(path, text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in &errors {
            reader.refused(error);
        }
        return Err(reader.errors);
    }
    let span = document.span();
    let table = document.into_inner();
    let read = reader.plain::<raw::File>(&table, span);
    let is_read = read.is_some();
    let mut file = read.unwrap_or_else(raw::File::unread);
    reader.groups(&mut file, &table);
    if is_read && reader.errors.is_empty() { Ok(file) } else { Err(reader.errors) }
}

/// Reads the file of what holds in every area that says nothing of its own.
///
/// # Errors
/// As [`file`].
pub fn national(path: &str, text: &str) -> Result<raw::National, Vec<PolicyError>> {
    let mut reader = Reader::new(path, text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        reader.refused(error);
    }
    let span = document.span();
    let table = document.into_inner();
    let mut read = reader.plain::<raw::National>(&table, span);
    if let Some(read) = &mut read {
        read.account = reader.versions(&table, "account", "account");
    }
    read.filter(|_| reader.errors.is_empty()).ok_or(reader.errors)
}

/// After so many wrong keys of one table it is read no further: each is found by reading the table once more.
const WRONG_KEYS_MAX: usize = 100;

/// Reads tables and remembers what is wrong with them.
pub struct Reader<'a> {
    path: &'a str,
    lines: Lines,
    errors: Vec<PolicyError>,
}

impl<'a> Reader<'a> {
    fn new(path: &'a str, text: &str) -> Self {
        Self { path, lines: Lines::of(text), errors: Vec::new() }
    }

    fn wrong(&mut self, offset: usize, message: impl Into<String>) {
        self.errors.push(PolicyError::at(self.path, self.lines.line(offset), message));
    }

    fn refused(&mut self, error: &Error) {
        let said = error.message();
        let hint = if said.starts_with("missing field") {
            "; add it, docs/POLICY.md says what it holds"
        } else if said.starts_with("unknown field") {
            "; write one of these, or take the key out"
        } else {
            ""
        };
        let start = error.span().map_or(0, |span| span.start);
        self.wrong(start, format!("{}{hint}", said.replace('\n', " ")));
    }

    fn groups(&mut self, file: &mut raw::File, table: &DeTable<'_>) {
        for (name, care) in [
            ("inpatient", Some(&mut file.inpatient)),
            ("outpatient", file.outpatient.as_mut()),
            ("chronic", file.chronic.as_mut()),
            ("pharmacy", file.pharmacy.as_mut()),
        ] {
            let Some(table) = table.get(name).and_then(|value| value.get_ref().as_table()) else { continue };
            let mut unused = raw::Care::default();
            let care = care.unwrap_or(&mut unused);
            care.deductible = self.versions(table, "deductible", &format!("{name}.deductible"));
            care.ratio = self.versions(table, "ratio", &format!("{name}.ratio"));
            care.cap = self.versions(table, "cap", &format!("{name}.cap"));
        }
        file.cross_region = self.versions(table, "cross_region", "cross_region");
        file.layer = self.versions(table, "layer", "layer");
        file.account = self.versions(table, "account", "account");
        file.year_crossing = self.versions(table, "year_crossing", "year_crossing");
    }

    fn versions<T: Group>(&mut self, table: &DeTable<'_>, key: &str, name: &str) -> Versions<T> {
        let mut versions = Vec::new();
        for value in self.list(table, key, &format!("write each version as [[{name}]]")) {
            let Some(version) = value.get_ref().as_table() else {
                self.wrong(
                    value.span().start,
                    format!("`{key}` is no table; write each version as [[{name}]]"),
                );
                continue;
            };
            let span = value.span();
            let read = if version.contains_key("missing") {
                self.piece(version, span.clone()).map(Version::Missing)
            } else if version.contains_key("ended") {
                self.piece(version, span.clone()).map(Version::Ended)
            } else {
                self.piece(version, span.clone()).map(Version::Values)
            };
            versions.extend(read.map(|read| Spanned::new(span, read)));
        }
        Versions(versions)
    }

    /// The rows under a key; nothing if it is not there, which reading the table itself says.
    pub fn rows<T: Piece>(&mut self, table: &DeTable<'_>, key: &str) -> Rows<T> {
        let mut rows = Vec::new();
        for value in self.list(table, key, "write a list of rows in { }") {
            let span = value.span();
            let Some(row) = value.get_ref().as_table() else {
                self.wrong(
                    span.start,
                    format!("`{key}` holds something that is no row; write each as {{ … }}"),
                );
                continue;
            };
            rows.extend(self.piece(row, span.clone()).map(|row| Spanned::new(span, row)));
        }
        Rows(rows)
    }

    /// The rows under a key that may also hold one amount.
    pub fn rows_or_amount(&mut self, table: &DeTable<'_>, key: &str) -> Rows<AmountRow> {
        let is_list = table.get(key).is_some_and(|value| value.get_ref().is_array());
        if is_list { self.rows(table, key) } else { Rows::default() }
    }

    fn list<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
        instead: &str,
    ) -> &'t [Spanned<DeValue<'i>>] {
        let Some((key_at, value)) = table.get_key_value(key) else { return &[] };
        let list = value.get_ref().as_array().map(DeArray::as_ref);
        if list.is_none_or(<[_]>::is_empty) {
            let is = if list.is_some() { "is empty" } else { "is no list" };
            self.wrong(key_at.span().start, format!("`{key}` {is}; {instead}, or take the key out"));
        }
        list.unwrap_or_default()
    }

    fn piece<T: Piece>(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<T> {
        let before = self.errors.len();
        let put = T::parts(self, table);
        let mut piece = self.plain::<T>(table, span)?;
        put(&mut piece);
        (self.errors.len() == before).then_some(piece)
    }

    /// Reads a table; a key that is wrong is taken out and the rest read again, so that the next wrong key is said as well.
    fn plain<T: DeserializeOwned>(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<T> {
        let mut table = table.clone();
        let mut taken: Vec<String> = Vec::new();
        loop {
            let value = Spanned::new(span.clone(), DeValue::Table(table.clone()));
            let error = match T::deserialize(ValueDeserializer::from(value)) {
                Ok(read) => return taken.is_empty().then_some(read),
                Err(error) => error,
            };
            let follows = taken.iter().any(|key| error.message() == format!("missing field `{key}`"));
            if follows {
                return None;
            }
            self.refused(&error);
            let key = error.span().and_then(|span| key_at(&table, span.start))?;
            if taken.len() == WRONG_KEYS_MAX {
                return None;
            }
            table.remove(key.as_str());
            taken.push(key);
        }
    }
}

fn key_at(table: &DeTable<'_>, offset: usize) -> Option<String> {
    let holds = |(key, value): &(&Spanned<_>, &Spanned<_>)| {
        key.span().contains(&offset) || value.span().contains(&offset)
    };
    table.iter().find(holds).map(|(key, _)| key.get_ref().to_string())
}

/// Where the lines of a text begin.
pub struct Lines(Vec<usize>);

impl Lines {
    /// Of a text.
    pub fn of(text: &str) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(place, _)| place + 1);
        Self(std::iter::once(0).chain(after).collect())
    }

    /// The line of a byte, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}
