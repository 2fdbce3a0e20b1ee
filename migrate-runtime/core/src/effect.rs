use core::fmt;

/// What a statement does to those who still run the older binary.
///
/// Effects are ordered from harmless to harmful, so that the effect of a block is the greatest of its parts.
///
/// ```
/// # use migrate_core::{Effect, Loss};
/// assert!(Effect::Additive < Effect::Data);
/// assert!(Effect::Data < Effect::Restrictive);
/// assert!(Effect::Restrictive < Effect::Destructive(Loss::Data));
/// assert_eq!(Effect::Destructive(Loss::Unsafe).to_string(), "destructive(unsafe)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It changes nothing: it reads, computes, asserts or waits.
    Neutral,
    /// An older binary neither sees nor feels it: a new table, a new optional field, a plain index.
    Additive,
    /// It writes rows.
    Data,
    /// An older binary's reads or writes may now be refused: a new required field, a narrower type, a unique index.
    Restrictive,
    /// Something goes.
    Destructive(Loss),
}

/// How much a [`Effect::Destructive`] statement loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// Some data goes: `REMOVE FIELD`, a type change, `DELETE`.
    Data,
    /// Much goes, or it cannot be undone: `REMOVE TABLE`.
    Unsafe,
}

impl Effect {
    /// Whether an older binary may break on it: true for restrictive and destructive effects.
    pub const fn is_breaking(self) -> bool {
        matches!(self, Self::Restrictive | Self::Destructive(_))
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Neutral => "neutral",
            Self::Additive => "additive",
            Self::Data => "data",
            Self::Restrictive => "restrictive",
            Self::Destructive(Loss::Data) => "destructive(data_loss)",
            Self::Destructive(Loss::Unsafe) => "destructive(unsafe)",
        })
    }
}
