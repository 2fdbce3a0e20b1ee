//! What is to be written in a ledger before anything is applied: rows of a module that has another name now, and
//! that a correction was accepted.

use serde_json::{Value, json};

use migrate_core::{Checksum, Migration, Version};

use crate::context::Context;
use crate::index::Index;
use crate::ledger::{DEFINE_ACCEPTED, KEPT, NOTHING_KEPT, Row};
use crate::replica::Replica;
use crate::script::{LedgerTable, Role, Script};

/// The rows of a module that are still, or were since, recorded under a name that it had before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rename {
    pub(crate) module: &'static str,
    pub(crate) formerly: &'static str,
    /// Those that it has to take over.
    pub(crate) versions: Vec<Version>,
    /// Where the row is missing that keeps older binaries from applying more under the former name: the version that
    /// they would apply next.
    pub(crate) marker: Option<Version>,
}

/// A migration that was applied from a text which was corrected since.
#[derive(Clone, Debug)]
pub(crate) struct Corrected {
    pub(crate) module: &'static str,
    pub(crate) migration: &'static Migration,
    /// The checksum of the text that was applied.
    pub(crate) recorded: Checksum,
}

impl Script {
    /// The text that puts on record which corrections were accepted: in the row and in the log, once each.
    pub(crate) fn accept(
        context: &Context,
        corrections: &[Corrected],
        replica: &Replica,
        index: Option<&Index>,
    ) -> Self {
        let mut script = Self::enter(context);
        if let Some(index) = index {
            index.bind(&mut script.variables);
        }
        script.variables.insert("_migrate_by".to_owned(), replica.as_json());
        script.begin(0);
        script.push(0, Role::Ledger, DEFINE_ACCEPTED);
        for (at, Corrected { module, migration, recorded }) in corrections.iter().enumerate() {
            let name = format!("$_migrate_accept_{at}");
            let variables = json!({
                "module": module, "version": migration.version().get(), "name": migration.name(),
                "checksum": migration.checksum().to_string(), "applied": recorded.to_string(),
                "reason": migration.correction(),
            });
            script.variables.insert(format!("_migrate_accept_{at}"), variables);
            let row = format!("type::record('_migrations', [{name}.module, {name}.version])");
            script.push(0, Role::Predecessor, &format!(
                "IF {row}.accepted = {name}.checksum OR {row}.checksum != {name}.applied {{ THROW 'the ledger changed' }};\n"
            ));
            script.push(0, Role::Claim, &format!("UPDATE {row} SET accepted = {name}.checksum RETURN NONE;\n"));
            script.push(0, Role::Close, &format!(
                "CREATE _migration_log:ulid() CONTENT object::extend({name}, {{ at: time::now(), event: 'accepted', \
                 by: $_migrate_by }}) RETURN NONE;\n"
            ));
        }
        script.index(0, index);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// The text that takes over what was recorded under former names, in one transaction.
    ///
    /// The rows of before stay as they are: an older binary that lacks nothing goes on serving. Behind them comes one that
    /// it does not know, in the place of what it would apply next: creating it is the compare-and-set, against replicas
    /// that do the same and against those that apply that version. What was begun under the former name is taken away from
    /// whoever is at it.
    pub(crate) fn rename(
        context: &Context,
        table: LedgerTable,
        renames: &[Rename],
        replica: &Replica,
        index: Option<&Index>,
    ) -> Self {
        let mut script = Self::enter(context);
        if let Some(index) = index {
            index.bind(&mut script.variables);
        }
        script.variables.insert("_migrate_by".to_owned(), replica.as_json());
        script.begin(0);
        if table == LedgerTable::Missing {
            script.define_ledger(0);
        }
        for (at, rename) in renames.iter().enumerate() {
            let name = format!("$_migrate_rename_{at}");
            script.variables.insert(format!("_migrate_rename_{at}"), variables(rename));
            if rename.marker.is_some() {
                // What failed there is in the way of the one that is left behind.
                script.push(
                    0,
                    Role::Clear,
                    &format!(
                        "DELETE type::record('_migrations', [{name}.formerly, {name}.marker.version]) \
                         WHERE {NOTHING_KEPT};\n"
                    ),
                );
                script.push(0, Role::Claim, &format!(
                    "CREATE ONLY type::record('_migrations', [{name}.formerly, {name}.marker.version]) CONTENT \
                     object::extend({name}.marker, {{ applied_at: time::now(), applied_by: $_migrate_by }}) RETURN NONE;\n"
                ));
            }
            if rename.versions.is_empty() {
                continue;
            }
            let rows = format!("_migrations WHERE module = {name}.formerly AND version IN {name}.versions");
            script.push(
                0,
                Role::Claim,
                &format!(
                    "INSERT INTO _migrations (SELECT *, type::record('_migrations', [{name}.module, version]) AS id, \
                 {name}.module AS module FROM {rows}) RETURN NONE;\n"
                ),
            );
            script.push(
                0,
                Role::Close,
                &format!(
                    "INSERT INTO _migration_log (SELECT rand::ulid() AS id, time::now() AS at, 'renamed' AS event, \
                 {name}.module AS module, {name}.formerly AS formerly, version, name, checksum, $_migrate_by AS by \
                 FROM {rows} ORDER BY version) RETURN NONE;\n"
                ),
            );
            script.push(
                0,
                Role::Clear,
                &format!(
                    "UPDATE _migrations SET status = 'moved' WHERE module = {name}.formerly AND version IN {name}.versions \
                     AND (status IN ['running', 'running_start', 'ready_to_complete', 'running_complete', \
                     'running_rollback'] OR (status = 'failed' AND {KEPT})) RETURN NONE;\n"
                ),
            );
        }
        script.index(0, index);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }
}

fn variables(rename: &Rename) -> Value {
    let Rename { module, formerly, versions, marker } = rename;
    let versions: Vec<_> = versions.iter().map(|version| version.get()).collect();
    let marker = marker.map(|version| {
        json!({
            "module": formerly, "version": version.get(), "name": Row::marker_name(module), "file": "migrations.toml",
            "checksum": Row::MARKER.to_string(), "chain": Row::MARKER.to_string(), "status": "applied",
            "breaking": false, "statements": 0,
        })
    });
    let mut variables = json!({ "module": module, "formerly": formerly, "versions": versions });
    if let Some(marker) = marker {
        variables["marker"] = marker;
    }
    variables
}
