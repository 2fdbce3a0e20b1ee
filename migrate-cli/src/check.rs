use std::io::{Write, stdout};

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use migrate_build::{Diagnostic, Diagnostics, LoadedMigration, Locked, load};
use migrate_core::{Compatibility, Effect, Statement};
use serde_json::{Value, json};

use crate::args::{Check, Format};
use crate::failure::Failure;
use crate::terminal;

/// Reports what a build would say, and what each migration does.
pub(crate) fn run(args: &Check) -> Result<(), Failure> {
    let locked = if args.locked { Locked::Required } else { Locked::Warn };
    let (folder, options) = args.folder.load_with(locked);
    let (diagnostics, migrations) = match load(&folder, &options) {
        Ok(loaded) => (loaded.warnings, loaded.migrations),
        Err(error) => error.into_parts(),
    };
    match args.format {
        Format::Table => {
            terminal::diagnostics(&diagnostics);
            if !migrations.is_empty() {
                writeln!(stdout(), "{}", table(&migrations))?;
            }
        }
        Format::Json => writeln!(stdout(), "{:#}", json(&diagnostics, &migrations))?,
    }
    if diagnostics.has_errors() { Err(Failure::Reported) } else { Ok(()) }
}

/// What a migration does to those who run the older binary: the most harmful of what its statements do.
fn effect(migration: &LoadedMigration) -> Effect {
    migration.statements.iter().map(Statement::effect).max().unwrap_or(Effect::Neutral)
}

fn is_breaking(migration: &LoadedMigration) -> bool {
    migration.compatibility == Compatibility::Breaking
}

fn table(migrations: &[LoadedMigration]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["file", "statements", "effect", "breaking", "undo", "checksum"]);
    for migration in migrations {
        let undo = match migration.undo.safety() {
            Some(safety) => format!("{}, {safety}", migration.undo.word()),
            None => migration.undo.word().to_owned(),
        };
        let checksum = migration.checksum.to_string();
        table.add_row([
            migration.file.clone(),
            migration.statements.len().to_string(),
            effect(migration).to_string(),
            if is_breaking(migration) { "yes" } else { "no" }.to_owned(),
            undo,
            // As many digits as tell migrations apart; the JSON form has them all.
            checksum.get(..15).unwrap_or(&checksum).to_owned(),
        ]);
    }
    table
}

fn json(diagnostics: &Diagnostics, migrations: &[LoadedMigration]) -> Value {
    json!({
        "diagnostics": diagnostics.iter().map(diagnostic_json).collect::<Vec<_>>(),
        "migrations": migrations.iter().map(migration_json).collect::<Vec<_>>(),
    })
}

fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    json!({
        "code": diagnostic.rule().code,
        "severity": diagnostic.severity().to_string(),
        "file": diagnostic.file(),
        "line": diagnostic.position().map(|position| position.line),
        "column": diagnostic.position().map(|position| position.column),
        "message": message(diagnostic),
        "help": diagnostic.help(),
    })
}

/// All that is said of it in one text, for those who do not see the caret and the notes.
fn message(diagnostic: &Diagnostic) -> String {
    let mut message = diagnostic.message().to_owned();
    if !diagnostic.label().is_empty() {
        message.push_str(": ");
        message.push_str(diagnostic.label());
    }
    for note in diagnostic.notes() {
        message.push('\n');
        message.push_str(note);
    }
    message
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
