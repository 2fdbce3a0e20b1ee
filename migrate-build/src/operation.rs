use migrate_core::{Object, ObjectKind};

use crate::definition::{Call, Definition};
use crate::surql::Alteration;

/// What one top-level statement does, in our own words.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    /// What the statement itself does.
    pub(crate) operation: Operation,
    /// What it does further inside: in a block, a branch, a loop or a subquery.
    pub(crate) nested: Vec<Operation>,
    /// The functions it calls when it runs, not those that a definition would call later.
    pub(crate) calls: Vec<Call>,
    /// The tables it reads when it runs.
    pub(crate) reads: Vec<String>,
}

/// What a statement does to schema or data.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Define(Box<Define>),
    Alter(Box<Alter>),
    Remove(Remove),
    Rebuild {
        index: Object,
        if_exists: bool,
        concurrently: bool,
    },
    Write(Write),
    /// It changes the schema in a way that is decided when it runs.
    Dynamic(Box<Dynamic>),
    /// It reaches for a namespace, a database or the root: not this context's schema.
    Outside {
        removes: bool,
    },
    /// It reads, computes, asserts or waits.
    Other,
}

/// `DEFINE …`.
#[derive(Clone, Debug)]
pub(crate) struct Define {
    /// The definition, as far as the text tells.
    pub(crate) definition: Definition,
    pub(crate) existing: Existing,
    /// Why the canonical text cannot be told from the statement alone, as one clause.
    pub(crate) unknown: Option<&'static str>,
    pub(crate) concurrently: bool,
}

/// What becomes of an object that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// The statement fails.
    Fails,
    /// `IF NOT EXISTS`: it stays as it is.
    Stays,
    /// `OVERWRITE`: it is replaced.
    IsReplaced,
}

/// `ALTER …`.
#[derive(Clone, Debug)]
pub(crate) struct Alter {
    pub(crate) object: Object,
    pub(crate) if_exists: bool,
    pub(crate) alteration: Alteration,
}

/// `REMOVE …`.
#[derive(Clone, Debug)]
pub(crate) struct Remove {
    pub(crate) object: Object,
    pub(crate) if_exists: bool,
}

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
}

/// How a [`Write`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Insert,
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

    pub(crate) const fn keyword(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Insert => "INSERT",
            Self::Upsert => "UPSERT",
            Self::Relate => "RELATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// A change of the schema that is decided when it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dynamic {
    pub(crate) kind: ObjectKind,
    /// The object, where at least that is known.
    pub(crate) object: Option<Object>,
    /// The definition that it may get.
    pub(crate) definition: Option<Definition>,
    /// Why it cannot be told, as one clause.
    pub(crate) reason: &'static str,
    /// The most that it can do.
    pub(crate) reach: Reach,
}

/// How far a [`Dynamic`] change can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Adds,
    Changes,
    Removes,
}

impl Dynamic {
    pub(crate) fn removes(&self) -> bool {
        self.reach == Reach::Removes
    }
}

impl Existing {
    /// How far a definition goes that treats an existing object like this.
    pub(crate) const fn reach(self) -> Reach {
        match self {
            Self::Fails | Self::Stays => Reach::Adds,
            Self::IsReplaced => Reach::Changes,
        }
    }
}
