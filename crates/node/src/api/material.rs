//! Materials of filings (备案材料), for clerks and for the insured themselves: handed in, listed, opened, taken back, asked for beside (补正).

use super::{Answer, Clerk, Input, not_read, portal, read, within};
use crate::{
    access::{Author, Insured},
    filing::Looker,
    material::{self, Carried},
    province::ProvinceNode,
};
use axum::{
    Router,
    body::to_bytes,
    extract::{FromRequest, Path, Request, State},
    http::header,
    response::IntoResponse,
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use casework::{
    access::Action,
    material::{Kind, Material},
};
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};
use terms::{FilingId, Refusal};
use tokio::sync::{Semaphore, SemaphorePermit};
use wire::api::{
    Reason,
    material::{
        BODY_BYTES_MAX, ContentType, MaterialView, Materials, NewMaterial, SupplementView, WantedMaterial,
    },
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/filings/{id}/materials", get(list).post(add))
        .route("/api/v1/filings/{id}/materials/{number}", get(open))
        .route("/api/v1/filings/{id}/materials/{number}/remove", post(remove))
        .route("/api/v1/filings/{id}/supplement", post(ask))
        .route("/web/portal/filings/{id}/materials", get(own_list).post(own_add))
        .route("/web/portal/filings/{id}/materials/{number}", get(own_open))
        .route("/web/portal/filings/{id}/materials/{number}/remove", post(own_remove))
}

/// How many large bodies are read at once by a process: each takes a dozen megabytes while it is read.
static AT_WORK: Semaphore = Semaphore::const_new(8);
/// How long one waits to be read.
const PATIENCE: Duration = Duration::from_secs(10);

/// The JSON body of a request that carries a file; no more of it is read than is said.
pub(super) struct Large<T, const MOST: usize> {
    value: T,
    _place: SemaphorePermit<'static>,
}

impl<T, const MOST: usize> Large<T, MOST> {
    /// What was read, to be worked on for as long as that takes: the place is somebody else's.
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<S: Send + Sync, T: DeserializeOwned, const MOST: usize> FromRequest<S> for Large<T, MOST> {
    type Rejection = Answer;

    async fn from_request(request: Request, _: &S) -> Result<Self, Answer> {
        let overloaded = || Refusal::NodeOverloaded { seconds: PATIENCE.as_secs().to_string() };
        let place = tokio::time::timeout(PATIENCE, AT_WORK.acquire()).await;
        let place = place.map_err(|_| overloaded())?.map_err(|_| overloaded())?;
        let too_large = |_| Refusal::TooLarge { limit: MOST.to_string() };
        let body = to_bytes(request.into_body(), MOST).await.map_err(too_large)?;
        let value = serde_json::from_slice(&body).map_err(|error| not_read(&error))?;
        Ok(Self { value, _place: place })
    }
}

/// The bytes of a file in Base64, as programs and pages write it.
pub(super) fn decoded(text: &str, name: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(text.trim()).map_err(|_| Refusal::invalid(name, "Base64编码的文件内容"))
}

fn paper(new: &NewMaterial) -> Result<(Kind, Vec<u8>), Refusal> {
    let all = || Kind::ALL.map(Kind::name).join("、");
    let kind = Kind::of_name(&new.kind).ok_or_else(|| Refusal::invalid("kind", all()))?;
    Ok((kind, decoded(&new.content, "content")?))
}

fn filing_id(text: &str) -> Result<FilingId, Refusal> {
    read(text, "id", "30位备案编号")
}

fn number_of(text: &str) -> Result<u16, Refusal> {
    read(text, "number", "材料序号")
}

fn view(node: &ProvinceNode, carried: &Carried) -> Answer {
    let today = node.context.now().day();
    Answer::json(&Materials {
        materials: carried.materials.iter().map(MaterialView::of).collect(),
        missing: carried.missing.iter().map(|kinds| WantedMaterial::of(kinds)).collect(),
        supplements: carried.supplements.iter().map(|one| SupplementView::of(one, today)).collect(),
        may_add: carried.may_add,
        may_remove: carried.may_remove,
        most: node.settings.filing_rules.materials_max,
    })
}

/// A paper as a file that is saved, and that runs nowhere, whatever is in it.
fn attached(id: FilingId, material: &Material, content: Vec<u8>) -> Answer {
    let of = ContentType::of_media_type(&material.media_type);
    let end = of.map_or("bin", ContentType::extension);
    let name = format!("{}-{}.{end}", material.kind.chinese(), material.number);
    let encoded: String = name.bytes().map(|one| format!("%{one:02X}")).collect::<Vec<_>>().concat();
    let plain = format!("{id}-{}.{end}", material.number);
    let headers = [
        (header::CONTENT_TYPE, of.map_or("application/octet-stream", ContentType::media_type).to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Answer(Box::new((headers, content).into_response()))
}

/// Adds a paper, whoever hands it in.
async fn added(
    node: &ProvinceNode,
    id: FilingId,
    body: &NewMaterial,
    by: (&str, &Author),
) -> Result<Answer, Answer> {
    let (kind, content) = paper(body)?;
    Ok(view(node, &material::add(node, id, (kind, &content), by).await?))
}

// ------------------------------------------------------------------ clerks

async fn list(State(node): Node, clerk: Clerk, Path(id): Path<String>) -> Result<Answer, Answer> {
    let id = filing_id(&id)?;
    within::of_filing(&node, &clerk, id).await?;
    Ok(view(&node, &material::list(&node, id).await?))
}

async fn add(
    State(node): Node,
    clerk: Clerk,
    Path(id): Path<String>,
    body: Large<NewMaterial, BODY_BYTES_MAX>,
) -> Result<Answer, Answer> {
    let id = filing_id(&id)?;
    within::of_filing(&node, &clerk, id).await?;
    added(&node, id, &body.value, (&clerk.name, &clerk.author())).await
}

async fn open(
    State(node): Node,
    clerk: Clerk,
    Path((id, number)): Path<(String, String)>,
) -> Result<Answer, Answer> {
    let (id, number) = (filing_id(&id)?, number_of(&number)?);
    within::of_filing(&node, &clerk, id).await?;
    // Who enters or decides filings has his duty in that; all others name theirs.
    let works = clerk.may(Action::EnterFilings) || clerk.may(Action::DecideFilings);
    if !works && clerk.duty.is_none() {
        return Err(Refusal::missing("X-Duty", "查看备案材料的事由，写在请求头X-Duty中").into());
    }
    let (material, content) = material::open(&node, id, number, clerk.looker("核对备案材料")).await?;
    Ok(attached(id, &material, content))
}

async fn remove(
    State(node): Node,
    clerk: Clerk,
    Path((id, number)): Path<(String, String)>,
) -> Result<Answer, Answer> {
    let (id, number) = (filing_id(&id)?, number_of(&number)?);
    within::of_filing(&node, &clerk, id).await?;
    Ok(view(&node, &material::remove(&node, id, number).await?))
}

async fn ask(
    State(node): Node,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<Reason>,
) -> Result<Answer, Answer> {
    let id = filing_id(&id)?;
    within::of_filing(&node, &clerk, id).await?;
    Ok(view(&node, &material::ask(&node, id, &body.reason, &clerk.name).await?))
}

// ------------------------------------------------------------------ the insured

/// Who hands in and looks at one's own, for the record.
const ONESELF: Looker<'static> = Looker { name: "本人", purpose: "参保人门户" };

async fn own_list(State(node): Node, me: Insured, Path(id): Path<String>) -> Result<Answer, Answer> {
    let id = portal::own_filing(&node, &me, &id).await?;
    Ok(view(&node, &material::list(&node, id).await?))
}

async fn own_add(
    State(node): Node,
    me: Insured,
    Path(id): Path<String>,
    body: Large<NewMaterial, BODY_BYTES_MAX>,
) -> Result<Answer, Answer> {
    let id = portal::own_filing(&node, &me, &id).await?;
    added(&node, id, &body.value, (ONESELF.name, &Author::NOBODY)).await
}

async fn own_open(
    State(node): Node,
    me: Insured,
    Path((id, number)): Path<(String, String)>,
) -> Result<Answer, Answer> {
    let id = portal::own_filing(&node, &me, &id).await?;
    let (material, content) = material::open(&node, id, number_of(&number)?, ONESELF).await?;
    Ok(attached(id, &material, content))
}

async fn own_remove(
    State(node): Node,
    me: Insured,
    Path((id, number)): Path<(String, String)>,
) -> Result<Answer, Answer> {
    let id = portal::own_filing(&node, &me, &id).await?;
    Ok(view(&node, &material::remove(&node, id, number_of(&number)?).await?))
}
