use std::fmt::Write as _;

use super::draft::{Draft, Line};
use super::next::is_harmless;
use crate::analysis::{Schema, between, differ, run};

/// The manifest that makes the same change in phases.
///
/// What an older binary does not feel is done by `start`, the rest by `complete`; `rollback` leads back from the end of
/// `start`. None where that does not lead there.
pub(super) fn text(from: &Schema, to: &Schema, draft: &Draft) -> Option<String> {
    let is_early = |line: &&Line| is_harmless(line.effect) && !copies(line);
    let (early, late): (Vec<&Line>, Vec<&Line>) = draft.lines.iter().partition(is_early);
    let phases = tried(from, to, early, late).or_else(|| {
        // What comes behind something that breaks may need it: then only what comes before is early.
        let first = draft.lines.iter().position(|line| !is_early(&line)).unwrap_or(draft.lines.len());
        let (early, late) = draft.lines.split_at(first);
        tried(from, to, early.iter().collect(), late.iter().collect())
    })?;
    let mut text = String::from(
        "# Every running binary can live with what `start` does. `complete` is for when no older one is alive any more.\n",
    );
    for (phase, statements) in [("start", phases.start), ("complete", phases.complete), ("rollback", phases.rollback)] {
        for (number, statement) in (1..).zip(statements) {
            let sql = toml::Value::String(statement);
            // Writing into a string cannot fail.
            _ = write!(text, "\n[[step]]\nid = \"{phase}_{number}\"\nphase = \"{phase}\"\nsql = {sql}\n");
        }
    }
    Some(text)
}

struct Phases {
    start: Vec<String>,
    complete: Vec<String>,
    rollback: Vec<String>,
}

/// The phases, if the way through them leads there and the way back from the first does too.
fn tried(from: &Schema, to: &Schema, early: Vec<&Line>, late: Vec<&Line>) -> Option<Phases> {
    let texts = |lines: Vec<&Line>| lines.into_iter().map(|line| line.text.clone()).collect::<Vec<_>>();
    let (start, complete) = (texts(early), texts(late));
    let mut now = from.clone();
    start.iter().try_for_each(|statement| run(&mut now, statement))?;
    let rollback = between(&now, from)?;
    complete.iter().try_for_each(|statement| run(&mut now, statement))?;
    (!differ(&now, to)).then_some(Phases { start, complete, rollback })
}

/// Whether it takes values along: older binaries go on writing the old ones until the end of `start`.
fn copies(line: &Line) -> bool {
    line.text.starts_with("UPDATE ") || line.text.starts_with("INSERT ")
}
