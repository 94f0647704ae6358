//! 2203 门诊就诊信息上传: what an outpatient visit is, and its diagnoses.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    exp_content::ExpContent,
    field::{Row, input_row},
    t2401::DIAGNOSES_MAX,
};
use terms::{CareKind, Day, Moment, PersonNumber, Refusal, VisitId};

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What the visit is (`mdtrtinfo`).
    pub mdtrtinfo: Description,
    /// The kind of care of its 医疗类别, never a stay.
    pub care: CareKind,
    /// The diagnoses (`diseinfo`), perhaps none.
    pub diseinfo: Vec<Diagnosis>,
    /// What it says of injury, third party, emergency and referral, completed from its 医疗类别.
    pub exp_content: ExpContent,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "mdtrtinfo")?;
        let mdtrtinfo = Description::read_row(&row)?;
        let care =
            CareKind::from_medical_type(&mdtrtinfo.med_type).filter(|care| *care != CareKind::Inpatient);
        let care = care.ok_or_else(|| row.wrong("med_type", "可跨省直接结算的门诊医疗类别，如11、13、14"))?;
        let exp_content = ExpContent::read(&row)?.for_outpatient(&mdtrtinfo.med_type)?;
        let rows = Row::many(request, "diseinfo", DIAGNOSES_MAX)?;
        let diseinfo = rows.iter().map(Diagnosis::read_row).collect::<Result<_, _>>()?;
        Ok(Self { mdtrtinfo, care, diseinfo, exp_content })
    }
}

input_row! {
    /// What the visit is (`mdtrtinfo`). What only one edition of the standard requires is optional.
    Description {
        mdtrt_id: VisitId = visit(), "就诊ID";
        psn_no: PersonNumber = person(), "人员编号";
        med_type: String = text(6), "医疗类别";
        begntime: Moment = moment(), "开始时间";
        main_cond_dscr: Option<String> = optional_text(1000), "主要病情描述";
        dise_type_code: Option<String> = optional_text(30), "病种类型代码";
        dise_codg: Option<String> = optional_text(30), "病种编码";
        dise_name: Option<String> = optional_text(500), "病种名称";
        birctrl_type: Option<String> = optional_text(6), "计划生育手术类别";
        birctrl_matn_date: Option<Day> = optional_day(), "计划生育手术或生育日期";
        matn_type: Option<String> = optional_text(6), "生育类别";
        geso_val: Option<u16> = optional_count(), "孕周数";
    }
}

input_row! {
    /// One diagnosis (`diseinfo`).
    Diagnosis {
        diag_type: String = text(3), "诊断类别";
        diag_srt_no: u16 = count(), "诊断排序号";
        diag_code: String = text(30), "诊断代码";
        diag_name: String = text(300), "诊断名称";
        diag_dept: String = text(50), "诊断科室";
        dise_dor_no: String = text(30), "诊断医生编码";
        dise_dor_name: String = text(50), "诊断医生姓名";
        diag_time: Moment = moment(), "诊断时间";
        vali_flag: Option<bool> = optional_flag(), "有效标志";
    }
}

impl Diagnosis {
    /// False for one that is declared void (作废).
    pub fn is_valid(&self) -> bool {
        self.vali_flag != Some(false)
    }
}
