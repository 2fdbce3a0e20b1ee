use migrate_core::{Compatibility, Migration, Phase};
use serde_json::{Value, json};

use crate::handover::{Origin, Seal};
use crate::ledger::Row;
use crate::plan::{Action, Step};
use crate::replica::Replica;

/// Whether only the start of a phased migration is run, which breaks nobody.
fn only_starts(step: &Step) -> bool {
    !step.phases.is_empty() && !step.at_once && step.phases.iter().all(|phase| *phase != Phase::Complete)
}

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
        "breaking": migration.compatibility() == Compatibility::Breaking && !only_starts(step),
        "statements": migration.statements().len(),
        "applied_by": replica.as_json(),
    });
    if let (Some(text), Some(safety)) = (migration.undo().text(), migration.undo().safety()) {
        row["down"] = json!({ "text": text, "safety": safety.word() });
    }
    match step.action {
        Action::Run { .. } => {}
        Action::TakeOver { checksum, .. } => row["checksum"] = checksum.to_string().into(),
        Action::Leave { seal, compatibility, to } => {
            row["breaking"] = (compatibility == Compatibility::Breaking).into();
            if seal == Seal::Sealed {
                row["name"] = Row::seal_name(to).into();
                row["checksum"] = Row::MARKER.to_string().into();
            }
        }
    }
    row
}

/// The content of the row that keeps others from applying a migration under a module that it was moved away from.
pub(crate) fn placeholder(origin: &Origin, step: &Step, replica: &Replica) -> Value {
    json!({
        "module": origin.module,
        "version": origin.version.get(),
        "name": Row::seal_name(origin.receiver),
        "file": "migrations.toml",
        "checksum": Row::MARKER.to_string(),
        "chain": Row::MARKER.to_string(),
        "breaking": step.migration.compatibility() == Compatibility::Breaking && !only_starts(step),
        "statements": 0,
        "applied_by": replica.as_json(),
    })
}
