//! JSON Schemas of the field's words as the management interface writes them, so that its description is made from the types
//! that it is made of. Only with the feature `schema`.

use crate::{
    AdminDivision, CitizenId, ContributionTier, Day, DiseaseCode, FilingCategory, FilingId, Fund,
    InstitutionCode, InsuranceScheme, InsuredPlace, Listed, MemberClass, MessageId, Moment, Participant,
    PeerMessageId, PersonNumber, Set, SettlementId, SettlementLevel, TreatmentPlace, VisitId,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

macro_rules! written_as {
    ($($name:ident = $schema:tt;)*) => { $(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )* };
}

const DIVISION: &str = "^[0-9]{6}$";
const NUMBERED: &str = "^[0-9]{30}$";

written_as! {
    Day = { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "日期，yyyy-MM-dd", "examples": ["2026-11-22"] };
    Moment = { "type": "integer", "description": "时刻：1970年以来的毫秒数" };
    CitizenId = { "type": "string", "pattern": "^[0-9]{17}[0-9X]$", "description": "公民身份号码，18位，末位为校验码" };
    AdminDivision = { "type": "string", "pattern": DIVISION, "description": "六位医保区划代码", "examples": ["420100"] };
    InsuredPlace = { "type": "string", "pattern": DIVISION, "description": "参保地，六位医保区划代码", "examples": ["110000"] };
    TreatmentPlace = { "type": "string", "pattern": DIVISION, "description": "就医地，六位医保区划代码", "examples": ["420100"] };
    Participant = { "type": "string", "pattern": DIVISION, "description": "参与方：省级六位区划代码，100000为国家平台", "examples": ["420000"] };
    PersonNumber = { "type": "string", "minLength": 1, "maxLength": 30, "description": "人员编号" };
    InstitutionCode = { "type": "string", "minLength": 1, "maxLength": 30, "description": "定点医药机构编号", "examples": ["H42010600001"] };
    MessageId = { "type": "string", "minLength": 1, "maxLength": 40, "description": "报文ID" };
    DiseaseCode = { "type": "string", "minLength": 1, "description": "病种编码" };
    VisitId = { "type": "string", "pattern": NUMBERED, "description": "就诊ID，30位数字" };
    SettlementId = { "type": "string", "pattern": NUMBERED, "description": "结算ID，30位数字" };
    FilingId = { "type": "string", "pattern": NUMBERED, "description": "备案编号，30位数字" };
    PeerMessageId = { "type": "string", "pattern": NUMBERED, "description": "节点间报文编号，30位数字" };
}

macro_rules! words {
    ($($name:ident $chinese:literal;)*) => { $(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let spoken = $name::LISTED.iter().map(|one| one.chinese()).collect::<Vec<_>>().join("、");
                json_schema!({ "enum": $name::LISTED, "description": format!("{}，依次为：{spoken}", $chinese) })
            }
        }
    )* };
}

words! {
    InsuranceScheme "险种";
    FilingCategory "备案类型";
    SettlementLevel "医保结算等级";
    ContributionTier "缴费档次";
    MemberClass "人员身份类别";
    Fund "基金";
}

impl<T: Listed + JsonSchema> JsonSchema for Set<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Set", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>(), "uniqueItems": true })
    }
}
