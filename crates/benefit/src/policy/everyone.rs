//! Asks a table about everyone there can be: every combination of the values that its rows distinguish, each kind of person
//! and visit once.

use super::raw::snake;
use crate::scheme::{Asked, Row, Selector, Standing, select};
use terms::{
    ContributionTier, Day, DiseaseCode, Listed, MemberClass, MemberStatus, Set, SettlementLevel, VisitMark,
};

/// What came of asking.
pub struct Answers {
    /// What is wrong for the first person for whom something is.
    pub wrong: Option<String>,
    /// Which rows were the answer for someone.
    pub reached: Vec<bool>,
}

/// Asks a table about everyone of a scheme's statuses, and says of each whether the rows that concern them are right.
pub fn ask<R: Row>(
    rows: &[R],
    statuses: &[MemberStatus],
    wrong: impl Fn(&[&R]) -> Option<String>,
) -> Answers {
    let mut answers = Answers { wrong: None, reached: vec![false; rows.len()] };
    let kinds = Kinds::of(rows, statuses);
    kinds.each(|asked| {
        let found: Vec<&R> = match select(rows, asked) {
            Ok(selection) => selection.iter().collect(),
            Err(_) => return,
        };
        let mut place = 0;
        for row in &found {
            while !std::ptr::eq(&raw const rows[place], &raw const **row) {
                place += 1;
            }
            answers.reached[place] = true;
        }
        if answers.wrong.is_none() {
            answers.wrong = wrong(&found).map(|what| format!("{what} {}", kinds.words(asked)));
        }
    });
    answers
}

/// One of each kind that the rows of a table tell apart.
struct Kinds {
    levels: Vec<SettlementLevel>,
    statuses: Vec<MemberStatus>,
    ages: Vec<i16>,
    visits: Vec<i64>,
    places: Vec<(bool, Standing)>,
    classes: Vec<Option<MemberClass>>,
    marks: Vec<Option<VisitMark>>,
    diseases: Vec<Option<DiseaseCode>>,
    tiers: Vec<Option<ContributionTier>>,
    years: Vec<Option<i16>>,
    retired: Vec<Option<Day>>,
}

impl Kinds {
    fn of<R: Row>(rows: &[R], statuses: &[MemberStatus]) -> Self {
        let who: Vec<&Selector> = rows.iter().map(Row::who).collect();
        let by_level = |level: &SettlementLevel| {
            let names =
                |one: &&Selector| (one.levels.contains(*level), one.levels.contains(level.national()));
            who.iter().map(names).collect::<Vec<_>>()
        };
        Self {
            levels: told_apart(SettlementLevel::LISTED.iter().copied(), by_level),
            statuses: statuses.to_vec(),
            ages: edges(0, who.iter().flat_map(|one| [one.age_from, one.age_below])),
            visits: edges(1, who.iter().flat_map(|one| [one.visit_from, one.visit_below])),
            places: told_apart(places(), |(inside, standing)| {
                let names = |one: &&Selector| (*inside && one.inside_only, one.standings.contains(*standing));
                who.iter().map(names).collect::<Vec<_>>()
            }),
            classes: one_of_each(&who, |one| one.classes),
            marks: one_of_each(&who, |one| one.marks),
            diseases: told_apart(
                std::iter::once(None)
                    .chain(who.iter().flat_map(|one| one.diseases.iter().copied().map(Some))),
                |disease| {
                    let names = |one: &&Selector| disease.is_some_and(|it| one.diseases.contains(&it));
                    who.iter().map(names).collect::<Vec<_>>()
                },
            ),
            tiers: known(one_of_each(&who, |one| one.tiers)),
            years: asked_for(0, who.iter().flat_map(|one| [one.years_from, one.years_below])),
            retired: retirement(&who),
        }
    }

    fn each(&self, mut ask: impl FnMut(&Asked<'_>)) {
        let Self { levels, statuses, ages, visits, places, classes, marks, diseases, tiers, years, retired } =
            self;
        let mut asked = Asked {
            level: levels[0],
            status: statuses[0],
            age: 0,
            visit: 1,
            standing: Standing::Local,
            inside: true,
            classes: Set::new(),
            tier: None,
            contribution_years: None,
            retired_on: None,
            marks: Set::new(),
            disease: None,
            diseases: &[],
        };
        let sizes = [
            levels.len(),
            statuses.len(),
            ages.len(),
            visits.len(),
            places.len(),
            classes.len(),
            marks.len(),
            diseases.len(),
            tiers.len(),
            years.len(),
            retired.len(),
        ];
        for number in 0..sizes.iter().product() {
            let mut rest: usize = number;
            let [level, status, age, visit, place, class, mark, disease, tier, year, day] =
                sizes.map(|size| {
                    let digit = rest % size;
                    rest /= size;
                    digit
                });
            asked.level = levels[level];
            asked.status = statuses[status];
            asked.age = ages[age];
            asked.visit = visits[visit];
            (asked.inside, asked.standing) = places[place];
            asked.classes = classes[class].into_iter().collect();
            asked.marks = marks[mark].into_iter().collect();
            asked.disease = diseases[disease];
            asked.tier = tiers[tier];
            asked.contribution_years = years[year];
            asked.retired_on = retired[day];
            ask(&asked);
        }
    }

    /// Who is asked about, as far as the table tells people apart, in the words of the file.
    fn words(&self, asked: &Asked<'_>) -> String {
        let mut words = vec![snake(&asked.level), snake(&asked.status)];
        let mut say = |told: usize, text: String| {
            if told > 1 {
                words.push(text);
            }
        };
        say(self.ages.len(), format!("age {}", asked.age));
        say(self.visits.len(), format!("visit {}", asked.visit));
        let place = if asked.inside { "inside" } else { "outside" };
        say(self.places.len(), format!("{place} the area ({})", snake(&asked.standing)));
        say(self.classes.len(), asked.classes.iter().next().map_or("no class".to_owned(), |one| snake(&one)));
        say(self.marks.len(), asked.marks.iter().next().map_or("no mark".to_owned(), |one| snake(&one)));
        say(
            self.diseases.len(),
            asked.disease.map_or("no disease of the table".to_owned(), |one| one.to_string()),
        );
        say(self.tiers.len(), asked.tier.map(|one| format!("tier {}", snake(&one))).unwrap_or_default());
        let years = asked.contribution_years.map(|years| format!("{years} years of contribution"));
        say(self.years.len(), years.unwrap_or_default());
        say(self.retired.len(), asked.retired_on.map(|day| format!("retired on {day}")).unwrap_or_default());
        words.join(", ")
    }
}

/// A visit inside the area is local or of a long-term filer at home; all others are outside.
fn places() -> impl Iterator<Item = (bool, Standing)> {
    let inside = |standing: Standing| matches!(standing, Standing::Local | Standing::LongTermAtHome);
    Standing::ALL.into_iter().map(move |standing| (inside(standing), standing))
}

/// The first of all that the rows treat alike.
fn told_apart<T, S: PartialEq>(all: impl Iterator<Item = T>, treated: impl Fn(&T) -> S) -> Vec<T> {
    let mut seen = Vec::new();
    let mut firsts = Vec::new();
    for one in all {
        let treated = treated(&one);
        if !seen.contains(&treated) {
            seen.push(treated);
            firsts.push(one);
        }
    }
    firsts
}

/// None, and one of each group of words that the rows treat alike.
fn one_of_each<T: Listed>(who: &[&Selector], named: impl Fn(&Selector) -> Set<T>) -> Vec<Option<T>> {
    told_apart(std::iter::once(None).chain(T::LISTED.iter().copied().map(Some)), |word| {
        who.iter().map(|one| word.is_some_and(|it| named(one).contains(it))).collect::<Vec<_>>()
    })
}

/// What the register says is asked for only where it says something: `None` only if the table does not ask.
fn known<T>(mut kinds: Vec<Option<T>>) -> Vec<Option<T>> {
    if kinds.len() > 1 {
        kinds.remove(0);
    }
    kinds
}

fn edges<T: Ord>(lowest: T, named: impl Iterator<Item = Option<T>>) -> Vec<T> {
    let mut edges: Vec<T> = named.flatten().chain(std::iter::once(lowest)).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

fn asked_for<T: Ord + Copy>(lowest: T, named: impl Iterator<Item = Option<T>> + Clone) -> Vec<Option<T>> {
    if named.clone().flatten().next().is_none() {
        return vec![None];
    }
    edges(lowest, named).into_iter().map(Some).collect()
}

/// Around each day that is named: the day before it and itself.
fn retirement(who: &[&Selector]) -> Vec<Option<Day>> {
    let named = who.iter().flat_map(|one| [one.retired_from, one.retired_before]).flatten();
    let mut days: Vec<Day> = named.flat_map(|day| [day.plus_days(-1), day]).collect();
    days.sort_unstable();
    days.dedup();
    if days.is_empty() { vec![None] } else { days.into_iter().map(Some).collect() }
}
