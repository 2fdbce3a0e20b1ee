use clap::{Args, ValueEnum};

use super::ended::Ended;
use super::error::CommandError;
use super::names;
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use super::takeovers::Takeovers;
use crate::baseline::BaselineError;
use crate::counted::Counted;
use crate::{Adoption, Database, Strangers, Tool, Unmanaged};

/// Takes over databases whose schema another tool has brought about: what its ledger says was applied becomes rows of
/// ours, after the schema was verified.
///
/// The other tool's tables stay as they are. It ends with 1 where a database is refused.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  migrate adopt --from surrealdb-migrations --all-in tenants --dry-run
  migrate adopt --from surrealkit --ns acme --db eu --at 3

Exit codes: 0 taken over, or planned, 1 a database is refused, 2 usage")]
pub struct Adopt {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Whose ledger it is.
    #[arg(long, value_enum)]
    from: From,
    /// Shows what would be recorded, and records nothing.
    #[arg(long)]
    dry_run: bool,
    /// The module whose migrations those are; the only one unless given.
    #[arg(long, value_name = "NAME")]
    module: Option<String>,
    /// Everything that the tool has applied makes up this version.
    #[arg(long, value_name = "VERSION", conflicts_with = "map")]
    at: Option<String>,
    /// This entry of the tool's ledger is the migration of this version; can be given several times.
    #[arg(long, value_name = "ENTRY=VERSION", value_parser = names::entry_version)]
    map: Vec<(String, String)>,
    /// Objects that match are none of the migrations' business: `audit_*`, `field user.legacy_*`.
    #[arg(long, value_name = "PATTERN")]
    unmanaged: Vec<String>,
    /// Takes over a database although it holds what no module defines, and names that.
    #[arg(long)]
    accept_strangers: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum From {
    Surrealkit,
    SurrealdbMigrations,
    Surql,
}

impl Adopt {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection.clone())?;
        let adoption = self.adoption(&session)?;
        let progress = Progress::applying(session.presentation);
        let Session { migrator, database, .. } = &session;
        let contexts = migrator.contexts_of(&Counted::new(*database, migrator.counters()), fleet).await?;
        let (adoption, is_plan) = (&adoption, self.dry_run);
        let takeovers = Takeovers::of(contexts, &progress, async |context| {
            if is_plan {
                migrator.plan_adoption(*database, &context, adoption).await
            } else {
                migrator.adopt(*database, &context, adoption).await
            }
        });
        let takeovers = takeovers.await;
        session.print(&takeovers, || takeovers.shown())?;
        Ok(takeovers.ended())
    }

    fn adoption<D>(&self, session: &Session<'_, D>) -> Result<Adoption, CommandError> {
        let module = self.module.clone().map_or_else(|| session.only_module(), Ok)?;
        let known = session.migrator.modules();
        let found = known.iter().find(|one| one.module() == module);
        let usage = |error: BaselineError| CommandError::Usage(error.to_string());
        let found = found.ok_or_else(|| usage(BaselineError::NoSuchModule(module.clone())))?;
        let version = |named: &String| {
            let version = session.version(&module, named)?;
            let known = found.get(version).map(|_| version);
            known.ok_or_else(|| usage(BaselineError::NoSuchVersion { module: found.module(), version }))
        };
        let at = self.at.as_ref().map(version).transpose()?;
        let entry = |(entry, named): &(String, String)| Ok((entry.clone(), version(named)?));
        let map: Vec<_> = self.map.iter().map(entry).collect::<Result<_, CommandError>>()?;
        let tool = match self.from {
            From::Surrealkit => Tool::SurrealKit,
            From::SurrealdbMigrations => Tool::SurrealdbMigrations,
            From::Surql => Tool::Surql,
        };
        let mut adoption = Adoption::of(tool, module.clone()).unmanaged(Unmanaged::matching(&self.unmanaged));
        if self.accept_strangers {
            adoption = adoption.strangers(Strangers::Accepted);
        }
        if let Some(version) = at {
            adoption = adoption.at(version);
        }
        Ok(map.into_iter().fold(adoption, |adoption, (entry, version)| adoption.map(entry, version)))
    }
}
