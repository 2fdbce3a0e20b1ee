use std::path::Path;

use super::error::ExportError;
use super::file::{FORMAT, Header, Writer, name, prepare};
use super::page::{Page, Unread, read, text};
use super::wanted::{Part, wanted};
use super::{Exported, ExportedTable};
use crate::context::Context;
use crate::counted::Counted;
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::undo::plan::UndoStep;
use crate::{Database, QueryError};

/// How many records are read at a time. Neither side ever holds more of them.
const PAGE: usize = 500;

/// Writes what goes with these steps into files.
pub(in crate::undo) async fn save(
    migrator: &Migrator,
    database: &Counted<impl Database>,
    context: &Context,
    steps: &[UndoStep],
    directory: &Path,
) -> Result<Exported, ExportError> {
    let wanted = wanted(steps)?;
    prepare(directory)?;
    let mut tables = Vec::with_capacity(wanted.len());
    for (at, (table, part)) in wanted.into_iter().enumerate() {
        let fields = match &part {
            Part::Rows => Vec::new(),
            Part::Fields(fields) => fields.iter().map(|field| field.name().to_owned()).collect(),
        };
        let header = Header {
            format: FORMAT,
            namespace: context.namespace().to_owned(),
            database: context.database().to_owned(),
            table: table.clone(),
            fields: fields.clone(),
        };
        let file = name(at, &table);
        let mut writer = Writer::create(directory, &file, &header)?;
        let mut after = None;
        loop {
            let page = page(migrator, database, context, &table, &part, after.as_deref()).await?;
            page.lines.iter().try_for_each(|line| writer.line(line))?;
            migrator.emit(Event::RowsExported { context, table: &table, rows: writer.rows() });
            if page.lines.len() < PAGE {
                break;
            }
            after = page.last;
        }
        let rows = writer.rows();
        writer.finish()?;
        tables.push(ExportedTable { table, fields, file, rows });
    }
    Ok(Exported { directory: directory.to_owned(), tables })
}

async fn page(
    migrator: &Migrator,
    database: &Counted<impl Database>,
    context: &Context,
    table: &str,
    part: &Part,
    after: Option<&str>,
) -> Result<Page, ExportError> {
    let unavailable = |reason| ExportError::Unavailable { context: context.clone(), table: table.to_owned(), reason };
    let mut backoff = migrator.patience.begin(database.silence());
    loop {
        let (text, variables) = text(context, table, part, after, PAGE);
        let why = match database.query(text, variables).await {
            Ok(reply) => match read(context, table, reply) {
                Ok(page) => return Ok(page),
                Err(Unread::Failed(error)) => return Err(error),
                Err(Unread::Refused(reason)) => return Err(unavailable(reason)),
                Err(Unread::Again(why)) => why,
            },
            Err(QueryError::Lost(why) | QueryError::Conflict(why)) => why,
            Err(error) => return Err(unavailable(error.to_string())),
        };
        backoff
            .again()
            .map_err(|given_up| unavailable(format!("it was given up {given_up}; the last try met: {why}")))?;
        let contexts = std::slice::from_ref(context);
        migrator.emit(Event::Waiting { contexts, reason: &why, tries: backoff.tries() });
        backoff.pause().await;
    }
}
