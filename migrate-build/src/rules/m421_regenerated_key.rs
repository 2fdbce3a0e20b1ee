use crate::analysis::Step;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M421",
    name: "regenerated-key",
    severity: Severity::Warning,
    summary: "An access method is overwritten without a key, so it gets another one",
    explanation: "The database makes up a new key each time such a statement runs: every token that was issued is \
                  void, and everybody is signed out. `ALTER ACCESS` changes durations, `AUTHENTICATE` and comments \
                  and keeps the key.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|define| step.judge.remakes_key(define)) else { return };
    let object = &define.definition.object;
    let message = format!("{object} gets a new key, and every token it issued is void");
    let help = "use `ALTER ACCESS`, which keeps the key".to_owned();
    diagnostics.push(step.at_name(&RULE, object.name(), message, help).with_label("everybody is signed out"));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "DEFINE ACCESS app ON DATABASE TYPE RECORD";

    #[test]
    fn a_new_key_is_told() {
        assert_eq!(
            codes(&[BEFORE, "DEFINE ACCESS OVERWRITE app ON DATABASE TYPE RECORD DURATION FOR TOKEN 5m"]),
            ["M421"]
        );
    }

    #[test]
    fn altering_it_and_defining_it_first_are_fine() {
        assert_eq!(codes(&[BEFORE, "ALTER ACCESS app ON DATABASE DURATION FOR TOKEN 5m"]), [""; 0]);
        assert_eq!(codes(&["DEFINE ACCESS OVERWRITE app ON DATABASE TYPE RECORD"]), [""; 0]);
    }
}
