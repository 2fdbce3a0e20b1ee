use std::fs::File;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;

use super::each::Each;
use super::ended::Ended;
use super::error::CommandError;
use super::selection::Selection;
use super::session::Session;
use super::table::{table, wrapped};
use crate::context::Context;
use crate::{Database, Keep, Pruned, SnapshotError, SnapshotId, StoredSnapshot};

/// Keeps what the schema of each database was: takes, lists, shows, exports and prunes snapshots.
///
/// A snapshot holds every definition in the words of the database, the versions of the ledger and a checksum. It is stored in
/// the database that it is of, in the table `_schema_snapshot`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  migrate snapshot take --all-in tenants
  migrate snapshot list --ns acme --db eu
  migrate snapshot export eu.json --ns acme --db eu
  migrate snapshot prune --all-in tenants --keep 20

Exit codes: 0 done, 1 it failed, or a database could not be read or does not
exist, 2 usage")]
pub struct Snapshot {
    #[command(subcommand)]
    command: SnapshotCommand,
}

/// What is done with snapshots.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
#[allow(missing_docs, reason = "a doc comment here would take the place of the type's, and of all but its first line")]
pub enum SnapshotCommand {
    Take(TakeSnapshot),
    List(ListSnapshots),
    Show(ShowSnapshot),
    Export(ExportSnapshot),
    Prune(PruneSnapshots),
}

/// Stores a snapshot of the schema that each database has now, in that database.
///
/// It ends with 1 where one could not be stored; a database that does not exist is not created.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Example:
  migrate snapshot take --all-in tenants

Exit codes: 0 stored in each, 1 one could not be stored or a database does not
exist, 2 usage")]
pub struct TakeSnapshot {
    #[command(flatten)]
    selection: Selection,
}

/// Lists the stored snapshots of each database, the newest first. Nothing is written.
///
/// It ends with 1 where a database could not be read or does not exist.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Example:
  migrate snapshot list --ns acme --db eu -n 5

Exit codes: 0 done, 1 a database could not be read or does not exist, 2 usage")]
pub struct ListSnapshots {
    #[command(flatten)]
    selection: Selection,
    /// So many of each database, the newest ones.
    #[arg(long, short = 'n', value_name = "COUNT", default_value = "20")]
    last: NonZeroUsize,
}

/// Shows a stored snapshot of one database, the newest unless told which. Nothing is written.
///
/// It is told when it was taken, of which versions, and every definition as the database had it. Keys and passwords are
/// `[REDACTED]`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Example:
  migrate snapshot show --ns acme --db eu

Exit codes: 0 done, 1 there is none, or it could not be read, 2 usage")]
pub struct ShowSnapshot {
    #[command(flatten)]
    selection: Selection,
    /// Its id, as `snapshot list` shows it.
    #[arg(value_name = "ID")]
    id: Option<SnapshotId>,
}

/// Writes a snapshot of one database to a file: of now, unless a stored one is named. The database is left as it is.
///
/// The file is the one that `compare file:FILE` reads. It must not exist.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Example:
  migrate snapshot export eu.json --ns acme --db eu

Exit codes: 0 written, 1 the file is there already, or a schema could not be
read, 2 usage")]
pub struct ExportSnapshot {
    #[command(flatten)]
    selection: Selection,
    /// The file. It must not exist.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The stored snapshot of this id, as `snapshot list` shows it.
    #[arg(long, value_name = "ID")]
    id: Option<SnapshotId>,
}

/// Removes stored snapshots of each database that are not to be kept. The newest one always is.
///
/// It ends with 1 where a database could not be written to or does not exist.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("kept").required(true))]
#[command(after_long_help = "\
Examples:
  migrate snapshot prune --all-in tenants --keep 20
  migrate snapshot prune --ns acme --db eu --days 90

Exit codes: 0 done, 1 a database could not be written to or does not exist, 2
usage")]
pub struct PruneSnapshots {
    #[command(flatten)]
    selection: Selection,
    /// Keeps so many, the newest ones.
    #[arg(long, value_name = "COUNT", group = "kept")]
    keep: Option<NonZeroUsize>,
    /// Keeps those that are not older than so many days, by the server's clock.
    #[arg(long, value_name = "DAYS", group = "kept")]
    days: Option<u16>,
}

impl Snapshot {
    /// The contexts that it is about.
    pub(super) const fn selection(&self) -> &Selection {
        match &self.command {
            SnapshotCommand::Take(command) => &command.selection,
            SnapshotCommand::List(command) => &command.selection,
            SnapshotCommand::Show(command) => &command.selection,
            SnapshotCommand::Export(command) => &command.selection,
            SnapshotCommand::Prune(command) => &command.selection,
        }
    }

    pub(super) async fn run<D: Database>(self, session: Session<'_, D>) -> Result<Ended, CommandError> {
        match self.command {
            SnapshotCommand::Take(command) => command.run(session).await,
            SnapshotCommand::List(command) => command.run(session).await,
            SnapshotCommand::Show(command) => command.run(session).await,
            SnapshotCommand::Export(command) => command.run(session).await,
            SnapshotCommand::Prune(command) => command.run(session).await,
        }
    }
}

impl TakeSnapshot {
    async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let session = &session;
        let taken = Each::of(session, fleet, "snapshots taken", async |context| {
            session.migrator.take_snapshot(session.database, &context).await
        });
        let taken = taken.await?;
        session.print(&taken, || listed(&taken, |snapshot| vec![row(snapshot)]))?;
        Ok(taken.ended())
    }
}

impl ListSnapshots {
    async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let session = &session;
        let stored = Each::of(session, fleet, "contexts read", async |context| {
            session.migrator.list_snapshots(session.database, &context, self.last.get(), None).await
        });
        let stored = stored.await?;
        session.print(&stored, || listed(&stored, |snapshots| snapshots.iter().map(row).collect()))?;
        Ok(stored.ended())
    }
}

impl ShowSnapshot {
    async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let context = session.select_one(self.selection).await?;
        let snapshot = match &self.id {
            Some(id) => stored(&session, &context, id).await?,
            None => newest(&session, &context).await?,
        };
        session.print(&snapshot, || {
            let definitions = snapshot.catalog().iter().map(|(_, definition)| format!("\n{definition};"));
            format!("-- {snapshot}{}", definitions.collect::<String>())
        })?;
        Ok(Ended::Done)
    }
}

impl ExportSnapshot {
    async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let context = session.select_one(self.selection).await?;
        let snapshot = match &self.id {
            Some(id) => stored(&session, &context, id).await?,
            None => session.migrator.snapshot(session.database, &context).await?,
        };
        let written = File::create_new(&self.file).and_then(|mut file| {
            writeln!(file, "{}", snapshot.to_json())?;
            file.sync_all()
        });
        written.map_err(|source| CommandError::File { path: self.file.clone(), source })?;
        let json = json!({ "file": self.file, "checksum": snapshot.checksum().to_string() });
        session.print(&json, || format!("{snapshot}\nwritten to {}", self.file.display()))?;
        Ok(Ended::Done)
    }
}

impl PruneSnapshots {
    async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        const DAY: Duration = Duration::from_hours(24);
        let keep = match (self.keep, self.days) {
            (Some(count), _) => Keep::Newest(count.get()),
            (None, Some(days)) => Keep::NewerThan(DAY * u32::from(days)),
            (None, None) => {
                return Err(CommandError::Usage("say what to keep: `--keep COUNT` or `--days DAYS`".to_owned()));
            }
        };
        let fleet = session.select(self.selection)?;
        let session = &session;
        let pruned = Each::of(session, fleet, "contexts pruned", async |context| {
            session.migrator.prune_snapshots(session.database, &context, keep).await
        });
        let pruned: Each<Pruned, _> = pruned.await?;
        session.print(&pruned, || {
            let line = |(context, pruned): &(Context, Result<Pruned, SnapshotError>)| match pruned {
                Ok(pruned) => wrapped(&format!("{context}   {pruned}")),
                Err(error) => wrapped(&format!("refused    {context}   {error}")),
            };
            pruned.0.iter().map(line).collect::<Vec<_>>().join("\n")
        })?;
        Ok(pruned.ended())
    }
}

/// A stored snapshot.
pub(super) async fn stored<D: Database>(
    session: &Session<'_, D>,
    context: &Context,
    id: &SnapshotId,
) -> Result<crate::Snapshot, CommandError> {
    Ok(session.migrator.load_snapshot(session.database, context, id).await?)
}

/// The newest stored snapshot.
pub(super) async fn newest<D: Database>(
    session: &Session<'_, D>,
    context: &Context,
) -> Result<crate::Snapshot, CommandError> {
    let newest = session.migrator.newest_snapshot(session.database, context).await?;
    newest.ok_or_else(|| CommandError::NoSnapshot(context.clone()))
}

fn listed<T>(each: &Each<T, SnapshotError>, rows: impl Fn(&T) -> Vec<[String; 4]>) -> String {
    let mut all = Vec::new();
    for (context, one) in &each.0 {
        let with_context = |row: [String; 4]| [vec![context.to_string()], row.to_vec()].concat();
        let told = |text: String| with_context([text, String::new(), String::new(), String::new()]);
        match one.as_ref().map(&rows) {
            Ok(rows) if rows.is_empty() => all.push(told("none is stored".to_owned())),
            Ok(rows) => all.extend(rows.into_iter().map(with_context)),
            Err(error) => all.push(told(error.to_string())),
        }
    }
    table(&["context", "snapshot", "taken at", "modules", "after"], all)
}

fn row(snapshot: &StoredSnapshot) -> [String; 4] {
    let modules: Vec<_> = snapshot.modules.iter().map(|(module, head)| format!("{module} V{}", head.version)).collect();
    let after = match &snapshot.after {
        Some((module, version)) => format!("{module} V{version}"),
        None => "on request".to_owned(),
    };
    // To the second: the rest is in the JSON form.
    let at = snapshot.taken_at.chars().take("2026-01-01T00:00:00".len()).collect();
    [snapshot.id.to_string(), at, modules.join(", "), after]
}
