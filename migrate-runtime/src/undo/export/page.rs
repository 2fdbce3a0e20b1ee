//! The query text that reads a page of a table, and what its results say.

use serde_json::{Map, Value};

use super::error::ExportError;
use super::file::Line;
use super::wanted::Part;
use crate::context::{Context, quote};
use crate::probe::is_in;
use crate::undo::impact::has_value;
use crate::{Reply, StatementError};

/// A page of a table, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    /// The id of its last record, which only the database can read.
    pub(super) last: Option<String>,
}

/// Why a page could not be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// Ask again.
    Again(String),
    Refused(String),
    Failed(ExportError),
}

/// The text for the page behind a record, or for the first one.
///
/// A page begins at an id, so that the database looks at no more records than it returns. Every value goes through CBOR in the
/// form that the database itself reads back, which JSON would not keep, and is compared with what comes out of it: by value, for a
/// decimal loses its trailing zeros, or else by text, for NaN is nothing's equal.
pub(super) fn text(
    context: &Context,
    table: &str,
    part: &Part,
    after: Option<&str>,
    rows: usize,
) -> (String, Map<String, Value>) {
    let mut variables = Map::new();
    variables.insert("_migrate_table".to_owned(), table.into());
    let quoted = quote(table);
    let (source, key) = match after {
        None => (quoted.clone(), "NONE".to_owned()),
        Some(after) => {
            variables.insert("_migrate_after".to_owned(), after.into());
            let key = "record::id(encoding::cbor::decode(encoding::base64::decode($_migrate_after)))";
            ("type::record($_migrate_table, $_migrate_key>..)".to_owned(), key.to_owned())
        }
    };
    let (row, condition) = match part {
        Part::Rows => ("object::remove($this, $_migrate_computed)".to_owned(), String::new()),
        Part::Fields(fields) => {
            let paths: Vec<_> = fields.iter().map(migrate_core::Object::name).collect();
            let conditions: Vec<_> = fields.iter().map(has_value).collect();
            (format!("{{ id: id, values: [{}] }}", paths.join(", ")), format!("WHERE {} ", conditions.join(" OR ")))
        }
    };
    let text = format!(
        "{}\n\
         LET $_migrate_computed = (INFO FOR TABLE {quoted} STRUCTURE).fields.filter(|$field| $field.computed IS NOT NONE)\
         .map(|$field| $field.name);\n\
         LET $_migrate_key = {key};\n\
         LET $_migrate_rows = (SELECT VALUE {row} FROM {source} {condition}LIMIT {rows});\n\
         array::map($_migrate_rows, |$row| {{ LET $cbor = encoding::cbor::encode($row); \
         {{ id: <string> $row.id, surql: <string> $row, cbor: encoding::base64::encode($cbor), \
         last: encoding::base64::encode(encoding::cbor::encode($row.id)), \
         exact: encoding::cbor::decode($cbor) = $row OR <string> encoding::cbor::decode($cbor) = <string> $row }} }});\n",
        context.use_statement(),
    );
    (text, variables)
}

const RESULTS: usize = 5;

/// Reads the reply to [`text`].
pub(super) fn read(context: &Context, table: &str, reply: Reply) -> Result<Page, Unread> {
    use crate::StatementErrorKind::{Bystander, Conflict};
    let errors = || reply.0.iter().filter_map(|result| result.as_ref().err());
    if let Some(error) = errors().find(|error| error.kind == Conflict) {
        return Err(Unread::Again(error.message.clone()));
    }
    if let Some(StatementError { message, .. }) = errors().find(|error| error.kind != Bystander) {
        if message.contains("could not be encoded into CBOR") {
            return Err(Unread::Failed(ExportError::Inexact { record: format!("a record of `{table}`") }));
        }
        return Err(Unread::Refused(message.clone()));
    }
    match (reply.0.len(), reply.0.first()) {
        (RESULTS, Some(Ok(entered))) if is_in(context, entered) => {}
        (RESULTS, Some(entered)) => return Err(Unread::Refused(format!("the session is in {entered:?}"))),
        _ => return Err(Unread::Again("the database gave fewer results than there were statements".to_owned())),
    }
    let Some(Ok(Value::Array(rows))) = reply.0.into_iter().last() else {
        return Err(Unread::Refused("the rows are not a list".to_owned()));
    };
    let mut page = Page { lines: Vec::with_capacity(rows.len()), last: None };
    for mut row in rows {
        let mut take = |name: &str| match row[name].take() {
            Value::String(text) => Ok(text),
            other => Err(Unread::Refused(format!("the {name} of a record is {other}"))),
        };
        let line = Line { id: take("id")?, surql: take("surql")?, cbor: take("cbor")? };
        page.last = Some(take("last")?);
        if row["exact"] != true {
            return Err(Unread::Failed(ExportError::Inexact { record: line.id }));
        }
        page.lines.push(line);
    }
    Ok(page)
}
