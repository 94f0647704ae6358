//! What audit took back (审核扣款明细表) in a month's clearing.

use crate::{
    notice::place,
    paper::{Kind, Office, Orientation, Paper, Table, chinese_month},
};
use funds::clearing::ClearedLine;
use terms::{Day, Fen, InsuranceScheme, Month, Province};

/// A deduction in a month's clearing.
#[derive(Clone, Copy, Debug)]
pub struct Deducted<'a> {
    /// What it takes back: amounts below nothing.
    pub line: &'a ClearedLine,
    /// Why, without personal data.
    pub reason: &'a str,
}

/// 职工（居民）审核扣款明细表 of a province, whichever side of the pairs it stands on.
pub fn detail(
    scheme: InsuranceScheme,
    province: Province,
    month: Month,
    deducted: &[Deducted<'_>],
    day: Day,
    office: &Office<'_>,
) -> Paper {
    let (kind, mark) = match scheme {
        InsuranceScheme::Employee => (Kind::EmployeeDeduction, "KKZG"),
        InsuranceScheme::Resident => (Kind::ResidentDeduction, "KKJM"),
    };
    let title = format!("{}{}", place(province.division()), kind.chinese());
    let mut paper = Paper::new(format!("{mark}-{}-{province}", month.number()), kind, title, day, office);
    paper.orientation = Orientation::Landscape;
    paper.field("清算年月", chinese_month(month));
    paper.field("险种", scheme.chinese());
    let mut table = Table::of(&[
        ("序号", 5),
        ("参保地", 13),
        ("就医地", 13),
        ("定点医药机构", 13),
        ("结算ID", 30),
        ("原清算年月", 9),
        ("扣减基金", 12),
        ("扣减个人账户", 11),
        ("扣款合计", 12),
        ("扣款原因", 24),
    ])
    .centered(&[0, 5]);
    let own = deducted.iter().filter(|one| {
        let pair = one.line.pair();
        one.line.scheme == scheme && [pair.insured, pair.treatment].contains(&province)
    });
    let mut whole = Fen::ZERO;
    for (index, Deducted { line, reason }) in own.enumerate() {
        let funds: Fen = line.funds.values().copied().sum();
        whole -= line.amount();
        table.rows.push(vec![
            (index + 1).to_string().into(),
            line.insured.division().full_name().into(),
            line.treatment.division().full_name().into(),
            line.institution.to_string().into(),
            line.settlement.to_string().into(),
            line.first_month.map_or_else(String::new, |month| month.number().to_string()).into(),
            (-funds).into(),
            (-line.account).into(),
            (-line.amount()).into(),
            (*reason).into(),
        ]);
    }
    paper.tables.push(table.summed());
    paper.total = Some(("扣款总额".to_owned(), whole));
    paper.notes = vec!["扣款抵减本月清算金额；已付的费用不单独退款。".to_owned()];
    paper
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::Cell;
    use funds::clearing::Part;
    use terms::{CareKind, Fund, InsuredPlace, SettlementId, TreatmentPlace};

    #[test]
    fn only_deductions_of_the_scheme_and_the_province() {
        let at = "2026-09-21 10:00:00".parse().unwrap();
        let line = |scheme, insured: &str, serial, amount: i64| ClearedLine {
            settlement: SettlementId::new("310000".parse().unwrap(), at, serial),
            part: Part::Deducted(format!("KK-{serial}")),
            insured: InsuredPlace(insured.parse().unwrap()),
            treatment: TreatmentPlace("310106".parse().unwrap()),
            institution: "H31010600001".parse().unwrap(),
            scheme,
            care: CareKind::Inpatient,
            first_month: Month::new(2026, 9),
            total: Fen(-amount),
            person_total: Fen::ZERO,
            account: Fen::ZERO,
            funds: [(Fund::EmployeePool, Fen(-amount))].into(),
        };
        let (employee, resident) = (InsuranceScheme::Employee, InsuranceScheme::Resident);
        let lines = [
            line(employee, "420100", 1, 500),
            line(resident, "420100", 2, 70),
            line(employee, "110000", 3, 9),
        ];
        let deducted = lines.each_ref().map(|line| Deducted { line, reason: "重复收费" });
        let month = Month::new(2026, 11).unwrap();
        let office = Office { name: "湖北省医疗保障局", portal: "" };
        let (hubei, day) = ("420000".parse().unwrap(), "2026-12-21".parse().unwrap());
        let paper = detail(employee, hubei, month, &deducted, day, &office);
        paper.assert_whole();
        assert_eq!((paper.tables[0].rows.len(), paper.total), (1, Some(("扣款总额".to_owned(), Fen(500)))));
        assert_eq!(paper.tables[0].rows[0][8], Cell::Money(Fen(500)));
        assert_eq!(paper.title, "湖北省跨省异地就医职工医保审核扣款明细表");
    }
}
