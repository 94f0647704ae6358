//! Refusals: everything that this system answers with "no", in one place.
//!
//! A refusal is a value with three faces: a [`Refusal::code`] for programs, one Chinese sentence for the person at the
//! counter that says what to do next ([`Refusal::message`]), and a context for the operator ([`Refusal::context`]). None of
//! them carries personal data.
//!
//! To add one: a variant here with what the sentence needs, its code, its sentence; the test below prints them all.

use std::fmt;

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident { $($field:ident),* } $code:literal $message:literal;)+) => {
        /// Why the system says no. See the module for its three faces.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Refusal {
            $(
                $(#[$doc])*
                $variant {
                    $(
                        #[doc = concat!("`", stringify!($field), "`, as the sentence names it.")]
                        $field: String
                    ),*
                },
            )+
            /// Another node's refusal, passed on as it came.
            Relayed {
                /// Its code.
                code: String,
                /// Its sentence.
                message: String,
            },
        }

        impl Refusal {
            /// A code that does not change, for programs and tests.
            pub fn code(&self) -> &str {
                match self {
                    $(Self::$variant { .. } => $code,)+
                    Self::Relayed { code, .. } => code,
                }
            }

            /// One Chinese sentence that says what is wrong and what to do next, without personal data.
            pub fn message(&self) -> String {
                match self {
                    $(Self::$variant { $($field),* } => format!($message),)+
                    Self::Relayed { message, .. } => message.clone(),
                }
            }

            /// All codes with the template of their sentences, in order.
            pub const ALL: &[(&str, &str)] = &[$(($code, $message),)+];
        }
    };
}

refusals! {
    /// The body is not a JSON object.
    NotJson { detail } "envelope-not-json" "交易报文不是合法的JSON对象（{detail}），请检查报文格式后重新发送";
    /// The body is larger than allowed.
    TooLarge { limit } "body-too-large" "交易报文超过{limit}字节上限，请分批上传";
    /// A required field is missing or empty.
    FieldMissing { field, expected } "field-missing" "字段[{field}]不能为空，应为{expected}";
    /// A field has a wrong type, form or range.
    FieldInvalid { field, expected } "field-invalid" "字段[{field}]不合规，应为{expected}，请更正后重新发送";
    /// The transaction number does not exist in the standard.
    UnknownTransaction { infno } "unknown-transaction" "未知交易编号[{infno}]，请核对接口规范";
    /// The transaction exists, but is not served here.
    TransactionNotServed { infno, name } "transaction-not-served" "交易[{infno}{name}]本平台暂未开通，请联系医保经办机构";
    /// The same key came with other content.
    MessageReused { infno } "message-reused" "报文ID已用于内容不同的[{infno}]交易，请更换msgid后重新发送";
    /// The first sending of this message is still under way.
    MessageUnderWay { infno } "message-under-way" "同一报文ID的[{infno}]交易正在处理，请稍后用原报文ID重发查询结果";
    /// The institution is not registered at this node.
    UnknownInstitution { fixmedins_code } "unknown-institution" "定点医药机构[{fixmedins_code}]未在本省登记，请联系就医地医保经办机构";
    /// The institution may not settle across regions, or its agreement is suspended.
    InstitutionSuspended { fixmedins_code } "institution-suspended" "定点医药机构[{fixmedins_code}]未开通或已暂停异地联网结算，请联系就医地医保经办机构";
    /// The treatment place of the envelope is not in this province.
    WrongTreatmentPlace { mdtrtarea_admvs } "wrong-treatment-place" "就医地医保区划[{mdtrtarea_admvs}]不属于本省，请更正mdtrtarea_admvs";
    /// A local patient came to the cross-region system.
    NotCrossRegion { insuplc_admdvs } "not-cross-region" "参保地[{insuplc_admdvs}]与本机构同属一个统筹区，不是异地就医，请走本地结算系统";
    /// The clock of the sender is far off.
    ClockOff { inf_time } "clock-off" "交易时间[{inf_time}]与平台时间相差过大，请校准时钟后重新发送";
    /// The participant of the insured place is not in the register.
    UnknownParticipant { place } "unknown-participant" "参保地[{place}]尚未接入国家异地就医结算系统，请先自费结算后回参保地手工报销";
    /// The participant is suspended by the hub.
    ParticipantSuspended { place, reason } "participant-suspended" "[{place}]的跨省直接结算已被国家平台暂停（{reason}），请先自费结算后回参保地手工报销";
    /// The participant does not answer.
    ParticipantUnreachable { place } "participant-unreachable" "[{place}]暂时无法连通，请稍后重试";
    /// A message between nodes that cannot be trusted.
    PeerRejected { detail } "peer-rejected" "节点间报文未通过校验（{detail}），已拒收，请联系平台运维";
    /// Nobody with this number is insured at the named place.
    UnknownPerson { place } "unknown-person" "在参保地[{place}]未查到该人员的参保信息，请核对证件号码和参保地";
    /// The person's insurance is not in force.
    NotInsured { insutype } "not-insured" "该人员的险种[{insutype}]未处于正常参保状态，请联系参保地经办机构";
    /// There is no such visit at this institution.
    UnknownVisit { mdtrt_id } "unknown-visit" "未查到就诊ID[{mdtrt_id}]的就诊登记，请核对后重新发送";
    /// The person is already in hospital.
    AlreadyInHospital { fixmedins_code } "already-in-hospital" "该人员在机构[{fixmedins_code}]处于在院状态，不能再次办理入院，请先办理出院结算";
    /// The visit does not stand where this transaction needs it.
    VisitStage { mdtrt_id, stage, needed } "visit-stage" "就诊[{mdtrt_id}]当前为[{stage}]，本交易要求[{needed}]";
    /// An inpatient transaction names an outpatient visit, or the other way round.
    OtherCare { mdtrt_id, care } "other-care" "就诊[{mdtrt_id}]的就医类别是[{care}]，不能用本交易办理：住院用23、24开头的交易，门诊用22开头的交易，药店购药用2101至2103";
    /// An outpatient visit is to be settled of which nobody has said yet what it is.
    VisitNotDescribed { mdtrt_id } "visit-not-described" "就诊[{mdtrt_id}]还没有上传门诊就诊信息，请先以2203上传就诊和诊断信息后再结算";
    /// The bill (收费批次) has no details.
    UnknownBill { chrg_bchno } "unknown-bill" "本次就诊没有收费批次[{chrg_bchno}]的费用明细，请核对收费批次号，或先以2204上传明细";
    /// A settlement of the bill is asked for, stands or is being undone.
    BillHeld { chrg_bchno } "bill-held" "收费批次[{chrg_bchno}]正在结算或已结算，不能增减明细或再次结算，如需更改请先以2208撤销结算";
    /// A later settlement of the same stay goes on from this one.
    LaterSettlement { setl_id } "later-settlement" "本次住院此后又有结算[{setl_id}]，中途结算须从最后一次起依次撤销，请先撤销该结算";
    /// A bill for a chronic disease does not say which.
    DiseaseMissing { med_type } "disease-missing" "医疗类别[{med_type}]须有门诊慢特病病种编码，请在2203或2204的dise_codg填写病种编码后重新上传并结算";
    /// The person is not registered for the disease.
    DiseaseNotRegistered { dise_codg } "disease-not-registered" "参保地没有该人员病种[{dise_codg}]在就诊日有效的门诊慢特病备案，请先向参保地经办机构办理备案，或按普通门诊结算";
    /// Purchases are settled at pharmacies.
    NotPharmacy { infno } "not-a-pharmacy" "交易[{infno}]由定点零售药店办理，本机构不是定点零售药店，请以22开头的门诊交易结算";
    /// Who is in hospital buys nothing on his own account: it belongs to the stay.
    InHospital { fixmedins_code } "in-hospital" "该人员正在机构[{fixmedins_code}]住院，住院期间外购药品由该院以2301上传、纳入住院结算，不能在药店单独结算";
    /// There is no such order of this pharmacy.
    UnknownOrder { mdtrt_regno } "unknown-order" "未查到就诊登记号[{mdtrt_regno}]的购药订单，请核对后重新发送";
    /// The order does not stand where the transaction needs it.
    OrderStage { mdtrt_regno, stage } "order-stage" "购药订单[{mdtrt_regno}]当前为[{stage}]，不能办理本交易，需要再次购药的请以新的就诊顺序号上传订单（2166）";
    /// A refund that has been made cannot be reversed.
    RefundStands { mdtrt_regno } "refund-stands" "购药订单[{mdtrt_regno}]已退费，退费不能冲正，请以新的就诊顺序号重新上传订单（2166）";
    /// The pharmacy has used its serial of a purchase before.
    SerialUsed { mdtrtsn } "serial-used" "就诊顺序号[{mdtrtsn}]已用过，退费或冲正后也不能再用，请以新的就诊顺序号重新上传订单";
    /// There is no such settlement at this institution.
    UnknownSettlement { setl_id } "unknown-settlement" "未查到结算ID[{setl_id}]的结算记录，请核对后重新发送";
    /// The settlement has been cancelled or reversed already.
    AlreadyUndone { setl_id } "already-undone" "结算[{setl_id}]的退费结算标志不为未退费，不能再次撤销或冲正";
    /// A part of it has been deducted after audit: undoing it would give that part back twice.
    SettlementDeducted { setl_id, number } "settlement-deducted" "结算[{setl_id}]已有审核扣款[{number}]，不能再撤销或冲正；确需退费的，请向医保经办机构申请，由其以审核扣款扣回其余金额";
    /// The transaction cannot be reversed.
    NotReversible { oinfno } "not-reversible" "交易[{oinfno}]不能冲正，可冲正的交易为2102、2207、2304、2201、2401";
    /// The settlement was reversed before or while it was asked for.
    Reversed { infno } "reversed" "该[{infno}]交易已被冲正，请用新的报文ID重新办理";
    /// The outcome is not known yet.
    OutcomeUnknown { setl_id } "outcome-unknown" "结算[{setl_id}]的结果正在向参保地核实，请用原报文ID重发查询，或办理2601冲正";
    /// The bill does not equal the sum of its lines.
    SumDiffers { field, given, expected } "sum-differs" "字段[{field}]为{given}，与已上传明细合计{expected}不一致，请核对明细后重新结算";
    /// Price times quantity does not give the amount of the line.
    LineDiffers { feedetl_sn, given, expected } "line-differs" "费用明细[{feedetl_sn}]的金额{given}与单价乘数量{expected}不一致，请更正";
    /// The line has been uploaded already.
    LineExists { feedetl_sn } "line-exists" "费用明细流水号[{feedetl_sn}]已上传，不能重复上传";
    /// The line to refund or delete does not exist.
    UnknownLine { feedetl_sn } "unknown-line" "未查到费用明细流水号[{feedetl_sn}]，请核对后重新发送";
    /// A refund is larger than what is left of the line.
    RefundTooLarge { feedetl_sn } "refund-too-large" "费用明细[{feedetl_sn}]的退费数量或金额超过原明细，请更正";
    /// The item is not in the treatment place's catalog.
    UnknownItem { med_list_codg } "unknown-item" "医疗目录编码[{med_list_codg}]不在就医地医保目录内，请先完成目录对照";
    /// The hospital's own item is of no national one on the day, or of another.
    ItemNotMapped { medins_list_codg } "item-not-mapped" "医药机构目录编码[{medins_list_codg}]在费用发生日没有与所传医疗目录编码的有效对照，请先以3301上传目录对照";
    /// The hospital's own item is another national one already.
    MappedOtherwise { fixmedins_hilist_id, med_list_codg } "mapped-otherwise" "医药机构目录编码[{fixmedins_hilist_id}]在所填期间已对照到[{med_list_codg}]，请先以3302撤销或调整起止日期";
    /// A file is not what the interface takes.
    BadFile { reason } "bad-file" "上传的文件不合规（{reason}），应为内含一个UTF-8编码TXT文件的ZIP压缩包，请更正后重新上传";
    /// There is no such file for this institution, or no longer.
    UnknownFile { file_qury_no } "unknown-file" "未查到文件查询号[{file_qury_no}]的文件或已过下载截止时间，请核对文件名和机构编号，或重新生成文件后下载";
    /// Audit has not found that, or not at this stage, or not for this institution.
    UnknownFinding { stage, warn_rslt_id } "unknown-finding" "未查到本机构{stage}分析的违规标识[{warn_rslt_id}]，请核对反馈类型和3101、3102返回的jr_id";
    /// What an institution confirms of a line is not what the line is.
    ApportioningDiffers { setl_sn, given, expected } "apportioning-differs" "结算流水号[{setl_sn}]所报金额{given}与平台清分明细{expected}不一致，请重新提取（3260）核对，有异议的以确认标志0上传";
    /// The line is not among those of the month.
    NotApportioned { setl_sn, month } "not-apportioned" "结算流水号[{setl_sn}]不在{month}的清分明细中，请核对清分年月，或重新提取（3260）后确认";
    /// The line is confirmed, or comes twice in the same message.
    AlreadyConfirmed { setl_sn } "already-confirmed" "结算流水号[{setl_sn}]已经确认或重复上传，如需更改请先以3262回退原确认";
    /// A month is confirmed once nothing can be added to it.
    MonthNotOver { month } "month-not-over" "清分月份{month}尚未结束，明细还会增加，请在次月起确认";
    /// There is no such confirmation that could be taken back.
    UnknownConfirmation { otransid, month } "unknown-confirmation" "未查到{month}可回退的确认[{otransid}]，请填写3261应答的inf_refmsgid，或以0回退整月";
    /// What is cleared between provinces is not taken back.
    MonthCleared { month } "month-cleared" "{month}的清分结果已进入清算，不能回退，有异议请联系就医地医保经办机构";
    /// The hub has no statement of the month yet, or it was not fetched.
    UnknownStatement { month } "unknown-statement" "本省还没有{month}的清算表，请待国家平台生成并取得清算表后再办理";
    /// A clearing statement cannot be answered or divided so.
    StatementRule { reason } "statement-rule" "清算表不能办理：{reason}";
    /// A deduction after audit cannot be recorded so.
    DeductionRule { reason } "deduction-rule" "审核扣款不能办理：{reason}";
    /// An institution cannot be paid so.
    PaymentRule { reason } "payment-rule" "拨付不能办理：{reason}";
    /// There is no such payment of an institution.
    UnknownPayment { number } "unknown-payment" "未查到拨付单[{number}]，请核对拨付单号和期次";
    /// There is nothing to settle.
    NothingToSettle { mdtrt_id } "nothing-to-settle" "就诊[{mdtrt_id}]没有未结算的费用明细，请先上传明细；费用都已中途结算的，办理出院即为结清";
    /// No policy is in force on the day.
    NoPolicy { area, scheme, day } "no-policy" "统筹区[{area}]险种[{scheme}]在{day}没有生效的待遇政策，请联系参保地经办机构";
    /// The insured place does not settle such a stay directly.
    PolicyRefuses { reason } "policy-refuses" "按参保地政策本次不能直接结算：{reason}";
    /// The area's policy has no benefit for this kind of care.
    CareNotCovered { area, care } "care-not-covered" "统筹区[{area}]没有登记[{care}]的待遇政策，不能直接结算，请先自费结算后联系参保地经办机构";
    /// A value that the area has not supplied is needed.
    PolicyValueMissing { area, value } "policy-value-missing" "统筹区[{area}]的待遇政策缺少[{value}]，不能直接结算，请参保地经办机构补充后重试";
    /// A value that nobody has confirmed is needed.
    PolicyValueUnconfirmed { area, value } "policy-value-unconfirmed" "统筹区[{area}]的[{value}]尚未核实，不能直接结算，请参保地经办机构核实后重试";
    /// The register does not say something about the person that the policy distinguishes.
    PersonFactMissing { fact } "person-fact-missing" "参保登记没有该人员的[{fact}]，不能计算待遇，请参保地经办机构补登后重试";
    /// Third-party liability is not paid by the fund.
    ThirdParty {} "third-party-liability" "涉及第三方责任的外伤费用不能直接结算，请先自费结算后联系参保地经办机构";
    /// There is no such filing.
    UnknownFiling { filing_id } "unknown-filing" "未查到备案记录[{filing_id}]，请核对备案编号";
    /// A filing does not stand where the move needs it, or breaks a rule of filing.
    FilingRule { reason } "filing-rule" "备案不能办理：{reason}";
    /// There is no such registration that this institution may withdraw.
    UnknownRegistration { trt_dcla_detl_sn } "unknown-registration" "未查到本机构登记的待遇申报明细流水号[{trt_dcla_detl_sn}]，请核对流水号、人员编号、参保地和交易编号";
    /// A registration breaks a rule of registration.
    RegistrationRule { reason } "registration-rule" "人员备案不能办理：{reason}";
    /// Whether the insured place has registered is not known yet.
    RegistrationUnderWay {} "registration-under-way" "备案结果正在向参保地核实，请稍后用原报文ID重发查询结果，不要更换报文ID";
    /// Costs of the chronic disease do not settle directly across provinces.
    DiseaseNotAcross { opsp_dise_code } "disease-not-across" "门诊慢特病[{opsp_dise_code}]不在跨省直接结算病种范围内，请先自费结算后回参保地手工报销";
    /// The insured place has issued no such medium.
    UnknownMedium {} "unknown-medium" "参保地未查到该就医凭证（电子凭证二维码或社会保障卡），请核对后重试，或改用居民身份证办理";
    /// A voucher's time is over.
    VoucherExpired {} "voucher-expired" "医保电子凭证二维码已过有效时间，请参保人刷新二维码后重新扫码";
    /// A voucher has been read before.
    VoucherUsed {} "voucher-used" "医保电子凭证二维码已使用过，请参保人刷新二维码后重新扫码";
    /// A token that this institution did not get, or no longer good.
    TokenInvalid {} "token-invalid" "医保电子凭证令牌不是本机构取得的或已失效，请重新扫描电子凭证二维码（1162）后办理";
    /// A medium of another person than the message names.
    MediumOfAnother {} "medium-of-another" "所示就医凭证不是该人员的，请核对人证是否一致后重新办理";
    /// A card that was reported lost.
    CardLost {} "card-lost" "该社会保障卡已挂失，不能就医使用，请持卡人到参保地解除挂失，或改用医保电子凭证、居民身份证办理";
    /// A card that was shown with wrong ciphers too often.
    CardLocked {} "card-locked" "该社会保障卡多次鉴权未通过，已被锁定，请持卡人到参保地解锁，或改用医保电子凭证、居民身份证办理";
    /// A card that is no longer one.
    CardStopped {} "card-stopped" "该社会保障卡已注销，请持卡人使用新卡，或改用医保电子凭证、居民身份证办理";
    /// A card was shown with a wrong cipher.
    CardCipherWrong { left } "card-cipher-wrong" "社会保障卡鉴权未通过，请重新读卡后办理；再有{left}次不通过将锁定该卡";
    /// A card does not stand where the move needs it.
    CardRule { reason } "card-rule" "社会保障卡不能办理：{reason}";
    /// The settlement list has been submitted.
    ListSubmitted { setl_id } "list-submitted" "结算[{setl_id}]的结算清单已提交，不能重复提交或修改，如需更改请先以4102将其改为未提交";
    /// The settlement list has been approved.
    ListApproved { setl_id } "list-approved" "结算[{setl_id}]的结算清单已审核通过，不能再修改，如有差错请联系医保经办机构";
    /// No settlement list of this settlement has come.
    UnknownList { setl_id } "unknown-list" "结算[{setl_id}]还没有上传结算清单，请先以4101上传";
    /// The settlement list says another amount than the settlement.
    ListDiffers { field, given, expected } "list-differs" "字段[{field}]为{given}，与结算结果{expected}不一致，请按结算结果更正后重新上传结算清单";
    /// There is no such department of this institution.
    UnknownDepartment { hosp_dept_codg } "unknown-department" "未查到科室[{hosp_dept_codg}]，请核对科室编码和开始时间，或先以3401上传";
    /// The department has been uploaded with other content.
    DepartmentExists { hosp_dept_codg } "department-exists" "科室[{hosp_dept_codg}]已上传且内容不同，如有变动请以3402变更";
    /// All of the visit of a self-paying patient has come.
    SelfPaidComplete { fixmedins_mdtrt_id } "self-paid-complete" "自费就诊[{fixmedins_mdtrt_id}]已标记上传完成，如需更改请先以4203将完成标志改为0";
    /// Something of the visit of a self-paying patient has not come.
    SelfPaidIncomplete { fixmedins_mdtrt_id, missing } "self-paid-incomplete" "自费就诊[{fixmedins_mdtrt_id}]尚缺{missing}，请补传后再标记上传完成";
    /// There is no such visit of a self-paying patient.
    UnknownSelfPaid { fixmedins_mdtrt_id } "unknown-self-paid" "未查到自费就诊[{fixmedins_mdtrt_id}]，请核对医药机构就诊ID，或先上传就诊或明细";
    /// Prepayments cannot be drafted, adopted, increased or collected so.
    PrepaymentRule { reason } "prepayment-rule" "预付金不能办理：{reason}";
    /// A month cannot be cleared so.
    ClearingRule { reason } "clearing-rule" "清算不能办理：{reason}";
    /// The month is not closed to settlements.
    UnknownClearing { month } "unknown-clearing" "{month}尚未截止，还没有清算数据，请在截止日（默认次月21日）之后再办理";
    /// A settlement in the hub's book does not balance: what does not add up cannot be cleared.
    SettlementUnbalanced { setl_id, insured, treatment, count } "settlement-unbalanced" "结算[{setl_id}]（[{insured}]参保、[{treatment}]就医）在国家平台账中不平（共{count}笔），不能清分：请两省重新对账并登记差异，再试算";
    /// The hub's row of a settlement cannot be corrected so.
    CorrectionRule { setl_id, reason } "correction-rule" "结算[{setl_id}]不能更正：{reason}";
    /// There is no such application for an emergency increase.
    UnknownIncrease { case } "unknown-increase" "未查到预付金紧急调增申请[{case}]，请核对申请编号";
    /// The books do not differ, or never did, on this settlement.
    UnknownDifference { setl_id } "unknown-difference" "没有结算[{setl_id}]的对账差异记录，请核对结算ID，或先对该日重新对账";
    /// A difference does not stand where the move needs it.
    DifferenceStage { setl_id, stage, needed } "difference-stage" "结算[{setl_id}]的对账差异当前为[{stage}]，本操作要求[{needed}]，请刷新后再办理";
    /// The general ledger does not take a voucher, or does not close an account.
    VoucherRefused { reason } "voucher-refused" "总账不予办理：{reason}";
    /// The general ledger has no such voucher.
    UnknownVoucher { id } "unknown-voucher" "未查到记账凭证[{id}]，请核对凭证编号";
    /// The caller did not show who they are.
    NotAuthenticated { detail } "not-authenticated" "身份校验未通过（{detail}），请检查密钥和签名";
    /// The caller signs in first.
    NotSignedIn {} "not-signed-in" "请先办理签到（9001）再调用其他交易";
    /// The outside core system that computes the scheme's benefit refuses.
    OutsideSchemeRefuses { reason } "outside-scheme-refuses" "参保地核心系统不予结算：{reason}";
    /// The outside core system answered what cannot be.
    OutsideSchemeWrong { scheme } "outside-scheme-wrong" "参保地[{scheme}]核心系统返回的金额有误，本次未结算，请联系参保地医保经办机构核实后重新结算";
    /// There is no such notice of payment or receipt.
    UnknownNotice { number } "unknown-notice" "未查到通知书[{number}]，请核对编号，或待国家平台签发后再办理";
    /// There is no such payment order or expected receipt.
    UnknownPaymentOrder { number } "unknown-payment-order" "未查到划拨单[{number}]，请核对划拨单号";
    /// A payment order does not stand where the move needs it.
    PaymentOrderRule { reason } "payment-order-rule" "划拨单不能办理：{reason}";
    /// A fiscal special account is not registered.
    BankAccountMissing { place } "bank-account-missing" "尚未登记[{place}]该险种的财政专户，请登记本省账户，或请对方省登记后再办理";
    /// A file of a bank cannot be taken.
    BankStatementRule { reason } "bank-statement-rule" "银行对账单不能导入：{reason}，请核对后重新导入";
    /// There is no such entry of a bank's statement.
    UnknownBankEntry { reference } "unknown-bank-entry" "未查到银行流水[{reference}]，请核对账号和交易流水号";
    /// A letter of urging, a suspension or its lifting is not in order.
    UrgingRule { reason } "urging-rule" "催缴、暂停或恢复不能办理：{reason}";
    /// A complaint does not stand where the move needs it.
    ComplaintRule { reason } "complaint-rule" "投诉举报不能办理：{reason}";
    /// There is no such complaint, or the key is not its.
    UnknownComplaint { number } "unknown-complaint" "未查到投诉举报[{number}]，请核对编号和查询码";
    /// A notice of an outage cannot be changed as is asked.
    AnnouncementRule { reason } "announcement-rule" "停机公告不能办理：{reason}";
    /// There is no such notice of an outage.
    UnknownAnnouncement { number } "unknown-announcement" "未查到停机公告[{number}]，请核对公告编号";
    /// The register of institutions has no such one.
    NoSuchInstitution { code } "no-such-institution" "未查到定点医药机构[{code}]，请核对机构编号";
    /// Too many public requests from one address.
    TooManyRequests { seconds } "too-many-requests" "来自您所在网络的请求过于频繁，请{seconds}秒后再试";
    /// Something that takes long cannot be begun or ended so.
    JobRule { reason } "job-rule" "任务不能办理：{reason}";
    /// There is no such job of whoever asks, or no longer.
    UnknownJob { id } "unknown-job" "未查到任务[{id}]或已过保存期限，请重新办理";
    /// A transcript cannot be switched on or off so.
    TranscriptRule { reason } "transcript-rule" "接口报文记录不能办理：{reason}";
    /// No such message was recorded, or it is not kept any longer.
    UnknownMessage { number } "unknown-message" "未查到接口报文记录[{number}]或已过保存期限，请重新查询报文列表";
    /// A list cannot be sorted or exported so.
    ListRule { reason } "list-rule" "列表不能这样查询：{reason}";
    /// The management interface is not open at this node.
    ManagementClosed {} "management-closed" "本节点未启用管理接口，请在配置中设置管理令牌（management_token_file）后重启节点";
    /// The hub's register has no such participant.
    NotAParticipant { participant } "not-a-participant" "参与方[{participant}]未在国家平台登记，请先登记后再办理";
    /// No document was issued under this number.
    UnknownDocument { number } "unknown-document" "未查到编号[{number}]的文书，请核对编号，或先按种类和对象签发";
    /// The books have nothing that such a document could be made of.
    NothingToIssue { what } "nothing-to-issue" "没有可以签发文书的业务记录[{what}]，请核对种类和对象，并在业务办结后签发";
    /// The management interface has nothing at this address.
    UnknownPath { path } "unknown-path" "管理接口没有地址[{path}]，请核对接口文档";
    /// No such account, or another password: which of the two is nobody's to know.
    LoginFailed {} "login-failed" "账户或密码不正确，请核对后重新登录，忘记密码的请联系账户管理员重置";
    /// The password is right, and a one-time code is wanted beside it.
    LoginCodeNeeded {} "login-code-needed" "请输入验证器上的动态验证码，再次登录";
    /// Too many wrong passwords.
    LoginLocked { until } "login-locked" "登录失败次数过多，账户已锁定至{until}，请届时再试，或联系账户管理员解锁";
    /// The node has no such identity provider.
    UnknownProvider { provider } "unknown-provider" "没有配置统一身份认证[{provider}]，请返回登录页重新选择";
    /// An identity provider does not answer, or not as it should.
    ProviderUnavailable { provider } "provider-unavailable" "{provider}暂时不能使用，请稍后重试，或用账号和密码登录";
    /// What came from an identity provider proves nothing.
    IdentityUnproved { provider } "identity-unproved" "{provider}未能确认您的身份，请返回登录页重试，仍不成功请联系账户管理员";
    /// A browser comes back from an identity provider too late, a second time, or without having been sent there.
    IdentityOverdue {} "identity-overdue" "本次登录已失效或已用过，请返回登录页重新登录";
    /// An identity is no account's.
    IdentityUntied { provider } "identity-untied" "该{provider}身份未绑定本平台账户，请先用账号和密码登录，在“本人账户”中绑定";
    /// An identity is another account's.
    IdentityTaken {} "identity-taken" "该身份已绑定其他账户，请核对登录的是否本人，或联系账户管理员解除绑定";
    /// More log in at once than can be checked.
    LoginsBusy {} "logins-busy" "同时登录的人过多，请稍后再登录";
    /// A request with a session's cookie does not come from a page of this node.
    Csrf {} "csrf" "请求没有带本次会话的校验码，请刷新页面后重试";
    /// The role, or where somebody works, does not allow it.
    NotPermitted { action, who } "not-permitted" "您的角色或管辖范围不能办理“{action}”，请由{who}办理";
    /// Who entered something may not decide on it.
    FourEyes { action } "four-eyes" "本人录入的事项不能由本人办理“{action}”，请由其他有权限的人员办理";
    /// The initial password is still to be changed.
    MustChangePassword {} "must-change-password" "密码为初始密码，请先修改密码后再办理业务";
    /// A new password breaks a rule.
    PasswordRule { rule } "password-rule" "新密码不合要求，应{rule}，请更换后重试";
    /// The old password is not right.
    PasswordWrong {} "password-wrong" "原密码不正确，请核对后重试";
    /// The one-time code is not right, or was used.
    CodeWrong {} "one-time-code-wrong" "动态验证码不正确或已用过，请等验证器显示下一个后重试";
    /// There is no such account.
    UnknownAccount { account } "unknown-account" "没有账户[{account}]，请核对账户名";
    /// The account's name is taken.
    AccountExists { account } "account-exists" "账户[{account}]已存在，请另取账户名";
    /// The roles of one person exclude each other.
    RolesExclude { role, other } "roles-exclude" "同一人已有“{other}”账户，与“{role}”属不相容岗位，请由其他人员担任";
    /// A rule of accounts is broken.
    AccountRule { rule } "account-rule" "账户不合规定：{rule}，请更正后重试";
    /// Who registers at the portal is not the holder of the card.
    HolderUnverified {} "holder-unverified" "姓名、证件号码与社会保障卡不相符，请核对后重试，或持卡到参保地经办机构办理";
    /// The node cannot work just now.
    NodeBusy {} "node-busy" "平台繁忙或数据库暂不可用，本次未做任何登记，请稍后用原报文ID重试";
    /// More comes than the node can do: this message was not even read.
    NodeOverloaded { seconds } "node-overloaded" "平台繁忙，本次发送未受理、未做任何登记，请{seconds}秒后用原报文ID重发";
}

impl Refusal {
    /// What the operator's log gets beside the code: the values, in English order.
    pub fn context(&self) -> String {
        format!("{self:?}")
    }

    /// A field that must be there is not.
    pub fn missing(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::FieldMissing { field: field.into(), expected: expected.into() }
    }

    /// A field is there but wrong.
    pub fn invalid(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::FieldInvalid { field: field.into(), expected: expected.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_code_of_its_own_and_a_sentence_that_fits_the_interface() {
        let mut codes: Vec<_> = Refusal::ALL.iter().map(|(code, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Refusal::ALL.len(), "a code is used twice");
        for (code, sentence) in Refusal::ALL {
            assert!(
                sentence.chars().count() <= 100,
                "{code}: with its values it would pass err_msg's 200 characters"
            );
            assert!(!sentence.is_ascii(), "{code} is not said in Chinese");
        }
    }
}
