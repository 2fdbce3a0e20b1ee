use migrate_core::Difference;

use super::m229_down_mismatch::noted;
use crate::phased::StepDraft;
use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M237",
    name: "rollback-mismatch",
    severity: Severity::Error,
    summary: "The rollback of a phased migration does not lead back",
    explanation: "Behind the start and the rollback of a phased migration, every definition has to be as it was before. The \
                  rollback also has to run wherever the start was interrupted: write `IF EXISTS`. Without steps of the phase \
                  `rollback`, it is derived from the start.",
};

const HELP: &str = "make up for what is named, or leave the steps of the rollback out: it is derived then";

/// `last` is the last step of the rollback.
pub(crate) fn diagnostic(last: &StepDraft, differences: &[Difference]) -> Diagnostic {
    let (file, range) = last.excerpt.whole();
    let count = differences.len();
    let what = if count == 1 { "definition differs" } else { "definitions differ" };
    let message = format!("{count} {what} from before the migration once the rollback has run");
    noted(Diagnostic::of_text(&RULE, file, range, message, HELP), differences)
}

/// `step` is a step of the rollback that the database refuses where the start came no further than `behind`.
pub(crate) fn interrupted(step: &StepDraft, behind: Option<&StepDraft>) -> Diagnostic {
    let (file, range) = step.excerpt.whole();
    let point = behind.map_or_else(|| "before its first step".to_owned(), |step| format!("behind `{}`", step.id));
    let message = format!("the rollback cannot run where the start was interrupted {point}");
    Diagnostic::of_text(&RULE, file, range, message, "let it take away what may be missing with `IF EXISTS`")
}

#[cfg(test)]
mod tests {
    use crate::phased::testing::*;

    fn rollback(text: &str) -> Vec<String> {
        said(&format!("{GOOD}[[step]]\nid = \"back\"\nphase = \"rollback\"\nsql = '{text}'\n"))
    }

    #[test]
    fn a_rollback_that_forgets_something_or_cannot_always_run_is_refused() {
        assert_eq!(
            rollback("UPDATE a UNSET b WHERE b IS NOT NONE"),
            ["M237 12:7 1 definition differs from before the migration once the rollback has run"]
        );
        assert_eq!(
            rollback("REMOVE FIELD b ON a"),
            ["M237 12:7 the rollback cannot run where the start was interrupted before its first step"]
        );
    }

    #[test]
    fn one_that_leads_back_from_anywhere_is_fine() {
        assert_eq!(rollback("REMOVE FIELD IF EXISTS b ON a"), [""; 0]);
    }
}
