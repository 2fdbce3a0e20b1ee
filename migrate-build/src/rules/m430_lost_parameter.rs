use migrate_core::{Mode, StatementKind};

use crate::analysis::Step;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M430",
    name: "lost-parameter",
    severity: Severity::Error,
    summary: "A stepwise migration sets a parameter with `LET`",
    explanation: "A stepwise migration runs statement by statement, each as a query of its own, perhaps by another \
                  process after a crash. A parameter ends with its query: the statements behind it would read `NONE`. \
                  `DEFINE PARAM` stays, a `{ … }` block is one statement, and a subquery can stand where the parameter \
                  stood.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    if step.input.mode != Mode::Stepwise || step.kind != StatementKind::Let {
        return;
    }
    let message = "the statements behind this never see the parameter: each is a query of its own".to_owned();
    let help = "put a block around the statements that share it, or write the expression where it is needed".to_owned();
    diagnostics.push(step.at_head(&RULE, message, help).with_label("gone when this statement ends"));
}

#[cfg(test)]
mod tests {
    use migrate_core::Mode;

    use crate::analysis::testing::*;

    #[test]
    fn a_parameter_of_a_stepwise_migration_is_refused() {
        assert_eq!(codes_with(&["LET $a = 1; CREATE a:1 SET b = $a"], Mode::Stepwise, &["M221"]), ["M430", "M221"]);
    }

    #[test]
    fn one_in_a_block_or_in_a_transaction_is_fine() {
        assert_eq!(codes_with(&["{ LET $a = 1; CREATE a:1 SET b = $a }"], Mode::Stepwise, &["M221"]), ["M221"]);
        assert_eq!(codes(&["LET $a = 1"]), [""; 0]);
    }
}
