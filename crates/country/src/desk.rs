//! The clerks of a node's money: what they ask of it and have it do, over the management interface (`/api/v1/funds/…`).

use crate::world::{Trouble, World};
use node::api::client::{CallError, Client};
use serde::de::DeserializeOwned;
use serde_json::Value;
use terms::Participant;

/// The clerks of one node.
pub(crate) struct Desk(pub(crate) Client);

impl Desk {
    /// At a node of the world.
    pub(crate) fn of(world: &World, participant: Participant, token: &str, duty: &str) -> Self {
        let (node, name) = match participant {
            Participant::Hub => (world.hub_url(), "赵某甲"),
            Participant::Province(province) => (world.provinces[&province].url(), "李某乙"),
        };
        let (operator, duty) = (Some(name.to_owned()), Some(duty.to_owned()));
        Self(Client { node, token: token.to_owned(), operator, duty })
    }

    /// The same desk, at which somebody else sits, for another duty.
    pub(crate) fn acting_as(mut self, name: &str, duty: &str) -> Self {
        (self.0.operator, self.0.duty) = (Some(name.to_owned()), Some(duty.to_owned()));
        self
    }

    pub(crate) async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, Trouble> {
        said(path, self.0.get(&whole(path)).await)
    }

    /// Posts what has nothing to do with money, at its whole path.
    pub(crate) async fn enter<A: DeserializeOwned>(&self, path: &str, body: Value) -> Result<A, Trouble> {
        said(path, self.0.post(path, &body).await)
    }

    /// Reads what has nothing to do with money, at its whole path.
    pub(crate) async fn look<A: DeserializeOwned>(&self, path: &str) -> Result<A, Trouble> {
        said(path, self.0.get(path).await)
    }

    pub(crate) async fn post<A: DeserializeOwned>(&self, path: &str, body: Value) -> Result<A, Trouble> {
        said(path, self.0.post(&whole(path), &body).await)
    }

    pub(crate) async fn put<A: DeserializeOwned>(&self, path: &str, body: Value) -> Result<A, Trouble> {
        said(path, self.0.put(&whole(path), &body).await)
    }

    /// Posts what takes its time.
    pub(crate) async fn wait<A: DeserializeOwned>(&self, path: &str, body: Value) -> Result<A, Trouble> {
        said(path, self.0.post_and_wait(&whole(path), &body).await)
    }
}

fn whole(path: &str) -> String {
    format!("/api/v1/funds/{path}")
}

fn said<A>(path: &str, answer: Result<A, CallError>) -> Result<A, Trouble> {
    answer.map_err(|why| Trouble(format!("{path}：{why}")))
}
