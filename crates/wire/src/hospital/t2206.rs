//! 2206 门诊预结算: what a settlement of a bill (收费批次) would come to; nothing is settled. 2206A is the same, with the lines of the
//! bill in the same message where the hospital wants it so.

use super::{
    envelope::Request,
    exp_content::ExpContent,
    field::{Row, input_row},
    settlement_info::{SettlementDetail, SettlementInfo, check_account_flag},
    t2204::{self, Line},
};
use serde_json::{Value, json};
use terms::{AdminDivision, Fen, InsuranceScheme, PersonNumber, Refusal, VisitId};

/// The input of 2206, 2206A, 2207 and 2207A.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What is to be settled (`data`).
    pub data: BillToSettle,
    /// What it says of injury, third party, emergency and referral.
    pub exp_content: ExpContent,
    /// Lines of the bill that come with the message (`feedetail`); only the A editions have some.
    pub feedetail: Vec<Line>,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let data = BillToSettle::read_row(&row)?;
        check_account_flag(&row, data.acct_used_flag.as_deref())?;
        let exp_content = ExpContent::read(&row)?;
        let feedetail = if request.infno.ends_with('A') { t2204::read_lines(request)? } else { Vec::new() };
        if let Some(line) = feedetail.first()
            && (line.mdtrt_id, &line.psn_no) != (data.mdtrt_id, &data.psn_no)
        {
            return Err(Refusal::invalid("feedetail第1行.mdtrt_id", "与data相同的就诊ID和人员编号"));
        }
        if feedetail.iter().any(|line| line.chrg_bchno != data.chrg_bchno) {
            return Err(Refusal::invalid("feedetail.chrg_bchno", "与data相同的收费批次号"));
        }
        Ok(Self { data, exp_content, feedetail })
    }
}

input_row! {
    /// What is to be settled (`data`).
    BillToSettle {
        psn_no: PersonNumber = person(), "人员编号";
        mdtrt_cert_type: Option<String> = optional_credential(), "就诊凭证类型";
        mdtrt_cert_no: Option<String> = optional_text(50), "就诊凭证编号";
        card_sn: Option<String> = optional_text(32), "卡识别码";
        psn_cert_type: Option<String> = optional_certificate_type(), "证件类型";
        certno: Option<String> = optional_text(50), "证件号码";
        psn_type: Option<String> = optional_text(6), "人员类别";
        psn_name: Option<String> = optional_text(50), "人员姓名";
        med_type: String = text(6), "医疗类别";
        medfee_sumamt: Fen = amount(), "医疗费总额";
        psn_setlway: String = text(6), "个人结算方式";
        mdtrt_id: VisitId = visit(), "就诊ID";
        chrg_bchno: String = text(30), "收费批次号";
        insutype: InsuranceScheme = scheme(), "险种类型";
        acct_used_flag: Option<String> = optional_text(1), "个人账户使用标志";
        insuplc_admdvs: Option<AdminDivision> = optional_division(), "参保地医保区划";
        mdtrtarea_admvs: Option<AdminDivision> = optional_division(), "就医地医保区划";
        invono: Option<String> = optional_text(20), "发票号";
        fulamt_ownpay_amt: Option<Fen> = optional_amount(), "全自费金额";
        overlmt_selfpay: Option<Fen> = optional_amount(), "超限价金额";
        preselfpay_amt: Option<Fen> = optional_amount(), "先行自付金额";
        inscp_scp_amt: Option<Fen> = optional_amount(), "符合政策范围金额";
        pub_hosp_rfom_flag: Option<String> = optional_text(6), "公立医院改革标志";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What the settlement would come to.
    pub setlinfo: SettlementInfo,
    /// What each fund would pay.
    pub setldetail: Vec<SettlementDetail>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({
            "setlinfo": self.setlinfo.value_of_trial(),
            "setldetail": SettlementDetail::rows(&self.setldetail),
        })
    }
}
