//! 9001 签到: a client signs in and is given a number that it may carry in later envelopes.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row},
};
use serde_json::{Value, json};
use terms::{Moment, Refusal};

input_row! {
    /// Who signs in (`signIn`). Real clients leave all of it empty.
    Input {
        opter_no: Option<String> = optional_text(50), "操作员编号";
        mac: Option<String> = optional_text(50), "签到MAC地址";
        ip: Option<String> = optional_text(50), "签到IP地址";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "signIn")?)
    }
}

output_row! {
    /// The sign-in (`signinoutb`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    SignIn {
        sign_time: Moment, "签到时间";
        sign_no: String, "签到编号";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The sign-in.
    pub signinoutb: SignIn,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "signinoutb": self.signinoutb.value() })
    }
}
