//! A client without manners: it posts any bytes with any headers, and checks of what comes back only what every answer must be.

use bytes::Bytes;
use country::{hospital::AddressForm, world::World};
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

/// A line to a node, without anything that a hospital's software knows.
pub struct Raw {
    client: Client<HttpConnector, Full<Bytes>>,
    address: String,
}

/// What came back: HTTP status and body.
pub type Came = (u16, Vec<u8>);

/// The fields of every answer, in order.
const FIELDS: [&str; 9] = [
    "infcode",
    "inf_refmsgid",
    "refmsg_time",
    "respond_time",
    "err_msg",
    "output",
    "warn_msg",
    "cainfo",
    "signtype",
];

impl Raw {
    /// A line to `http://host:port`.
    pub fn to(address: &str) -> Self {
        Self::between(None, address)
    }

    /// The same, from another address of this machine.
    pub fn from(own: Ipv4Addr, address: &str) -> Self {
        Self::between(Some(own.into()), address)
    }

    fn between(own: Option<IpAddr>, address: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(own);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, address: address.to_owned() }
    }

    /// Sends whatever is given.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Came {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let response = self.client.request(request).await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.expect("a whole answer").to_bytes().to_vec())
    }

    /// Posts to the standard's own address.
    pub async fn post(&self, body: impl Into<Bytes>) -> Came {
        self.send(Method::POST, &AddressForm::CallService.path(""), &[], body).await
    }

    /// Posts a message and reads the answer's envelope.
    pub async fn ask(&self, message: &Value) -> Value {
        envelope(self.post(message.to_string()).await)
    }
}

/// The answer, which must be an envelope as the standard has it: HTTP 200, its nine fields, either a success or a Chinese
/// sentence of at most 200 characters.
pub fn envelope((status, body): Came) -> Value {
    let shown = String::from_utf8_lossy(&body).into_owned();
    assert_eq!(status, 200, "{shown}");
    let answer: Value = serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {shown}"));
    let fields: Vec<&str> = answer.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(fields, FIELDS, "{shown}");
    let digits = |field: &str, count: usize| {
        answer[field]
            .as_str()
            .is_some_and(|text| text.len() == count && text.bytes().all(|b| b.is_ascii_digit()))
    };
    assert!(digits("inf_refmsgid", 30) && digits("refmsg_time", 17) && digits("respond_time", 17), "{shown}");
    match answer["infcode"].as_i64() {
        Some(0) => assert!(answer["err_msg"].is_null(), "{shown}"),
        Some(-1) => {
            let sentence = answer["err_msg"].as_str().expect("a sentence");
            assert!(
                !sentence.is_ascii() && sentence.chars().count() <= 200 && answer["output"].is_null(),
                "{shown}"
            );
        }
        _ => panic!("neither done nor refused: {shown}"),
    }
    answer
}

/// The sentence of a refusal; empty if it was none.
pub fn sentence(answer: &Value) -> &str {
    answer["err_msg"].as_str().unwrap_or_default()
}

/// How many rows each table of every node has, but for those named.
pub async fn census(world: &World, but: &[&str]) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    let provinces =
        world.provinces.iter().map(|(province, side)| (province.to_string(), &side.node.context.store));
    for (name, store) in provinces.chain([("hub".to_owned(), &world.hub.context.store)]) {
        let rows = store::census::row_counts(&mut store.conn().await.unwrap()).await.unwrap();
        assert!(rows.contains_key("hospital_message"), "{rows:?}");
        let kept = rows.into_iter().filter(|(table, _)| !but.contains(&table.as_str()));
        counts.extend(kept.map(|(table, count)| (format!("{name} {table}"), count)));
    }
    counts
}
