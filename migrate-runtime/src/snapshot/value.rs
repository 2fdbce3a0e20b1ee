use std::collections::BTreeMap;
use std::fmt;

use migrate_core::{Catalog, Checksum, Object, Version};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::checksum::checksum;
use super::error::SnapshotFormatError;
use crate::context::Context;
use crate::ledger::{Row, Status};
use crate::registry::ModuleHead;
use crate::replica::Replica;

/// The schema of one context at one moment, with the versions that its ledger gave.
///
/// The runtime's own tables are not part of it. Keys and password hashes are `[REDACTED]`. As JSON, for which
/// [`to_json`](Self::to_json) and serde are two ways, it is an object that `FORMATS.md` describes.
///
/// ```
/// # use migrate_runtime::Snapshot;
/// let text = r#"{
///     "format": 1, "namespace": "acme", "database": "eu", "taken_at": "2026-01-01T00:00:00Z",
///     "taken_by": { "binary": "service", "replica": "0011223344556677" }, "modules": {}, "objects": {},
///     "checksum": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
/// }"#;
/// let snapshot = Snapshot::from_json(text)?;
/// assert!(snapshot.catalog().is_empty());
/// assert_eq!(Snapshot::from_json(&snapshot.to_json())?, snapshot);
/// assert!(Snapshot::from_json(&text.replace("\"objects\": {}", "\"objects\": {\"table a\": \"b\"}")).is_err(), "it was changed");
/// # Ok::<(), migrate_runtime::SnapshotFormatError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    context: Context,
    taken_at: String,
    taken_by: Author,
    modules: BTreeMap<String, ModuleHead>,
    catalog: Catalog,
    checksum: Checksum,
}

/// Who took a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Author {
    /// The name of the binary.
    pub binary: String,
    /// The version of the binary, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The process: 16 hexadecimal digits.
    pub replica: String,
}

impl Snapshot {
    pub(super) fn new(
        context: Context,
        taken_at: String,
        replica: &Replica,
        modules: BTreeMap<String, ModuleHead>,
        catalog: Catalog,
    ) -> Self {
        let (checksum, taken_by) = (checksum(&catalog), Author::from(replica));
        Self { context, taken_at, taken_by, modules, catalog, checksum }
    }

    /// Whose schema it is.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// When it was taken, by the server's clock, as the database writes it.
    pub fn taken_at(&self) -> &str {
        &self.taken_at
    }

    /// Who took it.
    pub const fn taken_by(&self) -> &Author {
        &self.taken_by
    }

    /// The last applied version of each module of the ledger, with its chain value.
    pub const fn modules(&self) -> &BTreeMap<String, ModuleHead> {
        &self.modules
    }

    /// Every object with its definition.
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// One value for all objects and their definitions: equal ones mean an equal schema.
    pub const fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// As JSON, to be kept in a file.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.to_value())
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    ///
    /// When it is something else, is of another format, or holds other objects than it was written with.
    pub fn from_json(text: &str) -> Result<Self, SnapshotFormatError> {
        let value = serde_json::from_str(text).map_err(|error| SnapshotFormatError::Malformed(error.to_string()))?;
        Self::read(&value)
    }

    /// Reads a record of the table of snapshots.
    pub(crate) fn of_record(context: &Context, mut record: Value) -> Result<Self, SnapshotFormatError> {
        if let Some(record) = record.as_object_mut() {
            for field in ["id", "after"] {
                record.remove(field);
            }
            record.insert("namespace".to_owned(), context.namespace().into());
            record.insert("database".to_owned(), context.database().into());
        }
        Self::read(&record)
    }

    fn to_value(&self) -> Value {
        let modules = self.modules.iter().map(|(module, head)| {
            (module.clone(), json!({ "version": head.version.get(), "chain": head.chain.to_string() }))
        });
        let objects = self.catalog.iter().map(|(object, definition)| (object.to_string(), definition.into()));
        json!({
            "format": FORMAT,
            "namespace": self.context.namespace(),
            "database": self.context.database(),
            "taken_at": self.taken_at,
            "taken_by": self.taken_by,
            "modules": Value::Object(modules.collect()),
            "objects": Value::Object(objects.collect::<Map<_, _>>()),
            "checksum": self.checksum.to_string(),
        })
    }

    fn read(value: &Value) -> Result<Self, SnapshotFormatError> {
        let malformed = |why: &dyn fmt::Display| SnapshotFormatError::Malformed(why.to_string());
        match value.get("format") {
            Some(format) if *format == FORMAT => {}
            Some(format) => return Err(SnapshotFormatError::UnknownFormat(format.to_string())),
            None => return Err(malformed(&"it has no `format`")),
        }
        let raw = Raw::deserialize(value).map_err(|error| malformed(&error))?;
        let mut catalog = Catalog::new();
        for (object, definition) in raw.objects {
            let named: Object = object.parse().map_err(|error| malformed(&format!("{error}, not {object:?}")))?;
            catalog.define(named, definition);
        }
        let recorded = raw.checksum.parse().map_err(|error| malformed(&error))?;
        let computed = checksum(&catalog);
        if recorded != computed {
            return Err(SnapshotFormatError::Tampered { recorded, computed });
        }
        Ok(Self {
            context: Context::new(raw.namespace, raw.database).map_err(|error| malformed(&error))?,
            taken_at: raw.taken_at,
            taken_by: raw.taken_by,
            modules: read_heads(raw.modules).map_err(|why| malformed(&why))?,
            catalog,
            checksum: computed,
        })
    }
}

/// What is written, and what is read.
const FORMAT: u64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "format")]
    _format: u64,
    namespace: String,
    database: String,
    taken_at: String,
    taken_by: Author,
    modules: BTreeMap<String, RawHead>,
    objects: BTreeMap<String, String>,
    checksum: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHead {
    version: u64,
    chain: String,
}

pub(super) fn read_heads(heads: BTreeMap<String, RawHead>) -> Result<BTreeMap<String, ModuleHead>, String> {
    let head = |(module, RawHead { version, chain }): (_, RawHead)| {
        let version = Version::new(version).ok_or_else(|| format!("{version} is no version"))?;
        let chain = chain.parse().map_err(|error| format!("{error}, not {chain:?}"))?;
        Ok((module, ModuleHead { version, chain }))
    };
    heads.into_iter().map(head).collect()
}

/// The last applied version of each module of a ledger.
pub(crate) fn heads(rows: &[Row]) -> BTreeMap<String, ModuleHead> {
    let mut heads: BTreeMap<String, ModuleHead> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.status == Status::Applied && row.checksum != Row::MARKER) {
        let head = ModuleHead { version: row.version, chain: row.chain };
        let latest = heads.entry(row.module.clone()).or_insert(head);
        if latest.version < row.version {
            *latest = head;
        }
    }
    heads
}

impl From<&Replica> for Author {
    fn from(replica: &Replica) -> Self {
        let json = replica.as_json();
        let text = |key: &str| json[key].as_str().map(ToOwned::to_owned);
        let (binary, replica) = (text("binary").unwrap_or_default(), text("replica").unwrap_or_default());
        Self { binary, version: text("version"), replica }
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  {} objects", self.context, self.taken_at, self.catalog.len())?;
        self.modules.iter().try_for_each(|(module, head)| write!(f, "  {module} V{}", head.version))?;
        write!(f, "  {}", self.checksum)
    }
}

impl AsRef<Catalog> for Snapshot {
    fn as_ref(&self) -> &Catalog {
        &self.catalog
    }
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrate_core::ObjectKind;

    fn snapshot() -> Snapshot {
        let mut catalog = Catalog::new();
        catalog.define(Object::new(ObjectKind::Table, "odd `name"), "DEFINE TABLE …");
        catalog.define(Object::on("a.b", ObjectKind::Field, "tags.*"), "DEFINE FIELD …");
        let head = ModuleHead { version: Version::FIRST, chain: Checksum::from_bytes([7; 32]) };
        let (context, replica) = (Context::new("acme", "eu").unwrap(), Replica::this_process());
        Snapshot::new(context, "2026-01-01T00:00:00Z".into(), &replica, [("app".to_owned(), head)].into(), catalog)
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let one = snapshot();
        assert_eq!(Snapshot::from_json(&one.to_json()), Ok(one.clone()));
        assert_eq!(serde_json::from_value::<Snapshot>(serde_json::to_value(&one).unwrap()).unwrap(), one);
    }

    #[test]
    fn a_changed_definition_an_added_one_and_a_missing_one_are_noticed() {
        for (from, to) in [("DEFINE TABLE …", "DEFINE TABLE x"), ("tags.*", "tags.x"), ("a.b", "a.c")] {
            let changed = snapshot().to_json().replace(from, to);
            assert!(matches!(Snapshot::from_json(&changed), Err(SnapshotFormatError::Tampered { .. })), "{to}");
        }
        let mut missing = snapshot().to_value();
        missing["objects"].as_object_mut().unwrap().remove("field `a.b`.tags.*").unwrap();
        assert!(matches!(Snapshot::read(&missing), Err(SnapshotFormatError::Tampered { .. })));
    }

    #[test]
    fn what_is_not_of_this_format_is_refused() {
        let changed = |key: &str, value: Value| {
            let mut json = snapshot().to_value();
            json[key] = value;
            Snapshot::read(&json)
        };
        assert_eq!(changed("format", json!(2)), Err(SnapshotFormatError::UnknownFormat("2".into())));
        for (key, value) in [
            ("news", json!(1)),
            ("namespace", json!("")),
            ("modules", json!({ "a": { "version": 0, "chain": "x" } })),
            ("objects", json!({ "thing a": "b" })),
            ("checksum", json!("md5")),
            ("taken_by", Value::Null),
        ] {
            assert!(matches!(changed(key, value), Err(SnapshotFormatError::Malformed(_))), "{key}");
        }
        assert!(matches!(Snapshot::from_json("{}"), Err(SnapshotFormatError::Malformed(_))));
        assert!(matches!(Snapshot::from_json("["), Err(SnapshotFormatError::Malformed(_))));
    }
}
