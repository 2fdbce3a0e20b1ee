use super::{assert_lawful, database, run};

#[tokio::test]
async fn tables_with_every_clause() {
    assert_lawful(&[
        "DEFINE TABLE a; DEFINE TABLE b SCHEMAFULL; DEFINE TABLE c TYPE NORMAL DROP COMMENT \"it's\" CHANGEFEED 3d INCLUDE \
         ORIGINAL PERMISSIONS FOR select FULL, FOR update WHERE owner = $auth.id",
        "DEFINE TABLE OVERWRITE a SCHEMAFULL PERMISSIONS FULL; DEFINE TABLE IF NOT EXISTS b SCHEMALESS; \
         ALTER TABLE c TYPE ANY DROP COMMENT DROP CHANGEFEED PERMISSIONS NONE",
        "ALTER TABLE a SCHEMALESS COMMENT 'x'; ALTER TABLE IF EXISTS nothing SCHEMAFULL; REMOVE TABLE b; \
         REMOVE TABLE IF EXISTS nothing; ALTER TABLE c CHANGEFEED 1h",
    ])
    .await;
}

#[tokio::test]
async fn relations_and_the_fields_they_imply() {
    assert_lawful(&[
        "DEFINE TABLE a; DEFINE TABLE b; DEFINE TABLE likes TYPE RELATION IN a OUT b | a ENFORCED SCHEMAFULL; \
         DEFINE TABLE any TYPE RELATION",
        "DEFINE FIELD OVERWRITE in ON likes TYPE record<a | b> READONLY; DEFINE FIELD OVERWRITE out ON any COMMENT 'o'",
        "DEFINE TABLE OVERWRITE likes TYPE RELATION IN a OUT b",
        "DEFINE TABLE OVERWRITE likes TYPE NORMAL; ALTER TABLE any TYPE RELATION IN a OUT b",
        "DEFINE TABLE OVERWRITE likes TYPE RELATION; DEFINE TABLE light TYPE RELATION IN a OUT b LIGHTWEIGHT",
    ])
    .await;
}

#[tokio::test]
async fn views_upon_views() {
    assert_lawful(&[
        "DEFINE TABLE z; DEFINE TABLE v AS SELECT * FROM z; DEFINE TABLE a AS SELECT count() AS n, x FROM v GROUP BY x",
        "DEFINE TABLE OVERWRITE v AS SELECT x FROM z WHERE x > 3",
        "REMOVE TABLE a; REMOVE TABLE v",
        "REMOVE TABLE z",
    ])
    .await;
}

#[tokio::test]
async fn fields_with_every_clause() {
    assert_lawful(&[
        "DEFINE TABLE a SCHEMAFULL; DEFINE TABLE b; \
         DEFINE FIELD bare ON a; DEFINE FIELD x ON a TYPE object FLEXIBLE DEFAULT {} READONLY VALUE $value ASSERT $value \
         COMMENT 'c' PERMISSIONS FOR select WHERE a = 1 FOR update, create FULL; \
         DEFINE FIELD y ON a TYPE 'one' | 2 | [int, string] | { kind: 'k', at: datetime }; \
         DEFINE FIELD link ON a TYPE option<record<b>> REFERENCE ON DELETE UNSET; \
         DEFINE FIELD sum ON a COMPUTED 1 + 2 TYPE int; DEFINE FIELD o.p.q ON a TYPE geometry<point> PERMISSIONS NONE; \
         DEFINE FIELD d ON a TYPE float DEFAULT ALWAYS 1.5; DEFINE FIELD id ON a TYPE string",
        "DEFINE FIELD OVERWRITE bare ON a TYPE uuid DEFAULT rand::uuid(); ALTER FIELD x ON a DROP DEFAULT DROP READONLY \
         DROP VALUE DROP ASSERT DROP COMMENT; ALTER FIELD y ON a DROP TYPE PERMISSIONS NONE; \
         ALTER FIELD link ON a DROP REFERENCE; REMOVE FIELD sum ON a; REMOVE FIELD IF EXISTS nothing ON a",
        "ALTER FIELD bare ON a TYPE option<uuid> READONLY VALUE 1 ASSERT true DEFAULT ALWAYS 2 COMMENT 'z'",
    ])
    .await;
}

#[tokio::test]
async fn arrays_and_the_parts_they_imply() {
    assert_lawful(&[
        "DEFINE FIELD tags ON t TYPE array<string>; DEFINE FIELD deep ON t TYPE option<array<set<array<int>, 5>>>; \
         DEFINE FIELD some ON t TYPE option<array>; DEFINE FIELD plain ON t TYPE array; \
         DEFINE FIELD mixed ON t TYPE array<record<t>> | set<string>",
        "REMOVE FIELD tags.* ON t; REMOVE FIELD deep ON t",
        "DEFINE FIELD OVERWRITE tags ON t TYPE array<int>",
        "DEFINE FIELD OVERWRITE tags.* ON t TYPE int ASSERT $value > 0 COMMENT 'x'; DEFINE FIELD plain.* ON t TYPE int",
        "DEFINE FIELD OVERWRITE tags ON t TYPE array<array<string>>; ALTER FIELD mixed ON t READONLY",
        "DEFINE FIELD OVERWRITE tags ON t TYPE string; REMOVE FIELD tags.*.* ON t",
        "REMOVE TABLE t",
    ])
    .await;
}

#[tokio::test]
async fn indexes_of_every_kind() {
    assert_lawful(&[
        "DEFINE ANALYZER az TOKENIZERS class, blank FILTERS lowercase, snowball(english); DEFINE TABLE t; \
         DEFINE INDEX plain ON t FIELDS a, b.c; DEFINE INDEX uniq ON TABLE t COLUMNS a UNIQUE COMMENT 'c'; \
         DEFINE INDEX ft ON t FIELDS text FULLTEXT ANALYZER az BM25 HIGHLIGHTS; DEFINE INDEX cnt ON t COUNT; \
         DEFINE INDEX vec ON t FIELDS v HNSW DIMENSION 4 DIST COSINE TYPE F32; DEFINE INDEX el ON t FIELDS tags.*",
        "DEFINE INDEX OVERWRITE plain ON t FIELDS a; ALTER INDEX uniq ON t DROP COMMENT; REMOVE INDEX ft ON t; \
         ALTER INDEX vec ON t COMMENT 'v'",
        "REMOVE ANALYZER az; DEFINE INDEX IF NOT EXISTS plain ON t FIELDS b; DEFINE INDEX fresh ON implied FIELDS x",
    ])
    .await;
}

#[tokio::test]
async fn events_functions_params_analyzers_and_sequences() {
    assert_lawful(&[
        "DEFINE EVENT e ON t WHEN $event = 'CREATE' THEN { CREATE log SET a = 1 }; \
         DEFINE EVENT f ON t ASYNC RETRY 3 WHEN true THEN (CREATE log), (CREATE log2) COMMENT 'x'; \
         DEFINE FUNCTION fn::a::b($x: int, $y: option<string>) -> int { RETURN $x + 1; } COMMENT 'h' PERMISSIONS NONE; \
         DEFINE PARAM $p VALUE { b: 1, a: [1, 2.5, \"it's\", 3dec, 1h, NONE, d'2024-01-01T00:00:00Z'], b: 2 }; \
         DEFINE ANALYZER an FUNCTION fn::a::b TOKENIZERS blank FILTERS edgengram(1, 3); \
         DEFINE SEQUENCE s BATCH 10 START -5 TIMEOUT 5s; DEFINE SEQUENCE s2",
        "ALTER EVENT e ON t WHEN false THEN { RETURN 1 } COMMENT 'ev'; ALTER EVENT f ON t DROP COMMENT; \
         ALTER FUNCTION fn::a::b ($x: int) { RETURN $x } COMMENT 'g' PERMISSIONS FULL; ALTER PARAM $p VALUE [1] PERMISSIONS NONE; \
         ALTER ANALYZER an DROP FUNCTION TOKENIZERS class COMMENT 'c'; ALTER SEQUENCE s TIMEOUT NONE",
        "REMOVE EVENT e ON t; REMOVE FUNCTION fn::a::b; REMOVE PARAM $p; REMOVE ANALYZER an; REMOVE SEQUENCE s",
    ])
    .await;
}

#[tokio::test]
async fn access_methods_and_users() {
    assert_lawful(&[
        "DEFINE ACCESS rec ON DATABASE TYPE RECORD SIGNUP (CREATE user SET e = $e) SIGNIN (SELECT * FROM user WHERE e = $e) \
         WITH REFRESH AUTHENTICATE { RETURN $auth } DURATION FOR TOKEN 15m, FOR SESSION 12h COMMENT 'x'; \
         DEFINE ACCESS hs ON DATABASE TYPE JWT ALGORITHM HS256 KEY 'secret' DURATION FOR SESSION 1h; \
         DEFINE ACCESS url ON DATABASE TYPE JWT URL 'https://example.com/jwks'; \
         DEFINE ACCESS own ON DATABASE TYPE RECORD WITH JWT ALGORITHM HS512 KEY 'k'; \
         DEFINE ACCESS bea ON DATABASE TYPE BEARER FOR USER DURATION FOR GRANT 10d",
        "ALTER ACCESS rec ON DATABASE DROP AUTHENTICATE DURATION FOR TOKEN 10m DROP COMMENT; REMOVE ACCESS hs ON DATABASE; \
         DEFINE ACCESS OVERWRITE bea ON DATABASE TYPE BEARER FOR RECORD",
        "REMOVE ACCESS rec ON DATABASE; REMOVE ACCESS own ON DATABASE",
    ])
    .await;
    assert_lawful(&[
        "DEFINE USER u ON DATABASE PASSWORD 'p' ROLES EDITOR, owner DURATION FOR SESSION 1d COMMENT 'u'; \
         DEFINE USER v ON DATABASE",
        "ALTER USER u ON DATABASE ROLES VIEWER DROP COMMENT; ALTER USER v ON DATABASE PASSWORD 'x'",
        "REMOVE USER u ON DATABASE",
    ])
    .await;
}

#[tokio::test]
async fn apis_configs_and_buckets() {
    assert_lawful(&[
        "DEFINE API '/a/:b' FOR get THEN { { status: 200, body: 1 } } FOR put, post MIDDLEWARE api::timeout(1s) THEN 1 \
         FOR any PERMISSIONS NONE THEN { { status: 404 } } COMMENT 'x'; \
         DEFINE CONFIG GRAPHQL TABLES AUTO FUNCTIONS NONE; DEFINE CONFIG API PERMISSIONS NONE; \
         DEFINE BUCKET b READONLY BACKEND 'memory' COMMENT 'c'",
        "ALTER API '/a/:b' FOR post THEN 2 DROP COMMENT; ALTER CONFIG GRAPHQL AUTO; ALTER BUCKET b DROP READONLY \
         PERMISSIONS NONE",
        "ALTER API '/a/:b' FOR get, put DROP THEN; REMOVE CONFIG API; REMOVE BUCKET b",
        "REMOVE API '/a/:b'; REMOVE CONFIG GRAPHQL",
    ])
    .await;
}

#[tokio::test]
async fn names_that_need_quotes() {
    assert_lawful(&[
        "DEFINE TABLE `odd name`; DEFINE TABLE `back\\`tick`; DEFINE TABLE ⟨a;b⟩; DEFINE TABLE `select`; \
         DEFINE FIELD `odd field` ON `odd name` TYPE array<record<`select`>>; DEFINE FIELD `a`.`b c`.d ON `select`; \
         DEFINE INDEX `odd idx` ON `odd name` FIELDS `odd field`; DEFINE EVENT `ev t` ON `select` WHEN true THEN {}; \
         DEFINE FUNCTION fn::`odd one`($`a b`: int) { RETURN 1 }; DEFINE PARAM $`odd p` VALUE 1; \
         DEFINE ANALYZER `an a`; DEFINE SEQUENCE `se q`; DEFINE ACCESS `ac c` ON DATABASE TYPE RECORD; \
         DEFINE USER `us r` ON DATABASE PASSWORD 'x'; DEFINE FIELD value ON `select` TYPE int; DEFINE TABLE 'text'",
        "REMOVE TABLE `odd name`; REMOVE EVENT `ev t` ON `select`; REMOVE FUNCTION fn::`odd one`; REMOVE PARAM $`odd p`; \
         REMOVE FIELD value ON `select`; REMOVE FIELD `a`.`b c`.d ON `select`; REMOVE TABLE text",
    ])
    .await;
}

#[tokio::test]
async fn tables_that_writes_create() {
    let chain = [
        "CREATE a:1 SET b = 1; INSERT INTO c [{ id: 1 }, { id: 2 }]; INSERT { id: d:1 }; UPSERT e WHERE x = 1; \
         RELATE a:1->f->a:1; RELATE [a:1, a:2]->g->a:1; CREATE |h:3|; INSERT RELATION INTO i { in: a:1, out: a:1 }; \
         LET $new = (CREATE j); { CREATE k }; DEFINE FIELD x ON l; DEFINE EVENT y ON m WHEN true THEN {}",
        "REMOVE TABLE a; DEFINE TABLE IF NOT EXISTS c SCHEMAFULL",
    ];
    assert_lawful(&chain).await;
}

/// The database keeps the implied part of a field with a keyword for a name under a key that no statement finds. There
/// is no way back from that, and no undo is claimed.
#[tokio::test]
async fn parts_that_no_statement_finds() {
    let define = "DEFINE TABLE t; DEFINE FIELD value ON t TYPE array<int>";
    let analysed = migrate_build::__analyse(&["DEFINE TABLE t", "DEFINE FIELD value ON t TYPE array<int>"]);
    assert_eq!(analysed[1].undo.word(), "none");

    let db = database().await;
    run(&db, define).await;
    let mut results = db.query("REMOVE FIELD value.* ON t").await.unwrap();
    assert_eq!(results.take_errors().len(), 1);
}

/// A field may come to disagree with the one around it by `ALTER`, but not be defined so: the way back is the way there.
#[tokio::test]
async fn types_that_disagree() {
    assert_lawful(&[
        "DEFINE FIELD a ON t TYPE array<int>; ALTER FIELD a ON t TYPE array<string>; DEFINE TABLE s SCHEMAFULL; \
         DEFINE FIELD o ON s TYPE object FLEXIBLE; DEFINE FIELD o.p ON s TYPE array<int> COMMENT 'p'; \
         ALTER FIELD o.p ON s TYPE array<bool>; ALTER FIELD o ON s TYPE string DROP FLEXIBLE",
        "REMOVE FIELD a ON t; REMOVE FIELD o ON s; REMOVE FIELD o.p.* ON s",
        "REMOVE TABLE t; REMOVE TABLE s",
    ])
    .await;

    let db = database().await;
    run(&db, "DEFINE FIELD a ON t TYPE array<int>; ALTER FIELD a ON t TYPE array<string>").await;
    let mut results = db.query("DEFINE FIELD OVERWRITE a.* ON t TYPE int").await.unwrap();
    assert_eq!(results.take_errors().len(), 1);
}
