//! 2204 门诊费用明细信息上传: lines of the bills (收费批次) of an outpatient visit.

use super::{
    envelope::Request,
    field::{Price, Quantity, Row, input_row},
    t2301::{self, LINES_MAX, SplitLine},
};
use serde_json::Value;
use terms::{Fen, Moment, PersonNumber, Refusal, VisitId};

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The lines (`feedetail`), at least one.
    pub feedetail: Vec<Line>,
}

impl Input {
    /// Reads the lines, all of one person's visit, perhaps of several bills.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let feedetail = read_lines(request)?;
        if feedetail.is_empty() {
            Err(Refusal::missing("feedetail", "至少一行数据"))
        } else {
            Ok(Self { feedetail })
        }
    }
}

/// The lines of a message, perhaps none, all of one person's visit.
pub fn read_lines(request: &Request) -> Result<Vec<Line>, Refusal> {
    let rows = Row::many(request, "feedetail", LINES_MAX)?;
    let lines: Vec<Line> = rows.iter().map(Line::read).collect::<Result<_, _>>()?;
    for (row, line) in rows.iter().zip(&lines) {
        if line.mdtrt_id != lines[0].mdtrt_id {
            return Err(row.wrong("mdtrt_id", "与第1行相同的就诊ID（每次只上传一次就诊的明细）"));
        }
        if line.psn_no != lines[0].psn_no {
            return Err(row.wrong("psn_no", "与第1行相同的人员编号"));
        }
    }
    Ok(lines)
}

input_row! {
    /// One line (`feedetail`). A refund has a negative quantity and amount; the standard gives it no field for the line that it
    /// refunds, so `init_feedetl_sn` of 2301 is read where a client sends it.
    Line {
        feedetl_sn: String = text(30), "费用明细流水号";
        init_feedetl_sn: Option<String> = optional_text(30), "原费用流水号";
        mdtrt_id: VisitId = visit(), "就诊ID";
        psn_no: PersonNumber = person(), "人员编号";
        chrg_bchno: String = text(30), "收费批次号";
        dise_codg: Option<String> = optional_text(30), "病种编码";
        rxno: Option<String> = optional_text(40), "处方号";
        rx_circ_flag: Option<String> = optional_text(3), "外购处方标志";
        fee_ocur_time: Moment = moment(), "费用发生时间";
        med_list_codg: String = text_or_empty(50), "医疗目录编码, empty where only the hospital's own code is given";
        medins_list_codg: String = text(150), "医药机构目录编码";
        det_item_fee_sumamt: Fen = signed_amount(), "明细项目费用总额";
        cnt: Quantity = quantity(), "数量";
        pric: Price = price(), "单价";
        sin_dos_dscr: Option<String> = optional_text(200), "单次剂量描述";
        used_frqu_dscr: Option<String> = optional_text(200), "使用频次描述";
        prd_days: Option<String> = optional_text(10), "周期天数";
        medc_way_dscr: Option<String> = optional_text(200), "用药途径描述";
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
        memo: Option<String> = optional_text(1000), "备注";
        comb_no: Option<String> = optional_text(3), "组套编码";
    }
}

impl Line {
    fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let line = Self::read_row(row)?;
        if line.chrg_bchno == super::t2205::ALL_BILLS {
            return Err(row.wrong("chrg_bchno", "0000以外的收费批次号"));
        }
        t2301::check_amount(row, &line.feedetl_sn, (line.pric, line.cnt, line.det_item_fee_sumamt))?;
        match line.hosp_appr_flag.as_deref() {
            None | Some("0" | "1" | "2") => Ok(line),
            Some(_) => Err(row.wrong("hosp_appr_flag", "0（无须审批）、1（审批通过）或2（审批不通过）")),
        }
    }

    /// True for a refund (退单).
    pub fn is_refund(&self) -> bool {
        self.cnt.0 < 0
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
        t2301::Output { result: self.result.clone() }.value()
    }
}
