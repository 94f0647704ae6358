//! 明细审核 over the counter: what is doubtful is told before it is done (3101) and while the stay lasts (3102), kept, and
//! answered by the doctor (3103). Nothing is refused by it.

use crate::desk::{Counter, DAY, with};
use crate::play::hubei;
use crate::raw::sentence;
use country::{bills::Line, hospital::read_fen};
use serde_json::{Value, json};
use store::audit::AuditFinding;
use terms::{Clock, Fen};

const BLOOD_COUNT: &str = "002501010150000";
const ICU: &str = "001201000010000";
const NURSING: &str = "001201000030000";

/// An order as a doctor's workplace has it.
fn order(id: &str, item: &str, day: &str, quantity: i64, yuan: i64) -> Value {
    json!({
        "rx_id": id, "rxno": format!("RX{id}"), "grpno": "1", "long_drord_flag": "0", "hilist_type": "201",
        "chrg_type": "05", "drord_bhvr": "1", "hilist_code": item, "hilist_name": "项目", "hilist_lv": "01",
        "hilist_pric": "0", "hosplist_code": item, "hosplist_name": "项目", "cnt": quantity.to_string(),
        "pric": yuan / quantity, "sumamt": yuan, "ownpay_amt": 0, "selfpay_amt": 0, "spec": "", "spec_unt": "次",
        "drord_begn_date": format!("{day} 08:00:00"), "drord_stop_date": "", "drord_dept_codg": "A03.01",
        "drord_dept_name": "呼吸内科专业", "drord_dr_codg": "D1", "drord_dr_name": "李某乙",
        "drord_dr_profttl": "234", "curr_drord_flag": "1", "extend_order_map": {},
    })
}

/// What 3101 and 3102 are asked of the stay with these orders.
fn question(counter: &Counter, orders: &[Value]) -> Value {
    let patient = &counter.play.patient;
    let citizen = &patient.citizen;
    let visit = counter.play.visit.to_string();
    json!({ "data": { "trig_scen": "1", "syscode": "HIS", "patient_dtos": {
        "patn_id": patient.number.as_str(), "patn_name": patient.name, "gend": if citizen.is_male() { "1" } else { "2" },
        "brdy": citizen.birth().to_string(), "poolarea": "110100", "curr_mdtrt_id": visit,
        "fsi_encounter_dtos": [{
            "mdtrt_id": visit, "medins_id": counter.play.hospital.settings().code.as_str(), "medins_lv": "2",
            "dscg_main_dise_codg": "J18.9", "med_mdtrt_type": "2", "med_type": "21", "matn_stas": "1",
            "fsi_diagnose_dtos": [{ "dise_id": "1", "dise_codg": "J18.9", "dise_name": "肺炎" }],
            "fsi_order_dtos": orders, "fsi_operation_dtos": [],
        }],
    }}})
}

/// A new stay of the same person, in hospital, and yesterday.
async fn in_hospital() -> (Counter, country::hospital::Stay, String) {
    let mut counter = Counter::open().await;
    counter.done("2304", &counter.settle(counter.play.total)).await;
    let stay = counter.stay("ZY940");
    counter.admitted(&stay).await;
    let yesterday = counter.play.world.clock.now().plus_millis(-DAY).day().to_string();
    (counter, stay, yesterday)
}

/// What is found; an answer is never a refusal.
async fn found(counter: &Counter, infno: &str, input: &Value) -> Vec<Value> {
    let answer = counter.ask(infno, input).await;
    assert_eq!(answer["infcode"], json!(0), "{answer}");
    answer["output"]["result"].as_array().unwrap().clone()
}

/// Rule by rule, the lines and their kinds.
fn shown(findings: &[Value]) -> Vec<String> {
    let line = |line: &Value| {
        format!("{}:{}", line["rx_id"].as_str().unwrap(), line["vola_item_type"].as_str().unwrap())
    };
    let finding = |finding: &Value| {
        let lines: Vec<String> =
            finding["judge_result_detail_dtos"].as_array().unwrap().iter().map(line).collect();
        let amount = read_fen(&finding["vola_amt"]).unwrap();
        format!("{} {} {amount}", finding["rule_id"].as_str().unwrap(), lines.join(" "))
    };
    findings.iter().map(finding).collect()
}

/// What the node has kept of the stay.
async fn kept(counter: &Counter) -> Vec<AuditFinding> {
    let code = &counter.play.hospital.settings().code;
    let area = counter.play.world.institution(code).unwrap().place.0.pooling_area();
    let store = &counter.play.world.province(hubei()).unwrap().node.context.store;
    let mut conn = store.conn().await.unwrap();
    store::audit::list(&mut conn, (area, code), &counter.play.visit.to_string()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_it_is_done_what_is_doubtful_is_told_and_kept_once() {
    let (counter, _, day) = in_hospital().await;
    let clean = question(&counter, &[order("O1", ICU, &day, 8, 160)]);
    assert!(found(&counter, "3101", &clean).await.is_empty());
    assert!(kept(&counter).await.is_empty());

    // An item of the other sex, and nursing beside intensive care.
    let other_sex =
        if counter.play.patient.citizen.is_male() { "003313010010000" } else { "003312010010000" };
    let orders = [
        order("O1", ICU, &day, 8, 160),
        order("O2", NURSING, &day, 1, 5),
        order("O3", other_sex, &day, 1, 900),
    ];
    let bad = question(&counter, &orders);
    let message = counter.message("M-AUDIT-1", "3101", &bad);
    let answer = counter.raw.ask(&message).await;
    let findings = answer["output"]["result"].as_array().unwrap();
    assert_eq!(shown(findings), ["YD0101 O1:2 O2:1 5.00", "YD0202 O3:1 900.00"], "{answer}");
    for finding in findings {
        assert_eq!(
            (&finding["patn_id"], &finding["sev_deg"]),
            (&json!(counter.play.patient.number.as_str()), &json!("2"))
        );
        assert_eq!(finding["mdtrt_id"], json!(counter.play.visit.to_string()));
        assert!(finding["vola_cont"].as_str().unwrap().contains('【'), "{finding}");
    }
    assert_eq!(counter.raw.ask(&message).await, answer, "sent again, nothing is found twice");
    let stored = kept(&counter).await;
    assert_eq!(stored.len(), 2);
    for (finding, stored) in findings.iter().zip(&stored) {
        assert_eq!((&json!(stored.id), &json!(stored.rule)), (&finding["jr_id"], &finding["rule_id"]));
        assert_eq!((stored.infno.as_str(), stored.scene.as_deref()), ("3101", Some("1")));
        assert!(stored.answer.is_none());
    }

    // A visit that is the hospital's own affair until it is admitted.
    let anew = with(&bad, "/data/patient_dtos/curr_mdtrt_id", json!("MZ-1"));
    let anew = with(&anew, "/data/patient_dtos/fsi_encounter_dtos/0/mdtrt_id", json!("MZ-1"));
    assert_eq!(found(&counter, "3101", &anew).await.len(), 2);
    assert_eq!(found(&counter, "3102", &anew).await.len(), 2);
    let one = with(&anew, "/data/rule_ids", json!(["YD0202"]));
    assert_eq!(shown(&found(&counter, "3101", &one).await), ["YD0202 O3:1 900.00"]);
    let none = with(&anew, "/data/rule_ids", json!(["R01"]));
    counter.refused("no such rule", "3101", &none, "字段[rule_ids]不合规").await;
    let empty = question(&counter, &[]);
    counter.refused("no order", "3101", &empty, "fsi_order_dtos]不能为空").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_stay_lasts_orders_meet_what_was_uploaded() {
    let (counter, stay, day) = in_hospital().await;
    let at = counter.play.world.clock.now().plus_millis(-DAY);
    let line = |serial: &str, code: &str| Line {
        serial: serial.to_owned(),
        code: code.to_owned(),
        own_code: format!("OWN{code}"),
        name: "项目".to_owned(),
        amount: Fen::yuan(10),
        quantity: 10_000,
        price: "10".parse().unwrap(),
        at,
    };
    counter.done("2301", &counter.lines(&stay, &[line("F1", BLOOD_COUNT), line("F2", NURSING)])).await;

    let same_item = question(&counter, &[order("O1", BLOOD_COUNT, &day, 1, 10)]);
    assert!(
        found(&counter, "3101", &same_item).await.is_empty(),
        "before it is done, only the message is looked at"
    );
    let doubled = found(&counter, "3102", &same_item).await;
    assert_eq!(shown(&doubled), ["YD0102 O1:2 F1:1 10.00"]);
    let same_order = question(&counter, &[order("F1", BLOOD_COUNT, &day, 1, 10)]);
    assert!(
        found(&counter, "3102", &same_order).await.is_empty(),
        "the order that was uploaded is not there twice"
    );
    let intensive = question(&counter, &[order("O2", ICU, &day, 8, 160)]);
    assert_eq!(shown(&found(&counter, "3102", &intensive).await), ["YD0101 O2:2 F2:1 10.00"]);

    // The doctor says what was done; nobody else's finding, and none of the other stage.
    let id = doubled[0]["jr_id"].as_str().unwrap();
    let feedback = |warn_type: &str, id: &str, way: &str| {
        json!({ "data": { "warn_type": warn_type, "warns": [
            { "warn_rslt_id": id, "dspo_way": way, "dspo_way_rea": "病情变化，须复查" },
        ]}})
    };
    let unknown = "420000179526000000000000000001";
    counter.refused("unknown", "3103", &feedback("2", unknown, "1"), "未查到本机构事中分析的违规标识").await;
    counter.refused("another stage", "3103", &feedback("1", id, "1"), "未查到本机构事前分析的违规标识").await;
    let mut both = feedback("2", id, "1");
    both["data"]["warns"].as_array_mut().unwrap().push(json!({ "warn_rslt_id": unknown, "dspo_way": "2" }));
    counter.refused("one is unknown", "3103", &both, unknown).await;
    assert!(kept(&counter).await.iter().all(|finding| finding.answer.is_none()), "all or none");
    for way in ["1", "2"] {
        assert!(counter.done("3103", &feedback("2", id, way)).await.is_null());
        let stored = kept(&counter).await;
        let answer = stored.iter().find(|finding| finding.id == id).unwrap().answer.clone().unwrap();
        assert_eq!((answer.disposition.as_str(), answer.reason.as_deref()), (way, Some("病情变化，须复查")));
    }
    let other = counter.ask("3103", &feedback("2", id, "3")).await;
    assert!(sentence(&other).contains("dspo_way"), "{other}");
}
