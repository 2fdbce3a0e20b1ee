use migrate_core::Mode;

use crate::analysis::Step;
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M425",
    name: "unseen-build",
    severity: Severity::Error,
    summary: "An index is built `CONCURRENTLY` within a transaction of several statements, and nothing waits for it",
    explanation: "The statement succeeds at once, and the index is built after the migration was recorded as \
                  applied. If that fails, say over duplicates of a unique index, nobody is told, and the broken \
                  index stays, of no use to any query. A stepwise migration waits for the build and \
                  removes an index that failed, and so does a step of a phased one in which the statement stands alone; \
                  without `CONCURRENTLY`, its failure is that of the migration.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let own = usize::from(matches!(step.lowered.operation, Operation::Rebuild { concurrently: true, .. }));
    if step.lowered.uses.builds > own {
        let message = "nothing waits for this build: it stands inside of another statement".to_owned();
        let help = if step.input.part.is_some() {
            "make it the one statement of a step of its own, or leave `CONCURRENTLY` out"
        } else {
            "write it as a statement of its own in a stepwise migration, or leave `CONCURRENTLY` out"
        };
        let help = help.to_owned();
        diagnostics.push(step.at_name(&RULE, "CONCURRENTLY", message, help));
        return;
    }
    let is_concurrent = match &step.lowered.operation {
        Operation::Define(define) => define.concurrently,
        Operation::Rebuild { concurrently, .. } => *concurrently,
        _ => false,
    };
    if !is_concurrent || step.input.mode == Mode::Stepwise {
        return;
    }
    let (message, help) = if step.input.part.is_some() {
        (
            "a failure of this build would go unseen: it ends after the step",
            "make it a step of its own, which waits for the build, or leave `CONCURRENTLY` out",
        )
    } else {
        (
            "a failure of this build would go unseen: it ends after the migration",
            "add `-- migrate: stepwise`, which waits for the build, or leave `CONCURRENTLY` out",
        )
    };
    diagnostics.push(step.at_name(&RULE, "CONCURRENTLY", message.to_owned(), help.to_owned()));
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
    fn one_inside_of_another_statement_is_refused_in_any_mode() {
        let text = "{ DEFINE INDEX j ON a FIELDS c CONCURRENTLY }";
        assert!(codes(&[BEFORE, text]).contains(&"M425"));
        assert!(codes_with(&[BEFORE, text], Mode::Stepwise, &[]).contains(&"M425"));
        let text = "IF true { REBUILD INDEX i ON a CONCURRENTLY }";
        assert!(codes_with(&[BEFORE, text], Mode::Stepwise, &[]).contains(&"M425"));
    }

    #[test]
    fn a_step_of_a_phased_migration_is_told_what_helps_there() {
        use crate::phased::testing::{GOOD, loaded, said};

        let alone = GOOD.replace("TYPE option<int>", "TYPE option<int>; DEFINE INDEX j ON a FIELDS c CONCURRENTLY");
        assert_eq!(said(&alone), ["M425 4:77 a failure of this build would go unseen: it ends after the step"]);
        let helps = |toml: &str| match loaded(toml) {
            Ok(loaded) => loaded.warnings.to_string(),
            Err(error) => error.to_string(),
        };
        let blocking = GOOD.replace("TYPE option<int>", "TYPE option<int>; DEFINE INDEX j ON a FIELDS c");
        let unbounded = GOOD.replace("TYPE option<int>", "TYPE option<int>; UPDATE a SET b = 1");
        let partial = "UPDATE (SELECT VALUE id FROM a WHERE b IS NONE LIMIT 5) SET b = 1";
        let partial = GOOD.replace("TYPE option<int>", &format!("TYPE option<int>; {partial}"));
        for (toml, code, help) in [
            (alone, "M425", "make it a step of its own, which waits for the build"),
            (blocking, "M424", "put `allow = { M424 = \"reason\" }` at the top of the file"),
            (unbounded, "M423", "`allow = { M423 = \"reason\" }` at the top of the file"),
            (partial, "M432", "make it a step of its own, or a `backfill`"),
        ] {
            let said = helps(&toml);
            assert!(said.contains(code) && said.contains(help) && !said.contains("-- migrate:"), "{said}");
        }
    }

    #[test]
    fn one_in_a_stepwise_migration_is_fine() {
        assert_eq!(codes_with(&[BEFORE, "DEFINE INDEX j ON a FIELDS c CONCURRENTLY"], Mode::Stepwise, &[]), [""; 0]);
    }
}
