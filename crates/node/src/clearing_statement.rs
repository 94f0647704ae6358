//! The clearing statement (清算表) at a province: fetched from the hub once a month was adopted there, checked settlement by settlement
//! against the province's own books, and confirmed or disputed by a person.
//!
//! Fetching takes as long as it takes, a unit of work a page; whoever begins again begins anew, and an unfinished one is not
//! answered. The answer waits in the outbox until the hub has taken it; a retry is the same answer. What the insured place learns of
//! deductions (审核扣款) enters its ledger with the confirmation.

use crate::{
    context::{Failure, Outcome},
    job::Progress,
    peer::ask::NoAnswer,
    posting,
    province::ProvinceNode,
};
use funds::{
    clearing::{ClearedLine, ClearingLine, Part, stage::Stage},
    clearing_statement::{Finding, Told, check, missing},
    ledger::{Voucher, VoucherCode, VoucherId},
    movement::{self, deduction},
    rule::Rules,
};
use std::collections::BTreeSet;
use store::{
    Document, Work,
    clearing_statement::{self as statements, Given, Statement},
    difference, ledger,
    outbox::{self, Asked, Waiting},
};
use terms::{Moment, Month, PoolingArea, Province, Refusal, SettlementId};
use wire::peer::v1::{
    Answer, AnswerClearing, ClearingPair, DisputedPair, FindClearedSettlements, FindClearing, FoundClearing,
    Question,
};

/// The kind of the outbox rows that answer a statement.
const KIND: &str = "answer_clearing";
/// The most settlements that one check names as missing, of each part.
const MISSING_MAX: i64 = 1_000;
/// How many months back the timetable looks for statements that came late.
const MONTHS_BACK: i32 = 3;
/// The most pages of one month: a province has no hundred million settlements.
const PAGES_MAX: usize = 200_000;

/// What is due: statements that the hub has adopted and that were not fetched, and where those of the last months stand.
pub async fn tick(node: &ProvinceNode) -> Outcome<()> {
    let this = node.context.now().day();
    for back in 1..=MONTHS_BACK {
        let month = this.plus_months(-back).month();
        let known = find(node, month).await?;
        let is_over = known.as_ref().is_some_and(|known| known.complete && is_noticed(known));
        if is_over {
            continue;
        }
        match fetch(node, month, &Progress::default()).await {
            Ok(_) | Err(Failure::Refused(Refusal::UnknownStatement { .. })) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

fn is_noticed(statement: &Statement) -> bool {
    told(statement).is_ok_and(|told| told.stage == Stage::Noticed)
}

/// What the hub said of a month when it was fetched last, without lines.
pub fn told(statement: &Statement) -> Outcome<FoundClearing> {
    Ok(statement.content.read()?)
}

/// The statement of a month as it was fetched last.
pub async fn find(node: &ProvinceNode, month: Month) -> Outcome<Option<Statement>> {
    let mut conn = node.context.store.conn().await?;
    Ok(statements::find(&mut conn, node.province, month).await?)
}

/// The rules that hold here on a day.
pub fn rules(node: &ProvinceNode) -> Outcome<Rules> {
    let today = node.context.now().day();
    let rules = funds::rule::RuleBook::national().on_in(node.province, today);
    rules.ok_or_else(|| Refusal::StatementRule { reason: "今日没有生效的清算参数".to_owned() }.into())
}

/// Fetches a month from the hub: where it stands and, if the plan is another one than before or was not fetched to its end, all of
/// it, checked page by page.
pub(crate) async fn fetch(node: &ProvinceNode, month: Month, progress: &Progress) -> Outcome<Statement> {
    progress.begin((1, 2), "取得清算表");
    let (found, lines) = find_clearing(node, month).await?;
    if !matches!(found.stage, Stage::Adopted | Stage::Noticed) || found.revision == 0 {
        return Err(Refusal::UnknownStatement { month: month.to_string() }.into());
    }
    let known = find(node, month).await?;
    let is_same = |known: &Statement| known.complete && known.revision == found.revision;
    let statement = match known {
        Some(known) if is_same(&known) => keep_standing(node, known, &found).await?,
        known => {
            progress.begin((2, 2), "取得结算明细并逐笔核对");
            let begun = begin(node, known, &found, &lines).await?;
            fetch_settlements(node, begun, &found, progress).await?
        }
    };
    book_deductions(node, &statement, &found).await?;
    Ok(statement)
}

/// All pages of a month's lines; of the answer itself, what is the same on every page.
async fn find_clearing(node: &ProvinceNode, month: Month) -> Outcome<(FoundClearing, Vec<ClearingLine>)> {
    let (mut lines, mut after, mut revision) = (Vec::new(), None, None);
    for _ in 0..PAGES_MAX {
        let mut page = match ask(node, &Question::FindClearing(FindClearing { month, after })).await? {
            Answer::Clearing(page) if page.month == month => *page,
            _ => return Err(not_this_question()),
        };
        lines.append(&mut page.lines);
        after = page.next.take();
        if *revision.get_or_insert(page.revision) != page.revision {
            return Err(changed_meanwhile());
        }
        if after.is_none() {
            return Ok((page, lines));
        }
    }
    Err(not_this_question())
}

async fn ask(node: &ProvinceNode, question: &Question) -> Outcome<Answer> {
    node.ask(question).await.map_err(|no_answer| match no_answer {
        NoAnswer::Refused(refusal) => Failure::Refused(refusal),
        NoAnswer::HubRefused(refusal) | NoAnswer::Unknown(refusal) => Failure::Trouble(refusal),
    })
}

fn not_this_question() -> Failure {
    Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })
}

fn changed_meanwhile() -> Failure {
    let reason = "国家平台正在更新该月清算表，请稍后重新取得".to_owned();
    Failure::Trouble(Refusal::StatementRule { reason })
}

/// The plan is the one that is here: only where its pairs stand may have changed, and what upheld disputes took out.
async fn keep_standing(node: &ProvinceNode, known: Statement, found: &FoundClearing) -> Outcome<Statement> {
    let after = Statement { content: Document::of(found), fetched_at: node.context.now(), ..known };
    let mut work = node.context.store.begin().await?;
    statements::hold(&mut work, node.province).await?;
    // Whoever has answered meanwhile is not overwritten.
    let now = statements::find(work.conn(), node.province, after.month).await?;
    let after = Statement { answer: now.and_then(|now| now.answer), ..after };
    statements::put(&mut work, node.province, &after).await?;
    statements::remove_settlements(&mut work, (node.province, after.month), &withdrawn(found)).await?;
    work.save().await?;
    Ok(after)
}

fn withdrawn(found: &FoundClearing) -> Vec<ClearedLine> {
    found.pairs.iter().flat_map(|pair| pair.withdrawn.clone()).collect()
}

/// Begins a month anew, with its lines.
async fn begin(
    node: &ProvinceNode,
    known: Option<Statement>,
    found: &FoundClearing,
    lines: &[ClearingLine],
) -> Outcome<Statement> {
    let key = (node.province, found.month);
    // An answer is to the plan that was seen.
    let answer = known.filter(|known| known.revision == found.revision).and_then(|known| known.answer);
    let statement = Statement {
        month: found.month,
        revision: found.revision,
        content: Document::of(found),
        settlements: 0,
        complete: false,
        fetched_at: node.context.now(),
        answer,
    };
    let mut work = node.context.store.begin().await?;
    statements::hold(&mut work, node.province).await?;
    statements::clear(&mut work, node.province, found.month).await?;
    for (chunk, lines) in lines.chunks(5_000).enumerate() {
        statements::add_lines(&mut work, key, chunk * 5_000, lines).await?;
    }
    statements::put(&mut work, node.province, &statement).await?;
    work.save().await?;
    Ok(statement)
}

/// All pages of a month's settlements, each checked and written down, and then what is missing.
async fn fetch_settlements(
    node: &ProvinceNode,
    begun: Statement,
    found: &FoundClearing,
    progress: &Progress,
) -> Outcome<Statement> {
    let (mut after, mut left_out, mut settlements) = (None, BTreeSet::new(), 0);
    for _ in 0..PAGES_MAX {
        let find = FindClearedSettlements { month: begun.month, after };
        let page = match ask(node, &Question::FindClearedSettlements(find)).await? {
            Answer::ClearedSettlements(page) if page.month == begun.month => page,
            _ => return Err(not_this_question()),
        };
        if page.revision != begun.revision {
            return Err(changed_meanwhile());
        }
        left_out.extend(page.left_out.iter().map(|one| one.line.settlement));
        settlements += check_page(node, &begun, &page.lines).await?;
        progress.steps(page.lines.len());
        after = page.next;
        if after.is_none() {
            return finish(node, Statement { settlements, ..begun }, found, left_out).await;
        }
    }
    Err(not_this_question())
}

/// Checks a page and writes it down; how many lines of the province's own it has.
async fn check_page(node: &ProvinceNode, begun: &Statement, lines: &[ClearedLine]) -> Outcome<u64> {
    let key = (node.province, begun.month);
    let mut work = node.context.store.begin().await?;
    hold_begun(&mut work, node.province, begun).await?;
    let told: Vec<Told> = lines.iter().flat_map(|line| Told::of(line, node.province)).collect();
    let known = statements::known(work.conn(), key, lines).await?;
    statements::add_findings(&mut work, key, &check(&told, &known)).await?;
    statements::add_settlements(&mut work, key, &told).await?;
    let heard: Vec<&ClearedLine> =
        lines.iter().filter(|line| line.insured.province() == node.province).collect();
    statements::add_heard(&mut work, key, &heard).await?;
    work.save().await?;
    Ok(u64::try_from(told.len()).unwrap_or(u64::MAX))
}

/// Holds the statement, if it is still the one that was begun here: another may have begun anew.
async fn hold_begun(work: &mut Work, province: Province, begun: &Statement) -> Outcome<()> {
    statements::hold(work, province).await?;
    let now = statements::find(work.conn(), province, begun.month).await?;
    let is_begun = |now: &Statement| {
        !now.complete && now.revision == begun.revision && now.fetched_at == begun.fetched_at
    };
    if now.as_ref().is_some_and(is_begun) { Ok(()) } else { Err(changed_meanwhile()) }
}

async fn finish(
    node: &ProvinceNode,
    fetched: Statement,
    found: &FoundClearing,
    mut left_out: BTreeSet<SettlementId>,
) -> Outcome<Statement> {
    let key = (node.province, fetched.month);
    let late = i32::from(rules(node)?.late_months) + 1;
    let first = fetched.month.first_day().plus_months(-late).month();
    let mut work = node.context.store.begin().await?;
    hold_begun(&mut work, node.province, &fetched).await?;
    let gone = withdrawn(found);
    statements::remove_settlements(&mut work, key, &gone).await?;
    left_out.extend(gone.iter().map(|line| line.settlement));
    let last_day = fetched.month.next().first_day().plus_days(-1);
    left_out.extend(difference::open_settlements(work.conn(), first.first_day(), last_day).await?);
    let uncounted =
        statements::uncounted(work.conn(), node.province, (first, fetched.month), MISSING_MAX).await?;
    let missing: Vec<Finding> = missing(uncounted, &left_out);
    statements::add_findings(&mut work, key, &missing).await?;
    let complete = Statement { complete: true, ..fetched };
    statements::put(&mut work, node.province, &complete).await?;
    work.save().await?;
    Ok(complete)
}

// ---------------------------------------------------------------- the answer of a person

/// What a person says of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What is disputed; nothing if all is confirmed.
    pub disputes: Vec<DisputedPair>,
    /// The person confirms although the check has found something.
    pub despite_findings: bool,
    /// Who decides.
    pub by: String,
}

/// A person confirms or disputes a month; the hub hears of it from the outbox. The same again is the same answer.
pub async fn answer(node: &ProvinceNode, month: Month, said: Said) -> Outcome<Statement> {
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    statements::hold(&mut work, node.province).await?;
    let unknown = || Refusal::UnknownStatement { month: month.to_string() };
    let known = statements::find(work.conn(), node.province, month).await?.ok_or_else(unknown)?;
    let (_, findings) = statements::findings(work.conn(), (node.province, month), 0).await?;
    let found = told(&known)?;
    check_said(node, &known, &found, findings, &said)?;
    let answer =
        AnswerClearing { month, revision: known.revision, disputes: said.disputes, by: said.by.clone() };
    let written = Document::of(&answer);
    if let Some(given) = &known.answer
        && given.refusal.is_none()
        && same_but_for_the_clerk(given, &answer)
    {
        return Ok(known);
    }
    let given = Given { answer: written, by: said.by, at: now, taken_at: None, refusal: None };
    let after = Statement { answer: Some(given), ..known };
    statements::put(&mut work, node.province, &after).await?;
    let question = Document::of(&Question::AnswerClearing(answer));
    let area = PoolingArea(node.province.division());
    let subject = month.number().to_string();
    outbox::put(&mut work, area, (&subject, KIND), Asked::Hub(&question), (now, now)).await?;
    work.save().await?;
    Ok(after)
}

fn same_but_for_the_clerk(given: &Given, answer: &AnswerClearing) -> bool {
    let earlier = given.answer.read::<AnswerClearing>();
    earlier.is_ok_and(|earlier| (earlier.revision, &earlier.disputes) == (answer.revision, &answer.disputes))
}

fn check_said(
    node: &ProvinceNode,
    known: &Statement,
    found: &FoundClearing,
    findings: u64,
    said: &Said,
) -> Result<(), Refusal> {
    let refuse = |reason: String| Err(Refusal::StatementRule { reason });
    if !known.complete {
        return refuse("清算表尚未完整取得并核对，请先重新取得".to_owned());
    }
    if said.disputes.is_empty() && findings > 0 && !said.despite_findings {
        return refuse(format!("核对发现{findings}处不一致，请先查看；仍要确认的请注明已知不一致"));
    }
    for dispute in &said.disputes {
        let is_own = [dispute.pair.insured, dispute.pair.treatment].contains(&node.province);
        if !is_own || !found.pairs.iter().any(|pair| pair.pair == dispute.pair) {
            return refuse(format!("清算表中没有本省的[{}]", dispute.pair));
        }
    }
    Ok(())
}

/// Asks the hub to take an answer that waits in the outbox.
pub async fn deliver(node: &ProvinceNode, waiting: &Waiting, asked: &AnswerClearing) -> Outcome<()> {
    let question = Question::AnswerClearing(asked.clone());
    let now = node.context.now();
    let (taken_at, pairs, refusal) = match node.ask(&question).await {
        Ok(Answer::ClearingAnswered(answered)) => (Some(now), answered.pairs, None),
        Ok(_) => return Err(not_this_question()),
        // The hub's own no is for good: a person must look.
        Err(NoAnswer::Refused(refusal) | NoAnswer::HubRefused(refusal)) => {
            (None, Vec::new(), Some(refusal.message()))
        }
        Err(NoAnswer::Unknown(refusal)) => return Err(Failure::Trouble(refusal)),
    };
    let mut work = node.context.store.begin().await?;
    statements::hold(&mut work, node.province).await?;
    outbox::take_if_same(&mut work, waiting).await?;
    let known = statements::find(work.conn(), node.province, asked.month).await?;
    // An answer that was replaced meanwhile waits for its own.
    if let Some(known) = known.filter(|known| is_answer(known, asked)) {
        let mut found = told(&known)?;
        if !pairs.is_empty() {
            found.pairs = pairs;
        }
        let answer = known.answer.map(|given| Given { taken_at, refusal, ..given });
        let after = Statement { content: Document::of(&found), answer, ..known };
        statements::put(&mut work, node.province, &after).await?;
        work.save().await?;
        return book_deductions(node, &after, &found).await;
    }
    Ok(work.save().await?)
}

fn is_answer(known: &Statement, asked: &AnswerClearing) -> bool {
    let given = known.answer.as_ref().and_then(|given| given.answer.read::<AnswerClearing>().ok());
    given.as_ref() == Some(asked)
}

// ---------------------------------------------------------------- deductions of which the insured place hears

/// Writes into the ledger what treatment places have deducted, of the pairs on which this province has nothing more to say.
async fn book_deductions(node: &ProvinceNode, statement: &Statement, found: &FoundClearing) -> Outcome<()> {
    let mut work = node.context.store.begin().await?;
    let heard = statements::heard(work.conn(), node.province, statement.month).await?;
    let by = statement.answer.as_ref().map_or(funds::ledger::MACHINE, |given| given.by.as_str());
    let mut booked = false;
    for line in heard.iter().filter(|line| is_settled(&found.pairs, line)) {
        let voucher = heard_voucher(line, statement.month, node.context.now(), by)?;
        if ledger::find(work.conn(), node.context.me, &voucher.id).await?.is_none() {
            posting::post(node, &mut work, [voucher]).await?;
            booked = true;
        }
    }
    if booked { Ok(work.save().await?) } else { Ok(()) }
}

pub(crate) fn is_settled(pairs: &[ClearingPair], line: &ClearedLine) -> bool {
    let of_pair = pairs.iter().find(|pair| pair.pair == line.pair());
    of_pair.is_some_and(|pair| pair.insured_answer.is_settled() && !pair.withdrawn.contains(line))
}

pub(crate) fn heard_voucher(line: &ClearedLine, month: Month, now: Moment, by: &str) -> Outcome<Voucher> {
    let Part::Deducted(number) = &line.part else { unreachable!("only deductions are kept as heard of") };
    let id = VoucherId::new(format!("deduction/{number}/insured")).map_err(|_| not_this_question())?;
    let area = line.insured.pooling_area();
    let legs = line.dues().map(|((scheme, purse), amount)| {
        let part = movement::Part::new(scheme, purse, -amount);
        deduction::at_insured(area, line.treatment.province(), part)
    });
    Ok(Voucher {
        id,
        code: VoucherCode::Deduction,
        subject: format!("deduction/{number}"),
        summary: format!("就医地审核扣款{number}，{month}清算"),
        day: now.day(),
        recorded_at: now,
        by: by.to_owned(),
        legs: legs.collect(),
    })
}
