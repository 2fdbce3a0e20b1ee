//! The commands over databases: those of `migrate_runtime::cli`, over folders and a connection of our own.

mod address;
mod command;
mod connection;
mod error;
mod open;
mod secret;
mod tls;

use std::path::Path;

use migrate_build::Loaded;
use migrate_runtime::cli::{Ended, Format, Presentation, Session};
use migrate_runtime::{Fleet, Migrations, Migrator};
use tokio::runtime::Runtime;

pub(crate) use self::command::Database;
pub(crate) use self::error::Error;
use crate::args::{Global, Style};
use crate::failure::Failure;
use crate::folder::load_dir;
use crate::outcome::Outcome;
use crate::terminal::Terminal;

/// Runs one of them.
pub(crate) fn run(database: Box<Database>, global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    let Database { connection, command } = *database;
    let loaded = global.dir.iter().map(|dir| module(dir, terminal)).collect::<Result<Vec<_>, _>>()?;
    let tags: Vec<_> = loaded.iter().map(|one| (one.module.clone(), one.tags.clone())).collect();
    // They live as long as the process, which runs one command.
    let modules = loaded.into_iter().map(|one| -> &'static Migrations { Box::leak(Box::new(one.leak())) });
    let mut migrator = Migrator::new(modules).map_err(Error::Modules)?;
    migrator = migrator.applied_by(env!("CARGO_BIN_NAME"), env!("CARGO_PKG_VERSION"));
    if let Some(index) = connection.index.clone() {
        migrator = migrator.index(index);
    }
    let format = if global.format == Style::Json { Format::Json } else { Format::Table };
    let presentation = Presentation { format, color: global.color, quiet: global.quiet };
    let context = connection.context()?;
    let runtime = Runtime::new().map_err(Error::Runtime)?;
    let ended = runtime.block_on(async {
        let (named, may_create) = (command.speaks_of(), command.may_create());
        let opened = open::open(&connection, named, may_create).await?;
        let mut session = Session::new(migrator, &opened).presentation(presentation);
        if let Some(context) = context {
            session = session.fleet(Fleet::contexts([context]));
        }
        for (module, tags) in tags {
            session = session.tags(&module, tags);
        }
        let ended = command.run(session).await;
        open::close(opened, &connection).await;
        Ok::<_, Error>(ended)
    })?;
    match ended {
        Ended::Done => Ok(Outcome::Done),
        Ended::Pending => Ok(Outcome::Found),
        told => Err(Failure::Told(told)),
    }
}

/// The module of a folder.
fn module(dir: &Path, terminal: Terminal) -> Result<Loaded, Failure> {
    let loaded = load_dir(dir)?;
    terminal.diagnostics(&loaded.warnings);
    Ok(loaded)
}
