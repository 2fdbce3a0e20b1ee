use clap::{Args, ValueEnum};

use super::ended::Ended;
use super::error::CommandError;
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use super::table::wrapped_but;
use crate::{Against, Database, DriftOptions, Unmanaged};

/// Holds the schema of each database against what its own ledger says it should be. Nothing is written.
///
/// What is pending is no drift, and neither is a difference of formatting alone. It ends with 3 where a database has
/// drifted, and with 1 where nobody can tell.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  migrate drift --all-in tenants --unmanaged 'audit_*'
  migrate drift --ns acme --db eu --against snapshot

Exit codes: 0 all are in sync, 1 nobody can tell of one, 2 usage, 3 one has
drifted")]
pub struct Drift {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// What each database is held against: the embedded schema of its versions, or its newest stored snapshot.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    against: Expected,
    /// Objects that match are none of the migrations' business: `audit_*`, `field user.legacy_*`.
    #[arg(long, value_name = "PATTERN")]
    unmanaged: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Expected {
    /// The embedded schema of its versions.
    #[default]
    Embedded,
    /// Its newest stored snapshot.
    Snapshot,
}

impl Drift {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let against = match self.against {
            Expected::Embedded => Against::Embedded,
            Expected::Snapshot => Against::NewestSnapshot,
        };
        let options = DriftOptions::new().against(against).unmanaged(Unmanaged::matching(&self.unmanaged));
        let progress = Progress::reading(session.presentation, "schemas compared");
        session.migrator = progress.watch(session.migrator);
        let report = progress.during(session.migrator.drift(session.database, fleet, &options)).await?;
        // Definitions, which are indented, are there to be copied.
        session.print(&report, || wrapped_but(&report.to_string(), |line| line.starts_with("  ")))?;
        Ok(match (report.unknown().next(), report.is_same()) {
            (Some(_), _) => Ended::Failed,
            (None, false) => Ended::Pending,
            (None, true) => Ended::Done,
        })
    }
}
