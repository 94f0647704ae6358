//! 接口报文记录: nothing is recorded unless somebody wants it; then what an institution's software says is shown to those who may see it, with what
//! leaves the standard marked and what is personal covered; it ends by itself, and is forgotten.

use crate::{
    access::{Browser, PASSWORD, person, program},
    desk::Counter,
    play::hubei,
    raw::Raw,
};
use casework::institution::Authentication;
use country::hospital::AddressForm;
use hyper::Method;
use serde_json::{Value, json};
use sign::csb_hmac_sha1;
use std::{net::Ipv4Addr, time::Duration};
use terms::{Clock, InstitutionCode, Moment};

/// What is recorded stands there a moment later: it never keeps a message waiting.
async fn soon(page: &Browser, path: &str, count: usize) -> Vec<Value> {
    for _ in 0..500 {
        let found = page.get(path).await["messages"].as_array().unwrap().clone();
        if found.len() >= count {
            assert_eq!(found.len(), count, "{path}: {found:?}");
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} never has {count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_recorded_while_somebody_wants_it_and_shown_to_those_whose_they_are() {
    let counter = Counter::open().await;
    let play = &counter.play;
    let world = &play.world;
    let node = world.province(hubei()).unwrap().url();
    let code = play.hospital.settings().code.to_string();
    let mut others = world.models().map(|model| world.institution(&model.code()).unwrap());
    let other = others.find(|one| one.place.province() == hubei() && one.code.as_str() != code).unwrap();
    let other = other.code.to_string();
    let mut office = person(&node, "yibao01", "医保某", "institution-office", &code).await;
    let elsewhere = person(&node, "yibao02", "医保某乙", "institution-office", &other).await;
    let mut agency = person(&node, "jingban01", "经办某", "agency-operator", "420000").await;
    let auditor = person(&node, "shenji01", "审计某", "auditor", "420000").await;
    let mut cashier = person(&node, "shoufei01", "收费某", "cashier", &code).await;
    let recording = format!("/api/v1/institutions/{code}/recording");
    let messages = format!("/api/v1/institutions/{code}/messages");
    let nothing = json!({ "data": {} });

    // Off: nothing.
    counter.ask("1101", &nothing).await;
    let state = office.get(&recording).await;
    assert_eq!((&state["on"], &state["messages"], &state["ends"]), (&json!(false), &json!(0), &Value::Null));
    let (status, code_of) = office.refused("post", &format!("{recording}/end"), None).await;
    assert_eq!((status, code_of.as_str()), (422, "transcript-rule"));
    for hours in [0, 73] {
        let body = json!({ "hours": hours, "reason": "联调" });
        assert_eq!(office.refused("post", &recording, Some(&body)).await.1, "transcript-rule", "{hours}");
    }

    // On, for two hours. One message keeps to the standard but for notes, one does not, one is no message at all.
    let on = office.post(&recording, json!({ "hours": 2, "reason": "联调人员查询" })).await;
    assert_eq!(
        (&on["on"], &on["by"], &on["messages"]),
        (&json!(true), &json!("医保某（yibao01）"), &json!(0))
    );
    let certno = play.patient.citizen.reveal().to_owned();
    let input = json!({ "data": { "mdtrt_cert_type": "02", "mdtrt_cert_no": certno, "psn_cert_type": "01",
                                  "certno": certno, "psn_name": play.patient.name } });
    counter.done("1101", &input).await;
    let mut wrong = counter.message(&play.hospital.next_msgid(), "1101", &input);
    wrong["input"]["data"]["psn_name"] = json!("null");
    wrong["input"]["data"]["patientPhone"] = json!("13800000000");
    let answer = counter.raw.ask(&wrong).await;
    assert_eq!(answer["infcode"], json!(0), "deviations are tolerated: {answer}");
    counter.ask("2304", &json!({ "data": {} })).await;

    let found = soon(&office, &messages, 3).await;
    let numbers: Vec<_> = found.iter().map(|one| one["infno"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["2304", "1101", "1101"], "the newest first");
    let refused = &found[0];
    assert_eq!(
        (refused["outcome"].as_str(), refused["code"].as_str()),
        (Some("refused"), Some("field-missing"))
    );
    let one = office.get(&format!("{messages}/{}", found[1]["number"])).await;
    let deviations = one["deviations"].as_array().unwrap();
    let null = deviations.iter().find(|one| one["field"] == json!("input.data.psn_name")).expect("marked");
    assert_eq!((null["rule"].as_str(), null["weight"].as_str()), (Some("null-text"), Some("fault")));
    assert!(null["advice"].as_str().unwrap().contains("不要填文本null"), "{null}");
    assert_eq!(one["request"]["input"]["data"]["psn_name"], json!("null"), "what is wrong is seen");
    assert_eq!((&one["request"]["infno"], &one["status"]), (&json!("1101"), &json!(200)));
    assert!(one["answer"]["output"]["baseinfo"]["psn_no"].as_str().unwrap().contains('*'), "{one}");

    // Nothing of the person is in what is shown, nor in what is kept.
    let psn_no = play.patient.number.to_string();
    let personal = [certno.as_str(), play.patient.name.as_str(), psn_no.as_str(), "13800000000"];
    let side = world.province(hubei()).unwrap();
    let mut conn = side.node.context.store.conn().await.unwrap();
    let institution: InstitutionCode = code.parse().unwrap();
    let area = world.institution(&institution).unwrap().place.0.pooling_area();
    let number = found[1]["number"].as_i64().unwrap();
    let kept = store::transcript::message(&mut conn, (area, &institution), number).await.unwrap();
    let (_, bodies) = kept.unwrap();
    drop(conn);
    for text in [one.to_string(), format!("{bodies:?}")] {
        assert!(personal.iter().all(|word| !text.contains(word)), "{text}");
    }

    // Filtered, sorted, page by page, as a file.
    for (query, count) in [
        ("origin=software", 3),
        ("origin=window", 0),
        ("infno=1101", 2),
        ("infno=9001", 0),
        ("outcome=refused", 1),
        ("outcome=done", 2),
        ("sort=-took", 3),
        ("from=2020-01-01&until=2020-01-02", 0),
        ("msgid=nobody", 0),
    ] {
        let found = office.get(&format!("{messages}?{query}")).await;
        assert_eq!(found["messages"].as_array().unwrap().len(), count, "{query}: {found}");
    }
    let faulty = office.get(&format!("{messages}?deviating=fault&infno=1101")).await;
    assert!(faulty["messages"].as_array().unwrap().contains(&found[1]), "{faulty}");
    let mut paged = Vec::new();
    let mut after = String::new();
    loop {
        let page = office.get(&format!("{messages}?limit=1&after={after}")).await;
        paged.extend(page["messages"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(paged, found);
    assert_eq!(office.ask("get", &format!("{messages}?form=xlsx"), None).await.0, 200);
    for query in ["origin=x", "sort=x", "outcome=x", "deviating=x", "after=x", "limit=101"] {
        assert_eq!(
            office.refused("get", &format!("{messages}?{query}"), None).await.1,
            "field-invalid",
            "{query}"
        );
    }

    // Whose it is, and who may see it: the agency and audit of the province; neither another institution nor whoever charges.
    assert_eq!(soon(&agency, &messages, 3).await, found);
    assert_eq!(soon(&auditor, &messages, 3).await, found);
    let body = json!({ "hours": 1, "reason": "看看" });
    for path in [&recording, &messages, &format!("{messages}/1")] {
        assert_eq!(elsewhere.refused("get", path, None).await.1, "not-permitted", "{path}");
        assert_eq!(cashier.refused("get", path, None).await.1, "not-permitted", "{path}");
    }
    for browser in [&elsewhere, &cashier, &auditor] {
        assert_eq!(browser.refused("post", &recording, Some(&body)).await.1, "not-permitted");
        assert_eq!(browser.refused("post", &format!("{recording}/erase"), None).await.1, "not-permitted");
    }
    let own = elsewhere.get(&format!("/api/v1/institutions/{other}/messages")).await;
    assert_eq!(own["messages"], json!([]), "another institution's are not recorded");
    let unknown = office.refused("get", &format!("{messages}/99"), None).await;
    assert_eq!((unknown.0, unknown.1.as_str()), (404, "unknown-message"));
    let looks: Value = program(&node).get("/api/v1/audit-trail?action=read-transcripts").await.unwrap();
    let looked_at = format!("/institutions/{code}/messages/{}", found[1]["number"]);
    let is_written =
        looks["entries"].as_array().unwrap().iter().any(|one| one["subject"] == json!(looked_at));
    assert!(is_written, "who looked at what is written down: {looks}");

    // It ends by itself: what comes later is not recorded, whether anybody looks or not.
    world.clock.pass_seconds(2 * 3_600 + 1);
    office.log_in("yibao01", PASSWORD, None).await.unwrap();
    agency.log_in("jingban01", PASSWORD, None).await.unwrap();
    counter.ask("1101", &nothing).await;
    assert_eq!(office.get(&recording).await["on"], json!(false));
    // The next recording begins anew; the message between is not there.
    agency.post(&recording, json!({ "hours": 1, "reason": "经办机构核查" })).await;
    counter.ask("9001", &json!({ "signIn": {} })).await;
    let found = soon(&office, &messages, 4).await;
    assert_eq!(found[0]["infno"], json!("9001"));
    let over = office.post(&format!("{recording}/end"), json!({})).await;
    assert_eq!((&over["on"], &over["messages"]), (&json!(false), &json!(4)));

    // What somebody sends at the institution's window or office is recorded as that, and covered as well.
    cashier.log_in("shoufei01", PASSWORD, None).await.unwrap();
    office.post(&recording, json!({ "hours": 1, "reason": "窗口联调" })).await;
    let at_window = json!({ "msgid": format!("{code}WINDOW1"), "insured": "110101", "input": input });
    let answer = cashier.post(&format!("/web/window/{code}/1101"), at_window).await;
    assert_eq!(answer["infcode"], json!(0), "{answer}");
    let refused = json!({ "msgid": format!("{code}WINDOW2"), "input": nothing });
    let answer = cashier.post(&format!("/web/window/{code}/2304"), refused).await;
    assert_eq!(answer["infcode"], json!(-1), "{answer}");
    let asked = json!({ "msgid": format!("{code}OFFICE1"), "input": { "data": {} } });
    office.post(&format!("/web/office/{code}/3260"), asked).await;
    soon(&office, &messages, 7).await;
    for (origin, infnos) in [
        ("window", vec!["2304", "1101"]),
        ("office", vec!["3260"]),
        ("software", vec!["9001", "2304", "1101", "1101"]),
    ] {
        let found = office.get(&format!("{messages}?origin={origin}")).await["messages"].clone();
        let said: Vec<_> =
            found.as_array().unwrap().iter().map(|one| one["infno"].as_str().unwrap()).collect();
        assert_eq!(said, infnos, "{origin}");
    }
    let of_window = office.get(&format!("{messages}?origin=window")).await["messages"].clone();
    assert_eq!(
        (of_window[0]["code"].as_str(), &of_window[0]["origin_name"]),
        (Some("field-missing"), &json!("收费窗口"))
    );
    let one = office.get(&format!("{messages}/{}", of_window[1]["number"])).await;
    assert_eq!(one["request"]["msgid"], json!(format!("{code}WINDOW1")));
    assert!(personal.iter().all(|word| !one.to_string().contains(word)), "{one}");
    let ours = one["deviations"].as_array().unwrap();
    assert!(ours.iter().all(|one| one["field"].as_str().unwrap().starts_with("input.")), "{one}");
    office.post(&format!("{recording}/end"), json!({})).await;

    // What is old is forgotten; what is erased is gone.
    world.clock.pass_seconds(7 * 86_400 + 1);
    side.node.keep_timetable().await;
    office.log_in("yibao01", PASSWORD, None).await.unwrap();
    assert_eq!(office.get(&messages).await["messages"], json!([]));
    office.post(&recording, json!({ "hours": 1, "reason": "再次联调" })).await;
    counter.ask("1101", &nothing).await;
    soon(&office, &messages, 1).await;
    let erased = office.post(&format!("{recording}/erase"), json!({})).await;
    assert_eq!((&erased["on"], &erased["messages"]), (&json!(false), &json!(0)));
    assert_eq!(office.get(&messages).await["messages"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_fills_the_transcript_of_another_and_whose_software_is_refused_sees_why() {
    let world = crate::play::world().await;
    let signs = |one: &&casework::institution::Institution| one.authentication == Authentication::CsbHmacSha1;
    let institution = world.institutions.iter().find(signs).expect("one of each way");
    let (code, software) = (institution.code.to_string(), &world.hospitals[&institution.code]);
    let node = world.province(institution.place.province()).unwrap().url();
    let office = person(&node, "yibao01", "医保某", "institution-office", &code).await;
    let (recording, messages) =
        (format!("/api/v1/institutions/{code}/recording"), format!("/api/v1/institutions/{code}/messages"));
    office.post(&recording, json!({ "hours": 2, "reason": "联调签名" })).await;

    let input = json!({ "medinsinfo": { "fixmedins_code": code, "fixmedins_name": "窃取某" } });
    let whole = || software.envelope(&software.next_msgid(), "1201", None, input.clone()).to_string();
    let broken = format!(r#"{{"infno":"1201","msgid":"broken","fixmedins_code":"{code}","input":{{"#);
    let now = world.clock.now();
    let key = institution.access_key.as_str();
    let send_at = async |raw: &Raw, secret: &str, at: Moment, body: String| {
        let at = at.millis().to_string();
        let signature = csb_hmac_sha1::sign(secret, key, "1201", &at, "1.0.0");
        let headers = [
            ("_api_name", "1201"),
            ("_api_version", "1.0.0"),
            ("_api_timestamp", at.as_str()),
            ("_api_access_key", key),
            ("_api_signature", signature.as_str()),
        ];
        raw.send(Method::POST, &AddressForm::Csb.path("1201"), &headers, body).await
    };
    let send = async |raw: &Raw, secret: &str, body: String| send_at(raw, secret, now, body).await;
    let secret = institution.secret.0.as_str();
    let (own, thief) = (Raw::to(&node), Raw::from(Ipv4Addr::new(127, 0, 0, 2), &node));
    // Somebody elsewhere writes its name, and does not have its key; its own engineer forgets the headers. What is its own is recorded, and what
    // nobody can read first of all.
    for _ in 0..2 {
        send(&thief, "another", whole()).await;
    }
    send(&thief, "another", broken.clone()).await;
    own.send(Method::POST, &AddressForm::Csb.path("1201"), &[], whole()).await;
    send(&own, secret, whole()).await;
    let later = now.plus_millis(1);
    send_at(&own, secret, later, broken.clone()).await;
    // Somebody has heard them on the line and sends them again, as they were and with other words: both are answered, since the gateway signs
    // neither; of the institution's transcript they take no room.
    send_at(&thief, secret, later, broken.clone()).await;
    send(&thief, secret, whole()).await;

    let found = soon(&office, &messages, 2).await;
    let said: Vec<_> = found.iter().map(|one| (one["outcome"].as_str(), one["code"].as_str())).collect();
    assert_eq!(said, [(Some("refused"), Some("envelope-not-json")), (Some("done"), None)]);
    let strangers = async || {
        for _ in 0..500 {
            let state = office.get(&recording).await;
            if state["strangers"].as_array().is_some_and(|rows| rows.iter().map(times).sum::<u64>() == 6) {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("they are never counted");
    };
    let state = strangers().await;
    assert_eq!(state["messages"], json!(2), "nobody else's fill it: {state}");
    let mut rows: Vec<_> = state["strangers"].as_array().unwrap().iter().collect();
    rows.sort_by_key(|row| times(row));
    let row = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        (text("address"), text("why"), text("infno"), times(row))
    };
    let row_of =
        |address: &str, why: &str, times: u64| (address.to_owned(), why.to_owned(), "1201".to_owned(), times);
    assert_eq!(
        rows.iter().map(|one| row(one)).collect::<Vec<_>>(),
        [
            row_of("127.0.0.1", "header-missing", 1),
            row_of("127.0.0.2", "replayed", 2),
            row_of("127.0.0.2", "signature-differs", 3)
        ]
    );
    assert!(rows[2]["advice"].as_str().unwrap().contains("核对密钥"), "it says what to do: {}", rows[2]);
    assert!(!state.to_string().contains("窃取某"), "nothing of what they sent is kept: {state}");
    let erased = office.post(&format!("{recording}/erase"), json!({})).await;
    assert_eq!(erased["strangers"], json!([]));
    world.stop().await;
}

/// How many messages of strangers a row counts.
fn times(row: &Value) -> u64 {
    row["times"].as_u64().unwrap()
}
