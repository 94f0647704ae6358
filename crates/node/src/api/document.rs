//! Documents (文书): a clerk has them issued, lists and fetches them; anybody who holds one verifies it, without a token.

use super::{Answer, Clerk, Input, Managed, list::Asked, query, read};
use crate::{
    ProvinceNode,
    context::Failure,
    documents::{self, Desk, Listed},
};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use document::{Format, Kind, Number, Seal, missing_characters};
use std::sync::Arc;
use store::issued_document::IssuedDocument;
use terms::Refusal;
use wire::{
    api::document::{DocumentView, Documents, GenuineDocument, NewDocument, VerifiedDocument},
    openapi::page::{escaped, page},
};

/// The routes of a province; the hub's are the same.
pub(super) fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/documents", get(list::<ProvinceNode>).post(issue::<ProvinceNode>))
        .route("/api/v1/funds/documents/{file}", get(find::<ProvinceNode>))
        .route("/api/v1/verify/{number}", get(verify::<ProvinceNode>))
}

/// Has a document issued, or gets the one that was issued before.
pub(crate) async fn issue<N: Desk + Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Input(body): Input<NewDocument>,
) -> Result<Answer, Answer> {
    let kind = kind_of(&body.kind)?;
    let subject = body.subject.trim();
    let issued = documents::issue(&*node, kind, subject, &clerk.name).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&view(&issued)?))
}

/// Lists documents: of a kind or all, by number and days, in the order of issue.
pub(crate) async fn list<N: Desk + Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    uri: Uri,
) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let mark = |text| documents::read_mark(text).ok_or_else(|| Refusal::invalid("after", "上一页的next"));
    let listed = Listed {
        kind: asked.text("kind").map(kind_of).transpose()?,
        number: asked.text("number").map(str::to_uppercase),
        days: asked.days()?,
        backwards: asked.sorted(&["issued_at"])?.1,
        after: asked.text("after").map(mark).transpose()?,
    };
    let found = documents::list(node.context(), &listed).await;
    let (found, next) = found.map_err(Failure::refusal)?;
    let documents = found.iter().map(view).collect::<Result<_, Refusal>>()?;
    Ok(Answer::json(&Documents { documents, next }))
}

/// One document: `number.pdf`, `number.xlsx` or `number.csv` as a file, `number` alone as what is known of it.
pub(crate) async fn find<N: Desk + Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    Path(file): Path<String>,
) -> Result<Response, Answer> {
    let Some((number, end)) = file.rsplit_once('.') else {
        let issued = documents::find(node.context(), &number_of(&file)?).await.map_err(Failure::refusal)?;
        return Ok(Answer::json(&view(&of_the_funds(issued)?)?).into_response());
    };
    let format =
        Format::of_extension(end).ok_or_else(|| Refusal::invalid("file", "编号.pdf、编号.xlsx或编号.csv"))?;
    let number = number_of(number)?;
    let issued = of_the_funds(documents::find(node.context(), &number).await.map_err(Failure::refusal)?)?;
    let written = documents::write(&issued, format).await.map_err(Failure::refusal)?;
    Ok(attached_file(&number, format, written))
}

/// A document as a file that is saved under its number.
pub(super) fn attached_file(number: &Number, format: Format, written: Vec<u8>) -> Response {
    let end = format.extension();
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{number}.{end}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, written).into_response()
}

/// A document of the funds. One of a person is not there for those who see these: it is fetched where the person's matter is.
fn of_the_funds(issued: IssuedDocument) -> Result<IssuedDocument, Refusal> {
    let of_a_person = Kind::of_name(&issued.kind).is_some_and(Kind::is_of_a_person);
    if of_a_person { Err(Refusal::UnknownDocument { number: issued.number }) } else { Ok(issued) }
}

/// Whether a document is genuine: JSON for programs, a page for whoever scans its code. Nobody is asked who he is, and nobody is
/// told more than the paper says in large.
pub(crate) async fn verify<N: Desk>(
    State(node): State<Arc<N>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Answer> {
    let number: String = number.chars().take(60).collect();
    let code = query(&uri, "code").unwrap_or_default();
    let found = documents::verify(node.context(), &number, &code).await.map_err(Failure::refusal)?;
    let document = match &found {
        Some(issued) => {
            let lapsed = documents::settlement::lapsed(node.context(), issued).await;
            Some(genuine(issued, lapsed.map_err(Failure::refusal)?)?)
        }
        None => None,
    };
    let verified = VerifiedDocument { genuine: document.is_some(), number, document };
    let reads_pages = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if reads_pages {
        return Ok(Html(page("文书核验", &shown(&verified))).into_response());
    }
    Ok(Answer::json(&verified).into_response())
}

fn shown(verified: &VerifiedDocument) -> String {
    let number = escaped(&verified.number);
    let Some(document) = &verified.document else {
        return format!(
            "<h1>核验未通过</h1><p>编号{number}与校验码不符，或本平台没有签发过这份文书。请核对后重试，仍不通过的请向签发单位核实。</p>"
        );
    };
    let row = |name: &str, value: &str| format!("<tr><th>{name}</th><td>{}</td></tr>", escaped(value));
    let mut rows = vec![
        row("编号", &verified.number),
        row("文书", &document.title),
        row("签发单位", &document.issuer),
        row("日期", &document.day.to_string()),
    ];
    if let (Some(total), Some(capitals)) = (&document.total, &document.total_capitals) {
        rows.extend([row("金额（元）", total), row("大写", capitals)]);
    }
    rows.push(row("签发时间", &document.issued_at.to_string()));
    let (head, words) = match &document.lapsed {
        Some(why) => ("文书已失效", why.as_str()),
        None => ("核验通过", "本平台签发过这份文书，请与纸面内容逐项核对。"),
    };
    format!("<h1>{head}</h1><p>{}</p><table>{}</table>", escaped(words), rows.concat())
}

fn genuine(issued: &IssuedDocument, lapsed: Option<String>) -> Result<GenuineDocument, Refusal> {
    let paper = documents::paper_of(issued).map_err(Failure::refusal)?;
    let total = paper.total.map(|(_, total)| total);
    Ok(GenuineDocument {
        title: paper.title,
        issuer: paper.issuer,
        day: paper.day,
        total: total.map(|total| total.to_string()),
        total_capitals: total.map(terms::Fen::capitals),
        issued_at: issued.issued_at,
        lapsed,
    })
}

pub(super) fn view(issued: &IssuedDocument) -> Result<DocumentView, Refusal> {
    let paper = documents::paper_of(issued).map_err(Failure::refusal)?;
    let seal = Seal { code: issued.code.clone() };
    Ok(DocumentView {
        number: issued.number.clone(),
        kind: issued.kind.clone(),
        title: issued.title.clone(),
        day: issued.day,
        total: issued.total.map(|total| total.to_string()),
        code: issued.code.clone(),
        content_hash: issued.content_hash.clone(),
        issued_at: issued.issued_at,
        issued_by: issued.issued_by.clone(),
        verification: paper.verification_address(&seal),
        missing_characters: missing_characters(&paper).iter().map(ToString::to_string).collect(),
    })
}

fn kind_of(name: &str) -> Result<Kind, Refusal> {
    let kinds = || Kind::ALL.iter().filter(|kind| !kind.is_of_a_person());
    let all = || kinds().map(|kind| kind.name()).collect::<Vec<_>>().join("、");
    Kind::of_name(name)
        .filter(|kind| !kind.is_of_a_person())
        .ok_or_else(|| Refusal::invalid("kind", format!("文书种类：{}", all())))
}

fn number_of(text: &str) -> Result<Number, Refusal> {
    read(text, "number", "文书编号")
}
