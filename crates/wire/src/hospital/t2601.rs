//! 2601 冲正交易: whatever an earlier message did, if it did anything, is undone. The earlier message is named by its id and
//! transaction number; its outcome is not known to the sender.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{MessageId, PersonNumber, Refusal};

input_row! {
    /// Which message is undone (`data`).
    Input {
        psn_no: PersonNumber = person(), "人员编号";
        omsgid: MessageId = message(), "原发送方报文ID";
        oinfno: String = text(6), "原交易编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let mut input = Self::read_row(&Row::one(request, "data")?)?;
        input.oinfno.make_ascii_uppercase();
        Ok(input)
    }
}
