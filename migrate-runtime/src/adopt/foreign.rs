use serde::Serialize;
use serde_json::{Map, Value};

use super::error::AdoptionError;
use super::rows::{ENTITY, MIGRATION_HISTORY, ROLLOUT, SCRIPT_MIGRATION};
use super::tool::Tool;
use crate::context::Context;

/// What the ledger of another tool says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "tool")]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields named for what they are; the variants say the rest")]
pub enum ForeignLedger {
    /// `SurrealKit` records definitions by their hashes, not migrations; and rollouts.
    #[serde(rename = "surrealkit")]
    SurrealKit {
        /// How many definitions it says it manages.
        entities: usize,
        /// In the order in which they were started.
        rollouts: Vec<Rollout>,
        /// Definitions that a rollout is still at, each with the rollout.
        unfinished: Vec<(String, String)>,
        /// Who is running it at this moment, or stopped while doing so.
        locked_by: Option<String>,
    },
    /// `surrealdb-migrations` records the name of each script.
    #[serde(rename = "surrealdb-migrations")]
    SurrealdbMigrations { migrations: Vec<ForeignMigration> },
    /// `surql` records a version and a description of each migration.
    #[serde(rename = "surql")]
    Surql { migrations: Vec<ForeignMigration> },
}

/// A migration that another tool says it has applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ForeignMigration {
    /// What the tool knows it by: the script's name (`20230101_120000_AddUser`) or the version (`20230101_120000`).
    pub id: String,
    /// Its name without the time: `AddUser`, or the description.
    pub name: String,
    /// The SHA-256 of its file in hexadecimal digits, where the tool recorded it.
    pub checksum: Option<String>,
}

/// A rollout of `SurrealKit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rollout {
    /// Its id.
    pub id: String,
    /// Its status: `completed`, `rolled_back`, or how far it is.
    pub status: String,
}

impl ForeignLedger {
    /// Whose it is.
    pub const fn tool(&self) -> Tool {
        match self {
            Self::SurrealKit { .. } => Tool::SurrealKit,
            Self::SurrealdbMigrations { .. } => Tool::SurrealdbMigrations,
            Self::Surql { .. } => Tool::Surql,
        }
    }
}

/// Reads the ledger of a tool from the rows of its tables, if it has any of them.
pub(super) fn read(
    tool: Tool,
    context: &Context,
    rows: &Map<String, Value>,
) -> Result<Option<ForeignLedger>, AdoptionError> {
    let of = |table: &'static str| match &rows[table] {
        Value::Null => Ok(None),
        Value::Array(rows) => Ok(Some(rows)),
        other => Err(unreadable(context, tool, format!("{table} holds {other}"))),
    };
    let text = |row: &Value, field: &str| -> Result<String, AdoptionError> {
        let text = row[field].as_str().map(ToOwned::to_owned);
        text.ok_or_else(|| unreadable(context, tool, format!("a row has no `{field}`: {row}")))
    };
    Ok(match tool {
        Tool::SurrealKit => {
            let (entities, rollouts) = (of(ENTITY.table)?, of(ROLLOUT.table)?);
            if entities.is_none() && rollouts.is_none() {
                return Ok(None);
            }
            let entities = entities.map(Vec::as_slice).unwrap_or_default();
            let is_of =
                |row: &Value, part: &str| row["ns"].as_str().is_some_and(|ns| ns.split('@').next() == Some(part));
            let schema: Vec<_> = entities.iter().filter(|row| is_of(row, "schema")).collect();
            let at = |row: &&&Value| row["rollout"].is_string();
            let unfinished = schema.iter().filter(at).map(|row| Ok((text(row, "key")?, text(row, "rollout")?)));
            let mut locks = entities.iter().filter(|row| is_of(row, "lock") && row["held"] == true);
            let rollout = |row| Ok(Rollout { id: text(row, "rollout")?, status: text(row, "status")? });
            Some(ForeignLedger::SurrealKit {
                entities: schema.len(),
                unfinished: unfinished.collect::<Result<_, AdoptionError>>()?,
                locked_by: locks.next().map(|row| row["owner"].as_str().unwrap_or("an unknown owner").to_owned()),
                rollouts: rollouts.into_iter().flatten().map(rollout).collect::<Result<_, AdoptionError>>()?,
            })
        }
        Tool::SurrealdbMigrations => {
            let migration = |row: &Value| {
                let id = text(row, "script_name")?;
                let name = id.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
                let name = if name.is_empty() { id.clone() } else { name.to_owned() };
                Ok(ForeignMigration { name, id, checksum: row["checksum"].as_str().map(ToOwned::to_owned) })
            };
            let Some(rows) = of(SCRIPT_MIGRATION.table)? else { return Ok(None) };
            let migrations = rows.iter().map(migration).collect::<Result<_, AdoptionError>>()?;
            Some(ForeignLedger::SurrealdbMigrations { migrations })
        }
        Tool::Surql => {
            let migration = |row: &Value| {
                let checksum = row["checksum"].as_str().filter(|checksum| !checksum.is_empty()).map(ToOwned::to_owned);
                Ok(ForeignMigration { id: text(row, "version")?, name: text(row, "description")?, checksum })
            };
            let Some(rows) = of(MIGRATION_HISTORY.table)? else { return Ok(None) };
            let migrations = rows.iter().map(migration).collect::<Result<_, AdoptionError>>()?;
            Some(ForeignLedger::Surql { migrations })
        }
    })
}

/// Refuses a ledger that says that something is half applied.
pub(super) fn whole(ledger: &ForeignLedger, context: &Context) -> Result<(), AdoptionError> {
    let ForeignLedger::SurrealKit { rollouts, unfinished, locked_by, .. } = ledger else { return Ok(()) };
    let context = || context.clone();
    if let Some(Rollout { id, status }) =
        rollouts.iter().find(|rollout| !matches!(rollout.status.as_str(), "completed" | "rolled_back"))
    {
        return Err(AdoptionError::HalfApplied { context: context(), rollout: id.clone(), status: status.clone() });
    }
    if let Some((key, rollout)) = unfinished.first() {
        let (rollout, status) = (rollout.clone(), format!("still at {key}"));
        return Err(AdoptionError::HalfApplied { context: context(), rollout, status });
    }
    match locked_by {
        Some(owner) => Err(AdoptionError::Busy { context: context(), tool: ledger.tool(), owner: owner.clone() }),
        None => Ok(()),
    }
}

fn unreadable(context: &Context, tool: Tool, reason: String) -> AdoptionError {
    AdoptionError::Unreadable { context: context.clone(), tool, reason }
}
