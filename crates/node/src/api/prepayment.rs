//! What clerks do about prepayments (预付金): at the hub the yearly setting and the decisions on emergency increases, at a province
//! applications and what its pooling areas put up; at both how each prepayment stands.

use super::{Answer, Clerk, Input, query, read};
use crate::{
    context::Failure,
    hub::Hub,
    prepayment::{
        area,
        increase::{self, NewIncrease},
        position, year,
    },
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::{access::Area, emergency_increase::StageName};
use funds::{Pair, movement::area_prepayment::AreaMoney as Moved};
use std::sync::Arc;
use store::{emergency_increase::Kept, prepayment::KeptChange};
use terms::{Day, Fen, InsuranceScheme, Province, Refusal};
use wire::api::{
    Reason,
    prepayment::{
        AcceptIncrease, AdoptPrepayments, ApplyIncrease, AreaMoney, IncreaseView, Increases,
        PrepaymentChangeView, PrepaymentChanges, SetAreaPrepayment, SetPrepayment, amount_of,
    },
};

type AtHub = State<Arc<Hub>>;
type AtProvince = State<Arc<ProvinceNode>>;

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new()
        .route("/api/v1/funds/prepayments", get(hub_positions))
        .route("/api/v1/funds/prepayments/compute", post(hub_compute))
        .route("/api/v1/funds/prepayments/years", get(years))
        .route("/api/v1/funds/prepayments/years/{year}", get(find_year))
        .route("/api/v1/funds/prepayments/years/{year}/draft", post(draft))
        .route("/api/v1/funds/prepayments/years/{year}/set", post(set))
        .route("/api/v1/funds/prepayments/years/{year}/adopt", post(adopt))
        .route("/api/v1/funds/prepayments/changes", get(changes))
        .route("/api/v1/funds/prepayments/increases", get(hub_increases))
        .route("/api/v1/funds/prepayments/increases/{id}/accept", post(accept))
        .route("/api/v1/funds/prepayments/increases/{id}/refuse", post(refuse))
}

/// The routes of a province.
pub fn of_province() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/prepayments", get(positions))
        .route("/api/v1/funds/prepayments/compute", post(compute))
        .route("/api/v1/funds/prepayments/increases", get(increases).post(apply))
        .route("/api/v1/funds/prepayments/increases/{id}/withdraw", post(withdraw))
        .route("/api/v1/funds/prepayments/areas/{year}", get(areas))
        .route("/api/v1/funds/prepayments/areas/{year}/draft", post(draft_areas))
        .route("/api/v1/funds/prepayments/areas/{year}/set", post(set_area))
        .route("/api/v1/funds/prepayments/areas/{year}/issue", post(issue_areas))
        .route("/api/v1/funds/prepayments/areas/{year}/money", post(area_money))
}

fn year_of(text: &str) -> Result<i16, Refusal> {
    let year: i16 = read(text, "year", "四位数字的年度")?;
    if (2000..=9000).contains(&year) {
        Ok(year)
    } else {
        Err(Refusal::invalid("year", "四位数字的年度"))
    }
}

fn amount(text: &str) -> Result<Fen, Refusal> {
    let expected = "金额（元），文本，不小于零，最多两位小数，不超过一千亿元";
    amount_of(text).ok_or_else(|| Refusal::invalid("amount", expected))
}

fn amount_if(text: Option<&str>) -> Result<Option<Fen>, Refusal> {
    text.map(amount).transpose()
}

fn stage_of(uri: &Uri) -> Result<Option<StageName>, Refusal> {
    let named = |text: &str| StageName::ALL.into_iter().find(|stage| stage.name() == text);
    let expected = "applied、accepted、refused、paid、withdrawn之一";
    query(uri, "stage")
        .map(|text| named(&text).ok_or_else(|| Refusal::invalid("stage", expected)))
        .transpose()
}

// ---------------------------------------------------------------- the hub

async fn hub_positions(State(hub): AtHub, _: Clerk) -> Result<Answer, Answer> {
    Ok(Answer::json(&position::list_at_hub(&hub).await.map_err(Failure::refusal)?))
}

async fn hub_compute(State(hub): AtHub, _: Clerk) -> Result<Answer, Answer> {
    position::compute_at_hub(&hub).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&position::list_at_hub(&hub).await.map_err(Failure::refusal)?))
}

async fn years(State(hub): AtHub, _: Clerk) -> Result<Answer, Answer> {
    Ok(Answer::json(&year::list(&hub).await.map_err(Failure::refusal)?))
}

async fn find_year(State(hub): AtHub, _: Clerk, Path(text): Path<String>) -> Result<Answer, Answer> {
    shown(&hub, year_of(&text)?).await
}

async fn shown(hub: &Hub, number: i16) -> Result<Answer, Answer> {
    Ok(Answer::json(&year::find(hub, number).await.map_err(Failure::refusal)?))
}

async fn draft(State(hub): AtHub, clerk: Clerk, Path(text): Path<String>) -> Result<Answer, Answer> {
    let number = year_of(&text)?;
    year::draft(&hub, number, (&clerk.name, &clerk.author())).await.map_err(Failure::refusal)?;
    shown(&hub, number).await
}

async fn set(
    State(hub): AtHub,
    clerk: Clerk,
    Path(text): Path<String>,
    Input(body): Input<SetPrepayment>,
) -> Result<Answer, Answer> {
    let number = year_of(&text)?;
    let of = (Pair { insured: body.insured, treatment: body.treatment }, body.scheme);
    let amount = amount_if(body.amount.as_deref())?;
    let (set, by) = ((amount, body.reason.as_str()), (clerk.name.as_str(), &clerk.author()));
    year::set(&hub, number, of, set, by).await.map_err(Failure::refusal)?;
    shown(&hub, number).await
}

async fn adopt(
    State(hub): AtHub,
    clerk: Clerk,
    Path(text): Path<String>,
    Input(body): Input<AdoptPrepayments>,
) -> Result<Answer, Answer> {
    let number = year_of(&text)?;
    clerk.decides(&Area::Nation, &year::subject(number)).await?;
    year::adopt(&hub, number, body.round, &clerk.name).await.map_err(Failure::refusal)?;
    shown(&hub, number).await
}

async fn changes(State(hub): AtHub, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let province = |name: &str| -> Result<Province, Refusal> {
        let expected = "省级区划代码，形如420000";
        read(&query(&uri, name).ok_or_else(|| Refusal::missing(name, expected))?, name, expected)
    };
    let expected = "险种代码：310（职工）或390（城乡居民）";
    let code = query(&uri, "scheme").ok_or_else(|| Refusal::missing("scheme", expected))?;
    let scheme = InsuranceScheme::ALL.iter().copied().find(|scheme| scheme.code() == code);
    let scheme = scheme.ok_or_else(|| Refusal::invalid("scheme", expected))?;
    let pair = Pair { insured: province("insured")?, treatment: province("treatment")? };
    let found = year::changes(&hub, (pair, scheme)).await.map_err(Failure::refusal)?;
    let view = |kept: KeptChange| PrepaymentChangeView {
        cause: kept.cause,
        day: kept.day,
        before: kept.change.before.to_string(),
        difference: kept.change.difference.to_string(),
        notice: kept.change.notice.map(|number| number.to_string()),
        by: kept.by,
        at: kept.at.to_string(),
    };
    Ok(Answer::json(&PrepaymentChanges { changes: found.into_iter().map(view).collect() }))
}

async fn hub_increases(State(hub): AtHub, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    list_increases(&hub.context, &uri).await
}

async fn accept(
    State(hub): AtHub,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<AcceptIncrease>,
) -> Result<Answer, Answer> {
    let amount = amount_if(body.amount.as_deref())?;
    let decided = increase::accept(&hub, &id, (amount, &body.reason), &clerk.name).await;
    Ok(shown_increase(&decided.map_err(Failure::refusal)?, hub.context.now().day()))
}

async fn refuse(
    State(hub): AtHub,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<Reason>,
) -> Result<Answer, Answer> {
    let decided = increase::refuse(&hub, &id, &body.reason, &clerk.name).await;
    Ok(shown_increase(&decided.map_err(Failure::refusal)?, hub.context.now().day()))
}

fn shown_increase(kept: &Kept, today: Day) -> Answer {
    Answer::json(&IncreaseView::of(&kept.increase, kept.told, today))
}

async fn list_increases(context: &crate::Context, uri: &Uri) -> Result<Answer, Answer> {
    let found = increase::list(&context.store, stage_of(uri)?).await.map_err(Failure::refusal)?;
    let today = context.now().day();
    let increases = found.iter().map(|kept| IncreaseView::of(&kept.increase, kept.told, today)).collect();
    Ok(Answer::json(&Increases { increases }))
}

// ---------------------------------------------------------------- a province

async fn positions(State(node): AtProvince, _: Clerk) -> Result<Answer, Answer> {
    Ok(Answer::json(&position::list(&node).await.map_err(Failure::refusal)?))
}

async fn compute(State(node): AtProvince, _: Clerk) -> Result<Answer, Answer> {
    position::compute(&node).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&position::list(&node).await.map_err(Failure::refusal)?))
}

async fn increases(State(node): AtProvince, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    list_increases(&node.context, &uri).await
}

async fn apply(
    State(node): AtProvince,
    clerk: Clerk,
    Input(body): Input<ApplyIncrease>,
) -> Result<Answer, Answer> {
    let new = NewIncrease {
        insured: body.insured,
        scheme: body.scheme,
        asked: amount(&body.amount)?,
        reason: body.reason,
        signed_on: body.signed_on,
    };
    let applied = increase::apply(&node, new, &clerk.name).await.map_err(Failure::refusal)?;
    Ok(shown_increase(&applied, node.context.now().day()))
}

async fn withdraw(
    State(node): AtProvince,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<Reason>,
) -> Result<Answer, Answer> {
    let withdrawn = increase::withdraw(&node, &id, &body.reason, &clerk.name).await;
    Ok(shown_increase(&withdrawn.map_err(Failure::refusal)?, node.context.now().day()))
}

async fn areas(State(node): AtProvince, clerk: Clerk, Path(text): Path<String>) -> Result<Answer, Answer> {
    shown_areas(&node, &clerk, year_of(&text)?).await
}

/// The lines of areas that lie where whoever asks works.
async fn shown_areas(node: &ProvinceNode, clerk: &Clerk, number: i16) -> Result<Answer, Answer> {
    let mut found = area::find(node, number).await.map_err(Failure::refusal)?;
    let _ = clerk.scope();
    found.lines.retain(|line| clerk.permits(&Area::from(line.area.code.pooling_area())));
    Ok(Answer::json(&found))
}

async fn draft_areas(
    State(node): AtProvince,
    clerk: Clerk,
    Path(text): Path<String>,
) -> Result<Answer, Answer> {
    let number = year_of(&text)?;
    area::draft(&node, number, &clerk.author()).await.map_err(Failure::refusal)?;
    shown_areas(&node, &clerk, number).await
}

async fn set_area(
    State(node): AtProvince,
    clerk: Clerk,
    Path(text): Path<String>,
    Input(body): Input<SetAreaPrepayment>,
) -> Result<Answer, Answer> {
    let (number, amount) = (year_of(&text)?, amount_if(body.amount.as_deref())?);
    let of = (body.area, body.scheme);
    clerk.within(&Area::from(body.area))?;
    let (set, by) = ((amount, body.reason.as_str()), (clerk.name.as_str(), &clerk.author()));
    area::set(&node, number, of, set, by).await.map_err(Failure::refusal)?;
    shown_areas(&node, &clerk, number).await
}

async fn issue_areas(
    State(node): AtProvince,
    clerk: Clerk,
    Path(text): Path<String>,
) -> Result<Answer, Answer> {
    let number = year_of(&text)?;
    clerk.decides(&Area::Province(node.province), &area::subject(number)).await?;
    area::issue(&node, number, &clerk.name).await.map_err(Failure::refusal)?;
    shown_areas(&node, &clerk, number).await
}

async fn area_money(
    State(node): AtProvince,
    clerk: Clerk,
    Path(text): Path<String>,
    Input(body): Input<AreaMoney>,
) -> Result<Answer, Answer> {
    let number = year_of(&text)?;
    clerk.within(&Area::from(body.area))?;
    let money = Moved {
        area: body.area,
        scheme: body.scheme,
        year: number,
        amount: amount(&body.amount)?,
        returned: body.returned,
        reference: body.reference,
        on: body.on,
    };
    area::take_money(&node, &money, &clerk.name).await.map_err(Failure::refusal)?;
    shown_areas(&node, &clerk, number).await
}
