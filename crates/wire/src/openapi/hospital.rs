//! The hospital interface: one operation a transaction, each at the standard's address with its number behind it.

use super::{CALL_SERVICE, Operation, json_content, reference, samples};
use crate::hospital::{
    describe::{self, Description, Field, Node},
    envelope::ERR_MSG_MAX,
    shape::Kind,
    standard,
};
use serde_json::{Map, Value, json};

pub(super) const TAG: &str = "医院接口";

pub(super) const INTRODUCTION: &str = "定点医药机构接口规范。交易编号在报文内，任何路径都可接收，\
    不看请求的Content-Type；业务拒绝也是HTTP 200，以infcode为-1表示。键名大小写、下划线、数值与文本互写等常见偏差可容忍，\
    未知字段略过。";

/// All transactions that are served, and the address that takes any of them.
pub(super) fn operations() -> Vec<Operation> {
    let mut all = vec![any()];
    all.extend(describe::all().map(|description| operation(&description)));
    all
}

/// The schemas that all transactions share.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    let (asked, _) = standard::envelope();
    let mut head = Map::new();
    for field in asked.iter().filter(|field| field.name != "input") {
        head.insert(field.name.to_owned(), head_field(field));
    }
    head.insert("input".to_owned(), json!({ "type": "object", "description": "交易输入" }));
    schemas.insert(
        "AnyMessage".to_owned(),
        json!({ "type": "object", "description": "任一交易的报文", "properties": head, "required": REQUIRED }),
    );
    schemas.insert("Answer".to_owned(), answer(&json!({ "description": "交易输出" })));
    let text = json!({ "type": ["string", "null"] });
    schemas.insert(
        "Refusal".to_owned(),
        json!({
            "type": "object",
            "description": "拒绝",
            "properties": {
                "infcode": { "const": -1, "description": "交易状态码：失败" },
                "inf_refmsgid": text, "refmsg_time": text, "respond_time": text,
                "err_msg": { "type": "string", "minLength": 1, "maxLength": ERR_MSG_MAX, "description": "错误信息：一句话，说明怎么办" },
                "output": { "type": "null" },
            },
            "required": ["infcode", "err_msg", "output"],
        }),
    );
    schemas.insert(
        "GatewayRefusal".to_owned(),
        json!({
            "type": "object",
            "description": "网关拒绝：签名验证未通过",
            "properties": {
                "code": { "const": 401 },
                "message": { "enum": ["缺少服务网关的请求头!", "签名时间戳超时!", "非法用户!", "签名不一致!"] },
            },
            "required": ["code", "message"],
        }),
    );
    schemas
}

const REQUIRED: [&str; 4] = ["infno", "msgid", "mdtrtarea_admvs", "fixmedins_code"];

fn head_field(field: &standard::Field) -> Value {
    // Longer where other editions are longer.
    let longest = match field.name {
        "infno" | "mdtrtarea_admvs" | "insuplc_admdvs" => Some(6),
        "msgid" => Some(40),
        "fixmedins_code" => Some(30),
        "fixmedins_name" => Some(200),
        "infver" => Some(10),
        "sign_no" => Some(50),
        "opter" | "opter_name" | "opter_type" => field.longest,
        _ => None,
    };
    let mut schema = json!({ "type": "string", "description": field.chinese });
    if let Some(longest) = longest {
        schema["maxLength"] = longest.into();
    }
    if REQUIRED.contains(&field.name) {
        schema["minLength"] = 1.into();
    }
    if field.name == "inf_time" {
        schema["examples"] = json!(["2026-11-22 09:58:41"]);
    }
    schema
}

fn answer(output: &Value) -> Value {
    let text = |chinese: &str| json!({ "type": ["string", "null"], "description": chinese });
    json!({
        "type": "object",
        "properties": {
            "infcode": { "const": 0, "description": "交易状态码：成功" },
            "inf_refmsgid": { "type": "string", "pattern": "^[0-9]{30}$", "description": "接收方报文ID：省6位、时间14位、流水号10位" },
            "refmsg_time": { "type": "string", "pattern": "^[0-9]{17}$", "description": "接收报文时间，yyyyMMddHHmmssSSS" },
            "respond_time": { "type": "string", "pattern": "^[0-9]{17}$", "description": "响应报文时间" },
            "err_msg": { "type": "null", "description": "错误信息" },
            "output": output,
            "warn_msg": { "type": "null" },
            "cainfo": text("数字签名信息"),
            "signtype": text("签名类型"),
        },
        "required": ["infcode", "inf_refmsgid", "refmsg_time", "respond_time", "output"],
    })
}

fn any() -> Operation {
    let answers =
        json!({ "anyOf": [reference("Answer"), reference("Refusal"), reference("GatewayRefusal")] });
    Operation {
        method: "post",
        path: CALL_SERVICE.to_owned(),
        tag: TAG,
        id: "call_service".to_owned(),
        summary: "任一交易".to_owned(),
        description: "规范的统一入口：交易编号在报文的infno中。其他任何路径同此。".to_owned(),
        parameters: Vec::new(),
        secured: false,
        request: Some(json!({
            "required": true,
            "content": { "application/json": { "schema": reference("AnyMessage") } },
        })),
        responses: responses(&answers, true),
    }
}

fn operation(description: &Description) -> Operation {
    let infno = description.transaction.infno;
    let name = description.transaction.name;
    let output = match &description.output[..] {
        [] => json!({ "type": "null", "description": "无输出" }),
        [node] if node.name.is_empty() => node_schema(node, false),
        nodes => nodes_schema(nodes, false),
    };
    let file = infno == "9102";
    // Under seal the output is a text.
    let output =
        json!({ "anyOf": [output, { "type": "string", "description": "sm2-sm4：加密后的交易输出" }] });
    let answers = json!({ "anyOf": [answer(&output), reference("Refusal"), reference("GatewayRefusal")] });
    let mut content = json!({ "schema": message(description) });
    if let Some(sample) = samples::request(infno) {
        content["examples"] = json!({ "sample": {
            "summary": "一份真实客户端的报文（个人信息已遮盖）",
            "value": sample,
        }});
    }
    Operation {
        method: "post",
        path: format!("{CALL_SERVICE}/{infno}"),
        tag: TAG,
        id: format!("transaction_{infno}"),
        summary: format!("{infno} {name}"),
        description: String::new(),
        parameters: Vec::new(),
        secured: false,
        request: Some(json!({ "required": true, "content": { "application/json": content } })),
        responses: responses(&answers, file),
    }
}

fn responses(answers: &Value, file: bool) -> Map<String, Value> {
    let mut answered = json_content("应答：成功、拒绝，或网关拒绝", answers);
    if file {
        answered["content"]["application/octet-stream"] =
            json!({ "schema": { "description": "9102的文件，ZIP" } });
    }
    let text = |words: &str| json!({ "description": words, "content": { "text/plain": { "schema": { "type": "string" } } } });
    Map::from_iter([
        ("200".to_owned(), answered),
        ("400".to_owned(), text("连接中断，报文没有收完")),
        ("408".to_owned(), text("报文在一分钟内没有收完")),
    ])
}

/// The whole message of a transaction.
fn message(description: &Description) -> Value {
    let (asked, _) = standard::envelope();
    let mut head = Map::new();
    for field in asked.iter().filter(|field| field.name != "input") {
        let schema = match field.name {
            "infno" => json!({
                "const": description.transaction.infno, "description": "交易编号",
            }),
            _ => head_field(field),
        };
        head.insert(field.name.to_owned(), schema);
    }
    head.insert("input".to_owned(), nodes_schema(&description.input, true));
    let mut required = REQUIRED.to_vec();
    required.push("input");
    json!({ "type": "object", "properties": head, "required": required })
}

fn nodes_schema(nodes: &[Node], is_input: bool) -> Value {
    if let [node] = nodes
        && node.name.is_empty()
    {
        return node_schema(node, is_input);
    }
    let properties: Map<String, Value> =
        nodes.iter().map(|node| (node.name.to_owned(), node_schema(node, is_input))).collect();
    let required: Vec<&str> =
        nodes.iter().filter(|node| node.required || !is_input).map(|node| node.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    // What is described by the standard alone is not promised in an answer.
    let promised = is_input || nodes.iter().all(|node| node.certain);
    if promised && !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

fn node_schema(node: &Node, is_input: bool) -> Value {
    let fields: Map<String, Value> =
        node.fields.iter().map(|field| (field.name.to_owned(), field_schema(field, is_input))).collect();
    let required: Vec<&str> =
        node.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut row = json!({ "type": "object", "properties": fields });
    if !required.is_empty() {
        row["required"] = required.into();
    }
    if !node.certain && !is_input {
        return json!({ "anyOf": [row, { "type": "array", "items": row }, { "type": "null" }], "description": node.chinese });
    }
    if !node.many {
        row["description"] = node.chinese.into();
        return row;
    }
    let mut rows =
        json!({ "type": "array", "items": row, "description": format!("{}（多行）", node.chinese) });
    if node.required {
        rows["minItems"] = 1.into();
    }
    rows
}

fn field_schema(field: &Field, is_input: bool) -> Value {
    let kind = match field.kind {
        Kind::Count => "integer",
        kind if kind.is_number() => "number",
        Kind::Other => return json!({ "description": field.chinese }),
        _ => "string",
    };
    let mut schema = if field.required { json!({ "type": kind }) } else { json!({ "type": [kind, "null"] }) };
    let mut words = field.chinese.to_owned();
    if field.kind != Kind::Text {
        words = format!("{words}：{}", field.kind.chinese());
    }
    if let Some(longest) = field.longest.filter(|_| kind == "string" && is_input) {
        schema["maxLength"] = longest.into();
    }
    if field.required && is_input && kind == "string" {
        schema["minLength"] = 1.into();
    }
    if let Some(table) = field.table() {
        words = format!("{words}（代码表{table}）");
        schema["x-code-table"] = table.into();
    }
    if is_input && !field.required && field.standard.is_some_and(|standard| standard.required) {
        words = format!("{words}；规范要求填写，此处可不填");
    }
    schema["description"] = words.into();
    match field.kind {
        Kind::Day if !is_input => schema["pattern"] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$".into(),
        Kind::Moment if !is_input => {
            schema["pattern"] = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$".into();
        }
        Kind::Division => schema["pattern"] = "^[0-9]{6}$".into(),
        _ => {}
    }
    schema
}
