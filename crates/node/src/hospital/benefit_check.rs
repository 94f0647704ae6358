//! 2001 人员待遇享受检查, 90100 缴费查询: what the insured place says of a person beside 1101.

use super::Call;
use crate::{admission, benefit_check, context::Outcome};
use casework::person::Enrolment;
use serde_json::Value;
use terms::{CareKind, Refusal};
use wire::{
    hospital::{t2001, t90100},
    peer::v1::{CheckBenefit, FundBenefit},
};

/// 2001: fund by fund, for a visit at the asking institution.
pub async fn check(call: &Call<'_>) -> Outcome<Value> {
    let input = t2001::Input::read(call.request)?;
    let insured = call.insured()?;
    if input.fixmedins_code.as_ref().is_some_and(|code| *code != call.institution.code) {
        return Err(Refusal::invalid("fixmedins_code", "本机构的定点医药机构编号").into());
    }
    let care = CareKind::from_medical_type(&input.med_type).ok_or_else(|| {
        Refusal::invalid("med_type", "跨省直接结算的医疗类别（住院、门诊、门诊慢特病、药店购药）")
    })?;
    let disease = match input.dise_codg.as_deref().filter(|_| care == CareKind::Chronic) {
        Some(code) => Some(code.parse().map_err(|_| Refusal::invalid("dise_codg", "门诊慢特病病种编码"))?),
        None => None,
    };
    let check = CheckBenefit {
        insured,
        person: input.psn_no.clone(),
        scheme: input.insutype,
        treatment: call.treatment,
        institution: call.institution.code.clone(),
        level: call.institution.level,
        care,
        emergency: input.med_type.starts_with(EMERGENCY),
        disease,
        from: input.begntime.unwrap_or(call.received).day(),
        to: input.endtime.map(terms::Moment::day),
    };
    let row = |one: FundBenefit| t2001::FundCheck {
        psn_no: input.psn_no.clone(),
        trt_chk_type: OF_FUND.to_owned(),
        fund_pay_type: one.fund.code().to_owned(),
        trt_enjymnt_flag: one.why_not.is_none(),
        begndate: one.from,
        enddate: one.to,
        trt_chk_rslt: one.why_not,
        exp_content: None,
    };
    let funds = benefit_check::ask(call.node, check).await?;
    Ok(t2001::Output { trtinfo: funds.into_iter().map(row).collect() }.value())
}

/// 医疗类别 急诊.
const EMERGENCY: &str = "13";
/// 待遇检查类型 基金项检查.
const OF_FUND: &str = "01";

/// 90100: where and since when a person is insured. The register has no single payments.
pub async fn contributions(call: &Call<'_>) -> Outcome<Value> {
    let input = t90100::Input::read(call.request)?;
    let insured = call.insured()?;
    let who = (Some(input.psn_no), None);
    let person = admission::find_person(call.node, call.institution, insured, who).await?;
    let rows = person.enrolments.iter().map(contribution).collect();
    Ok(t90100::Output { rows }.value())
}

fn contribution(enrolment: &Enrolment) -> t90100::Contribution {
    let area = enrolment.insured.pooling_area().division();
    t90100::Contribution {
        poolarea_no: area,
        poolarea_no_name: Some(area.full_name()),
        insutype: enrolment.scheme,
        insutype_name: enrolment.scheme.chinese().to_owned(),
        clct_type: None,
        clct_type_name: None,
        clct_flag: None,
        clct_flag_name: None,
        accrym_begn: enrolment.since.map(|since| since.month().number().to_string()),
        accrym_end: None,
        clct_time: None,
    }
}
