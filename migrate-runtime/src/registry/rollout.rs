//! What the registry's context holds of rollouts: who has paused one, and who completes it by itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use migrate_core::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::RegistryError;
use super::replica_info::{self, ReplicaInfo};
use super::text::Text;
use super::tried::{self, Tried, Written};
use super::{Registry, text};
use crate::context::Context;
use crate::gate::existence::{Existence, Unanswered, existence};
use crate::script::CONTEXT_GUARD;
use crate::{Database, StatementErrorKind};

/// Creates the table. Every statement is a no-op where it exists, so that operators may race.
const DEFINE: &str = "\
DEFINE TABLE IF NOT EXISTS _migration_rollout TYPE NORMAL SCHEMAFULL PERMISSIONS NONE COMMENT 'migration rollouts, format 1';
DEFINE FIELD IF NOT EXISTS module ON _migration_rollout TYPE string;
DEFINE FIELD IF NOT EXISTS version ON _migration_rollout TYPE int;
DEFINE FIELD IF NOT EXISTS paused ON _migration_rollout TYPE option<object> FLEXIBLE;
DEFINE FIELD IF NOT EXISTS owner ON _migration_rollout TYPE option<string>;
DEFINE FIELD IF NOT EXISTS by ON _migration_rollout TYPE option<object> FLEXIBLE;
DEFINE FIELD IF NOT EXISTS expires_at ON _migration_rollout TYPE option<datetime>;
";
const DEFINE_STATEMENTS: usize = 7;

const ROW: &str = "type::record('_migration_rollout', [$_migrate_module, $_migrate_version])";
const COLUMNS: &str = "module, version, paused, owner, by, (expires_at > time::now()) AS held";

/// That the rollout of a phased migration is paused, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pause {
    /// Since when, by the server's clock, as the database writes it.
    pub at: String,
    /// The binary that said so, as ledgers name it.
    pub by: PausedBy,
    /// Why, in the operator's words.
    pub reason: String,
}

/// The process that paused a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PausedBy {
    /// The name of the binary.
    pub binary: String,
    /// The version of the binary, where it said so.
    pub version: Option<String>,
    /// The process: 16 hexadecimal digits, as in ledgers.
    pub replica: String,
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, by, reason } = self;
        write!(f, "paused since {at} by {}", by.binary)?;
        if reason.is_empty() { Ok(()) } else { write!(f, ": {reason}") }
    }
}

/// Everything that the registry's context holds, at one moment.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Whether its context exists.
    pub(crate) is_there: bool,
    pub(crate) replicas: Vec<ReplicaInfo>,
    rollouts: Vec<Row>,
}

#[derive(Clone, Debug, Deserialize)]
struct Row {
    module: String,
    version: u64,
    paused: Option<Pause>,
    owner: Option<String>,
    by: Option<PausedBy>,
    held: bool,
}

impl Seen {
    /// These replicas, and no rollouts.
    #[cfg(test)]
    pub(crate) const fn of(replicas: Vec<ReplicaInfo>) -> Self {
        Self { is_there: true, replicas, rollouts: Vec::new() }
    }

    fn row(&self, module: &str, version: Version) -> Option<&Row> {
        self.rollouts.iter().find(|row| row.module == module && row.version == version.get())
    }

    /// Whether the rollout of a migration is paused.
    pub(crate) fn pause(&self, module: &str, version: Version) -> Option<&Pause> {
        self.row(module, version)?.paused.as_ref()
    }

    /// Who completes a migration by itself at this moment, unless it is this owner.
    pub(crate) fn completed_by(&self, module: &str, version: Version, owner: &str) -> Option<String> {
        let row = self.row(module, version).filter(|row| row.held && row.owner.as_deref() != Some(owner))?;
        let by = row.by.as_ref().map(|by| format!("{} ({})", by.binary, by.replica));
        Some(by.unwrap_or_else(|| "somebody".to_owned()))
    }
}

/// What is written of the rollout of one migration.
#[derive(Clone, Debug)]
pub(crate) enum Change<'a> {
    Pause {
        reason: &'a str,
    },
    Resume,
    /// Takes the lease, or renews it, unless somebody else has it.
    Take {
        owner: &'a str,
        lease: Duration,
    },
    /// Gives the lease back.
    Release {
        owner: &'a str,
    },
}

impl Change<'_> {
    const fn statement(&self) -> &'static str {
        match self {
            Self::Pause { .. } => {
                "SET module = $_migrate_module, version = $_migrate_version, \
                 paused = { at: time::now(), by: $_migrate_by, reason: $_migrate_reason }"
            }
            Self::Resume => "SET module = $_migrate_module, version = $_migrate_version, paused = NONE",
            Self::Take { .. } => {
                "SET module = $_migrate_module, version = $_migrate_version, owner = $_migrate_owner, by = $_migrate_by, \
                 expires_at = time::now() + <duration> $_migrate_lease"
            }
            Self::Release { .. } => {
                "SET module = $_migrate_module, version = $_migrate_version, owner = NONE, by = NONE, expires_at = NONE"
            }
        }
    }

    /// The condition under which it is written.
    const fn condition(&self) -> &'static str {
        match self {
            Self::Pause { .. } | Self::Resume => "true",
            Self::Take { .. } => "$_migrate_holder IS NONE OR $_migrate_holder = $_migrate_owner",
            Self::Release { .. } => "$_migrate_holder = $_migrate_owner",
        }
    }

    fn bind(&self, variables: &mut Map<String, Value>) {
        match self {
            Self::Pause { reason } => {
                variables.insert("_migrate_reason".to_owned(), (*reason).into());
            }
            Self::Take { owner, lease } => {
                variables.insert("_migrate_owner".to_owned(), (*owner).into());
                variables.insert("_migrate_lease".to_owned(), format!("{}ms", lease.as_millis()).into());
            }
            Self::Release { owner } => {
                variables.insert("_migrate_owner".to_owned(), (*owner).into());
            }
            Self::Resume => {}
        }
    }
}

/// Which migration it is, and who writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) module: &'a str,
    pub(crate) version: Version,
    pub(crate) by: &'a Value,
}

fn change(context: &Context, table: text::Table, subject: Subject<'_>, change: &Change<'_>) -> Text {
    let mut variables = text::variables(context, "");
    variables.insert("_migrate_module".to_owned(), subject.module.into());
    variables.insert("_migrate_version".to_owned(), subject.version.get().into());
    variables.insert("_migrate_by".to_owned(), subject.by.clone());
    change.bind(&mut variables);
    let (define, defined) = match table {
        text::Table::Exists => ("", 0),
        text::Table::Missing => (DEFINE, DEFINE_STATEMENTS),
    };
    let (set, condition) = (change.statement(), change.condition());
    // Who takes the lease at the same moment writes the same record: one of them is in conflict, and looks again.
    let query = format!(
        "{}\nBEGIN;\n{CONTEXT_GUARD}{define}\
         LET $_migrate_holder = (SELECT VALUE owner FROM ONLY {ROW} WHERE expires_at > time::now());\n\
         IF {condition} {{ UPSERT ONLY {ROW} {set} RETURN NONE }};\n\
         SELECT {COLUMNS} FROM {ROW};\n\
         COMMIT;\n",
        context.use_statement()
    );
    Text { query, variables, decisive: 7 + defined, results: 7 + defined, before: 5 + defined }
}

impl Registry {
    /// The context that it is in.
    pub(crate) const fn context(&self) -> &Context {
        &self.context
    }

    /// Everything at one moment. Nothing is created.
    pub(crate) async fn look(&self, database: &impl Database) -> Result<Seen, RegistryError> {
        let context = &self.context;
        let existence = Unanswered::overcome(|| existence(database, context)).await;
        let existence = existence
            .map_err(|refusal| RegistryError::Unanswered { context: context.clone(), reason: refusal.to_string() })?;
        if existence == Existence::Absent {
            return Ok(Seen::default());
        }
        let text = format!("{}SELECT {COLUMNS} FROM _migration_rollout;\n", text::live(context));
        let mut backoff = self.patience.begin(&Arc::default());
        loop {
            let why = match database.query(text.clone(), Map::new()).await {
                Ok(mut reply) => match (reply.0.pop(), tried::read_live(context, reply)) {
                    (_, Err(Tried::Failed(error))) => return Err(error),
                    (_, Err(Tried::Again(why))) => why,
                    (None, _) => "the database gave no answer".to_owned(),
                    (Some(Err(error)), Ok(rows)) if error.kind == StatementErrorKind::NoSuchTable => {
                        let replicas = replica_info::read_all(rows)?;
                        return Ok(Seen { is_there: true, replicas, rollouts: Vec::new() });
                    }
                    (Some(Err(error)), _) if error.kind == StatementErrorKind::NotAllowed => {
                        return Err(RegistryError::NotAllowed { context: context.clone(), reason: error.message });
                    }
                    (Some(Err(error)), _) => error.message,
                    (Some(Ok(rollouts)), Ok(rows)) => {
                        let (replicas, rollouts) = (replica_info::read_all(rows)?, read(rollouts)?);
                        return Ok(Seen { is_there: true, replicas, rollouts });
                    }
                },
                Err(error) => match tried::unanswered(context, &error) {
                    Tried::Again(why) => why,
                    Tried::Failed(error) => return Err(error),
                },
            };
            backoff.again().map_err(|_| RegistryError::Unanswered { context: context.clone(), reason: why })?;
            backoff.pause().await;
        }
    }

    /// Writes, and says what is there then.
    pub(crate) async fn change(
        &self,
        database: &impl Database,
        subject: Subject<'_>,
        wanted: &Change<'_>,
    ) -> Result<Seen, RegistryError> {
        let context = &self.context;
        let mut backoff = self.patience.begin(&Arc::default());
        let mut table = text::Table::Exists;
        loop {
            let text = change(context, table, subject, wanted);
            let why = match database.query(text.query.clone(), text.variables.clone()).await {
                Ok(reply) => match tried::read_written(context, &text, &reply) {
                    Ok(Written::Done(_)) => match reply.0.into_iter().nth(text.before) {
                        Some(Ok(rows)) => {
                            return Ok(Seen { is_there: true, replicas: Vec::new(), rollouts: read(rows)? });
                        }
                        _ => "the database gave no answer".to_owned(),
                    },
                    Ok(Written::NoTable) if table == text::Table::Exists => {
                        table = text::Table::Missing;
                        continue;
                    }
                    Ok(Written::NoTable) => "the table was removed as soon as it was defined".to_owned(),
                    Err(Tried::Again(why)) => why,
                    Err(Tried::Failed(error)) => return Err(error),
                },
                Err(error) => match tried::unanswered(context, &error) {
                    Tried::Again(why) => why,
                    Tried::Failed(error) => return Err(error),
                },
            };
            backoff.again().map_err(|_| RegistryError::Unanswered { context: context.clone(), reason: why })?;
            backoff.pause().await;
        }
    }
}

fn read(rows: Value) -> Result<Vec<Row>, RegistryError> {
    let text = rows.to_string();
    serde_json::from_value(rows).map_err(|error| RegistryError::Unreadable(format!("{error} in {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_count_of_results_is_the_count_of_statements() {
        let context = Context::new("ops", "system").unwrap();
        let (by, lease) = (json!({}), Duration::from_secs(1));
        let subject = Subject { module: "app", version: Version::FIRST, by: &by };
        let changes = [
            Change::Pause { reason: "x" },
            Change::Resume,
            Change::Take { owner: "a", lease },
            Change::Release { owner: "a" },
        ];
        for wanted in &changes {
            for table in [text::Table::Exists, text::Table::Missing] {
                let text = change(&context, table, subject, wanted);
                assert_eq!(text.query.matches(";\n").count(), text.results, "{wanted:?}");
            }
        }
    }

    #[test]
    fn only_another_holder_whose_lease_lasts_is_at_it() {
        let row = json!([{ "module": "app", "version": 2, "paused": null, "owner": "a", "held": true,
            "by": { "binary": "notes", "replica": "0f" } }]);
        let version = Version::new(2).unwrap();
        let seen = |row: &Value| Seen { is_there: true, replicas: Vec::new(), rollouts: read(row.clone()).unwrap() };
        assert_eq!(seen(&row).completed_by("app", version, "b").unwrap(), "notes (0f)");
        assert_eq!(seen(&row).completed_by("app", version, "a"), None);
        let mut lapsed = row;
        lapsed[0]["held"] = false.into();
        assert_eq!(seen(&lapsed).completed_by("app", version, "b"), None);
        assert!(read(json!([{ "module": "app" }])).is_err(), "what is not understood is no free lease");
    }
}
