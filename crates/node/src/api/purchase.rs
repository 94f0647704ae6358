//! Orders of cross-region purchases (异地就医购药订单): the person sees and confirms them. Whoever runs the person's own way to the
//! platform (the electronic voucher's app, a portal) calls these addresses for the person.

use super::{Answer, Clerk, Input, details::decimal, query, read, within};
use crate::{
    context::{Failure, Outcome},
    insured::{record_look, refusal_of},
    province::ProvinceNode,
    purchase_order::{self, OrderedLine, Seen},
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::{access::Area, settlement::Stage};
use std::{collections::BTreeSet, sync::Arc};
use store::purchase_order::Selection;
use terms::{CitizenId, Refusal};
use wire::api::{
    Refused, Shown,
    purchase::{ConfirmPurchase, PurchaseLine, PurchaseOrderView, PurchaseOrders},
    shown_number,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of orders.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/purchase-orders", get(list_orders))
        .route("/api/v1/purchase-orders/{number}/confirm", post(confirm_order))
}

async fn list_orders(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    const EXPECTED: &str = "18位公民身份号码";
    let certno = query(&uri, "certno").ok_or_else(|| Refusal::missing("certno", EXPECTED))?;
    let citizen: CitizenId = read(&certno, "certno", EXPECTED)?;
    let found = look(&node, &citizen, &clerk).await.map_err(Failure::refusal)?;
    let orders = found.iter().map(|seen| view(&node, seen, clerk.shown)).collect();
    Ok(Answer::json(&PurchaseOrders { orders }))
}

/// Orders that lie where whoever asks works: at the pharmacy, or where the person is insured.
async fn look(node: &ProvinceNode, citizen: &CitizenId, clerk: &Clerk) -> Outcome<Vec<Seen>> {
    let looker = clerk.looker("查询购药订单");
    let mut work = node.context.store.begin().await?;
    let selection = Selection { province: node.province, citizen, institution: None, number: None };
    let mut found = Vec::new();
    // Asked whether anything was found or not.
    let _ = clerk.scope();
    for seen in purchase_order::list(node, work.conn(), selection).await? {
        let insured = Area::of_division(seen.order.insured.division());
        if clerk.permits(&insured)
            || within::permits_institution(node, clerk, &seen.order.institution).await?
        {
            found.push(seen);
        }
    }
    let looked_at: BTreeSet<_> = found.iter().map(|seen| (seen.order.area, &seen.order.person)).collect();
    for (area, person) in looked_at {
        record_look(node, &mut work, area, person, looker.name, looker.purpose).await?;
    }
    work.save().await?;
    Ok(found)
}

async fn confirm_order(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<ConfirmPurchase>,
) -> Result<Answer, Answer> {
    let order = purchase_order::find(&node, &number).await.map_err(Failure::refusal)?;
    let treated = within::area_of_institution(&node, &order.institution).await?;
    clerk.within_any(&[Area::of_division(order.insured.division()), treated])?;
    let seen = purchase_order::confirm(&node, &number, body.use_account).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&view(&node, &seen, Shown::Masked)))
}

fn view(node: &ProvinceNode, seen: &Seen, shown: Shown) -> PurchaseOrderView {
    let (order, content) = (&seen.order, &seen.content);
    let settled = seen.settlement.as_ref();
    let came_to = settled.filter(|settlement| !matches!(settlement.stage, Stage::Asked | Stage::Refused));
    let fund_total = came_to.map_or(order.fund_total, |settlement| settlement.amounts.fund_total);
    let refusal = settled.and_then(|settlement| settlement.refusal.as_ref());
    PurchaseOrderView {
        number: order.number.clone(),
        standing: seen.standing.name().to_owned(),
        standing_name: seen.standing.chinese().to_owned(),
        institution: order.institution.clone(),
        institution_name: content.institution_name.clone(),
        person: shown_number(&order.person, shown),
        scheme: content.scheme,
        insured: order.insured,
        bought_on: order.bought_on,
        total: order.total,
        fund_total,
        person_total: order.total - fund_total,
        lines: content.lines.iter().map(|line| line_view(node, line)).collect(),
        settlement: order.settlement.map(|id| id.to_string()),
        refusal: refusal.map(|stored| Refused::from(&refusal_of(Some(stored)))),
        ordered_at: order.ordered_at.to_string(),
        expires_at: order.expires_at.to_string(),
    }
}

fn line_view(node: &ProvinceNode, line: &OrderedLine) -> PurchaseLine {
    let item = node.settings.catalog.find(&line.item, line.occurred_at.day());
    PurchaseLine {
        item: line.item.clone(),
        name: item.map(|item| item.name.clone()).unwrap_or_default(),
        quantity: decimal(line.quantity, 4),
        amount: line.amount,
    }
}
