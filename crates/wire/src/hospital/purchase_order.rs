//! What the transactions of cross-region purchases (异地就医购药, 2161 to 2181) share: an order (订单) is what a pharmacy asks a person
//! to pay for, and what the person confirms; then it is settled. Their rows stand directly in the input, without a node.

use super::{
    envelope::Request,
    field::{Price, Quantity, Row, input_row, output_row},
};
use serde_json::Value;
use terms::{AdminDivision, Day, Fen, InstitutionCode, InsuranceScheme, Moment, Refusal};

/// The node under which some clients send the row all the same.
pub const NODE: &str = "data";
/// The longest 就诊登记号 (`mdtrt_regno`).
pub const NUMBER_LONGEST: usize = 20;

input_row! {
    /// Which order or purchase a transaction is about (2163, 2167).
    Named {
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "医疗机构编码";
        mdtrt_regno: String = text(20), "就诊登记号";
        opter_name: Option<String> = optional_text(50), "经办人";
    }
}

impl Named {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::direct(request, NODE)?)
    }
}

output_row! {
    /// Whose order or purchase it is.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Buyer {
        certno: String, "证件号码";
        psn_name: String, "姓名";
        gend: String, "性别";
        brdy: Day, "出生日期";
        psn_type: String, "参保人员类别";
        insutype: InsuranceScheme, "险种类型";
    }
}

output_row! {
    /// Where an order or a purchase belongs.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Places {
        mdtrt_regno: String, "就诊登记号";
        fixmedins_code: InstitutionCode, "医疗机构编码";
        insuplc: AdminDivision, "参保地统筹区";
        mdtrtarea: AdminDivision, "就医地统筹区";
    }
}

output_row! {
    /// What was paid.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    Paid {
        medfee_sumamt: Fen, "医疗费总额";
        psn_cashpay: Fen, "个人现金支付";
        acct_payamt: Fen, "个人账户支付";
    }
}

output_row! {
    /// A line (`feedetl`) as 2170 and 2171 show it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ShownLine {
        medins_list_codg: String, "医药机构项目编码";
        medins_list_name: Option<String>, "医药机构项目名称";
        hilist_code: String, "医保目录统一编码";
        hilist_name: Option<String>, "医保目录名称";
        hilist_type: Option<String>, "医保目录类别";
        chrgitm_lv: terms::CatalogClass, "收费项目等级";
        med_invo_item_type: terms::ChargeCategory, "医疗发票项目类别";
        pric: Price, "单价";
        cnt: Quantity, "数量";
        amt: Fen, "金额";
        dosform: Option<String>, "剂型";
        dosunt: Option<String>, "剂量单位";
        sin_dos: Option<Quantity>, "单次用量";
        spec: Option<String>, "规格";
        orplc: Option<String>, "产地";
        used_mtd: Option<String>, "用法";
        detl_ocur_time: Moment, "处方单据时间";
        adm_diag_dr: Option<String>, "医师姓名";
        opter_name: Option<String>, "经办人";
        opt_time: Moment, "经办时间";
    }
}

/// A row with its lines under `feedetl`.
pub(super) fn with_lines(mut row: serde_json::Map<String, Value>, lines: &[ShownLine]) -> Value {
    row.insert("feedetl".to_owned(), super::field::write_rows(lines, ShownLine::value));
    Value::Object(row)
}
