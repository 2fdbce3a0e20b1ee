//! The way back from the start of a phased migration, which may have written rows and may have been interrupted.

use std::collections::BTreeSet;

use migrate_core::{Difference, Object, ObjectKind};

use super::{Way, before};
use crate::analysis::effect::Origin;
use crate::analysis::reach::Reached;
use crate::analysis::schema::Schema;
use crate::analysis::transition::{Transition, Verdict};
use crate::definition::{DefaultValue, Field, Shape, Table, TableType};
use crate::surql;

/// What takes a start back.
#[derive(Clone, Debug)]
pub(crate) struct Back {
    /// The new tables of edges, each without its events. `REMOVE TABLE` would leave their edges to be followed from the records
    /// that they lead from and to, so the rows go first.
    pub(crate) emptied: Vec<Emptied>,
    /// The statements that take events away, which would write the fields again.
    pub(crate) events: Vec<String>,
    /// The other statements, in order.
    pub(crate) rest: Vec<String>,
    /// The values that would be left over without their fields.
    pub(crate) cleared: Vec<Clear>,
}

/// Values of one table that go with their fields.
#[derive(Clone, Debug)]
pub(crate) struct Clear {
    table: String,
    fields: Vec<String>,
    /// Whether they go while the fields are defined: then no write is refused meanwhile. What fills itself, or may not be
    /// missing, can only go behind.
    pub(crate) is_first: bool,
}

/// A table whose rows go before it does.
#[derive(Clone, Debug)]
pub(crate) struct Emptied {
    /// Its name, as it is and as statements have it.
    name: String,
    table: String,
    /// The statement that takes the table away.
    removal: String,
    /// Has it there in any case, as the start may have been interrupted before it was.
    pub(crate) define: String,
    /// The statements that take its events away: they would tell the older binaries' side that the edges are gone.
    pub(crate) events: Vec<String>,
}

impl Emptied {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn removal(&self) -> &str {
        &self.removal
    }

    /// The statement that deletes all of its rows at once.
    pub(super) fn all(&self) -> String {
        format!("DELETE {} RETURN NONE", self.table)
    }

    /// The statement that deletes one batch of rows.
    pub(crate) fn text(&self, rows: usize) -> String {
        format!("DELETE (SELECT VALUE id FROM {} LIMIT {rows}) RETURN NONE", self.table)
    }
}

impl Clear {
    /// The statement that clears one batch of rows.
    pub(crate) fn text(&self, rows: usize) -> String {
        let Self { table, fields, .. } = self;
        let conditions: Vec<_> = fields.iter().map(|field| format!("{field} IS NOT NONE")).collect();
        let (conditions, fields) = (conditions.join(" OR "), fields.join(", "));
        format!("UPDATE (SELECT VALUE id FROM {table} WHERE {conditions} LIMIT {rows}) UNSET {fields} RETURN NONE")
    }
}

/// What leads from the schema after a start back to the one before it, or `None` where that cannot be told.
pub(crate) fn back_from(after: &Schema, origin: &Origin) -> Option<Back> {
    let way = Way { after, before: before(after, origin), origin };
    let (events, rest) = way.statements()?.into_iter().partition(|statement| statement.starts_with("REMOVE EVENT "));
    Some(Back { emptied: emptied(after, origin), events, rest, cleared: cleared(after, origin) })
}

/// The tables of edges that a start adds.
pub(super) fn emptied(after: &Schema, origin: &Origin) -> Vec<Emptied> {
    let new = origin.iter().filter(|(object, before)| object.kind() == ObjectKind::Table && before.is_none());
    let emptied = new.filter_map(|(object, _)| {
        let definition = &after.get(object)?.definition;
        let Shape::Table(Table { kind: TableType::Relation(_), .. }) = &definition.shape else { return None };
        let define = definition.text.replacen("DEFINE TABLE ", "DEFINE TABLE IF NOT EXISTS ", 1) + ";\n";
        let is_event = |event: &Object| event.kind() == ObjectKind::Event && event.table() == Some(object.name());
        let events = after.entries().filter(|(event, _)| is_event(event));
        let events = events.filter_map(|(_, event)| surql::removing(&event.definition)).map(|text| text + ";\n");
        let (name, removal) = (object.name().to_owned(), surql::removing(definition)?);
        Some(Emptied { name, table: quoted(object.name()), removal, define, events: events.collect() })
    });
    emptied.collect()
}

/// The fields that a start adds to tables which were there before.
fn cleared(after: &Schema, origin: &Origin) -> Vec<Clear> {
    let is_new = |object: &Object| matches!(origin.get(object), Some(None));
    let table = |name: &str| Object::new(ObjectKind::Table, name.to_owned());
    let mut cleared: Vec<Clear> = Vec::new();
    for object in origin.keys().filter(|object| object.kind() == ObjectKind::Field && is_new(object)) {
        let Some(name) = object.table().filter(|name| !is_new(&table(name))) else { continue };
        let Some(field) = after.get(object).and_then(|entry| entry.definition.shape.field()) else { continue };
        // What stands in a new field goes with it; of the parts of a list, none can be named.
        let is_inside = after.fields(name).any(|(other, outer)| {
            is_new(other) && outer.path.len() < field.path.len() && field.path.starts_with(&outer.path)
        });
        if is_inside || field.computed.is_some() || field.path.iter().any(|part| !is_plain(part)) {
            continue;
        }
        let (table, is_first) = (quoted(name), is_cleared_first(field));
        let path = field.path.iter().map(|part| quoted(part)).collect::<Vec<_>>().join(".");
        match cleared.iter_mut().find(|clear| clear.table == table && clear.is_first == is_first) {
            Some(clear) => clear.fields.push(path),
            None => cleared.push(Clear { table, fields: vec![path], is_first }),
        }
    }
    cleared
}

fn is_cleared_first(field: &Field) -> bool {
    let fills_itself = field.value.is_some() || matches!(field.default, DefaultValue::Always(_));
    !fills_itself && !field.readonly && field.assert.is_none() && field.value_type.accepts_none()
}

/// Whether a part of a path is the name of a field.
fn is_plain(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// How the schema behind a rollback differs from the one before the migration.
pub(crate) fn leads_back(now: &Schema, started: &Schema, origin: &Origin, touched: &Origin) -> Vec<Difference> {
    let touched: BTreeSet<_> = origin.keys().chain(touched.keys()).cloned().collect();
    now.differences(&before(started, origin), &touched)
}

/// The first of these texts that the database would refuse for certain, by its index.
pub(crate) fn refuses<'a>(start: &Schema, texts: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut schema = start.clone();
    for (at, text) in texts.enumerate() {
        for (lowered, own) in surql::statements(text) {
            let transition = Transition::of(&schema, &Reached::new(&schema, &lowered), &own);
            if matches!(transition.verdict, Verdict::Exists | Verdict::Missing | Verdict::Refused(_)) {
                return Some(at);
            }
            transition.apply(&mut schema);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::phased::testing::loaded;

    /// The texts of the rollback that is derived for a start.
    fn derived(start: &str) -> Vec<String> {
        let toml = format!(
            "[[step]]\nid = \"start\"\nphase = \"start\"\nsql = '''{start}'''\n\
             [[step]]\nid = \"end\"\nphase = \"complete\"\nsql = 'REMOVE FIELD c ON a'\n"
        );
        let loaded = loaded(&toml).unwrap();
        let steps = loaded.migrations[1].steps.iter();
        let rollback = steps.filter(|step| step.phase == migrate_core::Phase::Rollback);
        rollback.map(|step| step.text.trim_end().to_owned()).collect()
    }

    #[test]
    fn what_writes_goes_first_then_its_values_and_then_the_field() {
        let start =
            "DEFINE FIELD b ON a TYPE option<int>; DEFINE EVENT e ON a WHEN true THEN (UPDATE $value.id SET b = c)";
        assert_eq!(
            derived(start),
            [
                "REMOVE EVENT IF EXISTS e ON a;",
                "UPDATE (SELECT VALUE id FROM `a` WHERE `b` IS NOT NONE LIMIT 1000) UNSET `b` RETURN NONE",
                "REMOVE FIELD IF EXISTS b ON a;"
            ]
        );
    }

    #[test]
    fn a_field_that_fills_itself_is_cleared_when_it_is_gone() {
        let texts = derived("DEFINE FIELD b ON a TYPE int DEFAULT ALWAYS 1; DEFINE FIELD d ON a TYPE option<string>");
        assert_eq!(texts.len(), 3, "{texts:?}");
        assert!(texts[0].contains("UNSET `d`") && texts[2].contains("UNSET `b`"), "{texts:?}");
    }

    #[test]
    fn a_new_table_of_edges_is_emptied_first_and_was_there_or_not() {
        let start = "DEFINE TABLE knows TYPE RELATION IN a OUT a; DEFINE EVENT e ON knows WHEN true THEN (CREATE a)";
        assert_eq!(
            derived(start),
            [
                "DEFINE TABLE IF NOT EXISTS knows TYPE RELATION IN a OUT a SCHEMALESS PERMISSIONS NONE;\n\
                 REMOVE EVENT IF EXISTS e ON knows;",
                "DELETE (SELECT VALUE id FROM `knows` LIMIT 1000) RETURN NONE",
                "REMOVE TABLE IF EXISTS knows;"
            ]
        );
    }

    #[test]
    fn a_new_table_takes_its_rows_along_and_a_list_its_parts() {
        assert_eq!(derived("DEFINE TABLE z; DEFINE FIELD b ON z TYPE option<int>"), ["REMOVE TABLE IF EXISTS z;"]);
        let texts = derived("DEFINE FIELD b ON a TYPE option<array<int>>");
        assert!(texts[0].ends_with("UNSET `b` RETURN NONE"), "{texts:?}");
    }
}
