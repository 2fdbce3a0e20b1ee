//! How far a command is, from what was heard.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::Event;
use crate::context::Context;
use crate::outcome::Applied;
use crate::refusal::Refusal;

/// What counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    /// A context that was read.
    Read,
    /// A context of which is known what became of it.
    Finished,
    /// A migration that is undone.
    Undone,
    /// A row that was put back, or found to be there.
    Restored,
}

/// What there is to be shown of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing that anybody sees.
    Nothing,
    /// It is further, or somewhere else.
    Further,
    /// So much is to be done.
    Expect(usize),
    /// A part that goes in steps came further; how many are done of how many, where that is known.
    Step(Context, Option<(usize, usize)>),
    /// That part is over.
    StepEnded(Context),
    /// This is to be known at once.
    Say(String),
}

pub(super) struct Far {
    counting: Counting,
    what: &'static str,
    begun: Instant,
    pub(super) total: Option<usize>,
    pub(super) done: usize,
    refused: usize,
    /// What was begun last.
    pub(super) at: String,
    /// How far each part is that goes in steps.
    pub(super) steps: BTreeMap<Context, String>,
    /// How many rows of each table were put back.
    restored: BTreeMap<String, u64>,
}

impl Far {
    pub(super) fn new(counting: Counting, what: &'static str) -> Self {
        Self {
            counting,
            what,
            begun: Instant::now(),
            total: None,
            done: 0,
            refused: 0,
            at: String::new(),
            steps: BTreeMap::new(),
            restored: BTreeMap::new(),
        }
    }

    pub(super) fn hear(&mut self, event: &Event<'_>) -> Heard {
        match event {
            Event::RunStarted { contexts: Some(total) } | Event::ReadingStarted { contexts: Some(total) } => {
                return self.expect(*total);
            }
            Event::ContextProbed { .. } | Event::ContextRead { .. } => self.count(Counting::Read),
            Event::ContextFinished { report } => {
                self.count(Counting::Finished);
                let is_refused =
                    report.refusal().is_some_and(|refusal| !matches!(refusal, Refusal::NotAttempted { .. }));
                self.refused += usize::from(is_refused);
                if self.steps.remove(&report.context).is_some() {
                    return Heard::StepEnded(report.context.clone());
                }
            }
            Event::Validating { context, phase } => self.at = format!("{context}, {phase}"),
            Event::MigrationStarted { context, migration, .. } => self.at = named(context, migration),
            Event::StepwiseProgress { context, migration, done, of, rows } => {
                let mut text = format!("{}: {done} of {of} statements", named(context, migration));
                if let Some(rows) = rows {
                    let _ = write!(text, ", {rows} rows");
                }
                return self.step(context, text, Some((*done, *of)));
            }
            Event::IndexBuilding { context, migration, index, rows } => {
                return self.step(context, format!("{}: {index}, {rows} rows", named(context, migration)), None);
            }
            Event::WaitingForHolder { context, migration, by } => {
                return Heard::Say(format!("{}: waiting for {by}", named(context, migration)));
            }
            Event::CanariesPassed {} => {
                return Heard::Say("the canaries are up to date, the others follow".to_owned());
            }
            Event::CanaryRefused { context, .. } => return Heard::Say(format!("the canary {context} was refused")),
            Event::BudgetExhausted { refused } => {
                return Heard::Say(format!("{refused} refused: nothing more is applied"));
            }
            Event::WaveFinished { wave, of, counts, pause } => {
                let pause = if pause.is_zero() { String::new() } else { format!(" in {}", short(*pause)) };
                let moved = counts.moved;
                return Heard::Say(format!("wave {wave} of {of} is done, {moved} moved; the next one follows{pause}"));
            }
            Event::RolloutHalted { because } => return Heard::Say(format!("nothing more is begun: {because}")),
            Event::RolloutWaiting { reason } => return Heard::Say(format!("waiting: {reason}")),
            Event::IndexUnusable { index, reason } => {
                return Heard::Say(format!("the fleet index in {index} cannot be used: {reason}"));
            }
            Event::RowsExported { context, table, rows } => {
                return self.step(context, format!("exporting {}: {rows} rows", table.escape_debug()), None);
            }
            Event::UndoStarted { context, step } => {
                self.at = format!("{context} {} V{}__{}", step.module, step.version, step.name);
                if self.steps.remove(*context).is_some() {
                    return Heard::StepEnded((*context).clone());
                }
            }
            Event::UndoDone { .. } => self.count(Counting::Undone),
            Event::RestoreStarted { rows, .. } => return self.expect(usize::try_from(*rows).unwrap_or(usize::MAX)),
            Event::RowsRestored { context, table, rows } => {
                self.restored.insert((*table).to_owned(), *rows);
                self.done = usize::try_from(self.restored.values().sum::<u64>()).unwrap_or(usize::MAX);
                self.at = format!("{context} {}", table.escape_debug());
            }
            _ => return Heard::Nothing,
        }
        Heard::Further
    }

    pub(super) const fn expect(&mut self, total: usize) -> Heard {
        self.total = Some(total);
        Heard::Expect(total)
    }

    /// One of those that are counted is done. A context that is read again for any reason counts once.
    fn count(&mut self, what: Counting) {
        if self.counting == what {
            self.advance();
        }
    }

    pub(super) fn advance(&mut self) {
        self.done = self.total.unwrap_or(usize::MAX).min(self.done + 1);
    }

    fn step(&mut self, context: &Context, text: String, of: Option<(usize, usize)>) -> Heard {
        self.steps.insert(context.clone(), text);
        Heard::Step(context.clone(), of)
    }

    /// All of it in one line.
    pub(super) fn line(&self) -> String {
        let of = self.total.map_or_else(String::new, |total| format!(" of {total}"));
        let after = self.begun.elapsed().as_secs();
        let at = if self.at.is_empty() { String::new() } else { format!("; at {}", self.at) };
        format!("{}{of} {} after {after} s{}{at}", self.done, self.what, self.rest())
    }

    /// What is to be said beside the counts.
    pub(super) fn rest(&self) -> String {
        let mut text = String::new();
        if let Some(left) = left(self.begun.elapsed(), self.done, self.total) {
            let _ = write!(text, ", about {} left", short(left));
        }
        if self.refused > 0 {
            let _ = write!(text, ", {} refused", self.refused);
        }
        text
    }
}

/// How long it takes if the rest is like what was done.
fn left(elapsed: Duration, done: usize, total: Option<usize>) -> Option<Duration> {
    let left = total?.checked_sub(done).filter(|left| *left > 0 && done > 0)?;
    let (left, done) = (u32::try_from(left).ok()?, u32::try_from(done).ok()?);
    (elapsed / done).checked_mul(left)
}

/// To the second, and to the minute where it is long.
fn short(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

fn named(context: &Context, migration: &Applied) -> String {
    format!("{context} {} V{}__{}", migration.module, migration.version, migration.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_of_what_is_left() {
        let second = Duration::from_secs(1);
        assert_eq!(left(second * 10, 5, Some(20)), Some(second * 30));
        for (done, total) in [(0, Some(20)), (20, Some(20)), (5, None)] {
            assert_eq!(left(second, done, total), None);
        }
    }

    #[test]
    fn a_line_says_how_far_it_is_and_where() {
        let mut far = Far::new(Counting::Finished, "contexts");
        assert_eq!(far.hear(&Event::RunStarted { contexts: Some(40) }), Heard::Expect(40));
        let context = Context::new("acme", "eu").unwrap();
        let version = migrate_core::Version::new(2).unwrap();
        let migration = Applied { module: "app", version, name: "tags" };
        far.hear(&Event::MigrationStarted { context: &context, migration, retries: 0 });
        assert_eq!(far.line(), "0 of 40 contexts after 0 s; at acme/eu app V2__tags");
    }

    #[test]
    fn a_context_that_is_read_twice_does_not_make_more_than_all() {
        let mut far = Far::new(Counting::Read, "ledgers read");
        far.hear(&Event::ReadingStarted { contexts: Some(1) });
        let context = Context::new("acme", "eu").unwrap();
        for _ in 0..2 {
            far.hear(&Event::ContextProbed { context: &context });
        }
        assert_eq!(far.line(), "1 of 1 ledgers read after 0 s");
    }

    #[test]
    fn rows_of_several_files_add_up() {
        let mut far = Far::new(Counting::Restored, "rows restored");
        let context = Context::new("acme", "eu").unwrap();
        far.hear(&Event::RestoreStarted { context: &context, rows: 450 });
        for (table, rows) in [("user", 200), ("user", 400), ("post", 50)] {
            far.hear(&Event::RowsRestored { context: &context, table, rows });
        }
        assert_eq!(far.line(), "450 of 450 rows restored after 0 s; at acme/eu post");
    }
}
