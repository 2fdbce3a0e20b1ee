use migrate_core::Mode;

use crate::analysis::Step;
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M425",
    name: "unseen-build",
    severity: Severity::Error,
    summary: "An index is built `CONCURRENTLY` in a migration that is one transaction",
    explanation: "The statement succeeds at once, and the index is built after the migration was recorded as \
                  applied. If that fails, say over duplicates of a unique index, nobody is told, and the broken \
                  index stays, which may refuse every write to its table. A stepwise migration waits for the build and \
                  removes an index that failed; without `CONCURRENTLY`, its failure is that of the migration.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let is_concurrent = match &step.lowered.operation {
        Operation::Define(define) => define.concurrently,
        Operation::Rebuild { concurrently, .. } => *concurrently,
        _ => false,
    };
    if !is_concurrent || step.input.mode == Mode::Stepwise {
        return;
    }
    let message = "a failure of this build would go unseen: it ends after the migration".to_owned();
    let help = "add `-- migrate: stepwise`, which waits for the build, or leave `CONCURRENTLY` out".to_owned();
    diagnostics.push(step.at_name(&RULE, "CONCURRENTLY", message, help));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    use migrate_core::Mode;

    const BEFORE: &str = "DEFINE TABLE a; DEFINE INDEX i ON a FIELDS b";

    #[test]
    fn a_concurrent_build_in_a_transaction_is_refused() {
        assert_eq!(codes(&[BEFORE, "DEFINE INDEX j ON a FIELDS c CONCURRENTLY"]), ["M425"]);
        assert_eq!(codes(&[BEFORE, "REBUILD INDEX i ON a CONCURRENTLY"]), ["M425"]);
    }

    #[test]
    fn one_in_a_stepwise_migration_is_fine() {
        assert_eq!(codes_with(&[BEFORE, "DEFINE INDEX j ON a FIELDS c CONCURRENTLY"], Mode::Stepwise, &[]), [""; 0]);
    }
}
