//! A month's clearing: a clerk of the hub adopts it, provinces confirm it or dispute, the hub decides, notices go out.

use super::{Deed, Year, name};
use crate::world::Trouble;
use serde_json::{Value, json};
use terms::{Month, Participant};
use wire::api::{
    clearing::{ClearingDone, ClearingMonth, ClearingPlanned, NettingReport},
    clearing_statement::ClearingStatementView,
};

/// The months of which somebody disputes a settlement, and whether the hub agrees.
const DISPUTES: [(i32, bool); 3] = [(2, true), (5, false), (9, true)];

fn path(month: Month, rest: &str) -> String {
    format!("clearings/{}{rest}", month.number())
}

impl Year<'_> {
    /// What is due of a month in the month after it.
    pub(super) fn plan_clearing(&mut self, month: Month) {
        let next = month.next().first_day();
        let last = month.next().next().first_day().plus_days(-1);
        self.at(next.plus_days(20), Deed::AdoptClearing(month));
        self.at(next.plus_days(21), Deed::AnswerClearing(month));
        self.at(next.plus_days(23), Deed::DecideDispute(month));
        self.at(next.plus_days(23), Deed::Increase);
        self.at(last, Deed::Notices);
    }

    /// On the statement day the hub has closed and planned the month by itself; a clerk looks again and adopts.
    pub(super) async fn adopt_clearing(&mut self, month: Month) -> Result<(), Trouble> {
        let hub = self.desk(Participant::Hub);
        let planned: ClearingPlanned = hub.post(&path(month, "/plan"), json!({})).await?;
        let Some(plan) = planned.plan else {
            return Err(Trouble(format!("{month}没有清分结果")));
        };
        if !plan.differences.is_empty() {
            self.failed.push(format!("{month}两次清分不一致：{}", plan.differences.join("；")));
        }
        let body = json!({ "revision": plan.revision });
        let adopted: ClearingMonth = hub.post(&path(month, "/adopt"), body).await?;
        let netting: NettingReport = hub.get(&path(month, "/netting")).await?;
        let ways = netting.ways.iter().map(|way| format!("{}笔{}元", way.transfers, way.volume));
        (self.say)(&format!(
            "{month}清算表：结算{}笔、撤销{}笔，{}对，应付{}元，转后续清算{}笔；{}前确认（逐对、双边轧差、多边轧差：{}）",
            plan.settlements,
            plan.undoings,
            plan.pairs,
            plan.payable,
            plan.left_out,
            adopted.confirmed_by,
            ways.collect::<Vec<_>>().join("，")
        ));
        Ok(())
    }

    /// Every province that is concerned has the statement by now, and confirms or disputes it.
    pub(super) async fn answer_clearing(&mut self, month: Month) -> Result<(), Trouble> {
        let standing: ClearingMonth = self.desk(Participant::Hub).get(&path(month, "")).await?;
        let number = month.number() % 100;
        let found = if self.is_last_answered(month) {
            self.candidate_at_a_console(month)
        } else if DISPUTES.iter().any(|(of, _)| *of == number) {
            self.candidate(|made| made.month() == month)
        } else {
            None
        };
        let of_found = found.map(|at| (self.routes[self.made[at].route].pair, at));
        let waits = self.leaves_unanswered(month, of_found.map(|(pair, _)| pair.insured));
        for code in &standing.unanswered {
            let province = code.parse().map_err(|_| Trouble(format!("清算表中有不认识的省[{code}]")))?;
            let desk = self.desk(Participant::Province(province));
            if waits == Some(province) {
                continue;
            }
            if let Some((pair, at)) = of_found.filter(|(pair, _)| pair.insured == province) {
                let body = json!({ "disputes": [{
                    "pair": pair.to_string(), "settlements": [self.made[at].id], "reason": "住院日期有疑问",
                }]});
                desk.post::<ClearingStatementView>(&format!("statements/{month}/dispute"), body).await?;
                self.disputed = Some((province, at));
                self.made[at].touched = true;
            } else {
                let path = format!("statements/{month}/confirm");
                let said: ClearingStatementView = desk.post(&path, json!({})).await?;
                if !said.complete || said.finding_count > 0 {
                    self.failed.push(format!("[{code}]核对{month}清算表有{}处不一致", said.finding_count));
                }
            }
            self.figures.answers += 1;
        }
        self.world.until_quiet().await?;
        if let Some((province, _)) = self.disputed {
            (self.say)(&format!("{}对{month}清算表中的一笔结算提出争议", name(province)));
        }
        Ok(())
    }

    pub(super) async fn decide_dispute(&mut self, month: Month) -> Result<(), Trouble> {
        if self.is_last_answered(month) {
            return Ok(());
        }
        if let Some((province, at)) = self.disputed.take() {
            let number = month.number() % 100;
            let upheld = DISPUTES.iter().any(|(of, upheld)| *of == number && *upheld);
            let pair = self.routes[self.made[at].route].pair;
            let words = if upheld { "经核属实，转下月清算" } else { "经核无误" };
            let body = json!({
                "province": province, "insured": pair.insured, "treatment": pair.treatment, "upheld": upheld,
                "words": words,
            });
            let hub = self.desk(Participant::Hub);
            hub.post::<ClearingDone>(&path(month, "/disputes"), body).await?;
            if upheld {
                self.figures.upheld += 1;
            } else {
                self.figures.rejected += 1;
            }
            (self.say)(&format!("国家平台：{}的争议{words}", name(province)));
            self.keep_timetables().await;
        }
        let standing: ClearingMonth = self.desk(Participant::Hub).get(&path(month, "")).await?;
        if !standing.unanswered.is_empty() || !standing.disputed.is_empty() {
            let (waits, disputed) = (standing.unanswered.join("、"), standing.disputed.join("、"));
            self.failed.push(format!("{month}清算表未确认：{waits}；有争议：{disputed}"));
        }
        Ok(())
    }

    /// How many notices the hub has issued in all, and what they say.
    pub(super) async fn notices(&self) -> Result<Vec<wire::api::notice::NoticeView>, Trouble> {
        let hub = self.desk(Participant::Hub);
        let (mut all, mut after) = (Vec::new(), "0".to_owned());
        loop {
            let page: Value = hub.get(&format!("notices?after={after}")).await?;
            let page: wire::api::notice::Notices =
                serde_json::from_value(page).map_err(|error| Trouble(format!("通知书列表：{error}")))?;
            all.extend(page.notices);
            match page.next {
                Some(next) => after = next,
                None => return Ok(all),
            }
        }
    }
}
