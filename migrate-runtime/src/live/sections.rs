//! What `INFO` calls what, without any I/O.

use migrate_core::{Catalog, Object, ObjectKind};
use serde_json::Value;

/// The tables that the runtime keeps its own records in: no part of anybody's schema.
pub(crate) const OWN_TABLES: [&str; 7] = [
    "_migrations",
    "_migration_log",
    "_migration_lease",
    "_migration_fleet",
    "_migration_replica",
    "_migration_rollout",
    "_schema_snapshot",
];

/// The sections of `INFO FOR DB`.
pub(crate) const OF_DATABASE: [(&str, ObjectKind); 12] = [
    ("accesses", ObjectKind::Access),
    ("analyzers", ObjectKind::Analyzer),
    ("apis", ObjectKind::Api),
    ("buckets", ObjectKind::Bucket),
    ("configs", ObjectKind::Config),
    ("functions", ObjectKind::Function),
    ("models", ObjectKind::Model),
    ("modules", ObjectKind::Module),
    ("params", ObjectKind::Param),
    ("sequences", ObjectKind::Sequence),
    ("tables", ObjectKind::Table),
    ("users", ObjectKind::User),
];

/// The sections of `INFO FOR TABLE` that define something.
pub(crate) const OF_TABLE: [(&str, ObjectKind); 3] =
    [("fields", ObjectKind::Field), ("indexes", ObjectKind::Index), ("events", ObjectKind::Event)];

/// The catalog of a database, from its `INFO FOR DB` and, for each table by name, its `INFO FOR TABLE`.
///
/// A section that this version does not know is an error where it is not empty: what it defines would be overlooked.
pub(crate) fn catalog(database: &Value, tables: &Value) -> Result<Catalog, String> {
    let mut catalog = Catalog::new();
    let sections = database.as_object().ok_or_else(|| format!("`INFO FOR DB` gave {database}"))?;
    for (section, objects) in sections {
        let known = OF_DATABASE.iter().find(|(known, _)| known == section);
        let Some((_, kind)) = known else {
            if objects.as_object().is_some_and(serde_json::Map::is_empty) {
                continue;
            }
            return Err(format!("`INFO FOR DB` has a section `{section}` that this version does not know"));
        };
        for (name, text) in definitions(objects)? {
            if *kind == ObjectKind::Table && OWN_TABLES.contains(&name.as_str()) {
                continue;
            }
            let (name, text) = match kind {
                // What is told of a config does not begin with `DEFINE CONFIG`.
                ObjectKind::Config => (name.to_lowercase(), format!("DEFINE CONFIG {text}")),
                _ => (name.clone(), text.to_owned()),
            };
            catalog.define(Object::new(*kind, name), text);
        }
    }
    for table in tables.as_array().ok_or_else(|| format!("the tables are {tables}"))? {
        let name = table["name"].as_str().ok_or_else(|| format!("a table has no name: {table}"))?;
        if OWN_TABLES.contains(&name) {
            continue;
        }
        for (section, kind) in OF_TABLE {
            for (object, text) in definitions(&table[section])? {
                catalog.define(Object::on(name.to_owned(), kind, object.clone()), text);
            }
        }
    }
    Ok(catalog)
}

fn definitions(section: &Value) -> Result<Vec<(&String, &str)>, String> {
    let objects = section.as_object().ok_or_else(|| format!("a section is {section}"))?;
    let texts: Option<_> = objects.iter().map(|(name, text)| Some((name, text.as_str()?))).collect();
    texts.ok_or_else(|| format!("a definition is no text: {section}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn our_own_tables_and_what_stands_on_them_are_left_out() {
        let database = json!({ "tables": { "user": "DEFINE TABLE user", "_migrations": "x", "_migration_replica": "x", "_schema_snapshot": "x",
                                 "_migration_history": "y" } });
        let on = |name| json!({ "name": name, "fields": { "a": "F" }, "indexes": {}, "events": {} });
        let catalog = catalog(&database, &json!([on("user"), on("_migrations"), on("_migration_history")])).unwrap();
        let objects: Vec<_> = catalog.iter().map(|(object, _)| object.to_string()).collect();
        let expected = ["table _migration_history", "table user", "field _migration_history.a", "field user.a"];
        assert_eq!(objects, expected);
    }

    #[test]
    fn what_is_not_known_is_never_overlooked() {
        assert!(catalog(&json!({ "tables": {}, "news": {} }), &json!([])).is_ok());
        assert!(catalog(&json!({ "tables": {}, "news": { "a": "b" } }), &json!([])).is_err());
        assert!(catalog(&json!({ "tables": { "a": 1 } }), &json!([])).is_err());
        assert!(catalog(&json!(null), &json!([])).is_err());
    }
}
