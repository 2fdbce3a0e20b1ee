use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M402",
    name: "break-outside-loop",
    severity: Severity::Error,
    summary: "A `BREAK` stands outside of a loop",
    explanation: "Outside of a `FOR` in the migration itself, `BREAK` makes its statement fail, and yet SurrealDB commits \
                  the statements around it. In a function, field or other stored body it fails whenever that runs. A loop \
                  around a closure does not count: a closure does not hand `BREAK` on.\n\n\
                  Put the condition around the statements themselves.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`BREAK` outside of a loop fails, and yet what stands around it is committed",
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
            "BREAK",
            "IF true { BREAK }",
            "{ { BREAK } }",
            "LET $a = { BREAK }",
            "FOR $a IN { BREAK } {}",
            "FOR $a IN [1] { [1].map(|$b| { BREAK }) }",
            "FOR $a IN [1] { UPDATE t SET a = { BREAK } }",
            "DEFINE FUNCTION fn::a() { IF true { BREAK } }",
            "DEFINE FIELD a ON t COMPUTED { BREAK }",
        ];
        for text in texts {
            assert_eq!(codes(&format!("{text}; CREATE z")), ["M402"], "{text}");
        }
    }

    #[test]
    fn in_a_loop_of_the_migration_it_is_accepted() {
        let texts = [
            "FOR $a IN [1] { BREAK }",
            "FOR $a IN [1] { IF $a = 1 { BREAK } ELSE { FOR $b IN [2] { BREAK }; BREAK } }",
            "DEFINE FUNCTION fn::a() { FOR $a IN [1] { BREAK } }",
            "SELECT `break` FROM a",
        ];
        for text in texts {
            assert!(codes(text).is_empty(), "{}", diagnostics(text));
        }
    }
}
