//! What a run does with the fleet index: asks it before, repairs it after.

use std::collections::BTreeSet;

use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::index::{Answer, Confirmation, Entry, Repaired, Undefined, confirm, define, repair};
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::outcome::{ContextReport, Outcome};
use crate::refusal::Refusal;
use crate::run::Run;

/// One question may be about so many namespaces: each needs some statements of its own.
const NAMESPACES: usize = 256;

/// Asks the index about these contexts, and creates it where it is missing. Whatever is in the way, the answer is that
/// their own ledgers have to be read.
pub(crate) async fn consult<D: Database>(
    migrator: &Migrator,
    database: &Counted<D>,
    run: &Run,
    mut contexts: &[&Context],
) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(contexts.len());
    loop {
        let mut namespaces = BTreeSet::new();
        let too_many = contexts.iter().position(|context| {
            namespaces.insert(context.namespace().to_owned());
            namespaces.len() > NAMESPACES
        });
        let (some, rest) = contexts.split_at(too_many.unwrap_or(contexts.len()));
        answers.append(&mut ask(migrator, database, run, some).await);
        if rest.is_empty() {
            return answers;
        }
        contexts = rest;
    }
}

async fn ask<D: Database>(migrator: &Migrator, database: &Counted<D>, run: &Run, contexts: &[&Context]) -> Vec<Answer> {
    let unknown = vec![Answer::of(Entry::Unknown); contexts.len()];
    let Some(used) = &run.index else { return unknown };
    let telemetry = &migrator.applier.telemetry;
    let mut backoff = migrator.patience.begin(database.silence());
    loop {
        let why = match confirm(database, &used.index, contexts).await {
            Confirmation::Answers(answers) => {
                used.is_there();
                return answers;
            }
            Confirmation::NoTable => match define(database, &used.index).await {
                Ok(()) => {
                    used.is_there();
                    return vec![Answer::of(Entry::Stranger); contexts.len()];
                }
                Err(Undefined::Again(why)) => why,
                Err(Undefined::Unusable(why)) => {
                    used.give_up(&why, telemetry);
                    return unknown;
                }
            },
            Confirmation::Again(why) => why,
            Confirmation::Unusable(why) => {
                used.give_up(&why, telemetry);
                return unknown;
            }
        };
        if backoff.again().is_err() {
            return unknown;
        }
        let index = std::slice::from_ref(&used.index.context);
        telemetry.emit(Event::Waiting { contexts: index, reason: &why, tries: backoff.tries() });
        backoff.pause().await;
    }
}

/// Whether the row of a context has to be written anew, after what became of the context.
pub(crate) fn wants_repair(entry: Entry, report: &ContextReport) -> bool {
    match (entry, &report.outcome) {
        // The index is not in use, or the ledger was not read, cannot be read, or is perhaps not there.
        (Entry::Unknown, _)
        | (
            _,
            Outcome::Refused(Refusal::Unavailable { .. } | Refusal::Unreadable { .. } | Refusal::NotAttempted { .. }),
        ) => false,
        (Entry::Confirmed, outcome) => *outcome != Outcome::UpToDate,
        // The transactions that migrated it wrote all that changed.
        (Entry::Stale, outcome) => *outcome != Outcome::Migrated,
        // The database's id is told outside of transactions only.
        (Entry::Stranger, _) => true,
    }
}

/// Writes the rows of these contexts anew, from their ledgers. `false` if they may be as they were.
pub(crate) async fn mend<D: Database>(
    migrator: &Migrator,
    database: &Counted<D>,
    run: &Run,
    contexts: Vec<Context>,
) -> bool {
    let Some(index) = run.ready_index() else { return false };
    let telemetry = &migrator.applier.telemetry;
    match repair(database, index, &contexts).await {
        Repaired::Done => telemetry.emit(Event::IndexRepaired { contexts: &contexts }),
        // The next run finds them as they are.
        Repaired::Lost(why) => {
            telemetry.emit(Event::Waiting { contexts: &contexts, reason: &why, tries: 1 });
            return false;
        }
        Repaired::Unusable(why) => {
            run.give_up_index(&why, telemetry);
            return false;
        }
    }
    true
}
