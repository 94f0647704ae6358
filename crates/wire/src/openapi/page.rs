//! The description as pages: plain HTML without scripts and without anything from elsewhere, readable on a phone.

use super::{CALL_SERVICE, Role, document, samples};
use crate::hospital::{
    describe::{self, Description, Field, Node},
    shape::Kind,
};
use serde_json::Value;
use std::fmt::Write as _;

/// Text as it may stand in HTML.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            one => escaped.push(one),
        }
    }
    escaped
}

/// A whole page: its title, and its body as HTML.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body>\n<main>\n{body}\n</main></body></html>\n",
        title = escaped(title),
    )
}

const STYLE: &str = "body{margin:0;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;color:#1a1a1a;background:#fafafa}\
    main{max-width:70rem;margin:0 auto;padding:1rem}h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem}\
    a{color:#0b57a4}table{border-collapse:collapse;width:100%;background:#fff;font-size:.9rem}\
    th,td{border:1px solid #d5d5d5;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
    th{background:#eef2f6}code,pre{font-family:ui-monospace,monospace;font-size:.85rem}\
    pre{background:#fff;border:1px solid #d5d5d5;padding:.6rem;overflow:auto;max-height:30rem}\
    .wide{overflow-x:auto}.must{color:#a40000;font-weight:600}.weak{color:#595959}ul{padding-left:1.2rem}\
    details{background:#fff;border:1px solid #d5d5d5;margin:.4rem 0;padding:.3rem .6rem}summary{cursor:pointer}\
    .fault{color:#a40000}.note{color:#7a4f00}.good{color:#0a6b2d}";

/// The page that lists everything.
pub fn index(role: Role) -> String {
    let document = document(role);
    let mut body = String::new();
    let title = format!("{}接口说明", role.chinese());
    write!(body, "<h1>异地通 {title}</h1><p>机器可读的说明（OpenAPI 3.1）：<a href=\"openapi.json\">openapi.json</a></p>")
        .expect(ANY);
    if role == Role::Province {
        write!(
            body,
            "<h2>医院接口</h2><p>{}</p><p>地址：<code>POST {CALL_SERVICE}</code>，或任何其他路径。</p><ul>",
            escaped(super::hospital::INTRODUCTION)
        )
        .expect(ANY);
        for description in describe::all() {
            let (infno, name) = (description.transaction.infno, description.transaction.name);
            write!(body, "<li><a href=\"{infno}\">{infno} {}</a></li>", escaped(name)).expect(ANY);
        }
        body.push_str("</ul>");
    }
    let paths = document["paths"].as_object().expect("a document has paths");
    for tag in [super::management::TAG, super::nodes::TAG] {
        write!(body, "<h2>{tag}</h2>").expect(ANY);
        for (path, methods) in paths {
            for (method, operation) in methods.as_object().expect("a path has methods") {
                if operation["tags"][0] == tag {
                    body.push_str(&operation_html(&document, path, method, operation));
                }
            }
        }
    }
    page(&title, &body)
}

/// The page of a transaction; `None` if it is not served.
pub fn transaction(infno: &str) -> Option<String> {
    let description = describe::describe(infno)?;
    let Description { transaction, input, output } = &description;
    let title = format!("{} {}", transaction.infno, transaction.name);
    let mut body = format!(
        "<p><a href=\"./\">接口说明</a></p><h1>{}</h1><p>地址：<code>POST {CALL_SERVICE}/{infno}</code>，或任何其他路径；\
         交易编号在报文的<code>infno</code>中。</p><h2>输入</h2>",
        escaped(&title)
    );
    for node in input {
        body.push_str(&node_html(node, true));
    }
    if input.is_empty() {
        body.push_str("<p>无</p>");
    }
    body.push_str("<h2>输出</h2>");
    for node in output {
        body.push_str(&node_html(node, false));
    }
    if output.is_empty() {
        let words = if infno == "9102" {
            "文件本身（application/octet-stream）；拒绝时为报文"
        } else {
            "无（output为null）"
        };
        write!(body, "<p>{words}</p>").expect(ANY);
    }
    for (words, sample) in [("请求示例", samples::request(infno)), ("应答示例", samples::answer(infno))]
    {
        if let Some(sample) = sample {
            write!(
                body,
                "<h2>{words}</h2><p class=\"weak\">真实客户端或平台的报文，个人信息已遮盖。</p><pre>{}</pre>",
                escaped(&pretty(&sample))
            )
            .expect(ANY);
        }
    }
    Some(page(&title, &body))
}

/// JSON as people read it.
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a JSON value is written")
}

const ANY: &str = "a string takes any text";

fn node_html(node: &Node, is_input: bool) -> String {
    let name = match (node.name, is_input) {
        ("", true) => "input",
        ("", false) => "output",
        (name, _) => name,
    };
    let rows = match (node.certain, node.many) {
        (false, _) => "按规范",
        (true, true) => "多行（数组）",
        (true, false) => "单行（对象）",
    };
    let also = match node.aliases {
        [] | [""] => String::new(),
        aliases => format!("；也可写作{}", aliases.join("、")),
    };
    let mut html = format!(
        "<h3><code>{name}</code> {} <span class=\"weak\">{rows}{also}</span></h3><div class=\"wide\"><table>\
         <tr><th>字段</th><th>名称</th><th>类型</th><th>{}</th><th>说明</th></tr>",
        escaped(node.chinese),
        if is_input { "必填" } else { "非空" },
    );
    node.fields.iter().for_each(|field| html.push_str(&field_html(field, is_input)));
    html.push_str("</table></div>");
    html
}

fn field_html(field: &Field, is_input: bool) -> String {
    let length = field.longest.filter(|_| field.kind == Kind::Text).map(|most| format!("，最长{most}"));
    let must = match (field.required, field.standard) {
        (true, _) => "<span class=\"must\">是</span>",
        (false, Some(standard)) if standard.required => "<span class=\"weak\">规范要求</span>",
        _ => "",
    };
    let mut remarks = Vec::new();
    if field.standard.is_none() {
        remarks.push("V1.1.27没有，其他版本的字段".to_owned());
    }
    if is_input && !field.own {
        remarks.push("保存或略过，不影响办理".to_owned());
    }
    if let Some(table) = field.table() {
        remarks.push(codes(table));
    }
    format!(
        "<tr><td><code>{}</code></td><td>{}</td><td>{}{}</td><td>{must}</td><td>{}</td></tr>",
        field.name,
        escaped(field.chinese),
        field.kind.chinese(),
        length.unwrap_or_default(),
        escaped(&remarks.join("；")),
    )
}

/// The codes of a table, if they are few.
fn codes(table: &str) -> String {
    const FEW: usize = 16;
    let items = terms::code::table(table).map_or(&[][..], |table| &table.items);
    if items.len() > FEW {
        return format!("代码表{table}（{}项，可用1901查询）", items.len());
    }
    items.iter().map(|(code, name)| format!("{code} {name}")).collect::<Vec<_>>().join("，")
}

fn operation_html(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let text = |value: &Value| escaped(value.as_str().unwrap_or_default());
    let mut html = format!(
        "<details><summary><code>{} {}</code> {}</summary><p>{}</p>",
        method.to_uppercase(),
        escaped(path),
        text(&operation["summary"]),
        text(&operation["description"]),
    );
    if let Some(parameters) = operation["parameters"].as_array() {
        html.push_str(
            "<div class=\"wide\"><table><tr><th>参数</th><th>位置</th><th>必填</th><th>说明</th></tr>",
        );
        for parameter in parameters {
            write!(
                html,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
                text(&parameter["name"]),
                text(&parameter["in"]),
                if parameter["required"] == true { "是" } else { "" },
                text(&parameter["description"]),
            )
            .expect(ANY);
        }
        html.push_str("</table></div>");
    }
    let content = |value: &Value| value.pointer("/content/application~1json/schema").cloned();
    if let Some(schema) = content(&operation["requestBody"]) {
        html.push_str("<h3>请求</h3>");
        html.push_str(&schema_html(document, &schema));
    }
    if let Some(schema) = content(&operation["responses"]["200"]) {
        html.push_str("<h3>应答</h3>");
        html.push_str(&schema_html(document, &schema));
    }
    html.push_str("</details>");
    html
}

/// The fields of a type, and those of the types in it.
fn schema_html(document: &Value, schema: &Value) -> String {
    let mut left = vec![schema.clone()];
    let (mut html, mut shown) = (String::new(), Vec::new());
    while let Some(schema) = left.pop() {
        let name = name_of(&schema);
        let schema = resolved(document, &schema);
        let Some(fields) = schema["properties"].as_object() else { continue };
        if let Some(name) = name {
            if shown.contains(&name) {
                continue;
            }
            write!(html, "<p><b>{}</b></p>", escaped(&name)).expect(ANY);
            shown.push(name);
        }
        html.push_str(
            "<div class=\"wide\"><table><tr><th>键</th><th>类型</th><th>必填</th><th>说明</th></tr>",
        );
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (key, field) in fields {
            let inner = element(field);
            let meant = resolved(document, &inner);
            if meant["properties"].is_object() {
                left.push(inner.clone());
            }
            let words = field["description"].as_str().or(meant["description"].as_str()).unwrap_or_default();
            write!(
                html,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escaped(key),
                escaped(&type_of(field, &meant)),
                if required.iter().any(|one| one == key) { "是" } else { "" },
                escaped(words),
            )
            .expect(ANY);
        }
        html.push_str("</table></div>");
    }
    html
}

/// What is inside: of an array its items, of a thing that may be `null` the thing.
fn element(schema: &Value) -> Value {
    if schema["items"].is_object() {
        return element(&schema["items"]);
    }
    match schema["anyOf"].as_array() {
        Some(either) => {
            either.iter().find(|one| one["type"] != "null").map_or_else(|| schema.clone(), element)
        }
        None => schema.clone(),
    }
}

fn name_of(schema: &Value) -> Option<String> {
    Some(schema["$ref"].as_str()?.rsplit('/').next()?.to_owned())
}

fn resolved(document: &Value, schema: &Value) -> Value {
    let target = schema["$ref"].as_str().and_then(|target| document.pointer(target.trim_start_matches('#')));
    target.unwrap_or(schema).clone()
}

fn type_of(field: &Value, meant: &Value) -> String {
    let plain = |value: &Value| match &value["type"] {
        Value::String(text) => text.clone(),
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("或"),
        _ => String::new(),
    };
    let words = meant["enum"].as_array().map(|words| {
        words
            .iter()
            .map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join("、")
    });
    let inner = words.unwrap_or_else(|| plain(meant));
    if field["items"].is_object() { format!("数组：{inner}") } else { inner }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hospital::table;

    #[test]
    fn the_pages_say_what_there_is_and_fetch_nothing() {
        let province = index(Role::Province);
        for expected in ["2304 住院结算", "/api/v1/filings", "openapi.json", "POST /peer/v1", "备案类型"]
        {
            assert!(province.contains(expected), "{expected}");
        }
        assert!(!index(Role::Hub).contains("2304"));
        for infno in table::SERVED {
            let page = transaction(infno).unwrap();
            let outside = page.contains("<script") || page.contains("src=") || page.contains("href=\"http");
            assert!(!outside, "{infno}");
        }
        let admission = transaction("2401").unwrap();
        for expected in [
            "diseinfo",
            "入院诊断信息",
            "主治医生编码",
            "请求示例",
            "最长30",
            "<span class=\"must\">是</span>",
        ] {
            assert!(admission.contains(expected), "{expected}");
        }
        assert!(transaction("2104").is_none() && transaction("<script>").is_none());
    }

    #[test]
    fn nothing_is_html_that_is_not_meant_to_be() {
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
