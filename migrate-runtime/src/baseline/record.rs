//! The transaction that writes the ledger rows of a database that is taken over.

use serde_json::{Value, json};

use crate::context::Context;
use crate::index::Index;
use crate::ledger::{NOTHING_KEPT, Row};
use crate::live::{Rows, mark_expression};
use crate::script::{LOGGED_NOW, Role, Script, log_entry, with};

/// Why a database is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Baseline,
    /// Another tool's ledger says so: the tool's name.
    Adoption(&'static str),
}

impl Origin {
    /// What is written of who wrote a row: that it was done by taking the database over, and whose word was taken.
    pub(crate) fn sign(&self, row: &mut Value) {
        let (via, source) = match self {
            Self::Baseline => ("baseline", None),
            Self::Adoption(tool) => ("adoption", Some(*tool)),
        };
        row["applied_by"]["via"] = via.into();
        if let Some(source) = source {
            row["applied_by"]["source"] = source.into();
        }
    }

    const fn event(&self) -> &'static str {
        match self {
            Self::Baseline => "baselined",
            Self::Adoption(_) => "adopted",
        }
    }
}

/// The text that writes these rows, if the schema and the rows that were read are still what they were.
pub(crate) fn script(
    context: &Context,
    origin: &Origin,
    read: &[Rows],
    mark: &str,
    rows: Vec<Value>,
    index: Option<&Index>,
) -> Script {
    let mut script = Script::enter(context);
    if let Some(index) = index {
        index.bind(&mut script.variables);
    }
    script.variables.insert("_migrate_seen".to_owned(), mark.into());
    let keys = rows.iter().map(|row| json!([row["module"], row["version"]])).collect();
    script.variables.insert("_migrate_keys".to_owned(), keys);
    script.begin(0);
    // Before anything is defined here. Whoever was first has changed it.
    let unchanged = format!(
        "IF {} != $_migrate_seen {{ THROW 'the schema or a ledger has changed meanwhile' }};\n",
        mark_expression(read)
    );
    script.push(0, Role::Untaken, &unchanged);
    script.define_ledger(0);
    script.push(
        0,
        Role::Clear,
        &format!(
            "DELETE array::map($_migrate_keys, |$key| type::record('_migrations', $key)) \
             WHERE {NOTHING_KEPT} OR (checksum = '{marker}' AND chain = '{marker}') RETURN NONE;\n",
            marker = Row::MARKER
        ),
    );
    let entries = rows.iter().map(|row| log_entry(row, origin.event())).collect();
    let rows = rows.into_iter().map(|row| with(row, "status", "applied")).collect();
    script.insert(0, Role::Claim, "_migrations", rows, "[module, version] AS id, time::now() AS applied_at");
    script.insert(0, Role::Close, "_migration_log", entries, LOGGED_NOW);
    script.index(0, index);
    script.push(0, Role::Commit, "COMMIT;\n");
    script
}
