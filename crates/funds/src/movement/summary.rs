//! The summary vouchers of a day (汇总记账凭证): how the journal of settlements enters the general ledger.
//!
//! What the journal moved on a day is added up by debit and credit; what the ledger has of that day already is taken off; the
//! rest makes vouchers, one for each role, scheme and purse, cut where there are too many legs. The journal only grows, so a late
//! entry comes as a supplement (补充), and a day that is summed up again with nothing new makes nothing. Undoing moves the other
//! way, so nothing is ever less than before. Its code is `Settlements`.

use crate::{
    chart::{Account, Ledger, Role},
    ledger::{LEGS_MAX, Leg, MACHINE, Phase, Voucher, VoucherCode, VoucherId},
};
use std::collections::BTreeMap;
use terms::{Day, Fen, Moment};

/// Amounts by debit and credit.
pub type Flows = BTreeMap<(Account, Account), Fen>;

/// What belongs to the summaries of a day: the subject of their vouchers.
pub fn subject(day: Day) -> String {
    format!("journal/{}", day.number())
}

/// The ledger holds more of a day than the journal moved: someone posted what only the machine posts, or the journal lost
/// entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoreThanJournal {
    /// The account debited.
    pub debit: Account,
    /// The account credited.
    pub credit: Account,
    /// What the journal moved.
    pub journal: Fen,
    /// What the ledger has.
    pub ledger: Fen,
}

/// The vouchers that bring the ledger's day to where the journal's is. `rounds` is how many vouchers the ledger has of this
/// day, which numbers the new ones.
///
/// # Errors
/// Where the ledger has more than the journal.
pub fn vouchers(
    day: Day,
    journal: &Flows,
    entered: &Flows,
    rounds: usize,
    recorded_at: Moment,
) -> Result<Vec<Voucher>, MoreThanJournal> {
    let missing = missing(journal, entered)?;
    let groups =
        missing.iter().flat_map(|(ledger, legs)| legs.chunks(LEGS_MAX).map(move |legs| (ledger, legs)));
    let vouchers = groups.enumerate().map(|(place, (ledger, legs))| {
        let (role, scheme, purse) = *ledger;
        let number = rounds + place + 1;
        let id = format!("{}/{}/{}/{}/{number}", subject(day), role.name(), scheme.code(), purse.code());
        let supplement = if rounds > 0 { "（补充）" } else { "" };
        let (part, scheme, purse) = (chinese(role), scheme.chinese(), purse.chinese());
        Voucher {
            id: VoucherId::new(id).expect("made of plain parts"),
            code: VoucherCode::Settlements,
            subject: subject(day),
            summary: format!("{day}异地就医结算汇总{supplement}，{part}，{scheme}，{purse}"),
            day,
            recorded_at,
            by: MACHINE.to_owned(),
            legs: legs.to_vec(),
        }
    });
    Ok(vouchers.collect())
}

const fn chinese(role: Role) -> &'static str {
    match role {
        Role::Treatment => "就医地",
        Role::Hub => "国家平台备查",
        Role::Insured => "参保地",
    }
}

fn missing(journal: &Flows, entered: &Flows) -> Result<BTreeMap<Ledger, Vec<Leg>>, MoreThanJournal> {
    let all = journal.keys().chain(entered.keys().filter(|key| !journal.contains_key(*key)));
    let mut missing = BTreeMap::<Ledger, Vec<Leg>>::new();
    for key in all {
        let of = |flows: &Flows| flows.get(key).copied().unwrap_or(Fen::ZERO);
        let (moved, held) = (of(journal), of(entered));
        let (debit, credit) = key.clone();
        if held > moved {
            return Err(MoreThanJournal { debit, credit, journal: moved, ledger: held });
        }
        if held < moved {
            let ledger = debit.ledger();
            let leg = Leg { debit, credit, amount: moved - held, phase: Phase::Final };
            missing.entry(ledger).or_default().push(leg);
        }
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movement::tests::told;
    use terms::{Fund, InsuranceScheme, Province};

    fn flow(scheme: InsuranceScheme, amount: i64, back: bool) -> ((Account, Account), Fen) {
        let province = |code: &str| code.parse::<Province>().unwrap();
        let fund = if scheme == InsuranceScheme::Employee { Fund::EmployeePool } else { Fund::ResidentPool };
        let receivable = Account::hub_receivable(province("420000"), scheme, fund);
        let payable = Account::hub_payable(province("310000"), scheme, fund);
        let key = if back { (payable, receivable) } else { (receivable, payable) };
        (key, Fen(amount))
    }

    #[test]
    fn a_day_enters_once_and_late_entries_are_supplements() {
        use InsuranceScheme::{Employee, Resident};
        let day: Day = "2026-11-21".parse().unwrap();
        let at: Moment = "2026-11-22 01:00:00".parse().unwrap();
        let first: Flows = [flow(Employee, 1_000, false), flow(Resident, 300, false)].into();
        let made = vouchers(day, &first, &Flows::new(), 0, at).unwrap();
        let names: Vec<&str> = made.iter().map(|voucher| voucher.id.as_str()).collect();
        assert_eq!(names, ["journal/20261121/hub/310/310100/1", "journal/20261121/hub/390/390100/2"]);
        assert_eq!(
            made[0].summary,
            "2026-11-21异地就医结算汇总，国家平台备查，职工基本医疗保险，职工基本医疗保险统筹基金"
        );
        assert_eq!(vouchers(day, &first, &first, 2, at), Ok(Vec::new()));

        let mut later = first.clone();
        later.extend([flow(Employee, 1_500, false), flow(Employee, 200, true)]);
        let supplements = vouchers(day, &later, &first, 2, at).unwrap();
        let legs: Vec<String> = supplements.iter().flat_map(|one| &one.legs).map(told).collect();
        assert_eq!(
            legs,
            [
                "Dr hub-receivable/420000 Cr hub-payable/310000 5.00",
                "Dr hub-payable/310000 Cr hub-receivable/420000 2.00",
            ]
        );
        assert!(supplements[0].id.as_str().ends_with("/3") && supplements[0].summary.contains("补充"));

        let more = vouchers(day, &first, &later, 3, at).unwrap_err();
        assert_eq!((more.journal, more.ledger), (Fen(1_000), Fen(1_500)));
    }

    #[test]
    fn a_day_with_many_accounts_makes_several_vouchers() {
        let day: Day = "2026-11-21".parse().unwrap();
        let scheme = InsuranceScheme::Employee;
        let insured: Province = "420000".parse().unwrap();
        let one = |number: usize| {
            let institution = format!("H3101{number:07}").parse().unwrap();
            let debit = Account::insured_receivable(insured, scheme, Fund::EmployeePool);
            ((debit, Account::institution_payable(institution, scheme, Fund::EmployeePool)), Fen(1))
        };
        let journal: Flows = (0..=LEGS_MAX).map(one).collect();
        let made = vouchers(day, &journal, &Flows::new(), 0, day.start()).unwrap();
        let sizes: Vec<usize> = made.iter().map(|voucher| voucher.legs.len()).collect();
        assert_eq!(sizes, [LEGS_MAX, 1]);
        assert_ne!(made[0].id, made[1].id);
    }
}
