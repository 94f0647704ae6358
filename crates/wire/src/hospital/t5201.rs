//! 5201 就诊信息查询: the visits of a person at the asking institution.

use super::{
    envelope::Request,
    field::{Row, Write, input_row, output_row, write_rows},
    settlement_info::PersonFace,
};
use serde_json::{Map, Value, json};
use terms::{AdminDivision, Day, InsuranceScheme, Moment, PersonNumber, Refusal, VisitId};

input_row! {
    /// Which visits are asked for (`data`): in a period, or one by its id.
    Input {
        psn_no: PersonNumber = person(), "人员编号";
        begntime: Option<Moment> = optional_moment(), "开始时间";
        endtime: Option<Moment> = optional_end(), "结束时间";
        med_type: Option<String> = optional_text(6), "医疗类别";
        mdtrt_id: Option<VisitId> = optional_visit(), "就诊ID";
    }
}

impl Input {
    /// Reads the input; without a visit's id the period must be there.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let input = Self::read_row(&Row::one(request, "data")?)?;
        match (input.mdtrt_id, input.begntime, input.endtime) {
            (None, None, _) => Err(Refusal::missing("begntime", "开始时间，或填写mdtrt_id就诊ID")),
            (None, _, None) => Err(Refusal::missing("endtime", "结束时间，或填写mdtrt_id就诊ID")),
            _ => Ok(input),
        }
    }
}

/// One visit (`mdtrtinfo`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// 就诊ID.
    pub mdtrt_id: VisitId,
    /// The person.
    pub person: PersonFace,
    /// 险种类型.
    pub insutype: InsuranceScheme,
    /// 人员类别.
    pub psn_type: String,
    /// 公务员标志.
    pub cvlserv_flag: bool,
    /// 开始时间.
    pub begntime: Moment,
    /// 结束时间; none while the person is in hospital.
    pub endtime: Option<Moment>,
    /// 医疗类别.
    pub med_type: String,
    /// The rest of the row.
    pub further: Further,
}

output_row! {
    /// What a visit may have besides (`mdtrtinfo`).
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    Further {
        coner_name: Option<String>, "联系人姓名";
        tel: Option<String>, "联系电话";
        maf_psn_flag: Option<bool>, "医疗救助对象标志";
        flxempe_flag: Option<bool>, "灵活就业标志";
        nwb_flag: Option<bool>, "新生儿标志";
        insu_optins: Option<AdminDivision>, "参保机构医保区划";
        emp_name: Option<String>, "单位名称";
        mdtrt_cert_type: Option<String>, "就诊凭证类型";
        ars_year_ipt_flag: Option<bool>, "跨年度住院标志";
        pre_pay_flag: Option<bool>, "先行支付标志";
        ipt_otp_no: Option<String>, "住院/门诊号";
        medrcdno: Option<String>, "病历号";
        atddr_no: Option<String>, "主治医生编码";
        chfpdr_name: Option<String>, "主诊医师姓名";
        adm_dept_codg: Option<String>, "入院科室编码";
        adm_dept_name: Option<String>, "入院科室名称";
        adm_bed: Option<String>, "入院床位";
        dscg_maindiag_code: Option<String>, "住院主诊断代码";
        dscg_maindiag_name: Option<String>, "住院主诊断名称";
        dscg_dept_codg: Option<String>, "出院科室编码";
        dscg_dept_name: Option<String>, "出院科室名称";
        dscg_bed: Option<String>, "出院床位";
        dscg_way: Option<String>, "离院方式";
        main_cond_dscr: Option<String>, "主要病情描述";
        dise_codg: Option<String>, "病种编码";
        dise_name: Option<String>, "病种名称";
        oprn_oprt_code: Option<String>, "手术操作代码";
        oprn_oprt_name: Option<String>, "手术操作名称";
        otp_diag_info: Option<String>, "门诊诊断信息";
        inhosp_stas: Option<String>, "在院状态";
        die_date: Option<Day>, "死亡日期";
        ipt_days: Option<u16>, "住院天数";
        fpsc_no: Option<String>, "计划生育服务证号";
        matn_type: Option<String>, "生育类别";
        birctrl_type: Option<String>, "计划生育手术类别";
        latechb_flag: Option<bool>, "晚育标志";
        geso_val: Option<u16>, "孕周数";
        fetts: Option<u16>, "胎次";
        fetus_cnt: Option<u16>, "胎儿数";
        pret_flag: Option<bool>, "早产标志";
        birctrl_matn_date: Option<Day>, "计划生育手术或生育日期";
        cop_flag: Option<bool>, "伴有并发症标志";
        opter_id: Option<String>, "经办人ID";
        opter_name: Option<String>, "经办人姓名";
        opt_time: Option<Moment>, "经办时间";
        memo: Option<String>, "备注";
    }
}

impl Visit {
    fn value(&self) -> Value {
        let mut row = Map::new();
        row.insert("mdtrt_id".to_owned(), self.mdtrt_id.write());
        self.person.fill(&mut row);
        row.insert("insutype".to_owned(), self.insutype.write());
        row.insert("psn_type".to_owned(), self.psn_type.write());
        row.insert("cvlserv_flag".to_owned(), self.cvlserv_flag.write());
        row.insert("begntime".to_owned(), self.begntime.write());
        row.insert("endtime".to_owned(), self.endtime.write());
        row.insert("med_type".to_owned(), self.med_type.write());
        self.further.fill(&mut row);
        Value::Object(row)
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The visits, perhaps none.
    pub mdtrtinfo: Vec<Visit>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "mdtrtinfo": write_rows(&self.mdtrtinfo, Visit::value) })
    }
}
