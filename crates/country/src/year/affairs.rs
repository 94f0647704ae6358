//! What else is under way in a country that runs, at the consoles at which people sit ([`AREAS`]) and at the hub: filings and complaints
//! that come and are decided, notices of outages, what institutions are paid and areas send up, documents, pairs of catalogs,
//! differences of the books, people in hospital. Only of a [history](super::history): a year that is [played](super::play) whole
//! ends with nothing under way.
//!
//! All of it goes through the doors that clerks, hospitals and the public use. What differs between the books was altered behind a
//! node's back, as whoever has its database can: no door leads there.

use super::{Deed, Made, Year, name};
use crate::{
    desk::Desk,
    hospital::{Patient, Stay},
    people::{self, AREAS},
    world::Trouble,
};
use casework::institution::Institution;
use funds::{Pair, Side};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use store::measure::{self, Tampering};
use terms::{
    Clock, Day, Fen, FilingCategory, FilingId, InstitutionCode, InsuranceScheme, MemberStatus, Month,
    Participant, PoolingArea, Province, SettlementId,
};
use wire::api::{
    FilingView,
    announcement::AnnouncementView,
    area_clearing::AreaMonthView,
    complaint::{ComplaintView, TakenComplaint},
    document::DocumentView,
    institution_payment::PaymentView,
    material::Materials,
    payment_order::PaymentOrderView,
    prepayment::{IncreaseView, PositionView, PrepaymentPositions},
    reconciliation::Differences,
};

const EMPLOYEE: InsuranceScheme = InsuranceScheme::Employee;
const RESIDENT: InsuranceScheme = InsuranceScheme::Resident;
const HOUR: i64 = 3_600_000;
/// How long somebody stands at a counter.
const NEXT_PLEASE: i64 = 3 * 60_000;

/// What is under way at the desks, in the order in which a day has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Affair {
    /// Filings and complaints come, others are decided.
    Counter,
    /// Somebody who never filed is brought to a hospital elsewhere.
    Emergency,
    /// Institutions pair their items with the catalog.
    Catalogs,
    /// A notice of an outage: one that will be over, or one that is to come.
    Announcement { to_come: bool },
    /// Deductions after audit, at every console.
    Deductions(Month),
    /// Areas send up what they owe of a month.
    Collection(Month),
    /// Institutions confirm a month and are paid.
    Payments(Month),
    /// Documents of a month are issued.
    Documents(Month),
    /// A settlement of today is altered in a book.
    Alteration(Side),
    /// The hub explains the first difference that it is to explain.
    Explanation,
    /// Money comes that nobody knows of.
    Stranger,
    /// A treatment province wants more of a prepayment.
    Increase,
    /// People lie in the hospitals whose windows have somebody.
    Wards,
}

/// What the desks have before them.
#[derive(Debug, Default)]
pub(super) struct Desks {
    /// How many people came to the counter of an area.
    came: BTreeMap<PoolingArea, u32>,
    /// Filings that nobody has decided.
    waiting: Vec<Applied>,
    /// Filings in force that may be changed or cancelled.
    in_force: Vec<Applied>,
    /// Complaints that are not closed.
    complaints: Vec<Complained>,
    /// How many emergencies there were.
    emergencies: u32,
    /// Institutions with an agreement.
    agreed: BTreeSet<InstitutionCode>,
    /// Who has not answered the clearing of a month, or disputes it.
    unanswered: BTreeSet<(Month, Province)>,
    /// Orders that were handed over and are not to be paid.
    pub(super) unpaid: BTreeSet<String>,
    /// Orders that were left lying, by who should pay.
    left: BTreeMap<Province, usize>,
    /// Accounts on which money of strangers has come.
    pub(super) strangers: BTreeSet<String>,
}

/// A filing at a counter.
#[derive(Clone, Debug)]
struct Applied {
    area: PoolingArea,
    id: FilingId,
    /// Which of its area.
    number: u32,
    on: Day,
    category: FilingCategory,
}

/// A complaint.
#[derive(Clone, Debug)]
struct Complained {
    province: Province,
    number: String,
    on: Day,
    answered: bool,
}

/// How many people come to a counter on a day.
const A_DAY: u32 = 3;
/// On so many of the last days what came is left waiting, in part.
const LEFT_DAYS: i32 = 5;
/// The serials of the people who come to counters begin here, those of emergencies and of wards at the others: nobody else has them.
const FIRST_SERIAL: u32 = 200;
const EMERGENCY_SERIAL: u32 = 150;
const WARD_SERIAL: u32 = 120;
/// Pairs of a message.
const PAIRS_AT_ONCE: usize = 100;
/// By how much a settlement is altered.
const ALTERED: Fen = Fen(100);
/// Within so many days before the last the money of orders is left lying, in part.
const RECENT_DAYS: i32 = 40;
/// After so many days a complaint is answered, and after so many closed.
const ANSWERED_AFTER: i32 = 10;
const CLOSED_AFTER: i32 = 21;

/// Where people of the consoles go to: cities and provinces that everybody knows.
const DESTINATIONS: [u32; 8] = [310_000, 440_100, 510_100, 420_100, 110_000, 610_100, 330_100, 120_000];

/// Who files, and what for.
const CATEGORIES: [(FilingCategory, InsuranceScheme, MemberStatus); 6] = [
    (FilingCategory::Referral, EMPLOYEE, MemberStatus::Employed),
    (FilingCategory::LongTermResident, RESIDENT, MemberStatus::Elderly),
    (FilingCategory::OtherTemporary, RESIDENT, MemberStatus::Adult),
    (FilingCategory::StationedWorker, EMPLOYEE, MemberStatus::Employed),
    (FilingCategory::ResettledRetiree, EMPLOYEE, MemberStatus::Retired),
    (FilingCategory::Referral, RESIDENT, MemberStatus::Minor),
];

/// What people complain of: kind and words.
const COMPLAINTS: [(&str, &str); 5] = [
    ("refused_settlement", "出院时收费处说系统维护不能直接结算，要求先自费，请核实。"),
    ("amount", "结算单上的起付线与公布的标准不一致，请帮助核对。"),
    ("service", "窗口说不清楚备案怎么办理，来回跑了三趟。"),
    ("filing", "备案申请提交一周仍显示待审核，不知道还缺什么材料。"),
    ("fraud", "同病房有人出院后床位费仍在计收，请查一查是否挂床。"),
];

/// A page that says that it is a specimen, as PDF in Base64.
const PAPER: &str = "JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyAvUGFnZXMgMiAwIFIgPj4KZW5kb2JqCjIgMCBvYmoKPDwgL1R5cGUgL1BhZ2VzIC9LaWRzIFszIDAgUl0gL0NvdW50IDEgPj4KZW5kb2JqCjMgMCBvYmoKPDwgL1R5cGUgL1BhZ2UgL1BhcmVudCAyIDAgUiAvTWVkaWFCb3ggWzAgMCA1OTUgODQyXSAvQ29udGVudHMgNCAwIFIgL1Jlc291cmNlcyA8PCAvRm9udCA8PCAvRjEgNSAwIFIgPj4gPj4gPj4KZW5kb2JqCjQgMCBvYmoKPDwgL0xlbmd0aCA1NyA+PgpzdHJlYW0KQlQgL0YxIDI4IFRmIDkwIDcwMCBUZCAoU1BFQ0lNRU4gLSBpbnZlbnRlZCBwZXJzb24pIFRqIEVUCmVuZHN0cmVhbQplbmRvYmoKNSAwIG9iago8PCAvVHlwZSAvRm9udCAvU3VidHlwZSAvVHlwZTEgL0Jhc2VGb250IC9IZWx2ZXRpY2EgPj4KZW5kb2JqCnhyZWYKMCA2CjAwMDAwMDAwMDAgNjU1MzUgZiAKMDAwMDAwMDAwOSAwMDAwMCBuIAowMDAwMDAwMDU4IDAwMDAwIG4gCjAwMDAwMDAxMTUgMDAwMDAgbiAKMDAwMDAwMDI0MSAwMDAwMCBuIAowMDAwMDAwMzQ4IDAwMDAwIG4gCnRyYWlsZXIKPDwgL1NpemUgNiAvUm9vdCAxIDAgUiA+PgpzdGFydHhyZWYKNDE4CiUlRU9GCg==";

impl Year<'_> {
    /// What is under way in these months, and what is left on the last day.
    pub(super) fn plan_affairs(&mut self, months: &[Month], last: Day) {
        let affair = |year: &mut Self, day: Day, affair| year.at(day, Deed::Affair(affair));
        let late = |year: &mut Self, day: Day, affair| year.at(day, Deed::Late(affair));
        for &month in months {
            let day = |days: i32| month.first_day().plus_days(days);
            let next = month.next().first_day();
            affair(self, day(8), Affair::Counter);
            affair(self, day(22), Affair::Counter);
            affair(self, day(11), Affair::Emergency);
            affair(self, next.plus_days(15), Affair::Deductions(month));
            // Of the month before the last days, what has been confirmed by then is divided, and payments are under way.
            let paid_on = next.plus_days(25);
            let is_confirmed = paid_on > last && last >= next.plus_days(22);
            affair(self, if is_confirmed { last } else { paid_on }, Affair::Collection(month));
            let under_way = last.plus_days(-2);
            let is_early = paid_on > last && under_way > next;
            affair(self, if is_early { under_way } else { paid_on }, Affair::Payments(month));
            affair(self, month.next().next().first_day().plus_days(-1), Affair::Documents(month));
        }
        if let Some(first) = months.first() {
            affair(self, first.first_day().plus_days(18), Affair::Catalogs);
        }
        affair(self, last.plus_days(-20), Affair::Announcement { to_come: false });
        affair(self, last, Affair::Announcement { to_come: true });
        for before in [6, 4] {
            late(self, last.plus_days(-before), Affair::Alteration(Side::Hub));
        }
        late(self, last.plus_days(-3), Affair::Alteration(Side::Insured));
        affair(self, last.plus_days(-2), Affair::Explanation);
        affair(self, last.plus_days(-2), Affair::Increase);
        affair(self, last.plus_days(-1), Affair::Stranger);
        for before in [4, 1, 0] {
            affair(self, last.plus_days(-before), Affair::Counter);
        }
        late(self, last, Affair::Wards);
    }

    /// Sees to one of them.
    pub(super) async fn see_to(&mut self, affair: Affair) -> Result<(), Trouble> {
        match affair {
            Affair::Counter => self.at_the_counter().await,
            Affair::Emergency => self.emergency().await,
            Affair::Catalogs => self.pair_catalogs().await,
            Affair::Announcement { to_come } => self.announce(to_come).await,
            Affair::Deductions(month) => {
                for area in self.consoles() {
                    self.audit_of(area.province(), month).await?;
                }
                Ok(())
            }
            Affair::Collection(month) => {
                for area in self.consoles() {
                    if !self.desks.unanswered.contains(&(month, area.province())) {
                        self.collect(area, month).await?;
                    }
                }
                Ok(())
            }
            Affair::Payments(month) => {
                for area in self.consoles() {
                    for institution in self.institutions_of(area) {
                        self.pay_institution(area, &institution, month).await?;
                    }
                }
                Ok(())
            }
            Affair::Documents(month) => self.issue_documents(month).await,
            Affair::Alteration(side) => self.alter(side).await,
            Affair::Explanation => self.explain_a_difference().await,
            Affair::Stranger => self.stranger(),
            Affair::Increase => self.ask_for_more().await,
            Affair::Wards => self.fill_wards().await,
        }
    }

    /// The areas whose consoles have people.
    fn consoles(&self) -> Vec<PoolingArea> {
        AREAS.into_iter().filter(|area| self.world.provinces.contains_key(&area.province())).collect()
    }

    fn is_at_a_console(&self, province: Province) -> bool {
        self.consoles().iter().any(|area| area.province() == province)
    }

    /// The institutions of an area, the one whose window has somebody first.
    fn institutions_of(&self, area: PoolingArea) -> Vec<Institution> {
        let of_area =
            |one: &&Institution| one.place.0.pooling_area() == area && one.code.as_str().starts_with('H');
        self.world.institutions.iter().filter(of_area).cloned().collect()
    }

    fn window_of(&self, area: PoolingArea) -> Result<Institution, Trouble> {
        let first = self.institutions_of(area).into_iter().next();
        first.ok_or_else(|| Trouble(format!("{}没有医院", area.division().full_name())))
    }

    fn clerk(&self, province: Province, who: &str, duty: &str) -> Desk {
        self.desk(Participant::Province(province)).acting_as(who, duty)
    }

    /// How many days are left until the last.
    fn days_left(&self) -> i32 {
        self.until.map_or(i32::MAX, |until| self.today().days_until(until))
    }

    async fn at_the_counter(&mut self) -> Result<(), Trouble> {
        for area in self.consoles() {
            self.change_filings(area).await?;
            self.decide_filings(area).await?;
            for _ in 0..A_DAY {
                self.wait_until(self.world.clock.now().plus_millis(NEXT_PLEASE));
                self.take_filing(area).await?;
            }
        }
        self.move_complaints().await?;
        for area in self.consoles() {
            self.complain(area).await?;
        }
        self.world.until_quiet().await
    }

    /// Somebody applies, with a paper or on his word.
    async fn take_filing(&mut self, area: PoolingArea) -> Result<(), Trouble> {
        let came = self.desks.came.entry(area).or_default();
        let number = *came;
        *came += 1;
        let at = usize::try_from(number).expect("a small number");
        let (category, scheme, status) = CATEGORIES[at % CATEGORIES.len()];
        let person = people::person(area, scheme, status, FIRST_SERIAL + number);
        self.world.add_people(&[(area, person.clone())]).await?;
        let away = |number: &&u32| **number / 10_000 != area.division().number() / 10_000;
        let places: Vec<&u32> = DESTINATIONS.iter().filter(away).collect();
        let patient = Patient::of(&person);
        let commitment =
            category == FilingCategory::LongTermResident && (at / CATEGORIES.len()).is_multiple_of(2);
        let body = json!({
            "insured": patient.insured, "person": patient.number.as_str(), "scheme": scheme, "category": category,
            "destination": places[at % places.len()].to_string(), "commitment": commitment,
        });
        let desk = self.clerk(area.province(), "郑某甲", "受理备案");
        let filed: FilingView = desk.enter("/api/v1/filings", body).await?;
        if !commitment {
            let path = format!("/api/v1/filings/{}/materials", filed.id);
            desk.enter::<Materials>(&path, json!({ "kind": "identity", "content": PAPER })).await?;
        }
        self.desks.waiting.push(Applied { area, id: filed.id, number, on: self.today(), category });
        Ok(())
    }

    /// What has waited is approved, now and then rejected; on the last days some is left, and of some more is wanted.
    async fn decide_filings(&mut self, area: PoolingArea) -> Result<(), Trouble> {
        let (today, left) = (self.today(), self.days_left());
        let desk = self.clerk(area.province(), "王某乙", "审核备案");
        let waiting = std::mem::take(&mut self.desks.waiting);
        for one in waiting {
            let path = |act: &str| format!("/api/v1/filings/{}/{act}", one.id);
            let turn = one.number % A_DAY;
            let is_new = left <= LEFT_DAYS && one.on.days_until(today) <= LEFT_DAYS;
            let is_left = is_new && (turn == 0 || (left < 1 && turn == 1));
            if one.area != area || one.on == today || is_left {
                self.desks.waiting.push(one);
            } else if is_new && left == 1 && turn == 1 {
                let reason = json!({ "reason": "请补充能证明在就医地居住或工作的材料" });
                desk.enter::<Materials>(&path("supplement"), reason).await?;
                self.desks.waiting.push(one);
            } else if one.number % 7 == 6 {
                let reason = json!({ "reason": "材料看不清楚，请重新提交" });
                desk.enter::<FilingView>(&path("reject"), reason).await?;
            } else {
                desk.enter::<FilingView>(&path("approve"), json!({})).await?;
                self.desks.in_force.push(one);
            }
        }
        Ok(())
    }

    /// Of the filings for a time that are in force, one goes elsewhere and one is cancelled now and then.
    async fn change_filings(&mut self, area: PoolingArea) -> Result<(), Trouble> {
        let desk = self.clerk(area.province(), "郑某甲", "变更备案");
        let in_force = std::mem::take(&mut self.desks.in_force);
        for one in in_force {
            let path = |act: &str| format!("/api/v1/filings/{}/{act}", one.id);
            if one.area != area {
                self.desks.in_force.push(one);
            } else if !one.category.is_long_term() && one.number % 5 == 0 {
                let to = if area.province().division().number() == 500_000 { "510100" } else { "500000" };
                desk.enter::<FilingView>(&path("change"), json!({ "destination": to })).await?;
            } else if !one.category.is_long_term() && one.number % 5 == 2 {
                desk.enter::<FilingView>(&path("cancel"), json!({})).await?;
            }
        }
        Ok(())
    }

    /// Somebody complains at the portal of an area's province.
    async fn complain(&mut self, area: PoolingArea) -> Result<(), Trouble> {
        let province = area.province();
        let came = usize::try_from(self.desks.came.get(&area).copied().unwrap_or_default() / A_DAY);
        let (kind, text) = COMPLAINTS[came.unwrap_or_default() % COMPLAINTS.len()];
        let about = self.window_of(area)?.name;
        let body = json!({ "kind": kind, "text": text, "about": about, "contact": "13800000000" });
        let desk = self.desk(Participant::Province(province));
        let taken: TakenComplaint = desk.enter("/web/portal/complaints", body).await?;
        let on = self.today();
        self.desks.complaints.push(Complained { province, number: taken.number, on, answered: false });
        Ok(())
    }

    /// What came before is assigned, after some days answered, and in the end closed.
    async fn move_complaints(&mut self) -> Result<(), Trouble> {
        let today = self.today();
        let complaints = std::mem::take(&mut self.desks.complaints);
        for mut one in complaints {
            let desk = self.clerk(one.province, "郑某甲", "办理投诉举报");
            let path = |act: &str| format!("/api/v1/complaints/{}/{act}", one.number);
            let age = one.on.days_until(today);
            if !one.answered && age >= ANSWERED_AFTER {
                let answer = json!({ "answer": "已联系医院核实并纠正，如有疑问请到经办窗口或致电咨询。" });
                desk.enter::<ComplaintView>(&path("answer"), answer).await?;
                one.answered = true;
            } else if !one.answered && age > 1 {
                desk.enter::<ComplaintView>(&path("assign"), json!({ "to": "异地就医科" })).await?;
            }
            if one.answered && age >= CLOSED_AFTER {
                desk.enter::<ComplaintView>(&path("close"), json!({ "reason": "" })).await?;
            } else {
                self.desks.complaints.push(one);
            }
        }
        Ok(())
    }

    /// Somebody who never filed is brought to a hospital of another province: it counts as filed (视同备案).
    async fn emergency(&mut self) -> Result<(), Trouble> {
        let (consoles, number) = (self.consoles(), self.desks.emergencies);
        self.desks.emergencies += 1;
        let at = usize::try_from(number).expect("a small number");
        let (area, there) = (consoles[at % consoles.len()], consoles[(at + 1) % consoles.len()]);
        let person = people::person(area, EMPLOYEE, MemberStatus::Employed, EMERGENCY_SERIAL + number);
        self.world.add_people(&[(area, person.clone())]).await?;
        let institution = self.window_of(there)?;
        let now = self.world.clock.now();
        let stay =
            Stay::ordinary(&format!("JZ{number:08}"), now.plus_millis(-96 * HOUR), now.plus_millis(-HOUR));
        let total = Fen::yuan(21_000 + i64::from(number) * 1_370);
        let seed = self.seed + u64::from(number);
        let patient = Patient::of(&person);
        self.stay_of(&patient, &institution.code, &stay.emergency(), (total, seed)).await?;
        self.figures.stays += 1;
        Ok(())
    }

    /// The institutions whose windows have somebody pair all items that there are, under the codes of their software and under the national
    /// ones, which the window types (3301): most fit, one has another name, one pair has ended.
    async fn pair_catalogs(&mut self) -> Result<(), Trouble> {
        for area in self.consoles() {
            let (items, institution) = (self.catalog_of(area).await?, self.window_of(area)?);
            let pair = |own: String, item: &Value, name: &Value, until: &str| {
                json!({
                    "fixmedins_hilist_id": own, "fixmedins_hilist_name": name, "list_type": item["list"],
                    "med_list_codg": item["code"], "begndate": "2020-01-01", "enddate": until,
                })
            };
            let mut pairs = Vec::new();
            for (at, item) in items.iter().enumerate() {
                let code = item["code"].as_str().unwrap_or_default();
                let other = json!("院内自拟名称");
                let name = if at == 3 { &other } else { &item["name"] };
                pairs.push(pair(format!("HIS-{code}"), item, name, "2099-12-31"));
                pairs.push(pair(code.to_owned(), item, &item["name"], "2099-12-31"));
            }
            pairs.extend(
                items.first().map(|item| pair("JIU-001".to_owned(), item, &item["name"], "2025-12-31")),
            );
            let hospital = &self.world.hospitals[&institution.code];
            for some in pairs.chunks(PAIRS_AT_ONCE) {
                let done = hospital.call("3301", None, json!({ "data": some })).await;
                done.map_err(|error| Trouble(format!("目录对照：{error}")))?;
            }
        }
        Ok(())
    }

    /// The catalog of an area's province, each item once.
    async fn catalog_of(&self, area: PoolingArea) -> Result<Vec<Value>, Trouble> {
        let desk = self.clerk(area.province(), "郑某甲", "核对目录");
        let (mut items, mut seen, mut after) = (Vec::new(), BTreeSet::new(), String::new());
        loop {
            let page: Value = desk.look(&format!("/api/v1/catalog?limit=100&after={after}")).await?;
            for item in page["items"].as_array().into_iter().flatten() {
                if seen.insert(item["code"].to_string()) {
                    items.push(item.clone());
                }
            }
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => return Ok(items),
            }
        }
    }

    /// The hub announces; of what is to come also the last of the provinces.
    async fn announce(&mut self, to_come: bool) -> Result<(), Trouble> {
        let first = self.today().plus_days(if to_come { 3 } else { 1 });
        let at = |hour: i64| first.start().plus_millis(hour * HOUR).to_string();
        let body = |title: &str, affects: &[&str], hours: (i64, i64)| {
            json!({
                "title": title, "text": "维护期间暂停办理，请错开时间；急诊先行垫付，恢复后可补办结算。",
                "affects": affects, "from": at(hours.0), "until": at(hours.1),
            })
        };
        let hub = self.desk(Participant::Hub).acting_as("赵某甲", "发布公告");
        let title = if to_come { "国家平台系统维护" } else { "国家平台数据库升级" };
        let said = body(title, &["settlement", "clearing"], (22, 24));
        hub.enter::<AnnouncementView>("/api/v1/announcements", said).await?;
        if let Some(area) = self.consoles().last().filter(|_| to_come) {
            let title = format!("{}门户维护", name(area.province()));
            let desk = self.clerk(area.province(), "郑某甲", "发布公告");
            let said = body(&title, &["portal", "filing"], (1, 4));
            desk.enter::<AnnouncementView>("/api/v1/announcements", said).await?;
        }
        self.keep_timetables().await;
        Ok(())
    }

    /// Whether a month's statement is the last that is answered before the history ends: it stays under way.
    pub(super) fn is_last_answered(&self, month: Month) -> bool {
        let next_answered = month.next().next().first_day().plus_days(21);
        self.until.is_some_and(|until| next_answered > until)
    }

    /// A settlement of a month whose insured province has people at its consoles.
    pub(super) fn candidate_at_a_console(&mut self, month: Month) -> Option<usize> {
        let of_console: BTreeSet<usize> = (0..self.routes.len())
            .filter(|route| self.is_at_a_console(self.routes[*route].pair.insured))
            .collect();
        self.candidate(|made| made.month() == month && of_console.contains(&made.route))
    }

    /// Who does not answer the last statement, beside whoever disputes it.
    pub(super) fn leaves_unanswered(&mut self, month: Month, disputes: Option<Province>) -> Option<Province> {
        if !self.is_last_answered(month) {
            return None;
        }
        let leaves =
            self.consoles().into_iter().map(PoolingArea::province).rfind(|one| disputes != Some(*one));
        self.desks.unanswered.extend(leaves.into_iter().chain(disputes).map(|province| (month, province)));
        leaves
    }

    /// Whether nobody pays an order that lately came: of each payer at a console the first is left as it came, the second is handed
    /// over and no more; of the others, what a console waits for is handed over and no more.
    pub(super) fn is_left_lying(&mut self, payer: Province, order: &PaymentOrderView) -> bool {
        if self.days_left() > RECENT_DAYS {
            return false;
        }
        let pays = self.is_at_a_console(payer);
        let receives = order.other.parse().is_ok_and(|payee| self.is_at_a_console(payee));
        if !pays && !receives {
            return false;
        }
        let left = self.desks.left.entry(payer).or_default();
        *left += 1;
        match (*left, pays) {
            (1, true) => true,
            (1, false) | (2, true) => {
                self.desks.unpaid.insert(order.number.clone());
                let today = self.today();
                let soon = self.until.map_or(today, |until| until.plus_days(-3)).max(today.plus_days(1));
                self.at(soon, Deed::HandOver(payer, order.number.clone()));
                true
            }
            _ => false,
        }
    }

    /// A province divides a month among its areas, which send their money up; of the last month one of them has yet to.
    async fn collect(&self, area: PoolingArea, month: Month) -> Result<(), Trouble> {
        let province = area.province();
        let desk = self.clerk(province, "王某乙", "清算资金上解");
        let divided = match desk.post::<AreaMonthView>(&format!("areas/{month}/divide"), json!({})).await {
            // Somebody else disputes what is between them.
            Err(why) if why.0.contains("争议") => return Ok(()),
            divided => divided?,
        };
        let waits = self.is_last_answered(month);
        for (at, of) in divided.areas.iter().enumerate() {
            if of.open.is_empty() || (waits && of.area == area.division()) {
                continue;
            }
            let body = json!({
                "area": of.area, "day": self.today(), "bank_reference": format!("SJ{province}{month}{at:02}"),
                "amounts": of.open,
            });
            desk.post::<AreaMonthView>(&format!("areas/{month}/receipts"), body).await?;
        }
        Ok(())
    }

    /// An institution confirms its lines of a month (3260, 3261) and is paid; of the last month the draft is left to whoever sits there.
    async fn pay_institution(
        &mut self,
        area: PoolingArea,
        institution: &Institution,
        month: Month,
    ) -> Result<(), Trouble> {
        if !self.confirm_lines(institution, month).await? {
            return Ok(());
        }
        let (code, province) = (&institution.code, area.province());
        self.agree(province, institution).await?;
        let is_last = self.is_last_answered(month);
        let is_window = self.window_of(area)?.code == *code;
        if is_last && is_window {
            return Ok(());
        }
        let desk = self.clerk(province, "冯某丙", "拨付医疗费用");
        let body = json!({ "institution": code, "month": month.to_string() });
        let adopted: PaymentView = desk.post("institution-payments/adopt", body).await?;
        let payable: Fen = adopted.payable.parse().unwrap_or_default();
        if payable <= Fen::ZERO {
            return Ok(());
        }
        let path = format!("institution-payments/{}", adopted.number);
        desk.post::<PaymentView>(&format!("{path}/instalments"), json!({ "instalment": 1 })).await?;
        if !is_last {
            let body = json!({
                "instalment": 1, "paid": true, "bank_reference": format!("BF{month}{code}"), "day": self.today(),
            });
            desk.post::<PaymentView>(&format!("{path}/bank"), body).await?;
        }
        Ok(())
    }

    /// Terms and account of an institution, once.
    async fn agree(&mut self, province: Province, institution: &Institution) -> Result<(), Trouble> {
        let code = &institution.code;
        if !self.desks.agreed.insert(code.clone()) {
            return Ok(());
        }
        let desk = self.clerk(province, "王某乙", "登记协议");
        let serial = self.desks.agreed.len();
        let terms = json!({
            "from": format!("{}-01-01", self.begun_in), "deposit_rate": 500, "year_end": "share:5000",
            "source": format!("示范协议〔{}〕{serial}号", self.begun_in),
        });
        desk.put::<Value>(&format!("institutions/{code}/terms"), terms).await?;
        let account = json!({
            "holder": institution.name, "number": format!("62{:014}", serial), "bank": "示范银行营业部",
            "bank_code": "102521000018",
        });
        desk.put::<Value>(&format!("institutions/{code}/account"), account).await?;
        Ok(())
    }

    /// The institution confirms all lines of a month; whether there are any.
    async fn confirm_lines(&self, institution: &Institution, month: Month) -> Result<bool, Trouble> {
        let told = |error| Trouble(format!("{}月度确认：{error}", institution.name));
        let hospital = &self.world.hospitals[&institution.code];
        let number = month.number();
        let of_month = |field: &str, value: String| {
            json!({ "data": {
                "trt_year": (number / 100).to_string(), "trt_month": format!("{:02}", number % 100), field: value,
            }})
        };
        let found = hospital.call("3260", None, of_month("startrow", "1".to_owned())).await.map_err(told)?;
        let rows = found.pointer("/output/data").and_then(Value::as_array).cloned().unwrap_or_default();
        if rows.is_empty() {
            return Ok(false);
        }
        let mut input = of_month("totalrow", rows.len().to_string());
        let confirmed = |mut row: Value| {
            row["cnfm_flag"] = json!("1");
            row
        };
        input["detail"] = rows.into_iter().map(confirmed).collect();
        hospital.call("3261", None, input).await.map_err(told)?;
        Ok(true)
    }

    /// The hub and the provinces whose consoles have people issue a month's documents.
    async fn issue_documents(&mut self, month: Month) -> Result<(), Trouble> {
        let number = month.number().to_string();
        let hub = self.desk(Participant::Hub).acting_as("孙某丙", "出具文书");
        issue(&hub, "national_clearing", &number).await?;
        let notices = self.notices().await?;
        for area in self.consoles() {
            let province = area.province();
            let desk = self.clerk(province, "冯某丙", "出具文书");
            for kind in ["payable_clearing", "receivable_clearing", "trial_balance"] {
                issue(&desk, kind, &number).await?;
            }
            let code = province.to_string();
            let own = |one: &&wire::api::notice::NoticeView, whose: &str| {
                whose == code && one.number.starts_with(&format!("QS{number}"))
            };
            let pays = notices.iter().find(|one| own(one, &one.payer));
            let receives = notices.iter().find(|one| own(one, &one.payee));
            for (kind, notice) in [("payment_notice", pays), ("receipt_notice", receives)] {
                if let Some(notice) = notice {
                    issue(&desk, kind, &notice.number).await?;
                }
            }
        }
        Ok(())
    }

    /// A settlement of today is altered in a book, behind the node's back: the night finds it.
    async fn alter(&mut self, side: Side) -> Result<(), Trouble> {
        let today = self.today();
        let fits = |made: &Made| {
            let pair = self.routes[made.route].pair;
            let whose = if side == Side::Insured { pair.insured } else { pair.treatment };
            made.on == today && made.standing && !made.touched && self.is_at_a_console(whose)
        };
        let Some(at) = self.made.iter().rposition(fits) else {
            return Err(Trouble("当天没有可以改动的结算".to_owned()));
        };
        let (id, pair) = (self.made[at].id, self.routes[self.made[at].route].pair);
        let store = match side {
            Side::Hub => &self.world.hub.context.store,
            Side::Insured => &self.world.province(pair.insured)?.node.context.store,
            Side::Treatment => &self.world.province(pair.treatment)?.node.context.store,
        };
        let mut conn = store.conn().await?;
        measure::tamper(&mut conn, side, id, Tampering::Raised(ALTERED)).await?;
        self.made[at].touched = true;
        Ok(())
    }

    async fn explain_a_difference(&mut self) -> Result<(), Trouble> {
        let hub = self.desk(Participant::Hub).acting_as("赵某甲", "核查对账差异");
        let (first, last) = (self.today().plus_days(-7), self.today());
        let open: Differences = hub.get(&format!("differences?from={first}&to={last}")).await?;
        let Some(one) = open.differences.iter().find(|one| one.owner == Side::Hub.name()) else {
            return Err(Trouble("国家平台没有待说明的对账差异".to_owned()));
        };
        let id: SettlementId =
            one.settlement.parse().map_err(|_| Trouble(format!("结算ID[{}]", one.settlement)))?;
        let note = json!({ "note": "核对报文，平台入账金额录入有误，两省账面一致" });
        hub.post::<Differences>(&format!("differences/{id}/explain"), note).await?;
        Ok(())
    }

    /// A company pays into an account by mistake.
    fn stranger(&mut self) -> Result<(), Trouble> {
        const FROM: &str = "6222000000000001";
        let today = self.today();
        self.bank.open(FROM, "某某商贸有限公司", Fen::yuan(1_000_000));
        for area in self.consoles() {
            let account = super::land::account(area.province(), EMPLOYEE);
            self.bank.receive(&account, Fen::yuan(12_600), FROM, today)?;
            self.desks.strangers.insert(account);
        }
        Ok(())
    }

    /// A treatment province at whose console people sit applies for an emergency increase, which nobody has decided.
    async fn ask_for_more(&mut self) -> Result<(), Trouble> {
        for area in self.consoles() {
            let treatment = area.province();
            let desk = self.clerk(treatment, "冯某丙", "预付金管理");
            let found: PrepaymentPositions = desk.post("prepayments/compute", json!({})).await?;
            let is_red = |one: &PositionView| {
                let pair = Pair { insured: one.insured.code.province(), treatment };
                one.light == "red"
                    && one.treatment.code == treatment.division()
                    && self.prepaid.contains_key(&(pair, one.scheme))
                    && !self.money.has_increased(pair, one.scheme)
            };
            let Some(red) = found.positions.iter().find(|one| is_red(one)) else { continue };
            let body = json!({
                "insured": red.insured.code.province(), "scheme": red.scheme, "amount": red.lacks,
                "reason": "本月住院人次明显增加", "signed_on": self.today().plus_days(-1),
            });
            desk.post::<IncreaseView>("prepayments/increases", body).await?;
            return Ok(());
        }
        Ok(())
    }

    /// At every window with somebody two people lie in hospital, and one has been discharged and not settled.
    async fn fill_wards(&mut self) -> Result<(), Trouble> {
        let consoles = self.consoles();
        let now = self.world.clock.now();
        for (at, there) in consoles.iter().enumerate() {
            let institution = self.window_of(*there)?;
            for (serial, days) in (0_u32..).zip([2_i64, 5, 9]) {
                let from = usize::try_from(serial).unwrap_or_default() % (consoles.len() - 1).max(1);
                let area = consoles[(at + 1 + from) % consoles.len()];
                let number = WARD_SERIAL + serial + 4 * u32::try_from(at).unwrap_or_default();
                let person = people::person(area, EMPLOYEE, MemberStatus::Retired, number);
                self.world.add_people(&[(area, person.clone())]).await?;
                let begins = self.today().plus_days(-60);
                let category = FilingCategory::ResettledRetiree;
                self.world.file(&person, category, institution.place, begins).await?;
                let (admitted, until) = (now.plus_millis(-days * 24 * HOUR), now.plus_millis(-HOUR));
                let stay = Stay::ordinary(&format!("ZB{number:08}"), admitted, until);
                let stay = Stay { med_type: "2101".to_owned(), ..stay };
                let total = Fen::yuan(1_800 * days + 950);
                let patient = Patient::of(&person);
                let seed = u64::from(number);
                let (visit, _) = self.admit(&patient, &institution.code, &stay, (total, seed)).await?;
                if days == 9 {
                    let hospital = &self.world.hospitals[&institution.code];
                    let done = hospital.discharge(&patient, visit, &stay).await;
                    done.map_err(|error| Trouble(format!("出院办理：{error}")))?;
                }
            }
        }
        Ok(())
    }
}

/// Issues a document, where there is something to issue.
async fn issue(desk: &Desk, kind: &str, subject: &str) -> Result<(), Trouble> {
    match desk.post::<DocumentView>("documents", json!({ "kind": kind, "subject": subject })).await {
        Err(why) if why.0.contains("没有可以签发文书的业务记录") => Ok(()),
        issued => issued.map(drop),
    }
}
