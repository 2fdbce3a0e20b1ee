use crate::definition::Call;

/// What a statement names when it runs, beside what it changes; not what a definition would name later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uses {
    /// The functions it calls.
    pub(crate) calls: Vec<Call>,
    /// What it runs that nobody can look into: scripts, the functions of modules, APIs, sequences whose name
    /// is computed.
    pub(crate) foreign: Vec<&'static str>,
    /// The tables it reads.
    pub(crate) reads: Vec<String>,
    /// The tables that it goes through or to by an arrow.
    pub(crate) edges: Vec<String>,
    /// The sequences it takes a number from.
    pub(crate) sequences: Vec<String>,
    /// How many indexes it builds `CONCURRENTLY` inside of something else.
    pub(crate) builds: usize,
    /// The parameters that it does not bind itself.
    pub(crate) params: Vec<String>,
}
