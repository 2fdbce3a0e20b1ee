//! No text makes the analysis panic, hang or run out of stack.

use migrate_build::__analyse as analyse;
use proptest::prelude::*;
use proptest::sample::select;

const WORDS: &[&str] = &[
    "DEFINE",
    "ALTER",
    "REMOVE",
    "TABLE",
    "FIELD",
    "INDEX",
    "EVENT",
    "FUNCTION",
    "PARAM",
    "ACCESS",
    "USER",
    "ANALYZER",
    "OVERWRITE",
    "IF NOT EXISTS",
    "IF EXISTS",
    "ON",
    "TYPE",
    "FIELDS",
    "UNIQUE",
    "WHEN",
    "THEN",
    "VALUE",
    "DEFAULT",
    "ASSERT",
    "PERMISSIONS",
    "NONE",
    "FULL",
    "WHERE",
    "SCHEMAFULL",
    "RELATION IN a OUT b",
    "array<",
    "option<",
    "record<",
    ">",
    "int",
    "|",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "a",
    "b",
    "a.*",
    "`odd`",
    "$p",
    "fn::f",
    "()",
    "'x'",
    "1",
    "true",
    "CREATE",
    "UPDATE",
    "DELETE",
    "SELECT",
    "* FROM",
    "IF",
    "ELSE",
    "FOR $i IN",
    "LET $x =",
    "SET",
    "=",
    "AS",
    "COMMENT",
    "CONCURRENTLY",
    "é",
    "\n",
    "-- c\n",
    "DATABASE",
    "RECORD",
    "PASSWORD",
    "DROP",
    "READONLY",
    "COMPUTED",
    "REFERENCE",
    "INSERT INTO",
    "RELATE a:1->b->a:1",
    "CONTENT {",
    "MERGE",
    "x:",
    "RETURN",
    "THROW",
    "sequence::nextval(",
    "INSERT RELATION INTO",
    "->a->b",
    "FLEXIBLE",
    "DEFAULT",
    "MODULE mod::m FROM f\"b:/m\" UNSIGNED",
    "r'a:[1]'",
    "-1.5",
    "NONE",
    "..",
];

/// Statements that the checks of what is written, named and followed look into.
const WRITES: &[&str] = &[
    "CREATE a SET x = [1, 'y'], z = { k: $p, l: [NONE, -1.5] }, z.k = 2",
    "CREATE a:1 CONTENT { x: [1], z: { k: 1 } }",
    "INSERT INTO a [{ x: 1 }, { id: a:1, z: {} }]",
    "INSERT INTO a (x, z) VALUES ([1], {}), ('x', 1)",
    "INSERT RELATION INTO r { in: a:1, out: r:1 }",
    "INSERT { id: a:1, x: 1 }",
    "RELATE a:1->r->[b:1, a:2] SET x = 1",
    "RELATE (SELECT * FROM a)->r->$p",
    "UPDATE a MERGE { z: { k: { m: 1 } } } WHERE x = $p",
    "UPSERT a:1 REPLACE { x: NULL } RETURN $before",
    "UPDATE a UNSET x, z.k",
    "UPDATE a SET x[0] = 1, z.*.m += 'x', x -= 1",
    "UPDATE a PATCH [{ op: 'add', path: '/x', value: 1 }]",
    "DELETE r WHERE in = a:1 AND ->r->b",
    "SELECT ->r->(b WHERE x = $p), <-r.*, a:1->r FROM a:1..3",
    "LET $p = sequence::nextval('s') + sequence::nextval($p)",
    "FOR $i IN 0..3 { CREATE a SET x = $i; DELETE a; UPDATE a SET x = 'y' }",
    "IF $p { THROW 'x' } ELSE { { THROW 'y' } }",
    "{ CREATE a SET x = { RETURN 1 }; { THROW 'z' } }",
    "LET $f = |$n: int| { CREATE a SET x = $n }",
    "DEFINE FIELD OVERWRITE z ON a TYPE { k: 1 | 'x', l: array<int, 2> } DEFAULT { k: 2 } VALUE [1]",
    "DEFINE FIELD OVERWRITE x.* ON a TYPE set<record<a | b>> DEFAULT a:1; ALTER FIELD x ON a TYPE array<object>",
    "DEFINE TABLE OVERWRITE r TYPE RELATION IN a OUT a | b SCHEMAFULL",
    "DEFINE TABLE OVERWRITE a SCHEMAFULL; ALTER FIELD x ON a TYPE decimal",
    "DEFINE MODULE OVERWRITE mod::m FROM f\"b:/m\" UNSIGNED; ALTER MODULE mod::m COMMENT 'c'; REMOVE MODULE mod::m",
    "DEFINE EVENT OVERWRITE e ON a THEN { UPDATE b SET x = 1; DELETE a }",
    "DEFINE FUNCTION OVERWRITE fn::f($x: int) { UPDATE a SET x = 1; RETURN a:1->r->b }",
    "DEFINE ACCESS OVERWRITE c ON DATABASE TYPE RECORD",
];

/// A text with a piece of it doubled, cut out, or put in by another.
fn mutated() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4), 0..4);
    (prop::collection::vec(select(WRITES), 1..4), pieces, select(WORDS)).prop_map(|(statements, pieces, word)| {
        let mut text = statements.join(";\n");
        for (from, to, how) in pieces {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (one, other) = (*from.get(&places), *to.get(&places));
            let range = one.min(other)..one.max(other).min(one.min(other).saturating_add(12));
            let range = range.start..text.ceil_char_boundary(range.end);
            let piece = match how {
                0 => String::new(),
                1 => text[range.clone()].repeat(2),
                2 => format!(" {word} "),
                _ => text[range.clone()].chars().rev().collect(),
            };
            text.replace_range(range, &piece);
        }
        text
    })
}

/// Texts that parse, over names that meet.
fn statement() -> impl Strategy<Value = String> {
    let leaf = select(
        &["CREATE a", "DELETE b", "fn::f(1)", "SELECT * FROM a", "DEFINE TABLE a", "REMOVE FIELD x ON a", "1 + 1"][..],
    );
    let body = leaf.prop_map(str::to_owned).prop_recursive(6, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("{{ {inner} }}")),
            inner.clone().prop_map(|inner| format!("IF true {{ {inner} }}")),
            inner.clone().prop_map(|inner| format!("FOR $i IN [1] {{ {inner} }}")),
            inner.clone().prop_map(|inner| format!("LET $x = ({inner})")),
            inner.clone().prop_map(|inner| format!("DEFINE EVENT OVERWRITE e ON a WHEN true THEN {{ {inner} }}")),
            inner.prop_map(|inner| format!("DEFINE FUNCTION OVERWRITE fn::f($x: int) {{ {inner} }}")),
        ]
    });
    let define = ("(a|b|x)", "(|array<int>|option<record<a>>|object|string)").prop_map(|(name, value_type)| {
        let value_type = if value_type.is_empty() { String::new() } else { format!(" TYPE {value_type}") };
        format!("DEFINE FIELD OVERWRITE {name} ON a{value_type}")
    });
    prop_oneof![body, define]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_words(words in prop::collection::vec(select(WORDS), 0..40)) {
        let text = words.join(" ");
        analyse(&["DEFINE TABLE a; DEFINE FIELD x ON a TYPE array<int>", &text]);
    }

    #[test]
    fn of_writes(texts in prop::collection::vec(mutated(), 1..4)) {
        let before = "DEFINE TABLE a SCHEMAFULL; DEFINE FIELD x ON a TYPE array<int>; DEFINE FIELD z ON a TYPE option<object>; \
                      DEFINE TABLE b; DEFINE TABLE r TYPE RELATION IN a OUT b; DEFINE SEQUENCE s";
        let mut chain = vec![before];
        chain.extend(texts.iter().map(String::as_str));
        analyse(&chain);
    }

    #[test]
    fn of_statements(texts in prop::collection::vec(prop::collection::vec(statement(), 1..6), 1..4)) {
        let texts: Vec<String> = texts.iter().map(|statements| statements.join(";\n")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(analyse(&texts).len(), texts.len());
    }
}

#[test]
fn however_deep() {
    for depth in [10, 19, 60, 99, 120, 400, 5_000] {
        let nested = |open: &str, inner: &str, close: &str| open.repeat(depth) + inner + &close.repeat(depth);
        for text in [
            format!("DEFINE FIELD a ON t TYPE {}", nested("array<", "int", ">")),
            format!("DEFINE FIELD a ON t TYPE {}", nested("option<set<", "int", ">>")),
            format!("DEFINE FIELD a ON t TYPE {}", vec!["int"; depth].join(" | ")),
            format!("DEFINE FIELD a ON t DEFAULT {}", nested("[", "1", "]")),
            format!("DEFINE FIELD a ON t DEFAULT {}", nested("(", "1", ")")),
            format!("DEFINE FIELD a ON t VALUE 1{}", " + 1".repeat(depth)),
            format!("DEFINE FIELD a ON t VALUE {}1", "!".repeat(depth)),
            format!("DEFINE FIELD {} ON t TYPE int", vec!["a"; depth].join(".")),
            format!("DEFINE PARAM $a VALUE {}", nested("{ a: ", "1", "}")),
            nested("IF true { ", "CREATE a", " }"),
            nested("{ ", "CREATE a", " }"),
            format!("DEFINE FUNCTION fn::a() {}", nested("{ IF true { ", "CREATE a", " } }")),
            format!("DEFINE FIELD a ON t TYPE int DEFAULT {}", nested("[", "'x'", "]")),
            format!("DEFINE TABLE t SCHEMAFULL; CREATE t CONTENT {}", nested("{ a: ", "1", " }")),
            format!("CREATE t SET {} = 1", vec!["a"; depth].join(".")),
            format!("UPDATE t MERGE {}", nested("{ a: ", "1", " }")),
            format!("SELECT {} FROM t", "->a".repeat(depth)),
            nested("{ ", "THROW 'x'", " }"),
            nested("{ DELETE a; ", "UPDATE b SET c = 1", " }"),
        ] {
            analyse(&[&text]);
        }
    }
}
