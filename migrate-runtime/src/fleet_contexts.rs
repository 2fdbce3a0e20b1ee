//! The contexts of a fleet, as they become known or as a list.

use std::collections::HashSet;

use futures_util::StreamExt;

use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::{Fleet, Members};
use crate::fleet_error::FleetError;
use crate::migrator::Migrator;
#[cfg(feature = "cli")]
use crate::verify::Inventory;

impl Migrator {
    /// Asks which contexts a fleet has, that of the fleet index left out.
    pub(crate) async fn members<D: Database>(
        &self,
        database: &Counted<D>,
        fleet: Fleet,
    ) -> Result<Members, FleetError> {
        let index = self.index.as_ref().map(|index| &index.context);
        fleet.resolve(database, index, self.patience.begin(database.silence())).await
    }

    /// The contexts of a fleet, in its order and each once.
    pub(crate) async fn contexts_of<D: Database>(
        &self,
        database: &Counted<D>,
        fleet: Fleet,
    ) -> Result<Vec<Context>, FleetError> {
        let mut streamed = match self.members(database, fleet).await? {
            Members::Known(contexts) => return Ok(contexts),
            Members::Streamed(contexts) => contexts,
        };
        let (mut contexts, mut seen) = (Vec::new(), HashSet::new());
        while let Some(context) = streamed.next().await {
            let context = context.map_err(FleetError::Stream)?;
            if seen.insert(context.clone()) {
                contexts.push(context);
            }
        }
        Ok(contexts)
    }

    /// The contexts of a fleet that exist, as far as the user may know, and those that do not.
    #[cfg(feature = "cli")]
    pub(crate) async fn existing<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
    ) -> Result<(Vec<Context>, Vec<Context>), FleetError> {
        let database = Counted::new(database, self.counters());
        let contexts = self.contexts_of(&database, fleet).await?;
        let mut inventory = Inventory::default();
        inventory.look_up(&database, &contexts).await?;
        Ok(contexts.into_iter().partition(|context| inventory.may_exist(context)))
    }
}
