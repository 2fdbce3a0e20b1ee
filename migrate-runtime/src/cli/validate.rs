use clap::Args;

use super::ended::Ended;
use super::error::CommandError;
use super::selection::Selection;
use super::session::Session;
use super::table::wrapped;
use crate::{Database, UndoPolicy, Unmanaged, ValidationOptions, ValidationVerdict};

/// Finds out what would become of the pending migrations of each database, with the rows that are in the way.
///
/// They are run in a transaction that is taken back, so nothing is changed; only numbers that they take from a sequence
/// are used up. It ends with 1 where one would fail or a database cannot be validated, and with 3 where there are
/// warnings.
#[derive(Clone, Debug, Args)]
pub struct Validate {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Differences of objects that match are no finding: `audit_*`, `field user.legacy_*`.
    #[arg(long, value_name = "PATTERN")]
    unmanaged: Vec<String>,
    /// A migration without a down file is an error.
    #[arg(long)]
    require_down_files: bool,
}

impl Validate {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let mut options = ValidationOptions::new().unmanaged(Unmanaged::matching(&self.unmanaged));
        if self.require_down_files {
            options = options.undo(UndoPolicy::Explicit);
        }
        let validation = session.migrator.validate_all(session.database, fleet, &options).await?;
        session.print(&validation, || wrapped(&validation.to_string()))?;
        let is_failed = validation.count(ValidationVerdict::Fail) > 0 || validation.unknown().next().is_some();
        Ok(match (is_failed, validation.can_apply()) {
            (true, _) => Ended::Failed,
            (false, false) => Ended::Pending,
            (false, true) => Ended::Done,
        })
    }
}
