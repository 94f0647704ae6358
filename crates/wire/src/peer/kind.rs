//! Reads messages that say of which kind they are in a field `kind` beside their content.
//!
//! Nodes write `kind` first, so the content can be read straight into its type as it comes. Where `kind` stands elsewhere,
//! the fields before it are held until it is known. (What serde derives for such a tag holds every message so, and reads it
//! twice.)

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};
use std::{fmt, marker::PhantomData};

/// The field that says it.
const KIND: &str = "kind";

/// Messages of several kinds.
pub(super) trait Kinds: Sized {
    /// The names of the kinds, for whoever sends another.
    const NAMES: &[&str];

    /// Reads the content of a message of this kind; fields that the kind does not have are passed over.
    fn read<'de, D: Deserializer<'de>>(kind: &str, content: D) -> Result<Self, D::Error>;
}

/// Reads a message.
pub(super) fn deserialize<'de, D: Deserializer<'de>, T: Kinds>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(Message(PhantomData))
}

/// That there is no such kind.
pub(super) fn unknown<T: Kinds, E: Error>(kind: &str) -> E {
    E::unknown_variant(kind, T::NAMES)
}

struct Message<T>(PhantomData<T>);

impl<'de, T: Kinds> Visitor<'de> for Message<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message with its kind")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<T, A::Error> {
        let mut held = Map::new();
        while let Some(field) = fields.next_key::<String>()? {
            if field != KIND {
                held.insert(field, fields.next_value()?);
                continue;
            }
            let kind: String = fields.next_value()?;
            if held.is_empty() {
                return T::read(&kind, MapAccessDeserializer::new(fields));
            }
            held.extend(Map::deserialize(MapAccessDeserializer::new(fields))?);
            return T::read(&kind, Value::Object(held)).map_err(A::Error::custom);
        }
        Err(A::Error::missing_field(KIND))
    }
}
