//! What is read of the tables of other tools.

use crate::live::Rows;

/// The parts of `SurrealKit`'s `__entity` are told apart by `ns`, a module's own by `@` and its name behind that. A lock is
/// held until it expires by the server's clock; before 1.0 it did not expire.
pub(super) const ENTITY: Rows = Rows {
    table: "__entity",
    select: "SELECT ns, key, val.active_rollout_id AS rollout, val.owner AS owner, (val.expires_at ?? NONE) IS NONE OR \
             val.expires_at > time::now() AS held FROM __entity WHERE ns = 'schema' OR ns = 'lock' OR \
             string::starts_with(ns, 'schema@') OR string::starts_with(ns, 'lock@') ORDER BY ns, key",
};

pub(super) const ROLLOUT: Rows = Rows {
    table: "__rollout",
    select: "SELECT record::id(id) AS rollout, name, status, last_error, started_at FROM __rollout ORDER BY started_at",
};

pub(super) const SCRIPT_MIGRATION: Rows = Rows {
    table: "script_migration",
    select: "SELECT * OMIT id FROM script_migration ORDER BY executed_at, script_name",
};

pub(super) const MIGRATION_HISTORY: Rows = Rows {
    table: "_migration_history",
    select: "SELECT version, description, checksum, applied_at FROM _migration_history ORDER BY version",
};

/// Read at the moment of the schema.
pub(super) const ALL: [Rows; 4] = [ENTITY, ROLLOUT, SCRIPT_MIGRATION, MIGRATION_HISTORY];
