//! What clerks of the treatment place do about the payment of institutions (拨付定点医药机构).

use super::{
    Answer, Clerk, Input,
    bank::{check_whole, scheme_of},
    clearing_statement::{month_of, words},
    query, read, within,
};
use crate::{
    context::{Failure, Outcome},
    institution_payment::{self as payments, BankSays, Decision, Drafted, Standing, YearHeld},
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post, put},
};
use casework::access::Area;
use funds::{
    Purse,
    institution_payment::{Line, Terms, voucher::Held, whole},
};
use std::{collections::BTreeMap, sync::Arc};
use store::{
    figures::waiting::{Payments as Open, Unadopted},
    institution_payment::{BankAccount, Budget, BudgetOf, Instalment, Penalty},
};
use terms::{Fen, InstitutionCode, InsuranceScheme, Rate, Refusal};
use wire::api::{
    Taken,
    bank::BankFile,
    institution_payment::{
        AccountBody, AdoptPayment, BankAnswer, BudgetBody, InstalmentView, InstitutionOrderView,
        InstitutionOrders, OrderInstalment, PaymentDraftView, PaymentLineView, PaymentView, Payments,
        PenaltyBody, SettleYear, TermsBody, UnadoptedPayments, UnadoptedView, YearHeldView,
    },
    money,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of payments, and of what is entered about institutions.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/institution-payments", get(of_month))
        .route("/api/v1/funds/institution-payments/draft", get(draft))
        .route("/api/v1/funds/institution-payments/adopt", post(adopt))
        .route("/api/v1/funds/institution-payments/orders", get(orders))
        .route("/api/v1/funds/institution-payments/{number}", get(find))
        .route("/api/v1/funds/institution-payments/{number}/instalments", post(order))
        .route(
            "/api/v1/funds/institution-payments/{number}/instalments/{instalment}/bank-file",
            get(payment_file),
        )
        .route("/api/v1/funds/institution-payments/to-adopt", get(to_adopt))
        .route("/api/v1/funds/institution-payments/{number}/bank", post(bank))
        .route("/api/v1/funds/institutions/{code}/terms", put(enter_terms))
        .route("/api/v1/funds/institutions/{code}/account", put(enter_account))
        .route("/api/v1/funds/institutions/{code}/budgets", post(enter_budget))
        .route("/api/v1/funds/institutions/{code}/penalties", post(enter_penalty))
        .route("/api/v1/funds/institutions/{code}/held", get(held))
        .route("/api/v1/funds/institutions/{code}/settle-year", post(settle_year))
}

fn code_of(text: &str) -> Result<InstitutionCode, Refusal> {
    read(text, "code", "定点医药机构编号")
}

fn taken() -> Answer {
    Answer::json(&Taken { taken: true })
}

// ---------------------------------------------------------------- payments

async fn draft(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let institution =
        query(&uri, "institution").ok_or_else(|| Refusal::missing("institution", "机构编号"))?;
    let month = query(&uri, "month").ok_or_else(|| Refusal::missing("month", "清分年月，如2026-10"))?;
    let month = month_of(&month)?;
    within::of_institution(&node, &clerk, &code_of(&institution)?).await?;
    let drafted = payments::draft(&node, &code_of(&institution)?, month).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&draft_view(&drafted, &month.to_string())))
}

async fn adopt(State(node): Node, clerk: Clerk, Input(body): Input<AdoptPayment>) -> Result<Answer, Answer> {
    let month = month_of(&body.month)?;
    within::of_institution(&node, &clerk, &body.institution).await?;
    let adopted = payments::adopt(&node, &body.institution, month, &clerk.name).await;
    shown(&node, &adopted.map_err(Failure::refusal)?.number).await
}

async fn shown(node: &ProvinceNode, number: &str) -> Result<Answer, Answer> {
    told(node, payments::find(node, number).await).await
}

async fn find(State(node): Node, clerk: Clerk, Path(number): Path<String>) -> Result<Answer, Answer> {
    within::of_payment(&node, &clerk, &number).await?;
    shown(&node, &number).await
}

/// What of payments may be asked for whatever their month.
const OPEN: [(&str, Open); 2] = [("to_order", Open::ToOrder), ("at_bank", Open::AtBank)];

async fn of_month(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let area = clerk.area();
    let found = if let Some(open) = query(&uri, "open").filter(|open| !open.is_empty()) {
        let which = OPEN.iter().find(|(name, _)| *name == open).map(|(_, which)| *which);
        let which = which.ok_or_else(|| Refusal::invalid("open", "to_order或at_bank"))?;
        payments::unpaid(&node, which, area.divisions()).await
    } else {
        let month = query(&uri, "month").ok_or_else(|| Refusal::missing("month", "清分年月，如2026-10"))?;
        payments::of_month(&node, month_of(&month)?).await
    };
    let found = found.map_err(Failure::refusal)?;
    let mut payments = Vec::new();
    for standing in &found {
        if within::permits_institution(&node, &clerk, &standing.payment.institution).await? {
            payments.push(payment_view(&node, standing).await.map_err(Failure::refusal)?);
        }
    }
    Ok(Answer::json(&Payments { payments }))
}

async fn to_adopt(State(node): Node, clerk: Clerk) -> Result<Answer, Answer> {
    let mut found = payments::unadopted(&node, clerk.area().divisions()).await.map_err(Failure::refusal)?;
    // Whoever works at an institution sees its own, and not its neighbours' in the same division.
    if let Area::Institution { code, .. } = clerk.area() {
        found.retain(|one| one.institution == code);
    }
    let view = |one: Unadopted| UnadoptedView {
        institution: one.institution,
        institution_name: one.name,
        month: one.month.to_string(),
        confirmations: one.confirmations,
        lines: one.lines,
        amount: one.amount.to_string(),
        since: one.since.to_string(),
    };
    Ok(Answer::json(&UnadoptedPayments { waiting: found.into_iter().map(view).collect() }))
}

async fn order(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<OrderInstalment>,
) -> Result<Answer, Answer> {
    within::of_payment(&node, &clerk, &number).await?;
    let amount = body.amount.as_deref().map(|text| money::positive(text, "amount")).transpose()?;
    let ordered = payments::order(&node, &number, (body.instalment, amount), &clerk.name).await;
    told(&node, ordered).await
}

async fn bank(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<BankAnswer>,
) -> Result<Answer, Answer> {
    within::of_payment(&node, &clerk, &number).await?;
    let says = BankSays {
        paid: body.paid,
        reference: words(&body.bank_reference, "bank_reference", 60)?,
        day: body.day,
        by: clerk.name.clone(),
    };
    let entered = payments::enter_bank(&node, &number, body.instalment, says).await;
    told(&node, entered).await
}

async fn orders(State(node): Node, clerk: Clerk) -> Result<Answer, Answer> {
    let _ = clerk.scope();
    let mut found = Vec::new();
    for one in payments::orders(&node).await.map_err(Failure::refusal)? {
        if within::permits_institution(&node, &clerk, &one.1.institution).await? {
            found.push(one);
        }
    }
    let orders = found.into_iter().map(|(instalment, payment, account)| InstitutionOrderView {
        amount: whole(&instalment.money).to_string(),
        payment: instalment.payment,
        instalment: instalment.number,
        institution: payment.institution,
        holder: account.holder,
        account: account.number,
        bank: account.bank,
        bank_code: account.bank_code,
        due: payment.due,
    });
    Ok(Answer::json(&InstitutionOrders { orders: orders.collect() }))
}

/// The file has whole account numbers: it is made for a duty.
async fn payment_file(
    State(node): Node,
    clerk: Clerk,
    Path((number, instalment)): Path<(String, String)>,
    uri: Uri,
) -> Result<Answer, Answer> {
    check_whole(&clerk)?;
    within::of_payment(&node, &clerk, &number).await?;
    let instalment: u16 = read(&instalment, "instalment", "期次，如1")?;
    let scheme = scheme_of(&query(&uri, "scheme").unwrap_or_default())?;
    let made = payments::payment_file(&node, (&number, instalment), scheme).await;
    let (name, file) = made.map_err(Failure::refusal)?;
    let duty = clerk.duty.as_deref().unwrap_or_default();
    tracing::info!(payment = %number, instalment, by = %clerk.name, duty, "a payment file was made");
    Ok(Answer::json(&BankFile { name: format!("{name}.pain.001.xml"), file }))
}

fn draft_view(drafted: &Drafted, month: &str) -> PaymentDraftView {
    PaymentDraftView {
        institution: drafted.institution.code.clone(),
        institution_name: drafted.institution.name.clone(),
        month: month.to_owned(),
        deposit_rate: drafted.terms.deposit.as_permyriad(),
        terms_source: drafted.terms.source.clone(),
        lines: line_views(&drafted.draft.lines),
        payable: drafted.draft.sum(|line| line.payable).to_string(),
        confirmations: drafted.confirmations.len(),
        deductions: drafted.deductions.clone(),
        waiting: drafted.waiting.clone(),
        unconfirmed: drafted.unconfirmed,
    }
}

fn line_views(lines: &BTreeMap<(InsuranceScheme, Purse), Line>) -> Vec<PaymentLineView> {
    let view = |((scheme, purse), line): (&(InsuranceScheme, Purse), &Line)| PaymentLineView {
        scheme: *scheme,
        purse: purse.code().to_owned(),
        purse_name: purse.chinese().to_owned(),
        confirmed: line.confirmed.to_string(),
        brought: line.brought.to_string(),
        deducted: line.deducted.to_string(),
        withheld: line.withheld.to_string(),
        deposit: line.deposit.to_string(),
        penalty: line.penalty.to_string(),
        payable: line.payable.to_string(),
        carried: line.carried.to_string(),
    };
    lines.iter().map(view).collect()
}

/// What came of an act, as the payment stands after it.
async fn told(node: &ProvinceNode, standing: Outcome<Standing>) -> Result<Answer, Answer> {
    let shown = async { payment_view(node, &standing?).await };
    Ok(Answer::json(&shown.await.map_err(Failure::refusal)?))
}

async fn payment_view(node: &ProvinceNode, standing: &Standing) -> Outcome<PaymentView> {
    let payment = &standing.payment;
    let institution = node.institution(&payment.institution).await?;
    Ok(PaymentView {
        number: payment.number.clone(),
        institution: payment.institution.clone(),
        institution_name: institution.map(|one| one.name.clone()),
        kind: payment.kind.name().to_owned(),
        kind_name: payment.kind.chinese().to_owned(),
        month: payment.month.to_string(),
        source: payment.source.clone(),
        score: payment.score,
        lines: line_views(&payment.lines),
        payable: whole(&payment.money(|line| line.payable)).to_string(),
        paid: whole(&standing.paid()).to_string(),
        left: standing.left().to_string(),
        adopted_by: payment.adopted.by.clone(),
        adopted_at: payment.adopted.at.to_string(),
        due: payment.due,
        instalments: standing.instalments.iter().map(instalment_view).collect(),
    })
}

fn instalment_view(instalment: &Instalment) -> InstalmentView {
    InstalmentView {
        number: instalment.number,
        stage: instalment.stage.name().to_owned(),
        stage_name: instalment.stage.chinese().to_owned(),
        amounts: money::shown(&instalment.money),
        amount: whole(&instalment.money).to_string(),
        ordered_by: instalment.ordered.by.clone(),
        bank_reference: instalment.bank.as_ref().map(|(reference, _)| reference.clone()),
        bank_day: instalment.bank.as_ref().map(|(_, day)| *day),
    }
}

// ---------------------------------------------------------------- what the agency enters

async fn enter_terms(
    State(node): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    Input(body): Input<TermsBody>,
) -> Result<Answer, Answer> {
    within::of_institution(&node, &clerk, &code_of(&code)?).await?;
    let deposit = Rate::permyriad(body.deposit_rate);
    let rule = |text: &str| {
        text.parse().map_err(|_| Refusal::invalid("year_end", "release、deny或share:万分比，如share:5000"))
    };
    let terms = Terms {
        from: body.from,
        deposit: deposit.ok_or_else(|| Refusal::invalid("deposit_rate", "0至10000的万分比"))?,
        year_end: body.year_end.as_deref().map(rule).transpose()?,
        source: words(&body.source, "source", 200)?,
    };
    let entered = payments::enter_terms(&node, &code_of(&code)?, &terms, &clerk.name).await;
    entered.map_err(Failure::refusal)?;
    Ok(taken())
}

async fn enter_account(
    State(node): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    Input(body): Input<AccountBody>,
) -> Result<Answer, Answer> {
    within::of_institution(&node, &clerk, &code_of(&code)?).await?;
    let is_digits = |text: &str| text.bytes().all(|one| one.is_ascii_digit());
    let account = BankAccount {
        holder: words(&body.holder, "holder", 70)?,
        number: words(&body.number, "number", 34)?,
        bank: words(&body.bank, "bank", 70)?,
        bank_code: body.bank_code,
    };
    if !account.number.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-') {
        return Err(Refusal::invalid("number", "银行账号，数字、字母或横线").into());
    }
    if !account.bank_code.is_empty() && (account.bank_code.len() != 12 || !is_digits(&account.bank_code)) {
        return Err(Refusal::invalid("bank_code", "12位行号").into());
    }
    let entered = payments::enter_account(&node, &code_of(&code)?, &account, &clerk.name).await;
    entered.map_err(Failure::refusal)?;
    Ok(taken())
}

async fn enter_budget(
    State(node): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    Input(body): Input<BudgetBody>,
) -> Result<Answer, Answer> {
    within::of_institution(&node, &clerk, &code_of(&code)?).await?;
    let of = match body.of.as_str() {
        "year" => Some(BudgetOf::Year),
        "each_month" => Some(BudgetOf::EachMonth),
        month => month.parse().ok().filter(|month| (1..=12).contains(month)).map(BudgetOf::Month),
    };
    let budget = Budget {
        scheme: body.scheme,
        year: year_of(body.year)?,
        of: of.ok_or_else(|| Refusal::invalid("of", "year、each_month或1至12"))?,
        amount: money::positive(&body.amount, "amount")?,
        source: words(&body.source, "source", 200)?,
    };
    let entered = payments::enter_budget(&node, &code_of(&code)?, &budget, &clerk.name).await;
    entered.map_err(Failure::refusal)?;
    Ok(taken())
}

fn year_of(year: i16) -> Result<i16, Refusal> {
    if (2000..=9000).contains(&year) {
        Ok(year)
    } else {
        Err(Refusal::invalid("year", "四位数字的年度"))
    }
}

async fn enter_penalty(
    State(node): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    Input(body): Input<PenaltyBody>,
) -> Result<Answer, Answer> {
    within::of_institution(&node, &clerk, &code_of(&code)?).await?;
    let penalty = Penalty {
        reference: words(&body.reference, "reference", 60)?,
        scheme: body.scheme,
        amount: money::positive(&body.amount, "amount")?,
        taken: Fen::ZERO,
        reason: words(&body.reason, "reason", 200)?,
    };
    let entered = payments::enter_penalty(&node, &code_of(&code)?, &penalty, &clerk.name).await;
    entered.map_err(Failure::refusal)?;
    Ok(taken())
}

// ---------------------------------------------------------------- the end of the year

fn held_of(text: &str) -> Result<Held, Refusal> {
    match text {
        "withheld" => Ok(Held::Withheld),
        "deposit" => Ok(Held::Deposit),
        _ => Err(Refusal::invalid("held_as", "withheld（总额控制待清算）或deposit（质量保证金）")),
    }
}

const fn held_name(held: Held) -> &'static str {
    match held {
        Held::Withheld => "withheld",
        Held::Deposit => "deposit",
    }
}

fn score_of(score: Option<u16>) -> Result<Option<u16>, Refusal> {
    match score {
        Some(score) if score > 100 => Err(Refusal::invalid("score", "0至100的考核得分")),
        score => Ok(score),
    }
}

async fn held(State(node): Node, clerk: Clerk, Path(code): Path<String>, uri: Uri) -> Result<Answer, Answer> {
    within::of_institution(&node, &clerk, &code_of(&code)?).await?;
    let year = query(&uri, "year").ok_or_else(|| Refusal::missing("year", "四位数字的年度"))?;
    let year = year_of(read(&year, "year", "四位数字的年度")?)?;
    let held = held_of(&query(&uri, "held_as").unwrap_or_default())?;
    let score = query(&uri, "score").map(|text| read(&text, "score", "0至100的考核得分")).transpose()?;
    let found = payments::year_held(&node, &code_of(&code)?, (year, held), score_of(score)?).await;
    let shown = async { held_view(&node, (year, held), &found?).await };
    Ok(Answer::json(&shown.await.map_err(Failure::refusal)?))
}

async fn held_view(
    node: &ProvinceNode,
    (year, held): (i16, Held),
    found: &YearHeld,
) -> Outcome<YearHeldView> {
    let decided = match &found.decided {
        Some(decided) => Some(payment_view(node, decided).await?),
        None => None,
    };
    Ok(YearHeldView {
        year,
        held_as: held_name(held).to_owned(),
        held: money::shown(&found.held),
        amount: whole(&found.held).to_string(),
        proposed: found.proposed.map(|amount| amount.to_string()),
        decided,
    })
}

async fn settle_year(
    State(node): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    Input(body): Input<SettleYear>,
) -> Result<Answer, Answer> {
    within::of_institution(&node, &clerk, &code_of(&code)?).await?;
    let nothing = |text: &str| {
        let wrong = || Refusal::invalid("released", "金额（元），文本，不小于零，最多两位小数");
        wire::api::prepayment::amount_of(text).ok_or_else(wrong)
    };
    let decision = Decision {
        released: body.released.as_deref().map(nothing).transpose()?,
        score: score_of(body.score)?,
        reason: words(&body.reason, "reason", 200)?,
        by: clerk.name.clone(),
    };
    let which = (year_of(body.year)?, held_of(&body.held_as)?);
    let settled = payments::settle_year(&node, &code_of(&code)?, which, decision).await;
    told(&node, settled).await
}
