//! 2166 异地就医购药试算: a pharmacy puts an order to a person, who then confirms it and pays.

use super::{
    envelope::Request,
    field::{Price, Quantity, Row, input_row, output_row},
    purchase_order::NODE,
    t2301::{self, LINES_MAX},
};
use serde_json::Value;
use terms::{AdminDivision, Day, Fen, InstitutionCode, InsuranceScheme, Moment, PersonNumber, Refusal};

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The order, which stands directly in the input.
    pub order: Order,
    /// What is bought (`feedetl`), at least one line.
    pub feedetl: Vec<Line>,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let order = Order::read_row(&Row::direct(request, NODE)?)?;
        let rows = Row::some(request, "feedetl", LINES_MAX)?;
        let feedetl = rows.iter().map(Line::read).collect::<Result<_, _>>()?;
        Ok(Self { order, feedetl })
    }
}

input_row! {
    /// The order.
    Order {
        ec_token: Option<String> = optional_text(64), "电子凭证令牌";
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "医疗机构编码";
        fixmedins_name: Option<String> = optional_text(50), "医疗机构名称";
        insuplc: Option<AdminDivision> = optional_division(), "参保地统筹区";
        mdtrtarea: Option<AdminDivision> = optional_division(), "就医地统筹区";
        psn_no: PersonNumber = person(), "个人管理码";
        ssn: Option<String> = optional_text(18), "社会保障号码";
        psn_name: Option<String> = optional_text(50), "人员姓名";
        gend: Option<String> = optional_text(3), "性别";
        brdy: Option<Day> = optional_day(), "出生日期";
        emp_no: Option<String> = optional_text(20), "单位编号";
        emp_name: Option<String> = optional_text(100), "单位名称";
        mdtrtsn: String = text(20), "就诊顺序号";
        med_type: String = text(6), "医疗类别";
        psn_type: Option<String> = optional_text(6), "参保人员类别";
        insutype: InsuranceScheme = scheme(), "险种类型";
        dscg_date: Day = day(), "购药日期";
        medfee_sumamt: Fen = amount(), "医疗费总额";
        opter_name: Option<String> = optional_text(50), "经办人";
    }
}

input_row! {
    /// One line (`feedetl`).
    Line {
        feedetl_sn: String = text(30), "费用明细流水号";
        medins_list_codg: String = text(50), "医药机构项目编码";
        medins_list_name: Option<String> = optional_text(100), "医药机构项目名称";
        hilist_code: String = text_or_empty(50), "医保目录统一编码, empty where only the pharmacy's own code is given";
        hilist_name: Option<String> = optional_text(100), "医保目录名称";
        hilist_type: Option<String> = optional_text(3), "医保目录类别";
        chrgitm_lv: Option<String> = optional_text(3), "收费项目等级";
        med_invo_item_type: Option<String> = optional_text(3), "医疗发票项目类别";
        pric: Price = price(), "单价";
        cnt: Quantity = quantity(), "数量";
        amt: Fen = amount(), "金额";
        dosform: Option<String> = optional_text(20), "剂型";
        dosunt: Option<String> = optional_text(20), "剂量单位";
        sin_dos: Option<String> = optional_text(20), "单次用量";
        spec: Option<String> = optional_text(50), "规格";
        orplc: Option<String> = optional_text(100), "产地";
        used_mtd: Option<String> = optional_text(50), "用法";
        detl_ocur_time: Moment = moment(), "处方单据时间";
        adm_diag_dr: Option<String> = optional_text(50), "医师姓名";
        opter_name: Option<String> = optional_text(50), "经办人";
        opt_time: Option<Moment> = optional_moment(), "经办时间";
    }
}

impl Line {
    fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let line = Self::read_row(row)?;
        t2301::check_amount(row, &line.feedetl_sn, (line.pric, line.cnt, line.amt))?;
        Ok(line)
    }
}

output_row! {
    /// The order as it waits for the person. The output is the row itself.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Output {
        mdtrt_regno: String, "就诊登记号";
        prmmsg: Option<String>, "提示信息";
        push_flag: String, "推送成功标志";
    }
}

impl Output {
    /// As the interface writes it.
    pub fn output(&self) -> Value {
        self.value()
    }
}
