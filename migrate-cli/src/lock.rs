use std::fs;

use migrate_build::LoadedMigration;
use serde_json::json;

use crate::args::Global;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::replace::replace;
use crate::terminal::{self, Format, Terminal};

/// Writes the lockfile, unless what it holds was changed or the folder has other errors.
pub(crate) fn run(global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    let loaded = global.load()?;
    let path = global.dir()?.join("migrations.lock");
    let (before, after) = (fs::read_to_string(&path).unwrap_or_default(), loaded.lockfile());
    let is_new = before != after;
    let new: Vec<_> =
        loaded.migrations.iter().filter(|migration| !before.contains(&migration.chain.to_string())).collect();
    if is_new {
        replace(&path, &after)?;
    }
    if terminal.format == Format::Json {
        let entry = |migration: &&LoadedMigration| {
            json!({
                "version": migration.version.get(),
                "file": migration.file,
                "checksum": migration.checksum.to_string(),
            })
        };
        let locked: Vec<_> = new.iter().map(entry).collect();
        terminal::json(&json!({
            "lockfile": path.display().to_string(),
            "written": is_new,
            "migrations": loaded.migrations.len(),
            "locked": locked,
        }))?;
        return Ok(Outcome::Done);
    }
    if !is_new {
        terminal.note(format_args!("{} holds all {} migrations already", path.display(), loaded.migrations.len()))?;
        return Ok(Outcome::Done);
    }
    for migration in &new {
        terminal.note(format_args!("locked {} {}", migration.file, migration.checksum))?;
    }
    terminal.note(format_args!("{} holds {} migrations: commit it", path.display(), loaded.migrations.len()))?;
    Ok(Outcome::Done)
}
