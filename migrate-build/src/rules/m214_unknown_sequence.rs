use migrate_core::{Object, ObjectKind};

use crate::analysis::{Step, did_you_mean};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M214",
    name: "unknown-sequence",
    severity: Severity::Error,
    summary: "A statement takes a number from a sequence that does not exist",
    explanation: "`sequence::nextval` fails when the migration runs. A sequence must be defined by a statement before the \
                  one that uses it.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    for name in &step.lowered.uses.sequences {
        let object = Object::new(ObjectKind::Sequence, name.clone());
        if !step.schema().lacks(&object) || step.may_define(&object) {
            continue;
        }
        let help = did_you_mean(step.schema().nearest(&object), || format!("write `DEFINE SEQUENCE {name}` before it"));
        let message = format!("there is no sequence `{name}`");
        diagnostics.push(step.at_text(&RULE, name, message, help).with_label("not defined"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_sequence_that_is_not_there_gives_no_number() {
        assert_eq!(
            said(&["DEFINE SEQUENCE orders; DEFINE TABLE a; CREATE a SET n = sequence::nextval('order')"], "M214"),
            ["there is no sequence `order` | 'order' | did you mean `orders`?"]
        );
        assert_eq!(codes(&["DEFINE SEQUENCE a", "REMOVE SEQUENCE a; sequence::nextval('a')"]), ["M214"]);
    }

    #[test]
    fn one_that_is_there_or_that_nobody_can_name_is_fine() {
        assert_eq!(codes(&["DEFINE SEQUENCE a; sequence::nextval('a'); LET $b = 'c'; sequence::nextval($b)"]), [""; 0]);
        assert_eq!(codes(&["{ DEFINE SEQUENCE a; sequence::nextval('a') }"]), ["M228"]);
        assert_eq!(codes(&["DEFINE FUNCTION fn::a() { sequence::nextval('later') }"]), [""; 0]);
    }
}
