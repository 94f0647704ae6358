//! What cashiers were told beside what the three books hold, once the dust has settled.

use super::cashiers::{Entry, Journal, Told};
use crate::{
    checks::{self, Nodes},
    hospital::Settled,
    world::Trouble,
};
use casework::settlement::Stage;
use std::collections::{BTreeMap, BTreeSet};
use store::{Amounts, hub, insured, treatment};
use terms::{SettlementId, VisitId};

/// What it came to.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Settlements that stand in the treatment place's book.
    pub standing: usize,
    /// Those that were undone there.
    pub undone: usize,
    /// Stays that were refused for good.
    pub refused: usize,
    /// Stays of which a cashier was told that they are settled or undone, and that are not so in one of the three books.
    pub lost: usize,
    /// Stays that stand more than once, that stand although their cashier was told otherwise, or that nobody asked for.
    pub doubled: usize,
    /// Stays of which a cashier was told what is not so in some book, and that people hear of: the settlement is a case.
    pub cases: usize,
    /// Everything that does not hold, in Chinese sentences.
    pub failures: Vec<String>,
}

/// How many sentences of a kind are shown.
const SHOWN: usize = 10;

/// The three books by settlement: what stands, with its amounts.
struct Standing {
    /// Of which visit a settlement is, in the treatment place's book.
    visits: BTreeMap<SettlementId, VisitId>,
    /// 就医地, 国家平台, 参保地.
    books: [(&'static str, BTreeMap<SettlementId, Amounts>); 3],
}

/// Compares; the nodes are at rest. What is a case for people is no failure: they know of it.
pub async fn judge(
    journal: &Journal,
    nodes: &Nodes,
    cases: &BTreeSet<SettlementId>,
) -> Result<Verdict, Trouble> {
    let (standing, undone) = Standing::read(nodes).await?;
    let mut verdict = Verdict {
        standing: standing.books[0].1.len(),
        undone,
        refused: journal.entries.iter().filter(|entry| matches!(entry.told, Told::Refused(_))).count(),
        ..Verdict::default()
    };
    let (mut lost, mut doubled) = (Vec::new(), Vec::new());
    verdict.cases = compare(journal, &standing, cases, (&mut lost, &mut doubled));
    (verdict.lost, verdict.doubled) = (lost.len(), doubled.len());
    let nothing = journal.entries.iter().filter(|entry| entry.told == Told::Nothing).count();
    let failures = &mut verdict.failures;
    if nothing > 0 {
        failures.push(format!("有{nothing}次住院的结算一直没有得到最终应答"));
    }
    let is_case = |told: &String| cases.iter().any(|id| told.contains(&id.to_string()));
    let strange: Vec<String> = journal.strange.iter().filter(|one| !is_case(one)).cloned().collect();
    for (what, all) in [("丢失", lost), ("重复", doubled), ("应答异常", strange)] {
        failures.extend(all.iter().take(SHOWN).map(|one| format!("{what}：{one}")));
        if all.len() > SHOWN {
            failures.push(format!("{what}：另有{}处", all.len() - SHOWN));
        }
    }
    let mut others = checks::failures_at(nodes).await?;
    others.retain(|one| !is_case(one));
    failures.extend(others.iter().take(SHOWN).cloned());
    if others.len() > SHOWN {
        failures.push(format!("三方账另有{}处不符", others.len() - SHOWN));
    }
    Ok(verdict)
}

/// Says what is lost and what is doubled, and counts the cases among what was told.
fn compare(
    journal: &Journal,
    standing: &Standing,
    cases: &BTreeSet<SettlementId>,
    (lost, doubled): (&mut Vec<String>, &mut Vec<String>),
) -> usize {
    let mut worked_on = 0;
    let mut of_visit = BTreeMap::<VisitId, Vec<SettlementId>>::new();
    for id in standing.books[0].1.keys() {
        if let Some(visit) = standing.visits.get(id) {
            of_visit.entry(*visit).or_default().push(*id);
        }
    }
    for Entry { visit, told } in &journal.entries {
        let stands = of_visit.remove(visit).unwrap_or_default();
        if told.settlement().is_some_and(|id| cases.contains(&id)) {
            worked_on += 1;
            continue;
        }
        match told {
            Told::Settled(settled) => {
                lost.extend(missing(settled, standing).map(|what| format!("就诊[{visit}]{what}")));
                if stands.len() > 1 {
                    doubled.push(format!("就诊[{visit}]有{}笔有效结算", stands.len()));
                }
            }
            Told::Undone(id) => {
                let at: Vec<&str> = standing
                    .books
                    .iter()
                    .filter(|(_, book)| id.is_some_and(|id| book.contains_key(&id)))
                    .map(|(name, _)| *name)
                    .collect();
                if !at.is_empty() {
                    lost.push(format!("就诊[{visit}]的撤销在{}没有生效", at.join("、")));
                } else if !stands.is_empty() {
                    doubled.push(format!("就诊[{visit}]已撤销或冲正，仍有结算{stands:?}有效"));
                }
            }
            Told::Refused(why) if !stands.is_empty() => {
                doubled.push(format!("就诊[{visit}]被拒（{why}），仍有结算{stands:?}有效"));
            }
            Told::Refused(_) | Told::Nothing => {}
        }
    }
    doubled.extend(of_visit.keys().map(|visit| format!("就诊[{visit}]有效，但没有收费员得到应答")));
    worked_on
}

/// What of a settlement that a cashier was told is otherwise in the books; nothing, if all is well.
fn missing(settled: &Settled, standing: &Standing) -> Option<String> {
    let Some(id) = settled.settlement else { return Some("没有结算ID".to_owned()) };
    let differs: Vec<&str> = standing
        .books
        .iter()
        .filter(|(_, book)| book.get(&id).is_none_or(|amounts| !is_as_told(amounts, settled)))
        .map(|(name, _)| *name)
        .collect();
    (!differs.is_empty()).then(|| format!("的结算[{id}]在{}缺失或金额不同", differs.join("、")))
}

fn is_as_told(amounts: &Amounts, told: &Settled) -> bool {
    (amounts.total, amounts.fund_total, amounts.person_total)
        == (told.total, told.fund_total, told.person_total)
}

impl Standing {
    /// The three books, and how many settlements are undone at the treatment places.
    async fn read(nodes: &Nodes) -> Result<(Self, usize), Trouble> {
        let (mut visits, mut undone) = (BTreeMap::new(), 0);
        let [mut at_treatment, mut at_hub, mut at_insured] = [const { BTreeMap::new() }; 3];
        for node in nodes.provinces.values() {
            let mut conn = node.context.store.conn().await?;
            for one in treatment::all(&mut conn).await? {
                undone += usize::from(one.stage == Stage::Undone);
                if one.stage == Stage::Settled {
                    visits.insert(one.id, one.visit);
                    at_treatment.insert(one.id, one.amounts);
                }
            }
            for one in insured::all(&mut conn).await? {
                if let Some(content) = one.content.filter(|_| one.stage == insured::Stage::Standing) {
                    at_insured.insert(one.id, content.amounts);
                }
            }
        }
        for one in hub::all(&mut *nodes.hub.context.store.conn().await?).await? {
            if let Some(content) = one.content.filter(|_| one.stage == hub::Stage::Standing) {
                at_hub.insert(one.id, content.amounts);
            }
        }
        let books = [("就医地", at_treatment), ("国家平台", at_hub), ("参保地", at_insured)];
        Ok((Self { visits, books }, undone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;
    use terms::Fen;

    fn id(serial: u64) -> SettlementId {
        format!("4200001795302600{serial:014}").parse().unwrap()
    }

    fn visit(serial: u64) -> VisitId {
        format!("4200001795302600{serial:014}").parse().unwrap()
    }

    fn settled(serial: u64, fund: i64) -> Told {
        let (fund_total, total) = (Fen(fund), Fen(1_000));
        Told::Settled(Box::new(Settled {
            settlement: Some(id(serial)),
            total,
            parts: [Fen::ZERO; 4],
            deductible: Fen::ZERO,
            fund_total,
            person_total: total - fund_total,
            hospital_part: Fen::ZERO,
            funds: BTreeMap::new(),
            info: Map::new(),
        }))
    }

    /// Settlements of visits that stand in all books with 700 fen of the funds.
    fn books(of: &[(u64, u64)]) -> Standing {
        let amounts =
            Amounts { total: Fen(1_000), fund_total: Fen(700), person_total: Fen(300), ..Amounts::default() };
        let book: BTreeMap<_, _> = of.iter().map(|(one, _)| (id(*one), amounts.clone())).collect();
        let visits = of.iter().map(|(one, of)| (id(*one), visit(*of))).collect();
        Standing {
            visits, books: [("就医地", book.clone()), ("国家平台", book.clone()), ("参保地", book)]
        }
    }

    fn found(told: Vec<(u64, Told)>, standing: &Standing) -> (usize, usize) {
        let entries = told.into_iter().map(|(of, told)| Entry { visit: visit(of), told }).collect();
        let (mut lost, mut doubled) = (Vec::new(), Vec::new());
        let journal = Journal { entries, ..Journal::default() };
        compare(&journal, standing, &BTreeSet::new(), (&mut lost, &mut doubled));
        (lost.len(), doubled.len())
    }

    #[test]
    fn what_people_hear_of_is_not_lost() {
        let mut restored = books(&[(1, 1), (2, 2)]);
        restored.books[0].1.remove(&id(1));
        let told = |of, told| Entry { visit: visit(of), told };
        for (one, expected) in [
            (settled(1, 700), (0, 1)),
            (Told::Undone(Some(id(1))), (0, 1)),
            (settled(3, 700), (1, 0)),
            (Told::Undone(None), (0, 0)),
        ] {
            let entries = vec![told(1, one.clone()), told(2, settled(2, 700))];
            let (mut lost, mut doubled) = (Vec::new(), Vec::new());
            let journal = Journal { entries, ..Journal::default() };
            let cases = BTreeSet::from([id(1)]);
            let worked_on = compare(&journal, &restored, &cases, (&mut lost, &mut doubled));
            assert_eq!((lost.len(), worked_on), expected, "{one:?}");
            assert!(doubled.is_empty());
        }
    }

    #[test]
    fn what_was_told_is_in_all_books_once_or_it_is_noticed() {
        let one = books(&[(1, 1)]);
        assert_eq!(found(vec![(1, settled(1, 700))], &one), (0, 0));
        assert_eq!(found(vec![(1, settled(1, 701))], &one), (1, 0), "another amount was told");
        assert_eq!(found(vec![(1, settled(2, 700))], &one), (1, 0), "another id was told");
        assert_eq!(
            found(vec![(1, Told::Undone(Some(id(1))))], &one),
            (1, 0),
            "it was told that it is undone"
        );
        assert_eq!(found(vec![(1, Told::Undone(None))], &one), (0, 1));
        assert_eq!(found(vec![(1, Told::Refused("不".to_owned()))], &one), (0, 1));
        assert_eq!(found(vec![(1, Told::Nothing)], &one), (0, 0), "it may have been settled");
        assert_eq!(found(vec![], &one), (0, 1), "nobody asked for it");
        assert_eq!(found(vec![(1, settled(1, 700))], &books(&[(1, 1), (2, 1)])), (0, 1), "twice");
        for side in 0..3 {
            let mut short = books(&[(1, 1)]);
            short.books[side].1.clear();
            assert_eq!(found(vec![(1, settled(1, 700))], &short), (1, 0), "{}", short.books[side].0);
        }
    }
}
