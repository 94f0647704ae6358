//! Notices of outages: entered at a node, shown there to everybody; those of the hub at every province, also while the hub is out.

use crate::{
    access::{Browser, person, program},
    play::{beijing, hubei, world},
};
use country::network::Fate;
use serde_json::{Value, json};
use terms::{Clock, Moment};

fn at(now: Moment, minutes: i64) -> String {
    now.plus_millis(minutes * 60_000).to_string()
}

fn notice(now: Moment, title: &str, (from, until): (i64, i64)) -> Value {
    json!({ "title": title, "text": "维护期间暂停直接结算，请错开时间，急诊先行垫付。", "affects": ["settlement", "portal"],
            "from": at(now, from), "until": at(now, until) })
}

/// Number and phase of what everybody is shown at a node.
async fn shown(node: &str) -> Vec<(String, String)> {
    let told = Browser::at(node).get("/web/portal/announcements").await;
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let all = told["announcements"].as_array().unwrap().iter();
    all.map(|one| (text(one, "title"), text(one, "phase"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(title, phase)| ((*title).to_owned(), (*phase).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_of_the_hub_is_read_everywhere_and_changed_at_the_hub_alone() {
    let world = world().await;
    let now = world.clock.now();
    let (hub, there) = (world.hub_url(), world.province(hubei()).unwrap().url());
    let pull = async || {
        for province in [hubei(), beijing()] {
            world.province(province).unwrap().node.keep_timetable().await;
        }
    };
    let operator = person(&hub, "guojia01", "王某办", "hub-operator", "100000").await;
    let entered = operator.post("/api/v1/announcements", notice(now, "国家平台系统维护", (60, 240))).await;
    assert_eq!(
        (&entered["phase"], &entered["own"], &entered["by"]),
        (&json!("upcoming"), &json!(true), &json!("王某办（guojia01）"))
    );
    let number = entered["number"].as_str().unwrap().to_owned();
    assert_eq!(shown(&hub).await, pairs(&[("国家平台系统维护", "upcoming")]));
    assert_eq!(shown(&there).await, [], "it has not come yet");
    pull().await;
    assert_eq!(shown(&there).await, pairs(&[("国家平台系统维护", "upcoming")]));

    // A province has its own beside it; who works for a part of it, or only looks, enters none.
    let clerk = person(&there, "jingban01", "李某办", "agency-operator", "420000").await;
    let unforeseen = notice(now, "湖北省平台故障处理", (-30, 30));
    let own = clerk.post("/api/v1/announcements", unforeseen.clone()).await;
    assert_eq!((&own["phase"], &own["owner"]), (&json!("ongoing"), &json!("420000")));
    for (account, name, role, area) in [
        ("fuhe01", "孙某复", "agency-reviewer", "420000"),
        ("jingban02", "周某办", "agency-operator", "420100"),
        ("shenji01", "吴某审", "auditor", "420000"),
    ] {
        let other = person(&there, account, name, role, area).await;
        let denied = other.refused("post", "/api/v1/announcements", Some(&unforeseen)).await;
        assert_eq!(denied, (403, "not-permitted".to_owned()), "{role} {area}");
    }
    let both = pairs(&[("湖北省平台故障处理", "ongoing"), ("国家平台系统维护", "upcoming")]);
    assert_eq!(shown(&there).await, both, "what is under way first");
    assert_eq!(
        shown(&world.province(beijing()).unwrap().url()).await,
        both[1..],
        "another province has the hub's"
    );

    // The hub's is not the province's to change.
    let path = |number: &str, act: &str| format!("/api/v1/announcements/{number}/{act}");
    let reason = json!({ "reason": "改期进行" });
    let denied = clerk.refused("post", &path(&number, "withdraw"), Some(&reason)).await;
    assert_eq!(denied, (404, "unknown-announcement".to_owned()));

    // What is said wrong is refused and nothing is kept.
    for (damage, field) in [
        (json!({ "title": "停" }), "title"),
        (json!({ "affects": [] }), "affects"),
        (json!({ "affects": ["tax"] }), "affects"),
        (json!({ "until": at(now, 10) }), "until"),
        (json!({ "from": "明天晚上" }), "from"),
        (json!({ "text": "长".repeat(2_001) }), "text"),
    ] {
        let mut body = notice(now, "国家平台系统维护", (60, 240));
        body.as_object_mut().unwrap().extend(damage.as_object().unwrap().clone());
        let (status, _, told) = operator.ask("post", "/api/v1/announcements", Some(&body)).await;
        assert!(status == 400 && told["message"].as_str().unwrap().contains(field), "{damage}: {told}");
    }

    // Corrected at the hub, it is corrected everywhere; so when it is taken back.
    let corrected =
        operator.post(&path(&number, "correct"), notice(now, "国家平台维护改期", (120, 300))).await;
    assert_eq!(corrected["corrections"], json!(1));
    pull().await;
    assert_eq!(shown(&there).await[1].0, "国家平台维护改期");
    operator.post(&path(&number, "withdraw"), reason.clone()).await;
    let again = operator.refused("post", &path(&number, "withdraw"), Some(&reason)).await;
    assert_eq!(again, (422, "announcement-rule".to_owned()));
    pull().await;
    assert_eq!(shown(&there).await, pairs(&[("湖北省平台故障处理", "ongoing")]));

    // The desk sees all of them, by phase, in pages and as a file.
    let auditor = person(&there, "shenji02", "钱某审", "auditor", "420000").await;
    let page = auditor.get("/api/v1/announcements?limit=1").await;
    let rest = format!("/api/v1/announcements?limit=1&after={}", page["next"].as_str().unwrap());
    let last = auditor.get(&rest).await;
    let titles = [&page, &last].map(|one| one["announcements"][0]["title"].as_str().unwrap().to_owned());
    assert_eq!(titles, ["国家平台维护改期", "湖北省平台故障处理"]);
    assert_eq!(last["next"], Value::Null);
    let gone = auditor.get("/api/v1/announcements?phase=withdrawn").await;
    let gone = &gone["announcements"][0];
    assert_eq!((&gone["own"], &gone["withdrawn_reason"]), (&json!(false), &json!("改期进行")));
    let file = program(&there).fetch("/api/v1/announcements?form=csv&sort=from").await.unwrap();
    let file = String::from_utf8(file.to_vec()).unwrap();
    assert!(file.contains("国家平台维护改期") && file.contains("直接结算、参保人门户"), "{file}");
    for query in ["phase=never", "sort=title", "after=x"] {
        let refused = auditor.refused("get", &format!("/api/v1/announcements?{query}"), None).await;
        assert_eq!(refused, (400, "field-invalid".to_owned()), "{query}");
    }

    // Over, it is told for a week, and changed no more.
    world.clock.pass_seconds(3_600);
    let own = own["number"].as_str().unwrap();
    let over = clerk.refused("post", &path(own, "correct"), Some(&unforeseen)).await;
    assert_eq!(
        over,
        (401, "not-authenticated".to_owned()),
        "nobody has asked for an hour: the session is over"
    );
    assert_eq!(shown(&there).await, pairs(&[("湖北省平台故障处理", "over")]));
    world.clock.pass_days(7);
    assert_eq!(shown(&there).await, []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_hub_has_told_is_read_while_it_is_out() {
    let world = world().await;
    let now = world.clock.now();
    let there = world.province(hubei()).unwrap().url();
    let entered = notice(now, "国家平台停机升级", (0, 120));
    let _: Value = program(&world.hub_url()).post("/api/v1/announcements", &entered).await.unwrap();
    let side = world.province(hubei()).unwrap();
    side.node.keep_timetable().await;
    side.to_hub.as_ref().unwrap().always(Fate::DropRequest);
    side.node.keep_timetable().await;
    assert_eq!(shown(&there).await, pairs(&[("国家平台停机升级", "ongoing")]));
    world.stop().await;
}
