use migrate_core::{Catalog, Object, ObjectKind};
use serde_json::{Map, Value};
use surrealdb::{Connection, Surreal};

/// Reads the schema of the database that a session is in, as the database itself reports it.
///
/// Keys and password hashes are `[REDACTED]` in such a report. What it tells of a config does not begin with
/// `DEFINE CONFIG`; that is put before it, so that every text is a statement.
///
/// # Errors
///
/// Whatever the database says to `INFO FOR DB` or `INFO FOR TABLE`.
pub async fn live_catalog<C: Connection>(db: &Surreal<C>) -> surrealdb::Result<Catalog> {
    let info = info(db, "DB").await?;
    let mut catalog = Catalog::new();
    for (section, kind) in SECTIONS {
        for (name, definition) in texts(&info, section) {
            let definition = match kind {
                ObjectKind::Config => format!("DEFINE CONFIG {definition}"),
                _ => definition.to_owned(),
            };
            catalog.define(Object::new(kind, bare(kind, name)), definition);
        }
    }
    let tables: Vec<String> = texts(&info, "tables").map(|(name, _)| name.clone()).collect();
    for table in tables {
        let info = self::info(db, &format!("TABLE {}", quoted(&table))).await?;
        for (section, kind) in
            [("fields", ObjectKind::Field), ("indexes", ObjectKind::Index), ("events", ObjectKind::Event)]
        {
            for (name, definition) in texts(&info, section) {
                catalog.define(Object::on(table.clone(), kind, name.clone()), definition);
            }
        }
    }
    Ok(catalog)
}

const SECTIONS: [(&str, ObjectKind); 12] = [
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

async fn info<C: Connection>(db: &Surreal<C>, what: &str) -> surrealdb::Result<Map<String, Value>> {
    let value: surrealdb::types::Value = db.query(format!("INFO FOR {what}")).await?.take(0)?;
    match value.into_json_value() {
        Value::Object(info) => Ok(info),
        _ => Ok(Map::new()),
    }
}

fn texts<'a>(info: &'a Map<String, Value>, section: &str) -> impl Iterator<Item = (&'a String, &'a str)> {
    let objects = info.get(section).and_then(Value::as_object).into_iter().flatten();
    objects.filter_map(|(name, definition)| Some((name, definition.as_str()?)))
}

/// The name without what its kind puts before it.
fn bare(kind: ObjectKind, name: &str) -> String {
    match kind {
        ObjectKind::Config => name.to_lowercase(),
        _ => name.to_owned(),
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}
