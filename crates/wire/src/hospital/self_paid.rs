//! What 4201 to 4205 have in common: visits of patients who paid for themselves (自费病人), by the hospital's own number, with
//! their diagnoses and lines. Who pays at the counter may ask the insured place for money back later.
//!
//! The complete edition of the standard prints only 4201; the other names are those of the national edition as clients of
//! 内蒙古 and 广州 send it.

use super::{
    envelope::Request,
    field::{Price, Quantity, Row, input_row},
    registration::{self, Registration},
};
use terms::{Fen, Moment, Refusal};

/// The most lines taken in one call.
pub const LINES_MAX: usize = 5_000;
/// The most diagnoses of a visit.
pub const DIAGNOSES_MAX: usize = 100;

/// One line of a bill that the patient paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 医药机构就诊ID (就医流水号): the hospital's own number of the visit.
    pub visit: String,
    /// 记账流水号 (费用明细流水号), unique in the visit.
    pub serial: String,
    /// 费用发生时间.
    pub occurred_at: Moment,
    /// 明细项目费用总额.
    pub amount: Fen,
    /// All that came.
    pub kept: Registration,
}

/// Under which names an edition gives the number of the visit and that of the line.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The node.
    pub node: &'static str,
    /// The visit's.
    pub visit: &'static str,
    /// The line's.
    pub serial: &'static str,
}

/// The names of the editions since 2021.
pub const SINCE_2021: Names =
    Names { node: "fsiOwnpayPatnFeeListDDTO", visit: "fixmedins_mdtrt_id", serial: "bkkp_sn" };

/// Reads the lines of a call, all of one visit.
pub fn lines(request: &Request, names: Names) -> Result<Vec<Line>, Refusal> {
    let rows = Row::some(request, names.node, LINES_MAX)?;
    let kept = registration::rows(request, names.node);
    let lines = rows.iter().zip(kept).map(|(row, kept)| line(row, kept, names));
    let lines: Vec<Line> = lines.collect::<Result<_, _>>()?;
    match rows.iter().zip(&lines).find(|(_, line)| line.visit != lines[0].visit) {
        Some((row, _)) => Err(row.wrong(names.visit, "与第1行相同的就诊，每次只上传一位患者的一次就诊")),
        None => Ok(lines),
    }
}

fn line(row: &Row<'_>, kept: Registration, names: Names) -> Result<Line, Refusal> {
    let serial = row.text(names.serial, "记账流水号", 30)?;
    let Numbers { cnt, pric, det_item_fee_sumamt: amount, fee_ocur_time, .. } = Numbers::read_row(row)?;
    let product = pric.times(cnt).ok_or_else(|| row.wrong("pric", "单价乘数量不超过十亿元"))?;
    if (product - amount).0.abs() > 1 {
        return Err(Refusal::LineDiffers {
            feedetl_sn: serial,
            given: amount.to_string(),
            expected: product.to_string(),
        });
    }
    let visit = row.text(names.visit, "医药机构就诊ID", 30)?;
    Ok(Line { visit, serial, occurred_at: fee_ocur_time, amount, kept })
}

input_row! {
    /// How a line names what it is of, since 2021.
    Named {
        fixmedins_mdtrt_id: String = text(30), "医药机构就诊ID";
        bkkp_sn: String = text(30), "记账流水号";
    }
}

input_row! {
    /// The same before.
    NamedBefore {
        mdtrt_sn: String = text(30), "就医流水号";
        feedetl_sn: String = text(30), "费用明细流水号";
    }
}

input_row! {
    /// What is looked at in a line besides.
    Numbers {
        med_type: Option<String> = optional_text(6), "医疗类别";
        fee_ocur_time: Moment = moment(), "费用发生时间";
        cnt: Quantity = quantity(), "数量";
        pric: Price = price(), "单价";
        det_item_fee_sumamt: Fen = signed_amount(), "明细项目费用总额";
        med_list_codg: Option<String> = optional_text(50), "医疗目录编码";
        medins_list_codg: String = text(150), "医药机构目录编码";
        medins_list_name: String = text(100), "医药机构目录名称";
        memo: Option<String> = optional_text(500), "备注";
    }
}

input_row! {
    /// A visit (`ownPayPatnMdtrtD` of 4202, `mdtrtinfo` of 4205).
    Visit {
        fixmedins_mdtrt_id: String = text(30), "医药机构就诊ID";
        psn_cert_type: String = text(6), "人员证件类型";
        certno: String = text(50), "证件号码";
        psn_name: String = text(50), "人员姓名";
        begntime: Moment = moment(), "开始时间";
        endtime: Option<Moment> = optional_end(), "结束时间";
        med_type: String = text(6), "医疗类别";
        medfee_sumamt: Option<Fen> = optional_amount(), "医疗费总额";
    }
}

input_row! {
    /// A diagnosis.
    Diagnosis {
        diag_type: String = text(3), "诊断类别";
        diag_srt_no: u16 = count(), "诊断排序号";
        diag_code: String = text(30), "诊断代码";
        diag_name: String = text(255), "诊断名称";
    }
}

/// Reads a visit and all that came with it.
pub fn visit(request: &Request, node: &'static str) -> Result<(Visit, Registration), Refusal> {
    let row = Row::one(request, node)?;
    let visit = Visit::read_row(&row)?;
    if visit.endtime.is_some_and(|end| end < visit.begntime) {
        return Err(row.wrong("endtime", "不早于开始时间的结束时间"));
    }
    Ok((visit, registration::first(request, node)))
}

/// Reads the diagnoses of a visit and all that came with them.
pub fn diagnoses(request: &Request, node: &'static str) -> Result<Vec<Registration>, Refusal> {
    for row in Row::some(request, node, DIAGNOSES_MAX)? {
        Diagnosis::read_row(&row)?;
    }
    Ok(registration::rows(request, node))
}
