//! What guests bring along: an injury and the declaration about it, medicine to take home, examinations and purchases outside
//! during a stay, a chronic disease beside an ordinary one. Over real HTTP.

use crate::desk::{Counter, with};
use crate::play::hubei;
use country::{
    bills,
    hospital::{Bill, Hospital, Outpatient, Settled, bill_input, read_fen},
};
use node::api::client::Client;
use serde_json::{Value, json};
use terms::{Clock, Fen};
use wire::api::SettlementView;

fn clerk(counter: &Counter) -> Client {
    Client {
        node: counter.play.world.province(hubei()).unwrap().url(),
        token: "令牌".to_owned(),
        operator: Some("经办人甲".to_owned()),
        duty: None,
    }
}

/// What the province's clerks see of a settlement.
async fn seen(counter: &Counter, output: &Value) -> SettlementView {
    let id = output["setlinfo"]["setl_id"].as_str().unwrap();
    clerk(counter).get(&format!("/api/v1/settlements/{id}")).await.unwrap()
}

fn said(output: &Value, field: &str) -> Fen {
    read_fen(&output["setlinfo"][field]).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_injured_declares_that_nobody_else_is_liable() {
    let mut counter = Counter::open().await;
    let plain = counter.done("2304", &counter.settle(counter.play.total)).await;
    assert_eq!(seen(&counter, &plain).await.no_third_party_declared_at, None);

    let stay = counter.stay("ZY920001");
    let admission = counter.play.hospital.admission(&counter.play.patient, &stay);
    let of = |exp: &str| with(&admission, "/mdtrtinfo/exp_content", json!(exp));
    counter
        .refused("liable", "2401", &of("{\"TRUM_FLAG\":\"1\",\"REL_TTP_FLAG\":\"1\"}"), "第三方责任")
        .await;
    counter.refused("silent", "2401", &of("{\"TRUM_FLAG\":\"1\"}"), "REL_TTP_FLAG").await;
    counter.admitted_as(&of("{\"TRUM_FLAG\":\"1\",\"REL_TTP_FLAG\":\"0\"}")).await;
    let lines = counter.bill(&stay, 2);
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    counter.done("2402", &counter.discharge(&stay)).await;
    let settled = counter.done("2304", &counter.settle(bills::total(&lines))).await;
    let view = seen(&counter, &settled).await;
    let today = counter.play.world.clock.now().day().to_string();
    assert!(view.no_third_party_declared_at.is_some_and(|at| at.starts_with(&today)), "it is on record");

    // An outpatient says it with the settlement of the bill.
    let play = &counter.play;
    let outpatient = Outpatient::ordinary("MZ920002", play.world.clock.now().plus_millis(-7_200_000));
    let visit = play.hospital.register(&play.patient, &outpatient).await.unwrap();
    play.hospital.describe(&play.patient, visit, &outpatient).await.unwrap();
    let mut lines = counter.bill(&stay, 3);
    for line in &mut lines {
        line.at = outpatient.at;
    }
    counter.done("2204", &bill_input(&play.patient, visit, &outpatient, ("P1", &lines))).await;
    let injured = outpatient.clone().injury(false);
    let bill = Bill { name: "P1", total: bills::total(&lines), outpatient: &injured };
    let settled = counter.done("2207", &Hospital::bill_settlement_input(&play.patient, visit, &bill)).await;
    assert!(seen(&counter, &settled).await.no_third_party_declared_at.is_some());
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn medicine_to_take_home_and_services_outside_belong_to_the_stay() {
    let mut counter = Counter::open().await;
    let stay = counter.stay("ZY920003");
    let total = counter.play.total;
    counter.done("2304", &counter.settle(total)).await;
    counter.admitted(&stay).await;
    let lines = counter.bill(&stay, 4);
    let mut upload = counter.lines(&stay, &lines);
    let rows = upload["feedetail"].as_array_mut().unwrap();
    // Ninety days' worth: an audit may wonder, the settlement does not.
    for (field, value) in [("dscg_tkdrug_flag", "1"), ("prd_days", "90")] {
        rows[0][field] = json!(value);
    }
    for (field, value) in [("etip_flag", "1"), ("etip_hosp_code", "H42010600902")] {
        rows[1][field] = json!(value);
    }
    for (field, value) in [("rx_circ_flag", "1"), ("rxno", "CF900001")] {
        rows[2][field] = json!(value);
    }
    let outside = with(&upload, "/feedetail/2/fee_ocur_time", json!("2020-01-01 10:00:00"));
    counter.refused("outside the stay", "2301", &outside, "fee_ocur_time").await;
    counter.done("2301", &upload).await;
    counter.done("2402", &counter.discharge(&stay)).await;
    let settled = counter.done("2304", &counter.settle(bills::total(&lines))).await;
    let found = counter.done("5204", &counter.cancel(settled["setlinfo"]["setl_id"].as_str().unwrap())).await;
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), lines.len(), "all of them are the stay's");
    let line =
        |number: usize| found.iter().find(|row| row["feedetl_sn"] == json!(lines[number].serial)).unwrap();
    assert_eq!((&line(0)["dscg_tkdrug_flag"], &line(0)["prd_days"]), (&json!("1"), &json!(90)));
    assert_eq!((&line(1)["etip_flag"], &line(1)["etip_hosp_code"]), (&json!("1"), &json!("H42010600902")));
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_visit_has_an_ordinary_bill_and_one_for_a_chronic_disease() {
    let counter = Counter::open().await;
    let play = &counter.play;
    let at = play.world.clock.now().plus_millis(-7_200_000);
    let day = at.day().plus_days(-9).to_string();
    let settings = play.hospital.settings();
    let register = json!({ "data": {
        "psn_no": play.patient.number.as_str(), "insutype": "310", "opsp_dise_code": "M07803",
        "opsp_dise_name": "肾衰竭血液透析", "insu_optins": play.patient.insured.to_string(),
        "ide_fixmedins_no": settings.code.as_str(), "ide_fixmedins_name": settings.name, "hosp_ide_date": day,
        "diag_dr_codg": "D900000000001", "diag_dr_name": "医师某", "begndate": day, "enddate": "",
    }});
    counter.done("2503", &register).await;
    let ordinary = Outpatient::ordinary("MZ920003", at);
    let chronic = ordinary.clone().chronic("M07803", "肾衰竭血液透析");
    let visit = play.hospital.register(&play.patient, &ordinary).await.unwrap();
    play.hospital.describe(&play.patient, visit, &ordinary).await.unwrap();
    let mut settled = Vec::new();
    for (number, name, kind) in [(1, "P1", &ordinary), (2, "P2", &chronic)] {
        let mut lines = counter.bill(&counter.stay("ZY920004"), 5);
        for line in &mut lines {
            line.at = at;
            line.serial = format!("{number}-{}", line.serial);
        }
        counter.done("2204", &bill_input(&play.patient, visit, kind, (name, &lines))).await;
        let bill = Bill { name, total: bills::total(&lines), outpatient: kind };
        let input = Hospital::bill_settlement_input(&play.patient, visit, &bill);
        let trial = counter.done("2206", &input).await;
        let output = counter.done("2207", &input).await;
        assert_eq!(output["setldetail"], trial["setldetail"]);
        assert_eq!(output["setlinfo"]["clr_type"], trial["setlinfo"]["clr_type"]);
        let read = Settled::read(&json!({ "output": output })).unwrap();
        assert_eq!(read.broken_identities(), Vec::<String>::new());
        settled.push(output);
    }
    let kinds: Vec<_> = settled.iter().map(|one| one["setlinfo"]["clr_type"].clone()).collect();
    assert_eq!(kinds, [json!("11"), json!("14")]);
    assert_eq!(said(&settled[0], "medfee_sumamt"), said(&settled[1], "medfee_sumamt"), "the same fees");
    assert_ne!(
        said(&settled[0], "fund_pay_sumamt"),
        said(&settled[1], "fund_pay_sumamt"),
        "each by its own rule"
    );
    assert_eq!(counter.standing().await, [2, 2, 2]);
    counter.play.dust_settles().await;
}
