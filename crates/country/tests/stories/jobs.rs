//! What takes long is left to go on by itself: it does what it would have done, its answer is kept for whoever began it, and for nobody else.

use crate::{
    access::{Browser, person},
    play::{beijing, world},
};
use country::{people, people::BEIJING};
use serde_json::{Value, json};
use std::{fmt::Write as _, time::Duration};
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
    let (status, ..) = operator.ask_with("get", "/api/v1/institutions", None, &left).await;
    assert_eq!(status, 200);
    let (status, _, job) =
        operator.ask_with("post", "/api/v1/filings/search?reveal=true", Some(&json!({})), &left).await;
    assert_eq!(status, 400, "what shows people whole is waited for, and needs its duty: {job}");
    let (status, _, denied) = operator.ask_with("post", "/api/v1/funds/prove", Some(&json!({})), &left).await;
    assert_eq!((status, &denied["code"]), (403, &json!("not-permitted")));

    operator.post(&forget, json!({})).await;
    assert_eq!(operator.refused("get", &format!("/web/jobs/{id}"), None).await.0, 404);
    // A day later nothing is kept; the session is over long before, so that another begins.
    world.clock.pass_seconds(90_000);
    let mut again = Browser::at(&node);
    again.log_in("jingban02", crate::access::PASSWORD, None).await.unwrap();
    assert_eq!(again.get("/web/jobs").await, json!({ "jobs": [] }));
    world.stop().await;
}
