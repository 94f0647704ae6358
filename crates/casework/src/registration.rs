//! Registrations (人员备案) at the insured place that a hospital asks for: a referral (转院), a chronic disease (门诊慢特病), a
//! designated institution (定点), an accident (意外伤害).
//!
//! The insured place keeps the register and decides. A registration is made once under an id that the asking side gives, so
//! that a question asked twice has one outcome; a refusal is kept under the id as well. A referral brings a filing with it
//! ([`filing_of`]); what the others do to a benefit this module must not know.
//!
//! Expiry is not a stage: it is read off the days ([`Registered::is_in_force_on`]).

use crate::filing::{self, Application, Destination, Filing, Rules};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::LazyLock};
use terms::{
    Day, DiseaseCode, FilingId, InstitutionCode, InsuranceScheme, InsuredPlace, Moment, PersonNumber,
    Refusal, RegistrationId, SettlementId, TreatmentPlace,
};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// 待遇申报明细流水号, given by the side that asks.
    pub id: RegistrationId,
    /// Whose (人员编号).
    pub person: PersonNumber,
    /// Where the person is insured (参保地).
    pub insured: InsuredPlace,
    /// In which scheme (险种); some transactions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<InsuranceScheme>,
    /// What for.
    pub matter: Matter,
    /// First day; that of the registration if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<Day>,
    /// Last day, itself included; none while it is to hold until it is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Day>,
    /// Who asks.
    pub by: Registrar,
    /// The rest, as given, by field name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, String>,
}

/// What a registration is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Matter {
    /// 转院备案 (2501): referred to a hospital of another province.
    Referral {
        /// Where that hospital is.
        destination: TreatmentPlace,
        /// That hospital's code (转往定点医药机构编号).
        institution: InstitutionCode,
        /// Its name.
        institution_name: String,
    },
    /// 慢特病备案 (2503).
    Chronic {
        /// 门慢门特病种目录代码.
        disease: DiseaseCode,
        /// Its name.
        name: String,
    },
    /// 定点备案 (2505): the person chooses an institution.
    Designated {
        /// What for (业务申请类型, `biz_appy_type`).
        business: String,
        /// Which of several (定点排序号).
        rank: String,
        /// The institution.
        institution: InstitutionCode,
        /// Its name.
        institution_name: String,
    },
    /// 意外伤害备案 (2507).
    Accident {
        /// Whether a third party is liable (涉及第三方标志).
        third_party: bool,
    },
}

impl Matter {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Referral { .. } => Kind::Referral,
            Self::Chronic { .. } => Kind::Chronic,
            Self::Designated { .. } => Kind::Designated,
            Self::Accident { .. } => Kind::Accident,
        }
    }
}

/// The kinds of registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 转院备案.
    Referral,
    /// 慢特病备案.
    Chronic,
    /// 定点备案.
    Designated,
    /// 意外伤害备案.
    Accident,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Referral, Self::Chronic, Self::Designated, Self::Accident];

    /// The name that programs and the register use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Referral => "referral",
            Self::Chronic => "chronic",
            Self::Designated => "designated",
            Self::Accident => "accident",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Referral => "转院备案",
            Self::Chronic => "慢特病备案",
            Self::Designated => "定点备案",
            Self::Accident => "意外伤害备案",
        }
    }
}

/// Who registers, or withdraws.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registrar {
    /// A clerk of the insured place (经办机构).
    Agency,
    /// A hospital.
    Institution {
        /// Its code.
        code: InstitutionCode,
        /// Its name.
        name: String,
        /// Where it is.
        place: TreatmentPlace,
    },
}

impl Registrar {
    /// The hospital's code, if it is one.
    pub const fn institution(&self) -> Option<&InstitutionCode> {
        match self {
            Self::Agency => None,
            Self::Institution { code, .. } => Some(code),
        }
    }
}

/// A registration as the insured place's register has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// What was asked for, as it was.
    pub asked: Registration,
    /// The scheme that it is for, where one matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<InsuranceScheme>,
    /// First day.
    pub from: Day,
    /// Last day, itself included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
    /// The filing that it brought with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<FilingId>,
    /// Where it stands.
    pub stage: Stage,
}

/// Where a registration stands. Each stage holds its own evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Stage {
    /// 有效, within its days.
    InForce {
        /// When it was registered.
        since: Moment,
    },
    /// 已撤销.
    Withdrawn {
        /// When it was registered.
        since: Moment,
        /// When it was withdrawn.
        at: Moment,
        /// Why (撤销原因), as given.
        reason: String,
    },
    /// Never registered: the first question under this id was refused, and so is every other.
    Refused {
        /// When.
        at: Moment,
        /// The refusal's code.
        code: String,
        /// The refusal's sentence.
        message: String,
    },
}

impl Stage {
    /// The name that programs and the register use, the same as in its serialized form.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::InForce { .. } => "in_force",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Refused { .. } => "refused",
        }
    }

    /// The Chinese word.
    pub const fn chinese(&self) -> &'static str {
        match self {
            Self::InForce { .. } => "有效",
            Self::Withdrawn { .. } => "已撤销",
            Self::Refused { .. } => "未受理",
        }
    }
}

/// Months that a registration may begin after it is made: a configuration of this program, no national figure.
const AHEAD_MONTHS: i32 = 12;

/// Registers what is asked for, in this scheme. `others` are the person's registrations, in whatever stage.
pub fn register(
    asked: Registration,
    scheme: Option<InsuranceScheme>,
    others: &[Registered],
    at: Moment,
) -> Result<Registered, Refusal> {
    match &asked.matter {
        Matter::Accident { third_party: true } => return Err(Refusal::ThirdParty {}),
        Matter::Referral { destination, .. }
            if destination.division().pooling_area() == asked.insured.pooling_area() =>
        {
            return Err(rule(format!(
                "转往就医地[{destination}]与参保地同属一个统筹区，不是异地就医，不需要转院备案"
            )));
        }
        _ => {}
    }
    let (from, to) = (asked.begins.unwrap_or(at.day()), asked.ends);
    if to.is_some_and(|to| to < from) {
        return Err(rule(format!("结束日期早于开始日期[{from}]，请更正起止日期")));
    }
    if from > at.day().plus_months(AHEAD_MONTHS) {
        return Err(rule(format!("开始日期[{from}]超过办理之日后{AHEAD_MONTHS}个月，请更正开始日期")));
    }
    let registered =
        Registered { asked, scheme, from, to, filing: None, stage: Stage::InForce { since: at } };
    if let Some(other) = others.iter().find(|other| registered.repeats(other)) {
        let (kind, id) = (registered.asked.matter.kind().chinese(), other.asked.id);
        return Err(rule(format!("该人员同期已有相同的{kind}[{id}]，请核对，确需重办的先撤销原备案")));
    }
    Ok(registered)
}

/// What was refused, as it is kept under its id.
pub fn refused(asked: Registration, refusal: &Refusal, at: Moment) -> Registered {
    let (code, message) = (refusal.code().to_owned(), refusal.message());
    let (scheme, from, to) = (asked.scheme, asked.begins.unwrap_or(at.day()), asked.ends);
    Registered { asked, scheme, from, to, filing: None, stage: Stage::Refused { at, code, message } }
}

impl Registered {
    /// What the first question under this id was answered: when it was registered, or why not. Later withdrawal does not
    /// change it.
    pub fn first_answer(&self) -> Result<Moment, Refusal> {
        match &self.stage {
            Stage::InForce { since } | Stage::Withdrawn { since, .. } => Ok(*since),
            Stage::Refused { code, message, .. } => {
                Err(Refusal::Relayed { code: code.clone(), message: message.clone() })
            }
        }
    }

    /// Whether it stands and a day is within its days.
    pub fn is_in_force_on(&self, day: Day) -> bool {
        matches!(self.stage, Stage::InForce { .. }) && self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// 撤销. A hospital takes back only what it registered itself, and only while nothing was settled on it (`used`); the
    /// insured place takes back anything, for the time to come. What is withdrawn stays as it was withdrawn first.
    pub fn withdraw(
        &self,
        by: &Registrar,
        used: Option<SettlementId>,
        reason: &str,
        at: Moment,
    ) -> Result<Self, Refusal> {
        let unknown = || Refusal::UnknownRegistration { trt_dcla_detl_sn: self.asked.id.to_string() };
        let may = *by == Registrar::Agency || by.institution() == self.asked.by.institution();
        let since = match &self.stage {
            Stage::InForce { since } if may => *since,
            Stage::Withdrawn { .. } if may => return Ok(self.clone()),
            _ => return Err(unknown()),
        };
        if let (Some(settlement), Registrar::Institution { .. }) = (used, by) {
            let kind = self.asked.matter.kind().chinese();
            return Err(rule(format!("该{kind}已用于结算[{settlement}]，请先撤销结算或联系参保地经办机构")));
        }
        let stage = Stage::Withdrawn { since, at, reason: reason.trim().to_owned() };
        Ok(Self { stage, ..self.clone() })
    }

    /// Both in force, for the same thing, with a day in common.
    fn repeats(&self, other: &Self) -> bool {
        let in_force = matches!(other.stage, Stage::InForce { .. });
        let overlaps = other.to.is_none_or(|to| self.from <= to) && self.to.is_none_or(|to| other.from <= to);
        let same_scheme = self.scheme.is_none() || other.scheme.is_none() || self.scheme == other.scheme;
        let same = match (&self.asked.matter, &other.asked.matter) {
            (Matter::Chronic { disease, .. }, Matter::Chronic { disease: known, .. }) => disease == known,
            (Matter::Referral { institution, .. }, Matter::Referral { institution: known, .. }) => {
                institution == known
            }
            (
                Matter::Designated { business, rank, institution, .. },
                Matter::Designated { business: as_what, rank: as_which, institution: known, .. },
            ) => business == as_what && (rank == as_which || institution == known),
            // Two accidents on one day at one hospital are one that was sent twice.
            (Matter::Accident { .. }, Matter::Accident { .. }) => {
                self.from == other.from && self.asked.by.institution() == other.asked.by.institution()
            }
            _ => false,
        };
        in_force && same && same_scheme && overlaps && self.asked.person == other.asked.person
    }
}

/// What a referral brings with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follows {
    /// A filing that the person has covers it already: nothing new.
    Covered(FilingId),
    /// A filing of the category 异地转诊人员, in effect at once.
    Filed(Box<Filing>),
}

/// The filing of a referral (异地转诊人员), under this id. `None` for what is no referral.
///
/// - A long-term filing or a referral that covers the destination serves as it is.
/// - A filing for the place of the hospital that refers stands beside the new one: the person lies there under it. Any other
///   temporary filing is in the way where the rules allow one place at a time.
/// - It is valid for at least as long as the rules ask of a temporary filing, also if the hospital said less
///   (医保发〔2022〕22号: in principle not under six months).
pub fn filing_of(
    registered: &Registered,
    id: FilingId,
    filings: &[Filing],
    rules: &Rules,
    at: Moment,
) -> Option<Result<Follows, Refusal>> {
    let (Matter::Referral { destination, .. }, Some(scheme)) = (&registered.asked.matter, registered.scheme)
    else {
        return None;
    };
    let of_scheme = || filings.iter().filter(|filing| filing.scheme == scheme && !filing.deemed);
    let serves = |filing: &&Filing| {
        let fits = filing.category.is_long_term() || filing.category == terms::FilingCategory::Referral;
        let in_effect = matches!(filing.stage, filing::Stage::Effective { .. });
        let holds = filing.begins <= registered.from && !filing.is_expired_on(registered.from);
        fits && in_effect && holds && filing.destination.covers(*destination)
    };
    if let Some(filing) = of_scheme().find(serves) {
        return Some(Ok(Follows::Covered(filing.id)));
    }
    let lies_under = |filing: &Filing| match &registered.asked.by {
        Registrar::Institution { place, .. } => filing.destination.covers(*place),
        Registrar::Agency => false,
    };
    let others: Vec<Filing> = of_scheme().filter(|filing| !lies_under(filing)).cloned().collect();
    let least = registered.from.plus_months(rules.temporary_months);
    let application = Application {
        id,
        person: registered.asked.person.clone(),
        scheme,
        insured: registered.asked.insured,
        category: terms::FilingCategory::Referral,
        destination: Destination::containing(*destination),
        begins: Some(registered.from),
        ends: registered.to.filter(|to| *to >= least),
        commitment: false,
    };
    let filed = filing::submit(application, &others, rules, at).and_then(|filing| filing.approve(at));
    Some(filed.map(|filing| Follows::Filed(Box::new(filing))))
}

/// A chronic disease that a person is registered for (门诊慢特病待遇资格), as a settlement asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chronic {
    /// 门慢门特病种目录代码.
    pub disease: DiseaseCode,
    /// Its name.
    pub name: String,
    /// The scheme it is registered in; none means any.
    pub scheme: Option<InsuranceScheme>,
    /// First day.
    pub from: Day,
    /// Last day, itself included.
    pub to: Option<Day>,
}

impl Chronic {
    /// Whether it holds on a day in a scheme.
    pub fn holds(&self, scheme: InsuranceScheme, day: Day) -> bool {
        self.scheme.is_none_or(|own| own == scheme) && self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// An institution that a person chose (定点), as a settlement asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Designated {
    /// What for (业务申请类型).
    pub business: String,
    /// The institution.
    pub institution: InstitutionCode,
    /// The scheme it was chosen in; none means any.
    pub scheme: Option<InsuranceScheme>,
    /// First day.
    pub from: Day,
    /// Last day, itself included.
    pub to: Option<Day>,
}

impl Designated {
    /// Whether it holds on a day in a scheme.
    pub fn holds(&self, scheme: InsuranceScheme, day: Day) -> bool {
        self.scheme.is_none_or(|own| own == scheme) && self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// A disease of the national list of those that settle across provinces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The first four characters of its codes.
    pub family: &'static str,
    /// Its name.
    pub name: &'static str,
    /// From which day.
    pub since: Day,
    /// The notice.
    pub source: &'static str,
}

/// Whether costs of this disease settle directly across provinces on a day, and by which notice; else why not.
pub fn settles_across(disease: DiseaseCode, day: Day) -> Result<&'static Listed, Refusal> {
    let listed = NATIONAL.iter().find(|listed| disease.as_str().starts_with(listed.family));
    listed
        .filter(|listed| listed.since <= day)
        .ok_or_else(|| Refusal::DiseaseNotAcross { opsp_dise_code: disease.to_string() })
}

/// The national list, in the order of the notices.
pub fn national() -> &'static [Listed] {
    &NATIONAL
}

static NATIONAL: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let rows = include_str!("registration/chronic.tsv").lines().filter(|line| !line.starts_with('#'));
    let listed = |line: &'static str| {
        let [family, name, since, source, _] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("a row of the list has five columns: {line}")
        };
        Listed { family, name, since: since.parse().expect("the list has days"), source }
    };
    rows.map(listed).collect()
});

fn rule(reason: impl Into<String>) -> Refusal {
    Refusal::RegistrationRule { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filing::Stage as FilingStage;
    use std::fmt::Write as _;
    use terms::FilingCategory;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Moment {
        format!("2026-{text} 10:00:00").parse().unwrap()
    }

    fn id(serial: u64) -> RegistrationId {
        RegistrationId::new("420000".parse().unwrap(), at("03-01"), serial)
    }

    fn filing_id(serial: u64) -> FilingId {
        FilingId::new("110000".parse().unwrap(), at("03-01"), serial)
    }

    fn hospital(code: &str) -> Registrar {
        let place = TreatmentPlace(code[1..7].parse().unwrap());
        Registrar::Institution { code: code.parse().unwrap(), name: "示范医院".to_owned(), place }
    }

    fn asked(serial: u64, matter: Matter) -> Registration {
        Registration {
            id: id(serial),
            person: "11010599001".parse().unwrap(),
            insured: InsuredPlace("110105".parse().unwrap()),
            scheme: Some(InsuranceScheme::Employee),
            matter,
            begins: None,
            ends: None,
            by: hospital("H42010600001"),
            given: BTreeMap::new(),
        }
    }

    fn chronic(code: &str) -> Matter {
        Matter::Chronic { disease: code.parse().unwrap(), name: "高血压".to_owned() }
    }

    fn referral(code: &str) -> Matter {
        Matter::Referral {
            destination: TreatmentPlace(code[1..7].parse().unwrap()),
            institution: code.parse().unwrap(),
            institution_name: "示范医院".to_owned(),
        }
    }

    fn designated(rank: &str, code: &str) -> Matter {
        Matter::Designated {
            business: "03".to_owned(),
            rank: rank.to_owned(),
            institution: code.parse().unwrap(),
            institution_name: "示范医院".to_owned(),
        }
    }

    fn registered(asked: Registration) -> Registered {
        let scheme = asked.scheme;
        register(asked, scheme, &[], at("03-02")).unwrap()
    }

    #[test]
    fn days_have_an_order_and_a_default() {
        let with = |begins: Option<&str>, ends: Option<&str>| {
            let asked =
                Registration { begins: begins.map(day), ends: ends.map(day), ..asked(1, chronic("M03900")) };
            register(asked, None, &[], at("03-02")).map(|one| (one.from, one.to)).map_err(|no| no.message())
        };
        assert_eq!(with(None, None), Ok((day("2026-03-02"), None)));
        assert_eq!(
            with(Some("2025-03-02"), Some("2025-03-02")),
            Ok((day("2025-03-02"), Some(day("2025-03-02"))))
        );
        let refused = with(Some("2026-03-02"), Some("2026-03-01")).unwrap_err();
        assert!(refused.contains("结束日期早于开始日期"), "{refused}");
        assert!(with(None, Some("2026-03-01")).is_err(), "also before the day that is the default");
        assert!(with(Some("2027-03-02"), None).is_ok());
        assert!(with(Some("2027-03-03"), None).unwrap_err().contains("12个月"));
    }

    #[test]
    fn the_same_thing_is_in_force_once() {
        let known = |matter| registered(asked(1, matter));
        let ended = Registered { to: Some(day("2026-03-01")), ..known(chronic("M03900")) };
        let withdrawn =
            known(chronic("M03900")).withdraw(&Registrar::Agency, None, "误报", at("03-02")).unwrap();
        let of_resident = Registered { scheme: Some(InsuranceScheme::Resident), ..known(chronic("M03900")) };
        for (what, matter, other, expected) in [
            ("the same disease", chronic("M03900"), known(chronic("M03900")), false),
            ("another disease", chronic("M01600"), known(chronic("M03900")), true),
            ("another of its family", chronic("M03902"), known(chronic("M03900")), true),
            ("the same after it ended", chronic("M03900"), ended, true),
            ("the same after it was withdrawn", chronic("M03900"), withdrawn, true),
            ("the same in the other scheme", chronic("M03900"), of_resident, true),
            ("referred twice", referral("H31010100001"), known(referral("H31010100001")), false),
            ("referred to another", referral("H31010100002"), known(referral("H31010100001")), true),
            (
                "a second first choice",
                designated("1", "H42010600002"),
                known(designated("1", "H42010600001")),
                false,
            ),
            (
                "the same chosen twice",
                designated("2", "H42010600001"),
                known(designated("1", "H42010600001")),
                false,
            ),
            (
                "a second choice",
                designated("2", "H42010600002"),
                known(designated("1", "H42010600001")),
                true,
            ),
            (
                "one accident twice",
                Matter::Accident { third_party: false },
                known(Matter::Accident { third_party: false }),
                false,
            ),
            ("something else", designated("1", "H42010600001"), known(referral("H42010600001")), true),
        ] {
            let again = register(asked(2, matter), Some(InsuranceScheme::Employee), &[other], at("03-02"));
            assert_eq!(again.is_ok(), expected, "{what}: {again:?}");
            if let Err(refusal) = again {
                assert!(refusal.message().contains(&id(1).to_string()), "{refusal}");
            }
        }
    }

    #[test]
    fn some_things_are_never_registered() {
        let refusal = |matter| register(asked(1, matter), None, &[], at("03-02")).unwrap_err();
        assert_eq!(refusal(Matter::Accident { third_party: true }), Refusal::ThirdParty {});
        assert!(refusal(referral("H11010500001")).message().contains("同属一个统筹区"));
    }

    #[test]
    fn every_stage_and_every_move() {
        let in_force = registered(asked(1, chronic("M03900")));
        let mine = hospital("H42010600001");
        let other = hospital("H42010600002");
        let withdrawn = in_force.withdraw(&mine, None, "误报", at("03-03")).unwrap();
        let refused = refused(asked(1, chronic("M03900")), &Refusal::ThirdParty {}, at("03-02"));
        let used = Some(SettlementId::new("420000".parse().unwrap(), at("03-02"), 5));
        let mut grid = String::new();
        for stands in [&in_force, &withdrawn, &refused] {
            for (who, by, used) in [
                ("who registered it", &mine, None),
                ("the same once it was used", &mine, used),
                ("another hospital", &other, None),
                ("the agency", &Registrar::Agency, None),
                ("the agency once it was used", &Registrar::Agency, used),
            ] {
                let moved = stands.withdraw(by, used, "撤", at("03-04"));
                let moved = match &moved {
                    Ok(moved) => moved.stage.name(),
                    Err(refusal) => refusal.code(),
                };
                writeln!(grid, "{} / {who}: {moved}", stands.stage.name()).expect("a text takes all");
            }
        }
        assert_eq!(
            grid,
            "in_force / who registered it: withdrawn\n\
             in_force / the same once it was used: registration-rule\n\
             in_force / another hospital: unknown-registration\n\
             in_force / the agency: withdrawn\n\
             in_force / the agency once it was used: withdrawn\n\
             withdrawn / who registered it: withdrawn\n\
             withdrawn / the same once it was used: withdrawn\n\
             withdrawn / another hospital: unknown-registration\n\
             withdrawn / the agency: withdrawn\n\
             withdrawn / the agency once it was used: withdrawn\n\
             refused / who registered it: unknown-registration\n\
             refused / the same once it was used: unknown-registration\n\
             refused / another hospital: unknown-registration\n\
             refused / the agency: unknown-registration\n\
             refused / the agency once it was used: unknown-registration\n"
        );
        let again = withdrawn.withdraw(&mine, None, "又撤", at("03-09")).unwrap();
        assert_eq!(again, withdrawn, "it stays as it was withdrawn first");
        assert_eq!(in_force.first_answer(), Ok(at("03-02")));
        assert_eq!(
            withdrawn.first_answer(),
            Ok(at("03-02")),
            "a late copy of the question hears the first answer"
        );
        assert_eq!(refused.first_answer().unwrap_err().code(), "third-party-liability");
    }

    #[test]
    fn in_force_within_its_days() {
        let one = Registered { to: Some(day("2026-03-31")), ..registered(asked(1, chronic("M03900"))) };
        for (on, expected) in
            [("2026-03-01", false), ("2026-03-02", true), ("2026-03-31", true), ("2026-04-01", false)]
        {
            assert_eq!(one.is_in_force_on(day(on)), expected, "{on}");
        }
        let withdrawn = one.withdraw(&Registrar::Agency, None, "", at("03-03")).unwrap();
        assert!(!withdrawn.is_in_force_on(day("2026-03-02")));
    }

    fn filed(serial: u64, category: FilingCategory, destination: &str) -> Filing {
        let application = Application {
            id: filing_id(serial),
            person: "11010599001".parse().unwrap(),
            scheme: InsuranceScheme::Employee,
            insured: InsuredPlace("110105".parse().unwrap()),
            category,
            destination: Destination::new(destination.parse().unwrap()).unwrap(),
            begins: None,
            ends: None,
            commitment: false,
        };
        filing::submit(application, &[], &Rules::default(), at("03-01"))
            .unwrap()
            .approve(at("03-01"))
            .unwrap()
    }

    #[test]
    fn what_filing_a_referral_brings_with_it() {
        use FilingCategory::{LongTermResident, OtherTemporary, Referral};
        // From Wuhan to Shanghai.
        let refers = registered(asked(1, referral("H31010100001")));
        let deemed = Filing { deemed: true, ..filed(8, Referral, "310000") };
        let cancelled = filed(9, Referral, "310000").cancel(&Rules::default(), at("03-01")).unwrap();
        for (what, filings, expected) in [
            ("nothing filed", vec![], "filed"),
            ("under way in Wuhan as referred", vec![filed(2, Referral, "420100")], "filed"),
            ("under way in Wuhan for long", vec![filed(2, LongTermResident, "420100")], "filed"),
            ("filed for Shanghai for long", vec![filed(2, LongTermResident, "310000")], "covered 2"),
            ("referred to Shanghai before", vec![filed(2, Referral, "310000")], "covered 2"),
            ("for Shanghai, but not referred", vec![filed(2, OtherTemporary, "310000")], "filing-rule"),
            ("referred to a third place", vec![filed(2, Referral, "440100")], "filing-rule"),
            ("an emergency there once", vec![deemed], "filed"),
            ("cancelled there", vec![cancelled], "filed"),
        ] {
            let follows = filing_of(&refers, filing_id(7), &filings, &Rules::default(), at("03-02")).unwrap();
            let said = match &follows {
                Ok(Follows::Covered(id)) if *id == filing_id(2) => "covered 2",
                Ok(Follows::Covered(_)) => "covered by another",
                Ok(Follows::Filed(filing)) => {
                    assert_eq!((filing.category, filing.id), (Referral, filing_id(7)), "{what}");
                    assert_eq!(filing.destination.to_string(), "310000", "{what}");
                    assert!(matches!(filing.stage, FilingStage::Effective { .. }), "{what}");
                    "filed"
                }
                Err(refusal) => refusal.code(),
            };
            assert_eq!(said, expected, "{what}");
        }
        assert_eq!(
            filing_of(
                &registered(asked(1, chronic("M03900"))),
                filing_id(7),
                &[],
                &Rules::default(),
                at("03-02")
            ),
            None
        );
    }

    #[test]
    fn the_filing_of_a_referral_is_valid_for_six_months_at_least() {
        for (ends, expected) in
            [(None, "2026-09-02"), (Some("2026-04-01"), "2026-09-02"), (Some("2027-03-01"), "2027-03-01")]
        {
            let asked = Registration { ends: ends.map(day), ..asked(1, referral("H31010100001")) };
            let follows =
                filing_of(&registered(asked), filing_id(7), &[], &Rules::default(), at("03-02")).unwrap();
            let Ok(Follows::Filed(filing)) = follows else { panic!("{follows:?}") };
            assert_eq!((filing.begins, filing.ends), (day("2026-03-02"), Some(day(expected))), "{ends:?}");
        }
    }

    #[test]
    fn ten_diseases_settle_across_provinces() {
        for (code, on, expected) in [
            ("M03900", "2023-01-01", Some("高血压")),
            ("M03902", "2026-11-22", Some("高血压")),
            ("M01603", "2026-11-22", Some("糖尿病")),
            ("M00503", "2023-06-01", Some("恶性肿瘤门诊治疗")),
            ("M07804", "2023-06-01", Some("尿毒症透析")),
            ("M08300", "2022-12-31", None),
            ("M05300", "2024-09-12", None),
            ("M05300", "2024-09-13", Some("慢性阻塞性肺疾病")),
            ("M07200", "2026-11-22", Some("强直性脊柱炎")),
            ("M02300", "2026-11-22", None),
            ("HBLB101", "2026-11-22", None),
        ] {
            let found = settles_across(code.parse().unwrap(), day(on));
            assert_eq!(found.as_ref().ok().map(|listed| listed.name), expected, "{code} {on}");
            if let Err(refusal) = found {
                assert_eq!(refusal.code(), "disease-not-across");
            }
        }
        assert_eq!(national().len(), 10);
        assert!(national().iter().all(|listed| listed.family.len() == 4 && listed.source.contains('〔')));
    }

    #[test]
    fn a_registration_reads_back_as_it_is_written() {
        for matter in [
            chronic("M03900"),
            referral("H31010100001"),
            designated("1", "H42010600001"),
            Matter::Accident { third_party: false },
        ] {
            for by in [hospital("H42010600001"), Registrar::Agency] {
                let one = registered(Registration { by, ..asked(1, matter.clone()) });
                let text = serde_json::to_string(&one).unwrap();
                assert_eq!(serde_json::from_str::<Registered>(&text).unwrap(), one, "{text}");
            }
        }
    }
}
