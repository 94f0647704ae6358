//! The proof (资金核验): everything that the books say is recomputed from what it is made of, on views of the database of one moment;
//! either all agree, or the first difference is named.
//!
//! | file | what is recomputed |
//! |---|---|
//! | here | accounts of the general ledger from their legs, summary vouchers from the journal |
//! | `settlement` | entries of the journal from the settlements, their amounts from the breakdowns, lines of cleared months from both |
//! | `benefit` | sums of people's years from the settlements, settlements from their claims |
//! | `clearing` | at the hub: adopted plans, carried lines, deductions |
//! | `notice` | notices from plans and prepayments, prepayments from their bases, memoranda from reports, orders from notices |
//! | `payment_order` | vouchers and accounts from orders |
//! | `bank` | what orders have moved from the entries of statements, each used once |
//! | `clearing_statement` | at a province: statements, deductions, pooling areas |
//! | `institution_payment` | payments of institutions, and their vouchers |
//!
//! To add a check: a function of the same form in the file of its noun, and a line in [`of_the_verticals`].

mod bank;
mod benefit;
mod clearing;
mod clearing_statement;
mod institution_payment;
mod notice;
mod payment_order;
mod settlement;
mod voucher;

use self::benefit::People;
use self::settlement::Books;
use crate::{
    context::{Failure, Outcome},
    hub::Hub,
    job::Progress,
    ledger::KeepsBooks,
    province::ProvinceNode,
};
use funds::{Account, ledger::Sums};
use std::{collections::BTreeMap, num::NonZero, sync::Arc, thread::available_parallelism};
use store::{Conn, ledger::proof};
use terms::{Day, Fen, Participant, Refusal};
use tokio::task::JoinSet;

/// How many connections read side by side, at most: others need some too.
const READERS_MAX: usize = 4;

/// What one kind of check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was recomputed, in Chinese.
    pub name: &'static str,
    /// How many figures.
    pub checked: u64,
    /// The first that does not agree.
    pub difference: Option<String>,
    /// What else people should know.
    pub note: Option<String>,
}

impl Finding {
    /// Of a check that found nothing yet.
    pub const fn new(name: &'static str) -> Self {
        Self { name, checked: 0, difference: None, note: None }
    }

    /// One more figure; what is said is kept if it is the first that does not agree.
    pub fn hold(&mut self, agrees: bool, say: impl FnOnce() -> String) {
        self.checked += 1;
        if !agrees && self.difference.is_none() {
            self.difference = Some(say());
        }
    }

    fn join(&mut self, other: Self) {
        self.checked += other.checked;
        self.difference = self.difference.take().or(other.difference);
    }
}

/// Recomputes all books of the node as they are now, on views of the same moment: settlements and people side by side, as many
/// readers as there are processors, and everything else meanwhile.
pub async fn prove(node: &impl KeepsBooks, progress: &Progress) -> Outcome<Vec<Finding>> {
    progress.begin((1, 2), "读取总账");
    let context = node.context();
    let me = context.me;
    let readers = available_parallelism().map_or(1, NonZero::get).min(READERS_MAX);
    let mut views = context.store.snapshots(readers + 1).await?;
    let mut alone = views.pop().expect("one more than readers");
    let conn = alone.conn();
    let books = Arc::new(Books::of(conn, me, readers).await?);
    let people = Arc::new(People::of(node.engine()));
    progress.begin((2, 2), "逐笔重算");
    progress.of_about(proof::about(conn).await?);
    let mut reading = JoinSet::new();
    for mut view in views {
        let (books, people, progress) = (Arc::clone(&books), Arc::clone(&people), progress.clone());
        reading.spawn(async move {
            books.read(&mut view, &progress).await?;
            people.read(&mut view, &progress).await
        });
    }
    let mut findings = of_the_ledger(conn, me, context.now().day()).await?;
    findings.extend(of_the_verticals(conn, me).await?);
    while let Some(done) = reading.join_next().await {
        done.expect("no reader panics")?;
    }
    findings.extend(books.findings(conn).await?);
    findings.extend(people.findings(conn).await?);
    Ok(findings)
}

impl ProvinceNode {
    /// What a proof of the node's books finds wrong, in Chinese sentences.
    pub async fn disproved(&self) -> Result<Vec<String>, Refusal> {
        disproved(self).await
    }
}

impl ProvinceNode {
    /// What a proof of the node's books can say of benefits only with a reservation, in Chinese: settlements that come out otherwise
    /// when they are computed again today.
    pub async fn otherwise(&self) -> Result<Vec<String>, Refusal> {
        let findings = prove(self, &Progress::default()).await.map_err(Failure::refusal)?;
        let of_benefits = findings.into_iter().filter(|finding| finding.name.starts_with("待遇"));
        Ok(of_benefits.filter_map(|finding| finding.note).collect())
    }
}

impl Hub {
    /// What a proof of the hub's books finds wrong, in Chinese sentences.
    pub async fn disproved(&self) -> Result<Vec<String>, Refusal> {
        disproved(self).await
    }
}

async fn disproved(node: &impl KeepsBooks) -> Result<Vec<String>, Refusal> {
    let findings = prove(node, &Progress::default()).await.map_err(Failure::refusal)?;
    let wrong = findings
        .into_iter()
        .filter_map(|finding| finding.difference.map(|difference| format!("{}：{difference}", finding.name)));
    Ok(wrong.collect())
}

/// Checks of other business on the same view.
async fn of_the_verticals(conn: &mut Conn, me: Participant) -> Outcome<Vec<Finding>> {
    let mut findings = payment_order::prove(conn, me).await?;
    findings.extend(notice::prove(conn, me).await?);
    match me {
        Participant::Hub => findings.extend(clearing::prove(conn).await?),
        Participant::Province(own) => {
            findings.push(bank::prove(conn, own).await?);
            findings.extend(clearing_statement::prove(conn, own).await?);
            findings.extend(institution_payment::prove(conn, own).await?);
        }
    }
    Ok(findings)
}

async fn of_the_ledger(conn: &mut Conn, me: Participant, today: Day) -> Outcome<Vec<Finding>> {
    let accounts = proof::recomputed(conn, me).await?;
    Ok(vec![of_accounts(&accounts), of_ledgers(&accounts), of_summaries(conn, me, today).await?])
}

fn of_accounts(accounts: &BTreeMap<Account, (Sums, Sums)>) -> Finding {
    let mut finding = Finding::new("总账科目余额（由分录重算）");
    for (account, (kept, summed)) in accounts {
        finding.hold(kept == summed, || format!("科目[{account}]登记为{kept:?}，由分录重算为{summed:?}"));
        let within = kept.within(account.kind().limit());
        finding.hold(within, || format!("科目[{account}]余额超出限制：{kept:?}"));
    }
    finding
}

/// In every ledger all that is debited is all that is credited, posted and set aside.
fn of_ledgers(accounts: &BTreeMap<Account, (Sums, Sums)>) -> Finding {
    let mut ledgers = BTreeMap::<_, [Fen; 4]>::new();
    for (account, (kept, _)) in accounts {
        let all = [kept.debits_posted, kept.credits_posted, kept.debits_pending, kept.credits_pending];
        let sums = ledgers.entry(account.ledger()).or_default();
        for (sum, amount) in sums.iter_mut().zip(all) {
            *sum += amount;
        }
    }
    let mut finding = Finding::new("总账试算平衡（按角色、险种、资金）");
    for ((role, scheme, purse), [debits, credits, debits_pending, credits_pending]) in ledgers {
        finding.hold(debits == credits && debits_pending == credits_pending, || {
            let (role, scheme, purse) = (role.name(), scheme.chinese(), purse.chinese());
            format!("{role}{scheme}{purse}：借{debits}贷{credits}，在途借{debits_pending}贷{credits_pending}")
        });
    }
    finding
}

/// What entered the ledger of a day is in the journal; what is late is told, and enters at the next search.
async fn of_summaries(conn: &mut Conn, me: Participant, today: Day) -> Outcome<Finding> {
    let mut finding = Finding::new("结算汇总凭证（由明细账重算）");
    let mut late = 0_usize;
    for day in proof::days_entered(conn, me).await? {
        let (journal, entered) = proof::flows_of(conn, me, day).await?;
        for (key, held) in &entered {
            let moved = journal.get(key).copied().unwrap_or_default();
            finding.hold(*held <= moved, || {
                format!("{day}借[{}]贷[{}]：明细账{moved}，总账{held}", key.0, key.1)
            });
        }
        let is_late = |(key, moved): &(&(Account, Account), &Fen)| entered.get(key) != Some(moved);
        late += journal.iter().filter(is_late).count();
    }
    let outside = proof::entries_outside(conn, me, today).await?;
    if late > 0 || outside > 0 {
        finding.note =
            Some(format!("另有{late}组迟到发生额和{outside}笔未汇总分录，将在下一次汇总时进入总账"));
    }
    Ok(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_kept() {
        let mut finding = Finding::new("x");
        for (agrees, said) in [(true, "a"), (false, "b"), (false, "c")] {
            finding.hold(agrees, || said.to_owned());
        }
        assert_eq!((finding.checked, finding.difference.as_deref()), (3, Some("b")));
    }
}
