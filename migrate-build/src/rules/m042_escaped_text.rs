use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M042",
    name: "escaped-text",
    severity: Severity::Error,
    summary: "The SurrealQL of a step is written with escapes",
    explanation: "What is executed is what stands in the file, character by character, so that a message of the database or \
                  of the build speaks of a place in it. In `'…'` and `'''…'''` nothing is an escape; in `\"…\"` a `\\` is.",
};

pub(crate) fn diagnostic(file: &Source, range: Range<usize>) -> Diagnostic {
    let help = "put it into `'''` instead: there every character stands for itself";
    Diagnostic::of_text(&RULE, file, range, "this text is not written as it is executed: it holds escapes", help)
}

#[cfg(test)]
mod tests {
    use crate::phased::testing::*;

    #[test]
    fn escapes_are_refused_and_other_quotes_fine() {
        let escaped = GOOD
            .replace("'''DEFINE FIELD b ON a TYPE option<int>'''", r#""DEFINE FIELD b ON a TYPE option\u003cint>""#);
        assert_eq!(said(&escaped), ["M042 4:7 this text is not written as it is executed: it holds escapes"]);
        assert_eq!(said(&GOOD.replace("'''", "\"\"\"")), [""; 0]);
    }
}
