//! What clerks of the insured place do about registrations (人员备案): they enter chronic diseases, look at what is registered of a
//! person, and take registrations back.

use super::{Answer, Clerk, Input, province::who, query, read, within};
use crate::{
    province::ProvinceNode,
    registration::{self, NewChronic},
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use std::sync::Arc;
use terms::{InsuredPlace, Refusal, RegistrationId};
use wire::api::{
    Reason, Shown,
    registration::{NewRegistration, RegistrationView, Registrations},
};

type Node = State<Arc<ProvinceNode>>;

/// The longest name of a disease.
const NAME: usize = 300;

/// The routes of registrations.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/registrations", get(list_registrations).post(enter_registration))
        .route("/api/v1/registrations/{id}/withdraw", post(withdraw_registration))
}

async fn enter_registration(
    State(node): Node,
    clerk: Clerk,
    Input(body): Input<NewRegistration>,
) -> Result<Answer, Answer> {
    let who = who(body.person, body.certno)?;
    within::of_person(&node, &clerk, body.insured, &who).await?;
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > NAME {
        return Err(Refusal::invalid("name", format!("病种名称，不超过{NAME}字")).into());
    }
    let new = NewChronic {
        insured: body.insured,
        who,
        scheme: body.scheme,
        disease: body.disease,
        name: name.to_owned(),
        begins: body.begins,
        ends: body.ends,
    };
    let entered = registration::enter(&node, new).await?;
    Ok(Answer::json(&RegistrationView::of(&entered, Shown::Masked)))
}

async fn list_registrations(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let place = query(&uri, "insured").ok_or_else(|| Refusal::missing("insured", "六位参保地区划"))?;
    let insured = InsuredPlace(read(&place, "insured", "六位参保地区划")?);
    let person = query(&uri, "person").map(|text| read(&text, "person", "人员编号")).transpose()?;
    let certno = query(&uri, "certno").map(|text| read(&text, "certno", "18位公民身份号码")).transpose()?;
    let who = who(person, certno)?;
    within::of_person(&node, &clerk, insured, &who).await?;
    let all = registration::list_of_person(&node, insured, &who, clerk.looker("查询人员备案")).await?;
    let registrations = all.iter().map(|one| RegistrationView::of(one, clerk.shown)).collect();
    Ok(Answer::json(&Registrations { registrations }))
}

async fn withdraw_registration(
    State(node): Node,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<Reason>,
) -> Result<Answer, Answer> {
    let id: RegistrationId = read(&id, "id", "30位待遇申报明细流水号")?;
    within::of_registration(&node, &clerk, id).await?;
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(Refusal::invalid("reason", "撤销原因，不超过500字").into());
    }
    let withdrawn = registration::take_back(&node, id, reason).await?;
    Ok(Answer::json(&RegistrationView::of(&withdrawn, Shown::Masked)))
}
