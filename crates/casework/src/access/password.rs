//! Rules of passwords: long enough, not the account's name, not one of those that everybody tries first.
//!
//! Length counts and composition does not, as NIST SP 800-63B has it: rules of letters and digits make passwords that people write down.

use super::AccountName;
use terms::Refusal;

/// The fewest characters.
pub const LENGTH_MIN: usize = 10;
/// The most: a password is hashed whole, and what is hashed is bounded.
pub const LENGTH_MAX: usize = 128;

/// What is tried first at accounts of this country, in small letters; a password that holds nothing beside one of these and up to four
/// characters more is refused.
const DENIED: &[&str] = &[
    "password",
    "passw0rd",
    "p@ssw0rd",
    "admin",
    "administrator",
    "welcome",
    "qwertyuiop",
    "qwerty",
    "asdfghjkl",
    "1qaz2wsx",
    "1q2w3e4r",
    "iloveyou",
    "woaini",
    "woaini1314",
    "5201314",
    "a123456789",
    "abc123456",
    "123456789a",
    "aa123456",
    "yibao",
    "yibaoju",
    "ybj",
    "yidi",
    "yidijiuyi",
    "zaq12wsx",
    "letmein",
    "monkey",
    "dragon",
    "88888888",
    "66666666",
    "147258369",
    "123654789",
    "changeme",
    "root",
];

/// Refuses a password that breaks a rule.
pub fn check(password: &str, account: &AccountName) -> Result<(), Refusal> {
    let refused = |rule: &str| Err(Refusal::PasswordRule { rule: rule.to_owned() });
    let length = password.chars().count();
    if !(LENGTH_MIN..=LENGTH_MAX).contains(&length) {
        return refused("为10至128个字符");
    }
    if password.chars().any(char::is_control) {
        return refused("不含控制字符");
    }
    let small = password.to_lowercase();
    let name = account.as_str();
    if small.contains(name) || name.contains(&small) {
        return refused("不含账户名");
    }
    let held_by = |denied: &&&str| small.contains(**denied) && length <= denied.chars().count() + 4;
    if DENIED.iter().any(|denied| held_by(&denied)) || is_sequence(&small) || is_repetition(&small) {
        return refused("不是常用密码、连续字符或重复字符");
    }
    Ok(())
}

/// Whether each character is the next of the one before, or the one before, all the way: `1234567890`, `abcdefghij`, `9876543210`.
fn is_sequence(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|one| i64::from(u32::from(one))).collect();
    let steps = |by: i64| {
        codes.windows(2).all(|pair| {
            let step = pair[1] - pair[0];
            // After 9 comes 0.
            step == by || step == -by * 9
        })
    };
    steps(1) || steps(-1)
}

/// Whether it is a part of at most four characters, again and again.
fn is_repetition(text: &str) -> bool {
    let all: Vec<char> = text.chars().collect();
    (1..=4).any(|width| all.iter().enumerate().all(|(at, one)| *one == all[at % width]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_everybody_tries_are_refused() {
        let account: AccountName = "wangfang".parse().unwrap();
        for (password, taken) in [
            ("", false),
            ("short-one", false),
            ("tree-lamp-93", true),
            ("石榴花开的院子里有人", true),
            ("1234567890", false),
            ("0987654321", false),
            ("abcdefghijkl", false),
            ("aaaaaaaaaaaa", false),
            ("ab1!ab1!ab1!", false),
            ("Password2026", false),
            ("P@ssw0rd1234", false),
            ("wangfang-2026", false),
            ("WangFang2026!", false),
            ("woaini1314..", false),
            ("the password of a long story", true),
            ("tab\tinside-it", false),
            (&"长".repeat(128), false),
            (&"x1y2z3q4".repeat(17), false),
        ] {
            assert_eq!(check(password, &account).is_ok(), taken, "{password:?}");
        }
    }
}
