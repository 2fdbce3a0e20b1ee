use clap::Args;
use serde_json::json;

use super::ended::Ended;
use super::error::CommandError;
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use super::table::table;
use super::version_name::number;
use crate::{Database, LogEntry, LogFilter, Reading};

/// Shows what happened to each database, the oldest first. Nothing is written.
///
/// It ends with 1 where a database could not be read or does not exist.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  migrate log --ns acme --db eu -n 50
  migrate log --all-in tenants --module app --of 7 --format json

Exit codes: 0 done, 1 a database could not be read or does not exist, 2 usage")]
pub struct Log {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// So many entries of each database, the last ones.
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 20)]
    last: usize,
    /// Only those of this module.
    #[arg(long, value_name = "NAME")]
    module: Option<String>,
    /// Only those of this version.
    #[arg(long = "of", value_name = "VERSION")]
    version: Option<String>,
}

impl Log {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let mut filter = LogFilter::default().last(self.last);
        if let Some(named) = &self.version {
            // A number is one of any module.
            let version = match (&self.module, number(named)) {
                (_, Ok(version)) => version,
                (Some(module), Err(_)) => session.version(module, named)?,
                (None, Err(_)) => session.version(&session.only_module()?, named)?,
            };
            filter = filter.version(version);
        }
        if let Some(module) = self.module {
            filter = filter.module(module);
        }
        let progress = Progress::reading(session.presentation, "contexts read");
        session.migrator = progress.watch(session.migrator);
        let logs = progress.during(session.migrator.log(session.database, fleet, &filter)).await?;
        session.print(&json!({ "contexts": logs }), || shown(&logs))?;
        Ok(Ended::failed_if(logs.iter().any(|log| log.found.is_err())))
    }
}

fn shown(logs: &[Reading<Vec<LogEntry>>]) -> String {
    let mut rows = Vec::new();
    for Reading { context, found } in logs {
        match found {
            Ok(entries) if entries.is_empty() => {
                rows.push(vec![context.to_string(), String::new(), "nothing is logged".to_owned(), String::new()]);
            }
            Ok(entries) => rows.extend(entries.iter().map(|entry| {
                vec![context.to_string(), seconds(entry.at()), what(entry), entry.binary().unwrap_or("?").to_owned()]
            })),
            Err(error) => rows.push(vec![context.to_string(), String::new(), error.to_string(), String::new()]),
        }
    }
    table(&["context", "at", "event", "by"], rows)
}

/// A time without what comes behind its seconds; the JSON form has it.
fn seconds(at: &str) -> String {
    match at.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => at.to_owned(),
    }
}

fn what(entry: &LogEntry) -> String {
    let mut what = entry.event().to_owned();
    if let Some(module) = entry.module() {
        what = format!("{what} {module}");
    }
    if let Some(version) = entry.version() {
        what = format!("{what} V{version}");
    }
    if let Some(name) = entry.name() {
        what = format!("{what}__{name}");
    }
    match entry.error() {
        Some(error) => format!("{what}: {error}"),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_to_the_second() {
        assert_eq!(seconds("2026-01-02T03:04:05.678901234Z"), "2026-01-02T03:04:05Z");
        assert_eq!(seconds("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05Z");
    }
}
