//! Contract tests of an outside core system (外部核心系统): what `docs/ADAPTER.md` asks of it, asked of one over HTTP, step by step.
//! For test environments only; what it settles, it undoes.

use benefit::{Bill, CategoryAmount, FilingStanding, Split, outside::accept};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::StatusCode;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use node::OutsideScheme;
use rand::Rng;
use std::{fmt, sync::Arc};
use terms::{
    CareKind, ChargeCategory, Clock, Fen, FilingCategory, InsuredPlace, PersonNumber, Province, Set,
    SettlementId, SettlementLevel, TreatmentPlace, VisitId,
};
use wire::adapter::{
    self, BYTES_MAX, SIGNATURE,
    v1::{Answer, Asked, Claim, Question, VERSION},
};

/// One step, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was asked of the system.
    pub name: &'static str,
    /// What it did instead; none if it did it.
    pub problem: Option<String>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            None => write!(f, "通过    {}", self.name),
            Some(problem) => write!(f, "不通过  {}：{problem}", self.name),
        }
    }
}

/// The system that is asked, for a person of its scheme.
pub struct Partner {
    outside: OutsideScheme,
    person: PersonNumber,
    clock: Arc<dyn Clock>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What came over the wire.
struct Came {
    status: StatusCode,
    body: Bytes,
    signature: Option<String>,
}

type Said = Result<(), String>;

impl Partner {
    /// A system as a node would know it, and a person whom it knows.
    pub fn new(outside: OutsideScheme, person: PersonNumber, clock: Arc<dyn Clock>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { outside, person, clock, client }
    }

    /// Asks everything; each step with what is wrong with it.
    pub async fn check(&self) -> Vec<Step> {
        let [first, second, third, fourth] = [(); 4].map(|()| self.new_id());
        let mut steps = Vec::new();
        let mut add = |name, said: Said| steps.push(Step { name, problem: said.err() });
        add("试算返回的金额相符，且不留任何记录", self.tries(first).await);
        add("结算返回的金额相符，重复结算返回第一次的结果，可查询", self.settles(first).await);
        add("同一结算ID内容不同，不予受理，原结算不变", self.keeps_the_first(first).await);
        add("两份相同的结算同时到达，结果相同", self.settles_at_once(second).await);
        add("撤销后查询为已撤销，重复撤销结果相同", self.undoes(first).await);
        add("撤销后的结算ID不再受理", self.refuses_undone(first).await);
        add("未到达的结算先撤销，之后到达不予受理", self.undoes_unseen(third).await);
        add("撤销后累计恢复，重新结算金额与原来相同", self.restores(second, fourth).await);
        add("签名不符的报文不处理", self.refuses_unsigned().await);
        add("无法识别的报文不处理，之后照常应答", self.survives_nonsense().await);
        steps
    }

    async fn tries(&self, id: SettlementId) -> Said {
        let claim = self.claim();
        for _ in 0..2 {
            match self.ask(Question::Trial { claim: Box::new(claim.clone()) }).await? {
                Answer::Trial { amounts } => self.believe(&claim, &amounts)?,
                other => return unexpected(&other),
            }
        }
        self.finds(id, &Answer::Unknown { settlement: id }).await
    }

    async fn settles(&self, id: SettlementId) -> Said {
        let first = self.settle(id, self.claim()).await?;
        same(&self.settle(id, self.claim()).await?, &first)?;
        self.finds(id, &first).await
    }

    async fn keeps_the_first(&self, id: SettlementId) -> Said {
        let first = self.settle(id, self.claim()).await?;
        let other = Claim { uses_account: true, ..self.claim() };
        match self.ask(Self::settle_question(id, other)).await? {
            Answer::Refused { .. } => {}
            answered => return unexpected(&answered),
        }
        self.finds(id, &first).await
    }

    async fn settles_at_once(&self, id: SettlementId) -> Said {
        let (one, other) = tokio::join!(self.settle(id, self.claim()), self.settle(id, self.claim()));
        same(&one?, &other?)
    }

    async fn undoes(&self, id: SettlementId) -> Said {
        let undone = Answer::Undone { settlement: id, had_stood: true };
        for _ in 0..2 {
            same(&self.undo(id).await?, &undone)?;
        }
        self.finds(id, &undone).await
    }

    async fn refuses_undone(&self, id: SettlementId) -> Said {
        match self.ask(Self::settle_question(id, self.claim())).await? {
            Answer::Refused { .. } => {}
            answered => return unexpected(&answered),
        }
        self.finds(id, &Answer::Undone { settlement: id, had_stood: true }).await
    }

    async fn undoes_unseen(&self, id: SettlementId) -> Said {
        let undone = Answer::Undone { settlement: id, had_stood: false };
        same(&self.undo(id).await?, &undone)?;
        match self.ask(Self::settle_question(id, self.claim())).await? {
            Answer::Refused { .. } => {}
            answered => return unexpected(&answered),
        }
        self.finds(id, &undone).await
    }

    async fn restores(&self, stands: SettlementId, anew: SettlementId) -> Said {
        let Answer::Settled { amounts: before, .. } = self.settle(stands, self.claim()).await? else {
            return Err("原结算不再有效".to_owned());
        };
        self.undo(stands).await?;
        let Answer::Settled { amounts: after, .. } = self.settle(anew, self.claim()).await? else {
            return Err("不能重新结算".to_owned());
        };
        self.undo(anew).await?;
        if before == after { Ok(()) } else { Err(format!("先前{before:?}，重新结算{after:?}")) }
    }

    async fn refuses_unsigned(&self) -> Said {
        let id = self.new_id();
        let body = self.written(Self::settle_question(id, self.claim()));
        let other = adapter::sign_question("another key", &body, self.clock.now());
        for signature in [None, Some(other)] {
            let came = self.post(body.clone(), signature).await?;
            if came.status.is_success() {
                return Err(format!("应返回HTTP 401，实为{}", came.status));
            }
        }
        self.finds(id, &Answer::Unknown { settlement: id }).await
    }

    async fn survives_nonsense(&self) -> Said {
        for body in [&b""[..], b"{", b"[]", b"{\"version\":1}", "\u{feff}{}".as_bytes()] {
            let signature = adapter::sign_question(&self.outside.key.0, body, self.clock.now());
            let came = self.post(body.to_vec(), Some(signature)).await?;
            let is_refused = matches!(serde_json::from_slice(&came.body), Ok(Answer::Refused { .. }));
            if came.status.is_success() && !is_refused {
                return Err(format!("应返回HTTP 400或refused，实为{}", came.status));
            }
        }
        let id = self.new_id();
        self.finds(id, &Answer::Unknown { settlement: id }).await
    }

    async fn settle(&self, id: SettlementId, claim: Claim) -> Result<Answer, String> {
        let answer = self.ask(Self::settle_question(id, claim.clone())).await?;
        match &answer {
            Answer::Settled { settlement, amounts } if *settlement == id => {
                self.believe(&claim, amounts)?;
                Ok(answer)
            }
            other => Err(format!("{other:?}")),
        }
    }

    async fn undo(&self, settlement: SettlementId) -> Result<Answer, String> {
        let undo = self.new_id();
        self.ask(Question::Undo { settlement, undo, reason: "cancellation".to_owned() }).await
    }

    async fn finds(&self, settlement: SettlementId, expected: &Answer) -> Said {
        same(&self.ask(Question::Find { settlement }).await?, expected)
    }

    fn believe(&self, claim: &Claim, amounts: &benefit::outside::Amounts) -> Said {
        let begins = claim.continues.is_empty();
        accept(amounts, &claim.bill, self.outside.scheme, begins).map(drop).map_err(|why| why.to_string())
    }

    fn settle_question(settlement: SettlementId, claim: Claim) -> Question {
        Question::Settle { settlement, asked_at: settlement.given_at(), claim: Box::new(claim) }
    }

    fn written(&self, question: Question) -> Vec<u8> {
        let (area, scheme) = (self.outside.area.division(), self.outside.scheme);
        let asked = Asked { version: VERSION, area, scheme, question };
        serde_json::to_vec(&asked).expect("a question is plain data")
    }

    async fn ask(&self, question: Question) -> Result<Answer, String> {
        let body = self.written(question);
        let signed = adapter::sign_question(&self.outside.key.0, &body, self.clock.now());
        let came = self.post(body, Some(signed.clone())).await?;
        if !came.status.is_success() {
            return Err(format!("HTTP {}", came.status));
        }
        let signature = came.signature.as_deref();
        let checked =
            adapter::check_answer(&self.outside.key.0, &signed, signature, &came.body, self.clock.now());
        checked.map_err(|refusal| format!("应答签名：{}", refusal.message()))?;
        serde_json::from_slice(&came.body).map_err(|error| format!("应答无法识别：{error}"))
    }

    async fn post(&self, body: Vec<u8>, signature: Option<String>) -> Result<Came, String> {
        let mut request =
            hyper::Request::post(&self.outside.address).header("content-type", "application/json");
        if let Some(signature) = signature {
            request = request.header(SIGNATURE, signature);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let signature =
                response.headers().get(SIGNATURE).and_then(|header| header.to_str().ok()).map(str::to_owned);
            let body = Limited::new(response.into_body(), BYTES_MAX).collect().await;
            let body = body.map_err(|error| error.to_string())?.to_bytes();
            Ok(Came { status, body, signature })
        };
        let came = tokio::time::timeout(self.outside.patience, exchange).await;
        came.unwrap_or_else(|_| Err(format!("{:?}内没有应答", self.outside.patience)))
    }

    fn new_id(&self) -> SettlementId {
        SettlementId::new(treatment().province(), self.clock.now(), rand::rng().next_u64())
    }

    /// A stay of nine days in a hospital elsewhere, filed, the same every time.
    fn claim(&self) -> Claim {
        let discharge = self.clock.now().day().plus_days(-1);
        let split = Split {
            total: Fen(1_234_567),
            out_of_scope: Fen(34_567),
            over_limit: Fen::ZERO,
            first_self_pay: Fen(50_000),
            in_scope: Fen(1_150_000),
            in_full: Fen::ZERO,
        };
        let bill = Bill {
            care: CareKind::Inpatient,
            level: SettlementLevel::Secondary,
            marks: Set::new(),
            diseases: Vec::new(),
            admission: discharge.plus_days(-9),
            discharge,
            transferred_with: None,
            categories: vec![CategoryAmount { category: ChargeCategory::ALL[0], split }],
        };
        Claim {
            person: self.person.clone(),
            year: discharge.year(),
            visit: VisitId::new(treatment().province(), discharge.start(), 1),
            insured: InsuredPlace(self.outside.area.division()),
            treatment: treatment(),
            institution: "H11010599999".parse().expect("twelve printable characters"),
            institution_name: "北京市示范检查医院".to_owned(),
            emergency: false,
            standing: FilingStanding::Filed(FilingCategory::LongTermResident),
            uses_account: false,
            continues: Vec::new(),
            total: split.total,
            bill,
        }
    }
}

fn treatment() -> TreatmentPlace {
    let beijing: Province = "110000".parse().expect("a province");
    TreatmentPlace(beijing.division())
}

fn same(answered: &Answer, expected: &Answer) -> Said {
    if answered == expected { Ok(()) } else { Err(format!("应为{expected:?}，实为{answered:?}")) }
}

fn unexpected(answer: &Answer) -> Said {
    Err(format!("不应是{answer:?}"))
}
