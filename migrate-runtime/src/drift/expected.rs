use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use migrate_core::{Catalog, Change, Migration, Object, PhaseStep, Phased};

use super::position::Position;
use super::ran::{Ran, steps_of};
use crate::compare::Until;
use crate::order::Modules;

/// What a schema follows from: how much of each module is applied, and which steps of phased migrations are done beside that.
type Reached = (Vec<Until>, Ran);

/// The embedded schemas that one look at a fleet needs, each computed once.
pub(crate) struct Expected<'a> {
    modules: &'a Modules,
    /// Everything that a module ever defined, and perhaps removed again.
    defined: BTreeSet<&'static Object>,
    schemas: Mutex<HashMap<Reached, Arc<Catalog>>>,
}

impl<'a> Expected<'a> {
    pub(crate) fn new(modules: &'a Modules) -> Self {
        let migrations = || modules.iter().flat_map(|module| module.iter());
        // What a start defines and the completion removes is in no migration's own changes.
        let steps = migrations().filter_map(Migration::phased).flat_map(Phased::steps).flat_map(PhaseStep::changes);
        let changes = migrations().flat_map(Migration::changes).chain(steps);
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
        let key = (position.applied.clone(), position.ran.clone());
        if let Some(schema) = schemas.get(&key) {
            return Arc::clone(schema);
        }
        let until: HashMap<_, _> =
            self.modules.iter().map(|module| module.module()).zip(position.applied.iter().copied()).collect();
        let mut schema = self.modules.schema(|module| until.get(module).copied().unwrap_or(Until::Nothing));
        // What comes behind them waits.
        for ((module, version), ids) in &position.ran {
            let module = self.modules.iter().find(|one| one.module() == *module);
            let steps = module.and_then(|module| module.get(*version)).map(|migration| steps_of(migration, ids));
            steps.into_iter().flatten().flat_map(PhaseStep::changes).for_each(|change| schema.apply(change));
        }
        let schema = Arc::new(schema);
        schemas.insert(key, Arc::clone(&schema));
        schema
    }
}
