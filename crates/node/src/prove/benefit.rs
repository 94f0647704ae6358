//! The insured place's people: every year's sums from the settlements of the person, and every settlement computed again from the
//! claim that is kept, with the sums of the year as they were when it was committed.
//!
//! The register of people, their filings and diseases is kept as it is now, not as it was then: where a settlement comes out otherwise
//! today, nothing is proven of it but what holds within its breakdown, and the finding says of how many that is so.

use super::Finding;
use crate::{
    context::Outcome,
    insured::{Again, added_to, amounts_of},
    job::Progress,
    ledger::Engine,
};
use benefit::{Breakdown, YearToDate};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use store::{
    Conn, Work,
    insured::{self, InsuredSettlement, Stage, YearKey, YearOfPerson},
    registration,
};
use terms::{CareKind, PersonNumber, PoolingArea, SettlementId};
use tokio::sync::Mutex as Turn;

/// How many years of people are read at a time.
const PAGE: i64 = 200;

/// The people of the insured place, taken page by page by several readers.
pub struct People {
    engine: Option<Engine>,
    #[expect(clippy::option_option, reason = "at the end, at the beginning, or behind somebody")]
    next: Turn<Option<Option<YearOfPerson>>>,
    found: Mutex<Found>,
}

struct Found {
    years: Finding,
    benefits: Finding,
    /// How many settlements come out otherwise today, and the first of them.
    otherwise: (u64, Option<SettlementId>),
}

impl Found {
    fn nothing() -> Self {
        Self {
            years: Finding::new("年度累计（由各次结算重算）"),
            benefits: Finding::new("待遇（由申报内容和当时累计重新计算）"),
            otherwise: (0, None),
        }
    }
}

impl People {
    /// Of a node; the hub has none.
    pub fn of(engine: Option<Engine>) -> Self {
        Self { engine, next: Turn::new(Some(None)), found: Mutex::new(Found::nothing()) }
    }

    /// Takes pages until there are none.
    pub async fn read(&self, view: &mut Work, progress: &Progress) -> Outcome<()> {
        if self.engine.is_none() {
            return Ok(());
        }
        while let Some(page) = self.take(view.conn()).await? {
            let mut areas = BTreeMap::<PoolingArea, Vec<&YearOfPerson>>::new();
            for year in &page {
                areas.entry(year.area).or_default().push(year);
            }
            for (area, years) in areas {
                self.look_at(view.conn(), area, &years).await?;
            }
            progress.steps(page.len());
        }
        Ok(())
    }

    async fn take(&self, conn: &mut Conn) -> Outcome<Option<Vec<YearOfPerson>>> {
        let mut next = self.next.lock().await;
        let Some(after) = next.take() else { return Ok(None) };
        let page = insured::years_page(conn, after.as_ref(), PAGE).await?;
        let is_last = i64::try_from(page.len()).is_ok_and(|length| length < PAGE);
        *next = if is_last { None } else { Some(page.last().cloned()) };
        Ok(Some(page))
    }

    async fn look_at(&self, conn: &mut Conn, area: PoolingArea, years: &[&YearOfPerson]) -> Outcome<()> {
        let mut people: Vec<&str> = years.iter().map(|year| year.person.as_str()).collect();
        people.dedup();
        let settlements = insured::of_people(conn, area, &people).await?;
        let mut of_person = BTreeMap::<&PersonNumber, Vec<&InsuredSettlement>>::new();
        for settlement in &settlements {
            let Some(content) = &settlement.content else { continue };
            of_person.entry(&content.person).or_default().push(settlement);
        }
        let keys: Vec<YearKey<'_>> = years
            .iter()
            .map(|one| YearKey { area, person: &one.person, scheme: one.scheme, year: one.year })
            .collect();
        let known = insured::known(conn, &keys).await?;
        let mut found = Found::nothing();
        for (year, known) in years.iter().zip(known) {
            let all = of_person.get(&year.person).map(Vec::as_slice).unwrap_or_default();
            of_year(year, all, &mut found.years);
            let Some(known) = known else { continue };
            for settlement in all.iter().filter(|one| is_of(one, year)) {
                self.of_settlement(conn, area, settlement, all, &known, &mut found).await?;
            }
        }
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.years.join(found.years);
        all.benefits.join(found.benefits);
        all.otherwise.0 += found.otherwise.0;
        all.otherwise.1 = all.otherwise.1.or(found.otherwise.1);
        Ok(())
    }

    async fn of_settlement(
        &self,
        conn: &mut Conn,
        area: PoolingArea,
        settlement: &InsuredSettlement,
        all: &[&InsuredSettlement],
        known: &insured::Known,
        found: &mut Found,
    ) -> Outcome<()> {
        let (Some(engine), Some(content)) = (&self.engine, &settlement.content) else { return Ok(()) };
        let Ok(breakdown) = content.breakdown.read::<Breakdown>() else {
            found.benefits.hold(false, || format!("结算[{}]的费用分割无法读取", settlement.id));
            return Ok(());
        };
        let is_chronic =
            content.contribution.counters().any(|(counter, _)| counter.care == CareKind::Chronic);
        let chronic = if is_chronic {
            registration::chronic_of(conn, area, &content.person).await?
        } else {
            Vec::new()
        };
        let again = Again {
            settlement,
            person: known.person.clone(),
            filings: known.filings.clone(),
            chronic,
            all,
            unconfirmed: engine.unconfirmed,
        };
        // Whatever is known today, the sums of the year and the amounts are those of the breakdown.
        let added = (&content.contribution, content.earlier.as_ref());
        let agrees = added == (&breakdown.contribution, breakdown.earlier.as_ref())
            && content.amounts == amounts_of(&breakdown);
        found.benefits.hold(agrees, || format!("结算[{}]的年度累计或金额与其费用分割不一致", settlement.id));
        let is_same = again.compute(&engine.library).is_ok_and(|computed| {
            amounts_of(&computed) == content.amounts && computed.contribution == content.contribution
        });
        if !is_same {
            found.otherwise.0 += 1;
            found.otherwise.1 = found.otherwise.1.or(Some(settlement.id));
        }
        Ok(())
    }

    /// What was found. Every settlement of a person is in a year of theirs.
    pub async fn findings(&self, conn: &mut Conn) -> Outcome<Vec<Finding>> {
        if self.engine.is_none() {
            return Ok(Vec::new());
        }
        let all = u64::try_from(insured::count(conn).await?).unwrap_or_default();
        let mut found = {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *found, Found::nothing())
        };
        let seen = found.benefits.checked;
        found.years.hold(all == seen, || format!("共{all}笔结算，其中有年度累计的{seen}笔"));
        found.years.checked -= 1;
        if let (otherwise, Some(first)) = found.otherwise {
            found.benefits.note = Some(format!(
                "{}笔按现行登记重新计算一致；另{otherwise}笔（首笔[{first}]）的参保、备案登记或政策在结算后有变，或由外部系统计算，只核对了恒等关系",
                seen - otherwise
            ));
        }
        Ok(vec![found.years, found.benefits])
    }
}

/// Whether a settlement belongs to a year of its person; one that was split at the year's end belongs to the later.
fn is_of(settlement: &InsuredSettlement, year: &YearOfPerson) -> bool {
    let content = settlement.content.as_ref();
    content.is_some_and(|content| (content.scheme, content.year) == (year.scheme, year.year))
}

fn of_year(year: &YearOfPerson, all: &[&InsuredSettlement], finding: &mut Finding) {
    let standing = all.iter().filter(|one| one.stage == Stage::Standing);
    let contents = standing.filter_map(|one| one.content.as_ref());
    let sums = contents
        .filter(|content| content.scheme == year.scheme)
        .fold(YearToDate::default(), |sums, content| sums.plus(&added_to(content, year.year)));
    finding.hold(sums == year.sums, || {
        let YearOfPerson { area, scheme, year: of, sums: stands, .. } = year;
        let scheme = scheme.chinese();
        format!(
            "统筹区{area}一名{scheme}参保人{of}年度累计总额{}，由结算重算{}",
            stands.total(),
            sums.total()
        )
    });
}
