//! 门诊慢特病 at the insured place: whether a person is registered for the diseases of a bill, and under which codes.

use crate::registration::{Chronic, settles_across};
use terms::{Day, DiseaseCode, InsuranceScheme, Refusal};

/// How many characters of a code name the disease; the rest tells its forms apart, `00` meaning all of them.
const FAMILY: usize = 4;

/// The codes under which the person is registered for the diseases of a bill, in its order. The register's own code decides,
/// also where the hospital names the disease as a whole and the register one of its forms, or the other way round.
///
/// # Errors
/// [`Refusal::DiseaseNotRegistered`], and that of [`settles_across`] for a disease that is not settled across provinces.
pub fn registered(
    register: &[Chronic],
    scheme: InsuranceScheme,
    diseases: &[DiseaseCode],
    day: Day,
) -> Result<Vec<DiseaseCode>, Refusal> {
    let code_of = |claimed: &DiseaseCode| {
        settles_across(*claimed, day)?;
        let holding = || register.iter().filter(|one| one.holds(scheme, day)).map(|one| one.disease);
        let exact = holding().find(|own| own == claimed);
        exact
            .or_else(|| holding().find(|own| is_whole_and_part(own.as_str(), claimed.as_str())))
            .ok_or_else(|| Refusal::DiseaseNotRegistered { dise_codg: claimed.to_string() })
    };
    diseases.iter().map(code_of).collect()
}

/// Whether one of the codes names the disease as a whole and the other a form of it.
fn is_whole_and_part(one: &str, other: &str) -> bool {
    let parts = |code: &'_ str| Some((code.get(..FAMILY)?.to_owned(), code.get(FAMILY..)? == "00"));
    match (parts(one), parts(other)) {
        (Some((family, whole)), Some((other_family, other_whole))) => {
            family == other_family && (whole || other_whole)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn chronic(code: &str, to: Option<&str>) -> Chronic {
        Chronic {
            disease: code.parse().unwrap(),
            name: "病种".to_owned(),
            scheme: Some(InsuranceScheme::Employee),
            from: day("2026-03-01"),
            to: to.map(day),
        }
    }

    #[test]
    fn a_disease_is_found_under_the_registers_own_code_on_the_days_of_its_registration() {
        let register =
            [chronic("M03900", None), chronic("M07803", None), chronic("M01600", Some("2026-06-30"))];
        let employee = InsuranceScheme::Employee;
        for (scheme, claimed, on, expected) in [
            (employee, "M03900", "2026-03-01", Ok("M03900")),
            (employee, "M03900", "2026-02-28", Err("disease-not-registered")),
            (employee, "M03902", "2026-11-20", Ok("M03900")),
            (employee, "M07800", "2026-11-20", Ok("M07803")),
            (employee, "M07804", "2026-11-20", Err("disease-not-registered")),
            (employee, "M01600", "2026-06-30", Ok("M01600")),
            (employee, "M01600", "2026-07-01", Err("disease-not-registered")),
            (InsuranceScheme::Resident, "M03900", "2026-11-20", Err("disease-not-registered")),
        ] {
            let found = registered(&register, scheme, &[claimed.parse().unwrap()], day(on));
            let found = found.map(|codes| codes[0].to_string()).map_err(|refusal| refusal.code().to_owned());
            assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{claimed} on {on}");
        }
        let both = ["M03900".parse().unwrap(), "M00503".parse().unwrap()];
        assert!(registered(&register, employee, &both, day("2026-11-20")).is_err(), "every disease counts");
        assert_eq!(registered(&register, employee, &[], day("2026-11-20")), Ok(Vec::new()));
    }
}
