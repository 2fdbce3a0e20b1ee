//! Whether the server reads pending migrations as the build did.

use std::ops::Range;

use migrate_core::CHECKED_FOR;
use serde_json::Map;

use super::finding::{FindingCode, ValidationFinding, ValidationPhase};
use super::validation::{Skipped, ValidateError};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::migrator::Migrator;
use crate::outcome::Applied;
use crate::plan::Step;
use crate::script::LONGEST_TEXT;
use crate::{Database, QueryError};

/// What reading the texts showed.
#[derive(Default)]
pub(super) struct Syntax {
    pub(super) findings: Vec<ValidationFinding>,
    pub(super) skipped: Vec<Skipped>,
}

/// Asks the server for its version, and lets it read the texts without running them.
pub(super) async fn syntax(
    migrator: &Migrator,
    database: &impl Database,
    context: &Context,
    steps: &[Step],
    backoff: &mut Backoff,
) -> Result<Syntax, ValidateError> {
    let mut found = Syntax::default();
    let Some(first) = steps.first() else { return Ok(found) };
    match database.version().await {
        Ok(Some(version)) if is_checked_for(&version) => {}
        Ok(Some(version)) => {
            let message = format!("the server is SurrealDB {version}, and the build has checked for {CHECKED_FOR}");
            let remedy = "build with the version of this crate that is for that server";
            found.findings.push(ValidationPhase::Syntax.warning(FindingCode::ServerVersion, first, message, remedy));
        }
        Ok(None) | Err(_) => {
            let reason = "the server did not say its version".to_owned();
            found.skipped.push(Skipped { migration: None, reason });
        }
    }
    let texts: Vec<_> = steps.iter().map(text).collect();
    let mut unread = Vec::new();
    for range in together(&texts) {
        if reads(migrator, database, context, &texts[range.clone()], backoff).await?.is_some() {
            unread.extend(range);
        }
    }
    for at in unread {
        let step = &steps[at];
        match reads(migrator, database, context, &texts[at..=at], backoff).await? {
            None => {}
            Some(Unread::TooLong) => {
                let reason = "whether the server reads its text was not asked: it took too long".to_owned();
                found.skipped.push(Skipped { migration: Some(Applied::from(step)), reason });
            }
            Some(Unread::Refused(why)) => {
                let message = format!("the server does not read it: {why}");
                let remedy = "write it in a way that the server reads, or bring the server to that version";
                found
                    .findings
                    .push(ValidationPhase::Syntax.warning(FindingCode::Unparsed, step, message, remedy).error());
            }
        }
    }
    Ok(found)
}

fn is_checked_for(version: &str) -> bool {
    version.strip_prefix(CHECKED_FOR).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What the server is to read of a migration: its text, or those of its steps.
fn text(step: &Step) -> String {
    match step.migration.phased() {
        None => format!("{}\n;\n", step.migration.text()),
        Some(phased) => phased.steps().iter().flat_map(|step| [step.text(), "\n;\n"]).collect(),
    }
}

/// Which texts can be sent together: no more than make up a message that every server accepts, or one.
fn together(texts: &[String]) -> Vec<Range<usize>> {
    let (mut ranges, mut begin, mut length) = (Vec::new(), 0, 0);
    for (at, text) in texts.iter().enumerate() {
        if at > begin && length + text.len() > LONGEST_TEXT {
            ranges.push(begin..at);
            (begin, length) = (at, 0);
        }
        length += text.len();
    }
    ranges.push(begin..texts.len());
    ranges
}

enum Unread {
    Refused(String),
    TooLong,
}

/// Lets the server read these texts. A text is read as a whole before any of it is run, and nothing of it is run behind the
/// `THROW`.
async fn reads(
    migrator: &Migrator,
    database: &impl Database,
    context: &Context,
    texts: &[String],
    backoff: &mut Backoff,
) -> Result<Option<Unread>, ValidateError> {
    let text = format!("BEGIN;\nTHROW 'it is read';\n{}CANCEL;", texts.concat());
    loop {
        match database.query(text.clone(), Map::new()).await {
            Ok(_) => return Ok(None),
            Err(QueryError::Refused(why)) => return Ok(Some(Unread::Refused(why))),
            Err(QueryError::TimedOut(_) | QueryError::TooLarge(_)) => return Ok(Some(Unread::TooLong)),
            Err(error) => {
                let contexts = std::slice::from_ref(context);
                migrator.pause(contexts, &error, backoff).await.map_err(ValidateError::Refused)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sent_together_as_long_as_the_message_is_not_too_long() {
        let texts = |lengths: &[usize]| lengths.iter().map(|&length| " ".repeat(length)).collect::<Vec<_>>();
        let ends = |lengths: &[usize]| together(&texts(lengths)).iter().map(|range| range.end).collect::<Vec<_>>();
        assert_eq!(ends(&[1, 2, 3]), [3]);
        assert_eq!(together(&texts(&[1, LONGEST_TEXT, 1, 1])), [0..1, 1..2, 2..4]);
        assert_eq!(ends(&[LONGEST_TEXT + 1]), [1]);
    }

    #[test]
    fn only_the_last_part_of_a_version_may_be_another() {
        assert!(is_checked_for("3.3.5") && is_checked_for("3.3.99") && is_checked_for("3.3"));
        assert!(!is_checked_for("3.30.1") && !is_checked_for("3.4.0") && !is_checked_for("4.3.3"));
    }
}
