//! The settlement (结算信息) as 2303, 2304, 2305 and 5203 say it: one set of values, written with each transaction's own names.
//!
//! The amount identities of the standard (6.4) hold by construction where one amount follows from others, and are asserted
//! where all are given: money that does not balance never leaves.

use super::{
    envelope::Request,
    field::{Age, Row, Write, input_row, output_row, write_rows},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use terms::{
    AdminDivision, Day, Fen, Fund, InsuranceScheme, MessageId, Moment, PersonNumber, Rate, Refusal,
    SettlementId, VisitId,
};

output_row! {
    /// A person as answers show them.
    #[derive(Clone, Debug, PartialEq, Eq)]
    PersonFace {
        psn_no: PersonNumber, "人员编号";
        psn_cert_type: String, "人员证件类型";
        certno: String, "证件号码";
        psn_name: String, "人员姓名";
        gend: String, "性别";
        naty: Option<String>, "民族";
        brdy: Option<Day>, "出生日期";
        age: Age, "年龄";
    }
}

/// How a bill splits by the treatment place's scope (符合范围); the four parts are the whole bill (identity 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SplitAmounts {
    /// 全自费金额.
    pub out_of_scope: Fen,
    /// 超限价自费费用.
    pub over_limit: Fen,
    /// 先行自付金额.
    pub first_self_pay: Fen,
    /// 符合政策范围金额.
    pub in_scope: Fen,
}

impl SplitAmounts {
    /// 医疗费总额.
    pub fn total(&self) -> Fen {
        self.out_of_scope + self.over_limit + self.first_self_pay + self.in_scope
    }
}

/// The longest `setl_proc_info`, in characters.
const PROCESS_MAX: usize = 4_000;

/// A settlement, or a trial of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementInfo {
    /// 就诊ID.
    pub visit: VisitId,
    /// 结算ID; none for a trial.
    pub settlement: Option<SettlementId>,
    /// The person.
    pub person: PersonFace,
    /// 险种类型.
    pub scheme: InsuranceScheme,
    /// 人员类别.
    pub psn_type: String,
    /// 公务员标志.
    pub civil_servant: bool,
    /// 结算时间.
    pub time: Moment,
    /// 就诊凭证类型.
    pub mdtrt_cert_type: Option<String>,
    /// 医疗类别.
    pub med_type: String,
    /// The bill by scope.
    pub split: SplitAmounts,
    /// 实际支付起付线.
    pub deductible_paid: Fen,
    /// What each fund pays.
    pub funds: BTreeMap<Fund, Fen>,
    /// How each fund's payment came about, in words (结算过程信息).
    pub processes: BTreeMap<Fund, String>,
    /// 基本医疗保险统筹基金支付比例.
    pub pool_ratio: Rate,
    /// 个人账户支出, 账户共济 included.
    pub account_pay: Fen,
    /// 个人现金支出.
    pub cash: Fen,
    /// 医院负担金额.
    pub hospital_part: Fen,
    /// 余额 of the personal account afterwards.
    pub balance: Fen,
    /// 个人账户共济支付金额.
    pub mutual_aid: Fen,
    /// The message that asked for the settlement, echoed as 医药机构结算ID.
    pub sender_msgid: MessageId,
    /// 清算经办机构.
    pub clr_optins: Option<AdminDivision>,
    /// 清算方式.
    pub clr_way: Option<String>,
    /// 清算类别.
    pub clr_type: String,
}

impl SettlementInfo {
    /// 基金支付总额 (identity 4).
    pub fn fund_total(&self) -> Fen {
        self.funds.values().copied().sum()
    }

    /// 个人负担总金额 (identity 2).
    pub fn person_part(&self) -> Fen {
        self.account_pay + self.cash
    }

    /// The settlement with every amount given back. 余额, which is a state and not a flow, stays as it is.
    #[must_use]
    pub fn negated(&self) -> Self {
        let split = SplitAmounts {
            out_of_scope: -self.split.out_of_scope,
            over_limit: -self.split.over_limit,
            first_self_pay: -self.split.first_self_pay,
            in_scope: -self.split.in_scope,
        };
        Self {
            split,
            deductible_paid: -self.deductible_paid,
            funds: self.funds.iter().map(|(fund, amount)| (*fund, -*amount)).collect(),
            account_pay: -self.account_pay,
            cash: -self.cash,
            hospital_part: -self.hospital_part,
            mutual_aid: -self.mutual_aid,
            ..self.clone()
        }
    }

    /// What each fund pays, with a line for the personal account and one for the hospital's part where they are not
    /// nothing, as real platforms list them (identity 5).
    pub fn details(&self) -> Vec<SettlementDetail> {
        let funds = self.funds.iter().map(|(fund, amount)| {
            let process = self.processes.get(fund).map(|words| words.chars().take(PROCESS_MAX).collect());
            (fund.code(), *amount, fund.chinese(), process)
        });
        let account_name = match self.scheme {
            InsuranceScheme::Employee => "职工基本医疗保险个人账户基金",
            InsuranceScheme::Resident => "居民家庭账户金",
        };
        let account_code = match self.scheme {
            InsuranceScheme::Employee => "310200",
            InsuranceScheme::Resident => "390500",
        };
        let others = [
            (account_code, self.account_pay, account_name, None),
            ("999996", self.hospital_part, "医院垫付基金", None),
        ];
        let detail = |(code, amount, name, process): (&str, Fen, &str, Option<String>)| SettlementDetail {
            fund_pay_type: code.to_owned(),
            inscp_scp_amt: self.split.in_scope,
            crt_payb_lmt_amt: None,
            fund_payamt: amount,
            fund_pay_type_name: Some(name.to_owned()),
            setl_proc_info: process,
        };
        funds.chain(others).filter(|(_, amount, ..)| !amount.is_zero()).map(detail).collect()
    }

    /// `setlinfo` of 2303.
    ///
    /// # Panics
    /// If the amounts do not balance.
    pub fn value_of_trial(&self) -> Value {
        let mut row = self.row();
        row.shift_remove("setl_id");
        Value::Object(row)
    }

    /// `setlinfo` of 2304.
    ///
    /// # Panics
    /// If the amounts do not balance.
    pub fn value_of_settlement(&self) -> Value {
        Value::Object(self.row())
    }

    fn row(&self) -> Map<String, Value> {
        let mut row = Map::new();
        self.fill_head(&mut row);
        self.fill_amounts(&mut row);
        self.fill_tail(&mut row);
        row
    }

    /// Who, when and what kind.
    pub(super) fn fill_head(&self, row: &mut Map<String, Value>) {
        fill(row, "mdtrt_id", &self.visit);
        fill(row, "setl_id", &self.settlement);
        self.person.fill(row);
        fill(row, "insutype", &self.scheme);
        fill(row, "psn_type", &self.psn_type);
        fill(row, "cvlserv_flag", &self.civil_servant);
        fill(row, "setl_time", &self.time);
        fill(row, "mdtrt_cert_type", &self.mdtrt_cert_type);
        fill(row, "med_type", &self.med_type);
    }

    /// The amounts, which must balance.
    pub(super) fn fill_amounts(&self, row: &mut Map<String, Value>) {
        let total = self.split.total();
        let parts = self.fund_total() + self.person_part() + self.hospital_part;
        assert_eq!(total, parts, "医疗费总额 is what fund, person and hospital pay together (identity 1)");
        let paid_by = |wanted: &[Fund]| -> Fen {
            self.funds.iter().filter(|(fund, _)| wanted.contains(fund)).map(|(_, amount)| *amount).sum()
        };
        for (field, amount) in [
            ("medfee_sumamt", total),
            ("fulamt_ownpay_amt", self.split.out_of_scope),
            ("overlmt_selfpay", self.split.over_limit),
            ("preselfpay_amt", self.split.first_self_pay),
            ("inscp_scp_amt", self.split.in_scope),
            ("act_pay_dedc", self.deductible_paid),
            ("hifp_pay", paid_by(&[Fund::EmployeePool, Fund::ResidentPool])),
            ("cvlserv_pay", paid_by(&[Fund::CivilServant])),
            ("hifes_pay", paid_by(&[Fund::EnterpriseSupplement])),
            ("hifmi_pay", paid_by(&[Fund::ResidentCatastrophic])),
            ("hifob_pay", paid_by(&[Fund::LargeAmount])),
            ("hifdm_pay", paid_by(&[Fund::DisabledVeteran])),
            ("maf_pay", paid_by(&[Fund::MedicalAid])),
            ("oth_pay", paid_by(&[Fund::Other])),
            ("fund_pay_sumamt", self.fund_total()),
            ("psn_part_amt", self.person_part()),
            ("acct_pay", self.account_pay),
            ("psn_cash_pay", self.cash),
            ("hosp_part_amt", self.hospital_part),
            ("balc", self.balance),
            ("acct_mulaid_pay", self.mutual_aid),
        ] {
            fill(row, field, &amount);
        }
        fill(row, "pool_prop_selfpay", &self.pool_ratio);
    }

    /// How it is cleared.
    pub(super) fn fill_tail(&self, row: &mut Map<String, Value>) {
        fill(row, "medins_setl_id", &self.sender_msgid);
        fill(row, "clr_optins", &self.clr_optins);
        fill(row, "clr_way", &self.clr_way);
        fill(row, "clr_type", &self.clr_type);
        fill(row, "exp_content", &None::<String>);
    }
}

fn fill(row: &mut Map<String, Value>, field: &str, value: &impl Write) {
    row.insert(field.to_owned(), value.write());
}

output_row! {
    /// What one fund pays (结算基金分项信息, `setldetail`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    SettlementDetail {
        fund_pay_type: String, "基金支付类型";
        inscp_scp_amt: Fen, "符合政策范围金额";
        crt_payb_lmt_amt: Option<Fen>, "本次可支付限额金额";
        fund_payamt: Fen, "基金支付金额";
        fund_pay_type_name: Option<String>, "基金支付类型名称";
        setl_proc_info: Option<String>, "结算过程信息";
    }
}

impl SettlementDetail {
    pub(super) fn rows(details: &[Self]) -> Value {
        write_rows(details, Self::value)
    }
}

input_row! {
    /// The input of 2303 and 2304 (`data`).
    SettlementInput {
        psn_no: PersonNumber = person(), "人员编号";
        mdtrt_cert_type: Option<String> = optional_credential(), "就诊凭证类型";
        mdtrt_cert_no: Option<String> = optional_text(50), "就诊凭证编号";
        card_sn: Option<String> = optional_text(32), "卡识别码";
        psn_cert_type: Option<String> = optional_certificate_type(), "证件类型";
        certno: Option<String> = optional_text(50), "证件号码";
        psn_type: Option<String> = optional_text(6), "人员类别";
        psn_name: Option<String> = optional_text(50), "人员姓名";
        medfee_sumamt: Fen = amount(), "医疗费总额";
        psn_setlway: String = text(6), "个人结算方式";
        mdtrt_id: VisitId = visit(), "就诊ID";
        insutype: InsuranceScheme = scheme(), "险种类型";
        acct_used_flag: Option<String> = optional_text(1), "个人账户使用标志";
        insuplc_admdvs: Option<AdminDivision> = optional_division(), "参保地医保区划";
        mdtrtarea_admvs: Option<AdminDivision> = optional_division(), "就医地医保区划";
        invono: Option<String> = optional_text(20), "发票号";
        mid_setl_flag: Option<bool> = optional_flag(), "中途结算标志";
        fulamt_ownpay_amt: Option<Fen> = optional_amount(), "全自费金额";
        overlmt_selfpay: Option<Fen> = optional_amount(), "超限价金额";
        preselfpay_amt: Option<Fen> = optional_amount(), "先行自付金额";
        inscp_scp_amt: Option<Fen> = optional_amount(), "符合政策范围金额";
        dscg_time: Option<Day> = optional_day(), "出院时间";
    }
}

impl SettlementInput {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let input = Self::read_row(&row)?;
        check_account_flag(&row, input.acct_used_flag.as_deref())?;
        Ok(input)
    }
}

/// Whether a 个人账户使用标志 (`acct_used_flag`) is one.
pub(super) fn check_account_flag(row: &Row<'_>, flag: Option<&str>) -> Result<(), Refusal> {
    match flag {
        None | Some("0" | "1" | "2") => Ok(()),
        Some(_) => Err(row.wrong("acct_used_flag", "0（不使用）、1（使用本人个账）或2（使用共济人个账）")),
    }
}
