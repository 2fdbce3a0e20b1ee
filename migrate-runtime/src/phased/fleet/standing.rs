//! Where a phased migration stands in the contexts of a fleet.

use std::collections::BTreeMap;
use std::fmt;

use migrate_core::{Migration, Migrations, Mode, Version};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::error::RolloutError;
use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::handover::names;
use crate::ledger::Row;
use crate::migrator::Migrator;
use crate::phased::error::PhasedError;
use crate::phased::state::PhasedState;
use crate::phased::status::{COLUMNS, PhasedStatus, RawStatus};
use crate::reading::Reading;
use crate::refusal::Refusal;
use crate::registry::{Pause, Seen};

/// Where one phased migration stands in every context of a fleet, in the fleet's order.
///
/// As JSON it is an object with `module`, `version`, `name`, `states` (objects with `state`, `step`, the step at which it goes on, or null, and
/// `contexts`, a count), `unread`, how many contexts could not be read, `paused`, which is null where it is not, and `contexts`, each with
/// `namespace`, `database` and either `found`, the status of the migration there, or `kind` and `reason`.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a status says where the migration is not completed"]
pub struct RolloutStatus {
    /// The module.
    pub module: String,
    /// The version of the migration.
    pub version: Version,
    /// The name of the migration.
    pub name: String,
    /// Where it stands in each context, in the fleet's order.
    pub contexts: Vec<Reading<PhasedStatus>>,
    /// Whether its rollout is paused, where the migrator has a registry.
    pub pause: Option<Pause>,
}

/// In how many contexts a phased migration stands at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StateCount {
    /// Where it stands.
    pub state: PhasedState,
    /// The step at which it goes on.
    pub step: Option<String>,
    /// In how many contexts.
    pub contexts: usize,
}

impl RolloutStatus {
    /// In how many contexts it stands at which state and step, in the order of the states.
    pub fn states(&self) -> Vec<StateCount> {
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        for status in self.contexts.iter().filter_map(|one| one.found.as_ref().ok()) {
            *counts.entry((status.state, status.next.clone())).or_default() += 1;
        }
        let count = |((state, step), contexts)| StateCount { state, step, contexts };
        counts.into_iter().map(count).collect()
    }

    /// How many contexts could not be read, or do not exist.
    pub fn unread(&self) -> usize {
        self.contexts.iter().filter(|one| one.found.is_err()).count()
    }

    /// Whether it is completed everywhere.
    pub fn is_completed(&self) -> bool {
        let is_applied =
            |one: &Reading<PhasedStatus>| one.found.as_ref().is_ok_and(|status| status.state == PhasedState::Applied);
        self.contexts.iter().all(is_applied)
    }
}

impl Migrator {
    /// Where a phased migration stands in each context of a fleet. Nothing is written, and nothing created.
    ///
    /// # Errors
    ///
    /// When there is no such migration, it cannot be told which contexts there are, or the migrator has a registry that cannot be
    /// read. Why one context could not be read is in its [`Reading`].
    pub async fn rollout_status<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        module: &str,
        version: Version,
    ) -> Result<RolloutStatus, RolloutError> {
        let (module, migration, _) = self.find(module, version)?;
        let mut all = self.rollouts_of(database, fleet, &[(module, migration)]).await?;
        let nothing = || Refusal::Unavailable { reason: "the migration was not asked about".to_owned() };
        all.pop().ok_or_else(|| PhasedError::Refused(nothing()).into())
    }

    /// The same of every phased migration of the modules, in their order.
    ///
    /// # Errors
    ///
    /// As for [`rollout_status`](Self::rollout_status).
    pub async fn rollout_statuses<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
    ) -> Result<Vec<RolloutStatus>, RolloutError> {
        self.rollouts_of(database, fleet, &self.phased_migrations()).await
    }

    /// Every phased migration, in the order of the modules.
    pub(super) fn phased_migrations(&self) -> Vec<(&'static Migrations, &'static Migration)> {
        let of = |module: &'static Migrations| {
            let phased = module.iter().filter(|migration| migration.mode() == Mode::Phased);
            phased.map(move |migration| (module, migration))
        };
        self.applier.modules.iter().copied().flat_map(of).collect()
    }

    async fn rollouts_of<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        migrations: &[(&'static Migrations, &'static Migration)],
    ) -> Result<Vec<RolloutStatus>, RolloutError> {
        let database = Counted::new(database, self.counters());
        let seen = match &self.registry {
            Some(registry) => registry.look(&database).await?,
            None => Seen::default(),
        };
        let contexts = self.contexts_of(&database, fleet).await?;
        let standing = self.standing(&database, &contexts, migrations).await?;
        let of_one = |(&(module, migration), contexts): (&(&Migrations, &Migration), _)| RolloutStatus {
            module: module.module().to_owned(),
            version: migration.version(),
            name: migration.name().to_owned(),
            contexts,
            pause: seen.pause(module.module(), migration.version()).cloned(),
        };
        Ok(migrations.iter().zip(standing).map(of_one).collect())
    }

    /// Where phased migrations stand in contexts: of each migration, what was read of each context.
    pub(super) async fn standing<D: Database>(
        &self,
        database: &Counted<D>,
        contexts: &[Context],
        migrations: &[(&'static Migrations, &'static Migration)],
    ) -> Result<Vec<Vec<Reading<PhasedStatus>>>, FleetError> {
        let mut variables = Map::new();
        let ids = migrations.iter().flat_map(|(module, migration)| {
            names(module).map(|name| Value::Array(vec![name.into(), migration.version().get().into()]))
        });
        variables.insert("_migrate_rollouts".to_owned(), ids.collect());
        // What a former name of the module left behind is not the migration.
        let statement = format!(
            "SELECT module, version, {COLUMNS} FROM _migrations WHERE [module, version] IN $_migrate_rollouts \
             AND status != 'moved' AND checksum != '{}'",
            Row::MARKER
        );
        let readings = self.read_contexts(database, contexts, &statement, &variables).await?;
        let readings: Vec<_> = readings.into_iter().map(|reading| reading.understood(rows)).collect();
        let of_one = |&(module, migration): &(&'static Migrations, &'static Migration)| {
            let version = migration.version();
            // Its own name says more than one that it had before.
            let row = |rows: &Rows| names(module).find_map(|name| rows.get(&(name.to_owned(), version.get())).cloned());
            let status = |reading: &Reading<Rows>| Reading {
                context: reading.context.clone(),
                found: reading
                    .found
                    .as_ref()
                    .map(|rows| PhasedStatus::new(module.module(), migration, row(rows).as_ref()))
                    .map_err(Clone::clone),
            };
            readings.iter().map(status).collect()
        };
        Ok(migrations.iter().map(of_one).collect())
    }
}

type Rows = BTreeMap<(String, u64), RawStatus>;

fn rows(found: Option<Value>) -> Result<Rows, String> {
    let Some(Value::Array(found)) = found else { return Ok(Rows::new()) };
    let row = |row: Value| {
        let named = (row["module"].as_str().map(str::to_owned), row["version"].as_u64());
        let (Some(module), Some(version)) = named else { return Err(format!("a row without its names: {row}")) };
        let status = serde_json::from_value(row.clone()).map_err(|error| format!("{error} in {row}"))?;
        Ok(((module, version), status))
    };
    found.into_iter().map(row).collect()
}

impl Serialize for RolloutStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("module", &self.module)?;
        map.serialize_entry("version", &self.version.get())?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("states", &self.states())?;
        map.serialize_entry("unread", &self.unread())?;
        map.serialize_entry("paused", &self.pause)?;
        map.serialize_entry("contexts", &self.contexts)?;
        map.end()
    }
}

impl fmt::Display for RolloutStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, version, name, contexts, pause, .. } = self;
        write!(
            f,
            "{module} V{version}__{name}, {} context{}",
            contexts.len(),
            if contexts.len() == 1 { "" } else { "s" }
        )?;
        if let Some(pause) = pause {
            write!(f, ", {pause}")?;
        }
        for StateCount { state, step, contexts } in self.states() {
            write!(f, "\n{contexts:>10}   {state}")?;
            if let Some(step) = step {
                write!(f, ", `{step}` next")?;
            }
        }
        if self.unread() > 0 {
            write!(f, "\n{:>10}   could not be read", self.unread())?;
        }
        Ok(())
    }
}
