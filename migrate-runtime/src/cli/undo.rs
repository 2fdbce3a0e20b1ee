use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use migrate_core::UndoSafety;
use serde_json::json;

use super::ended::Ended;
use super::error::CommandError;
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use super::table::{wrapped, wrapped_but};
use super::version_name::VersionName;
use crate::{Approval, Database, Leftovers, UndoError, UndoOptions, UndoPlan, UndoTarget, UndoTexts};

/// Undoes migrations of one database, the latest first, each in one transaction with its ledger row.
///
/// The plan is part of what is printed, and all of it with --plan: which migrations go, in which order, by which statements, and how much data
/// goes with them now. What loses data has to be approved; without that, nothing is undone and it ends with 1. Replace
/// the replicas that hold these migrations first: each applies them again when it starts.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("undo_target").required(true))]
#[command(after_long_help = "\
Examples:
  migrate undo --ns acme --db eu --to app=6 --plan
  migrate undo --ns acme --db eu --last 1 --approve data-loss --export old

Exit codes: 0 undone, or planned, 1 not approved, or not all was undone, 2 usage")]
pub struct Undo {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// This version stays, and everything later in its module is undone, with what requires that; without a module, in
    /// the only one.
    #[arg(long, value_name = "MODULE=VERSION", group = "undo_target")]
    to: Option<VersionName>,
    /// The last migrations of all modules are undone, so many.
    #[arg(long, value_name = "COUNT", group = "undo_target")]
    last: Option<NonZeroUsize>,
    /// Everything of this module is undone, with what requires it.
    #[arg(long, value_name = "MODULE", group = "undo_target")]
    all_of: Option<String>,
    /// Prints the plan, and undoes nothing.
    #[arg(long)]
    plan: bool,
    /// What may be lost: the data in the tables and fields that go, or more than can be told beforehand.
    #[arg(long, value_name = "WHAT", value_enum)]
    approve: Option<Approved>,
    /// Writes the rows and values that go into this directory first; `restore` puts them back. It must be empty or not
    /// exist.
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "plan")]
    export: Option<PathBuf>,
    /// Runs no other texts than those of down files that this program holds.
    #[arg(long, conflicts_with = "plan")]
    down_files_only: bool,
    /// Leaves the values of fields that go in the rows. A SCHEMAFULL table takes no write to such a row any more.
    #[arg(long, conflicts_with = "plan")]
    keep_values: bool,
}

/// What somebody agrees to lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Approved {
    /// The data in the tables and fields that go.
    DataLoss,
    /// More than can be told beforehand.
    Unsafe,
}

impl Undo {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let target = self.target(&session)?;
        let progress = Progress::undoing(session.presentation);
        session.migrator = progress.watch(session.migrator);
        let context = session.select_one(self.selection.clone()).await?;
        let Session { migrator, database, .. } = &session;
        let plan = migrator.plan_undo(*database, &context, target).await.map_err(Box::new)?;
        if self.plan {
            session.print(&json!({ "plan": plan, "report": null }), || shown(&plan))?;
            return Ok(Ended::Done);
        }
        progress.expect(plan.steps().len());
        match progress.during(migrator.undo(*database, &plan, &self.options())).await {
            Ok(report) => {
                session.print(&json!({ "plan": plan, "report": report }), || {
                    format!("{}\n\n{}", shown(&plan), wrapped(&report.to_string()))
                })?;
                Ok(Ended::Done)
            }
            Err(error @ UndoError::NotApproved { needs, .. }) => {
                let told = json!({ "kind": error.kind(), "message": error.to_string() });
                let json = json!({ "plan": plan, "report": null, "error": told });
                session.print(&json, || not_approved(&plan, needs))?;
                Ok(Ended::Failed)
            }
            Err(error) => Err(Box::new(error).into()),
        }
    }

    fn target<D>(&self, session: &Session<'_, D>) -> Result<UndoTarget, CommandError> {
        Ok(match (&self.to, self.last, &self.all_of) {
            (Some(named), ..) => {
                let (module, version) = named.resolve(session)?;
                UndoTarget::version(module, version)
            }
            (None, Some(migrations), _) => UndoTarget::last(migrations),
            (None, None, Some(module)) => UndoTarget::module(module),
            (None, None, None) => {
                let why = "say how far to go back: `--to MODULE=VERSION`, `--last COUNT` or `--all-of MODULE`";
                return Err(CommandError::Usage(why.to_owned()));
            }
        })
    }

    fn options(&self) -> UndoOptions {
        let mut options = UndoOptions::new();
        options = match self.approve {
            None => options,
            Some(Approved::DataLoss) => options.approve(Approval::DataLoss),
            Some(Approved::Unsafe) => options.approve(Approval::Unsafe),
        };
        if self.down_files_only {
            options = options.texts(UndoTexts::DownFiles);
        }
        if self.keep_values {
            options = options.leftovers(Leftovers::Kept);
        }
        match &self.export {
            Some(directory) => options.export(directory),
            None => options,
        }
    }
}

/// The texts are there to be copied.
fn shown(plan: &UndoPlan) -> String {
    wrapped_but(&plan.to_string(), |line| line.trim_start().starts_with('|'))
}

fn not_approved(plan: &UndoPlan, needs: UndoSafety) -> String {
    let approve = if needs == UndoSafety::Unsafe { "unsafe" } else { "data-loss" };
    let help = format!(
        "nothing was undone: read the plan, and say `--approve {approve}` if that is what you want; `--export DIRECTORY` \
         keeps what goes, where that is known"
    );
    format!("{}\n\n{}", shown(plan), wrapped(&help))
}
