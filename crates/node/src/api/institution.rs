//! Looking for institutions: at a province in its own register, at the hub in the national one; by clerks, and by anybody who wants to
//! know where one may settle directly.

use super::{
    Answer, Clerk,
    list::{self, Asked, Form, Rows, narrowed},
    read,
};
use crate::{
    context::{Context, Failure, Outcome},
    hub::Hub,
    province::ProvinceNode,
    public::Caller,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::get,
};
use casework::{access::Area, institution::Institution};
use document::Cell;
use std::{collections::BTreeMap, sync::Arc};
use store::{
    hub::NationalInstitution,
    institution,
    search::{self, InstitutionOrder, InstitutionsWanted},
};
use terms::{AdminDivision, CareKind, InstitutionCode, Refusal, SettlementLevel};
use wire::api::institution::{InstitutionCount, InstitutionView, Institutions};

/// The routes of a province.
pub fn of_province() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/institutions", get(list))
        .route("/api/v1/institutions/{code}", get(find))
        .route("/web/portal/institutions", get(public_list))
}

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new()
        .route("/api/v1/institutions", get(national_list))
        .route("/api/v1/institutions/{code}", get(national_find))
        .route("/web/portal/institutions", get(public_national_list))
}

type Node = State<Arc<ProvinceNode>>;

/// A pharmacy's 定点医疗服务机构类型.
const PHARMACY: &str = "2";

async fn list(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let own = clerk.area();
    // Who works at an institution finds that one.
    let only = match &own {
        Area::Institution { code, .. } => Some(code.to_string()),
        _ => None,
    };
    let area = narrowed(asked.read("area", "六位区划")?, &own, "area")?;
    let rows = rows_of_clerk(&asked)?;
    let wanted = wanted(&asked, area, only.as_deref(), rows)?;
    let found = in_province(&node, &wanted).await.map_err(Failure::refusal)?;
    let clerks = |one: &Institution| InstitutionView {
        authentication: Some(one.authentication.name().to_owned()),
        changed_at: Some(one.changed_at.to_string()),
        ..view(one)
    };
    Ok(answered(rows, page(rows, found, clerks)))
}

/// Clerks have the list as a file as well; the public has pages alone.
fn rows_of_clerk(asked: &Asked) -> Result<Rows, Refusal> {
    list::rows(asked.read("limit", "1到100的整数")?, asked.text("form"))
}

const HEADS: [&str; 8] =
    ["机构编号", "名称", "类型", "医保结算等级", "所在地代码", "所在地", "异地联网", "开通服务"];

/// A page, or a file of the same rows.
fn answered(rows: Rows, page: Institutions) -> Answer {
    match rows.form {
        Form::Page => Answer::json(&page),
        Form::File(format) => {
            list::file("定点医药机构", format, &HEADS, page.institutions.into_iter().map(cells).collect())
        }
    }
}

fn cells(one: InstitutionView) -> Vec<Cell> {
    // The national register does not say what an institution is, but for its code.
    let kind = if one.kind_name.is_empty() {
        kind_name(one.code.as_str().starts_with('P')).to_owned()
    } else {
        one.kind_name
    };
    vec![
        Cell::Text(one.code.to_string()),
        Cell::Text(one.name),
        Cell::Text(kind),
        Cell::Text(one.level_name),
        Cell::Text(one.place.to_string()),
        Cell::Text(one.place_name),
        Cell::Text(if one.open { "已开通" } else { "未开通" }.to_owned()),
        Cell::Text(one.service_names.join("、")),
    ]
}

/// In its own province, which is meant where no place is asked for, out of its own register; elsewhere out of its copy of the national one.
async fn public_list(State(node): Node, _: Caller, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let area: Option<AdminDivision> = asked.read("area", "六位区划")?;
    let area = Some(area.unwrap_or_else(|| node.province.division()));
    if area.is_some_and(|area| area.province() != node.province) {
        return national(&node.context, &asked, area, (Some(true), asked.rows()?)).await;
    }
    let rows = asked.rows()?;
    let wanted = InstitutionsWanted { open: Some(true), ..wanted(&asked, area, None, rows)? };
    let find = async {
        let mut conn = node.context.store.conn().await?;
        let counts = if wanted.after.is_none() {
            search::institution_counts(&mut conn, &wanted).await?
        } else {
            Vec::new()
        };
        Ok::<_, Failure>((search::institutions(&mut conn, &wanted).await?, counts))
    };
    let (found, counts) = find.await.map_err(Failure::refusal)?;
    Ok(Answer::json(&Institutions { areas: areas(counts, area), ..page(rows, found, view) }))
}

async fn in_province(node: &ProvinceNode, wanted: &InstitutionsWanted<'_>) -> Outcome<Vec<Institution>> {
    let mut conn = node.context.store.conn().await?;
    Ok(search::institutions(&mut conn, wanted).await?)
}

async fn find(State(node): Node, clerk: Clerk, Path(code): Path<String>) -> Result<Answer, Answer> {
    let code: InstitutionCode = read(&code, "code", "定点医药机构编号")?;
    let find = async { Ok(institution::find(&mut *node.context.store.conn().await?, &code).await?) };
    let found: Option<Institution> = find.await.map_err(|failure: Failure| failure.refusal())?;
    let found = found.ok_or_else(|| Refusal::NoSuchInstitution { code: code.to_string() })?;
    clerk.within(&Area::Institution { code, place: found.place.division() })?;
    Ok(Answer::json(&InstitutionView {
        authentication: Some(found.authentication.name().to_owned()),
        changed_at: Some(found.changed_at.to_string()),
        ..view(&found)
    }))
}

async fn national_list(State(hub): State<Arc<Hub>>, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let area = narrowed(asked.read("area", "六位区划")?, &clerk.area(), "area")?;
    national(&hub.context, &asked, area, (None, rows_of_clerk(&asked)?)).await
}

async fn public_national_list(State(hub): State<Arc<Hub>>, _: Caller, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let area = asked.read("area", "六位区划")?;
    national(&hub.context, &asked, area, (Some(true), asked.rows()?)).await
}

/// A page of the national register; for the public, which is shown those that are open, with how many there are where.
async fn national(
    context: &Context,
    asked: &Asked,
    area: Option<AdminDivision>,
    (open, rows): (Option<bool>, Rows),
) -> Result<Answer, Answer> {
    let mut wanted = wanted(asked, area, None, rows)?;
    wanted.open = open.or(wanted.open);
    // The register does not say what an institution is; the national codes of pharmacies begin with P.
    if wanted.kind == Some(PHARMACY) && wanted.code.is_none() {
        wanted.code = Some("P");
    }
    let find = async {
        let mut conn = context.store.conn().await?;
        let counts = if open.is_some() && wanted.after.is_none() {
            search::national_institution_counts(&mut conn, &wanted).await?
        } else {
            Vec::new()
        };
        Ok((search::national_institutions(&mut conn, &wanted).await?, counts))
    };
    let (found, counts) = find.await.map_err(|failure: Failure| failure.refusal())?;
    Ok(answered(rows, Institutions { areas: areas(counts, area), ..page(rows, found, national_view) }))
}

/// Places added up: by province where the whole country was asked for, else by pooling area.
fn areas(counts: Vec<(AdminDivision, i64)>, asked: Option<AdminDivision>) -> Vec<InstitutionCount> {
    let mut sums: BTreeMap<AdminDivision, i64> = BTreeMap::new();
    for (place, count) in counts {
        let area = match asked {
            None => place.province().division(),
            Some(_) => place.pooling_area().division(),
        };
        *sums.entry(area).or_default() += count;
    }
    let one = |(area, count): (AdminDivision, i64)| InstitutionCount {
        area,
        name: area.name().map_or_else(|| area.to_string(), str::to_owned),
        count,
    };
    sums.into_iter().map(one).collect()
}

async fn national_find(
    State(hub): State<Arc<Hub>>,
    clerk: Clerk,
    Path(code): Path<String>,
) -> Result<Answer, Answer> {
    let code: InstitutionCode = read(&code, "code", "定点医药机构编号")?;
    let find = async {
        let mut conn = hub.context.store.conn().await?;
        Ok(search::national_institution(&mut conn, &code).await?)
    };
    let found = find.await.map_err(|failure: Failure| failure.refusal())?;
    let found = found.ok_or_else(|| Refusal::NoSuchInstitution { code: code.to_string() })?;
    clerk.within(&Area::Institution { code, place: found.place.division() })?;
    Ok(Answer::json(&national_view(&found)))
}

/// A register's row, as far as lists know it.
trait Registered {
    fn mark(&self) -> String;
}

impl Registered for Institution {
    fn mark(&self) -> String {
        format!("{}.{}", self.place.0.pooling_area(), self.code)
    }
}

impl Registered for NationalInstitution {
    fn mark(&self) -> String {
        format!("{}.{}", self.place.province(), self.code)
    }
}

fn page<T: Registered>(rows: Rows, found: Vec<T>, view: impl Fn(&T) -> InstitutionView) -> Institutions {
    let (found, follows) = rows.shown(found);
    let next = found.last().filter(|_| follows).map(Registered::mark);
    Institutions { institutions: found.iter().map(view).collect(), next, areas: Vec::new() }
}

fn wanted<'a>(
    asked: &'a Asked,
    area: Option<AdminDivision>,
    only: Option<&'a str>,
    rows: Rows,
) -> Result<InstitutionsWanted<'a>, Refusal> {
    let level = match asked.text("level") {
        None => None,
        Some(name) => {
            let levels = "community、primary、secondary、tertiary或tertiary_special";
            let by_name: Option<SettlementLevel> =
                serde_json::from_value(serde_json::Value::String(name.to_owned())).ok();
            Some(by_name.ok_or_else(|| Refusal::invalid("level", levels))?)
        }
    };
    let after = match asked.text("after") {
        None => None,
        Some(text) => {
            let read = || {
                let (area, code) = text.split_once('.')?;
                Some((area.parse().ok()?, code.parse().ok()?))
            };
            Some(read().ok_or_else(|| Refusal::invalid("after", "上一页的next"))?)
        }
    };
    let (sort, backwards) = asked.sorted(&InstitutionOrder::ALL.map(|(name, _)| name))?;
    let order = InstitutionOrder::ALL.into_iter().find(|(name, _)| *name == sort).map(|(_, order)| order);
    Ok(InstitutionsWanted {
        name: asked.text("name"),
        code: only.or(asked.text("code")),
        area,
        level,
        kind: asked.text("kind"),
        open: asked.read("open", "true或false")?,
        changed_since: None,
        order: order.unwrap_or_default(),
        backwards,
        after,
        most: rows.asked(),
    })
}

/// For what an institution that is open settles directly, by what it is.
fn services(pharmacy: bool, open: bool) -> Vec<CareKind> {
    match (open, pharmacy) {
        (false, _) => Vec::new(),
        (true, true) => vec![CareKind::Pharmacy],
        (true, false) => vec![CareKind::Inpatient, CareKind::Outpatient, CareKind::Chronic],
    }
}

const fn kind_name(pharmacy: bool) -> &'static str {
    if pharmacy { "定点零售药店" } else { "定点医疗机构" }
}

fn view(one: &Institution) -> InstitutionView {
    let pharmacy = one.kind == PHARMACY;
    let services = services(pharmacy, one.open);
    InstitutionView {
        code: one.code.clone(),
        name: one.name.clone(),
        place: one.place.division(),
        place_name: one.place.division().full_name(),
        level: one.level,
        level_name: one.level.chinese().to_owned(),
        kind: one.kind.clone(),
        kind_name: kind_name(pharmacy).to_owned(),
        open: one.open,
        services: services.iter().map(|care| care.code().to_owned()).collect(),
        service_names: services.iter().map(|care| care.chinese().to_owned()).collect(),
        chinese_medicine: Some(one.chinese_medicine),
        authentication: None,
        changed_at: None,
    }
}

fn national_view(one: &NationalInstitution) -> InstitutionView {
    let services = services(one.code.as_str().starts_with('P'), one.open);
    InstitutionView {
        code: one.code.clone(),
        name: one.name.clone(),
        place: one.place.division(),
        place_name: one.place.division().full_name(),
        level: one.level,
        level_name: one.level.chinese().to_owned(),
        kind: String::new(),
        kind_name: String::new(),
        open: one.open,
        services: services.iter().map(|care| care.code().to_owned()).collect(),
        service_names: services.iter().map(|care| care.chinese().to_owned()).collect(),
        chinese_medicine: None,
        authentication: None,
        changed_at: Some(one.changed_at.to_string()),
    }
}
