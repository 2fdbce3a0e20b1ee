//! Colours of the commands over databases.

use crate::server::Server;
use crate::{folder, ran, root};

#[test]
fn colours_are_for_those_who_want_them_and_never_for_programs() {
    let (server, dir) = (Server::start(), folder());
    server.query("USE NS acme DB eu;");
    let status = |words: &[&str], variables: &[(&str, &str)]| {
        let mut command = root(&server, dir.path());
        command.envs(variables.iter().copied()).args(["status", "--ns", "acme", "--db", "eu", "--db", "us"]);
        ran(command.args(words)).stdout
    };
    let (plain, red, yellow) = (status(&[], &[]), "\u{1b}[31mdoes not exist\u{1b}[0m", "\u{1b}[33m2 pending\u{1b}[0m");
    assert!(!plain.contains('\u{1b}'), "no person looks at a pipe: {plain:?}");
    let colored = status(&["--color", "always"], &[("NO_COLOR", "1")]);
    assert!(colored.contains(red) && colored.contains(yellow), "{colored:?}");
    let without = |text: &str| {
        ["31", "33", "36", "0"].iter().fold(text.to_owned(), |text, code| text.replace(&format!("\u{1b}[{code}m"), ""))
    };
    assert_eq!(without(&colored), plain, "nothing else changes");
    assert_eq!(status(&[], &[("CLICOLOR_FORCE", "1")]), colored);
    for (words, variables) in [
        (&[][..], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")][..]),
        (&["--color", "never"], &[("CLICOLOR_FORCE", "1")]),
    ] {
        assert_eq!(status(words, variables), plain, "{words:?}");
    }
    assert!(!status(&["--color", "always", "--format", "json"], &[]).contains('\u{1b}'));

    // What fails, and what is not understood.
    let failing = |words: &[&str]| ran(root(&server, dir.path()).arg("--quiet").args(words)).stderr;
    let absent = ["status", "--all-in", "nowhere", "--color"];
    assert!(failing(&[&absent[..], &["always"]].concat()).starts_with("\u{1b}[31merror:\u{1b}[0m "));
    assert!(failing(&[&absent[..], &["never"]].concat()).starts_with("error: "));
    assert!(failing(&["status", "--ns", "a", "--color", "always"]).contains('\u{1b}'));
    assert!(!failing(&["status", "--ns", "a", "--color=never"]).contains('\u{1b}'));
}
