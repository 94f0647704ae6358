//! Two instances of each node over one database: of the treatment province, of the insured one, of the hub. Whatever is begun at one
//! goes on at the other, what changes at one is so at the other, and what is due is done once.

use crate::play::{Play, beijing, hubei};
use crate::raw::{Raw, census};
use casework::institution::Institution;
use country::{
    World,
    hospital::{CallError, Hospital, Settings},
    network::Fate,
};
use hyper::Method;
use node::{Context, Hub, ProvinceNode, Running, api::client::Client, serve};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use store::turn::Task;
use terms::{Clock, Participant, Province};
use tokio::net::TcpListener;
use wire::peer::{
    Envelope,
    v1::{Answer, PublishedInstitution, Question, Reply},
};

/// The second instance of every node of a world; the world has the first ones.
struct Others {
    hub: Arc<Hub>,
    hub_running: Running,
    provinces: BTreeMap<Province, (Arc<ProvinceNode>, Running)>,
}

/// The same node as another process has it: with connections of its own.
async fn again(context: &Context) -> Context {
    Context { store: context.store.opened_again(6).await.unwrap(), ..context.clone() }
}

async fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}

impl Others {
    /// Starts them. The provinces' second instances ask the hub's second one.
    async fn of(world: &World) -> Self {
        let hub = Hub::new(again(&world.hub.context).await)
            .with_timetable(None)
            .with_management_token(Some("令牌".to_owned()));
        let hub = Arc::new(hub);
        let hub_running = serve::hub(Arc::clone(&hub), listener().await).unwrap();
        let mut provinces = BTreeMap::new();
        for (&province, side) in &world.provinces {
            let mut settings = side.node.settings.clone();
            settings.hub_address = hub_running.url();
            let node = Arc::new(ProvinceNode::new(again(&side.node.context).await, province, settings));
            let running = serve::province(Arc::clone(&node), listener().await).unwrap();
            provinces.insert(province, (node, running));
        }
        Self { hub, hub_running, provinces }
    }

    fn url(&self, province: Province) -> String {
        self.provinces[&province].1.url()
    }

    fn node(&self, province: Province) -> &Arc<ProvinceNode> {
        &self.provinces[&province].0
    }
}

/// A stay that waits to be settled, and its hospital's two ways to its province.
struct Two {
    play: Play,
    others: Others,
    /// Behind the second instance; behind the first one is the play's own.
    there: Hospital,
}

impl Two {
    async fn prepare() -> Self {
        let play = Play::prepare().await;
        let others = Others::of(&play.world).await;
        let there = play.hospital.behind(&others.url(hubei()));
        Self { play, others, there }
    }

    fn settlement(&self) -> Value {
        self.play.hospital.settlement_input(&self.play.patient, self.play.visit, self.play.total)
    }

    async fn settle(&self, at: &Hospital, msgid: &str) -> Result<Value, CallError> {
        at.call_with_msgid(msgid, "2304", Some(self.play.patient.insured), self.settlement()).await
    }

    /// Leads what the hub asks Beijing to one of its instances.
    fn beijing_is(&self, url: &str) {
        self.play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap().lead_to(url);
    }
}

/// Tries until it comes out so; others hear of a change a moment after it was saved.
async fn soon(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_and_its_copies_get_one_answer_wherever_they_come() {
    let two = Two::prepare().await;
    let (here, there) = (&two.play.hospital, &two.there);

    // Its answer is lost behind the first hub, and Beijing's first instance has decided. The copy goes the other way all along.
    let to_hub = two.play.world.province(hubei()).unwrap().to_hub.as_ref().unwrap();
    to_hub.next([Fate::HoldAnswer]);
    let (first, copy) = tokio::join!(two.settle(here, "m1"), async {
        to_hub.until_held(1).await;
        two.beijing_is(&two.others.url(beijing()));
        let copy = two.settle(there, "m1").await.unwrap();
        to_hub.release(1);
        copy
    });
    assert_eq!(first.unwrap(), copy);
    assert_eq!(two.settle(there, "m1").await.unwrap(), copy);
    assert_eq!(two.play.standing().await, [1, 1, 1]);

    // Another content under the same id is another message, also where it was not seen before.
    let mut other = two.settlement();
    other["data"]["medfee_sumamt"] = json!(1);
    let reused = there.call_with_msgid("m1", "2304", Some(two.play.patient.insured), other).await;
    assert!(reused.unwrap_err().refusal().unwrap().contains("请更换msgid"));

    // Settled at one, cancelled at the other, and settled anew there: twice at once, once here and once there.
    let settlement = country::hospital::Settled::read(&copy).unwrap().id().unwrap();
    there.cancel(&two.play.patient, two.play.visit, settlement).await.unwrap();
    two.play.world.until_quiet().await.unwrap();
    assert_eq!(two.play.standing().await, [0, 0, 0]);
    let (one, other) = tokio::join!(two.settle(here, "m2"), two.settle(there, "m3"));
    assert_ne!(one.is_ok(), other.is_ok(), "{one:?} {other:?}");
    assert_eq!(two.play.standing().await, [1, 1, 1]);

    // Reversed at one before it comes to the other.
    here.reverse(&two.play.patient, "m9", "2304").await.unwrap();
    let late = two.settle(there, "m9").await.unwrap_err();
    assert!(late.refusal().unwrap().contains("已被冲正"), "{late}");
    two.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_instance_has_begun_another_ends() {
    let mut two = Two::prepare().await;
    let to_hub = two.play.world.province(hubei()).unwrap().to_hub.as_ref().unwrap();
    to_hub.next([Fate::DropRequest]);
    let lost = two.settle(&two.play.hospital, "m1").await.unwrap_err();
    assert!(lost.refusal().is_none_or(|said| said.contains("重发")), "{lost}");
    two.play.world.kill(hubei());
    // Both look through the outbox at the same moment: it is sent once.
    let from_hub = two.play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap();
    let asked = from_hub.requests();
    two.play.world.clock.pass_seconds(30);
    let node = two.others.node(hubei());
    let (one, other) = tokio::join!(node.deliver(), node.deliver());
    assert!(one + other <= 1, "{one} and {other}: the instance's own worker may have been first");
    soon("settled", async || two.play.world.waiting().await.unwrap() == 0).await;
    assert_eq!(from_hub.requests(), asked + 1);
    assert_eq!(two.play.standing().await, [1, 1, 1]);
    let answer = two.settle(&two.there, "m1").await.unwrap();
    assert_eq!(answer, two.settle(&two.there, "m1").await.unwrap());
    two.play.world.restart(hubei()).await.unwrap();
    assert_eq!(answer, two.settle(&two.play.hospital, "m1").await.unwrap());
    two.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_and_registers_are_those_of_all_instances() {
    let two = Two::prepare().await;
    let (here, there) = (&two.play.hospital, &two.there);
    let world = &two.play.world;
    let tries = async || there.try_settlement(&two.play.patient, two.play.visit, two.play.total).await;
    tries().await.expect("the second instances hold ready all that they need");

    // An institution: changed at the first instance, and it is so at the second.
    let side = world.province(hubei()).unwrap();
    let institution = world.institution(&here.settings().code).unwrap().clone();
    let put = async |changed: Institution| {
        let changed = Institution { changed_at: world.clock.now(), ..changed };
        side.node.put_institution(&changed).await.unwrap();
    };
    let refused_with = async |words: &str| {
        tries().await.is_err_and(|error| error.refusal().is_some_and(|said| said.contains(words)))
    };
    put(Institution { open: false, ..institution.clone() }).await;
    soon("closed", async || refused_with("未开通或已暂停").await).await;
    world.until_quiet().await.unwrap();
    world.clock.pass_seconds(1);
    put(institution.clone()).await;
    world.until_quiet().await.unwrap();
    soon("open again", async || tries().await.is_ok()).await;

    // The national register: closed at the first hub, of which the province's own register knows nothing.
    let published = |open| PublishedInstitution {
        code: institution.code.clone(),
        name: institution.name.clone(),
        place: institution.place,
        level: institution.level,
        open,
        changed_at: world.clock.now(),
    };
    for open in [false, true] {
        world.clock.pass_seconds(1);
        publish(world, published(open)).await;
        if open {
            soon("open to the nation", async || tries().await.is_ok()).await;
        } else {
            soon("closed to the nation", async || refused_with("未开通或已暂停").await).await;
        }
    }

    // A participant: suspended at the second hub and asked through the first, and the other way round.
    let (first, second) = (&world.hub, &two.others.hub);
    let through_first = || here.try_settlement(&two.play.patient, two.play.visit, two.play.total);
    let place = Participant::Province(beijing());
    assert!(through_first().await.is_ok());
    assert!(second.suspend(place, Some("未按时拨付".to_owned())).await.unwrap());
    let is_suspended = |told: Result<_, CallError>| {
        told.is_err_and(|error| error.refusal().is_some_and(|said| said.contains("未按时拨付")))
    };
    soon("suspended at the first hub", async || is_suspended(through_first().await.map(drop))).await;
    assert!(is_suspended(tries().await.map(drop)), "at the one that did it, at once");
    assert!(first.suspend(place, None).await.unwrap());
    soon("resumed at the second hub", async || tries().await.is_ok()).await;

    // A clerk of the one moves a node while a clerk of the other suspends it: neither undoes what the other did.
    let clerk = |node: String| Client {
        node,
        token: "令牌".to_owned(),
        operator: Some("王某甲".to_owned()),
        duty: None,
    };
    let (one, other) = (clerk(world.hub_url()), clerk(two.others.hub_running.url()));
    let path = format!("/api/v1/participants/{}", beijing());
    let known: Value = one.get(&path).await.unwrap();
    let moved = json!({
        "name": known["name"], "public_key": known["public_key"], "address": known["address"],
    });
    let suspension = json!({ "reason": "未按时拨付" });
    let suspend_path = format!("{path}/suspend");
    let (moved, suspended) =
        tokio::join!(one.put::<Value>(&path, &moved), other.post::<Value>(&suspend_path, &suspension));
    moved.unwrap();
    suspended.unwrap();
    let known: Value = one.get(&path).await.unwrap();
    assert_eq!(known["suspended"], json!("未按时拨付"), "{known}");
    assert!(first.suspend(place, None).await.unwrap());

    // A session: opened at the first, used and ended at the second.
    put(Institution { sign_in_needed: true, ..institution.clone() }).await;
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let strict = Hospital::new(Settings::of(&institution, &side.url()), clock);
    let elsewhere = strict.behind(&two.others.url(hubei()));
    let message = json!({ "medinsinfo": { "fixmedins_code": institution.code.as_str() } });
    let asks = |at: &Hospital| {
        let (at, message) = (at.behind(&at.settings().address), message.clone());
        async move { at.call("1201", None, message).await }
    };
    soon("a session is asked for", async || asks(&elsewhere).await.is_err()).await;
    let sign_no = strict.sign_in().await.unwrap();
    asks(&elsewhere).await.unwrap();
    elsewhere.call("9002", None, json!({ "signOut": { "sign_no": sign_no } })).await.unwrap();
    assert!(asks(&strict).await.unwrap_err().refusal().unwrap().contains("签到"));
    world.until_quiet().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_to_be_recorded_is_recorded_wherever_it_comes_and_no_longer_than_that() {
    let two = Two::prepare().await;
    let clerk = |node: String| Client { node, token: "令牌".to_owned(), operator: None, duty: None };
    let first = clerk(two.play.world.province(hubei()).unwrap().url());
    let second = clerk(two.others.url(hubei()));
    let code = two.play.hospital.settings().code.to_string();
    let recording = format!("/api/v1/institutions/{code}/recording");
    let kept = async || first.get::<Value>(&recording).await.unwrap()["messages"].as_u64().unwrap();
    let sends = async || drop(two.there.call("1101", None, json!({})).await);
    sends().await;
    assert_eq!(kept().await, 0);
    first.post::<Value>(&recording, &json!({ "hours": 1, "reason": "联调" })).await.unwrap();
    soon("recorded at the other", async || {
        sends().await;
        kept().await > 0
    })
    .await;
    // Ended at the second: whatever the first still believes, and whatever waits, nothing that comes now is written.
    second.post::<Value>(&format!("{recording}/end"), &json!({})).await.unwrap();
    two.play.world.clock.pass_seconds(1);
    let path = format!("/api/v1/institutions/{code}/messages?limit=1");
    let last = async || first.get::<Value>(&path).await.unwrap()["messages"][0]["came"].clone();
    let ended = first.get::<Value>(&recording).await.unwrap()["ends"].clone();
    drop(two.play.hospital.call("1101", None, json!({})).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(last().await.as_str() <= ended.as_str(), "{:?} after {ended}", last().await);
}

/// Tells the first hub about an institution of Hubei, as its outbox would.
async fn publish(world: &World, published: PublishedInstitution) {
    let context = &world.province(hubei()).unwrap().node.context;
    let question = Question::PublishInstitution(published);
    let route = (Participant::Province(hubei()), Participant::Hub);
    let envelope = Envelope::unsigned(context.message_id(), None, route, context.now(), &question);
    let body = envelope.signed(&context.key).write();
    let (status, reply) = Raw::to(&world.hub_url()).send(Method::POST, "/peer/v1", &[], body).await;
    assert_eq!(status, 200);
    let reply: Reply = Envelope::read(&reply).unwrap().open().unwrap();
    assert_eq!(reply.into_outcome().unwrap(), Answer::Taken);
}

/// What grows by many ticks: days are counted some at a time.
const COUNTED: [&str; 2] = ["settlement_day", "settlement_day_figure"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_is_done_once_by_one_at_a_time() {
    let two = Two::prepare().await;
    two.settle(&two.play.hospital, "m1").await.unwrap();
    two.play.world.until_quiet().await.unwrap();
    let world = &two.play.world;
    world.clock.pass_days(1);
    // At whatever hour this is played, the night's comparison is due.
    world.clock.pass_until(world.clock.now().day().start().plus_millis(2 * 60 * 60_000));
    let before = census(world, &COUNTED).await;

    // While one instance keeps the timetable, another leaves it alone.
    let side = world.province(hubei()).unwrap();
    let turn = side.node.context.store.take_turn(Task::Timetable).await.unwrap().expect("nobody has it");
    two.others.node(hubei()).keep_timetable().await;
    assert_eq!(census(world, &COUNTED).await, before);
    turn.end().await.unwrap();

    // Both at once, at every node, again and again: as if there were one.
    let both = async || {
        for (province, side) in &world.provinces {
            tokio::join!(side.node.keep_timetable(), two.others.node(*province).keep_timetable());
        }
        tokio::join!(world.hub.keep_timetable(), two.others.hub.keep_timetable());
    };
    Box::pin(both()).await;
    let after = census(world, &COUNTED).await;
    let grew: Vec<&String> =
        after.iter().filter(|(table, count)| before[*table] < **count).map(|(table, _)| table).collect();
    for table in
        ["420000 ledger_voucher", "110000 ledger_voucher", "hub ledger_voucher", "420000 reconciliation"]
    {
        assert!(grew.iter().any(|grown| *grown == table), "{table} is not among {grew:?}");
    }
    Box::pin(both()).await;
    Box::pin(both()).await;
    assert_eq!(census(world, &COUNTED).await, after);
    for url in [world.hub_url(), side.url(), two.others.url(beijing())] {
        let clerk =
            Client {
                node: url, token: "令牌".to_owned(), operator: Some("王某甲".to_owned()), duty: None
            };
        let proof: wire::api::ledger::Proof =
            clerk.post_and_wait("/api/v1/funds/prove", &json!({})).await.unwrap();
        assert!(proof.agrees, "{proof:#?}");
    }
}
