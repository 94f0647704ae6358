//! The general ledger (总账) over HTTP, the same at the hub and at a province: vouchers, the ledger of an account, trial balances,
//! what people post, and the proof. With `format=csv` a table comes as CSV.

use super::{
    Answer, Clerk, Input, Managed,
    list::{self, Asked},
    query, read,
};
use crate::{
    context::{Context, Failure},
    job::Progress,
    ledger::{self as use_case, ByHand, KeepsBooks},
    prove,
};
use axum::{
    Router,
    extract::State,
    http::Uri,
    routing::{get, post},
};
use funds::{
    Account, EntrySide, Role,
    ledger::{AccountState, Leg, Phase, VoucherCode, VoucherId},
    subject::Subjects,
};
use std::borrow::Cow;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
    time::Instant,
};
use store::{
    Conn,
    ledger::{self, Entered, TrialLine as Moved, Wanted},
    search,
};
use terms::{Day, Fen, InstitutionCode, Month, Refusal};
use wire::api::{
    Taken,
    ledger::{
        AccountClosing, AccountLedger, AccountLine, AccountName, LedgerLeg, LedgerVoucher, LedgerVouchers,
        MadeVouchers, NewCorrection, NewVoucher, Proof, ProofCheck, SummaryOrder, TrialBalanceView,
        TrialLine, TrialSum, YearClosing,
    },
};

/// How many vouchers one answer has if nobody says.
const VOUCHERS: u16 = 20;
/// The most lines of an account's ledger in one answer.
const LINES: usize = 10_000;

static SUBJECTS: LazyLock<Subjects> = LazyLock::new(Subjects::national);

/// The routes of the general ledger.
pub fn routes<N: KeepsBooks + Managed + 'static>() -> Router<Arc<N>> {
    Router::new()
        .route("/api/v1/funds/ledger/vouchers", get(list::<N>).post(post_by_hand::<N>))
        .route("/api/v1/funds/ledger/voucher", get(find::<N>))
        .route("/api/v1/funds/ledger/account", get(account::<N>))
        .route("/api/v1/funds/ledger/trial", get(trial::<N>))
        .route("/api/v1/funds/ledger/corrections", post(correct::<N>))
        .route("/api/v1/funds/ledger/summaries", post(summarise::<N>))
        .route("/api/v1/funds/ledger/years", post(close_year::<N>))
        .route("/api/v1/funds/ledger/accounts/close", post(close::<N>))
        .route("/api/v1/funds/ledger/accounts/open", post(open::<N>))
        .route("/api/v1/funds/prove", post(prove_all::<N>))
}

fn refusal(error: store::Error) -> Refusal {
    Failure::from(error).refusal()
}

async fn list<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    uri: Uri,
) -> Result<Answer, Answer> {
    let context = node.context();
    let asked = Asked::of(&uri)?;
    let wanted = Wanted {
        backwards: asked.sorted(&["number"])?.1,
        month: query(&uri, "month").as_deref().map(month).transpose()?,
        code: query(&uri, "code").as_deref().map(code).transpose()?,
        subject: query(&uri, "subject").map(Cow::into_owned),
    };
    let after = query(&uri, "after").as_deref().map(after).transpose()?;
    let rows = list::rows(asked.read("limit", "1到100的整数")?.or(Some(VOUCHERS)), None)?;
    let mut conn = context.store.conn().await.map_err(refusal)?;
    let found = ledger::vouchers(&mut conn, context.me, &wanted, after, rows.asked()).await;
    let (found, follows) = rows.shown(found.map_err(refusal)?);
    let next = found
        .last()
        .filter(|_| follows)
        .map(|last| format!("{}-{}", last.voucher.day.month().number(), last.number));
    let mut page = LedgerVouchers { vouchers: found.into_iter().map(voucher_view).collect(), next };
    name_parties(&mut conn, page.vouchers.iter_mut().flat_map(accounts_of)).await?;
    Ok(shown(&uri, &page, LedgerVouchers::csv))
}

fn shown<T: serde::Serialize>(uri: &Uri, value: &T, csv: impl FnOnce(&T) -> String) -> Answer {
    if query(uri, "format").as_deref() == Some("csv") { Answer::csv(csv(value)) } else { Answer::json(value) }
}

fn month(text: &str) -> Result<Month, Refusal> {
    let number = text.parse::<i32>().ok().filter(|number| (190_001..=999_912).contains(number));
    let day = number.and_then(|number| Day::from_number(number * 100 + 1));
    day.map(Day::month).ok_or_else(|| Refusal::invalid("month", "年月，形如202611"))
}

fn code(text: &str) -> Result<VoucherCode, Refusal> {
    VoucherCode::from_name(text).ok_or_else(|| Refusal::invalid("code", "凭证业务类型，形如clearing_paid"))
}

fn after(text: &str) -> Result<(Month, i32), Refusal> {
    let wrong = || Refusal::invalid("after", "上一页的next");
    let (of, number) = text.split_once('-').ok_or_else(wrong)?;
    Ok((month(of)?, number.parse().map_err(|_| wrong())?))
}

async fn find<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    uri: Uri,
) -> Result<Answer, Answer> {
    let asked = query(&uri, "id").ok_or_else(|| Refusal::missing("id", "凭证编号"))?;
    let id: VoucherId = read(&asked, "id", "凭证编号")?;
    let context = node.context();
    let mut conn = context.store.conn().await.map_err(refusal)?;
    let found = ledger::find(&mut conn, context.me, &id).await.map_err(refusal)?;
    let found = found.ok_or_else(|| Refusal::UnknownVoucher { id: id.to_string() })?;
    let mut view = voucher_view(found);
    name_parties(&mut conn, accounts_of(&mut view)).await?;
    Ok(Answer::json(&view))
}

fn voucher_view(entered: Entered) -> LedgerVoucher {
    let Entered { number, voucher } = entered;
    LedgerVoucher {
        month: voucher.day.month().number(),
        number,
        code: voucher.code.name().to_owned(),
        code_name: voucher.code.chinese().to_owned(),
        subject: voucher.subject,
        summary: voucher.summary,
        day: voucher.day,
        recorded_at: voucher.recorded_at.to_string(),
        by: voucher.by,
        legs: voucher.legs.iter().map(leg_view).collect(),
        id: voucher.id.into(),
    }
}

fn leg_view(leg: &Leg) -> LedgerLeg {
    let phase = match leg.phase {
        Phase::Final => "final",
        Phase::Reserve => "reserve",
        Phase::Post(_) => "post",
        Phase::Void(_) => "void",
    };
    LedgerLeg {
        debit: name(&leg.debit),
        credit: name(&leg.credit),
        amount: leg.amount,
        phase: phase.to_owned(),
        ends: leg.phase.ends().map(ToString::to_string),
    }
}

fn name(account: &Account) -> AccountName {
    AccountName {
        account: account.to_string(),
        number: SUBJECTS.of(account.kind()).number.clone(),
        name: account.kind().subject().to_owned(),
        party: account.party(),
        party_name: None,
        scheme: account.scheme().chinese().to_owned(),
        purse: account.purse().chinese().to_owned(),
    }
}

/// Adds the names of the institutions that accounts are about.
async fn name_parties<'a>(
    conn: &mut Conn,
    accounts: impl Iterator<Item = &'a mut AccountName>,
) -> Result<(), Refusal> {
    let of_institutions: Vec<(InstitutionCode, &mut AccountName)> = accounts
        // Places are of digits alone.
        .filter(|account| account.party.starts_with(|first: char| first.is_ascii_alphabetic()))
        .filter_map(|account| Some((account.party.parse().ok()?, account)))
        .collect();
    let codes: BTreeSet<&InstitutionCode> = of_institutions.iter().map(|(code, _)| code).collect();
    if codes.is_empty() {
        return Ok(());
    }
    let codes: Vec<&InstitutionCode> = codes.into_iter().collect();
    let names = search::institution_names(conn, &codes).await.map_err(refusal)?;
    for (code, account) in of_institutions {
        account.party_name = names.get(&code).cloned();
    }
    Ok(())
}

/// The accounts of a voucher, to be named.
fn accounts_of(voucher: &mut LedgerVoucher) -> impl Iterator<Item = &mut AccountName> {
    voucher.legs.iter_mut().flat_map(|leg| [&mut leg.debit, &mut leg.credit])
}

const fn side(side: EntrySide) -> &'static str {
    match side {
        EntrySide::Debit => "借",
        EntrySide::Credit => "贷",
    }
}

/// The days asked for: this year up to today if nothing is said.
fn days(context: &Context, uri: &Uri) -> Result<(Day, Day), Refusal> {
    let today = context.now().day();
    let asked =
        |name| query(uri, name).map(|text| read::<Day>(&text, name, "日期，形如2026-11-22")).transpose();
    let last = asked("last")?.unwrap_or(today);
    let first_of_year = Day::new(last.year(), 1, 1).expect("every year has a first day");
    let first = asked("first")?.unwrap_or(first_of_year);
    if first > last { Err(Refusal::invalid("first", "不晚于last的日期")) } else { Ok((first, last)) }
}

async fn account<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    uri: Uri,
) -> Result<Answer, Answer> {
    let asked = query(&uri, "account").ok_or_else(|| Refusal::missing("account", "科目编码"))?;
    let account: Account = read(&asked, "account", "科目编码，由科目、对象、险种、资金组成")?;
    let context = node.context();
    let (first, last) = days(context, &uri)?;
    let most = i64::try_from(LINES).expect("a small number");
    let mut conn = context.store.conn().await.map_err(refusal)?;
    let found = ledger::legs(&mut conn, context.me, &account, (first, last), most + 1).await;
    let (before, mut lines) = found.map_err(refusal)?;
    let cut = lines.len() > LINES;
    lines.truncate(LINES);
    let normal = account.kind().normal_side();
    let opening = funds::Balance { debits: before.0, credits: before.1 }.on(normal);
    let mut balance = opening;
    let lines = lines.into_iter().map(|line| {
        balance += funds::Balance { debits: line.debit, credits: line.credit }.on(normal);
        AccountLine {
            day: line.day,
            number: line.number,
            voucher: line.voucher.into(),
            summary: line.summary,
            opposite: name(&line.opposite),
            debit: line.debit,
            credit: line.credit,
            balance,
        }
    });
    let mut lines: Vec<AccountLine> = lines.collect();
    let side = side(normal).to_owned();
    let mut named = name(&account);
    let opposites = lines.iter_mut().map(|line| &mut line.opposite);
    name_parties(&mut conn, std::iter::once(&mut named).chain(opposites)).await?;
    let view = AccountLedger { account: named, side, first, last, opening, lines, closing: balance, cut };
    Ok(shown(&uri, &view, AccountLedger::csv))
}

async fn trial<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    uri: Uri,
) -> Result<Answer, Answer> {
    let context = node.context();
    let (first, last) = days(context, &uri)?;
    let mut conn = context.store.conn().await.map_err(refusal)?;
    let moved = ledger::trial_of(&mut conn, context.me, first, last).await.map_err(refusal)?;
    let now = ledger::trial(&mut conn, context.me).await.map_err(refusal)?;
    let mut view = trial_view((first, last), &moved, &now);
    name_parties(&mut conn, view.accounts.iter_mut().map(|line| &mut line.account)).await?;
    Ok(shown(&uri, &view, TrialBalanceView::csv))
}

fn trial_view(
    (first, last): (Day, Day),
    moved: &BTreeMap<Account, Moved>,
    now: &BTreeMap<Account, AccountState>,
) -> TrialBalanceView {
    let mut sums = BTreeMap::<funds::Ledger, (Fen, Fen)>::new();
    let all: BTreeSet<&Account> = moved.keys().chain(now.keys()).collect();
    let accounts = all.into_iter().map(|account| {
        let line = moved.get(account).copied().unwrap_or_default();
        let state = now.get(account).copied().unwrap_or_default();
        let sum = sums.entry(account.ledger()).or_default();
        sum.0 += line.debits_before + line.debits;
        sum.1 += line.credits_before + line.credits;
        let normal = account.kind().normal_side();
        TrialLine {
            account: name(account),
            side: side(normal).to_owned(),
            opening: line.opening(normal),
            debits: line.debits,
            credits: line.credits,
            closing: line.closing(normal),
            debits_pending: state.sums.debits_pending,
            credits_pending: state.sums.credits_pending,
            closed: state.closed,
        }
    });
    let accounts = accounts.collect();
    let balanced = sums.values().all(|(debits, credits)| debits == credits);
    let ledgers = sums.into_iter().map(|((role, scheme, purse), (debits, credits))| TrialSum {
        role: Role::name(role).to_owned(),
        scheme: scheme.chinese().to_owned(),
        purse: purse.chinese().to_owned(),
        debits,
        credits,
    });
    TrialBalanceView { first, last, accounts, ledgers: ledgers.collect(), balanced }
}

async fn post_by_hand<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Input(body): Input<NewVoucher>,
) -> Result<Answer, Answer> {
    let legs = body.legs.iter().map(|leg| {
        let debit = read(&leg.debit, "debit", "科目编码")?;
        Ok((debit, read(&leg.credit, "credit", "科目编码")?, leg.amount))
    });
    let given = ByHand {
        legs: legs.collect::<Result<_, Refusal>>()?,
        code: code(&body.code)?,
        id: body.id,
        subject: body.subject.chars().take(120).collect(),
        summary: body.summary,
        day: body.day,
    };
    let id = use_case::post_by_hand(node.context(), given, &clerk.name).await;
    made(id.map(|id| vec![id]))
}

fn made(ids: Result<Vec<VoucherId>, Failure>) -> Result<Answer, Answer> {
    let made = ids.map_err(Failure::refusal)?.into_iter().map(String::from).collect();
    Ok(Answer::json(&MadeVouchers { made }))
}

async fn correct<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Input(body): Input<NewCorrection>,
) -> Result<Answer, Answer> {
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > 60 {
        return Err(Refusal::invalid("reason", "60字以内的更正理由").into());
    }
    let id = read(&body.voucher, "voucher", "凭证编号")?;
    let id = use_case::correct(node.context(), &id, reason, &clerk.name).await;
    made(id.map(|id| vec![id]))
}

async fn summarise<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    Input(body): Input<SummaryOrder>,
) -> Result<Answer, Answer> {
    made(match body.day {
        Some(day) => use_case::enter_day(node.context(), day).await,
        None => use_case::enter_due(node.context()).await,
    })
}

async fn close_year<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Input(body): Input<YearClosing>,
) -> Result<Answer, Answer> {
    made(use_case::close_year(node.context(), body.year, &clerk.name).await)
}

async fn close<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Input(body): Input<AccountClosing>,
) -> Result<Answer, Answer> {
    set_closed(node.context(), &clerk, body, true).await
}

async fn open<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Input(body): Input<AccountClosing>,
) -> Result<Answer, Answer> {
    set_closed(node.context(), &clerk, body, false).await
}

async fn set_closed(
    context: &Context,
    clerk: &Clerk,
    body: AccountClosing,
    closed: bool,
) -> Result<Answer, Answer> {
    let account = read(&body.account, "account", "科目编码")?;
    let reason = body.reason.chars().take(200).collect();
    use_case::set_closed(context, account, closed, reason, &clerk.name).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&Taken { taken: true }))
}

async fn prove_all<N: KeepsBooks + Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    progress: Progress,
) -> Result<Answer, Answer> {
    let begun = Instant::now();
    let findings = prove::prove(node.as_ref(), &progress).await.map_err(Failure::refusal)?;
    let checks = findings.into_iter().map(|finding| ProofCheck {
        name: finding.name.to_owned(),
        checked: finding.checked,
        difference: finding.difference,
        note: finding.note,
    });
    let checks: Vec<ProofCheck> = checks.collect();
    Ok(Answer::json(&Proof {
        agrees: checks.iter().all(|check| check.difference.is_none()),
        checked: checks.iter().map(|check| check.checked).sum(),
        checks,
        millis: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    }))
}
