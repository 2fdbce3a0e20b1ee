//! How far a command is: bars where a person looks, a line every so often where a file does, and nothing where asked.

mod bars;
mod far;

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::bars::Bars;
use self::far::{Counting, Far, Heard};
use super::presentation::Presentation;
use crate::{Event, Migrator};

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How often the time that is left is reckoned anew on a terminal.
const TICK: Duration = Duration::from_secs(1);

/// Who is told what a migrator does, and shows it.
#[derive(Clone)]
pub(super) struct Progress(Option<Arc<Mutex<Shown>>>);

/// What was heard so far, and where it is drawn.
struct Shown {
    far: Far,
    bars: Option<Bars>,
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

    /// Of a command that undoes migrations.
    pub(super) fn undoing(presentation: Presentation) -> Self {
        Self::new(presentation, Counting::Undone, "migrations undone")
    }

    /// Of a command that puts rows back.
    pub(super) fn restoring(presentation: Presentation) -> Self {
        Self::new(presentation, Counting::Restored, "rows restored")
    }

    fn new(presentation: Presentation, counting: Counting, what: &'static str) -> Self {
        if presentation.quiet {
            return Self(None);
        }
        let bars = io::stderr().is_terminal().then(|| Bars::new(what));
        Self(Some(Arc::new(Mutex::new(Shown { far: Far::new(counting, what), bars }))))
    }

    /// The migrator, which tells of all that it does from now on.
    pub(super) fn watch(&self, migrator: Migrator) -> Migrator {
        let Some(shown) = self.0.clone() else { return migrator };
        migrator.observer(move |event: &Event<'_>| locked(&shown).hear(event))
    }

    /// So many are to be done.
    pub(super) fn expect(&self, total: usize) {
        if let Some(shown) = &self.0 {
            let mut shown = locked(shown);
            let heard = shown.far.expect(total);
            shown.show(heard);
        }
    }

    /// One of them is done.
    pub(super) fn advance(&self) {
        if let Some(shown) = &self.0 {
            let mut shown = locked(shown);
            shown.far.advance();
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
        let every = if locked(shown).bars.is_some() { TICK } else { EVERY };
        let mut work = pin!(work);
        let result = loop {
            tokio::select! {
                result = &mut work => break result,
                () = tokio::time::sleep(every) => locked(shown).tell(),
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
    fn hear(&mut self, event: &Event<'_>) {
        let heard = self.far.hear(event);
        self.show(heard);
    }

    fn show(&mut self, heard: Heard) {
        match (heard, &mut self.bars) {
            (Heard::Nothing, _) => return,
            (Heard::Say(text), _) => self.say(&text),
            (Heard::Expect(total), Some(bars)) => bars.expect(total),
            (Heard::Step(context, of), Some(bars)) => {
                let text = self.far.steps.get(&context).cloned().unwrap_or_default();
                bars.step(&context, text, of);
            }
            (Heard::StepEnded(context), Some(bars)) => bars.end_step(&context),
            (Heard::Further, _) | (_, None) => {}
        }
        self.draw();
    }

    fn draw(&mut self) {
        if let Some(bars) = &mut self.bars {
            bars.draw(self.far.done, self.far.rest(), &self.far.at);
        }
    }

    /// What is to be known at once.
    fn say(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.say(text),
            None => line(text),
        }
    }

    /// How far it is by now.
    fn tell(&mut self) {
        if self.bars.is_some() {
            return self.draw();
        }
        line(&self.far.line());
        self.far.steps.values().for_each(|step| line(step));
    }

    fn clear(&mut self) {
        if let Some(bars) = &mut self.bars {
            bars.clear();
        }
        self.far.steps.clear();
    }
}

fn line(text: &str) {
    // Nobody to tell where standard error cannot be written.
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_shows_nothing() {
        let quiet = Presentation { quiet: true, ..Presentation::default() };
        assert!(Progress::applying(quiet).0.is_none());
    }
}
