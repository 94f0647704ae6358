//! Trouble in a node's database, at one point of many, for stories that look at what is left of it: another instance of a node, on the same
//! database, whose units of work are not saved, or saved and not heard of, or whose process dies there.

use country::World;
use node::{Context, Hub, ProvinceNode, Running, serve};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use store::{
    Store,
    fault::{Faults, Met, Point},
};
use terms::Province;
use tokio::{net::TcpListener, sync::watch};

/// How a store treats what is done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The process dies before something is saved …
    DiesBefore,
    /// … or after.
    DiesAfter,
    /// It is not saved, and whoever saves it hears so.
    Fails,
    /// It is saved, and whoever saves it hears that it is not.
    FailsAfter,
    /// Nothing can be read …
    CannotRead,
    /// … or no unit of work begun, until the trouble is over.
    CannotBegin,
}

/// Trouble, once somebody says so.
#[derive(Debug)]
pub(crate) struct Trouble {
    fate: Mutex<Fate>,
    /// So many are still done without; below nothing there is none.
    left: AtomicI64,
    met: watch::Sender<bool>,
    /// Whether the process that was to die is dead.
    gone: watch::Sender<bool>,
}

impl Trouble {
    pub fn none() -> Arc<Self> {
        let ((met, _), (gone, _)) = (watch::channel(false), watch::channel(false));
        Arc::new(Self { fate: Mutex::new(Fate::Fails), left: AtomicI64::new(-1), met, gone })
    }

    /// From now on so many are saved, and the next has this fate.
    pub fn after(&self, saved: i64, fate: Fate) {
        *self.fate.lock().unwrap() = fate;
        self.met.send_replace(false);
        self.left.store(saved, Ordering::SeqCst);
    }

    /// Waits until somebody has met it.
    pub async fn met(&self) {
        let mut met = self.met.subscribe();
        let met = tokio::time::timeout(Duration::from_secs(20), met.wait_for(|met| *met)).await;
        met.expect("it was to meet trouble").unwrap();
    }

    pub fn is_over(&self) {
        self.left.store(-1, Ordering::SeqCst);
    }

    /// Ends an instance that has met it as a dead process ends: what it holds in the database is let go, and nothing more is done by it.
    pub fn ends(&self, instance: Running) {
        instance.kill();
        self.gone.send_replace(true);
    }
}

impl Faults for Trouble {
    fn at(&self, point: Point) -> Met<'_> {
        if *self.gone.borrow() {
            return Box::pin(async { Err("the process is gone".to_owned()) });
        }
        let fate = *self.fate.lock().unwrap();
        let (here, lasts) = match fate {
            Fate::DiesBefore | Fate::Fails => (Point::Save, false),
            Fate::DiesAfter | Fate::FailsAfter => (Point::Saved, false),
            Fate::CannotRead => (Point::Read, true),
            Fate::CannotBegin => (Point::Begin, true),
        };
        let is_it = point == here
            && if lasts {
                self.left.load(Ordering::SeqCst) >= 0
            } else {
                self.left.fetch_sub(1, Ordering::SeqCst) == 0
            };
        Box::pin(async move {
            if !is_it {
                return Ok(());
            }
            self.met.send_replace(true);
            match fate {
                Fate::DiesBefore | Fate::DiesAfter => {
                    let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
                    Err("the process is gone".to_owned())
                }
                Fate::Fails | Fate::FailsAfter | Fate::CannotRead | Fate::CannotBegin => {
                    Err("the disk is full".to_owned())
                }
            }
        })
    }
}

async fn opened_again(store: &Store, trouble: &Arc<Trouble>) -> Store {
    let faults = Arc::clone(trouble) as Arc<dyn Faults>;
    store.opened_again(6).await.unwrap().with_faults(faults)
}

async fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}

/// Another instance of a province's node, with trouble to come.
pub(crate) async fn another_province(world: &World, province: Province, trouble: &Arc<Trouble>) -> Running {
    let first = &world.province(province).unwrap().node;
    let store = opened_again(&first.context.store, trouble).await;
    let node =
        ProvinceNode::new(Context { store, ..first.context.clone() }, province, first.settings.clone());
    serve::province(Arc::new(node), listener().await).unwrap()
}

/// Another instance of the hub, with trouble to come.
pub(crate) async fn another_hub(world: &World, trouble: &Arc<Trouble>) -> Running {
    let first = &world.hub;
    let store = opened_again(&first.context.store, trouble).await;
    let hub = Hub::new(Context { store, ..first.context.clone() })
        .with_timetable(None)
        .with_management_token(Some("令牌".to_owned()));
    serve::hub(Arc::new(hub), listener().await).unwrap()
}
