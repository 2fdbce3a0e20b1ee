//! What a module that is taken over requires of others, and texts of it that were corrected.

use std::sync::{Arc, Mutex};

use migrate_runtime::{Event, Outcome};

use super::*;

fn auth() -> &'static Migrations {
    module("auth", &[("V1__user.surql", "DEFINE TABLE user;\n"), ("V2__role.surql", "DEFINE TABLE role;\n")])
}

fn billing() -> &'static Migrations {
    let level = "-- migrate: requires auth 2\nDEFINE FIELD level ON role TYPE option<int>;\n";
    module(
        "billing",
        &[
            ("migrations.toml", "requires = { auth = 1 }\n"),
            ("V1__bill.surql", "DEFINE TABLE bill;\n"),
            ("V2__level.surql", level),
        ],
    )
}

#[tokio::test]
async fn what_a_module_requires_is_recorded_or_taken_over_with_it() {
    let db = engine().await;
    rows(&db, &tenant(), "DEFINE TABLE user; DEFINE TABLE bill;").await;
    let migrator = Migrator::new([auth(), billing()]).unwrap();
    let alone = Baseline::new().at("billing", version(1));
    let error = migrator.baseline(&db, &tenant(), &alone).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`billing` V1 (V1__bill.surql) requires `auth` V1 (V1__user.surql), which is not recorded in acme/eu-1 and not taken \
         over with it: take `auth` over as well, at that version or later"
    );
    assert_eq!(error.kind(), "unrequired");
    let both = Baseline::new().at("billing", version(1)).at("auth", version(1));
    let taken = migrator.baseline(&db, &tenant(), &both).await.unwrap();
    assert_eq!((taken.state, taken.modules.len()), (TakeoverState::Recorded, 2));
    assert_eq!(migrator.migrate(&db, tenant()).await.applied.len(), 2);

    // The other one may have been migrated from its beginning.
    let db = engine().await;
    assert!(Migrator::new([auth()]).unwrap().migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), "DEFINE TABLE bill;").await;
    assert_eq!(migrator.baseline(&db, &tenant(), &alone).await.unwrap().state, TakeoverState::Recorded);
    assert_eq!(migrator.migrate(&db, tenant()).await.applied.len(), 1);
}

#[tokio::test]
async fn what_was_taken_over_before_a_text_was_corrected_is_known_afterwards() {
    let db = by_hand(&tenant()).await;
    let before = Migrator::new([module("app", &[V1, V2, V3])]).unwrap();
    assert_eq!(before.baseline(&db, &tenant(), &Baseline::new()).await.unwrap().state, TakeoverState::Recorded);
    let accepts = format!(
        "[accepts]\n2 = {{ checksums = [\"{}\"], reason = \"another name\" }}\n",
        migrate_build::checksum(V2.1)
    );
    let corrected = ("V2__seed.surql", "CREATE user:1 SET name = 'admin', tags = [];\n");
    let after = module("app", &[("migrations.toml", accepts.as_str()), V1, corrected, V3]);
    let migrator = Migrator::new([after]).unwrap();
    let again = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
    assert_eq!(again.state, TakeoverState::AlreadyRecorded);
    assert_eq!(migrator.migrate(&db, tenant()).await.outcome, Outcome::UpToDate);
}

#[tokio::test]
async fn whoever_observes_is_told_of_a_takeover_and_of_a_refusal() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&lines);
    let migrator = Migrator::new([app()]).unwrap().observer(move |event: &Event<'_>| {
        let line = match event {
            Event::TakenOver { takeover, .. } => format!("{} {:?}", takeover.context, takeover.state),
            Event::TakeoverRefused { context, reason, .. } => format!("{context}: {reason}"),
            _ => return,
        };
        written.lock().unwrap().push(line);
    });
    let db = by_hand(&tenant()).await;
    let wrong = Baseline::new().at("app", version(1));
    assert!(migrator.baseline(&db, &tenant(), &wrong).await.is_err());
    let _ = migrator.plan_baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
    for _ in 0..2 {
        let _ = migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap();
    }
    let lines = lines.lock().unwrap();
    let [refused, taken, again] = &lines[..] else { panic!("a plan is no event: {lines:?}") };
    assert!(refused.starts_with("acme/eu-1: the schema of acme/eu-1 is not that of app V1"), "{refused}");
    assert_eq!((taken.as_str(), again.as_str()), ("acme/eu-1 Recorded", "acme/eu-1 AlreadyRecorded"));
}

#[tokio::test]
async fn a_migration_that_was_moved_is_recorded_where_it_was_shipped_as_well() {
    let sessions = ("V1__sessions.surql", "DEFINE TABLE session;\n");
    let moved = module("sessions", &[("migrations.toml", "[moved]\n1 = { from = \"auth\", version = 3 }\n"), sessions]);
    let old = module(
        "auth",
        &[
            ("V1__user.surql", "DEFINE TABLE user;\n"),
            ("V2__role.surql", "DEFINE TABLE role;\n"),
            ("V3__sessions.surql", sessions.1),
        ],
    );
    let db = engine().await;
    rows(&db, &tenant(), "DEFINE TABLE session;").await;
    let migrator = Migrator::new([moved]).unwrap();
    assert_eq!(migrator.baseline(&db, &tenant(), &Baseline::new()).await.unwrap().state, TakeoverState::Recorded);
    assert_eq!(migrator.migrate(&db, tenant()).await.outcome, Outcome::UpToDate);
    let refused = Migrator::new([old]).unwrap().migrate(&db, tenant()).await;
    assert_eq!(refused.refusal().unwrap().kind(), "moved_away", "nobody applies it there");
}
