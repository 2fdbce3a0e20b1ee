use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use migrate_runtime::{AtLeast, ReplicaInfo};
use serde::Serialize;

use crate::args::Format;
use crate::load::Tally;

/// What the demonstration showed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    tenants: usize,
    requests: u64,
    failures: u64,
    /// The first reasons for which requests failed.
    reasons: Vec<String>,
    /// Writes that were confirmed, and the rows that are there.
    written: u64,
    found: u64,
    elapsed_ms: u128,
    stages: Vec<Stage>,
}

/// Who served at one time.
#[derive(Debug, Serialize)]
pub(crate) struct Stage {
    #[serde(rename = "stage")]
    name: &'static str,
    /// How many replicas the registry knows, by the last version of the module that they carry.
    replicas: BTreeMap<String, usize>,
    /// Whether every live replica is at least at version 2 of the service.
    everyone_at_v2: bool,
    /// How many are not.
    behind: usize,
    /// How many tenants were served by old and new replicas side by side.
    served_by_both: usize,
    /// Since the beginning.
    requests: u64,
    failures: u64,
    answered: BTreeMap<String, u64>,
}

impl Stage {
    pub(crate) fn new(
        name: &'static str,
        live: &[ReplicaInfo],
        module: &str,
        answer: AtLeast,
        Tally { requests, failures, answered, served, .. }: Tally,
    ) -> Self {
        let mut replicas = BTreeMap::new();
        for replica in live {
            let version =
                replica.modules.get(module).map_or_else(|| "-".to_owned(), |head| format!("V{}", head.version));
            *replicas.entry(version).or_default() += 1;
        }
        let served_by_both = served.values().filter(|releases| releases.len() > 1).count();
        let everyone_at_v2 = answer.is_everyone();
        let behind = if let AtLeast::Behind { behind } = answer { behind.len() } else { 0 };
        Self { name, replicas, everyone_at_v2, behind, served_by_both, requests, failures, answered }
    }

    fn answer(&self) -> String {
        match (self.everyone_at_v2, self.behind) {
            (true, _) => "yes".to_owned(),
            (false, 0) => "nobody is there".to_owned(),
            (false, behind) => format!("no, {behind} behind"),
        }
    }
}

impl Report {
    pub(crate) fn new(tenants: usize, stages: Vec<Stage>, tally: Tally, found: u64, elapsed: Duration) -> Self {
        let Tally { requests, failures, written, reasons, .. } = tally;
        Self { tenants, requests, failures, reasons, written, found, elapsed_ms: elapsed.as_millis(), stages }
    }

    /// Whether there were requests, none of them failed, and every write that was confirmed is there.
    pub(crate) fn is_flawless(&self) -> bool {
        self.requests > 0 && self.failures == 0 && self.written == self.found
    }

    pub(crate) fn print(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        match format {
            Format::Table => self.print_table(out)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, self)?;
                writeln!(out)?;
            }
        }
        out.flush()
    }

    fn print_table(&self, out: &mut impl Write) -> io::Result<()> {
        let mut table = Table::new();
        table.load_style(NOTHING);
        let head =
            ["stage", "live replicas", "all at V2 of the service?", "tenants served by both", "requests", "failed"];
        table.set_header(head);
        for stage in &self.stages {
            let replicas = stage.replicas.iter().map(|(version, count)| format!("{count} × schema {version}"));
            table.add_row([
                stage.name.to_owned(),
                replicas.collect::<Vec<_>>().join(", "),
                stage.answer(),
                stage.served_by_both.to_string(),
                stage.requests.to_string(),
                stage.failures.to_string(),
            ]);
        }
        let Self { tenants, requests, failures, written, found, elapsed_ms, .. } = self;
        writeln!(out, "{table}\n")?;
        writeln!(
            out,
            "{requests} requests to {tenants} tenants, {failures} failed; {written} writes confirmed, {found} rows found    {elapsed_ms} ms"
        )?;
        for reason in &self.reasons {
            writeln!(out, "  failed: {reason}")?;
        }
        Ok(())
    }
}
