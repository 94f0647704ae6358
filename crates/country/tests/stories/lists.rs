//! What hospitals ask and upload beside bills: benefit checks, settlement lists, departments, special attributes, and the
//! visits of patients who paid for themselves. And that every number of the standard's table has an answer.

use crate::desk::{Counter, with};
use crate::raw::sentence;
use casework::person::Standing;
use country::people;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use terms::{Clock, Fen, InsuranceScheme, MemberStatus};
use wire::hospital::{standard, table};

/// What 2001 is asked.
fn check(person: &str, scheme: &str, med_type: &str, disease: &str) -> Value {
    json!({ "data": {
        "psn_no": person, "insutype": scheme, "med_type": med_type, "dise_codg": disease, "dise_name": "",
        "fixmedins_code": "", "begntime": "", "endtime": "", "oprn_oprt_code": "", "matn_type": "",
    }})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_benefit_is_checked_fund_by_fund_with_the_reason_why_not() {
    let counter = Counter::open().await;
    let person = counter.play.patient.number.as_str();
    let paused = {
        let mut paused =
            people::person(people::BEIJING, InsuranceScheme::Employee, MemberStatus::Employed, 77);
        paused.enrolments[0].standing = Standing::Paused;
        paused
    };
    counter.play.world.add_people(&[(people::BEIJING, paused.clone())]).await.unwrap();
    let today = counter.play.world.clock.now().day().to_string();
    let enjoyed = counter.done("2001", &check(person, "310", "21", "")).await;
    let first = &enjoyed["trtinfo"][0];
    assert_eq!(
        (&first["fund_pay_type"], &first["trt_enjymnt_flag"], &first["trt_chk_rslt"]),
        (&json!("310100"), &json!("1"), &Value::Null)
    );
    assert_eq!((&first["begndate"], &first["trt_chk_type"]), (&json!(today), &json!("01")));

    let mut before = check(person, "310", "21", "");
    before["data"]["begntime"] = json!("1901-01-01");
    for (name, input, words) in [
        ("paused", check(paused.number.as_str(), "310", "21", ""), "暂停参保"),
        ("another scheme", check(person, "390", "21", ""), "未参加险种[390]"),
        ("no disease named", check(person, "310", "14", ""), "须有门诊慢特病病种编码"),
        ("not registered", check(person, "310", "14", "M03900"), "没有该人员病种[M03900]"),
        ("not insured yet", before, "尚未参保"),
    ] {
        let rows = counter.done("2001", &input).await;
        let rows = rows["trtinfo"].as_array().unwrap();
        assert!(rows.iter().all(|row| row["trt_enjymnt_flag"] == "0"), "{name}: {rows:?}");
        assert!(rows[0]["trt_chk_rslt"].as_str().unwrap().contains(words), "{name}: {rows:?}");
    }
    counter.refused("childbirth", "2001", &check(person, "310", "51", ""), "字段[med_type]不合规").await;
    counter.refused("nobody", "2001", &check("999900000001", "310", "21", ""), "未查到该人员").await;
    let contributions = counter.done("90100", &json!({ "data": { "psn_no": person } })).await;
    let row = &contributions[0];
    assert_eq!((&row["insutype"], &row["poolarea_no"]), (&json!("310"), &json!("110000")));
    assert!(row["accrym_begn"].as_str().is_some_and(|month| month.len() == 6), "{row}");
    assert!(row["clct_flag"].is_null(), "no payment is made up");
}

/// The list of a settlement, with its charges and what its funds pay.
fn list(counter: &Counter, settled: &Value, total: Fen) -> Value {
    let funds: Vec<Value> = settled["setldetail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!({ "fund_pay_type": row["fund_pay_type"], "fund_payamt": row["fund_payamt"] }))
        .collect();
    json!({
        "setlinfo": {
            "psn_no": counter.play.patient.number.as_str(), "mdtrt_id": counter.play.visit.to_string(),
            "setl_id": settled["setlinfo"]["setl_id"], "medcasno": "BA0901", "ntly": "CHN", "prfs": "11",
            "dscg_caty": "A03.01", "dscg_way": "1", "adm_way": "2", "vent_used_dura": "1/13/24", "nwb_bir_wt": "",
            "bill_code": "42060126", "bill_no": "0000000901", "biz_sn": "YW0901", "medins_fill_dept": "医保科",
            "medins_fill_psn": "李某甲", "hi_paymtd": "4", "setl_begn_date": "2026-11-12",
        },
        "diseinfo": [{ "diag_type": "1", "diag_code": "J18.900", "diag_name": "肺炎", "adm_cond_type": "1", "maindiag_flag": "1" }],
        "opspdiseinfo": [{ "oprn_oprt_name": "", "oprn_oprt_code": "" }],
        "iteminfo": [{ "med_chrgitm": "09", "amt": total.to_string(), "claa_sumfee": "", "clab_amt": "" }],
        "payinfo": funds,
    })
}

fn change(setl_id: &Value, stage: &str) -> Value {
    json!({ "data": { "stastinfo": [{ "psn_no": "", "setl_id": setl_id, "stas_type": stage }] } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settlement_list_is_uploaded_submitted_and_taken_back() {
    let counter = Counter::open().await;
    let total = counter.play.total;
    let today = counter.play.world.clock.now().day().to_string();
    let count = json!({ "data": {
        "fixmedins_code": counter.play.hospital.settings().code.to_string(), "medtype_list": ["21"],
        "stt_begntime": today, "stt_endtime": today, "stt_flag": false,
    }});
    let settled = counter.done("2304", &counter.settle(total)).await;
    let setl_id = &settled["setlinfo"]["setl_id"];
    let input = list(&counter, &settled, total);
    assert_eq!(counter.done("4105", &count).await, json!({ "needUploadCnt": 1, "uploadedCnt": 0 }));
    counter.refused("nothing to submit", "4102", &change(setl_id, "1"), "还没有上传结算清单").await;
    let one_more = with(&input, "/iteminfo/0/amt", json!((total + Fen(1)).to_string()));
    for (name, input, words) in [
        ("another sum", one_more, "iteminfo.amt合计"),
        ("another payment", with(&input, "/payinfo/0/fund_payamt", json!("0.01")), "payinfo."),
        (
            "a fund left out",
            with(&input, "/payinfo", json!([{ "fund_pay_type": "610100", "fund_payamt": 0 }])),
            "payinfo.310100",
        ),
        ("no such code", with(&input, "/setlinfo/dscg_way", json!("7")), "setlinfo"),
        ("too long", with(&input, "/setlinfo/bill_no", json!("9".repeat(31))), "bill_no"),
        ("required", with(&input, "/setlinfo/bill_no", json!("")), "字段[bill_no]不能为空"),
        ("a contact without a number", with(&input, "/setlinfo/coner_name", json!("王某乙")), "不能为空"),
        ("another person", with(&input, "/setlinfo/psn_no", json!("999900000001")), "psn_no"),
        (
            "no settlement",
            with(&input, "/setlinfo/setl_id", json!("420000209901010000000000000001")),
            "未查到结算ID",
        ),
    ] {
        let words = if words == "setlinfo" { "字段[dscg_way]不合规" } else { words };
        counter.refused(name, "4101", &input, words).await;
    }

    let taken = counter.done("4101", &input).await;
    assert_eq!(taken["data"]["setl_list_id"], json!("000000001"));
    let again = counter.done("4101", &with(&input, "/setlinfo/bill_no", json!("0000000902"))).await;
    assert_eq!(again, taken, "another version of the same list");
    counter.done("4102", &change(setl_id, "1")).await;
    counter.refused("submitted", "4101", &input, "结算清单已提交").await;
    counter.refused("submitted twice", "4102", &change(setl_id, "1"), "结算清单已提交").await;
    counter.refused("the agency's stage", "4102", &change(setl_id, "2"), "字段[stas_type]不合规").await;
    assert_eq!(counter.done("4105", &count).await, json!({ "needUploadCnt": 1, "uploadedCnt": 1 }));
    let of_list = json!({ "data": { "psn_no": "", "setl_id": setl_id } });
    let mut shown = counter.ask("4103", &of_list).await;
    let shown = shown["output"].take();
    let head = &shown["setlinfo"];
    assert_eq!(
        (&head["bill_no"], &head["stas_type"], &head["adm_way_code"], &head["vent_used_h_cnt"]),
        (&json!("0000000902"), &json!("1"), &json!("2"), &json!(13))
    );
    assert_eq!(shown["iteminfo"][0]["item_sumamt"].to_string().parse(), Ok(total));
    assert_eq!(shown["diseinfo"][0]["setl_id"], *setl_id);
    let table = &standard::transaction("4103").unwrap().output;
    let nodes: Vec<&str> = table.iter().map(|node| node.name).collect();
    assert!(shown.as_object().unwrap().keys().all(|node| nodes.contains(&node.as_str())), "{shown}");
    assert_eq!(head.as_object().unwrap().len(), table[0].fields.len());
    let quality = counter
        .ask("4104", &json!({ "data": { "setl_ym": "202611", "page_num": 1, "page_size": 10 } }))
        .await;
    assert_eq!(quality["output"], json!([]));
    counter.done("4102", &change(setl_id, "0")).await;
    assert_eq!(counter.done("4101", &input).await, taken);

    // All that the policy items pay and leave is the bill.
    let items = json!({ "data": {
        "psn_No": counter.play.patient.number.as_str(), "setl_Id": setl_id, "mdtrt_Id": counter.play.visit.to_string(),
    }});
    let items = counter.done("100001", &items).await;
    let sum = |field: &str| -> Fen {
        let amounts =
            items.as_array().unwrap().iter().map(|row| &row[field]).filter(|value| !value.is_null());
        amounts.map(|value| value.to_string().parse::<Fen>().unwrap()).sum()
    };
    assert_eq!(
        json!(sum("fundPayAmt").to_string().parse::<Fen>().unwrap() + sum("selfPayAmt") == total),
        json!(true),
        "{items}"
    );
    assert_eq!(settled["setlinfo"]["fund_pay_sumamt"].to_string().parse(), Ok(sum("fundPayAmt")));

    counter.done("2305", &counter.cancel(setl_id.as_str().unwrap())).await;
    counter.refused("undone", "4102", &change(setl_id, "1"), "不能再次撤销").await;
    counter.refused("undone", "4101", &input, "不能再次撤销").await;
    counter.play.dust_settles().await;
    assert_eq!(counter.done("4105", &count).await, json!({ "needUploadCnt": 0, "uploadedCnt": 0 }));
}

fn department(code: &str, name: &str) -> Value {
    json!({
        "hosp_dept_codg": code, "caty": "A03.01", "hosp_dept_name": name, "begntime": "2020-01-01 00:00:00", "endtime": "",
        "itro": "示范科室", "dept_resper_name": "李某甲", "dept_resper_tel": "027-0000000", "dept_estbdat": "2020-01-01",
        "aprv_bed_cnt": "60", "poolarea_no": "420100", "dr_psncnt": 12, "phar_psncnt": "0", "nurs_psncnt": "1200", "tecn_psncnt": "",
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn departments_are_uploaded_changed_and_withdrawn() {
    let counter = Counter::open().await;
    assert_eq!(counter.done("5101", &json!({})).await, json!({ "feedetail": [] }));
    let one = json!({ "deptinfo": department("0301", "呼吸内科") });
    counter.done("3401", &one).await;
    counter.done("3401", &one).await;
    counter
        .done("3401A", &json!({ "deptinfo": [department("0302", "消化内科"), department("0303", "急诊科")] }))
        .await;
    let renamed = json!({ "deptinfo": department("0301", "呼吸与危重症医学科") });
    counter.refused("there already", "3401", &renamed, "请以3402变更").await;
    counter.done("3402", &renamed).await;
    counter
        .refused("not there", "3402", &json!({ "deptinfo": department("0399", "无") }), "未查到科室[0399]")
        .await;
    let no_table = with(&one, "/deptinfo/caty", json!("Z99"));
    counter.refused("no such kind", "3401", &no_table, "caty").await;
    let which = json!({ "data": { "hosp_dept_codg": "0302", "hosp_dept_name": "消化内科", "begntime": "2020-01-01" } });
    counter.done("3403", &which).await;
    counter.refused("gone", "3403", &which, "未查到科室[0302]").await;
    let shown = counter.done("5101", &json!({ "data": {} })).await;
    let shown: Vec<_> = shown["feedetail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["hosp_dept_name"], &one["nurs_psncnt"]))
        .collect();
    assert_eq!(shown, [(&json!("呼吸与危重症医学科"), &json!(1200)), (&json!("急诊科"), &json!(1200))]);
    // What nobody keeps is answered with no row.
    for (infno, input, output) in [
        ("5102", json!({ "data": { "prac_psn_type": "1" } }), json!({ "feedetail": [] })),
        (
            "5401",
            json!({ "bilgiteminfo": { "psn_no": "11010000000000000901" } }),
            json!({ "bilgiteminfo": [] }),
        ),
        (
            "5402",
            json!({ "rptdetailinfo": { "psn_no": "11010000000000000901", "rpotc_no": "1", "fixmedins_code": "" } }),
            json!({ "checkreportdetails": [], "inspectionreportinformation": [], "inspectiondetails": [] }),
        ),
    ] {
        let answer = counter.ask(infno, &input).await;
        assert_eq!((&answer["infcode"], &answer["output"]), (&json!(0), &output), "{infno}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_has_diagnoses_memos_and_special_attributes() {
    let counter = Counter::open().await;
    let visit = counter.play.visit.to_string();
    let person = counter.play.patient.number.as_str();
    let shown = counter.done("5202", &counter.of_visit()).await;
    let diagnoses = shown["diseinfo"].as_array().unwrap();
    assert_eq!((diagnoses.len(), &diagnoses[0]["inout_diag_type"]), (2, &json!("1")), "{shown}");
    assert_eq!(
        (&diagnoses[0]["diag_code"], &diagnoses[0]["maindiag_flag"]),
        (&json!("J18.900"), &json!("1"))
    );
    let ids: Vec<_> = diagnoses.iter().map(|one| one["diag_info_id"].as_str().unwrap()).collect();
    assert!(ids[0] != ids[1] && ids[0].len() == 30, "{ids:?}");

    let lines = counter.done("5204", &counter.of_visit()).await;
    let line = &lines[0];
    let memo = |serial: &Value, item: &Value| json!({ "data": [{ "mdtrt_id": visit, "psn_no": person, "bkkp_sn": serial, "med_list_codg": item, "memo": "溯源码901" }] });
    counter.done("2306", &memo(&line["feedetl_sn"], &line["med_list_codg"])).await;
    let after = counter.done("5204", &counter.of_visit()).await;
    let mut expected = line.clone();
    expected["memo"] = json!("溯源码901");
    let same = |one: &&Value| one["feedetl_sn"] == line["feedetl_sn"];
    assert_eq!(after.as_array().unwrap().iter().find(same), Some(&expected), "nothing but the memo");
    counter.refused("no such line", "2306", &memo(&json!("9901"), &json!("")), "未查到费用明细流水号").await;
    counter
        .refused("another item", "2306", &memo(&line["feedetl_sn"], &json!("XX")), "未查到费用明细流水号")
        .await;

    let attribute = json!({ "data": {
        "mdtrt_id": visit, "psn_no": person, "psn_cert_type": "01", "certno": "", "psn_name": "", "ipt_otp_no": "ZY000001",
        "ipt_psn_sp_flag_type": "1", "ipt_psn_sp_flag": "01", "memo": "日间手术", "admdvs": "",
    }});
    let id = counter.done("2406", &attribute).await["IptPsnSpFlagRegOut"]["ipt_psn_sp_flag_detl_id"].clone();
    let again = counter.done("2406", &attribute).await;
    assert_eq!(
        again["IptPsnSpFlagRegOut"]["ipt_psn_sp_flag_detl_id"], id,
        "the same attribute of the same visit"
    );
    for (kind, count) in [("", 1), ("1", 1), ("2", 0)] {
        let query = json!({ "data": { "page_num": 1, "page_size": 10, "mdtrt_id": visit, "ipt_psn_sp_flag_type": kind } });
        let found = counter.done("2407", &query).await;
        assert_eq!(found["IptPsnSpFlagReg"].as_array().map(Vec::len), Some(count), "{kind}: {found}");
    }
    let nobody = with(&attribute, "/data/mdtrt_id", json!("420000209901010000000000000001"));
    counter.refused("no such visit", "2406", &nobody, "未查到就诊ID").await;
}

fn own_line(serial: &str, amount: &str) -> Value {
    json!({
        "fixmedins_mdtrt_id": "ZF0901", "med_type": "21", "bkkp_sn": serial, "fee_ocur_time": "2026-11-20 09:00:00",
        "cnt": 2, "pric": amount, "det_item_fee_sumamt": "", "med_list_codg": "", "medins_list_codg": "YP901",
        "medins_list_name": "某药", "med_chrgitm_type": "09",
    })
}

/// Lines of two units each, with their amounts.
fn own_lines(prices: &[(&str, i64)]) -> Value {
    let line = |(serial, yuan): &(&str, i64)| {
        let mut line = own_line(serial, &format!("{yuan}.00"));
        line["det_item_fee_sumamt"] = json!(format!("{}.00", yuan * 2));
        line
    };
    json!({ "fsiOwnpayPatnFeeListDDTO": prices.iter().map(line).collect::<Vec<_>>() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patient_who_paid_is_uploaded_in_batches_and_completed() {
    let counter = Counter::open().await;
    let stay = json!({
        "ownPayPatnMdtrtD": {
            "fixmedins_mdtrt_id": "ZF0901", "psn_cert_type": "01", "certno": "110101194106189151", "psn_name": "王某甲",
            "begntime": "2026-11-18 08:00:00", "endtime": "2026-11-20 10:00:00", "med_type": "21", "medfee_sumamt": "100.00",
            "vali_flag": "1",
        },
        "ownPayPatnDiagListD": [{ "inout_diag_type": "1", "diag_type": "1", "maindiag_flag": "1", "diag_srt_no": "1",
                                  "diag_code": "J18.900", "diag_name": "肺炎" }],
    });
    let complete =
        |flag: &str| json!({ "fixmedins_mdtrt_id": "ZF0901", "fixmedins_code": "", "cplt_flag": flag });
    let delete = |serials: &[&str]| {
        let rows: Vec<_> = serials.iter().map(|serial| json!({ "bkkp_sn": serial })).collect();
        json!({ "feedetail": { "fixmedins_mdtrt_id": "ZF0901", "fixmedins_code": "" }, "feedetl": rows })
    };
    counter.refused("nothing has come", "4203", &complete("1"), "未查到自费就诊[ZF0901]").await;
    counter.done("4201A", &own_lines(&[("1", 10), ("2", 15)])).await;
    counter.refused("only lines", "4203", &complete("1"), "尚缺就诊信息").await;
    counter.done("4202", &stay).await;
    counter.done("4202", &stay).await;
    counter.refused("lines are missing", "4203", &complete("1"), "不一致").await;
    counter.done("4201A", &own_lines(&[("2", 15), ("3", 25), ("4", 1)])).await;
    counter.done("4204", &delete(&["4"])).await;
    counter.done("4204", &delete(&["4"])).await;
    counter.done("4203", &complete("1")).await;
    for (infno, input) in [("4201A", own_lines(&[("5", 1)])), ("4202", stay), ("4204", delete(&[]))] {
        counter.refused("complete", infno, &input, "已标记上传完成").await;
    }
    counter.done("4203", &complete("0")).await;
    counter.done("4204", &delete(&[])).await;
    counter.refused("without lines", "4203", &complete("1"), "尚缺费用明细").await;
    let wrong =
        with(&own_lines(&[("1", 10)]), "/fsiOwnpayPatnFeeListDDTO/0/det_item_fee_sumamt", json!("19.00"));
    counter.refused("price times quantity", "4201A", &wrong, "与单价乘数量").await;

    // An outpatient visit comes whole, and the edition before 2021 names its lines otherwise.
    let mut lines = own_lines(&[("1", 3)])["fsiOwnpayPatnFeeListDDTO"].take();
    lines[0]["fixmedins_mdtrt_id"] = json!("ZF0902");
    let outpatient = json!({
        "mdtrtinfo": {
            "fixmedins_mdtrt_id": "ZF0902", "psn_cert_type": "01", "certno": "110101194106189151", "psn_name": "王某甲",
            "begntime": "2026-11-20 08:00:00", "med_type": "11",
        },
        "diseinfo": [{ "diag_type": "1", "diag_srt_no": 1, "diag_code": "J06.900", "diag_name": "上呼吸道感染" }],
        "feedetail": lines,
    });
    counter.done("4205", &outpatient).await;
    counter.done("4203", &json!({ "data": { "fixmedins_mdtrt_id": "ZF0902", "cplt_flag": "1" } })).await;
    let mut before = outpatient["feedetail"][0].clone();
    before["mdtrt_sn"] = json!("ZF0903");
    before["feedetl_sn"] = json!("1");
    counter.done("4201", &json!({ "feedetail": before })).await;
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_number_of_the_table_has_an_answer() {
    let counter = Counter::open().await;
    let mut outcomes = BTreeMap::new();
    for transaction in table::table() {
        let infno = transaction.infno;
        let answered =
            counter.raw.post(counter.message(&format!("M-{infno}"), infno, &json!({})).to_string()).await;
        let answer = crate::raw::envelope(answered);
        let served = table::SERVED.contains(&infno);
        if answer["infcode"] == json!(0) {
            assert!(served, "{infno} is not served: {answer}");
            *outcomes.entry("done").or_insert(0) += 1;
            continue;
        }
        let said = sentence(&answer);
        let refusal = format!("交易[{infno}{}]本平台暂未开通，请联系医保经办机构", transaction.name);
        assert_eq!(said == refusal, !served, "{infno}: {said}");
        assert!(!said.is_empty() && !said.contains("平台繁忙"), "{infno}: {said}");
        *outcomes.entry(if served { "served" } else { "not served" }).or_insert(0) += 1;
    }
    assert_eq!(outcomes.values().sum::<i32>(), i32::try_from(table::table().len()).unwrap());
    assert!(outcomes["served"] > 40 && outcomes["not served"] > 20, "{outcomes:?}");
}
