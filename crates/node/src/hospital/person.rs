//! 1101 人员信息获取, 1161 读卡获取人员信息, 1162 医保电子凭证二维码解码, 1201 医药机构信息获取.

use super::Call;
use crate::{admission, context::Outcome, medium};
use casework::person::{Enrolment, Person, Standing};
use serde_json::Value;
use store::institution;
use terms::{CitizenId, Day, Refusal};
use wire::hospital::{
    credential::Credential, field::Age, settlement_info::PersonFace, t1101, t1161, t1162, t1201,
};

/// 1101: who a person is, asked of the insured place: the one that the medium names where one is shown, else the message's.
pub async fn find(call: &Call<'_>) -> Outcome<Value> {
    let input = t1101::Input::read(call.request)?;
    let shown = input.credential()?;
    let person = match shown {
        Credential::Nothing | Credential::Citizen(_) => find_citizen(call, &input, &shown).await?,
        Credential::Voucher(_) | Credential::Token(_) | Credential::Card(_) => {
            let said = call.request.insured_place()?;
            let message = &call.request.msgid;
            let person = medium::identify(call.node, call.institution, &shown, said, message).await?;
            let named: Option<CitizenId> = input.certno.as_deref().and_then(|certno| certno.parse().ok());
            if named.is_some_and(|named| named != person.citizen) {
                return Err(Refusal::MediumOfAnother {}.into());
            }
            person
        }
    };
    if input.psn_name.is_some_and(|name| name != person.name) {
        return Err(Refusal::invalid("psn_name", "与证件号码一致的人员姓名").into());
    }
    Ok(told(&person, call.received.day()).value())
}

/// The person of an identity number, which clients also write where a medium's belongs.
async fn find_citizen(call: &Call<'_>, input: &t1101::Input, shown: &Credential) -> Outcome<Person> {
    let insured = call.insured()?;
    let beside = match shown {
        Credential::Citizen(citizen) => Some(citizen.clone()),
        _ => None,
    };
    let citizen = input.citizen_id().or(beside);
    let citizen = citizen.ok_or_else(|| Refusal::invalid("certno", "18位公民身份号码（校验位须正确）"))?;
    admission::find_person(call.node, call.institution, insured, (None, Some(citizen))).await
}

/// A person as 1101 tells of them.
fn told(person: &Person, today: Day) -> t1101::Output {
    let insuinfo = person.enrolments.iter().map(insurance).collect();
    t1101::Output { baseinfo: face(person, today), insuinfo, idetinfo: Vec::new() }
}

/// 1161: whose a card is that was read.
pub async fn read_card(call: &Call<'_>) -> Outcome<Value> {
    let card = t1161::Input::read(call.request)?.card()?;
    let (said, message) = (call.request.insured_place()?, &call.request.msgid);
    let person = medium::read_card(call.node, call.institution, &card, said, message).await?;
    let cardecinfo = t1161::Medium {
        psn_name: person.name.clone(),
        psn_cert_type: "01".to_owned(),
        certno: person.citizen.reveal().to_owned(),
        ecToken: String::new(),
        cardno: card.number.reveal().to_owned(),
        card_sn: card.identification.map(|code| code.reveal().to_owned()).unwrap_or_default(),
    };
    Ok(t1161::Output { person: told(&person, call.received.day()), cardecinfo }.value())
}

/// 1162: whose a voucher is that was scanned, and a token for it. The same message reads the same voucher again.
pub async fn decode_voucher(call: &Call<'_>) -> Outcome<Value> {
    let code = t1162::Input::read(call.request)?.code()?;
    let message = &call.request.msgid;
    let (place, person, token) = medium::decode(call.node, call.institution, &code, message).await?;
    let face = face(&person, call.received.day());
    let insured = person.enrolments.first().map_or(place, |enrolment| enrolment.insured);
    let bearer = t1162::Bearer {
        name: person.name,
        certno: face.certno,
        insured: insured.division(),
        gend: face.gend,
        birth: person.citizen.birth(),
    };
    Ok(t1162::Output::of(bearer, token).value())
}

fn insurance(enrolment: &Enrolment) -> t1101::Insurance {
    t1101::Insurance {
        balc: enrolment.balance,
        insutype: enrolment.scheme,
        psn_type: enrolment.person_type.clone(),
        psn_insu_stas: Some(enrolment.standing.code().to_owned()),
        psn_insu_date: enrolment.since,
        paus_insu_date: enrolment.since.filter(|_| enrolment.standing != Standing::InForce),
        cvlserv_flag: enrolment.civil_servant,
        insuplc_admdvs: enrolment.insured.division(),
        emp_name: enrolment.employer.clone(),
    }
}

fn face(person: &Person, today: Day) -> PersonFace {
    face_of(person.number.clone(), &person.citizen, &person.name, person.nation.as_deref(), today)
}

/// A person as the interface shows them.
pub fn face_of(
    number: terms::PersonNumber,
    citizen: &CitizenId,
    name: &str,
    nation: Option<&str>,
    on: Day,
) -> PersonFace {
    PersonFace {
        psn_no: number,
        psn_cert_type: "01".to_owned(),
        certno: citizen.reveal().to_owned(),
        psn_name: name.to_owned(),
        gend: if citizen.is_male() { "1" } else { "2" }.to_owned(),
        naty: nation.map(str::to_owned),
        brdy: Some(citizen.birth()),
        age: Age::between(citizen.birth(), on),
    }
}

/// 1201: institutions by code or part of the name.
pub async fn institutions(call: &Call<'_>) -> Outcome<Value> {
    let input = t1201::Input::read(call.request)?;
    let mut conn = call.node.context.store.conn().await?;
    let code = input.fixmedins_code.as_ref().map(terms::InstitutionCode::as_str);
    let kind = input.fixmedins_type.as_deref().unwrap_or("1");
    let found = institution::search(&mut conn, code, input.fixmedins_name.as_deref(), kind).await?;
    let row = |one: casework::institution::Institution| t1201::Institution {
        fixmedins_code: one.code,
        fixmedins_name: one.name,
        uscc: Some(one.uscc),
        fixmedins_type: one.kind,
        hosp_lv: Some(one.grade),
        exp_content: None,
    };
    Ok(t1201::Output { medinsinfo: found.into_iter().map(row).collect() }.value())
}
