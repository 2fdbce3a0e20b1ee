use migrate_core::Version;

use super::*;
use crate::halt::Halted;
use crate::outcome::Evidence;
use crate::plan::{Ahead, Incomplete};
use crate::refusal::Unknown;

fn applied(module: &'static str, version: u64) -> Applied {
    Applied { module, version: Version::new(version).unwrap(), name: "x" }
}

fn context(name: &str, outcome: Outcome, applied: Vec<Applied>, millis: u64) -> ContextReport {
    let context = Context::new("acme", name).unwrap();
    ContextReport {
        in_vain: 0,
        context,
        outcome,
        applied,
        ahead: Vec::new(),
        strangers: Vec::new(),
        incomplete: Vec::new(),
        elapsed: Duration::from_millis(millis),
        evidence: Evidence::Ledger,
    }
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
fn what_waits_for_a_completion_is_told_with_where_it_stands() {
    let mut waiting = context("eu-1", Outcome::UpToDate, vec![], 1);
    let (module, version) = ("app".to_owned(), Version::new(3).unwrap());
    waiting.incomplete.push(Incomplete { module, version, name: "x", state: PhasedState::ReadyToComplete, waiting: 2 });
    let report = Report::new(vec![waiting.clone(), waiting], 1, Duration::from_secs(1), 2);
    assert!(report.to_string().ends_with("\nincomplete app V3 is ready to complete   2 contexts"), "{report}");
    let json = serde_json::to_value(&report).unwrap();
    let expected = json!([{ "module": "app", "version": 3, "state": "ready_to_complete", "contexts": 2 }]);
    assert_eq!(json["incomplete"], expected);
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
    let Counts { contexts, migrated, up_to_date, ahead, incompatible, failed, not_attempted } = counts;
    assert_eq!(contexts, migrated + up_to_date + ahead + incompatible + failed + not_attempted);
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

#[test]
fn runs_are_in_the_order_of_their_versions_and_not_of_their_letters() {
    let contexts = vec![
        context("a", Outcome::Migrated, vec![applied("app", 10)], 1),
        context("b", Outcome::Migrated, vec![applied("app", 2)], 1),
    ];
    let text = Report::new(contexts, 1, Duration::ZERO, 1).to_string();
    assert!(text.find("app V2 ").unwrap() < text.find("app V10 ").unwrap(), "{text}");
}

#[test]
fn a_migrated_context_tells_where_it_is_ahead_all_the_same() {
    let mut migrated = context("a", Outcome::Migrated, vec![applied("app", 1)], 1);
    migrated.ahead = vec![Ahead { module: "auth".to_owned(), version: Version::new(4).unwrap(), by: 2, known: 0 }];
    let report = Report::new(vec![migrated], 2, Duration::ZERO, 1);
    assert!(report.to_string().contains("\nahead      auth at V4   1 context"), "{report}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["later"], serde_json::json!([{ "module": "auth", "version": 4, "contexts": 1 }]));
}

#[test]
fn what_was_not_attempted_is_counted_apart_and_told_in_one_line() {
    let because = || Halted::Canary(Context::new("acme", "eu-1").unwrap());
    let untouched = || Outcome::Refused(Refusal::NotAttempted { because: because(), pending: 1 });
    let canary = Outcome::Refused(Refusal::Unavailable { reason: "it is away".into() });
    let contexts = vec![
        context("eu-1", canary, vec![], 1),
        context("eu-2", untouched(), vec![], 1),
        context("eu-3", untouched(), vec![], 1),
    ];
    let report = Report::new(contexts, 1, Duration::ZERO, 1);
    let text = report.to_string();
    assert!(text.starts_with("1 module, 3 contexts: 1 refused, 2 not attempted"), "{text}");
    assert!(
        text.contains("\nuntouched  2 contexts   the canary acme/eu-1 was refused\n           0 contexts are served"),
        "{text}"
    );
    assert_eq!(report.refused().count(), 3, "none of them may be served");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["failed"], &json["not_attempted"]), (&1.into(), &2.into()));
    assert_eq!(json["failures"][2]["kind"], "not_attempted");
}
