//! Power cuts: hub, Beijing and Hubei as processes with databases of their own, killed with `kill -9` at every point of a
//! settlement and of its cancellation, of stays and of outpatient bills that the personal account pays. Started again over what
//! they left behind, they come to one end: the hospital that sends its message again gets a true answer, and the three books
//! agree.

mod backup;
mod books;
mod chaos;
mod process;
mod rolling;

use benefit::Catalog;
use books::Books;
use casework::institution::{Authentication, Secret};
use country::{
    Rulebook,
    bills::{self, Order},
    hospital::{Bill, CallError, Called, Hospital, Outpatient, Patient, Settings, Settled, Stay, read_fen},
    institutions::{MODELS, Model},
    network::{Fate, Wire},
    people,
};
use node::SystemClock;
use process::{Folder, Node};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};
use terms::{Clock, Fen, InsuranceScheme, MemberStatus, Province, VisitId};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

/// Where a message is when the blow falls.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// From the hospital to Hubei.
    Counter,
    /// From Hubei to the hub.
    ToHub,
    /// From the hub to Beijing.
    FromHub,
}

/// Who is struck.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Hub,
    Beijing,
    Hubei,
}

/// With what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    /// The node and its PostgreSQL end at once; it is started again by hand.
    PowerCut,
    /// Its PostgreSQL alone ends; the node must help itself.
    DatabaseDies,
}

/// What becomes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It goes on after the blow.
    Arrives,
    /// It is lost.
    Lost,
    /// It goes on when all is over and answered.
    ArrivesLate,
}

/// What is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Care {
    /// A stay, in cash.
    Stay,
    /// A bill of an outpatient visit, from the personal account.
    Bill,
}

/// A point at which a node is struck.
#[derive(Clone, Copy, Debug)]
struct Point {
    when: &'static str,
    care: Care,
    line: Line,
    fate: Fate,
    victim: Victim,
    blow: Blow,
    then: Then,
    /// Whether the cancellation is struck at the same point. Where another node than Hubei is, the hospital has its answer at
    /// once and the outbox sees to the rest, ten seconds later.
    cancellation_too: bool,
}

const fn point(
    when: &'static str,
    care: Care,
    (line, fate): (Line, Fate),
    (victim, blow): (Victim, Blow),
    then: Then,
    cancellation_too: bool,
) -> Point {
    Point { when, care, line, fate, victim, blow, then, cancellation_too }
}

#[rustfmt::skip]
const POINTS: [Point; 14] = {
    use {Blow::{DatabaseDies, PowerCut}, Care::{Bill, Stay}, Fate::{Hold, HoldAnswer}, Line::{Counter, FromHub, ToHub}};
    use {Then::{Arrives, ArrivesLate, Lost}, Victim::{Beijing, Hub, Hubei}};
    [
        point("Hubei has asked, its question is lost",             Bill, (ToHub,   Hold),       (Hubei,   PowerCut),     Lost,        true),
        point("Hubei has asked, its question arrives",             Stay, (ToHub,   Hold),       (Hubei,   PowerCut),     Arrives,     true),
        point("Hubei has asked, its question is late",             Bill, (ToHub,   Hold),       (Hubei,   PowerCut),     ArrivesLate, true),
        point("Beijing has committed, its answer is lost",         Bill, (FromHub, HoldAnswer), (Beijing, PowerCut),     Lost,        true),
        point("Beijing has not heard the question",                Stay, (FromHub, Hold),       (Beijing, PowerCut),     Arrives,     false),
        point("Beijing hears the question late",                   Bill, (FromHub, Hold),       (Beijing, PowerCut),     ArrivesLate, false),
        point("Beijing decides while the hub dies",                Bill, (FromHub, Hold),       (Hub,     PowerCut),     Arrives,     false),
        point("Beijing has answered, the hub has not heard",       Stay, (FromHub, HoldAnswer), (Hub,     PowerCut),     Lost,        false),
        point("the hub has recorded, Hubei has not heard",         Bill, (ToHub,   HoldAnswer), (Hub,     PowerCut),     Lost,        false),
        point("Beijing has committed, Hubei dies before it hears", Stay, (ToHub,   HoldAnswer), (Hubei,   PowerCut),     Lost,        true),
        point("Hubei has written, the hospital has not heard",     Bill, (Counter, HoldAnswer), (Hubei,   PowerCut),     Lost,        true),
        point("Beijing's database dies before the question",       Stay, (FromHub, Hold),       (Beijing, DatabaseDies), Arrives,     false),
        point("the hub's database dies before the answer",         Bill, (FromHub, HoldAnswer), (Hub,     DatabaseDies), Arrives,     false),
        point("Hubei's database dies before the answer",           Bill, (ToHub,   HoldAnswer), (Hubei,   DatabaseDies), Arrives,     false),
    ]
};

/// Two countries of processes at once are too much for a small machine.
static TURN: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_killed_at_every_point_and_the_three_books_agree() {
    let _turn = TURN.lock().await;
    let mut country = Country::start().await;
    country.agrees(0).await;
    let held = country.balance().await;
    for point in &POINTS {
        let began = Instant::now();
        let settled = country.settles_through(point).await;
        let books = country.agrees(1).await;
        assert_eq!(books.years[0].total(), settled.total, "{}", point.when);
        let stands = &books.three[0].standing[&settled.id().unwrap()];
        assert_eq!(stands.fund_total, settled.fund_total, "{}: what the hospital was told", point.when);
        assert_eq!(stands.account > Fen::ZERO, point.care == Care::Bill, "{}", point.when);
        assert_eq!(country.balance().await, held - stands.account, "{}: paid once", point.when);
        let settled_after = began.elapsed();
        country.cancels(point, &settled).await;
        let books = country.agrees(0).await;
        assert!(books.years[0].total().is_zero(), "{}", point.when);
        assert_eq!(country.balance().await, held, "{}: given back", point.when);
        let [settled_after, all] = [settled_after, began.elapsed()].map(|time| time.as_millis());
        println!("settled after {settled_after:>5} ms, cancelled after {all:>5} ms: {}", point.when);
    }
    country.settles_unasked().await;
    country.ends();
}

/// Something that waits to be settled: the transactions that settle and cancel it, and what the first one says.
#[derive(Clone)]
struct Ask {
    settles: &'static str,
    cancels: &'static str,
    visit: VisitId,
    total: Fen,
    input: Value,
}

/// The three nodes, the lines between them, and a stay and an outpatient bill that wait to be settled.
struct Country {
    hospital: Hospital,
    patient: Patient,
    stay: Ask,
    bill: Ask,
    lines: Lines,
    nodes: Nodes,
    // Removed when the nodes have ended.
    folder: Folder,
}

struct Nodes {
    hub: Node,
    beijing: Node,
    hubei: Node,
}

struct Lines {
    counter: Wire,
    to_hub: Wire,
    from_hub: Wire,
    beijing_to_hub: Wire,
}

impl Nodes {
    fn of(&mut self, victim: Victim) -> &mut Node {
        match victim {
            Victim::Hub => &mut self.hub,
            Victim::Beijing => &mut self.beijing,
            Victim::Hubei => &mut self.hubei,
        }
    }

    fn logged(&self) -> String {
        [&self.hubei, &self.hub, &self.beijing].map(Node::logged).join("\n----\n")
    }
}

impl Lines {
    /// Lines that lead nowhere yet.
    async fn lay() -> Self {
        let line = async || Wire::between("127.0.0.1:1").await.expect("a free port");
        Self {
            counter: line().await,
            to_hub: line().await,
            from_hub: line().await,
            beijing_to_hub: line().await,
        }
    }

    fn of(&self, line: Line) -> &Wire {
        match line {
            Line::Counter => &self.counter,
            Line::ToHub => &self.to_hub,
            Line::FromHub => &self.from_hub,
        }
    }

    /// Where the nodes are since their last starts.
    fn lead_to(&self, nodes: &Nodes) {
        self.counter.lead_to(&nodes.hubei.url);
        self.to_hub.lead_to(&nodes.hub.url);
        self.beijing_to_hub.lead_to(&nodes.hub.url);
        self.from_hub.lead_to(&nodes.beijing.url);
    }
}

fn beijing() -> Province {
    people::BEIJING.province()
}

fn hubei() -> Province {
    people::WUHAN.province()
}

/// A hospital in Wuhan that does not sign.
fn model() -> &'static Model {
    let plain =
        |model: &&Model| model.division / 100 == 4_201 && model.authentication == Authentication::None;
    MODELS.iter().find(plain).expect("a hospital of the demonstration")
}

impl Country {
    /// Starts the nodes, registers all as operators do, and brings a stay to its discharge and an outpatient to the till.
    async fn start() -> Self {
        let folder = Folder::new();
        let lines = Lines::lay().await;
        let hub = Node::start(&folder.0, "hub", vec!["hub".to_owned()]);
        let province = |name, province: Province, to_hub: &Wire| {
            let arguments = vec![
                "province".to_owned(),
                format!("--province={province}"),
                format!("--hub-address={}", to_hub.address()),
                format!("--hub-key={}", hub.key),
                "--patience-seconds=2".to_owned(),
                "--unconfirmed-values=compute".to_owned(),
            ];
            Node::start(&folder.0, name, arguments)
        };
        let beijing = province("beijing", beijing(), &lines.beijing_to_hub);
        let hubei = province("hubei", hubei(), &lines.to_hub);
        let nodes = Nodes { hub, beijing, hubei };
        lines.lead_to(&nodes);
        register_participants(&nodes, &lines);
        let person = people::person(people::BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, 7);
        let institution = model().institution(Secret("0".repeat(32)), SystemClock.now());
        register_people_and_institutions(&nodes, &person, &institution);
        let settings = Settings::of(&institution, &lines.counter.address()).form(model().form);
        let hospital = Hospital::new(settings, Arc::new(SystemClock));
        let patient = Patient::of(&person);
        let stay = discharged_stay(&hospital, &patient).await;
        let bill = outpatient_bill(&hospital, &patient).await;
        Self { hospital, patient, stay, bill, lines, nodes, folder }
    }

    const fn ask(&self, care: Care) -> &Ask {
        match care {
            Care::Stay => &self.stay,
            Care::Bill => &self.bill,
        }
    }

    /// What the personal account holds, as 1101 says it.
    async fn balance(&self) -> Fen {
        let citizen = self.patient.citizen.reveal();
        let who = json!({ "data": {
            "mdtrt_cert_type": "02", "mdtrt_cert_no": citizen, "psn_cert_type": "01", "certno": citizen,
            "psn_name": self.patient.name,
        }});
        let answer =
            self.hospital.call("1101", Some(self.patient.insured), who).await.expect("all nodes run");
        read_fen(&answer["output"]["insuinfo"][0]["balc"]).expect("an amount")
    }

    /// 2304 or 2207 through a blow.
    async fn settles_through(&mut self, point: &Point) -> Settled {
        let Ask { settles, total, input, .. } = self.ask(point.care).clone();
        let settled = self.goes_through(point, settles, input).await;
        assert_eq!(settled.broken_identities(), Vec::<String>::new(), "{}", point.when);
        assert_eq!(settled.total, total, "{}", point.when);
        settled
    }

    /// 2305 or 2208, through the blow if it strikes the cancellation too.
    async fn cancels(&mut self, point: &Point, settled: &Settled) {
        let Ask { cancels, visit, .. } = self.ask(point.care).clone();
        let id = settled.id().expect("a settlement has an id");
        let (visit, person) = (visit.to_string(), self.patient.number.as_str());
        let input = json!({ "data": { "mdtrt_id": visit, "setl_id": id.to_string(), "psn_no": person } });
        let back = if point.cancellation_too {
            self.goes_through(point, cancels, input).await
        } else {
            let done = self.hospital.call(cancels, Some(self.patient.insured), input).await;
            Settled::read(&done.expect("all nodes run")).expect("an answer of the interface")
        };
        assert_eq!([back.total, back.fund_total], [-settled.total, -settled.fund_total], "{}", point.when);
        assert_ne!(back.id().expect("an id of its own"), id, "{}", point.when);
    }

    /// The hospital sends a message; it comes to the point, the blow falls; the hospital sends it again until it is answered.
    async fn goes_through(&mut self, point: &Point, infno: &str, input: Value) -> Settled {
        let msgid = self.hospital.next_msgid();
        let insured = Some(self.patient.insured);
        let cancels = infno == self.ask(point.care).cancels;
        let Self { hospital, lines, nodes, .. } = self;
        let line = lines.of(point.line);
        let database = nodes.of(point.victim).database_pid();
        line.next([point.fate]);
        let send = async || hospital.call_with_msgid(&msgid, infno, insured, input.clone()).await;
        let (first, ()) = tokio::join!(send(), async {
            timeout(Duration::from_secs(10), line.until_held(1))
                .await
                .expect("the message comes to the point");
            match point.blow {
                Blow::PowerCut => nodes.of(point.victim).kill(),
                Blow::DatabaseDies => nodes.of(point.victim).kill_database(),
            }
            match point.then {
                Then::Arrives => line.release(1),
                Then::Lost => line.lose(1),
                Then::ArrivesLate => {}
            }
        });
        for sent in [first, send().await] {
            match sent {
                Err(error) => assert_later(point, &error),
                // A cancellation is certain once Hubei has written it down; a database may be back already.
                Ok(_) => {
                    assert!(cancels || point.blow == Blow::DatabaseDies, "{}: a yes", point.when);
                }
            }
        }
        if point.blow == Blow::PowerCut {
            nodes.of(point.victim).start_again();
            lines.lead_to(nodes);
        }
        let answer = patiently(point, &send, nodes).await;
        if point.then == Then::ArrivesLate {
            line.release(1);
        }
        assert_eq!(send().await.as_ref(), Ok(&answer), "{}: the first answer is given again", point.when);
        if point.blow == Blow::DatabaseDies {
            nodes.of(point.victim).until_database_restarted(database);
        }
        Settled::read(&answer).expect("an answer of the interface")
    }

    /// A hospital that never sends its message again: the outbox comes to the end alone, and the hospital finds it there.
    async fn settles_unasked(&mut self) {
        let point = &POINTS[0];
        let msgid = self.hospital.next_msgid();
        let Self { hospital, lines, nodes, patient, stay: Ask { visit, total, .. }, .. } = self;
        lines.to_hub.next([point.fate]);
        let settle = async || hospital.settle_with_msgid(&msgid, patient, *visit, *total).await;
        let (unheard, ()) = tokio::join!(settle(), async {
            lines.to_hub.until_held(1).await;
            nodes.hubei.kill();
            lines.to_hub.lose(1);
        });
        assert_later(point, &unheard.expect_err("Hubei is dead"));
        nodes.hubei.start_again();
        lines.lead_to(nodes);
        let asked = lines.from_hub.handled();
        self.agrees(1).await;
        assert!(self.lines.from_hub.handled() > asked, "the outbox asked");
        let Self { hospital, patient, stay: Ask { visit, total, .. }, .. } = self;
        let settled =
            hospital.settle_with_msgid(&msgid, patient, *visit, *total).await.expect("settled long ago");
        assert_eq!(settled.total, *total);
    }

    /// The three books, as they are.
    async fn books(&self) -> Books {
        let Nodes { hub, beijing, hubei } = &self.nodes;
        let (treatment, nation, insured) = (hubei.store().await, hub.store().await, beijing.store().await);
        Books::read(&treatment, &nation, &insured).await.expect("running databases")
    }

    /// The three books agree, once the dust has settled, and so many settlements stand.
    async fn agrees(&self, standing: usize) -> Books {
        let Nodes { hub, beijing, hubei } = &self.nodes;
        let (treatment, nation, insured) = (hubei.store().await, hub.store().await, beijing.store().await);
        let began = Instant::now();
        loop {
            let books = Books::read(&treatment, &nation, &insured).await.expect("running databases");
            let failures = books.failures();
            if failures.is_empty() && books.standing() == standing {
                return books;
            }
            let patience = Duration::from_secs(20);
            assert!(
                began.elapsed() < patience,
                "{failures:#?}\nshould stand: {standing}\n{books:#?}\n{}",
                self.nodes.logged()
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends all in order; nothing is left running.
    fn ends(mut self) {
        for victim in [Victim::Hubei, Victim::Beijing, Victim::Hub] {
            assert!(self.nodes.of(victim).stop(), "{victim:?} ends in order\n{}", self.nodes.logged());
        }
        assert_eq!(self.folder.left_running(), Vec::<String>::new(), "left running");
    }
}

/// Sends until there is an answer; whatever comes before it says that it is worth sending again.
async fn patiently(point: &Point, send: &impl AsyncFn() -> Called<Value>, nodes: &Nodes) -> Value {
    let began = Instant::now();
    loop {
        match send().await {
            Ok(answer) => return answer,
            Err(error) => assert_later(point, &error),
        }
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{}: never answered\n{}",
            point.when,
            nodes.logged()
        );
        sleep(Duration::from_millis(50)).await;
    }
}

/// No answer, or one that says "later".
fn assert_later(point: &Point, error: &CallError) {
    const LATER: [&str; 5] = ["重发", "正在处理", "稍后", "无法连通", "未通过校验"];
    let later = match error {
        CallError::NoAnswer(_) => true,
        CallError::Refused { message, .. } => LATER.iter().any(|word| message.contains(word)),
        CallError::Gateway { .. } | CallError::NotUnderstood(_) => false,
    };
    assert!(later, "{}: refused for good: {error}", point.when);
}

/// The hub's operator registers the two provinces; they are reached over the lines.
fn register_participants(nodes: &Nodes, lines: &Lines) {
    let sides = [(beijing(), &nodes.beijing, &lines.from_hub), (hubei(), &nodes.hubei, &lines.counter)];
    for (province, node, line) in sides {
        let (code, address) = (province.to_string(), line.address());
        let add = ["participant", "add", &code, "--address", &address, "--public-key", &node.key];
        nodes.hub.command(&add, None);
    }
}

/// Beijing's clerks register the person and the filing, Hubei's the hospital.
fn register_people_and_institutions(
    nodes: &Nodes,
    person: &casework::person::Person,
    institution: &casework::institution::Institution,
) {
    let enrolment = &person.enrolments[0];
    let body = json!({ "certno": person.citizen.reveal(), "name": person.name, "enrolments": [{
        "scheme": "employee", "insured": enrolment.insured.to_string(), "person_type": enrolment.person_type,
        "standing": "in_force", "balance": "1234.50",
    }]});
    let (number, insured) = (person.number.as_str(), enrolment.insured.to_string());
    nodes.beijing.command(&["person", "add", number], Some(body.to_string()));
    let body = json!({
        "name": institution.name, "level": institution.level, "place": institution.place.to_string(), "open": true,
    });
    nodes.hubei.command(&["institution", "add", institution.code.as_str()], Some(body.to_string()));
    let begins = SystemClock.now().day().plus_days(-60).to_string();
    let filing = [
        "filing",
        "add",
        "--insured",
        &insured,
        "--person",
        number,
        "--scheme",
        "310",
        "--category",
        "1",
        "--destination",
        &people::WUHAN.division().to_string(),
        "--begins",
        &begins,
        "--approve",
    ];
    nodes.beijing.command(&filing, None);
}

/// 2401, 2301, 2402: all that is left is to settle.
async fn discharged_stay(hospital: &Hospital, patient: &Patient) -> Ask {
    let catalog = catalog();
    let now = SystemClock.now();
    let (admitted, discharged) = (now.plus_millis(-9 * 24 * HOUR_MILLIS), now.plus_millis(-HOUR_MILLIS));
    let total = Fen::yuan(23_000);
    let order = Order { level: model().level, admitted, discharged, total, lines: 24, seed: 1 };
    let lines = bills::bill(&catalog, &order);
    let stay = Stay::ordinary("ZY000001", admitted, discharged);
    let visit = hospital.admit(patient, &stay).await.expect("admitted");
    hospital.upload(patient, visit, &stay, &lines).await.expect("uploaded");
    hospital.discharge(patient, visit, &stay).await.expect("discharged");
    let input = hospital.settlement_input(patient, visit, total);
    Ask { settles: "2304", cancels: "2305", visit, total, input }
}

/// 2201, 2203, 2204: all that is left is to settle the bill.
async fn outpatient_bill(hospital: &Hospital, patient: &Patient) -> Ask {
    let now = SystemClock.now();
    let outpatient = Outpatient::ordinary("MZ900001", now.plus_millis(-2 * HOUR_MILLIS));
    let visit = hospital.register(patient, &outpatient).await.expect("registered");
    hospital.describe(patient, visit, &outpatient).await.expect("described");
    let (admitted, discharged, total) = (outpatient.at, now.plus_millis(-HOUR_MILLIS), Fen::yuan(3_000));
    let order = Order { level: model().level, admitted, discharged, total, lines: 5, seed: 1 };
    let lines = bills::small_bill(&catalog(), &order);
    hospital.charge(patient, visit, &outpatient, ("P1", &lines)).await.expect("charged");
    let bill = Bill { name: "P1", total, outpatient: &outpatient };
    let mut input = Hospital::bill_settlement_input(patient, visit, &bill);
    input["data"]["acct_used_flag"] = json!("1");
    Ask { settles: "2207", cancels: "2208", visit, total, input }
}

/// Milliseconds of an hour.
const HOUR_MILLIS: i64 = 60 * 60 * 1_000;

/// What Hubei's hospitals charge out of.
fn catalog() -> Arc<Catalog> {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy");
    Rulebook::of_folder(&policy).expect("the policies of the project").catalog(hubei())
}
