use migrate_core::ObjectKind;

use crate::analysis::{Entry, Refusal, Step};
use crate::definition::Reference;
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M209",
    name: "used-analyzer",
    severity: Severity::Error,
    summary: "An analyzer is removed while an index uses it",
    explanation: "The database refuses to remove an analyzer that a full-text index still uses.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Operation::Remove(remove) = &step.lowered.operation else { return };
    if !step.is_refused_for(Refusal::UsedAnalyzer) {
        return;
    }
    let name = remove.object.name();
    let uses = |entry: &Entry| entry.definition.references.contains(&Reference::Analyzer(name.to_owned()));
    let index = step.schema().of_kind(ObjectKind::Index).find(|(_, entry)| uses(entry));
    if let Some((index, _)) = index {
        let message = format!("the analyzer `{name}` is used by {index}");
        let help = "remove the index first, or give it another analyzer".to_owned();
        diagnostics.push(step.at_name(&RULE, name, message, help).with_label("still used"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "DEFINE ANALYZER a TOKENIZERS blank; DEFINE TABLE doc; \
                          DEFINE INDEX t ON doc FIELDS t FULLTEXT ANALYZER a BM25";

    #[test]
    fn an_analyzer_in_use_cannot_go() {
        assert_eq!(
            said(&[BEFORE, "REMOVE ANALYZER a"], "M209"),
            ["the analyzer `a` is used by index doc.t | a | remove the index first, or give it another analyzer"]
        );
    }

    #[test]
    fn one_without_an_index_can() {
        assert_eq!(codes(&[BEFORE, "REMOVE INDEX t ON doc; REMOVE ANALYZER a"]), [""; 0]);
    }
}
