//! Messages sent again, at once and in other dress: the first answer is the answer, and the same thing said otherwise is the
//! same thing.

use crate::desk::{Counter, with};
use crate::play::hubei;
use crate::raw::{envelope, sentence};
use country::{
    bills,
    hospital::{AddressForm, amount},
};
use hyper::Method;
use serde_json::{Value, json};
use terms::{AdmissionKind, Clock};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_sent_again_gets_its_first_answer() {
    let mut counter = Counter::open().await;
    let total = counter.play.total;
    let post = async |message: &Value| counter.raw.post(message.to_string()).await.1;
    let message = |msgid: &str, infno: &str, input: &Value| counter.message(msgid, infno, input);

    // A refusal is the first answer as well; another transaction under the same id is another message.
    let wrong = with(&counter.settle(total), "/data/medfee_sumamt", json!(1));
    let refused = post(&message("m1", "2304", &wrong)).await;
    assert_eq!(post(&message("m1", "2304", &wrong)).await, refused, "to the byte");
    let reused = envelope((200, post(&message("m1", "2304", &counter.settle(total))).await));
    assert!(sentence(&reused).contains("请更换msgid"), "{reused}");
    let trial = envelope((200, post(&message("m1", "2303", &counter.settle(total))).await));
    assert_eq!(trial["infcode"], json!(0), "{trial}");

    // Two at once: one settlement, one answer.
    let both = message("m2", "2304", &counter.settle(total));
    let (one, other) = tokio::join!(post(&both), post(&both));
    assert_eq!(one, other);
    let settled = envelope((200, one.clone()));
    assert_eq!(settled["infcode"], json!(0), "{settled}");
    let mut later = both.clone();
    (later["inf_time"], later["opter"]) =
        (json!(counter.play.world.clock.now().plus_millis(60_000).to_string()), json!("0902"));
    assert_eq!(post(&later).await, one, "another time and operator are the same message");
    let setl_id = settled["output"]["setlinfo"]["setl_id"].as_str().unwrap().to_owned();
    let cancel = message("m2", "2305", &counter.cancel(&setl_id));
    let (one, other) = tokio::join!(post(&cancel), post(&cancel));
    assert_eq!((envelope((200, one.clone()))["infcode"].as_i64(), &one), (Some(0), &other));
    assert_eq!(post(&both).await, post(&both).await, "what is cancelled was still answered so");

    // Two at once of an admission, which is then reversed.
    let stay = counter.stay("ZY906");
    let admission = message("m3", "2401", &counter.play.hospital.admission(&counter.play.patient, &stay));
    let (one, other) = tokio::join!(post(&admission), post(&admission));
    assert_eq!((envelope((200, one.clone()))["infcode"].as_i64(), &one), (Some(0), &other));
    let reverse = |omsgid: &str, oinfno: &str| json!({ "data": { "psn_no": counter.play.patient.number.as_str(), "omsgid": omsgid, "oinfno": oinfno } });
    let reversal = message("m3", "2601", &reverse("m3", "2401"));
    assert_eq!(post(&reversal).await, post(&reversal).await);
    let gone = envelope((200, post(&admission).await));
    assert!(sentence(&gone).contains("已被冲正"), "{gone}");
    let admitted = counter.raw.ask(&message("m4", "2401", &admission["input"])).await;
    let visit = admitted["output"]["result"]["mdtrt_id"].as_str().unwrap().parse().unwrap();

    // With lines an admission is not reversed, and the refused reversal leaves it as it was.
    counter.play.visit = visit;
    let lines = counter.bill(&stay, 6);
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    counter.refused("with lines", "2601", &reverse("m4", "2401"), "明细").await;
    counter
        .refused("another's", "2601", &with(&reverse("m4", "2401"), "/data/psn_no", json!("9")), "psn_no")
        .await;
    counter.done("2402", &counter.discharge(&stay)).await;
    let settle = counter.message("m6", "2304", &counter.settle(bills::total(&lines)));
    assert_eq!(counter.raw.ask(&settle).await["infcode"], json!(0));
    counter
        .refused("another's", "2601", &with(&reverse("m6", "2304"), "/data/psn_no", json!("9")), "psn_no")
        .await;
    assert_eq!(counter.standing().await, [1, 1, 1]);
    counter.done("2601", &reverse("m6", "2304")).await;
    assert_eq!(counter.standing().await, [0, 0, 0]);
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dress_of_a_message_is_understood() {
    let mut counter = Counter::open().await;
    counter.done("2304", &counter.settle(counter.play.total)).await;
    let ask =
        counter.message("m1", "5206", &json!({ "data": { "psn_no": counter.play.patient.number.as_str() } }));
    let expected = counter.raw.ask(&ask).await["output"].take();
    for form in AddressForm::ALL {
        let came = counter.raw.send(Method::POST, &form.path("5206"), &[], ask.to_string()).await;
        assert_eq!(envelope(came)["output"], expected, "{form:?}");
    }
    for kind in ["text/plain;charset=UTF-8", "application/json", "application/x-www-form-urlencoded", ""] {
        let body = if kind.ends_with("urlencoded") { format!("={ask}") } else { format!("\u{feff}{ask}") };
        let headers: &[(&str, &str)] = if kind.is_empty() { &[] } else { &[("content-type", kind)] };
        let came = counter.raw.send(Method::POST, "/eapdomain/callService", headers, body).await;
        assert_eq!(envelope(came)["output"], expected, "{kind}");
    }

    // Every form of what says that an admission is an emergency; nodes and fields in other spellings.
    let stay = counter.stay("ZY907");
    for (exp_content, kind) in [
        (json!(r#"{"IPT_TYPE":"2"}"#), AdmissionKind::Emergency),
        (json!({ "ipt_type": 2 }), AdmissionKind::Emergency),
        (json!(r#"{"IPT_TYPE":"\2\","TRUM_FLAG":"\0\"}"#), AdmissionKind::Emergency),
        (json!(""), AdmissionKind::Ordinary),
    ] {
        let mut input = counter.play.hospital.admission(&counter.play.patient, &stay);
        let mut row = input["mdtrtinfo"].take();
        row.as_object_mut().unwrap().remove("exp_content");
        row["psn_No"] = row.as_object_mut().unwrap().remove("psn_no").unwrap();
        row["expContent"] = exp_content.clone();
        let disease = input["diseinfo"][0].take();
        counter.admitted_as(&json!({ "MdtrtInfo": [row], "diseinfo": disease })).await;
        let code = &counter.play.hospital.settings().code;
        let store = &counter.play.world.province(hubei()).unwrap().node.context.store;
        let visit =
            store::visit::find(&mut store.conn().await.unwrap(), code, counter.play.visit).await.unwrap();
        assert_eq!(visit.unwrap().admission_kind, kind, "{exp_content}");
        counter.done("2404", &counter.of_visit()).await;
    }

    // Numbers as text, one line as an object, a node's fields directly in the input.
    counter.admitted(&stay).await;
    let line = counter.bill(&stay, 8).remove(0);
    let mut row = counter.lines(&stay, std::slice::from_ref(&line))["feedetail"][0].take();
    for field in ["det_item_fee_sumamt", "cnt", "pric"] {
        row[field] = json!(row[field].to_string());
    }
    let split = counter.done("2301", &json!({ "fee_detail": row })).await;
    assert_eq!(split["result"][0]["det_item_fee_sumamt"], amount(line.amount), "{split}");
    let mut flat = counter.settle(line.amount)["data"].take();
    flat["medfee_sumamt"] = json!(line.amount.to_string());
    flat["invono"] = json!("90000001");
    flat["dscg_time"] = json!(stay.discharged.to_string());
    let settled = counter.done("2304", &flat).await;
    let found = counter.done("5203", &counter.cancel(settled["setlinfo"]["setl_id"].as_str().unwrap())).await;
    assert_eq!(found["setlinfo"]["invono"], json!("90000001"), "what was said flat is kept as well");
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_lies_in_one_bed() {
    let mut counter = Counter::open().await;
    for round in 0..12 {
        let admission = counter.play.hospital.admission(&counter.play.patient, &counter.stay("ZY908"));
        let two =
            ["one", "other"].map(|which| counter.message(&format!("{which}{round}"), "2401", &admission));
        let (one, other) = tokio::join!(counter.raw.ask(&two[0]), counter.raw.ask(&two[1]));
        let outcomes = one["infcode"].as_i64().unwrap() + other["infcode"].as_i64().unwrap();
        assert_eq!(outcomes, -1, "round {round}: {one} {other}");
        let admitted = if one["infcode"] == json!(0) { one } else { other };
        counter.play.visit = admitted["output"]["result"]["mdtrt_id"].as_str().unwrap().parse().unwrap();
        counter.done("2404", &counter.of_visit()).await;
    }
}
