//! A ledger that somebody changed by hand: that context is refused with a reason that helps, nothing in it is touched,
//! and the others are served.

use migrate_runtime::{Context, Fleet, Migrator, Outcome};
use migrate_tests::{Storage, assert_migrated, chain, live_catalog, rows};

use crate::server;

/// What somebody did, the kind of the refusal, and what its sentence has to say.
const CASES: [(&str, &str, &[&str]); 7] = [
    (
        "UPDATE _migrations:['app', 2] SET checksum = 'sha256:0000000000000000000000000000000000000000000000000000000000000000';",
        "divergent",
        &["V2 of app", "sha256:0000000", "this binary holds sha256:"],
    ),
    (
        "UPDATE _migrations:['app', 3] SET chain = 'sha256:1111111111111111111111111111111111111111111111111111111111111111';",
        "divergent",
        &["V3 of app", "the chain", "sha256:1111111"],
    ),
    ("DELETE _migrations:['app', 2];", "missing", &["V2__notes.surql is not recorded", "restore"]),
    ("UPDATE _migrations:['app', 4] SET status = 'paused';", "stuck", &["V4 of app", "`paused`"]),
    ("UPDATE _migrations:['app', 4] SET status = 'started';", "stuck", &["V4 of app", "ended before its end"]),
    (
        "CREATE _migrations:again CONTENT object::remove(_migrations:['app', 3].*, 'id');",
        "unreadable",
        &["two rows for V3 of app"],
    ),
    (
        "REMOVE TABLE _migrations; CREATE _migrations SET module = 'app', version = 'third', note = 'garbage';",
        "unreadable",
        &["not of a ledger", "third"],
    ),
];

#[tokio::test]
async fn a_tampered_ledger_is_refused_with_its_reason_and_the_others_are_served() {
    let server = server(Storage::Memory);
    let db = server.root().await;
    let schema = chain("small").unwrap();
    let tampered: Vec<_> = (0..CASES.len()).map(|n| Context::new("fleet", format!("t{n}")).unwrap()).collect();
    let [whole, fresh] = ["whole", "zfresh"].map(|name| Context::new("fleet", name).unwrap());
    let migrator = Migrator::new([schema]).unwrap();
    let before = tampered.iter().chain([&whole]).cloned();
    assert!(migrator.migrate_all(&db, Fleet::contexts(before)).await.unwrap().all_served());
    let mut seen = Vec::new();
    for (context, (tampering, ..)) in tampered.iter().zip(CASES) {
        rows(&db, context, tampering).await;
        seen.push(everything(&db, context).await);
    }

    let fleet = tampered.iter().chain([&whole, &fresh]).cloned();
    let report = migrator.migrate_all(&db, Fleet::contexts(fleet)).await.unwrap();
    for (found, (tampering, kind, words)) in report.contexts().iter().zip(CASES) {
        let refusal = found.refusal().unwrap_or_else(|| panic!("{tampering} was not noticed"));
        let sentence = refusal.to_string();
        assert_eq!(refusal.kind(), kind, "{tampering}: {sentence}");
        assert!(words.iter().all(|word| sentence.contains(word)), "{tampering}: {sentence}");
    }
    let outcomes: Vec<_> = report.contexts()[CASES.len()..].iter().map(|context| &context.outcome).collect();
    assert_eq!(outcomes, [&Outcome::UpToDate, &Outcome::Migrated], "{report}");
    for context in [whole, fresh] {
        assert_migrated(&db, &context, schema).await;
    }
    for (context, seen) in tampered.iter().zip(seen) {
        assert_eq!(everything(&db, context).await, seen, "{context} is left as it was");
    }
}

/// All that a context holds.
async fn everything(db: &surrealdb::Surreal<surrealdb::engine::any::Any>, context: &Context) -> String {
    let text = "{ ledger: (SELECT * FROM _migrations), log: (SELECT * FROM _migration_log), effects: (SELECT * FROM effect) };";
    let held = rows(db, context, text).await;
    db.use_ns(context.namespace()).use_db(context.database()).await.unwrap();
    let schema = live_catalog(db).await.unwrap();
    format!("{held} {schema:?}")
}
