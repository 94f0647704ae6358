//! The clerks of a participant, who work through the management interface, and what a hospital does of a month.

use crate::{
    desk::{Counter, DAY},
    play::{beijing, plain_model},
};
use country::{
    bills::{self, Order},
    hospital::{Patient, Settled, Stay},
    people,
};
use node::api::client::{CallError, Client};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use terms::{Clock, Fen, FilingCategory, InsuranceScheme, MemberStatus, Month, Participant};
use wire::api::{Taken, ledger::AccountLedger, work::WorkList};

/// The employees' pool.
pub const POOL: &str = "310100";

/// The clerks of one participant.
pub struct Desk(pub Client);

impl Desk {
    pub fn of(counter: &Counter, participant: Participant) -> Self {
        let node = match participant {
            Participant::Hub => counter.play.world.hub_url(),
            Participant::Province(province) => counter.play.world.province(province).unwrap().url(),
        };
        Self(Client { node, token: "令牌".to_owned(), operator: Some("王某甲".to_owned()), duty: None })
    }

    pub async fn get<A: DeserializeOwned>(&self, path: &str) -> A {
        self.0.get(&format!("/api/v1/funds/{path}")).await.unwrap_or_else(|why| panic!("{path}: {why}"))
    }

    pub async fn post<A: DeserializeOwned>(&self, path: &str, body: Value) -> A {
        let done = self.0.post(&format!("/api/v1/funds/{path}"), &body).await;
        done.unwrap_or_else(|why| panic!("{path} {body}: {why}"))
    }

    pub async fn put(&self, path: &str, body: Value) {
        let done: Result<Taken, CallError> = self.0.put(&format!("/api/v1/funds/{path}"), &body).await;
        done.unwrap_or_else(|why| panic!("{path} {body}: {why}"));
    }

    pub async fn refused(&self, path: &str, body: Value, words: &str) {
        match self.0.post::<Value>(&format!("/api/v1/funds/{path}"), &body).await {
            Err(CallError::Refused(refused)) => {
                assert!(refused.message.contains(words), "{path}: {refused:?}");
            }
            other => panic!("{path} {body}: {other:?}"),
        }
    }

    /// What stands on an account of the employees' pool.
    pub async fn stands(&self, kind: &str, party: &str) -> Fen {
        self.get::<AccountLedger>(&format!("ledger/account?account={kind}/{party}/310/{POOL}")).await.closing
    }
}

/// How much of which kind waits for whoever works for the whole node (待办).
pub async fn waits(clerk: &Client) -> BTreeMap<String, i64> {
    let list: WorkList = clerk.get("/api/v1/work").await.unwrap();
    list.work.into_iter().map(|item| (item.kind, item.count)).collect()
}

/// A person of Wuhan is treated in Beijing.
pub async fn other_direction(counter: &Counter) -> Settled {
    let world = &counter.play.world;
    let person = people::person(people::WUHAN, InsuranceScheme::Employee, MemberStatus::Retired, 8);
    world.add_people(&[(people::WUHAN, person.clone())]).await.unwrap();
    let model = plain_model(world, beijing());
    let institution = world.institution(&model.code()).unwrap();
    let now = world.clock.now();
    let category = FilingCategory::ResettledRetiree;
    world.file(&person, category, institution.place, now.day().plus_days(-60)).await.unwrap();
    let (patient, hospital) = (Patient::of(&person), world.hospital(model).unwrap());
    let (admitted, discharged) = (now.plus_millis(-9 * DAY), now.plus_millis(-3_600_000));
    let catalog = world.rules.catalog(beijing());
    let (level, total) = (institution.level, Fen::yuan(20_000));
    let lines = bills::bill(&catalog, &Order { level, admitted, discharged, total, lines: 8, seed: 5 });
    let stay = Stay::ordinary("ZY000005", admitted, discharged);
    let visit = hospital.admit(&patient, &stay).await.unwrap();
    hospital.upload(&patient, visit, &stay, &lines).await.unwrap();
    hospital.discharge(&patient, visit, &stay).await.unwrap();
    hospital.settle(&patient, visit, bills::total(&lines)).await.unwrap()
}

/// The hospital confirms all lines of a month (3261).
pub async fn confirm_lines(counter: &Counter, month: Month) {
    let of_month = |field: &str, value: String| {
        let number = month.number();
        json!({ "data": {
            "trt_year": (number / 100).to_string(), "trt_month": format!("{:02}", number % 100), field: value,
        }})
    };
    let rows = counter.done("3260", &of_month("startrow", "1".to_owned())).await["data"].take();
    let rows = rows.as_array().unwrap();
    let mut input = of_month("totalrow", rows.len().to_string());
    let confirmed = |row: &Value| {
        let mut row = row.clone();
        row["cnfm_flag"] = json!("1");
        row
    };
    input["detail"] = rows.iter().map(confirmed).collect();
    let answer = counter.ask("3261", &input).await;
    assert_eq!(answer["infcode"], json!(0), "{answer}");
}
