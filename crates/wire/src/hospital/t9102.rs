//! 9102 文件下载: answered with the archive itself, or with the envelope if there is none.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::Refusal;

/// Whose the files are that the platform makes for all institutions alike, in place of an institution's code.
pub const PLATFORM: &str = "plc";

input_row! {
    /// Which file (`fsDownloadIn`).
    Input {
        file_qury_no: String = text(40), "文件查询号";
        filename: Option<String> = optional_text(200), "文件名";
        fixmedins_code: Option<String> = optional_text(30), "医药机构编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "fsDownloadIn")?)
    }
}
