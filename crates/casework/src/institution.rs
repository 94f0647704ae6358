//! A designated institution (定点医药机构) under the agreement (服务协议) of its treatment place: what it is, at which level it is
//! settled, whether it may settle across regions, and how its software shows who it is.

use terms::{InstitutionCode, Moment, Set, SettlementLevel, TreatmentPlace, VisitMark};

/// An institution as its treatment place registers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// 定点医药机构编号 (`fixmedins_code`).
    pub code: InstitutionCode,
    /// Its name.
    pub name: String,
    /// 统一社会信用代码 (`uscc`).
    pub uscc: String,
    /// 定点医疗服务机构类型 code (`fixmedins_type`): `1` medical institution, `2` pharmacy.
    pub kind: String,
    /// Its medical grade, 医院等级 code (`hosp_lv`). Not what it is settled by.
    pub grade: String,
    /// 医保结算等级: what it is settled by.
    pub level: SettlementLevel,
    /// A hospital of Chinese medicine, which some areas settle one level lower.
    pub chinese_medicine: bool,
    /// Where it is.
    pub place: TreatmentPlace,
    /// 异地联网开通: it may settle across regions.
    pub open: bool,
    /// How its software shows who it is.
    pub authentication: Authentication,
    /// The name under which it signs.
    pub access_key: String,
    /// The secret that it shares with its treatment place: what it signs with, or, where it signs with SM2, the SM4 key that
    /// both encrypt with, in 32 hexadecimal digits.
    pub secret: Secret,
    /// The SM2 key by which its signatures are checked, `04` and 128 hexadecimal digits; empty where its way has none.
    pub public_key: String,
    /// Whether a transaction needs a session signed in by 9001.
    pub sign_in_needed: bool,
    /// When this was last changed.
    pub changed_at: Moment,
}

impl Institution {
    /// What it makes special about every visit to it, as policies see it.
    pub fn marks(&self) -> Set<VisitMark> {
        if self.chinese_medicine { Set::only(VisitMark::ChineseMedicine) } else { Set::new() }
    }
}

/// The ways of authenticating that the provinces' gateways use; one setting an institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// None: for the sandbox.
    None,
    /// The CSB gateway: HMAC-SHA1 over the request's `_api_…` headers.
    CsbHmacSha1,
    /// The TIF gateway: SHA-256 over time, secret and nonce.
    TifSha256,
    /// The gateway of Zhejiang: HMAC-SM3 over time and body.
    CaHmacSm3,
    /// No gateway, but an envelope of its own: input and output encrypted with SM4 and signed with SM2.
    Sm2Sm4,
}

impl Authentication {
    /// All ways.
    pub const ALL: [Self; 5] =
        [Self::None, Self::CsbHmacSha1, Self::TifSha256, Self::CaHmacSm3, Self::Sm2Sm4];

    /// Its name in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::CsbHmacSha1 => "csb-hmac-sha1",
            Self::TifSha256 => "tif-sha256",
            Self::CaHmacSm3 => "ca-hmac-sm3",
            Self::Sm2Sm4 => "sm2-sm4",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}

/// A secret that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
