//! Materials of filings (备案材料): what is handed in, what is asked for beside, and how a content is known for what it is.

use casework::material::{Kind, Material, Supplement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::Day;

/// The largest content of one material, in bytes: a page of paper as a telephone takes it.
pub const CONTENT_BYTES_MAX: usize = 5 << 20;

/// The largest body that carries one: its content as Base64 and the rest.
pub const BODY_BYTES_MAX: usize = CONTENT_BYTES_MAX / 3 * 4 + 4_096;

/// The widest and highest picture, in points: what is larger is made to stop whoever opens it.
const PICTURE_MAX: u32 = 20_000;

/// What a content is. Others are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// A document.
    Pdf,
    /// A photograph.
    Jpeg,
    /// A picture.
    Png,
}

impl ContentType {
    /// What a content is, by the content itself and whatever it is called: `None` if it is none of these, or not whole.
    pub fn of(content: &[u8]) -> Option<Self> {
        // Writers of PDF may leave something behind its end.
        let tail = &content[content.len().saturating_sub(1_024)..];
        if content.starts_with(b"%PDF-") {
            return tail.windows(5).any(|five| five == b"%%EOF").then_some(Self::Pdf);
        }
        if content.starts_with(&[0xff, 0xd8, 0xff]) {
            // Cameras fill up with zeros behind the end.
            return tail.windows(2).any(|two| two == [0xff, 0xd9]).then_some(Self::Jpeg);
        }
        if content.starts_with(b"\x89PNG\r\n\x1a\n") && content.get(12..16) == Some(b"IHDR") {
            let side = |at: usize| Some(u32::from_be_bytes(content.get(at..at + 4)?.try_into().ok()?));
            let fits = |side: Option<u32>| side.is_some_and(|side| (1..=PICTURE_MAX).contains(&side));
            let whole = tail.windows(4).any(|four| four == b"IEND");
            return (fits(side(16)) && fits(side(20)) && whole).then_some(Self::Png);
        }
        None
    }

    /// As a media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The type of this media type.
    pub fn of_media_type(text: &str) -> Option<Self> {
        [Self::Pdf, Self::Jpeg, Self::Png].into_iter().find(|one| one.media_type() == text)
    }

    /// The end of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// A paper that is handed in: `POST /api/v1/filings/{id}/materials`, `POST /web/portal/filings/{id}/materials`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMaterial {
    /// 材料种类: `identity`, `form`, `household`, `residence`, `work`, `referral`, `commitment` or `other`.
    pub kind: String,
    /// The content in Base64: a PDF, JPEG or PNG of at most 5 MB.
    pub content: String,
}

/// What a filing carries: `GET /api/v1/filings/{id}/materials`, `GET /web/portal/filings/{id}/materials`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Materials {
    /// What was handed in, in the order in which it came.
    pub materials: Vec<MaterialView>,
    /// What its category asks for and has not come: of each group one.
    pub missing: Vec<WantedMaterial>,
    /// What reviewers have asked for beside (补正), the first first.
    pub supplements: Vec<SupplementView>,
    /// Whether something may be handed in now.
    pub may_add: bool,
    /// Whether something may be taken back now.
    pub may_remove: bool,
    /// How many it carries at most.
    pub most: u16,
}

/// One of these is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WantedMaterial {
    /// Any of these kinds will do.
    pub one_of: Vec<MaterialKind>,
}

impl WantedMaterial {
    /// Of these kinds.
    pub fn of(kinds: &[Kind]) -> Self {
        Self { one_of: kinds.iter().copied().map(MaterialKind::of).collect() }
    }
}

/// 材料种类.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MaterialKind {
    /// As programs name it.
    pub kind: String,
    /// In Chinese.
    pub name: String,
}

impl MaterialKind {
    /// Of a kind.
    pub fn of(kind: Kind) -> Self {
        Self { kind: kind.name().to_owned(), name: kind.chinese().to_owned() }
    }
}

/// A paper that was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MaterialView {
    /// Counted within the filing: `…/materials/{number}` is its content.
    pub number: u16,
    /// 材料种类.
    pub kind: String,
    /// 材料种类 in Chinese.
    pub kind_name: String,
    /// What its content is: `application/pdf`, `image/jpeg` or `image/png`.
    pub media_type: String,
    /// Bytes of its content.
    pub size: u32,
    /// Who handed it in.
    pub added_by: String,
    /// When.
    pub added_at: String,
}

impl MaterialView {
    /// What is shown of a paper.
    pub fn of(material: &Material) -> Self {
        Self {
            number: material.number,
            kind: material.kind.name().to_owned(),
            kind_name: material.kind.chinese().to_owned(),
            media_type: material.media_type.clone(),
            size: material.size,
            added_by: material.added_by.clone(),
            added_at: material.added_at.to_string(),
        }
    }
}

/// What a reviewer asked for beside (补正).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SupplementView {
    /// What the person is told.
    pub wanted: String,
    /// When it was asked.
    pub asked_at: String,
    /// The last day on which it is in time.
    pub due: Day,
    /// When something was handed in after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
    /// Whether its day is over and nothing has come.
    pub overdue: bool,
}

impl SupplementView {
    /// What is shown of it on a day.
    pub fn of(supplement: &Supplement, today: Day) -> Self {
        Self {
            wanted: supplement.wanted.clone(),
            asked_at: supplement.asked_at.to_string(),
            due: supplement.due,
            answered_at: supplement.answered_at.map(|at| at.to_string()),
            overdue: supplement.is_overdue_on(today),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a picture of so many points, and its end.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut content = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        content.extend(width.to_be_bytes());
        content.extend(height.to_be_bytes());
        content.extend(b"\x08\x02\0\0\0....\0\0\0\0IEND\xaeB`\x82");
        content
    }

    #[test]
    fn a_content_is_known_by_itself() {
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 1, 2, 0xff, 0xd9, 0, 0];
        for (content, expected) in [
            (b"%PDF-1.7\n...\n%%EOF\n".to_vec(), Some(ContentType::Pdf)),
            (b"%PDF-1.7\n...".to_vec(), None),
            (jpeg.to_vec(), Some(ContentType::Jpeg)),
            (jpeg[..5].to_vec(), None),
            (png(1_000, 800), Some(ContentType::Png)),
            (png(0, 800), None),
            (png(1_000, 4_000_000), None),
            (png(10, 10)[..30].to_vec(), None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), None),
            (b"<html>%PDF-1.7 %%EOF".to_vec(), None),
            (b"GIF89a".to_vec(), None),
            (Vec::new(), None),
        ] {
            assert_eq!(ContentType::of(&content), expected, "{content:?}");
        }
        for one in [ContentType::Pdf, ContentType::Jpeg, ContentType::Png] {
            assert_eq!(ContentType::of_media_type(one.media_type()), Some(one));
        }
        assert_eq!(ContentType::of_media_type("text/html"), None);
    }
}
