//! The hub (国家异地就医结算系统): its registers as it holds them ready, and how it starts.

use crate::{
    context::{Context, Failure, Outcome},
    load_limit::{Gate, Limits},
    metrics::Metrics,
    peer::{
        ask::Http,
        carrier::{Carrier, Network},
    },
    trace::Tracer,
};
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::Duration,
};
use store::{
    batch::{Batcher, Record},
    clearing::Pace,
    hub::{self, ParticipantEntry},
};
use terms::{InstitutionCode, Participant, Province, Refusal};
use wire::sign::{link::LinkKey, sm2::PublicKey, tree::Verifier};

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
    /// Where questions that it passes on are let in …
    pub(crate) passing: Gate,
    /// … and those that it answers itself: provinces ask them while it waits for them.
    pub(crate) own: Gate,
    /// Its way to the provinces.
    pub(crate) http: Http,
    /// What it counts about itself.
    pub metrics: Arc<Metrics>,
    pub(crate) tracer: Tracer,
    /// Settlements that wait to be written down together.
    pub(crate) records: Batcher<Record>,
    participants: RwLock<HashMap<Participant, Arc<Registered>>>,
    institutions: RwLock<HashMap<InstitutionCode, bool>>,
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
        let metrics = Arc::new(Metrics::new("hub"));
        metrics.listen_to(&context.store);
        Self {
            tracer: Tracer::new(context.me, Arc::clone(&metrics)),
            metrics,
            records: Batcher::start(context.store.clone()),
            context,
            management_token: None,
            portal: String::new(),
            timetable_every: Some(Duration::from_mins(1)),
            clearing_pace: Pace::BESIDE,
            passing: Gate::new("passing", Limits::PEERS),
            own: Gate::new("own", Limits::PEERS),
            http: Http::over(Arc::new(Network::default())),
            participants: RwLock::default(),
            institutions: RwLock::default(),
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

    /// Registers a participant, or changes what is registered.
    pub async fn put_participant(&self, entry: &ParticipantEntry) -> Result<(), Refusal> {
        let key = PublicKey::from_hex(&entry.public_key);
        key.map_err(|_| Refusal::invalid("public_key", "SM2公钥（04开头的130位十六进制数）"))?;
        let write = async {
            let mut work = self.context.store.begin().await?;
            hub::put_participant(&mut work, entry).await?;
            work.save().await
        };
        write.await.map_err(|error| Failure::from(error).refusal())?;
        self.participants.write().expect("no writer panics").remove(&entry.participant);
        Ok(())
    }

    /// Suspends a participant, with the reason, or lets it settle again (`None`); false if there is no such participant.
    pub async fn suspend(&self, participant: Participant, reason: Option<String>) -> Result<bool, Refusal> {
        let known = self.participant(participant).await.map_err(Failure::refusal)?;
        let Some(known) = known else { return Ok(false) };
        let entry =
            ParticipantEntry { suspended: reason, changed_at: self.context.now(), ..known.entry.clone() };
        self.put_participant(&entry).await?;
        Ok(true)
    }

    /// Reads a participant anew at its next message.
    pub(crate) fn forget_participant(&self, participant: Participant) {
        self.participants.write().expect("no writer panics").remove(&participant);
    }

    pub(crate) async fn participant(&self, participant: Participant) -> Outcome<Option<Arc<Registered>>> {
        if let Some(known) = self.participants.read().expect("no reader panics").get(&participant) {
            return Ok(Some(Arc::clone(known)));
        }
        let mut conn = self.context.store.conn().await?;
        let entries = hub::participants(&mut conn).await?;
        let mut known = self.participants.write().expect("no writer panics");
        known.clear();
        for entry in entries {
            if let Ok(key) = PublicKey::from_hex(&entry.public_key) {
                let line = LinkKey::between(&self.context.key, &key);
                known
                    .insert(entry.participant, Arc::new(Registered { entry, key: Verifier::new(key), line }));
            }
        }
        Ok(known.get(&participant).map(Arc::clone))
    }

    /// Whether the national register has this institution of this province open.
    pub(crate) async fn is_open(&self, province: Province, institution: &InstitutionCode) -> Outcome<bool> {
        if let Some(open) = self.institutions.read().expect("no reader panics").get(institution) {
            return Ok(*open);
        }
        let mut conn = self.context.store.conn().await?;
        let Some(found) = hub::institution(&mut conn, province, institution).await? else { return Ok(false) };
        self.institutions.write().expect("no writer panics").insert(found.code, found.open);
        Ok(found.open)
    }

    pub(crate) fn forget_institution(&self, institution: &InstitutionCode) {
        self.institutions.write().expect("no writer panics").remove(institution);
    }
}
