//! Care in another pooling area of one's own province (省内异地): over the same counter, by the same steps, in the books of one
//! node, and without the hub. What is lost on the way is lost as little as between two provinces.

use crate::kinds::{Ask, Case, KINDS, Told};
use crate::play::{Play, hubei, plain_model};
use benefit::{Bill, Case as Claimed, CategoryAmount, FilingStanding, Member, Split, YearToDate, split_line};
use casework::person::Person;
use country::{
    Options, Rulebook, World,
    bills::{self, Order},
    checks,
    hospital::{Hospital, Outpatient, Patient, Settings, Settled, Stay},
    network::{Fate, Wire},
    people,
};
use funds::Role;
use node::api::client::Client;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use store::{insured::YearKey, treatment};
use terms::{
    AdminDivision, CareKind, ChargeCategory, Clock, Fen, FilingCategory, InsuranceScheme, InsuredPlace,
    MemberStatus, Participant, PoolingArea, Province, SettlementId, SettlementLevel, TreatmentPlace, VisitId,
};
use wire::api::{
    area_clearing::AreaMonthView,
    clearing::ClearingMonth,
    clearing_statement::ClearingStatementView,
    ledger::{MadeVouchers, TrialBalanceView},
    money::PurseAmount,
};

const fn area(number: u32) -> PoolingArea {
    match AdminDivision::new(number) {
        Some(division) => PoolingArea(division),
        None => panic!("a division has six digits"),
    }
}

/// 宁波, whose policy has a rule for the own province: ten points less.
const NINGBO: PoolingArea = area(330_200);
/// 宜昌, which has the policies of Beijing in these stories: every kind of care in them is settled, and no rule speaks of the province.
const YICHANG: PoolingArea = area(420_500);

fn zhejiang() -> Province {
    "330000".parse().unwrap()
}

fn retiree(area: PoolingArea) -> Person {
    people::person(area, InsuranceScheme::Employee, MemberStatus::Retired, 7)
}

/// Somebody of another pooling area in a hospital of the province, with whose hub nobody can speak any more.
async fn guest(area: PoolingArea) -> Play {
    let province = area.province();
    let mut files = crate::play::policy_files();
    let copies: Vec<(String, String)> = files
        .iter()
        .filter(|(path, _)| path.starts_with("110000/3"))
        .map(|(path, text)| {
            (path.replace("110000/", "420500/"), text.replace("area = \"110000\"", "area = \"420500\""))
        })
        .collect();
    files.extend(copies);
    let mut options = Options::new(Rulebook::load(&files).unwrap());
    options.provinces = vec![province];
    let world = crate::play::world_with(options).await;
    let model = plain_model(&world, province);
    let counter = Wire::between(&world.province(province).unwrap().url()).await.unwrap();
    let institution = world.institution(&model.code()).unwrap();
    let settings = Settings::of(institution, &counter.address()).form(model.form);
    let hospital = Hospital::new(settings, Arc::clone(&world.clock) as Arc<dyn Clock>);
    let person = retiree(area);
    world.add_people(&[(area, person.clone())]).await.unwrap();
    let patient = Patient::of(&person);
    let visit = VisitId::new(province, world.clock.now(), 0);
    to_hub(&world, province).always(Fate::DropRequest);
    let mut play = Play { world, counter, hospital, patient, visit, total: Fen::ZERO };
    play.next_stay(1).await;
    play
}

fn to_hub(world: &World, province: Province) -> &Wire {
    world.province(province).unwrap().to_hub.as_ref().unwrap()
}

fn place(play: &Play) -> TreatmentPlace {
    play.world.institution(&play.hospital.settings().code).unwrap().place
}

/// Nothing waits, and everything holds, though nobody could speak with the hub.
async fn dust_settles(play: &Play) {
    play.counter.always(Fate::Pass);
    play.world.until_quiet().await.unwrap();
    let failures = checks::failures(&play.world).await.unwrap();
    assert!(failures.is_empty(), "{failures:#?}");
    let hub = store::hub::all(&mut play.world.hub.context.store.conn().await.unwrap()).await.unwrap();
    assert!(hub.is_empty(), "the hub has no part in it: {hub:?}");
}

/// What the area's policy gives for the stay that waits, under a standing, if it were treated at a place.
fn by_policy(play: &Play, standing: FilingStanding, treatment: TreatmentPlace) -> (Fen, Fen) {
    let institution = play.world.institution(&play.hospital.settings().code).unwrap();
    let (order, lines) = play.bill(1);
    let catalog = play.world.rules.catalog(institution.place.province());
    let mut categories = BTreeMap::<ChargeCategory, Split>::new();
    for line in &lines {
        let item = catalog.find(&line.code, line.at.day()).unwrap();
        *categories.entry(item.category).or_default() +=
            split_line(item, institution.level, line.amount, line.quantity);
    }
    let person = retiree(play.patient.insured.pooling_area());
    let enrolment = &person.enrolments[0];
    let bill = Bill {
        care: CareKind::Inpatient,
        level: institution.level,
        marks: institution.marks(),
        diseases: Vec::new(),
        admission: order.admitted.day(),
        discharge: order.discharged.day(),
        transferred_with: None,
        categories: categories
            .into_iter()
            .map(|(category, split)| CategoryAmount { category, split })
            .collect(),
    };
    let case = Claimed {
        bill,
        member: Member {
            retired_on: enrolment.retired_on,
            ..Member::plain(InsuranceScheme::Employee, MemberStatus::Retired, person.citizen.birth())
        },
        insured: play.patient.insured,
        treatment,
        standing,
        accounts: None,
        continues: None,
    };
    let area = play.patient.insured.pooling_area();
    let scheme =
        play.world.rules.library.scheme_on(area, InsuranceScheme::Employee, order.discharged.day()).unwrap();
    let breakdown = benefit::compute(scheme, &case, &YearToDate::default()).unwrap();
    (breakdown.fund_total, breakdown.person_total)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_of_ningbo_settles_in_hangzhou_in_the_books_of_one_node() {
    let play = guest(NINGBO).await;
    let found = play.hospital.find_person(&play.patient.citizen, play.patient.insured).await.unwrap();
    assert_eq!(found.number, play.patient.number);
    let trial = play.hospital.try_settlement(&play.patient, play.visit, play.total).await.unwrap();
    assert_eq!(play.standing().await, [0, 0, 0], "a trial writes nothing");
    let expected = by_policy(&play, FilingStanding::NotFiled, place(&play));
    let settled = play.settle(&play.hospital.next_msgid()).await.unwrap();
    assert_eq!((settled.fund_total, settled.person_total), expected);
    assert_eq!((trial.fund_total, &trial.funds), (settled.fund_total, &settled.funds));
    assert!(
        expected.0 < by_policy(&play, FilingStanding::NotFiled, TreatmentPlace(NINGBO.division())).0,
        "the policy takes ten points within the province"
    );
    assert_eq!(play.standing().await, [1, 0, 1]);
    dust_settles(&play).await;

    // Its legs as treatment place and as insured place stand beside each other.
    let id = settled.id().unwrap();
    let mut conn = play.world.province(zhejiang()).unwrap().node.context.store.conn().await.unwrap();
    let entries = store::book::of_settlement(&mut conn, id).await.unwrap();
    let sum = |role| -> Fen {
        entries.iter().filter(|entry| entry.id.role == role).map(|entry| entry.amount).sum()
    };
    assert_eq!([Role::Treatment, Role::Insured, Role::Hub].map(sum), [expected.0, expected.0, Fen::ZERO]);

    // The details follow within the node.
    play.world.clock.pass_days(2);
    play.world.send_details().await;
    let sent = store::transmission::sent(&mut conn).await.unwrap();
    let received: BTreeMap<_, _> = store::detail::received(&mut conn).await.unwrap().into_iter().collect();
    assert_eq!(sent.len(), 1);
    assert!(sent.iter().all(|(id, sums)| received.get(id) == Some(sums)));
    drop(conn);

    play.hospital.cancel(&play.patient, play.visit, id).await.unwrap();
    assert_eq!(play.standing().await, [0, 0, 0]);
    assert!(play.year().await.values().all(|sum| sum.is_zero()));
    dust_settles(&play).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_rule_for_the_province_the_benefit_is_the_local_one() {
    let play = guest(YICHANG).await;
    let local = by_policy(&play, FilingStanding::NotFiled, TreatmentPlace(YICHANG.division()));
    let settled = play.settle(&play.hospital.next_msgid()).await.unwrap();
    assert_eq!((settled.fund_total, settled.person_total), local);
    dust_settles(&play).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_within_the_province_stays_in_it_and_counts() {
    let mut play = guest(NINGBO).await;
    let person = retiree(NINGBO);
    let begins = play.world.clock.now().day().plus_days(-30);
    play.world.file(&person, FilingCategory::LongTermResident, place(&play), begins).await.unwrap();
    play.next_stay(1).await;
    let long_term = FilingStanding::Filed(FilingCategory::LongTermResident);
    let expected = by_policy(&play, long_term, place(&play));
    assert!(expected.0 > by_policy(&play, FilingStanding::NotFiled, place(&play)).0);
    let settled = play.settle(&play.hospital.next_msgid()).await.unwrap();
    assert_eq!((settled.fund_total, settled.person_total), expected);
    dust_settles(&play).await;
    let mut conn = play.world.hub.context.store.conn().await.unwrap();
    let national = store::filing::national_of_person(&mut conn, zhejiang(), &person.number).await.unwrap();
    assert!(national.is_empty(), "the national register keeps what leads across provinces");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_within_the_province_makes_no_filing() {
    let play = guest(YICHANG).await;
    let outpatient =
        Outpatient::ordinary("MZ900002", play.world.clock.now().plus_millis(-3_600_000)).emergency();
    let visit = play.hospital.register(&play.patient, &outpatient).await.unwrap();
    play.hospital.describe(&play.patient, visit, &outpatient).await.unwrap();
    let mut conn = play.world.province(hubei()).unwrap().node.context.store.conn().await.unwrap();
    let number = &play.patient.number;
    assert!(store::filing::of_person(&mut conn, YICHANG, number).await.unwrap().is_empty());
    let now = play.world.clock.now();
    let stay = Stay::ordinary("ZY900003", now.plus_millis(-86_400_000), now).emergency();
    play.settle(&play.hospital.next_msgid()).await.unwrap();
    let visit = play.hospital.admit(&play.patient, &stay).await.unwrap();
    let order = Order {
        level: SettlementLevel::Tertiary,
        admitted: stay.admitted,
        discharged: stay.discharged,
        total: Fen::yuan(3_000),
        lines: 6,
        seed: 3,
    };
    let lines = bills::bill(&play.world.rules.catalog(hubei()), &order);
    play.hospital.upload(&play.patient, visit, &stay, &lines).await.unwrap();
    play.hospital.discharge(&play.patient, visit, &stay).await.unwrap();
    play.hospital.settle(&play.patient, visit, bills::total(&lines)).await.unwrap();
    assert!(store::filing::of_person(&mut conn, YICHANG, number).await.unwrap().is_empty());
    dust_settles(&play).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_home_a_closed_hospital_and_a_suspended_province() {
    let play = guest(NINGBO).await;
    // In the own pooling area nobody is a guest.
    let local = retiree(people::HANGZHOU);
    let home = InsuredPlace(people::HANGZHOU.division());
    let refused = play.hospital.find_person(&local.citizen, home).await.unwrap_err();
    assert!(refused.refusal().unwrap().contains("同属一个统筹区，不是异地就医"), "{refused}");
    // What the hub says of the province concerns other provinces.
    let me = Participant::Province(zhejiang());
    assert!(play.world.hub.suspend(me, Some("未按时拨付".to_owned())).await.unwrap());
    let msgid = play.hospital.next_msgid();
    play.settle(&msgid).await.unwrap();
    dust_settles(&play).await;
    assert_eq!(play.standing().await, [1, 0, 1]);
}

/// Bad luck at the counter; between the two sides of one node there is no line.
const FATES: [Fate; 4] =
    [Fate::DropRequest, Fate::DropResponse, Fate::Double, Fate::Delay(Duration::from_millis(200))];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_survives_every_fate_and_is_undone_to_the_fen() {
    for kind in KINDS {
        let play = guest(YICHANG).await;
        // A pharmacy is registered with the national register, too.
        to_hub(&play.world, hubei()).always(Fate::Pass);
        let ask = Ask::of(&play, kind).await;
        to_hub(&play.world, hubei()).always(Fate::DropRequest);
        let case = Case { play, kind, ask };
        let untouched = case.person().await;
        for fate in FATES {
            let when = format!("{kind:?} {fate:?}");
            case.play.counter.next([fate]);
            let msgid = case.ask.software.next_msgid();
            let answer = case.settle_patiently(&msgid).await;
            assert_eq!(Settled::read(&answer).unwrap().broken_identities(), Vec::<String>::new(), "{when}");
            assert_eq!(case.settle(&msgid).await.as_ref(), Ok(&answer), "{when}: the first answer");
            dust_settles(&case.play).await;
            assert_eq!(case.play.standing().await, [1, 0, 1], "{when}");
            let told = Told::read(&answer);
            assert_eq!(case.person().await.balance, untouched.balance - told.account, "{when}: paid once");

            case.play.counter.next([fate]);
            let cancels = case.ask.care.cancels();
            let (msgid, input) = (case.ask.software.next_msgid(), case.cancellation(&told));
            let back = case.patiently(&msgid, cancels, &input).await;
            assert_eq!(case.send(&msgid, cancels, &input).await.as_ref(), Ok(&back), "{when}");
            dust_settles(&case.play).await;
            assert_eq!(case.play.standing().await, [0, 0, 0], "{when}");
            assert_eq!(case.person().await, untouched, "{when}: restored to the fen");

            // And reversed: before it comes, and after it stood.
            let msgid = case.ask.software.next_msgid();
            case.reverse(&msgid).await;
            let refused = case.settle(&msgid).await.unwrap_err();
            assert!(refused.refusal().unwrap().contains("已被冲正"), "{when}: {refused}");
            let msgid = case.ask.software.next_msgid();
            case.settle_patiently(&msgid).await;
            case.play.counter.next([fate]);
            case.patiently(&case.ask.software.next_msgid(), "2601", &case.reversal(&msgid)).await;
            dust_settles(&case.play).await;
            assert_eq!(case.person().await, untouched, "{when}: restored to the fen");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_between_its_two_sides_settles_by_asking_again() {
    let mut play = guest(NINGBO).await;
    let msgid = play.hospital.next_msgid();
    let context = play.world.province(zhejiang()).unwrap().node.context.clone();
    // Somebody holds the person's year, so that the insured side waits; the treatment side has written down what it asks.
    let mut held = context.store.begin().await.unwrap();
    let year = context.clock.now().day().year();
    let key = YearKey { area: NINGBO, person: &play.patient.number, scheme: InsuranceScheme::Employee, year };
    store::insured::hold_year(&mut held, key).await.unwrap();
    let (settled, asked) = tokio::join!(play.settle(&msgid), until_asked(&context));
    assert!(settled.is_err(), "nobody knows yet");
    play.world.kill(zhejiang());
    drop(held);
    play.world.restart(zhejiang()).await.unwrap();
    let settled = play.settle_patiently(&msgid).await;
    assert_eq!(settled.id().unwrap(), asked, "asked again under the same id");
    dust_settles(&play).await;
    assert_eq!(play.standing().await, [1, 0, 1]);
}

/// Waits until a settlement is written down as asked for.
/// What a clerk of a node reads or does.
async fn ask_clerk<A: serde::de::DeserializeOwned>(node: &str, path: &str, body: Option<Value>) -> A {
    let clerk = Client {
        node: node.to_owned(),
        token: "令牌".to_owned(),
        operator: Some("李某乙".to_owned()),
        duty: None,
    };
    let path = format!("/api/v1/funds/{path}");
    let answer = match &body {
        None => clerk.get(&path).await,
        Some(body) => clerk.post(&path, body).await,
    };
    answer.unwrap_or_else(|why| panic!("{path} {body:?}: {why}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_area_owes_another_is_divided_sent_up_and_passed_on() {
    let play = guest(NINGBO).await;
    let settled_on = play.world.clock.now().day();
    let month = settled_on.month();
    let settled = play.settle(&play.hospital.next_msgid()).await.unwrap();
    dust_settles(&play).await;
    to_hub(&play.world, zhejiang()).always(Fate::Pass);

    // Nobody was treated in another province: the hub's month is an empty one, and has to be over all the same.
    let days = settled_on.days_until(month.next().first_day().plus_days(21));
    play.world.clock.pass_days(u32::try_from(days).unwrap());
    let hub = &play.world.hub;
    let mut work = hub.context.store.begin().await.unwrap();
    assert!(store::clearing::close(&mut work, month, play.world.clock.now()).await.unwrap());
    work.save().await.unwrap();
    hub.keep_timetable().await;
    let (at_hub, node) = (play.world.hub_url(), play.world.province(zhejiang()).unwrap().url());
    let path = format!("clearings/{}", month.number());
    let planned: ClearingMonth = ask_clerk(&at_hub, &path, None).await;
    let adopt = json!({ "revision": planned.revision });
    let _: ClearingMonth = ask_clerk(&at_hub, &format!("{path}/adopt"), Some(adopt)).await;
    let statement: ClearingStatementView =
        ask_clerk(&node, &format!("statements/{month}/fetch"), Some(json!({}))).await;
    assert_eq!((statement.complete, statement.settlements), (true, 0));

    // Divided, however often: Ningbo owes Hangzhou what the fund paid there.
    let of_month = |what: &str| format!("areas/{month}/{what}");
    let mut divided = None::<AreaMonthView>;
    for _ in 0..2 {
        divided = Some(ask_clerk(&node, &of_month("divide"), Some(json!({}))).await);
    }
    let divided = divided.unwrap();
    let [of_ningbo] = &divided.areas[..] else { panic!("{divided:#?}") };
    assert_eq!(of_ningbo.area, NINGBO.division());
    let owed: Fen = of_ningbo.lines.iter().map(|line| line.amount.parse::<Fen>().unwrap()).sum();
    assert_eq!(owed, settled.fund_total);
    let creditor = place(&play).division().pooling_area();
    assert!(of_ningbo.lines.iter().all(|line| line.treatment == creditor.division()));

    // Nothing is passed on before all of it is there: nobody is paid with a third area's money.
    let receipt = |reference: &str, amounts: &[PurseAmount]| {
        let day = play.world.clock.now().day();
        Some(
            json!({ "area": NINGBO.division(), "day": day, "bank_reference": reference, "amounts": amounts }),
        )
    };
    let mut first = of_ningbo.open.clone();
    first[0].amount = "1.00".to_owned();
    let clerk = crate::access::program(&node);
    let to_pass_on = async || crate::office::waits(&clerk).await.remove("areas_to_pass_on");
    let part: AreaMonthView = ask_clerk(&node, &of_month("receipts"), receipt("B1", &first[..1])).await;
    assert_eq!(to_pass_on().await, None);
    let passed: AreaMonthView = ask_clerk(&node, &of_month("pass-on"), Some(json!({}))).await;
    assert!(passed.areas[0].lines.iter().any(|line| line.passed_on.is_none()), "{passed:#?}");
    let rest = receipt("B2", &part.areas[0].open);
    for _ in 0..2 {
        let before: AreaMonthView = ask_clerk(&node, &of_month("receipts"), rest.clone()).await;
        let ready = before.areas[0].lines.iter().filter(|line| line.passed_on.is_none()).count();
        assert_eq!(to_pass_on().await.unwrap_or_default(), i64::try_from(ready).unwrap());
        let passed: AreaMonthView = ask_clerk(&node, &of_month("pass-on"), Some(json!({}))).await;
        assert_eq!(passed.areas[0].still_owed, "0.00");
        assert!(passed.areas[0].lines.iter().all(|line| line.passed_on.is_some()), "{passed:#?}");
        assert_eq!(to_pass_on().await, None);
    }

    // Every account is explained: the two halves of the province have met, and the hospital is still owed.
    let summaries = json!({ "day": settled_on });
    let _: MadeVouchers = ask_clerk(&node, "ledger/summaries", Some(summaries)).await;
    let year = month.first_day().year();
    let trial: TrialBalanceView =
        ask_clerk(&node, &format!("ledger/trial?first={year}-01-01&last={}-12-31", year + 1), None).await;
    assert!(trial.balanced);
    let stands = |kind: &str| -> Fen {
        let of_kind =
            trial.accounts.iter().filter(|line| line.account.account.starts_with(&format!("{kind}/")));
        of_kind.map(|line| line.closing).sum()
    };
    let (all, none) = (settled.fund_total, Fen::ZERO);
    for (kind, expected) in [
        ("payable-institution", all),
        ("receivable-insured", none),
        ("treatment-deposit-fiscal", all),
        ("expense-benefit", all),
        ("payable-treatment", none),
        ("area-contribution", all),
        ("insured-deposit-fiscal", none),
    ] {
        assert_eq!(stands(kind), expected, "{kind}");
    }
    let hub_ledger: TrialBalanceView =
        ask_clerk(&at_hub, &format!("ledger/trial?first={year}-01-01&last={}-12-31", year + 1), None).await;
    assert_eq!(hub_ledger.accounts, [], "the hub has no part in it");
}

async fn until_asked(context: &node::Context) -> SettlementId {
    let mut seen = BTreeSet::new();
    while seen.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let all = treatment::all(&mut context.store.conn().await.unwrap()).await.unwrap();
        seen.extend(all.into_iter().map(|one| one.id));
    }
    seen.into_iter().next().expect("one")
}
