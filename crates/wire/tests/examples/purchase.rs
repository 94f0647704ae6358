//! The same for purchases at pharmacies.

use super::{person, settlement, split_line};
use serde_json::Value;
use terms::{Fen, InsuranceScheme};
use wire::hospital::{
    purchase_order::{Buyer, Paid},
    t2101, t2103, t2161, t2163, t2166,
};

pub fn output(infno: &str) -> Option<Value> {
    let text = |text: &str| text.to_owned();
    let info = settlement();
    let output = match infno {
        "2101" => bought().value(),
        "2102" => bought().value_of_settlement(),
        "2103" => {
            let back = info.negated();
            t2103::Output { setldetail: back.details(), setlinfo: back }.value()
        }
        "2161" => t2161::Output {
            psn_no: person().psn_no,
            psn_name: person().psn_name,
            gend: person().gend,
            brdy: "1941-06-18".parse().unwrap(),
            ssn: person().certno,
            psn_type: text("12"),
            emp_name: None,
            insuplc_admdvs: "110101".parse().unwrap(),
            outmed_fundmgt_optins_fulname: text("东城区医疗保险经办机构"),
            acct_balc: Fen(137_815),
            insutype: InsuranceScheme::Employee,
        }
        .output(),
        "2163" => t2163::Output {
            paid: Paid { medfee_sumamt: Fen(600), psn_cashpay: Fen(90), acct_payamt: Fen::ZERO },
            buyer: Buyer {
                certno: person().certno,
                psn_name: person().psn_name,
                gend: person().gend,
                brdy: "1941-06-18".parse().unwrap(),
                psn_type: text("12"),
                insutype: InsuranceScheme::Employee,
            },
        }
        .value(),
        "2166" => {
            t2166::Output { mdtrt_regno: text("17953026000000000001"), prmmsg: None, push_flag: text("true") }
                .output()
        }
        _ => return None,
    };
    Some(output)
}

fn bought() -> t2101::Output {
    let info = settlement();
    t2101::Output { setldetail: info.details(), setlinfo: info, detlcutinfo: vec![split_line()] }
}
