//! What is looked at once all is quiet: the books, what hospitals were told, personal accounts; then, after two nights, what
//! reconciliation left open, the details that were sent on, and the proof of every node.

use super::{Simulation, guest::Told, name_of, people, recompute, standing::REASON};
use crate::{
    checks::{self, Books, Nodes},
    hospital::Settled,
    world::Trouble,
};
use funds::{BookLine, reconciliation::LineStage};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{difference, insured, person, transmission};
use terms::{Fen, InsuranceScheme, Participant, PersonNumber, SettlementId};

/// Why a settlement may be refused for good: a suspension, a policy that does not pay for such a guest or does not say what it pays.
const TRUE_REASONS: [&str; 3] = [REASON, "按参保地政策", "的待遇政策缺少"];
/// The same where it was asked for anew, as it seems while the one before was still being undone.
const REASONS_ANEW: [&str; 2] = ["当前为[撤销中]", "请先以2208撤销结算"];

impl Simulation {
    /// Lets two nights pass with their reconciliation and what they send on, and says what does not hold.
    pub(super) async fn look(&self) -> Result<Vec<String>, Trouble> {
        let course = &self.land.course;
        let told = &self.register.told();
        let nodes = self.land.nodes()?;
        let today = course.now().day();
        let mut failed = checks::failures_at(&nodes).await?;
        failed.extend(self.compare(&nodes, told).await?);
        failed.extend(broken_accounts(&nodes).await?);
        failed.extend(recompute::broken_benefits(&nodes, &self.rules.library).await?);
        if !failed.is_empty() {
            // Two nights would only bury it.
            return Ok(failed);
        }
        for days in [1, 2] {
            let night = today.plus_days(days).start().plus_millis(3 * 3_600_000);
            for half_hours in 0..3 {
                course.skip_to(night.plus_millis(half_hours * 40 * 60_000));
                course.tell(&format!("a night passes: {}", course.now()));
                for (province, node) in &nodes.provinces {
                    let (node, there) = (Arc::clone(node), Arc::clone(course));
                    let name = name_of(Participant::Province(*province));
                    self.play_to_its_end(async move {
                        let kept = node.keep_reconciliation().await;
                        if let Err(why) = kept {
                            there.tell(&format!("{name} does not get through its reconciliation: {why}"));
                        }
                        node.send_details().await;
                    })
                    .await?;
                }
            }
        }
        for (province, node) in &nodes.provinces {
            let mut conn = node.context.store.conn().await?;
            for (day, part) in difference::open_days(&mut conn, i32::MAX).await? {
                failed.push(format!("[{province}]对账有无法说明的差异：{day} {part:?}"));
            }
        }
        failed.extend(checks::failures_at(&nodes).await?);
        failed.extend(unsent_details(&nodes).await?);
        for (province, node) in &nodes.provinces {
            let wrong = node.disproved().await?;
            failed.extend(wrong.into_iter().map(|what| format!("[{province}]核验：{what}")));
            // Here no register changes, so that everything comes out the same, by the policy of the day of discharge.
            let otherwise = node.otherwise().await?;
            failed.extend(otherwise.into_iter().map(|what| format!("[{province}]重新计算：{what}")));
        }
        failed.extend(nodes.hub.disproved().await?.into_iter().map(|what| format!("[hub]核验：{what}")));
        Ok(failed)
    }

    /// What hospitals were told is so in all books, and nothing else stands.
    async fn compare(&self, nodes: &Nodes, told: &BTreeMap<usize, Told>) -> Result<Vec<String>, Trouble> {
        let books = Books::read_at(nodes).await?;
        let mut failed = Vec::new();
        for (number, told) in told {
            let is_anew = !told.undone.is_empty() || told.reversed > 0;
            let anew = REASONS_ANEW.into_iter().filter(|_| is_anew);
            let reasons: Vec<&str> = TRUE_REASONS.into_iter().chain(anew).collect();
            let untrue = told.refused.iter().filter(|why| !reasons.iter().any(|reason| why.contains(reason)));
            failed.extend(untrue.map(|why| format!("guest {number} is refused for no true reason: {why}")));
            let not = told.not_undone.iter();
            failed
                .extend(not.map(|what| format!("guest {number}: the undoing of {what} is refused for good")));
            for (settled, stage) in told
                .standing
                .iter()
                .map(|settled| (settled, LineStage::Standing))
                .chain(told.undone.iter().map(|settled| (settled, LineStage::Undone)))
            {
                let id = settled.settlement;
                let is_within = id.is_some_and(|id| books.within_provinces.contains(&id));
                let mut so = vec![&books.treatment, &books.insured];
                so.extend((!is_within).then_some(&books.hub));
                if !so.into_iter().all(|lines| is_so(lines, settled, stage)) {
                    failed.push(format!(
                        "guest {number} was told {stage:?} of {id:?}, which the books do not say"
                    ));
                }
            }
        }
        let standing: BTreeSet<SettlementId> =
            told.values().flat_map(|told| &told.standing).filter_map(|settled| settled.settlement).collect();
        // What nobody is sure of may stand, in all books.
        let unsure: BTreeSet<SettlementId> =
            told.values().flat_map(|told| &told.unsure).filter_map(|settled| settled.settlement).collect();
        let all = books.treatment.iter().chain(&books.hub).chain(&books.insured);
        let stand = all.filter(|line| line.stage == LineStage::Standing).map(|line| line.settlement);
        let untold: BTreeSet<SettlementId> =
            stand.filter(|id| !standing.contains(id) && !unsure.contains(id)).collect();
        failed.extend(untold.iter().map(|id| format!("{id} stands, and no hospital was told so")));
        Ok(failed)
    }
}

/// Whether a book has a settlement as the hospital was told.
fn is_so(lines: &[BookLine], settled: &Settled, stage: LineStage) -> bool {
    lines.iter().any(|line| {
        let same = (line.total, line.fund_total, line.person_total)
            == (settled.total, settled.fund_total, settled.person_total);
        Some(line.settlement) == settled.settlement && line.stage == stage && same
    })
}

/// Whose account.
type Account = (PersonNumber, InsuranceScheme);

/// Personal accounts hold what was registered, less what the settlements that stand took out of them.
async fn broken_accounts(nodes: &Nodes) -> Result<Vec<String>, Trouble> {
    let mut taken = BTreeMap::<Account, Fen>::new();
    for node in nodes.provinces.values() {
        let all = insured::all(&mut *node.context.store.conn().await?).await?;
        let standing = all.into_iter().filter(|one| one.stage == insured::Stage::Standing);
        for content in standing.filter_map(|one| one.content) {
            *taken.entry((content.person, content.scheme)).or_default() += content.amounts.account;
        }
    }
    let mut broken = Vec::new();
    for (area, registered) in people() {
        let Some(node) = nodes.provinces.get(&area.province()) else { continue };
        let mut conn = node.context.store.conn().await?;
        let found = person::find(&mut conn, area, &registered.number).await?;
        let now = found.map(|person| person.enrolments).unwrap_or_default();
        for (before, now) in registered.enrolments.iter().zip(&now) {
            let account = (registered.number.clone(), before.scheme);
            let left = before.balance - taken.remove(&account).unwrap_or_default();
            if now.balance != left {
                let (number, held) = (&registered.number, now.balance);
                broken.push(format!("参保人[{number}]个人账户余额{held}元，由有效结算重算{left}元"));
            }
        }
    }
    Ok(broken)
}

/// What was settled days ago has its details at the insured place, complete, and the same as were settled.
async fn unsent_details(nodes: &Nodes) -> Result<Vec<String>, Trouble> {
    use transmission::Stage::{Different, Due, UnderWay};
    let mut unsent = Vec::new();
    for (province, node) in &nodes.provinces {
        let mut conn = node.context.store.conn().await?;
        for stage in [Due, UnderWay, Different] {
            for one in transmission::list(&mut conn, *province, stage, None, 10).await? {
                let why = one.difference.unwrap_or_default();
                unsent.push(format!("结算[{}]的明细没有传输完成：{stage:?}{why}", one.settlement));
            }
        }
    }
    Ok(unsent)
}
