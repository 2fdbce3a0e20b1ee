use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M406",
    name: "live-query",
    severity: Severity::Error,
    summary: "The migration starts or ends a live query",
    explanation: "A live query belongs to a connection that listens to it. Nobody listens to a migration: `LIVE` would \
                  leave one behind in every tenant, and the id that `KILL` names means nothing in another database.",
};

pub(crate) fn live(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`LIVE` leaves a live query behind that nobody listens to",
        "start live queries from the service, on the connection that listens to them",
    )
}

pub(crate) fn kill(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        "`KILL` ends a live query, which a migration has none of",
        "end live queries from the service, on the connection that started them",
    )
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::codes;

    #[test]
    fn starting_and_ending_one_is_refused() {
        for text in ["LIVE SELECT * FROM a", "LIVE SELECT DIFF FROM a WHERE b = 1", "KILL $a"] {
            assert_eq!(codes(&format!("CREATE a; {text}")), ["M406"], "{text}");
        }
    }

    #[test]
    fn the_words_are_accepted_as_names() {
        assert!(codes("SELECT live, kill FROM a").is_empty());
    }
}
