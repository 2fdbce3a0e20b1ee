use clap::Args;

use super::thresholds::Thresholds;
use crate::{Force, Migrator};

/// What is looked at before anything is applied.
#[derive(Clone, Debug, Default, Args)]
#[command(mut_group("Thresholds", |thresholds| thresholds.requires("validate")))]
pub(super) struct Precaution {
    /// Validates each database that lacks something first, and refuses it where anything was found.
    #[arg(long, conflicts_with = "dry_run")]
    validate: bool,
    /// Applies despite warnings, never despite errors; the log of each database keeps them.
    #[arg(long, requires = "validate")]
    force: bool,
    #[command(flatten)]
    thresholds: Thresholds,
}

impl Precaution {
    pub(super) fn taken_by(&self, migrator: Migrator) -> Migrator {
        if !self.validate {
            return migrator;
        }
        let force = if self.force { Force::Yes } else { Force::No };
        migrator.require_validation(self.thresholds.options(), force)
    }
}
