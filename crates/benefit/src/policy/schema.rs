//! The JSON Schema of policy files, made from the types in `raw.rs`, so that editors and other tools know every key. It cannot
//! say everything that the loader checks: that bands touch and everyone is answered once, only the loader knows.

use super::raw::{
    Age, Amount, AmountOrRows, AmountRow, Amounts, DayText, Days, Diseases, File, Group, Nth, Percent,
    Places, Rows, Text, True, Version, Versions, Word, Words, Yuan,
};
use crate::{scheme::Burden, scheme::Standing, year::LayerName};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use terms::{
    CareKind, ContributionTier, Fund, Listed, MemberClass, MemberStatus, Rounding, SettlementLevel, VisitMark,
};

/// The JSON Schema of a policy file (draft 2020-12), as text.
pub fn json_schema() -> String {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>().to_value();
    tidy(&mut schema);
    if let Some(Value::Array(words)) = schema.pointer_mut("/$defs/Recurrence/oneOf") {
        words.push(
            json!({ "type": "string", "const": "each_visit", "description": "The same as each_admission." }),
        );
    }
    let mut ordered = serde_json::Map::new();
    ordered.insert("$schema".to_owned(), schema["$schema"].clone());
    ordered.insert("title".to_owned(), json!("Benefit policy of a pooling area (统筹区待遇政策)"));
    ordered.insert("description".to_owned(), schema["description"].clone());
    if let Value::Object(rest) = schema {
        rest.into_iter().for_each(|(key, value)| {
            ordered.entry(key).or_insert(value);
        });
    }
    let mut text = serde_json::to_string_pretty(&ordered).expect("a schema is plain JSON");
    text.push('\n');
    text
}

/// TOML has no null: a key that may be absent is simply not required. Descriptions are one line.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Object(object) => {
            if object.get("default").is_some_and(|value| value.is_null() || value.is_array()) {
                object.remove("default");
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|one| one != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(either)) = object.get_mut("anyOf") {
                either.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
                if let [Value::Object(only)] = either.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    only.into_iter().for_each(|(key, value)| {
                        object.entry(key).or_insert(value);
                    });
                }
            }
            if let Some(Value::String(words)) = object.get_mut("description") {
                *words = words.replace('\n', " ");
            }
            object.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

/// A word of the field with its Chinese name.
pub trait Named: Listed + Serialize {
    /// What the list of words is called.
    const LIST: &'static str;
    /// The Chinese word.
    fn in_chinese(self) -> &'static str;
}

macro_rules! named {
    ($($name:ident)*) => { $(
        impl Named for $name {
            const LIST: &'static str = stringify!($name);
            fn in_chinese(self) -> &'static str {
                self.chinese()
            }
        }
    )* };
}

named! { SettlementLevel ContributionTier MemberClass MemberStatus VisitMark CareKind Fund Standing Burden }

fn words<T: Serialize + Copy>(all: &[T], chinese: impl Fn(T) -> &'static str) -> Schema {
    let one = |word: &T| json!({ "const": word, "description": chinese(*word) });
    json_schema!({ "oneOf": all.iter().map(one).collect::<Vec<_>>() })
}

impl<T: Named> JsonSchema for Word<T> {
    fn schema_name() -> Cow<'static, str> {
        T::LIST.into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        words(T::LISTED, T::in_chinese)
    }
}

impl<T: Named> JsonSchema for Words<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}List", T::LIST).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<Word<T>>();
        json_schema!({ "type": "array", "items": word, "minItems": 1, "uniqueItems": true })
    }
}

impl<T: Group + JsonSchema> JsonSchema for Versions<T>
where
    T::Missing: JsonSchema,
    T::Ended: JsonSchema,
{
    fn schema_name() -> Cow<'static, str> {
        format!("{}Versions", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let version = generator.subschema_for::<Version<T>>();
        json_schema!({ "type": "array", "items": version, "minItems": 1 })
    }
}

impl<T: Group + JsonSchema> JsonSchema for Version<T>
where
    T::Missing: JsonSchema,
    T::Ended: JsonSchema,
{
    fn schema_name() -> Cow<'static, str> {
        format!("{}Version", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let values = generator.subschema_for::<T>();
        let missing = generator.subschema_for::<T::Missing>();
        let ended = generator.subschema_for::<T::Ended>();
        json_schema!({ "anyOf": [values, missing, ended] })
    }
}

impl<T: JsonSchema> JsonSchema for Rows<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}List", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let row = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": row, "minItems": 1 })
    }
}

macro_rules! written_as {
    ($($name:ident = $schema:tt;)*) => { $(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )* };
}

const DAY: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
const MONEY: &str = "^[0-9]+(\\.[0-9]{1,2})?$";
const SHARE: &str = "^(100(\\.0{1,2})?|[0-9]{1,2}(\\.[0-9]{1,2})?)%$";

/// Six digits of a division.
pub struct SixDigits;
/// The code of a scheme.
pub struct SchemeCode;
/// A month and day.
pub struct MonthAndDay;
/// The name of a layer.
pub struct LayerWord;
/// How a share becomes fen.
pub struct RoundingWord;

written_as! {
    SixDigits = { "type": "string", "pattern": "^[1-8][0-9]{5}$" };
    SchemeCode = { "type": "string", "enum": ["310", "390"] };
    MonthAndDay = { "type": "string", "pattern": "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$" };
    DayText = { "type": "string", "pattern": DAY, "description": "A day in quotes: \"2025-01-01\"." };
    Yuan = {
        "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": MONEY }],
        "description": "Yuan: a whole number, or a text with up to two decimals."
    };
    Percent = {
        "type": "string",
        "pattern": SHARE,
        "description": "A percentage in quotes, 0% to 100%, with up to two decimals."
    };
    Age = { "type": "integer", "minimum": 0, "maximum": 200 };
    Nth = { "type": "integer", "minimum": 1, "maximum": 10_000 };
    Days = { "type": "integer", "minimum": 1, "maximum": 10_000 };
    Text = { "type": "string", "minLength": 1 };
    True = { "const": true };
    Diseases = {
        "type": "array",
        "items": { "type": "string", "pattern": "^[A-Za-z0-9.]{1,12}$" },
        "minItems": 1,
        "uniqueItems": true
    };
    Places = {
        "type": "array",
        "items": { "type": "string", "pattern": "^[1-8][0-9]{5}$" },
        "minItems": 1,
        "uniqueItems": true
    };
}

impl JsonSchema for LayerWord {
    fn schema_name() -> Cow<'static, str> {
        "LayerName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        words(&LayerName::ALL, LayerName::chinese)
    }
}

impl JsonSchema for RoundingWord {
    fn schema_name() -> Cow<'static, str> {
        "Rounding".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        words(&[Rounding::HalfUp, Rounding::Down], Rounding::chinese)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let yuan = generator.subschema_for::<Yuan>();
        json_schema!({ "anyOf": [yuan, { "const": "unlimited", "description": "No limit (不设封顶)." }] })
    }
}

impl JsonSchema for Amounts {
    fn schema_name() -> Cow<'static, str> {
        "Amounts".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let yuan = generator.subschema_for::<Yuan>();
        json_schema!({
            "anyOf": [yuan, { "type": "array", "items": yuan, "minItems": 1 }],
            "description": "One amount, or a list by admission of the year whose last holds for all further ones."
        })
    }
}

impl JsonSchema for AmountOrRows {
    fn schema_name() -> Cow<'static, str> {
        "AmountOrRows".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (amount, rows) =
            (generator.subschema_for::<Amount>(), generator.subschema_for::<Rows<AmountRow>>());
        json_schema!({ "anyOf": [amount, rows] })
    }
}
