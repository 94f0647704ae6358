//! Notices (通知书): of payment and of receipt, for clearing and for prepayments, and the urging of a province that is late.

use crate::paper::{Cell, Kind, Office, Paper, Table, chinese_day};
use funds::{
    notice::{Cause, Notice},
    rule::Rules,
    urging::Letter,
};
use terms::Province;

/// The number of the paper that a notice is for its payer.
pub fn payment_number(notice: &Notice) -> String {
    format!("FK-{}", notice.number)
}

/// The number of the paper that a notice is for its payee.
pub fn receipt_number(notice: &Notice) -> String {
    format!("SK-{}", notice.number)
}

/// 付款通知书: to the payer.
pub fn payment(notice: &Notice, rules: &Rules, office: &Office<'_>) -> Paper {
    let kind = match notice.cause {
        Cause::Clearing { .. } | Cause::ClearingReturn { .. } => Kind::PaymentNotice,
        Cause::Prepayment { .. } | Cause::PrepaymentReturn { .. } => Kind::PrepaymentPaymentNotice,
        Cause::PrepaymentIncrease { .. } => Kind::IncreasePaymentNotice,
    };
    let mut paper = of(payment_number(notice), kind, notice, notice.payer, office);
    paper.text = vec![
        format!(
            "现就{}的资金划拨事项通知如下：由{}付款，收款方为{}。",
            notice.cause,
            name(notice.payer),
            name(notice.payee)
        ),
        format!(
            "收到本通知书后，请在{}个工作日内提交同级财政部门；财政部门在此后{}个工作日内从财政专户划拨，并在划拨后{}个工作日内将开户银行、交易流水号和交易日期反馈经办机构。划拨手续费不得从基金中列支。",
            rules.hand_over_working_days, rules.pay_working_days, rules.write_back_working_days
        ),
    ];
    paper
}

/// 收款通知书: to the payee.
pub fn receipt(notice: &Notice, rules: &Rules, office: &Office<'_>) -> Paper {
    let kind = match notice.cause {
        Cause::Clearing { .. } | Cause::ClearingReturn { .. } => Kind::ReceiptNotice,
        Cause::Prepayment { .. } | Cause::PrepaymentReturn { .. } => Kind::PrepaymentReceiptNotice,
        Cause::PrepaymentIncrease { .. } => Kind::IncreaseReceiptNotice,
    };
    let mut paper = of(receipt_number(notice), kind, notice, notice.payee, office);
    paper.text = vec![
        format!(
            "现就{}的资金划拨事项通知如下：付款方为{}，由{}收款。",
            notice.cause,
            name(notice.payer),
            name(notice.payee)
        ),
        format!(
            "款项划入你省（自治区、直辖市）财政专户后，请同级财政部门在{}个工作日内将到账情况反馈经办机构，经办机构据此记账。",
            rules.write_back_working_days
        ),
    ];
    paper
}

fn of(number: String, kind: Kind, notice: &Notice, to: Province, office: &Office<'_>) -> Paper {
    let mut paper = Paper::new(number, kind, kind.chinese().to_owned(), notice.issued_on, office);
    paper.addressee = Some(format!("{}医疗保障经办机构", name(to)));
    paper.field("付款方", name(notice.payer));
    paper.field("收款方", name(notice.payee));
    paper.field("参保地", name(notice.insured()));
    paper.field("就医地", name(notice.treatment()));
    paper.line("事由", notice.cause.to_string());
    let mut table = Table::of(&[("序号", 8), ("险种", 26), ("资金类别", 36), ("金额", 30)]).centered(&[0]);
    for (index, line) in notice.lines.iter().enumerate() {
        table.rows.push(vec![
            (index + 1).to_string().into(),
            line.scheme.chinese().into(),
            line.purse.chinese().into(),
            line.amount.into(),
        ]);
    }
    paper.tables.push(table.summed());
    paper.total = Some(("合计金额".to_owned(), notice.total()));
    paper.notes = vec![
        format!("付款通知书与收款通知书同号（{}），内容以国家平台签发的为准。", notice.number),
        "职工医保与居民医保、各项基金与个人账户分别列示，分别记账。".to_owned(),
    ];
    paper.signatures = vec!["经办".to_owned(), "复核".to_owned(), "签发".to_owned()];
    paper
}

/// The number of the paper of a letter of urging.
pub fn urging_number(letter: &Letter) -> String {
    format!("CJ-{}-{}", letter.number, letter.letter)
}

/// 催缴通知书: to the payer that is late.
pub fn urging(letter: &Letter, office: &Office<'_>) -> Paper {
    let kind = Kind::UrgingNotice;
    let title = kind.chinese().to_owned();
    let mut paper = Paper::new(urging_number(letter), kind, title, letter.issued_on, office);
    paper.addressee = Some(format!("{}医疗保障经办机构", name(letter.payer)));
    paper.text = vec![
        format!(
            "付款通知书{}所列{}款项应于{}前划拨，至今已逾期{}个工作日，尚有￥{}未到账。",
            letter.number.notice(),
            letter.number.scheme().chinese(),
            chinese_day(letter.due),
            letter.days,
            Cell::Money(letter.rest).shown(),
        ),
        "请立即办理，并将办理情况反馈国家平台；确有困难的，请书面说明原因和预计完成日期。逾期不付的，国家平台可以按规定暂停跨省异地就医直接结算。".to_owned(),
    ];
    paper.field("付款方", name(letter.payer));
    paper.field("收款方", name(letter.payee));
    paper.field("应划拨日期", chinese_day(letter.due));
    paper.field("逾期", format!("{}个工作日", letter.days));
    paper.line("划拨单号", letter.number.to_string());
    paper.total = Some(("尚欠金额".to_owned(), letter.rest));
    paper.notes = vec![format!("这是对该款项的第{}次催缴。", letter.letter)];
    paper.signatures = vec!["经办".to_owned(), "复核".to_owned(), "签发".to_owned()];
    paper
}

fn name(province: Province) -> String {
    place(province.division())
}

/// The name of a place, and its code where it has none.
pub(crate) fn place(division: terms::AdminDivision) -> String {
    division.name().map_or_else(|| division.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::Number;
    use funds::{
        Purse,
        notice::{NoticeLine, NoticeNumber},
        payment_order::OrderNumber,
        rule::RuleBook,
    };
    use terms::{Fen, Fund, InsuranceScheme, Month};

    fn notice(cause: Cause) -> Notice {
        let (payer, payee) = ("420000".parse().unwrap(), "310000".parse().unwrap());
        let line = |scheme: InsuranceScheme, fund, amount| NoticeLine {
            scheme,
            purse: Purse::Fund(fund),
            amount: Fen(amount),
        };
        Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines: vec![
                line(InsuranceScheme::Employee, Fund::EmployeePool, 12_345_678),
                line(InsuranceScheme::Resident, Fund::ResidentPool, 2),
            ],
            issued_on: "2026-11-30".parse().unwrap(),
            issued_at: "2026-11-30 10:00:00".parse().unwrap(),
            by: "赵某甲".to_owned(),
        }
    }

    #[test]
    fn both_papers_of_every_cause() {
        let rules = RuleBook::national().on("2026-11-30".parse().unwrap()).unwrap();
        let office = Office { name: "国家平台", portal: "" };
        let month = Month::new(2026, 10).unwrap();
        for (cause, titles) in [
            (Cause::Clearing { month }, ["跨省异地就医费用付款通知书", "跨省异地就医费用收款通知书"]),
            (
                Cause::PrepaymentReturn { year: 2027 },
                ["预付金额度调整付款通知书", "预付金额度调整收款通知书"],
            ),
            (
                Cause::PrepaymentIncrease { case: "1".to_owned() },
                ["预付金额度紧急调增付款通知书", "预付金额度紧急调增收款通知书"],
            ),
        ] {
            let notice = notice(cause);
            let papers = [payment(&notice, &rules, &office), receipt(&notice, &rules, &office)];
            assert_eq!(papers.clone().map(|paper| paper.title), titles);
            let to = papers.clone().map(|paper| paper.addressee.unwrap());
            assert_eq!(to, ["湖北省医疗保障经办机构", "上海市医疗保障经办机构"]);
            for paper in papers {
                paper.assert_whole();
                assert_eq!(paper.total, Some(("合计金额".to_owned(), Fen(12_345_680))));
                assert_eq!(paper.tables[0].totals.as_ref().unwrap()[3], Cell::Money(Fen(12_345_680)));
            }
        }
    }

    #[test]
    fn an_urging_says_how_late_and_how_much() {
        let notice = notice(Cause::Clearing { month: Month::new(2026, 10).unwrap() });
        let letter = Letter {
            number: OrderNumber::of(notice.number, InsuranceScheme::Employee),
            letter: 2,
            payer: notice.payer,
            payee: notice.payee,
            rest: Fen(100),
            due: "2026-12-21".parse().unwrap(),
            days: 3,
            issued_on: "2026-12-24".parse().unwrap(),
            issued_at: "2026-12-24 10:00:00".parse().unwrap(),
            by: "赵某甲".to_owned(),
        };
        let paper = urging(&letter, &Office { name: "国家平台", portal: "" });
        assert_eq!(paper.number, "CJ-QS202610-420000-310000-310-2".parse::<Number>().unwrap());
        assert!(paper.text[0].contains("已逾期3个工作日，尚有￥1.00未到账"), "{}", paper.text[0]);
        assert_eq!(paper.total.unwrap().1, Fen(100));
    }
}
