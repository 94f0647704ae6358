//! The settlement list (医疗保障基金结算清单) as 4101 brings it: seven nodes of the standard and one of other editions, read by
//! the standard's own tables and kept as they came.
//!
//! What a field must be, the table says ([`super::standard`]); required is only what all editions require. A row without any
//! value, as clients send where there is nothing, is no row.

use super::{
    envelope::Request,
    field::Row,
    registration::{self, Registration},
    standard::{self, Field, Kind, Mark},
};
use std::collections::BTreeMap;
use terms::{Fen, PersonNumber, Refusal, SettlementId, VisitId, code, money::parse_decimal};

/// The rows of every node, by the node's name.
pub type Nodes = BTreeMap<String, Vec<Registration>>;

/// The node of the list itself.
pub const LIST: &str = "setlinfo";
/// The node of charges by category, which the editions of 2021 have.
pub const ITEMS: &str = "iteminfo";
/// The node of what the funds pay.
pub const PAYMENTS: &str = "payinfo";
/// The most rows of a node.
const ROWS_MAX: usize = 1_000;

/// Fields whose code table has another name than they have.
const TABLES: [(&str, &str); 3] =
    [("scs_cutd_ward_type", "icu_type"), ("dscg_caty", "dept"), ("adm_caty", "dept")];
/// Fields about somebody to turn to: required where there is such a person.
const OF_CONTACT: [&str; 3] = ["patn_rlts", "coner_addr", "coner_tel"];

/// A list that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// 就诊ID.
    pub visit: VisitId,
    /// 结算ID.
    pub settlement: SettlementId,
    /// 人员编号, if it is said.
    pub person: Option<PersonNumber>,
    /// The sum of the charges by category (`iteminfo.amt`), if there are any.
    pub charged: Option<Fen>,
    /// What the funds pay by their codes (`payinfo`), as said.
    pub payments: Vec<(String, Fen)>,
    /// All that came.
    pub nodes: Nodes,
}

impl List {
    /// Reads the list.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let head = Row::one(request, LIST)?;
        let (visit, settlement) = (head.visit("mdtrt_id", "就诊ID")?, head.settlement("setl_id", "结算ID")?);
        let person = head.optional_person("psn_no", "人员编号")?;
        let standard = standard::transaction("4101").expect("the standard has 4101");
        let mut nodes = Nodes::new();
        for node in &standard.input {
            if node.name == LIST {
                check_row(&head, &node.fields)?;
                nodes.insert(LIST.to_owned(), vec![registration::first(request, LIST)]);
                continue;
            }
            let rows = rows(request, node.name)?;
            for (row, _) in &rows {
                check_row(row, &node.fields)?;
            }
            nodes.insert(node.name.to_owned(), rows.into_iter().map(|(_, kept)| kept).collect());
        }
        let items = rows(request, ITEMS)?;
        let charges: Vec<Fen> = items.iter().map(|(row, _)| charge(row)).collect::<Result<_, _>>()?;
        nodes.insert(ITEMS.to_owned(), items.into_iter().map(|(_, kept)| kept).collect());
        let charged = (!charges.is_empty()).then(|| charges.into_iter().sum());
        let payments = rows(request, PAYMENTS)?;
        let payments = payments.iter().map(|(row, _)| payment(row)).collect::<Result<_, _>>()?;
        Ok(Self { visit, settlement, person, charged, payments, nodes })
    }
}

/// The rows of a node in which anything is said.
fn rows<'a>(request: &'a Request, node: &'static str) -> Result<Vec<(Row<'a>, Registration)>, Refusal> {
    let rows = Row::many(request, node, ROWS_MAX)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    Ok(rows.into_iter().zip(registration::rows(request, node)).filter(|(_, kept)| !kept.is_empty()).collect())
}

fn charge(row: &Row<'_>) -> Result<Fen, Refusal> {
    for field in ["claa_sumfee", "clab_amt", "fulamt_ownpay_amt", "oth_amt"] {
        row.optional_amount(field, "金额")?;
    }
    row.amount("amt", "金额")
}

fn payment(row: &Row<'_>) -> Result<(String, Fen), Refusal> {
    Ok((row.text("fund_pay_type", "基金支付类型", 6)?, row.signed_amount("fund_payamt", "基金支付金额")?))
}

fn check_row(row: &Row<'_>, fields: &[Field]) -> Result<(), Refusal> {
    let has_contact = row.value("coner_name").is_some();
    for field in fields {
        if row.value(field.name).is_some() {
            check_value(row, field)?;
        } else if is_needed(field) && (has_contact || !OF_CONTACT.contains(&field.name)) {
            return Err(Refusal::missing(row.name_of(field.name), field.chinese));
        }
    }
    Ok(())
}

fn is_needed(field: &Field) -> bool {
    field.required && field.national == Mark::Required && field.guangdong == Mark::Required
}

/// The longest text where the table names none.
const LONGEST: usize = 500;

fn check_value(row: &Row<'_>, field: &Field) -> Result<(), Refusal> {
    let (name, chinese) = (field.name, field.chinese);
    match field.kind {
        Kind::Day | Kind::Moment => {
            row.optional_moment(name, chinese)?;
        }
        Kind::Number => {
            let places = u32::try_from(field.decimals.unwrap_or(0)).unwrap_or(0);
            let text = row.text(name, chinese, 20)?;
            if parse_decimal(&text, places).is_err() {
                return Err(row.wrong(name, format!("{chinese}，最多{places}位小数的数值")));
            }
        }
        Kind::Text | Kind::Other => {
            let text = row.text(name, chinese, field.longest.unwrap_or(LONGEST))?;
            if let Some(table) = table_of(field)
                && code::name_of(table, &text).is_none()
            {
                return Err(row.wrong(name, format!("{chinese}，代码表{table}中的代码")));
            }
        }
    }
    Ok(())
}

fn table_of(field: &Field) -> Option<&'static str> {
    let other = TABLES.iter().find(|(name, _)| *name == field.name).map(|(_, table)| *table);
    other.or_else(|| field.table())
}
