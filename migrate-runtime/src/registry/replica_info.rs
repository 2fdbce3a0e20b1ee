use std::collections::BTreeMap;
use std::fmt;

use migrate_core::{Checksum, Migrations, Version};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::RegistryError;
use crate::replica::{Replica, draw};

/// A running binary, as its row of the replica registry describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReplicaInfo {
    /// Its own, drawn at random when it joined: 32 hexadecimal digits.
    pub id: String,
    /// Under which it stands in ledgers: 16 hexadecimal digits.
    pub replica: String,
    /// The name of the binary.
    pub binary: String,
    /// The version of the binary, where it said so.
    pub version: Option<String>,
    /// The machine or container that it runs on, where it knows.
    pub host: Option<String>,
    /// The number of its process there.
    pub process: u32,
    /// The modules that it carries, each with the last of its migrations. A module without migrations is not there.
    pub modules: BTreeMap<String, ModuleHead>,
    /// Since when it is in the registry without a gap, by the server's clock, as the database writes it.
    pub started_at: String,
    /// When it was heard of last, by the server's clock.
    pub seen_at: String,
    /// When it is taken for dead unless it is heard of, by the server's clock.
    pub expires_at: String,
}

/// The last migration of a module that a binary carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModuleHead {
    /// Its version.
    #[serde(serialize_with = "as_number")]
    pub version: Version,
    /// Its chain value, which stands for all of the module's history.
    #[serde(serialize_with = "as_text")]
    pub chain: Checksum,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn as_number<S: serde::Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(version.get())
}

fn as_text<S: serde::Serializer>(chain: &Checksum, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(chain)
}

impl fmt::Display for ReplicaInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.binary)?;
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        write!(f, " ({}, process {})", self.host.as_deref().unwrap_or("?"), self.process)?;
        for (module, head) in &self.modules {
            write!(f, " {module} V{}", head.version)?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    replica: String,
    binary: String,
    version: Option<String>,
    host: Option<String>,
    process: u32,
    modules: BTreeMap<String, RawHead>,
    started_at: String,
    seen_at: String,
    expires_at: String,
}

#[derive(Deserialize)]
struct RawHead {
    version: u64,
    chain: String,
}

/// Reads the rows of live replicas.
pub(crate) fn read_all(rows: Value) -> Result<Vec<ReplicaInfo>, RegistryError> {
    let rows: Vec<Value> =
        serde_json::from_value(rows).map_err(|error| RegistryError::Unreadable(error.to_string()))?;
    rows.iter().map(read).collect()
}

fn read(row: &Value) -> Result<ReplicaInfo, RegistryError> {
    let unreadable = |why: &dyn fmt::Display| RegistryError::Unreadable(format!("{why} in {row}"));
    let Raw { id, replica, binary, version, host, process, modules, started_at, seen_at, expires_at } =
        Raw::deserialize(row).map_err(|error| unreadable(&error))?;
    let head = |(module, head): (String, RawHead)| {
        let version = Version::new(head.version).ok_or_else(|| unreadable(&"a version that cannot be"))?;
        let chain = head.chain.parse().map_err(|error| unreadable(&error))?;
        Ok((module, ModuleHead { version, chain }))
    };
    let modules = modules.into_iter().map(head).collect::<Result<_, _>>()?;
    Ok(ReplicaInfo { id, replica, binary, version, host, process, modules, started_at, seen_at, expires_at })
}

/// What the row of this process says, but for what only the database knows. An absent field is NONE.
pub(crate) fn row(replica: &Replica, modules: &[&'static Migrations]) -> Value {
    let head = |module: &&'static Migrations| {
        let last = module.last()?;
        let head = json!({ "version": last.version().get(), "chain": last.chain().to_string() });
        Some((module.module().to_owned(), head))
    };
    let mut row = replica.as_json();
    row["process"] = std::process::id().into();
    row["modules"] = Value::Object(modules.iter().filter_map(head).collect::<Map<_, _>>());
    if let Some(host) = host() {
        row["host"] = host.into();
    }
    row
}

/// An id that no other process has: 128 bits from the randomness of the system.
pub(crate) fn draw_id() -> String {
    format!("{:016x}{:016x}", draw(), draw())
}

/// The name of the machine or the container, where it is known without asking anybody.
fn host() -> Option<String> {
    let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let names = std::env::var("HOSTNAME").ok().or_else(kernel).or_else(|| std::env::var("COMPUTERNAME").ok());
    names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_is_drawn_twice() {
        let drawn: std::collections::HashSet<_> = (0..1_000).map(|_| draw_id()).collect();
        assert_eq!(drawn.len(), 1_000);
        assert!(drawn.iter().all(|id| id.len() == 32));
    }

    #[test]
    fn a_row_that_is_not_understood_is_an_error_and_not_a_missing_replica() {
        let row = json!({ "id": "a", "replica": "b", "binary": "c", "process": 1, "started_at": "", "seen_at": "",
            "expires_at": "", "modules": { "app": { "version": 1, "chain": format!("sha256:{}", "0".repeat(64)) } } });
        assert_eq!(read_all(json!([row])).unwrap()[0].modules["app"].version.get(), 1);
        for (pointer, value) in
            [("/modules/app/version", json!(0)), ("/modules/app/chain", json!("x")), ("/id", json!(1))]
        {
            let mut other = row.clone();
            *other.pointer_mut(pointer).unwrap() = value;
            assert!(matches!(read_all(json!([row, other])), Err(RegistryError::Unreadable(_))), "{pointer}");
        }
    }
}
