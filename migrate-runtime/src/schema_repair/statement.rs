//! The statements that give objects their definitions or take them away, from the words of the database alone.

use migrate_core::{Object, ObjectKind, UndoSafety};
use serde::{Serialize, Serializer};

use crate::context::quote;

/// One statement of a repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SchemaRepairStatement {
    /// The object that it is about; the table, where it takes values out of rows.
    #[serde(serialize_with = "text")]
    pub object: Object,
    /// What it does.
    pub action: SchemaRepairAction,
    /// The statement, without a semicolon. A secret in it is `[REDACTED]`: it is executed as the migration has it.
    pub statement: String,
    /// What is executed.
    #[serde(skip)]
    pub(super) executed: String,
}

/// What a statement of a repair does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SchemaRepairAction {
    /// It takes away what should not be there.
    Remove,
    /// It defines what is missing, or differs.
    Define,
    /// It takes values out of the rows of which the fields go.
    Clear,
    /// It defines an index over rows that are there, and the database builds it while it goes on.
    Build,
}

fn text<S: Serializer>(object: &Object, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(object)
}

/// The word for a safety, in the signature that serde calls.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
pub(super) fn word<S: Serializer>(safety: &UndoSafety, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(safety.word())
}

impl SchemaRepairStatement {
    pub(super) fn new(object: &Object, action: SchemaRepairAction, statement: impl Into<String>) -> Self {
        let statement = statement.into();
        Self { object: object.clone(), action, executed: statement.clone(), statement }
    }

    /// One that is shown otherwise than it is executed.
    pub(super) fn secret(object: &Object, shown: String, executed: String) -> Self {
        Self { object: object.clone(), action: SchemaRepairAction::Define, statement: shown, executed }
    }
}

/// Whether the database shows no definition of such an object that could be executed.
pub(super) const fn is_redacted(object: &Object) -> bool {
    matches!(object.kind(), ObjectKind::Access | ObjectKind::User)
}

/// The statement that defines an object, in the place of whatever is there if it may be.
pub(super) fn defining(object: &Object, definition: &str, is_there: bool) -> Option<String> {
    let head = head(object);
    let rest = definition.strip_prefix(&head)?;
    // What the database defines by itself is there before its turn comes.
    let overwrite = if is_there || object.kind() == ObjectKind::Field { "OVERWRITE " } else { "" };
    Some(format!("{head}{overwrite}{rest}"))
}

/// The statement that takes an object away, if it is there.
pub(super) fn removing(object: &Object, definition: &str) -> Option<String> {
    let keyword = object.kind().keyword().to_uppercase();
    let name = match object.kind() {
        // The path is the database's own text of it.
        ObjectKind::Field => object.name(),
        _ => name(definition.strip_prefix(&head(object))?)?,
    };
    let on = match (object.table(), object.kind()) {
        (Some(table), _) => format!(" ON {}", quote(table)),
        (None, ObjectKind::Access | ObjectKind::User) => " ON DATABASE".to_owned(),
        (None, _) => String::new(),
    };
    Some(format!("REMOVE {keyword} IF EXISTS {name}{on}"))
}

fn head(object: &Object) -> String {
    format!("DEFINE {} ", object.kind().keyword().to_uppercase())
}

/// The name at the start of what follows the keyword: up to a blank or a list of arguments that stands outside of quotes.
fn name(rest: &str) -> Option<&str> {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in rest.char_indices() {
        match quote {
            _ if is_escaped => is_escaped = false,
            Some(_) if c == '\\' => is_escaped = true,
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None => match c {
                '`' | '"' | '\'' => quote = Some(c),
                '⟨' => quote = Some('⟩'),
                ' ' | '(' | '\n' | '\t' => return (at > 0).then(|| &rest[..at]),
                _ => {}
            },
        }
    }
    (quote.is_none() && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        text.parse().unwrap()
    }

    #[test]
    fn a_definition_becomes_the_statements_that_put_it_there_and_take_it_away() {
        let cases = [
            (
                "table `odd (name`",
                "DEFINE TABLE `odd (name` TYPE NORMAL",
                "DEFINE TABLE OVERWRITE `odd (name` TYPE NORMAL",
                "REMOVE TABLE IF EXISTS `odd (name`",
            ),
            (
                "field a.tags.*",
                "DEFINE FIELD tags.* ON a TYPE int",
                "DEFINE FIELD OVERWRITE tags.* ON a TYPE int",
                "REMOVE FIELD IF EXISTS tags.* ON `a`",
            ),
            (
                "index a.`b\\`c`",
                "DEFINE INDEX `b\\`c` ON a FIELDS x",
                "DEFINE INDEX OVERWRITE `b\\`c` ON a FIELDS x",
                "REMOVE INDEX IF EXISTS `b\\`c` ON `a`",
            ),
            (
                "function greet",
                "DEFINE FUNCTION fn::greet($a: int) { 1 }",
                "DEFINE FUNCTION OVERWRITE fn::greet($a: int) { 1 }",
                "REMOVE FUNCTION IF EXISTS fn::greet",
            ),
            ("param p", "DEFINE PARAM $p VALUE 1", "DEFINE PARAM OVERWRITE $p VALUE 1", "REMOVE PARAM IF EXISTS $p"),
            (
                "access api",
                "DEFINE ACCESS api ON DATABASE TYPE JWT",
                "DEFINE ACCESS OVERWRITE api ON DATABASE TYPE JWT",
                "REMOVE ACCESS IF EXISTS api ON DATABASE",
            ),
        ];
        for (name, definition, defined, removed) in cases {
            let object = object(name);
            assert_eq!(defining(&object, definition, true).as_deref(), Some(defined));
            assert_eq!(removing(&object, definition).as_deref(), Some(removed));
        }
    }

    #[test]
    fn what_is_not_there_is_defined_without_overwriting_but_for_fields_that_may_come_by_themselves() {
        assert_eq!(defining(&object("table a"), "DEFINE TABLE a", false).as_deref(), Some("DEFINE TABLE a"));
        let field = defining(&object("field a.b"), "DEFINE FIELD b ON a", false);
        assert_eq!(field.as_deref(), Some("DEFINE FIELD OVERWRITE b ON a"));
    }

    #[test]
    fn a_text_that_is_no_definition_of_the_object_gives_no_statement() {
        assert_eq!(defining(&object("table a"), "DEFINE PARAM $a VALUE 1", true), None);
        for text in ["", "DEFINE TABLE ", "DEFINE TABLE  a", "DEFINE TABLE `a"] {
            assert_eq!(removing(&object("table a"), text), None, "{text:?}");
        }
    }
}
