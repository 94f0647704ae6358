//! The identity providers (统一身份认证) that a node knows, and how it asks them: what a provider says of itself and its keys are read when they
//! are needed and kept for a while, a code is exchanged, and the ID token is believed or not (`wire::oidc`). Everything that comes from a
//! provider has a size and a time, and no redirect is followed. Who that is at this node is decided in [`super::by_provider`]; this module must
//! not know what an account is.

use crate::{context::Context, peer::carrier::Carrier};
use bytes::Bytes;
use casework::institution::Secret;
use hyper::{Request, StatusCode, header};
use std::{
    sync::{Arc, RwLock},
    time::Duration,
};
use terms::{Moment, Refusal};
use tokio::sync::Semaphore;
use wire::oidc::{
    Authorization, Claims, DISCOVERY, DISCOVERY_BYTES_MAX, Discovery, Exchange, Expected, KEYS_BYTES_MAX,
    KeySet, TOKENS_BYTES_MAX, Untrusted, id_token, is_safe,
};

/// How long a provider may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many people's codes are exchanged at once.
const AT_ONCE: usize = 16;
/// How long what a provider says of itself is kept, in milliseconds.
const KEPT_MILLIS: i64 = 3_600_000;
/// A key that is not known has the keys read again, not oftener than this, in milliseconds.
const AGAIN_MILLIS: i64 = 30_000;

/// An identity provider, as whoever runs the node sets it up.
#[derive(Clone)]
pub struct IdentityProvider {
    /// Its name in addresses: small letters, digits and `-`.
    pub id: String,
    /// Its name on pages: 省统一身份认证.
    pub name: String,
    /// Whose ID tokens it gives: `https://…`, exactly as they say it.
    pub issuer: String,
    /// Whom it knows this node as.
    pub client: String,
    /// What both know; a client without one is known by PKCE alone.
    pub secret: Option<Secret>,
    /// The claim that tells people what they are called there; it identifies nobody.
    pub name_claim: String,
    /// What is asked for, parted by spaces, `openid` among them.
    pub scopes: String,
    /// What carries questions to it.
    pub carrier: Arc<dyn Carrier>,
}

impl IdentityProvider {
    /// What is wrong with it, for whoever sets it up.
    pub fn wrong(&self) -> Option<&'static str> {
        let is_of_a_name = |one: u8| one.is_ascii_lowercase() || one.is_ascii_digit() || one == b'-';
        if !(1..=30).contains(&self.id.len()) || !self.id.bytes().all(is_of_a_name) {
            Some("id应为1至30位小写字母、数字或连字符")
        } else if !(2..=20).contains(&self.name.chars().count()) || self.name.chars().any(char::is_control) {
            Some("name应为2至20字，如 省统一身份认证")
        } else if !is_safe(&self.issuer) || self.issuer.contains(['?', '#']) {
            Some("issuer应形如 https://id.example.cn，与该认证系统发布的一致；http只能用于本机")
        } else if self.client.is_empty() || self.client.len() > 200 {
            Some("client_id应为认证系统分配的客户端编号")
        } else if !self.scopes.split(' ').any(|scope| scope == "openid") {
            Some("scopes应包含openid")
        } else {
            None
        }
    }
}

/// The providers of a node, with what they last said of themselves.
#[derive(Default)]
pub(crate) struct Providers {
    all: Vec<Arc<Provider>>,
}

impl Providers {
    /// These.
    pub fn of(all: impl IntoIterator<Item = IdentityProvider>) -> Arc<Self> {
        Arc::new(Self { all: all.into_iter().map(|one| Arc::new(Provider::new(one))).collect() })
    }

    /// All of them, in the order in which they were set up.
    pub fn all(&self) -> impl Iterator<Item = &Provider> {
        self.all.iter().map(AsRef::as_ref)
    }

    /// The one of this name.
    pub fn find(&self, id: &str) -> Result<&Arc<Provider>, Refusal> {
        let unknown = || Refusal::UnknownProvider { provider: id.chars().take(30).collect() };
        self.all.iter().find(|one| one.settings.id == id).ok_or_else(unknown)
    }

    /// What one is called on pages; its id where it is set up no more.
    pub fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.find(id).map_or(id, |known| &known.settings.name)
    }
}

/// A provider with what it last said of itself.
pub(crate) struct Provider {
    /// How it is set up.
    pub settings: IdentityProvider,
    said: RwLock<Said>,
    places: Semaphore,
}

#[derive(Default)]
struct Said {
    discovery: Option<(Arc<Discovery>, Moment)>,
    keys: Option<(Arc<KeySet>, Moment)>,
}

/// What of a request comes back to it: its state, the nonce of the ID token, and the verifier of the code.
pub(crate) struct Marks<'a> {
    pub state: &'a str,
    pub nonce: &'a str,
    pub verifier: &'a str,
}

/// Why there is nothing to believe.
enum Trouble {
    /// It does not answer, or says what nobody can use.
    Unavailable(String),
    /// It has answered, and that proves nothing.
    Unproved(String),
}

impl Provider {
    fn new(settings: IdentityProvider) -> Self {
        Self { settings, said: RwLock::default(), places: Semaphore::new(AT_ONCE) }
    }

    /// Where a browser is sent to log in, and is sent back from to `redirect`.
    pub async fn authorization(
        &self,
        context: &Context,
        redirect: &str,
        marks: &Marks<'_>,
    ) -> Result<String, Refusal> {
        let IdentityProvider { client, scopes, .. } = &self.settings;
        let discovery = self.discovery(context.now()).await.map_err(|trouble| self.refused(trouble))?;
        let Marks { state, nonce, verifier } = marks;
        Ok(discovery.authorization(&Authorization { client, redirect, scopes, state, nonce, verifier }))
    }

    /// What the provider says of whoever came back with this code.
    pub async fn prove(
        &self,
        context: &Context,
        (redirect, code): (&str, &str),
        marks: &Marks<'_>,
    ) -> Result<Claims, Refusal> {
        let _place = self.places.try_acquire().map_err(|_| Refusal::LoginsBusy {})?;
        let proved = self.exchange(context.now(), (redirect, code), marks).await;
        proved.map_err(|trouble| self.refused(trouble))
    }

    async fn exchange(
        &self,
        now: Moment,
        (redirect, code): (&str, &str),
        marks: &Marks<'_>,
    ) -> Result<Claims, Trouble> {
        let IdentityProvider { client, secret, issuer, .. } = &self.settings;
        let discovery = self.discovery(now).await?;
        let secret = secret.as_ref().map(|secret| secret.0.as_str());
        let asked = Exchange { client, secret, code, redirect, verifier: marks.verifier };
        let (form, shown) = discovery.exchange(&asked);
        let mut request = Request::post(&discovery.token_endpoint)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(shown) = shown {
            request = request.header(header::AUTHORIZATION, shown);
        }
        let request = request.header(header::ACCEPT, "application/json").body(Bytes::from(form));
        let request = request.map_err(|error| Trouble::Unavailable(error.to_string()))?;
        let answer = self.settings.carrier.carry(request, TOKENS_BYTES_MAX, PATIENCE).await;
        let answer = answer.map_err(Trouble::Unavailable)?;
        match answer.status() {
            StatusCode::OK => {}
            // `invalid_grant`: the code is another's, used, or too old; `invalid_client`: the secret is wrong.
            refused @ (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) => {
                return Err(Trouble::Unproved(format!("the code was refused: HTTP {refused}")));
            }
            other => return Err(Trouble::Unavailable(format!("HTTP {other}"))),
        }
        let unproved = |why: Untrusted| Trouble::Unproved(why.to_string());
        let token = id_token(answer.body()).map_err(unproved)?;
        let keys = self.keys(&discovery, now, KEPT_MILLIS).await?;
        let claims = match keys.open(&token) {
            // Keys change; a new one is first heard of by what it has signed.
            Err(Untrusted::UnknownKey) => self.keys(&discovery, now, AGAIN_MILLIS).await?.open(&token),
            opened => opened,
        };
        let claims = claims.map_err(unproved)?;
        claims.check(Expected { issuer, client, nonce: marks.nonce }, now).map_err(unproved)?;
        Ok(claims)
    }

    /// What the provider says of itself; what it last said where it does not answer now.
    async fn discovery(&self, now: Moment) -> Result<Arc<Discovery>, Trouble> {
        let kept = self.said.read().expect("no reader panics").discovery.clone();
        if let Some((discovery, at)) = &kept
            && now.millis() - at.millis() < KEPT_MILLIS
        {
            return Ok(Arc::clone(discovery));
        }
        let issuer = &self.settings.issuer;
        let address = format!("{}{DISCOVERY}", issuer.trim_end_matches('/'));
        let read = self.get(&address, DISCOVERY_BYTES_MAX).await.and_then(|body| {
            Discovery::read(&body, issuer).map_err(|why| Trouble::Unavailable(why.to_string()))
        });
        match (read, kept) {
            (Ok(discovery), _) => {
                let discovery = Arc::new(discovery);
                let mut said = self.said.write().expect("no writer panics");
                said.discovery = Some((Arc::clone(&discovery), now));
                Ok(discovery)
            }
            (Err(_), Some((discovery, _))) => Ok(discovery),
            (Err(trouble), None) => Err(trouble),
        }
    }

    /// The provider's keys, read not longer ago than this.
    async fn keys(
        &self,
        discovery: &Discovery,
        now: Moment,
        most_millis: i64,
    ) -> Result<Arc<KeySet>, Trouble> {
        let kept = self.said.read().expect("no reader panics").keys.clone();
        if let Some((keys, at)) = &kept
            && now.millis() - at.millis() < most_millis
        {
            return Ok(Arc::clone(keys));
        }
        let body = self.get(&discovery.jwks_uri, KEYS_BYTES_MAX).await?;
        let keys = KeySet::read(&body).map_err(|why| Trouble::Unavailable(why.to_string()))?;
        let keys = Arc::new(keys);
        self.said.write().expect("no writer panics").keys = Some((Arc::clone(&keys), now));
        Ok(keys)
    }

    async fn get(&self, address: &str, most: usize) -> Result<Bytes, Trouble> {
        let request = Request::get(address).header(header::ACCEPT, "application/json").body(Bytes::new());
        let request = request.map_err(|error| Trouble::Unavailable(error.to_string()))?;
        let carried = self.settings.carrier.carry(request, most, PATIENCE).await;
        let answer = carried.map_err(Trouble::Unavailable)?;
        if answer.status() == StatusCode::OK {
            Ok(answer.into_body())
        } else {
            Err(Trouble::Unavailable(format!("{address}: HTTP {}", answer.status())))
        }
    }

    /// The refusal to answer with; why stands in the log.
    fn refused(&self, trouble: Trouble) -> Refusal {
        let IdentityProvider { id, name, .. } = &self.settings;
        match trouble {
            Trouble::Unavailable(why) => {
                tracing::warn!(provider = %id, %why, "an identity provider cannot be used");
                Refusal::ProviderUnavailable { provider: name.clone() }
            }
            Trouble::Unproved(why) => {
                tracing::warn!(provider = %id, %why, "an identity is not proved");
                Refusal::IdentityUnproved { provider: name.clone() }
            }
        }
    }
}
