use std::ops::Range;

use crate::{Diagnostic, RULES, Rule, Severity, Source, suggest};

pub(crate) static RULE: Rule = Rule {
    code: "M032",
    name: "invalid-rule-setting",
    severity: Severity::Error,
    summary: "A setting in `[rules]` is not possible",
    explanation: "It takes the code of an existing rule and `error`, `warning` or `allow`. What would corrupt data \
                  or cannot run stays an error.",
};

pub(crate) fn unknown(source: &Source, range: Range<usize>, code: &str) -> Diagnostic {
    let codes: Vec<_> = RULES.iter().map(|rule| rule.code).collect();
    let help = match suggest::closest(code, &codes) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "a rule is named by the code that stands in its messages: `M301 = \"warning\"`".to_owned(),
    };
    Diagnostic::of_text(&RULE, source, range, format!("there is no rule `{code}`"), help)
}

pub(crate) fn not_allowable(source: &Source, range: Range<usize>, rule: &Rule) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("{} ({}) is always an error", rule.code, rule.name),
        "remove this line: a migration that breaks the rule would not run, or would do something else than it says",
    )
}
