//! 人员待遇享受检查 (2001): whether a person enjoys the benefit of each fund, and why not.
//!
//! The treatment place asks; the insured place answers from what a settlement would be decided by: person, filings,
//! registrations and policy. It lets the benefit engine settle a bill of nothing, so that it says no exactly where a
//! settlement would. The look is recorded.

use crate::{
    context::{Failure, Outcome},
    insured::record_look,
    peer::ask::NoAnswer,
    province::{ProvinceNode, UnconfirmedValues},
};
use benefit::{
    Bill, Case, FilingStanding, Library, Member, Scheme, YearToDate,
    scheme::{Asked, select},
};
use casework::{
    Filing, Standing,
    filing::standing,
    person::{Enrolment, Person},
    registration::Chronic,
};
use store::{filing, person, registration};
use terms::{CareKind, Day, Fund, Moment, Refusal, VisitMark};
use wire::peer::v1::{Answer, CheckBenefit, FundBenefit, Question};

/// Asks the insured place.
pub async fn ask(node: &ProvinceNode, check: CheckBenefit) -> Outcome<Vec<FundBenefit>> {
    match node.ask(&Question::CheckBenefit(check)).await {
        Ok(Answer::Benefits { funds }) => Ok(funds),
        Ok(_) => Err(Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })),
        Err(NoAnswer::Refused(refusal) | NoAnswer::HubRefused(refusal)) => Err(refusal.into()),
        Err(NoAnswer::Unknown(refusal)) => Err(Failure::Trouble(refusal)),
    }
}

/// Answers as the insured place, with a record of the look.
pub async fn answer(node: &ProvinceNode, check: &CheckBenefit) -> Outcome<Answer> {
    let area = check.insured.pooling_area();
    let mut work = node.context.store.begin().await?;
    let found = person::find(work.conn(), area, &check.person).await?;
    let person = found.ok_or_else(|| Refusal::UnknownPerson { place: check.insured.to_string() })?;
    let known = Known {
        filings: filing::of_person(work.conn(), area, &check.person).await?,
        chronic: registration::chronic_of(work.conn(), area, &check.person).await?,
        person,
        now: node.context.now(),
    };
    record_look(node, &mut work, area, &check.person, check.institution.as_str(), "2001").await?;
    work.save().await?;
    let funds = known.funds(check, &node.library, node.settings.unconfirmed_values);
    Ok(Answer::Benefits { funds })
}

/// What the insured place knows of a person.
struct Known {
    person: Person,
    filings: Vec<Filing>,
    chronic: Vec<Chronic>,
    now: Moment,
}

impl Known {
    /// Every fund that would pay for such a visit. Where none would, the pool says why.
    fn funds(
        &self,
        check: &CheckBenefit,
        library: &Library,
        unconfirmed: UnconfirmedValues,
    ) -> Vec<FundBenefit> {
        let entry = |fund: Fund, to: Option<Day>, why_not: Option<String>| FundBenefit {
            fund,
            from: check.from,
            to,
            why_not,
        };
        let pool = check.scheme.pool();
        let prepared = self.enrolment(check).and_then(|enrolment| {
            let policy = library.scheme_on(check.insured.pooling_area(), check.scheme, check.from);
            Ok((policy.map_err(|refusal| refusal.message())?, enrolment, self.disease_until(check)?))
        });
        let (scheme, enrolment, registered_until) = match prepared {
            Ok(prepared) => prepared,
            Err(why_not) => return vec![entry(pool, check.to, Some(why_not))],
        };
        let (case, filed_until) = self.case(check, enrolment);
        let why_not = would_refuse(scheme, &case, unconfirmed);
        let until =
            if why_not.is_none() { earliest([check.to, registered_until, filed_until]) } else { check.to };
        let layers = layers_of(scheme, &case).into_iter().filter(|fund| *fund != pool);
        let funds = std::iter::once(pool).chain(layers);
        funds.map(|fund| entry(fund, until, why_not.clone())).collect()
    }

    /// The person's insurance in the scheme, or why it does not count.
    fn enrolment(&self, check: &CheckBenefit) -> Result<&Enrolment, String> {
        use casework::person::Standing;
        let of_scheme = self.person.enrolments.iter().find(|enrolment| enrolment.scheme == check.scheme);
        let code = check.scheme.code();
        let advice = "请联系参保地经办机构";
        let Some(enrolment) = of_scheme else { return Err(format!("未参加险种[{code}]，{advice}")) };
        match enrolment.standing {
            Standing::InForce if enrolment.since.is_some_and(|since| check.from < since) => {
                Err(format!("险种[{code}]在所查日期尚未参保，{advice}"))
            }
            Standing::InForce => Ok(enrolment),
            Standing::Paused => Err(format!("险种[{code}]为暂停参保，{advice}")),
            Standing::Ended => Err(format!("险种[{code}]已终止参保，{advice}")),
        }
    }

    /// To which day the registration for the disease holds, if the care needs one; why not, if there is none.
    fn disease_until(&self, check: &CheckBenefit) -> Result<Option<Day>, String> {
        if check.care != CareKind::Chronic {
            return Ok(None);
        }
        let Some(disease) = check.disease else {
            let med_type = check.care.code().to_owned();
            return Err(Refusal::DiseaseMissing { med_type }.message());
        };
        let holds = |one: &&Chronic| one.disease == disease && one.holds(check.scheme, check.from);
        let registered = self.chronic.iter().find(holds);
        let refusal = || Refusal::DiseaseNotRegistered { dise_codg: disease.to_string() }.message();
        registered.map(|one| one.to).ok_or_else(refusal)
    }

    /// A visit of nothing on the day, and to which day its filing holds.
    fn case(&self, check: &CheckBenefit, enrolment: &Enrolment) -> (Case, Option<Day>) {
        let of_scheme: Vec<Filing> =
            self.filings.iter().filter(|filing| filing.scheme == check.scheme).cloned().collect();
        let day = check.from;
        let stands = standing(&of_scheme, check.treatment, day, day, self.now, check.emergency);
        let filed_until = match stands {
            Standing::Filed(_, id) => {
                of_scheme.iter().find(|filing| filing.id == id).and_then(|one| one.ends)
            }
            _ => None,
        };
        let registered = self.chronic.iter().filter(|one| one.holds(check.scheme, day));
        let case = Case {
            bill: Bill {
                care: check.care,
                level: check.level,
                marks: check.emergency.then_some(VisitMark::EmergencyRescue).into_iter().collect(),
                diseases: check.disease.into_iter().filter(|_| check.care == CareKind::Chronic).collect(),
                admission: day,
                discharge: day,
                transferred_with: None,
                categories: Vec::new(),
            },
            member: Member {
                scheme: enrolment.scheme,
                status: enrolment.status(),
                birth: self.person.citizen.birth(),
                classes: enrolment.member_classes(),
                tier: enrolment.tier,
                contribution_years: enrolment.contribution_years,
                retired_on: enrolment.retired_on,
                diseases: registered.map(|one| one.disease).collect(),
            },
            insured: check.insured,
            treatment: check.treatment,
            standing: match stands {
                Standing::Filed(category, _) => FilingStanding::Filed(category),
                Standing::FiledElsewhere(category, _) => FilingStanding::FiledElsewhere(category),
                Standing::Deemed => FilingStanding::DeemedFiled,
                Standing::NotFiled => FilingStanding::NotFiled,
            },
            accounts: None,
            continues: None,
        };
        (case, filed_until)
    }
}

/// Why a settlement of the visit would be refused, if it would be.
fn would_refuse(scheme: &Scheme, case: &Case, unconfirmed: UnconfirmedValues) -> Option<String> {
    match benefit::compute(scheme, case, &YearToDate::default()) {
        Err(refusal) => Some(refusal.message()),
        Ok(paid) if unconfirmed == UnconfirmedValues::Refuse && !paid.unconfirmed.is_empty() => {
            let (area, value) = (scheme.name.clone(), paid.unconfirmed.join("、"));
            Some(Refusal::PolicyValueUnconfirmed { area, value }.message())
        }
        Ok(_) => None,
    }
}

/// The funds of the layers above the pool that concern the person, in the order in which they pay.
fn layers_of(scheme: &Scheme, case: &Case) -> Vec<Fund> {
    let asked = Asked::of(case, 1);
    let layers = scheme.layers.iter().map(|layer| &layer.value).filter(|layer| {
        layer.care.contains(case.bill.care)
            && select(&layer.bands, &asked).is_ok_and(|bands| !bands.is_empty())
    });
    let mut funds: Vec<Fund> = Vec::new();
    for layer in layers {
        if !funds.contains(&layer.fund) {
            funds.push(layer.fund);
        }
    }
    funds
}

fn earliest(days: [Option<Day>; 3]) -> Option<Day> {
    days.into_iter().flatten().min()
}
