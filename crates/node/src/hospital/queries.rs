//! 5201 就诊信息查询, 5203 结算信息查询, 5204 费用明细查询, 5206 人员累计信息查询, 5303 在院信息查询.

use super::{
    Call,
    catalog::list_type_of,
    details::split_line,
    person::face_of,
    settlement::{Shown, info},
};
use crate::{context::Outcome, queries};
use benefit::YearToDate;
use casework::visit::{Stage, Visit};
use serde_json::Value;
use store::fee::FeeLine;
use terms::{CareKind, Day, Fen, InsuranceScheme, Moment, Refusal};
use wire::hospital::{
    field::{Price, Quantity},
    settlement_info::PersonFace,
    t2301, t5201, t5203, t5204, t5206, t5303,
};

/// 5201.
pub async fn visits(call: &Call<'_>) -> Outcome<Value> {
    let input = t5201::Input::read(call.request)?;
    let period = (input.begntime, input.endtime);
    let found =
        queries::visits(call.node, call.institution, Some(&input.psn_no), input.mdtrt_id, period, false)
            .await?;
    let wanted = |visit: &Visit| {
        input.med_type.as_ref().is_none_or(|med_type| visit.med_type.starts_with(med_type.as_str()))
    };
    let mdtrtinfo = found.iter().filter(|visit| wanted(visit)).map(|visit| visit_row(call, visit)).collect();
    Ok(t5201::Output { mdtrtinfo }.value())
}

fn visit_row(call: &Call<'_>, visit: &Visit) -> t5201::Visit {
    let kept = |field: &str| visit.registration.get(field).cloned();
    let is_stay = visit.care == CareKind::Inpatient;
    let discharged = visit.discharged_at.map(Moment::day);
    let days = discharged.and_then(|day| u16::try_from(visit.admitted_at.day().days_until(day).max(1)).ok());
    t5201::Visit {
        mdtrt_id: visit.id,
        person: face(visit, call.received.day()),
        insutype: visit.patient.scheme,
        psn_type: visit.patient.person_type.clone(),
        cvlserv_flag: visit.patient.civil_servant,
        begntime: visit.admitted_at,
        endtime: visit.discharged_at,
        med_type: visit.med_type.clone(),
        further: t5201::Further {
            coner_name: kept("coner_name"),
            tel: kept("tel"),
            insu_optins: Some(visit.insured.division()),
            emp_name: visit.patient.employer.clone(),
            mdtrt_cert_type: kept("mdtrt_cert_type"),
            ars_year_ipt_flag: discharged.map(|day| day.year() != visit.admitted_at.day().year()),
            ipt_otp_no: kept("ipt_no").or_else(|| kept("ipt_otp_no")),
            medrcdno: kept("medrcdno"),
            atddr_no: kept("atddr_no"),
            chfpdr_name: kept("chfpdr_name").or_else(|| kept("dr_name")),
            adm_dept_codg: kept("adm_dept_codg").or_else(|| kept("dept_code")),
            adm_dept_name: kept("adm_dept_name").or_else(|| kept("dept_name")),
            adm_bed: kept("adm_bed"),
            dscg_maindiag_code: kept("dscg_maindiag_code"),
            dscg_maindiag_name: kept("dscg_maindiag_name"),
            dscg_dept_codg: kept("dscg_dept_codg"),
            dscg_dept_name: kept("dscg_dept_name"),
            dscg_bed: kept("dscg_bed"),
            dscg_way: kept("dscg_way"),
            main_cond_dscr: kept("main_cond_dscr"),
            dise_codg: kept("dise_codg"),
            dise_name: kept("dise_name"),
            otp_diag_info: kept("otp_diag_info"),
            inhosp_stas: is_stay.then(|| if visit.stage == Stage::Admitted { "1" } else { "0" }.to_owned()),
            ipt_days: days,
            opt_time: Some(visit.opened_at),
            ..t5201::Further::default()
        },
    }
}

fn face(visit: &Visit, on: Day) -> PersonFace {
    let patient = &visit.patient;
    face_of(patient.number.clone(), &patient.citizen, &patient.name, patient.nation.as_deref(), on)
}

/// 5203: by the settlement's id or a cancellation's, or the last one of a visit.
pub async fn settlement(call: &Call<'_>) -> Outcome<Value> {
    let input = t5203::Input::read(call.request)?;
    let found = queries::settlement(call.node, call.institution, input.setl_id, input.mdtrt_id).await?;
    let (visit, settlement) = (found.visit, found.settlement);
    if input.psn_no.is_some_and(|person| person != settlement.person) {
        return Err(Refusal::invalid("psn_no", "本次结算的人员编号").into());
    }
    let breakdown =
        crate::insured::breakdown_of(settlement.breakdown.as_ref().expect("only settled ones are found"));
    let settled_at = settlement.settled_at.unwrap_or(settlement.asked_at);
    let time = if found.is_cancellation { settlement.undone_at.unwrap_or(settled_at) } else { settled_at };
    let id = if found.is_cancellation {
        settlement.undo.as_ref().map(|undo| undo.id)
    } else {
        Some(settlement.id)
    };
    let shown = Shown { settlement: id, ..Shown::settled(&settlement, time) };
    let info = info(call, &visit, &breakdown, &shown);
    let info = if found.is_cancellation { info.negated() } else { info };
    let end = visit.discharged_at.unwrap_or(settled_at).day();
    let circumstances = t5203::Circumstances {
        pay_loc: "4".to_owned(),
        fixmedins_code: settlement.institution.clone(),
        fixmedins_name: call.institution.name.clone(),
        begndate: visit.admitted_at.day(),
        enddate: end,
        refd_setl_flag: settlement.undo.is_some(),
        year: end.year().to_string(),
    };
    let level = call.institution.level.national().code().to_owned();
    let further = t5203::Further {
        insu_optins: Some(visit.insured.division()),
        emp_name: visit.patient.employer.clone(),
        hosp_lv: Some(call.institution.grade.clone()),
        fixmedins_poolarea: Some(call.area().division()),
        lmtpric_hosp_lv: Some(level.clone()),
        dedc_hosp_lv: Some(level),
        invono: settlement.registration.get("invono").cloned(),
        opt_time: Some(time),
        ..t5203::Further::default()
    };
    let setldetail = info.details();
    Ok(t5203::Output { setlinfo: info, circumstances, further, setldetail }.value())
}

/// 5204: the details of a settlement or a visit.
pub async fn lines(call: &Call<'_>) -> Outcome<Value> {
    let input = t5204::Input::read(call.request)?;
    let found = queries::lines(call.node, call.institution, input.setl_id, input.mdtrt_id).await?;
    if input.psn_no.is_some_and(|person| person != found.visit.patient.number) {
        return Err(Refusal::invalid("psn_no", "本次就诊登记的人员编号").into());
    }
    let catalog = &call.node.settings.catalog;
    let row = |line: &FeeLine| {
        let name = catalog.find(&line.item, line.occurred_at.day()).map_or("", |item| item.name.as_str());
        let list_type = list_type_of(&line.item);
        let mut row = t5204::QueriedLine::new(
            &given(&found.visit, line),
            &split_line(line),
            found.settlement_of(line),
            name,
            list_type,
        );
        row.further = with_prescription(row.further, line);
        row
    };
    Ok(t5204::Output { lines: found.lines.iter().map(row).collect() }.value())
}

/// With what only a line of an outpatient bill has.
fn with_prescription(further: t5204::Further, line: &FeeLine) -> t5204::Further {
    let kept = |field: &str| line.registration.get(field).cloned();
    t5204::Further {
        rx_drord_no: further.rx_drord_no.or_else(|| kept("rxno")),
        sin_dos_dscr: kept("sin_dos_dscr"),
        used_frqu_dscr: kept("used_frqu_dscr"),
        prd_days: kept("prd_days").and_then(|days| days.parse().ok()),
        medc_way_dscr: kept("medc_way_dscr"),
        ..further
    }
}

/// A line as the hospital had given it.
fn given(visit: &Visit, line: &FeeLine) -> t2301::Line {
    let kept = |field: &str| line.registration.get(field).cloned();
    let or_empty = |field: &str| kept(field).unwrap_or_default();
    let flag = |field: &str| kept(field).map(|value| value == "1");
    t2301::Line {
        feedetl_sn: line.serial.clone(),
        init_feedetl_sn: line.refunds.clone(),
        mdtrt_id: visit.id,
        drord_no: kept("drord_no"),
        psn_no: visit.patient.number.clone(),
        med_type: kept("med_type").unwrap_or_else(|| visit.med_type.clone()),
        fee_ocur_time: line.occurred_at,
        med_list_codg: line.item.clone(),
        medins_list_codg: line.local_item.clone(),
        det_item_fee_sumamt: line.split.total,
        cnt: Quantity(line.quantity),
        pric: Price(line.price),
        bilg_dept_codg: or_empty("bilg_dept_codg"),
        bilg_dept_name: or_empty("bilg_dept_name"),
        bilg_dr_codg: or_empty("bilg_dr_codg"),
        bilg_dr_name: or_empty("bilg_dr_name"),
        acord_dept_codg: kept("acord_dept_codg"),
        acord_dept_name: kept("acord_dept_name"),
        orders_dr_code: kept("orders_dr_code"),
        orders_dr_name: kept("orders_dr_name"),
        hosp_appr_flag: kept("hosp_appr_flag"),
        tcmdrug_used_way: kept("tcmdrug_used_way"),
        etip_flag: flag("etip_flag"),
        etip_hosp_code: kept("etip_hosp_code"),
        dscg_tkdrug_flag: flag("dscg_tkdrug_flag"),
        matn_fee_flag: flag("matn_fee_flag"),
        memo: kept("memo"),
        comb_no: kept("comb_no"),
    }
}

/// 5206: the sums of the person's year at the insured place.
pub async fn year(call: &Call<'_>) -> Outcome<Value> {
    let input = t5206::Input::read(call.request)?;
    let insured = call.insured()?;
    let person = input.psn_no.ok_or_else(|| Refusal::missing("psn_no", "人员编号"))?;
    let month = input.cum_ym.unwrap_or_else(|| call.received.day().month().number().to_string());
    let year: i16 = month.get(..4).and_then(|year| year.parse().ok()).unwrap_or(call.received.day().year());
    let (year, sums) = queries::year(call.node, call.institution, insured, person, year).await?;
    let cuminfo = sums.iter().flat_map(|(scheme, sums)| sum_rows(*scheme, year, &month, sums)).collect();
    Ok(t5206::Output { cuminfo }.value())
}

/// The sums as rows. The standard names no table for 累计类别代码: funds go by their own codes, the others by what they are.
fn sum_rows(scheme: InsuranceScheme, year: i16, month: &str, sums: &YearToDate) -> Vec<t5206::Sum> {
    let row = |code: &str, cum: Fen| t5206::Sum {
        insutype: scheme,
        year: year.to_string(),
        cum_ym: month.to_owned(),
        cum_type_code: code.to_owned(),
        cum,
    };
    // 住院次数 is a count: it is written as a number with two decimals like every other sum.
    let count = Fen::yuan(sums.admissions());
    let mut rows = vec![
        row("IPT_CNT", count),
        row("MEDFEE", sums.total()),
        row("INSCP", sums.in_scope()),
        row("DEDC", sums.deductible()),
        row("PSN_PART", sums.person()),
    ];
    rows.extend(sums.fund_paid().iter().map(|(fund, paid)| row(fund.code(), *paid)));
    rows
}

/// 5303.
pub async fn in_hospital(call: &Call<'_>) -> Outcome<Value> {
    let input = t5303::Input::read(call.request)?;
    let period = (input.begntime, input.endtime);
    let found =
        queries::visits(call.node, call.institution, input.psn_no.as_ref(), None, period, true).await?;
    let row = |visit: &Visit| t5303::Inpatient {
        mdtrt_id: visit.id,
        person: face(visit, call.received.day()),
        insutype: visit.patient.scheme,
        begndate: visit.admitted_at.day(),
        med_type: visit.med_type.clone(),
        ipt_otp_no: visit.registration.get("ipt_no").or(visit.registration.get("ipt_otp_no")).cloned(),
        out_flag: true,
    };
    Ok(t5303::Output { data: found.iter().map(row).collect() }.value())
}
