//! What could be wrong with the protocol. The checker must find each of them.

/// One thing that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// `insured::settle_once` does not look for what it wrote under the same id.
    InsuredForgetsItsFirstAnswer,
    /// The insured place answers, and commits after that.
    InsuredAnswersBeforeItCommits,
    /// The batch that commits does not look whether the sums are those that were read.
    InsuredOverlooksRevisions,
    /// A refusal is not written down under the settlement's id.
    InsuredForgetsRefusals,
    /// `insured::undo_once` writes no tombstone.
    InsuredForgetsUndoingsOfWhatItNeverSaw,
    /// An undoing takes out of the year what the settlement would come to now.
    InsuredUndoesWhatItWouldPayNow,
    /// An undoing that comes twice is taken out of the year twice.
    InsuredUndoesTwice,
    /// The hub writes a settlement down when the question passes.
    HubRecordsTheQuestion,
    /// The hub passes the reply on, and writes it down after that.
    HubRepliesBeforeItRecords,
    /// `routing::record_undone` writes no tombstone.
    HubForgetsUndoingsOfWhatItNeverSaw,
    /// `message::reverse` only marks a message that has come.
    ReversalForgetsWhatHasYetToCome,
    /// The outbox is not in the commit, nor in the database at all.
    OutboxIsInMemory,
    /// News that a settlement stands is believed after its undoing has begun.
    LateNewsWinsOverAnUndoing,
    /// A copy of the question that the hub refuses undoes what stands by another copy.
    RefusedCopyUndoesWhatStands,
    /// The stay is free again before the insured place has confirmed the undoing.
    TreatmentDoesNotWaitForTheUndoing,
}
