//! 5203 结算信息查询: one settlement of the asking institution.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row},
    settlement_info::{SettlementDetail, SettlementInfo},
};
use serde_json::{Map, Value, json};
use terms::{AdminDivision, Day, Fen, InstitutionCode, Moment, PersonNumber, Refusal, SettlementId, VisitId};

input_row! {
    /// Which settlement is asked for (`data`).
    Input {
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        setl_id: Option<SettlementId> = optional_settlement(), "结算ID";
        mdtrt_id: Option<VisitId> = optional_visit(), "就诊ID";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

output_row! {
    /// Where and when the settlement was made, and whether it stands.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Circumstances {
        pay_loc: String, "支付地点类别";
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        begndate: Day, "开始日期";
        enddate: Day, "结束日期";
        refd_setl_flag: bool, "退费结算标志";
        year: String, "年度";
    }
}

output_row! {
    /// What a settlement may have besides.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    Further {
        flxempe_flag: Option<bool>, "灵活就业标志";
        nwb_flag: Option<bool>, "新生儿标志";
        insu_optins: Option<AdminDivision>, "参保机构医保区划";
        emp_name: Option<String>, "单位名称";
        hosp_lv: Option<String>, "医院等级";
        fixmedins_poolarea: Option<AdminDivision>, "定点归属机构";
        lmtpric_hosp_lv: Option<String>, "限价医院等级";
        dedc_hosp_lv: Option<String>, "起付线医院等级";
        dise_codg: Option<String>, "病种编码";
        dise_name: Option<String>, "病种名称";
        invono: Option<String>, "发票号";
        opter_id: Option<String>, "经办人ID";
        opter_name: Option<String>, "经办人姓名";
        opt_time: Option<Moment>, "经办时间";
        pref_fund_pay: Option<Fen>, "优抚对象基金支出";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The settlement as it was answered.
    pub setlinfo: SettlementInfo,
    /// Where and when it was made.
    pub circumstances: Circumstances,
    /// The rest of `setlinfo`.
    pub further: Further,
    /// What each fund pays.
    pub setldetail: Vec<SettlementDetail>,
}

impl Output {
    /// As the interface writes it. Two amounts have other names here than in 2304: `psn_pay` and `cash_payamt`.
    pub fn value(&self) -> Value {
        let mut row = Map::new();
        self.setlinfo.fill_head(&mut row);
        self.setlinfo.fill_amounts(&mut row);
        self.setlinfo.fill_tail(&mut row);
        for (there, here) in [("psn_part_amt", "psn_pay"), ("psn_cash_pay", "cash_payamt")] {
            let amount = row.shift_remove(there).unwrap_or_default();
            row.insert(here.to_owned(), amount);
        }
        for absent in ["hosp_part_amt", "hifdm_pay", "exp_content"] {
            row.shift_remove(absent);
        }
        self.circumstances.fill(&mut row);
        self.further.fill(&mut row);
        json!({ "setlinfo": row, "setldetail": SettlementDetail::rows(&self.setldetail) })
    }
}
