//! The questions about rows that a migration makes worth asking on a database: only here are types and assertions known.

use migrate_core::{Check, CheckKind, Object, ObjectKind};

use super::effect::Origin;
use super::schema::{Entry, Schema};
use crate::definition::{DefaultValue, Field, Index, IndexKind, Required, Shape, ValueType};

/// The checks of what a migration leaves, as against what it found. What stands on a table that the migration made is not
/// asked about: whatever rows there are, the migration wrote under its own definitions.
pub(super) fn checks(origin: &Origin, schema: &Schema) -> Vec<Check> {
    let is_made_here = |table: &str| {
        let table = Object::new(ObjectKind::Table, table.to_owned());
        matches!(origin.get(&table), Some(None))
    };
    let check = |(object, before): (&Object, &Option<Entry>)| {
        let table = object.table().filter(|table| !is_made_here(table))?;
        let after = schema.get(object).filter(|entry| entry.is_exact())?;
        let before = before.as_ref().map(|entry| &entry.definition.shape);
        let (kind, query) = match &after.definition.shape {
            Shape::Index(index) => (CheckKind::Unique, unique(table, index, before.and_then(Shape::index))?),
            Shape::Field(field) => {
                let before = before.and_then(Shape::field);
                // Where only what is defined can be written, no row holds what was not.
                let is_empty = before.is_none() && schema.certain_table(table).is_some_and(|table| table.schemafull);
                if is_empty && field.required() == Required::Never {
                    return None;
                }
                (CheckKind::Value, value(table, field, before)?)
            }
            _ => return None,
        };
        Some(Check::new(object.clone(), kind, query))
    };
    origin.iter().filter_map(check).collect()
}

/// Finds the rows that share with others the values of an index that was not unique before.
fn unique(table: &str, index: &Index, before: Option<&Index>) -> Option<String> {
    let is_as_before = before.is_some_and(|before| before.kind == index.kind && before.columns == index.columns);
    if index.kind != IndexKind::Unique || is_as_before || index.columns.is_empty() {
        return None;
    }
    let columns: Vec<_> = index.columns.iter().map(|column| simple(column)).collect::<Option<_>>()?;
    // What is missing is equal to nothing. What is in an array would have to be taken one by one.
    let counts: Vec<_> = columns
        .iter()
        .map(|column| format!("{column} IS NOT NONE AND {column} IS NOT NULL AND !type::is_array({column})"))
        .collect();
    let (columns, counts, table) = (columns.join(", "), counts.join(" AND "), quote(table));
    Some(format!(
        "SELECT VALUE ids FROM (SELECT array::group(id) AS ids, count() AS rows, {columns} FROM {table} WHERE {counts} \
         GROUP BY {columns}) WHERE rows > 1"
    ))
}

/// Finds the rows whose value a field refuses, where it may refuse what it took before.
fn value(table: &str, field: &Field, before: Option<&Field>) -> Option<String> {
    let [name] = &field.path[..] else { return None };
    if field.computed.is_some() || field.value.is_some() || matches!(name.as_str(), "id" | "in" | "out" | "*") {
        return None;
    }
    let is_as_before = before.is_some_and(|before| {
        field.value_type.accepts(&before.value_type)
            && (field.assert.is_none() || field.assert == before.assert)
            && before.required() >= field.required()
    });
    if is_as_before {
        return None;
    }
    let column = quote(name);
    let mut refusals = Vec::new();
    if let Some(fits) = fits(&field.value_type, &column) {
        // A default that is given on every write fills what is missing.
        let fits = match field.default {
            DefaultValue::Always(_) => format!("{column} IS NONE OR {fits}"),
            DefaultValue::None | DefaultValue::Once(_) => fits,
        };
        refusals.push(format!("!({fits})"));
    }
    // An assertion about a value that does not fit may fail by itself, so the type is asked first.
    let is_typed = field.value_type != ValueType::Any;
    let asserted = field.assert.as_deref().filter(|_| !is_typed || !refusals.is_empty());
    if let Some(assert) = asserted.filter(|assert| depends_on_value_alone(assert)) {
        let is_given = if is_typed { format!("{column} IS NOT NONE AND ") } else { String::new() };
        refusals.push(format!("{{ LET $value = {column}; {is_given}!({assert}) }}"));
    }
    (!refusals.is_empty()).then(|| format!("SELECT VALUE id FROM {} WHERE {}", quote(table), refusals.join(" OR ")))
}

/// Whether an assertion can be asked of a row outside of a write. It is not parsed here: a name that only looks like one
/// costs a check, and no more.
fn depends_on_value_alone(assert: &str) -> bool {
    let names = assert.split('$').skip(1);
    let name = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    names.map(name).all(|name| name == "value") && !assert.contains("fn::")
}

/// A condition that holds for every value that a field of this type takes, on its own or by converting it. `None` where
/// nothing is known to be refused.
fn fits(value_type: &ValueType, value: &str) -> Option<String> {
    Some(match value_type {
        ValueType::Union(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(|kind| fits(kind, value)).collect::<Option<_>>()?;
            format!("({})", kinds.join(" OR "))
        }
        ValueType::Plain(name) => match name.as_str() {
            "none" => format!("{value} IS NONE"),
            "null" => format!("{value} IS NULL"),
            // A number that is whole becomes an integer.
            "int" => format!("(type::is_int({value}) OR (type::is_number({value}) AND {value} % 1 = 0))"),
            "float" | "decimal" | "number" => format!("type::is_number({value})"),
            "string" | "bool" | "datetime" | "duration" | "uuid" | "bytes" | "object" => {
                format!("type::is_{name}({value})")
            }
            _ => return None,
        },
        ValueType::Over("record", tables) if tables.is_empty() => format!("type::is_record({value})"),
        ValueType::Over("record", tables) => {
            let text = |table: &String| table.replace('\\', "\\\\").replace('\'', "\\'");
            let of = tables.iter().map(|table| format!("type::is_record({value}, '{}')", text(table)));
            format!("({})", of.collect::<Vec<_>>().join(" OR "))
        }
        ValueType::Array(inner, _) => match fits(inner, "$part") {
            Some(inner) => format!("(type::is_array({value}) AND array::all({value}, |$part| {inner}))"),
            None => format!("(type::is_array({value}) OR type::is_set({value}))"),
        },
        ValueType::Literal(_, text) => format!("{value} = {text}"),
        _ => return None,
    })
}

/// A path of plain names, quoted.
fn simple(path: &str) -> Option<String> {
    let is_plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let parts: Vec<_> = path.split('.').map(|part| is_plain(part).then(|| quote(part))).collect::<Option<_>>()?;
    Some(parts.join("."))
}

fn quote(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

#[cfg(test)]
mod tests {
    use crate::analysis::analyse_texts;

    fn queries(texts: &[&str]) -> Vec<String> {
        let last = analyse_texts(texts).pop().unwrap();
        last.checks.iter().map(|check| check.query().to_owned()).collect()
    }

    #[test]
    fn what_refuses_nothing_is_not_asked_about() {
        let table = "DEFINE TABLE t; DEFINE FIELD a ON t TYPE int";
        for text in [
            "DEFINE INDEX i ON t FIELDS a",
            "DEFINE FIELD b ON t",
            "DEFINE FIELD OVERWRITE a ON t TYPE int | string",
            "DEFINE FIELD b ON t TYPE string VALUE 'x'",
            "DEFINE TABLE u; DEFINE FIELD a ON u TYPE string; DEFINE INDEX i ON u FIELDS a UNIQUE",
            "REMOVE FIELD a ON t",
        ] {
            assert_eq!(queries(&[table, text]), [""; 0], "{text}");
        }
        let unique = "DEFINE TABLE t; DEFINE INDEX i ON t FIELDS a UNIQUE";
        assert_eq!(queries(&["DEFINE TABLE t SCHEMAFULL", "DEFINE FIELD b ON t TYPE option<int>"]), [""; 0]);
        assert_eq!(queries(&[unique, "DEFINE INDEX OVERWRITE i ON t FIELDS a UNIQUE COMMENT 'x'"]), [""; 0]);
    }

    #[test]
    fn what_a_field_refuses_is_asked_by_type_and_then_by_assertion() {
        let asked = |text| queries(&["DEFINE TABLE t", text]);
        assert_eq!(
            asked("DEFINE FIELD a ON t TYPE string ASSERT string::len($value) > 2"),
            ["SELECT VALUE id FROM `t` WHERE !(type::is_string(`a`)) OR { LET $value = `a`; `a` IS NOT NONE AND \
              !(string::len($value) > 2) }"]
        );
        assert_eq!(
            asked("DEFINE FIELD a ON t TYPE option<bool>"),
            ["SELECT VALUE id FROM `t` WHERE !((`a` IS NONE OR type::is_bool(`a`)))"]
        );
        assert_eq!(
            asked("DEFINE FIELD a ON t TYPE string ASSERT $value != $before"),
            ["SELECT VALUE id FROM `t` WHERE !(type::is_string(`a`))"]
        );
        assert_eq!(
            asked("DEFINE FIELD a ON t TYPE record<u | v> | 1"),
            ["SELECT VALUE id FROM `t` WHERE !(((type::is_record(`a`, 'u') OR type::is_record(`a`, 'v')) OR `a` = 1))"]
        );
        assert_eq!(
            asked("DEFINE FIELD a ON t TYPE geometry<point> ASSERT $value != NONE"),
            [""; 0],
            "nothing is known of it"
        );
    }

    #[test]
    fn a_unique_index_is_asked_for_rows_that_are_equal_in_all_its_fields() {
        let asked = queries(&["DEFINE TABLE t", "DEFINE INDEX i ON t FIELDS a, b.c UNIQUE"]);
        assert!(asked[0].contains("GROUP BY `a`, `b`.`c`"), "{asked:?}");
        assert_eq!(queries(&["DEFINE TABLE t", "DEFINE INDEX i ON t FIELDS tags.* UNIQUE"]), [""; 0]);
    }
}
