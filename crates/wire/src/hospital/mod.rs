//! The national interface of designated institutions (定点医药机构接口规范), inpatient cross-region part: read tolerantly, written
//! exactly.
//!
//! One transaction a file, named by its number: `Input::read` takes what a hospital sent, `Output::value` is what goes back.
//! To serve one more: its file beside the others, its `mod` here, its number in [`table::SERVED`].

pub mod apportioned_month;
pub mod archive;
pub mod catalog_file;
pub mod conformance;
pub mod covered;
pub mod credential;
pub mod declaration;
pub mod describe;
pub mod envelope;
pub mod exchange;
pub mod exp_content;
pub mod field;
pub mod multipart;
pub mod page;
pub mod purchase_order;
pub mod registration;
pub mod self_paid;
pub mod settlement_info;
pub mod settlement_list;
pub mod shape;
pub mod standard;
pub mod statement;
pub mod table;

pub mod t100001;
pub mod t1101;
pub mod t1161;
pub mod t1162;
pub mod t1201;
pub mod t1304;
pub mod t1312;
pub mod t1316;
pub mod t1317;
pub mod t1318;
pub mod t1319;
pub mod t1901;
pub mod t2001;
pub mod t2101;
pub mod t2102;
pub mod t2103;
pub mod t2161;
pub mod t2163;
pub mod t2166;
pub mod t2167;
pub mod t2170;
pub mod t2171;
pub mod t2172;
pub mod t2173;
pub mod t2174;
pub mod t2175;
pub mod t2176;
pub mod t2181;
pub mod t2201;
pub mod t2202;
pub mod t2203;
pub mod t2203a;
pub mod t2204;
pub mod t2205;
pub mod t2206;
pub mod t2207;
pub mod t2208;
pub mod t2301;
pub mod t2302;
pub mod t2303;
pub mod t2304;
pub mod t2305;
pub mod t2306;
pub mod t2401;
pub mod t2402;
pub mod t2403;
pub mod t2404;
pub mod t2405;
pub mod t2406;
pub mod t2407;
pub mod t2501;
pub mod t2502;
pub mod t2503;
pub mod t2504;
pub mod t2505;
pub mod t2506;
pub mod t2507;
pub mod t2601;
pub mod t3101;
pub mod t3102;
pub mod t3103;
pub mod t3201;
pub mod t3202;
pub mod t3260;
pub mod t3261;
pub mod t3262;
pub mod t3301;
pub mod t3302;
pub mod t3401;
pub mod t3403;
pub mod t4101;
pub mod t4102;
pub mod t4103;
pub mod t4104;
pub mod t4105;
pub mod t4201;
pub mod t4202;
pub mod t4203;
pub mod t4204;
pub mod t4205;
pub mod t5101;
pub mod t5102;
pub mod t5201;
pub mod t5202;
pub mod t5203;
pub mod t5204;
pub mod t5205;
pub mod t5206;
pub mod t5301;
pub mod t5302;
pub mod t5303;
pub mod t5304;
pub mod t5401;
pub mod t5402;
pub mod t9001;
pub mod t9002;
pub mod t90100;
pub mod t9101;
pub mod t9102;

pub use envelope::{Answer, Received, Request, inf_refmsgid, says_yes, seal_output};
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
