use std::ops::Range;

use migrate_core::Phase;

use crate::{Diagnostic, Rule, Severity, Source, toml_error};

pub(crate) static RULE: Rule = Rule {
    code: "M040",
    name: "invalid-phased-migration",
    severity: Severity::Error,
    summary: "A phased migration cannot be understood",
    explanation: "`V<version>__<name>.toml` holds `[[step]]`s with `id`, `phase` and one of `sql`, `assert` with `expect`, and \
                  `backfill`; at its top it may have `description`, `requires`, `allow` and `irreversible`. An unknown key \
                  is an error. It has at least one step of the phase `start` and one of `complete`: without both, it is \
                  an ordinary migration.",
};

const KNOWN: &str = "a step is `[[step]]` with `id = \"name\"`, `phase = \"start\"`, `\"complete\"` or `\"rollback\"`, and one of \
                     `sql = '''…'''`, `assert = '…'` with `expect = 0`, and `backfill = { table, where, set, batch }`";

pub(crate) fn diagnostic(source: &Source, error: &toml::de::Error) -> Diagnostic {
    let help = match toml_error::meant(error) {
        Some(key) => format!("did you mean `{key}`?"),
        None => KNOWN.to_owned(),
    };
    let range = error.span().unwrap_or_default();
    let message = format!("this phased migration cannot be understood: {}", toml_error::sentence(error));
    Diagnostic::of_text(&RULE, source, range, message, help)
}

pub(crate) fn without(source: &Source, phase: Phase) -> Diagnostic {
    let help = match phase {
        Phase::Start => "add a step that expands the schema, or write an ordinary migration (`.surql`)",
        _ => "add a step that contracts the schema, or write an ordinary migration (`.surql`)",
    };
    Diagnostic::of_file(&RULE, source.file(), format!("this phased migration has no step of the phase `{phase}`"), help)
}

pub(crate) fn no_line(source: &Source, range: Range<usize>, key: &str) -> Diagnostic {
    let message = format!("`{key}` has to say something, in one line");
    Diagnostic::of_text(&RULE, source, range, message, "write it in plain words, without line breaks")
}

#[cfg(test)]
mod tests {
    use crate::phased::testing::*;

    #[test]
    fn an_unknown_or_missing_key_is_refused_with_its_place() {
        let unknown = GOOD.replace("phase = \"complete\"", "phase = \"complete\"\nsequel = 'CREATE a'");
        assert_eq!(said(&unknown), ["M040 8:1 this phased migration cannot be understood: there is no key `sequel`"]);
        let phase = GOOD.replace("\"complete\"", "\"finish\"");
        assert!(said(&phase)[0].starts_with("M040 7:9 "), "{:?}", said(&phase));
        assert!(said("[[step]]\nphase = \"start\"\nsql = 'CREATE a'")[0].contains("missing field `id`"));
        assert!(said("colour = 1")[0].contains("there is no key `colour`"));
        assert!(said(&format!("description = \"\"\n{GOOD}"))[0].contains("`description` has to say something"));
    }

    #[test]
    fn both_phases_are_needed() {
        assert_eq!(
            said(""),
            [
                "M040 this phased migration has no step of the phase `start`",
                "M040 this phased migration has no step of the phase `complete`"
            ]
        );
    }

    #[test]
    fn a_good_one_is_fine() {
        assert_eq!(said(GOOD), [""; 0]);
        let top = "description = \"moves\"\nirreversible = \"it sends mail\"\nrequires = { auth = 2 }\n";
        assert_eq!(said(&format!("{top}{GOOD}")), [""; 0]);
    }
}
