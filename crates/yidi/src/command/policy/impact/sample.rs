//! Invented settlements, for trying a draft out where no real ones are at hand: the people and bills of the simulated country,
//! the same for the same seed.

use super::rows::Written;
use benefit::{
    Bill, Case, Catalog, CategoryAmount, FilingStanding, Member, Scheme, Split, YearToDate, compute_amounts,
    scheme::statuses_of,
};
use country::{
    bills::{self, Order},
    people::{self, SERIALS},
};
use terms::{
    AdminDivision, CareKind, ChargeCategory, ContributionTier, Day, DiseaseCode, Fen, FilingCategory,
    InsuranceScheme, InsuredPlace, Listed, MemberClass, MemberStatus, Set, SettlementLevel, TreatmentPlace,
};

/// What is asked for.
pub struct Wanted<'a> {
    /// The policy in force: its area and scheme, and what its tables ask of a person.
    pub scheme: &'a Scheme,
    /// By which list bills are split.
    pub catalog: &'a Catalog,
    /// How many settlements.
    pub count: u32,
    /// In the twelve months before this day.
    pub until: Day,
    /// Whatever makes it another sample.
    pub seed: u64,
}

/// How many different bills of each level there are; settlements draw from them.
const BILLS: usize = 120;

/// How often 1,200 yuan are doubled, one bill after the other.
const STEPS: [u32; 12] = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 6, 8];

/// So many settlements, as a CSV text.
pub fn settlements(wanted: &Wanted<'_>) -> Written {
    let mut dice = Dice(wanted.seed);
    let splits: Vec<Vec<Split>> =
        SettlementLevel::LISTED.iter().map(|level| splits_at(*level, wanted, &mut dice)).collect();
    let cares: Vec<CareKind> =
        CareKind::LISTED.iter().copied().filter(|care| wanted.scheme.plan(*care).is_some()).collect();
    let tiers = tiers(wanted);
    let mut written = Written::new();
    let mut made = 0;
    for serial in 0.. {
        let person = Someone::new(serial, wanted, &tiers, &mut dice);
        for _ in 0..=dice.roll(3) {
            if made == wanted.count {
                return written;
            }
            written.add(&person.number, &person.case(wanted, &cares, &splits, &mut dice));
            made += 1;
        }
    }
    written
}

/// Bills of a level, from small to large, as the list splits them.
fn splits_at(level: SettlementLevel, wanted: &Wanted<'_>, dice: &mut Dice) -> Vec<Split> {
    let split = |index: usize| {
        // Most are small; a few are beyond every cap.
        let total = Fen::yuan((1_200_i64 << STEPS[index % STEPS.len()]) + i64::from(dice.roll(1_200)));
        let discharged = wanted.until.plus_days(-1);
        let order = Order {
            level,
            admitted: discharged.plus_days(-8).start(),
            discharged: discharged.start(),
            total,
            lines: 12,
            seed: wanted.seed.wrapping_add(u64::try_from(index).expect("a few")),
        };
        bills::split(wanted.catalog, level, &bills::bill(wanted.catalog, &order))
    };
    (0..BILLS).map(split).collect()
}

/// The tiers with which most visits are answered: those that the policy's tables know, or none where they do not ask.
fn tiers(wanted: &Wanted<'_>) -> Vec<Option<ContributionTier>> {
    let all = ContributionTier::LISTED.iter().copied().map(Some);
    let tried: Vec<(Option<ContributionTier>, usize)> =
        std::iter::once(None).chain(all).map(|tier| (tier, answered_with(tier, wanted))).collect();
    let most = tried.iter().map(|(_, answered)| *answered).max().unwrap_or_default();
    if tried[0].1 == most {
        return vec![None];
    }
    tried.into_iter().filter(|(_, answered)| *answered == most).map(|(tier, _)| tier).collect()
}

/// How many kinds of visit of how many statuses are answered if the person has this tier.
fn answered_with(tier: Option<ContributionTier>, wanted: &Wanted<'_>) -> usize {
    // Above every deductible, so that the ratios are asked.
    let yuan = Fen::yuan(8_000);
    let split = Split { total: yuan, in_scope: yuan, ..Split::default() };
    let plain = Someone::new(0, wanted, &[tier], &mut Dice(wanted.seed));
    let visits = statuses_of(wanted.scheme.scheme).iter().flat_map(|status| {
        let visit = |care: &CareKind| {
            let mut case = plain.stay(*care, SettlementLevel::Secondary, split, wanted.until);
            case.member.status = *status;
            case.standing = FilingStanding::Filed(FilingCategory::LongTermResident);
            case
        };
        CareKind::LISTED.iter().map(visit).collect::<Vec<_>>()
    });
    visits.filter(|case| compute_amounts(wanted.scheme, case, &YearToDate::default()).is_ok()).count()
}

/// An invented person.
struct Someone {
    number: String,
    member: Member,
    insured: InsuredPlace,
    /// Where they are treated, and how they filed for it.
    place: AdminDivision,
    standing: FilingStanding,
}

impl Someone {
    fn new(serial: u32, wanted: &Wanted<'_>, tiers: &[Option<ContributionTier>], dice: &mut Dice) -> Self {
        let (area, scheme) = (wanted.scheme.area, wanted.scheme.scheme);
        let statuses = statuses_of(scheme);
        let status = statuses[index_below(dice, statuses.len())];
        let someone = people::person(area, scheme, status, serial % SERIALS);
        let mut member = Member::plain(scheme, status, someone.citizen.birth());
        member.tier = tiers[index_below(dice, tiers.len())];
        if scheme == InsuranceScheme::Employee {
            member.contribution_years = Some(i16::try_from(5 + dice.roll(35)).expect("a few years"));
        }
        if status == MemberStatus::Retired {
            member.retired_on = Some(member.birth.plus_months(12 * 60));
        }
        if dice.roll(25) == 0 {
            member.classes = Set::only(MemberClass::SubsistenceAllowance);
        }
        let (place, standing) = place_of(wanted, dice);
        Self {
            // Numbers of persons repeat after many; the serial tells them apart.
            number: format!("{}-{serial}", someone.number),
            member,
            insured: someone.enrolments[0].insured,
            place,
            standing,
        }
    }

    fn case(&self, wanted: &Wanted<'_>, cares: &[CareKind], splits: &[Vec<Split>], dice: &mut Dice) -> Case {
        let care = if dice.roll(3) > 0 { CareKind::Inpatient } else { cares[index_below(dice, cares.len())] };
        let level = match dice.roll(10) {
            0 => SettlementLevel::Community,
            1 => SettlementLevel::Primary,
            2..=4 => SettlementLevel::Secondary,
            _ => SettlementLevel::Tertiary,
        };
        let of_level = &splits[level as usize];
        let whole = of_level[index_below(dice, of_level.len())];
        let split = if care == CareKind::Inpatient { whole } else { thirtieth(whole) };
        let discharge = wanted.until.plus_days(-1 - i32::try_from(dice.roll(365)).expect("days of a year"));
        self.stay(care, level, split, discharge)
    }

    fn stay(&self, care: CareKind, level: SettlementLevel, split: Split, discharge: Day) -> Case {
        let hypertension: DiseaseCode = "M03900".parse().expect("a code");
        let diseases = if care == CareKind::Chronic { vec![hypertension] } else { Vec::new() };
        let days = if care == CareKind::Inpatient { 8 } else { 0 };
        Case {
            bill: Bill {
                care,
                level,
                marks: Set::new(),
                diseases: diseases.clone(),
                admission: discharge.plus_days(-days),
                discharge,
                transferred_with: None,
                categories: vec![CategoryAmount { category: ChargeCategory::Other, split }],
            },
            member: Member { diseases, ..self.member.clone() },
            insured: self.insured,
            treatment: TreatmentPlace(self.place),
            standing: self.standing,
            accounts: None,
            continues: None,
        }
    }
}

/// Half of the people are treated at home; of the others half have filed for good.
fn place_of(wanted: &Wanted<'_>, dice: &mut Dice) -> (AdminDivision, FilingStanding) {
    use FilingCategory::{LongTermResident, OtherTemporary, Referral};
    if dice.roll(2) == 0 {
        return (wanted.scheme.area.division(), FilingStanding::NotFiled);
    }
    let home = wanted.scheme.area.province();
    let away = [110_101, 310_101, 440_106, 510_104].into_iter().filter_map(AdminDivision::new);
    let away: Vec<AdminDivision> = away.filter(|place| place.province() != home).collect();
    let standing = match dice.roll(12) {
        0..=5 => FilingStanding::Filed(LongTermResident),
        6 | 7 => FilingStanding::Filed(Referral),
        8 => FilingStanding::DeemedFiled,
        9 => FilingStanding::Filed(OtherTemporary),
        10 => FilingStanding::FiledElsewhere(LongTermResident),
        _ => FilingStanding::NotFiled,
    };
    (away[index_below(dice, away.len())], standing)
}

/// A visit is about a thirtieth of a stay.
fn thirtieth(whole: Split) -> Split {
    let part = |amount: Fen| Fen(amount.0 / 30);
    let mut split = Split {
        total: Fen::ZERO,
        out_of_scope: part(whole.out_of_scope),
        over_limit: part(whole.over_limit),
        first_self_pay: part(whole.first_self_pay),
        in_scope: part(whole.in_scope),
        in_full: part(whole.in_full),
    };
    split.total = split.out_of_scope + split.over_limit + split.first_self_pay + split.in_scope;
    split
}

fn index_below(dice: &mut Dice, length: usize) -> usize {
    usize::try_from(dice.roll(u32::try_from(length).expect("a few"))).expect("below it")
}

/// SplitMix64: good enough for samples.
struct Dice(u64);

impl Dice {
    /// A number from nothing to below `sides`.
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(sides.max(1))).expect("below the sides")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        command::policy::{
            impact::rows::{self, Defaults},
            texts,
        },
        policies,
    };
    use benefit::{Catalogs, Library};
    use terms::PoolingArea;

    #[test]
    fn a_sample_is_read_again_and_the_same_for_the_same_seed() {
        let files = policies::files(None).expect("they are in the program");
        let library = Library::load(texts(&files)).expect("they are well");
        let catalogs = Catalogs::load(texts(&files)).expect("they are well");
        let until: Day = "2026-11-01".parse().expect("a day");
        for (area, kind) in [("420100", InsuranceScheme::Employee), ("500000", InsuranceScheme::Resident)] {
            let area = PoolingArea(area.parse().expect("a place"));
            let scheme = library.scheme_on(area, kind, until).expect("it has a policy");
            let catalog = catalogs.of(area.province());
            let of = |seed| settlements(&Wanted { scheme, catalog: &catalog, count: 300, until, seed }).0;
            let text = of(1);
            assert_eq!(text, of(1));
            assert_ne!(text, of(2));
            let defaults = Defaults { scheme: kind, insured: InsuredPlace(area.division()) };
            let parts = rows::parts(&text, defaults, 2).unwrap();
            let cases: Vec<Case> = parts.into_iter().flatten().map(|visit| visit.case).collect();
            assert_eq!(cases.len(), 300);
            let paid = |case: &&Case| compute_amounts(scheme, case, &YearToDate::default()).is_ok();
            assert!(cases.iter().filter(paid).count() > 200, "{}", scheme.name);
        }
    }
}
