//! What policies ask of a node besides computing: that nothing is settled by a value that nobody has confirmed, that a filing
//! for another place is told apart from none, and that a stay which is split at the end of a year stands in two years and
//! goes out of both.

use crate::play::{Play, beijing, hubei, policy_files, world_with};
use benefit::YearToDate;
use country::{Options, Rulebook, people};
use node::UnconfirmedValues;
use std::sync::Arc;
use store::insured::{self, Content, Stage, YearKey};
use terms::{Clock, Fen, InsuranceScheme, TreatmentPlace, day::FixedClock};

/// The policies of all areas, that of Beijing's employees told otherwise.
fn rules(otherwise: impl Fn(&str) -> String) -> Rulebook {
    let mut files = policy_files();
    let (_, text) =
        files.iter_mut().find(|(path, _)| path == "110000/310.toml").expect("Beijing has a policy");
    *text = otherwise(text);
    Rulebook::load(&files).unwrap()
}

/// Beijing and Hubei, who settle by nothing that is unconfirmed.
fn strict(rules: Rulebook) -> Options {
    let mut options = Options::new(rules);
    options.provinces = vec![beijing(), hubei()];
    options.unconfirmed_values = UnconfirmedValues::Refuse;
    options
}

fn confirmed(text: &str) -> String {
    text.replace("\"unconfirmed\"", "\"confirmed\"")
}

/// The same text with every version of one table unconfirmed.
fn doubted(text: &str, table: &str) -> String {
    let parts = text.split("[[").map(|part| {
        let is_meant = part.starts_with(&format!("{table}]]"));
        if is_meant { part.replace("\"confirmed\"", "\"unconfirmed\"") } else { part.to_owned() }
    });
    parts.collect::<Vec<_>>().join("[[")
}

/// The sums of the person's year, as the insured place keeps them.
async fn year(play: &Play, year: i16) -> YearToDate {
    let store = &play.world.province(beijing()).unwrap().node.context.store;
    let (area, person) = (people::BEIJING, &play.patient.number);
    let key = YearKey { area, person, scheme: InsuranceScheme::Employee, year };
    insured::year(&mut store.conn().await.unwrap(), key).await.unwrap()
}

/// What the insured place's book says, the settlements that stand.
async fn standing(play: &Play) -> Vec<Content> {
    let store = &play.world.province(beijing()).unwrap().node.context.store;
    let all = insured::all(&mut store.conn().await.unwrap()).await.unwrap();
    all.into_iter().filter(|one| one.stage == Stage::Standing).filter_map(|one| one.content).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_nobody_has_confirmed_settles_nothing() {
    let doubtful = rules(|text| doubted(&confirmed(text), "inpatient.ratio"));
    let play = Play::prepare_in(world_with(strict(doubtful)).await).await;
    let trial = play.hospital.try_settlement(&play.patient, play.visit, play.total).await.unwrap_err();
    let settled = play.settle("H42010600001202611220958410001").await.unwrap_err();
    for said in [trial.refusal(), settled.refusal()] {
        let said = said.expect("a refusal of the platform");
        assert!(said.contains("[北京市]的[住院支付比例]尚未核实"), "{said}");
    }
    play.dust_settles().await;
    assert_eq!(play.standing().await, [0, 0, 0]);
    assert_eq!(standing(&play).await, []);
    let this_year = play.world.clock.today().year();
    assert_eq!(year(&play, this_year).await, YearToDate::default());
    play.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_values_settle() {
    let play = Play::prepare_in(world_with(strict(rules(confirmed))).await).await;
    let trial = play.hospital.try_settlement(&play.patient, play.visit, play.total).await.unwrap();
    let settled = play.settle("H42010600001202611220958410001").await.unwrap();
    assert_eq!((trial.fund_total, trial.person_total), (settled.fund_total, settled.person_total));
    play.dust_settles().await;
    assert_eq!(play.standing().await, [1, 1, 1]);
    play.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_term_filing_for_another_place_is_told_apart_from_none() {
    let with_a_rule = rules(|text| {
        let rule = "{ for = [\"long_term_elsewhere\"], refuse = \"备案地以外就医，请先变更备案\" },";
        confirmed(text).replace(
            "rules = [\n  { for = [\"long_term\"",
            &format!("rules = [\n  {rule}\n  {{ for = [\"long_term\""),
        )
    });
    let shanghai = TreatmentPlace("310115".parse().unwrap());
    let play = Play::prepare_filed(world_with(strict(with_a_rule)).await, shanghai).await;
    let refused = play.settle("H42010600001202611220958410001").await.unwrap_err();
    assert!(refused.refusal().is_some_and(|said| said.contains("请先变更备案")), "{refused}");
    play.dust_settles().await;
    play.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_that_is_split_at_the_years_end_stands_in_both_years_and_goes_out_of_both() {
    let split_by_days = rules(|text| {
        let crossing = "[[year_crossing]]\nfrom = \"2023-01-01\"\nsource = \"bj1\"\nconfidence = \"confirmed\"\n\
                        by = \"days\"\nsecond_deductible = true\n";
        format!("{}\n{crossing}", confirmed(text))
    });
    let mut options = strict(split_by_days);
    options.clock = Arc::new(FixedClock("2027-01-05 12:00:00".parse().unwrap()));
    options.days_behind = 0;
    let play = Play::prepare_in(world_with(options).await).await;
    let trial = play.hospital.try_settlement(&play.patient, play.visit, play.total).await.unwrap();
    let settled = play.settle("H42010600001202701051200000001").await.unwrap();
    assert_eq!((trial.fund_total, trial.person_total), (settled.fund_total, settled.person_total));
    let [content] = <[Content; 1]>::try_from(standing(&play).await).expect("one settlement");
    let earlier = content.earlier.clone().expect("a part in the year before");
    assert_eq!((earlier.year, content.year), (2026, 2027));
    let (before, after) = (year(&play, 2026).await, year(&play, 2027).await);
    assert_eq!((&before, &after), (&earlier.contribution, &content.contribution));
    // Nine nights, five of them before the first of January; each part is an admission of its own.
    assert_eq!((before.admissions(), after.admissions()), (1, 1));
    assert_eq!(before.total() + after.total(), play.total);
    let fifth = Fen(play.total.0 * 5 / 9);
    assert!((before.total() - fifth).0.abs() < 100, "{} of {}", before.total(), play.total);
    assert_eq!(before.deductible() + after.deductible(), settled.deductible);
    play.dust_settles().await;

    let id = settled.id().unwrap();
    play.hospital.cancel(&play.patient, play.visit, id).await.unwrap();
    play.dust_settles().await;
    assert_eq!(play.standing().await, [0, 0, 0]);
    for each in [2026, 2027] {
        assert_eq!(year(&play, each).await, YearToDate::default(), "{each}");
    }
    let again = play.settle("H42010600001202701051200000002").await.unwrap();
    assert_eq!((again.fund_total, again.deductible), (settled.fund_total, settled.deductible));
    play.dust_settles().await;
    assert_eq!(play.standing().await, [1, 1, 1]);
    play.world.stop().await;
}
