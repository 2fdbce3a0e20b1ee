/// Creates the ledger of a context. Every statement is a no-op where it exists, so that replicas may race.
///
/// `applied_by`, `down` and `error` are free-form objects: what is worth recording there may grow without a change of
/// schema. Permissions are NONE: record users neither see nor touch the ledger. `FORMATS.md` documents the fields.
pub(crate) const DEFINE_LEDGER: &str = "\
DEFINE TABLE IF NOT EXISTS _migrations TYPE NORMAL SCHEMAFULL PERMISSIONS NONE COMMENT 'migration ledger, format 1';
DEFINE FIELD IF NOT EXISTS module ON _migrations TYPE string;
DEFINE FIELD IF NOT EXISTS version ON _migrations TYPE int;
DEFINE FIELD IF NOT EXISTS name ON _migrations TYPE string;
DEFINE FIELD IF NOT EXISTS file ON _migrations TYPE string;
DEFINE FIELD IF NOT EXISTS checksum ON _migrations TYPE string;
DEFINE FIELD IF NOT EXISTS chain ON _migrations TYPE string;
DEFINE FIELD IF NOT EXISTS status ON _migrations TYPE string;
DEFINE FIELD IF NOT EXISTS breaking ON _migrations TYPE bool;
DEFINE FIELD IF NOT EXISTS statements ON _migrations TYPE int;
DEFINE FIELD IF NOT EXISTS applied_at ON _migrations TYPE datetime;
DEFINE FIELD IF NOT EXISTS duration ON _migrations TYPE option<duration>;
DEFINE FIELD IF NOT EXISTS applied_by ON _migrations TYPE object FLEXIBLE;
DEFINE FIELD IF NOT EXISTS down ON _migrations TYPE option<object> FLEXIBLE;
DEFINE FIELD IF NOT EXISTS error ON _migrations TYPE option<object> FLEXIBLE;
DEFINE TABLE IF NOT EXISTS _migration_log TYPE NORMAL SCHEMALESS PERMISSIONS NONE COMMENT 'migration log, format 1';
";

/// How many statements [`DEFINE_LEDGER`] holds, and so how many results it gives.
pub(crate) const DEFINE_LEDGER_STATEMENTS: usize = 16;

/// Whether some of a migration that is not done is there: the statements before the cursor, or batches of the one at it.
macro_rules! kept {
    () => {
        "((cursor ?? 0) > 0 OR progress IS NOT NONE)"
    };
}

/// Which rows say that nothing of their migration is there.
macro_rules! nothing_kept {
    () => {
        concat!("(status = 'rolled_back' OR (status = 'failed' AND !", $crate::ledger::kept!(), "))")
    };
}

/// The columns of a row that [`Row`](super::Row) is read from. Whoever compares them with what they were is not to see each batch that
/// is written meanwhile.
macro_rules! row_columns {
    () => {
        concat!(
            "module, version, name, checksum, chain, status, breaking, accepted, phase, at_once, undo, IF ",
            $crate::ledger::kept!(),
            " { 1 } AS cursor"
        )
    };
}
pub(crate) use {kept, nothing_kept, row_columns};

/// [`kept`], where a text is put together while running.
pub(crate) const KEPT: &str = kept!();
/// [`nothing_kept`], where a text is put together while running.
pub(crate) const NOTHING_KEPT: &str = nothing_kept!();

/// Reads what the planner needs of every row: all but what it never looks at. To name the columns instead, or to ask for arrays of them, takes
/// a sixth more, since the database computes each of them for each row.
pub(crate) const SELECT_ROWS: &str = "SELECT * OMIT id, file, statements, applied_at, duration, applied_by, down, error, steps \
    FROM _migrations;";

/// Creates what stepwise migrations need beside the ledger. Every statement is a no-op where it exists.
pub(crate) const DEFINE_LEASE: &str = "\
DEFINE FIELD IF NOT EXISTS cursor ON _migrations TYPE option<int>;
DEFINE FIELD IF NOT EXISTS progress ON _migrations TYPE option<object> FLEXIBLE;
DEFINE TABLE IF NOT EXISTS _migration_lease TYPE NORMAL SCHEMALESS PERMISSIONS NONE COMMENT 'migration lease, format 1';
";

/// How many statements [`DEFINE_LEASE`] holds.
pub(crate) const DEFINE_LEASE_STATEMENTS: usize = 3;

/// Creates what phased migrations need beside that. Every statement is a no-op where it exists.
pub(crate) const DEFINE_PHASED: &str = "\
DEFINE FIELD IF NOT EXISTS phase ON _migrations TYPE option<string>;
DEFINE FIELD IF NOT EXISTS at_once ON _migrations TYPE option<bool>;
DEFINE FIELD IF NOT EXISTS steps ON _migrations TYPE option<object> FLEXIBLE;
";

/// How many statements [`DEFINE_PHASED`] holds.
pub(crate) const DEFINE_PHASED_STATEMENTS: usize = 3;

/// What a row is set to whose completion was begun, and of which no step ran. A start-up goes on with one that is run at once, and asks
/// about nobody: older binaries go on being told of that.
pub(crate) const NOT_BEGUN: &str =
    "status = 'ready_to_complete', phase = 'start', breaking = (at_once = true AND breaking), error = NONE";

/// Creates what a correction needs beside the ledger: one statement, a no-op where it exists.
pub(crate) const DEFINE_ACCEPTED: &str = "DEFINE FIELD IF NOT EXISTS accepted ON _migrations TYPE option<string>;\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_statements_is_the_count_of_statements() {
        assert_eq!(DEFINE_LEDGER.matches(";\n").count(), DEFINE_LEDGER_STATEMENTS);
        assert_eq!(DEFINE_LEASE.matches(";\n").count(), DEFINE_LEASE_STATEMENTS);
        assert_eq!(DEFINE_PHASED.matches(";\n").count(), DEFINE_PHASED_STATEMENTS);
    }
}
