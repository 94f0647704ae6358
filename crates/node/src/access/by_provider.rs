//! Logging in at an organisation's identity provider, and tying an identity there to an account here.
//!
//! A browser is sent there with a cookie ([`super::ticket`]) and comes back with a code, which proves an identity ([`super::oidc`]). An identity
//! logs in as the account that it is tied to, and as none otherwise: no account and no role is ever made of what a provider says. It is tied
//! by the person, who shows the account's password first; an administrator can only untie it. What comes after is as with a password: locks,
//! one-time codes, sessions, the audit trail.

use super::{
    Access, Act,
    login::{begin, confirm_password, ends, fail, locked, look, name_hash, nobodys_act, own_act},
    oidc::{Marks, Provider, Providers},
    secret::{Token, digest, step_of},
    ticket::{Purpose, Ticket},
};
use crate::context::{Context, Failure, Outcome};
use casework::access::{
    Account, AccountName, Identity, State,
    identity::{WAY_MINUTES, masked, may_be_tied},
    one_time_code,
};
use sign::sm2::hex_of;
use store::{
    account::{self, Kept},
    identity::{self, IdentityHash},
    session as sessions,
};
use terms::Refusal;
use wire::oidc::Claims;

/// The longest code that a provider sends somebody back with.
const CODE_BYTES_MAX: usize = 2_048;

/// A node's providers, and where people come back to from them.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    /// What every use case is given.
    pub context: &'a Context,
    /// The providers.
    pub providers: &'a Providers,
    /// Where the node is reached as the world sees it.
    pub address: &'a str,
}

impl Desk<'_> {
    /// Where people come back to.
    fn redirect(&self, provider: &Provider) -> String {
        format!("{}/web/oidc/{}/callback", self.address, provider.settings.id)
    }

    /// Where to send a browser, and the cookie that it takes along.
    async fn send(&self, provider: &Provider, purpose: Purpose) -> Result<(String, String), Refusal> {
        let ticket = Ticket::new(self.context, &provider.settings.id, purpose);
        let (state, nonce, verifier) = (ticket.state(), ticket.nonce(), ticket.verifier());
        let marks = Marks { state: &state, nonce: &nonce, verifier: &verifier };
        let address = provider.authorization(self.context, &self.redirect(provider), &marks).await?;
        Ok((address, ticket.text(self.context)))
    }

    /// Sends somebody to log in: the address, and the cookie.
    pub async fn send_to_log_in(&self, provider: &str) -> Result<(String, String), Refusal> {
        self.send(self.providers.find(provider)?, Purpose::LogIn).await
    }

    /// Sends somebody to show the identity that is to be tied to his account, whose password he shows first.
    pub async fn send_to_tie(
        &self,
        access: &Access,
        (account, token): (&Account, &Token),
        (provider, password, only): (&str, &str, bool),
    ) -> Result<(String, String), Refusal> {
        let provider = self.providers.find(provider)?;
        may_be_tied(account, of_account(self.context, &account.name).await?.as_ref())?;
        confirm_password(self.context, access, account, password).await?;
        let purpose = Purpose::Tie { account: account.name.clone(), session: token.hash(), only };
        self.send(provider, purpose).await
    }

    /// Somebody has come back.
    pub async fn receive(&self, came: &Came<'_>) -> Result<Received, Refusal> {
        let provider = self.providers.find(came.provider)?;
        let overdue = || Refusal::IdentityOverdue {};
        let ticket = came.ticket.and_then(|text| Ticket::read(self.context, text)).ok_or_else(overdue)?;
        let is_answer = ticket.provider == provider.settings.id
            && super::secret::is_same(came.state.as_bytes(), ticket.state().as_bytes());
        match &ticket.purpose {
            Purpose::LogIn if is_answer => self.log_in(provider, &ticket, came).await,
            Purpose::Tie { account, session, only } if is_answer => {
                let kept = find(self.context, account).await?.ok_or_else(overdue)?;
                let mut act = own_act(self.context, &kept.account, "tie-identity", came.address);
                act.begins().await?;
                let done = self.tie(provider, &ticket, came, (account, session, *only)).await;
                ends(act, &done).await?;
                done
            }
            _ => Err(overdue()),
        }
    }

    /// What the provider says of whoever came back; each request is answered once.
    async fn prove(&self, provider: &Provider, ticket: &Ticket, came: &Came<'_>) -> Result<Claims, Refusal> {
        let unproved = || Refusal::IdentityUnproved { provider: provider.settings.name.clone() };
        // RFC 9207: who answers says so; a code of one provider is not shown to another.
        if came.issuer.is_some_and(|issuer| issuer != provider.settings.issuer) {
            return Err(unproved());
        }
        let code = came.code.filter(|code| code.len() <= CODE_BYTES_MAX).ok_or_else(unproved)?;
        let (state, nonce, verifier) = (ticket.state(), ticket.nonce(), ticket.verifier());
        let marks = Marks { state: &state, nonce: &nonce, verifier: &verifier };
        let claims = provider.prove(self.context, (&self.redirect(provider), code), &marks).await?;
        let once = async {
            let (now, key) = (self.context.now(), digest(&[b"yidi oidc answer", state.as_bytes()]));
            let forget = now.plus_millis(-WAY_MINUTES * 60_000);
            let mut work = self.context.store.begin().await?;
            let first = identity::answer_once(&mut work, (self.context.me, &key), (now, forget)).await?;
            work.save().await?;
            Ok::<_, Failure>(first)
        };
        if once.await.map_err(Failure::refusal)? { Ok(claims) } else { Err(Refusal::IdentityOverdue {}) }
    }

    async fn log_in(
        &self,
        provider: &Provider,
        ticket: &Ticket,
        came: &Came<'_>,
    ) -> Result<Received, Refusal> {
        let mut act = self.log_in_act(&provider.settings.id, came.address);
        let done = match self.prove(provider, ticket, came).await {
            Ok(claims) => self.let_in(provider, &claims, &mut act).await,
            Err(refusal) => Err(refusal),
        };
        match &done {
            Ok(Received::NeedsCode(_)) => act.ends(Refusal::LoginCodeNeeded {}.code()).await?,
            _ => ends(act, &done).await?,
        }
        done
    }

    /// Lets in whoever has this identity, as with a password that is right.
    async fn let_in(&self, provider: &Provider, claims: &Claims, act: &mut Act) -> Result<Received, Refusal> {
        let hash = hash_of(provider, claims);
        act.is_about(format!("identity:{}:{}", provider.settings.id, hex_of(&hash[..12])));
        let name = async {
            identity::account_of(&mut *self.context.store.conn().await?, self.context.me, &hash).await
        };
        let name = name.await.map_err(|error| Failure::from(error).refusal())?;
        let kept = match name {
            Some(name) => find(self.context, &name).await?,
            None => None,
        };
        let untied = || Refusal::IdentityUntied { provider: provider.settings.name.clone() };
        let kept = kept.ok_or_else(untied)?;
        check_open(&kept)?;
        let key = name_hash(kept.account.name.as_str());
        let (_, standing) = look(self.context, None, &key).await.map_err(Failure::refusal)?;
        if let Some(until) = standing.locked_until(self.context.now()) {
            return Err(locked(until));
        }
        if kept.credentials.code_secret.is_some() && !claims.has_several_factors() {
            let purpose = Purpose::Code { account: kept.account.name };
            let ticket = Ticket::new(self.context, &provider.settings.id, purpose);
            return Ok(Received::NeedsCode(ticket.text(self.context)));
        }
        act.is_of(&kept.account);
        act.begins().await?;
        let token = Token::new(&*self.context.ids);
        let begun = begin(self.context, &kept.account, (&key, None), (&token, None)).await;
        begun.map_err(Failure::refusal)?;
        Ok(Received::In(token))
    }

    /// Whoever has come back shows the one-time code of his account.
    pub async fn show_code(
        &self,
        (provider, ticket): (&str, Option<&str>),
        code: &str,
        address: &str,
    ) -> Result<(Account, Token), Refusal> {
        let ticket = ticket.and_then(|text| Ticket::read(self.context, text));
        let Some(Ticket { purpose: Purpose::Code { account }, .. }) =
            ticket.filter(|ticket| ticket.provider == provider)
        else {
            return Err(Refusal::IdentityOverdue {});
        };
        let mut act = self.log_in_act(provider, address);
        let done = self.check_code(&account, provider, code, &mut act).await;
        ends(act, &done).await?;
        done
    }

    async fn check_code(
        &self,
        name: &AccountName,
        provider: &str,
        code: &str,
        act: &mut Act,
    ) -> Result<(Account, Token), Refusal> {
        let (now, key) = (self.context.now(), name_hash(name.as_str()));
        let (kept, standing) = look(self.context, Some(name), &key).await.map_err(Failure::refusal)?;
        if let Some(until) = standing.locked_until(now) {
            return Err(locked(until));
        }
        let tied = of_account(self.context, name).await?;
        let is_tied = tied.is_some_and(|tied| tied.provider == provider);
        let kept = kept.filter(|_| is_tied).ok_or(Refusal::IdentityOverdue {})?;
        check_open(&kept)?;
        // One that an administrator has taken away meanwhile is asked for no more; another way in begins anew.
        let secret = kept.credentials.code_secret.ok_or(Refusal::IdentityOverdue {})?;
        act.is_of(&kept.account);
        act.begins().await?;
        let Some(step) = step_of(&secret, code, one_time_code::steps(now, kept.credentials.code_step)) else {
            return Err(fail(self.context, &key, Refusal::CodeWrong {}).await);
        };
        let token = Token::new(&*self.context.ids);
        let begun = begin(self.context, &kept.account, (&key, Some(step)), (&token, None)).await;
        begun.map_err(Failure::refusal)?;
        Ok((kept.account, token))
    }

    /// The name of the provider that somebody has come back from who is still to show a one-time code.
    pub fn waits_for_code(&self, ticket: Option<&str>) -> Option<&str> {
        let ticket = Ticket::read(self.context, ticket?)?;
        let is_code = matches!(ticket.purpose, Purpose::Code { .. });
        let provider = self.providers.find(&ticket.provider).ok().filter(|_| is_code)?;
        Some(&provider.settings.id)
    }

    async fn tie(
        &self,
        provider: &Provider,
        ticket: &Ticket,
        came: &Came<'_>,
        (name, session, only): (&AccountName, &[u8; 32], bool),
    ) -> Result<Received, Refusal> {
        let claims = self.prove(provider, ticket, came).await?;
        let hash = hash_of(provider, &claims);
        let (context, now) = (self.context, self.context.now());
        let shown = claims.text(&provider.settings.name_claim).unwrap_or_default();
        let tied =
            Identity { provider: provider.settings.id.clone(), shown: masked(shown), tied_at: now, only };
        let write = async {
            let mut work = context.store.begin().await?;
            let kept = account::hold(&mut work, context.me, name).await?;
            let kept = kept.ok_or(Refusal::IdentityOverdue {})?;
            check_open(&kept)?;
            // The session in which it was asked for: who has logged out meanwhile ties nothing.
            let found = sessions::find(work.conn(), context.me, session).await?;
            let lives = found
                .is_some_and(|(account, times)| account.name == *name && !times.is_over(account.role, now));
            if !lives {
                return Err(Refusal::IdentityOverdue {}.into());
            }
            may_be_tied(&kept.account, identity::of_account(work.conn(), context.me, name).await?.as_ref())?;
            if !identity::tie(&mut work, (context.me, name), (&hash, &tied)).await? {
                return Err(Refusal::IdentityTaken {}.into());
            }
            if only {
                account::set_password(&mut work, (context.me, name), ("", false), now).await?;
            }
            sessions::end_all(&mut work, (context.me, name), Some(session)).await?;
            work.save().await?;
            Ok::<_, Failure>(())
        };
        write.await.map_err(Failure::refusal)?;
        Ok(Received::Tied)
    }

    /// A login by a provider, of whom nobody knows yet.
    fn log_in_act(&self, provider: &str, address: &str) -> Act {
        nobodys_act(self.context, ("log-in", format!("identity:{provider}")), address)
    }
}

/// With what somebody comes back.
pub(crate) struct Came<'a> {
    /// From where, as the address says.
    pub provider: &'a str,
    /// The state of the request that this answers.
    pub state: &'a str,
    /// The code; none if the provider let nobody in.
    pub code: Option<&'a str>,
    /// Who answers, where the provider says so.
    pub issuer: Option<&'a str>,
    /// The cookie with which he was sent.
    pub ticket: Option<&'a str>,
    /// Where the request came from.
    pub address: &'a str,
}

/// What came of it.
pub(crate) enum Received {
    /// He is in.
    In(Token),
    /// He is to show a one-time code, with this cookie.
    NeedsCode(String),
    /// The identity is tied.
    Tied,
}

/// Unties one's own identity, and ends one's other sessions.
pub(crate) async fn untie_own(context: &Context, account: &Account, token: &Token) -> Result<(), Refusal> {
    let write = async {
        let mut work = context.store.begin().await?;
        let held = account::hold(&mut work, context.me, &account.name).await?;
        if held.is_some_and(|kept| !kept.has_password()) {
            let rule = "本账户没有密码，解除绑定后将无法登录，请先由账户管理员重置密码".to_owned();
            return Err(Refusal::AccountRule { rule }.into());
        }
        untie(&mut work, context, &account.name).await?;
        sessions::end_all(&mut work, (context.me, &account.name), Some(&token.hash())).await?;
        work.save().await?;
        Ok::<_, Failure>(())
    };
    write.await.map_err(Failure::refusal)
}

/// Unties what is tied to an account; refused if nothing is.
pub(crate) async fn untie(work: &mut store::Work, context: &Context, name: &AccountName) -> Outcome<()> {
    if identity::untie(work, context.me, name).await? {
        return Ok(());
    }
    Err(Refusal::AccountRule { rule: "本账户没有绑定统一身份".to_owned() }.into())
}

/// What is tied to an account.
pub(crate) async fn of_account(context: &Context, name: &AccountName) -> Result<Option<Identity>, Refusal> {
    let read = async { identity::of_account(&mut *context.store.conn().await?, context.me, name).await };
    read.await.map_err(|error| Failure::from(error).refusal())
}

async fn find(context: &Context, name: &AccountName) -> Result<Option<Kept>, Refusal> {
    let read = async { account::find(&mut *context.store.conn().await?, context.me, name).await };
    read.await.map_err(|error| Failure::from(error).refusal())
}

/// Whoever has shown an identity may be told that his account is disabled.
fn check_open(kept: &Kept) -> Result<(), Refusal> {
    if kept.account.state == State::Disabled {
        return Err(Refusal::AccountRule {
            rule: "账户当前为停用，恢复请联系账户管理员".to_owned()
        });
    }
    Ok(())
}

/// Under which an identity is kept: a subject is one issuer's. Some providers' subjects are numbers of people, so it is not kept in clear.
fn hash_of(provider: &Provider, claims: &Claims) -> IdentityHash {
    digest(&[b"yidi identity", provider.settings.issuer.as_bytes(), claims.sub.as_bytes()])
}
