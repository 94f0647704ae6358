//! 5202 诊断信息查询: the diagnoses of one visit of the asking institution.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{Moment, PersonNumber, Refusal, VisitId};

input_row! {
    /// Which visit (`data`).
    Input {
        mdtrt_id: VisitId = visit(), "就诊ID";
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

output_row! {
    /// One diagnosis (`diseinfo`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Diagnosis {
        diag_info_id: String, "诊断信息ID";
        mdtrt_id: VisitId, "就诊ID";
        psn_no: PersonNumber, "人员编号";
        inout_diag_type: String, "出入院诊断类别";
        diag_type: String, "诊断类别";
        maindiag_flag: bool, "主诊断标志";
        diag_srt_no: u16, "诊断排序号";
        diag_code: String, "诊断代码";
        diag_name: String, "诊断名称";
        adm_cond: Option<String>, "入院病情";
        diag_dept: String, "诊断科室";
        dise_dor_no: String, "诊断医生编码";
        dise_dor_name: String, "诊断医生姓名";
        diag_time: Moment, "诊断时间";
        opter_id: Option<String>, "经办人ID";
        opter_name: Option<String>, "经办人姓名";
        opt_time: Option<Moment>, "经办时间";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The diagnoses, those of admission first, by rank.
    pub diseinfo: Vec<Diagnosis>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "diseinfo": write_rows(&self.diseinfo, Diagnosis::value) })
    }
}
