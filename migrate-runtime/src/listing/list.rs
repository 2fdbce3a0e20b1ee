use std::fmt;

use serde::Serialize;

use super::entry::{Here, ListedMigration, ListedUndo};
use super::state::{ModuleState, StatusCounts};
use crate::context::Context;
use crate::refusal::Refusal;

/// The migrations of one context: what this binary has, and what the ledger knows.
///
/// `Display` is for a person: a line per migration. As JSON it is one object: `namespace`, `database`, `presence`,
/// `modules`, `counts`, `refusal` and `migrations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MigrationList {
    /// The context.
    #[serde(flatten)]
    pub context: Context,
    /// Whether the context exists.
    pub presence: Presence,
    /// Where each module stands, whatever the filter.
    pub modules: Vec<ModuleState>,
    /// How many migrations stand where, whatever the filter.
    pub counts: StatusCounts,
    /// Why the migrator would refuse the context, where it would.
    pub refusal: Option<Refusal>,
    /// The migrations that pass the filter: in the order of the migrator's modules, each from its first version on, and
    /// behind them those of modules that it does not have.
    pub migrations: Vec<ListedMigration>,
}

/// Whether a context exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It does.
    Present,
    /// It does not: everything is pending.
    Absent,
}

/// Columns of the text form, of which each is as wide as its widest cell.
const COLUMNS: usize = 8;

impl fmt::Display for MigrationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.context)?;
        if self.presence == Presence::Absent {
            f.write_str("   does not exist")?;
        }
        for ModuleState { module, current, target, .. } in &self.modules {
            match current {
                Some(current) => write!(f, "   {module} V{current}")?,
                None => write!(f, "   {module} at nothing")?,
            }
            if let Some(target) = target.filter(|target| current.is_none_or(|current| current < *target)) {
                write!(f, " of V{target}")?;
            }
        }
        if let Some(refusal) = &self.refusal {
            write!(f, "\nrefused    {refusal}")?;
        }
        let head = ["module", "version", "status", "statements", "applied at", "took", "by", "undo"].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(head).chain(self.migrations.iter().map(cells)).collect();
        let widths: [usize; COLUMNS] =
            std::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
        for (at, row) in rows.iter().enumerate() {
            let line: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            write!(f, "\n{}", line.join("  ").trim_end())?;
            let Some(listed) = at.checked_sub(1).and_then(|at| self.migrations.get(at)) else { continue };
            if let Some(error) = &listed.error {
                let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
                write!(f, "\n    {}{line}: {}", listed.file, error.message)?;
            }
            if let Some(error) = &listed.undo_error {
                write!(f, "\n    its undo: {}", error.message)?;
            }
            for way in &listed.ways_out {
                write!(f, "\n    way out: {way}")?;
            }
        }
        Ok(())
    }
}

fn cells(listed: &ListedMigration) -> [String; COLUMNS] {
    let none = || "-".to_owned();
    let status = match listed.here {
        Here::Wanted => listed.status.to_string(),
        Here::BehindTarget => format!("{} (behind the target)", listed.status),
        Here::Unknown => format!("{} (not in this binary)", listed.status),
    };
    let undo = match &listed.undo {
        ListedUndo::Derived { safety } | ListedUndo::Explicit { safety } | ListedUndo::Recorded { safety } => {
            safety.to_string()
        }
        ListedUndo::None { .. } => "none".to_owned(),
    };
    let breaking = if listed.breaking { " (breaking)" } else { "" };
    [
        listed.module.clone(),
        format!("V{}__{}{breaking}", listed.version, listed.name),
        status,
        listed.statements.to_string(),
        // To the second: the rest is in the JSON form.
        listed.applied_at.as_deref().map_or_else(none, |at| at.chars().take("2026-01-01T00:00:00".len()).collect()),
        listed.duration.map_or_else(none, |duration| format!("{duration:.1?}")),
        listed.applied_by.as_ref().map_or_else(none, |by| match &by.version {
            Some(version) => format!("{} {version}", by.binary),
            None => by.binary.clone(),
        }),
        undo,
    ]
}
