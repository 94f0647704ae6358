//! The reference outside core system (外部核心系统): it computes the benefit of one scheme of one pooling area and keeps what it
//! settled, as `docs/ADAPTER.md` asks of any. `yidi adapter run` starts one to write against, and the tests play with it.
//!
//! It forgets when it ends: a real one keeps its book in a database, in the transaction that answers.

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use benefit::{FilingStanding, outside::Amounts};
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use terms::{
    CareKind, Clock, Fen, Fund, InsuranceScheme, PersonNumber, PoolingArea, Rate, Rounding, SettlementId,
    SettlementLevel,
};
use tokio::net::TcpListener;
use wire::adapter::{
    BYTES_MAX, SIGNATURE, check_question, sign_answer,
    v1::{Answer, Asked, Claim, Question, VERSION},
};

/// What a claim comes to, given what the pool has paid for the person in the year; or one Chinese sentence that says why not.
pub trait Benefit: Send + Sync {
    /// Computes.
    ///
    /// # Errors
    /// The sentence.
    fn amounts(&self, claim: &Claim, paid_this_year: Fen) -> Result<Amounts, String>;
}

/// A plan as outside schemes have them: a deductible a stay, one share by level, one limit a year.
#[derive(Clone, Debug)]
pub struct SimplePlan {
    /// Whose pool pays.
    pub scheme: InsuranceScheme,
    /// What the pool pays at most in a calendar year.
    pub year_limit: Fen,
    /// The name of its rule on statements.
    pub policy: String,
}

impl SimplePlan {
    /// The plan of the demonstration.
    pub fn of(scheme: InsuranceScheme) -> Self {
        Self {
            scheme,
            year_limit: Fen::yuan(150_000),
            policy: "示例外部险种待遇办法（虚构）第三条".to_owned(),
        }
    }
}

/// Deductible of a stay, and the pool's share in percent, by level.
const fn at_level(level: SettlementLevel) -> (Fen, u16) {
    match level {
        SettlementLevel::Community => (Fen::yuan(100), 90),
        SettlementLevel::Primary => (Fen::yuan(200), 85),
        SettlementLevel::Secondary => (Fen::yuan(500), 70),
        SettlementLevel::Tertiary | SettlementLevel::TertiarySpecial => (Fen::yuan(800), 55),
    }
}

impl Benefit for SimplePlan {
    fn amounts(&self, claim: &Claim, paid_this_year: Fen) -> Result<Amounts, String> {
        if claim.standing == FilingStanding::NotFiled {
            return Err("该险种异地就医须先备案，请补办备案后重新结算，或回参保地手工报销".to_owned());
        }
        let split = claim.bill.sum();
        let (standard, percent) = at_level(claim.bill.level);
        let is_new_stay = claim.bill.care == CareKind::Inpatient && claim.continues.is_empty();
        let deductible = if is_new_stay { standard.at_most(split.in_scope) } else { Fen::ZERO };
        let share = Rate::percent(percent).expect("a share below the whole");
        let left = (self.year_limit - paid_this_year).or_zero();
        let paid = share.of(split.in_scope - deductible, Rounding::HalfUp).at_most(left);
        Ok(Amounts {
            total: split.total,
            funds: BTreeMap::from([(self.scheme.pool(), paid)]),
            person_total: split.total - paid,
            account: Fen::ZERO,
            deductible,
            policy: self.policy.clone(),
        })
    }
}

/// What became of a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It stands.
    Standing {
        /// What was claimed.
        claim: Box<Claim>,
        /// What is paid.
        amounts: Amounts,
    },
    /// It does not stand, and never will.
    Undone {
        /// Whether it had stood.
        had_stood: bool,
    },
    /// It was refused, and always will be.
    Refused {
        /// Why.
        reason: String,
    },
}

/// An outside core system.
pub struct OutsideCore {
    area: PoolingArea,
    scheme: InsuranceScheme,
    key: String,
    clock: Arc<dyn Clock>,
    benefit: Box<dyn Benefit>,
    book: Mutex<BTreeMap<SettlementId, Kept>>,
}

impl OutsideCore {
    /// A system for one scheme of one pooling area, with the key that it shares with the node.
    pub fn new(
        (area, scheme): (PoolingArea, InsuranceScheme),
        key: String,
        clock: Arc<dyn Clock>,
        benefit: Box<dyn Benefit>,
    ) -> Self {
        Self { area, scheme, key, clock, benefit, book: Mutex::default() }
    }

    /// Its book, as it is now.
    pub fn book(&self) -> BTreeMap<SettlementId, Kept> {
        self.held().clone()
    }

    /// Answers on a listener, until it fails.
    ///
    /// # Errors
    /// The listener's.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> io::Result<()> {
        axum::serve(listener, Router::new().fallback(endpoint).with_state(self)).await
    }

    // A decision is one statement on a map: nothing is half done if a thread dies.
    fn held(&self) -> MutexGuard<'_, BTreeMap<SettlementId, Kept>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, asked: Asked) -> Answer {
        let is_mine = asked.area == self.area.division() && asked.scheme == self.scheme;
        if asked.version != VERSION || !is_mine {
            return Answer::Refused {
                reason: "版本、统筹区或险种不是本系统的，请核对配置".to_owned()
            };
        }
        let mut book = self.held();
        match asked.question {
            Question::Trial { claim } => match self.compute(&book, &claim) {
                Ok(amounts) => Answer::Trial { amounts },
                Err(reason) => Answer::Refused { reason },
            },
            Question::Settle { settlement, claim, .. } => self.settle(&mut book, settlement, claim),
            Question::Undo { settlement, .. } => {
                let had_stood = match book.get(&settlement) {
                    Some(Kept::Standing { .. }) => true,
                    Some(Kept::Undone { had_stood }) => *had_stood,
                    Some(Kept::Refused { .. }) | None => false,
                };
                book.insert(settlement, Kept::Undone { had_stood });
                Answer::Undone { settlement, had_stood }
            }
            Question::Find { settlement } => told(settlement, book.get(&settlement)),
        }
    }

    fn settle(
        &self,
        book: &mut BTreeMap<SettlementId, Kept>,
        settlement: SettlementId,
        claim: Box<Claim>,
    ) -> Answer {
        match book.get(&settlement) {
            Some(Kept::Standing { claim: first, .. }) if *first != claim => {
                return Answer::Refused { reason: "同一结算ID的内容不同，请核对".to_owned() };
            }
            Some(Kept::Undone { .. }) => {
                return Answer::Refused { reason: "该结算已撤销，请重新结算".to_owned() };
            }
            known @ Some(_) => return told(settlement, known),
            None => {}
        }
        let kept = match self.compute(book, &claim) {
            Ok(amounts) => Kept::Standing { claim, amounts },
            Err(reason) => Kept::Refused { reason },
        };
        let answer = told(settlement, Some(&kept));
        book.insert(settlement, kept);
        answer
    }

    fn compute(&self, book: &BTreeMap<SettlementId, Kept>, claim: &Claim) -> Result<Amounts, String> {
        let pool: Fund = self.scheme.pool();
        let paid = paid_to(book, &claim.person, claim.year, pool);
        self.benefit.amounts(claim, paid)
    }
}

/// What the pool has paid for a person in a year: a sum of what stands, so that an undoing restores it.
fn paid_to(book: &BTreeMap<SettlementId, Kept>, person: &PersonNumber, year: i16, pool: Fund) -> Fen {
    let of_person = |kept: &Kept| match kept {
        Kept::Standing { claim, amounts } if claim.person == *person && claim.year == year => {
            amounts.funds.get(&pool).copied()
        }
        _ => None,
    };
    book.values().filter_map(of_person).sum()
}

fn told(settlement: SettlementId, kept: Option<&Kept>) -> Answer {
    match kept {
        None => Answer::Unknown { settlement },
        Some(Kept::Standing { amounts, .. }) => Answer::Settled { settlement, amounts: amounts.clone() },
        Some(Kept::Undone { had_stood }) => Answer::Undone { settlement, had_stood: *had_stood },
        Some(Kept::Refused { reason }) => Answer::Refused { reason: reason.clone() },
    }
}

async fn endpoint(State(core): State<Arc<OutsideCore>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, BYTES_MAX).await {
        Ok(body) => reply(&core, &parts.headers, &body),
        Err(error) => (StatusCode::PAYLOAD_TOO_LARGE, error.to_string()).into_response(),
    }
}

fn reply(core: &OutsideCore, headers: &HeaderMap, body: &Bytes) -> Response {
    let now = core.clock.now();
    let signature = headers.get(SIGNATURE).and_then(|signature| signature.to_str().ok());
    let signed = match check_question(&core.key, signature, body, now) {
        Ok(signed) => signed,
        Err(refusal) => return (StatusCode::UNAUTHORIZED, refusal.message()).into_response(),
    };
    let answer = match serde_json::from_slice(body) {
        Ok(asked) => core.answer(asked),
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let answer = serde_json::to_vec(&answer).expect("an answer is plain data");
    let signature = sign_answer(&core.key, &signed, &answer, now);
    ([("content-type", "application/json"), (SIGNATURE, signature.as_str())], answer).into_response()
}
