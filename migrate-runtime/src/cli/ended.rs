use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "it is the exit code"]
pub enum Ended {
    /// It did what it was asked, and nothing is amiss: exit code 0.
    Done,
    /// It could not do it, or a context is refused or does not exist: exit code 1.
    Failed,
    /// The command line asks for what cannot be: exit code 2.
    Usage,
    /// A check found that something is to be done: exit code 3.
    Pending,
}

impl Ended {
    /// The exit code of the process.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Pending => 3,
        }
    }

    pub(super) const fn failed_if(is_failed: bool) -> Self {
        if is_failed { Self::Failed } else { Self::Done }
    }
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(ended.code())
    }
}
