//! The counter: every transaction over real HTTP, its answer field by field against the standard's tables, and every no that
//! a cashier can hear.

use crate::desk::{Counter, DAY, renamed, with};
use country::{
    bills::{self, Line},
    hospital::amount,
};
use serde_json::json;
use terms::{Clock, Fen};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transaction_answers_as_the_standards_tables_say() {
    let mut counter = Counter::open().await;
    let patient = counter.play.patient.clone();
    let signed =
        counter.done("9001", &json!({ "signIn": { "opter_no": "0901", "mac": "", "ip": "" } })).await;
    let person = counter.done("1101", &json!({ "data": {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": patient.citizen.reveal(), "certno": "", "psn_name": patient.name,
    }})).await;
    assert_eq!(person["baseinfo"]["psn_no"], json!(patient.number.as_str()));
    assert_eq!(person["insuinfo"][0]["insutype"], json!("310"));
    assert_eq!(person["insuinfo"][0]["insuplc_admdvs"], json!(patient.insured.to_string()));
    let code = counter.play.hospital.settings().code.to_string();
    let found = counter
        .done("1201", &json!({ "medinsinfo": { "fixmedins_type": "1", "fixmedins_code": code } }))
        .await;
    assert_eq!(found["medinsinfo"].as_array().map(Vec::len), Some(1));
    let named = counter.done("1201", &json!({ "medinsinfo": { "fixmedins_name": "示范" } })).await;
    assert!(named["medinsinfo"].as_array().unwrap().len() >= 5);

    // The prepared stay is settled and cancelled first, then settled for good.
    let total = counter.play.total;
    let trial = counter.done("2303", &counter.settle(total)).await;
    let settled = counter.done("2304", &counter.settle(total)).await;
    for field in
        ["medfee_sumamt", "fund_pay_sumamt", "psn_part_amt", "hifp_pay", "act_pay_dedc", "inscp_scp_amt"]
    {
        assert_eq!(trial["setlinfo"][field], settled["setlinfo"][field], "{field}");
    }
    assert_eq!(settled["setlinfo"]["medfee_sumamt"], amount(total));
    assert_eq!(settled["setlinfo"]["psn_cash_pay"], settled["setlinfo"]["psn_part_amt"], "no account pays");
    let pool = &settled["setldetail"][0];
    assert_eq!(
        (&pool["fund_pay_type"], &pool["fund_payamt"]),
        (&json!("310100"), &settled["setlinfo"]["hifp_pay"])
    );
    let process = pool["setl_proc_info"].as_str().unwrap_or_default();
    assert!(process.contains("退休") && process.contains("支付"), "how it came about: {process}");
    let first = settled["setlinfo"]["setl_id"].as_str().unwrap().to_owned();
    let found = counter.done("5203", &counter.cancel(&first)).await;
    assert_eq!(
        (&found["setlinfo"]["refd_setl_flag"], &found["setlinfo"]["medfee_sumamt"]),
        (&json!("0"), &amount(total))
    );
    let undone = counter.done("2305", &counter.cancel(&first)).await;
    assert_eq!(undone["setlinfo"]["medfee_sumamt"], amount(-total));
    let undo = undone["setlinfo"]["setl_id"].as_str().unwrap().to_owned();
    let found = counter.done("5203", &counter.cancel(&first)).await;
    assert_eq!(found["setlinfo"]["refd_setl_flag"], json!("1"));
    let found = counter.done("5203", &counter.cancel(&undo)).await;
    assert_eq!(
        (&found["setlinfo"]["setl_id"], &found["setlinfo"]["medfee_sumamt"]),
        (&json!(undo), &amount(-total))
    );
    let again = counter.done("2304", &counter.settle(total)).await;
    assert_eq!(
        again["setldetail"], settled["setldetail"],
        "cancelled and settled again, it comes to the same"
    );

    // A stay that is settled without having been discharged, with everything in between.
    let stay = counter.stay("ZY900");
    counter.admitted(&stay).await;
    let inpatients = counter.done("5303", &json!({ "data": { "psn_no": patient.number.as_str() } })).await;
    assert_eq!(inpatients["data"].as_array().map(Vec::len), Some(1), "the discharged stay is not among them");
    let lines = counter.bill(&stay, 9);
    let split = counter.done("2301", &counter.lines(&stay, &lines)).await;
    assert_eq!(split["result"].as_array().map(Vec::len), Some(lines.len()));
    counter.done("2403", &counter.correction(&stay)).await;
    counter.done("2402", &counter.discharge(&stay)).await;
    counter.done("2405", &counter.of_visit()).await;
    let period = json!({ "data": {
        "psn_no": patient.number.as_str(), "begntime": stay.admitted.day().plus_days(-1).to_string(), "endtime": stay.admitted.day().to_string(),
        "med_type": "21", "mdtrt_id": "",
    }});
    let visits = counter.done("5201", &period).await;
    assert_eq!(visits["mdtrtinfo"].as_array().map(Vec::len), Some(2));
    let details = counter.done("5204", &counter.of_visit()).await;
    let sum: Fen = details
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["det_item_fee_sumamt"].to_string().parse::<Fen>().unwrap())
        .sum();
    assert_eq!(sum, bills::total(&lines));
    let year = counter.done("5206", &json!({ "data": { "psn_no": patient.number.as_str() } })).await;
    let count =
        year["cuminfo"].as_array().unwrap().iter().find(|row| row["cum_type_code"] == "IPT_CNT").unwrap();
    assert_eq!(count["cum"], json!(1.0));
    let yesterday = counter.play.world.clock.now().day().plus_days(-1).to_string();
    let settle = with(&counter.settle(sum), "/data/dscgTime", json!(yesterday));
    let settled = counter.done("2304", &settle).await;
    let of_settlement = counter.cancel(settled["setlinfo"]["setl_id"].as_str().unwrap());
    assert_eq!(counter.done("5204", &of_settlement).await.as_array().map(Vec::len), Some(lines.len()));
    let visit = counter.done("5201", &counter.of_visit()).await;
    assert!(visit["mdtrtinfo"][0]["endtime"].as_str().unwrap().starts_with(&yesterday), "{visit}");
    assert_eq!(counter.standing().await, [2, 2, 2]);

    // A stay that comes to nothing.
    counter.admitted(&counter.stay("ZY901")).await;
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    let mut all = counter.of_visit();
    all["data"]["feedetl_sn"] = json!("0000");
    counter.done("2302", &all).await;
    counter.done("2404", &counter.of_visit()).await;
    let signed_out = json!({ "signOut": { "sign_no": signed["signinoutb"]["sign_no"], "opter_no": "0901" } });
    counter.done("9002", &signed_out).await;
    counter.refused("signed out twice", "9002", &signed_out, "sign_no").await;
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn details_are_refunded_in_parts_and_deleted_one_by_one() {
    let mut counter = Counter::open().await;
    counter.done("2304", &counter.settle(counter.play.total)).await;
    let stay = counter.stay("ZY902");
    counter.admitted(&stay).await;
    let lines = counter.bill(&stay, 3);
    let line = lines.iter().find(|line| line.quantity >= 30_000).expect("three of something").clone();
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    let units = line.quantity / 10_000;
    let price = Fen(line.amount.0 / units);
    let refund = |serial: &str, count: i64| {
        let mut refund = line.clone();
        refund.serial = serial.to_owned();
        refund.amount = Fen(-price.0 * count);
        refund.quantity = -count * 10_000;
        with(&counter.lines(&stay, &[refund]), "/feedetail/0/init_feedetl_sn", json!(line.serial))
    };
    let cases = [
        ("duplicate line", counter.lines(&stay, &lines[..1]), "已上传"),
        ("more than there is", refund("R0", units + 1), "超过原明细"),
        ("of nothing", with(&refund("R0", 1), "/feedetail/0/init_feedetl_sn", json!("X99")), "[X99]"),
        (
            "without an original",
            with(&refund("R0", 1), "/feedetail/0/init_feedetl_sn", json!("")),
            "init_feedetl_sn",
        ),
        (
            "of another item",
            with(&refund("R0", 1), "/feedetail/0/med_list_codg", json!(other_item(&lines, &line))),
            "超过原明细",
        ),
        (
            "unknown item",
            with(&counter.lines(&stay, &[renamed(&line, "N1")]), "/feedetail/0/med_list_codg", json!("X0")),
            "目录",
        ),
        (
            "outside the stay",
            with(
                &counter.lines(&stay, &[renamed(&line, "N1")]),
                "/feedetail/0/fee_ocur_time",
                json!("2020-01-01 08:00:00"),
            ),
            "fee_ocur_time",
        ),
        (
            "not price times quantity",
            with(
                &counter.lines(&stay, &[renamed(&line, "N1")]),
                "/feedetail/0/det_item_fee_sumamt",
                json!(0.03),
            ),
            "单价乘数量",
        ),
    ];
    for (name, input, words) in cases {
        counter.refused(name, "2301", &input, words).await;
    }
    let sum = async || {
        let details = counter.done("5204", &counter.of_visit()).await;
        details
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["det_item_fee_sumamt"].to_string().parse::<Fen>().unwrap())
            .sum::<Fen>()
    };
    let total = bills::total(&lines);
    assert_eq!(sum().await, total, "refused lines leave nothing behind");
    let part = counter.done("2301", &refund("R1", 1)).await;
    assert_eq!(part["result"][0]["det_item_fee_sumamt"], amount(-price));
    assert_eq!(sum().await, total - price);
    let rest = counter.done("2301", &refund("R2", units - 1)).await;
    assert_eq!(rest["result"][0]["det_item_fee_sumamt"], amount(price.scaled((1 - units) * 10_000)));
    assert_eq!(sum().await, total - line.amount, "refunded in whole");
    counter.refused("nothing left", "2301", &refund("R3", 1), "超过原明细").await;
    counter
        .refused(
            "a refund of a refund",
            "2301",
            &with(&refund("R3", 1), "/feedetail/0/init_feedetl_sn", json!("R1")),
            "[R1]",
        )
        .await;

    let delete = |serials: &[&str]| {
        let row = |serial: &&str| with(&counter.of_visit(), "/data/feedetl_sn", json!(serial))["data"].take();
        json!({ "data": serials.iter().map(row).collect::<Vec<_>>() })
    };
    counter.refused("its refunds first", "2302", &delete(&[&line.serial]), "退费明细").await;
    counter.refused("unknown", "2302", &delete(&["R1", "X99"]), "[X99]").await;
    counter.done("2302", &delete(&["R1"])).await;
    counter.done("2302", &delete(&["R2", &line.serial])).await;
    assert_eq!(sum().await, total - line.amount);
    counter.done("2301", &counter.lines(&stay, std::slice::from_ref(&line))).await;
    let input = counter.settle(total);
    counter.done("2402", &counter.discharge(&stay)).await;
    counter.done("2304", &input).await;
    counter.refused("settled", "2301", &counter.lines(&stay, &[renamed(&line, "N1")]), "已结算").await;
    counter.refused("settled", "2302", &delete(&["0000"]), "已结算").await;
    counter.play.dust_settles().await;
}

fn other_item(lines: &[Line], line: &Line) -> String {
    lines.iter().find(|other| other.code != line.code).unwrap().code.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_no_at_the_counter() {
    let mut counter = Counter::open().await;
    let play = &counter.play;
    let (total, stay, patient) = (play.total, counter.stay("ZY903"), play.patient.clone());
    let admission = play.hospital.admission(&patient, &stay);
    let (visit, settle, lines) = (counter.of_visit(), counter.settle(total), counter.bill(&stay, 5));
    let nobody = "420000179526000000000000000001";
    let reverse = |omsgid: &str, oinfno: &str| json!({ "data": { "psn_no": patient.number.as_str(), "omsgid": omsgid, "oinfno": oinfno } });
    let tomorrow = play.world.clock.now().plus_millis(2 * DAY).to_string();
    // The prepared stay is discharged and not settled.
    for (name, infno, input, words) in [
        ("a stranger", "1101", json!({ "data": { "certno": "110101194106189151" } }), "未查到该人员"),
        (
            "a number that does not check",
            "1101",
            json!({ "data": { "certno": "110101194106189152" } }),
            "certno",
        ),
        (
            "another's name",
            "1101",
            json!({ "data": { "certno": patient.citizen.reveal(), "psn_name": "某某" } }),
            "psn_name",
        ),
        ("nobody named", "1101", json!({ "data": { "certno": "" } }), "mdtrt_cert_no"),
        ("no institution named", "1201", json!({ "medinsinfo": {} }), "fixmedins_code"),
        ("a stranger", "2401", with(&admission, "/mdtrtinfo/psn_no", json!("999900000001")), "未查到该人员"),
        ("another scheme", "2401", with(&admission, "/mdtrtinfo/insutype", json!("390")), "390"),
        (
            "third party",
            "2401",
            with(&admission, "/mdtrtinfo/exp_content", json!({ "TRUM_FLAG": "1", "REL_TTP_FLAG": "1" })),
            "第三方",
        ),
        (
            "an injury by whom",
            "2401",
            with(&admission, "/mdtrtinfo/exp_content", json!({ "TRUM_FLAG": "1" })),
            "REL_TTP_FLAG",
        ),
        (
            "admitted the day after tomorrow",
            "2401",
            with(&admission, "/mdtrtinfo/begntime", json!(tomorrow)),
            "begntime",
        ),
        ("no diagnosis", "2401", json!({ "mdtrtinfo": admission["mdtrtinfo"], "diseinfo": [] }), "diseinfo"),
        ("discharged twice", "2402", counter.discharge(&stay), "出院未结算"),
        ("withdrawn after discharge", "2404", visit.clone(), "出院未结算"),
        ("another's visit", "2404", with(&visit, "/data/psn_no", json!("999900000001")), "psn_no"),
        ("no such visit", "2404", with(&visit, "/data/mdtrt_id", json!(nobody)), "未查到就诊ID"),
        ("no such visit", "2405", with(&visit, "/data/mdtrt_id", json!("7")), "未查到就诊ID[7]"),
        (
            "corrected to third party",
            "2403",
            with(
                &counter.correction(&stay),
                "/adminfo/exp_content",
                json!({ "TRUM_FLAG": "1", "REL_TTP_FLAG": "1" }),
            ),
            "第三方",
        ),
        (
            "corrected to the future",
            "2403",
            with(&counter.correction(&stay), "/adminfo/begntime", json!(tomorrow)),
            "begntime",
        ),
        ("not the sum", "2303", with(&settle, "/data/medfee_sumamt", json!(1)), "medfee_sumamt"),
        ("not the sum", "2304", with(&settle, "/data/medfee_sumamt", amount(total + Fen(1))), "不一致"),
        ("another person", "2304", with(&settle, "/data/psn_no", json!("999900000001")), "psn_no"),
        ("half-way", "2304", with(&settle, "/data/mid_setl_flag", json!("1")), "要求[在院]"),
        ("half-way", "2303", with(&settle, "/data/mid_setl_flag", json!(1)), "要求[在院]"),
        ("no such visit", "2304", with(&settle, "/data/mdtrt_id", json!(nobody)), "未查到就诊ID"),
        ("below nothing", "2304", with(&settle, "/data/medfee_sumamt", json!(-1)), "medfee_sumamt"),
        ("no such settlement", "2305", counter.cancel(nobody), "未查到结算ID"),
        ("no such settlement", "5203", counter.cancel(nobody), "未查到结算ID"),
        ("not settled yet", "5203", visit.clone(), "未查到结算ID"),
        ("nothing named", "5204", json!({ "data": { "psn_no": patient.number.as_str() } }), "setl_id"),
        ("no such visit", "5204", with(&visit, "/data/mdtrt_id", json!(nobody)), "未查到就诊ID"),
        ("no period", "5201", json!({ "data": { "psn_no": patient.number.as_str() } }), "begntime"),
        (
            "a thirteenth month",
            "5206",
            json!({ "data": { "psn_no": patient.number.as_str(), "cum_ym": "202613" } }),
            "cum_ym",
        ),
        ("a stranger", "5206", json!({ "data": { "psn_no": "999900000001" } }), "未查到该人员"),
        ("not to be reversed", "2601", reverse("m", "2301"), "不能冲正"),
        ("no session", "9002", json!({ "signOut": { "sign_no": "1" } }), "sign_no"),
    ] {
        counter.refused(name, infno, &input, words).await;
    }
    assert_eq!(counter.standing().await, [0, 0, 0]);

    // In hospital, with nothing on the bill yet.
    counter.admitted(&stay).await;
    let withdraw = counter.of_visit();
    for (name, infno, input, words) in [
        ("already in hospital", "2401", with(&admission, "/mdtrtinfo/ipt_no", json!("ZY904")), "在院"),
        (
            "nothing to settle",
            "2303",
            with(&counter.settle(total), "/data/dscgTime", json!("")),
            "没有未结算的费用明细",
        ),
        ("before discharge", "2304", counter.settle(total), "要求[出院未结算]"),
        ("not discharged", "2405", counter.of_visit(), "在院"),
        (
            "discharged before admission",
            "2402",
            with(&counter.discharge(&stay), "/dscginfo/endtime", json!("2026-01-01 00:00:00")),
            "endtime",
        ),
        (
            "discharged in the future",
            "2402",
            with(&counter.discharge(&stay), "/dscginfo/endtime", json!(tomorrow)),
            "endtime",
        ),
        (
            "discharged in another scheme",
            "2402",
            with(&counter.discharge(&stay), "/dscginfo/insutype", json!("390")),
            "insutype",
        ),
        (
            "another's lines",
            "2301",
            with(&counter.lines(&stay, &lines), "/feedetail/1/psn_no", json!("9")),
            "psn_no",
        ),
        (
            "two visits' lines",
            "2301",
            with(&counter.lines(&stay, &lines), "/feedetail/1/mdtrt_id", json!(nobody)),
            "feedetail第2行.mdtrt_id",
        ),
    ] {
        counter.refused(name, infno, &input, words).await;
    }
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    counter.refused("lines are in the way", "2404", &withdraw, "明细").await;
    counter.done("2402", &counter.discharge(&stay)).await;
    let settle = counter.settle(bills::total(&lines));
    let first = counter.done("2304", &settle).await["setlinfo"]["setl_id"].as_str().unwrap().to_owned();
    for (name, infno, input, words) in [
        ("settled twice", "2304", settle.clone(), "已结算"),
        ("tried after", "2303", settle, "已结算"),
        ("undischarged after", "2405", counter.of_visit(), "已结算"),
        ("corrected after", "2403", counter.correction(&stay), "已结算"),
        (
            "another visit's settlement",
            "2305",
            with(&counter.cancel(&first), "/data/mdtrt_id", visit["data"]["mdtrt_id"].clone()),
            "未查到结算ID",
        ),
        (
            "another visit's settlement",
            "5203",
            with(&counter.cancel(&first), "/data/mdtrt_id", visit["data"]["mdtrt_id"].clone()),
            "未查到结算ID",
        ),
        (
            "another person's settlement",
            "2305",
            with(&counter.cancel(&first), "/data/psn_no", json!("9")),
            "psn_no",
        ),
        (
            "another person's settlement",
            "5203",
            with(&counter.cancel(&first), "/data/psn_no", json!("9")),
            "psn_no",
        ),
    ] {
        counter.refused(name, infno, &input, words).await;
    }
    counter.done("2305", &counter.cancel(&first)).await;
    counter.refused("cancelled twice", "2305", &counter.cancel(&first), "不能再次撤销").await;
    assert_eq!(counter.standing().await, [0, 0, 0]);
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_settled_in_another_scheme() {
    let counter = Counter::open().await;
    let settle = with(&counter.settle(counter.play.total), "/data/insutype", json!("390"));
    counter.refused("tried in another scheme", "2303", &settle, "insutype").await;
    counter.refused("settled in another scheme", "2304", &settle, "insutype").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_settled_for_nothing() {
    let mut counter = Counter::open().await;
    counter.done("2304", &counter.settle(counter.play.total)).await;
    let stay = counter.stay("ZY905");
    counter.admitted(&stay).await;
    let line = counter.bill(&stay, 5).remove(0);
    counter.done("2301", &counter.lines(&stay, std::slice::from_ref(&line))).await;
    let mut back = renamed(&line, "R1");
    (back.amount, back.quantity) = (-back.amount, -back.quantity);
    let back = with(&counter.lines(&stay, &[back]), "/feedetail/0/init_feedetl_sn", json!(line.serial));
    counter.done("2301", &back).await;
    counter.done("2402", &counter.discharge(&stay)).await;
    counter.refused("all refunded", "2304", &counter.settle(Fen::ZERO), "没有未结算的费用明细").await;
    counter.play.dust_settles().await;
}
