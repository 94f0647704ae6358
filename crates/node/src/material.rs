//! Materials of filings (备案材料) at the insured place: handed in, looked at, taken back, asked for beside (补正). Nothing of them leaves the
//! insured place.
//!
//! Whatever changes what a filing carries holds the person's year, as all moves of a filing do: the filing that is decided on is the one that
//! it was added to.

use crate::{
    access::Author,
    context::{Failure, Outcome},
    filing::{self, Looker, hold},
    insured::record_look,
    province::ProvinceNode,
};
use casework::{
    Filing,
    filing::Stage,
    material::{self, Kind, Material, Supplement},
};
use store::{
    Conn, Work, filing as register,
    material::{self as kept, Key},
};
use terms::{FilingId, Refusal};
use wire::api::{
    FilingView,
    material::{CONTENT_BYTES_MAX, ContentType},
};

/// How many papers of one person are taken in a day, those that were taken back too: nobody fills the database with what is handed in and
/// taken back. Ours.
const PAPERS_A_DAY: i64 = 40;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What a filing carries, and what may be done with it.
#[derive(Clone, Debug)]
pub struct Carried {
    /// What is there.
    pub materials: Vec<Material>,
    /// What its category asks for and is not there.
    pub missing: Vec<&'static [Kind]>,
    /// What was asked for beside.
    pub supplements: Vec<Supplement>,
    /// Whether something may be handed in.
    pub may_add: bool,
    /// Whether something may be taken back.
    pub may_remove: bool,
}

fn key_of(filing: &Filing) -> Key {
    (filing.insured.pooling_area(), filing.id)
}

fn unknown(id: FilingId) -> Refusal {
    Refusal::UnknownFiling { filing_id: id.to_string() }
}

/// Says of filings in a list for which of them a reviewer waits for more.
pub async fn tell_awaited(conn: &mut Conn, filings: &[Filing], views: &mut [FilingView]) -> Outcome<()> {
    let waiting: Vec<Key> =
        filings.iter().filter(|filing| filing.stage == Stage::Submitted).map(key_of).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let due = kept::awaited(conn, &waiting).await?;
    for view in views {
        view.supplement_due = due.get(&view.id.to_string()).copied();
    }
    Ok(())
}

/// What a filing carries. Kinds and days of papers are no personal data: a look is recorded where one is opened.
pub async fn list(node: &ProvinceNode, id: FilingId) -> Result<Carried, Refusal> {
    let look = async {
        let mut conn = node.context.store.conn().await?;
        let filing = register::find(&mut conn, id).await?.ok_or_else(|| unknown(id))?;
        let all = kept::list(&mut conn, key_of(&filing)).await?;
        let supplements = kept::supplements(&mut conn, key_of(&filing)).await?;
        Ok(carried(node, &filing, all, supplements))
    };
    look.await.map_err(|failure: Failure| failure.refusal())
}

fn carried(
    node: &ProvinceNode,
    filing: &Filing,
    all: Vec<Material>,
    supplements: Vec<Supplement>,
) -> Carried {
    let missing = material::missing(filing, &all);
    let may_add = material::may_add(filing, &all, &node.settings.filing_rules).is_ok();
    let may_remove = material::may_remove(filing).is_ok();
    let materials = all.into_iter().filter(|one| one.removed_at.is_none()).collect();
    Carried { materials, missing, supplements, may_add, may_remove }
}

/// Hands a paper in.
///
/// # Errors
/// [`Refusal::FieldInvalid`] if the content is nothing that is taken, [`Refusal::FilingRule`] if the filing takes none now.
pub(crate) async fn add(
    node: &ProvinceNode,
    id: FilingId,
    (kind, content): (Kind, &[u8]),
    (name, author): (&str, &Author),
) -> Result<Carried, Refusal> {
    if content.is_empty() || content.len() > CONTENT_BYTES_MAX {
        let most = CONTENT_BYTES_MAX >> 20;
        return Err(Refusal::invalid("content", format!("不超过{most}MB的文件，过大的请压缩后上传")));
    }
    let found = ContentType::of(content);
    let of = found.ok_or_else(|| Refusal::invalid("content", "完整的PDF、JPEG或PNG文件"))?;
    let added = change(node, id, async |work, filing, all| {
        material::may_add(filing, all, &node.settings.filing_rules)?;
        let now = node.context.now();
        let key = key_of(filing);
        let of_day = kept::count_since(work.conn(), (key.0, &filing.person), now.plus_millis(-DAY)).await?;
        if of_day >= PAPERS_A_DAY {
            let reason = format!("一天最多上传{PAPERS_A_DAY}份材料，请明天再传，或带到参保地经办窗口");
            return Err(Refusal::FilingRule { reason }.into());
        }
        let paper = Material {
            number: material::next_number(all),
            kind,
            media_type: of.media_type().to_owned(),
            size: u32::try_from(content.len()).expect("a few megabytes"),
            added_by: name.to_owned(),
            added_at: now,
            removed_at: None,
        };
        kept::insert(work, key, &filing.person, &paper, content).await?;
        kept::answer(work, key, now).await?;
        author.enters(&node.context, work, &filing::subject(filing.id)).await?;
        Ok(())
    });
    added.await.map_err(Failure::refusal)
}

/// Takes a paper back.
///
/// # Errors
/// [`Refusal::FilingRule`] once the filing is decided on, or if there is no such paper.
pub async fn remove(node: &ProvinceNode, id: FilingId, number: u16) -> Result<Carried, Refusal> {
    let removed = change(node, id, async |work, filing, _| {
        material::may_remove(filing)?;
        if !kept::remove(work, key_of(filing), number, node.context.now()).await? {
            return Err(no_such(number).into());
        }
        Ok(())
    });
    removed.await.map_err(Failure::refusal)
}

/// 补正: asks for something beside.
///
/// # Errors
/// [`Refusal::FilingRule`] as [`material::ask`] says.
pub async fn ask(node: &ProvinceNode, id: FilingId, wanted: &str, by: &str) -> Result<Carried, Refusal> {
    let asked = change(node, id, async |work, filing, _| {
        let before = kept::supplements(work.conn(), key_of(filing)).await?;
        let rules = &node.settings.filing_rules;
        let asked = material::ask(filing, &before, (wanted, by), rules, node.context.now())?;
        kept::ask(work, key_of(filing), &asked).await?;
        Ok(())
    });
    asked.await.map_err(Failure::refusal)
}

/// A paper with its content, and a record of the look.
pub async fn open(
    node: &ProvinceNode,
    id: FilingId,
    number: u16,
    looker: Looker<'_>,
) -> Result<(Material, Vec<u8>), Refusal> {
    let look = async {
        let mut work = node.context.store.begin().await?;
        let filing = register::find(work.conn(), id).await?.ok_or_else(|| unknown(id))?;
        let found = kept::find(work.conn(), key_of(&filing), number).await?.ok_or_else(|| no_such(number))?;
        let area = filing.insured.pooling_area();
        record_look(node, &mut work, area, &filing.person, looker.name, looker.purpose).await?;
        work.save().await?;
        Ok(found)
    };
    look.await.map_err(|failure: Failure| failure.refusal())
}

fn no_such(number: u16) -> Refusal {
    Refusal::FilingRule {
        reason: format!("没有第{number}号材料，或已删去，请刷新后再办理")
    }
}

/// Changes what a filing carries, and gives what it carries then.
async fn change(
    node: &ProvinceNode,
    id: FilingId,
    decide: impl AsyncFnOnce(&mut Work, &Filing, &[Material]) -> Outcome<()>,
) -> Outcome<Carried> {
    let mut work = node.context.store.begin().await?;
    let before = register::find(work.conn(), id).await?.ok_or_else(|| unknown(id))?;
    hold(&mut work, before.insured, (&before.person, before.scheme), before.filed_at).await?;
    // As it stands now that nobody else decides.
    let filing = register::find(work.conn(), id).await?.ok_or_else(|| unknown(id))?;
    let all = kept::list(work.conn(), key_of(&filing)).await?;
    decide(&mut work, &filing, &all).await?;
    let all = kept::list(work.conn(), key_of(&filing)).await?;
    let supplements = kept::supplements(work.conn(), key_of(&filing)).await?;
    work.save().await?;
    Ok(carried(node, &filing, all, supplements))
}
