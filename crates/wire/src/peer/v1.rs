//! Version 1 of what nodes say to each other. A published version only gains messages and optional fields; the golden
//! samples in `wire/samples/peer` hold it.

use super::kind::{self, Kinds};
use benefit::{bill::Bill, breakdown::Breakdown, year::YearToDate};
use casework::{filing::Filing, person::Person};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use terms::{
    AdmissionKind, CitizenId, InstitutionCode, InsuranceScheme, InsuredPlace, Moment, Participant,
    PersonNumber, Refusal, SettlementId, SettlementLevel, TreatmentPlace, VisitId,
};

/// What one node asks another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// Who is this, and how are they insured? To the insured place; writes a record of the look.
    FindPerson(FindPerson),
    /// Which filings of the national register concern this person? To the hub.
    FindFilings(FindFilings),
    /// What would be paid (预结算)? To the insured place; writes nothing.
    Trial(Box<Claim>),
    /// Settle (结算). To the insured place; the same settlement asked again gets the first answer.
    Settle(Box<Settle>),
    /// Undo a settlement (撤销, 冲正). To the insured place; also for a settlement that it has not seen, which it then
    /// never accepts.
    Undo(Undo),
    /// The sums of a person's year. To the insured place.
    FindYear(FindYear),
    /// A filing for the national register (备案上报). To the hub; the highest generation wins.
    PublishFiling(Box<Filing>),
    /// An institution for the national register. To the hub; the later change wins.
    PublishInstitution(PublishedInstitution),
    /// Who takes part in the network? To the hub.
    FindParticipants,
}

impl Question {
    /// Whom the question is for.
    pub fn addressee(&self) -> Participant {
        let insured = match self {
            Self::FindPerson(find) => find.insured,
            Self::Trial(claim) => claim.insured,
            Self::Settle(settle) => settle.claim.insured,
            Self::Undo(undo) => undo.insured,
            Self::FindYear(find) => find.insured,
            Self::FindFilings(_)
            | Self::PublishFiling(_)
            | Self::PublishInstitution(_)
            | Self::FindParticipants => {
                return Participant::Hub;
            }
        };
        Participant::Province(insured.province())
    }
}

impl<'de> Deserialize<'de> for Question {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        kind::deserialize(deserializer)
    }
}

impl Kinds for Question {
    const NAMES: &[&str] = &[
        "find_person",
        "find_filings",
        "trial",
        "settle",
        "undo",
        "find_year",
        "publish_filing",
        "publish_institution",
        "find_participants",
    ];

    fn read<'de, D: Deserializer<'de>>(kind: &str, content: D) -> Result<Self, D::Error> {
        Ok(match kind {
            "find_person" => Self::FindPerson(Deserialize::deserialize(content)?),
            "find_filings" => Self::FindFilings(Deserialize::deserialize(content)?),
            "trial" => Self::Trial(Deserialize::deserialize(content)?),
            "settle" => Self::Settle(Deserialize::deserialize(content)?),
            "undo" => Self::Undo(Deserialize::deserialize(content)?),
            "find_year" => Self::FindYear(Deserialize::deserialize(content)?),
            "publish_filing" => Self::PublishFiling(Deserialize::deserialize(content)?),
            "publish_institution" => Self::PublishInstitution(Deserialize::deserialize(content)?),
            "find_participants" => {
                IgnoredAny::deserialize(content)?;
                Self::FindParticipants
            }
            other => return Err(kind::unknown::<Self, _>(other)),
        })
    }
}

/// What is answered: a value, or a refusal with its code and Chinese sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The answer.
    Answer(Box<Answer>),
    /// No.
    Refused {
        /// The refusal's code.
        code: String,
        /// The refusal's sentence.
        message: String,
    },
}

impl Reply {
    /// From the outcome of a use case.
    pub fn from_outcome(outcome: Result<Answer, Refusal>) -> Self {
        match outcome {
            Ok(answer) => Self::Answer(Box::new(answer)),
            Err(refusal) => Self::Refused { code: refusal.code().to_owned(), message: refusal.message() },
        }
    }

    /// As an outcome; another node's refusal is passed on as it came.
    pub fn into_outcome(self) -> Result<Answer, Refusal> {
        match self {
            Self::Answer(answer) => Ok(*answer),
            Self::Refused { code, message } => Err(Refusal::Relayed { code, message }),
        }
    }
}

/// The answers, one for each kind of question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Question::FindPerson`].
    Person(Box<Person>),
    /// To [`Question::FindFilings`].
    Filings {
        /// Those of the person that are in force or were, newest first.
        filings: Vec<Filing>,
    },
    /// To [`Question::Trial`].
    Trial(Box<Breakdown>),
    /// To [`Question::Settle`].
    Settled(Box<Settled>),
    /// To [`Question::Undo`].
    Undone(Undone),
    /// To [`Question::FindYear`].
    Year {
        /// The year asked for.
        year: i16,
        /// The sums by scheme.
        sums: Vec<(InsuranceScheme, YearToDate)>,
    },
    /// To what is published: taken, or there already.
    Taken,
    /// To [`Question::FindParticipants`].
    Participants {
        /// All of them.
        participants: Vec<ParticipantEntry>,
    },
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        kind::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
struct Filings {
    filings: Vec<Filing>,
}

#[derive(Deserialize)]
struct Year {
    year: i16,
    sums: Vec<(InsuranceScheme, YearToDate)>,
}

#[derive(Deserialize)]
struct Participants {
    participants: Vec<ParticipantEntry>,
}

impl Kinds for Answer {
    const NAMES: &[&str] =
        &["person", "filings", "trial", "settled", "undone", "year", "taken", "participants"];

    fn read<'de, D: Deserializer<'de>>(kind: &str, content: D) -> Result<Self, D::Error> {
        Ok(match kind {
            "person" => Self::Person(Deserialize::deserialize(content)?),
            "filings" => {
                let Filings { filings } = Deserialize::deserialize(content)?;
                Self::Filings { filings }
            }
            "trial" => Self::Trial(Deserialize::deserialize(content)?),
            "settled" => Self::Settled(Deserialize::deserialize(content)?),
            "undone" => Self::Undone(Deserialize::deserialize(content)?),
            "year" => {
                let Year { year, sums } = Deserialize::deserialize(content)?;
                Self::Year { year, sums }
            }
            "taken" => {
                IgnoredAny::deserialize(content)?;
                Self::Taken
            }
            "participants" => {
                let Participants { participants } = Deserialize::deserialize(content)?;
                Self::Participants { participants }
            }
            other => return Err(kind::unknown::<Self, _>(other)),
        })
    }
}

/// Asks the insured place for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindPerson {
    /// Where the person says to be insured.
    pub insured: InsuredPlace,
    /// By citizen identity number …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizen: Option<CitizenId>,
    /// … or by the insured place's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<PersonNumber>,
    /// The institution that looks, for the record of looks.
    pub institution: InstitutionCode,
}

/// Asks the hub's register for filings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindFilings {
    /// The person.
    pub person: PersonNumber,
    /// Their insured place.
    pub insured: InsuredPlace,
    /// Where they are treated.
    pub treatment: TreatmentPlace,
}

/// What the treatment place asks the insured place to pay: the bill by expense categories and what decides about it. The
/// details stay at the treatment place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The stay.
    pub visit: VisitId,
    /// The person.
    pub person: PersonNumber,
    /// The scheme that is to pay.
    pub scheme: InsuranceScheme,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// Where the person is treated.
    pub treatment: TreatmentPlace,
    /// The hospital.
    pub institution: InstitutionCode,
    /// Its name, for the statement.
    pub institution_name: String,
    /// The kind of admission; an emergency counts as filed.
    pub admission_kind: AdmissionKind,
    /// The expense categories, the days and the level.
    pub bill: Bill,
}

impl Claim {
    /// The level at which the hospital is settled.
    pub fn level(&self) -> SettlementLevel {
        self.bill.level
    }
}

/// Asks for a settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// Its id, given by the treatment place.
    pub settlement: SettlementId,
    /// When the hospital asked.
    pub asked_at: Moment,
    /// What is claimed.
    pub claim: Claim,
}

/// A settlement stands at the insured place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Its id.
    pub settlement: SettlementId,
    /// When the insured place committed it.
    pub committed_at: Moment,
    /// Who pays what, and why.
    pub breakdown: Breakdown,
}

/// Why a settlement is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoKind {
    /// 撤销 (2305): the hospital takes a settlement back that it had got.
    Cancellation,
    /// 冲正 (2601): the hospital does not know what became of it.
    Reversal,
}

/// Asks to undo a settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The settlement.
    pub settlement: SettlementId,
    /// The undoing's own id.
    pub undo: SettlementId,
    /// Why.
    pub reason: UndoKind,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// Where the person is treated.
    pub treatment: TreatmentPlace,
    /// When the hospital asked.
    pub asked_at: Moment,
}

/// A settlement no longer stands, and never will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The settlement.
    pub settlement: SettlementId,
    /// The undoing that did it, the first one asked for.
    pub undo: SettlementId,
    /// Whether it had stood before.
    pub had_stood: bool,
    /// When.
    pub at: Moment,
}

/// Asks for the sums of a person's year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindYear {
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// The person.
    pub person: PersonNumber,
    /// The year.
    pub year: i16,
    /// The institution that looks, for the record of looks.
    pub institution: InstitutionCode,
}

/// An institution as the national register keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedInstitution {
    /// Its code.
    pub code: InstitutionCode,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: TreatmentPlace,
    /// The level at which it is settled.
    pub level: SettlementLevel,
    /// Whether it may settle across regions.
    pub open: bool,
    /// When this was last changed.
    pub changed_at: Moment,
}

/// A participant as the hub's register keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantEntry {
    /// Who.
    pub participant: Participant,
    /// Name for people.
    pub name: String,
    /// SM2 public key in hexadecimal digits.
    pub public_key: String,
    /// Suspended by the hub.
    pub suspended: bool,
}
