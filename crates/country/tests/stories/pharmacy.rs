//! Pharmacies: purchases at the counter (2101 to 2103), and orders that the person confirms (2161 to 2181), over real HTTP, with every
//! answer held against the standard's tables. A person insured in Wuhan buys in Beijing.

use crate::desk::{Counter, with};
use crate::play::{Play, beijing, hubei};
use crate::raw::{Raw, sentence};
use casework::institution::Authentication;
use country::{
    bills::{self, Line, Order},
    hospital::{Hospital, Patient, Settings, Settled, Stay, amount, read_fen},
    network::{Fate, Wire},
    people,
};
use node::api::client::{CallError, Client};
use serde_json::{Value, json};
use std::sync::Arc;
use terms::{
    Clock, Fen, FilingCategory, InsuranceScheme, MemberStatus, SettlementId, SettlementLevel, VisitId,
};
use wire::api::purchase::{PurchaseOrderView, PurchaseOrders};

/// A pharmacy of Beijing, and a person of Wuhan at its counter.
struct Shop {
    counter: Counter,
    app: Client,
    seed: u64,
}

impl Shop {
    async fn open() -> Self {
        Self::of(InsuranceScheme::Employee, MemberStatus::Retired).await
    }

    async fn of(scheme: InsuranceScheme, status: MemberStatus) -> Self {
        let world = crate::play::world_of(&[beijing(), hubei()]).await;
        let url = world.province(beijing()).unwrap().url();
        let mut institution =
            world.institution(&crate::play::plain_model(&world, beijing()).code()).unwrap().clone();
        institution.code = "P11010800001".parse().unwrap();
        "北京市示范大药房".clone_into(&mut institution.name);
        "2".clone_into(&mut institution.kind);
        institution.level = SettlementLevel::Primary;
        assert_eq!(institution.authentication, Authentication::None);
        world.province(beijing()).unwrap().node.put_institution(&institution).await.unwrap();
        // Only what the hub's register has open settles.
        world.until_quiet().await.unwrap();
        let person = people::person(people::WUHAN, scheme, status, 7);
        world.add_people(&[(people::WUHAN, person.clone())]).await.unwrap();
        let since = world.clock.now().day().plus_days(-60);
        world.file(&person, FilingCategory::ResettledRetiree, institution.place, since).await.unwrap();
        let wire = Wire::between(&url).await.unwrap();
        let settings = Settings::of(&institution, &wire.address());
        let software = Hospital::new(settings, Arc::clone(&world.clock) as Arc<dyn Clock>);
        let visit = VisitId::new(beijing(), world.clock.now(), 0);
        let app = Client { node: url.clone(), token: "令牌".to_owned(), operator: None, duty: None };
        let patient = Patient::of(&person);
        let play = Play { world, counter: wire, hospital: software, patient, visit, total: Fen::ZERO };
        Self { counter: Counter { play, raw: Raw::to(&url) }, app, seed: 0 }
    }

    fn play(&self) -> &Play {
        &self.counter.play
    }

    /// Some lines, all of medicines or whatever the catalog has.
    fn lines(&mut self, yuan: i64) -> Vec<Line> {
        self.seed += 1;
        let now = self.play().world.clock.now();
        let catalog = self.play().world.rules.catalog(beijing());
        let (admitted, discharged) = (now.plus_millis(-2 * 3_600_000), now.plus_millis(-3_600_000));
        let level = SettlementLevel::Primary;
        let order = Order { level, admitted, discharged, total: Fen::yuan(yuan), lines: 4, seed: self.seed };
        bills::small_bill(&catalog, &order)
    }

    /// The input of 2101 and 2102.
    fn bought(&self, lines: &[Line]) -> Value {
        let patient = &self.play().patient;
        let row = |line: &Line| {
            json!({
                "feedetl_sn": line.serial, "rxno": "", "rx_circ_flag": "0", "fee_ocur_time": line.at.to_string(),
                "med_list_codg": line.code, "medins_list_codg": line.own_code,
                "det_item_fee_sumamt": amount(line.amount), "cnt": exact(line.quantity, 10_000),
                "pric": exact(line.price.as_micro_yuan(), 1_000_000), "tcmdrug_used_way": "",
            })
        };
        let total = bills::total(lines);
        let at = self.play().world.clock.now().plus_millis(-1_800_000);
        json!({
            "druginfo": {
                "psn_no": patient.number.as_str(), "mdtrt_cert_type": "02", "mdtrt_cert_no": patient.citizen.reveal(),
                "card_sn": "", "psn_cert_type": "01", "certno": patient.citizen.reveal(), "psn_type": "12",
                "psn_name": patient.name, "begntime": at.to_string(), "medfee_sumamt": amount(total), "invono": "F1",
                "insutype": patient.scheme.code(), "dise_codg": "", "dise_name": "", "acct_used_flag": "0",
                "med_type": "41", "exp_content": "",
            },
            "drugdetail": lines.iter().map(row).collect::<Vec<_>>(),
        })
    }

    async fn done(&self, infno: &str, input: &Value) -> Value {
        self.counter.done(infno, input).await
    }

    async fn refused(&self, name: &str, infno: &str, input: &Value, words: &str) {
        self.counter.refused(name, infno, input, words).await;
    }

    /// The same of all that may refuse a purchase, tried and in earnest.
    async fn never(&self, name: &str, input: &Value, words: &str) {
        for infno in ["2101", "2102"] {
            self.refused(name, infno, input, words).await;
        }
    }

    fn of_visit(&self, settled: &Value) -> Value {
        let info = &settled["setlinfo"];
        json!({ "data": {
            "mdtrt_id": info["mdtrt_id"], "setl_id": info["setl_id"], "psn_no": self.play().patient.number.as_str(),
        }})
    }

    fn reversal(&self, omsgid: &str) -> Value {
        json!({ "data": { "psn_no": self.play().patient.number.as_str(), "omsgid": omsgid, "oinfno": "2102" } })
    }

    async fn standing(&self) -> [usize; 3] {
        self.counter.standing().await
    }

    /// The input of 2166.
    fn order(&self, serial: &str, lines: &[Line]) -> Value {
        let patient = &self.play().patient;
        let now = self.play().world.clock.now();
        let row = |line: &Line| {
            json!({
                "feedetl_sn": line.serial, "medins_list_codg": line.own_code, "medins_list_name": line.name,
                "hilist_code": line.code, "hilist_name": line.name, "hilist_type": "101", "chrgitm_lv": "",
                "med_invo_item_type": "", "pric": exact(line.price.as_micro_yuan(), 1_000_000),
                "cnt": exact(line.quantity, 10_000), "amt": amount(line.amount), "dosform": "片剂", "sin_dos": "0.50",
                "detl_ocur_time": line.at.to_string(), "opter_name": "店员某", "opt_time": now.to_string(),
            })
        };
        json!({
            "ec_token": "", "fixmedins_code": "P11010800001", "fixmedins_name": "北京市示范大药房",
            "insuplc": patient.insured.to_string(), "mdtrtarea": "110108", "psn_no": patient.number.as_str(),
            "ssn": patient.citizen.reveal(), "psn_name": patient.name, "gend": "1", "brdy": "1950-01-01",
            "mdtrtsn": serial, "med_type": "41", "psn_type": "12", "insutype": patient.scheme.code(),
            "dscg_date": now.day().to_string(), "medfee_sumamt": amount(bills::total(lines)), "opter_name": "店员某",
            "feedetl": lines.iter().map(row).collect::<Vec<_>>(),
        })
    }

    /// Puts an order; its number and total.
    async fn put(&mut self, serial: &str) -> (String, Fen) {
        let lines = self.lines(200);
        let output = self.done("2166", &self.order(serial, &lines)).await;
        assert_eq!(output["push_flag"], json!("true"));
        let number = output["mdtrt_regno"].as_str().unwrap().to_owned();
        assert!(number.len() <= 20, "{number}");
        (number, bills::total(&lines))
    }

    fn named(number: &str) -> Value {
        json!({ "fixmedins_code": "P11010800001", "mdtrt_regno": number, "opter_name": "店员某" })
    }

    fn reversed(&self, number: &str, status: &str) -> Value {
        let mut input = Self::named(number);
        input["ssn"] = json!(self.play().patient.citizen.reveal());
        input["status"] = json!(status);
        input
    }

    /// The person's own view of all orders.
    async fn orders(&self) -> Vec<PurchaseOrderView> {
        let path = format!("/api/v1/purchase-orders?certno={}", self.play().patient.citizen.reveal());
        self.app.get::<PurchaseOrders>(&path).await.unwrap().orders
    }

    /// The person confirms: where the order stands then, or the sentence.
    async fn confirm(&self, number: &str) -> Result<PurchaseOrderView, String> {
        let path = format!("/api/v1/purchase-orders/{number}/confirm");
        match self.app.post(&path, &json!({ "use_account": false })).await {
            Ok(view) => Ok(view),
            Err(CallError::Refused(refused)) => Err(refused.message),
            Err(error) => panic!("{error}"),
        }
    }

    async fn confirmed(&self, number: &str) -> PurchaseOrderView {
        let view = self.confirm(number).await.unwrap();
        assert_eq!(view.standing, "settled", "{view:?}");
        view
    }

    /// The rows of 2170 or 2171, which have lines in them.
    async fn rows(&self, infno: &str, more: &Value) -> Vec<Value> {
        let mut input =
            json!({ "fixmedins_code": "P11010800001", "ssn": self.play().patient.citizen.reveal() });
        for (field, value) in more.as_object().unwrap() {
            input[field] = value.clone();
        }
        let answer = self.counter.ask(infno, &input).await;
        assert_eq!(answer["infcode"], json!(0), "{answer}");
        answer["output"].as_array().unwrap().clone()
    }
}

/// `units / per_unit` as a number.
fn exact(units: i64, per_unit: i64) -> Value {
    let places = usize::try_from(per_unit.ilog10()).unwrap();
    let text = format!("{}.{:0places$}", units / per_unit, units % per_unit);
    Value::Number(text.parse().unwrap())
}

fn check(output: &Value) -> Settled {
    let settled = Settled::read(&json!({ "output": output })).unwrap();
    assert_eq!(settled.broken_identities(), Vec::<String>::new());
    settled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purchase_is_tried_settled_once_and_cancelled_with_its_lines() {
    let mut shop = Shop::open().await;
    let lines = shop.lines(300);
    let input = shop.bought(&lines);
    let trial = shop.done("2101", &input).await;
    assert_eq!(trial["detlcutinfo"].as_array().map(Vec::len), Some(lines.len()));
    let by_person = json!({ "data": { "psn_no": shop.play().patient.number.as_str(),
        "begntime": "2020-01-01 00:00:00", "endtime": "2099-01-01 00:00:00" } });
    assert_eq!(shop.done("5201", &by_person).await["mdtrtinfo"], json!([]), "a trial leaves nothing");

    let ask = shop.counter.message("m1", "2102", &input);
    let first = shop.counter.raw.ask(&ask).await;
    assert_eq!(first["infcode"], json!(0), "{first}");
    assert_eq!(shop.counter.raw.ask(&ask).await, first, "to the letter");
    let settled = first["output"].clone();
    assert_eq!(settled["setldetail"], trial["setldetail"]);
    assert_eq!(settled["detlcutinfo"].as_array().map(Vec::len), Some(lines.len()));
    let came_to = check(&settled);
    assert!(came_to.fund_total.0 > 0 && came_to.person_total.0 > 0, "{settled}");
    let info = &settled["setlinfo"];
    assert_eq!((&info["clr_type"], &info["med_type"]), (&json!("41"), &json!("41")));
    assert_eq!(shop.standing().await, [1, 1, 1]);

    // Nothing else can be done with its visit.
    let of_visit = shop.of_visit(&settled);
    shop.refused("as an outpatient's", "2208", &of_visit, "药店购药").await;
    shop.refused("as a stay's", "2305", &of_visit, "药店购药").await;
    shop.refused("withdrawn", "2202", &with(&of_visit, "/data/ipt_otp_no", json!("1")), "已结算").await;
    shop.refused("more lines", "2205", &with(&of_visit, "/data/chrg_bchno", json!("0000")), "已结算").await;

    // What is asked about it, and what is owed for it.
    let found = shop.done("5203", &of_visit).await;
    assert_eq!((&found["setlinfo"]["clr_type"], &found["setlinfo"]["invono"]), (&json!("41"), &json!("F1")));
    assert_eq!(shop.done("5204", &of_visit).await.as_array().map(Vec::len), Some(lines.len()));
    let today = shop.play().world.clock.now().day().to_string();
    let period = json!({ "fixmedins_code": "P11010800001", "start_date": today, "end_date": today });
    let sums = shop.done("2176", &period).await;
    let [sum] = &sums.as_array().unwrap()[..] else { panic!("one kind of care: {sums}") };
    assert_eq!((&sum["med_type"], &sum["medfee_sumamt"]), (&json!("41"), &info["medfee_sumamt"]), "{sum}");

    // Cancelled, nothing of it is left to be settled.
    let undone = shop.done("2103", &of_visit).await;
    assert_eq!(undone["setlinfo"]["medfee_sumamt"], amount(-bills::total(&lines)));
    assert_ne!(undone["setlinfo"]["setl_id"], info["setl_id"]);
    assert_eq!(shop.standing().await, [0, 0, 0]);
    shop.refused("cancelled twice", "2103", &of_visit, "不能再次撤销").await;
    assert_eq!(shop.done("5201", &by_person).await["mdtrtinfo"], json!([]));
    shop.play().dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_lost_on_the_way_a_purchase_is_settled_once_or_not_at_all() {
    let mut shop = Shop::open().await;
    let lines = shop.lines(300);
    let input = shop.bought(&lines);
    // From now on the two provinces know each other.
    shop.done("2101", &input).await;
    // Reversed before it came.
    shop.done("2601", &shop.reversal("m1")).await;
    let late = shop.counter.raw.ask(&shop.counter.message("m1", "2102", &input)).await;
    assert!(sentence(&late).contains("冲正"), "{late}");
    assert_eq!(shop.standing().await, [0, 0, 0]);

    // The answer is lost; the same message finds it.
    let lose = |shop: &Shop| {
        let side = shop.play().world.province(beijing()).unwrap();
        // The first question is who the person is.
        side.to_hub.as_ref().unwrap().next([Fate::Pass, Fate::DropResponse]);
    };
    lose(&shop);
    let ask = shop.counter.message("m2", "2102", &input);
    let unknown = shop.counter.raw.ask(&ask).await;
    assert!(sentence(&unknown).contains("正在向参保地核实"), "{unknown}");
    let known = shop.counter.raw.ask(&ask).await;
    assert_eq!(known["infcode"], json!(0), "{known}");
    assert_eq!(known["output"]["detlcutinfo"].as_array().map(Vec::len), Some(lines.len()));
    assert_eq!(shop.standing().await, [1, 1, 1]);

    // Reversed after it stood; the same message never stands again.
    shop.done("2601", &shop.reversal("m2")).await;
    assert_eq!(shop.standing().await, [0, 0, 0]);
    assert!(sentence(&shop.counter.raw.ask(&ask).await).contains("冲正"));

    // Reversed while nobody knows.
    lose(&shop);
    let ask = shop.counter.message("m3", "2102", &input);
    assert!(sentence(&shop.counter.raw.ask(&ask).await).contains("正在向参保地核实"));
    shop.done("2601", &shop.reversal("m3")).await;
    assert_eq!(shop.standing().await, [0, 0, 0]);
    let other = with(&input, "/druginfo/invono", json!("F2"));
    let settled = shop.done("2102", &other).await;
    assert_eq!(shop.standing().await, [1, 1, 1]);
    assert_eq!(check(&settled).total, bills::total(&lines));
    shop.play().dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_purchase_is_refused_and_leaves_nothing() {
    let mut shop = Shop::open().await;
    let lines = shop.lines(300);
    let input = shop.bought(&lines);
    let of = |pointer: &str, value: Value| with(&input, pointer, value);
    shop.never("a stay", &of("/druginfo/med_type", json!("21")), "med_type").await;
    shop.never("another sum", &of("/druginfo/medfee_sumamt", json!("1.00")), "不一致").await;
    shop.never("an item of no catalog", &of("/drugdetail/0/med_list_codg", json!("XNONE")), "目录对照").await;
    shop.never("no prescription number", &of("/drugdetail/0/rx_circ_flag", json!("1")), "rxno").await;
    shop.never(
        "a third party's",
        &of("/druginfo/exp_content", json!("{\"REL_TTP_FLAG\":\"1\"}")),
        "第三方责任",
    )
    .await;
    shop.never("next week", &of("/druginfo/begntime", json!("2099-01-01 08:00:00")), "begntime").await;
    let twice = of("/drugdetail/1/feedetl_sn", json!(lines[0].serial));
    shop.never("a serial twice", &twice, "不能重复上传").await;
    let mut codes = input.clone();
    codes["durg_trac_info"] = json!([{ "feedetl_sn": "nothing", "drug_trac_codg": "81", "trdn_flag": "0" }]);
    shop.never("codes of no line", &codes, "nothing").await;

    // A hospital is no pharmacy.
    let play = shop.play();
    let hospital = play.world.hospital(crate::play::plain_model(&play.world, beijing())).unwrap();
    let said = hospital.call("2102", Some(play.patient.insured), input.clone()).await.unwrap_err();
    assert!(said.refusal().unwrap().contains("不是定点零售药店"), "{said}");

    // Whoever is in hospital has what is bought outside in the stay's bill.
    let now = play.world.clock.now();
    let stay = Stay::ordinary("ZY1", now.plus_millis(-86_400_000), now);
    let visit = hospital.admit(&play.patient, &stay).await.unwrap();
    shop.never("in hospital", &input, "纳入住院结算").await;
    hospital.discharge(&play.patient, visit, &stay).await.unwrap();

    assert_eq!(shop.standing().await, [0, 0, 0]);
    codes["durg_trac_info"] =
        json!([{ "feedetl_sn": lines[0].serial, "drug_trac_codg": "8100", "trdn_flag": "1" }]);
    let settled = shop.done("2102", &codes).await;
    let id: VisitId = settled["setlinfo"]["mdtrt_id"].as_str().unwrap().parse().unwrap();
    let store = &shop.play().world.province(beijing()).unwrap().node.context.store;
    let kept = store::fee::list(&mut store.conn().await.unwrap(), id, None).await.unwrap();
    let codes: Vec<_> = kept.iter().filter_map(|line| line.registration.get("durg_trac_info")).collect();
    assert_eq!(codes, ["8100|1"]);
    shop.play().dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_area_without_a_benefit_for_pharmacies_says_so() {
    let mut shop = Shop::of(InsuranceScheme::Resident, MemberStatus::Elderly).await;
    let lines = shop.lines(100);
    let input = shop.bought(&lines);
    shop.never("no table", &input, "没有登记[药店购药]的待遇政策").await;
    assert_eq!(shop.standing().await, [0, 0, 0]);
    let order = shop.order("1", &lines);
    shop.refused("no order either", "2166", &order, "没有登记[药店购药]的待遇政策").await;
    assert!(shop.orders().await.is_empty());
    shop.play().dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn medicines_for_a_chronic_disease_need_its_registration() {
    let mut shop = Shop::open().await;
    let lines = shop.lines(300);
    let chronic = with(&shop.bought(&lines), "/druginfo/med_type", json!("14"));
    shop.never("no disease", &chronic, "dise_codg").await;
    let chronic = with(&chronic, "/druginfo/dise_codg", json!("M07803"));
    shop.never("not registered", &chronic, "病种[M07803]").await;
    let (patient, now) = (shop.play().patient.clone(), shop.play().world.clock.now());
    let since = now.day().plus_days(-9).to_string();
    let register = json!({ "data": {
        "psn_no": patient.number.as_str(), "insutype": "310", "opsp_dise_code": "M07803",
        "opsp_dise_name": "肾衰竭血液透析", "insu_optins": patient.insured.to_string(),
        "ide_fixmedins_no": "P11010800001", "ide_fixmedins_name": "北京市示范大药房", "hosp_ide_date": since,
        "diag_dr_codg": "D900000000001", "diag_dr_name": "医师某", "begndate": since, "enddate": "",
    }});
    shop.done("2503", &register).await;
    let trial = shop.done("2101", &chronic).await;
    let settled = shop.done("2102", &chronic).await;
    assert_eq!(settled["setldetail"], trial["setldetail"]);
    assert!(check(&settled).fund_total.0 > 0);
    assert_eq!(settled["setlinfo"]["clr_type"], json!("14"));
    assert_eq!(shop.standing().await, [1, 1, 1]);
    shop.refused("as an outpatient's", "2208", &shop.of_visit(&settled), "药店购药用2101至2103").await;
    shop.done("2103", &shop.of_visit(&settled)).await;
    assert_eq!(shop.standing().await, [0, 0, 0]);
    shop.play().dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_put_confirmed_settled_and_given_back() {
    let mut shop = Shop::open().await;
    let patient = shop.play().patient.clone();
    let who = json!({
        "ssn": patient.citizen.reveal(), "insuplc": patient.insured.to_string(), "fixmedins_code": "P11010800001",
    });
    let found = shop.done("2161", &who).await;
    assert_eq!((&found["psn_no"], &found["insutype"]), (&json!(patient.number.as_str()), &json!("310")));
    let store = &shop.play().world.province(hubei()).unwrap().node.context.store;
    let looks =
        store::person::looks(&mut store.conn().await.unwrap(), people::WUHAN, &patient.number).await.unwrap();
    assert!(looks.keys().any(|(looker, _)| looker == "P11010800001"), "{looks:?}");

    let lines = shop.lines(200);
    let order = shop.order("1", &lines);
    let of = |pointer: &str, value: Value| with(&order, pointer, value);
    shop.refused("an outpatient's", "2166", &of("/med_type", json!("11")), "41").await;
    shop.refused("somebody else's", "2166", &of("/ssn", json!("110101194106189151")), "社会保障号码").await;
    shop.refused("another sum", "2166", &of("/medfee_sumamt", json!("1.00")), "不一致").await;
    shop.refused("a token of nobody", "2166", &of("/ec_token", json!("0".repeat(32))), "令牌").await;
    let put_at = shop.play().world.clock.now();
    let message = shop.counter.message("m1", "2166", &order);
    let put = shop.counter.raw.ask(&message).await;
    assert_eq!(shop.counter.raw.ask(&message).await, put);
    let number = put["output"]["mdtrt_regno"].as_str().unwrap().to_owned();
    shop.refused("its serial again", "2166", &order, "就诊顺序号[1]").await;
    assert_eq!(shop.standing().await, [0, 0, 0], "nothing is settled before the person confirms");

    let waiting = shop.rows("2170", &json!({})).await;
    assert_eq!((waiting.len(), &waiting[0]["mdtrt_regno"]), (1, &json!(number)));
    let line = &waiting[0]["feedetl"][0];
    assert_eq!((&line["amt"], &line["sin_dos"]), (&amount(lines[0].amount), &json!(0.5)));
    let [seen] = &shop.orders().await[..] else { panic!("one order") };
    assert_eq!((seen.standing.as_str(), seen.total), ("waiting", bills::total(&lines)));
    assert!(seen.person.contains('*') && seen.lines.len() == lines.len(), "{seen:?}");
    shop.refused("nothing to give back", "2163", &Shop::named(&number), "[待确认]").await;
    assert_eq!(shop.rows("2171", &json!({ "mdtrt_regno": number })).await, Vec::<Value>::new());

    let view = shop.confirmed(&number).await;
    assert_eq!((view.fund_total, view.total), (seen.fund_total, seen.total), "as it was tried");
    assert_eq!(shop.confirmed(&number).await, view, "confirmed again, it is the same settlement");
    let by_person = json!({ "data": { "psn_no": patient.number.as_str(),
        "begntime": "2020-01-01 00:00:00", "endtime": "2099-01-01 00:00:00" } });
    let visits = shop.done("5201", &by_person).await;
    let begun = visits["mdtrtinfo"][0]["begntime"].as_str().unwrap().to_owned();
    let known = put_at.to_string()..=shop.play().world.clock.now().to_string();
    assert!(known.contains(&begun), "an order says the day alone, and {begun} is not when it was put");
    assert_eq!(shop.standing().await, [1, 1, 1]);
    assert!(shop.rows("2170", &json!({})).await.is_empty());
    shop.refused("too late to cancel", "2167", &Shop::named(&number), "[已结算]").await;

    let bought = shop.rows("2171", &json!({ "mdtrt_regno": number })).await;
    assert_eq!(read_fen(&bought[0]["psn_cashpay"]), Some(view.person_total));
    assert_eq!(bought[0]["feedetl"].as_array().map(Vec::len), Some(lines.len()));
    // Of several the lines are not told.
    let (second, _) = shop.put("2").await;
    shop.confirmed(&second).await;
    let today = shop.play().world.clock.now().day().to_string();
    let both = shop.rows("2171", &json!({ "start_date": today, "end_date": today })).await;
    assert_eq!(both.iter().map(|row| row["feedetl"].clone()).collect::<Vec<_>>(), [json!([]), json!([])]);
    let id: SettlementId = view.settlement.clone().unwrap().parse().unwrap();
    let shown = shop.done("5203", &json!({ "data": { "setl_id": id.to_string(), "mdtrt_id": "" } })).await;
    assert_eq!(shown["setlinfo"]["clr_type"], json!("41"));

    let refund = shop.counter.message("m2", "2163", &Shop::named(&number));
    let given_back = shop.counter.raw.ask(&refund).await;
    assert_eq!(read_fen(&given_back["output"]["medfee_sumamt"]), Some(view.total), "{given_back}");
    assert_eq!(shop.counter.raw.ask(&refund).await, given_back);
    assert_eq!(shop.standing().await, [1, 1, 1], "the other one stands");
    shop.refused("given back twice", "2163", &Shop::named(&number), "[已退费]").await;
    assert!(shop.confirm(&number).await.unwrap_err().contains("[已退费]"));
    assert_eq!(shop.rows("2171", &json!({ "mdtrt_regno": number })).await, Vec::<Value>::new());
    shop.play().dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_cancelled_late_or_of_another_is_not_confirmed() {
    let mut shop = Shop::open().await;
    let (number, _) = shop.put("1").await;
    shop.done("2167", &Shop::named(&number)).await;
    shop.done("2167", &Shop::named(&number)).await;
    assert!(shop.confirm(&number).await.unwrap_err().contains("[已取消]"));
    assert!(shop.confirm("1").await.unwrap_err().contains("[1]"));
    shop.refused("of nobody", "2167", &Shop::named("1"), "[1]").await;
    let others = with(&Shop::named(&number), "/fixmedins_code", json!("P11010800002"));
    shop.refused("of another pharmacy", "2167", &others, "本机构").await;

    let (late, _) = shop.put("2").await;
    shop.play().world.clock.pass_days(2);
    assert!(shop.rows("2170", &json!({})).await.is_empty());
    assert!(shop.confirm(&late).await.unwrap_err().contains("[已过期]"));
    shop.done("2167", &Shop::named(&late)).await;

    // A settlement whose answer is lost is found by the outbox.
    let (lost, _) = shop.put("3").await;
    let side = shop.play().world.province(beijing()).unwrap();
    side.to_hub.as_ref().unwrap().next([Fate::Pass, Fate::DropResponse]);
    assert_eq!(shop.confirm(&lost).await.unwrap().standing, "settling");
    assert_eq!(shop.standing().await, [1, 1, 1]);
    let standings: Vec<_> = shop.orders().await.into_iter().map(|order| order.standing).collect();
    assert_eq!(standings, ["cancelled", "cancelled", "settled"]);
    shop.play().dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_undoes_order_or_settlement_but_no_refund_that_was_made() {
    let mut shop = Shop::open().await;
    // 1106: the order never was.
    let (number, _) = shop.put("1").await;
    shop.done("2181", &shop.reversed(&number, "1106")).await;
    shop.done("2181", &shop.reversed(&number, "1106")).await;
    assert!(shop.confirm(&number).await.unwrap_err().contains("[已冲正]"));
    // 1107: a settlement that was never asked for never will be; one that stands is undone.
    let (waiting, _) = shop.put("2").await;
    shop.done("2181", &shop.reversed(&waiting, "1107")).await;
    assert!(shop.confirm(&waiting).await.unwrap_err().contains("[已冲正]"));
    let (settled, _) = shop.put("3").await;
    shop.confirmed(&settled).await;
    assert_eq!(shop.standing().await, [1, 1, 1]);
    shop.refused("the order of a settlement", "2181", &shop.reversed(&settled, "1106"), "[已结算]").await;
    let others = with(&shop.reversed(&settled, "1107"), "/ssn", json!("110101194106189151"));
    shop.refused("somebody else's", "2181", &others, "ssn").await;
    shop.done("2181", &shop.reversed(&settled, "1107")).await;
    shop.done("2181", &shop.reversed(&settled, "1107")).await;
    assert_eq!(shop.standing().await, [0, 0, 0]);
    shop.refused("nothing to give back", "2163", &Shop::named(&settled), "[已冲正]").await;

    // 1203: a refund that never came is refused when it comes late; one that was made stands.
    let (bought, _) = shop.put("4").await;
    shop.confirmed(&bought).await;
    let late = shop.counter.message("m1", "2163", &Shop::named(&bought));
    shop.play().world.clock.pass_seconds(5);
    shop.done("2181", &shop.reversed(&bought, "1203")).await;
    assert!(sentence(&shop.counter.raw.ask(&late).await).contains("冲正"));
    assert_eq!(shop.standing().await, [1, 1, 1]);
    shop.play().world.clock.pass_seconds(5);
    shop.done("2163", &Shop::named(&bought)).await;
    shop.refused("a refund that was made", "2181", &shop.reversed(&bought, "1203"), "退费不能冲正").await;
    shop.refused("a settlement given back", "2181", &shop.reversed(&bought, "1107"), "[已退费]").await;
    assert_eq!(shop.standing().await, [0, 0, 0]);
    // Cancelled at the counter, it is given back as well.
    let (last, _) = shop.put("5").await;
    let view = shop.confirmed(&last).await;
    let found =
        shop.done("5203", &json!({ "data": { "setl_id": view.settlement.unwrap(), "mdtrt_id": "" } })).await;
    shop.done("2103", &shop.of_visit(&found)).await;
    assert_eq!(shop.orders().await.last().unwrap().standing, "given_back");
    shop.play().dust_settles().await;
}
