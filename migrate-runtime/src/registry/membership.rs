use std::time::Instant;

use serde::Serialize;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::error::RegistryError;
use super::heartbeat::{Heartbeat, Leave};
use super::tried::Before;
use crate::Database;
use crate::context::Context;

/// The place of this process in the replica registry, renewed in the background.
///
/// [`leave`](Self::leave) gives it up. Dropped without that, as by a process that dies, the row is no longer renewed and
/// ages out within one lease.
#[derive(Debug)]
#[must_use = "dropping it lets the row of this replica age out"]
pub struct Membership {
    id: String,
    context: Context,
    status: watch::Receiver<MembershipStatus>,
    leave: Option<oneshot::Sender<Leave>>,
    task: JoinHandle<()>,
}

/// How the renewal of a row in the replica registry goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MembershipStatus {
    /// How the last renewal went.
    pub renewal: Renewal,
    /// How often the row was renewed since this replica joined.
    pub renewals: u64,
    /// How often the row had vanished and was written again.
    pub written_again: u64,
}

/// How the last renewal of a row went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Renewal {
    /// It was confirmed.
    InTime,
    /// It was not confirmed and is tried again; the row is still alive.
    Late {
        /// What it met.
        reason: String,
    },
    /// It was not confirmed and is tried again, and by now the row may have expired: others may take this replica for
    /// dead, and change what it needs.
    Lapsed {
        /// What it met.
        reason: String,
    },
}

impl MembershipStatus {
    pub(crate) fn renewed(&mut self, before: Before) {
        self.renewal = Renewal::InTime;
        match before {
            Before::Row => self.renewals += 1,
            Before::Nothing => self.written_again += 1,
        }
    }
}

impl Membership {
    /// The row was written by a text that was sent at this moment.
    pub(crate) fn start<D: Database + 'static>(heartbeat: Heartbeat<D>, sent: Instant) -> Self {
        let (tell, status) =
            watch::channel(MembershipStatus { renewal: Renewal::InTime, renewals: 0, written_again: 0 });
        let (leave, left) = oneshot::channel();
        let (id, context) = (heartbeat.id.clone(), heartbeat.context.clone());
        let task = tokio::spawn(heartbeat.run(sent, tell, left));
        Self { id, context, status, leave: Some(leave), task }
    }

    /// The id of its row: no other process has it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How the renewal goes.
    pub fn status(&self) -> MembershipStatus {
        self.status.borrow().clone()
    }

    /// Waits for the next renewal, whatever it comes to.
    ///
    /// # Errors
    ///
    /// When nothing is renewed any more, because the runtime in which it was is gone.
    pub async fn renewed(&mut self) -> Result<MembershipStatus, RegistryError> {
        let changed = self.status.changed().await;
        changed.map_err(|_| self.ended())?;
        Ok(self.status.borrow_and_update().clone())
    }

    /// Ends the renewal and removes the row.
    ///
    /// # Errors
    ///
    /// When the row could not be removed within a lease; by then it has expired.
    pub async fn leave(mut self) -> Result<(), RegistryError> {
        let (answer, answered) = oneshot::channel();
        let told = self.leave.take().map(|leave| leave.send(answer));
        if told.is_none_or(|told| told.is_err()) {
            return Err(self.ended());
        }
        answered.await.unwrap_or_else(|_| Err(self.ended()))
    }

    fn ended(&self) -> RegistryError {
        let reason = "the task that renews the row has ended".to_owned();
        RegistryError::Unanswered { context: self.context.clone(), reason }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.task.abort();
    }
}
