use std::collections::BTreeSet;

use clap::Args;

use super::ended::Ended;
use super::error::CommandError;
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use super::table::{plural, table, wrapped};
use crate::fleet_status::{ContextState, ContextStatus, FleetStatus, ModuleStatus};
use crate::verification::IndexFinding;
use crate::{Database, Evidence};

/// Says where each database stands. Nothing is written.
///
/// It ends with 3 where migrations are pending, and with 1 where a database is refused or does not exist.
#[derive(Clone, Debug, Default, Args)]
#[command(after_long_help = "\
Examples:
  migrate status --all-in tenants
  migrate status --ns acme --db eu --db us --format json
  migrate status --registry 'SELECT * FROM tenant' --in ops/system

Exit codes: 0 everything is up to date, 1 a database is refused or does not
exist, 2 usage, 3 migrations are pending")]
pub struct Status {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Reads every ledger, also of those that the fleet index confirms, and says where the index is wrong.
    #[arg(long)]
    verify: bool,
}

impl Status {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let progress = Progress::reading(session.presentation, "ledgers read");
        session.migrator = progress.watch(session.migrator);
        let evidence = if self.verify { Evidence::Ledger } else { Evidence::Index };
        let status = progress.during(session.migrator.fleet_status(session.database, fleet, evidence)).await?;
        session.print(&status, || shown(&status))?;
        let has = |word| status.count(word) > 0;
        Ok(match (has("refused") || has("absent"), has("pending") || status.wrong_in_index() > 0) {
            (true, _) => Ended::Failed,
            (false, true) => Ended::Pending,
            (false, false) => Ended::Done,
        })
    }
}

fn shown(status: &FleetStatus) -> String {
    let mut lines = vec![summary(status)];
    if !status.contexts.is_empty() {
        lines.push(String::new());
        let row = |one: &ContextStatus| {
            let modules: Vec<_> = one.modules.iter().map(versions).collect();
            let modules = if matches!(one.state, ContextState::Absent) { String::new() } else { modules.join(", ") };
            vec![one.context.to_string(), modules, format!("{}{}", one.state, index(one.index))]
        };
        lines.push(table(&["context", "modules", "state"], status.contexts.iter().map(row)));
    }
    for one in &status.contexts {
        lines.extend(one.failed_undos.iter().map(|undo| wrapped(&format!("undo       {}: {undo}", one.context))));
    }
    if let Some(help) = help(status) {
        lines.extend([String::new(), wrapped(&help)]);
    }
    lines.join("\n")
}

fn summary(status: &FleetStatus) -> String {
    let words = [("up_to_date", "up to date"), ("pending", "pending"), ("ahead", "ahead")];
    let words = words.into_iter().chain([("refused", "refused"), ("absent", "absent")]);
    let parts = words.filter_map(|(word, shown)| {
        let count = status.count(word);
        (count > 0).then(|| format!("{count} {shown}"))
    });
    let parts: Vec<_> = parts.collect();
    let all = plural(status.contexts.len(), "context");
    if parts.is_empty() { all } else { format!("{all}: {}", parts.join(", ")) }
}

/// `app V3 of V5`, where both are known and differ.
fn versions(module: &ModuleStatus) -> String {
    let ModuleStatus { module, recorded, known } = module;
    match (recorded, known) {
        (Some(recorded), Some(known)) if recorded == known => format!("{module} V{recorded}"),
        (Some(recorded), Some(known)) if recorded < known => format!("{module} V{recorded} of V{known}"),
        (Some(recorded), Some(known)) => format!("{module} V{recorded}, here V{known}"),
        (Some(recorded), None) => format!("{module} V{recorded}, not in this binary"),
        (None, Some(known)) => format!("{module} none of V{known}"),
        (None, None) => format!("{module} empty"),
    }
}

const fn index(finding: IndexFinding) -> &'static str {
    match finding {
        IndexFinding::NotAsked | IndexFinding::Right => "",
        IndexFinding::Wrong { .. } => " (the index says: up to date)",
        IndexFinding::Behind { .. } => " (the index says: not up to date)",
        IndexFinding::Missing { .. } => " (the index does not know it)",
    }
}

fn help(status: &FleetStatus) -> Option<String> {
    let found: BTreeSet<_> = status.contexts.iter().map(|one| one.state.word()).collect();
    let mut helps = Vec::new();
    if found.contains("pending") {
        helps.push("`up` applies what is pending; `up --dry-run` lists it");
    }
    if status.contexts.iter().any(|one| !one.failed_undos.is_empty()) {
        helps.push("`list` tells the ways out of an undo that failed");
    }
    if found.contains("absent") {
        helps.push(
            "see whether the names of what does not exist are right: `up` creates what is named by `--ns` and `--db`",
        );
    }
    if status.wrong_in_index() > 0 {
        helps.push("`up --verify` puts the index right");
    }
    if status.index_is_usable == Some(false) {
        helps.push("the fleet index is not there yet or cannot be read, so the ledgers were");
    }
    (!helps.is_empty()).then(|| format!("help:      {}", helps.join("; ")))
}
