use crate::analysis::Step;
use crate::operation::Operation;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M228",
    name: "dynamic-schema",
    severity: Severity::Warning,
    summary: "What becomes of the schema is decided when the migration runs",
    explanation: "A definition inside `IF`, `FOR` or a block, a name given by a parameter, or a value that is \
                  computed: the build cannot tell what comes of it, so it cannot check what depends on it, derive \
                  an undo, or compare a database with what it should be. Write the definition as a statement of \
                  its own with plain names and values.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    if let Some(define) = step.define()
        && let Some(reason) = define.unknown
    {
        let object = &define.definition.object;
        let message = format!("the definition of {object} cannot be known: {reason}");
        diagnostics.push(step.at_name(&RULE, object.name(), message, "write it as a plain value".to_owned()));
    }
    let mut told = Vec::new();
    for operation in step.lowered.operations() {
        let Operation::Dynamic(dynamic) = operation else { continue };
        if told.contains(&(&dynamic.object, dynamic.kind)) {
            continue;
        }
        told.push((&dynamic.object, dynamic.kind));
        let what = match &dynamic.object {
            Some(object) => object.to_string(),
            None => format!("a {}", dynamic.kind),
        };
        let message = format!("what becomes of {what} cannot be known: {}", dynamic.reason);
        let help = "write it as a statement of its own, with a plain name".to_owned();
        diagnostics.push(match &dynamic.object {
            Some(object) => step.at_name(&RULE, object.name(), message, help),
            None => step.at_head(&RULE, message, help),
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn what_a_function_or_an_event_does_to_the_schema_is_told_where_it_is_run() {
        let function = "DEFINE TABLE u; CREATE u:1; DEFINE FUNCTION fn::wipe() { REMOVE TABLE u; }";
        assert_eq!(codes(&[function]), [""; 0], "nothing runs it yet");
        assert!(codes(&[function, "fn::wipe()"]).contains(&"M228"));
        assert!(
            codes(&[function, "DEFINE FUNCTION fn::again() { fn::wipe() }", "LET $x = fn::again()"]).contains(&"M228")
        );
        let event = "DEFINE TABLE u; DEFINE TABLE w; DEFINE EVENT e ON w THEN { REMOVE TABLE u }";
        assert!(codes(&[event, "CREATE w:1"]).contains(&"M228"));
        for body in ["UPDATE w SET a = 1", "DELETE w:1", "UPDATE x:1 SET a = 1"] {
            let chain = "DEFINE TABLE x; DEFINE EVENT f ON x THEN { DELETE w }";
            let function = format!("{event}; {chain}; DEFINE FUNCTION fn::touch() {{ {body} }}");
            assert!(codes(&[&function, "fn::touch()"]).contains(&"M228"), "the event fires: {body}");
        }
        assert_eq!(said(&["DEFINE TABLE t; DEFINE FUNCTION fn::d() { DELETE t }", "fn::d()"], "M302").len(), 1);
        let seed = "DEFINE FUNCTION fn::seed() { DEFINE TABLE made SCHEMAFULL }; fn::seed()";
        assert_eq!(codes(&[seed, "CREATE made SET a = 1"]), [""; 0], "it may be there");
    }

    #[test]
    fn a_definition_in_a_branch_a_loop_or_a_block_is_told() {
        assert_eq!(
            said(&["IF true { DEFINE TABLE user }"], "M228"),
            [
                "what becomes of table user cannot be known: it stands inside another statement, which decides whether it \
              runs | user | write it as a statement of its own, with a plain name"
            ]
        );
        assert_eq!(codes(&["FOR $i IN 0..3 { DEFINE FIELD a ON b }"]), ["M228"]);
        assert_eq!(codes(&["{ REMOVE TABLE IF EXISTS a }"]), ["M228"]);
    }

    #[test]
    fn a_name_from_a_parameter_and_a_computed_value_are_told() {
        assert_eq!(codes(&["LET $t = 'user'; DEFINE TABLE $t"]), ["M228"]);
        assert_eq!(codes(&["DEFINE PARAM $start VALUE time::now()"]), ["M228"]);
    }

    #[test]
    fn bodies_that_run_later_are_not_looked_into() {
        assert_eq!(codes(&["DEFINE FUNCTION fn::a() { DEFINE TABLE b }; DEFINE TABLE 'c'"]), [""; 0]);
    }
}
