//! Details that were sent on: a clerk of the insured place looks at them, an operator of the treatment place at how far they
//! have come.

use super::{Answer, Clerk, query, read};
use crate::{
    context::Failure,
    details_on::{self, Looked},
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::access::Area;
use std::{collections::BTreeMap, sync::Arc};
use store::{
    detail::{Detail, Receipt},
    transmission::{self, Stage, Transmission},
};
use terms::{Fen, InsuredPlace, Refusal, SettlementId};
use wire::api::{DetailView, DetailsView, TransmissionView, Transmissions};

type Node = State<Arc<ProvinceNode>>;

/// The most details in one answer.
const DETAILS: usize = 500;
/// The most transmissions in one answer.
const TRANSMISSIONS: usize = 100;

/// The routes of details.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/details", get(list_details))
        .route("/api/v1/transmissions", get(list_transmissions))
        .route("/api/v1/transmissions/{id}/again", post(send_again))
}

async fn list_details(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = |name, expected| query(&uri, name).ok_or_else(|| Refusal::missing(name, expected));
    let insured = InsuredPlace(read(&asked("insured", "六位参保地区划")?, "insured", "六位参保地区划")?);
    let id = settlement_id(&asked("settlement", "30位结算ID")?, "settlement")?;
    let after = query(&uri, "after").unwrap_or_default();
    clerk.within(&Area::from(insured.pooling_area()))?;
    let looker = clerk.looker("查询费用明细");
    let most = i64::try_from(DETAILS).expect("a small number");
    let looked = details_on::look(&node, (insured, id), (&after, most), (looker.name, looker.purpose)).await;
    Ok(Answer::json(&details_view(id, looked.map_err(Failure::refusal)?)))
}

fn settlement_id(text: &str, name: &str) -> Result<SettlementId, Refusal> {
    read(text, name, "30位结算ID")
}

fn details_view(id: SettlementId, looked: Looked) -> DetailsView {
    let receipt = looked.receipt.as_ref();
    let sum = |of: fn(&Receipt) -> Fen| receipt.map_or(Fen::ZERO, of);
    let next = looked.lines.last().filter(|_| looked.lines.len() == DETAILS).map(|line| line.serial.clone());
    DetailsView {
        settlement: id.to_string(),
        stage: receipt.map_or("none", |receipt| receipt.stage.name()).to_owned(),
        stage_name: receipt.map_or("尚未收到", |receipt| receipt.stage.chinese()).to_owned(),
        lines_due: receipt.map_or(0, |receipt| receipt.lines_due),
        lines: receipt.map_or(0, |receipt| receipt.lines),
        total_due: sum(|receipt| receipt.total_due),
        total: sum(|receipt| receipt.total),
        difference: receipt.and_then(|receipt| receipt.difference.clone()),
        begun_at: receipt.map(|receipt| receipt.begun_at.to_string()),
        ended_at: receipt.and_then(|receipt| receipt.ended_at).map(|at| at.to_string()),
        details: looked.lines.into_iter().map(detail_view).collect(),
        next,
    }
}

fn detail_view(line: Detail) -> DetailView {
    DetailView {
        serial: line.serial,
        refunds: line.refunds,
        day: line.day,
        item: line.item,
        local_item: line.local_item,
        quantity: decimal(line.quantity, 4),
        price: decimal(line.price, 6),
        category: line.category.code().to_owned(),
        category_name: line.category.chinese().to_owned(),
        class: line.class.code().to_owned(),
        herb_use: line.herb_use,
        amount: line.split.total,
        out_of_scope: line.split.out_of_scope,
        over_limit: line.split.over_limit,
        first_self_pay: line.split.first_self_pay,
        in_scope: line.split.in_scope,
    }
}

/// A whole number of the smallest units as a decimal number.
pub(super) fn decimal(units: i64, places: u32) -> String {
    let one = 10_u64.pow(places);
    let sign = if units < 0 { "-" } else { "" };
    let (whole, rest) = (units.unsigned_abs() / one, units.unsigned_abs() % one);
    format!("{sign}{whole}.{rest:0width$}", width = places as usize)
}

async fn list_transmissions(State(node): Node, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let named = |name: &str| Stage::ALL.into_iter().find(|stage| stage.name() == name);
    let expected = || Refusal::invalid("stage", Stage::ALL.map(Stage::name).join("、"));
    let stage =
        query(&uri, "stage").map_or(Ok(Stage::Different), |name| named(&name).ok_or_else(expected))?;
    let after = query(&uri, "after").map(|text| settlement_id(&text, "after")).transpose()?;
    let read = async {
        let mut conn = node.context.store.conn().await?;
        let most = i64::try_from(TRANSMISSIONS).expect("a small number");
        let counts = transmission::counts(&mut conn, node.province).await?;
        Ok::<_, Failure>((counts, transmission::list(&mut conn, node.province, stage, after, most).await?))
    };
    let (counts, found) = read.await.map_err(Failure::refusal)?;
    let next = found.last().filter(|_| found.len() == TRANSMISSIONS).map(|last| last.settlement.to_string());
    let counts: BTreeMap<String, i64> =
        counts.into_iter().map(|(stage, count)| (stage.name().to_owned(), count)).collect();
    Ok(Answer::json(&Transmissions { counts, transmissions: found.iter().map(view).collect(), next }))
}

async fn send_again(State(node): Node, _: Clerk, Path(id): Path<String>) -> Result<Answer, Answer> {
    let at = details_on::send_again(&node, settlement_id(&id, "id")?).await?;
    Ok(Answer::json(&view(&at)))
}

fn view(at: &Transmission) -> TransmissionView {
    TransmissionView {
        settlement: at.settlement.to_string(),
        insured: at.insured,
        stage: at.stage.name().to_owned(),
        stage_name: at.stage.chinese().to_owned(),
        round: at.round,
        batches: at.batches,
        lines: at.lines,
        difference: at.difference.clone(),
        changed_at: at.changed_at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn units_are_written_with_all_their_places() {
        for (units, places, written) in [
            (0, 4, "0.0000"),
            (12_500, 4, "1.2500"),
            (-1, 6, "-0.000001"),
            (i64::MIN, 4, "-922337203685477.5808"),
        ] {
            assert_eq!(decimal(units, places), written);
        }
    }
}
