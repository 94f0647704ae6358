//! A month of clearing at the hub, from its closing to its notices: planned, adopted, confirmed and disputed by the provinces over
//! their line, and what comes too late for it in the month after.

use crate::play::{Play, beijing, hubei};
use crate::raw::Raw;
use country::World;
use funds::{
    Pair,
    clearing::{
        ClearingLine, Deduction, Part, Reason,
        stage::{Answer as Said, PairStage, Stage},
    },
    notice::Cause,
};
use hyper::Method;
use node::api::client::{CallError, Client};
use serde_json::json;
use std::collections::BTreeMap;
use terms::{Clock, Fen, Fund, Month, Participant, Province, SettlementId};
use wire::{
    api::clearing::{
        ClearingDone, ClearingDues, ClearingLines, ClearingMonth, ClearingMonths, ClearingPlan,
        ClearingPlanned, ClearingStatement, NettingReport, NoticesIssued,
    },
    peer::{
        Envelope,
        v1::{
            Answer, AnswerClearing, DisputedPair, FindClearedSettlements, FindClearing,
            FoundClearedSettlements, FoundClearing, Question, Reply,
        },
    },
};

/// A clerk of the hub.
pub fn clerk(world: &World) -> Client {
    Client {
        node: world.hub_url(),
        token: "令牌".to_owned(),
        operator: Some("赵某甲".to_owned()),
        duty: None,
    }
}

/// What the hub answers a province.
pub async fn ask(world: &World, from: Province, question: &Question) -> Result<Answer, String> {
    let context = &world.province(from).unwrap().node.context;
    let route = (Participant::Province(from), Participant::Hub);
    let envelope = Envelope::unsigned(context.message_id(), None, route, context.now(), question);
    let body = envelope.signed(&context.key).write();
    let (status, reply) = Raw::to(&world.hub_url()).send(Method::POST, "/peer/v1", &[], body).await;
    assert_eq!(status, 200);
    let reply: Reply = Envelope::read(&reply).unwrap().open().unwrap();
    reply.into_outcome().map_err(|refusal| refusal.message())
}

async fn lines_of(world: &World, from: Province, month: Month) -> (FoundClearing, Vec<ClearingLine>) {
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let found = ask(world, from, &Question::FindClearing(FindClearing { month, after })).await;
        let Ok(Answer::Clearing(mut found)) = found else { panic!("{found:?}") };
        lines.append(&mut found.lines);
        after = found.next.take();
        if after.is_none() {
            return (*found, lines);
        }
    }
}

pub async fn settlements_of(world: &World, from: Province, month: Month) -> FoundClearedSettlements {
    let find = FindClearedSettlements { month, after: None };
    let found = ask(world, from, &Question::FindClearedSettlements(find)).await;
    let Ok(Answer::ClearedSettlements(found)) = found else { panic!("{found:?}") };
    assert_eq!(found.next, None, "few enough for one page");
    found
}

pub fn answer_of(month: Month, revision: u32, disputes: Vec<DisputedPair>) -> Question {
    Question::AnswerClearing(AnswerClearing { month, revision, disputes, by: "钱某甲".to_owned() })
}

pub async fn said(world: &World, from: Province, question: &Question) -> Vec<(PairStage, Said, Said)> {
    let answered = ask(world, from, question).await;
    let Ok(Answer::ClearingAnswered(answered)) = answered else { panic!("{answered:?}") };
    answered.pairs.iter().map(|one| (one.stage, one.insured_answer, one.treatment_answer)).collect()
}

pub async fn refused<T: std::fmt::Debug>(call: impl Future<Output = Result<T, CallError>>, words: &str) {
    match call.await {
        Err(CallError::Refused(refused)) => assert!(refused.message.contains(words), "{refused:?}"),
        other => panic!("not refused: {other:?}"),
    }
}

/// To the day after the statement day of a month.
pub fn to_statement_of(world: &World, month: Month) {
    let statement = month.next().first_day().plus_days(21);
    let days = world.clock.now().day().days_until(statement);
    world.clock.pass_days(u32::try_from(days).expect("it is to come"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_from_its_closing_to_its_notices_and_what_comes_later() {
    let mut play = Play::prepare().await;
    let mut ids = Vec::<SettlementId>::new();
    for seed in 2..=4 {
        let settled = play.settle_patiently(&play.hospital.next_msgid()).await;
        ids.push(settled.settlement.unwrap());
        if seed < 4 {
            play.next_stay(seed).await;
        }
    }
    play.dust_settles().await;
    let month = ids[0].month();
    let pair = Pair { insured: beijing(), treatment: hubei() };
    let world = &play.world;
    let hub = &world.hub;
    let clerk = clerk(world);
    let path = |month: Month, rest: &str| format!("/api/v1/funds/clearings/{}{rest}", month.number());

    // Before the statement day nothing is closed, and a province sees that.
    hub.keep_timetable().await;
    assert_eq!(clerk.get::<ClearingMonths>("/api/v1/funds/clearings").await.unwrap().months, []);
    refused(clerk.post::<ClearingPlanned>(&path(month, "/plan"), &json!({})), "尚未截止").await;
    assert_eq!(lines_of(world, hubei(), month).await.0.stage, Stage::Open);

    // On it the month is closed and planned by itself; a person plans anew and adopts.
    to_statement_of(world, month);
    hub.keep_timetable().await;
    hub.keep_timetable().await;
    let seen: ClearingMonth = clerk.get(&path(month, "")).await.unwrap();
    assert_eq!((seen.stage.as_str(), seen.revision), ("planned", 1));
    let planned: ClearingPlanned = clerk.post(&path(month, "/plan"), &json!({})).await.unwrap();
    let plan: ClearingPlan = planned.plan.unwrap();
    assert_eq!((plan.revision, plan.settlements, plan.pairs, plan.area_pairs), (2, 3, 1, 1));
    assert_eq!((plan.differences.len(), plan.planned_by.as_str()), (0, "赵某甲"));
    assert_eq!(lines_of(world, hubei(), month).await.1, [], "a plan is nobody's until it is adopted");
    refused(clerk.post::<ClearingMonth>(&path(month, "/adopt"), &json!({ "revision": 1 })), "最近一次试算")
        .await;
    for _ in 0..2 {
        let adopted: ClearingMonth =
            clerk.post(&path(month, "/adopt"), &json!({ "revision": 2 })).await.unwrap();
        assert_eq!((adopted.stage.as_str(), adopted.adopted_by.as_deref()), ("adopted", Some("赵某甲")));
        assert_eq!(adopted.unanswered, ["110000", "420000"]);
    }
    refused(clerk.post::<ClearingPlanned>(&path(month, "/plan"), &json!({})), "不能再做此操作").await;

    // Both provinces see the same lines and settlements, and what they come to is what is owed.
    let (found, lines) = lines_of(world, hubei(), month).await;
    assert_eq!((found.clone(), lines.clone()), lines_of(world, beijing(), month).await);
    let settlements = settlements_of(world, hubei(), month).await;
    assert_eq!(settlements, settlements_of(world, beijing(), month).await);
    let owed: Fen = found.pairs[0].dues.iter().map(|due| due.amount).sum();
    assert_eq!(lines.iter().map(ClearingLine::amount).sum::<Fen>(), owed);
    let amounts: BTreeMap<SettlementId, Fen> =
        settlements.lines.iter().map(|line| (line.settlement, line.amount())).collect();
    assert_eq!(amounts.keys().copied().collect::<Vec<_>>(), ids);
    assert_eq!(amounts.values().copied().sum::<Fen>(), owed);
    assert!(owed > Fen::ZERO && owed == plan.payable);

    // Tables for the desk.
    let statement: ClearingStatement = clerk.get(&path(month, "/statement?province=420000")).await.unwrap();
    assert_eq!(statement.rows.iter().map(|row| row.payable).sum::<Fen>(), owed);
    assert_eq!(statement.csv().lines().count(), statement.rows.len() + 1);
    let dues: ClearingDues = clerk.get(&path(month, "/dues?province=420000&side=payable")).await.unwrap();
    assert_eq!(dues.rows, [], "Hubei owes nobody");
    let dues: ClearingDues = clerk.get(&path(month, "/dues?province=420000&side=receivable")).await.unwrap();
    assert_eq!(dues.total, owed);
    let netting: NettingReport = clerk.get(&path(month, "/netting")).await.unwrap();
    assert_eq!(
        netting.ways.iter().map(|way| way.volume).collect::<Vec<_>>(),
        [owed; 3],
        "one pair saves nothing"
    );

    // Hubei confirms, Beijing disputes one settlement; of others than the month's it may not.
    assert_eq!(
        said(world, hubei(), &answer_of(month, 2, vec![])).await,
        [(PairStage::Awaiting, Said::Awaited, Said::Confirmed)]
    );
    let dispute = |settlement| {
        answer_of(
            month,
            2,
            vec![DisputedPair { pair, settlements: vec![settlement], reason: "重复收费".to_owned() }],
        )
    };
    let unknown = SettlementId::new(hubei(), world.clock.now(), 1);
    assert!(ask(world, beijing(), &dispute(unknown)).await.unwrap_err().contains("不在"));
    assert!(ask(world, beijing(), &answer_of(month, 1, vec![])).await.unwrap_err().contains("重新取得"));
    for _ in 0..2 {
        let disputed = said(world, beijing(), &dispute(ids[1])).await;
        assert_eq!(disputed, [(PairStage::Disputed, Said::Disputed, Said::Confirmed)]);
    }
    let issued: NoticesIssued = clerk.post(&path(month, "/notices"), &json!({})).await.unwrap();
    assert_eq!(issued.pairs, 0, "nothing goes out before the dispute is decided");

    // The hub agrees: the settlement leaves the month, and the notice is of what is left.
    let decision = json!({
        "province": "110000", "insured": "110000", "treatment": "420000", "upheld": true, "words": "经核属实",
    });
    clerk.post::<ClearingDone>(&path(month, "/disputes"), &decision).await.unwrap();
    refused(clerk.post::<ClearingDone>(&path(month, "/disputes"), &decision), "没有待处理的争议").await;
    assert_eq!(
        said(world, beijing(), &dispute(ids[1])).await,
        [(PairStage::Agreed, Said::Upheld, Said::Confirmed)]
    );
    let left = owed - amounts[&ids[1]];
    let (found, _) = lines_of(world, beijing(), month).await;
    assert_eq!(found.pairs[0].dues.iter().map(|due| due.amount).sum::<Fen>(), left);
    assert_eq!(found.pairs[0].withdrawn.iter().map(|line| line.settlement).collect::<Vec<_>>(), [ids[1]]);
    let out: ClearingLines = clerk.get(&path(month, "/left-out")).await.unwrap();
    assert_eq!(
        out.rows.iter().map(|row| row.reason.clone()).collect::<Vec<_>>(),
        [Reason::Dispute.to_string()]
    );
    let issued: NoticesIssued = clerk.post(&path(month, "/notices"), &json!({})).await.unwrap();
    assert_eq!(issued.pairs, 1);
    let again: NoticesIssued = clerk.post(&path(month, "/notices"), &json!({})).await.unwrap();
    assert_eq!(again.pairs, 0, "all have theirs");
    let notices = async || {
        let mut conn = hub.context.store.conn().await.unwrap();
        let all = store::notice::list(&mut conn, Participant::Hub, None, 0, 100).await.unwrap();
        all.into_iter().map(|kept| kept.notice).collect::<Vec<_>>()
    };
    let [notice] = &notices().await[..] else { panic!("one notice") };
    assert_eq!((&notice.cause, notice.payer, notice.payee), (&Cause::Clearing { month }, beijing(), hubei()));
    assert_eq!((notice.total(), notice.by.as_str()), (left, "赵某甲"));
    assert!(ask(world, beijing(), &dispute(ids[0])).await.unwrap_err().contains("已签发通知书"));

    // Afterwards one is cancelled, and of another something is deducted: lines of the next month, which the disputed one comes in.
    let cancelled = play.hospital.cancel(&play.patient, play.visit, ids[2]).await;
    assert!(cancelled.is_ok(), "{cancelled:?}");
    play.dust_settles().await;
    let world = &play.world;
    let deduction = Deduction {
        number: "KK-202610-1".to_owned(),
        settlement: ids[0],
        insured: play.patient.insured,
        funds: [(Fund::EmployeePool, Fen(100))].into(),
        account: Fen::ZERO,
        reason: "超限用药".to_owned(),
        decided_on: world.clock.now().day(),
        by: "孙某甲".to_owned(),
        decided_at: world.clock.now(),
    };
    let report = |deduction: Deduction| Question::ReportDeduction(Box::new(deduction));
    for _ in 0..2 {
        let taken = ask(world, hubei(), &report(deduction.clone())).await;
        assert!(
            matches!(&taken, Ok(Answer::DeductionTaken(taken)) if taken.month == month.next()),
            "{taken:?}"
        );
    }
    let other = Deduction { funds: [(Fund::EmployeePool, Fen(200))].into(), ..deduction.clone() };
    assert!(ask(world, hubei(), &report(other.clone())).await.unwrap_err().contains("内容不同"));
    let too_much = Deduction {
        number: "KK-202610-2".to_owned(),
        funds: [(Fund::EmployeePool, amounts[&ids[0]])].into(),
        ..deduction.clone()
    };
    assert!(ask(world, hubei(), &report(too_much)).await.unwrap_err().contains("超过"));
    assert!(ask(world, beijing(), &report(deduction)).await.is_err(), "only the treatment place deducts");

    to_statement_of(world, month.next());
    hub.keep_timetable().await;
    let next = month.next();
    let adopted: ClearingMonth = clerk.post(&path(next, "/adopt"), &json!({ "revision": 1 })).await.unwrap();
    assert_eq!(adopted.adopted, 1);
    let settlements = settlements_of(world, beijing(), next).await;
    let told: BTreeMap<SettlementId, (Part, Fen, Option<Month>)> = settlements
        .lines
        .iter()
        .map(|line| (line.settlement, (line.part.clone(), line.amount(), line.first_month)))
        .collect();
    let expected = BTreeMap::from([
        (ids[0], (Part::Deducted("KK-202610-1".to_owned()), Fen(-100), Some(month))),
        (ids[1], (Part::Made, amounts[&ids[1]], Some(month))),
        (ids[2], (Part::Undone, -amounts[&ids[2]], Some(month))),
    ]);
    assert_eq!(told, expected);
    let (found, lines) = lines_of(world, beijing(), next).await;
    let owed: Fen = found.pairs[0].dues.iter().map(|due| due.amount).sum();
    assert_eq!(owed, amounts[&ids[1]] - amounts[&ids[2]] - Fen(100));
    assert_eq!(lines.iter().map(ClearingLine::amount).sum::<Fen>(), owed);
    assert_eq!(lines.iter().filter(|line| line.deduction).count(), 1);
    let deducted: ClearingLines = clerk.get(&path(next, "/deductions")).await.unwrap();
    assert_eq!(deducted.rows.iter().map(|row| row.amount).collect::<Vec<_>>(), [Fen(-100)]);

    // Both confirm, and on the day of notices they go out by themselves; what a purse gives back goes the other way.
    for province in [beijing(), hubei()] {
        said(world, province, &answer_of(next, 1, vec![])).await;
    }
    hub.keep_timetable().await;
    assert_eq!(notices().await.len(), 1, "not before the day");
    world.clock.pass_days(10);
    hub.keep_timetable().await;
    let of_next: Vec<_> = notices().await.into_iter().skip(1).collect();
    let paid: Fen = of_next
        .iter()
        .map(|notice| if notice.cause.is_return() { -notice.total() } else { notice.total() })
        .sum();
    assert_eq!(paid, owed);
    assert!(of_next.iter().all(|notice| notice.by == "系统" && notice.insured() == beijing()));

    // A year is not closed before its months are.
    let year = month.first_day().year();
    let close = format!("/api/v1/funds/clearing-years/{year}/close");
    let closed = clerk.post::<ClearingDone>(&close, &json!({})).await;
    let is_over = month.number() % 100 >= 11;
    if !is_over {
        assert!(closed.is_err(), "the year has months to come");
    }
}

/// A row of the hub's book that somebody has spoilt stops a month only until the comparison has found it, and is named before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_does_not_add_up_is_named_and_then_left_out() {
    let mut play = Play::prepare().await;
    let wrong = play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap();
    play.next_stay(2).await;
    play.settle_patiently(&play.hospital.next_msgid()).await;
    play.dust_settles().await;
    let (month, day) = (wrong.month(), wrong.given_at().day());
    let world = &play.world;
    let spoil = format!("update hub_settlement set total = total + 1 where id = '{wrong}'");
    let mut conn = world.hub.context.store.conn().await.unwrap();
    assert_eq!(store::measure::spoil(&mut conn, "hub_settlement", &spoil).await.unwrap(), 1);
    drop(conn);
    let clerk = clerk(world);
    let path = format!("/api/v1/funds/clearings/{}", month.number());
    to_statement_of(world, month);
    world.hub.keep_timetable().await;
    let seen: ClearingMonth = clerk.get(&path).await.unwrap();
    assert_eq!(seen.stage, "closed", "nothing is planned");
    let plan = format!("{path}/plan");
    let Err(CallError::Refused(refused)) = clerk.post::<ClearingPlanned>(&plan, &json!({})).await else {
        panic!("it was planned")
    };
    for words in [wrong.to_string(), "北京市".to_owned(), "湖北省".to_owned(), "重新对账".to_owned()]
    {
        assert!(refused.message.contains(&words), "{refused:?}");
    }

    // What the refusal says to do: both compare the day, and the hub hears of it.
    for province in [hubei(), beijing()] {
        world.province(province).unwrap().node.reconcile(day, day, "赵某甲").await.unwrap();
    }
    let planned: ClearingPlanned = clerk.post(&plan, &json!({})).await.unwrap();
    let plan: ClearingPlan = planned.plan.unwrap();
    assert_eq!((plan.settlements, plan.left_out), (1, 1));
}
