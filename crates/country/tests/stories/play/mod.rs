//! A small world for stories: a person insured in Beijing lies in a hospital in Wuhan, with a wire on every line.

use casework::person::Person;
use country::{
    Options, Rulebook, World,
    bills::{self, Line, Order},
    checks,
    clock::TravelClock,
    hospital::{Called, Hospital, Patient, Settings, Settled, Stay},
    institutions::Model,
    network::Wire,
    people,
    world::{Database, Fixed},
};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};
use store::{Store, embedded::fixture::TestCluster};
use terms::{
    Clock, Fen, FilingCategory, InsuranceScheme, MemberStatus, Moment, Participant, Province, TreatmentPlace,
    VisitId,
};

/// The world and the stay in it.
pub struct Play {
    /// Beijing, Hubei and the hub.
    pub world: World,
    /// The line between the hospital and its province.
    pub counter: Wire,
    /// The hospital's software.
    pub hospital: Hospital,
    /// The person at the counter.
    pub patient: Patient,
    /// The stay, discharged and ready to be settled.
    pub visit: VisitId,
    /// Its bill.
    pub total: Fen,
}

/// Beijing.
pub fn beijing() -> Province {
    "110000".parse().unwrap()
}

/// Hubei.
pub fn hubei() -> Province {
    "420000".parse().unwrap()
}

/// A world of two provinces on fresh databases.
pub async fn world() -> World {
    world_of(&[beijing(), hubei()]).await
}

/// A world of these provinces on fresh databases.
pub async fn world_of(provinces: &[Province]) -> World {
    let mut options = Options::new(rules());
    options.provinces = provinces.to_vec();
    world_with(options).await
}

/// The policy folder.
pub fn policy_files() -> Vec<(String, String)> {
    Rulebook::files_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy")).unwrap()
}

/// The policy folder, read once for all stories.
pub fn rules() -> Rulebook {
    static RULES: LazyLock<Rulebook> = LazyLock::new(|| Rulebook::load(&policy_files()).unwrap());
    RULES.clone()
}

/// A world with wires on fresh databases. Its keys are the same in every story: what is computed of them once, the next ones need not.
pub async fn world_with(mut options: Options) -> World {
    options.fixed.get_or_insert(Fixed { addresses: BTreeMap::new(), seed: "stories" });
    options.wires = true;
    options.patience = Duration::from_secs(2);
    options.management_token = Some("令牌".to_owned());
    options.connections = 4;
    options.database = databases_of(&options).await;
    World::start(options, &|_| {}).await.unwrap()
}

/// Fresh databases for a world of these options.
pub async fn databases_of(options: &Options) -> Database {
    let begins = TravelClock::days_behind(Arc::clone(&options.clock), options.days_behind).now();
    databases(&options.provinces, begins, options.connections).await
}

/// Fresh databases of the hub and of these provinces, around the day on which their world begins. They are copies of one that has its
/// tables: to make the tables in each takes longer than many a story.
pub async fn databases(provinces: &[Province], begins: Moment, connections: u32) -> Database {
    let mut stores = BTreeMap::new();
    let provinces = provinces.iter().map(|province| Participant::Province(*province));
    for participant in std::iter::once(Participant::Hub).chain(provinces) {
        let database = TestCluster::shared().fresh_database(begins).await;
        stores.insert(participant, Store::open(database.options, connections).await.unwrap());
    }
    Database::Opened(stores)
}

/// A hospital of the demonstration that authenticates in no way, in this province.
pub fn plain_model(world: &World, province: Province) -> &'static Model {
    let plain = |model: &&Model| {
        let institution = world.institution(&model.code()).unwrap();
        institution.place.province() == province
            && institution.authentication == casework::institution::Authentication::None
    };
    world.models().find(plain).expect("a plain hospital")
}

/// A retired employee of Beijing.
pub fn retiree() -> Person {
    people::person(people::BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, 7)
}

impl Play {
    /// Admits, uploads and discharges; all that is left is to settle.
    pub async fn prepare() -> Self {
        Self::prepare_in(world().await).await
    }

    /// The same in a world that was made for it.
    pub async fn prepare_in(world: World) -> Self {
        let model = plain_model(&world, hubei());
        let place = world.institution(&model.code()).unwrap().place;
        Self::prepare_filed(world, place).await
    }

    /// The same with a long-term filing for some place.
    pub async fn prepare_filed(world: World, place: TreatmentPlace) -> Self {
        let model = plain_model(&world, hubei());
        let counter = Wire::between(&world.province(hubei()).unwrap().url()).await.unwrap();
        let institution = world.institution(&model.code()).unwrap();
        let settings = Settings::of(institution, &counter.address()).form(model.form);
        let hospital = Hospital::new(settings, Arc::clone(&world.clock) as Arc<dyn Clock>);
        let person = retiree();
        world.add_people(&[(people::BEIJING, person.clone())]).await.unwrap();
        let now = world.clock.now();
        let category = FilingCategory::ResettledRetiree;
        world.file(&person, category, place, now.day().plus_days(-60)).await.unwrap();
        let patient = Patient::of(&person);
        let mut play = Self { world, counter, hospital, patient, visit: visit_of_nobody(), total: Fen::ZERO };
        play.next_stay(1).await;
        play
    }

    /// The bill of a stay that ends now.
    pub fn bill(&self, seed: u64) -> (Order, Vec<Line>) {
        let now = self.world.clock.now();
        let institution = self.world.institution(&self.hospital.settings().code).unwrap();
        let order = Order {
            level: institution.level,
            admitted: now.plus_millis(-9 * 86_400_000),
            discharged: now.plus_millis(-3_600_000),
            total: Fen::yuan(23_000),
            lines: 24,
            seed,
        };
        let lines = bills::bill(&self.world.rules.catalog(institution.place.province()), &order);
        (order, lines)
    }

    /// Another stay of the same person, ready to be settled.
    pub async fn next_stay(&mut self, seed: u64) {
        let (order, lines) = self.bill(seed);
        let stay = Stay::ordinary(&format!("ZY{seed:06}"), order.admitted, order.discharged);
        let visit = self.hospital.admit(&self.patient, &stay).await.unwrap();
        self.hospital.upload(&self.patient, visit, &stay, &lines).await.unwrap();
        self.hospital.discharge(&self.patient, visit, &stay).await.unwrap();
        self.visit = visit;
        self.total = bills::total(&lines);
    }

    /// Asks to settle under a message id.
    pub async fn settle(&self, msgid: &str) -> Called<Settled> {
        self.hospital.settle_with_msgid(msgid, &self.patient, self.visit, self.total).await
    }

    /// What a patient cashier does: sends the same message again until there is an answer that is not "later".
    pub async fn settle_patiently(&self, msgid: &str) -> Settled {
        for _ in 0..40 {
            match self.settle(msgid).await {
                Ok(settled) => return settled,
                Err(error) => {
                    if let Some(refusal) = error.refusal() {
                        let later = ["重发", "正在处理", "稍后", "无法连通", "未通过校验"];
                        assert!(
                            later.iter().any(|word| refusal.contains(word)),
                            "refused for good: {refusal}"
                        );
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never answered");
    }

    /// Lets the dust settle: all lines work again, everything that waits is delivered, and everything holds.
    pub async fn dust_settles(&self) {
        for side in self.world.provinces.values() {
            for wire in [&side.to_hub, &side.from_hub].into_iter().flatten() {
                wire.always(country::network::Fate::Pass);
            }
        }
        self.counter.always(country::network::Fate::Pass);
        self.world.until_quiet().await.unwrap();
        let failures = checks::failures(&self.world).await.unwrap();
        assert!(failures.is_empty(), "{failures:#?}");
    }

    /// How many settlements stand in each of the three books.
    pub async fn standing(&self) -> [usize; 3] {
        use funds::reconciliation::LineStage::Standing;
        let books = checks::Books::read(&self.world).await.unwrap();
        [&books.treatment, &books.hub, &books.insured]
            .map(|lines| lines.iter().filter(|line| line.stage == Standing).count())
    }

    /// The sums of the person's year, as the hospital may ask for them.
    pub async fn year(&self) -> BTreeMap<String, Fen> {
        self.hospital.query_year(&self.patient).await.unwrap()
    }
}

fn visit_of_nobody() -> VisitId {
    VisitId::new(hubei(), terms::Moment::from_millis(0).unwrap(), 0)
}
