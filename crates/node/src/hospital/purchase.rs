//! 2101 药店预结算, 2102 药店结算.

use super::{
    Call,
    admission::known_already,
    details::{forget_columns, split_line},
    settlement::{self, Shown, info},
};
use crate::{
    admission::find_person,
    context::{Failure, Outcome},
    details::Given,
    purchase::{self, Purchase},
};
use serde_json::Value;
use std::collections::HashMap;
use store::message::Known;
use terms::{Refusal, SettlementId};
use wire::hospital::{registration, t2101, t2102};

fn purchase_of<'a>(call: &'a Call<'_>, input: &t2101::Input) -> Result<Purchase<'a>, Refusal> {
    let (given, said) = (&input.druginfo, &input.exp_content);
    Ok(Purchase {
        institution: call.institution,
        person: given.psn_no.clone(),
        scheme: given.insutype,
        insured: call.insured()?,
        at: given.begntime,
        med_type: given.med_type.clone(),
        injury: said.injury,
        third_party: said.third_party,
        total: given.medfee_sumamt,
        registration: registration::first(call.request, "druginfo"),
        msgid: call.request.msgid.clone(),
    })
}

/// The lines of a message (`drugdetail`), each with the traceability codes of its packages.
fn lines(call: &Call<'_>, given: Vec<t2101::Line>) -> Result<Vec<Given>, Refusal> {
    let mut codes: HashMap<String, Vec<String>> = HashMap::new();
    for (serial, code) in t2102::traceability_codes(call.request)? {
        codes.entry(serial).or_default().push(code.kept());
    }
    let registrations = registration::rows(call.request, "drugdetail");
    let mut lines = Vec::with_capacity(given.len());
    for (line, mut rest) in given.into_iter().zip(registrations) {
        forget_columns(&mut rest);
        if let Some(codes) = codes.remove(&line.feedetl_sn) {
            rest.insert(t2102::KEPT_CODES.to_owned(), codes.join(","));
        }
        lines.push(Given {
            refunds: None,
            serial: line.feedetl_sn,
            bill: String::new(),
            occurred_at: line.fee_ocur_time,
            item: line.med_list_codg,
            local_item: line.medins_list_codg,
            amount: line.det_item_fee_sumamt,
            quantity: line.cnt.0,
            price: line.pric.0,
            registration: rest,
        });
    }
    match codes.into_keys().next() {
        None => Ok(lines),
        Some(feedetl_sn) => Err(Refusal::UnknownLine { feedetl_sn }),
    }
}

/// 2101: nothing is written.
pub async fn try_out(call: &Call<'_>) -> Outcome<Value> {
    let input = t2101::Input::read(call.request)?;
    let purchase = purchase_of(call, &input)?;
    let given = lines(call, input.drugdetail)?;
    let who = (Some(purchase.person.clone()), None);
    let person = find_person(call.node, call.institution, purchase.insured, who).await?;
    let (visit, breakdown, lines) = purchase::trial(call.node, &purchase, &person, given).await?;
    let shown = Shown::trial(call, visit.care, &purchase.registration);
    let setlinfo = info(call, &visit, &breakdown, &shown);
    let setldetail = setlinfo.details();
    let detlcutinfo = lines.iter().map(split_line).collect();
    Ok(t2101::Output { setlinfo, setldetail, detlcutinfo }.value())
}

/// 2102: visit, lines and settlement in one message.
pub async fn settle(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t2102::Input::read(call.request)?;
    let purchase = purchase_of(call, &input)?;
    let shown = input.druginfo.credential()?;
    let given = lines(call, input.drugdetail)?;
    let person = match known_already(call).await? {
        None => match purchase::identify(call.node, &purchase, &shown).await {
            Ok(person) => Some(person),
            Err(Failure::Refused(refusal)) => return call.refuse(&refusal).await,
            Err(trouble) => return Err(trouble),
        },
        Some(Known::UnderWay { .. }) => None,
        Some(known) => return call.known(known),
    };
    let context = &call.node.context;
    let id = SettlementId::new(call.node.province, context.now(), context.ids.serial());
    settlement::settle_alone(call, id, async |work| {
        // Only a message that was under way is not asked about again, and such a one does not begin anew.
        let under_way = || Failure::Trouble(Refusal::MessageUnderWay { infno: call.request.infno.clone() });
        let person = person.ok_or_else(under_way)?;
        purchase::begin(call.node, work, &purchase, &person, (id, given)).await
    })
    .await
}
