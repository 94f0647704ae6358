//! The same for what is asked and uploaded beside bills: benefit checks, settlement lists, departments, diagnoses.

use super::{SETTLEMENT, VISIT, person};
use serde_json::Value;
use terms::{Fen, InsuranceScheme};
use wire::hospital::{t2001, t2406, t2407, t4101, t4105, t5101, t5202, t90100, t100001};

pub fn output(infno: &str) -> Option<Value> {
    let time = || "2026-11-22 09:58:41".parse().unwrap();
    let text = |text: &str| text.to_owned();
    let output = match infno {
        "2001" => t2001::Output {
            trtinfo: vec![t2001::FundCheck {
                psn_no: person().psn_no,
                trt_chk_type: text("01"),
                fund_pay_type: text("310100"),
                trt_enjymnt_flag: false,
                begndate: "2026-11-22".parse().unwrap(),
                enddate: None,
                trt_chk_rslt: Some(text("险种[310]为暂停参保，请联系参保地经办机构")),
                exp_content: None,
            }],
        }
        .value(),
        "2406" => t2406::Output { detail: SETTLEMENT.to_owned() }.value(),
        "2407" => t2407::Output {
            rows: vec![t2407::Attribute {
                ipt_psn_sp_flag_detl_id: SETTLEMENT.to_owned(),
                mdtrt_id: VISIT.parse().unwrap(),
                psn_no: person().psn_no,
                psn_cert_type: text("01"),
                certno: person().certno,
                psn_name: person().psn_name,
                fixmedins_code: "H42010600001".parse().unwrap(),
                fixmedins_name: text("武汉市示例医院"),
                ipt_otp_no: text("ZY000001"),
                ipt_psn_sp_flag_type: text("1"),
                ipt_psn_sp_flag: text("01"),
                admdvs: "420106".parse().ok(),
            }],
        }
        .value(),
        "4101" => t4101::Output { setl_list_id: text("000000001") }.value(),
        "4105" => t4105::Output { due: 2, uploaded: 1 }.value(),
        "5101" => t5101::Output {
            departments: vec![t5101::Department {
                hosp_dept_codg: text("0301"),
                hosp_dept_name: text("呼吸内科"),
                begntime: time(),
                endtime: None,
                itro: None,
                dept_resper_name: text("李某甲"),
                dept_resper_tel: text("027-0000000"),
                dept_med_serv_scp: None,
                caty: text("A03.01"),
                dept_estbdat: None,
                aprv_bed_cnt: Some(60),
                hi_crtf_bed_cnt: Some(60),
                poolarea_no: "420100".parse().ok(),
                dr_psncnt: Some(12),
                phar_psncnt: Some(0),
                nurs_psncnt: Some(20),
                tecn_psncnt: Some(1),
                memo: None,
            }],
        }
        .value(),
        "5202" => t5202::Output {
            diseinfo: vec![t5202::Diagnosis {
                diag_info_id: text("000179526000000000000000100001"),
                mdtrt_id: VISIT.parse().unwrap(),
                psn_no: person().psn_no,
                inout_diag_type: text("1"),
                diag_type: text("1"),
                maindiag_flag: true,
                diag_srt_no: 1,
                diag_code: text("J18.900"),
                diag_name: text("肺炎"),
                adm_cond: None,
                diag_dept: text("A03.01"),
                dise_dor_no: text("D420106000901"),
                dise_dor_name: text("李某甲"),
                diag_time: time(),
                opter_id: None,
                opter_name: None,
                opt_time: None,
            }],
        }
        .value(),
        "90100" => t90100::Output {
            rows: vec![t90100::Contribution {
                poolarea_no: "110000".parse().unwrap(),
                poolarea_no_name: Some(text("北京市")),
                insutype: InsuranceScheme::Employee,
                insutype_name: text("职工基本医疗保险"),
                clct_type: None,
                clct_type_name: None,
                clct_flag: None,
                clct_flag_name: None,
                accrym_begn: Some(text("199801")),
                accrym_end: None,
                clct_time: None,
            }],
        }
        .value(),
        "100001" => t100001::Output {
            items: vec![t100001::PolicyItem {
                settlement: SETTLEMENT.parse().unwrap(),
                visit: VISIT.parse().unwrap(),
                person: person().psn_no,
                code: text("PSN01"),
                name: text("起付标准"),
                own_amount: Some(Fen(130_000)),
                fund_amount: None,
                fund_share: None,
            }],
        }
        .value(),
        _ => return None,
    };
    Some(output)
}
