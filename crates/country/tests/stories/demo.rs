//! The demonstration, played whole: every check of it must hold.

use crate::play::{beijing, databases, hubei, rules};
use casework::institution::Institution;
use country::{
    Options, Rulebook, World, demo, people,
    world::{Database, Fixed},
};
use std::{collections::BTreeMap, path::Path};
use store::hub::{self, ParticipantEntry};
use terms::{Clock, Participant};

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_plays_and_everything_holds() {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy");
    let rules = Rulebook::of_folder(&policy).expect("the policy folder is in order");
    let say = |text: &str| println!("{text}");
    let world = World::start(Options::new(rules), &say).await.expect("the world starts");
    let failed = demo::play(&world, &say).await.expect("the demonstration plays");
    world.stop().await;
    assert_eq!(failed, Vec::<String>::new());
}

/// What a world that is begun again must leave alone.
async fn registers(world: &World) -> (Vec<ParticipantEntry>, Vec<Institution>) {
    let participants = hub::participants(&mut world.hub.context.store.conn().await.unwrap()).await.unwrap();
    let mut institutions = Vec::new();
    for one in &world.institutions {
        let side = world.province(one.place.province()).unwrap();
        let mut conn = side.node.context.store.conn().await.unwrap();
        institutions.push(store::institution::find(&mut conn, &one.code).await.unwrap().unwrap());
    }
    (participants, institutions)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_world_that_is_gone_on_with_finds_its_registers_as_they_have_become() {
    let provinces = [beijing(), hubei()];
    let of = |database, addresses| {
        let mut options = Options::new(rules());
        options.provinces = provinces.to_vec();
        options.days_behind = 0;
        options.fixed = Some(Fixed { addresses, seed: "stories" });
        options.database = database;
        options
    };
    let options = of(Database::Opened(BTreeMap::new()), BTreeMap::new());
    let Database::Opened(stores) = databases(&provinces, options.clock.now(), 4).await else {
        unreachable!()
    };
    let mut again = BTreeMap::new();
    for (participant, store) in &stores {
        again.insert(*participant, store.opened_again(4).await.unwrap());
    }
    let world = World::start(of(Database::Opened(stores), BTreeMap::new()), &|_| {}).await.unwrap();
    let addresses = BTreeMap::from([
        (Participant::Hub, world.hub_url()),
        (Participant::Province(beijing()), world.province(beijing()).unwrap().url()),
        (Participant::Province(hubei()), world.province(hubei()).unwrap().url()),
    ]);
    let addresses =
        addresses.into_iter().map(|(me, url)| (me, url.trim_start_matches("http://").parse().unwrap()));
    let addresses: BTreeMap<_, _> = addresses.collect();

    // Somebody closes a hospital and corrects a name.
    let (side, now) = (world.province(hubei()).unwrap(), world.clock.now());
    let hospital = world.institutions.iter().find(|one| one.place.province() == hubei()).unwrap();
    let closed = Institution { open: false, changed_at: now, ..hospital.clone() };
    side.node.put_institution(&closed).await.unwrap();
    let (area, mut corrected) =
        people::demo_people().into_iter().find(|(area, _)| area.province() == beijing()).unwrap();
    "某改名".clone_into(&mut corrected.name);
    world.province(beijing()).unwrap().node.put_person(area, &corrected).await.unwrap();
    world.until_quiet().await.unwrap();
    let before = registers(&world).await;
    world.stop().await;

    let world = World::start(of(Database::Opened(again), addresses), &|_| {}).await.unwrap();
    assert_eq!(registers(&world).await, before);
    assert!(!world.institution(&closed.code).unwrap().open, "the world knows it as it is");
    let mut conn = world.province(beijing()).unwrap().node.context.store.conn().await.unwrap();
    let found = store::person::find(&mut conn, area, &corrected.number).await.unwrap();
    assert_eq!(found, Some(corrected));
    drop(conn);
    world.stop().await;
}
