//! 2403 住院信息变更: an admission is corrected; diagnoses are replaced or added by their 诊断排序号.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    exp_content::ExpContent,
    field::{Row, input_row},
    t2401::{DIAGNOSES_MAX, Diagnosis},
};
use terms::{Day, Moment, PersonNumber, Rate, Refusal, VisitId};

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The admission as it should be (`adminfo`).
    pub adminfo: Correction,
    /// Diagnoses to replace or add (`diseinfo`), perhaps none.
    pub diseinfo: Vec<Diagnosis>,
    /// What the correction says of injury, third party and emergency, completed from its 医疗类别.
    pub exp_content: ExpContent,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "adminfo")?;
        let adminfo = Correction::read_row(&row)?;
        let exp_content = ExpContent::read(&row)?.for_admission(&adminfo.med_type)?;
        let rows = Row::many(request, "diseinfo", DIAGNOSES_MAX)?;
        let diseinfo = rows.iter().map(Diagnosis::read_row).collect::<Result<_, _>>()?;
        Ok(Self { adminfo, diseinfo, exp_content })
    }
}

input_row! {
    /// The admission as it should be (`adminfo`).
    Correction {
        mdtrt_id: VisitId = visit(), "就诊ID";
        psn_no: PersonNumber = person(), "人员编号";
        coner_name: Option<String> = optional_text(50), "联系人姓名";
        tel: Option<String> = optional_text(50), "联系电话";
        begntime: Moment = moment(), "开始时间";
        endtime: Option<Moment> = optional_moment(), "结束时间";
        mdtrt_cert_type: Option<String> = optional_credential(), "就诊凭证类型";
        med_type: String = text(6), "医疗类别";
        ipt_otp_no: String = text(30), "住院/门诊号";
        medrcdno: Option<String> = optional_text(30), "病历号";
        atddr_no: String = text(30), "主治医生编码";
        chfpdr_name: String = text(50), "主诊医师姓名";
        adm_diag_dscr: String = text(1000), "入院诊断描述";
        adm_dept_codg: String = text(30), "入院科室编码";
        adm_dept_name: String = text(100), "入院科室名称";
        adm_bed: String = text(30), "入院床位";
        dscg_maindiag_code: String = text(20), "住院主诊断代码";
        dscg_maindiag_name: String = text(300), "住院主诊断名称";
        main_cond_dscr: Option<String> = optional_text(1000), "主要病情描述";
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
        dise_type_code: Option<String> = optional_text(6), "病种编号";
        ttp_pay_prop: Option<Rate> = optional_rate(), "第三方自付比例";
    }
}
