//! 《外伤无第三方责任承诺书》: whoever was injured declares that nobody else is liable, or the bill is not settled directly (经办规程
//! art. 35). The hospital keeps the paper and says so with 外伤标志 1 and 涉及第三方标志 0; here stands that it was declared, and when.
//!
//! It must not know how the hospital says it.

use std::collections::BTreeMap;
use terms::Moment;

/// 外伤标志, as it is kept with a visit or a settlement.
pub const INJURY: &str = "trum_flag";
/// 涉及第三方标志, likewise.
pub const THIRD_PARTY: &str = "rel_ttp_flag";
/// When it was declared, likewise.
pub const DECLARED_AT: &str = "no_third_party_declared_at";

/// What is registered of a visit or a settlement, by field name.
type Registration = BTreeMap<String, String>;

/// Writes down what was said of an injury. Who is not injured after all has declared nothing; who says nothing leaves it as it
/// was.
pub fn note(registration: &mut Registration, injury: Option<bool>, third_party: Option<bool>, at: Moment) {
    match (injury, third_party) {
        (Some(true), Some(false)) => {
            for (field, value) in [(INJURY, "1".to_owned()), (THIRD_PARTY, "0".to_owned())] {
                registration.insert(field.to_owned(), value);
            }
            // The first time counts: what is sent again declares nothing new.
            registration.entry(DECLARED_AT.to_owned()).or_insert_with(|| at.to_string());
        }
        (Some(false), _) => {
            for field in [INJURY, THIRD_PARTY, DECLARED_AT] {
                registration.remove(field);
            }
        }
        _ => {}
    }
}

/// When it was declared, if it was.
pub fn declared_at(registration: &Registration) -> Option<&str> {
    registration.get(DECLARED_AT).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_and_what_stands() {
        let (first, later) = ("2026-11-21 10:00:00".parse().unwrap(), "2026-11-22 10:00:00".parse().unwrap());
        let mut kept = Registration::new();
        let mut said = |injury, third_party, at| {
            note(&mut kept, injury, third_party, at);
            declared_at(&kept).map(str::to_owned)
        };
        let stands = Some("2026-11-21 10:00:00".to_owned());
        assert_eq!(said(None, None, first), None);
        assert_eq!(said(None, Some(false), first), None, "no injury, nothing to declare");
        assert_eq!(said(Some(true), Some(false), first), stands);
        assert_eq!(said(None, None, later), stands);
        assert_eq!(said(Some(true), Some(false), later), stands, "once");
        assert_eq!(said(Some(false), None, later), None);
    }
}
