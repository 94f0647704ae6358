//! What must hold in a world once the dust has settled, whatever happened in it: every settlement stands in all three books
//! with the same amounts or in none, and nobody gains or loses a fen. One within a province (省内异地) stands in both books of its
//! node, and the hub knows nothing of it.

use crate::{
    statement::BookPage,
    world::{Trouble, World},
};
use benefit::{Split, YearToDate};
use casework::settlement::Stage;
use funds::{Balance, BookLine, EntrySide, Side, Transfer, TrialBalance, compare, reconciliation::LineStage};
use node::{Hub, ProvinceNode};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Amounts, book, detail, hub, insured, outside_settlement, transmission, treatment, visit};
use terms::{Fen, InsuranceScheme, PersonNumber, Province, SettlementId};

/// The nodes that are looked at.
#[derive(Clone)]
pub struct Nodes {
    /// The hub.
    pub hub: Arc<Hub>,
    /// The provinces.
    pub provinces: BTreeMap<Province, Arc<ProvinceNode>>,
}

impl Nodes {
    /// Those of a world.
    pub fn of(world: &World) -> Self {
        let provinces = world.provinces.iter();
        let provinces = provinces.map(|(province, side)| (*province, Arc::clone(&side.node))).collect();
        Self { hub: Arc::clone(&world.hub), provinces }
    }

    /// How many questions wait in all outboxes, and undoings at outside core systems.
    pub async fn waiting(&self) -> Result<i64, Trouble> {
        let mut waiting = 0;
        for node in self.provinces.values() {
            let mut conn = node.context.store.conn().await?;
            waiting += store::outbox::count(&mut conn).await?;
            waiting += store::outside_settlement::count_undoing(&mut conn).await?;
        }
        Ok(waiting)
    }
}

/// The three books of a whole world.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// The treatment places'.
    pub treatment: Vec<BookLine>,
    /// The hub's.
    pub hub: Vec<BookLine>,
    /// The insured places'.
    pub insured: Vec<BookLine>,
    /// The settlements of people whose province treats them itself.
    pub within_provinces: BTreeSet<SettlementId>,
}

impl Books {
    /// Reads all books of a world.
    pub async fn read(world: &World) -> Result<Self, Trouble> {
        Self::read_at(&Nodes::of(world)).await
    }

    /// Reads all books of some nodes.
    pub async fn read_at(nodes: &Nodes) -> Result<Self, Trouble> {
        let mut books = Self::default();
        for (province, node) in &nodes.provinces {
            let mut conn = node.context.store.conn().await?;
            for one in treatment::all(&mut conn).await? {
                if one.insured.province() == *province {
                    books.within_provinces.insert(one.id);
                }
                let stage = match one.stage {
                    Stage::Settled => LineStage::Standing,
                    Stage::Undoing | Stage::Undone => LineStage::Undone,
                    Stage::Asked | Stage::Refused => continue,
                };
                books.treatment.push(line(one.id, stage, &one.amounts));
            }
            for one in insured::all(&mut conn).await? {
                if one.treatment == *province {
                    books.within_provinces.insert(one.id);
                }
                let stage = match one.stage {
                    insured::Stage::Standing => LineStage::Standing,
                    insured::Stage::Undone => LineStage::Undone,
                    insured::Stage::Refused => continue,
                };
                let amounts = one.content.map(|content| content.amounts).unwrap_or_default();
                books.insured.push(line(one.id, stage, &amounts));
            }
        }
        for one in hub::all(&mut *nodes.hub.context.store.conn().await?).await? {
            let stage = match one.stage {
                hub::Stage::Standing => LineStage::Standing,
                hub::Stage::Undone => LineStage::Undone,
            };
            let amounts = one.content.map(|content| content.amounts).unwrap_or_default();
            books.hub.push(line(one.id, stage, &amounts));
        }
        Ok(books)
    }

    /// The pages of one settlement, with its entries.
    pub async fn pages(
        &self,
        world: &World,
        id: SettlementId,
        insured: Province,
    ) -> Result<[BookPage; 3], Trouble> {
        let find = |lines: &[BookLine]| lines.iter().find(|line| line.settlement == id).cloned();
        let of_role = |transfers: Vec<Transfer>, role| -> Vec<Transfer> {
            transfers.into_iter().filter(|transfer| transfer.id.role == role).collect()
        };
        let at_treatment = transfers(world, Some(id.province()), id).await?;
        let at_hub = transfers(world, None, id).await?;
        let at_insured = transfers(world, Some(insured), id).await?;
        Ok([
            BookPage {
                side: Side::Treatment,
                line: find(&self.treatment),
                transfers: of_role(at_treatment, funds::Role::Treatment),
            },
            BookPage { side: Side::Hub, line: find(&self.hub), transfers: of_role(at_hub, funds::Role::Hub) },
            BookPage {
                side: Side::Insured,
                line: find(&self.insured),
                transfers: of_role(at_insured, funds::Role::Insured),
            },
        ])
    }
}

async fn transfers(world: &World, at: Option<Province>, id: SettlementId) -> Result<Vec<Transfer>, Trouble> {
    let store = match at {
        Some(province) => &world.province(province)?.node.context.store,
        None => &world.hub.context.store,
    };
    Ok(book::of_settlement(&mut *store.conn().await?, id).await?)
}

fn line(settlement: SettlementId, stage: LineStage, amounts: &Amounts) -> BookLine {
    BookLine {
        settlement,
        stage,
        total: amounts.total,
        fund_total: amounts.fund_total,
        person_total: amounts.person_total,
        account: amounts.account,
        funds: amounts.funds.clone(),
    }
}

/// Everything that does not hold, in Chinese sentences; empty if all is well.
pub async fn failures(world: &World) -> Result<Vec<String>, Trouble> {
    failures_at(&Nodes::of(world)).await
}

/// The same of some nodes.
pub async fn failures_at(nodes: &Nodes) -> Result<Vec<String>, Trouble> {
    let mut failures = Vec::new();
    let books = Books::read_at(nodes).await?;
    failures.extend(broken_books(&books));
    for line in books.treatment.iter().filter(|line| line.stage == LineStage::Standing) {
        failures.extend(broken_sums(line));
    }
    failures.extend(broken_bills(nodes).await?);
    failures.extend(broken_years(nodes).await?);
    failures.extend(broken_ledgers(nodes, &books).await?);
    failures.extend(broken_details(nodes).await?);
    failures.extend(broken_outside(nodes).await?);
    let waiting = nodes.waiting().await?;
    if waiting > 0 {
        failures.push(format!("待发队列中还有{waiting}条报文"));
    }
    Ok(failures)
}

/// All books say the same. Where only two are concerned, they are compared with each other, and the third must be silent.
fn broken_books(books: &Books) -> Vec<String> {
    let is_within = |line: &&BookLine| books.within_provinces.contains(&line.settlement);
    let mut hub = books.hub.clone();
    let mut broken: Vec<String> = hub
        .iter()
        .filter(is_within)
        .map(|line| format!("省内异地结算[{}]不应在国家平台账中", line.settlement))
        .collect();
    hub.extend(books.treatment.iter().filter(is_within).cloned());
    let differences = compare(&books.treatment, &hub, &books.insured);
    broken.extend(differences.iter().map(ToString::to_string));
    broken
}

/// What an outside core system settled stands here, what was refused or undone does not, and nothing is in between.
async fn broken_outside(nodes: &Nodes) -> Result<Vec<String>, Trouble> {
    let mut broken = Vec::new();
    for node in nodes.provinces.values() {
        let mut conn = node.context.store.conn().await?;
        let standing: BTreeSet<SettlementId> = insured::all(&mut conn)
            .await?
            .into_iter()
            .filter(|one| one.stage == insured::Stage::Standing)
            .map(|one| one.id)
            .collect();
        for one in outside_settlement::all(&mut conn).await? {
            let is_over =
                !matches!(one.stage, outside_settlement::Stage::Asked | outside_settlement::Stage::Undoing);
            let stands_there = one.stage == outside_settlement::Stage::Settled;
            if !is_over || stands_there != standing.contains(&one.id) {
                let (id, stage) = (one.id, one.stage);
                broken.push(format!("结算[{id}]在外部核心系统为{stage:?}，与参保地账不一致"));
            }
        }
    }
    Ok(broken)
}

fn broken_sums(line: &BookLine) -> Option<String> {
    let funds: Fen = line.funds.values().copied().sum();
    let holds = line.total == line.fund_total + line.person_total
        && funds == line.fund_total
        && line.account <= line.person_total
        && !line.account.is_negative();
    (!holds).then(|| format!("结算[{}]的总额、基金和个人负担不平", line.settlement))
}

/// The sums that are kept with a visit are those of its details.
async fn broken_bills(nodes: &Nodes) -> Result<Vec<String>, Trouble> {
    let mut broken = Vec::new();
    for node in nodes.provinces.values() {
        let wrong = visit::wrongly_summed(&mut *node.context.store.conn().await?).await?;
        broken.extend(wrong.iter().map(|visit| format!("就诊[{visit}]的大类费用与明细之和不一致")));
    }
    Ok(broken)
}

/// Where a transmission of details is complete and its settlement stands, both ends have the same number of lines and sums.
async fn broken_details(nodes: &Nodes) -> Result<Vec<String>, Trouble> {
    let (mut sent, mut received) = (BTreeMap::new(), BTreeMap::new());
    for node in nodes.provinces.values() {
        let mut conn = node.context.store.conn().await?;
        sent.extend(transmission::sent(&mut conn).await?);
        received.extend(detail::received(&mut conn).await?);
    }
    let differs = |(id, sums): (SettlementId, (i64, Split))| {
        (received.get(&id) != Some(&sums)).then(|| format!("结算[{id}]的明细在两端不一致"))
    };
    Ok(sent.into_iter().filter_map(differs).collect())
}

/// Whose year.
type YearOf = (PersonNumber, InsuranceScheme, i16);

async fn broken_years(nodes: &Nodes) -> Result<Vec<String>, Trouble> {
    let mut broken = Vec::new();
    for (province, node) in &nodes.provinces {
        let mut conn = node.context.store.conn().await?;
        let mut expected = BTreeMap::<YearOf, YearToDate>::new();
        let standing =
            insured::all(&mut conn).await?.into_iter().filter(|one| one.stage == insured::Stage::Standing);
        for content in standing.filter_map(|one| one.content) {
            let earlier = content.earlier.map(|earlier| (earlier.year, earlier.contribution));
            for (year, contribution) in earlier.into_iter().chain([(content.year, content.contribution)]) {
                let sums = expected.entry((content.person.clone(), content.scheme, year)).or_default();
                *sums = sums.plus(&contribution);
            }
        }
        for (person, scheme, year, sums) in insured::all_years(&mut conn).await? {
            if sums != expected.remove(&(person, scheme, year)).unwrap_or_default() {
                broken.push(format!("[{province}]有人员{year}年{scheme}累计与有效结算之和不一致"));
            }
        }
        let missing = expected.values().filter(|sums| **sums != YearToDate::default()).count();
        if missing > 0 {
            broken.push(format!("[{province}]有{missing}人缺少年度累计"));
        }
    }
    Ok(broken)
}

/// Every book balances, and what its accounts hold on the side of claims is what the standing settlements say.
async fn broken_ledgers(nodes: &Nodes, books: &Books) -> Result<Vec<String>, Trouble> {
    let mut broken = Vec::new();
    let provinces = nodes.provinces.iter().map(|(province, node)| (Some(*province), &node.context.store));
    for (province, store) in provinces.chain([(None, &nodes.hub.context.store)]) {
        let balances = book::balances(&mut *store.conn().await?).await?;
        let name = province.map_or_else(|| "国家平台".to_owned(), |province| province.to_string());
        if !TrialBalance::of(&balances).is_balanced() {
            broken.push(format!("[{name}]试算不平"));
        }
        for role in [funds::Role::Treatment, funds::Role::Hub, funds::Role::Insured] {
            let on_debit = |(account, balance): (&funds::Account, &Balance)| {
                let counts =
                    account.kind().role() == role && account.kind().normal_side() == EntrySide::Debit;
                counts.then(|| balance.on(EntrySide::Debit))
            };
            let booked: Fen = balances.iter().filter_map(on_debit).sum();
            let expected = expected_claims(books, role, province);
            if let Some(expected) = expected.filter(|expected| *expected != booked) {
                broken
                    .push(format!("[{name}]账面{booked}元与有效结算的基金和个人账户支付{expected}元不一致"));
            }
        }
    }
    Ok(broken)
}

/// What funds and personal accounts pay of the standing settlements that a role of a node has; `None` where they are not told apart by province.
fn expected_claims(books: &Books, role: funds::Role, province: Option<Province>) -> Option<Fen> {
    let sum = |lines: &[BookLine], counts: &dyn Fn(&BookLine) -> bool| {
        lines
            .iter()
            .filter(|line| line.stage == LineStage::Standing && counts(line))
            .map(|line| line.fund_total + line.account)
            .sum()
    };
    match (role, province) {
        (funds::Role::Treatment, Some(province)) => {
            Some(sum(&books.treatment, &|line| line.settlement.province() == province))
        }
        (funds::Role::Hub, None) => Some(sum(&books.hub, &|_| true)),
        _ => None,
    }
}
