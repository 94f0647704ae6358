//! How each prepayment stands: what is held of it, what is owed against it, its light (预警), and when it will be used up.
//!
//! A province reads what was paid and what is owed from its general ledger, with what the journal of settlements has and the
//! ledger has not taken up yet; the hub reads what is paid from its memoranda, and what is owed from its own records. That is
//! much to read: it is computed once an hour, or when somebody asks for it, and shown with its time.

use super::rules_on;
use crate::{context::Outcome, hub::Hub, province::ProvinceNode};
use casework::emergency_increase::StageName;
use funds::{
    Account, AccountKind, EntrySide, Pair,
    ledger::Sums,
    prepayment::{Of, Position},
    rule::{Rules, UsageMeasure},
};
use std::collections::BTreeMap;
use store::{
    Conn, Work, emergency_increase,
    prepayment::{self as register, HubSums, JournalSums, Spans},
};
use terms::{Day, Fen, InsuranceScheme, Moment, Participant, Province};
use wire::api::prepayment::{PositionView, PrepaymentPositions};

/// How old the figures may become before they are computed anew by themselves.
const EVERY_MILLIS: i64 = 3_600_000;

/// Of so many applications at most: twice as many as there are pairs of provinces and schemes that could ask at once.
const INCREASES_MAX: i64 = 4_000;

type Positions = BTreeMap<Of, Position>;

fn spans(today: Day, rules: &Rules) -> Spans {
    let last_month = today.plus_months(-1).month();
    Spans {
        // Summary vouchers are made every night; whatever is older has long been taken up.
        entered_from: last_month.first_day(),
        spent_from: today.plus_days(1 - i32::from(rules.prepayment_forecast_days)),
        month: last_month,
    }
}

fn blank(spans: Spans) -> Position {
    let nothing = Fen::ZERO;
    Position { prepayment: nothing, owed: nothing, month: spans.month, monthly: nothing, spent: nothing }
}

/// Whether nobody has computed them for a while.
async fn is_due(store: &store::Store, now: Moment) -> Outcome<bool> {
    let last = register::computed_at(&mut *store.conn().await?).await?;
    Ok(last.is_none_or(|last| now.millis() - last.millis() >= EVERY_MILLIS))
}

// ---------------------------------------------------------------- a province

/// Computes if nobody has for a while.
pub async fn compute_when_due(node: &ProvinceNode) -> Outcome<()> {
    if is_due(&node.context.store, node.context.now()).await? {
        compute(node).await?;
    }
    Ok(())
}

/// Computes how the prepayments that this province holds and has given stand, and keeps it.
pub async fn compute(node: &ProvinceNode) -> Outcome<BTreeMap<Of, Position>> {
    let now = node.context.now();
    let spans = spans(now.day(), &rules_on(now.day())?);
    let mut look = node.context.store.begin().await?;
    register::as_of_now(&mut look).await?;
    let mut positions = Positions::new();
    for side in [TREATMENT, INSURED] {
        read_side(&mut look, node.province, side, spans, &mut positions).await?;
    }
    drop(look);
    keep(&node.context.store, &positions, now).await?;
    Ok(positions)
}

async fn keep(store: &store::Store, positions: &Positions, now: Moment) -> Outcome<()> {
    let mut work = store.begin().await?;
    register::replace_positions(&mut work, positions, now).await?;
    Ok(work.save().await?)
}

/// The accounts of one of the two parts that a province plays.
#[derive(Clone, Copy)]
struct SideAccounts {
    prepayment: AccountKind,
    owed: AccountKind,
    /// The side on which what is owed stands.
    owed_on: EntrySide,
    is_treatment: bool,
}

const TREATMENT: SideAccounts = SideAccounts {
    prepayment: AccountKind::PrepaymentHeld,
    owed: AccountKind::InsuredReceivable,
    owed_on: EntrySide::Debit,
    is_treatment: true,
};

const INSURED: SideAccounts = SideAccounts {
    prepayment: AccountKind::PrepaymentPaid,
    owed: AccountKind::TreatmentPayable,
    owed_on: EntrySide::Credit,
    is_treatment: false,
};

impl SideAccounts {
    /// What an account is about; none of one within the province.
    fn of(self, own: Province, account: &Account) -> Option<(Pair, InsuranceScheme)> {
        let other: Province = account.party().parse().ok()?;
        let (insured, treatment) = if self.is_treatment { (other, own) } else { (own, other) };
        (other != own).then(|| (Pair { insured, treatment }, account.scheme()))
    }
}

async fn read_side(
    work: &mut Work,
    own: Province,
    side: SideAccounts,
    spans: Spans,
    positions: &mut Positions,
) -> Outcome<()> {
    let owner = Participant::Province(own);
    let prepayment = register::ledger_of_kind(work.conn(), owner, side.prepayment.key()).await?;
    let owed = register::ledger_of_kind(work.conn(), owner, side.owed.key()).await?;
    let journal = register::journal_of_kind(work, owner, side.owed.key(), spans).await?;
    add_side(own, side, &Books { prepayment, owed, journal }, spans, positions);
    Ok(())
}

/// What is read of one part.
struct Books {
    prepayment: BTreeMap<Account, Sums>,
    owed: BTreeMap<Account, Sums>,
    journal: BTreeMap<Account, JournalSums>,
}

/// What the accounts of one part say, added to what is known.
fn add_side(
    own: Province,
    side: SideAccounts,
    Books { prepayment, owed, journal }: &Books,
    spans: Spans,
    positions: &mut Positions,
) {
    let mut at = |account: &Account, add: &dyn Fn(&mut Position)| {
        if let Some(of) = side.of(own, account) {
            add(positions.entry(of).or_insert_with(|| blank(spans)));
        }
    };
    for (account, sums) in prepayment {
        at(account, &|position| position.prepayment += sums.on(side.prepayment.normal_side()));
    }
    for (account, sums) in owed {
        at(account, &|position| position.owed += sums.on(side.owed_on));
    }
    // The journal says debits less credits.
    let turned = |amount: Fen| if side.owed_on == EntrySide::Debit { amount } else { -amount };
    for (account, sums) in journal {
        at(account, &|position| {
            position.owed += turned(sums.not_entered);
            position.spent += turned(sums.spent);
            position.monthly += turned(sums.monthly);
        });
    }
}

/// How the prepayments of this province stand, as last computed, with the interest on those that it holds.
pub async fn list(node: &ProvinceNode) -> Outcome<PrepaymentPositions> {
    let mut conn = node.context.store.conn().await?;
    let owner = Participant::Province(node.province);
    let kind = AccountKind::InterestIncome;
    let interest = register::ledger_of_kind(&mut conn, owner, kind.key()).await?;
    let mut earned = BTreeMap::<Of, Fen>::new();
    for (account, sums) in &interest {
        if let Some(of) = TREATMENT.of(node.province, account) {
            *earned.entry(of).or_default() += sums.on(kind.normal_side());
        }
    }
    let positions = register::positions(&mut conn).await?;
    let open = open_increases(&mut conn).await?;
    view(&positions, node.context.now().day(), &open, |of| (None, earned.get(of).copied()))
}

// ---------------------------------------------------------------- the hub

/// Computes if nobody has for a while.
pub async fn compute_at_hub_when_due(hub: &Hub) -> Outcome<()> {
    if is_due(&hub.context.store, hub.context.now()).await? {
        compute_at_hub(hub).await?;
    }
    Ok(())
}

/// Computes how all prepayments stand by the hub's records, and keeps it.
pub async fn compute_at_hub(hub: &Hub) -> Outcome<()> {
    let now = hub.context.now();
    let spans = spans(now.day(), &rules_on(now.day())?);
    let mut look = hub.context.store.begin().await?;
    register::as_of_now(&mut look).await?;
    let kind = AccountKind::HubPrepaymentHeld;
    let held = register::ledger_of_kind(look.conn(), Participant::Hub, kind.key()).await?;
    let owed = register::owed_at_hub(&mut look, spans).await?;
    drop(look);
    let mut positions = Positions::new();
    for (account, sums) in &held {
        if let Ok(pair) = account.party().parse::<Pair>() {
            let position = positions.entry((pair, account.scheme())).or_insert_with(|| blank(spans));
            position.prepayment += sums.on(kind.normal_side());
        }
    }
    for (of, HubSums { owed, spent, monthly }) in owed {
        let position = positions.entry(of).or_insert_with(|| blank(spans));
        (position.owed, position.spent, position.monthly) = (owed, spent, monthly);
    }
    keep(&hub.context.store, &positions, now).await
}

/// How all prepayments stand, as last computed, with the amounts in force.
pub async fn list_at_hub(hub: &Hub) -> Outcome<PrepaymentPositions> {
    let mut conn = hub.context.store.conn().await?;
    let in_force = register::in_force(&mut conn).await?;
    let positions = register::positions(&mut conn).await?;
    let amount = |of: &Of| in_force.get(of).copied().unwrap_or_default();
    let open = open_increases(&mut conn).await?;
    view(&positions, hub.context.now().day(), &open, |of| (Some(amount(of)), None))
}

/// The applications for more that are not decided, or granted and not paid, by what they are for.
async fn open_increases(conn: &mut Conn) -> Outcome<BTreeMap<Of, String>> {
    let mut open = BTreeMap::new();
    for stage in [StageName::Applied, StageName::Accepted] {
        for kept in emergency_increase::list(conn, Some(stage), INCREASES_MAX).await? {
            let one = &kept.increase;
            let pair = Pair { insured: one.insured, treatment: one.treatment };
            open.insert((pair, one.scheme), one.id());
        }
    }
    Ok(open)
}

fn view(
    positions: &[register::KeptPosition],
    today: Day,
    open: &BTreeMap<Of, String>,
    besides: impl Fn(&Of) -> (Option<Fen>, Option<Fen>),
) -> Outcome<PrepaymentPositions> {
    let rules = rules_on(today)?;
    let shown = positions.iter().map(|kept| {
        let increase = open.get(&kept.of).cloned();
        PositionView::of(kept.of, kept.position, today, &rules, besides(&kept.of), increase)
    });
    let measure = match rules.prepayment_usage {
        UsageMeasure::Unpaid => "unpaid",
        UsageMeasure::Monthly => "monthly",
    };
    Ok(PrepaymentPositions {
        computed_at: positions.iter().map(|kept| kept.computed_at).max().map(|at| at.to_string()),
        measure: measure.to_owned(),
        positions: shown.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::Fund;

    #[test]
    fn both_parts_of_a_province_say_the_same_of_a_pair() {
        let province = |code: &str| -> Province { code.parse().unwrap() };
        let (beijing, hubei) = (province("110000"), province("420000"));
        let rules = rules_on("2026-11-22".parse().unwrap()).unwrap();
        let spans = spans("2026-11-22".parse().unwrap(), &rules);
        assert_eq!(
            (spans.entered_from.to_string(), spans.spent_from.to_string()),
            ("2026-10-01".to_owned(), "2026-10-24".to_owned())
        );
        let employee = InsuranceScheme::Employee;
        let debit = |amount: i64| Sums { debits_posted: Fen(amount), ..Sums::default() };
        let credit = |amount: i64| Sums { credits_posted: Fen(amount), ..Sums::default() };
        let moved = |sign: i64| JournalSums {
            not_entered: Fen(50 * sign),
            spent: Fen(70 * sign),
            monthly: Fen(90 * sign),
        };
        let of = (Pair { insured: beijing, treatment: hubei }, employee);
        let expected = Position {
            prepayment: Fen(1_000),
            owed: Fen(400 + 300 + 50),
            month: spans.month,
            monthly: Fen(90),
            spent: Fen(70),
        };
        for (side, own, other, sign) in [(TREATMENT, hubei, beijing, 1), (INSURED, beijing, hubei, -1)] {
            let accounts = |purse: Fund| {
                if side.is_treatment {
                    (
                        Account::prepayment_held(other, employee, purse),
                        Account::insured_receivable(other, employee, purse),
                    )
                } else {
                    (
                        Account::prepayment_paid(other, employee, purse),
                        Account::treatment_payable(other, employee, purse),
                    )
                }
            };
            let (pool, large) = (accounts(Fund::EmployeePool), accounts(Fund::LargeAmount));
            let on = |held: bool, amount: i64| {
                let is_debit = held != side.is_treatment;
                if is_debit { debit(amount) } else { credit(amount) }
            };
            let prepayment = [(pool.0, on(true, 1_000))].into();
            let own_account = if side.is_treatment {
                Account::insured_receivable(own, employee, Fund::EmployeePool)
            } else {
                Account::treatment_payable(own, employee, Fund::EmployeePool)
            };
            let owed = [
                (pool.1.clone(), on(false, 400)),
                (large.1, on(false, 300)),
                (own_account, on(false, 9_999)),
            ];
            let mut positions = Positions::new();
            let journal = [(pool.1, moved(sign))].into();
            let books = Books { prepayment, owed: owed.into(), journal };
            add_side(own, side, &books, spans, &mut positions);
            assert_eq!(positions, [(of, expected)].into(), "{own}");
        }
    }
}
