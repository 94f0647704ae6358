//! Outpatient departments: visits whose bills are settled one by one, chronic diseases, emergencies and injuries, over real HTTP,
//! with every answer held against the standard's tables.

use crate::desk::{Counter, with};
use crate::play::{Play, beijing, hubei};
use crate::raw::{Raw, sentence};
use country::{
    bills::{self, Line, Order},
    hospital::{Bill, Hospital, Outpatient, Settled, amount, bill_input, description, registration},
    network::Fate,
};
use serde_json::{Value, json};
use terms::{Clock, Fen, TreatmentPlace, VisitId};

/// A counter of an outpatient department.
struct Desk {
    counter: Counter,
    outpatient: Outpatient,
    visit: VisitId,
    /// How many bills were made out so far.
    seed: u64,
}

impl Desk {
    /// Somebody registers and is described.
    async fn open(outpatient: impl Fn(Outpatient) -> Outpatient) -> Self {
        Self::at(Counter::open().await, outpatient).await
    }

    async fn at(counter: Counter, outpatient: impl Fn(Outpatient) -> Outpatient) -> Self {
        let at = counter.play.world.clock.now().plus_millis(-2 * 3_600_000);
        let outpatient = outpatient(Outpatient::ordinary("MZ900001", at));
        let mut desk = Self { visit: counter.play.visit, counter, outpatient, seed: 0 };
        desk.register().await;
        let input = desk.description();
        desk.counter.done("2203", &input).await;
        desk
    }

    async fn register(&mut self) {
        let input = registration(&self.counter.play.patient, &self.outpatient);
        let output = self.counter.done("2201", &input).await;
        assert_eq!(output["data"]["ipt_otp_no"], json!("MZ900001"));
        self.visit = output["data"]["mdtrt_id"].as_str().unwrap().parse().unwrap();
    }

    fn description(&self) -> Value {
        description(&self.counter.play.patient, self.visit, &self.outpatient)
    }

    /// Some lines with serials of their own.
    fn lines(&mut self, yuan: i64) -> Vec<Line> {
        self.seed += 1;
        let play = &self.counter.play;
        let level = play.world.institution(&play.hospital.settings().code).unwrap().level;
        let catalog = play.world.rules.catalog(hubei());
        let (admitted, discharged) = (self.outpatient.at, self.outpatient.at.plus_millis(3_600_000));
        let order = Order { level, admitted, discharged, total: Fen::yuan(yuan), lines: 5, seed: self.seed };
        let mut lines = bills::small_bill(&catalog, &order);
        for line in &mut lines {
            line.serial = format!("{}-{}", self.seed, line.serial);
        }
        lines
    }

    fn of(&self, bill: &str, lines: &[Line]) -> Value {
        bill_input(&self.counter.play.patient, self.visit, &self.outpatient, (bill, lines))
    }

    /// Uploads a bill; its total.
    async fn charge(&mut self, bill: &str, yuan: i64) -> Fen {
        let lines = self.lines(yuan);
        let split = self.counter.done("2204", &self.of(bill, &lines)).await;
        assert_eq!(split["result"].as_array().map(Vec::len), Some(lines.len()));
        bills::total(&lines)
    }

    fn bill(&self, name: &str, total: Fen) -> Value {
        let bill = Bill { name, total, outpatient: &self.outpatient };
        Hospital::bill_settlement_input(&self.counter.play.patient, self.visit, &bill)
    }

    async fn settle(&self, name: &str, total: Fen) -> Value {
        self.counter.done("2207", &self.bill(name, total)).await
    }

    fn of_visit(&self, more: &[(&str, &str)]) -> Value {
        let mut data = json!({
            "mdtrt_id": self.visit.to_string(), "psn_no": self.counter.play.patient.number.as_str(),
        });
        for (field, value) in more {
            data[*field] = json!(value);
        }
        json!({ "data": data })
    }

    async fn refused(&self, name: &str, infno: &str, input: &Value, words: &str) {
        self.counter.refused(name, infno, input, words).await;
    }
}

fn id_of(settled: &Value) -> String {
    settled["setlinfo"]["setl_id"].as_str().unwrap().to_owned()
}

fn check(output: &Value) -> Settled {
    let settled = Settled::read(&json!({ "output": output })).unwrap();
    assert_eq!(settled.broken_identities(), Vec::<String>::new());
    settled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ordinary_visit_is_tried_settled_cancelled_refunded_and_settled_again() {
    let mut desk = Desk::open(|visit| visit).await;
    // A second diagnosis is added by itself, and declared void by itself: nobody is told of it any more.
    let mut described = desk.description();
    let mut second = described["diseinfo"][0].clone();
    second["diag_srt_no"] = json!(2);
    second["diag_code"] = json!("I10.x00");
    let mut void = second.clone();
    void["vali_flag"] = json!("0");
    for (other, shown) in [(second, 2), (void, 1)] {
        described["diseinfo"] = json!([other]);
        desk.counter.done("2203", &described).await;
        let found = desk.counter.done("5202", &desk.of_visit(&[])).await;
        assert_eq!(found["diseinfo"].as_array().map(Vec::len), Some(shown), "{found}");
    }
    let lines = desk.lines(4_000);
    let total = bills::total(&lines);
    desk.counter.done("2204", &desk.of("P1", &lines)).await;
    let trial = desk.counter.done("2206", &desk.bill("P1", total)).await;
    assert_eq!(desk.counter.done("2206", &desk.bill("P1", total)).await["setldetail"], trial["setldetail"]);
    assert_eq!(desk.counter.standing().await, [0, 0, 0], "a trial writes nothing");
    let settled = desk.settle("P1", total).await;
    assert_eq!(settled["setldetail"], trial["setldetail"]);
    let first = check(&settled);
    assert!(first.fund_total.0 > 0 && first.person_total.0 > 0, "{settled}");
    let info = &settled["setlinfo"];
    assert_eq!((&info["clr_type"], &info["med_type"]), (&json!("11"), &json!("11")));
    assert_eq!(desk.counter.standing().await, [1, 1, 1]);

    // What is settled neither changes nor is settled twice.
    desk.refused("settled twice", "2207", &desk.bill("P1", total), "已结算").await;
    let more = desk.lines(100);
    desk.refused("more lines", "2204", &desk.of("P1", &more), "已结算").await;
    desk.refused("deleted", "2205", &desk.of_visit(&[("chrg_bchno", "P1")]), "已结算").await;
    desk.refused("withdrawn", "2202", &desk.of_visit(&[("ipt_otp_no", "MZ900001")]), "明细").await;
    desk.refused("as a stay", "2305", &desk.of_visit(&[("setl_id", &id_of(&settled))]), "普通门诊").await;
    desk.refused(
        "as another kind",
        "2203",
        &with(&desk.description(), "/mdtrtinfo/med_type", json!("13")),
        "已结算",
    )
    .await;

    // Cancelled, one line is refunded: 2204 has no field for the line, so it is found by item and price.
    let cancel = desk.of_visit(&[("setl_id", &id_of(&settled))]);
    let undone = desk.counter.done("2208", &cancel).await;
    assert_eq!(undone["setlinfo"]["medfee_sumamt"], amount(-total));
    assert_eq!(undone["setlinfo"]["pdn_cash_pay"], undone["setlinfo"]["psn_cash_pay"]);
    desk.refused("cancelled twice", "2208", &cancel, "不能再次撤销").await;
    let line = &lines[0];
    let back =
        Line { serial: "退1".to_owned(), quantity: -line.quantity, amount: -line.amount, ..line.clone() };
    desk.counter.done("2204", &desk.of("P1", std::slice::from_ref(&back))).await;
    let twice = Line { serial: "退2".to_owned(), ..back };
    desk.refused("refunded twice", "2204", &desk.of("P1", &[twice]), "退费").await;
    desk.refused("the old total", "2207", &desk.bill("P1", total), "不一致").await;
    let left = total - line.amount;
    let again = desk.settle("P1", left).await;
    assert_eq!(check(&again).total, left);

    // What is asked about it.
    let by_id = desk.of_visit(&[("setl_id", &id_of(&again))]);
    let found = desk.counter.done("5203", &by_id).await;
    assert_eq!(
        (&found["setlinfo"]["clr_type"], &found["setlinfo"]["medfee_sumamt"]),
        (&json!("11"), &amount(left))
    );
    assert_eq!(desk.counter.done("5204", &by_id).await.as_array().map(Vec::len), Some(lines.len() + 1));
    let all = desk.counter.done("5204", &desk.of_visit(&[])).await;
    assert!(all.as_array().unwrap().iter().all(|line| line["setl_id"] == json!(id_of(&again))), "{all}");
    let visits = desk.counter.done("5201", &desk.of_visit(&[])).await;
    let visit = &visits["mdtrtinfo"][0];
    assert_eq!((&visit["med_type"], &visit["ipt_otp_no"]), (&json!("11"), &json!("MZ900001")));
    assert_eq!(visit["otp_diag_info"], json!("J06.900急性上呼吸道感染"));
    let patient = desk.counter.play.patient.clone();
    let inside = desk.counter.done("5303", &json!({ "data": { "psn_no": patient.number.as_str() } })).await;
    assert_eq!(inside["data"], json!([]), "nobody lies in an outpatient department");
    assert_eq!(desk.counter.standing().await, [1, 1, 1]);
    desk.counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bills_of_a_visit_are_settled_one_by_one() {
    let mut desk = Desk::open(|visit| visit).await;
    let first = desk.charge("P1", 3_000).await;
    let second = desk.charge("P2", 2_000).await;
    let third = desk.charge("P3", 100).await;
    desk.refused("of no bill", "2206", &desk.bill("P4", first), "收费批次[P4]").await;
    desk.refused("of another bill", "2207", &desk.bill("P2", first), "不一致").await;
    let one = desk.settle("P1", first).await;
    let two = desk.settle("P2", second).await;
    assert_eq!(desk.counter.standing().await, [2, 2, 2]);
    // The deductible of the year was paid with the first.
    assert!(check(&one).deductible.0 > 0 && check(&two).deductible.0 == 0, "{one} {two}");
    let of_two = desk.of_visit(&[("setl_id", &id_of(&two))]);
    let lines = desk.counter.done("5204", &of_two).await;
    assert!(
        lines.as_array().unwrap().iter().all(|line| line["feedetl_sn"].as_str().unwrap().starts_with("2-"))
    );

    // 0000 deletes what is not settled, and only that.
    desk.counter.done("2205", &desk.of_visit(&[("chrg_bchno", "0000")])).await;
    desk.refused("deleted", "2207", &desk.bill("P3", third), "收费批次[P3]").await;
    desk.counter.done("2208", &desk.of_visit(&[("setl_id", &id_of(&one))])).await;
    assert_eq!(desk.counter.standing().await, [1, 1, 1]);
    desk.counter.done("2205", &desk.of_visit(&[("chrg_bchno", "P1")])).await;
    desk.counter.done("2208", &of_two).await;
    desk.counter.done("2205", &desk.of_visit(&[("chrg_bchno", "P2")])).await;
    desk.counter.done("2202", &desk.of_visit(&[("ipt_otp_no", "MZ900001")])).await;
    let more = desk.lines(100);
    desk.refused("withdrawn", "2204", &desk.of("P9", &more), "已撤销").await;
    desk.counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_says_what_it_is_before_it_is_settled() {
    let mut desk = Desk::open(|visit| visit).await;
    desk.register().await;
    let total = desk.charge("P1", 60).await;
    desk.refused("not described", "2207", &desk.bill("P1", total), "先以2203上传").await;
    let fee = with(&desk.bill("P1", total), "/data/med_type", json!("12"));
    let settled = desk.counter.done("2207", &fee).await;
    assert_eq!(settled["setlinfo"]["med_type"], json!("12"), "the fee of the registration alone");
    desk.counter.done("2203", &desk.description()).await;
    let total = desk.charge("P2", 500).await;
    desk.refused(
        "another kind",
        "2206",
        &with(&desk.bill("P2", total), "/data/med_type", json!("14")),
        "med_type",
    )
    .await;
    desk.refused(
        "a stay",
        "2203",
        &with(&desk.description(), "/mdtrtinfo/med_type", json!("21")),
        "med_type",
    )
    .await;
    desk.refused(
        "childbirth",
        "2203",
        &with(&desk.description(), "/mdtrtinfo/med_type", json!("51")),
        "med_type",
    )
    .await;
    desk.settle("P2", total).await;

    // Transactions of stays are not for it, and those of outpatients not for a stay.
    for infno in ["2402", "2404"] {
        let input = if infno == "2402" {
            json!({ "dscginfo": {
                "mdtrt_id": desk.visit.to_string(), "psn_no": desk.counter.play.patient.number.as_str(), "insutype": "310",
                "endtime": desk.outpatient.at.to_string(), "dscg_dept_codg": "A", "dscg_dept_name": "内科", "dscg_bed": "1",
                "dscg_way": "1",
            }})
        } else {
            desk.of_visit(&[])
        };
        desk.refused(infno, infno, &input, "普通门诊").await;
    }
    let stay = desk.counter.play.visit.to_string();
    let of_stay = |input: &Value, pointer: &str| with(input, pointer, json!(stay));
    desk.refused("of a stay", "2202", &of_stay(&desk.of_visit(&[]), "/data/mdtrt_id"), "住院").await;
    desk.refused("of a stay", "2206", &of_stay(&desk.bill("P2", total), "/data/mdtrt_id"), "住院").await;
    let stays_total = desk.counter.play.total;
    let as_stay = with(&desk.counter.settle(stays_total), "/data/mdtrt_id", json!(desk.visit.to_string()));
    desk.refused("as a stay", "2304", &as_stay, "普通门诊").await;
    desk.counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chronic_disease_is_settled_for_who_is_registered_for_it() {
    let mut desk = Desk::open(|visit| visit.chronic("M07803", "肾衰竭血液透析")).await;
    let total = desk.charge("P1", 4_000).await;
    desk.refused("not registered", "2206", &desk.bill("P1", total), "病种[M07803]").await;
    desk.refused("not registered", "2207", &desk.bill("P1", total), "病种[M07803]").await;
    let patient = desk.counter.play.patient.clone();
    let register = json!({ "data": {
        "psn_no": patient.number.as_str(), "insutype": "310", "opsp_dise_code": "M07803", "opsp_dise_name": "肾衰竭血液透析",
        "insu_optins": patient.insured.to_string(), "ide_fixmedins_no": desk.counter.play.hospital.settings().code.as_str(),
        "ide_fixmedins_name": desk.counter.play.hospital.settings().name,
        "hosp_ide_date": desk.outpatient.at.day().plus_days(-9).to_string(), "diag_dr_codg": "D900000000001",
        "diag_dr_name": "医师某", "begndate": desk.outpatient.at.day().plus_days(-9).to_string(), "enddate": "",
    }});
    desk.counter.done("2503", &register).await;
    let trial = desk.counter.done("2206", &desk.bill("P1", total)).await;
    let settled = desk.settle("P1", total).await;
    assert_eq!(settled["setldetail"], trial["setldetail"]);
    assert!(check(&settled).fund_total.0 > 0);
    assert_eq!(settled["setlinfo"]["clr_type"], json!("14"));

    // Without a disease nobody knows what to look for; with another one it is another registration.
    desk.outpatient.disease = None;
    desk.register().await;
    desk.counter.done("2203", &desk.description()).await;
    let total = desk.charge("P2", 300).await;
    desk.refused("no disease", "2207", &desk.bill("P2", total), "dise_codg").await;
    desk.outpatient.disease = Some(("M03900".to_owned(), "高血压".to_owned()));
    let total = desk.charge("P3", 300).await;
    desk.refused("another disease", "2207", &desk.bill("P3", total), "病种[M03900]").await;
    let mut mixed = desk.of("P4", &desk.counter.bill(&desk.counter.stay("ZY9"), 3)[..2]);
    mixed["feedetail"][1]["dise_codg"] = json!("M07803");
    desk.refused("two diseases", "2204", &mixed, "dise_codg").await;
    desk.counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_counts_as_filed_once_for_all_its_bills() {
    let elsewhere = TreatmentPlace("420500".parse().unwrap());
    let play = Play::prepare_filed(crate::play::world().await, elsewhere).await;
    let raw = Raw::to(&play.world.province(hubei()).unwrap().url());
    let mut desk = Desk::at(Counter { play, raw }, Outpatient::emergency).await;
    assert_eq!(deemed_filings(&desk).await, 0);
    let ordinary = with(&desk.description(), "/mdtrtinfo/exp_content", json!("{\"OTP_ER_REFL_FLAG\":\"2\"}"));
    desk.refused("no emergency", "2203", &ordinary, "OTP_ER_REFL_FLAG").await;
    let first = desk.charge("P1", 3_000).await;
    let second = desk.charge("P2", 1_000).await;
    let settled = desk.settle("P1", first).await;
    assert_eq!(settled["setlinfo"]["med_type"], json!("13"));
    desk.settle("P2", second).await;
    assert_eq!(desk.counter.standing().await, [2, 2, 2]);
    assert_eq!(deemed_filings(&desk).await, 1);
    desk.counter.play.dust_settles().await;
}

/// How many filings of the patient are those of an emergency that counts as filed.
async fn deemed_filings(desk: &Desk) -> usize {
    let play = &desk.counter.play;
    let side = play.world.province(beijing()).unwrap();
    let mut conn = side.node.context.store.conn().await.unwrap();
    let area = play.patient.insured.pooling_area();
    let filings = store::filing::of_person(&mut conn, area, &play.patient.number).await.unwrap();
    filings.iter().filter(|filing| filing.deemed).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_third_party_did_is_not_paid() {
    let mut desk = Desk::open(|visit| visit.injury(false)).await;
    let liable = Outpatient { third_party: Some(true), ..desk.outpatient.clone() };
    let patient = desk.counter.play.patient.clone();
    desk.refused("liable", "2203", &description(&patient, desk.visit, &liable), "第三方责任").await;
    let silent = with(&desk.description(), "/mdtrtinfo/exp_content", json!("{\"TRUM_FLAG\":\"1\"}"));
    desk.refused("silent", "2203", &silent, "REL_TTP_FLAG").await;
    let total = desk.charge("P1", 3_000).await;
    let bill = Bill { name: "P1", total, outpatient: &liable };
    let said_late = Hospital::bill_settlement_input(&patient, desk.visit, &bill);
    desk.refused("said late", "2207", &said_late, "第三方责任").await;
    desk.settle("P1", total).await;
    desk.counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settlement_sent_again_has_its_first_answer_and_a_reversed_one_never_stands() {
    let mut desk = Desk::open(|visit| visit).await;
    let total = desk.charge("P1", 3_000).await;
    let ask = desk.counter.message("m1", "2207", &desk.bill("P1", total));
    let first = desk.counter.raw.ask(&ask).await;
    assert_eq!(first["infcode"], json!(0), "{first}");
    assert_eq!(desk.counter.raw.ask(&ask).await, first, "to the letter");
    let other = desk.counter.message("m1", "2207", &desk.bill("P1", total + Fen(1)));
    assert!(sentence(&desk.counter.raw.ask(&other).await).contains("更换msgid"));
    let patient = desk.counter.play.patient.clone();
    let reverse = |omsgid: &str, oinfno: &str| json!({ "data": { "psn_no": patient.number.as_str(), "omsgid": omsgid, "oinfno": oinfno } });
    desk.counter.done("2601", &reverse("m1", "2207")).await;
    assert_eq!(desk.counter.standing().await, [0, 0, 0]);
    assert!(sentence(&desk.counter.raw.ask(&ask).await).contains("冲正"));

    // One that never came, and comes later.
    desk.counter.done("2601", &reverse("m2", "2207")).await;
    let late = desk.counter.message("m2", "2207", &desk.bill("P1", total));
    assert!(sentence(&desk.counter.raw.ask(&late).await).contains("冲正"));
    // One whose question is lost on the way: the hospital hears that nobody knows, and asks again.
    let side = desk.counter.play.world.province(hubei()).unwrap();
    side.to_hub.as_ref().unwrap().next([Fate::DropResponse]);
    let ask = desk.counter.message("m3", "2207", &desk.bill("P1", total));
    let unknown = desk.counter.raw.ask(&ask).await;
    assert!(sentence(&unknown).contains("正在向参保地核实"), "{unknown}");
    desk.refused("held", "2206", &desk.bill("P1", total), "正在结算").await;
    let known = desk.counter.raw.ask(&ask).await;
    assert_eq!(known["infcode"], json!(0), "{known}");
    assert_eq!(desk.counter.standing().await, [1, 1, 1]);

    // A registration is reversed as long as nothing is charged.
    let input = registration(&patient, &desk.outpatient);
    let message = desk.counter.message("m4", "2201", &input);
    let registered = desk.counter.raw.ask(&message).await;
    desk.counter.done("2601", &reverse("m4", "2201")).await;
    desk.visit = registered["output"]["data"]["mdtrt_id"].as_str().unwrap().parse().unwrap();
    let lines = desk.lines(100);
    desk.refused("reversed", "2204", &desk.of("P1", &lines), "已撤销").await;
    desk.counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_a_editions_bring_the_lines_of_the_bill_with_them() {
    let mut desk = Desk::open(|visit| visit).await;
    let lines = desk.lines(3_000);
    let total = bills::total(&lines);
    let mut both = desk.bill("P1", total);
    both["feedetail"] = desk.of("P1", &lines)["feedetail"].clone();
    let trial = desk.counter.done("2206A", &both).await;
    assert_eq!(desk.counter.done("5204", &desk.of_visit(&[])).await, json!([]), "a trial forgets its lines");
    let settled = desk.counter.done("2207A", &both).await;
    assert_eq!(settled["setldetail"], trial["setldetail"]);
    desk.refused("held", "2206A", &both, "已结算").await;
    desk.counter.done("2208", &desk.of_visit(&[("setl_id", &id_of(&settled))])).await;
    // The lines that come with the next settlement take their place; one that the hospital did not approve is not paid.
    both["feedetail"][0]["hosp_appr_flag"] = json!("2");
    let dearer = desk.counter.done("2207A", &both).await;
    assert!(check(&dearer).parts[0] > check(&settled).parts[0], "{dearer}");
    assert_eq!(desk.counter.standing().await, [1, 1, 1]);
    desk.counter.play.dust_settles().await;
}
