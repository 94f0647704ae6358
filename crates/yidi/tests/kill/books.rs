//! The books of three running nodes, read out of their databases, and what must hold in them once the dust has settled.

use benefit::YearToDate;
use casework::settlement::Stage;
use std::collections::{BTreeMap, BTreeSet};
use store::{Amounts, Store, book, hub, insured, outbox, treatment};
use terms::{Fen, SettlementId};

/// One node's settlements.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Those that stand, with their amounts.
    pub standing: BTreeMap<SettlementId, Amounts>,
    /// Those that were undone.
    pub undone: BTreeSet<SettlementId>,
    /// Those of which the node does not know the end.
    pub open: BTreeSet<SettlementId>,
    /// What the book's accounts hold as claims.
    pub booked: Fen,
}

/// All of it.
#[derive(Debug)]
pub struct Books {
    /// Treatment place, hub, insured place.
    pub three: [Book; 3],
    /// The sums of all persons' years, as they are kept, and as the standing settlements say.
    pub years: [YearToDate; 2],
    /// Questions that wait in all outboxes.
    pub waiting: i64,
}

impl Books {
    /// Reads the three databases.
    pub async fn read(treatment: &Store, hub: &Store, insured: &Store) -> store::Result<Self> {
        let years = [kept_years(insured).await?, standing_years(insured).await?];
        let waiting = outbox::count(&mut *treatment.conn().await?).await?;
        let waiting = waiting + outbox::count(&mut *insured.conn().await?).await?;
        let three = [at_treatment(treatment).await?, at_hub(hub).await?, at_insured(insured).await?];
        Ok(Self { three, years, waiting })
    }

    /// What does not hold; nothing, if all is well.
    pub fn failures(&self) -> Vec<String> {
        let [treatment, hub, insured] = &self.three;
        let funds: Fen =
            treatment.standing.values().map(|amounts| amounts.fund_total + amounts.account).sum();
        let rules = [
            ("treatment place and hub have the same settlements", treatment.standing == hub.standing),
            ("treatment and insured place have the same settlements", treatment.standing == insured.standing),
            (
                "all three have undone the same",
                treatment.undone == hub.undone && hub.undone == insured.undone,
            ),
            ("nothing is open", self.three.iter().all(|book| book.open.is_empty())),
            ("every book holds what stands", self.three.iter().all(|book| book.booked == funds)),
            ("the years are the sums of what stands", self.years[0] == self.years[1]),
            ("nothing waits in an outbox", self.waiting == 0),
        ];
        rules.into_iter().filter(|(_, holds)| !holds).map(|(rule, _)| rule.to_owned()).collect()
    }

    /// How many settlements stand.
    pub fn standing(&self) -> usize {
        self.three[0].standing.len()
    }
}

async fn at_treatment(store: &Store) -> store::Result<Book> {
    let mut book = Book { booked: booked(store).await?, ..Book::default() };
    for one in treatment::all(&mut *store.conn().await?).await? {
        match one.stage {
            Stage::Settled => drop(book.standing.insert(one.id, one.amounts)),
            Stage::Undone => drop(book.undone.insert(one.id)),
            Stage::Asked | Stage::Undoing => drop(book.open.insert(one.id)),
            Stage::Refused => {}
        }
    }
    Ok(book)
}

async fn at_hub(store: &Store) -> store::Result<Book> {
    let mut book = Book { booked: booked(store).await?, ..Book::default() };
    for one in hub::all(&mut *store.conn().await?).await? {
        match one.stage {
            hub::Stage::Standing => {
                let content = one.content.expect("what stands has amounts");
                book.standing.insert(one.id, content.amounts);
            }
            hub::Stage::Undone => drop(book.undone.insert(one.id)),
        }
    }
    Ok(book)
}

async fn at_insured(store: &Store) -> store::Result<Book> {
    let mut book = Book { booked: booked(store).await?, ..Book::default() };
    for one in insured::all(&mut *store.conn().await?).await? {
        match one.stage {
            insured::Stage::Standing => {
                let content = one.content.expect("what stands has amounts");
                book.standing.insert(one.id, content.amounts);
            }
            insured::Stage::Undone => drop(book.undone.insert(one.id)),
            insured::Stage::Refused => {}
        }
    }
    Ok(book)
}

/// What stands on the debit side of a book's accounts, which is what stands on the credit side.
async fn booked(store: &Store) -> store::Result<Fen> {
    let balances = book::balances(&mut *store.conn().await?).await?;
    let net: Vec<Fen> = balances.values().map(|balance| balance.debits - balance.credits).collect();
    assert_eq!(net.iter().copied().sum::<Fen>(), Fen::ZERO, "the book balances");
    Ok(net.into_iter().filter(|net| *net > Fen::ZERO).sum())
}

async fn kept_years(store: &Store) -> store::Result<YearToDate> {
    let years = insured::all_years(&mut *store.conn().await?).await?;
    Ok(years.iter().fold(YearToDate::default(), |sum, (_, _, _, year)| sum.plus(year)))
}

async fn standing_years(store: &Store) -> store::Result<YearToDate> {
    let all = insured::all(&mut *store.conn().await?).await?;
    let standing = all.into_iter().filter(|one| one.stage == insured::Stage::Standing);
    let contents = standing.filter_map(|one| one.content);
    let added = |sum: YearToDate, content: insured::Content| {
        let earlier = content.earlier.map(|earlier| earlier.contribution).unwrap_or_default();
        sum.plus(&content.contribution).plus(&earlier)
    };
    Ok(contents.fold(YearToDate::default(), added))
}
