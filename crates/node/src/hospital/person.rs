//! 1101 人员信息获取, 1201 医药机构信息获取.

use super::Call;
use crate::{admission, context::Outcome};
use casework::person::{Enrolment, Person, Standing};
use serde_json::Value;
use store::institution;
use terms::{CitizenId, Day, Refusal};
use wire::hospital::{field::Age, settlement_info::PersonFace, t1101, t1201};

/// 1101: who a person is, asked of the insured place.
pub async fn find(call: &Call<'_>) -> Outcome<Value> {
    let input = t1101::Input::read(call.request)?;
    let insured = call.insured()?;
    let citizen =
        input.citizen_id().ok_or_else(|| Refusal::invalid("certno", "18位公民身份号码（校验位须正确）"))?;
    let person = admission::find_person(call.node, call.institution, insured, (None, Some(citizen))).await?;
    if input.psn_name.is_some_and(|name| name != person.name) {
        return Err(Refusal::invalid("psn_name", "与证件号码一致的人员姓名").into());
    }
    let insuinfo = person.enrolments.iter().map(insurance).collect();
    let baseinfo = face(&person, call.received.day());
    Ok(t1101::Output { baseinfo, insuinfo, idetinfo: Vec::new() }.value())
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
