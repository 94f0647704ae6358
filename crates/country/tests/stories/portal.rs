//! The public at the portal: what anybody may know, a complaint from its making to its answer, and somebody insured who files and reads
//! for himself and for nobody else.

use crate::{
    access::{Browser, PASSWORD, program},
    play::{beijing, hubei, world},
};
use country::people;
use serde_json::{Value, json};
use std::fmt::Write as _;
use terms::{InsuranceScheme, MemberStatus};
use wire::api::media::IssuedCard;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anybody_may_know_where_and_what_and_complain() {
    let world = world().await;
    let node = world.province(hubei()).unwrap().url();
    let anybody = Browser::at(&node);

    let open = anybody.get("/web/portal/institutions?limit=100").await;
    let all = open["institutions"].as_array().unwrap();
    assert!(!all.is_empty() && all.iter().all(|one| one["open"] == json!(true)), "{open}");
    assert!(all.iter().all(|one| one.get("authentication").is_none()), "nothing of their software");
    let wuhan = anybody.get("/web/portal/institutions?area=420100&level=tertiary").await;
    let all = wuhan["institutions"].as_array().unwrap();
    assert!(
        !all.is_empty() && all.iter().all(|one| one["place"].as_str().unwrap().starts_with("4201")),
        "{wuhan}"
    );
    let name: String = all[0]["name"].as_str().unwrap().chars().skip(1).take(3).collect();
    let encoded = name.bytes().fold(String::new(), |mut text, one| {
        write!(text, "%{one:02X}").unwrap();
        text
    });
    let named = anybody.get(&format!("/web/portal/institutions?name={encoded}")).await;
    assert!(
        named["institutions"].as_array().unwrap().iter().any(|one| one["code"] == all[0]["code"]),
        "{named}"
    );

    let policies = anybody.get("/web/portal/policies").await;
    assert!(!policies["policies"].as_array().unwrap().is_empty());
    let policy = anybody.get("/web/portal/policies/420100/employee").await;
    let sections = policy["sections"].as_array().unwrap();
    let inpatient = sections.iter().find(|one| one["title"] == json!("住院起付标准")).expect("a section");
    assert!(
        !inpatient["lines"].as_array().unwrap().is_empty() && inpatient["source"].is_string(),
        "{inpatient}"
    );
    assert_eq!(
        anybody.refused("get", "/web/portal/policies/420100/employee?day=1990-01-01", None).await.1,
        "no-policy"
    );

    let bill = json!({
        "insured": "420106", "scheme": "employee", "status": "12", "treatment": "110101", "level": "tertiary",
        "amounts": [{ "total": "30000.00", "out_of_scope": "1000.00" }],
    });
    let mut told = anybody.post("/web/portal/calculation", bill.clone()).await;
    assert_eq!(told["standing"], json!("未备案"));
    let paid = |outcome: &Value| -> terms::Fen {
        outcome["breakdown"]["fund_total"].as_str().unwrap_or_else(|| panic!("{outcome}")).parse().unwrap()
    };
    let filed = told["otherwise"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["standing"].as_str().unwrap().contains("异地长期居住人员"));
    let filed = filed.expect("what it would be worth to file").clone();
    assert!(paid(&filed["outcome"]) > paid(&told["outcome"]), "{told}");
    let more: terms::Fen = filed["more"].as_str().unwrap().parse().unwrap();
    assert_eq!(more, paid(&filed["outcome"]) - paid(&told["outcome"]));
    let mut as_filed = bill;
    as_filed["filing"] = json!("long_term_resident");
    told = anybody.post("/web/portal/calculation", as_filed).await;
    assert_eq!(told["outcome"], filed["outcome"], "asked directly it is the same");

    // A complaint, followed with the key and answered.
    let new = json!({ "kind": "refused_settlement", "text": "出院时医院说不能直接结算，要求自费。", "contact": "13800000000" });
    let taken = anybody.post("/web/portal/complaints", new).await;
    let (number, key) = (taken["number"].as_str().unwrap(), taken["key"].as_str().unwrap());
    let follow = format!("/web/portal/complaints/{number}");
    assert_eq!(
        anybody.refused("get", &format!("{follow}?key=22222222"), None).await,
        (404, "unknown-complaint".to_owned())
    );
    assert_eq!(anybody.refused("get", &follow, None).await.1, "field-missing");
    let desk = program(&node);
    let listed: Value = desk.get("/api/v1/complaints").await.unwrap();
    assert_eq!(listed["complaints"][0]["number"], json!(number));
    assert_eq!(listed["complaints"][0]["contact"], json!("13*******00"));
    let at = |step: &str| format!("/api/v1/complaints/{number}/{step}");
    let _: Value = desk.post(&at("assign"), &json!({ "to": "异地就医科" })).await.unwrap();
    let _: Value =
        desk.post(&at("answer"), &json!({ "answer": "已联系医院，可回院补办直接结算。" })).await.unwrap();
    let followed = anybody.get(&format!("{follow}?key={}", key.to_ascii_lowercase())).await;
    assert_eq!((&followed["stage"], followed["answer"].is_string()), (&json!("answered"), true));
    assert!(!followed.to_string().contains("13800000000"), "{followed}");
    let _: Value = desk.post(&at("close"), &json!({ "reason": "" })).await.unwrap();
    let refused = desk.post::<Value>(&at("answer"), &json!({ "answer": "再答复" })).await.unwrap_err();
    assert!(format!("{refused:?}").contains("complaint-rule"));

    // One address asks no more than so much.
    let mut last = 200;
    for _ in 0..200 {
        last = anybody.ask("get", "/web/portal/filings/rules", None).await.0;
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429);
    // Pages, of which this program has none, do not take the hospitals' way.
    assert_eq!(anybody.ask("get", "/console.html", None).await.0, 200);
    let posted = anybody.ask("post", "/console.html", Some(&json!({ "infno": "9999" }))).await.2;
    assert_eq!(posted["infcode"], json!(-1), "whatever is posted is a hospital's message: {posted}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_insured_files_and_reads_for_himself_alone() {
    let world = world().await;
    let node = world.province(beijing()).unwrap().url();
    let desk = program(&node);
    let mut browsers = Vec::new();
    for seed in [21, 22] {
        let someone = people::person(people::BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, seed);
        world.add_people(&[(people::BEIJING, someone.clone())]).await.unwrap();
        let holder = json!({ "insured": "110101", "person": someone.number.as_str() });
        let card: IssuedCard = desk.post("/api/v1/cards", &holder).await.unwrap();
        let mut browser = Browser::at(&node);
        let new = json!({ "insured": "110101", "certno": someone.citizen.reveal(), "name": someone.name,
                          "card": card.number, "password": PASSWORD });
        browser.post("/web/portal/register", new).await;
        browser.log_in(someone.citizen.reveal(), PASSWORD, None).await.unwrap();
        browsers.push((browser, someone));
    }
    let (me, person) = &browsers[0];
    let (other, _) = &browsers[1];

    let view = me.get("/web/portal/me").await;
    assert_eq!((&view["name"], &view["person"]), (&json!(person.name), &json!(person.number.as_str())));
    assert!(!view.to_string().contains(person.citizen.reveal()), "{view}");

    let rules = me.get("/web/portal/filings/rules").await;
    let version = rules["commitment"]["version"].as_str().unwrap();
    let on_commitment = |version: &str| json!({ "scheme": "employee", "category": "resettled_retiree", "destination": "420100", "commitment": version });
    assert_eq!(
        me.refused("post", "/web/portal/filings", Some(&on_commitment("1999-1"))).await.1,
        "filing-rule"
    );
    let filed = me.post("/web/portal/filings", on_commitment(version)).await;
    assert_eq!((&filed["stage"], &filed["commitment"]), (&json!("effective"), &json!(true)));
    let waits = json!({ "scheme": "employee", "category": "referral", "destination": "310000" });
    let waits = other.post("/web/portal/filings", waits).await;
    assert_eq!(waits["stage"], json!("submitted"), "with papers it waits for the agency");

    let own = me.get("/web/portal/filings").await;
    assert_eq!(own["filings"].as_array().unwrap().len(), 1);
    let of_other = waits["id"].as_str().unwrap();
    for step in ["cancel", "change"] {
        let path = format!("/web/portal/filings/{of_other}/{step}");
        let refused = me.refused("post", &path, Some(&json!({}))).await;
        assert_eq!(refused, (404, "unknown-filing".to_owned()), "{step}");
    }
    let cancelled = other.post(&format!("/web/portal/filings/{of_other}/cancel"), json!({})).await;
    assert_eq!(cancelled["stage"], json!("cancelled"));
    assert_eq!(me.get("/web/portal/settlements").await, json!({ "settlements": [] }));
    let none = "/web/portal/settlements/420000179500000000000000000007";
    assert_eq!(me.refused("get", none, None).await.0, 404);
    // Nobody without a session, and no clerk's program.
    let nobody = Browser::at(&node);
    assert_eq!(nobody.refused("get", "/web/portal/me", None).await.0, 401);
    assert!(desk.get::<Value>("/web/portal/me").await.is_err());
    world.stop().await;
}
