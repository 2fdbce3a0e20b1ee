//! The replica registry: who is alive, by the server's clock, whatever happens to those who say so.

use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{
    AtLeast, Context, Database, Membership, MembershipStatus, Migrations, Migrator, Registry, RegistryError, Renewal,
    ReplicaInfo, Version,
};
use migrate_tests::{Fault, Faulty, engine, module, rows};
use serde_json::{Map, Value};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Long enough that no test sees it end.
const LONG: Duration = Duration::from_mins(10);
const SHORT: Duration = Duration::from_millis(600);
/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_mins(1);

fn system() -> Context {
    Context::new("ops", "system").unwrap()
}

fn registry(lease: Duration) -> Registry {
    Registry::new(system()).lease(lease)
}

const FILES: [(&str, &str); 3] =
    [("V1__a.surql", "DEFINE TABLE a;\n"), ("V2__b.surql", "DEFINE TABLE b;\n"), ("V3__c.surql", "DEFINE TABLE c;\n")];

fn schema(name: &str, last: usize) -> &'static Migrations {
    module(name, &FILES[..last])
}

fn migrator(schema: &'static Migrations) -> Migrator {
    Migrator::new([schema]).unwrap().applied_by("notes", "1.2.3")
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// All rows, dead ones too.
async fn all(db: &Surreal<Any>) -> Vec<Value> {
    rows(db, &system(), "SELECT *, record::id(id) AS id FROM _migration_replica ORDER BY started_at;")
        .await
        .as_array()
        .unwrap()
        .clone()
}

async fn live(db: &Surreal<Any>) -> Vec<ReplicaInfo> {
    registry(LONG).live_replicas(db).await.unwrap()
}

/// Waits until a look at something says yes.
async fn until(what: &str, look: impl AsyncFn() -> bool) {
    let patiently = async {
        while !look().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, patiently).await.unwrap_or_else(|_| panic!("never: {what}"));
}

async fn renewed(membership: &mut Membership, wanted: impl Fn(&MembershipStatus) -> bool) -> MembershipStatus {
    let patiently = async {
        loop {
            let status = membership.renewed().await.unwrap();
            if wanted(&status) {
                return status;
            }
        }
    };
    timeout(LIMIT, patiently).await.expect("the renewal comes that far")
}

#[tokio::test]
async fn a_replica_says_who_it_is_and_what_it_carries_until_it_leaves() {
    let db = Arc::new(engine().await);
    let schema = schema("app", 3);
    let migrator = Migrator::new([schema, module("empty-not", &[("V1__other.surql", "DEFINE TABLE other;\n")])])
        .unwrap()
        .applied_by("notes", "1.2.3");
    let membership = registry(LONG).join(&migrator, Arc::clone(&db)).await.unwrap();
    let found = live(&db).await;
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!(one.id, membership.id());
    assert_eq!((one.binary.as_str(), one.version.as_deref()), ("notes", Some("1.2.3")));
    assert_eq!(one.process, std::process::id());
    assert_eq!(one.modules["app"].version, version(3));
    assert_eq!(Some(one.modules["app"].chain), schema.head());
    assert!(one.started_at == one.seen_at && one.seen_at < one.expires_at, "{one:?}");
    let json = serde_json::to_value(one).unwrap();
    assert_eq!(json["modules"]["empty-not"]["version"], 1);
    assert!(one.to_string().contains("notes 1.2.3") && one.to_string().contains("app V3"), "{one}");

    // The replica stands in ledgers under the same name.
    let tenant = Context::new("tenants", "acme").unwrap();
    let _ = migrator.migrate(&*db, tenant.clone()).await;
    let by = rows(&*db, &tenant, "SELECT VALUE applied_by.replica FROM _migrations;").await;
    assert!(by.as_array().unwrap().iter().all(|by| *by == one.replica), "{by}");

    membership.leave().await.unwrap();
    assert_eq!(all(&db).await, Vec::<Value>::new());
    let info = rows(&*db, &system(), "INFO FOR DB;").await;
    let table = info["tables"]["_migration_replica"].as_str().unwrap();
    assert!(table.contains("SCHEMAFULL") && table.contains("PERMISSIONS NONE"), "{table}");
}

#[tokio::test]
async fn everyone_is_at_a_version_when_no_live_replica_is_behind_or_without_the_module() {
    let db = Arc::new(engine().await);
    let registry = registry(LONG);
    let ask = async |number| registry.everyone_at_least(&*db, "app", version(number)).await.unwrap();
    assert_eq!(ask(1).await, AtLeast::Nobody);
    let join = async |schema| registry.join(&migrator(schema), Arc::clone(&db)).await.unwrap();
    let (old, new) = (join(schema("app", 2)).await, join(schema("app", 3)).await);
    assert_eq!(ask(2).await, AtLeast::Everyone { replicas: 2 });
    let AtLeast::Behind { behind } = ask(3).await else { panic!() };
    assert_eq!(behind.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [old.id()]);
    old.leave().await.unwrap();
    assert!(ask(3).await.is_everyone());
    assert!(!ask(4).await.is_everyone());

    let stranger = join(schema("other", 3)).await;
    let AtLeast::Behind { behind } = ask(1).await else { panic!() };
    assert_eq!(behind.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [stranger.id()]);
    drop((new, stranger));
}

#[tokio::test]
async fn asking_creates_nothing() {
    let db = engine().await;
    assert_eq!(live(&db).await, []);
    let info = Database::query(&db, "INFO FOR ROOT;".to_owned(), Map::new()).await.unwrap();
    assert!(!info.0[0].as_ref().unwrap()["namespaces"].as_object().unwrap().contains_key("ops"));
}

#[tokio::test]
async fn a_replica_that_renews_outlives_its_lease_and_one_that_is_dropped_ages_out() {
    let db = Arc::new(engine().await);
    let migrator = migrator(schema("app", 1));
    let mut alive = registry(SHORT).join(&migrator, Arc::clone(&db)).await.unwrap();
    let dead = registry(SHORT).join(&migrator, Arc::clone(&db)).await.unwrap();
    let dead_id = dead.id().to_owned();
    drop(dead);
    until("the dropped replica ages out", async || live(&db).await.iter().all(|one| one.id != dead_id)).await;
    let status = renewed(&mut alive, |status| status.renewals >= 4).await;
    assert_eq!(status.written_again, 0);
    let found = live(&db).await;
    assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [alive.id()]);
    assert!(found[0].started_at < found[0].seen_at);
    assert_eq!(all(&db).await.len(), 2, "the row of the dead is kept for people to see");
}

#[tokio::test]
async fn whoever_renews_removes_the_rows_of_the_long_dead() {
    let db = Arc::new(engine().await);
    let migrator = migrator(schema("app", 1));
    let registry = registry(SHORT).keep(Duration::ZERO);
    let mut alive = registry.join(&migrator, Arc::clone(&db)).await.unwrap();
    drop(registry.join(&migrator, Arc::clone(&db)).await.unwrap());
    assert_eq!(all(&db).await.len(), 2);
    until("the dead row is removed", async || all(&db).await.len() == 1).await;
    assert_eq!(all(&db).await[0]["id"], alive.id());
    let _ = renewed(&mut alive, |status| status.renewal == Renewal::InTime).await;
}

#[tokio::test]
async fn a_row_that_vanished_is_written_again_and_so_is_its_table() {
    let db = Arc::new(engine().await);
    let mut membership = registry(SHORT).join(&migrator(schema("app", 1)), Arc::clone(&db)).await.unwrap();
    for (times, removal) in [(1, "DELETE _migration_replica;"), (2, "REMOVE TABLE _migration_replica;")] {
        let _ = rows(&*db, &system(), removal).await;
        let status = renewed(&mut membership, |status| status.written_again >= times).await;
        assert_eq!(status.written_again, times, "{removal}");
        assert_eq!(live(&db).await[0].id, membership.id(), "{removal}");
    }
    let info = rows(&*db, &system(), "INFO FOR DB;").await;
    assert!(info["tables"]["_migration_replica"].as_str().unwrap().contains("SCHEMAFULL"), "{info}");
}

#[tokio::test]
async fn renewals_that_are_lost_are_tried_again_and_do_not_end_the_membership() {
    let db = engine().await;
    // The first two write the row: there is no table yet.
    let faults = [Fault::Pass, Fault::Pass, Fault::LostBefore, Fault::LostAfter, Fault::Conflict, Fault::UseRefused];
    let database = Arc::new(Faulty::new(db.clone(), faults));
    let mut membership = registry(SHORT * 10).join(&migrator(schema("app", 1)), Arc::clone(&database)).await.unwrap();
    let late = renewed(&mut membership, |_| true).await;
    assert!(matches!(late.renewal, Renewal::Late { .. }), "{late:?}");
    let status = renewed(&mut membership, |status| status.renewal == Renewal::InTime).await;
    assert_eq!((status.renewals, status.written_again), (1, 0), "the row was there all the time");
    assert_eq!(database.texts().len(), 7, "each fault was met once");
    membership.leave().await.unwrap();
    assert_eq!(all(&db).await, Vec::<Value>::new(), "and nothing was written anywhere else");
}

#[tokio::test]
async fn a_replica_that_is_held_up_for_too_long_knows_it_and_is_back_with_its_next_renewal() {
    let db = engine().await;
    // What is held up is given up by its sender: after these it is let through.
    let held = std::iter::repeat_n(Fault::Pause(Arc::new(Notify::new())), 6);
    let faulty = Faulty::new(db.clone(), [Fault::Pass, Fault::Pass].into_iter().chain(held));
    let mut membership = registry(SHORT).join(&migrator(schema("app", 1)), faulty).await.unwrap();
    let lapsed = renewed(&mut membership, |status| matches!(status.renewal, Renewal::Lapsed { .. })).await;
    assert_eq!(lapsed.renewals, 0);
    assert_eq!(live(&db).await, []);
    let back = renewed(&mut membership, |status| status.renewal == Renewal::InTime).await;
    assert_eq!((back.renewals, back.written_again), (1, 0));
    assert_eq!(live(&db).await[0].id, membership.id());
}

#[tokio::test]
async fn joining_and_leaving_are_tried_again_and_leave_one_row_and_none() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::Conflict] {
        let db = engine().await;
        let faults = [Fault::Pass, fault.clone(), fault.clone(), Fault::Pass, fault.clone(), Fault::Pass];
        let database = Faulty::new(db.clone(), [fault.clone()].into_iter().chain(faults));
        let membership = registry(LONG).join(&migrator(schema("app", 1)), database).await.unwrap();
        assert_eq!(all(&db).await.len(), 1, "{fault:?}");
        membership.leave().await.unwrap();
        assert_eq!(all(&db).await.len(), 0, "{fault:?}");
    }
}

#[tokio::test]
async fn a_refused_use_is_a_typed_error_and_writes_nothing_anywhere() {
    let db = engine().await;
    // The session is somewhere else, and that is where a text runs whose `USE` is refused.
    db.use_ns("home").use_db("home").await.unwrap();
    let faulty = Arc::new(Faulty::always(db.clone(), Fault::UseRefused));
    let refused = registry(LONG).join(&migrator(schema("app", 1)), Arc::clone(&faulty)).await;
    assert!(matches!(&refused, Err(RegistryError::NotEntered { context, .. }) if *context == system()), "{refused:?}");
    let home = Context::new("home", "home").unwrap();
    let info = rows(&db, &home, "INFO FOR DB;").await;
    assert!(info["tables"].as_object().unwrap().is_empty(), "{info}");
    let asked = registry(LONG).live_replicas(&*faulty).await;
    assert!(asked.is_ok_and(|found| found.is_empty()), "the context was not created by any of this");
    assert_eq!(live(&db).await, []);
}

#[tokio::test]
async fn the_replicas_of_another_database_are_never_taken_for_those_of_the_registry() {
    let db = Arc::new(engine().await);
    let home = Context::new("home", "home").unwrap();
    let _elsewhere = Registry::new(home).join(&migrator(schema("app", 1)), Arc::clone(&db)).await.unwrap();
    let _here = registry(LONG).join(&migrator(schema("app", 1)), Arc::clone(&db)).await.unwrap();
    let faulty = Faulty::new(&*db, [Fault::Pass, Fault::UseRefused]);
    let asked = registry(LONG).live_replicas(&faulty).await;
    assert!(matches!(asked, Err(RegistryError::NotEntered { .. })), "{asked:?}");
}

#[tokio::test]
async fn a_database_that_answers_nothing_is_given_up_at_the_deadline() {
    let faulty = Arc::new(Faulty::always(engine().await, Fault::LostBefore));
    let registry = registry(LONG).deadline(Duration::from_millis(50));
    let joined = registry.join(&migrator(schema("app", 1)), Arc::clone(&faulty)).await;
    assert!(matches!(joined, Err(RegistryError::Unanswered { .. })), "{joined:?}");
}

#[tokio::test]
async fn what_is_not_a_replica_is_an_error_and_not_overlooked() {
    let db = Arc::new(engine().await);
    let _membership = registry(LONG).join(&migrator(schema("app", 1)), Arc::clone(&db)).await.unwrap();
    let _ = rows(&*db, &system(), "UPDATE _migration_replica SET modules = { app: 'V1' };").await;
    let asked = registry(LONG).everyone_at_least(&*db, "app", version(1)).await;
    assert!(matches!(asked, Err(RegistryError::Unreadable(_))), "{asked:?}");
}

#[tokio::test]
async fn replicas_that_join_at_once_all_get_in_under_ids_of_their_own() {
    let db = Arc::new(engine().await);
    let schema = schema("app", 2);
    let join = || {
        let db = Arc::clone(&db);
        tokio::spawn(async move { registry(LONG).join(&migrator(schema), db).await.unwrap() })
    };
    let tasks: Vec<_> = (0..12).map(|_| join()).collect();
    let mut members = Vec::new();
    for task in tasks {
        members.push(task.await.unwrap());
    }
    let ids: std::collections::BTreeSet<_> = members.iter().map(Membership::id).collect();
    let found = live(&db).await;
    let found: std::collections::BTreeSet<_> = found.iter().map(|one| one.id.as_str()).collect();
    assert_eq!((found.len(), found), (12, ids));
}

#[tokio::test]
async fn nothing_that_is_sent_holds_a_time() {
    let faulty = Arc::new(Faulty::new(engine().await, []));
    let registry = registry(SHORT);
    let mut membership = registry.join(&migrator(schema("app", 1)), Arc::clone(&faulty)).await.unwrap();
    let _ = renewed(&mut membership, |status| status.renewals >= 1).await;
    let found = registry.live_replicas(&*faulty).await.unwrap();
    membership.leave().await.unwrap();
    assert!(holds_a_time(&found[0].seen_at), "{found:?}");
    let sent = faulty.texts().into_iter().chain(faulty.variables());
    sent.for_each(|sent| assert!(!holds_a_time(&sent), "{sent}"));
}

/// Whether a text holds a time as the database writes it.
fn holds_a_time(text: &str) -> bool {
    let is_hour =
        |part: &[u8]| matches!(part, [b'T', tens, ones, b':'] if tens.is_ascii_digit() && ones.is_ascii_digit());
    text.as_bytes().windows(4).any(is_hour)
}
