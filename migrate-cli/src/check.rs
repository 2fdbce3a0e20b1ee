use comfy_table::Table;
use migrate_build::{Diagnostics, LoadedMigration, Locked, load};
use migrate_core::{Compatibility, Effect, Statement};
use serde_json::{Value, json};

use crate::args::{Check, Global, Style};
use crate::failure::Failure;
use crate::folder::load_with;
use crate::outcome::Outcome;
use crate::terminal::Terminal;
use crate::{annotation, diagnostic, terminal};

/// Reports what a build would say, and what each migration does.
pub(crate) fn run(args: &Check, global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    let locked = if args.locked { Locked::Required } else { Locked::Warn };
    let (folder, options) = load_with(global.dir()?, locked);
    let (diagnostics, migrations) = match load(&folder, &options) {
        Ok(loaded) => (loaded.warnings, loaded.migrations),
        Err(error) => error.into_parts(),
    };
    match global.format {
        Style::Json => terminal::json(&json(&diagnostics, &migrations))?,
        Style::Github => {
            for diagnostic in &diagnostics {
                terminal::result(annotation::github(diagnostic))?;
            }
        }
        Style::Table | Style::Dot | Style::Mermaid => {
            terminal.diagnostics(&diagnostics);
            if !migrations.is_empty() {
                terminal.note(table(&migrations, terminal).trim_fmt())?;
            }
        }
    }
    if diagnostics.has_errors() { Err(Failure::Reported) } else { Ok(Outcome::Done) }
}

/// What a migration does to those who run the older binary: the most harmful of what its statements do.
fn effect(migration: &LoadedMigration) -> Effect {
    migration.statements.iter().map(Statement::effect).max().unwrap_or(Effect::Neutral)
}

fn is_breaking(migration: &LoadedMigration) -> bool {
    migration.compatibility == Compatibility::Breaking
}

fn table(migrations: &[LoadedMigration], terminal: Terminal) -> Table {
    let mut table = terminal.table(["file", "statements", "effect", "undo"]);
    for migration in migrations {
        let undo = match migration.undo.safety() {
            Some(safety) => format!("{}, {safety}", migration.undo.word()),
            None => migration.undo.word().to_owned(),
        };
        table.add_row([
            migration.file.clone(),
            migration.statements.len().to_string(),
            if is_breaking(migration) {
                format!("{}, breaking", effect(migration))
            } else {
                effect(migration).to_string()
            },
            undo,
        ]);
    }
    table
}

fn json(diagnostics: &Diagnostics, migrations: &[LoadedMigration]) -> Value {
    json!({
        "diagnostics": diagnostic::json(diagnostics),
        "migrations": migrations.iter().map(migration_json).collect::<Vec<_>>(),
    })
}

fn migration_json(migration: &LoadedMigration) -> Value {
    json!({
        "version": migration.version.get(),
        "file": migration.file,
        "checksum": migration.checksum.to_string(),
        "effect": effect(migration).to_string(),
        "breaking": is_breaking(migration),
        "statements": migration.statements.len(),
        "undo": migration.undo.word(),
    })
}
