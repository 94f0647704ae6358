//! Access (访问控制): who asks, whether that is permitted, and that it is written down.
//!
//! People have sessions ([`login`], or by an organisation's identity provider, [`by_provider`]), programs the management token. A request with a session's cookie passes the [`gate`], which finds
//! the line of the endpoint (`wire::openapi`), asks the [`engine`] whether the role may take that line's action, and writes into the audit
//! trail what came of it ([`Act`]). Endpoints take a [`Clerk`] or an [`Insured`], and ask it about what lies in areas. No endpoint decides by
//! a role: that stands in `access/policy.cedar`. What a decision is about, this module is told; it must not know what a filing or a settlement
//! is.

pub(crate) mod accounts;
mod act;
mod author;
pub(crate) mod by_provider;
pub(crate) mod engine;
pub(crate) mod gate;
pub(crate) mod login;
pub(crate) mod oidc;
pub(crate) mod secret;
mod ticket;

pub use act::KnownEnds;
pub(crate) use act::{Act, give_up, write_known};
pub(crate) use author::Author;
pub(crate) use gate::{Clerk, Insured, Peer, Resumed, SignedIn, guarded};

use crate::{context::Context, job::Desk};
use engine::Engine;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use terms::{Participant, Refusal};
use tokio::sync::Semaphore;
use wire::openapi::{Permission, Role as NodeRole, permissions};

/// How many passwords are checked at once: each takes its memory and a core for a while.
const CHECKS_AT_ONCE: usize = 2;
/// How many wait for that; more are told to come later.
const CHECKS_WAITING: usize = 32;
/// How long one waits.
const CHECK_PATIENCE: Duration = Duration::from_secs(10);

/// A node that people and programs ask.
pub(crate) trait Managed: Send + Sync + 'static {
    /// The token that programs show; none closes the interface to them.
    fn management_token(&self) -> Option<&str>;

    /// What its use cases are given.
    fn given(&self) -> &Context;

    /// Where it is reached as the world sees it; empty where nobody has said.
    fn address(&self) -> &str;

    /// The identity providers by which people may log in.
    fn providers(&self) -> &oidc::Providers;

    /// Where lies what goes on by itself.
    fn desk(&self) -> &Desk;

    /// Which of the two it is.
    fn role(&self) -> NodeRole {
        match self.given().me {
            Participant::Hub => NodeRole::Hub,
            Participant::Province(_) => NodeRole::Province,
        }
    }
}

/// What all decisions of a running node share.
pub(crate) struct Access {
    /// The policy.
    pub engine: Arc<Engine>,
    /// What each endpoint needs.
    lines: Vec<Permission>,
    checking: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Access {
    /// For a node of this role.
    ///
    /// # Panics
    /// If the policy in the program does not hold: such a program serves nobody, and no test passes with it.
    pub fn new(role: NodeRole) -> Arc<Self> {
        // Read once a process, however many nodes it runs.
        static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
        let read = || Arc::new(Engine::new().unwrap_or_else(|wrong| panic!("the policy of access: {wrong}")));
        Arc::new(Self {
            engine: Arc::clone(ENGINE.get_or_init(read)),
            lines: permissions(role),
            checking: Arc::new(Semaphore::new(CHECKS_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(CHECKS_AT_ONCE + CHECKS_WAITING)),
        })
    }

    /// What an endpoint needs, by its method and its path as it stands in the table.
    fn line(&self, method: &str, path: &str) -> Option<Permission> {
        let is_it = |line: &&Permission| line.method.eq_ignore_ascii_case(method) && line.path == path;
        self.lines.iter().find(is_it).copied()
    }

    /// Works on a password in a thread of its own, of which there are few: those who log in cannot exhaust the node.
    pub async fn check<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let busy = || Refusal::LoginsBusy {};
        let _waits = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| busy())?;
        let place = tokio::time::timeout(CHECK_PATIENCE, Arc::clone(&self.checking).acquire_owned()).await;
        let place = place.map_err(|_| busy())?.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            // Given back when it is done, not when the one who asked has gone away.
            drop(place);
            done
        });
        done.await.map_err(|_| busy())
    }

    /// A sentence that says who may.
    pub fn not_permitted(&self, action: casework::access::Action) -> Refusal {
        let roles = self.engine.roles_that_may(action);
        let roles: Vec<&str> = roles.iter().map(|role| role.chinese()).collect();
        let who = format!("相应管辖范围内的{}", roles.join("、"));
        Refusal::NotPermitted { action: action.chinese().to_owned(), who }
    }
}

/// A digest of something about a person that only this node can make: the numbers themselves are few enough to be tried.
pub(crate) fn digest_of(context: &Context, of: &str, text: &str) -> String {
    // The same text is always signed the same way, and nobody is told the signature.
    let secret = context.key.sign(b"yidi: digests of people");
    let digest = secret::digest(&[secret.as_bytes(), of.as_bytes(), text.as_bytes()]);
    sign::sm2::hex_of(&digest[..12])
}

/// A person in the audit trail, by the person's number at the insured place.
pub(crate) fn person_subject(context: &Context, person: &str) -> String {
    format!("person:{}", digest_of(context, "person", person))
}
