use migrate_core::{Mode, ObjectKind};

use crate::analysis::{Step, Verdict};
use crate::definition::{Shape, TableType};
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M427",
    name: "lasting-edges",
    severity: Severity::Warning,
    summary: "A table of edges is removed, and its edges stay to be followed",
    explanation: "`REMOVE TABLE` takes the rows away, and not what the records on both sides know of them: a traversal such as \
                  `->likes` still follows the edges, into a table that is gone, or into one of that name that is defined later. \
                  Only `DELETE` takes an edge away from both of its ends. What an undo or a rollback derives does so.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Operation::Remove(remove) = &step.lowered.operation else { return };
    let (object, name) = (&remove.object, remove.object.name());
    if object.kind() != ObjectKind::Table || step.transition.verdict != Verdict::Done || step.judge.is_new(object) {
        return;
    }
    let is_of_edges = step.schema().get(object).is_some_and(
        |entry| matches!(&entry.definition.shape, Shape::Table(table) if matches!(table.kind, TableType::Relation(_))),
    );
    if is_of_edges && !step.deleted.may_be_of(name) {
        let message = format!("the edges of `{name}` can still be followed when the table is gone");
        let before = if step.input.part.is_some() {
            "in a step before it"
        } else if step.input.mode == Mode::Stepwise {
            "before it"
        } else {
            "before it, in a stepwise migration (`-- migrate: stepwise`)"
        };
        let help = format!(
            "write `DELETE (SELECT VALUE id FROM {name} LIMIT 1000)` {before}, or `DELETE {name}` where they are few"
        );
        diagnostics.push(step.at_name(&RULE, name, message, help).with_label("a table of edges"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    use migrate_core::Mode;

    const BEFORE: &str = "DEFINE TABLE user; DEFINE TABLE post; DEFINE TABLE likes TYPE RELATION IN user OUT post";

    #[test]
    fn edges_that_outlive_their_table_are_told() {
        assert_eq!(
            said(&[BEFORE, "REMOVE TABLE likes"], "M427"),
            [
                "the edges of `likes` can still be followed when the table is gone | likes | write `DELETE (SELECT VALUE id FROM \
              likes LIMIT 1000)` before it, in a stepwise migration (`-- migrate: stepwise`), or `DELETE likes` where they are few"
            ]
        );
        let other = "DELETE user; REMOVE TABLE likes";
        assert!(codes(&[BEFORE, other]).contains(&"M427"));
    }

    #[test]
    fn edges_that_are_deleted_first_and_rows_that_are_no_edges_are_fine() {
        for text in [
            "DELETE likes; REMOVE TABLE likes",
            "DELETE likes WHERE true; REMOVE TABLE likes",
            "DELETE FROM likes RETURN NONE; REMOVE TABLE likes",
            "REMOVE TABLE post; REMOVE TABLE user",
            "DEFINE TABLE knows TYPE RELATION; REMOVE TABLE knows",
        ] {
            assert_eq!(said(&[BEFORE, text], "M427"), [""; 0], "{text}");
        }
        let batched = "DELETE (SELECT VALUE id FROM likes LIMIT 1000) RETURN NONE; REMOVE TABLE likes";
        assert!(!codes_with(&[BEFORE, batched], Mode::Stepwise, &["M302", "M303"]).contains(&"M427"));
    }
}
