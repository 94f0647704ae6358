//! Whoever asks without saying who he is: the public at the portal. An address has so many requests a minute and no more, and all
//! addresses together have few at work at once, so that nobody who asks here takes from those who settle.

use crate::{
    access::{Managed, Peer},
    api::Answer,
};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use terms::Refusal;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// How much the public may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicLimits {
    /// So many requests at once of one address …
    pub burst: u32,
    /// … and after them one in so long.
    pub every: Duration,
    /// So many at work at once, of all addresses together.
    pub at_work: usize,
}

impl Default for PublicLimits {
    fn default() -> Self {
        // A page asks a handful of things when it is opened, and many people share an office's address.
        Self { burst: 60, every: Duration::from_millis(500), at_work: 16 }
    }
}

/// How many addresses are remembered; beyond that those that have all their requests left are forgotten.
const ADDRESSES_MAX: usize = 50_000;
/// How long one waits for a place.
const PATIENCE: Duration = Duration::from_secs(5);

/// The door for the public.
pub struct PublicDoor {
    limits: PublicLimits,
    /// What each address has left, and since when.
    addresses: Mutex<HashMap<IpAddr, Allowance>>,
    at_work: Arc<Semaphore>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allowance {
    left: u32,
    since: Instant,
}

impl PublicDoor {
    /// A door with these limits.
    pub fn new(limits: PublicLimits) -> Self {
        let at_work = Arc::new(Semaphore::new(limits.at_work.max(1)));
        Self { limits, addresses: Mutex::default(), at_work }
    }

    /// Takes one request off what an address has left; in how long it has one again, if it has none.
    fn take(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut addresses = self.addresses.lock().expect("nobody panics holding it");
        if addresses.len() >= ADDRESSES_MAX {
            addresses.retain(|_, one| self.renewed(*one, now).left < self.limits.burst);
        }
        // Those that are all busy at once stand for one another: nobody is let in beyond what is remembered.
        let is_full = addresses.len() >= ADDRESSES_MAX && !addresses.contains_key(&address);
        let key = if is_full { IpAddr::from([0, 0, 0, 0]) } else { address };
        let fresh = Allowance { left: self.limits.burst, since: now };
        let mut allowance = self.renewed(addresses.get(&key).copied().unwrap_or(fresh), now);
        let taken = allowance.left.checked_sub(1);
        allowance.left = taken.unwrap_or(0);
        addresses.insert(key, allowance);
        match taken {
            Some(_) => Ok(()),
            None => Err(self.limits.every.saturating_sub(now.saturating_duration_since(allowance.since))),
        }
    }

    /// With what has come back meanwhile.
    fn renewed(&self, allowance: Allowance, now: Instant) -> Allowance {
        let every = self.limits.every.max(Duration::from_millis(1));
        let passed = now.saturating_duration_since(allowance.since).as_millis() / every.as_millis();
        let back = u32::try_from(passed).unwrap_or(u32::MAX);
        let left = allowance.left.saturating_add(back).min(self.limits.burst);
        if left == self.limits.burst {
            return Allowance { left, since: now };
        }
        Allowance { left, since: allowance.since + every * back }
    }

    async fn enter(&self, address: IpAddr) -> Result<OwnedSemaphorePermit, Refusal> {
        self.take(address, Instant::now()).map_err(|wait| {
            let seconds = wait.as_secs().max(1).to_string();
            Refusal::TooManyRequests { seconds }
        })?;
        let place = tokio::time::timeout(PATIENCE, Arc::clone(&self.at_work).acquire_owned()).await;
        let overloaded = || Refusal::NodeOverloaded { seconds: PATIENCE.as_secs().to_string() };
        place.map_err(|_| overloaded())?.map_err(|_| overloaded())
    }
}

/// A node with a door for the public.
pub(crate) trait Public: Managed {
    /// The door.
    fn door(&self) -> &PublicDoor;
}

/// Somebody of the public, for as long as he is answered. An endpoint that anybody may ask takes one.
pub(crate) struct Caller {
    /// Given back when the answer is made.
    _place: OwnedSemaphorePermit,
}

impl<N: Public> FromRequestParts<Arc<N>> for Caller {
    type Rejection = Answer;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<N>) -> Result<Self, Answer> {
        // What is handed in without a listener has no address: one stands for all of it.
        let address = parts.extensions.get::<Peer>().map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0.ip());
        Ok(Self { _place: node.door().enter(address).await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_and_others_have_theirs() {
        let limits = PublicLimits { burst: 3, every: Duration::from_secs(1), at_work: 100 };
        let door = PublicDoor::new(limits);
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let now = Instant::now();
        for _ in 0..3 {
            door.take(one, now).unwrap();
        }
        assert_eq!(door.take(one, now), Err(Duration::from_secs(1)), "in how long there is one again");
        door.take(other, now).unwrap();
        let later = now + Duration::from_millis(2_500);
        for _ in 0..2 {
            door.take(one, later).unwrap();
        }
        assert_eq!(door.take(one, later), Err(Duration::from_millis(500)));
    }

    #[tokio::test]
    async fn few_are_at_work_at_once() {
        let limits = PublicLimits { burst: 100, every: Duration::from_secs(1), at_work: 1 };
        let door = PublicDoor::new(limits);
        let address = IpAddr::from([10, 0, 0, 1]);
        let held = door.enter(address).await.unwrap();
        let waits = tokio::time::timeout(Duration::from_millis(50), door.enter(address)).await;
        assert!(waits.is_err(), "the place is taken");
        drop(held);
        drop(door.enter(address).await.unwrap());
    }

    #[test]
    fn addresses_that_ask_nothing_are_forgotten() {
        let limits = PublicLimits { burst: 2, every: Duration::from_millis(10), at_work: 1 };
        let door = PublicDoor::new(limits);
        let now = Instant::now();
        for number in 0..u32::try_from(ADDRESSES_MAX).unwrap() {
            door.take(IpAddr::from(number.to_be_bytes()), now).unwrap();
        }
        door.take(IpAddr::from([200, 0, 0, 1]), now + Duration::from_secs(1)).unwrap();
        assert_eq!(door.addresses.lock().unwrap().len(), 1);
    }
}
