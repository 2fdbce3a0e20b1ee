use migrate_core::Phase;

use super::m301_restrictive::refusal;
use crate::analysis::Step;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M305",
    name: "breaking-start",
    severity: Severity::Error,
    summary: "A step of a start may break an older binary",
    explanation: "Older binaries go on while the start of a phased migration runs, and until its completion does. So a start \
                  adds, and writes rows; what restricts or destroys stands in the phase `complete`, where it needs no `allow`.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let is_start = step.input.part.is_some_and(|part| part.phase == Phase::Start);
    if is_start && step.impact.effect.is_breaking() {
        let what = "may break an older binary, which goes on during the start";
        diagnostics.push(refusal(step, &RULE, what, "move it into a step of the phase `complete`".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use crate::phased::testing::*;

    fn start(text: &str) -> Vec<String> {
        said(&GOOD.replace("DEFINE FIELD b ON a TYPE option<int>", text))
    }

    #[test]
    fn what_restricts_or_destroys_is_refused_at_its_place_in_the_file() {
        let required =
            start("\n-- first\nDEFINE FIELD e ON a TYPE option<int>;\n  /* é */ DEFINE FIELD d ON a TYPE int;\n");
        assert!(
            required[0].starts_with("M305 7:24 this change of field a.d may break an older binary"),
            "{required:?}"
        );
        assert!(start("DELETE a WHERE b = 1")[0].starts_with("M305 4:10 this statement may break an older binary"));
        assert!(start("REMOVE TABLE a")[0].starts_with("M305 4:23 this change of table a"));
    }

    #[test]
    fn adding_and_writing_rows_is_fine_and_so_is_anything_in_a_completion() {
        assert_eq!(start("DEFINE FIELD b ON a TYPE option<int>; UPDATE a SET b = 1 WHERE b IS NONE"), [""; 0]);
        assert_eq!(said(&GOOD.replace("TYPE int", "TYPE int; REMOVE FIELD c ON a")), [""; 0]);
    }
}
