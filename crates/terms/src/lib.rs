//! The field's words as values: money, days, places, people, visits, ids and refusals.
//!
//! Every word of cross-region settlement (异地就医结算) that more than one room speaks is defined here, once, with its Chinese
//! name and the rule behind it. This crate must not know SQL, HTTP, message formats, or what time it is: a moment or an id
//! is always given to it.

mod capital;
pub mod code;
pub mod day;
pub mod id;
pub mod money;
pub mod person;
pub mod pinyin;
pub mod place;
mod place_names;
pub mod refusal;
#[cfg(feature = "schema")]
mod schema;
pub mod set;
pub mod visit;
pub mod working_day;

pub use day::{Clock, Day, Moment, Month};
pub use id::{
    DiseaseCode, FilingId, IdSource, InstitutionCode, MessageId, PeerMessageId, PersonNumber, RegistrationId,
    SettlementId, VisitId,
};
pub use money::{Fen, Rate, Rounding};
pub use person::CitizenId;
pub use place::{AdminDivision, InsuredPlace, Participant, PoolingArea, Province, TreatmentPlace};
pub use refusal::Refusal;
pub use set::{Listed, Set};
pub use visit::{
    AdmissionKind, CareKind, CatalogClass, ChargeCategory, ContributionTier, FilingCategory, Fund,
    InsuranceScheme, MemberClass, MemberStatus, OutpatientKind, SettlementLevel, VisitMark,
};
pub use working_day::{DueDay, WorkingDays};
