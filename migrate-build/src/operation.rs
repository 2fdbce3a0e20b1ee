use migrate_core::{Object, ObjectKind};

use crate::definition::Definition;
use crate::surql::Alteration;
use crate::uses::Uses;
use crate::write::Write;

/// What one top-level statement does, in our own words.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    /// What the statement itself does.
    pub(crate) operation: Operation,
    /// What it does further inside: in a block, a branch, a loop or a subquery.
    pub(crate) nested: Vec<Operation>,
    pub(crate) uses: Uses,
}

impl Lowered {
    /// What it does itself, and then what it does inside.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        std::iter::once(&self.operation).chain(&self.nested)
    }

    /// What it writes, itself and inside.
    pub(crate) fn writes(&self) -> impl Iterator<Item = &Write> {
        self.operations().filter_map(|operation| match operation {
            Operation::Write(write) => Some(write),
            _ => None,
        })
    }
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
    /// It gives a parameter a value for the statements behind it.
    Let(String),
    /// It fails, whatever is there.
    Throw,
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
