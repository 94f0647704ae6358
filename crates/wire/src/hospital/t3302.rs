//! 3302 目录对照撤销: takes one pair back.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{InstitutionCode, Refusal};

input_row! {
    /// Which pair. The standard names no node.
    Input {
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "定点医药机构编号";
        fixmedins_hilist_id: String = text(150), "定点医药机构目录编号";
        list_type: String = text(30), "目录类别";
        med_list_codg: String = text(50), "医疗目录编码";
    }
}

impl Input {
    /// Reads the input: its fields lie in it directly, or in `data`.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}
