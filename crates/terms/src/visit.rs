//! The words of a visit and its settlement that several rooms share: schemes, statuses, levels, categories, funds.
//!
//! Each knows the code that the national interface gives it. Provinces extend the national code tables with longer codes
//! that share the national prefix, so codes are read by prefix.

use serde::{Deserialize, Serialize};

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $variant:ident = $code:literal, $chinese:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$item])* $variant,)+ }

        impl $name {
            /// All of them, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code of the national interface.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The Chinese word.
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$variant => $chinese,)+ }
            }

            /// The one whose code is exactly this, or else the longest that it extends.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().filter(|one| code.starts_with(one.code())).max_by_key(|one| one.code().len())
            }
        }

        impl crate::set::Listed for $name {
            const LISTED: &'static [Self] = Self::ALL;
            fn position(self) -> u32 {
                self as u32
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.chinese())
            }
        }
    };
}

coded! {
    /// The two basic schemes (险种, `insutype`) that settle across regions (医保发〔2022〕22号).
    InsuranceScheme {
        /// 职工基本医疗保险.
        Employee = "310", "职工基本医疗保险";
        /// 城乡居民基本医疗保险.
        Resident = "390", "城乡居民基本医疗保险";
    }
}

coded! {
    /// What a person is in their scheme (人员类别, `psn_type`), as far as policies distinguish.
    MemberStatus {
        /// 在职 employee.
        Employed = "11", "在职";
        /// 退休 employee.
        Retired = "12", "退休";
        /// Minors and students among residents (新生儿, 学龄前儿童, 中小学生, 大学生, 未成年).
        Minor = "14", "学生儿童";
        /// Adult resident.
        Adult = "15", "居民（成年）";
        /// Elderly resident.
        Elderly = "16", "居民（老年）";
    }
}

coded! {
    /// The level at which a hospital is settled (医保结算等级): not its medical grade. The insured place uses the level that the
    /// treatment place gave it.
    SettlementLevel {
        /// 社区卫生服务机构; a policy that does not name it treats it as 一级.
        Community = "11", "社区";
        /// 一级及以下.
        Primary = "1", "一级";
        /// 二级.
        Secondary = "2", "二级";
        /// 三级.
        Tertiary = "3", "三级";
        /// 三级特等; a policy that does not name it treats it as 三级.
        TertiarySpecial = "31", "三级特等";
    }
}

impl SettlementLevel {
    /// The one of the three national levels (`hi_setl_lv`, `lmtpric_hosp_lv`, `dedc_hosp_lv`) that this is.
    #[must_use]
    pub const fn national(self) -> Self {
        match self {
            Self::Community | Self::Primary => Self::Primary,
            Self::Secondary => Self::Secondary,
            Self::Tertiary | Self::TertiarySpecial => Self::Tertiary,
        }
    }
}

coded! {
    /// Why a person is treated away from home (备案类型): three long-term and three temporary categories (医保发〔2022〕22号).
    /// No national dictionary of codes was published; these are the ones of [RECALLED] national use, a configuration.
    FilingCategory {
        /// 异地安置退休人员.
        ResettledRetiree = "1", "异地安置退休人员";
        /// 异地长期居住人员.
        LongTermResident = "2", "异地长期居住人员";
        /// 常驻异地工作人员.
        StationedWorker = "3", "常驻异地工作人员";
        /// 异地转诊人员.
        Referral = "4", "异地转诊人员";
        /// 异地急诊抢救人员; also the category of a deemed filing (视同备案, 规程 art. 34).
        Emergency = "5", "异地急诊抢救人员";
        /// 其他跨省临时外出就医人员: not an emergency and not referred.
        OtherTemporary = "6", "其他跨省临时外出就医人员";
    }
}

impl FilingCategory {
    /// Long-term categories (跨省异地长期居住) keep the local standard of the insured place in the filed place.
    pub const fn is_long_term(self) -> bool {
        matches!(self, Self::ResettledRetiree | Self::LongTermResident | Self::StationedWorker)
    }
}

coded! {
    /// The kind of an admission (住院类型, `IPT_TYPE`).
    AdmissionKind {
        /// 普通住院.
        Ordinary = "1", "普通住院";
        /// 急诊或抢救住院: counts as filed (视同备案).
        Emergency = "2", "急诊或抢救住院";
        /// 转院住院.
        Transfer = "3", "转院住院";
    }
}

coded! {
    /// How a person came to an outpatient department (门诊急诊转诊标志, `OTP_ER_REFL_FLAG`), where it is not the ordinary way.
    OutpatientKind {
        /// 急诊: emergency and rescue, which counts as filed (视同备案).
        Emergency = "1", "急诊";
        /// 转诊.
        Referral = "2", "转诊";
        /// 转诊合并急诊.
        ReferredEmergency = "3", "转诊合并急诊";
    }
}

impl OutpatientKind {
    /// Whether it is an emergency.
    pub const fn is_emergency(self) -> bool {
        matches!(self, Self::Emergency | Self::ReferredEmergency)
    }

    /// Whether a lower hospital sent the person.
    pub const fn is_referral(self) -> bool {
        matches!(self, Self::Referral | Self::ReferredEmergency)
    }
}

coded! {
    /// The class of a catalog item (收费项目等级, `chrgitm_lv`).
    CatalogClass {
        /// 甲类: wholly in scope.
        A = "01", "甲类";
        /// 乙类: the person first pays a share.
        B = "02", "乙类";
        /// 丙类: out of scope, paid by the person.
        C = "03", "丙类";
    }
}

coded! {
    /// The national expense categories (大类费用; 医疗收费项目类别, `med_chrgitm_type`) in which the treatment place sums a bill.
    ChargeCategory {
        /// 床位费.
        Bed = "01", "床位费";
        /// 诊察费.
        Consultation = "02", "诊察费";
        /// 检查费.
        Examination = "03", "检查费";
        /// 化验费.
        Laboratory = "04", "化验费";
        /// 治疗费.
        Treatment = "05", "治疗费";
        /// 手术费.
        Surgery = "06", "手术费";
        /// 护理费.
        Nursing = "07", "护理费";
        /// 卫生材料费.
        Material = "08", "卫生材料费";
        /// 西药费.
        WesternMedicine = "09", "西药费";
        /// 中药饮片费.
        HerbalMedicine = "10", "中药饮片费";
        /// 中成药费.
        PatentMedicine = "11", "中成药费";
        /// 一般诊疗费.
        GeneralTreatment = "12", "一般诊疗费";
        /// 挂号费.
        Registration = "13", "挂号费";
        /// 其他费.
        Other = "14", "其他费";
    }
}

coded! {
    /// The kind of care that a benefit is written for (就医类别), by the national medical types (医疗类别, `med_type`).
    CareKind {
        /// 住院: also emergency admission, trauma, single disease, day surgery (日间手术).
        Inpatient = "21", "住院";
        /// 普通门诊, 急诊 included.
        Outpatient = "11", "普通门诊";
        /// 门诊慢特病: chronic and special diseases that the person is registered for.
        Chronic = "14", "门诊慢特病";
        /// 定点药店购药.
        Pharmacy = "41", "药店购药";
    }
}

impl CareKind {
    /// The kind of clearing (清算类别, `clr_type`) in which it is reconciled and cleared: 11 门诊, 14 门诊慢特病, 21 住院,
    /// 41 药店购药.
    pub const fn clearing_type(self) -> &'static str {
        self.code()
    }

    /// The kind of a medical type (`med_type`), also of the finer types that provinces add; `None` for what is not settled
    /// across regions, such as childbirth (生育).
    pub fn from_medical_type(code: &str) -> Option<Self> {
        const KINDS: [(&str, CareKind); 12] = [
            ("11", CareKind::Outpatient),
            ("12", CareKind::Outpatient),
            ("13", CareKind::Outpatient),
            ("19", CareKind::Outpatient),
            ("14", CareKind::Chronic),
            ("21", CareKind::Inpatient),
            ("22", CareKind::Inpatient),
            ("23", CareKind::Inpatient),
            ("24", CareKind::Inpatient),
            ("26", CareKind::Inpatient),
            ("28", CareKind::Inpatient),
            ("41", CareKind::Pharmacy),
        ];
        let exact = match code {
            "9901" => Some(CareKind::Chronic),
            "9903" => Some(CareKind::Outpatient),
            _ => None,
        };
        exact.or_else(|| KINDS.iter().find(|(prefix, _)| code.starts_with(prefix)).map(|(_, kind)| *kind))
    }
}

coded! {
    /// Circumstances of a person beyond their status that policies distinguish (人员身份类别, `psn_idet_type`); a person can have several.
    MemberClass {
        /// 三无人员.
        WithoutSupport = "2301", "三无人员";
        /// 建档立卡 or 脱贫 population, 返贫致贫监测对象.
        RegisteredPoor = "2302", "返贫致贫人口";
        /// 最低生活保障对象 (低保).
        SubsistenceAllowance = "2303", "低保对象";
        /// 特困救助供养对象.
        ExtremelyPoor = "2304", "特困人员";
        /// 低收入救助对象, 低保边缘家庭成员.
        LowIncome = "2305", "低保边缘家庭成员";
        /// 因病致贫重病患者.
        PoorByIllness = "2306", "因病致贫重病患者";
        /// 重度残疾人.
        SeverelyDisabled = "2308", "重度残疾人";
        /// 孤儿, 事实无人抚养儿童.
        Orphan = "2361", "孤儿";
        /// 优抚对象.
        EntitledGroup = "21", "优抚对象";
        /// 建国前参加革命工作的老工人.
        VeteranWorker = "6003", "建国前老工人";
        /// 享受公务员医疗补助 (公务员标志, `cvlserv_flag`); not in the national table of classes, hence no number.
        CivilServant = "cvlserv", "享受公务员医疗补助人员";
    }
}

coded! {
    /// The contribution tier (缴费档次) of a person, where a scheme has several.
    ContributionTier {
        /// 一档: in most areas the lower contribution.
        First = "1", "一档";
        /// 二档.
        Second = "2", "二档";
        /// 低档.
        Low = "3", "低档";
        /// 中档.
        Middle = "4", "中档";
        /// 高档.
        High = "5", "高档";
    }
}

coded! {
    /// What is special about a visit or its hospital, as far as policies distinguish.
    VisitMark {
        /// 签约: at the institution with which the person signed on (签约医疗机构, 选定定点).
        Contracted = "1", "签约机构";
        /// 经转诊: referred there by a lower hospital, also inside the area.
        Referred = "2", "经转诊";
        /// 中医医院.
        ChineseMedicine = "3", "中医医院";
        /// 精神病住院.
        Psychiatric = "4", "精神病";
        /// 结核病住院.
        Tuberculosis = "5", "结核病";
        /// 区属三级医院.
        DistrictTertiary = "6", "区属三级";
        /// 医联体内合作医院.
        Consortium = "7", "医联体合作医院";
        /// 急诊抢救, also in an outpatient department.
        EmergencyRescue = "8", "急诊抢救";
        /// 村卫生室.
        VillageRoom = "9", "村卫生室";
    }
}

coded! {
    /// The funds that pay (基金支付类型, `fund_pay_type`).
    Fund {
        /// 职工基本医疗保险统筹基金.
        EmployeePool = "310100", "职工基本医疗保险统筹基金";
        /// 公务员医疗补助基金.
        CivilServant = "320100", "公务员医疗补助基金";
        /// 职工大额医疗费用补助基金.
        LargeAmount = "330100", "职工大额医疗费用补助基金";
        /// 一至六级残疾军人医疗补助基金.
        DisabledVeteran = "350100", "一至六级残疾军人医疗补助基金";
        /// 企业补充医疗保险基金.
        EnterpriseSupplement = "370100", "企业补充医疗保险基金";
        /// 城乡居民基本医疗保险基金.
        ResidentPool = "390100", "城乡居民基本医疗保险基金";
        /// 城乡居民大病医疗保险基金.
        ResidentCatastrophic = "390200", "城乡居民大病医疗保险基金";
        /// 医疗救助基金.
        MedicalAid = "610100", "医疗救助基金";
        /// 其他基金.
        Other = "999997", "其他基金";
    }
}

impl InsuranceScheme {
    /// The pool fund (统筹基金) of the scheme.
    pub const fn pool(self) -> Fund {
        match self {
            Self::Employee => Fund::EmployeePool,
            Self::Resident => Fund::ResidentPool,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_codes_are_read_by_their_prefix() {
        assert_eq!(MemberStatus::from_code("1102"), Some(MemberStatus::Employed));
        assert_eq!(MemberStatus::from_code("1403"), Some(MemberStatus::Minor));
        assert_eq!(Fund::from_code("330101"), None, "330101 extends 3301, not 330100");
        assert_eq!(SettlementLevel::from_code("31"), Some(SettlementLevel::TertiarySpecial));
        assert_eq!(ChargeCategory::from_code("99"), None);
    }

    #[test]
    fn a_medical_type_tells_the_kind_of_care() {
        let kind = |code| CareKind::from_medical_type(code).map(CareKind::chinese);
        for (code, expected) in [
            ("11", Some("普通门诊")),
            ("13", Some("普通门诊")),
            ("1301", Some("普通门诊")),
            ("14", Some("门诊慢特病")),
            ("9901", Some("门诊慢特病")),
            ("21", Some("住院")),
            ("2101", Some("住院")),
            ("28", Some("住院")),
            ("41", Some("药店购药")),
            ("51", None),
            ("", None),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }
}
