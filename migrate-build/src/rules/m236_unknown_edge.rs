use migrate_core::{Object, ObjectKind};

use crate::analysis::{Step, did_you_mean};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M236",
    name: "unknown-edge",
    severity: Severity::Warning,
    summary: "An arrow leads through or to a table that does not exist",
    explanation: "The database finds nothing there, and does not complain: `->likes->post` is empty if there is no table `likes`.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let mut told: Vec<&str> = Vec::new();
    for table in &step.lowered.uses.edges {
        if !step.schema().lacks_table(table) || step.touches(table) || told.contains(&table.as_str()) {
            continue;
        }
        told.push(table);
        let object = Object::new(ObjectKind::Table, table.clone());
        let help = did_you_mean(step.schema().nearest(&object), || "define the table first".to_owned());
        let message = format!("there is no table `{table}`, so that nothing is found behind this arrow");
        diagnostics.push(step.at_name(&RULE, table, message, help).with_label("not defined"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "DEFINE TABLE user; DEFINE TABLE post; DEFINE TABLE likes TYPE RELATION IN user OUT post";

    #[test]
    fn an_arrow_to_nowhere_is_told() {
        assert_eq!(
            said(&[BEFORE, "SELECT ->like->post FROM user"], "M236"),
            ["there is no table `like`, so that nothing is found behind this arrow | like | did you mean `likes`?"]
        );
        for text in
            ["LET $a = user:1->likes->pots", "UPDATE user:1 SET n = count(<-like)", "SELECT * FROM user:1->x->post"]
        {
            assert_eq!(codes(&[BEFORE, text]), ["M236"], "{text}");
        }
        assert_eq!(codes(&[BEFORE, "DEFINE FUNCTION fn::a() { RETURN user:1->like->post }"]), ["M225"]);
    }

    #[test]
    fn an_arrow_to_what_is_there_is_fine() {
        for text in [
            "SELECT ->likes->post, ->?, <-likes<-user FROM user; SELECT ->(likes WHERE true) FROM user",
            "CREATE fresh; SELECT ->fresh FROM user",
            "{ CREATE fresh; SELECT ->fresh FROM user }",
        ] {
            assert_eq!(said(&[BEFORE, text], "M236"), [""; 0], "{text}");
        }
    }
}
