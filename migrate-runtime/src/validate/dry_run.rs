//! Running pending migrations in a transaction that is taken back.

use std::fmt::Write;
use std::time::Duration;

use migrate_core::{Check, CheckKind, Effect, Migration, Mode, ObjectKind, Pace, Statement, StatementKind};
use serde_json::Value;

use super::clause::Clause;
use super::validation::Skipped;
use crate::context::Context;
use crate::outcome::Applied;
use crate::plan::{Earlier, Step};
use crate::replica::Replica;
use crate::script::{CONTEXT_GUARD, LONGEST_TEXT, Role, Script};
use crate::{Reply, StatementError, StatementErrorKind};

/// What the message of the `THROW` at the end begins with.
const MARKER: &str = "_migrate_dry_run ";

/// A transaction that tries as many of the steps as can be, and what it leaves out.
pub(super) struct DryRun<'a> {
    pub(super) script: Script,
    /// How many of the steps it tries, of the last perhaps only some statements.
    pub(super) tried: usize,
    pub(super) skipped: Vec<Skipped>,
    /// The queries for rows that the schema refuses by then.
    pub(super) checks: Vec<(&'a Step, &'static Check)>,
}

/// What the transaction came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// All of it would have gone well.
    Well(Told),
    /// A statement failed: of the step of this index, one of its own or none of them.
    Failed {
        step: usize,
        statement: Option<usize>,
        cause: String,
    },
    /// The query for rows of this index failed, and all before it went well.
    Unchecked(usize),
    /// The server gave up on it.
    TimedOut(String),
    /// The text was not run to its end.
    EndedEarly,
    NotEntered(String),
    /// Somebody else has applied one of the steps meanwhile.
    Outdated,
    Again(String),
}

/// What a transaction that went well says at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// How long each step took.
    pub(super) took: Vec<Duration>,
    /// The rows that each check found.
    pub(super) rows: Vec<Vec<String>>,
}

impl<'a> DryRun<'a> {
    /// Puts the transaction together. `is_left_out` says which checks are not to be made.
    ///
    /// It enters the context within the transaction, so that one which does not exist is not created. It ends in a `THROW`
    /// that carries what was learnt, and in `CANCEL`: whatever ends it early, nothing is committed.
    pub(super) fn new(
        context: &Context,
        steps: &'a [Step],
        replica: &Replica,
        limit: u64,
        is_left_out: impl Fn(&Check) -> bool,
    ) -> Self {
        let mut script = Script::enter(context);
        script.text.clear();
        script.slots.clear();
        script.push(0, Role::Begin, "BEGIN;\n");
        script.push(0, Role::Enter, &context.use_statement());
        script.push(0, Role::Guard, CONTEXT_GUARD);
        script.define_ledger(0);
        script.push(0, Role::Read, "LET $_migrate_took = [];\n");
        let mut run = DryRun { script, tried: 0, skipped: Vec::new(), checks: Vec::new() };
        for (at, step) in steps.iter().enumerate() {
            if let Some(reason) = run.obstacle(&steps[..at], step) {
                run.skip_rest(&steps[at..], reason);
                break;
            }
            run.script.push(at, Role::Read, "LET $_migrate_began = time::now();\n");
            let end = match step.migration.mode() {
                Mode::Transaction => {
                    run.script.body(at, step, replica);
                    None
                }
                Mode::Stepwise | Mode::Phased => run.stepwise(at, step, replica),
            };
            let took =
                "LET $_migrate_took = array::append($_migrate_took, duration::nanos(time::now() - $_migrate_began));\n";
            run.script.push(at, Role::Read, took);
            run.tried = at + 1;
            // What was not run to its end may still put rows right.
            if end.is_none() {
                let checks = step.migration.checks().iter().filter(|check| check.kind() == CheckKind::Value);
                run.checks.extend(checks.filter(|check| !is_left_out(check)).map(|check| (step, check)));
            }
            if let Some(reason) = end {
                run.skip_rest(&steps[at + 1..], "it is behind a migration that was not run to its end");
                run.skipped.push(Skipped { migration: Some(Applied::from(step)), reason: reason.to_owned() });
                break;
            }
        }
        // What a later step defines otherwise is the later step's business.
        let last = |(step, check): &(&Step, &Check)| {
            let behind = steps[..run.tried].iter().rev().find(|other| defines(other.migration, check));
            behind.is_none_or(|other| std::ptr::eq(other.migration, step.migration))
        };
        run.checks.retain(last);
        let mut told = String::new();
        for (at, (_, check)) in run.checks.iter().enumerate() {
            let query = format!("LET $_migrate_rows_{at} = ({} LIMIT {limit});\n", check.query());
            run.script.push(run.tried.saturating_sub(1), Role::Check(at), &query);
            let _ = write!(told, "$_migrate_rows_{at}, ");
        }
        let end = format!("THROW '{MARKER}' + encoding::json::encode({{ took: $_migrate_took, rows: [{told}] }});\n");
        run.script.push(run.tried.saturating_sub(1), Role::Commit, &end);
        run.script.text.push_str("CANCEL;\n");
        run
    }

    /// Why this step cannot be tried, if it cannot.
    fn obstacle(&self, before: &[Step], step: &Step) -> Option<&'static str> {
        if step.earlier == Earlier::Begun {
            return Some("it is begun already, and goes on from where it stands");
        }
        if step.migration.mode() == Mode::Phased {
            return Some("it is phased, and its steps have to be committed one by one");
        }
        let is_too_long = self.script.text.len() + step.migration.text().len() > LONGEST_TEXT;
        if !before.is_empty() && is_too_long {
            return Some("the text of what would be tried together is too long");
        }
        // An index is built over the rows as they were before the transaction.
        (builds_unique(step) && before.iter().any(writes_rows)).then_some(
            "it builds a unique index, which within one transaction does not see the rows that those before it write",
        )
    }

    fn skip_rest(&mut self, steps: &[Step], reason: &str) {
        for (at, step) in steps.iter().enumerate() {
            let reason = if at == 0 { reason } else { "it is behind a migration that was not run to its end" };
            let reason = format!("it was not tried: {reason}");
            self.skipped.push(Skipped { migration: Some(Applied::from(step)), reason });
        }
    }

    /// Tries a stepwise migration, up to a batch. Says what of it was not tried, if it was not run to its end.
    ///
    /// What is built `CONCURRENTLY` cannot be seen within a transaction, so the index is built there and then.
    fn stepwise(&mut self, at: usize, step: &Step, replica: &Replica) -> Option<&'static str> {
        self.script.claim(at, step, replica);
        for (index, statement) in step.migration.statements().iter().enumerate() {
            let text = match statement.pace() {
                Pace::Once | Pace::Batch { .. } => step.migration.text().get(statement.range()).map(str::to_owned),
                Pace::Build | Pace::Rebuild => at_once(step.migration, statement),
            };
            if let Some(text) = text {
                self.script.push(at, Role::Statement(index), &format!("{text}\n;\n"));
            }
            if let Pace::Batch { .. } = statement.pace() {
                return Some("it was tried up to its first batch of rows");
            }
        }
        self.script.close(at);
        None
    }
}

fn builds_unique(step: &Step) -> bool {
    let is_unique = |definition: &str| definition.contains(" UNIQUE");
    let mut indexes = step.migration.changes().iter().filter(|change| change.object().kind() == ObjectKind::Index);
    indexes.any(|change| change.definition().is_some_and(is_unique))
}

fn writes_rows(step: &Step) -> bool {
    let defines = |kind| matches!(kind, StatementKind::Define | StatementKind::Remove | StatementKind::Alter);
    step.migration
        .statements()
        .iter()
        .any(|statement| statement.effect() != Effect::Neutral && !defines(statement.kind()))
}

fn defines(migration: &Migration, check: &Check) -> bool {
    migration.changes().iter().any(|change| change.object() == check.object())
}

/// What builds an index concurrently, without that word; `None` where nothing is built.
fn at_once(migration: &Migration, statement: &Statement) -> Option<String> {
    let text = migration.text().get(statement.range())?.trim_end();
    if statement.kind() == StatementKind::Rebuild {
        let without = text.len().checked_sub("concurrently".len()).and_then(|end| text.split_at_checked(end));
        let rebuild =
            without.filter(|(_, last)| last.eq_ignore_ascii_case("concurrently")).map_or(text, |(rest, _)| rest);
        return Some(rebuild.to_owned());
    }
    let change = migration.changes().iter().find(|change| Some(change.object()) == statement.object())?;
    let rest = change.definition()?.strip_prefix("DEFINE INDEX ")?;
    let clause = match Clause::of(text) {
        Clause::Bare => "",
        Clause::Overwrite => "OVERWRITE ",
        Clause::Conditional => "IF NOT EXISTS ",
    };
    Some(format!("DEFINE INDEX {clause}{rest}"))
}

/// Reads what the database answered to the transaction.
pub(super) fn read(script: &Script, reply: &Reply) -> Tried {
    let results = script.slots.iter().zip(&reply.0);
    let errors = results.filter_map(|((step, role), result)| Some((*step, *role, result.as_ref().err()?)));
    let disturbs =
        |error: &StatementError| matches!(error.kind, StatementErrorKind::Conflict | StatementErrorKind::NoSuchContext);
    if let Some((.., error)) = errors.clone().find(|(.., error)| disturbs(error)) {
        return Tried::Again(error.message.clone());
    }
    let mut causes = errors.filter(|(.., error)| error.kind != StatementErrorKind::Bystander);
    let Some((step, role, error)) = causes.next() else { return Tried::EndedEarly };
    if error.kind == StatementErrorKind::TimedOut {
        return Tried::TimedOut(error.message.clone());
    }
    if reply.0.len() != script.slots.len() {
        return Tried::EndedEarly;
    }
    let failed = |statement| Tried::Failed { step, statement, cause: error.message.clone() };
    match role {
        Role::Commit => told(&error.message).map_or(Tried::EndedEarly, Tried::Well),
        Role::Enter | Role::Guard => Tried::NotEntered(error.message.clone()),
        Role::Claim if error.kind == StatementErrorKind::RecordExists => Tried::Outdated,
        Role::Check(check) => Tried::Unchecked(check),
        Role::Statement(statement) => failed(Some(statement)),
        _ => failed(None),
    }
}

fn told(message: &str) -> Option<Told> {
    let (_, json) = message.split_once(MARKER)?;
    let json: Value = serde_json::from_str(json).ok()?;
    let took = json["took"].as_array()?.iter().map(|nanos| nanos.as_u64().map(Duration::from_nanos));
    let id = |row: &Value| row.as_str().map_or_else(|| row.to_string(), str::to_owned);
    let rows = json["rows"].as_array()?.iter().map(|rows| Some(rows.as_array()?.iter().map(id).collect()));
    Some(Told { took: took.collect::<Option<_>>()?, rows: rows.collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    const ROLES: [Role; 6] = [Role::Begin, Role::Enter, Role::Guard, Role::Claim, Role::Statement(0), Role::Commit];

    fn tried(errors: &[(usize, StatementErrorKind, &str)], results: usize) -> Tried {
        let slots = ROLES.map(|role| (0, role)).to_vec();
        let script = Script { text: String::new(), variables: Map::new(), slots, blocks: Vec::new() };
        let mut reply = Reply(vec![Ok(Value::Null); results]);
        for &(at, kind, message) in errors {
            reply.0[at] = Err(StatementError { kind, message: message.to_owned() });
        }
        read(&script, &reply)
    }

    use StatementErrorKind::{Bystander, Conflict, NotAllowed, Other, Thrown};

    #[test]
    fn only_the_throw_at_the_end_says_that_all_went_well() {
        let told = "An error occurred: _migrate_dry_run {\"took\":[1000],\"rows\":[[\"a:1\"]]}";
        let well = Told { took: vec![Duration::from_micros(1)], rows: vec![vec!["a:1".to_owned()]] };
        assert_eq!(tried(&[(3, Bystander, ""), (4, Bystander, ""), (5, Thrown, told)], 6), Tried::Well(well));
        assert_eq!(tried(&[], 6), Tried::EndedEarly);
        assert_eq!(tried(&[(3, Bystander, ""), (4, Bystander, "")], 5), Tried::EndedEarly);
        assert_eq!(tried(&[(5, Thrown, "something else")], 6), Tried::EndedEarly);
    }

    #[test]
    fn a_statement_that_failed_is_told_from_those_that_fell_with_it() {
        let failed = Tried::Failed { step: 0, statement: Some(0), cause: "no".to_owned() };
        assert_eq!(tried(&[(3, Bystander, ""), (4, Other, "no"), (5, Bystander, "")], 6), failed);
        let thrown = Tried::Failed { step: 0, statement: Some(0), cause: "x".to_owned() };
        assert_eq!(tried(&[(4, Thrown, "x"), (5, Bystander, "")], 6), thrown);
    }

    #[test]
    fn what_is_in_the_way_is_no_failure_of_the_migration() {
        assert_eq!(tried(&[(4, Other, "x"), (5, Conflict, "c")], 6), Tried::Again("c".to_owned()));
        assert_eq!(tried(&[(3, StatementErrorKind::RecordExists, "x"), (5, Bystander, "")], 6), Tried::Outdated);
        assert_eq!(tried(&[(1, NotAllowed, "n"), (2, Bystander, "")], 6), Tried::NotEntered("n".to_owned()));
    }
}
