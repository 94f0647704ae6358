//! The people of the simulated country. None of them exists: their identity numbers are valid in form, and their sequence
//! part begins with nine.
//!
//! A person is a function of area, scheme, status and serial, so that a world comes out the same every time and has as many
//! people as a test of load asks for.

use casework::person::{Enrolment, Person};
use std::{collections::BTreeMap, sync::LazyLock};
use terms::{
    AdminDivision, CitizenId, ContributionTier, Day, Fen, InsuranceScheme, InsuredPlace, MemberStatus,
    PoolingArea,
};

/// 北京市.
pub const BEIJING: PoolingArea = area(110_000);
/// 天津市.
pub const TIANJIN: PoolingArea = area(120_000);
/// 浙江省杭州市.
pub const HANGZHOU: PoolingArea = area(330_100);
/// 湖北省武汉市.
pub const WUHAN: PoolingArea = area(420_100);

/// The pooling areas whose people and hospitals the demonstration has.
pub const AREAS: [PoolingArea; 4] = [BEIJING, TIANJIN, HANGZHOU, WUHAN];

const fn area(number: u32) -> PoolingArea {
    match AdminDivision::new(number) {
        Some(division) => PoolingArea(division),
        None => panic!("a pooling area has a number of six digits"),
    }
}

/// The statuses that each scheme has.
pub const STATUSES: [(InsuranceScheme, MemberStatus); 5] = [
    (InsuranceScheme::Employee, MemberStatus::Employed),
    (InsuranceScheme::Employee, MemberStatus::Retired),
    (InsuranceScheme::Resident, MemberStatus::Adult),
    (InsuranceScheme::Resident, MemberStatus::Elderly),
    (InsuranceScheme::Resident, MemberStatus::Minor),
];

/// How many people of each status a pooling area of the demonstration has.
pub const EACH: u32 = 4;

/// The people of the demonstration: in each of the four pooling areas [`EACH`] of every status.
pub fn demo_people() -> Vec<(PoolingArea, Person)> {
    let of_area = |area| {
        STATUSES.into_iter().flat_map(move |(scheme, status)| {
            (0..EACH).map(move |serial| (area, person(area, scheme, status, serial)))
        })
    };
    AREAS.into_iter().flat_map(of_area).collect()
}

/// The most people of one status in one pooling area that differ from each other.
pub const SERIALS: u32 = 400_000;

/// The person of a serial, below [`SERIALS`].
///
/// # Panics
/// If the serial is not below it, or the status is not one of the scheme.
pub fn person(area: PoolingArea, scheme: InsuranceScheme, status: MemberStatus, serial: u32) -> Person {
    assert!(serial < SERIALS, "there are only {SERIALS} people of one status in one area");
    let citizen = citizen(area, scheme, status, serial);
    let insured = InsuredPlace(district(area, scheme));
    let is_employee = scheme == InsuranceScheme::Employee;
    let enrolment = Enrolment {
        since: Some(citizen.birth().plus_months(if is_employee { 22 * 12 } else { 1 })),
        employer: is_employee.then(|| "示范制造有限公司".to_owned()),
        balance: if is_employee { Fen(100_000 + i64::from(serial % 1_000) * 137) } else { Fen::ZERO },
        tier: tier(area, scheme, serial),
        retired_on: (status == MemberStatus::Retired).then(|| retired_on(&citizen)),
        ..Enrolment::plain(scheme, insured, &person_type(area, status))
    };
    Person {
        number: number(area, scheme, status, serial).parse().expect("a number of a known shape"),
        name: name(&citizen, serial),
        citizen,
        nation: Some("01".to_owned()),
        enrolments: vec![enrolment],
    }
}

/// The contribution tier, where the area's policy has several: of two neighbours in the list one has the lower.
fn tier(area: PoolingArea, scheme: InsuranceScheme, serial: u32) -> Option<ContributionTier> {
    use ContributionTier::{First, High, Low, Second};
    let (lower, higher) = match (area.division().number(), scheme) {
        (120_000, InsuranceScheme::Resident) => (Low, High),
        (330_100 | 500_000, InsuranceScheme::Resident) | (440_300, InsuranceScheme::Employee) => {
            (First, Second)
        }
        _ => return None,
    };
    Some(if serial.is_multiple_of(2) { lower } else { higher })
}

/// The day on which a retired person retired: men at 60, women at 55.
fn retired_on(citizen: &CitizenId) -> Day {
    citizen.birth().plus_months(if citizen.is_male() { 60 * 12 } else { 55 * 12 })
}

/// Two districts of every pooling area: employees live in the first, residents in the second, so that their identity numbers
/// differ. An area whose districts have no names stands for both.
static DISTRICTS: LazyLock<BTreeMap<PoolingArea, Vec<AdminDivision>>> = LazyLock::new(|| {
    let mut districts = BTreeMap::<PoolingArea, Vec<AdminDivision>>::new();
    for (division, name) in AdminDivision::named() {
        let is_district = !division.number().is_multiple_of(100) && name != "市辖区";
        if is_district {
            districts.entry(division.pooling_area()).or_default().push(division);
        }
    }
    districts
});

fn district(area: PoolingArea, scheme: InsuranceScheme) -> AdminDivision {
    let index = usize::from(scheme == InsuranceScheme::Resident);
    DISTRICTS.get(&area).and_then(|some| some.get(index)).copied().unwrap_or(area.division())
}

/// First day of birth of a status, and over how many days its people's births spread.
const fn births(status: MemberStatus) -> (i16, u32) {
    match status {
        MemberStatus::Employed => (1975, 9_000),
        MemberStatus::Retired => (1945, 5_000),
        MemberStatus::Minor => (2009, 5_000),
        MemberStatus::Adult => (1970, 10_000),
        MemberStatus::Elderly => (1940, 6_000),
    }
}

fn citizen(area: PoolingArea, scheme: InsuranceScheme, status: MemberStatus, serial: u32) -> CitizenId {
    let (year, spread) = births(status);
    let sequence = 900 + serial % 100;
    // 4,001 is prime, so that neighbours in the list are born far apart and no day comes twice before all have come.
    let days = serial / 100 * 4_001 + serial % 100 * 37;
    let first = Day::new(year, 1, 1).expect("the first of January");
    let birth = first.plus_days(i32::try_from(days % spread).expect("a few years"));
    let digits = format!("{}{:08}{sequence}", district(area, scheme), birth.number());
    let check = CitizenId::check_digit(&digits).expect("seventeen digits");
    format!("{digits}{check}").parse().expect("the check digit was just computed")
}

/// Numbers of persons have the shape that their place gives them; these shapes are of the kinds that are in use.
fn number(area: PoolingArea, scheme: InsuranceScheme, status: MemberStatus, serial: u32) -> String {
    let kind = format!("{}{}", &scheme.code()[..1], &status.code()[1..]);
    match area.province().division().number() {
        110_000 => format!("{kind}9{serial:08}S"),
        330_000 => format!("{}9{kind}{serial:011}", area.division()),
        420_000 => format!("{}0000000000{kind}9{serial:011}", area.division()),
        // The number of a person is one of the province: a second pooling area of it must not give the same again.
        _ if area.division().number() % 10_000 > 100 => {
            format!("{}{kind}9{serial:06}", &area.division().to_string()[..4])
        }
        _ => format!("{}{kind}9{serial:07}", &area.division().to_string()[..2]),
    }
}

/// 人员类别, with a longer code where a province is known to extend the national one.
fn person_type(area: PoolingArea, status: MemberStatus) -> String {
    match (area.province().division().number(), status) {
        (330_000, MemberStatus::Minor) => "1403".to_owned(),
        (420_000, MemberStatus::Minor) => "1405".to_owned(),
        _ => status.code().to_owned(),
    }
}

fn name(citizen: &CitizenId, serial: u32) -> String {
    const SURNAMES: [char; 10] = ['王', '李', '张', '刘', '陈', '杨', '黄', '赵', '吴', '周'];
    const ORDER: [char; 10] = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '壬', '癸'];
    let digits: u32 = citizen.reveal().chars().filter_map(|c| c.to_digit(10)).sum();
    let pick = |from: &[char; 10], number: u32| from[usize::try_from(number % 10).expect("below ten")];
    format!("{}某{}", pick(&SURNAMES, digits), pick(&ORDER, serial))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_demonstration_has_people_of_every_status_who_do_not_exist() {
        let people = demo_people();
        assert_eq!(people.len(), 4 * 5 * 4);
        for (area, person) in &people {
            assert_eq!(&person.citizen.reveal()[14..15], "9", "{person:?}");
            let enrolment = &person.enrolments[0];
            assert_eq!(enrolment.insured.pooling_area(), *area);
            assert_eq!(person.in_force(enrolment.scheme), Ok(enrolment));
        }
        let statuses: BTreeSet<_> = people.iter().map(|(_, person)| person.enrolments[0].status()).collect();
        assert_eq!(statuses.len(), 5);
    }

    #[test]
    fn the_numbers_of_a_place_have_its_shape() {
        let number =
            |area| person(area, InsuranceScheme::Employee, MemberStatus::Retired, 7).number.to_string();
        assert_eq!(number(BEIJING), "32900000007S");
        assert_eq!(number(TIANJIN), "123290000007");
        assert_eq!(number(HANGZHOU), "33010093200000000007");
        assert_eq!(number(WUHAN), "420100000000000032900000000007");
        let [guangzhou, shenzhen] =
            [440_100, 440_300].map(|area| PoolingArea(AdminDivision::new(area).unwrap()));
        assert_eq!(
            (number(guangzhou).as_str(), number(shenzhen).as_str()),
            ("443290000007", "4403329000007")
        );
    }

    #[test]
    fn the_register_says_what_policies_distinguish() {
        let enrolment = |area, scheme, status| {
            let person = person(area, scheme, status, 1);
            person.enrolments.into_iter().next().expect("one")
        };
        let (employee, resident) = (InsuranceScheme::Employee, InsuranceScheme::Resident);
        for (division, scheme, status, expected) in [
            (120_000, resident, MemberStatus::Adult, Some(ContributionTier::High)),
            (500_000, resident, MemberStatus::Adult, Some(ContributionTier::Second)),
            (330_100, resident, MemberStatus::Elderly, Some(ContributionTier::Second)),
            (440_300, employee, MemberStatus::Employed, Some(ContributionTier::Second)),
            (110_000, resident, MemberStatus::Adult, None),
        ] {
            assert_eq!(enrolment(area(division), scheme, status).tier, expected, "{division}");
        }
        let retired = enrolment(area(310_000), employee, MemberStatus::Retired);
        assert!(retired.retired_on.is_some_and(|day| day.year() >= 2000), "{retired:?}");
        assert_eq!(enrolment(area(310_000), employee, MemberStatus::Employed).retired_on, None);
    }

    #[test]
    fn thousands_are_all_different() {
        let (mut citizens, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        let mut people = 0;
        for (scheme, status) in STATUSES {
            for serial in (0..4_000).chain(SERIALS - 4_000..SERIALS) {
                let person = person(WUHAN, scheme, status, serial);
                citizens.insert(person.citizen);
                numbers.insert(person.number);
                people += 1;
            }
        }
        assert_eq!((citizens.len(), numbers.len()), (people, people));
    }
}
