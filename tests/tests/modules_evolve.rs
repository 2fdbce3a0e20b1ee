//! Modules that are renamed, dropped or moved, and binaries of several versions over one database in turns.

use migrate_runtime::{Context, Evidence, Fleet, Migrations, Migrator, Outcome, Refusal};
use migrate_tests::{Fault, Faulty, engine, ledger, log, module, rows};
use serde_json::{Value, json};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

async fn migrate<const N: usize>(
    db: &Surreal<Any>,
    modules: [&'static Migrations; N],
) -> migrate_runtime::ContextReport {
    Migrator::new(modules).unwrap().migrate(db, tenant()).await
}

const V: [(&str, &str); 4] = [
    ("V1__notes.surql", "DEFINE TABLE note SCHEMALESS;\nDEFINE TABLE effect SCHEMALESS;\n"),
    ("V2__first.surql", "CREATE effect SET version = 2;\n"),
    ("V3__second.surql", "CREATE effect SET version = 3;\n"),
    ("V4__third.surql", "CREATE effect SET version = 4;\n"),
];

/// The module by its old name, up to a version.
fn mail(last: usize) -> &'static Migrations {
    module("mail", &V[..last])
}

/// The same module by its new name.
fn post(last: usize) -> &'static Migrations {
    let manifest = [("migrations.toml", "formerly = \"mail\"\n")];
    module("post", &[&manifest[..], &V[..last]].concat())
}

async fn effects(db: &Surreal<Any>) -> Value {
    rows(db, &tenant(), "SELECT VALUE version FROM effect ORDER BY version;").await
}

async fn events(db: &Surreal<Any>, event: &str) -> Vec<String> {
    let log = log(db, &tenant()).await;
    let mut events: Vec<_> = log
        .iter()
        .filter(|row| row["event"] == event)
        .map(|row| format!("{}{}", row["module"].as_str().unwrap(), row["version"]))
        .collect();
    events.sort_unstable();
    events
}

#[tokio::test]
async fn a_renamed_module_takes_its_history_along() {
    let db = engine().await;
    assert!(migrate(&db, [mail(3)]).await.is_served());
    let report = migrate(&db, [post(4)]).await;
    assert_eq!(report.outcome, Outcome::Migrated, "{report:?}");
    assert_eq!(report.applied.iter().map(|one| one.version.get()).collect::<Vec<_>>(), [4]);
    assert!(report.strangers.is_empty(), "{report:?}");
    assert_eq!(effects(&db).await, json!([2, 3, 4]));
    assert_eq!(events(&db, "renamed").await, ["post1", "post2", "post3"]);
    assert_eq!(events(&db, "applied").await, ["mail1", "mail2", "mail3", "post4"]);
    let ledger = ledger(&db, &tenant()).await;
    let of = |name: &str| ledger.iter().filter(|row| row["module"] == name).collect::<Vec<_>>();
    for (before, after) in of("mail").iter().zip(of("post")).take(3) {
        for field in ["version", "name", "file", "checksum", "chain", "status", "applied_at", "duration", "applied_by"]
        {
            assert_eq!(before[field], after[field], "{field}");
        }
    }
    assert_eq!(migrate(&db, [post(4)]).await.outcome, Outcome::UpToDate);
    assert_eq!(events(&db, "renamed").await.len(), 3, "it is not done twice");
}

#[tokio::test]
async fn an_older_binary_goes_on_serving_after_a_rename_but_applies_nothing() {
    let db = engine().await;
    assert!(migrate(&db, [mail(3)]).await.is_served());
    assert_eq!(migrate(&db, [post(3)]).await.outcome, Outcome::UpToDate);
    let old = migrate(&db, [mail(3)]).await;
    assert!(matches!(old.outcome, Outcome::Ahead(_)), "{old:?}");
    let later = migrate(&db, [mail(4)]).await;
    assert_eq!(
        later.refusal().unwrap().to_string(),
        "the module mail is called post in this database, from V4 on: run a binary that knows it so"
    );
    assert_eq!(effects(&db).await, json!([2, 3]));
    assert_eq!(migrate(&db, [post(4)]).await.outcome, Outcome::Migrated);
    assert!(migrate(&db, [mail(3)]).await.is_served(), "V4 does not break it");
}

#[tokio::test]
async fn what_breaks_older_binaries_breaks_those_that_know_the_module_by_its_old_name() {
    for stepwise in ["", "-- migrate: stepwise\n"] {
        let db = engine().await;
        assert!(migrate(&db, [mail(3)]).await.is_served());
        let text = format!("{stepwise}-- migrate: allow(M303) nobody reads it\nREMOVE TABLE note;\n");
        let files =
            [&[("migrations.toml", "formerly = \"mail\"\n")], &V[..3], &[("V4__drop.surql", text.as_str())]].concat();
        let report = migrate(&db, [module("post", &files)]).await;
        assert_eq!(report.outcome, Outcome::Migrated, "{stepwise}: {report:?}");
        let old = migrate(&db, [mail(3)]).await;
        assert!(matches!(old.refusal(), Some(Refusal::Incompatible { .. })), "{stepwise}: {old:?}");
    }
}

#[tokio::test]
async fn a_tenant_that_was_made_under_the_new_name_is_not_made_again_under_the_old_one() {
    let db = engine().await;
    assert_eq!(migrate(&db, [post(3)]).await.outcome, Outcome::Migrated);
    let old = migrate(&db, [mail(3)]).await;
    assert!(matches!(old.refusal(), Some(Refusal::Renamed { .. })), "{old:?}");
    assert_eq!(effects(&db).await, json!([2, 3]));
}

#[tokio::test]
async fn replicas_that_meet_a_renamed_module_together_take_it_over_once() {
    for round in 0..6 {
        let db = engine().await;
        assert!(migrate(&db, [mail(3)]).await.is_served());
        let (old, new) = (mail(4), post(4));
        let runs: Vec<_> = (0..6)
            .map(|at| {
                let db = db.clone();
                // Some of them know it by its old name still, and want to apply V4 as well.
                let module = if (at + round) % 3 == 0 { old } else { new };
                tokio::spawn(async move { Migrator::new([module]).unwrap().migrate(&db, tenant()).await })
            })
            .collect();
        for run in runs {
            let report = run.await.unwrap();
            let is_fine = report.is_served() || matches!(report.refusal(), Some(Refusal::Renamed { .. }));
            assert!(is_fine, "{report:?}");
        }
        assert_eq!(migrate(&db, [new]).await.outcome, Outcome::UpToDate);
        assert_eq!(effects(&db).await, json!([2, 3, 4]), "each ran once");
        let renamed = events(&db, "renamed").await;
        assert!(
            renamed == ["post1", "post2", "post3"] || renamed == ["post1", "post2", "post3", "post4"],
            "{renamed:?}"
        );
    }
}

#[tokio::test]
async fn what_was_begun_under_the_old_name_is_gone_on_with_under_the_new_one() {
    let slow = "-- migrate: stepwise\nCREATE effect SET version = 4;\nCREATE effect SET version = 5;\n";
    let files = [&V[..3], &[("V4__slow.surql", slow)]].concat();
    let old = module("mail", &files);
    let new = module("post", &[&[("migrations.toml", "formerly = \"mail\"\n")], &files[..]].concat());
    let db = engine().await;
    assert!(migrate(&db, [mail(3)]).await.is_served());
    // It dies after its first statement.
    let dying = Faulty::new(db.clone(), [Fault::Pass, Fault::Pass, Fault::Pass, Fault::Pass, Fault::StopBefore]);
    let migrator = Migrator::new([old]).unwrap().lease(std::time::Duration::from_millis(300));
    let run = tokio::time::timeout(std::time::Duration::from_secs(2), migrator.migrate(&dying, tenant())).await;
    assert!(run.is_err(), "{run:?}");
    let begun = effects(&db).await;
    assert!(begun == json!([2, 3]) || begun == json!([2, 3, 4]), "{begun}");
    let report = migrate(&db, [new]).await;
    assert_eq!(report.outcome, Outcome::Migrated, "{report:?}");
    assert_eq!(effects(&db).await, json!([2, 3, 4, 5]));
    let stuck = migrate(&db, [old]).await;
    assert!(stuck.refusal().is_some(), "nothing of it is done twice: {stuck:?}");
    assert_eq!(effects(&db).await, json!([2, 3, 4, 5]));
}

#[tokio::test]
async fn batches_that_were_written_under_the_old_name_are_nobodys_to_begin_anew() {
    let slow = "-- migrate: stepwise\n\
                UPDATE (SELECT VALUE id FROM effect WHERE done IS NONE LIMIT 1) \
                SET done = IF (SELECT VALUE id FROM effect WHERE done) = [] { true } ELSE { [] };\n";
    let typed = ("V4__done.surql", "DEFINE FIELD done ON effect TYPE option<bool>;\n");
    let files = [&V[..3], &[typed, ("V5__slow.surql", slow)]].concat();
    let (old, db) = (module("mail", &files), engine().await);
    let failed = migrate(&db, [old]).await;
    assert!(matches!(failed.refusal(), Some(Refusal::Failed { kept: 1, .. })), "{failed:?}");

    let new = module("post", &[&[("migrations.toml", "formerly = \"mail\"\n")], &files[..]].concat());
    let failed = migrate(&db, [new]).await;
    assert!(matches!(failed.refusal(), Some(Refusal::Failed { kept: 1, .. })), "{failed:?}");
    let row = rows(&db, &tenant(), "RETURN _migrations:['mail', 5].status;").await;
    assert_eq!(row, json!("moved"), "whoever knows the old name does not go on with it");
}

#[tokio::test]
async fn a_module_that_is_dropped_stays_in_the_ledger_and_is_told_of() {
    let (auth, index) =
        (module("auth", &[("V1__users.surql", "DEFINE TABLE user;\n")]), Context::new("ops", "system").unwrap());
    let db = engine().await;
    assert!(migrate(&db, [auth, mail(3)]).await.is_served());
    let migrator = Migrator::new([auth]).unwrap();
    let report = migrator.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
    assert_eq!(report.counts().up_to_date, 1, "{report}");
    assert!(report.to_string().contains("\nunknown    mail at V3   1 context, not in this binary"), "{report}");
    let told = serde_json::to_value(&report).unwrap();
    assert_eq!(told["not_in_this_binary"], json!([{ "module": "mail", "version": 3, "contexts": 1 }]));
    assert_eq!(ledger(&db, &tenant()).await.len(), 4);

    let migrator = migrator.index(index);
    for evidence in [Evidence::Ledger, Evidence::Index] {
        let report = migrator.migrate_all(&db, Fleet::contexts([tenant()])).await.unwrap();
        assert_eq!(report.contexts()[0].evidence, evidence, "rows of others do not keep it from being confirmed");
        let told = serde_json::to_value(&report).unwrap();
        assert_eq!(told["not_in_this_binary"], json!([{ "module": "mail", "version": 3, "contexts": 1 }]));
    }
    assert_eq!(migrate(&db, [mail(4), auth]).await.applied.len(), 1, "and it comes back where it was");
}

#[tokio::test]
async fn what_is_not_in_this_binary_is_told_alike_from_ledgers_and_from_the_index() {
    let auth = module("auth", &[("V1__users.surql", "DEFINE TABLE user;\n")]);
    let other = module("other", &[("V1__other.surql", "DEFINE TABLE other;\n")]);
    let db = engine().await;
    let contexts: Vec<_> = (0..4).map(|at| Context::new("acme", format!("eu-{at}")).unwrap()).collect();
    for (at, context) in contexts.iter().enumerate() {
        let more: [&[_]; 4] = [&[mail(2)], &[mail(3), other], &[], &[mail(1)]];
        let modules = [&[auth], more[at]].concat();
        assert!(Migrator::new(modules).unwrap().migrate(&db, context.clone()).await.is_served());
    }
    // The last one is renamed as well: what goes on under another name is told under that one.
    assert!(Migrator::new([auth, post(1)]).unwrap().migrate(&db, contexts[3].clone()).await.is_served());
    let migrator = Migrator::new([auth]).unwrap().index(Context::new("ops", "system").unwrap());
    for evidence in [Evidence::Ledger, Evidence::Index] {
        let report = migrator.migrate_all(&db, Fleet::contexts(contexts.clone())).await.unwrap();
        assert!(report.contexts().iter().all(|one| one.evidence == evidence), "{report}");
        let told = |report: &migrate_runtime::ContextReport| {
            let told = report.strangers.iter().map(|one| format!("{} {}", one.module, one.version));
            told.collect::<Vec<_>>().join(", ")
        };
        let told: Vec<_> = report.contexts().iter().map(told).collect();
        assert_eq!(told, ["mail 2", "mail 3, other 1", "", "post 1"], "{evidence:?}");
    }
}

#[tokio::test]
async fn a_module_that_moves_to_another_crate_keeps_its_name() {
    let db = engine().await;
    assert!(migrate(&db, [mail(3)]).await.is_served());
    let moved = module("another-crate", &[&[("migrations.toml", "module = \"mail\"\n")], &V[..3]].concat());
    assert_eq!(migrate(&db, [moved]).await.outcome, Outcome::UpToDate);
}

#[tokio::test]
async fn binaries_of_several_versions_take_turns_over_several_modules() {
    let auth = |last: usize| {
        let all = [("V1__users.surql", "DEFINE TABLE user;\n"), ("V2__role.surql", "DEFINE TABLE role;\n")];
        let drop = ("V3__drop.surql", "-- migrate: allow(M303) nobody reads it\nREMOVE TABLE role;\n");
        module("auth", &[all[0], all[1], drop][..last])
    };
    let db = engine().await;
    for _ in 0..2 {
        let old = migrate(&db, [auth(1), mail(2)]).await;
        assert!(old.is_served(), "{old:?}");
        let new = migrate(&db, [mail(4), auth(2)]).await;
        assert!(new.is_served(), "{new:?}");
    }
    let old = migrate(&db, [auth(1), mail(2)]).await;
    let by: Vec<_> = old.ahead.iter().map(|ahead| format!("{} {} {}", ahead.module, ahead.version, ahead.by)).collect();
    assert_eq!(by, ["auth 2 1", "mail 4 2"]);
    // Ahead in one module, and with something to do in the other.
    let mixed = migrate(&db, [auth(3), mail(2)]).await;
    assert_eq!((&mixed.outcome, mixed.ahead.len()), (&Outcome::Migrated, 1), "{mixed:?}");
    let refused = migrate(&db, [mail(2), auth(1)]).await;
    assert_eq!(
        refused.refusal().unwrap().to_string(),
        "auth V3__drop is in this database and breaks older binaries: run a binary that knows it"
    );
    assert!(migrate(&db, [auth(3), mail(4)]).await.is_served());
    assert_eq!(effects(&db).await, json!([2, 3, 4]));
}
