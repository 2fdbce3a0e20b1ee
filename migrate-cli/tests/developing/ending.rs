//! Exit codes: each that a command over files can end with, by what brings it about.

use crate::tool::{folder, run_in};

const V1: &str = "DEFINE TABLE user SCHEMAFULL;\nDEFINE FIELD email ON user TYPE string;\n";
const V2: &str = "DEFINE FIELD bio ON user TYPE option<string>;\n";
const WRITES: &str = "CREATE user:1 SET email = 'a';\n";

#[test]
fn each_command_over_files_ends_with_the_code_that_says_how() {
    let good = [("migrations/V1__users.surql", V1), ("migrations/V2__bio.surql", V2)];
    let good = [&good[..], &[("migrations/V3__rows.surql", WRITES), ("schema/user.surql", V1)]].concat();
    let bad = [("migrations/V1__users.surql", "DEFINE TABEL user;\n"), ("schema/user.surql", V1)];
    let cases: [(&[&str], i32, i32); 30] = [
        (&["init"], 0, 0),
        (&["new", "more"], 0, 1),
        (&["new", "More"], 2, 2),
        (&["new", "more", "--tag", "7"], 2, 1),
        (&["new", "more", "--from", "schema"], 1, 1),
        (&["new", "more", "--from", "nowhere"], 1, 1),
        (&["new", "more", "--force"], 2, 2),
        (&["check"], 0, 1),
        (&["check", "--format", "github"], 0, 1),
        (&["check", "--locked"], 1, 1),
        (&["check", "--format", "dot"], 2, 2),
        (&["lock"], 0, 1),
        (&["lock", "--format", "github"], 2, 2),
        (&["catalog"], 0, 1),
        (&["catalog", "--at", "9"], 2, 1),
        (&["diff", "1", "2"], 0, 1),
        (&["diff", "1", "2", "--exit-code"], 3, 1),
        (&["diff", "2", "2", "--exit-code"], 0, 1),
        (&["diff", "1"], 2, 2),
        (&["graph"], 0, 1),
        (&["graph", "--format", "github"], 2, 2),
        (&["undo-text", "2"], 0, 1),
        (&["undo-text", "3"], 1, 1),
        (&["undo-text", "9"], 2, 1),
        (&["explain", "M302"], 0, 0),
        (&["explain", "M000"], 2, 2),
        (&["completions", "fish"], 0, 0),
        (&["completions", "tcl"], 2, 2),
        (&["man"], 0, 0),
        (&["man", "--into", "no/such/folder"], 1, 1),
    ];
    for (words, of_good, of_bad) in cases {
        for (files, code) in [(&good[..], of_good), (&bad[..], of_bad)] {
            let dir = folder(files);
            let (ended, stdout, stderr) = run_in(dir.path(), words);
            assert_eq!(ended, code, "{words:?}: {stdout}{stderr}");
            // What is wrong is told, and not in the place of a result.
            assert!(!matches!(code, 1 | 2) || !stderr.is_empty() || words.contains(&"github"), "{words:?}");
            assert!(code != 2 || stdout.is_empty(), "{words:?}: {stdout}");
            let quiet = run_in(folder(files).path(), &[words, &["--quiet"]].concat());
            assert_eq!(quiet.0, code, "{words:?}: {quiet:?}");
            assert!(!matches!(code, 0 | 3) || quiet.2.is_empty(), "{words:?}: {quiet:?}");
        }
    }
}

#[test]
fn annotations_tell_errors_from_warnings() {
    let dir = folder(&[("migrations/V1__users.surql", V1), ("migrations/V2__gone.surql", "REMOVE TABLE user;\n")]);
    let levels = |words: &[&str]| {
        let (_, stdout, _) = run_in(dir.path(), &[&["check", "--format", "github"], words].concat());
        let level = |line: &str| (line.split(' ').next().unwrap().to_owned(), line.contains("title=M509"));
        let mut levels: Vec<_> = stdout.lines().map(level).collect();
        levels.sort();
        levels.dedup();
        levels
    };
    let (error, warning) = ("::error".to_owned(), "::warning".to_owned());
    assert_eq!(levels(&[]), [(error.clone(), false)], "where there are errors, what is not locked is no news");
    std::fs::write(dir.path().join("migrations/V2__gone.surql"), V2).unwrap();
    assert_eq!(levels(&[]), [(warning, true)]);
    assert_eq!(levels(&["--locked"]), [(error, true)]);
}
