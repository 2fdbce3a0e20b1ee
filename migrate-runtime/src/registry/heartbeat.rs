use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::error::RegistryError;
use super::membership::{MembershipStatus, Renewal};
use super::text::{self, Table, Text};
use super::tried::{self, Before, Tried, Written};
use crate::Database;
use crate::context::Context;

/// What keeps one row of the registry alive.
pub(crate) struct Heartbeat<D> {
    pub(crate) database: D,
    pub(crate) context: Context,
    pub(crate) id: String,
    pub(crate) row: Value,
    pub(crate) lease: Duration,
    pub(crate) keep: Duration,
}

/// No pause before another try is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Whoever joined wants to leave, and hears here how that went.
pub(crate) type Leave = oneshot::Sender<Result<(), RegistryError>>;

impl<D: Database> Heartbeat<D> {
    /// Writes the row as it is now, whether it is there or not: an answer that was lost does no harm to the next try.
    pub(crate) async fn beat(&self) -> Result<Before, Tried> {
        for table in [Table::Exists, Table::Missing] {
            let text = text::beat(&self.context, table, &self.id, &self.row, self.lease, self.keep);
            if let Written::Done(before) = self.send(text).await? {
                return Ok(before);
            }
        }
        Err(Tried::Again("the table was removed as soon as it was defined".to_owned()))
    }

    /// Renews until it is told to leave. Once nobody can tell any more, it ends and leaves the row to age out.
    pub(crate) async fn run(
        self,
        mut confirmed: Instant,
        status: watch::Sender<MembershipStatus>,
        mut leave: oneshot::Receiver<Leave>,
    ) {
        loop {
            // A renewal that is under way is never cut off by leaving: it could come after the removal of the row. One that was given up for
            // want of an answer still may: then the row ages out with its lease, and delays a completion until then.
            let pause = self.next_pause(&status.borrow().renewal);
            match timeout(pause, &mut leave).await {
                Ok(Ok(answer)) => {
                    // Nobody may be waiting for it any more.
                    let _ = answer.send(self.leave().await);
                    return;
                }
                Ok(Err(_)) => return,
                Err(_) => {}
            }
            let sent = Instant::now();
            let why = match timeout(self.third(), self.beat()).await {
                Ok(Ok(before)) => {
                    confirmed = sent;
                    status.send_modify(|status| status.renewed(before));
                    if before == Before::Nothing {
                        warn!(context = %self.context, "the row of this replica was gone and is written again");
                    }
                    continue;
                }
                Ok(Err(Tried::Again(why))) => why,
                Ok(Err(Tried::Failed(error))) => error.to_string(),
                Err(_) => format!("there was no answer for {:?}", self.third()),
            };
            debug!(context = %self.context, "the row of this replica was not renewed: {why}");
            // Counted from when the last one was sent: the row lasts at least that long.
            let is_over = confirmed.elapsed() >= self.lease;
            status.send_modify(|status| {
                status.renewal = if is_over { Renewal::Lapsed { reason: why } } else { Renewal::Late { reason: why } };
            });
        }
    }

    fn third(&self) -> Duration {
        self.lease / 3
    }

    /// A third of the lease; what was not renewed is tried again sooner, at a time of each replica's own.
    fn next_pause(&self, renewal: &Renewal) -> Duration {
        match renewal {
            Renewal::InTime => self.third(),
            Renewal::Late { .. } | Renewal::Lapsed { .. } => {
                (self.lease / 20).min(LONGEST_PAUSE).mul_f64(0.5 + 0.5 * fastrand::f64())
            }
        }
    }

    /// Removes the row, trying again for as long as it could live.
    async fn leave(&self) -> Result<(), RegistryError> {
        let begin = Instant::now();
        loop {
            let why = match timeout(self.third(), self.send(text::leave(&self.context, &self.id))).await {
                Ok(Ok(Written::Done(_) | Written::NoTable)) => return Ok(()),
                Ok(Err(Tried::Failed(error))) => return Err(error),
                Ok(Err(Tried::Again(why))) => why,
                Err(_) => format!("there was no answer for {:?}", self.third()),
            };
            if begin.elapsed() >= self.lease {
                return Err(RegistryError::Unanswered { context: self.context.clone(), reason: why });
            }
            sleep(self.next_pause(&Renewal::Late { reason: why })).await;
        }
    }

    async fn send(&self, mut text: Text) -> Result<Written, Tried> {
        let (query, variables) = (std::mem::take(&mut text.query), std::mem::take(&mut text.variables));
        match self.database.query(query, variables).await {
            Ok(reply) => tried::read_written(&self.context, &text, &reply),
            Err(error) => Err(tried::unanswered(&self.context, &error)),
        }
    }
}
