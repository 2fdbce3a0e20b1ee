//! How far a command is: bars where a person looks, a line every so often where a file does, and nothing where asked.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::presentation::Presentation;
use crate::context::Context;
use crate::outcome::Applied;
use crate::refusal::Refusal;
use crate::{Event, Migrator};

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How many contexts of how many, how many where that is not known, and how far a stepwise migration is.
const COUNTED: &str = "{bar:28} {pos}/{len} {prefix}{wide_msg}";
const UNCOUNTED: &str = "{spinner} {pos} {prefix}{wide_msg}";
const STEP: &str = "{bar:28} {wide_msg}";

/// Who is told what a migrator does, and shows it.
#[derive(Clone)]
pub(super) struct Progress(Option<Arc<Mutex<Shown>>>);

/// What counts as done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counting {
    /// A context that was read.
    Read,
    /// A context of which is known what became of it.
    Finished,
}

/// What was heard so far.
struct Shown {
    counting: Counting,
    what: &'static str,
    begun: Instant,
    total: Option<usize>,
    done: usize,
    refused: usize,
    /// What was begun last.
    at: String,
    /// The stepwise migrations under way.
    steps: HashMap<Context, Step>,
    bars: Option<Bars>,
}

struct Step {
    shown: String,
    bar: Option<ProgressBar>,
}

struct Bars {
    all: MultiProgress,
    contexts: ProgressBar,
}

impl Progress {
    /// Of a command that applies migrations.
    pub(super) fn applying(presentation: Presentation) -> Self {
        Self::new(presentation, Counting::Finished, "contexts")
    }

    /// Of a command that reads.
    pub(super) fn reading(presentation: Presentation, what: &'static str) -> Self {
        Self::new(presentation, Counting::Read, what)
    }

    fn new(presentation: Presentation, counting: Counting, what: &'static str) -> Self {
        if presentation.quiet {
            return Self(None);
        }
        let bars = io::stderr().is_terminal().then(|| Bars::new(what));
        let (begun, at, steps) = (Instant::now(), String::new(), HashMap::new());
        let shown = Shown { counting, what, begun, total: None, done: 0, refused: 0, at, steps, bars };
        Self(Some(Arc::new(Mutex::new(shown))))
    }

    /// The migrator, which tells of all that it does from now on.
    pub(super) fn watch(&self, migrator: Migrator) -> Migrator {
        let Some(shown) = self.0.clone() else { return migrator };
        migrator.observer(move |event: &Event<'_>| locked(&shown).hear(event))
    }

    /// So many contexts are to be done.
    pub(super) fn expect(&self, contexts: usize) {
        if let Some(shown) = &self.0 {
            locked(shown).expect(contexts);
        }
    }

    /// One of them is done.
    pub(super) fn advance(&self) {
        if let Some(shown) = &self.0 {
            let mut shown = locked(shown);
            shown.done += 1;
            shown.draw();
        }
    }

    /// Says what is to be known at once, also to those who want no progress.
    pub(super) fn say(&self, text: &str) {
        match &self.0 {
            Some(shown) => locked(shown).say(text),
            None => line(text),
        }
    }

    /// Waits for the work, and shows meanwhile how far it is.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(shown) = &self.0 else { return work.await };
        let mut work = pin!(work);
        let result = loop {
            tokio::select! {
                result = &mut work => break result,
                () = tokio::time::sleep(EVERY) => locked(shown).tell(),
            }
        };
        locked(shown).clear();
        result
    }
}

fn locked(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shown {
    fn expect(&mut self, contexts: usize) {
        self.total = Some(contexts);
        if let Some(bars) = &self.bars {
            bars.contexts.set_length(u64::try_from(contexts).unwrap_or(u64::MAX));
            bars.contexts.set_style(style(COUNTED));
        }
    }

    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { contexts: Some(contexts) } => self.expect(*contexts),
            Event::ContextProbed { .. } if self.counting == Counting::Read => self.done += 1,
            Event::ContextFinished { report } => {
                if self.counting == Counting::Finished {
                    self.done += 1;
                }
                let is_refused =
                    report.refusal().is_some_and(|refusal| !matches!(refusal, Refusal::NotAttempted { .. }));
                self.refused += usize::from(is_refused);
                if let Some(Step { bar: Some(bar), .. }) = self.steps.remove(&report.context) {
                    bar.finish_and_clear();
                }
            }
            Event::MigrationStarted { context, migration, .. } => self.at = named(context, migration),
            Event::StepwiseProgress { context, migration, done, of, rows } => {
                let mut text = format!("{}: {done} of {of} statements", named(context, migration));
                if let Some(rows) = rows {
                    let _ = write!(text, ", {rows} rows");
                }
                self.step(context, text, Some((*done, *of)));
            }
            Event::IndexBuilding { context, migration, index, rows } => {
                self.step(context, format!("{}: {index}, {rows} rows", named(context, migration)), None);
            }
            Event::WaitingForHolder { context, migration, by } => {
                self.say(&format!("{}: waiting for {by}", named(context, migration)));
            }
            Event::CanariesPassed {} => self.say("the canaries are up to date, the others follow"),
            Event::CanaryRefused { context, .. } => self.say(&format!("the canary {context} was refused")),
            Event::BudgetExhausted { refused } => self.say(&format!("{refused} refused: nothing more is applied")),
            Event::RolloutHalted { because } => self.say(&format!("nothing more is begun: {because}")),
            Event::RolloutWaiting { reason } => self.say(&format!("waiting: {reason}")),
            Event::IndexUnusable { index, reason } => {
                self.say(&format!("the fleet index in {index} cannot be used: {reason}"));
            }
            _ => return,
        }
        self.draw();
    }

    /// How far a stepwise migration is, on a line of its own.
    fn step(&mut self, context: &Context, shown: String, statements: Option<(usize, usize)>) {
        let bars = self.bars.as_ref();
        let bar = || bars.map(|bars| bars.all.add(ProgressBar::new(0).with_style(style(STEP))));
        let step = self.steps.entry(context.clone()).or_insert_with(|| Step { shown: String::new(), bar: bar() });
        if let Some(bar) = &step.bar {
            if let Some((done, of)) = statements {
                bar.set_length(u64::try_from(of).unwrap_or(u64::MAX));
                bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
            }
            bar.set_message(shown.clone());
        }
        step.shown = shown;
    }

    fn draw(&self) {
        if let Some(Bars { contexts, .. }) = &self.bars {
            contexts.set_position(u64::try_from(self.done).unwrap_or(u64::MAX));
            contexts.set_message(self.rest());
        }
    }

    /// What is to be known at once.
    fn say(&self, text: &str) {
        match &self.bars {
            Some(bars) => {
                // Nobody to tell where standard error cannot be written.
                let _ = bars.all.println(text);
            }
            None => line(text),
        }
    }

    /// How far it is, where nobody sees a bar.
    fn tell(&self) {
        if self.bars.is_some() {
            return;
        }
        line(&self.line());
        for step in self.steps.values() {
            line(&step.shown);
        }
    }

    fn line(&self) -> String {
        let of = self.total.map_or_else(String::new, |total| format!(" of {total}"));
        let after = self.begun.elapsed().as_secs();
        format!("{}{of} {} after {after} s{}", self.done, self.what, self.rest())
    }

    /// What is to be said beside the counts.
    fn rest(&self) -> String {
        let mut text = String::new();
        if let Some(left) = left(self.begun.elapsed(), self.done, self.total) {
            let _ = write!(text, ", about {} left", short(left));
        }
        if self.refused > 0 {
            let _ = write!(text, ", {} refused", self.refused);
        }
        if !self.at.is_empty() {
            let _ = write!(text, "; at {}", self.at);
        }
        text
    }

    fn clear(&mut self) {
        if let Some(bars) = &self.bars {
            bars.contexts.finish_and_clear();
            // Nothing is left to be drawn over.
            let _ = bars.all.clear();
        }
        self.steps.clear();
    }
}

impl Bars {
    fn new(what: &'static str) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let contexts = ProgressBar::new_spinner().with_prefix(what);
        let contexts = all.add(contexts.with_style(style(UNCOUNTED)));
        // So that it is seen that something is still going on.
        contexts.enable_steady_tick(Duration::from_millis(200));
        Self { all, contexts }
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

fn style(template: &str) -> ProgressStyle {
    // The templates above are right, which a test shows; with another one there would be a plain bar.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn line(text: &str) {
    // Nobody to tell where standard error cannot be written.
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_of_the_contexts_left() {
        let second = Duration::from_secs(1);
        assert_eq!(left(second * 10, 5, Some(20)), Some(second * 30));
        for (done, total) in [(0, Some(20)), (20, Some(20)), (5, None)] {
            assert_eq!(left(second, done, total), None);
        }
    }

    #[test]
    fn a_line_says_how_far_it_is_and_where() {
        let progress = Progress::new(Presentation::default(), Counting::Finished, "contexts");
        let Progress(Some(shown)) = &progress else { panic!("not quiet") };
        let mut shown = locked(shown);
        shown.bars = None;
        shown.hear(&Event::RunStarted { contexts: Some(40) });
        let context = Context::new("acme", "eu").unwrap();
        let version = migrate_core::Version::new(2).unwrap();
        let migration = Applied { module: "app", version, name: "tags" };
        shown.hear(&Event::MigrationStarted { context: &context, migration, retries: 0 });
        assert_eq!(shown.line(), "0 of 40 contexts after 0 s; at acme/eu app V2__tags");
    }

    #[test]
    fn quiet_shows_nothing() {
        let quiet = Presentation { quiet: true, ..Presentation::default() };
        assert!(Progress::applying(quiet).0.is_none());
    }

    #[test]
    fn the_templates_are_right() {
        for template in [COUNTED, UNCOUNTED, STEP] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
