//! The `surreal` server, built from its library, for tests that need a server in a process of its own.
#![forbid(unsafe_code)]

use std::io::Read;
use std::process::{ExitCode, exit};
use std::thread;

fn main() -> ExitCode {
    // Whoever started it holds the other end of its standard input, and takes that along however it ends.
    if std::env::var_os("SURREAL_TEST_ENDS_WITH_STDIN").is_some() {
        thread::spawn(|| {
            while std::io::stdin().read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
            exit(1);
        });
    }
    surrealdb_server::init(surrealdb_server::core::CommunityComposer())
}
