//! How many stays were settled directly (住院直接结算率), as the treatment provinces have reported it to the hub ([`crate::stays`]).

use super::{
    Answer, Clerk,
    figures::{month, share},
    list::{self, Asked, Form},
};
use crate::{context::Failure, hub::Hub, stays::GRACE_DAYS};
use axum::{Router, extract::State, http::Uri, routing::get};
use document::Cell;
use std::{collections::BTreeMap, sync::Arc};
use store::reported_stays::{self, Reported};
use terms::{Moment, Participant, Province};
use wire::api::statistics::{DirectFigures, DirectSettlement, ProvinceDirect};

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new().route("/api/v1/direct-settlement", get(direct))
}

fn definition() -> String {
    format!(
        "住院直接结算率＝已直接结算人次÷（已直接结算＋未直接结算人次），按入院登记月份统计，由就医省上报。未直接结算：入院登记被撤销（转为自费或手工报销），\
         或出院满{GRACE_DAYS}天仍未结算。在院、结算中和刚出院的不计入。没有按异地就医登记的住院和医院另行上传的自费病人，平台不知道参保地，不在统计之内；\
         国家的费用占比目标口径与此不同。"
    )
}

#[derive(Default)]
struct Sum {
    settled: i64,
    elsewhere: i64,
    under_way: i64,
    last: Option<Moment>,
}

impl Sum {
    fn add(&mut self, one: &Reported) {
        self.settled += one.stays.settled;
        self.elsewhere += one.stays.elsewhere;
        self.under_way += one.stays.under_way;
        self.last = self.last.max(Some(one.at));
    }

    fn figures(&self) -> DirectFigures {
        DirectFigures {
            settled: self.settled,
            elsewhere: self.elsewhere,
            under_way: self.under_way,
            rate: share(self.settled, self.settled + self.elsewhere),
        }
    }
}

fn by(found: &[Reported], of: impl Fn(&Reported) -> Province) -> Vec<ProvinceDirect> {
    let mut sums: BTreeMap<Province, Sum> = BTreeMap::new();
    for one in found {
        sums.entry(of(one)).or_default().add(one);
    }
    let mut sums: Vec<(Province, Sum)> = sums.into_iter().collect();
    // Where most went another way comes first: that is where somebody has to look.
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.elsewhere));
    let row = |(province, sum): (Province, Sum)| ProvinceDirect {
        participant: Participant::Province(province),
        name: province.division().full_name(),
        figures: sum.figures(),
        reported_at: sum.last.map(|at| at.to_string()).unwrap_or_default(),
    };
    sums.into_iter().map(row).collect()
}

const HEADS: [&str; 7] = ["按", "省份", "已直接结算", "未直接结算", "在院或待结算", "直接结算率", "最近上报"];

async fn direct(State(hub): State<Arc<Hub>>, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let form = list::form(asked.text("form"))?;
    let now = hub.context.now();
    let month = asked.text("month").map_or(Ok(now.day().month()), month)?;
    let find = async { Ok(reported_stays::of_month(&mut *hub.context.store.conn().await?, month).await?) };
    let found = find.await.map_err(|failure: Failure| failure.refusal())?;
    let mut sum = Sum::default();
    for one in &found {
        sum.add(one);
    }
    let told = DirectSettlement {
        month: month.to_string(),
        as_of: now.to_string(),
        definition: definition(),
        sum: sum.figures(),
        treatment: by(&found, |one| one.treatment),
        insured: by(&found, |one| one.stays.insured),
    };
    Ok(match form {
        Form::Page => Answer::json(&told),
        Form::File(format) => {
            let row = |side: &str, one: &ProvinceDirect| {
                vec![
                    side.into(),
                    one.name.clone().into(),
                    Cell::Count(one.figures.settled),
                    Cell::Count(one.figures.elsewhere),
                    Cell::Count(one.figures.under_way),
                    one.figures.rate.clone().into(),
                    one.reported_at.clone().into(),
                ]
            };
            let treatment = told.treatment.iter().map(|one| row("就医省", one));
            let insured = told.insured.iter().map(|one| row("参保省", one));
            list::file(&format!("住院直接结算率{month}"), format, &HEADS, treatment.chain(insured).collect())
        }
    })
}
