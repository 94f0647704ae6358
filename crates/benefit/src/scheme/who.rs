//! Whom a row of a table concerns, and how the rows of one visit are found.

use super::{Origin, Standing};
use crate::bill::Case;
use terms::{
    ContributionTier, Day, DiseaseCode, MemberClass, MemberStatus, Refusal, Set, SettlementLevel, VisitMark,
};

/// Whom a row of a table concerns: everyone, as far as no condition is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Settlement levels; none named: all.
    pub levels: Set<SettlementLevel>,
    /// Statuses; never empty.
    pub statuses: Set<MemberStatus>,
    /// Age in whole years on the day of admission, from.
    pub age_from: Option<i16>,
    /// Age in whole years on the day of admission, below.
    pub age_below: Option<i16>,
    /// The how-manieth admission or visit of the year, from.
    pub visit_from: Option<i64>,
    /// The how-manieth admission or visit of the year, below.
    pub visit_below: Option<i64>,
    /// Contribution tiers; none named: all.
    pub tiers: Set<ContributionTier>,
    /// Whole years of contribution, from.
    pub years_from: Option<i16>,
    /// Whole years of contribution, below.
    pub years_below: Option<i16>,
    /// Retired on or after this day.
    pub retired_from: Option<Day>,
    /// Retired before this day.
    pub retired_before: Option<Day>,
    /// Special: only for treatment inside the pooling area.
    pub inside_only: bool,
    /// Special: only for these standings with the filing register.
    pub standings: Set<Standing>,
    /// Special: only for persons of one of these classes.
    pub classes: Set<MemberClass>,
    /// Special: only for visits with one of these marks.
    pub marks: Set<VisitMark>,
    /// Special: only for these chronic or special diseases.
    pub diseases: Vec<DiseaseCode>,
}

/// One person at one institution, as tables are asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The institution's settlement level.
    pub level: SettlementLevel,
    /// The person's status.
    pub status: MemberStatus,
    /// Their age on the day of admission.
    pub age: i16,
    /// Which admission or visit of the year this is, from 1.
    pub visit: i64,
    /// How the visit stands with the filing register.
    pub standing: Standing,
    /// Whether the institution lies inside the pooling area.
    pub inside: bool,
    /// The person's classes.
    pub classes: Set<MemberClass>,
    /// Their contribution tier, if known.
    pub tier: Option<ContributionTier>,
    /// Their years of contribution, if known.
    pub contribution_years: Option<i16>,
    /// Their day of retirement, if known.
    pub retired_on: Option<Day>,
    /// What is special about the visit.
    pub marks: Set<VisitMark>,
    /// The disease that the tables are asked for; several are asked one after the other.
    pub disease: Option<DiseaseCode>,
    /// All diseases of the visit.
    pub diseases: &'a [DiseaseCode],
}

impl<'a> Asked<'a> {
    /// What a case asks the tables, as the n-th admission or visit of the year.
    pub fn of(case: &'a Case, visit: i64) -> Self {
        Self {
            level: case.bill.level,
            status: case.member.status,
            age: case.member.birth.years_until(case.bill.admission),
            visit,
            standing: Standing::of(case),
            inside: case.is_inside(),
            classes: case.member.classes,
            tier: case.member.tier,
            contribution_years: case.member.contribution_years,
            retired_on: case.member.retired_on,
            marks: case.bill.marks,
            disease: case.bill.diseases.first().copied(),
            diseases: &case.bill.diseases,
        }
    }
}

impl Selector {
    /// Whether the row concerns the visit, whatever the level of the institution.
    ///
    /// # Errors
    /// [`Refusal::PersonFactMissing`] if all else fits and the register does not say what the row asks for.
    fn concerns(&self, asked: &Asked<'_>) -> Result<bool, Refusal> {
        let fits = self.statuses.contains(asked.status)
            && within(asked.age, self.age_from, self.age_below)
            && within(asked.visit, self.visit_from, self.visit_below)
            && (asked.inside || !self.inside_only)
            && (self.standings.is_empty() || self.standings.contains(asked.standing))
            && (self.classes.is_empty() || self.classes.meets(asked.classes))
            && (self.marks.is_empty() || self.marks.meets(asked.marks))
            && (self.diseases.is_empty() || asked.disease.is_some_and(|one| self.diseases.contains(&one)));
        if !fits {
            return Ok(false);
        }
        self.concerns_by_register(asked)
    }

    fn concerns_by_register(&self, asked: &Asked<'_>) -> Result<bool, Refusal> {
        let missing = |fact: &str| Refusal::PersonFactMissing { fact: fact.to_owned() };
        if !self.tiers.is_empty() {
            let tier = asked.tier.ok_or_else(|| missing("缴费档次"))?;
            if !self.tiers.contains(tier) {
                return Ok(false);
            }
        }
        if self.years_from.is_some() || self.years_below.is_some() {
            let years = asked.contribution_years.ok_or_else(|| missing("缴费年限"))?;
            if !within(years, self.years_from, self.years_below) {
                return Ok(false);
            }
        }
        if self.retired_from.is_some() || self.retired_before.is_some() {
            let day = asked.retired_on.ok_or_else(|| missing("退休日期"))?;
            return Ok(within(day, self.retired_from, self.retired_before));
        }
        Ok(true)
    }

    fn concerns_level(&self, level: SettlementLevel) -> bool {
        self.levels.is_empty() || self.levels.contains(level)
    }

    /// How many special conditions it names. Of the rows that concern a visit, the most special come in place of the others.
    pub fn specialty(&self) -> u32 {
        self.special_kinds().into_iter().map(u32::from).sum()
    }

    fn special_kinds(&self) -> [bool; 5] {
        [
            self.inside_only,
            !self.standings.is_empty(),
            !self.classes.is_empty(),
            !self.marks.is_empty(),
            !self.diseases.is_empty(),
        ]
    }

    /// Whether it is special in the same way as another, but for other classes or marks, of which a person or visit may have
    /// several.
    fn rivals(&self, lead: &Self) -> bool {
        let apart = (!self.classes.is_empty() && !self.classes.meets(lead.classes))
            || (!self.marks.is_empty() && !self.marks.meets(lead.marks));
        apart && self.special_kinds() == lead.special_kinds()
    }
}

fn within<T: PartialOrd + Copy>(value: T, from: Option<T>, below: Option<T>) -> bool {
    from.is_none_or(|from| value >= from) && below.is_none_or(|below| value < below)
}

/// A row of a table.
pub trait Row {
    /// Whom it concerns.
    fn who(&self) -> &Selector;
    /// Where it is written.
    fn origin(&self) -> &Origin;
}

/// The rows of a table that concern one visit, in the order of the file.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'s, 'a, R> {
    rows: &'s [R],
    asked: Asked<'a>,
    level: SettlementLevel,
    lead: Option<&'s Selector>,
}

/// Finds the rows that concern a visit, in the order of the file.
///
/// A level that no row names is read as its national level (社区 as 一级, 三级特等 as 三级). Rows with more special conditions
/// come in place of those with fewer; where a person meets two that are special in the same way (two classes, two marks),
/// the table of the first in the file is theirs.
///
/// # Errors
/// [`Refusal::PersonFactMissing`] if a row asks for something that the register does not say of the person.
pub fn select<'s, 'a, R: Row>(rows: &'s [R], asked: &Asked<'a>) -> Result<Selection<'s, 'a, R>, Refusal> {
    let mut named = false;
    for row in rows {
        if row.who().levels.contains(asked.level) && row.who().concerns(asked)? {
            named = true;
        }
    }
    let level = if named { asked.level } else { asked.level.national() };
    let mut lead: Option<&'s Selector> = None;
    for row in rows {
        let who = row.who();
        if who.concerns_level(level)
            && who.concerns(asked)?
            && lead.is_none_or(|lead| who.specialty() > lead.specialty())
        {
            lead = Some(who);
        }
    }
    Ok(Selection { rows, asked: *asked, level, lead })
}

impl<'s, R: Row> Selection<'s, '_, R> {
    /// Whether no row concerns the visit.
    pub fn is_empty(&self) -> bool {
        self.lead.is_none()
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = &'s R> {
        let rows: &'s [R] = if self.lead.is_none() { &[] } else { self.rows };
        rows.iter().filter(|row| self.has(row.who()))
    }

    /// The first row.
    pub fn first(&self) -> Option<&'s R> {
        self.iter().next()
    }

    fn has(&self, who: &Selector) -> bool {
        let Some(lead) = self.lead else { return false };
        who.specialty() == lead.specialty()
            && !who.rivals(lead)
            && who.concerns_level(self.level)
            && who.concerns(&self.asked).unwrap_or(false)
    }
}

/// Whether a row concerns a visit by itself, as an adjustment does: levels by their national level too, and no regard to
/// more special rows.
///
/// # Errors
/// [`Refusal::PersonFactMissing`] if it asks for something that the register does not say of the person.
pub fn concerns_alone(who: &Selector, asked: &Asked<'_>) -> Result<bool, Refusal> {
    let level = who.concerns_level(asked.level) || who.levels.contains(asked.level.national());
    Ok(level && who.concerns(asked)?)
}
