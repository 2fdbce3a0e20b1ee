//! The demonstration: starts everything else, and says what came of it.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    rolling_upgrade::demonstrate()
}
