use clap::Args;

use super::each::Each;
use super::ended::Ended;
use super::error::CommandError;
use super::selection::Selection;
use super::session::Session;
use super::table::{table, wrapped};
use crate::context::Context;
use crate::{
    Database, Here, ListFilter, ListedMigration, ListedUndo, MigrationList, MigrationStatus, Presence, Refusal,
};

/// Lists the migrations of each database: where each stands, since when, and how it can be undone. Nothing is written.
///
/// What is stuck or failed is shown with the ways out. It ends with 1 where a database is refused, does not exist or
/// cannot be read.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  migrate list --ns acme --db eu
  migrate list --all-in tenants --state failed --state running

Exit codes: 0 done, 1 a database is refused, does not exist or cannot be read, 2
usage")]
pub struct List {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Only those that stand there: pending, applied, failed, running, started, `rolled_back`, and of phased ones `running_start`,
    /// `ready_to_complete`, `running_complete`, `running_rollback`; can be given several times.
    #[arg(long = "state", value_name = "STATE", value_parser = state)]
    states: Vec<MigrationStatus>,
    /// Only those of this module; can be given several times.
    #[arg(long = "module", value_name = "NAME")]
    modules: Vec<String>,
}

fn state(text: &str) -> Result<MigrationStatus, String> {
    match text.parse() {
        Ok(MigrationStatus::Recorded(crate::Status::Other(word))) => Err(format!(
            "there is no state {word:?}, only pending, applied, failed, running, started, rolled_back, running_start, \
                 ready_to_complete, running_complete and running_rollback"
        )),
        Ok(status) => Ok(status),
        Err(never) => match never {},
    }
}

impl List {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let mut filter = ListFilter::all();
        for module in self.modules {
            filter = filter.module(module);
        }
        for state in self.states {
            filter = filter.status(state);
        }
        let (session, filter) = (&session, &filter);
        let lists = Each::of(session, fleet, "ledgers read", async |context| {
            session.migrator.list(session.database, &context, filter).await
        });
        let lists = lists.await?;
        session.print(&lists, || shown(&lists))?;
        let is_amiss = |list: &MigrationList| list.presence == Presence::Absent || list.refusal.is_some();
        Ok(Ended::failed_if(lists.0.iter().any(|(_, list)| list.as_ref().map_or(true, is_amiss))))
    }
}

fn shown(lists: &Each<MigrationList, Refusal>) -> String {
    lists.0.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

fn one((context, list): &(Context, Result<MigrationList, Refusal>)) -> String {
    let list = match list {
        Ok(list) => list,
        Err(refusal) => return wrapped(&format!("{context}\nrefused    {refusal}")),
    };
    let absent = if list.presence == Presence::Absent { "   does not exist" } else { "" };
    let mut text = wrapped(&format!("{context}{absent}"));
    if let Some(refusal) = &list.refusal {
        text = format!("{text}\n{}", wrapped(&format!("refused    {refusal}")));
    }
    if list.migrations.is_empty() {
        return format!("{text}\nno such migrations");
    }
    let rows = table(&["migration", "state", "applied at", "by", "undo"], list.migrations.iter().map(row));
    text = format!("{text}\n{rows}");
    for listed in &list.migrations {
        if let Some(error) = &listed.error {
            let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
            text = format!("{text}\n{}", wrapped(&format!("error      {}{line}: {}", listed.file, error.message)));
        }
        if let Some(error) = &listed.undo_error {
            text = format!("{text}\n{}", wrapped(&format!("undo       of {}: {}", listed.file, error.message)));
        }
        for way in &listed.ways_out {
            text = format!("{text}\n{}", wrapped(&format!("way out    {way}")));
        }
    }
    text
}

fn row(listed: &ListedMigration) -> Vec<String> {
    let ListedMigration { module, version, name, status, .. } = listed;
    let here = match listed.here {
        Here::Wanted => "",
        Here::BehindTarget => " (behind the target)",
        Here::Unknown => " (not in this binary)",
    };
    let breaking = if listed.breaking { " (breaking)" } else { "" };
    let undo = match &listed.undo {
        ListedUndo::Derived { safety } | ListedUndo::Explicit { safety } | ListedUndo::Recorded { safety } => {
            safety.to_string()
        }
        ListedUndo::None { .. } => "none".to_owned(),
    };
    // To the second: the rest is in the JSON form.
    let at = listed.applied_at.as_deref().unwrap_or_default().chars().take("2026-01-01T00:00:00".len()).collect();
    let by = listed.applied_by.as_ref().map_or_else(String::new, |by| by.binary.clone());
    vec![format!("{module} V{version}__{name}{breaking}"), format!("{status}{here}"), at, by, undo]
}
