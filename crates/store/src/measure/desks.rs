//! What a year of work leaves on the desks of a node beside its settlements: entries of the audit trail, papers, vouchers, complaints,
//! differences, notices, entries of the bank. Written with the functions that nodes write them with, or copied from rows that a node wrote.

use crate::{
    Result, Store, audit_trail, bank, complaint, difference,
    notice::{self, KeptNotice},
    participant_number,
};
use casework::{
    complaint::{Complaint, Kind, Stage},
    difference::{Matter, Note, Stage as DifferenceStage},
};
use funds::{
    bank::{Counterparty, Entry, Nature},
    chart::Purse,
    notice::{Cause, Notice, NoticeLine, NoticeNumber},
    reconciliation::{Cause as Why, DifferenceKind, Part, Side},
};
use terms::{Fen, Fund, InsuranceScheme, Moment, Participant, Province, SettlementId};

/// How much of each goes in by one statement, or by one unit of work.
const AT_ONCE: i64 = 10_000;

/// Adds entries to the audit trail of a node, each with its hash, as of many accounts over the year that ends now.
pub async fn fill_audit_trail(store: &Store, node: Participant, entries: i64, now: Moment) -> Result<()> {
    const DONE: [(&str, &str); 4] = [
        ("read-settlements", "settlements"),
        ("read-filings", "filing"),
        ("decide-filings", "filing"),
        ("read-people", "person"),
    ];
    let mut conn = store.conn().await?;
    let mut previous = audit_trail::FIRST;
    for first in (0..entries).step_by(usize::try_from(AT_ONCE).expect("a small number")) {
        let numbers = first..entries.min(first + AT_ONCE);
        let mut chain = Vec::new();
        for n in numbers {
            let (action, what) = DONE[usize::try_from(n % 4).unwrap_or_default()];
            let event = audit_trail::Event {
                at: now.plus_millis((n - entries) * 31_536_000_000 / entries.max(1)),
                account: format!("clerk-{:03}", n % 200),
                role: "agency-operator".to_owned(),
                area: "province".to_owned(),
                action: action.to_owned(),
                subject: format!("{what}:{n:011}"),
                outcome: if n % 50 == 0 { "not-permitted" } else { "done" }.to_owned(),
                duty: String::new(),
                address: format!("10.0.{}.{}", n % 7, n % 200),
            };
            let hash = audit_trail::hash_of(n + 1, &event, &previous);
            chain.push((n + 1, event, previous, hash));
            previous = hash;
        }
        let text = |of: fn(&audit_trail::Event) -> &String| -> Vec<String> {
            chain.iter().map(|(_, event, ..)| of(event).clone()).collect()
        };
        sqlx::query(
            "insert into audit_trail (province, sequence, at, account, role, area, action, subject, outcome, duty, address,
                                      previous, hash)
             select $1, entry.* from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
                 $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bytea[]) as entry",
        )
        .bind(participant_number(node))
        .bind(chain.iter().map(|one| one.0).collect::<Vec<_>>())
        .bind(chain.iter().map(|one| one.1.at.millis()).collect::<Vec<_>>())
        .bind(text(|event| &event.account))
        .bind(text(|event| &event.role))
        .bind(text(|event| &event.area))
        .bind(text(|event| &event.action))
        .bind(text(|event| &event.subject))
        .bind(text(|event| &event.outcome))
        .bind(text(|event| &event.duty))
        .bind(text(|event| &event.address))
        .bind(chain.iter().map(|one| one.2.to_vec()).collect::<Vec<_>>())
        .bind(chain.iter().map(|one| one.3.to_vec()).collect::<Vec<_>>())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Enters vouchers into a node's ledger over the year that ends on a day: each of some legs between the accounts of real movements. What
/// they come to stands in no account's sums, so that a proof of this ledger does not hold.
pub async fn fill_vouchers(store: &Store, node: Participant, vouchers: i64, now: Moment) -> Result<()> {
    let mut conn = store.conn().await?;
    // The nth of so many, with the moment of each, and the number that it has in its month.
    sqlx::query(
        "create temp table entered as
         select n, at, 'measured/' || n as id, month, to_char(local, 'YYYYMMDD')::integer as day,
                row_number() over (partition by month order by n) + coalesce(
                    (select max(number) from ledger_voucher known where known.province = $1 and known.month = dated.month),
                    0) as number
         from (select *, to_char(local, 'YYYYMM')::integer as month
               from (select *, to_timestamp(at / 1000) at time zone 'Asia/Shanghai' as local
                     from (select n, $3 - ($2 - n) * 31536000000 / $2 as at from generate_series(1::bigint, $2) as n) timed
                    ) placed) dated",
    )
    .bind(participant_number(node))
    .bind(vouchers)
    .bind(now.millis())
    .execute(&mut *conn)
    .await?;
    for statement in [
        "insert into ledger_voucher (province, id, month, number, code, subject, summary, day, recorded_at, posted_by)
         select $1, id, month, number, 'settlements', 'day:' || day, '异地就医结算汇总', day, at, '系统' from entered",
        "insert into ledger_leg (province, month, voucher, leg, day, debit, credit, amount, phase)
         select $1, month, id, leg, day, debit, credit, 100 + n, 0
         from entered, (select row_number() over () - 1 as leg, debit, credit
                        from (select distinct debit, credit from transfer limit 4) moved) legs",
    ] {
        sqlx::query(statement).bind(participant_number(node)).execute(&mut *conn).await?;
    }
    sqlx::query("drop table entered").execute(&mut *conn).await?;
    Ok(())
}

/// Copies a paper of a kind that a node has issued so often under other numbers, as issued over the year that ends with it.
pub async fn copy_papers(store: &Store, node: Participant, kind: &str, copies: i64) -> Result<()> {
    let mut conn = store.conn().await?;
    sqlx::query(
        "insert into issued_document (province, number, kind, title, day, total, content, content_hash, code, issued_at, issued_by)
         select province, number || '-' || n, kind, title, day, total, content, content_hash, code,
                issued_at - n * 31536000000 / $3, issued_by
         from (select * from issued_document where province = $1 and kind = $2 order by number limit 1) model,
              generate_series(1::bigint, $3) as n",
    )
    .bind(participant_number(node))
    .bind(kind)
    .bind(copies)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Writes complaints of the year that ends now, nine in ten of which are closed.
pub async fn fill_complaints(store: &Store, province: Province, complaints: i64, now: Moment) -> Result<()> {
    let mut work = store.begin().await?;
    for n in 0..complaints {
        let received_at = now.plus_millis((n - complaints) * 31_536_000_000 / complaints.max(1));
        let stage = if n % 10 == 0 {
            Stage::ALL[usize::try_from(n / 10 % 3).unwrap_or_default()]
        } else {
            Stage::Closed
        };
        let complaint = Complaint {
            number: format!("T{}{:06}", received_at.compact_millis(), n % 1_000_000),
            kind: Kind::ALL[usize::try_from(n % 6).unwrap_or_default()],
            text: "住院时没有能够直接结算，医院说查不到备案，请核实备案是否有效。".to_owned(),
            about: Some("H42010600901".to_owned()),
            received_at,
            due: received_at.day().plus_days(21),
            stage,
            assigned_to: Some("经办一科".to_owned()),
            answer: None,
            closing: (stage == Stage::Closed).then(|| "已电话答复".to_owned()),
            closed_at: (stage == Stage::Closed).then_some(received_at),
        };
        let kept = complaint::KeptComplaint {
            complaint,
            contact: Some("13800000000".to_owned()),
            key_hash: vec![0; 32],
        };
        complaint::insert(&mut work, province, &kept).await?;
    }
    work.save().await
}

/// Writes differences of a province's books about settlements of the last thirty days, one in ten of which nobody has explained.
pub async fn fill_differences(
    store: &Store,
    (province, counterpart): (Province, Province),
    differences: i64,
    now: Moment,
) -> Result<()> {
    let mut work = store.begin().await?;
    for n in 0..differences {
        let at = now.plus_millis((n - differences) * 2_592_000_000 / differences.max(1));
        let settlement: SettlementId = format!("{province}{:013}{:011}", at.millis(), n % 100_000_000_000)
            .parse()
            .expect("an id of thirty digits");
        let note = Note { at, by: "经办".to_owned(), text: "已核对".to_owned() };
        let stage = if n % 10 == 0 { DifferenceStage::Open } else { DifferenceStage::Confirmed };
        let difference = difference::Difference {
            province,
            part: Part::Treatment,
            settlement,
            counterpart: Some(counterpart),
            area: None,
            owner: Side::Treatment,
            agency: Some(province.division()),
            kinds: vec![DifferenceKind::MissingAt(Side::Hub)],
            cause: Why::NotRecorded,
            matter: Matter { stage, looks: 1, found_at: at, changed_at: at, notes: vec![note] },
        };
        difference::put(&mut work, &difference).await?;
    }
    work.save().await
}

/// Keeps notices as they come to a province that pays them.
pub async fn fill_notices(
    store: &Store,
    (payer, payee): (Province, Province),
    notices: i64,
    now: Moment,
) -> Result<()> {
    let mut work = store.begin().await?;
    let last = notice::last_serial(work.conn(), payer).await?;
    for n in 1..=notices {
        let cause = Cause::PrepaymentIncrease { case: format!("M{n:08}") };
        let line = NoticeLine {
            scheme: InsuranceScheme::Employee,
            purse: Purse::Fund(Fund::EmployeePool),
            amount: Fen(1_000 + n),
        };
        let at = now.plus_millis((n - notices) * 31_536_000_000 / notices.max(1));
        let notice = Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines: vec![line],
            issued_on: at.day(),
            issued_at: at,
            by: "复核".to_owned(),
        };
        let kept = KeptNotice { serial: last + n, notice, received_on: Some(at.day()) };
        notice::keep(&mut work, payer, &kept).await?;
    }
    work.save().await
}

/// Keeps entries of a bank's account of the year that ends now that nobody can tell apart.
pub async fn fill_bank_entries(store: &Store, own: Province, entries: i64, now: Moment) -> Result<()> {
    let mut work = store.begin().await?;
    for n in 0..entries {
        let at = now.plus_millis((n - entries) * 31_536_000_000 / entries.max(1));
        let entry = Entry {
            reference: format!("LS{n:010}"),
            on: at.day(),
            amount: Fen(10_000 + n),
            nature: Nature::Transfer,
            reversal: false,
            end_to_end: None,
            counterparty: Counterparty::default(),
            text: Some("往来款".to_owned()),
        };
        let matter = if n % 50 == 0 {
            bank::Matter::Unidentified { why: "摘要中没有划拨单号".to_owned(), booked: false }
        } else {
            bank::Matter::Other { reason: "利息".to_owned(), by: "出纳".to_owned() }
        };
        let kept = bank::KeptEntry {
            account: "6222000000000000001".to_owned(),
            scheme: InsuranceScheme::Employee,
            statement: format!("DZ{}", at.day().number()),
            entry,
            matter,
        };
        bank::put_entry(&mut work, own, &kept, at).await?;
    }
    work.save().await
}

/// Has the database look at what it holds, as it does by itself in life.
pub async fn look_again(store: &Store) -> Result<()> {
    let mut conn = store.conn().await?;
    for statement in ["vacuum analyze", "checkpoint"] {
        sqlx::query(statement).execute(&mut *conn).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit_trail::Filter,
        embedded::fixture::TestCluster,
        issued_document::{self, DocumentsWanted, IssuedDocument},
        ledger,
    };
    use sqlx::Executor as _;

    #[tokio::test]
    async fn what_is_filled_in_reads_as_what_a_node_wrote() {
        let now: Moment = "2026-11-05 12:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let [hubei, beijing]: [Province; 2] = ["420000", "110000"].map(|code| code.parse().unwrap());
        let me = Participant::Province(hubei);
        let mut conn = store.conn().await.unwrap();
        conn.execute(
            "insert into transfer (area, id, settlement, month, day, debit, credit, amount, code, recorded_at)
             values (420000, 'one', '420000176737600956882487686679', 202611, 20261101, 'receivable-insured/110000/310/310100',
                     'payable-institution/H42010600901/310/310100', 100, 'settlement', 1)",
        )
        .await
        .unwrap();

        fill_audit_trail(&store, me, 120, now).await.unwrap();
        let verified = audit_trail::verify(&mut conn, me, None).await.unwrap();
        assert_eq!((verified.entries, verified.broken), (120, None));
        let found = audit_trail::search(&mut conn, me, &Filter::default(), 5).await.unwrap();
        assert_eq!(found.len(), 5);

        fill_vouchers(&store, me, 60, now).await.unwrap();
        let wanted = ledger::Wanted::default();
        let found = ledger::vouchers(&mut conn, me, &wanted, None, 100).await.unwrap();
        assert_eq!(found.len(), 60);
        assert_eq!(found[59].voucher.day, now.day());
        assert_eq!(found[0].voucher.legs.len(), 1, "as many as real movements have pairs of accounts");

        let paper = IssuedDocument {
            number: "PZ-1".to_owned(),
            kind: "voucher".to_owned(),
            title: "记账凭证".to_owned(),
            day: now.day(),
            total: None,
            content: crate::Document::of(&"paper"),
            content_hash: "00".to_owned(),
            code: "ABC".to_owned(),
            issued_at: now,
            issued_by: "经办".to_owned(),
        };
        let mut work = store.begin().await.unwrap();
        issued_document::issue(&mut work, me, &paper).await.unwrap();
        work.save().await.unwrap();
        copy_papers(&store, me, "voucher", 30).await.unwrap();
        let wanted = DocumentsWanted {
            kinds: &["voucher"],
            number: None,
            days: (None, None),
            backwards: true,
            after: None,
            most: 100,
        };
        let found = issued_document::list(&mut conn, me, &wanted).await.unwrap();
        assert_eq!(found.len(), 31);

        fill_differences(&store, (hubei, beijing), 50, now).await.unwrap();
        let wanted = difference::Wanted {
            stages: &[DifferenceStage::Open],
            first: now.day().plus_days(-31),
            last: now.day(),
            after: None,
        };
        assert_eq!(difference::list(&mut conn, wanted, 100).await.unwrap().len(), 5);

        fill_notices(&store, (hubei, beijing), 20, now).await.unwrap();
        assert_eq!(notice::list(&mut conn, me, None, 0, 100).await.unwrap().len(), 20);

        fill_bank_entries(&store, hubei, 100, now).await.unwrap();
        assert_eq!(bank::entries(&mut conn, hubei, "unidentified", 100).await.unwrap().len(), 2);
    }
}
