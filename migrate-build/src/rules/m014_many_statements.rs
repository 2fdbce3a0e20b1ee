use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M014",
    name: "many-statements",
    severity: Severity::Error,
    summary: "A migration has too many statements",
    explanation: "Unless it is stepwise, all of them run in one transaction, which takes about a millisecond for each, \
                  conflicts with other writes as long as it lasts, and gives a result for each. Divide it, or set `statements` under \
                  `[limits]` in `migrations.toml`.",
};

/// How many statements a migration may have, unless `migrations.toml` says otherwise.
pub(crate) const LIMIT: usize = 10_000;

pub(crate) fn diagnostic(source: &Source, statements: usize, limit: usize) -> Diagnostic {
    Diagnostic::of_file(
        &RULE,
        source.file(),
        format!("this migration has {statements} statements; {limit} are the limit"),
        "divide it into several, or set `statements` under `[limits]` in `migrations.toml`",
    )
}
