//! 3101 明细审核事前分析服务: what is doubtful about the orders of a visit. 3102 reads and answers the same.
//!
//! Of the standard's long rows what is read is what rules look at. The rest may be there or not, and of any length.

use super::{
    envelope::Request,
    field::{Price, Quantity, Row, find, input_row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{Day, Fen, Refusal};

/// The most orders of one visit; more are asked in several messages.
pub const ORDERS_MAX: usize = 2_000;
/// The most visits that one message tells of; only the present one is examined.
const ENCOUNTERS_MAX: usize = 100;
/// The most diagnoses of one visit.
const DIAGNOSES_MAX: usize = 200;
/// The most rules that one message names.
const RULES_MAX: usize = 100;
/// The longest that one order lasts, in days: a later end counts as this.
pub const ORDER_DAYS_MAX: i32 = 366;

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 触发场景 (`trig_scen`), for which the standard names no table.
    pub trig_scen: Option<String>,
    /// 规则标识集合 (`rule_ids`); none: all rules.
    pub rule_ids: Vec<String>,
    /// 参保人信息 (`patient_dtos`).
    pub patient: Patient,
    /// 就诊信息 (`fsi_encounter_dtos`) of the present visit.
    pub encounter: Encounter,
    /// 诊断信息 (`fsi_diagnose_dtos`).
    pub diagnoses: Vec<Diagnosis>,
    /// 处方（医嘱）信息 (`fsi_order_dtos`), at least one.
    pub orders: Vec<Order>,
}

input_row! {
    /// Whose visit it is (`patient_dtos`).
    Patient {
        patn_id: String = text(50), "参保人标识";
        gend: Option<String> = optional_text(3), "性别";
        brdy: Option<Day> = optional_day(), "出生日期";
        curr_mdtrt_id: Option<String> = optional_text(50), "当前就诊标识";
    }
}

input_row! {
    /// The visit (`fsi_encounter_dtos`).
    Encounter {
        mdtrt_id: String = text(50), "就诊标识";
        dscg_main_dise_codg: Option<String> = optional_text(30), "主诊断编码";
        med_mdtrt_type: Option<String> = optional_text(3), "就诊类型";
        med_type: Option<String> = optional_text(6), "医疗类别";
    }
}

input_row! {
    /// One diagnosis (`fsi_diagnose_dtos`).
    Diagnosis {
        dise_codg: String = text(30), "诊断(疾病)编码";
    }
}

input_row! {
    /// What is read of an order itself (`fsi_order_dtos`). One that gives back has a quantity and amount below nothing.
    OrderRow {
        rx_id: String = text(50), "处方(医嘱)标识";
        rxno: Option<String> = optional_text(50), "处方号";
        hilist_code: String = text(50), "医保目录代码";
        hilist_name: Option<String> = optional_text(500), "医保目录名称";
        chrg_type: Option<String> = optional_text(6), "收费类别";
        cnt: Quantity = quantity(), "数量";
        pric: Price = price(), "单价";
        sumamt: Fen = signed_amount(), "总费用";
        drord_begn_date: Day = day(), "医嘱开始日期";
        drord_stop_date: Option<Day> = optional_day(), "医嘱停止日期";
    }
}

/// One order (`fsi_order_dtos`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its own fields.
    pub row: OrderRow,
    /// 周期天数 (`o_prdDays` of `extend_order_map`): for how many days it is prescribed.
    pub days: Option<u16>,
}

impl Input {
    /// Reads the present visit: the one that `curr_mdtrt_id` names, or the first.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let data = match find(&request.input, "data") {
            None => Row::of(&request.input),
            Some(_) => Row::one(request, "data")?,
        };
        let patients = some(&data, "patient_dtos", 1)?;
        let patient = Patient::read_row(&patients[0])?;
        let encounters = some(&patients[0], "fsi_encounter_dtos", ENCOUNTERS_MAX)?;
        let mut present = &encounters[0];
        if let Some(id) = &patient.curr_mdtrt_id {
            for row in &encounters {
                if row.optional_text("mdtrt_id", "就诊标识", 50)?.as_ref() == Some(id) {
                    present = row;
                }
            }
        }
        let diagnoses = present.inner("fsi_diagnose_dtos", DIAGNOSES_MAX)?;
        let orders = some(present, "fsi_order_dtos", ORDERS_MAX)?;
        Ok(Self {
            trig_scen: data.optional_text("trig_scen", "触发场景", 3)?,
            rule_ids: rule_ids(&data)?,
            patient,
            encounter: Encounter::read_row(present)?,
            diagnoses: diagnoses.iter().map(Diagnosis::read_row).collect::<Result<_, _>>()?,
            orders: orders.iter().map(Order::read).collect::<Result<_, _>>()?,
        })
    }
}

impl Order {
    fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let order = OrderRow::read_row(row)?;
        if order.cnt.0.signum() * order.sumamt.0.signum() < 0 {
            return Err(row.wrong("sumamt", "与数量同正同负的总费用"));
        }
        // The map of extensions is free text: what cannot be read there is not known.
        let extension = row.value("extend_order_map").and_then(Value::as_object).map(Row::of);
        let days = extension.and_then(|map| map.optional_count("o_prdDays", "周期天数").ok().flatten());
        Ok(Self { row: order, days })
    }

    /// First and last day.
    pub fn days(&self) -> (Day, Day) {
        let from = self.row.drord_begn_date;
        let to = self.row.drord_stop_date.unwrap_or(from);
        (from, to.clamp(from, from.plus_days(ORDER_DAYS_MAX - 1)))
    }
}

fn some<'a>(row: &Row<'a>, node: &str, rows_max: usize) -> Result<Vec<Row<'a>>, Refusal> {
    let rows = row.inner(node, rows_max)?;
    if rows.is_empty() { Err(Refusal::missing(row.name_of(node), "至少一行数据")) } else { Ok(rows) }
}

/// An array of texts, or one text with commas.
fn rule_ids(data: &Row<'_>) -> Result<Vec<String>, Refusal> {
    let wrong = || data.wrong("rule_ids", format!("规则标识集合，不超过{RULES_MAX}个文本"));
    let ids: Vec<String> = match data.value("rule_ids") {
        None => Vec::new(),
        Some(Value::String(text)) => text.split(',').map(|id| id.trim().to_owned()).collect(),
        Some(Value::Array(ids)) => {
            let id = |id: &Value| id.as_str().map(|id| id.trim().to_owned());
            ids.iter().map(id).collect::<Option<_>>().ok_or_else(wrong)?
        }
        Some(_) => return Err(wrong()),
    };
    let fits = |id: &String| (1..=50).contains(&id.chars().count());
    if ids.len() <= RULES_MAX && ids.iter().all(fits) { Ok(ids) } else { Err(wrong()) }
}

output_row! {
    /// One finding (`result`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    ViolationRow {
        jr_id: String, "违规标识";
        rule_id: String, "规则ID";
        rule_name: String, "规则名称";
        vola_cont: String, "违规内容";
        patn_id: String, "参保人ID";
        mdtrt_id: String, "就诊ID";
        vola_amt: Fen, "违规金额";
        vola_amt_stas: String, "违规金额计算状态";
        sev_deg: String, "严重程度";
        vola_evid: String, "违规依据";
        vola_bhvr_type: String, "违规行为分类";
        task_id: Option<String>, "任务ID";
    }
}

output_row! {
    /// One line of a finding (`judge_result_detail_dtos`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Detail {
        jrd_id: String, "违规明细标识";
        patn_id: String, "参保人标识";
        mdtrt_id: String, "就诊标识";
        rx_id: String, "处方(医嘱)标识";
        vola_item_type: String, "违规明细类型";
        vola_amt: Fen, "违规金额";
    }
}

/// One finding with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its own fields.
    pub row: ViolationRow,
    /// 违规明细.
    pub details: Vec<Detail>,
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The findings; none if nothing is doubtful.
    pub result: Vec<Violation>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        let row = |violation: &Violation| {
            let mut row = violation.row.value();
            row["judge_result_detail_dtos"] = write_rows(&violation.details, Detail::value);
            row
        };
        json!({ "result": write_rows(&self.result, row) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Value {
        json!({ "data": {
            "trig_scen": "1", "syscode": "HIS",
            "patient_dtos": [{
                "patn_id": "P1", "patn_name": "王某甲", "gend": "2", "brdy": "1961-05-05", "poolarea": "110100",
                "curr_mdtrt_id": "V2",
                "fsi_encounter_dtos": [
                    { "mdtrt_id": "V1", "fsi_order_dtos": [] },
                    {
                        "mdtrt_id": "V2", "med_type": "11", "adm_date": "2026-11-20 08:00:00",
                        "fsi_diagnose_dtos": { "dise_codg": "I63.9" },
                        "fsi_order_dtos": [{
                            "rx_id": "L1", "hilist_code": "X", "cnt": "2", "pric": 5, "sumamt": "10.00",
                            "drord_begn_date": "2026-11-20 08:00:00", "drord_stop_date": "2026-11-22",
                            "extend_order_map": { "o_prdDays": "7", "o_drugSpec": "0.25g" },
                        }],
                    },
                ],
            }],
        }})
    }

    fn read(input: &Value) -> Result<Input, Refusal> {
        let body = json!({ "infno": "3101", "msgid": "m", "fixmedins_code": "H1", "input": input });
        Input::read(&Request::read(body.to_string().as_bytes())?)
    }

    #[test]
    fn the_present_visit_is_read() {
        for input in [message(), message()["data"].clone()] {
            let input = read(&input).unwrap();
            assert_eq!((input.encounter.mdtrt_id.as_str(), input.orders.len()), ("V2", 1));
            let [order] = input.orders.as_slice() else { panic!() };
            assert_eq!((order.days, order.days().1.to_string().as_str()), (Some(7), "2026-11-22"));
            assert_eq!(input.diagnoses[0].dise_codg, "I63.9");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_its_place() {
        let order = "/data/patient_dtos/0/fsi_encounter_dtos/1/fsi_order_dtos";
        let first = &format!("{order}/0");
        let named = "patient_dtos第1行.fsi_encounter_dtos第2行.fsi_order_dtos第1行.";
        for (pointer, key, value, expected) in [
            ("/data", "patient_dtos", json!([]), "字段[patient_dtos]不能为空"),
            ("/data", "patient_dtos", json!([{}, {}]), "字段[patient_dtos]不合规"),
            ("/data", "rule_ids", json!([1]), "字段[rule_ids]不合规"),
            ("/data", "rule_ids", json!("YD0101,"), "字段[rule_ids]不合规"),
            ("/data", "rule_ids", json!(["YD0101"]), "read"),
            ("/data", "rule_ids", json!("YD0101, YD0102"), "read"),
            ("/data/patient_dtos/0", "patn_id", json!(""), "字段[patient_dtos第1行.patn_id]不能为空"),
            (
                "/data/patient_dtos/0",
                "curr_mdtrt_id",
                json!("V1"),
                "fsi_encounter_dtos第1行.fsi_order_dtos]不能为空",
            ),
            ("/data/patient_dtos/0", "fsi_encounter_dtos", json!(null), "fsi_encounter_dtos]不能为空"),
            (first, "cnt", json!("many"), &format!("{named}cnt")),
            (first, "cnt", json!(-2), &format!("{named}sumamt")),
            (first, "drord_begn_date", json!("2026-02-30"), &format!("{named}drord_begn_date")),
            (first, "extend_order_map", json!({ "o_prdDays": "a week" }), "read"),
            (first, "extend_order_map", json!("none"), "read"),
            (first, "drord_stop_date", json!("2026-11-01"), "read"),
        ] {
            let mut input = message();
            input.pointer_mut(pointer).unwrap()[key] = value.clone();
            let outcome = read(&input).map_or_else(|refusal| refusal.message(), |_| "read".to_owned());
            assert!(outcome.contains(expected), "{pointer}/{key} {value}: {outcome}");
        }
        let mut input = message();
        let rows = input.pointer_mut(order).unwrap();
        *rows = Value::Array(vec![rows[0].clone(); ORDERS_MAX + 1]);
        assert_eq!(read(&input).unwrap_err().code(), "field-invalid");
    }

    #[test]
    fn findings_are_written_as_the_standards_tables_have_them() {
        let detail = Detail {
            jrd_id: "J100001".to_owned(),
            patn_id: "P1".to_owned(),
            mdtrt_id: "V2".to_owned(),
            rx_id: "L1".to_owned(),
            vola_item_type: "1".to_owned(),
            vola_amt: Fen(1_000),
        };
        let row = ViolationRow {
            jr_id: "J1".to_owned(),
            rule_id: "YD0101".to_owned(),
            rule_name: "医疗服务项目重复收费".to_owned(),
            vola_cont: "请核对".to_owned(),
            patn_id: "P1".to_owned(),
            mdtrt_id: "V2".to_owned(),
            vola_amt: Fen(1_000),
            vola_amt_stas: "1".to_owned(),
            sev_deg: "2".to_owned(),
            vola_evid: "依据".to_owned(),
            vola_bhvr_type: "2".to_owned(),
            task_id: None,
        };
        let value = Output { result: vec![Violation { row, details: vec![detail] }] }.value();
        let keys = |row: &Value| {
            let mut keys: Vec<String> = row.as_object().unwrap().keys().cloned().collect();
            keys.sort_unstable();
            keys.join(" ")
        };
        let finding = &value["result"][0];
        let table = "jr_id judge_result_detail_dtos mdtrt_id patn_id rule_id rule_name sev_deg task_id vola_amt \
                     vola_amt_stas vola_bhvr_type vola_cont vola_evid";
        assert_eq!(keys(finding), table);
        let lines = &finding["judge_result_detail_dtos"];
        assert_eq!(keys(&lines[0]), "jrd_id mdtrt_id patn_id rx_id vola_amt vola_item_type");
        assert_eq!(lines[0]["vola_amt"].to_string(), "10.0");
        assert_eq!(Output { result: vec![] }.value(), json!({ "result": [] }));
    }
}
