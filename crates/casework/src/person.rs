//! A person (参保人员) as their insured place knows them, and how they are insured.

use serde::{Deserialize, Serialize};
use terms::{CitizenId, Day, Fen, InsuranceScheme, InsuredPlace, MemberStatus, PersonNumber, Refusal};

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
}

impl Enrolment {
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
