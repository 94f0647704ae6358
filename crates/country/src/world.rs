//! A world: the hub and some provinces as separate nodes, each with its own database and key, that reach one another over
//! HTTP; their hospitals and people; and, if wanted, bad luck on every line between them.

use crate::{
    checks::Nodes,
    clock::TravelClock,
    hospital::{AddressForm, Hospital, Settings},
    institutions::{self, MODELS, Model, demo_institutions},
    network::Wire,
    people::{AREAS, demo_people},
};
use benefit::{Catalog, Catalogs, Library};
use casework::{
    institution::{Institution, Secret},
    person::Person,
};
use node::{
    Context, Hub, KnownEnds, ProvinceNode, ProvinceSettings, RandomIds, Running, SystemClock,
    UnconfirmedValues,
    filing::{NewFiling, Who},
    serve,
};
use rand::Rng;
use sign::{ca_hmac_sm3, sm2::PrivateKey};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use store::{
    Store,
    embedded::{Embedded, Options as ServerOptions},
    hub::{self, ParticipantEntry},
    institution, person,
};
use terms::{
    Clock, Day, FilingCategory, InstitutionCode, Moment, Participant, PoolingArea, Province, Refusal,
    TreatmentPlace,
};
use tokio::net::TcpListener;

/// Why a world does not start, or something in it cannot be done: a sentence for the operator.
#[derive(Debug)]
pub struct Trouble(pub String);

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

/// Anything that can be said.
fn trouble(what: impl std::fmt::Display) -> Trouble {
    Trouble(what.to_string())
}

impl From<store::Error> for Trouble {
    fn from(error: store::Error) -> Self {
        trouble(error)
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        trouble(refusal)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        trouble(error)
    }
}

/// From so many provinces on, not each is told of when it starts.
const MANY: usize = 9;

/// The policies of all pooling areas, and the catalogs of all provinces.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// Policies.
    pub library: Arc<Library>,
    /// Rules of audit.
    pub audit: Arc<casework::audit::Rules>,
    catalogs: Catalogs,
}

impl Rulebook {
    /// Out of the texts of a policy folder, each with its path in the folder: `110000/310.toml`, `national/catalog.csv`,
    /// `420000/catalog.csv`, `420000/split.toml`, `national/audit.toml`.
    pub fn load(files: &[(String, String)]) -> Result<Self, Trouble> {
        let said = |errors: Vec<benefit::PolicyError>| {
            trouble(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        };
        let texts = || files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let library = Library::load(texts()).map_err(said)?;
        let catalogs = Catalogs::load(texts()).map_err(said)?;
        let audit = casework::audit::Rules::of_folder(texts()).map_err(|errors| {
            trouble(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        Ok(Self { library: Arc::new(library), audit: Arc::new(audit), catalogs })
    }

    /// Out of a policy folder.
    pub fn of_folder(folder: &Path) -> Result<Self, Trouble> {
        Self::load(&Self::files_of(folder)?)
    }

    /// The texts of a policy folder, by path.
    pub fn files_of(folder: &Path) -> Result<Vec<(String, String)>, Trouble> {
        let mut files = Vec::new();
        for area in fs::read_dir(folder)? {
            let area = area?.path();
            if !area.is_dir() {
                continue;
            }
            for file in fs::read_dir(&area)? {
                let file = file?.path();
                let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
                if file.extension().is_some_and(|extension| extension == "toml" || extension == "csv") {
                    files.push((name, fs::read_to_string(&file)?));
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// The catalog by which a province splits bills: its own lines over the national list, under its rules of splitting.
    pub fn catalog(&self, province: Province) -> Arc<Catalog> {
        self.catalogs.of(province)
    }
}

/// Registers a participant at the hub if it is not there, or is reached otherwise or has another key than when it was.
async fn register(hub: &Hub, entry: &ParticipantEntry) -> Result<(), Trouble> {
    let known = hub::participants(&mut *hub.context.store.conn().await?).await?;
    let (suspended, changed_at) = (&entry.suspended, entry.changed_at);
    let is_same = |one: ParticipantEntry| {
        ParticipantEntry { suspended: suspended.clone(), changed_at, ..one } == *entry
    };
    if !known.into_iter().any(is_same) {
        hub.put_participant(entry).await?;
    }
    Ok(())
}

/// Where the nodes keep what they know.
pub enum Database {
    /// A private server for the world, in a folder that stays or, without one, in a temporary folder that goes with it.
    Private(Option<PathBuf>),
    /// Databases that are there already, opened, one a node.
    Opened(BTreeMap<Participant, Store>),
}

/// How a world is made.
pub struct Options {
    /// Which provinces have a node.
    pub provinces: Vec<Province>,
    /// Policies and catalogs.
    pub rules: Rulebook,
    /// Where the nodes keep what they know.
    pub database: Database,
    /// The clock that the world's goes with.
    pub clock: Arc<dyn Clock>,
    /// How many days before that clock the world begins.
    pub days_behind: i64,
    /// Whether a [`Wire`] stands on every line between nodes.
    pub wires: bool,
    /// Whether commits wait for the disk.
    pub durable: bool,
    /// Connections of each node to its database.
    pub connections: u32,
    /// How long a node waits for another before it says that the outcome is not known.
    pub patience: Duration,
    /// The token of the nodes' management interface; without one it is closed.
    pub management_token: Option<String>,
    /// The pages of the nodes.
    pub pages: node::pages::Pages,
    /// What the provinces do where a policy value is needed that nobody has confirmed.
    pub unconfirmed_values: UnconfirmedValues,
    /// Addresses, keys and secrets that are the same at every start; drawn anew if not said.
    pub fixed: Option<Fixed>,
    /// Who looks on at the hospital interfaces.
    pub watch: Option<node::Watch>,
}

/// What is the same at every start, so that it can be written down. Only for invented people: everybody knows these keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Where each node listens; any port if it is not here.
    pub addresses: BTreeMap<Participant, SocketAddr>,
    /// What keys and secrets are made of.
    pub seed: &'static str,
}

impl Fixed {
    /// The signing key of a node.
    pub fn key(&self, participant: Participant) -> PrivateKey {
        institutions::private_key(&self.secret(&participant.to_string()))
    }

    /// The secret of an institution: 32 hexadecimal digits.
    pub fn secret(&self, code: &str) -> Secret {
        let made = ca_hmac_sm3::sign(self.seed, code, b"");
        Secret(made.split_once(':').map_or("", |(_, digits)| &digits[..32]).to_lowercase())
    }
}

impl Options {
    /// The demonstration's world: four provinces, a temporary private server, begun twelve days ago, so that stories of twelve days
    /// end today. It is a sandbox: values that nobody has confirmed are computed with.
    pub fn new(rules: Rulebook) -> Self {
        Self {
            provinces: AREAS.into_iter().map(PoolingArea::province).collect(),
            rules,
            database: Database::Private(None),
            clock: Arc::new(SystemClock),
            days_behind: 12,
            wires: false,
            durable: false,
            connections: 8,
            patience: Duration::from_secs(8),
            management_token: None,
            pages: node::pages::Pages::default(),
            unconfirmed_values: UnconfirmedValues::Compute,
            fixed: None,
            watch: None,
        }
    }
}

/// A running world. Stop it with [`World::stop`]; dropped, its nodes end with their runtime.
pub struct World {
    /// The clock that all parties share.
    pub clock: Arc<TravelClock>,
    /// Policies and catalogs.
    pub rules: Rulebook,
    /// The hub.
    pub hub: Arc<Hub>,
    /// The provinces.
    pub provinces: BTreeMap<Province, ProvinceSide>,
    /// The registered hospitals.
    pub institutions: Vec<Institution>,
    /// Their software, one each: it counts the hospital's messages.
    pub hospitals: BTreeMap<InstitutionCode, Hospital>,
    hub_running: Running,
    // Dropped last: the nodes' databases are on it.
    server: Option<Embedded>,
    _folder: Option<tempfile::TempDir>,
}

/// A province of the world.
pub struct ProvinceSide {
    /// Its node.
    pub node: Arc<ProvinceNode>,
    /// The line from it to the hub, if wires were asked for.
    pub to_hub: Option<Wire>,
    /// The line from the hub to it, if wires were asked for.
    pub from_hub: Option<Wire>,
    address: SocketAddr,
    running: Option<Running>,
}

impl ProvinceSide {
    /// Where its hospitals reach it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl World {
    /// Makes a world and fills it with hospitals and people; `say` is told of each step.
    pub async fn start(options: Options, say: &(dyn Fn(&str) + Sync)) -> Result<Self, Trouble> {
        let clock = Arc::new(TravelClock::days_behind(Arc::clone(&options.clock), options.days_behind));
        let (mut stores, server, folder) = open_databases(&options, clock.now(), say).await?;
        let mut context = |me: Participant| {
            let store = stores.remove(&me).ok_or_else(|| trouble(format!("no database for node {me}")))?;
            let clock: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
            let key = options.fixed.as_ref().map_or_else(new_key, |fixed| fixed.key(me));
            let (ids, ends) = (Arc::new(RandomIds), KnownEnds::default());
            Ok::<_, Trouble>(Context { me, store, clock, ids, key, ends })
        };
        let hub_context = context(Participant::Hub)?;
        let hub_key = hub_context.key.public();
        let hub = Arc::new(
            Hub::new(hub_context)
                .with_timetable(None)
                .with_management_token(options.management_token.clone())
                .with_pages(options.pages.clone()),
        );
        hub.context.store.prepare(Participant::Hub, clock.now()).await?;
        let address_of = |me| options.fixed.as_ref().and_then(|fixed| fixed.addresses.get(&me)).copied();
        let hub_running = serve::hub(Arc::clone(&hub), listen(address_of(Participant::Hub)).await?)?;
        say(&format!("国家平台已启动：{}", hub_running.url()));
        let mut provinces = BTreeMap::new();
        for &province in &options.provinces {
            let me = Participant::Province(province);
            let context = context(me)?;
            context.store.prepare(me, clock.now()).await?;
            let listener = listen(address_of(me)).await?;
            let address = listener.local_addr()?;
            let (to_hub, from_hub) = if options.wires {
                (
                    Some(Wire::between(&hub_running.url()).await?),
                    Some(Wire::between(&address.to_string()).await?),
                )
            } else {
                (None, None)
            };
            let hub_address = to_hub.as_ref().map_or_else(|| hub_running.url(), Wire::address);
            let name = province.division().name().unwrap_or_default().to_owned();
            let entry = ParticipantEntry {
                participant: me,
                name: name.clone(),
                address: from_hub.as_ref().map_or_else(|| format!("http://{address}"), Wire::address),
                public_key: context.key.public().to_hex(),
                suspended: None,
                changed_at: clock.now(),
            };
            register(&hub, &entry).await?;
            let (library, catalog) = (Arc::clone(&options.rules.library), options.rules.catalog(province));
            let mut settings = ProvinceSettings::new(hub_address, hub_key.clone(), library, catalog);
            settings.patience = options.patience;
            settings.unconfirmed_values = options.unconfirmed_values;
            settings.management_token.clone_from(&options.management_token);
            settings.pages = options.pages.clone();
            settings.watch.clone_from(&options.watch);
            settings.audit = Arc::clone(&options.rules.audit);
            // Details are sent on when the story says so.
            settings.details_every = None;
            settings.timetable_every = None;
            let node = Arc::new(ProvinceNode::new(context, province, settings));
            let running = Some(serve::province(Arc::clone(&node), listener)?);
            if AREAS.iter().any(|area| area.province() == province) || options.provinces.len() < MANY {
                say(&format!("{name}省级平台已启动：http://{address}"));
            }
            provinces.insert(province, ProvinceSide { node, to_hub, from_hub, address, running });
        }
        if options.provinces.len() >= MANY {
            say(&format!("共{}个省级平台已启动", options.provinces.len()));
        }
        let mut world = Self {
            clock,
            rules: options.rules,
            hub,
            provinces,
            institutions: Vec::new(),
            hospitals: BTreeMap::new(),
            hub_running,
            server,
            _folder: folder,
        };
        world.populate(options.fixed.as_ref(), say).await?;
        Ok(world)
    }

    async fn populate(&mut self, fixed: Option<&Fixed>, say: &(dyn Fn(&str) + Sync)) -> Result<(), Trouble> {
        let people: Vec<(PoolingArea, Person)> = demo_people()
            .into_iter()
            .filter(|(area, _)| self.provinces.contains_key(&area.province()))
            .collect();
        // In a folder that is gone on with, all are there, as they have become since.
        let mut missing = Vec::new();
        for (area, one) in &people {
            let mut conn = self.provinces[&area.province()].node.context.store.conn().await?;
            if person::find(&mut conn, *area, &one.number).await?.is_none() {
                missing.push((*area, one.clone()));
            }
        }
        self.add_people(&missing).await?;
        let secret_of =
            |code: &InstitutionCode| fixed.map_or_else(new_secret, |fixed| fixed.secret(code.as_str()));
        let institutions = demo_institutions(&secret_of, self.clock.now());
        self.institutions = institutions
            .into_iter()
            .filter(|one| self.provinces.contains_key(&one.place.province()))
            .collect();
        for institution in &mut self.institutions {
            let province = institution.place.province();
            let side = self.provinces.get(&province).expect("hospitals of other provinces were left out");
            let mut conn = side.node.context.store.conn().await?;
            // Secrets that were drawn are known to nobody who starts again.
            let known = institution::find(&mut conn, &institution.code).await?.filter(|_| fixed.is_some());
            drop(conn);
            match known {
                Some(known) => *institution = known,
                None => side.node.put_institution(institution).await?,
            }
            let model = MODELS.iter().find(|model| model.code() == institution.code);
            let form = model.map_or(AddressForm::CallService, |model| model.form);
            let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
            let settings = Settings::of(institution, &side.url()).form(form);
            let settings = settings.platform_key(side.node.context.key.public());
            let hospital = Hospital::new(settings, clock);
            self.hospitals.insert(institution.code.clone(), hospital);
        }
        self.until_quiet().await?;
        say(&format!(
            "已登记定点医疗机构{}家、参保人员{}人（均为虚构）",
            self.institutions.len(),
            people.len()
        ));
        Ok(())
    }

    /// Where the hub is reached.
    pub fn hub_url(&self) -> String {
        self.hub_running.url()
    }

    /// A province of the world.
    pub fn province(&self, province: Province) -> Result<&ProvinceSide, Trouble> {
        self.provinces
            .get(&province)
            .ok_or_else(|| trouble(format!("province {province} is not in this world")))
    }

    /// Registers more people, in units of work of a thousand.
    pub async fn add_people(&self, people: &[(PoolingArea, Person)]) -> Result<(), Trouble> {
        for (province, side) in &self.provinces {
            let own: Vec<(PoolingArea, &Person)> = people
                .iter()
                .filter(|(area, _)| area.province() == *province)
                .map(|(area, person)| (*area, person))
                .collect();
            for some in own.chunks(1_000) {
                side.node.put_people(some).await?;
            }
        }
        Ok(())
    }

    /// A registered hospital.
    pub fn institution(&self, code: &InstitutionCode) -> Result<&Institution, Trouble> {
        let found = self.institutions.iter().find(|institution| institution.code == *code);
        found.ok_or_else(|| trouble(format!("institution {code} is not in this world")))
    }

    /// The software of a hospital, set up for its province's node.
    pub fn hospital(&self, model: &Model) -> Result<&Hospital, Trouble> {
        let code = model.code();
        self.hospitals.get(&code).ok_or_else(|| trouble(format!("institution {code} is not in this world")))
    }

    /// Every hospital of the demonstration that is in this world.
    pub fn models(&self) -> impl Iterator<Item = &'static Model> {
        MODELS.iter().filter(|model| self.institution(&model.code()).is_ok())
    }

    /// Files a person, at the insured place and in the national register, and has it approved.
    pub async fn file(
        &self,
        person: &Person,
        category: FilingCategory,
        treatment: TreatmentPlace,
        begins: Day,
    ) -> Result<(), Trouble> {
        let enrolment =
            person.enrolments.first().ok_or_else(|| trouble("a person without insurance files nothing"))?;
        let node = &self.province(enrolment.insured.province())?.node;
        let new = NewFiling {
            insured: enrolment.insured,
            who: Who::Citizen(person.citizen.clone()),
            scheme: enrolment.scheme,
            category,
            destination: treatment.division().pooling_area().division(),
            begins: Some(begins),
            ends: None,
            commitment: false,
            approve_now: true,
        };
        node::filing::submit(node, new).await?;
        self.until_quiet().await
    }

    /// Delivers what waits in the outboxes until nothing does; lets time pass where something is not due yet.
    pub async fn until_quiet(&self) -> Result<(), Trouble> {
        for _ in 0..200 {
            for side in self.provinces.values() {
                side.node.deliver().await;
            }
            if self.waiting().await? == 0 {
                return Ok(());
            }
            self.clock.pass_seconds(30);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(trouble("the outboxes do not become empty"))
    }

    /// Does what the timetables of all nodes have due, once each, the hub last.
    pub async fn keep_timetables(&self) {
        for side in self.provinces.values() {
            side.node.keep_timetable().await;
        }
        self.hub.keep_timetable().await;
    }

    /// Makes the partitions of the months around what the clock says.
    pub async fn make_months(&self) -> Result<(), Trouble> {
        let now = self.clock.now();
        self.hub.context.store.make_months(now).await?;
        for side in self.provinces.values() {
            side.node.context.store.make_months(now).await?;
        }
        Ok(())
    }

    /// Sends on the details that are due, until nothing more can be done now; of how many settlements.
    pub async fn send_details(&self) -> usize {
        let mut sent = 0;
        for side in self.provinces.values() {
            sent += side.node.send_details().await;
        }
        sent
    }

    /// How many questions wait in all outboxes, and undoings at outside core systems.
    pub async fn waiting(&self) -> Result<i64, Trouble> {
        Nodes::of(self).waiting().await
    }

    /// Ends a province's node at once, as a power cut would. What it committed is in its database.
    pub fn kill(&mut self, province: Province) {
        if let Some(side) = self.provinces.get_mut(&province)
            && let Some(running) = side.running.take()
        {
            running.kill();
        }
    }

    /// Starts a killed province's node again, at its address and over its database.
    pub async fn restart(&mut self, province: Province) -> Result<(), Trouble> {
        let settings = self.province(province)?.node.settings.clone();
        self.restart_with(province, settings).await
    }

    /// The same with other settings.
    pub async fn restart_with(
        &mut self,
        province: Province,
        settings: ProvinceSettings,
    ) -> Result<(), Trouble> {
        let side = self.provinces.get_mut(&province).ok_or_else(|| trouble("not in this world"))?;
        let node = ProvinceNode::new(side.node.context.clone(), province, settings);
        side.node = Arc::new(node);
        side.running = Some(serve::province(Arc::clone(&side.node), listen(Some(side.address)).await?)?);
        Ok(())
    }

    /// Stops the nodes in order, then the private server.
    pub async fn stop(self) {
        for side in self.provinces.into_values() {
            if let Some(running) = side.running {
                running.stop().await;
            }
            side.node.context.store.close().await;
        }
        self.hub_running.stop().await;
        self.hub.context.store.close().await;
        if let Some(server) = self.server {
            // Stopping blocks; a server that cannot be waited for ends with its keeper.
            let _ = tokio::task::spawn_blocking(move || server.stop()).await;
        }
    }
}

async fn listen(address: Option<SocketAddr>) -> Result<TcpListener, Trouble> {
    let Some(address) = address else { return Ok(TcpListener::bind(("127.0.0.1", 0)).await?) };
    // A node that was ended at once lets go of its address a moment later.
    for _ in 0..100 {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            bound => return Ok(bound?),
        }
    }
    Err(trouble(format!("{address} stays in use")))
}

type Opened = (BTreeMap<Participant, Store>, Option<Embedded>, Option<tempfile::TempDir>);

/// The database of which those of a private server are copies: an empty one with the schema, which takes longer to make than to copy.
const TEMPLATE: &str = "node_template";

async fn open_databases(
    options: &Options,
    now: Moment,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Opened, Trouble> {
    let path = match &options.database {
        Database::Opened(stores) => return Ok((stores.clone(), None, None)),
        Database::Private(path) => path.clone(),
    };
    let temporary = match &path {
        Some(_) => None,
        None => Some(tempfile::tempdir()?),
    };
    let folder = path.or_else(|| Some(temporary.as_ref()?.path().to_owned())).expect("one of the two");
    say("正在启动内置数据库…");
    // Every node has its connections and those of its batches of writes.
    let connections = 100 + 14 * options.provinces.len().max(9);
    let mut settings = ServerOptions::default().setting("max_connections", &connections.to_string());
    settings.durable = options.durable;
    let started = tokio::task::spawn_blocking(move || Embedded::start(&folder, &settings)).await;
    let server = started.map_err(trouble)?.map_err(trouble)?;
    server.create_database(TEMPLATE).await.map_err(trouble)?;
    let template = Store::open(server.connect_options(TEMPLATE), 1).await?;
    template.migrate(now).await?;
    template.close().await;
    let mut stores = BTreeMap::new();
    let provinces = options.provinces.iter().map(|province| Participant::Province(*province));
    for participant in std::iter::once(Participant::Hub).chain(provinces) {
        let name = format!("node_{participant}");
        server.copy_database(&name, TEMPLATE).await.map_err(trouble)?;
        let store = Store::open(server.connect_options(&name), options.connections).await?;
        stores.insert(participant, store);
    }
    Ok((stores, Some(server), temporary))
}

/// A key that nobody has.
fn new_key() -> PrivateKey {
    loop {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        if let Ok(key) = PrivateKey::from_bytes(&bytes) {
            return key;
        }
    }
}

/// A secret that nobody has.
fn new_secret() -> Secret {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    Secret(bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    }))
}
