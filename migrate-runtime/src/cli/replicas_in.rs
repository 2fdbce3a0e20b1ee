use clap::Args;

use super::names;
use crate::context::Context;
use crate::{Migrator, Registry};

/// Where the replicas are registered, and paused rollouts.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ReplicasIn {
    /// The system context that the replicas join; that of this program unless given.
    #[arg(long, value_name = "NAMESPACE/DATABASE", value_parser = names::context)]
    replicas_in: Option<Context>,
}

impl ReplicasIn {
    /// The migrator, told where that is: here, in this registry of the program, or where it knew already.
    pub(super) fn told(&self, migrator: Migrator, of_program: Option<&Registry>) -> Migrator {
        match self.replicas_in.clone().map(Registry::new).or_else(|| of_program.cloned()) {
            Some(registry) => migrator.registry(registry),
            None => migrator,
        }
    }
}
