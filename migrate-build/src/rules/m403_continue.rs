use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M403",
    name: "continue-outside-loop",
    severity: Severity::Error,
    summary: "A `CONTINUE` stands outside of a loop",
    explanation: "Outside of a `FOR` in the migration itself, `CONTINUE` makes its statement fail, and yet SurrealDB commits \
                  the statements around it. In a function, field or other stored body it fails whenever that runs. A loop \
                  around a closure does not count: a closure does not hand `CONTINUE` on.\n\n\
                  Put the condition around the statements themselves.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`CONTINUE` outside of a loop fails, and yet what stands around it is committed",
        "put the condition around the statements themselves, or use it directly in the body of a `FOR`",
    )
    .with_label("no loop around this")
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::{codes, diagnostics};

    #[test]
    fn outside_of_a_loop_it_is_refused() {
        let texts = [
            "CONTINUE",
            "IF true { CONTINUE }",
            "{ { CONTINUE } }",
            "LET $a = { CONTINUE }",
            "FOR $a IN { CONTINUE } {}",
            "FOR $a IN [1] { [1].map(|$b| { CONTINUE }) }",
            "FOR $a IN [1] { UPDATE t SET a = { CONTINUE } }",
            "DEFINE FUNCTION fn::a() { IF true { CONTINUE } }",
            "DEFINE FIELD a ON t COMPUTED { CONTINUE }",
        ];
        for text in texts {
            assert_eq!(codes(&format!("{text}; CREATE z")), ["M403"], "{text}");
        }
    }

    #[test]
    fn in_a_loop_of_the_migration_it_is_accepted() {
        let texts = [
            "FOR $a IN [1] { CONTINUE }",
            "FOR $a IN [1] { IF $a = 1 { CONTINUE } ELSE { FOR $b IN [2] { CONTINUE }; CONTINUE } }",
            "DEFINE FUNCTION fn::a() { FOR $a IN [1] { CONTINUE } }",
            "SELECT `continue` FROM a",
        ];
        for text in texts {
            assert!(codes(text).is_empty(), "{}", diagnostics(text));
        }
    }
}
