//! 3201 医药机构费用结算对总账, 3202 医药机构费用结算对明细账.

use super::{Call, files};
use crate::{
    context::Outcome,
    office,
    reconciliation::{self as accounts, Wanted},
};
use funds::{
    apportioning::Share,
    statement::{ComparedDays, Disagreement, Totals, compare_totals},
};
use serde_json::Value;
use store::file::{self, File};
use terms::{AdminDivision, Fen, Refusal};
use wire::hospital::{
    archive, inf_refmsgid,
    statement::{ListLine, ResultLine, Scope, read_list},
    t3201, t3202,
};

/// 3201: what it came to is written down, for the office to which days wait that were not compared. Of what gives back or not alone, a comparison
/// says nothing of the day. The same holds of 3202.
pub async fn totals(call: &Call<'_>) -> Outcome<Value> {
    let t3201::Input { scope, totals, count } = t3201::Input::read(call.request)?;
    let agency = agency_of(call, &scope)?;
    let mut conn = call.node.context.store.conn().await?;
    let period = accounts::days(scope.first, scope.last);
    let entries = accounts::entries(&mut conn, call.node, call.institution, &period).await?;
    let wanted = Wanted { scheme: Some(totals.insutype), care: scope.care, refunds: scope.refunds };
    let ours = Totals::of(&Share::of(accounts::wanted(&entries, &wanted)));
    let theirs = Totals {
        total: totals.medfee_sumamt,
        fund_total: totals.fund_pay_sumamt,
        account: totals.acct_pay,
        count,
    };
    drop(conn);
    let differences: Vec<String> =
        compare_totals(&theirs, &ours).iter().map(Disagreement::to_string).collect();
    if scope.refunds.is_none() {
        let compared = ComparedDays {
            first: scope.first,
            last: scope.last,
            scheme: totals.insutype,
            care: scope.care,
            agreed: differences.is_empty(),
            at: call.received,
        };
        let mut work = call.node.context.store.begin().await?;
        office::keep_comparison(&mut work, call.institution, &compared).await?;
        work.save().await?;
    }
    Ok(t3201::Output { agency, differences }.value())
}

/// The agency that clears with the institution; it must be the one that is asked about.
fn agency_of(call: &Call<'_>, scope: &Scope) -> Result<AdminDivision, Refusal> {
    check_agency(call, "setl_optins", scope.agency)?;
    Ok(call.area().division())
}

/// An institution has one agency: its pooling area's. Places in the area, and the province, are read as that.
pub fn check_agency(call: &Call<'_>, field: &str, given: Option<AdminDivision>) -> Result<(), Refusal> {
    let area = call.area().division();
    let fits = |given: AdminDivision| area.contains(given) || given == call.node.province.division();
    if given.is_none_or(fits) {
        return Ok(());
    }
    Err(Refusal::invalid(field, format!("本机构的清算经办机构{area}")))
}

/// 3202: the result is kept as a file.
pub async fn details(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t3202::Input::read(call.request)?;
    call.once(async |work| {
        let agency = agency_of(call, &input.scope)?;
        let list = uploaded(call, work.conn(), &input).await?;
        let (first, last) = (input.scope.first, input.scope.last);
        let period = accounts::days(first, last);
        let wanted = Wanted { scheme: None, care: input.scope.care, refunds: input.scope.refunds };
        let ours = accounts::ours(work.conn(), call.node, call.institution, (&period, wanted), &list).await?;
        let name = format!("3202_{agency}_{}_{}", first.number(), last.number());
        let text_name = format!("{name}.txt");
        let compared = tokio::task::spawn_blocking(move || {
            let (results, agreed) = accounts::compare(list, &ours);
            (archive::pack(&text_name, &text_of(results)), agreed)
        });
        let (content, agreed) = compared.await.expect("comparing values does not stop");
        if input.scope.refunds.is_none() {
            for (scheme, agreed) in agreed {
                let care = input.scope.care;
                let compared = ComparedDays { first, last, scheme, care, agreed, at: call.received };
                office::keep_comparison(work, call.institution, &compared).await?;
            }
        }
        let context = &call.node.context;
        let now = context.now();
        let file = File {
            id: inf_refmsgid(call.node.province, now, context.ids.serial()),
            owner: call.institution.code.to_string(),
            kind: call.request.infno.clone(),
            name: format!("{name}.zip"),
            content,
            created_at: now,
            expires_at: now.plus_millis(files::KEPT),
        };
        file::put(work, call.area(), &file).await?;
        let output =
            t3202::Output { file_qury_no: file.id, filename: file.name, dld_endtime: file.expires_at };
        Ok(Some(output.output()))
    })
    .await
}

/// The list that was uploaded by 9101, which must come to what the message says.
async fn uploaded(call: &Call<'_>, conn: &mut store::Conn, input: &t3202::Input) -> Outcome<Vec<ListLine>> {
    let id = &input.list.file_qury_no;
    let owner = (call.area(), call.institution.code.as_str());
    let found = file::find(conn, owner, id, call.received).await?;
    let file = found
        .filter(|file| file.kind == "9101")
        .ok_or_else(|| Refusal::UnknownFile { file_qury_no: id.clone() })?;
    let text =
        archive::unpack(&file.content).map_err(|wrong| Refusal::BadFile { reason: wrong.0.to_owned() })?;
    let list = read_list(&text)?;
    let (total, funds) = accounts::sums(&list);
    check_sum("medfee_sumamt", input.list.medfee_sumamt, total)?;
    check_sum("fund_pay_sumamt", input.list.fund_pay_sumamt, funds)?;
    if usize::try_from(input.count) != Ok(list.len()) {
        let expected = format!("与清单一致的笔数{}（所传为{}）", list.len(), input.count);
        return Err(Refusal::invalid("fixmedins_setl_cnt", expected).into());
    }
    Ok(list)
}

fn check_sum(field: &str, given: Fen, sum: Fen) -> Result<(), Refusal> {
    if given == sum {
        return Ok(());
    }
    Err(Refusal::invalid(field, format!("与清单合计一致的{sum}（所传为{given}）")))
}

fn text_of(lines: Vec<ResultLine>) -> String {
    let rows: Vec<Vec<Option<String>>> = lines.into_iter().map(ResultLine::columns).collect();
    archive::text(rows.iter().map(Vec::as_slice))
}
