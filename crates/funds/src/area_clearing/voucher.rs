//! Vouchers of the second level of clearing: a pooling area (统筹区) sends up what it owes, and what it owes to another area of the
//! same province is passed on.
//!
//! | event | debit | credit |
//! |---|---|---|
//! | money of an area comes in | 财政专户存款 | 下级上解—统筹区清算资金, of the area |
//! | it is passed on within the province, insured part | 应付跨省异地就医资金, of the own province | 财政专户存款 |
//! | the same, treatment part | 财政专户存款 | 应收跨省异地就医资金, of the own province |
//!
//! What is owed to other provinces is paid after the notice of the hub, and is no matter of this file.

use super::Claim;
use crate::{
    institution_payment::Money,
    ledger::{Leg, Phase, Voucher, VoucherCode, VoucherId},
    movement::{Part, area_money, clearing},
};
use std::collections::BTreeMap;
use terms::{Day, Fen, Moment, Month, PoolingArea, Province};

/// What every voucher says of its event.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The province that keeps the ledger.
    pub province: Province,
    /// 清算年月.
    pub month: Month,
    /// When it took place.
    pub day: Day,
    /// When it is written down.
    pub recorded_at: Moment,
    /// The clerk.
    pub by: &'a str,
}

impl Event<'_> {
    fn voucher(&self, id: String, code: VoucherCode, summary: String, legs: Vec<Leg>) -> Voucher {
        Voucher {
            id: VoucherId::new(id).expect("a number, a month and areas are plain"),
            code,
            subject: format!("area-clearing/{}", self.month.number()),
            summary,
            day: self.day,
            recorded_at: self.recorded_at,
            by: self.by.to_owned(),
            legs,
        }
    }
}

/// Money of an area came in, under the number of its receipt.
pub fn received(event: &Event<'_>, area: PoolingArea, number: u32, money: &Money) -> Voucher {
    let part = |(&(scheme, purse), &amount)| Part::new(scheme, purse, amount);
    let legs = money.iter().map(|one| area_money::for_clearing(event.province, area, part(one)));
    let id = format!("area-clearing/{}/{area}/received/{number}", event.month.number());
    let summary = format!("统筹区{area}上解{}清算资金", event.month);
    event.voucher(id, VoucherCode::AreaContribution, summary, legs.collect())
}

/// What one area owes another of the same province goes from one part of the province's account to the other.
pub fn passed_on(
    event: &Event<'_>,
    (debtor, creditor): (PoolingArea, PoolingArea),
    claims: &BTreeMap<Claim, Fen>,
) -> Voucher {
    let own = event.province;
    let legs = claims.iter().flat_map(|(claim, &amount)| {
        let part = Part::new(claim.scheme, claim.purse, amount);
        [clearing::paid(own, own, part, Phase::Final), clearing::received(own, own, part)]
    });
    // Purses of one pair may be passed on one after the other: the first of them names the voucher.
    let first = claims.keys().next().map_or("", |claim| claim.purse.code());
    let scheme = claims.keys().next().map_or("", |claim| claim.scheme.code());
    let id = format!("area-clearing/{}/{debtor}-{creditor}/{scheme}-{first}", event.month.number());
    let summary = format!("统筹区{debtor}与{creditor}省内异地{}清算", event.month);
    event.voucher(id, VoucherCode::ClearingPaid, summary, legs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Purse;
    use terms::{Fund, InsuranceScheme::Employee};

    #[test]
    fn money_of_an_area_comes_in_and_is_passed_on() {
        let event = Event {
            province: "420000".parse().unwrap(),
            month: Month::new(2026, 10).unwrap(),
            day: "2026-11-28".parse().unwrap(),
            recorded_at: "2026-11-28 10:00:00".parse().unwrap(),
            by: "王经办",
        };
        let area = |code: &str| PoolingArea(code.parse().unwrap());
        let (wuhan, yichang) = (area("420100"), area("420500"));
        let purse = Purse::Fund(Fund::EmployeePool);
        let claim = Claim { debtor: wuhan, creditor: yichang, scheme: Employee, purse };
        let vouchers = [
            received(&event, wuhan, 1, &Money::from([((Employee, purse), Fen(1_000))])),
            passed_on(&event, (wuhan, yichang), &BTreeMap::from([(claim, Fen(900))])),
        ];
        let legs = |voucher: &Voucher| {
            let leg = |leg: &Leg| format!("{} Dr {} Cr {}", leg.amount, leg.debit, leg.credit);
            voucher.legs.iter().map(leg).collect::<Vec<_>>()
        };
        let story: Vec<_> = vouchers
            .iter()
            .map(|voucher| format!("{} {}: {}", voucher.id, voucher.summary, legs(voucher).join(", ")))
            .collect();
        assert_eq!(
            story,
            [
                "area-clearing/202610/420100/received/1 统筹区420100上解2026-10清算资金: \
                 10.00 Dr insured-deposit-fiscal/420000/310/310100 Cr area-contribution/420100/310/310100",
                "area-clearing/202610/420100-420500/310-310100 统筹区420100与420500省内异地2026-10清算: \
                 9.00 Dr payable-treatment/420000/310/310100 Cr insured-deposit-fiscal/420000/310/310100, \
                 9.00 Dr treatment-deposit-fiscal/420000/310/310100 Cr receivable-insured/420000/310/310100",
            ]
        );
    }
}
