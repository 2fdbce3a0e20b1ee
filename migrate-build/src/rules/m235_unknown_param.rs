use migrate_core::{Object, ObjectKind};

use crate::analysis::{Step, did_you_mean};
use crate::rules::m408_reserved_parameter;
use crate::suggest::closest;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M235",
    name: "unknown-param",
    severity: Severity::Warning,
    summary: "A statement uses a parameter that nothing gives a value",
    explanation: "Its value is `NONE`, and the database does not complain: a field stays empty, a condition is never true. Bind \
                  it by `LET` at the top of the same migration, or define it by `DEFINE PARAM`. What is bound in a block \
                  is gone behind it, and a migration is given no parameters from outside.",
};

/// What the database binds itself, in some place or other.
const RESERVED: [&str; 14] = [
    "access",
    "action",
    "after",
    "auth",
    "before",
    "event",
    "input",
    "parent",
    "reference",
    "request",
    "session",
    "this",
    "token",
    "value",
];

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let mut told: Vec<&str> = Vec::new();
    for name in &step.lowered.uses.params {
        let object = Object::new(ObjectKind::Param, name.clone());
        let is_bound = RESERVED.contains(&name.as_str()) || step.bound.contains(name);
        let is_ours = m408_reserved_parameter::is_reserved(name) || told.contains(&name.as_str());
        if is_bound || is_ours || !step.schema().lacks(&object) || step.may_define(&object) {
            continue;
        }
        told.push(name);
        let bound: Vec<&str> = step.bound.iter().map(String::as_str).collect();
        let nearest = closest(name, &bound).map(str::to_owned).or_else(|| step.schema().nearest(&object));
        let help = did_you_mean(nearest.map(|name| format!("${name}")), || format!("bind it first: `LET ${name} = …`"));
        let message = format!("nothing gives `${name}` a value, so it is `NONE`");
        diagnostics.push(step.at_param(&RULE, name, message, help).with_label("never bound"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_parameter_that_nothing_binds_is_told_once_a_statement() {
        let text = "LET $name = 'a'; DEFINE TABLE t; CREATE t SET name = $nam, again = $nam";
        assert_eq!(
            said(&[text], "M235"),
            ["nothing gives `$nam` a value, so it is `NONE` | $nam | did you mean `$name`?"]
        );
        assert_eq!(codes(&["LET $a = 1", "RETURN $a"]), ["M235"], "another migration bound it");
        assert_eq!(codes(&["{ LET $a = 1 }; LET $b = $a"]), ["M235"], "a block keeps what it binds");
        assert_eq!(codes(&["FOR $i IN 0..3 {}; LET $b = $i"]), ["M235"]);
    }

    #[test]
    fn what_is_bound_defined_or_the_databases_own_is_fine() {
        for text in [
            "LET $a = 1; LET $b = $a + 1; { LET $c = $b; LET $d = $c }",
            "FOR $i IN [1] { LET $x = $i }; LET $f = |$n: int| $n + 1; LET $g = $f(1)",
            "DEFINE PARAM $p VALUE 1; LET $a = $p",
            "DEFINE TABLE t; SELECT * FROM t WHERE $this.a = $parent.b; UPDATE t:1 SET a = 1 RETURN $before, $after",
            "LET $a = [$auth, $session.ns, $token, $access, $value, $input, $event, $request, $reference]",
            "DEFINE TABLE t; DEFINE FIELD a ON t VALUE $anything; DEFINE FUNCTION fn::f($x: int) { RETURN $x + $y }",
            "{ DEFINE PARAM $p VALUE 1; LET $a = $p }",
        ] {
            assert_eq!(said(&[text], "M235"), [""; 0], "{text}");
        }
    }
}
