//! Documents that were issued (文书): what each says, its number and its code. One number is one document for ever: whoever issues
//! it again gets the first.

use crate::{
    Conn, Document, Result, Work,
    document::document,
    participant_number,
    row::{day_if, moment},
    search::push_limit,
};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};
use terms::{Day, Fen, Moment, Participant};

/// A document as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedDocument {
    /// 文书编号.
    pub number: String,
    /// Its kind's name.
    pub kind: String,
    /// 标题.
    pub title: String,
    /// Its day.
    pub day: Day,
    /// The sum that it is about, if it is about one.
    pub total: Option<Fen>,
    /// What it says.
    pub content: Document,
    /// The hash of that.
    pub content_hash: String,
    /// 校验码.
    pub code: String,
    /// When it was issued.
    pub issued_at: Moment,
    /// The clerk who issued it, or the machine.
    pub issued_by: String,
}

/// Issues a document, unless its number was issued before; then that one stands, and is given back.
pub async fn issue(work: &mut Work, owner: Participant, new: &IssuedDocument) -> Result<IssuedDocument> {
    sqlx::query(
        "insert into issued_document (province, number, kind, title, day, total, content, content_hash, code, issued_at,
                                      issued_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (province, number) do nothing",
    )
    .bind(participant_number(owner))
    .bind(&new.number)
    .bind(&new.kind)
    .bind(&new.title)
    .bind(new.day.number())
    .bind(new.total.map(|total| total.0))
    .bind(new.content.text())
    .bind(&new.content_hash)
    .bind(&new.code)
    .bind(new.issued_at.millis())
    .bind(&new.issued_by)
    .execute(work.conn())
    .await?;
    Ok(find(work.conn(), owner, &new.number).await?.expect("it was put there now or before"))
}

/// The document with this number.
pub async fn find(conn: &mut Conn, owner: Participant, number: &str) -> Result<Option<IssuedDocument>> {
    let row = sqlx::query("select * from issued_document where province = $1 and number = $2")
        .bind(participant_number(owner))
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Which documents, and in which order.
#[derive(Clone, Copy, Debug)]
pub struct DocumentsWanted<'a> {
    /// Of these kinds.
    pub kinds: &'a [&'a str],
    /// Whose number begins so; none: any.
    pub number: Option<&'a str>,
    /// Issued from the first of these days to the last.
    pub days: (Option<Day>, Option<Day>),
    /// The last that was issued first.
    pub backwards: bool,
    /// The one with which the page before ended: when it was issued, and its number.
    pub after: Option<&'a (Moment, String)>,
    /// At most so many.
    pub most: i64,
}

/// Documents in the order of issue. Each kind is read along its own index, so that those of one kind, of which there may be as many as settlements,
/// do not stand in the way of the others.
pub async fn list(
    conn: &mut Conn,
    owner: Participant,
    wanted: &DocumentsWanted<'_>,
) -> Result<Vec<IssuedDocument>> {
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    let mut query = QueryBuilder::<Postgres>::new("select one.* from unnest(");
    query.push_bind(wanted.kinds.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>());
    query.push(
        "::text[]) as asked (kind) cross join lateral (select * from issued_document of where of.province = ",
    );
    query.push_bind(participant_number(owner)).push(" and of.kind = asked.kind");
    if let Some((at, number)) = wanted.after {
        query.push(format!(" and (of.issued_at, of.number) {than} (")).push_bind(at.millis()).push(", ");
        query.push_bind(number.clone()).push(")");
    }
    if let Some(number) = wanted.number {
        query.push(" and starts_with(of.number, ").push_bind(number.to_owned()).push(")");
    }
    if let Some(first) = wanted.days.0 {
        query.push(" and of.issued_at >= ").push_bind(first.start().millis());
    }
    if let Some(last) = wanted.days.1 {
        query.push(" and of.issued_at < ").push_bind(last.plus_days(1).start().millis());
    }
    query.push(format!(" order by of.issued_at {direction}, of.number {direction}"));
    push_limit(&mut query, wanted.most);
    query.push(format!(") one order by one.issued_at {direction}, one.number {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<IssuedDocument> {
    Ok(IssuedDocument {
        number: row.try_get("number")?,
        kind: row.try_get("kind")?,
        title: row.try_get("title")?,
        day: day_if(row, "day")?.expect("the column is not null"),
        total: row.try_get::<Option<i64>, _>("total")?.map(Fen),
        content: document(row, "content")?,
        content_hash: row.try_get("content_hash")?,
        code: row.try_get("code")?,
        issued_at: moment(row, "issued_at")?,
        issued_by: row.try_get("issued_by")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;

    fn new(number: &str, kind: &str, at: &str) -> IssuedDocument {
        IssuedDocument {
            number: number.to_owned(),
            kind: kind.to_owned(),
            title: "跨省异地就医费用付款通知书".to_owned(),
            day: "2026-11-30".parse().unwrap(),
            total: Some(Fen(1)),
            content: Document::of(&number),
            content_hash: "00".to_owned(),
            code: "ABC".to_owned(),
            issued_at: at.parse().unwrap(),
            issued_by: "赵某甲".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_number_is_one_document_for_ever() {
        let store = TestCluster::shared().fresh_store("2026-11-30 10:00:00".parse().unwrap()).await;
        let hubei = Participant::Province("420000".parse().unwrap());
        let mut work = store.begin().await.unwrap();
        let first = new("FK-1", "payment_notice", "2026-11-30 10:00:00");
        assert_eq!(issue(&mut work, hubei, &first).await.unwrap(), first);
        let again =
            IssuedDocument { total: Some(Fen(2)), issued_by: "钱某乙".to_owned(), ..first.clone() };
        assert_eq!(issue(&mut work, hubei, &again).await.unwrap(), first, "the first stands");
        let second = new("PZ-1", "voucher", "2026-11-30 10:00:00");
        let third = IssuedDocument { total: None, ..new("FK-0", "payment_notice", "2026-11-30 11:00:00") };
        for one in [&second, &third] {
            assert_eq!(&issue(&mut work, hubei, one).await.unwrap(), one);
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let at = |text: &str, number: &str| (text.parse().unwrap(), number.to_owned());
        let all = ["payment_notice", "voucher"];
        let day = |text: &str| Some(text.parse::<Day>().unwrap());
        let wanted = DocumentsWanted {
            kinds: &all,
            number: None,
            days: (None, None),
            backwards: false,
            after: None,
            most: 10,
        };
        let (first, last) = (at("2026-11-30 10:00:00", "FK-1"), at("2026-11-30 10:00:00", "PZ-1"));
        for (wanted, numbers) in [
            (wanted, vec!["FK-1", "PZ-1", "FK-0"]),
            (DocumentsWanted { kinds: &all[..1], ..wanted }, vec!["FK-1", "FK-0"]),
            (DocumentsWanted { after: Some(&first), ..wanted }, vec!["PZ-1", "FK-0"]),
            (DocumentsWanted { kinds: &all[1..], after: Some(&last), ..wanted }, vec![]),
            (DocumentsWanted { backwards: true, ..wanted }, vec!["FK-0", "PZ-1", "FK-1"]),
            (DocumentsWanted { backwards: true, most: 1, ..wanted }, vec!["FK-0"]),
            (DocumentsWanted { backwards: true, after: Some(&last), ..wanted }, vec!["FK-1"]),
            (DocumentsWanted { number: Some("FK"), ..wanted }, vec!["FK-1", "FK-0"]),
            (
                DocumentsWanted { days: (day("2026-11-30"), day("2026-11-30")), ..wanted },
                vec!["FK-1", "PZ-1", "FK-0"],
            ),
            (DocumentsWanted { days: (day("2026-12-01"), None), ..wanted }, vec![]),
            (DocumentsWanted { days: (None, day("2026-11-29")), ..wanted }, vec![]),
        ] {
            let found = list(&mut conn, hubei, &wanted).await.unwrap();
            let found: Vec<_> = found.iter().map(|one| one.number.as_str()).collect();
            assert_eq!(found, numbers, "{wanted:?}");
        }
        assert_eq!(find(&mut conn, Participant::Hub, "FK-1").await.unwrap(), None, "another's is not ours");
    }
}
