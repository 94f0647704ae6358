//! The description (OpenAPI 3.1) of every HTTP interface of a node, made from the types and tables that the node reads and
//! writes with, and pages on which people read it.
//!
//! It knows what goes over the line and nothing of the server. A test of the node compares it with the node's routes.
//!
//! To add an operation: of the management interface a line in `management::operations`; a transaction of the hospital interface
//! is there as soon as it is served, and better described with a line in [`crate::hospital::describe`].

mod console;
mod hospital;
mod management;
mod nodes;
pub mod page;
mod samples;

use casework::access::Action;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// Whose interfaces are described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The national hub (国家平台).
    Hub,
    /// A province's node (省级平台).
    Province,
}

impl Role {
    /// In Chinese.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Hub => "国家平台",
            Self::Province => "省级平台",
        }
    }
}

/// Whose that is which an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The whole node's: only whoever works for all of it may.
    Node,
    /// Areas': the endpoint asks for each thing whether it lies where the asker works, and shows nothing that does not.
    Areas,
    /// Nobody's in particular: the same for all who may, wherever they work.
    Nobody,
    /// Whoever has a session, about himself: no action is needed.
    Oneself,
    /// For anybody, without a session or a token.
    Public,
}

/// What whoever asks an operation must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The method, in small letters.
    pub method: &'static str,
    /// The path, with the names of its parameters in braces.
    pub path: &'static str,
    /// The action; nobody with a session may what names none.
    pub action: Option<Action>,
    /// Whose it is.
    pub whose: Whose,
    /// What it is, in Chinese.
    pub summary: &'static str,
    /// Whether it may take long, and whoever asks may leave it to go on by itself.
    pub left: Left,
}

/// Whether whoever asks something that takes long may leave it to go on by itself (任务).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It does not take long.
    No,
    /// He may; if the node is stopped meanwhile, it is done again from the beginning: that does nothing twice.
    Again,
    /// He may; if the node is stopped meanwhile, whoever asked looks first whether it was done.
    Once,
}

/// What must be allowed for each operation of a node that people ask.
pub fn permissions(role: Role) -> Vec<Permission> {
    lines(role).map(management::Line::permission).collect()
}

/// All lines of operations that people ask.
fn lines(role: Role) -> impl Iterator<Item = &'static management::Line> {
    management::lines(role).chain(console::lines(role))
}

/// The standard's own address of the hospital interface.
pub const CALL_SERVICE: &str = "/fsi/api/rsfComIfsService/callService";

/// One operation of an interface.
pub(crate) struct Operation {
    method: &'static str,
    path: String,
    tag: &'static str,
    id: String,
    summary: String,
    description: String,
    parameters: Vec<Value>,
    secured: bool,
    request: Option<Value>,
    responses: Map<String, Value>,
}

impl Operation {
    fn value(&self) -> Value {
        let mut value = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
        });
        if !self.description.is_empty() {
            value["description"] = self.description.clone().into();
        }
        if !self.parameters.is_empty() {
            value["parameters"] = self.parameters.clone().into();
        }
        if let Some(request) = &self.request {
            value["requestBody"] = request.clone();
        }
        if self.secured {
            value["security"] = json!([{ "managementToken": [] }, { "session": [] }]);
        }
        value["responses"] = Value::Object(self.responses.clone());
        value
    }
}

/// The document.
pub fn document(role: Role) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    let mut operations = Vec::new();
    if role == Role::Province {
        operations.extend(hospital::operations());
    }
    operations.extend(lines(role).map(|line| management::operation(line, &mut generator)));
    operations.extend(nodes::operations());
    let mut paths = Map::new();
    for operation in &operations {
        let path = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        let twice = path.get(operation.method).is_some();
        assert!(!twice, "{} {} is described twice", operation.method, operation.path);
        path[operation.method] = operation.value();
    }
    let mut schemas = generator.take_definitions(true);
    schemas.extend(hospital::schemas());
    let mut tags = vec![
        json!({ "name": management::TAG, "description": "经办机构和运维人员使用：程序带管理令牌，人登录后使用。" }),
        json!({ "name": nodes::TAG, "description": "节点之间使用，以及健康检查和本说明。" }),
    ];
    if role == Role::Province {
        tags.insert(0, json!({ "name": hospital::TAG, "description": hospital::INTRODUCTION }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("异地通（Yidi）{}接口", role.chinese()),
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "基本医疗保险跨省异地就医直接结算",
            "description": "由程序所读写的类型生成。医院接口按定点医药机构接口规范V1.1.27，字段长度按各版本中最长的。",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "managementToken": { "type": "http", "scheme": "bearer", "description": "节点的管理令牌" },
                "session": { "type": "apiKey", "in": "cookie", "name": "yidi_session", "description": "登录后的会话" },
            },
        },
    })
}

/// What an operation takes or gives as JSON.
fn json_content(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema of a type, by a function that can stand in a table.
type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

fn schema_of<T: schemars::JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hospital::table;
    use std::collections::BTreeSet;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (key, child) in fields {
                    match child {
                        Value::String(target) if key == "$ref" => found.push(target.clone()),
                        child => references(child, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_document_holds_together() {
        for role in [Role::Hub, Role::Province] {
            let document = document(role);
            let mut targets = Vec::new();
            references(&document, &mut targets);
            assert!(targets.len() > 10);
            for target in targets {
                let pointer = target.strip_prefix('#').unwrap_or_else(|| panic!("{target} is elsewhere"));
                assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
            }
            let mut ids = BTreeSet::new();
            for (path, methods) in document["paths"].as_object().unwrap() {
                let in_path: BTreeSet<&str> =
                    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
                for (method, operation) in methods.as_object().unwrap() {
                    assert!(
                        ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                        "{path} {method}"
                    );
                    assert!(!operation["responses"].as_object().unwrap().is_empty(), "{path} {method}");
                    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                    let described: BTreeSet<&str> = parameters
                        .iter()
                        .filter(|parameter| parameter["in"] == "path")
                        .filter_map(|parameter| parameter["name"].as_str())
                        .collect();
                    assert_eq!(described, in_path, "{path} {method}");
                }
            }
        }
    }

    #[test]
    fn every_transaction_that_is_served_is_an_operation() {
        let document = document(Role::Province);
        for infno in table::SERVED {
            let operation = &document["paths"][format!("{CALL_SERVICE}/{infno}")]["post"];
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            assert_eq!(schema["properties"]["infno"]["const"], infno);
            assert!(schema["properties"]["input"]["properties"].is_object(), "{infno}");
        }
        let text = super::document(Role::Hub).to_string();
        assert!(!text.contains("callService"), "the hub has no hospital interface");
    }
}
