//! The way from a live schema to the one that it should be, without any I/O.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use migrate_core::{Catalog, DifferenceClass, Migration, Object, ObjectKind, Phase, StatementKind, Version};

use super::obstacle::SchemaRepairObstacle;
use super::statement::{SchemaRepairAction, SchemaRepairStatement, defining, is_redacted, removing};
use crate::live::SchemaDifference;
use crate::order::Modules;
use crate::undo::is_within;

/// More views upon views than anybody has. One may also come to select from itself.
const DEEPEST: usize = 32;

/// What a repair has to do, in order: first what is done in one transaction, and behind that the indexes to be built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) at_once: Vec<SchemaRepairStatement>,
    pub(super) builds: Vec<SchemaRepairStatement>,
}

/// What the way depends on beside the differences.
pub(super) struct Map<'a> {
    pub(super) expected: &'a Catalog,
    pub(super) live: &'a Catalog,
    /// The statements by which migrations define what holds a secret.
    pub(super) secrets: &'a BTreeMap<Object, String>,
    /// The tables that have rows, over which an index is not built in a transaction.
    pub(super) filled: &'a BTreeSet<String>,
}

impl Map<'_> {
    /// One statement for each difference that means something, in an order in which each finds what it needs.
    pub(super) fn way(&self, differences: &[SchemaDifference]) -> Result<Way, Vec<SchemaRepairObstacle>> {
        let real = differences.iter().filter(|one| one.class() == DifferenceClass::Real);
        let (surplus, restored): (Vec<_>, Vec<_>) =
            real.map(|one| (one.object(), one)).partition(|(_, one)| matches!(one, SchemaDifference::Added { .. }));
        let (mut way, mut obstacles) = (Way::default(), Vec::new());
        let mut late = Vec::new();
        for object in self.removals(surplus.into_iter().map(|(object, _)| object)) {
            match self.live.get(object).and_then(|definition| removing(object, definition)) {
                Some(text) => {
                    let statement = SchemaRepairStatement::new(object, SchemaRepairAction::Remove, text);
                    if self.lacks_its_source(object) { late.push(statement) } else { way.at_once.push(statement) }
                }
                None => obstacles.push(SchemaRepairObstacle::Unreadable { object: object.clone() }),
            }
        }
        for object in self.with_what_it_implies(restored.into_iter().map(|(object, _)| object)) {
            if let Err(obstacle) = self.define(object, &mut way) {
                obstacles.push(obstacle);
            }
        }
        way.at_once.extend(late);
        if obstacles.is_empty() { Ok(way) } else { Err(obstacles) }
    }

    /// Whether it is a view that the database does not take away before what it selects from is there again.
    fn lacks_its_source(&self, object: &Object) -> bool {
        let view = self.live.get(object).filter(|text| object.kind() == ObjectKind::Table && is_view(text));
        let mut missing = self.expected.iter().map(|(one, _)| one).filter(|one| self.is_missing_table(one));
        view.is_some_and(|view| missing.any(|one| names(view, one.name())))
    }

    fn is_missing_table(&self, object: &Object) -> bool {
        object.kind() == ObjectKind::Table && !self.live.contains(object)
    }

    /// What others stand on goes last; a view stands on its sources. What stands on a table that goes, goes with it.
    fn removals<'o>(&self, surplus: impl Iterator<Item = &'o Object>) -> Vec<&'o Object> {
        let surplus: Vec<_> = surplus.collect();
        let goes_whole = |table: &str| surplus.iter().any(|one| one.kind() == ObjectKind::Table && one.name() == table);
        let mut removals: Vec<_> = surplus.iter().copied().filter(|one| !one.table().is_some_and(goes_whole)).collect();
        removals.sort_by_key(|object| Reverse((depth(self.live, object), *object)));
        removals
    }

    /// These objects and what defining them changes, in the order of definitions.
    fn with_what_it_implies<'o>(&'o self, restored: impl Iterator<Item = &'o Object>) -> Vec<&'o Object> {
        let mut all: BTreeSet<&Object> = restored.collect();
        let implied: Vec<_> = all.iter().flat_map(|object| self.implied(object)).collect();
        all.extend(implied);
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|object| (object.kind(), depth(self.expected, object), *object));
        all
    }

    /// What the database may define anew by itself when it defines this: what lies in a field, and the ends of a relation.
    /// And the views upon a table that was not there, which it does not keep up to date otherwise.
    fn implied<'o>(&'o self, object: &Object) -> Vec<&'o Object> {
        let is_implied = |(other, text): &(&Object, &str)| match (object.kind(), other.kind()) {
            (ObjectKind::Field, ObjectKind::Field) => is_within(other, object),
            (ObjectKind::Table, ObjectKind::Field) => {
                matches!(other.name(), "in" | "out") && other.table() == Some(object.name())
            }
            (ObjectKind::Table, ObjectKind::Table) => {
                self.is_missing_table(object) && is_view(text) && names(text, object.name())
            }
            _ => false,
        };
        self.expected.iter().filter(is_implied).map(|(object, _)| object).collect()
    }

    fn define(&self, object: &Object, way: &mut Way) -> Result<(), SchemaRepairObstacle> {
        let unreadable = || SchemaRepairObstacle::Unreadable { object: object.clone() };
        let definition = self.expected.get(object).ok_or_else(unreadable)?;
        let there = self.live.get(object);
        let remove = |way: &mut Way, there: &str| {
            let text = removing(object, there).ok_or_else(unreadable)?;
            way.at_once.push(SchemaRepairStatement::new(object, SchemaRepairAction::Remove, text));
            Ok(())
        };
        if is_redacted(object) {
            let own = self.secrets.get(object);
            let own = own.ok_or_else(|| SchemaRepairObstacle::Secret { object: object.clone() })?;
            there.map_or(Ok(()), |there| remove(way, there))?;
            way.at_once.push(SchemaRepairStatement::secret(object, definition.to_owned(), own.clone()));
            return Ok(());
        }
        let is_filled = object.table().is_some_and(|table| self.filled.contains(table));
        if object.kind() == ObjectKind::Index && is_filled {
            there.map_or(Ok(()), |there| remove(way, there))?;
            let text = defining(object, definition, false).ok_or_else(unreadable)? + " CONCURRENTLY";
            way.builds.push(SchemaRepairStatement::new(object, SchemaRepairAction::Build, text));
            return Ok(());
        }
        let text = defining(object, definition, there.is_some()).ok_or_else(unreadable)?;
        way.at_once.push(SchemaRepairStatement::new(object, SchemaRepairAction::Define, text));
        // A list of something defines its elements, which a migration may have removed.
        if object.kind() == ObjectKind::Field && ["array<", "set<"].iter().any(|list| definition.contains(list)) {
            let elements = Object::on(
                object.table().unwrap_or_default().to_owned(),
                ObjectKind::Field,
                format!("{}.*", object.name()),
            );
            if !self.expected.contains(&elements) {
                let text = removing(&elements, "").ok_or_else(unreadable)?;
                way.at_once.push(SchemaRepairStatement::new(&elements, SchemaRepairAction::Remove, text));
            }
        }
        Ok(())
    }
}

/// How many views deep a table lies: none for a plain one. What a view selects from is told by the words in its definition.
fn depth(catalog: &Catalog, object: &Object) -> usize {
    let views: Vec<_> = catalog.iter().filter(|(one, text)| one.kind() == ObjectKind::Table && is_view(text)).collect();
    let (mut level, mut depth) = (BTreeSet::from([object]), 0);
    while depth < DEEPEST {
        let upon = |view: &Object| views.iter().find(|(one, _)| *one == view).map(|(_, text)| *text);
        let texts: Vec<_> = level.iter().filter_map(|one| upon(one)).collect();
        let is_named = |other: &&Object| texts.iter().any(|text| names(text, other.name()));
        let tables = catalog.iter().map(|(one, _)| one).filter(|one| one.kind() == ObjectKind::Table);
        let below: BTreeSet<_> = tables.filter(|one| !level.contains(one)).filter(is_named).collect();
        if texts.is_empty() {
            break;
        }
        (level, depth) = (below, depth + 1);
    }
    depth
}

/// Whether the records of a table are computed.
pub(super) fn is_view(definition: &str) -> bool {
    definition.contains(" AS SELECT ")
}

/// Whether a name stands in a text as a whole word.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}

/// For each object that holds a secret, the statement by which the last migration that is meant defines it.
///
/// Of one that was altered since no single statement tells.
pub(super) fn secrets(
    modules: &Modules,
    is_applied: impl Fn(&'static str, Version) -> bool,
) -> BTreeMap<Object, String> {
    let mut secrets = BTreeMap::new();
    for turn in modules.turns() {
        let module = modules[turn.module];
        let migration = &module.as_slice()[turn.at];
        if is_applied(module.module(), migration.version()) {
            for (statement, text) in statements(migration) {
                let Some(object) = statement.object().filter(|object| is_redacted(object)) else { continue };
                match (statement.kind(), text.get(statement.range())) {
                    (StatementKind::Define, Some(text)) => secrets.insert(object.clone(), text.to_owned()),
                    _ => secrets.remove(object),
                };
            }
        }
    }
    secrets
}

/// The statements of a migration, each with the text that it stands in.
fn statements(migration: &'static Migration) -> Vec<(&'static migrate_core::Statement, &'static str)> {
    match migration.phased() {
        None => migration.statements().iter().map(|statement| (statement, migration.text())).collect(),
        Some(phased) => {
            let steps = phased.steps().iter().filter(|step| step.phase() != Phase::Rollback);
            steps.flat_map(|step| step.statements().iter().map(move |one| (one, step.text()))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::differences;

    fn catalog(texts: &[&str]) -> Catalog {
        let parsed = texts.iter().map(|text| {
            let words: Vec<_> = text.split(' ').collect();
            let object = match words[1] {
                "TABLE" => Object::new(ObjectKind::Table, words[2].to_owned()),
                "FIELD" => Object::on(words[4].to_owned(), ObjectKind::Field, words[2].to_owned()),
                "INDEX" => Object::on(words[4].to_owned(), ObjectKind::Index, words[2].to_owned()),
                "ACCESS" => Object::new(ObjectKind::Access, words[2].to_owned()),
                other => panic!("{other}"),
            };
            (object, (*text).to_owned())
        });
        parsed.collect()
    }

    fn way(expected: &[&str], live: &[&str], filled: &[&str]) -> Result<Vec<String>, Vec<SchemaRepairObstacle>> {
        let (expected, live) = (catalog(expected), catalog(live));
        let filled = filled.iter().map(|table| (*table).to_owned()).collect();
        let map = Map { expected: &expected, live: &live, secrets: &BTreeMap::new(), filled: &filled };
        let way = map.way(&differences(&expected, &live))?;
        Ok(way.at_once.into_iter().chain(way.builds).map(|one| one.statement).collect())
    }

    #[test]
    fn a_schema_that_is_right_or_written_otherwise_needs_nothing() {
        assert_eq!(way(&["DEFINE TABLE a TYPE NORMAL"], &["DEFINE TABLE a  TYPE NORMAL"], &[]), Ok(Vec::new()));
    }

    #[test]
    fn views_come_behind_their_sources_and_go_before_them() {
        let views =
            ["DEFINE TABLE z TYPE NORMAL", "DEFINE TABLE b AS SELECT * FROM z", "DEFINE TABLE a AS SELECT * FROM b, z"];
        let made = way(&views, &[], &[]).unwrap();
        assert_eq!(made.iter().map(|one| &one[13..14]).collect::<Vec<_>>(), ["z", "b", "a"]);
        let gone = way(&[], &views, &[]).unwrap();
        assert_eq!(gone, ["a", "b", "z"].map(|name| format!("REMOVE TABLE IF EXISTS {name}")));
    }

    #[test]
    fn a_view_whose_source_is_gone_is_said_again_behind_it_or_goes_behind_it() {
        let (source, view) = ("DEFINE TABLE z TYPE NORMAL", "DEFINE TABLE b AS SELECT * FROM z");
        assert_eq!(way(&[source], &[view], &[]).unwrap(), [source, "REMOVE TABLE IF EXISTS b"]);
        let again = "DEFINE TABLE OVERWRITE b AS SELECT * FROM z";
        assert_eq!(way(&[source, view], &[view], &[]).unwrap(), [source, again]);
    }

    #[test]
    fn what_stands_on_a_table_that_goes_needs_no_statement_of_its_own() {
        let live = ["DEFINE TABLE a", "DEFINE FIELD b ON a", "DEFINE INDEX c ON a FIELDS b"];
        assert_eq!(way(&[], &live, &[]).unwrap(), ["REMOVE TABLE IF EXISTS a"]);
    }

    #[test]
    fn what_a_definition_changes_by_itself_is_said_again_behind_it() {
        let expected = ["DEFINE FIELD x ON a TYPE array<int>", "DEFINE FIELD x.* ON a TYPE int ASSERT true"];
        let live = ["DEFINE FIELD x ON a TYPE any", "DEFINE FIELD x.* ON a TYPE int ASSERT true"];
        let statements = way(&expected, &live, &[]).unwrap();
        assert_eq!(
            statements,
            ["DEFINE FIELD OVERWRITE x ON a TYPE array<int>", "DEFINE FIELD OVERWRITE x.* ON a TYPE int ASSERT true"]
        );
        assert_eq!(way(&expected[..1], &live[..1], &[]).unwrap()[1], "REMOVE FIELD IF EXISTS x.* ON `a`");
    }

    #[test]
    fn an_index_over_rows_is_built_while_the_database_goes_on() {
        let (expected, live) = (["DEFINE INDEX i ON a FIELDS x UNIQUE"], ["DEFINE INDEX i ON a FIELDS x"]);
        assert_eq!(way(&expected, &live, &[]).unwrap(), ["DEFINE INDEX OVERWRITE i ON a FIELDS x UNIQUE"]);
        let built = ["REMOVE INDEX IF EXISTS i ON `a`", "DEFINE INDEX i ON a FIELDS x UNIQUE CONCURRENTLY"];
        assert_eq!(way(&expected, &live, &["a"]).unwrap(), built);
    }

    #[test]
    fn a_secret_that_no_migration_has_in_one_statement_is_not_made_up() {
        let [SchemaRepairObstacle::Secret { object }] =
            &way(&["DEFINE ACCESS k ON DATABASE"], &[], &[]).unwrap_err()[..]
        else {
            panic!("a secret")
        };
        assert_eq!(object.to_string(), "access k");
    }

    #[test]
    fn a_name_counts_as_a_whole_word_only() {
        assert!(names("SELECT * FROM user", "user") && names("FROM `user`, x", "user"));
        assert!(!names("FROM users", "user") && !names("FROM _user", "user"));
    }
}
