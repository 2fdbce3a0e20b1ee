use clap::Args;

use crate::cli::each::{Each, Kind};
use crate::cli::ended::Ended;
use crate::cli::error::CommandError;
use crate::cli::selection::Selection;
use crate::cli::session::Session;
use crate::cli::table::wrapped;
use crate::cli::version_name::VersionName;
use crate::context::Context;
use crate::{Database, PhasedError, Repair};

/// Which phased migration is repaired, and where.
#[derive(Clone, Debug, Args)]
pub struct RolloutRepair {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Which one: `MODULE=VERSION`, or its version in the only module.
    #[arg(value_name = "MODULE=VERSION")]
    migration: VersionName,
}

impl Kind for PhasedError {
    fn kind(&self) -> &'static str {
        self.kind()
    }
}

impl RolloutRepair {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let session = &session;
        let (module, version) = self.migration.resolve(session)?;
        let Session { migrator, database, .. } = session;
        let each = Each::of(session, fleet, "databases repaired", async |context| {
            migrator.repair(*database, &context, &module, version).await
        });
        let each = each.await?;
        session.print(&each, || {
            let one = |(context, one): &(Context, Result<Repair, PhasedError>)| match one {
                Ok(one) => wrapped(&format!("{context}   {one}")),
                Err(error) => wrapped(&format!("{context}   {error}")),
            };
            each.0.iter().map(one).collect::<Vec<_>>().join("\n")
        })?;
        Ok(each.ended())
    }
}
