//! What pages read and do: searches, figures, what waits, the portal of the insured, and the window of an institution. Lines of the same
//! table as those of [`super::management`].

use super::{
    Role, SchemaOf,
    management::{Line, line},
    schema_of,
};
use crate::api::{
    FilingChange, FilingView, Reason, SettlementView,
    calculation::{Calculation, NewCalculation, Policies, PolicyView},
    complaint::{
        AnswerComplaint, AssignComplaint, ComplaintView, Complaints, FollowedComplaint, NewComplaint,
        TakenComplaint,
    },
    institution::{InstitutionView, Institutions},
    portal::{FilingRules, OwnFiling, OwnSettlements, WindowMessage},
    search::{
        FilingBatch, FilingBatchReport, FilingSearch, FoundFilings, FoundPeople, FoundSettlements,
        PeopleSearch, PersonView, SettlementSearch,
    },
    statistics::{Flows, Statistics, Today},
    work::WorkList,
};
use casework::access::Action;

/// What institutions are asked by.
const INSTITUTIONS: &[(&str, &str, bool)] = &[
    ("name", "名称中的文字", false),
    ("code", "机构编号，或其开头", false),
    ("area", "所在地，六位区划：省、市或区县", false),
    ("level", "医保结算等级：community、primary、secondary、tertiary或tertiary_special", false),
    ("kind", "1医疗机构，2零售药店", false),
    ("open", "true：只要已开通异地联网结算的；false：只要未开通的", false),
    ("after", "上一页的next", false),
    ("limit", "每页条数，最多100，不填为50", false),
];

/// A period, and a form of the answer.
const PERIOD: &[(&str, &str, bool)] = &[
    ("month", "月份，形如2026-10；month、year填其一，都不填为上月", false),
    ("year", "年度，形如2026", false),
    ("form", "csv或xlsx：以文件下载", false),
];

/// A day of a policy.
const POLICY_DAY: &[(&str, &str, bool)] = &[("day", "哪一天的政策，不填为今天", false)];

const BOTH: &[Line] = &[
    line("get", "/api/v1/institutions", "查询定点医药机构", schema_of::<Institutions>)
        .asks(INSTITUTIONS)
        .by(Action::ReadInstitutions)
        .of_areas(),
    line("get", "/api/v1/institutions/{code}", "一家定点医药机构", schema_of::<InstitutionView>)
        .by(Action::ReadInstitutions)
        .of_areas(),
    line("post", "/api/v1/filings/search", "查找备案", schema_of::<FoundFilings>)
        .with(schema_of::<FilingSearch>)
        .shows_people()
        .by(Action::ReadFilings)
        .of_areas(),
    line("get", "/api/v1/statistics", "统计报表", schema_of::<Statistics>)
        .asks(PERIOD)
        .by(Action::ReadStatistics),
    line("get", "/api/v1/work", "待办", schema_of::<WorkList>).by(Action::ReadWork).of_areas(),
    line("get", "/web/portal/institutions", "可直接结算的定点医药机构", schema_of::<Institutions>)
        .asks(INSTITUTIONS)
        .for_anybody(),
];

const HUB: &[Line] = &[
    line("get", "/api/v1/flows", "各省之间的就医流向", schema_of::<Flows>)
        .asks(&[
            ("day", "某日；day、month填其一，都不填为今天", false),
            ("month", "某月，形如2026-10", false),
            ("form", "csv：逗号分隔文本", false),
        ])
        .by(Action::ReadStatistics),
    line("get", "/api/v1/today", "今日运行情况", schema_of::<Today>).by(Action::ReadStatistics),
];

const PROVINCE: &[Line] = &[
    line("post", "/api/v1/settlements/search", "查找结算", schema_of::<FoundSettlements>)
        .with(schema_of::<SettlementSearch>)
        .shows_people()
        .by(Action::ReadSettlements)
        .of_areas(),
    line("post", "/api/v1/people/search", "查找参保人员", schema_of::<FoundPeople>)
        .with(schema_of::<PeopleSearch>)
        .shows_people()
        .by(Action::ReadPeople)
        .of_areas(),
    line("get", "/api/v1/people/{number}", "一名参保人员", schema_of::<PersonView>)
        .asks(&[("insured", "参保地，六位区划", true)])
        .shows_people()
        .by(Action::ReadPeople)
        .of_areas(),
    line("post", "/api/v1/filings/batch", "批量提交备案申请", schema_of::<FilingBatchReport>)
        .with(schema_of::<FilingBatch>)
        .by(Action::EnterFilings)
        .of_areas(),
    line("get", "/api/v1/policies", "有待遇政策的统筹区", schema_of::<Policies>)
        .by(Action::ReadPolicies)
        .of_nobody(),
    line("get", "/api/v1/policies/{area}/{scheme}", "一个统筹区的待遇政策", schema_of::<PolicyView>)
        .asks(POLICY_DAY)
        .by(Action::ReadPolicies)
        .of_nobody(),
    line("post", "/api/v1/calculation", "待遇试算", schema_of::<Calculation>)
        .with(schema_of::<NewCalculation>)
        .by(Action::Calculate)
        .of_nobody(),
    line("get", "/api/v1/complaints", "投诉举报", schema_of::<Complaints>)
        .asks(&[
            ("stage", "open：未答复的，不填即此；received、assigned、answered、closed或all", false),
            ("after", "上一页的next", false),
            ("limit", "每页条数，最多100，不填为50", false),
        ])
        .shows_people()
        .by(Action::ReadComplaints),
    line("get", "/api/v1/complaints/{number}", "一件投诉举报", schema_of::<ComplaintView>)
        .shows_people()
        .by(Action::ReadComplaints),
    line("post", "/api/v1/complaints/{number}/assign", "分派投诉举报", schema_of::<ComplaintView>)
        .with(schema_of::<AssignComplaint>)
        .by(Action::WorkComplaints),
    line("post", "/api/v1/complaints/{number}/answer", "答复投诉举报", schema_of::<ComplaintView>)
        .with(schema_of::<AnswerComplaint>)
        .by(Action::WorkComplaints),
    line("post", "/api/v1/complaints/{number}/close", "办结投诉举报", schema_of::<ComplaintView>)
        .with(schema_of::<Reason>)
        .by(Action::WorkComplaints),
    line("post", "/web/window/{institution}/{infno}", "收费窗口办理医院接口的交易", ANY)
        .with(schema_of::<WindowMessage>)
        .by(Action::UseWindow)
        .of_areas(),
    line("post", "/web/portal/calculation", "自费多少：待遇试算", schema_of::<Calculation>)
        .with(schema_of::<NewCalculation>)
        .for_anybody(),
    line("get", "/web/portal/policies", "有待遇政策的统筹区", schema_of::<Policies>).for_anybody(),
    line("get", "/web/portal/policies/{area}/{scheme}", "一个统筹区的待遇政策", schema_of::<PolicyView>)
        .asks(POLICY_DAY)
        .for_anybody(),
    line("get", "/web/portal/filings/rules", "自助备案须知和承诺书", schema_of::<FilingRules>).for_anybody(),
    line("post", "/web/portal/complaints", "提交投诉举报", schema_of::<TakenComplaint>)
        .with(schema_of::<NewComplaint>)
        .for_anybody(),
    line("get", "/web/portal/complaints/{number}", "查询自己提交的投诉举报", schema_of::<FollowedComplaint>)
        .asks(&[("key", "提交时告知的查询码", true)])
        .for_anybody(),
    line("get", "/web/portal/me", "我的参保信息", schema_of::<PersonView>).by(Action::UsePortal).of_nobody(),
    line("get", "/web/portal/filings", "我的备案", schema_of::<FoundFilings>)
        .by(Action::UsePortal)
        .of_nobody(),
    line("post", "/web/portal/filings", "自助备案", schema_of::<FilingView>)
        .with(schema_of::<OwnFiling>)
        .by(Action::UsePortal)
        .of_nobody(),
    line("post", "/web/portal/filings/{id}/change", "变更自己的备案", schema_of::<FilingView>)
        .with(schema_of::<FilingChange>)
        .by(Action::UsePortal)
        .of_nobody(),
    line("post", "/web/portal/filings/{id}/cancel", "取消自己的备案", schema_of::<FilingView>)
        .by(Action::UsePortal)
        .of_nobody(),
    line("get", "/web/portal/settlements", "我的结算", schema_of::<OwnSettlements>)
        .asks(&[("after", "上一页的next", false), ("limit", "每页条数，最多100，不填为50", false)])
        .by(Action::UsePortal)
        .of_nobody(),
    line("get", "/web/portal/settlements/{id}", "我的一笔结算", schema_of::<SettlementView>)
        .by(Action::UsePortal)
        .of_nobody(),
];

/// An answer of the hospital interface.
const ANY: SchemaOf = schema_of::<serde_json::Value>;

/// The lines of a role.
pub(super) fn lines(role: Role) -> impl Iterator<Item = &'static Line> {
    let lines = match role {
        Role::Hub => HUB,
        Role::Province => PROVINCE,
    };
    lines.iter().chain(BOTH)
}
