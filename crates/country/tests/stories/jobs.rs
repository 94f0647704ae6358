//! What takes long is left to go on by itself: it does what it would have done, its answer is kept for whoever began it, and for nobody else. If
//! the instance that works on it dies at whatever point, another one takes it up: nothing is lost, and nothing is done twice.

use crate::{
    access::{Browser, person},
    clearing::{clerk, to_statement_of},
    play::{Play, beijing, hubei, world, world_of},
    trouble::{Fate, Trouble, another_province},
};
use country::{World, people, people::BEIJING};
use node::Running;
use serde_json::{Value, json};
use std::{fmt::Write as _, sync::Arc, time::Duration};
use terms::{InsuranceScheme, MemberStatus};

async fn ended(browser: &Browser, id: &str) -> Value {
    for _ in 0..200 {
        let job = browser.get(&format!("/web/jobs/{id}")).await;
        if job["state"] != json!("running") {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{id} does not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_goes_on_while_nobody_waits_and_is_found_again() {
    let world = world().await;
    let node = world.province(beijing()).unwrap().url();
    let operator = person(&node, "jingban02", "经办某", "agency-operator", "110000").await;
    let other = person(&node, "jingban03", "另一某", "agency-operator", "110000").await;
    let mut csv = "参保地,人员编号,险种,备案类型,就医地\n".to_owned();
    for seed in 51..59 {
        let someone = people::person(BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, seed);
        world.add_people(&[(BEIJING, someone.clone())]).await.unwrap();
        writeln!(csv, "110000,{},310,异地转诊人员,420100", someone.number).unwrap();
    }
    csv += "110000,4201,310,异地转诊人员,420100\n";
    let left = [("x-job", "true")];
    let body = json!({ "csv": csv });
    let (status, _, job) = operator.ask_with("post", "/api/v1/filings/batch", Some(&body), &left).await;
    assert_eq!((status, &job["state"]), (202, &json!("running")), "{job}");
    let id = job["id"].as_str().unwrap();
    let job = ended(&operator, id).await;
    assert_eq!((&job["state"], &job["done"], &job["total"]), (&json!("done"), &json!(9), &json!(9)), "{job}");
    assert_eq!(operator.get("/web/jobs").await["jobs"][0], job);
    let report = operator.get(&format!("/web/jobs/{id}/answer")).await;
    assert_eq!((&report["taken"], &report["refused"]), (&json!(8), &json!(1)));
    let found =
        operator.ask("post", "/api/v1/filings/search", Some(&json!({ "stage": "submitted" }))).await.2;
    assert_eq!(found["filings"].as_array().unwrap().len(), 8, "it was done");

    // Nobody else's, whoever asks.
    assert_eq!(other.get("/web/jobs").await, json!({ "jobs": [] }));
    for path in [format!("/web/jobs/{id}"), format!("/web/jobs/{id}/answer")] {
        assert_eq!(other.refused("get", &path, None).await, (404, "unknown-job".to_owned()), "{path}");
        assert_eq!(Browser::at(&node).refused("get", &path, None).await.0, 401, "{path}");
    }
    let forget = format!("/web/jobs/{id}/forget");
    assert_eq!(other.refused("post", &forget, Some(&json!({}))).await.1, "unknown-job");

    // What is refused is refused there; what may not be left is waited for; what is not permitted is not begun.
    let (status, _, job) =
        operator.ask_with("post", "/api/v1/filings/batch", Some(&json!({ "csv": "x" })), &left).await;
    assert_eq!(status, 202);
    let refused = job["id"].as_str().unwrap();
    assert_eq!(ended(&operator, refused).await["state"], json!("refused"));
    let answer = operator.refused("get", &format!("/web/jobs/{refused}/answer"), None).await;
    assert_eq!(answer, (400, "field-invalid".to_owned()));
    let (status, ..) = operator.ask_with("get", "/api/v1/work", None, &left).await;
    assert_eq!(status, 200);
    let (status, _, job) =
        operator.ask_with("post", "/api/v1/filings/search?reveal=true", Some(&json!({})), &left).await;
    assert_eq!(status, 400, "what shows people whole is waited for, and needs its duty: {job}");
    let (status, _, denied) = operator.ask_with("post", "/api/v1/funds/prove", Some(&json!({})), &left).await;
    assert_eq!((status, &denied["code"]), (403, &json!("not-permitted")));

    operator.post(&forget, json!({})).await;
    assert_eq!(operator.refused("get", &format!("/web/jobs/{id}"), None).await.0, 404);
    // A page that looks by itself how far jobs are is no person: the session ends all the same.
    operator.get("/web/session").await;
    for _ in 0..2 {
        world.clock.pass_seconds(800);
        operator.get("/web/jobs").await;
    }
    world.clock.pass_seconds(800);
    assert_eq!(operator.refused("get", "/web/jobs", None).await.0, 401);
    // A day later nothing is kept; the session is over long before, so that another begins.
    world.clock.pass_seconds(90_000);
    let mut again = Browser::at(&node);
    again.log_in("jingban02", crate::access::PASSWORD, None).await.unwrap();
    assert_eq!(again.get("/web/jobs").await, json!({ "jobs": [] }));
    world.stop().await;
}

/// Another instance of Beijing's node, with trouble to come.
async fn instance(world: &World, trouble: &Arc<Trouble>) -> Running {
    another_province(world, beijing(), trouble).await
}

/// A list of new people who apply, and their numbers.
async fn applications(world: &World, seeds: std::ops::Range<u32>) -> (Value, Vec<String>) {
    let mut csv = "参保地,人员编号,险种,备案类型,就医地\n".to_owned();
    let mut numbers = Vec::new();
    for seed in seeds {
        let someone = people::person(BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, seed);
        world.add_people(&[(BEIJING, someone.clone())]).await.unwrap();
        writeln!(csv, "110000,{},310,异地转诊人员,420100", someone.number).unwrap();
        numbers.push(someone.number.to_string());
    }
    (json!({ "csv": csv }), numbers)
}

/// How many applications each has.
async fn filed(browser: &Browser, numbers: &[String]) -> Vec<usize> {
    let mut counts = Vec::new();
    for number in numbers {
        let found = browser.post("/api/v1/filings/search", json!({ "person": number })).await;
        counts.push(found["filings"].as_array().unwrap().len());
    }
    counts
}

/// Leaves a list at an instance; the id of the job.
async fn left(browser: &Browser, body: &Value) -> String {
    let left = [("x-job", "true")];
    let (status, _, job) = browser.ask_with("post", "/api/v1/filings/batch", Some(body), &left).await;
    assert_eq!(status, 202, "{job}");
    job["id"].as_str().unwrap().to_owned()
}

/// Longer than a job is held by one who says nothing.
const HELD_SECONDS: u32 = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_instance_dies_of_another_ends_and_every_line_is_in_once() {
    let world = world_of(&[beijing()]).await;
    let node = world.province(beijing()).unwrap().url();
    let operator = person(&node, "jingban02", "经办某", "agency-operator", "110000").await;
    let mut seeds = 200..;
    let fates = [Fate::DiesBefore, Fate::DiesAfter, Fate::Fails, Fate::FailsAfter];
    // That in which it begins is the first unit of work that is saved. A list of three lines has one that writes down what is begun, one for each line,
    // one for the audit trail, and the end.
    for (fate, saved) in fates.into_iter().flat_map(|fate| (1..=6).map(move |saved| (fate, saved))) {
        let trouble = Trouble::none();
        let other = instance(&world, &trouble).await;
        let from = seeds.nth(2).unwrap() - 2;
        let (body, numbers) = applications(&world, from..from + 3).await;
        trouble.after(saved, fate);
        let id = left(&operator.behind(&other.url()), &body).await;
        trouble.met().await;
        trouble.ends(other);
        world.clock.pass_seconds(HELD_SECONDS);
        let job = taken_to_its_end(&operator, &id).await;
        let told = format!("{fate:?} {saved}: {job}");
        assert_eq!(job["state"], json!("done"), "{told}");
        assert_eq!((&job["done"], &job["total"]), (&json!(3), &json!(3)), "{told}");
        let report = operator.get(&format!("/web/jobs/{id}/answer")).await;
        assert_eq!((&report["taken"], &report["refused"]), (&json!(3), &json!(0)), "{told} {report}");
        assert!(
            report["lines"].as_array().unwrap().iter().all(|line| line["filing"]["id"].is_string()),
            "{told}"
        );
        assert_eq!(filed(&operator, &numbers).await, [1, 1, 1], "{told}");
        operator.post(&format!("/web/jobs/{id}/forget"), json!({})).await;
    }
    world.stop().await;
}

/// Waits until one has ended that may wait for somebody to take it up.
async fn taken_to_its_end(browser: &Browser, id: &str) -> Value {
    for _ in 0..400 {
        let job = browser.get(&format!("/web/jobs/{id}")).await;
        if !["running", "waiting"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{id} does not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_every_instance_along_is_given_up_and_its_owner_is_told_what_to_do() {
    let mut world = world_of(&[beijing()]).await;
    let node = world.province(beijing()).unwrap().url();
    let operator = person(&node, "jingban02", "经办某", "agency-operator", "110000").await;
    let (body, numbers) = applications(&world, 300..302).await;
    let mut id = String::new();
    for attempt in 1..=5 {
        let trouble = Trouble::none();
        let other = instance(&world, &trouble).await;
        let seen = operator.behind(&other.url());
        if attempt == 1 {
            // It is the only one from here on.
            world.kill(beijing());
            trouble.after(1, Fate::DiesBefore);
            id = left(&seen, &body).await;
        } else {
            let job = seen.get(&format!("/web/jobs/{id}")).await;
            assert_eq!(job["state"], json!("running"), "it is still held: {job}");
            // That it is taken up is saved, and nothing after it, not even that it is begun.
            trouble.after(1, Fate::DiesBefore);
            world.clock.pass_seconds(HELD_SECONDS);
        }
        trouble.met().await;
        let job = seen.get(&format!("/web/jobs/{id}")).await;
        assert_eq!((&job["state"], &job["attempt"]), (&json!("running"), &json!(attempt)), "{job}");
        trouble.ends(other);
    }
    world.restart(beijing()).await.unwrap();
    world.clock.pass_seconds(HELD_SECONDS);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let job = operator.get(&format!("/web/jobs/{id}")).await;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("interrupted"), &json!(5)), "{job}");
    assert!(job["note"].as_str().unwrap().contains("请缩小范围后重新办理"), "{job}");
    assert_eq!(operator.refused("get", &format!("/web/jobs/{id}/answer"), None).await.1, "unknown-job");
    assert_eq!(filed(&operator, &numbers).await, [0, 0], "nothing of it was saved");
    // It stands in nobody's way, and can be taken off.
    let again = left(&operator, &body).await;
    assert_eq!(taken_to_its_end(&operator, &again).await["state"], json!("done"));
    assert_eq!(filed(&operator, &numbers).await, [1, 1]);
    operator.post(&format!("/web/jobs/{id}/forget"), json!({})).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_instance_gives_its_jobs_back_at_once() {
    let world = world_of(&[beijing()]).await;
    let node = world.province(beijing()).unwrap().url();
    let operator = person(&node, "jingban02", "经办某", "agency-operator", "110000").await;
    let trouble = Trouble::none();
    let other = instance(&world, &trouble).await;
    let (body, numbers) = applications(&world, 400..403).await;
    trouble.after(2, Fate::DiesBefore);
    let id = left(&operator.behind(&other.url()), &body).await;
    trouble.met().await;
    // Nobody waits for the end of a lease: no time passes but what the look takes.
    other.stop().await;
    let job = taken_to_its_end(&operator, &id).await;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("done"), &json!(2)), "{job}");
    assert_eq!(filed(&operator, &numbers).await, [1, 1, 1]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_desk_has_done_by_hand_says_how_far_it_is() {
    let play = Play::prepare().await;
    let month = play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap().month();
    play.dust_settles().await;
    let world = &play.world;
    let hubei_node = world.province(hubei()).unwrap().url();
    let operator = person(&hubei_node, "jingban02", "经办某", "agency-operator", "420000").await;
    let auditor = person(&hubei_node, "shenji02", "审计某", "auditor", "420000").await;
    let begun = async |browser: &Browser, path: &str, body: Value| {
        let (status, _, job) = browser.ask_with("post", path, Some(&body), &[("x-job", "true")]).await;
        assert_eq!(status, 202, "{path}: {job}");
        assert_eq!(job["path"], json!(path));
        let id = job["id"].as_str().unwrap().to_owned();
        let job = taken_to_its_end(browser, &id).await;
        assert_eq!(job["state"], json!("done"), "{path}: {job}");
        (browser.get(&format!("/web/jobs/{id}/answer")).await, job)
    };
    let today = world.province(hubei()).unwrap().node.context.now().day();
    let body = json!({ "from": today.plus_days(-2), "to": today });
    let (answer, job) = begun(&operator, "/api/v1/funds/reconciliations", body).await;
    let count = answer["reconciliations"].as_array().unwrap().len();
    assert_eq!((&job["done"], &job["total"], count), (&json!(6), &json!(6), 6), "{job}");
    let (answer, job) = begun(&auditor, "/api/v1/funds/prove", json!({})).await;
    assert_eq!(answer["agrees"], json!(true), "{answer}");
    assert_eq!(job["step"], Value::Null, "what has ended is at no step: {job}");

    // A month is planned, and its statement fetched: whoever has left it hears of the whole plan, however long that took, and again if he asks again.
    to_statement_of(world, month);
    for _ in 0..2 {
        world.hub.keep_timetable().await;
    }
    let planner = person(&world.hub_url(), "jihua02", "计划某", "hub-operator", "100000").await;
    let plan = format!("/api/v1/funds/clearings/{}/plan", month.number());
    for revision in [2, 3] {
        let (answer, _) = begun(&planner, &plan, json!({})).await;
        assert_eq!(answer["plan"]["revision"], json!(revision), "{answer}");
        assert_eq!(answer["plan"]["settlements"], json!(1), "{answer}");
    }
    let adopt = format!("/api/v1/funds/clearings/{}/adopt", month.number());
    clerk(world).post::<Value>(&adopt, &json!({ "revision": 3 })).await.unwrap();
    let reviewer = person(&hubei_node, "fuhe02", "复核某", "agency-reviewer", "420000").await;
    let fetch = format!("/api/v1/funds/statements/{month}/fetch");
    for _ in 0..2 {
        let (answer, _) = begun(&reviewer, &fetch, json!({})).await;
        assert_eq!((&answer["complete"], &answer["settlements"]), (&json!(true), &json!(1)), "{answer}");
    }
    play.world.stop().await;
}
