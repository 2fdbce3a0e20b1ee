use std::fs;
use std::thread::available_parallelism;

use serde::Serialize;

/// What it was measured on.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    processor: Option<String>,
    threads: Option<usize>,
    system: &'static str,
    /// How many threads wanted to run during the last minute, before anything was measured.
    load: Option<f64>,
}

impl Machine {
    pub(crate) fn this() -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            processor: model.map(|(_, model)| model.to_owned()),
            threads: available_parallelism().ok().map(Into::into),
            system: std::env::consts::OS,
            load: load.split(' ').next().and_then(|load| load.parse().ok()),
        }
    }
}
