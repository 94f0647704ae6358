//! The emergency increase of a prepayment (预付金紧急调增): while its light is red, the treatment province applies within a few
//! working days of signing a clearing; the hub accepts, with an amount, or refuses, with a reason; what is accepted is paid by a
//! notice.
//!
//! This module must not know how the light is computed, who issues the notice, or how money moves.

use serde::{Deserialize, Serialize};
use terms::{Day, DueDay, Fen, InsuranceScheme, Moment, Province, Refusal, WorkingDays};

/// The longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// An application for an emergency increase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Increase {
    /// The number of the case, of at most 12 characters: with the two provinces it is unique.
    pub case: String,
    /// Who is to pay.
    pub insured: Province,
    /// Who applies.
    pub treatment: Province,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// How much more is asked for.
    pub asked: Fen,
    /// Why, in words.
    pub reason: String,
    /// What was used of the prepayment …
    pub used: Fen,
    /// … and the prepayment, when it was applied for.
    pub prepayment: Fen,
    /// The day on which the treatment province signed the current clearing (签章确认当期清算).
    pub signed_on: Day,
    /// When it was applied for.
    pub applied_at: Moment,
    /// The clerk of the treatment province.
    pub applied_by: String,
    /// By when the hub decides.
    pub decide_by: Day,
    /// Where it stands.
    pub stage: Stage,
}

/// Where an application stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Stage {
    /// 待审核: the hub has not decided.
    Applied,
    /// 已同意: the notice is issued.
    Accepted(Accepted),
    /// 不同意.
    Refused {
        /// When.
        at: Moment,
        /// The clerk of the hub.
        by: String,
        /// Why, in words.
        reason: String,
    },
    /// 已撤回: the treatment province took it back before the hub decided.
    Withdrawn {
        /// When.
        at: Moment,
        /// The clerk of the treatment province.
        by: String,
        /// Why, in words.
        reason: String,
    },
    /// 已到账: the treatment province has the money.
    Paid {
        /// What had been accepted.
        accepted: Accepted,
        /// Since when it is known.
        at: Moment,
    },
}

/// What the hub accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// How much.
    pub amount: Fen,
    /// When.
    pub at: Moment,
    /// The clerk of the hub.
    pub by: String,
    /// What the hub says to it, in words.
    pub reason: String,
    /// The number of the notice by which it is paid.
    pub notice: String,
}

/// The names of stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageName {
    /// 待审核.
    Applied,
    /// 已同意.
    Accepted,
    /// 不同意.
    Refused,
    /// 已到账.
    Paid,
    /// 已撤回.
    Withdrawn,
}

impl StageName {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 5] = [Self::Applied, Self::Accepted, Self::Refused, Self::Paid, Self::Withdrawn];

    /// The word for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Paid => "paid",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Applied => "待审核",
            Self::Accepted => "已同意",
            Self::Refused => "不同意",
            Self::Paid => "已到账",
            Self::Withdrawn => "已撤回",
        }
    }
}

impl Stage {
    /// Its name.
    pub const fn name(&self) -> StageName {
        match self {
            Self::Applied => StageName::Applied,
            Self::Accepted(_) => StageName::Accepted,
            Self::Refused { .. } => StageName::Refused,
            Self::Paid { .. } => StageName::Paid,
            Self::Withdrawn { .. } => StageName::Withdrawn,
        }
    }
}

/// What can be done to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The hub accepts. Accepted again, it is the first acceptance.
    Accept,
    /// The hub refuses. Refused again, it is the first refusal.
    Refuse,
    /// The money has come.
    Pay,
    /// The treatment province takes it back, before it is decided. Taken back again, it is as it was.
    Withdraw,
}

impl Move {
    /// All moves.
    pub const ALL: [Self; 4] = [Self::Accept, Self::Refuse, Self::Pay, Self::Withdraw];

    const fn chinese(self) -> &'static str {
        match self {
            Self::Accept => "同意",
            Self::Refuse => "不同意",
            Self::Pay => "登记到账",
            Self::Withdraw => "撤回",
        }
    }
}

/// The stage that follows when the move is made; `None` where it cannot be.
pub const fn after(stage: StageName, step: Move) -> Option<StageName> {
    match (stage, step) {
        (StageName::Applied | StageName::Accepted, Move::Accept) => Some(StageName::Accepted),
        (StageName::Applied | StageName::Refused, Move::Refuse) => Some(StageName::Refused),
        (StageName::Accepted | StageName::Paid, Move::Pay) | (StageName::Paid, Move::Accept) => {
            Some(StageName::Paid)
        }
        (StageName::Applied | StageName::Withdrawn, Move::Withdraw) => Some(StageName::Withdrawn),
        _ => None,
    }
}

/// How long each step may take, in working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// From the day on which the clearing was signed to the application.
    pub apply: u16,
    /// From the application to the hub's decision.
    pub decide: u16,
}

/// What the treatment province asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Who is to pay.
    pub insured: Province,
    /// Who applies.
    pub treatment: Province,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// How much more.
    pub asked: Fen,
    /// Why.
    pub reason: String,
    /// The day on which the current clearing was signed.
    pub signed_on: Day,
    /// The clerk.
    pub by: String,
}

/// What is known of the prepayment when somebody applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// What is used of it.
    pub used: Fen,
    /// The prepayment.
    pub prepayment: Fen,
    /// Whether its light is red.
    pub is_red: bool,
    /// How often it was applied for after the same signing and refused.
    pub refused_before: u8,
}

fn refused(reason: impl Into<String>) -> Refusal {
    Refusal::PrepaymentRule { reason: reason.into() }
}

/// The last day on which an increase is applied for after a clearing was signed.
pub fn apply_by(signed_on: Day, within: Within, calendar: &WorkingDays) -> DueDay {
    calendar.due(signed_on, within.apply)
}

/// Applies.
///
/// # Errors
/// If the light is not red, the clearing was signed too long ago or is not signed yet, or something is missing.
pub fn apply(
    application: Application,
    known: Known,
    within: Within,
    calendar: &WorkingDays,
    now: Moment,
) -> Result<Increase, Refusal> {
    let Application { insured, treatment, scheme, asked, reason, signed_on, by } = application;
    let today = now.day();
    if insured == treatment {
        return Err(refused("参保省与就医省相同，请核对参保省"));
    }
    if asked <= Fen::ZERO || asked > Fen::LIMIT {
        return Err(refused("申请调增的金额须大于零且不超过10亿元，请更正"));
    }
    let reason = reason.trim().to_owned();
    check_reason(&reason)?;
    if !known.is_red {
        return Err(refused("预付金使用率未达到红色预警，暂不能申请紧急调增，请在达到红色预警后再申请"));
    }
    if signed_on > today {
        return Err(refused("当期清算尚未签章确认，请在签章确认后再申请"));
    }
    let due = apply_by(signed_on, within, calendar);
    if today > due.day {
        return Err(refused(format!(
            "应在签章确认当期清算后{}个工作日内（{}前）申请，已超过期限，请在下期清算签章确认后再申请",
            within.apply, due.day
        )));
    }
    let serial = known.refused_before.saturating_add(1);
    if serial > 9 {
        return Err(refused("同一期清算的申请次数过多，请在下期清算签章确认后再申请"));
    }
    Ok(Increase {
        case: case_number(signed_on, scheme, serial),
        insured,
        treatment,
        scheme,
        asked,
        reason,
        used: known.used,
        prepayment: known.prepayment,
        signed_on,
        applied_at: now,
        applied_by: by,
        decide_by: calendar.due(today, within.decide).day,
        stage: Stage::Applied,
    })
}

/// A reason is given, and short enough to be told on.
pub fn check_reason(reason: &str) -> Result<(), Refusal> {
    let length = reason.trim().chars().count();
    let is_told = (1..=REASON_MAX).contains(&length) && !reason.chars().any(char::is_control);
    if is_told {
        Ok(())
    } else {
        Err(Refusal::invalid("reason", format!("理由，不超过{REASON_MAX}字")))
    }
}

/// Of the day of signing, the scheme and a serial: `261121-310-1`.
fn case_number(signed_on: Day, scheme: InsuranceScheme, serial: u8) -> String {
    format!("{:06}-{}-{serial}", signed_on.number() % 1_000_000, scheme.code())
}

impl Increase {
    /// The id under which it is asked for: case and provinces.
    pub fn id(&self) -> String {
        format!("{}-{}-{}", self.case, self.insured, self.treatment)
    }

    /// Whether it is what such an application looks like: for one that comes from outside.
    pub fn is_in_order(&self) -> bool {
        let short = |text: &str, most: usize| {
            (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        };
        let numbers = (1..=9).map(|serial| case_number(self.signed_on, self.scheme, serial));
        let in_range = |amount: Fen| amount.0.unsigned_abs() <= Fen::LIMIT.0.unsigned_abs() * 1_000;
        numbers.into_iter().any(|number| number == self.case)
            && self.insured != self.treatment
            && self.asked > Fen::ZERO
            && self.asked <= Fen::LIMIT
            && in_range(self.used)
            && in_range(self.prepayment)
            && short(&self.reason, REASON_MAX)
            && short(&self.applied_by, 100)
    }

    /// The same application: where it stands meanwhile does not count.
    pub fn is_same(&self, other: &Self) -> bool {
        let asked = |one: &Self| Self { stage: Stage::Applied, decide_by: self.decide_by, ..one.clone() };
        asked(self) == asked(other)
    }

    /// The hub accepts; accepted again, it is as it was.
    pub fn accept(self, accepted: Accepted) -> Result<Self, Refusal> {
        self.check(Move::Accept)?;
        if self.stage != Stage::Applied {
            return Ok(self);
        }
        if accepted.amount <= Fen::ZERO || accepted.amount > Fen::LIMIT {
            return Err(refused("同意调增的金额须大于零且不超过10亿元，请更正"));
        }
        check_reason(&accepted.reason)?;
        Ok(Self { stage: Stage::Accepted(accepted), ..self })
    }

    /// The hub refuses; refused again, it is as it was.
    pub fn refuse(self, reason: &str, by: &str, at: Moment) -> Result<Self, Refusal> {
        self.check(Move::Refuse)?;
        if self.stage != Stage::Applied {
            return Ok(self);
        }
        check_reason(reason)?;
        let stage = Stage::Refused { at, by: by.to_owned(), reason: reason.trim().to_owned() };
        Ok(Self { stage, ..self })
    }

    /// The treatment province takes it back; taken back again, it is as it was.
    pub fn withdraw(self, reason: &str, by: &str, at: Moment) -> Result<Self, Refusal> {
        self.check(Move::Withdraw)?;
        if self.stage != Stage::Applied {
            return Ok(self);
        }
        check_reason(reason)?;
        let stage = Stage::Withdrawn { at, by: by.to_owned(), reason: reason.trim().to_owned() };
        Ok(Self { stage, ..self })
    }

    /// The money has come; said again, it is as it was.
    pub fn pay(self, at: Moment) -> Result<Self, Refusal> {
        self.check(Move::Pay)?;
        match self.stage.clone() {
            Stage::Accepted(accepted) => Ok(Self { stage: Stage::Paid { accepted, at }, ..self }),
            _ => Ok(self),
        }
    }

    fn check(&self, step: Move) -> Result<(), Refusal> {
        let stage = self.stage.name();
        let impossible = || format!("申请[{}]当前为[{}]，不能{}", self.id(), stage.chinese(), step.chinese());
        after(stage, step).map(drop).ok_or_else(|| refused(impossible()))
    }

    /// What is overdue of it on a day, in words: the hub's decision.
    pub fn is_late(&self, today: Day) -> bool {
        self.stage == Stage::Applied && today > self.decide_by
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    const WITHIN: Within = Within { apply: 3, decide: 5 };

    fn now() -> Moment {
        "2026-11-25 10:00:00".parse().unwrap()
    }

    fn application() -> Application {
        Application {
            insured: "110000".parse().unwrap(),
            treatment: "420000".parse().unwrap(),
            scheme: InsuranceScheme::Employee,
            asked: Fen::yuan(500),
            reason: "住院人次增长".to_owned(),
            signed_on: "2026-11-24".parse().unwrap(),
            by: "李某乙".to_owned(),
        }
    }

    fn red() -> Known {
        Known { used: Fen(950), prepayment: Fen(1_000), is_red: true, refused_before: 0 }
    }

    fn applied() -> Increase {
        apply(application(), red(), WITHIN, WorkingDays::published(), now()).unwrap()
    }

    fn accepted() -> Accepted {
        Accepted {
            amount: Fen::yuan(400),
            at: now(),
            by: "钱某丙".to_owned(),
            reason: "按测算核定".to_owned(),
            notice: "JZ261124-310-1-110000-420000".to_owned(),
        }
    }

    /// Every stage × every move.
    #[test]
    fn the_grid_of_stages_and_moves() {
        let mut grid = String::new();
        for step in Move::ALL {
            let cell = |stage: &StageName| after(*stage, step).map_or("-", StageName::chinese);
            writeln!(grid, "{step:?}: {}", StageName::ALL.iter().map(cell).collect::<Vec<_>>().join(" "))
                .unwrap();
        }
        let expected = "\
Accept: 已同意 已同意 - 已到账 -
Refuse: 不同意 - 不同意 - -
Pay: - 已到账 - 已到账 -
Withdraw: 已撤回 - - - 已撤回
";
        assert_eq!(grid, expected);
        let reached = [
            applied(),
            applied().accept(accepted()).unwrap(),
            applied().refuse("额度充足", "钱某丙", now()).unwrap(),
            applied().accept(accepted()).unwrap().pay(now()).unwrap(),
            applied().withdraw("费用已回落", "李某乙", now()).unwrap(),
        ];
        for (one, stage) in reached.into_iter().zip(StageName::ALL) {
            assert_eq!(one.stage.name(), stage);
            for step in Move::ALL {
                let later = Accepted { amount: Fen(1), ..accepted() };
                let moved = match step {
                    Move::Accept => one.clone().accept(later),
                    Move::Refuse => one.clone().refuse("另一理由", "孙某", now()),
                    Move::Pay => one.clone().pay(now().plus_millis(1)),
                    Move::Withdraw => one.clone().withdraw("又一理由", "周某", now()),
                };
                let code = moved.as_ref().err().map(Refusal::code);
                assert!(code.is_none_or(|code| code == "prepayment-rule"), "{stage:?} {step:?}");
                let found = moved.as_ref().ok().map(|moved| moved.stage.name());
                assert_eq!(found, after(stage, step), "{stage:?} {step:?}");
                if found == Some(stage) {
                    assert_eq!(moved.unwrap(), one, "{stage:?} {step:?}: the first answer again");
                }
            }
        }
    }

    #[test]
    fn who_may_apply_as_a_table() {
        let at = |text: &str| -> Moment { format!("{text} 23:59:59").parse().unwrap() };
        let signed = |text: &str| Application { signed_on: text.parse().unwrap(), ..application() };
        let of = |damage: fn(&mut Application)| {
            let mut one = application();
            damage(&mut one);
            one
        };
        for (application, known, now, words) in [
            (application(), red(), at("2026-11-25"), ""),
            (application(), Known { is_red: false, ..red() }, at("2026-11-25"), "未达到红色预警"),
            (application(), red(), at("2026-11-27"), ""),
            (application(), red(), at("2026-11-28"), "（2026-11-27前）申请，已超过期限"),
            // Signed before 国庆节: its days do not count.
            (signed("2026-09-29"), red(), at("2026-10-09"), ""),
            (signed("2026-11-26"), red(), at("2026-11-25"), "尚未签章确认"),
            (application(), Known { refused_before: 9, ..red() }, at("2026-11-25"), "申请次数过多"),
            (of(|one| one.asked = Fen(0)), red(), at("2026-11-25"), "须大于零"),
            (of(|one| one.asked = Fen(i64::MAX)), red(), at("2026-11-25"), "不超过10亿元"),
            (of(|one| one.insured = one.treatment), red(), at("2026-11-25"), "参保省与就医省相同"),
            (of(|one| one.reason = "  ".to_owned()), red(), at("2026-11-25"), "[reason]"),
            (of(|one| one.reason = "急".repeat(501)), red(), at("2026-11-25"), "[reason]"),
        ] {
            let answer = apply(application, known, WITHIN, WorkingDays::published(), now);
            match answer {
                Ok(increase) => {
                    assert_eq!(words, "", "{increase:?}");
                    assert!(increase.is_in_order(), "{increase:?}");
                }
                Err(refusal) => {
                    assert!(!words.is_empty() && refusal.message().contains(words), "{refusal} {words}");
                }
            }
        }
    }

    #[test]
    fn it_has_a_short_number_and_the_hub_a_deadline() {
        let one = applied();
        assert_eq!((one.case.as_str(), one.case.len()), ("261124-310-1", 12));
        assert_eq!(one.id(), "261124-310-1-110000-420000");
        assert_eq!(one.decide_by.to_string(), "2026-12-02");
        assert!(!one.is_late("2026-12-02".parse().unwrap()));
        assert!(one.is_late("2026-12-03".parse().unwrap()));
        let known = Known { refused_before: 1, ..red() };
        let second = apply(application(), known, WITHIN, WorkingDays::published(), now()).unwrap();
        assert_eq!(second.case, "261124-310-2");
        assert!(!second.is_same(&one) && one.is_same(&one.clone().accept(accepted()).unwrap()));
    }

    #[test]
    fn what_no_node_sends_is_not_in_order() {
        let damaged = |damage: fn(&mut Increase)| {
            let mut one = applied();
            damage(&mut one);
            one
        };
        assert!(applied().is_in_order());
        for one in [
            damaged(|one| one.case = "261124-390-1".to_owned()),
            damaged(|one| one.case.push('0')),
            damaged(|one| one.insured = one.treatment),
            damaged(|one| one.asked = Fen(-1)),
            damaged(|one| one.used = Fen(i64::MIN)),
            damaged(|one| one.reason = "急".repeat(501)),
            damaged(|one| one.reason = "一\n二".to_owned()),
            damaged(|one| one.applied_by = String::new()),
        ] {
            assert!(!one.is_in_order(), "{one:?}");
        }
    }
}
