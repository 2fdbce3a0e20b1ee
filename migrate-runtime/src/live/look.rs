//! The text that reads a whole schema in one round trip, and what its results say.

use std::fmt::Write;

use migrate_core::Catalog;
use serde_json::{Map, Value};

use super::sections::catalog;
use crate::context::{Context, quote, use_namespace};
use crate::ledger::row_columns;
use crate::probe::is_in;
use crate::script::CONTEXT_GUARD;
use crate::{Reply, StatementErrorKind};

/// Rows that are read in the same moment as the schema, if their table is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    pub(crate) table: &'static str,
    pub(crate) select: &'static str,
}

impl Rows {
    /// What the planner needs of a ledger.
    pub(crate) const LEDGER: Self =
        Self { table: "_migrations", select: concat!("SELECT ", row_columns!(), " FROM _migrations") };
}

/// What was seen of one context, all of it at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) catalog: Catalog,
    /// The rows that were asked for, by table; null where there is no such table.
    pub(crate) rows: Map<String, Value>,
    /// A digest of all that was seen. While the database computes the same one, nothing of it has changed.
    pub(crate) mark: String,
    /// When, by the server's clock.
    pub(crate) at: String,
}

/// What the reply to an expression says that was evaluated in one context.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    There(Value),
    Absent,
    /// The user has no right to know whether the context exists, and so none to create it either.
    Hidden,
    Again(String),
    Refused(String),
}

/// The results of [`guarded`], in order: these two among them.
const RESULTS: usize = 8;
const ABSENT: usize = 5;
const ANSWER: usize = 6;

/// The text for those who may look which databases there are. `USE` creates what does not exist; here that is taken back.
pub(crate) fn guarded(context: &Context, expression: &str) -> String {
    let (namespace, name) = (use_namespace(context.namespace()), quote(context.database()));
    format!(
        "BEGIN;\n{namespace}\nLET $_migrate_there = INFO FOR NS;\nUSE DB {name};\n{CONTEXT_GUARD}\
         IF $_migrate_there.databases[$_migrate_db] IS NONE {{ THROW 'the database does not exist' }};\n{expression};\nCOMMIT;",
    )
}

/// The text for those who may not, and whose `USE` creates nothing.
pub(crate) fn plain(context: &Context, expression: &str) -> String {
    format!("{}\n{expression};\n", context.use_statement())
}

/// The expression that reads a schema, and these rows at the same moment.
pub(crate) fn schema_expression(rows: &[Rows]) -> String {
    expression(
        rows,
        "{ database: $_migrate_info, tables: $_migrate_on, rows: $_migrate_rows, mark: $_migrate_mark, at: time::now() }",
    )
}

/// The expression that computes the [mark](Look::mark) anew.
pub(crate) fn mark_expression(rows: &[Rows]) -> String {
    expression(rows, "$_migrate_mark")
}

/// One expression, so that all of it is seen at one moment. Which live queries there are is none of its business.
fn expression(rows: &[Rows], answer: &str) -> String {
    let mut selects = String::new();
    for Rows { table, select } in rows {
        let _ =
            write!(selects, "{table}: IF $_migrate_info.tables['{table}'] IS NONE {{ NULL }} ELSE {{ ({select}) }}, ");
    }
    format!(
        "{{ LET $_migrate_info = (INFO FOR DB); \
         LET $_migrate_on = array::map(object::keys($_migrate_info.tables), |$name| {{ LET $table = (INFO FOR TABLE $name); \
         {{ name: $name, fields: $table.fields, indexes: $table.indexes, events: $table.events }} }}); \
         LET $_migrate_rows = {{ {selects} }}; \
         LET $_migrate_mark = crypto::sha256(string::concat($_migrate_info, $_migrate_on, $_migrate_rows)); \
         {answer} }}"
    )
}

/// Reads the reply to [`guarded`].
pub(crate) fn read_guarded(reply: Reply) -> Seen {
    if let Some(again) = disturbed(&reply, RESULTS) {
        return again;
    }
    let mut errors = reply.0.iter().enumerate().filter_map(|(at, result)| Some((at, result.as_ref().err()?)));
    let cause = errors.clone().find(|(_, error)| error.kind != StatementErrorKind::Bystander);
    match (cause, errors.next()) {
        (Some((ABSENT, error)), _) if error.kind == StatementErrorKind::Thrown => Seen::Absent,
        (Some((_, error)), _) if error.kind == StatementErrorKind::NotAllowed => Seen::Hidden,
        (Some((_, error)), _) => Seen::Refused(error.message.clone()),
        (None, Some((_, error))) => Seen::Again(error.message.clone()),
        (None, None) => reply.0.into_iter().nth(ANSWER).and_then(Result::ok).map_or_else(missing, Seen::There),
    }
}

/// Reads the reply to [`plain`].
pub(crate) fn read_plain(context: &Context, reply: Reply) -> Seen {
    if let Some(again) = disturbed(&reply, 2) {
        return again;
    }
    let mut results = reply.0.into_iter();
    match (results.next(), results.next()) {
        (Some(Ok(entered)), _) if !is_in(context, &entered) => Seen::Refused(format!("the session is in {entered}")),
        (Some(Ok(_)), Some(Ok(answer))) => Seen::There(answer),
        (Some(Err(error)), _) | (_, Some(Err(error))) => Seen::Refused(error.message),
        _ => missing(),
    }
}

fn missing() -> Seen {
    Seen::Again("the database gave fewer results than there were statements".to_owned())
}

fn disturbed(reply: &Reply, expected: usize) -> Option<Seen> {
    let errors = reply.0.iter().filter_map(|result| result.as_ref().err());
    let disturbs = |kind| matches!(kind, StatementErrorKind::Conflict | StatementErrorKind::NoSuchContext);
    if let Some(error) = errors.clone().find(|error| disturbs(error.kind)) {
        return Some(Seen::Again(error.message.clone()));
    }
    (reply.0.len() != expected).then(missing)
}

impl Look {
    /// Reads what [`schema_expression`] gave.
    pub(crate) fn read(mut answer: Value) -> Result<Self, String> {
        let catalog = catalog(&answer["database"], &answer["tables"])?;
        match (answer["rows"].take(), answer["mark"].as_str(), answer["at"].as_str()) {
            (Value::Object(rows), Some(mark), Some(at)) => {
                Ok(Self { catalog, rows, mark: mark.to_owned(), at: at.to_owned() })
            }
            (rows, mark, at) => Err(format!("the rows are {rows}, the mark is {mark:?} and the time {at:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatementError;
    use serde_json::json;

    fn guarded_with(errors: &[(usize, StatementErrorKind)]) -> Seen {
        let mut reply = Reply(vec![Ok(Value::Null); RESULTS]);
        for &(at, kind) in errors {
            reply.0[at] = Err(StatementError { kind, message: format!("{kind:?}") });
        }
        read_guarded(reply)
    }

    use StatementErrorKind::{Bystander, Conflict, NotAllowed, Other, Thrown};

    #[test]
    fn only_the_statement_that_looks_can_say_that_there_is_nothing() {
        assert!(matches!(guarded_with(&[]), Seen::There(_)));
        assert!(matches!(guarded_with(&[(1, Bystander), (5, Thrown), (7, Bystander)]), Seen::Absent));
        assert!(matches!(guarded_with(&[(4, Thrown), (7, Bystander)]), Seen::Refused(_)));
        assert!(matches!(guarded_with(&[(6, Other), (7, Bystander)]), Seen::Refused(_)));
        assert!(matches!(guarded_with(&[(2, NotAllowed), (7, Bystander)]), Seen::Hidden));
    }

    #[test]
    fn a_look_without_its_parts_is_no_look() {
        let answer = json!({ "database": { "tables": {} }, "tables": [], "rows": {}, "mark": "m", "at": "now" });
        assert_eq!(Look::read(answer.clone()).unwrap().at, "now");
        for part in ["database", "tables", "rows", "mark", "at"] {
            let mut other = answer.clone();
            other[part] = Value::Null;
            assert!(Look::read(other).is_err(), "{part}");
        }
    }

    #[test]
    fn what_is_unclear_is_asked_again() {
        assert!(matches!(guarded_with(&[(5, Thrown), (7, Conflict)]), Seen::Again(_)));
        assert!(matches!(guarded_with(&[(7, Bystander)]), Seen::Again(_)));
        assert!(matches!(read_guarded(Reply(vec![])), Seen::Again(_)));
    }

    #[test]
    fn the_schema_of_another_context_is_never_taken_for_ours() {
        let answer = json!({ "tables": {} });
        let seen = |database: &str| {
            let context = Context::new("a", "b").unwrap();
            read_plain(&context, Reply(vec![Ok(json!({ "namespace": "a", "database": database })), Ok(answer.clone())]))
        };
        assert!(matches!(seen("b"), Seen::There(_)));
        assert!(matches!(seen("c"), Seen::Refused(_)));
    }
}
