//! What clerks do about fiscal special accounts (财政专户) and files of banks.

use super::{Answer, Clerk, Input, list::Asked, not_read, payment_order::text, read};
use crate::{
    bank::{self, Said},
    context::Failure,
    hub::Hub,
    province::ProvinceNode,
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::Uri,
    routing::{get, post, put},
};
use funds::bank::BankAccount;
use sign::sm2::{bytes_of, hex_of};
use std::sync::Arc;
use store::bank::{EntriesWanted, EntryMark, KeptEntry, Matter};
use terms::{InsuranceScheme, Participant, Refusal};
use wire::{
    api::{
        Shown,
        bank::{
            AssignEntry, BankAccountBody, BankAccountView, BankAccounts, BankEntries, BankEntryView,
            BankFile, BankStatementView, BankStatements, NewBankStatement, TakenStatements,
        },
    },
    bank::FILE_BYTES_MAX,
};

type Node = State<Arc<ProvinceNode>>;

/// How many entries or statements are shown.
const MOST: i64 = 500;
/// A file as a text of JSON: quotes are escaped.
const BODY_MAX: usize = FILE_BYTES_MAX * 2;

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new().route("/api/v1/funds/bank-accounts", get(list_all))
}

/// The routes of a province.
pub fn of_province() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/bank-accounts", get(list_own))
        .route("/api/v1/funds/bank-accounts/{scheme}", put(register))
        .route("/api/v1/funds/expenditure-accounts", get(list_expenditure))
        .route("/api/v1/funds/expenditure-accounts/{scheme}", put(register_expenditure))
        .route("/api/v1/funds/orders/{number}/bank-file", get(payment_file))
        .route("/api/v1/funds/bank-statements", get(list_statements).post(take_statements))
        .route("/api/v1/funds/bank-entries", get(list_entries))
        .route("/api/v1/funds/bank-entries/assign", post(assign))
        .layer(DefaultBodyLimit::max(BODY_MAX))
}

async fn list_all(State(hub): State<Arc<Hub>>, clerk: Clerk) -> Result<Answer, Answer> {
    list(bank::accounts(&hub.context.store, Participant::Hub).await, clerk.shown)
}

async fn list_own(State(node): Node, clerk: Clerk) -> Result<Answer, Answer> {
    list(bank::accounts(&node.context.store, node.context.me).await, clerk.shown)
}

fn list(found: Result<Vec<BankAccount>, Failure>, shown: Shown) -> Result<Answer, Answer> {
    let found = found.map_err(Failure::refusal)?;
    let accounts = found.iter().map(|account| BankAccountView::of(account, shown)).collect();
    Ok(Answer::json(&BankAccounts { accounts }))
}

async fn register(
    State(node): Node,
    clerk: Clerk,
    Path(scheme): Path<String>,
    Input(body): Input<BankAccountBody>,
) -> Result<Answer, Answer> {
    let account = bank::register(&node, account_of(&node, &scheme, body)?).await.map_err(Failure::refusal)?;
    tracing::info!(scheme = account.scheme.code(), by = %clerk.name, "a fiscal special account was registered");
    Ok(Answer::json(&BankAccountView::of(&account, clerk.shown)))
}

fn account_of(node: &ProvinceNode, scheme: &str, body: BankAccountBody) -> Result<BankAccount, Refusal> {
    Ok(BankAccount {
        owner: node.province,
        scheme: scheme_of(scheme)?,
        name: body.name,
        bank: body.bank,
        number: body.number,
        bank_code: body.bank_code,
        changed_at: node.context.now(),
    })
}

/// The scheme with this code.
pub(super) fn scheme_of(code: &str) -> Result<InsuranceScheme, Refusal> {
    let scheme = InsuranceScheme::ALL.iter().copied().find(|one| one.code() == code);
    scheme.ok_or_else(|| Refusal::invalid("scheme", "险种代码310或390"))
}

async fn list_expenditure(State(node): Node, clerk: Clerk) -> Result<Answer, Answer> {
    list(bank::expenditure_accounts(&node).await, clerk.shown)
}

async fn register_expenditure(
    State(node): Node,
    clerk: Clerk,
    Path(scheme): Path<String>,
    Input(body): Input<BankAccountBody>,
) -> Result<Answer, Answer> {
    let account = account_of(&node, &scheme, body)?;
    let account = bank::register_expenditure(&node, account).await.map_err(Failure::refusal)?;
    tracing::info!(scheme = account.scheme.code(), by = %clerk.name, "an account for payments was registered");
    Ok(Answer::json(&BankAccountView::of(&account, clerk.shown)))
}

/// The file has whole account numbers: it is made for a duty.
async fn payment_file(State(node): Node, clerk: Clerk, Path(number): Path<String>) -> Result<Answer, Answer> {
    check_whole(&clerk)?;
    let number = read(&number, "number", "划拨单号")?;
    let file = bank::payment_file(&node, &number).await.map_err(Failure::refusal)?;
    let duty = clerk.duty.as_deref().unwrap_or_default();
    tracing::info!(order = %number, by = %clerk.name, duty, "a payment file was made");
    Ok(Answer::json(&BankFile { name: format!("{number}.pain.001.xml"), file }))
}

/// Whoever takes a file with whole account numbers says for which duty.
pub(super) fn check_whole(clerk: &Clerk) -> Result<(), Refusal> {
    if clerk.shown == Shown::Whole {
        return Ok(());
    }
    Err(Refusal::missing("reveal", "true，并在请求头X-Duty写明事由：付款文件含完整账号"))
}

async fn take_statements(State(node): Node, clerk: Clerk, body: Bytes) -> Result<Answer, Answer> {
    let body: NewBankStatement = serde_json::from_slice(&body).map_err(|error| not_read(&error))?;
    let taken = bank::take_file(&node, body.file.as_bytes(), &clerk.name).await.map_err(Failure::refusal)?;
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(Answer::json(&TakenStatements {
        statements: count(taken.statements),
        statements_before: count(taken.statements_before),
        entries: count(taken.entries),
        entries_before: count(taken.entries_before),
        matched: count(taken.matched),
        unidentified: count(taken.unidentified),
        fees: count(taken.fees),
    }))
}

async fn list_statements(State(node): Node, clerk: Clerk) -> Result<Answer, Answer> {
    let found = bank::statements(&node, MOST).await.map_err(Failure::refusal)?;
    let view = |one: &store::bank::TakenStatement| {
        let by = (one.by.as_str(), one.at.to_string());
        BankStatementView::of(&one.id, &one.account, one.closing, one.entries, by, clerk.shown)
    };
    Ok(Answer::json(&BankStatements { statements: found.iter().map(view).collect() }))
}

async fn list_entries(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let matter = asked.text("matter").unwrap_or("unidentified");
    if !["order", "institution", "unidentified", "fee", "other"].contains(&matter) {
        return Err(Refusal::invalid("matter", "order、institution、unidentified、fee或other").into());
    }
    let after = asked.text("after").map(mark).transpose()?;
    let rows = asked.rows()?;
    let wanted = EntriesWanted {
        matter,
        scheme: asked.text("scheme").map(scheme_of).transpose()?,
        days: asked.days()?,
        backwards: asked.sorted(&["-on"])?.1,
        after: after.as_ref(),
        most: rows.asked(),
    };
    let found = bank::entries(&node, &wanted).await.map_err(Failure::refusal)?;
    let (found, follows) = rows.shown(found);
    let next = found.last().filter(|_| follows).map(|last| next_of(&EntryMark::of(last)));
    Ok(Answer::json(&BankEntries {
        entries: found.iter().map(|kept| view(kept, clerk.shown)).collect(),
        next,
    }))
}

/// A mark as it stands in an address: banks number as they like.
fn next_of(EntryMark { on, reference, account }: &EntryMark) -> String {
    format!("{on}.{account}.{}", hex_of(reference.as_bytes()))
}

fn mark(text: &str) -> Result<EntryMark, Refusal> {
    let read = || {
        let (on, rest) = text.split_once('.')?;
        let (account, reference) = rest.split_once('.')?;
        let reference = String::from_utf8(bytes_of(reference)?).ok()?;
        Some(EntryMark { on: on.parse().ok()?, reference, account: account.to_owned() })
    };
    read().ok_or_else(|| Refusal::invalid("after", "上一页的next"))
}

fn view(kept: &KeptEntry, shown: Shown) -> BankEntryView {
    let (order, words) = match &kept.matter {
        Matter::Order { number, by } => {
            (Some(number.to_string()), by.as_ref().map(|by| format!("由{by}指定")))
        }
        Matter::Unidentified { why, .. } => (None, Some(why.clone())),
        Matter::Institution { payment, instalment, .. } => (Some(format!("{payment}第{instalment}期")), None),
        Matter::Fee => (None, Some("银行手续费，不得从基金列支，请在单位经费中列支".to_owned())),
        Matter::Other { reason, by } => (None, Some(format!("{reason}（{by}）"))),
    };
    BankEntryView::of((&kept.entry, kept.scheme), (kept.matter.name(), order, words), shown)
}

async fn assign(State(node): Node, clerk: Clerk, Input(body): Input<AssignEntry>) -> Result<Answer, Answer> {
    let said = match (&body.order, &body.other) {
        (Some(number), None) => Said::Order(read(number, "order", "划拨单号")?),
        (None, Some(reason)) => Said::Other(text("other", reason, 200, "款项性质")?),
        _ => return Err(Refusal::invalid("order", "划拨单号；与other填其一").into()),
    };
    let found = bank::assign(&node, (body.scheme, &body.reference), said, &clerk.name).await;
    let kept = found.map_err(Failure::refusal)?;
    Ok(Answer::json(&view(&kept, clerk.shown)))
}
