//! 2303 住院预结算, 2304 住院结算, 2305 住院结算撤销, 2206 and 2206A 门诊预结算, 2207 and 2207A 门诊结算, 2208 门诊结算撤销,
//! 2103 药店结算撤销, 2601 冲正; how 2102 is asked for and answered.

use super::{Call, details::split_line, outpatient::lines, person::face_of};
use crate::{
    admission,
    context::{Failure, Outcome},
    details::Given,
    outpatient,
    planted::{self, Bug},
    settlement::{self, Asked, OfBill, Request},
};
use benefit::Breakdown;
use casework::{declaration, settlement::Stage, visit::Visit};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _};
use store::{
    Work, fee,
    message::{self, Key, Known},
    treatment::{self, TreatmentSettlement},
    visit,
};
use terms::{CareKind, Fen, Fund, MessageId, Moment, Refusal, SettlementId};
use wire::{
    hospital::{
        Answer, NoOutput, registration,
        settlement_info::{SettlementInfo, SettlementInput, SplitAmounts},
        t2102, t2103, t2206, t2207, t2208,
        t2301::SplitLine,
        t2303, t2304, t2305, t2601,
    },
    peer::v1::{Answer as PeerAnswer, Question, UndoKind},
};

/// 2303: nothing is written.
pub async fn try_out(call: &Call<'_>) -> Outcome<Value> {
    let input = SettlementInput::read(call.request)?;
    let request = request_of(call, &input);
    let (visit, breakdown) = settlement::trial(call.node, &request).await?;
    let shown = Shown::trial(call, visit.care, &request.registration);
    let info = info(call, &visit, &breakdown, &shown);
    let setldetail = info.details();
    Ok(t2303::Output { setlinfo: info, setldetail }.value())
}

/// 2206, 2206A: nothing is written. Lines that come with the message are split and summed, and forgotten.
pub async fn try_out_bill(call: &Call<'_>) -> Outcome<Value> {
    let input = t2206::Input::read(call.request)?;
    let request = request_of_bill(call, &input);
    let given = lines(call, input.feedetail.clone());
    let (visit, breakdown) = if given.is_empty() {
        settlement::trial(call.node, &request).await?
    } else {
        let mut work = call.node.context.store.begin().await?;
        replace_lines(call, &mut work, &request, given).await?;
        let summed = settlement::hold_summed(&mut work, &request).await?;
        drop(work);
        settlement::try_summed(call.node, &request, summed).await?
    };
    let care = CareKind::from_medical_type(&input.data.med_type).unwrap_or(visit.care);
    let shown = Shown::trial(call, care, &request.registration);
    let info = info(call, &visit, &breakdown, &shown);
    let setldetail = info.details();
    Ok(t2206::Output { setlinfo: info, setldetail }.value())
}

fn request_of_bill<'a>(call: &'a Call<'_>, input: &'a t2206::Input) -> Request<'a> {
    let (data, said) = (&input.data, &input.exp_content);
    let mut registration = registration::first(call.request, "data");
    declaration::note(&mut registration, said.injury, said.third_party, call.received);
    Request {
        institution: call.institution,
        visit: data.mdtrt_id,
        of_bill: Some(OfBill {
            name: &data.chrg_bchno,
            med_type: &data.med_type,
            kind: said.outpatient_kind,
            injury: said.injury,
            third_party: said.third_party,
        }),
        person: &data.psn_no,
        scheme: data.insutype,
        total: data.medfee_sumamt,
        discharge: None,
        infno: &call.request.infno,
        msgid: &call.request.msgid,
        registration,
    }
}

/// Puts the lines that came with a message in place of those of the bill.
async fn replace_lines(
    call: &Call<'_>,
    work: &mut Work,
    request: &Request<'_>,
    given: Vec<Given>,
) -> Outcome<()> {
    let visit = outpatient::hold(work, call.institution, request.visit, request.person).await?;
    let bill = request.of_bill.as_ref().expect("lines come with a bill").name;
    outpatient::replace(call.node, work, call.institution, &visit, (bill, given)).await
}

fn request_of<'a>(call: &'a Call<'_>, input: &'a SettlementInput) -> Request<'a> {
    Request {
        institution: call.institution,
        visit: input.mdtrt_id,
        of_bill: None,
        person: &input.psn_no,
        scheme: input.insutype,
        total: input.medfee_sumamt,
        discharge: input.dscg_time,
        infno: &call.request.infno,
        msgid: &call.request.msgid,
        registration: registration::first(call.request, "data"),
    }
}

/// 2304: written down, asked for, answered when it is known.
pub async fn settle(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = SettlementInput::read(call.request)?;
    settle_request(call, &request_of(call, &input), Vec::new()).await
}

/// 2207, 2207A: the same of a bill, with the lines that come with it.
pub async fn settle_bill(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2207::Input::read(call.request)?;
    let given = lines(call, input.feedetail.clone());
    settle_request(call, &request_of_bill(call, &input), given).await
}

async fn settle_request(call: &Call<'_>, request: &Request<'_>, given: Vec<Given>) -> Outcome<Vec<u8>> {
    let context = &call.node.context;
    let id = SettlementId::new(call.node.province, context.now(), context.ids.serial());
    if given.is_empty()
        && let Some(asked) =
            settlement::begin_together(call.node, request, id, call.request.content_hash()).await?
    {
        return ask_first(call, asked).await;
    }
    settle_alone(call, id, async |work| begin(call, work, request, (id, given)).await).await
}

/// Writes a settlement down in the unit of work that takes the message up, and asks for it; or answers with what became of the
/// same message.
pub(super) async fn settle_alone<F>(call: &Call<'_>, id: SettlementId, begin: F) -> Outcome<Vec<u8>>
where
    F: AsyncFnOnce(&mut Work) -> Outcome<Asked>,
{
    let (mut work, known) = call.begin(Some(&id.to_string())).await?;
    let asked = match known {
        Known::New => match begin(&mut work).await {
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

async fn begin(
    call: &Call<'_>,
    work: &mut Work,
    request: &Request<'_>,
    (id, given): (SettlementId, Vec<Given>),
) -> Outcome<Asked> {
    if !given.is_empty() {
        replace_lines(call, work, request, given).await?;
    }
    settlement::begin(call.node, work, request, id).await
}

/// Asks for a settlement for the first time. Its answer is kept with it in one commit.
async fn ask_first(call: &Call<'_>, asked: Asked) -> Outcome<Vec<u8>> {
    let node = call.node;
    let lines = lines_shown(call, &asked.settlement).await?;
    let question = Question::Settle(Box::new(asked.settle));
    let heard = node.ask(&question).await;
    if let Ok(PeerAnswer::Settled(said)) = &heard {
        let mut stands = settlement::settled(&asked.settlement, said, node.context.now());
        let answer = settled_answer(call, &asked.visit, &said.breakdown, (&stands, lines));
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

/// The lines that an answer shows with its settlement: those of a purchase.
async fn lines_shown(call: &Call<'_>, settlement: &TreatmentSettlement) -> Outcome<Vec<SplitLine>> {
    if !settlement.is_purchase() {
        return Ok(Vec::new());
    }
    let mut conn = call.node.context.store.conn().await?;
    Ok(fee::list(&mut conn, settlement.visit, None).await?.iter().map(split_line).collect())
}

/// The answer to an institution whose settlement stands, with the lines that it shows.
fn settled_answer(
    call: &Call<'_>,
    visit: &Visit,
    breakdown: &Breakdown,
    (settlement, detlcutinfo): (&TreatmentSettlement, Vec<SplitLine>),
) -> Vec<u8> {
    let at = settlement.settled_at.unwrap_or(call.received);
    let setlinfo = info(call, visit, breakdown, &Shown::settled(settlement, at));
    let setldetail = setlinfo.details();
    let output = if settlement.is_purchase() {
        t2102::Output { setlinfo, setldetail, detlcutinfo }.value_of_settlement()
    } else {
        t2304::Output { setlinfo, setldetail }.value()
    };
    call.render(&Answer::success(Some(output)))
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
    let lines = lines_shown(call, settlement).await?;
    let answer = settled_answer(call, &visit, &breakdown, (settlement, lines));
    call.keep(work, &answer).await
}

/// What of a settlement, or of a trial of one, is shown beside its visit and amounts.
pub struct Shown<'a> {
    /// 结算ID; none for a trial.
    pub settlement: Option<SettlementId>,
    /// The message that asked for it.
    pub msgid: &'a MessageId,
    /// 结算时间.
    pub time: Moment,
    /// The kind of care.
    pub care: CareKind,
    /// What else the hospital sent with its question, by field name.
    pub registration: &'a BTreeMap<String, String>,
}

impl<'a> Shown<'a> {
    pub(super) fn trial(
        call: &'a Call<'_>,
        care: CareKind,
        registration: &'a BTreeMap<String, String>,
    ) -> Self {
        let (msgid, time) = (&call.request.msgid, call.received);
        Self { settlement: None, msgid, time, care, registration }
    }

    /// One that stands, or stood, as of a time.
    pub fn settled(settlement: &'a TreatmentSettlement, time: Moment) -> Self {
        Self {
            settlement: Some(settlement.id),
            msgid: &settlement.msgid,
            time,
            care: settlement.care,
            registration: &settlement.registration,
        }
    }

    /// A field as it was sent with the settlement of a bill; a stay has those of its admission.
    fn of_bill(&self, field: &str) -> Option<String> {
        let is_bill = self.care != CareKind::Inpatient;
        self.registration.get(field).filter(|_| is_bill).cloned()
    }
}

/// A settlement as the interface shows it.
pub fn info(call: &Call<'_>, visit: &Visit, breakdown: &Breakdown, shown: &Shown<'_>) -> SettlementInfo {
    let patient = &visit.patient;
    let split = breakdown.split;
    let kept = |field: &str| visit.registration.get(field).cloned();
    SettlementInfo {
        visit: visit.id,
        settlement: shown.settlement,
        person: face_of(
            patient.number.clone(),
            &patient.citizen,
            &patient.name,
            patient.nation.as_deref(),
            visit.discharged_at.unwrap_or(shown.time).day(),
        ),
        scheme: patient.scheme,
        psn_type: patient.person_type.clone(),
        civil_servant: patient.civil_servant,
        time: shown.time,
        mdtrt_cert_type: shown.of_bill("mdtrt_cert_type").or_else(|| kept("mdtrt_cert_type")),
        med_type: shown.of_bill("med_type").unwrap_or_else(|| visit.med_type.clone()),
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
        balance: breakdown.account_left.unwrap_or(patient.balance),
        mutual_aid: breakdown.family_total(),
        sender_msgid: shown.msgid.clone(),
        clr_optins: Some(call.area().division()),
        clr_way: Some("1".to_owned()),
        clr_type: shown.care.clearing_type().to_owned(),
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

/// 2305, 2208, 2103: the settlement is undone under an id of its own, and every amount is given back.
pub async fn cancel(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2305::Input::read(call.request)?;
    let subject = input.setl_id.to_string();
    call.undo(
        Some(&subject),
        async |work| start_cancel(call, work, &input).await,
        async |settlement| cancelled(call, &settlement).await,
    )
    .await
}

async fn start_cancel(
    call: &Call<'_>,
    work: &mut Work,
    input: &t2305::Input,
) -> Outcome<(TreatmentSettlement, Option<Question>)> {
    let unknown = || Refusal::UnknownSettlement { setl_id: input.setl_id.to_string() };
    let found = treatment::hold(work, input.setl_id).await?;
    let settlement = found
        .filter(|found| found.institution == call.institution.code && found.visit == input.mdtrt_id)
        .ok_or_else(unknown)?;
    if settlement.person != input.psn_no {
        return Err(Refusal::invalid("psn_no", "本次结算的人员编号").into());
    }
    let own = match settlement.care {
        CareKind::Inpatient => "2305",
        _ if settlement.is_purchase() => "2103",
        _ => "2208",
    };
    if call.request.infno != own {
        let (mdtrt_id, care) = (settlement.visit.to_string(), settlement.care.to_string());
        return Err(Refusal::OtherCare { mdtrt_id, care }.into());
    }
    give_back(call, work, settlement).await
}

/// Starts to undo a settlement of which every amount is given back. Sent again, the same message does it again.
pub(super) async fn give_back(
    call: &Call<'_>,
    work: &mut Work,
    mut settlement: TreatmentSettlement,
) -> Outcome<(TreatmentSettlement, Option<Question>)> {
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
        Stage::Refused => {
            return Err(Refusal::UnknownSettlement { setl_id: settlement.id.to_string() }.into());
        }
    }
    settlement::check_last(work, &settlement).await?;
    let msgid = call.request.msgid.as_str();
    let question =
        settlement::start_undo(call.node, work, &mut settlement, UndoKind::Cancellation, msgid).await?;
    Ok((settlement, question))
}

/// Asks the insured place to undo. If it does not answer now, the outbox asks again until it does: it is certain already.
pub(super) async fn confirm(call: &Call<'_>, question: Option<Question>) {
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
    let shown = Shown {
        settlement: Some(undo),
        msgid: &call.request.msgid,
        time: call.received,
        ..Shown::settled(settlement, call.received)
    };
    let mut info = info(call, &visit, &breakdown, &shown).negated();
    if breakdown.account_left.is_some() {
        info.balance += breakdown.account_paid;
    }
    if settlement.is_purchase() {
        let setldetail = info.details();
        return Ok(t2103::Output { setlinfo: info, setldetail }.value());
    }
    if settlement.care != CareKind::Inpatient {
        let setldetail = info.details();
        return Ok(t2208::Output { setlinfo: info, setldetail }.value());
    }
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
    let start = async |work: &mut Work| {
        let question = match input.oinfno.as_str() {
            "2304" | "2207" | "2207A" | "2102" => reverse_settlement(call, work, &input).await?,
            "2401" | "2201" => reverse_opening(call, work, &input).await?,
            other => return Err(Refusal::NotReversible { oinfno: other.to_owned() }.into()),
        };
        Ok(((), question))
    };
    call.undo(None, start, async |()| Ok(NoOutput.value())).await
}

async fn reverse_settlement(
    call: &Call<'_>,
    work: &mut Work,
    input: &t2601::Input,
) -> Outcome<Option<Question>> {
    let original = original(call, &input.oinfno, input.omsgid.as_str());
    // Waits for the original if it is just being written down; if it has yet to come, it will be refused.
    if !planted::is(Bug::ForgetsReversals) {
        message::reverse(work, original, call.received).await?;
    }
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
    settlement::check_last(work, &settlement).await?;
    let msgid = call.request.msgid.as_str();
    settlement::start_undo(call.node, work, &mut settlement, UndoKind::Reversal, msgid).await
}

/// An admission (2401) or a registration (2201) is taken back.
async fn reverse_opening(
    call: &Call<'_>,
    work: &mut Work,
    input: &t2601::Input,
) -> Outcome<Option<Question>> {
    let omsgid = input.omsgid.as_str();
    message::reverse(work, original(call, &input.oinfno, omsgid), call.received).await?;
    let is_stay = input.oinfno == "2401";
    let Some(opened) = visit::opened_by(work.conn(), &call.institution.code, omsgid, is_stay).await? else {
        return Ok(None);
    };
    let held = admission::hold_any(work, call.institution, opened.id, &input.psn_no).await?;
    match held.stage {
        casework::visit::Stage::Withdrawn => {}
        _ if is_stay => admission::withdraw(work, held).await?,
        _ => outpatient::withdraw(work, held).await?,
    }
    Ok(None)
}

/// What names the original message.
fn original<'a>(call: &'a Call<'_>, infno: &'a str, msgid: &'a str) -> Key<'a> {
    Key { infno, msgid, ..call.key() }
}
