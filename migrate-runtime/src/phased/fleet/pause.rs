use migrate_core::Version;

use super::error::RolloutError;
use crate::Database;
use crate::counted::Counted;
use crate::migrator::Migrator;
use crate::registry::{Change, Pause, Registry, Subject};

impl Migrator {
    /// Pauses the rollout of a phased migration for all who have this replica registry: whoever is at it stops before the next
    /// context, starting up leaves its start, and nobody completes it by himself.
    ///
    /// What is begun in a context is finished there. Paused again, it is paused with the new reason.
    ///
    /// # Errors
    ///
    /// When there is no such migration, the migrator has no [registry](Self::registry), or that cannot be written.
    pub async fn pause_rollout<D: Database>(
        &self,
        database: &D,
        module: &str,
        version: Version,
        reason: &str,
    ) -> Result<Pause, RolloutError> {
        let (registry, by) = (self.rollout_registry(module, version)?, self.applier.replica.as_json());
        let database = Counted::new(database, self.counters());
        let subject = Subject { module, version, by: &by };
        let seen = registry.change(&database, subject, &Change::Pause { reason }).await?;
        let pause = seen.pause(module, version).cloned();
        pause.ok_or_else(|| {
            crate::RegistryError::Unreadable("the pause that was written is not there".to_owned()).into()
        })
    }

    /// Lifts the pause of a rollout. One that is not paused stays as it is.
    ///
    /// # Errors
    ///
    /// As for [`pause_rollout`](Self::pause_rollout).
    pub async fn resume_rollout<D: Database>(
        &self,
        database: &D,
        module: &str,
        version: Version,
    ) -> Result<(), RolloutError> {
        let (registry, by) = (self.rollout_registry(module, version)?, self.applier.replica.as_json());
        let database = Counted::new(database, self.counters());
        if registry.look(&database).await?.pause(module, version).is_some() {
            let subject = Subject { module, version, by: &by };
            let _seen = registry.change(&database, subject, &Change::Resume).await?;
        }
        Ok(())
    }

    /// The registry that tells of the rollout of a migration, if there is such a migration.
    fn rollout_registry(&self, module: &str, version: Version) -> Result<&Registry, RolloutError> {
        let _found = self.find(module, version)?;
        self.registry.as_ref().ok_or(RolloutError::NoRegistry)
    }
}
