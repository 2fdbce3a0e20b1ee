use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M405",
    name: "use",
    severity: Severity::Error,
    summary: "The migration moves to another namespace or database",
    explanation: "`USE` moves the rest of the transaction, with the record that the migration was applied, to another \
                  database, and creates that database if need be. A migration runs in the database of one tenant at a \
                  time: which one is for the service to say.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`USE` moves the rest of this migration to another database",
        "leave it out: the service names the tenants, and a migration runs in the database of each",
    )
    .with_label("what follows would run elsewhere")
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::codes;

    #[test]
    fn every_form_of_it_is_refused() {
        for text in ["USE NS a", "USE DB a", "USE NS a DB b", "use namespace a database b", "USE DB $a", "USE DEFAULT"]
        {
            assert_eq!(codes(&format!("{text}; CREATE a")), ["M405"], "{text}");
        }
    }

    #[test]
    fn the_word_is_accepted_as_a_name() {
        assert!(codes("SELECT use FROM a").is_empty());
    }
}
