//! The query texts of the registry. No text and no variable holds a time: the server knows what time it is.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::context::Context;
use crate::script::CONTEXT_GUARD;

/// Creates the table. Every statement is a no-op where it exists, so that replicas may race.
const DEFINE: &str = "\
DEFINE TABLE IF NOT EXISTS _migration_replica TYPE NORMAL SCHEMAFULL PERMISSIONS NONE COMMENT 'migration replica registry, format 1';
DEFINE FIELD IF NOT EXISTS replica ON _migration_replica TYPE string;
DEFINE FIELD IF NOT EXISTS binary ON _migration_replica TYPE string;
DEFINE FIELD IF NOT EXISTS version ON _migration_replica TYPE option<string>;
DEFINE FIELD IF NOT EXISTS host ON _migration_replica TYPE option<string>;
DEFINE FIELD IF NOT EXISTS process ON _migration_replica TYPE int;
DEFINE FIELD IF NOT EXISTS modules ON _migration_replica TYPE object FLEXIBLE;
DEFINE FIELD IF NOT EXISTS started_at ON _migration_replica TYPE datetime;
DEFINE FIELD IF NOT EXISTS seen_at ON _migration_replica TYPE datetime;
DEFINE FIELD IF NOT EXISTS expires_at ON _migration_replica TYPE datetime;
";
const DEFINE_STATEMENTS: usize = 10;

/// Whether a text defines the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Exists,
    Missing,
}

/// A text with its variables, and what of its results decides.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) query: String,
    pub(crate) variables: Map<String, Value>,
    /// How many results the `USE` and the first transaction have.
    pub(crate) decisive: usize,
    /// How many results there are.
    pub(crate) results: usize,
    /// The result that tells what there was before.
    pub(crate) before: usize,
}

/// The text that writes or renews the row of a replica, and behind that removes the rows of the long dead.
///
/// The removal is a transaction of its own: replicas that remove the same rows at once get in each other's way there,
/// and never in that of a renewal.
pub(crate) fn beat(context: &Context, table: Table, id: &str, row: &Value, lease: Duration, keep: Duration) -> Text {
    let mut variables = variables(context, id);
    variables.insert("_migrate_row".to_owned(), row.clone());
    variables.insert("_migrate_lease".to_owned(), duration(lease));
    variables.insert("_migrate_keep".to_owned(), duration(keep));
    let (define, defined) = match table {
        Table::Exists => ("", 0),
        Table::Missing => (DEFINE, DEFINE_STATEMENTS),
    };
    let text = format!(
        "{}\nBEGIN;\n{CONTEXT_GUARD}{define}\
         SELECT VALUE seen_at FROM type::record('_migration_replica', $_migrate_id);\n\
         LET $_migrate_now = time::now();\n\
         UPSERT ONLY type::record('_migration_replica', $_migrate_id) SET replica = $_migrate_row.replica, \
         binary = $_migrate_row.binary, version = $_migrate_row.version, host = $_migrate_row.host, \
         process = $_migrate_row.process, modules = $_migrate_row.modules, \
         started_at = started_at ?? $_migrate_now, seen_at = $_migrate_now, \
         expires_at = $_migrate_now + <duration> $_migrate_lease RETURN NONE;\n\
         COMMIT;\n\
         BEGIN;\n{CONTEXT_GUARD}\
         DELETE _migration_replica WHERE expires_at + <duration> $_migrate_keep < time::now() RETURN NONE;\n\
         COMMIT;\n",
        context.use_statement()
    );
    Text { query: text, variables, decisive: 7 + defined, results: 11 + defined, before: 3 + defined }
}

/// The text that removes the row of a replica.
pub(crate) fn leave(context: &Context, id: &str) -> Text {
    let text = format!(
        "{}\nBEGIN;\n{CONTEXT_GUARD}DELETE type::record('_migration_replica', $_migrate_id) RETURN NONE;\nCOMMIT;\n",
        context.use_statement()
    );
    Text { query: text, variables: variables(context, id), decisive: 5, results: 5, before: 3 }
}

/// The text that asks which replicas are alive.
pub(crate) fn live(context: &Context) -> String {
    format!(
        "{}\nSELECT *, record::id(id) AS id FROM _migration_replica WHERE expires_at > time::now() \
         ORDER BY started_at, id;\n",
        context.use_statement()
    )
}

/// The variables of every text that writes.
pub(crate) fn variables(context: &Context, id: &str) -> Map<String, Value> {
    let mut variables = Map::new();
    variables.insert("_migrate_ns".to_owned(), context.namespace().into());
    variables.insert("_migrate_db".to_owned(), context.database().into());
    variables.insert("_migrate_id".to_owned(), id.into());
    variables
}

fn duration(duration: Duration) -> Value {
    format!("{}ms", duration.as_millis()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_results_is_the_count_of_statements() {
        let context = Context::new("ops", "system").unwrap();
        for table in [Table::Exists, Table::Missing] {
            let text = beat(&context, table, "a", &Value::Null, Duration::ZERO, Duration::ZERO);
            let first = text.query.find("COMMIT;").map(|end| &text.query[..end]).unwrap();
            // The guards are written on one line each, with a `;` before their closing brace or behind it.
            assert_eq!(text.query.matches(";\n").count(), text.results, "{table:?}");
            assert_eq!(first.matches(";\n").count() + 1, text.decisive, "{table:?}");
        }
        assert_eq!(leave(&context, "a").query.matches(";\n").count(), leave(&context, "a").results);
    }
}
