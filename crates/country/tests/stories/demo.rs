//! The demonstration, played whole: every check of it must hold.

use country::{Options, Rulebook, World, demo};
use std::path::Path;

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
