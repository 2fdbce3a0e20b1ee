use std::collections::BTreeMap;

use futures_util::future::join_all;
use migrate_core::Version;

use super::awaited::{Awaited, AwaitedEnd};
use super::error::RolloutError;
use super::when_ready::WhenReady;
use crate::Database;
use crate::fleet::Fleet;
use crate::migrator::Migrator;

/// Who completes phased migrations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PhasedCompletions {
    /// An operator, by calling for it.
    #[default]
    ByOperator,
    /// The replicas, as soon as none is left that is older.
    WhenReady,
}

impl Migrator {
    /// Completes what is to be completed over a fleet as soon as no older replica is left, if the migrator was
    /// [told to](Self::phased_completions), and comes to its end by itself: of each module the first phased migration that is not
    /// completed everywhere, as what comes behind that one is only started by the next start-up.
    ///
    /// A server lets it run beside its work, in a task. It has to have joined its [registry](Self::registry) before. Any number of replicas may do so:
    /// one of them does the work, and where that one is gone, another goes on.
    ///
    /// ```no_run
    /// # use std::sync::Arc;
    /// # use migrate_runtime::{Context, Fleet, Migrations, Migrator, PhasedCompletions, Registry, Stop, WhenReady};
    /// # async fn serve(schema: &'static Migrations, db: Arc<surrealdb::Surreal<surrealdb::engine::any::Any>>) -> Result<(), Box<dyn std::error::Error>> {
    /// let registry = Registry::new(Context::new("ops", "system")?);
    /// let stop = Stop::default();
    /// let migrator = Migrator::new([schema])?
    ///     .registry(registry.clone())
    ///     .phased_completions(PhasedCompletions::WhenReady)
    ///     .stopped_by(&stop);
    /// let membership = registry.join(&migrator, Arc::clone(&db)).await?;
    /// println!("{}", migrator.migrate_all(&db, Fleet::databases_of("tenants")).await?);
    /// tokio::spawn(async move {
    ///     match migrator.complete_automatically(&db, || Fleet::databases_of("tenants"), &WhenReady::new()).await {
    ///         Ok(awaited) => awaited.iter().for_each(|one| println!("{one}")),
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`complete_when_ready`](Self::complete_when_ready).
    pub async fn complete_automatically<D: Database>(
        &self,
        database: &D,
        fleet: impl Fn() -> Fleet + Send + Sync,
        when: &WhenReady,
    ) -> Result<Vec<Awaited>, RolloutError> {
        if self.completions == PhasedCompletions::ByOperator {
            return Ok(Vec::new());
        }
        let mut modules: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (module, migration) in self.phased_migrations() {
            modules.entry(module.module()).or_default().push(migration.version());
        }
        // None of them waits for another one's older replicas.
        let all = modules.iter().map(|(module, versions)| self.first_of(database, &fleet, module, versions, when));
        let all: Result<Vec<_>, RolloutError> = join_all(all).await.into_iter().collect();
        Ok(all?.into_iter().flatten().collect())
    }

    /// Waits for the first of these versions that is not completed.
    async fn first_of<D: Database>(
        &self,
        database: &D,
        fleet: &(impl Fn() -> Fleet + Send + Sync),
        module: &str,
        versions: &[Version],
        when: &WhenReady,
    ) -> Result<Option<Awaited>, RolloutError> {
        for &version in versions {
            let awaited = self.complete_when_ready(database, fleet, module, version, when).await?;
            if awaited.end != AwaitedEnd::NothingToDo {
                return Ok(Some(awaited));
            }
        }
        Ok(None)
    }
}
