use migrate_core::{Compatibility, Migration};
use serde_json::{Value, json};

use crate::plan::Step;
use crate::replica::Replica;

/// The content of a ledger row, but for what only the database knows. An absent field is NONE; JSON null would not be.
pub(crate) fn ledger_row(step: &Step, replica: &Replica) -> Value {
    let migration: &Migration = step.migration;
    let mut row = json!({
        "module": step.module,
        "version": migration.version().get(),
        "name": migration.name(),
        "file": migration.file(),
        "checksum": migration.checksum().to_string(),
        "chain": step.chain.to_string(),
        "breaking": migration.compatibility() == Compatibility::Breaking,
        "statements": migration.statements().len(),
        "applied_by": replica.as_json(),
    });
    if let (Some(text), Some(safety)) = (migration.undo().text(), migration.undo().safety()) {
        row["down"] = json!({ "text": text, "safety": safety.word() });
    }
    row
}
