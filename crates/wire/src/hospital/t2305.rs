//! 2305 住院结算撤销: a settlement is cancelled; the answer is a settlement of its own with negative amounts.

use super::{
    envelope::Request,
    field::{Row, Write, input_row, output_row},
    settlement_info::{SettlementDetail, SettlementInfo},
};
use serde_json::{Map, Value, json};
use terms::{AdminDivision, Day, Fen, PersonNumber, Refusal, SettlementId, VisitId};

input_row! {
    /// Which settlement is cancelled (`data`).
    Input {
        mdtrt_id: VisitId = visit(), "就诊ID";
        setl_id: SettlementId = settlement(), "结算ID";
        psn_no: PersonNumber = person(), "人员编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

output_row! {
    /// What only this answer says of the settlement.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    Further {
        psn_insu_rlts_id: Option<String>, "人员参保关系ID";
        insu_admdvs: Option<AdminDivision>, "参保机构行政区划";
        begndate: Option<Day>, "开始日期";
        enddate: Option<Day>, "结算日期";
        mdtrt_cert_no: Option<String>, "就诊凭证编号";
        setl_type: Option<String>, "结算类别";
        crt_dedc: Option<Fen>, "本次起付线";
        invono: Option<String>, "发票号";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The cancellation, with its own id and negative amounts ([`SettlementInfo::negated`]).
    pub setlinfo: SettlementInfo,
    /// The rest of `setlinfo`.
    pub further: Further,
    /// What each fund gets back: negative amounts.
    pub setldetail: Vec<SettlementDetail>,
}

impl Output {
    /// As the interface writes it.
    ///
    /// # Panics
    /// If the cancellation has positive amounts.
    pub fn value(&self) -> Value {
        let info = &self.setlinfo;
        assert!(info.split.total().0 <= 0, "a cancellation gives back: its amounts are negative");
        let mut row = Map::new();
        row.insert("mdtrt_id".to_owned(), info.visit.write());
        row.insert("setl_id".to_owned(), info.settlement.write());
        row.insert("clr_optins".to_owned(), info.clr_optins.write());
        row.insert("setl_time".to_owned(), info.time.write());
        info.fill_amounts(&mut row);
        row.insert("medins_setl_id".to_owned(), info.sender_msgid.write());
        self.further.fill(&mut row);
        row.insert("exp_content".to_owned(), Value::Null);
        json!({ "setlinfo": row, "setldetail": SettlementDetail::rows(&self.setldetail) })
    }
}
