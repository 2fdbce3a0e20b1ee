use crate::analysis::{Step, Verdict, did_you_mean};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M202",
    name: "unknown-object",
    severity: Severity::Error,
    summary: "Something that does not exist is altered, removed or rebuilt, without `IF EXISTS`",
    explanation: "The database refuses such a statement, and with it the whole migration. Either the name is \
                  misspelt, or another migration already took it away. What another module defines cannot be seen here: \
                  with `IF EXISTS` a module may change it, and M234 tells of that.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(object) = step.object().filter(|_| step.transition.verdict == Verdict::Missing) else { return };
    let help = did_you_mean(step.schema().nearest(object), || {
        let remedy = if step.schema().is_shared() {
            "correct the name, or write `IF EXISTS` behind its kind if it may be gone already or another module defines it"
        } else {
            "correct the name, or write `IF EXISTS` behind its kind if it may be gone already"
        };
        remedy.to_owned()
    });
    let message = format!("there is no {object}");
    diagnostics.push(step.at_name(&RULE, object.name(), message, help).with_label("not defined"));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn removing_or_altering_what_is_not_there_is_refused() {
        for text in [
            "REMOVE TABLE user",
            "REMOVE FIELD a ON user",
            "REMOVE INDEX a ON user",
            "REMOVE FUNCTION fn::a",
            "REMOVE PARAM $a",
            "ALTER TABLE user SCHEMAFULL",
            "ALTER FIELD a ON user READONLY",
            "REBUILD INDEX a ON user",
            "REMOVE ACCESS a ON DATABASE",
        ] {
            assert_eq!(codes(&[text]), ["M202"], "{text}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        assert_eq!(
            said(&["DEFINE TABLE user", "REMOVE TABLE usr"], "M202"),
            ["there is no table usr | usr | did you mean `user`?"]
        );
    }

    #[test]
    fn what_goes_with_its_table_is_gone() {
        let before = "DEFINE TABLE user; DEFINE FIELD a ON user; DEFINE INDEX i ON user FIELDS a";
        assert_eq!(codes(&[before, "REMOVE TABLE user; REMOVE INDEX i ON user"]), ["M202"]);
    }

    #[test]
    fn what_may_be_there_is_not_refused() {
        assert_eq!(codes(&["LET $t = 'user'; DEFINE TABLE $t", "REMOVE TABLE user"]), [""; 0]);
        assert_eq!(codes(&["DEFINE TABLE user", "REMOVE TABLE user"]), [""; 0]);
    }
}
