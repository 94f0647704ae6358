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
    NotCrossRegion { insuplc_admdvs } "not-cross-region" "参保地[{insuplc_admdvs}]属于本省，不是跨省异地就医，请走本省结算系统";
    /// The clock of the sender is far off.
    ClockOff { inf_time } "clock-off" "交易时间[{inf_time}]与平台时间相差过大，请校准时钟后重新发送";
    /// The participant of the insured place is not in the register.
    UnknownParticipant { place } "unknown-participant" "参保地[{place}]尚未接入国家异地就医结算系统，请先自费结算后回参保地手工报销";
    /// The participant is suspended by the hub.
    ParticipantSuspended { place } "participant-suspended" "[{place}]的跨省直接结算已被国家平台暂停，请先自费结算后回参保地手工报销";
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
    /// There is no such settlement at this institution.
    UnknownSettlement { setl_id } "unknown-settlement" "未查到结算ID[{setl_id}]的结算记录，请核对后重新发送";
    /// The settlement has been cancelled or reversed already.
    AlreadyUndone { setl_id } "already-undone" "结算[{setl_id}]的退费结算标志不为未退费，不能再次撤销或冲正";
    /// The transaction cannot be reversed.
    NotReversible { oinfno } "not-reversible" "交易[{oinfno}]不能冲正，可冲正的交易为2304、2401";
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
    /// There is nothing to settle.
    NothingToSettle { mdtrt_id } "nothing-to-settle" "就诊[{mdtrt_id}]没有未结算的费用明细，请先上传明细";
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
    /// The caller did not show who they are.
    NotAuthenticated { detail } "not-authenticated" "身份校验未通过（{detail}），请检查密钥和签名";
    /// The caller signs in first.
    NotSignedIn {} "not-signed-in" "请先办理签到（9001）再调用其他交易";
    /// The management interface is not open at this node.
    ManagementClosed {} "management-closed" "本节点未启用管理接口，请在配置中设置管理令牌（management_token_file）后重启节点";
    /// The hub's register has no such participant.
    NotAParticipant { participant } "not-a-participant" "参与方[{participant}]未在国家平台登记，请先登记后再办理";
    /// The management interface has nothing at this address.
    UnknownPath { path } "unknown-path" "管理接口没有地址[{path}]，请核对接口文档";
    /// The node cannot work just now.
    NodeBusy {} "node-busy" "平台繁忙或数据库暂不可用，本次未做任何登记，请稍后用原报文ID重试";
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
