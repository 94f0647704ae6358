//! The hospitals of the simulated country. Their names are invented; their codes have the national shape.

use crate::hospital::AddressForm;
use casework::institution::{Authentication, Institution, Secret};
use sign::{ca_hmac_sm3, sm2::PrivateKey};
use terms::{AdminDivision, InstitutionCode, Moment, SettlementLevel, TreatmentPlace};

/// A hospital of the demonstration.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The county that it is in.
    pub division: u32,
    /// Its serial in the county.
    pub serial: u32,
    /// Its name.
    pub name: &'static str,
    /// 医保结算等级.
    pub level: SettlementLevel,
    /// 中医医院.
    pub chinese_medicine: bool,
    /// How it shows who it is.
    pub authentication: Authentication,
    /// Which form of address its software uses.
    pub form: AddressForm,
}

/// 武汉, 三级.
pub const WUHAN_FIRST: Model = model(420_106, 1, "武汉市示范第一医院", LEVEL_3, SIGNS_CSB, AddressForm::Csb);
/// 北京, 三级.
pub const BEIJING_FIRST: Model =
    model(110_101, 1, "北京市示范第一医院", LEVEL_3, SIGNS_TIF, AddressForm::Ebus);
/// 天津, 三级.
pub const TIANJIN_FIRST: Model =
    model(120_103, 1, "天津市示范急救医院", LEVEL_3, SIGNS_NOT, AddressForm::CallService);
/// 杭州, 三级.
pub const HANGZHOU_FIRST: Model =
    model(330_106, 1, "杭州市示范第一医院", LEVEL_3, SIGNS_NOT, AddressForm::Services);

const LEVEL_3: SettlementLevel = SettlementLevel::Tertiary;
const SIGNS_NOT: Authentication = Authentication::None;
const SIGNS_CSB: Authentication = Authentication::CsbHmacSha1;
const SIGNS_TIF: Authentication = Authentication::TifSha256;
const SIGNS_CA: Authentication = Authentication::CaHmacSm3;
const SEALS: Authentication = Authentication::Sm2Sm4;

/// All hospitals of the demonstration.
pub const MODELS: [Model; 13] = [
    WUHAN_FIRST,
    model(
        420_106,
        2,
        "武汉市示范第二医院",
        SettlementLevel::Secondary,
        SIGNS_NOT,
        AddressForm::CallServiceNumbered,
    ),
    model(420_102, 1, "武汉市示范区医院", SettlementLevel::Primary, SIGNS_TIF, AddressForm::Ebus),
    model(
        420_103,
        1,
        "武汉市示范街社区卫生服务中心",
        SettlementLevel::Community,
        SEALS,
        AddressForm::CallService,
    ),
    model(420_105, 1, "武汉市示范中医医院", LEVEL_3, SIGNS_NOT, AddressForm::Services).of_chinese_medicine(),
    BEIJING_FIRST,
    model(110_105, 1, "北京市示范第二医院", SettlementLevel::Secondary, SIGNS_CA, AddressForm::CallService),
    model(110_108, 1, "北京市示范中医医院", LEVEL_3, SIGNS_NOT, AddressForm::Services).of_chinese_medicine(),
    TIANJIN_FIRST,
    model(120_104, 1, "天津市示范第二医院", SettlementLevel::Secondary, SIGNS_CSB, AddressForm::Csb),
    HANGZHOU_FIRST,
    model(330_105, 1, "杭州市示范第二医院", SettlementLevel::Secondary, SIGNS_CSB, AddressForm::Csb),
    model(
        330_108,
        1,
        "杭州市示范街社区卫生服务中心",
        SettlementLevel::Community,
        SIGNS_NOT,
        AddressForm::CallServiceNumbered,
    ),
];

const fn model(
    division: u32,
    serial: u32,
    name: &'static str,
    level: SettlementLevel,
    authentication: Authentication,
    form: AddressForm,
) -> Model {
    Model { division, serial, name, level, chinese_medicine: false, authentication, form }
}

impl Model {
    const fn of_chinese_medicine(mut self) -> Self {
        self.chinese_medicine = true;
        self
    }

    /// 定点医药机构编号: `H`, six digits of division, five of serial.
    pub fn code(&self) -> InstitutionCode {
        format!("H{}{:05}", self.division, self.serial).parse().expect("twelve printable characters")
    }

    /// The hospital as its treatment place registers it, with the secret given to it.
    pub fn institution(&self, secret: Secret, now: Moment) -> Institution {
        let code = self.code();
        Institution {
            name: self.name.to_owned(),
            uscc: format!("12{}MB9{:06}X", self.division, self.serial),
            kind: "1".to_owned(),
            grade: match self.level.national() {
                SettlementLevel::Tertiary => "2",
                SettlementLevel::Secondary => "5",
                _ => "11",
            }
            .to_owned(),
            level: self.level,
            chinese_medicine: self.chinese_medicine,
            place: TreatmentPlace(AdminDivision::new(self.division).expect("a county's number")),
            open: true,
            authentication: self.authentication,
            access_key: format!("AK{}", code.as_str()),
            public_key: match self.authentication {
                Authentication::Sm2Sm4 => private_key(&secret).public().to_hex(),
                _ => String::new(),
            },
            secret,
            sign_in_needed: false,
            changed_at: now,
            code,
        }
    }
}

/// The SM2 key with which a hospital of the demonstration signs. It comes of the hospital's secret, so that its software is
/// set up with nothing else.
pub fn private_key(secret: &Secret) -> PrivateKey {
    let made = ca_hmac_sm3::sign(&secret.0, "sm2", b"");
    let digits = made.split_once(':').map_or("", |(_, digits)| digits);
    PrivateKey::from_hex(digits).expect("one draw in 2^128 is not a key")
}

/// All hospitals of the demonstration, each with the secret that `secret_of` makes for it.
pub fn demo_institutions(secret_of: &dyn Fn(&InstitutionCode) -> Secret, now: Moment) -> Vec<Institution> {
    MODELS.iter().map(|model| model.institution(secret_of(&model.code()), now)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn hospitals_have_codes_of_the_national_shape_and_every_way_of_signing() {
        let now = "2026-11-21 08:00:00".parse().unwrap();
        let institutions = demo_institutions(&|code| Secret(format!("secret of {code}")), now);
        let codes: BTreeSet<_> = institutions.iter().map(|one| one.code.clone()).collect();
        assert_eq!(codes.len(), institutions.len());
        for institution in &institutions {
            assert_eq!(institution.code.as_str().len(), 12);
            assert_eq!(institution.code.division(), Some(institution.place.division()));
            assert!(institution.place.division().name().is_some(), "{}", institution.place);
            assert_eq!(institution.uscc.len(), 18);
        }
        for way in Authentication::ALL {
            assert!(institutions.iter().any(|one| one.authentication == way), "{way:?}");
        }
    }
}
