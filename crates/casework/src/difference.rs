//! A difference between the books (对账差异) as a matter: found by the comparison, perhaps mended by sending something again,
//! otherwise looked into by people, who say what explains it and confirm it with their names.
//!
//! What differs, and who has to look, is not known here: only how far the matter has come, and what was said about it.

use serde::{Deserialize, Serialize};
use terms::{Moment, Refusal, SettlementId};

/// Where a difference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 待查: the books differ, and nobody has explained it.
    Open,
    /// 处理中: something was sent again, and the books still differ.
    Mending,
    /// 已一致: the books agree since.
    Mended,
    /// 已说明: somebody has said what explains it.
    Explained,
    /// 已确认: somebody has confirmed the explanation.
    Confirmed,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 5] = [Self::Open, Self::Mending, Self::Mended, Self::Explained, Self::Confirmed];

    /// Its name in the management interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mending => "mending",
            Self::Mended => "mended",
            Self::Explained => "explained",
            Self::Confirmed => "confirmed",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Open => "待查",
            Self::Mending => "处理中",
            Self::Mended => "已一致",
            Self::Explained => "已说明",
            Self::Confirmed => "已确认",
        }
    }

    /// Whether the books differ and nobody has explained it: such a settlement enters no clearing.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Mending)
    }
}

/// What happens to a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// A comparison finds it again, as it was.
    FindSame,
    /// A comparison finds that the books differ otherwise than before.
    FindOther,
    /// Something is sent again that should mend it.
    SendAgain,
    /// A comparison finds that the books agree.
    Agree,
    /// Somebody says what explains it.
    Explain,
    /// Somebody confirms it.
    Confirm,
    /// Somebody wants it looked into anew.
    Reopen,
}

impl Move {
    /// All moves.
    pub const ALL: [Self; 7] = [
        Self::FindSame,
        Self::FindOther,
        Self::SendAgain,
        Self::Agree,
        Self::Explain,
        Self::Confirm,
        Self::Reopen,
    ];

    /// What people must find it at, in Chinese; none for what the comparison does.
    const fn needed(self) -> &'static str {
        match self {
            Self::Explain => "待查或处理中",
            Self::Confirm => "尚未确认",
            Self::Reopen => "已一致、已说明或已确认",
            Self::FindSame | Self::FindOther | Self::SendAgain | Self::Agree => "",
        }
    }
}

/// Where a difference stands after a move; `None` where people may not make it. What the comparison does always has an answer.
/// What people have said stays until the books differ otherwise.
pub const fn after(stage: Stage, step: Move) -> Option<Stage> {
    use Stage::{Confirmed, Explained, Mended, Mending, Open};
    match (stage, step) {
        (Open | Mended, Move::SendAgain) => Some(Mending),
        (_, Move::FindOther) | (Mended, Move::FindSame) | (Mended | Explained | Confirmed, Move::Reopen) => {
            Some(Open)
        }
        (Open | Mending, Move::Agree) => Some(Mended),
        (_, Move::FindSame | Move::SendAgain | Move::Agree) => Some(stage),
        (Open | Mending, Move::Explain) => Some(Explained),
        (Open | Mending | Mended | Explained, Move::Confirm) => Some(Confirmed),
        (Mended | Explained | Confirmed, Move::Explain)
        | (Confirmed, Move::Confirm)
        | (Open | Mending, Move::Reopen) => None,
    }
}

/// What was said about a difference, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Moment,
    /// The clerk, or 系统.
    pub by: String,
    /// What, in Chinese, without personal data.
    pub text: String,
}

/// Who writes the notes of the comparison.
pub const SYSTEM: &str = "系统";
/// The most characters of one note.
pub const NOTE_MAX: usize = 500;
/// The most notes of one matter: what the comparison adds beyond them is left out.
pub const NOTES_MAX: usize = 100;

/// How far a difference has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// Where it stands.
    pub stage: Stage,
    /// How often a comparison has found it.
    pub looks: u32,
    /// When it was found first.
    pub found_at: Moment,
    /// When its stage changed last.
    pub changed_at: Moment,
    /// What was said about it, oldest first.
    pub notes: Vec<Note>,
}

impl Matter {
    /// A difference that was just found.
    pub fn found(what: &str, at: Moment) -> Self {
        let fresh = Self { stage: Stage::Open, looks: 1, found_at: at, changed_at: at, notes: Vec::new() };
        fresh.noted(what, at)
    }

    /// A comparison has found it again: as it was, or otherwise.
    #[must_use]
    pub fn found_again(self, is_same: bool, what: &str, at: Moment) -> Self {
        let looks = self.looks.saturating_add(1);
        let step = if is_same { Move::FindSame } else { Move::FindOther };
        let was = self.stage;
        let moved = Self { looks, ..self }.moved(step, at);
        if moved.stage == was && is_same { moved } else { moved.noted(what, at) }
    }

    /// Something was sent again.
    #[must_use]
    pub fn sent_again(self, what: &str, at: Moment) -> Self {
        let was = self.stage;
        let moved = self.moved(Move::SendAgain, at);
        if moved.stage == was { moved } else { moved.noted(what, at) }
    }

    /// A comparison has found that the books agree.
    #[must_use]
    pub fn agreed(self, at: Moment) -> Self {
        let was = self.stage;
        let moved = self.moved(Move::Agree, at);
        match was {
            Stage::Open => moved.noted("再次核对时各方账务已一致", at),
            Stage::Mending => moved.noted("重发后各方账务已一致", at),
            _ => moved,
        }
    }

    /// Somebody explains, confirms or reopens it, in his own words.
    ///
    /// # Errors
    /// If it does not stand where that can be done.
    pub fn decided(self, settlement: SettlementId, step: Move, note: Note) -> Result<Self, Refusal> {
        let Some(stage) = after(self.stage, step) else {
            return Err(Refusal::DifferenceStage {
                setl_id: settlement.to_string(),
                stage: self.stage.chinese().to_owned(),
                needed: step.needed().to_owned(),
            });
        };
        let changed_at = note.at;
        let mut notes = self.notes;
        notes.push(note);
        Ok(Self { stage, changed_at, notes, ..self })
    }

    /// A note of somebody's that changes nothing: that another side is to look, say.
    #[must_use]
    pub fn with_note(mut self, note: Note) -> Self {
        if !self.notes.contains(&note) && self.notes.len() < NOTES_MAX {
            self.notes.push(note);
            self.notes.sort_by_key(|note| note.at);
        }
        self
    }

    fn moved(self, step: Move, at: Moment) -> Self {
        let stage = after(self.stage, step).expect("what the comparison does has an answer at every stage");
        let changed_at = if stage == self.stage { self.changed_at } else { at };
        Self { stage, changed_at, ..self }
    }

    fn noted(self, text: &str, at: Moment) -> Self {
        let text = text.chars().take(NOTE_MAX).collect();
        self.with_note(Note { at, by: SYSTEM.to_owned(), text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    #[test]
    fn the_grid_of_stages_and_moves() {
        let mut grid = String::new();
        for step in Move::ALL {
            let cell = |stage: &Stage| match after(*stage, step) {
                Some(next) if next == *stage => "-",
                Some(next) => next.chinese(),
                None => "x",
            };
            writeln!(grid, "{step:?}: {}", Stage::ALL.iter().map(cell).collect::<Vec<_>>().join(" "))
                .unwrap();
        }
        let expected = "\
FindSame: - - 待查 - -
FindOther: - 待查 待查 待查 待查
SendAgain: 处理中 - 处理中 - -
Agree: 已一致 已一致 - - -
Explain: 已说明 已说明 x x x
Confirm: 已确认 已确认 已确认 已确认 x
Reopen: x x 待查 待查 待查
";
        assert_eq!(grid, expected);
        assert_eq!(Stage::ALL.map(Stage::is_open), [true, true, false, false, false]);
    }

    #[test]
    fn a_matter_tells_its_story() {
        let id: SettlementId = "420000179523180000000000000001".parse().unwrap();
        let (first, then) = (at("2026-11-21 01:00:00"), at("2026-11-22 01:00:00"));
        let note = |text: &str| Note { at: then, by: "经办甲".to_owned(), text: text.to_owned() };
        let told = |matter: &Matter| {
            let texts = matter.notes.iter().map(|note| format!("{} {}", note.by, note.text));
            format!("{} {} {}", matter.stage.chinese(), matter.looks, texts.collect::<Vec<_>>().join("；"))
        };
        let open = Matter::found("缺失", first);
        let sent = open.clone().sent_again("已重发", first).found_again(true, "缺失", then);
        assert_eq!(told(&sent), "处理中 2 系统 缺失；系统 已重发");
        let mended = sent.agreed(then);
        assert_eq!(told(&mended), "已一致 2 系统 缺失；系统 已重发；系统 重发后各方账务已一致");
        let back = mended.found_again(true, "缺失", then);
        assert_eq!(back.stage, Stage::Open);
        let explained = open.decided(id, Move::Explain, note("参保地已补录")).unwrap();
        assert_eq!(told(&explained), "已说明 1 系统 缺失；经办甲 参保地已补录");
        let refused = explained.clone().decided(id, Move::Explain, note("又一次")).unwrap_err();
        assert_eq!(refused.code(), "difference-stage");
        let confirmed = explained.decided(id, Move::Confirm, note("属实")).unwrap();
        assert_eq!(confirmed.clone().found_again(true, "缺失", then).stage, Stage::Confirmed);
        assert_eq!(confirmed.found_again(false, "金额不一致", then).stage, Stage::Open);
    }

    #[test]
    fn notes_come_once_and_do_not_grow_for_ever() {
        let now = at("2026-11-21 01:00:00");
        let mut matter = Matter::found(&"长".repeat(NOTE_MAX + 10), now);
        assert_eq!(matter.notes[0].text.chars().count(), NOTE_MAX);
        matter = matter.clone().with_note(matter.notes[0].clone());
        assert_eq!(matter.notes.len(), 1);
        for turn in 0..200 {
            matter = matter.found_again(false, &format!("{turn}"), now);
        }
        assert_eq!(matter.notes.len(), NOTES_MAX);
    }
}
