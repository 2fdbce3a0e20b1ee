use std::path::PathBuf;

use migrate_core::UndoSafety;
use serde::Serialize;

/// What somebody has agreed to lose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Nothing.
    #[default]
    None,
    /// The data in the tables and fields that go.
    DataLoss,
    /// More than can be told beforehand.
    Unsafe,
}

impl Approval {
    /// Whether it is enough for this.
    pub const fn covers(self, safety: UndoSafety) -> bool {
        match safety {
            UndoSafety::Safe => true,
            UndoSafety::DataLoss => matches!(self, Self::DataLoss | Self::Unsafe),
            UndoSafety::Unsafe => matches!(self, Self::Unsafe),
        }
    }
}

/// What becomes of the values in a field that goes while its table stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Leftovers {
    /// They are taken out of the rows, in the transaction that takes the field away. Otherwise the database would refuse every
    /// later write to such a row of a `SCHEMAFULL` table.
    #[default]
    Cleared,
    /// They stay in the rows, and are there again when the field is.
    Kept,
}

/// Which undo texts may be run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoTexts {
    /// Those of down files, those that the build derived, and those that the ledger keeps.
    #[default]
    All,
    /// Those of down files that this binary holds, and no others.
    DownFiles,
}

/// How a plan is carried out.
///
/// ```
/// # use migrate_runtime::{Approval, UndoOptions};
/// let options = UndoOptions::new().approve(Approval::DataLoss).export("/var/backups/eu-7-before-undo");
/// ```
#[derive(Clone, Debug, Default)]
pub struct UndoOptions {
    pub(super) approval: Approval,
    pub(super) leftovers: Leftovers,
    pub(super) texts: UndoTexts,
    pub(super) export: Option<PathBuf>,
}

impl UndoOptions {
    /// Loses nothing, runs every text and exports nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What may be lost.
    #[must_use]
    pub const fn approve(mut self, approval: Approval) -> Self {
        self.approval = approval;
        self
    }

    /// What becomes of values in fields that go.
    #[must_use]
    pub const fn leftovers(mut self, leftovers: Leftovers) -> Self {
        self.leftovers = leftovers;
        self
    }

    /// Which texts may be run.
    #[must_use]
    pub const fn texts(mut self, texts: UndoTexts) -> Self {
        self.texts = texts;
        self
    }

    /// Writes the rows and values that go into this directory before anything is undone. It must not exist, or be empty.
    #[must_use]
    pub fn export(mut self, directory: impl Into<PathBuf>) -> Self {
        self.export = Some(directory.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_agrees_to_more_than_was_said() {
        use UndoSafety::{DataLoss, Safe, Unsafe};
        let covered = |approval: Approval| [Safe, DataLoss, Unsafe].map(|safety| approval.covers(safety));
        assert_eq!(covered(Approval::None), [true, false, false]);
        assert_eq!(covered(Approval::DataLoss), [true, true, false]);
        assert_eq!(covered(Approval::Unsafe), [true, true, true]);
    }
}
