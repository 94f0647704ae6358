//! 2501 转院备案, 2502 to 2507 人员备案 and their withdrawal, 5301, 5302, 5304 and 5205.

use super::{Call, catalog::list_type_of};
use crate::{
    context::{Failure, Outcome},
    registration::{self, ask_what_stands},
};
use casework::{
    person::Person,
    registration::{Kind, Matter, Registered, Registrar, Registration, Stage},
    visit::Visit,
};
use serde_json::Value;
use std::collections::BTreeMap;
use store::{
    fee::{self, FeeLine},
    message::Known,
    visit::{self, Selection},
};
use terms::{
    AdminDivision, CareKind, ChargeCategory, Day, InsuredPlace, Moment, PersonNumber, Refusal,
    RegistrationId, TreatmentPlace,
};
use wire::{
    hospital::{
        Answer,
        field::{Price, Quantity},
        t2501, t2502, t2503, t2504, t2505, t2506, t2507, t5205, t5301, t5302, t5304,
    },
    peer::v1::{FindRegistrations, Question, RegistrationStands, WithdrawRegistration},
};

/// The hospital that refers lies in the city itself (市内转院).
const WITHIN_THE_CITY: &str = "1";

/// 2501, 2501A.
pub async fn refer(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2501::Input::read(call.request)?;
    let given = input.refmedin;
    let place = insured(call, given.insu_optins)?;
    let destination = TreatmentPlace(given.mdtrtarea_admdvs);
    if given.refl_type == WITHIN_THE_CITY && destination.province() != call.node.province {
        let expected = "2（转往省内异地）或3（转往省外异地），因转往医院不在本省";
        return Err(Refusal::invalid("refl_type", expected).into());
    }
    let asked = Asked {
        person: given.psn_no,
        insured: place,
        matter: Matter::Referral {
            destination,
            institution: given.reflin_medins_no,
            institution_name: given.reflin_medins_name,
        },
        days: (given.begndate.or(given.refl_date), given.enddate),
        given: input.given,
    };
    let asked = |id| Registration { scheme: given.insutype, ..asked.registration(call, id) };
    register(call, asked, |stands| {
        t2501::Output { result: t2501::Referred { trt_dcla_detl_sn: stands.id } }.value()
    })
    .await
}

/// 2503.
pub async fn chronic(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2503::Input::read(call.request)?;
    let given = input.data;
    let asked = Asked {
        insured: insured(call, given.insu_optins)?,
        person: given.psn_no,
        matter: Matter::Chronic { disease: given.opsp_dise_code, name: given.opsp_dise_name },
        days: (given.begndate, given.enddate),
        given: input.given,
    };
    let asked = |id| Registration { scheme: Some(given.insutype), ..asked.registration(call, id) };
    register(call, asked, registered).await
}

/// 2505.
pub async fn designate(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2505::Input::read(call.request)?;
    let given = input.data;
    let asked = Asked {
        insured: insured(call, None)?,
        person: given.psn_no,
        matter: Matter::Designated {
            business: given.biz_appy_type,
            rank: given.fix_srt_no,
            institution: given.fixmedins_code,
            institution_name: given.fixmedins_name,
        },
        days: (given.begndate, given.enddate),
        given: input.given,
    };
    register(call, |id| asked.registration(call, id), registered).await
}

/// 2507. What a third party is liable for is refused here already.
pub async fn accident(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2507::Input::read(call.request)?;
    let given = input.data;
    let place = insured(call, given.insu_admdvs)?;
    if given.fixmedins_code.is_some_and(|code| code != call.institution.code) {
        return Err(Refusal::invalid("fixmedins_code", "本机构的定点医药机构编号").into());
    }
    let asked = Asked {
        person: given.psn_no,
        insured: place,
        matter: Matter::Accident { third_party: input.third_party },
        days: (given.begndate.or(given.trum_time).or(given.adm_time), given.enddate),
        given: input.given,
    };
    let asked = |id| Registration { scheme: given.insutype, ..asked.registration(call, id) };
    register(call, asked, |stands| {
        t2507::Output { result: t2507::Referred { trt_dcla_detl_sn: stands.id } }.value()
    })
    .await
}

/// 2502.
pub async fn withdraw_referral(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2502::Input::read(call.request)?;
    let reason = input.memo.unwrap_or_default();
    withdraw(call, Kind::Referral, input.trt_dcla_detl_sn, input.psn_no, reason).await
}

/// 2504.
pub async fn withdraw_chronic(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2504::Input::read(call.request)?;
    withdraw(call, Kind::Chronic, input.trt_dcla_detl_sn, input.psn_no, input.memo).await
}

/// 2506.
pub async fn withdraw_designated(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2506::Input::read(call.request)?;
    withdraw(call, Kind::Designated, input.trt_dcla_detl_sn, input.psn_no, input.memo).await
}

/// What all registrations say.
struct Asked {
    person: PersonNumber,
    insured: InsuredPlace,
    matter: Matter,
    days: (Option<Day>, Option<Day>),
    given: BTreeMap<String, String>,
}

impl Asked {
    fn registration(&self, call: &Call<'_>, id: RegistrationId) -> Registration {
        Registration {
            id,
            person: self.person.clone(),
            insured: self.insured,
            scheme: None,
            matter: self.matter.clone(),
            begins: self.days.0,
            ends: self.days.1,
            by: registrar(call),
            given: self.given.clone(),
        }
    }
}

fn registrar(call: &Call<'_>) -> Registrar {
    let institution = call.institution;
    Registrar::Institution {
        code: institution.code.clone(),
        name: institution.name.clone(),
        place: institution.place,
    }
}

/// Where the person is insured: also in this province, whose own people its hospitals refer to others.
fn insured(call: &Call<'_>, given: Option<AdminDivision>) -> Result<InsuredPlace, Refusal> {
    let place = call.request.insured_place()?.or(given.map(InsuredPlace));
    place.ok_or_else(|| Refusal::missing("insuplc_admdvs", "参保地医保区划，由1101返回"))
}

fn registered(stands: &RegistrationStands) -> Value {
    let result = t2503::Registered { trt_dcla_detl_sn: stands.id, exp_content: None };
    t2503::Output { result }.value()
}

async fn register(
    call: &Call<'_>,
    asked: impl Fn(RegistrationId) -> Registration,
    output: impl Fn(&RegistrationStands) -> Value,
) -> Outcome<Vec<u8>> {
    let question = |id| Question::Register(Box::new(asked(id)));
    write(call, question, |stands| Some(output(stands))).await
}

async fn withdraw(
    call: &Call<'_>,
    kind: Kind,
    id: RegistrationId,
    person: PersonNumber,
    reason: String,
) -> Outcome<Vec<u8>> {
    let insured = insured(call, None)?;
    let withdraw = WithdrawRegistration { id, matter: kind, person, insured, by: registrar(call), reason };
    write(call, |_| Question::WithdrawRegistration(withdraw.clone()), |_| None).await
}

/// Writes down that the message is under way and with which id, asks the insured place, and keeps its word as the message's
/// answer. As long as the insured place has not answered, the message stays under way: sent again, it is asked again with the
/// same id.
async fn write(
    call: &Call<'_>,
    question: impl Fn(RegistrationId) -> Question,
    output: impl Fn(&RegistrationStands) -> Option<Value>,
) -> Outcome<Vec<u8>> {
    let context = &call.node.context;
    let new = RegistrationId::new(call.node.province, context.now(), context.ids.serial());
    let (work, known) = call.begin(Some(&new.to_string())).await?;
    let id = match known {
        Known::New => {
            work.save().await?;
            new
        }
        Known::UnderWay { subject: Some(subject) } => {
            drop(work);
            subject.parse().expect("the message was taken up here, with an id of this kind")
        }
        known => return call.known(known),
    };
    match registration::ask_to_write(call.node, &question(id)).await {
        Ok(stands) => {
            let answer = call.render(&Answer::success(output(&stands)));
            let work = context.store.begin().await?;
            call.keep(work, &answer).await
        }
        Err(Failure::Refused(refusal)) => call.refuse(&refusal).await,
        Err(trouble) => Err(trouble),
    }
}

/// 5301: as the insured place has them in force today.
pub async fn chronic_of(call: &Call<'_>) -> Outcome<Value> {
    let input = t5301::Input::read(call.request)?;
    let found = find(call, input.psn_no, Kind::Chronic).await?.registrations;
    let row = |one: &Registered| match &one.asked.matter {
        Matter::Chronic { disease, name } => Some(t5301::Disease {
            opsp_dise_code: disease.to_string(),
            opsp_dise_name: name.clone(),
            begndate: one.from,
            enddate: one.to,
        }),
        _ => None,
    };
    Ok(t5301::Output { feedetail: found.iter().filter_map(row).collect() }.value())
}

/// 5302: as the insured place has them in force today.
pub async fn designated_of(call: &Call<'_>) -> Outcome<Value> {
    let input = t5302::Input::read(call.request)?;
    let found = find(call, input.psn_no, Kind::Designated).await?.registrations;
    let row = |one: &Registered| match &one.asked.matter {
        Matter::Designated { business, rank, institution, institution_name }
            if input.biz_appy_type.as_ref().is_none_or(|asked| asked == business) =>
        {
            Some(t5302::Choice {
                psn_no: one.asked.person.clone(),
                insutype: one.scheme,
                fix_srt_no: rank.clone(),
                fixmedins_code: institution.clone(),
                fixmedins_name: institution_name.clone(),
                begndate: one.from,
                enddate: one.to,
                memo: one.asked.given.get("memo").cloned(),
            })
        }
        _ => None,
    };
    Ok(t5302::Output { psnfixmedin: found.iter().filter_map(row).collect() }.value())
}

/// 5304: from this hospital and to it.
pub async fn referrals(call: &Call<'_>) -> Outcome<Value> {
    let input = t5304::Input::read(call.request)?;
    let found = find(call, input.psn_no, Kind::Referral).await?;
    let Some(person) = &found.person else {
        return Err(Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() }));
    };
    let rows = found.registrations.iter().filter_map(|one| referral_row(person, one));
    let is_wanted = |row: &t5304::Referral| {
        let after = input.begntime.is_none_or(|begins| begins.day() <= row.refl_date);
        after && input.endtime.is_none_or(|ends| row.refl_date <= ends.day())
    };
    Ok(t5304::Output { refmedin: rows.filter(is_wanted).collect() }.value())
}

fn referral_row(person: &Person, one: &Registered) -> Option<t5304::Referral> {
    let Matter::Referral { destination, institution, institution_name } = &one.asked.matter else {
        return None;
    };
    let kept = |field: &str| one.asked.given.get(field).cloned();
    let referred = kept("refl_date").and_then(|text| text.get(..10)?.parse().ok());
    let since = match one.stage {
        Stage::InForce { since } | Stage::Withdrawn { since, .. } => Some(since),
        Stage::Refused { .. } => None,
    };
    Some(t5304::Referral {
        insutype: one.scheme,
        dcla_souc: Some("01".to_owned()),
        psn_no: person.number.clone(),
        psn_cert_type: "01".to_owned(),
        certno: person.citizen.reveal().to_owned(),
        psn_name: person.name.clone(),
        gend: if person.citizen.is_male() { "1" } else { "2" }.to_owned(),
        brdy: Some(person.citizen.birth()),
        tel: kept("tel"),
        addr: kept("addr"),
        insu_optins: Some(one.asked.insured.to_string()),
        emp_name: None,
        diag_code: kept("diag_code"),
        diag_name: kept("diag_name"),
        dise_cond_dscr: kept("dise_cond_dscr"),
        reflin_medins_no: institution.clone(),
        reflin_medins_name: institution_name.clone(),
        out_flag: destination.province() != one.asked.insured.province(),
        refl_date: referred.unwrap_or(one.from),
        refl_rea: kept("refl_rea").unwrap_or_default(),
        begndate: one.from,
        enddate: one.to,
        // Who refers agrees; a referral without agreement is not taken.
        hosp_agre_refl_flag: true,
        opter_id: None,
        opter_name: None,
        opt_time: since,
    })
}

async fn find(
    call: &Call<'_>,
    person: PersonNumber,
    kind: Kind,
) -> Outcome<wire::peer::v1::FoundRegistrations> {
    let institution = call.institution.code.clone();
    let find = FindRegistrations { insured: insured(call, None)?, person, matter: kind, institution };
    ask_what_stands(call.node, find).await
}

/// The most medicines in one answer.
const MEDICINES: usize = 1_000;

/// 5205: what this hospital gave, out of its own details.
pub async fn medicines(call: &Call<'_>) -> Outcome<Value> {
    let input = t5205::Input::read(call.request)?;
    let earliest = Moment::from_millis(0).expect("within the calendar");
    let latest = call.received.plus_millis(24 * 60 * 60 * 1_000);
    let (from, to) = (input.begntime.unwrap_or(earliest), input.endtime.unwrap_or(latest));
    let mut conn = call.node.context.store.conn().await?;
    let selection = Selection {
        institution: &call.institution.code,
        person: Some(&input.psn_no),
        id: None,
        from: earliest,
        to: to.max(earliest),
        in_hospital: false,
    };
    let mut feedetail = Vec::new();
    for visit in visit::list(&mut conn, selection).await?.iter().rev() {
        if CareKind::from_medical_type(&visit.med_type) == Some(CareKind::Inpatient) {
            continue;
        }
        let lines = fee::list(&mut conn, visit.id, None).await?;
        let wanted = |line: &&FeeLine| {
            let given = (from..=to).contains(&line.occurred_at);
            given && is_medicine(line.category) && is_chronic(visit, line)
        };
        feedetail.extend(lines.iter().filter(wanted).map(|line| medicine(call, visit, line)));
        if feedetail.len() >= MEDICINES {
            feedetail.truncate(MEDICINES);
            break;
        }
    }
    Ok(t5205::Output { feedetail }.value())
}

const fn is_medicine(category: ChargeCategory) -> bool {
    use ChargeCategory::{HerbalMedicine, PatentMedicine, WesternMedicine};
    matches!(category, WesternMedicine | HerbalMedicine | PatentMedicine)
}

/// A line says of which kind it is, or else its visit does.
fn medical_type<'a>(visit: &'a Visit, line: &'a FeeLine) -> &'a str {
    line.registration.get("med_type").map_or(visit.med_type.as_str(), String::as_str)
}

fn is_chronic(visit: &Visit, line: &FeeLine) -> bool {
    CareKind::from_medical_type(medical_type(visit, line)) == Some(CareKind::Chronic)
}

fn medicine(call: &Call<'_>, visit: &Visit, line: &FeeLine) -> t5205::Medicine {
    let kept = |field: &str| line.registration.get(field).cloned();
    let catalog = &call.node.settings.catalog;
    let name = catalog.find(&line.item, line.occurred_at.day()).map_or("", |item| item.name.as_str());
    t5205::Medicine {
        known: t5205::Known {
            feedetl_sn: line.serial.clone(),
            rx_drord_no: kept("rxno").or_else(|| kept("drord_no")),
            fixmedins_code: call.institution.code.clone(),
            fixmedins_name: call.institution.name.clone(),
            psn_no: visit.patient.number.clone(),
            med_type: medical_type(visit, line).to_owned(),
            fee_ocur_time: line.occurred_at,
            cnt: Quantity(line.quantity),
            pric: Price(line.price),
            chrgitm_lv: line.class,
            hilist_code: line.item.clone(),
            hilist_name: name.to_owned(),
            list_type: list_type_of(&line.item).to_owned(),
            med_list_codg: line.item.clone(),
            medins_list_codg: line.local_item.clone(),
            medins_list_name: name.to_owned(),
            med_chrgitm_type: line.category,
            spec: kept("spec").unwrap_or_default(),
        },
        further: t5205::Further {
            hosp_appr_flag: kept("hosp_appr_flag"),
            tcmdrug_used_way: kept("tcmdrug_used_way"),
            etip_flag: kept("etip_flag"),
            etip_hosp_code: kept("etip_hosp_code"),
            dscg_tkdrug_flag: kept("dscg_tkdrug_flag"),
            matn_fee_flag: kept("matn_fee_flag"),
            ..t5205::Further::default()
        },
    }
}
