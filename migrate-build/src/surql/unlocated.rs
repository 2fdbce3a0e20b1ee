use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::{Block, Expr, TopLevelExpr};

use super::ParsedStatement;
use super::traps::Findings;
use crate::rules::m103_unchecked_statement;

/// What acts on the migration itself where it stands outside of a stored body.
const JUMPS: [&str; 3] = ["return", "break", "continue"];

/// What a statement holds, in the spelling that SurrealDB prints, if it may hold another trap.
const WORDS: [&str; 10] = [
    "$_migrate_",
    "_migration",
    "_schema_snapshot",
    "namespace",
    "on root",
    "alter system",
    "define database",
    "alter database",
    "remove database",
    "config default",
];

/// Checks a statement of which no positions are known: it passes only if none of the words is anywhere in it, not even
/// where it would be harmless.
pub(super) fn check(statement: &ParsedStatement, findings: &mut Findings<'_>) {
    // Not the text as it was written: there a name may be escaped, and a comment stand between two words.
    let text = statement.ast.to_string().to_lowercase();
    let at_once = without_body(&statement.ast).map(|ast| ast.to_string().to_lowercase());
    let at_once = at_once.as_deref().unwrap_or(&text);
    let mut words = WORDS.into_iter().filter(|word| text.contains(word));
    let mut jumps = JUMPS.into_iter().filter(|word| at_once.contains(word));
    if let Some(word) = jumps.next().or_else(|| words.next()) {
        let length = statement.range.len();
        findings.push(0..length, |source, range| m103_unchecked_statement::unlocated(source, range, word));
    }
}

/// The definition of a function without its body, which runs only when the function is called.
fn without_body(ast: &TopLevelExpr) -> Option<TopLevelExpr> {
    let TopLevelExpr::Expr(Expr::Define(definition)) = ast else { return None };
    let DefineStatement::Function(function) = &**definition else { return None };
    let mut function = function.clone();
    function.block = Block(Vec::new());
    Some(TopLevelExpr::Expr(Expr::Define(Box::new(DefineStatement::Function(function)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surql::traps::Findings;
    use crate::{Diagnostics, Source};

    /// Whether a text would pass if none of its statements could be located.
    fn passes(text: &str) -> bool {
        let source = Source::new("V1__test.surql", text);
        let statements = crate::surql::parse(&source, &mut Diagnostics::default()).unwrap();
        let mut findings = Findings::new(&source, 0);
        for statement in &statements {
            check(statement, &mut findings);
        }
        findings.into_diagnostics().is_empty()
    }

    #[test]
    fn no_trap_passes_unlocated() {
        let traps = [
            "IF true { return 1 }",
            "FOR $a IN [1] { break }",
            "FOR $a IN [1] { continue }",
            "LET $`_migrate_a` = 1",
            "DEFINE NS a",
            "REMOVE NS a",
            "ALTER NS COMPACT",
            "DEFINE DB a",
            "REMOVE /* */ DB a",
            "ALTER DB COMPACT",
            "ALTER SYSTEM COMPACT",
            "DEFINE FUNCTION fn::a() {} COMMENT { RETURN 'b' }",
            "DEFINE CONFIG DEFAULT NAMESPACE a",
            "REMOVE CONFIG DEFAULT",
            "DEFINE USER a ON\nroot PASSHASH 'b'",
            "REMOVE USER a ON NS",
            "ACCESS a ON ROOT SHOW ALL",
            r"DELETE `_migr\u{61}tions`",
            "UPDATE _schema_snapshot SET a = 1",
            "DELETE r'_migration_log:1'",
        ];
        for text in traps {
            assert!(!passes(text), "{text}");
        }
    }

    #[test]
    fn what_holds_no_trap_passes_unlocated() {
        for text in [
            "DEFINE FUNCTION fn::a() { RETURN 1 }",
            "DEFINE TABLE a",
            "CREATE a SET b = 1",
            "DEFINE USER a ON DATABASE PASSHASH 'b'",
            "INFO FOR DB",
        ] {
            assert!(passes(text), "{text}");
        }
    }
}
