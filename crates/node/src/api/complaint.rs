//! Complaints (投诉举报): made and followed by anybody, worked on by clerks.

use super::{
    Answer, Clerk, Input,
    list::{Asked, Rows},
};
use crate::{
    context::{Failure, Outcome},
    province::ProvinceNode,
    public::Caller,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::complaint::{ANSWER_WORKING_DAYS, Complaint, Kind, NewComplaint, Stage};
use sign::medium::{complaint_key_hash, is_same};
use std::sync::Arc;
use store::complaint::{self, ComplaintsWanted, KeptComplaint};
use terms::{Moment, Refusal, WorkingDays};
use wire::api::{
    Reason, Shown,
    complaint::{
        AnswerComplaint, AssignComplaint, ComplaintView, Complaints, FollowedComplaint,
        NewComplaint as NewComplaintBody, TakenComplaint,
    },
    masked_number,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/complaints", get(list))
        .route("/api/v1/complaints/{number}", get(find))
        .route("/api/v1/complaints/{number}/assign", post(assign))
        .route("/api/v1/complaints/{number}/answer", post(answer))
        .route("/api/v1/complaints/{number}/close", post(close))
        .route("/web/portal/complaints", post(make))
        .route("/web/portal/complaints/{number}", get(follow))
}

/// Letters and digits that are not taken for one another when they are read aloud or written down.
const KEY_LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Eight characters of a random number.
fn key_of(random: u64) -> String {
    let place = |at: u32| usize::try_from((random >> (5 * at)) % 32).expect("of thirty-two");
    (0..8).map(|at| char::from(KEY_LETTERS[place(at)])).collect()
}

/// What is kept of a key: nobody who reads the database can follow a complaint with it.
fn hash_of(number: &str, key: &str) -> Vec<u8> {
    complaint_key_hash(number, key).to_vec()
}

async fn make(State(node): Node, _: Caller, Input(body): Input<NewComplaintBody>) -> Result<Answer, Answer> {
    let now = node.context.now();
    let due = WorkingDays::published().due(now.day(), ANSWER_WORKING_DAYS).day;
    // In the order of time, and not to be guessed: the day, the time, and a random tail.
    let tail = node.context.ids.serial() % 1_000_000;
    let number = format!("T{}{tail:06}", now.compact_millis());
    let key = key_of(node.context.ids.serial());
    let new = NewComplaint {
        kind: &body.kind,
        text: &body.text,
        about: body.about.as_deref(),
        contact: body.contact.as_deref(),
    };
    let (complaint, contact) = Complaint::receive(&new, number, (now, due))?;
    let key_hash = hash_of(&complaint.number, &key);
    let kept = KeptComplaint { complaint, contact, key_hash };
    let write = async {
        let mut work = node.context.store.begin().await?;
        complaint::insert(&mut work, node.province, &kept).await?;
        work.save().await?;
        Ok(())
    };
    write.await.map_err(|failure: Failure| failure.refusal())?;
    let number = kept.complaint.number;
    Ok(Answer::json(&TakenComplaint { number, key, received_at: now.to_string(), due }))
}

fn unknown(number: &str) -> Refusal {
    Refusal::UnknownComplaint { number: number.chars().take(40).collect() }
}

async fn kept(node: &ProvinceNode, number: &str) -> Outcome<KeptComplaint> {
    let mut conn = node.context.store.conn().await?;
    let found = complaint::find(&mut conn, node.province, number).await?;
    Ok(found.ok_or_else(|| unknown(number))?)
}

async fn follow(
    State(node): Node,
    _: Caller,
    Path(number): Path<String>,
    uri: Uri,
) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let key = asked.text("key").ok_or_else(|| Refusal::missing("key", "提交时告知的8位查询码"))?;
    let found = kept(&node, &number).await.map_err(Failure::refusal)?;
    if !is_same(&found.key_hash, &hash_of(&number, key)) {
        return Err(unknown(&number).into());
    }
    Ok(Answer::json(&FollowedComplaint::of(&found.complaint)))
}

fn view(node: &ProvinceNode, kept: &KeptComplaint, shown: Shown) -> ComplaintView {
    let left = WorkingDays::published().left(node.context.now().day(), kept.complaint.due);
    let contact = kept.contact.as_deref().map(|contact| match shown {
        Shown::Whole => contact.to_owned(),
        Shown::Masked => masked_number(contact),
    });
    ComplaintView::of(&kept.complaint, contact, left)
}

async fn list(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let rows: Rows = asked.rows()?;
    let stages = match asked.text("stage") {
        None | Some("open") => vec![Stage::Received, Stage::Assigned],
        Some("all") => Stage::ALL.to_vec(),
        Some(name) => {
            let expected = "open、received、assigned、answered、closed或all";
            vec![Stage::of_name(name).ok_or_else(|| Refusal::invalid("stage", expected))?]
        }
    };
    let kind = |name: &str| {
        let expected = || Kind::ALL.map(Kind::name).join("、");
        Kind::of_name(name).ok_or_else(|| Refusal::invalid("kind", expected()))
    };
    let wanted = ComplaintsWanted {
        stages: &stages,
        kind: asked.text("kind").map(kind).transpose()?,
        days: asked.days()?,
        backwards: asked.sorted(&["received"])?.1,
        after: asked.text("after"),
        most: rows.asked(),
    };
    let find = async {
        let mut conn = node.context.store.conn().await?;
        Ok(complaint::list(&mut conn, node.province, &wanted).await?)
    };
    let (found, follows) = rows.shown(find.await.map_err(|failure: Failure| failure.refusal())?);
    let next = found.last().filter(|_| follows).map(|last| last.complaint.number.clone());
    let complaints = found.iter().map(|kept| view(&node, kept, clerk.shown)).collect();
    Ok(Answer::json(&Complaints { complaints, next }))
}

async fn find(State(node): Node, clerk: Clerk, Path(number): Path<String>) -> Result<Answer, Answer> {
    let found = kept(&node, &number).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&view(&node, &found, clerk.shown)))
}

async fn assign(
    State(node): Node,
    _: Clerk,
    Path(number): Path<String>,
    Input(body): Input<AssignComplaint>,
) -> Result<Answer, Answer> {
    step(&node, &number, |complaint, _| complaint.assign(&body.to)).await
}

async fn answer(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<AnswerComplaint>,
) -> Result<Answer, Answer> {
    step(&node, &number, |complaint, now| complaint.answer(&body.answer, &clerk.name, now)).await
}

async fn close(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<Reason>,
) -> Result<Answer, Answer> {
    step(&node, &number, |complaint, now| complaint.close(&body.reason, &clerk.name, now)).await
}

async fn step(
    node: &ProvinceNode,
    number: &str,
    decide: impl Fn(&Complaint, Moment) -> Result<Complaint, Refusal>,
) -> Result<Answer, Answer> {
    let moved = async {
        let now = node.context.now();
        let mut work = node.context.store.begin().await?;
        let held = complaint::hold(&mut work, node.province, number).await?;
        let held = held.ok_or_else(|| unknown(number))?;
        let complaint = decide(&held.complaint, now)?;
        complaint::update(&mut work, node.province, &complaint, now).await?;
        work.save().await?;
        Ok(KeptComplaint { complaint, ..held })
    };
    let moved = moved.await.map_err(|failure: Failure| failure.refusal())?;
    Ok(Answer::json(&view(node, &moved, Shown::Masked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_eight_plain_characters_and_small_letters_are_the_same() {
        let key = key_of(0x1234_5678_9abc_def0);
        assert_eq!(key.len(), 8);
        assert!(key.bytes().all(|one| KEY_LETTERS.contains(&one)), "{key}");
        assert_ne!(key, key_of(0x1234_5678_9abc_def1));
        assert_eq!(hash_of("T1", &key.to_ascii_lowercase()), hash_of("T1", &key));
        assert_ne!(hash_of("T2", &key), hash_of("T1", &key));
    }
}
