//! 1161 读卡获取人员信息: whose social security card was read.
//!
//! Only a regional edition has it, with a card component that reads the chip and no input. Here the client reads the card and
//! says what it read, in the fields that other transactions have for it.

use super::{
    credential::CardShown,
    envelope::Request,
    field::{Row, input_row, output_row},
    t1101,
};
use serde_json::Value;
use terms::Refusal;

input_row! {
    /// What was read (`data`).
    Input {
        mdtrt_cert_no: Option<String> = optional_text(60), "就诊凭证编号";
        cardno: Option<String> = optional_text(60), "社会保障卡卡号";
        card_sn: Option<String> = optional_text(32), "卡识别码";
    }
}

impl Input {
    /// Reads the input; without a card's number there is no card.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let input = Self::read_row(&Row::one(request, "data")?)?;
        input.card().map(|_| input)
    }

    /// The card.
    pub fn card(&self) -> Result<CardShown, Refusal> {
        let number = self.mdtrt_cert_no.as_deref().or(self.cardno.as_deref());
        let expected = "读卡得到的社会保障卡卡号，其后可加竖线和密文";
        let number = number.ok_or_else(|| Refusal::missing("mdtrt_cert_no", expected))?;
        CardShown::read(number, self.card_sn.as_deref())
    }
}

output_row! {
    /// The medium (`cardecinfo`). A card has no token: the field is empty.
    #[expect(non_snake_case, reason = "the edition names its fields so")]
    #[derive(Clone, Debug, PartialEq, Eq)]
    Medium {
        psn_name: String, "人员姓名";
        psn_cert_type: String, "人员证件类型";
        certno: String, "证件号码";
        ecToken: String, "令牌";
        cardno: String, "社保卡卡号";
        card_sn: String, "卡识别码";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The person, as 1101 tells of them.
    pub person: t1101::Output,
    /// The card.
    pub cardecinfo: Medium,
}

impl Output {
    /// As the edition writes it.
    pub fn value(&self) -> Value {
        let mut output = self.person.value();
        output["cardecinfo"] = self.cardecinfo.value();
        output
    }
}
