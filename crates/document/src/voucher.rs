//! A voucher (记账凭证) of the general ledger.

use crate::{
    balance::{party_name, purse_name},
    paper::{Cell, Kind, Office, Orientation, Paper, Table},
};
use funds::{
    Account,
    ledger::{Phase, Voucher, VoucherId},
};
use terms::Fen;

/// The number of a voucher's paper: its id with hyphens, and a check number that tells apart what then looks alike.
pub fn number(id: &VoucherId) -> String {
    let plain = |one: char| if one.is_ascii_alphanumeric() { one } else { '-' };
    let text: String = id.as_str().chars().map(plain).collect();
    let short: String = text.trim_matches('-').chars().take(46).collect();
    format!("PZ-{}-{:08X}", short.trim_matches('-'), check(id.as_str()))
}

/// FNV-1a of 32 bits: the same everywhere, and no secret.
fn check(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// 记账凭证.
pub fn voucher(voucher: &Voucher, office: &Office<'_>) -> Paper {
    let kind = Kind::Voucher;
    let mut paper = Paper::new(number(&voucher.id), kind, kind.chinese().to_owned(), voucher.day, office);
    paper.orientation = Orientation::Landscape;
    paper.field("凭证号", voucher.id.to_string());
    paper.field("业务类型", voucher.code.chinese());
    paper.field("记账日期", voucher.day.to_string());
    paper.field("登记时间", voucher.recorded_at.to_string());
    paper.line("摘要", voucher.summary.clone());
    let mut table = Table::of(&[
        ("序号", 5),
        ("会计科目", 26),
        ("往来单位", 18),
        ("险种及资金", 24),
        ("状态", 8),
        ("借方金额", 14),
        ("贷方金额", 14),
    ])
    .centered(&[0, 4]);
    let mut moved = Fen::ZERO;
    for (index, leg) in voucher.legs.iter().enumerate() {
        let state = match &leg.phase {
            Phase::Final => "入账",
            Phase::Reserve => "在途",
            Phase::Post(_) => "在途转入账",
            Phase::Void(_) => "在途撤销",
        };
        let row = |account: &Account, debit: Cell, credit: Cell| {
            vec![
                (index + 1).to_string().into(),
                account.kind().subject().into(),
                party_name(account).into(),
                purse_name(account).into(),
                state.into(),
                debit,
                credit,
            ]
        };
        table.rows.push(row(&leg.debit, leg.amount.into(), Cell::Empty));
        table.rows.push(row(&leg.credit, Cell::Empty, leg.amount.into()));
        moved += leg.amount;
    }
    paper.tables.push(table.summed());
    paper.total = Some(("合计金额".to_owned(), moved));
    paper.notes = vec![format!("制单：{}。在途金额计入额度，不计入余额。", voucher.by)];
    paper.signatures = ["会计主管", "复核", "记账", "制单"].map(str::to_owned).into();
    paper
}

#[cfg(test)]
mod tests {
    use super::*;
    use funds::ledger::{Leg, VoucherCode};
    use terms::{Fund, InsuranceScheme};

    #[test]
    fn debits_are_credits() {
        let account = |institution: &str| {
            let code = institution.parse().unwrap();
            Account::institution_payable(code, InsuranceScheme::Employee, Fund::EmployeePool)
        };
        let hubei = "420000".parse().unwrap();
        let receivable = Account::insured_receivable(hubei, InsuranceScheme::Employee, Fund::EmployeePool);
        let id = VoucherId::new("settlements/420000/20261121").unwrap();
        let made = Voucher {
            id,
            code: VoucherCode::Settlements,
            subject: "20261121".to_owned(),
            summary: "异地就医结算汇总 2026-11-21".to_owned(),
            day: "2026-11-21".parse().unwrap(),
            recorded_at: "2026-11-22 02:00:00".parse().unwrap(),
            by: "系统".to_owned(),
            legs: vec![
                Leg {
                    debit: receivable.clone(),
                    credit: account("H31010600001"),
                    amount: Fen(700),
                    phase: Phase::Final,
                },
                Leg {
                    debit: receivable,
                    credit: account("H31010600002"),
                    amount: Fen(5),
                    phase: Phase::Final,
                },
            ],
        };
        let paper = voucher(&made, &Office { name: "上海市医疗保障局", portal: "" });
        paper.assert_whole();
        let totals = paper.tables[0].totals.as_ref().unwrap();
        assert_eq!((&totals[5], &totals[6]), (&Cell::Money(Fen(705)), &Cell::Money(Fen(705))));
        assert_eq!(paper.tables[0].rows[0][2], "湖北省".into());
    }

    #[test]
    fn numbers_of_ids_that_look_alike_differ() {
        let id = |text: &str| VoucherId::new(text).unwrap();
        let numbers = ["a/b", "a-b", "a.b"].map(|text| number(&id(text)));
        assert!(numbers[0] != numbers[1] && numbers[1] != numbers[2], "{numbers:?}");
        for text in ["/", "a/", &"x/".repeat(60)] {
            let made = number(&id(text));
            assert!(made.parse::<crate::Number>().is_ok(), "{made}");
        }
    }
}
