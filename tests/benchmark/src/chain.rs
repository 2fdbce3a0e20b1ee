//! The schema that is applied: a service of some size, in as many migrations as are asked for.

use std::fmt::Write;
use std::fs;

use migrate_build::{Folder, Options, load};
use migrate_core::{Migration, Migrations};

use crate::Failure;

/// A chain of migrations, and what it leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    pub(crate) migrations: &'static Migrations,
    /// How many tables there are at its end, named `t0`, `t1` and so on.
    pub(crate) tables: usize,
    /// How many functions.
    pub(crate) functions: usize,
}

/// What each table has: seven fields, one of which comes with another, and an index.
pub(crate) const FIELDS: usize = 7;
pub(crate) const INDEX: &str = "by_name";

impl Chain {
    /// A chain of `length` migrations that lead to a schema of `tables` tables, of eight statements each. Where there are
    /// more migrations than tables, what is between two tables defines a function.
    pub(crate) fn new(length: usize, tables: usize) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let mut functions = 0;
        for version in 1..=length {
            let mut text = tables_between((version - 1) * tables / length, version * tables / length);
            if text.is_empty() {
                functions += 1;
                let _ = writeln!(text, "DEFINE FUNCTION fn::step_{version}() {{ RETURN {version}; }};");
            }
            fs::write(folder.path().join(format!("V{version}__step.surql")), text)?;
        }
        let migrations = load(&Folder::new(folder.path()), &Options::new("bench"))?.leak();
        Ok(Self { migrations: Box::leak(Box::new(migrations)), tables, functions })
    }

    pub(crate) fn len(self) -> usize {
        self.migrations.len()
    }

    /// How many statements there are in all of its migrations.
    pub(crate) fn statements(self) -> usize {
        self.migrations.iter().map(|migration| migration.statements().len()).sum()
    }

    /// The text of all of it, as somebody would send it who does without a tool.
    pub(crate) fn text(self) -> String {
        self.migrations.iter().map(Migration::text).fold(String::new(), |text, migration| text + migration + "\n;\n")
    }
}

fn tables_between(from: usize, to: usize) -> String {
    (from..to).fold(String::new(), |mut text, at| {
        let _ = write!(
            text,
            "DEFINE TABLE t{at} SCHEMAFULL;\n\
             DEFINE FIELD name ON t{at} TYPE string ASSERT string::len($value) < 200;\n\
             DEFINE FIELD owner ON t{at} TYPE option<string>;\n\
             DEFINE FIELD amount ON t{at} TYPE int DEFAULT 0;\n\
             DEFINE FIELD tags ON t{at} TYPE option<array<string>>;\n\
             DEFINE FIELD created_at ON t{at} TYPE datetime VALUE time::now() READONLY;\n\
             DEFINE FIELD data ON t{at} TYPE option<object> FLEXIBLE;\n\
             DEFINE INDEX {INDEX} ON t{at} FIELDS name;\n"
        );
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chain_leads_to_the_same_tables() {
        for (length, functions) in [(1, 0), (3, 0), (10, 4)] {
            let chain = Chain::new(length, 6).unwrap();
            assert_eq!((chain.len(), chain.functions, chain.statements()), (length, functions, 6 * 8 + functions));
        }
    }
}
