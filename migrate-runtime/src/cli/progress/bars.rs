//! Bars on a terminal: one for the whole, what it is at below that, and one more for whatever goes in steps.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::context::Context;

/// How many of how many, how many where that is not known, what it is at, and how far something is that goes in steps, known
/// and not. What is too long for the terminal is cut off.
const COUNTED: &str = "{bar:28} {pos}/{len} {prefix}{wide_msg}";
const UNCOUNTED: &str = "{spinner} {pos} {prefix}{wide_msg}";
const AT: &str = "  {wide_msg}";
const STEP: &str = "{bar:28} {wide_msg}";
const UNCOUNTED_STEP: &str = "{spinner} {wide_msg}";

pub(super) struct Bars {
    all: MultiProgress,
    whole: ProgressBar,
    at: Option<ProgressBar>,
    steps: HashMap<Context, ProgressBar>,
}

impl Bars {
    pub(super) fn new(what: &'static str) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let whole = all.add(ProgressBar::new_spinner().with_prefix(what).with_style(style(UNCOUNTED)));
        // So that it is seen that something is still going on.
        whole.enable_steady_tick(Duration::from_millis(200));
        Self { all, whole, at: None, steps: HashMap::new() }
    }

    pub(super) fn expect(&self, total: usize) {
        self.whole.set_length(wide(total));
        self.whole.set_style(style(COUNTED));
    }

    pub(super) fn draw(&mut self, done: usize, message: String, at: &str) {
        self.whole.set_position(wide(done));
        self.whole.set_message(message);
        if !at.is_empty() {
            let new = || self.all.insert_after(&self.whole, ProgressBar::new(0).with_style(style(AT)));
            self.at.get_or_insert_with(new).set_message(at.to_owned());
        }
    }

    /// How far something is that goes in steps, on a line of its own.
    pub(super) fn step(&mut self, context: &Context, message: String, of: Option<(usize, usize)>) {
        let bar = self.steps.entry(context.clone()).or_insert_with(|| {
            let template = if of.is_some() { STEP } else { UNCOUNTED_STEP };
            self.all.add(ProgressBar::new(0).with_style(style(template)))
        });
        if let Some((done, of)) = of {
            bar.set_style(style(STEP));
            bar.set_length(wide(of));
            bar.set_position(wide(done));
        }
        bar.set_message(message);
    }

    pub(super) fn end_step(&mut self, context: &Context) {
        if let Some(bar) = self.steps.remove(context) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }

    /// A line above all of them, which stays.
    pub(super) fn say(&self, text: &str) {
        // Nobody to tell where standard error cannot be written.
        let _ = self.all.println(text);
    }

    /// Leaves nothing of them behind.
    pub(super) fn clear(&mut self) {
        self.steps.drain().map(|(_, bar)| bar).chain(self.at.take()).for_each(|bar| bar.finish_and_clear());
        self.whole.finish_and_clear();
        // Nothing is left to be drawn over.
        let _ = self.all.clear();
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn style(template: &str) -> ProgressStyle {
    // The templates above are right, which a test shows; with another one there would be a plain bar.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_right() {
        for template in [COUNTED, UNCOUNTED, AT, STEP, UNCOUNTED_STEP] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
