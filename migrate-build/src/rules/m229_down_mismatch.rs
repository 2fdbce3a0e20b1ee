use migrate_core::Difference;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M229",
    name: "down-mismatch",
    severity: Severity::Warning,
    summary: "A down file does not lead back to the schema before its migration",
    explanation: "Running a migration and then its down file should leave every definition as it was. What differs \
                  is named.",
};

/// How many of the differences are named; more would not be read.
const NAMED: usize = 5;

pub(crate) fn diagnostic(down: &Source, differences: &[Difference]) -> Diagnostic {
    let count = differences.len();
    let what = if count == 1 { "definition differs" } else { "definitions differ" };
    let message = format!("{count} {what} from before the migration once this has run");
    let help = "make up for what is named, or remove the down file if the derived undo will do";
    noted(Diagnostic::of_file(&RULE, down.file(), message, help), differences)
}

/// Names the first of the differences.
pub(super) fn noted(mut diagnostic: Diagnostic, differences: &[Difference]) -> Diagnostic {
    let count = differences.len();
    for difference in differences.iter().take(NAMED) {
        diagnostic = diagnostic.with_note(match difference {
            Difference::Added { object, .. } => format!("{object} is missing"),
            Difference::Removed { object, .. } => format!("{object} is left over"),
            Difference::Modified { object, before, after } => format!("{object} is `{before}`, and was `{after}`"),
        });
    }
    if count > NAMED {
        diagnostic = diagnostic.with_note(format!("and {} more", count - NAMED));
    }
    diagnostic
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn what_a_down_file_forgets_is_named() {
        let up = "DEFINE TABLE OVERWRITE user SCHEMAFULL; DEFINE TABLE post; DEFINE INDEX i ON user FIELDS id";
        let said = down(&["DEFINE TABLE user", up], "REMOVE TABLE post; REMOVE INDEX i ON user");
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("1 definition differs from before the migration once this has run"), "{}", said[0]);
        assert!(said[0].contains("table user is `DEFINE TABLE user TYPE NORMAL SCHEMAFULL"), "{}", said[0]);
    }

    #[test]
    fn one_that_leads_back_is_fine() {
        assert_eq!(down(&["DEFINE TABLE user"], "REMOVE TABLE user"), [""; 0]);
        let up = "DEFINE FIELD tags ON user TYPE array<string>";
        let text = "REMOVE FIELD tags ON user; REMOVE FIELD tags.* ON user";
        assert_eq!(down(&["DEFINE TABLE user", up], text), [""; 0]);
    }
}
