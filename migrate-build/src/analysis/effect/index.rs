use migrate_core::Effect;

use super::Impact;
use crate::definition::{Index, IndexKind};

/// What a new index does on a table that an older binary may know.
pub(super) fn addition(index: &Index) -> Impact {
    match index.kind {
        IndexKind::Unique => Impact::restrictive("with `UNIQUE`, rows with equal values are refused"),
        _ => Impact::additive("it refuses nothing"),
    }
}

/// What taking an index away does.
pub(super) fn removal(index: &Index) -> Impact {
    match index.kind {
        IndexKind::FullText(_) => Impact::restrictive("an older binary's full-text searches need it"),
        IndexKind::Vector => Impact::restrictive("an older binary's nearest-neighbour searches need it"),
        IndexKind::Plain | IndexKind::Unique | IndexKind::Count => Impact::additive("queries are slower without it"),
    }
}

/// What another definition of an index does.
pub(super) fn modification(before: &Index, after: &Index) -> Impact {
    if before.structure == after.structure {
        return Impact::new(Effect::Additive, "only its comment is another");
    }
    if after.kind == IndexKind::Unique && (before.kind != IndexKind::Unique || before.columns != after.columns) {
        return Impact::restrictive("with `UNIQUE`, rows with equal values are refused");
    }
    match before.kind {
        IndexKind::FullText(_) | IndexKind::Vector => {
            Impact::restrictive("an older binary's searches may need it as it was")
        }
        _ => Impact::additive("it refuses nothing"),
    }
}
