//! The loop around taking a database over: read all of it, decide, write, and read again when that was in doubt.

use std::fmt::Display;

use migrate_core::Migrations;
use serde_json::Value;
use tracing::{Instrument, info_span};

use super::decide::{At, Decided, Target, decide};
use super::error::BaselineError;
use super::ledger::{LEDGER, Recorded};
use super::options::Strangers;
use super::record::{Origin, script};
use super::report::{TakenOver, Takeover, TakeoverState};
use super::requires;
use crate::backoff::Backoff;
use crate::consult::mend;
use crate::context::Context;
use crate::counted::Counted;
use crate::handover::{Origin as Moved, is_called};
use crate::live::{Look, Rows, Unmanaged, read};
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::plan::{Action, Step, plan};
use crate::run::Run;
use crate::script::{Script, ledger_row, placeholder};
use crate::verdict::Verdict;
use crate::{Database, QueryError};

/// What is to be taken over.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) targets: Vec<(&'static Migrations, At)>,
    pub(crate) unmanaged: Unmanaged,
    pub(crate) strangers: Strangers,
}

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Plan,
    Write,
}

/// What came of sending the rows.
enum Sent {
    Written,
    /// All has to be read again, for this reason.
    Again(String),
    /// The fleet index cannot be written, for this reason: again without it.
    Unindexed(String),
    Refused(String),
}

impl Migrator {
    /// The modules, in the order in which they are applied.
    pub(crate) fn modules(&self) -> Vec<&'static Migrations> {
        self.applier.modules.to_vec()
    }

    /// Takes a database over. What is wanted may depend on what is seen there.
    pub(crate) async fn take_over<D: Database, E: From<BaselineError> + Display>(
        &self,
        database: &D,
        context: &Context,
        rows: &[Rows],
        origin: &Origin,
        intent: Intent,
        wanted: impl Fn(&Look) -> Result<Wanted, E>,
    ) -> Result<Takeover, E> {
        let database = Counted::new(database, self.counters());
        let mut backoff = self.patience.begin(database.silence());
        let run = self.run();
        let rows: Vec<_> = std::iter::once(LEDGER).chain(rows.iter().copied()).collect();
        let span = info_span!("take over", %context);
        let taken = async {
            let mut is_sent = false;
            loop {
                let look = read(self, &database, context, &rows, &mut backoff).await.map_err(BaselineError::from)?;
                let ledger = Recorded::read_all(&look.rows[LEDGER.table])
                    .map_err(|reason| BaselineError::LedgerUnreadable { context: context.clone(), reason })?;
                let decided = decide(context, &self.modules(), &wanted(&look)?, &ledger, &look.catalog)?;
                requires::check(context, &self.applier.modules, &decided.missing, &ledger)?;
                if decided.missing.is_empty() {
                    let state = match decided.recorded.is_empty() {
                        true => TakeoverState::Nothing,
                        false if is_sent && self.wrote(&ledger, &decided) => TakeoverState::Recorded,
                        false => TakeoverState::AlreadyRecorded,
                    };
                    if state == TakeoverState::Recorded {
                        mend(self, &database, &run, vec![context.clone()]).await;
                    }
                    return Ok(takeover(context, state, decided));
                }
                if intent == Intent::Plan {
                    return Ok(takeover(context, TakeoverState::Planned, decided));
                }
                let why = match self
                    .record(&database, context, origin, &rows, &look, &ledger, &decided.missing, &run)
                    .await
                {
                    Sent::Written => {
                        // The database's id is told outside of transactions only.
                        mend(self, &database, &run, vec![context.clone()]).await;
                        return Ok(takeover(context, TakeoverState::Recorded, decided));
                    }
                    Sent::Refused(reason) => return Err(unavailable(context, reason).into()),
                    Sent::Unindexed(why) => {
                        run.give_up_index(&why, &self.applier.telemetry);
                        why
                    }
                    Sent::Again(why) => why,
                };
                is_sent = true;
                self.wait_before_next(context, &mut backoff, &why).await?;
            }
        };
        let taken: Result<_, E> = taken.instrument(span).await;
        if intent == Intent::Write {
            match &taken {
                Ok(takeover) => self.emit(Event::TakenOver { takeover }),
                Err(error) => self.emit(Event::TakeoverRefused { context, reason: &error.to_string() }),
            }
        }
        taken
    }

    /// Whether the rows that are there are ours: the answer to our transaction was lost.
    fn wrote(&self, ledger: &[Recorded], decided: &Decided) -> bool {
        let us = &self.applier.replica.as_json()["replica"];
        let is_taken = |module: &str| decided.recorded.iter().any(|(taken, _)| taken.module() == module);
        let mut taken = ledger.iter().filter(|recorded| recorded.is_taken_over && is_taken(&recorded.row.module));
        taken.any(|recorded| recorded.replica.as_deref() == us.as_str())
    }

    #[expect(clippy::too_many_arguments, reason = "all that one transaction depends on")]
    async fn record(
        &self,
        database: &impl Database,
        context: &Context,
        origin: &Origin,
        read: &[Rows],
        look: &Look,
        ledger: &[Recorded],
        targets: &[Target],
        run: &Run,
    ) -> Sent {
        if let Err(why) = run.settle_index(database, &self.applier.telemetry).await {
            return Sent::Again(why);
        }
        let rows = match self.rows(targets, ledger, origin) {
            Ok(rows) => rows,
            Err(reason) => return Sent::Refused(reason),
        };
        let script = script(context, origin, read, &look.mark, rows, run.ready_index());
        send(database, &script).await
    }

    /// The ledger rows of these modules up to their versions.
    fn rows(&self, targets: &[Target], ledger: &[Recorded], origin: &Origin) -> Result<Vec<Value>, String> {
        let plan = plan(&self.applier.modules.whole(), &[]).map_err(|refusal| refusal.to_string())?;
        let is_taken = |module: &str, version| {
            targets.iter().any(|(target, until)| target.module() == module && version <= *until)
        };
        let steps = plan.steps.iter().filter(|step| is_taken(step.module, step.migration.version()));
        let replica = &self.applier.replica;
        let with_place = steps.flat_map(|step| {
            // Where it was shipped, nobody is to apply it either.
            let place = self.place_left(step, ledger).map(|origin| placeholder(origin, step, replica));
            std::iter::once(ledger_row(step, replica)).chain(place)
        });
        let signed = with_place.map(|mut row| {
            origin.sign(&mut row);
            row
        });
        Ok(signed.collect())
    }

    /// The row that a migration had under another module, which this migrator does not have and of which nothing is recorded.
    fn place_left<'a>(&self, step: &'a Step, ledger: &[Recorded]) -> Option<&'a Moved> {
        let Action::Run { claim: Some(origin) } = &step.action else { return None };
        let is_here = self.applier.modules.iter().any(|module| is_called(module, origin.module));
        let is_it =
            |recorded: &Recorded| recorded.row.module == origin.module && recorded.row.version == origin.version;
        (!is_here && !ledger.iter().any(is_it)).then_some(origin)
    }

    async fn wait_before_next(&self, context: &Context, backoff: &mut Backoff, why: &str) -> Result<(), BaselineError> {
        backoff
            .again()
            .map_err(|given_up| unavailable(context, format!("it was given up {given_up}; the last try met: {why}")))?;
        let contexts = std::slice::from_ref(context);
        self.emit(Event::Waiting { contexts, reason: why, tries: backoff.tries() });
        backoff.pause().await;
        Ok(())
    }
}

async fn send(database: &impl Database, script: &Script) -> Sent {
    let reply = match database.query(script.text.clone(), script.variables.clone()).await {
        Ok(reply) => reply,
        Err(QueryError::Refused(reason) | QueryError::TooLarge(reason) | QueryError::NotAllowed(reason)) => {
            return Sent::Refused(reason);
        }
        // Whether it was committed is unknown: only the ledger can tell.
        Err(error) => return Sent::Again(error.to_string()),
    };
    match script.verdicts(&reply).map(|verdicts| verdicts.into_iter().next()) {
        Ok(None | Some(Verdict::Applied)) => Sent::Written,
        Ok(Some(Verdict::Again(why))) => Sent::Again(why),
        Ok(Some(Verdict::Unindexed(why))) => Sent::Unindexed(why),
        Ok(Some(Verdict::Overtaken | Verdict::Held)) => Sent::Again("somebody else was first".to_owned()),
        Ok(Some(
            Verdict::NotEntered(why)
            | Verdict::NoSnapshot(why)
            | Verdict::Torn(why)
            | Verdict::Failed { cause: why, .. },
        )) => Sent::Refused(why),
        Err(misshapen) => Sent::Again(misshapen.to_string()),
    }
}

fn takeover(context: &Context, state: TakeoverState, decided: Decided) -> Takeover {
    let Decided { missing, recorded, strangers } = decided;
    let modules = missing.into_iter().chain(recorded);
    let modules = modules.map(|(module, version)| TakenOver::new(module, version)).collect();
    Takeover { context: context.clone(), state, modules, strangers }
}

fn unavailable(context: &Context, reason: String) -> BaselineError {
    BaselineError::Unavailable { context: context.clone(), reason }
}
