//! 9002 签退: a client signs out.

use super::{
    envelope::Request,
    field::{Row, Write, input_row},
};
use serde_json::{Value, json};
use terms::{Moment, Refusal};

input_row! {
    /// Who signs out (`signOut`). Real clients leave all of it empty.
    Input {
        sign_no: Option<String> = optional_text(50), "签到编号";
        opter_no: Option<String> = optional_text(50), "操作员编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "signOut")?)
    }
}

/// The output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// When the client signed out (签退时间).
    pub sign_time: Moment,
}

impl Output {
    /// As the interface writes it: the standard's node is `sign_time`, real platforms answer `signoutoutb`; both are there.
    pub fn value(&self) -> Value {
        let row = json!({ "sign_time": self.sign_time.write() });
        json!({ "sign_time": row, "signoutoutb": row })
    }
}
