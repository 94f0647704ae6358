//! What pages read and do: searches, figures, what waits, the portal of the insured, and the window of an institution. Lines of the same
//! table as those of [`super::management`].

use super::{
    Role, SchemaOf,
    management::{Line, line},
    schema_of,
};
use crate::api::{
    FilingChange, FilingView, Reason, SettlementView,
    announcement::{AnnouncementView, Announcements, NewAnnouncement, ShownAnnouncements},
    calculation::{Calculation, NewCalculation, Policies, PolicyView},
    catalog::{CatalogItems, MappingProgress, Mappings},
    complaint::{
        AnswerComplaint, AssignComplaint, ComplaintView, Complaints, FollowedComplaint, NewComplaint,
        TakenComplaint,
    },
    document::DocumentView,
    institution::{InstitutionView, Institutions},
    material::{Materials, NewMaterial},
    office::{ApportioningMonths, ConfirmedLines, DayBooks, OpenStayList},
    portal::{FilingRules, OwnFiling, OwnSettlements, WindowMessage},
    search::{
        FilingBatch, FilingBatchReport, FilingSearch, FoundFilings, FoundPeople, FoundSettlements,
        PeopleSearch, PersonView, SettlementSearch,
    },
    statistics::{DirectSettlement, Flows, Passing, Statistics, Today},
    transcript::{MessageView, NewRecording, RecordingView, TranscriptMessages},
    work::WorkList,
};
use casework::access::Action;

/// What institutions are asked by.
const INSTITUTIONS: &[(&str, &str, bool)] = &[
    ("name", "名称中的文字，或其拼音、拼音首字母", false),
    ("code", "机构编号，或其开头", false),
    ("area", "所在地，六位区划：省、市或区县；公开查询可查外省，不填为本省", false),
    ("level", "医保结算等级：community、primary、secondary、tertiary或tertiary_special", false),
    ("kind", "1医疗机构，2零售药店", false),
    ("open", "true：只要已开通异地联网结算的；false：只要未开通的", false),
    ("sort", "code、name、level、place或open，倒序在前加-；不填为code", false),
    ("after", "上一页的next", false),
    ("limit", "每页条数，最多100，不填为50", false),
];

/// The same, by clerks.
const INSTITUTIONS_OF_CLERKS: &[(&str, &str, bool)] = &[
    ("name", "名称中的文字，或其拼音、拼音首字母", false),
    ("code", "机构编号，或其开头", false),
    ("area", "所在地，六位区划：省、市或区县", false),
    ("level", "医保结算等级：community、primary、secondary、tertiary或tertiary_special", false),
    ("kind", "1医疗机构，2零售药店", false),
    ("open", "true：只要已开通异地联网结算的；false：只要未开通的", false),
    ("sort", "code、name、level、place或open，倒序在前加-；不填为code", false),
    ("after", "上一页的next", false),
    ("limit", "每页条数，最多100，不填为50；文件最多10000", false),
    ("form", "csv或xlsx：以文件下载", false),
];

/// A period, and a form of the answer.
const PERIOD: &[(&str, &str, bool)] = &[
    ("month", "月份，形如2026-10；month、year填其一，都不填为上月", false),
    ("year", "年度，形如2026", false),
    ("form", "csv或xlsx：以文件下载", false),
];

/// What items of the catalog are asked by.
const CATALOG: &[(&str, &str, bool)] = &[
    ("text", "名称中的文字、名称的拼音或拼音首字母，或编码的开头", false),
    (
        "list",
        "目录类别：101西药和中成药、102中药饮片、105医疗机构制剂等、201医疗服务项目、301医用耗材",
        false,
    ),
    ("category", "大类01至14", false),
    ("class", "01甲类、02乙类、03丙类", false),
    ("day", "哪一天有效的，不填为今天", false),
    ("history", "true：该日无效的也列出", false),
    ("sort", "code、name、share或limit，倒序在前加-；不填为code", false),
    ("after", "上一页的next", false),
    ("limit", "每页条数，最多100，不填为50；文件最多10000", false),
    ("form", "csv或xlsx：以文件下载", false),
];

/// What pairs are asked by.
const MAPPINGS: &[(&str, &str, bool)] = &[
    ("institution", "定点医药机构编号", false),
    ("area", "机构所在地，六位区划", false),
    ("text", "机构目录名称中的文字，或任一编码的开头", false),
    ("show", "all、valid有效的、ended无效的或deviating有偏差的；不填为all", false),
    ("day", "哪一天，不填为今天", false),
    ("after", "上一页的next", false),
    ("limit", "每页条数，最多100，不填为50；文件最多10000", false),
    ("form", "csv或xlsx：以文件下载", false),
];

/// What institutions are asked by how far they have come.
const MAPPING_PROGRESS: &[(&str, &str, bool)] = &[
    ("name", "名称中的文字，或其拼音、拼音首字母", false),
    ("institution", "机构编号，或其开头", false),
    ("area", "机构所在地，六位区划", false),
    ("used", "true：只要已上传对照的；false：只要未上传的", false),
    ("day", "对照在哪一天有效，不填为今天", false),
    ("sort", "code、name或place，倒序在前加-；不填为code", false),
    ("after", "上一页的next", false),
    ("limit", "每页条数，最多100，不填为50；文件最多10000", false),
    ("form", "csv或xlsx：以文件下载", false),
];

/// What recorded messages are asked by.
const MESSAGES: &[(&str, &str, bool)] = &[
    ("origin", "来源：software机构软件、window收费窗口或office医保办", false),
    ("infno", "交易编号", false),
    ("outcome", "done成功、refused拒绝、gateway网关拒绝或other其他", false),
    ("deviating", "fault：有偏差的；any：有偏差或提示的；none：都没有的", false),
    ("msgid", "发送方报文ID，或其开头", false),
    ("from", "哪一天起", false),
    ("until", "哪一天止", false),
    ("sort", "-came按时间从晚到早，不填即此；came、took或-took", false),
    ("after", "上一页的next", false),
    ("limit", "每页条数，最多100，不填为50；文件最多10000", false),
    ("form", "csv或xlsx：以文件下载", false),
];

/// A day of a policy.
const POLICY_DAY: &[(&str, &str, bool)] = &[("day", "哪一天的政策，不填为今天", false)];

const BOTH: &[Line] = &[
    line("get", "/api/v1/institutions", "查询定点医药机构", schema_of::<Institutions>)
        .may_be_left()
        .asks(INSTITUTIONS_OF_CLERKS)
        .by(Action::ReadInstitutions)
        .of_areas(),
    line("get", "/api/v1/institutions/{code}", "一家定点医药机构", schema_of::<InstitutionView>)
        .by(Action::ReadInstitutions)
        .of_areas(),
    line("post", "/api/v1/filings/search", "查找备案", schema_of::<FoundFilings>)
        .may_be_left()
        .with(schema_of::<FilingSearch>)
        .shows_people()
        .by(Action::ReadFilings)
        .of_areas(),
    line("get", "/api/v1/statistics", "统计报表", schema_of::<Statistics>)
        .may_be_left()
        .asks(PERIOD)
        .by(Action::ReadStatistics),
    line("get", "/api/v1/work", "待办", schema_of::<WorkList>).by(Action::ReadWork).of_areas(),
    line("get", "/api/v1/announcements", "停机公告", schema_of::<Announcements>)
        .asks(&[
            (
                "phase",
                "scheduled待发布、upcoming预告、ongoing进行中、over已结束、withdrawn已撤回；不填为全部",
                false,
            ),
            ("sort", "-from按开始时间从晚到早，不填即此；from", false),
            ("after", "上一页的next", false),
            ("limit", "每页条数，最多100，不填为50", false),
            ("form", "csv或xlsx：以文件下载", false),
        ])
        .by(Action::ReadAnnouncements),
    line("post", "/api/v1/announcements", "发布停机公告", schema_of::<AnnouncementView>)
        .with(schema_of::<NewAnnouncement>)
        .by(Action::MaintainAnnouncements),
    line("post", "/api/v1/announcements/{number}/correct", "更正停机公告", schema_of::<AnnouncementView>)
        .with(schema_of::<NewAnnouncement>)
        .by(Action::MaintainAnnouncements),
    line("post", "/api/v1/announcements/{number}/withdraw", "撤回停机公告", schema_of::<AnnouncementView>)
        .with(schema_of::<Reason>)
        .by(Action::MaintainAnnouncements),
    line("get", "/web/portal/announcements", "公开的停机公告", schema_of::<ShownAnnouncements>).for_anybody(),
    line(
        "get",
        "/web/portal/institutions",
        "可直接结算的定点医药机构，本省或外省",
        schema_of::<Institutions>,
    )
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
    line("get", "/api/v1/direct-settlement", "住院直接结算率", schema_of::<DirectSettlement>)
        .asks(&[
            ("month", "入院登记月份，形如2026-11，不填为本月", false),
            ("form", "csv或xlsx：以文件下载", false),
        ])
        .by(Action::ReadStatistics),
    line("get", "/api/v1/passing", "最近转发的业务、各参与方的应答和响应时间", schema_of::<Passing>)
        .asks(&[("span", "hour：最近1小时，不填即此；day：最近24小时", false)])
        .by(Action::ReadStatistics),
];

const PROVINCE: &[Line] = &[
    line("post", "/api/v1/settlements/search", "查找结算", schema_of::<FoundSettlements>)
        .may_be_left()
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
        .may_be_left()
        .with(schema_of::<FilingBatch>)
        .by(Action::EnterFilings)
        .of_areas(),
    line("get", "/api/v1/filings/batch/template", "批量备案模板（xlsx）", ANY)
        .answers_file(&[XLSX])
        .by(Action::EnterFilings)
        .of_nobody(),
    line("get", "/api/v1/filings/{id}/materials", "一份备案的材料", schema_of::<Materials>)
        .by(Action::ReadFilings)
        .of_areas(),
    line("post", "/api/v1/filings/{id}/materials", "上传备案材料", schema_of::<Materials>)
        .with(schema_of::<NewMaterial>)
        .by(Action::EnterFilings)
        .of_areas(),
    line("get", "/api/v1/filings/{id}/materials/{number}", "一份备案材料的文件", ANY)
        .answers_file(&MATERIAL)
        .by(Action::ReadFilings)
        .of_areas(),
    line("post", "/api/v1/filings/{id}/materials/{number}/remove", "删去备案材料", schema_of::<Materials>)
        .by(Action::EnterFilings)
        .of_areas(),
    line("post", "/api/v1/filings/{id}/supplement", "要求补正备案材料", schema_of::<Materials>)
        .with(schema_of::<Reason>)
        .by(Action::DecideFilings)
        .of_areas(),
    line("get", "/api/v1/catalog", "查询医保三大目录", schema_of::<CatalogItems>)
        .may_be_left()
        .asks(CATALOG)
        .by(Action::ReadPolicies)
        .of_nobody(),
    line("get", "/api/v1/mappings", "查询机构目录对照", schema_of::<Mappings>)
        .may_be_left()
        .asks(MAPPINGS)
        .by(Action::ReadMapping)
        .of_areas(),
    line("get", "/api/v1/mappings/institutions", "各机构的目录对照情况", schema_of::<MappingProgress>)
        .may_be_left()
        .asks(MAPPING_PROGRESS)
        .by(Action::ReadMapping)
        .of_areas(),
    line(
        "get",
        "/api/v1/institutions/{code}/stays",
        "一家机构待办理的就诊：出院未结算、在院未传费用、结算结果待查",
        schema_of::<OpenStayList>,
    )
    .asks(&[("which", "discharged、without_lines或unknown", true)])
    .by(Action::UseWindow)
    .of_areas(),
    line("get", "/api/v1/institutions/{code}/day-books", "一家机构未对账或不平的日账", schema_of::<DayBooks>)
        .by(Action::KeepInstitutionBooks)
        .of_areas(),
    line(
        "get",
        "/api/v1/institutions/{code}/apportioning",
        "一家机构已结束月份的清分确认情况",
        schema_of::<ApportioningMonths>,
    )
    .by(Action::KeepInstitutionBooks)
    .of_areas(),
    line(
        "get",
        "/api/v1/institutions/{code}/apportioning/{month}",
        "一家机构一个月已确认的清分明细",
        schema_of::<ConfirmedLines>,
    )
    .by(Action::KeepInstitutionBooks)
    .of_areas(),
    line(
        "get",
        "/api/v1/institutions/{code}/recording",
        "一家机构是否在记录接口报文",
        schema_of::<RecordingView>,
    )
    .by(Action::ReadTranscripts)
    .of_areas(),
    line(
        "post",
        "/api/v1/institutions/{code}/recording",
        "开启或延长接口报文记录",
        schema_of::<RecordingView>,
    )
    .with(schema_of::<NewRecording>)
    .by(Action::RecordTranscripts)
    .of_areas(),
    line("post", "/api/v1/institutions/{code}/recording/end", "停止接口报文记录", schema_of::<RecordingView>)
        .by(Action::RecordTranscripts)
        .of_areas(),
    line(
        "post",
        "/api/v1/institutions/{code}/recording/erase",
        "停止接口报文记录，并删去已记录的报文",
        schema_of::<RecordingView>,
    )
    .by(Action::RecordTranscripts)
    .of_areas(),
    line(
        "get",
        "/api/v1/institutions/{code}/messages",
        "一家机构已记录的接口报文",
        schema_of::<TranscriptMessages>,
    )
    .may_be_left()
    .asks(MESSAGES)
    .by(Action::ReadTranscripts)
    .of_areas(),
    line(
        "get",
        "/api/v1/institutions/{code}/messages/{number}",
        "一条已记录的接口报文，个人信息已隐去",
        schema_of::<MessageView>,
    )
    .by(Action::ReadTranscripts)
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
            ("kind", "类型：service、refused_settlement、amount、filing、fraud或other；不填为全部", false),
            ("from", "收到日期起", false),
            ("until", "收到日期止，含当日", false),
            ("sort", "received按收到先后，不填即此；-received", false),
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
    line(
        "post",
        "/web/office/{institution}/{infno}",
        "机构医保办核对账务：3201、3202、3260、3261、3262",
        ANY,
    )
    .with(schema_of::<WindowMessage>)
    .by(Action::KeepInstitutionBooks)
    .of_areas(),
    line(
        "post",
        "/web/window/{institution}/settlements/{id}/statement",
        "收费窗口出具一笔结算的结算单；已出具的给出原件",
        schema_of::<DocumentView>,
    )
    .by(Action::UseWindow)
    .of_areas(),
    line(
        "get",
        "/web/window/{institution}/settlements/{id}/statement/{form}",
        "已出具的结算单的文件：pdf、xlsx或csv",
        ANY,
    )
    .by(Action::UseWindow)
    .of_areas(),
    line(
        "post",
        "/api/v1/settlements/{id}/statement",
        "出具一笔结算的结算单；已出具的给出原件",
        schema_of::<DocumentView>,
    )
    .by(Action::ReadSettlements)
    .of_areas(),
    line("get", "/api/v1/settlements/{id}/statement/{form}", "已出具的结算单的文件：pdf、xlsx或csv", ANY)
        .answers_file(&["application/pdf", XLSX, "text/csv"])
        .by(Action::ReadSettlements)
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
    line("get", "/web/portal/filings/{id}/materials", "自己备案的材料", schema_of::<Materials>)
        .by(Action::UsePortal)
        .of_nobody(),
    line("post", "/web/portal/filings/{id}/materials", "上传自己备案的材料", schema_of::<Materials>)
        .with(schema_of::<NewMaterial>)
        .by(Action::UsePortal)
        .of_nobody(),
    line("get", "/web/portal/filings/{id}/materials/{number}", "自己一份备案材料的文件", ANY)
        .answers_file(&MATERIAL)
        .by(Action::UsePortal)
        .of_nobody(),
    line(
        "post",
        "/web/portal/filings/{id}/materials/{number}/remove",
        "删去自己的备案材料",
        schema_of::<Materials>,
    )
    .by(Action::UsePortal)
    .of_nobody(),
    line("get", "/web/portal/settlements", "我的结算", schema_of::<OwnSettlements>)
        .asks(&[("after", "上一页的next", false), ("limit", "每页条数，最多100，不填为50", false)])
        .by(Action::UsePortal)
        .of_nobody(),
    line("get", "/web/portal/settlements/{id}", "我的一笔结算", schema_of::<SettlementView>)
        .by(Action::UsePortal)
        .of_nobody(),
    line(
        "post",
        "/web/portal/settlements/{id}/statement",
        "出具自己一笔结算的结算单；已出具的给出原件",
        schema_of::<DocumentView>,
    )
    .by(Action::UsePortal)
    .of_nobody(),
    line(
        "get",
        "/web/portal/settlements/{id}/statement/{form}",
        "自己已出具的结算单的文件：pdf、xlsx或csv",
        ANY,
    )
    .by(Action::UsePortal)
    .of_nobody(),
];

/// An answer of the hospital interface.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// What papers of filings may be.
const MATERIAL: [&str; 3] = ["application/pdf", "image/jpeg", "image/png"];
const ANY: SchemaOf = schema_of::<serde_json::Value>;

/// The lines of a role.
pub(super) fn lines(role: Role) -> impl Iterator<Item = &'static Line> {
    let lines = match role {
        Role::Hub => HUB,
        Role::Province => PROVINCE,
    };
    lines.iter().chain(BOTH)
}
