//! The simulated country: seeds with bad luck of every kind, after which everything must settle and hold; and the same seed twice,
//! which must be the same story.

use country::{
    Rulebook,
    simulation::{Ended, Options, Worse, play, rules},
    world::Trouble,
};
use std::{collections::BTreeMap, path::Path, sync::LazyLock};
use store::{Store, embedded::fixture::TestCluster};

/// The policies, read once.
static RULES: LazyLock<Rulebook> = LazyLock::new(|| {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy");
    let files = Rulebook::files_of(&policy).expect("the policy folder can be read");
    rules(&files).expect("the policy folder is in order")
});

/// Connections of each node: its readers, and those that prove its books.
const CONNECTIONS: u32 = 8;

/// What is played, beside the seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct How {
    /// Whether the month is closed afterwards.
    pub ends_month: bool,
    /// What is worse than chance would have it.
    pub worse: Option<Worse>,
}

/// As `yidi country` plays it.
const TO_THE_END: How = How { ends_month: true, worse: None };

/// Plays a seed over databases of its own.
///
/// # Errors
/// What made it impossible to go on.
pub async fn try_simulate(seed: u64, guests: usize, how: How) -> Result<Ended, Trouble> {
    let rules = RULES.clone();
    let mut stores = BTreeMap::new();
    let begins = country::simulation::begins();
    for participant in country::simulation::participants() {
        let database = TestCluster::shared().fresh_database(begins).await;
        let store = Store::open(database.options, CONNECTIONS).await.expect("the database opens");
        stores.insert(participant, store);
    }
    let How { ends_month, worse } = how;
    play(Options { seed, guests, ends_month, worse, rules, stores }).await
}

/// The same where nothing may make it impossible to go on.
pub async fn simulate(seed: u64, guests: usize, how: How) -> Ended {
    let ended = try_simulate(seed, guests, how).await;
    ended.unwrap_or_else(|why| panic!("{why}\n{}", again(seed, guests)))
}

/// How a seed is played again.
pub fn again(seed: u64, guests: usize) -> String {
    format!("to play it again: yidi country --seed {seed} --guests {guests} --trace")
}

#[tokio::test]
async fn after_bad_luck_what_hospitals_were_told_is_so_in_all_books_and_nothing_else_stands() {
    let wanted = std::env::var("YIDI_SIMULATIONS").unwrap_or_else(|_| "1..4".to_owned());
    let (first, end) = wanted.split_once("..").expect("YIDI_SIMULATIONS is written as 100..200");
    for seed in first.parse().expect("a number")..end.parse().expect("a number") {
        let ended = simulate(seed, 20, TO_THE_END).await;
        println!("seed {seed}: {}", ended.figures);
        assert_eq!(ended.failed, Vec::<String>::new(), "seed {seed}; {}", again(seed, 20));
        assert!(ended.figures.standing > 5, "seed {seed}: too little came of it: {}", ended.figures);
    }
}

#[tokio::test]
async fn the_same_seed_is_the_same_story_to_the_byte() {
    let [first, second] = [simulate(11, 10, TO_THE_END).await, simulate(11, 10, TO_THE_END).await];
    let differs = first.story.iter().zip(&second.story).find(|(one, other)| one != other);
    assert_eq!(differs, None, "{}", again(11, 10));
    assert_eq!(first.figures, second.figures);
    assert!(first.story.len() > 300, "{} lines", first.story.len());
    let other = simulate(12, 10, How::default()).await;
    assert_ne!(first.figures.digest, other.figures.digest);
}
