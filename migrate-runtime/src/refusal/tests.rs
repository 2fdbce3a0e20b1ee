use super::*;

fn unknown(version: u64) -> Unknown {
    Unknown { version: Version::new(version).unwrap(), name: "x".into() }
}

#[test]
fn an_incompatible_context_names_every_version_that_breaks() {
    let one = Refusal::Incompatible { module: "app".into(), versions: vec![unknown(8)] };
    assert_eq!(one.to_string(), "app V8__x is in this database and breaks older binaries: run a binary that knows it");
    let two = Refusal::Incompatible { module: "app".into(), versions: vec![unknown(8), unknown(9)] };
    assert_eq!(
        two.to_string(),
        "app V8__x, V9__x are in this database and break older binaries: run a binary that knows them"
    );
}

#[test]
fn the_kind_is_the_kind_of_the_json_form() {
    let sum = Checksum::from_bytes([1; 32]);
    let (module, file, version) = (|| "app".to_owned(), || "V1__x.surql".to_owned(), Version::FIRST);
    let all = [
        Refusal::Incompatible { module: module(), versions: vec![unknown(2)] },
        Refusal::Missing { module: module(), version, file: file(), later: version },
        Refusal::Divergent {
            module: module(),
            version,
            part: DivergentPart::Chain,
            recorded: sum,
            embedded: Some(sum),
        },
        Refusal::Renamed { module: module(), version, renamed_to: "mail".into() },
        Refusal::MovedAway { module: module(), version, to: "mail".into() },
        Refusal::MovedUnfinished { module: module(), version, to: "mail".into() },
        Refusal::Stuck { module: module(), version, status: Status::Started },
        Refusal::Failed {
            module: module(),
            version,
            file: file(),
            line: Some(3),
            statement: None,
            kept: 0,
            cause: "no".into(),
        },
        Refusal::Busy {
            module: module(),
            version,
            file: file(),
            by: "replica 7".into(),
            waited: std::time::Duration::from_secs(1),
        },
        Refusal::IllegalMove {
            module: module(),
            version,
            state: PhasedState::Applied,
            legal: Vec::new(),
            reason: "no".into(),
        },
        Refusal::Withheld { module: module(), version, reason: "no".into() },
        Refusal::Unreadable { reason: "no".into() },
        Refusal::NotAttempted { because: Halted::FailureBudget { refused: 1 }, pending: 2 },
        Refusal::Invalid { findings: Vec::new() },
        Refusal::Unavailable { reason: "no".into() },
    ];
    for refusal in all {
        let json = serde_json::to_value(&refusal).unwrap();
        assert_eq!(json["kind"], refusal.kind());
        assert!(!refusal.to_string().is_empty());
    }
}
