//! More than a node can do: who cannot be served is told so at once, one hospital's flood is not another's, and what was refused
//! is done when it is sent again.

use crate::{
    play::{Play, beijing, hubei},
    raw::{Raw, census, envelope, sentence},
};
use country::{
    hospital::{AddressForm, Hospital},
    network::{Fate, Wire},
};
use hyper::Method;
use node::{Context, Hub, Limits, serve};
use serde_json::{Value, json};
use std::{net::Ipv4Addr, sync::Arc, time::Duration};
use store::fault::{Faults, Met, Point};
use terms::{Participant, Province};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use wire::peer::{Envelope, v1::Question};

/// Nothing in these stories waits so long.
const LONG: Duration = Duration::from_mins(5);

/// A counter in 湖北 whose node has one place at work and so many to wait, and knows both of its hospitals.
async fn narrow(waiting: usize) -> (Play, Arc<Raw>) {
    let mut play = Play::prepare().await;
    let mut settings = play.world.province(hubei()).unwrap().node.settings.clone();
    settings.hospital_load = Limits { at_work: 1, waiting, patience: LONG };
    settings.patience = LONG;
    play.world.kill(hubei());
    play.world.restart_with(hubei(), settings).await.unwrap();
    let raw = Arc::new(Raw::to(&play.world.province(hubei()).unwrap().url()));
    assert_eq!(raw.ask(&query(&play)).await["infcode"], json!(0));
    assert!(ask_as(other(&play)).await.is_ok());
    (play, raw)
}

/// Another hospital of the same province.
fn other(play: &Play) -> &Hospital {
    let own = &play.hospital.settings().code;
    let other =
        play.world.institutions.iter().find(|one| one.place.province() == hubei() && one.code != *own);
    &play.world.hospitals[&other.expect("two hospitals").code]
}

async fn ask_as(hospital: &Hospital) -> Result<Value, country::hospital::CallError> {
    let input = json!({ "medinsinfo": { "fixmedins_code": hospital.settings().code.as_str() } });
    hospital.call("1201", None, input).await
}

/// A query, under a message id of its own.
fn query(play: &Play) -> Value {
    let input = json!({ "medinsinfo": { "fixmedins_code": play.hospital.settings().code.as_str() } });
    play.hospital.envelope(&play.hospital.next_msgid(), "1201", None, input)
}

/// 2304 of the stay.
fn settlement(play: &Play) -> Value {
    let input = play.hospital.settlement_input(&play.patient, play.visit, play.total);
    play.hospital.envelope(&play.hospital.next_msgid(), "2304", Some(play.patient.insured), input)
}

fn to_hub(play: &Play) -> &Wire {
    play.world.province(hubei()).unwrap().to_hub.as_ref().unwrap()
}

/// Sends a settlement whose question is held on its way to the hub, so that it keeps its place at work.
async fn busy(play: &Play, raw: &Arc<Raw>) -> tokio::task::JoinHandle<Value> {
    to_hub(play).decide(|passing| if passing.says("settle") { Fate::Hold } else { Fate::Pass });
    let (raw, message) = (Arc::clone(raw), settlement(play));
    let asked = tokio::spawn(async move { raw.ask(&message).await });
    to_hub(play).until_held(1).await;
    asked
}

/// Lets it go on.
async fn goes_on(play: &Play, asked: tokio::task::JoinHandle<Value>) {
    to_hub(play).always(Fate::Pass);
    to_hub(play).release(1);
    let settled = asked.await.unwrap();
    assert_eq!(settled["infcode"], json!(0), "{settled}");
}

fn is_told_to_come_again(answer: &Value) -> bool {
    let sentence = sentence(answer);
    sentence.contains("平台繁忙") && sentence.contains("未受理") && sentence.contains("秒后用原报文ID重发")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_node_says_so_at_once_and_serves_again() {
    let (mut play, raw) = narrow(0).await;
    let first = settlement(&play);
    play.next_stay(2).await;
    let held = busy(&play, &raw).await;
    let before = census(&play.world, &[]).await;

    let refused = raw.ask(&first).await;
    assert!(is_told_to_come_again(&refused), "{refused}");
    for body in ["not even JSON", "{\"infno\":\"2304\"", ""] {
        let refused = envelope(raw.post(body).await);
        assert!(is_told_to_come_again(&refused), "it is not read: {refused}");
    }
    assert!(matches!(ask_as(other(&play)).await, Err(error) if error.refusal().is_some()));
    assert_eq!(census(&play.world, &[]).await, before, "nothing was written down");

    let get = async |path: &str, headers: &[(&str, &str)]| raw.send(Method::GET, path, headers, "").await.0;
    assert_eq!(get("/health", &[]).await, 200);
    assert_eq!(get("/api/v1/institutions", &[("authorization", "Bearer nobody")]).await / 100, 4);

    goes_on(&play, held).await;
    let answer = raw.ask(&first).await;
    assert_eq!(answer["infcode"], json!(0), "the same message, sent again: {answer}");
    assert_eq!(raw.ask(&first).await, answer, "and again");
    assert_eq!(play.standing().await, [2, 2, 2]);
    play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_one_hospital_pushes_nobody_else_out() {
    let (play, raw) = narrow(4).await;
    let held = busy(&play, &raw).await;
    let mut flood = JoinSet::new();
    for _ in 0..7 {
        let (raw, message) = (Arc::clone(&raw), query(&play));
        flood.spawn(async move { raw.ask(&message).await });
    }
    // Four wait, and three do not.
    for _ in 0..3 {
        let refused = flood.join_next().await.unwrap().unwrap();
        assert!(is_told_to_come_again(&refused), "{refused}");
    }
    let others = other(&play).behind(&play.world.province(hubei()).unwrap().url());
    let other = tokio::spawn(async move { ask_as(&others).await });
    // The other hospital waits in the place of one of the flood, which hears so.
    let displaced = flood.join_next().await.unwrap().unwrap();
    assert!(is_told_to_come_again(&displaced), "{displaced}");
    goes_on(&play, held).await;
    assert!(other.await.unwrap().is_ok());
    while let Some(answer) = flood.join_next().await {
        assert_eq!(answer.unwrap()["infcode"], json!(0), "those who waited are served");
    }
    play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_names_another_hospital_takes_no_place_from_it() {
    let (play, raw) = narrow(4).await;
    let held = busy(&play, &raw).await;
    // Somebody elsewhere names the hospital, and sends more than there is room for.
    let thief =
        Arc::new(Raw::from(Ipv4Addr::new(127, 0, 0, 2), &play.world.province(hubei()).unwrap().url()));
    let mut flood = JoinSet::new();
    for _ in 0..7 {
        let (thief, message) = (Arc::clone(&thief), query(&play));
        flood.spawn(async move { thief.ask(&message).await });
    }
    for _ in 0..3 {
        let refused = flood.join_next().await.unwrap().unwrap();
        assert!(is_told_to_come_again(&refused), "{refused}");
    }
    // The hospital has nothing waiting: what it sends waits in the place of one of those.
    let own = tokio::spawn({
        let (raw, message) = (Arc::clone(&raw), query(&play));
        async move { raw.ask(&message).await }
    });
    let displaced = flood.join_next().await.unwrap().unwrap();
    assert!(is_told_to_come_again(&displaced), "{displaced}");
    goes_on(&play, held).await;
    assert_eq!(own.await.unwrap()["infcode"], json!(0));
    flood.shutdown().await;
    play.dust_settles().await;
}

/// A database that lets nobody in while somebody says so.
#[derive(Debug)]
struct Shut(watch::Sender<bool>);

impl Faults for Shut {
    fn at(&self, point: Point) -> Met<'_> {
        Box::pin(async move {
            if point == Point::Read {
                let _ = self.0.subscribe().wait_for(|is_shut| !*is_shut).await;
            }
            Ok(())
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_names_another_node_takes_no_place_from_it() {
    let world = crate::play::world().await;
    // An instance of the hub with one place at work and four to wait, at which each question of a province takes as long as it is to.
    let shut = Arc::new(Shut(watch::channel(false).0));
    let first = &world.hub.context;
    let faults = Arc::clone(&shut) as Arc<dyn Faults>;
    let store = first.store.opened_again(6).await.unwrap().with_faults(faults);
    let hub = Hub::new(Context { store, ..first.clone() }).with_timetable(None).with_limits(Limits {
        at_work: 1,
        waiting: 4,
        patience: LONG,
    });
    let hub = serve::hub(Arc::new(hub), TcpListener::bind(("127.0.0.1", 0)).await.unwrap()).unwrap();
    let question = |of: Province| {
        let context = &world.province(of).unwrap().node.context;
        let route = (context.me, Participant::Hub);
        let asked = Question::FindParticipants;
        Envelope::unsigned(context.message_id(), None, route, context.now(), &asked)
            .signed(&context.key)
            .write()
    };
    let ask = |raw: &Arc<Raw>, body: Vec<u8>| {
        let raw = Arc::clone(raw);
        tokio::spawn(async move { raw.send(Method::POST, "/peer/v1", &[], body).await.0 })
    };
    let own = Arc::new(Raw::to(&hub.url()));
    let thief = Arc::new(Raw::from(Ipv4Addr::new(127, 0, 0, 2), &hub.url()));
    for province in [hubei(), beijing()] {
        assert_eq!(ask(&own, question(province)).await.unwrap(), 200, "each has shown where it calls from");
    }
    shut.0.send_replace(true);
    let held = ask(&own, question(beijing()));
    // Until it is at work, whoever asks the hub itself something that is nothing is let in.
    let (knocks, nothing) = ([("x-yidi-patience", "50")], "?\nyidi-peer-v1\n?\n-\n110000\n100000\n?\n");
    let mut knocked = 0;
    while thief.send(Method::POST, "/peer/v1", &knocks, nothing).await.0 != 503 {
        knocked += 1;
        assert!(knocked < 2_000, "it is never at work");
    }

    // Somebody elsewhere names 湖北, and sends more than there is room for.
    let mut flood = JoinSet::new();
    for _ in 0..7 {
        let asked = ask(&thief, question(hubei()));
        flood.spawn(async move { asked.await.unwrap() });
    }
    for _ in 0..3 {
        assert_eq!(flood.join_next().await.unwrap().unwrap(), 503);
    }
    // 湖北 has nothing waiting: what it asks waits in the place of one of those.
    let asked = ask(&own, question(hubei()));
    assert_eq!(flood.join_next().await.unwrap().unwrap(), 503);
    shut.0.send_replace(false);
    assert_eq!((held.await.unwrap(), asked.await.unwrap()), (200, 200));
    flood.shutdown().await;
    hub.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_wait_any_more_costs_no_settlement() {
    let (mut play, raw) = narrow(4).await;
    let left = settlement(&play);
    play.next_stay(2).await;
    let held = busy(&play, &raw).await;
    let soon = [("x-yidi-patience", "50")];
    let path = AddressForm::CallService.path("");
    let refused = envelope(raw.send(Method::POST, &path, &soon, left.to_string()).await);
    assert!(is_told_to_come_again(&refused), "{refused}");
    goes_on(&play, held).await;
    assert_eq!(raw.ask(&query(&play)).await["infcode"], json!(0), "the place is free");
    assert_eq!(play.standing().await, [1, 1, 1]);
    assert_eq!(raw.ask(&left).await["infcode"], json!(0));
    assert_eq!(play.standing().await, [2, 2, 2]);
    play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_nobody_waits_for_is_not_even_read() {
    let world = crate::play::world().await;
    for address in [world.hub_url(), world.province(beijing()).unwrap().url()] {
        let raw = Raw::to(&address);
        for (patience, status) in [("0", 503), ("60000", 400), ("soon", 400)] {
            let headers = [("x-yidi-patience", patience)];
            let came = raw.send(Method::POST, "/peer/v1", &headers, "no envelope").await;
            assert_eq!(came.0, status, "{address} {patience}");
        }
    }
    world.stop().await;
}
