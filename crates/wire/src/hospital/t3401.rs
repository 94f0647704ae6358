//! 3401 科室信息上传, 3401A 批量科室信息上传, 3402 科室信息变更: the departments of a hospital.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{Moment, Refusal, code};

/// The most departments taken in one call.
pub const DEPARTMENTS_MAX: usize = 1_000;

input_row! {
    /// One department (`deptinfo`).
    Department {
        hosp_dept_codg: String = text(20), "医院科室编码";
        caty: String = text(6), "科别";
        hosp_dept_name: String = text(100), "医院科室名称";
        begntime: Moment = moment(), "开始时间";
        endtime: Option<Moment> = optional_end(), "结束时间";
        itro: Option<String> = optional_text(500), "简介";
        dept_resper_name: String = text(50), "科室负责人姓名";
        dept_resper_tel: String = text(50), "科室负责人电话";
        dept_med_serv_scp: Option<String> = optional_text(500), "科室医疗服务范围";
        dept_estbdat: Option<Moment> = optional_moment(), "科室成立日期";
        aprv_bed_cnt: Option<String> = optional_text(11), "批准床位数量";
        hi_crtf_bed_cnt: Option<String> = optional_text(11), "医保认可床位数";
        poolarea_no: Option<String> = optional_text(6), "统筹区编号";
        dr_psncnt: Option<String> = optional_text(11), "医师人数";
        phar_psncnt: Option<String> = optional_text(11), "药师人数";
        nurs_psncnt: Option<String> = optional_text(11), "护士人数";
        tecn_psncnt: Option<String> = optional_text(11), "技师人数";
        memo: Option<String> = optional_text(500), "备注";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The departments, at least one.
    pub departments: Vec<Department>,
}

impl Input {
    /// Reads the departments.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let rows = Row::some(request, "deptinfo", DEPARTMENTS_MAX)?;
        let department = |row: &Row<'_>| {
            let department = Department::read_row(row)?;
            if department.endtime.is_some_and(|end| end < department.begntime) {
                return Err(row.wrong("endtime", "不早于开始时间的结束时间"));
            }
            if code::name_of("dept", &department.caty).is_none() {
                return Err(row.wrong("caty", "科室代码（dept）中的科别"));
            }
            department.check_numbers(row)?;
            Ok(department)
        };
        Ok(Self { departments: rows.iter().map(department).collect::<Result<_, _>>()? })
    }
}

impl Department {
    /// Beds and people are counted in whole numbers.
    fn check_numbers(&self, row: &Row<'_>) -> Result<(), Refusal> {
        for (field, number) in [
            ("aprv_bed_cnt", &self.aprv_bed_cnt),
            ("hi_crtf_bed_cnt", &self.hi_crtf_bed_cnt),
            ("dr_psncnt", &self.dr_psncnt),
            ("phar_psncnt", &self.phar_psncnt),
            ("nurs_psncnt", &self.nurs_psncnt),
            ("tecn_psncnt", &self.tecn_psncnt),
        ] {
            if number.as_ref().is_some_and(|number| number.parse::<u32>().is_err()) {
                return Err(row.wrong(field, "不小于零的整数"));
            }
        }
        Ok(())
    }
}
