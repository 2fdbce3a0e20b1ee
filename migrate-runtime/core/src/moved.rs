use crate::Requirement;

/// That a migration changed hands between two modules after it was shipped.
///
/// The text is with the one that it was moved to. The other one keeps its place in the chain, so that the chain values of
/// what lies behind it stay what they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was shipped as this version of another module, and belongs to this one now.
    From(Requirement),
    /// It is this version of another module now.
    To(Requirement),
}

impl Moved {
    /// The other module, and the version that the migration has or had there.
    pub const fn counterpart(&self) -> &Requirement {
        match self {
            Self::From(counterpart) | Self::To(counterpart) => counterpart,
        }
    }
}
