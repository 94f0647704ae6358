//! The management interface: what clerks and operators ask of a node.

use super::{Operation, Role, SchemaOf, json_content, schema_of};
use crate::api::media::{CardView, Holder, IssuedCard, MadeVoucher, Media, NewCard};
use crate::api::purchase::{ConfirmPurchase, PurchaseOrderView, PurchaseOrders};
use crate::api::{
    DUTY_HEADER, DetailsView, FilingChange, FilingView, Filings, InstitutionBody, NewFiling, OPERATOR_HEADER,
    ParticipantBody, ParticipantView, Participants, PersonBody, Reason, Refused, SettlementView, Taken,
    TransmissionView, Transmissions,
    registration::{NewRegistration, RegistrationView, Registrations},
};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

pub(super) const TAG: &str = "管理接口";

/// A line of the table of operations.
struct Line {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    query: &'static [(&'static str, &'static str, bool)],
    /// Whether it shows personal data: masked, or whole for a duty.
    shows: bool,
    body: Option<SchemaOf>,
    answer: SchemaOf,
}

const fn line(method: &'static str, path: &'static str, summary: &'static str, answer: SchemaOf) -> Line {
    Line { method, path, summary, query: &[], shows: false, body: None, answer }
}

impl Line {
    const fn with(mut self, body: SchemaOf) -> Self {
        self.body = Some(body);
        self
    }

    const fn asks(mut self, query: &'static [(&'static str, &'static str, bool)]) -> Self {
        self.query = query;
        self
    }

    const fn shows_people(mut self) -> Self {
        self.shows = true;
        self
    }
}

const PROVINCE: &[Line] = &[
    line("get", "/api/v1/filings", "查询一个人的备案", schema_of::<Filings>)
        .asks(&[
            ("insured", "参保地，六位区划", true),
            ("person", "人员编号；与certno填其一", false),
            ("certno", "公民身份号码", false),
        ])
        .shows_people(),
    line("post", "/api/v1/filings", "提交备案申请", schema_of::<FilingView>).with(schema_of::<NewFiling>),
    line("get", "/api/v1/filings/{id}", "查看一份备案", schema_of::<FilingView>).shows_people(),
    line("post", "/api/v1/filings/{id}/approve", "审核通过", schema_of::<FilingView>),
    line("post", "/api/v1/filings/{id}/reject", "驳回", schema_of::<FilingView>).with(schema_of::<Reason>),
    line("post", "/api/v1/filings/{id}/change", "变更", schema_of::<FilingView>)
        .with(schema_of::<FilingChange>),
    line("post", "/api/v1/filings/{id}/cancel", "撤销", schema_of::<FilingView>),
    line("get", "/api/v1/registrations", "查询一个人的人员备案", schema_of::<Registrations>)
        .asks(&[
            ("insured", "参保地，六位区划", true),
            ("person", "人员编号；与certno填其一", false),
            ("certno", "公民身份号码", false),
        ])
        .shows_people(),
    line("post", "/api/v1/registrations", "登记门诊慢特病", schema_of::<RegistrationView>)
        .with(schema_of::<NewRegistration>),
    line("post", "/api/v1/registrations/{id}/withdraw", "撤销人员备案", schema_of::<RegistrationView>)
        .with(schema_of::<Reason>),
    line("post", "/api/v1/vouchers", "生成医保电子凭证二维码", schema_of::<MadeVoucher>)
        .with(schema_of::<Holder>),
    line("post", "/api/v1/cards", "发放社会保障卡", schema_of::<IssuedCard>).with(schema_of::<NewCard>),
    line("post", "/api/v1/cards/loss", "社会保障卡挂失", schema_of::<CardView>).with(schema_of::<Holder>),
    line("post", "/api/v1/cards/lift", "社会保障卡解除挂失或锁定", schema_of::<CardView>)
        .with(schema_of::<Holder>),
    line("post", "/api/v1/cards/stop", "社会保障卡注销", schema_of::<CardView>).with(schema_of::<Holder>),
    line("get", "/api/v1/media", "查询一个人的就医凭证", schema_of::<Media>)
        .asks(&[
            ("insured", "参保地，六位区划", true),
            ("person", "人员编号；与certno填其一", false),
            ("certno", "公民身份号码", false),
        ])
        .shows_people(),
    line("put", "/api/v1/institutions/{code}", "登记定点医药机构", schema_of::<Taken>)
        .with(schema_of::<InstitutionBody>),
    line("put", "/api/v1/people/{number}", "登记参保人员", schema_of::<Taken>).with(schema_of::<PersonBody>),
    line("get", "/api/v1/purchase-orders", "查询一个人的异地就医购药订单", schema_of::<PurchaseOrders>)
        .asks(&[("certno", "公民身份号码", true)])
        .shows_people(),
    line(
        "post",
        "/api/v1/purchase-orders/{number}/confirm",
        "参保人确认购药订单并结算",
        schema_of::<PurchaseOrderView>,
    )
    .with(schema_of::<ConfirmPurchase>),
    line("get", "/api/v1/settlements/{id}", "查看一笔结算", schema_of::<SettlementView>).shows_people(),
    line("get", "/api/v1/details", "参保地查看费用明细", schema_of::<DetailsView>).asks(&[
        ("insured", "参保地，六位区划", true),
        ("settlement", "结算ID", true),
        ("after", "上一页的next", false),
    ]),
    line("get", "/api/v1/transmissions", "就医地查看费用明细上传情况", schema_of::<Transmissions>)
        .asks(&[("stage", "阶段；不填为different", false), ("after", "上一页的next", false)]),
    line(
        "post",
        "/api/v1/transmissions/{id}/again",
        "重新上传一笔结算的费用明细",
        schema_of::<TransmissionView>,
    ),
];

const HUB: &[Line] = &[
    line("get", "/api/v1/participants", "接入的省", schema_of::<Participants>),
    line("get", "/api/v1/participants/{code}", "一个接入的省", schema_of::<ParticipantView>),
    line("put", "/api/v1/participants/{code}", "登记接入的省", schema_of::<ParticipantView>)
        .with(schema_of::<ParticipantBody>),
    line("post", "/api/v1/participants/{code}/suspend", "暂停直接结算", schema_of::<ParticipantView>)
        .with(schema_of::<Reason>),
    line("post", "/api/v1/participants/{code}/resume", "恢复直接结算", schema_of::<ParticipantView>),
];

/// The operations of a role.
pub(super) fn operations(role: Role, generator: &mut SchemaGenerator) -> Vec<Operation> {
    let lines = match role {
        Role::Hub => HUB,
        Role::Province => PROVINCE,
    };
    lines.iter().map(|line| operation(line, generator)).collect()
}

fn operation(line: &Line, generator: &mut SchemaGenerator) -> Operation {
    let mut parameters: Vec<Value> = line
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({
                "name": name, "in": "path", "required": true, "description": of_path(name),
                "schema": { "type": "string" },
            })
        })
        .collect();
    parameters.extend(line.query.iter().map(|(name, chinese, required)| {
        json!({ "name": name, "in": "query", "required": required, "description": chinese, "schema": { "type": "string" } })
    }));
    parameters.push(json!({
        "name": OPERATOR_HEADER, "in": "header", "description": "经办人，记入查看记录", "schema": { "type": "string" },
    }));
    if line.shows {
        parameters.push(json!({
            "name": "reveal", "in": "query", "description": "true：显示完整的个人信息，须同时写明事由",
            "schema": { "enum": ["true", "false"] },
        }));
        parameters.push(json!({
            "name": DUTY_HEADER, "in": "header", "description": "查看完整个人信息的事由", "schema": { "type": "string" },
        }));
    }
    let request = line
        .body
        .map(|body| json!({ "content": { "application/json": { "schema": body(generator).to_value() } } }));
    let refused: SchemaOf = schema_of::<Refused>;
    let refused = refused(generator).to_value();
    let answer = (line.answer)(generator).to_value();
    let mut responses = Map::from_iter([("200".to_owned(), json_content("完成", &answer))]);
    for (status, words) in [
        ("400", "请求写法有误"),
        ("401", "管理令牌不符"),
        ("403", "管理接口未开放"),
        ("404", "没有这一项"),
        ("413", "请求过大"),
        ("422", "按规则不能办理"),
        ("503", "暂时不能办理，请稍后重试"),
    ] {
        responses.insert(status.to_owned(), json_content(words, &refused));
    }
    Operation {
        method: line.method,
        path: line.path.to_owned(),
        tag: TAG,
        id: format!(
            "{}{}",
            line.method,
            line.path.trim_start_matches("/api/v1").replace(['/', '{', '}'], "_")
        ),
        summary: line.summary.to_owned(),
        description: String::new(),
        parameters,
        secured: true,
        request,
        responses,
    }
}

fn of_path(name: &str) -> &'static str {
    match name {
        "id" => "30位编号",
        "code" => "机构编号或省级区划代码",
        "number" => "人员编号或就诊登记号",
        _ => "编号或名称",
    }
}
