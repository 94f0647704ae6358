//! Actions: what can be done at a node, as people speak of it. Every endpoint of the management interface names one.

named! {
    /// Something that a person may or may not do.
    Action,
    /// A text is not an action's code.
    NotAnAction {
        /// Sees filings and registrations of people.
        ReadFilings "read-filings" "查看备案";
        /// Enters, changes and cancels filings, and registrations of people.
        EnterFilings "enter-filings" "登记备案";
        /// Approves and rejects filings.
        DecideFilings "decide-filings" "审核备案";
        /// Sees who is insured and how.
        ReadPeople "read-people" "查看参保人员";
        /// Registers who is insured and how.
        MaintainPeople "maintain-people" "登记参保人员";
        /// Sees institutions as registered.
        ReadInstitutions "read-institutions" "查看定点医药机构";
        /// Registers institutions.
        MaintainInstitutions "maintain-institutions" "登记定点医药机构";
        /// Sees settlements, their details, and orders of purchases.
        ReadSettlements "read-settlements" "查看结算";
        /// Confirms an order of a purchase for the person at the counter.
        ConfirmPurchases "confirm-purchases" "确认购药订单";
        /// Sees what the comparison of books found.
        ReadReconciliation "read-reconciliation" "查看对账";
        /// Compares anew, explains differences, has things sent again.
        WorkDifferences "work-differences" "核查对账差异";
        /// Confirms what others have explained.
        DecideDifferences "decide-differences" "确认对账差异";
        /// Sees months of clearing, statements and deductions.
        ReadClearing "read-clearing" "查看清算";
        /// Plans a month, and divides it among pooling areas.
        PlanClearing "plan-clearing" "清分试算";
        /// Adopts a month, decides disputes, issues its notices.
        AdoptClearing "adopt-clearing" "审定清算";
        /// Confirms or disputes a statement for the province.
        ConfirmClearing "confirm-clearing" "确认清算表";
        /// Enters deductions after audit (审核扣款).
        EnterDeductions "enter-deductions" "登记审核扣款";
        /// Sees payments to institutions, and their terms.
        ReadPayments "read-payments" "查看机构拨付";
        /// Enters terms, accounts, budgets and penalties of institutions.
        EnterPayments "enter-payments" "登记拨付条款";
        /// Adopts payments to institutions, and settles their years.
        AdoptPayments "adopt-payments" "审定机构拨付";
        /// Orders instalments, and enters what the bank has done.
        PayInstitutions "pay-institutions" "下达机构拨付";
        /// Sees prepayments.
        ReadPrepayment "read-prepayment" "查看预付金";
        /// Drafts prepayments, and applies for increases.
        PlanPrepayment "plan-prepayment" "测算预付金";
        /// Adopts prepayments, and decides on increases.
        AdoptPrepayment "adopt-prepayment" "核定预付金";
        /// Sees notices, payment orders, receipts and letters of urging.
        ReadTransfers "read-transfers" "查看划拨";
        /// Moves payment orders and receipts on, and enters money that came.
        PayTransfers "pay-transfers" "办理划拨";
        /// Urges who has not paid.
        UrgeTransfers "urge-transfers" "催缴";
        /// Sees bank accounts, statements of banks and their entries.
        ReadBank "read-bank" "查看银行账户和流水";
        /// Registers bank accounts, takes in statements, and says what an entry is about.
        MaintainBank "maintain-bank" "维护银行账户和流水";
        /// Sees the general ledger.
        ReadLedger "read-ledger" "查看总账";
        /// Enters and corrects vouchers by hand.
        EnterVouchers "enter-vouchers" "录入凭证";
        /// Closes years and accounts of the ledger.
        CloseLedger "close-ledger" "结转和关闭科目";
        /// Has everything in the books recomputed.
        ProveBooks "prove-books" "资金核验";
        /// Sees documents that were issued.
        ReadDocuments "read-documents" "查看文书";
        /// Issues documents.
        IssueDocuments "issue-documents" "签发文书";
        /// Sees who takes part in the network.
        ReadParticipants "read-participants" "查看参与方";
        /// Registers who takes part.
        MaintainParticipants "maintain-participants" "登记参与方";
        /// Suspends a participant and lets it settle again.
        SuspendParticipants "suspend-participants" "暂停和恢复直接结算";
        /// Sees figures and reports.
        ReadStatistics "read-statistics" "查看统计";
        /// Sees the policies in force.
        ReadPolicies "read-policies" "查看政策";
        /// Computes what a bill would come to.
        Calculate "calculate" "待遇试算";
        /// Sees what waits for oneself.
        ReadWork "read-work" "查看待办";
        /// Sees complaints.
        ReadComplaints "read-complaints" "查看投诉";
        /// Answers, passes on and closes complaints.
        WorkComplaints "work-complaints" "办理投诉";
        /// Sees all notices of outages, those that are not published yet among them.
        ReadAnnouncements "read-announcements" "查看停机公告";
        /// Enters, corrects and takes back notices of outages.
        MaintainAnnouncements "maintain-announcements" "发布停机公告";
        /// Sees a person's cards and vouchers.
        ReadMedia "read-media" "查看就医凭证";
        /// Issues and stops cards and vouchers.
        MaintainMedia "maintain-media" "维护就医凭证";
        /// Sees how hospitals' items are mapped to the catalog.
        ReadMapping "read-mapping" "查看目录对照";
        /// Sees what an institution's software sent and was answered while that was recorded.
        ReadTranscripts "read-transcripts" "查看接口报文记录";
        /// Has an institution's messages recorded for some hours, and what was recorded deleted.
        RecordTranscripts "record-transcripts" "开启接口报文记录";
        /// Sees accounts.
        ReadAccounts "read-accounts" "查看账户";
        /// Creates, changes, resets and disables accounts.
        MaintainAccounts "maintain-accounts" "管理账户";
        /// Sees the audit trail, and has it verified.
        ReadAuditTrail "read-audit-trail" "查看审计日志";
        /// Works at a window of an institution.
        UseWindow "use-window" "使用收费窗口";
        /// Compares an institution's own books, and says what it has to say to its lines of a month.
        KeepInstitutionBooks "keep-institution-books" "核对机构账务";
        /// Sees what the conformance kit found.
        ReadConformance "read-conformance" "查看符合性测试";
        /// Uses the portal for oneself.
        UsePortal "use-portal" "使用参保人门户";
    }
}
