use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

use migrate_core::{Catalog, Change, Migration, Object, ObjectKind};
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::RestoreError;
use super::file::{Header, Line, Reader, list};
use crate::context::{Context, quote};
use crate::counted::Counted;
use crate::live::read;
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::script::CONTEXT_GUARD;
use crate::{Database, QueryError, Reply, StatementErrorKind};

/// How many records are written in one transaction.
const BATCH: usize = 200;

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "it says what was put back"]
pub struct Restored {
    /// The context.
    #[serde(flatten)]
    pub context: Context,
    /// One for each file.
    pub tables: Vec<RestoredTable>,
}

/// What was put back from one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RestoredTable {
    /// The table.
    pub table: String,
    /// The file.
    pub file: PathBuf,
    /// How many records were created, or got values back.
    pub written: u64,
    /// How many were as they should be already, or are gone, or hold later values.
    pub left: u64,
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "restored to {}", self.context)?;
        for RestoredTable { table, file, written, left } in &self.tables {
            write!(f, "\n  {}: {written} rows of {}, {left} left as they are", file.display(), table.escape_debug())?;
        }
        Ok(())
    }
}

impl Migrator {
    /// Puts back what an undo [exported](crate::UndoOptions::export), once the migrations are applied again.
    ///
    /// Records are created with the ids and values that they had, edges among them. One that is there already with the same
    /// values is left; one with other values is an error, and nothing is written over it. Values of fields are written to the
    /// records that lack them. It all goes in batches of one transaction each and as an import does: events, asserts
    /// and `VALUE` clauses are not run, or the rows would not be the ones that they were. Doing it once more after a failure
    /// goes on where that was.
    ///
    /// The context may be another one than the export is of.
    ///
    /// # Errors
    ///
    /// When a file is not a whole export, which is looked at before anything is written; when a table is not there; and when
    /// the database refuses or does not answer.
    pub async fn restore<D: Database>(
        &self,
        database: &D,
        context: &Context,
        directory: impl AsRef<Path> + Send,
    ) -> Result<Restored, RestoreError> {
        let database = Counted::new(database, self.counters());
        let files = list(directory.as_ref())?;
        let mut backoff = self.patience.begin(database.silence());
        let live = read(self, &database, context, &[], &mut backoff).await?.catalog;
        let mut rows = 0;
        for path in &files {
            let (mut reader, header) = Reader::open(path)?;
            check(self, context, path, &header, &live)?;
            while reader.next()?.is_some() {
                rows += 1;
            }
        }
        self.emit(Event::RestoreStarted { context, rows });
        let mut tables = Vec::with_capacity(files.len());
        for path in files {
            tables.push(self.restore_file(&database, context, path, &live).await?);
        }
        Ok(Restored { context: context.clone(), tables })
    }

    async fn restore_file(
        &self,
        database: &Counted<impl Database>,
        context: &Context,
        path: PathBuf,
        live: &Catalog,
    ) -> Result<RestoredTable, RestoreError> {
        let (mut reader, header) = Reader::open(&path)?;
        let text = text(context, &header, live);
        let (mut written, mut left) = (0, 0);
        loop {
            let mut batch: Vec<Line> = Vec::with_capacity(BATCH);
            while batch.len() < BATCH {
                match reader.next()? {
                    Some(record) => batch.push(record),
                    None => break,
                }
            }
            if batch.is_empty() {
                break;
            }
            let rows = batch.iter().map(|line| line.cbor.as_str().into()).collect::<Vec<Value>>();
            let here = self.send(database, context, &path, &header, &text, rows).await?;
            written += here;
            left += u64::try_from(batch.len()).unwrap_or(u64::MAX).saturating_sub(here);
            self.emit(Event::RowsRestored { context, table: &header.table, rows: written + left });
        }
        Ok(RestoredTable { table: header.table, file: path, written, left })
    }

    /// Sends a batch until there is an answer. Doing it twice is no different from doing it once, but for what is counted.
    async fn send(
        &self,
        database: &Counted<impl Database>,
        context: &Context,
        path: &Path,
        header: &Header,
        text: &str,
        rows: Vec<Value>,
    ) -> Result<u64, RestoreError> {
        let refused = |reason| RestoreError::Refused { path: path.to_owned(), context: context.clone(), reason };
        let mut backoff = self.patience.begin(database.silence());
        let mut variables = Map::new();
        variables.insert("_migrate_ns".to_owned(), context.namespace().into());
        variables.insert("_migrate_db".to_owned(), context.database().into());
        variables.insert("_migrate_table".to_owned(), header.table.as_str().into());
        variables.insert("_migrate_rows".to_owned(), rows.into());
        loop {
            let why = match database.query(text.to_owned(), variables.clone()).await {
                Ok(reply) => match written(&reply) {
                    Ok(written) => return Ok(written),
                    Err(Unwritten::Refused(reason)) => return Err(refused(reason)),
                    Err(Unwritten::Again(why)) => why,
                },
                Err(QueryError::Lost(why) | QueryError::Conflict(why)) => why,
                Err(error) => return Err(refused(error.to_string())),
            };
            backoff
                .again()
                .map_err(|given_up| refused(format!("it was given up {given_up}; the last try met: {why}")))?;
            let contexts = std::slice::from_ref(context);
            self.emit(Event::Waiting { contexts, reason: &why, tries: backoff.tries() });
            backoff.pause().await;
        }
    }
}

/// Looks whether a file fits this database and this binary. A path becomes part of a query text, so only one that the build knew
/// is accepted.
fn check(
    migrator: &Migrator,
    context: &Context,
    path: &Path,
    header: &Header,
    live: &Catalog,
) -> Result<(), RestoreError> {
    let Header { table, fields, .. } = header;
    if !live.contains(&Object::new(ObjectKind::Table, table.clone())) {
        let (path, context, table) = (path.to_owned(), context.clone(), table.clone());
        return Err(RestoreError::NoSuchTable { path, context, table });
    }
    let modules = migrator.modules();
    let changes = modules.iter().flat_map(|module| module.iter()).flat_map(Migration::changes).map(Change::object);
    let known: BTreeSet<_> = changes.filter(|object| object.kind() == ObjectKind::Field).collect();
    let is_unknown = |field: &&String| !known.contains(&Object::on(table.clone(), ObjectKind::Field, (*field).clone()));
    match fields.iter().find(is_unknown) {
        None => Ok(()),
        Some(field) => {
            Err(RestoreError::NoSuchField { path: path.to_owned(), table: table.clone(), field: field.clone() })
        }
    }
}

/// The text that puts a batch back.
fn text(context: &Context, header: &Header, live: &Catalog) -> String {
    let table = quote(&header.table);
    let write = if header.fields.is_empty() { rows(&table, header, live) } else { values(header) };
    // What was decoded is no argument of a later write but by its name: an import keeps it as it is.
    format!(
        "{}\nBEGIN;\n{CONTEXT_GUARD}\
         LET $_migrate_read = array::map($_migrate_rows, |$text| encoding::cbor::decode(encoding::base64::decode($text)));\n\
         IF array::any($_migrate_read, |$row| record::tb($row.id) != $_migrate_table) \
         {{ THROW 'a record of another table is in the file' }};\n\
         OPTION IMPORT;\n{write}COMMIT;\n",
        context.use_statement()
    )
}

fn rows(table: &str, header: &Header, live: &Catalog) -> String {
    // Of a table of any type, the records with both ends are edges.
    let definition = live.get(&Object::new(ObjectKind::Table, header.table.clone())).unwrap_or_default();
    let is_normal = definition.contains(" TYPE NORMAL");
    let is_edge = if is_normal { "false" } else { "type::is_record($row.in) AND type::is_record($row.out)" };
    format!(
        "LET $_migrate_computed = (INFO FOR TABLE {table} STRUCTURE).fields.filter(|$field| $field.computed IS NOT NONE)\
         .map(|$field| $field.name);\n\
         LET $_migrate_other = array::filter($_migrate_read, |$row| {{ IF !record::exists($row.id) {{ false }} ELSE {{ \
         LET $there = object::remove((SELECT * FROM ONLY $row.id), $_migrate_computed); \
         $there != $row AND <string> $there != <string> $row }} }});\n\
         IF array::len($_migrate_other) > 0 {{ THROW string::concat(<string> $_migrate_other[0].id, \
         ' is there already, with other values') }};\n\
         LET $_migrate_new = array::filter($_migrate_read, |$row| !record::exists($row.id));\n\
         LET $_migrate_edges = array::filter($_migrate_new, |$row| {is_edge});\n\
         LET $_migrate_plain = array::filter($_migrate_new, |$row| !({is_edge}));\n\
         IF array::len($_migrate_edges) > 0 {{ INSERT RELATION INTO {table} $_migrate_edges RETURN NONE }};\n\
         IF array::len($_migrate_plain) > 0 {{ INSERT INTO {table} $_migrate_plain RETURN NONE }};\n\
         {{ written: array::len($_migrate_new) }};\n"
    )
}

fn values(header: &Header) -> String {
    let lacks: Vec<_> = header
        .fields
        .iter()
        .enumerate()
        .map(|(at, path)| format!("({path} IS NONE AND $row.values[{at}] IS NOT NONE)"))
        .collect();
    let mut sets = String::new();
    for (at, path) in header.fields.iter().enumerate() {
        let _ = write!(
            sets,
            "UPDATE $row.id SET {path} = $row.values[{at}] WHERE {path} IS NONE AND $row.values[{at}] IS NOT NONE \
             RETURN NONE; "
        );
    }
    format!(
        "LET $_migrate_new = array::filter($_migrate_read, |$row| \
         array::len(SELECT VALUE id FROM $row.id WHERE {}) > 0);\n\
         FOR $row IN $_migrate_new {{ {sets}}};\n\
         {{ written: array::len($_migrate_new) }};\n",
        lacks.join(" OR ")
    )
}

enum Unwritten {
    Again(String),
    Refused(String),
}

/// How many records were written, as the reply says.
fn written(reply: &Reply) -> Result<u64, Unwritten> {
    let errors = || reply.0.iter().filter_map(|result| result.as_ref().err());
    if let Some(error) =
        errors().find(|error| matches!(error.kind, StatementErrorKind::Conflict | StatementErrorKind::NoSuchContext))
    {
        return Err(Unwritten::Again(error.message.clone()));
    }
    if let Some(error) = errors().find(|error| error.kind != StatementErrorKind::Bystander) {
        return Err(Unwritten::Refused(error.message.clone()));
    }
    if let Some(error) = errors().next() {
        return Err(Unwritten::Again(error.message.clone()));
    }
    let mut counts = reply.0.iter().filter_map(|result| result.as_ref().ok()?["written"].as_u64());
    counts
        .next_back()
        .ok_or_else(|| Unwritten::Again("the database gave fewer results than there were statements".to_owned()))
}
