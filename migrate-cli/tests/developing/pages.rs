//! The pages: every command that they show is one that there is, and so is every word behind it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;

/// A command line of a page: the program, and what it is told.
#[derive(Debug, PartialEq)]
struct Line {
    program: &'static str,
    words: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The words of a line for a shell, up to a comment or to what begins another command.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(end), _) if letter == end => quote = None,
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(letter);
            }
            (None, '|' | '>' | ';' | '&' | '}' | ')') => break,
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// A command line of one of our programs, whatever stands before it.
fn line(text: &str) -> Option<Line> {
    let text = text.trim().trim_start_matches("$ ").trim_start_matches("- run: ");
    let text = text.split_once('=').filter(|(name, _)| name.starts_with("ExecStart")).map_or(text, |(_, text)| text);
    let mut words = words(text);
    let is = |at: usize, word: &str| words.get(at).is_some_and(|one| one == word);
    let (program, behind) = if is(0, "cargo") && is(1, "migrate") {
        ("cargo-migrate", 2)
    } else if is(0, "cargo-migrate") {
        ("cargo-migrate", 1)
    } else if is(0, "myserver") && is(1, "migrate") {
        ("many_tenants", 1)
    } else if is(0, "cargo") && is(1, "run") && is(2, "--bin") {
        let known = ["axum_server", "many_tenants", "modules", "rolling_upgrade"];
        let program = known.into_iter().find(|known| words[3] == **known)?;
        (program, words.iter().position(|word| word == "--").map_or(words.len(), |at| at + 1))
    } else if is(0, "many_tenants") {
        ("many_tenants", 1)
    } else {
        let is_service = |word: &String| word == "axum_server" || word == "notes" || word.ends_with("bin/notes");
        let at = words.iter().position(is_service)?;
        // A server by its image, its path, or with its environment before it; not a word of a sentence.
        let is_run = words[..at].iter().all(|word| word.contains('='))
            || words[0] == "docker"
                && words[1] == "run"
                && words.get(at + 1).is_some_and(|word| word.starts_with("--"));
        is_run.then_some(("axum_server", at + 1))?
    };
    Some(Line { program, words: words.split_off(behind) })
}

/// The command lines of a page: those that stand alone, and those between backticks.
fn lines(page: &str) -> Vec<Line> {
    let page = page.replace("\\\n", " ");
    let alone = page.lines().filter(|text| text.starts_with("  ")).flat_map(|text| text.split("&&")).filter_map(line);
    let is_called = |text: &&str| text.starts_with("cargo migrate ") || text.starts_with("cargo-migrate ");
    alone
        .chain(page.lines().flat_map(|text| text.split('`').skip(1).step_by(2)).filter(is_called).filter_map(line))
        .collect()
}

/// Help is printed once all before it was understood, and nothing is done.
fn assert_understood(page: &str, line: &Line) {
    let beside = PathBuf::from(env!("CARGO_BIN_EXE_cargo-migrate")).with_file_name(line.program);
    let mut command = if line.program == "cargo-migrate" {
        Command::cargo_bin("cargo-migrate").unwrap()
    } else {
        Command::new(beside)
    };
    let output = command.args(&line.words).arg("--help").current_dir(root()).output();
    let output = output.unwrap_or_else(|error| panic!("{error}: test the whole workspace, {line:?}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("Usage:"), "{page}: {line:?}: {stderr}");
}

#[test]
fn every_command_of_the_pages_is_understood() {
    for (name, at_least) in [
        ("README.md", 8),
        ("docs/cli.md", 20),
        ("docs/ci.md", 3),
        ("docs/operations.md", 16),
        ("docs/deployment.md", 5),
        ("examples/axum_server/README.md", 3),
    ] {
        let lines = lines(&page(name));
        assert!(lines.len() >= at_least, "{name}: {lines:?}");
        for line in &lines {
            assert_understood(name, line);
        }
    }
}

#[test]
fn what_the_manifests_give_to_containers_is_understood() {
    let page = page("docs/deployment.md");
    let arguments = page.lines().filter_map(|line| line.trim().strip_prefix("args: [")?.strip_suffix(']'));
    let lines: Vec<_> = arguments
        .map(|list| {
            let words = list.split(", ").map(|word| word.trim_matches('"').to_owned()).collect();
            Line { program: "axum_server", words }
        })
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().any(|line| line.words.iter().any(|word| word == "--migrate-only")));
    for line in &lines {
        assert_understood("docs/deployment.md", line);
    }
}

#[test]
fn words_end_where_the_shell_does() {
    let split = |line: &str| words(line).join("|");
    assert_eq!(split("a 'b c' \"d\"e --f='g h' # no"), "a|b c|de|--f=g h");
    assert_eq!(split("a b#c | d"), "a|b#c");
    assert_eq!(split("a && b"), "a");
    let line = |text| line(text).map(|line| (line.program, line.words.join("|")));
    let run = "    docker run --rm -p 8000:8000 notes --url ws://db:8000 --migrate-only && \\";
    assert_eq!(line(run), Some(("axum_server", "--url|ws://db:8000|--migrate-only".to_owned())));
    assert_eq!(
        line("  cargo run --bin axum_server -- --data ./data"),
        Some(("axum_server", "--data|./data".to_owned()))
    );
    assert_eq!(line("  ExecStart=/usr/local/bin/notes --grace 30"), Some(("axum_server", "--grace|30".to_owned())));
    assert_eq!(line("  - name: notes"), None);
}
