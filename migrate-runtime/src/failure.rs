//! From a verdict to the refusal that a person reads, and to what the ledger keeps of it.

use migrate_core::{ObjectKind, PhaseStep, Statement};
use serde_json::{Value, json};

use crate::ledger::Status;
use crate::plan::Step;
use crate::refusal::Refusal;

/// A migration of which a statement failed and the rest was committed all the same.
pub(crate) fn torn(step: &Step) -> Refusal {
    Refusal::Stuck { module: step.module.to_owned(), version: step.migration.version(), status: Status::Started }
}

/// A migration that failed at one of its statements, or at none of its own. `kept` of its statements are committed.
pub(crate) fn failed(step: &Step, statement: Option<usize>, kept: usize, cause: String) -> Refusal {
    let migration = step.migration;
    let at = statement.and_then(|at| migration.statements().get(at));
    let text = at.and_then(|at| shown(at, migration.text()));
    Refusal::Failed {
        module: step.module.to_owned(),
        version: migration.version(),
        file: migration.file().to_owned(),
        line: at.map(Statement::line),
        statement: text,
        kept,
        cause,
    }
}

/// A step of a phased migration that failed at one of its statements, or at none of its own. `kept` steps are committed.
pub(crate) fn failed_in(step: &Step, part: &PhaseStep, statement: Option<usize>, kept: usize, cause: &str) -> Refusal {
    let at = statement.and_then(|at| part.statements().get(at));
    let text = at.and_then(|at| shown(at, part.text()));
    Refusal::Failed {
        module: step.module.to_owned(),
        version: step.migration.version(),
        file: step.migration.file().to_owned(),
        line: at.map(Statement::line),
        statement: text,
        kept,
        cause: format!("in the step `{}`: {cause}", part.id()),
    }
}

/// What the ledger keeps of a failure, and nothing of another refusal.
pub(crate) fn failure_json(refusal: &Refusal) -> Option<Value> {
    let Refusal::Failed { line, statement, cause, .. } = refusal else { return None };
    let mut error = json!({ "message": cause });
    if let Some(line) = line {
        error["line"] = (*line).into();
    }
    if let Some(statement) = statement {
        error["statement"] = statement.as_str().into();
    }
    Some(error)
}

/// The same refusal, which also says that it could not be recorded.
pub(crate) fn unrecorded(mut refusal: Refusal, why: &str) -> Refusal {
    if let Refusal::Failed { cause, .. } = &mut refusal {
        cause.push_str(" (and this failure could not be recorded in the ledger: ");
        cause.push_str(why);
        cause.push(')');
    }
    refusal
}

/// What may be shown of a statement of this text: its beginning, on one line. Of what defines an access method or a user no
/// more than its name, for it may hold a key or a password.
pub(crate) fn shown(statement: &Statement, text: &str) -> Option<String> {
    let text = text.get(statement.range())?;
    match statement.object() {
        Some(object) if matches!(object.kind(), ObjectKind::Access | ObjectKind::User) => {
            let verb = text.split_whitespace().next().unwrap_or_default();
            Some(format!("{verb} {object} …"))
        }
        _ => Some(shorten(text)),
    }
}

/// The beginning of a statement, on one line.
pub(crate) fn shorten(statement: &str) -> String {
    const LONGEST: usize = 120;
    let mut words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(LONGEST) {
        words.truncate(end);
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_statement_is_shortened_between_characters() {
        assert_eq!(shorten("DEFINE\n  TABLE t"), "DEFINE TABLE t");
        let long = shorten(&"é".repeat(500));
        assert_eq!(long.chars().count(), 121);
    }
}
