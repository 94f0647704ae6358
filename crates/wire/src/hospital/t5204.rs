//! 5204 费用明细查询: the lines of one settlement.

use super::{
    envelope::Request,
    field::{Price, Quantity, Row, input_row, output_row, write_rows},
    t2301::{Line, SplitLine},
};
use serde_json::{Map, Value};
use terms::{CatalogClass, ChargeCategory, Fen, Moment, PersonNumber, Rate, Refusal, SettlementId, VisitId};

input_row! {
    /// Which lines are asked for (`data`): those of a settlement, or all of a visit.
    Input {
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        setl_id: Option<SettlementId> = optional_settlement(), "结算ID";
        mdtrt_id: Option<VisitId> = optional_visit(), "就诊ID";
    }
}

impl Input {
    /// Reads the input; settlement or visit must be there.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let input = Self::read_row(&Row::one(request, "data")?)?;
        if input.setl_id.is_none() && input.mdtrt_id.is_none() {
            return Err(Refusal::missing("setl_id", "结算ID，或填写mdtrt_id就诊ID"));
        }
        Ok(input)
    }
}

output_row! {
    /// What the standard requires of a line.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Known {
        mdtrt_id: VisitId, "就诊ID";
        setl_id: Option<SettlementId>, "结算ID";
        feedetl_sn: String, "费用明细流水号";
        med_type: String, "医疗类别";
        fee_ocur_time: Moment, "费用发生时间";
        cnt: Quantity, "数量";
        pric: Price, "单价";
        det_item_fee_sumamt: Fen, "明细项目费用总额";
        pric_uplmt_amt: Price, "定价上限金额";
        chrgitm_lv: CatalogClass, "收费项目等级";
        hilist_code: String, "医保目录编码";
        hilist_name: String, "医保目录名称";
        list_type: String, "目录类别";
        med_list_codg: String, "医疗目录编码";
        medins_list_codg: String, "医药机构目录编码";
        medins_list_name: String, "医药机构目录名称";
        med_chrgitm_type: Option<ChargeCategory>, "医疗收费项目类别";
        dosform_name: Option<String>, "剂型名称";
    }
}

output_row! {
    /// What a line may have besides.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    Further {
        rx_drord_no: Option<String>, "处方/医嘱号";
        sin_dos_dscr: Option<String>, "单次剂量描述";
        used_frqu_dscr: Option<String>, "使用频次描述";
        prd_days: Option<u16>, "周期天数";
        medc_way_dscr: Option<String>, "用药途径描述";
        selfpay_prop: Option<Rate>, "自付比例";
        fulamt_ownpay_amt: Option<Fen>, "全自费金额";
        overlmt_amt: Option<Fen>, "超限价金额";
        preselfpay_amt: Option<Fen>, "先行自付金额";
        inscp_scp_amt: Option<Fen>, "符合政策范围金额";
        prodname: Option<String>, "商品名";
        spec: Option<String>, "规格";
        bilg_dept_codg: Option<String>, "开单科室编码";
        bilg_dept_name: Option<String>, "开单科室名称";
        bilg_dr_codg: Option<String>, "开单医生编码";
        bilg_dr_name: Option<String>, "开单医师姓名";
        acord_dept_codg: Option<String>, "受单科室编码";
        acord_dept_name: Option<String>, "受单科室名称";
        orders_dr_code: Option<String>, "受单医生编码";
        orders_dr_name: Option<String>, "受单医生姓名";
        lmt_used_flag: Option<bool>, "限制使用标志";
        hosp_prep_flag: Option<bool>, "医院制剂标志";
        hosp_appr_flag: Option<String>, "医院审批标志";
        tcmdrug_used_way: Option<String>, "中药使用方式";
        prodplac_type: Option<String>, "生产地类别";
        bas_medn_flag: Option<bool>, "基本药物标志";
        hi_nego_drug_flag: Option<bool>, "医保谈判药品标志";
        chld_medc_flag: Option<bool>, "儿童用药标志";
        etip_flag: Option<bool>, "外检标志";
        etip_hosp_code: Option<String>, "外检医院编码";
        dscg_tkdrug_flag: Option<bool>, "出院带药标志";
        list_sp_item_flag: Option<String>, "目录特项标志";
        matn_fee_flag: Option<bool>, "生育费用标志";
        drt_reim_flag: Option<bool>, "直报标志";
        memo: Option<String>, "备注";
        opter_id: Option<String>, "经办人ID";
        opter_name: Option<String>, "经办人姓名";
        opt_time: Option<Moment>, "经办时间";
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueriedLine {
    /// What the standard requires.
    pub known: Known,
    /// The rest of the row.
    pub further: Further,
}

impl QueriedLine {
    /// A line from what the hospital uploaded and what the catalog made of it. `item_name` is the item's name in the
    /// catalog, `list_type` its 目录类别.
    pub fn new(
        line: &Line,
        split: &SplitLine,
        settlement: Option<SettlementId>,
        item_name: &str,
        list_type: &str,
    ) -> Self {
        let known = Known {
            mdtrt_id: line.mdtrt_id,
            setl_id: settlement,
            feedetl_sn: line.feedetl_sn.clone(),
            med_type: line.med_type.clone(),
            fee_ocur_time: line.fee_ocur_time,
            cnt: line.cnt,
            pric: line.pric,
            det_item_fee_sumamt: line.det_item_fee_sumamt,
            pric_uplmt_amt: split.pric_uplmt_amt,
            chrgitm_lv: split.chrgitm_lv,
            hilist_code: line.med_list_codg.clone(),
            hilist_name: item_name.to_owned(),
            list_type: list_type.to_owned(),
            med_list_codg: line.med_list_codg.clone(),
            medins_list_codg: line.medins_list_codg.clone(),
            medins_list_name: item_name.to_owned(),
            med_chrgitm_type: Some(split.med_chrgitm_type),
            dosform_name: None,
        };
        let further = Further {
            rx_drord_no: line.drord_no.clone(),
            selfpay_prop: split.selfpay_prop,
            fulamt_ownpay_amt: split.fulamt_ownpay_amt,
            overlmt_amt: split.overlmt_amt,
            preselfpay_amt: split.preselfpay_amt,
            inscp_scp_amt: split.inscp_scp_amt,
            bilg_dept_codg: Some(line.bilg_dept_codg.clone()),
            bilg_dept_name: Some(line.bilg_dept_name.clone()),
            bilg_dr_codg: Some(line.bilg_dr_codg.clone()),
            bilg_dr_name: Some(line.bilg_dr_name.clone()),
            acord_dept_codg: line.acord_dept_codg.clone(),
            acord_dept_name: line.acord_dept_name.clone(),
            orders_dr_code: line.orders_dr_code.clone(),
            orders_dr_name: line.orders_dr_name.clone(),
            lmt_used_flag: Some(split.lmt_used_flag),
            hosp_appr_flag: line.hosp_appr_flag.clone(),
            tcmdrug_used_way: line.tcmdrug_used_way.clone(),
            bas_medn_flag: split.bas_medn_flag,
            hi_nego_drug_flag: split.hi_nego_drug_flag,
            chld_medc_flag: split.chld_medc_flag,
            etip_flag: line.etip_flag,
            etip_hosp_code: line.etip_hosp_code.clone(),
            dscg_tkdrug_flag: line.dscg_tkdrug_flag,
            list_sp_item_flag: split.list_sp_item_flag.clone(),
            matn_fee_flag: line.matn_fee_flag,
            drt_reim_flag: split.drt_reim_flag,
            memo: line.memo.clone(),
            ..Further::default()
        };
        Self { known, further }
    }

    fn value(&self) -> Value {
        let mut row = Map::new();
        self.known.fill(&mut row);
        self.further.fill(&mut row);
        Value::Object(row)
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The lines.
    pub lines: Vec<QueriedLine>,
}

impl Output {
    /// As the interface writes it: the standard names no node, so the output is the array itself.
    pub fn value(&self) -> Value {
        write_rows(&self.lines, QueriedLine::value)
    }
}
