//! What a province sends again when its books and the hub's differ and a lost message explains it. Only the treatment place has
//! something to send: questions to settle and to undo, under the ids that they had. Whoever hears one again gives the first
//! answer, and the hub writes down what it missed. An insured place that was restored from a backup, and has lost what everybody
//! else has heard, settles it again, in the order in which it was settled first. A treatment place that was restored, and has lost that it
//! had undone something, undoes it when the insured place says that it is undone.

use super::{Look, SENT_AGAIN_MAX, Sent, ask, is_genuine, no_fit};
use crate::{
    context::{Failure, Outcome},
    insured::amounts_of,
    peer::ask::NoAnswer,
    province::ProvinceNode,
    settlement::{self, SETTLE, UNDO},
};
use casework::settlement::Stage;
use funds::reconciliation::{Cause, Part};
use std::collections::BTreeSet;
use store::{
    outbox,
    treatment::{self, TreatmentSettlement},
};
use terms::{Day, SettlementId};
use wire::peer::v1::{Answer, Claim, FindOpenDifferences, Question, Settle, UndoKind};

/// How long after it was sent again a question waits in the outbox, in milliseconds.
const ASK_AGAIN_MILLIS: i64 = 10_000;

/// Sends again what mends the differences of one look; what was sent, in words.
pub(super) async fn send_again(node: &ProvinceNode, part: Part, look: &Look) -> Outcome<Sent> {
    let mut sent = Sent::new();
    if part == Part::Insured {
        return Ok(sent);
    }
    let mendable = look.found.iter().filter(|(_, found)| found.cause.is_mended_by_sending());
    for (id, found) in mendable.take(SENT_AGAIN_MAX) {
        let row = treatment::find(&mut *node.context.store.conn().await?, *id).await?;
        let Some(row) = row.filter(is_genuine) else { continue };
        let words = match found.cause {
            Cause::NotRecorded => settle_again(node, &row).await?,
            Cause::UndoingForgotten => undo_forgotten(node, &row).await?,
            _ => send_of(node, &row).await?,
        };
        sent.extend(words.map(|words| (*id, words)));
    }
    // A question that waits for its answer is in the outbox; if somebody has taken it out, it goes back.
    for id in look.under_way.iter().take(SENT_AGAIN_MAX) {
        let row = treatment::find(&mut *node.context.store.conn().await?, *id).await?;
        let waits = |row: &TreatmentSettlement| matches!(row.stage, Stage::Asked | Stage::Undoing);
        if let Some(row) = row.filter(|row| waits(row) && is_genuine(row)) {
            put_back(node, &row).await?;
        }
    }
    Ok(sent)
}

/// Asks to settle again what stands here and the hub has not written down. Whatever comes of it, it stands here as before: the next
/// look tells whether the books agree.
async fn settle_again(node: &ProvinceNode, row: &TreatmentSettlement) -> Outcome<Option<String>> {
    if row.stage != Stage::Settled {
        return Ok(None);
    }
    let words = match node.ask(&question_again(row)?).await {
        Ok(Answer::Settled(settled)) if amounts_of(&settled.breakdown) == row.amounts => {
            "已以原结算ID重发结算，参保地返回与本方一致的结果"
        }
        Ok(Answer::Settled(_)) => "已以原结算ID重发结算，参保地返回的金额与本方不一致",
        Ok(_) => return Err(no_fit()),
        Err(NoAnswer::Refused(_)) => "已以原结算ID重发结算，参保地拒绝，该结算不再有效",
        Err(NoAnswer::HubRefused(_)) => "以原结算ID重发结算未被国家平台转发",
        Err(NoAnswer::Unknown(_)) => "已以原结算ID重发结算，尚未收到应答",
    };
    Ok(Some(words.to_owned()))
}

/// The question to settle what is settled.
fn question_again(row: &TreatmentSettlement) -> Outcome<Question> {
    let claim: Claim = row.claim.read()?;
    Ok(Question::Settle(Box::new(Settle { settlement: row.id, asked_at: row.asked_at, claim })))
}

/// Asks the insured place about what stands here and is undone at the hub, and undoes it where that says so too. Only this node can
/// have asked for it, and the hub cannot say so in the insured place's name.
async fn undo_forgotten(node: &ProvinceNode, row: &TreatmentSettlement) -> Outcome<Option<String>> {
    if row.stage != Stage::Settled {
        return Ok(None);
    }
    let words = match node.ask(&question_again(row)?).await {
        Err(NoAnswer::Refused(refusal)) if refusal.code() == UNDONE => {
            return undo_too(node, row).await.map(Some);
        }
        Ok(Answer::Settled(_)) => "已向参保地核实，参保地仍有效，国家平台的撤销须人工核查",
        Ok(_) => return Err(no_fit()),
        Err(NoAnswer::Refused(_)) => "已向参保地核实，参保地拒绝，须人工核查",
        Err(NoAnswer::HubRefused(_)) => "向参保地核实未被国家平台转发",
        Err(NoAnswer::Unknown(_)) => "已向参保地核实，尚未收到应答",
    };
    Ok(Some(words.to_owned()))
}

/// The refusal to settle what is undone.
const UNDONE: &str = "already-undone";

/// Undoes here what is undone everywhere else.
async fn undo_too(node: &ProvinceNode, row: &TreatmentSettlement) -> Outcome<String> {
    let mut work = node.context.store.begin().await?;
    let Some(mut held) = treatment::hold(&mut work, row.id).await? else { return Err(no_fit()) };
    match settlement::start_undo(node, &mut work, &mut held, UndoKind::Reversal, "").await {
        Ok(question) => {
            work.save().await?;
            if let Some(question) = question {
                hear(row.id, settlement::ask_undo(node, &question).await.map(drop));
            }
            Ok("参保地答复已撤销，本方据此撤销".to_owned())
        }
        Err(Failure::Refused(refusal)) => {
            Ok(format!("参保地答复已撤销，本方未能撤销：{}", refusal.message()))
        }
        Err(trouble) => Err(trouble),
    }
}

/// Sends again what the settlement's stage says: the question to settle or to undo it.
async fn send_of(node: &ProvinceNode, row: &TreatmentSettlement) -> Outcome<Option<String>> {
    match row.stage {
        Stage::Asked => {
            put_back(node, row).await?;
            let question = settlement::question_of(row).expect("what is asked for has a question");
            hear(row.id, settlement::ask(node, &question).await.map(drop));
            Ok(Some("已以原结算ID重发结算".to_owned()))
        }
        Stage::Undoing => {
            put_back(node, row).await?;
            let question = settlement::question_of(row).expect("what is being undone has a question");
            hear(row.id, settlement::ask_undo(node, &question).await.map(drop));
            Ok(Some("已以原结算ID重发撤销".to_owned()))
        }
        Stage::Undone => {
            let question = settlement::undo_question(row);
            hear(row.id, settlement::ask_undo(node, &question).await.map(drop));
            Ok(Some("已以原结算ID再次发送撤销".to_owned()))
        }
        Stage::Settled | Stage::Refused => Ok(None),
    }
}

/// Nobody answering is no trouble here: the outbox or the next look goes on.
fn hear(settlement: SettlementId, answered: Outcome<()>) {
    if let Err(failure) = answered {
        tracing::info!(%settlement, refusal = %failure.refusal(), "sent again, not answered yet");
    }
}

/// Puts the question of a settlement back into the outbox, if its stage still has one.
async fn put_back(node: &ProvinceNode, row: &TreatmentSettlement) -> Outcome<()> {
    let kind = if row.stage == Stage::Asked { SETTLE } else { UNDO };
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    let held = treatment::hold(&mut work, row.id).await?;
    if held.is_some_and(|held| held.stage == row.stage) {
        let again = now.plus_millis(ASK_AGAIN_MILLIS);
        let asked = settlement::asked_of(row);
        outbox::put(&mut work, row.area, (&row.id.to_string(), kind), asked, (now, again)).await?;
    }
    Ok(work.save().await?)
}

/// What insured places have reported to differ.
#[derive(Default)]
pub(super) struct OfOthers {
    /// The days that are to be compared again.
    pub days: BTreeSet<(Day, Part)>,
    /// Settlements that stand here, the earliest first.
    standing: Vec<SettlementId>,
}

/// Asks the hub which settlements of this treatment place insured places have reported to differ, and sends again what has come to
/// an end here otherwise.
pub(super) async fn ask_of_others(node: &ProvinceNode) -> Outcome<OfOthers> {
    let mut of_others = OfOthers::default();
    let mut after = None;
    let mut seen = 0;
    while seen < SENT_AGAIN_MAX {
        let question = Question::FindOpenDifferences(FindOpenDifferences { after });
        let Answer::OpenDifferences(page) = ask(node, &question).await? else { return Err(no_fit()) };
        for id in page.settlements.iter().filter(|id| id.province() == node.province) {
            let row = treatment::find(&mut *node.context.store.conn().await?, *id).await?;
            let Some(row) = row.filter(is_genuine) else { continue };
            if row.stage == Stage::Settled {
                of_others.days.insert((id.given_at().day(), Part::Treatment));
                of_others.standing.push(*id);
            } else {
                send_of(node, &row).await?;
            }
        }
        seen += page.settlements.len();
        after = page.settlements.last().copied();
        if !page.more || after.is_none() {
            break;
        }
    }
    Ok(of_others)
}

/// Asks once more for what stands here and at the hub: the insured place gives its first answer, or has lost it with its data and
/// settles anew. Whatever is not answered is asked for at the next look.
pub(super) async fn settle_for_others(node: &ProvinceNode, of_others: &OfOthers) -> Outcome<()> {
    for id in &of_others.standing {
        let row = treatment::find(&mut *node.context.store.conn().await?, *id).await?;
        let Some(row) = row.filter(is_genuine) else { continue };
        if let Some(words) = settle_again(node, &row).await? {
            tracing::info!(settlement = %id, words, "sent again for the insured place");
        }
    }
    Ok(())
}
