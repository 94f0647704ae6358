//! 4104 医疗保障基金结算清单质控结果查询. Lists are checked when they come (4101) and refused at once; nothing controls them
//! later here, so there is no result.

use super::{
    envelope::Request,
    field::{Row, input_row},
    page::Page,
};
use serde_json::{Value, json};
use terms::{InstitutionCode, PersonNumber, Refusal, SettlementId};

input_row! {
    /// Which results (`data`).
    Asked {
        setl_ym: String = text(6), "结算年月";
        setl_id: Option<SettlementId> = optional_settlement(), "结算ID";
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        err_lv: Option<String> = optional_text(3), "错误等级";
        retn_flag: Option<String> = optional_text(3), "回退标志";
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "定点医药机构编号";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Which results.
    pub asked: Asked,
    /// The page.
    pub page: Page,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        Ok(Self { asked: Asked::read_row(&row)?, page: Page::read(&row)? })
    }
}

/// The output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output;

impl Output {
    /// As the interface writes it: the standard names no node, so it is an array, and it has no row.
    pub fn value(self) -> Value {
        json!([])
    }
}
