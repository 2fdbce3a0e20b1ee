use std::borrow::Cow;

use crate::Object;

/// A question about the rows of a table that a migration makes worth asking, written while building, when types, assertions
/// and indexes are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    object: Object,
    kind: CheckKind,
    query: Cow<'static, str>,
}

/// What a [`Check`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckKind {
    /// A unique index: its query, asked before the migration, finds the rows that share their values with others.
    Unique,
    /// A field: its query, asked behind the migration, finds the rows whose value the field's definition refuses.
    Value,
    /// A table of which every row is written by one statement. It has no query.
    Rewrite,
}

impl Check {
    /// A check of an object. The query gives record ids, or arrays of them, and ends so that ` LIMIT n` may follow.
    pub fn new(object: Object, kind: CheckKind, query: impl Into<Cow<'static, str>>) -> Self {
        Self { object, kind, query: query.into() }
    }

    /// Called by generated code.
    #[doc(hidden)]
    pub const fn __new(object: Object, kind: CheckKind, query: &'static str) -> Self {
        Self { object, kind, query: Cow::Borrowed(query) }
    }

    /// The index, field or table.
    pub const fn object(&self) -> &Object {
        &self.object
    }

    /// What it is about.
    pub const fn kind(&self) -> CheckKind {
        self.kind
    }

    /// The query, or nothing.
    pub fn query(&self) -> &str {
        &self.query
    }
}
