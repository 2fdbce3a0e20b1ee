use clap::{Args, ValueEnum};
use migrate_core::UndoSafety;
use serde_json::json;

use super::ended::Ended;
use super::error::CommandError;
use super::selection::Selection;
use super::session::Session;
use super::table::wrapped;
use super::version_name::VersionName;
use crate::{Approval, Database, SchemaRepairError, SchemaRepairOptions, SchemaRepairPlan, Unmanaged};

/// Brings the schema of one database to what its ledger says, or to a version, and the ledger to the truth.
///
/// The plan is part of what is printed, and all of it with --plan: the very statements, and what they lose now. What loses something has to be
/// approved; without that nothing is done and it ends with 1. What the modules of the ledger do not define, and what is
/// unmanaged, is left as it is. With --to, a database whose history is unknown or wrong is brought to that version and
/// recorded as being there: no migration is run, so what they do to rows is not done.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  migrate repair-schema --ns acme --db eu --plan
  migrate repair-schema --ns acme --db eu --approve data-loss
  migrate repair-schema --ns acme --db eu --to app=7

Exit codes: 0 done, or nothing to do, 1 it failed or was refused, 2 usage, 3
--plan found something to do")]
pub struct RepairSchema {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// The version, or a tag of it, that a module is brought to and recorded at, whatever its ledger says; without a module,
    /// the only one.
    #[arg(long, value_name = "MODULE=VERSION")]
    to: Option<VersionName>,
    /// Prints the plan, and repairs nothing. It ends with 3 where there is something to do.
    #[arg(long)]
    plan: bool,
    /// What may be lost: the data in the tables and fields that go, or more than can be told beforehand.
    #[arg(long, value_name = "WHAT", value_enum)]
    approve: Option<Approved>,
    /// The same as `--approve data-loss`.
    #[arg(long, conflicts_with = "approve")]
    force: bool,
    /// Objects that match are left as they are, unless a module defines them: `audit_*`, `field user.legacy_*`.
    #[arg(long, value_name = "PATTERN")]
    unmanaged: Vec<String>,
}

/// What somebody agrees to lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Approved {
    /// The data in the tables and fields that go.
    DataLoss,
    /// More than can be told beforehand.
    Unsafe,
}

impl RepairSchema {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let options = self.options(&session)?;
        let context = session.select_one(self.selection.clone()).await?;
        let Session { migrator, database, .. } = &session;
        let plan = migrator.plan_schema_repair(*database, &context, &options).await.map_err(failed)?;
        if self.plan {
            session.print(&json!({ "plan": plan, "report": null }), || plan.to_string())?;
            return Ok(if plan.is_empty() { Ended::Done } else { Ended::Pending });
        }
        match migrator.repair_schema(*database, &plan, self.approval()).await {
            Ok(report) => {
                session.print(&json!({ "plan": plan, "report": report }), || format!("{plan}\n\n{report}"))?;
                Ok(Ended::Done)
            }
            Err(error @ SchemaRepairError::NotApproved { needs, .. }) => {
                let told = json!({ "kind": error.kind(), "message": error.to_string() });
                let json = json!({ "plan": plan, "report": null, "error": told });
                session.print(&json, || not_approved(&plan, needs))?;
                Ok(Ended::Failed)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn options<D>(&self, session: &Session<'_, D>) -> Result<SchemaRepairOptions, CommandError> {
        let options = SchemaRepairOptions::new().unmanaged(Unmanaged::matching(&self.unmanaged));
        let Some(to) = &self.to else { return Ok(options) };
        let (module, version) = to.resolve(session)?;
        Ok(options.to(module, version))
    }

    const fn approval(&self) -> Approval {
        match (self.approve, self.force) {
            (Some(Approved::Unsafe), _) => Approval::Unsafe,
            (Some(Approved::DataLoss), _) | (None, true) => Approval::DataLoss,
            (None, false) => Approval::None,
        }
    }
}

/// What was named and is not there is a mistake of the command line.
fn failed(error: SchemaRepairError) -> CommandError {
    match error {
        SchemaRepairError::NoSuchModule { .. } | SchemaRepairError::NoSuchVersion { .. } => {
            CommandError::Usage(error.to_string())
        }
        error => Box::new(error).into(),
    }
}

fn not_approved(plan: &SchemaRepairPlan, needs: UndoSafety) -> String {
    let approve = if needs == UndoSafety::Unsafe { "unsafe" } else { "data-loss" };
    let help = format!(
        "nothing was done: read the plan, make a snapshot or a backup of what goes, and say `--approve {approve}` if that is \
         what you want"
    );
    format!("{plan}\n\n{}", wrapped(&help))
}
