use std::fmt;

use migrate_core::{Change, Object};

use crate::analysis::{Entry, Schema, run_all};
use crate::{Diagnostics, Loaded, surql};

/// An object of which a migration makes what is only known when it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dynamic {
    /// The object.
    pub object: Object,
    /// The file of the migration.
    pub file: String,
    /// The line on which the statement begins, counted from 1; `None` where no single statement tells.
    pub line: Option<u32>,
}

impl fmt::Display for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, file, line } = self;
        match line {
            Some(line) => write!(f, "{file}:{line}: {object}"),
            None => write!(f, "{file}: {object}"),
        }
    }
}

/// The schema behind a folder's last migration, and what of it nobody can tell before it runs.
///
/// Statement by statement, since a catalog has no secrets; where a migration has no such text, by what it changes.
pub(super) fn start(loaded: &Loaded) -> (Schema, Vec<Dynamic>) {
    let is_shared = !loaded.requires.is_empty() || loaded.migrations.iter().any(|one| !one.requires.is_empty());
    let mut schema = Schema::new(is_shared);
    let mut places: Vec<Dynamic> = Vec::new();
    for migration in &loaded.migrations {
        let is_text = !migration.file.ends_with("toml");
        let statements = is_text.then(|| surql::parse(&migration.source, &mut Diagnostics::default())).flatten();
        let Some(statements) = statements else {
            migration.changes.iter().for_each(|change| apply(&mut schema, change));
            note(&schema, &mut places, &migration.file, None);
            continue;
        };
        for statement in &statements {
            run_all(&mut schema, std::slice::from_ref(statement), &migration.source);
            let line = migration.source.position(statement.range.start).line;
            note(&schema, &mut places, &migration.file, Some(line));
        }
    }
    (schema, places)
}

/// Notes where what is uncertain came to be so, and forgets what is certain again.
fn note(schema: &Schema, places: &mut Vec<Dynamic>, file: &str, line: Option<u32>) {
    let is_uncertain = |object: &Object| schema.get(object).is_some_and(|entry| !entry.is_exact());
    places.retain(|one| is_uncertain(&one.object));
    for (object, _) in schema.entries().filter(|(_, entry)| !entry.is_exact()) {
        if !places.iter().any(|one| one.object == *object) {
            places.push(Dynamic { object: object.clone(), file: file.to_owned(), line });
        }
    }
}

fn apply(schema: &mut Schema, change: &Change) {
    let entry = change.definition().and_then(surql::definition).map(Entry::exact);
    schema.set(change.object().clone(), entry);
}
