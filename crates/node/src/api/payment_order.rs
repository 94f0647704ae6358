//! What clerks of a province do about payment orders (划拨单) and expected receipts.

use super::{Answer, Clerk, Input, query, read};
use crate::{context::Failure, payment_order, province::ProvinceNode};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use funds::payment_order::{Act, Money, Move, Side, Stage, Urgency, WrittenBack};
use std::sync::Arc;
use store::payment_order::KeptOrder;
use terms::{Fen, Refusal, money::parse_decimal};
use wire::api::payment_order::{NewMoney, NewWriteBack, OnDay, PaymentOrderView, PaymentOrders};

type Node = State<Arc<ProvinceNode>>;

/// How many orders one page has.
const PAGE: i64 = 200;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/orders", get(list_orders))
        .route("/api/v1/funds/orders/{number}", get(find_order))
        .route("/api/v1/funds/orders/{number}/hand-over", post(hand_over))
        .route("/api/v1/funds/orders/{number}/take-back", post(take_back))
        .route("/api/v1/funds/orders/{number}/money", post(pay))
        .route("/api/v1/funds/orders/{number}/write-back", post(write_back_order))
        .route("/api/v1/funds/orders/{number}/close", post(close_order))
        .route("/api/v1/funds/receipts", get(list_receipts))
        .route("/api/v1/funds/receipts/{number}", get(find_receipt))
        .route("/api/v1/funds/receipts/{number}/money", post(receive))
        .route("/api/v1/funds/receipts/{number}/write-back", post(write_back_receipt))
        .route("/api/v1/funds/receipts/{number}/close", post(close_receipt))
}

async fn list_orders(State(node): Node, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    list(&node, Side::Payment, &uri).await
}

async fn list_receipts(State(node): Node, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    list(&node, Side::Receipt, &uri).await
}

/// By stage (all that are not closed if none is said), and by how near the deadline is.
async fn list(node: &ProvinceNode, side: Side, uri: &Uri) -> Result<Answer, Answer> {
    let named = |name: &str| Stage::ALL.into_iter().find(|stage| stage.name() == name);
    let stages = match query(uri, "stage").as_deref() {
        None => Stage::ALL[..5].to_vec(),
        Some("all") => Stage::ALL.to_vec(),
        Some(name) => {
            let expected = "received、handed_over、partly_paid、paid、written_back、closed或all";
            vec![named(name).ok_or_else(|| Refusal::invalid("stage", expected))?]
        }
    };
    let least = match query(uri, "urgency").as_deref() {
        None | Some("calm") => Urgency::Calm,
        Some("soon") => Urgency::Soon,
        Some("overdue") => Urgency::Overdue,
        Some(_) => return Err(Refusal::invalid("urgency", "calm、soon或overdue").into()),
    };
    let after = query(uri, "after").unwrap_or_default();
    let found = payment_order::list(node, side, &stages, &after, PAGE).await.map_err(Failure::refusal)?;
    let is_full = i64::try_from(found.len()) == Ok(PAGE);
    let next = found.last().filter(|_| is_full).map(|last| last.order.number.to_string());
    let today = node.context.now().day();
    let urgent = |kept: &&KeptOrder| {
        let due = payment_order::due(&kept.order, today);
        least == Urgency::Calm || due.is_some_and(|due| due.urgency() >= least)
    };
    let orders = found.iter().filter(urgent).map(|kept| view(node, kept)).collect();
    Ok(Answer::json(&PaymentOrders { orders, next }))
}

fn view(node: &ProvinceNode, kept: &KeptOrder) -> PaymentOrderView {
    let due = payment_order::due(&kept.order, node.context.now().day());
    PaymentOrderView::of(&kept.order, due, kept.reported == kept.revision)
}

async fn find_order(State(node): Node, _: Clerk, Path(number): Path<String>) -> Result<Answer, Answer> {
    find(&node, Side::Payment, &number).await
}

async fn find_receipt(State(node): Node, _: Clerk, Path(number): Path<String>) -> Result<Answer, Answer> {
    find(&node, Side::Receipt, &number).await
}

async fn find(node: &ProvinceNode, side: Side, number: &str) -> Result<Answer, Answer> {
    let number = read(number, "number", "划拨单号")?;
    let kept = payment_order::look(node, side, &number).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&view(node, &kept)))
}

async fn make(node: &ProvinceNode, side: Side, number: &str, made: Move) -> Result<Answer, Answer> {
    let number = read(number, "number", "划拨单号")?;
    let kept = payment_order::make(node, side, &number, &made).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&view(node, &kept)))
}

fn act(node: &ProvinceNode, clerk: &Clerk, body: OnDay) -> Result<Act, Refusal> {
    let today = node.context.now().day();
    let on = body.on.unwrap_or(today);
    if on > today {
        return Err(Refusal::invalid("on", "不晚于今天的日期"));
    }
    Ok(Act { on, by: clerk.name.clone() })
}

async fn hand_over(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<OnDay>,
) -> Result<Answer, Answer> {
    let act = act(&node, &clerk, body)?;
    make(&node, Side::Payment, &number, Move::HandOver(act)).await
}

async fn take_back(State(node): Node, _: Clerk, Path(number): Path<String>) -> Result<Answer, Answer> {
    make(&node, Side::Payment, &number, Move::TakeBack).await
}

async fn pay(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<NewMoney>,
) -> Result<Answer, Answer> {
    let money = money(&node, &clerk, &body)?;
    make(&node, Side::Payment, &number, money).await
}

async fn receive(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<NewMoney>,
) -> Result<Answer, Answer> {
    let money = money(&node, &clerk, &body)?;
    make(&node, Side::Receipt, &number, money).await
}

/// The largest amount that is entered by hand: a hundred billion yuan.
const AMOUNT_MAX: i64 = 10_000_000_000_000;

fn money(node: &ProvinceNode, clerk: &Clerk, body: &NewMoney) -> Result<Move, Refusal> {
    let fen = parse_decimal(&body.amount, 2).ok().and_then(|fen| i64::try_from(fen).ok());
    let fen = fen.filter(|fen| fen.abs() <= AMOUNT_MAX);
    let amount = fen.map(Fen).ok_or_else(|| Refusal::invalid("amount", "人民币元，至多两位小数"))?;
    let reference = text("reference", &body.reference, 64, "交易流水号")?;
    if body.on > node.context.now().day() {
        return Err(Refusal::invalid("on", "不晚于今天的交易日期"));
    }
    Ok(Move::Money(Money { reference, amount, on: body.on, by: clerk.name.clone() }))
}

/// A short text without control characters.
pub(super) fn text(field: &str, given: &str, most: usize, what: &str) -> Result<String, Refusal> {
    let given = given.trim();
    let fits = (1..=most).contains(&given.chars().count()) && !given.chars().any(char::is_control);
    if fits {
        Ok(given.to_owned())
    } else {
        Err(Refusal::invalid(field, format!("{what}，不超过{most}字")))
    }
}

fn written_back(node: &ProvinceNode, clerk: &Clerk, body: &NewWriteBack) -> Result<Move, Refusal> {
    let act = act(node, clerk, OnDay { on: body.on })?;
    Ok(Move::WriteBack(WrittenBack {
        on: act.on,
        bank: text("bank", &body.bank, 70, "开户银行")?,
        serial: text("serial", &body.serial, 64, "交易流水号")?,
        traded_on: body.traded_on,
        by: act.by,
    }))
}

async fn write_back_order(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<NewWriteBack>,
) -> Result<Answer, Answer> {
    let made = written_back(&node, &clerk, &body)?;
    make(&node, Side::Payment, &number, made).await
}

async fn write_back_receipt(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<NewWriteBack>,
) -> Result<Answer, Answer> {
    let made = written_back(&node, &clerk, &body)?;
    make(&node, Side::Receipt, &number, made).await
}

async fn close_order(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<OnDay>,
) -> Result<Answer, Answer> {
    let act = act(&node, &clerk, body)?;
    make(&node, Side::Payment, &number, Move::Close(act)).await
}

async fn close_receipt(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<OnDay>,
) -> Result<Answer, Answer> {
    let act = act(&node, &clerk, body)?;
    make(&node, Side::Receipt, &number, Move::Close(act)).await
}
