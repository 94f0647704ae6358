//! Registrations (人员备案) at a clerk's window: chronic diseases that are entered, and whatever is registered of a person.

use super::Shown;
use casework::registration::{Matter, Registered, Registrar, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{
    CitizenId, Day, DiseaseCode, InstitutionCode, InsuranceScheme, InsuredPlace, PersonNumber, RegistrationId,
};

/// A chronic disease to register (慢特病备案): `POST /api/v1/registrations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegistration {
    /// 参保地, any division of the pooling area.
    pub insured: InsuredPlace,
    /// 人员编号; or …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
    /// … 公民身份号码.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certno: Option<CitizenId>,
    /// 险种: `employee` or `resident`.
    pub scheme: InsuranceScheme,
    /// 门慢门特病种目录代码.
    #[schemars(with = "String")]
    pub disease: DiseaseCode,
    /// 病种名称.
    pub name: String,
    /// 开始日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<Day>,
    /// 结束日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Day>,
}

/// A registration as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegistrationView {
    /// 待遇申报明细流水号.
    #[schemars(with = "String")]
    pub id: RegistrationId,
    /// What for: `referral`, `chronic`, `designated` or `accident`.
    pub kind: String,
    /// What for, in Chinese.
    pub kind_name: String,
    /// 人员编号, masked unless a duty needs it.
    pub person: String,
    /// 险种.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<InsuranceScheme>,
    /// 参保地.
    pub insured: InsuredPlace,
    /// 病种编码.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub disease: Option<DiseaseCode>,
    /// The institution that was chosen or referred to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution: Option<InstitutionCode>,
    /// The name of the disease or institution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 开始日期.
    pub begins: Day,
    /// 结束日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Day>,
    /// The hospital that registered it; none where a clerk did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_by: Option<InstitutionCode>,
    /// The filing that it brought with it (备案编号).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<String>,
    /// Where it stands: `in_force`, `withdrawn` or `refused`.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// When it was registered.
    pub registered_at: String,
    /// When it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<String>,
    /// Why it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl RegistrationView {
    /// What is shown of a registration.
    pub fn of(one: &Registered, shown: Shown) -> Self {
        let asked = &one.asked;
        let (disease, institution, name) = match &asked.matter {
            Matter::Chronic { disease, name } => (Some(*disease), None, Some(name.clone())),
            Matter::Referral { institution, institution_name, .. }
            | Matter::Designated { institution, institution_name, .. } => {
                (None, Some(institution.clone()), Some(institution_name.clone()))
            }
            Matter::Accident { .. } => (None, None, None),
        };
        let (registered_at, withdrawn) = match &one.stage {
            Stage::InForce { since } => (since, None),
            Stage::Withdrawn { since, at, reason } => (since, Some((at.to_string(), reason.clone()))),
            Stage::Refused { at, message, .. } => (at, Some((at.to_string(), message.clone()))),
        };
        let (withdrawn_at, reason) = withdrawn.unzip();
        Self {
            id: asked.id,
            kind: asked.matter.kind().name().to_owned(),
            kind_name: asked.matter.kind().chinese().to_owned(),
            person: shown.number(&asked.person),
            scheme: one.scheme,
            insured: asked.insured,
            disease,
            institution,
            name,
            begins: one.from,
            ends: one.to,
            registered_by: match &asked.by {
                Registrar::Institution { code, .. } => Some(code.clone()),
                Registrar::Agency => None,
            },
            filing: one.filing.map(|id| id.to_string()),
            stage: one.stage.name().to_owned(),
            stage_name: one.stage.chinese().to_owned(),
            registered_at: registered_at.to_string(),
            withdrawn_at,
            reason,
        }
    }
}

/// What is registered of a person: `GET /api/v1/registrations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Registrations {
    /// Newest first.
    pub registrations: Vec<RegistrationView>,
}
