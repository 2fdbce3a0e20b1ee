//! Whether pending migrations can be undone, without any I/O.

use migrate_core::{Undo, UndoSafety};

use super::finding::{FindingCode, ValidationFinding, ValidationPhase};
use super::options::UndoPolicy;
use crate::plan::Step;

pub(super) fn reversibility<'a>(steps: impl Iterator<Item = &'a Step>, policy: UndoPolicy) -> Vec<ValidationFinding> {
    steps.filter_map(|step| one(step, policy)).collect()
}

fn one(step: &Step, policy: UndoPolicy) -> Option<ValidationFinding> {
    let warning = |code, message, remedy| ValidationPhase::Reversibility.warning(code, step, message, remedy);
    let undo = step.migration.undo();
    if policy == UndoPolicy::Explicit && !matches!(undo, Undo::Explicit { .. }) {
        let message = "it has no down file, and the policy asks for one".to_owned();
        let remedy = "write its `.down.surql` file";
        return Some(warning(FindingCode::NoExplicitUndo, message, remedy).error());
    }
    match undo {
        Undo::None { reason } => {
            let remedy = "write its `.down.surql` file, or have a backup";
            Some(warning(FindingCode::Irreversible, format!("it cannot be undone: {reason}"), remedy))
        }
        // A table or field that comes goes again with what was written to it since, which is what undoing it means.
        Undo::Derived { safety: UndoSafety::Unsafe, .. } | Undo::Explicit { safety: UndoSafety::Unsafe, .. } => {
            let message = "what undoing it loses cannot be told, or cannot be had back".to_owned();
            Some(warning(FindingCode::LossyUndo, message, "have a backup"))
        }
        Undo::Derived { .. } | Undo::Explicit { .. } => None,
    }
}
