use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::cell::Cell;
use crate::contender::Contender;

/// Measures what migrations cost, against the limit and against the peers.
///
/// What is compared is measured in turns, in one run, on one engine: the ratios mean something where the times do not. The server is
/// this program in another process.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// The fleets that are up to date: how many contexts, and how many migrations each has.
    #[arg(
        long,
        value_name = "CONTEXTSxMIGRATIONS",
        value_delimiter = ',',
        default_value = "100x1,100x10,100x100,1000x1,1000x10,1000x100,10000x1"
    )]
    pub(crate) fleets: Vec<Cell>,
    /// How many migrations lead to the schema of a fresh context.
    #[arg(long, value_name = "MIGRATIONS", value_delimiter = ',', default_value = "1,10,100")]
    pub(crate) chains: Vec<usize>,
    /// How many tables that schema has, each of eight statements.
    #[arg(long, default_value_t = 30)]
    pub(crate) tables: usize,
    /// How many tables each context of a fleet has that is up to date. Nobody looks at them.
    #[arg(long, default_value_t = 1)]
    pub(crate) fleet_tables: usize,
    /// How often each is measured, after once to warm up.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// How many contexts at most are given to the loop by hand and the peers, who go through them one by one.
    #[arg(long, default_value_t = 20)]
    pub(crate) sample: usize,
    /// How many fresh contexts are made in each round.
    #[arg(long, default_value_t = 16)]
    pub(crate) fresh: usize,
    /// Where the database is.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Place::Server, Place::Embedded])]
    pub(crate) places: Vec<Place>,
    /// Which questions to ask.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_values_t = [Question::UpToDate, Question::Latency, Question::Fresh, Question::Replicas]
    )]
    pub(crate) questions: Vec<Question>,
    /// Leaves the other tools out, and the loop by hand.
    #[arg(long)]
    pub(crate) without_peers: bool,
    /// Writes all of it here as well, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Is the process whose memory is measured, and prints by how much its peak is above what it had before.
    #[arg(long, hide = true, requires = "url")]
    pub(crate) memory_of: Option<Contender>,
    /// The fleet of which that process finds out that it is up to date.
    #[arg(long, hide = true, default_value = "10000x1")]
    pub(crate) memory_fleet: Cell,
    /// The server that it connects to.
    #[arg(long, hide = true)]
    pub(crate) url: Option<String>,
}

/// Where the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Place {
    /// In a server process, over WebSocket on loopback.
    Server,
    /// In this process.
    Embedded,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Question {
    /// What a start costs where there is nothing to do.
    UpToDate,
    /// The same with two milliseconds of latency.
    Latency,
    /// What a new tenant costs.
    Fresh,
    /// What eight replicas cost that start at once.
    Replicas,
}

impl Place {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Embedded => "embedded",
        }
    }
}

impl Args {
    pub(crate) fn asks(&self, question: Question) -> bool {
        self.questions.contains(&question)
    }
}
