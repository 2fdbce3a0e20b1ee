use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A replica that migrates, in a process of its own. It is killed when this is dropped.
pub(crate) struct Replica {
    process: Child,
    stdout: BufReader<ChildStdout>,
}

/// How a replica ended by itself.
pub(crate) struct Ended {
    /// Whether it said that every context can be served.
    pub(crate) is_success: bool,
    /// Its report, if it got that far.
    pub(crate) report: Value,
    /// What it said went wrong.
    pub(crate) stderr: String,
}

/// What a replica is to do.
pub(crate) struct Order<'a> {
    pub(crate) url: &'a str,
    pub(crate) chain: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) contexts: usize,
    pub(crate) token: Option<&'a str>,
}

impl Replica {
    pub(crate) fn start(order: &Order<'_>) -> Self {
        Self::start_with(order, &[])
    }

    /// The same in an environment that has these variables too.
    pub(crate) fn start_with(order: &Order<'_>, environment: &[(&str, &str)]) -> Self {
        let deadline = Duration::from_mins(1).as_millis().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_replica"));
        command.args([order.url, order.chain, order.namespace, &order.contexts.to_string(), &deadline]);
        command.envs(environment.iter().copied());
        if let Some(token) = order.token {
            command.env("REPLICA_TOKEN", token);
        }
        let mut process =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a replica");
        let stdout = BufReader::new(process.stdout.take().expect("its output is piped"));
        Self { process, stdout }
    }

    /// Waits until it begins to migrate, and returns what its clock says since 1970; or nothing if it ended without.
    pub(crate) fn begun(&mut self) -> Option<Duration> {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("its output can be read");
        line.trim().strip_prefix("begin ").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs)
    }

    /// Kills it as SIGKILL does, and tells whether it was still running.
    pub(crate) fn kill(mut self) -> bool {
        let was_running = self.process.try_wait().expect("the state of a child").is_none();
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it ends");
        was_running
    }

    /// Lets it stand still as SIGSTOP does: its connection stays, and it does nothing.
    pub(crate) fn stand_still(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        // The shell's own `kill`: there need not be a program of that name.
        let status = Command::new("sh").args(["-c", "kill -$0 $1", name, &self.process.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "SIG{name} is sent");
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Ended {
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).expect("its output can be read");
        let mut stderr = String::new();
        self.process.stderr.take().expect("piped").read_to_string(&mut stderr).expect("its errors can be read");
        let status = self.process.wait().expect("it ends");
        let report = stdout.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        Ended { is_success: status.success(), report, stderr }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // Gone already, most of the time.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
