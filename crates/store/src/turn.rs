//! Turns: what only one instance of a node does at a time, though each would do it.
//!
//! What is done in turn must be right even if two did it at once. A turn only spares the second the work, and the log its
//! refusals. It is a lock of a transaction, so it ends with whoever has it, however that one ends.

use crate::{Result, Store};
use sqlx::{Postgres, Transaction};

/// What is done in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The timetable of the money between provinces.
    Timetable,
}

impl Task {
    /// The number of its lock. Each is there once among all advisory locks of this crate.
    const fn lock(self) -> i64 {
        match self {
            Self::Timetable => 20_260_026,
        }
    }
}

/// A turn that was taken. Dropped, it ends some time later; [`Turn::end`] ends it now.
#[must_use = "a turn that is dropped is over"]
#[derive(Debug)]
pub struct Turn(Transaction<'static, Postgres>);

impl Store {
    /// Takes a turn; `None` while another instance has it.
    pub async fn take_turn(&self, task: Task) -> Result<Option<Turn>> {
        let mut transaction = self.aside.begin().await?;
        let taken: bool = sqlx::query_scalar("select pg_try_advisory_xact_lock($1)")
            .bind(task.lock())
            .fetch_one(&mut *transaction)
            .await?;
        if taken {
            return Ok(Some(Turn(transaction)));
        }
        transaction.rollback().await?;
        Ok(None)
    }
}

impl Turn {
    /// Ends the turn.
    pub async fn end(self) -> Result<()> {
        Ok(self.0.rollback().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use std::time::Duration;
    use terms::Moment;

    #[tokio::test]
    async fn one_instance_has_the_turn_until_it_ends() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let one = TestCluster::shared().fresh_store(now).await;
        let other = one.opened_again(2).await.unwrap();
        let turn = one.take_turn(Task::Timetable).await.unwrap().expect("nobody has it");
        assert!(other.take_turn(Task::Timetable).await.unwrap().is_none());
        turn.end().await.unwrap();
        let turn = other.take_turn(Task::Timetable).await.unwrap().expect("it was given back");
        assert!(one.take_turn(Task::Timetable).await.unwrap().is_none());
        // An instance that dies gives it back as well, once its server has noticed.
        drop(turn);
        other.close().await;
        let given_back = async {
            loop {
                if let Some(turn) = one.take_turn(Task::Timetable).await.unwrap() {
                    break turn;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let turn = tokio::time::timeout(Duration::from_secs(20), given_back).await;
        turn.expect("its holder is gone").end().await.unwrap();
    }
}
