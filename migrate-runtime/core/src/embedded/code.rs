use crate::{CheckKind, Effect, Loss, Mode, ObjectKind, Pace, Phase, StatementKind, UndoSafety};

/// One of a few values, written as its place among all of them.
pub trait Coded: Copy + PartialEq + 'static {
    /// All of them. [`FORMAT`](super::FORMAT) changes with any change, also with a new one at the end of `Effect`, `PaceCode` or
    /// `ObjectKind`: how many there are is part of how others are written.
    const ALL: &'static [Self];

    /// The place of this one. Of one that is not among them it is one that cannot be read, and what cannot be read back is not
    /// embedded.
    fn code(self) -> u64 {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(Self::ALL.len()) as u64
    }

    /// The value at a place.
    fn of_code(code: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }
}

impl Coded for ObjectKind {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Coded for StatementKind {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Coded for Phase {
    const ALL: &'static [Self] = &Self::ALL;
}

impl Coded for Mode {
    const ALL: &'static [Self] = &[Self::Transaction, Self::Stepwise, Self::Phased];
}

impl Coded for CheckKind {
    const ALL: &'static [Self] = &[Self::Unique, Self::Value, Self::Rewrite];
}

impl Coded for UndoSafety {
    const ALL: &'static [Self] = &[Self::Safe, Self::DataLoss, Self::Unsafe];
}

impl Coded for Effect {
    const ALL: &'static [Self] = &[
        Self::Neutral,
        Self::Additive,
        Self::Data,
        Self::Restrictive,
        Self::Destructive(Loss::Data),
        Self::Destructive(Loss::Unsafe),
    ];
}

/// Which [`Pace`] a statement has; where a batch stands is written behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants of `Pace`")]
pub enum PaceCode {
    Once,
    Build,
    Rebuild,
    Batch,
}

impl Coded for PaceCode {
    const ALL: &'static [Self] = &[Self::Once, Self::Build, Self::Rebuild, Self::Batch];
}

impl From<Pace> for PaceCode {
    fn from(pace: Pace) -> Self {
        match pace {
            Pace::Once => Self::Once,
            Pace::Build => Self::Build,
            Pace::Rebuild => Self::Rebuild,
            Pace::Batch { .. } => Self::Batch,
        }
    }
}

/// What is said of a migration in a single number. What is seldom there is not written where it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a bit of the number")]
#[expect(missing_docs, reason = "fields named for what is there")]
pub struct Flags {
    pub mode: Mode,
    pub breaking: bool,
    pub checks: bool,
    pub description: bool,
    pub requires: bool,
    pub links: bool,
    pub moved: bool,
}

impl Flags {
    /// As a number.
    pub fn bits(self) -> u64 {
        let Self { mode, breaking, checks, description, requires, links, moved } = self;
        let flags = [breaking, checks, description, requires, links, moved];
        flags.iter().rev().fold(0, |bits, flag| bits << 1 | u64::from(*flag)) * 4 + mode.code()
    }

    /// Those that a number stands for.
    pub fn of_bits(bits: u64) -> Option<Self> {
        let flag = |at: u32| bits >> (at + 2) & 1 == 1;
        let flags = Self {
            mode: Mode::of_code(bits & 3)?,
            breaking: flag(0),
            checks: flag(1),
            description: flag(2),
            requires: flag(3),
            links: flag(4),
            moved: flag(5),
        };
        (flags.bits() == bits).then_some(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_flags_stands_for_one_combination() {
        let read = (0..1024).filter_map(|bits| Some((bits, Flags::of_bits(bits)?)));
        let read: Vec<_> = read.inspect(|(bits, flags)| assert_eq!(flags.bits(), *bits)).collect();
        assert_eq!(read.len(), 3 * 64);
    }
}
