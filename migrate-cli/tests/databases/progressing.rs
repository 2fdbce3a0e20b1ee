//! How far commands are that take long, told in a file where no terminal is.

use std::thread;

use crate::server::Server;
use crate::{Ran, V1, folder_of, run};

/// Longer than from one line to the next.
const SLOW: &str = "LET $pause = sleep(7s);\n";
const EU: [&str; 4] = ["--ns", "acme", "--db", "eu"];

fn assert_told(ran: &Ran, line: &str) {
    let is_it = |told: &&str| told.starts_with(line);
    assert!(ran.stderr.lines().any(|told| is_it(&told)), "{line}: {ran:?}");
}

#[test]
fn a_validation_an_undo_and_what_they_are_at_are_told_in_lines() {
    let slow = ("V2__slow.surql", SLOW);
    let down = ("V2__slow.down.surql", SLOW);
    let (server, dir) = (Server::start(), folder_of(&[("V1__users.surql", V1), slow, down]));
    let first = folder_of(&[("V1__users.surql", V1)]);
    assert_eq!(run(&server, first.path(), &[&["up"][..], &EU].concat()).code, 0);
    let command = |words: &[&str]| run(&server, dir.path(), &[words, &EU].concat());
    let (told, quiet) = thread::scope(|scope| {
        let quiet = scope.spawn(|| command(&["validate", "--quiet"]));
        (command(&["validate"]), quiet.join().unwrap())
    });
    assert_told(&told, "0 of 1 contexts validated after 5 s; at acme/eu, constraints");
    assert_eq!(quiet.stderr, "", "{quiet:?}");

    assert_eq!(command(&["up", "--quiet"]).code, 0);
    let undone = command(&["undo", "--to", "1", "--approve", "unsafe"]);
    assert_eq!(undone.code, 0, "{undone:?}");
    assert_told(&undone, "0 of 1 migrations undone after 5 s; at acme/eu app V2__slow");
}
