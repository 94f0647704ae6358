//! 2201 门诊挂号, 2202 门诊挂号撤销, 2203 and 2203A 门诊就诊信息上传, 2204 门诊费用明细信息上传, 2205 门诊费用明细信息撤销.

use super::{
    Call,
    admission::known_already,
    details::{forget_columns, split_line},
};
use crate::{
    admission,
    context::{Failure, Outcome},
    details::Given,
    medium,
    outpatient::{self, Description, Registering},
};
use casework::declaration;
use wire::hospital::{
    credential::Credential,
    registration::{self, Registration},
    t2201, t2202, t2203, t2203a, t2204, t2205,
};

/// 2201: asks the insured place who the person is, then opens the visit.
pub async fn register(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2201::Input::read(call.request)?;
    let insured = call.insured()?;
    if let Some(known) = known_already(call).await? {
        return call.known(known);
    }
    let given = input.data;
    let (kind, number) = (given.mdtrt_cert_type.as_deref(), given.mdtrt_cert_no.as_deref());
    let shown = Credential::read(kind, number, given.card_sn.as_deref())?;
    let who = (Some(given.psn_no.clone()), None);
    let found = async {
        let person = admission::find_person(call.node, call.institution, insured, who).await?;
        medium::check(call.node, call.institution, (insured, &person), &shown, &call.request.msgid).await?;
        Ok(person)
    };
    let person = match found.await {
        Ok(person) => person,
        Err(Failure::Refused(refusal)) => return call.refuse(&refusal).await,
        Err(trouble) => return Err(trouble),
    };
    let registering = Registering {
        scheme: given.insutype,
        insured,
        treatment: call.treatment,
        at: given.begntime,
        third_party: input.exp_content.third_party == Some(true),
        registration: registration::first(call.request, "data"),
        msgid: call.request.msgid.clone(),
    };
    call.once(async |work| {
        let mdtrt_id = outpatient::register(call.node, work, call.institution, registering, person).await?;
        let data = t2201::Registered { mdtrt_id, psn_no: given.psn_no, ipt_otp_no: given.ipt_otp_no };
        Ok(Some(t2201::Output { data }.value()))
    })
    .await
}

/// 2202.
pub async fn withdraw(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2202::Input::read(call.request)?;
    call.once(async |work| {
        let visit = outpatient::hold(work, call.institution, input.mdtrt_id, &input.psn_no).await?;
        outpatient::withdraw(work, visit).await?;
        Ok(None)
    })
    .await
}

/// 2203.
pub async fn describe(call: &Call<'_>) -> Outcome<Vec<u8>> {
    describe_as(call, t2203::Input::read(call.request)?).await
}

/// 2203A.
pub async fn describe_at_pharmacy(call: &Call<'_>) -> Outcome<Vec<u8>> {
    describe_as(call, t2203a::Input::read(call.request)?.common).await
}

async fn describe_as(call: &Call<'_>, input: t2203::Input) -> Outcome<Vec<u8>> {
    let given = input.mdtrtinfo;
    let rows = registration::rows(call.request, "diseinfo");
    let mut registration = registration::first(call.request, "mdtrtinfo");
    // A prescription's picture is not kept.
    registration.remove("rxin");
    let said = &input.exp_content;
    declaration::note(&mut registration, said.injury, said.third_party, call.received);
    let description = Description {
        at: given.begntime,
        med_type: given.med_type,
        care: input.care,
        kind: input.exp_content.outpatient_kind,
        injury: input.exp_content.injury,
        third_party: input.exp_content.third_party,
        registration,
        diagnoses: input.diseinfo.iter().zip(rows).map(|(one, row)| ranked(one, row)).collect(),
    };
    call.once(async |work| {
        let visit = outpatient::hold(work, call.institution, given.mdtrt_id, &given.psn_no).await?;
        outpatient::describe(call.node, work, call.institution, visit, description).await?;
        Ok(None)
    })
    .await
}

/// A diagnosis with its rank. However it is declared void, it is kept so in one way.
fn ranked(one: &t2203::Diagnosis, mut row: Registration) -> (i32, Registration) {
    if !one.is_valid() {
        row.insert("vali_flag".to_owned(), "0".to_owned());
    }
    (i32::from(one.diag_srt_no), row)
}

/// 2204: all lines, or none.
pub async fn upload(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2204::Input::read(call.request)?;
    let first = &input.feedetail[0];
    let (visit, person) = (first.mdtrt_id, first.psn_no.clone());
    let given = lines(call, input.feedetail);
    call.once(async |work| {
        let visit = outpatient::hold(work, call.institution, visit, &person).await?;
        let lines = outpatient::upload(call.node, work, call.institution, &visit, given).await?;
        Ok(Some(t2204::Output { result: lines.iter().map(split_line).collect() }.value()))
    })
    .await
}

/// The lines of a message (`feedetail`).
pub fn lines(call: &Call<'_>, given: Vec<t2204::Line>) -> Vec<Given> {
    let registrations = registration::rows(call.request, "feedetail");
    given.into_iter().zip(registrations).map(|(line, rest)| self::given(line, rest)).collect()
}

fn given(line: t2204::Line, mut rest: Registration) -> Given {
    forget_columns(&mut rest);
    rest.remove("chrg_bchno");
    Given {
        refunds: line.init_feedetl_sn.clone().filter(|_| line.is_refund()),
        serial: line.feedetl_sn,
        bill: line.chrg_bchno,
        occurred_at: line.fee_ocur_time,
        item: line.med_list_codg,
        local_item: line.medins_list_codg,
        amount: line.det_item_fee_sumamt,
        quantity: line.cnt.0,
        price: line.pric.0,
        registration: rest,
    }
}

/// 2205: a bill, or all that are not settled.
pub async fn delete(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2205::Input::read(call.request)?;
    call.once(async |work| {
        let visit = outpatient::hold(work, call.institution, input.mdtrt_id, &input.psn_no).await?;
        let bill = (!input.is_all()).then_some(input.chrg_bchno.as_str());
        outpatient::delete(work, &visit, bill).await?;
        Ok(None)
    })
    .await
}
