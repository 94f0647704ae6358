//! Correcting the hub's book (差异更正): where both provinces say the same of a settlement and the hub's row says otherwise, the row is taken from
//! their signed records. One clerk of the hub asks for it, and gets the records; another decides. The row as it was stays with both records,
//! and what an adopted month has counted of it is made good in the first open one.
//!
//! What is corrected, and whether, [`funds::correction`] decides. How a plan is made, this must not know: only which rows it has counted.

use crate::{
    access::Author,
    clearing::{added, leave_out},
    context::{Failure, Outcome},
    hub::Hub,
    metrics::Ending,
    peer::endpoint::rejected,
};
use casework::difference::Stage as Matter;
use funds::{
    BookLine, Purse, Role, Side,
    clearing::{
        ClearedLine, ClearingLine, Due, Part as Of,
        stage::{self as months, Move},
    },
    correction::{self as field, Stage, Told, Why},
    ledger::{Voucher, VoucherCode, VoucherId},
    movement::{Part as Moved, corrected_settlement},
    reconciliation::{LineStage, Part},
};
use sha2::{Digest, Sha256};
use sign::{link::Way, sm2::hex_of};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use store::{
    Amounts, Conn, Error, Work,
    clearing::{self as book, ClosedMonth, KeptPlan, Pace, Request, SettledIn},
    correction::{self as kept, Correction, Decided, Done, Record},
    difference::{self, Difference},
    hub::{self, HubSettlement},
    ledger,
};
use terms::{Fen, Month, Participant, Province, Refusal, SettlementId};
use wire::peer::{
    Envelope, Untrusted,
    v1::{Answer, FindOwnLine, OwnLine, Question, Reply},
};

/// How long the hub waits for a province's record.
const PATIENCE: Duration = Duration::from_secs(15);
/// The ids of its vouchers begin so.
pub(crate) const VOUCHERS: &str = "settlement-correction/";

/// What four eyes know a correction by.
pub fn subject(correction: &Correction) -> String {
    format!("correction:{}", correction.name())
}

fn refused(settlement: SettlementId, reason: impl Into<String>) -> Failure {
    Refusal::CorrectionRule { setl_id: settlement.to_string(), reason: reason.into() }.into()
}

fn not_so(settlement: SettlementId) -> impl Fn(Why) -> Failure {
    move |why| refused(settlement, why.to_string())
}

fn unknown(settlement: SettlementId) -> Failure {
    Refusal::UnknownSettlement { setl_id: settlement.to_string() }.into()
}

/// The last correction of a settlement.
pub async fn last(hub: &Hub, settlement: SettlementId) -> Outcome<Option<Correction>> {
    let mut conn = hub.context.store.conn().await?;
    Ok(kept::of_settlement(&mut conn, settlement).await?.pop())
}

/// Asks for a correction (申请更正), with the records of both provinces; whoever asks again while it waits gets the same one.
pub async fn propose(
    hub: &Hub,
    settlement: SettlementId,
    reason: &str,
    (by, author): (&str, &Author),
) -> Outcome<Correction> {
    let mut conn = hub.context.store.conn().await?;
    let insured = kept::insured_of(&mut conn, settlement).await?.ok_or_else(|| unknown(settlement))?;
    drop(conn);
    let mut work = hub.context.store.begin().await?;
    check_differences(&difference::hold(&mut work, settlement).await?, settlement, false)?;
    let row = hub::hold(&mut work, insured, settlement).await?.ok_or_else(|| unknown(settlement))?;
    drop(work);
    let pair = funds::Pair { insured: insured.province(), treatment: row.treatment };
    let treatment = ask(hub, Part::Treatment, (pair.treatment, pair.insured), settlement).await?;
    let insured_side = ask(hub, Part::Insured, (pair.insured, pair.treatment), settlement).await?;

    let mut work = hub.context.store.begin().await?;
    let row = hub::hold(&mut work, insured, settlement).await?.ok_or_else(|| unknown(settlement))?;
    let earlier = kept::of_settlement(work.conn(), settlement).await?;
    if let Some(waits) = earlier.last().filter(|last| last.stage == Stage::Proposed) {
        return Ok(waits.clone());
    }
    let before = line_of(&row).ok_or_else(|| not_so(settlement)(Why::NotStanding(Side::Hub)))?;
    let after = field::agreed(&before, &treatment.0, &insured_side.0).map_err(not_so(settlement))?;
    let proposed = Correction {
        settlement,
        number: u16::try_from(earlier.len() + 1).expect("nobody corrects so often"),
        pair,
        stage: Stage::Proposed,
        before,
        after,
        treatment: treatment.1,
        insured: insured_side.1,
        reason: reason.to_owned(),
        proposed_by: by.to_owned(),
        proposed_at: hub.context.now(),
        decided: None,
        done: Done::default(),
    };
    kept::put(&mut work, &proposed).await?;
    author.enters(&hub.context, &mut work, &subject(&proposed)).await?;
    work.save().await?;
    Ok(proposed)
}

/// Both provinces have found the difference; to be decided on, they have both confirmed it.
fn check_differences(found: &[Difference], settlement: SettlementId, confirmed: bool) -> Outcome<()> {
    if found.is_empty() {
        return Err(Refusal::UnknownDifference { setl_id: settlement.to_string() }.into());
    }
    for part in Part::ALL {
        let side = part.side();
        match found.iter().find(|one| one.part == part).map(|one| one.matter.stage) {
            None => return Err(refused(settlement, format!("{side}尚未报告差异，请{side}先对该日重新对账"))),
            Some(Matter::Mended) => {
                return Err(refused(settlement, format!("{side}对账已一致，无须更正，请核对差异记录")));
            }
            Some(stage) if confirmed && stage != Matter::Confirmed => {
                return Err(refused(settlement, format!("{side}的差异{}，请先确认差异", stage.chinese())));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The hub's row as a line of its book; none if it never saw the settlement stand.
fn line_of(row: &HubSettlement) -> Option<BookLine> {
    let Amounts { total, fund_total, person_total, account, funds } = row.content.as_ref()?.amounts.clone();
    let stage = match row.stage {
        hub::Stage::Standing => LineStage::Standing,
        hub::Stage::Undone => LineStage::Undone,
    };
    let settlement = row.id;
    Some(BookLine { settlement, stage, total, fund_total, person_total, account, funds })
}

fn amounts_of(line: &BookLine) -> Amounts {
    let BookLine { total, fund_total, person_total, account, funds, .. } = line.clone();
    Amounts { total, fund_total, person_total, account, funds }
}

/// Asks a province what its book says of a settlement. What comes back is kept as it was signed, so nothing but the signature counts.
async fn ask(
    hub: &Hub,
    part: Part,
    (province, counterpart): (Province, Province),
    settlement: SettlementId,
) -> Outcome<(Told, Record)> {
    let of = Participant::Province(province);
    let unknown = || Refusal::UnknownParticipant { place: province.to_string() };
    let to = hub.participant(of).await?.ok_or_else(unknown)?;
    let question = Question::FindOwnLine(FindOwnLine { province, part, counterpart, settlement });
    let context = &hub.context;
    let asked = Envelope::unsigned(context.message_id(), None, (context.me, of), context.now(), &question);
    let asked = asked.signed(&context.key);
    let tag = to.line.tag(Way::Down, asked.leaf());
    let asking = hub.metrics.asks_of(of, question.kind());
    let (body, _) =
        hub.http.post(&to.entry.address, asked.write(), tag, PATIENCE).await.map_err(|detail| {
            tracing::warn!(to = %of, %detail, "a participant does not answer");
            Failure::Trouble(Refusal::ParticipantUnreachable { place: to.entry.name.clone() })
        })?;
    let reply = Envelope::read(&body).map_err(rejected)?;
    if reply.from != of {
        return Err(rejected(Untrusted::Signature));
    }
    reply.check_reply(&asked, &to.key, context.now()).map_err(rejected)?;
    let answered = reply.open::<Reply>().map_err(rejected)?;
    asking.ends(Ending::of_reply(&answered));
    match answered {
        Reply::Answer(answer) => match *answer {
            Answer::OwnLine(own) if own.settlement == settlement && own.part == part => {
                let text = String::from_utf8(body.to_vec()).map_err(|_| rejected(Untrusted::Unreadable))?;
                let record = Record { hash: hash_of(&text), text };
                Ok((told(*own), record))
            }
            _ => Err(rejected(Untrusted::WrongReply)),
        },
        Reply::Refused { code, message } => Err(Failure::Trouble(Refusal::Relayed { code, message })),
    }
}

fn told(own: OwnLine) -> Told {
    Told { line: own.line, genuine: own.genuine }
}

/// The SHA-256 of a record, in hexadecimal digits.
pub(crate) fn hash_of(text: &str) -> String {
    hex_of(&Sha256::digest(text))
}

/// What a record says, read again; none if it is not a record of this province about this settlement.
pub(crate) fn said(record: &Record, of: Province, settlement: SettlementId) -> Option<BookLine> {
    let envelope = Envelope::read(record.text.as_bytes()).ok()?;
    match envelope.open::<Reply>().ok()? {
        Reply::Answer(answer) if envelope.from == Participant::Province(of) => match *answer {
            Answer::OwnLine(own) if own.settlement == settlement => own.line,
            _ => None,
        },
        _ => None,
    }
}

/// What somebody decides on a correction that waits.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// Whether the row is corrected (更正), or stays (不予更正).
    pub approved: bool,
    /// In which words.
    pub words: &'a str,
    /// Who.
    pub by: &'a str,
}

/// Decides on the correction of a settlement that waits; whoever decides the same again gets what was decided.
pub async fn decide(hub: &Hub, settlement: SettlementId, decision: Decision<'_>) -> Outcome<Correction> {
    let now = hub.context.now();
    let mut conn = hub.context.store.conn().await?;
    let insured = kept::insured_of(&mut conn, settlement).await?.ok_or_else(|| unknown(settlement))?;
    drop(conn);
    let mut work = hub.context.store.begin().await?;
    // No month is closed, planned or adopted until this is saved: all that follows depends on which month has counted what.
    let open = book::first_open(&mut work).await?;
    let months = hold_months(&mut work).await?;
    let row = hub::hold(&mut work, insured, settlement).await?.ok_or_else(|| unknown(settlement))?;
    let mut earlier = kept::of_settlement(work.conn(), settlement).await?;
    let waits = earlier.pop().ok_or_else(|| refused(settlement, "没有待审批的更正，请先申请更正"))?;
    let stage = if decision.approved { Stage::Corrected } else { Stage::Refused };
    if waits.stage == stage {
        return Ok(waits);
    }
    if waits.stage != Stage::Proposed {
        return Err(refused(settlement, format!("最近一次更正{}，请重新申请", waits.stage.chinese())));
    }
    let words = Decided { words: decision.words.to_owned(), by: decision.by.to_owned(), at: now };
    let mut decided = Correction { stage, decided: Some(words), ..waits };
    if !decision.approved {
        kept::put(&mut work, &decided).await?;
        work.save().await?;
        return Ok(decided);
    }
    check_differences(&difference::hold(&mut work, settlement).await?, settlement, true)?;
    let line = line_of(&row).filter(|line| line.stage == LineStage::Standing);
    let line = line.ok_or_else(|| not_so(settlement)(Why::NotStanding(Side::Hub)))?;
    if line != decided.before {
        return Err(refused(settlement, "申请之后国家平台的记录又有变化，请不予更正后重新申请"));
    }
    let settled = book::settled_in(work.conn(), insured, settlement).await?;
    let settled = settled.ok_or_else(|| unknown(settlement))?;
    earlier.retain(|one| one.stage == Stage::Corrected);
    let counted = make_good(&mut work, (&decided, &earlier), &settled, &months).await?;
    decided.done.counted_month = counted.month;
    decided.done.line =
        counted.line.map(|line| (line, open.map_or(settled.month, |open| open.max(settled.month))));
    let booked = store::book::of_settlement(work.conn(), settlement).await?;
    let booked = booked.iter().filter(|one| one.id.role == Role::Hub && !one.id.undoing);
    let booked = booked.map(|one| (one.id.purse, one.amount));
    let before = earlier.iter().flat_map(|one| &one.done.moved).map(|due| (due.purse, due.amount));
    decided.done.moved = field::lacking(settled.line.scheme, booked.chain(before), &decided.after);
    if !kept::set_amounts(&mut work, insured, settlement, &amounts_of(&decided.after)).await? {
        return Err(not_so(settlement)(Why::NotStanding(Side::Hub)));
    }
    kept::put(&mut work, &decided).await?;
    for month in months.iter().filter(|month| months::after(month.stage, Move::Correct).is_some()) {
        // What was planned with the row as it was is planned anew.
        let stage = months::after(month.stage, Move::Correct).expect("looked at above");
        book::set_month(&mut work, &ClosedMonth { stage, ..month.clone() }).await?;
    }
    if let Some(voucher) = memorandum(&decided)
        && let Err(why) = ledger::post(&mut work, Participant::Hub, &voucher).await?
    {
        return Err(refused(settlement, format!("记账未通过（{}），请核对总账", why.chinese())));
    }
    work.save().await?;
    Ok(decided)
}

/// All months that are closed, those that may still be planned or adopted held.
async fn hold_months(work: &mut Work) -> Outcome<Vec<ClosedMonth>> {
    let mut months = book::months(work.conn()).await?;
    for month in months.iter_mut().filter(|month| month.adopted == 0) {
        if let Some(held) = book::hold(work, month.month).await? {
            *month = held;
        }
    }
    Ok(months)
}

/// What months have counted of a row before it is corrected.
struct Counted {
    /// The adopted month that has added the row up as it was.
    month: Option<Month>,
    /// What makes good what adopted months have counted too little or too much.
    line: Option<ClearedLine>,
}

/// Finds out what adopted months have counted of a settlement, has what waits to come in a later month come as it should be, and says
/// what is to be made good of the rest.
async fn make_good(
    work: &mut Work,
    (correction, earlier): (&Correction, &[Correction]),
    settled: &SettledIn,
    months: &[ClosedMonth],
) -> Outcome<Counted> {
    let settlement = correction.settlement;
    let own = months.iter().find(|one| one.month == settled.month && one.adopted > 0);
    let row = match own {
        Some(month) => added_up(work, (correction, earlier), settled, month).await?,
        None => AddedUp::default(),
    };
    // What earlier corrections have added is counted as well.
    let should = field::line_of(&settled.line, &correction.after);
    let more = earlier.iter().filter_map(|one| one.done.line.as_ref()).map(|(line, _)| line);
    let (more, made) = more.fold((field::nothing(&should), false), |(sum, _), line| (sum.plus(line), true));
    let carries = book::carries_of(work.conn(), settlement).await?;
    let of_it = carries.iter().filter(|(one, _)| one.line.part == Of::Made);
    let counted = match of_it.clone().next_back() {
        Some((waits, None)) => {
            let line = ClearedLine { first_month: waits.line.first_month, ..should.plus(&more.negated()) };
            book::correct_waiting(work, &line).await?;
            return Ok(Counted { month: row.month, line: None });
        }
        Some((came, Some(_))) => came.line.clone(),
        None => match row.line {
            Some(line) => field::line_of(&settled.line, &line),
            None if made => field::nothing(&should),
            None => return Ok(Counted { month: None, line: None }),
        },
    };
    let line = field::difference(&correction.name(), (&counted.plus(&more), settled.month), &should);
    Ok(Counted { month: row.month, line })
}

/// With which amounts an adopted month has added up a row.
#[derive(Default)]
struct AddedUp {
    /// The amounts; none if it has not.
    line: Option<BookLine>,
    /// The month, if that was as the row is now.
    month: Option<Month>,
}

/// Finds out with which amounts the month of a settlement has added up its row: as it was when an earlier correction found it, else as it is
/// now, or as it should be, where somebody has changed it since. That is not believed but added up again.
async fn added_up(
    work: &mut Work,
    (correction, earlier): (&Correction, &[Correction]),
    settled: &SettledIn,
    month: &ClosedMonth,
) -> Outcome<AddedUp> {
    let plan =
        book::plan(work.conn(), month.month, month.adopted).await?.expect("an adopted month has its plan");
    let is_it = |line: &ClearedLine| line.settlement == correction.settlement && line.part == Of::Made;
    if plan.plan.left_out.iter().any(|left| is_it(&left.line)) {
        return Ok(AddedUp::default());
    }
    if let Some(known) = earlier.iter().find(|one| one.done.counted_month == Some(month.month)) {
        return Ok(AddedUp { line: Some(known.before.clone()), month: None });
    }
    let found = sheets(work, month, correction.pair).await?;
    let as_it_is = as_adopted(work.conn(), month, &plan).await?;
    let as_others_say = with_others_corrected(work, correction, (month, &plan), &as_it_is).await?;
    // Others first: two rows of which one was spoilt before and one since may come to the same sum.
    let requests = [as_others_say.as_ref(), Some(&as_it_is)].into_iter().flatten();
    let ways = requests.flat_map(|request| {
        [(request, &correction.before, Some(month.month)), (request, &correction.after, None)]
    });
    for (request, said, month_if) in ways {
        let line = field::line_of(&settled.line, said);
        if !line.balances() {
            continue;
        }
        let mut request = request.clone();
        request.apart.insert(correction.settlement);
        request.with.push(line);
        match book::recount_of(work, &request, correction.pair.insured).await {
            Ok(again) => {
                let of_pair = again.into_pairs().find(|(pair, _)| *pair == correction.pair);
                if of_pair.is_some_and(|(_, lines)| lines == found) {
                    return Ok(AddedUp { line: Some(said.clone()), month: month_if });
                }
            }
            // Another row has been spoilt since.
            Err(Error::Unbalanced { .. }) => {}
            Err(trouble) => return Err(trouble.into()),
        }
    }
    let reason = format!("{}清算表与国家平台的记录不符，请先办理资金核验，查明后再更正", month.month);
    Err(refused(correction.settlement, reason))
}

/// The same with all other rows of the month as they should be, for which a correction waits: several may have been spoilt together. None
/// where there are no others.
async fn with_others_corrected(
    work: &mut Work,
    correction: &Correction,
    (month, plan): (&ClosedMonth, &KeptPlan),
    as_it_is: &Request,
) -> Outcome<Option<Request>> {
    let mut ids = kept::waiting(work.conn()).await?;
    ids.retain(|id| {
        *id != correction.settlement
            && !as_it_is.apart.contains(id)
            && !plan.plan.left_out.iter().any(|left| left.line.settlement == *id)
    });
    let mut request = as_it_is.clone();
    for line in book::by_ids(work.conn(), month.month, &ids).await? {
        if let Some(waits) = kept::of_settlement(work.conn(), line.settlement).await?.pop() {
            request.apart.insert(line.settlement);
            request.with.push(field::line_of(&line, &waits.after));
        }
    }
    Ok((request.with.len() > as_it_is.with.len()).then_some(request))
}

/// The lines of a pair in an adopted month.
async fn sheets(work: &mut Work, month: &ClosedMonth, pair: funds::Pair) -> Outcome<Vec<ClearingLine>> {
    let of = (month.month, month.adopted);
    let planned = book::pairs(work.conn(), of, Some(pair.insured)).await?;
    let parts = planned.iter().find(|one| one.pair == pair).map_or(0, |one| one.parts);
    let mut lines = Vec::new();
    for part in 0..parts {
        lines.extend(book::sheet(work.conn(), of, pair, part).await?);
    }
    Ok(lines)
}

/// How an adopted month was added up: with its rows as they were then, whatever was corrected since.
pub(crate) async fn as_adopted(conn: &mut Conn, month: &ClosedMonth, plan: &KeptPlan) -> Outcome<Request> {
    let mut request = Request {
        month: month.month,
        revision: month.adopted,
        with: plan.carried.iter().cloned().chain(added(conn, month.month).await?).collect(),
        without: Vec::new(),
        apart: BTreeSet::new(),
        workers: 1,
        pace: Pace::FULL,
        read: Arc::default(),
    };
    leave_out(&mut request, plan.plan.left_out.iter().map(|left| left.line.clone()).collect());
    for one in kept::all_made(conn).await? {
        if plan.plan.left_out.iter().any(|left| left.line.settlement == one.settlement) {
            request.apart.insert(one.settlement);
        }
    }
    let Request { apart, without, .. } = &mut request;
    without.retain(|line| !apart.contains(&line.settlement));
    let rows = rows_then(conn, month.month).await?;
    let ids = rows.keys().copied().collect();
    for line in book::by_ids(conn, month.month, &ids).await?.iter().filter(|line| line.part == Of::Made) {
        request.apart.insert(line.settlement);
        request.with.push(field::line_of(line, &rows[&line.settlement]));
    }
    Ok(request)
}

/// The rows that an adopted month has added up otherwise than they are since.
async fn rows_then(conn: &mut Conn, month: Month) -> Outcome<BTreeMap<SettlementId, BookLine>> {
    // The first correction after the month was adopted found the row as the month did.
    let mut rows = BTreeMap::new();
    for row in kept::counted_otherwise(conn, month).await? {
        rows.entry(row.settlement).or_insert(row);
    }
    Ok(rows)
}

/// Settlements of an adopted month with the amounts that it has counted.
pub(crate) async fn as_counted(conn: &mut Conn, month: Month, lines: &mut [ClearedLine]) -> Outcome<()> {
    let rows = rows_then(conn, month).await?;
    for line in lines.iter_mut().filter(|line| line.part == Of::Made) {
        if let Some(row) = rows.get(&line.settlement) {
            *line = field::line_of(line, row);
        }
    }
    Ok(())
}

/// The memorandum (备查) of what the journal lacks or has too much; none where it lacks nothing.
pub(crate) fn memorandum(correction: &Correction) -> Option<Voucher> {
    let decided = correction.decided.as_ref().filter(|_| !correction.done.moved.is_empty())?;
    let (pair, name) = (correction.pair, correction.name());
    let legs = correction.done.moved.iter().map(|due: &Due| {
        let part = Moved::new(due.scheme, due.purse, due.amount);
        corrected_settlement::at_hub(pair.insured, pair.treatment, part)
    });
    Some(Voucher {
        id: VoucherId::new(format!("{VOUCHERS}{name}")).expect("letters, digits and strokes"),
        code: VoucherCode::SettlementCorrected,
        subject: format!("correction/{name}"),
        summary: format!("异地就医结算更正{name}"),
        day: decided.at.day(),
        recorded_at: decided.at,
        by: decided.by.clone(),
        legs: legs.collect(),
    })
}

/// What corrections have added to the journal of each settlement, by purse.
pub(crate) async fn moved(conn: &mut Conn) -> Outcome<BTreeMap<SettlementId, BTreeMap<Purse, Fen>>> {
    let mut all = BTreeMap::<_, BTreeMap<Purse, Fen>>::new();
    for one in kept::all_made(conn).await? {
        for due in &one.done.moved {
            *all.entry(one.settlement).or_default().entry(due.purse).or_default() += due.amount;
        }
    }
    Ok(all)
}
