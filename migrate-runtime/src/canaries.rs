use std::collections::BTreeSet;

use crate::context::Context;

/// Which contexts go first, before any other is touched.
#[derive(Clone, Debug, Default)]
pub(crate) enum Canaries {
    #[default]
    None,
    /// The first ones that lack something.
    First(usize),
    /// These.
    Named(BTreeSet<Context>),
}

/// How far the canaries of one run are.
#[derive(Debug)]
pub(crate) struct Stage {
    canaries: Canaries,
    /// How many have not begun.
    to_come: usize,
    running: usize,
}

/// What a context is to the others of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Canary,
    Other,
}

impl Stage {
    pub(crate) fn new(canaries: Canaries) -> Self {
        let to_come = match &canaries {
            Canaries::None => 0,
            Canaries::First(contexts) => *contexts,
            Canaries::Named(contexts) => contexts.len(),
        };
        Self { canaries, to_come, running: 0 }
    }

    /// The part of a context that may begin now, or `None` while it has to wait for the canaries.
    pub(crate) fn part(&self, context: &Context, lacks_something: bool) -> Option<Part> {
        match &self.canaries {
            Canaries::Named(canaries) if canaries.contains(context) => Some(Part::Canary),
            _ if !lacks_something || self.is_over() => Some(Part::Other),
            Canaries::First(_) if self.to_come > 0 => Some(Part::Canary),
            _ => None,
        }
    }

    pub(crate) fn begins(&mut self, part: Part) {
        if part == Part::Canary {
            self.to_come = self.to_come.saturating_sub(1);
            self.running += 1;
        }
    }

    /// A context turned out to need nothing before it could begin. `true` if it was the last of the canaries.
    pub(crate) fn passes(&mut self, context: &Context) -> bool {
        match &self.canaries {
            Canaries::Named(canaries) if canaries.contains(context) => {
                self.to_come = self.to_come.saturating_sub(1);
                self.is_over()
            }
            _ => false,
        }
    }

    /// A context is done. `true` if it was the last of the canaries.
    pub(crate) fn ends(&mut self, part: Part) -> bool {
        if part == Part::Other {
            return false;
        }
        self.running -= 1;
        self.is_over()
    }

    /// Whether there are none, or all of them are done.
    pub(crate) const fn is_over(&self) -> bool {
        self.to_come == 0 && self.running == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(name: &str) -> Context {
        Context::new("a", name).unwrap()
    }

    #[test]
    fn without_canaries_everyone_may_begin() {
        assert_eq!(Stage::new(Canaries::None).part(&context("x"), true), Some(Part::Other));
    }

    #[test]
    fn the_first_that_lack_something_go_first_and_the_rest_waits_for_their_end() {
        let mut stage = Stage::new(Canaries::First(2));
        assert_eq!(stage.part(&context("up_to_date"), false), Some(Part::Other));
        for name in ["x", "y"] {
            assert_eq!(stage.part(&context(name), true), Some(Part::Canary));
            stage.begins(Part::Canary);
        }
        assert_eq!(stage.part(&context("z"), true), None);
        assert!(!stage.ends(Part::Canary) && !stage.ends(Part::Other));
        assert_eq!(stage.part(&context("z"), true), None);
        assert!(stage.ends(Part::Canary));
        assert_eq!(stage.part(&context("z"), true), Some(Part::Other));
    }

    #[test]
    fn named_canaries_go_first_whatever_they_lack() {
        let mut stage = Stage::new(Canaries::Named(BTreeSet::from([context("c")])));
        assert_eq!(stage.part(&context("x"), true), None);
        assert_eq!(stage.part(&context("c"), false), Some(Part::Canary));
        stage.begins(Part::Canary);
        assert!(stage.ends(Part::Canary));
        assert_eq!(stage.part(&context("x"), true), Some(Part::Other));
    }
}
