use migrate_core::Undo;
use serde_json::json;

use crate::args::{Global, UndoText};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::{self, Format, Terminal};

/// Shows the text that undoes a migration.
pub(crate) fn run(args: &UndoText, global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    let loaded = global.load()?;
    let version = loaded.version_of(&args.version)?;
    let migration = loaded.migrations.iter().find(|migration| migration.version == version);
    let Some((migration, (text, safety))) =
        migration.and_then(|migration| Some((migration, migration.undo.text().zip(migration.undo.safety())?)))
    else {
        let reason = match migration.map(|migration| &migration.undo) {
            Some(Undo::None { reason }) => reason.to_string(),
            _ => String::new(),
        };
        return Err(Failure::NoUndo { version, reason });
    };
    match terminal.format {
        Format::Json => terminal::json(&json!({
            "version": version.get(),
            "file": migration.file,
            "undo": migration.undo.word(),
            "safety": safety.word(),
            "text": text,
        }))?,
        Format::Table => {
            terminal.note(format_args!("-- Undoes {}: {}, {safety}.", migration.file, migration.undo.word()))?;
            terminal::result(text.trim_end())?;
        }
    }
    Ok(Outcome::Done)
}
