//! Accounts of people who work here: administrators make and change them within their own area; programs with the management token
//! within the whole node, which is how the first administrator comes to be.

use super::{Answer, Clerk, Input, list::Asked, read};
use crate::{
    access::{
        Access, Managed,
        accounts::{self, DueName, New},
        login,
    },
    context::{Context, Failure},
};
use axum::{
    Extension, Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::access::{Account, AccountName, Role};
use std::sync::Arc;
use store::account::{AccountsWanted, Order};
use terms::Refusal;
use wire::api::account::{AccountView, Accounts, Grant, NewAccount, NewAccountMade, NewPassword};

/// The routes of a node of either kind.
pub(super) fn routes<N: Managed>() -> Router<Arc<N>> {
    Router::new()
        .route("/api/v1/accounts", get(list::<N>).post(create::<N>))
        .route("/api/v1/accounts/{account}", get(find::<N>))
        .route("/api/v1/accounts/{account}/grant", post(grant::<N>))
        .route("/api/v1/accounts/{account}/disable", post(disable::<N>))
        .route("/api/v1/accounts/{account}/enable", post(enable::<N>))
        .route("/api/v1/accounts/{account}/reset-password", post(reset_password::<N>))
        .route("/api/v1/accounts/{account}/reset-code", post(reset_code::<N>))
        .route("/api/v1/accounts/{account}/untie-identity", post(untie_identity::<N>))
}

fn name_of(text: &str) -> Result<AccountName, Refusal> {
    read(text, "account", "3至40位的小写字母、数字、点、横线或下划线，以字母或数字开头")
}

fn role_of(code: &str) -> Result<Role, Refusal> {
    let all = || Role::ALL.iter().filter(|role| role.is_given()).map(|role| role.code());
    read(code, "role", &all().collect::<Vec<_>>().join("、"))
}

async fn view<N: Managed>(node: &N, account: &Account) -> Result<AccountView, Refusal> {
    let context = node.given();
    let tied = super::oidc::identity(node, account).await?;
    Ok(AccountView::of(account, (login::state_of(context, account).await?, tied), context.now()))
}

async fn list<N: Managed>(State(node): State<Arc<N>>, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let (context, rows, area) = (node.given(), asked.rows()?, clerk.area());
    let due_of = |name: &str| {
        let expected = || DueName::ALL.map(DueName::name).join("、");
        let found = DueName::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| Refusal::invalid("due", expected()))
    };
    let due = match asked.text("due").map(due_of).transpose()? {
        Some(due) => Some(due.of(context, &area).await.map_err(Failure::refusal)?),
        None => None,
    };
    let (sort, backwards) = asked.sorted(&Order::ALL.map(|(name, _)| name))?;
    let order = Order::ALL.into_iter().find(|(name, _)| *name == sort).map(|(_, order)| order);
    let wanted = AccountsWanted {
        area: &area,
        role: asked.text("role").map(role_of).transpose()?,
        due: due.as_ref(),
        order: order.unwrap_or_default(),
        backwards,
        after: asked.text("after").unwrap_or_default(),
        most: rows.asked(),
    };
    let (found, follows) = rows.shown(accounts::list(context, &wanted).await?);
    let next = found.last().filter(|_| follows).map(|last| last.name.to_string());
    let mut views = Vec::new();
    for account in &found {
        views.push(view(&*node, account).await?);
    }
    Ok(Answer::json(&Accounts { accounts: views, next }))
}

async fn find<N: Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Path(account): Path<String>,
) -> Result<Answer, Answer> {
    let found = accounts::find(node.given(), &name_of(&account)?).await?;
    clerk.within(&found.area)?;
    Ok(Answer::json(&view(&*node, &found).await?))
}

async fn create<N: Managed>(
    State(node): State<Arc<N>>,
    Extension(access): Extension<Arc<Access>>,
    clerk: Clerk,
    Input(body): Input<NewAccount>,
) -> Result<Answer, Answer> {
    let (name, role) = (name_of(&body.account)?, role_of(&body.role)?);
    let area = accounts::area_of(node.given(), &body.area).await?;
    clerk.within(&area)?;
    clerk.about(&format!("account:{name}"));
    let by = clerk.name.clone();
    let new = New { name, person_name: body.name, role, area, password: body.password, by };
    let (account, password) = accounts::create(node.given(), &access, new).await?;
    Ok(Answer::json(&NewAccountMade { account: view(&*node, &account).await?, password }))
}

/// The account of an address, if whoever asks may change it: not his own, and within his area.
async fn changeable(context: &Context, clerk: &Clerk, account: &str) -> Result<AccountName, Refusal> {
    let found = accounts::find(context, &name_of(account)?).await?;
    clerk.within(&found.area)?;
    if clerk.account().is_some_and(|own| own.name == found.name) {
        let rule = "不能更改本人账户，请由其他账户管理员办理".to_owned();
        return Err(Refusal::AccountRule { rule });
    }
    Ok(found.name)
}

async fn grant<N: Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Path(account): Path<String>,
    Input(body): Input<Grant>,
) -> Result<Answer, Answer> {
    let name = changeable(node.given(), &clerk, &account).await?;
    let (role, area) = (role_of(&body.role)?, accounts::area_of(node.given(), &body.area).await?);
    clerk.within(&area)?;
    let changed = accounts::grant(node.given(), &name, (role, area)).await?;
    Ok(Answer::json(&view(&*node, &changed).await?))
}

async fn disable<N: Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Path(account): Path<String>,
) -> Result<Answer, Answer> {
    let name = changeable(node.given(), &clerk, &account).await?;
    let changed = accounts::set_disabled(node.given(), &name, true).await?;
    Ok(Answer::json(&view(&*node, &changed).await?))
}

async fn enable<N: Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Path(account): Path<String>,
) -> Result<Answer, Answer> {
    let name = changeable(node.given(), &clerk, &account).await?;
    let changed = accounts::set_disabled(node.given(), &name, false).await?;
    Ok(Answer::json(&view(&*node, &changed).await?))
}

async fn reset_password<N: Managed>(
    State(node): State<Arc<N>>,
    Extension(access): Extension<Arc<Access>>,
    clerk: Clerk,
    Path(account): Path<String>,
    Input(body): Input<NewPassword>,
) -> Result<Answer, Answer> {
    let name = changeable(node.given(), &clerk, &account).await?;
    let (changed, password) = accounts::reset_password(node.given(), &access, &name, body.password).await?;
    Ok(Answer::json(&NewAccountMade { account: view(&*node, &changed).await?, password }))
}

async fn reset_code<N: Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Path(account): Path<String>,
) -> Result<Answer, Answer> {
    let name = changeable(node.given(), &clerk, &account).await?;
    let changed = accounts::reset_code(node.given(), &name).await?;
    Ok(Answer::json(&view(&*node, &changed).await?))
}

async fn untie_identity<N: Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Path(account): Path<String>,
) -> Result<Answer, Answer> {
    let name = changeable(node.given(), &clerk, &account).await?;
    let changed = accounts::untie_identity(node.given(), &name).await?;
    Ok(Answer::json(&view(&*node, &changed).await?))
}
