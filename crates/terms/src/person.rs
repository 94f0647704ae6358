//! People as the schemes know them. Personal data is shown masked unless a duty needs it.

use crate::day::Day;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A citizen identity number (公民身份号码, GB 11643): six digits of place, eight of birth, three of sequence, one check digit.
/// It is also the social security number (社会保障号码, 国务院令第764号 art. 6).
///
/// `Debug` and `Display` print it masked; [`CitizenId::reveal`] is for the duties that need the number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CitizenId(String);

impl CitizenId {
    /// The whole number.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The day of birth that the number carries.
    pub fn birth(&self) -> Day {
        birth_of(&self.0).expect("checked when the number was read")
    }

    /// Whether the sequence number is a man's (odd).
    pub fn is_male(&self) -> bool {
        self.0.as_bytes()[16] % 2 == 1
    }

    /// The check digit of the first seventeen digits (ISO 7064, MOD 11-2); `None` if they are not digits.
    pub fn check_digit(first_seventeen: &str) -> Option<char> {
        const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        if first_seventeen.len() != 17 {
            return None;
        }
        let mut sum = 0;
        for (digit, weight) in first_seventeen.chars().zip(WEIGHTS) {
            sum += digit.to_digit(10)? * weight;
        }
        "10X98765432".chars().nth(usize::try_from(sum % 11).ok()?)
    }
}

fn birth_of(number: &str) -> Option<Day> {
    let part = |from: usize, to: usize| number.get(from..to);
    Day::new(part(6, 10)?.parse().ok()?, part(10, 12)?.parse().ok()?, part(12, 14)?.parse().ok()?)
}

/// A text is not a citizen identity number: length, digits, day of birth or check digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACitizenId;

impl fmt::Display for NotACitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a citizen identity number")
    }
}

impl FromStr for CitizenId {
    type Err = NotACitizenId;
    fn from_str(text: &str) -> Result<Self, NotACitizenId> {
        let number = text.trim().to_ascii_uppercase();
        if !number.is_ascii() || number.len() != 18 || birth_of(&number).is_none() {
            return Err(NotACitizenId);
        }
        match CitizenId::check_digit(&number[..17]) {
            Some(digit) if number.ends_with(digit) => Ok(Self(number)),
            _ => Err(NotACitizenId),
        }
    }
}

impl TryFrom<String> for CitizenId {
    type Error = NotACitizenId;
    fn try_from(text: String) -> Result<Self, NotACitizenId> {
        text.parse()
    }
}

impl From<CitizenId> for String {
    fn from(id: CitizenId) -> Self {
        id.0
    }
}

impl fmt::Display for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}********{}", &self.0[..6], &self.0[14..])
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A name with all but its first character covered: `王**`.
pub fn masked_name(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => std::iter::once(first).chain(characters.map(|_| '*')).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_checked_and_printed_masked() {
        let id: CitizenId = "11010119410618915 1".replace(' ', "").parse().unwrap();
        assert_eq!(id.to_string(), "110101********9151");
        assert_eq!(id.birth().to_string(), "1941-06-18");
        assert!(id.is_male());
        for wrong in
            ["", "110101194106189152", "11010119411318915X", "1101011941061891", "甲10101194106189151"]
        {
            assert!(wrong.parse::<CitizenId>().is_err(), "{wrong}");
        }
        assert_eq!(masked_name("王某甲"), "王**");
    }
}
