use clap::Args;

use super::ended::Ended;
use super::error::CommandError;
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use super::takeovers::Takeovers;
use super::version_name::VersionName;
use crate::counted::Counted;
use crate::{Database, Strangers, Unmanaged};

/// Takes over databases that have the schema and no ledger, after verifying it definition by definition.
///
/// Each module is recorded at the latest version whose schema is the live one, unless --at says which. No migration is
/// run and no database is created. It ends with 1 where a database is refused.
#[derive(Clone, Debug, Default, Args)]
#[command(after_long_help = "\
Examples:
  migrate baseline --all-in tenants --dry-run
  migrate baseline --ns acme --db eu --at app=4 --unmanaged 'audit_*'

Exit codes: 0 taken over, or planned, 1 a database is refused, 2 usage")]
pub struct Baseline {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Shows what would be recorded, and records nothing.
    #[arg(long)]
    dry_run: bool,
    /// Takes over this module at this version, and no others than those that are named; without a module, the only one.
    #[arg(long, value_name = "MODULE=VERSION")]
    at: Vec<VersionName>,
    /// Takes over this module, and no others than those that are named.
    #[arg(long, value_name = "NAME")]
    module: Vec<String>,
    /// Objects that match are none of the migrations' business: `audit_*`, `field user.legacy_*`.
    #[arg(long, value_name = "PATTERN")]
    unmanaged: Vec<String>,
    /// Takes over a database although it holds what no module defines, and names that.
    #[arg(long)]
    accept_strangers: bool,
}

impl Baseline {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection.clone())?;
        let baseline = self.baseline(&session)?;
        let progress = Progress::applying(session.presentation);
        let Session { migrator, database, .. } = &session;
        let contexts = migrator.contexts_of(&Counted::new(*database, migrator.counters()), fleet).await?;
        let (baseline, is_plan) = (&baseline, self.dry_run);
        let takeovers = Takeovers::of(contexts, &progress, async |context| {
            if is_plan {
                migrator.plan_baseline(*database, &context, baseline).await
            } else {
                migrator.baseline(*database, &context, baseline).await
            }
        });
        let takeovers = takeovers.await;
        session.print(&takeovers, || takeovers.shown())?;
        Ok(takeovers.ended())
    }

    fn baseline<D>(&self, session: &Session<'_, D>) -> Result<crate::Baseline, CommandError> {
        let mut baseline = crate::Baseline::new().unmanaged(Unmanaged::matching(&self.unmanaged));
        if self.accept_strangers {
            baseline = baseline.strangers(Strangers::Accepted);
        }
        for module in &self.module {
            baseline = baseline.module(module);
        }
        for named in &self.at {
            let (module, version) = named.resolve(session)?;
            baseline = baseline.at(module, version);
        }
        baseline.wanted(&session.migrator.modules()).map_err(|error| CommandError::Usage(error.to_string()))?;
        Ok(baseline)
    }
}
