//! The settlements of an insured province's own database, page by page, as the CSV text that is compared.
//!
//! What is claimed stands with the settlement; status, classes and tier are those that the person has today, and how a stay
//! stood with the filing register is found anew from the person's filings, as when it was settled.

use super::{Progress, rows::Written};
use crate::{command::running::runtime, stop::Stop};
use benefit::{Case, FilingStanding, Member};
use casework::{Filing, Standing, filing::standing};
use store::{
    Store,
    insured::{self, Past, YearOf},
};
use terms::AdmissionKind;
use wire::peer::v1::Claim;

/// Settlements read at a time.
const PAGE: i64 = 5_000;

/// All standing settlements of an insurance year.
pub fn settlements(url: &str, of: YearOf, progress: &Progress) -> Result<Written, Stop> {
    runtime()?.block_on(async {
        let store = Store::open_url(url, 1).await?;
        let mut conn = store.conn().await?;
        let mut written = Written::new();
        let (mut after, mut read) = (None, 0);
        loop {
            let page = insured::past(&mut conn, of, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for past in &page {
                if let Some(case) = case_of(past, of)? {
                    written.add(past.person.number.as_str(), &case);
                }
            }
            read += page.len();
            progress.say(&format!("读取结算 (reading) {read}"));
        }
        Ok(written)
    })
}

/// The question that was asked then; `None` if the person has no such insurance any more.
fn case_of(past: &Past, of: YearOf) -> Result<Option<Case>, Stop> {
    let claim: Claim = past.claim.read()?;
    let Some(enrolment) = past.person.enrolments.iter().find(|one| one.scheme == of.scheme) else {
        return Ok(None);
    };
    let filings: Vec<Filing> = past.filings.iter().filter(|one| one.scheme == of.scheme).cloned().collect();
    let (admission, discharge) = (claim.bill.admission, claim.bill.discharge);
    let emergency = claim.admission_kind == AdmissionKind::Emergency;
    let stood = standing(&filings, claim.treatment, admission, discharge, past.committed_at, emergency);
    Ok(Some(Case {
        member: Member {
            scheme: enrolment.scheme,
            status: enrolment.status(),
            birth: past.person.citizen.birth(),
            classes: enrolment.member_classes(),
            tier: enrolment.tier,
            contribution_years: enrolment.contribution_years,
            retired_on: enrolment.retired_on,
            diseases: claim.bill.diseases.clone(),
        },
        bill: claim.bill,
        insured: claim.insured,
        treatment: claim.treatment,
        standing: match stood {
            Standing::Filed(category, _) => FilingStanding::Filed(category),
            Standing::FiledElsewhere(category, _) => FilingStanding::FiledElsewhere(category),
            Standing::Deemed => FilingStanding::DeemedFiled,
            Standing::NotFiled => FilingStanding::NotFiled,
        },
        accounts: None,
        continues: None,
    }))
}
