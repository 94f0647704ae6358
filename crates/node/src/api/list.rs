//! What all lists of pages have in common: how many rows a page has, how an address is read that holds Chinese words, and how a list becomes
//! a file.

use super::Answer;
use axum::{
    extract::Query,
    http::{Uri, header},
    response::IntoResponse,
};
use casework::access::Area;
use document::{Cell, Format, sheet};
use std::{collections::BTreeMap, str::FromStr};
use terms::{AdminDivision, Day, Refusal};

/// How many rows a page has if nobody says.
const PAGE: u16 = 50;
/// How many it has at most.
const PAGE_MAX: u16 = 100;
/// How many rows a file has at most.
pub(super) const FILE_ROWS_MAX: u16 = 10_000;

/// What an address asks, with what is escaped in it read: lists are looked through by names.
pub(super) struct Asked(BTreeMap<String, String>);

impl Asked {
    /// What this address asks.
    pub fn of(uri: &Uri) -> Result<Self, Refusal> {
        let read = Query::<BTreeMap<String, String>>::try_from_uri(uri);
        let Query(values) = read.map_err(|_| Refusal::invalid("?", "以&相连的名称=值，按UTF-8编码"))?;
        Ok(Self(values))
    }

    /// A value, if it is there and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A value that must be read where it is there.
    pub fn read<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Refusal> {
        self.text(name).map(|text| super::read(text, name, expected)).transpose()
    }

    /// By which of these names the list is sorted, and whether backwards: `name`, or `-name`. What is not said is the first of `orders`, as it
    /// stands there.
    pub fn sorted<'a>(&self, orders: &[&'a str]) -> Result<(&'a str, bool), Refusal> {
        let said = self.text("sort").unwrap_or_else(|| orders.first().copied().unwrap_or_default());
        let (name, backwards) = said.strip_prefix('-').map_or((said, false), |name| (name, true));
        let plain = |one: &&'a str| one.trim_start_matches('-');
        let found = orders.iter().map(plain).find(|one| *one == name);
        let names = || orders.iter().map(plain).collect::<Vec<_>>().join("或");
        let found = found.ok_or_else(|| Refusal::invalid("sort", format!("{}，倒序在前加-", names())))?;
        Ok((found, backwards))
    }

    /// The days from one to another: `from` and `until`, each where it is there.
    pub fn days(&self) -> Result<(Option<Day>, Option<Day>), Refusal> {
        let day = |name: &str| self.read::<Day>(name, "日期，形如2026-11-21");
        let (from, until) = (day("from")?, day("until")?);
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            return Err(Refusal::invalid("until", "不早于from的日期"));
        }
        Ok((from, until))
    }

    /// How many rows are asked for.
    pub fn rows(&self) -> Result<Rows, Refusal> {
        rows(self.read("limit", "1到100的整数")?, None)
    }
}

/// In what a list is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As JSON, a page.
    Page,
    /// As a file.
    File(Format),
}

/// The form of this name.
pub(super) fn form(name: Option<&str>) -> Result<Form, Refusal> {
    match name {
        None | Some("" | "json") => Ok(Form::Page),
        Some("csv") => Ok(Form::File(Format::Csv)),
        Some("xlsx") => Ok(Form::File(Format::Xlsx)),
        Some(_) => Err(Refusal::invalid("form", "csv或xlsx")),
    }
}

/// How many rows are asked for, and in what they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// So many.
    pub most: u16,
    /// In what.
    pub form: Form,
}

impl Rows {
    /// One more than is shown: whether another page follows shows in it.
    pub const fn asked(self) -> i64 {
        self.most as i64 + 1
    }

    /// Takes what is shown of what was found; and whether more follows.
    pub fn shown<T>(self, mut found: Vec<T>) -> (Vec<T>, bool) {
        let follows = found.len() > usize::from(self.most);
        found.truncate(usize::from(self.most));
        (found, follows)
    }
}

/// Reads how many rows are asked for, and in what form.
pub(super) fn rows(limit: Option<u16>, form_name: Option<&str>) -> Result<Rows, Refusal> {
    let form = form(form_name)?;
    let (usual, largest) = if form == Form::Page { (PAGE, PAGE_MAX) } else { (FILE_ROWS_MAX, FILE_ROWS_MAX) };
    let most = limit.unwrap_or(usual);
    if most == 0 || most > largest {
        return Err(Refusal::invalid("limit", format!("1到{largest}的整数")));
    }
    Ok(Rows { most, form })
}

/// A table as a file for people or programs.
pub(super) fn file(name: &str, format: Format, heads: &[&str], rows: Vec<Vec<Cell>>) -> Answer {
    let written = match format {
        Format::Csv | Format::Pdf => {
            let rows = rows.iter().map(|row| row.iter().map(plain).collect());
            // Spreadsheets take UTF-8 for it only with the mark in front.
            format!("\u{feff}{}", wire::csv::table(heads, rows)).into_bytes()
        }
        Format::Xlsx => sheet::write(&[sheet::Sheet { name: name.to_owned(), heads: owned(heads), rows }]),
    };
    attached(name, format, written)
}

/// A file that is saved under this name.
pub(super) fn attached(name: &str, format: Format, written: Vec<u8>) -> Answer {
    let end = format.extension();
    let encoded: String = name.bytes().map(|one| format!("%{one:02X}")).collect::<Vec<_>>().concat();
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"list.{end}\"; filename*=UTF-8''{encoded}.{end}"),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Answer(Box::new((headers, written).into_response()))
}

fn owned(heads: &[&str]) -> Vec<String> {
    heads.iter().map(|head| (*head).to_owned()).collect()
}

/// A cell as programs read it.
pub(super) fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Money(amount) => amount.to_string(),
        Cell::Count(count) => count.to_string(),
    }
}

/// What is looked through: where it is said to lie, as far as that is where whoever asks works. Nobody looks beyond.
pub(super) fn narrowed(
    said: Option<AdminDivision>,
    own: &Area,
    name: &str,
) -> Result<Option<AdminDivision>, Refusal> {
    let Some(own) = own.division() else { return Ok(said) };
    match said {
        None => Ok(Some(own)),
        Some(said) if lies_in(said, own) => Ok(Some(said)),
        // Whoever works in a part of what is named sees that part.
        Some(said) if lies_in(own, said) => Ok(Some(own)),
        Some(_) => Err(Refusal::invalid(name, format!("管辖范围内的区划（{own}）"))),
    }
}

/// Whether a division is the other one or lies in it.
pub(super) fn lies_in(one: AdminDivision, other: AdminDivision) -> bool {
    let is_whole_province = other == other.province().division();
    one == other
        || (is_whole_province && one.province() == other.province())
        || (other == other.pooling_area().division() && one.pooling_area() == other.pooling_area())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn division(text: &str) -> AdminDivision {
        text.parse().unwrap()
    }

    #[test]
    fn nobody_looks_beyond_where_he_works() {
        for (said, own, seen) in [
            (None, "420100", Ok("420100")),
            (Some("420106"), "420100", Ok("420106")),
            (Some("420100"), "420106", Ok("420106")),
            (Some("420000"), "420100", Ok("420100")),
            (Some("420500"), "420100", Err("field-invalid")),
            (Some("110000"), "420000", Err("field-invalid")),
            (Some("420500"), "420000", Ok("420500")),
            (Some("110105"), "110000", Ok("110105")),
        ] {
            let found = narrowed(said.map(division), &Area::of_division(division(own)), "insured");
            let found = found.map(Option::unwrap).map_err(|refusal| refusal.code().to_owned());
            assert_eq!(found, seen.map(division).map_err(str::to_owned), "{said:?} {own}");
        }
        assert_eq!(narrowed(None, &Area::Nation, "insured"), Ok(None));
    }

    #[test]
    fn a_page_has_few_rows_and_a_file_more() {
        for (limit, form, most) in [
            (None, None, Ok(50)),
            (Some(100), None, Ok(100)),
            (Some(101), None, Err(())),
            (Some(0), None, Err(())),
            (None, Some("csv"), Ok(10_000)),
            (None, Some("pdf"), Err(())),
        ] {
            assert_eq!(rows(limit, form).map(|rows| rows.most).map_err(drop), most, "{limit:?} {form:?}");
        }
    }

    #[test]
    fn an_order_is_one_of_those_that_there_are() {
        let sorted = |query: &str| {
            let asked = Asked::of(&format!("/x?{query}").parse().unwrap()).unwrap();
            asked.sorted(&["-issued", "amount"]).map_err(|refusal| refusal.code().to_owned())
        };
        assert_eq!(sorted(""), Ok(("issued", true)), "as it stands in the list");
        assert_eq!(sorted("sort=issued"), Ok(("issued", false)));
        assert_eq!(sorted("sort=-amount"), Ok(("amount", true)));
        assert_eq!(sorted("sort=name"), Err("field-invalid".to_owned()));
    }

    #[test]
    fn days_are_in_order() {
        let days = |query: &str| Asked::of(&format!("/x?{query}").parse().unwrap()).unwrap().days();
        assert_eq!(days("from=2026-11-02").unwrap(), (Some("2026-11-02".parse().unwrap()), None));
        assert!(days("from=2026-11-02&until=2026-11-01").is_err());
        assert!(days("from=2026-11-31").is_err());
    }

    #[test]
    fn words_of_an_address_are_read() {
        let uri: Uri = "/x?name=%E5%8D%8F%E5%92%8C+a&empty=&limit=7".parse().unwrap();
        let asked = Asked::of(&uri).unwrap();
        assert_eq!((asked.text("name"), asked.text("empty")), (Some("协和 a"), None));
        assert_eq!(asked.rows().unwrap().most, 7);
    }
}
