use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M411",
    name: "above-database",
    severity: Severity::Error,
    summary: "The migration reaches above its database: users or accesses of the root or a namespace, or the system",
    explanation: "Users and accesses `ON ROOT` or `ON NAMESPACE`, `ALTER SYSTEM` and the default config are shared by all \
                  tenants of a server or namespace. A migration runs once for each tenant, by someone who may not even be \
                  allowed to see them.",
};

const HELP: &str = "set it up once, outside of migrations, or use `ON DATABASE`";

/// `base` is `ROOT` or `NAMESPACE`.
pub(crate) fn base(source: &Source, range: Range<usize>, base: &str) -> Diagnostic {
    let message = format!("users and accesses `ON {base}` do not belong to the database that a migration runs in");
    Diagnostic::of_text(&RULE, source, range, message, HELP).with_label("shared by many tenants")
}

pub(crate) fn system(source: &Source, range: Range<usize>) -> Diagnostic {
    let help = "set it up once, outside of migrations";
    Diagnostic::of_text(&RULE, source, range, "`ALTER SYSTEM` changes the whole server", help)
        .with_label("shared by all tenants")
}

pub(crate) fn default_config(source: &Source, range: Range<usize>) -> Diagnostic {
    let help = "set it up once, outside of migrations";
    Diagnostic::of_text(&RULE, source, range, "the default config belongs to the whole server", help)
        .with_label("shared by all tenants")
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::{codes, diagnostics};

    #[test]
    fn what_is_shared_by_tenants_is_refused() {
        let texts = [
            "DEFINE USER a ON ROOT PASSWORD 'b' ROLES OWNER",
            "DEFINE USER a ON NAMESPACE PASSHASH 'b'",
            "REMOVE USER a ON NS",
            "ALTER USER a ON ROOT ROLES OWNER",
            "DEFINE ACCESS a ON NAMESPACE TYPE JWT ALGORITHM HS256 KEY 'b'",
            "DEFINE ACCESS a ON ROOT TYPE BEARER FOR USER",
            "ALTER ACCESS a ON ROOT COMMENT 'b'",
            "REMOVE ACCESS a ON ROOT",
            "ACCESS a ON ROOT SHOW ALL",
            "ALTER SYSTEM COMPACT",
            "DEFINE CONFIG DEFAULT NAMESPACE a DATABASE b",
            "REMOVE CONFIG DEFAULT",
            "IF true { REMOVE USER a ON ROOT }",
        ];
        for text in texts {
            assert_eq!(codes(text), ["M411"], "{text}");
        }
    }

    #[test]
    fn what_belongs_to_the_database_is_accepted() {
        let texts = [
            "DEFINE USER a ON DATABASE PASSHASH 'b'",
            "DEFINE USER root ON DB PASSHASH 'b'",
            "REMOVE ACCESS a ON DATABASE",
            "ACCESS a SHOW ALL",
            "INFO FOR USER a ON ROOT",
        ];
        for text in texts {
            assert!(codes(text).is_empty(), "{}", diagnostics(text));
        }
    }

    #[test]
    fn the_caret_stands_under_the_base() {
        let found = diagnostics("REMOVE USER a /* b */ ON ROOT; REMOVE USER a\n on root;");
        let places: Vec<_> = found.iter().map(|found| found.position().unwrap()).collect();
        assert_eq!([(places[0].line, places[0].column), (places[1].line, places[1].column)], [(1, 13), (2, 5)]);
    }
}
