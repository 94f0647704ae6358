//! What a browser carries while somebody is away at an identity provider: a cookie that this node made and knows again, so that whoever comes
//! back is whoever was sent. It holds a secret of which the request's state, nonce and verifier are made, for what the way was begun, and when.
//! Nothing is kept at the node meanwhile: who only begins costs nothing.

use super::{
    digest_of,
    secret::{digest, is_same, random},
};
use crate::context::Context;
use casework::access::{
    AccountName,
    identity::{CODE_MINUTES, WAY_MINUTES},
};
use sign::sm2::{bytes_of, hex_of};
use terms::Moment;

/// For what somebody was sent to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To log in.
    LogIn,
    /// To tie the identity to an account.
    Tie {
        /// The account.
        account: AccountName,
        /// The hash of the session in which that was asked for.
        session: [u8; 32],
        /// Whether the account gives its password up for it.
        only: bool,
    },
    /// He has come back as the holder of this account, and shows a one-time code now.
    Code {
        /// The account.
        account: AccountName,
    },
}

/// What the cookie says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    secret: [u8; 32],
    /// The provider, as this node names it.
    pub provider: String,
    at: Moment,
    /// For what.
    pub purpose: Purpose,
}

impl Ticket {
    /// A new one.
    pub fn new(context: &Context, provider: &str, purpose: Purpose) -> Self {
        let (provider, at) = (provider.to_owned(), context.now());
        Self { secret: random(&*context.ids), provider, at, purpose }
    }

    /// For the cookie, with what only this node can add.
    pub fn text(&self, context: &Context) -> String {
        let purpose = match &self.purpose {
            Purpose::LogIn => "in".to_owned(),
            Purpose::Tie { account, session, only } => {
                format!("tie~{account}~{}~{}", hex_of(session), if *only { "only" } else { "also" })
            }
            Purpose::Code { account } => format!("code~{account}"),
        };
        let Self { secret, provider, at, .. } = self;
        let said = format!("{}~{provider}~{}~{purpose}", hex_of(secret), at.millis());
        let shown = digest_of(context, "ticket", &said);
        format!("{said}~{shown}")
    }

    /// As it stands in a cookie, if this node made it and its time is not over.
    pub fn read(context: &Context, text: &str) -> Option<Self> {
        let (said, shown) = text.rsplit_once('~')?;
        if text.len() > 400 || !is_same(shown.as_bytes(), digest_of(context, "ticket", said).as_bytes()) {
            return None;
        }
        let mut parts = said.split('~');
        let mut part = || parts.next();
        let hash = |text: &str| -> Option<[u8; 32]> { bytes_of(text)?.try_into().ok() };
        let (secret, provider, at) = (hash(part()?)?, part()?.to_owned(), part()?.parse().ok()?);
        let purpose = match part()? {
            "in" => Purpose::LogIn,
            "tie" => Purpose::Tie {
                account: part()?.parse().ok()?,
                session: hash(part()?)?,
                only: part()? == "only",
            },
            "code" => Purpose::Code { account: part()?.parse().ok()? },
            _ => return None,
        };
        let at = Moment::from_millis(at)?;
        let minutes = match purpose {
            Purpose::LogIn | Purpose::Tie { .. } => WAY_MINUTES,
            Purpose::Code { .. } => CODE_MINUTES,
        };
        let is_over = at.plus_millis(minutes * 60_000) <= context.now();
        (!is_over).then_some(Self { secret, provider, at, purpose })
    }

    /// By which the node knows its own request again.
    pub fn state(&self) -> String {
        self.mark(b"yidi oidc state")
    }

    /// What the ID token must hold.
    pub fn nonce(&self) -> String {
        self.mark(b"yidi oidc nonce")
    }

    /// What the exchange of the code shows.
    pub fn verifier(&self) -> String {
        self.mark(b"yidi oidc verifier")
    }

    fn mark(&self, of: &[u8]) -> String {
        hex_of(&digest(&[of, &self.secret]))
    }
}
