use clap::Args;
use serde_json::json;

use super::ended::Ended;
use super::error::CommandError;
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use super::table::table;
use crate::{Database, LeaseState, Reading, Unfinished};

/// Shows who is at a stepwise migration, since when, and how far it is. Nothing is written.
///
/// A lease that has lapsed is taken by whoever starts next; there is nothing to be removed by hand. It ends with 1 where
/// a database could not be read or does not exist.
#[derive(Clone, Debug, Default, Args)]
#[command(after_long_help = "\
Example:
  migrate lease --all-in tenants

Exit codes: 0 done, 1 a database could not be read or does not exist, 2 usage")]
pub struct Lease {
    #[command(flatten)]
    pub(super) selection: Selection,
}

impl Lease {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let progress = Progress::reading(session.presentation, "contexts read");
        session.migrator = progress.watch(session.migrator);
        let leases = progress.during(session.migrator.leases(session.database, fleet)).await?;
        session.print(&json!({ "contexts": leases }), || shown(&leases))?;
        Ok(Ended::failed_if(leases.iter().any(|lease| lease.found.is_err())))
    }
}

fn shown(leases: &[Reading<crate::Lease>]) -> String {
    let rows = leases.iter().map(|Reading { context, found }| match found {
        Ok(lease) => vec![context.to_string(), state(lease), holder(lease), at(&lease.at)],
        Err(error) => vec![context.to_string(), error.to_string(), String::new(), String::new()],
    });
    table(&["context", "lease", "holder", "unfinished"], rows)
}

fn state(lease: &crate::Lease) -> String {
    let text = |time: &Option<String>| time.clone().unwrap_or_else(|| "?".to_owned());
    match lease.state {
        LeaseState::Held => {
            format!("held since {}, until {} unless renewed", text(&lease.since), text(&lease.expires_at))
        }
        LeaseState::Lapsed => format!("lapsed at {}: whoever starts next goes on", text(&lease.expires_at)),
        LeaseState::Free => "free".to_owned(),
    }
}

fn holder(lease: &crate::Lease) -> String {
    match (&lease.holder, lease.state) {
        (None, _) => String::new(),
        (Some(holder), LeaseState::Free) => format!("last {holder}"),
        (Some(holder), _) => holder.to_string(),
    }
}

fn at(unfinished: &[Unfinished]) -> String {
    let one = |one: &Unfinished| {
        let Unfinished { module, version, name, status, done, of } = one;
        format!("{module} V{version}__{name}: {status}, {done} of {of} statements")
    };
    unfinished.iter().map(one).collect::<Vec<_>>().join("\n")
}
