use migrate_core::{Object, ObjectKind};

use crate::analysis::{Refusal, Step, did_you_mean};
use crate::definition::Reference;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M206",
    name: "unknown-analyzer",
    severity: Severity::Error,
    summary: "A full-text index names an analyzer that does not exist",
    explanation: "The database refuses such an index. Define the analyzer in an earlier statement.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define().filter(|_| step.is_refused_for(Refusal::UnknownAnalyzer)) else { return };
    for reference in &define.definition.references {
        let Reference::Analyzer(name) = reference else { continue };
        let object = Object::new(ObjectKind::Analyzer, name.clone());
        if !step.schema().lacks(&object) {
            continue;
        }
        let help = did_you_mean(step.schema().nearest(&object), || "define the analyzer first".to_owned());
        let message = format!("there is no analyzer `{name}`");
        diagnostics.push(step.at_name(&RULE, name, message, help).with_label("not defined"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn the_analyzer_must_be_there() {
        let index = "DEFINE TABLE doc; DEFINE INDEX text ON doc FIELDS text FULLTEXT ANALYZER engish BM25";
        assert_eq!(
            said(&["DEFINE ANALYZER english TOKENIZERS blank", index], "M206"),
            ["there is no analyzer `engish` | engish | did you mean `english`?"]
        );
    }

    #[test]
    fn one_that_is_there_is_fine() {
        let text = "DEFINE ANALYZER a TOKENIZERS blank; DEFINE TABLE doc; DEFINE INDEX t ON doc FIELDS t FULLTEXT ANALYZER a BM25";
        assert_eq!(codes(&[text]), [""; 0]);
    }
}
