use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

use super::error::CommandError;
use super::names;
use crate::Migrator;
use crate::context::Context;

/// Who goes first, how many at once, and when to stop.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Waves {
    /// How many databases go first, or one that does, as NAMESPACE/DATABASE; can be given several times. If one of them
    /// is refused, no other is touched.
    #[arg(long, value_name = "COUNT|CONTEXT", value_parser = canary)]
    canary: Vec<Canary>,
    /// Applies nothing any more once so many databases were refused.
    #[arg(long, value_name = "COUNT")]
    failure_budget: Option<NonZeroUsize>,
    /// How many databases are worked on at once.
    #[arg(long, value_name = "COUNT")]
    concurrency: Option<NonZeroUsize>,
    /// How long each database is tried again after conflicts and lost connections.
    #[arg(long, value_name = "SECONDS")]
    deadline: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Canary {
    First(usize),
    Named(Context),
}

fn canary(text: &str) -> Result<Canary, String> {
    match text.parse() {
        Ok(count) => Ok(Canary::First(count)),
        Err(_) => names::context(text).map(Canary::Named).map_err(|error| format!("it is no count, and {error}")),
    }
}

impl Waves {
    /// The migrator, told what the options say.
    pub(super) fn told(&self, mut migrator: Migrator) -> Result<Migrator, CommandError> {
        let (mut first, mut named) = (None, Vec::new());
        for canary in &self.canary {
            match canary {
                Canary::First(count) => first = Some(*count),
                Canary::Named(context) => named.push(context.clone()),
            }
        }
        migrator = match (first, named.is_empty()) {
            (None, true) => migrator,
            (Some(count), true) => migrator.canaries(count),
            (None, false) => migrator.canary_contexts(named),
            (Some(_), false) => {
                let why = "`--canary` says either how many go first or which, not both";
                return Err(CommandError::Usage(why.to_owned()));
            }
        };
        if let Some(budget) = self.failure_budget {
            migrator = migrator.failure_budget(budget.get());
        }
        if let Some(concurrency) = self.concurrency {
            migrator = migrator.concurrency(concurrency.get());
        }
        if let Some(seconds) = self.deadline {
            migrator = migrator.deadline(Duration::from_secs(seconds.into()));
        }
        Ok(migrator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_a_count_or_a_context() {
        assert_eq!(canary("3"), Ok(Canary::First(3)));
        assert_eq!(canary("acme/3"), Ok(Canary::Named(Context::new("acme", "3").unwrap())));
        assert!(canary("acme").unwrap_err().contains("NAMESPACE/DATABASE"));
    }
}
