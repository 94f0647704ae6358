//! An account (账户): whose it is, its role and area, and its stages: it opens, is locked for a while after too many wrong passwords, and is
//! disabled for good or until it is enabled again.

use super::{Area, Role};
use std::{fmt, str::FromStr};
use terms::{Moment, PersonNumber, Refusal};

/// After so many wrong passwords or codes in a row an account is locked …
pub const FAILURES_MAX: u32 = 5;
/// … for so many minutes the first time, and twice as long each time after, until somebody logs in.
pub const LOCK_MINUTES: i64 = 15;
/// The longest lock, in minutes.
pub const LOCK_MINUTES_MAX: i64 = 24 * 60;

/// The name by which somebody logs in: letters, digits, `.`, `-` and `_`, in small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(String);

/// A text is not an account's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAccountName;

impl AccountName {
    /// As a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = NotAnAccountName;

    fn from_str(text: &str) -> Result<Self, NotAnAccountName> {
        let text = text.trim().to_ascii_lowercase();
        let is_of_a_name =
            |one: u8| one.is_ascii_lowercase() || one.is_ascii_digit() || b"._-".contains(&one);
        let begins = text.bytes().next().is_some_and(|one| one.is_ascii_lowercase() || one.is_ascii_digit());
        if (3..=40).contains(&text.len()) && begins && text.bytes().all(is_of_a_name) {
            Ok(Self(text))
        } else {
            Err(NotAnAccountName)
        }
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 正常, with how many wrong passwords in a row, and how often it was locked since somebody last logged in.
    Active {
        /// Wrong passwords or codes since the last right ones.
        failures: u32,
        /// How often it was locked since somebody last logged in.
        locks: u32,
    },
    /// 锁定 until a moment.
    Locked {
        /// Until when.
        until: Moment,
        /// How often it was locked since somebody last logged in, this time included.
        locks: u32,
    },
    /// 停用: nobody logs in.
    Disabled,
}

/// What happens to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Somebody shows a wrong password or code.
    Fail,
    /// Somebody logs in.
    LogIn,
    /// An administrator resets it, which also ends a lock.
    Reset,
    /// An administrator disables it.
    Disable,
    /// An administrator enables it again.
    Enable,
}

impl State {
    /// As a new account has it.
    pub const NEW: Self = Self::Active { failures: 0, locks: 0 };

    /// Its name at the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active { .. } => "active",
            Self::Locked { .. } => "locked",
            Self::Disabled => "disabled",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Active { .. } => "正常",
            Self::Locked { .. } => "锁定",
            Self::Disabled => "停用",
        }
    }

    /// Where it stands at a moment: a lock whose time is over is none.
    #[must_use]
    pub fn at(self, now: Moment) -> Self {
        match self {
            Self::Locked { until, locks } if until <= now => Self::Active { failures: 0, locks },
            other => other,
        }
    }

    /// Until when it is locked at a moment.
    pub fn locked_until(self, now: Moment) -> Option<Moment> {
        match self.at(now) {
            Self::Locked { until, .. } => Some(until),
            Self::Active { .. } | Self::Disabled => None,
        }
    }

    /// Where it stands after a move; `None` where the move cannot be made: nobody logs in to what is locked or disabled.
    pub fn after(self, step: Move, now: Moment) -> Option<Self> {
        match (self.at(now), step) {
            (Self::Disabled, Move::Enable)
            | (Self::Active { .. }, Move::LogIn | Move::Reset)
            | (Self::Locked { .. }, Move::Reset) => Some(Self::NEW),
            (Self::Active { failures, locks }, Move::Fail) if failures + 1 < FAILURES_MAX => {
                Some(Self::Active { failures: failures + 1, locks })
            }
            (Self::Active { locks, .. }, Move::Fail) => {
                let locks = locks.saturating_add(1);
                Some(Self::Locked { until: now.plus_millis(lock_minutes(locks) * 60_000), locks })
            }
            // A guess at what is locked makes the lock neither longer nor shorter.
            (state @ Self::Locked { .. }, Move::Fail) => Some(state),
            (Self::Active { .. } | Self::Locked { .. }, Move::Disable) => Some(Self::Disabled),
            (Self::Disabled, Move::Fail | Move::LogIn | Move::Reset | Move::Disable)
            | (Self::Locked { .. }, Move::LogIn)
            | (Self::Active { .. } | Self::Locked { .. }, Move::Enable) => None,
        }
    }
}

/// How long the lock is that is the so manieth in a row.
fn lock_minutes(locks: u32) -> i64 {
    let doubled = LOCK_MINUTES.checked_shl(locks.saturating_sub(1).min(20)).unwrap_or(LOCK_MINUTES_MAX);
    doubled.min(LOCK_MINUTES_MAX)
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// By what somebody logs in.
    pub name: AccountName,
    /// Who it is, as colleagues know the person (姓名).
    pub person_name: String,
    /// What that person is here.
    pub role: Role,
    /// Where that person works.
    pub area: Area,
    /// The person's number at the insured place, for accounts of the insured.
    pub person: Option<PersonNumber>,
    /// Where it stands.
    pub state: State,
    /// Whether the password is an initial one, to be changed before anything else.
    pub must_change_password: bool,
    /// Whether a one-time code is asked for at each login.
    pub has_one_time_code: bool,
    /// Goes up with each change: what was decided on an older one is not written.
    pub revision: i64,
    /// When it was made.
    pub created_at: Moment,
    /// By whom.
    pub created_by: String,
    /// When somebody last logged in.
    pub last_login: Option<Moment>,
}

impl Account {
    /// Checks what an administrator asks for: the role is of such an area, the area lies within the administrator's, and the name of the
    /// person says somebody.
    pub fn check_new(role: Role, area: &Area, person_name: &str, within: &Area) -> Result<(), Refusal> {
        let rule = |rule: &str| Err(Refusal::AccountRule { rule: rule.to_owned() });
        if !role.is_given() {
            return rule("参保人账户由本人在门户注册，不由管理员开立");
        }
        if !role.fits(area) {
            return rule("该角色不属于所填的管辖范围");
        }
        if !within.contains(area) {
            return rule("管辖范围超出您的管辖范围");
        }
        let length = person_name.trim().chars().count();
        if !(2..=40).contains(&length) {
            return rule("姓名应为2至40字");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    #[test]
    fn names_are_plain_and_small() {
        for (text, name) in [
            ("wangfang", Some("wangfang")),
            (" WangFang ", Some("wangfang")),
            ("42.wang_fang-1", Some("42.wang_fang-1")),
            ("wf", None),
            (".wang", None),
            ("wang fang", None),
            ("王芳王芳", None),
            ("wang\u{0}fang", None),
            (&"w".repeat(41), None),
        ] {
            let read = text.parse::<AccountName>();
            assert_eq!(read.ok().as_ref().map(AccountName::as_str), name, "{text:?}");
        }
    }

    #[test]
    fn an_account_is_locked_after_so_many_failures_and_longer_each_time() {
        let mut state = State::NEW;
        for failures in 1..FAILURES_MAX {
            state = state.after(Move::Fail, now()).unwrap();
            assert_eq!(state, State::Active { failures, locks: 0 });
        }
        let mut at = now();
        for (locks, minutes) in
            [(1, 15), (2, 30), (3, 60), (4, 120), (5, 240), (6, 480), (7, 960), (8, 1440), (9, 1440)]
        {
            state = state.after(Move::Fail, at).unwrap();
            let until = at.plus_millis(minutes * 60_000);
            assert_eq!(state, State::Locked { until, locks });
            assert_eq!(state.after(Move::LogIn, until.plus_millis(-1)), None);
            assert_eq!(state.after(Move::Fail, until.plus_millis(-1)), Some(state));
            at = until;
            for _ in 1..FAILURES_MAX {
                state = state.after(Move::Fail, at).unwrap();
            }
        }
        assert_eq!(state.after(Move::LogIn, at), Some(State::NEW));
    }

    #[test]
    fn every_state_and_every_move() {
        let active = State::Active { failures: 2, locks: 1 };
        let locked = State::Locked { until: now().plus_millis(1), locks: 1 };
        for (state, fail, log_in, reset, disable, enable) in [
            (active, Some("active"), Some("active"), Some("active"), Some("disabled"), None),
            (locked, Some("locked"), None, Some("active"), Some("disabled"), None),
            (State::Disabled, None, None, None, None, Some("active")),
        ] {
            for (step, expected) in [
                (Move::Fail, fail),
                (Move::LogIn, log_in),
                (Move::Reset, reset),
                (Move::Disable, disable),
                (Move::Enable, enable),
            ] {
                assert_eq!(state.after(step, now()).map(State::name), expected, "{state:?} {step:?}");
            }
        }
    }

    #[test]
    fn an_administrator_gives_what_lies_in_his_own_area() {
        let area = |text: &str| Area::of_division(text.parse().unwrap());
        let hospital =
            Area::Institution { code: "H42010600001".parse().unwrap(), place: "420106".parse().unwrap() };
        for (role, of, within, permitted) in [
            (Role::AgencyOperator, area("420100"), area("420000"), true),
            (Role::AgencyOperator, area("420100"), area("420100"), true),
            (Role::AgencyOperator, area("420500"), area("420100"), false),
            (Role::AgencyOperator, area("420000"), area("420100"), false),
            (Role::Cashier, hospital.clone(), area("420100"), true),
            (Role::Cashier, hospital, area("420500"), false),
            (Role::Cashier, area("420100"), area("420000"), false),
            (Role::Insured, area("420100"), area("420000"), false),
        ] {
            let checked = Account::check_new(role, &of, "王芳", &within);
            assert_eq!(checked.is_ok(), permitted, "{role} {of} {within}");
        }
        assert!(Account::check_new(Role::AgencyOperator, &area("420100"), "王", &area("420000")).is_err());
    }
}
