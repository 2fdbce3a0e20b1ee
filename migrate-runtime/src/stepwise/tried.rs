//! Sending a text of a stepwise migration, and what came of it.

use serde_json::Value;

use super::Stepwise;
use super::position::{Position, StatementProgress};
use crate::context::Context;
use crate::phased::withheld;
use crate::probe::is_in;
use crate::refusal::Refusal;
use crate::script::{Role, Script};
use crate::verdict::Verdict;
use crate::{Database, QueryError, Reply};

/// What a text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// Taking the lease.
    Start,
    /// A step, or the end.
    Step,
}

/// What came of one text.
pub(super) enum Tried {
    /// It is committed, and the ledger stands here now.
    Moved(Position),
    /// Nothing is known, or somebody was in the way.
    Again(String),
    /// The lease is not ours any more, or the ledger does not stand where it did.
    Overtaken,
    Held(String),
    Refused(Refusal),
    /// The unit at the cursor failed, at this one of its statements, and was taken back.
    Failed {
        statement: Option<usize>,
        cause: String,
    },
    Torn,
    /// The fleet index could not be written.
    Unindexed(String),
    /// The snapshot could not be stored.
    NoSnapshot(String),
}

impl<D: Database> Stepwise<'_, D> {
    pub(super) async fn send(&self, script: &Script, at: At) -> Tried {
        let reply = match self.query(script, at).await {
            Ok(reply) => reply,
            Err(tried) => return tried,
        };
        match read_of(script, &reply, self.attempt.context).as_ref().and_then(Position::read) {
            Some(position) => Tried::Moved(position),
            None => Tried::Again("the ledger row does not say where the migration stands".to_owned()),
        }
    }

    /// Sends a text after which there is no position any more.
    pub(super) async fn finish(&self, script: &Script) -> Tried {
        match self.query(script, At::Step).await {
            Ok(_) => Tried::Moved(Position { token: 0, cursor: 0, progress: StatementProgress::None }),
            Err(tried) => tried,
        }
    }

    async fn query(&self, script: &Script, at: At) -> Result<Reply, Tried> {
        let reply = match self.attempt.database.query(script.text.clone(), script.variables.clone()).await {
            Ok(reply) => reply,
            Err(QueryError::Refused(cause) | QueryError::TooLarge(cause) | QueryError::TimedOut(cause)) => {
                return Err(Tried::Failed { statement: None, cause });
            }
            Err(QueryError::NotAllowed(reason)) => return Err(Tried::Refused(Refusal::Unavailable { reason })),
            Err(error @ (QueryError::Lost(_) | QueryError::Conflict(_))) => {
                return Err(Tried::Again(error.to_string()));
            }
        };
        if let Some(refusal) = withheld(script, &reply, self.step.module, self.step.migration) {
            return Err(Tried::Refused(refusal));
        }
        let verdict = match script.verdicts(&reply) {
            Ok(verdicts) => verdicts.into_iter().next(),
            Err(misshapen) => return Err(Tried::Again(misshapen.to_string())),
        };
        match verdict {
            Some(Verdict::Applied) => Ok(reply),
            None => Err(Tried::Again("the text holds no transaction".to_owned())),
            Some(Verdict::Again(why)) => Err(Tried::Again(why)),
            Some(Verdict::Overtaken) => Err(Tried::Overtaken),
            Some(Verdict::Held) => Err(Tried::Held("somebody else".to_owned())),
            Some(Verdict::Torn(_)) => Err(Tried::Torn),
            Some(Verdict::Unindexed(why)) => Err(Tried::Unindexed(why)),
            Some(Verdict::NoSnapshot(why)) => Err(Tried::NoSnapshot(why)),
            Some(Verdict::NotEntered(why)) => {
                let reason = format!("{} cannot be entered: {why}", self.attempt.context);
                Err(Tried::Refused(Refusal::Unavailable { reason }))
            }
            // What is none of the statement's own doing says nothing of it, and perhaps it is committed.
            Some(Verdict::Failed { statement: None, cause }) if at == At::Step => Err(Tried::Again(cause)),
            Some(Verdict::Failed { statement, cause }) => Err(Tried::Failed { statement, cause }),
        }
    }
}

/// The answer of a text's [`Role::Read`], if the text ran in its context.
pub(super) fn read_of(script: &Script, reply: &Reply, context: &Context) -> Option<Value> {
    let of = |role| script.slots.iter().position(|(_, one)| *one == role).and_then(|at| reply.0.get(at)?.as_ref().ok());
    let entered = of(Role::Enter)?;
    is_in(context, entered).then(|| of(Role::Read).cloned())?
}
