//! A rolling restart: two instances of Hubei over one PostgreSQL, stopped and started one after the other while hospitals settle.
//! A hospital goes to the other instance when a connection is refused, and does nothing else about it: no message may fail.

use crate::{
    Line, Lines, Nodes, TURN, beijing, catalog, hubei, model,
    process::{Folder, Node, program},
    register_participants, register_people_and_institutions,
};
use casework::institution::Secret;
use country::{
    bills::{self, Order},
    hospital::{CallError, Called, Hospital, Patient, Settings, Settled, Stay},
    network::Wire,
    people,
};
use node::SystemClock;
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::{embedded::fixture::TestCluster, treatment};
use terms::{Clock, Fen, InsuranceScheme, MemberStatus, Province};

/// Hospitals' tills that settle one stay after the other.
const TILLS: usize = 3;
/// How many settlements come between two steps of the restart.
const BETWEEN: usize = 4;

/// Where the two instances are; one that is started again is somewhere else.
type Ways = Arc<Mutex<[String; 2]>>;

/// A till with its patient.
struct Till {
    hospital: Hospital,
    patient: Patient,
    ways: Ways,
    /// The instance that it sends to, until a connection is refused there.
    at: usize,
    /// Messages that were sent.
    sent: usize,
}

impl Till {
    /// Sends a message: to the other instance if this one takes no connection. Whatever else goes wrong is a failed message.
    async fn send(&mut self, infno: &str, input: Value) -> Value {
        let msgid = self.hospital.next_msgid();
        self.sent += 1;
        for _ in 0..20 {
            let way = self.ways.lock().expect("no holder panics")[self.at].clone();
            let answer: Called<Value> = self
                .hospital
                .behind(&way)
                .call_with_msgid(&msgid, infno, Some(self.patient.insured), input.clone())
                .await;
            match answer {
                Ok(answer) => return answer,
                Err(CallError::NoAnswer(why)) if why.contains("(Connect)") => self.at = 1 - self.at,
                Err(error) => panic!("{infno} failed: {error}"),
            }
        }
        panic!("{infno}: neither instance takes a connection");
    }

    /// Admits, uploads, discharges and settles; what was settled.
    async fn stay(&mut self, number: usize) -> Settled {
        let now = SystemClock.now();
        let (admitted, discharged) = (now.plus_millis(-9 * 86_400_000), now.plus_millis(-3_600_000));
        let order =
            Order { level: model().level, admitted, discharged, total: Fen::yuan(9_000), lines: 6, seed: 1 };
        let lines = bills::bill(&catalog(), &order);
        let stay = Stay::ordinary(&format!("ZY{number:06}"), admitted, discharged);
        let admission = self.hospital.admission(&self.patient, &stay);
        let admitted = self.send("2401", admission).await;
        let visit = admitted["output"]["result"]["mdtrt_id"].as_str().expect("an id").parse().expect("an id");
        let fees = country::hospital::fee_input(&self.patient, visit, &stay, &lines);
        self.send("2301", fees).await;
        let discharge = Hospital::discharge_input(&self.patient, visit, &stay);
        self.send("2402", discharge).await;
        let settle = self.hospital.settlement_input(&self.patient, visit, bills::total(&lines));
        Settled::read(&self.send("2304", settle).await).expect("an answer of the interface")
    }
}

/// What `GET /ready` says.
fn ready(operations: &str) -> String {
    let address = operations.trim_start_matches("http://");
    let Ok(mut line) = TcpStream::connect(address) else { return String::new() };
    let mut said = String::new();
    let asked = line
        .write_all(format!("GET /ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes());
    if asked.and_then(|()| line.read_to_string(&mut said)).is_err() {
        return String::new();
    }
    said
}

/// Hub, Beijing, and two instances of Hubei over one database: the first one is among the nodes.
struct Land {
    nodes: Nodes,
    second: Node,
    lines: Lines,
    database: String,
    // Removed when the nodes have ended.
    folder: Folder,
}

impl Land {
    async fn start() -> Self {
        let folder = Folder::new();
        let lines = Lines::lay().await;
        let database = TestCluster::shared().empty_database().await.url();
        let key = folder.0.join("hubei.key").display().to_string();
        let (made, said) = program(&["key", "new", &key]);
        assert!(made, "{said}");
        let hub = Node::start(&folder.0, "hub", vec!["hub".to_owned()]);
        let province = |province: Province, to_hub: &Wire, more: &[String]| {
            let arguments = [
                "province".to_owned(),
                format!("--province={province}"),
                format!("--hub-address={}", to_hub.address()),
                format!("--hub-key={}", hub.key),
                "--unconfirmed-values=compute".to_owned(),
            ];
            [&arguments[..], more].concat()
        };
        let shared = [
            format!("--database={database}"),
            format!("--key-file={key}"),
            "--drain-seconds=1".to_owned(),
            "--operations-listen=127.0.0.1:0".to_owned(),
        ];
        let of_hubei = province(hubei(), &lines.to_hub, &shared);
        let beijing = Node::start(&folder.0, "beijing", province(beijing(), &lines.beijing_to_hub, &[]));
        // Both at once, on an empty database.
        let of_both = [("hubei-a", of_hubei.clone()), ("hubei-b", of_hubei)];
        let [first, second] = Node::start_both(&folder.0, of_both);
        assert_eq!(first.key, second.key, "one node");
        let nodes = Nodes { hub, beijing, hubei: first };
        lines.lead_to(&nodes);
        register_participants(&nodes, &lines);
        Self { nodes, second, lines, database, folder }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_province_is_restarted_instance_by_instance_and_no_message_fails() {
    let _turn = TURN.lock().await;
    let Land { nodes, mut second, lines, database, folder } = Land::start().await;
    let ways: Ways = Arc::new(Mutex::new([nodes.hubei.url.clone(), second.url.clone()]));
    let tills = open_tills(&nodes, &lines, &ways);

    let (stops, settled) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut work = tokio::task::JoinSet::new();
    for (number, mut till) in tills.into_iter().enumerate() {
        let (stops, settled) = (Arc::clone(&stops), Arc::clone(&settled));
        work.spawn(async move {
            let mut all = Vec::new();
            while !stops.load(Ordering::Relaxed) {
                all.push(till.stay(1_000 * (number + 1) + all.len()).await);
                settled.fetch_add(1, Ordering::Relaxed);
            }
            (all, till.sent)
        });
    }
    let more_settled = async |work: &tokio::task::JoinSet<_>| {
        let before = settled.load(Ordering::Relaxed);
        while settled.load(Ordering::Relaxed) < before + BETWEEN {
            assert_eq!(work.len(), TILLS, "a till has stopped");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let Nodes { hub, beijing, mut hubei } = nodes;
    for (place, instance) in [&mut hubei, &mut second].into_iter().enumerate() {
        more_settled(&work).await;
        let operations = instance.operations();
        assert!(ready(&operations).starts_with("HTTP/1.1 200"), "{}", ready(&operations));
        instance.terminate();
        // It says so, and goes on serving meanwhile.
        while !ready(&operations).contains("正在停止") {
            assert!(!instance.has_ended(), "it ended without having said so\n{}", instance.logged());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(tokio::task::block_in_place(|| instance.stop()), "it ends in order\n{}", instance.logged());
        more_settled(&work).await;
        tokio::task::block_in_place(|| instance.start_again());
        ways.lock().expect("no holder panics")[place].clone_from(&instance.url);
        if place == 0 {
            lines.of(Line::Counter).lead_to(&instance.url);
        }
    }
    more_settled(&work).await;
    stops.store(true, Ordering::Relaxed);
    let (mut told, mut sent) = (Vec::new(), 0);
    while let Some(done) = work.join_next().await {
        let (of_till, messages) = done.expect("no message failed");
        told.extend(of_till);
        sent += messages;
    }
    println!("{} settlements, {sent} messages, none failed", told.len());

    // What hospitals were told is what stands.
    let store = store::Store::open_url(&database, 1).await.expect("the database of running nodes");
    let stand = treatment::all(&mut store.conn().await.expect("a connection")).await.expect("settlements");
    let standing = stand.iter().filter(|one| one.stage == casework::settlement::Stage::Settled);
    let standing: std::collections::BTreeMap<_, _> =
        standing.map(|one| (one.id, one.amounts.fund_total)).collect();
    let told: std::collections::BTreeMap<_, _> =
        told.iter().map(|one| (one.id().expect("an id"), one.fund_total)).collect();
    assert_eq!(standing, told);
    store.close().await;
    let mut all = [hubei, second, beijing, hub];
    for node in &mut all {
        assert!(tokio::task::block_in_place(|| node.stop()), "{}", node.logged());
    }
    drop(all);
    assert_eq!(folder.left_running(), Vec::<String>::new(), "left running");
}

/// Registers the hospital and a person for each till. The tills count the same hospital's messages.
fn open_tills(nodes: &Nodes, lines: &Lines, ways: &Ways) -> Vec<Till> {
    let institution = model().institution(Secret("0".repeat(32)), SystemClock.now());
    let settings = Settings::of(&institution, &lines.counter.address()).form(model().form);
    let hospital = Hospital::new(settings, Arc::new(SystemClock));
    let till = |(number, serial): (usize, u32)| {
        let person =
            people::person(people::BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, serial);
        register_people_and_institutions(nodes, &person, &institution);
        let hospital = hospital.behind(&lines.counter.address());
        Till { hospital, patient: Patient::of(&person), ways: Arc::clone(ways), at: number % 2, sent: 0 }
    };
    (11..).take(TILLS).enumerate().map(till).collect()
}
