//! 5205 人员慢特病用药记录查询: the medicines that the asking hospital gave a person for chronic diseases.

use super::{
    envelope::Request,
    field::{Price, Quantity, Row, input_row, output_row, write_rows},
};
use serde_json::{Map, Value, json};
use terms::{CatalogClass, ChargeCategory, InstitutionCode, Moment, PersonNumber, Refusal};

input_row! {
    /// Whose, and given when (`data`).
    Input {
        psn_no: PersonNumber = person(), "人员编号";
        begntime: Option<Moment> = optional_moment(), "开始时间";
        endtime: Option<Moment> = optional_end(), "结束时间";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

output_row! {
    /// What is known of every medicine.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Known {
        feedetl_sn: String, "费用明细流水号";
        rx_drord_no: Option<String>, "处方/医嘱号";
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        psn_no: PersonNumber, "人员编号";
        med_type: String, "医疗类别";
        fee_ocur_time: Moment, "费用发生时间";
        cnt: Quantity, "数量";
        pric: Price, "单价";
        chrgitm_lv: CatalogClass, "收费项目等级";
        hilist_code: String, "医保目录编码";
        hilist_name: String, "医保目录名称";
        list_type: String, "目录类别";
        med_list_codg: String, "医疗目录编码";
        medins_list_codg: String, "医药机构目录编码";
        medins_list_name: String, "医药机构目录名称";
        med_chrgitm_type: ChargeCategory, "医疗收费项目类别";
        spec: String, "规格";
    }
}

output_row! {
    /// What a medicine may have besides.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    Further {
        prodname: Option<String>, "商品名";
        dosform_name: Option<String>, "剂型名称";
        lmt_used_flag: Option<String>, "限制使用标志";
        hosp_prep_flag: Option<String>, "医院制剂标志";
        hosp_appr_flag: Option<String>, "医院审批标志";
        tcmdrug_used_way: Option<String>, "中药使用方式";
        prodplac_type: Option<String>, "生产地类别";
        bas_medn_flag: Option<String>, "基本药物标志";
        hi_nego_drug_flag: Option<String>, "医保谈判药品标志";
        chld_medc_flag: Option<String>, "儿童用药标志";
        etip_flag: Option<String>, "外检标志";
        etip_hosp_code: Option<String>, "外检医院编码";
        dscg_tkdrug_flag: Option<String>, "出院带药标志";
        list_sp_item_flag: Option<String>, "目录特项标志";
        matn_fee_flag: Option<String>, "生育费用标志";
    }
}

/// One medicine (`feedetail`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medicine {
    /// What is known of every one.
    pub known: Known,
    /// The rest of the row.
    pub further: Further,
}

impl Medicine {
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
    /// The medicines.
    pub feedetail: Vec<Medicine>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "feedetail": write_rows(&self.feedetail, Medicine::value) })
    }
}
