//! Version 1 of what is said to an outside core system. A published version only gains questions and optional fields; the samples
//! in `wire/samples/adapter` hold it.
//!
//! All amounts are whole fen (分), days `2026-11-21`, moments milliseconds since 1970.

use benefit::{Bill, FilingStanding, outside::Amounts};
use serde::{Deserialize, Serialize};
use terms::{
    AdminDivision, Fen, InstitutionCode, InsuranceScheme, InsuredPlace, Moment, PersonNumber, SettlementId,
    TreatmentPlace, VisitId,
};

/// The version that every question and answer names.
pub const VERSION: u32 = 1;

/// A question, with whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// [`VERSION`].
    pub version: u32,
    /// The pooling area (统筹区) that the system computes for.
    pub area: AdminDivision,
    /// The scheme (险种) that it computes.
    pub scheme: InsuranceScheme,
    /// What is asked.
    pub question: Question,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Question {
    /// What would be paid (预结算)? Nothing is written.
    Trial {
        /// The claim.
        claim: Box<Claim>,
    },
    /// Settle (结算). Asked again under the same id, the first answer comes again; another claim under it is refused.
    Settle {
        /// The settlement's id.
        settlement: SettlementId,
        /// When it was asked for first.
        asked_at: Moment,
        /// The claim.
        claim: Box<Claim>,
    },
    /// Undo a settlement (撤销, 冲正). It is never refused; a settlement that the system has not seen, it never accepts
    /// afterwards.
    Undo {
        /// The settlement's id.
        settlement: SettlementId,
        /// The undoing's own id.
        undo: SettlementId,
        /// `cancellation` (撤销) or `reversal` (冲正).
        reason: String,
    },
    /// What became of a settlement? For an answer that was lost. Nothing is written.
    Find {
        /// The settlement's id.
        settlement: SettlementId,
    },
}

/// A claim: what the treatment place charges, with how the visit stands. Who the person is the system knows by their number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// 人员编号.
    pub person: PersonNumber,
    /// The calendar year that the discharge lies in (年度).
    pub year: i16,
    /// The visit (就诊).
    pub visit: VisitId,
    /// 参保地.
    pub insured: InsuredPlace,
    /// 就医地.
    pub treatment: TreatmentPlace,
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// Its name.
    pub institution_name: String,
    /// Whether the hospital says emergency (急诊).
    pub emergency: bool,
    /// How the visit stands with the filing register (备案).
    pub standing: FilingStanding,
    /// Whether the person wants the personal account to pay (个人账户使用标志).
    pub uses_account: bool,
    /// Earlier settlements of the same stay (中途结算) that this one goes on from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continues: Vec<SettlementId>,
    /// 医疗费总额: the sum of the categories.
    pub total: Fen,
    /// The bill by expense categories (大类费用), each split by the treatment place's catalog.
    pub bill: Bill,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Answer {
    /// To a trial.
    Trial {
        /// What would be paid.
        amounts: Amounts,
    },
    /// To a settlement, and to [`Question::Find`] while it stands.
    Settled {
        /// The settlement.
        settlement: SettlementId,
        /// What is paid.
        amounts: Amounts,
    },
    /// To an undoing, and to [`Question::Find`] from then on.
    Undone {
        /// The settlement.
        settlement: SettlementId,
        /// Whether it had stood.
        had_stood: bool,
    },
    /// To [`Question::Find`]: no such settlement was ever asked for.
    Unknown {
        /// The settlement.
        settlement: SettlementId,
    },
    /// No, for good: the same question gets the same answer for ever. The reason is one Chinese sentence that the counter sees.
    Refused {
        /// Why, and what to do next, without personal data.
        reason: String,
    },
    /// Not now: nothing was decided, and the question is asked again.
    Later {
        /// Why.
        reason: String,
    },
}

/// The longest reason that is passed on, in characters.
pub const REASON_CHARACTERS_MAX: usize = 120;
