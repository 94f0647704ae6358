//! Filing (备案) and what it is worth at the counter: the funds pay what the insured place's policy says for the standing of the
//! stay, computed here by the engine itself.

use crate::play::{beijing, hubei};
use benefit::{Bill, Breakdown, Case, CategoryAmount, FilingStanding, Member, YearToDate, split_line};
use casework::{Filing, filing::Stage, person::Person};
use country::{
    bills::{self, Line, Order},
    checks,
    hospital::{Called, Hospital, Patient, Settled, Stay},
    institutions::Model,
    network::Fate,
    people,
    world::World,
};
use node::filing::{self, NewFiling, Who};
use std::collections::BTreeMap;
use terms::{
    AdminDivision, AdmissionKind, CareKind, ChargeCategory, Clock, Day, Fen, FilingCategory, InsuranceScheme,
    MemberStatus, Moment, PoolingArea, Province, SettlementLevel, VisitId, VisitMark,
};

/// A person of one place before, in and after a hospital of another.
struct Away {
    world: World,
    model: Model,
    area: PoolingArea,
    person: Person,
    patient: Patient,
    year: YearToDate,
    stays: u64,
}

/// A stay that is under way.
struct UnderWay {
    visit: VisitId,
    stay: Stay,
    lines: Vec<Line>,
}

impl Away {
    async fn from(area: PoolingArea, provinces: &[Province], level: SettlementLevel) -> Self {
        let world = crate::play::world_of(provinces).await;
        let fits = |model: &&Model| model.level == level && model.division / 10_000 == 42;
        let model = *world.models().find(fits).expect("a hospital of each level");
        let person = people::person(area, InsuranceScheme::Employee, MemberStatus::Retired, 0);
        let patient = Patient::of(&person);
        Self { world, model, area, person, patient, year: YearToDate::default(), stays: 0 }
    }

    /// From Beijing to a hospital of the second level in Wuhan.
    async fn to_wuhan() -> Self {
        Self::from(people::BEIJING, &[beijing(), hubei()], SettlementLevel::Secondary).await
    }

    fn hospital(&self) -> &Hospital {
        self.world.hospital(&self.model).unwrap()
    }

    fn now(&self) -> Moment {
        self.world.clock.now()
    }

    async fn try_filing(
        &self,
        category: FilingCategory,
        begins: Option<Day>,
    ) -> Result<Filing, terms::Refusal> {
        let new = NewFiling {
            insured: self.patient.insured,
            who: Who::Number(self.person.number.clone()),
            scheme: InsuranceScheme::Employee,
            category,
            destination: AdminDivision::new(420_100).unwrap(),
            begins,
            ends: None,
            commitment: false,
            approve_now: true,
        };
        filing::submit(&self.world.province(self.area.province()).unwrap().node, new).await
    }

    async fn file(&self, category: FilingCategory, begins: Option<Day>) -> Filing {
        let filed = self.try_filing(category, begins).await.unwrap();
        self.world.until_quiet().await.unwrap();
        filed
    }

    /// Admits now, with a bill of some days.
    async fn admit(&mut self, emergency: bool) -> UnderWay {
        self.stays += 1;
        let admitted = self.now();
        let ordinary =
            Stay::ordinary(&format!("ZY{}", self.stays), admitted, admitted.plus_millis(3 * 86_400_000));
        let stay = if emergency { ordinary.emergency() } else { ordinary };
        let visit = self.hospital().admit(&self.patient, &stay).await.unwrap();
        let order = Order {
            level: self.model.level,
            admitted,
            discharged: stay.discharged,
            total: Fen::yuan(23_000),
            lines: 12,
            seed: self.stays,
        };
        let lines = bills::bill(&self.world.rules.catalog(hubei()), &order);
        UnderWay { visit, stay, lines }
    }

    /// Three days later: the bill, and the way out.
    async fn discharge(&self, under_way: &UnderWay) {
        let UnderWay { visit, stay, lines } = under_way;
        let days = self.now().day().days_until(stay.discharged.day());
        self.world.clock.pass_days(u32::try_from(days).unwrap());
        self.hospital().upload(&self.patient, *visit, stay, lines).await.unwrap();
        self.hospital().discharge(&self.patient, *visit, stay).await.unwrap();
    }

    async fn settle(&self, under_way: &UnderWay) -> Called<Settled> {
        self.hospital().settle(&self.patient, under_way.visit, bills::total(&under_way.lines)).await
    }

    /// What the policy gives to such a standing.
    fn expected(&self, under_way: &UnderWay, standing: FilingStanding) -> Breakdown {
        let catalog = self.world.rules.catalog(hubei());
        let level = self.model.level;
        let mut categories = BTreeMap::<ChargeCategory, benefit::Split>::new();
        for line in &under_way.lines {
            let item = catalog.find(&line.code, line.at.day()).unwrap();
            *categories.entry(item.category).or_default() +=
                split_line(item, level, line.amount, line.quantity);
        }
        let (admission, discharge) = (under_way.stay.admitted.day(), under_way.stay.discharged.day());
        let categories =
            categories.into_iter().map(|(category, split)| CategoryAmount { category, split }).collect();
        let place = self.world.institution(&self.model.code()).unwrap().place;
        let mut marks = self.world.institution(&self.model.code()).unwrap().marks();
        if under_way.stay.kind == AdmissionKind::Emergency {
            marks.insert(VisitMark::EmergencyRescue);
        }
        let case = Case {
            bill: Bill {
                care: CareKind::Inpatient,
                level,
                marks,
                diseases: Vec::new(),
                admission,
                discharge,
                transferred_with: None,
                categories,
            },
            member: Member {
                retired_on: self.person.enrolments[0].retired_on,
                ..Member::plain(InsuranceScheme::Employee, MemberStatus::Retired, self.person.citizen.birth())
            },
            insured: self.patient.insured,
            treatment: place,
            standing,
            accounts: None,
            continues: None,
        };
        let scheme =
            self.world.rules.library.scheme_on(self.area, InsuranceScheme::Employee, discharge).unwrap();
        benefit::compute(scheme, &case, &self.year).unwrap()
    }

    /// Settles, and holds every fund's payment against the policy's.
    async fn settles_as(&mut self, under_way: &UnderWay, standing: FilingStanding) -> Settled {
        let expected = self.expected(under_way, standing);
        let settled = self.settle(under_way).await.unwrap();
        let funds: BTreeMap<String, Fen> =
            expected.fund_payments.iter().map(|(fund, paid)| (fund.code().to_owned(), *paid)).collect();
        assert_eq!((settled.fund_total, settled.person_total), (expected.fund_total, expected.person_total));
        assert_eq!((&settled.funds, settled.deductible), (&funds, expected.deductible_paid), "{standing:?}");
        self.year = self.year.plus(&expected.contribution);
        settled
    }

    /// The insured place's own register.
    async fn register(&self) -> Vec<Filing> {
        let store = &self.world.province(self.area.province()).unwrap().node.context.store;
        store::filing::of_person(&mut store.conn().await.unwrap(), self.area, &self.person.number)
            .await
            .unwrap()
    }

    /// The national register.
    async fn national(&self) -> Vec<Filing> {
        let mut conn = self.world.hub.context.store.conn().await.unwrap();
        store::filing::national_of_person(&mut conn, self.area.province(), &self.person.number).await.unwrap()
    }

    async fn visit(&self, under_way: &UnderWay) -> casework::visit::Visit {
        let store = &self.world.province(hubei()).unwrap().node.context.store;
        let found =
            store::visit::find(&mut store.conn().await.unwrap(), &self.model.code(), under_way.visit).await;
        found.unwrap().unwrap()
    }

    async fn end(self) {
        self.world.until_quiet().await.unwrap();
        assert_eq!(checks::failures(&self.world).await.unwrap(), Vec::<String>::new());
        assert_eq!(self.register().await, self.national().await, "the hub has what the insured place has");
        self.world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filed_for_long_before_admission_pays_as_at_home() {
    let mut away = Away::to_wuhan().await;
    let filed = away.file(FilingCategory::ResettledRetiree, None).await;
    away.world.clock.pass_days(2);
    let stay = away.admit(false).await;
    assert_eq!(away.visit(&stay).await.filing, Some(filed.id), "found in the national register at admission");
    away.discharge(&stay).await;
    let long_term = FilingStanding::Filed(FilingCategory::ResettledRetiree);
    let settled = away.settles_as(&stay, long_term).await;
    let unfiled = away.expected(&stay, FilingStanding::NotFiled);
    assert!(settled.fund_total > unfiled.fund_total, "filing is worth something");

    // In an emergency a filing stays a filing.
    let stay = away.admit(true).await;
    away.discharge(&stay).await;
    away.settles_as(&stay, long_term).await;
    assert_eq!(away.register().await.len(), 1, "no virtual record beside a filing");
    away.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filed_late_but_before_the_settlement_counts_as_filed() {
    let mut away = Away::to_wuhan().await;
    let stay = away.admit(false).await;
    assert_eq!(away.visit(&stay).await.filing, None);
    away.discharge(&stay).await;
    let trial =
        away.hospital().try_settlement(&away.patient, stay.visit, bills::total(&stay.lines)).await.unwrap();
    assert_eq!(trial.fund_total, away.expected(&stay, FilingStanding::NotFiled).fund_total);
    away.file(FilingCategory::Referral, None).await;
    away.settles_as(&stay, FilingStanding::Filed(FilingCategory::Referral)).await;
    away.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_filing_the_insured_places_own_rule_decides() {
    // Beijing pays less.
    let mut away = Away::to_wuhan().await;
    let stay = away.admit(false).await;
    away.discharge(&stay).await;
    away.settles_as(&stay, FilingStanding::NotFiled).await;
    assert_eq!(away.register().await, []);
    away.end().await;

    // Tianjin pays nothing at a hospital of the first level, says why, and pays once the filing is made up for.
    let tianjin = people::TIANJIN;
    let mut away = Away::from(tianjin, &[tianjin.province(), hubei()], SettlementLevel::Community).await;
    let stay = away.admit(false).await;
    away.discharge(&stay).await;
    let refused = away.settle(&stay).await.unwrap_err();
    let sentence = refused.refusal().unwrap_or_else(|| panic!("{refused}"));
    assert!(sentence.contains("未办理转诊") && sentence.contains("补办备案"), "{sentence}");
    away.file(FilingCategory::LongTermResident, None).await;
    away.settles_as(&stay, FilingStanding::Filed(FilingCategory::LongTermResident)).await;
    away.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_counts_as_filed_and_leaves_a_record_for_itself_alone() {
    let mut away = Away::to_wuhan().await;
    let stay = away.admit(true).await;
    away.discharge(&stay).await;
    away.hospital().try_settlement(&away.patient, stay.visit, bills::total(&stay.lines)).await.unwrap();
    assert_eq!(away.register().await, [], "a trial leaves no record");
    away.settles_as(&stay, FilingStanding::DeemedFiled).await;
    away.world.until_quiet().await.unwrap();
    let [record] = <[Filing; 1]>::try_from(away.register().await).expect("one virtual record");
    assert!(record.deemed && matches!(record.stage, Stage::Effective { .. }), "{record:?}");
    assert_eq!((record.category, record.begins), (FilingCategory::Emergency, stay.stay.admitted.day()));
    assert_eq!(record.destination.division().number(), 420_100);
    assert_eq!(away.national().await, [record]);

    // It is for its one admission: the next ordinary one is not filed.
    let stay = away.admit(false).await;
    away.discharge(&stay).await;
    away.settles_as(&stay, FilingStanding::NotFiled).await;
    away.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_worse_off_in_an_emergency_for_having_filed() {
    // 其他临时外出 is 非急诊且未转诊: Beijing pays 20 points less for it, and for emergencies 10.
    let mut away = Away::to_wuhan().await;
    away.file(FilingCategory::OtherTemporary, None).await;
    let stay = away.admit(true).await;
    away.discharge(&stay).await;
    let as_filed = away.expected(&stay, FilingStanding::Filed(FilingCategory::OtherTemporary));
    let settled = away.settles_as(&stay, FilingStanding::DeemedFiled).await;
    assert!(settled.fund_total > as_filed.fund_total);
    let stay = away.admit(false).await;
    away.discharge(&stay).await;
    away.settles_as(&stay, FilingStanding::Filed(FilingCategory::OtherTemporary)).await;
    away.end().await;

    // Tianjin pays emergencies as at home, and 5 points less for who was referred: not for one who was referred in an emergency.
    let tianjin = people::TIANJIN;
    let mut away = Away::from(tianjin, &[tianjin.province(), hubei()], SettlementLevel::Tertiary).await;
    away.file(FilingCategory::Referral, None).await;
    let stay = away.admit(true).await;
    away.discharge(&stay).await;
    let unfiled = away.expected(&stay, FilingStanding::DeemedFiled);
    let settled = away.settles_as(&stay, FilingStanding::Filed(FilingCategory::Referral)).await;
    assert_eq!(settled.fund_total, unfiled.fund_total);
    let stay = away.admit(false).await;
    away.discharge(&stay).await;
    away.settles_as(&stay, FilingStanding::Filed(FilingCategory::Referral)).await;
    away.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_filing_covers_the_admission_before_it_and_not_the_one_after() {
    let mut away = Away::to_wuhan().await;
    let filed = away.file(FilingCategory::OtherTemporary, None).await;
    let before = away.admit(false).await;
    away.discharge(&before).await;
    let node = std::sync::Arc::clone(&away.world.province(beijing()).unwrap().node);
    let cancelled = filing::cancel(&node, filed.id).await.unwrap();
    assert!(matches!(cancelled.stage, Stage::Cancelled { since: Some(_), .. }), "{cancelled:?}");
    away.world.until_quiet().await.unwrap();
    away.settles_as(&before, FilingStanding::Filed(FilingCategory::OtherTemporary)).await;
    let after = away.admit(false).await;
    assert_eq!(away.visit(&after).await.filing, None);
    away.discharge(&after).await;
    away.settles_as(&after, FilingStanding::NotFiled).await;
    away.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_that_ends_during_the_stay_does_not_cut_it_off() {
    let mut away = Away::to_wuhan().await;
    // Six months less a day before tomorrow: it ends while the person lies there.
    let begins = away.now().day().plus_days(1).plus_months(-6);
    let filed = away.file(FilingCategory::Referral, Some(begins)).await;
    let stay = away.admit(false).await;
    away.discharge(&stay).await;
    assert!(filed.is_expired_on(away.now().day()), "{filed:?}");
    away.settles_as(&stay, FilingStanding::Filed(FilingCategory::Referral)).await;
    let after = away.admit(false).await;
    assert_eq!(away.visit(&after).await.filing, None);
    away.discharge(&after).await;
    away.settles_as(&after, FilingStanding::NotFiled).await;
    away.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_national_register_keeps_the_latest_word_whatever_comes_first() {
    let away = Away::to_wuhan().await;
    let side = away.world.province(beijing()).unwrap();
    let line = side.to_hub.as_ref().unwrap();
    line.next([Fate::Hold]);
    let (filed, cancelled) = tokio::join!(away.try_filing(FilingCategory::Referral, None), async {
        line.until_held(1).await;
        let id = away.register().await[0].id;
        let cancelled = filing::cancel(&side.node, id).await.unwrap();
        assert_eq!(
            away.national().await,
            std::slice::from_ref(&cancelled),
            "the second word has overtaken the first"
        );
        line.release(1);
        cancelled
    });
    let filed = filed.unwrap();
    assert!(cancelled.is_newer_than(&filed), "{filed:?} {cancelled:?}");
    away.world.until_quiet().await.unwrap();
    assert_eq!(
        away.national().await,
        std::slice::from_ref(&cancelled),
        "the first word came late and changed nothing"
    );
    // The same word twice changes nothing either.
    line.next([Fate::Double]);
    away.file(FilingCategory::Referral, None).await;
    assert_eq!(away.national().await.len(), 2);
    let again = away.try_filing(FilingCategory::OtherTemporary, None).await.unwrap_err();
    assert_eq!(again.code(), "filing-rule", "one place at a time");
    away.end().await;
}
