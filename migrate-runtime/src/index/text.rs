//! The pieces of query text that read and write the index.

use crate::context::Context;
use crate::ledger::nothing_kept;

/// What a ledger says of each module, computed where the ledger is, in a transaction that may have changed it.
///
/// The digest is of all rows but those of which nothing was kept, and it is what `expected` holds for a ledger in which
/// the planner finds nothing to do: equal digests mean that the planner would say "up to date".
pub(crate) const READ_LEDGER: &str = concat!(
    "\
LET $_migrate_modules = object::from_entries((SELECT VALUE [module, { version: math::max(versions), \
chain: type::record('_migrations', [module, math::max(versions)]).chain, \
digest: crypto::sha256(array::join(array::sort(lines), '\\n')) }] FROM (SELECT module, array::group(version) AS versions, \
array::group(line) AS lines FROM (SELECT module, version, \
string::concat(<string> version, ' ', checksum, ' ', chain, ' ', status, \
IF accepted { ' ' + accepted } ELSE { '' }) AS line FROM _migrations \
WHERE !",
    nothing_kept!(),
    ") GROUP BY module)));\n"
);

/// A refused `USE` leaves the session where it was: nothing may be written there.
pub(crate) const ENTERED: &str = "IF session::ns() != $_migrate_index_ns OR session::db() != $_migrate_index_db \
{ THROW 'the session is not in the context of the index' };\n";

/// The statements at the end of a transaction that changes a tenant's ledger. Behind them the session is in the context
/// of the index.
pub(crate) fn record_statements(index: &Context) -> [String; 4] {
    let write = "UPSERT type::record('_migration_fleet', [$_migrate_ns, $_migrate_db]) SET namespace = $_migrate_ns, \
                 database = $_migrate_db, modules = $_migrate_modules, updated_at = time::now() RETURN NONE;\n";
    [READ_LEDGER.to_owned(), index.use_statement() + "\n", ENTERED.to_owned(), write.to_owned()]
}
