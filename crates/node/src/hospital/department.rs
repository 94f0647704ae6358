//! 3401, 3401A, 3402, 3403: the departments of a hospital; 5101 科室信息查询, 5102 医执人员信息查询.

use super::Call;
use crate::context::Outcome;
use serde_json::Value;
use std::collections::BTreeMap;
use store::department::{self, Department};
use terms::{Moment, Refusal};
use wire::hospital::{registration, t3401, t3403, t5101, t5102};

/// 3401, 3401A: new departments, all or none. One that is there with the same content is taken.
pub async fn upload(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let given = given(call)?;
    call.once(async |work| {
        let of = (call.area(), &call.institution.code);
        let mut known = by_code(department::list(work.conn(), of).await?);
        for one in &given {
            let before = known.get(&one.code).filter(|before| !same(before, one));
            if before.is_some_and(|before| before.ends_at.is_none_or(|end| end >= one.begins_at)) {
                return Err(Refusal::DepartmentExists { hosp_dept_codg: one.code.clone() }.into());
            }
            department::put(work, of, one).await?;
            known.insert(one.code.clone(), one.clone());
        }
        Ok(None)
    })
    .await
}

/// 3402: another content for departments that are there.
pub async fn change(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let given = given(call)?;
    call.once(async |work| {
        let of = (call.area(), &call.institution.code);
        let known = by_code(department::list(work.conn(), of).await?);
        for one in &given {
            if !known.contains_key(&one.code) {
                return Err(Refusal::UnknownDepartment { hosp_dept_codg: one.code.clone() }.into());
            }
            department::put(work, of, one).await?;
        }
        Ok(None)
    })
    .await
}

/// 3403: one department goes.
pub async fn withdraw(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t3403::Input::read(call.request)?;
    call.once(async |work| {
        let of = (call.area(), &call.institution.code);
        let which = (input.hosp_dept_codg.as_str(), input.begntime);
        if department::remove(work, of, which).await? {
            return Ok(None);
        }
        Err(Refusal::UnknownDepartment { hosp_dept_codg: input.hosp_dept_codg.clone() }.into())
    })
    .await
}

fn by_code(departments: Vec<Department>) -> BTreeMap<String, Department> {
    departments.into_iter().map(|one| (one.code.clone(), one)).collect()
}

/// Whether two say the same, whenever they came.
fn same(one: &Department, other: &Department) -> bool {
    *one == Department { changed_at: one.changed_at, ..other.clone() }
}

fn given(call: &Call<'_>) -> Result<Vec<Department>, Refusal> {
    let departments = t3401::Input::read(call.request)?.departments;
    let rests = registration::rows(call.request, "deptinfo");
    let now = call.node.context.now();
    let given = |(one, rest): (t3401::Department, registration::Registration)| Department {
        code: one.hosp_dept_codg,
        begins_at: one.begntime,
        ends_at: one.endtime,
        name: one.hosp_dept_name,
        registration: rest,
        changed_at: now,
    };
    Ok(departments.into_iter().zip(rests).map(given).collect())
}

/// 5101: the hospital's departments that have not ended.
pub async fn list(call: &Call<'_>) -> Outcome<Value> {
    t5101::Input::read(call.request)?;
    let mut conn = call.node.context.store.conn().await?;
    let departments = department::list(&mut conn, (call.area(), &call.institution.code)).await?;
    let stands = |one: &Department| one.ends_at.is_none_or(|end| end >= call.received);
    let departments = departments.into_iter().filter(stands).map(|one| shown(call, &one)).collect();
    Ok(t5101::Output { departments }.value())
}

fn shown(call: &Call<'_>, one: &Department) -> t5101::Department {
    let kept = |field: &str| one.registration.get(field).cloned();
    let number = |field: &str| kept(field).and_then(|text| text.parse().ok());
    t5101::Department {
        hosp_dept_codg: one.code.clone(),
        hosp_dept_name: one.name.clone(),
        begntime: one.begins_at,
        endtime: one.ends_at,
        itro: kept("itro"),
        dept_resper_name: kept("dept_resper_name").unwrap_or_default(),
        dept_resper_tel: kept("dept_resper_tel").unwrap_or_default(),
        dept_med_serv_scp: kept("dept_med_serv_scp"),
        caty: kept("caty").unwrap_or_default(),
        dept_estbdat: kept("dept_estbdat").and_then(|text| text.parse::<Moment>().ok()),
        aprv_bed_cnt: number("aprv_bed_cnt"),
        hi_crtf_bed_cnt: number("hi_crtf_bed_cnt"),
        poolarea_no: Some(call.area().division()),
        dr_psncnt: number("dr_psncnt"),
        phar_psncnt: number("phar_psncnt"),
        nurs_psncnt: number("nurs_psncnt"),
        tecn_psncnt: number("tecn_psncnt"),
        memo: kept("memo"),
    }
}

/// 5102: no transaction uploads staff, so nobody is known.
pub fn staff(call: &Call<'_>) -> Outcome<Value> {
    t5102::Input::read(call.request)?;
    Ok(t5102::Output.value())
}
