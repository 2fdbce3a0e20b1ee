use migrate_core::ObjectKind;
use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::{Expr, TopLevelExpr};

use crate::definition::Definition;

/// The syntax tree of a canonical text.
pub(super) fn statement(definition: &Definition) -> Option<DefineStatement> {
    let ast = match definition.object.kind() {
        ObjectKind::User => surrealdb_syn::parse(&readable(&definition.text)),
        _ => surrealdb_syn::parse(&definition.text),
    };
    match ast.ok()?.expressions.pop()? {
        TopLevelExpr::Expr(Expr::Define(statement)) => Some(*statement),
        _ => None,
    }
}

/// The parser refuses `[REDACTED]` for a password hash, so that what stands in its place must be such a hash; and a
/// password where there is a verifier too, since that is derived from one. Both are redacted when they are printed.
fn readable(text: &str) -> String {
    const VERIFIER: &str = " PASSSCRAM '[REDACTED]'";
    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$cmVkYWN0ZWRyZWRhY3RlZA$cmVkYWN0ZWRyZWRhY3RlZHJlZGFjdGVk";
    if text.contains(VERIFIER) {
        return text.replacen(VERIFIER, "", 1).replacen("PASSHASH '[REDACTED]'", "PASSWORD ''", 1);
    }
    text.replacen("'[REDACTED]'", &format!("'{HASH}'"), 1).replacen(" PASSHASH ''", "", 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use crate::surql::statements;

    #[test]
    fn every_redacted_user_reads_back_as_it_was() {
        for text in [
            "DEFINE USER a ON DATABASE",
            "DEFINE USER a ON DATABASE PASSWORD 'secret' ROLES EDITOR",
            "DEFINE USER a ON DATABASE PASSHASH \
             '$argon2id$v=19$m=19456,t=2,p=1$cmVkYWN0ZWRyZWRhY3RlZA$cmVkYWN0ZWRyZWRhY3RlZHJlZGFjdGVk'",
        ] {
            let (lowered, _) = statements(text).pop().unwrap();
            let Operation::Define(define) = lowered.operation else { panic!("{text}") };
            let statement = statement(&define.definition).unwrap();
            let again = super::super::define::define(&statement, "").unwrap();
            assert_eq!(again.definition.text, define.definition.text);
        }
    }
}
