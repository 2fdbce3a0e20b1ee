use std::cmp::Reverse;
use std::collections::BTreeMap;

use migrate_core::{Object, ObjectKind};

use crate::analysis::{Entry, Schema, depth, differ, has_other_secret, run};
use crate::surql;

/// The way from one schema to another in plain words: what goes, and then each definition as the schema files have it,
/// without what comes by itself.
///
/// None where that does not lead to the same schema.
pub(super) fn plainly(from: &Schema, to: &Schema, own: &BTreeMap<Object, String>) -> Option<Vec<String>> {
    let mut way = Way { now: from.clone(), statements: Vec::new() };
    // What others stand on goes last and comes first; a view stands on its sources.
    let mut gone: Vec<(&Object, &Entry)> = from.entries().filter(|(object, _)| to.get(object).is_none()).collect();
    gone.sort_by_key(|(object, _)| (Reverse(depth(from, object)), Reverse(object.kind())));
    let is_with_its_table = |object: &Object| {
        let table = object.table().map(|table| Object::new(ObjectKind::Table, table.to_owned()));
        table.is_some_and(|table| from.get(&table).is_some() && to.get(&table).is_none())
    };
    for (object, entry) in gone.into_iter().filter(|(object, _)| !is_with_its_table(object)) {
        way.remove(object, entry)?;
    }
    let mut wanted: Vec<(&Object, &Entry)> = to.entries().collect();
    wanted.sort_by_cached_key(|(object, _)| (object.kind(), depth(to, object)));
    for (object, entry) in wanted {
        way.define(object, entry, own.get(object))?;
    }
    // What a definition implies may not be wanted.
    let surplus: Vec<_> = way.now.entries().filter(|(object, _)| to.get(object).is_none()).collect();
    let surplus: Vec<_> = surplus.into_iter().map(|(object, entry)| (object.clone(), entry.clone())).collect();
    for (object, entry) in surplus {
        way.remove(&object, &entry)?;
    }
    (!differ(&way.now, to)).then_some(way.statements)
}

/// The statements so far, and where they lead.
struct Way {
    now: Schema,
    statements: Vec<String>,
}

impl Way {
    fn go(&mut self, statement: String) -> Option<()> {
        run(&mut self.now, &statement)?;
        self.statements.push(statement);
        Some(())
    }

    fn remove(&mut self, object: &Object, entry: &Entry) -> Option<()> {
        if self.now.get(object).is_none() {
            return Some(());
        }
        let statement = surql::removing(&entry.definition)?;
        // What the database keeps under another key is not found by a statement that insists.
        self.go(if entry.stray { statement } else { statement.replacen(" IF EXISTS", "", 1) })
    }

    fn define(&mut self, object: &Object, entry: &Entry, own: Option<&String>) -> Option<()> {
        let definition = &entry.definition;
        let there = self.now.get(object).cloned();
        let is_same = |there: &Entry| there.definition.text == definition.text && !has_other_secret(there, entry);
        match there {
            Some(there) if is_same(&there) => Some(()),
            // The database shows no secret; the files hold what makes it.
            Some(there) if definition.is_redacted() => {
                self.remove(object, &there)?;
                entry.script.iter().try_for_each(|statement| self.go(statement.clone()))
            }
            None if definition.is_redacted() => {
                entry.script.iter().try_for_each(|statement| self.go(statement.clone()))
            }
            Some(_) => {
                let own = own.and_then(|own| overwriting(own, object.kind()));
                self.go(own.unwrap_or_else(|| definition.overwriting()))
            }
            None => self.go(own.unwrap_or(&definition.text).clone()),
        }
    }
}

/// A `DEFINE` of one's own with `OVERWRITE` in it.
fn overwriting(own: &str, kind: ObjectKind) -> Option<String> {
    let rest = word(own, "DEFINE")?;
    let rest = word(rest, kind.keyword())?;
    Some(format!("DEFINE {} OVERWRITE {rest}", kind.keyword().to_uppercase()))
}

/// What stands behind a text's first word, if it is this one.
fn word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (first, rest) = text.split_at_checked(word.len())?;
    let is_it = first.eq_ignore_ascii_case(word) && rest.starts_with(char::is_whitespace);
    is_it.then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_made_to_replace_what_is_there() {
        let overwriting = |own| overwriting(own, ObjectKind::Field);
        assert_eq!(overwriting("define  field\na ON b").as_deref(), Some("DEFINE FIELD OVERWRITE a ON b"));
        assert_eq!(overwriting("DEFINE /* c */ FIELD a ON b"), None);
        assert_eq!(overwriting("é"), None);
    }
}
