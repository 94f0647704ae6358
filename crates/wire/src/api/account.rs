//! Accounts of people who work at a node, as administrators make and see them.

use casework::access::{Account, Area, Identity, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::Moment;

/// Where somebody works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AreaView {
    /// `nation`, `province`, `city` (a pooling area), `county` or `institution`.
    pub kind: String,
    /// Its number, or the institution's code.
    pub code: String,
    /// Its name.
    pub name: String,
}

impl AreaView {
    /// Of an area; an institution's name is its code where nobody has said another.
    pub fn of(area: &Area, institution_name: Option<&str>) -> Self {
        let name = institution_name.map_or_else(|| area.name(), str::to_owned);
        Self { kind: area.kind().to_owned(), code: area.code(), name }
    }
}

/// An identity at an organisation's identity provider (统一身份认证) that is tied to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IdentityView {
    /// The provider.
    pub provider: String,
    /// Its name.
    pub provider_name: String,
    /// What the person is called there, masked.
    pub shown: String,
    /// Since when.
    pub tied_at: String,
    /// Whether it is the account's only way in.
    pub only: bool,
}

impl IdentityView {
    /// Of an identity, with the name of its provider.
    pub fn of(identity: &Identity, provider_name: &str) -> Self {
        Self {
            provider: identity.provider.clone(),
            provider_name: provider_name.to_owned(),
            shown: identity.shown.clone(),
            tied_at: identity.tied_at.to_string(),
            only: identity.only,
        }
    }
}

/// An account. Nothing of its password is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountView {
    /// By what somebody logs in.
    pub account: String,
    /// 姓名.
    pub name: String,
    /// The role's code.
    pub role: String,
    /// The role in Chinese.
    pub role_name: String,
    /// Where that person works.
    pub area: AreaView,
    /// `active`, `locked` or `disabled`.
    pub state: String,
    /// The same in Chinese.
    pub state_name: String,
    /// Until when it is locked.
    pub locked_until: Option<String>,
    /// Whether the password is an initial one.
    pub must_change_password: bool,
    /// Whether a one-time code is asked for at each login.
    pub one_time_code: bool,
    /// The identity at an identity provider that logs in as it.
    pub identity: Option<IdentityView>,
    /// When it was made.
    pub created_at: String,
    /// By whom.
    pub created_by: String,
    /// When somebody last logged in.
    pub last_login: Option<String>,
}

impl AccountView {
    /// Of an account, with the state in which its name stands, and what is tied to it.
    pub fn of(account: &Account, (state, identity): (State, Option<IdentityView>), now: Moment) -> Self {
        let state = state.at(now);
        Self {
            account: account.name.to_string(),
            name: account.person_name.clone(),
            role: account.role.code().to_owned(),
            role_name: account.role.chinese().to_owned(),
            area: AreaView::of(&account.area, None),
            state: state.name().to_owned(),
            state_name: state.chinese().to_owned(),
            locked_until: state.locked_until(now).map(|until| until.to_string()),
            must_change_password: account.must_change_password,
            one_time_code: account.has_one_time_code,
            identity,
            created_at: account.created_at.to_string(),
            created_by: account.created_by.clone(),
            last_login: account.last_login.map(|at| at.to_string()),
        }
    }
}

/// Accounts of one's area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accounts {
    /// In the order of their names, or as `sort` says.
    pub accounts: Vec<AccountView>,
    /// Ask with `after` for those that follow.
    pub next: Option<String>,
}

/// A new account: `POST /api/v1/accounts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// By what somebody will log in: 3 to 40 letters, digits, `.`, `-` and `_`.
    pub account: String,
    /// 姓名. Who bears the same name as another is told apart by a mark: 王芳（二科）.
    pub name: String,
    /// The role's code.
    pub role: String,
    /// Where that person works: `100000`, the number of a province, pooling area or county, or an institution's code.
    pub area: String,
    /// The initial password; one is made if none is given.
    #[serde(default)]
    pub password: Option<String>,
}

/// A new account, or one whose password was reset, with its initial password, which is told this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewAccountMade {
    /// The account.
    pub account: AccountView,
    /// The initial password, if it was made here.
    pub password: Option<String>,
}

/// Another role and area: `POST /api/v1/accounts/{account}/grant`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The role's code.
    pub role: String,
    /// As in [`NewAccount`].
    pub area: String,
}

/// A reset of the password: `POST /api/v1/accounts/{account}/reset-password`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The initial password; one is made if none is given.
    #[serde(default)]
    pub password: Option<String>,
}
