//! The same for reconciliation and apportioning, and an institution's own figures.

use super::{SETTLEMENT, VISIT, person};
use serde_json::Value;
use terms::{Fen, InsuranceScheme};
use wire::hospital::{
    declaration::{Page, Visits},
    t2172, t2173, t2174, t2175, t2176, t3201, t3202, t3260,
};

pub fn output(infno: &str) -> Option<Value> {
    let text = |text: &str| text.to_owned();
    let code = || "H42010600001".parse().unwrap();
    let name = || text("武汉市示例医院");
    let time = || "2026-11-22 09:58:41".parse().unwrap();
    let scheme = InsuranceScheme::Employee;
    let (paid, total) = (Fen(70_000), Fen(100_000));
    let page = Page { number: 1, size: 20 };
    let output = match infno {
        "2172" => {
            let row = t2172::Row {
                setl_dcla_no: Some(text("420000202612011000000000000001")),
                fixmedins_code: code(),
                fixmedins_name: name(),
                clr_optins: "420100".parse().unwrap(),
                clr_type: text("310412"),
                clr_type_name: text("职工跨省药店购药"),
                clr_stas: text("10"),
                clr_stas_name: text("已申报"),
                start_clrym: text("202611"),
                end_clrym: text("202611"),
                begndate: text("20261101"),
                enddate: text("20261130"),
                setl_ids_key: text("420000202612011000000000000001"),
                sumamt: total,
                cash_payamt: total - paid,
                acct_pay_sumamt: Fen::ZERO,
                fund_pay_sumamt: paid,
                clr_psntime: Visits(1),
            };
            page.output(&[row], t2172::Row::value)
        }
        "2173" => {
            let row = t2173::Row {
                fixmedins_code: code(),
                fixmedins_name: name(),
                out_type: text("2"),
                out_type_name: Some(text("跨省异地转入")),
                med_type: text("41"),
                med_type_name: Some(text("定点药店购药")),
                insutype: scheme,
                insutype_name: Some(text("职工基本医疗保险")),
                psn_type: text("12"),
                psn_type_name: Some(text("退休")),
                sumamt: total,
                cash_payamt: total - paid,
                acct_payamt: Fen::ZERO,
                clr_psntime: Visits(1),
                psn_no: person().psn_no,
                psn_name: Some(person().psn_name),
                gend: Some(person().gend),
                gend_name: Some(text("男")),
                ssn: Some(person().certno),
                emp_name: None,
                emp_type: None,
                emp_type_name: None,
                mdtrt_setl_time: time(),
                mdtrt_regno: VISIT.parse().unwrap(),
                mdtrtsn: text("MZ0001"),
            };
            page.output(&[row], t2173::Row::value)
        }
        "2174" => {
            let row = t2174::Row {
                fixmedins_code: code(),
                fixmedins_name: name(),
                clr_optins: "420100".parse().unwrap(),
                clr_type: text("310412"),
                clr_type_name: Some(text("职工跨省药店购药")),
                clr_way: text("1"),
                clr_way_name: Some(text("按项目")),
                med_type: text("41"),
                med_type_name: Some(text("定点药店购药")),
                insutype: scheme,
                insutype_name: Some(text("职工基本医疗保险")),
                psn_type: text("12"),
                psn_type_name: Some(text("退休")),
                clr_stas: text("10"),
                clr_stas_name: Some(text("已申报")),
                fund_pay_type: text("310100"),
                fund_pay_type_name: text("职工基本医疗保险统筹基金"),
                poolarea_fund_pay_type: text("310100"),
                poolarea_fund_pay_name: text("职工基本医疗保险统筹基金"),
                fund_appy_sum: paid,
            };
            page.output(&[row], t2174::Row::value)
        }
        "2175" => {
            let row = t2175::Row {
                fixmedins_code: code(),
                fixmedins_name: name(),
                med_type: text("41"),
                mdtrt_regno: VISIT.parse().unwrap(),
                certno: person().certno,
                psn_name: person().psn_name,
                med_type_name: Some(text("定点药店购药")),
                insutype: scheme,
                insutype_name: Some(text("职工基本医疗保险")),
                psn_type: text("12"),
                psn_type_name: Some(text("退休")),
                clr_stas: text("0"),
                clr_stas_name: Some(text("未申报")),
                fund_pay_type: text("310100"),
                fund_pay_type_name: text("职工基本医疗保险统筹基金"),
                medfee_sumamt: total,
                dfr_sumamt: paid,
                dcla_sum: Fen::ZERO,
                pay_sum: Fen::ZERO,
            };
            page.output(&[row], t2175::Row::value)
        }
        "2176" => {
            let row = t2176::Row {
                fixmedins_code: code(),
                fixmedins_name: name(),
                med_type: text("41"),
                med_type_name: text("定点药店购药"),
                medfee_sumamt: total,
                dfr_sumamt: paid,
                dcla_sum: paid,
                pay_sum: Fen::ZERO,
                no_pay_sum: paid,
            };
            t2176::Output { rows: vec![row] }.value()
        }
        "3201" => t3201::Output {
            agency: "420100".parse().unwrap(),
            differences: vec![text("医疗费总额机构100.00中心90.00")],
        }
        .value(),
        "3202" => t3202::Output {
            file_qury_no: text("420000202611220958410000000001"),
            filename: text("3202_420100_20261101_20261130.zip"),
            dld_endtime: time(),
        }
        .output(),
        "3260" => {
            let line = t3260::Line {
                seqno: text("1"),
                mdtrtarea: "420100".parse().unwrap(),
                medins_no: code(),
                certno: person().certno,
                mdtrt_id: VISIT.parse().unwrap(),
                mdtrt_setl_time: time(),
                setl_sn: SETTLEMENT.parse().unwrap(),
                fulamt_advpay_flag: false,
                medfee_sumamt: total,
                optins_pay_sumamt: paid,
            };
            t3260::Output { data: vec![line] }.value()
        }
        _ => return None,
    };
    Some(output)
}
