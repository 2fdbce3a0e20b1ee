use std::process::ExitCode;

/// How a command ends that did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Outcome {
    /// There is nothing more to say.
    Done,
    /// It was asked whether something is pending or has drifted, and found that it is so.
    Found,
}

impl Outcome {
    /// The exit code that says it.
    pub(crate) fn exit(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Found => ExitCode::from(3),
        }
    }
}
