//! Tenants with long names: no table is wider than a terminal, and programs are told the names whole.

use crate::server::Server;
use crate::{folder, folder_of, json, run};

#[test]
fn no_table_is_wider_than_a_terminal_however_long_the_names_are() {
    let (namespace, database) = ("n".repeat(70), format!("{}_{}", "d".repeat(60), "e".repeat(60)));
    let (server, dir) = (Server::start(), folder());
    let name = "a_name_that_goes_on_and_on_so_that_it_says_everything_there_is_to_say_about_it_and_more";
    let long = format!("V3__{name}.surql");
    let longer = folder_of(&[
        ("V1__users.surql", crate::V1),
        ("V2__bio.surql", crate::V2),
        (&long, "UPDATE user SET email = string::lowercase(email);\n"),
    ]);
    let one = ["--ns", &namespace, "--db", &database];
    let commands: [(&[&str], &std::path::Path); 21] = [
        (&["status"], dir.path()),
        (&["up", "--dry-run"], dir.path()),
        (&["up"], dir.path()),
        (&["status"], longer.path()),
        (&["up", "--dry-run"], longer.path()),
        (&["validate", "--warn-statements", "0"], longer.path()),
        (&["up", "--validate", "--require-down-files"], longer.path()),
        (&["list"], longer.path()),
        (&["log"], dir.path()),
        (&["lease"], dir.path()),
        (&["drift"], dir.path()),
        (&["drift", "--against", "snapshot"], dir.path()),
        (&["snapshot", "take"], dir.path()),
        (&["snapshot", "list"], dir.path()),
        (&["snapshot", "prune", "--keep", "1"], dir.path()),
        (&["baseline", "--dry-run"], dir.path()),
        (&["adopt", "--from", "surql", "--dry-run"], dir.path()),
        (&["undo", "--to", "1", "--plan"], dir.path()),
        (&["undo", "--to", "1"], dir.path()),
        (&["undo", "--to", "1", "--approve", "data-loss"], dir.path()),
        (&["status"], dir.path()),
    ];
    for (command, dir) in commands {
        let ran = run(&server, dir, &[command, &one].concat());
        assert_ne!(ran.code, 2, "{command:?}: {ran:?}");
        let is_copied = |line: &&str| line.trim_start().starts_with('|') || line.starts_with("  field ");
        let long = ran.stdout.lines().filter(|line| !is_copied(line)).find(|line| line.chars().count() > 80);
        assert_eq!(long, None, "{command:?}: {ran:?}");
        assert!(!ran.stdout.trim().is_empty(), "{command:?}");
    }
    let (_, status) = json(&server, dir.path(), &[&["status"][..], &one].concat());
    assert_eq!(status["statuses"][0]["namespace"], namespace, "{status}");
    assert_eq!(status["statuses"][0]["database"], database);
}
