//! Details that are sent on after a settlement: in batches, through every bad luck, once and whole; and what differs is found.

use crate::kinds::{Care, Told, of_every_kind};
use crate::play::{Play, beijing, hubei};
use country::{
    bills::{self, Order},
    checks,
    hospital::Stay,
    network::Fate,
};
use node::api::client::Client;
use std::{sync::Arc, time::Duration};
use store::{detail, transmission};
use terms::{Clock, Fen, PoolingArea, SettlementId};
use wire::api::{DetailsView, TransmissionView, Transmissions};

/// The lines of the long stay.
const LINES: usize = 1_203;

/// A settled stay with so many lines, of which nothing was sent on yet.
struct Story {
    play: Play,
    id: SettlementId,
    lines: usize,
}

impl Story {
    async fn settled(lines: usize) -> Self {
        let mut play = Play::prepare().await;
        let id = settle(&mut play, lines, 1).await;
        Self { play, id, lines }
    }

    /// Another stay.
    async fn again(&mut self, seed: u64) {
        self.id = settle(&mut self.play, self.lines, seed).await;
    }

    /// What the treatment place has written down.
    async fn sent(&self) -> Option<transmission::Transmission> {
        let node = &self.play.world.province(hubei()).unwrap().node;
        transmission::find(&mut node.context.store.conn().await.unwrap(), self.id).await.unwrap()
    }

    /// What the insured place has written down, and how many lines it has.
    async fn received(&self) -> (Option<detail::Receipt>, i64) {
        let node = &self.play.world.province(beijing()).unwrap().node;
        let mut conn = node.context.store.conn().await.unwrap();
        let lines = detail::sums(&mut conn, self.area(), self.id).await.unwrap().0;
        (detail::receipt(&mut conn, self.area(), self.id).await.unwrap(), lines)
    }

    fn area(&self) -> PoolingArea {
        self.play.patient.insured.pooling_area()
    }

    /// A clerk's way to a province.
    fn clerk(&self, province: terms::Province) -> Client {
        Client {
            node: self.play.world.province(province).unwrap().url(),
            token: "令牌".to_owned(),
            operator: Some("经办甲".to_owned()),
            duty: None,
        }
    }

    /// Sends on what is due until nothing is under way, as long as it takes; how many attempts that took.
    async fn send_patiently(&self) -> usize {
        for attempt in 1..=12 {
            self.play.world.send_details().await;
            match self.sent().await.map(|sent| sent.stage) {
                Some(transmission::Stage::Due | transmission::Stage::UnderWay) | None => {
                    self.play.world.clock.pass_seconds(7_200);
                }
                Some(_) => return attempt,
            }
        }
        panic!("never over: {:?}", self.sent().await);
    }

    /// Whether both ends have all lines and the same sums.
    async fn is_whole(&self) {
        let sent = self.sent().await.unwrap();
        let (receipt, lines) = self.received().await;
        let receipt = receipt.unwrap();
        assert_eq!((sent.stage, sent.difference), (transmission::Stage::Complete, None));
        assert_eq!((receipt.stage, receipt.difference), (detail::Stage::Complete, None));
        let expected = i64::try_from(self.lines).unwrap();
        assert_eq!([sent.lines, receipt.lines, receipt.lines_due, lines], [expected; 4]);
        assert_eq!((receipt.total, receipt.total_due), (self.play.total, self.play.total));
        let failures = checks::failures(&self.play.world).await.unwrap();
        assert!(failures.is_empty(), "{failures:#?}");
    }
}

/// A stay with so many lines, settled, two days ago.
async fn settle(play: &mut Play, lines: usize, seed: u64) -> SettlementId {
    let now = play.world.clock.now();
    let (admitted, discharged) = (now.plus_millis(-9 * 86_400_000), now.plus_millis(-3_600_000));
    let level = play.world.institution(&play.hospital.settings().code).unwrap().level;
    let catalog = play.world.rules.catalog(hubei());
    let order = Order { level, admitted, discharged, total: Fen::yuan(90_000), lines, seed };
    let bill = bills::bill(&catalog, &order);
    let stay = Stay::ordinary(&format!("CD{seed:06}"), admitted, discharged);
    if seed == 1 {
        // The stay that the play had ready.
        play.settle_patiently(&play.hospital.next_msgid()).await;
    }
    play.visit = play.hospital.admit(&play.patient, &stay).await.unwrap();
    play.hospital.upload(&play.patient, play.visit, &stay, &bill).await.unwrap();
    play.hospital.discharge(&play.patient, play.visit, &stay).await.unwrap();
    play.total = bills::total(&bill);
    let id = play.settle_patiently(&play.hospital.next_msgid()).await.id().unwrap();
    assert_eq!(play.world.send_details().await, 0, "nothing of the new one is due yet");
    play.world.clock.pass_days(2);
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_bill_goes_on_in_batches_after_a_day_and_the_clerk_sees_it() {
    let story = Story::settled(LINES).await;
    assert_eq!(story.received().await, (None, 0));
    assert_eq!(story.play.world.send_details().await, 2, "the short stay before it and this one");
    story.is_whole().await;
    assert_eq!(story.sent().await.unwrap().batches, 3);
    assert_eq!(story.play.world.send_details().await, 0, "once");

    let clerk = story.clerk(beijing());
    let looks = || async {
        let store = &story.play.world.province(beijing()).unwrap().node.context.store;
        store::census::row_counts(&mut store.conn().await.unwrap()).await.unwrap()["look"]
    };
    let before = looks().await;
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/details?insured=110000&settlement={}{after}", story.id);
        let page: DetailsView = clerk.get(&path).await.unwrap();
        assert_eq!((page.stage.as_str(), page.lines), ("complete", 1_203));
        seen.extend(page.details);
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), LINES);
    assert_eq!(seen.iter().map(|line| line.amount).sum::<Fen>(), story.play.total);
    assert_eq!(looks().await, before + 3, "every look is recorded");
    let nobody = clerk
        .get::<DetailsView>("/api/v1/details?insured=110000&settlement=420000179523180000000000000001")
        .await;
    assert!(nobody.unwrap_err().to_string().contains("unknown-settlement"));

    let operator = story.clerk(hubei());
    let list: Transmissions = operator.get("/api/v1/transmissions?stage=complete").await.unwrap();
    assert_eq!(list.counts.get("complete"), Some(&2));
    assert!(
        list.transmissions.iter().any(|one| one.settlement == story.id.to_string() && one.lines == 1_203)
    );
    let wrong = operator.get::<Transmissions>("/api/v1/transmissions?stage=other").await;
    assert!(wrong.unwrap_err().to_string().contains("field-invalid"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_and_a_purchase_go_on_within_minutes_and_a_stay_after_a_day() {
    of_every_kind(async |case| {
        let told = Told::read(&case.settle_patiently(&case.ask.software.next_msgid()).await);
        let area = case.play.patient.insured.pooling_area();
        let id: SettlementId = told.id.parse().unwrap();
        let complete = async || {
            let node = &case.play.world.province(beijing()).unwrap().node;
            let mut conn = node.context.store.conn().await.unwrap();
            let receipt = detail::receipt(&mut conn, area, id).await.unwrap();
            receipt.map(|receipt| (receipt.stage, receipt.difference, receipt.total))
        };
        let whole = Some((detail::Stage::Complete, None, told.total));
        case.play.world.send_details().await;
        assert_eq!(complete().await, None, "{:?}: it may still be written down", case.kind);
        case.play.world.clock.pass_seconds(180);
        case.play.world.send_details().await;
        let is_stay = case.ask.care == Care::Stay;
        assert_eq!(complete().await, if is_stay { None } else { whole.clone() }, "{:?}", case.kind);
        case.play.world.clock.pass_days(1);
        case.play.world.send_details().await;
        assert_eq!(complete().await, whole, "{:?}", case.kind);
        let failures = checks::failures(&case.play.world).await.unwrap();
        assert!(failures.is_empty(), "{:?}: {failures:#?}", case.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_batch_survives_every_fate_on_both_hops() {
    let mut story = Story::settled(LINES).await;
    story.send_patiently().await;
    let mut seed = 2;
    for from_hub in [false, true] {
        // Each fate meets each of the three batches in turn.
        for fate in
            [Fate::DropRequest, Fate::DropResponse, Fate::Double, Fate::Delay(Duration::from_millis(2_300))]
        {
            story.again(seed).await;
            let side = |province| story.play.world.province(province).unwrap();
            let wire = if from_hub { &side(beijing()).from_hub } else { &side(hubei()).to_hub };
            let pass = Fate::Pass;
            // Batch one, one again, two, two again, three, three again.
            match fate {
                Fate::Double => wire.as_ref().unwrap().next([fate, fate, fate]),
                Fate::Delay(_) => wire.as_ref().unwrap().next([pass, fate]),
                _ => wire.as_ref().unwrap().next([fate, pass, fate, pass, fate]),
            }
            let attempts = story.send_patiently().await;
            story.is_whole().await;
            match fate {
                Fate::Double => assert_eq!(attempts, 1, "{fate:?} {from_hub}"),
                _ => assert!(attempts > 1, "{fate:?} {from_hub}: {attempts}"),
            }
            seed += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_node_goes_on_where_it_was_and_a_late_batch_changes_nothing() {
    let mut story = Story::settled(LINES).await;
    let to_hub = &story.play.world.province(hubei()).unwrap().to_hub;
    // The short stay is sent at the same time: its one batch is not of this settlement.
    let id = story.id.to_string();
    let mut seen = 0;
    to_hub.as_ref().unwrap().decide(move |passing| {
        seen += usize::from(passing.says(&id));
        if passing.says(&id) && seen == 2 { Fate::Hold } else { Fate::Pass }
    });
    let node = Arc::clone(&story.play.world.province(hubei()).unwrap().node);
    let sending = tokio::spawn(async move { node.send_details().await });
    to_hub.as_ref().unwrap().until_held(1).await;
    sending.abort();
    story.play.world.kill(hubei());
    assert_eq!(story.sent().await.unwrap().batches, 1, "one batch was taken");
    story.play.world.restart(hubei()).await.unwrap();
    story.play.world.clock.pass_seconds(120);
    story.send_patiently().await;
    story.is_whole().await;
    assert_eq!(story.sent().await.unwrap().round, 1, "it went on where it was");
    // The second batch of the killed node arrives at last.
    let to_hub = story.play.world.province(hubei()).unwrap().to_hub.as_ref().unwrap();
    let handled = to_hub.handled();
    to_hub.release(1);
    while to_hub.handled() == handled {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    story.is_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undoing_in_between_stops_it_and_what_had_come_is_deleted() {
    let mut story = Story::settled(LINES).await;
    for (seed, heard_before) in [(2, true), (3, false)] {
        let from_hub = story.play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap();
        let id = story.id.to_string();
        let mut seen = 0;
        from_hub.decide(move |passing| {
            let of_it = passing.says(&id) && passing.says("send_details");
            seen += usize::from(of_it);
            if of_it && seen == 2 { Fate::Hold } else { Fate::Pass }
        });
        let node = Arc::clone(&story.play.world.province(hubei()).unwrap().node);
        let sending = tokio::spawn(async move { node.send_details().await });
        from_hub.until_held(1).await;
        assert_eq!(story.received().await.1, 500);
        // The second batch is on its way when the hospital takes the settlement back.
        let input = serde_json::json!({ "data": {
            "mdtrt_id": story.play.visit.to_string(), "setl_id": story.id.to_string(),
            "psn_no": story.play.patient.number.as_str(),
        }});
        story.play.hospital.call("2305", Some(story.play.patient.insured), input).await.unwrap();
        story.play.world.until_quiet().await.unwrap();
        if heard_before {
            from_hub.release(1);
        } else {
            from_hub.lose(1);
        }
        sending.await.unwrap();
        story.send_patiently().await;
        let (receipt, lines) = story.received().await;
        assert_eq!((receipt.unwrap().stage, lines), (detail::Stage::Undone, 0), "{heard_before}");
        assert_eq!(story.sent().await.unwrap().stage, transmission::Stage::Stopped, "{heard_before}");
        let failures = checks::failures(&story.play.world).await.unwrap();
        assert!(failures.is_empty(), "{failures:#?}");
        // The stay is settled anew, and the details of that settlement go on.
        story.id = story.play.settle_patiently(&story.play.hospital.next_msgid()).await.id().unwrap();
        story.play.world.clock.pass_days(2);
        story.send_patiently().await;
        story.is_whole().await;
        story.again(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_behind_the_systems_back_is_found_and_sent_again_it_is_right() {
    let story = Story::settled(LINES).await;
    let store = &story.play.world.province(beijing()).unwrap().node.context.store;
    let from_hub = story.play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap();
    let id = story.id.to_string();
    let mut seen = 0;
    from_hub.decide(move |passing| {
        seen += usize::from(passing.says(&id));
        if passing.says(&id) && seen == 3 { Fate::Hold } else { Fate::Pass }
    });
    let node = Arc::clone(&story.play.world.province(hubei()).unwrap().node);
    let sending = tokio::spawn(async move { node.send_details().await });
    from_hub.until_held(1).await;
    let mut work = store.begin().await.unwrap();
    let mut line = detail::list(work.conn(), story.area(), story.id, "", 1).await.unwrap().remove(0);
    line.split.in_scope += Fen(1);
    line.split.total += Fen(1);
    let category = line.category;
    detail::put(&mut work, story.area(), story.id, &[line.clone()]).await.unwrap();
    work.save().await.unwrap();
    from_hub.release(1);
    sending.await.unwrap();

    let sent = story.sent().await.unwrap();
    assert_eq!(sent.stage, transmission::Stage::Different);
    let difference = sent.difference.unwrap();
    assert!(difference.contains(category.chinese()) && difference.contains("总额"), "{difference}");
    let operator = story.clerk(hubei());
    let list: Transmissions = operator.get("/api/v1/transmissions").await.unwrap();
    assert_eq!(list.transmissions[0].difference.as_deref(), Some(difference.as_str()));
    story.play.world.clock.pass_days(3);
    assert_eq!(story.play.world.send_details().await, 0, "it waits until somebody has looked");

    let again = format!("/api/v1/transmissions/{}/again", story.id);
    let view: TransmissionView = operator.post(&again, &serde_json::json!({})).await.unwrap();
    assert_eq!((view.stage.as_str(), view.round), ("due", 2));
    story.send_patiently().await;
    story.is_whole().await;

    // Changed after it was complete, the check finds it.
    let mut work = store.begin().await.unwrap();
    detail::put(&mut work, story.area(), story.id, &[line]).await.unwrap();
    work.save().await.unwrap();
    let failures = checks::failures(&story.play.world).await.unwrap();
    assert!(failures.len() == 1 && failures[0].contains("明细在两端不一致"), "{failures:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_runs_by_itself_where_it_is_set_up() {
    let mut story = Story::settled(30).await;
    story.play.world.kill(hubei());
    let mut settings = story.play.world.province(hubei()).unwrap().node.settings.clone();
    settings.details_every = Some(Duration::from_millis(20));
    settings.details_batch = 7;
    story.play.world.restart_with(hubei(), settings).await.unwrap();
    for _ in 0..400 {
        if story.sent().await.is_some_and(|sent| sent.stage == transmission::Stage::Complete) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    story.is_whole().await;
    assert_eq!(story.sent().await.unwrap().batches, 5);
}
