//! Documents that were issued (文书): what each says, its number and its code. One number is one document for ever: whoever issues
//! it again gets the first.

use crate::{
    Conn, Document, Result, Work,
    document::document,
    participant_number,
    row::{day_if, moment},
    search::limited,
};
use sqlx::{Row, postgres::PgRow};
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

/// Documents of some kinds, after one that was issued at a moment under a number, in the order of issue.
pub async fn list(
    conn: &mut Conn,
    owner: Participant,
    kinds: &[&str],
    after: Option<&(Moment, String)>,
    most: i64,
) -> Result<Vec<IssuedDocument>> {
    let (at, number) = after.map_or((i64::MIN, ""), |(at, number)| (at.millis(), number));
    let rows = sqlx::query(limited(
        "select * from issued_document
         where province = $1 and kind = any($2) and (issued_at, number) > ($3, $4)
         order by issued_at, number",
        most,
    ))
    .bind(participant_number(owner))
    .bind(kinds)
    .bind(at)
    .bind(number)
    .fetch_all(conn)
    .await?;
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
        for (kinds, after, numbers) in [
            (&all[..], None, vec!["FK-1", "PZ-1", "FK-0"]),
            (&all[..1], None, vec!["FK-1", "FK-0"]),
            (&all[..], Some(at("2026-11-30 10:00:00", "FK-1")), vec!["PZ-1", "FK-0"]),
            (&all[1..], Some(at("2026-11-30 10:00:00", "PZ-1")), vec![]),
        ] {
            let found = list(&mut conn, hubei, kinds, after.as_ref(), 10).await.unwrap();
            let found: Vec<_> = found.iter().map(|one| one.number.as_str()).collect();
            assert_eq!(found, numbers, "{kinds:?} {after:?}");
        }
        assert_eq!(find(&mut conn, Participant::Hub, "FK-1").await.unwrap(), None, "another's is not ours");
    }
}
