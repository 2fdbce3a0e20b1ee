//! The expressions that store, find and remove snapshots, each evaluated by the database at one moment.

use std::fmt::Write;
use std::time::Duration;

use migrate_core::ObjectKind;

use super::policy::Keep;
use crate::ledger::Row;
use crate::live::{OF_DATABASE, OF_TABLE, OWN_TABLES, Rows};
use crate::script::CONTEXT_GUARD;

/// The variable that says who takes a snapshot.
pub(crate) const TAKEN_BY: &str = "_migrate_by";

/// Creates the table, where it does not exist.
const DEFINE: &str = "\
IF $_migrate_info.tables['_schema_snapshot'] IS NONE { \
DEFINE TABLE IF NOT EXISTS _schema_snapshot TYPE NORMAL SCHEMAFULL PERMISSIONS NONE COMMENT 'schema snapshots, format 1'; \
DEFINE FIELD IF NOT EXISTS format ON _schema_snapshot TYPE int; \
DEFINE FIELD IF NOT EXISTS taken_at ON _schema_snapshot TYPE datetime; \
DEFINE FIELD IF NOT EXISTS taken_by ON _schema_snapshot TYPE object FLEXIBLE; \
DEFINE FIELD IF NOT EXISTS after ON _schema_snapshot TYPE option<object> FLEXIBLE; \
DEFINE FIELD IF NOT EXISTS modules ON _schema_snapshot TYPE object FLEXIBLE; \
DEFINE FIELD IF NOT EXISTS checksum ON _schema_snapshot TYPE string; \
DEFINE FIELD IF NOT EXISTS objects ON _schema_snapshot TYPE object FLEXIBLE; }; ";

/// More than a context ever has, and no more than a query can say.
const MOST: usize = u32::MAX as usize;

/// What is told of a snapshot without its objects.
const HEAD: &str = "\
record::id(id) AS id, taken_at, taken_by, after, modules, checksum, array::len(object::keys(objects)) AS objects";

/// The newest snapshot of a context, whole.
pub(crate) const NEWEST: Rows = Rows {
    table: "_schema_snapshot",
    select: "SELECT *, record::id(id) AS id FROM _schema_snapshot ORDER BY taken_at DESC, id DESC LIMIT 1",
};

/// The expression that stores a snapshot behind the migration of which this is the ledger row, and keeps so many that came
/// about in this way.
pub(crate) fn store_behind(row: &str, keep: usize) -> String {
    let prune = format!(
        "DELETE (SELECT VALUE id FROM (SELECT id, taken_at FROM _schema_snapshot WHERE after IS NOT NONE \
         ORDER BY taken_at DESC, id DESC START {})) RETURN NONE; ",
        keep.clamp(1, MOST)
    );
    let after = format!("after: {{ module: {row}.module, version: {row}.version }}, ");
    format!("{{ {}{prune}}}", store("_schema_snapshot:ulid()", &after))
}

/// The expression that stores a snapshot because somebody asks for it, under an id that was drawn: when it is evaluated a
/// second time, it finds that.
pub(super) fn store_on_request() -> String {
    let id = "type::record('_schema_snapshot', $_migrate_snapshot)";
    format!(
        "{{ {CONTEXT_GUARD}IF {THERE} AND record::exists({id}) {{ NONE }} ELSE {{ {}}}; (SELECT {HEAD} FROM ONLY {id}) }}",
        store(id, "")
    )
}

/// Whether anything was ever stored.
const THERE: &str = "(INFO FOR DB).tables['_schema_snapshot'] IS NOT NONE";

/// The statements that store a snapshot.
fn store(id: &str, after: &str) -> String {
    let objects = objects();
    format!(
        "LET $_migrate_info = (INFO FOR DB); {DEFINE}{objects}\
         LET $_migrate_heads = IF $_migrate_info.tables['_migrations'] IS NONE {{ [] }} ELSE {{ (SELECT VALUE [module, \
         {{ version: math::max(versions), chain: type::record('_migrations', [module, math::max(versions)]).chain }}] \
         FROM (SELECT module, array::group(version) AS versions FROM (SELECT module, version FROM _migrations \
         WHERE status = 'applied' AND checksum != '{marker}') GROUP BY module)) }}; \
         CREATE ONLY {id} CONTENT {{ format: 1, taken_at: time::now(), taken_by: ${TAKEN_BY}, {after}\
         modules: object::from_entries($_migrate_heads), objects: $_migrate_objects, checksum: \
         string::concat('sha256:', crypto::sha256(array::join(array::map(object::entries($_migrate_objects), |$one| \
         string::concat(string::len($one[0]), ' ', string::len($one[1]), ' ', $one[0], $one[1])), ''))) }} RETURN NONE; ",
        marker = Row::MARKER,
    )
}

/// The statements that compute the objects from `INFO`, as [`catalog`](crate::live) and the text of an object do it.
fn objects() -> String {
    let is_verbatim = |kind| matches!(kind, ObjectKind::Field | ObjectKind::Api | ObjectKind::Module);
    let mut kinds = String::new();
    for (section, kind) in OF_DATABASE {
        let _ = write!(kinds, "{section}: '{kind}', ");
    }
    let names = |kinds: &[(&str, ObjectKind)]| {
        let verbatim = kinds.iter().filter(|(_, kind)| is_verbatim(*kind));
        verbatim.map(|(section, _)| format!("'{section}'")).collect::<Vec<_>>().join(", ")
    };
    let own = OWN_TABLES.map(|table| format!("'{table}'")).join(", ");
    let on_table = OF_TABLE.map(|(section, kind)| format!("['{section}', '{kind}']")).join(", ");
    format!(
        "LET $_migrate_own = [{own}]; LET $_migrate_kinds = {{ {kinds} }}; \
         LET $_migrate_quoted = |$name| IF string::matches($name, '^[0-9A-Za-z_:]+$') {{ $name }} ELSE {{ \
         string::concat('`', string::replace(string::replace($name, '\\\\', '\\\\\\\\'), '`', '\\\\`'), '`') }}; \
         LET $_migrate_of_database = array::flatten(array::map(object::entries($_migrate_info), |$section| \
         array::map(object::entries($section[1]).filter(|$one| $section[0] != 'tables' OR $one[0] NOT IN $_migrate_own), \
         |$one| [string::concat($_migrate_kinds[$section[0]] ?? $section[0], ' ', IF $section[0] IN [{of_database}] \
         {{ $one[0] }} ELSE IF $section[0] = 'configs' {{ $_migrate_quoted(string::lowercase($one[0])) }} ELSE \
         {{ $_migrate_quoted($one[0]) }}), IF $section[0] = 'configs' {{ string::concat('DEFINE CONFIG ', $one[1]) }} \
         ELSE {{ $one[1] }}]))); \
         LET $_migrate_of_tables = array::flatten(array::map(object::keys($_migrate_info.tables).filter(|$name| \
         $name NOT IN $_migrate_own), |$name| {{ LET $table = (INFO FOR TABLE $name); \
         array::flatten(array::map([{on_table}], |$of| array::map(object::entries($table[$of[0]]), |$one| \
         [string::concat($of[1], ' ', $_migrate_quoted($name), '.', IF $of[0] IN [{on_tables}] {{ $one[0] }} ELSE \
         {{ $_migrate_quoted($one[0]) }}), $one[1]]))) }})); \
         LET $_migrate_objects = object::from_entries(array::concat($_migrate_of_database, $_migrate_of_tables)); ",
        of_database = names(&OF_DATABASE),
        on_tables = names(&OF_TABLE),
    )
}

/// The expression that lists snapshots, the newest first, from the one behind the given time and id on.
pub(super) fn list(limit: usize, is_continued: bool) -> String {
    let limit = limit.min(MOST);
    let from = if is_continued {
        "WHERE [taken_at, record::id(id)] < [<datetime> $_migrate_time, $_migrate_snapshot] "
    } else {
        ""
    };
    format!(
        "IF {THERE} {{ (SELECT {HEAD} FROM _schema_snapshot {from}ORDER BY taken_at DESC, id DESC LIMIT {limit}) }} ELSE {{ [] }}"
    )
}

/// The expression that loads one.
pub(super) fn load() -> String {
    format!(
        "IF {THERE} {{ (SELECT *, record::id(id) AS id FROM ONLY type::record('_schema_snapshot', $_migrate_snapshot)) }} \
         ELSE {{ NONE }}"
    )
}

/// The expression that loads the newest one.
pub(super) fn load_newest() -> String {
    format!("IF {THERE} {{ array::first(({})) }} ELSE {{ NONE }}", NEWEST.select)
}

/// The expression that removes one, if it is there.
pub(super) fn delete() -> String {
    format!(
        "{{ {CONTEXT_GUARD}IF {THERE} {{ DELETE type::record('_schema_snapshot', $_migrate_snapshot) RETURN NONE }} }}"
    )
}

/// The expression that removes those that are not kept.
pub(super) fn prune(keep: Keep) -> String {
    let (start, older) = match keep {
        Keep::Newest(count) => (count.clamp(1, MOST), String::new()),
        Keep::NewerThan(age) => (1, format!(" WHERE taken_at < time::now() - {}", duration(age))),
    };
    format!(
        "{{ {CONTEXT_GUARD}IF {THERE} {{ LET $_migrate_gone = (SELECT VALUE id FROM (SELECT id, taken_at FROM \
         _schema_snapshot ORDER BY taken_at DESC, id DESC START {start}){older}); DELETE $_migrate_gone RETURN NONE; \
         {{ removed: array::len($_migrate_gone), left: array::len((SELECT VALUE id FROM _schema_snapshot)) }} }} \
         ELSE {{ {{ removed: 0, left: 0 }} }} }}"
    )
}

/// A duration as the database writes it. Before the beginning of time there is no snapshot.
fn duration(age: Duration) -> String {
    const LONGEST: Duration = Duration::from_hours(24 * 365 * 200);
    format!("{}ms", age.min(LONGEST).as_millis())
}
