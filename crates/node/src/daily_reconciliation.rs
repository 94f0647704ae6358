//! Daily reconciliation (对账) at a province: every night it compares its two books with the hub's, by settlement, and has mended what
//! a lost message explains; what is left is a matter for people.
//!
//! The province asks, the hub answers out of its own book: digests of a day first, then the lines of buckets that differ. A night
//! takes the days since the last one, days on which something was undone or came late since, and days on which something is still
//! open or on its way. Any day may be compared at any time and as often as one likes.

pub mod hub;
mod mend;

use crate::{
    access::Author,
    context::{Context, Failure, Outcome},
    insured::amounts_of,
    job::Progress,
    peer::ask::NoAnswer,
    province::ProvinceNode,
};
use benefit::Breakdown;
use casework::difference::{Matter, Move, Note, SYSTEM};
use funds::reconciliation::{
    self as books, BookLine, Bucket, Cause, DifferenceKind, Digest, Held, Part, Side,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use store::{
    Conn, Document, Work, book,
    daily_reconciliation::{self as days, Book, Reconciled, Run},
    difference::{self, Difference},
    insured, treatment,
};
use terms::{AdminDivision, Day, Fen, Moment, Participant, PoolingArea, Province, Refusal, SettlementId};
use wire::peer::v1::{
    Answer, FindBookLines, FindDigests, FindOwnLine, FoundBookLines, OwnLine, Question, ReportReconciliation,
    ReportedDifference,
};

/// How long other books have to hear of something before it counts as a difference, in milliseconds. A node asks again within a
/// minute.
const MARGIN_MILLIS: i64 = 10 * 60_000;
/// When a night's comparison begins, in milliseconds after midnight: what was asked for before has been answered.
const NIGHT_MILLIS: i64 = 60 * 60_000;
/// How often open differences are looked at again by day, in milliseconds.
const FOLLOW_MILLIS: i64 = 30 * 60_000;
/// How often a difference is looked at again by day; after that only at night.
const FOLLOWED_LOOKS: i32 = 12;
/// How far back a night catches up, in days.
const CATCH_UP_DAYS: i32 = 31;
/// How far back days with messages on their way are compared again, in days.
const UNDER_WAY_DAYS: i32 = 62;
/// The most days that somebody may ask for at once.
pub const DAYS_MAX: i32 = 31;
/// How long the hub may take to read a day.
const PATIENCE: Duration = Duration::from_mins(1);
/// Buckets of which lines are asked for at once.
const BUCKETS: usize = 500;
/// The most buckets that the hub takes in one question.
const BUCKETS_MAX: usize = 4_000;
/// Lines of one page.
const LINES: i64 = 2_000;
/// Differences of one page of a report.
const REPORTED: usize = 500;
/// Settlements that are sent again in one comparison; the next goes on.
const SENT_AGAIN_MAX: usize = 1_000;
/// Days that are reported at once.
const REPORTS: i64 = 200;

/// What is due: the night's comparison, open differences by day, and reports that the hub has not heard.
pub async fn tick(node: &ProvinceNode) -> Outcome<()> {
    let now = node.context.now();
    let today = now.day();
    let last = days::run(&mut *node.context.store.conn().await?, node.province).await?;
    let begins = today.start().plus_millis(NIGHT_MILLIS);
    if now >= begins && last.is_none_or(|last| last.night < today) {
        let mut conn = node.context.store.conn().await?;
        let done = days::ran_since(&mut conn, node.province, begins).await?;
        drop(conn);
        let due = due(node, last, now).await?;
        reconcile_all(node, due.difference(&done).copied().collect()).await?;
        let of_others = mend::ask_of_others(node).await?;
        reconcile_all(node, of_others.days.clone()).await?;
        keep(node, Run { night: today, changes_up_to: now, followed_at: now }).await?;
        mend::settle_for_others(node, &of_others).await?;
    } else if let Some(last) = last.filter(|last| last.followed_at.plus_millis(FOLLOW_MILLIS) <= now) {
        let of_others = mend::ask_of_others(node).await?;
        let mut conn = node.context.store.conn().await?;
        let open = difference::open_days(&mut conn, FOLLOWED_LOOKS).await?;
        drop(conn);
        reconcile_all(node, open.into_iter().chain(of_others.days.clone()).collect()).await?;
        keep(node, Run { followed_at: now, ..last }).await?;
        mend::settle_for_others(node, &of_others).await?;
    }
    report_all(node).await
}

async fn reconcile_all(node: &ProvinceNode, due: BTreeSet<(Day, Part)>) -> Outcome<()> {
    for (day, part) in due {
        reconcile(node, day, part, SYSTEM).await?;
    }
    Ok(())
}

async fn keep(node: &ProvinceNode, run: Run) -> Outcome<()> {
    let mut work = node.context.store.begin().await?;
    days::put_run(&mut work, node.province, run).await?;
    Ok(work.save().await?)
}

/// The days of a night, oldest first.
async fn due(node: &ProvinceNode, last: Option<Run>, now: Moment) -> Outcome<BTreeSet<(Day, Part)>> {
    let today = now.day();
    let yesterday = today.plus_days(-1);
    let first = last.map_or(yesterday, |last| last.night.max(today.plus_days(-CATCH_UP_DAYS)).min(yesterday));
    // What was being written down while the last night looked.
    let since = last.map_or(yesterday.start(), |last| last.changes_up_to.plus_millis(-MARGIN_MILLIS));
    let mut conn = node.context.store.conn().await?;
    let mut due = difference::open_days(&mut conn, i32::MAX).await?;
    due.extend(days::unfinished(&mut conn, today.plus_days(-UNDER_WAY_DAYS)).await?);
    for part in Part::ALL {
        let over = std::iter::successors(Some(first), |day| Some(day.plus_days(1)));
        due.extend(over.take_while(|day| *day <= yesterday).map(|day| (day, part)));
        let changed = days::changed_days(&mut conn, part, (since, now), today).await?;
        due.extend(changed.into_iter().map(|day| (day, part)));
    }
    Ok(due)
}

/// Compares the days from the first to the last, both books of each, and tells the hub.
pub async fn reconcile_days(
    node: &ProvinceNode,
    (first, last): (Day, Day),
    by: &str,
    progress: &Progress,
) -> Outcome<Vec<Reconciled>> {
    if last < first || last > node.context.now().day() {
        return Err(Refusal::invalid("to", "不早于from、不晚于今天的日期").into());
    }
    if first.days_until(last) >= DAYS_MAX {
        return Err(Refusal::invalid("to", format!("距from不超过{DAYS_MAX}天的日期")).into());
    }
    let mut done = Vec::new();
    let days = usize::try_from(first.days_until(last) + 1).unwrap_or_default();
    progress.of(days * Part::ALL.len());
    let all = std::iter::successors(Some(first), |day| Some(day.plus_days(1)));
    for day in all.take_while(|day| *day <= last) {
        for part in Part::ALL {
            done.push(reconcile(node, day, part, by).await?);
            progress.step();
        }
    }
    if let Err(failure) = report_all(node).await {
        tracing::info!(refusal = %failure.refusal(), "the hub hears of the comparison later");
    }
    Ok(done)
}

impl ProvinceNode {
    /// Compares the days from the first to the last with the hub's book, as its clerks may at any time.
    pub async fn reconcile(&self, first: Day, last: Day, by: &str) -> Result<Vec<Reconciled>, Refusal> {
        reconcile_days(self, (first, last), by, &Progress::default()).await.map_err(Failure::refusal)
    }

    /// What of the daily reconciliation is due by itself, once.
    pub async fn keep_reconciliation(&self) -> Result<(), Refusal> {
        tick(self).await.map_err(Failure::refusal)
    }
}

/// Compares one day of one book with the hub's, has mended what can be, and writes down what is left. What was found is written
/// down before anything is sent again: whatever is lost after that, the next time goes on from there.
pub async fn reconcile(node: &ProvinceNode, day: Day, part: Part, by: &str) -> Outcome<Reconciled> {
    let first = look(node, day, part).await?;
    let written = write_down(node, (day, part), &first, by).await?;
    let sent = mend::send_again(node, part, &first).await?;
    if sent.is_empty() {
        return Ok(written);
    }
    note_sent(node, (day, part), &sent).await?;
    let last = look(node, day, part).await?;
    write_down(node, (day, part), &last, by).await
}

/// What one look at a day came to.
struct Look {
    standing: i64,
    total: Fen,
    /// Settlements of which messages are on their way, or lately were.
    under_way: BTreeSet<SettlementId>,
    found: BTreeMap<SettlementId, Found>,
}

/// A settlement on which the books differ.
struct Found {
    kinds: Vec<DifferenceKind>,
    cause: Cause,
    /// Whose settlement it is here; none where there is no row.
    area: Option<PoolingArea>,
    owner: Side,
    agency: Option<AdminDivision>,
    counterpart: Province,
}

async fn look(node: &ProvinceNode, day: Day, part: Part) -> Outcome<Look> {
    let mut conn = node.context.store.conn().await?;
    let ours = days::digests(&mut conn, Book::own(part), node.province, day).await?;
    let mut under_way = BTreeSet::new();
    if part == Part::Treatment {
        under_way.extend(days::under_way(&mut conn, node.province, day).await?);
    }
    drop(conn);
    let theirs = ask_digests(node, day, part).await?;
    let differing: Vec<Bucket> = books::differing_buckets(&ours, &theirs).into_iter().collect();
    let mut look = Look {
        standing: ours.values().map(|digest| digest.count).sum(),
        total: ours.values().map(|digest| digest.total).sum(),
        under_way,
        found: BTreeMap::new(),
    };
    for buckets in differing.chunks(BUCKETS) {
        // The hub's lines first: what happens meanwhile is seen here as lately changed.
        let theirs = ask_lines(node, day, part, buckets).await?;
        let ours = own_lines(node, day, part, buckets).await?;
        compare(node, part, (ours, theirs), &mut look).await?;
    }
    Ok(look)
}

async fn ask_digests(node: &ProvinceNode, day: Day, part: Part) -> Outcome<BTreeMap<Bucket, Digest>> {
    match ask(node, &Question::FindDigests(FindDigests { day, part })).await? {
        Answer::Digests(found) => Ok(found.digests.into_iter().map(|one| (one.bucket, one.digest)).collect()),
        _ => Err(no_fit()),
    }
}

/// The hub's lines of some buckets, with the other province of each.
async fn ask_lines(
    node: &ProvinceNode,
    day: Day,
    part: Part,
    buckets: &[Bucket],
) -> Outcome<Vec<books::PairLine>> {
    let mut lines = Vec::new();
    let mut after = None;
    loop {
        let find = FindBookLines { day, part, buckets: buckets.to_vec(), after };
        let Answer::BookLines(FoundBookLines { lines: page, more }) =
            ask(node, &Question::FindBookLines(find)).await?
        else {
            return Err(no_fit());
        };
        after = page.last().map(|last| last.line.settlement);
        lines.extend(page);
        if !more || after.is_none() {
            return Ok(lines);
        }
    }
}

async fn own_lines(node: &ProvinceNode, day: Day, part: Part, buckets: &[Bucket]) -> Outcome<Vec<Held>> {
    let mut conn = node.context.store.conn().await?;
    let of = (node.province, day);
    Ok(days::lines(&mut conn, Book::own(part), of, buckets, None, i64::MAX).await?)
}

/// Asks the hub; whatever is no answer is trouble, and comes again later.
async fn ask(node: &ProvinceNode, question: &Question) -> Outcome<Answer> {
    let answer = node.ask_over_the_line(question, PATIENCE).await;
    answer.map_err(|no_answer: NoAnswer| Failure::Trouble(no_answer.refusal()))
}

fn no_fit() -> Failure {
    Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })
}

/// Compares the lines of some buckets, and says of every difference what explains it.
async fn compare(
    node: &ProvinceNode,
    part: Part,
    (ours, theirs): (Vec<Held>, Vec<books::PairLine>),
    look: &mut Look,
) -> Outcome<()> {
    let own: Vec<BookLine> =
        ours.iter().filter(|held| held.state.stage().is_some()).map(|held| held.line.clone()).collect();
    let counterparts: BTreeMap<SettlementId, Province> =
        theirs.iter().map(|one| (one.line.settlement, one.counterpart)).collect();
    let hub: Vec<BookLine> = theirs.into_iter().map(|one| one.line).collect();
    let held: BTreeMap<SettlementId, &Held> = ours.iter().map(|held| (held.line.settlement, held)).collect();
    let differences = books::compare_sides(&[(part.side(), &own), (Side::Hub, &hub)]);
    let now = node.context.now();
    let mut conn = node.context.store.conn().await?;
    for (id, kinds) in books::by_settlement(differences) {
        let held = held.get(&id).copied();
        if held.is_some_and(|held| !held.had_time(now, MARGIN_MILLIS)) {
            look.under_way.insert(id);
            continue;
        }
        let row = Row::read(&mut conn, part, id, held).await?;
        let cause = books::cause(part, held.map(|held| held.state), row.is_genuine, &kinds);
        let owner = books::owner(part, cause, &kinds);
        let known = held.map(|held| held.counterpart).or_else(|| counterparts.get(&id).copied());
        let counterpart = known.unwrap_or_else(|| id.province());
        let agency = match owner {
            Side::Hub => None,
            owner if owner == part.side() => Some(own_agency(node.province, row.area)),
            _ => Some(counterpart.division()),
        };
        look.under_way.remove(&id);
        look.found.insert(id, Found { kinds, cause, area: row.area, owner, agency, counterpart });
    }
    Ok(())
}

/// Who looks into what is a province's own matter: the pooling area in whose book it stands, or the province where it stands in none.
fn own_agency(province: Province, area: Option<PoolingArea>) -> AdminDivision {
    area.map_or(province.division(), PoolingArea::division)
}

/// What a province's own row says beside its amounts.
struct Row {
    /// Whose settlement it is here; none where there is no row.
    area: Option<PoolingArea>,
    /// Whether amounts and stage are what the settlement and its undoing made of them.
    is_genuine: bool,
}

impl Row {
    async fn read(conn: &mut Conn, part: Part, id: SettlementId, held: Option<&Held>) -> Outcome<Self> {
        let Some(held) = held else {
            // A row that was never written, or went with all else when a backup was put back, left no entries in the book.
            let mut left = book::of_settlement(conn, id).await?.into_iter();
            let is_altered = part == Part::Insured && left.any(|one| one.id.role == funds::Role::Insured);
            return Ok(Self { area: None, is_genuine: !is_altered });
        };
        let area = PoolingArea(held.area);
        let is_genuine = match part {
            Part::Treatment => treatment::find(conn, id).await?.is_none_or(|row| is_genuine(&row)),
            Part::Insured => {
                let row = insured::find(conn, area, id).await?;
                row.is_none_or(|row| is_genuine_at_insured(&row))
            }
        };
        Ok(Self { area: Some(area), is_genuine })
    }
}

/// Whether a row of the treatment place's book is what its settlement made of it.
fn is_genuine(row: &treatment::TreatmentSettlement) -> bool {
    use casework::settlement::Stage as At;
    let settled = row.settled_at.is_some();
    let agrees = !settled || row.breakdown.as_ref().is_some_and(|stored| is_of(stored, &row.amounts));
    let stage_fits = match row.stage {
        At::Asked => !settled && row.undo.is_none(),
        At::Settled => settled && row.undo.is_none(),
        At::Refused => !settled && row.refusal.is_some(),
        At::Undoing | At::Undone => row.undo.is_some(),
    };
    agrees && stage_fits
}

/// The same of the insured place's book.
fn is_genuine_at_insured(row: &insured::InsuredSettlement) -> bool {
    let agrees = row.content.as_ref().is_none_or(|content| is_of(&content.breakdown, &content.amounts));
    agrees
        && match row.stage {
            insured::Stage::Standing => row.content.is_some() && row.undo.is_none(),
            insured::Stage::Undone => row.undo.is_some(),
            insured::Stage::Refused => row.refusal.is_some(),
        }
}

fn is_of(stored: &Document, amounts: &store::Amounts) -> bool {
    stored.read::<Breakdown>().is_ok_and(|breakdown| amounts_of(&breakdown) == *amounts)
}

/// Tells the hub what a book here says of one settlement (差异更正): the hub keeps the signed answer.
pub async fn tell(node: &ProvinceNode, from: Participant, find: &FindOwnLine) -> Outcome<Answer> {
    if from != Participant::Hub || find.province != node.province {
        return Err(Refusal::PeerRejected { detail: "发送方不是国家平台".to_owned() }.into());
    }
    let FindOwnLine { part, counterpart, settlement, .. } = *find;
    let bucket = Bucket::of(counterpart, settlement);
    let held = own_lines(node, settlement.given_at().day(), part, &[bucket]).await?;
    let held = held.into_iter().find(|held| held.line.settlement == settlement);
    let mut conn = node.context.store.conn().await?;
    let row = Row::read(&mut conn, part, settlement, held.as_ref()).await?;
    let line = held.filter(|held| held.state.stage().is_some()).map(|held| held.line);
    let own = OwnLine { settlement, part, genuine: row.is_genuine, line };
    Ok(Answer::OwnLine(Box::new(own)))
}

/// What was sent again: in which words it is noted, by settlement.
type Sent = BTreeMap<SettlementId, String>;

/// Writes down what was sent again.
async fn note_sent(node: &ProvinceNode, (day, part): (Day, Part), sent: &Sent) -> Outcome<()> {
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    for one in difference::hold_day(&mut work, node.province, day, part).await? {
        if let Some(words) = sent.get(&one.settlement) {
            let matter = one.matter.clone().sent_again(words, now);
            difference::put(&mut work, &Difference { matter, ..one }).await?;
        }
    }
    Ok(work.save().await?)
}

/// Writes down what a look at a day came to.
async fn write_down(
    node: &ProvinceNode,
    (day, part): (Day, Part),
    look: &Look,
    by: &str,
) -> Outcome<Reconciled> {
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    let known = difference::hold_day(&mut work, node.province, day, part).await?;
    let mut known: BTreeMap<SettlementId, Difference> =
        known.into_iter().map(|one| (one.settlement, one)).collect();
    for (id, found) in &look.found {
        let after = found_again(node, part, (*id, found), known.remove(id), now);
        difference::put(&mut work, &after).await?;
    }
    // What differed at an earlier look, and no longer does.
    for (id, before) in known {
        if before.matter.stage.is_open() && !look.under_way.contains(&id) {
            let matter = before.matter.clone().agreed(now);
            difference::put(&mut work, &Difference { matter, ..before }).await?;
        }
    }
    let reconciled = Reconciled {
        province: node.province,
        day,
        part,
        standing: look.standing,
        total: look.total,
        differing: i64::try_from(look.found.len()).expect("fewer than there are settlements"),
        under_way: i64::try_from(look.under_way.len()).expect("fewer than there are settlements"),
        ran_at: now,
        ran_by: by.to_owned(),
        reported_at: None,
    };
    days::put(&mut work, &reconciled).await?;
    work.save().await?;
    Ok(reconciled)
}

fn found_again(
    node: &ProvinceNode,
    part: Part,
    (settlement, found): (SettlementId, &Found),
    before: Option<Difference>,
    now: Moment,
) -> Difference {
    let what = format!("{}（{}）", books::words(&found.kinds), found.cause.chinese());
    let is_same = |before: &Difference| before.kinds == found.kinds;
    let owner = before.as_ref().filter(|before| is_same(before)).map(|before| (before.owner, before.agency));
    let (owner, agency) = owner.unwrap_or((found.owner, found.agency));
    // A row that is lost meanwhile stood somewhere.
    let area = found.area.or(before.as_ref().and_then(|before| before.area));
    let matter = match before {
        None => Matter::found(&what, now),
        Some(before) => {
            let is_same = is_same(&before);
            before.matter.found_again(is_same, &what, now)
        }
    };
    Difference {
        province: node.province,
        part,
        settlement,
        counterpart: Some(found.counterpart),
        area,
        owner,
        agency,
        kinds: found.kinds.clone(),
        cause: found.cause,
        matter,
    }
}

/// What somebody decides about a difference.
pub struct Decision<'a> {
    /// What.
    pub step: Decided,
    /// In which words.
    pub note: &'a str,
    /// The clerk.
    pub by: &'a str,
    /// The same as one who explains what he will not confirm.
    pub author: &'a Author,
}

/// What four eyes know a difference by.
pub fn subject(settlement: SettlementId) -> String {
    format!("difference:{settlement}")
}

impl Decision<'_> {
    /// Writes down who explained it, with the explanation.
    pub(crate) async fn enter(
        &self,
        context: &Context,
        work: &mut Work,
        settlement: SettlementId,
    ) -> Outcome<()> {
        if self.step == Decided::Move(Move::Explain) {
            self.author.enters(context, work, &subject(settlement)).await?;
        }
        Ok(())
    }
}

/// The ways to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is explained, confirmed or looked into anew.
    Move(Move),
    /// Another side is to look.
    Assign(Side),
}

/// Writes down what somebody decided about a settlement on which the books differ: for every book in which they do and that stands where
/// this can be decided. The hub knows a difference of two provinces' books, of which one may be further on; nothing of it is left open for
/// that. What comes back is what has changed; that nothing can be decided is refused.
pub(crate) fn decide(
    found: Vec<Difference>,
    settlement: SettlementId,
    decision: &Decision<'_>,
    now: Moment,
) -> Result<Vec<Difference>, Refusal> {
    if found.is_empty() {
        return Err(Refusal::UnknownDifference { setl_id: settlement.to_string() });
    }
    let note = Note { at: now, by: decision.by.to_owned(), text: decision.note.to_owned() };
    let decide = |mut one: Difference| {
        match decision.step {
            Decided::Move(step) => one.matter = one.matter.decided(settlement, step, note.clone())?,
            Decided::Assign(owner) => {
                one.owner = owner;
                one.agency = match owner {
                    Side::Hub => None,
                    owner if owner == one.part.side() => Some(own_agency(one.province, one.area)),
                    Side::Treatment => Some(settlement.province().division()),
                    Side::Insured => one.counterpart.map(Province::division),
                };
                one.matter = one.matter.with_note(note.clone());
            }
        }
        Ok(one)
    };
    let (mut decided, mut refused) = (Vec::new(), None);
    for one in found {
        match decide(one) {
            Ok(one) => decided.push(one),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    match refused {
        Some(refusal) if decided.is_empty() => Err(refusal),
        _ => Ok(decided),
    }
}

/// The same at a province, and the hub is told.
pub async fn decide_here(
    node: &ProvinceNode,
    settlement: SettlementId,
    decision: &Decision<'_>,
) -> Outcome<Vec<Difference>> {
    let mut work = node.context.store.begin().await?;
    let found = difference::hold(&mut work, settlement).await?;
    let decided = decide(found, settlement, decision, node.context.now())?;
    for one in &decided {
        difference::put(&mut work, one).await?;
        let day = one.day();
        let written = days::list(work.conn(), Some(node.province), (day, day)).await?;
        for day in written.iter().filter(|day| day.part == one.part) {
            days::set_reported(&mut work, day, None).await?;
        }
    }
    decision.enter(&node.context, &mut work, settlement).await?;
    work.save().await?;
    if let Err(failure) = report_all(node).await {
        tracing::info!(refusal = %failure.refusal(), "the hub hears of the decision later");
    }
    Ok(decided)
}

/// Tells the hub of days that it has not heard of as they stand.
async fn report_all(node: &ProvinceNode) -> Outcome<()> {
    let unreported = days::unreported(&mut *node.context.store.conn().await?, REPORTS).await?;
    for day in unreported {
        report(node, &day).await?;
    }
    Ok(())
}

async fn report(node: &ProvinceNode, day: &Reconciled) -> Outcome<()> {
    let mut work = node.context.store.begin().await?;
    let all = difference::hold_day(&mut work, node.province, day.day, day.part).await?;
    drop(work);
    let pages: Vec<&[Difference]> =
        if all.is_empty() { vec![&[][..]] } else { all.chunks(REPORTED).collect() };
    let last = pages.len() - 1;
    for (number, page) in pages.into_iter().enumerate() {
        let report = ReportReconciliation {
            day: day.day,
            part: day.part,
            standing: day.standing,
            total: day.total,
            differing: day.differing,
            under_way: day.under_way,
            ran_at: day.ran_at,
            ran_by: day.ran_by.clone(),
            differences: page.iter().map(reported).collect(),
            last: number == last,
        };
        match ask(node, &Question::ReportReconciliation(Box::new(report))).await? {
            Answer::Taken => {}
            _ => return Err(no_fit()),
        }
    }
    let mut work = node.context.store.begin().await?;
    // A decision that came meanwhile is told with the next report.
    let now = difference::hold_day(&mut work, node.province, day.day, day.part).await?;
    if now == all {
        days::set_reported(&mut work, day, Some(node.context.now())).await?;
    }
    Ok(work.save().await?)
}

fn reported(one: &Difference) -> ReportedDifference {
    ReportedDifference {
        settlement: one.settlement,
        counterpart: one.counterpart,
        owner: one.owner,
        agency: one.agency,
        kinds: one.kinds.clone(),
        cause: one.cause,
        stage: one.matter.stage,
        notes: one.matter.notes.clone(),
    }
}
