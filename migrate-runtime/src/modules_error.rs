use std::fmt;

use migrate_core::{Checksum, Object, Version};

/// Why modules cannot be brought together in one migrator. `Display` names both sides, with their files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the messages say the rest")]
pub enum ModulesError {
    /// Two modules have one name, and so would share their ledger rows.
    #[error(
        "two modules are named `{module}`, one with {}, the other with {}: set `module = \"…\"` in the migrations.toml of one \
         of them", Files(.files.0), Files(.files.1)
    )]
    Duplicate { module: &'static str, files: (Option<&'static str>, Option<&'static str>) },
    /// A module that another one requires is not among them.
    #[error("{by} requires `{requires}` at V{version}, which was not given to the migrator")]
    Absent { by: Place, requires: &'static str, version: Version },
    /// A module that another one requires is there, but too old.
    #[error("{by} requires `{requires}` at V{version}, and the one given ends {}", .last.as_ref().map_or_else(|| "with nothing".to_owned(), |last| format!("at V{} ({})", last.version, last.file)))]
    TooOld { by: Place, requires: &'static str, version: Version, last: Option<Place> },
    /// A module had a name that another one has, or had, and so both would take the same ledger rows for theirs.
    #[error(
        "the module `{module}` says in its migrations.toml that it was formerly `{formerly}`, and so does or is `{other}`"
    )]
    FormerName { module: &'static str, formerly: &'static str, other: &'static str },
    /// Only one of two modules says that a migration was moved between them.
    #[error(
        "{by} says that it was moved, and {other} says nothing of that, or something else: `[moved]` in the migrations.toml of \
         both has to name the other one with its version, so bring both modules to releases that do"
    )]
    OneSidedMove { by: Place, other: Place },
    /// A migration that was moved to another module is not the one that was shipped.
    #[error(
        "{} is not what was shipped as {}: its checksum is {}, that in the lockfile of `{}` is {}. A migration is moved as it \
         is, byte for byte", .sides.0, .sides.1, .checksums.0, .sides.1.module, .checksums.1
    )]
    MovedText {
        /// Where it is now, and where it was shipped.
        sides: Box<(Place, Place)>,
        /// The checksums of both.
        checksums: (Checksum, Checksum),
    },
    /// Migrations require each other.
    #[error("migrations require each other in a circle: {}", Needed::list(.0))]
    Circle(Vec<Needed>),
    /// Two modules define one object.
    #[error(
        "two modules define {object}: {} and {}. Only one of them can own it; it is handed over by removing it in the one \
         and requiring that version in the other", .definitions.0, .definitions.1
    )]
    SharedObject { object: Object, definitions: Box<(Place, Place)> },
    /// A module builds on a table that another one defines, and nothing says which of them comes first.
    #[error(
        "{by} defines {object} on a table that {owner} defines, and does not require it: write \
         `requires = {{ {} = {} }}` in the migrations.toml of `{}`, or `-- migrate: requires {} {}` in {}",
        .owner.module, .owner.version, .by.module, .owner.module, .owner.version, .by.file
    )]
    UnrequiredTable { object: Object, by: Place, owner: Box<Place> },
}

/// A migration of a module, as an error names it: `auth V3__roles.surql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub struct Place {
    pub module: &'static str,
    pub version: Version,
    /// The file in which it is said: the migration's own, or `migrations.toml` for what a whole module requires.
    pub file: &'static str,
}

/// A migration that needs another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are")]
pub struct Needed {
    pub by: Place,
    pub requires: &'static str,
    pub version: Version,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` V{} ({})", self.module, self.version, self.file)
    }
}

impl Needed {
    fn list(needed: &[Self]) -> String {
        let one = |Self { by, requires, version }: &Self| format!("{by} requires `{requires}` at V{version}");
        needed.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

struct Files(Option<&'static str>);

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.unwrap_or("no migration"))
    }
}
