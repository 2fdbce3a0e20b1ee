use std::ops::Range;

use crate::definition::Constant;

/// A statement that writes rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) action: Action,
    /// The tables it names.
    pub(crate) tables: Vec<String>,
    /// Whether it also writes where only its run can tell.
    pub(crate) elsewhere: bool,
    /// Whether it takes every row of a table.
    pub(crate) unbounded: bool,
    /// Whether it runs at all whenever the migration does.
    pub(crate) certain: bool,
    /// What it gives to fields, as far as the text tells.
    pub(crate) given: Vec<Given>,
    /// Where it stands in the text of its statement, if that is known.
    pub(crate) range: Option<Range<usize>>,
}

/// What a [`Write`] gives to one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// The path in parts.
    pub(crate) path: Vec<String>,
    pub(crate) value: Constant,
}

/// How a [`Write`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Insert,
    InsertRelation,
    Upsert,
    Relate,
    Update,
    Delete,
}

impl Action {
    /// Whether a table that does not exist is created for it; otherwise it is an error.
    pub(crate) const fn creates_table(self) -> bool {
        !matches!(self, Self::Update | Self::Delete)
    }

    /// Whether what it makes are edges.
    pub(crate) const fn makes_edges(self) -> bool {
        matches!(self, Self::Relate | Self::InsertRelation)
    }

    pub(crate) const fn keyword(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Insert => "INSERT",
            Self::InsertRelation => "INSERT RELATION",
            Self::Upsert => "UPSERT",
            Self::Relate => "RELATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}
