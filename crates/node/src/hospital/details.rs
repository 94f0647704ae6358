//! 2301 住院费用明细上传, 2302 住院费用明细撤销.

use super::Call;
use crate::{
    admission,
    context::Outcome,
    details::{self, Given},
};
use store::fee::FeeLine;
use terms::Refusal;
use wire::hospital::{
    field::{Price, Quantity},
    registration, t2301, t2302,
};

/// 2301: all lines, or none.
pub async fn upload(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2301::Input::read(call.request)?;
    let visit = input.visit();
    let person = input.feedetail[0].psn_no.clone();
    if input.feedetail.iter().any(|line| line.psn_no != person) {
        return call.refuse(&Refusal::invalid("psn_no", "与第1行相同的人员编号")).await;
    }
    let registrations = registration::rows(call.request, "feedetail");
    let given: Vec<Given> =
        input.feedetail.into_iter().zip(registrations).map(|(line, rest)| given(line, rest)).collect();
    call.once(async |work| {
        let visit = admission::hold(work, call.institution, visit, &person).await?;
        let lines = details::upload(call.node, work, call.institution, &visit, given).await?;
        Ok(Some(t2301::Output { result: lines.iter().map(split_line).collect() }.value()))
    })
    .await
}

fn given(line: t2301::Line, mut rest: registration::Registration) -> Given {
    forget_columns(&mut rest);
    Given {
        serial: line.feedetl_sn,
        bill: String::new(),
        refunds: line.init_feedetl_sn.filter(|_| line.cnt.0 < 0),
        occurred_at: line.fee_ocur_time,
        item: line.med_list_codg,
        local_item: line.medins_list_codg,
        amount: line.det_item_fee_sumamt,
        quantity: line.cnt.0,
        price: line.pric.0,
        registration: rest,
    }
}

/// What has a column of its own is not kept twice.
pub fn forget_columns(line: &mut registration::Registration) {
    for field in [
        "feedetl_sn",
        "init_feedetl_sn",
        "mdtrt_id",
        "psn_no",
        "fee_ocur_time",
        "med_list_codg",
        "medins_list_codg",
        "det_item_fee_sumamt",
        "cnt",
        "pric",
    ] {
        line.remove(field);
    }
}

/// A line as the catalog split it.
pub fn split_line(line: &FeeLine) -> t2301::SplitLine {
    t2301::SplitLine {
        feedetl_sn: line.serial.clone(),
        det_item_fee_sumamt: line.split.total,
        cnt: Quantity(line.quantity),
        pric: Price(line.price),
        pric_uplmt_amt: Price(line.price_limit.unwrap_or(0)),
        selfpay_prop: Some(line.first_self_pay_rate),
        fulamt_ownpay_amt: Some(line.split.out_of_scope),
        overlmt_amt: Some(line.split.over_limit),
        preselfpay_amt: Some(line.split.first_self_pay),
        inscp_scp_amt: Some(line.split.in_scope),
        chrgitm_lv: line.class,
        med_chrgitm_type: line.category,
        bas_medn_flag: None,
        hi_nego_drug_flag: None,
        chld_medc_flag: None,
        list_sp_item_flag: None,
        lmt_used_flag: false,
        drt_reim_flag: None,
        memo: None,
    }
}

/// 2302: the named lines, or all of a visit.
pub async fn delete(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2302::Input::read(call.request)?;
    let first = &input.data[0];
    let (visit, person) = (first.mdtrt_id, first.psn_no.clone());
    if input.data.iter().any(|one| one.mdtrt_id != visit || one.psn_no != person) {
        return call.refuse(&Refusal::invalid("mdtrt_id", "与第1行相同的就诊ID和人员编号")).await;
    }
    let all = input.data.iter().any(t2302::Deletion::is_all);
    let serials: Vec<String> = input.data.iter().map(|one| one.feedetl_sn.clone()).collect();
    call.once(async |work| {
        let visit = admission::hold(work, call.institution, visit, &person).await?;
        details::delete(work, &visit, (!all).then_some(serials.as_slice())).await?;
        Ok(None)
    })
    .await
}
