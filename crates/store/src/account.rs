//! Accounts of people who work at a node, their passwords as hashes, wrong logins, and who entered what.

use crate::{
    Conn, Error, Result, Work,
    figures::Waiting,
    row::{division, division_number, moment, moment_if, parsed, parsed_if, participant_number},
    search::push_limit,
};
use casework::access::{Account, AccountName, Area, Role, State};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};
use std::collections::BTreeSet;
use terms::{AdminDivision, Moment, Participant, PersonNumber};

/// What is checked when somebody logs in, beside the account itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The password's hash, with its parameters and salt; empty where the account has none.
    pub password: String,
    /// The secret of one-time codes, where they are in force.
    pub code_secret: Option<Vec<u8>>,
    /// One that waits for its first code.
    pub code_pending: Option<Vec<u8>>,
    /// The last step of time whose code was used.
    pub code_step: Option<i64>,
}

/// An account with what is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The account. Its state says only whether it is disabled: what counts wrong logins is kept by name ([`standing`]).
    pub account: Account,
    /// What is checked.
    pub credentials: Credentials,
}

impl Kept {
    /// Whether the account has a password: it has none where an identity provider is its only way in.
    pub fn has_password(&self) -> bool {
        !self.credentials.password.is_empty()
    }
}

/// The SHA-256 of a name under which somebody tried to log in.
pub type NameHash = [u8; 32];

const INSERT: &str =
    "insert into account (province, name, person_name, role, area_kind, area_division, area_institution, person,
                          password, must_change_password, disabled, revision, created_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, false, 1, $11, $12)
     on conflict do nothing";

/// The account of this name.
pub async fn find(conn: &mut Conn, node: Participant, name: &AccountName) -> Result<Option<Kept>> {
    let row = sqlx::query("select * from account where province = $1 and name = $2")
        .bind(participant_number(node))
        .bind(name.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The same, held until the unit of work ends.
pub async fn hold(work: &mut Work, node: Participant, name: &AccountName) -> Result<Option<Kept>> {
    let row = sqlx::query("select * from account where province = $1 and name = $2 for update")
        .bind(participant_number(node))
        .bind(name.as_str())
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read).transpose()
}

/// By what accounts are sorted; what is alike is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By the name.
    #[default]
    Name,
    /// By the person's name.
    Person,
    /// By the role.
    Role,
    /// By the last login; who never logged in is first.
    LastLogin,
    /// By when it was made.
    Created,
}

impl Order {
    /// All of them, with the words that programs use.
    pub const ALL: [(&str, Self); 5] = [
        ("account", Self::Name),
        ("name", Self::Person),
        ("role", Self::Role),
        ("last_login", Self::LastLogin),
        ("created_at", Self::Created),
    ];

    const fn column(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Person => "person_name",
            Self::Role => "role",
            Self::LastLogin => "coalesce(last_login, 0)",
            Self::Created => "created_at",
        }
    }
}

/// What about an account waits for somebody. What is disabled waits for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// 锁定: one of these names, under which so many passwords were wrong.
    Locked(Vec<String>),
    /// 初始密码未改: nobody has changed its initial password, which was given before this moment.
    Initial {
        /// Given before it.
        before: Moment,
    },
    /// 未启用动态验证码: it is in use, shows a password and nothing beside it.
    WithoutCode,
}

/// Which accounts.
#[derive(Clone, Debug)]
pub struct AccountsWanted<'a> {
    /// Those of an area and of all that lies in it.
    pub area: &'a Area,
    /// Of a role.
    pub role: Option<Role>,
    /// For which something waits.
    pub due: Option<&'a Due>,
    /// By what they are sorted.
    pub order: Order,
    /// The last first.
    pub backwards: bool,
    /// The name of the last account of the page before; empty on the first.
    pub after: &'a str,
    /// So many at most.
    pub most: i64,
}

/// Since when an initial password is one.
const GIVEN_AT: &str = "coalesce(password_set_at, created_at)";

fn push_wanted(query: &mut QueryBuilder<Postgres>, node: Participant, area: &Area, due: Option<&Due>) {
    let (first, last) = area.divisions();
    query.push(" from account where role <> 'insured' and province = ").push_bind(participant_number(node));
    query.push(" and area_division >= ").push_bind(i32::try_from(first).expect("six digits"));
    query.push(" and area_division <= ").push_bind(i32::try_from(last).expect("six digits"));
    if let Area::Institution { code, .. } = area {
        query.push(" and area_institution = ").push_bind(code.as_str().to_owned());
    }
    match due {
        None => {}
        Some(Due::Locked(names)) => {
            query.push(" and not disabled and name = any(").push_bind(names.clone()).push(")");
        }
        Some(Due::Initial { before }) => {
            query.push(format!(" and not disabled and must_change_password and {GIVEN_AT} < "));
            query.push_bind(before.millis());
        }
        Some(Due::WithoutCode) => {
            query.push(
                " and not disabled and not must_change_password and password <> '' and code_secret is null",
            );
        }
    }
}

/// Accounts, without those of the insured.
pub async fn list(conn: &mut Conn, node: Participant, wanted: &AccountsWanted<'_>) -> Result<Vec<Account>> {
    let mut query = QueryBuilder::new("select *");
    push_wanted(&mut query, node, wanted.area, wanted.due);
    if let Some(role) = wanted.role {
        query.push(" and role = ").push_bind(role.code());
    }
    let column = wanted.order.column();
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    if !wanted.after.is_empty() {
        // Where the page before ended is read off that account itself.
        query.push(format!(
            " and ({column}, name) {than} (select {column}, name from account where province = "
        ));
        query.push_bind(participant_number(node));
        query.push(" and name = ").push_bind(wanted.after.to_owned()).push(")");
    }
    query.push(format!(" order by {column} {direction}, name {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(|row| Ok(read(row)?.account)).collect()
}

/// How many accounts of an area wait for this, and since when the first does; of what has no moment, since when it was made.
pub async fn waiting(conn: &mut Conn, node: Participant, area: &Area, due: &Due) -> Result<Waiting> {
    let mut query = QueryBuilder::new(format!("select count(*) as count, min({GIVEN_AT}) as oldest"));
    push_wanted(&mut query, node, area, Some(due));
    let row = query.build().fetch_one(conn).await?;
    Ok(Waiting { count: row.try_get("count")?, oldest: moment_if(&row, "oldest")? })
}

/// The hashes of the names that are locked at a moment, whether or not there are such accounts; at most a thousand.
pub async fn locked(conn: &mut Conn, node: Participant, now: Moment) -> Result<BTreeSet<NameHash>> {
    let rows = sqlx::query(
        "select name_hash from login_attempt where province = $1 and locked_until > $2 order by name_hash limit 1000",
    )
    .bind(participant_number(node))
    .bind(now.millis())
    .fetch_all(conn)
    .await?;
    let corrupt = || Error::Corrupt { column: "login_attempt.name_hash", value: "not 32 bytes".to_owned() };
    rows.iter()
        .map(|row| {
            let hash: Vec<u8> = row.try_get("name_hash")?;
            NameHash::try_from(hash).map_err(|_| corrupt())
        })
        .collect()
}

/// The names of an area's accounts that are not disabled.
pub async fn names(conn: &mut Conn, node: Participant, area: &Area) -> Result<Vec<String>> {
    let mut query = QueryBuilder::new("select name");
    push_wanted(&mut query, node, area, None);
    query.push(" and not disabled order by name");
    Ok(query.build_query_scalar().fetch_all(conn).await?)
}

/// The roles in which a person of this name has accounts that are not disabled.
pub async fn roles_of(conn: &mut Conn, node: Participant, person_name: &str) -> Result<Vec<Role>> {
    let rows = sqlx::query(
        "select distinct role from account
         where province = $1 and person_name = $2 and role <> 'insured' and not disabled order by role",
    )
    .bind(participant_number(node))
    .bind(person_name)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| parsed(row, "role")).collect()
}

/// Makes an account; false if the name is taken, or the person has one already.
pub async fn insert(work: &mut Work, node: Participant, account: &Account, password: &str) -> Result<bool> {
    let institution = match &account.area {
        Area::Institution { code, .. } => Some(code.as_str()),
        _ => None,
    };
    let made = sqlx::query(INSERT)
        .bind(participant_number(node))
        .bind(account.name.as_str())
        .bind(&account.person_name)
        .bind(account.role.code())
        .bind(account.area.kind())
        .bind(account.area.division().map_or(0, division_number))
        .bind(institution)
        .bind(account.person.as_ref().map(PersonNumber::as_str))
        .bind(password)
        .bind(account.must_change_password)
        .bind(account.created_at.millis())
        .bind(&account.created_by)
        .execute(work.conn())
        .await?;
    Ok(made.rows_affected() == 1)
}

/// Sets the role and area of an account, and whether it is disabled.
pub async fn put(work: &mut Work, node: Participant, account: &Account) -> Result<()> {
    let institution = match &account.area {
        Area::Institution { code, .. } => Some(code.as_str()),
        _ => None,
    };
    sqlx::query(
        "update account set role = $3, area_kind = $4, area_division = $5, area_institution = $6, disabled = $7,
                            revision = revision + 1
         where province = $1 and name = $2",
    )
    .bind(participant_number(node))
    .bind(account.name.as_str())
    .bind(account.role.code())
    .bind(account.area.kind())
    .bind(account.area.division().map_or(0, division_number))
    .bind(institution)
    .bind(account.state == State::Disabled)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Sets the password, and whether it is an initial one.
pub async fn set_password(
    work: &mut Work,
    (node, name): (Participant, &AccountName),
    (password, must_change): (&str, bool),
    at: Moment,
) -> Result<()> {
    sqlx::query(
        "update account set password = $3, must_change_password = $4, password_set_at = $5, revision = revision + 1
         where province = $1 and name = $2",
    )
    .bind(participant_number(node))
    .bind(name.as_str())
    .bind(password)
    .bind(must_change)
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Keeps a secret of one-time codes until its first code is shown.
pub async fn set_code_pending(
    work: &mut Work,
    (node, name): (Participant, &AccountName),
    secret: &[u8],
) -> Result<()> {
    sqlx::query("update account set code_pending = $3 where province = $1 and name = $2")
        .bind(participant_number(node))
        .bind(name.as_str())
        .bind(secret)
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Puts one-time codes in force with this secret, whose code of this step was shown.
pub async fn set_code(
    work: &mut Work,
    (node, name): (Participant, &AccountName),
    (secret, step): (&[u8], i64),
) -> Result<()> {
    sqlx::query(
        "update account set code_secret = $3, code_step = $4, code_pending = null, revision = revision + 1
         where province = $1 and name = $2",
    )
    .bind(participant_number(node))
    .bind(name.as_str())
    .bind(secret)
    .bind(step)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Takes one-time codes away.
pub async fn clear_code(work: &mut Work, node: Participant, name: &AccountName) -> Result<()> {
    sqlx::query(
        "update account set code_secret = null, code_step = null, code_pending = null, revision = revision + 1
         where province = $1 and name = $2",
    )
    .bind(participant_number(node))
    .bind(name.as_str())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Uses the code of a step; false if that step or a later one was used already.
pub async fn use_code(work: &mut Work, (node, name): (Participant, &AccountName), step: i64) -> Result<bool> {
    let used = sqlx::query(
        "update account set code_step = $3
         where province = $1 and name = $2 and (code_step is null or code_step < $3)",
    )
    .bind(participant_number(node))
    .bind(name.as_str())
    .bind(step)
    .execute(work.conn())
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Writes down that somebody logged in.
pub async fn log_in(work: &mut Work, node: Participant, name: &AccountName, at: Moment) -> Result<()> {
    sqlx::query("update account set last_login = $3 where province = $1 and name = $2")
        .bind(participant_number(node))
        .bind(name.as_str())
        .bind(at.millis())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// How a name stands by the wrong logins under it, whether or not there is such an account.
pub async fn standing(conn: &mut Conn, node: Participant, name: &NameHash) -> Result<State> {
    let row = sqlx::query("select * from login_attempt where province = $1 and name_hash = $2")
        .bind(participant_number(node))
        .bind(&name[..])
        .fetch_optional(conn)
        .await?;
    row.as_ref().map_or(Ok(State::NEW), read_standing)
}

/// The same, held until the unit of work ends: of two who fail at once, both count.
pub async fn hold_standing(
    work: &mut Work,
    node: Participant,
    name: &NameHash,
    now: Moment,
) -> Result<State> {
    sqlx::query(
        "insert into login_attempt (province, name_hash, failures, locks, at) values ($1, $2, 0, 0, $3)
         on conflict (province, name_hash) do nothing",
    )
    .bind(participant_number(node))
    .bind(&name[..])
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    let row = sqlx::query("select * from login_attempt where province = $1 and name_hash = $2 for update")
        .bind(participant_number(node))
        .bind(&name[..])
        .fetch_one(work.conn())
        .await?;
    read_standing(&row)
}

/// Writes down how a name stands, and forgets what is older than a moment.
pub async fn put_standing(
    work: &mut Work,
    (node, name): (Participant, &NameHash),
    state: State,
    (now, forget): (Moment, Moment),
) -> Result<()> {
    let (failures, locks, until) = match state {
        State::Active { failures, locks } => (failures, locks, None),
        State::Locked { until, locks } => (0, locks, Some(until)),
        State::Disabled => (0, 0, None),
    };
    sqlx::query(
        "update login_attempt set failures = $3, locks = $4, locked_until = $5, at = $6
         where province = $1 and name_hash = $2",
    )
    .bind(participant_number(node))
    .bind(&name[..])
    .bind(i32::try_from(failures).unwrap_or(i32::MAX))
    .bind(i32::try_from(locks).unwrap_or(i32::MAX))
    .bind(until.map(Moment::millis))
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    sqlx::query("delete from login_attempt where at < $1 and (locked_until is null or locked_until < $1)")
        .bind(forget.millis())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Writes down who entered something.
pub async fn enter(
    work: &mut Work,
    node: Participant,
    (subject, account): (&str, &str),
    at: Moment,
) -> Result<()> {
    sqlx::query(
        "insert into entered (province, subject, account, at) values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(participant_number(node))
    .bind(subject)
    .bind(account)
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Who entered something.
pub async fn who_entered(conn: &mut Conn, node: Participant, subject: &str) -> Result<Vec<String>> {
    let found = sqlx::query_scalar(
        "select account from entered where province = $1 and subject = $2 order by account",
    )
    .bind(participant_number(node))
    .bind(subject)
    .fetch_all(conn)
    .await?;
    Ok(found)
}

fn read_standing(row: &PgRow) -> Result<State> {
    let number = |column| -> Result<u32> {
        let number: i32 = row.try_get(column)?;
        Ok(u32::try_from(number).unwrap_or(0))
    };
    let locks = number("locks")?;
    Ok(match moment_if(row, "locked_until")? {
        Some(until) => State::Locked { until, locks },
        None => State::Active { failures: number("failures")?, locks },
    })
}

/// An account out of a row that may hold more.
pub(crate) fn read_account(row: &PgRow) -> Result<Account> {
    let disabled: bool = row.try_get("disabled")?;
    Ok(Account {
        name: parsed(row, "name")?,
        person_name: row.try_get("person_name")?,
        role: parsed(row, "role")?,
        area: read_area(row)?,
        person: parsed_if(row, "person")?,
        state: if disabled { State::Disabled } else { State::NEW },
        must_change_password: row.try_get("must_change_password")?,
        has_one_time_code: row.try_get::<Option<&[u8]>, _>("code_secret")?.is_some(),
        revision: row.try_get("revision")?,
        created_at: moment(row, "created_at")?,
        created_by: row.try_get("created_by")?,
        last_login: moment_if(row, "last_login")?,
    })
}

fn read_area(row: &PgRow) -> Result<Area> {
    let kind: &str = row.try_get("area_kind")?;
    let corrupt = |value: &str| Error::Corrupt { column: "account.area_kind", value: value.to_owned() };
    if kind == "nation" {
        return Ok(Area::Nation);
    }
    let place: AdminDivision = division(row, "area_division")?;
    Ok(match kind {
        "province" => Area::Province(place.province()),
        "city" => Area::City(place.pooling_area()),
        "county" => Area::County(place),
        "institution" => Area::Institution {
            code: parsed_if(row, "area_institution")?.ok_or_else(|| corrupt("institution without code"))?,
            place,
        },
        other => return Err(corrupt(other)),
    })
}

fn read(row: &PgRow) -> Result<Kept> {
    Ok(Kept {
        account: read_account(row)?,
        credentials: Credentials {
            password: row.try_get("password")?,
            code_secret: row.try_get("code_secret")?,
            code_pending: row.try_get("code_pending")?,
            code_step: row.try_get("code_step")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use casework::access::account::Move;

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn hubei() -> Participant {
        "420000".parse().unwrap()
    }

    fn account(name: &str, role: Role, area: Area) -> Account {
        Account {
            name: name.parse().unwrap(),
            person_name: "王某芳".to_owned(),
            role,
            area,
            person: None,
            state: State::NEW,
            must_change_password: true,
            has_one_time_code: false,
            revision: 1,
            created_at: now(),
            created_by: "management".to_owned(),
            last_login: None,
        }
    }

    fn area(text: &str) -> Area {
        Area::of_division(text.parse().unwrap())
    }

    /// All accounts of an area by name, on one page.
    fn all_of(area: &Area) -> AccountsWanted<'_> {
        AccountsWanted {
            area,
            role: None,
            due: None,
            order: Order::Name,
            backwards: false,
            after: "",
            most: 10,
        }
    }

    #[tokio::test]
    async fn every_order_goes_on_where_its_page_ended() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let mut work = store.begin().await.unwrap();
        for (at, (name, role)) in
            [("a", Role::Finance), ("b", Role::Auditor), ("c", Role::Finance), ("d", Role::Auditor)]
                .into_iter()
                .enumerate()
        {
            let person_name = format!("王某{}", 4 - at);
            let one =
                Account { person_name, ..account(&format!("{name}{name}{name}"), role, area("420000")) };
            insert(&mut work, hubei(), &one, "hash").await.unwrap();
        }
        log_in(&mut work, hubei(), &"bbb".parse().unwrap(), now()).await.unwrap();
        let of = area("420000");
        for (order, expected) in [
            (Order::Name, ["aaa", "bbb", "ccc", "ddd"]),
            (Order::Person, ["ddd", "ccc", "bbb", "aaa"]),
            (Order::Role, ["bbb", "ddd", "aaa", "ccc"]),
            (Order::LastLogin, ["aaa", "ccc", "ddd", "bbb"]),
            (Order::Created, ["aaa", "bbb", "ccc", "ddd"]),
        ] {
            for backwards in [false, true] {
                let (mut found, mut after) = (Vec::new(), String::new());
                loop {
                    let wanted = AccountsWanted { order, backwards, after: &after, most: 1, ..all_of(&of) };
                    let page = list(work.conn(), hubei(), &wanted).await.unwrap();
                    let Some(last) = page.last() else { break };
                    after = last.name.to_string();
                    found.push(after.clone());
                }
                let mut expected = expected.map(str::to_owned).to_vec();
                if backwards {
                    expected.reverse();
                }
                assert_eq!(found, expected, "{order:?} {backwards}");
            }
        }
    }

    #[tokio::test]
    async fn what_waits_of_accounts_is_counted_and_listed_alike() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let mut work = store.begin().await.unwrap();
        let names = ["given", "reset", "plain", "coded", "tied", "gone"];
        for name in names {
            insert(&mut work, hubei(), &account(name, Role::Finance, area("420100")), "hash").await.unwrap();
        }
        let later = now().plus_millis(1_000);
        for (name, password, must_change) in
            [("reset", "hash", true), ("plain", "hash", false), ("coded", "hash", false), ("tied", "", false)]
        {
            let key = (hubei(), &name.parse().unwrap());
            set_password(&mut work, key, (password, must_change), later).await.unwrap();
        }
        let coded = (hubei(), &"coded".parse().unwrap());
        set_code(&mut work, coded, (&[1; 20], 100)).await.unwrap();
        let gone = Account { state: State::Disabled, ..account("gone", Role::Finance, area("420100")) };
        put(&mut work, hubei(), &gone).await.unwrap();
        let (here, elsewhere) = (area("420000"), area("420500"));
        for (due, expected) in [
            (Due::Initial { before: now() }, vec![]),
            (Due::Initial { before: later }, vec!["given"]),
            (Due::Initial { before: later.plus_millis(1) }, vec!["given", "reset"]),
            (Due::WithoutCode, vec!["plain"]),
            (Due::Locked(vec!["plain".to_owned(), "gone".to_owned()]), vec!["plain"]),
        ] {
            let wanted = AccountsWanted { due: Some(&due), ..all_of(&here) };
            let found = list(work.conn(), hubei(), &wanted).await.unwrap();
            let found: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
            assert_eq!(found, expected, "{due:?}");
            let counted = waiting(work.conn(), hubei(), &here, &due).await.unwrap();
            assert_eq!(usize::try_from(counted.count).unwrap(), expected.len(), "{due:?}");
            assert_eq!(waiting(work.conn(), hubei(), &elsewhere, &due).await.unwrap(), Waiting::default());
        }
        assert_eq!(super::names(work.conn(), hubei(), &here).await.unwrap().len(), 5);
    }

    #[tokio::test]
    async fn accounts_are_found_as_they_were_made_and_listed_by_area() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let hospital =
            |code: &str| Area::Institution { code: code.parse().unwrap(), place: "420106".parse().unwrap() };
        let all = [
            account("wuhan", Role::AgencyOperator, area("420100")),
            account("wuchang", Role::AgencyReviewer, area("420106")),
            account("yichang", Role::AgencyOperator, area("420500")),
            account("hubei", Role::Finance, area("420000")),
            account("cashier", Role::Cashier, hospital("H42010600001")),
            account("other", Role::Cashier, hospital("H42010600002")),
        ];
        let mut work = store.begin().await.unwrap();
        for one in &all {
            assert!(insert(&mut work, hubei(), one, "hash").await.unwrap());
        }
        assert!(!insert(&mut work, hubei(), &all[0], "hash").await.unwrap(), "the name is taken");
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        for one in &all {
            let found = find(&mut conn, hubei(), &one.name).await.unwrap().unwrap();
            assert_eq!(&found.account, one);
        }
        for (of, names) in [
            (area("420000"), vec!["cashier", "hubei", "other", "wuchang", "wuhan", "yichang"]),
            (area("420100"), vec!["cashier", "other", "wuchang", "wuhan"]),
            (area("420500"), vec!["yichang"]),
            (hospital("H42010600002"), vec!["other"]),
        ] {
            let found = list(&mut conn, hubei(), &all_of(&of)).await.unwrap();
            let found: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
            assert_eq!(found, names, "{of}");
        }
        let of = area("420000");
        let cashiers = AccountsWanted { role: Some(Role::Cashier), after: "cashier", ..all_of(&of) };
        assert_eq!(list(&mut conn, hubei(), &cashiers).await.unwrap().len(), 1);
        let roles = roles_of(&mut conn, hubei(), "王某芳").await.unwrap();
        assert_eq!(roles, [Role::AgencyOperator, Role::AgencyReviewer, Role::Cashier, Role::Finance]);
    }

    #[tokio::test]
    async fn wrong_logins_are_counted_by_name_and_forgotten_in_time() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let name = [7; 32];
        for _ in 0..5 {
            let mut work = store.begin().await.unwrap();
            let state = hold_standing(&mut work, hubei(), &name, now()).await.unwrap();
            let state = state.after(Move::Fail, now()).unwrap();
            put_standing(&mut work, (hubei(), &name), state, (now(), now())).await.unwrap();
            work.save().await.unwrap();
        }
        let mut conn = store.conn().await.unwrap();
        let locked = standing(&mut conn, hubei(), &name).await.unwrap();
        assert_eq!(locked.locked_until(now()), Some(now().plus_millis(15 * 60_000)));
        assert_eq!(super::locked(&mut conn, hubei(), now()).await.unwrap(), BTreeSet::from([name]));
        assert_eq!(
            super::locked(&mut conn, hubei(), now().plus_millis(15 * 60_000)).await.unwrap(),
            BTreeSet::new()
        );
        assert_eq!(standing(&mut conn, hubei(), &[8; 32]).await.unwrap(), State::NEW);
        let later = now().plus_millis(48 * 3_600_000);
        let mut work = store.begin().await.unwrap();
        hold_standing(&mut work, hubei(), &[8; 32], later).await.unwrap();
        put_standing(&mut work, (hubei(), &[8; 32]), State::NEW, (later, later.plus_millis(-1)))
            .await
            .unwrap();
        work.save().await.unwrap();
        assert_eq!(standing(&mut conn, hubei(), &name).await.unwrap(), State::NEW, "it is forgotten");
    }

    #[tokio::test]
    async fn a_step_of_codes_is_used_once_and_who_entered_is_kept() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let one = account("wuhan", Role::AgencyOperator, area("420100"));
        let key = (hubei(), &one.name);
        let mut work = store.begin().await.unwrap();
        insert(&mut work, hubei(), &one, "hash").await.unwrap();
        set_code_pending(&mut work, key, &[1; 20]).await.unwrap();
        set_code(&mut work, key, (&[1; 20], 100)).await.unwrap();
        assert!(!use_code(&mut work, key, 100).await.unwrap());
        assert!(use_code(&mut work, key, 101).await.unwrap());
        assert!(!use_code(&mut work, key, 101).await.unwrap());
        enter(&mut work, hubei(), ("filing:1", "wuhan"), now()).await.unwrap();
        enter(&mut work, hubei(), ("filing:1", "wuhan"), now()).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert!(find(&mut conn, hubei(), &one.name).await.unwrap().unwrap().account.has_one_time_code);
        assert_eq!(who_entered(&mut conn, hubei(), "filing:1").await.unwrap(), ["wuhan"]);
        assert!(who_entered(&mut conn, hubei(), "filing:2").await.unwrap().is_empty());
    }
}
