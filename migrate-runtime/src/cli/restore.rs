use std::path::PathBuf;

use clap::Args;

use super::ended::Ended;
use super::error::CommandError;
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use super::table::wrapped;
use crate::Database;

/// Puts back the rows and values that an undo exported, once the migrations are applied again.
///
/// A row that is there already with the same values is left, one with other values is an error: nothing is written over.
/// After a failure, doing it once more goes on.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Example:
  migrate restore old --ns acme --db eu

Exit codes: 0 all rows are there, 1 not all could be put back, 2 usage")]
pub struct Restore {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// The directory that `undo --export` wrote.
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
}

impl Restore {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let context = session.select_one(self.selection).await?;
        let progress = Progress::restoring(session.presentation);
        session.migrator = progress.watch(session.migrator);
        let restored = session.migrator.restore(session.database, &context, &self.directory);
        let restored = progress.during(restored).await.map_err(Box::new)?;
        session.print(&restored, || wrapped(&restored.to_string()))?;
        Ok(Ended::Done)
    }
}
