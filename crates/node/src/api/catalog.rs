//! 三大目录查询 and 目录对照: what the treatment place's catalog says of an item on a day, what institutions have mapped to it, and what about
//! that does not fit. The catalog is in memory; pairs are read page by page.

use super::{
    Answer, Clerk,
    list::{self, Asked, Form, narrowed},
};
use crate::{
    context::{Failure, Outcome},
    hospital::catalog::list_type_of,
    job,
    province::ProvinceNode,
};
use axum::{Router, extract::State, http::Uri, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use benefit::{
    CatalogItem,
    catalog::pair::{Deviation, Pair, deviations},
};
use casework::access::Area;
use document::Cell;
use std::{cmp::Ordering, sync::Arc};
use store::{
    mapping::{self, Found, Mark, Progress, ProgressWanted, Wanted},
    search::InstitutionOrder,
};
use terms::{
    CatalogClass, ChargeCategory, Day, Rate, Refusal, SettlementLevel,
    pinyin::{Typed, initials},
};
use wire::api::catalog::{
    CatalogItemView, CatalogItems, DeviationView, LimitsView, MappingInstitution, MappingProgress,
    MappingView, Mappings, ShareView,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/catalog", get(items))
        .route("/api/v1/mappings", get(mappings))
        .route("/api/v1/mappings/institutions", get(institutions))
}

// ------------------------------------------------------------------ the catalog

/// 目录类别 as the interface numbers it.
const LISTS: [(&str, &str); 5] = [
    ("101", "西药和中成药"),
    ("102", "中药饮片"),
    ("105", "医疗机构制剂等"),
    ("201", "医疗服务项目"),
    ("301", "医用耗材"),
];

fn list_name(code: &str) -> &'static str {
    LISTS.iter().find(|(one, _)| *one == code).map_or("", |(_, name)| name)
}

/// By what items are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Code,
    Name,
    Share,
    Limit,
}

/// What of the catalog is asked for.
struct ItemsWanted<'a> {
    text: Option<&'a str>,
    typed: Option<Typed>,
    list: Option<&'a str>,
    category: Option<&'a str>,
    class: Option<&'a str>,
    day: Day,
    /// Also what does not hold on the day.
    history: bool,
    sort: Sort,
    backwards: bool,
    after: Option<(String, Day)>,
}

impl<'a> ItemsWanted<'a> {
    fn of(asked: &'a Asked, today: Day) -> Result<Self, Refusal> {
        let one_of = |name: &str, words: &str, known: &dyn Fn(&str) -> bool| match asked.text(name) {
            Some(code) if !known(code) => Err(Refusal::invalid(name, words)),
            code => Ok(code),
        };
        let sort = asked.text("sort").unwrap_or("code");
        let backwards = sort.starts_with('-');
        let sort = match sort.trim_start_matches('-') {
            "code" => Sort::Code,
            "name" => Sort::Name,
            "share" => Sort::Share,
            "limit" => Sort::Limit,
            _ => return Err(Refusal::invalid("sort", "code、name、share或limit，倒序在前加-")),
        };
        let mark = |text: &str| {
            let (code, from) = text.rsplit_once('.')?;
            Some((code.to_owned(), from.parse().ok()?))
        };
        let after = asked.text("after");
        let after = after.map(|text| mark(text).ok_or_else(|| Refusal::invalid("after", "上一页的next")));
        Ok(Self {
            text: asked.text("text"),
            typed: asked.text("text").and_then(Typed::read),
            list: one_of("list", "目录类别101、102、105、201或301", &|code| {
                LISTS.iter().any(|(one, _)| *one == code)
            })?,
            category: one_of("category", "大类01至14", &|code| {
                ChargeCategory::ALL.iter().any(|one| one.code() == code)
            })?,
            class: one_of("class", "01甲类、02乙类或03丙类", &|code| {
                CatalogClass::ALL.iter().any(|one| one.code() == code)
            })?,
            day: asked.read("day", "yyyy-MM-dd形式的日期")?.unwrap_or(today),
            history: asked.read("history", "true或false")?.unwrap_or(false),
            sort,
            backwards,
            after: after.transpose()?,
        })
    }

    fn takes(&self, item: &CatalogItem) -> bool {
        let named = |text: &str| {
            item.name.contains(text)
                || item.code.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text))
                || self.typed.as_ref().is_some_and(|typed| typed.is_in(&item.letters))
        };
        self.text.is_none_or(named)
            && self.list.is_none_or(|list| list == list_type_of(&item.code))
            && self.category.is_none_or(|code| code == item.category.code())
            && self.class.is_none_or(|code| code == item.class.code())
            && (self.history || item.is_valid_on(self.day))
    }

    /// In which order two items come; the code and the first day decide where nothing else does.
    fn compare(&self, one: &CatalogItem, other: &CatalogItem) -> Ordering {
        let by = match self.sort {
            Sort::Code => Ordering::Equal,
            Sort::Name => one.name.cmp(&other.name),
            Sort::Share => largest_share(one).cmp(&largest_share(other)),
            // What has no limit comes behind every limit.
            Sort::Limit => {
                let limit = |item: &CatalogItem| {
                    item.limits.iter().flatten().map(|price| price.as_micro_yuan()).max().unwrap_or(i64::MAX)
                };
                limit(one).cmp(&limit(other))
            }
        };
        let by = by.then_with(|| (&one.code, one.from).cmp(&(&other.code, other.from)));
        if self.backwards { by.reverse() } else { by }
    }
}

/// The largest first share that a line of an item may bear.
fn largest_share(item: &CatalogItem) -> Rate {
    match (&item.general, item.class) {
        (Some(general), CatalogClass::A | CatalogClass::B) => {
            general.shares.iter().map(|share| share.rate).max().unwrap_or(Rate::NONE)
        }
        _ => item.first_self_pay,
    }
}

async fn items(State(node): Node, _: Clerk, progress: job::Progress, uri: Uri) -> Result<Answer, Answer> {
    progress.looks();
    let asked = Asked::of(&uri)?;
    let rows = list::rows(asked.read("limit", "1到100的整数")?, asked.text("form"))?;
    let wanted = ItemsWanted::of(&asked, node.context.now().day())?;
    let mut found: Vec<&CatalogItem> =
        node.settings.catalog.items().filter(|item| wanted.takes(item)).collect();
    found.sort_unstable_by(|one, other| wanted.compare(one, other));
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let begin = wanted.after.as_ref().map_or(0, |(code, from)| {
        let is_it = |item: &&CatalogItem| (&item.code, item.from) == (code, *from);
        found.iter().position(is_it).map_or(found.len(), |at| at + 1)
    });
    let page: Vec<&CatalogItem> = found.iter().skip(begin).take(usize::from(rows.most)).copied().collect();
    let follows = begin + page.len() < found.len();
    let next = page.last().filter(|_| follows).map(|last| format!("{}.{}", last.code, last.from));
    progress.writes();
    let items = page.into_iter().map(|item| item_view(item, wanted.day)).collect();
    let answer = CatalogItems { items, count, next };
    Ok(match rows.form {
        Form::Page => Answer::json(&answer),
        Form::File(format) => {
            list::file("医保目录", format, &ITEM_HEADS, answer.items.into_iter().map(item_cells).collect())
        }
    })
}

fn item_view(item: &CatalogItem, day: Day) -> CatalogItemView {
    let limit = |at: usize| item.limits[at].map(|price| price.to_string());
    let list = list_type_of(&item.code);
    CatalogItemView {
        code: item.code.clone(),
        name: item.name.clone(),
        initials: initials(&item.name),
        list: list.to_owned(),
        list_name: list_name(list).to_owned(),
        category: item.category.code().to_owned(),
        category_name: item.category.chinese().to_owned(),
        class: item.class.code().to_owned(),
        class_name: item.class.chinese().to_owned(),
        origin: item.origin.map(|origin| origin.chinese().to_owned()),
        limits: LimitsView { primary: limit(0), secondary: limit(1), tertiary: limit(2) },
        shares: shares(item),
        from: item.from,
        to: item.to,
        valid: item.is_valid_on(day),
    }
}

fn shares(item: &CatalogItem) -> Vec<ShareView> {
    let own = |rate: Rate, is_final: bool| ShareView {
        rate: rate.to_string(),
        levels: Vec::new(),
        over: None,
        to: None,
        is_final,
        source: None,
    };
    let (Some(general), CatalogClass::A | CatalogClass::B) = (&item.general, item.class) else {
        return vec![own(item.first_self_pay, item.is_final)];
    };
    if general.shares.is_empty() {
        return vec![own(Rate::NONE, false)];
    }
    let share = |share: &benefit::catalog::Share| ShareView {
        rate: share.rate.to_string(),
        levels: share.levels.iter().map(|level| SettlementLevel::chinese(level).to_owned()).collect(),
        over: (share.over.as_micro_yuan() > 0).then(|| share.over.to_string()),
        to: share.to.map(|price| price.to_string()),
        is_final: share.is_final,
        source: Some(share.citation.text.to_string()),
    };
    general.shares.iter().map(share).collect()
}

/// `10%（三级，单价200.00以上至1000.00）；20%`.
fn shares_in_words(shares: &[ShareView]) -> String {
    let one = |share: &ShareView| {
        let mut when = share.levels.clone();
        match (&share.over, &share.to) {
            (Some(over), Some(to)) => when.push(format!("单价{over}以上至{to}")),
            (Some(over), None) => when.push(format!("单价{over}以上")),
            (None, Some(to)) => when.push(format!("单价{to}及以下")),
            (None, None) => {}
        }
        if share.is_final {
            when.push("余额全额纳入".to_owned());
        }
        if when.is_empty() { share.rate.clone() } else { format!("{}（{}）", share.rate, when.join("，")) }
    };
    shares.iter().map(one).collect::<Vec<_>>().join("；")
}

const ITEM_HEADS: [&str; 12] = [
    "医疗目录编码",
    "名称",
    "拼音助记码",
    "目录类别",
    "大类",
    "等级",
    "产地",
    "先行自付",
    "一级限价（元）",
    "二级限价（元）",
    "三级限价（元）",
    "有效期",
];

fn item_cells(item: CatalogItemView) -> Vec<Cell> {
    let text = |value: Option<String>| value.map_or(Cell::Empty, Cell::from);
    let until = item.to.map_or_else(|| "至今".to_owned(), |to| format!("至{to}"));
    vec![
        item.code.into(),
        item.name.into(),
        item.initials.into(),
        item.list_name.into(),
        item.category_name.into(),
        item.class_name.into(),
        text(item.origin),
        shares_in_words(&item.shares).into(),
        text(item.limits.primary),
        text(item.limits.secondary),
        text(item.limits.tertiary),
        format!("{}{until}", item.from).into(),
    ]
}

// ------------------------------------------------------------------ pairs

/// How many pairs are read at once where only some of them are shown …
const READ_AT_ONCE: i64 = 500;
/// … and how many for one page at most: whoever asks on goes on behind them.
const READ_MAX: i64 = 10_000;

/// Which pairs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    All,
    Valid,
    Ended,
    Deviating,
}

async fn mappings(
    State(node): Node,
    clerk: Clerk,
    progress: job::Progress,
    uri: Uri,
) -> Result<Answer, Answer> {
    progress.looks();
    let asked = Asked::of(&uri)?;
    let rows = list::rows(asked.read("limit", "1到100的整数")?, asked.text("form"))?;
    let day = asked.read("day", "yyyy-MM-dd形式的日期")?.unwrap_or(node.context.now().day());
    let show = match asked.text("show") {
        None | Some("all") => Show::All,
        Some("valid") => Show::Valid,
        Some("ended") => Show::Ended,
        Some("deviating") => Show::Deviating,
        Some(_) => return Err(Refusal::invalid("show", "all、valid、ended或deviating").into()),
    };
    let own = clerk.area();
    // Who works at an institution sees that one's.
    let only = match &own {
        Area::Institution { code, .. } => Some(code.to_string()),
        _ => None,
    };
    let wanted = Wanted {
        area: narrowed(asked.read("area", "六位区划")?, &own, "area")?,
        institution: only.as_deref().or(asked.text("institution")),
        text: asked.text("text"),
        valid: match show {
            Show::Valid => Some((day, true)),
            Show::Ended => Some((day, false)),
            Show::All | Show::Deviating => None,
        },
        after: asked.text("after").map(read_mark).transpose()?,
        most: rows.asked(),
    };
    let (found, next) = pairs(&node, wanted, rows.most, (show, day)).await.map_err(Failure::refusal)?;
    progress.writes();
    let mappings: Vec<MappingView> = found.iter().map(|one| mapping_view(&node, one, day)).collect();
    let next = next.map(|mark| written_mark(&mark));
    Ok(match rows.form {
        Form::Page => Answer::json(&Mappings { mappings, next }),
        Form::File(format) => {
            list::file("目录对照", format, &MAPPING_HEADS, mappings.into_iter().map(mapping_cells).collect())
        }
    })
}

/// A page of pairs, and what to ask on with. Where only those that do not fit are shown, more are read than are shown.
async fn pairs(
    node: &ProvinceNode,
    mut wanted: Wanted<'_>,
    most: u16,
    (show, day): (Show, Day),
) -> Outcome<(Vec<Found>, Option<Mark>)> {
    let mut conn = node.context.store.conn().await?;
    let most = usize::from(most);
    if show != Show::Deviating {
        let mut found = mapping::search(&mut conn, &wanted).await?;
        let follows = found.len() > most;
        found.truncate(most);
        let next = found.last().filter(|_| follows).map(|last| last.mark.clone());
        return Ok((found, next));
    }
    let (mut shown, mut read) = (Vec::new(), 0);
    loop {
        let some = mapping::search(&mut conn, &Wanted { most: READ_AT_ONCE, ..wanted.clone() }).await?;
        let is_last = i64::try_from(some.len()).unwrap_or(i64::MAX) < READ_AT_ONCE;
        read += READ_AT_ONCE;
        for one in some {
            wanted.after = Some(one.mark.clone());
            if !found_deviations(node, &one, day).is_empty() {
                shown.push(one);
                if shown.len() == most {
                    return Ok((shown, wanted.after));
                }
            }
        }
        if is_last {
            return Ok((shown, None));
        }
        if read >= READ_MAX {
            return Ok((shown, wanted.after));
        }
    }
}

/// A mark as an address carries it.
fn written_mark(mark: &Mark) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(mark).expect("texts and a number"))
}

fn read_mark(text: &str) -> Result<Mark, Refusal> {
    let read = || serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    read().ok_or_else(|| Refusal::invalid("after", "上一页的next"))
}

fn found_deviations(node: &ProvinceNode, found: &Found, day: Day) -> Vec<Deviation> {
    let pair = &found.mapping;
    // What ended is of no line any more.
    if !pair.is_valid_on(day) {
        return Vec::new();
    }
    let list_of_item = list_type_of(&pair.item);
    let (item, name, list) = (&pair.item, &pair.name, &pair.list_type);
    deviations(&node.settings.catalog, Pair { item, name, list, list_of_item }, day)
}

fn mapping_view(node: &ProvinceNode, found: &Found, day: Day) -> MappingView {
    let pair = &found.mapping;
    let item = node.settings.catalog.find(&pair.item, day);
    let state = if day < pair.from {
        "to_come"
    } else if pair.is_valid_on(day) {
        "valid"
    } else {
        "ended"
    };
    let deviation =
        |one: Deviation| DeviationView { kind: one.name().to_owned(), words: one.chinese().to_owned() };
    MappingView {
        institution: found.institution.clone(),
        institution_name: found.institution_name.clone(),
        local_item: pair.local_item.clone(),
        local_name: pair.name.clone(),
        list: pair.list_type.clone(),
        item: pair.item.clone(),
        item_name: item.map(|item| item.name.clone()),
        class_name: item.map(|item| item.class.chinese().to_owned()),
        from: pair.from,
        to: pair.to,
        state: state.to_owned(),
        deviations: found_deviations(node, found, day).into_iter().map(deviation).collect(),
        changed_at: pair.changed_at.to_string(),
    }
}

const MAPPING_HEADS: [&str; 11] = [
    "机构编号",
    "机构名称",
    "机构目录编号",
    "机构目录名称",
    "医疗目录编码",
    "医保目录名称",
    "等级",
    "开始日期",
    "结束日期",
    "状态",
    "偏差",
];

fn mapping_cells(pair: MappingView) -> Vec<Cell> {
    let text = |value: Option<String>| value.map_or(Cell::Empty, Cell::from);
    let state = match pair.state.as_str() {
        "valid" => "有效",
        "to_come" => "未到开始日期",
        _ => "已结束",
    };
    let words: Vec<String> = pair.deviations.into_iter().map(|one| one.words).collect();
    vec![
        pair.institution.to_string().into(),
        pair.institution_name.into(),
        pair.local_item.into(),
        pair.local_name.into(),
        pair.item.into(),
        text(pair.item_name),
        text(pair.class_name),
        pair.from.to_string().into(),
        pair.to.to_string().into(),
        state.into(),
        words.join("；").into(),
    ]
}

// ------------------------------------------------------------------ how far institutions have come

async fn institutions(
    State(node): Node,
    clerk: Clerk,
    progress: job::Progress,
    uri: Uri,
) -> Result<Answer, Answer> {
    progress.looks();
    let asked = Asked::of(&uri)?;
    let rows = list::rows(asked.read("limit", "1到100的整数")?, asked.text("form"))?;
    let own = clerk.area();
    let only = match &own {
        Area::Institution { code, .. } => Some(code.to_string()),
        _ => None,
    };
    let mark = |text: &str| {
        let (area, code) = text.split_once('.')?;
        Some((area.parse().ok()?, code.parse().ok()?))
    };
    let after = asked.text("after");
    let after = after.map(|text| mark(text).ok_or_else(|| Refusal::invalid("after", "上一页的next")));
    let (sort, backwards) = asked.sorted(&["code", "name", "place"])?;
    let order = InstitutionOrder::ALL.into_iter().find(|(name, _)| *name == sort).map(|(_, order)| order);
    let wanted = ProgressWanted {
        area: narrowed(asked.read("area", "六位区划")?, &own, "area")?,
        institution: only.as_deref().or(asked.text("institution")),
        name: asked.text("name"),
        used: asked.read("used", "true或false")?,
        day: asked.read("day", "yyyy-MM-dd形式的日期")?.unwrap_or(node.context.now().day()),
        order: order.unwrap_or_default(),
        backwards,
        after: after.transpose()?,
        most: rows.asked(),
    };
    let find = async {
        let mut conn = node.context.store.conn().await?;
        Ok(mapping::progress(&mut conn, &wanted).await?)
    };
    let found = find.await.map_err(|failure: Failure| failure.refusal())?;
    progress.writes();
    let (found, follows) = rows.shown(found);
    let next = found.last().filter(|_| follows);
    let next = next.map(|last| format!("{}.{}", last.place.pooling_area(), last.institution));
    let institutions: Vec<MappingInstitution> = found.into_iter().map(progress_view).collect();
    Ok(match rows.form {
        Form::Page => Answer::json(&MappingProgress { institutions, next }),
        Form::File(format) => {
            let cells = |one: MappingInstitution| -> Vec<Cell> {
                vec![
                    one.institution.to_string().into(),
                    one.name.into(),
                    one.place_name.into(),
                    Cell::Count(one.pairs),
                    Cell::Count(one.valid),
                    one.changed_at.map_or(Cell::Empty, Cell::from),
                ]
            };
            let heads = ["机构编号", "机构名称", "所在地", "对照条数", "有效条数", "最近变更"];
            list::file("机构目录对照", format, &heads, institutions.into_iter().map(cells).collect())
        }
    })
}

fn progress_view(one: Progress) -> MappingInstitution {
    MappingInstitution {
        institution: one.institution,
        name: one.name,
        place_name: one.place.full_name(),
        place: one.place,
        pairs: one.pairs,
        valid: one.valid,
        changed_at: one.changed_at.map(|at| at.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use benefit::Catalog;

    fn catalog() -> Catalog {
        let text = format!(
            "{}\nXA01,阿司匹林肠溶片,09,01,0%,,,,2024-01-01,\nXA02,头孢曲松钠,09,02,10%,5,6,7.5,2024-01-01,2025-12-31\n\
             XA02,头孢曲松钠注射液,09,02,15%,,,8,2026-01-01,\nC0101,吻合器,13,02,20%,100,100,100,2024-01-01,\n\
             00110,普通病房床位费,01,03,100%,,,,2024-01-01,\n",
            benefit::catalog::HEAD
        );
        Catalog::load("test", &text).unwrap()
    }

    fn found(query: &str) -> Vec<String> {
        let uri: Uri = format!("/x?{query}").parse().unwrap();
        let asked = Asked::of(&uri).unwrap();
        let wanted = ItemsWanted::of(&asked, "2026-11-21".parse().unwrap()).unwrap();
        let catalog = catalog();
        let mut found: Vec<_> = catalog.items().filter(|item| wanted.takes(item)).collect();
        found.sort_unstable_by(|one, other| wanted.compare(one, other));
        found.iter().map(|item| format!("{} {}", item.code, item.from)).collect()
    }

    #[test]
    fn items_are_found_by_name_code_letters_and_day() {
        for (query, items) in [
            ("", vec!["00110 2024-01-01", "C0101 2024-01-01", "XA01 2024-01-01", "XA02 2026-01-01"]),
            ("text=tbqs", vec!["XA02 2026-01-01"]),
            ("text=toubao", vec!["XA02 2026-01-01"]),
            ("text=xa0", vec!["XA01 2024-01-01", "XA02 2026-01-01"]),
            ("text=%E5%90%BB%E5%90%88", vec!["C0101 2024-01-01"]),
            ("text=xa02&day=2025-06-01", vec!["XA02 2024-01-01"]),
            ("text=xa02&history=true", vec!["XA02 2024-01-01", "XA02 2026-01-01"]),
            ("list=301", vec!["C0101 2024-01-01"]),
            ("class=03", vec!["00110 2024-01-01"]),
            ("category=13", vec!["C0101 2024-01-01"]),
            ("list=101&sort=-code", vec!["XA02 2026-01-01", "XA01 2024-01-01"]),
            ("sort=-share&class=02", vec!["C0101 2024-01-01", "XA02 2026-01-01"]),
            ("sort=limit&class=02", vec!["XA02 2026-01-01", "C0101 2024-01-01"]),
        ] {
            assert_eq!(found(query), items, "{query}");
        }
        for query in ["list=1", "class=x", "category=99", "sort=x", "day=x", "history=x", "after=x"] {
            let uri: Uri = format!("/x?{query}").parse().unwrap();
            let asked = Asked::of(&uri).unwrap();
            assert!(ItemsWanted::of(&asked, "2026-11-21".parse().unwrap()).is_err(), "{query}");
        }
    }

    #[test]
    fn a_mark_comes_back_as_it_went() {
        let mark: Mark =
            (420_100, "H42010600001".to_owned(), "本院~A/1".to_owned(), "101".to_owned(), "XA01".to_owned());
        let written = written_mark(&mark);
        assert!(written.bytes().all(|one| one.is_ascii_alphanumeric() || b"-_".contains(&one)));
        assert_eq!(read_mark(&written), Ok(mark));
        assert!(read_mark("x").is_err());
    }

    #[test]
    fn shares_are_said_in_words() {
        let share = ShareView {
            rate: "10%".to_owned(),
            levels: vec!["三级".to_owned()],
            over: Some("200.00".to_owned()),
            to: Some("1000.00".to_owned()),
            is_final: true,
            source: None,
        };
        let plain = ShareView { levels: Vec::new(), over: None, to: None, is_final: false, ..share.clone() };
        assert_eq!(
            shares_in_words(&[share, plain]),
            "10%（三级，单价200.00以上至1000.00，余额全额纳入）；10%"
        );
    }
}
