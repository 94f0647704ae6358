//! Which national item an item of an institution's own is, each pair from a day to a day.

use crate::{
    Conn, Error, Result, Work,
    row::{area_of, day_if, division, moment, moment_if, parsed, texts},
    search::{InstitutionOrder, numbers_in, push_institution_order, push_limit},
};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow, types::Json};
use std::collections::BTreeMap;
use terms::{AdminDivision, Day, InstitutionCode, Moment, PoolingArea, pinyin::Typed};

/// One pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// 定点医药机构目录编号.
    pub local_item: String,
    /// 目录类别.
    pub list_type: String,
    /// 医疗目录编码.
    pub item: String,
    /// 定点医药机构目录名称.
    pub name: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
    /// When it was uploaded.
    pub changed_at: Moment,
}

impl Mapping {
    /// Whether it holds on a day.
    pub fn is_valid_on(&self, day: Day) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// Keeps a pair, in place of the same pair with other days.
pub async fn put(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    mapping: &Mapping,
) -> Result<()> {
    sqlx::query(
        "insert into mapping (area, institution, local_item, list_type, item, name, from_day, to_day, registration,
                              changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (area, institution, local_item, list_type, item) do update set
             name = excluded.name, from_day = excluded.from_day, to_day = excluded.to_day,
             registration = excluded.registration, changed_at = excluded.changed_at",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(&mapping.local_item)
    .bind(&mapping.list_type)
    .bind(&mapping.item)
    .bind(&mapping.name)
    .bind(mapping.from.number())
    .bind(mapping.to.number())
    .bind(Json(&mapping.registration))
    .bind(mapping.changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Takes a pair back; false if there is none.
pub async fn remove(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    (local_item, list_type, item): (&str, &str, &str),
) -> Result<bool> {
    let done = sqlx::query(
        "delete from mapping
         where area = $1 and institution = $2 and local_item = $3 and list_type = $4 and item = $5",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(local_item)
    .bind(list_type)
    .bind(item)
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An institution's pairs of these items of its own, or all of them, in the order of their keys.
pub async fn list(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    local_items: Option<&[String]>,
) -> Result<Vec<Mapping>> {
    let rows = sqlx::query(
        "select * from mapping
         where area = $1 and institution = $2 and ($3::text[] is null or local_item = any($3))
         order by local_item, list_type, item",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(local_items)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Whether an institution has uploaded any pair.
pub async fn is_used(conn: &mut Conn, (area, institution): (PoolingArea, &InstitutionCode)) -> Result<bool> {
    let one = sqlx::query("select 1 from mapping where area = $1 and institution = $2 limit 1")
        .bind(area_of(area))
        .bind(institution.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(one.is_some())
}

/// The key of a pair in a list: area, institution, its own item, list, national item.
pub type Mark = (i32, String, String, String, String);

/// Which pairs.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// A province, pooling area or county in which the institution is.
    pub area: Option<AdminDivision>,
    /// The institution.
    pub institution: Option<&'a str>,
    /// Words of a name, or the beginning of either code.
    pub text: Option<&'a str>,
    /// Only those that hold on this day; or, with `false`, only those that do not.
    pub valid: Option<(Day, bool)>,
    /// The last row of the page before.
    pub after: Option<Mark>,
    /// So many at most.
    pub most: i64,
}

/// A pair with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its key.
    pub mark: Mark,
    /// The institution.
    pub institution: InstitutionCode,
    /// Its name.
    pub institution_name: String,
    /// The pair.
    pub mapping: Mapping,
}

/// Pairs of all institutions, in the order of their keys.
pub async fn search(conn: &mut Conn, wanted: &Wanted<'_>) -> Result<Vec<Found>> {
    const KEY: &str =
        "mapping.area, mapping.institution, mapping.local_item, mapping.list_type, mapping.item";
    let mut query = QueryBuilder::<Postgres>::new(
        "select mapping.*, institution.name as institution_name
         from mapping join institution on institution.area = mapping.area and institution.code = mapping.institution where true",
    );
    if let Some(area) = wanted.area {
        let (first, last) = numbers_in(area);
        query.push(" and institution.place >= ").push_bind(first);
        query.push(" and institution.place <= ").push_bind(last);
    }
    if let Some(code) = wanted.institution {
        query.push(" and mapping.institution = ").push_bind(code.to_owned());
    }
    if let Some(text) = wanted.text {
        query.push(" and (strpos(mapping.name, ").push_bind(text.to_owned()).push(") > 0");
        for column in ["local_item", "item"] {
            query.push(format!(" or starts_with(mapping.{column}, ")).push_bind(text.to_owned()).push(")");
        }
        query.push(")");
    }
    if let Some((day, holds)) = wanted.valid {
        query
            .push(if holds { " and " } else { " and not " })
            .push("(mapping.from_day <= ")
            .push_bind(day.number());
        query.push(" and mapping.to_day >= ").push_bind(day.number()).push(")");
    }
    if let Some((area, institution, local_item, list_type, item)) = &wanted.after {
        query.push(format!(" and ({KEY}) > (")).push_bind(*area);
        for part in [institution, local_item, list_type, item] {
            query.push(", ").push_bind(part.clone());
        }
        query.push(")");
    }
    query.push(format!(" order by {KEY}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    let found = |row: &PgRow| {
        let mapping = read(row)?;
        let institution: InstitutionCode = parsed(row, "institution")?;
        let mark = (
            row.try_get("area")?,
            institution.to_string(),
            mapping.local_item.clone(),
            mapping.list_type.clone(),
            mapping.item.clone(),
        );
        Ok(Found { mark, institution, institution_name: row.try_get("institution_name")?, mapping })
    };
    rows.iter().map(found).collect()
}

/// How far an institution has come with its pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The institution.
    pub institution: InstitutionCode,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: AdminDivision,
    /// How many pairs it has uploaded; none: it sends national codes.
    pub pairs: i64,
    /// How many of them hold on the day.
    pub valid: i64,
    /// When one was last changed.
    pub changed_at: Option<Moment>,
}

/// Which institutions.
#[derive(Clone, Debug)]
pub struct ProgressWanted<'a> {
    /// A province, pooling area or county.
    pub area: Option<AdminDivision>,
    /// The institution.
    pub institution: Option<&'a str>,
    /// Words of its name, or how they are read.
    pub name: Option<&'a str>,
    /// Only those that have uploaded a pair; or, with `false`, only those that have none.
    pub used: Option<bool>,
    /// The day on which pairs are to hold.
    pub day: Day,
    /// By what they are sorted. By how many pairs they have they are not: all pairs would be counted for each page.
    pub order: InstitutionOrder,
    /// The last first.
    pub backwards: bool,
    /// The last row of the page before: its area and its code.
    pub after: Option<(AdminDivision, InstitutionCode)>,
    /// So many at most.
    pub most: i64,
}

/// How far institutions have come.
pub async fn progress(conn: &mut Conn, wanted: &ProgressWanted<'_>) -> Result<Vec<Progress>> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select institution.code as institution, institution.name, institution.place, counted.pairs, counted.valid, counted.changed_at
         from institution, lateral (
             select count(*) as pairs, max(changed_at) as changed_at, count(*) filter (where from_day <= ",
    );
    query.push_bind(wanted.day.number()).push(" and to_day >= ").push_bind(wanted.day.number());
    query.push(
        ") as valid from mapping where mapping.area = institution.area and mapping.institution = institution.code) counted
         where true",
    );
    if let Some(area) = wanted.area {
        let (first, last) = numbers_in(area);
        query.push(" and institution.place >= ").push_bind(first);
        query.push(" and institution.place <= ").push_bind(last);
    }
    if let Some(code) = wanted.institution {
        query.push(" and starts_with(institution.code, ").push_bind(code.to_owned()).push(")");
    }
    if let Some(name) = wanted.name {
        query.push(" and (strpos(institution.name, ").push_bind(name.to_owned()).push(") > 0");
        if let Some(typed) = Typed::read(name) {
            query.push(" or institution.letters ~ ").push_bind(typed.pattern());
        }
        query.push(")");
    }
    if let Some(used) = wanted.used {
        query.push(if used { " and counted.pairs > 0" } else { " and counted.pairs = 0" });
    }
    let order = (wanted.order, wanted.backwards);
    push_institution_order(&mut query, ("institution", "area"), order, wanted.after.as_ref());
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    let found = |row: &PgRow| {
        Ok(Progress {
            institution: parsed(row, "institution")?,
            name: row.try_get("name")?,
            place: division(row, "place")?,
            pairs: row.try_get("pairs")?,
            valid: row.try_get("valid")?,
            changed_at: moment_if(row, "changed_at")?,
        })
    };
    rows.iter().map(found).collect()
}

fn read(row: &PgRow) -> Result<Mapping> {
    let day = |column: &'static str| {
        let missing = || Error::Corrupt { column, value: "null".to_owned() };
        day_if(row, column)?.ok_or_else(missing)
    };
    Ok(Mapping {
        local_item: row.try_get("local_item")?,
        list_type: row.try_get("list_type")?,
        item: row.try_get("item")?,
        name: row.try_get("name")?,
        from: day("from_day")?,
        to: day("to_day")?,
        registration: texts(row, "registration")?,
        changed_at: moment(row, "changed_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{embedded::fixture::TestCluster, institution};
    use casework::institution::{Authentication, Institution, Secret};
    use terms::{SettlementLevel, TreatmentPlace};

    fn hospital(code: &str, name: &str, place: &str) -> Institution {
        Institution {
            code: code.parse().unwrap(),
            name: name.to_owned(),
            uscc: String::new(),
            kind: "1".to_owned(),
            grade: String::new(),
            level: SettlementLevel::Tertiary,
            chinese_medicine: false,
            place: TreatmentPlace(place.parse().unwrap()),
            open: true,
            authentication: Authentication::None,
            access_key: String::new(),
            secret: Secret(String::new()),
            public_key: String::new(),
            sign_in_needed: false,
            changed_at: "2026-11-21 10:00:00".parse().unwrap(),
        }
    }

    fn pair(local: &str, item: &str, name: &str, to: &str) -> Mapping {
        Mapping {
            local_item: local.to_owned(),
            list_type: "101".to_owned(),
            item: item.to_owned(),
            name: name.to_owned(),
            from: "2026-01-01".parse().unwrap(),
            to: to.parse().unwrap(),
            registration: BTreeMap::new(),
            changed_at: "2026-11-21 10:00:00".parse().unwrap(),
        }
    }

    #[tokio::test]
    async fn pairs_are_found_page_by_page_and_institutions_by_how_they_are_read() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let hospitals = [
            hospital("H42010600001", "武汉协和某医院", "420106"),
            hospital("H42010600002", "武汉中心某医院", "420106"),
            hospital("H42050200001", "宜昌协和某医院", "420502"),
        ];
        let mut work = store.begin().await.unwrap();
        for one in &hospitals {
            institution::put(&mut work, one).await.unwrap();
        }
        for (at, local, item, name, to) in [
            (0, "A1", "XA01", "阿司匹林", "2099-12-31"),
            (0, "A2", "XA02", "头孢曲松", "2026-06-30"),
            (0, "B1", "XA01", "阿司匹林肠溶片", "2099-12-31"),
            (2, "A1", "XA02", "头孢", "2099-12-31"),
        ] {
            let of = (hospitals[at].place.0.pooling_area(), &hospitals[at].code);
            put(&mut work, of, &pair(local, item, name, to)).await.unwrap();
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let today = now.day();
        let all = Wanted { most: 100, ..Wanted::default() };
        for (wanted, locals) in [
            (all.clone(), vec!["A1", "A2", "B1", "A1"]),
            (Wanted { area: Some("420100".parse().unwrap()), ..all.clone() }, vec!["A1", "A2", "B1"]),
            (Wanted { institution: Some("H42050200001"), ..all.clone() }, vec!["A1"]),
            (Wanted { text: Some("阿司匹林"), ..all.clone() }, vec!["A1", "B1"]),
            (Wanted { text: Some("XA02"), ..all.clone() }, vec!["A2", "A1"]),
            (Wanted { text: Some("B"), ..all.clone() }, vec!["B1"]),
            (Wanted { valid: Some((today, true)), ..all.clone() }, vec!["A1", "B1", "A1"]),
            (Wanted { valid: Some((today, false)), ..all.clone() }, vec!["A2"]),
        ] {
            let found = search(&mut conn, &wanted).await.unwrap();
            let of: Vec<&str> = found.iter().map(|one| one.mapping.local_item.as_str()).collect();
            assert_eq!(of, locals, "{wanted:?}");
        }
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = search(&mut conn, &Wanted { after, most: 1, ..Wanted::default() }).await.unwrap();
            let Some(last) = page.into_iter().next() else { break };
            after = Some(last.mark.clone());
            seen.push(last);
        }
        assert_eq!(seen, search(&mut conn, &all).await.unwrap());

        let every = ProgressWanted {
            area: None,
            institution: None,
            name: None,
            used: None,
            day: today,
            order: InstitutionOrder::Code,
            backwards: false,
            after: None,
            most: 100,
        };
        let first = progress(&mut conn, &every).await.unwrap().remove(0);
        let mark = Some((first.place.pooling_area().division(), first.institution));
        for (wanted, counts) in [
            (every.clone(), vec![(3, 2), (0, 0), (1, 1)]),
            (ProgressWanted { after: mark, ..every.clone() }, vec![(0, 0), (1, 1)]),
            (ProgressWanted { backwards: true, ..every.clone() }, vec![(1, 1), (0, 0), (3, 2)]),
            (ProgressWanted { name: Some("xh"), ..every.clone() }, vec![(3, 2), (1, 1)]),
            (ProgressWanted { name: Some("yichang"), ..every.clone() }, vec![(1, 1)]),
            (ProgressWanted { used: Some(false), ..every.clone() }, vec![(0, 0)]),
            (ProgressWanted { area: Some("420500".parse().unwrap()), ..every.clone() }, vec![(1, 1)]),
        ] {
            let found = progress(&mut conn, &wanted).await.unwrap();
            let of: Vec<(i64, i64)> = found.iter().map(|one| (one.pairs, one.valid)).collect();
            assert_eq!(of, counts, "{wanted:?}");
        }
    }
}
