//! The ledger of a context: the table `_migrations`, a record per migration, and its append-only log `_migration_log`.

mod row;
mod schema;

pub(crate) use row::Kept;
pub(crate) use row::Row;
pub use row::Status;
pub(crate) use schema::{
    DEFINE_ACCEPTED, DEFINE_LEASE, DEFINE_LEASE_STATEMENTS, DEFINE_LEDGER, DEFINE_LEDGER_STATEMENTS, DEFINE_PHASED,
    DEFINE_PHASED_STATEMENTS, KEPT, NOT_BEGUN, NOTHING_KEPT, SELECT_ROWS, kept, nothing_kept, row_columns,
};
