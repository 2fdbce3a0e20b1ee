use std::num::NonZeroUsize;

use migrate_runtime::{
    LiveSchemaError, Migrator, UndoError, UndoImpact, UndoObstacle, UndoSafety, UndoSource, UndoTarget,
};
use migrate_tests::{Faulty, engine, module, rows};
use serde_json::json;

use super::{FILES, migrator, schema, steps, tenant, to, undo, used, version};

#[tokio::test]
async fn a_plan_says_what_goes_and_how_many_rows_hold_data_in_it() {
    let db = engine().await;
    let migrator = used(&db, 4).await;
    let counting = Faulty::new(&db, []);
    let plan = migrator.plan_undo(&counting, &tenant(), to(1)).await.unwrap();
    assert_eq!(counting.texts().len(), 2, "one look, and one question about all rows");
    assert_eq!(steps(&plan), ["app4", "app3", "app2"]);
    let [index, likes, tags] = plan.steps() else { panic!("{plan}") };
    assert_eq!((index.safety, index.source), (UndoSafety::Safe, UndoSource::Derived));
    assert_eq!(index.statements, "REMOVE INDEX IF EXISTS by_text ON note;\n");
    let rows = |step: &migrate_runtime::UndoStep, object: &str| {
        let found = step.impact.goes().iter().find(|gone| gone.object.to_string() == object);
        found.unwrap_or_else(|| panic!("{object} in {step}")).rows
    };
    assert_eq!((rows(likes, "table likes"), rows(likes, "table person")), (Some(1), Some(3)));
    assert_eq!(rows(likes, "event likes.liked"), None);
    assert_eq!((rows(tags, "field note.tag"), rows(tags, "field note.place.city")), (Some(1), Some(1)));
    assert_eq!(rows(tags, "function twice"), None);
    assert_eq!((plan.safety(), plan.requires_approval()), (UndoSafety::DataLoss, true));
    assert!(tags.reasons.contains(&"field note.tag goes, and 1 record has a value in it".to_owned()), "{tags}");

    let text = plan.to_string();
    for part in [
        "undo of app to V1 in acme/eu-1: 3 migrations, to be approved as data_loss",
        "table likes   1 record",
        "| REMOVE TABLE",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(
        (&json["requires_approval"], &json["to"]),
        (&json!(true), &json!({ "target": "version", "module": "app", "version": 1 }))
    );
    assert_eq!((&json["steps"][0]["safety"], &json["steps"][0]["impact"]), (&json!("safe"), &json!("known")));
    assert_eq!(
        json["steps"][1]["goes"].as_array().unwrap().iter().find(|one| one["object"] == "table likes").unwrap()["rows"],
        1
    );
    assert_eq!(json["ledger"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_plan_for_where_the_database_is_has_no_steps_and_one_for_everything_has_all() {
    let db = engine().await;
    let migrator = used(&db, 4).await;
    let nothing = migrator.plan_undo(&db, &tenant(), to(4)).await.unwrap();
    assert!(nothing.steps().is_empty() && !nothing.requires_approval());
    assert!(nothing.to_string().ends_with("nothing to undo"));
    let all = migrator.plan_undo(&db, &tenant(), UndoTarget::module("app")).await.unwrap();
    assert_eq!(steps(&all), ["app4", "app3", "app2", "app1"]);
    let last = UndoTarget::last(NonZeroUsize::new(2).unwrap());
    assert_eq!(steps(&migrator.plan_undo(&db, &tenant(), last).await.unwrap()), ["app4", "app3"]);
}

#[tokio::test]
async fn what_requires_something_is_undone_before_it() {
    let auth = module(
        "auth",
        &[
            ("V1__users.surql", "DEFINE TABLE user SCHEMALESS;\n"),
            ("V2__roles.surql", "DEFINE TABLE role SCHEMALESS;\n"),
        ],
    );
    let allow = "-- migrate: allow(M234) the module requires it\n";
    let level = format!("-- migrate: requires auth 2\n{allow}DEFINE FIELD level ON role TYPE option<int>;\n");
    let app = module(
        "app",
        &[
            ("V1__notes.surql", "DEFINE TABLE note SCHEMALESS;\n"),
            ("V2__level.surql", &level),
            ("V2__level.down.surql", "REMOVE FIELD level ON role;\n"),
            ("V3__more.surql", "DEFINE TABLE more SCHEMALESS;\n"),
        ],
    );
    let db = engine().await;
    let migrator = Migrator::new([app, auth]).unwrap();
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let plan = undo(&db, &migrator, UndoTarget::version("auth", version(1))).await.unwrap();
    assert_eq!(steps(&plan), ["app3", "app2", "auth2"]);
    assert_eq!(
        super::statuses(&db).await,
        ["app1 applied", "app2 rolled_back", "app3 rolled_back", "auth1 applied", "auth2 rolled_back"]
    );
    assert!(migrator.migrate(&db, tenant()).await.is_served());
}

#[tokio::test]
async fn an_older_binary_undoes_by_the_texts_in_the_ledger_and_says_that_it_does_not_know_what_goes() {
    let db = engine().await;
    let newer = used(&db, 4).await;
    let older = migrator(schema(1));
    let plan = older.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    assert_eq!(steps(&plan), ["app4", "app3", "app2"]);
    let by_newer = newer.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    for (step, same) in plan.steps().iter().zip(by_newer.steps()) {
        assert_eq!((step.source, &step.impact), (UndoSource::Ledger, &UndoImpact::Unknown));
        assert_eq!((&step.statements, step.safety), (&same.statements, same.safety));
    }
    let _ = undo(&db, &older, to(1)).await.unwrap();
    super::assert_at(&db, &older, schema(1), Some(1)).await;
    assert!(newer.migrate(&db, tenant()).await.is_served());
    super::assert_at(&db, &newer, schema(4), Some(4)).await;
}

#[tokio::test]
async fn modules_that_the_binary_does_not_have_are_named() {
    let db = engine().await;
    let migrator = used(&db, 2).await;
    let other = module("other", &[("V1__x.surql", "DEFINE TABLE x SCHEMALESS;\n")]);
    assert!(Migrator::new([other]).unwrap().migrate(&db, tenant()).await.is_served());
    let plan = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap();
    assert_eq!(plan.not_in_this_binary().iter().map(|one| one.module.as_str()).collect::<Vec<_>>(), ["other"]);
    assert!(plan.to_string().contains("not known to this binary: other up to V1"), "{plan}");
    let gone = undo(&db, &migrator, UndoTarget::module("other")).await.unwrap();
    assert_eq!(steps(&gone), ["other1"]);
}

#[tokio::test]
async fn what_cannot_be_undone_is_told_with_its_file_and_the_remedy() {
    let db = engine().await;
    let one_way =
        ("V2__one_way.surql", "-- migrate: irreversible the old names were dropped\nDEFINE TABLE other SCHEMALESS;\n");
    let schema = module("app", &[FILES[0], one_way, ("V3__more.surql", "DEFINE TABLE more SCHEMALESS;\n")]);
    let migrator = migrator(schema);
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    let error = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap_err();
    let [UndoObstacle::Irreversible { file, reason, .. }] = error.obstacles() else { panic!("{error}") };
    assert_eq!((file.as_str(), reason.as_str()), ("V2__one_way.surql", "the old names were dropped"));
    assert!(error.to_string().contains("write a down file"), "{error}");
    assert_eq!(steps(&migrator.plan_undo(&db, &tenant(), to(2)).await.unwrap()), ["app3"]);
    // An older binary has nothing in the ledger to go by.
    let older = super::migrator(module("app", &FILES[..1]));
    let error = older.plan_undo(&db, &tenant(), to(1)).await.unwrap_err();
    assert!(matches!(error.obstacles(), [UndoObstacle::Irreversible { .. }]), "{error}");
}

#[tokio::test]
async fn a_ledger_that_says_something_else_is_refused() {
    let db = engine().await;
    let migrator = used(&db, 2).await;
    let context = tenant();
    let set = |text: &'static str| rows(&db, &context, text);
    set("UPDATE _migrations:['app', 2] SET status = 'started';").await;
    let error = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap_err();
    assert!(matches!(error.obstacles(), [UndoObstacle::Stuck { .. }]), "{error}");
    set("UPDATE _migrations:['app', 2] SET status = 'applied', checksum = chain;").await;
    let error = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap_err();
    assert!(matches!(error.obstacles(), [UndoObstacle::Divergent { .. }]), "{error}");

    let error = migrator.plan_undo(&db, &tenant(), to(7)).await.unwrap_err();
    assert!(error.to_string().contains("the latest is V2"), "{error}");
    let error = migrator.plan_undo(&db, &tenant(), UndoTarget::module("nobody")).await.unwrap_err();
    assert_eq!(error.kind(), "no_such_module");
}

#[tokio::test]
async fn a_stepwise_migration_is_in_the_way_while_somebody_is_at_it_and_undone_when_it_is_whole() {
    let db = engine().await;
    let slow = (
        "V2__slow.surql",
        "-- migrate: stepwise\nDEFINE TABLE other SCHEMALESS;\nDEFINE INDEX by_text ON note FIELDS text CONCURRENTLY;\n",
    );
    // What writes rows is never left out for what is left of it, and so neither is what comes behind it.
    let writes = ("V1__notes.surql", "DEFINE TABLE note SCHEMALESS;\nCREATE note SET text = 'a';\n");
    let schema = module("app", &[writes, slow]);
    let migrator = migrator(schema);
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "UPDATE _migrations:['app', 2] SET status = 'running', cursor = 1;").await;
    let error = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap_err();
    assert!(matches!(error.obstacles(), [UndoObstacle::Begun { .. }]), "{error}");
    rows(
        &db,
        &tenant(),
        "UPDATE _migrations:['app', 2] SET status = 'applied', cursor = NONE;
        UPDATE _migration_lease:heartbeat SET expires_at = time::now() + 1h;",
    )
    .await;
    let error = migrator.plan_undo(&db, &tenant(), to(1)).await.unwrap_err();
    assert!(matches!(error.obstacles(), [UndoObstacle::Busy { .. }]), "{error}");
    rows(&db, &tenant(), "UPDATE _migration_lease:heartbeat SET expires_at = NONE;").await;
    let _ = undo(&db, &migrator, to(1)).await.unwrap();
    super::assert_at(&db, &migrator, schema, Some(1)).await;
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    super::assert_at(&db, &migrator, schema, Some(2)).await;
}

#[tokio::test]
async fn a_corrected_migration_is_undone_by_the_text_that_was_recorded_with_what_ran() {
    let db = engine().await;
    let (before, after) = ("DEFINE TABLE seed SCHEMALESS;\n", "DEFINE TABLE seed SCHEMALESS COMMENT 'c';\n");
    let shipped = module("app", &[FILES[0], ("V2__seed.surql", before)]);
    assert!(migrator(shipped).migrate(&db, tenant()).await.is_served());
    let accepts =
        format!("[accepts]\n2 = {{ checksums = [\"{}\"], reason = \"a word\" }}\n", migrate_build::checksum(before));
    let corrected = migrator(module("app", &[("migrations.toml", &accepts), FILES[0], ("V2__seed.surql", after)]));
    assert!(corrected.migrate(&db, tenant()).await.is_served());
    let plan = undo(&db, &corrected, to(1)).await.unwrap();
    assert_eq!(plan.steps()[0].source, UndoSource::Ledger);
    super::assert_at(&db, &corrected, shipped, Some(1)).await;
}

#[tokio::test]
async fn what_is_recorded_under_a_former_name_is_not_undone_behind_the_back_of_those_who_know_that() {
    let db = engine().await;
    let before = module("mail", &[FILES[0], ("V2__x.surql", "DEFINE TABLE x SCHEMALESS;\n")]);
    assert!(migrator(before).migrate(&db, tenant()).await.is_served());
    let renamed = module(
        "post",
        &[
            ("migrations.toml", "formerly = \"mail\"\n"),
            FILES[0],
            ("V2__x.surql", "DEFINE TABLE x SCHEMALESS;\n"),
            ("V3__y.surql", "DEFINE TABLE y SCHEMALESS;\n"),
        ],
    );
    let migrator = migrator(renamed);
    let post = |at| UndoTarget::version("post", version(at));
    let error = migrator.plan_undo(&db, &tenant(), post(1)).await.unwrap_err();
    assert!(matches!(error.obstacles(), [UndoObstacle::Renamed { .. }]), "not taken over yet: {error}");
    assert!(migrator.migrate(&db, tenant()).await.is_served());
    for target in [post(1), UndoTarget::version("mail", version(1))] {
        let error = migrator.plan_undo(&db, &tenant(), target).await.unwrap_err();
        assert!(matches!(error.obstacles(), [UndoObstacle::Renamed { .. }]), "{error}");
    }
    assert_eq!(steps(&undo(&db, &migrator, post(2)).await.unwrap()), ["post3"]);
    assert!(migrator.migrate(&db, tenant()).await.is_served());
}

#[tokio::test]
async fn a_context_that_does_not_exist_is_not_created() {
    let db = engine().await;
    let error = migrator(schema(1)).plan_undo(&db, &tenant(), to(1)).await.unwrap_err();
    assert!(matches!(error, UndoError::Schema(LiveSchemaError::Absent(_))), "{error}");
    let spaces = rows(&db, &migrate_runtime::Context::new("x", "y").unwrap(), "INFO FOR ROOT;").await;
    assert!(spaces["namespaces"].get("acme").is_none());
}
