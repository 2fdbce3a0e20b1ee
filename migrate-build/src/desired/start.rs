use migrate_core::{Change, Object};

use crate::analysis::{Entry, Schema, run_all};
use crate::{Diagnostics, Loaded, surql};

/// The schema behind a folder's last migration.
///
/// Statement by statement, since a catalog has no secrets; where a migration has no such text, by what it changes.
pub(super) fn start(loaded: &Loaded) -> Schema {
    let is_shared = !loaded.requires.is_empty() || loaded.migrations.iter().any(|one| !one.requires.is_empty());
    let mut schema = Schema::new(is_shared);
    for migration in &loaded.migrations {
        let is_text = !migration.file.ends_with("toml");
        match is_text.then(|| surql::parse(&migration.source, &mut Diagnostics::default())).flatten() {
            Some(statements) => run_all(&mut schema, &statements, &migration.source),
            None => migration.changes.iter().for_each(|change| apply(&mut schema, change)),
        }
    }
    schema
}

fn apply(schema: &mut Schema, change: &Change) {
    let entry = change.definition().and_then(surql::definition).map(Entry::exact);
    schema.set(change.object().clone(), entry);
}

/// What of a schema nobody can tell before it runs.
pub(super) fn uncertain(schema: &Schema) -> Vec<Object> {
    schema.entries().filter(|(_, entry)| !entry.is_exact()).map(|(object, _)| object.clone()).collect()
}
