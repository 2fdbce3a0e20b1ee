//! What `BREAK` and `CONTINUE` have in common: both belong into a loop.

use std::ops::Range;

use crate::{Diagnostic, Rule, Source};

/// The rule for one of the two keywords.
macro_rules! rule {
    ($code:literal, $name:literal, $keyword:literal) => {
        $crate::Rule {
            code: $code,
            name: $name,
            severity: $crate::Severity::Error,
            summary: concat!("A `", $keyword, "` stands outside of a loop"),
            explanation: concat!(
                "Outside of a `FOR` in the migration itself, `",
                $keyword,
                "` makes its statement fail, and yet SurrealDB commits the statements around it. In a function, field or \
                 other stored body it fails whenever that runs. A loop around a closure does not count: a closure does not \
                 hand `",
                $keyword,
                "` on.\n\nPut the condition around the statements themselves."
            ),
        }
    };
}

pub(super) use rule;

/// Says of a keyword that no loop takes it.
pub(super) fn diagnostic(rule: &'static Rule, keyword: &str, source: &Source, range: Range<usize>) -> Diagnostic {
    let message = format!("`{keyword}` outside of a loop fails, and yet what stands around it is committed");
    let help = "put the condition around the statements themselves, or use it directly in the body of a `FOR`";
    Diagnostic::of_text(rule, source, range, message, help).with_label("no loop around this")
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::{codes, diagnostics};

    const KEYWORDS: [(&str, &str); 2] = [("BREAK", "M402"), ("CONTINUE", "M403")];

    #[test]
    fn outside_of_a_loop_it_is_refused() {
        let texts = [
            "JUMP",
            "IF true { JUMP }",
            "{ { JUMP } }",
            "LET $a = { JUMP }",
            "FOR $a IN { JUMP } {}",
            "FOR $a IN [1] { [1].map(|$b| { JUMP }) }",
            "FOR $a IN [1] { UPDATE t SET a = { JUMP } }",
            "DEFINE FUNCTION fn::a() { IF true { JUMP } }",
            "DEFINE FIELD a ON t COMPUTED { JUMP }",
        ];
        for (keyword, code) in KEYWORDS {
            for text in texts {
                let text = text.replace("JUMP", keyword);
                assert_eq!(codes(&format!("{text}; CREATE z")), [code], "{text}");
            }
        }
    }

    #[test]
    fn in_a_loop_of_the_migration_it_is_accepted() {
        let texts = [
            "FOR $a IN [1] { JUMP }",
            "FOR $a IN [1] { IF $a = 1 { JUMP } ELSE { FOR $b IN [2] { JUMP }; JUMP } }",
            "DEFINE FUNCTION fn::a() { FOR $a IN [1] { JUMP } }",
            "SELECT `JUMP` FROM a",
        ];
        for (keyword, _) in KEYWORDS {
            for text in texts {
                let text = text.replace("JUMP", keyword);
                assert!(codes(&text).is_empty(), "{}", diagnostics(&text));
            }
        }
    }
}
