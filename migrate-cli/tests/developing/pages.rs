//! The pages: every command that they show is one that there is.

use std::fs;
use std::path::Path;

use crate::tool::run_in;

/// The commands of a page: the lines that begin with one, up to what is the shell's.
fn commands(page: &str) -> Vec<Vec<String>> {
    let line = |line: &str| {
        let words = line.trim().trim_start_matches("$ ").strip_prefix("cargo migrate ")?.to_owned();
        let end = words.find(['|', '>', ';', '#']).unwrap_or(words.len());
        Some(words[..end].split_whitespace().map(str::to_owned).collect())
    };
    page.lines().filter_map(line).collect()
}

#[test]
fn every_command_of_the_pages_is_understood() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (page, at_least) in [("README.md", 1), ("docs/cli.md", 20), ("docs/ci.md", 3)] {
        let commands = commands(&fs::read_to_string(root.join(page)).unwrap());
        assert!(commands.len() >= at_least, "{page}: {commands:?}");
        for command in commands {
            // Help is printed once all before it was understood, and nothing is done.
            let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
            let (code, stdout, stderr) = run_in(root, &words);
            assert!(code == 0 && stdout.contains("Usage:"), "{page}: {words:?}: {stderr}");
        }
    }
}
