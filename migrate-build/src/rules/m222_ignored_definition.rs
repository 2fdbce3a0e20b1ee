use crate::analysis::{Presence, Step, Verdict};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M222",
    name: "ignored-definition",
    severity: Severity::Warning,
    summary: "A definition with `IF NOT EXISTS` does nothing, since the object exists with another definition",
    explanation: "The database leaves what is there as it is, and says nothing. `OVERWRITE` would make the change.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|_| step.transition.verdict == Verdict::Skipped) else { return };
    let object = &define.definition.object;
    let Presence::Present(entry) = step.schema().presence(object) else { return };
    if !entry.is_exact() || entry.definition.text == define.definition.text {
        return;
    }
    let message = format!("{object} exists with another definition, so this does nothing");
    let help = "write `OVERWRITE` for `IF NOT EXISTS` to change it".to_owned();
    let diagnostic = step.at_name(&RULE, object.name(), message, help).with_label("stays as it was");
    diagnostics.push(diagnostic.with_note(format!("it is `{}`", entry.definition.text)));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_definition_that_is_ignored_is_told() {
        assert_eq!(
            said(&["CREATE user:1", "DEFINE TABLE IF NOT EXISTS user SCHEMAFULL"], "M222"),
            ["table user exists with another definition, so this does nothing | user | write `OVERWRITE` for \
              `IF NOT EXISTS` to change it"]
        );
    }

    #[test]
    fn the_same_definition_and_a_new_one_are_fine() {
        let text = "DEFINE TABLE IF NOT EXISTS user SCHEMAFULL";
        assert_eq!(codes(&[text, text]), [""; 0]);
    }
}
