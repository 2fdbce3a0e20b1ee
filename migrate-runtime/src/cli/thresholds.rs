use std::time::Duration;

use clap::Args;

use crate::{UndoPolicy, Unmanaged, ValidationOptions};

const HEADING: &str = "What is a finding";

/// From where on a validation warns, and what it refuses.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Thresholds {
    /// Differences of objects that match are no finding: `audit_*`, `field user.legacy_*`.
    #[arg(help_heading = HEADING, long, value_name = "PATTERN")]
    unmanaged: Vec<String>,
    /// A migration without a down file is an error.
    #[arg(help_heading = HEADING, long)]
    require_down_files: bool,
    /// Warns of migrations with more statements; 200 unless given.
    #[arg(help_heading = HEADING, long, value_name = "COUNT")]
    warn_statements: Option<usize>,
    /// Warns of indexes that are built over more rows, and of tables with more that are written as a whole; 100000 unless
    /// given.
    #[arg(help_heading = HEADING, long, value_name = "COUNT")]
    warn_rows: Option<u64>,
    /// Warns of migrations that took longer when they were tried; 5 unless given.
    #[arg(help_heading = HEADING, long, value_name = "SECONDS", value_parser = seconds)]
    warn_slow: Option<Duration>,
    /// How long the database is waited for when the migrations are tried; 60 unless given.
    #[arg(help_heading = HEADING, long, value_name = "SECONDS", value_parser = seconds)]
    try_for: Option<Duration>,
    /// How many record ids are told of rows that are in the way; 5 unless given.
    #[arg(help_heading = HEADING, long, value_name = "COUNT")]
    examples: Option<usize>,
}

impl Thresholds {
    pub(super) fn options(&self) -> ValidationOptions {
        let mut options = ValidationOptions::new().unmanaged(Unmanaged::matching(&self.unmanaged));
        if self.require_down_files {
            options = options.undo(UndoPolicy::Explicit);
        }
        if let Some(statements) = self.warn_statements {
            options = options.statements(statements);
        }
        if let Some(rows) = self.warn_rows {
            options = options.rows(rows);
        }
        if let Some(slow) = self.warn_slow {
            options = options.slow(slow);
        }
        if let Some(timeout) = self.try_for {
            options = options.timeout(timeout);
        }
        match self.examples {
            Some(examples) => options.examples(examples),
            None => options,
        }
    }
}

/// `5`, or `0.5`.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "it is a number of seconds, such as 5 or 0.5".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_a_fraction_and_nothing_else() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["-1", "five", "5s", "NaN", "inf", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
