use std::fmt;

use migrate_core::{Object, Version};
use serde::{Serialize, Serializer};

use crate::plan::Step;
use crate::refusal::number;

/// One thing that a validation found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ValidationFinding {
    /// In which phase.
    pub phase: ValidationPhase,
    /// Whether the migration can be applied all the same.
    pub severity: FindingSeverity,
    /// What kind of thing it is.
    pub code: FindingCode,
    /// The module of the migration.
    pub module: String,
    /// The version of the migration.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// The file of the migration.
    pub file: String,
    /// The line of the statement, counted from 1, where one is meant.
    pub line: Option<u32>,
    /// The object that it is about.
    #[serde(serialize_with = "optional_text")]
    pub object: Option<Object>,
    /// What was found, in one sentence.
    pub message: String,
    /// What can be done about it.
    pub remedy: String,
    /// The rows that are in the way, where it is rows.
    pub rows: Option<OffendingRows>,
}

/// Rows that are in the way of a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OffendingRows {
    /// How many there are.
    pub count: RowCount,
    /// The record ids of some of them.
    pub examples: Vec<String>,
}

/// How many rows there are, counted as far as it was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "counted", content = "rows", rename_all = "snake_case")]
pub enum RowCount {
    /// So many.
    Exactly(u64),
    /// So many, and perhaps more.
    AtLeast(u64),
}

impl RowCount {
    /// The number that was counted.
    pub const fn counted(self) -> u64 {
        match self {
            Self::Exactly(rows) | Self::AtLeast(rows) => rows,
        }
    }
}

impl fmt::Display for RowCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(1) => f.write_str("1 row"),
            Self::Exactly(rows) => write!(f, "{rows} rows"),
            Self::AtLeast(rows) => write!(f, "{rows} rows or more"),
        }
    }
}

/// The phases of a validation, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidationPhase {
    /// Whether the server reads the texts as the build did.
    Syntax,
    /// Whether the schema is the one that the migrations go on from.
    Semantics,
    /// Whether the rows allow them.
    Constraints,
    /// What they cost.
    Performance,
    /// Whether they can be undone.
    Reversibility,
}

impl fmt::Display for ValidationPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "syntax",
            Self::Semantics => "semantics",
            Self::Constraints => "constraints",
            Self::Performance => "performance",
            Self::Reversibility => "reversibility",
        })
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingSeverity {
    /// A person should know, and may decide that it is fine.
    Warning,
    /// The migration would fail, or breaks a policy.
    Error,
}

/// What kind of thing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingCode {
    /// The server is of another version than the one whose parser checked the text.
    ServerVersion,
    /// The server does not read the text.
    Unparsed,
    /// What is to be defined is there already, with that very definition.
    AlreadyDefined,
    /// What is to be defined is there already, with another definition.
    DefinedOtherwise,
    /// What is to be changed or removed is not there.
    Missing,
    /// What is to be changed or removed has another definition than it should have.
    Different,
    /// A statement failed when it was tried.
    Fails,
    /// Something ended the transaction before its end.
    EndsEarly,
    /// It was not done when its time was up.
    TimedOut,
    /// It could not be tried, so nothing is known of what it would meet.
    NotTried,
    /// Rows hold equal values where a unique index refuses them.
    DuplicateValues,
    /// Rows hold, or lack, what the definition of a field refuses.
    RefusedValues,
    /// There are many statements.
    ManyStatements,
    /// An index is built over many rows.
    IndexBuild,
    /// Every row of a large table is written in one transaction.
    TableRewrite,
    /// It takes long.
    Slow,
    /// It cannot be undone.
    Irreversible,
    /// Undoing it loses data.
    LossyUndo,
    /// It has no down file, and the policy asks for one.
    NoExplicitUndo,
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerVersion => "server_version",
            Self::Unparsed => "unparsed",
            Self::AlreadyDefined => "already_defined",
            Self::DefinedOtherwise => "defined_otherwise",
            Self::Missing => "missing",
            Self::Different => "different",
            Self::Fails => "fails",
            Self::EndsEarly => "ends_early",
            Self::TimedOut => "timed_out",
            Self::NotTried => "not_tried",
            Self::DuplicateValues => "duplicate_values",
            Self::RefusedValues => "refused_values",
            Self::ManyStatements => "many_statements",
            Self::IndexBuild => "index_build",
            Self::TableRewrite => "table_rewrite",
            Self::Slow => "slow",
            Self::Irreversible => "irreversible",
            Self::LossyUndo => "lossy_undo",
            Self::NoExplicitUndo => "no_explicit_undo",
        })
    }
}

impl ValidationPhase {
    /// A warning about a migration as a whole.
    pub(super) fn warning(self, code: FindingCode, step: &Step, message: String, remedy: &str) -> ValidationFinding {
        ValidationFinding {
            phase: self,
            severity: FindingSeverity::Warning,
            code,
            module: step.module.to_owned(),
            version: step.migration.version(),
            file: step.migration.file().to_owned(),
            line: None,
            object: None,
            message,
            remedy: remedy.to_owned(),
            rows: None,
        }
    }
}

impl ValidationFinding {
    /// The same as an error.
    pub(super) fn error(self) -> Self {
        Self { severity: FindingSeverity::Error, ..self }
    }

    /// The same about an object, at the last statement that says something of it.
    pub(super) fn about(self, object: &Object, step: &Step) -> Self {
        let statements = step.migration.statements().iter().rev();
        let mut said = statements.filter(|statement| statement.object() == Some(object));
        let line = said.next().map(migrate_core::Statement::line).or(self.line);
        Self { line, object: Some(object.clone()), ..self }
    }
}

impl fmt::Display for ValidationFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            FindingSeverity::Warning => "warning",
            FindingSeverity::Error => "error",
        };
        let line = self.line.map_or_else(String::new, |line| format!(":{line}"));
        write!(f, "{severity}[{}] {} {}{line}: {}", self.code, self.module, self.file, self.message)?;
        if let Some(OffendingRows { count, examples }) = &self.rows {
            write!(f, " ({count}, such as {})", examples.join(", "))?;
        }
        Ok(())
    }
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn optional_text<S: Serializer>(object: &Option<Object>, serializer: S) -> Result<S::Ok, S::Error> {
    match object {
        Some(object) => serializer.collect_str(object),
        None => serializer.serialize_none(),
    }
}
