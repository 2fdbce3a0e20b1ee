use clap::Args;

use super::ended::Ended;
use super::error::CommandError;
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use super::table::wrapped;
use super::thresholds::Thresholds;
use crate::{Database, ValidationVerdict};

/// Finds out what would become of the pending migrations of each database, with the rows that are in the way.
///
/// They are run in a transaction that is taken back, so nothing is changed; only numbers that they take from a sequence
/// are used up. It ends with 1 where one would fail or a database cannot be validated, and with 3 where there are
/// warnings.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  migrate validate --all-in tenants
  migrate validate --ns acme --db eu --warn-rows 1000000 --examples 20

Exit codes: 0 all pass, 1 one would fail or cannot be validated, 2 usage, 3
there are warnings")]
pub struct Validate {
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    thresholds: Thresholds,
}

impl Validate {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let progress = Progress::reading(session.presentation, "contexts validated");
        session.migrator = progress.watch(session.migrator);
        let options = self.thresholds.options();
        let validation = session.migrator.validate_all(session.database, fleet, &options);
        let validation = progress.during(validation).await?;
        session.print(&validation, || wrapped(&validation.to_string()))?;
        let is_failed = validation.count(ValidationVerdict::Fail) > 0 || validation.unknown().next().is_some();
        Ok(match (is_failed, validation.can_apply()) {
            (true, _) => Ended::Failed,
            (false, false) => Ended::Pending,
            (false, true) => Ended::Done,
        })
    }
}
