use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M045",
    name: "invalid-schema-file",
    severity: Severity::Error,
    summary: "A desired schema holds something else than the definitions of one schema",
    explanation: "`cargo migrate new --from` reads what the schema shall be: each object once, by its `DEFINE` statement, \
                  in any order and any number of files. How to get there, rows included, is what migrations say.",
};

pub(crate) fn not_a_definition(source: &Source, range: Range<usize>) -> Diagnostic {
    let range = head(source, range);
    let help = "write it in a migration: a schema is made of `DEFINE` statements alone";
    Diagnostic::of_text(&RULE, source, range, "this defines nothing", help)
}

pub(crate) fn outside(source: &Source, range: Range<usize>) -> Diagnostic {
    let range = head(source, range);
    let help = "leave it to whoever sets up the server: a schema is that of one database";
    Diagnostic::of_text(&RULE, source, range, "this defines something outside of the database", help)
}

pub(crate) fn uncertain(source: &Source, range: Range<usize>, reason: &str) -> Diagnostic {
    let range = head(source, range);
    let help = "write plain values here, or define this object in a migration of your own";
    Diagnostic::of_text(&RULE, source, range, "what this defines is only known when it runs", help)
        .with_label(reason.to_owned())
}

pub(crate) fn redacted(source: &Source, range: Range<usize>, object: &str) -> Diagnostic {
    let range = head(source, range);
    let help = "write the statement that made it: the database shows no secret";
    Diagnostic::of_text(&RULE, source, range, format!("{object} has `[REDACTED]` in the place of a secret"), help)
}

pub(crate) fn twice(source: &Source, range: Range<usize>, object: &str, other: &str) -> Diagnostic {
    let range = head(source, range);
    let help = "keep the one that shall hold";
    Diagnostic::of_text(&RULE, source, range, format!("{object} is defined twice"), help)
        .with_label(format!("it is defined in {other} already"))
}

pub(crate) fn no_table(source: &Source, range: Range<usize>, table: &str, help: String) -> Diagnostic {
    let range = head(source, range);
    Diagnostic::of_text(&RULE, source, range, format!("the schema defines no table `{table}`"), help)
}

pub(crate) fn refused(source: &Source, range: Range<usize>, object: &str, (why, help): (&str, &str)) -> Diagnostic {
    let range = head(source, range);
    Diagnostic::of_text(&RULE, source, range, format!("the database refuses {object} in this schema"), help)
        .with_label(why.to_owned())
}

/// The first line of a statement.
fn head(source: &Source, range: Range<usize>) -> Range<usize> {
    let text = source.text().get(range.clone()).unwrap_or_default();
    range.start..range.start + text.find('\n').unwrap_or(text.len())
}
