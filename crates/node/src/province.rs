//! A province's node (省级异地就医平台), in both of its parts: treatment place for guests, insured place for its own people away.

use crate::{
    access::{
        KnownEnds,
        oidc::{IdentityProvider, Providers},
    },
    context::{Context, Failure, Outcome},
    job::Desk,
    kept::Kept,
    load_limit::{Gate, Limits, Senders},
    medium::Lifetimes,
    metrics::Metrics,
    national_register::Reading,
    outside_scheme::OutsideScheme,
    pages::{Paged, Pages},
    peer::{
        ask::{Http, Link},
        carrier::{Carrier, Network},
    },
    public::{Public, PublicDoor, PublicLimits},
    stays::Last,
    trace::{Exporter, Tracer},
    transcript::Recorder,
    watch::Watch,
    work::{changes::Holder, outbox::Pace},
};
use benefit::{Catalog, Library};
use casework::{filing::Rules, institution::Institution, person::Person};
use sign::sm2::PublicKey;
use std::{sync::Arc, time::Duration};
use store::{
    Document, Store,
    batch::{Ask, Batcher, Commit, FindKnown, FindVisit, Stands},
    change::Change,
    institution, outbox, person,
};
use terms::{InstitutionCode, PoolingArea, Province, Refusal};
use wire::peer::v1::{PublishedInstitution, Question};

/// How a province's node is set up.
#[derive(Clone)]
pub struct ProvinceSettings {
    /// Where the hub is reached: `http://host:port`.
    pub hub_address: String,
    /// The hub's public key, as the hub's operators handed it over.
    pub hub_key: PublicKey,
    /// The policies of the province's pooling areas.
    pub library: Arc<Library>,
    /// The province's catalog, by which guests' bills are split.
    pub catalog: Arc<Catalog>,
    /// How long a hospital waits for another province before it is told that the outcome is not known yet.
    pub patience: Duration,
    /// How far a hospital's clock may be off. Wide by default: a client that takes its time zone for another is eight hours
    /// off and works with every real platform.
    pub clock_tolerance: Duration,
    /// The largest body of a hospital's message, in bytes.
    pub body_bytes_max: usize,
    /// What the national filing rules leave to the province.
    pub filing_rules: Rules,
    /// What becomes of a settlement that needs a policy value which nobody has confirmed.
    pub unconfirmed_values: UnconfirmedValues,
    /// The token that the management interface asks for; without one it is closed.
    pub management_token: Option<String>,
    /// `http://host:port` at which documents are verified, as the world sees it; empty where nobody can.
    pub portal: String,
    /// By which people may log in, beside their passwords. They come back to `portal`.
    pub identity_providers: Vec<IdentityProvider>,
    /// Who looks on at the hospital interface: nobody but a sandbox of invented people may.
    pub watch: Option<Watch>,
    /// The rules by which hospitals' orders and details are audited; none unless set.
    pub audit: Arc<casework::audit::Rules>,
    /// How long vouchers made here and tokens of vouchers read here are good.
    pub media: Lifetimes,
    /// How long an order of a purchase waits for the person to confirm it.
    pub order_lifetime: Duration,
    /// How long after the settlement of a stay its details are sent on to the insured place; those of all else go at once.
    pub details_delay: Duration,
    /// The most lines of one batch of details.
    pub details_batch: usize,
    /// How often details that are due are looked for; never by itself if not said.
    pub details_every: Option<Duration>,
    /// The schemes whose benefit an outside core system computes.
    pub outside_schemes: Vec<OutsideScheme>,
    /// How often the timetable of the money between provinces is kept; never by itself if not said.
    pub timetable_every: Option<Duration>,
    /// How much of what hospitals ask is taken on at once.
    pub hospital_load: Limits,
    /// How much of what other nodes ask is taken on at once, apart from that.
    pub peer_load: Limits,
    /// The most questions of the outbox that are under way at once.
    pub sends_at_once: i64,
    /// What carries questions to other machines.
    pub carrier: Arc<dyn Carrier>,
    /// The pages that people use it by.
    pub pages: Pages,
    /// How much the public may ask of it.
    pub public: PublicLimits,
    /// Where what it does for each request is told to a collector: `http://host:port/v1/traces`.
    pub traces_to: Option<String>,
}

impl ProvinceSettings {
    /// Settings with the defaults that the documents name.
    pub fn new(
        hub_address: String,
        hub_key: PublicKey,
        library: Arc<Library>,
        catalog: Arc<Catalog>,
    ) -> Self {
        Self {
            hub_address,
            hub_key,
            library,
            catalog,
            patience: Duration::from_secs(8),
            clock_tolerance: Duration::from_hours(12),
            body_bytes_max: 8 << 20,
            filing_rules: Rules::default(),
            unconfirmed_values: UnconfirmedValues::default(),
            management_token: None,
            portal: String::new(),
            identity_providers: Vec::new(),
            watch: None,
            audit: Arc::default(),
            media: Lifetimes::default(),
            // Nobody has published how long; until the next day the person has had time and the pharmacy its shelf back.
            order_lifetime: Duration::from_hours(24),
            // Within three days, it is said (unconfirmed). By the next day most of what is taken back has been.
            details_delay: Duration::from_hours(24),
            details_batch: 500,
            details_every: Some(Duration::from_secs(10)),
            outside_schemes: Vec::new(),
            timetable_every: Some(Duration::from_mins(1)),
            hospital_load: Limits::HOSPITALS,
            peer_load: Limits::PEERS,
            sends_at_once: 64,
            carrier: Arc::new(Network::default()),
            pages: Pages::default(),
            public: PublicLimits::default(),
            traces_to: None,
        }
    }
}

/// What the insured place does with a stay whose benefit needs a policy value that nobody has confirmed (待核实).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnconfirmedValues {
    /// Trial and settlement are refused, with the names of the values.
    #[default]
    Refuse,
    /// They are computed all the same: a sandbox, where nothing is paid by what comes out.
    Compute,
}

/// A province's node.
pub struct ProvinceNode {
    /// What every use case is given.
    pub context: Context,
    /// Which province.
    pub province: Province,
    /// How it is set up.
    pub settings: ProvinceSettings,
    /// The policies of its pooling areas.
    pub(crate) library: Arc<Library>,
    /// Its way to all others.
    pub(crate) link: Link,
    /// Its way to outside core systems.
    pub(crate) outside: Http,
    /// Where hospitals' messages are let in …
    pub(crate) hospitals: Gate,
    /// … as whose, …
    pub(crate) senders: Senders,
    /// … and other nodes' questions …
    pub(crate) peers: Gate,
    /// … as whose.
    pub(crate) askers: Senders,
    /// Where the public is let in.
    pub(crate) door: PublicDoor,
    /// By which people may log in.
    pub(crate) providers: Arc<Providers>,
    /// What goes on by itself for people who have left it.
    pub(crate) desk: Desk,
    /// How many questions of the outbox go to each node at once.
    pub(crate) pace: Pace,
    /// When the hub was last told of stays.
    pub(crate) stays_reported: Last,
    /// Whose messages are recorded.
    pub(crate) recorder: Recorder,
    /// How far it has read the national register of institutions.
    pub(crate) register_read: Reading,
    /// What it counts about itself.
    pub metrics: Arc<Metrics>,
    pub(crate) tracer: Tracer,
    /// The institutions that have called, as registered.
    institutions: Kept<InstitutionCode, Arc<Institution>>,
    /// Visits that wait to be read together, to be settled here …
    pub(crate) visits: Batcher<FindVisit>,
    /// … and people that wait to be read together, who are settled elsewhere.
    pub(crate) members: Batcher<FindKnown>,
    /// Settlements that wait to be written down together, as asked for …
    pub(crate) asks: Batcher<Ask>,
    /// … as standing here …
    pub(crate) stands: Batcher<Stands>,
    /// … and, for other provinces' hospitals, as committed.
    pub(crate) commits: Batcher<Commit>,
}

impl ProvinceNode {
    /// A node of `province` over this context. Its writers run on the runtime that this is called on.
    pub fn new(context: Context, province: Province, settings: ProvinceSettings) -> Self {
        let context = Context { ends: KnownEnds::default(), ..context };
        let carrier = &settings.carrier;
        let link = Link::new(
            &context.key,
            settings.hub_address.clone(),
            settings.hub_key.clone(),
            Arc::clone(carrier),
        );
        let outside = Http::over(Arc::clone(carrier));
        let writers = context.store.clone();
        let metrics = Arc::new(Metrics::new("province"));
        metrics.listen_to(&writers);
        let export = |address| {
            Exporter::start(address, context.me, Arc::new(Network::default()), Arc::clone(&metrics))
        };
        let exporter = settings.traces_to.clone().map(export);
        Self {
            tracer: Tracer::new(context.me, &*context.ids, Arc::clone(&metrics)).told_to(exporter),
            recorder: Recorder::new(Arc::clone(&metrics)),
            metrics,
            province,
            library: Arc::clone(&settings.library),
            hospitals: Gate::new("hospitals", settings.hospital_load),
            senders: Senders::default(),
            peers: Gate::new("peers", settings.peer_load),
            askers: Senders::default(),
            door: PublicDoor::new(settings.public),
            providers: Providers::of(settings.identity_providers.clone()),
            desk: Desk::default(),
            pace: Pace::new(usize::try_from(settings.sends_at_once).unwrap_or(0).max(1)),
            settings,
            link,
            outside,
            institutions: Kept::default(),
            stays_reported: Last::never(),
            register_read: Reading::default(),
            visits: Batcher::start(writers.clone()),
            members: Batcher::start(writers.clone()),
            asks: Batcher::start(writers.clone()),
            stands: Batcher::start(writers.clone()),
            commits: Batcher::start(writers),
            context,
        }
    }

    /// Registers an institution, or changes what is registered, and tells the national register.
    pub async fn put_institution(&self, institution: &Institution) -> Result<(), Refusal> {
        if institution.place.province() != self.province {
            return Err(Refusal::WrongTreatmentPlace { mdtrtarea_admvs: institution.place.to_string() });
        }
        let published = Question::PublishInstitution(PublishedInstitution {
            code: institution.code.clone(),
            name: institution.name.clone(),
            place: institution.place,
            level: institution.level,
            open: institution.open,
            changed_at: institution.changed_at,
        });
        let question = Document::of(&published);
        let now = self.context.now();
        let area = institution.place.0.pooling_area();
        let write = async {
            let mut work = self.context.store.begin().await?;
            institution::put(&mut work, institution).await?;
            outbox::put(
                &mut work,
                area,
                (institution.code.as_str(), "institution"),
                outbox::Asked::Hub(&question),
                (now, now),
            )
            .await?;
            work.save().await
        };
        write.await.map_err(|error| Failure::from(error).refusal())?;
        self.institutions.forget(&institution.code);
        Ok(())
    }

    /// The institution with this code, as registered.
    pub(crate) async fn institution(&self, code: &InstitutionCode) -> Outcome<Option<Arc<Institution>>> {
        let asked = match self.institutions.find(code) {
            Ok(known) => return Ok(Some(known)),
            Err(asked) => asked,
        };
        let mut conn = self.context.store.conn().await?;
        let Some(found) = institution::find(&mut conn, code).await? else { return Ok(None) };
        let found = Arc::new(found);
        self.institutions.keep(asked, [(code.clone(), Arc::clone(&found))]);
        Ok(Some(found))
    }

    /// Registers a person with how they are insured, or changes what is registered.
    pub async fn put_person(&self, area: PoolingArea, person: &Person) -> Result<(), Refusal> {
        self.put_people(&[(area, person)]).await
    }

    /// Registers many people in one unit of work.
    pub async fn put_people(&self, people: &[(PoolingArea, &Person)]) -> Result<(), Refusal> {
        if let Some((area, _)) = people.iter().find(|(area, _)| area.province() != self.province) {
            return Err(Refusal::UnknownPerson { place: area.to_string() });
        }
        let write = async {
            let mut work = self.context.store.begin().await?;
            for (area, one) in people {
                person::put(&mut work, *area, one).await?;
            }
            work.save().await
        };
        write.await.map_err(|error| Failure::from(error).refusal())
    }

    /// Sends on the details of settlements that are due, once each; of how many settlements.
    pub async fn send_details(self: &Arc<Self>) -> usize {
        crate::work::details_on::send_due(self).await
    }

    /// Does what the timetable of the money between provinces has due, once each.
    pub async fn keep_timetable(&self) {
        crate::work::timetable::province_ticks(self).await;
    }

    /// Sends what waits in the outbox and is due, as many as may be under way, or until somebody is not reached; how many were
    /// answered.
    pub async fn deliver(self: &Arc<Self>) -> usize {
        crate::work::outbox::deliver_due(self).await
    }
}

impl Paged for ProvinceNode {
    fn pages(&self) -> &Pages {
        &self.settings.pages
    }
}

impl Public for ProvinceNode {
    fn door(&self) -> &PublicDoor {
        &self.door
    }
}

impl Holder for ProvinceNode {
    fn store(&self) -> &Store {
        &self.context.store
    }

    fn set_hears(&self, hears: bool) {
        self.institutions.set_hears(hears);
        // What was switched before was perhaps not heard.
        self.recorder.switched();
    }

    fn hear(&self, change: &Change) {
        match change {
            Change::Institution(code) => self.institutions.forget(code),
            Change::Transcript(_) => self.recorder.switched(),
            Change::Participant(_) | Change::NationalInstitution(_) => {}
        }
    }
}
