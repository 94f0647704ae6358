//! Identity media (就医介质) over HTTP: what a person of Beijing shows at hospitals of Hubei and Tianjin, what the province of Beijing
//! says of it, and what a cashier hears when it is no longer good.

use crate::play::{beijing, hubei};
use casework::person::Person;
use country::{
    hospital::{Hospital, Patient, Stay},
    people,
    world::World,
};
use node::api::client::{CallError, Client};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use terms::{Clock, InsuranceScheme, InsuredPlace, MemberStatus, Province};
use wire::api::media::{CardView, IssuedCard, MadeVoucher, Media};

/// Two people of Beijing, hospitals of two other provinces, and a clerk at home.
struct Away {
    world: World,
    clerk: Client,
    person: Person,
    other: Person,
}

fn tianjin() -> Province {
    people::TIANJIN.province()
}

impl Away {
    async fn new() -> Self {
        let world = crate::play::world_of(&[beijing(), hubei(), tianjin()]).await;
        let clerk = Client {
            node: world.province(beijing()).unwrap().url(),
            token: "令牌".to_owned(),
            operator: Some("经办人甲".to_owned()),
            duty: None,
        };
        let person = |serial| {
            people::person(people::BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, serial)
        };
        Self { world, clerk, person: person(0), other: person(1) }
    }

    fn hospital(&self, province: Province) -> &Hospital {
        self.world.hospital(crate::play::plain_model(&self.world, province)).unwrap()
    }

    /// Another hospital of Wuhan.
    fn second(&self) -> &Hospital {
        let first = crate::play::plain_model(&self.world, hubei()).code();
        let is_other = |model: &&country::institutions::Model| {
            model.code() != first && model.code().division().is_some_and(|one| one.province() == hubei())
        };
        self.world.hospital(self.world.models().find(is_other).unwrap()).unwrap()
    }

    fn holder(person: &Person) -> Value {
        json!({ "insured": "110000", "person": person.number.as_str() })
    }

    async fn card(&self, person: &Person) -> IssuedCard {
        self.clerk.post("/api/v1/cards", &Self::holder(person)).await.unwrap()
    }

    async fn voucher(&self, person: &Person) -> String {
        let made: MadeVoucher = self.clerk.post("/api/v1/vouchers", &Self::holder(person)).await.unwrap();
        made.code.reveal().to_owned()
    }

    async fn step(&self, step: &str) -> CardView {
        self.clerk.post(&format!("/api/v1/cards/{step}"), &Self::holder(&self.person)).await.unwrap()
    }

    async fn media(&self) -> Media {
        let path = format!("/api/v1/media?insured=110000&person={}", self.person.number);
        self.clerk.get(&path).await.unwrap()
    }

    async fn decode(&self, hospital: &Hospital, code: &str) -> Result<Value, String> {
        ask(hospital, "1162", None, json!({ "data": { "businessType": "01101", "ecQrCode": code } })).await
    }

    /// How often Beijing's people were looked at, by who looked and for what.
    async fn looks(&self) -> BTreeMap<(String, String), i64> {
        let store = &self.world.province(beijing()).unwrap().node.context.store;
        let mut conn = store.conn().await.unwrap();
        store::person::looks(&mut conn, people::BEIJING, &self.person.number).await.unwrap()
    }

    fn stay(&self, number: &str) -> Stay {
        let now = self.world.clock.now();
        Stay::ordinary(number, now, now.plus_millis(86_400_000))
    }

    /// 2401 of the person with this credential.
    async fn admit(
        &self,
        hospital: &Hospital,
        (kind, number, card_sn): (&str, &str, &str),
    ) -> Result<Value, String> {
        let patient = Patient::of(&self.person);
        let mut input = hospital.admission(&patient, &self.stay("ZY1"));
        input["mdtrtinfo"]["mdtrt_cert_type"] = json!(kind);
        input["mdtrtinfo"]["mdtrt_cert_no"] = json!(number);
        input["mdtrtinfo"]["card_sn"] = json!(card_sn);
        ask(hospital, "2401", Some(patient.insured), input).await
    }

    /// 2201 of the person with this credential.
    async fn register(
        &self,
        hospital: &Hospital,
        (kind, number, card_sn): (&str, &str, &str),
    ) -> Result<Value, String> {
        let insured = Some(self.person.enrolments[0].insured);
        let input = json!({ "data": {
            "psn_no": self.person.number.as_str(), "insutype": "310", "begntime": self.world.clock.now().to_string(),
            "mdtrt_cert_type": kind, "mdtrt_cert_no": number, "card_sn": card_sn, "ipt_otp_no": "MZ1",
            "dept_code": "A03", "dept_name": "内科", "caty": "A03",
        }});
        ask(hospital, "2201", insured, input).await
    }

    /// 2404 of an admission.
    async fn withdraw(&self, hospital: &Hospital, admitted: &Value) {
        let input = json!({ "data": {
            "mdtrt_id": admitted["result"]["mdtrt_id"], "psn_no": self.person.number.as_str(),
        }});
        ask(hospital, "2404", None, input).await.unwrap();
    }
}

/// The output, or the sentence that the cashier hears.
async fn ask(
    hospital: &Hospital,
    infno: &str,
    insured: Option<InsuredPlace>,
    input: Value,
) -> Result<Value, String> {
    match hospital.call(infno, insured, input).await {
        Ok(mut answer) => Ok(answer["output"].take()),
        Err(error) => Err(error.refusal().unwrap_or_else(|| panic!("{infno}: {error}")).to_owned()),
    }
}

/// 1101 with this credential, and without saying where the person is insured.
async fn find(hospital: &Hospital, (kind, number, card_sn): (&str, &str, &str)) -> Result<Value, String> {
    let input = json!({ "data": {
        "mdtrt_cert_type": kind, "mdtrt_cert_no": number, "card_sn": card_sn, "certno": "", "psn_name": "",
    }});
    ask(hospital, "1101", None, input).await
}

fn is_of(output: &Value, person: &Person) {
    assert_eq!(output["baseinfo"]["psn_no"], json!(person.number.as_str()), "{output}");
    assert_eq!(output["baseinfo"]["certno"], json!(person.citizen.reveal()), "{output}");
    assert_eq!(output["insuinfo"][0]["insuplc_admdvs"], json!(person.enrolments[0].insured.to_string()));
}

#[track_caller]
fn refused(answer: Result<Value, String>, words: &str) {
    let sentence = answer.expect_err("must be refused");
    assert!(sentence.contains(words), "{words}: {sentence}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voucher_is_read_once_and_its_token_opens_the_visit_at_that_hospital() {
    let away = Away::new().await;
    let wuhan = away.hospital(hubei());
    let code = away.voucher(&away.person).await;
    assert!(code.starts_with("110000") && code.len() == 28, "the code says where it was issued: {code}");

    let read = away.decode(wuhan, &code).await.unwrap();
    assert_eq!(
        (&read["idNo"], &read["userName"]),
        (&json!(away.person.citizen.reveal()), &json!(away.person.name))
    );
    assert_eq!(read["insuOrg"], json!(away.person.enrolments[0].insured.to_string()));
    let token = read["ecToken"].as_str().unwrap();
    refused(away.decode(away.second(), &code).await, "已使用过");
    refused(away.decode(wuhan, &code).await, "已使用过");
    refused(away.decode(wuhan, "4201001234567890123456789012").await, "同属一个统筹区");
    refused(away.decode(wuhan, "4205001234567890123456789012").await, "未查到该就医凭证");
    refused(away.decode(wuhan, "1200001234567890123456789012").await, "未查到该就医凭证");
    refused(away.decode(wuhan, "6500001234567890123456789012").await, "尚未接入");
    refused(away.decode(wuhan, "https://example.org/qr").await, "ecQrCode");

    is_of(&find(wuhan, ("01", token, "")).await.unwrap(), &away.person);
    refused(find(away.second(), ("01", token, "")).await, "不是本机构取得的");
    refused(find(away.hospital(tianjin()), ("01", token, "")).await, "不是本机构取得的");
    refused(away.admit(away.second(), ("01", token, "")).await, "不是本机构取得的");
    let others = away.decode(wuhan, &away.voucher(&away.other).await).await.unwrap();
    refused(away.admit(wuhan, ("01", others["ecToken"].as_str().unwrap(), "")).await, "不是该人员的");
    let admitted = away.admit(wuhan, ("01", token, "")).await.unwrap();

    // Neither the token nor a code is kept with the visit.
    let store = &away.world.province(hubei()).unwrap().node.context.store;
    let code_of = wuhan.settings().code.clone();
    let visit = admitted["result"]["mdtrt_id"].as_str().unwrap().parse().unwrap();
    let visit = store::visit::find(&mut store.conn().await.unwrap(), &code_of, visit).await.unwrap().unwrap();
    assert_eq!(visit.registration.get("mdtrt_cert_type").map(String::as_str), Some("01"));
    assert_eq!(visit.registration.get("mdtrt_cert_no"), None);

    // Half an hour later the token is good for nothing.
    away.withdraw(wuhan, &admitted).await;
    away.world.clock.pass_seconds(30 * 60);
    refused(away.admit(wuhan, ("01", token, "")).await, "重新扫描");
    let looks = away.looks().await;
    assert_eq!(looks[&("经办人甲".to_owned(), "生成医保电子凭证".to_owned())], 1);
    assert_eq!(looks[&(wuhan.settings().code.to_string(), "1162".to_owned())], 1);
    away.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voucher_is_good_for_a_minute_and_for_the_message_that_read_it() {
    let away = Away::new().await;
    let wuhan = away.hospital(hubei());
    let late = away.voucher(&away.person).await;
    away.world.clock.pass_seconds(60);
    refused(away.decode(wuhan, &late).await, "已过有效时间");

    // The answer is lost, the message is sent again: the voucher was read, and is read again.
    let code = away.voucher(&away.person).await;
    let input = json!({ "data": { "businessType": "01101", "ecQrCode": code } });
    let msgid = wuhan.next_msgid();
    for _ in 0..2 {
        let answer = wuhan.call_with_msgid(&msgid, "1162", None, input.clone()).await.unwrap();
        let token = answer["output"]["ecToken"].as_str().unwrap().to_owned();
        is_of(&find(wuhan, ("01", &token, "")).await.unwrap(), &away.person);
        away.world.clock.pass_seconds(61);
    }
    refused(ask(wuhan, "1162", None, input.clone()).await, "已使用过");
    away.world.clock.pass_seconds(10 * 60);
    let again = wuhan.call_with_msgid(&msgid, "1162", None, input).await.unwrap_err();
    assert!(again.refusal().unwrap().contains("已使用过"), "{again}");

    // Clients without 1162 show the code itself: it is read by the first message, and stands for the person from then on.
    let code = away.voucher(&away.person).await;
    is_of(&find(wuhan, ("01", &code, "")).await.unwrap(), &away.person);
    away.world.clock.pass_seconds(120);
    is_of(&find(wuhan, ("01", &code, "")).await.unwrap(), &away.person);
    refused(find(away.second(), ("01", &code, "")).await, "已使用过");
    away.admit(wuhan, ("01", &code, "")).await.unwrap();
    away.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_authenticated_where_it_was_issued() {
    let away = Away::new().await;
    let wuhan = away.hospital(hubei());
    let card = away.card(&away.person).await;
    let with_cipher = format!("{}|{}", card.number, card.cipher);
    let insured = Some(away.person.enrolments[0].insured);

    // The chip's identification code says whom to ask; a number with its cipher is asked where the message says.
    let input = json!({ "data": { "cardno": card.number, "card_sn": card.card_sn } });
    let read = ask(wuhan, "1161", None, input).await.unwrap();
    is_of(&read, &away.person);
    assert_eq!(read["cardecinfo"]["card_sn"], json!(card.card_sn));
    let read =
        ask(wuhan, "1161", insured, json!({ "data": { "mdtrt_cert_no": with_cipher } })).await.unwrap();
    is_of(&read, &away.person);
    refused(ask(wuhan, "1161", None, json!({ "data": { "mdtrt_cert_no": with_cipher } })).await, "card_sn");
    refused(ask(wuhan, "1161", insured, json!({ "data": { "cardno": card.number } })).await, "card_sn");
    refused(
        ask(wuhan, "1161", insured, json!({ "data": { "cardno": "A00000000|x" } })).await,
        "未查到该就医凭证",
    );
    is_of(&find(wuhan, ("03", &card.number, &card.card_sn)).await.unwrap(), &away.person);
    is_of(&find(wuhan, ("03", &with_cipher, &card.card_sn)).await.unwrap(), &away.person);

    // Another person's card, whatever of it is shown.
    let others = away.card(&away.other).await;
    refused(find(wuhan, ("03", &card.number, &others.card_sn)).await, "未查到该就医凭证");
    for card_sn in ["", others.card_sn.as_str()] {
        refused(away.admit(wuhan, ("03", &others.number, card_sn)).await, "不是该人员的");
    }
    refused(away.admit(wuhan, ("02", away.other.citizen.reveal(), "")).await, "不是该人员的");

    // Five wrong ciphers lock the card, at whatever hospital; a clerk at home unlocks it.
    let wrong = format!("{}|{}", card.number, "0".repeat(32));
    for (hospital, words) in [
        (wuhan, "再有4次"),
        (away.hospital(tianjin()), "再有3次"),
        (away.second(), "再有2次"),
        (wuhan, "再有1次"),
        (wuhan, "已被锁定"),
    ] {
        refused(find(hospital, ("03", &wrong, &card.card_sn)).await, words);
    }
    refused(find(wuhan, ("03", &with_cipher, &card.card_sn)).await, "已被锁定");
    assert_eq!(away.media().await.cards[0].stage_name, "锁定");
    assert_eq!(away.step("lift").await.stage_name, "正常");

    // What clients fill in does not stop a person who is known by their number.
    for shown in [
        ("03", card.number.as_str(), ""),
        ("03", with_cipher.as_str(), card.card_sn.as_str()),
        ("03", away.person.citizen.reveal(), ""),
        ("01", "", ""),
        ("03", "X", "null"),
    ] {
        let admitted = away.admit(wuhan, shown).await.unwrap_or_else(|why| panic!("{}: {why}", shown.0));
        away.withdraw(wuhan, &admitted).await;
    }
    away.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_reported_at_home_stops_the_card_everywhere_at_once() {
    let away = Away::new().await;
    let (wuhan, tianjin) = (away.hospital(hubei()), away.hospital(tianjin()));
    let card = away.card(&away.person).await;
    let shown = ("03", card.number.as_str(), card.card_sn.as_str());
    for hospital in [wuhan, tianjin] {
        is_of(&find(hospital, shown).await.unwrap(), &away.person);
    }

    let lost = away.step("loss").await;
    assert_eq!((lost.stage_name.as_str(), lost.number.contains('*')), ("挂失", true));
    for hospital in [wuhan, tianjin] {
        refused(find(hospital, shown).await, "已挂失");
        refused(away.admit(hospital, shown).await, "已挂失");
        refused(away.register(hospital, shown).await, "已挂失");
        refused(away.admit(hospital, ("03", &card.number, "")).await, "已挂失");
    }
    // The person is not stopped: another medium will do.
    let code = away.voucher(&away.person).await;
    let token = away.decode(wuhan, &code).await.unwrap()["ecToken"].as_str().unwrap().to_owned();
    let admitted = away.admit(wuhan, ("01", &token, "")).await.unwrap();
    away.withdraw(wuhan, &admitted).await;

    away.step("lift").await;
    for hospital in [wuhan, tianjin] {
        is_of(&find(hospital, shown).await.unwrap(), &away.person);
        away.register(hospital, shown).await.unwrap();
        let admitted = away.admit(hospital, shown).await.unwrap();
        away.withdraw(hospital, &admitted).await;
    }

    // Another card only in its place, which stops the first for ever.
    let mut new = Away::holder(&away.person);
    let second: Result<IssuedCard, CallError> = away.clerk.post("/api/v1/cards", &new).await;
    assert!(matches!(&second, Err(CallError::Refused(why)) if why.code == "card-rule"), "a second card");
    new["replace"] = json!(true);
    let second: IssuedCard = away.clerk.post("/api/v1/cards", &new).await.unwrap();
    refused(find(tianjin, shown).await, "已注销");
    is_of(&find(tianjin, ("03", &second.number, &second.card_sn)).await.unwrap(), &away.person);
    away.step("stop").await;
    refused(find(tianjin, ("03", &second.number, &second.card_sn)).await, "已注销");
    let media = away.media().await;
    let stages: Vec<&str> = media.cards.iter().map(|card| card.stage_name.as_str()).collect();
    assert_eq!((stages, media.vouchers.len()), (vec!["注销", "注销"], 1));
    assert!(
        media.vouchers[0].used_by.as_ref().is_some_and(|by| by.starts_with(wuhan.settings().code.as_str()))
    );

    // A province that cannot be reached is no reason to trust a card.
    away.world
        .province(beijing())
        .unwrap()
        .from_hub
        .as_ref()
        .unwrap()
        .always(country::network::Fate::DropRequest);
    refused(find(wuhan, shown).await, "无法连通");
    away.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clerk_must_name_somebody_who_is_insured_here() {
    let away = Away::new().await;
    let refusal = async |path: &str, body: Value| match away.clerk.post::<Value>(path, &body).await {
        Err(CallError::Refused(refused)) => refused.code,
        other => panic!("{path} {body}: {other:?}"),
    };
    let nobody = json!({ "insured": "110000", "person": "11000000000000999999" });
    for path in ["/api/v1/cards", "/api/v1/cards/loss", "/api/v1/vouchers"] {
        assert_eq!(refusal(path, nobody.clone()).await, "unknown-person");
        assert_eq!(refusal(path, json!({ "insured": "110000" })).await, "field-missing");
        let elsewhere = json!({ "insured": "420100", "person": away.person.number.as_str() });
        assert_eq!(refusal(path, elsewhere).await, "unknown-person");
    }
    let holder = Away::holder(&away.person);
    for step in ["loss", "lift", "stop"] {
        assert_eq!(
            refusal(&format!("/api/v1/cards/{step}"), holder.clone()).await,
            "card-rule",
            "no card yet"
        );
    }
    assert_eq!(refusal("/api/v1/cards/burn", holder).await, "unknown-path");
    away.world.stop().await;
}
