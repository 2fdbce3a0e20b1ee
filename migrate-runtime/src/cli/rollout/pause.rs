use clap::Args;
use serde_json::json;

use super::RolloutOf;
use crate::Database;
use crate::cli::ended::Ended;
use crate::cli::error::CommandError;
use crate::cli::session::Session;
use crate::cli::table::wrapped;

/// Which phased migration is paused, and why.
#[derive(Clone, Debug, Args)]
pub struct RolloutPause {
    #[command(flatten)]
    pub(super) of: RolloutOf,
    /// Why, for those who meet it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

impl RolloutPause {
    pub(super) async fn run<D: Database>(self, session: Session<'_, D>) -> Result<Ended, CommandError> {
        let (module, version) = self.of.migration.resolve(&session)?;
        let paused = session.migrator.pause_rollout(session.database, &module, version, &self.reason).await?;
        session.print(&json!({ "module": module, "version": version.get(), "paused": paused }), || {
            wrapped(&format!("{module} V{version} is {paused}"))
        })?;
        Ok(Ended::Done)
    }
}

/// Lifts a pause.
pub(super) async fn resume<D: Database>(of: RolloutOf, session: Session<'_, D>) -> Result<Ended, CommandError> {
    let (module, version) = of.migration.resolve(&session)?;
    session.migrator.resume_rollout(session.database, &module, version).await?;
    session.print(&json!({ "module": module, "version": version.get(), "paused": null }), || {
        format!("{module} V{version} is not paused")
    })?;
    Ok(Ended::Done)
}
