use core::fmt;

use crate::{Change, Check, Checksum, Link, Moved, Phased, Requirement, Statement, Undo, Version};

/// One version of a module's schema, with everything the build knew about it.
///
/// Values are made by `embed_migrations!` or by loading a folder; every part is `'static`, so an embedded migration
/// costs nothing until it is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    version: Version,
    name: &'static str,
    description: &'static str,
    file: &'static str,
    text: &'static str,
    checksum: Checksum,
    chain: Checksum,
    compatibility: Compatibility,
    mode: Mode,
    requires: &'static [Requirement],
    correction: &'static str,
    links: &'static [Link],
    moved: Option<&'static Moved>,
    statements: &'static [Statement],
    changes: &'static [Change],
    checks: &'static [Check],
    undo: &'static Undo,
    phased: Option<&'static Phased>,
}

/// Whether a binary that does not know a migration can go on serving a context that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compatibility {
    /// It can.
    Compatible,
    /// It cannot: the migration restricts or destroys something the older binary may use.
    Breaking,
}

/// How a migration is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// All of it in one transaction.
    Transaction,
    /// Statement by statement, under the lease, with a cursor in the ledger.
    Stepwise,
    /// Step by step as well, and in phases: what may break older binaries waits until it is asked for.
    Phased,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transaction => "transaction",
            Self::Stepwise => "stepwise",
            Self::Phased => "phased",
        })
    }
}

impl Migration {
    /// Called by generated code, which then adds what else is known through the `__with_…` functions.
    #[doc(hidden)]
    pub const fn __new(
        version: u64,
        name: &'static str,
        file: &'static str,
        text: &'static str,
        checksum: [u8; 32],
        chain: [u8; 32],
    ) -> Self {
        let Some(version) = Version::new(version) else { panic!("a version is between 1 and 2^63 - 1") };
        Self {
            version,
            name,
            description: "",
            file,
            text,
            checksum: Checksum::from_bytes(checksum),
            chain: Checksum::from_bytes(chain),
            compatibility: Compatibility::Compatible,
            mode: Mode::Transaction,
            requires: &[],
            correction: "",
            links: &[],
            moved: None,
            statements: &[],
            changes: &[],
            checks: &[],
            undo: &const { Undo::None { reason: std::borrow::Cow::Borrowed("it was not analysed") } },
            phased: None,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_policy(self, compatibility: Compatibility, mode: Mode) -> Self {
        Self { compatibility, mode, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_requires(self, requires: &'static [Requirement]) -> Self {
        Self { requires, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_links(self, correction: &'static str, links: &'static [Link]) -> Self {
        Self { correction, links, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_moved(self, moved: &'static Moved) -> Self {
        Self { moved: Some(moved), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_statements(self, statements: &'static [Statement]) -> Self {
        Self { statements, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_changes(self, changes: &'static [Change]) -> Self {
        Self { changes, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_checks(self, checks: &'static [Check]) -> Self {
        Self { checks, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __with_undo(self, undo: &'static Undo) -> Self {
        Self { undo, ..self }
    }

    /// Makes it a phased one.
    #[doc(hidden)]
    #[must_use]
    pub const fn __with_phased(self, phased: &'static Phased) -> Self {
        Self { mode: Mode::Phased, phased: Some(phased), ..self }
    }

    /// Its version.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The name part of its file name: `add_bio` of `V3__add_bio.surql`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The text of its `description` directive, or nothing.
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// Its file name, relative to the module's folder.
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// Its canonical text: what was hashed, and exactly what is executed, but for a phased migration, which is executed in its
    /// [steps](Phased::steps).
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// The SHA-256 of its canonical text.
    pub const fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// The SHA-256 of the predecessor's chain and this checksum: one value for the whole history up to here.
    pub const fn chain(&self) -> Checksum {
        self.chain
    }

    /// Whether an older binary can go on serving a context that has it; of a phased migration, all of it.
    pub const fn compatibility(&self) -> Compatibility {
        self.compatibility
    }

    /// How it is applied.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Why its text was corrected after it was shipped, or nothing.
    pub const fn correction(&self) -> &'static str {
        self.correction
    }

    /// What may be recorded of it beside its own checksum and chain, where a text of its module was corrected after it was
    /// shipped.
    pub const fn links(&self) -> &'static [Link] {
        self.links
    }

    /// Where it was before, or is now, if it changed hands between two modules after it was shipped.
    pub const fn moved(&self) -> Option<&'static Moved> {
        self.moved
    }

    /// Whether it is another module's now, so that only its place in the chain is left here.
    pub const fn is_moved_away(&self) -> bool {
        matches!(self.moved, Some(Moved::To(_)))
    }

    /// What it needs of other modules by itself, beside what its module [requires](crate::Migrations::requires) as a whole.
    pub const fn requires(&self) -> &'static [Requirement] {
        self.requires
    }

    /// Its phases, where it is a phased one.
    pub const fn phased(&self) -> Option<&'static Phased> {
        self.phased
    }

    /// Its statements, in order. Those of a phased migration are the ones of its start and its completion; what is executed
    /// of them is in its [steps](Phased::steps).
    pub const fn statements(&self) -> &'static [Statement] {
        self.statements
    }

    /// What it does to the catalog.
    pub const fn changes(&self) -> &'static [Change] {
        self.changes
    }

    /// What is worth asking about the rows that are there, before it is applied.
    pub const fn checks(&self) -> &'static [Check] {
        self.checks
    }

    /// How it can be undone.
    pub const fn undo(&self) -> &'static Undo {
        self.undo
    }
}
