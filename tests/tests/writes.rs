//! What the build calls an error in a statement that writes, the engine refuses; and what it lets pass, the engine takes.

use migrate_build::Severity;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

const SCHEMA: &str = "
    DEFINE TABLE user SCHEMAFULL; DEFINE FIELD name ON user TYPE string; DEFINE FIELD age ON user TYPE option<int>;
    DEFINE FIELD tags ON user TYPE option<array<string>>; DEFINE FIELD place ON user TYPE option<object>;
    DEFINE FIELD place.city ON user TYPE option<string>; DEFINE FIELD extra ON user TYPE option<object> FLEXIBLE;
    DEFINE FIELD thing ON user TYPE any; DEFINE FIELD deep.inner ON user TYPE option<int>;
    DEFINE FIELD form ON user TYPE option<{ a: float, b: option<int> }>; DEFINE FIELD pair ON user TYPE option<[int, string]>;
    DEFINE FIELD map ON user TYPE option<object>; DEFINE FIELD map.* ON user TYPE int;
    DEFINE FIELD at ON user TYPE option<datetime>; DEFINE FIELD link ON user TYPE option<record<user>>;
    DEFINE FIELD kind ON user TYPE 'a' | 'b' DEFAULT 'a'; DEFINE FIELD three ON user TYPE option<array<int, 3>>;
    DEFINE FIELD sum ON user COMPUTED 1 TYPE int; DEFINE FIELD ratio ON user TYPE option<decimal>;
    DEFINE FIELD some ON user TYPE option<set<int>>; DEFINE FIELD point ON user TYPE option<geometry<point>>;
    DEFINE FIELD many ON user TYPE option<int | string>; DEFINE FIELD list ON user TYPE option<array<object>>;
    DEFINE FIELD id_of ON user TYPE option<uuid>; DEFINE FIELD long ON user TYPE option<duration>;
    DEFINE FIELD list.*.n ON user TYPE option<int>; DEFINE FIELD bits ON user TYPE option<bytes>;
    DEFINE TABLE post; DEFINE TABLE plain TYPE NORMAL; DEFINE TABLE likes TYPE RELATION IN user OUT post | plain;
    DEFINE TABLE loose TYPE RELATION; DEFINE TABLE seen AS SELECT * FROM post; DEFINE TABLE gone DROP SCHEMAFULL;
    DEFINE FIELD n ON gone TYPE int; DEFINE SEQUENCE numbers;";

const ROWS: &str = "CREATE user:1 SET name = 'a'; CREATE post:1; CREATE plain:1; RELATE user:1->likes:1->post:1;";

/// Statements that run for sure and meet a row, so that the engine has to judge them.
const STATEMENTS: &[&str] = &[
    "CREATE user SET name = 'a', age = 1, tags = ['x'], place = { city: 'c' }, kind = 'b', at = d'2024-01-01T00:00:00Z'",
    "CREATE user SET name = 'a', nope = 1",
    "CREATE user CONTENT { name: 'a', nope: { x: 1 } }",
    "CREATE user SET name = 'a', place = { city: 'c', zip: 1 }",
    "CREATE user SET name = 'a', place.zip = 1",
    "CREATE user SET name = 'a', extra = { x: { y: 1 } }, extra.z = 1, thing = { x: 1 }, thing.y.z = 1",
    "CREATE user SET name = 'a', deep = { other: 1 }",
    "CREATE user SET name = 'a', deep.more = 1, deep.inner = 2",
    "CREATE user SET name = 'a', deep.inner = 'x'",
    "CREATE user SET name = 'a', form = { a: 1 }",
    "CREATE user SET name = 'a', form = { a: 1, c: 1 }",
    "CREATE user SET name = 'a', form = { b: 1 }",
    "CREATE user SET name = 'a', pair = [1, 'x']",
    "CREATE user SET name = 'a', pair = [1, 2]",
    "CREATE user SET name = 'a', pair = [1]",
    "CREATE user SET name = 'a', map = { x: 1 }, map.y = 2",
    "CREATE user SET name = 'a', map = { x: 'y' }",
    "CREATE user SET name = 'a', map.y = true",
    "CREATE user SET name = 'a', list = [{ n: 1 }]",
    "CREATE user SET name = 1",
    "CREATE user SET name = NONE",
    "CREATE user SET name = NULL",
    "CREATE user SET name = 'a', age = '1'",
    "CREATE user SET name = 'a', age = 1.5",
    "CREATE user SET name = 'a', age = -1.5",
    "CREATE user SET name = 'a', age = 2.0, ratio = 1",
    "CREATE user SET name = 'a', age = 3dec, ratio = 1.5",
    "CREATE user SET name = 'a', age = NONE",
    "CREATE user SET name = 'a', tags = 'x'",
    "CREATE user SET name = 'a', tags = ['x', 1]",
    "CREATE user SET name = 'a', tags = []",
    "CREATE user SET name = 'a', at = '2024-01-01T00:00:00Z'",
    "CREATE user SET name = 'a', link = user:1",
    "CREATE user SET name = 'a', link = post:1",
    "CREATE user SET name = 'a', link = 'user:1'",
    "CREATE user SET name = 'a', kind = 'c'",
    "CREATE user SET name = 'a', kind = NONE",
    "CREATE user SET name = 'a', three = [1, 2, 3]",
    "CREATE user SET name = 'a', three = [1, 2]",
    "CREATE user SET name = 'a', sum = 'x'",
    "CREATE user SET name = 'a', some = [1, 1, 2]",
    "CREATE user SET name = 'a', some = [1, 'x']",
    "CREATE user SET name = 'a', some = 1",
    "CREATE user SET name = 'a', point = { type: 'Point', coordinates: [1.0, 2.0] }",
    "CREATE user SET name = 'a', point = (1.0, 2.0)",
    "CREATE user SET name = 'a', many = 1",
    "CREATE user SET name = 'a', many = true",
    "CREATE user SET name = 'a', id_of = u'018f0c3e-0000-7000-8000-000000000000', long = 1h, bits = b'00'",
    "CREATE user SET name = 'a', id_of = '018f0c3e-0000-7000-8000-000000000000'",
    "CREATE user SET name = 'a', long = '1h'",
    "CREATE user SET name = 'a', bits = 'x'",
    "CREATE user SET name = 'a', age = 'x', age = 1",
    "CREATE user SET name = 'a', nope = NONE",
    "INSERT INTO user { name: 'a', nope: 1 }",
    "INSERT INTO user [{ name: 'a' }, { name: 'b', age: 'x' }]",
    "INSERT INTO user (name, age) VALUES ('a', 1), ('b', 'x')",
    "INSERT INTO user (name, age) VALUES ('a', 1)",
    "UPDATE user:1 SET nope = 1",
    "UPDATE user:1 SET nope = NONE",
    "UPDATE user:1 UNSET nope",
    "UPDATE user:1 SET age = 'x'",
    "UPDATE user:1 MERGE { place: { city: 'd' } }",
    "UPDATE user:1 MERGE { place: { zip: 1 } }",
    "UPDATE user:1 MERGE { form: { a: 1 } }",
    "UPDATE user:1 REPLACE { name: 'b', nope: 1 }",
    "UPDATE user SET age = 1 WHERE name = 'a'",
    "UPSERT user:2 SET name = 'a', nope = 1",
    "UPSERT user:1 MERGE { age: 2 }",
    "{ CREATE user SET name = 'a', nope = 1 }",
    "LET $new = (CREATE user SET name = 'a', age = 'x')",
    "FOR $i IN [1] { CREATE user SET name = 'a', age = 'x' }",
    "RELATE user:1->likes->post:1",
    "RELATE user:1->likes->plain:1 SET since = 1",
    "RELATE post:1->likes->post:1",
    "RELATE user:1->likes->user:1",
    "RELATE user:1->likes->[post:1, user:1]",
    "RELATE post:1->loose->user:1",
    "RELATE user:1->plain->post:1",
    "RELATE user:1->post->post:1",
    "INSERT RELATION INTO likes { in: user:1, out: post:1 }",
    "INSERT RELATION INTO likes { in: post:1, out: post:1 }",
    "INSERT RELATION INTO plain { in: post:1, out: post:1 }",
    "CREATE likes SET in = user:1, out = post:1",
    "INSERT INTO likes { in: user:1, out: post:1 }",
    "UPSERT likes:1 SET x = 1",
    "UPDATE likes:1 SET x = 1",
    "CREATE seen",
    "INSERT INTO seen {}",
    "UPSERT seen:1",
    "CREATE gone SET n = 1",
    "CREATE post SET n = sequence::nextval('numbers')",
    "CREATE post SET n = sequence::nextval('others')",
    "DEFINE FIELD id ON plain TYPE string; INSERT INTO plain { id: plain:abc }; CREATE plain SET id = 'abd'",
    "CREATE user SET name = 'a', age.b = NONE",
    "DEFINE FIELD n ON post TYPE \"it's\" | 'a\\n' DEFAULT \"it's\"; CREATE post; CREATE post SET n = 'a\\n'",
    "THROW 'x'",
    "{ CREATE post; THROW 'x' }",
    "IF false { THROW 'x' }",
    "DEFINE FIELD n ON post TYPE int DEFAULT 'x'; CREATE post",
    "DEFINE FIELD n ON post TYPE int VALUE 'x'; CREATE post",
    "DEFINE FIELD n ON post TYPE float DEFAULT 1; CREATE post",
    "DEFINE FIELD n ON post TYPE array<int> DEFAULT ['x']; CREATE post",
];

async fn engine() -> Surreal<Any> {
    let db = migrate_tests::engine().await;
    db.use_ns("a").use_db("b").await.unwrap();
    db.query(format!("{SCHEMA}{ROWS}")).await.unwrap().check().unwrap();
    db
}

#[tokio::test]
async fn the_build_and_the_engine_judge_alike() {
    let mut wrong = Vec::new();
    for text in STATEMENTS {
        let refused = engine().await.query(*text).await.unwrap().take_errors();
        let analysed = migrate_build::__analyse(&[SCHEMA, text]).pop().unwrap();
        // What an older binary may feel is another question.
        let of_meaning = |code: &str| !code.starts_with("M3");
        let errors = analysed.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
        let codes: Vec<_> = errors.map(|found| found.rule().code).filter(|code| of_meaning(code)).collect();
        if codes.is_empty() != refused.is_empty() {
            wrong.push(format!("{text}\n  the build: {codes:?}\n  the engine: {refused:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_nothing_binds_and_what_is_not_there_are_silently_empty() {
    let db = engine().await;
    let mut results = db.query("CREATE post:2 SET a = $nobody; SELECT VALUE ->nothing->post FROM user").await.unwrap();
    assert_eq!(results.take_errors().len(), 0);
    let codes = |text: &str| {
        let found = migrate_build::__analyse(&[SCHEMA, text]).pop().unwrap().diagnostics;
        found.iter().map(|one| one.rule().code).collect::<Vec<_>>()
    };
    assert_eq!(codes("CREATE post:2 SET a = $nobody"), ["M235"]);
    assert_eq!(codes("SELECT VALUE ->nothing->post FROM user"), ["M236"]);
}
