//! Registrations (人员备案): hospitals refer people on, register chronic diseases, chosen institutions and accidents; the insured
//! place decides, and everybody hears the same.

use crate::desk::{Counter, DAY, with};
use crate::play::{beijing, hubei, plain_model};
use casework::{Filing, filing::Stage as FilingStage, registration::Registered};
use country::{
    bills::{self, Order},
    checks,
    hospital::{Hospital, Patient, Settled, Stay},
    institutions::Model,
    network::Fate,
    people,
    world::World,
};
use node::api::client::{CallError, Client};
use serde_json::{Value, json};
use terms::{Clock, Fen, FilingCategory, PersonNumber, Province};
use wire::api::registration::{RegistrationView, Registrations};

fn chronic(person: &Patient, code: &str) -> Value {
    json!({ "data": {
        "psn_no": person.number.as_str(), "insutype": "310", "opsp_dise_code": code, "opsp_dise_name": "高血压",
        "insu_optins": person.insured.to_string(), "ide_fixmedins_no": "H42010600001",
        "ide_fixmedins_name": "示范医院", "hosp_ide_date": "2026-11-01", "diag_dr_codg": "D420106000001",
        "diag_dr_name": "医师某", "begndate": "", "enddate": "2028-10-31", "tel": "13900000000",
    }})
}

fn referral(person: &Patient, to: &str, kind: &str) -> Value {
    json!({ "refmedin": {
        "psn_no": person.number.as_str(), "insutype": "310", "tel": "", "addr": "", "insu_optins": "",
        "diag_code": "I21.900", "diag_name": "急性心肌梗死", "dise_cond_dscr": "", "reflin_medins_no": to,
        "reflin_medins_name": "转往医院", "mdtrtarea_admdvs": to[1..7], "hosp_agre_refl_flag": "1",
        "refl_type": kind, "refl_date": "", "refl_rea": "技术条件所限", "refl_opnn": "同意转诊",
        "begndate": "", "enddate": "",
    }})
}

fn withdrawal(person: &Patient, id: &Value) -> Value {
    json!({ "data": { "trt_dcla_detl_sn": id, "psn_no": person.number.as_str(), "memo": "登记有误" } })
}

fn of(person: &Patient) -> Value {
    json!({ "data": { "psn_no": person.number.as_str() } })
}

fn id_of(output: &Value) -> Value {
    output["result"]["trt_dcla_detl_sn"].clone()
}

async fn register_of(world: &World, province: Province, person: &PersonNumber) -> Vec<Registered> {
    let store = &world.province(province).unwrap().node.context.store;
    let area = people::BEIJING;
    store::registration::of_person(&mut store.conn().await.unwrap(), area, person).await.unwrap()
}

async fn filings_of(world: &World, person: &PersonNumber) -> Vec<Filing> {
    let store = &world.province(beijing()).unwrap().node.context.store;
    store::filing::of_person(&mut store.conn().await.unwrap(), people::BEIJING, person).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chronic_disease_is_registered_once_seen_by_all_and_withdrawn_by_who_registered_it() {
    let counter = Counter::open().await;
    let world = &counter.play.world;
    let patient = counter.play.patient.clone();
    assert_eq!(counter.done("5301", &of(&patient)).await["feedetail"], json!([]));

    let input = chronic(&patient, "M03900");
    let message = counter.message("LSH0001", "2503", &input);
    let first = counter.raw.ask(&message).await;
    assert_eq!(first["infcode"], json!(0), "{first}");
    assert_eq!(counter.raw.ask(&message).await, first, "sent again, it gets the first answer");
    let other = counter.message("LSH0001", "2503", &chronic(&patient, "M01600"));
    let refused = counter.raw.ask(&other).await;
    assert!(crate::raw::sentence(&refused).contains("报文ID已用于"), "{refused}");
    counter.refused("the same disease", "2503", &input, "同期已有相同的慢特病备案").await;
    let id = id_of(&first["output"]);

    let listed = counter.done("5301", &of(&patient)).await;
    let expected = json!([{ "opsp_dise_code": "M03900", "opsp_dise_name": "高血压", "begndate": "2026-11-01",
                            "enddate": "2028-10-31" }]);
    assert_eq!(listed["feedetail"], expected, "it begins on the day of the finding");
    let at_home = world.hospital(plain_model(world, beijing())).unwrap();
    let seen = at_home.call("5301", Some(patient.insured), of(&patient)).await.unwrap();
    assert_eq!(seen["output"]["feedetail"], expected, "also by a hospital of the insured place");

    for (name, wrong, words) in [
        ("another person", with(&withdrawal(&patient, &id), "/data/psn_no", json!("11010099999")), "流水号"),
        ("an id of nobody", withdrawal(&patient, &json!("420000179523180000000000000099")), "流水号"),
        ("no reason", with(&withdrawal(&patient, &id), "/data/memo", json!("")), "memo"),
    ] {
        counter.refused(name, "2504", &wrong, words).await;
    }
    counter.refused("as another kind", "2506", &withdrawal(&patient, &id), "流水号").await;
    let stranger = at_home.call("2504", Some(patient.insured), withdrawal(&patient, &id)).await.unwrap_err();
    assert!(stranger.refusal().is_some_and(|words| words.contains("流水号")), "{stranger}");

    counter.done("2504", &withdrawal(&patient, &id)).await;
    counter.done("2504", &withdrawal(&patient, &id)).await;
    assert_eq!(counter.done("5301", &of(&patient)).await["feedetail"], json!([]));
    assert_eq!(counter.raw.ask(&message).await, first, "a late copy changes nothing");
    assert_eq!(register_of(world, beijing(), &patient.number).await.len(), 1);

    let nobody = with(&input, "/data/psn_no", json!("11010099999"));
    counter.refused("nobody", "2503", &nobody, "未查到该人员").await;
    let unreadable = with(&input, "/data/opsp_dise_code", json!("高血压"));
    counter.refused("no code", "2503", &unreadable, "opsp_dise_code").await;
    let backwards = with(&input, "/data/enddate", json!("2026-10-31"));
    counter.refused("ends before it begins", "2503", &backwards, "结束日期早于开始日期").await;
    let other_scheme = with(&input, "/data/insutype", json!("390"));
    counter.refused("not insured so", "2503", &other_scheme, "未处于正常参保状态").await;
    counter.play.dust_settles().await;
    counter.play.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chosen_institutions_and_accidents() {
    let counter = Counter::open().await;
    let patient = counter.play.patient.clone();
    let own = counter.play.hospital.settings().code.to_string();
    let choice = |rank: &str, code: &str| {
        json!({ "data": {
            "psn_no": patient.number.as_str(), "biz_appy_type": "03", "fix_srt_no": rank, "fixmedins_code": code,
            "fixmedins_name": "示范医院", "begndate": "2026-11-01", "agnter_certno": "420106198506019121",
            "memo": "本人选定",
        }})
    };
    let id = id_of(&counter.done("2505", &choice("1", &own)).await);
    counter.refused("the first place is taken", "2505", &choice("1", "H42010600077"), "相同的定点备案").await;
    counter.done("2505", &choice("2", "H42010600077")).await;
    let asked =
        |business: &str| json!({ "data": { "psn_no": patient.number.as_str(), "biz_appy_type": business } });
    let shown = counter.done("5302", &asked("03")).await;
    let ranks: Vec<_> = shown["psnfixmedin"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["fix_srt_no"], &row["memo"]))
        .collect();
    assert_eq!(ranks.len(), 2, "{shown}");
    assert!(ranks.contains(&(&json!("1"), &json!("本人选定"))), "{shown}");
    assert!(
        !shown.to_string().contains("420106198506019121"),
        "an agent's number stays at the insured place"
    );
    assert_eq!(counter.done("5302", &asked("13")).await["psnfixmedin"], json!([]));
    counter.done("2506", &withdrawal(&patient, &id)).await;
    assert_eq!(counter.done("5302", &asked("03")).await["psnfixmedin"].as_array().unwrap().len(), 1);

    let hurt = json!({ "data": {
        "dcla_souc": "01", "psn_no": patient.number.as_str(), "psn_cert_type": "01", "certno": patient.citizen.reveal(),
        "psn_name": patient.name, "insu_admdvs": patient.insured.to_string(), "trum_time": "2026-11-05",
        "trum_site": "家中", "trum_rea": "摔倒", "chk_pay_flag": "1", "begndate": "2026-11-05",
    }});
    for flag in [
        with(&hurt, "/data/exp_content", json!("{\"TRUM_FLAG\":\"1\",\"REL_TTP_FLAG\":\"1\"}")),
        with(&hurt, "/data/rel_ttp_flag", json!("1")),
    ] {
        counter.refused("a third party", "2507", &flag, "涉及第三方责任").await;
    }
    let misnamed = with(&hurt, "/data/psn_name", json!("张某丁"));
    counter.refused("somebody else", "2507", &misnamed, "psn_name").await;
    counter.done("2507", &hurt).await;
    counter.refused("sent twice", "2507", &hurt, "相同的意外伤害备案").await;
    counter.play.world.stop().await;
}

/// A person of Beijing, a hospital at home and one in Wuhan.
struct Referred {
    world: World,
    home: &'static Model,
    away: &'static Model,
    patient: Patient,
    stays: u64,
}

impl Referred {
    async fn new() -> Self {
        let world = crate::play::world().await;
        let (home, away) = (plain_model(&world, beijing()), plain_model(&world, hubei()));
        let person = crate::play::retiree();
        world.add_people(&[(people::BEIJING, person.clone())]).await.unwrap();
        Self { patient: Patient::of(&person), world, home, away, stays: 0 }
    }

    fn at(&self, model: &Model) -> &Hospital {
        self.world.hospital(model).unwrap()
    }

    async fn call(&self, model: &Model, infno: &str, input: Value) -> Result<Value, String> {
        let answered = self.at(model).call(infno, Some(self.patient.insured), input).await;
        answered
            .map(|answer| answer["output"].clone())
            .map_err(|error| error.refusal().unwrap_or_default().to_owned())
    }

    /// A stay in Wuhan, discharged; what the funds would pay.
    async fn lie_in(&mut self) -> (terms::VisitId, Fen, Fen) {
        self.stays += 1;
        let now = self.world.clock.now();
        let stay = Stay::ordinary(&format!("ZY{}", self.stays), now, now.plus_millis(3 * DAY));
        let hospital = self.at(self.away);
        let visit = hospital.admit(&self.patient, &stay).await.unwrap();
        let order = Order {
            level: self.away.level,
            admitted: stay.admitted,
            discharged: stay.discharged,
            total: Fen::yuan(23_000),
            lines: 8,
            seed: self.stays,
        };
        let lines = bills::bill(&self.world.rules.catalog(hubei()), &order);
        self.world.clock.pass_days(3);
        hospital.upload(&self.patient, visit, &stay, &lines).await.unwrap();
        hospital.discharge(&self.patient, visit, &stay).await.unwrap();
        let total = bills::total(&lines);
        let trial = hospital.try_settlement(&self.patient, visit, total).await.unwrap();
        (visit, total, trial.fund_total)
    }

    async fn filing_of(&self, visit: terms::VisitId) -> Option<terms::FilingId> {
        let store = &self.world.province(hubei()).unwrap().node.context.store;
        let mut conn = store.conn().await.unwrap();
        store::visit::find(&mut conn, &self.away.code(), visit).await.unwrap().unwrap().filing
    }

    async fn national(&self) -> Vec<Filing> {
        self.world.until_quiet().await.unwrap();
        let mut conn = self.world.hub.context.store.conn().await.unwrap();
        let (province, person) = (beijing(), &self.patient.number);
        store::filing::national_of_person(&mut conn, province, person).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_referred_out_by_their_own_hospital_is_filed_and_pays_less() {
    let mut story = Referred::new().await;
    let patient = story.patient.clone();
    let (_, _, unfiled) = story.lie_in().await;
    let to = story.away.code().to_string();
    let output = story.call(story.home, "2501", referral(&patient, &to, "3")).await.unwrap();
    let id = id_of(&output);
    let [filed] = <[Filing; 1]>::try_from(story.national().await).expect("the hub has heard of one filing");
    assert_eq!(filed.category, FilingCategory::Referral);
    assert_eq!(filed.destination.division().number(), 420_100);
    assert!(matches!(filed.stage, FilingStage::Effective { .. }), "{filed:?}");
    assert_eq!(vec![filed.clone()], filings_of(&story.world, &patient.number).await);
    let again = story.call(story.home, "2501", referral(&patient, &to, "3")).await.unwrap_err();
    assert!(again.contains("相同的转院备案"), "{again}");

    story.world.clock.pass_days(1);
    let (visit, total, referred) = story.lie_in().await;
    assert_eq!(story.filing_of(visit).await, Some(filed.id), "admitted as filed");
    assert!(referred > unfiled, "{referred} {unfiled}: a referral is worth something");
    let settled: Settled = story.at(story.away).settle(&patient, visit, total).await.unwrap();
    assert_eq!(settled.fund_total, referred);

    for (model, rows) in [(story.home, 1), (story.away, 1)] {
        let found = story.call(model, "5304", of(&patient)).await.unwrap();
        let found = found["refmedin"].as_array().unwrap();
        assert_eq!(found.len(), rows, "from here or to here: {found:?}");
        assert_eq!((&found[0]["reflin_medins_no"], &found[0]["out_flag"]), (&json!(to), &json!("1")));
        assert_eq!(found[0]["psn_name"], json!(patient.name));
    }
    let earlier = with(&of(&patient), "/data/endtime", json!("2026-01-01"));
    assert_eq!(story.call(story.home, "5304", earlier).await.unwrap()["refmedin"], json!([]));

    let used = story.call(story.home, "2502", withdrawal(&patient, &id)).await.unwrap_err();
    assert!(used.contains("已用于结算"), "{used}");
    let settlement = settled.id().unwrap();
    story.at(story.away).cancel(&patient, visit, settlement).await.unwrap();
    story.world.until_quiet().await.unwrap();
    story.call(story.home, "2502", withdrawal(&patient, &id)).await.unwrap();
    let [cancelled] = <[Filing; 1]>::try_from(story.national().await).expect("the same filing");
    assert!(matches!(cancelled.stage, FilingStage::Cancelled { since: Some(_), .. }), "{cancelled:?}");
    story.world.clock.pass_days(1);
    let (visit, _, after) = story.lie_in().await;
    assert_eq!(story.filing_of(visit).await, None);
    assert!(after < referred, "{after} {referred}");
    assert_eq!(checks::failures(&story.world).await.unwrap(), Vec::<String>::new());
    story.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_is_referred_on_to_a_third_place() {
    // The guest lies in Wuhan under a long-term filing.
    let counter = Counter::open().await;
    let world = &counter.play.world;
    let patient = counter.play.patient.clone();
    counter.refused("home", "2501", &referral(&patient, "H11010500001", "3"), "同属一个统筹区").await;
    counter.refused("in the city?", "2501", &referral(&patient, "H31010100001", "1"), "refl_type").await;
    let elsewhere =
        with(&referral(&patient, "H31010100001", "3"), "/refmedin/mdtrtarea_admdvs", json!("320100"));
    counter.refused("a hospital that is not there", "2501", &elsewhere, "mdtrtarea_admdvs").await;

    let id = id_of(&counter.done("2501A", &referral(&patient, "H31010100001", "3")).await);
    let filings = filings_of(world, &patient.number).await;
    let destinations: Vec<u32> = filings.iter().map(|one| one.destination.division().number()).collect();
    assert_eq!(filings.len(), 2, "{filings:?}");
    assert!(destinations.contains(&310_000), "the whole municipality: {destinations:?}");

    // Within Wuhan the long-term filing serves already.
    let near = id_of(&counter.done("2501", &referral(&patient, "H42010600077", "1")).await);
    assert_eq!(filings_of(world, &patient.number).await.len(), 2);
    for id in [id, near] {
        counter.done("2502", &withdrawal(&patient, &id)).await;
    }
    let in_effect: Vec<_> = filings_of(world, &patient.number)
        .await
        .into_iter()
        .filter(|one| matches!(one.stage, FilingStage::Effective { .. }))
        .collect();
    assert_eq!(in_effect.len(), 1, "the one that was there before: {in_effect:?}");
    counter.play.dust_settles().await;
    counter.play.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_lost_on_the_way_one_registration_comes_of_it() {
    let counter = Counter::open().await;
    let world = &counter.play.world;
    let patient = counter.play.patient.clone();
    let fates = [Fate::DropRequest, Fate::DropResponse, Fate::Double];
    for (place, family, line) in [
        ("to the hub", "M039", &world.province(hubei()).unwrap().to_hub),
        ("from the hub", "M016", &world.province(beijing()).unwrap().from_hub),
    ] {
        for (number, fate) in fates.into_iter().enumerate() {
            let before = register_of(world, beijing(), &patient.number).await.len();
            let code = format!("{family}{number:02}");
            let message = counter.message(&format!("YS{code}"), "2503", &chronic(&patient, &code));
            line.as_ref().unwrap().next([fate]);
            let mut answer = counter.raw.ask(&message).await;
            if answer["infcode"] != json!(0) {
                assert!(crate::raw::sentence(&answer).contains("原报文ID"), "{place} {fate:?}: {answer}");
                answer = counter.raw.ask(&message).await;
            }
            assert_eq!(answer["infcode"], json!(0), "{place} {fate:?}: {answer}");
            let stands = register_of(world, beijing(), &patient.number).await;
            assert_eq!(stands.len(), before + 1, "{place} {fate:?}");
            assert!(stands.iter().any(|one| json!(one.asked.id.to_string()) == id_of(&answer["output"])));

            line.as_ref().unwrap().next([fate]);
            let message = counter.message(
                &format!("CX{code}"),
                "2504",
                &withdrawal(&patient, &id_of(&answer["output"])),
            );
            let mut gone = counter.raw.ask(&message).await;
            if gone["infcode"] != json!(0) {
                gone = counter.raw.ask(&message).await;
            }
            assert_eq!(gone["infcode"], json!(0), "{place} {fate:?}: {gone}");
        }
    }
    let all = register_of(world, beijing(), &patient.number).await;
    assert!(all.iter().all(|one| one.stage.name() == "withdrawn"), "{all:?}");

    // Whoever is refused while the question is still on its way stays refused.
    let message = counter.message(
        "JJ0001",
        "2503",
        &with(&chronic(&patient, "M03900"), "/data/psn_no", json!("11010088888")),
    );
    world.province(hubei()).unwrap().to_hub.as_ref().unwrap().next([Fate::DropResponse]);
    let lost = counter.raw.ask(&message).await;
    assert!(crate::raw::sentence(&lost).contains("原报文ID"), "{lost}");
    let refused = counter.raw.ask(&message).await;
    assert!(crate::raw::sentence(&refused).contains("未查到该人员"), "{refused}");
    counter.play.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerk_enters_and_takes_back() {
    let counter = Counter::open().await;
    let world = &counter.play.world;
    let patient = counter.play.patient.clone();
    let clerk = Client {
        node: world.province(beijing()).unwrap().url(),
        token: "令牌".to_owned(),
        operator: Some("经办甲".to_owned()),
        duty: None,
    };
    let body = json!({ "insured": patient.insured.to_string(), "person": patient.number.as_str(), "scheme": "employee",
                       "disease": "M01600", "name": "糖尿病", "begins": "2026-11-01" });
    let entered: RegistrationView = clerk.post("/api/v1/registrations", &body).await.unwrap();
    assert_eq!((entered.kind.as_str(), entered.stage_name.as_str()), ("chronic", "有效"));
    assert!(entered.person.contains('*') && entered.registered_by.is_none(), "{entered:?}");
    let again = clerk.post::<RegistrationView>("/api/v1/registrations", &body).await.unwrap_err();
    assert!(matches!(&again, CallError::Refused(refused) if refused.code == "registration-rule"), "{again}");
    let seen = counter.done("5301", &of(&patient)).await;
    assert_eq!(seen["feedetail"][0]["opsp_dise_code"], json!("M01600"));
    let id = json!(entered.id.to_string());
    counter.refused("a hospital did not enter it", "2504", &withdrawal(&patient, &id), "流水号").await;

    // The agency takes back what a hospital registered, too.
    let theirs = id_of(&counter.done("2503", &chronic(&patient, "M03900")).await);
    for id in [&id, &theirs] {
        let path = format!("/api/v1/registrations/{}/withdraw", id.as_str().unwrap());
        let gone: RegistrationView = clerk.post(&path, &json!({ "reason": "复核不符" })).await.unwrap();
        assert_eq!((gone.stage.as_str(), gone.reason.as_deref()), ("withdrawn", Some("复核不符")));
    }
    assert_eq!(counter.done("5301", &of(&patient)).await["feedetail"], json!([]));
    let path = format!("/api/v1/registrations?insured={}&person={}", patient.insured, patient.number);
    let all: Registrations = clerk.get(&path).await.unwrap();
    assert_eq!(all.registrations.len(), 2);
    let nobody = clerk
        .post::<RegistrationView>(
            "/api/v1/registrations/420000179523180000000000000099/withdraw",
            &json!({ "reason": "无" }),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(&nobody, CallError::Refused(refused) if refused.code == "unknown-registration"),
        "{nobody}"
    );
    counter.play.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn medicines_of_chronic_diseases_are_the_hospitals_own() {
    let counter = Counter::open().await;
    let asked =
        json!({ "data": { "psn_no": counter.play.patient.number.as_str(), "begntime": "2026-01-01" } });
    let found = counter.done("5205", &asked).await;
    assert_eq!(found["feedetail"], json!([]), "a stay's medicines are none of these");
    counter.play.world.stop().await;
}
