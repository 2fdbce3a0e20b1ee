use std::time::{Duration, Instant};

use migrate_core::{Migration, Version};

use crate::refusal::Refusal;

/// How long somebody else, who is at a stepwise migration, has been waited for.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Option<(&'static str, Version, Instant)>);

impl Waiting {
    /// Notes that somebody is at a migration still, and says whether that is news; or refuses to wait any longer.
    pub(crate) fn on(
        &mut self,
        module: &'static str,
        migration: &'static Migration,
        by: &str,
        at_most: Duration,
    ) -> Result<bool, Refusal> {
        let version = migration.version();
        match self.0 {
            Some((in_module, on, since)) if (in_module, on) == (module, version) => {
                let waited = since.elapsed();
                if waited < at_most {
                    return Ok(false);
                }
                let (file, by) = (migration.file().to_owned(), by.to_owned());
                Err(Refusal::Busy { module: module.to_owned(), version, file, by, waited })
            }
            _ => {
                self.0 = Some((module, version, Instant::now()));
                Ok(true)
            }
        }
    }
}
