//! 2101 药店预结算: what a purchase at a pharmacy would come to; nothing is written down.

use super::{
    credential::Credential,
    envelope::Request,
    exp_content::ExpContent,
    field::{Price, Quantity, Row, input_row, write_rows},
    settlement_info::{SettlementDetail, SettlementInfo, check_account_flag},
    t2301::{self, LINES_MAX, SplitLine},
};
use serde_json::{Value, json};
use terms::{AdminDivision, Fen, InsuranceScheme, Moment, PersonNumber, Refusal};

/// The input of 2101 and 2102.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Who buys, and what it costs (`druginfo`).
    pub druginfo: Purchase,
    /// What it says of injury and third party.
    pub exp_content: ExpContent,
    /// What is bought (`drugdetail`), at least one line.
    pub drugdetail: Vec<Line>,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "druginfo")?;
        let druginfo = Purchase::read_row(&row)?;
        check_account_flag(&row, druginfo.acct_used_flag.as_deref())?;
        let exp_content = ExpContent::read(&row)?;
        let rows = Row::some(request, "drugdetail", LINES_MAX)?;
        let drugdetail = rows.iter().map(Line::read).collect::<Result<_, _>>()?;
        Ok(Self { druginfo, exp_content, drugdetail })
    }
}

input_row! {
    /// Who buys (`druginfo`).
    Purchase {
        psn_no: PersonNumber = person(), "人员编号";
        mdtrt_cert_type: Option<String> = optional_credential(), "就诊凭证类型";
        mdtrt_cert_no: Option<String> = optional_text(50), "就诊凭证编号";
        card_sn: Option<String> = optional_text(32), "卡识别码";
        psn_cert_type: Option<String> = optional_certificate_type(), "证件类型";
        certno: Option<String> = optional_text(50), "证件号码";
        psn_type: Option<String> = optional_text(6), "人员类别";
        psn_name: Option<String> = optional_text(50), "人员姓名";
        begntime: Moment = moment(), "购药时间";
        medfee_sumamt: Fen = amount(), "医疗费总额";
        invono: Option<String> = optional_text(20), "发票号";
        insutype: InsuranceScheme = scheme(), "险种类型";
        dise_codg: Option<String> = optional_text(30), "病种编码";
        dise_name: Option<String> = optional_text(500), "病种名称";
        acct_used_flag: Option<String> = optional_text(1), "个人账户使用标志";
        med_type: String = text(6), "医疗类别";
        insuplc_admdvs: Option<AdminDivision> = optional_division(), "参保地医保区划";
        mdtrtarea_admvs: Option<AdminDivision> = optional_division(), "就医地医保区划";
    }
}

impl Purchase {
    /// What was shown at the counter (就诊凭证).
    pub fn credential(&self) -> Result<Credential, Refusal> {
        let (kind, number) = (self.mdtrt_cert_type.as_deref(), self.mdtrt_cert_no.as_deref());
        Credential::read(kind, number, self.card_sn.as_deref())
    }
}

input_row! {
    /// One line (`drugdetail`).
    Line {
        feedetl_sn: String = text(30), "费用明细流水号";
        rxno: Option<String> = optional_text(40), "处方号";
        rx_circ_flag: Option<String> = optional_text(3), "外购处方标志";
        fee_ocur_time: Moment = moment(), "费用发生时间";
        med_list_codg: String = text_or_empty(50), "医疗目录编码, empty where only the pharmacy's own code is given";
        medins_list_codg: String = text(150), "医药机构目录编码";
        det_item_fee_sumamt: Fen = amount(), "明细项目费用总额";
        cnt: Quantity = quantity(), "数量";
        pric: Price = price(), "单价";
        sin_dos_dscr: Option<String> = optional_text(200), "单次剂量描述";
        used_frqu_dscr: Option<String> = optional_text(200), "使用频次描述";
        prd_days: Option<String> = optional_text(10), "周期天数";
        medc_way_dscr: Option<String> = optional_text(200), "用药途径描述";
        bilg_dr_codg: Option<String> = optional_text(30), "开单医生编码";
        bilg_dr_name: Option<String> = optional_text(50), "开单医师姓名";
        tcmdrug_used_way: Option<String> = optional_text(6), "中药使用方式";
    }
}

impl Line {
    fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let line = Self::read_row(row)?;
        t2301::check_amount(row, &line.feedetl_sn, (line.pric, line.cnt, line.det_item_fee_sumamt))?;
        match (line.rx_circ_flag.as_deref(), &line.rxno) {
            (None | Some("0"), _) | (Some("1"), Some(_)) => Ok(line),
            (Some("1"), None) => {
                Err(Refusal::missing(row.name_of("rxno"), "外购处方的处方号，外购处方标志为1时必填"))
            }
            (Some(_), _) => Err(row.wrong("rx_circ_flag", "0（不是外购处方）或1（外购处方）")),
        }
    }
}

/// The output of 2101 and 2102.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What the settlement comes to, or would come to.
    pub setlinfo: SettlementInfo,
    /// What each fund pays.
    pub setldetail: Vec<SettlementDetail>,
    /// The lines as the catalog splits them.
    pub detlcutinfo: Vec<SplitLine>,
}

impl Output {
    /// As 2101 writes it. The visit is one that will never be: a trial leaves nothing behind.
    pub fn value(&self) -> Value {
        let lines = write_rows(&self.detlcutinfo, |line| {
            let mut row = shown_line(line);
            row["hosp_part_amt"] = json!(0);
            row
        });
        self.value_with(&self.setlinfo.value_of_trial(), &lines)
    }

    /// As 2102 writes it.
    pub fn value_of_settlement(&self) -> Value {
        let lines = write_rows(&self.detlcutinfo, shown_line);
        self.value_with(&self.setlinfo.value_of_settlement(), &lines)
    }

    fn value_with(&self, setlinfo: &Value, detlcutinfo: &Value) -> Value {
        json!({
            "setlinfo": setlinfo,
            "setldetail": SettlementDetail::rows(&self.setldetail),
            "detlcutinfo": detlcutinfo,
        })
    }
}

/// A line as the tables of 2101 and 2102 have it.
fn shown_line(line: &SplitLine) -> Value {
    let mut row = line.value();
    row.as_object_mut().expect("a row is an object").shift_remove("lmt_used_flag");
    row
}
