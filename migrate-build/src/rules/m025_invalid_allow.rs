use std::ops::Range;

use crate::{Diagnostic, RULES, Rule, Severity, Source, suggest};

pub(crate) static RULE: Rule = Rule {
    code: "M025",
    name: "invalid-allow",
    severity: Severity::Error,
    summary: "`allow` names a rule that cannot be allowed",
    explanation: "It takes the code of an existing rule, and only of one that may be silenced: what would corrupt \
                  data or cannot run may not.",
};

pub(crate) fn unknown(source: &Source, range: Range<usize>, code: &str) -> Diagnostic {
    let codes: Vec<_> = RULES.iter().map(|rule| rule.code).collect();
    let help = match RULES.iter().find(|rule| rule.name == code || rule.code.eq_ignore_ascii_case(code)) {
        Some(rule) => format!("rules are named by their code: `allow({})`", rule.code),
        None => match suggest::closest(code, &codes) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the code stands in the message of what you want to allow: `error[M301]: …`".to_owned(),
        },
    };
    Diagnostic::of_text(&RULE, source, range, format!("there is no rule `{code}`"), help)
}

pub(crate) fn not_allowable(source: &Source, range: Range<usize>, rule: &Rule) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("{} ({}) cannot be allowed", rule.code, rule.name),
        "mend what it reports: such a migration would not run, or would do something else than it says",
    )
}
