//! 5101 科室信息查询: the departments that the asking hospital has uploaded (3401).

use super::{
    envelope::Request,
    field::{Write, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{AdminDivision, Moment, Refusal};

/// The standard lists the envelope once more as the input; there is nothing to read in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input;

impl Input {
    /// Reads nothing.
    pub const fn read(_: &Request) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

/// Beds and people, which the table calls numeric.
impl Write for u32 {
    fn write(&self) -> Value {
        Value::from(*self)
    }
}

output_row! {
    /// One department (`feedetail`, as the standard names it).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Department {
        hosp_dept_codg: String, "医院科室编码";
        hosp_dept_name: String, "医院科室名称";
        begntime: Moment, "开始时间";
        endtime: Option<Moment>, "结束时间";
        itro: Option<String>, "简介";
        dept_resper_name: String, "科室负责人姓名";
        dept_resper_tel: String, "科室负责人电话";
        dept_med_serv_scp: Option<String>, "科室医疗服务范围";
        caty: String, "科别";
        dept_estbdat: Option<Moment>, "科室成立日期";
        aprv_bed_cnt: Option<u32>, "批准床位数量";
        hi_crtf_bed_cnt: Option<u32>, "医保认可床位数";
        poolarea_no: Option<AdminDivision>, "统筹区编号";
        dr_psncnt: Option<u32>, "医师人数";
        phar_psncnt: Option<u32>, "药师人数";
        nurs_psncnt: Option<u32>, "护士人数";
        tecn_psncnt: Option<u32>, "技师人数";
        memo: Option<String>, "备注";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The departments, by code.
    pub departments: Vec<Department>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "feedetail": write_rows(&self.departments, Department::value) })
    }
}
