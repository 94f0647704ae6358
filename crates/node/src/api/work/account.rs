//! What waits of accounts, for whoever gives them within an area.

use super::Kind;
use crate::{
    access::{Clerk, accounts::DueName},
    context::{Context, Outcome},
};
use casework::access::Action;
use store::account;
use terms::{Day, Moment};
use wire::api::work::WorkItem;

const LOCKED: Kind = Kind {
    code: "accounts_locked",
    name: "锁定的账户",
    action: Action::MaintainAccounts,
    to_do: "请向本人核实是否本人登录，忘记密码的重置",
};
const INITIAL: Kind = Kind {
    code: "accounts_initial",
    name: "初始密码逾期未改的账户",
    action: Action::MaintainAccounts,
    to_do: "请督促本人登录修改，不再需要的停用",
};
const WITHOUT_CODE: Kind = Kind {
    code: "accounts_without_code",
    name: "未启用动态验证码的账户",
    action: Action::MaintainAccounts,
    to_do: "请督促本人在本人账户中启用",
};

const KINDS: [(DueName, Kind); 3] =
    [(DueName::Locked, LOCKED), (DueName::Initial, INITIAL), (DueName::WithoutCode, WITHOUT_CODE)];

/// What waits for an account administrator.
pub(super) async fn work(context: &Context, clerk: &Clerk, today: Day) -> Outcome<Vec<WorkItem>> {
    let mut work = Vec::new();
    if !clerk.may(Action::MaintainAccounts) {
        return Ok(work);
    }
    let area = clerk.area();
    for (name, kind) in &KINDS {
        let due = name.of(context, &area).await?;
        let mut conn = context.store.conn().await?;
        let waiting = account::waiting(&mut conn, context.me, &area, &due).await?;
        // Since when a name is locked, or a code missing, nobody has written down.
        let since = waiting.oldest.map(Moment::day).filter(|_| *name == DueName::Initial);
        work.extend((waiting.count > 0).then(|| kind.item(waiting.count, since, None, today)));
    }
    Ok(work)
}
