//! The book of a node: immutable transfers between accounts, of which only the sums move.
//!
//! A chain of transfers is applied whole or not at all. A retry of the same chain is answered [`Outcome::Exists`]; the same
//! ids with other content are refused, since then somebody has a mistake. What may be applied is decided by [`admit`], a
//! function of the chain and of the transfers that exist, so that a book in a database and the [`Book`] in memory follow
//! the same rules.

use crate::chart::{Account, EntrySide, Ledger, NotAKey, Purse, Role};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};
use terms::{Day, Fen, Moment, SettlementId};

/// The id of a transfer, derived from what it is for, so that a retry comes to the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TransferId {
    /// The settlement that it makes or undoes.
    pub settlement: SettlementId,
    /// In whose book.
    pub role: Role,
    /// Whose money.
    pub purse: Purse,
    /// Whether it undoes; a settlement is made once and undone once.
    pub undoing: bool,
}

impl fmt::Display for TransferId {
    /// `settlement/role/purse/made` or `…/undone`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settlement, role, purse, undoing } = self;
        let attempt = if *undoing { "undone" } else { "made" };
        f.pad(&format!("{settlement}/{}/{}/{attempt}", role.name(), purse.code()))
    }
}

impl FromStr for TransferId {
    type Err = NotAKey;
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let parts: Vec<_> = text.split('/').collect();
        let [settlement, role, purse, attempt] = parts[..] else { return Err(NotAKey) };
        let roles = [Role::Treatment, Role::Hub, Role::Insured];
        Ok(Self {
            settlement: settlement.parse().map_err(|_| NotAKey)?,
            role: roles.into_iter().find(|one| one.name() == role).ok_or(NotAKey)?,
            purse: Purse::of_code(purse)?,
            undoing: match attempt {
                "made" => false,
                "undone" => true,
                _ => return Err(NotAKey),
            },
        })
    }
}

impl TryFrom<String> for TransferId {
    type Error = NotAKey;
    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<TransferId> for String {
    fn from(id: TransferId) -> Self {
        id.to_string()
    }
}

/// Why money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferCode {
    /// 结算.
    Settlement,
    /// 撤销.
    Cancellation,
    /// 冲正.
    Reversal,
}

impl TransferCode {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Settlement, Self::Cancellation, Self::Reversal];

    /// The name under which it is kept.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settlement => "settlement",
            Self::Cancellation => "cancellation",
            Self::Reversal => "reversal",
        }
    }

    /// Whether it takes back what a settlement made.
    pub const fn undoes(self) -> bool {
        matches!(self, Self::Cancellation | Self::Reversal)
    }
}

/// An entry of the book: an amount from one account to another. Never edited, never deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Which.
    pub id: TransferId,
    /// The account debited (借).
    pub debit: Account,
    /// The account credited (贷).
    pub credit: Account,
    /// How much; above nothing.
    pub amount: Fen,
    /// Why.
    pub code: TransferCode,
    /// The day on which it takes effect.
    pub day: Day,
    /// When it was written down.
    pub recorded_at: Moment,
}

/// The two sums of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Everything debited.
    pub debits: Fen,
    /// Everything credited.
    pub credits: Fen,
}

impl Balance {
    /// What stands on a side; below nothing if the other side is larger.
    pub fn on(self, side: EntrySide) -> Fen {
        match side {
            EntrySide::Debit => self.debits - self.credits,
            EntrySide::Credit => self.credits - self.debits,
        }
    }
}

/// The answer to a chain that is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Written down now.
    Created,
    /// Written down before, with the same content: nothing is done again.
    Exists,
}

/// Why a chain is refused, in the order in which it is looked at. The id is the first transfer that it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// The amount is nothing or below.
    AmountNotPositive(TransferId),
    /// The amount is beyond [`Fen::LIMIT`].
    AmountTooLarge(TransferId),
    /// Both sides are the same account.
    SameAccount(TransferId),
    /// The accounts, or the id, belong to another role, scheme or purse.
    LedgersDiffer(TransferId),
    /// The id says that it makes, the code that it undoes, or the other way round.
    CodeDiffers(TransferId),
    /// The id comes twice in the chain.
    Doubled(TransferId),
    /// The id exists with other accounts.
    ExistsWithOtherAccounts(TransferId),
    /// The id exists with another amount.
    ExistsWithOtherAmount(TransferId),
    /// The id exists with another code: a settlement is cancelled or reversed, not both.
    ExistsWithOtherCode(TransferId),
    /// The id exists with another day.
    ExistsWithOtherDay(TransferId),
    /// The chain exists in part, or with more legs; the id is the first that is in one of the two only.
    ExistsInPart(TransferId),
    /// There is nothing to undo.
    NothingToUndo(TransferId),
    /// What is undone is not the mirror image of what was made.
    NotItsMirror(TransferId),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Refused {}

/// Decides whether a chain may be applied to a book. `existing` needs to hold all transfers of the settlements in the
/// chain, so that a chain of fewer legs than before is seen to be another one.
pub fn admit(chain: &[Transfer], existing: &BTreeMap<TransferId, Transfer>) -> Result<Outcome, Refused> {
    let mut ids = BTreeSet::new();
    for transfer in chain {
        check_alone(transfer)?;
        if !ids.insert(transfer.id) {
            return Err(Refused::Doubled(transfer.id));
        }
    }
    for transfer in chain {
        if let Some(known) = existing.get(&transfer.id) {
            check_same(transfer, known)?;
        }
    }
    if ids.iter().any(|id| existing.contains_key(id)) {
        let legs = ids.iter().flat_map(|id| existing_legs(existing, *id));
        let differs = ids.iter().find(|id| !existing.contains_key(id)).copied();
        let differs = differs.or_else(|| legs.map(|leg| leg.id).find(|leg| !ids.contains(leg)));
        return differs.map_or(Ok(Outcome::Exists), |id| Err(Refused::ExistsInPart(id)));
    }
    for transfer in chain.iter().filter(|transfer| transfer.id.undoing) {
        check_mirror(transfer, &ids, existing)?;
    }
    Ok(Outcome::Created)
}

/// The transfers that were made, or undone, together with this one: the same but for the purse.
fn existing_legs(
    existing: &BTreeMap<TransferId, Transfer>,
    id: TransferId,
) -> impl Iterator<Item = &Transfer> {
    let ids = Purse::all().map(move |purse| TransferId { purse, ..id });
    ids.filter_map(|id| existing.get(&id))
}

fn check_alone(transfer: &Transfer) -> Result<(), Refused> {
    let Transfer { id, debit, credit, amount, code, .. } = transfer;
    if *amount <= Fen::ZERO {
        return Err(Refused::AmountNotPositive(*id));
    }
    if *amount > Fen::LIMIT {
        return Err(Refused::AmountTooLarge(*id));
    }
    if debit == credit {
        return Err(Refused::SameAccount(*id));
    }
    let (role, _, purse) = debit.ledger();
    if debit.ledger() != credit.ledger() || (role, purse) != (id.role, id.purse) {
        return Err(Refused::LedgersDiffer(*id));
    }
    if code.undoes() != id.undoing {
        return Err(Refused::CodeDiffers(*id));
    }
    Ok(())
}

/// The same content; when it was written down does not count, since a retry comes later.
fn check_same(transfer: &Transfer, known: &Transfer) -> Result<(), Refused> {
    let id = transfer.id;
    if (&transfer.debit, &transfer.credit) != (&known.debit, &known.credit) {
        return Err(Refused::ExistsWithOtherAccounts(id));
    }
    if transfer.amount != known.amount {
        return Err(Refused::ExistsWithOtherAmount(id));
    }
    if transfer.code != known.code {
        return Err(Refused::ExistsWithOtherCode(id));
    }
    if transfer.day != known.day {
        return Err(Refused::ExistsWithOtherDay(id));
    }
    Ok(())
}

/// Everything that was made is given back, and nothing else.
fn check_mirror(
    undone: &Transfer,
    ids: &BTreeSet<TransferId>,
    existing: &BTreeMap<TransferId, Transfer>,
) -> Result<(), Refused> {
    let made_id = TransferId { undoing: false, ..undone.id };
    let mut legs = existing_legs(existing, made_id).peekable();
    if legs.peek().is_none() {
        return Err(Refused::NothingToUndo(undone.id));
    }
    let whole = legs.all(|leg| ids.contains(&TransferId { undoing: true, ..leg.id }));
    let mirrored = existing.get(&made_id).is_some_and(|made| {
        (&undone.debit, &undone.credit, undone.amount) == (&made.credit, &made.debit, made.amount)
    });
    if whole && mirrored { Ok(()) } else { Err(Refused::NotItsMirror(undone.id)) }
}

/// What a chain adds to the sums of each account.
pub fn effects(chain: &[Transfer]) -> BTreeMap<Account, Balance> {
    let mut effects = BTreeMap::<Account, Balance>::new();
    for transfer in chain {
        effects.entry(transfer.debit.clone()).or_default().debits += transfer.amount;
        effects.entry(transfer.credit.clone()).or_default().credits += transfer.amount;
    }
    effects
}

/// The sums of a book in each ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialBalance(pub BTreeMap<Ledger, Balance>);

impl TrialBalance {
    /// Of all the accounts of a book (试算平衡).
    pub fn of<'a>(accounts: impl IntoIterator<Item = (&'a Account, &'a Balance)>) -> Self {
        let mut sums = BTreeMap::<Ledger, Balance>::new();
        for (account, balance) in accounts {
            let sum = sums.entry(account.ledger()).or_default();
            sum.debits += balance.debits;
            sum.credits += balance.credits;
        }
        Self(sums)
    }

    /// Whether in every ledger everything debited is everything credited.
    pub fn is_balanced(&self) -> bool {
        self.0.values().all(|sum| sum.debits == sum.credits)
    }
}

/// A book in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    balances: BTreeMap<Account, Balance>,
    transfers: BTreeMap<TransferId, Transfer>,
}

impl Book {
    /// Applies a chain, whole or not at all.
    pub fn apply(&mut self, chain: &[Transfer]) -> Result<Outcome, Refused> {
        let outcome = admit(chain, &self.transfers)?;
        if outcome == Outcome::Created {
            for (account, added) in effects(chain) {
                let balance = self.balances.entry(account).or_default();
                balance.debits += added.debits;
                balance.credits += added.credits;
            }
            self.transfers.extend(chain.iter().map(|transfer| (transfer.id, transfer.clone())));
        }
        Ok(outcome)
    }

    /// The sums of an account; nothing if it never moved.
    pub fn balance(&self, account: &Account) -> Balance {
        self.balances.get(account).copied().unwrap_or_default()
    }

    /// All accounts that moved, in the order of the chart.
    pub fn balances(&self) -> impl Iterator<Item = (&Account, &Balance)> {
        self.balances.iter()
    }

    /// A transfer that was applied.
    pub fn transfer(&self, id: &TransferId) -> Option<&Transfer> {
        self.transfers.get(id)
    }

    /// The sums of each ledger.
    pub fn trial_balance(&self) -> TrialBalance {
        TrialBalance::of(self.balances())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movement::settlement::{Settled, Undoing, at_hub, at_insured, at_treatment, undo};
    use proptest::prelude::*;
    use terms::{Fund, InstitutionCode, InsuranceScheme, PoolingArea, Province};

    fn province(code: &str) -> Province {
        code.parse().unwrap()
    }

    fn moment() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn settled(serial: u64, pool: Fen, large: Fen) -> Settled {
        Settled {
            settlement: SettlementId::new(province("310000"), moment(), serial),
            scheme: InsuranceScheme::Employee,
            funds: [(Fund::EmployeePool, pool), (Fund::LargeAmount, large)].into(),
            account: Fen::ZERO,
            day: moment().day(),
            recorded_at: moment(),
        }
    }

    fn hub_chain(serial: u64) -> Vec<Transfer> {
        at_hub(&settled(serial, Fen(800), Fen(200)), province("420000"), province("310000"))
    }

    fn undo_hub(serial: u64, undoing: Undoing) -> Vec<Transfer> {
        undo(&hub_chain(serial), undoing, moment().day(), moment())
    }

    /// The hub's chain of settlement 1 after `spoil`.
    fn spoiled(spoil: impl Fn(&mut Vec<Transfer>)) -> Vec<Transfer> {
        let mut chain = hub_chain(1);
        spoil(&mut chain);
        chain
    }

    #[test]
    fn every_refusal_and_the_book_stays_as_it_was() {
        use Refused as R;
        let pool = hub_chain(1)[0].id;
        let large = hub_chain(1)[1].id;
        let undone = |id| TransferId { undoing: true, ..id };
        let nothing: &[Vec<Transfer>] = &[];
        let made = &[hub_chain(1)];
        let taken_back = &[hub_chain(1), undo_hub(1, Undoing::Cancellation)];
        let residents =
            Account::hub_payable(province("310000"), InsuranceScheme::Resident, Fund::EmployeePool);
        let elsewhere =
            Account::hub_payable(province("110000"), InsuranceScheme::Employee, Fund::EmployeePool);
        let expense = Account::benefit_expense(
            PoolingArea("420100".parse().unwrap()),
            InsuranceScheme::Employee,
            Fund::EmployeePool,
        );
        let later = moment().day().plus_days(1);
        let mut half_mirror = undo_hub(1, Undoing::Reversal);
        half_mirror[0].amount = Fen(799);
        let cases = [
            (nothing, spoiled(|c| c[0].amount = Fen::ZERO), R::AmountNotPositive(pool)),
            (nothing, spoiled(|c| c[1].amount = Fen(-1)), R::AmountNotPositive(large)),
            (nothing, spoiled(|c| c[0].amount = Fen::LIMIT + Fen(1)), R::AmountTooLarge(pool)),
            (nothing, spoiled(|c| c[0].debit = c[0].credit.clone()), R::SameAccount(pool)),
            (nothing, spoiled(|c| c[0].credit = residents.clone()), R::LedgersDiffer(pool)),
            (nothing, spoiled(|c| c[0].credit = expense.clone()), R::LedgersDiffer(pool)),
            (nothing, spoiled(|c| c[0].id.role = Role::Insured), {
                R::LedgersDiffer(TransferId { role: Role::Insured, ..pool })
            }),
            (nothing, spoiled(|c| c[0].code = TransferCode::Reversal), R::CodeDiffers(pool)),
            (nothing, spoiled(|c| c[1] = c[0].clone()), R::Doubled(pool)),
            (made, spoiled(|c| c[0].credit = elsewhere.clone()), R::ExistsWithOtherAccounts(pool)),
            (made, spoiled(|c| c[1].amount = Fen(201)), R::ExistsWithOtherAmount(large)),
            (taken_back, undo_hub(1, Undoing::Reversal), R::ExistsWithOtherCode(undone(pool))),
            (made, spoiled(|c| c[0].day = later), R::ExistsWithOtherDay(pool)),
            (made, [hub_chain(1), hub_chain(2)].concat(), R::ExistsInPart(hub_chain(2)[0].id)),
            (made, hub_chain(1)[1..].to_vec(), R::ExistsInPart(pool)),
            (nothing, undo_hub(1, Undoing::Reversal), R::NothingToUndo(undone(pool))),
            (made, half_mirror, R::NotItsMirror(undone(pool))),
            (made, undo_hub(1, Undoing::Reversal)[..1].to_vec(), R::NotItsMirror(undone(pool))),
        ];
        for (before, chain, expected) in cases {
            let mut book = Book::default();
            for chain in before {
                assert_eq!(book.apply(chain), Ok(Outcome::Created));
            }
            let untouched = book.clone();
            assert_eq!(book.apply(&chain), Err(expected));
            assert_eq!(book, untouched, "{expected}");
        }
    }

    #[test]
    fn a_retry_is_answered_and_changes_nothing() {
        let mut book = Book::default();
        for chain in [hub_chain(1), undo_hub(1, Undoing::Cancellation)] {
            assert_eq!(book.apply(&chain), Ok(Outcome::Created));
            let once = book.clone();
            let later: Vec<_> = chain
                .into_iter()
                .map(|transfer| Transfer { recorded_at: moment().plus_millis(60_000), ..transfer })
                .collect();
            assert_eq!(book.apply(&later), Ok(Outcome::Exists));
            assert_eq!(book, once);
        }
        let receivable = &hub_chain(1)[0].debit;
        assert_eq!(book.balance(receivable), Balance { debits: Fen(800), credits: Fen(800) });
        assert_eq!(book.balance(receivable).on(receivable.kind().normal_side()), Fen::ZERO);
        assert_eq!(book.apply(&[]), Ok(Outcome::Created), "a settlement that no fund pays");
    }

    #[test]
    fn ids_read_back_or_are_refused() {
        let id = undo_hub(7, Undoing::Reversal)[1].id;
        let text = id.to_string();
        assert!(text.ends_with("/hub/330100/undone"), "{text}");
        assert_eq!(text.parse(), Ok(id));
        let wrongs = [
            text.replace("hub", "bank"),
            text.replace("undone", ""),
            text.replace("330100", "3301"),
            text + "/",
        ];
        for wrong in wrongs {
            assert_eq!(wrong.parse::<TransferId>(), Err(NotAKey), "{wrong}");
        }
    }

    /// What the naive model knows of a settlement: its amounts, and how it was undone.
    type Model = BTreeMap<u64, (Fen, Fen, Option<Undoing>)>;

    #[derive(Clone, Debug)]
    enum Move {
        Settle(u64, i64, i64),
        Undo(u64, Undoing),
    }

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let undoing = prop_oneof![Just(Undoing::Cancellation), Just(Undoing::Reversal)];
        let one = prop_oneof![
            (0..6u64, 1..4i64, 0..3i64).prop_map(|(serial, pool, large)| Move::Settle(serial, pool, large)),
            (0..6u64, undoing).prop_map(|(serial, undoing)| Move::Undo(serial, undoing)),
        ];
        proptest::collection::vec(one, 0..60)
    }

    /// The chains of one settlement in the three books.
    fn chains(serial: u64, pool: Fen, large: Fen) -> [Vec<Transfer>; 3] {
        let settled = settled(serial, pool, large);
        let (insured, treatment) = (province("420000"), province("310000"));
        let institution: InstitutionCode = "H31010100001".parse().unwrap();
        [
            at_treatment(&settled, insured, &institution),
            at_hub(&settled, insured, treatment),
            at_insured(&settled, PoolingArea("420100".parse().unwrap()), treatment),
        ]
    }

    /// Whether the naive model lets the move stand, and what it then knows.
    fn model_move(model: &mut Model, made: &Move) -> bool {
        match *made {
            Move::Settle(serial, pool, large) => {
                let amounts = (Fen(pool), Fen(large));
                let known = model.entry(serial).or_insert((amounts.0, amounts.1, None));
                (known.0, known.1) == amounts
            }
            Move::Undo(serial, undoing) => match model.get_mut(&serial) {
                None => false,
                Some((_, _, undone)) => *undone.get_or_insert(undoing) == undoing,
            },
        }
    }

    proptest! {
        #[test]
        fn random_moves_come_to_what_a_naive_model_says(moves in moves()) {
            let mut books = [Book::default(), Book::default(), Book::default()];
            let mut model = Model::new();
            for made in &moves {
                let (serial, undoing) = match *made {
                    Move::Settle(serial, ..) => (serial, None),
                    Move::Undo(serial, undoing) => (serial, Some(undoing)),
                };
                let (pool, large) = match (made, model.get(&serial)) {
                    (Move::Undo(..), Some((pool, large, _))) => (*pool, *large),
                    (Move::Settle(_, pool, large), _) => (Fen(*pool), Fen(*large)),
                    (Move::Undo(..), None) => (Fen(1), Fen(1)),
                };
                let stands = model_move(&mut model, made);
                for (book, chain) in books.iter_mut().zip(chains(serial, pool, large)) {
                    let chain = match undoing {
                        Some(undoing) => undo(&chain, undoing, moment().day(), moment()),
                        None => chain,
                    };
                    prop_assert_eq!(book.apply(&chain).is_ok(), stands, "{:?}", made);
                    prop_assert!(book.trial_balance().is_balanced());
                }
            }
            let standing = |amount: fn(&(Fen, Fen, Option<Undoing>)) -> Fen| -> Fen {
                model.values().filter(|(_, _, undone)| undone.is_none()).map(amount).sum()
            };
            let (pool, large) = (standing(|known| known.0), standing(|known| known.1));
            for book in &books {
                for (account, balance) in book.balances() {
                    let expected = if account.purse() == Purse::Fund(Fund::EmployeePool) { pool } else { large };
                    prop_assert_eq!(balance.on(account.kind().normal_side()), expected, "{}", account);
                }
            }
        }
    }
}
