//! 1317 医药机构目录匹配信息查询: the pairs that the hospital has uploaded.

use super::{
    envelope::Request,
    field::{Row, output_row},
    page::{Narrowed, paged_output},
};
use terms::{AdminDivision, Day, InstitutionCode, Refusal};

/// Which pairs (`data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 定点医药机构编号; the sender's if not said.
    pub fixmedins_code: Option<InstitutionCode>,
    /// 定点医药机构目录编号.
    pub medins_list_codg: Option<String>,
    /// 定点医药机构目录名称, or a part of it.
    pub medins_list_name: Option<String>,
    /// 目录类别.
    pub list_type: Option<String>,
    /// 医疗目录编码.
    pub med_list_codg: Option<String>,
    /// Days, flag and page.
    pub narrowed: Narrowed,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        Ok(Self {
            fixmedins_code: row.optional_institution("fixmedins_code", "定点医药机构编号")?,
            medins_list_codg: row.optional_text("medins_list_codg", "定点医药机构目录编号", 150)?,
            medins_list_name: row.optional_text("medins_list_name", "定点医药机构目录名称", 200)?,
            list_type: row.optional_text("list_type", "目录类别", 30)?,
            med_list_codg: row.optional_text("med_list_codg", "医疗目录编码", 50)?,
            narrowed: Narrowed::read(&row)?,
        })
    }
}

output_row! {
    /// One pair.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Pair {
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        medins_list_codg: String, "定点医药机构目录编号";
        medins_list_name: Option<String>, "定点医药机构目录名称";
        insu_admdvs: AdminDivision, "参保机构医保区划";
        list_type: String, "目录类别";
        med_list_codg: String, "医疗目录编码";
        begndate: Day, "开始日期";
        enddate: Option<Day>, "结束日期";
        aprvno: Option<String>, "批准文号";
        dosform: Option<String>, "剂型";
        exct_cont: Option<String>, "除外内容";
        item_cont: Option<String>, "项目内涵";
        prcunt: Option<String>, "计价单位";
        spec: Option<String>, "规格";
        pacspec: Option<String>, "包装规格";
        memo: Option<String>, "备注";
    }
}

paged_output!(Pair);
