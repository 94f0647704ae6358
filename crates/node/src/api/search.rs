//! Looking for settlements, people and filings at a province. What is found is masked unless a duty is named, every look at one person is
//! written down, and nobody finds what lies beyond where he works.

use super::{
    Answer, Clerk, Input,
    list::{self, Form, narrowed},
    read,
};
use crate::{
    context::{Failure, Outcome},
    hub::Hub,
    insured::record_look,
    job::Progress,
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use benefit::year::{Counter, Measure, Window};
use casework::{
    access::Area,
    person::{Enrolment, Person, Standing},
    settlement,
};
use document::Cell;
use std::sync::Arc;
use store::{
    Conn, filing as register,
    insured::{self, YearKey},
    medium, person,
    search::{self, FilingsWanted, Order, PeopleWanted, SettlementFound, SettlementsWanted},
};
use terms::{
    AdminDivision, CareKind, Day, Fen, InsuredPlace, PersonNumber, PoolingArea, Refusal, SettlementId,
    person::masked_name,
};
use wire::api::{
    FilingView, Shown,
    calculation::NamedAmount,
    media::CardView,
    search::{
        EnrolmentView, FilingSearch, FoundFilings, FoundPeople, FoundSettlements, PeopleSearch, PersonRow,
        PersonView, SettlementRow, SettlementSearch, YearView,
    },
    shown_number,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/settlements/search", post(find_settlements))
        .route("/api/v1/people/search", post(find_people))
        .route("/api/v1/people/{number}", get(find_person))
        .route("/api/v1/filings/search", post(find_filings))
}

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new().route("/api/v1/filings/search", post(find_national_filings))
}

// ------------------------------------------------------------------ settlements

/// A book of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Treatment,
    Insured,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Insured => "insured",
        }
    }
}

/// The name of a stage of a settlement at the treatment place.
pub(super) const fn treatment_stage(stage: settlement::Stage) -> &'static str {
    match stage {
        settlement::Stage::Asked => "asked",
        settlement::Stage::Settled => "settled",
        settlement::Stage::Refused => "refused",
        settlement::Stage::Undoing => "undoing",
        settlement::Stage::Undone => "undone",
    }
}

/// The name of a stage of a settlement at the insured place, and its Chinese word.
pub(super) const fn insured_stage(stage: insured::Stage) -> (&'static str, &'static str) {
    match stage {
        insured::Stage::Standing => ("standing", "有效"),
        insured::Stage::Undone => ("undone", "已撤销"),
        insured::Stage::Refused => ("refused", "已拒绝"),
    }
}

/// By amount only over so many days: such a list is sorted anew for every page.
const DAYS_BY_TOTAL: i32 = 93;

async fn find_settlements(
    State(node): Node,
    clerk: Clerk,
    progress: Progress,
    Input(mut body): Input<SettlementSearch>,
) -> Result<Answer, Answer> {
    let rows = list::rows(body.limit, body.form.as_deref())?;
    let side = match body.side.as_str() {
        "" | "treatment" => Side::Treatment,
        "insured" => Side::Insured,
        _ => return Err(Refusal::invalid("side", "treatment或insured").into()),
    };
    let own = clerk.area();
    match side {
        Side::Treatment => {
            if let Area::Institution { code, .. } = &own {
                body.institution = Some(code.clone());
            }
            body.treatment = narrowed(body.treatment, &own, "treatment")?;
        }
        Side::Insured if matches!(own, Area::Institution { .. }) => {
            return Err(Refusal::invalid("side", "treatment：医药机构只查本机构的结算").into());
        }
        Side::Insured => body.insured = narrowed(body.insured, &own, "insured")?,
    }
    progress.looks();
    let found = settlements(&node, side, &body, rows, clerk.shown, &clerk).await.map_err(Failure::refusal)?;
    progress.writes();
    Ok(match rows.form {
        Form::Page => Answer::json(&found),
        Form::File(format) => list::file(
            "结算列表",
            format,
            &SETTLEMENT_HEADS,
            found.settlements.into_iter().map(cells).collect(),
        ),
    })
}

const SETTLEMENT_HEADS: [&str; 12] = [
    "结算ID",
    "时间",
    "状态",
    "人员编号",
    "险种",
    "就医类别",
    "参保地",
    "就医地",
    "定点医药机构编号",
    "医疗费总额（元）",
    "基金支付总额（元）",
    "个人负担（元）",
];

fn cells(row: SettlementRow) -> Vec<Cell> {
    vec![
        row.id.to_string().into(),
        row.at.into(),
        row.stage_name.into(),
        row.person.into(),
        row.scheme_name.into(),
        row.care_name.into(),
        row.insured_name.into(),
        row.treatment_name.into(),
        row.institution.to_string().into(),
        row.total.into(),
        row.fund_total.into(),
        row.person_total.into(),
    ]
}

fn order_of(body: &SettlementSearch) -> Result<Order, Refusal> {
    let order = match body.sort.as_deref() {
        None | Some("" | "-day") => Order::DayBackwards,
        Some("day") => Order::Day,
        Some("total") => Order::Total,
        Some("-total") => Order::TotalBackwards,
        Some(_) => return Err(Refusal::invalid("sort", "-day、day、total或-total")),
    };
    let by_total = matches!(order, Order::Total | Order::TotalBackwards);
    let of_one = body.person.is_some() || body.certno.is_some();
    let short = match (body.from, body.until) {
        (Some(from), Some(until)) => from.days_until(until) < DAYS_BY_TOTAL,
        _ => false,
    };
    if by_total && !of_one && !short {
        let reason = format!("按金额排序须限定不超过{DAYS_BY_TOTAL}天的起止日期，或限定一个人，请补充条件");
        return Err(Refusal::ListRule { reason });
    }
    Ok(order)
}

/// What one list was ordered by and ended with, as the next page is asked for.
fn mark(text: &str) -> Result<(i64, SettlementId), Refusal> {
    let read = || {
        let (by, id) = text.split_once('.')?;
        Some((by.parse().ok()?, id.parse().ok()?))
    };
    read().ok_or_else(|| Refusal::invalid("after", "上一页的next"))
}

fn amount(text: Option<&str>, name: &str) -> Result<Option<Fen>, Refusal> {
    let read =
        |text: &str| text.trim().parse().map_err(|_| Refusal::invalid(name, "金额（元），最多两位小数"));
    text.filter(|text| !text.trim().is_empty()).map(read).transpose()
}

fn care(code: Option<&str>) -> Result<Option<CareKind>, Refusal> {
    let read = |code| CareKind::from_code(code).ok_or_else(|| Refusal::invalid("care", "21、11、14或41"));
    code.filter(|code| !code.is_empty()).map(read).transpose()
}

async fn settlements(
    node: &ProvinceNode,
    side: Side,
    body: &SettlementSearch,
    rows: list::Rows,
    shown: Shown,
    clerk: &Clerk,
) -> Outcome<FoundSettlements> {
    let order = order_of(body)?;
    let mut work = node.context.store.begin().await?;
    let person = match (&body.person, &body.certno) {
        (Some(number), _) => Some(number.clone()),
        // Whose number it is, only the own register knows.
        (None, Some(citizen)) => {
            let wanted = PeopleWanted {
                insured: node.province.division(),
                name: None,
                person: None,
                citizen: Some(citizen),
                after: None,
                most: 1,
            };
            let found = search::people(work.conn(), &wanted).await?;
            match found.into_iter().next() {
                Some((_, person)) => Some(person.number),
                None => return Ok(FoundSettlements::default()),
            }
        }
        (None, None) => None,
    };
    let wanted = SettlementsWanted {
        treatment: body.treatment,
        insured: body.insured,
        institution: body.institution.as_ref(),
        person: person.as_ref(),
        care: care(body.care.as_deref())?,
        days: (body.from, body.until),
        totals: (
            amount(body.total_from.as_deref(), "total_from")?,
            amount(body.total_until.as_deref(), "total_until")?,
        ),
        order,
        after: body.after.as_deref().filter(|after| !after.is_empty()).map(mark).transpose()?,
        most: rows.asked(),
    };
    let found = match side {
        Side::Treatment => treated(work.conn(), node, &wanted, body.stage.as_deref(), rows, shown).await?,
        Side::Insured => of_own(work.conn(), &wanted, body.stage.as_deref(), rows, shown).await?,
    };
    if let Some(person) = &person {
        let looker = clerk.looker("查找结算");
        let area = PoolingArea(node.province.division());
        record_look(node, &mut work, area, person, looker.name, looker.purpose).await?;
    }
    work.save().await?;
    Ok(found)
}

async fn treated(
    conn: &mut Conn,
    node: &ProvinceNode,
    wanted: &SettlementsWanted<'_>,
    stage: Option<&str>,
    rows: list::Rows,
    shown: Shown,
) -> Outcome<FoundSettlements> {
    let named = |name: &str| {
        settlement::Stage::ALL
            .into_iter()
            .find(|stage| treatment_stage(*stage) == name)
            .ok_or_else(|| Refusal::invalid("stage", "asked、settled、refused、undoing或undone"))
    };
    let stage = stage.filter(|stage| !stage.is_empty()).map(named).transpose()?;
    let found = search::treatment(conn, node.province, wanted, stage).await?;
    let (found, follows) = rows.shown(found);
    let next = next(&found, follows, wanted.order);
    let described =
        |one: &SettlementFound<settlement::Stage>| (treatment_stage(one.stage), one.stage.chinese());
    let settlements = named_rows(conn, Side::Treatment, &found, described, shown).await?;
    Ok(FoundSettlements { settlements, next })
}

async fn of_own(
    conn: &mut Conn,
    wanted: &SettlementsWanted<'_>,
    stage: Option<&str>,
    rows: list::Rows,
    shown: Shown,
) -> Outcome<FoundSettlements> {
    let named = |name: &str| {
        insured::Stage::ALL
            .into_iter()
            .find(|stage| insured_stage(*stage).0 == name)
            .ok_or_else(|| Refusal::invalid("stage", "standing、undone或refused"))
    };
    let stage = stage.filter(|stage| !stage.is_empty()).map(named).transpose()?;
    let found = search::insured(conn, wanted, stage).await?;
    let (found, follows) = rows.shown(found);
    let next = next(&found, follows, wanted.order);
    let described = |one: &SettlementFound<insured::Stage>| insured_stage(one.stage);
    let settlements = named_rows(conn, Side::Insured, &found, described, shown).await?;
    Ok(FoundSettlements { settlements, next })
}

fn next<S>(found: &[SettlementFound<S>], follows: bool, order: Order) -> Option<String> {
    let (by, id) = found.last().filter(|_| follows)?.mark(order);
    Some(format!("{by}.{id}"))
}

/// Rows with the names of the institutions that are registered here.
async fn named_rows<S>(
    conn: &mut Conn,
    side: Side,
    found: &[SettlementFound<S>],
    described: impl Fn(&SettlementFound<S>) -> (&'static str, &'static str),
    shown: Shown,
) -> Outcome<Vec<SettlementRow>> {
    let codes: Vec<_> = found.iter().map(|one| &one.institution).collect();
    let names = search::institution_names(conn, &codes).await?;
    let row = |one: &SettlementFound<S>| {
        let (stage, stage_name) = described(one);
        SettlementRow {
            id: one.id,
            side: side.name().to_owned(),
            at: one.at.to_string(),
            stage: stage.to_owned(),
            stage_name: stage_name.to_owned(),
            person: shown_number(&one.person, shown),
            scheme: one.scheme,
            scheme_name: one.scheme.chinese().to_owned(),
            care: one.care.code().to_owned(),
            care_name: one.care.chinese().to_owned(),
            insured: one.insured,
            insured_name: one.insured.full_name(),
            treatment: one.treatment,
            treatment_name: one.treatment.full_name(),
            institution: one.institution.clone(),
            institution_name: names.get(&one.institution).cloned(),
            total: one.amounts.total,
            fund_total: one.amounts.fund_total,
            person_total: one.amounts.person_total,
        }
    };
    Ok(found.iter().map(row).collect())
}

/// The settlements of a person insured in an area, newest first.
pub(super) async fn own_settlements(
    conn: &mut Conn,
    (area, person): (PoolingArea, &PersonNumber),
    after: Option<&str>,
    rows: list::Rows,
) -> Outcome<FoundSettlements> {
    let wanted = SettlementsWanted {
        treatment: None,
        insured: Some(area.division()),
        institution: None,
        person: Some(person),
        care: None,
        days: (None, None),
        totals: (None, None),
        order: Order::DayBackwards,
        after: after.map(mark).transpose()?,
        most: rows.asked(),
    };
    of_own(conn, &wanted, None, rows, Shown::Whole).await
}

// ------------------------------------------------------------------ people

async fn find_people(
    State(node): Node,
    clerk: Clerk,
    Input(body): Input<PeopleSearch>,
) -> Result<Answer, Answer> {
    let rows = list::rows(body.limit, None)?;
    let name = body.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if name.is_none() && body.person.is_none() && body.certno.is_none() {
        return Err(Refusal::missing("name", "姓名、人员编号或公民身份号码之一").into());
    }
    let insured = place_of(&node, &clerk, body.insured.map(InsuredPlace::division))?;
    let after = match body.after.as_deref().filter(|after| !after.is_empty()) {
        Some(after) => Some(people_mark(after)?),
        None => None,
    };
    let wanted = PeopleWanted {
        insured,
        name,
        person: body.person.as_ref(),
        citizen: body.certno.as_ref(),
        after,
        most: rows.asked(),
    };
    let look = async {
        let mut work = node.context.store.begin().await?;
        let found = search::people(work.conn(), &wanted).await?;
        let (found, follows) = rows.shown(found);
        let looker = clerk.looker("查找参保人员");
        for (area, person) in &found {
            record_look(&node, &mut work, PoolingArea(*area), &person.number, looker.name, looker.purpose)
                .await?;
        }
        work.save().await?;
        Ok::<_, Failure>((found, follows))
    };
    let (found, follows) = look.await.map_err(Failure::refusal)?;
    let last = found.last().filter(|_| follows);
    let next = last.map(|(area, person)| format!("{area}.{}", person.number));
    let people = found.iter().map(|(area, person)| person_row(*area, person, clerk.shown)).collect();
    Ok(Answer::json(&FoundPeople { people, next }))
}

/// Where somebody is looked for: as it is said, or all that whoever asks works for.
fn place_of(
    node: &ProvinceNode,
    clerk: &Clerk,
    said: Option<AdminDivision>,
) -> Result<AdminDivision, Refusal> {
    let found = narrowed(said, &clerk.area(), "insured")?.unwrap_or(node.province.division());
    if found.province() != node.province {
        return Err(Refusal::UnknownPerson { place: found.to_string() });
    }
    Ok(found)
}

fn people_mark(text: &str) -> Result<(AdminDivision, PersonNumber), Refusal> {
    let read = || {
        let (area, number) = text.split_once('.')?;
        Some((area.parse().ok()?, number.parse().ok()?))
    };
    read().ok_or_else(|| Refusal::invalid("after", "上一页的next"))
}

fn shown_name(name: &str, shown: Shown) -> String {
    match shown {
        Shown::Whole => name.to_owned(),
        Shown::Masked => masked_name(name),
    }
}

fn person_row(area: AdminDivision, person: &Person, shown: Shown) -> PersonRow {
    PersonRow {
        person: person.number.clone(),
        name: shown_name(&person.name, shown),
        certno: match shown {
            Shown::Whole => person.citizen.reveal().to_owned(),
            Shown::Masked => person.citizen.to_string(),
        },
        area,
        area_name: area.full_name(),
        enrolments: person.enrolments.iter().map(enrolment_view).collect(),
    }
}

fn enrolment_view(enrolment: &Enrolment) -> EnrolmentView {
    let (standing, standing_name) = match enrolment.standing {
        Standing::InForce => ("in_force", "正常参保"),
        Standing::Paused => ("paused", "暂停参保"),
        Standing::Ended => ("ended", "终止参保"),
    };
    EnrolmentView {
        scheme: enrolment.scheme,
        scheme_name: enrolment.scheme.chinese().to_owned(),
        insured: enrolment.insured,
        insured_name: enrolment.insured.division().full_name(),
        person_type: enrolment.person_type.clone(),
        standing: standing.to_owned(),
        standing_name: standing_name.to_owned(),
        civil_servant: enrolment.civil_servant,
        since: enrolment.since,
        balance: enrolment.balance,
        classes: enrolment.member_classes().iter().map(|class| class.chinese().to_owned()).collect(),
        tier: enrolment.tier.map(|tier| tier.chinese().to_owned()),
    }
}

async fn find_person(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    uri: Uri,
) -> Result<Answer, Answer> {
    let number: PersonNumber = read(&number, "number", "人员编号")?;
    let place = list::Asked::of(&uri)?.read("insured", "六位参保地区划")?;
    let place = place.ok_or_else(|| Refusal::missing("insured", "六位参保地区划"))?;
    let place: AdminDivision = place_of(&node, &clerk, Some(place))?;
    let area = place.pooling_area();
    let looker = clerk.looker("查看参保人员");
    let looked = async {
        let mut work = node.context.store.begin().await?;
        record_look(&node, &mut work, area, &number, looker.name, looker.purpose).await?;
        let view = person_view(&node, work.conn(), (area, &number), clerk.shown).await?;
        work.save().await?;
        Ok::<_, Failure>(view)
    };
    Ok(Answer::json(&looked.await.map_err(Failure::refusal)?))
}

/// How many settlements are shown with a person.
const LAST_SETTLEMENTS: u16 = 10;

/// Everything about a person at one look. Whoever looks has written it down before.
pub(super) async fn person_view(
    node: &ProvinceNode,
    conn: &mut Conn,
    (area, number): (PoolingArea, &PersonNumber),
    shown: Shown,
) -> Outcome<PersonView> {
    let unknown = || Refusal::UnknownPerson { place: area.to_string() };
    let person = person::find(conn, area, number).await?.ok_or_else(unknown)?;
    let today = node.context.now().day();
    let mut years = Vec::new();
    for enrolment in &person.enrolments {
        let policy = node.library.scheme_on(area, enrolment.scheme, today);
        let year = policy.map_or(today.year(), |policy| policy.insurance_year(today));
        let key = YearKey { area, person: number, scheme: enrolment.scheme, year };
        years.push(year_view(enrolment, year, &insured::year(conn, key).await?));
    }
    let filings = register::of_person(conn, area, number).await?;
    let rows = list::Rows { most: LAST_SETTLEMENTS, form: Form::Page };
    let settlements = own_settlements(conn, (area, number), None, rows).await?.settlements;
    let settlements =
        settlements.into_iter().map(|row| SettlementRow { person: shown_number(number, shown), ..row });
    let cards = medium::cards_of(conn, area, number).await?;
    Ok(PersonView {
        person: number.clone(),
        name: shown_name(&person.name, shown),
        certno: match shown {
            Shown::Whole => person.citizen.reveal().to_owned(),
            Shown::Masked => person.citizen.to_string(),
        },
        sex: if person.citizen.is_male() { "男" } else { "女" }.to_owned(),
        age: person.citizen.birth().years_until(today),
        area: area.division(),
        area_name: area.division().full_name(),
        enrolments: person.enrolments.iter().map(enrolment_view).collect(),
        years,
        filings: filings.iter().map(|filing| FilingView::of(filing, shown)).collect(),
        settlements: settlements.collect(),
        cards: cards.iter().map(|card| CardView::of(card, shown)).collect(),
    })
}

fn year_view(enrolment: &Enrolment, year: i16, sums: &benefit::YearToDate) -> YearView {
    let in_yuan = |(counter, amount): (Counter, i64)| {
        let is_money = counter.measure != Measure::Visits;
        let of_year = counter.window == Window::Year && counter.disease.is_none();
        (is_money && of_year).then(|| NamedAmount {
            code: counter.to_string(),
            name: counter_name(counter),
            amount: Fen(amount),
        })
    };
    YearView {
        scheme: enrolment.scheme,
        scheme_name: enrolment.scheme.chinese().to_owned(),
        year,
        admissions: sums.admissions(),
        sums: sums.counters().filter_map(in_yuan).collect(),
    }
}

/// `住院医疗费总额`.
fn counter_name(counter: Counter) -> String {
    let measure = match counter.measure {
        Measure::Visits => "次数".to_owned(),
        Measure::Total => "医疗费总额".to_owned(),
        Measure::InScope => "符合政策范围".to_owned(),
        Measure::Divided => "起付标准以上".to_owned(),
        Measure::Deductible => "已付起付标准".to_owned(),
        Measure::Person => "个人负担".to_owned(),
        Measure::Paid(fund) => format!("{}支付", fund.chinese()),
        Measure::LayerBase(layer) => format!("{}计入额", layer.chinese()),
        Measure::LayerPaid(layer) => format!("{}支付", layer.chinese()),
    };
    format!("{}{measure}", counter.care.chinese())
}

// ------------------------------------------------------------------ filings

async fn find_filings(
    State(node): Node,
    clerk: Clerk,
    progress: Progress,
    Input(body): Input<FilingSearch>,
) -> Result<Answer, Answer> {
    progress.looks();
    let rows = list::rows(body.limit, body.form.as_deref())?;
    let insured = narrowed(body.insured, &clerk.area(), "insured")?;
    let look = async {
        let mut work = node.context.store.begin().await?;
        let mut person = body.person.clone();
        if let (None, Some(citizen)) = (&person, &body.certno) {
            let wanted = PeopleWanted {
                insured: insured.unwrap_or(node.province.division()),
                name: None,
                person: None,
                citizen: Some(citizen),
                after: None,
                most: 1,
            };
            match search::people(work.conn(), &wanted).await?.into_iter().next() {
                Some((_, found)) => person = Some(found.number),
                None => return Ok((Vec::new(), false)),
            }
        }
        let wanted = filings_wanted(&body, insured, person.as_ref(), rows)?;
        let found = search::filings(work.conn(), &wanted).await?;
        let (found, follows) = rows.shown(found);
        let looker = clerk.looker("查找备案");
        // Whoever sees people whole has looked at each of them; a list of covered ones is nobody's, unless one was asked for.
        if clerk.shown == Shown::Whole || person.is_some() {
            for filing in &found {
                let area = filing.insured.pooling_area();
                record_look(&node, &mut work, area, &filing.person, looker.name, looker.purpose).await?;
            }
        }
        let mut views = found.iter().map(|filing| FilingView::of(filing, clerk.shown)).collect::<Vec<_>>();
        crate::material::tell_awaited(work.conn(), &found, &mut views).await?;
        work.save().await?;
        Ok::<_, Failure>((views, follows))
    };
    let (views, follows) = look.await.map_err(Failure::refusal)?;
    progress.writes();
    Ok(filings_answer(views, follows, rows))
}

async fn find_national_filings(
    State(hub): State<Arc<Hub>>,
    clerk: Clerk,
    progress: Progress,
    Input(body): Input<FilingSearch>,
) -> Result<Answer, Answer> {
    progress.looks();
    let rows = list::rows(body.limit, body.form.as_deref())?;
    if body.certno.is_some() {
        let expected = "空：国家备案库没有公民身份号码，请按人员编号查询";
        return Err(Refusal::invalid("certno", expected).into());
    }
    let insured = narrowed(body.insured, &clerk.area(), "insured")?;
    let wanted = filings_wanted(&body, insured, body.person.as_ref(), rows)?;
    let find = async {
        let mut conn = hub.context.store.conn().await?;
        Ok(search::national_filings(&mut conn, &wanted).await?)
    };
    let found = find.await.map_err(|failure: Failure| failure.refusal())?;
    let (found, follows) = rows.shown(found);
    progress.writes();
    // The hub has no record of looks: who looked stands in the audit trail.
    let views = found.iter().map(|filing| FilingView::of(filing, clerk.shown)).collect();
    Ok(filings_answer(views, follows, rows))
}

/// What is asked of either register.
pub(super) fn filings_wanted<'a>(
    body: &'a FilingSearch,
    insured: Option<AdminDivision>,
    person: Option<&'a PersonNumber>,
    rows: list::Rows,
) -> Result<FilingsWanted<'a>, Refusal> {
    const STAGES: [&str; 6] = ["submitted", SUPPLEMENTING, "effective", "rejected", "replaced", "cancelled"];
    let stage = body.stage.as_deref().filter(|stage| !stage.is_empty());
    if stage.is_some_and(|stage| !STAGES.contains(&stage)) {
        return Err(Refusal::invalid("stage", STAGES.join("、")));
    }
    let backwards = match body.sort.as_deref() {
        None | Some("" | "-filed_at") => true,
        Some("filed_at") => false,
        Some(_) => return Err(Refusal::invalid("sort", "-filed_at或filed_at")),
    };
    let after = match body.after.as_deref().filter(|after| !after.is_empty()) {
        None => None,
        Some(after) => {
            Some(read::<terms::FilingId>(after, "after", "上一页的next").map(|after| after.to_string())?)
        }
    };
    let awaited = stage == Some(SUPPLEMENTING);
    Ok(FilingsWanted {
        stage: if awaited { Some("submitted") } else { stage },
        awaited,
        category: body.category,
        insured,
        destination: body.destination,
        days: (body.from, body.until),
        person,
        backwards,
        after,
        most: rows.asked(),
    })
}

/// Submitted, and a reviewer waits for papers (待补正): no stage of its own, but what people look for.
const SUPPLEMENTING: &str = "supplementing";

const FILING_HEADS: [&str; 11] = [
    "备案编号",
    "申请时间",
    "状态",
    "人员编号",
    "险种",
    "参保地",
    "备案类型",
    "就医地",
    "开始日期",
    "结束日期",
    "承诺制",
];

/// Filings as a page or a file.
pub(super) fn filings_answer(filings: Vec<FilingView>, follows: bool, rows: list::Rows) -> Answer {
    let next = filings.last().filter(|_| follows).map(|last| last.id.to_string());
    match rows.form {
        Form::Page => Answer::json(&FoundFilings { filings, next }),
        Form::File(format) => {
            let cells = |view: FilingView| -> Vec<Cell> {
                vec![
                    view.id.to_string().into(),
                    view.filed_at.into(),
                    view.stage_name.into(),
                    view.person.into(),
                    view.scheme.chinese().into(),
                    view.insured.division().full_name().into(),
                    view.category_name.into(),
                    view.destination_name.into(),
                    view.begins.to_string().into(),
                    view.ends.map_or(Cell::Empty, |ends: Day| ends.to_string().into()),
                    if view.commitment { "是" } else { "" }.into(),
                ]
            };
            list::file("备案列表", format, &FILING_HEADS, filings.into_iter().map(cells).collect())
        }
    }
}
