//! The general ledger on a real PostgreSQL: what is posted, under whom, beside whom.

use super::*;
use crate::{Store, book, embedded::fixture::TestCluster};
use funds::{
    ledger::MACHINE,
    movement::{Part, clearing, opening, settlement, summary},
};
use std::sync::Arc;
use terms::{Day, Fund, InsuranceScheme, Moment, Province, SettlementId};

fn now() -> Moment {
    "2026-11-21 10:00:00".parse().unwrap()
}

fn province(code: &str) -> Province {
    code.parse().unwrap()
}

fn hubei() -> Participant {
    Participant::Province(province("420000"))
}

fn part(amount: i64) -> Part {
    Part::new(InsuranceScheme::Employee, Fund::EmployeePool, Fen(amount))
}

fn voucher(id: &str, code: VoucherCode, legs: Vec<Leg>) -> Voucher {
    Voucher {
        id: VoucherId::new(id).unwrap(),
        code,
        subject: "test".to_owned(),
        summary: code.chinese().to_owned(),
        day: now().day(),
        recorded_at: now(),
        by: MACHINE.to_owned(),
        legs,
    }
}

fn fill(amount: i64) -> Voucher {
    voucher("open", VoucherCode::Opening, vec![opening::at_insured(province("420000"), part(amount))])
}

fn pay(id: &str, treatment: &str, amount: i64, phase: Phase) -> Voucher {
    let legs = vec![clearing::paid(province("420000"), province(treatment), part(amount), phase)];
    voucher(id, VoucherCode::ClearingPaid, legs)
}

async fn posted(store: &Store, voucher: &Voucher) -> std::result::Result<Posted, Refused> {
    let mut work = store.begin().await.unwrap();
    let answer = post(&mut work, hubei(), voucher).await.unwrap();
    work.save().await.unwrap();
    answer
}

async fn deposit(store: &Store) -> Sums {
    let account = fill(1).legs[0].debit.clone();
    let mut conn = store.conn().await.unwrap();
    sums(&mut conn, hubei(), std::slice::from_ref(&account)).await.unwrap()[&account]
}

#[tokio::test]
async fn a_voucher_is_posted_whole_once_and_reads_back() {
    let store = TestCluster::shared().fresh_store(now()).await;
    assert_eq!(deposit(&store).await, Sums::default(), "an account that never moved");
    assert_eq!(posted(&store, &fill(1_000)).await, Ok(Posted::Created));
    assert_eq!(posted(&store, &fill(1_000)).await, Ok(Posted::Exists));
    assert_eq!(posted(&store, &fill(999)).await, Err(Refused::ExistsWithOtherLegs));
    let too_much = pay("a", "310000", 1_001, Phase::Reserve);
    assert_eq!(posted(&store, &too_much).await, Err(Refused::LimitExceeded(0)));
    let order = pay("order", "310000", 600, Phase::Reserve);
    assert_eq!(posted(&store, &order).await, Ok(Posted::Created));
    let bank = pay("bank", "310000", 500, Phase::Post(order.id.leg(0)));
    assert_eq!(posted(&store, &bank).await, Ok(Posted::Created));
    let again = pay("again", "310000", 500, Phase::Void(order.id.leg(0)));
    assert_eq!(posted(&store, &again).await, Err(Refused::AlreadyPosted(0)));
    let mut december = pay("order2", "110000", 500, Phase::Reserve);
    december.day = "2026-12-01".parse().unwrap();
    assert_eq!(posted(&store, &december).await, Ok(Posted::Created));
    let back = pay("back", "110000", 500, Phase::Void(december.id.leg(0)));
    assert_eq!(posted(&store, &back).await, Ok(Posted::Created));
    let expected = Sums { debits_posted: Fen(1_000), credits_posted: Fen(500), ..Sums::default() };
    assert_eq!(deposit(&store).await, expected);

    let mut conn = store.conn().await.unwrap();
    let all = vouchers(&mut conn, hubei(), &Wanted::default(), None, 10).await.unwrap();
    let numbered: Vec<_> = all
        .iter()
        .map(|one| (one.voucher.day.month().number(), one.number, one.voucher.id.as_str()))
        .collect();
    assert_eq!(
        numbered,
        [
            (202_611, 1, "open"),
            (202_611, 2, "order"),
            (202_611, 3, "bank"),
            (202_611, 4, "back"),
            (202_612, 1, "order2")
        ]
    );
    assert_eq!(all[2].voucher, bank);
    assert_eq!(all[3].voucher, back);
    let wanted = Wanted { month: Some(now().day().month()), ..Wanted::default() };
    let later = vouchers(&mut conn, hubei(), &wanted, Some((now().day().month(), 2)), 1).await.unwrap();
    assert_eq!(later.len(), 1);
    assert_eq!(later[0].number, 3);
    assert!(vouchers(&mut conn, Participant::Hub, &Wanted::default(), None, 10).await.unwrap().is_empty());

    let account = fill(1).legs[0].debit.clone();
    let days = (now().day(), now().day());
    let (before, lines) = legs(&mut conn, hubei(), &account, days, 10).await.unwrap();
    let shown: Vec<_> = lines.iter().map(|line| (line.number, line.debit.0, line.credit.0)).collect();
    assert_eq!((before, shown), ((Fen(0), Fen(0)), vec![(1, 1_000, 0), (3, 0, 500)]));
    let december: (Day, Day) = ("2026-12-01".parse().unwrap(), "2026-12-31".parse().unwrap());
    let (before, lines) = legs(&mut conn, hubei(), &account, december, 10).await.unwrap();
    assert_eq!((before, lines.len()), ((Fen(1_000), Fen(500)), 0), "what is set aside is no line");
    let trial = trial_of(&mut conn, hubei(), december.0, december.1).await.unwrap();
    let line = TrialLine { debits_before: Fen(1_000), credits_before: Fen(500), ..TrialLine::default() };
    assert_eq!(trial[&account], line);
}

#[tokio::test]
async fn a_refusal_leaves_the_unit_of_work_as_it_was() {
    let store = TestCluster::shared().fresh_store(now()).await;
    let mut work = store.begin().await.unwrap();
    let fee = voucher("fee", VoucherCode::BankFee, fill(1).legs);
    assert_eq!(post(&mut work, hubei(), &fee).await.unwrap(), Err(Refused::BankFee));
    assert_eq!(post(&mut work, hubei(), &fill(100)).await.unwrap(), Ok(Posted::Created));
    let two = voucher(
        "two",
        VoucherCode::ClearingPaid,
        [pay("part", "310000", 60, Phase::Final), pay("part", "110000", 41, Phase::Final)]
            .map(|one| one.legs)
            .concat(),
    );
    assert_eq!(post(&mut work, hubei(), &two).await.unwrap(), Err(Refused::LimitExceeded(1)));
    work.save().await.unwrap();
    assert_eq!(deposit(&store).await, Sums { debits_posted: Fen(100), ..Sums::default() });
}

#[tokio::test]
async fn accounts_are_closed_and_opened_with_a_reason() {
    let store = TestCluster::shared().fresh_store(now()).await;
    let account = fill(1).legs[0].debit.clone();
    let closing = |reason: &str, closed| Closing {
        account: account.clone(),
        closed,
        reason: reason.to_owned(),
        by: "王某甲".to_owned(),
        at: now(),
    };
    posted(&store, &fill(100)).await.unwrap();
    let mut work = store.begin().await.unwrap();
    let refused = close(&mut work, hubei(), &closing("停用", true)).await.unwrap();
    assert_eq!(refused, Err(funds::ledger::NotClosed::NotBalanced));
    assert_eq!(
        post(&mut work, hubei(), &pay("all", "310000", 100, Phase::Final)).await.unwrap(),
        Ok(Posted::Created)
    );
    for _ in 0..2 {
        assert_eq!(close(&mut work, hubei(), &closing("停用", true)).await.unwrap(), Ok(()));
    }
    let more = voucher("more", VoucherCode::Opening, fill(1).legs);
    assert_eq!(post(&mut work, hubei(), &more).await.unwrap(), Err(Refused::AccountClosed(0)));
    reopen(&mut work, hubei(), &closing("误操作", false)).await.unwrap();
    reopen(&mut work, hubei(), &closing("再点一次", false)).await.unwrap();
    assert_eq!(post(&mut work, hubei(), &more).await.unwrap(), Ok(Posted::Created));
    let told = closings(work.conn(), hubei(), &account).await.unwrap();
    assert_eq!(told, [closing("停用", true), closing("误操作", false)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_neither_wait_in_a_ring_nor_overdraw() {
    let store = Arc::new(TestCluster::shared().fresh_store(now()).await);
    posted(&store, &fill(1_000)).await.unwrap();
    // Two legs each, in either order, over accounts that are new to all; together they want twice what is there.
    let one = |number: usize| {
        let mut provinces = ["310000", "110000", "320000"];
        provinces.rotate_left(number % 3);
        let legs = provinces.map(|treatment| pay("part", treatment, 10, Phase::Final).legs).concat();
        voucher(&format!("pay/{number}"), VoucherCode::ClearingPaid, legs)
    };
    let all = (0..66).map(|number| {
        let (store, voucher) = (Arc::clone(&store), one(number));
        tokio::spawn(async move { posted(&store, &voucher).await })
    });
    let mut created = 0;
    for answer in all.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Ok(Posted::Created) => created += 1,
            Ok(Posted::Exists) => panic!("every id comes once"),
            Err(refused) => assert!(matches!(refused, Refused::LimitExceeded(_)), "{refused}"),
        }
    }
    assert_eq!(created, 33, "as many as there is money for");
    let mut conn = store.conn().await.unwrap();
    let all = vouchers(&mut conn, hubei(), &Wanted::default(), None, 100).await.unwrap();
    let numbers: Vec<i32> = all.iter().map(|one| one.number).collect();
    assert_eq!(numbers, (1..=34).collect::<Vec<_>>(), "numbered without gaps");
    for (account, (kept, summed)) in proof::recomputed(&mut conn, hubei()).await.unwrap() {
        assert_eq!(kept, summed, "{account}");
    }
}

#[tokio::test]
async fn the_journal_enters_by_day_and_again_when_it_grows() {
    let store = TestCluster::shared().fresh_store(now()).await;
    let yesterday = now().day().plus_days(-1);
    let settle = async |serial: u64, at: Moment| {
        let settled = settlement::Settled {
            settlement: SettlementId::new(province("310000"), at, serial),
            scheme: InsuranceScheme::Employee,
            funds: [(Fund::EmployeePool, Fen(800)), (Fund::LargeAmount, Fen(50))].into(),
            account: Fen(20),
            day: at.day(),
            recorded_at: at,
        };
        let chain = settlement::at_hub(&settled, province("420000"), province("310000"));
        let mut work = store.begin().await.unwrap();
        book::append(&mut work, province("110000").division(), &chain).await.unwrap();
        work.save().await.unwrap();
    };
    let enter = async || {
        let mut work = store.begin().await.unwrap();
        let mut days = Vec::new();
        for day in days_to_enter(&mut work, Participant::Hub, yesterday.month(), now().day()).await.unwrap() {
            let found = flows(&mut work, Participant::Hub, day).await.unwrap();
            let made = summary::vouchers(day, &found.journal, &found.entered, found.vouchers, now()).unwrap();
            for voucher in &made {
                assert_eq!(post(&mut work, Participant::Hub, voucher).await.unwrap(), Ok(Posted::Created));
            }
            days.push((day, made.len()));
        }
        work.save().await.unwrap();
        days
    };
    settle(1, yesterday.start()).await;
    settle(2, yesterday.start()).await;
    settle(3, now()).await;
    assert_eq!(enter().await, [(yesterday, 3)], "today is not over");
    assert_eq!(enter().await, []);
    settle(4, yesterday.start()).await;
    assert_eq!(enter().await, [(yesterday, 3)], "a late one");
    assert_eq!(enter().await, []);
    let mut conn = store.conn().await.unwrap();
    let account =
        funds::Account::hub_receivable(province("420000"), InsuranceScheme::Employee, Fund::EmployeePool);
    let found = sums(&mut conn, Participant::Hub, std::slice::from_ref(&account)).await.unwrap();
    assert_eq!(found[&account].debits_posted, Fen(2_400));
}
