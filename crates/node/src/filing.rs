//! Filing (备案) at the insured place: a person applies, a clerk decides, and the national register hears of every move in the
//! same unit of work.
//!
//! Whatever is decided about one person's filings is decided one after the other: each use case holds the person's year
//! before it reads what it decides on.

use crate::{
    access::Author,
    context::{Failure, Outcome},
    insured::record_look,
    intra_province::is_of_this_province,
    job::{Line, Lines},
    province::ProvinceNode,
};
use casework::{
    Filing,
    filing::{self, Application, Change, Destination, Stage},
    person::Person,
};
use std::sync::Arc;
use store::{
    Conn, Document, Work, filing as register,
    insured::{self, YearKey},
    material,
    outbox::{self, Asked},
    person,
};
use terms::{
    AdminDivision, CitizenId, Day, FilingCategory, FilingId, InsuranceScheme, InsuredPlace, Moment,
    PersonNumber, Refusal,
};
use wire::peer::v1::Question;

/// By what a person is named at the insured place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// By the insured place's own number (人员编号).
    Number(PersonNumber),
    /// By citizen identity number (公民身份号码).
    Citizen(CitizenId),
}

/// What a person applies for (备案申请).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFiling {
    /// Where the person is insured: any division of the pooling area.
    pub insured: InsuredPlace,
    /// Who.
    pub who: Who,
    /// In which scheme.
    pub scheme: InsuranceScheme,
    /// Why (备案类型).
    pub category: FilingCategory,
    /// Where to: a city or a whole province.
    pub destination: AdminDivision,
    /// From which day; today if none is given.
    pub begins: Option<Day>,
    /// To which day; as the rules say if none is given.
    pub ends: Option<Day>,
    /// On the person's written commitment instead of papers (承诺制).
    pub commitment: bool,
    /// Approve it at once: the clerk at the window has seen what is needed.
    pub approve_now: bool,
}

/// What is to be different (备案变更). What is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewTerms {
    /// Another destination.
    pub destination: Option<AdminDivision>,
    /// Another first day.
    pub begins: Option<Day>,
    /// Another last day.
    pub ends: Option<Day>,
}

/// Who looks at somebody's filings, and for what: written down with every look.
#[derive(Clone, Copy, Debug)]
pub struct Looker<'a> {
    /// The clerk or the program.
    pub name: &'a str,
    /// The duty.
    pub purpose: &'a str,
}

/// What four eyes know a filing by.
pub(crate) fn subject(id: FilingId) -> String {
    format!("filing:{id}")
}

/// Takes an application of a person who is insured here, and approves it if it comes so.
pub async fn submit(node: &Arc<ProvinceNode>, new: NewFiling) -> Result<Filing, Refusal> {
    submit_by(node, new, &Author::NOBODY, Lines::default().line(1)).await
}

/// The same, entered by somebody who will not decide on it, as a line of a list or alone.
pub(crate) async fn submit_by(
    node: &Arc<ProvinceNode>,
    new: NewFiling,
    author: &Author,
    line: Line<'_>,
) -> Result<Filing, Refusal> {
    let filed = submit_once(node, new, author, line).await.map_err(Failure::refusal)?;
    node.deliver().await;
    Ok(filed)
}

/// What a line of a list became that is in already.
pub(crate) async fn of_line(node: &ProvinceNode, id: &str) -> Outcome<Filing> {
    let id = id.parse().map_err(|_| Refusal::UnknownFiling { filing_id: id.to_owned() })?;
    let mut conn = node.context.store.conn().await?;
    find_filing(&mut conn, id).await
}

async fn submit_once(
    node: &ProvinceNode,
    new: NewFiling,
    author: &Author,
    line: Line<'_>,
) -> Outcome<Filing> {
    let now = node.context.now();
    let destination = Destination::new(new.destination)?;
    let mut work = node.context.store.begin().await?;
    let person = find_person(node, work.conn(), new.insured, &new.who).await?;
    let insured = person.in_force(new.scheme)?.insured;
    let area = insured.pooling_area();
    hold(&mut work, insured, (&person.number, new.scheme), now).await?;
    let others = register::of_person(work.conn(), area, &person.number).await?;
    let application = Application {
        id: new_id(node, now),
        person: person.number,
        scheme: new.scheme,
        insured,
        category: new.category,
        destination,
        begins: new.begins,
        ends: new.ends,
        commitment: new.commitment,
    };
    let mut filed = filing::submit(application, &others, &node.settings.filing_rules, now)?;
    if new.approve_now {
        filed = filed.approve(now)?;
    }
    write(node, &mut work, &filed).await?;
    author.enters(&node.context, &mut work, &subject(filed.id)).await?;
    if !line.enters(&node.context, &mut work, &filed.id.to_string()).await? {
        // Somebody else was quicker with the same line: what he wrote counts, and this is not written.
        return Err(Failure::Trouble(Refusal::NodeBusy {}));
    }
    work.save().await?;
    Ok(filed)
}

/// 审核通过.
pub async fn approve(node: &Arc<ProvinceNode>, id: FilingId) -> Result<Filing, Refusal> {
    step(node, id, &Author::NOBODY, |filing, now| Ok((filing.approve(now)?, None))).await
}

/// 审核不通过, with the reason that the person is told.
pub async fn reject(node: &Arc<ProvinceNode>, id: FilingId, reason: &str) -> Result<Filing, Refusal> {
    step(node, id, &Author::NOBODY, |filing, now| Ok((filing.reject(reason, now)?, None))).await
}

/// 变更: the filing that takes its place.
pub async fn change(node: &Arc<ProvinceNode>, id: FilingId, terms: NewTerms) -> Result<Filing, Refusal> {
    change_by(node, id, terms, &Author::NOBODY).await
}

/// The same, entered by somebody who will not decide on the one that takes its place.
pub(crate) async fn change_by(
    node: &Arc<ProvinceNode>,
    id: FilingId,
    terms: NewTerms,
    author: &Author,
) -> Result<Filing, Refusal> {
    let rules = node.settings.filing_rules;
    step(node, id, author, |filing, now| {
        let destination = terms.destination.map(Destination::new).transpose()?;
        let change = Change { id: new_id(node, now), destination, begins: terms.begins, ends: terms.ends };
        let changed = filing.change(&change, &rules, now)?;
        Ok((changed.successor, Some(changed.former)))
    })
    .await
}

/// 取消.
pub async fn cancel(node: &Arc<ProvinceNode>, id: FilingId) -> Result<Filing, Refusal> {
    let rules = node.settings.filing_rules;
    step(node, id, &Author::NOBODY, |filing, now| Ok((filing.cancel(&rules, now)?, None))).await
}

/// The filing with this id, and a record of the look.
pub async fn find(node: &ProvinceNode, id: FilingId, looker: Looker<'_>) -> Result<Filing, Refusal> {
    let look = async {
        let mut work = node.context.store.begin().await?;
        let filing = find_filing(work.conn(), id).await?;
        let area = filing.insured.pooling_area();
        record_look(node, &mut work, area, &filing.person, looker.name, looker.purpose).await?;
        work.save().await?;
        Ok(filing)
    };
    look.await.map_err(Failure::refusal)
}

/// All filings of a person, newest first, and a record of the look.
pub async fn list_of_person(
    node: &ProvinceNode,
    insured: InsuredPlace,
    who: &Who,
    looker: Looker<'_>,
) -> Result<Vec<Filing>, Refusal> {
    let look = async {
        let mut work = node.context.store.begin().await?;
        let person = find_person(node, work.conn(), insured, who).await?;
        let area = insured.pooling_area();
        let filings = register::of_person(work.conn(), area, &person.number).await?;
        record_look(node, &mut work, area, &person.number, looker.name, looker.purpose).await?;
        work.save().await?;
        Ok(filings)
    };
    look.await.map_err(Failure::refusal)
}

/// Writes a filing down, and puts it out for the national register if it leads to another province.
pub(crate) async fn write(node: &ProvinceNode, work: &mut Work, filing: &Filing) -> Outcome<()> {
    let now = node.context.now();
    register::put(work, filing).await?;
    if is_of_this_province(filing) {
        return Ok(());
    }
    let question = Document::of(&Question::PublishFiling(Box::new(filing.clone())));
    let area = filing.insured.pooling_area();
    let asked = Asked::Hub(&question);
    outbox::put(work, area, (&filing.id.to_string(), "filing"), asked, (now, now)).await?;
    Ok(())
}

/// A move of one filing: it gives what stands now, and what was replaced if anything was.
type Moved = Result<(Filing, Option<Filing>), Refusal>;

async fn step(
    node: &Arc<ProvinceNode>,
    id: FilingId,
    author: &Author,
    decide: impl Fn(&Filing, Moment) -> Moved,
) -> Result<Filing, Refusal> {
    let moved = async {
        let now = node.context.now();
        let mut work = node.context.store.begin().await?;
        let before = find_filing(work.conn(), id).await?;
        hold(&mut work, before.insured, (&before.person, before.scheme), before.filed_at).await?;
        let (stands, former) = decide(&find_filing(work.conn(), id).await?, now)?;
        if let Some(former) = &former {
            write(node, &mut work, former).await?;
        }
        write(node, &mut work, &stands).await?;
        // Of an application that was withdrawn nothing is decided any more: the person's papers are not kept.
        if matches!(stands.stage, Stage::Cancelled { since: None, .. }) {
            material::remove_all(&mut work, (stands.insured.pooling_area(), stands.id), now).await?;
        }
        author.enters(&node.context, &mut work, &subject(stands.id)).await?;
        work.save().await?;
        Ok(stands)
    };
    let stands = moved.await.map_err(Failure::refusal)?;
    node.deliver().await;
    Ok(stands)
}

/// Holds a person's year until the unit of work ends, so that two clerks do not decide at once.
pub(crate) async fn hold(
    work: &mut Work,
    insured: InsuredPlace,
    (person, scheme): (&PersonNumber, InsuranceScheme),
    at: Moment,
) -> Outcome<()> {
    let key = YearKey { area: insured.pooling_area(), person, scheme, year: at.day().year() };
    insured::hold_year(work, key).await?;
    Ok(())
}

async fn find_filing(conn: &mut Conn, id: FilingId) -> Outcome<Filing> {
    let found = register::find(conn, id).await?;
    Ok(found.ok_or_else(|| Refusal::UnknownFiling { filing_id: id.to_string() })?)
}

pub(crate) async fn find_person(
    node: &ProvinceNode,
    conn: &mut Conn,
    insured: InsuredPlace,
    who: &Who,
) -> Outcome<Person> {
    let area = insured.pooling_area();
    let found = match who {
        _ if insured.province() != node.province => None,
        Who::Number(number) => person::find(conn, area, number).await?,
        Who::Citizen(citizen) => person::find_citizen(conn, area, citizen).await?,
    };
    Ok(found.ok_or_else(|| Refusal::UnknownPerson { place: insured.to_string() })?)
}

fn new_id(node: &ProvinceNode, now: Moment) -> FilingId {
    FilingId::new(node.province, now, node.context.ids.serial())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, ProvinceSettings};
    use benefit::{Catalog, Library};
    use casework::{
        access::{Account, Area, Role, State},
        person::Enrolment,
    };
    use sign::sm2::PrivateKey;
    use store::embedded::fixture::TestCluster;
    use terms::{Participant, day::FixedClock, id::CountingIds};

    const LOOKER: Looker<'static> = Looker { name: "test", purpose: "test" };

    /// Hubei with one employee, insured in Wuhan; its hub does not answer.
    async fn hubei() -> Arc<ProvinceNode> {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let province = "420000".parse().unwrap();
        let key = PrivateKey::from_bytes(&[7; 32]).unwrap();
        let hub_key = key.public();
        let (clock, ids) = (Arc::new(FixedClock(now)), Arc::new(CountingIds::default()));
        let context = Context {
            me: Participant::Province(province),
            store,
            clock,
            ids,
            key,
            ends: crate::KnownEnds::default(),
        };
        let library = Arc::new(Library::default());
        let nowhere = "http://127.0.0.1:9".to_owned();
        let settings = ProvinceSettings::new(nowhere, hub_key, library, Arc::new(Catalog::default()));
        let node = Arc::new(ProvinceNode::new(context, province, settings));
        let insured = InsuredPlace("420106".parse().unwrap());
        let enrolment = Enrolment::plain(InsuranceScheme::Employee, insured, "1101");
        let first_seventeen = "42010619850601912";
        let citizen = format!("{first_seventeen}{}", CitizenId::check_digit(first_seventeen).unwrap());
        let person = Person {
            number: "42010099001".parse().unwrap(),
            citizen: citizen.parse().unwrap(),
            name: "王某甲".to_owned(),
            nation: None,
            enrolments: vec![enrolment],
        };
        node.put_person("420100".parse::<AdminDivision>().unwrap().pooling_area(), &person).await.unwrap();
        node
    }

    fn referral(insured: &str, destination: &str) -> NewFiling {
        NewFiling {
            insured: InsuredPlace(insured.parse().unwrap()),
            who: Who::Number("42010099001".parse().unwrap()),
            scheme: InsuranceScheme::Employee,
            category: FilingCategory::Referral,
            destination: destination.parse().unwrap(),
            begins: None,
            ends: None,
            commitment: false,
            approve_now: false,
        }
    }

    async fn waits(node: &ProvinceNode) -> i64 {
        outbox::count(&mut node.context.store.conn().await.unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn every_move_is_written_with_what_the_national_register_must_hear() {
        let node = hubei().await;
        let filed = submit(&node, referral("420100", "110000")).await.unwrap();
        assert_eq!((filed.insured.to_string().as_str(), &filed.stage), ("420106", &Stage::Submitted));
        assert_eq!(waits(&node).await, 1);
        let approved = approve(&node, filed.id).await.unwrap();
        assert_eq!((approved.stage.name(), approved.generation), ("effective", 2));
        assert_eq!(waits(&node).await, 1, "the newer question of a filing takes the older one's place");
        let terms = NewTerms { destination: Some("310000".parse().unwrap()), ..NewTerms::default() };
        let successor = change(&node, filed.id, terms).await.unwrap();
        assert_eq!(waits(&node).await, 2, "the one that was and the one that is");
        assert_eq!(find(&node, filed.id, LOOKER).await.unwrap().stage.name(), "replaced");
        assert_eq!(cancel(&node, successor.id).await.unwrap().stage.name(), "cancelled");
        assert_eq!(approve(&node, successor.id).await.unwrap_err().code(), "filing-rule");
        let all = list_of_person(&node, successor.insured, &referral("420100", "110000").who, LOOKER)
            .await
            .unwrap();
        assert_eq!(
            all.iter().map(|filing| filing.stage.name()).collect::<Vec<_>>(),
            ["cancelled", "replaced"]
        );
    }

    #[tokio::test]
    async fn who_enters_a_filing_is_written_with_it() {
        let node = hubei().await;
        let now = node.context.now();
        let author = Author::of(&Account {
            name: "wangfang".parse().unwrap(),
            person_name: "王某芳".to_owned(),
            role: Role::AgencyOperator,
            area: Area::City("420100".parse::<AdminDivision>().unwrap().pooling_area()),
            person: None,
            state: State::NEW,
            must_change_password: false,
            has_one_time_code: false,
            revision: 1,
            created_at: now,
            created_by: "management".to_owned(),
            last_login: None,
        });
        let entered = async |id: FilingId| {
            let mut conn = node.context.store.conn().await.unwrap();
            store::account::who_entered(&mut conn, node.context.me, &subject(id)).await.unwrap()
        };
        let filed =
            submit_by(&node, referral("420100", "110000"), &author, Lines::default().line(1)).await.unwrap();
        assert_eq!(entered(filed.id).await, ["wangfang"]);
        approve(&node, filed.id).await.unwrap();
        let terms = |destination: &str| NewTerms {
            destination: Some(destination.parse().unwrap()),
            ..NewTerms::default()
        };
        let changed = change_by(&node, filed.id, terms("310000"), &author).await.unwrap();
        assert_eq!(entered(changed.id).await, ["wangfang"]);
        // For himself nobody enters: who applies at the portal decides on nothing.
        let changed = change(&node, changed.id, terms("440000")).await.unwrap();
        assert!(entered(changed.id).await.is_empty());
    }

    #[tokio::test]
    async fn two_clerks_at_once_file_one_place() {
        let node = hubei().await;
        let both = [referral("420100", "110000"), referral("420106", "310000")].map(|new| submit(&node, new));
        let [one, other] = both;
        let (one, other) = tokio::join!(one, other);
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }

    #[tokio::test]
    async fn who_is_not_insured_here_does_not_file_here() {
        let node = hubei().await;
        for (new, code) in [
            (referral("110101", "310000"), "unknown-person"),
            (NewFiling { scheme: InsuranceScheme::Resident, ..referral("420100", "310000") }, "not-insured"),
            (referral("420100", "420000"), "filing-rule"),
            (referral("420100", "110101"), "filing-rule"),
        ] {
            assert_eq!(submit(&node, new).await.unwrap_err().code(), code);
        }
        assert_eq!(waits(&node).await, 0);
    }
}
