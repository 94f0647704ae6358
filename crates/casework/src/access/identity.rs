//! The identity (统一身份) that somebody has at an organisation's identity provider, tied to an account: who it is there logs in here as that
//! account. What the account may stays with the account: a provider says who somebody is, never what that person may.

use super::{Account, Role};
use terms::{Moment, Refusal};

/// An identity at a provider, as it is tied to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider, as this node names it.
    pub provider: String,
    /// What the person is called there, masked: enough to know it again.
    pub shown: String,
    /// Since when.
    pub tied_at: Moment,
    /// Whether it is the account's only way in: it has no password then.
    pub only: bool,
}

/// How long somebody who is sent to a provider may take to come back, in minutes.
pub const WAY_MINUTES: i64 = 10;
/// How long somebody who has come back may take to show a one-time code, in minutes.
pub const CODE_MINUTES: i64 = 5;

/// Whether an account may be tied: those of people who work here, once their password is their own.
pub fn may_be_tied(account: &Account, tied: Option<&Identity>) -> Result<(), Refusal> {
    if account.role == Role::Insured {
        let rule = "参保人账户不使用统一身份认证登录".to_owned();
        Err(Refusal::AccountRule { rule })
    } else if account.must_change_password {
        Err(Refusal::MustChangePassword {})
    } else if tied.is_some() {
        let rule = "本账户已绑定统一身份，更换前请先解除绑定".to_owned();
        Err(Refusal::AccountRule { rule })
    } else {
        Ok(())
    }
}

/// A name as it may be shown: its first and last character. Some providers name people by a telephone or identity number.
pub fn masked(name: &str) -> String {
    let name: Vec<char> = name.trim().chars().filter(|one| !one.is_control()).collect();
    match name.as_slice() {
        [] => String::new(),
        [first] | [first, _] => format!("{first}*"),
        [first, .., last] => format!("{first}***{last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Area, State};

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    #[test]
    fn a_name_is_known_again_and_not_read() {
        for (name, shown) in [
            ("wangfang", "w***g"),
            ("王芳", "王*"),
            ("王某芳", "王***芳"),
            (" x ", "x*"),
            ("", ""),
            ("42\u{0}0106", "4***6"),
        ] {
            assert_eq!(masked(name), shown, "{name:?}");
        }
    }

    #[test]
    fn who_works_here_ties_one_identity_once_the_password_is_his_own() {
        let account = |role, must_change_password| Account {
            name: "wangfang".parse().unwrap(),
            person_name: "王某芳".to_owned(),
            role,
            area: Area::Nation,
            person: None,
            state: State::NEW,
            must_change_password,
            has_one_time_code: false,
            revision: 1,
            created_at: now(),
            created_by: "management".to_owned(),
            last_login: None,
        };
        let tied =
            Identity { provider: "a".to_owned(), shown: "w***g".to_owned(), tied_at: now(), only: false };
        for (account, tied, code) in [
            (account(Role::HubOperator, false), None, None),
            (account(Role::HubOperator, true), None, Some("must-change-password")),
            (account(Role::HubOperator, false), Some(&tied), Some("account-rule")),
            (account(Role::Insured, false), None, Some("account-rule")),
        ] {
            let checked = may_be_tied(&account, tied);
            assert_eq!(checked.err().as_ref().map(Refusal::code), code, "{account:?}");
        }
    }
}
