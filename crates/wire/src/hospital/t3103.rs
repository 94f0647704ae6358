//! 3103 事前事中服务反馈服务: what the doctor did about findings of 3101 or 3102.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::Refusal;

/// The most findings answered in one call.
pub const WARNS_MAX: usize = 1_000;

input_row! {
    /// What the findings came from (`data`): `1` 事前, `2` 事中.
    Head {
        warn_type: String = text(6), "反馈类型";
    }
}

input_row! {
    /// What was done about one finding (`warns`).
    Warn {
        warn_rslt_id: String = text(40), "违规标识";
        dspo_way: String = text(3), "处理方式";
        dspo_way_rea: Option<String> = optional_text(500), "处理原因";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The kind of feedback.
    pub data: Head,
    /// What was done, finding by finding; at least one.
    pub warns: Vec<Warn>,
}

impl Input {
    /// Reads it; `warns` lies in `data`, or beside it.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data").or_else(|refusal| {
            // Without the node, both lie in the input.
            let beside = Row::of(&request.input);
            if beside.value("warn_type").is_some() { Ok(beside) } else { Err(refusal) }
        })?;
        let data = Head::read_row(&row)?;
        if !["1", "2"].contains(&data.warn_type.as_str()) {
            return Err(row.wrong("warn_type", "反馈类型，1（事前）或2（事中）"));
        }
        let mut rows = row.inner("warns", WARNS_MAX)?;
        if rows.is_empty() {
            rows = Row::some(request, "warns", WARNS_MAX)?;
        }
        Ok(Self { data, warns: rows.iter().map(Warn::read).collect::<Result<_, _>>()? })
    }
}

impl Warn {
    fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let warn = Self::read_row(row)?;
        match (warn.dspo_way.as_str(), &warn.dspo_way_rea) {
            ("1", None) => Err(Refusal::missing(row.name_of("dspo_way_rea"), "处理原因，继续执行医嘱时必填")),
            ("1" | "2", _) => Ok(warn),
            _ => Err(row.wrong("dspo_way", "处理方式，1（继续执行医嘱）或2（返回修改医嘱）")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(input: &Value) -> Result<Input, Refusal> {
        let body = json!({ "infno": "3103", "msgid": "m", "fixmedins_code": "H1", "input": input });
        Input::read(&Request::read(body.to_string().as_bytes())?)
    }

    #[test]
    fn feedback_says_what_was_done_and_why() {
        let warn = json!({ "warn_rslt_id": "J1", "dspo_way": "1", "dspo_way_rea": "病情需要" });
        let back = json!({ "warn_rslt_id": "J2", "dspo_way": 2 });
        for (input, expected) in [
            (json!({ "data": { "warn_type": "1", "warns": [warn, back] } }), "read 2"),
            (json!({ "data": { "warnType": 2, "warns": back } }), "read 1"),
            (json!({ "data": { "warn_type": "1" }, "warns": [warn] }), "read 1"),
            (json!({ "warn_type": "1", "warns": [warn] }), "read 1"),
            (json!({ "data": { "warn_type": "3", "warns": [warn] } }), "字段[warn_type]不合规"),
            (json!({ "data": { "warns": [warn] } }), "字段[warn_type]不能为空"),
            (json!({ "data": { "warn_type": "1", "warns": [] } }), "字段[warns]不能为空"),
            (
                json!({ "data": { "warn_type": "1", "warns": [{ "warn_rslt_id": "J1", "dspo_way": "1" }] } }),
                "字段[warns第1行.dspo_way_rea]不能为空",
            ),
            (
                json!({ "data": { "warn_type": "1", "warns": [{ "warn_rslt_id": "J1", "dspo_way": "9" }] } }),
                "字段[warns第1行.dspo_way]不合规",
            ),
        ] {
            let outcome = read(&input)
                .map_or_else(|refusal| refusal.message(), |input| format!("read {}", input.warns.len()));
            assert!(outcome.contains(expected), "{input}: {outcome}");
        }
    }
}
