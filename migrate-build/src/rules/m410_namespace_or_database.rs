use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M410",
    name: "namespace-or-database",
    severity: Severity::Error,
    summary: "The migration defines, alters or removes a namespace or database",
    explanation: "A migration changes the inside of one tenant's database. Namespaces and databases are the tenants \
                  themselves: `REMOVE DATABASE` in a migration that runs for ten thousand tenants would run ten thousand \
                  times. It is refused in the bodies of functions and events too, which a migration may call.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "a migration may not define, alter or remove a namespace or database",
        "create and remove tenants from the service: a migration changes the inside of one database",
    )
    .with_label("reaches beyond the database that this migration runs in")
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::codes;

    #[test]
    fn what_touches_a_namespace_or_database_is_refused() {
        let texts = [
            "DEFINE NAMESPACE a",
            "DEFINE NS IF NOT EXISTS a",
            "DEFINE DATABASE OVERWRITE a",
            "REMOVE NAMESPACE a",
            "REMOVE DATABASE IF EXISTS a",
            "ALTER NAMESPACE COMPACT",
            "ALTER DATABASE COMPACT",
            "IF true { REMOVE DB a }",
            "DEFINE FUNCTION fn::a() { DEFINE DATABASE a }",
        ];
        for text in texts {
            assert_eq!(codes(text), ["M410"], "{text}");
        }
    }

    #[test]
    fn what_belongs_to_the_database_is_accepted() {
        for text in
            ["INFO FOR DB", "INFO FOR NS", "INFO FOR ROOT", "DEFINE CONFIG GRAPHQL AUTO", "DEFINE TABLE database"]
        {
            assert!(codes(text).is_empty(), "{text}");
        }
    }
}
