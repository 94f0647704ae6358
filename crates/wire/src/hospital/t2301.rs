//! 2301 住院费用明细上传: lines of a bill, or refunds of lines.

use super::{
    envelope::Request,
    field::{Price, Quantity, Row, input_row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{CatalogClass, ChargeCategory, Fen, Moment, PersonNumber, Rate, Refusal, VisitId};

/// The most lines taken in one call; more are sent in several.
pub const LINES_MAX: usize = 5_000;

/// The most by which a line's amount may differ from price times quantity (identity 6 of the standard): one fen.
pub const LINE_TOLERANCE: Fen = Fen(1);

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The lines (`feedetail`), at least one.
    pub feedetail: Vec<Line>,
}

impl Input {
    /// Reads the lines, all of one visit.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let rows = Row::some(request, "feedetail", LINES_MAX)?;
        let feedetail: Vec<Line> = rows.iter().map(Line::read).collect::<Result<_, _>>()?;
        let visit = feedetail[0].mdtrt_id;
        match rows.iter().zip(&feedetail).find(|(_, line)| line.mdtrt_id != visit) {
            Some((row, _)) => Err(row.wrong("mdtrt_id", "与第1行相同的就诊ID（每次只上传一次就诊的明细）")),
            None => Ok(Self { feedetail }),
        }
    }

    /// The visit that the lines are of.
    ///
    /// # Panics
    /// If the input was made without a line; one that was read has at least one.
    pub fn visit(&self) -> VisitId {
        self.feedetail.first().expect("a read input has a line").mdtrt_id
    }
}

input_row! {
    /// One line (`feedetail`). A refund has a negative quantity and amount and names the line that it refunds.
    Line {
        feedetl_sn: String = text(30), "费用明细流水号";
        init_feedetl_sn: Option<String> = optional_text(30), "原费用流水号";
        mdtrt_id: VisitId = visit(), "就诊ID";
        drord_no: Option<String> = optional_text(30), "医嘱号";
        psn_no: PersonNumber = person(), "人员编号";
        med_type: String = text(6), "医疗类别";
        fee_ocur_time: Moment = moment(), "费用发生时间";
        med_list_codg: String = text_or_empty(50), "医疗目录编码, empty where only the hospital's own code is given";
        medins_list_codg: String = text(150), "医药机构目录编码";
        det_item_fee_sumamt: Fen = signed_amount(), "明细项目费用总额";
        cnt: Quantity = quantity(), "数量";
        pric: Price = price(), "单价";
        bilg_dept_codg: String = text(30), "开单科室编码";
        bilg_dept_name: String = text(100), "开单科室名称";
        bilg_dr_codg: String = text(30), "开单医生编码";
        bilg_dr_name: String = text(50), "开单医师姓名";
        acord_dept_codg: Option<String> = optional_text(30), "受单科室编码";
        acord_dept_name: Option<String> = optional_text(100), "受单科室名称";
        orders_dr_code: Option<String> = optional_text(30), "受单医生编码";
        orders_dr_name: Option<String> = optional_text(50), "受单医生姓名";
        hosp_appr_flag: Option<String> = optional_text(3), "医院审批标志";
        tcmdrug_used_way: Option<String> = optional_text(6), "中药使用方式";
        etip_flag: Option<bool> = optional_flag(), "外检标志";
        etip_hosp_code: Option<String> = optional_text(30), "外检医院编码";
        dscg_tkdrug_flag: Option<bool> = optional_flag(), "出院带药标志";
        matn_fee_flag: Option<bool> = optional_flag(), "生育费用标志";
        memo: Option<String> = optional_text(500), "备注";
        comb_no: Option<String> = optional_text(3), "组套编号";
    }
}

impl Line {
    fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let line = Self::read_row(row)?;
        line.check(row)?;
        Ok(line)
    }

    /// True for a refund (退单).
    pub fn is_refund(&self) -> bool {
        self.cnt.0 < 0
    }

    fn check(&self, row: &Row<'_>) -> Result<(), Refusal> {
        if self.is_refund() && self.init_feedetl_sn.is_none() {
            return Err(Refusal::missing(
                row.name_of("init_feedetl_sn"),
                "被退单的费用明细流水号，数量为负时必填",
            ));
        }
        check_amount(row, &self.feedetl_sn, (self.pric, self.cnt, self.det_item_fee_sumamt))
    }
}

/// Whether the amount of a line is its price times its quantity, of the same sign as the quantity.
pub(super) fn check_amount(
    row: &Row<'_>,
    feedetl_sn: &str,
    (price, quantity, amount): (Price, Quantity, Fen),
) -> Result<(), Refusal> {
    if quantity.0 == 0 {
        return Err(row.wrong("cnt", "不为零的数量"));
    }
    if amount.is_negative() && quantity.0 > 0 {
        return Err(row.wrong("det_item_fee_sumamt", "正数，退单时数量和金额须同时为负"));
    }
    if amount.0 > 0 && quantity.0 < 0 {
        return Err(row.wrong("det_item_fee_sumamt", "负数，退单时数量和金额须同时为负"));
    }
    let Some(expected) = price.times(quantity) else {
        return Err(row.wrong("cnt", "与单价相乘不超过十亿元的数量"));
    };
    if (amount.0 - expected.0).abs() > LINE_TOLERANCE.0 {
        return Err(Refusal::LineDiffers {
            feedetl_sn: feedetl_sn.to_owned(),
            given: amount.to_string(),
            expected: expected.to_string(),
        });
    }
    Ok(())
}

output_row! {
    /// One line as the treatment place's catalog splits it (`result`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    SplitLine {
        feedetl_sn: String, "费用明细流水号";
        det_item_fee_sumamt: Fen, "明细项目费用总额";
        cnt: Quantity, "数量";
        pric: Price, "单价";
        pric_uplmt_amt: Price, "定价上限金额";
        selfpay_prop: Option<Rate>, "自付比例";
        fulamt_ownpay_amt: Option<Fen>, "全自费金额";
        overlmt_amt: Option<Fen>, "超限价金额";
        preselfpay_amt: Option<Fen>, "先行自付金额";
        inscp_scp_amt: Option<Fen>, "符合政策范围金额";
        chrgitm_lv: CatalogClass, "收费项目等级";
        med_chrgitm_type: ChargeCategory, "医疗收费项目类别";
        bas_medn_flag: Option<bool>, "基本药物标志";
        hi_nego_drug_flag: Option<bool>, "医保谈判药品标志";
        chld_medc_flag: Option<bool>, "儿童用药标志";
        list_sp_item_flag: Option<String>, "目录特项标志";
        lmt_used_flag: bool, "限制使用标志";
        drt_reim_flag: Option<bool>, "直报标志";
        memo: Option<String>, "备注";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The lines, in the order in which they came.
    pub result: Vec<SplitLine>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        let row = |line: &SplitLine| {
            let mut row = line.value();
            row["exp_content"] = Value::Null;
            row
        };
        json!({ "result": write_rows(&self.result, row) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISIT: &str = "420000179526000000000000000001";

    fn line() -> Value {
        json!({
            "feedetl_sn": "L1", "mdtrt_id": VISIT, "psn_no": "P1", "med_type": "21",
            "fee_ocur_time": "2026-11-20 08:00:00", "med_list_codg": "X", "medins_list_codg": "X",
            "det_item_fee_sumamt": "6.00", "cnt": 3, "pric": "2.00", "bilg_dept_codg": "A", "bilg_dept_name": "内科",
            "bilg_dr_codg": "D", "bilg_dr_name": "李某乙"
        })
    }

    fn read(lines: &Value) -> Result<Input, Refusal> {
        let body =
            json!({ "infno": "2301", "msgid": "m", "fixmedins_code": "H1", "input": { "feedetail": lines } });
        Input::read(&Request::read(body.to_string().as_bytes())?)
    }

    #[test]
    fn a_line_is_taken_or_refused_by_its_first_fault() {
        for (changes, expected) in [
            (json!({}), "read"),
            (json!({ "det_item_fee_sumamt": 6.01 }), "read"),
            (json!({ "det_item_fee_sumamt": 5.99 }), "read"),
            (json!({ "det_item_fee_sumamt": 6.02 }), "费用明细[L1]的金额6.02与单价乘数量6.00不一致，请更正"),
            (json!({ "cnt": 0.3333, "pric": 3.3333, "det_item_fee_sumamt": 1.11 }), "read"),
            (json!({ "cnt": -3, "det_item_fee_sumamt": -6, "init_feedetl_sn": "L0" }), "read"),
            (json!({ "cnt": -3, "det_item_fee_sumamt": -6 }), "feedetail第1行.init_feedetl_sn"),
            (json!({ "cnt": -3, "init_feedetl_sn": "L0" }), "feedetail第1行.det_item_fee_sumamt"),
            (json!({ "det_item_fee_sumamt": -6 }), "feedetail第1行.det_item_fee_sumamt"),
            (json!({ "cnt": 0 }), "feedetail第1行.cnt"),
            (json!({ "pric": -2, "cnt": -3 }), "feedetail第1行.pric"),
            (json!({ "pric": 1e9, "cnt": 1e8 }), "feedetail第1行.cnt"),
            (json!({ "mdtrt_id": "1" }), "未查到就诊ID[1]的就诊登记"),
        ] {
            let mut line = line();
            for (field, value) in changes.as_object().unwrap() {
                line[field] = value.clone();
            }
            let outcome =
                read(&json!([line])).map_or_else(|refusal| refusal.message(), |_| "read".to_owned());
            assert!(outcome.contains(expected), "{changes}: {outcome}");
        }
    }

    #[test]
    fn lines_come_one_by_one_or_many_but_not_too_many_and_of_one_visit() {
        assert_eq!(read(&line()).map(|input| input.feedetail.len()), Ok(1), "an object is one line");
        assert_eq!(read(&json!([])).unwrap_err().code(), "field-missing");
        assert_eq!(read(&json!([line(), 1])).unwrap_err().code(), "field-invalid");
        let many = |count| Value::Array(vec![line(); count]);
        assert_eq!(read(&many(LINES_MAX)).map(|input| input.feedetail.len()), Ok(LINES_MAX));
        assert_eq!(read(&many(LINES_MAX + 1)).unwrap_err().code(), "field-invalid");
        let mut other = line();
        other["mdtrt_id"] = json!(VISIT.replace("0001", "0002"));
        assert!(read(&json!([line(), other])).unwrap_err().message().contains("feedetail第2行.mdtrt_id"));
    }
}
