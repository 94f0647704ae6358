//! What instances of one node tell one another through their database: that something changed which they hold ready, so that a
//! message need not ask for it each time.
//!
//! Whoever writes such a thing tells it in the same unit of work; every instance that listens hears it once that is saved. An
//! instance whose line has broken hears nothing, and learns so from [`Listening::next`]: it must hold nothing ready until it
//! listens again.
//!
//! To add one: a variant of [`Change`], its word in `of` and `read`, and [`tell`] where it is written.

use crate::{Error, Result, Store, Work};
use sqlx::postgres::PgListener;
use std::time::Duration;
use terms::{InstitutionCode, Participant};
use tokio::time::timeout;

/// What instances listen to.
const CHANNEL: &str = "yidi_change";
/// After so long without a word the line is asked whether it is still there …
const SILENCE: Duration = Duration::from_secs(3);
/// … and this is how long it may take to answer. Both together bound how long a dead line goes unnoticed.
const PATIENCE: Duration = Duration::from_secs(2);

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// At the hub: a participant.
    Participant(Participant),
    /// At a province: an institution.
    Institution(InstitutionCode),
    /// At the hub: an institution of the national register.
    NationalInstitution(InstitutionCode),
    /// At a province: whether an institution's messages are recorded.
    Transcript(InstitutionCode),
}

impl Change {
    fn of(&self) -> String {
        match self {
            Self::Participant(participant) => format!("participant {participant}"),
            Self::Institution(code) => format!("institution {code}"),
            Self::NationalInstitution(code) => format!("national_institution {code}"),
            Self::Transcript(code) => format!("transcript {code}"),
        }
    }

    /// `None` for what a later program tells and this one does not hold ready.
    fn read(text: &str) -> Option<Self> {
        let (what, which) = text.split_once(' ')?;
        match what {
            "participant" => which.parse().ok().map(Self::Participant),
            "institution" => which.parse().ok().map(Self::Institution),
            "national_institution" => which.parse().ok().map(Self::NationalInstitution),
            "transcript" => which.parse().ok().map(Self::Transcript),
            _ => None,
        }
    }
}

/// Tells a change to all instances, once this unit of work is saved.
pub async fn tell(work: &mut Work, change: &Change) -> Result<()> {
    sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(change.of()).execute(work.conn()).await?;
    Ok(())
}

/// An instance that listens.
#[derive(Debug)]
pub struct Listening(PgListener);

impl Store {
    /// Listens from now on: what is saved after this has come back is heard.
    pub async fn listen(&self) -> Result<Listening> {
        let mut listener = PgListener::connect_with(&self.aside).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(Listening(listener))
    }
}

impl Listening {
    /// Waits for the next change.
    ///
    /// # Errors
    /// The line is broken, and has been for some seconds at most: what changed meanwhile was not heard.
    pub async fn next(&mut self) -> Result<Change> {
        loop {
            match timeout(SILENCE, self.0.try_recv()).await {
                Ok(Ok(Some(told))) => match Change::read(told.payload()) {
                    Some(change) => return Ok(change),
                    None => {
                        tracing::debug!(told = told.payload(), "a change that this program does not know");
                    }
                },
                Ok(Ok(None)) => return Err(broken()),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => {
                    let asked = sqlx::query("select 1").execute(&mut self.0);
                    timeout(PATIENCE, asked).await.map_err(|_| broken())??;
                }
            }
        }
    }
}

fn broken() -> Error {
    Error::Database(sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::Moment;

    #[test]
    fn what_is_told_is_what_is_read() {
        let institution: InstitutionCode = "H42010600002".parse().unwrap();
        for change in [
            Change::Participant(Participant::Hub),
            Change::Participant("420000".parse().unwrap()),
            Change::Institution(institution.clone()),
            Change::NationalInstitution(institution.clone()),
            Change::Transcript(institution),
        ] {
            assert_eq!(Change::read(&change.of()), Some(change));
        }
        for unknown in ["", "participant", "participant 4200", "colour red"] {
            assert_eq!(Change::read(unknown), None, "{unknown}");
        }
    }

    #[tokio::test]
    async fn what_is_saved_is_heard_what_is_not_is_not_and_a_broken_line_is_noticed() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let mut listening = store.listen().await.unwrap();
        let change = |code: &str| Change::Institution(code.parse().unwrap());
        for (code, is_saved) in [("H42010600001", false), ("H42010600002", true), ("H42010600003", true)] {
            let mut work = store.begin().await.unwrap();
            tell(&mut work, &change(code)).await.unwrap();
            if is_saved {
                work.save().await.unwrap();
            }
        }
        assert_eq!(listening.next().await.unwrap(), change("H42010600002"));
        assert_eq!(listening.next().await.unwrap(), change("H42010600003"));
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and query like 'LISTEN %'",
        )
        .execute(&store.pool)
        .await
        .unwrap();
        listening.next().await.unwrap_err();
        let mut listening = store.listen().await.unwrap();
        let mut work = store.begin().await.unwrap();
        tell(&mut work, &change("H42010600004")).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(listening.next().await.unwrap(), change("H42010600004"));
    }
}
