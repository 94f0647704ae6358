//! Schemes whose benefit an outside core system (外部核心系统) computes, such as 新农合: the insured place asks it instead of a
//! policy, and keeps everything else itself: people, filings, the year that it shows, the book, the answers.
//!
//! What the system has settled must never be forgotten here, and what does not stand here must not stand there. So it is written
//! down here before the system is asked; whoever asks again for the same settlement asks the system what became of it; and what
//! is undone or not believed here is undone there, again and again until the system says that it is. Its amounts are believed
//! only if they add up ([`benefit::outside::accept`]).

use crate::{
    context::{Failure, Outcome},
    insured::{self, Core},
    province::ProvinceNode,
};
use benefit::{
    Breakdown,
    outside::{Amounts, accept},
};
use casework::institution::Secret;
use std::time::Duration;
use store::{
    Conn, Document, Work, filing,
    insured::YearKey,
    outside_settlement::{self, OutsideSettlement, Stage},
    person,
};
use terms::{InsuranceScheme, Moment, PoolingArea, Refusal, SettlementId};
use wire::{
    adapter::{
        self,
        v1::{self, Asked, Question, REASON_CHARACTERS_MAX, VERSION},
    },
    peer::v1::{Answer, Claim, Settle, Settled, UndoKind},
};

/// How many undoings are asked for at once.
const BATCH: i64 = 32;

/// A scheme of a pooling area whose benefit an outside core system computes.
#[derive(Clone, Debug)]
pub struct OutsideScheme {
    /// The pooling area.
    pub area: PoolingArea,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// Where the system takes questions: `http://host:port/path`.
    pub address: String,
    /// The key that it shares with this node.
    pub key: Secret,
    /// How long it is waited for: less than another province waits for this node.
    pub patience: Duration,
}

/// Why the system did not decide.
#[derive(Debug)]
struct NoWord(String);

impl OutsideScheme {
    /// How people call it.
    fn name(&self) -> String {
        format!("{} {}", self.area, self.scheme)
    }

    /// Nothing is known, and asking again may help.
    fn not_now(&self, why: &NoWord) -> Failure {
        tracing::warn!(scheme = %self.name(), why = %why.0, "an outside core system does not decide");
        Failure::Trouble(Refusal::ParticipantUnreachable { place: self.name() })
    }

    /// Asks the system, and believes what it signed for this question.
    async fn ask(&self, node: &ProvinceNode, question: Question) -> Result<v1::Answer, NoWord> {
        let asked = Asked { version: VERSION, area: self.area.division(), scheme: self.scheme, question };
        let body = serde_json::to_vec(&asked).expect("a question is plain data");
        let signed = adapter::sign_question(&self.key.0, &body, node.context.now());
        let shown = (adapter::SIGNATURE, signed.clone());
        let posted = node.outside.post_to(
            &self.address,
            ("application/json", body),
            shown,
            adapter::BYTES_MAX,
            self.patience,
        );
        let (answer, signature) = posted.await.map_err(NoWord)?;
        adapter::check_answer(&self.key.0, &signed, signature.as_deref(), &answer, node.context.now())
            .map_err(|refusal| NoWord(format!("应答的签名不可信：{}", refusal.message())))?;
        match serde_json::from_slice(&answer) {
            Ok(v1::Answer::Later { reason }) => Err(NoWord(brief(&reason))),
            Ok(answer) => Ok(answer),
            Err(error) => Err(NoWord(format!("应答无法识别：{error}"))),
        }
    }

    /// Shouts about amounts that cannot be.
    fn wrong(&self, said: &str) -> Refusal {
        let scheme = self.name();
        tracing::error!(%scheme, %said, "an outside core system answers amounts that cannot be: they are not believed");
        Refusal::OutsideSchemeWrong { scheme }
    }

    /// The breakdown of a claim by the system's amounts.
    fn believed(&self, claim: &v1::Claim, amounts: &Amounts) -> Result<Breakdown, Refusal> {
        accept(amounts, &claim.bill, self.scheme, claim.continues.is_empty())
            .map_err(|disagreement| self.wrong(&disagreement.to_string()))
    }
}

/// A reason as it is passed on.
fn brief(reason: &str) -> String {
    reason.trim().chars().filter(|c| !c.is_control()).take(REASON_CHARACTERS_MAX).collect()
}

fn refuses(reason: &str) -> Refusal {
    Refusal::OutsideSchemeRefuses { reason: brief(reason) }
}

impl ProvinceNode {
    /// The outside core system that computes a scheme's benefit, if one does.
    pub(crate) fn outside_scheme(
        &self,
        area: PoolingArea,
        scheme: InsuranceScheme,
    ) -> Option<&OutsideScheme> {
        self.settings.outside_schemes.iter().find(|one| one.area == area && one.scheme == scheme)
    }
}

impl Core for OutsideScheme {
    async fn trial(&self, node: &ProvinceNode, claim: &Claim) -> Outcome<Answer> {
        let now = node.context.now();
        let mut conn = node.context.store.conn().await?;
        let asked = gather(&mut conn, claim, now).await?;
        drop(conn);
        let question = Question::Trial { claim: Box::new(asked.clone()) };
        match self.ask(node, question).await.map_err(|why| self.not_now(&why))? {
            v1::Answer::Trial { amounts } => Ok(Answer::Trial(Box::new(self.believed(&asked, &amounts)?))),
            v1::Answer::Refused { reason } => Err(refuses(&reason).into()),
            other => Err(self.not_now(&another(&other))),
        }
    }

    async fn settle(&self, node: &ProvinceNode, settle: &Settle) -> Outcome<Answer> {
        let begun = match begin(self, node, settle).await? {
            Begun::Answered(answer) => return Ok(answer),
            Begun::Asked(begun) => begun,
        };
        let answer = self.settled(node, settle, &begun).await.map_err(|why| self.not_now(&why))?;
        hear(self, node, settle, &begun.claim, answer).await
    }
}

/// What was written down as asked for.
struct AskedFor {
    claim: v1::Claim,
    /// Whether an earlier question may have reached the system.
    again: bool,
}

enum Begun {
    Answered(Answer),
    Asked(Box<AskedFor>),
}

/// Writes a settlement down as asked for, unless it was answered already.
async fn begin(outside: &OutsideScheme, node: &ProvinceNode, settle: &Settle) -> Outcome<Begun> {
    let (id, now) = (settle.settlement, node.context.now());
    let area = outside.area;
    let mut work = node.context.store.begin().await?;
    let known = outside_settlement::hold(&mut work, area, id).await?;
    if let Some(stands) = store::insured::hold(&mut work, area, id).await? {
        return insured::first_answer(&stands).map(Begun::Answered);
    }
    if let Some(OutsideSettlement { claim: Some(claim), .. }) = known {
        return Ok(Begun::Asked(Box::new(AskedFor { claim: claim.read()?, again: true })));
    }
    let claim = match gather(work.conn(), &settle.claim, now).await {
        Ok(claim) => claim,
        Err(Failure::Refused(refusal)) => {
            let refused = insured::refuse(work, &settle.claim, id, refusal, now).await;
            return refused.map(Begun::Answered);
        }
        Err(trouble) => return Err(trouble),
    };
    outside_settlement::ask(&mut work, (area, outside.scheme), id, &Document::of(&claim), now).await?;
    work.save().await?;
    Ok(Begun::Asked(Box::new(AskedFor { claim, again: false })))
}

impl OutsideScheme {
    /// What the system says of a settlement: after a lost answer it is asked what became of it, and else to settle.
    async fn settled(
        &self,
        node: &ProvinceNode,
        settle: &Settle,
        begun: &AskedFor,
    ) -> Result<v1::Answer, NoWord> {
        let settlement = settle.settlement;
        if begun.again {
            match self.ask(node, Question::Find { settlement }).await? {
                v1::Answer::Unknown { .. } => {}
                found => return Ok(found),
            }
        }
        let claim = Box::new(begun.claim.clone());
        self.ask(node, Question::Settle { settlement, asked_at: settle.asked_at, claim }).await
    }
}

/// Writes down what the system said, once: the year, the book, the breakdown and the reply in one commit.
async fn hear(
    outside: &OutsideScheme,
    node: &ProvinceNode,
    settle: &Settle,
    claim: &v1::Claim,
    answer: v1::Answer,
) -> Outcome<Answer> {
    let (area, id, now) = (outside.area, settle.settlement, node.context.now());
    let mut work = node.context.store.begin().await?;
    outside_settlement::hold(&mut work, area, id).await?;
    // A copy of the question, or an undoing, was first. What is undone here is being undone there.
    if let Some(stands) = store::insured::hold(&mut work, area, id).await? {
        return insured::first_answer(&stands);
    }
    match answer {
        v1::Answer::Settled { settlement, amounts } if settlement == id => {
            match outside.believed(claim, &amounts) {
                Ok(breakdown) => stand(outside, node, work, settle, breakdown).await,
                Err(refusal) => {
                    let undo = SettlementId::new(node.province, now, node.context.ids.serial());
                    let reason = insured::reason(UndoKind::Reversal);
                    outside_settlement::undo(&mut work, area, id, (undo, reason), now).await?;
                    insured::refuse(work, &settle.claim, id, refusal, now).await
                }
            }
        }
        v1::Answer::Refused { reason } => {
            outside_settlement::set_stage(&mut work, area, id, Stage::Refused, now).await?;
            insured::refuse(work, &settle.claim, id, refuses(&reason), now).await
        }
        v1::Answer::Undone { settlement, .. } if settlement == id => {
            outside_settlement::set_stage(&mut work, area, id, Stage::Undone, now).await?;
            let refusal = Refusal::AlreadyUndone { setl_id: id.to_string() };
            insured::refuse(work, &settle.claim, id, refusal, now).await
        }
        other => Err(outside.not_now(&another(&other))),
    }
}

fn another(answer: &v1::Answer) -> NoWord {
    let name = match answer {
        v1::Answer::Trial { .. } => "trial",
        v1::Answer::Settled { .. } => "settled",
        v1::Answer::Undone { .. } => "undone",
        v1::Answer::Unknown { .. } => "unknown",
        v1::Answer::Refused { .. } => "refused",
        v1::Answer::Later { .. } => "later",
    };
    NoWord(format!("应答[{name}]与请求不符"))
}

/// The settlement stands here as it stands there.
async fn stand(
    outside: &OutsideScheme,
    node: &ProvinceNode,
    mut work: Work,
    settle: &Settle,
    breakdown: Breakdown,
) -> Outcome<Answer> {
    let (claim, area, id, now) = (&settle.claim, outside.area, settle.settlement, node.context.now());
    let year = claim.bill.discharge.year();
    let key = YearKey { area, person: &claim.person, scheme: claim.scheme, year };
    let sums = store::insured::hold_year(&mut work, key).await?;
    store::insured::put_year(&mut work, key, &sums.plus(&breakdown.contribution)).await?;
    let stands = insured::standing_settlement(settle, &breakdown, year, now);
    insured::write_standing(&mut work, &stands).await?;
    outside_settlement::set_stage(&mut work, area, id, Stage::Settled, now).await?;
    let filings = filing::of_person(work.conn(), area, &claim.person).await?;
    if insured::is_deemed(claim, &filings, now) {
        insured::deem_filed(node, &mut work, claim, &filings, now).await?;
    }
    work.save().await.map_err(insured::duplicate_or_trouble)?;
    Ok(Answer::Settled(Box::new(Settled { settlement: id, committed_at: now, breakdown })))
}

/// The claim as the system is asked it, with the person's filings.
async fn gather(conn: &mut Conn, claim: &Claim, now: Moment) -> Outcome<v1::Claim> {
    let area = claim.insured.pooling_area();
    let person = person::find(conn, area, &claim.person).await?;
    let person = person.ok_or_else(|| Refusal::UnknownPerson { place: claim.insured.to_string() })?;
    person.in_force(claim.scheme)?;
    let filings = filing::of_person(conn, area, &claim.person).await?;
    Ok(v1::Claim {
        person: claim.person.clone(),
        year: claim.bill.discharge.year(),
        visit: claim.visit,
        insured: claim.insured,
        treatment: claim.treatment,
        institution: claim.institution.clone(),
        institution_name: claim.institution_name.clone(),
        emergency: claim.admission_kind == terms::AdmissionKind::Emergency,
        standing: insured::filing_standing(claim, &filings, now),
        uses_account: claim.uses_account,
        continues: claim.continues.clone(),
        total: claim.bill.sum().total,
        bill: claim.bill.clone(),
    })
}

/// A settlement is undone here: where an outside system was asked for it, it is undone there too, from now on until it is.
pub async fn undone_here(
    work: &mut Work,
    known: Option<&OutsideSettlement>,
    undo: (SettlementId, &str),
    now: Moment,
) -> Outcome<()> {
    let Some(known) = known else { return Ok(()) };
    if matches!(known.stage, Stage::Asked | Stage::Settled) {
        outside_settlement::undo(work, known.area, known.id, undo, now).await?;
    }
    Ok(())
}

/// Asks the outside systems to undo what is due, once each; how many said that it is undone.
pub async fn undo_due(node: &ProvinceNode) -> usize {
    let due = match claim_due(node).await {
        Ok(due) => due,
        Err(failure) => {
            tracing::warn!(refusal = %failure.refusal(), "undoings at outside systems cannot be read");
            return 0;
        }
    };
    let mut undone = 0;
    for one in due {
        match undo_there(node, &one).await {
            Ok(()) => undone += 1,
            Err(why) => {
                let scheme = format!("{} {}", one.area, one.scheme);
                tracing::warn!(%scheme, settlement = %one.id, attempts = one.attempts, %why, "not undone at the outside system yet");
            }
        }
    }
    undone
}

async fn claim_due(node: &ProvinceNode) -> Outcome<Vec<OutsideSettlement>> {
    // Most provinces have no such scheme, and look for nothing.
    if node.settings.outside_schemes.is_empty() {
        return Ok(Vec::new());
    }
    let mut work = node.context.store.begin().await?;
    let due = outside_settlement::claim_undoings(&mut work, node.context.now(), BATCH).await?;
    work.save().await?;
    Ok(due)
}

async fn undo_there(node: &ProvinceNode, one: &OutsideSettlement) -> Result<(), String> {
    let outside = node.outside_scheme(one.area, one.scheme).ok_or("未配置该险种的外部核心系统")?;
    let (undo, reason) = one.undo.clone().expect("an undoing has an id");
    let settlement = one.id;
    let answer = outside.ask(node, Question::Undo { settlement, undo, reason }).await.map_err(|why| why.0)?;
    let v1::Answer::Undone { settlement, .. } = answer else { return Err(another(&answer).0) };
    if settlement != one.id {
        return Err(another(&answer).0);
    }
    let write = async {
        let mut work = node.context.store.begin().await?;
        outside_settlement::set_stage(&mut work, one.area, one.id, Stage::Undone, node.context.now()).await?;
        work.save().await
    };
    write.await.map_err(|error| error.to_string())
}
