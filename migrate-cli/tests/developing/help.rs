//! The long help of each command says what it does, shows how, and how it ends; and what it shows is understood.

use std::fs;

use crate::tool::{ended_in, run_in};

/// Every command that has no further ones, by its words: `["snapshot", "take"]`.
fn leaves() -> Vec<Vec<String>> {
    let mut leaves = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(command) = open.pop() {
        let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let (code, help, stderr) = run_in(&std::env::temp_dir(), &words);
        assert_eq!(code, 0, "{stderr}");
        let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        let commands = commands.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
        let names: Vec<_> = commands.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").collect();
        if names.is_empty() {
            leaves.push(command);
        } else {
            open.extend(names.into_iter().map(|name| [command.clone(), vec![name.to_owned()]].concat()));
        }
    }
    leaves
}

/// Words as a shell would take them: what is quoted is one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn the_long_help_of_every_command_has_examples_that_are_understood_and_says_how_it_ends() {
    let leaves = leaves();
    assert!(leaves.len() >= 28, "{leaves:?}");
    // An empty folder, and a server that is not there: whatever is understood fails before it does anything.
    let outer = tempfile::tempdir().unwrap();
    let empty = outer.path().join("empty");
    fs::create_dir_all(&empty).unwrap();
    fs::create_dir_all(outer.path().join("other/migrations")).unwrap();
    for command in leaves {
        let asked: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let (_, help, _) = run_in(&empty, &asked);
        let name = command.join(" ");
        // But for the usage, which the generator never breaks.
        let is_wide = |line: &&str| line.chars().count() > 82 && !line.starts_with("Usage:");
        assert_eq!(help.lines().find(is_wide), None, "{name}");
        let about = help.lines().take_while(|line| !line.starts_with("Usage:")).filter(|line| !line.is_empty()).count();
        assert!(about >= 2 || help.len() > 1_500, "{name}: {help}");
        assert!(help.contains("\nExit codes: 0 "), "{name}: {help}");
        let examples = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
        let examples: Vec<_> = examples.take_while(|line| !line.is_empty()).collect();
        assert!(!examples.is_empty(), "{name}: {help}");
        for example in examples {
            // A long one is broken.
            let line = example.split(" >").next().unwrap().trim();
            let line = line.strip_prefix("cargo migrate ").or_else(|| line.strip_prefix("cargo-migrate "));
            let line = line.unwrap_or_else(|| panic!("{name}: {example}"));
            let mut words = words(line);
            assert!(words.join(" ").starts_with(&name), "{name}: {example}");
            // It would write to the system's own folder.
            if name == "man" {
                words.truncate(1);
            }
            let (code, stderr) = ended_in(&empty, &words, &[("SURREAL_URL", "ws://127.0.0.1:1")]);
            assert_ne!(code, 2, "{name}: {example}: {stderr}");
        }
    }
}

#[test]
fn bash_understands_its_completions() {
    let dir = tempfile::tempdir().unwrap();
    let (_, script, _) = run_in(dir.path(), &["completions", "bash"]);
    let path = dir.path().join("cargo-migrate.bash");
    fs::write(&path, script).unwrap();
    let bash = |words: &[&str]| std::process::Command::new("bash").args(words).arg(&path).output();
    let Ok(parsed) = bash(&["-n"]) else { return };
    assert!(parsed.status.success() && parsed.stderr.is_empty(), "{parsed:?}");
    // As bash calls it: the program, the word so far, the word before it.
    let complete = "source \"$0\"; call=$(complete -p cargo-migrate); call=${call#* -F }; call=${call%% *}; \
                    COMP_WORDS=(cargo-migrate snapshot ta) COMP_CWORD=2; $call cargo-migrate ta snapshot; \
                    echo \"${COMPREPLY[@]}\"; \
                    COMP_WORDS=(cargo-migrate undo-text --q) COMP_CWORD=2; $call cargo-migrate --q undo-text; \
                    echo \"${COMPREPLY[@]}\"; \
                    COMP_WORDS=(cargo-migrate stat) COMP_CWORD=1; $call cargo-migrate stat cargo-migrate; \
                    echo \"${COMPREPLY[@]}\"";
    let completed = bash(&["-c", complete]).unwrap();
    assert_eq!(String::from_utf8_lossy(&completed.stdout), "take\n--quiet\nstatus\n", "{completed:?}");
}

#[test]
fn every_command_has_a_page_of_the_manual_with_its_examples() {
    let pages = tempfile::tempdir().unwrap();
    assert_eq!(run_in(pages.path(), &["man", "--into", "."]).0, 0);
    for command in leaves() {
        let name = format!("cargo-migrate-{}.1", command.join("-"));
        let page = fs::read_to_string(pages.path().join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(page.contains(".SH SYNOPSIS") && page.contains(".SH OPTIONS"), "{name}");
        assert!(page.contains("Exit codes: 0 "), "{name}: {page}");
    }
    let (code, _, stderr) = run_in(pages.path(), &["man", "--into", "no/such/folder"]);
    assert!(code == 1 && stderr.contains("no/such/folder could not be written"), "{stderr}");
}
