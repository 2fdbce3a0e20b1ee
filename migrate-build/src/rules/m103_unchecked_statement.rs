use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M103",
    name: "unchecked-statement",
    severity: Severity::Error,
    summary: "The statement is valid but cannot be checked for traps",
    explanation: "Traps such as a `RETURN` that ends a migration early are found with a parser of SurrealDB's that keeps \
                  positions. On rare spellings it disagrees with the parser that servers run. A statement it cannot \
                  read, and that may hold a trap, is refused rather than let through unchecked: write it in a plainer \
                  form.",
};

/// The parser that servers run accepts the statement, the one that keeps positions does not.
pub(crate) fn unlocated(source: &Source, range: Range<usize>, word: &str) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("this statement holds `{word}` in a spelling that cannot be checked"),
        "split it into plainer statements, or spell out its clauses in their documented order",
    )
}

/// The statements of the text, parsed one by one, are not those of the text parsed whole.
pub(crate) fn unsplit(source: &Source) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        source.file(),
        "this migration cannot be cut into its statements",
        "end every statement with a semicolon, and split unusual statements into plainer ones",
    )
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::codes;

    #[test]
    fn a_trap_in_a_record_id_string_is_refused() {
        for text in [
            r#"LET $a = r"t:[{ RETURN 1 }]""#,
            "LET $a = (|$b| { RETURN 1 })(r't:[{ RETURN 1 }]')",
            "LET $a = r't:{ a: $_migrate_a }'",
            "FOR $a IN [1] { LET $b = r't:[{ BREAK }]' }",
        ] {
            assert_eq!(codes(text), ["M103"], "{text}");
        }
    }

    #[test]
    fn a_statement_that_cannot_be_located_passes_if_it_holds_no_trap() {
        let texts = [
            "SELECT * FROM a ORDER b",
            "LET $a = r't:[1]'",
            "DEFINE FUNCTION fn::a() { RETURN r'user:tobie' }",
            "DEFINE FUNCTION fn::a() { RETURN SELECT * FROM a ORDER b }",
        ];
        for text in texts {
            assert!(codes(text).is_empty(), "{text}");
        }
        assert_eq!(codes("DEFINE EVENT a ON b THEN { RETURN SELECT * FROM a ORDER b }"), ["M103"]);
    }
}
