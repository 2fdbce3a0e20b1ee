use std::fmt;

use clap::ValueEnum;
use migrate_runtime::{Migrations, embed_migrations};

/// What version 1 of the service carries.
static V1: Migrations = embed_migrations!("migrations/v1");
/// What version 2 carries: the same, and what came later. All of it is additive, so that version 1 can go on beside it.
static V2: Migrations = embed_migrations!("migrations/v2");

/// A release of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Release {
    V1,
    V2,
}

impl Release {
    pub(crate) fn schema(self) -> &'static Migrations {
        match self {
            Self::V1 => &V1,
            Self::V2 => &V2,
        }
    }

    pub(crate) fn number(self) -> &'static str {
        match self {
            Self::V1 => "1.0.0",
            Self::V2 => "2.0.0",
        }
    }

    /// What it does to write a note: version 2 knows a field that version 1 does not.
    pub(crate) fn write(self) -> &'static str {
        match self {
            Self::V1 => "CREATE note SET text = $text RETURN NONE;",
            Self::V2 => "CREATE note SET text = $text, tags = ['by version 2'] RETURN NONE;",
        }
    }

    /// What it does to read the latest notes.
    pub(crate) fn read(self) -> &'static str {
        match self {
            Self::V1 => "(SELECT text, written_at FROM note ORDER BY written_at DESC LIMIT 5);",
            Self::V2 => "(SELECT text, tags ?? [] AS tags, written_at FROM note ORDER BY written_at DESC LIMIT 5);",
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_goes_on_from_where_version_1_ends_and_breaks_nothing_of_it() {
        let (old, new) = (Release::V1.schema(), Release::V2.schema());
        let last = old.last().expect("a migration");
        assert_eq!(new.get(last.version()).map(migrate_runtime::Migration::chain), Some(last.chain()));
        assert!(new.len() > old.len());
        let is_compatible =
            |one: &migrate_runtime::Migration| one.compatibility() == migrate_runtime::Compatibility::Compatible;
        assert!(new.iter().all(is_compatible));
    }
}
