use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M412",
    name: "reserved-table",
    severity: Severity::Error,
    summary: "The migration writes to or defines a table that migrations are recorded in",
    explanation: "Tables whose names begin with `_migration` or `_schema_snapshot` record what was applied. A migration that \
                  wrote to them could make itself, or another, be skipped or run twice. Reading them is fine.",
};

/// Whether a table is one that migrations are recorded in.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with("_migration") || name.starts_with("_schema_snapshot")
}

pub(crate) fn diagnostic(source: &Source, range: Range<usize>, name: &str) -> Diagnostic {
    // A string may name a record of the table.
    let table = name.split(':').next().unwrap_or(name);
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("the table `{table}` is reserved for the record of migrations"),
        "choose a name that does not begin with `_migration` or `_schema_snapshot`",
    )
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::{codes, diagnostics};

    #[test]
    fn writing_to_a_reserved_table_is_refused() {
        let texts = [
            "DEFINE TABLE _migrations",
            "DEFINE TABLE OVERWRITE `_migration_log` SCHEMALESS",
            "DEFINE FIELD a ON _migrations",
            "DEFINE INDEX a ON TABLE _schema_snapshot FIELDS b",
            "DEFINE EVENT a ON _migrations THEN {}",
            "REMOVE TABLE IF EXISTS _migrations",
            "REMOVE FIELD a ON _migrations",
            "REMOVE INDEX a ON _migrations",
            "REMOVE EVENT a ON _migrations",
            "ALTER TABLE _migrations SCHEMALESS",
            "ALTER FIELD a ON _migrations READONLY",
            "REBUILD INDEX a ON _migrations",
            "CREATE _migrations",
            "CREATE ONLY _migrations:['a', 1] SET b = 1",
            "UPDATE _migrations SET a = 1",
            "UPSERT a, _migrations:b SET a = 1",
            "DELETE _migrations",
            "DELETE (SELECT * FROM _migrations)",
            "DELETE a:1->_migrations",
            "DELETE type::table('_migrations')",
            "DELETE type::record('_migrations:1')",
            "DELETE r'_migrations:1'",
            "INSERT INTO _migrations { id: 1 }",
            "INSERT INTO _migrations (id) VALUES (1)",
            "INSERT { id: _migrations:1 }",
            "RELATE a:1->_migrations->b:1",
            "DEFINE FUNCTION fn::a() { DELETE _migrations }",
            "CREATE |_migrations:3|",
        ];
        for text in texts {
            assert_eq!(codes(text), ["M412"], "{text}");
        }
    }

    #[test]
    fn reading_it_or_naming_another_is_accepted() {
        let texts = [
            "SELECT * FROM _migrations",
            "CREATE a SET b = (SELECT * FROM _migrations)",
            "CREATE a SET _migration_count = '_migrations'",
            "CREATE migrations",
            "INFO FOR TABLE _migrations",
        ];
        for text in texts {
            assert!(codes(text).is_empty(), "{}", diagnostics(text));
        }
    }
}
