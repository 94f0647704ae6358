//! Documents (文书): issued once under a number, kept as what they say, written again at any time, and verified by anybody who
//! holds one.
//!
//! A document is issued of what is in the books ([`source`] finds it); it cannot be made of anything else, and its number follows
//! from what it is about, so that issuing it again gives the same.

pub mod settlement;
pub mod source;

use crate::context::{Context, Outcome};
use document::{Format, Kind, Number, Paper, Seal};
use sign::document::{code, content_hash, fits};
use store::{
    Document,
    issued_document::{self, DocumentsWanted, IssuedDocument},
};
use terms::{Day, Moment, Participant, Refusal};

/// The most documents of one page.
const PAGE: i64 = 100;

/// A node that issues documents.
pub trait Desk: Send + Sync {
    /// What its use cases are given.
    fn context(&self) -> &Context;

    /// `http://host:port` at which its documents are verified, as the world sees it; empty where nobody can.
    fn portal(&self) -> &str;
}

impl Desk for crate::Hub {
    fn context(&self) -> &Context {
        &self.context
    }

    fn portal(&self) -> &str {
        &self.portal
    }
}

impl Desk for crate::ProvinceNode {
    fn context(&self) -> &Context {
        &self.context
    }

    fn portal(&self) -> &str {
        &self.settings.portal
    }
}

/// The name of the agency that a node works for, as it stands on documents.
pub fn agency(me: Participant) -> String {
    let place = match me {
        Participant::Hub => "国家",
        Participant::Province(province) => province.division().name().unwrap_or("本省"),
    };
    format!("{place}医疗保障经办机构")
}

/// Issues the document of a kind about something.
pub async fn issue(desk: &impl Desk, kind: Kind, subject: &str, by: &str) -> Outcome<IssuedDocument> {
    let context = desk.context();
    let name = agency(context.me);
    let office = document::Office { name: &name, portal: desk.portal() };
    let paper = source::paper(context, &office, kind, subject).await?;
    keep(context, &paper, by).await
}

/// Keeps a paper as issued; if its number was issued before, that one stands.
async fn keep(context: &Context, paper: &Paper, by: &str) -> Outcome<IssuedDocument> {
    let content = Document::of(paper);
    let content_hash = content_hash(content.text());
    let new = IssuedDocument {
        number: paper.number.to_string(),
        kind: paper.kind.name().to_owned(),
        title: paper.title.clone(),
        day: paper.day,
        total: paper.total.as_ref().map(|(_, total)| *total),
        code: code(&context.key, paper.number.as_str(), &content_hash),
        content,
        content_hash,
        issued_at: context.now(),
        issued_by: by.to_owned(),
    };
    let mut work = context.store.begin().await?;
    let issued = issued_document::issue(&mut work, context.me, &new).await?;
    work.save().await?;
    Ok(issued)
}

/// The document with this number.
pub async fn find(context: &Context, number: &Number) -> Outcome<IssuedDocument> {
    let mut conn = context.store.conn().await?;
    let found = issued_document::find(&mut conn, context.me, number.as_str()).await?;
    found.ok_or_else(|| Refusal::UnknownDocument { number: number.to_string() }.into())
}

/// A document as a file. What it is written of must be what was issued.
pub async fn write(issued: &IssuedDocument, format: Format) -> Outcome<Vec<u8>> {
    let (paper, seal) = (paper_of(issued)?, Seal { code: issued.code.clone() });
    let write = move || document::write(&paper, &seal, format);
    Ok(tokio::task::spawn_blocking(write).await.expect("writing a kept paper does not panic"))
}

/// What a document says.
pub fn paper_of(issued: &IssuedDocument) -> Outcome<Paper> {
    Ok(issued.content.read::<Paper>()?)
}

/// Which documents of the funds are listed, and in which order.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// Of this kind; none: all.
    pub kind: Option<Kind>,
    /// Whose number begins so.
    pub number: Option<String>,
    /// Issued from the first of these days to the last.
    pub days: (Option<Day>, Option<Day>),
    /// The last that was issued first.
    pub backwards: bool,
    /// The one with which the page before ended.
    pub after: Option<(Moment, String)>,
}

/// A page of documents of the funds, and what to ask on with.
pub async fn list(context: &Context, listed: &Listed) -> Outcome<(Vec<IssuedDocument>, Option<String>)> {
    let mut conn = context.store.conn().await?;
    let kinds: Vec<&str> = match listed.kind {
        Some(kind) => vec![kind.name()],
        None => Kind::ALL.iter().filter(|kind| !kind.is_of_a_person()).map(|kind| kind.name()).collect(),
    };
    let wanted = DocumentsWanted {
        kinds: &kinds,
        number: listed.number.as_deref(),
        days: listed.days,
        backwards: listed.backwards,
        after: listed.after.as_ref(),
        most: PAGE,
    };
    let found = issued_document::list(&mut conn, context.me, &wanted).await?;
    let is_whole = i64::try_from(found.len()).is_ok_and(|len| len == PAGE);
    let next = found.last().filter(|_| is_whole).map(|last| mark(last.issued_at, &last.number));
    Ok((found, next))
}

fn mark(at: Moment, number: &str) -> String {
    format!("{}.{number}", at.millis())
}

/// What a page ended with, out of its `next`.
pub fn read_mark(text: &str) -> Option<(Moment, String)> {
    let (at, number) = text.split_once('.')?;
    let number: Number = number.parse().ok()?;
    Some((Moment::from_millis(at.parse().ok()?)?, number.to_string()))
}

/// The document of this number, if this is its code and it says what it said when it was issued. Which of that is not so is not
/// told.
pub async fn verify(context: &Context, number: &str, shown: &str) -> Outcome<Option<IssuedDocument>> {
    let Ok(number) = number.parse::<Number>() else { return Ok(None) };
    let mut conn = context.store.conn().await?;
    let found = issued_document::find(&mut conn, context.me, number.as_str()).await?;
    Ok(found.filter(|issued| {
        let unchanged = content_hash(issued.content.text()) == issued.content_hash;
        fits(shown, &issued.code) && unchanged
    }))
}
