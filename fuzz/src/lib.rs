//! What the fuzz targets share: what is asked of everything that was read, and how the bytes of an input are used up.

pub mod bank;
pub mod hospital;
#[path = "../../crates/wire/tests/described/value.rs"]
mod value;

use serde::{Serialize, de::DeserializeOwned};
use std::{
    fmt::{Debug, Display},
    str::FromStr,
};
use terms::Refusal;

/// The bytes of an input, taken from the front. When they are used up, nought comes.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `end`, which is at most 256.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    /// One of these.
    pub fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    /// The next bytes up to and without a nought, as text.
    pub fn text(&mut self) -> String {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// All that is left, as text; what is no UTF-8 is replaced.
    pub fn rest(self) -> String {
        String::from_utf8_lossy(self.0).into_owned()
    }
}

/// What was read from JSON is written and read again as the same.
pub fn same_again<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).expect("what was read can be written");
    match serde_json::from_str::<T>(&text) {
        Ok(again) => assert_eq!(&again, value, "written as {text}"),
        Err(error) => panic!("{error}: {value:?} is written as {text}"),
    }
}

/// Reads JSON; if it is one of these, it is written and read again as the same.
pub fn json<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let value = serde_json::from_slice(bytes).ok()?;
    same_again(&value);
    Some(value)
}

/// Reads a word; if it is one of these, it is printed and read again as the same.
pub fn word<T: FromStr + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let printed = value.to_string();
    match printed.parse::<T>() {
        Ok(again) => assert_eq!(again, value, "{text:?} is printed as {printed:?}"),
        Err(_) => panic!("{value:?}, read from {text:?}, is printed as {printed:?}, which is none"),
    }
    Some(value)
}

/// A refusal says something, and fits the field in which the interface has it.
pub fn fits(refusal: &Refusal) {
    let length = refusal.message().chars().count();
    assert!(
        (1..=wire::hospital::envelope::ERR_MSG_MAX).contains(&length),
        "{length} characters: {refusal:?}"
    );
    assert!(!refusal.code().is_empty());
}

/// What was read holds no NUL, which no text of the database can.
pub fn is_without_nul(read: &impl Debug) {
    let said = format!("{read:?}");
    let mut escaped = false;
    for one in said.chars() {
        assert!(!(escaped && one == '0'), "a NUL was read: {said}");
        escaped = one == '\\' && !escaped;
    }
}
