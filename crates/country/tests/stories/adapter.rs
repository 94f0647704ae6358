//! Schemes that an outside core system (外部核心系统) computes: the reference system over HTTP behind a line with bad luck, a real
//! hub and provinces before it. What it settles stands here, what does not stand here does not stand there, and what it says is
//! believed only if it adds up.

use crate::play::{Play, beijing, hubei, plain_model};
use benefit::outside::Amounts;
use casework::{institution::Secret, person::Person};
use country::{
    adapter_check::Partner,
    checks,
    hospital::{Hospital, Patient, Settings},
    network::{Fate, Wire},
    outside_scheme::{Benefit, Kept, OutsideCore, SimplePlan},
    people,
};
use node::OutsideScheme;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use terms::{Clock, Fen, FilingCategory, Fund, InsuranceScheme, MemberStatus, SettlementId, VisitId};
use wire::adapter::v1::Claim;

const KEY: &str = "示例共享密钥-900001";
const SCHEME: InsuranceScheme = InsuranceScheme::Resident;

/// Somebody of Wuhan, whose scheme an outside system computes, in a hospital of Beijing.
struct Outside {
    play: Play,
    core: Arc<OutsideCore>,
    /// The line between the node of Hubei and the system.
    line: Wire,
    scheme: OutsideScheme,
}

fn person() -> Person {
    people::person(people::WUHAN, SCHEME, MemberStatus::Adult, 7)
}

impl Outside {
    async fn filed() -> Self {
        Self::with(Box::new(SimplePlan::of(SCHEME)), true).await
    }

    async fn with(benefit: Box<dyn Benefit>, filed: bool) -> Self {
        let mut world = crate::play::world().await;
        let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
        let whose = (people::WUHAN, SCHEME);
        let core = Arc::new(OutsideCore::new(whose, KEY.to_owned(), Arc::clone(&clock), benefit));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let line = Wire::between(&listener.local_addr().unwrap().to_string()).await.unwrap();
        tokio::spawn(Arc::clone(&core).serve(listener));
        let scheme = OutsideScheme {
            area: people::WUHAN,
            scheme: SCHEME,
            address: format!("{}/yidi/adapter", line.address()),
            key: Secret(KEY.to_owned()),
            patience: Duration::from_millis(800),
        };
        let mut settings = world.province(hubei()).unwrap().node.settings.clone();
        settings.outside_schemes = vec![scheme.clone()];
        world.kill(hubei());
        world.restart_with(hubei(), settings).await.unwrap();

        let model = plain_model(&world, beijing());
        let institution = world.institution(&model.code()).unwrap();
        let counter = Wire::between(&world.province(beijing()).unwrap().url()).await.unwrap();
        let hospital =
            Hospital::new(Settings::of(institution, &counter.address()).form(model.form), Arc::clone(&clock));
        world.add_people(&[(people::WUHAN, person())]).await.unwrap();
        if filed {
            let begins = clock.now().day().plus_days(-60);
            let category = FilingCategory::LongTermResident;
            world.file(&person(), category, institution.place, begins).await.unwrap();
        }
        let visit = VisitId::new(beijing(), clock.now(), 0);
        let patient = Patient::of(&person());
        let mut play = Play { world, counter, hospital, patient, visit, total: Fen::ZERO };
        play.next_stay(1).await;
        Self { play, core, line, scheme }
    }

    /// What stands in the system's book.
    fn stands_there(&self) -> BTreeMap<SettlementId, Amounts> {
        let standing = |(id, kept)| match kept {
            Kept::Standing { amounts, .. } => Some((id, amounts)),
            Kept::Undone { .. } | Kept::Refused { .. } => None,
        };
        self.core.book().into_iter().filter_map(standing).collect()
    }

    /// All lines work, nothing waits, everything holds, and the system has what the books have.
    async fn dust_settles(&self) {
        self.line.always(Fate::Pass);
        self.play.dust_settles().await;
        let books = checks::Books::read(&self.play.world).await.unwrap();
        let here: BTreeMap<SettlementId, (Fen, Fen)> = books
            .insured
            .iter()
            .filter(|line| line.stage == funds::reconciliation::LineStage::Standing)
            .map(|line| (line.settlement, (line.total, line.person_total)))
            .collect();
        let there: BTreeMap<SettlementId, (Fen, Fen)> = self
            .stands_there()
            .into_iter()
            .map(|(id, amounts)| (id, (amounts.total, amounts.person_total)))
            .collect();
        assert_eq!(here, there, "what stands here and there");
    }

    async fn cancel_patiently(&self, id: SettlementId) {
        for _ in 0..40 {
            if self.play.hospital.cancel(&self.play.patient, self.play.visit, id).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never cancelled");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outside_system_computes_and_everything_else_is_as_ever() {
    let outside = Outside::filed().await;
    let play = &outside.play;
    let trial = play.hospital.try_settlement(&play.patient, play.visit, play.total).await.unwrap();
    assert!(outside.core.book().is_empty(), "a trial writes nothing there");
    assert_eq!(play.standing().await, [0, 0, 0], "nor here");
    let settled = play.settle(&play.hospital.next_msgid()).await.unwrap();
    assert_eq!(
        (trial.fund_total, trial.person_total, trial.deductible),
        (settled.fund_total, settled.person_total, settled.deductible)
    );
    let [(id, amounts)] = outside.stands_there().into_iter().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(settled.id().unwrap(), id);
    assert_eq!(settled.person_total, amounts.person_total);
    assert_eq!(settled.fund_total, amounts.funds[&Fund::ResidentPool]);
    assert_eq!(settled.deductible, Fen::yuan(800), "a hospital of the third level");
    assert_eq!(play.standing().await, [1, 1, 1]);
    outside.dust_settles().await;
    assert!(play.year().await.values().any(|sum| *sum == settled.fund_total));
    play.hospital.cancel(&play.patient, play.visit, id).await.unwrap();
    outside.dust_settles().await;
    assert_eq!(outside.core.book()[&id], Kept::Undone { had_stood: true });
    assert_eq!(play.standing().await, [0, 0, 0]);
    assert!(play.year().await.values().all(|sum| sum.is_zero()));
}

/// Later than the node waits.
const LATE: Fate = Fate::Delay(Duration::from_secs(1));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_an_answer_is_lost_late_or_doubled() {
    let outside = Outside::filed().await;
    for fates in [
        vec![Fate::DropRequest],
        vec![Fate::DropResponse],
        vec![Fate::Double],
        vec![LATE],
        vec![Fate::DropResponse, Fate::DropResponse],
        vec![LATE, Fate::DropRequest, Fate::Double],
    ] {
        let msgid = outside.play.hospital.next_msgid();
        outside.line.next(fates.clone());
        let settled = outside.play.settle_patiently(&msgid).await;
        assert_eq!(settled.broken_identities(), Vec::<String>::new(), "{fates:?}");
        outside.dust_settles().await;
        assert_eq!(outside.play.standing().await, [1, 1, 1], "{fates:?}");
        outside.line.next(fates.clone());
        let id = settled.id().unwrap();
        outside.cancel_patiently(id).await;
        outside.dust_settles().await;
        assert_eq!(outside.core.book()[&id], Kept::Undone { had_stood: true }, "{fates:?}");
        assert!(outside.play.year().await.values().all(|sum| sum.is_zero()), "{fates:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_overtakes_the_question_on_its_way_to_the_system() {
    let outside = Outside::filed().await;
    let play = &outside.play;
    let msgid = play.hospital.next_msgid();
    outside.line.next([Fate::Hold]);
    let (settled, ()) = tokio::join!(play.settle(&msgid), async {
        outside.line.until_held(1).await;
        play.hospital.reverse(&play.patient, &msgid, "2304").await.unwrap();
        play.world.until_quiet().await.unwrap();
        outside.line.release(1);
    });
    assert!(settled.is_err(), "it was reversed");
    outside.dust_settles().await;
    assert!(outside.stands_there().is_empty(), "undone there before it came");
    assert_eq!(outside.core.book().len(), 1);

    // A system that is away for the whole time hears of it afterwards.
    outside.line.always(Fate::DropRequest);
    let msgid = play.hospital.next_msgid();
    play.settle(&msgid).await.unwrap_err();
    play.hospital.reverse(&play.patient, &msgid, "2304").await.unwrap();
    outside.dust_settles().await;
    assert_eq!(
        outside.core.book().values().filter(|kept| **kept == Kept::Undone { had_stood: false }).count(),
        2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_before_it_writes_what_the_system_settled_finds_it_again() {
    let mut outside = Outside::filed().await;
    let msgid = outside.play.hospital.next_msgid();
    outside.line.next([Fate::HoldAnswer]);
    let (unknown, ()) = tokio::join!(outside.play.settle(&msgid), outside.line.until_held(1));
    assert!(unknown.is_err(), "the system has settled, and nobody here knows");
    assert_eq!(outside.stands_there().len(), 1);
    outside.play.world.kill(hubei());
    outside.line.lose(1);
    outside.play.world.restart(hubei()).await.unwrap();
    let settled = outside.play.settle_patiently(&msgid).await;
    assert!(outside.stands_there().contains_key(&settled.id().unwrap()), "the same one");
    outside.dust_settles().await;
    assert_eq!(outside.play.standing().await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_system_refuses_is_told_in_its_words_and_stays_refused() {
    let outside = Outside::with(Box::new(SimplePlan::of(SCHEME)), false).await;
    let play = &outside.play;
    let words = "参保地核心系统不予结算：该险种异地就医须先备案";
    let trial = play.hospital.try_settlement(&play.patient, play.visit, play.total).await.unwrap_err();
    assert!(trial.refusal().unwrap().contains(words), "{trial}");
    let msgid = play.hospital.next_msgid();
    for _ in 0..2 {
        let refused = play.settle(&msgid).await.unwrap_err();
        assert!(refused.refusal().unwrap().contains(words), "{refused}");
    }
    outside.dust_settles().await;
    assert_eq!(play.standing().await, [0, 0, 0]);
    assert!(matches!(outside.core.book().values().next(), Some(Kept::Refused { .. })));
    // Once filed, the stay settles under a new message.
    let institution = play.world.institution(&play.hospital.settings().code).unwrap();
    let begins = play.world.clock.now().day().plus_days(-20);
    play.world.file(&person(), FilingCategory::LongTermResident, institution.place, begins).await.unwrap();
    play.settle(&play.hospital.next_msgid()).await.unwrap();
    outside.dust_settles().await;
}

/// The plan, with a slip of the pen.
struct Slip(fn(&mut Amounts));

impl Benefit for Slip {
    fn amounts(&self, claim: &Claim, paid_this_year: Fen) -> Result<Amounts, String> {
        let mut amounts = SimplePlan::of(SCHEME).amounts(claim, paid_this_year)?;
        (self.0)(&mut amounts);
        Ok(amounts)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amounts_that_do_not_add_up_are_refused_and_undone_there() {
    let slips: [fn(&mut Amounts); 3] = [
        |amounts| amounts.person_total += Fen(1),
        |amounts| {
            amounts.funds = BTreeMap::from([(Fund::ResidentPool, Fen(-1))]);
            amounts.person_total = amounts.total + Fen(1);
        },
        |amounts| amounts.funds = amounts.funds.values().map(|paid| (Fund::EmployeePool, *paid)).collect(),
    ];
    for slip in slips {
        let outside = Outside::with(Box::new(Slip(slip)), true).await;
        let play = &outside.play;
        let trial = play.hospital.try_settlement(&play.patient, play.visit, play.total).await.unwrap_err();
        assert!(trial.refusal().unwrap().contains("核心系统返回的金额有误"), "{trial}");
        let msgid = play.hospital.next_msgid();
        for _ in 0..2 {
            let refused = play.settle(&msgid).await.unwrap_err();
            assert!(refused.refusal().unwrap().contains("核心系统返回的金额有误"), "{refused}");
        }
        outside.dust_settles().await;
        let book: Vec<Kept> = outside.core.book().into_values().collect();
        assert_eq!(book, [Kept::Undone { had_stood: true }], "what is not believed is taken back there");
        assert_eq!(play.standing().await, [0, 0, 0]);
    }
}

/// A system that never says the same twice.
struct Drifts(AtomicI64);

impl Benefit for Drifts {
    fn amounts(&self, claim: &Claim, paid_this_year: Fen) -> Result<Amounts, String> {
        let mut amounts = SimplePlan::of(SCHEME).amounts(claim, paid_this_year)?;
        let more = Fen(self.0.fetch_add(1, Ordering::Relaxed));
        for paid in amounts.funds.values_mut() {
            *paid -= more;
        }
        amounts.person_total += more;
        Ok(amounts)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_tests_pass_the_reference_and_find_what_is_wrong() {
    let check = async |benefit: Box<dyn Benefit>, key: &str| {
        let outside = Outside::with(benefit, true).await;
        let clock = Arc::clone(&outside.play.world.clock) as Arc<dyn Clock>;
        let scheme = OutsideScheme { key: Secret(key.to_owned()), ..outside.scheme.clone() };
        let steps = Partner::new(scheme, person().number, clock).check().await;
        let failed: Vec<&str> =
            steps.iter().filter(|step| step.problem.is_some()).map(|step| step.name).collect();
        assert!(outside.stands_there().is_empty() || !failed.is_empty(), "what it settles it undoes");
        (steps.len(), failed)
    };
    assert_eq!(check(Box::new(SimplePlan::of(SCHEME)), KEY).await, (10, vec![]));
    let (_, failed) = check(Box::new(Drifts(AtomicI64::new(1))), KEY).await;
    assert_eq!(failed, ["撤销后累计恢复，重新结算金额与原来相同"]);
    let (all, failed) = check(Box::new(Slip(|amounts| amounts.person_total += Fen(1))), KEY).await;
    assert!(failed.len() > 2 && failed.len() < all, "{failed:?}");
    let (all, failed) = check(Box::new(SimplePlan::of(SCHEME)), "另一个密钥").await;
    assert_eq!(failed.len(), all, "nobody is believed under another key");
}
