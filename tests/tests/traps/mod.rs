//! Which control flow acts on a migration is decided by the engine: every position an expression may have is tried on it,
//! and held against what the build refuses.

mod positions;
mod verdicts;

use migrate_build::{__check, Source};
use surrealdb::Surreal;
use surrealdb::engine::local::{Db, Mem};
use surrealdb::opt::Config;
use surrealdb::opt::capabilities::Capabilities;

use self::positions::POSITIONS;
use self::verdicts::{AROUND, CONSERVATIVE, HARMLESS};

const RETURNS: &[&str] = &["{ IF true { RETURN 1 } }", "(RETURN 1)", "{ LET $a = 1; RETURN $a }"];
const JUMPS: &[&str] = &["{ IF true { CONTINUE } }", "(BREAK)"];

const SCHEMA: &str = "
    DEFINE FIELD n ON t TYPE option<int>;
    DEFINE EVENT ev ON t WHEN false THEN {};
    DEFINE FUNCTION fn::id($x: any) { $x };
    DEFINE PARAM $q VALUE 1;
    DEFINE SEQUENCE q;
    DEFINE API '/q' FOR get THEN { {} };
    DEFINE ACCESS q ON DATABASE TYPE BEARER FOR USER;
    DEFINE INDEX n ON t FIELDS n;
    CREATE t:1 SET n = 1;
    CREATE t:2 SET n = 2;
    RELATE t:1->e->t:2;
    CREATE s:1 SET n = 1;
    RELATE s:1->d->s:1;
";

/// What the engine made of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Every statement of it ran, and all of it was kept.
    Whole,
    /// It failed, and nothing of it was kept.
    Nothing,
    /// Some of it was kept, and some did not run or failed.
    Torn,
}

/// Runs a migration as one transaction in the current database, between two statements that leave a trace.
async fn run(db: &Surreal<Db>, migration: &[&str]) -> Outcome {
    let text = format!("BEGIN;\nCREATE before:1;\n{}\n;\nCREATE after:1;\nCOMMIT;", migration.join("\n;\n"));
    let mut response = db.query(text).await.unwrap();
    // The four around it have results too.
    let complete = response.num_statements() == migration.len() + 4 && response.take_errors().is_empty();
    let mut kept = db.query("record::exists(before:1); record::exists(after:1)").await.unwrap();
    let before = kept.take::<Option<bool>>(0).unwrap().unwrap();
    let after = kept.take::<Option<bool>>(1).unwrap().unwrap();
    match (complete, before, after) {
        (true, true, true) => Outcome::Whole,
        (_, false, false) => Outcome::Nothing,
        _ => Outcome::Torn,
    }
}

async fn engine() -> Surreal<Db> {
    // `DEFINE BUCKET` parses only with its experimental feature.
    let capabilities = Capabilities::all().with_all_experimental_features_allowed();
    let db = Surreal::new::<Mem>(Config::new().capabilities(capabilities)).await.unwrap();
    db.query("DEFINE NAMESPACE n").await.unwrap().check().unwrap();
    db.use_ns("n").use_db("d").await.unwrap();
    db
}

/// Whether the build refuses a migration; `None` if it is none, because it does not parse.
fn refused(migration: &[&str]) -> Option<bool> {
    let source = Source::new("V1__trap.surql", migration.join(";\n"));
    let found = __check(&source);
    let parses = found.iter().all(|diagnostic| diagnostic.rule().code != "M101");
    parses.then(|| found.has_errors())
}

/// Tries each position with each of `bodies`: what tears a migration must be refused. Gives the positions in which the
/// build refuses what the engine never minds.
fn conservative(positions: Vec<String>, bodies: &'static [&str]) -> Vec<String> {
    // An engine without optimisation needs more stack for nested expressions than a test thread has.
    let try_all = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(try_all(&positions, bodies))
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(try_all).unwrap().join().unwrap()
}

async fn try_all(positions: &[String], bodies: &[&str]) -> Vec<String> {
    let db = engine().await;
    let mut missed = Vec::new();
    let mut conservative = Vec::new();
    for position in positions {
        let mut verdicts = Vec::new();
        for body in bodies {
            let migration = position.replace('@', body);
            let migration: Vec<_> = migration.split(" ;; ").collect();
            // A `(…)` is no body of a function.
            let Some(refused) = refused(&migration) else { continue };
            db.query("REMOVE DATABASE d; DEFINE DATABASE d").await.unwrap().check().unwrap();
            db.query(SCHEMA).await.unwrap().check().unwrap();
            let torn = run(&db, &migration).await == Outcome::Torn;
            if torn && !refused {
                missed.push(migration.join("; "));
            }
            verdicts.push((torn, refused));
        }
        assert!(!verdicts.is_empty(), "{position} does not parse");
        if verdicts.iter().all(|&(torn, refused)| refused && !torn) {
            conservative.push(position.clone());
        }
    }
    assert!(missed.is_empty(), "accepted, and yet torn by the engine: {missed:#?}");
    conservative
}

#[test]
fn no_return_that_tears_a_migration_is_accepted() {
    let positions: Vec<_> = POSITIONS.iter().map(ToString::to_string).collect();
    assert_eq!(conservative(positions, RETURNS), CONSERVATIVE);
}

#[test]
fn a_return_stays_harmless_whatever_stands_around_it() {
    let nested = |harmless: &&str| AROUND.iter().map(|around| harmless.replace('@', around)).collect::<Vec<_>>();
    let positions: Vec<_> = HARMLESS.iter().flat_map(nested).collect();
    assert_eq!(conservative(positions, &["{ RETURN 1 }"]), [""; 0]);
}

#[test]
fn no_break_that_tears_a_migration_is_accepted() {
    let positions: Vec<_> = POSITIONS.iter().map(ToString::to_string).collect();
    conservative(positions, JUMPS);
}

#[tokio::test]
async fn a_loop_of_the_migration_takes_its_own_jumps() {
    for (jump, created) in [("BREAK", 1), ("CONTINUE", 2)] {
        let db = engine().await;
        let migration = [&*format!("FOR $i IN [1, 2, 3] {{ IF $i = 2 {{ {jump} }}; CREATE z SET v = $i }}")];
        assert_eq!(refused(&migration), Some(false));
        assert_eq!(run(&db, &migration).await, Outcome::Whole);
        let mut count = db.query("RETURN count(SELECT * FROM z)").await.unwrap();
        assert_eq!(count.take::<Option<usize>>(0).unwrap(), Some(created));
    }
}

#[tokio::test]
async fn a_returned_value_is_what_is_written() {
    let db = engine().await;
    db.query("CREATE t:1 SET name = 'a'").await.unwrap().check().unwrap();
    let migration = ["UPDATE t SET full = { LET $a = name; RETURN $a + '!' }"];
    assert_eq!(refused(&migration), Some(false));
    assert_eq!(run(&db, &migration).await, Outcome::Whole);
    let mut full = db.query("RETURN t:1.full").await.unwrap();
    assert_eq!(full.take::<Option<String>>(0).unwrap().as_deref(), Some("a!"));
}

#[tokio::test]
async fn an_option_outlives_the_transaction_it_is_set_in() {
    let db = engine().await;
    db.query("DEFINE TABLE fired; DEFINE EVENT v ON t THEN { CREATE fired:1 }").await.unwrap().check().unwrap();
    let mut response = db.query("BEGIN; OPTION IMPORT; COMMIT; CREATE t:1; record::exists(fired:1)").await.unwrap();
    let last = response.num_statements() - 1;
    assert_eq!(response.take::<Option<bool>>(last).unwrap(), Some(false));
}
