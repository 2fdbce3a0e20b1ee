use clap::{Args, ValueEnum};

use crate::{RolloutOptions, RolloutOverride};

/// Whether a paused rollout is gone on with.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct PausedOverride {
    /// What to do where the rollout is paused.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    paused: Override,
}

/// Which checks of a completion are overridden.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct CompleteOverrides {
    /// What to do while replicas are alive that are older than the migration.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    older_replicas: Override,
    /// What to do where the registry cannot tell whether older replicas are alive.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    unknown_replicas: Override,
    /// What to do about databases that are not ready to complete.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    not_ready: Unready,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Override {
    /// Begins nothing.
    #[default]
    Refuse,
    /// Goes on all the same, and says so in the report and in each log.
    Accept,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Unready {
    /// Begins nothing anywhere.
    #[default]
    Refuse,
    /// Completes the others.
    Skip,
}

impl PausedOverride {
    pub(super) fn options(self) -> RolloutOptions {
        let options = RolloutOptions::new();
        if self.paused == Override::Accept { options.overriding(RolloutOverride::Paused) } else { options }
    }
}

impl CompleteOverrides {
    pub(super) fn added_to(self, mut options: RolloutOptions) -> RolloutOptions {
        if self.older_replicas == Override::Accept {
            options = options.overriding(RolloutOverride::OlderReplicas);
        }
        if self.unknown_replicas == Override::Accept {
            options = options.overriding(RolloutOverride::UnknownReplicas);
        }
        if self.not_ready == Unready::Skip {
            options = options.overriding(RolloutOverride::NotReady);
        }
        options
    }
}
