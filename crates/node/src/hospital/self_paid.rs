//! 4201 to 4205: visits of patients who paid for themselves (自费病人). The hospital uploads what the patient will ask the insured
//! place to pay back for; nothing of it goes to another node yet.

use super::Call;
use crate::context::Outcome;
use std::collections::BTreeMap;
use store::{
    Work,
    self_paid::{self, Key, SelfPaidLine, SelfPaidVisit},
};
use terms::{Fen, InstitutionCode, Refusal};
use wire::hospital::{
    self_paid::{Line, Visit},
    t4201, t4202, t4203, t4204, t4205,
};

/// 4201, 4201A: lines, each in place of the one with its number.
pub async fn lines(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let lines = t4201::Input::read(call.request)?.lines;
    let visit = lines.first().expect("there is at least one").visit.clone();
    call.once(async |work| {
        open(call, work, &visit).await?;
        put_lines(call, work, &visit, &lines).await?;
        Ok(None)
    })
    .await
}

/// 4202: a stay and its diagnoses, in place of what came before.
pub async fn stay(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t4202::Input::read(call.request)?;
    call.once(async |work| {
        register(call, work, &input.visit, &input.kept, &input.diagnoses).await?;
        Ok(None)
    })
    .await
}

/// 4205: an outpatient visit with its diagnoses and lines.
pub async fn outpatient(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t4205::Input::read(call.request)?;
    call.once(async |work| {
        register(call, work, &input.visit, &input.kept, &input.diagnoses).await?;
        put_lines(call, work, &input.visit.fixmedins_mdtrt_id, &input.lines).await?;
        Ok(None)
    })
    .await
}

/// 4203: all of a visit has come, or it is open again.
pub async fn complete(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t4203::Input::read(call.request)?;
    let complete = input.is_complete();
    check_own(call, input.fixmedins_code.as_ref())?;
    let visit = input.fixmedins_mdtrt_id;
    call.once(async |work| {
        let known = known(call, work, &visit).await?;
        if complete {
            check_complete(&visit, &known)?;
        }
        Ok(self_paid::set_complete(work, key(call, &visit), complete).await.map(|()| None)?)
    })
    .await
}

/// 4204: some lines, or all of a visit.
pub async fn delete(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t4204::Input::read(call.request)?;
    let visit = input.of.fixmedins_mdtrt_id;
    check_own(call, input.of.fixmedins_code.as_ref())?;
    call.once(async |work| {
        if known(call, work, &visit).await?.complete {
            return Err(Refusal::SelfPaidComplete { fixmedins_mdtrt_id: visit.clone() }.into());
        }
        // What is not there is deleted already.
        self_paid::delete_lines(work, key(call, &visit), &input.serials).await?;
        Ok(None)
    })
    .await
}

fn key<'a>(call: &'a Call<'_>, visit: &'a str) -> Key<'a> {
    Key { area: call.area(), institution: &call.institution.code, visit }
}

/// Takes a visit up that is not complete.
async fn open(call: &Call<'_>, work: &mut Work, visit: &str) -> Outcome<SelfPaidVisit> {
    let known = self_paid::hold(work, key(call, visit), call.node.context.now()).await?;
    if known.complete {
        return Err(Refusal::SelfPaidComplete { fixmedins_mdtrt_id: visit.to_owned() }.into());
    }
    Ok(known)
}

/// Takes a visit up of which something has come.
async fn known(call: &Call<'_>, work: &mut Work, visit: &str) -> Outcome<SelfPaidVisit> {
    let known = self_paid::hold(work, key(call, visit), call.node.context.now()).await?;
    if !known.registered && known.lines == 0 {
        // The unit of work ends with this refusal, so nothing of the visit is left behind.
        return Err(Refusal::UnknownSelfPaid { fixmedins_mdtrt_id: visit.to_owned() }.into());
    }
    Ok(known)
}

async fn register(
    call: &Call<'_>,
    work: &mut Work,
    visit: &Visit,
    kept: &BTreeMap<String, String>,
    diagnoses: &[BTreeMap<String, String>],
) -> Outcome<()> {
    let id = visit.fixmedins_mdtrt_id.as_str();
    open(call, work, id).await?;
    Ok(self_paid::register(work, key(call, id), kept, diagnoses, visit.medfee_sumamt).await?)
}

async fn put_lines(call: &Call<'_>, work: &mut Work, visit: &str, lines: &[Line]) -> Outcome<()> {
    // A number that comes twice in one call is one line: the last counts.
    let mut kept: BTreeMap<&str, SelfPaidLine> = BTreeMap::new();
    for line in lines {
        let serial = line.serial.clone();
        let one = SelfPaidLine { serial, amount: line.amount, registration: line.kept.clone() };
        kept.insert(&line.serial, one);
    }
    let kept: Vec<SelfPaidLine> = kept.into_values().collect();
    Ok(self_paid::put_lines(work, key(call, visit), &kept, call.node.context.now()).await?)
}

/// The visit, lines, and lines that add up to the bill where the hospital says what it is.
fn check_complete(visit: &str, known: &SelfPaidVisit) -> Result<(), Refusal> {
    let incomplete = |missing: &str| Refusal::SelfPaidIncomplete {
        fixmedins_mdtrt_id: visit.to_owned(),
        missing: missing.to_owned(),
    };
    if !known.registered {
        return Err(incomplete("就诊信息（4202或4205）"));
    }
    if known.lines == 0 {
        return Err(incomplete("费用明细（4201或4205）"));
    }
    match known.total {
        Some(total) if total != known.sum => Err(sum_differs(total, known.sum)),
        _ => Ok(()),
    }
}

fn sum_differs(total: Fen, sum: Fen) -> Refusal {
    Refusal::SumDiffers {
        field: "medfee_sumamt".to_owned(),
        given: total.to_string(),
        expected: sum.to_string(),
    }
}

fn check_own(call: &Call<'_>, code: Option<&InstitutionCode>) -> Result<(), Refusal> {
    if code.is_some_and(|code| *code != call.institution.code) {
        return Err(Refusal::invalid("fixmedins_code", "本机构的定点医药机构编号"));
    }
    Ok(())
}
