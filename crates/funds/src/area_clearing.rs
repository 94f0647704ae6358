//! The second level of clearing (省内清算): a province divides a month over its pooling areas (统筹区), and collects from each what it owes.
//!
//! What is owed is a list of claims: the fund of one area owes the area in which its people were treated. Where that is in another
//! province, the debtor's province pays it on after the hub's clearing; where it is in the same province (省内异地), no hub is asked,
//! and the province passes the money on from area to area. Both are divided, collected and stated by the same functions. This
//! module must not know where the lines come from.

pub mod voucher;

use crate::{
    apportioning::Share,
    chart::Purse,
    clearing::stage::{Answer, AnswerMove},
    institution_payment::Money,
};
use std::{collections::BTreeMap, fmt};
use terms::{Fen, InsuranceScheme, Month, PoolingArea, Province};

/// Who owes whom, of whose money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// The area whose fund owes.
    pub debtor: PoolingArea,
    /// The area in which people were treated.
    pub creditor: PoolingArea,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// Whose money.
    pub purse: Purse,
}

impl Claim {
    /// Whether it is between two areas of one province, which no hub clears.
    pub fn is_within_province(&self) -> bool {
        self.debtor.province() == self.creditor.province()
    }

    /// What tells it apart among the claims on its debtor's money.
    pub fn purse(&self) -> (InsuranceScheme, Purse) {
        (self.scheme, self.purse)
    }
}

/// A line to divide: what people of one area cost another.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The area whose fund owes.
    pub debtor: PoolingArea,
    /// The area in which people were treated.
    pub creditor: PoolingArea,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// What it comes to.
    pub share: &'a Share,
}

/// What is owed on a claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Settlements and undoings of which this purse paid something.
    pub count: u64,
    /// How much; below nothing where more was given back than made.
    pub amount: Fen,
}

/// Lines as claims; of none, where nothing is to be paid.
///
/// # Panics
/// If money would get lost or appear on the way.
pub fn divide<'a>(lines: impl IntoIterator<Item = Line<'a>>) -> BTreeMap<Claim, Due> {
    let mut claims = BTreeMap::<Claim, Due>::new();
    let mut whole = Fen::ZERO;
    for line in lines {
        let Line { debtor, creditor, scheme, share } = line;
        whole += share.agency_pays();
        let funds = share.funds.iter().map(|(fund, amount)| (Purse::Fund(*fund), *amount));
        for (purse, amount) in funds.chain([(Purse::PersonalAccount, share.account)]) {
            if !amount.is_zero() {
                let due = claims.entry(Claim { debtor, creditor, scheme, purse }).or_default();
                due.count += share.count();
                due.amount += amount;
            }
        }
    }
    assert_eq!(claims.values().map(|due| due.amount).sum::<Fen>(), whole, "the claims are the lines");
    claims
}

/// What each purse of an area owes, of whatever claims are given, to whichever area.
pub fn owed(claims: &BTreeMap<Claim, Due>, debtor: PoolingArea) -> Money {
    let mut money = Money::new();
    for (claim, due) in claims.iter().filter(|(claim, _)| claim.debtor == debtor) {
        *money.entry(claim.purse()).or_default() += due.amount;
    }
    money
}

/// What an area owes each treatment province, by scheme and purse: the lines of its statement.
pub fn by_province(
    claims: &BTreeMap<Claim, Due>,
    debtor: PoolingArea,
) -> BTreeMap<(Province, InsuranceScheme, Purse), Due> {
    let mut lines = BTreeMap::<_, Due>::new();
    for (claim, due) in claims.iter().filter(|(claim, _)| claim.debtor == debtor) {
        let line = lines.entry((claim.creditor.province(), claim.scheme, claim.purse)).or_default();
        line.count += due.count;
        line.amount += due.amount;
    }
    lines
}

/// What is still open of what a purse owes: less what was received, and less what its other months have to give back.
pub fn open(owed: &Money, received: &Money) -> Money {
    let mut open = owed.clone();
    for (key, amount) in received {
        *open.entry(*key).or_default() -= *amount;
    }
    open.retain(|_, amount| !amount.is_zero());
    open
}

/// Money that is more than what its purse owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// Whose money.
    pub purse: Purse,
    /// What is open.
    pub open: Fen,
    /// What came.
    pub came: Fen,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, purse, open, came } = self;
        let (scheme, purse) = (scheme.code(), purse.chinese());
        write!(f, "险种{scheme}{purse}尚欠{open}，所到{came}，多出的请退回或记为待查款项")
    }
}

/// Whether money can be received on what is open.
pub fn check_receipt(open: &Money, came: &Money) -> Result<(), TooMuch> {
    let open_of = |key| open.get(key).copied().unwrap_or_default();
    match came.iter().find(|(key, came)| **came > open_of(key).or_zero()) {
        Some((key, came)) => {
            Err(TooMuch { scheme: key.0, purse: key.1, open: open_of(key).or_zero(), came: *came })
        }
        None => Ok(()),
    }
}

/// What can be passed on of a month to the areas of the same province: whole purses of debtors that owe nothing any more, and of
/// which nothing was passed on before.
pub fn to_pass_on(
    claims: &BTreeMap<Claim, Due>,
    open: &BTreeMap<PoolingArea, Money>,
    passed: impl Fn(&Claim) -> bool,
) -> BTreeMap<Claim, Fen> {
    let is_paid = |claim: &Claim| {
        let open = open.get(&claim.debtor).and_then(|open| open.get(&claim.purse()));
        open.is_none_or(|open| *open <= Fen::ZERO)
    };
    let ready = claims.iter().filter(|(claim, due)| {
        claim.is_within_province() && due.amount > Fen::ZERO && is_paid(claim) && !passed(claim)
    });
    ready.map(|(claim, due)| (*claim, due.amount)).collect()
}

/// Where what an area says to its part of a month stands: by the day on which it sends up, silence is taken for yes (逾期视同确认), as it is of
/// provinces at the hub.
///
/// ```
/// # use funds::{area_clearing::stands, clearing::stage::Answer};
/// assert_eq!(stands(None, true), Answer::Awaited);
/// assert_eq!(stands(None, false), Answer::Deemed);
/// assert_eq!(stands(Some(Answer::Disputed), false), Answer::Disputed);
/// ```
pub fn stands(said: Option<Answer>, in_time: bool) -> Answer {
    let said = said.unwrap_or_default();
    said.after(AnswerMove::Deem, in_time).unwrap_or(said)
}

/// The number of an area's notice of payment (上解通知书): of whoever issues it again the same.
///
/// ```
/// # use funds::area_clearing::notice_number;
/// # use terms::{Month, PoolingArea};
/// let area = PoolingArea("420100".parse().unwrap());
/// assert_eq!(notice_number(Month::new(2026, 10).unwrap(), area), "SJ202610-420100");
/// ```
pub fn notice_number(month: Month, area: PoolingArea) -> String {
    format!("SJ{}-{area}", month.number())
}

#[cfg(test)]
mod tests {
    use super::*;
    use InsuranceScheme::{Employee, Resident};
    use terms::Fund;

    const POOL: (InsuranceScheme, Purse) = (Employee, Purse::Fund(Fund::EmployeePool));
    const ACCOUNT: (InsuranceScheme, Purse) = (Employee, Purse::PersonalAccount);

    fn area(code: &str) -> PoolingArea {
        PoolingArea(code.parse().unwrap())
    }

    fn share(pool: i64, account: i64) -> Share {
        Share {
            settlements: 1,
            total: Fen(pool + account),
            person_total: Fen(account),
            account: Fen(account),
            funds: [(Fund::EmployeePool, Fen(pool))].into(),
            ..Share::default()
        }
    }

    fn claims(lines: &[(&str, &str, &Share)]) -> BTreeMap<Claim, Due> {
        divide(lines.iter().map(|(debtor, creditor, share)| Line {
            debtor: area(debtor),
            creditor: area(creditor),
            scheme: Employee,
            share,
        }))
    }

    #[test]
    fn a_month_is_divided_over_areas_to_the_fen() {
        let (large, small, back) = (share(900, 100), share(33, 0), share(-40, 0));
        let claims = claims(&[
            ("420100", "310000", &large),
            ("420100", "310000", &small),
            ("420100", "330100", &small),
            ("420500", "310000", &back),
            ("420100", "420500", &large),
        ]);
        let story: Vec<String> = claims
            .iter()
            .map(|(claim, due)| {
                let Claim { debtor, creditor, purse, .. } = claim;
                format!("{debtor} -> {creditor} {}: {} of {}", purse.code(), due.amount, due.count)
            })
            .collect();
        assert_eq!(
            story,
            [
                "420100 -> 310000 310100: 9.33 of 2",
                "420100 -> 310000 310200: 1.00 of 1",
                "420100 -> 330100 310100: 0.33 of 1",
                "420100 -> 420500 310100: 9.00 of 1",
                "420100 -> 420500 310200: 1.00 of 1",
                "420500 -> 310000 310100: -0.40 of 1",
            ]
        );
        assert_eq!(owed(&claims, area("420100")), Money::from([(POOL, Fen(1_866)), (ACCOUNT, Fen(200))]));
        let lines = by_province(&claims, area("420100"));
        let provinces: Vec<_> = lines.keys().map(|(province, ..)| province.to_string()).collect();
        assert_eq!(provinces, ["310000", "310000", "330000", "420000", "420000"]);
    }

    #[test]
    fn what_comes_is_at_most_what_is_open() {
        let owed = Money::from([(POOL, Fen(1_000)), (ACCOUNT, Fen(-50))]);
        for (received, came, accepted) in [
            (0, (POOL, 1_000), Ok(())),
            (0, (POOL, 1_001), Err(Fen(1_000))),
            (999, (POOL, 1), Ok(())),
            (1_000, (POOL, 1), Err(Fen::ZERO)),
            // An account that has something to get back pays nothing.
            (0, (ACCOUNT, 1), Err(Fen::ZERO)),
            (0, ((Resident, POOL.1), 1), Err(Fen::ZERO)),
        ] {
            let open = open(&owed, &Money::from([(POOL, Fen(received))]));
            let found = check_receipt(&open, &Money::from([(came.0, Fen(came.1))]));
            assert_eq!(found.map_err(|too_much| too_much.open), accepted, "{received} {came:?}");
        }
        assert!(open(&owed, &owed).is_empty());
    }

    #[test]
    fn only_what_was_collected_is_passed_on_within_the_province_and_once() {
        let (large, back) = (share(900, 100), share(-40, 0));
        let claims = claims(&[
            ("420100", "310000", &large),
            ("420100", "420500", &large),
            ("420500", "420100", &large),
            ("420600", "420100", &back),
        ]);
        let owes = |money: Money| BTreeMap::from([(area("420100"), money)]);
        let passed_on = |open: &BTreeMap<_, _>, passed: &str| -> Vec<String> {
            let paths = to_pass_on(&claims, open, |claim| claim.debtor.to_string() == passed);
            paths
                .iter()
                .map(|(claim, amount)| format!("{}->{} {amount}", claim.debtor, claim.creditor))
                .collect()
        };
        let open = owes(Money::from([(POOL, Fen(1))]));
        assert_eq!(
            passed_on(&open, ""),
            ["420100->420500 1.00", "420500->420100 9.00", "420500->420100 1.00"],
            "the pool of 420100 still owes a fen"
        );
        assert_eq!(passed_on(&owes(Money::new()), "420500").len(), 2, "420500's was passed on before");
    }
}
