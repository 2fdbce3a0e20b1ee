use migrate_core::Version;

use super::*;
use crate::refusal::Unknown;

fn applied(module: &'static str, version: u64) -> Applied {
    Applied { module, version: Version::new(version).unwrap(), name: "x" }
}

fn context(name: &str, outcome: Outcome, applied: Vec<Applied>, millis: u64) -> ContextReport {
    let context = Context::new("acme", name).unwrap();
    ContextReport { context, outcome, applied, elapsed: Duration::from_millis(millis) }
}

fn report() -> Report {
    let failed = Refusal::Failed {
        module: "app".into(),
        version: Version::new(8).unwrap(),
        file: "V8__unique_email.surql".into(),
        line: Some(3),
        statement: Some("DEFINE INDEX email ON user FIELDS email UNIQUE".into()),
        kept: 0,
        cause: "Database index `email` already contains 'a@b.c'".into(),
    };
    let incompatible = Refusal::Incompatible {
        module: "app".into(),
        versions: vec![Unknown { version: Version::new(9).unwrap(), name: "drop".into() }],
    };
    let contexts = vec![
        context("eu-1", Outcome::UpToDate, vec![], 1),
        context("eu-2", Outcome::Migrated, vec![applied("app", 7), applied("app", 8)], 200),
        context("eu-3", Outcome::Migrated, vec![applied("app", 7), applied("app", 8)], 1900),
        context("eu-7", Outcome::Refused(failed), vec![applied("app", 7)], 20),
        context("eu-8", Outcome::Refused(incompatible), vec![], 20),
    ];
    Report::new(contexts, 1, Duration::from_millis(4200), 31)
}

#[test]
fn a_person_reads_counts_then_runs_then_refusals() {
    assert_eq!(
        report().to_string(),
        "1 module, 5 contexts: 1 up to date, 2 migrated, 2 refused    4.2s, 31 round trips\n\
         migrated   app V7   1 context   median 20ms, slowest acme/eu-7 20ms\n\
         migrated   app V7 to V8   2 contexts   median 2s, slowest acme/eu-3 2s\n\
         refused    acme/eu-7   app V8__unique_email.surql:3: Database index `email` already contains 'a@b.c'\n           \
         nothing of V8 was kept\n\
         refused    acme/eu-8   app V9__drop is in this database and breaks older binaries: run a binary that knows it\n           \
         3 contexts are served"
    );
}

#[test]
fn the_counts_add_up() {
    let counts = report().counts();
    let Counts { contexts, migrated, up_to_date, ahead, incompatible, failed } = counts;
    assert_eq!(contexts, migrated + up_to_date + ahead + incompatible + failed);
    assert_eq!((migrated, up_to_date, ahead, incompatible, failed), (2, 1, 0, 1, 1));
}

#[test]
fn json_names_every_refused_context_with_its_reason() {
    let json = serde_json::to_value(report()).unwrap();
    assert_eq!(json["contexts"], 5);
    assert_eq!(json["failed"], 1);
    assert_eq!(json["incompatible"], 1);
    assert_eq!(json["applied"][0], serde_json::json!({"module": "app", "version": 7, "name": "x", "contexts": 3}));
    let failure = &json["failures"][0];
    assert_eq!(failure["database"], "eu-7");
    assert_eq!((&failure["kind"], &failure["version"], &failure["line"]), (&"failed".into(), &8.into(), &3.into()));
    assert!(failure["reason"].as_str().unwrap().contains("already contains"));
    assert_eq!(json["failures"][1]["kind"], "incompatible");
}

#[test]
fn json_holds_no_key_twice() {
    let unavailable = Refusal::Unavailable { reason: "it is away".into() };
    let contexts = vec![context("eu-1", Outcome::Refused(unavailable), vec![], 1)];
    let json = serde_json::to_string(&Report::new(contexts, 1, Duration::ZERO, 1)).unwrap();
    assert_eq!(json.matches("\"reason\"").count(), 1, "{json}");
    assert!(json.contains("it is away"), "{json}");
}

#[test]
fn an_empty_fleet_reads_well() {
    let report = Report::new(vec![], 2, Duration::ZERO, 1);
    assert!(report.to_string().starts_with("2 modules, 0 contexts: nothing to do"));
    assert!(report.all_served());
}

#[test]
fn large_counts_are_grouped() {
    assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
}
