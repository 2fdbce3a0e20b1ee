use migrate_core::Mode;

use crate::analysis::Step;
use crate::surql::Takes;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M432",
    name: "partial-batch",
    severity: Severity::Warning,
    summary: "A `LIMIT` leaves rows unwritten",
    explanation: "A migration that is one transaction writes the rows of `UPDATE (SELECT … LIMIT n) SET …` once: those that \
                  the limit cuts off are never written. A stepwise migration repeats the statement until a batch is \
                  not full, if it selects ids: `SELECT VALUE id`. So does a step of a phased one that is a `backfill`, or that \
                  consists of this statement alone.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(batch) = step.batch else { return };
    let help = match (step.input.mode, batch.takes) {
        (Mode::Stepwise, Takes::Ids) => return,
        (Mode::Transaction | Mode::Phased, _) if step.input.part.is_some() => {
            "make it a step of its own, or a `backfill`, which is repeated, or leave the `LIMIT` out"
        }
        (Mode::Stepwise, Takes::Other) => "`SELECT VALUE id FROM …` makes it a batch, which is repeated",
        (Mode::Transaction | Mode::Phased, _) => {
            "make the migration stepwise (`-- migrate: stepwise`), which repeats it, or leave the `LIMIT` out"
        }
    };
    let message = "this writes some of the rows, once, and leaves the rest as they are".to_owned();
    diagnostics.push(step.at(&RULE, batch.select.clone(), message, help.to_owned()).with_label("limited"));
}

#[cfg(test)]
mod tests {
    use migrate_core::Mode;

    use crate::analysis::testing::*;

    #[test]
    fn a_limit_that_is_applied_once_is_told() {
        let text = "UPDATE (SELECT VALUE id FROM a WHERE b IS NONE LIMIT 5) SET b = 1";
        assert_eq!(codes(&["DEFINE TABLE a", text]), ["M432"]);
        let rows = "UPDATE (SELECT * FROM a WHERE b IS NONE LIMIT 5) SET b = 1";
        assert_eq!(codes_with(&["DEFINE TABLE a", rows], Mode::Stepwise, &[]), ["M432"]);
    }

    #[test]
    fn a_batch_of_a_stepwise_migration_is_fine() {
        let text = "UPDATE (SELECT VALUE id FROM a WHERE b IS NONE LIMIT 5) SET b = 1";
        assert_eq!(codes_with(&["DEFINE TABLE a", text], Mode::Stepwise, &[]), [""; 0]);
    }
}
