//! Prepayment (预付金): a year's amounts are drafted, adopted, collected from the pooling area, paid and held; settlements use one
//! up to yellow and to red; the treatment province applies for an emergency increase, the hub accepts, it is paid, usage falls.

use crate::play::{Play, beijing, hubei, rules, world_with};
use country::{Options, World, network::Fate};
use funds::{
    Account, Pair,
    clearing::stage::Stage::Noticed,
    ledger::{Leg, Phase, Voucher, VoucherCode, VoucherId},
    movement::{Part, interest, payment_order as moves},
    payment_order::{Act, Money, Move, OrderNumber},
};
use node::api::client::{CallError, Client};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{
    Amounts,
    clearing::{self, ClosedMonth},
    hub::{Content, HubSettlement, Stage},
    ledger, payment_order,
};
use terms::{
    CareKind, Clock, Fen, Fund, InsuranceScheme, InsuredPlace, Month, Participant, Province, SettlementId,
    TreatmentPlace, day::FixedClock,
};
use wire::api::prepayment::{
    AreaPrepayments, IncreaseView, Increases, PositionView, PrepaymentChanges, PrepaymentPositions,
    PrepaymentYearView, amount_of,
};
use wire::api::work::WorkList;

const EMPLOYEE: InsuranceScheme = InsuranceScheme::Employee;
const PATH: &str = "/api/v1/funds/prepayments";

/// The twentieth of January: last year is over, and the day of drafts has passed.
async fn january() -> World {
    let mut options = Options::new(rules());
    options.provinces = vec![beijing(), hubei()];
    options.clock = Arc::new(FixedClock("2027-01-20 10:00:00".parse().unwrap()));
    options.days_behind = 0;
    world_with(options).await
}

fn clerk(node: String, name: &str) -> Client {
    Client { node, token: "令牌".to_owned(), operator: Some(name.to_owned()), duty: None }
}

fn at_hub(world: &World) -> Client {
    clerk(world.hub_url(), "赵某甲")
}

fn at(world: &World, province: Province) -> Client {
    clerk(world.province(province).unwrap().url(), "李某乙")
}

fn refused(answer: Result<Value, CallError>, words: &str) {
    match answer {
        Err(CallError::Refused(refused)) => assert!(refused.message.contains(words), "{refused:?}"),
        other => panic!("not refused: {other:?}"),
    }
}

/// Everybody does what is due, twice: what one tells the hub, the other pulls.
async fn keep_timetables(world: &World) {
    for _ in 0..2 {
        for side in world.provinces.values() {
            side.node.keep_timetable().await;
        }
        world.hub.keep_timetable().await;
    }
    for side in world.provinces.values() {
        side.node.keep_timetable().await;
    }
}

/// What was settled last year for people of Beijing in Hubei, as the hub kept it.
async fn last_year(world: &World) {
    let mut work = world.hub.context.store.begin().await.unwrap();
    for (serial, at, paid) in [
        (1, "2026-03-05 10:00:00", 90_000_000),
        (2, "2026-10-05 10:00:00", 1_000_000),
        (3, "2026-11-05 10:00:00", 2_000_000),
        (4, "2026-12-05 10:00:00", 3_000_001),
    ] {
        let at: terms::Moment = at.parse().unwrap();
        let amounts = Amounts {
            total: Fen(paid),
            fund_total: Fen(paid),
            funds: [(Fund::EmployeePool, Fen(paid))].into(),
            ..Amounts::default()
        };
        let settlement = HubSettlement {
            id: SettlementId::new(hubei(), at, serial),
            stage: Stage::Standing,
            treatment: hubei(),
            insured: InsuredPlace("110105".parse().unwrap()),
            content: Some(Content {
                institution: "H42010600901".parse().unwrap(),
                place: TreatmentPlace("420106".parse().unwrap()),
                care: CareKind::Inpatient,
                scheme: EMPLOYEE,
                amounts,
                committed_at: at,
            }),
            recorded_at: at,
            undo: None,
            undone_at: None,
        };
        assert!(store::hub::insert(&mut work, &settlement).await.unwrap());
    }
    work.save().await.unwrap();
    // All of it was cleared and paid: nothing of it is owed.
    let december = Month::new(2026, 12).unwrap();
    let mut work = world.hub.context.store.begin().await.unwrap();
    assert!(clearing::close(&mut work, december, world.clock.now()).await.unwrap());
    let closed = clearing::hold(&mut work, december).await.unwrap().unwrap();
    clearing::set_month(&mut work, &ClosedMonth { stage: Noticed, ..closed }).await.unwrap();
    work.save().await.unwrap();
}

/// A move of a payment order at one side, with its vouchers.
async fn make(world: &World, own: Province, number: &OrderNumber, made: &Move) {
    let context = &world.province(own).unwrap().node.context;
    let now = context.now();
    let mut work = context.store.begin().await.unwrap();
    let before = payment_order::hold(&mut work, own, number).await.unwrap().expect("it has come").order;
    let after = before.after(made).unwrap();
    payment_order::put(&mut work, &after, now).await.unwrap();
    let written = moves::Written { on: now.day(), at: now, by: "李某乙" };
    let vouchers = match made {
        Move::HandOver(_) => moves::reserve(&after, written).into_iter().collect(),
        _ => moves::money(&before, &after, written),
    };
    for voucher in vouchers {
        let posted = ledger::post(&mut work, Participant::Province(own), &voucher).await.unwrap();
        posted.unwrap();
    }
    work.save().await.unwrap();
}

/// Beijing hands an order over, its finance pays, and Hubei has the money; both tell the hub.
async fn pay(world: &World, number: &str, amount: Fen) {
    let number: OrderNumber = number.parse().unwrap();
    let (on, by) = (world.clock.now().day(), "李某乙".to_owned());
    let money = Money { reference: format!("B{number}"), amount, on, by: by.clone() };
    make(world, beijing(), &number, &Move::HandOver(Act { on, by })).await;
    make(world, beijing(), &number, &Move::Money(money.clone())).await;
    make(world, hubei(), &number, &Move::Money(money)).await;
    keep_timetables(world).await;
}

/// How the prepayment of Beijing in Hubei stands, as all three say alike.
async fn position(world: &World) -> PositionView {
    let mut said = Vec::new();
    for client in [at_hub(world), at(world, beijing()), at(world, hubei())] {
        let found: PrepaymentPositions = client.post(&format!("{PATH}/compute"), &json!({})).await.unwrap();
        let is_it = |one: &PositionView| {
            (one.insured.code, one.treatment.code, one.scheme)
                == (beijing().division(), hubei().division(), EMPLOYEE)
        };
        let one = found.positions.into_iter().find(is_it).expect("it stands somehow");
        // Last year is made up at the hub alone.
        let (monthly, monthly_rate) = (String::new(), String::new());
        said.push(PositionView { monthly, monthly_rate, in_force: None, interest: None, ..one });
    }
    assert_eq!(said[0], said[1], "the hub and the insured province");
    assert_eq!(said[1], said[2], "the insured and the treatment province");
    said.remove(0)
}

/// How many red prepayments wait for an application, by the list of what waits (待办).
async fn red(client: &Client) -> i64 {
    let work: WorkList = client.get("/api/v1/work").await.unwrap();
    work.work.iter().find(|item| item.kind == "prepayment_red").map_or(0, |item| item.count)
}

fn money(text: &str) -> Fen {
    amount_of(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story, in the order in which it happens")]
async fn a_prepayment_from_its_draft_to_an_emergency_increase() {
    let mut play = Play::prepare_in(january().await).await;
    last_year(&play.world).await;
    let hub = at_hub(&play.world);
    let (of_beijing, of_hubei) = (at(&play.world, beijing()), at(&play.world, hubei()));

    // ---- the draft, with the figures that it comes from
    keep_timetables(&play.world).await;
    let year = format!("{PATH}/years/2027");
    let drafted: PrepaymentYearView = hub.get(&year).await.unwrap();
    assert_eq!((drafted.stage.as_str(), drafted.round, drafted.drafted_by.as_str()), ("drafted", 1, "系统"));
    let [line] = &drafted.lines[..] else { panic!("{drafted:#?}") };
    let base: Vec<_> = line.base.iter().map(|month| (month.month.as_str(), month.amount.as_str())).collect();
    assert_eq!(base, [("2026-10", "10000.00"), ("2026-11", "20000.00"), ("2026-12", "30000.01")]);
    assert_eq!((line.computed.as_str(), line.before.as_str()), ("40000.01", "0.00"));
    assert_eq!(drafted.timetable.notices_by.to_string(), "2027-01-31");
    let to_adopt = async || {
        let work: Value = hub.get("/api/v1/work").await.unwrap();
        let work = work["work"].as_array().unwrap().clone();
        let item = work.into_iter().find(|item| item["kind"] == json!("prepayment_year"));
        item.map(|item| item["due"].as_str().unwrap().to_owned())
    };
    assert_eq!(to_adopt().await.as_deref(), Some("2027-01-31"));
    assert_eq!(drafted.timetable.completed_by.to_string(), "2027-02-28");
    assert!(drafted.rules.iter().any(|rule| rule.key == "prepayment.base" && rule.confidence == "recalled"));

    // ---- a person sets an amount, of a pair without a history as well, and adopts what they have seen
    let settled = play.settle("LSH0001").await.unwrap();
    let used = settled.fund_total;
    let amount = Fen(used.0 * 4 / 3);
    let set = |insured: Province, treatment: Province, amount: Option<Fen>| {
        let amount = amount.map(|amount| amount.to_string());
        json!({ "insured": insured, "treatment": treatment, "scheme": "employee", "amount": amount, "reason": "协商核定" })
    };
    let _: Value = hub.post(&format!("{year}/set"), &set(beijing(), hubei(), Some(amount))).await.unwrap();
    let first = set(hubei(), beijing(), Some(Fen::yuan(500)));
    let _: Value = hub.post(&format!("{year}/set"), &first).await.unwrap();
    let again: PrepaymentYearView = hub.post(&format!("{year}/draft"), &json!({})).await.unwrap();
    assert_eq!((again.round, again.lines.len()), (4, 2));
    assert_eq!(
        (again.lines[0].amount.clone(), again.lines[0].computed.as_str()),
        (amount.to_string(), "40000.01")
    );
    assert_eq!((again.lines[1].amount.as_str(), again.lines[1].computed.as_str()), ("500.00", "0.00"));
    let adopt = format!("{year}/adopt");
    refused(hub.post(&adopt, &json!({ "round": 3 })).await, "草案已更新为第4稿");
    let adopted: PrepaymentYearView = hub.post(&adopt, &json!({ "round": 4 })).await.unwrap();
    assert_eq!((adopted.stage.as_str(), adopted.adopted_by.as_deref()), ("adopted", Some("赵某甲")));
    let twice: PrepaymentYearView = hub.post(&adopt, &json!({ "round": 4 })).await.unwrap();
    assert_eq!(twice, adopted, "adopted once");
    assert_eq!(to_adopt().await, None);
    refused(hub.post(&format!("{year}/draft"), &json!({})).await, "已核定");

    // ---- Beijing collects it from its pooling area
    keep_timetables(&play.world).await;
    let areas = format!("{PATH}/areas/2027");
    refused(of_beijing.post(&format!("{areas}/draft"), &json!({})).await, "无法分摊");
    let of_area =
        |amount: Fen| json!({ "area": "110000", "scheme": "employee", "amount": amount.to_string() });
    let mut given = of_area(amount);
    given["reason"] = json!("本市一个统筹区");
    let _: Value = of_beijing.post(&format!("{areas}/set"), &given).await.unwrap();
    let drafted: AreaPrepayments = of_beijing.post(&format!("{areas}/draft"), &json!({})).await.unwrap();
    assert_eq!(drafted.paid_ahead[0].amount, amount.to_string());
    let issued: AreaPrepayments = of_beijing.post(&format!("{areas}/issue"), &json!({})).await.unwrap();
    let line = &issued.lines[0];
    assert_eq!(line.notice.as_deref(), Some("SJ2027-110000-310"));
    assert_eq!((line.owes.clone(), line.received.as_str()), (amount.to_string(), "0.00"));
    // The area sends more than it must at first, so that the increase below can be paid as well.
    let mut came = of_area(Fen(amount.0 * 4));
    came["on"] = json!("2027-01-20");
    came["reference"] = json!("B20270120001");
    for _ in 0..2 {
        let after: AreaPrepayments = of_beijing.post(&format!("{areas}/money"), &came).await.unwrap();
        assert_eq!(after.lines[0].received, Fen(amount.0 * 4).to_string(), "the same money comes once");
        assert_eq!(after.lines[0].owes, format!("-{}", Fen(amount.0 * 3)));
    }

    // ---- paid, held, and three quarters of it used: yellow
    pay(&play.world, "YF2027-110000-420000-310", amount).await;
    let yellow = position(&play.world).await;
    assert_eq!((yellow.prepayment, yellow.owed), (amount.to_string(), used.to_string()));
    assert_eq!((yellow.light.as_str(), yellow.light_name.as_str()), ("yellow", "黄色预警"));
    let apply = |amount: &str, signed_on: &str| json!({ "insured": "110000", "scheme": "employee", "amount": amount, "reason": "住院人次增长", "signed_on": signed_on });
    let increases = format!("{PATH}/increases");
    refused(of_hubei.post(&increases, &apply("1000", "2027-01-20")).await, "未达到红色预警");

    // ---- another stay: red, and a day on which it will be used up
    play.next_stay(2).await;
    let second = play.settle("LSH0002").await.unwrap();
    let used = used + second.fund_total;
    let red = position(&play.world).await;
    assert_eq!((red.light.as_str(), red.owed.clone()), ("red", used.to_string()));
    assert_eq!(red.used_up_on, Some(play.world.clock.now().day()), "it is used up");
    let percent: Fen = red.owed_rate.strip_suffix('%').unwrap().parse().unwrap();
    assert!(used > amount && percent > Fen::yuan(100), "it says by how much: {}", red.owed_rate);
    let waits = async || [self::red(&of_hubei).await, self::red(&hub).await, self::red(&of_beijing).await];
    assert_eq!(waits().await, [1, 1, 0], "it is for the treatment province to ask for more");

    // ---- the emergency increase: told again until the hub has it
    refused(of_hubei.post(&increases, &apply("1000", "2027-01-10")).await, "已超过期限");
    let to_hub = play.world.province(hubei()).unwrap().to_hub.as_ref().unwrap();
    to_hub.always(Fate::DropRequest);
    let applied: IncreaseView = of_hubei.post(&increases, &apply(&red.lacks, "2027-01-20")).await.unwrap();
    assert_eq!((applied.told, applied.stage.as_str()), (false, "applied"));
    to_hub.always(Fate::Pass);
    keep_timetables(&play.world).await;
    let again: IncreaseView = of_hubei.post(&increases, &apply("1", "2027-01-20")).await.unwrap();
    assert_eq!((again.id.clone(), again.asked.clone()), (applied.id.clone(), red.lacks.clone()));
    assert!(again.told, "the hub has it");
    assert_eq!(waits().await, [0, 0, 0], "somebody has asked for more");
    let known: Increases = hub.get(&format!("{increases}?stage=applied")).await.unwrap();
    let [one] = &known.increases[..] else { panic!("{known:?}") };
    assert_eq!((one.id.as_str(), one.decide_by.to_string().as_str()), (applied.id.as_str(), "2027-01-27"));

    // ---- taken back before it is decided, whichever message the hub gets first, and applied for anew
    let withdraw = |id: &str| format!("{increases}/{id}/withdraw");
    refused(of_beijing.post(&withdraw(&applied.id), &json!({ "reason": "费用回落" })).await, "未查到");
    refused(of_hubei.post(&withdraw(&applied.id), &json!({ "reason": "" })).await, "理由");
    to_hub.always(Fate::DropResponse);
    for reason in ["费用回落", "又一次"] {
        let back: IncreaseView =
            of_hubei.post(&withdraw(&applied.id), &json!({ "reason": reason })).await.unwrap();
        assert_eq!((back.stage.as_str(), back.stage_name.as_str()), ("withdrawn", "已撤回"));
        assert_eq!((back.told, back.decided_reason.as_deref()), (false, Some("费用回落")));
    }
    to_hub.always(Fate::DropRequest);
    let second: IncreaseView = of_hubei.post(&increases, &apply("1", "2027-01-20")).await.unwrap();
    assert_ne!(second.id, applied.id, "another case");
    let _: Value = of_hubei.post(&withdraw(&second.id), &json!({ "reason": "填错" })).await.unwrap();
    to_hub.always(Fate::Pass);
    keep_timetables(&play.world).await;
    for client in [&hub, &of_beijing, &of_hubei] {
        let seen: Increases = client.get(&format!("{increases}?stage=withdrawn")).await.unwrap();
        assert_eq!(seen.increases.len(), 2, "{}", client.node);
        assert!(seen.increases.iter().all(|one| one.told), "{}", client.node);
    }
    assert_eq!(waits().await, [1, 1, 0], "and has taken it back");
    refused(
        hub.post(&format!("{increases}/{}/accept", applied.id), &json!({ "reason": "核定" })).await,
        "已撤回",
    );
    let applied: IncreaseView = of_hubei.post(&increases, &apply(&red.lacks, "2027-01-20")).await.unwrap();
    assert!(applied.told, "the hub has it");

    // ---- accepted once, paid, and usage falls
    let decide = |step: &str| format!("{increases}/{}/{step}", applied.id);
    refused(hub.post(&decide("accept"), &json!({ "amount": "0", "reason": "核定" })).await, "须大于零");
    let accepted: IncreaseView = hub.post(&decide("accept"), &json!({ "reason": "核定" })).await.unwrap();
    let again: IncreaseView =
        hub.post(&decide("accept"), &json!({ "amount": "1", "reason": "再次" })).await.unwrap();
    assert_eq!(again, accepted, "the first decision stands");
    refused(hub.post(&decide("refuse"), &json!({ "reason": "额度充足" })).await, "已同意");
    refused(of_hubei.post(&decide("withdraw"), &json!({ "reason": "迟了" })).await, "已同意");
    keep_timetables(&play.world).await;
    for client in [&of_beijing, &of_hubei] {
        let seen: Increases = client.get(&format!("{increases}?stage=accepted")).await.unwrap();
        assert_eq!(seen.increases[0].accepted, Some(red.lacks.clone()));
    }
    let more = money(&red.lacks);
    pay(&play.world, &format!("{}-310", accepted.notice.unwrap()), more).await;
    let green = position(&play.world).await;
    assert_eq!((green.light.as_str(), green.prepayment), ("green", (amount + more).to_string()));
    assert!(green.used_up_on.is_some_and(|day| day > play.world.clock.now().day()), "later than today");
    for client in [&hub, &of_beijing, &of_hubei] {
        let paid: Increases = client.get(&format!("{increases}?stage=paid")).await.unwrap();
        assert_eq!(paid.increases.len(), 1, "{}", client.node);
    }
    let path = format!("{PATH}/changes?insured=110000&treatment=420000&scheme=310");
    let changes: PrepaymentChanges = hub.get(&path).await.unwrap();
    let differences: Vec<_> = changes.changes.iter().map(|change| change.difference.clone()).collect();
    assert_eq!(differences, [amount.to_string(), more.to_string()]);

    // ---- interest stays where the money is
    earn_interest(&play.world, Fen(123)).await;
    let held: PrepaymentPositions = of_hubei.get(PATH).await.unwrap();
    let of_pair = held.positions.iter().find(|one| one.insured.code == beijing().division()).unwrap();
    assert_eq!(of_pair.interest.as_deref(), Some("1.23"));
    assert_eq!(of_pair.prepayment, (amount + more).to_string(), "it is none of the prepayment");
    play.world.until_quiet().await.unwrap();
    play.world.stop().await;
}

/// The bank pays interest on what Hubei holds for Beijing.
async fn earn_interest(world: &World, amount: Fen) {
    let context = &world.province(hubei()).unwrap().node.context;
    let leg: Leg =
        interest::on_prepayment(hubei(), beijing(), Part::new(EMPLOYEE, Fund::EmployeePool, amount));
    assert_eq!(leg.phase, Phase::Final);
    assert_eq!(leg.credit, Account::interest_income(beijing(), EMPLOYEE, Fund::EmployeePool));
    let voucher = Voucher {
        id: VoucherId::new("interest/2027Q1").unwrap(),
        code: VoucherCode::Interest,
        subject: Pair { insured: beijing(), treatment: hubei() }.to_string(),
        summary: "预付金利息".to_owned(),
        day: context.now().day(),
        recorded_at: context.now(),
        by: "李某乙".to_owned(),
        legs: vec![leg],
    };
    let mut work = context.store.begin().await.unwrap();
    ledger::post(&mut work, context.me, &voucher).await.unwrap().unwrap();
    work.save().await.unwrap();
}
