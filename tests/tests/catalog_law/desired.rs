//! The next migration from a desired schema, run on the engine: what `INFO` says afterwards is the desired schema.

use std::fs;
use std::time::Duration;

use migrate_build::{Consent, Desired, Folder, Loaded, Options, Wish, load};
use migrate_tests::live_catalog;
use surrealdb::Surreal;
use surrealdb::engine::local::Db;
use tempfile::TempDir;

use super::{assert_same, database, run};

/// A database, and the folder of the migrations that it got.
struct Tenant {
    db: Surreal<Db>,
    dir: TempDir,
}

impl Tenant {
    async fn new() -> Self {
        Self { db: database().await, dir: tempfile::tempdir().unwrap() }
    }

    fn load(&self) -> Loaded {
        load(&Folder::new(self.dir.path()), &Options::new("app")).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Writes the migration to a schema, runs it, and holds the database against the schema.
    async fn become_like(&self, schema: &str, renames: &[&str]) {
        let loaded = self.load();
        let files = [("schema.surql".to_owned(), schema.as_bytes().to_vec())];
        let desired = Desired::read(&files, &loaded).unwrap_or_else(|error| panic!("{error}"));
        let mut wish = Wish::new("change".parse().unwrap());
        wish.consent = Consent::Given;
        wish.renames = renames.iter().map(|rename| rename.parse().unwrap()).collect();
        let version = loaded.next_version(Duration::ZERO).unwrap();
        let next = loaded.next(version, &desired, &wish).unwrap_or_else(|error| panic!("{error}"));
        fs::write(self.dir.path().join(&next.file), &next.text).unwrap();
        run(&self.db, &next.text).await;
        assert_same(&live_catalog(&self.db).await.unwrap(), &desired.catalog(), &next.text);
        assert_same(&self.load().catalog_at(None), &desired.catalog(), &next.text);
    }

    async fn rows(&self, query: &str) -> String {
        let rows: surrealdb::types::Value = self.db.query(query).await.unwrap().take(0).unwrap();
        rows.into_json_value().to_string()
    }
}

const SCHEMAS: [&str; 5] = [
    "DEFINE FIELD tags ON note TYPE option<array<string>>; DEFINE TABLE note SCHEMAFULL;
     DEFINE FIELD author ON note TYPE record<person>; DEFINE TABLE person;
     DEFINE INDEX by_author ON note FIELDS author",
    "DEFINE TABLE note SCHEMAFULL; DEFINE FIELD author ON note TYPE option<record<person | bot>>;
     DEFINE TABLE person PERMISSIONS FOR select FULL; DEFINE TABLE bot; DEFINE FIELD text ON note TYPE string;
     DEFINE INDEX words ON note FIELDS text FULLTEXT ANALYZER plain BM25; DEFINE ANALYZER plain TOKENIZERS class;
     DEFINE TABLE counts AS SELECT count() AS n, author FROM note GROUP BY author",
    "DEFINE FUNCTION fn::greet($name: string) { RETURN 'hello ' + $name; };
     DEFINE TABLE note; DEFINE FIELD text ON note TYPE string | int DEFAULT fn::greet('you');
     DEFINE EVENT changed ON note WHEN $event = 'UPDATE' THEN (CREATE log); DEFINE TABLE log;
     DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS256 KEY 'a secret'; DEFINE PARAM $limit VALUE 10;
     DEFINE TABLE wrote TYPE RELATION IN person OUT note ENFORCED; DEFINE TABLE person",
    "DEFINE TABLE log; DEFINE FIELD at ON log TYPE datetime DEFAULT time::now(); DEFINE TABLE note SCHEMAFULL;
     DEFINE FIELD parts ON note TYPE array<object>; DEFINE FIELD parts.*.text ON note TYPE string;
     DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS256 KEY 'another secret'; DEFINE PARAM $limit VALUE 20;
     DEFINE SEQUENCE numbers START 10",
    "",
];

#[tokio::test]
async fn from_each_schema_to_each_other_one() {
    for from in SCHEMAS.iter().filter(|from| !from.is_empty()) {
        for to in SCHEMAS.iter().filter(|to| *to != from) {
            let tenant = Tenant::new().await;
            tenant.become_like(from, &[]).await;
            tenant.become_like(to, &[]).await;
        }
    }
}

#[tokio::test]
async fn what_is_renamed_takes_its_values_and_rows_along() {
    let before = "DEFINE TABLE user SCHEMAFULL; DEFINE FIELD mail ON user TYPE string;
        DEFINE FIELD nick ON user TYPE option<string>; DEFINE INDEX mail ON user FIELDS mail UNIQUE;
        DEFINE TABLE knows TYPE RELATION IN user OUT user SCHEMAFULL; DEFINE FIELD since ON knows TYPE int";
    let tenant = Tenant::new().await;
    tenant.become_like(before, &[]).await;
    let rows = "CREATE user:1 SET mail = 'a@b.c'; CREATE user:['two', 2] SET mail = 'd@e.f', nick = 'dee';
        RELATE user:1->knows:7->user:['two', 2] SET since = 2020";
    run(&tenant.db, rows).await;

    let fields = before.replace("mail", "email");
    tenant.become_like(&fields, &["user.mail=email"]).await;
    assert_eq!(
        tenant.rows("SELECT VALUE [email, nick, mail] FROM user").await,
        r#"[["a@b.c",null,null],["d@e.f","dee",null]]"#
    );
    run(&tenant.db, "UPDATE user SET nick = 'new'").await;

    let relation = fields.replace("knows", "follows");
    tenant.become_like(&relation, &["knows=follows"]).await;
    assert_eq!(
        tenant.rows("SELECT VALUE [id, in, out, since] FROM follows").await,
        r#"[["follows:7","user:1","user:['two', 2]",2020]]"#
    );
    assert_eq!(tenant.rows("SELECT VALUE ->follows->user.email FROM user:1").await, r#"[["d@e.f"]]"#);

    let table = "DEFINE TABLE person SCHEMAFULL; DEFINE FIELD email ON person TYPE string;
        DEFINE FIELD nick ON person TYPE option<string>; DEFINE INDEX mail ON person FIELDS email UNIQUE";
    tenant.become_like(table, &["user=person"]).await;
    assert_eq!(
        tenant.rows("SELECT VALUE [id, email] FROM person").await,
        r#"[["person:1","a@b.c"],["person:['two', 2]","d@e.f"]]"#
    );
}

#[tokio::test]
async fn links_to_a_renamed_table_lead_to_its_new_name() {
    let before = "DEFINE TABLE user SCHEMAFULL; DEFINE FIELD name ON user TYPE string;
        DEFINE FIELD boss ON user TYPE option<record<user>>; DEFINE TABLE bot;
        DEFINE TABLE post SCHEMAFULL; DEFINE FIELD author ON post TYPE record<user>;
        DEFINE FIELD editor ON post TYPE option<record<user | bot>>; DEFINE FIELD any ON post TYPE option<record>;
        DEFINE FIELD readers ON post TYPE option<array<record<user | bot>>>; DEFINE FIELD meta ON post TYPE object;
        DEFINE FIELD meta.by ON post TYPE option<record<user>>";
    let tenant = Tenant::new().await;
    tenant.become_like(before, &[]).await;
    let rows = "CREATE user:1 SET name = 'a'; CREATE user:['two', 2] SET name = 'b', boss = user:1; CREATE bot:1;
        CREATE post:1 SET author = user:1, editor = bot:1, any = user:1, readers = [bot:1, user:['two', 2]], meta = { by: user:1 };
        CREATE post:2 SET author = user:['two', 2], meta = {}";
    run(&tenant.db, rows).await;
    tenant.become_like(&before.replace("user", "person"), &["user=person"]).await;
    assert_eq!(
        tenant.rows("SELECT VALUE [id, boss] FROM person").await,
        r#"[["person:1",null],["person:['two', 2]","person:1"]]"#
    );
    assert_eq!(
        tenant.rows("SELECT VALUE [author, editor, any, readers, meta.by] FROM post").await,
        r#"[["person:1","bot:1","person:1",["bot:1","person:['two', 2]"],"person:1"],["person:['two', 2]",null,null,null,null]]"#
    );
    assert_eq!(tenant.rows("SELECT VALUE author.name FROM post").await, r#"["a","b"]"#);
    run(&tenant.db, "UPDATE post SET any = NONE").await;
}
