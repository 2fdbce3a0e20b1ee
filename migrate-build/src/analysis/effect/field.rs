use migrate_core::{Effect, Loss};

use super::Impact;
use crate::definition::{DefaultValue, Field, Reception, Required, ValueType};

/// The field that a new one is part of.
pub(super) enum Parent<'a> {
    /// It is as new as the field itself.
    New,
    /// It was there, with this type.
    Known(&'a ValueType),
    /// There is none: the field stands by itself, or in something that was never defined.
    Unknown,
}

/// What a new field does on a table that an older binary may know. `is_backfilled` says whether the migration goes on to
/// write the rows of that table.
pub(super) fn addition(field: &Field, parent: &Parent<'_>, is_backfilled: bool) -> Impact {
    let is_part = field.path.last().is_some_and(|part| part == "*");
    match parent {
        Parent::New => Impact::additive("it is part of a new field"),
        Parent::Known(parent) if is_part => {
            let was = parent.inner().unwrap_or(ValueType::Any);
            match field.value_type.receives(&was) {
                Reception::Worn => worn(),
                Reception::Refused => Impact::restrictive("parts that were taken are refused"),
                _ if field.assert.is_some() => Impact::restrictive("its assertion may refuse parts that were taken"),
                Reception::Converted => Impact::restrictive(CONVERTED),
                Reception::Kept => Impact::additive("it takes every part that was taken"),
            }
        }
        _ if is_part => Impact::additive("it is of a part that was not defined"),
        _ if field.path == ["id"] => match (&field.value_type, &field.assert) {
            (ValueType::Any, None) => Impact::additive("it takes every id that was taken"),
            _ => Impact::restrictive("ids of another kind than an older binary may give are refused"),
        },
        _ => match field.required() {
            Required::Never => Impact::additive("it may be left out"),
            Required::OfOldRows if is_backfilled => {
                Impact::restrictive("rows are filled, but an older binary that writes one as a whole leaves it out")
            }
            Required::OfOldRows => {
                Impact::restrictive("rows that exist lack it, and every write to them is refused until it is filled")
            }
            Required::OfAllRows => {
                Impact::restrictive("it is required, so every row that an older binary writes is refused")
            }
        },
    }
}

/// What taking a field away does.
pub(super) fn removal(field: &Field) -> Impact {
    if field.computed.is_some() {
        return Impact::restrictive("an older binary may read it");
    }
    Impact::new(Effect::Destructive(Loss::Data), "what it holds goes")
}

const CONVERTED: &str = "what an older binary writes to it is read back as a value of another type";

fn worn() -> Impact {
    let reason = "values become those of another type when they are next written, and may lose digits or duplicates";
    Impact::new(Effect::Destructive(Loss::Data), reason)
}

/// What another definition of a field does.
pub(super) fn modification(before: &Field, after: &Field) -> Impact {
    let reception = after.value_type.receives(&before.value_type);
    let narrows = || before.value_type.receives(&after.value_type) != Reception::Refused;
    match (reception, part_received(&before.value_type, &after.value_type)) {
        (Reception::Worn, _) | (Reception::Refused, Some(Reception::Worn)) => return worn(),
        (Reception::Refused, None) if !narrows() => {
            return Impact::new(Effect::Destructive(Loss::Data), "values of the old type do not fit the new one");
        }
        _ => {}
    }
    if before.computed.is_none() && after.computed.is_some() {
        return Impact::new(Effect::Destructive(Loss::Data), "what it holds is no longer read");
    }
    match refusal(before, after, reception) {
        Some(reason) => Impact::restrictive(reason),
        None => Impact::additive("it takes every value that it took"),
    }
}

/// What becomes of those values of a union that another type does not refuse, if there are any but `NONE`.
fn part_received(before: &ValueType, after: &ValueType) -> Option<Reception> {
    let ValueType::Union(parts) = before else { return None };
    let parts = parts.iter().filter(|part| **part != ValueType::plain("none"));
    parts.map(|part| after.receives(part)).filter(|reception| *reception != Reception::Refused).max()
}

/// Why an older binary's reads or writes may be refused or changed, if they may.
fn refusal(before: &Field, after: &Field, reception: Reception) -> Option<&'static str> {
    let added_or_changed = |before: &Option<String>, after: &Option<String>| after.is_some() && before != after;
    match reception {
        Reception::Refused => return Some("its type refuses values that it took"),
        Reception::Converted => return Some(CONVERTED),
        Reception::Kept | Reception::Worn => {}
    }
    if before.required() < after.required() {
        return Some("it may no longer be left out");
    }
    if !before.readonly && after.readonly {
        return Some("with `READONLY`, it can no longer be changed");
    }
    if before.flexible && !after.flexible {
        return Some("without `FLEXIBLE`, keys that are not defined are refused");
    }
    if added_or_changed(&before.assert, &after.assert) {
        return Some("its assertion may refuse values that it took");
    }
    if added_or_changed(&before.value, &after.value) {
        return Some("what is written to it is replaced by its `VALUE`");
    }
    if before.computed != after.computed {
        return Some("it is computed in another way");
    }
    if added_or_changed(&before.reference, &after.reference) {
        return Some("deleting what it links to may be refused, or do more");
    }
    if matches!(after.default, DefaultValue::Always(_)) && before.default != after.default {
        return Some("its default replaces what was left out of an update");
    }
    if after.permissions.are_tighter_than(&before.permissions) {
        return Some("its permissions may refuse what they allowed");
    }
    None
}
