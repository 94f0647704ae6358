//! Rows of the hub's book that somebody has spoilt: found by the comparison, confirmed by both provinces, taken from their signed records by one
//! who asks and one who decides, and made good in the months of clearing, whatever these have counted. Every step is made twice.

use crate::clearing::{clerk, refused, settlements_of, to_statement_of};
use crate::play::{Play, beijing, hubei};
use crate::trouble::{
    Fate::{CannotBegin, CannotRead, DiesAfter, DiesBefore, Fails},
    Trouble, another_hub,
};
use country::{World, network::Fate};
use funds::{
    Pair,
    clearing::Part,
    ledger::{Leg, Voucher, VoucherCode, VoucherId},
    movement::{self, prepayment},
};
use node::api::client::{CallError, Client};
use serde_json::json;
use std::collections::BTreeMap;
use terms::{Clock, Day, Fen, Fund, InsuranceScheme, Month, Participant, SettlementId};
use wire::api::{
    clearing::{ClearingMonth, ClearingPlan, ClearingPlanned},
    clearing_statement::ClearingStatementView,
    correction::{CorrectionView, Corrections},
    prepayment::{PositionView, PrepaymentPositions},
    reconciliation::Differences,
};

/// Changes a row of the hub's book behind its back.
async fn spoil(world: &World, id: SettlementId, how: &str) {
    let mut conn = world.hub.context.store.conn().await.unwrap();
    let statement = format!("update hub_settlement set {how} where id = '{id}'");
    assert_eq!(store::measure::spoil(&mut conn, "hub_settlement", &statement).await.unwrap(), 1);
    // What was kept to put it back with is not needed: it is corrected.
    store::measure::keep_spoilt(&mut conn).await.unwrap();
}

/// The hub's journal has a fen too much as well.
async fn spoil_journal(world: &World, id: SettlementId) {
    let first_of = format!("select min(id) from transfer where settlement = '{id}'");
    let more = format!("update transfer set amount = amount + 1 where id = ({first_of})");
    let mut conn = world.hub.context.store.conn().await.unwrap();
    assert_eq!(store::measure::spoil(&mut conn, "transfer", &more).await.unwrap(), 1);
    store::measure::keep_spoilt(&mut conn).await.unwrap();
}

/// A fund pays a fen more: the row still adds up.
const A_FEN_MORE: &str = "total = total + 1, fund_total = fund_total + 1, fund_paid[1] = fund_paid[1] + 1";
/// The row does not add up.
const OUT_OF_BALANCE: &str = "total = total + 1";
/// A fund pays a fen less, and a personal account a fen more.
const A_FEN_ASIDE: &str = "fund_total = fund_total - 1, fund_paid[1] = fund_paid[1] - 1, person_total = person_total + 1, account = account + 1";
/// A fund pays ten thousand yuan more.
const MUCH_MORE: &str =
    "total = total + 1000000, fund_total = fund_total + 1000000, fund_paid[1] = fund_paid[1] + 1000000";

async fn reconcile(world: &World, day: Day) {
    for province in [hubei(), beijing()] {
        world.province(province).unwrap().node.reconcile(day, day, "孙某甲").await.unwrap();
    }
}

/// Both provinces confirm a difference, and the hub hears of it.
async fn confirm(world: &World, id: SettlementId) {
    for province in [hubei(), beijing()] {
        let node = world.province(province).unwrap().url();
        let clerk =
            Client { node, token: "令牌".to_owned(), operator: Some("李某乙".to_owned()), duty: None };
        let path = format!("/api/v1/funds/differences/{id}/confirm");
        let told: Differences =
            clerk.post(&path, &json!({ "note": "本省账无误，国家平台记录有误" })).await.unwrap();
        assert_eq!(told.differences[0].stage, "confirmed");
    }
}

fn path(id: SettlementId, step: &str) -> String {
    format!("/api/v1/funds/corrections/{id}{step}")
}

/// Somebody asks for a correction twice, and somebody decides twice.
async fn correct(world: &World, id: SettlementId) -> CorrectionView {
    let clerk = clerk(world);
    for _ in 0..2 {
        let asked: CorrectionView =
            clerk.post(&path(id, ""), &json!({ "reason": "记录被误改" })).await.unwrap();
        assert_eq!((asked.stage.as_str(), asked.proposed_by.as_str()), ("proposed", "赵某甲"));
    }
    confirm(world, id).await;
    let approve =
        async || clerk.post::<CorrectionView>(&path(id, "/approve"), &json!({ "words": "同意" })).await;
    let first = approve().await.unwrap();
    assert_eq!(first, approve().await.unwrap());
    assert_eq!(first.stage, "corrected");
    assert_eq!((first.treatment_hash.len(), first.insured_hash.len()), (64, 64));
    first
}

/// Nothing that any of the three books says is wrong, and they agree.
async fn all_agree(world: &World, days: &[Day]) {
    assert_eq!(world.hub.disproved().await.unwrap(), Vec::<String>::new());
    for province in [hubei(), beijing()] {
        let node = &world.province(province).unwrap().node;
        for day in days {
            let told = node.reconcile(*day, *day, "孙某甲").await.unwrap();
            assert!(told.iter().all(|one| one.differing == 0), "{told:?}");
        }
        assert_eq!(node.disproved().await.unwrap(), Vec::<String>::new());
    }
}

async fn settle(play: &mut Play, stay: &mut u64) -> SettlementId {
    if *stay > 0 {
        play.next_stay(*stay + 1).await;
    }
    *stay += 1;
    play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap()
}

/// The first two days of a month that is not over on the third.
async fn prepare() -> Play {
    let play = Play::prepare().await;
    let clock = &play.world.clock;
    while clock.now().day().plus_days(3).month() != clock.now().day().month() {
        clock.pass_days(1);
    }
    play
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_is_planned_once_its_spoilt_row_is_corrected() {
    let mut play = prepare().await;
    let mut stay = 0;
    let wrong = settle(&mut play, &mut stay).await;
    settle(&mut play, &mut stay).await;
    play.dust_settles().await;
    let (month, day) = (wrong.month(), wrong.given_at().day());
    let world = &play.world;
    spoil(world, wrong, OUT_OF_BALANCE).await;
    spoil_journal(world, wrong).await;
    to_statement_of(world, month);
    world.hub.keep_timetable().await;
    let hub = clerk(world);
    let plan = format!("/api/v1/funds/clearings/{}/plan", month.number());
    let planned = async || {
        let planned: ClearingPlanned = hub.post(&plan, &json!({})).await.unwrap();
        let plan: ClearingPlan = planned.plan.unwrap();
        (plan.settlements, plan.left_out)
    };
    refused(hub.post::<ClearingPlanned>(&plan, &json!({})), "不平").await;

    // Nobody corrects what the comparison has not found, or what only one of the provinces has.
    let reason = json!({ "reason": "记录被误改" });
    let ask = async || hub.post::<CorrectionView>(&path(wrong, ""), &reason).await;
    refused(ask(), "没有结算").await;
    world.province(hubei()).unwrap().node.reconcile(day, day, "孙某甲").await.unwrap();
    refused(ask(), "参保地尚未报告差异").await;
    reconcile(world, day).await;
    assert_eq!(planned().await, (1, 1), "the others are planned meanwhile");
    let unknown = SettlementId::new(hubei(), world.clock.now(), 1);
    refused(hub.post::<CorrectionView>(&path(unknown, ""), &reason), "未查到结算ID").await;

    // A province that does not answer: nothing is written, and whoever asks again gets further.
    for province in [hubei(), beijing()] {
        world.province(province).unwrap().from_hub.as_ref().unwrap().next([Fate::DropResponse]);
        assert!(ask().await.is_err());
    }
    refused(
        hub.post::<CorrectionView>(&path(wrong, "/approve"), &json!({ "words": "同意" })),
        "没有待审批的更正",
    )
    .await;
    let asked = ask().await.unwrap();
    assert_eq!(asked.before.total, asked.after.total + Fen(1));
    assert_eq!(asked, ask().await.unwrap());

    // Who decides wants both provinces to have confirmed; until it is decided nobody clears it.
    let approve =
        async || hub.post::<CorrectionView>(&path(wrong, "/approve"), &json!({ "words": "同意" })).await;
    refused(approve(), "请先确认差异").await;
    confirm(world, wrong).await;
    assert_eq!(planned().await, (1, 1), "confirmed, but not corrected");
    let refuse =
        async || hub.post::<CorrectionView>(&path(wrong, "/refuse"), &json!({ "words": "请补充理由" })).await;
    let no = refuse().await.unwrap();
    assert_eq!((no.stage.as_str(), &no), ("refused", &refuse().await.unwrap()));
    refused(approve(), "不予更正").await;
    assert_eq!(ask().await.unwrap().number, format!("GZ{wrong}-2"));
    let corrected = approve().await.unwrap();
    assert_eq!((&corrected, corrected.cleared_month.as_deref()), (&approve().await.unwrap(), None));
    let seen: ClearingMonth = hub.get(&format!("/api/v1/funds/clearings/{}", month.number())).await.unwrap();
    assert_eq!(seen.stage, "closed", "what was planned without it is planned anew");
    assert_eq!(planned().await, (2, 0));
    refused(ask(), "无须更正").await;

    // The history stays, with both corrections, and a memorandum of what the journal has too much.
    let mut conn = world.hub.context.store.conn().await.unwrap();
    let id = VoucherId::new(format!("settlement-correction/{}", corrected.number)).unwrap();
    let voucher = store::ledger::find(&mut conn, Participant::Hub, &id).await.unwrap().unwrap().voucher;
    assert_eq!(voucher.legs.iter().map(|leg| leg.amount).collect::<Vec<_>>(), [Fen(1)]);
    drop(conn);
    let today = world.clock.now().day();
    let all: Corrections = hub
        .get(&format!("/api/v1/funds/corrections?from={today}&to={today}&settlement={wrong}"))
        .await
        .unwrap();
    assert_eq!(
        all.corrections.iter().map(|one| one.stage.as_str()).collect::<Vec<_>>(),
        ["corrected", "refused"]
    );
    let adopt = format!("/api/v1/funds/clearings/{}/adopt", month.number());
    let plan: ClearingMonth = hub.get(&format!("/api/v1/funds/clearings/{}", month.number())).await.unwrap();
    hub.post::<ClearingMonth>(&adopt, &json!({ "revision": plan.revision })).await.unwrap();
    all_agree(world, &[day]).await;
}

/// What a month says of its settlements, by part: the amounts that the agency pays.
async fn counted(world: &World, month: Month) -> BTreeMap<(SettlementId, Part), Fen> {
    let found = settlements_of(world, hubei(), month).await;
    assert_eq!(found, settlements_of(world, beijing(), month).await);
    found.lines.iter().map(|line| ((line.settlement, line.part.clone()), line.amount())).collect()
}

async fn adopt(world: &World, month: Month) {
    let hub = clerk(world);
    let path = |step: &str| format!("/api/v1/funds/clearings/{}{step}", month.number());
    hub.post::<ClearingPlanned>(&path("/plan"), &json!({})).await.unwrap();
    let seen: ClearingMonth = hub.get(&path("")).await.unwrap();
    hub.post::<ClearingMonth>(&path("/adopt"), &json!({ "revision": seen.revision })).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_adopted_month_has_counted_is_made_good_in_the_next() {
    let mut play = prepare().await;
    let mut stay = 0;
    let counted_wrong = settle(&mut play, &mut stay).await;
    let spoilt_later = settle(&mut play, &mut stay).await;
    let first = counted_wrong.given_at().day();
    play.world.clock.pass_days(1);
    let left_out = settle(&mut play, &mut stay).await;
    let second = left_out.given_at().day();
    play.dust_settles().await;
    let world = &play.world;
    let month = counted_wrong.month();
    let right = {
        let mut conn = world.hub.context.store.conn().await.unwrap();
        let rows = store::hub::all(&mut conn).await.unwrap();
        let paid = |row: &store::hub::HubSettlement| {
            let amounts = row.content.as_ref().unwrap().amounts.clone();
            amounts.funds.values().copied().sum::<Fen>() + amounts.account
        };
        rows.iter().map(|row| (row.id, paid(row))).collect::<BTreeMap<_, _>>()
    };

    // One is counted a fen too high, one is left out, and one is spoilt only after the month was adopted.
    spoil(world, counted_wrong, A_FEN_MORE).await;
    spoil(world, left_out, A_FEN_MORE).await;
    to_statement_of(world, month);
    reconcile(world, second).await;
    world.hub.keep_timetable().await;
    adopt(world, month).await;
    spoil(world, spoilt_later, A_FEN_MORE).await;
    let as_it_was = BTreeMap::from([
        ((counted_wrong, Part::Made), right[&counted_wrong] + Fen(1)),
        ((spoilt_later, Part::Made), right[&spoilt_later]),
    ]);
    reconcile(world, first).await;

    // Alone it cannot be said which of two rows the month has counted otherwise; with both asked for it can.
    let ask = json!({ "reason": "记录被误改" });
    clerk(world).post::<CorrectionView>(&path(spoilt_later, ""), &ask).await.unwrap();
    let corrected = correct(world, counted_wrong).await;
    let next = month.next();
    assert_eq!(
        (corrected.cleared_month, corrected.cleared_amount.as_deref()),
        (Some(next.to_string()), Some("-0.01"))
    );
    let frozen = (counted_wrong, Part::Made);
    assert_eq!(counted(world, month).await.get(&frozen), as_it_was.get(&frozen), "it says what it said");
    let corrected = correct(world, spoilt_later).await;
    assert_eq!(corrected.cleared_month, None, "the month has counted it right");
    let corrected = correct(world, left_out).await;
    assert_eq!(corrected.cleared_month, None, "no month has counted it");
    assert_eq!(counted(world, month).await, as_it_was);
    all_agree(world, &[first, second]).await;

    // What is corrected can be undone like any other settlement.
    play.hospital.cancel(&play.patient, play.visit, left_out).await.unwrap();
    play.dust_settles().await;
    let world = &play.world;

    // The next month gives the fen back, and has what was left out, as it should be, and its undoing.
    to_statement_of(world, next);
    world.hub.keep_timetable().await;
    adopt(world, next).await;
    let name = format!("GZ{counted_wrong}-1");
    let expected = BTreeMap::from([
        ((counted_wrong, Part::Corrected(name)), Fen(-1)),
        ((left_out, Part::Made), right[&left_out]),
        ((left_out, Part::Undone), -right[&left_out]),
    ]);
    assert_eq!(counted(world, next).await, expected);
    all_agree(world, &[first, second]).await;

    // Both provinces fetch both months: the first one they find wrong by the fen that the next one gives back.
    for province in [hubei(), beijing()] {
        let side = world.province(province).unwrap();
        let node = &side.node;
        let operator = Some("李某乙".to_owned());
        let clerk = Client { node: side.url(), token: "令牌".to_owned(), operator, duty: None };
        let mut wrong = Vec::new();
        for month in [month, next] {
            let fetch = format!("/api/v1/funds/statements/{month}/fetch");
            let fetched: ClearingStatementView = clerk.post(&fetch, &json!({})).await.unwrap();
            wrong.push(fetched.finding_count);
        }
        assert_eq!(wrong, [1, 0], "{province}");
        assert_eq!(node.disproved().await.unwrap(), Vec::<String>::new());
    }

    // Whoever changes what was signed, or what was moved by it, is found.
    for (spoilt, words) in [
        ("insured_hash = repeat('0', 64)", "记录与其摘要不符"),
        ("after = before", "的记录不是如此"),
        ("stage = 2", "清算"),
    ] {
        let mut conn = world.hub.context.store.conn().await.unwrap();
        let statement = format!("update hub_correction set {spoilt} where settlement = '{counted_wrong}'");
        assert_eq!(store::measure::spoil(&mut conn, "hub_correction", &statement).await.unwrap(), 1);
        let found = world.hub.disproved().await.unwrap();
        assert!(found.iter().any(|one| one.contains(words)), "{spoilt}: {found:?}");
        store::measure::mend(&mut conn, "hub_correction").await.unwrap();
    }
    assert_eq!(world.hub.disproved().await.unwrap(), Vec::<String>::new());
}

/// All that a correction of a settlement may change.
async fn told(world: &World, id: SettlementId) -> String {
    let mut conn = world.hub.context.store.conn().await.unwrap();
    let voucher = VoucherId::new(format!("settlement-correction/GZ{id}-1")).unwrap();
    let rows = store::hub::all(&mut conn).await.unwrap();
    let corrections = store::correction::of_settlement(&mut conn, id).await.unwrap();
    let months = store::clearing::months(&mut conn).await.unwrap();
    let voucher = store::ledger::find(&mut conn, Participant::Hub, &voucher).await.unwrap();
    format!("{rows:?} {corrections:?} {months:?} {voucher:?}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_a_row_is_corrected_once_or_not_at_all() {
    let mut play = prepare().await;
    let mut stay = 0;
    let wrong = settle(&mut play, &mut stay).await;
    settle(&mut play, &mut stay).await;
    play.dust_settles().await;
    let (month, day) = (wrong.month(), wrong.given_at().day());
    let world = &play.world;
    spoil(world, wrong, A_FEN_MORE).await;
    spoil_journal(world, wrong).await;
    to_statement_of(world, month);
    reconcile(world, day).await;
    world.hub.keep_timetable().await;
    let hub = clerk(world);
    let ask = json!({ "reason": "记录被误改" });
    let approve = async |node: String| {
        let words = json!({ "words": "同意" });
        Client { node, ..clerk(world) }.post::<CorrectionView>(&path(wrong, "/approve"), &words).await
    };
    let is_busy = |said: Result<CorrectionView, CallError>, what: &str| match said {
        Err(CallError::Refused(refused)) => assert_eq!(refused.code, "node-busy", "{what}"),
        other => panic!("{what}: {other:?}"),
    };

    // Asked for by one whose unit of work is lost: nobody has asked.
    let trouble = Trouble::none();
    let other = another_hub(world, &trouble).await;
    let before = told(world, wrong).await;
    for fate in [CannotRead, CannotBegin, Fails] {
        trouble.after(0, fate);
        let there = Client { node: other.url(), ..clerk(world) };
        is_busy(there.post::<CorrectionView>(&path(wrong, ""), &ask).await, &format!("{fate:?}"));
        trouble.is_over();
        assert_eq!(told(world, wrong).await, before, "{fate:?}");
    }
    other.stop().await;
    hub.post::<CorrectionView>(&path(wrong, ""), &ask).await.unwrap();
    confirm(world, wrong).await;

    // Each thing that approving writes fails once: nothing of it is there.
    let before = told(world, wrong).await;
    let mut conn = world.hub.context.store.conn().await.unwrap();
    for table in [
        "hub_settlement",
        "hub_correction",
        "clearing_month",
        "ledger_voucher",
        "ledger_leg",
        "ledger_account",
    ] {
        store::measure::refuse_writes(&mut conn, table).await.unwrap();
        is_busy(approve(world.hub_url()).await, table);
        store::measure::take_writes(&mut conn, table).await.unwrap();
        assert_eq!(told(world, wrong).await, before, "{table}");
    }
    drop(conn);
    for fate in [CannotRead, CannotBegin, Fails, DiesBefore, DiesAfter] {
        let trouble = Trouble::none();
        let other = another_hub(world, &trouble).await;
        trouble.after(0, fate);
        if matches!(fate, DiesBefore | DiesAfter) {
            tokio::select! {
                said = approve(other.url()) => panic!("{fate:?}: {said:?}"),
                () = trouble.met() => trouble.ends(other),
            }
        } else {
            is_busy(approve(other.url()).await, &format!("{fate:?}"));
            trouble.is_over();
            other.stop().await;
        }
        let is_as_it_was = told(world, wrong).await == before;
        assert_eq!(is_as_it_was, fate != DiesAfter, "{fate:?}");
    }
    // It was done, and nobody has heard so: whoever approves it again hears so, and it is done once.
    let done = told(world, wrong).await;
    let approved = approve(world.hub_url()).await.unwrap();
    assert_eq!((approved.stage.as_str(), &approved), ("corrected", &approve(world.hub_url()).await.unwrap()));
    assert_eq!(told(world, wrong).await, done);
    all_agree(world, &[day]).await;
    adopt(world, month).await;
    assert_eq!(counted(world, month).await.len(), 2, "both are cleared");
    all_agree(world, &[day]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_purse_has_too_much_and_another_too_little_is_made_good_by_purse() {
    let mut play = prepare().await;
    let mut stay = 0;
    let wrong = settle(&mut play, &mut stay).await;
    play.dust_settles().await;
    let (month, day) = (wrong.month(), wrong.given_at().day());
    let world = &play.world;
    spoil(world, wrong, A_FEN_ASIDE).await;
    to_statement_of(world, month);
    world.hub.keep_timetable().await;
    adopt(world, month).await;
    reconcile(world, day).await;
    let corrected = correct(world, wrong).await;
    assert_eq!(corrected.cleared_amount.as_deref(), Some("0.00"), "together it is nothing");
    let mut purses: Vec<_> =
        corrected.cleared_purses.iter().map(|one| (one.purse.as_str(), one.amount.as_str())).collect();
    purses.sort_unstable();
    assert_eq!(purses, [("310100", "0.01"), ("310200", "-0.01")]);
    all_agree(world, &[day]).await;
    let next = month.next();
    to_statement_of(world, next);
    world.hub.keep_timetable().await;
    adopt(world, next).await;
    let line = (wrong, Part::Corrected(format!("GZ{wrong}-1")));
    assert_eq!(counted(world, next).await, BTreeMap::from([(line, Fen::ZERO)]));
    all_agree(world, &[day]).await;
    for province in [hubei(), beijing()] {
        let clerk = Client { node: world.province(province).unwrap().url(), ..clerk(world) };
        let mut wrong = Vec::new();
        for month in [month, next] {
            let fetch = format!("/api/v1/funds/statements/{month}/fetch");
            let fetched: ClearingStatementView = clerk.post(&fetch, &json!({})).await.unwrap();
            wrong.push(fetched.finding_count);
        }
        assert_eq!(wrong, [2, 0], "{province}: both purses, and none with the correction");
    }
}

/// How the prepayment of Beijing in Hubei stands as a node has it.
async fn position(node: String) -> PositionView {
    let clerk =
        Client { node, token: "令牌".to_owned(), operator: Some("赵某甲".to_owned()), duty: None };
    let compute = "/api/v1/funds/prepayments/compute";
    let found: PrepaymentPositions = clerk.post(compute, &json!({})).await.unwrap();
    let of = (beijing().division(), hubei().division(), InsuranceScheme::Employee);
    let is_it = |one: &PositionView| (one.insured.code, one.treatment.code, one.scheme) == of;
    let one = found.positions.into_iter().find(is_it).expect("it stands somehow");
    PositionView { in_force: None, interest: None, ..one }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_row_counts_in_a_prepayment_as_both_provinces_have_it() {
    let mut play = prepare().await;
    let wrong = settle(&mut play, &mut 0).await;
    play.dust_settles().await;
    let day = wrong.given_at().day();
    let world = &play.world;
    world.clock.pass_days(1);
    // A prepayment is held in Hubei, and the hub knows of it.
    let part = movement::Part::new(InsuranceScheme::Employee, Fund::EmployeePool, Fen::yuan(200_000));
    let pair = Pair { insured: beijing(), treatment: hubei() };
    let hub = &world.hub.context;
    let at_hubei = &world.province(hubei()).unwrap().node.context;
    for (context, leg) in [
        (hub, prepayment::at_hub(pair.insured, pair.treatment, part)),
        (at_hubei, prepayment::received(pair.treatment, pair.insured, part)),
    ] {
        hold(context, leg).await;
    }
    let url = |province| world.province(province).unwrap().url();
    let nodes = || [world.hub_url(), url(hubei()), url(beijing())];
    let stand = async || {
        let [hub, hubei, beijing] = nodes();
        let (hub, hubei, beijing) = (position(hub).await, position(hubei).await, position(beijing).await);
        assert_eq!((&hubei.owed, &hubei.monthly), (&beijing.owed, &beijing.monthly), "the provinces agree");
        (hub, hubei)
    };
    let (hub_says, right) = stand().await;
    assert_eq!(hub_says, right);
    assert!(right.used_up_on.is_some(), "{right:?}");

    spoil(world, wrong, MUCH_MORE).await;
    let (spoilt, still) = stand().await;
    assert_eq!(still, right);
    assert_ne!((&spoilt.owed, spoilt.used_up_on), (&right.owed, right.used_up_on), "the hub counts its row");
    reconcile(world, day).await;
    correct(world, wrong).await;
    assert_eq!(stand().await, (right.clone(), right));
}

/// A node's ledger has a prepayment.
async fn hold(context: &node::Context, leg: Leg) {
    let now = context.now();
    let voucher = Voucher {
        id: VoucherId::new("manual/prepayment").unwrap(),
        code: VoucherCode::PrepaymentReceived,
        subject: "manual/prepayment".to_owned(),
        summary: "收到异地就医预付金".to_owned(),
        day: now.day(),
        recorded_at: now,
        by: "赵某甲".to_owned(),
        legs: vec![leg],
    };
    let mut work = context.store.begin().await.unwrap();
    store::ledger::post(&mut work, context.me, &voucher).await.unwrap().unwrap();
    work.save().await.unwrap();
}
