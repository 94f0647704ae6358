//! Vouchers of the payment of institutions: what is withheld, held as a deposit or taken as a penalty when a month's payment is
//! adopted, the order to the bank and what became of it, and what the end of the year gives back.

use super::{Draft, Money};
use crate::{
    ledger::{Leg, Phase, Voucher, VoucherCode, VoucherId},
    movement::{Part, institution_payment, penalty, quality_deposit, withholding},
};
use terms::{Day, Fen, InstitutionCode, Moment, Province};

/// What every voucher says of its event.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The province that keeps the ledger.
    pub province: Province,
    /// The payment's number (拨付单号): plain letters, digits and hyphens.
    pub number: &'a str,
    /// Who is paid.
    pub institution: &'a InstitutionCode,
    /// When it took place.
    pub day: Day,
    /// When it is written down.
    pub recorded_at: Moment,
    /// The clerk.
    pub by: &'a str,
}

/// The number of a payment, if its institution's code can be a part of a voucher's id.
///
/// ```
/// # use funds::institution_payment::voucher::payment_number;
/// let institution = "H42010600001".parse().unwrap();
/// assert_eq!(payment_number("BF202610", &institution, 1).as_deref(), Some("BF202610-H42010600001-1"));
/// assert_eq!(payment_number("BF202610", &"机构".parse().unwrap(), 1), None);
/// ```
pub fn payment_number(what: &str, institution: &InstitutionCode, serial: usize) -> Option<String> {
    let is_plain = |one: u8| one.is_ascii_alphanumeric() || one == b'-';
    institution.as_str().bytes().all(is_plain).then(|| format!("{what}-{institution}-{serial}"))
}

impl Event<'_> {
    fn id(&self, what: &str) -> VoucherId {
        VoucherId::new(format!("payment/{}/{what}", self.number)).expect("checked when the number was given")
    }

    fn voucher(&self, what: &str, code: VoucherCode, legs: Vec<Leg>) -> Option<Voucher> {
        (!legs.is_empty()).then(|| Voucher {
            id: self.id(what),
            code,
            subject: format!("payment/{}", self.number),
            summary: format!("{}：机构{}，拨付单{}", code.chinese(), self.institution, self.number),
            day: self.day,
            recorded_at: self.recorded_at,
            by: self.by.to_owned(),
            legs,
        })
    }
}

fn legs(money: &Money, leg: impl Fn(u16, Part) -> Leg) -> Vec<Leg> {
    let amounts = money.iter().filter(|(_, amount)| **amount > Fen::ZERO);
    let parts = amounts.map(|(&(scheme, purse), &amount)| Part::new(scheme, purse, amount));
    (0..).zip(parts).map(|(number, part)| leg(number, part)).collect()
}

/// A month's payment is adopted: what is not payable leaves what is owed to the institution. Deductions have left it when they were
/// recorded.
pub fn adopted(event: &Event<'_>, draft: &Draft) -> Vec<Voucher> {
    let institution = event.institution;
    let withheld =
        legs(&draft.money(|line| line.withheld), |_, part| withholding::withheld(institution, part));
    let deposit = legs(&draft.money(|line| line.deposit), |_, part| quality_deposit::kept(institution, part));
    let penalty = legs(&draft.money(|line| line.penalty), |_, part| penalty::set_off(institution, part));
    [
        event.voucher("withheld", VoucherCode::Withheld, withheld),
        event.voucher("deposit", VoucherCode::QualityDeposit, deposit),
        event.voucher("penalty", VoucherCode::Penalty, penalty),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// An instalment (第几期) is ordered: the account for payments is filled, and the payment is set aside until the bank says what
/// became of it.
pub fn ordered(event: &Event<'_>, instalment: u16, money: &Money) -> Vec<Voucher> {
    let own = event.province;
    let filled = legs(money, |_, part| institution_payment::funded(own, part, Phase::Final));
    let set_aside =
        legs(money, |_, part| institution_payment::paid(own, event.institution, part, Phase::Reserve));
    [
        event.voucher(&format!("{instalment}/funded"), VoucherCode::ExpenditureFunded, filled),
        event.voucher(&format!("{instalment}/ordered"), VoucherCode::InstitutionPaid, set_aside),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The bank has paid an instalment.
pub fn paid(event: &Event<'_>, instalment: u16, money: &Money) -> Vec<Voucher> {
    let order = event.id(&format!("{instalment}/ordered"));
    let posted = legs(money, |leg, part| {
        institution_payment::paid(event.province, event.institution, part, Phase::Post(order.leg(leg)))
    });
    event.voucher(&format!("{instalment}/paid"), VoucherCode::InstitutionPaid, posted).into_iter().collect()
}

/// The bank has sent an instalment back: it is owed again, and the money goes back to the fiscal special account.
pub fn returned(event: &Event<'_>, instalment: u16, money: &Money) -> Vec<Voucher> {
    let order = event.id(&format!("{instalment}/ordered"));
    let void = legs(money, |leg, part| {
        institution_payment::paid(event.province, event.institution, part, Phase::Void(order.leg(leg)))
    });
    sent_back(event, instalment, money, void)
}

/// What the bank had paid of an instalment came back later (退汇): the payment is taken back, and the rest is as if it had not been
/// made.
pub fn paid_and_returned(event: &Event<'_>, instalment: u16, money: &Money) -> Vec<Voucher> {
    let back = legs(money, |_, part| {
        let paid = institution_payment::paid(event.province, event.institution, part, Phase::Final);
        Leg { debit: paid.credit, credit: paid.debit, ..paid }
    });
    sent_back(event, instalment, money, back)
}

fn sent_back(event: &Event<'_>, instalment: u16, money: &Money, returned: Vec<Leg>) -> Vec<Voucher> {
    let emptied = legs(money, |_, part| {
        let filled = institution_payment::funded(event.province, part, Phase::Final);
        Leg { debit: filled.credit, credit: filled.debit, ..filled }
    });
    [
        event.voucher(&format!("{instalment}/returned"), VoucherCode::InstitutionPaid, returned),
        event.voucher(&format!("{instalment}/emptied"), VoucherCode::ExpenditureFunded, emptied),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What was held of an institution's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// 总额控制待清算.
    Withheld,
    /// 质量保证金.
    Deposit,
}

/// The end of the year: a part of what was held is owed to the institution again, the rest is kept.
pub fn settled(event: &Event<'_>, held: Held, released: &Money, kept: &Money) -> Vec<Voucher> {
    let institution = event.institution;
    let (code, mut both, rest) = match held {
        Held::Withheld => (
            VoucherCode::Released,
            legs(released, |_, part| withholding::released(institution, part)),
            legs(kept, |_, part| withholding::retained(institution, part)),
        ),
        Held::Deposit => (
            VoucherCode::QualityDeposit,
            legs(released, |_, part| quality_deposit::given_back(institution, part)),
            legs(kept, |_, part| quality_deposit::forfeited(institution, part)),
        ),
    };
    both.extend(rest);
    event.voucher("settled", code, both).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chart::{Account, Purse},
        institution_payment::Line,
    };
    use terms::{Fund, InsuranceScheme};

    #[test]
    fn a_payment_from_adoption_to_the_end_of_the_year() {
        let institution: InstitutionCode = "H42010600001".parse().unwrap();
        let event = Event {
            province: "420000".parse().unwrap(),
            number: "BF202610",
            institution: &institution,
            day: "2026-11-28".parse().unwrap(),
            recorded_at: "2026-11-28 10:00:00".parse().unwrap(),
            by: "王经办",
        };
        let key = (InsuranceScheme::Employee, Purse::Fund(Fund::EmployeePool));
        let line = Line {
            confirmed: Fen(10_000),
            withheld: Fen(2_000),
            deposit: Fen(400),
            penalty: Fen(100),
            payable: Fen(7_500),
            ..Line::default()
        };
        let draft = Draft { lines: [(key, line)].into(), ..Draft::default() };
        let payable = draft.money(|line| line.payable);
        let (released, kept) = (Money::from([(key, Fen(1_500))]), Money::from([(key, Fen(500))]));
        let vouchers = [
            adopted(&event, &draft),
            ordered(&event, 1, &payable),
            returned(&event, 1, &payable),
            ordered(&event, 2, &payable),
            paid(&event, 2, &payable),
            paid_and_returned(&event, 2, &payable),
            settled(&event, Held::Withheld, &released, &kept),
            settled(&event, Held::Deposit, &released, &Money::new()),
        ]
        .concat();
        let told = |leg: &Leg| {
            let kind = |account: &Account| account.kind().key();
            let phase = match &leg.phase {
                Phase::Final => String::new(),
                Phase::Reserve => " reserved".to_owned(),
                Phase::Post(leg) => format!(" posts {leg}"),
                Phase::Void(leg) => format!(" voids {leg}"),
            };
            format!("{} {} / {}{phase}", leg.amount, kind(&leg.debit), kind(&leg.credit))
        };
        let told = |voucher: &Voucher| {
            let legs: Vec<_> = voucher.legs.iter().map(told).collect();
            format!("{}: {}", voucher.id.as_str().strip_prefix("payment/BF202610/").unwrap(), legs.join(", "))
        };
        let story: Vec<String> = vouchers.iter().map(told).collect();
        assert_eq!(
            story,
            [
                "withheld: 20.00 payable-institution / withheld-institution",
                "deposit: 4.00 payable-institution / quality-deposit-institution",
                "penalty: 1.00 payable-institution / income-penalty",
                "1/funded: 75.00 treatment-deposit-expenditure / treatment-deposit-fiscal",
                "1/ordered: 75.00 payable-institution / treatment-deposit-expenditure reserved",
                "1/returned: 75.00 payable-institution / treatment-deposit-expenditure voids payment/BF202610/1/ordered#0",
                "1/emptied: 75.00 treatment-deposit-fiscal / treatment-deposit-expenditure",
                "2/funded: 75.00 treatment-deposit-expenditure / treatment-deposit-fiscal",
                "2/ordered: 75.00 payable-institution / treatment-deposit-expenditure reserved",
                "2/paid: 75.00 payable-institution / treatment-deposit-expenditure posts payment/BF202610/2/ordered#0",
                "2/returned: 75.00 treatment-deposit-expenditure / payable-institution",
                "2/emptied: 75.00 treatment-deposit-fiscal / treatment-deposit-expenditure",
                "settled: 15.00 withheld-institution / payable-institution, 5.00 withheld-institution / budget-retained",
                "settled: 15.00 quality-deposit-institution / payable-institution",
            ]
        );
        assert!(settled(&event, Held::Deposit, &Money::new(), &Money::new()).is_empty(), "nothing was held");
    }
}
