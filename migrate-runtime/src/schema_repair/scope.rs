//! Which objects of a database a repair is about, without any I/O.

use std::collections::BTreeSet;

use migrate_core::{Catalog, Change, Object, ObjectKind, PhaseStep, Phased};

use crate::compare::Until;
use crate::drift::Position;
use crate::live::Unmanaged;
use crate::order::Modules;

/// What the modules of a ledger define, and what stands on their tables.
pub(super) struct Scope<'a> {
    /// Everything that such a module ever defined, and perhaps removed again.
    ours: BTreeSet<&'static Object>,
    /// The same of modules of which nothing is recorded.
    others: BTreeSet<&'static Object>,
    /// Whether what stands on our tables may be the work of a module that this binary does not have.
    is_shared: bool,
    unmanaged: &'a Unmanaged,
}

impl<'a> Scope<'a> {
    pub(super) fn new(modules: &Modules, position: &Position, unmanaged: &'a Unmanaged) -> Self {
        let of = |is_recorded: bool| {
            let modules = modules.iter().zip(&position.applied);
            let modules = modules.filter(move |(_, until)| (**until != Until::Nothing) == is_recorded);
            let migrations: Vec<_> = modules.flat_map(|(module, _)| module.iter()).collect();
            // What a start defines and the completion removes is in no migration's own changes.
            let steps = migrations.iter().filter_map(|migration| migration.phased()).flat_map(Phased::steps);
            let changes = migrations.iter().flat_map(|migration| migration.changes());
            changes.chain(steps.flat_map(PhaseStep::changes)).map(Change::object).collect()
        };
        Self { ours: of(true), others: of(false), is_shared: !position.strangers.is_empty(), unmanaged }
    }

    /// The part of a live schema that is brought to what it should be.
    pub(super) fn of(&self, live: &Catalog) -> Catalog {
        let ours = live.iter().filter(|(object, _)| self.contains(object));
        ours.map(|(object, definition)| (object.clone(), definition.to_owned())).collect()
    }

    /// What is left as it is and nobody said is unmanaged: what `drift` goes on naming.
    pub(super) fn strangers(&self, live: &Catalog) -> Vec<Object> {
        let is_stranger = |object: &&Object| !self.contains(object) && !self.unmanaged.contains(object);
        live.iter().map(|(object, _)| object).filter(is_stranger).cloned().collect()
    }

    fn contains(&self, object: &Object) -> bool {
        let is_defined = |object: &Object| self.ours.contains(object);
        if is_defined(object) {
            return true;
        }
        let is_others = self.others.contains(object) || self.unmanaged.contains(object) || self.is_shared;
        let on = object.table().map(|table| Object::new(ObjectKind::Table, table.to_owned()));
        !is_others && on.is_some_and(|table| is_defined(&table))
    }
}
