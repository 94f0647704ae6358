//! What a province knows of institutions elsewhere (全国定点医药机构): a copy of the hub's register, page after page. Its people ask before they
//! go where they may settle directly, and their settlements name hospitals of other provinces.
//!
//! The hub writes down when a province changed an institution, not when it heard of it: what comes late would be passed by whoever asks for
//! what is new only. Changes are asked for with some days of overlap, and the whole register is read again now and then.

use crate::{
    context::{Context, Outcome},
    hub::Hub,
    payment_order::{ask, not_its_answer},
    province::ProvinceNode,
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use store::{
    Conn,
    hub::{self, NationalInstitution},
    search::{self, InstitutionsWanted},
};
use terms::{InstitutionCode, Moment};
use wire::peer::v1::{
    Answer, FindInstitutions, FoundInstitutions, InstitutionMark, PublishedInstitution, Question,
};

/// So many institutions in one answer.
const PAGE: usize = 500;
/// So many pages in one tick, which other things of the timetable wait for.
const PAGES_A_TICK: usize = 20;
const DAY_MILLIS: i64 = 86_400_000;
/// How often changes are asked for …
const CHANGES_EVERY: i64 = 2 * 60_000;
/// … from how long before the last time …
const OVERLAP: i64 = 2 * DAY_MILLIS;
/// … and how often everything.
const ALL_EVERY: i64 = 7 * DAY_MILLIS;
/// The longest name that is believed, in characters.
const NAME_MAX: usize = 200;

/// How far an instance has read the hub's register. One that starts reads all of it.
#[derive(Debug, Default)]
pub(crate) struct Reading(Mutex<State>);

#[derive(Clone, Debug, Default)]
struct State {
    /// When the last reading of all that came to its end began.
    all: Option<Moment>,
    /// When the last reading of any kind that came to its end began.
    any: Option<Moment>,
    under_way: Option<Walk>,
}

/// One reading.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Walk {
    began: Moment,
    since: Option<Moment>,
    after: Option<InstitutionMark>,
}

impl State {
    /// The reading to go on with or to begin; none while nothing is due.
    fn next(&self, now: Moment) -> Option<Walk> {
        if let Some(walk) = &self.under_way {
            return Some(walk.clone());
        }
        let is_over =
            |last: Option<Moment>, every: i64| last.is_none_or(|last| now.millis() - last.millis() >= every);
        let begin = |since| Some(Walk { began: now, since, after: None });
        match self.any {
            Some(last) if !is_over(self.all, ALL_EVERY) => {
                is_over(Some(last), CHANGES_EVERY).then(|| begin(Some(last.plus_millis(-OVERLAP))))?
            }
            _ => begin(None),
        }
    }

    /// A page was taken: the reading goes on after its last, or is at its end.
    fn took(&mut self, walk: &Walk, after: Option<InstitutionMark>) {
        if after.is_some() {
            self.under_way = Some(Walk { after, ..*walk });
            return;
        }
        self.under_way = None;
        self.any = Some(walk.began);
        if walk.since.is_none() {
            self.all = Some(walk.began);
        }
    }
}

impl Reading {
    fn state(&self) -> State {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn took(&self, walk: &Walk, after: Option<InstitutionMark>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).took(walk, after);
    }
}

/// Reads on in the hub's register where something is due.
pub async fn tick(node: &ProvinceNode) -> Outcome<()> {
    for _ in 0..PAGES_A_TICK {
        let Some(walk) = node.register_read.state().next(node.context.now()) else { break };
        let question = FindInstitutions { since: walk.since, after: walk.after.clone() };
        let Answer::Institutions(found) = ask(node, &Question::FindInstitutions(question)).await? else {
            return Err(not_its_answer());
        };
        let after = take(&node.context, &walk, found).await?;
        node.register_read.took(&walk, after);
    }
    Ok(())
}

/// Keeps a page; where the next one begins.
async fn take(context: &Context, walk: &Walk, found: FoundInstitutions) -> Outcome<Option<InstitutionMark>> {
    let mark_of = |one: &PublishedInstitution| InstitutionMark {
        province: one.place.province(),
        code: one.code.clone(),
    };
    let last = found.institutions.last().map(mark_of);
    // A hub that tells the same page again and again is not followed.
    let goes_on = match (&last, &walk.after) {
        (Some(last), Some(before)) => {
            (last.province.division(), &last.code) > (before.province.division(), &before.code)
        }
        (Some(_), None) => true,
        (None, _) => !found.more,
    };
    if found.institutions.len() > PAGE || !goes_on {
        return Err(not_its_answer());
    }
    let is_sound = |one: &PublishedInstitution| {
        let sound = !one.name.trim().is_empty() && one.name.chars().count() <= NAME_MAX;
        if !sound {
            tracing::warn!(institution = %one.code, "the hub tells an institution without a proper name");
        }
        sound
    };
    let institutions: Vec<_> = found.institutions.into_iter().filter(is_sound).map(kept).collect();
    if !institutions.is_empty() {
        let mut work = context.store.begin().await?;
        hub::keep_institutions(&mut work, &institutions).await?;
        work.save().await?;
    }
    Ok(last.filter(|_| found.more))
}

/// An institution as it was told, as the register keeps it.
pub fn kept(told: PublishedInstitution) -> NationalInstitution {
    let PublishedInstitution { code, name, place, level, open, changed_at } = told;
    NationalInstitution { code, name, place, level, open, changed_at }
}

/// What the hub tells provinces.
pub async fn tell(hub: &Hub, find: &FindInstitutions) -> Outcome<Answer> {
    let wanted = InstitutionsWanted {
        after: find.after.as_ref().map(|mark| (mark.province.division(), mark.code.clone())),
        changed_since: find.since,
        most: i64::try_from(PAGE).expect("a page") + 1,
        ..InstitutionsWanted::default()
    };
    let mut conn = hub.context.store.conn().await?;
    let mut found = search::national_institutions(&mut conn, &wanted).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let told = |one: NationalInstitution| {
        let NationalInstitution { code, name, place, level, open, changed_at } = one;
        PublishedInstitution { code, name, place, level, open, changed_at }
    };
    let institutions = found.into_iter().map(told).collect();
    Ok(Answer::Institutions(FoundInstitutions { institutions, more }))
}

/// The name of an institution anywhere, as far as it is known here.
pub async fn name_of(conn: &mut Conn, code: &InstitutionCode) -> Outcome<Option<String>> {
    let mut names: BTreeMap<InstitutionCode, String> = search::institution_names(conn, &[code]).await?;
    Ok(names.remove(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn mark(code: &str) -> InstitutionMark {
        InstitutionMark { province: "420000".parse().unwrap(), code: code.parse().unwrap() }
    }

    #[test]
    fn all_is_read_first_then_changes_with_an_overlap_and_now_and_then_all_again() {
        let mut state = State::default();
        let begin = at("2026-11-21 10:00:00");
        let first = state.next(begin).unwrap();
        assert_eq!(first, Walk { began: begin, since: None, after: None });
        // A reading is gone on with however much later, until its end.
        state.took(&first, Some(mark("H42010600001")));
        let on = state.next(at("2026-11-21 10:00:10")).unwrap();
        assert_eq!(on, Walk { began: begin, since: None, after: Some(mark("H42010600001")) });
        state.took(&on, None);
        assert_eq!(state.next(at("2026-11-21 10:01:59")), None);
        let changes = state.next(at("2026-11-21 10:02:00")).unwrap();
        assert_eq!(changes.since, Some(at("2026-11-19 10:00:00")));
        state.took(&changes, None);
        assert_eq!(state.next(at("2026-11-21 10:03:00")), None);
        let week = state.next(at("2026-11-28 10:00:00")).unwrap();
        assert_eq!(week.since, None, "a week after the first reading began");
    }
}
