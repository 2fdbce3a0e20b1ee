use crate::analysis::Step;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M217",
    name: "unfit-default",
    severity: Severity::Error,
    summary: "A field's own `DEFAULT` or `VALUE` is not of its type",
    explanation: "The database takes the definition, and then refuses every row that the value is filled in for.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(definition) = step.definition() else { return };
    let Some(field) = definition.shape.field() else { return };
    let Some(value) = &field.unfit else { return };
    let object = &definition.object;
    let message = format!("{object} is `{}`, and its own value `{value}` is not", field.value_type);
    let help = "give it a value of its type: every row that it is filled in for is refused".to_owned();
    diagnostics.push(step.at_name(&RULE, object.name(), message, help));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_value_that_the_type_refuses_is_told() {
        for text in [
            "DEFINE FIELD n ON t TYPE int DEFAULT 'x'",
            "DEFINE FIELD n ON t TYPE int DEFAULT ALWAYS 'x'",
            "DEFINE FIELD n ON t TYPE option<int> VALUE 'x'",
            "DEFINE FIELD n ON t TYPE array<string> DEFAULT [1]",
            "DEFINE FIELD n ON t TYPE 'a' | 'b' DEFAULT 'c'",
            "DEFINE FIELD n ON t TYPE datetime DEFAULT '2024-01-01T00:00:00Z'",
            "DEFINE FIELD n ON t TYPE int DEFAULT 1; ALTER FIELD n ON t TYPE string",
        ] {
            assert_eq!(codes(&["DEFINE TABLE t", text]), ["M217"], "{text}");
        }
        assert_eq!(
            said(&["DEFINE TABLE t; DEFINE FIELD n ON t TYPE bool DEFAULT 0"], "M217"),
            [
                "field t.n is `bool`, and its own value `0` is not | n | give it a value of its type: every row that it is filled \
              in for is refused"
            ]
        );
    }

    #[test]
    fn one_that_fits_or_is_computed_is_fine() {
        for text in [
            "DEFINE FIELD n ON t TYPE int DEFAULT 1; DEFINE FIELD m ON t TYPE float DEFAULT 1",
            "DEFINE FIELD n ON t TYPE datetime DEFAULT time::now(); DEFINE FIELD m ON t TYPE string VALUE $value.trim()",
            "DEFINE FIELD n ON t TYPE array<string> DEFAULT []; DEFINE FIELD m ON t TYPE object DEFAULT {}",
            "DEFINE FIELD n ON t TYPE option<int> DEFAULT NONE; DEFINE FIELD m ON t DEFAULT 'x'",
            "DEFINE FIELD n ON t TYPE \"it's\" | 'a\\n' | true DEFAULT \"it's\"; DEFINE FIELD m ON t TYPE true | 'a\\n' DEFAULT 'a\\n'",
            "DEFINE FIELD n ON t TYPE set<int> DEFAULT [1, 1]; DEFINE FIELD m ON t TYPE duration DEFAULT 1h",
        ] {
            assert_eq!(codes(&[&format!("DEFINE TABLE t; {text}")]), [""; 0], "{text}");
        }
    }
}
