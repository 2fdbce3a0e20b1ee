//! Measures what embedding migrations costs.
//!
//!     cargo run --release --bin migrate-embedding-cost
//!
//! It writes a crate with 10, 100 and 1,000 migrations and builds it in release mode. For each it reports how much the program grew over one
//! that embeds a single migration; how long the analysis of the folder takes in this process, and the check that what was prepared
//! is still of the very bytes, medians of several times; and how long the crate's own build script ran, how long it took to compile, and how often
//! its build script ran again where nothing had changed. Dependencies are built before anything is timed.
#![forbid(unsafe_code)]

mod project;

use std::error::Error;
use std::time::Duration;

use crate::project::Project;

fn main() -> Result<(), Box<dyn Error>> {
    if cfg!(debug_assertions) {
        eprintln!(
            "warning: this program is not optimised, and so the analysis in it is not either: run it with `--release`"
        );
    }
    let project = Project::new()?;
    eprintln!("building the dependencies in release mode …");
    let base = project.build(1)?;
    println!(
        "{:>10} {:>12} {:>14} {:>10} {:>10} {:>10} {:>14} {:>13} {:>15}",
        "migrations",
        "text",
        "program",
        "overhead",
        "analysis",
        "check",
        "build script",
        "compilation",
        "runs, unchanged"
    );
    for migrations in [10, 100, 1_000] {
        let built = project.build(migrations)?;
        let grown = built.program.saturating_sub(base.program);
        let (text, embedded) = (built.text - base.text, built.embedded - base.embedded);
        println!(
            "{migrations:>10} {text:>10} B {grown:>12} B {:>8.1} % {:>10} {:>10} {:>14} {:>13} {:>15}",
            // What the program holds beyond the migrations' text, definitions and undo.
            percent(grown, embedded),
            seconds(built.analysis),
            seconds(built.check),
            seconds(built.build_script),
            seconds(built.compilation),
            built.unchanged_runs,
        );
    }
    Ok(())
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "file sizes are far below 2^52")]
fn percent(actual: u64, expected: u64) -> f64 {
    (actual as f64 / expected as f64 - 1.0) * 100.0
}
