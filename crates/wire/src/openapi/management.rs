//! The management interface: what clerks and operators ask of a node.

use super::{Left, Operation, Permission, Role, SchemaOf, Whose, json_content, schema_of};
use crate::api::account::{AccountView, Accounts, Grant, NewAccount, NewAccountMade, NewPassword};
use crate::api::area_clearing::{
    AreaMonthView, AreaReceiptBody, ConfirmArea, DecideAreaDispute, DisputeArea,
};
use crate::api::audit_trail::{AuditTrail, AuditTrailVerified};
use crate::api::clearing::{
    AdoptClearing, ClearingComparison, ClearingDone, ClearingDues, ClearingLines, ClearingMonth,
    ClearingMonths, ClearingPairs, ClearingPlan, ClearingPlanned, ClearingStatement, DecideDispute,
    NettingReport, NoticesIssued,
};
use crate::api::clearing_statement::{
    ClearingStatementView, ClearingStatements, ConfirmStatement, DeductionView, Deductions, DisputeStatement,
    NewDeductionBody,
};
use crate::api::correction::{CorrectionView, Corrections, DecideCorrection, ProposeCorrection};
use crate::api::document::{DocumentView, Documents, NewDocument, VerifiedDocument};
use crate::api::institution_payment::{
    AccountBody, AdoptPayment, BankAnswer, BudgetBody, InstitutionOrders, OrderInstalment, PaymentDraftView,
    PaymentView, Payments, PenaltyBody, SettleYear, TermsBody, UnadoptedPayments, YearHeldView,
};
use crate::api::job::{JOB_HEADER, JobView, Jobs};
use crate::api::ledger::{
    AccountClosing, AccountLedger, LedgerVoucher, LedgerVouchers, MadeVouchers, NewCorrection, NewVoucher,
    Proof, SummaryOrder, TrialBalanceView, YearClosing,
};
use crate::api::media::{CardView, Holder, IssuedCard, MadeVoucher, Media, NewCard};
use crate::api::prepayment::{
    AcceptIncrease, AdoptPrepayments, ApplyIncrease, AreaMoney, AreaPrepayments, IncreaseView, Increases,
    PrepaymentChanges, PrepaymentPositions, PrepaymentYearView, PrepaymentYears, SetAreaPrepayment,
    SetPrepayment,
};
use crate::api::purchase::{ConfirmPurchase, PurchaseOrderView, PurchaseOrders};
use crate::api::reconciliation::{
    AssignDifference, DecideDifference, Differences, NewReconciliation, Reconciliations,
};
use crate::api::session::{
    ConfirmCode, GoOn, LogIn, NewOneTimeCode, Providers, Register, SessionView, SetPassword, TieIdentity,
};
use crate::api::{
    DUTY_HEADER, DetailsView, FilingChange, FilingView, Filings, InstitutionBody, NewFiling, OPERATOR_HEADER,
    ParticipantBody, ParticipantView, Participants, PersonBody, Reason, Refused, SettlementView, Taken,
    TransmissionView, Transmissions,
    registration::{NewRegistration, RegistrationView, Registrations},
};
use crate::api::{
    bank::{
        AssignEntry, BankAccountBody, BankAccountView, BankAccounts, BankEntries, BankEntryView, BankFile,
        BankStatements, NewBankStatement, TakenStatements,
    },
    notice::{NoticeView, Notices},
    payment_order::{NewMoney, NewWriteBack, OnDay, PaymentOrderView, PaymentOrders},
    urging::{Decision, DifferingTransfers, LetterView, Letters, SuspensionView, Suspensions, Urgings},
};
use casework::access::Action;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

pub(super) const TAG: &str = "管理接口";

/// What tables of clearing can be asked for.
const CLEARING_TABLE: &[(&str, &str, bool)] =
    &[("province", "省级区划代码；不填为全国", false), ("form", "csv：逗号分隔文本", false)];

/// What notices are asked by.
const NOTICES: &[(&str, &str, bool)] = &[
    ("province", "与一个省有关的，省级区划代码", false),
    ("payer", "付款省，省级区划代码", false),
    ("payee", "收款省，省级区划代码", false),
    ("cause", "事由：clearing、clearing_return、prepayment、prepayment_return或prepayment_increase", false),
    ("sort", "issued按签发先后，不填即此；-issued", false),
    ("after", "上一页的next", false),
    ("limit", "每页份数，最多100，不填即此", false),
];

/// What orders are asked by.
const ORDERS: &[(&str, &str, bool)] = &[
    ("stage", "阶段；不填为未办结的，all为全部", false),
    ("urgency", "soon：快到期和逾期的；overdue：逾期的", false),
    ("scheme", "险种代码：310或390", false),
    ("other", "对方省级区划代码", false),
    ("sort", "number按单号，不填即此；amount按金额；倒序在前加-", false),
    ("after", "上一页的next", false),
    ("limit", "每页笔数，最多100，不填即此", false),
];

/// A line of the table of operations.
pub(super) struct Line {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    query: &'static [(&'static str, &'static str, bool)],
    /// Whether it shows personal data: masked, or whole for a duty.
    shows: bool,
    body: Option<SchemaOf>,
    answer: SchemaOf,
    /// What it is to whoever asks; nobody with a session may what names no action.
    action: Option<Action>,
    whose: Whose,
    /// Whether the answer has no body.
    silent: bool,
    /// Whether a browser opens it: what comes is a page, or the address to go on to.
    page: bool,
    /// What type of file it is answered with; none if with JSON.
    files: &'static [&'static str],
    /// Whether it may take long, and be left.
    left: Left,
}

/// An operation of the management interface. It is refused to all who ask with a session until it says by which action ([`Line::by`]) it
/// may be done.
pub(super) const fn line(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answer: SchemaOf,
) -> Line {
    let (query, whose) = (&[] as &[_], Whose::Node);
    Line {
        method,
        path,
        summary,
        query,
        shows: false,
        body: None,
        answer,
        action: None,
        whose,
        silent: false,
        page: false,
        files: &[],
        left: Left::No,
    }
}

impl Line {
    /// With a body.
    pub(super) const fn with(mut self, body: SchemaOf) -> Self {
        self.body = Some(body);
        self
    }

    /// With parameters of the query: name, Chinese words, whether it must be there.
    pub(super) const fn asks(mut self, query: &'static [(&'static str, &'static str, bool)]) -> Self {
        self.query = query;
        self
    }

    /// With personal data in its answer: masked, or whole for a duty.
    pub(super) const fn shows_people(mut self) -> Self {
        self.shows = true;
        self
    }

    /// Done by whoever may take this action, on what is the whole node's.
    pub(super) const fn by(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }

    /// What it is about belongs to areas: the endpoint itself asks whether it lies where the asker works.
    pub(super) const fn of_areas(mut self) -> Self {
        self.whose = Whose::Areas;
        self
    }

    /// It is the same for all who may, wherever they work.
    pub(super) const fn of_nobody(mut self) -> Self {
        self.whose = Whose::Nobody;
        self
    }

    /// Whoever has a session may, about himself.
    pub(super) const fn of_oneself(mut self) -> Self {
        self.whose = Whose::Oneself;
        self
    }

    /// It may take long: whoever has a session may leave it to go on by itself. If the node is stopped meanwhile it is asked again, which
    /// must do nothing twice, and must not be refused because it was done.
    pub(super) const fn may_be_left(mut self) -> Self {
        self.left = Left::Again;
        self
    }

    /// Answered with 204 and no body.
    pub(super) const fn silently(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Opened by a browser: answered with a page, or with the address to go on to.
    pub(super) const fn for_browsers(mut self) -> Self {
        self.page = true;
        self
    }

    /// Answered with a file of one of these types.
    pub(super) const fn answers_file(mut self, types: &'static [&'static str]) -> Self {
        self.files = types;
        self
    }

    /// Anybody may ask, without a session or a token.
    pub(super) const fn for_anybody(mut self) -> Self {
        self.whose = Whose::Public;
        self
    }

    /// What whoever asks must be allowed.
    pub(super) const fn permission(&self) -> Permission {
        Permission {
            method: self.method,
            path: self.path,
            action: self.action,
            whose: self.whose,
            summary: self.summary,
            left: self.left,
        }
    }
}

const PROVINCE: &[Line] = &[
    line("post", "/web/portal/register", "参保人注册", schema_of::<Taken>)
        .with(schema_of::<Register>)
        .for_anybody(),
    line("get", "/api/v1/funds/notices", "付款、收款通知书", schema_of::<Notices>)
        .by(Action::ReadTransfers)
        .asks(NOTICES),
    line("get", "/api/v1/funds/notices/{number}", "一份付款、收款通知书", schema_of::<NoticeView>)
        .by(Action::ReadTransfers),
    line("get", "/api/v1/funds/orders", "划拨单", schema_of::<PaymentOrders>)
        .by(Action::ReadTransfers)
        .asks(ORDERS),
    line("get", "/api/v1/funds/orders/{number}", "一张划拨单", schema_of::<PaymentOrderView>)
        .by(Action::ReadTransfers),
    line("post", "/api/v1/funds/orders/{number}/hand-over", "提交财政部门", schema_of::<PaymentOrderView>)
        .by(Action::PayTransfers)
        .with(schema_of::<OnDay>),
    line("post", "/api/v1/funds/orders/{number}/take-back", "从财政部门撤回", schema_of::<PaymentOrderView>)
        .by(Action::PayTransfers),
    line("post", "/api/v1/funds/orders/{number}/money", "登记划拨或退汇", schema_of::<PaymentOrderView>)
        .by(Action::PayTransfers)
        .with(schema_of::<NewMoney>),
    line("post", "/api/v1/funds/orders/{number}/write-back", "登记财政反馈", schema_of::<PaymentOrderView>)
        .by(Action::PayTransfers)
        .with(schema_of::<NewWriteBack>),
    line("post", "/api/v1/funds/orders/{number}/close", "划拨单办结", schema_of::<PaymentOrderView>)
        .by(Action::PayTransfers)
        .with(schema_of::<OnDay>),
    line("get", "/api/v1/funds/orders/{number}/bank-file", "付款文件（pain.001）", schema_of::<BankFile>)
        .by(Action::PayTransfers)
        .shows_people(),
    line("get", "/api/v1/funds/receipts", "应收款", schema_of::<PaymentOrders>)
        .by(Action::ReadTransfers)
        .asks(ORDERS),
    line("get", "/api/v1/funds/receipts/{number}", "一笔应收款", schema_of::<PaymentOrderView>)
        .by(Action::ReadTransfers),
    line("post", "/api/v1/funds/receipts/{number}/money", "登记到账", schema_of::<PaymentOrderView>)
        .by(Action::PayTransfers)
        .with(schema_of::<NewMoney>),
    line("post", "/api/v1/funds/receipts/{number}/write-back", "登记财政反馈", schema_of::<PaymentOrderView>)
        .by(Action::PayTransfers)
        .with(schema_of::<NewWriteBack>),
    line("post", "/api/v1/funds/receipts/{number}/close", "应收款办结", schema_of::<PaymentOrderView>)
        .by(Action::PayTransfers)
        .with(schema_of::<OnDay>),
    line("get", "/api/v1/funds/bank-accounts", "财政专户", schema_of::<BankAccounts>)
        .by(Action::ReadBank)
        .shows_people(),
    line("put", "/api/v1/funds/bank-accounts/{scheme}", "登记本省财政专户", schema_of::<BankAccountView>)
        .by(Action::MaintainBank)
        .with(schema_of::<BankAccountBody>)
        .shows_people(),
    line("get", "/api/v1/funds/expenditure-accounts", "拨付机构的支出户", schema_of::<BankAccounts>)
        .by(Action::ReadBank)
        .shows_people(),
    line(
        "put",
        "/api/v1/funds/expenditure-accounts/{scheme}",
        "登记本省支出户",
        schema_of::<BankAccountView>,
    )
    .by(Action::MaintainBank)
    .with(schema_of::<BankAccountBody>)
    .shows_people(),
    line("get", "/api/v1/funds/bank-statements", "已导入的银行对账单", schema_of::<BankStatements>)
        .by(Action::ReadBank)
        .shows_people(),
    line("post", "/api/v1/funds/bank-statements", "导入银行对账单（camt.053）", schema_of::<TakenStatements>)
        .by(Action::MaintainBank)
        .with(schema_of::<NewBankStatement>),
    line("get", "/api/v1/funds/bank-entries", "银行流水", schema_of::<BankEntries>)
        .by(Action::ReadBank)
        .asks(&[
            ("matter", "order、institution、unidentified、fee或other；不填为unidentified", false),
            ("scheme", "险种代码：310或390", false),
            ("from", "起始日期", false),
            ("until", "截止日期，含当日", false),
            ("sort", "-on按交易日期从晚到早，不填即此；on", false),
            ("after", "上一页的next", false),
            ("limit", "每页条数，最多100，不填为50", false),
        ])
        .shows_people(),
    line("post", "/api/v1/funds/bank-entries/assign", "指定待查款项的归属", schema_of::<BankEntryView>)
        .by(Action::MaintainBank)
        .with(schema_of::<AssignEntry>)
        .shows_people(),
    line("get", "/api/v1/funds/urgings", "收到的催缴函", schema_of::<Letters>).by(Action::ReadTransfers),
    line("get", "/api/v1/filings", "查询一个人的备案", schema_of::<Filings>)
        .by(Action::ReadFilings)
        .of_areas()
        .asks(&[
            ("insured", "参保地，六位区划", true),
            ("person", "人员编号；与certno填其一", false),
            ("certno", "公民身份号码", false),
        ])
        .shows_people(),
    line("post", "/api/v1/filings", "提交备案申请", schema_of::<FilingView>)
        .by(Action::EnterFilings)
        .of_areas()
        .with(schema_of::<NewFiling>),
    line("get", "/api/v1/filings/{id}", "查看一份备案", schema_of::<FilingView>)
        .by(Action::ReadFilings)
        .of_areas()
        .shows_people(),
    line("post", "/api/v1/filings/{id}/approve", "审核通过", schema_of::<FilingView>)
        .by(Action::DecideFilings)
        .of_areas(),
    line("post", "/api/v1/filings/{id}/reject", "驳回", schema_of::<FilingView>)
        .by(Action::DecideFilings)
        .of_areas()
        .with(schema_of::<Reason>),
    line("post", "/api/v1/filings/{id}/change", "变更", schema_of::<FilingView>)
        .by(Action::EnterFilings)
        .of_areas()
        .with(schema_of::<FilingChange>),
    line("post", "/api/v1/filings/{id}/cancel", "撤销", schema_of::<FilingView>)
        .by(Action::EnterFilings)
        .of_areas(),
    line("get", "/api/v1/registrations", "查询一个人的人员备案", schema_of::<Registrations>)
        .by(Action::ReadFilings)
        .of_areas()
        .asks(&[
            ("insured", "参保地，六位区划", true),
            ("person", "人员编号；与certno填其一", false),
            ("certno", "公民身份号码", false),
        ])
        .shows_people(),
    line("post", "/api/v1/registrations", "登记门诊慢特病", schema_of::<RegistrationView>)
        .by(Action::EnterFilings)
        .of_areas()
        .with(schema_of::<NewRegistration>),
    line("post", "/api/v1/registrations/{id}/withdraw", "撤销人员备案", schema_of::<RegistrationView>)
        .by(Action::EnterFilings)
        .of_areas()
        .with(schema_of::<Reason>),
    line("post", "/api/v1/vouchers", "生成医保电子凭证二维码", schema_of::<MadeVoucher>)
        .by(Action::MaintainMedia)
        .of_areas()
        .with(schema_of::<Holder>),
    line("post", "/api/v1/cards", "发放社会保障卡", schema_of::<IssuedCard>)
        .by(Action::MaintainMedia)
        .of_areas()
        .with(schema_of::<NewCard>),
    line("post", "/api/v1/cards/loss", "社会保障卡挂失", schema_of::<CardView>)
        .by(Action::MaintainMedia)
        .of_areas()
        .with(schema_of::<Holder>),
    line("post", "/api/v1/cards/lift", "社会保障卡解除挂失或锁定", schema_of::<CardView>)
        .by(Action::MaintainMedia)
        .of_areas()
        .with(schema_of::<Holder>),
    line("post", "/api/v1/cards/stop", "社会保障卡注销", schema_of::<CardView>)
        .by(Action::MaintainMedia)
        .of_areas()
        .with(schema_of::<Holder>),
    line("get", "/api/v1/media", "查询一个人的就医凭证", schema_of::<Media>)
        .by(Action::ReadMedia)
        .of_areas()
        .asks(&[
            ("insured", "参保地，六位区划", true),
            ("person", "人员编号；与certno填其一", false),
            ("certno", "公民身份号码", false),
        ])
        .shows_people(),
    line("put", "/api/v1/institutions/{code}", "登记定点医药机构", schema_of::<Taken>)
        .by(Action::MaintainInstitutions)
        .of_areas()
        .with(schema_of::<InstitutionBody>),
    line("put", "/api/v1/people/{number}", "登记参保人员", schema_of::<Taken>)
        .by(Action::MaintainPeople)
        .of_areas()
        .with(schema_of::<PersonBody>),
    line("get", "/api/v1/purchase-orders", "查询一个人的异地就医购药订单", schema_of::<PurchaseOrders>)
        .by(Action::ReadSettlements)
        .of_areas()
        .asks(&[("certno", "公民身份号码", true)])
        .shows_people(),
    line(
        "post",
        "/api/v1/purchase-orders/{number}/confirm",
        "参保人确认购药订单并结算",
        schema_of::<PurchaseOrderView>,
    )
    .by(Action::ConfirmPurchases)
    .of_areas()
    .with(schema_of::<ConfirmPurchase>),
    line("get", "/api/v1/settlements/{id}", "查看一笔结算", schema_of::<SettlementView>)
        .by(Action::ReadSettlements)
        .of_areas()
        .shows_people(),
    line("get", "/api/v1/details", "参保地查看费用明细", schema_of::<DetailsView>)
        .by(Action::ReadSettlements)
        .of_areas()
        .asks(&[
            ("insured", "参保地，六位区划", true),
            ("settlement", "结算ID", true),
            ("after", "上一页的next", false),
        ]),
    line("get", "/api/v1/transmissions", "就医地查看费用明细上传情况", schema_of::<Transmissions>)
        .by(Action::ReadSettlements)
        .asks(&[("stage", "阶段；不填为different", false), ("after", "上一页的next", false)]),
    line(
        "post",
        "/api/v1/transmissions/{id}/again",
        "重新上传一笔结算的费用明细",
        schema_of::<TransmissionView>,
    )
    .by(Action::WorkDifferences),
    line("get", "/api/v1/funds/reconciliations", "查询每日对账结果", schema_of::<Reconciliations>)
        .by(Action::ReadReconciliation)
        .asks(&[("from", "起始日期", true), ("to", "截止日期", true)]),
    line("post", "/api/v1/funds/reconciliations", "对若干日重新对账", schema_of::<Reconciliations>)
        .by(Action::WorkDifferences)
        .may_be_left()
        .with(schema_of::<NewReconciliation>),
    line("get", "/api/v1/funds/prepayments", "预付金使用情况和预警", schema_of::<PrepaymentPositions>)
        .by(Action::ReadPrepayment),
    line("post", "/api/v1/funds/prepayments/increases", "就医省申请紧急调增", schema_of::<IncreaseView>)
        .by(Action::PlanPrepayment)
        .with(schema_of::<ApplyIncrease>),
    line(
        "post",
        "/api/v1/funds/prepayments/increases/{id}/withdraw",
        "就医省撤回尚未审核的紧急调增申请",
        schema_of::<IncreaseView>,
    )
    .by(Action::PlanPrepayment)
    .with(schema_of::<Reason>),
    line("get", "/api/v1/funds/prepayments/areas/{year}", "统筹区上解预付金", schema_of::<AreaPrepayments>)
        .by(Action::ReadPrepayment)
        .of_areas(),
    line(
        "post",
        "/api/v1/funds/prepayments/areas/{year}/draft",
        "测算统筹区上解预付金",
        schema_of::<AreaPrepayments>,
    )
    .by(Action::PlanPrepayment),
    line(
        "post",
        "/api/v1/funds/prepayments/areas/{year}/set",
        "人工填写一个统筹区的上解金额",
        schema_of::<AreaPrepayments>,
    )
    .by(Action::PlanPrepayment)
    .with(schema_of::<SetAreaPrepayment>),
    line(
        "post",
        "/api/v1/funds/prepayments/areas/{year}/issue",
        "下达统筹区上解通知",
        schema_of::<AreaPrepayments>,
    )
    .by(Action::AdoptPrepayment),
    line(
        "post",
        "/api/v1/funds/prepayments/areas/{year}/money",
        "登记统筹区到账或退回的资金",
        schema_of::<AreaPrepayments>,
    )
    .by(Action::PayTransfers)
    .with(schema_of::<AreaMoney>),
    line("get", "/api/v1/funds/statements", "本省各月清算表", schema_of::<ClearingStatements>)
        .by(Action::ReadClearing),
    line(
        "get",
        "/api/v1/funds/statements/{month}",
        "一个月的清算表及核对结果",
        schema_of::<ClearingStatementView>,
    )
    .by(Action::ReadClearing),
    line(
        "post",
        "/api/v1/funds/statements/{month}/fetch",
        "向国家平台取得清算表并逐笔核对",
        schema_of::<ClearingStatementView>,
    )
    .may_be_left()
    .by(Action::ConfirmClearing),
    line(
        "post",
        "/api/v1/funds/statements/{month}/confirm",
        "确认清算表",
        schema_of::<ClearingStatementView>,
    )
    .by(Action::ConfirmClearing)
    .with(schema_of::<ConfirmStatement>),
    line(
        "post",
        "/api/v1/funds/statements/{month}/dispute",
        "对清算表提出争议",
        schema_of::<ClearingStatementView>,
    )
    .by(Action::ConfirmClearing)
    .with(schema_of::<DisputeStatement>),
    line("get", "/api/v1/funds/deductions", "审核扣款", schema_of::<Deductions>)
        .by(Action::ReadClearing)
        .of_areas()
        .asks(&[
            ("institution", "定点医药机构编号", false),
            ("standing", "waiting待清算、cleared已列入清算、refused被国家平台拒绝；不填为全部", false),
            ("from", "登记日期起", false),
            ("until", "登记日期止，含当日", false),
            ("sort", "at按登记时间，不填即此；-at", false),
            ("after", "上一页的next", false),
            ("limit", "每页笔数，最多100，不填为50", false),
        ]),
    line("post", "/api/v1/funds/deductions", "登记审核扣款", schema_of::<DeductionView>)
        .by(Action::EnterDeductions)
        .of_areas()
        .with(schema_of::<NewDeductionBody>),
    line("get", "/api/v1/funds/areas/{month}", "一个月各统筹区的清算表", schema_of::<AreaMonthView>)
        .by(Action::ReadClearing)
        .of_areas(),
    line("post", "/api/v1/funds/areas/{month}/divide", "向统筹区分割", schema_of::<AreaMonthView>)
        .may_be_left()
        .by(Action::PlanClearing),
    line("post", "/api/v1/funds/areas/{month}/receipts", "登记统筹区上解资金", schema_of::<AreaMonthView>)
        .by(Action::PayTransfers)
        .with(schema_of::<AreaReceiptBody>),
    line("post", "/api/v1/funds/areas/{month}/confirm", "统筹区确认上解通知书", schema_of::<AreaMonthView>)
        .by(Action::ConfirmClearing)
        .of_areas()
        .with(schema_of::<ConfirmArea>),
    line("post", "/api/v1/funds/areas/{month}/dispute", "统筹区提出异议", schema_of::<AreaMonthView>)
        .by(Action::ConfirmClearing)
        .of_areas()
        .with(schema_of::<DisputeArea>),
    line("post", "/api/v1/funds/areas/{month}/disputes", "裁定统筹区的异议", schema_of::<AreaMonthView>)
        .by(Action::AdoptClearing)
        .with(schema_of::<DecideAreaDispute>),
    line("post", "/api/v1/funds/areas/{month}/pass-on", "省内异地资金划转", schema_of::<AreaMonthView>)
        .by(Action::AdoptClearing),
    line("get", "/api/v1/funds/institution-payments", "一个月的拨付单", schema_of::<Payments>)
        .by(Action::ReadPayments)
        .of_areas()
        .asks(&[
            ("month", "清分年月，如2026-10；不填open时必填", false),
            ("open", "不论月份：to_order待下达的、at_bank待登记银行回单的", false),
        ]),
    line(
        "get",
        "/api/v1/funds/institution-payments/to-adopt",
        "机构已确认、尚未审定拨付的月份",
        schema_of::<UnadoptedPayments>,
    )
    .by(Action::ReadPayments)
    .of_areas(),
    line(
        "get",
        "/api/v1/funds/institution-payments/draft",
        "试算一个月的拨付",
        schema_of::<PaymentDraftView>,
    )
    .by(Action::ReadPayments)
    .of_areas()
    .asks(&[("institution", "机构编号", true), ("month", "清分年月，如2026-10", true)]),
    line("post", "/api/v1/funds/institution-payments/adopt", "审定一个月的拨付", schema_of::<PaymentView>)
        .by(Action::AdoptPayments)
        .of_areas()
        .with(schema_of::<AdoptPayment>),
    line(
        "get",
        "/api/v1/funds/institution-payments/orders",
        "已下达、银行尚未付出的拨付",
        schema_of::<InstitutionOrders>,
    )
    .by(Action::ReadPayments)
    .of_areas(),
    line("get", "/api/v1/funds/institution-payments/{number}", "查看拨付单", schema_of::<PaymentView>)
        .by(Action::ReadPayments)
        .of_areas(),
    line(
        "post",
        "/api/v1/funds/institution-payments/{number}/instalments",
        "下达一期拨付",
        schema_of::<PaymentView>,
    )
    .by(Action::PayInstitutions)
    .of_areas()
    .with(schema_of::<OrderInstalment>),
    line(
        "get",
        "/api/v1/funds/institution-payments/{number}/instalments/{instalment}/bank-file",
        "一期拨付的付款文件（pain.001）",
        schema_of::<BankFile>,
    )
    .by(Action::PayInstitutions)
    .of_areas()
    .asks(&[("scheme", "险种代码：310或390", true)])
    .shows_people(),
    line(
        "post",
        "/api/v1/funds/institution-payments/{number}/bank",
        "登记银行回单",
        schema_of::<PaymentView>,
    )
    .by(Action::PayInstitutions)
    .of_areas()
    .with(schema_of::<BankAnswer>),
    line("put", "/api/v1/funds/institutions/{code}/terms", "登记协议的拨付条款", schema_of::<Taken>)
        .by(Action::EnterPayments)
        .of_areas()
        .with(schema_of::<TermsBody>),
    line("put", "/api/v1/funds/institutions/{code}/account", "登记机构收款账户", schema_of::<Taken>)
        .by(Action::EnterPayments)
        .of_areas()
        .with(schema_of::<AccountBody>),
    line("post", "/api/v1/funds/institutions/{code}/budgets", "登记机构总额", schema_of::<Taken>)
        .by(Action::EnterPayments)
        .of_areas()
        .with(schema_of::<BudgetBody>),
    line("post", "/api/v1/funds/institutions/{code}/penalties", "登记协议违约金", schema_of::<Taken>)
        .by(Action::EnterPayments)
        .of_areas()
        .with(schema_of::<PenaltyBody>),
    line("get", "/api/v1/funds/institutions/{code}/held", "一个年度的预留资金", schema_of::<YearHeldView>)
        .by(Action::ReadPayments)
        .of_areas()
        .asks(&[
            ("year", "年度", true),
            ("held_as", "withheld（总额控制待清算）或deposit（质量保证金）", true),
            ("score", "年度考核得分", false),
        ]),
    line(
        "post",
        "/api/v1/funds/institutions/{code}/settle-year",
        "年终清算预留资金",
        schema_of::<PaymentView>,
    )
    .by(Action::AdoptPayments)
    .of_areas()
    .with(schema_of::<SettleYear>),
];

const HUB: &[Line] = &[
    line("get", "/api/v1/funds/notices", "付款、收款通知书", schema_of::<Notices>)
        .by(Action::ReadTransfers)
        .asks(NOTICES),
    line("get", "/api/v1/funds/notices/{number}", "一份通知书和双方报告", schema_of::<NoticeView>)
        .by(Action::ReadTransfers),
    line("get", "/api/v1/funds/bank-accounts", "各省财政专户", schema_of::<BankAccounts>)
        .by(Action::ReadBank)
        .shows_people(),
    line("get", "/api/v1/funds/urgings", "逾期未划拨", schema_of::<Urgings>).by(Action::ReadTransfers),
    line("get", "/api/v1/funds/transfers/differing", "双方登记不一致的划拨", schema_of::<DifferingTransfers>)
        .by(Action::ReadTransfers),
    line("post", "/api/v1/funds/urgings/{number}", "发出催缴函", schema_of::<LetterView>)
        .by(Action::UrgeTransfers),
    line("get", "/api/v1/funds/suspensions", "因未划拨的暂停", schema_of::<Suspensions>)
        .by(Action::ReadTransfers)
        .asks(&[("province", "省级区划代码", false)]),
    line("post", "/api/v1/funds/suspensions/{province}", "决定暂停跨省直接结算", schema_of::<SuspensionView>)
        .by(Action::SuspendParticipants)
        .with(schema_of::<Decision>),
    line(
        "post",
        "/api/v1/funds/suspensions/{province}/lift",
        "决定恢复跨省直接结算",
        schema_of::<SuspensionView>,
    )
    .by(Action::SuspendParticipants)
    .with(schema_of::<Decision>),
    line("get", "/api/v1/participants", "接入的省", schema_of::<Participants>).by(Action::ReadParticipants),
    line("get", "/api/v1/participants/{code}", "一个接入的省", schema_of::<ParticipantView>)
        .by(Action::ReadParticipants),
    line("put", "/api/v1/participants/{code}", "登记接入的省", schema_of::<ParticipantView>)
        .by(Action::MaintainParticipants)
        .with(schema_of::<ParticipantBody>),
    line("post", "/api/v1/participants/{code}/suspend", "暂停直接结算", schema_of::<ParticipantView>)
        .by(Action::SuspendParticipants)
        .with(schema_of::<Reason>),
    line("post", "/api/v1/participants/{code}/resume", "恢复直接结算", schema_of::<ParticipantView>)
        .by(Action::SuspendParticipants),
    line("get", "/api/v1/funds/reconciliations", "查询各省每日对账结果", schema_of::<Reconciliations>)
        .by(Action::ReadReconciliation)
        .asks(&[
            ("from", "起始日期", true),
            ("to", "截止日期", true),
            ("province", "省级区划代码；不填为全部", false),
        ]),
    line("get", "/api/v1/funds/corrections", "国家平台记录的更正", schema_of::<Corrections>)
        .by(Action::ReadReconciliation)
        .asks(&[
            ("from", "申请日期起", true),
            ("to", "申请日期止", true),
            ("stage", "阶段：proposed、corrected、refused；不填为全部", false),
            ("settlement", "结算ID；不填为全部", false),
        ]),
    line(
        "post",
        "/api/v1/funds/corrections/{id}",
        "申请按两省签名的记录更正国家平台的结算记录",
        schema_of::<CorrectionView>,
    )
    .by(Action::WorkDifferences)
    .with(schema_of::<ProposeCorrection>),
    line("post", "/api/v1/funds/corrections/{id}/approve", "同意更正", schema_of::<CorrectionView>)
        .by(Action::DecideDifferences)
        .with(schema_of::<DecideCorrection>),
    line("post", "/api/v1/funds/corrections/{id}/refuse", "不予更正", schema_of::<CorrectionView>)
        .by(Action::DecideDifferences)
        .with(schema_of::<DecideCorrection>),
    line("get", "/api/v1/funds/prepayments", "全国预付金使用情况和预警", schema_of::<PrepaymentPositions>)
        .by(Action::ReadPrepayment),
    line("get", "/api/v1/funds/prepayments/years", "各年度预付金额度", schema_of::<PrepaymentYears>)
        .by(Action::ReadPrepayment),
    line(
        "get",
        "/api/v1/funds/prepayments/years/{year}",
        "一个年度的预付金额度",
        schema_of::<PrepaymentYearView>,
    )
    .by(Action::ReadPrepayment),
    line(
        "post",
        "/api/v1/funds/prepayments/years/{year}/draft",
        "测算年度预付金额度",
        schema_of::<PrepaymentYearView>,
    )
    .by(Action::PlanPrepayment),
    line(
        "post",
        "/api/v1/funds/prepayments/years/{year}/set",
        "人工调整一项预付金额度",
        schema_of::<PrepaymentYearView>,
    )
    .by(Action::PlanPrepayment)
    .with(schema_of::<SetPrepayment>),
    line(
        "post",
        "/api/v1/funds/prepayments/years/{year}/adopt",
        "核定年度预付金额度并签发通知书",
        schema_of::<PrepaymentYearView>,
    )
    .by(Action::AdoptPrepayment)
    .with(schema_of::<AdoptPrepayments>),
    line("get", "/api/v1/funds/prepayments/changes", "一项预付金额度的变动", schema_of::<PrepaymentChanges>)
        .by(Action::ReadPrepayment)
        .asks(&[
            ("insured", "参保省，六位区划", true),
            ("treatment", "就医省，六位区划", true),
            ("scheme", "险种代码：310或390", true),
        ]),
    line(
        "post",
        "/api/v1/funds/prepayments/increases/{id}/accept",
        "同意紧急调增并签发通知书",
        schema_of::<IncreaseView>,
    )
    .by(Action::AdoptPrepayment)
    .with(schema_of::<AcceptIncrease>),
    line(
        "post",
        "/api/v1/funds/prepayments/increases/{id}/refuse",
        "不同意紧急调增",
        schema_of::<IncreaseView>,
    )
    .by(Action::AdoptPrepayment)
    .with(schema_of::<Reason>),
    line("get", "/api/v1/funds/clearings", "查询各月清算", schema_of::<ClearingMonths>)
        .by(Action::ReadClearing),
    line("get", "/api/v1/funds/clearings/{month}", "查询一个月的清算", schema_of::<ClearingMonth>)
        .by(Action::ReadClearing),
    line("post", "/api/v1/funds/clearings/{month}/plan", "清分试算", schema_of::<ClearingPlanned>)
        .may_be_left()
        .by(Action::PlanClearing),
    line("get", "/api/v1/funds/clearings/{month}/plan", "查询最近一次试算", schema_of::<ClearingPlan>)
        .by(Action::ReadClearing),
    line(
        "get",
        "/api/v1/funds/clearings/{month}/comparison",
        "比较最近两次试算",
        schema_of::<ClearingComparison>,
    )
    .by(Action::ReadClearing),
    line("post", "/api/v1/funds/clearings/{month}/adopt", "生成清算表", schema_of::<ClearingMonth>)
        .by(Action::AdoptClearing)
        .with(schema_of::<AdoptClearing>),
    line(
        "get",
        "/api/v1/funds/clearings/{month}/statement",
        "全国跨省异地就医费用清算表",
        schema_of::<ClearingStatement>,
    )
    .by(Action::ReadClearing)
    .asks(CLEARING_TABLE),
    line(
        "get",
        "/api/v1/funds/clearings/{month}/dues",
        "应付、应收清算表和基金应付明细表",
        schema_of::<ClearingDues>,
    )
    .by(Action::ReadClearing)
    .asks(&[
        ("province", "省级区划代码；不填为全国", false),
        ("side", "payable为该省应付，receivable为该省应收；不填为两者", false),
        ("form", "csv：逗号分隔文本", false),
    ]),
    line("get", "/api/v1/funds/clearings/{month}/deductions", "审核扣款明细表", schema_of::<ClearingLines>)
        .by(Action::ReadClearing)
        .asks(CLEARING_TABLE),
    line("get", "/api/v1/funds/clearings/{month}/left-out", "未列入清算的结算", schema_of::<ClearingLines>)
        .by(Action::ReadClearing)
        .asks(CLEARING_TABLE),
    line(
        "get",
        "/api/v1/funds/clearings/{month}/netting",
        "轧差测算（仅供参考）",
        schema_of::<NettingReport>,
    )
    .by(Action::ReadClearing)
    .asks(&[("form", "csv：逗号分隔文本", false)]),
    line("get", "/api/v1/funds/clearings/{month}/pairs", "各对省份的确认情况", schema_of::<ClearingPairs>)
        .by(Action::ReadClearing)
        .asks(&[("province", "省级区划代码；不填为全国", false)]),
    line("post", "/api/v1/funds/clearings/{month}/disputes", "处理清算争议", schema_of::<ClearingDone>)
        .by(Action::AdoptClearing)
        .with(schema_of::<DecideDispute>),
    line(
        "post",
        "/api/v1/funds/clearings/{month}/notices",
        "签发付款、收款通知书",
        schema_of::<NoticesIssued>,
    )
    .by(Action::AdoptClearing),
    line(
        "post",
        "/api/v1/funds/late-settlements/{id}/accept",
        "同意延后申报的结算列入清算",
        schema_of::<ClearingDone>,
    )
    .by(Action::AdoptClearing),
    line("post", "/api/v1/funds/clearing-years/{year}/close", "年度清算", schema_of::<ClearingDone>)
        .by(Action::AdoptClearing),
];

/// The same at the hub and at a province: who may what, the general ledger, documents, differences of the books.
const BOTH: &[Line] = &[
    line("post", "/web/login", "登录", schema_of::<SessionView>).with(schema_of::<LogIn>).for_anybody(),
    line("get", "/web/jobs", "本人的任务", schema_of::<Jobs>).of_oneself(),
    line("get", "/web/jobs/{id}", "本人的一项任务", schema_of::<JobView>).of_oneself(),
    line("get", "/web/jobs/{id}/answer", "任务的结果，与当时等待所得相同", schema_of::<serde_json::Value>)
        .of_oneself(),
    line("post", "/web/jobs/{id}/forget", "删去已结束的任务", schema_of::<Taken>).silently().of_oneself(),
    line("post", "/web/logout", "退出登录", schema_of::<Taken>).silently().of_oneself(),
    line("get", "/web/session", "当前会话", schema_of::<SessionView>).of_oneself(),
    line("post", "/web/password", "修改本人密码", schema_of::<Taken>)
        .with(schema_of::<SetPassword>)
        .silently()
        .of_oneself(),
    line("post", "/web/one-time-code", "启用动态验证码：取得密钥", schema_of::<NewOneTimeCode>).of_oneself(),
    line("post", "/web/one-time-code/confirm", "启用动态验证码：确认首个验证码", schema_of::<Taken>)
        .with(schema_of::<ConfirmCode>)
        .silently()
        .of_oneself(),
    line("get", "/web/oidc", "可用的统一身份认证", schema_of::<Providers>).for_anybody(),
    line("get", "/web/oidc/{provider}", "到统一身份认证登录（浏览器打开，转到认证系统）", schema_of::<Value>)
        .for_browsers()
        .for_anybody(),
    line(
        "get",
        "/web/oidc/{provider}/callback",
        "从统一身份认证返回（浏览器打开，答复为网页）",
        schema_of::<Value>,
    )
    .asks(&[
        ("state", "登录请求的标记", true),
        ("code", "授权码", false),
        ("iss", "认证系统的标识", false),
        ("error", "认证未通过的原因", false),
    ])
    .for_browsers()
    .for_anybody(),
    line("post", "/web/oidc/{provider}/code", "统一身份认证后填写动态验证码", schema_of::<SessionView>)
        .with(schema_of::<ConfirmCode>)
        .for_anybody(),
    line("post", "/web/oidc/{provider}/tie", "绑定统一身份：取得认证地址", schema_of::<GoOn>)
        .with(schema_of::<TieIdentity>)
        .of_oneself(),
    line("post", "/web/identity/untie", "解除绑定本人的统一身份", schema_of::<Taken>).silently().of_oneself(),
    line("get", "/api/v1/accounts", "查询账户", schema_of::<Accounts>)
        .asks(&[
            ("role", "角色代码；不填为全部", false),
            (
                "due",
                "locked锁定的、initial初始密码逾期未改的或without_code未启用动态验证码的；不填为全部",
                false,
            ),
            ("sort", "account、name、role、last_login或created_at，倒序在前加-；不填为account", false),
            ("after", "上一页的next", false),
            ("limit", "每页条数，最多100，不填为50", false),
        ])
        .by(Action::ReadAccounts)
        .of_areas(),
    line("post", "/api/v1/accounts", "开立账户", schema_of::<NewAccountMade>)
        .with(schema_of::<NewAccount>)
        .by(Action::MaintainAccounts)
        .of_areas(),
    line("get", "/api/v1/accounts/{account}", "一个账户", schema_of::<AccountView>)
        .by(Action::ReadAccounts)
        .of_areas(),
    line("post", "/api/v1/accounts/{account}/grant", "更改账户的角色和管辖范围", schema_of::<AccountView>)
        .with(schema_of::<Grant>)
        .by(Action::MaintainAccounts)
        .of_areas(),
    line("post", "/api/v1/accounts/{account}/disable", "停用账户", schema_of::<AccountView>)
        .by(Action::MaintainAccounts)
        .of_areas(),
    line("post", "/api/v1/accounts/{account}/enable", "恢复账户", schema_of::<AccountView>)
        .by(Action::MaintainAccounts)
        .of_areas(),
    line(
        "post",
        "/api/v1/accounts/{account}/reset-password",
        "重置密码并解除锁定",
        schema_of::<NewAccountMade>,
    )
    .with(schema_of::<NewPassword>)
    .by(Action::MaintainAccounts)
    .of_areas(),
    line("post", "/api/v1/accounts/{account}/untie-identity", "解除绑定统一身份", schema_of::<AccountView>)
        .by(Action::MaintainAccounts)
        .of_areas(),
    line("post", "/api/v1/accounts/{account}/reset-code", "停用动态验证码", schema_of::<AccountView>)
        .by(Action::MaintainAccounts)
        .of_areas(),
    line("get", "/api/v1/audit-trail", "审计日志", schema_of::<AuditTrail>)
        .asks(&[
            ("account", "账户", false),
            ("action", "权限代码", false),
            ("subject", "事项；填人员编号则按其摘要查", false),
            ("outcome", "结果：done、拒绝的代码，或end-unknown（结果不明）", false),
            ("from", "起始日期", false),
            ("until", "截止日期，含当日", false),
            ("sort", "-sequence从新到旧，不填即此；sequence", false),
            ("after", "上一页的next", false),
        ])
        .by(Action::ReadAuditTrail),
    line("get", "/api/v1/audit-trail/verification", "核验审计日志", schema_of::<AuditTrailVerified>)
        .may_be_left()
        .asks(&[("sequence", "另行留存的一条的序号", false), ("hash", "该条的摘要", false)])
        .by(Action::ReadAuditTrail),
    line("get", "/api/v1/funds/ledger/vouchers", "总账：记账凭证", schema_of::<LedgerVouchers>)
        .by(Action::ReadLedger)
        .asks(&[
            ("month", "年月，形如202611", false),
            ("code", "业务类型", false),
            ("subject", "业务对象", false),
            ("sort", "number按凭证号，不填即此；-number", false),
            ("after", "上一页的next", false),
            ("limit", "每页张数，最多100，不填为20", false),
            ("format", "csv：表格", false),
        ]),
    line("post", "/api/v1/funds/ledger/vouchers", "总账：手工录入凭证", schema_of::<MadeVouchers>)
        .by(Action::EnterVouchers)
        .with(schema_of::<NewVoucher>),
    line("get", "/api/v1/funds/ledger/voucher", "总账：查看一张凭证", schema_of::<LedgerVoucher>)
        .by(Action::ReadLedger)
        .asks(&[("id", "凭证编号", true)]),
    line("get", "/api/v1/funds/ledger/account", "总账：一个科目的明细账", schema_of::<AccountLedger>)
        .by(Action::ReadLedger)
        .asks(&[
            ("account", "科目编码", true),
            ("first", "开始日期；不填为当年1月1日", false),
            ("last", "终止日期；不填为今天", false),
            ("format", "csv：表格", false),
        ]),
    line("get", "/api/v1/funds/ledger/trial", "总账：科目余额表（试算平衡）", schema_of::<TrialBalanceView>)
        .by(Action::ReadLedger)
        .asks(&[
            ("first", "开始日期；不填为当年1月1日", false),
            ("last", "终止日期；不填为今天", false),
            ("format", "csv：表格", false),
        ]),
    line("post", "/api/v1/funds/ledger/corrections", "总账：更正手工凭证", schema_of::<MadeVouchers>)
        .by(Action::EnterVouchers)
        .with(schema_of::<NewCorrection>),
    line("post", "/api/v1/funds/ledger/summaries", "总账：结算明细汇总入账", schema_of::<MadeVouchers>)
        .by(Action::EnterVouchers)
        .with(schema_of::<SummaryOrder>),
    line("post", "/api/v1/funds/ledger/years", "总账：年终结转", schema_of::<MadeVouchers>)
        .by(Action::CloseLedger)
        .with(schema_of::<YearClosing>),
    line("post", "/api/v1/funds/ledger/accounts/close", "总账：关闭科目", schema_of::<Taken>)
        .by(Action::CloseLedger)
        .with(schema_of::<AccountClosing>),
    line("post", "/api/v1/funds/ledger/accounts/open", "总账：重新启用科目", schema_of::<Taken>)
        .by(Action::CloseLedger)
        .with(schema_of::<AccountClosing>),
    line("post", "/api/v1/funds/prove", "资金核验：重算全部账目", schema_of::<Proof>)
        .by(Action::ProveBooks)
        .may_be_left(),
    line("get", "/api/v1/funds/differences", "查询对账差异", schema_of::<Differences>)
        .by(Action::ReadReconciliation)
        .asks(&[
            ("from", "起始日期", true),
            ("to", "截止日期", true),
            ("stage", "阶段；不填为尚未说明的", false),
            ("province", "账本所属省，省级区划代码；不填为全部", false),
            ("owner", "核查方：treatment、hub或insured", false),
            ("sort", "settlement按结算ID，不填即此；-settlement", false),
            ("after", "上一页的next", false),
            ("limit", "每页笔数，最多100，不填即此", false),
        ])
        .of_areas(),
    line(
        "post",
        "/api/v1/funds/differences/{id}/explain",
        "说明一笔对账差异的原因",
        schema_of::<Differences>,
    )
    .by(Action::WorkDifferences)
    .of_areas()
    .with(schema_of::<DecideDifference>),
    line("post", "/api/v1/funds/differences/{id}/confirm", "确认一笔对账差异", schema_of::<Differences>)
        .by(Action::DecideDifferences)
        .of_areas()
        .with(schema_of::<DecideDifference>),
    line("post", "/api/v1/funds/differences/{id}/reopen", "重新核查一笔对账差异", schema_of::<Differences>)
        .by(Action::WorkDifferences)
        .of_areas()
        .with(schema_of::<DecideDifference>),
    line(
        "post",
        "/api/v1/funds/differences/{id}/assign",
        "将对账差异转交另一方核查",
        schema_of::<Differences>,
    )
    .by(Action::WorkDifferences)
    .of_areas()
    .with(schema_of::<AssignDifference>),
    line(
        "post",
        "/api/v1/funds/prepayments/compute",
        "重新计算预付金使用情况",
        schema_of::<PrepaymentPositions>,
    )
    .by(Action::PlanPrepayment),
    line("get", "/api/v1/funds/prepayments/increases", "查询紧急调增申请", schema_of::<Increases>)
        .by(Action::ReadPrepayment)
        .asks(&[("stage", "阶段：applied、accepted、refused、paid、withdrawn；不填为全部", false)]),
    line("get", "/api/v1/funds/documents", "已签发的文书", schema_of::<Documents>)
        .by(Action::ReadDocuments)
        .asks(&[
            ("kind", "文书种类；不填为全部", false),
            ("number", "文书编号，或其开头", false),
            ("from", "签发日期起", false),
            ("until", "签发日期止，含当日", false),
            ("sort", "issued_at按签发时间，不填即此；-issued_at", false),
            ("after", "上一页的next", false),
        ]),
    line("post", "/api/v1/funds/documents", "签发文书；已签发的给出原件", schema_of::<DocumentView>)
        .by(Action::IssueDocuments)
        .with(schema_of::<NewDocument>),
    line(
        "get",
        "/api/v1/funds/documents/{file}",
        "一份文书；编号后加.pdf、.xlsx、.csv为文件",
        schema_of::<DocumentView>,
    )
    .by(Action::ReadDocuments),
    line("get", "/api/v1/verify/{number}", "核验文书真伪，不需令牌", schema_of::<VerifiedDocument>)
        .for_anybody()
        .asks(&[("code", "校验码", true)]),
];

/// The lines of a role.
pub(super) fn lines(role: Role) -> impl Iterator<Item = &'static Line> {
    let lines = match role {
        Role::Hub => HUB,
        Role::Province => PROVINCE,
    };
    lines.iter().chain(BOTH)
}

/// An operation as it is described.
pub(super) fn operation(line: &Line, generator: &mut SchemaGenerator) -> Operation {
    let mut parameters: Vec<Value> = line
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({
                "name": name, "in": "path", "required": true, "description": of_path(name),
                "schema": { "type": "string" },
            })
        })
        .collect();
    parameters.extend(line.query.iter().map(|(name, chinese, required)| {
        json!({ "name": name, "in": "query", "required": required, "description": chinese, "schema": { "type": "string" } })
    }));
    if line.left != Left::No {
        parameters.push(json!({
            "name": JOB_HEADER, "in": "header",
            "description": "true：登录的人不等结果，立即返回任务（JobView），结果在/web/jobs/{id}/answer取",
            "schema": { "enum": ["true"] },
        }));
    }
    parameters.push(json!({
        "name": OPERATOR_HEADER, "in": "header", "description": "经办人，记入查看记录", "schema": { "type": "string" },
    }));
    if line.shows {
        parameters.push(json!({
            "name": "reveal", "in": "query", "description": "true：显示完整的个人信息，须同时写明事由",
            "schema": { "enum": ["true", "false"] },
        }));
        parameters.push(json!({
            "name": DUTY_HEADER, "in": "header", "description": "查看完整个人信息的事由", "schema": { "type": "string" },
        }));
    }
    let request = line
        .body
        .map(|body| json!({ "content": { "application/json": { "schema": body(generator).to_value() } } }));
    let refused: SchemaOf = schema_of::<Refused>;
    let refused = refused(generator).to_value();
    let answer = (line.answer)(generator).to_value();
    let page = |words: &str| json!({ "description": words, "content": { "text/html": { "schema": { "type": "string" } } } });
    let done = if line.page {
        ("200".to_owned(), page("完成，网页自行继续"))
    } else if line.silent {
        ("204".to_owned(), json!({ "description": "完成" }))
    } else if line.files.is_empty() {
        ("200".to_owned(), json_content("完成", &answer))
    } else {
        let file =
            |kind: &&str| ((*kind).to_owned(), json!({ "schema": { "type": "string", "format": "binary" } }));
        let content: Map<String, Value> = line.files.iter().map(file).collect();
        ("200".to_owned(), json!({ "description": "文件", "content": content }))
    };
    let mut responses = Map::from_iter([done]);
    for (status, words) in [
        ("400", "请求写法有误"),
        ("401", "未登录，或管理令牌不符"),
        ("403", "没有权限，或管理接口未开放"),
        ("404", "没有这一项"),
        ("413", "请求过大"),
        ("422", "按规则不能办理"),
        ("503", "暂时不能办理，请稍后重试"),
    ] {
        let refusal = if line.page { page(words) } else { json_content(words, &refused) };
        responses.insert(status.to_owned(), refusal);
    }
    if line.page {
        responses.insert("303".to_owned(), json!({ "description": "转到认证系统" }));
    }
    Operation {
        method: line.method,
        path: line.path.to_owned(),
        tag: TAG,
        id: format!(
            "{}{}",
            line.method,
            line.path.trim_start_matches("/api/v1").replace(['/', '{', '}'], "_")
        ),
        summary: line.summary.to_owned(),
        description: line.action.map_or_else(String::new, described),
        parameters,
        secured: line.whose != Whose::Public,
        request,
        responses,
    }
}

/// Which people may.
fn described(action: Action) -> String {
    format!("登录后使用须有权限“{}”（{}）。", action.chinese(), action.code())
}

fn of_path(name: &str) -> &'static str {
    match name {
        "id" => "30位编号",
        "code" => "机构编号或省级区划代码",
        "account" => "账户名",
        "provider" => "统一身份认证的标识，见 /web/oidc",
        "file" => "文书编号，或编号.pdf、编号.xlsx、编号.csv",
        "number" => "人员编号或就诊登记号",
        "year" => "四位数字的年度",
        _ => "编号或名称",
    }
}
