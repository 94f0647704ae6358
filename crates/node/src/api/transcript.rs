//! Transcripts (接口报文记录): switched on, prolonged, ended and erased; messages listed and looked at. An institution's office does so for its own, the
//! agency for those of its area. Each look is an entry of the audit trail, as of everything that lies in areas.

use super::{
    Answer, Clerk, Input,
    list::{self, Asked, Form},
    read, within,
};
use crate::{
    context::{Failure, Outcome},
    job::Progress,
    province::ProvinceNode,
    transcript,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::transcript::{BYTES_MAX, DAYS_KEPT, HOURS, MESSAGES_MAX, Origin};
use document::Cell;
use serde_json::Value;
use std::sync::Arc;
use store::transcript::{self as register, Deviating, Kept, Order, Strangers, Wanted};
use terms::{Day, InstitutionCode, PoolingArea, Refusal};
use wire::{
    api::transcript::{
        MessageDeviation, MessageRow, MessageView, NewRecording, RecordingView, StrangersView,
        TranscriptMessages,
    },
    hospital::table,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/institutions/{code}/recording", get(state).post(begin))
        .route("/api/v1/institutions/{code}/recording/end", post(end))
        .route("/api/v1/institutions/{code}/recording/erase", post(erase))
        .route("/api/v1/institutions/{code}/messages", get(messages))
        .route("/api/v1/institutions/{code}/messages/{number}", get(message))
}

/// The institution that an address names, if whoever asks may ask about it.
async fn asked_about(node: &ProvinceNode, clerk: &Clerk, code: &str) -> Result<InstitutionCode, Refusal> {
    let code: InstitutionCode = read(code, "code", "定点医药机构编号")?;
    within::of_institution(node, clerk, &code).await?;
    Ok(code)
}

// ------------------------------------------------------------------ switching

async fn state(State(node): Node, clerk: Clerk, Path(code): Path<String>) -> Result<Answer, Answer> {
    let code = asked_about(&node, &clerk, &code).await?;
    shown(&node, &code).await
}

async fn begin(
    State(node): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    Input(body): Input<NewRecording>,
) -> Result<Answer, Answer> {
    let code = asked_about(&node, &clerk, &code).await?;
    let begun = transcript::begin(&node, &code, (body.hours, &body.reason), &clerk.name).await;
    begun.map_err(Failure::refusal)?;
    shown(&node, &code).await
}

async fn end(State(node): Node, clerk: Clerk, Path(code): Path<String>) -> Result<Answer, Answer> {
    let code = asked_about(&node, &clerk, &code).await?;
    transcript::end(&node, &code, false).await.map_err(Failure::refusal)?;
    shown(&node, &code).await
}

async fn erase(State(node): Node, clerk: Clerk, Path(code): Path<String>) -> Result<Answer, Answer> {
    let code = asked_about(&node, &clerk, &code).await?;
    transcript::end(&node, &code, true).await.map_err(Failure::refusal)?;
    shown(&node, &code).await
}

async fn shown(node: &ProvinceNode, code: &InstitutionCode) -> Result<Answer, Answer> {
    let (institution, found, strangers) = transcript::find(node, code).await.map_err(Failure::refusal)?;
    let now = node.context.now();
    let of_state = |of: fn(&register::Transcript) -> i64| found.as_ref().map_or(0, of);
    let (messages, bytes) = (of_state(|found| found.messages), of_state(|found| found.bytes));
    let full = (messages * 100 / MESSAGES_MAX).max(bytes * 100 / BYTES_MAX).clamp(0, 100);
    let small = |value: i64| u32::try_from(value.max(0)).unwrap_or(u32::MAX);
    let recording = found.as_ref().map(|found| &found.recording);
    Ok(Answer::json(&RecordingView {
        institution: institution.code.clone(),
        name: institution.name.clone(),
        on: recording.is_some_and(|recording| recording.is_on(now)),
        begins: recording.map(|recording| recording.begins.to_string()),
        ends: recording.map(|recording| recording.ends.to_string()),
        by: recording.map(|recording| recording.by.clone()),
        reason: recording.map(|recording| recording.reason.clone()),
        messages: small(messages),
        messages_max: small(MESSAGES_MAX),
        full: u8::try_from(full).unwrap_or(100),
        dropped: small(of_state(|found| found.dropped)),
        hours_max: *HOURS.end(),
        days_kept: DAYS_KEPT,
        strangers: strangers.iter().map(stranger).collect(),
    }))
}

fn stranger(one: &Strangers) -> StrangersView {
    StrangersView {
        address: one.address.clone(),
        why: one.why.code().to_owned(),
        why_name: one.why.chinese().to_owned(),
        advice: one.why.advice().to_owned(),
        infno: one.infno.clone(),
        times: u32::try_from(one.times.max(0)).unwrap_or(u32::MAX),
        first: one.first.to_string(),
        last: one.last.to_string(),
    }
}

// ------------------------------------------------------------------ messages

const OUTCOMES: [&str; 4] = ["done", "refused", "gateway", "other"];

fn wanted<'a>(
    asked: &'a Asked,
    whose: (PoolingArea, &'a InstitutionCode),
    rows: list::Rows,
) -> Result<Wanted<'a>, Refusal> {
    let outcome = asked.text("outcome");
    if outcome.is_some_and(|outcome| !OUTCOMES.contains(&outcome)) {
        return Err(Refusal::invalid("outcome", OUTCOMES.join("、")));
    }
    let origins = || Refusal::invalid("origin", Origin::ALL.map(Origin::code).join("、"));
    let origin = asked.text("origin").map(|code| Origin::from_code(code).ok_or_else(origins)).transpose()?;
    let deviating = match asked.text("deviating") {
        None => None,
        Some("fault") => Some(Deviating::Fault),
        Some("any") => Some(Deviating::Any),
        Some("none") => Some(Deviating::Not),
        Some(_) => return Err(Refusal::invalid("deviating", "fault、any或none")),
    };
    let (order, backwards) = match asked.text("sort") {
        None | Some("-came") => (Order::Came, true),
        Some("came") => (Order::Came, false),
        Some("took") => (Order::Took, false),
        Some("-took") => (Order::Took, true),
        Some(_) => return Err(Refusal::invalid("sort", "-came、came、took或-took")),
    };
    let mark = |text: &str| {
        let (value, number) = text.split_once('.')?;
        Some((value.parse().ok()?, number.parse().ok()?))
    };
    let after = asked.text("after");
    let after = after.map(|text| mark(text).ok_or_else(|| Refusal::invalid("after", "上一页的next")));
    let (from, until): (Option<Day>, Option<Day>) =
        (asked.read("from", "yyyy-MM-dd形式的日期")?, asked.read("until", "yyyy-MM-dd形式的日期")?);
    Ok(Wanted {
        whose,
        origin,
        infno: asked.text("infno"),
        outcome,
        deviating,
        msgid: asked.text("msgid"),
        from: from.map(Day::start),
        until: until.map(|day| day.plus_days(1).start()),
        order,
        backwards,
        after: after.transpose()?,
        most: rows.asked(),
    })
}

async fn messages(
    State(node): Node,
    clerk: Clerk,
    progress: Progress,
    Path(code): Path<String>,
    uri: Uri,
) -> Result<Answer, Answer> {
    let code = asked_about(&node, &clerk, &code).await?;
    let asked = Asked::of(&uri)?;
    let rows = list::rows(asked.read("limit", "1到100的整数")?, asked.text("form"))?;
    let area = area_of(&node, &code).await.map_err(Failure::refusal)?;
    let wanted = wanted(&asked, (area, &code), rows)?;
    progress.begin((1, 2), "查询");
    let find = async {
        let mut conn = node.context.store.conn().await?;
        Ok(register::list(&mut conn, &wanted).await?)
    };
    let found = find.await.map_err(|failure: Failure| failure.refusal())?;
    let (found, follows) = rows.shown(found);
    let next = found.last().filter(|_| follows).map(|(number, last)| match wanted.order {
        Order::Came => format!("{}.{number}", last.came.millis()),
        Order::Took => format!("{}.{number}", last.took),
    });
    let messages: Vec<MessageRow> = found.iter().map(|(number, kept)| row(*number, kept)).collect();
    progress.begin((2, 2), "生成文件");
    Ok(match rows.form {
        Form::Page => Answer::json(&TranscriptMessages { messages, next }),
        Form::File(format) => {
            list::file("接口报文记录", format, &HEADS, messages.into_iter().map(cells).collect())
        }
    })
}

/// The pooling area under which an institution's messages are kept.
async fn area_of(node: &ProvinceNode, code: &InstitutionCode) -> Outcome<PoolingArea> {
    let unknown = || Refusal::NoSuchInstitution { code: code.to_string() };
    let found = node.institution(code).await?.ok_or_else(unknown)?;
    Ok(found.place.0.pooling_area())
}

const HEADS: [&str; 12] = [
    "序号",
    "时间",
    "来源",
    "交易编号",
    "交易名称",
    "发送方报文ID",
    "结果",
    "应答",
    "拒绝代码",
    "用时（毫秒）",
    "偏差",
    "提示",
];

fn cells(row: MessageRow) -> Vec<Cell> {
    vec![
        Cell::Count(row.number),
        row.came.into(),
        row.origin_name.into(),
        row.infno.into(),
        row.transaction.into(),
        row.msgid.into(),
        outcome_name(&row.outcome).into(),
        row.said.into(),
        row.code.map_or(Cell::Empty, Cell::from),
        Cell::Count(row.milliseconds),
        Cell::Count(i64::from(row.faults)),
        Cell::Count(i64::from(row.notes)),
    ]
}

fn outcome_name(outcome: &str) -> &'static str {
    match outcome {
        "done" => "成功",
        "refused" => "拒绝",
        "gateway" => "网关拒绝",
        _ => "其他",
    }
}

fn row(number: i64, kept: &Kept) -> MessageRow {
    let small = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    let known = table::table().iter().find(|known| known.infno == kept.infno);
    MessageRow {
        number,
        came: kept.came.to_string(),
        milliseconds: kept.took,
        origin: kept.origin.code().to_owned(),
        origin_name: kept.origin.chinese().to_owned(),
        infno: kept.infno.clone(),
        transaction: known.map_or_else(String::new, |known| known.name.to_owned()),
        msgid: kept.msgid.clone(),
        outcome: kept.outcome.clone(),
        said: kept.said.clone(),
        code: kept.code.clone(),
        faults: small(kept.faults),
        notes: small(kept.notes),
        answer_faults: small(kept.answer_faults),
    }
}

async fn message(
    State(node): Node,
    clerk: Clerk,
    Path((code, number)): Path<(String, String)>,
) -> Result<Answer, Answer> {
    let code = asked_about(&node, &clerk, &code).await?;
    let asked: i64 = read(&number, "number", "报文记录的序号")?;
    let look = async {
        let area = area_of(&node, &code).await?;
        let mut conn = node.context.store.conn().await?;
        Ok::<_, Failure>(register::message(&mut conn, (area, &code), asked).await?)
    };
    let found = look.await.map_err(Failure::refusal)?;
    let (kept, bodies) = found.ok_or_else(|| Refusal::UnknownMessage { number: asked.to_string() })?;
    let json = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let (deviations, answer_deviations): (Vec<MessageDeviation>, Vec<MessageDeviation>) =
        serde_json::from_str(&bodies.deviations).unwrap_or_default();
    Ok(Answer::json(&MessageView {
        row: row(asked, &kept),
        status: kept.status,
        request: json(&bodies.request),
        answer: json(&bodies.answer),
        deviations,
        answer_deviations,
    }))
}
