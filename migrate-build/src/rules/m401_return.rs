use std::ops::Range;

use migrate_core::StatementKind;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M401",
    name: "return",
    severity: Severity::Error,
    summary: "A `RETURN` ends the migration early",
    explanation: "Outside of a function, closure or other stored body, `RETURN` ends the whole transaction, and SurrealDB \
                  **commits** what ran before it: no error, only fewer results. That holds however deeply it is nested in \
                  `IF`, `FOR` and blocks, and inside most expressions, such as `LET $x = { RETURN 5 }`.\n\n\
                  Put the condition around the statements themselves. The value of a block is its last expression, so a \
                  block that computes a value needs no `RETURN`.",
};

/// `kind` is the statement that holds it, `following` the number of statements after that one.
pub(crate) fn diagnostic(source: &Source, range: Range<usize>, kind: StatementKind, following: usize) -> Diagnostic {
    let label = match following {
        0 => "this migration would never be recorded as applied".to_owned(),
        1 => "the statement after this one would never run".to_owned(),
        _ => format!("the {following} statements after this one would never run"),
    };
    let help = match kind {
        StatementKind::If | StatementKind::For => "put the condition around the statements themselves",
        StatementKind::Expression => "remove it, or put a condition around the statements themselves",
        _ => "leave `RETURN` out: the value of a block is its last expression",
    };
    Diagnostic::of_text(&RULE, source, range, "`RETURN` ends this migration early and commits what ran before it", help)
        .with_label(label)
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::{codes, diagnostics};

    #[test]
    fn a_return_that_acts_on_the_migration_is_refused() {
        let texts = [
            "RETURN 1",
            "(RETURN 1)",
            "{ RETURN 1 }",
            "IF true { RETURN NONE }",
            "IF false {} ELSE { RETURN NONE }",
            "IF true THEN RETURN 1 END",
            "FOR $a IN [1] { IF $a = 1 { RETURN 1 } }",
            "LET $a = { RETURN 5 }",
            "CREATE a SET b = 1 RETURN { RETURN 2 }",
            "SELECT * FROM a WHERE { RETURN true }",
            "RETURN { a: 1 } FETCH b",
            "return 1",
        ];
        for text in texts {
            assert_eq!(codes(&format!("CREATE z; {text}; CREATE z")), ["M401"], "{text}");
        }
        assert_eq!(codes("IF true { RETURN 1; RETURN 2 }"), ["M401", "M401"]);
    }

    #[test]
    fn a_return_inside_a_body_is_accepted() {
        let texts = [
            "DEFINE FUNCTION fn::a($b: int) { IF $b = 1 { RETURN 1 }; RETURN 2 }",
            "LET $f = |$a| { RETURN $a }",
            "DEFINE EVENT e ON t WHEN { RETURN true } THEN { IF true { RETURN 1 } }",
            "DEFINE EVENT e ON t THEN { RETURN 1 }, { RETURN 2 }",
            "DEFINE FIELD f ON t VALUE { RETURN 1 }",
            "DEFINE FIELD f ON t DEFAULT { RETURN 1 } ASSERT { RETURN true } PERMISSIONS FOR select WHERE { RETURN true }",
            "DEFINE TABLE t PERMISSIONS FOR select, create WHERE { RETURN true }",
            "DEFINE ACCESS a ON DATABASE TYPE RECORD SIGNUP { RETURN u:1 } SIGNIN ({ RETURN u:1 }) AUTHENTICATE { RETURN 1 }",
            "DEFINE API '/a' FOR get PERMISSIONS WHERE { RETURN true } THEN { RETURN {} }",
            "UPDATE t SET full = { LET $a = name; RETURN $a }",
            "UPDATE t RETURN NONE",
        ];
        for text in texts {
            assert!(codes(text).is_empty(), "{}", diagnostics(text));
        }
    }

    #[test]
    fn the_message_points_at_the_keyword_and_counts_what_would_not_run() {
        let text = "CREATE a;\nIF true {\n    RETURN NONE;\n};\nCREATE b; CREATE c;";
        assert_eq!(
            diagnostics(text).to_string(),
            "error[M401]: `RETURN` ends this migration early and commits what ran before it
 --> V1__test.surql:3:5
  |
3 |     RETURN NONE;
  |     ^^^^^^ the 2 statements after this one would never run
  |
  = help: put the condition around the statements themselves"
        );
    }
}
