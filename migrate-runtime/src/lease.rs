//! Who is at a stepwise migration, read without taking part.

use std::fmt;

use migrate_core::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Database;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::migrator::Migrator;
use crate::reading::Reading;
use crate::refusal::number;

/// The lease of one context, by which one replica at a time does stepwise work.
///
/// As JSON it is an object with `state`, `holder`, `since`, `expires_at`, `token`, `steps` and `at`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lease {
    /// Whether somebody has it at this moment, by the server's clock.
    pub state: LeaseState,
    /// Who has it, or had it last; `None` where nobody ever did.
    pub holder: Option<LeaseHolder>,
    /// Since when, by the server's clock, as the database writes it.
    pub since: Option<String>,
    /// Until when it lasts unless it is renewed, by the server's clock; `None` where it was given back.
    pub expires_at: Option<String>,
    /// How often it was taken.
    pub token: u64,
    /// How many steps were made under all of its holders.
    pub steps: u64,
    /// The stepwise migrations that are begun and not done.
    pub at: Vec<Unfinished>,
}

/// Whether somebody has a lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeaseState {
    /// Nobody has it: it was given back, or never taken.
    #[default]
    Free,
    /// Its holder renews it.
    Held,
    /// Its holder did not renew it: whoever comes next takes it.
    Lapsed,
}

/// Who has a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeaseHolder {
    /// The name of the binary.
    pub binary: String,
    /// The version of the binary, where it said so.
    pub version: Option<String>,
    /// The process: 16 hexadecimal digits, as in ledgers.
    pub replica: String,
}

/// A stepwise migration that is begun and not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unfinished {
    /// Its module.
    pub module: String,
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Its status in the ledger: `running` or `failed`.
    pub status: String,
    /// How many of its statements are committed.
    pub done: u64,
    /// How many it has.
    pub of: u64,
}

impl LeaseState {
    /// In one word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Held => "held",
            Self::Lapsed => "lapsed",
        }
    }
}

impl fmt::Display for LeaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for LeaseHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.binary)?;
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        write!(f, " ({})", self.replica)
    }
}

/// Everything at one moment. Its table is there where a stepwise migration was ever begun.
const SELECT: &str = "\
    SELECT by, since, token, steps, \
    (SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) AS expires_at, \
    ((SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) > time::now()) AS held, \
    (SELECT module, version, name, status, cursor, statements FROM _migrations \
    WHERE status = 'running' OR (status = 'failed' AND (cursor ?? 0) > 0) ORDER BY module, version) AS at \
    FROM _migration_lease:holder";

#[derive(Deserialize)]
struct Raw {
    by: LeaseHolder,
    since: Option<String>,
    token: u64,
    steps: Option<u64>,
    expires_at: Option<String>,
    held: bool,
    at: Vec<RawUnfinished>,
}

#[derive(Deserialize)]
struct RawUnfinished {
    module: String,
    version: u64,
    name: String,
    status: String,
    cursor: Option<u64>,
    statements: u64,
}

impl Migrator {
    /// The lease of each context of a fleet: who is at a stepwise migration, since when, and how far that is. Nothing is
    /// written and nothing created.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are. Why one of them could not be read is in its [`Reading`].
    pub async fn leases<D: Database>(&self, database: &D, fleet: Fleet) -> Result<Vec<Reading<Lease>>, FleetError> {
        let readings = self.read_each(database, fleet, SELECT, &Map::new()).await?;
        Ok(readings.into_iter().map(|reading| reading.understood(read)).collect())
    }
}

fn read(rows: Option<Value>) -> Result<Lease, String> {
    let Some(rows) = rows else { return Ok(Lease::default()) };
    let rows: Vec<Raw> = serde_json::from_value(rows.clone()).map_err(|error| format!("{error} in {rows}"))?;
    let Some(raw) = rows.into_iter().next() else { return Ok(Lease::default()) };
    let state = match (&raw.expires_at, raw.held) {
        (None, _) => LeaseState::Free,
        (Some(_), true) => LeaseState::Held,
        (Some(_), false) => LeaseState::Lapsed,
    };
    let at = raw.at.into_iter().map(unfinished).collect::<Result<_, _>>()?;
    let Raw { by, since, token, steps, expires_at, .. } = raw;
    Ok(Lease { state, holder: Some(by), since, expires_at, token, steps: steps.unwrap_or(0), at })
}

fn unfinished(raw: RawUnfinished) -> Result<Unfinished, String> {
    let RawUnfinished { module, version, name, status, cursor, statements } = raw;
    let version = Version::new(version).ok_or_else(|| format!("{module} has a version that cannot be"))?;
    Ok(Unfinished { module, version, name, status, done: cursor.unwrap_or(0), of: statements })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row() -> Value {
        json!({ "by": { "binary": "notes", "replica": "0f", "via": "x" }, "since": "1", "token": 3, "steps": 7,
            "expires_at": "2", "held": true, "at": [{ "module": "app", "version": 2, "name": "slow",
            "status": "running", "cursor": 1, "statements": 4 }] })
    }

    #[test]
    fn the_server_alone_says_whether_it_is_held() {
        let with = |expires_at: Value, held: bool| {
            let mut row = row();
            (row["expires_at"], row["held"]) = (expires_at, held.into());
            read(Some(json!([row]))).unwrap().state
        };
        assert_eq!(with("2".into(), true), LeaseState::Held);
        assert_eq!(with("2".into(), false), LeaseState::Lapsed);
        assert_eq!(with(Value::Null, false), LeaseState::Free);
    }

    #[test]
    fn a_context_without_stepwise_migrations_has_a_free_lease() {
        assert_eq!(read(None), Ok(Lease::default()));
        assert_eq!(read(Some(json!([]))), Ok(Lease::default()));
    }

    #[test]
    fn who_holds_it_and_how_far_it_is_are_told() {
        let lease = read(Some(json!([row()]))).unwrap();
        assert_eq!(lease.holder.unwrap().to_string(), "notes (0f)");
        assert_eq!((lease.at[0].done, lease.at[0].of, lease.token), (1, 4, 3));
    }

    #[test]
    fn what_is_not_understood_is_an_error_and_not_a_free_lease() {
        let mut row = row();
        row["held"] = json!("perhaps");
        assert!(read(Some(json!([row]))).is_err());
    }
}
