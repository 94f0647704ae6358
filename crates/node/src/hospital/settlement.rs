//! 2303 住院预结算, 2304 住院结算, 2305 住院结算撤销, 2601 冲正.

use super::{Call, person::face_of};
use crate::{
    admission,
    context::{Failure, Outcome},
    settlement::{self, Asked, Request},
};
use benefit::Breakdown;
use casework::{settlement::Stage, visit::Visit};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _};
use store::{
    Work,
    message::{self, Key, Known},
    treatment::{self, TreatmentSettlement},
    visit,
};
use terms::{Fen, Fund, MessageId, Moment, Refusal, SettlementId};
use wire::{
    hospital::{
        Answer, NoOutput, registration,
        settlement_info::{SettlementInfo, SettlementInput, SplitAmounts},
        t2303, t2304, t2305, t2601,
    },
    peer::v1::{Answer as PeerAnswer, Question, UndoKind},
};

/// 2303: nothing is written.
pub async fn try_out(call: &Call<'_>) -> Outcome<Value> {
    let input = SettlementInput::read(call.request)?;
    let request = request_of(call, &input)?;
    let (visit, breakdown) = settlement::trial(call.node, &request).await?;
    let info = info(call, &visit, &breakdown, (None, &call.request.msgid), call.received);
    let setldetail = info.details();
    Ok(t2303::Output { setlinfo: info, setldetail }.value())
}

fn request_of<'a>(call: &'a Call<'_>, input: &'a SettlementInput) -> Result<Request<'a>, Refusal> {
    if input.mid_setl_flag == Some(true) {
        return Err(Refusal::invalid("mid_setl_flag", "0（跨省异地住院不办理中途结算）"));
    }
    Ok(Request {
        institution: call.institution,
        visit: input.mdtrt_id,
        person: &input.psn_no,
        scheme: input.insutype,
        total: input.medfee_sumamt,
        discharge: input.dscg_time,
        msgid: &call.request.msgid,
        registration: registration::first(call.request, "data"),
    })
}

/// 2304: written down, asked for, answered when it is known.
pub async fn settle(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = SettlementInput::read(call.request)?;
    let request = request_of(call, &input)?;
    let context = &call.node.context;
    let id = SettlementId::new(call.node.province, context.now(), context.ids.serial());
    if let Some(asked) =
        settlement::begin_together(call.node, &request, id, call.request.content_hash()).await?
    {
        return ask_first(call, asked).await;
    }
    let (mut work, known) = call.begin(Some(&id.to_string())).await?;
    let asked = match known {
        Known::New => match settlement::begin(call.node, &mut work, &request, id).await {
            Ok(asked) => {
                work.save().await?;
                return ask_first(call, asked).await;
            }
            Err(Failure::Refused(refusal)) => {
                drop(work);
                return call.refuse(&refusal).await;
            }
            Err(trouble) => return Err(trouble),
        },
        Known::UnderWay { subject: Some(subject) } => {
            let earlier = subject.parse().ok();
            let found = match earlier {
                Some(earlier) => treatment::find(work.conn(), earlier).await?,
                None => None,
            };
            drop(work);
            match found {
                Some(found) => found,
                None => return call.known(Known::UnderWay { subject: Some(subject) }),
            }
        }
        known => return call.known(known),
    };
    let settlement = if asked.stage == Stage::Asked { ask(call, &asked).await? } else { asked };
    finish(call, &settlement).await
}

/// Asks for a settlement for the first time. Its answer is kept with it in one commit.
async fn ask_first(call: &Call<'_>, asked: Asked) -> Outcome<Vec<u8>> {
    let node = call.node;
    let question = Question::Settle(Box::new(asked.settle));
    let heard = node.link.ask(&node.context, &question, node.settings.patience).await;
    if let Ok(PeerAnswer::Settled(said)) = &heard {
        let mut stands = settlement::settled(&asked.settlement, said, node.context.now());
        let answer = settled_answer(call, &asked.visit, &said.breakdown, &stands);
        stands.answer = Some(answer.clone());
        if settlement::stand_together(node, stands).await {
            return Ok(answer);
        }
    }
    let settlement = match settlement::hear(node, &question, heard).await {
        Ok(settlement) => settlement,
        Err(failure) => {
            tracing::info!(settlement = %asked.settlement.id, refusal = %failure.refusal(), "not known yet");
            let mut conn = node.context.store.conn().await?;
            treatment::find(&mut conn, asked.settlement.id).await?.expect("a settlement is never deleted")
        }
    };
    finish(call, &settlement).await
}

/// The answer to a hospital whose settlement stands.
fn settled_answer(
    call: &Call<'_>,
    visit: &Visit,
    breakdown: &Breakdown,
    settlement: &TreatmentSettlement,
) -> Vec<u8> {
    let at = settlement.settled_at.unwrap_or(call.received);
    let info = info(call, visit, breakdown, (Some(settlement.id), &settlement.msgid), at);
    let setldetail = info.details();
    call.render(&Answer::success(Some(t2304::Output { setlinfo: info, setldetail }.value())))
}

/// Asks for a settlement that was written down; if nobody knows yet, what stands written is what there is.
async fn ask(call: &Call<'_>, asked: &TreatmentSettlement) -> Outcome<TreatmentSettlement> {
    if let Some(question) = settlement::question_of(asked) {
        match settlement::ask(call.node, &question).await {
            Ok(settlement) => return Ok(settlement),
            Err(failure) => {
                tracing::info!(settlement = %asked.id, refusal = %failure.refusal(), "not known yet");
            }
        }
    }
    let mut conn = call.node.context.store.conn().await?;
    Ok(treatment::find(&mut conn, asked.id).await?.expect("a settlement is never deleted"))
}

/// Answers with what became of a settlement, and keeps the answer if it is the last word.
async fn finish(call: &Call<'_>, settlement: &TreatmentSettlement) -> Outcome<Vec<u8>> {
    let breakdown = match settlement::outcome_of(settlement) {
        Ok(breakdown) => breakdown,
        Err(Failure::Refused(refusal)) => return call.refuse(&refusal).await,
        Err(trouble) => return Err(trouble),
    };
    if let Some(first) = &settlement.answer {
        return Ok(first.clone());
    }
    let mut work = call.node.context.store.begin().await?;
    let visit = visit::find(work.conn(), &settlement.institution, settlement.visit).await?;
    let visit = visit.expect("a settlement is of a visit");
    let answer = settled_answer(call, &visit, &breakdown, settlement);
    call.keep(work, &answer).await
}

/// A settlement as the interface shows it.
pub fn info(
    call: &Call<'_>,
    visit: &Visit,
    breakdown: &Breakdown,
    (settlement, msgid): (Option<SettlementId>, &MessageId),
    time: Moment,
) -> SettlementInfo {
    let patient = &visit.patient;
    let split = breakdown.split;
    SettlementInfo {
        visit: visit.id,
        settlement,
        person: face_of(
            patient.number.clone(),
            &patient.citizen,
            &patient.name,
            patient.nation.as_deref(),
            visit.discharged_at.unwrap_or(time).day(),
        ),
        scheme: patient.scheme,
        psn_type: patient.person_type.clone(),
        civil_servant: patient.civil_servant,
        time,
        mdtrt_cert_type: visit.registration.get("mdtrt_cert_type").cloned(),
        med_type: visit.med_type.clone(),
        split: SplitAmounts {
            out_of_scope: split.out_of_scope,
            over_limit: split.over_limit,
            first_self_pay: split.first_self_pay,
            in_scope: split.in_scope,
        },
        deductible_paid: breakdown.deductible_paid,
        funds: breakdown.fund_payments.clone(),
        processes: processes(breakdown),
        pool_ratio: breakdown.pool_ratio,
        account_pay: breakdown.account_paid + breakdown.family_total(),
        cash: breakdown.cash(),
        hospital_part: Fen::ZERO,
        balance: patient.balance,
        mutual_aid: breakdown.family_total(),
        sender_msgid: msgid.clone(),
        clr_optins: Some(call.area().division()),
        clr_way: Some("1".to_owned()),
        clr_type: "21".to_owned(),
    }
}

/// How each fund's payment came about: its steps in their order.
fn processes(breakdown: &Breakdown) -> BTreeMap<Fund, String> {
    let mut processes = BTreeMap::<Fund, String>::new();
    for line in &breakdown.lines {
        let Some(fund) = line.fund else { continue };
        let words = processes.entry(fund).or_default();
        let next = if words.is_empty() { "" } else { "；" };
        let (base, paid) = (line.amount_in, line.amount_out);
        write!(words, "{next}{}：{base}元，支付{paid}元", line.parameter).expect("a string takes any text");
    }
    processes
}

/// 2305: the settlement is undone under an id of its own, and every amount is given back.
pub async fn cancel(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2305::Input::read(call.request)?;
    let (mut work, known) = call.begin(Some(&input.setl_id.to_string())).await?;
    match known {
        Known::New | Known::UnderWay { .. } => {}
        known => return call.known(known),
    }
    let started = start_cancel(call, &mut work, &input).await;
    let (settlement, question) = match started {
        Ok(started) => started,
        Err(Failure::Refused(refusal)) => {
            drop(work);
            return call.refuse(&refusal).await;
        }
        Err(trouble) => return Err(trouble),
    };
    work.save().await?;
    confirm(call, question).await;
    let answer = call.render(&Answer::success(Some(cancelled(call, &settlement).await?)));
    let work = call.node.context.store.begin().await?;
    call.keep(work, &answer).await
}

async fn start_cancel(
    call: &Call<'_>,
    work: &mut Work,
    input: &t2305::Input,
) -> Outcome<(TreatmentSettlement, Option<Question>)> {
    let unknown = || Refusal::UnknownSettlement { setl_id: input.setl_id.to_string() };
    let found = treatment::hold(work, input.setl_id).await?;
    let mut settlement = found
        .filter(|found| found.institution == call.institution.code && found.visit == input.mdtrt_id)
        .ok_or_else(unknown)?;
    if settlement.person != input.psn_no {
        return Err(Refusal::invalid("psn_no", "本次结算的人员编号").into());
    }
    let mine = settlement.undo.as_ref().is_some_and(|undo| undo.msgid == call.request.msgid.as_str());
    match settlement.stage {
        Stage::Settled => {}
        Stage::Undoing | Stage::Undone if mine => {}
        // Not the last word: sent again when the outcome is known, the same message cancels.
        Stage::Asked => {
            return Err(Failure::Trouble(Refusal::OutcomeUnknown { setl_id: settlement.id.to_string() }));
        }
        Stage::Undoing | Stage::Undone => {
            return Err(Refusal::AlreadyUndone { setl_id: settlement.id.to_string() }.into());
        }
        Stage::Refused => return Err(unknown().into()),
    }
    let msgid = call.request.msgid.as_str();
    let question =
        settlement::start_undo(call.node, work, &mut settlement, UndoKind::Cancellation, msgid).await?;
    Ok((settlement, question))
}

/// Asks the insured place to undo. If it does not answer now, the outbox asks again until it does: it is certain already.
async fn confirm(call: &Call<'_>, question: Option<Question>) {
    if let Some(question) = question
        && let Err(failure) = settlement::ask_undo(call.node, &question).await
    {
        tracing::info!(refusal = %failure.refusal(), "the undoing waits in the outbox");
    }
}

/// The answer to a cancellation: the settlement with every amount given back.
async fn cancelled(call: &Call<'_>, settlement: &TreatmentSettlement) -> Outcome<Value> {
    let mut conn = call.node.context.store.conn().await?;
    let visit = visit::find(&mut conn, &settlement.institution, settlement.visit).await?;
    let visit = visit.expect("a settlement is of a visit");
    let stored = settlement.breakdown.as_ref().expect("it was settled");
    let breakdown = crate::insured::breakdown_of(stored);
    let undo = settlement.undo.as_ref().expect("it is undone").id;
    let info = info(call, &visit, &breakdown, (Some(undo), &call.request.msgid), call.received).negated();
    let further = t2305::Further {
        insu_admdvs: Some(visit.insured.division()),
        begndate: Some(visit.admitted_at.day()),
        enddate: visit.discharged_at.map(Moment::day),
        mdtrt_cert_no: visit.registration.get("mdtrt_cert_no").cloned(),
        setl_type: Some("2".to_owned()),
        crt_dedc: Some(-breakdown.deductible_paid),
        invono: settlement.registration.get("invono").cloned(),
        ..t2305::Further::default()
    };
    let setldetail = info.details();
    Ok(t2305::Output { setlinfo: info, further, setldetail }.value())
}

/// 2601: whatever the named message did is undone, whether it came, is under way, or has yet to come.
pub async fn reverse(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2601::Input::read(call.request)?;
    let (mut work, known) = call.begin(None).await?;
    match known {
        Known::New | Known::UnderWay { .. } => {}
        known => return call.known(known),
    }
    let started = match input.oinfno.as_str() {
        "2304" => reverse_settlement(call, &mut work, &input).await,
        "2401" => reverse_admission(call, &mut work, &input).await,
        other => Err(Refusal::NotReversible { oinfno: other.to_owned() }.into()),
    };
    let question = match started {
        Ok(question) => question,
        Err(Failure::Refused(refusal)) => {
            drop(work);
            return call.refuse(&refusal).await;
        }
        Err(trouble) => return Err(trouble),
    };
    work.save().await?;
    confirm(call, question).await;
    let answer = call.render(&Answer::success(Some(NoOutput.value())));
    let work = call.node.context.store.begin().await?;
    call.keep(work, &answer).await
}

async fn reverse_settlement(
    call: &Call<'_>,
    work: &mut Work,
    input: &t2601::Input,
) -> Outcome<Option<Question>> {
    let original = original(call, &input.oinfno, input.omsgid.as_str());
    // Waits for the original if it is just being written down; if it has yet to come, it will be refused.
    message::reverse(work, original, call.received).await?;
    let Some(asked) = treatment::asked_by(work.conn(), original).await? else {
        return Ok(None);
    };
    if asked.person != input.psn_no {
        return Err(Refusal::invalid("psn_no", "原交易的人员编号").into());
    }
    let mut settlement = treatment::hold(work, asked.id).await?.expect("a settlement is never deleted");
    let cancelled = settlement.undo.as_ref().is_some_and(|undo| undo.reason == "cancellation");
    if cancelled {
        return Err(Refusal::AlreadyUndone { setl_id: settlement.id.to_string() }.into());
    }
    let msgid = call.request.msgid.as_str();
    settlement::start_undo(call.node, work, &mut settlement, UndoKind::Reversal, msgid).await
}

async fn reverse_admission(
    call: &Call<'_>,
    work: &mut Work,
    input: &t2601::Input,
) -> Outcome<Option<Question>> {
    let omsgid = input.omsgid.as_str();
    message::reverse(work, original(call, &input.oinfno, omsgid), call.received).await?;
    let Some(opened) = visit::opened_by(work.conn(), &call.institution.code, omsgid).await? else {
        return Ok(None);
    };
    let held = admission::hold(work, call.institution, opened.id, &input.psn_no).await?;
    if held.stage != casework::visit::Stage::Withdrawn {
        admission::withdraw(work, held).await?;
    }
    Ok(None)
}

/// What names the original message.
fn original<'a>(call: &'a Call<'_>, infno: &'a str, msgid: &'a str) -> Key<'a> {
    Key { infno, msgid, ..call.key() }
}
