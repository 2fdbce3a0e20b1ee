use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M408",
    name: "reserved-parameter",
    severity: Severity::Error,
    summary: "The migration names a parameter that begins with `$_migrate_`",
    explanation: "Parameters that begin with `$_migrate_` carry what a migration is guarded and recorded with. A `LET` \
                  would shadow them, and reading one ties the migration to how it happens to be applied.",
};

/// Whether a name, without its `$`, is kept for the statements around a migration.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with("_migrate_")
}

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "parameters that begin with `$_migrate_` are reserved",
        "choose another name",
    )
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::codes;

    #[test]
    fn a_reserved_parameter_is_refused_wherever_it_stands() {
        let texts = [
            "LET $_migrate_a = 1",
            "fn::a([$_migrate_a])",
            "CREATE a SET b = $_migrate_b",
            "FOR $_migrate_a IN [1] {}",
            "DEFINE PARAM $_migrate_a VALUE 1",
            "DEFINE FUNCTION fn::a($_migrate_a: int) {}",
            "LET $`_migrate_a` = 1",
        ];
        for text in texts {
            assert_eq!(codes(text), ["M408"], "{text}");
        }
    }

    #[test]
    fn another_parameter_is_accepted() {
        assert!(codes("LET $migrate_a = '$_migrate_a'; CREATE a SET b = $migrate_a").is_empty());
    }
}
