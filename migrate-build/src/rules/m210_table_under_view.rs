use migrate_core::ObjectKind;

use crate::analysis::{Entry, Refusal, Step};
use crate::definition::Reference;
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M210",
    name: "table-under-view",
    severity: Severity::Error,
    summary: "A table is removed while a view selects from it",
    explanation: "The database refuses to remove a table on which a view is defined.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Operation::Remove(remove) = &step.lowered.operation else { return };
    if !step.is_refused_for(Refusal::UnderView) {
        return;
    }
    let name = remove.object.name();
    let selects = |entry: &Entry| entry.definition.references.contains(&Reference::Source(name.to_owned()));
    let view = step.schema().of_kind(ObjectKind::Table).find(|(_, entry)| selects(entry));
    if let Some((view, _)) = view {
        let message = format!("{view} selects from the table `{name}`");
        let help = "remove the view first".to_owned();
        diagnostics.push(step.at_name(&RULE, name, message, help).with_label("still selected from"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "DEFINE TABLE a; DEFINE TABLE v AS SELECT * FROM a";

    #[test]
    fn a_table_under_a_view_cannot_go() {
        assert_eq!(
            said(&[BEFORE, "REMOVE TABLE a"], "M210"),
            ["table v selects from the table `a` | a | remove the view first"]
        );
    }

    #[test]
    fn it_can_when_the_view_is_gone() {
        assert_eq!(codes(&[BEFORE, "REMOVE TABLE v; REMOVE TABLE a"]), [""; 0]);
    }
}
