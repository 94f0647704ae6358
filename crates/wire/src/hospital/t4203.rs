//! 4203 自费病人就诊以及费用明细上传完成: all of a visit has come, or it is open again.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{InstitutionCode, Refusal};

input_row! {
    /// Which visit (directly in the input, or in `data`).
    Input {
        fixmedins_mdtrt_id: String = text(30), "医药机构就诊ID";
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "定点医药机构编号";
        cplt_flag: String = text(6), "完成标志";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let input = Self::read_row(&row)?;
        if !["0", "1"].contains(&input.cplt_flag.as_str()) {
            return Err(row.wrong("cplt_flag", "完成标志，1（完成）或0（未完成）"));
        }
        Ok(input)
    }

    /// Whether all has come.
    pub fn is_complete(&self) -> bool {
        self.cplt_flag == "1"
    }
}
