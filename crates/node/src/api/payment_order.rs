//! What clerks of a province do about payment orders (划拨单) and expected receipts.

use super::{
    Answer, Clerk, Input,
    bank::scheme_of,
    list::{self, Asked},
    query, read,
};
use crate::{context::Failure, payment_order, province::ProvinceNode};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use funds::payment_order::{Act, Money, Move, OrderNumber, Side, Stage, Urgency, WrittenBack};
use std::sync::Arc;
use store::payment_order::{KeptOrder, OrdersWanted};
use terms::{Fen, Refusal, money::parse_decimal};
use wire::api::payment_order::{NewMoney, NewWriteBack, OnDay, PaymentOrderView, PaymentOrders};

type Node = State<Arc<ProvinceNode>>;

/// How many orders one page has.
const PAGE: u16 = 100;
/// How many are read at a time.
const READ_AT_ONCE: i64 = 200;

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
    let asked = Asked::of(uri)?;
    let (by, backwards) = asked.sorted(&["number", "amount"])?;
    let rows = list::rows(asked.read("limit", "1到100的整数")?.or(Some(PAGE)), None)?;
    let mut after = asked.text("after").map(mark).transpose()?;
    let today = node.context.now().day();
    let is_urgent = |kept: &KeptOrder| {
        let due = payment_order::due(&kept.order, today);
        least == Urgency::Calm || due.is_some_and(|due| due.urgency() >= least)
    };
    let mut found = Vec::new();
    // A deadline is counted in working days: it is no column. Those that are near are looked for until a page is full.
    loop {
        let wanted = OrdersWanted {
            side,
            stages: &stages,
            scheme: asked.text("scheme").map(scheme_of).transpose()?,
            other: asked.read("other", "对方省级区划代码，形如420000")?,
            by_amount: by == "amount",
            backwards,
            after: after.as_ref(),
            most: READ_AT_ONCE,
        };
        let read = payment_order::search(node, &wanted).await.map_err(Failure::refusal)?;
        let is_last = i64::try_from(read.len()) != Ok(READ_AT_ONCE);
        after = read.last().map(|last| (last.order.amount(), last.order.number.to_string()));
        found.extend(read.into_iter().filter(is_urgent));
        if is_last || found.len() > usize::from(rows.most) {
            break;
        }
    }
    let (found, follows) = rows.shown(found);
    let next = found.last().filter(|_| follows).map(|last| {
        let (amount, number) = (last.order.amount().0, &last.order.number);
        format!("{amount}.{number}")
    });
    let orders = found.iter().map(|kept| view(node, kept)).collect();
    Ok(Answer::json(&PaymentOrders { orders, next }))
}

/// What a page ended with: its amount in fen, and its number.
fn mark(text: &str) -> Result<(Fen, String), Refusal> {
    let read = || {
        let (amount, number) = text.split_once('.')?;
        Some((Fen(amount.parse().ok()?), number.parse::<OrderNumber>().ok()?.to_string()))
    };
    read().ok_or_else(|| Refusal::invalid("after", "上一页的next"))
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
