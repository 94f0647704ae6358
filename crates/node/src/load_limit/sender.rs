//! Whose message it is that nobody has parsed yet, as far as fairness goes: whom its envelope names, believed only where that institution, or
//! node, has shown before that it calls from there. So whoever names another one takes no place away from it.
//!
//! This is asked for every message that is refused, and must cost next to nothing.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{PoisonError, RwLock},
};

/// How far into a body its sender is looked for as a reader of JSON would, and how far from its end, where what lies between is not read.
const LOOKED_THROUGH: (usize, usize) = (4 << 10, 2 << 10);
/// The most characters of a name.
const NAME_MAX: usize = 30;

/// The value of a field of the outermost object in a body of JSON that nobody has parsed, form-encoded perhaps: letters and digits. What only
/// looks like the field, within a text or within another object, is passed over. Where more comes before the field than is looked through,
/// and in a form of several parts, it is the last or the first that looks like it.
pub fn scan<'a>(body: &'a [u8], field: &str) -> Option<&'a str> {
    let blank = |byte: &u8| matches!(byte, 0xef | 0xbb | 0xbf | b'=' | b' ' | b'\t' | b'\r' | b'\n');
    let body = &body[body.iter().take_while(|byte| blank(byte)).count()..];
    let is_form = body.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"%7B"));
    let (first, last) = LOOKED_THROUGH;
    let head = &body[..body.len().min(first)];
    if !is_form && !body.starts_with(b"{") {
        let at = head.windows(field.len()).position(|window| window == field.as_bytes())?;
        return value_after(&head[at + field.len()..]);
    }
    match (Walk { text: head, at: 0, is_form }).member(field.as_bytes()) {
        Found::Value(value) => Some(value),
        Found::Nothing => None,
        Found::End if head.len() == body.len() => None,
        Found::End => {
            let tail = &body[body.len().saturating_sub(last)..];
            let at = tail.windows(field.len()).rposition(|window| window == field.as_bytes())?;
            value_after(&tail[at + field.len()..])
        }
    }
}

/// What a walk through the outermost object comes to.
enum Found<'a> {
    Value(&'a str),
    /// There is no such field, or no name in it.
    Nothing,
    /// The text ends before that is known.
    End,
}

/// A walk through the characters of a JSON text.
struct Walk<'a> {
    text: &'a [u8],
    at: usize,
    is_form: bool,
}

impl<'a> Walk<'a> {
    fn member(mut self, field: &[u8]) -> Found<'a> {
        let (mut depth, mut is_name) = (0_usize, false);
        while let Some(byte) = self.next() {
            match byte {
                b'"' => {
                    let Some(is_it) = self.reads(field) else { return Found::End };
                    if is_it && is_name && depth == 1 {
                        return self.value();
                    }
                }
                b'{' | b'[' => {
                    depth += 1;
                    is_name = depth == 1;
                }
                b'}' | b']' if depth <= 1 => return Found::Nothing,
                b'}' | b']' => depth -= 1,
                b',' | b':' if depth == 1 => is_name = byte == b',',
                _ => {}
            }
        }
        Found::End
    }

    /// Reads a text to its end; whether it says this, letter for letter.
    fn reads(&mut self, expected: &[u8]) -> Option<bool> {
        let mut left = Some(expected);
        loop {
            match self.next()? {
                b'"' => return Some(left.is_some_and(<[u8]>::is_empty)),
                b'\\' => {
                    self.next()?;
                    left = None;
                }
                byte => left = left.and_then(|left| left.strip_prefix(&[byte])),
            }
        }
    }

    /// The value behind a name: a text of letters and digits, and nothing else.
    fn value(mut self) -> Found<'a> {
        let mut has_begun = false;
        loop {
            match self.next() {
                None => return Found::End,
                Some(b' ' | b'\t' | b'\r' | b'\n') => {}
                Some(b':') if !has_begun => has_begun = true,
                Some(b'"') if has_begun => break,
                Some(_) => return Found::Nothing,
            }
        }
        let name = name_at(&self.text[self.at..]);
        self.at += name.map_or(0, str::len);
        match (name, self.next()) {
            (Some(name), Some(b'"')) => Found::Value(name),
            (_, None) => Found::End,
            _ => Found::Nothing,
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        if !self.is_form {
            return Some(byte);
        }
        let digit = |at: usize| char::from(*self.text.get(at)?).to_digit(16);
        Some(match byte {
            b'+' => b' ',
            b'%' => match digit(self.at).zip(digit(self.at + 1)) {
                Some((high, low)) => {
                    self.at += 2;
                    u8::try_from(high * 16 + low).unwrap_or(byte)
                }
                None => byte,
            },
            byte => byte,
        })
    }
}

/// What stands behind something that looks like the field.
fn value_after(mut rest: &[u8]) -> Option<&str> {
    loop {
        rest = match rest {
            [b'%', _, _, after @ ..]
            | [b'"' | b':' | b'\\' | b' ' | b'\t' | b'\r' | b'\n' | b'+', after @ ..] => after,
            _ => return name_at(rest),
        };
    }
}

fn name_at(text: &[u8]) -> Option<&str> {
    let length = text.iter().take(NAME_MAX).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    std::str::from_utf8(&text[..length]).ok().filter(|name| !name.is_empty())
}

/// From so many addresses an institution is believed to call; from one more, it is no longer believed from the oldest.
const ADDRESSES_MAX: usize = 8;

/// Whom a message names that nobody has read yet, and where it came from.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The name; empty where it names nobody.
    pub name: &'a str,
    /// The address.
    pub from: IpAddr,
}

/// From where institutions, or nodes, have called that have shown who they are. A proxy between them and the node has one address for all behind it: there
/// the names are believed that any of them has shown.
#[derive(Debug, Default)]
pub struct Senders(RwLock<HashMap<String, Vec<IpAddr>>>);

impl Senders {
    /// Whoever is named has shown that it calls from there.
    pub fn has_shown(&self, Sender { name, from }: Sender<'_>) {
        if self.believes(name, from) {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let addresses = known.entry(name.to_owned()).or_default();
        if addresses.len() == ADDRESSES_MAX {
            addresses.remove(0);
        }
        addresses.push(network(from));
    }

    /// As whom somebody shares places with others: as the one whom his message names, if that one has shown before that it calls from there. Who
    /// names another one, or somebody made up, has no place of that one's: all such are one caller together.
    pub fn caller<'a>(&self, sender: Sender<'a>) -> &'a str {
        if self.believes(sender.name, sender.from) { sender.name } else { "" }
    }

    /// Whether it has been shown before that whoever bears this name calls from there.
    fn believes(&self, name: &str, from: IpAddr) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(name).is_some_and(|addresses| addresses.contains(&network(from)))
    }
}

/// An address as it counts: one who has an IPv6 address has all that begin with the same 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_read_off_the_bytes_where_an_envelope_names_it() {
        for (body, expected) in [
            (r#"{"infno":"2304","fixmedins_code":"H42010600001","input":{}}"#, Some("H42010600001")),
            ("{\"fixmedins_code\" :\n \"H1\"}", Some("H1")),
            ("\u{feff} \n={\"fixmedins_code\":\"H1\"}", Some("H1")),
            ("%7B%22fixmedins_code%22%3A%22H42010600001%22%7D", Some("H42010600001")),
            ("%7b%22a%22+:%22b%22,%22fixmedins_code%22:+%22H1%22%7d", Some("H1")),
            (r#"{"infno":"2304","fixmedins_code":"H1"#, None),
            (r#"{"fixmedins_code":""}"#, None),
            (r#"{"fixmedins_code":"","a":"H1"}"#, None),
            (r#"{"fixmedins_code":"#, None),
            ("fixmedins_code", None),
            (r#"{"fixmedins_code":null}"#, None),
            (r#"{"fixmedins_code":["H1"]}"#, None),
            (r#"{"fixmedins_code":"H1\u0041"}"#, None),
            ("{}", None),
            ("", None),
            // What only looks like it.
            (r#"{"opter_name":"fixmedins_code","fixmedins_code":"H1"}"#, Some("H1")),
            (r#"{"opter_name":"\"fixmedins_code\":\"H2\"","fixmedins_code":"H1"}"#, Some("H1")),
            (r#"{"opter_name":"\\","x":"\\\"fixmedins_code\":\"H2","fixmedins_code":"H1"}"#, Some("H1")),
            (r#"{"input":{"fixmedins_code":"H2"},"fixmedins_code":"H1"}"#, Some("H1")),
            (r#"{"input":[{"fixmedins_code":"H2"}],"fixmedins_code":"H1"}"#, Some("H1")),
            (r#"{"a":["b","fixmedins_code",{"c":1}],"fixmedins_code":"H1"}"#, Some("H1")),
            (r#"{"input":{"fixmedins_code":"H2"}}"#, None),
            (r#"{"xfixmedins_code":"H2","fixmedins_codes":"H3","fixmedins_code":"H1"}"#, Some("H1")),
            (r#"{"a":"fixmedins_code":"H2","fixmedins_code":"H1"}"#, Some("H1")),
            (r#"{"a":1}{"fixmedins_code":"H2"}"#, None),
            (r#"["fixmedins_code","H2"]"#, None),
            (
                "%7B%22opter_name%22:%22%5C%22fixmedins_code%5C%22:%5C%22H2%5C%22%22,%22fixmedins_code%22:%22H1%22%7D",
                Some("H1"),
            ),
            // A form of several parts.
            ("--b\r\n\r\n{\"fixmedins_code\":\"H1\"}\r\n--b--", Some("H1")),
        ] {
            assert_eq!(scan(body.as_bytes(), "fixmedins_code"), expected, "{body}");
        }
        let named = |before: &str, after: &str| {
            format!(r#"{{"input":{{"fixmedins_code":"H2","a":"{before}"}},"fixmedins_code":"H3"{after}}}"#)
        };
        let long = "x".repeat(1 << 20);
        for (body, expected) in [
            (named(&long, ""), Some("H3")),
            (named(&"x".repeat(4_050), ""), Some("H3")),
            (named(&long, &format!(r#","z":"{}""#, "x".repeat(4_000))), None),
            (named("", &format!(r#","z":"{long}""#)), Some("H3")),
        ] {
            assert_eq!(scan(body.as_bytes(), "fixmedins_code"), expected, "{}", body.len());
        }
    }

    #[test]
    fn a_name_is_believed_from_where_it_was_shown() {
        let senders = Senders::default();
        let address = |text: &str| -> IpAddr { text.parse().unwrap() };
        senders.has_shown(Sender { name: "H1", from: address("192.0.2.1") });
        senders.has_shown(Sender { name: "H2", from: address("192.0.2.1") });
        senders.has_shown(Sender { name: "H1", from: address("2001:db8:1:2:3::4") });
        for (name, from, expected) in [
            ("H1", "192.0.2.1", true),
            ("H1", "::ffff:192.0.2.1", true),
            ("H1", "192.0.2.2", false),
            ("H1", "2001:db8:1:2:ffff::9", true),
            ("H1", "2001:db8:1:3::4", false),
            ("H2", "192.0.2.1", true),
            ("H2", "2001:db8:1:2:3::4", false),
            ("H3", "192.0.2.1", false),
            ("", "192.0.2.1", false),
        ] {
            assert_eq!(senders.believes(name, address(from)), expected, "{name} {from}");
            let caller = senders.caller(Sender { name, from: address(from) });
            assert_eq!(caller, if expected { name } else { "" });
        }
        // What is kept of one does not grow, however far it wanders; one that stays where it is is believed there.
        for last in 10..18 {
            senders.has_shown(Sender { name: "H1", from: address(&format!("198.51.100.{last}")) });
            senders.has_shown(Sender { name: "H1", from: address("198.51.100.17") });
        }
        assert!(!senders.believes("H1", address("192.0.2.1")));
        assert!(senders.believes("H1", address("198.51.100.17")));
        assert_eq!(senders.0.read().unwrap()["H1"].len(), ADDRESSES_MAX);
    }
}
