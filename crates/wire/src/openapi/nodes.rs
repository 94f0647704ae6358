//! What nodes and watchers ask: node to node, health, and the description itself.

use super::{Operation, json_content};
use crate::peer::{CONTENT_TYPE, TAG as TAG_HEADER};
use serde_json::{Map, Value, json};

pub(super) const TAG: &str = "节点与运维";

/// The operations that every node has.
pub(super) fn operations() -> Vec<Operation> {
    let text = |words: &str, kind: &str| json!({ "description": words, "content": { kind: { "schema": { "type": "string" } } } });
    let peer = Operation {
        method: "post",
        path: "/peer/v1".to_owned(),
        tag: TAG,
        id: "peer".to_owned(),
        summary: "节点间报文".to_owned(),
        description: "签名的信封：首行签名，其下为被签名的各行（版本、报文编号、所答报文、发送方、接收方、签名时间、报文体）；\
            没有相邻节点校验码和签名的报文不予处理。只供节点使用。".to_owned(),
        parameters: vec![json!({
            "name": TAG_HEADER, "in": "header", "description": "相邻节点的链路校验码", "schema": { "type": "string" },
        })],
        secured: false,
        request: Some(json!({ "required": true, "content": { CONTENT_TYPE: { "schema": { "type": "string" } } } })),
        responses: Map::from_iter([
            ("200".to_owned(), text("签名的应答", CONTENT_TYPE)),
            ("400".to_owned(), text("不是可信的信封", "text/plain")),
            ("413".to_owned(), text("超过16兆字节", "text/plain")),
        ]),
    };
    let get = |path: &str, id: &str, summary: &str, answers: &[(&str, Value)]| Operation {
        method: "get",
        path: path.to_owned(),
        tag: TAG,
        id: id.to_owned(),
        summary: summary.to_owned(),
        description: String::new(),
        parameters: Vec::new(),
        secured: false,
        request: None,
        responses: answers.iter().map(|(status, answer)| ((*status).to_owned(), answer.clone())).collect(),
    };
    let html = || text("网页", "text/html");
    let mut one = get("/api/{name}", "read_one", "接口说明：一个交易", &[("200", html()), ("404", html())]);
    one.parameters = vec![json!({
        "name": "name", "in": "path", "required": true, "description": "交易编号", "schema": { "type": "string" },
    })];
    vec![
        peer,
        get("/health", "health", "健康检查", &[("200", text("ok", "text/plain"))]),
        get(
            "/api/openapi.json",
            "openapi",
            "本接口的OpenAPI说明",
            &[("200", json_content("OpenAPI 3.1", &json!({ "type": "object" })))],
        ),
        get("/api/", "read", "接口说明：网页", &[("200", html())]),
        one,
    ]
}
