//! The trial balance (科目余额表): what a month moved on every account of the general ledger.

use crate::{
    notice::place,
    paper::{Cell, Kind, Office, Orientation, Paper, Table, chinese_month},
};
use funds::Account;
use std::collections::BTreeMap;
use terms::{AdminDivision, Day, Fen, Month};

/// What was moved on an account before a month, and in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Debited before.
    pub debits_before: Fen,
    /// Credited before.
    pub credits_before: Fen,
    /// 本期借方发生额.
    pub debits: Fen,
    /// 本期贷方发生额.
    pub credits: Fen,
}

impl Moved {
    /// Opening balance, what moved, closing balance; each debit, then credit.
    fn figures(self) -> [Fen; 6] {
        let Self { debits_before, credits_before, debits, credits } = self;
        let (before, after) =
            (debits_before - credits_before, debits_before + debits - credits_before - credits);
        [before.or_zero(), (-before).or_zero(), debits, credits, after.or_zero(), (-after).or_zero()]
    }
}

/// The number of the paper of an owner's month.
pub fn number(owner: &str, month: Month) -> String {
    format!("YE-{}-{owner}", month.number())
}

/// 科目余额表 of a month, of an owner (six digits), written on a day.
pub fn balance(
    owner: &str,
    month: Month,
    accounts: &BTreeMap<Account, Moved>,
    day: Day,
    office: &Office<'_>,
) -> Paper {
    let kind = Kind::TrialBalance;
    let mut paper = Paper::new(number(owner, month), kind, kind.chinese().to_owned(), day, office);
    paper.orientation = Orientation::Landscape;
    paper.field("会计期间", chinese_month(month));
    paper.field("科目数", accounts.len().to_string());
    let mut table = Table::of(&[
        ("会计科目", 24),
        ("往来单位", 15),
        ("险种及资金", 22),
        ("期初借方余额", 14),
        ("期初贷方余额", 14),
        ("本期借方", 14),
        ("本期贷方", 14),
        ("期末借方余额", 14),
        ("期末贷方余额", 14),
    ]);
    let mut sums = [Fen::ZERO; 6];
    for (account, moved) in accounts {
        let figures = moved.figures();
        for (sum, figure) in sums.iter_mut().zip(figures) {
            *sum += figure;
        }
        let words =
            [account.kind().subject().to_owned(), party_name(account), purse_name(account)].map(Cell::Text);
        table.rows.push(words.into_iter().chain(figures.map(Cell::Money)).collect());
    }
    paper.tables.push(table.summed());
    let balanced = sums.chunks(2).all(|pair| pair[0] == pair[1]);
    let verdict = if balanced { "借贷平衡" } else { "借贷不平衡，请立即核查" };
    paper.notes = vec![format!("{verdict}。余额不含在途金额。")];
    paper.signatures = ["会计主管", "复核", "制表"].map(str::to_owned).into();
    paper
}

/// Whom an account is about, by name where the place has one.
pub(crate) fn party_name(account: &Account) -> String {
    let of = |division: AdminDivision| place(division);
    if let Some(province) = account.province() {
        of(province.division())
    } else if let Some(area) = account.area() {
        of(area.division())
    } else if let Some(pair) = account.pair() {
        format!("{}—{}", of(pair.insured.division()), of(pair.treatment.division()))
    } else {
        account.party()
    }
}

pub(crate) fn purse_name(account: &Account) -> String {
    format!("{} {}", account.scheme().code(), account.purse().chinese())
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::{Fund, InsuranceScheme};

    #[test]
    fn sums_of_both_sides() {
        let hubei = "420000".parse().unwrap();
        let (scheme, fund) = (InsuranceScheme::Employee, Fund::EmployeePool);
        let moved = |debits_before, credits_before, debits, credits| Moved {
            debits_before: Fen(debits_before),
            credits_before: Fen(credits_before),
            debits: Fen(debits),
            credits: Fen(credits),
        };
        let institution = "H31010600001".parse().unwrap();
        let accounts = BTreeMap::from([
            (Account::insured_receivable(hubei, scheme, fund), moved(100, 30, 5, 0)),
            (Account::institution_payable(institution, scheme, fund), moved(30, 100, 0, 5)),
        ]);
        let office = Office { name: "上海市医疗保障局", portal: "" };
        let day = "2026-12-01".parse().unwrap();
        let paper = balance("310000", Month::new(2026, 11).unwrap(), &accounts, day, &office);
        paper.assert_whole();
        assert_eq!(paper.number.as_str(), "YE-202611-310000");
        let totals = paper.tables[0].totals.as_ref().unwrap();
        assert_eq!(totals[3..9], [70, 70, 5, 5, 75, 75].map(|fen| Cell::Money(Fen(fen))));
        assert!(paper.notes[0].starts_with("借贷平衡"));
    }
}
