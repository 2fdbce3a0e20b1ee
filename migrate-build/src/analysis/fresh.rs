//! How an empty database gets the schema that a chain's first migrations lead to, without what they superseded.

use std::collections::BTreeSet;

use migrate_core::Object;

use super::Analysis;
use super::refusal;
use super::schema::{Entry, Schema};
use super::undo::{depth, run};
use crate::{Contents, surql};

/// The statements that bring an empty database to where the first migrations of a chain lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// How many migrations it stands for.
    pub(crate) migrations: usize,
    /// Each without a semicolon.
    pub(crate) statements: Vec<String>,
}

/// The longest run of first migrations that only define things, and the schema at its end.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    migrations: usize,
    end: Schema,
    is_open: bool,
}

impl Prefix {
    /// Nothing yet, behind which this schema lies.
    pub(super) const fn new(start: Schema) -> Self {
        Self { migrations: 0, end: start, is_open: true }
    }

    /// Lets nothing more be added: something of another module comes next.
    pub(super) const fn close(&mut self) {
        self.is_open = false;
    }

    /// Adds the next migration of the chain, behind which this schema lies.
    pub(super) fn extend(&mut self, analysis: &Analysis, schema: &Schema) {
        self.is_open &= analysis.contents < Contents::More;
        if self.is_open {
            self.migrations += 1;
            self.end = schema.clone();
        }
    }

    /// The script, tried on an empty schema as the database would run it. None for a single migration, which may as well
    /// be run itself, and where no order of the definitions leads there.
    pub(super) fn script(&self) -> Option<Script> {
        let Self { migrations, end, .. } = self;
        if *migrations < 2 {
            return None;
        }
        let mut now = Schema::new(end.is_shared());
        let mut touched = BTreeSet::new();
        let mut statements = Vec::new();
        for (object, entry) in in_order(end)? {
            for statement in define(&now, object, entry) {
                run(&mut now, &statement, &mut touched)?;
                statements.push(statement);
            }
        }
        // What a definition implies may have been removed since.
        touched.extend(end.entries().map(|(object, _)| object.clone()));
        for difference in now.differences(end, &touched).iter().rev() {
            let surplus = now.get(difference.object()).filter(|_| end.get(difference.object()).is_none())?;
            let statement = surql::removing(&surplus.definition)?;
            run(&mut now, &statement, &mut touched)?;
            statements.push(statement);
        }
        let leads_there = now.differences(end, &touched).is_empty();
        leads_there.then_some(Script { migrations: *migrations, statements })
    }
}

/// Each definition in an order in which it finds what it needs; `None` where one of them is not certain.
fn in_order(end: &Schema) -> Option<Vec<(&Object, &Entry)>> {
    let mut entries: Vec<_> = end.entries().collect();
    if entries.iter().any(|(_, entry)| !entry.is_exact()) {
        return None;
    }
    // What does not fit the field around it can only be defined before that field, unless that field brings it along.
    let is_at_odds = |entry: &Entry| refusal::of_definition(end, &entry.definition).is_some();
    let is_early = |object: &Object, entry: &Entry| is_at_odds(entry) && !comes_by_itself(end, object, entry);
    entries.sort_by_cached_key(|(object, entry)| (object.kind(), depth(end, object), !is_early(object, entry)));
    Some(entries)
}

/// Whether what implies an object defines it as it is.
fn comes_by_itself(end: &Schema, object: &Object, entry: &Entry) -> bool {
    let definition = end.implying(object).and_then(|(_, implied)| implied.apply(None));
    definition.is_some_and(|definition| definition.text == entry.definition.text)
}

/// The statements that define an object: none where what came before implies it already.
fn define(now: &Schema, object: &Object, entry: &Entry) -> Vec<String> {
    match now.get(object) {
        Some(there) if there.definition.text == entry.definition.text => Vec::new(),
        Some(_) => vec![entry.definition.overwriting()],
        // The catalog has no secret; the migrations hold what made it.
        None if entry.definition.is_redacted() => entry.script.clone(),
        None => vec![entry.definition.text.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Input, analyse_one};
    use crate::{Diagnostics, Source};

    fn script(texts: &[&str]) -> Option<(usize, Vec<String>)> {
        let mut schema = Schema::default();
        let mut prefix = Prefix::new(schema.clone());
        for text in texts {
            let source = Source::new("V1__test.surql", *text);
            let statements = surql::parse(&source, &mut Diagnostics::default()).unwrap();
            let analysis = analyse_one(&mut schema, &Input::new(&source, &statements), &mut Diagnostics::default());
            prefix.extend(&analysis, &schema);
        }
        prefix.script().map(|script| (script.migrations, script.statements))
    }

    #[test]
    fn what_was_superseded_is_left_out_and_what_is_implied_comes_by_itself() {
        let (migrations, statements) = script(&[
            "DEFINE TABLE a; DEFINE FIELD tags ON a TYPE array<string>; DEFINE TABLE old",
            "DEFINE TABLE OVERWRITE a SCHEMAFULL; REMOVE TABLE old; DEFINE INDEX i ON a FIELDS tags",
        ])
        .unwrap();
        assert_eq!(migrations, 2);
        let short: Vec<_> = statements.iter().map(|text| text.split(" TYPE").next().unwrap()).collect();
        assert_eq!(short, ["DEFINE TABLE a", "DEFINE FIELD tags ON a", "DEFINE INDEX i ON a FIELDS tags"]);
    }

    #[test]
    fn a_part_that_differs_from_the_implied_one_is_put_in_its_place() {
        let (_, statements) = script(&[
            "DEFINE TABLE a; DEFINE FIELD tags ON a TYPE array<string>",
            "DEFINE FIELD OVERWRITE tags.* ON a TYPE string ASSERT $value != ''",
        ])
        .unwrap();
        assert!(statements.last().unwrap().starts_with("DEFINE FIELD OVERWRITE tags.* ON a"), "{statements:?}");
    }

    #[test]
    fn a_part_of_an_optional_array_comes_by_itself_although_it_could_not_be_defined_behind_it() {
        let chain = ["DEFINE TABLE a", "DEFINE FIELD tags ON a TYPE option<array<array<string>>>"];
        let (_, statements) = script(&chain).unwrap();
        let fields: Vec<_> = statements.iter().filter(|text| text.starts_with("DEFINE FIELD")).collect();
        assert_eq!(fields.len(), 1, "{statements:?}");
    }

    #[test]
    fn a_part_of_an_optional_array_with_more_to_it_is_defined_before_it() {
        let (_, statements) = script(&[
            "DEFINE TABLE a; DEFINE FIELD tags.* ON a TYPE string ASSERT $value != ''",
            "DEFINE FIELD tags ON a TYPE option<array<string>>",
        ])
        .unwrap();
        assert!(statements[1].starts_with("DEFINE FIELD tags.* ON a TYPE string ASSERT"), "{statements:?}");
        assert!(statements[2].starts_with("DEFINE FIELD tags ON a"), "{statements:?}");
    }

    #[test]
    fn an_implied_part_that_was_removed_is_removed() {
        let chain = ["DEFINE TABLE a; DEFINE FIELD tags ON a TYPE array<string>", "REMOVE FIELD tags.* ON a"];
        assert_eq!(script(&chain).unwrap().1.last().unwrap(), "REMOVE FIELD IF EXISTS tags.* ON a");
    }

    #[test]
    fn a_secret_is_defined_as_the_migration_wrote_it() {
        let access = "DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS256 KEY 'a secret'";
        let (_, statements) = script(&["DEFINE TABLE a", access]).unwrap();
        assert_eq!(statements.last().unwrap(), access);
    }

    #[test]
    fn rows_end_it_and_one_migration_is_run_itself() {
        assert_eq!(script(&["DEFINE TABLE a", "DEFINE TABLE b", "CREATE a", "DEFINE TABLE c"]).unwrap().0, 2);
        assert_eq!(script(&["DEFINE TABLE a", "CREATE a"]), None);
        assert_eq!(script(&["DEFINE TABLE a"]), None);
    }
}
