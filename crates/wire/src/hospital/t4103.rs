//! 4103 医疗保障基金结算清单信息查询: a list as it was uploaded, with what the platform knows of the settlement besides.

use super::{
    envelope::Request,
    field::{Row, input_row},
    registration::Registration,
    settlement_list::{ITEMS, LIST, Nodes},
    standard::{self, Field, Kind},
};
use serde_json::{Map, Value};
use terms::{PersonNumber, Refusal, SettlementId};

input_row! {
    /// Which list (`data`).
    Input {
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        setl_id: SettlementId = settlement(), "结算ID";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The list as it was uploaded.
    pub nodes: Nodes,
    /// What the platform knows of the settlement, by the names of this transaction's `setlinfo`; it wins over what was uploaded.
    pub known: Registration,
    /// 结算清单流水号.
    pub number: String,
}

/// What 4101 calls by another name: node, there, here.
const RENAMED: [(&str, &str, &str); 14] = [
    (LIST, "poscode", "emp_poscode"),
    (LIST, "opsp_mdtrt_date", "opsp_mdtrt_time"),
    (LIST, "adm_way", "adm_way_code"),
    (LIST, "refldept_dept", "refl_caty"),
    (LIST, "wm_dise_code", "otp_wm_diag_dise_code"),
    (LIST, "tcm_dise_code", "otp_tcm_diag_dise_code"),
    (LIST, "adm_dept_code", "adm_dept_codg"),
    (LIST, "dscg_dept_code", "dscg_dept_codg"),
    (ITEMS, "med_chrgitm", "med_chrgitm_type"),
    (ITEMS, "amt", "item_sumamt"),
    (ITEMS, "claa_sumfee", "item_claa_sumfee"),
    (ITEMS, "clab_amt", "item_clab_amt"),
    (ITEMS, "fulamt_ownpay_amt", "item_fulamt_ownpay_amt"),
    (ITEMS, "oth_amt", "item_ownpay_amt"),
];

/// Durations of 4101 (days/hours/minutes), each three fields here.
const DURATIONS: [(&str, [&str; 3]); 3] = [
    ("vent_used_dura", ["vent_used_days", "vent_used_h_cnt", "vent_used_m_cnt"]),
    ("pwcry_bfadm_coma_dura", ["bfadm_coma_days", "bfadm_coma_h_cnt", "bfadm_coma_m_cnt"]),
    ("pwcry_afadm_coma_dura", ["afadm_coma_days", "afadm_coma_h_cnt", "afadm_coma_m_cnt"]),
];

/// What every row says of its settlement.
const OF_ALL: [&str; 3] = ["setl_id", "mdtrt_id", "psn_no"];

impl Output {
    /// As the interface writes it: every node of the table with every field, `null` where nothing is known.
    pub fn value(&self) -> Value {
        let standard = standard::transaction("4103").expect("the standard has 4103");
        let mut output = Map::new();
        for node in &standard.output {
            let rows = self.nodes.get(node.name).map(Vec::as_slice).unwrap_or_default();
            let rows = rows.iter().enumerate().map(|(index, row)| {
                let kept = self.row(node.name, index, row);
                write_row(&node.fields, &kept)
            });
            let mut rows: Vec<Value> = rows.collect();
            let value = if node.name == LIST { rows.pop().unwrap_or_default() } else { Value::Array(rows) };
            output.insert(node.name.to_owned(), value);
        }
        Value::Object(output)
    }

    /// A row under the names of this transaction.
    fn row(&self, node: &str, index: usize, row: &Registration) -> Registration {
        let mut row = row.clone();
        for (_, there, here) in RENAMED.iter().filter(|(of, ..)| *of == node) {
            if let Some(value) = row.remove(*there) {
                row.insert((*here).to_owned(), value);
            }
        }
        if node == LIST {
            for (there, here) in DURATIONS {
                let value = row.remove(there).unwrap_or_default();
                let parts = value.split('/').filter(|part| !part.is_empty());
                row.extend(
                    here.into_iter().zip(parts).map(|(name, part)| (name.to_owned(), part.to_owned())),
                );
            }
            row.insert("setl_list_sn".to_owned(), self.number.clone());
            row.extend(self.known.clone());
            return row;
        }
        for field in OF_ALL {
            row.extend(self.known.get(field).map(|value| (field.to_owned(), value.clone())));
        }
        // The first field of a row that has an id of its own: list, and place in it.
        row.insert(ROW_ID.to_owned(), format!("{}{:04}", self.number, index + 1));
        row
    }
}

/// Under this name a row holds its id until it is written under its table's own.
const ROW_ID: &str = "row id";

fn write_row(fields: &[Field], kept: &Registration) -> Value {
    let write = |field: &Field| {
        let is_id = field.name.starts_with("setl_list_") || field.name.starts_with("etl_list_");
        let is_id = is_id || field.name == "setl_List_bld_Id";
        let own = kept.get(&field.name.to_ascii_lowercase());
        let text = own.or_else(|| kept.get(ROW_ID).filter(|_| is_id))?;
        match field.kind {
            Kind::Number => text.parse().ok().map(Value::Number),
            Kind::Text | Kind::Day | Kind::Moment | Kind::Other => Some(Value::String(text.clone())),
        }
    };
    let row = fields.iter().map(|field| (field.name.to_owned(), write(field).unwrap_or_default()));
    Value::Object(row.collect())
}
