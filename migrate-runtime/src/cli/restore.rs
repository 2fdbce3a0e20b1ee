use std::path::PathBuf;

use clap::Args;

use super::ended::Ended;
use super::error::CommandError;
use super::selection::Selection;
use super::session::Session;
use crate::Database;

/// Puts back the rows and values that an undo exported, once the migrations are applied again.
///
/// A row that is there already with the same values is left, one with other values is an error: nothing is written over.
/// After a failure, doing it once more goes on.
#[derive(Clone, Debug, Args)]
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
        let restored = session.migrator.restore(session.database, &context, &self.directory).await;
        let restored = restored.map_err(Box::new)?;
        session.print(&restored, || restored.to_string())?;
        Ok(Ended::Done)
    }
}
