//! 2401 入院办理, 2402 出院办理, 2403 住院信息变更, 2404 入院撤销, 2405 出院撤销.

use super::Call;
use crate::{
    admission::{self, Admission, Correction, Diagnoses},
    context::{Failure, Outcome},
};
use casework::declaration;
use store::message::Known;
use terms::{AdmissionKind, Refusal};
use wire::hospital::{exp_content::ExpContent, registration, t2401, t2402, t2403, t2404, t2405};

/// 2401: asks the insured place and the national register, then opens the visit.
pub async fn admit(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2401::Input::read(call.request)?;
    let insured = call.insured()?;
    if let Some(known) = known_already(call).await? {
        return call.known(known);
    }
    let given = input.mdtrtinfo;
    let said = &input.exp_content;
    let mut registration = registration::first(call.request, "mdtrtinfo");
    declaration::note(&mut registration, said.injury, said.third_party, call.received);
    let admission = Admission {
        shown: given.credential()?,
        person: given.psn_no,
        scheme: given.insutype,
        insured,
        treatment: call.treatment,
        admitted_at: given.begntime,
        kind: kind_of(&input.exp_content),
        third_party: input.exp_content.third_party == Some(true),
        registration,
        diagnoses: diagnoses(call, &input.diseinfo),
        msgid: call.request.msgid.clone(),
        med_type: given.med_type,
    };
    let gathered = match admission::gather(call.node, call.institution, &admission).await {
        Ok(gathered) => gathered,
        Err(Failure::Refused(refusal)) => return call.refuse(&refusal).await,
        Err(trouble) => return Err(trouble),
    };
    call.once(async |work| {
        let id = admission::admit(call.node, work, call.institution, admission, gathered).await?;
        Ok(Some(t2401::Output { result: t2401::Admitted { mdtrt_id: id } }.value()))
    })
    .await
}

/// What is known of a message before anybody else is asked about it.
pub async fn known_already(call: &Call<'_>) -> Outcome<Option<Known>> {
    let mut conn = call.node.context.store.conn().await?;
    Ok(store::message::find(&mut conn, call.key(), &call.request.content_hash()).await?)
}

fn kind_of(exp_content: &ExpContent) -> AdmissionKind {
    exp_content.admission_kind.unwrap_or(AdmissionKind::Ordinary)
}

fn diagnoses(call: &Call<'_>, given: &[t2401::Diagnosis]) -> Diagnoses {
    let rows = registration::rows(call.request, "diseinfo");
    given.iter().map(|one| i32::from(one.diag_srt_no)).zip(rows).collect()
}

/// 2402.
pub async fn discharge(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2402::Input::read(call.request)?;
    let given = input.dscginfo;
    call.once(async |work| {
        let visit = admission::hold(work, call.institution, given.mdtrt_id, &given.psn_no).await?;
        if visit.patient.scheme != given.insutype {
            return Err(Refusal::invalid("insutype", "入院登记的险种类型").into());
        }
        let registration = registration::first(call.request, "dscginfo");
        let diagnoses = diagnoses(call, &input.diseinfo);
        admission::discharge(call.node, work, visit, given.endtime, registration, &diagnoses).await?;
        Ok(None)
    })
    .await
}

/// 2403.
pub async fn correct(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2403::Input::read(call.request)?;
    let given = input.adminfo;
    call.once(async |work| {
        let mut visit = admission::hold(work, call.institution, given.mdtrt_id, &given.psn_no).await?;
        let said = &input.exp_content;
        declaration::note(&mut visit.registration, said.injury, said.third_party, call.received);
        let kind = said.admission_kind.unwrap_or(visit.admission_kind);
        let correction = Correction {
            admitted_at: given.begntime,
            med_type: given.med_type.clone(),
            kind,
            third_party: said.third_party == Some(true),
            registration: registration::first(call.request, "adminfo"),
            diagnoses: diagnoses(call, &input.diseinfo),
        };
        admission::correct(call.node, work, visit, correction).await?;
        Ok(None)
    })
    .await
}

/// 2404.
pub async fn withdraw(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2404::Input::read(call.request)?;
    call.once(async |work| {
        let visit = admission::hold(work, call.institution, input.mdtrt_id, &input.psn_no).await?;
        admission::withdraw(work, visit).await?;
        Ok(None)
    })
    .await
}

/// 2405.
pub async fn undo_discharge(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2405::Input::read(call.request)?;
    call.once(async |work| {
        let visit = admission::hold(work, call.institution, input.mdtrt_id, &input.psn_no).await?;
        admission::undo_discharge(work, visit).await?;
        Ok(None)
    })
    .await
}
