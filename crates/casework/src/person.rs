//! A person (参保人员) as their insured place knows them, and how they are insured.

use serde::{Deserialize, Serialize};
use terms::{
    CitizenId, ContributionTier, Day, Fen, InsuranceScheme, InsuredPlace, MemberClass, MemberStatus,
    PersonNumber, Refusal, Set,
};

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The insured place's number (人员编号).
    pub number: PersonNumber,
    /// Citizen identity number (公民身份号码).
    pub citizen: CitizenId,
    /// Name.
    pub name: String,
    /// 民族 code (`naty`), if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nation: Option<String>,
    /// How the person is insured.
    pub enrolments: Vec<Enrolment>,
}

/// One insurance of a person (参保信息).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The insured place, as fine as it is registered.
    pub insured: InsuredPlace,
    /// 人员类别 code (`psn_type`), with the province's own extension.
    pub person_type: String,
    /// 参保状态 (`psn_insu_stas`).
    pub standing: Standing,
    /// Civil servant (公务员标志).
    pub civil_servant: bool,
    /// First day insured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
    /// Employer's name, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<String>,
    /// Balance of the personal account (个人账户余额).
    pub balance: Fen,
    /// What else policies distinguish (人员身份类别, `psn_idet_type`); civil servants are told by their flag.
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub classes: Set<MemberClass>,
    /// Contribution tier (缴费档次), where the scheme has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<ContributionTier>,
    /// Whole years of contribution (缴费年限), if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution_years: Option<i16>,
    /// Day of retirement (退休日期), if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_on: Option<Day>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_none_of(classes: &Set<MemberClass>) -> bool {
    classes.is_empty()
}

impl Enrolment {
    /// An insurance in force of which nothing is known but where it is and what the person is in it.
    pub fn plain(scheme: InsuranceScheme, insured: InsuredPlace, person_type: &str) -> Self {
        Self {
            scheme,
            insured,
            person_type: person_type.to_owned(),
            standing: Standing::InForce,
            civil_servant: false,
            since: None,
            employer: None,
            balance: Fen::ZERO,
            classes: Set::new(),
            tier: None,
            contribution_years: None,
            retired_on: None,
        }
    }

    /// The classes as policies see them: those that are registered, and that of civil servants by its flag.
    pub fn member_classes(&self) -> Set<MemberClass> {
        let mut classes = self.classes;
        if self.civil_servant {
            classes.insert(MemberClass::CivilServant);
        }
        classes
    }

    /// What the person type means to policies; elderly and minors among residents are told by the type, not by age.
    pub fn status(&self) -> MemberStatus {
        MemberStatus::from_code(&self.person_type).unwrap_or(match self.scheme {
            InsuranceScheme::Employee => MemberStatus::Employed,
            InsuranceScheme::Resident => MemberStatus::Adult,
        })
    }
}

impl Person {
    /// The insurance in a scheme, if it is in force.
    pub fn in_force(&self, scheme: InsuranceScheme) -> Result<&Enrolment, Refusal> {
        let refusal = || Refusal::NotInsured { insutype: scheme.code().to_owned() };
        self.enrolments
            .iter()
            .find(|enrolment| enrolment.scheme == scheme && enrolment.standing == Standing::InForce)
            .ok_or_else(refusal)
    }
}

/// Whether an insurance is in force (人员参保状态, `psn_insu_stas`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 正常参保.
    InForce,
    /// 暂停参保.
    Paused,
    /// 终止参保.
    Ended,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InForce, Self::Paused, Self::Ended];

    /// The code of the national interface.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InForce => "1",
            Self::Paused => "2",
            Self::Ended => "4",
        }
    }

    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_of_civil_servants_is_one_of_the_classes() {
        let insured = InsuredPlace("420106".parse().unwrap());
        let mut enrolment = Enrolment::plain(InsuranceScheme::Employee, insured, "1101");
        assert!(enrolment.member_classes().is_empty());
        enrolment.civil_servant = true;
        enrolment.classes.insert(MemberClass::SubsistenceAllowance);
        let classes: Vec<_> = enrolment.member_classes().iter().collect();
        assert_eq!(classes, [MemberClass::SubsistenceAllowance, MemberClass::CivilServant]);
    }

    #[test]
    fn an_insurance_that_says_nothing_of_these_is_written_as_before() {
        let insured = InsuredPlace("420106".parse().unwrap());
        let enrolment = Enrolment::plain(InsuranceScheme::Employee, insured, "1101");
        let text = serde_json::to_string(&enrolment).unwrap();
        assert!(!text.contains("classes") && !text.contains("tier"), "{text}");
        assert_eq!(serde_json::from_str::<Enrolment>(&text).unwrap(), enrolment);
    }
}
