//! 2401 入院办理: a person is admitted; the answer is the visit's id.

use super::{
    credential::Credential,
    envelope::Request,
    exp_content::ExpContent,
    field::{Row, input_row, output_row},
};
use serde_json::{Value, json};
use terms::{AdminDivision, Day, InsuranceScheme, Moment, PersonNumber, Refusal, VisitId};

/// The most diagnoses that one admission names.
pub const DIAGNOSES_MAX: usize = 200;

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The admission (`mdtrtinfo`).
    pub mdtrtinfo: Admission,
    /// The diagnoses on admission (`diseinfo`), at least one.
    pub diseinfo: Vec<Diagnosis>,
    /// What the admission says of injury, third party and emergency, completed from its 医疗类别.
    pub exp_content: ExpContent,
}

impl Admission {
    /// What was shown at the counter.
    pub fn credential(&self) -> Result<Credential, Refusal> {
        let (kind, number) = (self.mdtrt_cert_type.as_deref(), self.mdtrt_cert_no.as_deref());
        Credential::read(kind, number, self.card_sn.as_deref())
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "mdtrtinfo")?;
        let mdtrtinfo = Admission::read_row(&row)?;
        let exp_content = ExpContent::read(&row)?.for_admission(&mdtrtinfo.med_type)?;
        let rows = Row::some(request, "diseinfo", DIAGNOSES_MAX)?;
        let diseinfo = rows.iter().map(Diagnosis::read_row).collect::<Result<_, _>>()?;
        Ok(Self { mdtrtinfo, diseinfo, exp_content })
    }
}

input_row! {
    /// The admission (`mdtrtinfo`). What only one edition of the standard requires is optional.
    Admission {
        psn_no: PersonNumber = person(), "人员编号";
        insutype: InsuranceScheme = scheme(), "险种类型";
        coner_name: Option<String> = optional_text(50), "联系人姓名";
        tel: Option<String> = optional_text(50), "联系电话";
        begntime: Moment = moment(), "开始时间";
        mdtrt_cert_type: Option<String> = optional_credential(), "就诊凭证类型";
        mdtrt_cert_no: Option<String> = optional_text(50), "就诊凭证编号";
        card_sn: Option<String> = optional_text(32), "卡识别码";
        cert_type: Option<String> = optional_certificate_type(), "证件类型";
        certno: Option<String> = optional_text(50), "证件号码";
        med_type: String = text(6), "医疗类别";
        ipt_no: String = text(30), "住院号";
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
        dise_type_code: Option<String> = optional_text(6), "病种类型";
        insuplc_admdvs: Option<AdminDivision> = optional_division(), "参保地医保区划";
        mdtrtarea_admvs: Option<AdminDivision> = optional_division(), "就医地医保区划";
    }
}

input_row! {
    /// One diagnosis (`diseinfo`).
    Diagnosis {
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        diag_type: String = text(3), "诊断类别";
        maindiag_flag: Option<bool> = optional_flag(), "主诊断标志";
        diag_srt_no: u16 = count(), "诊断排序号";
        diag_code: String = text(20), "诊断代码";
        diag_name: String = text(300), "诊断名称";
        adm_cond: Option<String> = optional_text(500), "入院病情";
        diag_dept: String = text(50), "诊断科室";
        dise_dor_no: String = text(30), "诊断医生编码";
        dise_dor_name: String = text(50), "诊断医生姓名";
        diag_time: Moment = moment(), "诊断时间";
    }
}

output_row! {
    /// What the admission got (`result`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    Admitted {
        mdtrt_id: VisitId, "就诊ID";
    }
}

/// The output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// The visit.
    pub result: Admitted,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        let mut result = self.result.value();
        result["exp_content"] = Value::Null;
        json!({ "result": result })
    }
}
