//! 100001 政策项查询: which policy items a settlement was made of, and what each of them paid or left to the person.
//!
//! The names of this transaction are in camel case in the standard itself.

use super::{
    envelope::Request,
    field::{Row, Write, input_row, write_rows},
};
use serde_json::{Value, json};
use terms::{Fen, PersonNumber, Rate, Refusal, SettlementId, VisitId};

input_row! {
    /// Which settlement (`data`).
    Input {
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        setl_id: SettlementId = settlement(), "结算ID";
        mdtrt_id: Option<VisitId> = optional_visit(), "就诊ID";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

/// One item: either what a fund pays by it, or what the person bears by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyItem {
    /// 结算ID.
    pub settlement: SettlementId,
    /// 就诊ID.
    pub visit: VisitId,
    /// 人员编号.
    pub person: PersonNumber,
    /// 政策项编码.
    pub code: String,
    /// 政策项名称; the first fifty characters are written.
    pub name: String,
    /// 自付金额.
    pub own_amount: Option<Fen>,
    /// 基金支付金额.
    pub fund_amount: Option<Fen>,
    /// 基金支付比例, where one ratio holds for the whole amount.
    pub fund_share: Option<Rate>,
}

impl PolicyItem {
    fn value(&self) -> Value {
        json!({
            "setlId": self.settlement.write(),
            "mdtrtId": self.visit.write(),
            "psnNo": self.person.write(),
            "polItemCode": self.code,
            "polItemName": self.name.chars().take(50).collect::<String>(),
            "selfPayAmt": self.own_amount.write(),
            "selfPayProp": self.fund_share.map(Rate::rest).write(),
            "fundPayAmt": self.fund_amount.write(),
            "fundPayProp": self.fund_share.write(),
            "polItemPaySum": self.own_amount.or(self.fund_amount).write(),
        })
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The items.
    pub items: Vec<PolicyItem>,
}

impl Output {
    /// As the interface writes it: the array itself, since the standard names no node.
    pub fn value(&self) -> Value {
        write_rows(&self.items, PolicyItem::value)
    }
}
