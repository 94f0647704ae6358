//! 2402 出院办理: a person is discharged.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    field::{Row, input_row},
    t2401::{DIAGNOSES_MAX, Diagnosis},
};
use terms::{Day, InsuranceScheme, Moment, PersonNumber, Refusal, VisitId};

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The discharge (`dscginfo`).
    pub dscginfo: Discharge,
    /// The diagnoses on discharge (`diseinfo`), perhaps none.
    pub diseinfo: Vec<Diagnosis>,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let dscginfo = Discharge::read_row(&Row::one(request, "dscginfo")?)?;
        let rows = Row::many(request, "diseinfo", DIAGNOSES_MAX)?;
        let diseinfo = rows.iter().map(Diagnosis::read_row).collect::<Result<_, _>>()?;
        Ok(Self { dscginfo, diseinfo })
    }
}

input_row! {
    /// The discharge (`dscginfo`).
    Discharge {
        mdtrt_id: VisitId = visit(), "就诊ID";
        psn_no: PersonNumber = person(), "人员编号";
        insutype: InsuranceScheme = scheme(), "险种类型";
        endtime: Moment = moment(), "结束时间";
        dise_codg: Option<String> = optional_text(30), "病种编码";
        dise_name: Option<String> = optional_text(500), "病种名称";
        oprn_oprt_code: Option<String> = optional_text(30), "手术操作代码";
        oprn_oprt_name: Option<String> = optional_text(500), "手术操作名称";
        fpsc_no: Option<String> = optional_text(50), "计划生育服务证号";
        matn_type: Option<String> = optional_text(6), "生育类别";
        birctrl_type: Option<String> = optional_text(6), "计划生育手术类别";
        latechb_flag: Option<bool> = optional_flag(), "晚育标志";
        geso_val: Option<u16> = optional_count(), "孕周数";
        fetts: Option<u16> = optional_count(), "胎次";
        fetus_cnt: Option<u16> = optional_count(), "胎儿数";
        pret_flag: Option<bool> = optional_flag(), "早产标志";
        birctrl_matn_date: Option<Day> = optional_day(), "计划生育手术或生育日期";
        cop_flag: Option<bool> = optional_flag(), "伴有并发症标志";
        dscg_dept_codg: String = text(30), "出院科室编码";
        dscg_dept_name: String = text(100), "出院科室名称";
        dscg_bed: Option<String> = optional_text(30), "出院床位";
        dscg_way: String = text(3), "离院方式";
        die_date: Option<Day> = optional_day(), "死亡日期";
    }
}
