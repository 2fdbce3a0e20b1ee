use std::collections::BTreeSet;

use migrate_core::{Effect, Loss};

use super::Impact;
use crate::definition::{Relation, Table, TableType};

/// What another definition of a table does.
pub(super) fn modification(before: &Table, after: &Table) -> Impact {
    if before.view.is_none() && after.view.is_some() {
        return Impact::new(Effect::Destructive(Loss::Unsafe), "a table that becomes a view loses all its rows");
    }
    if !before.drops && after.drops {
        return Impact::new(Effect::Destructive(Loss::Data), "with `DROP`, what is written is thrown away");
    }
    if before.view != after.view {
        return Impact::restrictive("the view holds something else, or nothing any more");
    }
    if !before.schemafull && after.schemafull {
        return Impact::restrictive("with `SCHEMAFULL`, fields that are not defined are refused");
    }
    if after.permissions.are_tighter_than(&before.permissions) {
        return Impact::restrictive("its permissions may refuse what they allowed");
    }
    if before.changefeed.is_some() && after.changefeed != before.changefeed {
        return Impact::restrictive("its changefeed keeps something else, or nothing any more");
    }
    table_type(&before.kind, &after.kind)
}

fn table_type(before: &TableType, after: &TableType) -> Impact {
    match (before, after) {
        (TableType::Relation(before), TableType::Relation(after)) => relation(before, after),
        (_, TableType::Any) => Impact::additive("it takes every record that it took"),
        (before, after) if before == after => Impact::additive("it takes every record that it took"),
        _ => Impact::restrictive("its type refuses records that it took"),
    }
}

fn relation(before: &Relation, after: &Relation) -> Impact {
    let covers = |wide: &BTreeSet<String>, narrow: &BTreeSet<String>| {
        wide.is_empty() || (!narrow.is_empty() && narrow.is_subset(wide))
    };
    if !covers(&after.from, &before.from) || !covers(&after.to, &before.to) {
        return Impact::restrictive("edges between tables that it linked are refused");
    }
    if (after.enforced && !before.enforced) || after.lightweight != before.lightweight {
        return Impact::restrictive("edges that it took may be refused");
    }
    Impact::additive("it takes every edge that it took")
}
