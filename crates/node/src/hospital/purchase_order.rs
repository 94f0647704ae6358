//! 2161 异地就医购药获取人员信息, 2163 退费, 2166 试算, 2167 取消订单, 2170 订单查询, 2171 结算信息查询, 2181 冲正交易.

use super::{
    Call, admission::known_already, catalog::list_type_of, details::forget_columns,
    settlement::give_back as undo_with_all_amounts,
};
use crate::{
    admission::find_person,
    context::{Failure, Outcome},
    details::Given,
    insured::breakdown_of,
    intra_province::guests_of,
    purchase::{self, Purchase},
    purchase_order::{self as orders, Content, OrderedLine, Seen},
};
use casework::{
    person::Standing as Insurance,
    purchase_order::{Move, Standing},
};
use serde_json::Value;
use store::{
    Work,
    purchase_order::{PurchaseOrder, Selection},
    treatment::TreatmentSettlement,
};
use terms::{AdminDivision, CitizenId, Fen, InstitutionCode, InsuredPlace, Moment, Refusal};
use wire::{
    hospital::{
        NoOutput,
        credential::Credential,
        declaration::Away,
        field::{Price, Quantity},
        purchase_order::{Buyer, Paid, Places, ShownLine},
        registration, t2161, t2163, t2166, t2167, t2170, t2171, t2181,
    },
    peer::v1::Question,
};

/// An institution speaks for itself.
fn check_own(call: &Call<'_>, given: Option<&InstitutionCode>) -> Result<(), Refusal> {
    if given.is_none_or(|code| *code == call.institution.code) {
        return Ok(());
    }
    Err(Refusal::invalid("fixmedins_code", "本机构的医疗机构编码"))
}

/// 参保地: as the row says it, or else the envelope.
fn insured(call: &Call<'_>, said: Option<AdminDivision>) -> Result<InsuredPlace, Refusal> {
    let Some(place) = said else { return call.insured() };
    guests_of(call.institution.place, InsuredPlace(place))
}

fn citizen(ssn: &str) -> Result<CitizenId, Refusal> {
    ssn.parse().map_err(|_| Refusal::invalid("ssn", "18位公民身份号码（校验位须正确）"))
}

/// When a message says that it was sent.
fn sent(call: &Call<'_>) -> Moment {
    call.request.inf_time.unwrap_or(call.received)
}

/// 2161.
pub async fn find(call: &Call<'_>) -> Outcome<Value> {
    let input = t2161::Input::read(call.request)?;
    check_own(call, input.fixmedins_code.as_ref())?;
    let insured = insured(call, input.insuplc)?;
    let citizen = citizen(&input.ssn)?;
    let person = find_person(call.node, call.institution, insured, (None, Some(citizen))).await?;
    let in_force = person.enrolments.iter().find(|one| one.standing == Insurance::InForce);
    let enrolment = in_force.or(person.enrolments.first());
    let enrolment = enrolment.ok_or_else(|| Refusal::UnknownPerson { place: insured.to_string() })?;
    let place = enrolment.insured.division();
    let area = enrolment.insured.pooling_area().division();
    let name = place.name().or(area.name()).map_or_else(|| place.to_string(), str::to_owned);
    let output = t2161::Output {
        psn_no: person.number.clone(),
        psn_name: person.name.clone(),
        gend: gender(&person.citizen),
        brdy: person.citizen.birth(),
        ssn: person.citizen.reveal().to_owned(),
        psn_type: enrolment.person_type.clone(),
        emp_name: enrolment.employer.clone(),
        insuplc_admdvs: place,
        outmed_fundmgt_optins_fulname: format!("{name}医疗保险经办机构"),
        acct_balc: enrolment.balance,
        insutype: enrolment.scheme,
    };
    Ok(output.output())
}

fn gender(citizen: &CitizenId) -> String {
    if citizen.is_male() { "1" } else { "2" }.to_owned()
}

/// 2166: tried at the insured place, then put to the person.
pub async fn put(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2166::Input::read(call.request)?;
    let order = &input.order;
    check_own(call, order.fixmedins_code.as_ref())?;
    if order.med_type != "41" {
        return Err(Refusal::invalid("med_type", "41（药店购药）").into());
    }
    let lines = lines(call, input.feedetl);
    let of_lines = lines.iter().map(|line| line.occurred_at);
    let purchase = Purchase {
        institution: call.institution,
        person: order.psn_no.clone(),
        scheme: order.insutype,
        insured: insured(call, order.insuplc)?,
        at: orders::bought_at(order.dscg_date, call.received, of_lines),
        med_type: order.med_type.clone(),
        injury: None,
        third_party: None,
        total: order.medfee_sumamt,
        registration: kept(call),
        msgid: call.request.msgid.clone(),
    };
    let shown = Credential::read(Some("01"), order.ec_token.as_deref(), None)?;
    if let Some(known) = known_already(call).await? {
        return call.known(known);
    }
    let prepare = async {
        let person = purchase::identify(call.node, &purchase, &shown).await?;
        let named = order.ssn.as_deref().is_none_or(|ssn| ssn.eq_ignore_ascii_case(person.citizen.reveal()));
        if !named {
            return Err(Refusal::invalid("ssn", "该人员的社会保障号码").into());
        }
        if order.psn_name.as_ref().is_some_and(|name| *name != person.name) {
            return Err(Refusal::invalid("psn_name", "与个人管理码一致的人员姓名").into());
        }
        let which = (order.mdtrtsn.clone(), order.dscg_date);
        orders::prepare(call.node, (&purchase, &person), which, lines).await
    };
    let prepared = match prepare.await {
        Ok(prepared) => prepared,
        Err(Failure::Refused(refusal)) => return call.refuse(&refusal).await,
        Err(trouble) => return Err(trouble),
    };
    call.once(async |work| {
        orders::put(work, &prepared).await?;
        let output = t2166::Output {
            mdtrt_regno: prepared.number.clone(),
            prmmsg: None,
            // The order waits where the person's own way to the platform finds it.
            push_flag: "true".to_owned(),
        };
        Ok(Some(output.output()))
    })
    .await
}

/// What else the order says; of what was shown nothing.
fn kept(call: &Call<'_>) -> registration::Registration {
    let mut kept = registration::direct(call.request, wire::hospital::purchase_order::NODE);
    kept.remove("ec_token");
    kept
}

fn lines(call: &Call<'_>, given: Vec<t2166::Line>) -> Vec<Given> {
    let registrations = registration::rows(call.request, "feedetl");
    let line = |(line, mut rest): (t2166::Line, registration::Registration)| {
        forget_columns(&mut rest);
        Given {
            refunds: None,
            serial: line.feedetl_sn,
            bill: String::new(),
            occurred_at: line.detl_ocur_time,
            item: line.hilist_code,
            local_item: line.medins_list_codg,
            amount: line.amt,
            quantity: line.cnt.0,
            price: line.pric.0,
            registration: rest,
        }
    };
    given.into_iter().zip(registrations).map(line).collect()
}

/// 2167.
pub async fn cancel(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2167::Input::read(call.request)?;
    check_own(call, input.fixmedins_code.as_ref())?;
    call.once(async |work| {
        let seen = own(call, work, &input.mdtrt_regno).await?;
        orders::cancel(call.node, work, seen).await?;
        Ok(None)
    })
    .await
}

async fn own(call: &Call<'_>, work: &mut Work, number: &str) -> Outcome<Seen> {
    orders::hold(call.node, work, number, Some(&call.institution.code)).await
}

/// 2163: the settlement is undone with every amount given back.
pub async fn give_back(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2163::Input::read(call.request)?;
    check_own(call, input.fixmedins_code.as_ref())?;
    let start = async |work: &mut Work| start_giving_back(call, work, &input).await;
    call.undo(None, start, async |output: t2163::Output| Ok(output.value())).await
}

async fn start_giving_back(
    call: &Call<'_>,
    work: &mut Work,
    input: &t2163::Input,
) -> Outcome<(t2163::Output, Option<Question>)> {
    let seen = own(call, work, &input.mdtrt_regno).await?;
    if orders::is_void(&seen.order, sent(call)) {
        return Err(Refusal::Reversed { infno: call.request.infno.clone() }.into());
    }
    let (order, content, settlement) = orders::to_give_back(seen, call.request.msgid.as_str())?;
    let (settlement, question) = undo_with_all_amounts(call, work, settlement).await?;
    Ok((t2163::Output { paid: paid(&settlement), buyer: buyer(&order, &content) }, question))
}

/// What a settled purchase came to.
fn paid(settlement: &TreatmentSettlement) -> Paid {
    let breakdown = breakdown_of(settlement.breakdown.as_ref().expect("it was settled"));
    Paid {
        medfee_sumamt: settlement.amounts.total,
        psn_cashpay: breakdown.cash(),
        acct_payamt: breakdown.account_paid + breakdown.family_total(),
    }
}

fn buyer(order: &PurchaseOrder, content: &Content) -> Buyer {
    Buyer {
        certno: order.citizen.reveal().to_owned(),
        psn_name: content.name.clone(),
        gend: gender(&order.citizen),
        brdy: order.citizen.birth(),
        psn_type: content.person_type.clone(),
        insutype: content.scheme,
    }
}

fn places(call: &Call<'_>, order: &PurchaseOrder) -> Places {
    Places {
        mdtrt_regno: order.number.clone(),
        fixmedins_code: order.institution.clone(),
        insuplc: order.insured.division(),
        mdtrtarea: call.treatment.0,
    }
}

fn shown_line(call: &Call<'_>, order: &PurchaseOrder, line: &OrderedLine) -> ShownLine {
    let kept = |field: &str| line.registration.get(field).cloned();
    let item = call.node.settings.catalog.find(&line.item, line.occurred_at.day());
    // A number of two decimals; a text that is none says nothing.
    let dose = |text: String| text.parse::<Fen>().ok().map(|hundredths| Quantity(hundredths.0 * 100));
    ShownLine {
        medins_list_codg: line.local_item.clone(),
        medins_list_name: kept("medins_list_name"),
        hilist_code: line.item.clone(),
        hilist_name: kept("hilist_name").or_else(|| item.map(|item| item.name.clone())),
        hilist_type: kept("hilist_type").or_else(|| Some(list_type_of(&line.item).to_owned())),
        chrgitm_lv: line.class,
        med_invo_item_type: line.category,
        pric: Price(line.price),
        cnt: Quantity(line.quantity),
        amt: line.amount,
        dosform: kept("dosform"),
        dosunt: kept("dosunt"),
        sin_dos: kept("sin_dos").and_then(dose),
        spec: kept("spec"),
        orplc: kept("orplc"),
        used_mtd: kept("used_mtd"),
        detl_ocur_time: line.occurred_at,
        adm_diag_dr: kept("adm_diag_dr"),
        opter_name: kept("opter_name"),
        opt_time: kept("opt_time").and_then(|time| time.parse().ok()).unwrap_or(order.ordered_at),
    }
}

fn shown_lines(call: &Call<'_>, seen: &Seen) -> Vec<ShownLine> {
    seen.content.lines.iter().map(|line| shown_line(call, &seen.order, line)).collect()
}

/// The person's orders at this pharmacy that stand there.
async fn standing(
    call: &Call<'_>,
    citizen: &CitizenId,
    number: Option<&str>,
    standing: Standing,
) -> Outcome<Vec<Seen>> {
    let selection = Selection {
        province: call.node.province,
        citizen,
        institution: Some(&call.institution.code),
        number,
    };
    let mut conn = call.node.context.store.conn().await?;
    let mut seen = orders::list(call.node, &mut conn, selection).await?;
    seen.retain(|one| one.standing == standing);
    Ok(seen)
}

/// 2170.
pub async fn waiting(call: &Call<'_>) -> Outcome<Value> {
    let input = t2170::Input::read(call.request)?;
    check_own(call, input.fixmedins_code.as_ref())?;
    let seen = standing(call, &citizen(&input.ssn)?, None, Standing::Waiting).await?;
    let order = |seen: &Seen| t2170::Order {
        medfee_sumamt: seen.order.total,
        places: places(call, &seen.order),
        fixmedins_name: seen.content.institution_name.clone(),
        buyer: buyer(&seen.order, &seen.content),
        dscg_date: seen.order.bought_on,
        feedetl: shown_lines(call, seen),
    };
    Ok(t2170::Output { orders: seen.iter().map(order).collect() }.value())
}

/// 2171.
pub async fn settled(call: &Call<'_>) -> Outcome<Value> {
    let input = t2171::Input::read(call.request)?;
    check_own(call, input.fixmedins_code.as_ref())?;
    let number = input.mdtrt_regno.as_deref();
    let mut seen = standing(call, &citizen(&input.ssn)?, number, Standing::Settled).await?;
    let away = |seen: &Seen| Away::of(seen.order.insured.province(), call.node.province).code();
    seen.retain(|one| input.out_type.as_ref().is_none_or(|kind| kind == away(one)));
    if let (None, Some(start), Some(end)) = (number, input.start_date, input.end_date) {
        seen.retain(|one| (start..=end).contains(&one.order.bought_on));
    }
    let purchase = |seen: &Seen| t2171::Purchase {
        paid: paid(seen.settlement.as_ref().expect("a settled order has a settlement")),
        places: places(call, &seen.order),
        buyer: buyer(&seen.order, &seen.content),
        out_type: away(seen).to_owned(),
        feedetl: shown_lines(call, seen),
    };
    Ok(t2171::Output { purchases: seen.iter().map(purchase).collect() }.value())
}

/// 2181.
pub async fn reverse(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2181::Input::read(call.request)?;
    check_own(call, input.row.fixmedins_code.as_ref())?;
    let start = async |work: &mut Work| Ok(((), start_reversal(call, work, &input).await?));
    call.undo(None, start, async |()| Ok(NoOutput.value())).await
}

async fn start_reversal(call: &Call<'_>, work: &mut Work, input: &t2181::Input) -> Outcome<Option<Question>> {
    let seen = own(call, work, &input.row.mdtrt_regno).await?;
    let is_theirs = |ssn: &String| ssn.eq_ignore_ascii_case(seen.order.citizen.reveal());
    if !input.row.ssn.as_ref().is_none_or(is_theirs) {
        return Err(Refusal::invalid("ssn", "该订单的社会保障号码").into());
    }
    let step = match input.reversed {
        t2181::Reversed::Order => Move::ReverseOrder,
        t2181::Reversed::Settlement => Move::ReverseSettlement,
        t2181::Reversed::Refund => Move::ReverseGivingBack,
    };
    orders::reverse(call.node, work, (seen, step), (call.request.msgid.as_str(), sent(call))).await
}
