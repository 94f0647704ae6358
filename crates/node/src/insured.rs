//! What the insured place does for its people away: it says who they are, computes, commits, and undoes.
//!
//! A settlement is written once under its id, and undone at most once. Whoever asks again gets the first answer, whatever
//! became of it; an undoing that comes before its settlement is written down as well, and the settlement is never accepted.

use crate::{
    context::{Failure, Outcome},
    outside_scheme,
    planted::{self, Bug},
    province::{ProvinceNode, UnconfirmedValues},
};
use benefit::{
    Accounts, Breakdown, Case, Continued, FilingStanding, Library, Member, OfYear, Scheme, YearToDate,
    compute_over_year_end,
    scheme::Confidence,
    splits_at_year_end,
    year::{Counter, Measure},
};
use casework::{
    Filing, Standing, chronic,
    filing::{Destination, deemed_filing, standing},
    person::{Enrolment, Person},
    registration::Chronic,
};
use funds::movement::settlement::{Settled as Booked, Undoing, at_insured, undo as undo_transfers};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{
    Amounts, Conn, Document, Work,
    batch::{Commit, FindKnown},
    book, detail, filing,
    insured::{self, Content, InsuredSettlement, Stage, YearKey},
    outside_settlement,
    person::{self, Look},
    registration,
};
use terms::{
    AdmissionKind, CareKind, Day, DiseaseCode, Fen, FilingId, InsuredPlace, Moment, Participant,
    PersonNumber, PoolingArea, Province, Refusal, Set, SettlementId, VisitMark,
};
use wire::peer::v1::{Answer, Claim, FindPerson, FindYear, Settle, Settled, Undo, UndoKind, Undone};

/// Says who a person is, and writes down who looked. What only this place's policies ask of them stays here.
pub async fn find_person(node: &ProvinceNode, find: &FindPerson) -> Outcome<Answer> {
    let area = find.insured.pooling_area();
    let mut work = node.context.store.begin().await?;
    let found = match (&find.number, &find.citizen) {
        (Some(number), _) => person::find(work.conn(), area, number).await?,
        (None, Some(citizen)) => person::find_citizen(work.conn(), area, citizen).await?,
        (None, None) => None,
    };
    let person = found.ok_or_else(|| unknown_person(find.insured))?;
    record_look(node, &mut work, area, &person.number, find.institution.as_str(), "1101").await?;
    work.save().await?;
    let enrolments = person.enrolments.into_iter().map(as_told).collect();
    Ok(Answer::Person(Box::new(Person { enrolments, ..person })))
}

/// An insurance as the treatment place is told of it.
pub fn as_told(enrolment: Enrolment) -> Enrolment {
    Enrolment { classes: Set::new(), tier: None, contribution_years: None, retired_on: None, ..enrolment }
}

/// The sums of a person's year, and a record of who looked.
pub async fn find_year(node: &ProvinceNode, find: &FindYear) -> Outcome<Answer> {
    let area = find.insured.pooling_area();
    let mut work = node.context.store.begin().await?;
    let person =
        person::find(work.conn(), area, &find.person).await?.ok_or_else(|| unknown_person(find.insured))?;
    let mut sums = Vec::new();
    for enrolment in &person.enrolments {
        let scheme = enrolment.scheme;
        let key = YearKey { area, person: &find.person, scheme, year: find.year };
        sums.push((scheme, insured::year(work.conn(), key).await?));
    }
    record_look(node, &mut work, area, &find.person, find.institution.as_str(), "5206").await?;
    work.save().await?;
    Ok(Answer::Year { year: find.year, sums })
}

/// Who computes the benefit of a scheme of a pooling area: this program by the area's policy, or an outside core system
/// ([`crate::outside_scheme`]). Whichever it is, a settlement is written once under its id, and whoever asks again gets the first
/// answer.
pub(crate) trait Core {
    /// Computes and writes nothing.
    fn trial(&self, node: &ProvinceNode, claim: &Claim) -> impl Future<Output = Outcome<Answer>> + Send;

    /// Settles; trouble of the code `message-under-way` means that a copy of the question was first.
    fn settle(&self, node: &ProvinceNode, settle: &Settle) -> impl Future<Output = Outcome<Answer>> + Send;
}

/// This program's own engine.
struct OwnEngine;

impl Core for OwnEngine {
    async fn trial(&self, node: &ProvinceNode, claim: &Claim) -> Outcome<Answer> {
        try_out(node, claim).await
    }

    async fn settle(&self, node: &ProvinceNode, settle: &Settle) -> Outcome<Answer> {
        match settle_together(node, settle).await? {
            Some(settled) => Ok(settled),
            None => settle_once(node, settle).await,
        }
    }
}

/// Computes and writes nothing (预结算).
pub async fn trial(node: &ProvinceNode, from: Participant, claim: &Claim) -> Outcome<Answer> {
    check_sender(from, claim.treatment.province(), claim.visit.province())?;
    match node.outside_scheme(claim.insured.pooling_area(), claim.scheme) {
        Some(outside) => outside.trial(node, claim).await,
        None => OwnEngine.trial(node, claim).await,
    }
}

async fn try_out(node: &ProvinceNode, claim: &Claim) -> Outcome<Answer> {
    let now = node.context.now();
    let mut conn = node.context.store.conn().await?;
    let area = claim.insured.pooling_area();
    let person = person::find(&mut conn, area, &claim.person).await?;
    let filings = filing::of_person(&mut conn, area, &claim.person).await?;
    let chronic = chronic_register(&mut conn, claim).await?;
    let before = settled_before(&mut conn, claim).await?;
    let unconfirmed = node.settings.unconfirmed_values;
    let question = Gathered { claim, person, filings, chronic, before, unconfirmed, settled_at: now };
    let prepared = question.prepare(&node.library)?;
    let sums = Sums {
        year: insured::year(&mut conn, prepared.year_key(claim)).await?,
        earlier: match prepared.earlier_key(claim) {
            Some(key) => insured::year(&mut conn, key).await?,
            None => YearToDate::default(),
        },
    };
    let breakdown = prepared.compute(&sums, node.settings.unconfirmed_values)?;
    Ok(Answer::Trial(Box::new(breakdown)))
}

/// Settles: the year's sums, the book, the breakdown and the reply in one commit.
pub async fn settle(node: &ProvinceNode, from: Participant, settle: &Settle) -> Outcome<Answer> {
    let claim = &settle.claim;
    check_sender(from, claim.treatment.province(), settle.settlement.province())?;
    match node.outside_scheme(claim.insured.pooling_area(), claim.scheme) {
        Some(outside) => settle_by(outside, node, settle).await,
        None => settle_by(&OwnEngine, node, settle).await,
    }
}

async fn settle_by(core: &impl Core, node: &ProvinceNode, settle: &Settle) -> Outcome<Answer> {
    for _ in 0..3 {
        match core.settle(node, settle).await {
            // Another copy of the same question was first: read what it wrote.
            Err(Failure::Trouble(Refusal::MessageUnderWay { .. })) => {}
            outcome => return outcome,
        }
    }
    Err(Failure::Trouble(Refusal::NodeBusy {}))
}

/// The usual case, written together with others that wait: a first question about a person of the scheme, a stay in one
/// year, on sums that nobody changes meanwhile. `None` for all else, which is decided one by one under locks.
async fn settle_together(node: &ProvinceNode, settle: &Settle) -> Outcome<Option<Answer>> {
    let (claim, now) = (&settle.claim, node.context.now());
    let area = claim.insured.pooling_area();
    if claim.bill.care == CareKind::Chronic || claim.uses_account || !claim.continues.is_empty() {
        return Ok(None);
    }
    let Ok(scheme) = policy_on(&node.library, claim, claim.bill.discharge) else { return Ok(None) };
    let year = scheme.insurance_year(claim.bill.discharge);
    let find = FindKnown { area, person: claim.person.clone(), scheme: claim.scheme, year };
    let Some(known) = node.members.read(find).await else { return Ok(None) };
    let (person, filings, chronic) = (Some(known.person), known.filings, Vec::new());
    let unconfirmed = node.settings.unconfirmed_values;
    let before = Vec::new();
    let question = Gathered { claim, person, filings, chronic, before, unconfirmed, settled_at: now };
    let Ok(prepared) = question.prepare_under(scheme) else { return Ok(None) };
    if prepared.deemed || splits_at_year_end(scheme, &prepared.case).is_some() {
        return Ok(None);
    }
    let sums = Sums { year: known.sums, earlier: YearToDate::default() };
    let Ok(breakdown) = prepared.compute(&sums, node.settings.unconfirmed_values) else {
        return Ok(None);
    };
    let settlement = standing_settlement(settle, &breakdown, year, now);
    let counted = !planted::is(Bug::ForgetsTheYear);
    let commit = Commit {
        sums: if counted { sums.year.plus(&breakdown.contribution) } else { sums.year.clone() },
        revision: known.revision,
        transfers: transfers(&settlement),
        settlement,
    };
    let committed = node.commits.write(commit).await;
    Ok(committed.then(|| {
        Answer::Settled(Box::new(Settled { settlement: settle.settlement, committed_at: now, breakdown }))
    }))
}

async fn settle_once(node: &ProvinceNode, settle: &Settle) -> Outcome<Answer> {
    let (claim, id, now) = (&settle.claim, settle.settlement, node.context.now());
    let area = claim.insured.pooling_area();
    let mut work = node.context.store.begin().await?;
    let is_first = |_: &InsuredSettlement| !planted::is(Bug::ForgetsFirstAnswers);
    if let Some(stands) = insured::hold(&mut work, area, id).await?.filter(is_first) {
        return first_answer(&stands);
    }
    let person = person::find(work.conn(), area, &claim.person).await?;
    let filings = filing::of_person(work.conn(), area, &claim.person).await?;
    let chronic = chronic_register(work.conn(), claim).await?;
    let before = settled_before(work.conn(), claim).await?;
    let unconfirmed = node.settings.unconfirmed_values;
    let question = Gathered { claim, person, filings, chronic, before, unconfirmed, settled_at: now };
    let mut prepared = match question.prepare(&node.library) {
        Ok(prepared) => prepared,
        Err(refusal) => return refuse(work, claim, id, refusal, now).await,
    };
    let sums = prepared.hold_sums(&mut work, claim).await?;
    // While this waited for the person's sums, a copy of the question may have been committed.
    if let Some(stands) = insured::hold(&mut work, area, id).await?.filter(is_first) {
        return first_answer(&stands);
    }
    if let Some(accounts) = &mut prepared.case.accounts {
        let balance = person::hold_balance(&mut work, (area, &claim.person), claim.scheme).await?;
        accounts.own = balance.unwrap_or_default().or_zero();
    }
    let breakdown = match prepared.compute(&sums, node.settings.unconfirmed_values) {
        Ok(breakdown) => breakdown,
        Err(refusal) => return refuse(work, claim, id, refusal, now).await,
    };
    if !breakdown.account_paid.is_zero() {
        let owner = (area, &claim.person);
        person::spend_balance(&mut work, owner, claim.scheme, breakdown.account_paid).await?;
    }
    let stands = standing_settlement(settle, &breakdown, prepared.year, now);
    prepared.put_sums(&mut work, claim, &sums.with(&breakdown)).await?;
    write_standing(&mut work, &stands).await?;
    if prepared.deemed {
        deem_filed(node, &mut work, claim, &question.filings, now).await?;
    }
    work.save().await.map_err(duplicate_or_trouble)?;
    Ok(Answer::Settled(Box::new(Settled { settlement: id, committed_at: now, breakdown })))
}

/// Writes down that an emergency counts as filed; its bills count as filed once.
pub(crate) async fn deem_filed(
    node: &ProvinceNode,
    work: &mut Work,
    claim: &Claim,
    filings: &[Filing],
    now: Moment,
) -> Outcome<()> {
    let admission = claim.bill.admission;
    let is_there = filings.iter().any(|filing| {
        filing.deemed
            && filing.scheme == claim.scheme
            && filing.begins == admission
            && filing.destination == Destination::containing(claim.treatment)
    });
    if is_there {
        return Ok(());
    }
    let id = FilingId::new(node.province, now, node.context.ids.serial());
    let (person, scheme) = (claim.person.clone(), claim.scheme);
    let record = deemed_filing(id, person, scheme, claim.insured, claim.treatment, admission, now);
    crate::filing::write(node, work, &record).await
}

/// Undoes a settlement, or sees to it that it is never accepted.
pub async fn undo(node: &ProvinceNode, from: Participant, undo: &Undo) -> Outcome<Answer> {
    check_sender(from, undo.treatment.province(), undo.settlement.province())?;
    for _ in 0..3 {
        match undo_once(node, undo).await {
            Err(Failure::Trouble(Refusal::MessageUnderWay { .. })) => {}
            outcome => return outcome,
        }
    }
    Err(Failure::Trouble(Refusal::NodeBusy {}))
}

/// Out of the year, or a tombstone (in the model: `AtInsured::Undone`, `None` where it never stood).
async fn undo_once(node: &ProvinceNode, undo: &Undo) -> Outcome<Answer> {
    let (id, now) = (undo.settlement, node.context.now());
    let area = undo.insured.pooling_area();
    let mut work = node.context.store.begin().await?;
    let done = |undo: SettlementId, had_stood: bool, at: Moment| {
        Ok(Answer::Undone(Undone { settlement: id, undo, had_stood, at }))
    };
    let outside = outside_settlement::hold(&mut work, area, id).await?;
    let by = (undo.undo, reason(undo.reason));
    let Some(stands) = insured::hold(&mut work, area, id).await? else {
        outside_scheme::undone_here(&mut work, outside.as_ref(), by, now).await?;
        let tombstone = InsuredSettlement {
            area,
            id,
            stage: Stage::Undone,
            treatment: undo.treatment.province(),
            content: None,
            refusal: None,
            committed_at: now,
            undo: Some((undo.undo, reason(undo.reason).to_owned())),
            undone_at: Some(now),
        };
        if !planted::is(Bug::WritesNoTombstone) {
            insert_once(&mut work, &tombstone).await?;
        }
        work.save().await.map_err(duplicate_or_trouble)?;
        return done(undo.undo, false, now);
    };
    match (&stands.content, stands.stage, &stands.undo) {
        (Some(content), Stage::Standing, _) => {
            // The earlier year first, as a settlement holds them.
            let earlier = content.earlier.as_ref().map(|earlier| (earlier.year, &earlier.contribution));
            for (year, contribution) in earlier.into_iter().chain([(content.year, &content.contribution)]) {
                let key = YearKey { area, person: &content.person, scheme: content.scheme, year };
                let sums = insured::hold_year(&mut work, key).await?;
                let left = if planted::is(Bug::KeepsTheYear) { sums } else { sums.minus(contribution) };
                insured::put_year(&mut work, key, &left).await?;
            }
            // An outside system keeps the account itself, and gives back what it took.
            let gives_back = outside.is_none() && !planted::is(Bug::KeepsTheAccount);
            if !content.amounts.account.is_zero() && gives_back {
                let paid = breakdown_of(&content.breakdown).account_paid;
                let owner = (area, &content.person);
                person::spend_balance(&mut work, owner, content.scheme, -paid).await?;
            }
            let back = undo_transfers(&transfers(&stands), undoing(undo.reason), now.day(), now);
            if !planted::is(Bug::EntersNoUndoing) {
                book::append(&mut work, area.division(), &back).await?;
            }
            insured::set_undone(&mut work, area, id, by, now).await?;
            outside_scheme::undone_here(&mut work, outside.as_ref(), by, now).await?;
            detail::drop_undone(&mut work, area, id, now).await?;
            work.save().await?;
            done(undo.undo, true, now)
        }
        (content, Stage::Undone, Some((first, _))) => {
            done(*first, content.is_some(), stands.undone_at.unwrap_or(now))
        }
        // A refused settlement never stood: nothing is to be undone, and it is refused for ever.
        _ => done(undo.undo, false, now),
    }
}

/// What is known of a claim before it is computed.
struct Gathered<'a> {
    claim: &'a Claim,
    person: Option<Person>,
    filings: Vec<Filing>,
    /// The chronic diseases that the person is registered for, where the claim is for one.
    chronic: Vec<Chronic>,
    /// What was settled of the same stay before.
    before: Vec<InsuredSettlement>,
    unconfirmed: UnconfirmedValues,
    settled_at: Moment,
}

/// The settlements of the same stay that the claim says to go on from, as far as they are known here.
async fn settled_before(conn: &mut Conn, claim: &Claim) -> Outcome<Vec<InsuredSettlement>> {
    let mut before = Vec::new();
    for id in &claim.continues {
        before.extend(insured::find(conn, claim.insured.pooling_area(), *id).await?);
    }
    Ok(before)
}

/// The chronic diseases that the person of a claim is registered for, if it is for one: else nobody asks.
async fn chronic_register(conn: &mut Conn, claim: &Claim) -> Outcome<Vec<Chronic>> {
    if claim.bill.care != CareKind::Chronic {
        return Ok(Vec::new());
    }
    Ok(registration::chronic_of(conn, claim.insured.pooling_area(), &claim.person).await?)
}

/// A claim with its policy.
struct Prepared<'p> {
    scheme: &'p Scheme,
    /// The policy of the year before and that year, if the stay is split at the year's end.
    earlier: Option<(&'p Scheme, i16)>,
    case: Case,
    year: i16,
    deemed: bool,
}

/// What was used before of the year that the discharge lies in, and of the one before it if the stay is split.
struct Sums {
    year: YearToDate,
    earlier: YearToDate,
}

impl Sums {
    /// With what a settlement adds.
    fn with(&self, breakdown: &Breakdown) -> Self {
        let earlier = breakdown.earlier.as_ref();
        Self {
            year: self.year.plus(&breakdown.contribution),
            earlier: earlier
                .map_or_else(|| self.earlier.clone(), |more| self.earlier.plus(&more.contribution)),
        }
    }
}

impl Prepared<'_> {
    fn year_key<'a>(&self, claim: &'a Claim) -> YearKey<'a> {
        YearKey {
            area: claim.insured.pooling_area(),
            person: &claim.person,
            scheme: claim.scheme,
            year: self.year,
        }
    }

    fn earlier_key<'a>(&self, claim: &'a Claim) -> Option<YearKey<'a>> {
        self.earlier.map(|(_, year)| YearKey { year, ..self.year_key(claim) })
    }

    /// The sums that the stay counts in, held until the unit of work ends, the earlier year first.
    async fn hold_sums(&self, work: &mut Work, claim: &Claim) -> Outcome<Sums> {
        let earlier = match self.earlier_key(claim) {
            Some(key) => insured::hold_year(work, key).await?,
            None => YearToDate::default(),
        };
        Ok(Sums { year: insured::hold_year(work, self.year_key(claim)).await?, earlier })
    }

    /// Writes the sums that are held.
    async fn put_sums(&self, work: &mut Work, claim: &Claim, sums: &Sums) -> Outcome<()> {
        if let Some(key) = self.earlier_key(claim) {
            insured::put_year(work, key, &sums.earlier).await?;
        }
        Ok(insured::put_year(work, self.year_key(claim), &sums.year).await?)
    }

    /// What the funds pay, if every value that it needs may be used.
    fn compute(&self, sums: &Sums, unconfirmed: UnconfirmedValues) -> Result<Breakdown, Refusal> {
        let later = OfYear { scheme: self.scheme, year: &sums.year };
        let breakdown = match self.earlier {
            Some((scheme, _)) => {
                compute_over_year_end(OfYear { scheme, year: &sums.earlier }, later, &self.case)?
            }
            None => benefit::compute(self.scheme, &self.case, &sums.year)?,
        };
        if unconfirmed == UnconfirmedValues::Refuse && !breakdown.unconfirmed.is_empty() {
            let values: BTreeSet<&str> = breakdown.unconfirmed.iter().map(String::as_str).collect();
            let value = values.into_iter().collect::<Vec<_>>().join("、");
            return Err(Refusal::PolicyValueUnconfirmed { area: self.scheme.name.clone(), value });
        }
        Ok(breakdown)
    }
}

impl Gathered<'_> {
    /// Finds the person's insurance, how the stay stands with the filing register, and the policy of the discharge day; that
    /// of the year before too, if the policy splits the stay at the year's end.
    fn prepare<'p>(&self, library: &'p Library) -> Result<Prepared<'p>, Refusal> {
        let claim = self.claim;
        let person = self.person.as_ref().ok_or_else(|| unknown_person(claim.insured))?;
        person.in_force(claim.scheme)?;
        let mut prepared = self.prepare_under(policy_on(library, claim, claim.bill.discharge)?)?;
        if let Some(last) = splits_at_year_end(prepared.scheme, &prepared.case) {
            let earlier = policy_on(library, claim, last)?;
            prepared.earlier = Some((earlier, earlier.insurance_year(last)));
        }
        Ok(prepared)
    }

    /// The person's own account, if it is to pay. Where the rule for accounts is not certain, and this node does not compute with
    /// what is not, none pays: that costs nobody anything, and the person pays in cash.
    fn accounts(&self, scheme: &Scheme, enrolment: &Enrolment) -> Option<Accounts> {
        let rule = scheme.account.as_ref()?;
        let is_sure = rule.citation.confidence == Confidence::Confirmed;
        let may_pay = is_sure || self.unconfirmed == UnconfirmedValues::Compute;
        let balance = enrolment.balance.or_zero();
        (self.claim.uses_account && may_pay).then(|| Accounts { own: balance, family: Vec::new() })
    }

    /// What was settled of the same stay before this claim.
    fn continued(&self) -> Result<Option<Continued>, Refusal> {
        let claim = self.claim;
        let mut sum: Option<Continued> = None;
        for id in &claim.continues {
            let stands = self.before.iter().find(|one| one.id == *id && one.stage == Stage::Standing);
            let content = stands.and_then(|one| one.content.as_ref());
            let content = content.ok_or_else(|| Refusal::UnknownSettlement { setl_id: id.to_string() })?;
            let earlier: Claim = content.claim.read().expect("this program stored it");
            if earlier.visit != claim.visit
                || content.person != claim.person
                || content.scheme != claim.scheme
            {
                return Err(Refusal::UnknownSettlement { setl_id: id.to_string() });
            }
            let breakdown = breakdown_of(&content.breakdown);
            let divided = Counter::of(claim.bill.care, Measure::Divided);
            let of_years =
                [Some(&breakdown.contribution), breakdown.earlier.as_ref().map(|it| &it.contribution)];
            let divided = of_years.into_iter().flatten().map(|year| Fen(year.get(divided))).sum::<Fen>();
            let since = earlier.bill.discharge;
            let before = sum.unwrap_or(Continued {
                since,
                total: Fen::ZERO,
                divided: Fen::ZERO,
                deductible: Fen::ZERO,
            });
            sum = Some(Continued {
                since: since.max(before.since),
                total: before.total + breakdown.split.total,
                divided: before.divided + divided,
                deductible: before.deductible + breakdown.deductible_paid,
            });
        }
        Ok(sum)
    }

    /// The same under a policy that was found, for a stay in one year.
    fn prepare_under<'p>(&self, scheme: &'p Scheme) -> Result<Prepared<'p>, Refusal> {
        let claim = self.claim;
        let person = self.person.as_ref().ok_or_else(|| unknown_person(claim.insured))?;
        let enrolment = person.in_force(claim.scheme)?;
        let (admission, discharge) = (claim.bill.admission, claim.bill.discharge);
        let mut bill = claim.bill.clone();
        if bill.care == CareKind::Chronic && bill.diseases.is_empty() {
            return Err(Refusal::DiseaseMissing { med_type: CareKind::Chronic.code().to_owned() });
        }
        bill.diseases = chronic::registered(&self.chronic, claim.scheme, &bill.diseases, admission)?;
        if claim.admission_kind == AdmissionKind::Emergency {
            bill.marks.insert(VisitMark::EmergencyRescue);
        }
        let holding = self.chronic.iter().filter(|one| one.holds(claim.scheme, admission));
        let case = Case {
            bill,
            member: member(person, enrolment, holding.map(|one| one.disease).collect()),
            insured: claim.insured,
            treatment: claim.treatment,
            standing: filing_standing(claim, &self.filings, self.settled_at),
            accounts: self.accounts(scheme, enrolment),
            continues: self.continued()?,
        };
        Ok(Prepared {
            year: scheme.insurance_year(discharge),
            scheme,
            earlier: None,
            case,
            deemed: is_deemed(claim, &self.filings, self.settled_at),
        })
    }
}

/// A settlement, with what is known of its person, to be computed again.
pub(crate) struct Again<'a> {
    /// As it stands, or stood.
    pub settlement: &'a InsuredSettlement,
    /// The person.
    pub person: Person,
    /// All their filings.
    pub filings: Vec<Filing>,
    /// The chronic diseases that they are registered for, where it is for one.
    pub chronic: Vec<Chronic>,
    /// All that was ever settled for the person, in the order in which it was committed.
    pub all: &'a [&'a InsuredSettlement],
    /// Whether values that nobody has confirmed may be used.
    pub unconfirmed: UnconfirmedValues,
}

impl Again<'_> {
    /// What it comes to when it is computed once more, from the claim that is kept and from the sums of the person's years as
    /// they were when it was committed. The register of people, filings and diseases is as it is now.
    pub(crate) fn compute(&self, library: &Library) -> Result<Breakdown, Refusal> {
        let settlement = self.settlement;
        let content = settlement.content.as_ref().expect("it stands, or stood");
        let claim: Claim = content.claim.read().map_err(|_| Refusal::NodeBusy {})?;
        let before = self.all.iter().filter(|one| claim.continues.contains(&one.id));
        let question = Gathered {
            claim: &claim,
            person: Some(self.person.clone()),
            filings: self.filings.clone(),
            chronic: self.chronic.clone(),
            before: before
                .map(|one| InsuredSettlement { stage: Stage::Standing, ..(*one).clone() })
                .collect(),
            unconfirmed: self.unconfirmed,
            settled_at: settlement.committed_at,
        };
        let mut prepared = question.prepare(library)?;
        let kept: Breakdown = content.breakdown.read().map_err(|_| Refusal::NodeBusy {})?;
        if let (Some(accounts), Some(left)) = (&mut prepared.case.accounts, kept.account_left) {
            accounts.own = left + kept.account_paid;
        }
        let sums = Sums {
            year: self.year_before(claim.scheme, prepared.year),
            earlier: prepared
                .earlier
                .map_or_else(YearToDate::default, |(_, year)| self.year_before(claim.scheme, year)),
        };
        prepared.compute(&sums, self.unconfirmed)
    }

    /// The sums of a year when the settlement was committed.
    fn year_before(&self, scheme: terms::InsuranceScheme, year: i16) -> YearToDate {
        let at = self.settlement.committed_at;
        let earlier = self.all.iter().take_while(|one| one.id != self.settlement.id);
        let counted = earlier.filter(|one| one.undone_at.is_none_or(|undone| undone > at));
        counted
            .filter_map(|one| one.content.as_ref())
            .filter(|content| content.scheme == scheme)
            .fold(YearToDate::default(), |sums, content| sums.plus(&added_to(content, year)))
    }
}

/// What a settlement adds to a year of its person.
pub(crate) fn added_to(content: &Content, year: i16) -> YearToDate {
    let own = (content.year == year).then_some(&content.contribution);
    let earlier = content.earlier.as_ref().filter(|it| it.year == year).map(|it| &it.contribution);
    own.into_iter().chain(earlier).fold(YearToDate::default(), |sums, more| sums.plus(more))
}

/// The policy that is in force for a claim on a day.
fn policy_on<'p>(library: &'p Library, claim: &Claim, day: Day) -> Result<&'p Scheme, Refusal> {
    let stale = i32::from(planted::is(Bug::UsesYesterdaysPolicy));
    library.scheme_on(claim.insured.pooling_area(), claim.scheme, day.plus_days(-stale))
}

/// How a claim stands with the person's filings.
fn stands_with_register(claim: &Claim, filings: &[Filing], settled_at: Moment) -> Standing {
    let of_scheme: Vec<Filing> =
        filings.iter().filter(|filing| filing.scheme == claim.scheme).cloned().collect();
    let emergency = claim.admission_kind == AdmissionKind::Emergency;
    let (admission, discharge) = (claim.bill.admission, claim.bill.discharge);
    standing(&of_scheme, claim.treatment, admission, discharge, settled_at, emergency)
}

/// The same as whoever computes the benefit is told.
pub(crate) fn filing_standing(claim: &Claim, filings: &[Filing], settled_at: Moment) -> FilingStanding {
    match stands_with_register(claim, filings, settled_at) {
        Standing::Filed(category, _) => FilingStanding::Filed(category),
        Standing::FiledElsewhere(category, _) => FilingStanding::FiledElsewhere(category),
        Standing::Deemed => FilingStanding::DeemedFiled,
        Standing::NotFiled => FilingStanding::NotFiled,
    }
}

/// Whether the claim is of an emergency that counts as filed. Within the province nobody files for one.
pub(crate) fn is_deemed(claim: &Claim, filings: &[Filing], settled_at: Moment) -> bool {
    claim.insured.province() != claim.treatment.province()
        && stands_with_register(claim, filings, settled_at) == Standing::Deemed
}

/// A person in one of their insurances, as policies see them, with the chronic diseases that they are registered for.
fn member(person: &Person, enrolment: &Enrolment, diseases: Vec<DiseaseCode>) -> Member {
    Member {
        scheme: enrolment.scheme,
        status: enrolment.status(),
        birth: person.citizen.birth(),
        classes: enrolment.member_classes(),
        tier: enrolment.tier,
        contribution_years: enrolment.contribution_years,
        retired_on: enrolment.retired_on,
        diseases,
    }
}

fn unknown_person(insured: InsuredPlace) -> Refusal {
    Refusal::UnknownPerson { place: insured.to_string() }
}

/// Only the treatment province itself asks about its own settlements.
pub fn check_sender(from: Participant, treatment: Province, owner: Province) -> Outcome<()> {
    if from == Participant::Province(treatment) && owner == treatment {
        return Ok(());
    }
    Err(Failure::Trouble(Refusal::PeerRejected { detail: "发送方不是就医地".to_owned() }))
}

/// The answer that a settlement's id got the first time (in the model, `casework/tests/protocol/insured.rs`, under the same name).
pub(crate) fn first_answer(stands: &InsuredSettlement) -> Outcome<Answer> {
    match (stands.stage, &stands.content) {
        (Stage::Standing, Some(content)) => Ok(Answer::Settled(Box::new(Settled {
            settlement: stands.id,
            committed_at: stands.committed_at,
            breakdown: breakdown_of(&content.breakdown),
        }))),
        (Stage::Refused, _) => Err(refusal_of(stands.refusal.as_ref()).into()),
        _ => Err(Refusal::AlreadyUndone { setl_id: stands.id.to_string() }.into()),
    }
}

/// A breakdown as it was stored.
pub fn breakdown_of(stored: &Document) -> Breakdown {
    stored.read().expect("this program stored it")
}

/// A refusal as it was stored.
pub fn refusal_of(stored: Option<&Value>) -> Refusal {
    let text = |name: &str| {
        stored.and_then(|stored| stored.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    Refusal::Relayed { code: text("code"), message: text("message") }
}

/// A refusal as it is stored.
pub fn stored_refusal(refusal: &Refusal) -> Value {
    json!({ "code": refusal.code(), "message": refusal.message() })
}

/// Writes the refusal down under the settlement's id, so that no later copy of the question can come to another end.
pub(crate) async fn refuse(
    mut work: Work,
    claim: &Claim,
    id: SettlementId,
    refusal: Refusal,
    now: Moment,
) -> Outcome<Answer> {
    let refused = InsuredSettlement {
        area: claim.insured.pooling_area(),
        id,
        stage: Stage::Refused,
        treatment: claim.treatment.province(),
        content: None,
        refusal: Some(stored_refusal(&refusal)),
        committed_at: now,
        undo: None,
        undone_at: None,
    };
    insert_once(&mut work, &refused).await?;
    work.save().await.map_err(duplicate_or_trouble)?;
    Err(refusal.into())
}

/// A settlement as it stands.
pub(crate) fn standing_settlement(
    settle: &Settle,
    breakdown: &Breakdown,
    year: i16,
    now: Moment,
) -> InsuredSettlement {
    let claim = &settle.claim;
    let total = breakdown.split.total;
    assert_eq!(breakdown.fund_total + breakdown.person_total, total, "fund and person pay the whole bill");
    let mut amounts = amounts_of(breakdown);
    amounts.fund_total += Fen(i64::from(planted::is(Bug::BooksAFenMore)));
    InsuredSettlement {
        area: claim.insured.pooling_area(),
        id: settle.settlement,
        stage: Stage::Standing,
        treatment: claim.treatment.province(),
        content: Some(Content {
            person: claim.person.clone(),
            scheme: claim.scheme,
            year,
            institution: claim.institution.clone(),
            amounts,
            contribution: breakdown.contribution.clone(),
            earlier: breakdown.earlier.clone(),
            claim: Document::of(claim),
            breakdown: Document::of(breakdown),
        }),
        refusal: None,
        committed_at: now,
        undo: None,
        undone_at: None,
    }
}

/// The amounts of a breakdown as the books keep them.
pub fn amounts_of(breakdown: &Breakdown) -> Amounts {
    Amounts {
        total: breakdown.split.total,
        fund_total: breakdown.fund_total,
        person_total: breakdown.person_total,
        account: breakdown.account_paid + breakdown.family_total(),
        funds: breakdown.fund_payments.clone(),
    }
}

/// The entries of a settlement in this book; its day is the one on which its id was given, the same in all three books.
fn transfers(stands: &InsuredSettlement) -> Vec<funds::Transfer> {
    let Some(content) = &stands.content else { return Vec::new() };
    let booked = Booked {
        settlement: stands.id,
        scheme: content.scheme,
        funds: content.amounts.funds.clone(),
        account: content.amounts.account,
        day: stands.id.given_at().day(),
        recorded_at: stands.committed_at,
    };
    let mut made = at_insured(&booked, stands.area, stands.treatment);
    for entry in made.iter_mut().filter(|_| planted::is(Bug::EntersAFenMore)) {
        entry.amount += Fen(1);
    }
    made
}

/// The reason of an undoing as it is stored.
pub const fn reason(kind: UndoKind) -> &'static str {
    match kind {
        UndoKind::Cancellation => "cancellation",
        UndoKind::Reversal => "reversal",
    }
}

/// The reason of an undoing as the book names it.
pub const fn undoing(kind: UndoKind) -> Undoing {
    match kind {
        UndoKind::Cancellation => Undoing::Cancellation,
        UndoKind::Reversal => Undoing::Reversal,
    }
}

/// Writes a settlement that stands, with its entries in the book.
pub(crate) async fn write_standing(work: &mut Work, stands: &InsuredSettlement) -> Outcome<()> {
    book::append(work, stands.area.division(), &transfers(stands)).await?;
    insert_once(work, stands).await
}

async fn insert_once(work: &mut Work, settlement: &InsuredSettlement) -> Outcome<()> {
    insured::insert(work, settlement).await.map_err(duplicate_or_trouble)
}

/// A duplicate means that a copy was first; anything else is trouble.
pub(crate) fn duplicate_or_trouble(error: store::Error) -> Failure {
    if error.is_duplicate() {
        Failure::Trouble(Refusal::MessageUnderWay { infno: String::new() })
    } else {
        error.into()
    }
}

/// Writes down who looked at a person, and for what.
pub async fn record_look(
    node: &ProvinceNode,
    work: &mut Work,
    area: PoolingArea,
    number: &PersonNumber,
    looker: &str,
    purpose: &str,
) -> Outcome<()> {
    let now = node.context.now();
    let id = SettlementId::new(node.province, now, node.context.ids.serial());
    Ok(person::record_look(work, area, Look { id, person: number, looker, purpose, at: now }).await?)
}
