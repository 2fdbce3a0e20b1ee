use std::collections::HashMap;

use migrate_core::{Change, Fresh, FreshStatement, Statement};

use crate::LoadedMigration;
use crate::analysis::FreshScript;

/// A script as the runtime takes it, which names texts that are embedded anyway.
pub(super) fn fresh(script: FreshScript, migrations: &[LoadedMigration]) -> Fresh {
    let mut known: HashMap<&str, FreshStatement> = HashMap::new();
    for (at, one) in migrations.iter().enumerate() {
        let Ok(migration) = u32::try_from(at) else { break };
        for (change, definition) in (0..).zip(one.changes.iter().map(Change::definition)) {
            if let Some(definition) = definition {
                known.insert(definition, FreshStatement::Change { migration, change });
            }
        }
        for (statement, range) in (0..).zip(one.statements.iter().map(Statement::range)) {
            if let Some(text) = one.source.text().get(range) {
                known.entry(text).or_insert(FreshStatement::Statement { migration, statement });
            }
        }
    }
    let FreshScript { migrations, statements } = script;
    let statement = |text: String| known.get(&*text).cloned().unwrap_or(FreshStatement::Text(text.into()));
    let statements: Vec<_> = statements.into_iter().map(statement).collect();
    Fresh::__new(u32::try_from(migrations).unwrap_or(u32::MAX), statements.into())
}
