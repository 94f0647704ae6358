//! The people who sit at the consoles of a demonstration: an account for every role at the hub and at some provinces, and at one
//! institution of each; and somebody insured, with what the portal asks for. None of them exists; all accounts have the same initial
//! password, which each changes when logging in.

use crate::{
    hospital::Patient,
    world::{Trouble, World},
};
use casework::access::Role;
use node::api::client::{CallError, Client};
use serde::{Deserialize, Serialize};
use serde_json::json;
use terms::{Participant, PoolingArea, Province};
use wire::api::{
    account::{AccountView, NewAccountMade},
    media::IssuedCard,
};

/// An account that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Where its console is.
    pub url: String,
    /// What it is.
    pub account: AccountView,
    /// Where its person works: the name of the agency or institution.
    pub place: String,
}

/// Somebody insured, who can open the portal: what registering there asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insured {
    /// Whose portal it is.
    pub province: Province,
    /// The name.
    pub name: String,
    /// 公民身份号码, of nobody who lives.
    pub citizen: String,
    /// 社会保障卡号.
    pub card: String,
    /// Where the person is insured.
    pub area: String,
}

/// A role at an agency, the account's name, and whose it is.
const AT_THE_HUB: [(Role, &str, &str); 6] = [
    (Role::HubOperator, "jingban", "赵某甲"),
    (Role::HubReviewer, "fuhe", "钱某乙"),
    (Role::Finance, "caizheng", "孙某丙"),
    (Role::Supervisor, "jianguan", "李某丁"),
    (Role::Auditor, "shenji", "周某戊"),
    (Role::AccountAdministrator, "guanli", "吴某己"),
];

/// The same of a province.
const AT_A_PROVINCE: [(Role, &str, &str); 6] = [
    (Role::AgencyOperator, "jingban", "郑某甲"),
    (Role::AgencyReviewer, "fuhe", "王某乙"),
    (Role::Finance, "caizheng", "冯某丙"),
    (Role::Supervisor, "jianguan", "陈某丁"),
    (Role::Auditor, "shenji", "褚某戊"),
    (Role::AccountAdministrator, "guanli", "卫某己"),
];

/// Of a city, where the province has more than one pooling area.
const AT_A_CITY: [(Role, &str, &str); 2] =
    [(Role::AgencyOperator, "shi-jingban", "蒋某庚"), (Role::AgencyReviewer, "shi-fuhe", "沈某辛")];

/// Of an institution.
const AT_AN_INSTITUTION: [(Role, &str, &str); 2] =
    [(Role::Cashier, "shoufei", "韩某壬"), (Role::InstitutionOffice, "yibaoban", "杨某癸")];

/// Makes those that are not there yet, with this initial password, at the hub and at the nodes of these areas, whose first institution has a window.
///
/// # Errors
/// What a node refused, or that it was not reached.
pub async fn seat(
    world: &World,
    token: &str,
    password: &str,
    areas: &[PoolingArea],
) -> Result<Vec<Seat>, Trouble> {
    let mut seats = Vec::new();
    let hub = Office { url: world.hub_url(), token, password };
    for (role, account, name) in AT_THE_HUB {
        seats.push(hub.make(role, account, name, &Participant::Hub.to_string()).await?);
    }
    for area in areas {
        let province = area.province();
        let office = Office { url: world.province(province)?.url(), token, password };
        for (role, account, name) in AT_A_PROVINCE {
            seats.push(office.make(role, account, name, &province.to_string()).await?);
        }
        if area.division() != province.division() {
            for (role, account, name) in AT_A_CITY {
                seats.push(office.make(role, account, name, &area.to_string()).await?);
            }
        }
        let institution = world.institutions.iter().find(|one| one.place.0.pooling_area() == *area);
        if let Some(institution) = institution {
            for (role, account, name) in AT_AN_INSTITUTION {
                let seat = office.make(role, account, name, institution.code.as_str()).await?;
                seats.push(Seat { place: institution.name.clone(), ..seat });
            }
        }
    }
    Ok(seats)
}

/// Gives somebody insured in this world a social security card, with which he registers at the portal of his province.
///
/// # Errors
/// What the node refused, or that it was not reached.
pub async fn insure(world: &World, token: &str, patient: &Patient) -> Result<Insured, Trouble> {
    let client = Client {
        node: world.province(patient.insured.province())?.url(),
        token: token.to_owned(),
        operator: Some("demonstration".to_owned()),
        duty: Some("发放社会保障卡".to_owned()),
    };
    let holder = json!({ "insured": patient.insured, "person": patient.number.as_str() });
    let issued = client.post::<IssuedCard>("/api/v1/cards", &holder).await;
    let card = issued.map_err(|error| Trouble(format!("社会保障卡：{error}")))?;
    Ok(Insured {
        province: patient.insured.province(),
        name: patient.name.clone(),
        citizen: patient.citizen.reveal().to_owned(),
        card: card.number,
        area: patient.insured.pooling_area().division().full_name(),
    })
}

/// Where accounts are made.
struct Office<'a> {
    url: String,
    token: &'a str,
    password: &'a str,
}

impl Office<'_> {
    async fn make(&self, role: Role, account: &str, name: &str, area: &str) -> Result<Seat, Trouble> {
        let client = Client {
            node: self.url.clone(),
            token: self.token.to_owned(),
            operator: Some("demonstration".to_owned()),
            duty: None,
        };
        let body = json!({
            "account": account, "name": name, "role": role.code(), "area": area, "password": self.password,
        });
        let account = match client.post::<NewAccountMade>("/api/v1/accounts", &body).await {
            Ok(made) => Ok(made.account),
            // A world that goes on has it already.
            Err(CallError::Refused(refusal)) if refusal.code == "account-exists" => {
                client.get::<AccountView>(&format!("/api/v1/accounts/{account}")).await
            }
            Err(error) => Err(error),
        }
        .map_err(|error| Trouble(format!("{account}：{error}")))?;
        let place = account.area.name.clone();
        Ok(Seat { url: self.url.clone(), account, place })
    }
}
