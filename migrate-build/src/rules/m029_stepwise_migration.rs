use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M029",
    name: "stepwise-migration",
    severity: Severity::Error,
    summary: "Stepwise migrations are not supported yet",
    explanation: "`-- migrate: stepwise` is the directive kept for migrations that run statement by statement, each in a \
                  transaction of its own. Until they are executed, a migration is one transaction: split long work into \
                  several migrations, or do it before the release.",
};

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    let help = "leave the directive out, and split long work into several migrations";
    Diagnostic::of_text(&RULE, source, range, "stepwise migrations are not executed yet", help)
        .with_label("a migration is one transaction")
}

#[cfg(test)]
mod tests {
    use crate::{Diagnostics, Folder, Options, load};

    fn found(text: &str) -> Diagnostics {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("V1__a.surql"), text).unwrap();
        load(&Folder::new(dir.path()), &Options::new("app")).map_or_else(|error| error.into_parts().0, |it| it.warnings)
    }

    #[test]
    fn a_stepwise_migration_is_refused_where_it_says_so() {
        let found = found("-- a comment\n-- migrate: stepwise\nDEFINE TABLE a;\n");
        let refused = found.iter().find(|diagnostic| diagnostic.rule().code == "M029").unwrap();
        assert_eq!(refused.position().unwrap().line, 2);
    }

    #[test]
    fn another_migration_is_not() {
        assert!(!found("-- migrate: description a table\nDEFINE TABLE a;\n").has_errors());
    }
}
