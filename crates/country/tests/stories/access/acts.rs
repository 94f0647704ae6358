//! What somebody does while the node dies, or its database fails, at each point of it: whatever was done has an entry of the audit trail, and the
//! chain holds.

use super::{Browser, PASSWORD, person, program, trail};
use crate::{
    play::{beijing, world_of},
    trouble::{
        Fate::{self, CannotBegin, CannotRead, DiesAfter, DiesBefore, Fails, FailsAfter},
        Trouble, another_province,
    },
};
use node::Running;
use serde_json::json;
use std::time::Duration;
use wire::api::{
    account::{AccountView, NewAccountMade},
    audit_trail::AuditTrailVerified,
};

/// Longer than an act is held by one who says nothing.
const HELD_SECONDS: u32 = 61;

/// Asks an instance that dies of it.
async fn dies_of(trouble: &Trouble, instance: Running, asks: impl Future) {
    tokio::select! {
        _ = asks => panic!("it answers"),
        () = trouble.met() => trouble.ends(instance),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_a_node_dies_what_was_done_has_its_entry() {
    let world = world_of(&[beijing()]).await;
    let node = world.province(beijing()).unwrap().url();
    let administrator = person(&node, "guanli02", "管理某", "account-administrator", "110000").await;
    // To disable an account saves that it is begun, the account, and the entry: what comes of it, and what the trail says, if one of these fails.
    // Who lives knows how it ended, and writes that down when the database is there again.
    let unknown = Some("end-unknown");
    let cases: [(i64, Fate, bool, Option<&str>); 14] = [
        (0, CannotBegin, false, None),
        (0, CannotRead, false, None),
        (0, DiesBefore, false, None),
        (0, DiesAfter, false, unknown),
        (0, Fails, false, None),
        (0, FailsAfter, false, None),
        (1, DiesBefore, false, unknown),
        (1, DiesAfter, true, unknown),
        (1, Fails, false, Some("node-busy")),
        (1, FailsAfter, true, Some("node-busy")),
        (2, DiesBefore, true, unknown),
        (2, DiesAfter, true, Some("done")),
        (2, Fails, true, Some("done")),
        (2, FailsAfter, true, Some("done")),
    ];
    let of_case = |at: usize| format!("case-{at}");
    for (at, &(saved, fate, ..)) in cases.iter().enumerate() {
        let name = of_case(at);
        let new = json!({ "account": name, "name": "经办某", "role": "agency-operator", "area": "110000" });
        let _: NewAccountMade = program(&node).post("/api/v1/accounts", &new).await.unwrap();
        let trouble = Trouble::none();
        let other = another_province(&world, beijing(), &trouble).await;
        let (there, path) = (administrator.behind(&other.url()), format!("/api/v1/accounts/{name}/disable"));
        let (body, headers) = (json!({}), [("x-duty", name.as_str())]);
        let asks = there.ask_with("post", &path, Some(&body), &headers);
        trouble.after(saved, fate);
        if matches!(fate, DiesBefore | DiesAfter) {
            dies_of(&trouble, other, asks).await;
        } else {
            let (status, _, answer) = asks.await;
            assert_eq!((status, &answer["code"]), (503, &json!("node-busy")), "{fate:?} {saved}: {answer}");
            trouble.is_over();
            other.stop().await;
        }
    }
    // Nobody gives up what somebody may still be about.
    let all = "account=guanli02&action=maintain-accounts";
    let entries = trail(&program(&node), all).await.entries;
    assert!(entries.iter().all(|one| one.outcome != "end-unknown"), "{entries:?}");
    world.clock.pass_seconds(HELD_SECONDS);
    let expected = cases.iter().filter(|(.., outcome)| outcome.is_some()).count();
    let mut entries = Vec::new();
    for _ in 0..300 {
        entries = trail(&program(&node), all).await.entries;
        if entries.len() >= expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for (at, (saved, fate, is_done, outcome)) in cases.iter().enumerate() {
        let told = format!("{fate:?} {saved}");
        let seen: AccountView =
            program(&node).get(&format!("/api/v1/accounts/{}", of_case(at))).await.unwrap();
        assert_eq!(seen.state == "disabled", *is_done, "{told}");
        let found: Vec<_> = entries.iter().filter(|one| one.duty == of_case(at)).collect();
        let outcomes: Vec<_> = found.iter().map(|one| one.outcome.as_str()).collect();
        assert_eq!(outcomes, Vec::from_iter(*outcome), "{told}");
        for one in found {
            let subject = format!("/accounts/{}/disable", of_case(at));
            assert_eq!(
                (one.subject.as_str(), one.address.as_str()),
                (subject.as_str(), "127.0.0.1"),
                "{told}"
            );
        }
    }
    let verified: AuditTrailVerified = program(&node).get("/api/v1/audit-trail/verification").await.unwrap();
    assert!(verified.holds, "{verified:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_does_about_his_own_account_has_its_entry_too() {
    let world = world_of(&[beijing()]).await;
    let node = world.province(beijing()).unwrap().url();
    let clerk = person(&node, "jingban02", "经办某", "agency-operator", "110000").await;
    let instance = async || {
        let trouble = Trouble::none();
        let other = another_province(&world, beijing(), &trouble).await;
        (trouble, other)
    };
    // Each is begun, done, and written down; the process dies once it is done.
    let (trouble, other) = instance().await;
    let mut elsewhere = Browser::at(&other.url());
    trouble.after(1, DiesAfter);
    dies_of(&trouble, other, elsewhere.log_in("jingban02", PASSWORD, None)).await;
    let (trouble, other) = instance().await;
    let mut thief = Browser::at(&other.url());
    trouble.after(1, DiesAfter);
    dies_of(&trouble, other, thief.log_in("jingban02", "tree-lamp-94", None)).await;
    let (trouble, other) = instance().await;
    let there = clerk.behind(&other.url());
    let changed = json!({ "old": PASSWORD, "new": "lamp-tree-39" });
    trouble.after(1, DiesAfter);
    dies_of(&trouble, other, there.ask("post", "/web/password", Some(&changed))).await;
    Browser::at(&node).log_in("jingban02", "lamp-tree-39", None).await.expect("it was changed");

    world.clock.pass_seconds(HELD_SECONDS);
    let mut found = Vec::new();
    for _ in 0..300 {
        let entries = trail(&program(&node), "outcome=end-unknown").await.entries;
        found = entries.into_iter().map(|one| (one.action, one.account)).collect();
        if found.len() >= 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let said = |action: &str, account: &str| (action.to_owned(), account.to_owned());
    // Who shows a wrong password is nobody.
    let expected = [said("change-password", "jingban02"), said("log-in", ""), said("log-in", "jingban02")];
    assert_eq!(found, expected);
    world.stop().await;
}
