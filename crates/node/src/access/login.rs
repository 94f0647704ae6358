//! Logging in and out, one's own password and one-time codes, and the registration of the insured.
//!
//! Nobody learns from outside whether an account exists: an unknown name takes the same time, fails with the same words, and is locked by
//! the same rule as one that exists.

use super::{
    Access, Act, digest_of,
    secret::{Token, base32, digest, hash_password, is_password, random, step_of},
};
use crate::context::{Context, Failure, Outcome};
use casework::{
    access::{Account, AccountName, Area, Role, State, account::Move, one_time_code, password, session},
    medium::Stage as CardStage,
};
use std::sync::OnceLock;
use store::{
    account::{self, Kept, NameHash},
    audit_trail::Event,
    medium, person, session as sessions,
};
use terms::{CitizenId, InsuredPlace, Moment, Refusal};

/// How long wrong logins under a name are remembered after the last, in milliseconds.
const REMEMBERED_MILLIS: i64 = 24 * 3_600_000;
/// The longest session of all, in milliseconds: what is older is forgotten.
const SESSION_MILLIS_MAX: i64 = 24 * 3_600_000;
/// The bytes of a secret of one-time codes.
const CODE_SECRET_BYTES: usize = 20;
/// The longest name or password that is looked at, in bytes.
const INPUT_BYTES_MAX: usize = 512;

/// What somebody shows to log in.
pub(crate) struct Shown<'a> {
    /// The account's name, or the citizen identity number of somebody insured here.
    pub account: &'a str,
    /// The password.
    pub password: &'a str,
    /// The one-time code.
    pub code: Option<&'a str>,
    /// Where the request came from.
    pub address: &'a str,
    /// The session of the cookie that came along: it ends with the new one.
    pub before: Option<&'a Token>,
}

/// Logs somebody in: the account, and what the cookie will say.
pub(crate) async fn log_in(
    context: &Context,
    access: &Access,
    shown: Shown<'_>,
) -> Result<(Account, Token), Refusal> {
    let name = name_of(context, shown.account);
    let subject = format!("name:{}", digest_of(context, "name", &typed(shown.account)));
    let mut act = nobodys_act(context, ("log-in", subject), shown.address);
    let result = try_log_in(context, access, name.as_ref(), &shown, &mut act).await;
    ends(act, &result).await?;
    result
}

/// Something that somebody does who has not logged in. Whose it is stands in it once he has shown so: a name that is no account's may be a
/// password that was typed into the wrong field.
pub(super) fn nobodys_act(context: &Context, (action, subject): (&str, String), address: &str) -> Act {
    let event = Event {
        at: context.now(),
        account: String::new(),
        role: String::new(),
        area: String::new(),
        action: action.to_owned(),
        subject,
        outcome: String::new(),
        duty: String::new(),
        address: address.to_owned(),
    };
    Act::new(context, event)
}

/// Writes how a login ended.
pub(super) async fn ends<T>(act: Act, result: &Result<T, Refusal>) -> Result<(), Refusal> {
    // Too many at once are refused before anything is looked at, and would fill the trail.
    if matches!(result, Err(Refusal::LoginsBusy {})) {
        return act.came_to_nothing().await;
    }
    act.ends(result.as_ref().map_or_else(Refusal::code, |_| "done")).await
}

async fn try_log_in(
    context: &Context,
    access: &Access,
    name: Option<&AccountName>,
    shown: &Shown<'_>,
    act: &mut Act,
) -> Result<(Account, Token), Refusal> {
    if shown.password.len() > INPUT_BYTES_MAX || shown.account.len() > INPUT_BYTES_MAX {
        return Err(Refusal::LoginFailed {});
    }
    let key = name_hash(&typed(shown.account));
    let now = context.now();
    let (kept, standing) = look(context, name, &key).await.map_err(Failure::refusal)?;
    if let Some(until) = standing.locked_until(now) {
        return Err(locked(until));
    }
    // Who logs in at an identity provider alone has no password, which is nobody's to know either.
    let has_one = kept.as_ref().filter(|kept| kept.has_password());
    let expected =
        has_one.map_or_else(|| nobodys_hash().to_owned(), |kept| kept.credentials.password.clone());
    let password = shown.password.to_owned();
    let is_right = access.check(move || is_password(&password, &expected)).await?;
    // Of many who guess at once, each waits for its turn: what was locked meanwhile is not opened by a right guess.
    if let Some(until) = standing_of(context, &key).await?.locked_until(now) {
        return Err(locked(until));
    }
    let is_open = |kept: &Kept| kept.has_password() && kept.account.state != State::Disabled;
    let kept = kept.filter(|kept| is_right && is_open(kept));
    if let Some(kept) = &kept {
        act.is_of(&kept.account);
    }
    act.begins().await?;
    let Some(kept) = kept else { return Err(fail(context, &key, Refusal::LoginFailed {}).await) };
    let code = match (&kept.credentials.code_secret, shown.code) {
        (None, _) => None,
        (Some(_), None) => return Err(Refusal::LoginCodeNeeded {}),
        (Some(secret), Some(code)) => {
            let steps = one_time_code::steps(now, kept.credentials.code_step);
            match step_of(secret, code, steps) {
                Some(step) => Some(step),
                None => return Err(fail(context, &key, Refusal::CodeWrong {}).await),
            }
        }
    };
    let token = Token::new(&*context.ids);
    begin(context, &kept.account, (&key, code), (&token, shown.before)).await.map_err(Failure::refusal)?;
    Ok((kept.account, token))
}

pub(super) async fn look(
    context: &Context,
    name: Option<&AccountName>,
    key: &NameHash,
) -> Outcome<(Option<Kept>, State)> {
    let mut conn = context.store.conn().await?;
    let standing = account::standing(&mut conn, context.me, key).await?;
    let kept = match name {
        Some(name) => account::find(&mut conn, context.me, name).await?,
        None => None,
    };
    Ok((kept, standing))
}

/// Begins the session, unless the name was locked or the code used meanwhile.
pub(super) async fn begin(
    context: &Context,
    account: &Account,
    (key, code): (&NameHash, Option<i64>),
    (token, before): (&Token, Option<&Token>),
) -> Outcome<()> {
    let (now, me) = (context.now(), context.me);
    let mut work = context.store.begin().await?;
    let standing = account::hold_standing(&mut work, me, key, now).await?;
    if let Some(until) = standing.locked_until(now) {
        return Err(locked(until).into());
    }
    let after = standing.after(Move::LogIn, now).ok_or(Refusal::LoginFailed {})?;
    let forget = now.plus_millis(-REMEMBERED_MILLIS);
    account::put_standing(&mut work, (me, key), after, (now, forget)).await?;
    if let Some(step) = code
        && !account::use_code(&mut work, (me, &account.name), step).await?
    {
        return Err(Refusal::CodeWrong {}.into());
    }
    account::log_in(&mut work, me, &account.name, now).await?;
    if let Some(before) = before {
        sessions::end(&mut work, me, &before.hash()).await?;
    }
    let times = (now, now.plus_millis(-SESSION_MILLIS_MAX));
    sessions::begin(&mut work, (me, &account.name), &token.hash(), times, session::AT_ONCE).await?;
    work.save().await?;
    Ok(())
}

/// Counts a failure under a name; the refusal to answer with.
pub(super) async fn fail(context: &Context, key: &NameHash, otherwise: Refusal) -> Refusal {
    let now = context.now();
    let count = async {
        let mut work = context.store.begin().await?;
        let before = account::hold_standing(&mut work, context.me, key, now).await?;
        let after = before.after(Move::Fail, now).unwrap_or(before);
        let forget = now.plus_millis(-REMEMBERED_MILLIS);
        account::put_standing(&mut work, (context.me, key), after, (now, forget)).await?;
        work.save().await?;
        Ok::<_, Failure>(after.locked_until(now))
    };
    match count.await {
        Ok(None) => otherwise,
        Ok(Some(until)) => locked(until),
        Err(failure) => failure.refusal(),
    }
}

pub(super) fn locked(until: Moment) -> Refusal {
    Refusal::LoginLocked { until: until.to_string() }
}

/// What somebody typed as a name, as it counts.
fn typed(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

/// Under which wrong logins are counted.
pub(super) fn name_hash(typed: &str) -> NameHash {
    digest(&[b"yidi login", typed.as_bytes()])
}

/// The account that somebody means: the insured log in by their citizen identity number, under which no account stands in clear.
fn name_of(context: &Context, text: &str) -> Option<AccountName> {
    match text.trim().parse::<CitizenId>() {
        Ok(citizen) => Some(name_of_insured(context, &citizen)),
        Err(_) => text.parse().ok(),
    }
}

fn name_of_insured(context: &Context, citizen: &CitizenId) -> AccountName {
    let digest = digest_of(context, "citizen", citizen.reveal());
    format!("insured-{digest}").parse().expect("letters and digits")
}

/// The hash of no password, so that an unknown name takes as long as a known one.
fn nobodys_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hash_password("nobody has this password", [0; 16]))
}

/// Something that somebody does about an account of his own.
pub(crate) fn own_act(context: &Context, account: &Account, action: &str, address: &str) -> Act {
    let event = Event {
        at: context.now(),
        account: account.name.to_string(),
        role: account.role.code().to_owned(),
        area: account.area.to_string(),
        action: action.to_owned(),
        subject: format!("account:{}", account.name),
        outcome: String::new(),
        duty: String::new(),
        address: address.to_owned(),
    };
    Act::new(context, event)
}

/// Ends a session.
pub(crate) async fn log_out(context: &Context, token: &Token) -> Result<(), Refusal> {
    let end = async {
        let mut work = context.store.begin().await?;
        sessions::end(&mut work, context.me, &token.hash()).await?;
        work.save().await
    };
    end.await.map_err(|error| Failure::from(error).refusal())
}

/// Changes one's own password, and ends all one's other sessions.
pub(crate) async fn change_password(
    context: &Context,
    access: &Access,
    (account, token): (&Account, &Token),
    (old, new): (&str, &str),
) -> Result<(), Refusal> {
    password::check(new, &account.name)?;
    if old.len() > INPUT_BYTES_MAX {
        return Err(Refusal::PasswordWrong {});
    }
    if old == new {
        return Err(Refusal::PasswordRule { rule: "与原密码不同".to_owned() });
    }
    let (new, salt) = (new.to_owned(), random(&*context.ids));
    let hash = with_password(context, access, account, old, move || hash_password(&new, salt)).await?;
    let write = async {
        let mut work = context.store.begin().await?;
        account::set_password(&mut work, (context.me, &account.name), (&hash, false), context.now()).await?;
        sessions::end_all(&mut work, (context.me, &account.name), Some(&token.hash())).await?;
        work.save().await
    };
    write.await.map_err(|error| Failure::from(error).refusal())
}

/// Refuses whoever does not know the password of his own account; wrong ones count as at the login.
pub(super) async fn confirm_password(
    context: &Context,
    access: &Access,
    account: &Account,
    password: &str,
) -> Result<(), Refusal> {
    if password.len() > INPUT_BYTES_MAX {
        return Err(Refusal::PasswordWrong {});
    }
    with_password(context, access, account, password, || ()).await
}

/// Works on something in the thread in which the password of an account is checked, if it is the right one.
async fn with_password<T: Send + 'static>(
    context: &Context,
    access: &Access,
    account: &Account,
    password: &str,
    then: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let key = name_hash(account.name.as_str());
    let (kept, standing) = look(context, Some(&account.name), &key).await.map_err(Failure::refusal)?;
    if let Some(until) = standing.locked_until(context.now()) {
        return Err(locked(until));
    }
    let kept = kept.ok_or(Refusal::PasswordWrong {})?;
    if !kept.has_password() {
        let rule = "本账户只用统一身份认证登录，没有密码，需要时请联系账户管理员重置密码".to_owned();
        return Err(Refusal::AccountRule { rule });
    }
    let (password, expected) = (password.to_owned(), kept.credentials.password);
    let done = access.check(move || is_password(&password, &expected).then(then)).await?;
    match done {
        Some(done) => Ok(done),
        None => Err(fail(context, &key, Refusal::PasswordWrong {}).await),
    }
}

/// Makes a secret of one-time codes, which waits for its first code: for typing, and as `otpauth://` for a QR code.
pub(crate) async fn new_one_time_code(
    context: &Context,
    account: &Account,
) -> Result<(String, String), Refusal> {
    if account.has_one_time_code {
        let rule = "动态验证码已启用，更换验证器请先由账户管理员停用".to_owned();
        return Err(Refusal::AccountRule { rule });
    }
    let secret: [u8; CODE_SECRET_BYTES] = random(&*context.ids);
    let write = async {
        let mut work = context.store.begin().await?;
        account::set_code_pending(&mut work, (context.me, &account.name), &secret).await?;
        work.save().await
    };
    write.await.map_err(|error| Failure::from(error).refusal())?;
    let (text, me) = (base32(&secret), context.me);
    let (digits, seconds) = (one_time_code::DIGITS, one_time_code::STEP_SECONDS);
    let uri = format!(
        "otpauth://totp/Yidi-{me}:{}?secret={text}&issuer=Yidi-{me}&algorithm=SHA1&digits={digits}&period={seconds}",
        account.name
    );
    Ok((text, uri))
}

/// Puts one-time codes in force by the first code of the secret that waits.
pub(crate) async fn confirm_one_time_code(
    context: &Context,
    account: &Account,
    code: &str,
) -> Result<(), Refusal> {
    let key = name_hash(account.name.as_str());
    let now = context.now();
    let (kept, standing) = look(context, Some(&account.name), &key).await.map_err(Failure::refusal)?;
    if let Some(until) = standing.locked_until(now) {
        return Err(locked(until));
    }
    let pending = kept.and_then(|kept| kept.credentials.code_pending);
    let Some(secret) = pending else {
        return Err(Refusal::AccountRule {
            rule: "请先取得新的密钥，再确认首个验证码".to_owned()
        });
    };
    let Some(step) = step_of(&secret, code, one_time_code::steps(now, None)) else {
        return Err(fail(context, &key, Refusal::CodeWrong {}).await);
    };
    let write = async {
        let mut work = context.store.begin().await?;
        account::set_code(&mut work, (context.me, &account.name), (&secret, step)).await?;
        work.save().await
    };
    write.await.map_err(|error| Failure::from(error).refusal())
}

/// Who registers at the portal.
pub(crate) struct NewInsured<'a> {
    /// 参保地.
    pub insured: InsuredPlace,
    /// 公民身份号码.
    pub citizen: &'a CitizenId,
    /// 姓名.
    pub name: &'a str,
    /// 社会保障卡卡号.
    pub card: &'a str,
    /// The password.
    pub password: &'a str,
    /// Where the request came from.
    pub address: &'a str,
}

/// Makes an account for somebody insured here who names the number of a card of his that is in force.
pub(crate) async fn register(context: &Context, access: &Access, new: NewInsured<'_>) -> Result<(), Refusal> {
    let subject = format!("account:{}", name_of_insured(context, new.citizen));
    let mut act = nobodys_act(context, ("register", subject), new.address);
    let done = try_register(context, access, new, &mut act).await;
    // What was refused before anything was counted or made would only fill the trail.
    if act.has_begun() {
        ends(act, &done).await?;
    }
    done
}

async fn try_register(
    context: &Context,
    access: &Access,
    new: NewInsured<'_>,
    act: &mut Act,
) -> Result<(), Refusal> {
    let name = name_of_insured(context, new.citizen);
    password::check(new.password, &name)?;
    if new.password.contains(new.citizen.reveal()) {
        return Err(Refusal::PasswordRule { rule: "不含证件号码".to_owned() });
    }
    let key = name_hash(&typed(new.citizen.reveal()));
    let now = context.now();
    let (known, standing) = look(context, Some(&name), &key).await.map_err(Failure::refusal)?;
    if let Some(until) = standing.locked_until(now) {
        return Err(locked(until));
    }
    let area = new.insured.pooling_area();
    let verify = async {
        let mut conn = context.store.conn().await?;
        let Some(found) = person::find_citizen(&mut conn, area, new.citizen).await? else { return Ok(None) };
        let cards = medium::cards_of(&mut conn, area, &found.number).await?;
        let is_of = |card: &casework::medium::Card| {
            card.stage == CardStage::InForce
                && super::secret::is_same(card.number.reveal().as_bytes(), new.card.trim().as_bytes())
        };
        let is_holder = found.name == new.name.trim() && cards.iter().any(is_of);
        Ok::<_, Failure>(Some(found).filter(|_| is_holder))
    };
    let Some(holder) = verify.await.map_err(Failure::refusal)? else {
        act.begins().await?;
        return Err(fail(context, &key, Refusal::HolderUnverified {}).await);
    };
    if known.is_some() {
        return Err(Refusal::AccountExists { account: "本人".to_owned() });
    }
    let (password, salt) = (new.password.to_owned(), random(&*context.ids));
    let hash = access.check(move || hash_password(&password, salt)).await?;
    let account = Account {
        name,
        person_name: holder.name,
        role: Role::Insured,
        area: Area::City(area),
        person: Some(holder.number),
        state: State::NEW,
        must_change_password: false,
        has_one_time_code: false,
        revision: 1,
        created_at: now,
        created_by: "本人".to_owned(),
        last_login: None,
    };
    act.is_of(&account);
    act.begins().await?;
    let write = async {
        let mut work = context.store.begin().await?;
        if !account::insert(&mut work, context.me, &account, &hash).await? {
            return Err(Refusal::AccountExists { account: "本人".to_owned() }.into());
        }
        work.save().await?;
        Ok::<_, Failure>(())
    };
    write.await.map_err(Failure::refusal)
}

/// The state in which the name of an account stands.
pub(crate) async fn state_of(context: &Context, account: &Account) -> Result<State, Refusal> {
    if account.state == State::Disabled {
        return Ok(State::Disabled);
    }
    standing_of(context, &name_hash(account.name.as_str())).await
}

async fn standing_of(context: &Context, key: &NameHash) -> Result<State, Refusal> {
    let read = async { account::standing(&mut *context.store.conn().await?, context.me, key).await };
    read.await.map_err(|error| Failure::from(error).refusal())
}

/// Ends a lock of an account's name.
pub(crate) async fn unlock(work: &mut store::Work, context: &Context, name: &AccountName) -> Outcome<()> {
    let (now, key) = (context.now(), name_hash(name.as_str()));
    let before = account::hold_standing(work, context.me, &key, now).await?;
    let after = before.after(Move::Reset, now).unwrap_or(State::NEW);
    let times = (now, now.plus_millis(-REMEMBERED_MILLIS));
    account::put_standing(work, (context.me, &key), after, times).await?;
    Ok(())
}
