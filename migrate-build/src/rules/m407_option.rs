use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M407",
    name: "option",
    severity: Severity::Error,
    summary: "The migration sets an option of the query it runs in",
    explanation: "`OPTION IMPORT` switches events, field rules and permissions off for every statement after it. That does \
                  not end with the migration: the record that it was applied, and the migrations after it in the same \
                  query, would run without them too.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`OPTION` changes how everything after it runs, beyond the end of this migration",
        "leave it out; to keep an event from firing, remove it before and define it again after",
    )
    .with_label("stays in force for the statements that record this migration")
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::codes;

    #[test]
    fn every_option_is_refused() {
        for text in ["OPTION IMPORT", "OPTION IMPORT = FALSE", "OPTION FORCE", "option anything"] {
            assert_eq!(codes(&format!("{text}; CREATE a")), ["M407"], "{text}");
        }
    }

    #[test]
    fn the_word_is_accepted_as_a_name_and_a_type() {
        assert!(codes("DEFINE FIELD option ON a TYPE option<int>").is_empty());
    }
}
