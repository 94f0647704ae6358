//! The daily reconciliation of the three books: after lost and doubled messages, and after somebody has changed rows behind the
//! nodes' backs, the nights mend what a lost message explains and say so, and the rest is a matter for people.

use crate::{
    access::{Browser, PASSWORD, person},
    play::{Play, beijing, hubei},
};
use casework::difference::Stage;
use country::{checks, network::Fate};
use funds::{
    Side,
    reconciliation::{Cause, Part},
};
use node::api::client::Client;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Store,
    daily_reconciliation::{self as days, Reconciled},
    difference::{self, Difference, Wanted},
    measure::{self, Tampering, tamper},
    outbox,
};
use terms::{Clock, Day, Fen, Participant, SettlementId};
use wire::api::reconciliation::{Differences, Reconciliations};

/// A play with settlements, of which none is anybody's matter yet.
struct Story {
    play: Play,
    stays: u64,
}

impl Story {
    async fn begin() -> Self {
        Self { play: Play::prepare().await, stays: 1 }
    }

    /// Another stay, settled.
    async fn settle(&mut self) -> SettlementId {
        let id = self.play.settle_patiently(&self.play.hospital.next_msgid()).await.settlement.unwrap();
        self.next_stay().await;
        id
    }

    async fn next_stay(&mut self) {
        self.stays += 1;
        self.play.next_stay(self.stays).await;
    }

    /// Another stay, settled everywhere but that the treatment place never hears so and has forgotten that it asked.
    async fn settle_unheard(&mut self) -> SettlementId {
        let wire = self.play.world.province(hubei()).unwrap().to_hub.as_ref().unwrap();
        wire.next([Fate::DropResponse]);
        self.play.settle(&self.play.hospital.next_msgid()).await.unwrap_err();
        let node = &self.play.world.province(hubei()).unwrap().node;
        let mut conn = node.context.store.conn().await.unwrap();
        let all = store::treatment::of_visit(&mut conn, self.play.visit).await.unwrap();
        let id = all[0].id;
        drop(conn);
        self.forget(id, "settle").await;
        self.next_stay().await;
        id
    }

    /// Takes a question out of the treatment place's outbox.
    async fn forget(&self, id: SettlementId, kind: &str) {
        let node = &self.play.world.province(hubei()).unwrap().node;
        let place = self.play.world.institution(&self.play.hospital.settings().code).unwrap().place;
        let mut work = node.context.store.begin().await.unwrap();
        outbox::take(&mut work, place.0.pooling_area(), &id.to_string(), kind).await.unwrap();
        work.save().await.unwrap();
    }

    async fn cancel(&self, id: SettlementId) {
        let node = &self.play.world.province(hubei()).unwrap().node;
        let mut conn = node.context.store.conn().await.unwrap();
        let visit = store::treatment::find(&mut conn, id).await.unwrap().unwrap().visit;
        drop(conn);
        self.play.hospital.cancel(&self.play.patient, visit, id).await.unwrap();
    }

    fn store(&self, participant: Participant) -> &Store {
        match participant {
            Participant::Hub => &self.play.world.hub.context.store,
            Participant::Province(province) => {
                &self.play.world.province(province).unwrap().node.context.store
            }
        }
    }

    /// Changes a row of one side's book behind its back.
    async fn tamper(&self, side: Side, id: SettlementId, how: Tampering) {
        let participant = match side {
            Side::Treatment => Participant::Province(hubei()),
            Side::Hub => Participant::Hub,
            Side::Insured => Participant::Province(beijing()),
        };
        let mut conn = self.store(participant).conn().await.unwrap();
        assert!(tamper(&mut conn, side, id, how).await.unwrap(), "{side} {how:?}");
    }

    /// What is due by itself at both provinces, again and again until it is done, whatever is lost.
    async fn ticks(&self) {
        for side in self.play.world.provinces.values() {
            let mut done = false;
            for _ in 0..60 {
                done = side.node.keep_reconciliation().await.is_ok();
                if done {
                    break;
                }
            }
            assert!(done, "it never gets through");
        }
    }

    /// Lets the night come, and all that is due in it.
    async fn night(&self) {
        let now = self.play.world.clock.now();
        let begins = now.day().plus_days(1).start().plus_millis(2 * 3_600_000);
        let seconds = (begins.millis() - now.millis()) / 1_000;
        self.play.world.clock.pass_seconds(u32::try_from(seconds).unwrap());
        self.ticks().await;
    }

    /// Lets half an hour pass, and what is due then.
    async fn half_an_hour(&self) {
        self.play.world.clock.pass_seconds(1_900);
        self.ticks().await;
    }

    /// All differences that a node knows of, by settlement.
    async fn differences(&self, participant: Participant) -> BTreeMap<SettlementId, Vec<Difference>> {
        let today = self.play.world.clock.now().day();
        let wanted = Wanted { stages: &Stage::ALL, first: today.plus_days(-60), last: today, after: None };
        let mut conn = self.store(participant).conn().await.unwrap();
        let mut found = BTreeMap::<SettlementId, Vec<Difference>>::new();
        for one in difference::list(&mut conn, wanted, 1_000).await.unwrap() {
            found.entry(one.settlement).or_default().push(one);
        }
        found
    }

    /// The settlements that nobody may clear yet, as the hub knows it.
    async fn open(&self) -> BTreeSet<SettlementId> {
        let today = self.play.world.clock.now().day();
        let mut conn = self.store(Participant::Hub).conn().await.unwrap();
        difference::open_settlements(&mut conn, today.plus_days(-60), today).await.unwrap()
    }

    /// What a node has written of a day.
    async fn day(&self, participant: Participant, day: Day) -> BTreeMap<(String, Part), Reconciled> {
        let mut conn = self.store(participant).conn().await.unwrap();
        let listed = days::list(&mut conn, None, (day, day)).await.unwrap();
        listed.into_iter().map(|one| ((one.province.to_string(), one.part), one)).collect()
    }

    fn clerk(&self, participant: Participant) -> Client {
        let node = match participant {
            Participant::Hub => self.play.world.hub_url(),
            Participant::Province(province) => self.play.world.province(province).unwrap().url(),
        };
        Client { node, token: "令牌".to_owned(), operator: Some("经办甲".to_owned()), duty: None }
    }
}

/// Where a difference stands, why, and whose matter it is.
fn told(differences: &BTreeMap<SettlementId, Vec<Difference>>, id: SettlementId) -> (Stage, Cause, Side) {
    let of = &differences.get(&id).unwrap_or_else(|| panic!("nothing is known of {id}"))[0];
    (of.matter.stage, of.cause, of.owner)
}

const TREATMENT: &str = "420000";
const INSURED: &str = "110000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nights_mend_what_a_lost_message_explains_and_tell_people_of_the_rest() {
    let mut story = Story::begin().await;
    let agreed = story.settle().await;
    let not_recorded = story.settle().await;
    let shifted_at_hub = story.settle().await;
    let shifted_at_insured = story.settle().await;
    let lost_at_treatment = story.settle().await;
    let undone_at_treatment = story.settle().await;
    let lost_at_insured = story.settle().await;
    let unheard = story.settle_unheard().await;
    let undoing = story.settle().await;
    let undone = story.settle().await;
    let restored = story.settle().await;
    for id in [undone, restored] {
        story.cancel(id).await;
    }
    story.play.world.province(hubei()).unwrap().to_hub.as_ref().unwrap().next([Fate::DropRequest]);
    story.cancel(undoing).await;
    story.forget(undoing, "undo").await;
    for (side, id, how) in [
        (Side::Hub, not_recorded, Tampering::Deleted),
        (Side::Hub, shifted_at_hub, Tampering::Shifted(Fen(100))),
        (Side::Insured, shifted_at_insured, Tampering::Shifted(Fen(1))),
        (Side::Treatment, lost_at_treatment, Tampering::Deleted),
        (Side::Treatment, undone_at_treatment, Tampering::Undone),
        (Side::Insured, lost_at_insured, Tampering::Deleted),
        (Side::Hub, undone, Tampering::Standing),
        (Side::Insured, restored, Tampering::Restored),
    ] {
        story.tamper(side, id, how).await;
    }
    let day = agreed.given_at().day();

    // Every message of that night may be lost, its answer may be, or it comes twice.
    let mut turn = 0;
    let fates = [Fate::Pass, Fate::DropRequest, Fate::Double, Fate::Pass, Fate::DropResponse, Fate::Pass];
    for side in story.play.world.provinces.values() {
        side.to_hub.as_ref().unwrap().decide(move |_| {
            turn += 1;
            fates[turn % fates.len()]
        });
    }
    story.night().await;
    for side in story.play.world.provinces.values() {
        side.to_hub.as_ref().unwrap().always(Fate::Pass);
    }
    for _ in 0..3 {
        story.half_an_hour().await;
    }

    let treatment = story.differences(Participant::Province(hubei())).await;
    for (id, expected) in [
        (not_recorded, (Stage::Mended, Cause::NotRecorded, Side::Treatment)),
        (unheard, (Stage::Mended, Cause::AnswerLost, Side::Treatment)),
        (undoing, (Stage::Mended, Cause::UndoingLost, Side::Treatment)),
        (undone, (Stage::Mended, Cause::UndoingNotRecorded, Side::Treatment)),
        (shifted_at_hub, (Stage::Open, Cause::Unexplained, Side::Hub)),
        (lost_at_treatment, (Stage::Open, Cause::Unexplained, Side::Treatment)),
        (undone_at_treatment, (Stage::Open, Cause::OwnRowAltered, Side::Treatment)),
    ] {
        assert_eq!(told(&treatment, id), expected, "{:#?}", treatment[&id]);
    }
    assert_eq!(treatment.len(), 7);
    let notes: Vec<_> = treatment[&not_recorded][0].matter.notes.iter().map(|note| &note.text[..]).collect();
    assert_eq!(
        notes[0],
        "在国家平台账中缺失（国家平台漏记，由就医地以原结算ID重发，参保地返回首次应答后补记）"
    );
    assert!(notes[1].starts_with("已以原结算ID重发结算"), "{notes:?}");
    assert_eq!(notes.last(), Some(&"重发后各方账务已一致"), "it says so");

    let insured = story.differences(Participant::Province(beijing())).await;
    for (id, expected) in [
        (shifted_at_hub, (Stage::Open, Cause::Unexplained, Side::Hub)),
        (shifted_at_insured, (Stage::Open, Cause::OwnRowAltered, Side::Insured)),
        (lost_at_insured, (Stage::Open, Cause::OwnRowAltered, Side::Insured)),
        (restored, (Stage::Mended, Cause::AwaitsTreatment, Side::Treatment)),
        (not_recorded, (Stage::Mended, Cause::AwaitsTreatment, Side::Treatment)),
        (undone, (Stage::Mended, Cause::AwaitsTreatment, Side::Treatment)),
    ] {
        assert_eq!(told(&insured, id), expected, "{:#?}", insured[&id]);
    }
    assert_eq!(insured.len(), 6);

    // The hub knows the same, of both provinces.
    let left = BTreeSet::from([
        shifted_at_hub,
        shifted_at_insured,
        lost_at_treatment,
        undone_at_treatment,
        lost_at_insured,
    ]);
    assert_eq!(story.open().await, left);
    let hub = story.differences(Participant::Hub).await;
    assert_eq!(hub[&shifted_at_hub].len(), 2);
    assert_eq!(told(&hub, unheard), told(&treatment, unheard));
    let written = story.day(Participant::Hub, day).await;
    let counts: Vec<_> =
        written.values().map(|one| (one.province.to_string(), one.part, one.differing)).collect();
    assert_eq!(
        counts,
        [
            (INSURED.to_owned(), Part::Treatment, 0),
            (INSURED.to_owned(), Part::Insured, 3),
            (TREATMENT.to_owned(), Part::Treatment, 3),
            (TREATMENT.to_owned(), Part::Insured, 0),
        ]
    );

    people_explain(&story, &left, shifted_at_hub).await;
}

/// Clerks look at what is left, say what it was, and the hub hears of it.
async fn people_explain(story: &Story, left: &BTreeSet<SettlementId>, confirmed: SettlementId) {
    let day = confirmed.given_at().day();
    let hub = story.clerk(Participant::Hub);
    let path = format!("/api/v1/funds/differences?from={day}&to={day}");
    let listed: Differences = hub.get(&path).await.unwrap();
    assert_eq!(listed.differences.len(), left.len() + 1, "one of them by both provinces");
    assert!(listed.differences.iter().all(|one| one.stage == "open"));
    // What the treatment place has is explained there.
    let treatment = story.clerk(Participant::Province(hubei()));
    let open: Differences = treatment.get(&path).await.unwrap();
    for one in &open.differences {
        let path = format!("/api/v1/funds/differences/{}/explain", one.settlement);
        let said: Differences = treatment.post(&path, &json!({ "note": "已查明" })).await.unwrap();
        assert_eq!(
            (&said.differences[0].stage[..], &said.differences[0].notes.last().unwrap().by[..]),
            ("explained", "经办甲")
        );
        let again = treatment.post::<Differences>(&path, &json!({ "note": "再次" })).await.unwrap_err();
        assert!(again.to_string().contains("difference-stage"), "{again}");
    }
    let unknown = format!("/api/v1/funds/differences/{}/explain", "4".repeat(30));
    assert!(treatment.post::<Differences>(&unknown, &json!({ "note": "无" })).await.is_err());
    story.ticks().await;
    let explained: BTreeSet<String> = open.differences.iter().map(|one| one.settlement.clone()).collect();
    let known: Differences = hub.get(&format!("{path}&stage=explained")).await.unwrap();
    assert_eq!(
        known.differences.iter().map(|one| one.settlement.clone()).collect::<BTreeSet<_>>(),
        explained
    );
    // The other province still differs on the one that the hub has wrong: the hub confirms it for both.
    assert!(story.open().await.contains(&confirmed));
    // Of its two books one is explained already: what is said at the hub is about the other, once.
    let path = format!("/api/v1/funds/differences/{confirmed}/explain");
    let said: Differences = hub.post(&path, &json!({ "note": "国家平台账被改动" })).await.unwrap();
    let about: Vec<_> = said.differences.iter().map(|one| (&one.province[..], &one.stage[..])).collect();
    assert_eq!(about, [(INSURED, "explained")]);
    assert!(hub.post::<Differences>(&path, &json!({ "note": "再次" })).await.is_err());
    let path = format!("/api/v1/funds/differences/{confirmed}/confirm");
    let said: Differences =
        hub.post(&path, &json!({ "note": "国家平台账有误，按参保地结算更正" })).await.unwrap();
    assert_eq!(said.differences.len(), 2);
    assert!(!story.open().await.contains(&confirmed));
    assert_eq!(story.open().await.len(), 2, "what the insured place has to look into");
    // The next night finds nothing new, and what people said stands.
    story.night().await;
    assert_eq!(story.open().await.len(), 2);
    // Another side is to look.
    let one = *story.open().await.first().unwrap();
    let path = format!("/api/v1/funds/differences/{one}/assign");
    let said: Differences =
        hub.post(&path, &json!({ "owner": "treatment", "note": "请就医地核对" })).await.unwrap();
    assert_eq!(
        (&said.differences[0].owner[..], said.differences[0].agency.as_deref()),
        ("treatment", Some("420000"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_is_no_difference_and_an_old_day_is_looked_at_when_it_changes() {
    let mut story = Story::begin().await;
    let settled = story.settle().await;
    let unheard = story.settle_unheard().await;
    let (today, me) = (story.play.world.clock.now().day(), Participant::Province(hubei()));
    let clerk = story.clerk(me);
    let body = json!({ "from": today, "to": today });
    let path = "/api/v1/funds/reconciliations";
    let now: Reconciliations = clerk.post(path, &body).await.unwrap();
    let counts = |one: &Reconciliations| {
        let of = &one.reconciliations[0];
        (of.part.clone(), of.standing, of.differing, of.under_way, of.agreed, of.ran_by.clone())
    };
    assert_eq!(counts(&now), ("treatment".to_owned(), 1, 0, 1, true, "经办甲".to_owned()));
    // It went back into the outbox.
    story.play.dust_settles().await;
    story.night().await;
    let day = settled.given_at().day();
    let written = story.day(me, day).await;
    let of_treatment = &written[&(TREATMENT.to_owned(), Part::Treatment)];
    assert_eq!((of_treatment.standing, of_treatment.differing, of_treatment.under_way), (2, 0, 0));
    assert!(of_treatment.reported_at.is_some());
    let reported = story.day(Participant::Hub, day).await;
    assert_eq!(reported.len(), 4, "both provinces, both parts");
    assert!(story.differences(me).await.is_empty());
    let first = of_treatment.ran_at;

    // Three days later one of them is cancelled: the night looks at its day again, and at no other old one.
    story.play.world.clock.pass_days(3);
    story.night().await;
    assert_eq!(story.day(me, day).await[&(TREATMENT.to_owned(), Part::Treatment)].ran_at, first);
    story.cancel(unheard).await;
    story.play.world.until_quiet().await.unwrap();
    story.night().await;
    for participant in [me, Participant::Hub] {
        let written = story.day(participant, day).await;
        for key in [(TREATMENT.to_owned(), Part::Treatment), (INSURED.to_owned(), Part::Insured)] {
            let Some(one) = written.get(&key) else {
                assert_ne!(key.0, TREATMENT);
                continue;
            };
            assert_eq!((one.standing, one.differing), (1, 0), "{participant} {key:?}");
            assert!(one.ran_at > first);
        }
    }
    let failures = checks::failures(&story.play.world).await.unwrap();
    assert!(failures.is_empty(), "{failures:#?}");
    // The same night again does nothing.
    let before = story.day(Participant::Hub, day).await;
    story.ticks().await;
    assert_eq!(story.day(Participant::Hub, day).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_insured_place_that_was_restored_from_a_backup_gets_back_what_the_others_have_heard() {
    let mut story = Story::begin().await;
    let insured = Participant::Province(beijing());
    let (kept, taken_back) = (story.settle().await, story.settle().await);
    measure::remember(&mut story.store(insured).conn().await.unwrap()).await.unwrap();
    story.cancel(taken_back).await;
    let lost = [story.settle().await, story.settle().await, story.settle().await];
    let gone = story.settle().await;
    story.cancel(gone).await;
    story.play.dust_settles().await;
    let year = story.play.year().await;
    assert_eq!(story.play.standing().await, [4, 4, 4]);

    measure::forget_since(&mut story.store(insured).conn().await.unwrap()).await.unwrap();
    assert_eq!(story.play.standing().await, [4, 4, 2], "what was settled and undone since is not there");
    assert_ne!(story.play.year().await, year);
    story.night().await;
    for _ in 0..3 {
        story.half_an_hour().await;
    }
    story.play.dust_settles().await;
    assert_eq!(story.play.standing().await, [4, 4, 4]);
    assert_eq!(story.play.year().await, year, "to the fen, in the order of before");
    let differences = story.differences(insured).await;
    for id in lost.into_iter().chain([taken_back]) {
        assert_eq!(told(&differences, id), (Stage::Mended, Cause::AwaitsTreatment, Side::Treatment));
    }
    assert!([kept, gone].iter().all(|id| !differences.contains_key(id)), "{differences:#?}");
    assert!(story.open().await.is_empty());
}

/// What it was told of that stays true where the others know it; what nobody but the treatment place had, its visits, does not come
/// back, and people hear of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_treatment_place_that_was_restored_undoes_what_it_had_undone_and_lists_what_it_has_lost() {
    let mut story = Story::begin().await;
    let treatment = Participant::Province(hubei());
    let (kept, taken_back) = (story.settle().await, story.settle().await);
    let unheard = story.settle_unheard().await;
    measure::remember(&mut story.store(treatment).conn().await.unwrap()).await.unwrap();
    story.cancel(taken_back).await;
    let lost = story.settle().await;
    let gone = story.settle().await;
    story.cancel(gone).await;
    story.play.world.until_quiet().await.unwrap();
    let year = story.play.year().await;

    measure::forget_since(&mut story.store(treatment).conn().await.unwrap()).await.unwrap();
    for twice in [false, true] {
        story.night().await;
        for _ in 0..3 {
            story.half_an_hour().await;
        }
        story.play.world.until_quiet().await.unwrap();
        assert_eq!(story.play.year().await, year, "nothing is settled or undone twice");
        let differences = story.differences(treatment).await;
        let mended = (Stage::Mended, Cause::UndoingForgotten, Side::Treatment);
        assert_eq!(told(&differences, taken_back), mended, "{twice}: {:#?}", differences[&taken_back]);
        assert_eq!(told(&differences, lost), (Stage::Open, Cause::Unexplained, Side::Treatment));
        assert_eq!(told(&differences, unheard), (Stage::Mended, Cause::AnswerLost, Side::Treatment));
        assert!([kept, gone].iter().all(|id| !differences.contains_key(id)), "{differences:#?}");
        // The hub keeps it out of the month's clearing until people have decided.
        assert_eq!(story.open().await, [lost].into());
        assert_eq!(story.play.standing().await, [2, 3, 3], "kept, unheard and, elsewhere, what is lost");
    }
}

/// Whoever has an account at a node, logged in anew: nights pass between two looks.
async fn seat(node: &str, account: &str) -> Browser {
    let mut browser = Browser::at(node);
    browser.log_in(account, PASSWORD, None).await.unwrap();
    browser
}

/// How many differences wait at somebody's desk: to be explained, and to be confirmed.
async fn waiting(node: &str, account: &str) -> (i64, i64) {
    let list = seat(node, account).await.get("/api/v1/work").await;
    let count = |kind: &str| {
        let found = list["work"].as_array().unwrap().iter().find(|item| item["kind"] == kind);
        found.map_or(0, |item| item["count"].as_i64().unwrap())
    };
    (count("differences"), count("explained"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooling_area_sees_and_works_the_differences_of_its_own_book() {
    let mut story = Story::begin().await;
    let own_row = story.settle().await;
    let of_the_hub = story.settle().await;
    let lost = story.settle().await;
    for (side, id, how) in [
        (Side::Treatment, own_row, Tampering::Undone),
        (Side::Hub, of_the_hub, Tampering::Shifted(Fen(100))),
        (Side::Treatment, lost, Tampering::Deleted),
    ] {
        story.tamper(side, id, how).await;
    }
    story.night().await;
    let node = story.play.world.province(hubei()).unwrap().url();
    for (account, name, role, area) in [
        ("sheng01", "周某省", "agency-operator", "420000"),
        ("wuhan01", "吴某汉", "agency-operator", "420100"),
        ("wuhan02", "郑某汉", "agency-reviewer", "420100"),
        ("yichang1", "冯某昌", "agency-operator", "420500"),
        ("wuchang1", "陈某昌", "agency-operator", "420106"),
    ] {
        person(&node, account, name, role, area).await;
    }

    // What stands in the city's book is the city's, whoever has to look; what stands in none is the province's.
    for (account, count) in [("sheng01", 3), ("wuhan01", 2), ("yichang1", 0), ("wuchang1", 0)] {
        assert_eq!(waiting(&node, account).await, (count, 0), "{account}");
    }
    let day = own_row.given_at().day();
    let path = format!("/api/v1/funds/differences?from={day}&to={day}");
    let listed = async |account: &str| {
        let found = seat(&node, account).await.get(&path).await;
        let text = |one: &Value, field: &str| one[field].as_str().map(str::to_owned);
        let name = |one: &Value| (text(one, "settlement").unwrap(), text(one, "area_name"));
        found["differences"].as_array().unwrap().iter().map(name).collect::<BTreeMap<_, _>>()
    };
    let wuhan = |id: SettlementId| (id.to_string(), Some("湖北省武汉市".to_owned()));
    assert_eq!(listed("wuhan01").await, BTreeMap::from([wuhan(own_row), wuhan(of_the_hub)]));
    assert_eq!((listed("yichang1").await.len(), listed("wuchang1").await.len()), (0, 0));
    assert_eq!(listed("sheng01").await[&lost.to_string()], None);

    // Nobody else works it, nor the city what is the province's.
    let act = |id: SettlementId, step: &str| format!("/api/v1/funds/differences/{id}/{step}");
    let note = json!({ "note": "已核对原始凭证" });
    let assign = json!({ "note": "请核对", "owner": "treatment" });
    let denied = || (403, "not-permitted".to_owned());
    for (account, id) in [("yichang1", own_row), ("wuchang1", own_row), ("wuhan01", lost)] {
        let browser = seat(&node, account).await;
        for (step, body) in [("explain", &note), ("reopen", &note), ("assign", &assign)] {
            assert_eq!(
                browser.refused("post", &act(id, step), Some(body)).await,
                denied(),
                "{account} {step}"
            );
        }
    }
    let days = format!("/api/v1/funds/reconciliations?from={day}&to={day}");
    assert_eq!(seat(&node, "wuhan01").await.refused("get", &days, None).await, denied());

    // One there explains it, another confirms it.
    let wuhan = seat(&node, "wuhan01").await;
    let said = wuhan.post(&act(own_row, "explain"), note.clone()).await;
    assert_eq!(said["differences"][0]["stage"], "explained");
    assert_eq!(wuhan.refused("post", &act(own_row, "confirm"), Some(&note)).await, denied());
    assert_eq!((waiting(&node, "wuhan01").await, waiting(&node, "wuhan02").await), ((1, 0), (0, 1)));
    let reviewer = seat(&node, "wuhan02").await;
    let said = reviewer.post(&act(own_row, "confirm"), note.clone()).await;
    assert_eq!(said["differences"][0]["stage"], "confirmed");
    assert_eq!(waiting(&node, "wuhan02").await, (0, 0));
    // What the hub is to look into is handed over: it is the city again that looks.
    let said = wuhan.post(&act(of_the_hub, "assign"), assign).await;
    assert_eq!(
        (&said["differences"][0]["owner"], &said["differences"][0]["agency"]),
        (&json!("treatment"), &json!("420100"))
    );
    // A row that is lost by the next look was still the city's.
    story.tamper(Side::Treatment, of_the_hub, Tampering::Deleted).await;
    story.night().await;
    assert_eq!(waiting(&node, "wuhan01").await, (1, 0));
}
