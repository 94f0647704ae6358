//! 3260 提取异地清分明细, 3261 异地清分结果确认, 3262 异地清分结果确认回退.

use super::Call;
use crate::{
    apportioning::{self as months, Said},
    context::{Failure, Outcome},
    reconciliation::Entry,
};
use serde_json::Value;
use store::{apportioning::Detail, message::Known, reconciliation};
use wire::hospital::{Answer, inf_refmsgid, t3260, t3261, t3262};

/// 3260: nothing is written.
pub async fn extract(call: &Call<'_>) -> Outcome<Value> {
    let input = t3260::Input::read(call.request)?;
    let mut conn = call.node.context.store.conn().await?;
    let entries = months::month(&mut conn, call.node, call.institution, input.month).await?;
    let numbered: Vec<(usize, &Entry)> =
        (1..).zip(&entries).skip(input.start - 1).take(t3260::ROWS_MAX).collect();
    let visits: Vec<_> = numbered.iter().map(|(_, entry)| entry.visit).collect();
    let whose = (call.node.province, &call.institution.code);
    let guests = reconciliation::guests(&mut conn, whose, &visits).await?;
    let row = |(number, entry): (usize, &Entry)| t3260::Line {
        seqno: number.to_string(),
        mdtrtarea: call.area().division(),
        medins_no: call.institution.code.clone(),
        certno: guests[&entry.visit].citizen.reveal().to_owned(),
        mdtrt_id: entry.visit,
        mdtrt_setl_time: entry.line.at,
        setl_sn: entry.line.id,
        fulamt_advpay_flag: false,
        medfee_sumamt: entry.line.total,
        optins_pay_sumamt: entry.line.agency_pays(),
    };
    Ok(t3260::Output { data: numbered.into_iter().map(row).collect() }.value())
}

/// 3261: kept under the number of its answer (`inf_refmsgid`), by which 3262 takes it back.
pub async fn confirm(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t3261::Input::read(call.request)?;
    let said = input.detail.iter().map(said).collect();
    let (mut work, known) = call.begin(None).await?;
    if known != Known::New {
        return call.known(known);
    }
    let context = &call.node.context;
    let number = inf_refmsgid(call.node.province, context.now(), context.ids.serial());
    let confirmation = (number.as_str(), input.month);
    match months::confirm(call.node, &mut work, call.institution, confirmation, said).await {
        Ok(()) => {
            let answer = Answer::success(None).render(&number, call.received, context.now());
            call.keep(work, &answer).await
        }
        Err(Failure::Refused(refusal)) => {
            drop(work);
            call.refuse(&refusal).await
        }
        Err(trouble) => Err(trouble),
    }
}

fn said(detail: &t3261::Detail) -> Said {
    Said {
        visit: detail.mdtrt_id,
        detail: Detail {
            line: detail.setl_sn,
            confirmed: detail.cnfm_flag.expect("a line that says nothing is not read"),
            total: detail.medfee_sumamt,
            agency_pays: detail.optins_pay_sumamt,
        },
    }
}

/// 3262.
pub async fn withdraw(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t3262::Input::read(call.request)?;
    call.once(async |work| {
        let which = (input.confirmation.as_deref(), input.month);
        months::withdraw(call.node, work, call.institution, which).await?;
        Ok(None)
    })
    .await
}
