//! The hub (国家异地就医结算系统): its registers as it holds them ready, and how it starts.

use crate::{
    access::{
        KnownEnds,
        oidc::{IdentityProvider, Providers},
    },
    context::{Context, Failure, Outcome},
    job::Desk,
    kept::Kept,
    load_limit::{Gate, Limits, Senders},
    metrics::Metrics,
    pages::{Paged, Pages},
    peer::{
        ask::Http,
        carrier::{Carrier, Network},
    },
    public::{Public, PublicDoor, PublicLimits},
    trace::{Exporter, Tracer},
    work::changes::Holder,
};
use sign::{link::LinkKey, sm2::PublicKey, tree::Verifier};
use std::{sync::Arc, time::Duration};
use store::{
    Store, Work,
    batch::{Batcher, Record},
    change::Change,
    clearing::Pace,
    hub::{self, ParticipantEntry},
};
use terms::{InstitutionCode, Moment, Participant, Province, Refusal};

/// The hub.
pub struct Hub {
    /// What every use case is given.
    pub context: Context,
    /// The token that the management interface asks for; without one it is closed.
    pub management_token: Option<String>,
    /// How often the timetable of the money between provinces is kept; never by itself if not said.
    pub timetable_every: Option<Duration>,
    /// How hard a month is added up beside settlements that go on.
    pub clearing_pace: Pace,
    /// `http://host:port` at which documents are verified, as the world sees it; empty where nobody can.
    pub portal: String,
    /// By which people may log in, beside their passwords.
    pub(crate) providers: Arc<Providers>,
    /// What goes on by itself for people who have left it.
    pub(crate) desk: Desk,
    /// The pages that people use it by.
    pub(crate) pages: Pages,
    /// Where the public is let in.
    pub(crate) door: PublicDoor,
    /// Where questions that it passes on are let in …
    pub(crate) passing: Gate,
    /// … and those that it answers itself: provinces ask them while it waits for them …
    pub(crate) own: Gate,
    /// … as whose.
    pub(crate) senders: Senders,
    /// Its way to the provinces.
    pub(crate) http: Http,
    /// What it counts about itself.
    pub metrics: Arc<Metrics>,
    pub(crate) tracer: Tracer,
    /// Settlements that wait to be written down together.
    pub(crate) records: Batcher<Record>,
    participants: Kept<Participant, Arc<Registered>>,
    institutions: Kept<InstitutionCode, bool>,
}

/// A participant with its key ready for use.
pub(crate) struct Registered {
    /// As the register has it.
    pub entry: ParticipantEntry,
    /// Its key.
    pub key: Verifier,
    /// Shared with it.
    pub line: LinkKey,
}

impl Hub {
    /// A hub over this context. Its writer runs on the runtime that this is called on.
    pub fn new(context: Context) -> Self {
        let context = Context { ends: KnownEnds::default(), ..context };
        let metrics = Arc::new(Metrics::new("hub"));
        metrics.listen_to(&context.store);
        Self {
            tracer: Tracer::new(context.me, &*context.ids, Arc::clone(&metrics)),
            metrics,
            records: Batcher::start(context.store.clone()),
            context,
            management_token: None,
            portal: String::new(),
            providers: Arc::default(),
            desk: Desk::default(),
            pages: Pages::default(),
            door: PublicDoor::new(PublicLimits::default()),
            timetable_every: Some(Duration::from_mins(1)),
            clearing_pace: Pace::BESIDE,
            passing: Gate::new("passing", Limits::PEERS),
            own: Gate::new("own", Limits::PEERS),
            senders: Senders::default(),
            http: Http::over(Arc::new(Network::default())),
            participants: Kept::default(),
            institutions: Kept::default(),
        }
    }

    /// With its management interface opened to whoever shows this token.
    #[must_use]
    pub fn with_management_token(self, token: Option<String>) -> Self {
        Self { management_token: token, ..self }
    }

    /// With its messages carried so.
    #[must_use]
    pub fn with_carrier(self, carrier: Arc<dyn Carrier>) -> Self {
        Self { http: Http::over(carrier), ..self }
    }

    /// With no more taken on at once than this: of what it passes on, and as much again of what it answers itself.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { passing: Gate::new("passing", limits), own: Gate::new("own", limits), ..self }
    }

    /// With what it does for each request told to a collector at this address, `http://host:port/v1/traces`.
    #[must_use]
    pub fn with_traces_to(self, address: Option<String>) -> Self {
        let export = |address| {
            let carrier = Arc::new(Network::default());
            Exporter::start(address, self.context.me, carrier, Arc::clone(&self.metrics))
        };
        let exporter = address.map(export);
        Self { tracer: self.tracer.told_to(exporter), ..self }
    }

    /// With these pages.
    #[must_use]
    pub fn with_pages(self, pages: Pages) -> Self {
        Self { pages, ..self }
    }

    /// With people logging in by these identity providers, beside their passwords.
    #[must_use]
    pub fn with_identity_providers(self, providers: Vec<IdentityProvider>) -> Self {
        Self { providers: Providers::of(providers), ..self }
    }

    /// With documents verified at this address.
    #[must_use]
    pub fn with_portal(self, portal: String) -> Self {
        Self { portal, ..self }
    }

    /// With its timetable kept so often; never by itself if not said.
    #[must_use]
    pub fn with_timetable(self, every: Option<Duration>) -> Self {
        Self { timetable_every: every, ..self }
    }

    /// With months added up at this pace.
    #[must_use]
    pub fn with_clearing_pace(self, pace: Pace) -> Self {
        Self { clearing_pace: pace, ..self }
    }

    /// Closes and plans the months that are due, at this pace.
    pub async fn keep_clearing(&self, pace: Pace) -> Outcome<()> {
        crate::clearing::keep(self, pace).await
    }

    /// Does what the timetable of the money between provinces has due, once each.
    pub async fn keep_timetable(&self) {
        crate::work::timetable::hub_ticks(self).await;
    }

    /// Registers a participant, or changes what is registered. One that is suspended stays suspended: registering anew is no
    /// way out. What is registered now.
    pub async fn put_participant(&self, entry: &ParticipantEntry) -> Result<ParticipantEntry, Refusal> {
        let key = PublicKey::from_hex(&entry.public_key);
        key.map_err(|_| Refusal::invalid("public_key", "SM2公钥（04开头的130位十六进制数）"))?;
        let write = async {
            let mut work = self.context.store.begin().await?;
            let known = hub::hold_participant(&mut work, entry.participant).await?;
            let suspended = known.map_or_else(|| entry.suspended.clone(), |known| known.suspended);
            let entry = ParticipantEntry { suspended, ..entry.clone() };
            hub::put_participant(&mut work, &entry).await?;
            work.save().await?;
            Ok(entry)
        };
        let written = write.await.map_err(|error: store::Error| Failure::from(error).refusal());
        // Also after trouble: it may have come after the commit.
        self.participants.forget(&entry.participant);
        written
    }

    /// Suspends a participant, with the reason, or lets it settle again (`None`); false if there is no such participant.
    pub async fn suspend(&self, participant: Participant, reason: Option<String>) -> Result<bool, Refusal> {
        let write = async {
            let mut work = self.context.store.begin().await?;
            let set = set_suspended(&mut work, participant, reason, self.context.now()).await?;
            work.save().await?;
            Ok(set)
        };
        let set = write.await.map_err(|error: store::Error| Failure::from(error).refusal());
        self.participants.forget(&participant);
        set
    }

    /// Reads a participant anew at its next message.
    pub(crate) fn forget_participant(&self, participant: Participant) {
        self.participants.forget(&participant);
    }

    pub(crate) async fn participant(&self, participant: Participant) -> Outcome<Option<Arc<Registered>>> {
        let asked = match self.participants.find(&participant) {
            Ok(known) => return Ok(Some(known)),
            Err(asked) => asked,
        };
        let mut conn = self.context.store.conn().await?;
        let entries = hub::participants(&mut conn).await?;
        drop(conn);
        let read: Vec<_> = entries.into_iter().filter_map(|entry| self.registered(entry)).collect();
        let found = read.iter().find(|one| one.entry.participant == participant).map(Arc::clone);
        self.participants.keep(asked, read.into_iter().map(|one| (one.entry.participant, one)));
        Ok(found)
    }

    /// A participant with its key made ready, which takes time: the one that was, if nothing about it has changed.
    fn registered(&self, entry: ParticipantEntry) -> Option<Arc<Registered>> {
        let last = self.participants.last_known(&entry.participant);
        if let Some(same) = last.filter(|last| last.entry == entry) {
            return Some(same);
        }
        let key = PublicKey::from_hex(&entry.public_key).ok()?;
        let line = LinkKey::between(&self.context.key, &key);
        Some(Arc::new(Registered { entry, key: Verifier::new(key), line }))
    }

    /// Whether the national register has this institution of this province open.
    pub(crate) async fn is_open(&self, province: Province, institution: &InstitutionCode) -> Outcome<bool> {
        let asked = match self.institutions.find(institution) {
            Ok(open) => return Ok(open),
            Err(asked) => asked,
        };
        let mut conn = self.context.store.conn().await?;
        let Some(found) = hub::institution(&mut conn, province, institution).await? else { return Ok(false) };
        self.institutions.keep(asked, [(found.code, found.open)]);
        Ok(found.open)
    }

    pub(crate) fn forget_institution(&self, institution: &InstitutionCode) {
        self.institutions.forget(institution);
    }
}

/// Suspends a participant in a unit of work, or lets it settle again; false if there is no such participant.
pub(crate) async fn set_suspended(
    work: &mut Work,
    participant: Participant,
    reason: Option<String>,
    now: Moment,
) -> store::Result<bool> {
    let Some(known) = hub::hold_participant(work, participant).await? else { return Ok(false) };
    let entry = ParticipantEntry { suspended: reason, changed_at: now, ..known };
    hub::put_participant(work, &entry).await?;
    Ok(true)
}

impl Paged for Hub {
    fn pages(&self) -> &Pages {
        &self.pages
    }
}

impl Public for Hub {
    fn door(&self) -> &PublicDoor {
        &self.door
    }
}

impl Holder for Hub {
    fn store(&self) -> &Store {
        &self.context.store
    }

    fn set_hears(&self, hears: bool) {
        self.participants.set_hears(hears);
        self.institutions.set_hears(hears);
    }

    fn hear(&self, change: &Change) {
        match change {
            Change::Participant(participant) => self.participants.forget(participant),
            Change::NationalInstitution(code) => self.institutions.forget(code),
            Change::Institution(_) | Change::Transcript(_) => {}
        }
    }
}
