use migrate_core::Mode;

use crate::analysis::Step;
use crate::surql::{End, Takes};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M431",
    name: "endless-batch",
    severity: Severity::Error,
    summary: "A batch selects rows that it has written already",
    explanation: "A stepwise migration repeats `UPDATE (SELECT VALUE id FROM t WHERE … LIMIT n) SET …` until the selection \
                  is empty. Without a `WHERE` that leaves out the rows that were written, it never is.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(batch) = step.batch.filter(|_| step.input.mode == Mode::Stepwise) else { return };
    if batch.takes == Takes::Ids && batch.end == End::Never {
        let message = "this selects the same rows every time, and so never ends".to_owned();
        let help = "select what is left to do, such as `WHERE new_field IS NONE`".to_owned();
        diagnostics.push(step.at(&RULE, batch.select.clone(), message, help).with_label("no `WHERE`"));
    }
}

#[cfg(test)]
mod tests {
    use migrate_core::Mode;

    use crate::analysis::testing::*;

    fn stepwise(text: &str) -> Vec<&'static str> {
        codes_with(&["DEFINE TABLE a", text], Mode::Stepwise, &["M302"])
    }

    #[test]
    fn a_batch_without_a_condition_is_refused() {
        assert_eq!(stepwise("UPDATE (SELECT VALUE id FROM a LIMIT 5) SET b = 1"), ["M431"]);
    }

    #[test]
    fn one_with_a_condition_one_that_deletes_and_one_that_runs_once_are_fine() {
        assert_eq!(stepwise("UPDATE (SELECT VALUE id FROM a WHERE b IS NONE LIMIT 5) SET b = 1"), [""; 0]);
        assert!(!stepwise("DELETE (SELECT VALUE id FROM a LIMIT 5)").contains(&"M431"));
        let once = codes(&["DEFINE TABLE a", "UPDATE (SELECT VALUE id FROM a LIMIT 5) SET b = 1"]);
        assert!(!once.contains(&"M431"));
    }
}
