//! The hospital interface: one endpoint for every URL, since the transaction stands in the body.
//!
//! Each message is read, its sender shown to be who it says, and dispatched by its number. A transaction that writes is
//! answered once: its first answer is kept under (institution, transaction, message id) with a hash of what was asked, and
//! whoever sends it again gets that answer; the same id with other content is refused. Queries and trials write nothing and
//! are answered anew.

mod admission;
mod apportioning;
mod audit;
mod benefit_check;
pub(crate) mod catalog;
mod declaration;
mod department;
mod details;
mod files;
mod gateway;
mod mapping;
mod once;
mod outpatient;
mod person;
mod purchase;
mod purchase_order;
mod queries;
mod reconciliation;
mod registration;
mod self_paid;
mod session;
mod settlement;
mod settlement_list;
mod visit_record;

use crate::{
    access::Peer,
    context::{Failure, Outcome},
    doorkeeper::{Knock, Turnstile},
    intra_province::guests_of,
    load_limit::{self, Full, Place, Sender},
    metrics::Ending,
    province::ProvinceNode,
    trace,
    transcript::{Proof, RefusedBy, Taken},
};
use axum::{
    body::Body,
    extract::{Request as HttpRequest, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use casework::{
    audit::Stage,
    institution::{Authentication, Institution},
    transcript::{Origin, Unproven},
};
use http_body_util::BodyExt;
use serde_json::Value;
use sign::{GatewayRefusal, sm2_sm4::Sealed, sm4};
use std::{
    any::Any,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};
use terms::{InsuredPlace, Moment, Refusal, TreatmentPlace};
use tokio::time::Instant;
use wire::hospital::{
    Answer, Received, Request, catalog_file, inf_refmsgid, says_yes, seal_output, t9101, table,
};

/// A message whose sender is known and may send it.
pub(crate) struct Call<'a> {
    /// This node.
    pub node: &'a Arc<ProvinceNode>,
    /// The message.
    pub request: &'a Request,
    /// Its sender.
    pub institution: &'a Institution,
    /// 就医地.
    pub treatment: TreatmentPlace,
    /// When it came.
    pub received: Moment,
}

impl Call<'_> {
    /// The insured place, without which a message is not cross-region.
    fn insured(&self) -> Result<InsuredPlace, Refusal> {
        let place = self.request.insured_place()?;
        let place =
            place.ok_or_else(|| Refusal::missing("insuplc_admdvs", "参保地医保区划，跨省异地就医必填"))?;
        guests_of(self.institution.place, place)
    }

    /// Writes an answer as the interface does.
    fn render(&self, answer: &Answer) -> Vec<u8> {
        render(self.node, answer, self.received)
    }
}

/// Answers whatever is posted.
pub async fn endpoint(State(node): State<Arc<ProvinceNode>>, request: HttpRequest) -> Response {
    let (received, began) = (node.context.now(), Instant::now());
    match let_in(&node, request, received).await {
        Ok(message) => {
            let mut recorded = node.recorder.takes(&message.headers, (&message.body, message.from), received);
            let answered = answered(&node, message, received, recorded.as_mut());
            let answer = node.tracer.answer((received, began), answered).await;
            match recorded {
                Some(taken) => Box::pin(node.recorder.answered(taken, answer, node.context.now())).await,
                None => answer,
            }
        }
        Err(response) => {
            node.tracer.turned_away(began, &response);
            *response
        }
    }
}

/// A message that is taken on.
struct LetIn {
    headers: HeaderMap,
    body: Vec<u8>,
    /// From where it came.
    from: IpAddr,
    /// Given back when all is done.
    _place: Place,
}

/// Reads what is posted and finds a place for it, or the answer of whom there is nothing more to do for.
async fn let_in(node: &ProvinceNode, request: HttpRequest, received: Moment) -> Result<LetIn, Box<Response>> {
    let until = load_limit::waits_until(request.headers());
    let (Parts { method, headers, extensions, .. }, body) = request.into_parts();
    // What comes over no connection, as in a simulation, comes from one place.
    let from = extensions.get::<Peer>().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
    let limit = node.settings.body_bytes_max;
    let body = match tokio::time::timeout(BODY_PATIENCE, read_whole(body, limit)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => return Err(Box::new((StatusCode::BAD_REQUEST, error.to_string()).into_response())),
        Err(_) => {
            let late = (StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
            return Err(Box::new(late.into_response()));
        }
    };
    if method != Method::POST {
        let refusal = Refusal::NotJson { detail: "应以POST方法发送".to_owned() };
        return Err(Box::new(json(render(node, &Answer::refusal(&refusal), received))));
    }
    let Some(body) = body else {
        let refusal = Refusal::TooLarge { limit: limit.to_string() };
        return Err(Box::new(json(render(node, &Answer::refusal(&refusal), received))));
    };
    match node.hospitals.enter(caller_of(node, &body, from), until).await {
        Ok(place) => Ok(LetIn { headers, body, from, _place: place }),
        Err(full) => {
            node.recorder.was_busy((&body, from), received);
            Err(Box::new(busy(node, full, received)))
        }
    }
}

async fn answered(
    node: &Arc<ProvinceNode>,
    message: LetIn,
    received: Moment,
    recorded: Option<&mut Taken>,
) -> Response {
    let LetIn { headers, body, from, _place } = message;
    let (body, file) = files::opened(&headers, body);
    let headers = gateway::Headers(&headers);
    // Apart from the rest: who is refused a place does not pay for the room that an answer needs, nor does a stack carry it along.
    match Box::pin(answer(node, (&headers, from), (&body, file.as_deref()), received, recorded)).await {
        Ok(reply) => replied(reply),
        Err(Stop::Gateway(refusal)) => {
            (StatusCode::OK, [(header::CONTENT_TYPE, JSON)], Body::from(refusal.body())).into_response()
        }
        Err(Stop::Failure(failure)) => refused(node, failure, received),
    }
}

/// A reply as it goes out.
fn replied(reply: Reply) -> Response {
    match reply {
        Reply::Envelope(answer) => {
            trace::ends(if says_yes(&answer) { Ending::Done } else { Ending::Refused });
            json(answer)
        }
        Reply::File(content) => {
            trace::ends(Ending::Done);
            (StatusCode::OK, [(header::CONTENT_TYPE, "application/octet-stream")], Body::from(content))
                .into_response()
        }
    }
}

/// A refusal as it goes out.
fn refused(node: &ProvinceNode, failure: Failure, received: Moment) -> Response {
    let refusal = failure.refusal();
    trace::ends(Ending::of_code(refusal.code()));
    tracing::info!(code = refusal.code(), context = %refusal.context(), "refused");
    let mut answer = json(render(node, &Answer::refusal(&refusal), received));
    answer.extensions_mut().insert(RefusedBy(refusal.code().to_owned()));
    answer
}

/// The key by which what an institution sends under seal is opened, for whoever shows it to the institution itself.
pub(crate) fn key_of(institution: &Institution) -> Option<sm4::Key> {
    gateway::keys_of(institution).map(|(key, _)| key)
}

/// Carries out a message of somebody at a window of this institution, whose session has shown who it is, and answers as the interface
/// does. It is recorded as what the institution's software sends is.
pub(crate) async fn of_window(
    node: &Arc<ProvinceNode>,
    origin: Origin,
    request: &Request,
    institution: &Institution,
) -> Response {
    let received = node.context.now();
    let recorded = node.recorder.takes_of(origin, request, received);
    let answer = at_window(node, request, institution, received).await;
    match recorded {
        Some(taken) => Box::pin(node.recorder.answered(taken, answer, node.context.now())).await,
        None => answer,
    }
}

async fn at_window(
    node: &Arc<ProvinceNode>,
    request: &Request,
    institution: &Institution,
    received: Moment,
) -> Response {
    // As a hospital's software waits that says nothing of it.
    let until = load_limit::waits_until(&HeaderMap::new());
    let _place = match node.hospitals.enter(institution.code.as_str(), until).await {
        Ok(place) => place,
        Err(full) => return busy(node, full, received),
    };
    let answered = async {
        trace::concerns(table::served(&request.infno)?.infno);
        let treatment = check_envelope(node, request, institution, received)?;
        let call = Call { node, request, institution, treatment, received };
        if request.infno == "9102" {
            return Ok(Reply::File(files::download(&call).await?));
        }
        Ok::<_, Failure>(Reply::Envelope(dispatch(&call).await?))
    };
    match answered.await {
        Ok(reply) => replied(reply),
        Err(failure) => refused(node, failure, received),
    }
}

/// Who shares places with others.
fn caller_of<'a>(node: &ProvinceNode, body: &'a [u8], from: IpAddr) -> &'a str {
    let name = load_limit::scan(body, "fixmedins_code").unwrap_or_default();
    node.senders.caller(Sender { name, from })
}

/// What a hospital hears for whose message there is no place.
fn busy(node: &ProvinceNode, full: Full, received: Moment) -> Response {
    ([(header::RETRY_AFTER, full.seconds)], json(busy_body(node, full, received))).into_response()
}

fn busy_body(node: &ProvinceNode, full: Full, received: Moment) -> Vec<u8> {
    let refusal = Refusal::NodeOverloaded { seconds: full.seconds.to_string() };
    render(node, &Answer::refusal(&refusal), received)
}

/// Where every path is a hospital's, whatever stands behind it.
const PATHS: &str = "/fsi/";

/// The door of a province, as hospitals find it: who would be refused a place by [`endpoint`] hears the same before it.
pub(crate) struct Entrance(pub Arc<ProvinceNode>);

impl Turnstile for Entrance {
    fn is_closing(&self) -> bool {
        // Who watches sees everything that comes.
        self.0.settings.watch.is_none() && self.0.hospitals.is_closing()
    }

    fn turns_away(&self, knock: Knock<'_>) -> Option<Bytes> {
        let Self(node) = self;
        if knock.method != "POST"
            || !knock.path.starts_with(PATHS)
            || knock.body.len() > node.settings.body_bytes_max
        {
            return None;
        }
        let (received, began) = (node.context.now(), Instant::now());
        let until = knock.patience.and_then(load_limit::until_of);
        let full = node.hospitals.turns_away(caller_of(node, knock.body, knock.from), until)?;
        node.recorder.was_busy((knock.body, knock.from), received);
        let body = busy_body(node, full, received);
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {JSON}\r\nretry-after: {}\r\ncontent-length: {}\r\ndate: {}\r\n\r\n",
            full.seconds,
            body.len(),
            crate::serve::date(received),
        )
        .into_bytes();
        answer.extend_from_slice(&body);
        node.tracer.turned_away_at_the_door(began);
        Some(answer.into())
    }
}

/// How long a body may take to come.
const BODY_PATIENCE: Duration = Duration::from_mins(1);

/// A body of at most `limit` bytes; `None` for a larger one, of which no more is read here.
async fn read_whole(mut body: Body, limit: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if kept.len() + data.len() > limit {
            return Ok(None);
        }
        kept.extend_from_slice(&data);
    }
    Ok(Some(kept))
}

/// What a hospital hears when a transaction ends in an impossible state: that nothing is known, and what to do.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a transaction ended in an impossible state");
    let body = serde_json::json!({
        "infcode": -1,
        "inf_refmsgid": Value::Null,
        "err_msg": Refusal::NodeBusy {}.message(),
        "output": Value::Null,
    });
    json(body.to_string().into_bytes())
}

const JSON: &str = "application/json;charset=UTF-8";

fn json(body: Vec<u8>) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, JSON)], Body::from(body)).into_response()
}

fn render(node: &ProvinceNode, answer: &Answer, received: Moment) -> Vec<u8> {
    let context = &node.context;
    let responded = context.now();
    answer.render(&inf_refmsgid(node.province, responded, context.ids.serial()), received, responded)
}

/// What a transaction is answered with.
enum Reply {
    Envelope(Vec<u8>),
    File(Vec<u8>),
}

/// Why a message gets no answer of its transaction.
enum Stop {
    Gateway(GatewayRefusal),
    Failure(Failure),
}

impl<T: Into<Failure>> From<T> for Stop {
    fn from(failure: T) -> Self {
        Self::Failure(failure.into())
    }
}

async fn answer(
    node: &Arc<ProvinceNode>,
    (headers, from): (&gateway::Headers<'_>, IpAddr),
    (body, file): (&[u8], Option<&[u8]>),
    received: Moment,
    mut recorded: Option<&mut Taken>,
) -> Result<Reply, Stop> {
    let message = match Received::read(body) {
        Ok(message) => message,
        Err(refusal) => {
            if let Some(taken) = recorded {
                prove_unread(node, headers, body, (taken, received)).await?;
            }
            return Err(refusal.into());
        }
    };
    let code = &message.request.fixmedins_code;
    let institution = node.institution(code).await?;
    let institution =
        institution.ok_or_else(|| Refusal::UnknownInstitution { fixmedins_code: code.to_string() })?;
    if let (Some(taken), Authentication::Sm2Sm4) = (&mut recorded, institution.authentication) {
        taken.is_under_seal(&message);
    }
    let asker = gateway::Asker { node, institution: &institution, headers, now: received };
    let mut proof = Proof::Not(Unproven::Busy);
    let checked = asker.check(body, message, &mut proof).await;
    if let Some(taken) = &mut recorded {
        taken.is_of(&institution.code, proof);
    }
    let mut request = checked?.map_err(Stop::Gateway)?;
    node.senders.has_shown(Sender { name: request.fixmedins_code.as_str(), from });
    if let Some(file) = file {
        t9101::attach(&mut request, file);
    }
    trace::concerns(table::served(&request.infno)?.infno);
    let treatment = check_envelope(node, &request, &institution, received)?;
    let call = Call { node, request: &request, institution: &institution, treatment, received };
    session::check(&call).await?;
    if call.request.infno == "9102" {
        return Ok(Reply::File(files::download(&call).await?));
    }
    let answer = dispatch(&call).await?;
    Ok(Reply::Envelope(match gateway::keys_of(&institution) {
        Some((key, _)) => seal_output(&answer, |output| {
            Sealed::of(output, &key, &node.context.key, &institution.access_key)
        }),
        None => answer,
    }))
}

/// Finds out whether a message that nobody can read is the institution's that it seems to name: what its engineers look for first is in it.
async fn prove_unread(
    node: &ProvinceNode,
    headers: &gateway::Headers<'_>,
    body: &[u8],
    (taken, received): (&mut Taken, Moment),
) -> Outcome<()> {
    let Some(institution) = node.institution(taken.institution()).await? else { return Ok(()) };
    let asker = gateway::Asker { node, institution: &institution, headers, now: received };
    let proof = asker.prove_unread(body).await?;
    taken.is_of(&institution.code, proof);
    Ok(())
}

fn check_envelope(
    node: &ProvinceNode,
    request: &Request,
    institution: &Institution,
    received: Moment,
) -> Result<TreatmentPlace, Refusal> {
    let treatment = request.treatment_place()?;
    if treatment.province() != node.province {
        return Err(Refusal::WrongTreatmentPlace { mdtrtarea_admvs: treatment.to_string() });
    }
    if treatment.0.pooling_area() != institution.place.0.pooling_area() && treatment.0 != node.province.0 {
        return Err(Refusal::invalid("mdtrtarea_admvs", "本机构所在地的就医地医保区划"));
    }
    if !institution.open {
        return Err(Refusal::InstitutionSuspended { fixmedins_code: institution.code.to_string() });
    }
    if let Some(sent) = request.inf_time {
        let tolerance = i64::try_from(node.settings.clock_tolerance.as_millis()).unwrap_or(i64::MAX);
        if (sent.millis() - received.millis()).abs() > tolerance {
            return Err(Refusal::ClockOff { inf_time: sent.to_string() });
        }
    }
    // Where a hospital is, is what it is registered at, not what it says.
    Ok(institution.place)
}

async fn dispatch(call: &Call<'_>) -> Outcome<Vec<u8>> {
    if let Some(kind) = catalog_file::Kind::of(&call.request.infno) {
        let output = catalog::download(call, kind).await?;
        return Ok(call.render(&Answer::success(Some(output))));
    }
    let output = match call.request.infno.as_str() {
        "9001" => return session::sign_in(call).await,
        "9002" => return session::sign_out(call).await,
        "9101" => return files::upload(call).await,
        "2401" => return admission::admit(call).await,
        "2402" => return admission::discharge(call).await,
        "2403" => return admission::correct(call).await,
        "2404" => return admission::withdraw(call).await,
        "2405" => return admission::undo_discharge(call).await,
        "2501" | "2501A" => return registration::refer(call).await,
        "2502" => return registration::withdraw_referral(call).await,
        "2503" => return registration::chronic(call).await,
        "2504" => return registration::withdraw_chronic(call).await,
        "2505" => return registration::designate(call).await,
        "2506" => return registration::withdraw_designated(call).await,
        "2507" => return registration::accident(call).await,
        "2301" => return details::upload(call).await,
        "2302" => return details::delete(call).await,
        "2304" => return settlement::settle(call).await,
        "2201" => return outpatient::register(call).await,
        "2202" => return outpatient::withdraw(call).await,
        "2203" => return outpatient::describe(call).await,
        "2102" => return purchase::settle(call).await,
        "2163" => return purchase_order::give_back(call).await,
        "2166" => return purchase_order::put(call).await,
        "2167" => return purchase_order::cancel(call).await,
        "2181" => return purchase_order::reverse(call).await,
        "2203A" => return outpatient::describe_at_pharmacy(call).await,
        "2204" => return outpatient::upload(call).await,
        "2205" => return outpatient::delete(call).await,
        "2207" | "2207A" => return settlement::settle_bill(call).await,
        "3101" => return audit::examine(call, Stage::Before).await,
        "3102" => return audit::examine(call, Stage::During).await,
        "3103" => return audit::answer(call).await,
        "3202" => return reconciliation::details(call).await,
        "3261" => return apportioning::confirm(call).await,
        "3262" => return apportioning::withdraw(call).await,
        "3301" => return mapping::upload(call).await,
        "3302" => return mapping::withdraw(call).await,
        "2103" | "2208" | "2305" => return settlement::cancel(call).await,
        "2601" => return settlement::reverse(call).await,
        "2306" => return visit_record::change_memos(call).await,
        "2406" => return visit_record::put_attribute(call).await,
        "3401" | "3401A" => return department::upload(call).await,
        "3402" => return department::change(call).await,
        "3403" => return department::withdraw(call).await,
        "4101" | "4101A" => return settlement_list::upload(call).await,
        "4102" => return settlement_list::change(call).await,
        "4201" | "4201A" => return self_paid::lines(call).await,
        "4202" => return self_paid::stay(call).await,
        "4203" => return self_paid::complete(call).await,
        "4204" => return self_paid::delete(call).await,
        "4205" => return self_paid::outpatient(call).await,
        "1101" => person::find(call).await?,
        "1161" => person::read_card(call).await?,
        "1162" => person::decode_voucher(call).await?,
        "1201" => person::institutions(call).await?,
        "1304" => catalog::ethnic_medicines(call)?,
        "1312" => catalog::items(call)?,
        "1316" => catalog::pairs(call)?,
        "1317" => mapping::list(call).await?,
        "1318" => catalog::limits(call)?,
        "1319" => catalog::shares(call)?,
        "1901" => catalog::dictionary(call)?,
        "2101" => purchase::try_out(call).await?,
        "2161" => purchase_order::find(call).await?,
        "2170" => purchase_order::waiting(call).await?,
        "2171" => purchase_order::settled(call).await?,
        "2303" => settlement::try_out(call).await?,
        "2206" | "2206A" => settlement::try_out_bill(call).await?,
        "5201" => queries::visits(call).await?,
        "5203" => queries::settlement(call).await?,
        "5204" => queries::lines(call).await?,
        "5205" => registration::medicines(call).await?,
        "5206" => queries::year(call).await?,
        "5301" => registration::chronic_of(call).await?,
        "5302" => registration::designated_of(call).await?,
        "5303" => queries::in_hospital(call).await?,
        "5304" => registration::referrals(call).await?,
        "2001" => benefit_check::check(call).await?,
        "2407" => visit_record::attributes(call).await?,
        "4103" => settlement_list::find(call).await?,
        "4104" => settlement_list::quality(call)?,
        "4105" => settlement_list::count(call).await?,
        "5101" => department::list(call).await?,
        "5102" => department::staff(call)?,
        "5202" => visit_record::diagnoses(call).await?,
        "5401" => visit_record::recognised(call)?,
        "5402" => visit_record::report(call)?,
        "90100" => benefit_check::contributions(call).await?,
        "100001" => settlement_list::policy_items(call).await?,
        "2172" => declaration::months(call).await?,
        "2173" => declaration::lines(call).await?,
        "2174" => declaration::funds_of_months(call).await?,
        "2175" => declaration::day(call).await?,
        "2176" => declaration::days(call).await?,
        "3201" => reconciliation::totals(call).await?,
        "3260" => apportioning::extract(call).await?,
        other => unreachable!("{other} is in the table of what is served, and not here"),
    };
    Ok(call.render(&Answer::success(Some(output))))
}
