//! Measures what embedding migrations costs.
//!
//! It writes a crate with 10, 100 and 1,000 migrations, builds it in release mode, and reports for each how long its own
//! build script ran, how long the crate took to compile (the macro's expansion is nearly all of it) and how much the
//! program grew over one that embeds a single migration. Dependencies are built before anything is timed.
#![forbid(unsafe_code)]

mod project;

use std::error::Error;
use std::time::Duration;

use crate::project::Project;

fn main() -> Result<(), Box<dyn Error>> {
    let project = Project::new()?;
    eprintln!("building the dependencies in release mode …");
    let base = project.build(1)?;
    println!(
        "{:>10} {:>12} {:>14} {:>13} {:>14} {:>10}",
        "migrations", "text", "build script", "compilation", "program", "overhead"
    );
    for migrations in [10, 100, 1_000] {
        let built = project.build(migrations)?;
        let grown = built.program.saturating_sub(base.program);
        let (text, embedded) = (built.text - base.text, built.embedded - base.embedded);
        println!(
            "{migrations:>10} {:>10} B {:>14} {:>13} {:>12} B {:>9.1} %",
            text,
            seconds(built.build_script),
            seconds(built.compilation),
            grown,
            // What the program holds beyond the migrations' text, definitions and undo.
            percent(grown, embedded),
        );
    }
    Ok(())
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "file sizes are far below 2^52")]
fn percent(actual: u64, expected: u64) -> f64 {
    (actual as f64 / expected as f64 - 1.0) * 100.0
}
