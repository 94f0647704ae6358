//! Identity media (就医介质) of a province's own people.

use super::Shown;
use casework::medium::{Card, Stage, Voucher, VoucherCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{CitizenId, InsuredPlace, Moment, PersonNumber};

/// Whose medium: of `POST /api/v1/vouchers` and `POST /api/v1/cards/{loss,lift,stop}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// 参保地, any division of the pooling area.
    pub insured: InsuredPlace,
    /// 人员编号; or …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
    /// … 公民身份号码.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certno: Option<CitizenId>,
}

/// A card to issue (发卡): `POST /api/v1/cards`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCard {
    /// 参保地, any division of the pooling area.
    pub insured: InsuredPlace,
    /// 人员编号; or …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
    /// … 公民身份号码.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certno: Option<CitizenId>,
    /// 补换: in the place of the one that the person has, which is stopped.
    #[serde(default)]
    pub replace: bool,
}

/// A card that was just issued: what its chip is to hold. The cipher is told this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssuedCard {
    /// 社会保障卡卡号.
    pub number: String,
    /// 卡识别码.
    pub card_sn: String,
    /// 密文: clients write it behind the number, after a bar.
    pub cipher: String,
    /// When it was issued.
    pub issued_at: String,
}

/// A card as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CardView {
    /// 社会保障卡卡号, masked unless a duty needs it.
    pub number: String,
    /// Where it stands: `in_force`, `lost`, `locked` or `stopped`.
    #[schemars(with = "String", extend("enum" = ["in_force", "lost", "locked", "stopped"]))]
    pub stage: Stage,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// When it was issued.
    pub issued_at: String,
    /// When it last moved.
    pub changed_at: String,
}

impl CardView {
    /// What is shown of a card.
    pub fn of(card: &Card, shown: Shown) -> Self {
        let number = match shown {
            Shown::Whole => card.number.reveal().to_owned(),
            Shown::Masked => card.number.masked(),
        };
        Self {
            number,
            stage: card.stage,
            stage_name: card.stage.chinese().to_owned(),
            issued_at: card.issued_at.to_string(),
            changed_at: card.changed_at.to_string(),
        }
    }
}

/// A voucher that was just made (生成电子凭证): what the person's phone would show. The code is told this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MadeVoucher {
    /// What the two-dimensional code says.
    #[schemars(with = "String")]
    pub code: VoucherCode,
    /// Until when it may be read.
    pub expires_at: String,
}

/// A voucher as it is shown: without its code, which nobody keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VoucherView {
    /// When it was made.
    pub made_at: String,
    /// Until when it may be read.
    pub expires_at: String,
    /// When it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<String>,
    /// By whom: institution and message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<String>,
}

impl VoucherView {
    /// What is shown of a voucher.
    pub fn of(voucher: &Voucher) -> Self {
        let (used_at, used_by) =
            voucher.used.as_ref().map(|(at, by)| (Moment::to_string(at), by.clone())).unzip();
        Self {
            made_at: voucher.made_at.to_string(),
            expires_at: voucher.expires_at.to_string(),
            used_at,
            used_by,
        }
    }
}

/// The media of a person: `GET /api/v1/media`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Media {
    /// Newest first.
    pub cards: Vec<CardView>,
    /// The last ones, newest first.
    pub vouchers: Vec<VoucherView>,
}
