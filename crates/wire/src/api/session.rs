//! Logging in, and what a page is told of whoever sits there.

use super::account::{AreaView, IdentityView};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use terms::{CitizenId, InsuredPlace, Participant};

/// The cookie that a session is known by.
pub const SESSION_COOKIE: &str = "yidi_session";

/// The header that every request which writes shows beside the cookie.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Somebody logs in: `POST /web/login`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The account's name; for the insured, their citizen identity number.
    pub account: String,
    /// The password.
    pub password: String,
    /// The one-time code, where it is asked for.
    #[serde(default)]
    pub code: Option<String>,
}

impl fmt::Debug for LogIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogIn")
    }
}

/// The cookie that a browser carries while somebody is away at an identity provider.
pub const TICKET_COOKIE: &str = "yidi_oidc";

/// An organisation's identity provider (统一身份认证) by which people may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderView {
    /// As it stands in addresses: `/web/oidc/{provider}` leads there.
    pub provider: String,
    /// Its name.
    pub name: String,
}

/// By what people may log in beside a password: `GET /web/oidc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Providers {
    /// In the order in which they are shown.
    pub providers: Vec<ProviderView>,
    /// The provider that whoever asks has come back from, where the one-time code of the account is still to be shown.
    pub code_needed: Option<String>,
}

/// Somebody ties an identity to his account: `POST /web/oidc/{provider}/tie`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TieIdentity {
    /// The account's password.
    pub password: String,
    /// Whether the password is given up for it.
    #[serde(default)]
    pub only: bool,
}

impl fmt::Debug for TieIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TieIdentity")
    }
}

/// Where a page is to go on, to the identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoOn {
    /// The address.
    pub address: String,
}

/// A window of an institution at which somebody may work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WindowOfSession {
    /// The institution's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: String,
    /// 定点医疗服务机构类型: `1` a hospital, `2` a pharmacy.
    pub kind: String,
}

/// Who sits there, and what that person may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// The account's name.
    pub account: String,
    /// 姓名.
    pub name: String,
    /// Whose node this is.
    pub participant: Participant,
    /// The role's code.
    pub role: String,
    /// The role in Chinese.
    pub role_name: String,
    /// Where that person works.
    pub area: AreaView,
    /// Codes of what that person may do where he works.
    pub actions: Vec<String>,
    /// Institutions at whose windows that person may work.
    pub windows: Vec<WindowOfSession>,
    /// To be shown as `X-Csrf-Token` with every request that writes.
    pub csrf: String,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
    /// Whether a one-time code is asked for at each login.
    pub one_time_code: bool,
    /// The identity at an identity provider that logs in as this account.
    pub identity: Option<IdentityView>,
    /// After so many minutes without a request the session is over.
    pub idle_minutes: i64,
    /// Whether this is a development server: never at a node.
    pub development: bool,
}

/// Another password: `POST /web/password`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The present one.
    pub old: String,
    /// The new one.
    pub new: String,
}

impl fmt::Debug for SetPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetPassword")
    }
}

/// A secret of one-time codes, which is in force once its first code was shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewOneTimeCode {
    /// In base 32, to be typed.
    pub secret: String,
    /// `otpauth://…`, to be shown as a QR code.
    pub uri: String,
}

impl fmt::Debug for NewOneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewOneTimeCode")
    }
}

/// The first code of a new secret: `POST /web/one-time-code/confirm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmCode {
    /// The code that the authenticator shows.
    pub code: String,
}

/// Somebody who is insured here makes an account: `POST /web/portal/register`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// 参保地: any division of the pooling area.
    pub insured: InsuredPlace,
    /// 公民身份号码.
    pub certno: CitizenId,
    /// 姓名.
    pub name: String,
    /// 社会保障卡卡号, of a card in force.
    pub card: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Register")
    }
}
