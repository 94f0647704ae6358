//! What audit found, and what the doctor did about it.

use crate::{
    Conn, Result, Work,
    row::{area_of, fen, moment, moment_if},
};
use serde_json::Value;
use sqlx::{Row, postgres::PgRow, types::Json};
use terms::{Fen, InstitutionCode, Moment, PoolingArea};

/// A finding (违规信息).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFinding {
    /// 违规标识.
    pub id: String,
    /// 交易编号 of the question: `3101`, `3102`.
    pub infno: String,
    /// 报文ID of the question.
    pub msgid: String,
    /// 就诊标识, as the institution names it.
    pub visit: String,
    /// 触发场景, if said.
    pub scene: Option<String>,
    /// 规则ID.
    pub rule: String,
    /// 严重程度.
    pub severity: String,
    /// 违规金额.
    pub amount: Fen,
    /// 违规内容.
    pub content: String,
    /// 违规依据.
    pub evidence: String,
    /// 违规明细.
    pub lines: Vec<AuditLine>,
    /// When it was found.
    pub found_at: Moment,
    /// What the doctor did, if said.
    pub answer: Option<AuditAnswer>,
}

/// A line of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// 处方（医嘱）标识, or 费用明细流水号.
    pub line: String,
    /// 违规明细类型.
    pub kind: String,
    /// 违规金额.
    pub amount: Fen,
}

/// What the doctor did about a finding (3103).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditAnswer {
    /// 处理方式: `1` 继续执行, `2` 返回修改.
    pub disposition: String,
    /// 处理原因.
    pub reason: Option<String>,
    /// When it was said.
    pub at: Moment,
}

/// Keeps findings that nobody has answered yet.
pub async fn insert(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    findings: &[AuditFinding],
) -> Result<()> {
    let texts = |of: fn(&AuditFinding) -> &str| findings.iter().map(of).collect::<Vec<_>>();
    let numbers = |of: fn(&AuditFinding) -> i64| findings.iter().map(of).collect::<Vec<_>>();
    let scenes: Vec<Option<&str>> = findings.iter().map(|finding| finding.scene.as_deref()).collect();
    let line = |line: &AuditLine| {
        Value::from(vec![line.line.clone().into(), line.kind.clone().into(), Value::from(line.amount.0)])
    };
    let lines: Vec<Value> =
        findings.iter().map(|finding| finding.lines.iter().map(line).collect::<Vec<_>>().into()).collect();
    sqlx::query(
        "insert into audit_finding (area, institution, id, infno, msgid, visit, scene, rule, severity, amount, content,
                                    evidence, lines, found_at)
         select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::bigint[], $11::text[], $12::text[], $13::jsonb[], $14::bigint[])",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(texts(|finding| &finding.id))
    .bind(texts(|finding| &finding.infno))
    .bind(texts(|finding| &finding.msgid))
    .bind(texts(|finding| &finding.visit))
    .bind(scenes)
    .bind(texts(|finding| &finding.rule))
    .bind(texts(|finding| &finding.severity))
    .bind(numbers(|finding| finding.amount.0))
    .bind(texts(|finding| &finding.content))
    .bind(texts(|finding| &finding.evidence))
    .bind(lines)
    .bind(numbers(|finding| finding.found_at.millis()))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes down what the doctor did about a finding of this transaction, in place of what was said before; false if the
/// institution has no such finding.
pub async fn answer(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    (infno, id): (&str, &str),
    answer: &AuditAnswer,
) -> Result<bool> {
    let done = sqlx::query(
        "update audit_finding set disposition = $5, reason = $6, answered_at = $7
         where area = $1 and id = $2 and institution = $3 and infno = $4",
    )
    .bind(area_of(area))
    .bind(id)
    .bind(institution.as_str())
    .bind(infno)
    .bind(&answer.disposition)
    .bind(&answer.reason)
    .bind(answer.at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What was found of a visit, oldest first and by rule; the latest thousand.
pub async fn list(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    visit: &str,
) -> Result<Vec<AuditFinding>> {
    let rows = sqlx::query(
        "select * from audit_finding where area = $1 and institution = $2 and visit = $3
         order by found_at desc, rule desc, id desc limit 1000",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(visit)
    .fetch_all(conn)
    .await?;
    rows.iter().rev().map(read).collect()
}

fn read(row: &PgRow) -> Result<AuditFinding> {
    let disposition: Option<String> = row.try_get("disposition")?;
    let answered_at = moment_if(row, "answered_at")?;
    let reason = row.try_get("reason")?;
    let answer =
        disposition.zip(answered_at).map(|(disposition, at)| AuditAnswer { disposition, reason, at });
    let lines: Vec<(String, String, i64)> = row.try_get::<Json<_>, _>("lines")?.0;
    let lines = lines.into_iter().map(|(line, kind, amount)| AuditLine { line, kind, amount: Fen(amount) });
    Ok(AuditFinding {
        id: row.try_get("id")?,
        infno: row.try_get("infno")?,
        msgid: row.try_get("msgid")?,
        visit: row.try_get("visit")?,
        scene: row.try_get("scene")?,
        rule: row.try_get("rule")?,
        severity: row.try_get("severity")?,
        amount: fen(row, "amount")?,
        content: row.try_get("content")?,
        evidence: row.try_get("evidence")?,
        lines: lines.collect(),
        found_at: moment(row, "found_at")?,
        answer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::AdminDivision;

    fn finding(id: &str, infno: &str, visit: &str, scene: Option<&str>) -> AuditFinding {
        AuditFinding {
            id: id.to_owned(),
            infno: infno.to_owned(),
            msgid: "m1".to_owned(),
            visit: visit.to_owned(),
            scene: scene.map(str::to_owned),
            rule: "YD0101".to_owned(),
            severity: "2".to_owned(),
            amount: Fen(2_600),
            content: "请核对是否重复收费".to_owned(),
            evidence: "依据".to_owned(),
            lines: vec![
                AuditLine { line: "a".to_owned(), kind: "2".to_owned(), amount: Fen(0) },
                AuditLine { line: "b".to_owned(), kind: "1".to_owned(), amount: Fen(2_600) },
            ],
            found_at: "2026-11-22 10:00:00".parse().unwrap(),
            answer: None,
        }
    }

    #[tokio::test]
    async fn findings_are_kept_and_answered_by_whom_they_were_told() {
        let now: Moment = "2026-11-22 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let area = PoolingArea(AdminDivision::new(420_100).unwrap());
        let (own, other): (InstitutionCode, InstitutionCode) =
            ("H42010600001".parse().unwrap(), "H42010600002".parse().unwrap());
        let mut kept = vec![
            finding("1", "3101", "V1", Some("1")),
            finding("2", "3102", "V1", None),
            finding("3", "3101", "V2", None),
        ];
        let mut work = store.begin().await.unwrap();
        insert(&mut work, (area, &own), &kept).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(list(&mut conn, (area, &own), "V1").await.unwrap(), kept[..2]);
        assert!(list(&mut conn, (area, &other), "V1").await.unwrap().is_empty());

        let said = |way: &str| AuditAnswer {
            disposition: way.to_owned(),
            reason: Some("病情需要".to_owned()),
            at: now,
        };
        let mut work = store.begin().await.unwrap();
        for (institution, infno, id, expected) in [
            (&own, "3101", "1", true),
            (&own, "3102", "1", false),
            (&other, "3101", "1", false),
            (&own, "3101", "9", false),
            (&own, "3102", "2", true),
        ] {
            let done = answer(&mut work, (area, institution), (infno, id), &said("1")).await.unwrap();
            assert_eq!(done, expected, "{institution} {infno} {id}");
        }
        assert!(answer(&mut work, (area, &own), ("3102", "2"), &said("2")).await.unwrap(), "said again");
        work.save().await.unwrap();
        kept[0].answer = Some(said("1"));
        kept[1].answer = Some(said("2"));
        assert_eq!(list(&mut conn, (area, &own), "V1").await.unwrap(), kept[..2]);
    }
}
