//! A transcript (接口报文记录): what an institution's software, its window and its office send and are answered, kept for some hours because
//! somebody wants to look at it.
//!
//! Nothing is kept unless somebody has switched it on for one institution, says why, and for how long; it ends by itself. What is kept is
//! little, and is forgotten after some days. This module must not know messages, where they are kept, or who may switch on.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use terms::{Moment, Refusal};

/// For how many hours it may be switched on.
pub const HOURS: RangeInclusive<u16> = 1..=72;
/// How long a message is kept, in days.
pub const DAYS_KEPT: u16 = 7;
/// The most messages that are kept of an institution.
pub const MESSAGES_MAX: i64 = 2_000;
/// The most that is kept of an institution's messages together, in bytes.
pub const BYTES_MAX: i64 = 32 << 20;
/// How long the reason may be, in characters.
const REASON: RangeInclusive<usize> = 2..=200;

const HOUR_MILLIS: i64 = 3_600_000;
const DAY_MILLIS: i64 = 24 * HOUR_MILLIS;

/// Who has sent a message in an institution's name (来源).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// 机构软件: its own software, at the hospital interface.
    Software,
    /// 收费窗口: somebody at its window.
    Window,
    /// 医保办: somebody of its office for insurance.
    Office,
}

impl Origin {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Software, Self::Window, Self::Office];

    /// The code that programs use.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Window => "window",
            Self::Office => "office",
        }
    }

    /// In Chinese.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Software => "机构软件",
            Self::Window => "收费窗口",
            Self::Office => "医保办",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// Why nobody takes it that a message in an institution's name is its own (未通过身份核验): what whoever writes its software must know, who is
/// told little by the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unproven {
    /// 缺少签名请求头.
    HeaderMissing,
    /// 时间戳无效或超时.
    TimestampExpired,
    /// 接入账号不符: the access key is not the one that is registered for the institution.
    UnknownCaller,
    /// 签名不符.
    SignatureDiffers,
    /// 随机数或签名重复使用: another message came with it.
    Replayed,
    /// 报文无法识别: what would have to be checked cannot be read.
    Unreadable,
    /// 平台繁忙: nobody has looked.
    Busy,
}

impl Unproven {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::HeaderMissing,
        Self::TimestampExpired,
        Self::UnknownCaller,
        Self::SignatureDiffers,
        Self::Replayed,
        Self::Unreadable,
        Self::Busy,
    ];

    /// The code that programs use.
    pub const fn code(self) -> &'static str {
        match self {
            Self::HeaderMissing => "header-missing",
            Self::TimestampExpired => "timestamp-expired",
            Self::UnknownCaller => "unknown-caller",
            Self::SignatureDiffers => "signature-differs",
            Self::Replayed => "replayed",
            Self::Unreadable => "unreadable",
            Self::Busy => "busy",
        }
    }

    /// In Chinese.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::HeaderMissing => "缺少签名请求头",
            Self::TimestampExpired => "时间戳无效或超时",
            Self::UnknownCaller => "接入账号不符",
            Self::SignatureDiffers => "签名不符",
            Self::Replayed => "随机数或签名重复使用",
            Self::Unreadable => "报文无法识别，无从核验",
            Self::Busy => "平台繁忙，未及核验",
        }
    }

    /// What whoever writes the software does about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::HeaderMissing => {
                "请按登记的接入方式补齐签名所需的请求头；经代理转发的，确认代理没有去掉请求头"
            }
            Self::TimestampExpired => "请校准发送方服务器的时间，核对时间戳的单位和位数，每次发送重新签名",
            Self::UnknownCaller => {
                "请核对报文所用的接入账号和密钥是否为本机构登记的一套，不要与其他机构或测试环境混用"
            }
            Self::SignatureDiffers => {
                "请核对密钥、参与签名的内容及其次序、大小写和编码，签名后不要再改动报文；仍不符的，请经办机构核对登记的密钥"
            }
            Self::Replayed => "请为每份报文换用新的随机数和时间戳并重新签名；同一报文重发也要重新签名",
            Self::Unreadable => "请核对报文是否为完整的JSON，加密的input和签名是否齐全",
            Self::Busy => "请按应答的提示稍后重发，程序无须修改",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// How many addresses are told apart of those that write in an institution's name and are refused for the same reason: the last ones. The rest is
/// counted together.
pub const UNPROVEN_MAX: usize = 16;

/// That an institution's messages are, or were, recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Since when.
    pub begins: Moment,
    /// Until when.
    pub ends: Moment,
    /// Who switched it on.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Recording {
    /// Switches it on for so many hours from now on. One that goes on begins where it began.
    ///
    /// # Errors
    /// [`Refusal::TranscriptRule`] if that is too long, or nobody says why.
    pub fn begin(
        known: Option<&Self>,
        hours: u16,
        reason: &str,
        by: &str,
        now: Moment,
    ) -> Result<Self, Refusal> {
        let refused = |reason: String| Refusal::TranscriptRule { reason };
        let (least, most) = (HOURS.start(), HOURS.end());
        if !HOURS.contains(&hours) {
            return Err(refused(format!("记录时长应为{least}到{most}小时，请更正后重试")));
        }
        let reason = reason.trim();
        if !REASON.contains(&reason.chars().count()) {
            return Err(refused("请用2到200字写明记录原因，例如：联调2304出院结算".to_owned()));
        }
        let begins = known.filter(|known| known.is_on(now)).map_or(now, |known| known.begins);
        let ends = now.plus_millis(i64::from(hours) * HOUR_MILLIS);
        Ok(Self { begins, ends, by: by.to_owned(), reason: reason.to_owned() })
    }

    /// Switches it off before its time.
    ///
    /// # Errors
    /// [`Refusal::TranscriptRule`] if it is over already.
    pub fn end(&self, now: Moment) -> Result<Self, Refusal> {
        if !self.is_on(now) {
            let reason = "记录已经停止，不必再停止；需要时请重新开启".to_owned();
            return Err(Refusal::TranscriptRule { reason });
        }
        Ok(Self { ends: now, ..self.clone() })
    }

    /// Whether what comes at this moment is recorded.
    pub fn is_on(&self, at: Moment) -> bool {
        self.begins <= at && at < self.ends
    }
}

/// What came before this moment is not kept any longer.
pub fn forgets_before(now: Moment) -> Moment {
    now.plus_millis(-i64::from(DAYS_KEPT) * DAY_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_switched_on_for_some_hours_and_ends_by_itself() {
        let now = at("2026-11-21 10:00:00");
        for (hours, reason, ends) in [
            (1, "联调", Some("2026-11-21 11:00:00")),
            (72, " 联调2304 ", Some("2026-11-24 10:00:00")),
            (0, "联调", None),
            (73, "联调", None),
            (2, " 调 ", None),
        ] {
            let begun = Recording::begin(None, hours, reason, "yibao01", now);
            assert_eq!(begun.as_ref().ok().map(|one| one.ends), ends.map(at), "{hours} {reason}: {begun:?}");
            let Ok(one) = begun else { continue };
            assert_eq!((one.begins, one.reason.as_str()), (now, reason.trim()));
            assert!(one.is_on(now) && !one.is_on(one.ends) && !one.is_on(now.plus_millis(-1)));
        }
        assert!(Recording::begin(None, 1, &"长".repeat(201), "yibao01", now).is_err());
    }

    #[test]
    fn it_is_prolonged_where_it_began_and_ended_once() {
        let now = at("2026-11-21 10:00:00");
        let one = Recording::begin(None, 2, "联调", "yibao01", now).unwrap();
        let later = now.plus_millis(HOUR_MILLIS);
        let longer = Recording::begin(Some(&one), 5, "继续联调", "yibao02", later).unwrap();
        assert_eq!((longer.begins, longer.ends), (now, at("2026-11-21 16:00:00")));
        let over = longer.end(later).unwrap();
        assert!(!over.is_on(later) && over.is_on(now));
        assert_eq!(over.end(later).unwrap_err().code(), "transcript-rule");
        let anew = Recording::begin(Some(&over), 1, "再次联调", "yibao01", later).unwrap();
        assert_eq!(anew.begins, later, "one that is over does not go on");
    }

    #[test]
    fn who_sent_it_is_read_by_its_code() {
        for one in Origin::ALL {
            assert_eq!(Origin::from_code(one.code()), Some(one), "{}", one.chinese());
        }
        assert_eq!(Origin::from_code("机构软件"), None);
    }

    #[test]
    fn why_it_is_not_taken_as_its_own_is_read_by_its_code_and_says_what_to_do() {
        for one in Unproven::ALL {
            assert_eq!(Unproven::from_code(one.code()), Some(one), "{}", one.chinese());
            assert!(one.advice().starts_with('请'), "{}", one.advice());
        }
        assert_eq!(Unproven::from_code("签名不符"), None);
    }

    #[test]
    fn it_is_forgotten_after_some_days() {
        assert_eq!(forgets_before(at("2026-11-21 10:00:00")), at("2026-11-14 10:00:00"));
    }
}
