//! The general ledger: every refusal in one table, and random moves against a naive model.

use super::*;
use crate::chart::AccountKind;
use proptest::prelude::*;
use terms::{Fund, InsuranceScheme, Province};

fn province(code: &str) -> Province {
    code.parse().unwrap()
}

fn deposit() -> Account {
    Account::insured_fiscal_deposit(province("420000"), InsuranceScheme::Employee, Fund::EmployeePool)
}

fn payable() -> Account {
    Account::treatment_payable(province("310000"), InsuranceScheme::Employee, Fund::EmployeePool)
}

fn opening() -> Account {
    Account::insured_opening(province("420000"), InsuranceScheme::Employee, Fund::EmployeePool)
}

fn id(text: &str) -> VoucherId {
    VoucherId::new(text).unwrap()
}

fn leg(debit: Account, credit: Account, amount: i64, phase: Phase) -> Leg {
    Leg { debit, credit, amount: Fen(amount), phase }
}

fn voucher(name: &str, code: VoucherCode, legs: Vec<Leg>) -> Voucher {
    Voucher {
        id: id(name),
        code,
        subject: "clearing/202610".to_owned(),
        summary: code.chinese().to_owned(),
        day: "2026-11-21".parse().unwrap(),
        recorded_at: "2026-11-21 10:00:00".parse().unwrap(),
        by: "王某甲".to_owned(),
        legs,
    }
}

/// Money comes in.
fn fill(amount: i64) -> Voucher {
    voucher("open", VoucherCode::Opening, vec![leg(deposit(), opening(), amount, Phase::Final)])
}

/// Money goes out, or is set aside to go.
fn pay(name: &str, amount: i64, phase: Phase) -> Voucher {
    voucher(name, VoucherCode::ClearingPaid, vec![leg(payable(), deposit(), amount, phase)])
}

/// A payment after `spoil`.
fn spoiled(spoil: impl Fn(&mut Voucher)) -> Voucher {
    let mut voucher = pay("pay", 60, Phase::Final);
    spoil(&mut voucher);
    voucher
}

#[test]
fn every_refusal_in_its_order_and_the_ledger_stays_as_it_was() {
    use Refused as R;
    let nothing = || Vec::new();
    let filled = || vec![fill(100)];
    let paid = || vec![fill(100), pay("pay", 60, Phase::Final)];
    let reserved = || vec![fill(100), pay("order", 60, Phase::Reserve)];
    let posted = || [reserved(), vec![pay("bank", 60, Phase::Post(id("order").leg(0)))]].concat();
    let voided = || [reserved(), vec![pay("back", 60, Phase::Void(id("order").leg(0)))]].concat();
    let order = || id("order").leg(0);
    let resident =
        Account::insured_fiscal_deposit(province("420000"), InsuranceScheme::Resident, Fund::EmployeePool);
    let other_role =
        Account::treatment_fiscal_deposit(province("420000"), InsuranceScheme::Employee, Fund::EmployeePool);
    let elsewhere =
        Account::treatment_payable(province("110000"), InsuranceScheme::Employee, Fund::EmployeePool);
    let twice = |phase: fn(LegId) -> Phase| {
        let legs = vec![
            leg(payable(), deposit(), 60, Phase::Post(order())),
            leg(payable(), deposit(), 60, phase(order())),
        ];
        voucher("bank", VoucherCode::ClearingPaid, legs)
    };
    let cases = [
        (filled(), spoiled(|v| v.legs.clear()), R::NoLegs),
        (filled(), spoiled(|v| v.legs = vec![v.legs[0].clone(); LEGS_MAX + 1]), R::TooManyLegs),
        (filled(), spoiled(|v| v.summary = "  ".to_owned()), R::SummaryUnfit),
        (filled(), spoiled(|v| v.summary = "字".repeat(SUMMARY_MAX + 1)), R::SummaryUnfit),
        (filled(), spoiled(|v| v.code = VoucherCode::BankFee), R::BankFee),
        (filled(), spoiled(|v| v.legs[0].amount = Fen::ZERO), R::AmountNotPositive(0)),
        (
            filled(),
            spoiled(|v| v.legs.push(leg(payable(), deposit(), -1, Phase::Final))),
            R::AmountNotPositive(1),
        ),
        (filled(), spoiled(|v| v.legs[0].amount = AMOUNT_MAX + Fen(1)), R::AmountTooLarge(0)),
        (filled(), spoiled(|v| v.legs[0].debit = deposit()), R::SameAccount(0)),
        (filled(), spoiled(|v| v.legs[0].credit = resident.clone()), R::LedgersDiffer(0)),
        (filled(), spoiled(|v| v.legs[0].credit = other_role.clone()), R::LedgersDiffer(0)),
        (reserved(), twice(Phase::Post), R::EndsTwice(1)),
        (reserved(), twice(Phase::Void), R::EndsTwice(1)),
        (paid(), spoiled(|v| v.code = VoucherCode::Interest), R::ExistsWithOtherCode),
        (paid(), spoiled(|v| v.subject = "clearing/202611".to_owned()), R::ExistsWithOtherSubject),
        (paid(), spoiled(|v| v.day = v.day.plus_days(1)), R::ExistsWithOtherDay),
        (paid(), spoiled(|v| v.legs[0].amount = Fen(61)), R::ExistsWithOtherLegs),
        (paid(), spoiled(|v| v.legs[0].phase = Phase::Reserve), R::ExistsWithOtherLegs),
        (paid(), spoiled(|v| v.legs.push(v.legs[0].clone())), R::ExistsWithOtherLegs),
        (filled(), pay("bank", 60, Phase::Post(order())), R::ReserveUnknown(0)),
        (paid(), pay("bank", 60, Phase::Post(id("pay").leg(0))), R::ReserveUnknown(0)),
        (reserved(), pay("bank", 60, Phase::Post(id("order").leg(1))), R::ReserveUnknown(0)),
        (posted(), pay("again", 60, Phase::Post(order())), R::AlreadyPosted(0)),
        (posted(), pay("again", 60, Phase::Void(order())), R::AlreadyPosted(0)),
        (voided(), pay("again", 60, Phase::Post(order())), R::AlreadyVoided(0)),
        (voided(), pay("again", 60, Phase::Void(order())), R::AlreadyVoided(0)),
        (
            reserved(),
            voucher(
                "bank",
                VoucherCode::ClearingPaid,
                vec![leg(elsewhere, deposit(), 60, Phase::Post(order()))],
            ),
            R::ReserveOfOtherAccounts(0),
        ),
        (reserved(), pay("bank", 61, Phase::Post(order())), R::BeyondReserve(0)),
        (reserved(), pay("bank", 59, Phase::Void(order())), R::VoidNotWhole(0)),
        (reserved(), pay("bank", 61, Phase::Void(order())), R::VoidNotWhole(0)),
        (nothing(), pay("pay", 1, Phase::Final), R::LimitExceeded(0)),
        (filled(), pay("pay", 101, Phase::Final), R::LimitExceeded(0)),
        (filled(), pay("pay", 101, Phase::Reserve), R::LimitExceeded(0)),
        (reserved(), pay("pay", 41, Phase::Final), R::LimitExceeded(0)),
        (reserved(), pay("pay", 41, Phase::Reserve), R::LimitExceeded(0)),
        (
            filled(),
            spoiled(|v| {
                v.legs = vec![
                    leg(payable(), deposit(), 60, Phase::Reserve),
                    leg(payable(), deposit(), 41, Phase::Final),
                ];
            }),
            R::LimitExceeded(1),
        ),
    ];
    for (before, wrong, expected) in cases {
        let mut ledger = GeneralLedger::default();
        for voucher in before {
            assert_eq!(ledger.post(&voucher), Ok(Posted::Created));
        }
        let untouched = ledger.clone();
        assert_eq!(ledger.post(&wrong), Err(expected));
        assert_eq!(ledger, untouched, "{expected}");
        assert!(!expected.chinese().is_empty());
    }
}

#[test]
fn a_sum_does_not_outgrow_the_integer() {
    let mut known = Known::default();
    let sums = Sums { credits_posted: SUM_MAX, debits_posted: SUM_MAX, ..Sums::default() };
    known.accounts.insert(opening(), AccountState { sums, closed: false });
    assert_eq!(admit(&fill(1), &known), Err(Refused::SumTooLarge(0)));
}

#[test]
fn a_closed_account_takes_nothing_until_it_is_opened() {
    let mut ledger = GeneralLedger::default();
    ledger.post(&fill(100)).unwrap();
    assert_eq!(ledger.close(&deposit()), Err(NotClosed::NotBalanced));
    ledger.post(&pay("order", 100, Phase::Reserve)).unwrap();
    assert_eq!(ledger.close(&payable()), Err(NotClosed::Reserved));
    ledger.post(&pay("bank", 100, Phase::Post(id("order").leg(0)))).unwrap();
    assert_eq!(ledger.close(&deposit()), Ok(()));
    assert_eq!(ledger.close(&deposit()), Ok(()), "closed twice is closed");
    let more = voucher("more", VoucherCode::Opening, vec![leg(deposit(), opening(), 5, Phase::Final)]);
    assert_eq!(ledger.post(&more), Err(Refused::AccountClosed(0)));
    assert_eq!(ledger.post(&fill(100)), Ok(Posted::Exists), "a retry is no new move");
    ledger.reopen(&deposit());
    assert_eq!(ledger.post(&more), Ok(Posted::Created));
}

#[test]
fn a_payment_is_set_aside_paid_in_part_and_the_rest_is_free_again() {
    let mut ledger = GeneralLedger::default();
    let sums = |ledger: &GeneralLedger| {
        let sums = ledger.sums(&deposit());
        (sums.debits_posted.0, sums.credits_pending.0, sums.credits_posted.0, sums.on(EntrySide::Debit).0)
    };
    ledger.post(&fill(100)).unwrap();
    ledger.post(&pay("order", 60, Phase::Reserve)).unwrap();
    assert_eq!(sums(&ledger), (100, 60, 0, 100), "set aside is not gone");
    ledger.post(&pay("bank", 50, Phase::Post(id("order").leg(0)))).unwrap();
    assert_eq!(sums(&ledger), (100, 0, 50, 50));
    ledger.post(&pay("order2", 50, Phase::Reserve)).unwrap();
    ledger.post(&pay("back", 50, Phase::Void(id("order2").leg(0)))).unwrap();
    assert_eq!(sums(&ledger), (100, 0, 50, 50));
    let retry =
        Voucher { by: "李某乙".to_owned(), recorded_at: "2026-12-01".parse().unwrap(), ..fill(100) };
    assert_eq!(ledger.post(&retry), Ok(Posted::Exists));
    assert_eq!(sums(&ledger), (100, 0, 50, 50));
}

#[test]
fn ids_are_plain_and_short() {
    for (text, good) in [
        ("clearing/202610/420000-310000/paid/1", true),
        ("a.b_c:d", true),
        ("", false),
        ("a b", false),
        ("凭证", false),
        ("a#1", false),
        (&"a".repeat(120), true),
        (&"a".repeat(121), false),
    ] {
        assert_eq!(VoucherId::new(text).is_ok(), good, "{text}");
    }
    let names: BTreeSet<&str> = VoucherCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), VoucherCode::ALL.len());
    for code in VoucherCode::ALL {
        assert_eq!(VoucherCode::from_name(code.name()), Some(*code));
    }
}

/// What a naive model remembers: balances and what is set aside as plain numbers, and every voucher.
#[derive(Clone, Debug, Default)]
struct Model {
    free: i64,
    outside: i64,
    paid: i64,
    reserves: BTreeMap<u8, (i64, bool)>,
    seen: BTreeMap<String, Move>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Move {
    Fill(u8, i64),
    Pay(u8, i64),
    Reserve(u8, i64),
    Post(u8, u8, i64),
    Void(u8, u8),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        (0..4u8, 1..60i64).prop_map(|(name, amount)| Move::Fill(name, amount)),
        (0..6u8, 1..40i64).prop_map(|(name, amount)| Move::Pay(name, amount)),
        (0..6u8, 1..40i64).prop_map(|(name, amount)| Move::Reserve(name, amount)),
        (0..6u8, 0..6u8, 1..40i64).prop_map(|(name, order, amount)| Move::Post(name, order, amount)),
        (0..6u8, 0..6u8).prop_map(|(name, order)| Move::Void(name, order)),
    ];
    proptest::collection::vec(one, 0..80)
}

impl Model {
    /// The voucher of a move; a void is of what the model knows to be set aside.
    fn voucher(&self, made: &Move) -> Voucher {
        match *made {
            Move::Fill(name, amount) => {
                let legs = vec![leg(deposit(), opening(), amount, Phase::Final)];
                voucher(&format!("fill{name}"), VoucherCode::Opening, legs)
            }
            Move::Pay(name, amount) => pay(&format!("pay{name}"), amount, Phase::Final),
            Move::Reserve(name, amount) => pay(&format!("order{name}"), amount, Phase::Reserve),
            Move::Post(name, order, amount) => {
                pay(&format!("post{name}"), amount, Phase::Post(id(&format!("order{order}")).leg(0)))
            }
            Move::Void(name, order) => {
                let amount = self.reserves.get(&order).map_or(1, |reserve| reserve.0);
                pay(&format!("void{name}"), amount, Phase::Void(id(&format!("order{order}")).leg(0)))
            }
        }
    }

    /// Whether the move stands; what it then knows.
    fn make(&mut self, name: String, made: &Move) -> bool {
        if let Some(before) = self.seen.get(&name) {
            return before == made;
        }
        let stands = match *made {
            Move::Fill(_, amount) => {
                self.free += amount;
                self.outside += amount;
                true
            }
            Move::Pay(_, amount) => self.take(amount).then(|| self.paid += amount).is_some(),
            Move::Reserve(order, amount) => {
                self.take(amount).then(|| self.reserves.insert(order, (amount, false))).is_some()
            }
            Move::Post(_, order, amount) => self.end(order, amount),
            Move::Void(_, order) => self.end(order, 0),
        };
        if stands {
            self.seen.insert(name, made.clone());
        }
        stands
    }

    fn take(&mut self, amount: i64) -> bool {
        let enough = self.free >= amount;
        if enough {
            self.free -= amount;
        }
        enough
    }

    fn end(&mut self, order: u8, paid: i64) -> bool {
        match self.reserves.get_mut(&order) {
            Some((amount, ended)) if !*ended && paid <= *amount => {
                *ended = true;
                self.free += *amount - paid;
                self.paid += paid;
                true
            }
            _ => false,
        }
    }
}

proptest! {
    #[test]
    fn random_moves_come_to_what_a_naive_model_says(moves in moves()) {
        let mut ledger = GeneralLedger::default();
        let mut model = Model::default();
        for made in &moves {
            let voucher = model.voucher(made);
            let stands = model.make(voucher.id.to_string(), made);
            let answer = ledger.post(&voucher);
            prop_assert_eq!(answer.is_ok(), stands, "{:?} {:?}", made, answer);
            prop_assert_eq!(ledger.post(&voucher).is_ok(), stands, "the same again is the same");
        }
        let set_aside: i64 = model.reserves.values().filter(|(_, ended)| !ended).map(|(amount, _)| amount).sum();
        let deposit = ledger.sums(&deposit());
        prop_assert_eq!(deposit.on(EntrySide::Debit), Fen(model.free + set_aside));
        prop_assert_eq!(deposit.credits_pending, Fen(set_aside));
        prop_assert!(deposit.within(AccountKind::InsuredFiscalDeposit.limit()));
        prop_assert_eq!(ledger.sums(&payable()).on(EntrySide::Debit), Fen(model.paid));
        prop_assert_eq!(ledger.sums(&opening()).on(EntrySide::Credit), Fen(model.outside));
        let all = || ledger.accounts().map(|(_, state)| state.sums);
        prop_assert_eq!(all().map(|sums| sums.debits_posted).sum::<Fen>(), all().map(|sums| sums.credits_posted).sum());
        prop_assert_eq!(all().map(|sums| sums.debits_pending).sum::<Fen>(), all().map(|sums| sums.credits_pending).sum());
    }
}
