//! 2001 人员待遇享受检查: whether a person enjoys the benefit of each fund in a period, and if not, why.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{Day, InstitutionCode, InsuranceScheme, Moment, PersonNumber, Refusal};

input_row! {
    /// Who, and for what (`data`).
    Input {
        psn_no: PersonNumber = person(), "人员编号";
        insutype: InsuranceScheme = scheme(), "险种类型";
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "定点医药机构编号";
        med_type: String = text(6), "医疗类别";
        begntime: Option<Moment> = optional_moment(), "开始时间";
        endtime: Option<Moment> = optional_end(), "结束时间";
        dise_codg: Option<String> = optional_text(30), "病种编码";
        dise_name: Option<String> = optional_text(500), "病种名称";
        oprn_oprt_code: Option<String> = optional_text(30), "手术操作代码";
        oprn_oprt_name: Option<String> = optional_text(500), "手术操作名称";
        matn_type: Option<String> = optional_text(6), "生育类别";
        birctrl_type: Option<String> = optional_text(6), "计划生育手术类别";
    }
}

impl Input {
    /// Reads the input. Clients leave the period empty: then it is the day of the question.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let input = Self::read_row(&row)?;
        if let (Some(begins), Some(ends)) = (input.begntime, input.endtime)
            && ends < begins
        {
            return Err(row.wrong("endtime", "不早于开始时间的结束时间"));
        }
        Ok(input)
    }
}

output_row! {
    /// One fund (`trtinfo`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    FundCheck {
        psn_no: PersonNumber, "人员编号";
        trt_chk_type: String, "待遇检查类型";
        fund_pay_type: String, "基金支付类型";
        trt_enjymnt_flag: bool, "基金款项待遇享受标志";
        begndate: Day, "开始日期";
        enddate: Option<Day>, "结束日期";
        trt_chk_rslt: Option<String>, "待遇检查结果";
        exp_content: Option<String>, "字段扩展";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// One row a fund.
    pub trtinfo: Vec<FundCheck>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "trtinfo": write_rows(&self.trtinfo, FundCheck::value) })
    }
}
