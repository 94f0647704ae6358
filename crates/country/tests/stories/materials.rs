//! Papers of filings: handed in by somebody insured, asked for beside by a reviewer, looked at with a record; and what they may not be.

use crate::{
    access::{Browser, PASSWORD, person, program},
    play::{beijing, world},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use country::{people, people::BEIJING};
use serde_json::{Value, json};
use terms::{InsuranceScheme, MemberStatus};
use wire::api::media::IssuedCard;

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n";

fn paper(kind: &str, content: &[u8]) -> Value {
    json!({ "kind": kind, "content": STANDARD.encode(content) })
}

fn names(materials: &Value, field: &str) -> Vec<String> {
    let name = |one: &Value| one[field].as_str().unwrap().to_owned();
    materials["materials"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn papers_are_handed_in_supplemented_looked_at_and_kept() {
    let world = world().await;
    let node = world.province(beijing()).unwrap().url();
    let desk = program(&node);
    let someone = people::person(BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, 31);
    world.add_people(&[(BEIJING, someone.clone())]).await.unwrap();
    let holder = json!({ "insured": "110101", "person": someone.number.as_str() });
    let card: IssuedCard = desk.post("/api/v1/cards", &holder).await.unwrap();
    let mut me = Browser::at(&node);
    let new = json!({ "insured": "110101", "certno": someone.citizen.reveal(), "name": someone.name,
                      "card": card.number, "password": PASSWORD });
    me.post("/web/portal/register", new).await;
    me.log_in(someone.citizen.reveal(), PASSWORD, None).await.unwrap();
    let operator = person(&node, "jingban01", "经办某", "agency-operator", "110000").await;
    let reviewer = person(&node, "fuhe01", "复核某", "agency-reviewer", "110000").await;
    let auditor = person(&node, "shenji01", "审计某", "auditor", "110000").await;

    let rules = me.get("/web/portal/filings/rules").await;
    let of = |category: &str| {
        let all = rules["categories"].as_array().unwrap();
        all.iter().find(|one| one["category"] == json!(category)).unwrap()["materials"].clone()
    };
    assert_eq!(of("emergency"), json!([]));
    assert_eq!(of("long_term_resident").as_array().unwrap().len(), 2);
    let application =
        json!({ "scheme": "employee", "category": "long_term_resident", "destination": "420100" });
    let filed = me.post("/web/portal/filings", application).await;
    let id = filed["id"].as_str().unwrap().to_owned();
    let own = format!("/web/portal/filings/{id}/materials");
    let there = format!("/api/v1/filings/{id}/materials");

    let carried = me.get(&own).await;
    assert_eq!((&carried["may_add"], &carried["materials"]), (&json!(true), &json!([])));
    assert_eq!(carried["missing"].as_array().unwrap().len(), 2);
    // What is in a file counts, whatever it is called.
    for (kind, content, code) in [
        ("identity", &b"<html><script>alert(1)</script></html>"[..], "field-invalid"),
        ("identity", b"%PDF-1.4 cut off", "field-invalid"),
        ("identity", b"", "field-invalid"),
        ("passport", PDF, "field-invalid"),
    ] {
        assert_eq!(me.refused("post", &own, Some(&paper(kind, content))).await.1, code, "{kind}");
    }
    let huge = vec![b'0'; 7 << 20];
    assert_eq!(me.refused("post", &own, Some(&paper("identity", &huge))).await.0, 413);
    let carried = me.post(&own, paper("identity", PDF)).await;
    assert_eq!(names(&carried, "kind"), ["identity"]);
    assert_eq!(carried["missing"].as_array().unwrap().len(), 1);
    let carried = me.post(&own, paper("other", PDF)).await;
    let carried2 = me.post(&format!("{own}/2/remove"), json!({})).await;
    assert_eq!((names(&carried, "kind").len(), names(&carried2, "kind")), (2, vec!["identity".to_owned()]));
    assert_eq!(me.refused("post", &format!("{own}/2/remove"), Some(&json!({}))).await.1, "filing-rule");

    // The reviewer looks, and asks for something beside; nobody else decides that.
    let looks = || async {
        let store = &world.province(beijing()).unwrap().node.context.store;
        let mut conn = store.conn().await.unwrap();
        store::person::looks(&mut conn, BEIJING, &someone.number).await.unwrap()
    };
    let of_reviewer = ("复核某（fuhe01）".to_owned(), "核对备案材料".to_owned());
    let (status, ..) = reviewer.ask("get", &format!("{there}/1"), None).await;
    assert_eq!((status, looks().await[&of_reviewer]), (200, 1));
    assert_eq!(
        auditor.refused("get", &format!("{there}/1"), None).await.1,
        "field-missing",
        "without a duty"
    );
    let wanted = json!({ "reason": "请补交居住证正反面" });
    let supplement = format!("/api/v1/filings/{id}/supplement");
    assert_eq!(operator.refused("post", &supplement, Some(&wanted)).await.1, "not-permitted");
    let asked = reviewer.post(&supplement, wanted.clone()).await;
    let due = asked["supplements"][0]["due"].as_str().unwrap().to_owned();
    assert_eq!(reviewer.refused("post", &supplement, Some(&wanted)).await.1, "filing-rule", "once at a time");
    let seen = me.get(&own).await;
    assert_eq!(seen["supplements"][0]["wanted"], wanted["reason"]);
    assert_eq!(
        (&seen["supplements"][0]["due"], &seen["supplements"][0]["overdue"]),
        (&json!(due), &json!(false))
    );
    let awaited = || async { me.get("/web/portal/filings").await["filings"][0]["supplement_due"].clone() };
    assert_eq!(awaited().await, json!(due));
    // Who enters filings is told for whose papers somebody waits, and finds just these.
    let waits = async || operator.get("/api/v1/work").await["work"].clone();
    let supplements = |work: &Value| {
        let all = work.as_array().unwrap().clone();
        all.into_iter().find(|item| item["kind"] == json!("supplements"))
    };
    let item = supplements(&waits().await).expect("it waits");
    assert_eq!((&item["count"], &item["due"]), (&json!(1), &json!(due)));
    let listed = operator.post("/api/v1/filings/search", json!({ "stage": "supplementing" })).await;
    let found: Vec<_> = listed["filings"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(found, [&json!(id)]);
    let carried = me.post(&own, paper("residence", PDF)).await;
    assert_eq!(awaited().await, Value::Null);
    assert!(supplements(&waits().await).is_none());
    let listed = operator.post("/api/v1/filings/search", json!({ "stage": "supplementing" })).await;
    assert_eq!(listed["filings"], json!([]));
    assert_eq!(names(&carried, "kind"), ["identity", "residence"]);
    assert_eq!(names(&carried, "added_by"), ["本人", "本人"]);
    assert!(
        carried["supplements"][0]["answered_at"].is_string() && carried["missing"] == json!([]),
        "{carried}"
    );

    // Four eyes: who hands something in does not decide. Decided, nothing comes or goes.
    let carried = operator.post(&there, paper("form", PDF)).await;
    assert_eq!(names(&carried, "added_by")[2], "经办某（jingban01）");
    reviewer.post(&format!("/api/v1/filings/{id}/approve"), json!({})).await;
    let carried = me.get(&own).await;
    assert_eq!((&carried["may_add"], &carried["may_remove"]), (&json!(false), &json!(false)));
    assert_eq!(names(&carried, "kind").len(), 3);
    assert_eq!(me.refused("post", &own, Some(&paper("other", PDF))).await.1, "filing-rule");
    assert_eq!(
        operator.refused("post", &format!("{there}/1/remove"), Some(&json!({}))).await.1,
        "filing-rule"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn papers_are_ones_own_and_go_with_an_application_that_is_withdrawn() {
    let world = world().await;
    let node = world.province(beijing()).unwrap().url();
    let desk = program(&node);
    let mut browsers = Vec::new();
    for seed in [41, 42] {
        let someone = people::person(BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, seed);
        world.add_people(&[(BEIJING, someone.clone())]).await.unwrap();
        let holder = json!({ "insured": "110101", "person": someone.number.as_str() });
        let card: IssuedCard = desk.post("/api/v1/cards", &holder).await.unwrap();
        let mut browser = Browser::at(&node);
        let new = json!({ "insured": "110101", "certno": someone.citizen.reveal(), "name": someone.name,
                          "card": card.number, "password": PASSWORD });
        browser.post("/web/portal/register", new).await;
        browser.log_in(someone.citizen.reveal(), PASSWORD, None).await.unwrap();
        browsers.push(browser);
    }
    let [me, other] = &browsers[..] else { panic!("two") };
    let application = json!({ "scheme": "employee", "category": "referral", "destination": "420100" });
    let filed = me.post("/web/portal/filings", application).await;
    let own = format!("/web/portal/filings/{}/materials", filed["id"].as_str().unwrap());
    me.post(&own, paper("referral", PDF)).await;
    for (method, path) in
        [("get", own.clone()), ("get", format!("{own}/1")), ("post", format!("{own}/1/remove"))]
    {
        let refused = other.refused(method, &path, Some(&json!({}))).await;
        assert_eq!(refused, (404, "unknown-filing".to_owned()), "{path}");
    }
    assert_eq!(other.refused("post", &own, Some(&paper("other", PDF))).await.1, "unknown-filing");
    assert_eq!(Browser::at(&node).refused("get", &own, None).await.0, 401);

    me.post(&own.replace("/materials", "/cancel"), json!({})).await;
    let carried = me.get(&own).await;
    assert_eq!((&carried["materials"], &carried["may_add"]), (&json!([]), &json!(false)));
    assert_eq!(me.refused("get", &format!("{own}/1"), None).await.1, "filing-rule", "the content is gone");
    world.stop().await;
}
