use core::fmt;
use std::borrow::Cow;

/// How a migration can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// By a text derived from the catalogs before and after it.
    Derived {
        /// The statements, in order.
        text: Cow<'static, str>,
        /// What running them loses.
        safety: UndoSafety,
    },
    /// By the `.down.surql` file beside it.
    Explicit {
        /// The canonical text of that file.
        text: Cow<'static, str>,
        /// What running it loses.
        safety: UndoSafety,
    },
    /// It cannot.
    None {
        /// Why not, as one clause without a full stop.
        reason: Cow<'static, str>,
    },
}

/// What undoing a migration loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UndoSafety {
    /// Nothing.
    Safe,
    /// Data written since, in the fields or tables that go.
    DataLoss,
    /// It cannot be told, or it cannot be had back.
    Unsafe,
}

impl UndoSafety {
    /// The word for it: `safe`, `data_loss` or `unsafe`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::DataLoss => "data_loss",
            Self::Unsafe => "unsafe",
        }
    }
}

impl fmt::Display for UndoSafety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Undo {
    /// The text that undoes it, or `None` when it cannot be undone.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Derived { text, .. } | Self::Explicit { text, .. } => Some(text),
            Self::None { .. } => None,
        }
    }

    /// What undoing it loses, or `None` when it cannot be undone.
    pub const fn safety(&self) -> Option<UndoSafety> {
        match self {
            Self::Derived { safety, .. } | Self::Explicit { safety, .. } => Some(*safety),
            Self::None { .. } => None,
        }
    }

    /// The word for where it comes from: `derived`, `explicit` or `none`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Derived { .. } => "derived",
            Self::Explicit { .. } => "explicit",
            Self::None { .. } => "none",
        }
    }
}
