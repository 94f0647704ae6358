//! The national interface of designated institutions (定点医药机构接口规范), inpatient cross-region part: read tolerantly, written
//! exactly.
//!
//! One transaction a file, named by its number: `Input::read` takes what a hospital sent, `Output::value` is what goes back.
//! To serve one more: its file beside the others, its `mod` here, its number in [`table::SERVED`].

pub mod archive;
pub mod catalog_file;
pub mod envelope;
pub mod exp_content;
pub mod field;
pub mod multipart;
pub mod page;
pub mod registration;
pub mod settlement_info;
pub mod table;

pub mod t1101;
pub mod t1201;
pub mod t1304;
pub mod t1312;
pub mod t1316;
pub mod t1317;
pub mod t1318;
pub mod t1319;
pub mod t1901;
pub mod t2301;
pub mod t2302;
pub mod t2303;
pub mod t2304;
pub mod t2305;
pub mod t2401;
pub mod t2402;
pub mod t2403;
pub mod t2404;
pub mod t2405;
pub mod t2601;
pub mod t3301;
pub mod t3302;
pub mod t5201;
pub mod t5203;
pub mod t5204;
pub mod t5206;
pub mod t5303;
pub mod t9001;
pub mod t9002;
pub mod t9101;
pub mod t9102;

pub use envelope::{Answer, Received, Request, inf_refmsgid, seal_output};
use serde_json::Value;

/// The output of transactions that have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoOutput;

impl NoOutput {
    /// As the interface writes it: `null`.
    pub const fn value(self) -> Value {
        Value::Null
    }
}
