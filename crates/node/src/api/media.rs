//! What clerks of an insured place do with its people's media: issue, report lost, lift, stop, list; and make a voucher, as the
//! person's phone would.

use super::{Answer, Clerk, Input, province::who, query, read, within};
use crate::{filing::Who, medium::issuer, province::ProvinceNode};
use axum::{
    Router,
    extract::State,
    http::Uri,
    routing::{get, post},
};
use casework::medium::Move;
use std::sync::Arc;
use terms::{InsuredPlace, Refusal};
use wire::api::{
    Shown,
    media::{CardView, Holder, IssuedCard, MadeVoucher, Media, NewCard, VoucherView},
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of media.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/cards", post(issue_card))
        .route("/api/v1/cards/loss", post(report_loss))
        .route("/api/v1/cards/lift", post(lift))
        .route("/api/v1/cards/stop", post(stop))
        .route("/api/v1/vouchers", post(make_voucher))
        .route("/api/v1/media", get(list_media))
}

async fn issue_card(State(node): Node, clerk: Clerk, Input(body): Input<NewCard>) -> Result<Answer, Answer> {
    let who = who(body.person, body.certno)?;
    within::of_person(&node, &clerk, body.insured, &who).await?;
    let purpose = if body.replace { "补换社会保障卡" } else { "发放社会保障卡" };
    let looker = clerk.looker(purpose);
    let issued = issuer::issue(&node, (body.insured, &who), body.replace, looker).await?;
    Ok(Answer::json(&IssuedCard {
        number: issued.card.number.reveal().to_owned(),
        card_sn: issued.card.identification.reveal().to_owned(),
        cipher: issued.cipher,
        issued_at: issued.card.issued_at.to_string(),
    }))
}

async fn report_loss(node: Node, clerk: Clerk, Input(body): Input<Holder>) -> Result<Answer, Answer> {
    move_card(node, clerk, body, (Move::ReportLoss, "社会保障卡挂失")).await
}

async fn lift(node: Node, clerk: Clerk, Input(body): Input<Holder>) -> Result<Answer, Answer> {
    move_card(node, clerk, body, (Move::Lift, "社会保障卡解挂")).await
}

async fn stop(node: Node, clerk: Clerk, Input(body): Input<Holder>) -> Result<Answer, Answer> {
    move_card(node, clerk, body, (Move::Stop, "社会保障卡注销")).await
}

async fn move_card(
    State(node): Node,
    clerk: Clerk,
    body: Holder,
    (step, purpose): (Move, &str),
) -> Result<Answer, Answer> {
    let who = who(body.person, body.certno)?;
    within::of_person(&node, &clerk, body.insured, &who).await?;
    let card = issuer::step(&node, (body.insured, &who), step, clerk.looker(purpose)).await?;
    // A card that was just moved is shown masked: only a look shows it whole.
    Ok(Answer::json(&CardView::of(&card, Shown::Masked)))
}

async fn make_voucher(State(node): Node, clerk: Clerk, Input(body): Input<Holder>) -> Result<Answer, Answer> {
    let who = who(body.person, body.certno)?;
    within::of_person(&node, &clerk, body.insured, &who).await?;
    let (code, voucher) =
        issuer::make_voucher(&node, (body.insured, &who), clerk.looker("生成医保电子凭证")).await?;
    Ok(Answer::json(&MadeVoucher { code, expires_at: voucher.expires_at.to_string() }))
}

async fn list_media(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let place = query(&uri, "insured").ok_or_else(|| Refusal::missing("insured", "六位参保地区划"))?;
    let insured = InsuredPlace(read(&place, "insured", "六位参保地区划")?);
    let person = query(&uri, "person").map(|text| read(&text, "person", "人员编号")).transpose()?;
    let certno = query(&uri, "certno").map(|text| read(&text, "certno", "18位公民身份号码")).transpose()?;
    let who: Who = who(person, certno)?;
    within::of_person(&node, &clerk, insured, &who).await?;
    let (cards, vouchers) = issuer::list(&node, (insured, &who), clerk.looker("查询就医凭证")).await?;
    Ok(Answer::json(&Media {
        cards: cards.iter().map(|card| CardView::of(card, clerk.shown)).collect(),
        vouchers: vouchers.iter().map(VoucherView::of).collect(),
    }))
}
