//! `yidi chaos`, for a few seconds: that it runs, makes faults, and finds nothing.

use super::{TURN, process::program};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_seconds_of_chaos_lose_nothing_and_double_nothing() {
    let _turn = TURN.lock().await;
    let arguments = ["chaos", "--scenario", "kill", "--seconds", "4", "--cashiers", "6"];
    let (holds, said) = tokio::task::spawn_blocking(move || program(&arguments)).await.expect("no panic");
    assert!(holds, "{said}");
    let row = said.lines().find(|line| line.starts_with("kill | ")).expect("a row of the table");
    let cells: Vec<&str> = row.split(" | ").collect();
    let number = |at: usize| cells[at].split(' ').next().unwrap().parse::<u32>().unwrap();
    let [faults, asked, standing] = [2, 3, 4].map(number);
    assert!(faults > 0 && asked > 0 && standing > 0, "{row}");
    assert_eq!([7, 8].map(number), [0, 0], "lost, doubled: {row}");
}
