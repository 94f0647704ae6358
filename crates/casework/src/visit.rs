//! A visit (就诊) of a guest: a stay in hospital from admission (入院办理, 2401) to its settlement, or a visit to an outpatient
//! department (门诊挂号, 2201) or a pharmacy, whose bills (收费批次) are settled one by one while it stays open.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use terms::{
    AdmissionKind, CareKind, CitizenId, Fen, FilingId, InstitutionCode, InsuranceScheme, InsuredPlace,
    MessageId, Moment, PersonNumber, Refusal, TreatmentPlace, VisitId,
};

/// A visit as the treatment place keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its id (`mdtrt_id`).
    pub id: VisitId,
    /// The hospital.
    pub institution: InstitutionCode,
    /// Where it stands.
    pub stage: Stage,
    /// Counts the changes of the visit and its details: who decided on an older one decides again.
    pub revision: i32,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// Where the person is treated.
    pub treatment: TreatmentPlace,
    /// The person, as the insured place described them at admission.
    pub patient: Patient,
    /// 入院时间; of an outpatient visit its beginning (挂号或就诊时间).
    pub admitted_at: Moment,
    /// 出院时间; an outpatient visit has none.
    pub discharged_at: Option<Moment>,
    /// 医疗类别 code (`med_type`), as given.
    pub med_type: String,
    /// The kind of care of that 医疗类别.
    pub care: CareKind,
    /// 住院类型; an emergency counts as filed, also in an outpatient department.
    pub admission_kind: AdmissionKind,
    /// The filing that was found at admission, if any. The insured place looks again when it settles.
    pub filing: Option<FilingId>,
    /// What else the hospital registered, by the interface's field names, given back as it came.
    pub registration: BTreeMap<String, String>,
    /// The message that opened it: what a reversal (冲正) names.
    pub msgid: MessageId,
    /// When it was opened.
    pub opened_at: Moment,
}

/// The person of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// The insured place's number.
    pub number: PersonNumber,
    /// Citizen identity number.
    pub citizen: CitizenId,
    /// Name.
    pub name: String,
    /// 民族 code.
    pub nation: Option<String>,
    /// The scheme that is to pay.
    pub scheme: InsuranceScheme,
    /// 人员类别 code.
    pub person_type: String,
    /// 公务员标志.
    pub civil_servant: bool,
    /// Balance of the personal account at admission.
    pub balance: Fen,
    /// Employer.
    pub employer: Option<String>,
}

/// Where a visit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// 在院: admitted; details may be uploaded.
    Admitted,
    /// 出院未结算: discharged; details may still be uploaded until it is settled.
    Discharged,
    /// 结算中: a settlement is asked for, and its outcome is not known yet. Here a purchase at a pharmacy begins.
    Settling,
    /// 已结算: a settlement stands; or all was settled midway before the discharge.
    Settled,
    /// 撤销中: a settlement is being undone at the insured place.
    Undoing,
    /// 已撤销: the admission was taken back, or the purchase was.
    Withdrawn,
    /// 就诊中: an outpatient visit, from its registration on. Where its bills stand, each of them says.
    Open,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 7] = [
        Self::Admitted,
        Self::Discharged,
        Self::Settling,
        Self::Settled,
        Self::Undoing,
        Self::Withdrawn,
        Self::Open,
    ];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Admitted => "在院",
            Self::Discharged => "出院未结算",
            Self::Settling => "结算中",
            Self::Settled => "已结算",
            Self::Undoing => "撤销中",
            Self::Withdrawn => "已撤销",
            Self::Open => "就诊中",
        }
    }
}

/// What can be done to a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// 2301, 2302, 2204, 2205: details come or go.
    ChangeDetails,
    /// 2403, 2203: what was registered changes.
    ChangeRegistration,
    /// 2402.
    Discharge,
    /// 2405: back in hospital.
    UndoDischarge,
    /// 2402 of a stay of which all was settled midway (中途结算): nothing is left to settle.
    LeaveSettled,
    /// 2405 after that.
    UndoLeaveSettled,
    /// 2404, 2202, or a reversal of 2401 or 2201.
    Withdraw,
    /// 2303, 2206: a trial settlement, which changes nothing.
    Try,
    /// 2304 or 2207 asks.
    Settle,
    /// 2102 asks: a purchase is one bill, and settled as it is opened.
    Buy,
    /// The insured place settled.
    Settled,
    /// A settlement is to be undone (2305, 2208, 2601, or after a refusal by the hub).
    Undo,
    /// The insured place has undone it, or refused it in the first place.
    BackToDischarged,
    /// The same of a purchase, of which nothing is left then.
    Close,
    /// 2304 asks in the middle of a stay (中途结算).
    SettleMidway,
    /// The insured place settled, refused or undid such a settlement while the person is in hospital.
    StayOn,
    /// Such a settlement is to be undone.
    UndoMidway,
}

impl Move {
    /// All moves.
    pub const ALL: [Self; 17] = [
        Self::ChangeDetails,
        Self::ChangeRegistration,
        Self::Discharge,
        Self::UndoDischarge,
        Self::LeaveSettled,
        Self::UndoLeaveSettled,
        Self::Withdraw,
        Self::Try,
        Self::Settle,
        Self::Buy,
        Self::Settled,
        Self::Undo,
        Self::BackToDischarged,
        Self::Close,
        Self::SettleMidway,
        Self::StayOn,
        Self::UndoMidway,
    ];
}

/// The stage that follows when the move is made; `None` where it cannot be.
pub const fn after(stage: Stage, step: Move) -> Option<Stage> {
    match (stage, step) {
        (Stage::Admitted | Stage::Discharged, Move::ChangeDetails | Move::ChangeRegistration | Move::Try) => {
            Some(stage)
        }
        (Stage::Admitted, Move::Discharge) | (Stage::Settling | Stage::Undoing, Move::BackToDischarged) => {
            Some(Stage::Discharged)
        }
        (Stage::Discharged, Move::UndoDischarge)
        | (Stage::Settled, Move::UndoLeaveSettled)
        | (Stage::Settling | Stage::Undoing, Move::StayOn) => Some(Stage::Admitted),
        (Stage::Admitted | Stage::Open, Move::Withdraw) | (Stage::Settling | Stage::Undoing, Move::Close) => {
            Some(Stage::Withdrawn)
        }
        (Stage::Discharged, Move::Settle)
        | (Stage::Open, Move::Buy)
        | (Stage::Admitted, Move::SettleMidway) => Some(Stage::Settling),
        (Stage::Settling, Move::Settled) | (Stage::Admitted, Move::LeaveSettled) => Some(Stage::Settled),
        (Stage::Settling | Stage::Settled, Move::Undo)
        | (Stage::Admitted | Stage::Discharged | Stage::Settling | Stage::Settled, Move::UndoMidway) => {
            Some(Stage::Undoing)
        }
        (
            Stage::Open,
            Move::ChangeDetails
            | Move::ChangeRegistration
            | Move::Try
            | Move::Settle
            | Move::Settled
            | Move::Undo
            | Move::BackToDischarged,
        ) => Some(Stage::Open),
        _ => None,
    }
}

impl Visit {
    /// The stage after a move, or the refusal that names where the visit stands and what the move needs.
    pub fn after(&self, step: Move) -> Result<Stage, Refusal> {
        after(self.stage, step).ok_or_else(|| {
            // A stay is never open, and an outpatient visit nothing else.
            let is_stay = self.care == CareKind::Inpatient;
            let needed: Vec<_> = Stage::ALL
                .iter()
                .filter(|stage| after(**stage, step).is_some() && (**stage == Stage::Open) != is_stay)
                .map(|stage| stage.chinese())
                .collect();
            Refusal::VisitStage {
                mdtrt_id: self.id.to_string(),
                stage: self.stage.chinese().to_owned(),
                needed: needed.join("或"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Every stage × every move.
    #[test]
    fn the_grid_of_stages_and_moves() {
        let mut grid = String::new();
        for step in Move::ALL {
            let cells: Vec<_> =
                Stage::ALL.iter().map(|stage| after(*stage, step).map_or("-", Stage::chinese)).collect();
            writeln!(grid, "{step:?}: {}", cells.join(" ")).unwrap();
        }
        let expected = "\
ChangeDetails: 在院 出院未结算 - - - - 就诊中
ChangeRegistration: 在院 出院未结算 - - - - 就诊中
Discharge: 出院未结算 - - - - - -
UndoDischarge: - 在院 - - - - -
LeaveSettled: 已结算 - - - - - -
UndoLeaveSettled: - - - 在院 - - -
Withdraw: 已撤销 - - - - - 已撤销
Try: 在院 出院未结算 - - - - 就诊中
Settle: - 结算中 - - - - 就诊中
Buy: - - - - - - 结算中
Settled: - - 已结算 - - - 就诊中
Undo: - - 撤销中 撤销中 - - 就诊中
BackToDischarged: - - 出院未结算 - 出院未结算 - 就诊中
Close: - - 已撤销 - 已撤销 - -
SettleMidway: 结算中 - - - - - -
StayOn: - - 在院 - 在院 - -
UndoMidway: 撤销中 撤销中 撤销中 撤销中 - - -
";
        assert_eq!(grid, expected);
    }
}
