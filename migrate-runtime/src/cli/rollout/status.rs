use clap::Args;
use serde_json::json;

use crate::cli::ended::Ended;
use crate::cli::error::CommandError;
use crate::cli::progress::Progress;
use crate::cli::replicas_in::ReplicasIn;
use crate::cli::selection::Selection;
use crate::cli::session::Session;
use crate::cli::table::{table, wrapped};
use crate::cli::version_name::VersionName;
use crate::{Database, PhasedStatus, Reading, RolloutStatus};

/// Which phased migrations are looked at, and where.
#[derive(Clone, Debug, Args)]
pub struct RolloutStatusOf {
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    pub(super) replicas_in: ReplicasIn,
    /// Which one: `MODULE=VERSION`, or its version in the only module. All of them unless given.
    #[arg(value_name = "MODULE=VERSION")]
    migration: Option<VersionName>,
}

impl RolloutStatusOf {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let progress = Progress::reading(session.presentation, "ledgers read");
        session.migrator = progress.watch(session.migrator);
        let Session { migrator, database, .. } = &session;
        let all = if let Some(migration) = &self.migration {
            let (module, version) = migration.resolve(&session)?;
            let status = progress.during(migrator.rollout_status(*database, fleet, &module, version)).await;
            let status = status?;
            session.print(&status, || one_shown(&status))?;
            vec![status]
        } else {
            let all = progress.during(migrator.rollout_statuses(*database, fleet)).await?;
            session.print(&json!({ "rollouts": all }), || all_shown(&all))?;
            all
        };
        Ok(match (all.iter().any(|one| one.unread() > 0), all.iter().all(RolloutStatus::is_completed)) {
            (true, _) => Ended::Failed,
            (false, false) => Ended::Pending,
            (false, true) => Ended::Done,
        })
    }
}

fn one_shown(status: &RolloutStatus) -> String {
    let one = |one: &Reading<PhasedStatus>| match &one.found {
        Ok(status) => wrapped(&format!("{}   {}", one.context, with_moves(status))),
        Err(error) => wrapped(&error.to_string()),
    };
    let contexts: Vec<_> = status.contexts.iter().map(one).collect();
    format!("{status}\n\n{}", contexts.join("\n"))
}

fn all_shown(all: &[RolloutStatus]) -> String {
    if all.is_empty() {
        return "no migration is a phased one".to_owned();
    }
    let rows = all.iter().flat_map(|one| {
        let name = format!("{} V{}__{}", one.module, one.version, one.name);
        let paused = if one.pause.is_some() { "paused" } else { "" };
        let unread = (one.unread() > 0).then(|| ("could not be read".to_owned(), String::new(), one.unread()));
        let states = one.states().into_iter();
        let states = states.map(|count| (count.state.to_string(), count.step.unwrap_or_default(), count.contexts));
        states.chain(unread).map(move |(state, step, contexts)| {
            vec![name.clone(), state, step, contexts.to_string(), paused.to_owned()]
        })
    });
    table(&["migration", "state", "next step", "contexts", ""], rows)
}

fn with_moves(status: &PhasedStatus) -> String {
    let moves: Vec<_> = status.legal.iter().map(|one| format!("`{one}`")).collect();
    let moves = if moves.is_empty() { String::new() } else { format!("; possible: {}", moves.join(", ")) };
    format!("{status}{moves}")
}
