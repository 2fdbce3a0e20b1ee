//! What is to be exported before these steps are undone, without any I/O.

use std::collections::BTreeMap;

use migrate_core::{Object, ObjectKind};

use super::error::ExportError;
use crate::undo::impact::{Gone, UndoImpact, fields_alone};
use crate::undo::plan::UndoStep;

/// What of a table is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Rows,
    Fields(Vec<Object>),
}

/// The tables to export, each with what of it.
pub(super) fn wanted(steps: &[UndoStep]) -> Result<BTreeMap<String, Part>, ExportError> {
    if let Some(step) = steps.iter().find(|step| step.impact == UndoImpact::Unknown) {
        return Err(ExportError::Unknown { module: step.module.clone(), version: step.version });
    }
    // A field may go with one step and its table with the next: then the records hold its values.
    let goes: Vec<Gone> =
        steps.iter().flat_map(|step| step.impact.goes()).filter(|one| one.rows.is_some()).cloned().collect();
    let mut wanted = BTreeMap::new();
    for field in fields_alone(&goes) {
        if field.name().contains('*') {
            let holds_data = goes.iter().any(|gone| gone.object == *field && gone.rows != Some(0));
            if holds_data {
                return Err(ExportError::WithinElements(field.to_string()));
            }
            continue;
        }
        let table = field.table().unwrap_or_default().to_owned();
        if let Part::Fields(fields) = wanted.entry(table).or_insert_with(|| Part::Fields(Vec::new())) {
            fields.push(field.clone());
        }
    }
    let tables = goes.into_iter().filter(|gone| gone.object.kind() == ObjectKind::Table);
    wanted.extend(tables.map(|gone| (gone.object.name().to_owned(), Part::Rows)));
    Ok(wanted)
}
