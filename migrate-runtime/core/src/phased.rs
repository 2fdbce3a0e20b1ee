use core::fmt;
use core::ops::Range;

use crate::{Change, Statement};

/// What a phased migration consists of: its steps, in the order in which they may run.
///
/// Those of its start come first, then those of its completion, then those of its rollback, each in the order of the file:
/// one number says how far a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phased {
    steps: &'static [PhaseStep],
    irreversible: &'static str,
}

/// A part of a phased migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Expands the schema, while older binaries go on.
    Start,
    /// Contracts it, once no older binary is left.
    Complete,
    /// Takes the start back.
    Rollback,
}

/// One step of a phased migration: what is run in one transaction with its record, or batch by batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseStep {
    id: &'static str,
    phase: Phase,
    work: PhaseWork,
    text: &'static str,
    statements: &'static [Statement],
    changes: &'static [Change],
}

/// What kind of work a [`PhaseStep`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhaseWork {
    /// Statements, together.
    Sql,
    /// A question to which the answer has to be as expected.
    Assert(Expectation),
    /// Rows that are written batch by batch.
    Backfill,
}

/// What the answer to an assertion has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expectation {
    /// A list without elements.
    Empty,
    /// This very truth value.
    Bool(bool),
    /// This very number.
    Number(i64),
    /// A number that is not greater.
    AtMost(i64),
    /// A number that is not less.
    AtLeast(i64),
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 3] = [Self::Start, Self::Complete, Self::Rollback];

    /// Its name: `start`, `complete` or `rollback`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Complete => "complete",
            Self::Rollback => "rollback",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty list"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::AtMost(number) => write!(f, "at most {number}"),
            Self::AtLeast(number) => write!(f, "at least {number}"),
        }
    }
}

impl PhaseStep {
    /// Called by generated code. The ranges of the statements lie in `text`, their lines in the file.
    #[doc(hidden)]
    pub const fn __new(
        id: &'static str,
        phase: Phase,
        work: PhaseWork,
        text: &'static str,
        statements: &'static [Statement],
    ) -> Self {
        Self { id, phase, work, text, statements, changes: &[] }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_changes(self, changes: &'static [Change]) -> Self {
        Self { changes, ..self }
    }

    /// Its name, unique in the migration.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The phase it belongs to.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// What kind of work it is.
    pub const fn work(&self) -> PhaseWork {
        self.work
    }

    /// What is executed.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Its statements, in order: each a range of [`text`](Self::text), and the line of the file that it comes from.
    pub const fn statements(&self) -> &'static [Statement] {
        self.statements
    }

    /// What it does to the catalog, where the steps before it have run.
    pub const fn changes(&self) -> &'static [Change] {
        self.changes
    }
}

impl Phased {
    /// Called by generated code: the steps in the order of their phases, and why there is no rollback, or nothing.
    #[doc(hidden)]
    pub const fn __new(steps: &'static [PhaseStep], irreversible: &'static str) -> Self {
        Self { steps, irreversible }
    }

    /// All steps, in the order of their phases.
    pub const fn steps(&self) -> &'static [PhaseStep] {
        self.steps
    }

    /// Where the steps of a phase stand among all of them.
    pub fn range(&self, phase: Phase) -> Range<usize> {
        let start = self.steps.partition_point(|step| step.phase < phase);
        start..self.steps.partition_point(|step| step.phase <= phase)
    }

    /// Why its start cannot be taken back, as one clause without a full stop, or `None` where it can.
    pub const fn irreversible(&self) -> Option<&'static str> {
        if self.irreversible.is_empty() { None } else { Some(self.irreversible) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_each_phase_stand_together() {
        static STEPS: [PhaseStep; 4] = [
            PhaseStep::__new("a", Phase::Start, PhaseWork::Sql, "", &[]),
            PhaseStep::__new("b", Phase::Start, PhaseWork::Backfill, "", &[]),
            PhaseStep::__new("c", Phase::Complete, PhaseWork::Sql, "", &[]),
            PhaseStep::__new("d", Phase::Rollback, PhaseWork::Sql, "", &[]),
        ];
        let phased = Phased::__new(&STEPS, "");
        assert_eq!(Phase::ALL.map(|phase| phased.range(phase)), [0..2, 2..3, 3..4]);
        let without = Phased::__new(&STEPS[..3], "it sends mail");
        assert_eq!((without.range(Phase::Rollback), without.irreversible()), (3..3, Some("it sends mail")));
    }
}
