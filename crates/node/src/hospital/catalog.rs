//! What the platform tells every hospital alike: 1901 字典表查询.

use super::Call;
use serde_json::Value;
use terms::Refusal;
use wire::hospital::t1901;

/// 1901: the items of a national code table.
pub fn dictionary(call: &Call<'_>) -> Result<Value, Refusal> {
    let input = t1901::Input::read(call.request)?;
    let all = t1901::Entry::all(&input.table)
        .ok_or_else(|| Refusal::invalid("type", "接口规范所列字典的代码，如med_type"))?;
    let wanted = |entry: &t1901::Entry| {
        let parent = input.parent_value.as_deref();
        input.vali_flag != Some(false) && parent.is_none_or(|parent| entry.parent_value == Some(parent))
    };
    Ok(t1901::Output { list: all.into_iter().filter(wanted).collect() }.value())
}
