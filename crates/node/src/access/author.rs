//! Who enters something (录入人), as a use case is told: it is written down in the same unit of work as what is entered, so that neither
//! stands without the other, and four eyes hold from the first moment on.

use crate::context::{Context, Outcome};
use casework::access::{Account, AccountName};
use store::{Work, account};

/// Who enters something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Author(Option<AccountName>);

impl Author {
    /// Nobody to whom a decision on it is denied: a program with the token, the timetable, somebody insured for himself.
    pub const NOBODY: Self = Self(None);

    /// Whoever has this account.
    pub fn of(account: &Account) -> Self {
        Self(Some(account.name.clone()))
    }

    /// Writes down that he enters this, in the unit of work that it is entered by. The subject is what a decision on it is asked by
    /// ([`super::Clerk::decides`]).
    pub async fn enters(&self, context: &Context, work: &mut Work, subject: &str) -> Outcome<()> {
        if let Some(name) = &self.0 {
            account::enter(work, context.me, (subject, name.as_str()), context.now()).await?;
        }
        Ok(())
    }
}
