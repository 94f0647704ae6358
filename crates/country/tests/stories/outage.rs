//! A node that is away for long: what waits for it is in nobody's way, and flows at once when it is there again.

use crate::play::{hubei, world};
use casework::institution::Institution;
use country::{World, network::Fate};
use node::{Context, ProvinceNode};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use store::{hub, outbox};
use terms::Clock;

/// How many questions wait.
const MANY: usize = 150;

/// Registers hospitals that nobody has heard of, each of which the hub must hear of.
async fn register_many(world: &World) -> BTreeSet<String> {
    let node = &world.province(hubei()).unwrap().node;
    let some = world.institutions.iter().find(|one| one.place.province() == hubei()).unwrap();
    let mut codes = BTreeSet::new();
    for number in 0..MANY {
        let code = format!("H42010677{number:03}");
        let code = code.parse().expect("a code");
        codes.insert(format!("{code}"));
        let new = Institution { code, changed_at: world.clock.now(), ..some.clone() };
        node.put_institution(&new).await.unwrap();
    }
    codes
}

async fn waiting(world: &World) -> i64 {
    let store = &world.province(hubei()).unwrap().node.context.store;
    outbox::count(&mut store.conn().await.unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_the_hub_flows_when_it_answers_again_from_two_instances_and_once_each() {
    let world = world().await;
    world.until_quiet().await.unwrap();
    let side = world.province(hubei()).unwrap();
    let to_hub = side.to_hub.as_ref().unwrap();
    to_hub.always(Fate::DropRequest);
    let codes = register_many(&world).await;

    // Ten minutes of an outage: asked again and again, but of all that wait a few.
    let asked = to_hub.requests();
    for _ in 0..60 {
        side.node.deliver().await;
        world.clock.pass_seconds(10);
    }
    let asked = to_hub.requests() - asked;
    assert!(asked >= 30, "it is looked whether it is there again: {asked}");
    assert!(asked < 300, "and not by all that wait, time after time: {asked}");
    assert_eq!(waiting(&world).await, 150);

    // It is there again. A second instance has just started, and knows nothing.
    to_hub.always(Fate::Pass);
    world.clock.pass_seconds(5);
    let context = &side.node.context;
    let store = context.store.opened_again(6).await.unwrap();
    let settings = side.node.settings.clone();
    let other = Arc::new(ProvinceNode::new(Context { store, ..context.clone() }, hubei(), settings));
    let handled = to_hub.handled();
    for _ in 0..500 {
        if waiting(&world).await == 0 {
            break;
        }
        tokio::join!(side.node.deliver(), other.deliver());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(waiting(&world).await, 0, "all of it, though no time has passed");
    assert_eq!(to_hub.handled() - handled, 150, "each was asked once");
    let mut conn = world.hub.context.store.conn().await.unwrap();
    for code in codes {
        let found = hub::institution(&mut conn, hubei(), &code.parse().unwrap()).await.unwrap();
        assert!(found.is_some(), "{code}");
    }
    drop(conn);
    world.stop().await;
}
