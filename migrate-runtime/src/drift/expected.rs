use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use migrate_core::{Catalog, Change, Migration, Object};

use super::position::Position;
use crate::compare::Until;
use crate::order::Modules;

/// The embedded schemas that one look at a fleet needs, each computed once.
pub(crate) struct Expected<'a> {
    modules: &'a Modules,
    /// Everything that a module ever defined, and perhaps removed again.
    defined: BTreeSet<&'static Object>,
    schemas: Mutex<HashMap<Vec<Until>, Arc<Catalog>>>,
}

impl<'a> Expected<'a> {
    pub(crate) fn new(modules: &'a Modules) -> Self {
        let changes = modules.iter().flat_map(|module| module.iter()).flat_map(Migration::changes);
        Self { modules, defined: changes.map(Change::object).collect(), schemas: Mutex::default() }
    }

    pub(super) const fn modules(&self) -> &'a Modules {
        self.modules
    }

    /// Whether a module defines the object, at whatever version.
    pub(super) fn is_defined(&self, object: &Object) -> bool {
        self.defined.contains(object)
    }

    /// The schema at a position.
    pub(crate) fn at(&self, position: &Position) -> Arc<Catalog> {
        let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = schemas.get(&position.applied) {
            return Arc::clone(schema);
        }
        let until: HashMap<_, _> =
            self.modules.iter().map(|module| module.module()).zip(position.applied.iter().copied()).collect();
        let schema = self.modules.schema(|module| until.get(module).copied().unwrap_or(Until::Nothing));
        let schema = Arc::new(schema);
        schemas.insert(position.applied.clone(), Arc::clone(&schema));
        schema
    }
}
