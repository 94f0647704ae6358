//! What administrators do with accounts: they make, grant, reset, disable and enable them. Whether an administrator may is asked before,
//! by the endpoint; what an account may be is decided by `casework::access`.

use super::{
    Access, by_provider,
    login::{name_hash, unlock},
    secret::{hash_password, initial_password, random},
};
use crate::context::{Context, Failure, Outcome};
use casework::access::{Account, AccountName, Area, Role, State, account::Move, password};
use store::{
    Work,
    account::{self, AccountsWanted, Due},
    identity, institution, session,
};
use terms::{AdminDivision, InstitutionCode, Participant, Refusal};

/// What an account is to be.
pub(crate) struct New {
    /// By what somebody will log in.
    pub name: AccountName,
    /// 姓名.
    pub person_name: String,
    /// The role.
    pub role: Role,
    /// Where that person works.
    pub area: Area,
    /// The initial password, if one is given.
    pub password: Option<String>,
    /// Who makes it.
    pub by: String,
}

/// The area that a text names at this node: the whole node, a division, or an institution as registered.
pub(crate) async fn area_of(context: &Context, text: &str) -> Result<Area, Refusal> {
    let text = text.trim();
    if text.parse() == Ok(context.me) {
        return Ok(Area::of_node(context.me));
    }
    let expected = || Refusal::invalid("area", "本节点的区划代码，或已登记的定点医药机构编号");
    if let Ok(division) = text.parse::<AdminDivision>() {
        return Ok(Area::of_division(division));
    }
    let code: InstitutionCode = text.parse().map_err(|_| expected())?;
    let read = async { institution::find(&mut *context.store.conn().await?, &code).await };
    let found = read.await.map_err(|error| Failure::from(error).refusal())?.ok_or_else(expected)?;
    Ok(Area::Institution { code, place: found.place.division() })
}

/// Makes an account with an initial password; the password, if it was made here.
pub(crate) async fn create(
    context: &Context,
    access: &Access,
    new: New,
) -> Result<(Account, Option<String>), Refusal> {
    check(context, (new.role, &new.area), &new.person_name)?;
    let (hash, told) = initial(context, access, &new.name, new.password).await?;
    let account = Account {
        name: new.name,
        person_name: new.person_name.trim().to_owned(),
        role: new.role,
        area: new.area,
        person: None,
        state: State::NEW,
        must_change_password: true,
        has_one_time_code: false,
        revision: 1,
        created_at: context.now(),
        created_by: new.by,
        last_login: None,
    };
    let write = async {
        let mut work = context.store.begin().await?;
        let others = account::roles_of(work.conn(), context.me, &account.person_name).await?;
        account.role.check_beside(&others)?;
        if !account::insert(&mut work, context.me, &account, &hash).await? {
            return Err(Refusal::AccountExists { account: account.name.to_string() }.into());
        }
        work.save().await?;
        Ok::<_, Failure>(())
    };
    write.await.map_err(Failure::refusal)?;
    Ok((account, told))
}

/// Whether a role may be given at this node for an area.
fn check(context: &Context, (role, area): (Role, &Area), person_name: &str) -> Result<(), Refusal> {
    let node = Area::of_node(context.me);
    let is_hubs = matches!(context.me, Participant::Hub);
    if is_hubs && *area != Area::Nation {
        let rule = "国家平台的账户，管辖范围须为全国（100000）".to_owned();
        return Err(Refusal::AccountRule { rule });
    }
    Account::check_new(role, area, person_name, &node)
}

/// A hash of the initial password, and the password if it is made here.
async fn initial(
    context: &Context,
    access: &Access,
    name: &AccountName,
    given: Option<String>,
) -> Result<(String, Option<String>), Refusal> {
    let made = given.is_none();
    let chosen = given.unwrap_or_else(|| initial_password(&*context.ids));
    if !made {
        password::check(&chosen, name)?;
    }
    let (text, salt) = (chosen.clone(), random(&*context.ids));
    let hash = access.check(move || hash_password(&text, salt)).await?;
    Ok((hash, Some(chosen).filter(|_| made)))
}

/// The account of this name; accounts of the insured are nobody's here.
pub(crate) async fn find(context: &Context, name: &AccountName) -> Result<Account, Refusal> {
    let read = async { account::find(&mut *context.store.conn().await?, context.me, name).await };
    let found = read.await.map_err(|error| Failure::from(error).refusal())?;
    let found = found.map(|kept| kept.account).filter(|account| account.role.is_given());
    found.ok_or_else(|| Refusal::UnknownAccount { account: name.to_string() })
}

/// Accounts of an area, sorted as wanted.
pub(crate) async fn list(context: &Context, wanted: &AccountsWanted<'_>) -> Result<Vec<Account>, Refusal> {
    let read = async { account::list(&mut *context.store.conn().await?, context.me, wanted).await };
    read.await.map_err(|error| Failure::from(error).refusal())
}

/// An initial password should be changed within so many days: it is known to whoever gave it. Ours.
const INITIAL_DAYS: i64 = 7;

/// What of accounts waits for an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DueName {
    /// 锁定.
    Locked,
    /// 初始密码逾期未改.
    Initial,
    /// 未启用动态验证码.
    WithoutCode,
}

impl DueName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Locked, Self::Initial, Self::WithoutCode];

    /// The word for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Initial => "initial",
            Self::WithoutCode => "without_code",
        }
    }

    /// What that is now in an area.
    pub async fn of(self, context: &Context, area: &Area) -> Outcome<Due> {
        Ok(match self {
            Self::Initial => Due::Initial { before: context.now().plus_millis(-INITIAL_DAYS * 86_400_000) },
            Self::WithoutCode => Due::WithoutCode,
            Self::Locked => {
                let mut conn = context.store.conn().await?;
                // Names under which nobody has an account are locked as well; hashes do not say which they are.
                let locked = account::locked(&mut conn, context.me, context.now()).await?;
                let names = if locked.is_empty() {
                    Vec::new()
                } else {
                    account::names(&mut conn, context.me, area).await?
                };
                Due::Locked(names.into_iter().filter(|name| locked.contains(&name_hash(name))).collect())
            }
        })
    }
}

/// Gives an account another role and area, and ends its sessions.
pub(crate) async fn grant(
    context: &Context,
    name: &AccountName,
    (role, area): (Role, Area),
) -> Result<Account, Refusal> {
    change(context, name, async |work, account| {
        check(context, (role, &area), &account.person_name)?;
        let others = account::roles_of(work.conn(), context.me, &account.person_name).await?;
        // The role that this very account had is given up.
        let others: Vec<Role> = others.into_iter().filter(|other| *other != account.role).collect();
        role.check_beside(&others)?;
        (account.role, account.area) = (role, area);
        account::put(work, context.me, account).await?;
        Ok(())
    })
    .await
}

/// Disables or enables an account.
pub(crate) async fn set_disabled(
    context: &Context,
    name: &AccountName,
    disabled: bool,
) -> Result<Account, Refusal> {
    change(context, name, async |work, account| {
        let step = if disabled { Move::Disable } else { Move::Enable };
        let after = account.state.after(step, context.now()).ok_or_else(|| Refusal::AccountRule {
            rule: format!("账户当前为{}", account.state.chinese()),
        })?;
        if !disabled {
            let others = account::roles_of(work.conn(), context.me, &account.person_name).await?;
            account.role.check_beside(&others)?;
        }
        account.state = after;
        account::put(work, context.me, account).await?;
        Ok(())
    })
    .await
}

/// Gives an account an initial password again, and ends its lock and its sessions; the password, if it was made here.
pub(crate) async fn reset_password(
    context: &Context,
    access: &Access,
    name: &AccountName,
    given: Option<String>,
) -> Result<(Account, Option<String>), Refusal> {
    let (hash, told) = initial(context, access, name, given).await?;
    let account = change(context, name, async |work, account| {
        if account.state == State::Disabled {
            return Err(Refusal::AccountRule { rule: "账户当前为停用，请先恢复".to_owned() }.into());
        }
        account::set_password(work, (context.me, &account.name), (&hash, true), context.now()).await?;
        identity::is_not_the_only_way(work, context.me, &account.name).await?;
        unlock(work, context, &account.name).await?;
        account.must_change_password = true;
        Ok(())
    })
    .await?;
    Ok((account, told))
}

/// Takes one-time codes from an account whose phone is lost.
pub(crate) async fn reset_code(context: &Context, name: &AccountName) -> Result<Account, Refusal> {
    change(context, name, async |work, account| {
        account::clear_code(work, context.me, &account.name).await?;
        account.has_one_time_code = false;
        Ok(())
    })
    .await
}

/// Unties the identity at an identity provider that logs in as an account. One without a password is then to be given one.
pub(crate) async fn untie_identity(context: &Context, name: &AccountName) -> Result<Account, Refusal> {
    change(context, name, async |work, account| by_provider::untie(work, context, &account.name).await).await
}

/// Changes an account that is held meanwhile, and ends all its sessions.
async fn change(
    context: &Context,
    name: &AccountName,
    with: impl AsyncFnOnce(&mut Work, &mut Account) -> Outcome<()>,
) -> Result<Account, Refusal> {
    let changed = async {
        let mut work = context.store.begin().await?;
        let held = account::hold(&mut work, context.me, name).await?.map(|kept| kept.account);
        let held = held.filter(|account| account.role.is_given());
        let unknown = || Refusal::UnknownAccount { account: name.to_string() };
        let mut account = held.ok_or_else(unknown)?;
        with(&mut work, &mut account).await?;
        session::end_all(&mut work, (context.me, name), None).await?;
        work.save().await?;
        Ok::<_, Failure>(account)
    };
    changed.await.map_err(Failure::refusal)
}
