//! The night after: the nodes over their own databases and keys under a clock of the coming night, so that the daily reconciliation
//! comes at once and not hours later.
//!
//! Whoever ran the nodes before has stopped them. Questions to provinces come over the same lines as before.

use super::{Cable, Target};
use crate::{
    checks::Nodes,
    clock::TravelClock,
    world::{Rulebook, Trouble},
};
use casework::difference::Stage;
use node::{
    Context, Hub, KnownEnds, ProvinceNode, ProvinceSettings, RandomIds, Running, SystemClock,
    UnconfirmedValues, serve,
};
use sign::sm2::PrivateKey;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use store::{
    Store,
    difference::{self, Difference, Wanted},
};
use terms::{Clock, Participant, Province, SettlementId};
use tokio::net::TcpListener;

/// A node's database and key.
pub struct Side<'a> {
    /// Its database, opened.
    pub store: Store,
    /// Its key.
    pub key: PrivateKey,
    /// The line over which others reach it; the hub is reached directly.
    pub line: Option<&'a Cable>,
}

/// The nodes at night.
pub struct Night {
    /// The nodes.
    pub nodes: Nodes,
    clock: Arc<TravelClock>,
    running: Vec<Running>,
}

/// What the reconciliation came to.
#[derive(Clone, Debug, Default)]
pub struct Reconciled {
    /// How many settlements differed and no longer do.
    pub mended: usize,
    /// The settlements on which books differ still: cases for people.
    pub cases: BTreeSet<SettlementId>,
    /// The differences that are left for people, in Chinese.
    pub left: Vec<String>,
}

/// The most differences of a node that are looked at.
const FOUND_MOST: i64 = 10_000;
/// How often the night's work is tried while one of the others does not answer.
const TRIES: usize = 20;
/// How many times half an hour passes after the night has begun: what was mended by one look is agreed at a later one.
const LOOKS: usize = 4;
/// More than half an hour, in seconds.
const HALF_AN_HOUR: u32 = 1_900;
/// How long outboxes may take to become empty at night.
const PATIENCE: Duration = Duration::from_mins(1);

impl Night {
    /// Starts the nodes at two o'clock of the coming night.
    pub async fn begin(
        hub: Side<'_>,
        provinces: BTreeMap<Province, Side<'_>>,
        rules: &Rulebook,
    ) -> Result<Self, Trouble> {
        let clock = Arc::new(TravelClock::days_behind(Arc::new(SystemClock), 0));
        let now = clock.now();
        let begins = now.day().plus_days(1).start().plus_millis(2 * 3_600_000);
        let seconds = u32::try_from((begins.millis() - now.millis()) / 1_000)
            .expect("a night comes within a day or so");
        clock.pass_seconds(seconds);
        let context = |me, store, key| {
            let clock: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
            Context { me, store, clock, ids: Arc::new(RandomIds), key, ends: KnownEnds::default() }
        };
        let hub_key = hub.key.public();
        let hub = Hub::new(context(Participant::Hub, hub.store, hub.key)).with_timetable(None);
        let hub = Arc::new(hub);
        let hub_running = serve::hub(Arc::clone(&hub), TcpListener::bind(("127.0.0.1", 0)).await?)?;
        let (mut nodes, mut running) = (BTreeMap::new(), Vec::new());
        for (province, side) in provinces {
            let (library, catalog) = (Arc::clone(&rules.library), rules.catalog(province));
            let mut settings = ProvinceSettings::new(hub_running.url(), hub_key.clone(), library, catalog);
            settings.unconfirmed_values = UnconfirmedValues::Compute;
            settings.details_every = None;
            settings.timetable_every = None;
            let context = context(Participant::Province(province), side.store, side.key);
            let node = Arc::new(ProvinceNode::new(context, province, settings));
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let address = listener.local_addr()?;
            if let Some(line) = side.line {
                line.lead_to(Target::Tcp(address));
                // Who was there before is gone.
                line.sever();
            }
            running.push(serve::province(Arc::clone(&node), listener)?);
            nodes.insert(province, node);
        }
        running.push(hub_running);
        Ok(Self { nodes: Nodes { hub, provinces: nodes }, clock, running })
    }

    /// The night's reconciliation, and what follows by day until nothing more can be mended.
    pub async fn reconcile(&self) -> Result<Reconciled, Trouble> {
        for look in 0..LOOKS {
            if look > 0 {
                self.clock.pass_seconds(HALF_AN_HOUR);
            }
            for node in self.nodes.provinces.values() {
                self.keep(node).await?;
            }
            self.until_quiet().await?;
        }
        let today = self.clock.now().day();
        let mut found = Vec::new();
        let stores = self.nodes.provinces.values().map(|node| &node.context.store);
        for store in stores.chain([&self.nodes.hub.context.store]) {
            let wanted = Wanted { stages: &Stage::ALL, first: today.plus_days(-2), last: today, after: None };
            found.extend(difference::list(&mut *store.conn().await?, wanted, FOUND_MOST).await?);
        }
        let (open, mended): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.matter.stage.is_open());
        let cases: BTreeSet<SettlementId> = open.iter().map(|one| one.settlement).collect();
        let mended: BTreeSet<SettlementId> = mended.into_iter().map(|one| one.settlement).collect();
        Ok(Reconciled { mended: mended.difference(&cases).count(), cases, left: told(open) })
    }

    async fn keep(&self, node: &ProvinceNode) -> Result<(), Trouble> {
        let mut tries = 0;
        loop {
            match node.keep_reconciliation().await {
                Ok(()) => return Ok(()),
                Err(refusal) if tries == TRIES => return Err(refusal.into()),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Until no question waits anywhere.
    async fn until_quiet(&self) -> Result<(), Trouble> {
        let began = std::time::Instant::now();
        while self.nodes.waiting().await? > 0 {
            if began.elapsed() > PATIENCE {
                return Err(Trouble("对账重发后待发队列一直不空".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Stops the nodes.
    pub async fn end(self) {
        for running in self.running {
            running.stop().await;
        }
        for node in self.nodes.provinces.values() {
            node.context.store.close().await;
        }
        self.nodes.hub.context.store.close().await;
    }
}

/// One sentence a settlement.
fn told(left: Vec<Difference>) -> Vec<String> {
    let mut seen = BTreeSet::<SettlementId>::new();
    let new = left.into_iter().filter(|one| seen.insert(one.settlement));
    let told = |one: Difference| {
        let last = one.matter.notes.last().map(|note| note.text.clone()).unwrap_or_default();
        format!("对账后结算[{}]仍有差异：{last}", one.settlement)
    };
    new.map(told).collect()
}
