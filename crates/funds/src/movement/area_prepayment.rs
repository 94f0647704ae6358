//! The voucher of a pooling area's (统筹区) money for the province's prepayments (上解预付金): in ([`area_money::for_prepayment`]) when
//! the area puts it up, and the same with the sides swapped when it put up more than it must.

use super::{Part, area_money};
use crate::{
    chart::NotAKey,
    ledger::{Leg, Voucher, VoucherCode, VoucherId},
};
use terms::{Day, Fen, InsuranceScheme, Moment, PoolingArea};

/// Money of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaMoney {
    /// Whose.
    pub area: PoolingArea,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// The year whose prepayments it is for.
    pub year: i16,
    /// How much; above nothing.
    pub amount: Fen,
    /// It went back.
    pub returned: bool,
    /// The bank's number (交易流水号), by which the same money is known again.
    pub reference: String,
    /// The day on which the bank moved it.
    pub on: Day,
}

/// The voucher of an area's money.
///
/// # Errors
/// If the bank's number is not of letters, digits and a few marks, or too long.
pub fn voucher(money: &AreaMoney, by: &str, now: Moment) -> Result<Voucher, NotAKey> {
    let AreaMoney { area, scheme, year, amount, returned, reference, on } = money;
    let part = Part::new(*scheme, scheme.pool(), *amount);
    let came = area_money::for_prepayment(area.province(), *area, part);
    let leg = if *returned { Leg { debit: came.credit, credit: came.debit, ..came } } else { came };
    let words = if *returned { "退回" } else { "上解" };
    let subject = format!("area-prepayment/{year}/{area}/{}", scheme.code());
    Ok(Voucher {
        id: VoucherId::new(format!("{subject}/{reference}"))?,
        code: VoucherCode::AreaPrepayment,
        subject,
        summary: format!("统筹区{area}{words}{year}年度异地就医预付金，流水号{reference}"),
        day: *on,
        recorded_at: now,
        by: by.to_owned(),
        legs: vec![leg],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chart::Account,
        ledger::{GeneralLedger, Posted},
    };
    use terms::Fen;

    #[test]
    fn money_comes_in_once_and_goes_back() {
        let now: Moment = "2027-02-05 10:00:00".parse().unwrap();
        let money = AreaMoney {
            area: PoolingArea("420100".parse().unwrap()),
            scheme: InsuranceScheme::Employee,
            year: 2027,
            amount: Fen(300),
            returned: false,
            reference: "B2027020500001".to_owned(),
            on: now.day(),
        };
        let mut ledger = GeneralLedger::default();
        let came = voucher(&money, "周某", now).unwrap();
        assert_eq!(ledger.post(&came), Ok(Posted::Created));
        assert_eq!(ledger.post(&came), Ok(Posted::Exists), "the same money");
        let back =
            AreaMoney { returned: true, amount: Fen(100), reference: "B2".to_owned(), ..money.clone() };
        assert_eq!(ledger.post(&voucher(&back, "周某", now).unwrap()), Ok(Posted::Created));
        let pool = money.scheme.pool();
        let held = ledger.sums(&Account::area_prepayment(money.area, money.scheme, pool));
        assert_eq!((held.credits_posted, held.debits_posted), (Fen(300), Fen(100)));
        let more = AreaMoney { amount: Fen(201), reference: "B3".to_owned(), ..back };
        assert!(ledger.post(&voucher(&more, "周某", now).unwrap()).is_err(), "not more than there is");
        let wrong = AreaMoney { reference: "流水 1".to_owned(), ..money };
        assert_eq!(voucher(&wrong, "周某", now), Err(NotAKey));
    }
}
