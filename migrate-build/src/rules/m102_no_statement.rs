use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M102",
    name: "no-statement",
    severity: Severity::Error,
    summary: "The migration holds no statement",
    explanation: "A file with nothing but comments, white space and semicolons would be recorded as a version that \
                  changed nothing. It is nearly always a file saved too early, and once shipped it could never be \
                  filled in: write the statements, or delete the file.",
};

pub(crate) fn diagnostic(source: &Source) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        source.file(),
        "this migration holds no statement",
        "write its statements, or delete the file: once shipped it could not be filled in any more",
    )
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::codes;

    #[test]
    fn a_text_without_statements_is_refused() {
        for text in ["", " \n", ";;;", "-- a comment", "/* a */ ; # b\n// c"] {
            assert_eq!(codes(text), ["M102"], "{text:?}");
        }
    }

    #[test]
    fn one_statement_is_enough() {
        assert!(codes("; -- first\n DEFINE TABLE a;").is_empty());
    }
}
