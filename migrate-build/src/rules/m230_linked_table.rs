use migrate_core::{Object, ObjectKind};

use crate::analysis::{Entry, Step, Verdict};
use crate::definition::Reference;
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M230",
    name: "linked-table",
    severity: Severity::Warning,
    summary: "A table is removed while fields link to it",
    explanation: "The links stay as they are and lead nowhere. Remove or change the fields as well.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Operation::Remove(remove) = &step.lowered.operation else { return };
    if remove.object.kind() != ObjectKind::Table || step.transition.verdict != Verdict::Done {
        return;
    }
    let name = remove.object.name();
    let links = |object: &Object, entry: &Entry| {
        object.table() != Some(name)
            && *object != remove.object
            && !has_redefinition(step, object)
            && entry.definition.references.contains(&Reference::Link(name.to_owned()))
    };
    let linking = step.schema().entries().filter(|(object, entry)| links(object, entry));
    let names: Vec<String> = linking.map(|(object, _)| object.to_string()).take(3).collect();
    if !names.is_empty() {
        let message = format!("{} still links to the table `{name}`", names.join(", "));
        let help = "remove or change what links to it as well".to_owned();
        diagnostics.push(step.at_name(&RULE, name, message, help).with_label("still linked to"));
    }
}

/// Whether the migration goes on to change an object, or what it stands on.
fn has_redefinition(step: &Step<'_>, object: &Object) -> bool {
    step.judge.rest.iter().any(|lowered| match &lowered.operation {
        Operation::Define(define) => define.definition.object == *object,
        Operation::Alter(alter) => alter.object == *object,
        Operation::Remove(remove) => {
            let table = remove.object.kind() == ObjectKind::Table;
            remove.object == *object || (table && object.table() == Some(remove.object.name()))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "DEFINE TABLE user; DEFINE TABLE post; DEFINE FIELD author ON post TYPE record<user>";

    #[test]
    fn a_table_that_is_linked_to_is_told() {
        assert_eq!(
            said(&[BEFORE, "REMOVE TABLE user"], "M230"),
            ["field post.author still links to the table `user` | user | remove or change what links to it as well"]
        );
    }

    #[test]
    fn it_is_fine_when_the_links_go_too() {
        assert_eq!(codes(&[BEFORE, "REMOVE FIELD author ON post; REMOVE TABLE user"]), [""; 0]);
        assert_eq!(codes(&[BEFORE, "REMOVE TABLE user; REMOVE TABLE post"]), [""; 0]);
    }
}
