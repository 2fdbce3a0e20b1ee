//! How two schemas differ, wherever they come from.

use std::collections::BTreeMap;
use std::fmt;

use migrate_core::{Catalog, Difference, DifferenceClass, Object, ObjectKind, Version};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::migrator::Migrator;

/// How a schema differs from an earlier one, in the order of objects.
///
/// `Display` is for a person: a listing in which what stands on a table is found under it. As JSON it is one object: `equal`,
/// the counts `added`, `removed`, `modified` and `formatting`, the latter of those among the modified ones that differ in
/// nothing else, and `differences`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Comparison(Vec<Difference>);

/// Compares two schemas: what the database of a context holds now ([`LiveSchema`](crate::LiveSchema)), a
/// [`Snapshot`](crate::Snapshot) from a table or a file, or what is [embedded](Migrator::embedded_schema_at).
///
/// Secrets are `[REDACTED]` in all of them, and so are not compared.
///
/// ```
/// # use migrate_runtime::{Catalog, Object, ObjectKind, compare};
/// let (before, mut after) = (Catalog::new(), Catalog::new());
/// after.define(Object::new(ObjectKind::Table, "user"), "DEFINE TABLE user");
/// let comparison = compare(&before, &after);
/// assert_eq!(comparison.to_string(), "+ table user\n    + DEFINE TABLE user\n1 added, 0 removed, 0 modified");
/// ```
pub fn compare(before: &impl AsRef<Catalog>, after: &impl AsRef<Catalog>) -> Comparison {
    Comparison(before.as_ref().diff(after.as_ref()))
}

/// A module or a version that the migrator does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoSuchVersion {
    /// There is no such module.
    #[error("the migrator has no module `{0}`")]
    Module(String),
    /// The module has no such version.
    #[error("the module `{0}` has no V{1}")]
    Version(&'static str, Version),
}

impl Migrator {
    /// The schema that all modules together lead to, as it is embedded.
    pub fn embedded_schema(&self) -> Catalog {
        self.applier.modules.schema(|_| Until::Last)
    }

    /// The schema of these modules, each at a version, as it is embedded. Modules that are not named are left out.
    ///
    /// # Errors
    ///
    /// When the migrator has no such module, or the module no such version.
    pub fn embedded_schema_at(
        &self,
        versions: impl IntoIterator<Item = (impl AsRef<str>, Version)>,
    ) -> Result<Catalog, NoSuchVersion> {
        let mut until = BTreeMap::new();
        for (name, version) in versions {
            let module = self.applier.modules.iter().find(|module| module.module() == name.as_ref());
            let module = module.ok_or_else(|| NoSuchVersion::Module(name.as_ref().to_owned()))?;
            if module.get(version).is_none() {
                return Err(NoSuchVersion::Version(module.module(), version));
            }
            until.insert(module.module(), version);
        }
        Ok(self
            .applier
            .modules
            .schema(|module| until.get(module).map_or(Until::Nothing, |&version| Until::Version(version))))
    }
}

/// How much of a module is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Until {
    Nothing,
    /// Everything up to this version.
    Version(Version),
    Last,
}

impl Comparison {
    /// Whether nothing differs, not even in formatting.
    pub const fn is_equal(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether nothing differs but in formatting.
    pub fn is_same(&self) -> bool {
        self.real().next().is_none()
    }

    /// Every difference.
    pub fn differences(&self) -> &[Difference] {
        &self.0
    }

    /// The differences that may mean something.
    pub fn real(&self) -> impl Iterator<Item = &Difference> {
        self.0.iter().filter(|difference| difference.class() == DifferenceClass::Real)
    }

    fn counts(&self) -> (usize, usize, usize, usize) {
        let count = |is: fn(&Difference) -> bool| self.0.iter().filter(|&difference| is(difference)).count();
        (
            count(|one| matches!(one, Difference::Added { .. })),
            count(|one| matches!(one, Difference::Removed { .. })),
            count(|one| matches!(one, Difference::Modified { .. })),
            count(|one| one.class() == DifferenceClass::Formatting),
        )
    }
}

/// Under what an object is listed: the database itself, or a table.
fn heading(object: &Object) -> Option<&str> {
    object.table().or_else(|| (object.kind() == ObjectKind::Table).then(|| object.name()))
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_equal() {
            return f.write_str("no differences");
        }
        let mut groups: BTreeMap<Option<&str>, Vec<&Difference>> = BTreeMap::new();
        for difference in &self.0 {
            groups.entry(heading(difference.object())).or_default().push(difference);
        }
        for (table, group) in groups {
            let mut indent = "";
            if let Some(table) = table {
                // In the order of objects, a table comes before what stands on it.
                if group.first().is_some_and(|one| one.object().table().is_some()) {
                    writeln!(f, "  {}", Object::new(ObjectKind::Table, table.to_owned()))?;
                }
                indent = "  ";
            }
            for difference in group {
                let indent = if difference.object().table().is_some() { indent } else { "" };
                write_difference(f, indent, difference)?;
            }
        }
        let (added, removed, modified, formatting) = self.counts();
        write!(f, "{added} added, {removed} removed, {modified} modified")?;
        if formatting > 0 {
            write!(f, " ({formatting} in formatting only)")?;
        }
        Ok(())
    }
}

fn write_difference(f: &mut fmt::Formatter<'_>, indent: &str, difference: &Difference) -> fmt::Result {
    let object = difference.object();
    match difference {
        Difference::Added { definition, .. } => writeln!(f, "{indent}+ {object}\n{indent}    + {definition}"),
        Difference::Removed { definition, .. } => writeln!(f, "{indent}- {object}\n{indent}    - {definition}"),
        Difference::Modified { before, after, .. } => {
            let sign = if difference.class() == DifferenceClass::Real { '~' } else { '=' };
            writeln!(f, "{indent}{sign} {object}\n{indent}    - {before}\n{indent}    + {after}")
        }
    }
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (added, removed, modified, formatting) = self.counts();
        let mut map = serializer.serialize_map(Some(6))?;
        map.serialize_entry("equal", &self.is_equal())?;
        map.serialize_entry("added", &added)?;
        map.serialize_entry("removed", &removed)?;
        map.serialize_entry("modified", &modified)?;
        map.serialize_entry("formatting", &formatting)?;
        map.serialize_entry("differences", &self.0.iter().map(Written).collect::<Vec<_>>())?;
        map.end()
    }
}

struct Written<'a>(&'a Difference);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("object", &self.0.object().to_string())?;
        match self.0 {
            Difference::Added { definition, .. } => {
                map.serialize_entry("difference", "added")?;
                map.serialize_entry("after", definition)?;
            }
            Difference::Removed { definition, .. } => {
                map.serialize_entry("difference", "removed")?;
                map.serialize_entry("before", definition)?;
            }
            Difference::Modified { before, after, .. } => {
                map.serialize_entry("difference", "modified")?;
                map.serialize_entry("before", before)?;
                map.serialize_entry("after", after)?;
            }
        }
        map.serialize_entry("class", self.0.class().word())?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn catalog(objects: &[(&str, &str)]) -> Catalog {
        objects.iter().map(|(object, text)| (object.parse().unwrap(), (*text).to_owned())).collect()
    }

    fn both() -> (Catalog, Catalog) {
        (
            catalog(&[("table user", "1"), ("field user.a", "TYPE `x`"), ("field user.b", "2"), ("param p", "3")]),
            catalog(&[
                ("table user", "1"),
                ("field user.a", "TYPE x"),
                ("index user.i", "4"),
                ("param p", "5"),
                ("table z", "6"),
            ]),
        )
    }

    #[test]
    fn what_stands_on_a_table_is_listed_under_it() {
        let (before, after) = both();
        let text = "~ param p\n    - 3\n    + 5\n  table user\n  = field user.a\n      - TYPE `x`\n      + TYPE x\n  \
                    - field user.b\n      - 2\n  + index user.i\n      + 4\n+ table z\n    + 6\n\
                    2 added, 1 removed, 2 modified (1 in formatting only)";
        assert_eq!(compare(&before, &after).to_string(), text);
        assert_eq!(compare(&before, &before).to_string(), "no differences");
    }

    #[test]
    fn formatting_is_told_from_what_is_real() {
        let (before, after) = (catalog(&[("table a", "DEFINE TABLE `a`")]), catalog(&[("table a", "DEFINE  TABLE a")]));
        let comparison = compare(&before, &after);
        assert!(comparison.is_same() && !comparison.is_equal());
        let json = json!({ "equal": false, "added": 0, "removed": 0, "modified": 1, "formatting": 1, "differences": [
            { "object": "table a", "difference": "modified", "before": "DEFINE TABLE `a`", "after": "DEFINE  TABLE a",
              "class": "formatting" } ] });
        assert_eq!(serde_json::to_value(comparison).unwrap(), json);
    }
}
