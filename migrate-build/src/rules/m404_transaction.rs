use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M404",
    name: "transaction",
    severity: Severity::Error,
    summary: "The migration begins, commits or cancels a transaction",
    explanation: "A migration already runs in one transaction, together with the record that it was applied. A nested \
                  `BEGIN` aborts that transaction and runs what follows outside of any; `COMMIT` and `CANCEL` end it half \
                  way. Leave them out; where one transaction is too much, make the migration stepwise.",
};

const HELP: &str = "leave it out: a migration is one transaction already";

pub(crate) fn begin(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, "`BEGIN` inside of a migration aborts its transaction", HELP)
        .with_label("what follows would run outside of any transaction")
}

pub(crate) fn commit(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, "`COMMIT` ends the transaction of this migration half way", HELP)
        .with_label("what follows would run outside of any transaction")
}

pub(crate) fn cancel(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, "`CANCEL` throws away what this migration did before it", HELP)
        .with_label("what follows would run outside of any transaction")
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::{codes, diagnostics};

    #[test]
    fn the_bounds_of_a_transaction_are_refused() {
        for text in ["BEGIN", "begin transaction", "COMMIT", "COMMIT TRANSACTION", "CANCEL", "CANCEL TRANSACTION"] {
            assert_eq!(codes(&format!("CREATE a; {text};")), ["M404"], "{text}");
        }
        assert_eq!(diagnostics("CREATE a;\n BEGIN;").iter().next().unwrap().position().unwrap().column, 2);
    }

    #[test]
    fn the_words_are_accepted_as_names() {
        assert!(codes("SELECT begin, commit, cancel FROM a").is_empty());
    }
}
