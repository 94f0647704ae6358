//! Months of clearing on the real database.

use super::*;
use crate::{
    Amounts, Store,
    batch::{Batcher, Record},
    embedded::fixture::TestCluster,
    hub::{self, Content, HubSettlement, Stage as Standing},
};
use funds::clearing::{ClearingLine, Part, Reason, Selection, select, stage::Answer};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
};
use terms::{
    AdminDivision, CareKind, Fen, Fund, InsuranceScheme, InsuredPlace, SettlementId, TreatmentPlace,
};

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn october() -> Month {
    Month::new(2026, 10).unwrap()
}

fn november() -> Month {
    october().next()
}

fn place(code: u32) -> AdminDivision {
    AdminDivision::new(code).unwrap()
}

/// A settlement of 10.00, of which the pool pays `pool` fen, two go from the account.
fn settlement(serial: u64, insured: u32, given: &str, recorded: &str, pool: i64) -> HubSettlement {
    let treatment = Province(place(310_000));
    HubSettlement {
        id: SettlementId::new(treatment, at(given), serial),
        stage: Standing::Standing,
        treatment,
        insured: InsuredPlace(place(insured)),
        content: Some(Content {
            institution: if serial.is_multiple_of(2) { "H31010100001" } else { "H31010100002" }
                .parse()
                .unwrap(),
            place: TreatmentPlace(place(310_101)),
            care: CareKind::Inpatient,
            scheme: InsuranceScheme::Employee,
            amounts: Amounts {
                total: Fen(1_000),
                fund_total: Fen(pool),
                person_total: Fen(1_000 - pool),
                account: Fen(2),
                funds: BTreeMap::from([(Fund::EmployeePool, Fen(pool))]),
            },
            committed_at: at(recorded),
        }),
        recorded_at: at(recorded),
        undo: None,
        undone_at: None,
    }
}

async fn write(store: &Store, settlement: &HubSettlement) {
    let mut work = store.begin().await.unwrap();
    assert!(hub::insert(&mut work, settlement).await.unwrap());
    work.save().await.unwrap();
}

async fn undo(store: &Store, settlement: &HubSettlement, when: &str) {
    let mut work = store.begin().await.unwrap();
    let undo = SettlementId::new(settlement.treatment, at(when), 9_999);
    hub::set_undone(&mut work, settlement.insured, settlement.id, (undo, "撤销"), at(when)).await.unwrap();
    work.save().await.unwrap();
}

async fn close_month(store: &Store, month: Month) -> bool {
    let mut work = store.begin().await.unwrap();
    let closed = close(&mut work, month, at("2026-11-21 00:10:00")).await.unwrap();
    work.save().await.unwrap();
    closed
}

/// Months of the line and of its undoing.
async fn where_is(store: &Store, settlement: &HubSettlement) -> (i32, Option<i32>) {
    let mut conn = store.conn().await.unwrap();
    let found = settled_in(&mut conn, settlement.insured, settlement.id).await.unwrap().unwrap();
    (found.month.number(), found.undo_month.map(Month::number))
}

/// Adds a closed month up as a plan of this revision, with nothing left out.
async fn plan_of(store: &Store, month: Month, revision: u32, selection: &Selection) -> (Plan, Counted) {
    let mut work = store.begin().await.unwrap();
    let request = Request {
        month,
        revision,
        with: selection.carried.clone(),
        without: selection.left_out.iter().map(|one| one.line.clone()).collect(),
        apart: BTreeSet::new(),
        workers: 2,
        // With rests between, one row at a time or not.
        pace: Pace::BESIDE,
        read: Arc::default(),
    };
    let read = Arc::clone(&request.read);
    let (mut plan, counted) = apportion(store, &mut work, request).await.unwrap();
    let lines = u64::try_from(selection.carried.len()).unwrap() + read.load(Ordering::Relaxed);
    assert!(lines >= counted.lines, "what was read is told: {lines} of {counted:?}");
    plan.left_out = selection.left_out.clone();
    let kept = KeptPlan {
        plan: plan.clone(),
        carried: selection.carried.clone(),
        counted,
        planned_at: at("2026-11-21 08:00:00"),
        planned_by: "赵某甲".to_owned(),
    };
    put_plan(&mut work, &kept).await.unwrap();
    work.save().await.unwrap();
    let read = super::plan(&mut store.conn().await.unwrap(), month, revision).await.unwrap();
    assert_eq!(read, Some(kept), "a plan is read as it was kept");
    (plan, counted)
}

async fn all_lines(store: &Store, month: Month, revision: u32) -> Vec<ClearingLine> {
    let mut conn = store.conn().await.unwrap();
    let mut lines = Vec::new();
    for planned in pairs(&mut conn, (month, revision), None).await.unwrap() {
        for part in 0..planned.parts {
            lines.extend(sheet(&mut conn, (month, revision), planned.pair, part).await.unwrap());
        }
    }
    lines
}

#[tokio::test]
async fn a_settlement_falls_into_its_own_month_or_the_first_that_is_open() {
    let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
    let conn = async || store.conn().await.unwrap();
    assert_eq!(first_settled(&mut *conn().await).await.unwrap(), None);
    let before = settlement(1, 420_106, "2026-10-31 23:59:59", "2026-11-01 00:00:01", 700);
    let undone_in_time = settlement(2, 420_106, "2026-10-20 10:00:00", "2026-10-20 10:00:01", 700);
    let undone_late = settlement(3, 420_106, "2026-10-21 10:00:00", "2026-10-21 10:00:01", 600);
    let ahead = settlement(4, 110_105, "2026-12-01 00:00:01", "2026-11-30 23:59:59", 700);
    for one in [&before, &undone_in_time, &undone_late, &ahead] {
        write(&store, one).await;
    }
    undo(&store, &undone_in_time, "2026-11-05 10:00:00").await;
    assert_eq!(first_settled(&mut *conn().await).await.unwrap(), Some(october()));
    assert!(close_month(&store, october()).await);
    assert!(!close_month(&store, october()).await, "once");
    assert!(!close_month(&store, november().next()).await, "one after the other");
    assert_eq!(last_closed(&mut *conn().await).await.unwrap(), Some(october()));
    undo(&store, &undone_late, "2026-12-02 10:00:00").await;
    let late = settlement(5, 420_106, "2026-10-30 10:00:00", "2026-11-22 10:00:00", 500);
    let next = settlement(6, 420_106, "2026-11-22 10:00:00", "2026-11-22 10:00:01", 500);
    write(&store, &late).await;
    write(&store, &next).await;
    for (one, expected) in [
        (&before, (202_610, None)),
        (&undone_in_time, (202_610, None)),
        (&undone_late, (202_610, Some(202_611))),
        (&ahead, (202_611, None)),
        (&late, (202_611, None)),
        (&next, (202_611, None)),
    ] {
        assert_eq!(where_is(&store, one).await, expected, "{}", one.id);
        // The same as the field says.
        let last_closed =
            (one.recorded_at > at("2026-11-21 00:10:00") && one.id != ahead.id).then_some(october());
        let own = funds::clearing::month_of(one.id.month(), one.recorded_at.day().month(), last_closed);
        assert_eq!(own.number(), expected.0, "{}", one.id);
    }
    let (plan, counted) = plan_of(&store, october(), 1, &Selection::default()).await;
    assert_eq!(counted, Counted { lines: 1, area_pairs: 1 });
    let whole = plan.whole();
    assert_eq!((whole.settlements, whole.undoings, whole.agency_pays()), (2, 0, Fen(1_304)));
    assert!(close_month(&store, november()).await);
    let (plan, _) = plan_of(&store, november(), 1, &Selection::default()).await;
    let whole = plan.whole();
    assert_eq!((whole.settlements, whole.undoings, whole.agency_pays()), (3, 1, Fen(502 + 502 + 702 - 602)));
    let months: BTreeSet<_> = plan.sums.keys().map(|slot| slot.settled_month.number()).collect();
    assert_eq!(months, BTreeSet::from([202_610, 202_611, 202_612]));
}

#[tokio::test]
async fn a_plan_is_what_its_settlements_come_to_line_by_line() {
    let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
    let areas = [420_106, 420_111, 420_202, 110_105, 310_115];
    let all: Vec<HubSettlement> = (0..40)
        .map(|serial| {
            let insured = areas[usize::try_from(serial % 4).unwrap()];
            let amount = 100 + i64::try_from(serial).unwrap();
            settlement(serial, insured, "2026-10-10 10:00:00", "2026-10-10 10:00:01", amount)
        })
        .collect();
    for one in &all {
        write(&store, one).await;
    }
    assert!(close_month(&store, october()).await);
    let (plan, counted) = plan_of(&store, october(), 1, &Selection::default()).await;
    let lines = all_lines(&store, october(), 1).await;
    assert_eq!(u64::try_from(lines.len()).unwrap(), counted.lines);
    assert_eq!(Plan::of(october(), 1, &lines, Vec::new()), plan, "the sheets are the plan");
    let amount: Fen = lines.iter().map(ClearingLine::amount).sum();
    assert_eq!(amount, Fen((0..40).map(|serial| 102 + serial).sum()));
    let insured: BTreeSet<_> = lines.iter().map(|line| line.insured.to_string()).collect();
    assert_eq!(insured.into_iter().collect::<Vec<_>>(), ["110000", "420100", "420200"], "pooling areas");
    assert!(lines.iter().all(|line| line.treatment.to_string() == "310000"));
    // Planned anew, with one left out.
    let mut conn = store.conn().await.unwrap();
    let out = by_ids(&mut conn, october(), &BTreeSet::from([all[7].id])).await.unwrap();
    assert_eq!(out.len(), 1);
    let selection = Selection {
        left_out: vec![LeftOut { line: out[0].clone(), reason: Reason::Difference }],
        ..Selection::default()
    };
    let (again, _) = plan_of(&store, october(), 2, &selection).await;
    let said: Vec<_> = again.compare(&plan).iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "110000-310000 职工基本医疗保险 职工基本医疗保险统筹基金：12.10改为11.03，减少1.07".to_owned(),
            "110000-310000 职工基本医疗保险 职工基本医疗保险个人账户：0.20改为0.18，减少0.02".to_owned(),
            "110000-310000 结算笔数：10改为9".to_owned(),
            format!("结算[{}]本次未列入：对账差异未消除", all[7].id),
        ]
    );
    assert!(all_lines(&store, october(), 1).await.is_empty(), "the lines of an earlier plan are let go of");
}

#[tokio::test]
async fn what_is_left_out_waits_and_comes_with_a_reference() {
    let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
    let differing = settlement(1, 420_106, "2026-10-10 10:00:00", "2026-10-10 10:00:01", 100);
    let agreed = settlement(2, 420_106, "2026-10-10 10:00:00", "2026-10-10 10:00:01", 200);
    write(&store, &differing).await;
    write(&store, &agreed).await;
    assert!(close_month(&store, october()).await);
    let open = BTreeSet::from([differing.id]);
    let choose = async |month: Month, open: &BTreeSet<SettlementId>| {
        let mut conn = store.conn().await.unwrap();
        let late_before = month.first_day().plus_months(-2).month();
        let late = late(&mut conn, month, late_before).await.unwrap();
        let lines = by_ids(&mut conn, month, open).await.unwrap();
        let back = given_back(&mut conn, month, None).await.unwrap();
        let pending = pending(&mut conn).await.unwrap();
        select(month, late, (open, lines), back, &pending)
    };
    let adopt = async |month: Month, selection: &Selection| {
        let (plan, _) = plan_of(&store, month, 1, selection).await;
        let mut work = store.begin().await.unwrap();
        put_carries(&mut work, month, &selection.left_out).await.unwrap();
        set_cleared(&mut work, &selection.carried, month).await.unwrap();
        work.save().await.unwrap();
        plan.whole()
    };
    let selection = choose(october(), &open).await;
    assert_eq!((selection.left_out.len(), selection.carried.len()), (1, 0));
    assert_eq!(adopt(october(), &selection).await.agency_pays(), Fen(202));
    // Undone while it waits: its undoing waits with it.
    undo(&store, &differing, "2026-11-25 10:00:00").await;
    let very_late = settlement(7, 420_106, "2026-08-01 10:00:00", "2026-11-25 10:00:00", 50);
    write(&store, &very_late).await;
    assert!(close_month(&store, november()).await);
    let selection = choose(november(), &open).await;
    let out: Vec<_> = selection.left_out.iter().map(|one| (one.line.part.clone(), one.reason)).collect();
    assert_eq!(out, [(Part::Made, Reason::Late), (Part::Undone, Reason::Difference)]);
    assert_eq!(adopt(november(), &selection).await.count(), 0, "nothing else is in November");
    assert_eq!(left_out_of_year(&mut store.conn().await.unwrap(), 2026).await.unwrap(), 3);
    // The difference is explained, the late one accepted.
    let mut work = store.begin().await.unwrap();
    assert_eq!(accept(&mut work, very_late.id, "赵某甲", at("2026-12-01 10:00:00")).await.unwrap(), 1);
    assert_eq!(accept(&mut work, agreed.id, "赵某甲", at("2026-12-01 10:00:00")).await.unwrap(), 0);
    work.save().await.unwrap();
    assert!(close_month(&store, november().next()).await);
    let selection = choose(november().next(), &BTreeSet::new()).await;
    let carried: Vec<_> = selection
        .carried
        .iter()
        .map(|line| (line.part.clone(), line.amount(), line.first_month.map(Month::number)))
        .collect();
    assert_eq!(
        carried,
        [
            (Part::Made, Fen(102), Some(202_610)),
            (Part::Made, Fen(52), Some(202_608)),
            (Part::Undone, Fen(-102), Some(202_610)),
        ]
    );
    let whole = adopt(november().next(), &selection).await;
    assert_eq!((whole.settlements, whole.undoings, whole.agency_pays()), (2, 1, Fen(52)));
    assert_eq!(pending(&mut store.conn().await.unwrap()).await.unwrap(), []);
}

#[tokio::test]
async fn pages_of_a_pair_are_all_of_it_once() {
    let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
    let mut expected = BTreeSet::new();
    for serial in 0..7 {
        let one = settlement(serial, 420_106, "2026-10-10 10:00:00", "2026-10-10 10:00:01", 100);
        write(&store, &one).await;
        expected.insert(one.id);
    }
    write(&store, &settlement(8, 110_105, "2026-10-10 10:00:00", "2026-10-10 10:00:01", 100)).await;
    assert!(close_month(&store, october()).await);
    let pair: Pair = "420000-310000".parse().unwrap();
    let mut conn = store.conn().await.unwrap();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let lines = page(&mut conn, october(), pair, after, 3).await.unwrap();
        let Some(last) = lines.last() else { break };
        after = Some(last.settlement);
        found.extend(lines.into_iter().map(|line| line.settlement));
    }
    assert_eq!(found.len(), 7);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn answers_are_written_over_and_years_are_closed_once() {
    let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
    let pair: Pair = "420000-310000".parse().unwrap();
    let row = AnswerRow {
        province: pair.insured,
        pair,
        answer: Answer::Disputed,
        answered_by: "钱某甲".to_owned(),
        answered_at: at("2026-11-22 10:00:00"),
        settlements: vec![settlement(1, 420_106, "2026-10-10 10:00:00", "2026-10-10 10:00:01", 1).id],
        reason: Some("金额有误".to_owned()),
        decision: None,
        decided_by: None,
        decided_at: None,
    };
    let decided =
        AnswerRow { answer: Answer::Rejected, decision: Some("经核无误".to_owned()), ..row.clone() };
    for row in [&row, &row, &decided] {
        let mut work = store.begin().await.unwrap();
        put_answer(&mut work, october(), row).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(
            answers(&mut conn, october(), Some(pair.treatment)).await.unwrap(),
            std::slice::from_ref(row)
        );
        let other = Province(place(110_000));
        assert_eq!(answers(&mut conn, october(), Some(other)).await.unwrap(), []);
    }
    let mut work = store.begin().await.unwrap();
    assert!(close_year(&mut work, 2026, "赵某甲", at("2027-03-31 10:00:00")).await.unwrap());
    assert!(!close_year(&mut work, 2026, "赵某甲", at("2027-03-31 10:00:00")).await.unwrap());
    assert_eq!(is_year_closed(work.conn(), 2026).await.unwrap().unwrap().1, "赵某甲");
    assert_eq!(is_year_closed(work.conn(), 2025).await.unwrap(), None);
}

/// While settlements are written as fast as they come, months are closed: each settlement is in exactly one month, and what a plan
/// adds up right after the closing is all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn none_falls_between_two_months_while_they_are_closed() {
    let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
    let batcher: Batcher<Record> = Batcher::start(store.clone());
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..6_u64 {
        let (store, batcher) = (store.clone(), batcher.clone());
        writers.spawn(async move {
            for number in 0..60_u64 {
                let serial = writer * 1_000 + number;
                let one = settlement(serial, 420_106, "2026-10-10 10:00:00", "2026-11-21 00:00:00", 100);
                if writer == 0 {
                    write(&store, &one).await;
                } else {
                    let record = Record { settlement: one, transfers: Vec::new(), area: place(110_000) };
                    assert!(batcher.write(record).await);
                }
            }
        });
    }
    let mut planned = Vec::new();
    for month in [october(), november(), november().next()] {
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        assert!(close_month(&store, month).await);
        planned.push((month, plan_of(&store, month, 1, &Selection::default()).await.0.whole().settlements));
    }
    writers.join_all().await;
    let mut conn = store.conn().await.unwrap();
    let kept: Vec<(i32, i64)> = sqlx::query_as(
        "select clearing_month, count(*) from hub_settlement group by clearing_month order by clearing_month",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    assert_eq!(kept.iter().map(|(_, count)| count).sum::<i64>(), 360);
    for (month, settlements) in &planned {
        let kept = kept.iter().find(|(kept, _)| *kept == month.number()).map_or(0, |(_, count)| *count);
        assert_eq!(i64::try_from(*settlements).unwrap(), kept, "{month}: nothing came after it was added up");
    }
    assert!(
        planned.iter().any(|(_, settlements)| *settlements > 0),
        "they ran beside each other: {planned:?}"
    );
}

#[tokio::test]
async fn a_deduction_is_kept_once_and_is_a_line_of_its_month() {
    let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
    let one = settlement(1, 420_106, "2026-10-10 10:00:00", "2026-10-10 10:00:01", 700);
    write(&store, &one).await;
    let mut work = store.begin().await.unwrap();
    assert_eq!(first_open(&mut work).await.unwrap(), None);
    let settled = settled_in(work.conn(), one.insured, one.id).await.unwrap().unwrap();
    let deduction = clearing::Deduction {
        number: "KK-1".to_owned(),
        settlement: one.id,
        insured: one.insured,
        funds: BTreeMap::from([(Fund::EmployeePool, Fen(300))]),
        account: Fen::ZERO,
        reason: "分解住院".to_owned(),
        decided_on: "2026-11-22".parse().unwrap(),
        by: "孙某甲".to_owned(),
        decided_at: at("2026-11-22 10:00:00"),
    };
    let reported = Reported {
        line: deduction.line(&settled.line, settled.month),
        deduction: deduction.clone(),
        month: october(),
        reported_at: at("2026-11-22 10:00:00"),
    };
    assert!(put_deduction(&mut work, &reported).await.unwrap());
    assert!(!put_deduction(&mut work, &reported).await.unwrap());
    assert_eq!(deductions_of_settlement(&mut work, one.id).await.unwrap(), std::slice::from_ref(&reported));
    work.save().await.unwrap();
    assert!(close_month(&store, october()).await);
    let selection = Selection { carried: vec![reported.line.clone()], ..Selection::default() };
    let (plan, _) = plan_of(&store, october(), 1, &selection).await;
    assert_eq!(plan.whole().agency_pays(), Fen(702 - 300));
    assert_eq!(plan.sums.keys().filter(|slot| slot.deduction).count(), 1);
}

#[tokio::test]
async fn a_row_that_does_not_balance_is_named_and_can_be_left_out() {
    let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
    let wrong = settlement(1, 420_106, "2026-10-20 10:00:00", "2026-10-20 10:00:01", 700);
    let right = settlement(2, 110_105, "2026-10-21 10:00:00", "2026-10-21 10:00:01", 600);
    for one in [&wrong, &right] {
        write(&store, one).await;
    }
    sqlx::query("update hub_settlement set total = total + 1 where id = $1")
        .bind(wrong.id.to_string())
        .execute(&mut *store.conn().await.unwrap())
        .await
        .unwrap();
    assert!(close_month(&store, october()).await);
    let request = |apart: BTreeSet<SettlementId>| Request {
        month: october(),
        revision: 1,
        with: Vec::new(),
        without: Vec::new(),
        apart,
        workers: 2,
        pace: Pace::FULL,
        read: Arc::default(),
    };
    let mut work = store.begin().await.unwrap();
    let refused = apportion(&store, &mut work, request(BTreeSet::new())).await.unwrap_err();
    drop(work);
    let Error::Unbalanced { settlements } = refused else { panic!("{refused:?}") };
    let named = crate::Unbalanced {
        settlement: wrong.id,
        insured: Province(place(420_000)),
        treatment: Province(place(310_000)),
    };
    assert_eq!(settlements, [named]);
    let mut work = store.begin().await.unwrap();
    let (plan, _) = apportion(&store, &mut work, request([wrong.id].into())).await.unwrap();
    assert_eq!((plan.whole().settlements, plan.whole().agency_pays()), (1, Fen(602)));
}

#[tokio::test]
async fn a_synthetic_month_is_added_up_to_the_fen() {
    let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
    let synthetic =
        Synthetic { month: october(), settlements: 5_000, provinces: 5, areas: 3, institutions: 10 };
    fill_month(&store, synthetic).await.unwrap();
    let mut conn = store.conn().await.unwrap();
    let (count, owed, pairs): (i64, i64, i64) = sqlx::query_as(
        "select count(*), sum(fund_total + account)::bigint, count(distinct (province, treatment)) from hub_settlement
         where month = 202610 and province <> treatment and treatment / 10000 = place / 10000",
    )
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    assert_eq!((count, pairs), (5_000, 20), "every pair of the five, and nobody at home");
    assert!(close_month(&store, october()).await);
    let (plan, counted) = plan_of(&store, october(), 1, &Selection::default()).await;
    let whole = plan.whole();
    assert_eq!((whole.settlements, whole.agency_pays()), (5_000, Fen(owed)));
    assert_eq!(plan.pairs().len(), 20);
    let lines = all_lines(&store, october(), 1).await;
    assert_eq!(u64::try_from(lines.len()).unwrap(), counted.lines);
    assert_eq!(lines.iter().map(ClearingLine::amount).sum::<Fen>(), Fen(owed));
}
