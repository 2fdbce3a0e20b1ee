use core::fmt;

use crate::{Effect, Object};

/// One top-level statement of a migration: where it stands, what it is and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    start: usize,
    end: usize,
    line: u32,
    kind: StatementKind,
    effect: Effect,
    object: Option<Object>,
    pace: Pace,
}

/// How a stepwise migration executes a [`Statement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pace {
    /// Once.
    Once,
    /// Once, and then the index that it defines and builds `CONCURRENTLY` is waited for, and removed if that fails.
    Build,
    /// The same with an index that may have been there before, and is left if that fails.
    Rebuild,
    /// Again and again, each time in a transaction of its own, until the `SELECT … LIMIT n` that stands at this byte range
    /// of the text, and whose rows it writes, finds fewer rows than it may, or none.
    Batch {
        /// Where the `SELECT` begins.
        start: u32,
        /// Where it ends.
        end: u32,
        /// How many rows it finds at most, where the text says so in a number.
        limit: Option<u32>,
    },
}

/// The leading keyword of a [`Statement`], or what it is where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the keyword of its statement")]
pub enum StatementKind {
    Access,
    Alter,
    Create,
    Define,
    Delete,
    For,
    If,
    Info,
    Insert,
    Let,
    Option,
    Rebuild,
    Relate,
    Remove,
    Select,
    Show,
    Sleep,
    Throw,
    Update,
    Upsert,
    /// A bare expression: a function call, a block, a value.
    Expression,
}

impl StatementKind {
    /// Every kind, in order.
    pub const ALL: [Self; 21] = [
        Self::Access,
        Self::Alter,
        Self::Create,
        Self::Define,
        Self::Delete,
        Self::For,
        Self::If,
        Self::Info,
        Self::Insert,
        Self::Let,
        Self::Option,
        Self::Rebuild,
        Self::Relate,
        Self::Remove,
        Self::Select,
        Self::Show,
        Self::Sleep,
        Self::Throw,
        Self::Update,
        Self::Upsert,
        Self::Expression,
    ];

    /// The lowercase keyword; `expression` for a bare expression.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Alter => "alter",
            Self::Create => "create",
            Self::Define => "define",
            Self::Delete => "delete",
            Self::For => "for",
            Self::If => "if",
            Self::Info => "info",
            Self::Insert => "insert",
            Self::Let => "let",
            Self::Option => "option",
            Self::Rebuild => "rebuild",
            Self::Relate => "relate",
            Self::Remove => "remove",
            Self::Select => "select",
            Self::Show => "show",
            Self::Sleep => "sleep",
            Self::Throw => "throw",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Expression => "expression",
        }
    }
}

impl fmt::Display for StatementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}

impl Statement {
    /// Called by generated code: byte range and one-based line in the canonical text, and what the analysis found.
    #[doc(hidden)]
    pub const fn __new(
        (start, end): (usize, usize),
        line: u32,
        kind: StatementKind,
        effect: Effect,
        object: Option<Object>,
    ) -> Self {
        Self { start, end, line, kind, effect, object, pace: Pace::Once }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Its byte range in the migration's text, without the semicolon.
    pub const fn range(&self) -> core::ops::Range<usize> {
        self.start..self.end
    }

    /// The line it begins on, counted from 1.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// What kind of statement it is.
    pub const fn kind(&self) -> StatementKind {
        self.kind
    }

    /// What it does to those who still run the older binary.
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// The object it defines, alters or removes, where the build could tell.
    pub const fn object(&self) -> Option<&Object> {
        self.object.as_ref()
    }

    /// How a stepwise migration executes it.
    pub const fn pace(&self) -> Pace {
        self.pace
    }
}
