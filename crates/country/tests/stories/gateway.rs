//! The gateways before the interface: who shows who they are gets in, and everybody else gets the gateway's own body, which is
//! not the envelope.

use crate::play::{beijing, hubei};
use crate::raw::{Raw, envelope, sentence};
use casework::institution::{Authentication, Institution};
use country::{
    hospital::{AddressForm, CallError, Hospital, Settings},
    world::World,
};
use hyper::Method;
use serde_json::{Value, json};
use sign::{ca_hmac_sm3, csb_hmac_sha1, sm2::PrivateKey, sm2_sm4::Sealed, sm4, tif_sha256};
use std::sync::Arc;
use terms::{Clock, Province};

const MISSING: &str = "缺少服务网关的请求头!";
const EXPIRED: &str = "签名时间戳超时!";
const UNKNOWN: &str = "非法用户!";
const DIFFERS: &str = "签名不一致!";

/// A hospital that authenticates in this way, and its software.
fn hospital(world: &World, way: Authentication) -> (&Institution, &Hospital, Province) {
    let institution =
        world.institutions.iter().find(|one| one.authentication == way).expect("one of each way");
    (institution, &world.hospitals[&institution.code], institution.place.province())
}

/// A query that writes nothing.
fn question(hospital: &Hospital) -> Value {
    let input = json!({ "medinsinfo": { "fixmedins_code": hospital.settings().code.as_str() } });
    hospital.envelope(&hospital.next_msgid(), "1201", None, input)
}

/// What is said to these headers: the gateway's sentence, or nothing if it lets them through.
async fn said(world: &World, hospital: &Hospital, province: Province, headers: &[(&str, &str)]) -> String {
    said_of(world, province, headers, question(hospital).to_string()).await
}

/// The same of a body of the caller's choice.
async fn said_of(world: &World, province: Province, headers: &[(&str, &str)], body: String) -> String {
    let raw = Raw::to(&world.province(province).unwrap().url());
    let headers: Vec<_> = headers.iter().copied().filter(|(_, value)| *value != "-").collect();
    let came = raw.send(Method::POST, &AddressForm::Csb.path("1201"), &headers, body).await;
    let body: Value = serde_json::from_slice(&came.1).unwrap();
    if body.get("code").is_none() {
        assert_eq!(envelope(came)["infcode"], json!(0));
        return String::new();
    }
    let message = body["message"].as_str().unwrap().to_owned();
    assert_eq!((came.0, body), (200, json!({ "code": 401, "message": message })), "nothing else is said");
    message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_lets_in_whoever_has_the_key_and_nobody_else() {
    let world = crate::play::world().await;
    let now = world.clock.now().millis();

    let (plain, software, province) = hospital(&world, Authentication::None);
    assert_eq!(said(&world, software, province, &[]).await, "");
    assert_eq!(said(&world, software, province, &[("x-tif-signature", "anything")]).await, "");

    let (csb, software, province) = hospital(&world, Authentication::CsbHmacSha1);
    let (key, secret) = (csb.access_key.as_str(), csb.secret.0.as_str());
    let minutes = |minutes: i64| (now + minutes * 60_000).to_string();
    for (name, version, timestamp, access_key, secret, expected) in [
        ("1201", "1.0.0", minutes(0), key, secret, ""),
        ("1201", "1.0.0", minutes(-29), key, secret, ""),
        ("1201", "1.0.0", minutes(-31), key, secret, EXPIRED),
        ("1201", "1.0.0", minutes(32), key, secret, EXPIRED),
        ("1201", "1.0.0", "yesterday".to_owned(), key, secret, EXPIRED),
        ("1201", "1.0.0", minutes(0), key, "another", DIFFERS),
        ("1201", "1.0.0", minutes(0), "AKnobody", secret, UNKNOWN),
        ("1201", "1.0.0", minutes(0), plain.access_key.as_str(), secret, UNKNOWN),
        ("-", "1.0.0", minutes(0), key, secret, MISSING),
        ("1201", "-", minutes(0), key, secret, MISSING),
        ("1201", "1.0.0", "-".to_owned(), key, secret, MISSING),
        ("1201", "1.0.0", minutes(0), "-", secret, MISSING),
    ] {
        let signature = csb_hmac_sha1::sign(secret, access_key, name, &timestamp, version);
        let headers = [
            ("_api_name", name),
            ("_api_version", version),
            ("_api_timestamp", timestamp.as_str()),
            ("_api_access_key", access_key),
            ("_api_signature", signature.as_str()),
        ];
        assert_eq!(said(&world, software, province, &headers).await, expected, "{headers:?}");
        let unsigned = said(&world, software, province, &headers[..4]).await;
        assert_eq!(unsigned, MISSING, "{headers:?}");
    }

    let (tif, software, province) = hospital(&world, Authentication::TifSha256);
    let (key, secret) = (tif.access_key.as_str(), tif.secret.0.as_str());
    let seconds = |seconds: i64| (now / 1_000 + seconds).to_string();
    for (timestamp, nonce, access_key, secret, expected) in [
        (seconds(0), "n1", key, secret, ""),
        (seconds(0), "n1", key, secret, DIFFERS),
        (seconds(1), "n1", key, secret, DIFFERS),
        (seconds(-290), "n2", key, secret, ""),
        (seconds(-310), "n3", key, secret, EXPIRED),
        (seconds(330), "n3", key, secret, EXPIRED),
        (seconds(0), "n3", key, "another", DIFFERS),
        (seconds(0), "n3", "AKnobody", secret, UNKNOWN),
        (seconds(0), "-", key, secret, MISSING),
        (seconds(0), "n3", "-", secret, MISSING),
        ("-".to_owned(), "n3", key, secret, MISSING),
        (seconds(0), "n3", key, secret, ""),
    ] {
        let signature = tif_sha256::sign(secret, &timestamp, nonce);
        let headers = [
            ("x-tif-paasid", access_key),
            ("x-tif-timestamp", timestamp.as_str()),
            ("x-tif-nonce", nonce),
            ("x-tif-signature", signature.as_str()),
        ];
        assert_eq!(said(&world, software, province, &headers).await, expected, "{headers:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_over_the_body_is_good_for_that_body_and_once() {
    let world = crate::play::world().await;
    let now = world.clock.now().millis();
    let (ca, software, province) = hospital(&world, Authentication::CaHmacSm3);
    let (key, secret) = (ca.access_key.as_str(), ca.secret.0.as_str());
    let seconds = |seconds: i64| (now / 1_000 + seconds).to_string();
    let millis = |seconds: i64| (now + seconds * 1_000).to_string();
    let (body, other) = (question(software).to_string(), question(software).to_string());
    for (timestamp, access_key, secret, signed, sent, expected) in [
        (seconds(0), key, secret, &body, &body, ""),
        (seconds(0), key, secret, &body, &body, DIFFERS),
        (seconds(0), key, secret, &other, &other, ""),
        (millis(0), key, secret, &body, &body, ""),
        (millis(0), key, secret, &body, &body, DIFFERS),
        (seconds(-280), key, secret, &body, &body, ""),
        (seconds(-310), key, secret, &body, &body, EXPIRED),
        (millis(330), key, secret, &body, &body, EXPIRED),
        ("yesterday".to_owned(), key, secret, &body, &body, EXPIRED),
        (seconds(1), key, "another", &body, &body, DIFFERS),
        (seconds(1), key, secret, &other, &body, DIFFERS),
        (seconds(1), "AKnobody", secret, &body, &body, UNKNOWN),
        (seconds(1), "-", secret, &body, &body, MISSING),
        (seconds(1), key, secret, &body, &body, ""),
    ] {
        let signature = ca_hmac_sm3::sign(secret, &timestamp, signed.as_bytes());
        let headers = [("x-ca-key", access_key), ("x-ca-signature", signature.as_str())];
        assert_eq!(said_of(&world, province, &headers, sent.clone()).await, expected, "{headers:?}");
        assert_eq!(said_of(&world, province, &headers[..1], sent.clone()).await, MISSING);
    }
    let signature = ca_hmac_sm3::sign(secret, &seconds(2), body.as_bytes()).to_ascii_lowercase();
    let headers = [("x-ca-key", key), ("x-ca-signature", signature.as_str())];
    assert_eq!(said_of(&world, province, &headers, body.clone()).await, "");
    let capitals = signature.to_ascii_uppercase();
    let headers = [("x-ca-key", key), ("x-ca-signature", capitals.as_str())];
    assert_eq!(
        said_of(&world, province, &headers, body).await,
        DIFFERS,
        "the same signature, written otherwise"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envelope_under_seal_is_opened_for_its_keys_only() {
    let world = crate::play::world().await;
    let (sealing, software, province) = hospital(&world, Authentication::Sm2Sm4);
    let raw = Raw::to(&world.province(province).unwrap().url());
    let ask = async |message: &Value| -> Value {
        serde_json::from_slice(&raw.post(message.to_string()).await.1).expect("JSON")
    };
    let said = |answer: &Value| {
        let field = if answer.get("code").is_some() { "message" } else { "err_msg" };
        answer[field].as_str().unwrap_or_default().to_owned()
    };

    // What is asked and answered can be read by nobody on the way, and the answer is the platform's.
    let message = software.seal(question(software));
    assert!(!message["input"].to_string().contains("fixmedins_code"));
    let answer = ask(&message).await;
    assert_eq!(
        (&answer["infcode"], &answer["signtype"], &answer["enctype"]),
        (&json!(0), &json!("SM2"), &json!("SM4"))
    );
    let code = sealing.code.as_str();
    assert_eq!(
        software.unseal(answer.clone()).unwrap()["output"]["medinsinfo"][0]["fixmedins_code"],
        json!(code)
    );
    let mut forged = answer.clone();
    forged["cainfo"] = message["cainfo"].clone();
    assert!(matches!(software.unseal(forged), Err(CallError::NotUnderstood(_))));

    // A signature may come again with its message, and with no other.
    assert_eq!(ask(&message).await["infcode"], json!(0));
    for (field, value) in [("msgid", "m-other"), ("infno", "9001")] {
        let mut replayed = message.clone();
        replayed[field] = json!(value);
        assert_eq!(said(&ask(&replayed).await), DIFFERS, "{field}");
    }
    let mut late = software.seal(question(software));
    late["inf_time"] = json!(world.clock.now().plus_millis(-13 * 3_600_000).to_string());
    assert!(said(&ask(&late).await).contains("校准时钟"));

    let key = sm4::Key::from_hex(&sealing.secret.0).unwrap();
    let other_key = sm4::Key::from_hex(&"7".repeat(32)).unwrap();
    let signer = country::institutions::private_key(&sealing.secret);
    let other = PrivateKey::from_bytes(&[7; 32]).unwrap();
    let sealed_by = |key: &sm4::Key, signer: &PrivateKey, identity: &str| {
        let mut message = question(software);
        let sealed = Sealed::of(message["input"].to_string().as_bytes(), key, signer, identity);
        message["input"] = json!(sealed.text);
        message["cainfo"] = json!(sealed.signature);
        message["signtype"] = json!("SM2");
        message["enctype"] = json!("SM4");
        message
    };
    let identity = sealing.access_key.as_str();
    let with = |field: &str, value: Value| {
        let mut message = software.seal(question(software));
        message[field] = value;
        message
    };
    for (what, message, expected) in [
        ("another SM4 key", sealed_by(&other_key, &signer, identity), DIFFERS),
        ("another signer", sealed_by(&key, &other, identity), DIFFERS),
        ("another identity", sealed_by(&key, &signer, "AKnobody"), DIFFERS),
        ("another input", with("input", json!(key.encrypt(b"{}"))), DIFFERS),
        ("not Base64", with("input", json!("明文")), DIFFERS),
        ("another signature", with("cainfo", json!("c2lnbmVk")), DIFFERS),
        ("no signature", with("cainfo", json!("")), "字段[cainfo]不能为空"),
        ("another way of signing", with("signtype", json!("SM3")), "字段[signtype]不合规"),
        ("another cipher", with("encType", json!("AES")), "字段[enctype]不合规"),
        ("in clear", question(software), "字段[input]不合规"),
        ("all is well", sealed_by(&key, &signer, identity), ""),
    ] {
        let said = said(&ask(&message).await);
        assert!(said.starts_with(expected) && said.is_empty() == expected.is_empty(), "{what}: {said}");
    }

    // Whoever is registered with another way sends in clear.
    let (_, plain, province) = hospital(&world, Authentication::None);
    let mut message = question(plain);
    message["input"] = json!("5b2T5YmN");
    let answer = Raw::to(&world.province(province).unwrap().url()).ask(&message).await;
    assert!(sentence(&answer).starts_with("字段[input]不合规"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_software_of_every_hospital_is_let_in_over_its_own_address() {
    let world = crate::play::world_of(&[beijing(), hubei()]).await;
    for (code, hospital) in &world.hospitals {
        let input = json!({ "medinsinfo": { "fixmedins_code": code.as_str() } });
        let found =
            hospital.call("1201", None, input).await.unwrap_or_else(|error| panic!("{code}: {error}"));
        assert_eq!(found["output"]["medinsinfo"][0]["fixmedins_code"], json!(code.as_str()));
    }
    // A message sent again is another request to the gateway, and the same message behind it.
    for way in Authentication::ALL {
        let (_, hospital, _) = hospital(&world, way);
        let sign_in = json!({ "signIn": {} });
        let first = hospital.call_with_msgid("m1", "9001", None, sign_in.clone()).await.unwrap();
        assert_eq!(hospital.call_with_msgid("m1", "9001", None, sign_in).await.unwrap(), first, "{way:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hospital_set_so_signs_in_first() {
    let world = crate::play::world().await;
    let (plain, _, province) = hospital(&world, Authentication::None);
    let strict = Institution { sign_in_needed: true, changed_at: world.clock.now(), ..plain.clone() };
    let side = world.province(province).unwrap();
    side.node.put_institution(&strict).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let hospital = Hospital::new(Settings::of(&strict, &side.url()), clock);
    let ask = async |sign_no: Option<&str>| {
        let mut message = question(&hospital);
        message["sign_no"] = json!(sign_no);
        Raw::to(&side.url()).ask(&message).await
    };
    for dummy in [None, Some(""), Some("null"), Some("1")] {
        assert!(sentence(&ask(dummy).await).contains("请先办理签到"), "{dummy:?}");
    }
    let sign_no = hospital.sign_in().await.unwrap();
    assert_eq!(ask(Some(&sign_no)).await["infcode"], json!(0));
    let other = world.institutions.iter().find(|one| {
        one.authentication == Authentication::None
            && one.place.province() == province
            && one.code != strict.code
    });
    let other = Institution { sign_in_needed: true, ..other.expect("two plain hospitals").clone() };
    side.node.put_institution(&other).await.unwrap();
    let refused =
        world.hospitals[&other.code].call("1201", None, json!({ "medinsinfo": {} })).await.unwrap_err();
    assert!(matches!(&refused, CallError::Refused { message, .. } if message.contains("签到")), "{refused}");
    hospital.call("9002", None, json!({ "signOut": { "sign_no": sign_no } })).await.unwrap();
    assert!(sentence(&ask(Some(&sign_no)).await).contains("请先办理签到"), "signed out");
    world.stop().await;
}
