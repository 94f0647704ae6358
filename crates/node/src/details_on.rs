//! Details sent on (医疗费用明细信息传输): once a settlement stands, its lines go from the treatment place to the insured place, in
//! batches, and both ends compare number and sums. Those of a stay go later (延后传输), those of outpatient bills and purchases
//! as soon as they are found (规程 art. 33).
//!
//! Any batch may come again, late or twice: a line is known by its serial, and the insured place counts what it has. Whoever
//! begins anew begins a round, of which nothing of an earlier one counts. A settlement that is undone stops its transmission,
//! and the insured place deletes what has come of it.

use crate::{
    context::{Failure, Outcome},
    insured::{check_sender, record_look},
    peer::ask::NoAnswer,
    planted::{self, Bug},
    province::ProvinceNode,
};
use benefit::{CategoryAmount, Split, agreement};
use casework::settlement::Stage as Settlement;
use std::collections::HashSet;
use store::{
    Work,
    detail::{self, Detail, Receipt},
    fee::{self, FeeLine},
    insured::{self, InsuredSettlement},
    transmission::{self, Stage, Transmission},
    treatment,
};
use terms::{Fen, InsuredPlace, Moment, Participant, Refusal, SettlementId, TreatmentPlace};
use wire::peer::v1::{Answer, Claim, DetailLine, DetailsStanding, DetailsTaken, Question, SendDetails};

/// The most lines of one batch, whatever is set up.
pub const BATCH_LINES_MAX: usize = 5_000;
/// The most bytes of one batch as JSON: a quarter of what a node reads.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// The longest text of a line: the interface gives no code more than 150 characters.
const TEXT_MAX: usize = 200;
/// The most lines of one settlement.
const COUNT_MAX: u64 = 10_000_000;
/// One amount of a line: a billion yuan either way.
const AMOUNT_MAX: u64 = 100_000_000_000;
/// The most characters of differences that are told.
const DIFFERENCE_MAX: usize = 1_000;
/// How often lines are begun to be sent before somebody must look.
const ROUNDS_MAX: i32 = 3;
/// The youngest settlements that a search leaves out, in milliseconds: one that is being written down while its id is older.
const SEARCH_MARGIN_MILLIS: i64 = 120_000;
/// How many settlements one search looks at.
const SEARCH_PAGE: i64 = 500;

/// Finds settlements whose details are to be sent; how many it looked at.
pub async fn search(node: &ProvinceNode) -> Outcome<i64> {
    let now = node.context.now();
    let delay = i64::try_from(node.settings.details_delay.as_millis()).unwrap_or(i64::MAX / 4);
    let before = now.plus_millis(-SEARCH_MARGIN_MILLIS);
    let mut work = node.context.store.begin().await?;
    let found = transmission::search(&mut work, node.province, (before, delay), now, SEARCH_PAGE).await?;
    work.save().await?;
    Ok(found.seen)
}

/// What one batch came to.
enum Sent {
    /// It goes on.
    On(Transmission),
    /// It is at its end, or cannot go on now.
    Over(Stage),
}

/// Sends the lines of a settlement from where they were left, until they are all there; at which stage that ends. An error is
/// only that it goes on later.
pub async fn send(node: &ProvinceNode, found: Transmission) -> Outcome<Stage> {
    let mut conn = node.context.store.conn().await?;
    let settlement = treatment::find(&mut conn, found.settlement).await?;
    let bill = settlement.map(|settlement| settlement.bill).unwrap_or_default();
    let whole = fee::count(&mut conn, found.visit, &bill).await?;
    drop(conn);
    let mut at = found;
    loop {
        match send_batch(node, at, whole).await? {
            Sent::On(further) => at = further,
            Sent::Over(stage) => return Ok(stage),
        }
    }
}

async fn send_batch(node: &ProvinceNode, at: Transmission, (count, sum): (i64, Split)) -> Outcome<Sent> {
    let mut conn = node.context.store.conn().await?;
    let settlement = treatment::find(&mut conn, at.settlement).await?;
    let (area, bill) = match settlement {
        Some(settlement) if settlement.stage == Settlement::Settled => (settlement.area, settlement.bill),
        // Nobody knows yet whether it stands.
        Some(settlement) if settlement.stage == Settlement::Asked => return Ok(Sent::Over(at.stage)),
        _ => return end(node, &at, Stage::Stopped, None).await,
    };
    let most = node.settings.details_batch.clamp(1, BATCH_LINES_MAX);
    let most = i64::try_from(most).expect("a small number");
    let page = fee::page(&mut conn, (at.visit, &bill), &at.sent_up_to, most);
    let lines: Vec<DetailLine> = page.await?.into_iter().map(told).collect();
    drop(conn);
    if lines.is_empty() {
        return begin_again(node, &at, at.round).await;
    }
    let lines = within_bytes(lines, BATCH_BYTES_MAX);
    let last = lines.last().expect("a batch has a line").serial.clone();
    let taken = i64::try_from(lines.len()).expect("a small number");
    let question = Question::SendDetails(Box::new(SendDetails {
        settlement: at.settlement,
        insured: at.insured,
        treatment: TreatmentPlace(area.division()),
        round: at.round.unsigned_abs(),
        batch: at.batches.unsigned_abs() + 1,
        count: count.unsigned_abs(),
        sum,
        lines,
    }));
    let answer = match node.ask(&question).await {
        Ok(Answer::DetailsTaken(answer)) if answer.settlement == at.settlement => answer,
        Ok(_) => {
            return Err(Failure::Trouble(Refusal::PeerRejected {
                detail: "应答与请求不符".to_owned()
            }));
        }
        // The insured place will say so again: somebody must look.
        Err(NoAnswer::Refused(refusal)) => {
            return end(node, &at, Stage::Different, Some(refusal.message())).await;
        }
        Err(not_now) => return Err(Failure::Trouble(not_now.refusal())),
    };
    if answer.round > at.round.unsigned_abs() {
        let round = i32::try_from(answer.round).unwrap_or(ROUNDS_MAX);
        return begin_again(node, &at, round).await;
    }
    match answer.standing {
        DetailsStanding::Complete | DetailsStanding::Different => {
            let complete = answer.standing == DetailsStanding::Complete;
            let stage = if complete { Stage::Complete } else { Stage::Different };
            let after = Transmission {
                lines: at.lines + taken,
                batches: at.batches + 1,
                sent_up_to: last,
                ..at.clone()
            };
            end_as(node, &at, Transmission { stage, difference: answer.difference, ..after }).await
        }
        DetailsStanding::Undone => end(node, &at, Stage::Stopped, None).await,
        DetailsStanding::UnderWay => {
            let after = Transmission {
                stage: Stage::UnderWay,
                lines: at.lines + taken,
                batches: at.batches + 1,
                sent_up_to: last,
                attempts: 0,
                ..at.clone()
            };
            go_on(node, &at, after).await
        }
    }
}

/// A line as the insured place is told of it.
fn told(line: FeeLine) -> DetailLine {
    DetailLine {
        serial: line.serial,
        refunds: line.refunds,
        day: line.occurred_at.day(),
        item: line.item,
        local_item: line.local_item,
        quantity: line.quantity,
        price: line.price,
        category: line.category,
        class: line.class,
        herb_use: line.registration.get("tcmdrug_used_way").cloned(),
        split: line.split,
    }
}

/// As many of the first lines as have so many bytes, at least one.
fn within_bytes(mut lines: Vec<DetailLine>, most: usize) -> Vec<DetailLine> {
    let mut bytes = 0;
    let size = |line: &DetailLine| serde_json::to_vec(line).map_or(0, |json| json.len() + 1);
    let fits = lines.iter().take_while(|line| {
        bytes += size(line);
        bytes <= most
    });
    let fits = fits.count().max(1);
    lines.truncate(fits);
    lines
}

/// All was sent, and the insured place has not all of it, or has seen a later round: everything goes once more.
async fn begin_again(node: &ProvinceNode, at: &Transmission, latest: i32) -> Outcome<Sent> {
    let round = latest.max(at.round).saturating_add(1);
    if at.round >= ROUNDS_MAX {
        let why = format!("已传输{}轮，参保地仍未收齐", at.round);
        return end(node, at, Stage::Different, Some(why)).await;
    }
    go_on(node, at, from_the_beginning(at, round)).await
}

fn from_the_beginning(at: &Transmission, round: i32) -> Transmission {
    Transmission {
        stage: Stage::Due,
        round,
        batches: 0,
        lines: 0,
        sent_up_to: String::new(),
        difference: None,
        attempts: 0,
        ..at.clone()
    }
}

async fn end(
    node: &ProvinceNode,
    at: &Transmission,
    stage: Stage,
    difference: Option<String>,
) -> Outcome<Sent> {
    end_as(node, at, Transmission { stage, difference, ..at.clone() }).await
}

async fn end_as(node: &ProvinceNode, at: &Transmission, after: Transmission) -> Outcome<Sent> {
    let stage = after.stage;
    go_on(node, at, after).await.map(|_| Sent::Over(stage))
}

/// Writes how far it has come. Another that sends the same lines was first: that one goes on.
async fn go_on(node: &ProvinceNode, at: &Transmission, after: Transmission) -> Outcome<Sent> {
    let mut work = node.context.store.begin().await?;
    let written = transmission::advance(&mut work, at, &after, node.context.now()).await?;
    work.save().await?;
    Ok(if written { Sent::On(after) } else { Sent::Over(at.stage) })
}

/// Has the lines of a settlement sent once more from the beginning: somebody has looked at why they differ.
pub async fn send_again(node: &ProvinceNode, id: SettlementId) -> Result<Transmission, Refusal> {
    let write = async {
        let mut work = node.context.store.begin().await?;
        let unknown = || Failure::Refused(Refusal::UnknownSettlement { setl_id: id.to_string() });
        let at = transmission::find(work.conn(), id).await?.ok_or_else(unknown)?;
        if !matches!(at.stage, Stage::Complete | Stage::Different) {
            return Ok(at);
        }
        let after = from_the_beginning(&at, at.round.saturating_add(1));
        transmission::advance(&mut work, &at, &after, node.context.now()).await?;
        work.save().await?;
        Ok(after)
    };
    write.await.map_err(Failure::refusal)
}

/// Takes a batch at the insured place, and compares once all lines are there.
pub async fn receive(node: &ProvinceNode, from: Participant, sent: &SendDetails) -> Outcome<Answer> {
    check_sender(from, sent.treatment.province(), sent.settlement.province())?;
    check_batch(sent)?;
    let (area, id, now) = (sent.insured.pooling_area(), sent.settlement, node.context.now());
    let mut work = node.context.store.begin().await?;
    // Held until the batch is written: it is undone before or after, not meanwhile.
    let settlement = insured::hold(&mut work, area, id).await?;
    let settlement = settlement.ok_or_else(|| Refusal::UnknownSettlement { setl_id: id.to_string() })?;
    let Some(claim) = standing_claim(&settlement) else { return Ok(undone(sent)) };
    let round = i32::try_from(sent.round).expect("checked to be small");
    let known = detail::receipt(work.conn(), area, id).await?;
    let open = match known {
        Some(known)
            if known.round > round || (known.round == round && known.stage != detail::Stage::UnderWay) =>
        {
            return Ok(taken(&known));
        }
        Some(known) if known.round == round => known,
        earlier => {
            if earlier.is_some() {
                detail::clear(&mut work, area, id).await?;
            }
            begun(sent, round, now)
        }
    };
    let lost = usize::from(planted::is(Bug::LosesALine));
    let lines: Vec<Detail> = sent.lines.iter().skip(lost).cloned().map(kept).collect();
    detail::put(&mut work, area, id, &lines).await?;
    let receipt = counted(&mut work, open, sent, &claim.bill.categories, now).await?;
    detail::put_receipt(&mut work, &receipt).await?;
    work.save().await?;
    Ok(taken(&receipt))
}

/// What was settled, if the settlement stands.
fn standing_claim(settlement: &InsuredSettlement) -> Option<Claim> {
    let content = settlement.content.as_ref().filter(|_| settlement.stage == insured::Stage::Standing)?;
    Some(content.claim.read().expect("this program stored it"))
}

/// What another node sends has a size and a shape, signed or not.
fn check_batch(sent: &SendDetails) -> Outcome<()> {
    let is_short = |text: &str| text.len() <= TEXT_MAX * 4 && !text.chars().any(char::is_control);
    let is_small = |split: Split| {
        let Split { total, out_of_scope, over_limit, first_self_pay, in_scope, in_full } = split;
        let parts = [total, out_of_scope, over_limit, first_self_pay, in_scope, in_full];
        parts.into_iter().all(|Fen(amount)| amount.unsigned_abs() <= AMOUNT_MAX)
    };
    let is_line = |line: &DetailLine| {
        let texts = [&line.serial, &line.item, &line.local_item];
        let optional = [&line.refunds, &line.herb_use];
        !line.serial.is_empty()
            && texts.into_iter().chain(optional.into_iter().flatten()).all(|text| is_short(text))
            && is_small(line.split)
    };
    let serials: HashSet<&str> = sent.lines.iter().map(|line| line.serial.as_str()).collect();
    let fits = (1..=1_000_000).contains(&sent.round)
        && (1..=1_000_000_000).contains(&sent.batch)
        && sent.count <= COUNT_MAX
        && sent.lines.len() <= BATCH_LINES_MAX
        && serials.len() == sent.lines.len()
        && sent.lines.iter().all(is_line);
    if fits {
        return Ok(());
    }
    Err(Failure::Trouble(Refusal::PeerRejected { detail: "费用明细批次不合规".to_owned() }))
}

/// A line as the insured place keeps it.
fn kept(line: DetailLine) -> Detail {
    Detail {
        serial: line.serial,
        refunds: line.refunds,
        day: line.day,
        item: line.item,
        local_item: line.local_item,
        quantity: line.quantity,
        price: line.price,
        category: line.category,
        class: line.class,
        herb_use: line.herb_use,
        split: line.split,
    }
}

fn begun(sent: &SendDetails, round: i32, now: Moment) -> Receipt {
    Receipt {
        area: sent.insured.pooling_area(),
        settlement: sent.settlement,
        stage: detail::Stage::UnderWay,
        round,
        batches: 0,
        lines_due: 0,
        total_due: Fen::ZERO,
        lines: 0,
        total: Fen::ZERO,
        difference: None,
        begun_at: now,
        ended_at: None,
    }
}

/// The receipt with what is there now; compared with what was settled, once all lines are.
async fn counted(
    work: &mut Work,
    open: Receipt,
    sent: &SendDetails,
    settled: &[CategoryAmount],
    now: Moment,
) -> Outcome<Receipt> {
    let (lines, categories) = detail::sums(work.conn(), open.area, open.settlement).await?;
    let lines_due = i64::try_from(sent.count).expect("checked to be small");
    let sum: Split = categories.iter().map(|one| one.split).sum();
    let mut receipt = Receipt {
        batches: open.batches.max(i32::try_from(sent.batch).expect("checked to be small")),
        lines_due,
        total_due: sent.sum.total,
        lines,
        total: sum.total,
        ..open
    };
    if lines < lines_due {
        return Ok(receipt);
    }
    let mut differences = Vec::new();
    if lines != lines_due {
        differences.push(format!("明细收到{lines}条，就医地共{lines_due}条"));
    }
    if sum != sent.sum {
        differences.push("收到的明细与就医地的明细合计不一致".to_owned());
    }
    differences.extend(agreement::differences(&categories, settled).iter().map(ToString::to_string));
    let complete = differences.is_empty();
    receipt.stage = if complete { detail::Stage::Complete } else { detail::Stage::Different };
    receipt.difference = (!complete).then(|| differences.join("；").chars().take(DIFFERENCE_MAX).collect());
    receipt.ended_at = Some(now);
    Ok(receipt)
}

fn taken(receipt: &Receipt) -> Answer {
    Answer::DetailsTaken(DetailsTaken {
        settlement: receipt.settlement,
        round: receipt.round.unsigned_abs(),
        lines: receipt.lines.unsigned_abs(),
        standing: match receipt.stage {
            detail::Stage::UnderWay => DetailsStanding::UnderWay,
            detail::Stage::Complete => DetailsStanding::Complete,
            detail::Stage::Different => DetailsStanding::Different,
            detail::Stage::Undone => DetailsStanding::Undone,
        },
        difference: receipt.difference.clone(),
    })
}

fn undone(sent: &SendDetails) -> Answer {
    Answer::DetailsTaken(DetailsTaken {
        settlement: sent.settlement,
        round: sent.round,
        lines: 0,
        standing: DetailsStanding::Undone,
        difference: None,
    })
}

/// Details that a clerk of the insured place looks at.
pub struct Looked {
    /// How far they have come; none if nothing has.
    pub receipt: Option<Receipt>,
    /// Some of the lines, in the order of serials.
    pub lines: Vec<Detail>,
}

/// A page of the details of a settlement at the insured place, and a record of who looked.
pub async fn look(
    node: &ProvinceNode,
    (insured, id): (InsuredPlace, SettlementId),
    (after, most): (&str, i64),
    (looker, purpose): (&str, &str),
) -> Outcome<Looked> {
    let area = insured.pooling_area();
    let mut work = node.context.store.begin().await?;
    let settlement = insured::hold(&mut work, area, id).await?;
    let person = settlement.and_then(|settlement| settlement.content).map(|content| content.person);
    let person = person.ok_or_else(|| Refusal::UnknownSettlement { setl_id: id.to_string() })?;
    let receipt = detail::receipt(work.conn(), area, id).await?;
    let lines = detail::list(work.conn(), area, id, after, most).await?;
    record_look(node, &mut work, area, &person, looker, purpose).await?;
    work.save().await?;
    Ok(Looked { receipt, lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(serial: &str) -> DetailLine {
        DetailLine {
            serial: serial.to_owned(),
            refunds: None,
            day: "2026-11-12".parse().unwrap(),
            item: "XA01".to_owned(),
            local_item: "YP0001".to_owned(),
            quantity: 10_000,
            price: 1_000_000,
            category: terms::ChargeCategory::WesternMedicine,
            class: terms::CatalogClass::ALL[0],
            herb_use: None,
            split: Split { total: Fen(100), in_scope: Fen(100), ..Split::default() },
        }
    }

    fn batch(lines: Vec<DetailLine>) -> SendDetails {
        SendDetails {
            settlement: "420000179523180000000000000002".parse().unwrap(),
            insured: InsuredPlace("110101".parse().unwrap()),
            treatment: TreatmentPlace("420106".parse().unwrap()),
            round: 1,
            batch: 1,
            count: 2,
            sum: Split::default(),
            lines,
        }
    }

    #[test]
    fn a_batch_is_as_long_as_its_bytes_allow_and_never_empty() {
        let lines: Vec<DetailLine> = ["1", "2", "3", "4"].map(line).to_vec();
        let one = serde_json::to_vec(&lines[0]).unwrap().len() + 1;
        for (bytes, expected) in
            [(0, 1), (one, 1), (2 * one - 1, 1), (2 * one, 2), (4 * one, 4), (9 * one, 4)]
        {
            assert_eq!(within_bytes(lines.clone(), bytes).len(), expected, "{bytes} bytes");
        }
    }

    #[test]
    fn what_no_node_sends_is_not_taken() {
        let two = || vec![line("1"), line("2")];
        let damaged = |damage: fn(&mut SendDetails)| {
            let mut sent = batch(two());
            damage(&mut sent);
            sent
        };
        assert!(check_batch(&batch(two())).is_ok());
        for (what, sent) in [
            ("no round", damaged(|sent| sent.round = 0)),
            ("no batch", damaged(|sent| sent.batch = 0)),
            ("too many", damaged(|sent| sent.count = u64::MAX)),
            ("a serial twice", batch(vec![line("1"), line("1")])),
            ("no serial", batch(vec![line("")])),
            ("too long", damaged(|sent| sent.lines[1].item = "药".repeat(400))),
            ("a control character", damaged(|sent| sent.lines[0].local_item = "a\u{0}".to_owned())),
            ("too much money", damaged(|sent| sent.lines[0].split.total = Fen(i64::MIN))),
            (
                "too many lines",
                batch((0..=BATCH_LINES_MAX).map(|serial| line(&serial.to_string())).collect()),
            ),
        ] {
            assert!(check_batch(&sent).is_err(), "{what}");
        }
    }
}
