//! 5303 在院信息查询: who is in the asking hospital.

use super::{
    envelope::Request,
    field::{Row, Write, input_row, write_rows},
    settlement_info::PersonFace,
};
use serde_json::{Map, Value, json};
use terms::{Day, InsuranceScheme, Moment, PersonNumber, Refusal, VisitId};

input_row! {
    /// Who is asked for (`data`): one person, or all admitted in a period.
    Input {
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        begntime: Option<Moment> = optional_moment(), "开始时间";
        endtime: Option<Moment> = optional_end(), "结束时间";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

/// One person in hospital.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inpatient {
    /// 就诊ID.
    pub mdtrt_id: VisitId,
    /// The person; this answer leaves out the nation.
    pub person: PersonFace,
    /// 险种类型.
    pub insutype: InsuranceScheme,
    /// 入院日期.
    pub begndate: Day,
    /// 医疗类别.
    pub med_type: String,
    /// 住院号.
    pub ipt_otp_no: Option<String>,
    /// 异地标志.
    pub out_flag: bool,
}

impl Inpatient {
    fn value(&self) -> Value {
        let mut row = Map::new();
        row.insert("mdtrt_id".to_owned(), self.mdtrt_id.write());
        self.person.fill(&mut row);
        row.shift_remove("naty");
        row.insert("insutype".to_owned(), self.insutype.write());
        row.insert("begndate".to_owned(), self.begndate.write());
        row.insert("med_type".to_owned(), self.med_type.write());
        row.insert("ipt_otp_no".to_owned(), self.ipt_otp_no.write());
        row.insert("out_flag".to_owned(), self.out_flag.write());
        Value::Object(row)
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Who is in hospital.
    pub data: Vec<Inpatient>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "data": write_rows(&self.data, Inpatient::value) })
    }
}
