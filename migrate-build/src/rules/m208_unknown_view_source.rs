use migrate_core::{Object, ObjectKind};

use crate::analysis::{Refusal, Step, did_you_mean};
use crate::definition::Reference;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M208",
    name: "unknown-view-source",
    severity: Severity::Error,
    summary: "A view selects from a table that does not exist",
    explanation: "The database refuses such a view. Define the tables that it selects from first.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|_| step.is_refused_for(Refusal::UnknownSource)) else { return };
    for reference in &define.definition.references {
        let Reference::Source(table) = reference else { continue };
        if !step.schema().lacks_table(table) || define.definition.object.name() == table {
            continue;
        }
        let object = Object::new(ObjectKind::Table, table.clone());
        let help = did_you_mean(step.schema().nearest(&object), || "define the table first".to_owned());
        let message = format!("there is no table `{table}` to select from");
        diagnostics.push(step.at_name(&RULE, table, message, help).with_label("not defined"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn the_source_must_be_there() {
        assert_eq!(
            said(&["DEFINE TABLE orders; DEFINE TABLE total AS SELECT count() FROM order GROUP ALL"], "M208"),
            ["there is no table `order` to select from | order | did you mean `orders`?"]
        );
    }

    #[test]
    fn one_that_is_there_is_fine() {
        assert_eq!(
            codes(&["DEFINE TABLE orders; DEFINE TABLE total AS SELECT count() FROM orders GROUP ALL"]),
            [""; 0]
        );
    }
}
